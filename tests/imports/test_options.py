"""Options of an import: the journal, and the time zone in the forms in which it can be given, saved, and sent."""

from __future__ import annotations

import datetime
import json
from zoneinfo import ZoneInfo

import pytest

from jsm_assets_dest import ImportOptions
from jsm_assets_dest._destination.settings_data import options_from_dict, options_to_dict
from jsm_assets_dest._imports.options import time_zone
from jsm_assets_dest.exceptions import ConfigurationError

HOUR = datetime.timedelta(hours=1)
NOON = datetime.datetime(2026, 7, 1, 12)  # noqa: DTZ001 - a time zone gives its offset at a naive time


@pytest.mark.parametrize(
    ("value", "name", "offset"),
    [
        ("Europe/Berlin", "Europe/Berlin", 2 * HOUR),
        (ZoneInfo("Europe/Berlin"), "Europe/Berlin", 2 * HOUR),
        ("UTC", "UTC", 0 * HOUR),
        (datetime.UTC, "UTC", 0 * HOUR),
        ("+05:30", "+05:30", 5.5 * HOUR),
        (datetime.timezone(-2 * HOUR, "somewhere"), "UTC-02:00", -2 * HOUR),
    ],
)
def test_time_zone_has_a_name_that_can_be_saved(
    value: str | datetime.tzinfo, name: str, offset: datetime.timedelta
) -> None:
    """The name survives a file, and the way to another process."""
    options = ImportOptions(timezone=value)

    assert options.timezone == name
    assert time_zone(name).utcoffset(NOON) == offset
    assert ImportOptions.from_dict(json.loads(json.dumps(options.to_dict()))).timezone == name
    assert options_from_dict(json.loads(json.dumps(options_to_dict(options)))).timezone == name


@pytest.mark.parametrize(
    "value", ["", "CEST or so", "/etc/passwd", "+25:00", type("Odd", (datetime.tzinfo,), {})()]
)
def test_unknown_time_zone_is_rejected(value: object) -> None:
    """The error names the forms that are accepted."""
    with pytest.raises(ConfigurationError, match=r"`timezone` is .*not a known time zone") as caught:
        ImportOptions(timezone=value)  # type: ignore[arg-type]  # what the test is about

    assert caught.value.field == "timezone"
    assert "IANA name" in caught.value.fix


def test_empty_journal_is_rejected() -> None:
    """For example, the value of an environment variable that is not set."""
    with pytest.raises(ConfigurationError, match="`journal` is an empty string") as problem:
        ImportOptions(journal="")

    assert problem.value.field == "journal"
