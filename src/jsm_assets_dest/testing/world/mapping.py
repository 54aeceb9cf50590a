"""Applying a schema-and-mapping document to a site. All of it is checked before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from .entities import (
    DEFAULT,
    DEFAULT_ICON_ID,
    IMPORT_TYPE_NAMES,
    REFERENCE,
    STATUS,
    Icon,
    ImportSource,
    MappingProgress,
    ObjectType,
    Status,
)
from .json_reading import JsonObject, JsonValue
from .mapping_checks import SYSTEM_NAMES, MappingChecker
from .mapping_document import AttributeEntry, Document, TypeEntry, read_document
from .objects import reset_policies
from .rejections import Rejection, errors_body, not_found
from .site import Site
from .types import AttributeSettings, create_attribute, create_object_type


def submit_mapping(site: Site, source: ImportSource, body: JsonValue, *, partial: bool) -> None:
    """Check a document against the site and apply it.

    Args:
        site: the site.
        source: the import source.
        body: the document.
        partial: PATCH; PUT otherwise.
    """
    document = check_mapping(site, source, body, partial=partial)
    _apply(site, source, document)


def check_mapping(site: Site, source: ImportSource, body: JsonValue, *, partial: bool) -> Document:
    """Check a document without applying it.

    Raises:
        Rejection: 400 for an invalid document, 409 for a second PUT.
    """
    document = read_document(body)
    MappingChecker(site, source, document).check()
    if not partial and source.has_mapping and not site.doubts.repeated_mapping_put:
        raise Rejection(409, errors_body(["A mapping already exists for this import"]))
    return document


def start_mapping(site: Site, source: ImportSource, body: JsonValue, *, partial: bool) -> MappingProgress:
    """Submit a mapping that is applied after `Doubts.mapping_seconds` on the clock."""
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
    """Finish the async submissions that are due."""
    for progress in site.mapping_progress.values():
        if progress.result is not None or site.clock.time() < progress.ready_at:
            continue
        source = site.import_sources.get(progress.source_id)
        try:
            if source is None:
                raise not_found("ImportSource", progress.source_id)
            submit_mapping(site, source, progress.document, partial=progress.partial)
        except Rejection as rejection:
            progress.result, progress.message = "ERROR", str(rejection.body)
        else:
            progress.result, progress.message = "OK", "Schema and mapping successfully created"


def _apply(site: Site, source: ImportSource, document: Document) -> None:
    schema = site.schemas[source.schema_id]
    checker = MappingChecker(site, source, document)
    for key, name, image in document.icons:
        icon = next((icon for icon in site.icons.values() if icon.key == key), None)
        if icon is None:
            icon = Icon(id=site.ids.uuid("icon"), name=name, key=key, schema_id=schema.id)
            site.icons[icon.id] = icon
        icon.name, icon.image = name, image
    for name, description, category in document.statuses:
        same = [
            status
            for status in site.statuses.values()
            if status.schema_id in (None, schema.id) and status.name.lower() == name.lower()
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
        type_entry, existing = checker.mapped_type(
            str(mapping["objectTypeName"]), mapping.get("objectTypeExternalId")
        )
        target = placed[id(type_entry)] if type_entry is not None else existing
        if target is None:
            raise AssertionError("a mapping without a type was rejected before")
        source.mappings[target.id] = mapping
    if source.has_mapping and site.doubts.mapping_resets_missing_objects:
        reset_policies(source)
    source.has_mapping = True
    source.updated = site.now()


def _place_type(
    site: Site, source: ImportSource, checker: MappingChecker, entry: TypeEntry, parent: ObjectType | None
) -> ObjectType:
    icon = next((icon for icon in site.icons.values() if entry.icon_key and icon.key == entry.icon_key), None)
    object_type = checker.existing_type(entry)
    if object_type is None:
        return create_object_type(
            site,
            site.schemas[source.schema_id],
            name=entry.name,
            icon_id=icon.id if icon is not None else _default_icon(site),
            description=entry.description,
            parent=parent,
            external_id=entry.external_id,
            by_import=True,
            with_name_attribute=not any(attribute.label for attribute in entry.attributes)
            and not any(attribute.name.lower() == "name" for attribute in entry.attributes),
        )
    object_type.description = entry.description
    if icon is not None:
        object_type.icon_id = icon.id
    object_type.updated = site.now()
    return object_type


def _default_icon(site: Site) -> str:
    return DEFAULT_ICON_ID if DEFAULT_ICON_ID in site.icons else next(iter(site.icons))


def _place_attribute(
    site: Site,
    checker: MappingChecker,
    document: Document,
    owner: TypeEntry,
    placed: Mapping[int, ObjectType],
    entry: AttributeEntry,
) -> None:
    object_type = placed[id(owner)]
    if entry.external_id is not None:
        found = next(
            (
                attribute
                for attribute in site.attributes_of(object_type)
                if attribute.external_id == entry.external_id
            ),
            None,
        )
    else:
        found = site.attribute_named(object_type, entry.name)
    if found is not None:
        if not found.system:
            found.description = entry.description
        return
    if entry.name.lower() in SYSTEM_NAMES:
        system = site.attribute_named(object_type, entry.name)
        if system is None or entry.external_id is None:
            raise AssertionError(
                "every type has its system attributes, and without an id they are found by name"
            )
        system.external_id = entry.external_id
        system.by_import = True
        return
    kind, settings = _settings_of(site, checker, document, owner, placed, entry)
    create_attribute(
        site,
        object_type,
        name=entry.name,
        type=kind,
        external_id=entry.external_id,
        by_import=True,
        **settings,
    )


def _settings_of(
    site: Site,
    checker: MappingChecker,
    document: Document,
    owner: TypeEntry,
    placed: Mapping[int, ObjectType],
    entry: AttributeEntry,
) -> tuple[int, AttributeSettings]:
    """Return the type of a new attribute and its other settings."""
    object_type = placed[id(owner)]
    settings = AttributeSettings(
        description=entry.description,
        minimum=entry.minimum or 0,
        maximum=entry.maximum if entry.maximum is not None else 1,
        unique=entry.unique,
        label=entry.label
        or (
            entry.name.lower() == "name"
            and site.label_attribute(object_type) is None
            and not any(attribute.label for attribute in owner.attributes)
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
            str(status.id)
            for name in entry.statuses
            for status in site.statuses.values()
            if status.name.lower() == name.lower() and status.schema_id in (None, schema_id)
        ]
    else:
        kind = DEFAULT
        settings["default_type"] = IMPORT_TYPE_NAMES[entry.type]
    return kind, settings


def _reference_target(
    site: Site,
    checker: MappingChecker,
    document: Document,
    placed: Mapping[int, ObjectType],
    entry: AttributeEntry,
) -> ObjectType:
    for type_entry in document.types:
        if entry.reference_external_id:
            if type_entry.external_id == entry.reference_external_id:
                return placed[id(type_entry)]
        elif type_entry.name.lower() == (entry.reference_name or "").lower():
            return placed[id(type_entry)]
    if entry.reference_external_id:
        return checker.type_ids[entry.reference_external_id]
    return next(
        object_type
        for object_type in site.types_of(checker.schema)
        if object_type.name.lower() == (entry.reference_name or "").lower()
    )
