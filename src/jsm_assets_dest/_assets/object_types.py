"""Object types and the definitions of their attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from attrs import field, frozen

from .._wire.json_reading import read_flag, read_number, read_object, read_text, usual_reader

#: The names of an attribute definition's `defaultType`, by number (Atlassian's OpenAPI document), in the words of the
#: import mapping document.
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

#: The names of an attribute definition's `type` other than 0 (default). 3, 5, 6 and 8 are not in Atlassian's document;
#: clients have seen them.
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
class ObjectType:
    """An object type of a schema.

    Attributes:
        id: Its id, a number as text.
        name: Its name, unique in the schema.
        schema_id: The schema it belongs to.
        parent_id: The type above it, or None at the root.
        object_count: How many objects it holds, without those of types below it; None where Assets was not asked.
        inherited: Whether types below it get its attributes.
        parent_inherits: Whether it gets the attributes of the type above it.
        abstract: Whether it can have no objects of its own.
        icon_id: The id of its icon.
        position: Its place among its neighbours.
        raw: The whole answer.
    """

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
    def from_json(cls, value: object, *, counted: bool = True) -> ObjectType:
        """Read one object type."""
        source = read_object(value, "an object type")
        icon = source.get("icon")
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
            icon_id=read_text(cast("Mapping[str, object]", icon), "id", "")
            if isinstance(icon, Mapping)
            else "",
            position=read_number(source, "position"),
            raw=source,
        )

    def to_dict(self) -> dict[str, object]:
        """The object type as JSON-ready data."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "schema_id": self.schema_id,
            "parent_id": self.parent_id,
            "object_count": self.object_count,
            "inherited": self.inherited,
            "parent_inherits": self.parent_inherits,
            "abstract": self.abstract,
        }


def _type_name(number: int, default_type: object) -> str:
    names = OTHER_TYPES
    if number == 0:
        names = DEFAULT_TYPES
        if isinstance(default_type, dict):
            number = read_number(cast("Mapping[str, object]", default_type), "id")
    return names.get(number) or f"unknown ({number})"


_read_definition = usual_reader(
    id=str,
    name=str,
    label=False,
    uniqueAttribute=False,
    minimumCardinality=0,
    maximumCardinality=1,
    system=False,
    editable=True,
    removable=True,
    hidden=False,
    description="",
    options="",
    position=0,
)


@frozen
class Attribute:
    """The definition of an attribute of an object type.

    Attributes:
        id: Its id, a number as text.
        name: Its name, unique in the object type.
        type: Its type in the words of the import mapping document ("text", "date_time", "referenced_object",
            "status", …); "user", "group" and others exist in Assets but not in imports.
        label: Whether its value is what people see of an object.
        unique: Whether Assets refuses a second object with the same value.
        minimum: The least number of values.
        maximum: The greatest number of values; -1 is without a limit.
        system: Whether Assets keeps it itself: Key, Created, Updated.
        editable: Whether its value can be changed.
        removable: Whether it can be deleted.
        hidden: Whether pages leave it out.
        reference_object_type_id: The object type that a reference points to.
        status_ids: The statuses that a status attribute may have; empty for all.
        options: What a select attribute offers, as the service keeps it: joined by commas.
        object_type_id: The object type it belongs to, where the answer says.
        position: Its place in the object type.
        raw: The whole answer.
    """

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
    def from_json(cls, value: object, object_type_id: str = "") -> Attribute:
        """Read one attribute definition.

        A missing `type` means 0, or 1 where a referenced object type is named (some of Atlassian's own examples
        leave it out); a reference names its target in `referenceObjectTypeId`, not in `typeValue`.
        """
        source = read_object(value, "an attribute")
        (
            attribute_id,
            name,
            label,
            unique,
            minimum,
            maximum,
            system,
            editable,
            removable,
            hidden,
            description,
            options,
            position,
        ) = _read_definition(source)
        target = None
        if "referenceObjectTypeId" in source:
            target = read_text(source, "referenceObjectTypeId", "") or None
        number = read_number(source, "type", 1 if target else 0)
        owner = source.get("objectType")
        if isinstance(owner, dict):
            object_type_id = read_text(cast("Mapping[str, object]", owner), "id", "")
        # By position: naming them would take a third of the time that making an attribute takes.
        return cls(
            attribute_id,
            name,
            _type_name(number, source.get("defaultType")),
            label,
            unique,
            minimum,
            maximum,
            system,
            editable,
            removable,
            hidden,
            description,
            target,
            _texts(source.get("typeValueMulti")) if number == 7 else (),
            options,
            object_type_id,
            position,
            source,
        )

    def to_dict(self) -> dict[str, object]:
        """The attribute as JSON-ready data."""
        return {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "label": self.label,
            "unique": self.unique,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "system": self.system,
            "hidden": self.hidden,
            "description": self.description,
            "reference_object_type_id": self.reference_object_type_id,
            "object_type_id": self.object_type_id,
        }


@frozen
class ExistingObjectType:
    """An object type together with its attributes: what a wanted type is compared with."""

    object_type: ObjectType
    attributes: tuple[Attribute, ...] = ()
