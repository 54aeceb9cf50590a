"""The notebook of the examples: its saved outputs equal those of a run, in plain Python and in a Jupyter kernel."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from jsm_assets_dest.testing import Emulator
from tools.run_notebook import NOTEBOOK, can_run, run, tidied, written

TEXT = NOTEBOOK.read_text("utf-8")
RUN_AGAIN = "the outputs changed: check them, then run python tools/run_notebook.py"


def notebook() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(TEXT)
    return content


def html_of(cell_id: str) -> str:
    """Return the HTML that a cell shows."""
    cells = {cell["id"]: cell for cell in notebook()["cells"]}
    return "".join("".join(output["data"]["text/html"]) for output in cells[cell_id]["outputs"])


@pytest.mark.once
def test_saved_outputs_equal_those_of_two_runs() -> None:
    """No output depends on the time, on random numbers, or on the order of threads."""
    first = run(notebook())

    assert written(first) == TEXT, RUN_AGAIN
    assert written(run(first)) == TEXT


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="on Windows, kernels use network ports")
def test_jupyter_kernel_returns_the_same_outputs(tmp_path: Path) -> None:
    """The kernel does not use the Jupyter settings of the user."""
    for module in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(module)
    folders = ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")
    target = tmp_path / "run.ipynb"
    # The path of a socket may have about a hundred characters, and that of a test's folder may be longer.
    with TemporaryDirectory(prefix="nb") as folder:
        process = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.notebook.in_a_kernel",
                str(NOTEBOOK),
                str(target),
                folder,
            ],
            cwd=NOTEBOOK.parent.parent,
            env={**os.environ, **{name: str(tmp_path / name.lower()) for name in folders}},
            capture_output=True,
            text=True,
            check=False,
        )

    assert process.returncode == 0, process.stderr
    assert written(tidied(json.loads(target.read_text("utf-8")))) == TEXT, RUN_AGAIN


def test_notebook_contains_no_secret() -> None:
    """The tokens of the emulator are the same in each run."""
    emulator = Emulator()
    emulator.add_object_schema("ITA")
    import_token = emulator.add_import_source("ITA", "Okta").token

    assert emulator.api_token not in TEXT
    assert import_token not in TEXT
    assert not re.search(r"ATCTT|ATATT", TEXT)


def test_outputs_load_nothing() -> None:
    """Outputs contain links, but no scripts or external files."""
    pages = "".join(
        "".join(output.get("data", {}).get("text/html", ()))
        for cell in notebook()["cells"]
        for output in cell.get("outputs", ())
    )

    assert pages
    assert not re.search(
        r"<(script|img|iframe|link|object|embed)\b|@import|url\(\s*['\"]?(?!#)|\son\w+=", pages
    )
    assert not re.search(r"\b(src|xlink:href)\s*=", pages)


def test_each_step_has_its_display() -> None:
    assert "ready" in html_of("check")
    assert "A Jira admin: in Jira settings" in html_of("check-failed")
    assert "/jira/assets/object-schema/1" in html_of("schema")
    assert "<svg" in html_of("schema-graph")
    assert "it-ops" in html_of("set-roles")
    assert "<svg" in html_of("model")
    assert "possible" in html_of("conflicts")
    assert "not harmless" in html_of("conflict-people")
    assert "Assets accepts the token." in html_of("token")
    assert "create" in html_of("plan")
    assert "<progress" in html_of("import-all")
    assert "confirmed by Assets" in html_of("result")
    assert '<table border="1" class="dataframe">' in html_of("objects")
    assert "await async_connection" in TEXT


def test_cell_of_a_missing_library_keeps_its_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    content = notebook()
    cells = [cell for cell in content["cells"] if cell["id"] == "objects"]
    (cell,) = cells
    assert can_run({"metadata": {"tags": ["needs-json", "other"]}})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    assert not can_run(cell)
    assert run({**content, "cells": cells})["cells"] == cells


def test_links_to_the_docs_exist() -> None:
    links = re.findall(r"\]\((\.\./[^)]+)\)", TEXT)

    assert links
    assert [link for link in links if not (NOTEBOOK.parent / link).is_file()] == []
