"""The specification of an object schema: values, lookups, and the order in which its object types are imported."""

from collections.abc import Iterable, Mapping
from typing import Self, TypeVar

from attrs import evolve, field, frozen

from .._arguments.checking import checked_methods
from .._arguments.fitting import instances, json_object
from .names import external_id_part, slug, with_name
from .specs import IconSpec, ObjectTypeSpec, StatusSpec


def _object_types(values: Iterable[ObjectTypeSpec]) -> tuple[ObjectTypeSpec, ...]:
    return instances(ObjectTypeSpec, values, "object_types")


def _statuses(values: Iterable[StatusSpec]) -> tuple[StatusSpec, ...]:
    return instances(StatusSpec, values, "statuses")


def _icons(values: Iterable[IconSpec]) -> tuple[IconSpec, ...]:
    return instances(IconSpec, values, "icons")


@checked_methods
@frozen(repr=False)
class ObjectSchemaSpec:
    """The object types, statuses, and icons of an object schema, and the external ids that follow from them.

    `SchemaModel` is the public class. It adds what is built on these values: checks, documents, and diagrams.
    """

    name: str
    object_types: tuple[ObjectTypeSpec, ...] = field(default=(), converter=_object_types)
    description: str = field(default="", kw_only=True)
    statuses: tuple[StatusSpec, ...] = field(default=(), converter=_statuses, kw_only=True)
    icons: tuple[IconSpec, ...] = field(default=(), converter=_icons, kw_only=True)
    namespace: str = field(default="", kw_only=True)
    extra: Mapping[str, object] = field(
        factory=dict, converter=json_object, hash=False, repr=False, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        if not self.namespace:
            object.__setattr__(self, "namespace", slug(self.name))

    def has_object_type(self, key: str) -> bool:
        """Return True if an object type has this key."""
        return any(spec.key == key for spec in self.object_types)

    def object_type(self, key: str) -> ObjectTypeSpec:
        """Return the object type with this key.

        Raises:
            KeyError: There is none.
        """
        for spec in self.object_types:
            if spec.key == key:
                return spec
        known_keys = ", ".join(spec.key for spec in self.object_types) or "none"
        raise KeyError(f'the model has no object type with the key "{key}"; its keys are: {known_keys}')

    def find_object_type(self, name_or_key: str) -> ObjectTypeSpec | None:
        """Return the object type with this key, otherwise the one with this name in any case, otherwise None."""
        for spec in self.object_types:
            if spec.key == name_or_key:
                return spec
        return with_name(self.object_types, name_or_key)

    def external_id(self, key: str, attribute_key: str | None = None) -> str:
        """Return the external id of an object type or of one of its attributes.

        It is the spec's own external id, or the one that follows from the namespace.

        Raises:
            KeyError: There is no such object type or attribute.
        """
        spec = self.object_type(key)
        if attribute_key is None:
            return spec.external_id or f"{self.namespace}/{external_id_part(key)}"
        attribute = spec.attribute(attribute_key)
        parts = f"{external_id_part(key)}/{external_id_part(attribute_key)}"
        return attribute.external_id or f"{self.namespace}/{parts}"

    @property
    def selectors(self) -> tuple[str, ...]:
        """The selectors that records are given under, in the order of the model."""
        return tuple(spec.selector for spec in self.object_types if spec.mapped)

    def with_object_type(self, spec: ObjectTypeSpec) -> Self:
        """Return the model with this object type: it replaces the one with the same key, or is appended."""
        if not self.has_object_type(spec.key):
            return evolve(self, object_types=(*self.object_types, spec))
        return evolve(
            self, object_types=tuple(spec if other.key == spec.key else other for other in self.object_types)
        )


#: A specification or a model; what changes one returns the same type.
ModelT = TypeVar("ModelT", bound=ObjectSchemaSpec)


def inherits(model: ObjectSchemaSpec, spec: ObjectTypeSpec) -> bool:
    """Return True if a type has the attributes of its parent. Documents say so at the child or at the parent."""
    if not model.has_object_type(spec.parent):
        return False
    return spec.inherits or model.object_type(spec.parent).extra.get("inheritance") is True


def paths_by_external_id(model: ObjectSchemaSpec) -> dict[str, str]:
    """Map the external ids of the object types and attributes to their paths, such as "people" and "people.manager"."""
    paths = {model.external_id(spec.key): spec.key for spec in model.object_types}
    for spec in model.object_types:
        for attribute in spec.attributes:
            paths[model.external_id(spec.key, attribute.key)] = f"{spec.key}.{attribute.key}"
    return paths


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
