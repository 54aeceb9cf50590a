"""Applies a partial schema-and-mapping document, as `PATCH …/mapping` accepts it, to a whole one.

Only changed parts need to be in a partial document. External ids decide what it changes; names decide where it has none.
Nothing is removed, and the mapping of an object type is replaced as a whole.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import cast

from .._wire.json_values import JsonObject, JsonValue, as_object, as_objects, as_text
from .names import same_name

_Json = Mapping[str, object]


def apply_document(document: JsonObject, change: _Json) -> JsonObject:
    """Return the whole document after a change. Neither argument is modified."""
    result = deepcopy(document)
    schema, mapping = _child(result, "schema"), _child(result, "mapping")
    schema_change, mapping_change = as_object(change.get("schema")), as_object(change.get("mapping"))
    _update(result, change, {"schema", "mapping"})
    _update(schema, schema_change, {"objectSchema", "iconSchema", "statusSchema"})
    _update(mapping, mapping_change, {"objectTypeMappings"})
    # A build can't rename the object schema.
    root, root_change = _child(schema, "objectSchema"), as_object(schema_change.get("objectSchema"))
    _update(root, root_change, {"name", "description", "objectTypes"})
    _apply_types(_items(root, "objectTypes"), root, as_objects(root_change.get("objectTypes")), "objectTypes")
    for name, list_name, key in (("iconSchema", "icons", "key"), ("statusSchema", "statuses", "name")):
        entries = as_objects(as_object(schema_change.get(name)).get(list_name))
        if entries:
            current = _items(_child(schema, name), list_name)
            for entry in entries:
                _replace(current, entry, _find(current, "", as_text(entry.get(key)), key))
    mappings = _items(mapping, "objectTypeMappings")
    for entry in as_objects(mapping_change.get("objectTypeMappings")):
        external_id, name = as_text(entry.get("objectTypeExternalId")), as_text(entry.get("objectTypeName"))
        _replace(
            mappings, entry, _find(mappings, external_id, name, "objectTypeName", "objectTypeExternalId")
        )
    return result


def _apply_types(
    all_types: Sequence[JsonObject], parent: JsonObject, changes: Sequence[_Json], children_key: str
) -> None:
    """Change existing object types where they are, and add new ones below the parent that the change names."""
    for change in changes:
        entry = _find_type(all_types, as_text(change.get("externalId")), as_text(change.get("name")))
        if entry is None:
            entry = {}
            _items(parent, children_key).append(entry)
        _update(entry, change, {"attributes", "children"} | _names_excluded(entry, change))
        attributes = _items(entry, "attributes") if change.get("attributes") else []
        for attribute_change in as_objects(change.get("attributes")):
            external_id, name = (
                as_text(attribute_change.get("externalId")),
                as_text(attribute_change.get("name")),
            )
            attribute = _find(attributes, external_id, name, "name", "externalId")
            if attribute is None:
                attributes.append(cast("JsonObject", deepcopy(dict(attribute_change))))
            else:
                _update(attribute, attribute_change, _names_excluded(attribute, attribute_change))
        _apply_types(all_types, entry, as_objects(change.get("children")), "children")


def _names_excluded(entry: JsonObject, change: _Json) -> set[str]:
    # What was found by its name may be spelled in another case, but a build can't rename it.
    return {"name", "externalId"} if entry and not change.get("externalId") else set()


def _find_type(types: Sequence[JsonObject], external_id: str, name: str) -> JsonObject | None:
    entry = _find(types, external_id, name, "name", "externalId")
    if entry is None:
        for candidate in types:
            entry = entry or _find_type(_items(candidate, "children"), external_id, name)
    return entry


def _find(
    entries: Sequence[JsonObject], external_id: str, name: str, name_key: str, id_key: str = ""
) -> JsonObject | None:
    """Find an entry by its external id. Without one, find it by its name."""
    for entry in entries:
        if external_id and entry.get(id_key):
            if entry[id_key] == external_id:
                return entry
        elif same_name(as_text(entry.get(name_key)), name):
            return entry
    return None


def _replace(entries: list[JsonObject], new: _Json, current: JsonObject | None) -> None:
    entry = cast("JsonObject", deepcopy(dict(new)))
    if current is None:
        entries.append(entry)
    else:
        current.clear()
        current.update(entry)


def _update(entry: JsonObject, change: _Json, excluded: set[str]) -> None:
    entry.update(
        {key: cast("JsonValue", deepcopy(value)) for key, value in change.items() if key not in excluded}
    )


def _child(entry: JsonObject, key: str) -> JsonObject:
    return cast("JsonObject", entry.setdefault(key, {}))


def _items(entry: JsonObject, key: str) -> list[JsonObject]:
    return cast("list[JsonObject]", entry.setdefault(key, []))
