"""The parts of a schema model as plain values.

Constructors check only the types of their arguments. `SchemaModel.lint` finds everything else at once, with a path and a
remedy for each finding.
"""

import enum
from collections.abc import Iterable, Mapping

from attrs import field, frozen

from .._arguments.checking import checked
from .._arguments.fitting import choice, instances, json_object, texts
from .._assets.object_types import StatusCategory
from .._display.values import public_value
from .names import camel_case, with_name


class AttributeType(enum.StrEnum):
    """The attribute types that a model can have, as the mapping document names them.

    No import can create or fill "user" and "group" (Atlassian's JSON Schema of 2023-10-19). `build` creates them with the
    account, and `link_users` fills them. Assets has more types, such as project, which a model can't have.
    """

    __module__ = "jsm_assets_dest"

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
    USER = "user"
    GROUP = "group"

    @classmethod
    def _missing_(cls, value: object) -> "AttributeType | None":
        return cls.REFERENCE if value == "reference" else None


#: Types of attributes that are linked to Jira instead of imported.
LINKED_TYPES = frozenset({AttributeType.USER, AttributeType.GROUP})
IMPORTABLE_TYPES = tuple(kind for kind in AttributeType if kind not in LINKED_TYPES)


def importable_type(name: str) -> AttributeType | None:
    """Return the attribute type, or None for user, group, and other types that imports cannot write."""
    return AttributeType(name) if name in IMPORTABLE_TYPES else None


def _category(value: StatusCategory | str) -> StatusCategory:
    return choice(StatusCategory, value, "category")


def _type(value: AttributeType | str) -> AttributeType:
    return choice(AttributeType, value, "type")


def _locators(values: str | Iterable[str]) -> tuple[str, ...]:
    return texts(values, "locators")


def _statuses(values: str | Iterable[str]) -> tuple[str, ...]:
    return texts(values, "statuses")


@checked
@frozen
@public_value
class StatusSpec:
    """A status that the schema declares.

    Args:
        name: 2 to 30 characters of `A-Z a-z 0-9`, space, and hyphen (Atlassian's JSON Schema). For example, declare and
            send "LOCKED_OUT" as "Locked Out".
        category: The category of the status.
        description: Human-readable.
        extra: Keys of the status in the mapping document that have no argument here. They are sent unchanged.
    """

    name: str
    category: StatusCategory = field(converter=_category)
    description: str = ""
    extra: Mapping[str, object] = field(
        factory=dict, converter=json_object, hash=False, repr=False, kw_only=True
    )


@checked
@frozen
@public_value
class IconSpec:
    """An icon that the schema adds.

    Args:
        key: Your own key, 1 to 255 characters. It can't be changed later.
        name: The displayed name. It follows the same rule as the name of a status.
        png48: The image: a PNG of 48 by 48 pixels, encoded as base64.
        extra: Keys of the icon in the mapping document that have no argument here. They are sent unchanged.
    """

    key: str
    name: str
    png48: str = field(repr=lambda text: f"<{len(text)} characters>")
    extra: Mapping[str, object] = field(
        factory=dict, converter=json_object, hash=False, repr=False, kw_only=True
    )


@checked
@frozen
@public_value
class ReferenceSpec:
    """The target of a reference attribute, and how Assets finds the referenced object.

    Args:
        target: The key of an object type of the same model.
        by: The key of the target's attribute whose value the record contains. The default is the target's identifier.
        aql: Your own query instead of the one that is built from `by`. Assets replaces `${locator}` with the quoted
            value.
    """

    target: str
    by: str = field(default="", kw_only=True)
    aql: str = field(default="", kw_only=True)


@checked
@frozen
@public_value
class AttributeSpec:
    """An attribute of an object type, and where its values come from.

    Args:
        name: The displayed name. It can't be changed after the build.
        type: An `AttributeType` or its value. A `reference` makes it a reference.
        key: Its key in this model. The default is the name in camel case ("Primary Email" becomes primaryEmail).
        locators: Paths into a record. The import source joins several values with its concatenator. The default is the
            key.
        description: Human-readable.
        label: True if its value is the displayed name of an object. One attribute of a type is the label.
        identifier: True if it identifies the record (`externalIdPart`). The import updates the object that has the same
            value instead of creating another one.
        unique: True if Assets must reject two objects with the same value.
        minimum: The minimum number of values.
        maximum: The maximum number of values; -1 means unlimited.
        reference: The target of a reference.
        statuses: The names of the statuses that a status attribute allows. None means all.
        external_id: Unique in the whole workspace. The default is "<namespace>/<type key>/<attribute key>".
        max_length: The maximum number of characters of a value that you will send. None means the limit of the type.
        mapped: False for an attribute that exists but that this import doesn't fill.
        linked_from: For the types user and group: the attribute with the email address or the group name, such as "Primary
            Email", or "Manager.Primary Email" in an object that is referred to. An `ObjectTypeSpec` moves such an
            attribute to its `linked_attributes`.
        extra: Keys of the attribute in the mapping document that have no argument here. They are sent unchanged.
        mapping_extra: The same for the mapping of the attribute, for example `valueMapping`.
    """

    name: str
    type: AttributeType = field(default=AttributeType.TEXT, converter=_type)
    key: str = field(default="", kw_only=True)
    locators: tuple[str, ...] = field(default=(), converter=_locators, kw_only=True)
    description: str = field(default="", kw_only=True)
    label: bool = field(default=False, kw_only=True)
    identifier: bool = field(default=False, kw_only=True)
    unique: bool = field(default=False, kw_only=True)
    minimum: int = field(default=0, kw_only=True)
    maximum: int = field(default=1, kw_only=True)
    reference: ReferenceSpec | None = field(default=None, kw_only=True)
    statuses: tuple[str, ...] = field(default=(), converter=_statuses, kw_only=True)
    external_id: str = field(default="", kw_only=True)
    max_length: int | None = field(default=None, kw_only=True)
    mapped: bool = field(default=True, kw_only=True)
    linked_from: str = field(default="", kw_only=True)
    extra: Mapping[str, object] = field(
        factory=dict, converter=json_object, hash=False, repr=False, kw_only=True
    )
    mapping_extra: Mapping[str, object] = field(
        factory=dict, converter=json_object, hash=False, repr=False, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        if self.is_linked:
            object.__setattr__(self, "mapped", False)
        # Set defaults once, here: then a later rename (`attrs.evolve(spec, name=…)`) keeps the key, the locators, and the
        # external id.
        if not self.key:
            object.__setattr__(self, "key", camel_case(self.name))
        if self.reference is not None and self.type is AttributeType.TEXT:
            object.__setattr__(self, "type", AttributeType.REFERENCE)
        if not self.mapped:
            object.__setattr__(self, "locators", ())
        elif not self.locators:
            object.__setattr__(self, "locators", (self.key,))

    @property
    def is_linked(self) -> bool:
        """True if its values are users or groups of Jira, which no import can fill."""
        return self.type in LINKED_TYPES

    @property
    def is_reference(self) -> bool:
        """True if its values are other objects."""
        return self.type is AttributeType.REFERENCE

    @property
    def takes_many(self) -> bool:
        """True if it can have more than one value."""
        return self.maximum != 1


def _attributes(values: Iterable[AttributeSpec]) -> tuple[AttributeSpec, ...]:
    return instances(AttributeSpec, values, "attributes")


def _number(attributes: tuple[AttributeSpec, ...]) -> str:
    return f"({len(attributes)} attribute{'' if len(attributes) == 1 else 's'})"


@checked
@frozen
@public_value
class Adoption:
    """The existing object type that a wanted one is mapped to.

    Args:
        object_type_id: Its id in Assets.
        name: Its name as Assets spells it.
    """

    object_type_id: str
    name: str


@checked
@frozen
@public_value
class ObjectTypeSpec:
    """An object type, its attributes, and where its records come from.

    Args:
        name: The displayed name. It is unique in the schema and can't be changed after the build.
        attributes: In the order in which Assets shows them.
        key: Its key in this model. The default is the name in camel case ("User Types" becomes userTypes).
        selector: The path of its records in the data of an import. The default is the key.
        description: Human-readable.
        icon_key: The key of an icon of this model, or of one that an earlier build added.
        parent: The key of the object type above it. Imports can't enable inheritance, so flat models are simpler.
        external_id: Unique in the whole workspace. The default is "<namespace>/<type key>".
        adopted: The existing object type that this one is mapped to.
        mapped: False for an object type that exists but that this import doesn't fill.
        linked_attributes: The attributes of the types user and group, which no import can fill. Those in `attributes` are
            moved here.
        extra: Keys of the object type in the mapping document that have no argument here, for example `inheritance`.
            They are sent unchanged.
        mapping_extra: The same for the mapping of the object type, for example `unknownValues`.
    """

    name: str
    attributes: tuple[AttributeSpec, ...] = field(default=(), converter=_attributes, repr=_number)
    key: str = field(default="", kw_only=True)
    selector: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True)
    icon_key: str = field(default="", kw_only=True)
    parent: str = field(default="", kw_only=True)
    external_id: str = field(default="", kw_only=True)
    adopted: Adoption | None = field(default=None, kw_only=True)
    mapped: bool = field(default=True, kw_only=True)
    linked_attributes: tuple[AttributeSpec, ...] = field(
        default=(), converter=_attributes, kw_only=True, repr=_number
    )
    extra: Mapping[str, object] = field(
        factory=dict, converter=json_object, hash=False, repr=False, kw_only=True
    )
    mapping_extra: Mapping[str, object] = field(
        factory=dict, converter=json_object, hash=False, repr=False, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        linked = tuple(attribute for attribute in self.attributes if attribute.is_linked)
        if linked:
            imported = tuple(attribute for attribute in self.attributes if not attribute.is_linked)
            object.__setattr__(self, "attributes", imported)
            object.__setattr__(self, "linked_attributes", (*self.linked_attributes, *linked))
        if not self.key:
            object.__setattr__(self, "key", camel_case(self.name))
        if not self.mapped:
            object.__setattr__(self, "selector", "")
        elif not self.selector:
            object.__setattr__(self, "selector", self.key)

    def find_attribute(self, name_or_key: str) -> AttributeSpec | None:
        """Return the attribute with this key, otherwise the one with this name in any case, otherwise None."""
        for attribute in self.attributes:
            if attribute.key == name_or_key:
                return attribute
        return with_name(self.attributes, name_or_key)

    def attribute(self, key: str) -> AttributeSpec:
        """Return the attribute with this key.

        Raises:
            KeyError: There is none.
        """
        for attribute in self.attributes:
            if attribute.key == key:
                return attribute
        raise KeyError(f'the object type "{self.name}" has no attribute with the key "{key}"')

    @property
    def inherits(self) -> bool:
        """True if it has the attributes of its parent too. Only documents that Assets returned say so.

        In other documents, the parent has this flag.
        """
        return bool(self.parent) and self.extra.get("inheritance") is True

    @property
    def identifiers(self) -> tuple[AttributeSpec, ...]:
        """The attributes that identify a record."""
        return tuple(attribute for attribute in self.attributes if attribute.identifier)

    @property
    def label(self) -> AttributeSpec | None:
        """The attribute whose value is the displayed name of an object, or None."""
        return next((attribute for attribute in self.attributes if attribute.label), None)

    @property
    def mapped_attributes(self) -> tuple[AttributeSpec, ...]:
        """The attributes that records fill."""
        return tuple(attribute for attribute in self.attributes if attribute.mapped)
