"""A model from plain attrs classes or dataclasses: typed records define what they are imported into.

Each class is an object type. Each field is an attribute, and its locator is the name of the field. The type follows from
the annotation: `str` text, `int` integer, `float` double, `bool` boolean, `datetime` date_time, `date` date, `time` time,
`IPv4Address` and `IPv6Address` ipaddress, an enumeration select, another class of the model a reference to it. `X | None`
is an X that may be missing. A list, tuple, or sequence of X has many values. Sets are rejected like any other annotation:
they have no order, so the same records would not give the same chunks. Everything else comes from `attribute(…)` in
`Annotated` or in the metadata of the field, and from `object_type(…)` around the class.
"""

import dataclasses
import datetime
import enum
import inspect
import ipaddress
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar, cast

import attrs
from attrs import evolve, field, frozen

from .._arguments.checking import checked
from .._arguments.fitting import choice
from .._display.values import public_value
from .findings import FindingCollector
from .names import camel_case
from .object_schema_spec import ModelT
from .specs import AttributeSpec, AttributeType, ObjectTypeSpec, ReferenceSpec, StatusSpec

ClassT = TypeVar("ClassT", bound=type)

ReferenceTarget: TypeAlias = ReferenceSpec | type | str | None

_OPTIONS = "__jsm_assets_object_type__"

# In this order: a bool is an int, and a datetime is a date.
_TYPES: tuple[tuple[type, AttributeType], ...] = (
    (bool, AttributeType.BOOLEAN),
    (int, AttributeType.INTEGER),
    (float, AttributeType.DOUBLE),
    (datetime.datetime, AttributeType.DATE_TIME),
    (datetime.date, AttributeType.DATE),
    (datetime.time, AttributeType.TIME),
    (ipaddress.IPv4Address, AttributeType.IPADDRESS),
    (ipaddress.IPv6Address, AttributeType.IPADDRESS),
    (enum.Enum, AttributeType.SELECT),
    (str, AttributeType.TEXT),
)
_COLLECTIONS: tuple[object, ...] = (list, tuple, Sequence)


def _type_option(value: AttributeType | str | None) -> AttributeType | None:
    return None if value is None else choice(AttributeType, value, "type")


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _statuses(values: Iterable[StatusSpec]) -> tuple[StatusSpec, ...]:
    return tuple(values)


@checked
@frozen(kw_only=True)
@public_value
class attribute:  # noqa: N801  # it is called in an annotation, like a function
    """Options of a field that its annotation can't express.

    Put it into the annotation, `Annotated[str, attribute(label=True)]`, or into the metadata of the field:
    `attrs.field(metadata={"assets": attribute(label=True)})`.

    Attributes:
        name: The displayed name. The default is the name of the field in words.
        type: Replaces the type that follows from the annotation.
        description: Human-readable.
        label: True if its value is the displayed name of an object.
        identifier: True if it identifies the record.
        unique: True if Assets must reject two objects with the same value.
        minimum: The minimum number of values. The default is 0.
        maximum: The maximum number of values. The default is 1, or -1 for a collection.
        reference: The class that the values refer to, or the key of the object type.
        statuses: The statuses that it allows. They make it a status attribute.
        locators: Paths into a record. The default is the name of the field.
        external_id: Replaces the external id that follows from the namespace.
        max_length: The maximum number of characters of a value.
        leave_out: True if the field is not an attribute.
    """

    name: str = ""
    type: AttributeType | None = field(default=None, converter=_type_option)
    description: str = ""
    label: bool = False
    identifier: bool = False
    unique: bool = False
    minimum: int | None = None
    maximum: int | None = None
    reference: ReferenceTarget = None
    statuses: tuple[str, ...] = field(default=(), converter=_strings)
    locators: tuple[str, ...] = field(default=(), converter=_strings)
    external_id: str = ""
    max_length: int | None = None
    leave_out: bool = False


@checked
@frozen(kw_only=True)
@public_value
class object_type:  # noqa: N801  # it is a decorator
    """Options of a class: `@object_type(name="People", selector="people")`, above the other decorators.

    Attributes:
        name: The displayed name. The default is the name of the class in words.
        key: Its key in the model. The default is the name in camel case.
        selector: The path of its records. The default is the key.
        description: Human-readable. The default is the first paragraph of the docstring.
        icon_key: The key of an icon.
        statuses: Statuses that the schema declares for it.
    """

    name: str = ""
    key: str = ""
    selector: str = ""
    description: str = ""
    icon_key: str = ""
    statuses: tuple[StatusSpec, ...] = field(default=(), converter=_statuses)

    def __call__(self, cls: ClassT) -> ClassT:
        """Add the options to the class."""
        setattr(cls, _OPTIONS, self)
        return cls


@frozen
class _Field:
    name: str
    annotation: object
    marker: attribute

    @property
    def key(self) -> str:
        return camel_case(_words(self.name)) or self.name

    @property
    def locators(self) -> tuple[str, ...]:
        return self.marker.locators or (self.name,)


@frozen
class _Target:
    """A class, and what references to it need."""

    outline: ObjectTypeSpec
    fields: tuple[_Field, ...] = ()

    def paths(self, by: str) -> tuple[str, ...]:
        """Return the paths in an instance to the values that it is found by."""
        looked_up = [
            class_field
            for class_field in self.fields
            if (class_field.key == by if by else class_field.marker.identifier)
        ]
        return tuple(locator for class_field in looked_up for locator in class_field.locators)


def read_classes(
    classes: Sequence[type],
    model_class: type[ModelT],
    *,
    name: str = "",
    namespace: str = "",
    description: str = "",
) -> ModelT:
    """Return the model that the classes describe; see `SchemaModel.from_classes`."""
    collector = FindingCollector()
    for cls in classes:
        if not (attrs.has(cls) or dataclasses.is_dataclass(cls)):
            collector.error(
                "not-a-record-class",
                cls.__qualname__,
                "It is neither an attrs class nor a dataclass.",
                "Decorate it with @attrs.frozen, @attrs.define, or @dataclass.",
            )
    collector.raise_for_errors()
    classes_by_name = {cls.__name__: cls for cls in classes}
    targets = {cls: _read_target(cls, classes_by_name, collector) for cls in classes}
    collector.raise_for_errors()
    object_types = [
        evolve(
            target.outline,
            attributes=[
                spec
                for class_field in target.fields
                if (spec := _read_field(class_field, target.outline.key, targets, collector)) is not None
            ],
        )
        for target in targets.values()
    ]
    collector.raise_for_errors()
    statuses = {status.name: status for cls in classes for status in _options(cls).statuses}
    return model_class(
        name or (classes[0].__module__.rpartition(".")[2] if classes else ""),
        object_types,
        description=description,
        statuses=tuple(statuses.values()),
        namespace=namespace,
    )


def _options(cls: type) -> object_type:
    # Only of the class itself: a subclass is another object type with another name.
    options = vars(cls).get(_OPTIONS)
    return options if isinstance(options, object_type) else object_type()


def _outline(cls: type) -> ObjectTypeSpec:
    options = _options(cls)
    return ObjectTypeSpec(
        options.name or _words(cls.__name__),
        key=options.key,
        selector=options.selector,
        description=options.description or _first_paragraph(cls),
        icon_key=options.icon_key,
    )


def _first_paragraph(cls: type) -> str:
    # The docstring that @dataclass generates is a signature, not a description.
    text = inspect.cleandoc(cls.__doc__ or "")
    return "" if text.startswith(f"{cls.__name__}(") else " ".join(text.partition("\n\n")[0].split())


def _words(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).replace("_", " ")
    return " ".join(word[:1].upper() + word[1:] for word in spaced.split())


def _read_target(cls: type, classes_by_name: dict[str, type], collector: FindingCollector) -> _Target:
    outline = _outline(cls)
    try:
        return _Target(outline, tuple(_fields(cls, classes_by_name)))
    except NameError as error:
        collector.error(
            "annotation-unknown",
            outline.key,
            f"An annotation of {cls.__qualname__} can't be evaluated: {error}.",
            "Import the names of annotations at the top of the module, and pass all classes that are referred to.",
        )
        return _Target(outline)


def _fields(cls: type, classes_by_name: dict[str, type]) -> Iterable[_Field]:
    # The classes can refer to each other by name, wherever they are defined.
    hints = typing.get_type_hints(cls, localns=classes_by_name, include_extras=True)
    class_fields: Iterable[object] = attrs.fields(cls) if attrs.has(cls) else dataclasses.fields(cls)
    for class_field in class_fields:
        name = cast("str", getattr(class_field, "name"))  # noqa: B009  # both kinds have it; they share no type
        metadata = cast("Mapping[object, object]", getattr(class_field, "metadata"))  # noqa: B009
        annotation = hints.get(name, str)
        markers = [
            value
            for value in (*metadata.values(), *_annotated_values(annotation))
            if isinstance(value, attribute)
        ]
        yield _Field(name, annotation, markers[0] if markers else attribute())


def _annotated_values(annotation: object) -> Iterable[object]:
    """Yield the metadata of `Annotated` at any depth, as in `Annotated[X | None, …]` and `Annotated[X, …] | None`."""
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Annotated:
        yield from arguments[1:]
        arguments = arguments[:1]
    for argument in arguments:
        yield from _annotated_values(argument)


def _read_field(
    class_field: _Field, type_key: str, targets: Mapping[type, _Target], collector: FindingCollector
) -> AttributeSpec | None:
    marker = class_field.marker
    if marker.leave_out:
        return None
    element, many = _element(class_field.annotation)
    reference = _reference(marker, element, targets)
    attribute_type = marker.type or (AttributeType.STATUS if marker.statuses else None)
    if attribute_type is None:
        attribute_type = AttributeType.REFERENCE if reference is not None else _type(element)
    if attribute_type is None:
        collector.error(
            "annotation",
            f"{type_key}.{class_field.name}",
            f"{_display_text(class_field.annotation)} has no counterpart in Assets.",
            "Use attribute(type=…) or attribute(leave_out=True). A referenced class must be passed too.",
        )
        return None
    return AttributeSpec(
        marker.name or _words(class_field.name),
        attribute_type,
        key=class_field.key,
        locators=marker.locators
        or _nested_locators(class_field.name, element, reference, targets)
        or (class_field.name,),
        description=marker.description,
        label=marker.label,
        identifier=marker.identifier,
        unique=marker.unique,
        minimum=marker.minimum or 0,
        maximum=marker.maximum if marker.maximum is not None else (-1 if many else 1),
        reference=reference,
        statuses=marker.statuses,
        external_id=marker.external_id,
        max_length=marker.max_length,
    )


def _element(annotation: object) -> tuple[object, bool]:
    """Return the type of one value, without None and collections, and whether there can be many values."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(annotation) if option is not types.NoneType]
        return _element(options[0]) if len(options) == 1 else (annotation, False)
    if typing.get_origin(annotation) in _COLLECTIONS:
        elements = [element for element in typing.get_args(annotation) if element is not Ellipsis]
        if len(elements) == 1:
            return _element(elements[0])[0], True
    return annotation, False


def _reference(marker: attribute, element: object, targets: Mapping[type, _Target]) -> ReferenceSpec | None:
    if isinstance(marker.reference, ReferenceSpec):
        return marker.reference
    if isinstance(marker.reference, str):
        return ReferenceSpec(marker.reference)
    target = element if marker.reference is None else marker.reference
    return (
        ReferenceSpec(targets[target].outline.key) if isinstance(target, type) and target in targets else None
    )


def _nested_locators(
    name: str, element: object, reference: ReferenceSpec | None, targets: Mapping[type, _Target]
) -> tuple[str, ...]:
    """Return the locators of a field that contains the referenced record itself instead of its identifier."""
    if reference is None or not isinstance(element, type) or element not in targets:
        return ()
    return tuple(f"{name}.{path}" for path in targets[element].paths(reference.by))


def _type(element: object) -> AttributeType | None:
    if not isinstance(element, type):
        return None
    # An enumeration is a select, whatever else it inherits from.
    if issubclass(element, enum.Enum):
        return AttributeType.SELECT
    return next(
        (attribute_type for python_type, attribute_type in _TYPES if issubclass(element, python_type)), None
    )


def _display_text(annotation: object) -> str:
    return annotation.__qualname__ if isinstance(annotation, type) else str(annotation)
