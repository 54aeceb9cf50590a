"""Reading a schema-and-mapping document and checking its form.

The form is Atlassian's JSON Schema of 2023-10-19, or that of 2021-09-15 for documents without any external id: the
documentation says that the presence of external ids decides. Unknown keys are allowed there.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Iterator, Mapping, Sequence

from attrs import define, field

from ..json_types import JsonObject, JsonValue
from .entities import IMPORT_TYPE_NAMES
from .refusals import bad_request

_SHORT_NAME = re.compile(r"[a-zA-Z0-9 \-]{2,30}")
_CATEGORIES = {"inactive": 0, "active": 1, "pending": 2}


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
    """One object type of a document, with the name of the type above it and where it stands in the document."""

    name: str
    description: str
    external_id: str | None
    icon_key: str | None
    attributes: list[AttributeEntry]
    parent: TypeEntry | None
    location: str


@define(kw_only=True)
class Document:
    """A document whose form is right."""

    has_external_ids: bool
    types: list[TypeEntry]
    icons: list[tuple[str, str, str]]
    statuses: list[tuple[str, str, int]]
    mappings: list[JsonObject]


class _Problems:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def object(self, value: JsonValue, where: str) -> Mapping[str, JsonValue]:
        if isinstance(value, Mapping):
            return value
        self.texts.append(f"{where}: expected an object")
        return {}

    def array(self, value: JsonValue, where: str, least: int = 0) -> Sequence[JsonValue]:
        if isinstance(value, list) and len(value) >= least:
            return value
        self.texts.append(f"{where}: expected an array with at least {least} items")
        return []

    def text(self, parent: Mapping[str, JsonValue], key: str, where: str) -> str:
        value = parent.get(key)
        if isinstance(value, str):
            return value
        self.texts.append(f"{where}: required text {key} is missing")
        return ""

    def optional(self, parent: Mapping[str, JsonValue], key: str, where: str) -> str | None:
        value = parent.get(key)
        if value is not None and not isinstance(value, str):
            self.texts.append(f"{where}: {key} must be text")
            return None
        return value

    def integer(self, parent: Mapping[str, JsonValue], key: str, where: str) -> int | None:
        value = parent.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            self.texts.append(f"{where}: {key} must be an integer")
            return None
        return value

    def boolean(self, parent: Mapping[str, JsonValue], key: str, where: str) -> bool:
        value = parent.get(key, False)
        if not isinstance(value, bool):
            self.texts.append(f"{where}: {key} must be true or false")
            return False
        return value


def read_document(body: JsonValue) -> Document:
    """Check the form of a document.

    Raises:
        Refusal: 400 with a text for each thing that is wrong.
    """
    problems = _Problems()
    root = problems.object(body, "$")
    schema = problems.object(root.get("schema"), "schema")
    mapping = problems.object(root.get("mapping"), "mapping")
    object_schema = problems.object(schema.get("objectSchema"), "schema.objectSchema")
    problems.text(object_schema, "name", "schema.objectSchema")
    problems.text(object_schema, "description", "schema.objectSchema")
    modern = _mentions_external_id(body)
    types: list[TypeEntry] = []
    entries = problems.array(object_schema.get("objectTypes"), "schema.objectSchema.objectTypes", 1)
    _read_types(problems, entries, "schema.objectSchema.objectTypes", None, types, modern=modern)
    document = Document(
        has_external_ids=modern,
        types=types,
        icons=list(_read_icons(problems, schema)),
        statuses=list(_read_statuses(problems, schema)) if modern else [],
        mappings=_read_mappings(problems, mapping),
    )
    if problems.texts:
        raise bad_request(*problems.texts)
    return document


def _mentions_external_id(value: JsonValue) -> bool:
    if isinstance(value, Mapping):
        named = ("externalId", "referenceObjectTypeExternalId", "objectTypeExternalId", "attributeExternalId")
        return any(key in value for key in named) or any(
            _mentions_external_id(each) for each in value.values()
        )
    if isinstance(value, list):
        return any(_mentions_external_id(each) for each in value)
    return False


def _read_types(
    problems: _Problems,
    entries: Sequence[JsonValue],
    where: str,
    parent: TypeEntry | None,
    found: list[TypeEntry],
    *,
    modern: bool,
) -> None:
    for number, value in enumerate(entries):
        location = f"{where}[{number}]"
        entry = problems.object(value, location)
        read = TypeEntry(
            name=problems.text(entry, "name", location),
            description=problems.text(entry, "description", location),
            external_id=problems.optional(entry, "externalId", location) if modern else None,
            icon_key=problems.optional(entry, "iconKey", location),
            attributes=[],
            parent=parent,
            location=location,
        )
        found.append(read)
        attributes = problems.array(entry.get("attributes", []), f"{location}.attributes")
        for position, each in enumerate(attributes):
            read.attributes.append(
                _read_attribute(problems, each, f"{location}.attributes[{position}]", modern=modern)
            )
        children = problems.array(entry.get("children", []), f"{location}.children")
        _read_types(problems, children, f"{location}.children", read, found, modern=modern)


def _read_attribute(problems: _Problems, value: JsonValue, where: str, *, modern: bool) -> AttributeEntry:
    entry = problems.object(value, where)
    kind = problems.text(entry, "type", where)
    known = {*IMPORT_TYPE_NAMES, "referenced_object"} | ({"status"} if modern else set())
    if kind not in known:
        problems.texts.append(f"{where}: type {kind!r} is not one of {', '.join(sorted(known))}")
    statuses = problems.array(entry.get("typeValues", []), f"{where}.typeValues") if modern else []
    if modern and entry.get("typeValues") is not None and kind != "status":
        problems.texts.append(f"{where}: typeValues is only allowed for attributes of type status")
    if not modern and kind == "referenced_object":
        problems.text(entry, "referenceObjectTypeName", where)
    return AttributeEntry(
        name=problems.text(entry, "name", where),
        description=problems.text(entry, "description", where),
        type=kind,
        external_id=problems.optional(entry, "externalId", where) if modern else None,
        label=problems.boolean(entry, "label", where),
        reference_name=problems.optional(entry, "referenceObjectTypeName", where),
        reference_external_id=problems.optional(entry, "referenceObjectTypeExternalId", where)
        if modern
        else None,
        minimum=problems.integer(entry, "minimumCardinality", where) if modern else None,
        maximum=problems.integer(entry, "maximumCardinality", where) if modern else None,
        unique=problems.boolean(entry, "unique", where) if modern else False,
        statuses=[str(each) for each in statuses],
    )


def _read_icons(problems: _Problems, schema: Mapping[str, JsonValue]) -> Iterator[tuple[str, str, str]]:
    if "iconSchema" not in schema:
        return
    holder = problems.object(schema["iconSchema"], "schema.iconSchema")
    for number, value in enumerate(problems.array(holder.get("icons"), "schema.iconSchema.icons", 1)):
        where = f"schema.iconSchema.icons[{number}]"
        icon = problems.object(value, where)
        key = problems.text(icon, "key", where)
        name = problems.text(icon, "name", where)
        image = problems.text(icon, "png48", where)
        if not 1 <= len(key) <= 255:
            problems.texts.append(f"{where}: key must have 1 to 255 characters")
        if not _SHORT_NAME.fullmatch(name):
            problems.texts.append(f"{where}: name must have 2 to 30 letters, digits, blanks or hyphens")
        if not _is_png48(image):
            problems.texts.append(f"{where}: png48 must be the base64 text of a PNG of 48 by 48 pixels")
        yield key, name, image


def _is_png48(text: str) -> bool:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return (
        data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) > 24 and struct.unpack(">II", data[16:24]) == (48, 48)
    )


def _read_statuses(problems: _Problems, schema: Mapping[str, JsonValue]) -> Iterator[tuple[str, str, int]]:
    if "statusSchema" not in schema:
        return
    holder = problems.object(schema["statusSchema"], "schema.statusSchema")
    for number, value in enumerate(problems.array(holder.get("statuses"), "schema.statusSchema.statuses", 1)):
        where = f"schema.statusSchema.statuses[{number}]"
        status = problems.object(value, where)
        name = problems.text(status, "name", where)
        category = problems.text(status, "category", where)
        if not _SHORT_NAME.fullmatch(name):
            problems.texts.append(f"{where}: name must have 2 to 30 letters, digits, blanks or hyphens")
        if category not in _CATEGORIES:
            problems.texts.append(f"{where}: category must be one of {', '.join(_CATEGORIES)}")
        yield name, problems.text(status, "description", where), _CATEGORIES.get(category, 0)


def _read_mappings(problems: _Problems, mapping: Mapping[str, JsonValue]) -> list[JsonObject]:
    found: list[JsonObject] = []
    for number, value in enumerate(
        problems.array(mapping.get("objectTypeMappings"), "mapping.objectTypeMappings")
    ):
        where = f"mapping.objectTypeMappings[{number}]"
        entry = problems.object(value, where)
        for key in ("objectTypeName", "selector", "description"):
            problems.text(entry, key, where)
        problems.optional(entry, "objectTypeExternalId", where)
        for position, each in enumerate(
            problems.array(entry.get("attributesMapping", []), f"{where}.attributesMapping")
        ):
            inner = f"{where}.attributesMapping[{position}]"
            attribute = problems.object(each, inner)
            problems.text(attribute, "attributeName", inner)
            problems.optional(attribute, "attributeExternalId", inner)
            problems.optional(attribute, "objectMappingIQL", inner)
            problems.boolean(attribute, "externalIdPart", inner)
            locators = problems.array(attribute.get("attributeLocators"), f"{inner}.attributeLocators", 1)
            if any(not isinstance(locator, str) for locator in locators):
                problems.texts.append(f"{inner}: attributeLocators must be texts")
        found.append(dict(entry))
    return found
