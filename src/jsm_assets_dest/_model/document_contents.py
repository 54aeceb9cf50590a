"""Contents of a schema-and-mapping document as values: a lenient reading, for documents that a plan compares.

Unlike `SchemaModel.from_document`, this rejects nothing: a schema may contain object types and attributes that no import
can create. Clients saw that the response lists the attribute Key without an external id, sets label, cardinalities, and
`externalIdPart` everywhere, has an empty `iconSchema`, and leaves out user attributes (JSDCLOUD-10732).
"""

from collections.abc import Iterator, Mapping, Sequence

from attrs import field, frozen

from .._wire.json_reading import as_number, as_object, as_objects, as_text, as_texts
from .names import same_name
from .specs import AttributeType

_Json = Mapping[str, object]

#: The keys of each kind of entry that the model has fields for.
OBJECT_TYPE_KEYS = frozenset({"externalId", "name", "description", "iconKey", "attributes", "children"})
_REFERENCE_KEYS = frozenset({"referenceObjectTypeName", "referenceObjectTypeExternalId"})
_ATTRIBUTE = _REFERENCE_KEYS | {
    "externalId",
    "name",
    "description",
    "type",
    "label",
    "minimumCardinality",
    "maximumCardinality",
    "unique",
    "typeValues",
}
_MAPPING = frozenset(
    {"objectTypeExternalId", "objectTypeName", "selector", "description", "attributesMapping"}
)
_ATTRIBUTE_MAPPING = frozenset(
    {"attributeExternalId", "attributeName", "attributeLocators", "externalIdPart", "objectMappingIQL"}
)


@frozen
class MappingPairs:
    """Mappings by the entry of the schema that they belong to.

    Attributes:
        by_entry: The mapping of each entry, by its position. If an entry has several mappings, the first one.
        unknown: Mappings of entries that the schema does not have.
        repeated: Further mappings of an entry that has one.
    """

    by_entry: dict[int, _Json] = field(factory=dict)
    unknown: list[_Json] = field(factory=list)
    repeated: list[_Json] = field(factory=list)


def pair_mappings(entries: Sequence[_Json], mappings: Sequence[_Json], kind: str) -> MappingPairs:
    """Pair the mappings of object types or attributes with the entries of the schema.

    External ids decide. Names count only for mappings without an external id.

    Args:
        entries: The object types, or the attributes of one.
        mappings: Their mappings.
        kind: "objectType" or "attribute".
    """
    pairs = MappingPairs()
    for mapping in mappings:
        external_id, name = as_text(mapping.get(f"{kind}ExternalId")), as_text(mapping.get(f"{kind}Name"))
        position = next(
            (
                position
                for position, entry in enumerate(entries)
                if (external_id and entry.get("externalId") == external_id)
                or (not external_id and same_name(as_text(entry.get("name")), name))
            ),
            None,
        )
        if position is None:
            pairs.unknown.append(mapping)
        elif position in pairs.by_entry:
            pairs.repeated.append(mapping)
        else:
            pairs.by_entry[position] = mapping
    return pairs


def walk(entries: object, parent: str = "") -> Iterator[tuple[_Json, str]]:
    """Yield the object types of a document on all levels, each with the external id of its parent, parents first."""
    for entry in as_objects(entries):
        yield entry, parent
        yield from walk(entry.get("children"), as_text(entry.get("externalId")))


def extra_of(entry: _Json, known_keys: frozenset[str]) -> dict[str, object]:
    """Return what an entry contains beyond the keys that the model has fields for."""
    return {
        key: value
        for key, value in entry.items()
        if key not in known_keys and value is not None and (key, value) != ("inheritance", False)
    }


def mapping_description(selector: str, name: str) -> str:
    """Return the description of a mapping that has no other."""
    return f'Records of "{selector}" become objects of the type "{name}".'


def mapping_extra_of(mapping: _Json, name: str) -> dict[str, object]:
    """Return the unknown keys of the mapping of an object type, and its description if the library didn't write it."""
    extra = extra_of(mapping, _MAPPING)
    description = as_text(mapping.get("description"))
    if description not in ("", mapping_description(as_text(mapping.get("selector")), name)):
        extra["description"] = description
    return extra


def attribute_extra_of(definition: _Json) -> dict[str, object]:
    """Return the unknown keys of the definition of an attribute."""
    is_reference = definition.get("type") == AttributeType.REFERENCE
    return extra_of(definition, _ATTRIBUTE if is_reference else _ATTRIBUTE - _REFERENCE_KEYS)


def attribute_mapping_extra_of(mapping: _Json, *, is_reference: bool = True) -> dict[str, object]:
    """Return the unknown keys of the mapping of an attribute."""
    known_keys = _ATTRIBUTE_MAPPING if is_reference else _ATTRIBUTE_MAPPING - {"objectMappingIQL"}
    return extra_of(mapping, known_keys)


@frozen(kw_only=True)
class AttributeContents:
    """An attribute of a document."""

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
class MappingContents:
    """The mapping of an object type. The order of its attributes doesn't matter."""

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
class ObjectTypeContents:
    """An object type of a document."""

    external_id: str
    name: str
    description: str
    icon_key: str
    parent: str
    attributes: tuple[AttributeContents, ...] = field(repr=False)
    mapping: MappingContents | None = field(repr=False)
    extra: Mapping[str, object] = field(repr=False)

    def find(self, external_id: str, name: str) -> AttributeContents | None:
        """Return the attribute with this external id, otherwise the one with this name in any case, or None."""
        for attribute in self.attributes:
            if attribute.external_id == external_id:
                return attribute
        return next((attribute for attribute in self.attributes if same_name(attribute.name, name)), None)


@frozen(kw_only=True)
class Contents:
    """Everything that a document contains.

    Attributes:
        deleted: The external ids of object types that are mapped but that the schema no longer has, each with its name.
    """

    object_types: tuple[ObjectTypeContents, ...] = ()
    icons: Mapping[str, Mapping[str, object]] = field(factory=dict)
    statuses: Mapping[str, Mapping[str, object]] = field(factory=dict)
    deleted: Mapping[str, str] = field(factory=dict)
    has_mapping: bool = False

    def with_external_id(self, external_id: str) -> ObjectTypeContents | None:
        """Return the object type with this external id, or None."""
        return next(
            (object_type for object_type in self.object_types if object_type.external_id == external_id), None
        )

    def mapping_of(self, external_id: str) -> MappingContents | None:
        """Return the mapping of the object type with this external id, or None."""
        object_type = self.with_external_id(external_id)
        return None if object_type is None else object_type.mapping

    def named(self, name: str) -> ObjectTypeContents | None:
        """Return the object type with this name in any case, or None."""
        return next(
            (object_type for object_type in self.object_types if same_name(object_type.name, name)), None
        )


def _read_mapping(mapping: Mapping[str, object]) -> MappingContents:
    """Read the mapping of an object type."""
    return MappingContents(
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


def read_contents(document: Mapping[str, object] | None) -> Contents:
    """Read a whole document, such as the response about an import source. None means that nothing exists."""
    schema = as_object(as_object(document).get("schema"))
    mappings = as_objects(as_object(as_object(document).get("mapping")).get("objectTypeMappings"))
    entries = list(walk(as_object(schema.get("objectSchema")).get("objectTypes")))
    pairs = pair_mappings([entry for entry, _ in entries], mappings, "objectType")
    return Contents(
        object_types=tuple(
            ObjectTypeContents(
                external_id=as_text(entry.get("externalId")),
                name=as_text(entry.get("name")),
                description=as_text(entry.get("description")),
                icon_key=as_text(entry.get("iconKey")),
                parent=parent,
                attributes=tuple(
                    _read_attribute(definition) for definition in as_objects(entry.get("attributes"))
                ),
                mapping=_read_mapping(pairs.by_entry[position]) if position in pairs.by_entry else None,
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


def _read_attribute(json: Mapping[str, object]) -> AttributeContents:
    return AttributeContents(
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
