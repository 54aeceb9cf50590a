"""Checks of the built distributions, and pins of the lowest versions."""

from __future__ import annotations

from email.parser import Parser

import pytest

from tools.check_distributions import metadata_problems, sdist_problems, wheel_problems
from tools.lowest_versions import lowest

SOURCES = [
    "jsm_assets_dest/__init__.py",
    "jsm_assets_dest/_wire/request.py",
    "jsm_assets_dest/py.typed",
    "jsm_assets_dest/testing/http/translations.tsv",
]
INFO = ["jsm_assets_dest-0.1.0.dist-info/METADATA", "jsm_assets_dest-0.1.0.dist-info/licenses/LICENSE"]
SDIST = [
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "conftest.py",
    "PKG-INFO",
    "src/x.py",
    "tests/x.py",
    "benchmarks/x.py",
]


def test_good_wheel() -> None:
    """The package, its marker of types and the metadata are what belongs."""
    assert wheel_problems([*SOURCES, *INFO], SOURCES) == []


@pytest.mark.parametrize(
    "stray",
    [
        "tests/test_x.py",
        "jsm_assets_dest/state.sqlite",
        "jsm_assets_dest/_wire/__pycache__/request.cpython-313.pyc",
        "docs/conf.py",
        "jsm_assets_dest/notes.md",
    ],
)
def test_stray_files(stray: str) -> None:
    """A file that does not belong is named."""
    assert wheel_problems([*SOURCES, *INFO, stray], SOURCES) == [f"does not belong: {stray}"]


def test_missing_files() -> None:
    """A source file that the wheel lacks is named."""
    assert wheel_problems([*SOURCES[1:], *INFO], SOURCES) == [f"is missing: {SOURCES[0]}"]


def test_sdist() -> None:
    """An sdist has all that is needed to test it, and no left-overs."""
    assert sdist_problems(SDIST) == []
    assert sdist_problems(SDIST[1:]) == ["is missing: pyproject.toml"]
    assert sdist_problems([*SDIST, "docs/_build/index.html"]) == ["does not belong: docs/_build/index.html"]
    assert sdist_problems([name for name in SDIST if name != "tests/x.py"]) == ["has no tests/"]


def test_metadata() -> None:
    """The metadata of the wheel equals pyproject.toml."""
    project: dict[str, object] = {
        "name": "jsm-assets-dest",
        "version": "0.1.0",
        "description": "words",
        "requires-python": ">=3.11",
        "license": "MIT",
    }
    text = (
        "Name: jsm-assets-dest\nVersion: 0.1.0\nSummary: words\nRequires-Python: >=3.11\n"
        "License-Expression: MIT\nDescription-Content-Type: text/markdown\n"
    )

    assert metadata_problems(Parser().parsestr(text), project) == []
    assert metadata_problems(Parser().parsestr(text.replace("0.1.0", "0.2.0")), project) == [
        "metadata: Version is '0.2.0', not '0.1.0'"
    ]


def test_lowest_versions() -> None:
    """A lower bound becomes a pin, whatever stands behind it."""
    assert lowest(["httpx>=0.27,<1", "typing-extensions >= 4.10"]) == [
        "httpx==0.27",
        "typing-extensions==4.10",
    ]


@pytest.mark.parametrize("requirement", ["httpx", "httpx<1", "httpx==0.27"])
def test_no_lower_bound(requirement: str) -> None:
    """A dependency without a lower bound promises what no one has tested."""
    with pytest.raises(ValueError, match="no lower bound"):
        lowest([requirement])
