"""A wanted model and what Assets has of it: what belongs together, and what a build sends of it.

Object types and attributes that people created have external ids that Assets generated. Only the document of the import
source contains them. An adopted object type gets them, together with everything of the existing attributes that an import
must not change. Attributes that the model adds keep the external ids of the model.
"""

from collections.abc import Mapping

from attrs import evolve, frozen

from .._model.document_contents import AttributeContents, Contents, MappingContents, ObjectTypeContents
from .._model.references import lookup
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, ObjectTypeSpec, importable_type
from .differences import can_store


@frozen
class Match:
    """A wanted object type and the existing one.

    Attributes:
        wanted: The wanted object type.
        spec: The wanted object type with the external ids of what exists.
        existing: The existing object type, or None.
        attributes: The existing attributes, by key.
        foreign: The keys of attributes that people created before this import knew them.
    """

    wanted: ObjectTypeSpec
    spec: ObjectTypeSpec
    existing: ObjectTypeContents | None
    attributes: dict[str, AttributeContents]
    foreign: frozenset[str]

    @property
    def existing_attributes(self) -> dict[str, AttributeContents]:
        """All attributes of the existing object type, by external id."""
        attributes = self.existing.attributes if self.existing is not None else ()
        return {attribute.external_id: attribute for attribute in attributes}


def take_over(model: SchemaModel, current: Contents) -> tuple[SchemaModel, dict[str, Match]]:
    """Return the model with the external ids of what exists, and a match for each of its object types, by key."""
    matches = {spec.key: _match(model, spec, current) for spec in model.object_types}
    settled = evolve(model, object_types=[match.spec for match in matches.values()])
    return settled, matches


def _match(model: SchemaModel, spec: ObjectTypeSpec, current: Contents) -> Match:
    existing = current.with_external_id(model.external_id(spec.key))
    if existing is None and spec.adopted is not None:
        existing = current.named(spec.adopted.name) or current.named(spec.name)
    if existing is None:
        return Match(spec, spec, None, {}, frozenset())
    existing_attributes: dict[str, AttributeContents] = {}
    foreign: set[str] = set()
    attributes: list[AttributeSpec] = []
    has_label = any(attribute.label for attribute in existing.attributes)
    for attribute in spec.attributes:
        external_id = model.external_id(spec.key, attribute.key)
        existing_attribute = existing.find(external_id, attribute.name)
        if existing_attribute is None:
            # The service would reject a second label.
            is_label = attribute.label and not (spec.adopted and has_label)
            attributes.append(evolve(attribute, label=is_label))
            continue
        existing_attributes[attribute.key] = existing_attribute
        if existing_attribute.external_id == external_id and not (spec.adopted and attribute.external_id):
            attributes.append(attribute)
        else:
            foreign.add(attribute.key)
            attributes.append(_taken_over(spec, attribute, existing_attribute))
    settled = evolve(spec, attributes=attributes)
    if spec.adopted is not None:
        is_ours = not spec.external_id and existing.external_id == model.external_id(spec.key)
        settled = evolve(
            settled,
            name=existing.name,
            external_id=spec.external_id if is_ours else existing.external_id,
            description=spec.description if is_ours else existing.description,
        )
    return Match(spec, settled, existing, existing_attributes, frozenset(foreign))


def _taken_over(spec: ObjectTypeSpec, attribute: AttributeSpec, existing: AttributeContents) -> AttributeSpec:
    settled = evolve(
        attribute, name=existing.name, external_id=existing.external_id, description=existing.description
    )
    existing_type = importable_type(existing.type)
    if existing_type is not None and can_store(existing_type, attribute.type):
        settled = evolve(settled, type=existing_type)
    return settled if spec.adopted is None else _with_limits(settled, existing)


def _with_limits(attribute: AttributeSpec, existing: AttributeContents) -> AttributeSpec:
    """Return the attribute with what an import can't change of an existing one."""
    return evolve(
        attribute,
        label=existing.label,
        unique=existing.unique,
        minimum=existing.minimum,
        maximum=existing.maximum,
        statuses=existing.statuses,
    )


def sent_model(model: SchemaModel, matches: Mapping[str, Match], current: Contents) -> SchemaModel:
    """Return the model as it is sent: what a build does not change is as Assets has it.

    Each existing object type is below its parent in Assets. Parents that the model lacks are added without attributes.

    Args:
        model: The model, with the external ids of what exists.
        matches: What exists of each of its object types, by key.
        current: Everything that exists.
    """
    keys = {model.external_id(spec.key): spec.key for spec in model.object_types}
    parents: dict[str, ObjectTypeSpec] = {}
    pending = [match.existing.parent for match in matches.values() if match.existing is not None]
    for external_id in pending:  # grows while it is read
        parent = current.with_external_id(external_id)
        if parent is not None and external_id and external_id not in keys and external_id not in parents:
            parents[external_id] = ObjectTypeSpec(
                parent.name,
                key=external_id,
                description=parent.description,
                parent=keys.get(parent.parent, parent.parent),
                external_id=external_id,
                mapped=False,
                extra=parent.extra,
            )
            pending.append(parent.parent)
    specs = [_sent_type(model, match, keys) for match in matches.values()]
    return evolve(model, object_types=[*specs, *parents.values()])


def _sent_type(model: SchemaModel, match: Match, keys: Mapping[str, str]) -> ObjectTypeSpec:
    spec, existing = match.spec, match.existing
    if existing is None:
        return spec
    mapping = existing.mapping
    return evolve(
        spec,
        attributes=[
            _sent_attribute(model, spec, attribute, match.attributes.get(attribute.key), mapping)
            for attribute in spec.attributes
        ],
        parent=keys.get(existing.parent, existing.parent),
        # What exists keeps its unknown keys: an import can't change them.
        extra=existing.extra,
        # The mapping of a type is overwritten as a whole, so the keys that the model lacks are sent again.
        mapping_extra=spec.mapping_extra if mapping is None else {**mapping.extra, **spec.mapping_extra},
    )


def _sent_attribute(
    model: SchemaModel,
    spec: ObjectTypeSpec,
    attribute: AttributeSpec,
    existing: AttributeContents | None,
    mapping: MappingContents | None,
) -> AttributeSpec:
    own_mapping = (
        None if mapping is None else mapping.attributes.get(model.external_id(spec.key, attribute.key))
    )
    if own_mapping is not None:
        attribute = evolve(attribute, mapping_extra={**own_mapping.extra, **attribute.mapping_extra})
    if existing is None:
        return attribute
    reference = attribute.reference
    if reference is not None and model.has_object_type(reference.target):
        # The query depends on the number of values that the model wants, whatever Assets allows.
        query = lookup(attribute, model.object_type(reference.target))
        attribute = evolve(attribute, reference=evolve(reference, aql=query))
    # Drift is reported, not sent. It is not documented whether the service would change it or reject the document.
    return evolve(_with_limits(attribute, existing), extra=existing.extra)
