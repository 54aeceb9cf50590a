"""The messages of the 20 most common failures."""

from __future__ import annotations

import importlib.util
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.access import template

FILE = Path(__file__).parents[2] / "tools" / "show_messages.py"
SPEC = importlib.util.spec_from_file_location("show_messages", FILE)
assert SPEC is not None
assert SPEC.loader is not None
show_messages = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(show_messages)

FAILURES: tuple[Callable[[Any], object], ...] = show_messages.FAILURES


@pytest.mark.parametrize("fail", FAILURES, ids=lambda fail: fail.__name__)
def test_message_obeys_the_template(fail: Callable[[Any], object]) -> None:
    """Length, order, words, and no operation code."""
    error = show_messages.failure(fail)

    assert error.cause
    assert error.remedies
    template.check(error)


@pytest.mark.once
def test_script_prints_twenty_messages(capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, with a title."""
    runpy.run_path(str(FILE), run_name="__main__")

    printed = capsys.readouterr().out
    assert [line.split()[1] for line in printed.splitlines() if line.startswith("── ")] == [
        f"{number}." for number in range(1, 21)
    ]
    assert printed.count("How to fix:") == 20


def test_failure_that_does_not_happen_is_reported() -> None:
    """The script must not print fewer messages."""
    with pytest.raises(AssertionError, match="repr did not fail"):
        show_messages.failure(repr)
