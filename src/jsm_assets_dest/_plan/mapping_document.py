"""From a model to the schema-and-mapping document of 2023-10-19 that the Imports API takes.

Every object type and attribute carries an external id, because the service wants them on all or on none, and
because cardinality and uniqueness only work with them. Reference targets are given by external id and by
name: the current edition accepts either, the older one wants the name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._model.aql import lookup
from .._wire.json_reading import JsonObject, JsonValue

if TYPE_CHECKING:
    from .._model.schema_model import SchemaModel
    from .._model.specs import AttributeSpec, IconSpec, ObjectTypeSpec, StatusSpec


def write_document(model: SchemaModel) -> JsonObject:
    """The whole document of a model, as it stands; `SchemaModel.document` refuses one with errors first."""
    schema: JsonObject = {
        "objectSchema": {
            "name": model.name,
            "description": model.description,
            "objectTypes": [
                write_tree(model, spec)
                for spec in model.object_types
                if not model.has_object_type(spec.parent)
            ],
        }
    }
    # An empty iconSchema or statusSchema is refused: both want at least one entry.
    if model.icons:
        schema["iconSchema"] = {"icons": [write_icon(icon) for icon in model.icons]}
    if model.statuses:
        schema["statusSchema"] = {"statuses": [write_status(status) for status in model.statuses]}
    return {
        "schema": schema,
        "mapping": {
            "objectTypeMappings": [write_mapping(model, spec) for spec in model.object_types if spec.mapped]
        },
    }


def write_tree(model: SchemaModel, spec: ObjectTypeSpec) -> JsonObject:
    """An object type with all types below it."""
    entry = write_object_type(model, spec)
    entry["attributes"] = [write_attribute(model, spec, attribute) for attribute in spec.attributes]
    children: list[JsonValue] = [
        write_tree(model, child) for child in model.object_types if child.parent == spec.key
    ]
    if children:
        entry["children"] = children
    return entry


def write_object_type(model: SchemaModel, spec: ObjectTypeSpec) -> JsonObject:
    """An object type without attributes and children: enough for the service to recognise it."""
    entry: JsonObject = {
        "externalId": model.external_id(spec.key),
        "name": spec.name,
        "description": spec.description,
    }
    if spec.icon_key:
        entry["iconKey"] = spec.icon_key
    return entry


def write_attribute(model: SchemaModel, spec: ObjectTypeSpec, attribute: AttributeSpec) -> JsonObject:
    """The definition of an attribute."""
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
    return entry


def write_mapping(model: SchemaModel, spec: ObjectTypeSpec) -> JsonObject:
    """The mapping of an object type: which value of a record goes into which attribute."""
    return {
        "objectTypeExternalId": model.external_id(spec.key),
        "objectTypeName": spec.name,
        "selector": spec.selector,
        "description": f"Records of “{spec.selector}” become objects of the type “{spec.name}”.",
        "attributesMapping": [
            _write_attribute_mapping(model, spec, attribute) for attribute in spec.mapped_attributes
        ],
    }


def _write_attribute_mapping(
    model: SchemaModel, spec: ObjectTypeSpec, attribute: AttributeSpec
) -> JsonObject:
    entry: JsonObject = {
        "attributeExternalId": model.external_id(spec.key, attribute.key),
        "attributeName": attribute.name,
        "attributeLocators": list(attribute.locators),
        "externalIdPart": attribute.identifier,
    }
    if attribute.reference is not None and model.has_object_type(attribute.reference.target):
        entry["objectMappingIQL"] = lookup(attribute, model.object_type(attribute.reference.target))
    return entry


def write_icon(icon: IconSpec) -> JsonObject:
    """An icon with its image."""
    return {"key": icon.key, "name": icon.name, "png48": icon.png48}


def write_status(status: StatusSpec) -> JsonObject:
    """A declared status."""
    return {"name": status.name, "description": status.description, "category": status.category.value}
