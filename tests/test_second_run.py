"""Every page and example ends on its second run as on its first, or says why not.

They take minutes, and do not depend on the version of Python, so that only `nox -s pages` runs them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation import own_site, read_page
from tests.test_documentation import NEEDS, PAGES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "JSM_ASSETS_TEST_PAGES" not in os.environ, reason="`nox -s pages` runs it, which takes minutes"
    ),
]

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(
    path.name
    for path in (ROOT / "examples").glob("*.py")
    # These need a library that is not always installed, or answers to questions. They have tests of their own.
    if path.name not in {"dask_import.py", "dataframe_import.py", "dlt_pipeline.py", "setup_wizard.py"}
)
#: Examples that need an optional library.
EXAMPLE_NEEDS = {"spark_import.py": "pyspark"}
START = "from tests.second_run import remember\nremember()\n"

#: Scripts whose second run says why it can't end as the first one, with the words that say it.
REASONS = {"docs/reference/okta.md": "The folder export is not empty."}


def run_twice(script: str, folder: Path, settings: dict[str, str]) -> list[subprocess.CompletedProcess[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JSM_ASSETS_")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **settings}
    return [
        subprocess.run(
            [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", "-c", START + script],
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


def check(name: str, script: str, folder: Path, settings: dict[str, str]) -> None:
    first, second = run_twice(script, folder, settings)

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
    if example in EXAMPLE_NEEDS:
        pytest.importorskip(EXAMPLE_NEEDS[example], reason=f"the example needs {EXAMPLE_NEEDS[example]}")
    path = ROOT / "examples" / example
    script = (
        f"import runpy, sys\nsys.argv = [{str(path)!r}]\nrunpy.run_path({str(path)!r}, run_name='__main__')\n"
    )
    check(example, script, tmp_path, {})


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
