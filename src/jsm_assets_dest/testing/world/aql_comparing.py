"""Comparing a stored value with a string of a query, and functions that represent a time."""

from __future__ import annotations

import datetime
import operator
import re

from .aql_parsing import InvalidQuery
from .entities import Attribute, DefaultType
from .values import BadValue, normalise_plain

_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_NAMES = re.compile(r"(now|(start|end)of(day|week|month|year))")


def fits_pattern(word: str, value: str, text: str) -> bool:
    """Compare with `like`, `startswith` or `endswith`, ignoring case."""
    value, text = value.lower(), text.lower()
    if word == "like":
        return text.strip("%") in value
    return value.startswith(text) if word == "startswith" else value.endswith(text)


def moment_of(text: str) -> float | None:
    """Return a date, a date with time, or seconds since 1970 as seconds; None for other strings."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp()


def compare(sign: str, value: str, text: str) -> bool:
    """Compare with `<`, `<=`, `>` or `>=`: as numbers or times if both are, otherwise as strings."""
    first, second = moment_of(value), moment_of(text)
    if first is None or second is None:
        return bool(_ORDERS[sign](value.lower(), text.lower()))
    return bool(_ORDERS[sign](first, second))


def plain_texts(attribute: Attribute, text: str) -> list[str]:
    """Return the stored form of a number or date in a query; nothing if the string is neither."""
    if attribute.default_type in (DefaultType.DATE, DefaultType.DATE_TIME):
        when = moment_of(text)
        try:
            text = datetime.datetime.fromtimestamp(when, datetime.UTC).isoformat() if when is not None else ""
        except (ValueError, OverflowError, OSError):
            return []
    else:
        text = text.strip()
    try:
        return [normalise_plain(attribute.default_type or 0, text)]
    except BadValue:
        return []


def moment(name: str, arguments: tuple[str, ...], now: float) -> float | None:
    """Return the time that a function represents, in seconds since 1970; None for other functions.

    Args:
        name: in lower case.
        arguments: the shift, such as `-2h 15m`, quoted or in several words.
        now: the current time.
    """
    match = _NAMES.fullmatch(name)
    if match is None:
        return None
    base = datetime.datetime.fromtimestamp(now, datetime.UTC)
    if name != "now":
        base = _bound(base, match.group(3), end=match.group(2) == "end")
    return base.timestamp() + (_shift(" ".join(arguments)) if arguments else 0)


def quoted_moment(text: str, now: float) -> float | None:
    """Return the time of a quoted function such as `"now(-2h 15m)"`, a form of the documentation."""
    match = re.fullmatch(r"(\w+)\(([^()]*)\)", text.strip())
    return moment(match[1].lower(), (match[2],), now) if match is not None else None


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
        # The sign of the first part applies to the following ones: -2h 15m is 2 h 15 min ago.
        if sign == "-" or (not sign and seconds < 0):
            factor = -factor
        seconds += int(number) * factor
    return seconds
