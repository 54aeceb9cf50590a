"""Attributes that are linked to users and groups of Jira: their sources, their rules, and the links of a model."""

from collections.abc import Iterator

from .._assets.directory import GroupLink, UserLink
from .findings import FindingCollector
from .names import SYSTEM_ATTRIBUTES, same_name
from .object_schema_spec import ObjectSchemaSpec
from .specs import AttributeSpec, AttributeType, ObjectTypeSpec

#: Types of attributes whose values are text that can be an address or a name.
READABLE_TYPES = frozenset(
    {
        AttributeType.TEXT,
        AttributeType.EMAIL,
        AttributeType.TEXTAREA,
        AttributeType.URL,
        AttributeType.SELECT,
    }
)


def links_of(model: ObjectSchemaSpec) -> tuple[UserLink | GroupLink, ...]:
    """Return the links that the model declares, with the names of its object types and attributes in Assets."""
    return tuple(
        link_of(model, spec, attribute) for spec in model.object_types for attribute in spec.linked_attributes
    )


def link_of(model: ObjectSchemaSpec, spec: ObjectTypeSpec, attribute: AttributeSpec) -> UserLink | GroupLink:
    """Return the link of an attribute."""
    name = spec.name if spec.adopted is None else spec.adopted.name
    path = ".".join(part.name for part in source_of(model, spec, attribute)) or attribute.linked_from
    if attribute.type is AttributeType.USER:
        return UserLink(name, email=path, attribute=attribute.name)
    return GroupLink(name, name=path, attribute=attribute.name)


def source_of(
    model: ObjectSchemaSpec, spec: ObjectTypeSpec, attribute: AttributeSpec
) -> tuple[AttributeSpec, ...]:
    """Return the attribute that a link is made from, after the reference to its object, if there is one.

    Names and keys are accepted, and each of them may contain dots. Nothing is returned for an unknown source.
    """
    path = attribute.linked_from
    source = spec.find_attribute(path)
    if source is not None:
        return () if source.is_reference else (source,)
    for position in (position for position, character in enumerate(path) if character == "."):
        reference = spec.find_attribute(path[:position])
        if reference is None or reference.reference is None:
            continue
        target = model.find_object_type(reference.reference.target)
        source = None if target is None else target.find_attribute(path[position + 1 :])
        if source is not None and not source.is_reference:
            return reference, source
    return ()


def lint_links(model: ObjectSchemaSpec, spec: ObjectTypeSpec, path: str, collector: FindingCollector) -> None:
    """Collect the findings of the linked attributes of an object type."""
    names = [attribute.name for attribute in (*spec.attributes, *spec.linked_attributes)]
    for attribute in spec.linked_attributes:
        place = f"{path}.{attribute.key}"
        if not attribute.name.strip():
            collector.error("name-blank", place, "The attribute has no name.", "Set a name.")
        elif sum(same_name(attribute.name, name) for name in names) > 1:
            collector.error(
                "name-repeated",
                place,
                f'Several attributes have the name "{attribute.name}". Assets compares names without case.',
                "Give each attribute of an object type its own name.",
            )
        elif attribute.name.strip().casefold() in SYSTEM_ATTRIBUTES:
            collector.error(
                "name-of-system",
                place,
                f'Every object type has an attribute "{attribute.name}" that Assets fills itself.',
                'Use a name such as "Jira User".',
            )
        if attribute.label or attribute.identifier or attribute.reference is not None or attribute.statuses:
            collector.error(
                "linked-settings",
                place,
                f"An attribute of the type {attribute.type.value} is neither a label, an identifier, a reference, nor a status.",
                "Remove these settings.",
            )
        source = source_of(model, spec, attribute)
        if not source or source[-1].type not in READABLE_TYPES:
            collector.error(
                "linked-from",
                f"{place}.linked_from",
                f'"{attribute.linked_from}" is not an attribute with text of this object type, or of one that it refers to.',
                'Set linked_from to a name such as "Primary Email" or "Manager.Primary Email".',
            )


def lint_not_linked(attribute: AttributeSpec, path: str, collector: FindingCollector) -> None:
    """Collect a finding if an attribute of another type has a source of links."""
    if attribute.linked_from:
        collector.error(
            "linked-type",
            f"{path}.linked_from",
            f"An attribute of the type {attribute.type.value} can't be linked to Jira.",
            "Set the type to user or group, or remove linked_from.",
        )


def dependent_links(
    model: ObjectSchemaSpec, spec: ObjectTypeSpec
) -> Iterator[tuple[AttributeSpec, str, AttributeSpec]]:
    """Yield each linked attribute with the attributes that it needs, and the keys of their object types."""
    for attribute in spec.linked_attributes:
        owner = spec.key
        for source in source_of(model, spec, attribute):
            yield attribute, owner, source
            if source.reference is not None:
                owner = source.reference.target
