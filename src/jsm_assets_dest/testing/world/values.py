"""Valid names and values, and their stored and displayed forms.

The limits are those of Atlassian's support pages: 255 characters of text, signed 32 bit integers, addresses that start
with http. The error texts contain the fragments that clients match.
"""

from __future__ import annotations

import datetime
import ipaddress
import math
import re
from collections.abc import Callable, Iterable

from .clock import display_date, display_timestamp, timestamp
from .entities import Attribute, AttributeType, DefaultType, Status
from .site import Site, as_id

LONGEST_TEXT = 255
LARGEST_INTEGER = 2**31 - 1


RESERVED = set('=;:?."')
"""
Characters that the Data Center edition rejects in names of schemas, types and objects.
"""


def name_problem(name: str, others: Iterable[str] = ()) -> str | None:
    """Return what is invalid about a name of a schema or type beside the names of the others, if anything."""
    if not name.strip():
        return "The name is required."
    if set(name) & RESERVED:
        return 'The name must not contain any of the characters = ; : ? . "'
    return "Name has to be unique!" if name.lower() in map(str.lower, others) else None


class BadValue(ValueError):
    """A value does not fit its attribute. The message is the one that the service sends."""


def normalise(site: Site, attribute: Attribute, text: str) -> str:
    """Return the stored form of a value.

    Raises:
        BadValue: the value does not fit the type of the attribute.
    """
    if attribute.type == AttributeType.DEFAULT:
        value = normalise_plain(
            attribute.default_type if attribute.default_type is not None else DefaultType.TEXT, text
        )
        if attribute.regex and attribute.default_type in (DefaultType.TEXT, DefaultType.EMAIL, None):
            _check_pattern(attribute.regex, value)
        if attribute.default_type == DefaultType.SELECT and value not in (options_of(attribute) or [value]):
            raise BadValue(f"Invalid values: {value}")
        return value
    if attribute.type == AttributeType.REFERENCE:
        return _reference(site, attribute, text)
    if attribute.type == AttributeType.STATUS:
        return _status(site, attribute, text)
    if attribute.type == AttributeType.USER:
        return _user(site, attribute, text)
    if attribute.type == AttributeType.GROUP:
        return _group(site, text)
    return text


def normalise_plain(default_type: int, text: str) -> str:
    """Return the stored form of a value of a default type.

    Raises:
        BadValue: the value does not fit the type.
    """
    convert, error = DEFAULT_TYPES[default_type]
    try:
        return convert(text)
    except BadValue:
        raise
    except ValueError:
        raise BadValue(f"The value provided is invalid: {text} {error}") from None


def _check_pattern(pattern: str, value: str) -> None:
    try:
        fits = re.search(pattern, value) is not None
    except re.error:
        return
    if not fits:
        raise BadValue(f"The value provided is invalid: it does not fit {pattern}")


def options_of(attribute: Attribute) -> list[str]:
    """Return the choices of a select attribute."""
    return [option.strip() for option in attribute.options.split(",") if option.strip()]


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise BadValue(f"The value must be less than {LONGEST_TEXT} characters")
    return text


def _matching(pattern: str, text: str) -> str:
    if re.fullmatch(pattern, text) is None:
        raise ValueError(text)
    return text


def _integer(text: str) -> str:
    number = int(_matching(r"\s*[+-]?\d{1,18}\s*", text))
    if not -LARGEST_INTEGER - 1 <= number <= LARGEST_INTEGER:
        raise ValueError(text)
    return str(number)


def _double(text: str) -> str:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return repr(value)


def _boolean(text: str) -> str:
    return _matching("true|false", text.lower())


def _calendar_date(text: str) -> str:
    """Reject week dates, which Python reads too, but which no document mentions."""
    if text[4:8:3] != "--":
        raise ValueError(text)
    return text


def _date(text: str) -> str:
    return datetime.date.fromisoformat(_calendar_date(text)[:10]).isoformat()


def _time(text: str) -> str:
    return datetime.time.fromisoformat(text).strftime("%H:%M:%S")


def _date_time(text: str) -> str:
    moment = datetime.datetime.fromisoformat(_calendar_date(text))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    try:
        return timestamp(round(moment.timestamp() * 1000))
    except (ValueError, OverflowError):
        raise BadValue(f"The value provided is invalid: {text} is out of range") from None


def _url(text: str) -> str:
    if not text.lower().startswith(("http://", "https://")):
        raise ValueError(text)
    return _text(text)


def _email(text: str) -> str:
    return _text(_matching(r"[^@\s]+@[^@\s]+", text))


def _ip_address(text: str) -> str:
    ipaddress.ip_network(text, strict=False)
    return text


DEFAULT_TYPES: dict[int, tuple[Callable[[str], str], str]] = {
    -1: (str, ""),
    DefaultType.TEXT: (_text, ""),
    DefaultType.INTEGER: (_integer, "is not an integer of 32 bits"),
    DefaultType.BOOLEAN: (_boolean, "is neither true nor false"),
    DefaultType.DOUBLE: (_double, "is not a number"),
    DefaultType.DATE: (_date, "is not a date"),
    DefaultType.TIME: (_time, "is not a time"),
    DefaultType.DATE_TIME: (_date_time, "is not a date and time"),
    DefaultType.URL: (_url, "does not start with http:// or https://"),
    DefaultType.EMAIL: (_email, "is not an email address"),
    DefaultType.TEXTAREA: (str, ""),
    DefaultType.SELECT: (_text, ""),
    DefaultType.IP_ADDRESS: (_ip_address, "is not an IP address"),
}
"""
The conversion of each default type, which raises ValueError, and the words of its error after the value.
"""


def _reference(site: Site, attribute: Attribute, text: str) -> str:
    target = site.objects.get(as_id(text)) or site.object_by_key(text)
    if target is None:
        raise BadValue(f"{text} is not valid Object id or key")
    if target.type_id not in site.target_types(attribute):
        raise BadValue(f"{text} is invalid due to restrictions of the referenced object type")
    return str(target.id)


def allowed_statuses(site: Site, attribute: Attribute) -> list[Status]:
    """Return the statuses of a status attribute: the listed ones, or all global ones and those of its schema."""
    schema_id = site.types[attribute.type_id].schema_id
    candidates = [status for status in site.statuses.values() if status.schema_id in (None, schema_id)]
    if attribute.type_value_multi:
        return [status for status in candidates if str(status.id) in attribute.type_value_multi]
    return candidates


def _status(site: Site, attribute: Attribute, text: str) -> str:
    for status in allowed_statuses(site, attribute):
        if str(status.id) == text:
            return text
    for status in allowed_statuses(site, attribute):
        if status.name.lower() == text.lower():
            return str(status.id)
    raise BadValue(f"Invalid values: {text} is not one of the statuses")


def _user(site: Site, attribute: Attribute, text: str) -> str:
    account = site.accounts.get(text)
    if account is None or not (account.active or site.doubts.inactive_users_accepted):
        raise BadValue("User(s) not found in Jira")
    if attribute.type_value_multi and not set(attribute.type_value_multi) & set(account.groups):
        raise BadValue("The user is invalid due to restrictions")
    return account.account_id


def _group(site: Site, text: str) -> str:
    accepted = site.doubts.group_values
    for group in site.groups.values():
        if ("name" in accepted and group.name.lower() == text.lower()) or (
            "id" in accepted.split() and group.group_id == text
        ):
            return group.name
    raise BadValue("Invalid Group(s)")


def display(attribute: Attribute, value: str, language: str) -> str:
    """Return the display form of a plain value."""
    if attribute.type == AttributeType.DEFAULT and attribute.default_type == DefaultType.DATE_TIME:
        moment = datetime.datetime.fromisoformat(value)
        return display_timestamp(round(moment.timestamp() * 1000), language)
    if attribute.type == AttributeType.DEFAULT and attribute.default_type == DefaultType.DATE:
        return display_date(datetime.date.fromisoformat(value), language)
    if attribute.suffix:
        return f"{value} {attribute.suffix}"
    return value
