"""
Okta's objects, whatever they come as: plain JSON, or the objects of the official `okta` SDK.

Version 3 of that SDK gives pydantic objects whose `to_dict()` speaks the API's spelling but keeps `datetime` and
enumerations as they are. Version 2 gives objects whose `as_dict()` speaks snake_case, and fails on those with lists.
Neither is a dependency: only the methods' names are known here.
"""

from __future__ import annotations

import datetime
import enum
import re
from collections.abc import Callable, Mapping
from typing import cast

#: Names of the methods that turn an SDK object into a mapping, the better one first.
_METHODS = ("to_dict", "as_dict")
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def as_mapping(value: object) -> Mapping[str, object] | None:
    """
    The value as a mapping, when it is one or can be turned into one.

    Args:
        value: A mapping, or an object with `to_dict` or `as_dict`.
    """
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    for name in _METHODS:
        method = cast("Callable[[], object] | None", getattr(value, name, None))
        if callable(method):
            try:
                made = method()
            except AttributeError:
                # Version 2 calls as_dict() of a plain list (Group.object_class, for one); its fields are fine.
                made = vars(value)
            return cast("Mapping[str, object]", made) if isinstance(made, Mapping) else None
    return None


def pick(value: object, *path: str) -> object:
    """
    What stands at a path of field names; None where nothing does.

    Args:
        value: An object in Okta's shape.
        path: Names in the API's spelling; a name in snake_case is found too.
    """
    for name in path:
        mapping = as_mapping(value)
        if mapping is None:
            return None
        value = mapping.get(name)
        if value is None:
            value = mapping.get(snake_case(name))
    return plain(value)


def plain(value: object) -> object:
    """
    A value without the SDK's types: enumerations become their value, date-times ISO 8601 in UTC.
    """
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, datetime.datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        text = moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def text_at(value: object, *path: str) -> str:
    """
    The text at a path, without white space around it; empty where there is none.
    """
    found = pick(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found).strip()


def snake_case(name: str) -> str:
    """
    A field's name as version 2 of the SDK spells it: "lastLogin" becomes "last_login".
    """
    return _CAPITAL.sub("_", name).lower()


def error_summary(value: object) -> str:
    """
    What Okta's error answer says, with its code; empty when the object is no error answer.
    """
    code, summary = text_at(value, "errorCode"), text_at(value, "errorSummary")
    return f"{code}: {summary}" if code else ""
