"""Reads a schema-and-mapping document and checks its form; returns a mapping as the service does.

The form is Atlassian's JSON Schema of 2023-10-19, or that of 2021-09-15 for documents without any external id: the
documentation says that the presence of external ids decides. Unknown keys are allowed there.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any, cast

from attrs import define, field

from .entities import DEFAULT, IMPORT_TYPE_NAMES, REFERENCE, STATUS, Attribute, ImportSource, ObjectType
from .json_reading import ARRAY, BOOLEAN, INTEGER, OBJECT, STRING, Fields, JsonObject, JsonValue, read_fields
from .rejections import bad_request
from .site import Site

_SHORT_NAME = re.compile(r"[a-zA-Z0-9 \-]{2,30}")
_CATEGORIES = {"inactive": 0, "active": 1, "pending": 2}

_ROOT = Fields(required={"schema": OBJECT, "mapping": OBJECT}, is_open=True)
_SCHEMA = Fields(
    required={"objectSchema": OBJECT}, optional={"iconSchema": OBJECT, "statusSchema": OBJECT}, is_open=True
)
_OBJECT_SCHEMA = Fields(required={"name": STRING, "description": STRING, "objectTypes": ARRAY}, is_open=True)
_OBJECT_TYPE = Fields(
    required={"name": STRING, "description": STRING},
    optional={"iconKey": STRING, "attributes": ARRAY, "children": ARRAY, "externalId": STRING},
    is_open=True,
)
_ATTRIBUTE = Fields(
    required={"name": STRING, "description": STRING, "type": STRING},
    optional={
        "label": BOOLEAN,
        "referenceObjectTypeName": STRING,
        "externalId": STRING,
        "typeValues": ARRAY,
        "referenceObjectTypeExternalId": STRING,
        "minimumCardinality": INTEGER,
        "maximumCardinality": INTEGER,
        "unique": BOOLEAN,
    },
    is_open=True,
)
_OLD_OBJECT_TYPE = Fields(
    required=_OBJECT_TYPE.required,
    optional={"iconKey": STRING, "attributes": ARRAY, "children": ARRAY},
    is_open=True,
)
_OLD_ATTRIBUTE = Fields(
    required=_ATTRIBUTE.required,
    optional={"label": BOOLEAN, "referenceObjectTypeName": STRING},
    is_open=True,
)
_ICONS = Fields(required={"icons": ARRAY}, is_open=True)
_ICON = Fields(required={"key": STRING, "name": STRING, "png48": STRING}, is_open=True)
_STATUSES = Fields(required={"statuses": ARRAY}, is_open=True)
_STATUS = Fields(required={"name": STRING, "description": STRING, "category": STRING}, is_open=True)
_MAPPING = Fields(required={"objectTypeMappings": ARRAY}, is_open=True)
_TYPE_MAPPING = Fields(
    required={"objectTypeName": STRING, "selector": STRING, "description": STRING},
    optional={"objectTypeExternalId": STRING, "attributesMapping": ARRAY},
    is_open=True,
)
_ATTRIBUTE_MAPPING = Fields(
    required={"attributeName": STRING, "attributeLocators": ARRAY},
    optional={"attributeExternalId": STRING, "objectMappingIQL": STRING, "externalIdPart": BOOLEAN},
    is_open=True,
)


@define(kw_only=True)
class AttributeEntry:
    """One attribute of a document."""

    name: str
    description: str
    type: str
    external_id: str | None
    label: bool
    reference_name: str | None
    reference_external_id: str | None
    minimum: int | None
    maximum: int | None
    unique: bool
    statuses: list[str] = field(factory=list)


@define(kw_only=True)
class TypeEntry:
    """One object type of a document, with its parent and its location in the document."""

    name: str
    description: str
    external_id: str | None
    icon_key: str | None
    attributes: list[AttributeEntry]
    parent: TypeEntry | None
    location: str


@define(kw_only=True)
class Document:
    """A document of valid form."""

    has_external_ids: bool
    types: list[TypeEntry]
    icons: list[tuple[str, str, str]]
    statuses: list[tuple[str, str, int]]
    mappings: list[JsonObject]


class _Reader:
    def __init__(self) -> None:
        self.problems: list[str] = []

    def fields(self, declared: Fields, value: JsonValue, location: str) -> dict[str, Any]:
        """Return the declared fields; an invalid or missing one is empty."""
        empty: dict[str, Any] = {
            name: [] if kind == ARRAY else {} if kind == OBJECT else ""
            for name, kind in declared.required.items()
        }
        if not isinstance(value, Mapping):
            self.problems.append(f"{location}: expected an object")
            return empty
        fields, problems = read_fields(declared, value, strict=True)
        self.problems.extend(f"{location}: {problem.text}" for problem in problems.values())
        return {**empty, **fields}

    def not_empty(self, items: list[Any], location: str) -> list[Any]:
        if not items:
            self.problems.append(f"{location}: expected an array with at least 1 item")
        return items


def read_document(body: JsonValue) -> Document:
    """Check the form of a document.

    Raises:
        Rejection: 400 with a message for each error.
    """
    reader = _Reader()
    root = reader.fields(_ROOT, body, "$")
    schema = reader.fields(_SCHEMA, root["schema"], "schema")
    mapping = reader.fields(_MAPPING, root["mapping"], "mapping")
    object_schema = reader.fields(_OBJECT_SCHEMA, schema["objectSchema"], "schema.objectSchema")
    has_external_ids = _contains_external_id(body)
    types: list[TypeEntry] = []
    location = "schema.objectSchema.objectTypes"
    entries = reader.not_empty(object_schema["objectTypes"], location)
    _read_types(reader, entries, location, None, types, has_external_ids=has_external_ids)
    document = Document(
        has_external_ids=has_external_ids,
        types=types,
        icons=list(_read_icons(reader, schema)),
        statuses=list(_read_statuses(reader, schema)) if has_external_ids else [],
        mappings=_read_mappings(reader, mapping),
    )
    if reader.problems:
        raise bad_request(*reader.problems)
    return document


def _contains_external_id(value: JsonValue) -> bool:
    keys = ("externalId", "referenceObjectTypeExternalId", "objectTypeExternalId", "attributeExternalId")
    if isinstance(value, Mapping):
        return any(key in value for key in keys) or any(map(_contains_external_id, value.values()))
    return isinstance(value, list) and any(map(_contains_external_id, value))


def _read_types(
    reader: _Reader,
    entries: list[JsonValue],
    location: str,
    parent: TypeEntry | None,
    types: list[TypeEntry],
    *,
    has_external_ids: bool,
) -> None:
    for index, value in enumerate(entries):
        where = f"{location}[{index}]"
        fields = reader.fields(_OBJECT_TYPE if has_external_ids else _OLD_OBJECT_TYPE, value, where)
        entry = TypeEntry(
            name=fields["name"],
            description=fields["description"],
            external_id=fields.get("externalId"),
            icon_key=fields.get("iconKey"),
            attributes=[],
            parent=parent,
            location=where,
        )
        types.append(entry)
        for position, attribute in enumerate(fields.get("attributes", ())):
            entry.attributes.append(
                _read_attribute(
                    reader, attribute, f"{where}.attributes[{position}]", has_external_ids=has_external_ids
                )
            )
        children = fields.get("children", [])
        _read_types(reader, children, f"{where}.children", entry, types, has_external_ids=has_external_ids)


def _read_attribute(
    reader: _Reader, value: JsonValue, location: str, *, has_external_ids: bool
) -> AttributeEntry:
    fields = reader.fields(_ATTRIBUTE if has_external_ids else _OLD_ATTRIBUTE, value, location)
    kind = fields["type"]
    kinds = {*IMPORT_TYPE_NAMES, "referenced_object"} | ({"status"} if has_external_ids else set())
    if kind not in kinds:
        reader.problems.append(f"{location}: type {kind!r} is not one of {', '.join(sorted(kinds))}")
    if "typeValues" in fields and kind != "status":
        reader.problems.append(f"{location}: typeValues is only allowed for attributes of type status")
    if not has_external_ids and kind == "referenced_object" and "referenceObjectTypeName" not in fields:
        reader.problems.append(f"{location}: The field referenceObjectTypeName is required")
    return AttributeEntry(
        name=fields["name"],
        description=fields["description"],
        type=kind,
        external_id=fields.get("externalId"),
        label=fields.get("label", False),
        reference_name=fields.get("referenceObjectTypeName"),
        reference_external_id=fields.get("referenceObjectTypeExternalId"),
        minimum=fields.get("minimumCardinality"),
        maximum=fields.get("maximumCardinality"),
        unique=fields.get("unique", False),
        statuses=[str(name) for name in fields.get("typeValues", ())],
    )


def _read_icons(reader: _Reader, schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    if "iconSchema" not in schema:
        return
    location = "schema.iconSchema.icons"
    icons = reader.fields(_ICONS, schema["iconSchema"], "schema.iconSchema")["icons"]
    for index, value in enumerate(reader.not_empty(icons, location)):
        where = f"{location}[{index}]"
        icon = reader.fields(_ICON, value, where)
        if not 1 <= len(icon["key"]) <= 255:
            reader.problems.append(f"{where}: key must have 1 to 255 characters")
        _check_short_name(reader, icon["name"], where)
        if not _is_png48(icon["png48"]):
            reader.problems.append(f"{where}: png48 must be a PNG of 48 by 48 pixels in base64")
        yield icon["key"], icon["name"], icon["png48"]


def _check_short_name(reader: _Reader, name: str, location: str) -> None:
    if not _SHORT_NAME.fullmatch(name):
        reader.problems.append(f"{location}: name must have 2 to 30 letters, digits, blanks or hyphens")


def _is_png48(text: str) -> bool:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return (
        data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) > 24 and struct.unpack(">II", data[16:24]) == (48, 48)
    )


def _read_statuses(reader: _Reader, schema: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    if "statusSchema" not in schema:
        return
    location = "schema.statusSchema.statuses"
    statuses = reader.fields(_STATUSES, schema["statusSchema"], "schema.statusSchema")["statuses"]
    for index, value in enumerate(reader.not_empty(statuses, location)):
        where = f"{location}[{index}]"
        status = reader.fields(_STATUS, value, where)
        _check_short_name(reader, status["name"], where)
        if status["category"] not in _CATEGORIES:
            reader.problems.append(f"{where}: category must be one of {', '.join(_CATEGORIES)}")
        yield status["name"], status["description"], _CATEGORIES.get(status["category"], 0)


def _read_mappings(reader: _Reader, mapping: Mapping[str, Any]) -> list[JsonObject]:
    """Check the mappings and return them with all their keys, because the service returns unknown keys, too."""
    mappings: list[JsonObject] = []
    for index, value in enumerate(mapping["objectTypeMappings"]):
        where = f"mapping.objectTypeMappings[{index}]"
        fields = reader.fields(_TYPE_MAPPING, value, where)
        for position, attribute in enumerate(fields.get("attributesMapping", ())):
            inner = f"{where}.attributesMapping[{position}]"
            locators = reader.fields(_ATTRIBUTE_MAPPING, attribute, inner)["attributeLocators"]
            if any(not isinstance(locator, str) for locator in reader.not_empty(locators, inner)):
                reader.problems.append(f"{inner}: attributeLocators must be strings")
        mappings.append(dict(value) if isinstance(value, Mapping) else {})
    return mappings


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
