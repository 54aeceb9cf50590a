"""The notebook of the examples: what is checked in is what a run gives, in plain Python and in a Jupyter kernel."""

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
from tools.run_notebook import NOTEBOOK, run, tidied, written

TEXT = NOTEBOOK.read_text("utf-8")
RUN_AGAIN = "the outputs have changed: look at them, then run python tools/run_notebook.py"


def notebook() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(TEXT)
    return found


def shown(cell: str) -> str:
    """The HTML that a cell shows."""
    cells = {one["id"]: one for one in notebook()["cells"]}
    return "".join("".join(one["data"]["text/html"]) for one in cells[cell]["outputs"])


def test_what_is_checked_in_is_what_a_run_gives() -> None:
    """To the letter, twice: nothing in it depends on the time, on chance, or on the order of threads."""
    first = run(notebook())

    assert written(first) == TEXT, RUN_AGAIN
    assert written(run(first)) == TEXT


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a kernel there is reached through network ports only")
def test_a_jupyter_kernel_gives_the_same(tmp_path: Path) -> None:
    """The real thing, with nothing of what the user has set for Jupyter."""
    for module in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(module)
    folders = ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")
    target = tmp_path / "run.ipynb"
    # The path of a socket may have about a hundred characters, and that of a test's folder may be longer.
    with TemporaryDirectory(prefix="nb") as folder:
        ended = subprocess.run(
            [
                sys.executable,
                str(Path(__file__).with_name("in_a_kernel.py")),
                str(NOTEBOOK),
                str(target),
                folder,
            ],
            env={**os.environ, **{name: str(tmp_path / name.lower()) for name in folders}},
            capture_output=True,
            text=True,
            check=False,
        )

    assert ended.returncode == 0, ended.stderr
    assert written(tidied(json.loads(target.read_text("utf-8")))) == TEXT, RUN_AGAIN


def test_no_secret_is_in_it() -> None:
    """Neither the account's API token nor the import token; the emulator's are the same in every run."""
    emulator = Emulator()
    emulator.add_object_schema("ITA")
    import_token = emulator.add_import_source("ITA", "Okta").token

    assert emulator.api_token not in TEXT
    assert import_token not in TEXT
    assert not re.search(r"ATCTT|ATATT", TEXT)


def test_it_loads_nothing_from_elsewhere() -> None:
    """What is shown is whole in itself and runs no script; only links lead away."""
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


def test_it_shows_what_a_newcomer_wants_to_see() -> None:
    """The steps of the job, each with a display of its own."""
    assert "ready" in shown("check")
    assert "A Jira admin: in Jira settings" in shown("check-failed")
    assert "/jira/assets/object-schema/1" in shown("schema")
    assert "<svg" in shown("schema-graph")
    assert "it-ops" in shown("set-roles")
    assert "<svg" in shown("model")
    assert "possible" in shown("conflicts")
    assert "not harmless" in shown("conflict-people")
    assert "Assets accepts the token." in shown("token")
    assert "create" in shown("plan")
    assert "<progress" in shown("import-all")
    assert "confirmed by Assets" in shown("result")
    assert "await async_connection" in TEXT


def test_its_pages_are_there() -> None:
    """Links to the documentation lead somewhere."""
    links = re.findall(r"\]\((\.\./[^)]+)\)", TEXT)

    assert links
    assert [link for link in links if not (NOTEBOOK.parent / link).is_file()] == []
