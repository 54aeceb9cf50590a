"""Object types that exist already under the name of a wanted one, and the ways out.

A conflict is a value: what exists, what is wanted, how they differ, what is possible and why the rest is not.
Nothing here talks to Assets; `apply` returns the changed model, and what has to be renamed or deleted in
Assets is left to the operation that calls it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve, field, frozen

from .._assets.object_types import Attribute, ExistingObjectType, ObjectType
from .._display.html import Markup, Tone, below, folded, grid, mark, strong, whole
from .._model.changes import dependencies
from .._model.names import camel_case, is_made_up, same_name, unused
from .._model.schema_model import SchemaModel
from .._model.specs import Adoption, AttributeSpec, ObjectTypeSpec
from .._wire.json_reading import as_object, as_text
from ..exceptions import ResolutionNotPossibleError
from .differences import (
    Difference,
    DifferenceKind,
    differences,
    existing_attribute,
    existing_label,
    importable_type,
)
from .document_reading import walk


class Resolution(enum.StrEnum):
    """The ways out of a conflict."""

    #: Map onto the existing object type and add the attributes that it lacks.
    ADOPT = "adopt"
    #: Give the existing object type another name, so that the wanted one can have it.
    RENAME_EXISTING = "rename existing"
    #: Give the wanted object type another name.
    RENAME_INCOMING = "rename incoming"
    #: Leave the wanted object type out.
    SKIP = "skip"
    #: Delete the existing object type.
    DELETE_EXISTING = "delete existing"


_PHRASES: Mapping[DifferenceKind, tuple[str, str]] = {
    DifferenceKind.ATTRIBUTE_MISSING: ("{} attribute missing", "{} attributes missing"),
    DifferenceKind.ATTRIBUTE_TYPE: ("{} of another type", "{} of another type"),
    DifferenceKind.REFERENCE_TARGET: ("{} with another target", "{} with another target"),
    DifferenceKind.CARDINALITY: ("{} with another cardinality", "{} with another cardinality"),
    DifferenceKind.UNIQUE: ("{} with another unique flag", "{} with another unique flag"),
    DifferenceKind.REQUIRED: ("{} required attribute not filled", "{} required attributes not filled"),
    DifferenceKind.LABEL: ("another label", "another label"),
    DifferenceKind.SPELLING: ("spelled otherwise", "spelled otherwise"),
    DifferenceKind.EXTERNAL_ID: ("another external id", "another external id"),
    DifferenceKind.INHERITED: ("inherited", "inherited"),
    DifferenceKind.ABSTRACT: ("abstract", "abstract"),
    DifferenceKind.PARENT: ("elsewhere in the tree", "elsewhere in the tree"),
}


@frozen(kw_only=True)
class ConflictRecord:
    """An object type that exists already under the name of a wanted one.

    Attributes:
        key: The key of the wanted object type in the model.
        name: The name of the existing one, as Assets spells it.
        existing: The existing object type.
        attributes: Its attributes.
        wanted: The wanted object type, as it was when the conflict was found.
        differences: Everything in which they differ.
        impossible: The resolutions that are not possible, each with the reason.
        neighbours: The names of all object types of the schema, the existing one included.
    """

    key: str
    name: str
    existing: ObjectType = field(repr=False)
    attributes: tuple[Attribute, ...] = field(default=(), repr=False)
    wanted: ObjectTypeSpec = field(repr=False)
    differences: tuple[Difference, ...] = field(default=(), repr=False)
    impossible: Mapping[Resolution, str] = field(factory=dict, repr=False)
    neighbours: tuple[str, ...] = field(default=(), repr=False)

    @property
    def object_count(self) -> int | None:
        """How many objects the existing type holds; None where Assets was not asked."""
        return self.existing.object_count

    @property
    def choices(self) -> tuple[Resolution, ...]:
        """The resolutions that are possible without further flags."""
        return tuple(one for one in Resolution if one not in self.impossible)

    @property
    def is_harmless(self) -> bool:
        """Whether adopting the existing type loses nothing and breaks nothing."""
        return Resolution.ADOPT not in self.impossible and all(one.harmless for one in self.differences)

    def suggested_name(self, resolution: Resolution, model: SchemaModel) -> str:
        """A name for RENAME_INCOMING or RENAME_EXISTING that no object type of the model or of the schema has."""
        taken = {
            name.strip().casefold()
            for name in (self.name, *self.neighbours, *(spec.name for spec in model.object_types))
        }
        if resolution is Resolution.RENAME_EXISTING:
            return unused(f"{self.name} previous", taken)
        return unused(f"{model.name} {self.wanted.name}".strip(), taken)

    def check_name(self, resolution: Resolution, name: str, model: SchemaModel) -> None:
        """Refuse a new name that would be the next conflict.

        Args:
            resolution: RENAME_INCOMING or RENAME_EXISTING.
            name: The new name.
            model: The wanted model.

        Raises:
            ResolutionNotPossibleError: An object type of the schema has it; or, for the existing type, one of the model.
        """
        if same_name(name, self.name):
            reason = "it is the one that the conflict is about"
        elif any(same_name(name, one) for one in self.neighbours):
            reason = "another object type of the schema has it"
        elif resolution is Resolution.RENAME_EXISTING and any(
            same_name(name, spec.name) for spec in model.object_types
        ):
            reason = "an object type of the model wants it"
        else:
            return
        raise ResolutionNotPossibleError(
            f"The conflict over “{self.name}” cannot be resolved with the new name “{name}”: {reason}.",
            cause="Assets certainly refuses two object types of the same name in a schema, in whatever case.",
            remedies=(
                "You: choose a name that no object type has, or pass none to be given one that is free.",
            ),
        )

    def check(self, resolution: Resolution, *, delete_objects: int | None = None) -> None:
        """Refuse a resolution that is not possible here.

        Args:
            resolution: The one that shall be taken.
            delete_objects: For DELETE_EXISTING, the number of objects that may be lost: exactly as many as
                there are.

        Raises:
            ResolutionNotPossibleError: With the reason.
        """
        reason = self.impossible.get(resolution)
        if reason is None:
            return
        if resolution is Resolution.DELETE_EXISTING and self.object_count and delete_objects is not None:
            if delete_objects == self.object_count and reason == objects_reason(self.object_count):
                return
            if delete_objects != self.object_count:
                reason = f"it holds {self.object_count} objects, not {delete_objects}"
        raise ResolutionNotPossibleError(
            f"The conflict over “{self.name}” cannot be resolved by “{resolution.value}”: {reason}.",
            remedies=(
                f"You: take one of these: {', '.join(one.value for one in self.choices)}.",
                *self._remedies_of_deleting(resolution),
            ),
        )

    def _remedies_of_deleting(self, resolution: Resolution) -> tuple[str, ...]:
        count = self.object_count
        if resolution is not Resolution.DELETE_EXISTING or not count:
            return ()
        if self.impossible.get(resolution) != objects_reason(count):
            return ()
        return (f"You: if the objects may be lost for good, pass delete_objects={count}.",)

    def to_dict(self) -> dict[str, object]:
        """The conflict as JSON-ready data."""
        return {
            "key": self.key,
            "name": self.name,
            "existing": self.existing.to_dict(),
            "object_count": self.object_count,
            "is_harmless": self.is_harmless,
            "differences": [one.to_dict() for one in self.differences],
            "choices": [one.value for one in self.choices],
            "impossible": {one.value: reason for one, reason in self.impossible.items()},
        }

    def __str__(self) -> str:
        parts: list[str] = []
        for kind, (one, many) in _PHRASES.items():
            count = sum(1 for difference in self.differences if difference.kind is kind)
            if count:
                parts.append((one if count == 1 else many).format(count))
        if not parts:
            parts.append("the same as wanted")
        if self.object_count is not None:
            parts.append("1 object" if self.object_count == 1 else f"{self.object_count} objects")
        return f"{self.name}: {', '.join(parts)}"

    def _repr_html_(self) -> str:
        header = ("Adopting is", "Difference", "Attribute", "Meaning")
        harmful = [_row(one) for one in self.differences if not one.harmless]
        harmless = [_row(one) for one in self.differences if one.harmless]
        few = len(harmful) + len(harmless) <= _SHOWN_AT_ONCE
        shown = [*harmful, *harmless] if few else harmful
        ways = [
            (mark("possible", Tone.GOOD), one.value, "")
            if one not in self.impossible
            else (mark("not possible", Tone.BAD), one.value, f"{self.impossible[one]}.")
            for one in sorted(Resolution, key=lambda one: one in self.impossible)
        ]
        return whole(
            below(strong(str(self))),
            grid(header, shown) if shown else "",
            folded(f"{len(harmless)} harmless differences", grid(header, harmless)) if not few else "",
            grid(("The way out is", "Resolution", "Because"), ways),
        )


#: Differences in a conflict's table; of more, the harmless ones are folded away.
_SHOWN_AT_ONCE = 10


def _row(one: Difference) -> tuple[Markup, str, str, str]:
    harm = mark("harmless", Tone.QUIET) if one.harmless else mark("not harmless", Tone.DOUBTFUL)
    return harm, one.kind.value, one.attribute, one.message


def objects_reason(count: int) -> str:
    """Why an object type with objects is not deleted just like that."""
    what = "1 object" if count == 1 else f"{count} objects"
    return f"{what} would be lost; it takes delete_objects={count} to want that"


def find_conflicts(
    model: SchemaModel,
    existing: Sequence[ExistingObjectType],
    *,
    documents: Iterable[Mapping[str, object]] = (),
) -> tuple[ConflictRecord, ...]:
    """The object types of a schema that stand where wanted ones shall be, in the model's order.

    An object type that the model has adopted is no conflict. Nor is one that an earlier build of this model
    made, but that can only be told with the documents of the schema's import sources: Assets shows external ids
    nowhere else.

    Args:
        model: What is wanted.
        existing: All object types of the schema with their attributes.
        documents: What `GET …/schema-and-mapping` answers for the import sources of the schema.
    """
    ids_by_name = _external_ids(documents)
    neighbours = tuple(one.object_type.name for one in existing)
    names_by_id = {one.object_type.id: one.object_type.name for one in existing}
    conflicts: list[ConflictRecord] = []
    for spec in model.object_types:
        for one in existing:
            there = one.object_type
            if spec.adopted is not None and spec.adopted.object_type_id == there.id:
                continue
            if not same_name(there.name, spec.name):
                continue
            known_ids = ids_by_name.get(there.name.strip().casefold(), ())
            if model.external_id(spec.key) in known_ids:
                continue
            external_id = known_ids[0] if known_ids else None
            found = tuple(differences(model, spec, one, names_by_id, external_id))
            conflicts.append(
                ConflictRecord(
                    key=spec.key,
                    name=there.name,
                    existing=there,
                    attributes=one.attributes,
                    wanted=spec,
                    differences=found,
                    impossible=_impossible(model, spec, one, existing, found),
                    neighbours=neighbours,
                )
            )
    return tuple(conflicts)


def _external_ids(documents: Iterable[Mapping[str, object]]) -> dict[str, tuple[str, ...]]:
    """The external ids by the name of the object type in small letters; what an import made comes before what Assets did."""
    found: dict[str, list[str]] = {}
    for document in documents:
        root = as_object(as_object(document.get("schema")).get("objectSchema"))
        for entry, _ in walk(root.get("objectTypes")):
            external_id = as_text(entry.get("externalId"))
            if external_id:
                found.setdefault(as_text(entry.get("name")).strip().casefold(), []).append(external_id)
    return {name: tuple(sorted(dict.fromkeys(ids), key=is_made_up)) for name, ids in found.items()}


def _impossible(
    model: SchemaModel,
    spec: ObjectTypeSpec,
    existing: ExistingObjectType,
    others: Sequence[ExistingObjectType],
    found: tuple[Difference, ...],
) -> dict[Resolution, str]:
    impossible: dict[Resolution, str] = {}
    obstacles = [one.message.rstrip(".") for one in found if one.prevents_adoption]
    if obstacles:
        impossible[Resolution.ADOPT] = "; ".join(obstacles)
    skipping = _why_not_skipped(model, spec.key)
    if skipping:
        impossible[Resolution.SKIP] = skipping
    deleting = _why_not_deleted(existing, others)
    if deleting:
        impossible[Resolution.DELETE_EXISTING] = deleting
    return impossible


def _why_not_skipped(model: SchemaModel, key: str) -> str:
    if len(model.object_types) == 1:
        return "the model would have no object types left"
    return "; ".join(f"“{path}” is kept, and {reason}" for path, reason in dependencies(model, [key]).items())


def _why_not_deleted(existing: ExistingObjectType, others: Sequence[ExistingObjectType]) -> str:
    there = existing.object_type
    below = [one.object_type.name for one in others if one.object_type.parent_id == there.id]
    if below:
        return f"it has object types below it: {', '.join(below)}"
    users = [
        f"{one.object_type.name}.{attribute.name}"
        for one in others
        for attribute in one.attributes
        if one.object_type.id != there.id and attribute.reference_object_type_id == there.id
    ]
    if users:
        return f"other object types refer to it: {', '.join(users)}"
    if there.object_count is None:
        return "how many objects it holds is not known"
    return objects_reason(there.object_count) if there.object_count else ""


def apply(
    conflict: ConflictRecord,
    resolution: Resolution,
    model: SchemaModel,
    *,
    name: str | None = None,
    delete_objects: int | None = None,
) -> SchemaModel:
    """The model after a resolution.

    RENAME_EXISTING and DELETE_EXISTING leave the model as it is: what they do happens in Assets, and the
    caller does it. Resolutions of several conflicts are applied one after the other, each to what the one
    before returned.

    Args:
        conflict: The conflict.
        resolution: One of its choices.
        model: The model it was found with, or what earlier resolutions made of that.
        name: For the two renamings, the new name; by default one that no object type has.
        delete_objects: For DELETE_EXISTING, the number of objects that may be lost.

    Raises:
        ResolutionNotPossibleError: With the reason.
        InvalidModelError: The new name is taken in the model.
    """
    if not model.has_object_type(conflict.key):
        raise ResolutionNotPossibleError(
            f"The model has no object type “{conflict.key}” any more, so there is no conflict over “{conflict.name}”."
        )
    if resolution is Resolution.SKIP:
        # Judged anew: an earlier resolution may have dropped what referred to it.
        reason = _why_not_skipped(model, conflict.key)
        if reason:
            evolve(conflict, impossible={Resolution.SKIP: reason}).check(resolution)
        return model.without(conflict.key)
    conflict.check(resolution, delete_objects=delete_objects)
    if resolution is Resolution.ADOPT:
        return adopt(conflict, model)
    if resolution is Resolution.RENAME_INCOMING:
        wanted = name or conflict.suggested_name(resolution, model)
        conflict.check_name(resolution, wanted, model)
        return model.renamed(conflict.key, wanted)
    if resolution is Resolution.RENAME_EXISTING and name:
        conflict.check_name(resolution, name, model)
    return model


def adopt(conflict: ConflictRecord, model: SchemaModel) -> SchemaModel:
    """The model with a wanted object type mapped onto the existing one.

    What exists stays as it is: names and spelling, descriptions, types, label, cardinality, unique flags,
    icon and place in the tree. The attributes that it lacks are added. Where the existing label is none of
    the wanted attributes, it joins them and is filled like the wanted label, because objects without a label
    are left out.
    """
    spec = model.object_type(conflict.key)
    existing = ExistingObjectType(conflict.existing, conflict.attributes)
    label = existing_label(existing)
    attributes: list[AttributeSpec] = []
    for attribute in spec.attributes:
        there = existing_attribute(existing, attribute.name)
        if there is None:
            attributes.append(evolve(attribute, label=attribute.label and label is None))
        else:
            attributes.append(_taken_over(attribute, there))
    wanted = spec.label
    if label is not None and wanted is not None and existing_is_new(spec, label):
        taken = {one.key.casefold() for one in spec.attributes}
        key = unused(camel_case(label.name) or "label", taken)
        attributes.append(
            _taken_over(AttributeSpec(label.name, wanted.type, key=key, locators=wanted.locators), label)
        )
    return model.with_object_type(
        evolve(
            spec,
            name=conflict.existing.name,
            attributes=attributes,
            description=conflict.existing.description,
            icon_key="",
            parent="",
            adopted=Adoption(conflict.existing.id, conflict.existing.name),
        )
    )


def existing_is_new(spec: ObjectTypeSpec, there: Attribute) -> bool:
    """Whether an existing attribute is none of the wanted ones."""
    return not any(same_name(one.name, there.name) for one in spec.attributes)


def _taken_over(attribute: AttributeSpec, there: Attribute) -> AttributeSpec:
    return evolve(
        attribute,
        name=there.name,
        type=importable_type(there.type) or attribute.type,
        description=there.description,
        label=there.label,
        unique=there.unique,
        minimum=there.minimum,
        maximum=there.maximum,
    )
