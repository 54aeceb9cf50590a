"""Contents of an import source: a lenient reading of `GET …/schema-and-mapping`.

Unlike `SchemaModel.from_document`, this rejects nothing: a schema may contain object types and attributes that no import
can create. Clients saw that the response lists the attribute Key without an external id, sets label, cardinalities, and
`externalIdPart` everywhere, has an empty `iconSchema`, and leaves out user attributes (JSDCLOUD-10732).
"""

from collections.abc import Mapping

from attrs import field, frozen

from .._model.document_reading import (
    OBJECT_TYPE_KEYS,
    attribute_extra_of,
    attribute_mapping_extra_of,
    extra_of,
    mapping_extra_of,
    pair_mappings,
    walk,
)
from .._model.names import same_name
from .._wire.json_reading import as_number, as_object, as_objects, as_text, as_texts


@frozen(kw_only=True)
class CurrentAttribute:
    """An existing attribute."""

    external_id: str
    name: str
    type: str
    description: str
    label: bool
    unique: bool
    minimum: int
    maximum: int
    statuses: tuple[str, ...]
    target_external_id: str
    target_name: str
    extra: Mapping[str, object] = field(repr=False)


@frozen
class AttributeMapping:
    """The mapping of an attribute."""

    locators: tuple[str, ...]
    is_identifier: bool
    query: str
    extra: Mapping[str, object]
    #: Not compared: an attribute that was renamed in Assets has the same mapping.
    name: str = field(default="", eq=False)


@frozen(kw_only=True)
class CurrentMapping:
    """The mapping of an existing object type. The order of its attributes doesn't matter."""

    selector: str
    attributes: Mapping[str, AttributeMapping]
    extra: Mapping[str, object]

    @property
    def identifiers(self) -> Mapping[str, tuple[str, ...]]:
        """The external ids of the attributes that identify a record, each with the places of its values in a record."""
        return {
            external_id: mapping.locators
            for external_id, mapping in self.attributes.items()
            if mapping.is_identifier
        }

    def fills(self, external_id: str, name: str) -> bool:
        """Return True if it fills the attribute with this external id, or one with this name in any case."""
        return external_id in self.attributes or any(
            same_name(mapping.name, name) for mapping in self.attributes.values()
        )


@frozen(kw_only=True)
class CurrentObjectType:
    """An existing object type."""

    external_id: str
    name: str
    description: str
    icon_key: str
    parent: str
    attributes: tuple[CurrentAttribute, ...] = field(repr=False)
    mapping: CurrentMapping | None = field(repr=False)
    extra: Mapping[str, object] = field(repr=False)

    def find(self, external_id: str, name: str) -> CurrentAttribute | None:
        """Return the attribute with this external id, otherwise the one with this name in any case, or None."""
        for attribute in self.attributes:
            if attribute.external_id == external_id:
                return attribute
        return next((attribute for attribute in self.attributes if same_name(attribute.name, name)), None)


@frozen(kw_only=True)
class Current:
    """Everything that exists.

    Attributes:
        deleted: The external ids of object types that are mapped but no longer exist, each with its name.
    """

    object_types: tuple[CurrentObjectType, ...] = ()
    icons: Mapping[str, Mapping[str, object]] = field(factory=dict)
    statuses: Mapping[str, Mapping[str, object]] = field(factory=dict)
    deleted: Mapping[str, str] = field(factory=dict)
    has_mapping: bool = False

    def with_external_id(self, external_id: str) -> CurrentObjectType | None:
        """Return the object type with this external id, or None."""
        return next(
            (object_type for object_type in self.object_types if object_type.external_id == external_id), None
        )

    def named(self, name: str) -> CurrentObjectType | None:
        """Return the object type with this name in any case, or None."""
        return next(
            (object_type for object_type in self.object_types if same_name(object_type.name, name)), None
        )


def read_mapping(mapping: Mapping[str, object]) -> CurrentMapping:
    """Read the mapping of an object type."""
    return CurrentMapping(
        selector=as_text(mapping.get("selector")),
        attributes={
            as_text(entry.get("attributeExternalId"))
            or as_text(entry.get("attributeName")): AttributeMapping(
                as_texts(entry.get("attributeLocators")),
                entry.get("externalIdPart") is True,
                as_text(entry.get("objectMappingIQL")),
                attribute_mapping_extra_of(entry),
                as_text(entry.get("attributeName")),
            )
            for entry in as_objects(mapping.get("attributesMapping"))
        },
        extra=mapping_extra_of(mapping, as_text(mapping.get("objectTypeName"))),
    )


def read_current(document: Mapping[str, object] | None) -> Current:
    """Read the whole response. None means that nothing exists."""
    schema = as_object(as_object(document).get("schema"))
    mappings = as_objects(as_object(as_object(document).get("mapping")).get("objectTypeMappings"))
    entries = list(walk(as_object(schema.get("objectSchema")).get("objectTypes")))
    pairs = pair_mappings([entry for entry, _ in entries], mappings, "objectType")
    return Current(
        object_types=tuple(
            CurrentObjectType(
                external_id=as_text(entry.get("externalId")),
                name=as_text(entry.get("name")),
                description=as_text(entry.get("description")),
                icon_key=as_text(entry.get("iconKey")),
                parent=parent,
                attributes=tuple(
                    _read_attribute(definition) for definition in as_objects(entry.get("attributes"))
                ),
                mapping=read_mapping(pairs.by_entry[position]) if position in pairs.by_entry else None,
                extra=extra_of(entry, OBJECT_TYPE_KEYS),
            )
            for position, (entry, parent) in enumerate(entries)
        ),
        icons=_by_key(as_object(schema.get("iconSchema")).get("icons"), "key"),
        statuses=_by_key(as_object(schema.get("statusSchema")).get("statuses"), "name"),
        deleted={
            as_text(mapping.get("objectTypeExternalId")) or name: name
            for mapping in pairs.unknown
            for name in [as_text(mapping.get("objectTypeName"))]
        },
        has_mapping=bool(mappings),
    )


def _by_key(values: object, key: str) -> dict[str, Mapping[str, object]]:
    return {as_text(entry.get(key)): entry for entry in as_objects(values)}


def _read_attribute(json: Mapping[str, object]) -> CurrentAttribute:
    return CurrentAttribute(
        external_id=as_text(json.get("externalId")),
        name=as_text(json.get("name")),
        type=as_text(json.get("type")),
        description=as_text(json.get("description")),
        label=json.get("label") is True,
        unique=json.get("unique") is True,
        minimum=as_number(json.get("minimumCardinality"), 0),
        maximum=as_number(json.get("maximumCardinality"), 1),
        statuses=as_texts(json.get("typeValues")),
        target_external_id=as_text(json.get("referenceObjectTypeExternalId")),
        target_name=as_text(json.get("referenceObjectTypeName")),
        extra=attribute_extra_of(json),
    )
