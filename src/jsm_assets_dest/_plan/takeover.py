"""Taking over the external ids of what exists, so that the document names existing things as the service knows
them.

An object type that people made has external ids that Assets made up; they can only be read from the import
source's document. An adopted object type gets them, together with everything of the existing attributes that
an import must leave alone. Attributes that the model adds keep external ids of our own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from .differences import holds, importable_type

if TYPE_CHECKING:
    from .._model.schema_model import SchemaModel
    from .._model.specs import AttributeSpec, ObjectTypeSpec
    from .current import Current, CurrentAttribute, CurrentObjectType


@frozen
class Match:
    """A wanted object type, with its external ids settled, and the existing one that it is, if there is one."""

    spec: ObjectTypeSpec
    there: CurrentObjectType | None
    #: The attributes that exist, by key.
    attributes: dict[str, CurrentAttribute]
    #: Keys of attributes that people had made before this import knew of them.
    foreign: frozenset[str]


def take_over(model: SchemaModel, current: Current) -> tuple[SchemaModel, dict[str, Match]]:
    """The model with all external ids settled, and what each of its object types is at present, by key."""
    matches = {spec.key: _match(model, spec, current) for spec in model.object_types}
    settled = evolve(model, object_types=tuple(match.spec for match in matches.values()))
    return settled, matches


def _match(model: SchemaModel, spec: ObjectTypeSpec, current: Current) -> Match:
    there = current.with_external_id(model.external_id(spec.key))
    if there is None and spec.adopted is not None:
        there = current.named(spec.adopted.name) or current.named(spec.name)
    if there is None:
        return Match(spec, None, {}, frozenset())
    found: dict[str, CurrentAttribute] = {}
    foreign: set[str] = set()
    attributes: list[AttributeSpec] = []
    has_label = any(one.label for one in there.attributes)
    for attribute in spec.attributes:
        own = model.external_id(spec.key, attribute.key)
        existing = there.find(own, attribute.name)
        if existing is None:
            # A second label beside the one that people chose would be refused.
            attributes.append(evolve(attribute, label=attribute.label and not (spec.adopted and has_label)))
            continue
        found[attribute.key] = existing
        is_ours = existing.external_id == own and not (spec.adopted and attribute.external_id)
        if not is_ours:
            foreign.add(attribute.key)
        attributes.append(_attribute_taken_over(spec, attribute, existing, is_ours=is_ours))
    settled = evolve(spec, attributes=attributes)
    if spec.adopted is not None:
        is_ours = not spec.external_id and there.external_id == model.external_id(spec.key)
        settled = evolve(
            settled,
            name=there.name,
            external_id=spec.external_id if is_ours else there.external_id,
            description=spec.description if is_ours else there.description,
        )
    return Match(settled, there, found, frozenset(foreign))


def _attribute_taken_over(
    spec: ObjectTypeSpec, attribute: AttributeSpec, there: CurrentAttribute, *, is_ours: bool
) -> AttributeSpec:
    if is_ours:
        return attribute
    settled = evolve(attribute, name=there.name, external_id=there.external_id, description=there.description)
    kind = importable_type(there.type)
    if kind is not None and holds(kind, attribute.type):
        settled = evolve(settled, type=kind)
    if spec.adopted is None:
        return settled
    return evolve(
        settled,
        label=there.label,
        unique=there.unique,
        minimum=there.minimum,
        maximum=there.maximum,
        statuses=there.statuses,
    )
