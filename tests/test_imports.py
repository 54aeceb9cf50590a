"""Cost of importing the package, in a fresh interpreter each time."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(program: str) -> str:
    """Return the output of a program in a fresh interpreter, and fail if it fails."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


def test_importing_loads_nothing_heavy() -> None:
    """Importing the package loads none of its dependencies, no event loop, and no module of its own."""
    loaded = run("import jsm_assets_dest, sys; print(*sorted(sys.modules))").split()

    heavy = {"httpx", "asyncio", "anyio", "tenacity", "attr", "attrs", "sqlite3", "ssl", "email", "json"}
    assert "jsm_assets_dest" in loaded
    assert not heavy & set(loaded)
    assert not [name for name in loaded if name.startswith("jsm_assets_dest.")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Connection", "SchemaModel", "ImportToken", "RetryPolicy", "ImportResult"])
def test_blocking_names_load_no_client(name: str) -> None:
    """A blocking class alone loads neither the HTTP client nor an event loop nor the retry library."""
    loaded = run(f"from jsm_assets_dest import {name}; import sys; print(*sorted(sys.modules))").split()

    assert "jsm_assets_dest" in loaded
    assert not {"httpx", "asyncio", "anyio", "trio", "tenacity"} & set(loaded)


@pytest.mark.slow
def test_emulator_is_not_loaded_by_the_sdk() -> None:
    """All the public names together load neither the emulator nor the Okta module."""
    loaded = run("from jsm_assets_dest import *; import sys; print(*sorted(sys.modules))").split()

    assert "jsm_assets_dest._sync.connection" in loaded
    assert not [
        name for name in loaded if name.startswith(("jsm_assets_dest.testing", "jsm_assets_dest.okta"))
    ]


@pytest.mark.slow
def test_version_is_that_of_the_metadata() -> None:
    """The version comes from the installed metadata, on demand."""
    versions = run(
        "import jsm_assets_dest, sys; assert 'importlib.metadata' not in sys.modules;"
        "from importlib.metadata import version;"
        "print(jsm_assets_dest.__version__, version('jsm-assets-dest'))"
    ).split()

    assert len(versions) == 2
    assert versions[0] == versions[1]


def test_public_modules_need_no_second_import() -> None:
    """`jsm_assets_dest.exceptions` is there after `import jsm_assets_dest`."""
    assert (
        run("import jsm_assets_dest; print(jsm_assets_dest.exceptions.AssetsError.__name__)") == "AssetsError"
    )


def test_unknown_names() -> None:
    """A name that does not exist is an AttributeError, as for any module."""
    import jsm_assets_dest

    with pytest.raises(AttributeError, match="no attribute 'Conection'"):
        _ = jsm_assets_dest.Conection  # type: ignore[attr-defined]


def test_dir_lists_the_public_names() -> None:
    """`dir()` shows what is public and nothing else."""
    import jsm_assets_dest

    assert set(dir(jsm_assets_dest)) == {
        *jsm_assets_dest.__all__,
        "exceptions",
        "okta",
        "tables",
        "testing",
        "__version__",
    }
