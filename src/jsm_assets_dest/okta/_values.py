"""Values of Okta's answers in the form that each Assets attribute type takes.

What does not fit is left out with a reason rather than sent: Assets would refuse the whole object for it, or, worse,
keep something else.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

from attrs import frozen

from ..model import AttributeSpec, AttributeType
from ._custom_attributes import TEXT_LIMIT
from ._okta_objects import plain

#: What a converted value can be; records hold these, or lists of them.
Scalar = str | int | float | bool

#: Characters of a textarea: Atlassian advises 5,000, a client cuts at 10,000; Okta's longest field has 4,096.
TEXTAREA_LIMIT = 10_000
_INTEGERS = range(-(2**31), 2**31)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_YES = {"true": True, "false": False}


@frozen
class Refused:
    """A value that is not sent as it is.

    Attributes:
        reason: Why, in words for the report.
        instead: What is sent instead; None leaves the value out.
    """

    reason: str
    instead: Scalar | None = None


@frozen
class Rules:
    """What conversions need to know.

    Attributes:
        org_url: Completes relative addresses; empty leaves them out.
        truncate: Whether text that is too long is cut; otherwise it is left out, except in labels.
    """

    org_url: str = ""
    truncate: bool = False


def status_name(state: str) -> str:
    """Convert a state of Okta to a legal status name: "LOCKED_OUT" to "Locked Out".

    A status declared in an import mapping has 2 to 30 letters, digits, spaces and hyphens (Atlassian's JSON Schema of
    the import mapping), so "LOCKED_OUT" is illegal.
    """
    return " ".join(word.capitalize() for word in state.replace("_", " ").split())


def converter(attribute: AttributeSpec, rules: Rules) -> Callable[[object], Scalar | Refused | None]:
    """How one value becomes what an attribute takes; None stands for "nothing there"."""
    convert = _converter(attribute, rules)

    def guarded(value: object) -> Scalar | Refused | None:
        if isinstance(value, Mapping | list | tuple):
            return Refused("left out, an object or a list where one value was expected")
        return convert(value)

    return guarded


def _converter(attribute: AttributeSpec, rules: Rules) -> Callable[[object], Scalar | Refused | None]:
    kind = attribute.type
    if kind in {AttributeType.TEXT, AttributeType.SELECT, AttributeType.TEXTAREA, AttributeType.REFERENCE}:
        limit = attribute.max_length or (TEXTAREA_LIMIT if kind is AttributeType.TEXTAREA else TEXT_LIMIT)
        cut = rules.truncate or attribute.label
        return lambda value: _text(value, limit, cut=cut)
    if kind is AttributeType.URL:
        return lambda value: _url(value, rules.org_url)
    if kind is AttributeType.STATUS:
        allowed = {name.casefold(): name for name in attribute.statuses}
        return lambda value: _status(value, allowed)
    return _SIMPLE[kind]


def _as_text(value: object) -> str:
    if type(value) is str:
        return value.strip()
    value = plain(value)
    if value is None:
        return ""
    return str(value).strip() if not isinstance(value, bool) else str(value).lower()


def _text(value: object, limit: int, *, cut: bool) -> Scalar | Refused | None:
    text = _as_text(value)
    if len(text) <= limit:
        return text or None
    reason = f"longer than {limit:,} characters"
    return (
        Refused(f"cut, {reason}", text[: limit - 1].rstrip() + "…") if cut else Refused(f"left out, {reason}")
    )


def _email(value: object) -> Scalar | Refused | None:
    text = _as_text(value)
    if not text or (_EMAIL.fullmatch(text) and len(text) <= TEXT_LIMIT):
        return text or None
    return Refused("left out, not an e-mail address")


def _url(value: object, org_url: str) -> Scalar | Refused | None:
    text = _as_text(value)
    if not text:
        return None
    try:
        parts = urlsplit(text)
        relative = not parts.scheme and not parts.netloc
        if relative and org_url:
            return Refused("completed with the address of the organisation", urljoin(org_url + "/", text))
    except ValueError:
        return Refused("left out, not an address")
    if relative:
        return Refused("left out, a relative address, and the tenant's org_url is not given")
    if parts.scheme not in {"http", "https"} or not parts.netloc or any(sign.isspace() for sign in text):
        return Refused("left out, not an http or https address")
    return text


def _status(value: object, allowed: Mapping[str, str]) -> Scalar | Refused | None:
    text = status_name(_as_text(value))
    if not text:
        return None
    if not allowed:
        return text
    return allowed.get(text.casefold()) or Refused("left out, a status that the model does not have")


def _boolean(value: object) -> Scalar | Refused | None:
    text = _as_text(value)
    if not text:
        return None
    found = _YES.get(text.lower())
    return Refused("left out, neither true nor false") if found is None else found


def _integer(value: object) -> Scalar | Refused | None:
    # JSON knows one kind of number, and Okta may write 12 as 12.0.
    text = _as_text(int(value) if isinstance(value, float) and value.is_integer() else value)
    if not text:
        return None
    try:
        number = int(text)
    except ValueError:
        return Refused("left out, not a whole number")
    return number if number in _INTEGERS else Refused("left out, a whole number beyond 32 bits")


def _double(value: object) -> Scalar | Refused | None:
    text = _as_text(value)
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return Refused("left out, not a number")
    # Infinity and NaN have no place in JSON.
    return number if abs(number) < float("inf") else Refused("left out, not a number")


def _date_time(value: object) -> Scalar | Refused | None:
    text = _as_text(value)
    if not text:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return Refused("left out, not a date and time")
    # Okta's own form, which nearly every moment has already.
    return text if len(text) == 24 and text.endswith("Z") else str(plain(moment))


def _date(value: object) -> Scalar | Refused | None:
    text = _as_text(value)
    if not text:
        return None
    try:
        return datetime.datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return Refused("left out, not a date")


def _other(value: object) -> Scalar | Refused | None:
    return _text(value, TEXT_LIMIT, cut=False)


_SIMPLE: Mapping[AttributeType, Callable[[object], Scalar | Refused | None]] = {
    AttributeType.EMAIL: _email,
    AttributeType.BOOLEAN: _boolean,
    AttributeType.INTEGER: _integer,
    AttributeType.DOUBLE: _double,
    AttributeType.DATE_TIME: _date_time,
    AttributeType.DATE: _date,
    AttributeType.TIME: _other,
    AttributeType.IPADDRESS: _other,
}
