"""The differences between an existing object type and the wanted one of the same name."""

import enum
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from .._assets.object_types import Attribute, ExistingObjectType
from .._display.values import PlainData, public_value
from .._model.names import is_generated, same_name, with_name
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, AttributeType, ObjectTypeSpec, importable_type

#: Types whose values are strings in a record, so that an existing text attribute can store them.
_STRING_TYPES = frozenset(
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
    """The kind of a difference."""

    __module__ = "jsm_assets_dest"

    SPELLING = "spelling"
    DESCRIPTION = "description"
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
@public_value
class Difference(PlainData):
    """One difference between an existing object type and the wanted one.

    Attributes:
        kind: The kind of the difference.
        attribute: The name of the attribute, as the model spells it if both have it. Empty for the type itself.
        existing: What exists.
        wanted: What the model wants.
        harmless: True if adopting the type loses nothing and breaks nothing.
        prevents_adoption: True if the service can never resolve it, so that the type can't be adopted.
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


def existing_attribute(existing: ExistingObjectType, name: str) -> Attribute | None:
    """Return the existing attribute with this name in any case, or None."""
    return with_name(existing.attributes, name)


def existing_label(existing: ExistingObjectType) -> Attribute | None:
    """Return the label of the existing type, or None."""
    return next(
        (attribute for attribute in existing.attributes if attribute.label and not attribute.system), None
    )


def can_store(existing: AttributeType, wanted: AttributeType) -> bool:
    """Return True if an existing attribute of one type can store the values of a wanted one."""
    if existing is wanted:
        return True
    if existing in (AttributeType.TEXT, AttributeType.TEXTAREA):
        return wanted in _STRING_TYPES
    return existing is AttributeType.DOUBLE and wanted is AttributeType.INTEGER


def differences(
    model: SchemaModel,
    spec: ObjectTypeSpec,
    existing: ExistingObjectType,
    names_by_id: Mapping[str, str],
    external_id: str | None,
) -> Iterator[Difference]:
    """Yield every difference between an existing object type and the wanted one.

    Args:
        model: The whole model, for the names of reference targets.
        spec: The wanted object type.
        existing: The existing one.
        names_by_id: The names of all existing object types.
        external_id: The external id of the existing type, if it is known.
    """
    yield from _of_type(model, spec, existing, names_by_id, external_id)
    for wanted in spec.attributes:
        attribute = existing_attribute(existing, wanted.name)
        if attribute is None:
            yield Difference(
                kind=DifferenceKind.ATTRIBUTE_MISSING,
                attribute=wanted.name,
                wanted=wanted.type.value,
                harmless=True,
                message=f'"{wanted.name}" is missing. Adopting adds it.',
            )
        else:
            yield from _of_attribute(model, wanted, attribute, names_by_id)
    yield from _of_label(spec, existing)
    yield from _of_required(spec, existing)
    yield from _of_description("Its description", existing.object_type.description, spec.description)
    for wanted in spec.attributes:
        attribute = existing_attribute(existing, wanted.name)
        if attribute is not None and not attribute.system:
            subject = f'The description of "{wanted.name}"'
            yield from _of_description(subject, attribute.description, wanted.description, wanted.name)


def _of_type(
    model: SchemaModel,
    spec: ObjectTypeSpec,
    existing: ExistingObjectType,
    names_by_id: Mapping[str, str],
    external_id: str | None,
) -> Iterator[Difference]:
    object_type = existing.object_type
    if object_type.name != spec.name:
        yield Difference(
            kind=DifferenceKind.SPELLING,
            existing=object_type.name,
            wanted=spec.name,
            harmless=True,
            message=f'It is spelled "{object_type.name}", not "{spec.name}". Adopting keeps that spelling.',
        )
    if external_id:
        generated = is_generated(external_id)
        origin = (
            "was generated by Assets"
            if generated
            else "is of another import, which may write to the same objects"
        )
        yield Difference(
            kind=DifferenceKind.EXTERNAL_ID,
            existing=external_id,
            wanted=model.external_id(spec.key),
            harmless=generated,
            message=f'Its external id "{external_id}" {origin}. Adopting uses it.',
        )
    if object_type.abstract:
        yield Difference(
            kind=DifferenceKind.ABSTRACT,
            existing="abstract",
            wanted="with objects",
            harmless=False,
            prevents_adoption=True,
            message="It is abstract, so it can't have objects.",
        )
    if object_type.inherited or object_type.parent_inherits:
        yield Difference(
            kind=DifferenceKind.INHERITED,
            existing="inherited",
            wanted="not inherited",
            harmless=False,
            message="It shares inherited attributes with its parent or children. Imports support inheritance only in part.",
        )
    wanted_parent = model.object_type(spec.parent).name if model.has_object_type(spec.parent) else ""
    parent = names_by_id.get(object_type.parent_id or "", "")
    if not same_name(parent, wanted_parent):
        yield Difference(
            kind=DifferenceKind.PARENT,
            existing=parent,
            wanted=wanted_parent,
            harmless=True,
            message=f"It is {_place(parent)}, not {_place(wanted_parent)}. Adopting doesn't move it.",
        )


def _of_description(subject: str, existing: str, wanted: str, attribute: str = "") -> Iterator[Difference]:
    if wanted and existing != wanted:
        yield Difference(
            kind=DifferenceKind.DESCRIPTION,
            attribute=attribute,
            existing=existing,
            wanted=wanted,
            harmless=True,
            message=f'{subject} is "{existing}", not "{wanted}". Adopting keeps it.',
        )


def _place(parent: str) -> str:
    return f'below "{parent}"' if parent else "at the top"


def _of_attribute(
    model: SchemaModel, wanted: AttributeSpec, existing: Attribute, names_by_id: Mapping[str, str]
) -> Iterator[Difference]:
    if existing.system:
        yield _type_difference(
            wanted, "filled by Assets", f'"{wanted.name}" is an attribute that Assets fills itself.'
        )
        return
    existing_type = importable_type(existing.type)
    if existing_type is None or not can_store(existing_type, wanted.type):
        yield _type_difference(
            wanted,
            existing.type,
            f'The type of "{wanted.name}" is {existing.type}, not {wanted.type.value}, and an import can\'t change a type.',
        )
        return
    if existing_type is not wanted.type:
        yield _type_difference(
            wanted,
            existing.type,
            f'The type of "{wanted.name}" is {existing.type}, which stores values of type {wanted.type.value} too.',
            harmless=True,
        )
    yield from _of_target(model, wanted, existing, names_by_id)
    yield from _of_limits(wanted, existing)


def _type_difference(
    wanted: AttributeSpec, existing: str, message: str, *, harmless: bool = False
) -> Difference:
    return Difference(
        kind=DifferenceKind.ATTRIBUTE_TYPE,
        attribute=wanted.name,
        existing=existing,
        wanted=wanted.type.value,
        harmless=harmless,
        prevents_adoption=not harmless,
        message=message,
    )


def _of_target(
    model: SchemaModel, wanted: AttributeSpec, existing: Attribute, names_by_id: Mapping[str, str]
) -> Iterator[Difference]:
    if wanted.reference is None or not model.has_object_type(wanted.reference.target):
        return
    target = model.object_type(wanted.reference.target)
    target_id = existing.reference_object_type_id or ""
    if target.adopted is not None and target.adopted.object_type_id == target_id:
        return
    name = names_by_id.get(target_id, "")
    if target.adopted is None and name and same_name(name, target.name):
        return
    existing_target = f'"{name}"' if name else "an object type outside this schema, or a deleted one"
    yield Difference(
        kind=DifferenceKind.REFERENCE_TARGET,
        attribute=wanted.name,
        existing=name or target_id,
        wanted=target.name,
        harmless=False,
        prevents_adoption=True,
        message=f'"{wanted.name}" refers to {existing_target}, not to "{target.name}", and an import can\'t change a target.',
    )


def _of_limits(wanted: AttributeSpec, existing: Attribute) -> Iterator[Difference]:
    # Labels and identifiers always have a value, whatever their minimum in the model.
    always_filled = wanted.label or wanted.identifier
    minimum = max(wanted.minimum, 1) if always_filled else wanted.minimum
    if (existing.minimum, existing.maximum) not in {
        (wanted.minimum, wanted.maximum),
        (minimum, wanted.maximum),
    }:
        is_narrower = existing.minimum > minimum or (
            existing.maximum != -1 and (wanted.maximum == -1 or wanted.maximum > existing.maximum)
        )
        existing_range = _cardinality(existing.minimum, existing.maximum)
        wanted_range = _cardinality(wanted.minimum, wanted.maximum)
        consequence = " Assets rejects records outside of this range." if is_narrower else ""
        yield Difference(
            kind=DifferenceKind.CARDINALITY,
            attribute=wanted.name,
            existing=existing_range,
            wanted=wanted_range,
            harmless=not is_narrower,
            message=f'"{wanted.name}" allows {existing_range} values, not {wanted_range}.{consequence}',
        )
    if existing.unique != wanted.unique:
        yield Difference(
            kind=DifferenceKind.UNIQUE,
            attribute=wanted.name,
            existing="unique" if existing.unique else "not unique",
            wanted="unique" if wanted.unique else "not unique",
            # One import never has the same identifier twice.
            harmless=not existing.unique or wanted.identifier,
            message=(
                f'"{wanted.name}" is unique in Assets, so a second object with the same value is rejected.'
                if existing.unique
                else f'"{wanted.name}" is not unique in Assets.'
            ),
        )


def _cardinality(minimum: int, maximum: int) -> str:
    if maximum == -1:
        return f"{minimum} or more"
    return str(minimum) if minimum == maximum else f"{minimum} to {maximum}"


def _of_label(spec: ObjectTypeSpec, existing: ExistingObjectType) -> Iterator[Difference]:
    label, wanted = existing_label(existing), spec.label
    if label is None or wanted is None or same_name(label.name, wanted.name):
        return
    label_type = importable_type(label.type)
    in_model = any(same_name(attribute.name, label.name) for attribute in spec.attributes)
    can_be_filled = label.editable and label_type is not None and can_store(label_type, wanted.type)
    if in_model:
        message = f'Its label is "{label.name}", not "{wanted.name}". Adopting keeps it.'
    elif can_be_filled:
        message = f'Its label is "{label.name}". Adopting fills it with the values of "{wanted.name}" too.'
    else:
        message = f'Its label is "{label.name}", which the import can\'t fill, so objects would have none.'
    yield Difference(
        kind=DifferenceKind.LABEL,
        attribute=wanted.name,
        existing=label.name,
        wanted=wanted.name,
        harmless=in_model or can_be_filled,
        prevents_adoption=not (in_model or can_be_filled),
        message=message,
    )


def _of_required(spec: ObjectTypeSpec, existing: ExistingObjectType) -> Iterator[Difference]:
    for attribute in existing.attributes:
        is_required = (
            attribute.minimum > 0 and attribute.editable and not (attribute.system or attribute.label)
        )
        if is_required and not any(same_name(wanted.name, attribute.name) for wanted in spec.attributes):
            yield Difference(
                kind=DifferenceKind.REQUIRED,
                attribute=attribute.name,
                existing="required",
                wanted="not in the model",
                harmless=False,
                message=f'"{attribute.name}" is required in Assets, but the model doesn\'t fill it.',
            )
