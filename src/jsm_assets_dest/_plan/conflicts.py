"""Conflicts between the object types of a model and existing ones of the same name, and their resolutions.

A conflict is a value: what exists, what is wanted, the differences, which resolutions are possible, and why others are not.
Nothing is sent from here. `apply` returns the changed model; the operation that calls it renames or deletes in Assets.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve, field, frozen

from .._arguments.checking import checked_methods
from .._assets.object_types import Attribute, ExistingObjectType, ObjectType
from .._display.html import Markup, Tone, below, folded, grid, mark, strong, whole
from .._display.values import plain_data, public_value
from .._model.changes import dependencies
from .._model.mapping_document import walk
from .._model.names import camel_case, is_generated, same_name, unused
from .._model.schema_model import SchemaModel
from .._model.specs import Adoption, AttributeSpec, ObjectTypeSpec, importable_type
from .._wire.json_reading import as_object, as_text
from ..exceptions import ResolutionNotPossibleError
from .differences import Difference, DifferenceKind, differences, existing_attribute, existing_label


class Resolution(enum.StrEnum):
    """A resolution of a conflict."""

    __module__ = "jsm_assets_dest"

    #: Map the wanted object type to the existing one, and add the missing attributes.
    ADOPT = "adopt"
    #: Rename the existing object type, so that the wanted one can have its name.
    RENAME_EXISTING = "rename existing"
    #: Rename the wanted object type.
    RENAME_INCOMING = "rename incoming"
    #: Remove the wanted object type from the model.
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
    DifferenceKind.SPELLING: ("another spelling", "another spelling"),
    DifferenceKind.EXTERNAL_ID: ("another external id", "another external id"),
    DifferenceKind.INHERITED: ("inherited", "inherited"),
    DifferenceKind.ABSTRACT: ("abstract", "abstract"),
    DifferenceKind.PARENT: ("another parent", "another parent"),
}


@checked_methods
@frozen(kw_only=True)
@public_value
class ConflictRecord:
    """An existing object type that has the name of a wanted one.

    Attributes:
        key: The key of the wanted object type in the model.
        name: The name of the existing object type, as Assets spells it.
        existing: The existing object type.
        attributes: Its attributes.
        wanted: The wanted object type when the conflict was found.
        differences: Every difference between the two.
        impossible: The resolutions that are not possible, each with the reason.
        neighbours: The names of all object types of the schema, including the existing one.
        own_name: The name that an earlier RENAME_INCOMING gave the wanted object type in the schema, or "".
    """

    key: str
    name: str
    existing: ObjectType = field(repr=False)
    attributes: tuple[Attribute, ...] = field(default=(), repr=False)
    wanted: ObjectTypeSpec = field(repr=False)
    differences: tuple[Difference, ...] = field(default=(), repr=False)
    impossible: Mapping[Resolution, str] = field(factory=dict, repr=False)
    neighbours: tuple[str, ...] = field(default=(), repr=False)
    own_name: str = field(default="", repr=False)

    @property
    def object_count(self) -> int | None:
        """The number of objects of the existing type, or None if it was not read."""
        return self.existing.object_count

    @property
    def choices(self) -> tuple[Resolution, ...]:
        """The resolutions that are possible without further arguments."""
        return tuple(resolution for resolution in Resolution if resolution not in self.impossible)

    @property
    def objects_to_confirm(self) -> int | None:
        """The number of objects that DELETE_EXISTING would delete and needs as a confirmation, or None."""
        count = self.object_count or 0
        reason = self.impossible.get(Resolution.DELETE_EXISTING)
        return count if count and reason == objects_reason(count) else None

    @property
    def is_harmless(self) -> bool:
        """True if adopting the existing type loses nothing and breaks nothing."""
        return Resolution.ADOPT not in self.impossible and all(
            difference.harmless for difference in self.differences
        )

    def suggested_name(self, resolution: Resolution | str, model: SchemaModel) -> str:
        """Return a name for RENAME_INCOMING or RENAME_EXISTING that no type of the model or the schema has.

        If an earlier build created the wanted object type under another name, RENAME_INCOMING uses that name again.
        """
        if resolution is Resolution.RENAME_INCOMING and self.own_name:
            return self.own_name
        names = (self.name, *self.neighbours, *(spec.name for spec in model.object_types))
        used_names = {name.strip().casefold() for name in names}
        if resolution is Resolution.RENAME_EXISTING:
            return unused(f"{self.name} previous", used_names)
        return unused(f"{model.name} {self.wanted.name}".strip(), used_names)

    def check_name(self, resolution: Resolution | str, name: str, model: SchemaModel) -> None:
        """Reject a new name that would be the next conflict.

        Args:
            resolution: RENAME_INCOMING or RENAME_EXISTING.
            name: The new name.
            model: The wanted model.

        Raises:
            ResolutionNotPossibleError: An object type of the schema has the name, or, for the existing type, one of the
                model has it.
        """
        if resolution is Resolution.RENAME_INCOMING and same_name(name, self.own_name):
            return
        if same_name(name, self.name):
            reason = "it is the name of this conflict"
        elif any(same_name(name, neighbour) for neighbour in self.neighbours):
            reason = "another object type of the schema has it"
        elif resolution is Resolution.RENAME_EXISTING and any(
            same_name(name, spec.name) for spec in model.object_types
        ):
            reason = "an object type of the model has it"
        else:
            return
        raise ResolutionNotPossibleError(
            f'Could not rename "{self.name}" to "{name}": {reason}.',
            cause="Assets rejects two object types of the same name in a schema. It compares names without case.",
            remedies=("You: choose a name that no object type has, or pass no name to get an unused one.",),
        )

    def check(self, resolution: Resolution | str, *, delete_objects: int | None = None) -> None:
        """Reject a resolution that is not possible.

        Args:
            resolution: The resolution.
            delete_objects: For DELETE_EXISTING, the exact number of objects to delete with the type.

        Raises:
            ResolutionNotPossibleError: It says why.
        """
        resolution = Resolution(resolution)
        reason = self.impossible.get(resolution)
        if reason is None:
            return
        count = self.object_count
        needs_confirmation = resolution is Resolution.DELETE_EXISTING and self.objects_to_confirm is not None
        if resolution is Resolution.DELETE_EXISTING and count and delete_objects is not None:
            if delete_objects == count and needs_confirmation:
                return
            if delete_objects != count:
                reason = f"it has {count} objects, not {delete_objects}"
        remedies = [f"You: use one of these: {', '.join(choice.value for choice in self.choices)}."]
        if needs_confirmation:
            remedies.append(f"You: to delete the objects permanently, pass delete_objects={count}.")
        raise ResolutionNotPossibleError(
            f'The conflict over "{self.name}" can\'t be resolved with "{resolution.value}": {reason}.',
            remedies=tuple(remedies),
        )

    def to_dict(self) -> dict[str, object]:
        """Return the conflict as JSON-ready data."""
        return plain_data(self, "key name existing object_count is_harmless differences choices impossible")

    def __str__(self) -> str:
        parts: list[str] = []
        for kind, (singular, plural) in _PHRASES.items():
            count = sum(difference.kind is kind for difference in self.differences)
            if count:
                parts.append((singular if count == 1 else plural).format(count))
        if not parts:
            parts.append("no differences")
        if self.object_count is not None:
            parts.append(_objects(self.object_count))
        return f"{self.name}: {', '.join(parts)}"

    def _repr_html_(self) -> str:
        header = ("Adopting is", "Difference", "Attribute", "Meaning")
        harmful = [_row(difference) for difference in self.differences if not difference.harmless]
        harmless = [_row(difference) for difference in self.differences if difference.harmless]
        is_short = len(harmful) + len(harmless) <= _MAX_ROWS
        rows = [*harmful, *harmless] if is_short else harmful
        resolutions = [
            (mark("possible", Tone.GOOD), resolution.value, "")
            if resolution not in self.impossible
            else (mark("not possible", Tone.BAD), resolution.value, f"{self.impossible[resolution]}.")
            for resolution in sorted(Resolution, key=lambda choice: choice in self.impossible)
        ]
        return whole(
            below(strong(str(self))),
            grid(header, rows) if rows else "",
            "" if is_short else folded(f"{len(harmless)} harmless differences", grid(header, harmless)),
            grid(("It is", "Resolution", "Because"), resolutions),
        )


#: If the table of a conflict has more rows, the harmless differences are folded.
_MAX_ROWS = 10


def _row(difference: Difference) -> tuple[Markup, str, str, str]:
    harm = mark("harmless", Tone.QUIET) if difference.harmless else mark("not harmless", Tone.DOUBTFUL)
    return harm, difference.kind.value, difference.attribute, difference.message


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{count} objects"


def objects_reason(count: int) -> str:
    """Return why an object type with objects is not deleted without confirmation."""
    return f"{_objects(count)} would be deleted; pass delete_objects={count} to confirm"


def find_conflicts(
    model: SchemaModel,
    existing: Sequence[ExistingObjectType],
    *,
    documents: Iterable[Mapping[str, object]] = (),
) -> tuple[ConflictRecord, ...]:
    """Find the object types of a schema that have the names of wanted ones, in the order of the model.

    Object types that the model has adopted, or that an earlier build of the model created, are not conflicts. Recognizing
    the latter needs the documents of the schema's import sources, because Assets shows external ids nowhere else.

    Args:
        model: The wanted model.
        existing: All object types of the schema with their attributes.
        documents: The responses to `GET …/schema-and-mapping` of the import sources of the schema.
    """
    ids_by_name = _external_ids(documents)
    names_by_external_id = {
        external_id: name
        for name in (candidate.object_type.name for candidate in existing)
        for external_id in ids_by_name.get(name.strip().casefold(), ())
    }
    neighbours = tuple(candidate.object_type.name for candidate in existing)
    names_by_id = {candidate.object_type.id: candidate.object_type.name for candidate in existing}
    conflicts: list[ConflictRecord] = []
    for spec in model.object_types:
        for candidate in existing:
            object_type = candidate.object_type
            if spec.adopted is not None and spec.adopted.object_type_id == object_type.id:
                continue
            if not same_name(object_type.name, spec.name):
                continue
            external_ids = ids_by_name.get(object_type.name.strip().casefold(), ())
            if model.external_id(spec.key) in external_ids:
                continue
            external_id = external_ids[0] if external_ids else None
            type_differences = tuple(differences(model, spec, candidate, names_by_id, external_id))
            conflicts.append(
                ConflictRecord(
                    key=spec.key,
                    name=object_type.name,
                    existing=object_type,
                    attributes=candidate.attributes,
                    wanted=spec,
                    differences=type_differences,
                    impossible=_impossible(model, spec, candidate, existing, type_differences),
                    neighbours=neighbours,
                    own_name=names_by_external_id.get(model.external_id(spec.key), ""),
                )
            )
    return tuple(conflicts)


def _external_ids(documents: Iterable[Mapping[str, object]]) -> dict[str, tuple[str, ...]]:
    """Map the names of object types in lowercase to their external ids. Generated ones come last."""
    ids_by_name: dict[str, list[str]] = {}
    for document in documents:
        root = as_object(as_object(document.get("schema")).get("objectSchema"))
        for entry, _ in walk(root.get("objectTypes")):
            external_id = as_text(entry.get("externalId"))
            if external_id:
                name = as_text(entry.get("name")).strip().casefold()
                ids_by_name.setdefault(name, []).append(external_id)
    return {name: tuple(sorted(dict.fromkeys(ids), key=is_generated)) for name, ids in ids_by_name.items()}


def _impossible(
    model: SchemaModel,
    spec: ObjectTypeSpec,
    existing: ExistingObjectType,
    all_existing: Sequence[ExistingObjectType],
    type_differences: Iterable[Difference],
) -> dict[Resolution, str]:
    obstacles = [
        difference.message.rstrip(".") for difference in type_differences if difference.prevents_adoption
    ]
    reasons = {
        Resolution.ADOPT: "; ".join(obstacles),
        Resolution.SKIP: _why_not_skipped(model, spec.key),
        Resolution.DELETE_EXISTING: _why_not_deleted(existing, all_existing),
    }
    return {resolution: reason for resolution, reason in reasons.items() if reason}


def _why_not_skipped(model: SchemaModel, key: str) -> str:
    if len(model.object_types) == 1:
        return "the model would have no object types left"
    return "; ".join(f'"{path}" stays, and {reason}' for path, reason in dependencies(model, [key]).items())


def _why_not_deleted(existing: ExistingObjectType, all_existing: Sequence[ExistingObjectType]) -> str:
    object_type = existing.object_type
    children = [
        other.object_type.name for other in all_existing if other.object_type.parent_id == object_type.id
    ]
    if children:
        return f"it has child object types: {', '.join(children)}"
    references = [
        f"{other.object_type.name}.{attribute.name}"
        for other in all_existing
        for attribute in other.attributes
        if other.object_type.id != object_type.id and attribute.reference_object_type_id == object_type.id
    ]
    if references:
        return f"other object types refer to it: {', '.join(references)}"
    if object_type.object_count is None:
        return "the number of its objects is unknown"
    return objects_reason(object_type.object_count) if object_type.object_count else ""


def apply(
    conflict: ConflictRecord,
    resolution: Resolution,
    model: SchemaModel,
    *,
    name: str | None = None,
    delete_objects: int | None = None,
) -> SchemaModel:
    """Return the model after a resolution.

    RENAME_EXISTING and DELETE_EXISTING don't change the model: the caller changes Assets. To resolve several conflicts, apply
    each resolution to the model that the previous one returned.

    Args:
        conflict: The conflict.
        resolution: One of its choices.
        model: The model that the conflict was found with, or the result of earlier resolutions.
        name: The new name for the two renamings. The default is an unused name.
        delete_objects: For DELETE_EXISTING, the exact number of objects to delete with the type.

    Raises:
        ResolutionNotPossibleError: It says why.
        InvalidModelError: The new name is taken in the model.
    """
    if not model.has_object_type(conflict.key):
        raise ResolutionNotPossibleError(
            f'The conflict over "{conflict.name}" is resolved already: the model no longer has the object type '
            f'"{conflict.key}".'
        )
    if resolution is Resolution.SKIP:
        # Check again: an earlier resolution may have removed what referred to it.
        reason = _why_not_skipped(model, conflict.key)
        if reason:
            evolve(conflict, impossible={Resolution.SKIP: reason}).check(resolution)
        return model.without(conflict.key)
    conflict.check(resolution, delete_objects=delete_objects)
    if resolution is Resolution.ADOPT:
        return adopt(conflict, model)
    if resolution is Resolution.RENAME_INCOMING:
        new_name = name or conflict.suggested_name(resolution, model)
        conflict.check_name(resolution, new_name, model)
        return model.renamed(conflict.key, new_name)
    if resolution is Resolution.RENAME_EXISTING and name:
        conflict.check_name(resolution, name, model)
    return model


def adopt(conflict: ConflictRecord, model: SchemaModel) -> SchemaModel:
    """Return the model with the wanted object type mapped to the existing one.

    What exists doesn't change: names and spelling, descriptions, types, label, cardinality, unique flags, icon, and parent.
    Missing attributes are added. If the existing label is not one of the wanted attributes, it is added to the model and
    gets the values of the wanted label, because Assets skips objects without a label.
    """
    spec = model.object_type(conflict.key)
    existing = ExistingObjectType(conflict.existing, conflict.attributes)
    label = existing_label(existing)
    attributes: list[AttributeSpec] = []
    for attribute in spec.attributes:
        counterpart = existing_attribute(existing, attribute.name)
        if counterpart is None:
            attributes.append(evolve(attribute, label=attribute.label and label is None))
        else:
            attributes.append(_adopted(attribute, counterpart))
    wanted_label = spec.label
    if (
        label is not None
        and wanted_label is not None
        and not any(same_name(attribute.name, label.name) for attribute in spec.attributes)
    ):
        key = unused(
            camel_case(label.name) or "label", {attribute.key.casefold() for attribute in spec.attributes}
        )
        added = AttributeSpec(label.name, wanted_label.type, key=key, locators=wanted_label.locators)
        attributes.append(_adopted(added, label))
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


def _adopted(attribute: AttributeSpec, existing: Attribute) -> AttributeSpec:
    return evolve(
        attribute,
        name=existing.name,
        type=importable_type(existing.type) or attribute.type,
        description=existing.description,
        label=existing.label,
        unique=existing.unique,
        minimum=existing.minimum,
        maximum=existing.maximum,
    )
