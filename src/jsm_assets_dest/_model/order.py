"""The order of the import: targets of references first, as far as circles allow."""

from .object_schema_spec import ObjectSchemaSpec
from .specs import ObjectTypeSpec


def circles(model: ObjectSchemaSpec) -> tuple[tuple[str, ...], ...]:
    """Return the groups of object types that refer to each other in a circle, as keys in the order of the model.

    An object type that refers to itself is not a group: its objects can still be sent together.
    """
    reachable = _reachable(model)
    groups: list[tuple[str, ...]] = []
    for key in reachable:
        if not any(key in group for group in groups):
            groups.append(
                tuple(
                    other
                    for other in reachable
                    if other == key or (other in reachable[key] and key in reachable[other])
                )
            )
    return tuple(group for group in groups if len(group) > 1)


def targets_first(model: ObjectSchemaSpec) -> tuple[ObjectTypeSpec, ...]:
    """Sort the object types, each after the types that it refers to.

    Within a circle, and where nothing else decides, they keep the order of the model.
    """
    reachable = _reachable(model)
    ordered: list[ObjectTypeSpec] = []
    remaining = list(model.object_types)
    while remaining:
        remaining_keys = {spec.key for spec in remaining}
        # A type waits for its remaining targets, except for those of its own circle. At least one type waits for nothing,
        # because the targets form no circle once those are left out.
        ready = next(
            spec
            for spec in remaining
            if not any(
                target in remaining_keys and spec.key not in reachable[target]
                for target in reachable[spec.key]
                if target != spec.key
            )
        )
        ordered.append(ready)
        remaining.remove(ready)
    return tuple(ordered)


def _reachable(model: ObjectSchemaSpec) -> dict[str, set[str]]:
    """Map the key of each object type to the keys that its references lead to, directly or not."""
    targets = {
        spec.key: [
            attribute.reference.target
            for attribute in spec.attributes
            if attribute.reference is not None and model.has_object_type(attribute.reference.target)
        ]
        for spec in model.object_types
    }
    reachable: dict[str, set[str]] = {}
    for key in targets:
        reached: set[str] = set()
        pending = [key]
        while pending:
            for target in targets[pending.pop()]:
                if target not in reached:
                    reached.add(target)
                    pending.append(target)
        reachable[key] = reached
    return reachable
