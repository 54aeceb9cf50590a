"""Reads a schema-and-mapping document as a model.

Documents contain no keys. Keys come from external ids of the form that the library writes. Other external ids, such as
generated ones, are stored in the model, and the keys follow from the names.

Unknown keys of a document are stored in `extra` and `mapping_extra`. Null values, empty icon and status lists, and
`inheritance: false` mean the same as a missing key, so they are left out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve, frozen

from .._assets.object_types import StatusCategory
from .._wire.json_reading import as_number, as_object, as_objects, as_text, as_texts
from .document_contents import (
    MappingPairs,
    attribute_extra_of,
    extra_of,
    mapping_extra_of,
    pair_mappings,
    reject_wrong_types,
)
from .findings import FindingCollector
from .mapping_document import walk
from .names import (
    SYSTEM_ATTRIBUTES,
    camel_case,
    external_id_part,
    is_generated,
    key_of_part,
    same_name,
    slug,
    unused,
)
from .object_schema_spec import ModelT, ObjectSchemaSpec
from .references import lookup
from .specs import (
    IMPORTABLE_TYPES,
    AttributeSpec,
    AttributeType,
    IconSpec,
    ObjectTypeSpec,
    ReferenceSpec,
    StatusSpec,
    importable_type,
)

_Json = Mapping[str, object]


class _Keys:
    """Chooses unique keys: a known one, one from an external id in the form of this library, or one from the name."""

    def __init__(self, prefix: str, known_keys: Mapping[str, str]) -> None:
        self._prefix = prefix
        self._known = known_keys
        self._taken: set[str] = {key.casefold() for key in known_keys.values()}

    def choose(self, external_id: str, name: str, default: str) -> str:
        if external_id in self._known:
            return self._known[external_id]
        part = external_id.removeprefix(self._prefix)
        key = key_of_part(part)
        has_our_form = part != external_id and part and external_id_part(key) == part
        if not has_our_form or key.casefold() in self._taken:
            key = unused(camel_case(name) or default, self._taken)
        self._taken.add(key.casefold())
        return key


@frozen
class _Entry:
    """An object type of the document with its key, before references are resolved."""

    key: str
    json: _Json
    parent_key: str


def read_document(
    document: _Json, model_class: type[ModelT], *, strict: bool = True, base: ModelT | None = None
) -> ModelT:
    """Return the model that a document describes.

    Args:
        document: The document.
        model_class: The class of the model.
        strict: Reject values of a wrong type, mappings of unknown object types and attributes, second mappings, and mappings
            without a selector or locators.
            Otherwise ignore them.
        base: A model whose keys, adoptions, and lengths are retained for what has the same external id.

    Raises:
        InvalidModelError: It is not such a document, it uses types or categories that imports don't have, or its mapping
            doesn't fit its schema.
    """
    collector = FindingCollector()
    schema = as_object(document.get("schema"))
    root = as_object(schema.get("objectSchema"))
    if not isinstance(root.get("objectTypes"), list):
        collector.error(
            "not-a-document",
            "schema.objectSchema.objectTypes",
            "The document has no list of object types.",
            'Pass the whole schema-and-mapping document, with "schema" and "mapping" at the top.',
        )
    elif strict:
        reject_wrong_types(document)
    namespace = _namespace(root) if base is None else base.namespace
    known_keys = {} if base is None else {base.external_id(spec.key): spec.key for spec in base.object_types}
    keys = _Keys(f"{namespace}/", known_keys)
    entries = list(_walk_with_keys(root.get("objectTypes"), keys))
    mappings = as_objects(as_object(document.get("mapping")).get("objectTypeMappings"))
    pairs = pair_mappings([entry.json for entry in entries], mappings, "objectType")
    if strict:
        _report_mappings(pairs, "objectType", "mapping.objectTypeMappings", collector)
    icon_schema, status_schema = as_object(schema.get("iconSchema")), as_object(schema.get("statusSchema"))
    statuses = _read_statuses(status_schema.get("statuses"), collector)
    reader = _Reader(namespace, entries, collector, strict=strict, base=base)
    types = {
        position: reader.object_type(entry, pairs.by_entry.get(position))
        for position, entry in enumerate(entries)
    }
    collector.raise_for_errors()
    model = model_class(
        as_text(root.get("name")),
        [types[position] for position in _mapping_order(len(entries), pairs, mappings)],
        description=as_text(root.get("description")),
        statuses=statuses,
        icons=[
            IconSpec(
                as_text(icon.get("key")),
                as_text(icon.get("name")),
                as_text(icon.get("png48")),
                extra=extra_of(icon, "icon"),
            )
            for icon in as_objects(icon_schema.get("icons"))
        ],
        namespace=namespace,
        extra=_root_extra(document),
    )
    return evolve(model, object_types=[_simplified(model, spec) for spec in model.object_types])


def _namespace(root: _Json) -> str:
    prefixes: Counter[str] = Counter()
    for entry, _ in walk(root.get("objectTypes")):
        external_id = as_text(entry.get("externalId"))
        prefix = external_id.rpartition("/")[0]
        if prefix and not is_generated(external_id):
            prefixes[prefix] += 1
    return prefixes.most_common(1)[0][0] if prefixes else slug(as_text(root.get("name")))


def _walk_with_keys(entries: object, keys: _Keys, parent_key: str = "") -> Iterator[_Entry]:
    for json in as_objects(entries):
        key = keys.choose(as_text(json.get("externalId")), as_text(json.get("name")), "objectType")
        yield _Entry(key, json, parent_key)
        yield from _walk_with_keys(json.get("children"), keys, key)


def _report_mappings(pairs: MappingPairs, kind: str, path: str, collector: FindingCollector) -> None:
    what = "object type" if kind == "objectType" else "attribute"
    for mapping in pairs.unknown:
        identity = as_text(mapping.get(f"{kind}ExternalId")) or as_text(mapping.get(f"{kind}Name"))
        collector.error(
            "mapping-unknown",
            f"{path}.{identity}",
            f'The mapping contains "{identity}", but the schema of the document has no such {what}.',
            f"Correct it, or add the {what} to the schema. If the document is only a part, pass it to "
            "`SchemaModel.with_document`.",
        )
    for mapping in pairs.repeated:
        identity = as_text(mapping.get(f"{kind}ExternalId")) or as_text(mapping.get(f"{kind}Name"))
        collector.error(
            "mapping-repeated",
            f"{path}.{identity}",
            f'The {what} "{identity}" has more than one mapping.',
            "Keep one mapping.",
        )


def _mapping_order(count: int, pairs: MappingPairs, mappings: Sequence[_Json]) -> list[int]:
    """Sort the positions of the object types by their mappings. The others stay behind their predecessor."""
    rank = -1
    ranks: list[int] = []
    for position in range(count):
        mapping = pairs.by_entry.get(position)
        if mapping is not None:
            rank = next(number for number, other in enumerate(mappings) if other is mapping)
        ranks.append(rank)
    return sorted(range(count), key=lambda position: ranks[position])


def _root_extra(document: _Json) -> dict[str, object]:
    """Collect the unknown keys above the object types, statuses, and icons, nested as in the document."""
    schema, mapping = as_object(document.get("schema")), as_object(document.get("mapping"))
    schema_extra = extra_of(schema, "schema")
    for name in ("objectSchema", "iconSchema", "statusSchema"):
        nested = extra_of(as_object(schema.get(name)), name)
        if nested:
            schema_extra[name] = nested
    extra, mapping_extra = extra_of(document, "document"), extra_of(mapping, "mapping")
    return (
        extra
        | ({"schema": schema_extra} if schema_extra else {})
        | ({"mapping": mapping_extra} if mapping_extra else {})
    )


def _read_statuses(values: object, collector: FindingCollector) -> tuple[StatusSpec, ...]:
    statuses: list[StatusSpec] = []
    for entry in as_objects(values):
        name, category = as_text(entry.get("name")), as_text(entry.get("category"))
        if category in set(StatusCategory):
            description = as_text(entry.get("description"))
            statuses.append(
                StatusSpec(name, StatusCategory(category), description, extra=extra_of(entry, "status"))
            )
        else:
            collector.error(
                "unknown-category",
                f"statuses.{name}",
                f'Statuses have no category "{category}".',
                "Use active, inactive, or pending.",
            )
    return tuple(statuses)


class _Reader:
    """Reads the object types of one document."""

    def __init__(
        self,
        namespace: str,
        entries: Sequence[_Entry],
        collector: FindingCollector,
        *,
        strict: bool,
        base: ObjectSchemaSpec | None,
    ) -> None:
        self._namespace = namespace
        self._entries = entries
        self._collector = collector
        self._strict = strict
        self._base = base

    def object_type(self, entry: _Entry, mapping: _Json | None) -> ObjectTypeSpec:
        base = self._base_type(entry.key)
        if self._strict and mapping is not None and not as_text(mapping.get("selector")).strip():
            self._collector.error(
                "no-selector",
                entry.key,
                "The mapping of the object type has no selector.",
                "Add the path of its records in the data.",
            )
        attributes = self._attributes(entry, as_object(mapping), base)
        external_id = as_text(entry.json.get("externalId"))
        is_default = external_id == f"{self._namespace}/{external_id_part(entry.key)}"
        return ObjectTypeSpec(
            as_text(entry.json.get("name")),
            attributes,
            key=entry.key,
            selector=as_text(as_object(mapping).get("selector")),
            description=as_text(entry.json.get("description")),
            icon_key=as_text(entry.json.get("iconKey")),
            parent=entry.parent_key,
            external_id="" if is_default else external_id,
            adopted=None if base is None else base.adopted,
            mapped=mapping is not None,
            extra=extra_of(entry.json, "objectType"),
            mapping_extra=mapping_extra_of(as_object(mapping), as_text(entry.json.get("name"))),
        )

    def _base_type(self, key: str) -> ObjectTypeSpec | None:
        if self._base is None or not self._base.has_object_type(key):
            return None
        return self._base.object_type(key)

    def _attributes(self, entry: _Entry, mapping: _Json, base: ObjectTypeSpec | None) -> list[AttributeSpec]:
        definitions = as_objects(entry.json.get("attributes"))
        pairs = pair_mappings(definitions, as_objects(mapping.get("attributesMapping")), "attribute")
        if self._strict:
            _report_mappings(pairs, "attribute", entry.key, self._collector)
        prefix = f"{self._namespace}/{external_id_part(entry.key)}"
        known_keys: dict[str, str] = {}
        lengths: dict[str, int | None] = {}
        if base is not None and self._base is not None:
            for spec in base.attributes:
                known_keys[self._base.external_id(base.key, spec.key)] = spec.key
                lengths[spec.key] = spec.max_length
        keys = _Keys(f"{prefix}/", known_keys)
        attributes: list[AttributeSpec] = []
        for position, definition in enumerate(definitions):
            name, external_id = as_text(definition.get("name")), as_text(definition.get("externalId"))
            attribute_mapping = pairs.by_entry.get(position)
            if attribute_mapping is None and not external_id and name.casefold() in SYSTEM_ATTRIBUTES:
                continue
            key = keys.choose(external_id, name, "attribute")
            attribute = self._attribute(definition, attribute_mapping, key, f"{entry.key}.{key}")
            if attribute is not None:
                is_default = external_id == f"{prefix}/{external_id_part(key)}"
                attributes.append(
                    evolve(
                        attribute, external_id="" if is_default else external_id, max_length=lengths.get(key)
                    )
                )
        return attributes

    def _attribute(
        self, definition: _Json, mapping: _Json | None, key: str, path: str
    ) -> AttributeSpec | None:
        type_name = as_text(definition.get("type"))
        attribute_type = importable_type(type_name)
        if attribute_type is None:
            self._collector.error(
                "unknown-type",
                path,
                f'An import can\'t create attributes of the type "{type_name}".',
                f"Use one of: {', '.join(IMPORTABLE_TYPES)}.",
            )
            return None
        is_reference = attribute_type is AttributeType.REFERENCE
        values = as_object(mapping)
        locators = as_texts(values.get("attributeLocators"))
        if self._strict and mapping is not None and not (locators and all(map(str.strip, locators))):
            self._collector.error(
                "no-locators",
                path,
                "The mapping of the attribute has no locators, or an empty one.",
                "Add the keys of its values in a record.",
            )
        return AttributeSpec(
            as_text(definition.get("name")),
            attribute_type,
            key=key,
            locators=locators,
            description=as_text(definition.get("description")),
            label=definition.get("label") is True,
            identifier=values.get("externalIdPart") is True,
            unique=definition.get("unique") is True,
            minimum=as_number(definition.get("minimumCardinality"), 0),
            maximum=as_number(definition.get("maximumCardinality"), 1),
            reference=ReferenceSpec(self._target(definition), aql=as_text(values.get("objectMappingIQL")))
            if is_reference
            else None,
            statuses=as_texts(definition.get("typeValues")),
            mapped=mapping is not None,
            extra=attribute_extra_of(definition),
            mapping_extra=extra_of(values, "attributeMapping", () if is_reference else ("objectMappingIQL",)),
        )

    def _target(self, definition: _Json) -> str:
        """Return the key of the target of a reference, or its name outside of the document."""
        external_id = as_text(definition.get("referenceObjectTypeExternalId"))
        name = as_text(definition.get("referenceObjectTypeName"))
        for entry in self._entries:
            if external_id:
                matches = entry.json.get("externalId") == external_id
            else:
                matches = same_name(as_text(entry.json.get("name")), name)
            if matches:
                return entry.key
        return external_id or name


def _simplified(model: ObjectSchemaSpec, spec: ObjectTypeSpec) -> ObjectTypeSpec:
    """Replace queries that the library would build by what they are built from."""
    return evolve(spec, attributes=[_simplified_attribute(model, attribute) for attribute in spec.attributes])


def _simplified_attribute(model: ObjectSchemaSpec, attribute: AttributeSpec) -> AttributeSpec:
    reference = attribute.reference
    if reference is None or not reference.aql or not model.has_object_type(reference.target):
        return attribute
    target = model.object_type(reference.target)
    for by in ("", *(attribute.key for attribute in target.attributes)):
        simple = evolve(attribute, reference=ReferenceSpec(reference.target, by=by))
        if lookup(simple, target) == reference.aql:
            return simple
    return attribute
