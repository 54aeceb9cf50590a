"""The commands and outputs of the README are correct."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def shown_output() -> list[str]:
    """Return the lines of the example's output that the README shows."""
    block: str = re.findall(r"```text\n(Confirmed by Assets:.*?)```", README, re.DOTALL)[0]
    return [line for line in block.splitlines() if line.strip() and line != "…"]


@pytest.mark.once
def test_output_of_the_example() -> None:
    """The example prints the lines of its output block in the README in the same order."""
    finished = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "okta_destination.py")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("JSM_ASSETS_")},
            "PYTHONIOENCODING": "utf-8",
        },
    )
    assert finished.returncode == 0, finished.stderr
    rest = iter(finished.stdout.splitlines())

    missing = [line for line in shown_output() if line not in rest]

    assert not missing


@pytest.mark.parametrize("command", ["-m pytest", "examples/okta_destination.py"])
def test_commands_stand_on_one_line(command: str) -> None:
    """The commands that CI takes out of the README are there once, and do all set-up themselves."""
    matches = [
        line
        for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
        for line in block.splitlines()
        if command in line
    ]

    assert len(matches) == 1
    assert matches[0].startswith("python3 -m venv .venv && .venv/bin/pip -q install -e ")


def test_links_lead_somewhere() -> None:
    """Every relative link and picture of the README exists."""
    targets = [
        target
        for target in re.findall(r"(?:\]\(|<img src=\")([^)#\"]+)[)\"]", README)
        if not target.startswith(("http://", "https://"))
    ]

    assert targets
    assert not [target for target in targets if not (ROOT / target).exists()]
