"""Conversion of Okta's values to the form that each Assets attribute type accepts.

A value that does not fit is left out with a reason. Assets would reject the whole object because of it, or store
something else.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

from attrs import frozen

from .._model.specs import AttributeSpec, AttributeType
from ._okta_objects import plain

#: A converted value. Records contain these values or lists of them.
Scalar: TypeAlias = str | int | float | bool

#: Characters of a text value in Assets (Atlassian's help and its error message). Longer values need a textarea.
TEXT_LIMIT = 255
#: Characters of a textarea. Atlassian advises 5,000, and a client cuts at 10,000. Okta's longest field has 4,096.
TEXTAREA_LIMIT = 10_000
_INTEGERS = range(-(2**31), 2**31)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_BOOLEANS = {"true": True, "false": False}


@frozen
class Refused:
    """A value that is not sent unchanged.

    Attributes:
        reason: The reason, for the report.
        instead: The value to send instead. None leaves the value out.
    """

    reason: str
    instead: Scalar | None = None


#: Result of a conversion. None means that there is no value.
Converted: TypeAlias = Scalar | Refused | None


@frozen
class Rules:
    """Settings of the conversion.

    Attributes:
        org_url: Address that completes relative addresses. Empty leaves them out.
        truncate: True cuts text that is too long. Otherwise it is left out, except in labels.
    """

    org_url: str = ""
    truncate: bool = False


def status_name(state: str) -> str:
    """Convert an Okta state to a valid status name: "LOCKED_OUT" to "Locked Out".

    A status of an import mapping has 2 to 30 letters, digits, spaces, and hyphens (Atlassian's JSON Schema of the import
    mapping), so "LOCKED_OUT" is invalid.
    """
    return " ".join(word.capitalize() for word in state.replace("_", " ").split())


def converter(attribute: AttributeSpec, rules: Rules) -> Callable[[object], Converted]:
    """Return the function that converts one value for an attribute."""
    convert = _text_converter(attribute, rules)

    def convert_value(value: object) -> Converted:
        if isinstance(value, Mapping | list | tuple):
            return Refused("left out, an object or a list where one value was expected")
        text = _as_text(value)
        return convert(text) if text else None

    return convert_value


def _as_text(value: object) -> str:
    if type(value) is str:
        return value.strip()
    value = plain(value)
    if value is None:
        return ""
    return str(value).strip() if not isinstance(value, bool) else str(value).lower()


def _text_converter(attribute: AttributeSpec, rules: Rules) -> Callable[[str], Converted]:
    match attribute.type:
        case AttributeType.URL:
            return lambda text: _url(text, rules.org_url)
        case AttributeType.STATUS:
            statuses = {name.casefold(): name for name in attribute.statuses}
            return lambda text: _status(text, statuses)
        case kind if kind in _CONVERTERS:
            return _CONVERTERS[kind]
        case AttributeType.TEXTAREA:
            default_limit = TEXTAREA_LIMIT
        case _:
            default_limit = TEXT_LIMIT
    limit = attribute.max_length or default_limit
    cut = rules.truncate or attribute.label
    return lambda text: _limited(text, limit, cut=cut)


def _limited(text: str, limit: int, *, cut: bool) -> Converted:
    if len(text) <= limit:
        return text
    reason = f"longer than {limit:,} characters"
    if cut:
        return Refused(f"cut, {reason}", text[: limit - 1].rstrip() + "…")
    return Refused(f"left out, {reason}")


def _email(text: str) -> Converted:
    is_valid = _EMAIL.fullmatch(text) and len(text) <= TEXT_LIMIT
    return text if is_valid else Refused("left out, not an email address")


def _url(text: str, org_url: str) -> Converted:
    try:
        parts = urlsplit(text)
        is_relative = not parts.scheme and not parts.netloc
        if is_relative and org_url:
            return Refused("completed with the address of the organization", urljoin(org_url + "/", text))
    except ValueError:
        return Refused("left out, not an address")
    if is_relative:
        return Refused("left out, a relative address, and the tenant has no org_url")
    if parts.scheme not in {"http", "https"} or not parts.netloc or any(char.isspace() for char in text):
        return Refused("left out, not an http or https address")
    return text


def _status(text: str, statuses: Mapping[str, str]) -> Converted:
    name = status_name(text)
    if not statuses:
        return name or None
    return statuses.get(name.casefold()) or Refused("left out, a status that is not in the model")


def _boolean(text: str) -> Converted:
    boolean = _BOOLEANS.get(text.lower())
    return Refused("left out, neither true nor false") if boolean is None else boolean


def _integer(text: str) -> Converted:
    try:
        number = int(
            text.removesuffix(".0")
        )  # JSON has one type for all numbers, so Okta may write 12 as 12.0.
    except ValueError:
        return Refused("left out, not an integer")
    return number if number in _INTEGERS else Refused("left out, an integer beyond 32 bits")


def _double(text: str) -> Converted:
    try:
        number = float(text)
    except ValueError:
        return Refused("left out, not a number")
    # JSON has no infinity and no NaN.
    return number if abs(number) < float("inf") else Refused("left out, not a number")


def _date_time(text: str) -> Converted:
    try:
        date_time = datetime.datetime.fromisoformat(text)
    except ValueError:
        return Refused("left out, not a date and time")
    # Okta's own form, which nearly every value has already.
    return text if len(text) == 24 and text.endswith("Z") else str(plain(date_time))


def _date(text: str) -> Converted:
    try:
        return datetime.datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return Refused("left out, not a date")


_CONVERTERS: Mapping[AttributeType, Callable[[str], Converted]] = {
    AttributeType.EMAIL: _email,
    AttributeType.BOOLEAN: _boolean,
    AttributeType.INTEGER: _integer,
    AttributeType.DOUBLE: _double,
    AttributeType.DATE_TIME: _date_time,
    AttributeType.DATE: _date,
}
