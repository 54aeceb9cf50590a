"""The document that a plan sends: everything for the first PUT, and only the changes for a PATCH.

A PATCH document is as small as is valid: the JSON Schema requires at least one object type with name and description, and
the service rejects a reference whose target is not in the same document (`UNKNOWN_REFERENCE`). Therefore it contains
targets and parents without attributes. A PATCH overwrites the whole mapping of a type, so keys of the existing mapping that
the model doesn't have are sent again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import evolve

from .._model.mapping_document import (
    DocumentPart,
    assemble,
    with_extra,
    write_attribute,
    write_mapping,
    write_object_type,
)
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, ObjectTypeSpec
from .._wire.json_values import JsonObject, JsonValue
from .current import Current, CurrentAttribute
from .plan_items import PlanItem, PlanKind, PlanSubject
from .takeover import Match

Verb: TypeAlias = Literal["PUT", "PATCH"]
Mappings: TypeAlias = Mapping[str, JsonObject]


def wanted_mappings(model: SchemaModel, matches: Mapping[str, Match]) -> dict[str, JsonObject]:
    """Write the mappings of a model, with the unknown keys of the existing mappings, by the keys of the types."""
    return {
        spec.key: write_mapping(model, _with_existing_extra(model, spec, matches[spec.key]))
        for spec in model.object_types
        if spec.mapped
    }


def _with_existing_extra(model: SchemaModel, spec: ObjectTypeSpec, match: Match) -> ObjectTypeSpec:
    existing = match.existing.mapping if match.existing is not None else None
    if existing is None:
        return spec
    attributes: list[AttributeSpec] = []
    for attribute in spec.attributes:
        mapping = existing.attributes.get(model.external_id(spec.key, attribute.key))
        extra = {} if mapping is None else mapping.extra
        attributes.append(evolve(attribute, mapping_extra={**extra, **attribute.mapping_extra}))
    return evolve(spec, attributes=attributes, mapping_extra={**existing.extra, **spec.mapping_extra})


def whole_document(
    model: SchemaModel, matches: Mapping[str, Match], current: Current, mappings: Mappings
) -> JsonObject:
    """Return everything, for an import source that has no mapping."""
    attributes = {spec.key: {one.key for one in spec.attributes} for spec in model.object_types}
    return assemble(
        model,
        _parts(model, matches, current, attributes),
        icons=model.icons,
        statuses=model.statuses,
        mappings=mappings.values(),
    )


def changed_document(
    model: SchemaModel,
    matches: Mapping[str, Match],
    current: Current,
    mappings: Mappings,
    items: Sequence[PlanItem],
) -> JsonObject:
    """Return only what the changing items of a plan are about, for an import source that has a mapping."""
    # An adopted attribute is not sent again: only its mapping changes.
    paths = {
        subject: {
            item.path
            for item in items
            if item.subject is subject
            and not (subject is PlanSubject.ATTRIBUTE and item.kind is PlanKind.ADOPT)
        }
        for subject in PlanSubject
    }
    attributes: dict[str, set[str]] = {}
    for spec in model.object_types:
        changed = [one for one in spec.attributes if f"{spec.key}.{one.key}" in paths[PlanSubject.ATTRIBUTE]]
        if changed or spec.key in paths[PlanSubject.OBJECT_TYPE] | paths[PlanSubject.MAPPING]:
            attributes[spec.key] = {attribute.key for attribute in changed}
        for attribute in changed:
            if attribute.reference is not None:
                attributes.setdefault(attribute.reference.target, set())
    if not attributes:
        attributes[model.object_types[0].key] = set()
    return assemble(
        model,
        _parts(model, matches, current, attributes),
        icons=[icon for icon in model.icons if f"icons.{icon.key}" in paths[PlanSubject.ICON]],
        statuses=[one for one in model.statuses if f"statuses.{one.name}" in paths[PlanSubject.STATUS]],
        mappings=[mapping for key, mapping in mappings.items() if key in paths[PlanSubject.MAPPING]],
    )


def _parts(
    model: SchemaModel,
    matches: Mapping[str, Match],
    current: Current,
    attributes: Mapping[str, Collection[str]],
) -> list[DocumentPart]:
    """Write the object types with these attributes, each below its parent in Assets, and the parents that are missing."""
    specs = {model.external_id(spec.key): spec for spec in model.object_types}
    parts: dict[str, DocumentPart] = {}
    pending = [external_id for external_id, spec in specs.items() if spec.key in attributes]
    for external_id in pending:  # grows while it is read
        if external_id in parts:
            continue
        spec = specs.get(external_id)
        entry: JsonObject
        if spec is not None:
            existing = matches[spec.key].existing
            # What exists keeps its unknown keys: an import can't change them.
            kept = spec if existing is None else evolve(spec, extra=existing.extra)
            entry = write_object_type(model, kept)
            written = list(_attributes(model, spec, matches[spec.key], attributes.get(spec.key, ())))
            if written:
                entry["attributes"] = written
        else:
            existing = next(one for one in current.object_types if one.external_id == external_id)
            entry = {"externalId": external_id, "name": existing.name, "description": existing.description}
            with_extra(entry, existing.extra)
        if existing is not None:
            parent = existing.parent
        else:
            parent = model.external_id(spec.parent) if spec is not None and spec.parent else ""
        parts[external_id] = DocumentPart(entry, parent)
        if parent:
            pending.append(parent)
    return list(parts.values())


def _attributes(
    model: SchemaModel, spec: ObjectTypeSpec, match: Match, keys: Collection[str]
) -> Iterator[JsonValue]:
    for attribute in spec.attributes:
        if attribute.key in keys:
            yield _attribute(model, spec, attribute, match.attributes.get(attribute.key))


def _attribute(
    model: SchemaModel, spec: ObjectTypeSpec, attribute: AttributeSpec, existing: CurrentAttribute | None
) -> JsonObject:
    if existing is not None:
        # Drift is reported, not sent. It is not documented whether the service would change it or reject the document.
        attribute = evolve(
            attribute,
            label=existing.label,
            minimum=existing.minimum,
            maximum=existing.maximum,
            unique=existing.unique,
            statuses=existing.statuses,
            extra=existing.extra,
        )
    return write_attribute(model, spec, attribute)
