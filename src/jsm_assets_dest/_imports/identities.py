"""Identity of an object, by which Assets finds the object of a record, and the digest of its values.

The same identity is computed from a record, from an object in Assets, and from the journal. Its text consists of the values of
the identifying attributes in the form in which Assets stores them. The mapping in Assets decides which attributes these are,
not the model of the caller.
"""

from __future__ import annotations

import datetime
import hashlib
import marshal
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias, cast

from attrs import field, frozen

from .._assets.import_sources import filter_sentence
from .._assets.object_types import Status
from .._assets.objects import AssetsObject, ObjectReference, ObjectValue
from .._wire.json_reading import as_number, as_text, as_texts
from .whole_run import at_path

#: Separates the parts of an identity with several identifying attributes. It can't be typed, but a value may contain it.
PART = "\x1f"

#: Types of identifiers that are the same text in the label.
_AS_LABEL = frozenset({"text", "email", "url"})
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_REMOVED = re.compile(r"[\s{}()-]+")
_Value: TypeAlias = object


@frozen
class MappedAttribute:
    """Attribute that an import fills.

    Attributes:
        name: Name in Assets.
        type: Type, as the mapping document spells it.
        paths: Paths of its locators.
        is_multiple: True if it can have several values.
        is_identifier: True if it identifies the object.
        is_label: True if its value is the label of the object.
        target: For a reference that is found by the identifier of its target: the key of the target's object type.
        is_compared: False for a reference that only Assets can resolve.
        choices: Stored forms of the options of a select attribute, or of the names and ids of statuses. None if each value is
            stored, or if the choices are unknown.
        ignores_others: True if the import ignores values that are not among the choices. Otherwise it adds them.
    """

    name: str
    type: str
    paths: tuple[tuple[str, ...], ...]
    is_multiple: bool = False
    is_identifier: bool = False
    is_label: bool = False
    target: str = ""
    is_compared: bool = True
    choices: Mapping[str, str] | None = field(default=None, repr=False, hash=False)
    ignores_others: bool = field(default=False, repr=False)

    def to_dict(self) -> dict[str, object]:
        """Return the attribute as JSON-ready data."""
        return {
            "name": self.name,
            "type": self.type,
            "locators": [".".join(path) for path in self.paths],
            "maximum": -1 if self.is_multiple else 1,
            "identifier": self.is_identifier,
            "label": self.is_label,
        }

    def texts(self, record: Mapping[str, object]) -> list[str]:
        """Return its values in a checked record, as texts."""
        if len(self.paths) == 1 and len(self.paths[0]) == 1:
            # The usual case, because this runs for every value.
            value = record.get(self.paths[0][0])
            if type(value) is str:
                return [value]
        return [text_of(value) for path in self.paths for value in at_path(record, path)]

    def record_texts(self, record: Mapping[str, object]) -> list[str]:
        """Return its values in a checked record, in the form in which Assets stores them."""
        return [stored(text, self.type) for text in self.texts(record)]

    def object_texts(self, value: ObjectValue) -> list[str]:
        """Return its values in an object of Assets."""
        values = value if isinstance(value, list) else [value]
        return [stored(text_of(item), self.type) for item in values]


@frozen(kw_only=True)
class MappedType:
    """Object type that an import is mapped to.

    Attributes:
        key: Its external id, or its name if there is none. It is the same in all runs.
        name: Name in Assets.
        selector: Path of its records in the data.
        attributes: The attributes that the import fills.
        ignores_case: True if identifiers are compared without case. None if unknown.
        concatenator: Text that joins the values of several locators.
        object_type_ids: Ids of the object type and of its child types without a mapping, whose objects may be missing too;
            empty if unknown.
        empty_values: What an empty value of a record does: IGNORE leaves the value in Assets unchanged. Empty if unknown.
        has_unknown_choices: True if its options and statuses could not be read, so that it is unknown which values Assets ignores.
        filter: Query that a record must match, or words about a query that Assets does not return. Assets does not import the
            other records, and only Assets can evaluate it. Empty if there is none.
    """

    key: str
    name: str
    selector: str
    attributes: tuple[MappedAttribute, ...] = field(default=(), repr=False)
    ignores_case: bool | None = None
    concatenator: str = ""
    object_type_ids: tuple[str, ...] = field(default=(), repr=False)
    empty_values: str = ""
    has_unknown_choices: bool = field(default=False, repr=False)
    filter: str = ""

    @property
    def empties(self) -> bool:
        """False if an empty value of a record leaves the value in Assets unchanged."""
        return self.empty_values.upper() != "IGNORE"

    @property
    def identifiers(self) -> tuple[MappedAttribute, ...]:
        """The attributes that identify an object."""
        return tuple(attribute for attribute in self.attributes if attribute.is_identifier)

    @property
    def is_labeled_by_identifier(self) -> bool:
        """True if the label of an object is its identifier. Numbers and dates are formatted in labels."""
        identifiers = self.identifiers
        return len(identifiers) == 1 and identifiers[0].is_label and identifiers[0].type in _AS_LABEL

    @property
    def is_identifiable(self) -> bool:
        """True if the identifier of an object can be read from it."""
        return bool(self.identifiers) and all(attribute.name for attribute in self.identifiers)

    def to_dict(self) -> dict[str, object]:
        """Return what another process needs to identify records and their labels, as JSON-ready data."""
        return {
            "key": self.key,
            "name": self.name,
            "selector": self.selector,
            "attributes": [
                attribute.to_dict()
                for attribute in self.attributes
                if attribute.is_identifier or attribute.is_label
            ],
            "ignores_case": self.ignores_case,
            "concatenator": self.concatenator,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> MappedType:
        """Read the result of `to_dict`."""
        ignores_case = data.get("ignores_case")
        return cls(
            key=as_text(data["key"]),
            name=as_text(data["name"]),
            selector=as_text(data["selector"]),
            attributes=tuple(
                MappedAttribute(
                    as_text(entry["name"]),
                    as_text(entry["type"]),
                    paths_of(as_texts(entry["locators"])),
                    as_number(entry["maximum"], 1) != 1,
                    is_identifier=entry.get("identifier") is not False,
                    is_label=entry.get("label") is True,
                )
                for entry in cast("Iterable[Mapping[str, object]]", data["attributes"])
            ),
            ignores_case=ignores_case if isinstance(ignores_case, bool) else None,
            concatenator=as_text(data.get("concatenator")),
        )

    def identity(self, text: str) -> str:
        """Return the form of an identity's text in which equal identities are equal."""
        # Not casefold(): a database that ignores case does not treat "ß" and "ss" as equal.
        return text.lower() if self.ignores_case else text

    def reference_text(self, text: str) -> str:
        """Return the text of the identity that a reference to an object of this type contains."""
        return stored(text, self.identifiers[0].type)

    def of_records(self, records: Sequence[Mapping[str, object]]) -> list[str]:
        """Return the texts of the identities of checked records; empty where a record has none."""
        identifiers = self.identifiers
        if len(identifiers) == 1 and len(identifiers[0].paths) == 1 and len(identifiers[0].paths[0]) == 1:
            # The usual case, because this runs for every record.
            (attribute,), ((key,),) = identifiers, identifiers[0].paths
            if attribute.type not in _STORED:
                return [
                    value if type(value) is str else self._of_record(record)
                    for record in records
                    for value in (record.get(key),)
                ]
        return [self._of_record(record) for record in records]

    def are_labeled(self, records: Sequence[Mapping[str, object]]) -> list[bool]:
        """Return for each checked record whether it has a label; True if the import does not fill the label."""
        labels = [attribute for attribute in self.attributes if attribute.is_label]
        if not labels:
            return [True] * len(records)
        paths = [path for attribute in labels for path in attribute.paths]
        if len(paths) == 1 and len(paths[0]) == 1:
            # The usual case, because this runs for every record.
            ((key,),) = paths
            values: Iterable[Iterable[object]] = ((record.get(key),) for record in records)
        else:
            values = ([value for path in paths for value in at_path(record, path)] for record in records)
        return [any(value is not None and str(value).strip() for value in of_record) for of_record in values]

    def _of_record(self, record: Mapping[str, object]) -> str:
        return self._joined(
            attribute.record_texts(record)
            if attribute.is_multiple
            else _one(attribute.record_texts(record), self.concatenator)
            for attribute in self.identifiers
        )

    def of_unchecked(self, record: Mapping[str, object]) -> str:
        """Return the text of the identity of a record that does not fit; empty if it can't be read."""
        try:
            return self._of_record(record)
        except Exception:  # noqa: BLE001 - a value of the caller that does not fit may raise anything
            return ""

    def of_object(self, asset: AssetsObject) -> str:
        """Return the text of an object's identity; empty if it has none."""
        return self._joined(
            attribute.object_texts(asset.values[attribute.name]) if attribute.name in asset.values else []
            for attribute in self.identifiers
        )

    def first_part(self, text: str) -> str | None:
        """Return the value of the first identifying attribute in the text of an identity; None if that is not certain."""
        separators = len(self.identifiers) - 1
        if not separators:
            return text
        return text.partition(PART)[0] if text.count(PART) == separators else None

    def _joined(self, parts: Iterable[Sequence[str]]) -> str:
        texts = [",".join(texts) for texts in parts]
        return PART.join(texts) if any(text.strip() for text in texts) else ""


def filter_notes(types: Iterable[MappedType], effect: str) -> list[str]:
    """Return a sentence about each filter, and what follows for the records that do not match it."""
    return [f"{filter_sentence(mapped.name, mapped.filter)} {effect}" for mapped in types if mapped.filter]


def _one(texts: list[str], concatenator: str) -> list[str]:
    return [concatenator.join(texts)] if len(texts) > 1 else texts


def paths_of(locators: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return the paths of locators."""
    return tuple(tuple(locator.split(".")) for locator in locators)


def text_of(value: _Value) -> str:
    """Return a value of a record or of an object as the service writes it in JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.date):  # a date-time is a date, too
        return value.isoformat()
    if isinstance(value, ObjectReference):
        return value.key
    if isinstance(value, Status):
        return value.name
    return str(value)


def _integer(text: str) -> str:
    return str(int(float(text)) if "." in text else int(text))


def _double(text: str) -> str:
    return repr(float(text))


def _boolean(text: str) -> str:
    return text.strip().lower()


def _date(text: str) -> str:
    return datetime.date.fromisoformat(text[:10]).isoformat()


def _date_time(text: str) -> str:
    moment = datetime.datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    # Assets stores milliseconds.
    moment += datetime.timedelta(microseconds=500)
    return moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds")


def _time(text: str) -> str:
    return datetime.time.fromisoformat(text).isoformat(timespec="seconds")


_STORED = {
    "integer": _integer,
    "double": _double,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
    "date_time": _date_time,
    "status": str.casefold,
}


def stored(text: str, attribute_type: str) -> str:
    """Return the form of a value that does not depend on how it was written: 7.0 is the integer 7."""
    form = _STORED.get(attribute_type)
    if form is None:
        return text
    try:
        return form(text)
    except (ValueError, OverflowError):
        return text  # Assets rejects it, or stores it in a form that is not documented


def loose(text: str) -> str:
    """Return a form that stays the same if an identifier is only written differently.

    "7", "7.0" and "007" have the same form, and so do "A1" and "a1 ", and a UUID with and without hyphens. If one of them is
    missing from a run that contains another one, the identifiers of the source have changed their form.
    """
    return PART.join(_loose(part) for part in text.split(PART))


def _loose(text: str) -> str:
    text = _REMOVED.sub("", unicodedata.normalize("NFKC", text).casefold())
    if not _NUMBER.fullmatch(text):
        return text
    whole, _, fraction = text.lstrip("+").partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole.lstrip('0') or '0'}.{fraction}" if fraction else whole.lstrip("0") or "0"


def display(text: str) -> str:
    """Return the text of an identity for people."""
    return text.replace(PART, ", ")


def digest(text: str) -> bytes:
    """Return the digest of an identity or of values, as the journal stores it."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


#: Version of the `marshal` format: the last one in which equal values always have equal bytes. It takes half the time of JSON.
_FORMAT = 2
#: Version of the encoding of records. A change makes every digest another one, so that all records are sent again.
ENCODING = 2


#: Returns the values of a record in the order of the mapping.
_ValuesOf: TypeAlias = Callable[[Mapping[str, object]], tuple[Any, ...]]


class RecordDigests:
    """Digests of the records of one object type.

    The mapping and its settings are part of each digest: after a change of them, no record has the digest of an earlier run.

    Args:
        mapped: The object type.
    """

    def __init__(self, mapped: MappedType) -> None:
        attributes = [
            (
                attribute.name,
                attribute.type,
                attribute.paths,
                attribute.is_multiple,
                attribute.is_identifier,
                attribute.target,
            )
            for attribute in mapped.attributes
        ]
        settings = (mapped.selector, mapped.concatenator, mapped.empties)
        self._form = hashlib.blake2b(
            repr((ENCODING, mapped.key, settings, attributes)).encode(), digest_size=16
        )
        paths = list(dict.fromkeys(path for attribute in mapped.attributes for path in attribute.paths))
        keys = [path[0] for path in paths if len(path) == 1]
        self._values_of: _ValuesOf = lambda record: tuple(map(record.get, keys))
        #: One call for all keys takes half the time, but it needs all keys, and returns no tuple for a single one. Checked
        #: records are plain dictionaries, so it adds nothing to them.
        self._complete_values_of: _ValuesOf = itemgetter(*keys) if len(keys) > 1 else self._values_of
        self._nested_paths = [path for path in paths if len(path) > 1]

    def digest(self, record: Mapping[str, object]) -> bytes:
        """Return the digest of the values of a checked record."""
        try:
            values = self._complete_values_of(record)
        except KeyError:
            values = self._values_of(record)
        if self._nested_paths:
            values += tuple(at_path(record, path) for path in self._nested_paths)
        state = self._form.copy()
        state.update(marshal.dumps(values, _FORMAT))
        return state.digest()
