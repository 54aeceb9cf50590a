"""Reads a schema-and-mapping document and checks its form; returns a mapping as the service does.

The form is Atlassian's JSON Schema of 2023-10-19, or that of 2021-09-15 for documents without any external id: the
documentation says that the presence of external ids decides. Unknown keys are allowed there.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar, cast

from attrs import define, field

from .entities import IMPORT_TYPE_NAMES, Attribute, AttributeType, ImportSource, ObjectType
from .json_reading import ARRAY, BOOLEAN, INTEGER, OBJECT, STRING, Fields, JsonObject, JsonValue, read_fields
from .rejections import bad_request
from .site import Site

_SHORT_NAME = re.compile(r"[a-zA-Z0-9 \-]{2,30}")
_CATEGORIES = {"inactive": 0, "active": 1, "pending": 2}

# Unknown keys are allowed in all objects of a document.
_open = partial(Fields, is_open=True)
_ROOT = _open(required={"schema": OBJECT, "mapping": OBJECT})
_SCHEMA = _open(required={"objectSchema": OBJECT}, optional={"iconSchema": OBJECT, "statusSchema": OBJECT})
_OBJECT_SCHEMA = _open(required={"name": STRING, "description": STRING, "objectTypes": ARRAY})
_ICON = _open(required={"key": STRING, "name": STRING, "png48": STRING})
_STATUS = _open(required={"name": STRING, "description": STRING, "category": STRING})
_OLD_OBJECT_TYPE = _open(
    required={"name": STRING, "description": STRING},
    optional={"iconKey": STRING, "attributes": ARRAY, "children": ARRAY},
)
_OBJECT_TYPE = _open(
    required=_OLD_OBJECT_TYPE.required, optional={**_OLD_OBJECT_TYPE.optional, "externalId": STRING}
)
_OLD_ATTRIBUTE = _open(
    required={"name": STRING, "description": STRING, "type": STRING},
    optional={"label": BOOLEAN, "referenceObjectTypeName": STRING},
)
_ATTRIBUTE = _open(
    required=_OLD_ATTRIBUTE.required,
    optional={
        **_OLD_ATTRIBUTE.optional,
        "externalId": STRING,
        "typeValues": ARRAY,
        "referenceObjectTypeExternalId": STRING,
        "minimumCardinality": INTEGER,
        "maximumCardinality": INTEGER,
        "unique": BOOLEAN,
    },
)
_MAPPING = _open(required={"objectTypeMappings": ARRAY})
_TYPE_MAPPING = _open(
    required={"objectTypeName": STRING, "selector": STRING, "description": STRING},
    optional={"objectTypeExternalId": STRING, "attributesMapping": ARRAY},
)
_ATTRIBUTE_MAPPING = _open(
    required={"attributeName": STRING, "attributeLocators": ARRAY},
    optional={"attributeExternalId": STRING, "objectMappingIQL": STRING, "externalIdPart": BOOLEAN},
)


@define(kw_only=True)
class AttributeEntry:
    """One attribute of a document."""

    name: str
    description: str
    type: str
    external_id: str | None
    label: bool
    reference_name: str
    reference_external_id: str | None
    minimum: int
    maximum: int
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


class _Named(Protocol):
    """Something with a name and an external id: an entry of a document, a type, or an attribute."""

    @property
    def name(self) -> str: ...

    @property
    def external_id(self) -> str | None: ...


_N = TypeVar("_N", bound=_Named)


def named(candidates: Iterable[_N], name: str, external_id: object) -> _N | None:
    """Return what a document refers to: by external id or, if that is None, by name, ignoring case."""
    for candidate in candidates:
        if external_id is None:
            if candidate.name.lower() == name.lower():
                return candidate
        elif candidate.external_id == external_id:
            return candidate
    return None


def read_document(body: JsonValue) -> Document:
    """Check the form of a document.

    Raises:
        Rejection: 400 with a message for each error.
    """
    reader = _Reader(has_external_ids=_contains_external_id(body))
    document = reader.document(body)
    if reader.problems:
        raise bad_request(*reader.problems)
    return document


def _contains_external_id(value: JsonValue) -> bool:
    keys = ("externalId", "referenceObjectTypeExternalId", "objectTypeExternalId", "attributeExternalId")
    if isinstance(value, Mapping):
        return any(key in value for key in keys) or any(map(_contains_external_id, value.values()))
    return isinstance(value, list) and any(map(_contains_external_id, value))


@define
class _Reader:
    """Reads a document, and collects the errors of its form."""

    has_external_ids: bool
    problems: list[str] = field(factory=list)

    def document(self, body: JsonValue) -> Document:
        root = self.fields(_ROOT, body, "$")
        schema = self.fields(_SCHEMA, root["schema"], "schema")
        mapping = self.fields(_MAPPING, root["mapping"], "mapping")
        object_schema = self.fields(_OBJECT_SCHEMA, schema["objectSchema"], "schema.objectSchema")
        location = "schema.objectSchema.objectTypes"
        object_types = self.not_empty(object_schema["objectTypes"], location)
        return Document(
            has_external_ids=self.has_external_ids,
            types=list(self.types(object_types, location, None)),
            icons=list(self.icons(schema)),
            statuses=list(self.statuses(schema)) if self.has_external_ids else [],
            mappings=self.mappings(mapping["objectTypeMappings"], "mapping.objectTypeMappings"),
        )

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

    def items(
        self, declared: Fields, values: Iterable[JsonValue], location: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the location and the fields of each item of an array."""
        for index, value in enumerate(values):
            where = f"{location}[{index}]"
            yield where, self.fields(declared, value, where)

    def section(
        self, schema: Mapping[str, Any], section: str, name: str, declared: Fields
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the items of the one array in an optional section of the schema."""
        if section in schema:
            location = f"schema.{section}"
            array = _open(required={name: ARRAY})
            values = self.fields(array, schema[section], location)[name]
            location = f"{location}.{name}"
            yield from self.items(declared, self.not_empty(values, location), location)

    def types(self, entries: list[JsonValue], location: str, parent: TypeEntry | None) -> Iterator[TypeEntry]:
        """Yield the object types, each one before those below it."""
        declared = _OBJECT_TYPE if self.has_external_ids else _OLD_OBJECT_TYPE
        declared_attribute = _ATTRIBUTE if self.has_external_ids else _OLD_ATTRIBUTE
        for where, fields in self.items(declared, entries, location):
            attributes = self.items(declared_attribute, fields.get("attributes", ()), f"{where}.attributes")
            entry = TypeEntry(
                name=fields["name"],
                description=fields["description"],
                external_id=fields.get("externalId"),
                icon_key=fields.get("iconKey"),
                attributes=[self.attribute(inside, attribute) for inside, attribute in attributes],
                parent=parent,
                location=where,
            )
            yield entry
            yield from self.types(fields.get("children", []), f"{where}.children", entry)

    def attribute(self, location: str, fields: Mapping[str, Any]) -> AttributeEntry:
        kind = fields["type"]
        kinds = {*IMPORT_TYPE_NAMES, "referenced_object"} | ({"status"} if self.has_external_ids else set())
        if kind not in kinds:
            self.problems.append(f"{location}: type {kind!r} is not one of {', '.join(sorted(kinds))}")
        if "typeValues" in fields and kind != "status":
            self.problems.append(f"{location}: typeValues is only allowed for attributes of type status")
        needs_name = not self.has_external_ids and kind == "referenced_object"
        if needs_name and "referenceObjectTypeName" not in fields:
            self.problems.append(f"{location}: The field referenceObjectTypeName is required")
        return AttributeEntry(
            name=fields["name"],
            description=fields["description"],
            type=kind,
            external_id=fields.get("externalId"),
            label=fields.get("label", False),
            reference_name=fields.get("referenceObjectTypeName", ""),
            reference_external_id=fields.get("referenceObjectTypeExternalId") or None,
            minimum=fields.get("minimumCardinality", 0),
            maximum=fields.get("maximumCardinality", 1),
            unique=fields.get("unique", False),
            statuses=[str(name) for name in fields.get("typeValues", ())],
        )

    def icons(self, schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        for where, icon in self.section(schema, "iconSchema", "icons", _ICON):
            if not 1 <= len(icon["key"]) <= 255:
                self.problems.append(f"{where}: key must have 1 to 255 characters")
            self.check_short_name(icon["name"], where)
            if not _is_png48(icon["png48"]):
                self.problems.append(f"{where}: png48 must be a PNG of 48 by 48 pixels in base64")
            yield icon["key"], icon["name"], icon["png48"]

    def statuses(self, schema: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
        for where, status in self.section(schema, "statusSchema", "statuses", _STATUS):
            self.check_short_name(status["name"], where)
            category = status["category"]
            if category not in _CATEGORIES:
                self.problems.append(f"{where}: category must be one of {', '.join(_CATEGORIES)}")
            yield status["name"], status["description"], _CATEGORIES.get(category, 0)

    def check_short_name(self, name: str, location: str) -> None:
        if not _SHORT_NAME.fullmatch(name):
            self.problems.append(f"{location}: name must have 2 to 30 letters, digits, blanks or hyphens")

    def mappings(self, values: list[JsonValue], location: str) -> list[JsonObject]:
        """Check the mappings and return them with all their keys, because the service returns unknown keys, too."""
        for where, fields in self.items(_TYPE_MAPPING, values, location):
            attributes = fields.get("attributesMapping", ())
            for inner, attribute in self.items(_ATTRIBUTE_MAPPING, attributes, f"{where}.attributesMapping"):
                locators = self.not_empty(attribute["attributeLocators"], inner)
                if any(not isinstance(locator, str) for locator in locators):
                    self.problems.append(f"{inner}: attributeLocators must be strings")
        return [_without_nulls(value) if isinstance(value, Mapping) else {} for value in values]


def _without_nulls(mapping: Mapping[str, JsonValue]) -> JsonObject:
    """Return a mapping without the optional fields that are null, which means absent."""
    optional = _TYPE_MAPPING.optional
    return {name: value for name, value in mapping.items() if value is not None or name not in optional}


def _is_png48(text: str) -> bool:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return (
        data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) > 24 and struct.unpack(">II", data[16:24]) == (48, 48)
    )


_NAMES: dict[int | None, str] = {number: name for name, number in IMPORT_TYPE_NAMES.items()}


def import_type_of(attribute: Attribute) -> str:
    """Return the name of an attribute's type in mapping documents."""
    if attribute.type == AttributeType.REFERENCE:
        return "referenced_object"
    if attribute.type == AttributeType.STATUS:
        return "status"
    return _NAMES.get(attribute.default_type, "") if attribute.type == AttributeType.DEFAULT else ""


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
            "category": list(_CATEGORIES)[status.category],
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
    if attribute.type == AttributeType.STATUS and attribute.type_value_multi:
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
    external_id = mapping.get("attributeExternalId") or None
    return named(site.attributes_of(object_type), str(mapping["attributeName"]), external_id)
