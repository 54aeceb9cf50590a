"""From a schema-and-mapping document to a model: one of ours, another app's, or what the service answers.

Keys are not in the document. They come back from external ids of our own form; where those have another form,
such as the ones the service makes up, keys are made from names and the external ids are kept as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from .._assets.statuses import StatusCategory
from .._model.aql import lookup
from .._model.findings import FindingCollector
from .._model.names import (
    SYSTEM_ATTRIBUTES,
    camel_case,
    external_id_part,
    is_made_up,
    key_of_part,
    same_name,
    slug,
    unused,
)
from .._model.specs import AttributeSpec, AttributeType, IconSpec, ObjectTypeSpec, ReferenceSpec, StatusSpec
from .._wire.json_reading import as_number, as_object, as_objects, as_text, as_texts

if TYPE_CHECKING:
    from .._model.schema_model import SchemaModel


@frozen
class _Entry:
    """An object type of the document, before references are resolved."""

    key: str
    json: Mapping[str, object]
    parent: str


def walk(entries: object, parent: str = "") -> Iterator[tuple[Mapping[str, object], str]]:
    """The object types of a document on all levels, each with the external id of the one above it, parents
    first.
    """
    for entry in as_objects(entries):
        yield entry, parent
        yield from walk(entry.get("children"), as_text(entry.get("externalId")))


def _walk_keyed(entries: object, keys: _Keys, parent: str = "") -> Iterator[_Entry]:
    for entry in as_objects(entries):
        key = keys.of(as_text(entry.get("externalId")), as_text(entry.get("name")), "objectType")
        yield _Entry(key, entry, parent)
        yield from _walk_keyed(entry.get("children"), keys, key)


class _Keys:
    """Gives keys: from the external id where it has our form, else from the name, and none twice."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._taken: set[str] = set()

    def of(self, external_id: str, name: str, otherwise: str) -> str:
        part = external_id.removeprefix(self._prefix)
        key = key_of_part(part)
        is_ours = part != external_id and part and external_id_part(key) == part
        if not is_ours or key.casefold() in self._taken:
            key = unused(camel_case(name) or otherwise, self._taken)
        self._taken.add(key.casefold())
        return key


def _namespace(root: Mapping[str, object]) -> str:
    prefixes: Counter[str] = Counter()
    for entry, _ in walk(root.get("objectTypes")):
        external_id = as_text(entry.get("externalId"))
        prefix = external_id.rpartition("/")[0]
        if prefix and not is_made_up(external_id):
            prefixes[prefix] += 1
    return prefixes.most_common(1)[0][0] if prefixes else slug(as_text(root.get("name")))


def read_document(document: Mapping[str, object]) -> SchemaModel:
    """The model that a document describes.

    Raises:
        InvalidModelError: It is no such document, or it uses types or categories that imports do not have.
    """
    from .._model.schema_model import SchemaModel

    found = FindingCollector()
    schema = as_object(document.get("schema"))
    root = as_object(schema.get("objectSchema"))
    if not isinstance(root.get("objectTypes"), list):
        found.error(
            "not-a-document",
            "schema.objectSchema.objectTypes",
            "The document has no list of object types.",
            "Give the whole schema-and-mapping document, with “schema” and “mapping” at the top.",
        )
    namespace = _namespace(root)
    mappings = as_objects(as_object(document.get("mapping")).get("objectTypeMappings"))
    entries = list(_walk_keyed(root.get("objectTypes"), _Keys(f"{namespace}/")))
    statuses = _read_statuses(as_object(schema.get("statusSchema")).get("statuses"), found)
    types = tuple(
        _read_object_type(entry, entries, mappings, namespace, found)
        for entry in _in_order(entries, mappings)
    )
    found.findings().raise_for_errors()
    model = SchemaModel(
        as_text(root.get("name")),
        types,
        description=as_text(root.get("description")),
        statuses=statuses,
        icons=tuple(
            IconSpec(as_text(icon.get("key")), as_text(icon.get("name")), as_text(icon.get("png48")))
            for icon in as_objects(as_object(schema.get("iconSchema")).get("icons"))
        ),
        namespace=namespace,
    )
    return evolve(model, object_types=tuple(_simplified(model, spec) for spec in model.object_types))


def _in_order(entries: list[_Entry], mappings: list[Mapping[str, object]]) -> list[_Entry]:
    """The object types in the order of their mappings, which the tree does not keep; others stay behind their
    neighbour.
    """
    position = -1
    positions: list[tuple[int, _Entry]] = []
    for entry in entries:
        mapping = _mapping_of(entry.json, mappings, "objectTypeExternalId", "objectTypeName")
        position = (
            position if mapping is None else next(at for at, one in enumerate(mappings) if one is mapping)
        )
        positions.append((position, entry))
    return [entry for _, entry in sorted(positions, key=lambda pair: pair[0])]


def _read_statuses(values: object, found: FindingCollector) -> tuple[StatusSpec, ...]:
    statuses: list[StatusSpec] = []
    for entry in as_objects(values):
        name, category = as_text(entry.get("name")), as_text(entry.get("category"))
        if category in set(StatusCategory):
            statuses.append(StatusSpec(name, StatusCategory(category), as_text(entry.get("description"))))
        else:
            found.error(
                "unknown-category",
                f"statuses.{name}",
                f"The category “{category}” is none that a status can have.",
                "Use active, inactive or pending.",
            )
    return tuple(statuses)


def _mapping_of(
    entry: Mapping[str, object], mappings: list[Mapping[str, object]], id_key: str, name_key: str
) -> Mapping[str, object] | None:
    external_id, name = as_text(entry.get("externalId")), as_text(entry.get("name"))
    for mapping in mappings:
        if external_id and as_text(mapping.get(id_key)) == external_id:
            return mapping
    for mapping in mappings:
        if not as_text(mapping.get(id_key)) and same_name(as_text(mapping.get(name_key)), name):
            return mapping
    return None


def _read_object_type(
    entry: _Entry,
    entries: list[_Entry],
    mappings: list[Mapping[str, object]],
    namespace: str,
    found: FindingCollector,
) -> ObjectTypeSpec:
    mapping = _mapping_of(entry.json, mappings, "objectTypeExternalId", "objectTypeName")
    attribute_mappings = as_objects(mapping.get("attributesMapping")) if mapping is not None else []
    prefix = f"{namespace}/{external_id_part(entry.key)}"
    keys = _Keys(f"{prefix}/")
    attributes: list[AttributeSpec] = []
    for attribute in as_objects(entry.json.get("attributes")):
        name = as_text(attribute.get("name"))
        filled = _mapping_of(attribute, attribute_mappings, "attributeExternalId", "attributeName")
        if filled is None and not attribute.get("externalId") and name.casefold() in SYSTEM_ATTRIBUTES:
            continue
        external_id = as_text(attribute.get("externalId"))
        key = keys.of(external_id, name, "attribute")
        read = _read_attribute(attribute, filled, key, entries, f"{entry.key}.{key}", found)
        if read is not None:
            is_default = external_id == f"{prefix}/{external_id_part(key)}"
            attributes.append(evolve(read, external_id="" if is_default else external_id))
    external_id = as_text(entry.json.get("externalId"))
    return ObjectTypeSpec(
        as_text(entry.json.get("name")),
        attributes,
        key=entry.key,
        selector=as_text(mapping.get("selector")) if mapping is not None else "",
        description=as_text(entry.json.get("description")),
        icon_key=as_text(entry.json.get("iconKey")),
        parent=entry.parent,
        external_id="" if external_id == prefix else external_id,
        mapped=mapping is not None,
    )


def _read_attribute(
    json: Mapping[str, object],
    filled: Mapping[str, object] | None,
    key: str,
    entries: list[_Entry],
    path: str,
    found: FindingCollector,
) -> AttributeSpec | None:
    kind = as_text(json.get("type"))
    if kind not in set(AttributeType):
        found.error(
            "unknown-type",
            path,
            f"The type “{kind}” is none that an import can give an attribute.",
            f"Use one of: {', '.join(AttributeType)}.",
        )
        return None
    return AttributeSpec(
        as_text(json.get("name")),
        AttributeType(kind),
        key=key,
        locators=as_texts(filled.get("attributeLocators")) if filled is not None else (),
        description=as_text(json.get("description")),
        label=json.get("label") is True,
        identifier=filled is not None and filled.get("externalIdPart") is True,
        unique=json.get("unique") is True,
        minimum=as_number(json.get("minimumCardinality"), 0),
        maximum=as_number(json.get("maximumCardinality"), 1),
        reference=_read_reference(json, filled, entries),
        statuses=as_texts(json.get("typeValues")),
        mapped=filled is not None,
    )


def _read_reference(
    json: Mapping[str, object], filled: Mapping[str, object] | None, entries: list[_Entry]
) -> ReferenceSpec | None:
    if as_text(json.get("type")) != AttributeType.REFERENCE:
        return None
    external_id = as_text(json.get("referenceObjectTypeExternalId"))
    name = as_text(json.get("referenceObjectTypeName"))
    target = external_id or name
    for entry in entries:
        if external_id and as_text(entry.json.get("externalId")) == external_id:
            target = entry.key
            break
        if not external_id and same_name(as_text(entry.json.get("name")), name):
            target = entry.key
            break
    return ReferenceSpec(target, aql=as_text(filled.get("objectMappingIQL")) if filled is not None else "")


def _simplified(model: SchemaModel, spec: ObjectTypeSpec) -> ObjectTypeSpec:
    """The object type with queries that we would build ourselves taken back to what they were built from."""
    return evolve(spec, attributes=tuple(_simplified_attribute(model, one) for one in spec.attributes))


def _simplified_attribute(model: SchemaModel, attribute: AttributeSpec) -> AttributeSpec:
    reference = attribute.reference
    if reference is None or not reference.aql or not model.has_object_type(reference.target):
        return attribute
    target = model.object_type(reference.target)
    for by in ("", *(one.key for one in target.attributes)):
        simple = evolve(attribute, reference=ReferenceSpec(reference.target, by=by))
        if lookup(simple, target) == reference.aql:
            return simple
    return attribute
