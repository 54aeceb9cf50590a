"""JSON as this library types it, and the one canonical text of a JSON value that digests are taken of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing import TypeAlias

    JsonValue: TypeAlias = "None | bool | int | float | str | list[JsonValue] | dict[str, JsonValue]"
    JsonObject: TypeAlias = "dict[str, JsonValue]"
else:  # before Python 3.12, a recursive alias can't be evaluated, and `typing.get_type_hints` must evaluate annotations
    JsonValue = object
    JsonObject = dict[str, object]


def digest_of(value: object) -> str:
    """The SHA-256 of a JSON value, as 64 hexadecimal digits; the order of keys does not matter."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def as_object(value: object) -> Mapping[str, object]:
    """The value where it is a JSON object, else an empty one."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def as_objects(value: object) -> list[Mapping[str, object]]:
    """The JSON objects of an array; nothing where the value is no array."""
    if not isinstance(value, (list, tuple)):
        return []
    return [
        cast("Mapping[str, object]", item)
        for item in cast("list[object]", value)
        if isinstance(item, Mapping)
    ]


def as_text(value: object) -> str:
    """The value where it is text, else empty text."""
    return value if isinstance(value, str) else ""


def as_texts(value: object) -> tuple[str, ...]:
    """The texts of an array; nothing where the value is no array."""
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(item for item in cast("list[object]", value) if isinstance(item, str))


def as_number(value: object, default: int) -> int:
    """The value where it is a whole number, else the default."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default
