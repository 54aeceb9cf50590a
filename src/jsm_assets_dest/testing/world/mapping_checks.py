"""Contradictions between a schema-and-mapping document and the site, found before anything is changed.

The error codes are those that Atlassian's staff named in the developer community. Where the documentation forbids a
change without a code, the nearest code is used, or one in the same style.
"""

from __future__ import annotations

from typing import cast

from .aql_parsing import InvalidQuery, parse
from .entities import Attribute, ImportSource, ObjectSchema, ObjectType, Status
from .json_reading import JsonObject
from .mapping_document import AttributeEntry, Document, TypeEntry, import_type_of, named
from .object_types import is_cardinality
from .rejections import data_validation
from .site import Site
from .values import name_problem

SYSTEM_NAMES = {"key", "created", "updated"}


class MappingChecker:
    """Finds what a document refers to on the site, and the contradictions between both."""

    def __init__(self, site: Site, source: ImportSource, document: Document) -> None:
        self.site = site
        self.document = document
        self.schema: ObjectSchema = site.schemas[source.schema_id]
        self.problems: list[JsonObject] = []
        self._types: dict[str, ObjectType] = {
            object_type.external_id: object_type for object_type in site.types.values()
        }
        self._attributes: dict[str, Attribute] = {
            attribute.external_id: attribute for attribute in site.attributes.values()
        }

    def problem(self, code: str, location: str, message: str) -> None:
        """Record a contradiction."""
        self.problems.append({"code": code, "location": location, "message": message})

    # Lookups ------------------------------------------------------------------------------------------------

    @property
    def types(self) -> list[ObjectType]:
        """The existing object types of the schema."""
        return self.site.types_of(self.schema)

    @property
    def statuses(self) -> list[Status]:
        """The existing statuses of the schema, and the global ones."""
        schema_ids = (None, self.schema.id)
        return [status for status in self.site.statuses.values() if status.schema_id in schema_ids]

    def existing_type(self, entry: TypeEntry) -> ObjectType | None:
        """Return the existing object type of an entry: by external id, or by name if it has none."""
        return named(self.types, entry.name, entry.external_id)

    def existing_attribute(self, owner: ObjectType | None, entry: AttributeEntry) -> Attribute | None:
        """Return the existing attribute of an entry."""
        if owner is None:
            return None
        return named(self.site.attributes_of(owner), entry.name, entry.external_id)

    def mapped_type(self, mapping: JsonObject) -> tuple[TypeEntry | None, ObjectType | None]:
        """Return what a mapping refers to: an entry of the document, an existing type, or both."""
        name, external_id = str(mapping["objectTypeName"]), mapping.get("objectTypeExternalId") or None
        return named(self.document.types, name, external_id), named(self.types, name, external_id)

    def target(self, entry: AttributeEntry) -> tuple[TypeEntry | None, ObjectType | None]:
        """Return the target of a reference: an entry of the document, or an existing type, also of another schema."""
        name, external_id = entry.reference_name, entry.reference_external_id
        candidates = self.types if external_id is None else self.site.types.values()
        return named(self.document.types, name, external_id), named(candidates, name, external_id)

    # Checks -------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Check the document.

        Raises:
            Rejection: 400 that names all of them.
        """
        self._check_external_ids()
        icon_keys = {icon.key for icon in self.site.icons.values()} | {
            key for key, _, _ in self.document.icons
        }
        for entry in self.document.types:
            if entry.icon_key is not None and entry.icon_key not in icon_keys:
                self.problem("UNKNOWN_ICON_KEY", entry.location, f"The icon {entry.icon_key} does not exist")
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
            # In documents of the service, Key may have no external id, so it needs none here either.
            pairs.extend(
                (attribute.external_id, attribute.name, entry.location)
                for attribute in entry.attributes
                if attribute.external_id is not None or attribute.name.lower() not in SYSTEM_NAMES
            )
            for external_id, name, location in pairs:
                if not external_id:
                    self.problem("SCHEMA_INVALID_EXTERNAL_ID", location, f"{name} has no external id")
                elif external_id in seen:
                    self.problem("DUPLICATE_EXTERNAL_ID_ILLEGAL", location, f"{external_id} is there twice")
                else:
                    seen.add(external_id)

    def _check_type(self, entry: TypeEntry) -> None:
        existing = self.existing_type(entry)
        where = entry.location
        problem = name_problem(entry.name)
        if problem is not None:
            self.problem("INVALID_NAME", where, problem)
        if entry.external_id is not None:
            elsewhere = self._types.get(entry.external_id)
            if elsewhere is not None and existing is None:
                self.problem(
                    "SCHEMA_INVALID_EXTERNAL_ID",
                    where,
                    f"{entry.external_id} is used in another object schema",
                )
            elif entry.external_id in self._attributes:
                self.problem(
                    "SCHEMA_INVALID_EXTERNAL_ID", where, f"{entry.external_id} is that of an attribute"
                )
            for other in self.types:
                if other is not existing and other.name.lower() == entry.name.lower():
                    self.problem(
                        "EXTERNAL_ID_MISMATCH", where, f"The object type {other.name} has another external id"
                    )
            if existing is not None and not self._is_same_name(existing.name, entry.name):
                self.problem("EXTERNAL_ID_MISMATCH", where, f"The name of {existing.name} cannot be changed")
        labels = [attribute.name for attribute in entry.attributes if attribute.label]
        if len(labels) > 1 and not self.site.doubts.two_labels_accepted:
            self.problem("DUPLICATE_LABEL", where, f"{' and '.join(labels)} are both labels")
        names: set[str] = set()
        for attribute in entry.attributes:
            if attribute.name.lower() in names:
                self.problem("DUPLICATE_ATTRIBUTE_NAME", where, f"{attribute.name} is there twice")
            names.add(attribute.name.lower())
            self._check_attribute(entry, existing, attribute)

    def _check_attribute(self, owner: TypeEntry, existing: ObjectType | None, entry: AttributeEntry) -> None:
        where = f"{owner.location}.attributes[{entry.name}]"
        attribute = self.existing_attribute(existing, entry)
        if entry.external_id is not None:
            elsewhere = self._attributes.get(entry.external_id)
            if (elsewhere is not None and attribute is None) or entry.external_id in self._types:
                self.problem("SCHEMA_INVALID_EXTERNAL_ID", where, f"{entry.external_id} is used elsewhere")
            if existing is not None:
                same_name = self.site.attribute_named(existing, entry.name)
                if same_name is not None and same_name is not attribute:
                    self.problem(
                        "EXTERNAL_ID_MISMATCH",
                        where,
                        f"The attribute {same_name.name} has another external id",
                    )
            if attribute is not None and not self._is_same_name(attribute.name, entry.name):
                self.problem("EXTERNAL_ID_MISMATCH", where, f"The name of {attribute.name} cannot be changed")
        if attribute is not None and not attribute.system and import_type_of(attribute) != entry.type:
            self.problem("ATTRIBUTE_TYPE_CHANGED", where, f"The type of {attribute.name} cannot be changed")
            return
        minimum, maximum = entry.minimum, entry.maximum
        if not is_cardinality(minimum, maximum):
            self.problem(
                "INVALID_CARDINALITY", where, f"The cardinality {minimum} to {maximum} is impossible"
            )
        if entry.type == "referenced_object":
            self._check_reference(where, attribute, entry)
        status_names = {status.name.lower() for status in self.statuses} | {
            name.lower() for name, _, _ in self.document.statuses
        }
        for name in entry.statuses:
            if name.lower() not in status_names:
                self.problem("UNKNOWN_STATUS", where, f"The status {name} does not exist")

    def _check_reference(self, where: str, attribute: Attribute | None, entry: AttributeEntry) -> None:
        target_entry, target = self.target(entry)
        if target_entry is None and target is None:
            name = entry.reference_external_id or entry.reference_name or None
            self.problem("UNKNOWN_REFERENCE", where, f"The object type {name} does not exist")
        elif attribute is not None:
            present = self.existing_type(target_entry) if target_entry is not None else target
            if present is None or attribute.type_value != str(present.id):
                self.problem(
                    "REFERENCED_OBJECT_TYPE_CHANGED",
                    where,
                    f"{attribute.name} refers to another object type already",
                )

    # Mappings -----------------------------------------------------------------------------------------------

    def _check_mapping(self, mapping: JsonObject) -> None:
        name = str(mapping["objectTypeName"])
        external_id = mapping.get("objectTypeExternalId")
        where = f"mapping.objectTypeMappings[{name}]"
        entry, existing = self.mapped_type(mapping)
        if self.document.has_external_ids and not external_id:
            self.problem("MAPPING_INVALID_EXTERNAL_ID", where, f"{name} has no external id")
            return
        if entry is None and existing is None:
            self.problem(
                self.site.doubts.unknown_external_id_code,
                where,
                f"The object type {external_id or name} does not exist",
            )
            return
        target_name = entry.name if entry else existing.name if existing else name
        if external_id and not self._is_same_name(name, target_name):
            self.problem(
                "MAPPING_INVALID_EXTERNAL_ID", where, f"{external_id} belongs to another object type"
            )
        attributes = cast("list[JsonObject]", mapping.get("attributesMapping", []))
        for attribute_mapping in attributes:
            self._check_attribute_mapping(where, attribute_mapping, entry, existing)
        has_part = any(attribute_mapping.get("externalIdPart") is True for attribute_mapping in attributes)
        if self.site.doubts.mapping_needs_external_id_part and not has_part:
            self.problem("MISSING_EXTERNAL_ID_PART", where, f"No attribute of {name} is an externalIdPart")

    def _is_same_name(self, first: str, second: str) -> bool:
        """Compare names that accompany external ids: they only inform, so letter case does not matter."""
        return first == second or (
            not self.site.doubts.mapping_names_must_match and first.lower() == second.lower()
        )

    def _check_attribute_mapping(
        self, where: str, mapping: JsonObject, entry: TypeEntry | None, existing: ObjectType | None
    ) -> None:
        name = str(mapping["attributeName"])
        external_id = mapping.get("attributeExternalId")
        if self.document.has_external_ids and not external_id:
            self.problem("MAPPING_INVALID_EXTERNAL_ID", where, f"{name} has no external id")
            return
        attributes: list[Attribute | AttributeEntry] = []
        # A child of an inheriting type may map what it inherits.
        owner = entry
        while owner is not None:
            attributes = [*owner.attributes, *attributes]
            owner = owner.parent
        if existing is not None:
            attributes.extend(self.site.attributes_of(existing))
        attribute = named(attributes, name, external_id or None)
        is_new_name = entry is not None and existing is None and not external_id and name.lower() == "name"
        if attribute is None and not is_new_name:
            self.problem(
                self.site.doubts.unknown_external_id_code,
                where,
                f"The attribute {external_id or name} does not exist",
            )
        elif external_id and attribute is not None and not self._is_same_name(attribute.name, name):
            self.problem("MAPPING_INVALID_EXTERNAL_ID", where, f"{external_id} belongs to another attribute")
        query = mapping.get("objectMappingIQL")
        if isinstance(query, str):
            try:
                parse(query)
            except InvalidQuery as problem:
                self.problem("INVALID_OBJECT_MAPPING_IQL", where, f"{name}: {problem}")
