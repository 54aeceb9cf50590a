"""Tests of the modules that put httpx2 in place of httpx."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tools import use_httpx2
from tools.use_httpx2 import replace_packages


def test_import_httpx_returns_the_successor(tmp_path: Path) -> None:
    """Submodules, which the library does not import, are not replaced."""
    for successor in ("httpx2", "httpcore2"):
        (tmp_path / successor).mkdir()
        (tmp_path / successor / "__init__.py").write_text(f"Name = {successor!r}\n", "utf-8")
    replace_packages(tmp_path)

    code = "import httpx, httpcore, httpx2; print(httpx is httpx2, httpx.Name, httpcore.Name)"
    finished = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert finished.stdout.split() == ["True", "httpx2", "httpcore2"]


def test_installed_package_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "httpx").mkdir()

    with pytest.raises(FileExistsError, match="pip uninstall -y httpx"):
        replace_packages(tmp_path)
    assert not (tmp_path / "httpx.py").exists()


@pytest.mark.parametrize(
    ("base", "installed", "message"),
    [("same", True, "not a virtual environment"), ("other", False, "Not installed: httpx2, httpcore2")],
)
def test_main_without_httpx2_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    base: str,
    message: str,
    *,
    installed: bool,
) -> None:
    monkeypatch.setattr(sys, "base_prefix", sys.prefix if base == "same" else base)
    monkeypatch.setattr(use_httpx2, "find_spec", lambda _name: object() if installed else None)
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path))

    assert use_httpx2.main() == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_main_replaces_packages_of_this_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "base_prefix", "elsewhere")
    monkeypatch.setattr(use_httpx2, "find_spec", lambda _name: object())
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path))

    assert use_httpx2.main() == 0
    assert {path.name for path in tmp_path.iterdir()} == {"httpx.py", "httpcore.py"}
