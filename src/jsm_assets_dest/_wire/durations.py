"""Durations and times in messages."""

from __future__ import annotations

import datetime
import math

MINUTE, HOUR, DAY = 60, 3600, 86_400


def duration(seconds: float) -> str:
    """Return a duration in its two largest units, rounded up: "1 hour 5 minutes"."""
    if 0 < seconds < 1:
        return f"{seconds:.2g} seconds"
    seconds = max(0, math.ceil(seconds))
    if seconds < MINUTE:
        return _count(seconds, "second")
    if seconds < HOUR:
        return _two_units(seconds, (MINUTE, "minute"), (1, "second"))
    if math.ceil(seconds / MINUTE) * MINUTE < DAY:
        return _two_units(seconds, (HOUR, "hour"), (MINUTE, "minute"))
    return _two_units(seconds, (DAY, "day"), (HOUR, "hour"))


def _two_units(seconds: int, large: tuple[int, str], small: tuple[int, str]) -> str:
    rounded = math.ceil(seconds / small[0]) * small[0]
    large_count, rest = divmod(rounded, large[0])
    text = _count(large_count, large[1])
    return f"{text} {_count(rest // small[0], small[1])}" if rest else text


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"


def clock_time(timestamp: float, now: float | None = None) -> str:
    """Return a time of day, rounded up to the minute: "17:05 UTC"; with the date if it is not today.

    Args:
        timestamp: Seconds since 1970.
        now: The current time, in the same unit, or None if the day doesn't matter.
    """
    time = datetime.datetime.fromtimestamp(math.ceil(timestamp / MINUTE) * MINUTE, datetime.UTC)
    if now is not None and time.date() != datetime.datetime.fromtimestamp(now, datetime.UTC).date():
        return f"{time:%Y-%m-%d %H:%M} UTC"
    return f"{time:%H:%M} UTC"


def wait_text(seconds: float, until: float | None) -> str:
    """Return a wait, with the time of its end if it is a minute or longer: "1 hour 5 minutes, until 17:05 UTC"."""
    if until is None or seconds < MINUTE or seconds > 365 * DAY:
        return duration(seconds)
    return f"{duration(seconds)}, until {clock_time(until, until - seconds)}"
