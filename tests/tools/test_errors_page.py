"""The errors page is written from the classes."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from jsm_assets_dest.exceptions import AssetsError, RateLimitedError

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("errors_page", ROOT / "tools" / "errors_page.py")
assert SPEC is not None
assert SPEC.loader is not None
errors_page = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(errors_page)

CLASSES: list[type[AssetsError]] = errors_page.error_classes()
PAGE: str = errors_page.completed(errors_page.PAGE.read_text("utf-8"))


def subclasses(kind: type[AssetsError]) -> list[type[AssetsError]]:
    """All classes below a class."""
    return [below for child in kind.__subclasses__() for below in [child, *subclasses(child)]]


def test_page_lists_every_error_once() -> None:
    """No error is missing, and the markers are replaced."""
    public = [kind for kind in subclasses(AssetsError) if kind.__module__ == AssetsError.__module__]

    assert set(CLASSES) == {AssetsError, *public}
    assert re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE) == [kind.__name__ for kind in CLASSES]
    assert "<!--" not in PAGE


@pytest.mark.parametrize("kind", CLASSES)
def test_page_shows_code_cause_and_remedies(kind: type[AssetsError]) -> None:
    """In the words of the class."""
    section = PAGE.partition(f"### `{kind.__name__}`")[2].partition("\n### ")[0]

    assert f"**Code:** `{kind('').code}`" in section
    assert kind.cause in section
    assert all(remedy in section for remedy in kind.remedies)
    assert f"autoexception:: jsm_assets_dest.exceptions.{kind.__name__}\n" in section


def test_page_labels_a_proven_cause() -> None:
    """An inferred one is "likely"."""
    assert f"**Cause:** {RateLimitedError.cause}" in PAGE
    assert "**Likely cause:** The service has an outage" in PAGE


def test_tree_shows_bases_and_built_ins() -> None:
    """Each class is below its base, with the built-in that it inherits."""
    lines = list(errors_page.tree())

    assert len(lines) == len(CLASSES)
    assert lines[:3] == ["AssetsError", "├── ConfigurationError [ValueError]", "│   ├── MissingSettingsError"]
    assert lines[-1] == "└── ClosedError"
