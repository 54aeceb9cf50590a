"""Records as a personnel system has them, with values of many kinds, and other mixes that the check must not be slow for.

Nothing here is shaped for the checker: the kinds and their shares are those of an export of a personnel database, and the
mixes are what people do to the text records of `records`.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import decimal
import io
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import make_dataclass
from random import Random

from attrs import field, frozen

from jsm_assets_dest import AttributeSpec, ObjectTypeSpec, ReferenceSpec, SchemaModel

from .records import user

#: The keys of a person, with the attribute types of the typed model; a list may have several values.
_TYPES: Mapping[str, str] = {
    "id": "text",
    "displayName": "text",
    "email": "email",
    "login": "text",
    "firstName": "text",
    "lastName": "text",
    "title": "text",
    "department": "select",
    "division": "select",
    "employeeNumber": "integer",
    "costCenter": "text",
    "grade": "integer",
    "fte": "double",
    "latitude": "double",
    "isManager": "boolean",
    "isRemote": "boolean",
    "hired": "date",
    "left": "date",
    "lastLogin": "date_time",
    "created": "date_time",
    "manager": "referenced_object",
    "city": "text",
    "zipCode": "text",
    "countryCode": "text",
    "phones": "text",
    "groups": "text",
    "profile": "url",
    "address": "ipaddress",
    "notes": "textarea",
    "status": "status",
}
_SEVERAL = {"phones", "groups"}
_START = datetime.date(2001, 1, 1)
_NOW = datetime.datetime(2026, 1, 31, 16, 30, tzinfo=datetime.UTC)


def person(number: int) -> dict[str, object]:
    """Return a person; the same number gives the same person."""
    chance = Random(number)
    base = user(number)
    hired = _START + datetime.timedelta(days=chance.randrange(9_000))
    record: dict[str, object] = {
        **{key: base[key] for key in ("id", "displayName", "email", "login", "firstName", "lastName")},
        "title": base["title"] if chance.random() < 0.8 else None,
        "department": base["department"],
        "division": base["division"],
        "employeeNumber": 100_000 + number,
        "costCenter": base["costCenter"],
        "grade": chance.randrange(1, 12),
        "fte": chance.choice([1.0, 1.0, 0.8, 0.5]),
        "latitude": chance.uniform(-60, 60),
        "isManager": chance.random() < 0.1,
        "isRemote": chance.random() < 0.4,
        "hired": hired,
        "left": hired + datetime.timedelta(days=900) if chance.random() < 0.1 else None,
        "lastLogin": _NOW - datetime.timedelta(seconds=chance.randrange(10_000_000)),
        "created": base["created"],
        "manager": base["manager"],
        "city": base["city"],
        "zipCode": base["zipCode"],
        "countryCode": base["countryCode"],
        "phones": [base["mobilePhone"], base["primaryPhone"]][: chance.randrange(3)],
        "groups": [f"group-{chance.randrange(500)}" for _ in range(chance.randrange(6))],
        "profile": f"https://people.example.com/{number}",
        "address": f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}",
        "notes": "Prefers email. " * chance.randrange(20),
        "status": "Active",
    }
    for key in ("left", "notes", "address"):
        if chance.random() < 0.2:
            del record[key]
    return record


def export_lines(count: int) -> list[str]:
    """Return people as the lines of a CSV file, which the personnel system has exported."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    for number in range(count):
        record = person(number)
        values = (record.get(key) for key in _TYPES)
        writer.writerow([";".join(value) if isinstance(value, list) else value for value in values])
    return lines.getvalue().splitlines()


def read_export(lines: Iterable[str]) -> Iterator[dict[str, object]]:
    """Read such lines into records, as a script does."""
    date, date_time = datetime.date.fromisoformat, datetime.datetime.fromisoformat
    for row in csv.reader(lines):
        record: dict[str, object] = dict(zip(_TYPES, row, strict=True))
        for key in ("employeeNumber", "grade"):
            record[key] = int(record[key])  # type: ignore[call-overload]  # a string so far
        for key in ("fte", "latitude"):
            record[key] = float(record[key])  # type: ignore[arg-type]  # as above
        for key in ("isManager", "isRemote"):
            record[key] = record[key] == "True"
        for key in ("hired", "left"):
            record[key] = date(record[key]) if record[key] else None  # type: ignore[arg-type]  # as above
        record["lastLogin"] = date_time(record["lastLogin"])  # type: ignore[arg-type]  # as above
        for key in _SEVERAL:
            record[key] = record[key].split(";") if record[key] else []  # type: ignore[attr-defined]  # as above
        yield record


def people_model(*, typed: bool) -> SchemaModel:
    """Return the model of people; an untyped one declares everything as text."""

    def kind(key: str) -> str:
        return _TYPES[key] if typed else "textarea" if key == "notes" else "text"

    return _model(
        AttributeSpec(
            f"HR {key}",
            kind(key),
            key=key,
            identifier=key == "id",
            label=key == "displayName",
            maximum=-1 if key in _SEVERAL else 1,
            reference=ReferenceSpec("users", by="email") if kind(key) == "referenced_object" else None,
        )
        for key in _TYPES
    )


def _model(attributes: object) -> SchemaModel:
    users = ObjectTypeSpec("Users", tuple(attributes))  # type: ignore[arg-type]  # any iterable of attributes
    return SchemaModel("Okta", [users], namespace="hr/benchmark")


@frozen
class Mix:
    """Records and the model that they follow.

    Attributes:
        name: What is special about them.
        records: The records.
        model: The model.
        is_extreme: True if all values are of one costly kind, which records of people never are.
        base: The mix that it is compared with. It has the same form of records.
    """

    name: str
    records: Sequence[object] = field(repr=False)
    model: SchemaModel = field(repr=False)
    is_extreme: bool = False
    base: str = "all text"


_KEYS = tuple(user(0))
_FIVE = _KEYS[-6:-1]
_TEN = _KEYS[10:20]
_REST = _KEYS[1:]


def _texts(types: Mapping[str, str] | None = None, **facts: Mapping[str, object]) -> SchemaModel:
    types = types or {}
    return _model(
        AttributeSpec(
            f"Okta {key}",
            types.get(key, "text"),
            key=key,
            identifier=key == "id",
            label=key == "displayName",
            **facts.get(key, {}),  # type: ignore[arg-type]  # facts of an attribute
        )
        for key in _KEYS
    )


def _nested() -> SchemaModel:
    return _model(
        AttributeSpec(
            f"Okta {key}",
            key=key,
            identifier=key == "id",
            label=key == "displayName",
            locators=f"profile.{key}" if key in _TEN else key,
        )
        for key in _KEYS
    )


def _numpy_values(number: int) -> dict[str, object]:
    import numpy

    return {
        "title": numpy.int64(number),
        "department": numpy.float64(number / 3),
        "division": numpy.bool_(number % 2),
        "city": numpy.str_("Austin"),
    }


def _nine(number: int) -> dict[str, object]:
    return {
        "title": number,
        "department": number / 3,
        "division": number % 2 == 0,
        "organization": "2026-01-31",
        "costCenter": "16:30",
        "employeeNumber": "2026-01-31T16:30:00Z",
        "manager": f"https://people.example.com/{number}",
        "city": f"ana.{number}@example.com",
        "state": f"10.0.{number % 256}.7",
    }


_NINE_TYPES = {
    "title": "integer",
    "department": "double",
    "division": "boolean",
    "organization": "date",
    "costCenter": "time",
    "employeeNumber": "date_time",
    "manager": "url",
    "city": "email",
    "state": "ipaddress",
}
_NUMPY_TYPES = {"title": "integer", "department": "double", "division": "boolean"}


def _instances(records: Sequence[Mapping[str, object]]) -> list[object]:
    """Return records as instances of a dataclass. Keys that a record lacks are None."""
    keys = list(dict.fromkeys(key for record in records for key in record))
    kind = make_dataclass("Person", [(key, object) for key in keys])
    return [kind(**{key: record.get(key) for key in keys}) for record in records]


def mixes(count: int) -> list[Mix]:
    """Return so many records of each mix; the first one is all text."""
    texts = _texts()
    several = _texts(None, **{key: {"maximum": -1} for key in _TEN})
    required = _texts(None, **{key: {"minimum": 1} for key in _REST})
    dates = [_START + datetime.timedelta(days=number) for number in range(9_000)]

    def changed(change: Callable[[int], Mapping[str, object]]) -> list[object]:
        return [{**user(number), **change(number)} for number in range(count)]

    def every(keys: Sequence[str], value: Callable[[int], object]) -> list[object]:
        return changed(lambda number: {key: value(number + at) for at, key in enumerate(keys)})

    def shape(number: int) -> dict[str, object]:
        chance = Random(number % 200)
        return {key: value for key, value in user(number).items() if key == "id" or chance.random() < 0.75}

    def nested(number: int) -> dict[str, object]:
        record = user(number)
        profile = {key: record.pop(key) for key in _TEN}
        return {**record, "profile": profile}

    mixes = [
        Mix("all text", [user(number) for number in range(count)], texts),
        Mix("one integer", changed(lambda number: {"employeeNumber": number}), texts),
        Mix("every second value None", every(_KEYS[1::2], lambda _: None), texts),
        Mix("five dates", every(_FIVE, lambda number: dates[number % 9_000]), texts),
        Mix("five date-times", every(_FIVE, lambda number: _NOW - datetime.timedelta(number)), texts),
        Mix("200 shapes", [shape(number) for number in range(count)], texts),
        Mix("ten nested locators", [nested(number) for number in range(count)], _nested()),
        Mix("nine types, native values", changed(_nine), _texts(_NINE_TYPES)),
        Mix("ten unknown keys", changed(lambda _: {f"unknown{at}": "x" for at in range(10)}), texts),
        Mix("ten lists of three", every(_TEN, lambda _: ["a", "b", "c"]), several),
        Mix("all required", [user(number) for number in range(count)], required),
        Mix("integer identifiers", changed(lambda number: {"id": number}), texts),
        Mix("five decimals", every(_FIVE, lambda number: decimal.Decimal(number) / 4), texts),
        Mix("two UUIDs", every(_FIVE[:2], lambda number: uuid.UUID(int=number)), texts),
        Mix("29 integers as text", every(_REST, lambda number: number), texts),
        Mix("29 floats as text", every(_REST, lambda number: number + 0.5), texts),
        Mix("29 integers", every(_REST, lambda number: number), _texts(dict.fromkeys(_REST, "integer"))),
        Mix("people, untyped", [person(number) for number in range(count)], people_model(typed=False)),
        Mix("people, typed", [person(number) for number in range(count)], people_model(typed=True)),
        Mix("all text, dataclasses", _instances([user(number) for number in range(count)]), texts),
        Mix(
            "people, dataclasses",
            _instances([person(number) for number in range(count)]),
            people_model(typed=True),
            base="all text, dataclasses",
        ),
    ]
    with contextlib.suppress(ModuleNotFoundError):
        mixes.append(Mix("NumPy scalars", changed(_numpy_values), _texts(_NUMPY_TYPES)))
    extremes: dict[str, Callable[[int], object]] = {
        "date_time": lambda number: (_NOW - datetime.timedelta(number)).isoformat(),
        "email": lambda number: f"ana.kovacevic.{number}@example.com",
        "ipaddress": lambda number: f"10.0.{number % 256}.7",
    }
    mixes += [
        Mix(f"29 {kind} strings", every(_REST, value), _texts(dict.fromkeys(_REST, kind)), is_extreme=True)
        for kind, value in extremes.items()
    ]
    objects = every(_REST, lambda number: _NOW - datetime.timedelta(number))
    return [*mixes, Mix("29 date-times as text", objects, texts, is_extreme=True)]
