"""Renaming and removing parts of a model, with a check of everything that depends on them."""

from collections.abc import Iterable

from attrs import evolve, frozen

from .findings import FindingCollector
from .names import same_name
from .object_schema_spec import ModelT, ObjectSchemaSpec
from .references import dependent_links, looked_up_by, names_quoted_in, source_of
from .specs import AttributeSpec, ObjectTypeSpec


@frozen
class _Place:
    """An object type of a model, or one of its attributes."""

    key: str
    attribute: str = ""


def _place(model: ObjectSchemaSpec, path: str) -> _Place:
    """Find the object type or attribute of a path such as "people" or "people.manager". Keys may contain dots.

    Raises:
        KeyError: There is none.
    """
    if model.has_object_type(path):
        return _Place(path)
    for spec in model.object_types:
        if path.startswith(f"{spec.key}."):
            key = path.removeprefix(f"{spec.key}.")
            if any(attribute.key == key for attribute in (*spec.attributes, *spec.linked_attributes)):
                return _Place(spec.key, key)
    keys = ", ".join(spec.key for spec in model.object_types)
    raise KeyError(f'the model has no object type or attribute "{path}"; its object types are: {keys}')


def renamed(model: ModelT, path: str, name: str) -> ModelT:
    """Rename an object type or an attribute; see `SchemaModel.renamed`."""
    place = _place(model, path)
    spec = model.object_type(place.key)
    collector = FindingCollector()
    if not place.attribute:
        for other in model.object_types:
            if other.key != place.key and same_name(other.name, name):
                collector.error(
                    "name-taken", other.key, f'The name "{name}" is taken.', "Choose another name."
                )
        collector.raise_for_errors()
        return model.with_object_type(evolve(spec, name=name))
    every_attribute = (*spec.attributes, *spec.linked_attributes)
    old = next(attribute for attribute in every_attribute if attribute.key == place.attribute)
    for attribute in every_attribute:
        if attribute is not old and same_name(attribute.name, name):
            path = f"{spec.key}.{attribute.key}"
            collector.error("name-taken", path, f'The name "{name}" is taken.', "Choose another name.")
    for other in model.object_types:
        for attribute in other.attributes:
            reference = attribute.reference
            if (
                reference is not None
                and reference.target == spec.key
                and any(same_name(old.name, text) for text in names_quoted_in(reference.aql))
            ):
                collector.error(
                    "name-in-query",
                    f"{other.key}.{attribute.key}",
                    f'Its own query contains "{old.name}".',
                    "Change that query, or remove it so that one is built.",
                )
    collector.raise_for_errors()
    model = _linked_by_keys(model, old)
    spec = model.object_type(place.key)
    changed = evolve(
        spec,
        attributes=_with_name(spec.attributes, old, name),
        linked_attributes=_with_name(spec.linked_attributes, old, name),
    )
    return model.with_object_type(changed)


def _linked_by_keys(model: ModelT, source: AttributeSpec) -> ModelT:
    """Name the source of each link by keys if it is this attribute, because its name is going to change."""
    for spec in model.object_types:
        linked = [
            evolve(attribute, linked_from=".".join(part.key for part in parts))
            if source in parts
            else attribute
            for attribute in spec.linked_attributes
            for parts in [source_of(model, spec, attribute)]
        ]
        model = model.with_object_type(evolve(spec, linked_attributes=linked))
    return model


def _with_name(
    attributes: Iterable[AttributeSpec], renamed_attribute: AttributeSpec, name: str
) -> list[AttributeSpec]:
    return [
        evolve(attribute, name=name) if attribute is renamed_attribute else attribute
        for attribute in attributes
    ]


def dependencies(model: ObjectSchemaSpec, paths: Iterable[str]) -> dict[str, str]:
    """Return the paths of the remaining parts that depend on these parts, each with the reason.

    Raises:
        KeyError: A part does not exist.
    """
    removed = {_place(model, path) for path in paths}
    reasons: dict[str, str] = {}
    for spec in model.object_types:
        if _Place(spec.key) in removed:
            continue
        if spec.parent and _Place(spec.parent) in removed:
            reasons[spec.key] = f'its parent "{model.object_type(spec.parent).name}" would be missing'
        for attribute in spec.attributes:
            if _Place(spec.key, attribute.key) not in removed:
                reason = _why_needed(model, attribute, removed)
                if reason:
                    reasons[f"{spec.key}.{attribute.key}"] = reason
        for attribute, owner, source in dependent_links(model, spec):
            if _Place(spec.key, attribute.key) not in removed and (
                removed & {_Place(owner), _Place(owner, source.key)}
            ):
                reasons[f"{spec.key}.{attribute.key}"] = f'it is linked from "{source.name}"'
    return reasons


def _why_needed(model: ObjectSchemaSpec, attribute: AttributeSpec, removed: set[_Place]) -> str:
    reference = attribute.reference
    if reference is None or not model.has_object_type(reference.target):
        return ""
    target = model.object_type(reference.target)
    if _Place(target.key) in removed:
        return f'it refers to "{target.name}"'
    for part in _looked_up(attribute, target):
        if _Place(target.key, part.key) in removed:
            return f'it finds objects of "{target.name}" by their "{part.name}"'
    return ""


def _looked_up(attribute: AttributeSpec, target: ObjectTypeSpec) -> tuple[AttributeSpec, ...]:
    if attribute.reference is not None and attribute.reference.aql:
        names = names_quoted_in(attribute.reference.aql)
        return tuple(part for part in target.attributes if any(same_name(part.name, name) for name in names))
    return looked_up_by(attribute, target)


def without(model: ModelT, paths: Iterable[str]) -> ModelT:
    """Remove object types and attributes; see `SchemaModel.without`."""
    paths = list(paths)
    collector = FindingCollector()
    for path, reason in dependencies(model, paths).items():
        collector.error(
            "still-needed",
            path,
            f"It depends on a removed part: {reason}.",
            f'Remove "{path}" too, or keep what it depends on.',
        )
    collector.raise_for_errors()
    removed = {_place(model, path) for path in paths}
    remaining = [
        evolve(
            spec,
            attributes=_remaining(spec, spec.attributes, removed),
            linked_attributes=_remaining(spec, spec.linked_attributes, removed),
        )
        for spec in model.object_types
        if _Place(spec.key) not in removed
    ]
    return evolve(model, object_types=remaining)


def _remaining(
    spec: ObjectTypeSpec, attributes: Iterable[AttributeSpec], removed: set[_Place]
) -> list[AttributeSpec]:
    return [attribute for attribute in attributes if _Place(spec.key, attribute.key) not in removed]
