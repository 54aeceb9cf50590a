"""Okta's objects, whatever they come as: plain JSON, or the objects of the official `okta` SDK.

Version 3 of that SDK gives pydantic objects. Their `to_dict()` leaves out everything that is read-only in the API, ids
and states among it (seen in 3.4.6), because it is meant for requests; so their fields are read one by one, under the
API's spelling. Version 2 gives objects whose `as_dict()` speaks snake_case, and fails on those with lists. Neither is a
dependency: only the names of methods and fields are known here.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable, Iterable, Mapping
from typing import cast

#: Names of the methods that turn an SDK object into a mapping, the better one first.
_METHODS = ("to_dict", "as_dict")
#: Where objects of version 3 keep fields that their class does not know, such as custom attributes of a profile.
_MORE = "additional_properties"
#: Where version 3 keeps the object itself, when its API allows several kinds, such as profiles of groups.
_CHOSEN = "actual_instance"
#: What JSON values are made of; asked first, because nearly every value is one of these.
_PLAIN = frozenset({str, int, float, bool, type(None), list, dict})


def as_mapping(value: object) -> Mapping[str, object] | None:
    """The value as a mapping in the API's spelling, when it is one or can be turned into one.

    Args:
        value: A mapping, or an object with `to_dict` or `as_dict`.
    """
    if isinstance(value, dict):
        return cast("dict[str, object]", value)
    if type(value) in _PLAIN:
        return None  # ids above all, of which there is one for every membership
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    if hasattr(value, _CHOSEN):
        chosen = cast("object", getattr(value, _CHOSEN))
        return {} if chosen is None else as_mapping(chosen)
    declared = cast("object", getattr(type(value), "model_fields", None))
    if isinstance(declared, Mapping):
        return _declared_fields(value, cast("Mapping[str, object]", declared))
    for name in _METHODS:
        method = cast("Callable[[], object] | None", getattr(value, name, None))
        if callable(method):
            try:
                made = method()
            except AttributeError:
                # Version 2 calls as_dict() of a plain list (Group.object_class, for one); its fields are fine.
                made = vars(value)
            if not isinstance(made, Mapping):
                return None
            fields = cast("Mapping[str, object]", made)
            # The names as they are stay: a custom attribute may well be called "cost_unit".
            return {**{camel_case(name): one for name, one in fields.items()}, **fields}
    return None


def _declared_fields(value: object, declared: Mapping[str, object]) -> Mapping[str, object]:
    found: dict[str, object] = {}
    more = cast("object", getattr(value, _MORE, None))
    if isinstance(more, Mapping):
        found.update(cast("Mapping[str, object]", more))
    for name, info in declared.items():
        if name != _MORE:
            found[cast("str | None", getattr(info, "alias", None)) or name] = getattr(value, name, None)
    return found


def pick(value: object, *path: str) -> object:
    """What stands at a path of field names; None where nothing does.

    Args:
        value: An object in Okta's shape.
        path: Names in the API's spelling.
    """
    for name in path:
        # Nearly everything comes as plain JSON, and this is asked for every field of every object.
        mapping = cast("dict[str, object]", value) if type(value) is dict else as_mapping(value)
        if mapping is None:
            return None
        value = mapping.get(name)
    return value if type(value) in _PLAIN else plain(value)


def plain(value: object) -> object:
    """A value without the SDK's types: enumerations become their value, sets lists, date-times ISO 8601 in UTC."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, datetime.datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        text = moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple):
        return [*cast("Iterable[object]", value)]
    if hasattr(value, _CHOSEN):
        return plain(getattr(value, _CHOSEN))
    return value


def text_at(value: object, *path: str) -> str:
    """The text at a path, without white space around it; empty where there is none."""
    found = pick(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found).strip()


def camel_case(name: str) -> str:
    """A field's name in the API's spelling: "last_login", as version 2 of the SDK has it, is "lastLogin".

    A name that begins with an underscore ("_embedded") keeps it.
    """
    head, *rest = name.split("_") if not name.startswith("_") else (name,)
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def error_summary(value: object) -> str:
    """What Okta's error answer says, with its code; empty when the object is no error answer."""
    code, summary = text_at(value, "errorCode"), text_at(value, "errorSummary")
    return f"{code}: {summary}" if code else ""
