"""Applying a schema-and-mapping document to a site. All of it is checked before anything is changed."""

from __future__ import annotations

from typing import cast

from .entities import (
    DEFAULT_ICON_ID,
    IMPORT_TYPE_NAMES,
    AttributeType,
    Icon,
    ImportSource,
    MappingProgress,
    ObjectType,
)
from .json_reading import JsonObject, JsonValue
from .mapping_checks import SYSTEM_NAMES, MappingChecker
from .mapping_document import AttributeEntry, TypeEntry, read_document
from .object_types import AttributeSettings, create_attribute, create_object_type
from .objects import reset_policies
from .rejections import Rejection, errors_body, not_found
from .site import Site


def submit_mapping(site: Site, source: ImportSource, body: JsonValue, *, partial: bool) -> None:
    """Check a document against the site and apply it.

    Args:
        site: the site.
        source: the import source.
        body: the document.
        partial: PATCH; PUT otherwise.
    """
    _Application(site, source, _checked(site, source, body, partial=partial)).apply()


def _checked(site: Site, source: ImportSource, body: JsonValue, *, partial: bool) -> MappingChecker:
    """Check a document without applying it.

    Raises:
        Rejection: 400 for an invalid document, 409 for a second PUT.
    """
    checker = MappingChecker(site, source, read_document(body))
    checker.check()
    if not partial and source.has_mapping and not site.doubts.repeated_mapping_put:
        raise Rejection(409, errors_body(["A mapping already exists for this import"]))
    return checker


def start_mapping(site: Site, source: ImportSource, body: JsonValue, *, partial: bool) -> MappingProgress:
    """Submit a mapping that is applied after `Doubts.mapping_seconds` on the clock."""
    _checked(site, source, body, partial=partial)
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


class _Application:
    """Applies a checked document. `_placed` has the object type of each entry, by its location in the document."""

    def __init__(self, site: Site, source: ImportSource, checker: MappingChecker) -> None:
        self._site = site
        self._source = source
        self._checker = checker
        self._placed: dict[str, ObjectType] = {}

    def apply(self) -> None:
        document, source = self._checker.document, self._source
        self._place_icons()
        self._place_statuses()
        for entry in document.types:
            self._placed[entry.location] = self._place_type(entry)
        for entry in document.types:
            for attribute in entry.attributes:
                self._place_attribute(entry, attribute)
        for mapping in document.mappings:
            source.mappings[self._type_of(*self._checker.mapped_type(mapping)).id] = mapping
        if source.has_mapping and self._site.doubts.mapping_resets_missing_objects:
            reset_policies(source)
        source.has_mapping = True
        source.updated = self._site.now()

    def _type_of(self, entry: TypeEntry | None, existing: ObjectType | None) -> ObjectType:
        object_type = self._placed[entry.location] if entry is not None else existing
        if object_type is None:
            raise AssertionError("a document that refers to a missing type was rejected before")
        return object_type

    def _icon(self, key: str | None) -> Icon | None:
        return next((icon for icon in self._site.icons.values() if key and icon.key == key), None)

    def _place_icons(self) -> None:
        for key, name, image in self._checker.document.icons:
            icon = self._icon(key)
            if icon is None:
                schema_id = self._checker.schema.id
                icon = Icon(id=self._site.ids.uuid("icon"), name=name, key=key, schema_id=schema_id)
                self._site.icons[icon.id] = icon
            icon.name, icon.image = name, image

    def _place_statuses(self) -> None:
        site, schema_id = self._site, self._checker.schema.id
        for name, description, category in self._checker.document.statuses:
            if all(status.name.lower() != name.lower() for status in self._checker.statuses):
                site.add_status(name, category, description=description, schema_id=schema_id)

    def _place_type(self, entry: TypeEntry) -> ObjectType:
        site, icon = self._site, self._icon(entry.icon_key)
        object_type = self._checker.existing_type(entry)
        if object_type is None:
            return create_object_type(
                site,
                self._checker.schema,
                name=entry.name,
                icon_id=icon.id if icon is not None else _default_icon(site),
                description=entry.description,
                parent=self._placed[entry.parent.location] if entry.parent is not None else None,
                external_id=entry.external_id,
                by_import=True,
                with_name_attribute=not any(
                    attribute.label or attribute.name.lower() == "name" for attribute in entry.attributes
                ),
            )
        object_type.description = entry.description
        if icon is not None:
            object_type.icon_id = icon.id
        object_type.updated = site.now()
        return object_type

    def _place_attribute(self, owner: TypeEntry, entry: AttributeEntry) -> None:
        site, object_type = self._site, self._placed[owner.location]
        attribute = self._checker.existing_attribute(object_type, entry)
        if attribute is not None:
            if not attribute.system:
                attribute.description = entry.description
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
        kind, settings = self._settings(owner, entry)
        create_attribute(
            site,
            object_type,
            name=entry.name,
            type=kind,
            external_id=entry.external_id,
            by_import=True,
            **settings,
        )

    def _settings(self, owner: TypeEntry, entry: AttributeEntry) -> tuple[int, AttributeSettings]:
        """Return the type of a new attribute and its other settings."""
        site, object_type = self._site, self._placed[owner.location]
        becomes_label = (
            entry.name.lower() == "name"
            and site.label_attribute(object_type) is None
            and not any(attribute.label for attribute in owner.attributes)
        )
        settings = AttributeSettings(
            description=entry.description,
            minimum=entry.minimum,
            maximum=entry.maximum,
            unique=entry.unique,
            label=entry.label or becomes_label,
        )
        if entry.type == "referenced_object":
            settings["type_value"] = str(self._type_of(*self._checker.target(entry)).id)
            settings["additional_value"] = str(min(site.reference_types))
            return AttributeType.REFERENCE, settings
        if entry.type == "status":
            settings["type_value_multi"] = [
                str(status.id)
                for name in entry.statuses
                for status in self._checker.statuses
                if status.name.lower() == name.lower()
            ]
            return AttributeType.STATUS, settings
        settings["default_type"] = IMPORT_TYPE_NAMES[entry.type]
        return AttributeType.DEFAULT, settings


def _default_icon(site: Site) -> str:
    return DEFAULT_ICON_ID if DEFAULT_ICON_ID in site.icons else next(iter(site.icons))
