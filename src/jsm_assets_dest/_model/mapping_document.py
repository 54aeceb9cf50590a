"""Writes a model as the schema-and-mapping document of 2023-10-19, which the Imports API accepts.

A partial document, as `PATCH …/mapping` accepts it, contains only changed parts. External ids decide what it changes; names
decide where it has none. Nothing is removed, and the mapping of an object type is replaced as a whole.

Every object type and attribute has an external id: the service requires it for all or for none, and cardinality and
uniqueness need it. Reference targets have an external id and a name: the current edition accepts either, and the older
one requires the name.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import cast

from .._wire.json_reading import JsonObject, JsonValue, as_object, as_objects, as_text
from .names import same_name
from .object_schema_spec import ObjectSchemaSpec, paths_by_external_id
from .references import lookup
from .specs import AttributeSpec, IconSpec, ObjectTypeSpec, StatusSpec

_Json = Mapping[str, object]


def write_document(model: ObjectSchemaSpec) -> JsonObject:
    """Write the whole document of a model, without checking the model."""
    object_schema: JsonObject = {
        "name": model.name,
        "description": model.description,
        "objectTypes": _write_object_types(model),
    }
    schema: JsonObject = {"objectSchema": object_schema}
    # The service rejects an empty iconSchema or statusSchema.
    if model.icons:
        schema["iconSchema"] = {"icons": [_write_icon(icon) for icon in model.icons]}
    if model.statuses:
        schema["statusSchema"] = {"statuses": [_write_status(status) for status in model.statuses]}
    mappings: list[JsonValue] = [_write_mapping(model, spec) for spec in model.object_types if spec.mapped]
    document: JsonObject = {"schema": schema, "mapping": {"objectTypeMappings": mappings}}
    return _with_extra(document, model.extra)


def _write_object_types(model: ObjectSchemaSpec) -> list[JsonValue]:
    """Write the object types, each below its parent, in whichever order they come."""
    entries = {spec.key: _write_object_type(model, spec) for spec in model.object_types}
    roots: list[JsonValue] = []
    for spec in model.object_types:
        parent = entries.get(spec.parent)
        siblings = roots if parent is None else _items(parent, "children")
        cast("list[JsonValue]", siblings).append(entries[spec.key])
    return roots


def _with_extra(entry: JsonObject, extra: Mapping[str, object]) -> JsonObject:
    """Add the keys that the library doesn't interpret. What the library writes takes precedence."""
    for key, value in extra.items():
        current = entry.get(key)
        if isinstance(current, dict) and isinstance(value, Mapping):
            _with_extra(current, cast("Mapping[str, object]", value))
        elif key not in entry:
            entry[key] = cast("JsonValue", deepcopy(value))
    return entry


def _write_object_type(model: ObjectSchemaSpec, spec: ObjectTypeSpec) -> JsonObject:
    entry: JsonObject = {
        "externalId": model.external_id(spec.key),
        "name": spec.name,
        "description": spec.description,
    }
    if spec.icon_key:
        entry["iconKey"] = spec.icon_key
    if spec.attributes:
        entry["attributes"] = [_write_attribute(model, spec, attribute) for attribute in spec.attributes]
    return _with_extra(entry, spec.extra)


def _write_attribute(model: ObjectSchemaSpec, spec: ObjectTypeSpec, attribute: AttributeSpec) -> JsonObject:
    entry: JsonObject = {
        "externalId": model.external_id(spec.key, attribute.key),
        "name": attribute.name,
        "description": attribute.description,
        "type": attribute.type.value,
        "label": attribute.label,
        "minimumCardinality": attribute.minimum,
        "maximumCardinality": attribute.maximum,
        "unique": attribute.unique,
    }
    if attribute.statuses:
        entry["typeValues"] = list(attribute.statuses)
    if attribute.reference is not None and model.has_object_type(attribute.reference.target):
        target = model.object_type(attribute.reference.target)
        entry["referenceObjectTypeName"] = target.name
        entry["referenceObjectTypeExternalId"] = model.external_id(target.key)
    return _with_extra(entry, attribute.extra)


def mapping_description(selector: str, name: str) -> str:
    """Return the description of a mapping that has no other."""
    return f'Records of "{selector}" become objects of the type "{name}".'


def _write_mapping(model: ObjectSchemaSpec, spec: ObjectTypeSpec) -> JsonObject:
    """Write the mapping of an object type: which value of a record fills which attribute."""
    entry: JsonObject = {
        "objectTypeExternalId": model.external_id(spec.key),
        "objectTypeName": spec.name,
        "selector": spec.selector,
        "description": cast(
            "JsonValue", spec.mapping_extra.get("description", mapping_description(spec.selector, spec.name))
        ),
        "attributesMapping": [
            _write_attribute_mapping(model, spec, attribute) for attribute in spec.mapped_attributes
        ],
    }
    return _with_extra(entry, spec.mapping_extra)


def _write_attribute_mapping(
    model: ObjectSchemaSpec, spec: ObjectTypeSpec, attribute: AttributeSpec
) -> JsonObject:
    entry: JsonObject = {
        "attributeExternalId": model.external_id(spec.key, attribute.key),
        "attributeName": attribute.name,
        "attributeLocators": list(attribute.locators),
        "externalIdPart": attribute.identifier,
    }
    if attribute.reference is not None and model.has_object_type(attribute.reference.target):
        entry["objectMappingIQL"] = lookup(attribute, model.object_type(attribute.reference.target))
    return _with_extra(entry, attribute.mapping_extra)


def _write_icon(icon: IconSpec) -> JsonObject:
    return _with_extra({"key": icon.key, "name": icon.name, "png48": icon.png48}, icon.extra)


def _write_status(status: StatusSpec) -> JsonObject:
    entry: JsonObject = {
        "name": status.name,
        "description": status.description,
        "category": status.category.value,
    }
    return _with_extra(entry, status.extra)


def walk(entries: object, parent: str = "") -> Iterator[tuple[_Json, str]]:
    """Yield the object types of a document on all levels, each with the external id of its parent, parents first."""
    for entry in as_objects(entries):
        yield entry, parent
        yield from walk(entry.get("children"), as_text(entry.get("externalId")))


def keep_parts(
    document: JsonObject,
    model: ObjectSchemaSpec,
    *,
    object_types: Collection[str],
    attributes: Collection[str],
    mappings: Collection[str],
    icons: Collection[str],
    statuses: Collection[str],
) -> None:
    """Remove from a written document what is not one of these parts of the model, given by their paths.

    The result is as small as is valid: the JSON Schema requires at least one object type with name and description, and the
    service rejects a reference whose target is not in the same document (`UNKNOWN_REFERENCE`). Therefore it contains parents,
    targets, and the types of mappings without attributes.
    """
    paths = paths_by_external_id(model)
    attribute_ids = {external_id for external_id, path in paths.items() if path in attributes}
    type_ids = {external_id for external_id, path in paths.items() if path in {*object_types, *mappings}}
    schema, mapping = _child(document, "schema"), _child(document, "mapping")
    root = _child(schema, "objectSchema")
    for entry in [cast("JsonObject", entry) for entry, _ in walk(root["objectTypes"])]:
        changed = [item for item in _items(entry, "attributes") if item["externalId"] in attribute_ids]
        if changed:
            type_ids.add(as_text(entry["externalId"]))
            type_ids.update(as_text(item.get("referenceObjectTypeExternalId")) for item in changed)
        _put(entry, "attributes", changed)
    _keep_types(root, "objectTypes", type_ids - {""} or {model.external_id(model.object_types[0].key)})
    for name, list_name, key, kept in (
        ("iconSchema", "icons", "key", icons),
        ("statusSchema", "statuses", "name", statuses),
    ):
        part = _child(schema, name)
        entries = _items(part, list_name)
        _put(part, list_name, [entry for entry in entries if f"{list_name}.{entry[key]}" in kept])
        if not part:
            del schema[name]
    mapping["objectTypeMappings"] = [
        entry
        for entry in _items(mapping, "objectTypeMappings")
        if paths[as_text(entry["objectTypeExternalId"])] in mappings
    ]


def _keep_types(parent: JsonObject, children_key: str, type_ids: Collection[str]) -> None:
    """Remove the object types below a parent that are neither needed nor above a needed one."""
    entries = _items(parent, children_key)
    for entry in entries:
        _keep_types(entry, "children", type_ids)
    needed = [entry for entry in entries if "children" in entry or entry["externalId"] in type_ids]
    _put(parent, children_key, needed)


def _put(entry: JsonObject, key: str, values: list[JsonObject]) -> None:
    """Set a list, or remove it if it is empty."""
    entry[key] = cast("JsonValue", values)
    if not values:
        del entry[key]


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
                _replace(current, entry, _find(current, entry, key))
    mappings = _items(mapping, "objectTypeMappings")
    for entry in as_objects(mapping_change.get("objectTypeMappings")):
        _replace(mappings, entry, _find(mappings, entry, "objectTypeName", "objectTypeExternalId"))
    return result


def _apply_types(
    all_types: Sequence[JsonObject], parent: JsonObject, changes: Sequence[_Json], children_key: str
) -> None:
    """Change existing object types where they are, and add new ones below the parent that the change names."""
    for change in changes:
        entry = _find_type(all_types, change)
        if entry is None:
            entry = {}
            _items(parent, children_key).append(entry)
        _update(entry, change, {"attributes", "children"} | _names_excluded(entry, change))
        attributes = _items(entry, "attributes") if change.get("attributes") else []
        for attribute_change in as_objects(change.get("attributes")):
            attribute = _find(attributes, attribute_change, "name", "externalId")
            if attribute is None:
                attributes.append(cast("JsonObject", deepcopy(dict(attribute_change))))
            else:
                _update(attribute, attribute_change, _names_excluded(attribute, attribute_change))
        _apply_types(all_types, entry, as_objects(change.get("children")), "children")


def _names_excluded(entry: JsonObject, change: _Json) -> set[str]:
    # What was found by its name may be spelled in another case, but a build can't rename it.
    return {"name", "externalId"} if entry and not change.get("externalId") else set()


def _find_type(types: Sequence[JsonObject], change: _Json) -> JsonObject | None:
    entry = _find(types, change, "name", "externalId")
    if entry is None:
        for candidate in types:
            entry = entry or _find_type(_items(candidate, "children"), change)
    return entry


def _find(entries: Sequence[JsonObject], change: _Json, name_key: str, id_key: str = "") -> JsonObject | None:
    """Find the entry that a change is about by its external id. Without one, find it by its name."""
    external_id, name = as_text(change.get(id_key)), as_text(change.get(name_key))
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
