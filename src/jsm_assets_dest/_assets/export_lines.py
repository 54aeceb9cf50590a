"""Objects as lines of JSON: what an export contains of an object, and what is read from it again."""

import datetime
import json
from collections.abc import Mapping
from typing import cast

from attrs import frozen

from .._wire.json_reading import as_object, as_text
from .objects import AssetsObject, ObjectReference, SingleValue, flat


def line_of(asset: AssetsObject) -> str:
    """Return an object as JSON in one line.

    References contain ID, key, label, and object type. Statuses and groups are names. Users are account IDs: names and
    addresses are personal data, and an import can't write them.
    """
    values = {
        name: [_exported(item) for item in value] if isinstance(value, list) else _exported(value)
        for name, value in asset.values.items()
    }
    line = {
        "id": asset.id,
        "key": asset.key,
        "label": asset.label,
        "object_type": asset.object_type,
        "created": _exported(asset.created) if asset.created is not None else None,
        "updated": _exported(asset.updated) if asset.updated is not None else None,
        "values": values,
    }
    return json.dumps(line, separators=(",", ":"))


def _exported(value: SingleValue) -> object:
    if isinstance(value, ObjectReference):
        return value.to_dict()
    return value.isoformat() if isinstance(value, datetime.date) else flat(value)


@frozen
class ExportedObject:
    """Object of an export. Dates and times are strings, and references are objects with a `key` and a `label`."""

    key: str
    object_type: str
    values: Mapping[str, object]


def read_line(line: str) -> ExportedObject:
    """Return the object of a line.

    Raises:
        ValueError: It is not a line of an export.
    """
    source = as_object(json.loads(line))
    key, object_type, values = (
        as_text(source.get("key")),
        as_text(source.get("object_type")),
        source.get("values"),
    )
    if not key or not object_type or not isinstance(values, Mapping):
        raise ValueError("not an exported object")
    return ExportedObject(key, object_type, cast("Mapping[str, object]", values))
