"""Values as JSON-ready data, for their `to_dict`."""

import enum
from collections.abc import Mapping
from typing import cast

from attrs import AttrsInstance, fields, has


def plain_data(value: object, names: str = "") -> dict[str, object]:
    """Return fields and properties of a value as JSON-ready data.

    Args:
        value: The value.
        names: Names of its fields and properties, in order, separated by blanks. Default: its public fields.
    """
    chosen = names.split() or [
        attribute.name
        for attribute in fields(cast("type[AttrsInstance]", type(value)))
        if attribute.name[0] != "_"
    ]
    return {name: plain(getattr(value, name)) for name in chosen}


def plain(content: object) -> object:
    """Return the content of a field as JSON-ready data. What is neither a collection nor a value class is unchanged."""
    if isinstance(content, enum.Enum):
        return content.value
    if content is None or isinstance(content, str | int | float):
        return content
    if isinstance(content, Mapping):
        return {plain(key): plain(item) for key, item in cast("Mapping[object, object]", content).items()}
    if isinstance(content, list | tuple):
        return [plain(item) for item in cast("tuple[object, ...]", content)]
    to_dict: object = getattr(content, "to_dict", None)
    if callable(to_dict):
        return to_dict()
    return plain_data(content) if has(type(content)) else content
