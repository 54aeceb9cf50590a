"""The words of first lines: operations, durations, and times."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import jsm_assets_dest
from jsm_assets_dest._wire.phrases import PHRASES, clock_time, could_not, duration, wait_text
from jsm_assets_dest.exceptions import ConfigurationError

WIRE = Path(jsm_assets_dest.__file__).parent / "_wire"
NOON = 1_793_880_000.0  # 5 November 2026, 12:00 UTC


def test_every_operation_has_a_phrase() -> None:
    """No first line shows an operation code."""
    sources = "".join(path.read_text("utf-8") for path in WIRE.glob("*_requests.py"))
    codes = set(re.findall(r'(?:Request|_request|_read_jira)\(\s*"([a-z ]+)"', sources))

    assert len(codes) > 35
    assert codes - PHRASES.keys() == set()


def test_phrase_leaves_out_what_is_unknown() -> None:
    """A part in brackets needs its value."""
    assert could_not("read myself") == "Could not log in"
    assert could_not("read myself", site="acme.atlassian.net") == "Could not log in to acme.atlassian.net"
    assert could_not("read myself", site="a", account="b") == "Could not log in to a as b"
    assert could_not("create object schema", subject="OKT") == "Could not create the object schema OKT"
    assert could_not("submit chunk") == "Could not send the records"
    assert could_not("submit chunk", subject="people[0]") == "Could not send people[0]"
    assert could_not("do something new") == "Could not do something new"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (0.25, "0.25 seconds"),
        (1, "1 second"),
        (44.2, "45 seconds"),
        (60, "1 minute"),
        (90, "1 minute 30 seconds"),
        (3599.5, "1 hour"),
        (3900, "1 hour 5 minutes"),
        (3901, "1 hour 6 minutes"),
        (83_000, "23 hours 4 minutes"),
        (86_399, "1 day"),
        (93_600, "1 day 2 hours"),
        (1e9, "11,574 days 2 hours"),
    ],
)
def test_duration_has_two_units_rounded_up(seconds: float, text: str) -> None:
    """As people say them."""
    assert duration(seconds) == text


def test_wait_of_a_minute_or_more_names_its_end() -> None:
    """With the date if it is another day; never for absurd values."""
    assert wait_text(59, NOON + 59) == "59 seconds"
    assert wait_text(3900, NOON + 3900) == "1 hour 5 minutes, until 13:05 UTC"
    assert wait_text(3900, None) == "1 hour 5 minutes"
    assert wait_text(46_800, NOON + 46_800) == "13 hours, until 2026-11-06 01:00 UTC"
    assert wait_text(1e9, 3e11) == "11,574 days 2 hours"
    assert clock_time(NOON + 1) == "12:01 UTC"


def test_path_at_the_beginning_of_a_remedy_is_unchanged() -> None:
    """Keys of models may contain hyphens, and a path with another case can't be found."""
    error = ConfigurationError("It is wrong.", fix="hard-drive.serial: Correct it.")

    assert "1. hard-drive.serial: Correct it." in str(error)
