"""Objects, the reading of their values by the type of each attribute, and their lines in an export.

Avatars are never read, because they contain live tokens (`mediaJwtToken`).
"""

import datetime
import json
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias, cast

from attrs import define, field, frozen

from .._display.values import PlainData, public_value
from .._wire.json_reading import as_object, as_objects, as_text, read_object, read_text
from ..exceptions import MalformedAnswerError
from .directory import JiraGroup, JiraUser
from .object_types import Attribute, Status

_log = logging.getLogger("jsm_assets_dest.objects")


@frozen(kw_only=True)
@public_value
class ObjectReference(PlainData):
    """Object that another object refers to. Two references are equal if they have the same ID.

    Attributes:
        id: ID of the object: a number as a string.
        key: Key of the object, such as OKT-12.
        label: Label of the object.
        object_type: Name of its object type.
    """

    id: str
    key: str = field(eq=False)
    label: str = field(eq=False)
    object_type: str = field(default="", eq=False)


SingleValue: TypeAlias = (
    str
    | int
    | float
    | bool
    | datetime.date
    | datetime.datetime
    | ObjectReference
    | Status
    | JiraUser
    | JiraGroup
)
#: Value of an attribute. An attribute that can have several values always has a list.
ObjectValue: TypeAlias = SingleValue | list[SingleValue]


#: Fields of an object that are columns of a data frame and keys in an export.
_COLUMNS = ("id", "key", "label", "object_type", "created", "updated")


@frozen(kw_only=True)
@public_value
class AssetsObject:
    """Object in Assets.

    Attributes:
        id: ID of the object: a number as a string, unique in the workspace.
        key: Key of the object, such as OKT-12.
        label: Label of the object.
        object_type: Name of its object type.
        object_type_id: ID of its object type.
        created: Time when it was created. None if Assets does not return it.
        updated: Time of the last change. An import that finds no difference does not change it.
        values: Values by the name of the attribute, without Key, Created, and Updated. An attribute without a value is
            not contained. A value has the Python type of its attribute: `str`, `int`, `float`, `bool`, `date`, an aware
            `datetime`, `ObjectReference`, `Status`, `JiraUser`, or `JiraGroup`. An attribute that can have several values
            has a list of them.
    """

    id: str = field(repr=False)
    key: str
    label: str
    object_type: str
    object_type_id: str = field(repr=False)
    created: datetime.datetime | None = field(default=None, repr=False)
    updated: datetime.datetime | None = field(default=None, repr=False)
    values: Mapping[str, ObjectValue] = field(factory=dict, repr=False, hash=False)

    def to_dict(self) -> dict[str, object]:
        """Return one flat row, for example for a data frame.

        It has the columns id, key, label, object_type, created, and updated, and one column for each value. References
        are labels, statuses and groups are names, and users are account IDs. Dates and times stay Python values. An
        attribute whose name is one of the columns gets the column "<name> (attribute)".
        """
        row: dict[str, object] = {name: getattr(self, name) for name in _COLUMNS}
        for name, value in self.values.items():
            column = f"{name} (attribute)" if name in _COLUMNS else name
            row[column] = [flat(item) for item in value] if isinstance(value, list) else flat(value)
        return row


def flat(value: SingleValue | None) -> object:
    """Return a value of a single cell: a label, a name, an account ID, or the value itself."""
    if isinstance(value, ObjectReference):
        return value.label
    if isinstance(value, (Status, JiraGroup)):
        return value.name
    return value.account_id if isinstance(value, JiraUser) else value


# --- reading ----------------------------------------------------------------------------------------------------------

#: Reads a value entry of the service; raises `ValueError` if it has another form.
_Reader: TypeAlias = Callable[[Mapping[str, object]], SingleValue]


def _text(entry: Mapping[str, object]) -> str:
    value = entry.get("value")
    if isinstance(value, str):
        return value
    return as_text(entry.get("searchValue")) or as_text(entry.get("displayValue"))


def _integer(entry: Mapping[str, object]) -> int:
    text = _text(entry)
    return int(float(text)) if text.endswith(".0") else int(text)


def _double(entry: Mapping[str, object]) -> float:
    number = float(_text(entry))
    if not math.isfinite(number):
        raise ValueError("JSON has no such number")
    return number


_BOOLEANS = {"true": True, "false": False}


def _boolean(entry: Mapping[str, object]) -> bool:
    return _BOOLEANS[_text(entry).strip().lower()]


def _date(entry: Mapping[str, object]) -> datetime.date:
    return datetime.date.fromisoformat(_text(entry)[:10])


def _moment(text: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)


def _date_time(entry: Mapping[str, object]) -> datetime.datetime:
    return _moment(_text(entry))


def _reference(entry: Mapping[str, object]) -> ObjectReference:
    target = as_object(entry.get("referencedObject"))
    reference = ObjectReference(
        id=read_text(target, "id", ""),
        key=as_text(target.get("objectKey")) or as_text(entry.get("searchValue")),
        label=as_text(target.get("label")) or as_text(entry.get("displayValue")),
        object_type=as_text(as_object(target.get("objectType")).get("name")),
    )
    if not (reference.id or reference.key):
        raise ValueError("no referenced object")
    return reference


def _status(entry: Mapping[str, object]) -> Status:
    detail = as_object(entry.get("status"))
    # The id may be in `searchValue` only (seen by a client).
    source = {"id": _text(entry), "name": as_text(entry.get("displayValue")), **detail}
    if not source["name"]:
        raise ValueError("no name")
    return Status.from_json(source)


def _user(entry: Mapping[str, object]) -> JiraUser:
    return JiraUser.from_json({"key": _text(entry), **as_object(entry.get("user"))})


def _group(entry: Mapping[str, object]) -> JiraGroup:
    detail = as_object(entry.get("group"))
    text = _text(entry)
    name = as_text(detail.get("name")) or as_text(entry.get("displayValue")) or text
    return JiraGroup(name=name, id=as_text(detail.get("groupId")) or (text if text != name else ""))


_READERS: Mapping[str, _Reader] = {
    "integer": _integer,
    "double": _double,
    "boolean": _boolean,
    "date": _date,
    "date_time": _date_time,
    "referenced_object": _reference,
    "status": _status,
    "user": _user,
    "group": _group,
}


#: Readers of a value whose attribute is not defined in the response, by the key that such a value has.
_DETECTED: Mapping[str, _Reader] = {
    "referencedObject": _reference,
    "status": _status,
    "user": _user,
    "group": _group,
}


@frozen
class _Definition:
    """Name, reader of values, and cardinality of an attribute."""

    name: str
    read: _Reader
    is_multiple: bool = False
    is_system: bool = False
    is_text: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "is_text", self.read is _text)


@define
class ObjectReader:
    """Reads objects from pages, and remembers the definitions of attributes from one page to the next.

    A value that does not fit its attribute is returned as the service's string. It must not end the reading of 100,000
    objects, so it is logged once per attribute.
    """

    _definitions: dict[object, _Definition] = field(factory=dict, init=False)
    _reported: set[str] = field(factory=set, init=False)

    def define(self, definitions: Iterable[object]) -> None:
        """Add the definitions of a page, which contains those that occur in the page only."""
        for definition in definitions:
            attribute = Attribute.from_json(definition)
            read = _READERS.get(attribute.type, _text)
            is_multiple = attribute.maximum != 1
            self._definitions[attribute.id] = _Definition(attribute.name, read, is_multiple, attribute.system)

    def read(self, value: object) -> AssetsObject:
        """Read an object from the JSON of the service."""
        source = read_object(value, "an object")
        kind = as_object(source.get("objectType"))
        attributes = source.get("attributes")
        return AssetsObject(
            id=read_text(source, "id"),
            key=read_text(source, "objectKey"),
            label=as_text(source.get("label")),
            object_type=as_text(kind.get("name")),
            object_type_id=read_text(kind, "id", ""),
            created=self._time(source, "created"),
            updated=self._time(source, "updated"),
            values=self._values(cast("list[object]", attributes)) if isinstance(attributes, list) else {},
        )

    def _time(self, source: Mapping[str, object], key: str) -> datetime.datetime | None:
        text = as_text(source.get(key))
        try:
            return _moment(text) if text else None
        except ValueError:
            self._report(key)
            return None

    def _values(self, attributes: Iterable[object]) -> dict[str, ObjectValue]:
        values: dict[str, ObjectValue] = {}
        for attribute in attributes:
            # JSON objects are dicts. A check for a Mapping takes six times as long.
            if type(attribute) is not dict:
                continue
            entries = attribute.get("objectAttributeValues")
            if type(entries) is not list or not entries:
                continue
            definition = self._definitions.get(attribute.get("objectTypeAttributeId"))
            if definition is None:
                definition = self._undefined(attribute, entries)
            if definition.is_system:
                continue
            if len(entries) == 1 and not definition.is_multiple and type(entries[0]) is dict:
                values[definition.name] = self._value(definition, entries[0])
            elif items := [self._value(definition, entry) for entry in as_objects(entries)]:
                values[definition.name] = items
        return values

    def _undefined(self, attribute: Mapping[str, object], entries: Sequence[object]) -> _Definition:
        """Return the definition of a number as an ID, the one inside the attribute, or one that is detected."""
        attribute_id = read_text(attribute, "objectTypeAttributeId", "")
        inner = attribute.get("objectTypeAttribute")
        if attribute_id not in self._definitions and isinstance(inner, Mapping):
            self.define([cast("object", inner)])
        if attribute_id in self._definitions:
            return self._definitions[attribute_id]
        name = f"attribute {attribute_id}"
        self._report(name)
        entry = as_object(entries[0])
        return _Definition(name, next((read for key, read in _DETECTED.items() if entry.get(key)), _text))

    def _value(self, definition: _Definition, entry: Mapping[str, object]) -> SingleValue:
        if definition.is_text:
            value = entry.get("value")
            return value if type(value) is str else _text(entry)
        try:
            return definition.read(entry)
        except (ValueError, KeyError, MalformedAnswerError):
            self._report(definition.name)
            return _text(entry)

    def _report(self, name: str) -> None:
        # Neither the value nor the object: logs must not contain personal data.
        if name not in self._reported:
            self._reported.add(name)
            _log.warning("A value of %r does not fit its attribute; its text is returned", name)


def line_of(asset: AssetsObject) -> str:
    """Return an object as JSON in one line.

    References contain ID, key, label, and object type. Statuses and groups are names. Users are account IDs: names and
    addresses are personal data, and an import can't write them.
    """
    values = {
        name: [_exported(item) for item in value] if isinstance(value, list) else _exported(value)
        for name, value in asset.values.items()
    }
    line = {name: _exported(getattr(asset, name)) for name in _COLUMNS}
    return json.dumps({**line, "values": values}, separators=(",", ":"))


def _exported(value: SingleValue | None) -> object:
    if isinstance(value, ObjectReference):
        return value.to_dict()
    return value.isoformat() if isinstance(value, datetime.date) else flat(value)


@frozen
class ExportedObject:
    """Object of an export. Dates and times are strings, and references are objects with a `key` and a `label`."""

    key: str
    object_type: str
    values: Mapping[str, object]


def read_line(line: str) -> ExportedObject:
    """Return the object of a line.

    Raises:
        ValueError: It is not a line of an export.
    """
    source = as_object(json.loads(line))
    key, object_type = as_text(source.get("key")), as_text(source.get("object_type"))
    values = source.get("values")
    if not key or not object_type or not isinstance(values, Mapping):
        raise ValueError("not an exported object")
    return ExportedObject(key, object_type, cast("Mapping[str, object]", values))
