"""The one vocabulary for reading JSON.

`read_` functions are strict: they raise `MalformedAnswerError` if a response lacks what every such response has, but accept
fields that Atlassian adds. `as_` functions are lenient: they return an empty value instead, and are for optional data and
for documents that people may have edited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from ..exceptions import MalformedAnswerError

if TYPE_CHECKING:
    from typing import TypeAlias

    JsonValue: TypeAlias = "None | bool | int | float | str | list[JsonValue] | dict[str, JsonValue]"
    JsonObject: TypeAlias = "dict[str, JsonValue]"
else:  # before Python 3.12, a recursive alias can't be evaluated, and `typing.get_type_hints` must evaluate annotations
    JsonValue = object
    JsonObject = dict[str, object]

_KINDS: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    type(None): "null",
}


def _kind(value: object) -> str:
    """Return the name of a JSON type. Python's names would not help an administrator."""
    return _KINDS.get(type(value), "a number")


# --- strict ---------------------------------------------------------------------------------------------------------


def read_object(value: object, what: str) -> Mapping[str, object]:
    """Return the value as a JSON object.

    Raises:
        MalformedAnswerError: It is another type.
    """
    # JSON objects are dicts. Checking for a Mapping takes six times as long, and listings are long.
    if type(value) is dict or isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    raise MalformedAnswerError(f"The response contains {_kind(value)} instead of {what}.")


def read_array(value: object, what: str, *wrappers: str) -> list[object]:
    """Return the value as a JSON array, or the array under one of the keys `wrappers` of an object.

    Some listings are documented with a wrapper and sent without, or the other way round (`entries`, `values`).

    Raises:
        MalformedAnswerError: It is another type.
    """
    if isinstance(value, list):
        return cast("list[object]", value)
    if isinstance(value, Mapping):
        for wrapper in wrappers:
            inner = cast("Mapping[str, object]", value).get(wrapper)
            if isinstance(inner, list):
                return cast("list[object]", inner)
    raise MalformedAnswerError(f"The response contains {_kind(value)} instead of a list of {what}.")


def read_text(source: Mapping[str, object], key: str, default: str | None = None) -> str:
    """Return the string under a key. Numbers become strings, because ids come as either.

    Raises:
        MalformedAnswerError: There is no string, and no default.
    """
    value = source.get(key, default)
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if default is not None:
        return default
    raise MalformedAnswerError(f"The response lacks the field {key}.")


def read_flag(source: Mapping[str, object], key: str, *, default: bool = False) -> bool:
    """Return the boolean under a key; `isLast` also comes as the string "true" or "false"."""
    value = source.get(key)
    if value is True or value is False:  # nearly always
        return value
    if isinstance(value, str):
        return value.strip().lower() == "true"
    return default if value is None else bool(value)


def read_optional_flag(source: Mapping[str, object], key: str) -> bool | None:
    """Return the boolean under a key, or None if the key is missing."""
    return read_flag(source, key) if key in source else None


def read_number(source: Mapping[str, object], key: str, default: int = 0) -> int:
    """Return the integer under a key, also from a string; the default if it is neither."""
    value = source.get(key)
    if type(value) is int:  # nearly always
        return value
    try:
        return int(cast("int | str", value)) if value is not None else default
    except (TypeError, ValueError):
        return default


# --- lenient --------------------------------------------------------------------------------------------------------


def as_object(value: object) -> Mapping[str, object]:
    """Return the value if it is a JSON object, else an empty one."""
    # See `read_object`.
    return cast("Mapping[str, object]", value) if type(value) is dict or isinstance(value, Mapping) else {}


def as_objects(value: object) -> list[Mapping[str, object]]:
    """Return the JSON objects of an array; nothing if the value is not an array."""
    if not isinstance(value, (list, tuple)):
        return []
    return [
        cast("Mapping[str, object]", item)
        for item in cast("list[object]", value)
        if isinstance(item, Mapping)
    ]


def as_text(value: object) -> str:
    """Return the value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def as_texts(value: object) -> tuple[str, ...]:
    """Return the strings of an array; nothing if the value is not an array."""
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(item for item in cast("list[object]", value) if isinstance(item, str))


def as_number(value: object, default: int) -> int:
    """Return the value if it is an integer, else the default."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def digest_of(value: object) -> str:
    """Return the SHA-256 of a JSON value as 64 hexadecimal digits. The order of keys does not matter."""
    import hashlib  # not needed for a first response

    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
