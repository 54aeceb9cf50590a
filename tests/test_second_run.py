"""Every page and example ends on its second run as on its first, or says why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.documentation import own_site, read_page
from tests.forking import Forks
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
#: Runs a script in a folder, with settings in its environment.
Run: TypeAlias = Callable[[str, Path, Mapping[str, str]], subprocess.CompletedProcess[str]]
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


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("JSM_ASSETS_")}
    return others | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **settings}


def run_fresh(
    script: str, folder: Path, settings: Mapping[str, str], flags: Sequence[str] = _STRICT
) -> subprocess.CompletedProcess[str]:
    """Run a script in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, *flags, "-c", START + script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=environment(settings),
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Run scripts in copies of one process, or in fresh interpreters where a process cannot be copied."""
    if not hasattr(os, "fork"):
        yield run_fresh
        return
    forks = Forks(START, _STRICT, environment({}))
    yield lambda script, folder, settings: forks.run(script, folder, environment(settings))
    forks.close()


def check(
    name: str, first: subprocess.CompletedProcess[str], second: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0, first.stdout
    if name in REASONS:
        assert second.returncode == 1
        assert REASONS[name] in second.stdout
    else:
        assert second.returncode == 0, second.stdout


@pytest.mark.parametrize("page", PAGES)
def test_page_can_run_twice(page: str, run: Run, tmp_path: Path) -> None:
    """`test_page_runs_from_a_clean_prompt` runs it in a fresh interpreter."""
    if page in NEEDS:
        pytest.importorskip(NEEDS[page], reason=f"the page needs {NEEDS[page]}")
    for position, interpreter in enumerate(read_page((ROOT / page).read_text("utf-8"))):
        for file, code in interpreter.files.items():
            (tmp_path / file).write_text(code, encoding="utf-8")
        script = "\n".join(block.code for block in interpreter.blocks)
        site: AbstractContextManager[Mapping[str, str]] = own_site() if position else nullcontext({})
        with site as settings:
            check(page, run(script, tmp_path, settings), run(script, tmp_path, settings))


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_can_run_twice(example: str, run: Run, tmp_path: Path) -> None:
    template = NOTEBOOK if example.endswith(".ipynb") else WIZARD if example == "setup_wizard.py" else EXAMPLE
    script = template.format(path=str(ROOT / "examples" / example))

    check(example, run_fresh(script, tmp_path, {}), run(script, tmp_path, {}))


@pytest.mark.parametrize("example", EXAMPLE_NEEDS)
def test_example_with_a_library_can_run_twice(example: str, tmp_path: Path) -> None:
    """Warnings of the library are not errors."""
    pytest.importorskip(EXAMPLE_NEEDS[example], reason=f"the example needs {EXAMPLE_NEEDS[example]}")
    script = EXAMPLE.format(path=str(ROOT / "examples" / example))
    settings = {"RUNTIME__DLTHUB_TELEMETRY": "false"}

    check(
        example,
        run_fresh(script, tmp_path, settings, flags=()),
        run_fresh(script, tmp_path, settings, flags=()),
    )


def test_second_run_finds_the_objects_of_the_first(run: Run, tmp_path: Path) -> None:
    """Otherwise the tests above would prove nothing."""
    script = """
from jsm_assets_dest.testing import Emulator
with Emulator() as emulator:
    people = emulator.add_object_schema("HR").add_object_type("People")
    people.add_object(Name="Ana")
    print(len(people.objects), emulator.add_import_source("HR").token[-8:])
"""
    first, second = run_fresh(script, tmp_path, {}), run(script, tmp_path, {})

    assert first.stdout == second.stdout
    assert first.stdout.startswith("1 ")
    assert json.loads((tmp_path / ".site-0.json").read_text("utf-8")) == {"HR/People": ["Ana"]}


@pytest.mark.parametrize(
    ("script", "exit_code", "output"),
    [
        ("import sys; print('earlier' in globals(), hasattr(sys, 'earlier'))", 0, "False False"),
        (
            "import os; print(os.getcwd(), os.environ['NAME'], 'EARLIER' in os.environ)",
            0,
            "{folder} value False",
        ),
        ("import atexit; atexit.register(print, 'end'); print('script')", 0, "script\nend"),
        ("import logging; logging.warning('late'); 1 / 0", 1, "WARNING:root:late\nTraceback"),
        ("import warnings; warnings.warn('old')", 1, "UserWarning: old"),
        ("raise SystemExit(3)", 3, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, ""),
    ],
)
def test_copied_process_runs_a_script_like_a_fresh_one(
    script: str, exit_code: int, output: str, run: Run, tmp_path: Path
) -> None:
    """Nothing remains from an earlier script."""
    run(
        "import os, sys; sys.earlier = earlier = os.environ['EARLIER']; print('earlier')",
        tmp_path,
        {"EARLIER": "1"},
    )
    process = run(script, tmp_path, {"NAME": "value"})

    assert process.returncode == exit_code
    assert output.format(folder=tmp_path) in process.stdout
    assert "earlier" not in process.stdout
