"""Functions of the query language that stand for a moment."""

from __future__ import annotations

import datetime
import re

from .nodes import InvalidQuery

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_NAMES = re.compile(r"(now|(start|end)of(day|week|month|year))")


def moment(name: str, arguments: tuple[str, ...], now: float) -> float | None:
    """The moment a function stands for, in seconds since 1970; None when the function is another one.

    Args:
        name: in lower case.
        arguments: at most one, a shift such as `-2h 15m`.
        now: what time it is.
    """
    match = _NAMES.fullmatch(name)
    if match is None:
        return None
    base = datetime.datetime.fromtimestamp(now, datetime.UTC)
    if name != "now":
        base = _bound(base, match.group(3), end=match.group(2) == "end")
    return base.timestamp() + (_shift(arguments[0]) if arguments else 0)


def _bound(base: datetime.datetime, unit: str, *, end: bool) -> datetime.datetime:
    start = base.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        start -= datetime.timedelta(days=start.weekday())
    elif unit == "month":
        start = start.replace(day=1)
    elif unit == "year":
        start = start.replace(month=1, day=1)
    if not end:
        return start
    days = {"day": 1, "week": 7, "month": 32, "year": 367}[unit]
    following = _bound(start + datetime.timedelta(days=days), unit, end=False)
    return following - datetime.timedelta(milliseconds=1)


def _shift(text: str) -> float:
    seconds = 0.0
    for sign, number, unit in re.findall(r"([+-]?)(\d+)([a-zA-Z])", text):
        factor = _UNITS.get(unit.lower())
        if factor is None:
            raise InvalidQuery(f"unknown unit {unit} in {text!r}")
        # The sign of the first part holds for the following ones: -2h 15m is 2 h 15 min ago.
        if sign == "-" or (not sign and seconds < 0):
            factor = -factor
        seconds += int(number) * factor
    return seconds
