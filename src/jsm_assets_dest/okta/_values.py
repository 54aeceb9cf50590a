"""Reading of Okta's objects, and conversion of their values to the form that each Assets attribute type accepts.

Objects are plain JSON or those of Okta's Python SDK. Version 3 of the SDK returns pydantic objects. Their `to_dict()` omits
all fields that are read-only in the API, such as ids and states (seen in 3.4.6), because it is meant for requests. Therefore
their fields are read one by one, under the API's names. Version 2 returns objects whose `as_dict()` uses snake_case and fails
on objects with lists. Neither version is a dependency: only the names of methods and fields are used here.

A value that does not fit is left out with a reason. Assets would reject the whole object because of it, or store
something else.
"""

from __future__ import annotations

import datetime
import enum
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias, cast
from urllib.parse import urljoin, urlsplit

from attrs import frozen

from .._model.specs import AttributeSpec, AttributeType
from ..exceptions import ConfigurationError


def check_count(value: int, minimum: int, argument: str) -> None:
    """Reject an integer below the minimum."""
    if value < minimum:
        raise ConfigurationError(
            f"{argument} cannot be {value:,}.", field=argument, fix=f"Pass {minimum} or more."
        )


#: Methods that convert an SDK object to a mapping, the preferred one first.
_METHODS = ("to_dict", "as_dict")
#: Field of version 3 for fields that the class does not know, such as custom attributes of a profile.
_ADDITIONAL = "additional_properties"
#: Field of version 3 with the object itself, if the API allows several kinds, such as profiles of groups.
_ACTUAL = "actual_instance"
#: Types of JSON values. They are checked first, because nearly every value has one of them.
_PLAIN = frozenset({str, int, float, bool, type(None), list, dict})


def as_mapping(value: object) -> Mapping[str, object] | None:
    """Convert a mapping or an SDK object to a mapping with the API's names. Return None for any other value."""
    if isinstance(value, dict):
        return cast("dict[str, object]", value)
    if type(value) in _PLAIN:
        return None
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    if hasattr(value, _ACTUAL):
        actual = cast("object", getattr(value, _ACTUAL))
        return {} if actual is None else as_mapping(actual)
    declared = cast("object", getattr(type(value), "model_fields", None))
    if isinstance(declared, Mapping):
        return _declared_fields(value, cast("Mapping[str, object]", declared))
    for name in _METHODS:
        method = cast("Callable[[], object] | None", getattr(value, name, None))
        if callable(method):
            return _converted_fields(value, method)
    return None


def _converted_fields(value: object, convert: Callable[[], object]) -> Mapping[str, object] | None:
    try:
        converted = convert()
    except AttributeError:
        # Version 2 calls as_dict() on plain lists, such as Group.object_class. The attributes themselves are usable.
        converted = vars(value)
    if not isinstance(converted, Mapping):
        return None
    fields = cast("Mapping[str, object]", converted)
    # Keep the original names too, because a custom attribute may be called "cost_unit".
    return {**{camel_case(name): field for name, field in fields.items()}, **fields}


def _declared_fields(value: object, declared: Mapping[str, object]) -> Mapping[str, object]:
    fields: dict[str, object] = {}
    additional = cast("object", getattr(value, _ADDITIONAL, None))
    if isinstance(additional, Mapping):
        fields.update(cast("Mapping[str, object]", additional))
    for name, info in declared.items():
        if name != _ADDITIONAL:
            fields[cast("str | None", getattr(info, "alias", None)) or name] = getattr(value, name, None)
    return fields


def pick(value: object, *path: str) -> object:
    """Return the value at a path of field names in the API's spelling, or None."""
    for name in path:
        # The check of the type is faster than as_mapping(). It matters: every field of every object is read here.
        mapping = cast("dict[str, object]", value) if type(value) is dict else as_mapping(value)
        if mapping is None:
            return None
        value = mapping.get(name)
    return value if type(value) in _PLAIN else plain(value)


def plain(value: object) -> object:
    """Convert SDK types: enumerations to their value, sets to lists, date-times to ISO 8601 in UTC."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        text = aware.astimezone(datetime.UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple):
        return [*cast("Iterable[object]", value)]
    if hasattr(value, _ACTUAL):
        return plain(getattr(value, _ACTUAL))
    return value


def text_at(value: object, *path: str) -> str:
    """Return the string or integer at a path as stripped text. Return an empty string for anything else."""
    field = pick(value, *path)
    if isinstance(field, bool) or not isinstance(field, str | int):
        return ""
    return str(field).strip()


def camel_case(name: str) -> str:
    """Convert "last_login", as in version 2 of the SDK, to "lastLogin". A leading underscore stays."""
    head, *tail = name.split("_") if not name.startswith("_") else (name,)
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def error_summary(value: object) -> str:
    """Return the code and the summary of an error response of Okta. Return an empty string for any other object.

    Okta's OAuth server has another form of errors: {"error": "invalid_token", "error_description": ...} (RFC 6749).
    """
    mapping = as_mapping(value) or {}
    names = ("errorCode", "errorSummary") if "errorCode" in mapping else ("error", "error_description")
    if names[0] not in mapping or "id" in mapping:
        return ""
    code, summary = (text_at(mapping, name) for name in names)
    return f"{code}: {summary}" if code else ""


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
    number = int(text.removesuffix(".0"))  # JSON has one type for all numbers, so Okta may write 12 as 12.0.
    return number if number in _INTEGERS else Refused("left out, an integer beyond 32 bits")


def _double(text: str) -> Converted:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("JSON has no such number")
    return number


def _date_time(text: str) -> Converted:
    date_time = datetime.datetime.fromisoformat(text)
    # Okta's own form, which nearly every value has already.
    return text if len(text) == 24 and text.endswith("Z") else str(plain(date_time))


def _date(text: str) -> Converted:
    return datetime.datetime.fromisoformat(text).date().isoformat()


def _valid(convert: Callable[[str], Converted], expected: str) -> Callable[[str], Converted]:
    def convert_valid(text: str) -> Converted:
        try:
            return convert(text)
        except ValueError:
            return Refused(f"left out, not {expected}")

    return convert_valid


_CONVERTERS: Mapping[AttributeType, Callable[[str], Converted]] = {
    AttributeType.EMAIL: _email,
    AttributeType.BOOLEAN: _boolean,
    AttributeType.INTEGER: _valid(_integer, "an integer"),
    AttributeType.DOUBLE: _valid(_double, "a number"),
    AttributeType.DATE_TIME: _valid(_date_time, "a date and time"),
    AttributeType.DATE: _valid(_date, "a date"),
}
