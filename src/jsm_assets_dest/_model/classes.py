"""A model from plain attrs classes or dataclasses, so that typed records define what they are imported into.

Each class is an object type, each field an attribute whose locator is the field's name. The type follows from
the annotation: `str` text, `int` integer, `float` double, `bool` boolean, `datetime` date_time, `date` date,
`time` time, `IPv4Address` and `IPv6Address` ipaddress, an enumeration select, another class of the model a
reference to it. `X | None` is an X that may be missing; a list, tuple or sequence of X has many values. A set
is refused like any other annotation: it has no order, so that the same records would not give the same
chunks. Everything else is said by `attribute(…)` in `Annotated` or in the field's metadata, and by
`object_type(…)` around the class.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import inspect
import ipaddress
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

import attrs
from attrs import evolve, field, frozen

from .findings import FindingCollector
from .names import camel_case
from .specs import AttributeSpec, AttributeType, ObjectTypeSpec, ReferenceSpec, StatusSpec

if TYPE_CHECKING:
    from .schema_model import SchemaModel

ClassT = TypeVar("ClassT", bound=type)

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


@frozen(kw_only=True)
class AttributeMarker:
    """What an annotation cannot say about an attribute; made by `attribute(…)`."""

    name: str = ""
    kind: AttributeType | None = None
    description: str = ""
    label: bool = False
    identifier: bool = False
    unique: bool = False
    minimum: int | None = None
    maximum: int | None = None
    reference: ReferenceSpec | type | str | None = None
    statuses: tuple[str, ...] = ()
    locators: tuple[str, ...] = ()
    external_id: str = ""
    max_length: int | None = None
    leave_out: bool = False


def attribute(
    *,
    name: str = "",
    type: AttributeType | str | None = None,  # noqa: A002  # the word of AttributeSpec, which this stands for
    description: str = "",
    label: bool = False,
    identifier: bool = False,
    unique: bool = False,
    minimum: int | None = None,
    maximum: int | None = None,
    reference: ReferenceSpec | type | str | None = None,
    statuses: Iterable[str] = (),
    locators: Iterable[str] = (),
    external_id: str = "",
    max_length: int | None = None,
    leave_out: bool = False,
) -> AttributeMarker:
    """Say about a field what its annotation cannot.

    It stands in the annotation, `Annotated[str, attribute(label=True)]`, or is a value of the field's
    metadata: `attrs.field(metadata={"assets": attribute(label=True)})`.

    Args:
        name: What people see; by default the words of the field's name.
        type: Instead of what the annotation means.
        description: For people.
        label: Whether its value is what people see of an object.
        identifier: Whether it identifies the record.
        unique: Whether Assets refuses two objects with the same value.
        minimum: The least number of values; by default 0.
        maximum: The greatest number of values; by default 1, or -1 for a collection.
        reference: The class, or the key of the object type, that the values refer to.
        statuses: The statuses that it may have; makes it a status attribute.
        locators: Paths into a record; by default the field's name.
        external_id: Instead of the one that the namespace gives.
        max_length: The most characters of a value.
        leave_out: Whether the field is no attribute at all.
    """
    return AttributeMarker(
        name=name,
        kind=None if type is None else AttributeType(type),
        description=description,
        label=label,
        identifier=identifier,
        unique=unique,
        minimum=minimum,
        maximum=maximum,
        reference=reference,
        statuses=tuple(statuses),
        locators=tuple(locators),
        external_id=external_id,
        max_length=max_length,
        leave_out=leave_out,
    )


@frozen(kw_only=True)
class _ClassOptions:
    name: str = ""
    key: str = ""
    selector: str = ""
    description: str = ""
    icon_key: str = ""
    statuses: tuple[StatusSpec, ...] = field(default=())


def object_type(
    *,
    name: str = "",
    key: str = "",
    selector: str = "",
    description: str = "",
    icon_key: str = "",
    statuses: Iterable[StatusSpec] = (),
) -> Callable[[ClassT], ClassT]:
    """Say about a class what it cannot: `@object_type(name="People", selector="people")`, above the other
    decorators.

    Args:
        name: What people see; by default the words of the class's name.
        key: Its key in the model; by default the name in camel case.
        selector: The path of its records; by default the key.
        description: For people; by default the first paragraph of the class's docstring.
        icon_key: The key of an icon.
        statuses: Statuses that the schema shall declare for it.
    """
    options = _ClassOptions(
        name=name,
        key=key,
        selector=selector,
        description=description,
        icon_key=icon_key,
        statuses=tuple(statuses),
    )

    def mark(cls: ClassT) -> ClassT:
        setattr(cls, _OPTIONS, options)
        return cls

    return mark


@frozen
class _Field:
    name: str
    annotation: object
    marker: AttributeMarker

    @property
    def key(self) -> str:
        return camel_case(_words(self.name)) or self.name

    @property
    def locators(self) -> tuple[str, ...]:
        return self.marker.locators or (self.name,)


@frozen
class _Target:
    """A class with what is needed to refer to it."""

    outline: ObjectTypeSpec
    fields: tuple[_Field, ...] = ()

    def paths(self, by: str) -> tuple[str, ...]:
        """Where an instance holds the values by which it is found."""
        looked_up = [one for one in self.fields if (one.key == by if by else one.marker.identifier)]
        return tuple(locator for one in looked_up for locator in one.locators)


def read_classes(
    classes: Sequence[type], *, name: str = "", namespace: str = "", description: str = ""
) -> SchemaModel:
    """The model that the classes describe; see `SchemaModel.from_classes`."""
    from .schema_model import SchemaModel

    found = FindingCollector()
    for cls in classes:
        if not (attrs.has(cls) or dataclasses.is_dataclass(cls)):
            found.error(
                "not-a-record-class",
                cls.__qualname__,
                "It is neither an attrs class nor a dataclass.",
                "Decorate it with @attrs.frozen, @attrs.define or @dataclass.",
            )
    found.findings().raise_for_errors()
    known = {cls.__name__: cls for cls in classes}
    targets = {cls: _read_target(cls, known, found) for cls in classes}
    found.findings().raise_for_errors()
    types = [
        evolve(
            target.outline,
            attributes=[
                read
                for one in target.fields
                if (read := _read_field(one, target.outline.key, targets, found)) is not None
            ],
        )
        for target in targets.values()
    ]
    found.findings().raise_for_errors()
    statuses = {status.name: status for cls in classes for status in _options(cls).statuses}
    return SchemaModel(
        name or (classes[0].__module__.rpartition(".")[2] if classes else ""),
        types,
        description=description,
        statuses=tuple(statuses.values()),
        namespace=namespace,
    )


def _options(cls: type) -> _ClassOptions:
    # Of the class itself: a subclass is another object type, with another name.
    options = vars(cls).get(_OPTIONS)
    return options if isinstance(options, _ClassOptions) else _ClassOptions()


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
    # A dataclass without a docstring gets its signature as one, which tells people nothing.
    text = inspect.cleandoc(cls.__doc__ or "")
    return "" if text.startswith(f"{cls.__name__}(") else " ".join(text.partition("\n\n")[0].split())


def _words(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).replace("_", " ")
    return " ".join(word[:1].upper() + word[1:] for word in spaced.split())


def _read_target(cls: type, known: dict[str, type], found: FindingCollector) -> _Target:
    outline = _outline(cls)
    try:
        return _Target(outline, tuple(_fields(cls, known)))
    except NameError as error:
        found.error(
            "annotation-unknown",
            outline.key,
            f"An annotation of {cls.__qualname__} cannot be read: {error}.",
            "Import what annotations name at the top of the module, and give all classes that are referred to.",
        )
        return _Target(outline)


def _fields(cls: type, names: dict[str, type]) -> Iterable[_Field]:
    # The given classes are known by name, so that they can refer to each other wherever they are defined.
    hints = typing.get_type_hints(cls, localns=names, include_extras=True)
    known: Iterable[object] = attrs.fields(cls) if attrs.has(cls) else dataclasses.fields(cls)
    for one in known:
        name = cast("str", getattr(one, "name"))  # noqa: B009  # both kinds of field have it; neither type is common
        metadata = cast("Mapping[object, object]", getattr(one, "metadata"))  # noqa: B009
        annotation = hints.get(name, str)
        markers = [
            value for value in (*metadata.values(), *_noted(annotation)) if isinstance(value, AttributeMarker)
        ]
        yield _Field(name, annotation, markers[0] if markers else AttributeMarker())


def _noted(annotation: object) -> Iterable[object]:
    """Everything that `Annotated` says, wherever it stands: `Annotated[X | None, …]` as well as `Annotated[X, …]
    | None`.
    """
    inner = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Annotated:
        yield from inner[1:]
        inner = inner[:1]
    for one in inner:
        yield from _noted(one)


def _read_field(
    one: _Field, owner: str, targets: Mapping[type, _Target], found: FindingCollector
) -> AttributeSpec | None:
    marker = one.marker
    if marker.leave_out:
        return None
    element, many = _element(one.annotation)
    reference = _reference(marker, element, targets)
    kind = marker.kind or (AttributeType.STATUS if marker.statuses else None)
    if kind is None:
        kind = AttributeType.REFERENCE if reference is not None else _type(element)
    if kind is None:
        found.error(
            "annotation",
            f"{owner}.{one.name}",
            f"{_shown(one.annotation)} has no counterpart in Assets.",
            "Use attribute(type=…), or attribute(leave_out=True); a referenced class has to be given too.",
        )
        return None
    name = marker.name or _words(one.name)
    return AttributeSpec(
        name,
        kind,
        key=one.key,
        locators=marker.locators or _inside(one.name, element, reference, targets) or (one.name,),
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
    """What one value is, without None and collections around it, and whether there can be many."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        kept = [one for one in typing.get_args(annotation) if one is not types.NoneType]
        return _element(kept[0]) if len(kept) == 1 else (annotation, False)
    if typing.get_origin(annotation) in _COLLECTIONS:
        inner = [one for one in typing.get_args(annotation) if one is not Ellipsis]
        if len(inner) == 1:
            element, _ = _element(inner[0])
            return element, True
    return annotation, False


def _reference(
    marker: AttributeMarker, element: object, targets: Mapping[type, _Target]
) -> ReferenceSpec | None:
    if isinstance(marker.reference, ReferenceSpec):
        return marker.reference
    if isinstance(marker.reference, str):
        return ReferenceSpec(marker.reference)
    target = element if marker.reference is None else marker.reference
    return (
        ReferenceSpec(targets[target].outline.key) if isinstance(target, type) and target in targets else None
    )


def _inside(
    name: str, element: object, reference: ReferenceSpec | None, targets: Mapping[type, _Target]
) -> tuple[str, ...]:
    """Where a field that holds the other record itself, and not its identifier, has the values to find it by."""
    if reference is None or not isinstance(element, type) or element not in targets:
        return ()
    return tuple(f"{name}.{path}" for path in targets[element].paths(reference.by))


def _type(element: object) -> AttributeType | None:
    if not isinstance(element, type):
        return None
    # An enumeration of texts is one to choose from, whatever else it inherits.
    if issubclass(element, enum.Enum):
        return AttributeType.SELECT
    return next((kind for python, kind in _TYPES if issubclass(element, python)), None)


def _shown(annotation: object) -> str:
    return annotation.__qualname__ if isinstance(annotation, type) else str(annotation)
