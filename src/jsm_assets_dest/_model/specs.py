"""The parts of a schema model: what somebody wants to have in Assets, as plain values.

Nothing here is checked beyond its kind: `SchemaModel.lint` finds everything that is wrong at once, with path
and remedy, which is kinder than an exception for the first mistake.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

from attrs import field, frozen

from .._assets.statuses import StatusCategory
from .names import camel_case


class AttributeType(enum.StrEnum):
    """The types that an import can give an attribute, in the words of the mapping document.

    Assets has more (user, group, project, …), but no import can write them (Atlassian's JSON Schema of
    2023-10-19).
    """

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DOUBLE = "double"
    DATE = "date"
    TIME = "time"
    DATE_TIME = "date_time"
    URL = "url"
    EMAIL = "email"
    TEXTAREA = "textarea"
    SELECT = "select"
    IPADDRESS = "ipaddress"
    STATUS = "status"
    REFERENCE = "referenced_object"

    @classmethod
    def _missing_(cls, value: object) -> AttributeType | None:
        return cls.REFERENCE if value == "reference" else None


def _texts(values: str | Iterable[str]) -> tuple[str, ...]:
    # One text is meant as one text: tuple("id") would be two letters, and nothing would say so.
    return (values,) if isinstance(values, str) else tuple(values)


@frozen
class StatusSpec:
    """A status that the schema declares.

    Args:
        name: 2 to 30 characters of `A-Z a-z 0-9`, space and hyphen (Atlassian's JSON Schema); "LOCKED_OUT"
            has to be declared, and sent, as "Locked Out".
        category: What it means.
        description: For people.
    """

    name: str
    category: StatusCategory = field(converter=StatusCategory)
    description: str = ""


@frozen
class IconSpec:
    """An icon that the schema brings along.

    Args:
        key: Your own key, 1 to 255 characters; it can never be changed.
        name: What people see, under the same rule as a status name.
        png48: The image, a PNG of 48 by 48 pixels, as base64 text.
    """

    key: str
    name: str
    png48: str = field(repr=lambda text: f"<{len(text)} characters>")


@frozen
class ReferenceSpec:
    """What a reference attribute points to, and how Assets finds the object.

    Args:
        target: The key of an object type of the same model.
        by: The key of the target's attribute whose value the record holds; empty means the target's
            identifier.
        aql: A query of your own, instead of the one built from `by`. `${locator}` in it is replaced by the
            quoted value.
    """

    target: str
    by: str = field(default="", kw_only=True)
    aql: str = field(default="", kw_only=True)


@frozen
class AttributeSpec:
    """An attribute of an object type, and where its values come from.

    Args:
        name: What people see; it can never be changed once built.
        type: One of `AttributeType`, or its text. A `reference` makes it a reference.
        key: Its key in this model; by default the name in camel case ("Primary Email" is primaryEmail).
        locators: Paths into a record; several are joined by the import source's concatenator. By default the
            key.
        description: For people.
        label: Whether its value is what people see of an object; one attribute of a type has it.
        identifier: Whether it identifies the record (`externalIdPart`): the import updates the object with
            the same value instead of creating another one.
        unique: Whether Assets refuses two objects with the same value.
        minimum: The least number of values.
        maximum: The greatest number of values; -1 is without a limit.
        reference: What a reference points to.
        statuses: The names of the statuses that a status attribute may have; none means all of them.
        external_id: Unique in the whole workspace; by default "<namespace>/<type key>/<attribute key>".
        max_length: The most characters of a value that you promise to send; None is the type's own limit.
        mapped: False for an attribute that is there, but that this import does not fill.
    """

    name: str
    type: AttributeType = field(default=AttributeType.TEXT, converter=AttributeType)
    key: str = field(default="", kw_only=True)
    locators: tuple[str, ...] = field(default=(), converter=_texts, kw_only=True)
    description: str = field(default="", kw_only=True)
    label: bool = field(default=False, kw_only=True)
    identifier: bool = field(default=False, kw_only=True)
    unique: bool = field(default=False, kw_only=True)
    minimum: int = field(default=0, kw_only=True)
    maximum: int = field(default=1, kw_only=True)
    reference: ReferenceSpec | None = field(default=None, kw_only=True)
    statuses: tuple[str, ...] = field(default=(), converter=_texts, kw_only=True)
    external_id: str = field(default="", kw_only=True)
    max_length: int | None = field(default=None, kw_only=True)
    mapped: bool = field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        # Defaults are filled in once, here, so that renaming later (`attrs.evolve(spec, name=…)`) keeps the
        # key, and with it the locators and the external id.
        if not self.key:
            object.__setattr__(self, "key", camel_case(self.name))
        if self.reference is not None and self.type is AttributeType.TEXT:
            object.__setattr__(self, "type", AttributeType.REFERENCE)
        if not self.mapped:
            object.__setattr__(self, "locators", ())
        elif not self.locators:
            object.__setattr__(self, "locators", (self.key,))

    @property
    def is_reference(self) -> bool:
        """Whether its values are other objects."""
        return self.type is AttributeType.REFERENCE

    @property
    def takes_many(self) -> bool:
        """Whether it can have more than one value."""
        return self.maximum != 1


@frozen
class Adoption:
    """The object type that exists already and that a wanted one is mapped onto.

    Args:
        object_type_id: Its id in Assets.
        name: Its name as Assets spells it.
    """

    object_type_id: str
    name: str


def _attributes(values: Iterable[AttributeSpec]) -> tuple[AttributeSpec, ...]:
    return tuple(values)


@frozen
class ObjectTypeSpec:
    """An object type, its attributes, and where its records come from.

    Args:
        name: What people see; unique in the schema, and it can never be changed once built.
        attributes: In the order in which people shall see them.
        key: Its key in this model; by default the name in camel case ("User Types" is userTypes).
        selector: The path of its records in the data of an import; by default the key.
        description: For people.
        icon_key: The key of an icon of this model, or of one that Assets got in an earlier build.
        parent: The key of the object type above it. Imports cannot switch inheritance on, so flat models are
            simpler.
        external_id: Unique in the whole workspace; by default "<namespace>/<type key>".
        adopted: The existing object type that this one is mapped onto.
        mapped: False for an object type that is there, but that this import does not fill.
    """

    name: str
    attributes: tuple[AttributeSpec, ...] = field(default=(), converter=_attributes)
    key: str = field(default="", kw_only=True)
    selector: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True)
    icon_key: str = field(default="", kw_only=True)
    parent: str = field(default="", kw_only=True)
    external_id: str = field(default="", kw_only=True)
    adopted: Adoption | None = field(default=None, kw_only=True)
    mapped: bool = field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.key:
            object.__setattr__(self, "key", camel_case(self.name))
        if not self.mapped:
            object.__setattr__(self, "selector", "")
        elif not self.selector:
            object.__setattr__(self, "selector", self.key)

    def find_attribute(self, name_or_key: str) -> AttributeSpec | None:
        """The attribute with this key, else the one with this name in any case, else None."""
        for attribute in self.attributes:
            if attribute.key == name_or_key:
                return attribute
        wanted = name_or_key.strip().casefold()
        return next((one for one in self.attributes if one.name.strip().casefold() == wanted), None)

    def attribute(self, key: str) -> AttributeSpec:
        """The attribute with this key.

        Raises:
            KeyError: There is none.
        """
        for attribute in self.attributes:
            if attribute.key == key:
                return attribute
        raise KeyError(f"the object type “{self.name}” has no attribute with the key “{key}”")

    @property
    def identifiers(self) -> tuple[AttributeSpec, ...]:
        """The attributes that identify a record."""
        return tuple(attribute for attribute in self.attributes if attribute.identifier)

    @property
    def label(self) -> AttributeSpec | None:
        """The attribute that people see of an object, or None."""
        return next((attribute for attribute in self.attributes if attribute.label), None)

    @property
    def mapped_attributes(self) -> tuple[AttributeSpec, ...]:
        """The attributes that records fill."""
        return tuple(attribute for attribute in self.attributes if attribute.mapped)
