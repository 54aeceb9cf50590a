"""Every page and example ends on its second run as on its first, or says why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation import own_site, read_page
from tests.test_documentation import NEEDS, PAGES

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
#: Examples that need an optional library. `nox -s peers` and `nox -s spark` run them.
EXAMPLE_NEEDS = {
    "dask_import.py": "distributed",
    "dataframe_import.py": "pandas",
    "dlt_pipeline.py": "dlt",
    "spark_import.py": "pyspark",
}
EXAMPLES = sorted(
    {path.name for path in (ROOT / "examples").iterdir() if path.suffix in {".py", ".ipynb"}}
    - EXAMPLE_NEEDS.keys()
)
_STRICT = ("-W", "error", "-W", "ignore::ResourceWarning")
START = "from tests.second_run import remember\nremember()\n"

#: Scripts whose second run says why it can't end as the first one, with the words that say it.
REASONS = {"docs/reference/okta.md": "The folder export is not empty."}


EXAMPLE = """
import runpy, sys
sys.argv = [{path!r}]
runpy.run_path({path!r}, run_name="__main__")
"""
#: The wizard asks on its first run, and finds its answers on the second.
WIZARD = """
import runpy
from jsm_assets_dest.testing import Emulator

def answer(question):
    print(question)
    source = emulator.add_import_source("OKT", "Okta") if question.startswith(("Press Enter when", "Import")) else None
    return source.token if question.startswith("Import token") else "it-" if question.startswith("Part") else ""

with Emulator() as emulator, emulator.connect() as connection:
    emulator.add_group("it-ops")
    runpy.run_path({path!r})["main"]("okta.json", answer, connection)
"""
#: The cells in plain Python. A cell that needs a missing library is left out.
NOTEBOOK = """
import json, pathlib
from tools.run_notebook import run
run(json.loads(pathlib.Path({path!r}).read_text("utf-8")))
"""


def run_twice(
    script: str, folder: Path, settings: dict[str, str], *, is_strict: bool = True
) -> list[subprocess.CompletedProcess[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JSM_ASSETS_")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **settings}
    return [
        subprocess.run(
            [sys.executable, *(_STRICT if is_strict else ()), "-c", START + script],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        for _ in range(2)
    ]


def check(name: str, script: str, folder: Path, settings: dict[str, str], *, is_strict: bool = True) -> None:
    first, second = run_twice(script, folder, settings, is_strict=is_strict)

    assert first.returncode == 0, first.stdout
    if name in REASONS:
        assert second.returncode == 1
        assert REASONS[name] in second.stdout
    else:
        assert second.returncode == 0, second.stdout


@pytest.mark.parametrize("page", PAGES)
def test_page_can_run_twice(page: str, tmp_path: Path) -> None:
    if page in NEEDS:
        pytest.importorskip(NEEDS[page], reason=f"the page needs {NEEDS[page]}")
    for position, interpreter in enumerate(read_page((ROOT / page).read_text("utf-8"))):
        for file, code in interpreter.files.items():
            (tmp_path / file).write_text(code, encoding="utf-8")
        script = "\n".join(block.code for block in interpreter.blocks)
        if position == 0:
            check(page, script, tmp_path, {})
        else:
            with own_site() as settings:
                check(page, script, tmp_path, dict(settings))


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_can_run_twice(example: str, tmp_path: Path) -> None:
    script = NOTEBOOK if example.endswith(".ipynb") else WIZARD if example == "setup_wizard.py" else EXAMPLE
    check(example, script.format(path=str(ROOT / "examples" / example)), tmp_path, {})


@pytest.mark.parametrize("example", EXAMPLE_NEEDS)
def test_example_with_a_library_can_run_twice(example: str, tmp_path: Path) -> None:
    """Warnings of the library are not errors."""
    pytest.importorskip(EXAMPLE_NEEDS[example], reason=f"the example needs {EXAMPLE_NEEDS[example]}")
    script = EXAMPLE.format(path=str(ROOT / "examples" / example))
    check(example, script, tmp_path, {"RUNTIME__DLTHUB_TELEMETRY": "false"}, is_strict=False)


def test_second_run_finds_the_objects_of_the_first(tmp_path: Path) -> None:
    """Otherwise the tests above would prove nothing."""
    script = """
from jsm_assets_dest.testing import Emulator
with Emulator() as emulator:
    people = emulator.add_object_schema("HR").add_object_type("People")
    people.add_object(Name="Ana")
    print(len(people.objects), emulator.add_import_source("HR").token[-8:])
"""
    first, second = run_twice(script, tmp_path, {})

    assert first.stdout == second.stdout
    assert first.stdout.startswith("1 ")
    assert json.loads((tmp_path / ".site-0.json").read_text("utf-8")) == {"HR/People": ["Ana"]}
