"""Form of a schema-and-mapping document, and its contents as values: a lenient reading, for documents that a plan compares.

Unlike `SchemaModel.from_document`, this rejects nothing: a schema may contain object types and attributes that no import
can create. Clients saw that the response lists the attribute Key without an external id, sets label, cardinalities, and
`externalIdPart` everywhere, has an empty `iconSchema`, and leaves out user attributes (JSDCLOUD-10732).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from attrs import field, frozen

from .._wire.json_reading import as_number, as_object, as_objects, as_text, as_texts
from .findings import FindingCollector
from .mapping_document import mapping_description, walk
from .names import same_name, with_name
from .specs import AttributeType

_Json = Mapping[str, object]

_TEXT, _FLAG, _NUMBER, _TEXTS = "a string", "true or false", "a whole number", "a list of strings"
_NAMED = {"name": _TEXT, "description": _TEXT}

#: For each kind of object the keys that the model has fields for, and their types: words, another kind of object, or a list of
#: such objects.
_TYPES: Mapping[str, Mapping[str, str | list[str]]] = {
    "document": {"schema": "schema", "mapping": "mapping"},
    "schema": {"objectSchema": "objectSchema", "iconSchema": "iconSchema", "statusSchema": "statusSchema"},
    "objectSchema": {**_NAMED, "objectTypes": ["objectType"]},
    "objectType": {
        **_NAMED,
        **dict.fromkeys(("externalId", "iconKey"), _TEXT),
        "attributes": ["attribute"],
        "children": ["objectType"],
    },
    "attribute": {
        **_NAMED,
        **dict.fromkeys(
            ("externalId", "type", "referenceObjectTypeName", "referenceObjectTypeExternalId"), _TEXT
        ),
        **dict.fromkeys(("label", "unique"), _FLAG),
        **dict.fromkeys(("minimumCardinality", "maximumCardinality"), _NUMBER),
        "typeValues": _TEXTS,
    },
    "iconSchema": {"icons": ["icon"]},
    "icon": dict.fromkeys(("key", "name", "png48"), _TEXT),
    "statusSchema": {"statuses": ["status"]},
    "status": {**_NAMED, "category": _TEXT},
    "mapping": {"objectTypeMappings": ["objectTypeMapping"]},
    "objectTypeMapping": {
        **dict.fromkeys(("objectTypeExternalId", "objectTypeName", "selector", "description"), _TEXT),
        "attributesMapping": ["attributeMapping"],
    },
    "attributeMapping": {
        **dict.fromkeys(("attributeExternalId", "attributeName", "objectMappingIQL"), _TEXT),
        "attributeLocators": _TEXTS,
        "externalIdPart": _FLAG,
    },
}
#: Keys of references. A definition or mapping of another attribute keeps them.
_REFERENCE_KEYS = frozenset({"referenceObjectTypeName", "referenceObjectTypeExternalId"})


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


def extra_of(entry: _Json, kind: str, own_keys: Collection[str] = ()) -> dict[str, object]:
    """Return what an entry of a kind contains beyond the keys that the model has fields for, except `own_keys`."""
    return {
        key: value
        for key, value in entry.items()
        if (key not in _TYPES[kind] or key in own_keys)
        and value is not None
        and (key, value) != ("inheritance", False)
    }


def mapping_extra_of(mapping: _Json, name: str) -> dict[str, object]:
    """Return the unknown keys of the mapping of an object type, and its description if the library didn't write it."""
    extra = extra_of(mapping, "objectTypeMapping")
    description = as_text(mapping.get("description"))
    if description not in ("", mapping_description(as_text(mapping.get("selector")), name)):
        extra["description"] = description
    return extra


def attribute_extra_of(definition: _Json) -> dict[str, object]:
    """Return the unknown keys of the definition of an attribute."""
    is_reference = definition.get("type") == AttributeType.REFERENCE
    return extra_of(definition, "attribute", () if is_reference else _REFERENCE_KEYS)


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
        return with_name(self.attributes, name)


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
        return with_name(self.object_types, name)


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
                extra_of(entry, "attributeMapping"),
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
                extra=extra_of(entry, "objectType"),
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


def reject_wrong_types(document: Mapping[str, object]) -> None:
    """Check the value of each known key of a document, or of a part of one. A value of null counts as a missing key.

    Reading treats a value of a wrong JSON type as missing. Without this check of what a person wrote, a locator that is a
    string instead of a list would silently become another one.

    Raises:
        InvalidModelError: It names all values of a wrong type.
    """
    collector = FindingCollector()
    for path, words in _misfits(document, "document", ""):
        collector.error("wrong-type", path, f"The value is not {words}.", "Correct the document.")
    collector.raise_for_errors()


def _misfits(entry: Mapping[str, object], kind: str, path: str) -> Iterator[tuple[str, str]]:
    for key, wanted in _TYPES[kind].items():
        value, place = entry.get(key), f"{path}{key}"
        if value is None:
            continue
        if isinstance(wanted, str) and wanted not in _TYPES:
            if not _fits(value, wanted):
                yield place, wanted
        elif isinstance(wanted, str):
            yield from _misfits_of_object(value, wanted, place)
        elif isinstance(value, (list, tuple)):
            for position, item in enumerate(value):
                yield from _misfits_of_object(item, wanted[0], f"{place}[{position}]")
        else:
            yield place, "a list of objects"


def _misfits_of_object(value: object, kind: str, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from _misfits(value, kind, f"{place}.")
    else:
        yield place, "an object"


def _fits(value: object, wanted: str) -> bool:
    if wanted == _TEXTS:
        return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
    if wanted == _NUMBER:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str if wanted == _TEXT else bool)
