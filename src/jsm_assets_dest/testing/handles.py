"""Handles of an emulated site's content, for seeding and for assertions."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar, Unpack

from .world.entities import (
    IMPORT_TYPE_NAMES,
    Account,
    AssetObject,
    Attribute,
    AttributeType,
    DefaultType,
    ObjectSchema,
    ObjectType,
)
from .world.object_types import AttributeSettings, create_attribute, create_object_type
from .world.objects import create_object, delete_object, update_object
from .world.schemas import roles_of, set_actors
from .world.site import Site

_T = TypeVar("_T")
Shown: TypeAlias = None | str | int | float | bool | list[str | int | float | bool]
"""
A value of an attribute as plain Python.
"""

_KINDS = {
    **dict.fromkeys(IMPORT_TYPE_NAMES, AttributeType.DEFAULT),
    "user": AttributeType.USER,
    "group": AttributeType.GROUP,
    "status": AttributeType.STATUS,
}


class SeededObject:
    """An object of the emulated site. `object["Attribute"]` is its value as plain Python."""

    __module__ = "jsm_assets_dest.testing"

    def __init__(self, site: Site, asset: AssetObject) -> None:
        self._site = site
        self._asset = asset

    @property
    def id(self) -> str:
        """The id as a string."""
        return str(self._asset.id)

    @property
    def key(self) -> str:
        """The key, such as `OKT-12`."""
        return self._site.key_of(self._asset)

    @property
    def label(self) -> str:
        """The label of the object."""
        return self._site.label_of(self._asset)

    @property
    def type_name(self) -> str:
        """The name of its object type."""
        return self._site.types[self._asset.type_id].name

    @property
    def values(self) -> dict[str, Shown]:
        """All values by the name of the attribute, without Key, Created and Updated."""
        attributes = self._site.attributes_of(self._site.types[self._asset.type_id])
        return {attribute.name: self._value(attribute) for attribute in attributes if not attribute.system}

    def __getitem__(self, name: str) -> Shown:
        attribute = self._site.attribute_named(self._site.types[self._asset.type_id], name)
        if attribute is None:
            raise KeyError(f"{self.type_name} has no attribute {name}")
        return self._value(attribute)

    def _value(self, attribute: Attribute) -> Shown:
        values = [self._plain(attribute, text) for text in self._asset.values.get(attribute.id, ())]
        if attribute.is_multiple:
            return values
        return values[0] if values else None

    def _plain(self, attribute: Attribute, text: str) -> str | int | float | bool:
        if attribute.type == AttributeType.REFERENCE:
            return self._site.key_of(self._site.objects[int(text)])
        if attribute.type == AttributeType.STATUS:
            return self._site.statuses[int(text)].name
        if attribute.type == AttributeType.USER and text in self._site.accounts:
            return self._site.accounts[text].email
        if attribute.type == AttributeType.DEFAULT and attribute.default_type == DefaultType.INTEGER:
            return int(text)
        if attribute.type == AttributeType.DEFAULT and attribute.default_type == DefaultType.DOUBLE:
            return float(text)
        if attribute.type == AttributeType.DEFAULT and attribute.default_type == DefaultType.BOOLEAN:
            return text == "true"
        return text

    def update(self, values: Mapping[str, Given] | None = None, /, **more: Given) -> None:
        """Change attributes by name."""
        object_type = self._site.types[self._asset.type_id]
        texts = _wanted(self._site, object_type, {**(values or {}), **more})
        update_object(self._site, self._asset, texts, account_id="")

    def delete(self) -> None:
        """Delete the object."""
        delete_object(self._site, self._asset)

    def connect_ticket(self, key: str) -> None:
        """Connect a Jira ticket with the object."""
        self._asset.ticket_keys = (*self._asset.ticket_keys, key)

    def __repr__(self) -> str:
        return f"<SeededObject {self.key} {self.label!r} of {self.type_name}>"


def _chosen(owner: str, kind: str, name: str, items: Sequence[_T], named_by: str = "name") -> _T:
    """Return an item by name; the error lists the first names."""
    for item in items:
        if getattr(item, named_by) == name:
            return item
    names = ", ".join(getattr(item, named_by) for item in items[:10]) + (", ..." if len(items) > 10 else "")
    raise KeyError(f"{owner} has no {kind} {name}; it has: {names or 'none'}")


PlainValue: TypeAlias = str | int | float | bool | SeededObject | Account | datetime.date
Given: TypeAlias = None | PlainValue | Sequence[PlainValue]
"""
The accepted forms of a value.
"""


def _text(value: PlainValue) -> str:
    if isinstance(value, SeededObject):
        return value.id
    if isinstance(value, Account):
        return value.account_id
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def _wanted(site: Site, object_type: ObjectType, values: Mapping[str, Given]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for name, value in values.items():
        attribute = site.attribute_named(object_type, name) or site.attribute_named(
            object_type, name.replace("_", " ")
        )
        if attribute is None:
            names = ", ".join(attribute.name for attribute in site.attributes_of(object_type))
            raise ValueError(f"{object_type.name} has no attribute {name}; it has {names}")
        if value is None:
            texts[str(attribute.id)] = []
        elif isinstance(value, Sequence) and not isinstance(value, str):
            texts[str(attribute.id)] = [_text(item) for item in value]
        else:
            texts[str(attribute.id)] = [_text(value)]
    return texts


class SeededType:
    """An object type of the emulated site."""

    __module__ = "jsm_assets_dest.testing"

    def __init__(self, site: Site, object_type: ObjectType) -> None:
        self._site = site
        self._type = object_type

    @property
    def id(self) -> str:
        """The id as a string."""
        return str(self._type.id)

    @property
    def name(self) -> str:
        """The name."""
        return self._type.name

    @property
    def description(self) -> str:
        """The description."""
        return self._type.description

    @property
    def external_id(self) -> str:
        """The id of the type in mapping documents."""
        return self._type.external_id

    @property
    def parent(self) -> SeededType | None:
        """The parent type."""
        if self._type.parent_id is None:
            return None
        return SeededType(self._site, self._site.types[self._type.parent_id])

    @property
    def attributes(self) -> list[Attribute]:
        """The attributes by position. Do not change them."""
        return self._site.attributes_of(self._type)

    @property
    def attribute_names(self) -> list[str]:
        """The names of the attributes by position."""
        return [attribute.name for attribute in self.attributes]

    def attribute(self, name: str) -> Attribute:
        """Return an attribute by name."""
        attribute = self._site.attribute_named(self._type, name)
        return attribute or _chosen(self.name, "attribute", name, self.attributes)

    @property
    def objects(self) -> list[SeededObject]:
        """The objects of exactly this type, in the order of creation."""
        return [
            SeededObject(self._site, self._site.objects[object_id]) for object_id in self._type.object_ids
        ]

    def object(self, label: str) -> SeededObject:
        """Return the object with this name."""
        return _chosen(self.name, "object", label, self.objects, "label")

    def add_attribute(
        self,
        name: str,
        type: str = "text",  # noqa: A002  # the name of the field
        *,
        references: SeededType | None = None,
        multiple: bool = False,
        statuses: Sequence[str] = (),
        choices: Sequence[str] = (),
        **settings: Unpack[AttributeSettings],
    ) -> Attribute:
        """Add an attribute.

        Args:
            name: of the attribute.
            type: "text", "integer", "boolean", "double", "date", "time", "date_time", "url", "email", "textarea",
                "select", "ipaddress", "user", "group", "status" or "reference".
            references: for a reference, its target; may be passed without `type`.
            multiple: True for any number of values.
            statuses: names of the allowed statuses.
            choices: of a select attribute.
            settings: further settings, named as in `AttributeSettings`: `label`, `unique`, `minimum`, `hidden`, …
        """
        if references is not None or type in ("reference", "referenced_object"):
            if references is None:
                raise ValueError("a reference needs the object type it refers to")
            kind = AttributeType.REFERENCE
            settings["type_value"] = references.id
            settings.setdefault("additional_value", str(min(self._site.reference_types)))
        elif type in _KINDS:
            kind = _KINDS[type]
        else:
            raise ValueError(f"unknown type {type!r}; known are {', '.join(_KINDS)} and reference")
        if kind == AttributeType.DEFAULT:
            settings["default_type"] = IMPORT_TYPE_NAMES[type]
        if multiple:
            settings["maximum"] = -1
        if choices:
            settings["options"] = ",".join(choices)
        if statuses:
            settings["type_value_multi"] = [self._status_id(status) for status in statuses]
        return create_attribute(self._site, self._type, name=name, type=kind, **settings)

    def _status_id(self, name: str) -> str:
        for status in self._site.statuses.values():
            if status.name == name and status.schema_id in (None, self._type.schema_id):
                return str(status.id)
        raise ValueError(f"there is no status {name}")

    def add_object(self, values: Mapping[str, Given] | None = None, /, **more: Given) -> SeededObject:
        """Add an object.

        Args:
            values: by name of the attribute.
            more: the same, with an underscore for each blank in a name.
        """
        texts = _wanted(self._site, self._type, {**(values or {}), **more})
        return SeededObject(self._site, create_object(self._site, self._type, texts, account_id=""))

    def __repr__(self) -> str:
        return f"<SeededType {self.name}, {len(self._type.object_ids)} objects>"


class SeededSchema:
    """An object schema of the emulated site. `schema["People"]` is one of its object types."""

    __module__ = "jsm_assets_dest.testing"

    def __init__(self, site: Site, schema: ObjectSchema) -> None:
        self._site = site
        self._schema = schema

    @property
    def id(self) -> str:
        """The id as a string."""
        return str(self._schema.id)

    @property
    def key(self) -> str:
        """The key, such as `OKT`."""
        return self._schema.key

    @property
    def name(self) -> str:
        """The name."""
        return self._schema.name

    @property
    def description(self) -> str:
        """The description."""
        return self._schema.description

    @property
    def object_types(self) -> list[SeededType]:
        """All object types, in the order of creation."""
        return [SeededType(self._site, object_type) for object_type in self._site.types_of(self._schema)]

    def __getitem__(self, name: str) -> SeededType:
        return _chosen(self.name, "object type", name, self.object_types)

    def __contains__(self, name: object) -> bool:
        return any(object_type.name == name for object_type in self.object_types)

    def __iter__(self) -> Iterator[SeededType]:
        return iter(self.object_types)

    @property
    def objects(self) -> list[SeededObject]:
        """All objects, by type."""
        return [asset for object_type in self.object_types for asset in object_type.objects]

    @property
    def roles(self) -> dict[str, list[str]]:
        """The account ids and group names of each role."""
        return {role.name: [*role.users, *role.groups] for role in roles_of(self._site, self._schema)}

    def set_role(self, name: str, *, users: Sequence[str] = (), groups: Sequence[str] = ()) -> None:
        """Replace the entries of a role."""
        role = _chosen(self.name, "role", name, roles_of(self._site, self._schema))
        set_actors(self._site, role, list(users), list(groups))

    def allow_other_object_schemas(self, *, allowed: bool = True) -> None:
        """Allow attributes of other object schemas to refer to objects of this schema."""
        self._schema.allow_other_object_schema = allowed

    def add_object_type(
        self,
        name: str,
        *,
        attributes: Sequence[str | tuple[str, str]] = (),
        description: str = "",
        parent: SeededType | None = None,
        icon_id: str | None = None,
        inherited: bool = False,
        abstract: bool = False,
    ) -> SeededType:
        """Add an object type.

        Args:
            name: of the type.
            attributes: names of text attributes, or pairs of name and type.
            description: human-readable.
            parent: the parent type.
            icon_id: of its icon; any if None.
            inherited: True if child types inherit its attributes.
            abstract: True if it has no objects of its own.
        """
        above = self._site.types[int(parent.id)] if parent is not None else None
        object_type = create_object_type(
            self._site,
            self._schema,
            name=name,
            icon_id=icon_id or next(iter(self._site.icons)),
            description=description,
            parent=above,
            inherited=inherited,
            abstract=abstract,
        )
        handle = SeededType(self._site, object_type)
        for attribute in attributes:
            handle.add_attribute(*([attribute] if isinstance(attribute, str) else attribute))
        return handle

    def __repr__(self) -> str:
        return f"<SeededSchema {self.key} {self.name!r}>"
