"""A mapping as the service returns it."""

from __future__ import annotations

from typing import cast

from .entities import DEFAULT, IMPORT_TYPE_NAMES, REFERENCE, STATUS, Attribute, ImportSource, ObjectType
from .json_reading import JsonObject, JsonValue
from .site import Site

_NAMES: dict[int | None, str] = {number: name for name, number in IMPORT_TYPE_NAMES.items()}


def import_type_of(attribute: Attribute) -> str:
    """Return the name of an attribute's type in mapping documents."""
    if attribute.type == REFERENCE:
        return "referenced_object"
    if attribute.type == STATUS:
        return "status"
    return _NAMES.get(attribute.default_type, "") if attribute.type == DEFAULT else ""


def schema_and_mapping(site: Site, source: ImportSource) -> JsonObject:
    """Return the complete document of an import source as the service returns it.

    It has an icon list even if that is empty, and lacks Created, Updated and attributes of users and groups.
    """
    schema = site.schemas[source.schema_id]
    roots = [object_type for object_type in site.types_of(schema) if object_type.parent_id is None]
    icons: list[JsonValue] = [
        {"key": icon.key, "name": icon.name, "png48": icon.image}
        for icon in site.icons.values()
        if icon.key is not None and icon.schema_id == schema.id
    ]
    statuses: list[JsonValue] = [
        {
            "name": status.name,
            "description": status.description,
            "category": ("inactive", "active", "pending")[status.category],
        }
        for status in site.statuses.values()
        if status.schema_id == schema.id
    ]
    described: JsonObject = {
        "objectSchema": {
            "name": schema.name,
            "description": schema.description,
            "objectTypes": [
                _type_document(site, object_type)
                for object_type in sorted(roots, key=lambda object_type: object_type.position)
            ],
        },
        "iconSchema": {"icons": icons},
    }
    if statuses:
        described["statusSchema"] = {"statuses": statuses}
    mappings = [_mapping_document(site, type_id, mapping) for type_id, mapping in source.mappings.items()]
    return {"schema": described, "mapping": {"objectTypeMappings": mappings}}


def _type_document(site: Site, object_type: ObjectType) -> JsonObject:
    document: JsonObject = {
        "externalId": object_type.external_id,
        "name": object_type.name,
        "description": object_type.description,
        "inheritance": object_type.inherited,
    }
    icon = site.icons.get(object_type.icon_id)
    if icon is not None and icon.key is not None:
        document["iconKey"] = icon.key
    document["attributes"] = [
        _attribute_document(site, attribute)
        for attribute in site.attributes_of(object_type, with_inherited=False)
        if import_type_of(attribute) and (not attribute.system or attribute.name == "Key")
    ]
    children = site.children_of(object_type)
    if children:
        document["children"] = [_type_document(site, child) for child in children]
    return document


def _attribute_document(site: Site, attribute: Attribute) -> JsonObject:
    # Key has an external id for types made manually, and for types whose mapping named one.
    by_import = site.types[attribute.type_id].by_import
    hidden_id = attribute.system and by_import and attribute.external_id.startswith("cmdb::externalId/")
    document: JsonObject = (
        {} if hidden_id and not attribute.by_import else {"externalId": attribute.external_id}
    )
    document.update(
        {
            "name": attribute.name,
            "description": attribute.description,
            "type": import_type_of(attribute),
            "label": attribute.label,
            "minimumCardinality": attribute.minimum,
            "maximumCardinality": attribute.maximum,
            "unique": attribute.unique,
        }
    )
    if attribute.is_reference:
        target = site.types[int(attribute.type_value or "0")]
        document["referenceObjectTypeName"] = target.name
        document["referenceObjectTypeExternalId"] = target.external_id
    if attribute.type == STATUS and attribute.type_value_multi:
        document["typeValues"] = [
            site.statuses[int(status_id)].name for status_id in attribute.type_value_multi
        ]
    return document


def _mapping_document(site: Site, type_id: int, mapping: JsonObject) -> JsonObject:
    object_type = site.types[type_id]
    attributes: list[JsonValue] = []
    for attribute_mapping in cast("list[JsonObject]", mapping.get("attributesMapping", [])):
        attribute = mapped_attribute(site, object_type, attribute_mapping)
        filled: JsonObject = {
            **attribute_mapping,
            "externalIdPart": bool(attribute_mapping.get("externalIdPart", False)),
        }
        if attribute is not None:
            filled["attributeExternalId"] = attribute.external_id
        attributes.append(filled)
    return {
        **mapping,
        "objectTypeExternalId": object_type.external_id,
        "objectTypeName": object_type.name,
        "attributesMapping": attributes,
    }


def mapped_attribute(site: Site, object_type: ObjectType, mapping: JsonObject) -> Attribute | None:
    """Return the attribute of one entry of a mapping."""
    external_id = mapping.get("attributeExternalId")
    if external_id:
        return next(
            (
                attribute
                for attribute in site.attributes_of(object_type)
                if attribute.external_id == external_id
            ),
            None,
        )
    return site.attribute_named(object_type, str(mapping["attributeName"]))
