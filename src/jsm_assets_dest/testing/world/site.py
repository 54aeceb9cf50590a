"""The state of one emulated site, with its identifiers, and the lookups and indexes of all rules."""

from __future__ import annotations

import base64
import hashlib
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from attrs import define

from .clock import EmulatorClock
from .doubts import Doubts
from .entities import (
    Account,
    AssetObject,
    Attribute,
    AttributeType,
    DefaultType,
    Execution,
    Group,
    HistoryEntry,
    Icon,
    ImportSource,
    MappingProgress,
    ObjectSchema,
    ObjectType,
    ReferenceType,
    Role,
    Status,
    global_icons,
)
from .json_reading import JsonObject, parse_integer
from .rejections import not_found


class Identifiers:
    """Generates identifiers that depend only on the seed and the number of earlier ones of their kind.

    This makes outputs reproducible, and state files contain only the counters.

    Args:
        seed: two emulators with the same seed generate the same identifiers.
    """

    def __init__(self, seed: str = "acme") -> None:
        self.seed = seed
        self.counters: dict[str, int] = {}

    def number(self, kind: str) -> int:
        """Return the next number of a kind; each kind counts from 1."""
        value = self.counters.get(kind, 0) + 1
        self.counters[kind] = value
        return value

    def _digest(self, kind: str, size: int) -> bytes:
        text = f"{self.seed}/{kind}/{self.number(kind)}".encode()
        return hashlib.blake2b(text, digest_size=size).digest()

    def uuid(self, kind: str) -> str:
        """Return a UUID of version 4 in lowercase."""
        return str(uuid.UUID(bytes=self._digest(kind, 16), version=4))

    def trace(self) -> str:
        """Return the 32 hexadecimal digits of a trace id."""
        return self._digest("trace", 16).hex()

    def secret(self, prefix: str, kind: str) -> str:
        """Return a token in the form of Atlassian's: prefix, long body, checksum."""
        body = base64.urlsafe_b64encode(self._digest(kind, 64) + self._digest(kind, 56)).decode().rstrip("=")
        checksum = hashlib.blake2b(body.encode(), digest_size=4).hexdigest().upper()
        return f"{prefix}FfGF0{body}={checksum}"

    def external_id(self) -> str:
        """Return an external id in the form that clients observed for types and attributes made manually."""
        return "cmdb::externalId/" + self.uuid("external id")

    def account(self) -> str:
        """Return an Atlassian account id."""
        return "712020:" + self.uuid("account")


_T = TypeVar("_T")
EntryCondition: TypeAlias = Callable[[JsonObject], bool]

GLOBAL_STATUSES = (
    ("Action Needed", 2),
    ("Active", 1),
    ("Closed", 0),
    ("In Service", 2),
    ("Running", 1),
    ("Stopped", 0),
    ("Support Requested", 2),
)
"""
The statuses of a fresh workspace, as in an example of Atlassian's OpenAPI document.
"""


class Site:
    """The state of the site.

    Args:
        clock: the time source.
        doubts: readings of doubtful points.
        seed: determines identifiers and tokens.
    """

    def __init__(self, clock: EmulatorClock, doubts: Doubts, seed: str = "acme") -> None:
        self.clock = clock
        self.doubts = doubts
        self.ids: Identifiers = Identifiers(seed)
        self.cloud_id: str = self.ids.uuid("cloud")
        self.workspace_id: str = self.ids.uuid("workspace")
        self.import_seconds: float = 0.0
        self.accounts: dict[str, Account] = {}
        self.groups: dict[str, Group] = {}
        self.schemas: dict[int, ObjectSchema] = {}
        self.types: dict[int, ObjectType] = {}
        self.attributes: dict[int, Attribute] = {}
        self.objects: dict[int, AssetObject] = {}
        self.icons: dict[str, Icon] = global_icons()
        self.statuses: dict[int, Status] = {}
        self.reference_types: dict[int, ReferenceType] = {}
        self.history: dict[int, list[HistoryEntry]] = {}
        self.roles: dict[int, Role] = {}
        self.import_sources: dict[str, ImportSource] = {}
        self.executions: dict[str, Execution] = {}
        self.mapping_progress: dict[str, MappingProgress] = {}
        self.settings: JsonObject = {}
        self.failing_objects: list[FailingObjects] = []
        self.fresh_objects: list[tuple[int, set[int]]] = []
        self.last_search: tuple[tuple[int, str, str], list[int]] | None = None
        self.snapshots: dict[tuple[str, str], list[int]] = {}
        self.revision: int = 0
        self._index: dict[int, dict[str, dict[int, None]]] = {}
        if doubts.icon_ids_as_uuid:
            for icon in list(self.icons.values()):
                icon.id = self.ids.uuid("icon")
            self.icons = {icon.id: icon for icon in self.icons.values()}
        for name, category in GLOBAL_STATUSES:
            self.add_status(name, category)
        self.ids.counters["reference type"] = 3
        number = self.ids.number("reference type")
        self.reference_types[number] = ReferenceType(
            id=number, name="Reference", description="Reference", color="49a6ed", removable=False
        )

    @property
    def locale(self) -> str:
        """The language of the site, such as "en_US": that of accounts that chose none."""
        return str(self.settings.get("locale", "en_US"))

    def add_status(
        self, name: str, category: int, *, description: str = "", schema_id: int | None = None
    ) -> Status:
        """Add a status type, of one schema or global."""
        number = self.ids.number("status")
        self.statuses[number] = Status(
            id=number, name=name, description=description, category=category, schema_id=schema_id
        )
        return self.statuses[number]

    # Look-ups -----------------------------------------------------------------------------------------------

    def schema(self, identifier: str) -> ObjectSchema:
        """Return an object schema by id; reject with 404 if it does not exist."""
        return _existing("SchemaObject", identifier, self.schemas.get(as_id(identifier)))

    def object_type(self, identifier: str) -> ObjectType:
        """Return an object type by id; reject with 404 if it does not exist."""
        return _existing("ObjectTypeBean", identifier, self.types.get(as_id(identifier)))

    def attribute(self, identifier: str) -> Attribute:
        """Return an attribute by id; reject with 404 if it does not exist."""
        return _existing("ObjectTypeAttributeBean", identifier, self.attributes.get(as_id(identifier)))

    def asset_object(self, identifier: str) -> AssetObject:
        """Return an object by id, or by key as one client does; reject with 404 if it does not exist."""
        asset = self.objects.get(as_id(identifier)) or self.object_by_key(identifier)
        return _existing("ObjectBean", identifier, asset)

    def object_by_key(self, key: str) -> AssetObject | None:
        """Return an object by its key, ignoring case."""
        prefix, _, number = key.rpartition("-")
        asset = self.objects.get(as_id(number))
        if asset is None or self.schemas[asset.schema_id].key.lower() != prefix.lower():
            return None
        return asset

    def status(self, identifier: str) -> Status:
        """Return a status type by id; reject with 404 if it does not exist."""
        return _existing("StatusTypeBean", identifier, self.statuses.get(as_id(identifier)))

    def reference_type(self, identifier: str) -> ReferenceType:
        """Return a reference type by id; reject with 404 if it does not exist."""
        return _existing("ReferenceTypeBean", identifier, self.reference_types.get(as_id(identifier)))

    def role(self, identifier: str) -> Role:
        """Return a role by id; reject with 404 if it does not exist."""
        return _existing("RoleBean", identifier, self.roles.get(as_id(identifier)))

    def icon(self, identifier: str) -> Icon:
        """Return an icon by id; reject with 404 if it does not exist."""
        return _existing("IconBean", identifier, self.icons.get(identifier))

    def import_source(self, identifier: str) -> ImportSource:
        """Return an import source by id; reject with 404 if it does not exist."""
        return _existing("ImportSource", identifier, self.import_sources.get(identifier))

    def schema_by_key(self, key: str) -> ObjectSchema | None:
        """Return an object schema by its key, ignoring case."""
        return next((schema for schema in self.schemas.values() if schema.key.lower() == key.lower()), None)

    # Structure ----------------------------------------------------------------------------------------------

    def types_of(self, schema: ObjectSchema) -> list[ObjectType]:
        """Return the object types of a schema, in the order of creation."""
        return [self.types[identifier] for identifier in schema.type_ids]

    def children_of(self, object_type: ObjectType) -> list[ObjectType]:
        """Return the types directly below a type, by position."""
        schema = self.schemas[object_type.schema_id]
        children = [child for child in self.types_of(schema) if child.parent_id == object_type.id]
        return sorted(children, key=lambda child: (child.position, child.id))

    def with_descendants(self, object_type: ObjectType) -> Iterator[ObjectType]:
        """Yield a type and all types below it."""
        yield object_type
        for child in self.children_of(object_type):
            yield from self.with_descendants(child)

    def inherits(self, object_type: ObjectType) -> bool:
        """Return True if a type inherits the attributes of its parent."""
        return object_type.parent_id is not None and self.types[object_type.parent_id].inherited

    def attributes_of(self, object_type: ObjectType, *, with_inherited: bool = True) -> list[Attribute]:
        """Return the attributes of a type by position, inherited ones first."""
        own = [self.attributes[identifier] for identifier in object_type.attribute_ids]
        if with_inherited and object_type.parent_id is not None and self.inherits(object_type):
            return self.attributes_of(self.types[object_type.parent_id]) + own
        return own

    def attribute_named(self, object_type: ObjectType, name: str) -> Attribute | None:
        """Return an attribute of a type by name, ignoring case."""
        attributes = self.attributes_of(object_type)
        return next((attribute for attribute in attributes if attribute.name.lower() == name.lower()), None)

    def label_attribute(self, object_type: ObjectType) -> Attribute | None:
        """Return the attribute whose value is the label of the objects of a type."""
        return next((attribute for attribute in self.attributes_of(object_type) if attribute.label), None)

    # Objects ------------------------------------------------------------------------------------------------

    def key_of(self, asset: AssetObject) -> str:
        """Return the key of an object: schema key, hyphen, object id."""
        return f"{self.schemas[asset.schema_id].key}-{asset.id}"

    def label_of(self, asset: AssetObject, *, led_here: bool = False) -> str:
        """Return the label of an object: the first value of the label attribute, or its key.

        Args:
            asset: the object.
            led_here: True if another object's label refers to it.
        """
        attribute = self.label_attribute(self.types[asset.type_id])
        values = asset.values.get(attribute.id) if attribute is not None else None
        if not values:
            return self.key_of(asset)
        if attribute is not None and attribute.is_reference:
            # Objects may refer to each other in a circle, so only the first reference is followed.
            target = self.objects[int(values[0])]
            return self.key_of(asset) if led_here else self.label_of(target, led_here=True)
        return values[0]

    def set_values(self, asset: AssetObject, attribute_id: int, values: Sequence[str]) -> None:
        """Replace the values of one attribute of an object and update its index, if there is one."""
        self.revision += 1
        index = self._index.get(attribute_id)
        if index is not None:
            for value in asset.values.get(attribute_id, ()):
                _remove(index, value.lower(), asset.id)
            for value in values:
                index.setdefault(value.lower(), {})[asset.id] = None
        if not values:
            asset.values.pop(attribute_id, None)
            return
        attribute = self.attributes[attribute_id]
        if attribute.type != AttributeType.DEFAULT or attribute.default_type in (
            DefaultType.BOOLEAN,
            DefaultType.SELECT,
        ):
            values = [sys.intern(value) for value in values]
        asset.values[attribute_id] = tuple(values)

    def _index_of(self, attribute_id: int) -> dict[str, dict[int, None]]:
        """Return the object ids by value. An index exists only for attributes that something looked up."""
        index = self._index.get(attribute_id)
        if index is None:
            index = self._index[attribute_id] = {}
            for asset in self.objects.values():
                for value in asset.values.get(attribute_id, ()):
                    index.setdefault(value.lower(), {})[asset.id] = None
        return index

    def objects_with(self, attribute_id: int, value: str) -> dict[int, None]:
        """Return the ids of the objects that have this value, ignoring case."""
        return self._index_of(attribute_id).get(value.lower(), {})

    def objects_having(self, attribute_id: int) -> set[int]:
        """Return the ids of the objects that have any value in this attribute."""
        return {asset.id for asset in self.objects.values() if attribute_id in asset.values}

    def forget_attribute_values(self, attribute_id: int) -> None:
        """Remove an attribute's values from all objects."""
        self.revision += 1
        self._index.pop(attribute_id, None)
        for asset in self.objects.values():
            asset.values.pop(attribute_id, None)

    def reindex(self) -> None:
        """Drop the indexes after a state file was read."""
        self.revision += 1
        self._index = {}

    def referring_attributes(self) -> list[Attribute]:
        """All attributes whose values are objects."""
        return [attribute for attribute in self.attributes.values() if attribute.is_reference]

    def target_types(self, attribute: Attribute) -> set[int]:
        """Return the ids of the object types whose objects are values of a reference attribute."""
        target = self.types[int(attribute.type_value or "0")]
        types = self.with_descendants(target) if attribute.include_children else (target,)
        return {object_type.id for object_type in types}

    def now(self) -> int:
        """Return the time in milliseconds."""
        return self.clock.milliseconds()


@define(eq=False)
class FailingObjects:
    """A planned partial failure of imports.

    Args:
        selector: the selector of the mapping whose entries fail.
        count: number of failing entries.
        message: the error in the result of the import.
        condition: selects the entries; None selects all of them.
    """

    selector: str
    count: int
    message: str
    condition: EntryCondition | None
    failed: int = 0

    def strikes(self, selector: str, entry: JsonObject) -> bool:
        """Return True if this entry fails, and count it."""
        strikes = (
            selector == self.selector
            and self.failed < self.count
            and (self.condition is None or self.condition(entry))
        )
        self.failed += strikes
        return strikes


def _remove(index: dict[str, dict[int, None]], value: str, object_id: int) -> None:
    holders = index.get(value)
    if holders is not None:
        holders.pop(object_id, None)
        if not holders:
            del index[value]


def _existing(kind: str, identifier: str, entity: _T | None) -> _T:
    if entity is None:
        raise not_found(kind, identifier)
    return entity


def as_id(identifier: str) -> int:
    """Return the number of an id in a request, or -1, which no entity has."""
    number = parse_integer(identifier)
    return -1 if number is None else number
