"""Object types, their attributes, and statuses."""

import enum
from collections.abc import Iterable, Mapping
from typing import ClassVar, cast

from attrs import field, frozen

from .._display.values import PlainData, public_value
from .._wire.json_reading import as_object, read_flag, read_number, read_object, read_text


class StatusCategory(enum.StrEnum):
    """Category of a status. Assets shows active statuses in green, inactive ones in red, and pending ones in yellow."""

    __module__ = "jsm_assets_dest"

    ACTIVE = "active"
    INACTIVE = "inactive"
    PENDING = "pending"


#: Categories by number (Atlassian's OpenAPI document).
CATEGORIES: Mapping[int, StatusCategory] = {
    0: StatusCategory.INACTIVE,
    1: StatusCategory.ACTIVE,
    2: StatusCategory.PENDING,
}


@frozen(kw_only=True)
@public_value
class Status(PlainData):
    """A status of objects.

    Attributes:
        id: Id of the status: a number as a string.
        name: Name of the status.
        category: Category of the status. None if this library does not know the category.
        description: Description of the status, or an empty string.
        schema_id: Id of its object schema. None if all object schemas of the workspace share the status.
        raw: The complete JSON of the service.
    """

    _names_of_data: ClassVar = "id name category description schema_id"

    id: str
    name: str
    category: StatusCategory | None
    description: str = field(default="", repr=False)
    schema_id: str | None = None
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object) -> "Status":
        """Read a status from the JSON of the service."""
        source = read_object(value, "a status")
        return cls(
            id=read_text(source, "id"),
            name=read_text(source, "name"),
            category=CATEGORIES.get(read_number(source, "category", -1)),
            description=read_text(source, "description", ""),
            schema_id=read_text(source, "objectSchemaId", "") or None,
            raw=source,
        )

    @property
    def is_shared(self) -> bool:
        """True if all object schemas of the workspace share the status."""
        return self.schema_id is None


#: Names of the numbers in `defaultType` (Atlassian's OpenAPI document), as the import mapping document spells them.
DEFAULT_TYPES: Mapping[int, str] = {
    -1: "none",
    0: "text",
    1: "integer",
    2: "boolean",
    3: "double",
    4: "date",
    5: "time",
    6: "date_time",
    7: "url",
    8: "email",
    9: "textarea",
    10: "select",
    11: "ipaddress",
}

#: Names of the numbers in `type`, except 0 (default). 3, 5, 6, and 8 are not in Atlassian's document, but clients
#: received them.
OTHER_TYPES: Mapping[int, str] = {
    1: "referenced_object",
    2: "user",
    3: "confluence",
    4: "group",
    5: "version",
    6: "project",
    7: "status",
    8: "bitbucket_repository",
}


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple)):
        return ()
    return tuple(str(value) for value in cast("Iterable[object]", values) if value is not None)


@frozen(kw_only=True)
@public_value
class ObjectType(PlainData):
    """An object type of an object schema.

    Attributes:
        id: Id of the object type: a number as a string.
        name: Name of the object type, unique in the object schema.
        schema_id: Id of the object schema.
        description: Description of the object type, or an empty string.
        parent_id: Id of the parent object type. None at the root.
        object_count: Number of objects, without those of child types. None if the request did not ask for it.
        inherited: True if child types inherit its attributes.
        parent_inherits: True if it inherits the attributes of its parent.
        abstract: True if it can't have objects of its own.
        icon_id: Id of the icon.
        position: Position among the object types with the same parent.
        raw: The complete JSON of the service.
    """

    _names_of_data: ClassVar = (
        "id name description schema_id parent_id object_count inherited parent_inherits abstract"
    )

    id: str
    name: str
    schema_id: str = field(default="", repr=False)
    description: str = field(default="", repr=False)
    parent_id: str | None = None
    object_count: int | None = None
    inherited: bool = field(default=False, repr=False)
    parent_inherits: bool = field(default=False, repr=False)
    abstract: bool = field(default=False, repr=False)
    icon_id: str = field(default="", repr=False)
    position: int = field(default=0, repr=False)
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object, *, counted: bool = True) -> "ObjectType":
        """Read an object type from the JSON of the service."""
        source = read_object(value, "an object type")
        return cls(
            id=read_text(source, "id"),
            name=read_text(source, "name"),
            schema_id=read_text(source, "objectSchemaId", ""),
            description=read_text(source, "description", ""),
            parent_id=read_text(source, "parentObjectTypeId", "") or None,
            object_count=read_number(source, "objectCount") if counted else None,
            inherited=read_flag(source, "inherited"),
            parent_inherits=read_flag(source, "parentObjectTypeInherited"),
            abstract=read_flag(source, "abstractObjectType"),
            icon_id=read_text(as_object(source.get("icon")), "id", ""),
            position=read_number(source, "position"),
            raw=source,
        )


def _type_name(number: int, default_type: object) -> str:
    names = OTHER_TYPES
    if number == 0:
        names = DEFAULT_TYPES
        number = read_number(as_object(default_type), "id")
    return names.get(number) or f"unknown ({number})"


@frozen
@public_value
class Attribute(PlainData):
    """An attribute of an object type.

    Attributes:
        id: Id of the attribute: a number as a string.
        name: Name of the attribute, unique in the object type.
        type: Type of the attribute, as the import mapping document spells it: "text", "date_time", "referenced_object",
            "status", and so on. "user", "group", and others exist in Assets, but not in imports.
        label: True if Assets shows its value as the name of the object.
        unique: True if Assets rejects a second object with the same value.
        minimum: Minimum number of values.
        maximum: Maximum number of values. -1 means no limit.
        system: True if Assets sets the value: Key, Created, Updated.
        editable: True if the value can be changed.
        removable: True if the attribute can be deleted.
        hidden: True if web pages do not show it.
        description: Description of the attribute, or an empty string.
        reference_object_type_id: Id of the object type that a reference points to.
        status_ids: Ids of the allowed statuses of a status attribute. Empty if all are allowed.
        options: Options of a select attribute, joined by commas as in the service.
        object_type_id: Id of its object type, if the response contains it.
        position: Position in the object type.
        raw: The complete JSON of the service.
    """

    _names_of_data: ClassVar = (
        "id name type label unique minimum "
        "maximum system hidden description reference_object_type_id object_type_id"
    )

    id: str
    name: str
    type: str = "text"
    label: bool = False
    unique: bool = False
    minimum: int = 0
    maximum: int = 1
    system: bool = field(default=False, repr=False)
    editable: bool = field(default=True, repr=False)
    removable: bool = field(default=True, repr=False)
    hidden: bool = field(default=False, repr=False)
    description: str = field(default="", repr=False)
    reference_object_type_id: str | None = field(default=None, repr=False)
    status_ids: tuple[str, ...] = field(default=(), repr=False)
    options: str = field(default="", repr=False)
    object_type_id: str = field(default="", repr=False)
    position: int = field(default=0, repr=False)
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object, object_type_id: str = "") -> "Attribute":
        """Read an attribute from the JSON of the service.

        A missing `type` means 0, or 1 if there is a referenced object type (some of Atlassian's examples omit `type`). The
        target of a reference is in `referenceObjectTypeId`, not in `typeValue`.
        """
        source = read_object(value, "an attribute")
        target = read_text(source, "referenceObjectTypeId", "") or None
        number = read_number(source, "type", 1 if target else 0)
        if owner := as_object(source.get("objectType")):
            object_type_id = read_text(owner, "id", "")
        return cls(
            id=read_text(source, "id"),
            name=read_text(source, "name"),
            type=_type_name(number, source.get("defaultType")),
            label=read_flag(source, "label"),
            unique=read_flag(source, "uniqueAttribute"),
            minimum=read_number(source, "minimumCardinality"),
            maximum=read_number(source, "maximumCardinality", 1),
            system=read_flag(source, "system"),
            editable=read_flag(source, "editable", default=True),
            removable=read_flag(source, "removable", default=True),
            hidden=read_flag(source, "hidden"),
            description=read_text(source, "description", ""),
            reference_object_type_id=target,
            status_ids=_texts(source.get("typeValueMulti")) if number == 7 else (),
            options=read_text(source, "options", ""),
            object_type_id=object_type_id,
            position=read_number(source, "position"),
            raw=source,
        )


@frozen
@public_value
class ExistingObjectType:
    """An object type of Assets, with its attributes.

    Attributes:
        object_type: The object type.
        attributes: Its attributes, in their order.
    """

    object_type: ObjectType
    attributes: tuple[Attribute, ...] = ()
