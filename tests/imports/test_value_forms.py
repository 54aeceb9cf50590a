"""Records and values in the forms that people have them in: rows, classes, data frames, numbers of all kinds."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import enum
import importlib
import json
import sqlite3
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import attrs
import pytest

from jsm_assets_dest import AttributeSpec, ObjectTypeSpec, SchemaModel
from jsm_assets_dest._imports.chunk import Run
from jsm_assets_dest._imports.chunker import Chunker
from jsm_assets_dest._imports.encoding import STANDARD, Encoder, choose_encoder
from jsm_assets_dest._imports.record_checker import RecordChecker
from jsm_assets_dest._imports.record_forms import MOST_CLASSES
from jsm_assets_dest.exceptions import RecordError

BERLIN = ZoneInfo("Europe/Berlin")
NAN = float("nan")
NAIVE = datetime.datetime(2026, 7, 1, 12)  # noqa: DTZ001 - what some tests are about
both_encoders = pytest.mark.parametrize(
    "encoder", [STANDARD, choose_encoder()], ids=lambda encoder: encoder.name
)


def checker(*attributes: AttributeSpec, timezone: datetime.tzinfo | None = None) -> RecordChecker:
    """Return a checker for people with an identifier and further attributes."""
    people = ObjectTypeSpec("People", [AttributeSpec("Id", identifier=True, label=True), *attributes])
    return RecordChecker(SchemaModel("Test", [people]), timezone=timezone)


def accepted(run: Run) -> list[Any]:
    """Return what is sent of the records of a run."""
    return run.records


def sent_value(kind: str, value: object, *, timezone: datetime.tzinfo | None = None) -> object:
    """Return what is sent for a value of an attribute that takes several."""
    check = checker(AttributeSpec("Value", kind, maximum=-1), timezone=timezone)
    (record,) = accepted(check.check_many("people", 0, [{"id": "1", "value": value}]))
    return record["value"]


def reason_of(kind: str, value: object) -> str:
    """Return the reason why a value is rejected."""
    with pytest.raises(RecordError) as caught:
        sent_value(kind, value)
    return caught.value.reason


# --- the same outcome, whatever the neighbors are


@pytest.mark.parametrize("neighbor", ["x", 5, None], ids=repr)
@pytest.mark.parametrize(
    ("kind", "minimum", "value", "path"),
    [("ipaddress", 0, "192.0.02.1", "value"), ("text", 1, [""], "value"), ("text", 1, [[""]], "value[0]")],
)
def test_value_is_rejected_whatever_its_neighbors_are(
    kind: str, minimum: int, value: object, path: str, neighbor: object
) -> None:
    """A value of another class in the record does not change what fits."""
    check = checker(AttributeSpec("Value", kind, minimum=minimum, maximum=-1), AttributeSpec("Other"))
    errors: list[RecordError] = []

    checked = check.check_many("people", 0, [{"id": "1", "value": value, "other": neighbor}], errors.append)

    assert (checked.records, [error.path for error in errors]) == ([], [path])


class Field(enum.StrEnum):
    ID = "id"
    NAME = "name"


@both_encoders
def test_keys_of_an_enumeration_are_sent_after_plain_ones(encoder: Encoder) -> None:
    """The keys are equal to the plain ones, but orjson rejects them."""
    chunker = Chunker("run", encoder=encoder, checker=checker(AttributeSpec("Name")))

    chunker.feed("people", [{"id": "1", "name": "a"}, {Field.ID: "2", Field.NAME: "b"}])
    (chunk,) = chunker.flush()

    assert json.loads(chunk.body)["data"] == {"people": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]}


# --- values of NumPy and pandas; stand-ins have the names that the real classes have


def foreign(package: str, name: str, *bases: type, **members: object) -> Any:
    """Return a class as another package would define it."""
    return type(name, bases, {"__module__": package, **members})


NA = foreign("pandas.api.typing", "NAType")()
NAT = foreign("pandas.api.typing", "NaTType", datetime.datetime)(2026, 1, 31)
generic = foreign("numpy", "generic")
floating = foreign("numpy", "floating", generic)
#: A long double is its own item, because Python has no class for it.
LONG = lambda self: self  # noqa: E731


def scalar(item: object, name: str = "int64", **members: object) -> object:
    """Return a NumPy scalar whose Python value is an item."""
    return foreign("numpy", name, generic, item=lambda _: item, **members)()


@pytest.mark.parametrize("kind", ["text", "integer", "double", "boolean", "date", "date_time", "email"])
@pytest.mark.parametrize("value", [NAN, Decimal("NaN"), NA, NAT, scalar(NAN)], ids=type)
def test_missing_value_of_a_data_frame_is_sent_as_null(kind: str, value: object) -> None:
    """NaN, NA, and NaT are nothing, whatever the attribute's type is."""
    assert sent_value(kind, value) is None


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("integer", scalar(7), 7),
        ("integer", scalar(7.0), 7),
        ("boolean", scalar(True), True),
        ("text", scalar("x"), "x"),
        ("double", foreign("numpy", "longdouble", floating, item=LONG, __float__=lambda _: 1.5)(), 1.5),
        ("integer", foreign("numpy", "longdouble", floating, item=LONG, __float__=lambda _: 7.0)(), 7),
        ("double", foreign("numpy", "longdouble", floating, item=LONG, __float__=lambda _: NAN)(), None),
        ("date_time", scalar(None, "datetime64"), None),
        ("date", scalar(datetime.date(2026, 1, 31), "datetime64"), "2026-01-31"),
        (
            "date",
            scalar(
                10**18,
                "datetime64",
                astype=lambda _, unit: scalar({"datetime64[us]": datetime.date.max}[unit]),
            ),
            "9999-12-31",
        ),
        ("text", foreign("numpy", "ndarray", tolist=lambda _: ["a", 1.0])(), ["a", 1]),
        ("integer", foreign("numpy", "ndarray", tolist=lambda _: 7)(), 7),
    ],
    ids=lambda value: repr(value).partition(" at 0x")[0],
)
def test_numpy_value_is_sent_as_its_python_value(kind: str, value: object, expected: object) -> None:
    """An integer column of days or nanoseconds is still a column of dates."""
    assert sent_value(kind, value) == expected


def test_numpy_value_without_a_python_class_is_rejected() -> None:
    """A long complex number is its own item, and a duration is not a number of nanoseconds."""
    complex_number = foreign("numpy", "clongdouble", generic, item=lambda self: self)()

    assert reason_of("text", complex_number) == "is not a number that JSON has (clongdouble)"
    assert reason_of("integer", scalar(5, "timedelta64")) == "is not a whole number (timedelta64)"


@pytest.mark.parametrize(
    ("expression", "kind", "expected"),
    [
        ("numpy.int64(7)", "integer", 7),
        ("numpy.uint64(2**64 - 1)", "text", 2**64 - 1),
        ("numpy.float64(7)", "integer", 7),
        ("numpy.float32(1.5)", "double", 1.5),
        ("numpy.float64('nan')", "double", None),
        ("numpy.longdouble('1.5')", "double", 1.5),
        ("numpy.bool_(True)", "boolean", True),
        ("numpy.str_('x')", "text", "x"),
        ("numpy.datetime64('2026-01-31')", "date", "2026-01-31"),
        ("numpy.datetime64('NaT', 's')", "date", None),
        ("numpy.datetime64('2026-01-31T00:00:00.000000001')", "date", "2026-01-31"),
        ("numpy.array(['a', 'b'])", "text", ["a", "b"]),
        ("numpy.array([1.0, 2.0])", "integer", [1, 2]),
        ("pandas.NA", "text", None),
        ("pandas.NaT", "date_time", None),
        ("pandas.Timestamp('2026-01-31T16:30:00.000000001Z')", "date_time", "2026-01-31T16:30:00+00:00"),
        (
            "pandas.Timestamp('2026-01-31T16:30', tz='Europe/Berlin')",
            "date_time",
            "2026-01-31T16:30:00+01:00",
        ),
        ("pandas.Timestamp('2026-01-31')", "date", "2026-01-31"),
    ],
)
def test_real_value_of_numpy_or_pandas_is_sent(expression: str, kind: str, expected: object) -> None:
    """The stand-ins above have the names of the real classes."""
    package = expression.partition(".")[0]
    module = pytest.importorskip(package)
    value = eval(expression, {package: module})

    sent = sent_value(kind, value)

    assert sent == expected
    assert type(sent) is type(expected)


def test_row_of_a_data_frame_is_a_record() -> None:
    """A pandas Series has keys."""
    frame = pytest.importorskip("pandas").DataFrame({"id": ["1", "2"], "age": [7.0, None]})
    rows = [row for _, row in frame.iterrows()]

    checked = checker(AttributeSpec("Age", "integer")).check_many("people", 0, rows)

    assert checked.records == [{"id": "1", "age": 7}, {"id": "2", "age": None}]
    assert all(original is row for original, row in zip(checked.originals, rows, strict=True))


@pytest.mark.parametrize("value", [7.0, NAN, scalar(7.0), 7.5], ids=["whole", "NaN", "NumPy", "fraction"])
def test_float_identifier_is_a_bad_record(value: object) -> None:
    """7 and 7.0 would be two objects."""
    with pytest.raises(RecordError) as caught:
        checker().check_many("people", 0, [{"id": value}])

    reason = caught.value.reason
    if value != value:  # noqa: PLR0124 - NaN
        assert reason == 'is missing, and "Id" identifies the object'
    else:
        assert reason == "is a float, and 7 and 7.0 are two identifiers; pass an integer or a string"


def test_decimal_identifier_has_to_be_whole() -> None:
    """Databases return integers of 38 digits as decimals, with and without a fraction of zero."""
    errors: list[RecordError] = []

    checked = checker().check_many(
        "people", 0, [{"id": Decimal("7.0")}, {"id": Decimal(10**30)}, {"id": Decimal("7.5")}], errors.append
    )

    assert [record["id"] for record in accepted(checked)] == ["7", str(10**30)]
    assert [error.reason for error in errors] == ["is not a whole number (Decimal)"]


# --- date-times and time zones


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("date_time", NAIVE, "2026-07-01T12:00:00+02:00"),
        ("date_time", "2026-01-31T16:30:00", "2026-01-31T16:30:00+01:00"),
        ("date_time", "2026-01-31T16:30:00Z", "2026-01-31T16:30:00Z"),
        ("date_time", "2026-01-31T16:30Z", "2026-01-31T16:30Z"),
        ("date_time", "2026-01-31T16:30", "2026-01-31T16:30:00+01:00"),
        ("date_time", "2026-01-31T16:30:00.527-0700", "2026-01-31T16:30:00.527-0700"),
        ("date_time", "2026-01-31T16:30+02:00", "2026-01-31T16:30+02:00"),
        # What str() returns: the separator is not that of ISO 8601.
        ("date_time", "2026-01-31 16:30:00.5+00:00", "2026-01-31T16:30:00.500000+00:00"),
        ("date_time", "2026-01-31 16:30", "2026-01-31T16:30:00+01:00"),
        ("date_time", "2026-01-31", "2026-01-31"),
        ("text", NAIVE, "2026-07-01T12:00:00+02:00"),
        ("text", "2026-01-31T16:30:00", "2026-01-31T16:30:00"),
    ],
)
def test_naive_date_time_gets_the_time_zone_of_the_import(kind: str, value: object, expected: object) -> None:
    """A string in a text attribute is only a string."""
    assert sent_value(kind, value, timezone=BERLIN) == expected


# --- records


class Pair(NamedTuple):
    id: str
    display_name: str


@attrs.frozen
class Person:
    id: str
    display_name: str


@dataclasses.dataclass
class Worker:
    id: str
    display_name: str


class Model:
    """A stand-in for a pydantic model, which yields its fields, and what it has beyond them."""

    def __init__(self, **fields: object) -> None:
        self.fields = fields

    def __iter__(self) -> Iterator[tuple[str, object]]:
        return iter(self.fields.items())


BaseModel = foreign("pydantic.main", "BaseModel", Model)


@pytest.mark.parametrize(
    "record",
    [
        Pair("1", "Ana"),
        Person("1", "Ana"),
        Worker("1", "Ana"),
        foreign("app", "User", BaseModel)(id="1", display_name="Ana"),
        collections.OrderedDict(id="1", displayName="Ana"),
        collections.ChainMap({"id": "1"}, {"displayName": "Ana"}),
    ],
    ids=lambda record: type(record).__name__,
)
def test_record_may_have_fields_or_keys(record: object) -> None:
    """Fields in snake case meet locators in camel case, at the top and inside."""
    check = checker(AttributeSpec("Display Name"))
    inside = checker(AttributeSpec("Name", locators="who.displayName"))

    (sent,) = check.check_many("people", 0, [record]).records
    (nested,) = inside.check_many("people", 0, [{"id": "1", "who": [record]}]).records

    assert sent == {"id": "1", "displayName": "Ana"}
    assert nested == {"id": "1", "who": [{"displayName": "Ana"}]}
    assert inside.unknown_keys == {"people": {"who.id": 1}}


Both = collections.namedtuple("Both", ["id", "fullName", "full_name"])  # noqa: PYI024 - a class that no one typed


@pytest.mark.parametrize(
    "record",
    [
        Both("1", "Ana", "Bo"),
        attrs.make_class("Both", ["id", "full_name", "fullName"])("1", "Ana", "Bo"),
        foreign("app", "User", BaseModel)(id="1", fullName="Ana", full_name="Bo"),
    ],
    ids=["named tuple", "attrs", "pydantic"],
)
def test_two_fields_of_one_key_are_a_bad_record(record: object) -> None:
    """The last one used to win. Fields that no attribute has don't matter."""
    errors: list[RecordError] = []

    for check in (
        checker(AttributeSpec("Full Name")),
        checker(AttributeSpec("Name", locators="who.fullName")),
    ):
        check.check_many("people", 0, [record, {"id": "2", "who": record}], errors.append)

    reason = "is the key of two fields, in camel case and in snake case"
    assert [(error.path, error.reason) for error in errors] == [
        ("fullName", reason),
        ("who.fullName", reason),
    ]


def test_row_of_sqlite_is_a_record() -> None:
    """It is not a mapping, but has keys."""
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    rows = database.execute("SELECT '1' AS id, 'Ana' AS name").fetchall()
    database.close()

    assert checker(AttributeSpec("Name")).check_many("people", 0, rows).records == [
        {"id": "1", "name": "Ana"}
    ]


def test_model_of_pydantic_is_a_record() -> None:
    """Extra fields are counted if the schema model does not have them."""
    pydantic = pytest.importorskip("pydantic")
    user = pydantic.create_model(
        "User", id=(str, ...), display_name=(str, ...), __config__={"extra": "allow"}
    )
    check = checker(AttributeSpec("Display Name"))

    checked = check.check_many("people", 0, [user(id="1", display_name="Ana", salary=5)])

    assert checked.records == [{"id": "1", "displayName": "Ana"}]
    assert check.unknown_keys == {"people": {"salary": 1}}


def test_library_imports_neither_numpy_nor_pandas() -> None:
    """They are recognized by the names of their classes."""
    for name in ("values", "record_checker"):
        module = importlib.import_module(f"jsm_assets_dest._imports.{name}")
        assert not {"numpy", "pandas", "pydantic"} & vars(module).keys()


# --- odd classes


def test_value_that_raises_is_a_bad_record() -> None:
    """The error names the class of the exception, and the records after it are checked."""

    class Broken(enum.Enum):
        ONE = 1

        @property
        def value(self) -> int:
            raise OSError("the database is closed")

    errors: list[RecordError] = []
    checked = checker(AttributeSpec("Value")).check_many(
        "people", 0, [{"id": "1", "value": Broken.ONE}, {"id": "2"}], errors.append
    )

    assert [(error.path, error.reason) for error in errors] == [("value", "cannot be read (OSError)")]
    assert checked.records == [{"id": "2"}]


@pytest.mark.parametrize("base", [str, dict])
def test_memory_for_classes_is_bounded(base: type) -> None:
    """A source that makes a class for each record or value is checked anyway."""
    check = checker(AttributeSpec("Value"))
    for number in range(MOST_CLASSES + 5):
        check.begin_chunk()
        kind = type(f"Kind{number}", (base,), {})
        record = kind(id="1") if base is dict else {"id": "1", "value": kind("x")}
        assert len(check.check_many("people", 0, [record]).records) == 1


def test_none_after_many_classes_is_sent_as_nothing() -> None:
    """The bounded memory of an attribute never forgets None."""
    check = checker(AttributeSpec("Value"))
    for number in range(MOST_CLASSES):
        check.begin_chunk()
        check.check_many("people", 0, [{"id": "1", "value": type(f"Kind{number}", (str,), {})("x")}])

    check.begin_chunk()
    assert check.check_many("people", 0, [{"id": "2", "value": None}]).records == [{"id": "2", "value": None}]


def test_length_is_promised_for_every_form_of_a_string() -> None:
    """A UUID and a date are sent as strings, too."""
    check = checker(AttributeSpec("Value", max_length=12))
    errors: list[RecordError] = []

    checked = check.check_many(
        "people",
        0,
        [
            {"id": "1", "value": uuid.UUID(int=1)},
            {"id": "2", "value": datetime.date(2026, 1, 31)},
            {"id": "3", "value": "x" * 13},
        ],
        errors.append,
    )

    assert [record["value"] for record in accepted(checked)] == ["2026-01-31"]
    assert [error.reason for error in errors] == [
        "is longer than 12 characters (36)",
        "is longer than 12 characters (13)",
    ]


def test_list_is_sent_unchanged_or_copied() -> None:
    """The caller's list is never changed."""
    check = checker(AttributeSpec("Value", maximum=-1))
    plain, mixed = ["a", "b"], ["a", 1.0, 2.0]

    first, second = accepted(
        check.check_many("people", 0, [{"id": "1", "value": plain}, {"id": "2", "value": mixed}])
    )

    assert first["value"] is plain
    assert second["value"] == ["a", 1, 2]
    assert mixed == ["a", 1.0, 2.0]
    assert type(mixed[1]) is float


def test_list_that_contains_itself_is_rejected() -> None:
    """Its items are not read."""
    value: list[object] = []
    value.append(value)

    assert reason_of("text", value) == "is a list inside a list, which has no meaning in Assets"


@pytest.mark.parametrize("locators", [("address.street", "address"), ("address", "address.street")])
def test_key_that_locators_lead_into_is_not_a_string(locators: tuple[str, str]) -> None:
    """An attribute whose locator is the key itself is left to the nested ones, in whichever order they come."""
    check = checker(*(AttributeSpec(f"Line {at}", locators=locator) for at, locator in enumerate(locators)))
    errors: list[RecordError] = []

    checked = check.check_many(
        "people", 0, [{"id": "1", "address": "x"}, {"id": "2", "address": {"street": "x"}}], errors.append
    )

    assert [record["id"] for record in accepted(checked)] == ["2"]
    assert [error.path for error in errors] == ["address"]


def test_several_values_of_a_record_are_converted() -> None:
    """The caller's record stays as it is; an attribute beside nested ones is left to them."""
    check = checker(
        AttributeSpec("Age", "integer"),
        AttributeSpec("Size", "integer"),
        AttributeSpec("Street", locators="address.street"),
        AttributeSpec("Address", locators="address"),
    )
    record = {"id": "1", "age": 7.0, "size": 8.0, "address": {"street": "Main Street"}}

    assert check.check("people", 0, record) == {**record, "age": 7, "size": 8}
    assert type(record["age"]) is float
