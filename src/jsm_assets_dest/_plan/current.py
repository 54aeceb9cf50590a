"""What an import source has now: `GET …/schema-and-mapping` read tolerantly, whatever stands in it.

Unlike `SchemaModel.from_document`, nothing here is refused: a schema may hold object types and attributes
that no import could make. Observed by clients: the answer lists the attribute Key without an external id,
fills in label, cardinalities and `externalIdPart`, has an empty `iconSchema`, and leaves user attributes out
(JSDCLOUD-10732).
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from .._model.names import same_name
from .._wire.json_reading import as_number, as_object, as_objects, as_text, as_texts
from .document_reading import walk


@frozen(kw_only=True)
class CurrentAttribute:
    """An attribute that exists."""

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


@frozen(kw_only=True)
class CurrentMapping:
    """The mapping of an object type that exists: the same for every order of its attributes."""

    selector: str
    attributes: Mapping[str, tuple[tuple[str, ...], bool, str]]

    @property
    def identifiers(self) -> frozenset[str]:
        """The external ids of the attributes that identify a record."""
        return frozenset(external_id for external_id, (_, part, _) in self.attributes.items() if part)


@frozen(kw_only=True)
class CurrentObjectType:
    """An object type that exists."""

    external_id: str
    name: str
    description: str
    icon_key: str
    parent: str
    attributes: tuple[CurrentAttribute, ...] = field(repr=False)
    mapping: CurrentMapping | None = field(repr=False)

    def find(self, external_id: str, name: str) -> CurrentAttribute | None:
        """The attribute with this external id, else the one with this name in any case, else None."""
        for attribute in self.attributes:
            if attribute.external_id == external_id:
                return attribute
        return next((one for one in self.attributes if same_name(one.name, name)), None)


@frozen(kw_only=True)
class Current:
    """Everything that exists."""

    object_types: tuple[CurrentObjectType, ...] = ()
    icons: Mapping[str, Mapping[str, object]] = field(factory=dict)
    statuses: Mapping[str, Mapping[str, object]] = field(factory=dict)
    mapped_but_gone: tuple[str, ...] = ()
    has_mapping: bool = False

    def with_external_id(self, external_id: str) -> CurrentObjectType | None:
        """The object type with this external id, or None."""
        return next((one for one in self.object_types if one.external_id == external_id), None)

    def named(self, name: str) -> CurrentObjectType | None:
        """The object type with this name in any case, or None."""
        return next((one for one in self.object_types if same_name(one.name, name)), None)


def read_mapping(mapping: Mapping[str, object]) -> CurrentMapping:
    """One entry of `objectTypeMappings`."""
    return CurrentMapping(
        selector=as_text(mapping.get("selector")),
        attributes={
            as_text(one.get("attributeExternalId")) or as_text(one.get("attributeName")): (
                as_texts(one.get("attributeLocators")),
                one.get("externalIdPart") is True,
                as_text(one.get("objectMappingIQL")),
            )
            for one in as_objects(mapping.get("attributesMapping"))
        },
    )


def read_current(document: Mapping[str, object] | None) -> Current:
    """The whole answer; None, where there was nothing to read, is an empty one."""
    schema = as_object(as_object(document).get("schema"))
    mappings = as_objects(as_object(as_object(document).get("mapping")).get("objectTypeMappings"))
    by_external_id = {as_text(one.get("objectTypeExternalId")): one for one in mappings}
    by_name = {
        as_text(one.get("objectTypeName")): one for one in mappings if not one.get("objectTypeExternalId")
    }
    object_types: list[CurrentObjectType] = []
    for entry, parent in walk(as_object(schema.get("objectSchema")).get("objectTypes")):
        external_id, name = as_text(entry.get("externalId")), as_text(entry.get("name"))
        mapping = (by_external_id.get(external_id) if external_id else None) or by_name.get(name)
        object_types.append(
            CurrentObjectType(
                external_id=external_id,
                name=name,
                description=as_text(entry.get("description")),
                icon_key=as_text(entry.get("iconKey")),
                parent=parent,
                attributes=tuple(_read_attribute(one) for one in as_objects(entry.get("attributes"))),
                mapping=None if mapping is None else read_mapping(mapping),
            )
        )
    known = {one.external_id for one in object_types} | {one.name for one in object_types}
    return Current(
        object_types=tuple(object_types),
        icons=_by(as_object(schema.get("iconSchema")).get("icons"), "key"),
        statuses=_by(as_object(schema.get("statusSchema")).get("statuses"), "name"),
        mapped_but_gone=tuple(
            as_text(one.get("objectTypeName"))
            for one in mappings
            if (as_text(one.get("objectTypeExternalId")) or as_text(one.get("objectTypeName"))) not in known
        ),
        has_mapping=bool(mappings),
    )


def _by(values: object, key: str) -> dict[str, Mapping[str, object]]:
    return {as_text(one.get(key)): one for one in as_objects(values)}


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
    )
