"""How an object type that exists differs from the wanted one of the same name, and which differences do no harm."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from .._model.names import is_generated, same_name
from .._model.specs import AttributeType

if TYPE_CHECKING:
    from .._assets.object_types import Attribute, ExistingObjectType
    from .._model.schema_model import SchemaModel
    from .._model.specs import AttributeSpec, ObjectTypeSpec

#: Types whose values are texts in a record, so that an existing text attribute can hold them as they are.
_WRITTEN_AS_TEXT = frozenset(
    {
        AttributeType.TEXT,
        AttributeType.EMAIL,
        AttributeType.URL,
        AttributeType.SELECT,
        AttributeType.IPADDRESS,
        AttributeType.DATE,
        AttributeType.TIME,
        AttributeType.DATE_TIME,
    }
)


class DifferenceKind(enum.StrEnum):
    """What differs."""

    SPELLING = "spelling"
    EXTERNAL_ID = "external id"
    ATTRIBUTE_MISSING = "attribute missing"
    ATTRIBUTE_TYPE = "attribute type"
    CARDINALITY = "cardinality"
    REFERENCE_TARGET = "reference target"
    LABEL = "label"
    UNIQUE = "unique"
    REQUIRED = "required"
    INHERITED = "inherited"
    ABSTRACT = "abstract"
    PARENT = "parent"


@frozen(kw_only=True)
class Difference:
    """One way in which an existing object type differs from the wanted one.

    Attributes:
        kind: What differs.
        attribute: The name of the attribute, as the model spells it where both have it; empty for the type
            itself.
        existing: What is there.
        wanted: What the model wants.
        harmless: Whether adopting the type loses nothing and breaks nothing in spite of it.
        prevents_adoption: Whether the service can never bridge it, so that the type cannot be adopted.
        message: The difference in a sentence.
    """

    kind: DifferenceKind
    attribute: str = ""
    existing: str = ""
    wanted: str = ""
    harmless: bool
    prevents_adoption: bool = field(default=False)
    message: str

    def __str__(self) -> str:
        return self.message

    def to_dict(self) -> dict[str, object]:
        """The difference as JSON-ready data."""
        return {
            "kind": self.kind.value,
            "attribute": self.attribute,
            "existing": self.existing,
            "wanted": self.wanted,
            "harmless": self.harmless,
            "prevents_adoption": self.prevents_adoption,
            "message": self.message,
        }


def existing_attribute(existing: ExistingObjectType, name: str) -> Attribute | None:
    """The existing attribute of this name in any case, or None."""
    return next((one for one in existing.attributes if same_name(one.name, name)), None)


def existing_label(existing: ExistingObjectType) -> Attribute | None:
    """The attribute that people see of the existing type's objects, or None."""
    return next((one for one in existing.attributes if one.label and not one.system), None)


def importable_type(name: str) -> AttributeType | None:
    """The type of an existing attribute as imports know it; None for user, group and others that they cannot
    write.
    """
    return AttributeType(name) if name in set(AttributeType) else None


def holds(existing: AttributeType, wanted: AttributeType) -> bool:
    """Whether an existing attribute of one type takes the values of a wanted one as they are."""
    if existing is wanted:
        return True
    if existing in (AttributeType.TEXT, AttributeType.TEXTAREA):
        return wanted in _WRITTEN_AS_TEXT
    return existing is AttributeType.DOUBLE and wanted is AttributeType.INTEGER


def differences(
    model: SchemaModel,
    spec: ObjectTypeSpec,
    existing: ExistingObjectType,
    names_by_id: Mapping[str, str],
    external_id: str | None,
) -> Iterator[Difference]:
    """Everything in which an existing object type differs from the wanted one.

    Args:
        model: The whole model, for the names of reference targets.
        spec: The wanted object type.
        existing: The existing one.
        names_by_id: The names of all existing object types.
        external_id: The existing type's external id where it is known.
    """
    yield from _of_type(model, spec, existing, names_by_id, external_id)
    for attribute in spec.attributes:
        there = existing_attribute(existing, attribute.name)
        if there is None:
            yield Difference(
                kind=DifferenceKind.ATTRIBUTE_MISSING,
                attribute=attribute.name,
                wanted=attribute.type.value,
                harmless=True,
                message=f"“{attribute.name}” is missing; adopting adds it.",
            )
        else:
            yield from _of_attribute(model, attribute, there, names_by_id)
    yield from _of_label(spec, existing)
    yield from _of_required(spec, existing)


def _of_type(
    model: SchemaModel,
    spec: ObjectTypeSpec,
    existing: ExistingObjectType,
    names_by_id: Mapping[str, str],
    external_id: str | None,
) -> Iterator[Difference]:
    there = existing.object_type
    if there.name != spec.name:
        yield Difference(
            kind=DifferenceKind.SPELLING,
            existing=there.name,
            wanted=spec.name,
            harmless=True,
            message=f"It is spelled “{there.name}”, not “{spec.name}”; adopting keeps that spelling.",
        )
    if external_id:
        made_up = is_generated(external_id)
        origin = "made up by Assets" if made_up else "of another import, which may write to the same objects"
        yield Difference(
            kind=DifferenceKind.EXTERNAL_ID,
            existing=external_id,
            wanted=model.external_id(spec.key),
            harmless=made_up,
            message=f"Its external id “{external_id}” is {origin}; adopting takes it over.",
        )
    if there.abstract:
        yield Difference(
            kind=DifferenceKind.ABSTRACT,
            existing="abstract",
            wanted="with objects",
            harmless=False,
            prevents_adoption=True,
            message="It is abstract, so it cannot have objects.",
        )
    if there.inherited or there.parent_inherits:
        yield Difference(
            kind=DifferenceKind.INHERITED,
            existing="inherited",
            wanted="not inherited",
            harmless=False,
            message="It passes attributes on or gets them from above; imports know little of inheritance.",
        )
    wanted_parent = model.object_type(spec.parent).name if model.has_object_type(spec.parent) else ""
    parent = names_by_id.get(there.parent_id or "", "")
    if not same_name(parent, wanted_parent):
        yield Difference(
            kind=DifferenceKind.PARENT,
            existing=parent,
            wanted=wanted_parent,
            harmless=True,
            message=f"It stands {_below(parent)}, not {_below(wanted_parent)}; adopting leaves it there.",
        )


def _below(parent: str) -> str:
    return f"below “{parent}”" if parent else "at the top"


def _of_attribute(
    model: SchemaModel, wanted: AttributeSpec, there: Attribute, names_by_id: Mapping[str, str]
) -> Iterator[Difference]:
    if there.system:
        yield Difference(
            kind=DifferenceKind.ATTRIBUTE_TYPE,
            attribute=wanted.name,
            existing="kept by Assets",
            wanted=wanted.type.value,
            harmless=False,
            prevents_adoption=True,
            message=f"“{wanted.name}” is an attribute that Assets fills itself.",
        )
        return
    kind = importable_type(there.type)
    if kind is None or not holds(kind, wanted.type):
        yield Difference(
            kind=DifferenceKind.ATTRIBUTE_TYPE,
            attribute=wanted.name,
            existing=there.type,
            wanted=wanted.type.value,
            harmless=False,
            prevents_adoption=True,
            message=f"“{wanted.name}” is of type {there.type}, not {wanted.type.value}, and a type can never change.",
        )
        return
    if kind is not wanted.type:
        yield Difference(
            kind=DifferenceKind.ATTRIBUTE_TYPE,
            attribute=wanted.name,
            existing=there.type,
            wanted=wanted.type.value,
            harmless=True,
            message=f"“{wanted.name}” is of type {there.type}, which holds values of type {wanted.type.value} too.",
        )
    yield from _of_target(model, wanted, there, names_by_id)
    yield from _of_limits(wanted, there)


def _of_target(
    model: SchemaModel, wanted: AttributeSpec, there: Attribute, names_by_id: Mapping[str, str]
) -> Iterator[Difference]:
    if wanted.reference is None or not model.has_object_type(wanted.reference.target):
        return
    target = model.object_type(wanted.reference.target)
    target_id = there.reference_object_type_id or ""
    if target.adopted is not None and target.adopted.object_type_id == target_id:
        return
    name = names_by_id.get(target_id, "")
    if target.adopted is None and name and same_name(name, target.name):
        return
    refers_to = f"“{name}”" if name else "an object type outside this schema, or one that is gone"
    yield Difference(
        kind=DifferenceKind.REFERENCE_TARGET,
        attribute=wanted.name,
        existing=name or target_id,
        wanted=target.name,
        harmless=False,
        prevents_adoption=True,
        message=f"“{wanted.name}” refers to {refers_to}, not to “{target.name}”, and a target can never change.",
    )


def _of_limits(wanted: AttributeSpec, there: Attribute) -> Iterator[Difference]:
    # The label and the identifier always have a value, whatever the model says of their minimum.
    always_filled = wanted.label or wanted.identifier
    minimum = max(wanted.minimum, 1) if always_filled else wanted.minimum
    if (there.minimum, there.maximum) not in {(wanted.minimum, wanted.maximum), (minimum, wanted.maximum)}:
        narrower = there.minimum > minimum or (
            there.maximum != -1 and (wanted.maximum == -1 or wanted.maximum > there.maximum)
        )
        yield Difference(
            kind=DifferenceKind.CARDINALITY,
            attribute=wanted.name,
            existing=_cardinality(there.minimum, there.maximum),
            wanted=_cardinality(wanted.minimum, wanted.maximum),
            harmless=not narrower,
            message=(
                f"“{wanted.name}” takes {_cardinality(there.minimum, there.maximum)} values, "
                f"not {_cardinality(wanted.minimum, wanted.maximum)}"
                + ("; records outside of that are refused." if narrower else ".")
            ),
        )
    if there.unique != wanted.unique:
        yield Difference(
            kind=DifferenceKind.UNIQUE,
            attribute=wanted.name,
            existing="unique" if there.unique else "not unique",
            wanted="unique" if wanted.unique else "not unique",
            # An identifier has no value twice in one import anyway.
            harmless=not there.unique or wanted.identifier,
            message=(
                f"“{wanted.name}” has to be unique there, so a second object with the same value is refused."
                if there.unique
                else f"“{wanted.name}” need not be unique there."
            ),
        )


def _cardinality(minimum: int, maximum: int) -> str:
    if maximum == -1:
        return f"{minimum} or more"
    return str(minimum) if minimum == maximum else f"{minimum} to {maximum}"


def _of_label(spec: ObjectTypeSpec, existing: ExistingObjectType) -> Iterator[Difference]:
    there, wanted = existing_label(existing), spec.label
    if there is None or wanted is None or same_name(there.name, wanted.name):
        return
    kind = importable_type(there.type)
    in_model = any(same_name(one.name, there.name) for one in spec.attributes)
    fillable = there.editable and kind is not None and holds(kind, wanted.type)
    if in_model:
        message = f"Its label is “{there.name}”, not “{wanted.name}”; adopting keeps it."
    elif fillable:
        message = f"Its label is “{there.name}”; adopting fills it with the values of “{wanted.name}” too."
    else:
        message = f"Its label is “{there.name}”, which the import cannot fill, so objects would have none."
    yield Difference(
        kind=DifferenceKind.LABEL,
        attribute=wanted.name,
        existing=there.name,
        wanted=wanted.name,
        harmless=in_model or fillable,
        prevents_adoption=not (in_model or fillable),
        message=message,
    )


def _of_required(spec: ObjectTypeSpec, existing: ExistingObjectType) -> Iterator[Difference]:
    for there in existing.attributes:
        if there.minimum < 1 or there.system or there.label or not there.editable:
            continue
        if not any(same_name(one.name, there.name) for one in spec.attributes):
            yield Difference(
                kind=DifferenceKind.REQUIRED,
                attribute=there.name,
                existing="required",
                wanted="not in the model",
                harmless=False,
                message=f"“{there.name}” is required there, but the model does not fill it.",
            )
