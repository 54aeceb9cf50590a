"""
Applying a schema-and-mapping document to a site, and giving it back.

The codes of refusals are those Atlassian's staff named in the developer community; where the documentation forbids a
change without naming a code, the nearest one is used. Everything is checked before anything is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ..json_types import JsonObject, JsonValue
from .aql import parse
from .aql.nodes import InvalidQuery
from .attributes import AttributeSettings, create_attribute
from .entities import (
    DEFAULT,
    IMPORT_TYPE_NAMES,
    REFERENCE,
    STATUS,
    Attribute,
    Icon,
    ImportSource,
    MappingProgress,
    ObjectType,
    Status,
)
from .icons import DEFAULT_ICON_ID
from .mapping_document import AttributeEntry, Document, TypeEntry, read_document
from .naming import name_problem
from .refusals import Refusal, data_validation, errors_body
from .site import Site
from .types import create_object_type

_SYSTEM_NAMES = {"key", "created", "updated"}


class _Checker:
    """
    Looks for contradictions between a document and the site.
    """

    def __init__(self, site: Site, source: ImportSource, document: Document) -> None:
        self.site = site
        self.source = source
        self.document = document
        self.schema = site.schemas[source.schema_id]
        self.problems: list[JsonObject] = []
        self.type_ids = {each.external_id: each for each in site.types.values()}
        self.attribute_ids = {each.external_id: each for each in site.attributes.values()}

    def problem(self, code: str, location: str, message: str) -> None:
        self.problems.append({"code": code, "location": location, "message": message})

    def existing_type(self, entry: TypeEntry) -> ObjectType | None:
        if entry.external_id is not None:
            found = self.type_ids.get(entry.external_id)
            return found if found is not None and found.schema_id == self.schema.id else None
        return next(
            (each for each in self.site.types_of(self.schema) if each.name.lower() == entry.name.lower()),
            None,
        )

    def existing_attribute(self, owner: ObjectType | None, entry: AttributeEntry) -> Attribute | None:
        if owner is None:
            return None
        if entry.external_id is not None:
            found = self.attribute_ids.get(entry.external_id)
            return found if found in self.site.attributes_of(owner) else None
        return self.site.attribute_named(owner, entry.name)

    def check(self) -> None:
        self._check_external_ids()
        icon_keys = {icon.key for icon in self.site.icons.values() if icon.key} | {
            key for key, _, _ in self.document.icons
        }
        for entry in self.document.types:
            if entry.icon_key is not None and entry.icon_key not in icon_keys:
                self.problem("UNKNOWN_ICON_KEY", entry.location, f"There is no icon {entry.icon_key}")
            self._check_type(entry)
        for mapping in self.document.mappings:
            self._check_mapping(mapping)
        if self.problems:
            raise data_validation(*self.problems)

    def _check_external_ids(self) -> None:
        if not self.document.has_external_ids:
            return
        seen: set[str] = set()
        for entry in self.document.types:
            pairs = [(entry.external_id, entry.name, entry.location)]
            # Key has no external id in the documents the service gives out, so it needs none here either.
            pairs.extend(
                (attribute.external_id, attribute.name, entry.location)
                for attribute in entry.attributes
                if attribute.external_id is not None or attribute.name.lower() not in _SYSTEM_NAMES
            )
            for external_id, name, location in pairs:
                if not external_id:
                    self.problem("SCHEMA_INVALID_EXTERNAL_ID", location, f"{name} has no external id")
                elif external_id in seen:
                    self.problem("DUPLICATE_EXTERNAL_ID_ILLEGAL", location, f"{external_id} is there twice")
                else:
                    seen.add(external_id)

    def _check_type(self, entry: TypeEntry) -> None:
        found = self.existing_type(entry)
        where = entry.location
        problem = name_problem(entry.name)
        if problem is not None:
            self.problem("INVALID_NAME", where, problem)
        if entry.external_id is not None:
            elsewhere = self.type_ids.get(entry.external_id)
            if elsewhere is not None and found is None:
                self.problem(
                    "SCHEMA_INVALID_EXTERNAL_ID",
                    where,
                    f"{entry.external_id} is used in another object schema",
                )
            elif entry.external_id in self.attribute_ids:
                self.problem(
                    "SCHEMA_INVALID_EXTERNAL_ID", where, f"{entry.external_id} is that of an attribute"
                )
            for other in self.site.types_of(self.schema):
                if other is not found and other.name.lower() == entry.name.lower():
                    self.problem(
                        "EXTERNAL_ID_MISMATCH", where, f"The object type {other.name} has another external id"
                    )
            if found is not None and found.name != entry.name:
                self.problem("EXTERNAL_ID_MISMATCH", where, f"The name of {found.name} cannot be changed")
        names: set[str] = set()
        for attribute in entry.attributes:
            if attribute.name.lower() in names:
                self.problem("DUPLICATE_ATTRIBUTE_NAME", where, f"{attribute.name} is there twice")
            names.add(attribute.name.lower())
            self._check_attribute(entry, found, attribute)

    def _check_attribute(self, owner: TypeEntry, existing: ObjectType | None, entry: AttributeEntry) -> None:
        where = f"{owner.location}.attributes[{entry.name}]"
        found = self.existing_attribute(existing, entry)
        if entry.external_id is not None:
            elsewhere = self.attribute_ids.get(entry.external_id)
            if (elsewhere is not None and found is None) or entry.external_id in self.type_ids:
                self.problem("SCHEMA_INVALID_EXTERNAL_ID", where, f"{entry.external_id} is used elsewhere")
            if existing is not None:
                same_name = self.site.attribute_named(existing, entry.name)
                if same_name is not None and same_name is not found:
                    self.problem(
                        "EXTERNAL_ID_MISMATCH",
                        where,
                        f"The attribute {same_name.name} has another external id",
                    )
            if found is not None and found.name != entry.name:
                self.problem("EXTERNAL_ID_MISMATCH", where, f"The name of {found.name} cannot be changed")
        if found is not None and not found.system and import_type_of(found) != entry.type:
            self.problem("ATTRIBUTE_TYPE_CHANGED", where, f"The type of {found.name} cannot be changed")
            return
        minimum, maximum = entry.minimum or 0, entry.maximum if entry.maximum is not None else 1
        if minimum < 0 or maximum < -1 or maximum == 0 or (maximum != -1 and minimum > maximum):
            self.problem(
                "INVALID_CARDINALITY", where, f"The cardinality {minimum} to {maximum} is impossible"
            )
        if entry.type == "referenced_object":
            self._check_reference(where, found, entry)
        for name in entry.statuses:
            known = {each.name.lower() for each in self.site.statuses.values() if self._visible(each)}
            if name.lower() not in known | {new.lower() for new, _, _ in self.document.statuses}:
                self.problem("UNKNOWN_STATUS", where, f"There is no status {name}")

    def _visible(self, status: Status) -> bool:
        return status.schema_id in (None, self.schema.id)

    def _check_reference(self, where: str, found: Attribute | None, entry: AttributeEntry) -> None:
        name, external_id = entry.reference_name, entry.reference_external_id
        in_document = [
            each
            for each in self.document.types
            if (each.external_id == external_id if external_id else each.name.lower() == (name or "").lower())
        ]
        target = self.type_ids.get(external_id) if external_id else None
        if target is None and not external_id and name:
            target = next(
                (each for each in self.site.types_of(self.schema) if each.name.lower() == name.lower()), None
            )
        if not in_document and target is None:
            self.problem("UNKNOWN_REFERENCE", where, f"There is no object type {external_id or name}")
            return
        if found is not None:
            present = self.existing_type(in_document[0]) if in_document else target
            if present is None or found.type_value != str(present.id):
                self.problem(
                    "REFERENCED_OBJECT_TYPE_CHANGED",
                    where,
                    f"{found.name} refers to another object type already",
                )

    # Mappings -----------------------------------------------------------------------------------------------

    def _check_mapping(self, mapping: JsonObject) -> None:
        name = str(mapping["objectTypeName"])
        external_id = mapping.get("objectTypeExternalId")
        where = f"mapping.objectTypeMappings[{name}]"
        entry, existing = self._mapped_type(name, external_id)
        if self.document.has_external_ids and not external_id:
            self.problem("MAPPING_INVALID_EXTERNAL_ID", where, f"{name} has no external id")
            return
        if entry is None and existing is None:
            self.problem(
                "UNKNOWN_EXTERNAL_ID_MAPPING", where, f"There is no object type {external_id or name}"
            )
            return
        if external_id and name != (entry.name if entry else existing.name if existing else name):
            self.problem(
                "MAPPING_INVALID_EXTERNAL_ID", where, f"{external_id} belongs to another object type"
            )
        attributes = cast("list[JsonObject]", mapping.get("attributesMapping", []))
        for each in attributes:
            self._check_attribute_mapping(where, each, entry, existing)
        has_part = any(each.get("externalIdPart") is True for each in attributes)
        if self.site.doubts.mapping_needs_external_id_part and not has_part:
            self.problem("MISSING_EXTERNAL_ID_PART", where, f"No attribute of {name} is an externalIdPart")

    def _mapped_type(self, name: str, external_id: JsonValue) -> tuple[TypeEntry | None, ObjectType | None]:
        if external_id:
            entry = next((each for each in self.document.types if each.external_id == external_id), None)
            existing = self.type_ids.get(str(external_id))
            if existing is not None and existing.schema_id != self.schema.id:
                existing = None
            return entry, existing
        entry = next((each for each in self.document.types if each.name.lower() == name.lower()), None)
        same = (each for each in self.site.types_of(self.schema) if each.name.lower() == name.lower())
        return entry, next(same, None)

    def _check_attribute_mapping(
        self, where: str, mapping: JsonObject, entry: TypeEntry | None, existing: ObjectType | None
    ) -> None:
        name = str(mapping["attributeName"])
        external_id = mapping.get("attributeExternalId")
        if self.document.has_external_ids and not external_id:
            self.problem("MAPPING_INVALID_EXTERNAL_ID", where, f"{name} has no external id")
            return
        names: dict[str | None, str] = {}
        if existing is not None:
            for attribute in self.site.attributes_of(existing):
                names[attribute.external_id if external_id else attribute.name.lower()] = attribute.name
        # A child of an inheriting type may map what it inherits.
        owner = entry
        while owner is not None:
            for each in owner.attributes:
                names[each.external_id if external_id else each.name.lower()] = each.name
            owner = owner.parent
        if entry is not None and existing is None and not external_id:
            names.setdefault("name", "Name")
        wanted = str(external_id) if external_id else name.lower()
        if wanted not in names:
            self.problem("UNKNOWN_EXTERNAL_ID_MAPPING", where, f"There is no attribute {external_id or name}")
        elif external_id and names[wanted] != name:
            self.problem("MAPPING_INVALID_EXTERNAL_ID", where, f"{external_id} belongs to another attribute")
        query = mapping.get("objectMappingIQL")
        if isinstance(query, str):
            try:
                parse(query)
            except InvalidQuery as problem:
                self.problem("INVALID_OBJECT_MAPPING_IQL", where, f"{name}: {problem}")


def import_type_of(attribute: Attribute) -> str:
    """
    What a mapping document calls the type of an attribute.
    """
    if attribute.type == REFERENCE:
        return "referenced_object"
    if attribute.type == STATUS:
        return "status"
    if attribute.type == DEFAULT:
        for name, number in IMPORT_TYPE_NAMES.items():
            if number == attribute.default_type:
                return name
    return ""


def submit_mapping(site: Site, source: ImportSource, body: JsonValue, *, partial: bool) -> None:
    """
    Check a document against the site and apply it.

    Args:
        site: where.
        source: which import.
        body: the document.
        partial: PATCH; PUT otherwise.
    """
    document = check_mapping(site, source, body, partial=partial)
    _apply(site, source, document)


def check_mapping(site: Site, source: ImportSource, body: JsonValue, *, partial: bool) -> Document:
    """
    Check a document without applying it.

    Raises:
        Refusal: 400 for a document that is wrong, 409 for a second PUT.
    """
    document = read_document(body)
    _Checker(site, source, document).check()
    if not partial and source.has_mapping and not site.doubts.repeated_mapping_put:
        raise Refusal(409, errors_body(["A mapping already exists for this import"]))
    return document


def start_mapping(site: Site, source: ImportSource, body: JsonValue, *, partial: bool) -> MappingProgress:
    """
    As `submit_mapping`, but applied when the clock has moved on by `Doubts.mapping_seconds`.
    """
    check_mapping(site, source, body, partial=partial)
    progress = MappingProgress(
        id=site.ids.uuid("mapping progress"),
        source_id=source.id,
        ready_at=site.clock.time() + site.doubts.mapping_seconds,
        document=cast(JsonObject, body),
        partial=partial,
    )
    site.mapping_progress[progress.id] = progress
    settle_mappings(site)
    return progress


def settle_mappings(site: Site) -> None:
    """
    Finish the asynchronous submissions whose time has come.
    """
    for progress in site.mapping_progress.values():
        if progress.result is not None or site.clock.time() < progress.ready_at:
            continue
        source = site.import_sources.get(progress.source_id)
        try:
            if source is None:
                raise Refusal(404)
            submit_mapping(site, source, progress.document, partial=progress.partial)
        except Refusal as refusal:
            progress.result, progress.message = "ERROR", str(refusal.body)
        else:
            progress.result, progress.message = "OK", "Schema and mapping successfully created"


def _apply(site: Site, source: ImportSource, document: Document) -> None:
    schema = site.schemas[source.schema_id]
    checker = _Checker(site, source, document)
    for key, name, image in document.icons:
        icon = next((each for each in site.icons.values() if each.key == key), None)
        if icon is None:
            icon = Icon(id=site.ids.uuid("icon"), name=name, key=key, schema_id=schema.id)
            site.icons[icon.id] = icon
        icon.name, icon.image = name, image
    for name, description, category in document.statuses:
        same = [
            each
            for each in site.statuses.values()
            if each.schema_id in (None, schema.id) and each.name.lower() == name.lower()
        ]
        if not same:
            number = site.ids.number("status")
            site.statuses[number] = Status(
                id=number, name=name, description=description, category=category, schema_id=schema.id
            )
    placed: dict[int, ObjectType] = {}
    for entry in document.types:
        parent = placed[id(entry.parent)] if entry.parent is not None else None
        placed[id(entry)] = _place_type(site, source, checker, entry, parent)
    for entry in document.types:
        for attribute in entry.attributes:
            _place_attribute(site, checker, document, entry, placed, attribute)
    for mapping in document.mappings:
        wanted, existing = checker._mapped_type(
            str(mapping["objectTypeName"]), mapping.get("objectTypeExternalId")
        )
        target = placed[id(wanted)] if wanted is not None else existing
        if target is not None:
            source.mappings[target.id] = mapping
    source.has_mapping = True
    source.updated = site.now()


def _place_type(
    site: Site, source: ImportSource, checker: _Checker, entry: TypeEntry, parent: ObjectType | None
) -> ObjectType:
    icon = next((each for each in site.icons.values() if entry.icon_key and each.key == entry.icon_key), None)
    found = checker.existing_type(entry)
    if found is None:
        return create_object_type(
            site,
            site.schemas[source.schema_id],
            name=entry.name,
            icon_id=icon.id if icon is not None else _default_icon(site),
            description=entry.description,
            parent=parent,
            external_id=entry.external_id,
            with_name_attribute=not any(each.label for each in entry.attributes)
            and not any(each.name.lower() == "name" for each in entry.attributes),
        )
    found.description = entry.description
    if icon is not None:
        found.icon_id = icon.id
    found.updated = site.now()
    return found


def _default_icon(site: Site) -> str:
    return DEFAULT_ICON_ID if DEFAULT_ICON_ID in site.icons else next(iter(site.icons))


def _place_attribute(
    site: Site,
    checker: _Checker,
    document: Document,
    owner: TypeEntry,
    placed: Mapping[int, ObjectType],
    entry: AttributeEntry,
) -> None:
    object_type = placed[id(owner)]
    if entry.external_id is not None:
        found = next(
            (each for each in site.attributes_of(object_type) if each.external_id == entry.external_id), None
        )
    else:
        found = site.attribute_named(object_type, entry.name)
    if found is not None:
        if not found.system:
            found.description = entry.description
        return
    if entry.name.lower() in _SYSTEM_NAMES:
        return
    settings = AttributeSettings(
        description=entry.description,
        minimum=entry.minimum or 0,
        maximum=entry.maximum if entry.maximum is not None else 1,
        unique=entry.unique,
        label=entry.label
        or (
            entry.name.lower() == "name"
            and site.label_attribute(object_type) is None
            and not any(each.label for each in owner.attributes)
        ),
    )
    if entry.type == "referenced_object":
        kind = REFERENCE
        settings["type_value"] = str(_reference_target(site, checker, document, placed, entry).id)
        settings["additional_value"] = str(min(site.reference_types))
    elif entry.type == "status":
        kind = STATUS
        schema_id = object_type.schema_id
        settings["type_value_multi"] = [
            str(each.id)
            for name in entry.statuses
            for each in site.statuses.values()
            if each.name.lower() == name.lower() and each.schema_id in (None, schema_id)
        ]
    else:
        kind = DEFAULT
        settings["default_type"] = IMPORT_TYPE_NAMES[entry.type]
    attribute = create_attribute(
        site, object_type, name=entry.name, type=kind, external_id=entry.external_id, **settings
    )
    attribute.by_import = True


def _reference_target(
    site: Site,
    checker: _Checker,
    document: Document,
    placed: Mapping[int, ObjectType],
    entry: AttributeEntry,
) -> ObjectType:
    for each in document.types:
        if entry.reference_external_id:
            if each.external_id == entry.reference_external_id:
                return placed[id(each)]
        elif each.name.lower() == (entry.reference_name or "").lower():
            return placed[id(each)]
    if entry.reference_external_id:
        return checker.type_ids[entry.reference_external_id]
    return next(
        each
        for each in site.types_of(checker.schema)
        if each.name.lower() == (entry.reference_name or "").lower()
    )


def schema_and_mapping(site: Site, source: ImportSource) -> JsonObject:
    """
    The document as the service gives it back: filled in, with an empty icon list, Key without an external id, and
    without Created, Updated and attributes of users and groups.
    """
    schema = site.schemas[source.schema_id]
    roots = [each for each in site.types_of(schema) if each.parent_id is None]
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
                _type_document(site, each) for each in sorted(roots, key=lambda each: each.position)
            ],
        },
        "iconSchema": {"icons": icons},
    }
    if statuses:
        described["statusSchema"] = {"statuses": statuses}
    mappings = [_mapping_document(site, type_id, each) for type_id, each in source.mappings.items()]
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
        _attribute_document(site, each)
        for each in site.attributes_of(object_type, with_inherited=False)
        if import_type_of(each) and (not each.system or each.name == "Key")
    ]
    children = site.children_of(object_type)
    if children:
        document["children"] = [_type_document(site, each) for each in children]
    return document


def _attribute_document(site: Site, attribute: Attribute) -> JsonObject:
    document: JsonObject = {} if attribute.system else {"externalId": attribute.external_id}
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
        target = site.types.get(int(attribute.type_value or "0"))
        if target is not None:
            document["referenceObjectTypeName"] = target.name
            document["referenceObjectTypeExternalId"] = target.external_id
    if attribute.type == STATUS and attribute.type_value_multi:
        document["typeValues"] = [site.statuses[int(each)].name for each in attribute.type_value_multi]
    return document


def _mapping_document(site: Site, type_id: int, mapping: JsonObject) -> JsonObject:
    object_type = site.types[type_id]
    attributes: list[JsonValue] = []
    for each in cast("list[JsonObject]", mapping.get("attributesMapping", [])):
        attribute = mapped_attribute(site, object_type, each)
        filled: JsonObject = {**each, "externalIdPart": bool(each.get("externalIdPart", False))}
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
    """
    The attribute that one entry of a mapping means.
    """
    external_id = mapping.get("attributeExternalId")
    if external_id:
        return next(
            (each for each in site.attributes_of(object_type) if each.external_id == external_id), None
        )
    return site.attribute_named(object_type, str(mapping["attributeName"]))
