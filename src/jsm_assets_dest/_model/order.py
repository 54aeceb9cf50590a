"""The order of the import: what is referred to comes first, as far as circles allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .schema_model import SchemaModel
    from .specs import ObjectTypeSpec


def targets_of(spec: ObjectTypeSpec) -> tuple[str, ...]:
    """The keys of the object types that an object type refers to, itself included, each once."""
    return tuple(dict.fromkeys(one.reference.target for one in spec.attributes if one.reference is not None))


def circles(model: SchemaModel) -> tuple[tuple[str, ...], ...]:
    """The groups of object types that refer to each other in a circle, by key and in the model's order.

    An object type that refers to itself is no group: its objects can still be sent at once.
    """
    reach = {spec.key: _reached(model, spec.key) for spec in model.object_types}
    found: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for spec in model.object_types:
        if spec.key in seen:
            continue
        group = tuple(
            other.key
            for other in model.object_types
            if other.key == spec.key or (other.key in reach[spec.key] and spec.key in reach[other.key])
        )
        seen.update(group)
        if len(group) > 1:
            found.append(group)
    return tuple(found)


def _reached(model: SchemaModel, key: str) -> set[str]:
    reached: set[str] = set()
    waiting = [key]
    while waiting:
        for target in targets_of(model.object_type(waiting.pop())):
            if target not in reached and model.has_object_type(target):
                reached.add(target)
                waiting.append(target)
    return reached


def targets_first(model: SchemaModel) -> tuple[ObjectTypeSpec, ...]:
    """The object types, each after those it refers to; within a circle, and where nothing decides, in the
    model's order.
    """
    reach = {spec.key: _reached(model, spec.key) for spec in model.object_types}
    ordered: list[ObjectTypeSpec] = []
    waiting = list(model.object_types)
    while waiting:
        left = {spec.key for spec in waiting}
        # What one still waits for, except where that waits for the first one in turn. There is always one
        # that waits for nothing: following unanswered references from any type ends, because circles are
        # taken out.
        ready = next(
            spec
            for spec in waiting
            if not any(
                target in left and spec.key not in reach[target]
                for target in reach[spec.key]
                if target != spec.key
            )
        )
        ordered.append(ready)
        waiting.remove(ready)
    return tuple(ordered)
