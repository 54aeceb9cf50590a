"""Lenient reading of Okta's objects: plain JSON, or objects of Okta's Python SDK.

Version 3 of the SDK returns pydantic objects. Their `to_dict()` omits all fields that are read-only in the API, such as
ids and states (seen in 3.4.6), because it is meant for requests. Therefore their fields are read one by one, under
the API's names. Version 2 returns objects whose `as_dict()` uses snake_case and fails on objects with lists. Neither
version is a dependency: only the names of methods and fields are used here.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable, Iterable, Mapping
from typing import cast

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
