"""Renaming and dropping parts of a model, with everything that depends on them in view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from .aql import looked_up_by, names_quoted_in
from .findings import FindingCollector
from .names import same_name

if TYPE_CHECKING:
    from .schema_model import SchemaModel
    from .specs import AttributeSpec, ObjectTypeSpec


@frozen
class Place:
    """An object type of a model, or one of its attributes."""

    key: str
    attribute: str = ""

    def __str__(self) -> str:
        return f"{self.key}.{self.attribute}" if self.attribute else self.key


def place(model: SchemaModel, path: str) -> Place:
    """What a path such as "people" or "people.manager" names; a key may have dots itself.

    Raises:
        KeyError: Nothing.
    """
    if model.has_object_type(path):
        return Place(path)
    for spec in model.object_types:
        if path.startswith(f"{spec.key}."):
            key = path.removeprefix(f"{spec.key}.")
            if any(attribute.key == key for attribute in spec.attributes):
                return Place(spec.key, key)
    known = [spec.key for spec in model.object_types]
    raise KeyError(
        f"the model has no object type or attribute “{path}”; its object types are: {', '.join(known)}"
    )


def references_to(model: SchemaModel, key: str) -> tuple[Place, ...]:
    """The reference attributes that point to an object type."""
    return tuple(
        Place(spec.key, attribute.key)
        for spec in model.object_types
        for attribute in spec.attributes
        if attribute.reference is not None and attribute.reference.target == key
    )


def renamed(model: SchemaModel, path: str, name: str) -> SchemaModel:
    """The model with another name for an object type or an attribute; see `SchemaModel.renamed`."""
    what = place(model, path)
    spec = model.object_type(what.key)
    found = FindingCollector()
    if not what.attribute:
        taken = [one for one in model.object_types if one.key != what.key and same_name(one.name, name)]
        for one in taken:
            found.error("name-taken", one.key, f"The name “{name}” is taken.", "Choose another name.")
        found.findings().raise_for_errors()
        return model.with_object_type(evolve(spec, name=name))
    old = spec.attribute(what.attribute)
    for other in spec.attributes:
        if other.key != what.attribute and same_name(other.name, name):
            found.error(
                "name-taken",
                f"{spec.key}.{other.key}",
                f"The name “{name}” is taken.",
                "Choose another name.",
            )
    for user in references_to(model, spec.key):
        reference = model.object_type(user.key).attribute(user.attribute).reference
        if reference is not None and any(
            same_name(old.name, text) for text in names_quoted_in(reference.aql)
        ):
            found.error(
                "name-in-query",
                str(user),
                f"Its own query names “{old.name}”.",
                "Change that query, or drop it so that one is built.",
            )
    found.findings().raise_for_errors()
    attributes = [evolve(one, name=name) if one is old else one for one in spec.attributes]
    return model.with_object_type(evolve(spec, attributes=attributes))


def dependencies(model: SchemaModel, keys: Iterable[str]) -> dict[str, str]:
    """What keeps these parts from being dropped: the path of each dependent that would be kept, with the reason.

    Raises:
        KeyError: A part does not exist.
    """
    dropped = {place(model, key) for key in keys}
    reasons: dict[str, str] = {}
    for spec in model.object_types:
        if Place(spec.key) in dropped:
            continue
        if spec.parent and Place(spec.parent) in dropped:
            reasons[spec.key] = f"its parent “{model.object_type(spec.parent).name}” would be gone"
        for attribute in spec.attributes:
            if Place(spec.key, attribute.key) not in dropped:
                reason = _why_needed(model, attribute, dropped)
                if reason:
                    reasons[f"{spec.key}.{attribute.key}"] = reason
    return reasons


def _why_needed(model: SchemaModel, attribute: AttributeSpec, dropped: set[Place]) -> str:
    reference = attribute.reference
    if reference is None or not model.has_object_type(reference.target):
        return ""
    target = model.object_type(reference.target)
    if Place(target.key) in dropped:
        return f"it refers to “{target.name}”"
    for one in _looked_up(attribute, target):
        if Place(target.key, one.key) in dropped:
            return f"it finds objects of “{target.name}” by their “{one.name}”"
    return ""


def _looked_up(attribute: AttributeSpec, target: ObjectTypeSpec) -> tuple[AttributeSpec, ...]:
    if attribute.reference is not None and attribute.reference.aql:
        named = names_quoted_in(attribute.reference.aql)
        return tuple(one for one in target.attributes if any(same_name(one.name, text) for text in named))
    return looked_up_by(attribute, target)


def without(model: SchemaModel, keys: Iterable[str]) -> SchemaModel:
    """The model without these parts; see `SchemaModel.without`."""
    paths = list(keys)
    found = FindingCollector()
    for path, reason in dependencies(model, paths).items():
        found.error(
            "still-needed",
            path,
            f"It cannot stay without what is dropped: {reason}.",
            f"Drop “{path}” too, or keep what it depends on.",
        )
    found.findings().raise_for_errors()
    dropped = {place(model, path) for path in paths}
    kept = [
        evolve(spec, attributes=[one for one in spec.attributes if Place(spec.key, one.key) not in dropped])
        for spec in model.object_types
        if Place(spec.key) not in dropped
    ]
    return evolve(model, object_types=kept)
