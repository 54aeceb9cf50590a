"""Comparing a stored value with the text of a query."""

from __future__ import annotations

import datetime

from ..entities import DATE, DATE_TIME, Attribute
from ..values import BadValue, normalise_plain


def fits_pattern(operator: str, value: str, text: str) -> bool:
    """`like`, `startswith` and `endswith`, without regard to case."""
    value, text = value.lower(), text.lower()
    if operator == "like":
        return text.strip("%") in value
    return value.startswith(text) if operator == "startswith" else value.endswith(text)


def moment_of(text: str) -> float | None:
    """A date, a date with time, or seconds since 1970, as seconds; None for other texts."""
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


def compare(operator: str, value: str, text: str) -> bool:
    """`<`, `<=`, `>` and `>=`: as numbers or moments when both are, otherwise as text."""
    left: float | str
    right: float | str
    first, second = moment_of(value), moment_of(text)
    if first is not None and second is not None:
        left, right = first, second
        return _ordered(operator, less=left < right, equal=left == right)
    left, right = value.lower(), text.lower()
    return _ordered(operator, less=left < right, equal=left == right)


def _ordered(operator: str, *, less: bool, equal: bool) -> bool:
    if operator == "<":
        return less
    if operator == "<=":
        return less or equal
    if operator == ">":
        return not less and not equal
    return not less


def plain_texts(attribute: Attribute, text: str) -> list[str]:
    """The stored form of a number or date in a query; none when the text is no such thing."""
    if attribute.default_type in (DATE, DATE_TIME):
        when = moment_of(text)
        if when is None:
            return []
        text = datetime.datetime.fromtimestamp(when, datetime.UTC).isoformat()
    else:
        text = text.strip()
    try:
        return [normalise_plain(attribute.default_type or 0, text)]
    except BadValue:
        return []
