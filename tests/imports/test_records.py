"""Records that are sent, records that are rejected, and the reasons."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import ipaddress
import json
import math
import types
import uuid
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest._imports.encoding import STANDARD, choose_encoder
from jsm_assets_dest._imports.record_checker import MOST_UNKNOWN_KEYS, PAUSE, RecordChecker
from jsm_assets_dest._imports.whole_run import References
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import AttributeSpec, ObjectTypeSpec, ReferenceSpec
from jsm_assets_dest.exceptions import RecordError

NAN = float("nan")
NAIVE = datetime.datetime(2026, 1, 31, 16, 30)  # noqa: DTZ001 - what some tests are about
#: The standard one, and orjson where it is installed.
ENCODERS = [STANDARD, *([encoder] if (encoder := choose_encoder()) is not STANDARD else [])]
ZONE = datetime.timezone(datetime.timedelta(hours=2))


class Level(enum.Enum):
    HIGH = "high"


class Number(enum.IntEnum):
    SEVEN = 7


class Half(float, enum.Enum):
    HALF = 0.5


class Word(enum.StrEnum):
    ONE = "one"


class Shout(str):
    """Text with opinions about itself."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.upper()


def model(*attributes: AttributeSpec) -> SchemaModel:
    """People with an id and further attributes."""
    return SchemaModel(
        "Test", [ObjectTypeSpec("People", [AttributeSpec("Id", identifier=True, label=True), *attributes])]
    )


def checker(*attributes: AttributeSpec, unique_in_run: bool = False, remember: int = 1000) -> RecordChecker:
    """Return a checker for people."""
    return RecordChecker(model(*attributes), unique_in_run=unique_in_run, remember=remember)


def batch(check: RecordChecker, *records: object) -> tuple[list[object], list[tuple[int | None, str, str]]]:
    """Return the records that are sent, and index, path, and reason of the others."""
    bad: list[RecordError] = []
    good = check.check_many("people", 0, records, bad.append)
    return list(good.records), [(error.index, error.path, error.reason) for error in bad]


# --- values by attribute type


GOOD: list[tuple[str, object]] = [
    ("text", "x" * 255),
    ("text", 12),
    ("text", 1.5),
    ("text", True),
    ("text", ""),
    ("text", None),
    ("text", ["one"]),
    ("text", []),
    ("text", "Ünïcödé 😀 \x00"),
    ("text", 2**64 - 1),
    ("text", -(2**63)),
    ("textarea", "x" * 100_000),
    ("select", "x" * 1000),
    ("integer", 2**31 - 1),
    ("integer", -(2**31)),
    ("integer", "42"),
    ("integer", ""),
    ("double", 1.5),
    ("double", 7),
    ("double", "1.5"),
    ("double", 1e308),
    ("double", -0.0),
    ("boolean", True),
    ("boolean", False),
    ("boolean", "TRUE"),
    ("date", "2026-01-31"),
    ("time", "16:30"),
    ("time", "16:30:00"),
    ("date_time", "2026-01-31T16:30:00Z"),
    ("date_time", "2026-01-31T16:30:00.000+02:00"),
    ("date_time", "2026-01-31"),
    ("url", "https://example.com/a?b=c"),
    ("url", "http://example.com"),
    ("email", "ana@example.com"),
    ("email", "ana\x7f@example.com"),
    ("email", ""),
    ("ipaddress", "192.0.2.1"),
    ("ipaddress", "2001:db8::1"),
    ("status", "Active"),
]

CHANGED: list[tuple[str, object, object]] = [
    ("text", Level.HIGH, "high"),
    ("text", Word.ONE, "one"),
    ("text", Shout("quiet"), "quiet"),
    ("text", uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ("text", datetime.date(2026, 1, 31), "2026-01-31"),
    ("text", datetime.time(16, 30), "16:30:00"),
    ("text", datetime.datetime(2026, 1, 31, 16, 30, tzinfo=ZONE), "2026-01-31T16:30:00+02:00"),
    ("text", datetime.datetime(2026, 1, 31, 16, 30, tzinfo=datetime.UTC), "2026-01-31T16:30:00+00:00"),
    ("text", ("one",), ["one"]),
    ("text", [Word.ONE], ["one"]),
    ("text", 1042.0, 1042),
    ("text", Decimal("1.10"), "1.10"),
    ("text", Decimal("1E+3"), "1000"),
    ("text", ipaddress.ip_address("2001:db8::1"), "2001:db8::1"),
    ("text", NAN, None),
    ("text", Decimal("NaN"), None),
    ("email", NAN, None),
    ("double", NAN, None),
    ("double", Decimal("1.5"), 1.5),
    ("double", Half.HALF, 0.5),
    ("date", datetime.date(2026, 1, 31), "2026-01-31"),
    ("date", NAIVE.replace(hour=0, minute=0), "2026-01-31"),
    ("time", datetime.time(16, 30), "16:30:00"),
    ("date_time", datetime.datetime(2026, 1, 31, 16, 30, tzinfo=ZONE), "2026-01-31T16:30:00+02:00"),
    ("date_time", datetime.date(2026, 1, 31), "2026-01-31"),
    ("ipaddress", ipaddress.ip_address("192.0.2.1"), "192.0.2.1"),
    ("integer", Number.SEVEN, 7),
    ("integer", 7.0, 7),
    ("integer", Decimal("7.00"), 7),
    ("integer", NAN, None),
]

BAD: list[tuple[str, object, str]] = [
    ("text", "x" * 256, "is longer than 255 characters (256)"),
    ("text", "\ud800", "has half of a surrogate pair (character 0)"),
    ("text", math.inf, "is infinite, which JSON does not have"),
    ("text", Decimal("-Infinity"), "is infinite, which JSON does not have"),
    ("text", 2**64, "more than 64 bits"),
    ("text", -(2**63) - 1, "more than 64 bits"),
    ("text", b"bytes", "consists of bytes; decode them"),
    ("text", bytearray(b"bytes"), "consists of bytes; decode them"),
    ("text", {"a": 1}, "no locator inside"),
    ("text", {"a"}, "is a set, which has no order"),
    ("text", ["one", "two"], "has more values than the maximum of 1 (2)"),
    ("text", [["deep"]], "is a list inside a list"),
    ("text", [("deep",)], "is a list inside a list"),
    ("text", [None], "is empty; leave it out of the list"),
    ("text", [NAN], "is empty; leave it out of the list"),
    ("text", object(), "is not a string, a number, or another value that JSON has (object)"),
    ("text", (item for item in "ab"), "(generator)"),
    ("text", datetime.timedelta(1), "(timedelta)"),
    ("text", Decimal("sNaN"), "cannot be read (ValueError)"),
    ("text", Decimal("1E+300"), "is longer than 255 characters (301)"),
    ("text", NAIVE, "is a date and time without a time zone"),
    ("integer", 2**31, "beyond the 32 bits"),
    ("integer", "2147483648", "beyond the 32 bits"),
    ("integer", 1e300, "beyond the 32 bits"),
    ("integer", 1.5, "is not a whole number (float)"),
    ("integer", Decimal("1.5"), "is not a whole number (Decimal)"),
    ("integer", math.inf, "is infinite"),
    ("integer", True, "is not a whole number (bool)"),
    ("integer", "many", "is not a whole number"),
    ("integer", "1.0", "is not a whole number"),
    ("integer", "9" * 5000, "is not a whole number"),
    ("double", math.inf, "is infinite"),
    ("double", Decimal("1E+999"), "is infinite"),
    ("double", "nan", "is not a number"),
    ("double", "1,5", "is not a number"),
    ("double", True, "is not a number (bool)"),
    ("boolean", 1, "is not true or false (int)"),
    ("boolean", "yes", "is not true or false"),
    ("date", "31/01/2026", "is not an ISO 8601 date"),
    ("date", "2026-02-30", "is not an ISO 8601 date"),
    ("date", "2026-W01-1", "is not an ISO 8601 date"),
    ("date_time", "2026-W01-1T10:00:00Z", "is not an ISO 8601 date and time"),
    ("date_time", "2026-W01-1", "is not an ISO 8601 date and time"),
    ("date_time", "2026-01-31x10:00:00Z", "is not an ISO 8601 date and time"),
    ("date_time", "2026-01-31T10Z", "is not an ISO 8601 date and time"),
    ("date_time", "2026-01-31T100000Z", "is not an ISO 8601 date and time"),
    ("date_time", "2026-01-31 10:00:00", "is a date and time without a time zone"),
    ("time", "T10:00", "is not an ISO 8601 time"),
    ("date", "2026-01-31T00:00:00Z", "is not an ISO 8601 date"),
    ("date", 20260131, "is not an ISO 8601 date, such as 2026-01-31 (int)"),
    ("date", "26", "is not an ISO 8601 date"),
    ("date", NAIVE, "has a time of day"),
    ("time", "4 pm", "is not an ISO 8601 time"),
    ("time", "25:00", "is not an ISO 8601 time"),
    ("date_time", "yesterday", "is not an ISO 8601 date and time"),
    ("date_time", "26", "is not an ISO 8601 date and time"),
    ("date_time", "2026-13-01T00:00:00Z", "is not an ISO 8601 date and time"),
    ("date_time", "2026-01-31T16:30:00", "is a date and time without a time zone"),
    ("date_time", NAIVE, "is a date and time without a time zone"),
    ("url", "ftp://example.com", "http:// or https://"),
    ("url", "example.com", "http:// or https://"),
    ("url", 5, "http:// or https:// (int)"),
    ("email", "ana", "is not an email address"),
    ("email", "ana@", "is not an email address"),
    ("email", "@example.com", "is not an email address"),
    ("email", "a@b@example.com", "is not an email address"),
    ("email", "a\u00a0b@example.com", "is not an email address"),
    ("email", "a@example.com\n", "is not an email address"),
    ("email", "a na@example.com", "is not an email address"),
    ("email", "a" * 250 + "@example.com", "is longer than 255 characters"),
    ("ipaddress", "192.0.2.256", "is not an IP address"),
    ("ipaddress", "192.0.02.1", "is not an IP address"),
    ("ipaddress", "192.0.2.1\n", "is not an IP address"),
    ("ipaddress", 3, "is not an IP address (int)"),
]


@pytest.mark.parametrize(("kind", "value"), GOOD, ids=repr)
def test_values_that_fit_are_sent_as_they_are(kind: str, value: object) -> None:
    """A value that fits its attribute's type is not touched, on either path."""
    record = {"id": "1", "value": value}
    check = checker(AttributeSpec("Value", kind))

    assert batch(check, record) == ([record], [])
    assert check.check("people", 0, record) == record


@pytest.mark.parametrize(("kind", "value", "sent"), CHANGED, ids=repr)
def test_python_values_are_written_as_json_has_them(kind: str, value: object, sent: object) -> None:
    """Python types that JSON lacks become strings or plain numbers."""
    ((record,), bad) = batch(checker(AttributeSpec("Value", kind)), {"id": "1", "value": value})

    assert not bad
    assert isinstance(record, dict)
    assert record["value"] == sent
    assert type(record["value"]) is type(sent)


@pytest.mark.parametrize(
    ("kind", "value", "reason"), BAD, ids=lambda value: repr(value).partition(" at 0x")[0][:40]
)
def test_values_that_do_not_fit_are_rejected(kind: str, value: object, reason: str) -> None:
    """A rejected value is rejected before any encoder sees it, so with every encoder, with its path, and not repeated."""
    check = checker(AttributeSpec("Value", kind))
    record = {"id": "1", "value": value}

    with pytest.raises(RecordError) as caught:
        check.check("people", 7, record)

    error = caught.value
    assert reason in error.reason
    assert (error.selector, error.index) == ("people", 7)
    assert error.path.partition("[")[0] == "value"
    assert error.record is record
    if isinstance(value, str) and len(value) > 10:
        assert value not in str(error)
    if value != "\ud800":  # left to the encoders, which both reject it
        assert batch(check, record)[0] == []


@pytest.mark.parametrize(
    ("maximum", "value", "fits"),
    [
        (-1, ["a"] * 500, True),
        (2, ["a", "b"], True),
        (2, ["a", "b", "c"], False),
        (-1, ["a", 5], True),
        (-1, "a", True),
        (-1, ["x" * 256], False),
        (-1, "x" * 256, False),
        (-1, ("a", "b"), True),
    ],
)
def test_several_values_follow_the_cardinality(maximum: int, value: object, fits: bool) -> None:
    """A list may have as many values as the attribute takes; each has to fit."""
    sent, bad = batch(checker(AttributeSpec("Groups", "text", maximum=maximum)), {"id": "1", "groups": value})

    assert (len(sent), len(bad)) == ((1, 0) if fits else (0, 1))


def test_place_in_a_list_is_named() -> None:
    """The path leads to the item."""
    _, bad = batch(
        checker(AttributeSpec("Scores", "integer", maximum=-1)), {"id": "1", "scores": [1, 2, "x"]}
    )

    assert bad == [(0, "scores[2]", "is not a whole number")]


@pytest.mark.parametrize(("kind", "length"), [("text", 10), ("url", 12), ("textarea", 10)])
def test_promised_length_is_kept(kind: str, length: int) -> None:
    """`max_length` is a limit for types that have none, and a lower one for those that have."""
    check = checker(AttributeSpec("Value", kind, max_length=length))
    value = "http://a.de/".ljust(length, "x")[:length] if kind == "url" else "x" * length

    assert batch(check, {"id": "1", "value": value})[1] == []
    assert batch(check, {"id": "2", "value": value + "x"})[0] == []


def test_longer_promise_does_not_raise_the_limit() -> None:
    """Text stays at 255 characters whatever is promised."""
    check = checker(AttributeSpec("Value", max_length=1000))

    assert batch(check, {"id": "1", "value": "x" * 256})[0] == []


# --- identifiers and required attributes


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"value": "x"}, 'is missing, and "Id" identifies the object'),
        ({"id": None, "value": "x"}, 'is missing, and "Id" identifies the object'),
        ({"id": "", "value": "x"}, 'is blank, and "Id" identifies the object'),
        ({"id": " \t\u00a0", "value": "x"}, 'is blank, and "Id" identifies the object'),
        ({}, 'is missing, and "Id" identifies the object'),
    ],
)
def test_record_needs_its_identifier(record: object, reason: str) -> None:
    """Without an identifier Assets would drop the record, or make a new object each time."""
    assert batch(checker(AttributeSpec("Value")), record) == ([], [(0, "id", reason)])


def test_identifier_comes_once_per_chunk() -> None:
    """The second record with the same identifier is rejected until the next chunk begins."""
    check = checker()
    first, again, other = {"id": "1"}, {"id": "1"}, {"id": "2"}

    sent, bad = batch(check, first, again, other)

    assert sent == [first, other]
    assert bad == [(1, "id", "is the identifier of an earlier record of the same chunk too")]
    check.begin_chunk()
    assert batch(check, again) == ([again], [])


def test_numbers_and_their_text_identify_the_same_object() -> None:
    """Assets compares text, so 1 and "1" are one object."""
    sent, bad = batch(checker(), {"id": "1"}, {"id": 1}, {"id": 2}, {"id": "2"})

    assert sent == [{"id": "1"}, {"id": 2}]
    assert [index for index, _, _ in bad] == [1, 3]


def test_identifier_of_two_parts() -> None:
    """Two attributes identify together."""
    check = checker(AttributeSpec("Site", identifier=True))

    sent, bad = batch(
        check,
        {"id": "1", "site": "a"},
        {"id": "1", "site": "b"},
        {"id": "1", "site": "a"},
        {"id": 1, "site": "b"},
    )

    assert len(sent) == 2
    assert [index for index, _, _ in bad] == [2, 3]


def test_identifier_of_two_locators() -> None:
    """Values of several locators are joined; one of them is enough."""
    spec = ObjectTypeSpec("People", [AttributeSpec("Id", identifier=True, locators=("tenant", "number"))])
    check = RecordChecker(SchemaModel("Test", [spec]))

    sent, bad = batch(check, {"tenant": "a", "number": 1}, {"number": 1}, {"tenant": "a", "number": "1"}, {})

    assert sent == [{"tenant": "a", "number": 1}, {"number": 1}]
    assert [index for index, _, _ in bad] == [2, 3]


def test_across_the_run_an_identifier_may_come_once_too() -> None:
    """The option remembers identifiers from chunk to chunk."""
    check = checker(unique_in_run=True)
    assert batch(check, {"id": "1"}, {"id": "2"})[1] == []
    check.begin_chunk()

    assert batch(check, {"id": "3"}, {"id": "2"}, {"value": 1}) == (
        [{"id": "3"}],
        [
            (1, "id", "is the identifier of an earlier record of the same run too"),
            (2, "id", 'is missing, and "Id" identifies the object'),
        ],
    )
    assert check.remembered_all


def test_memory_for_identifiers_is_bounded() -> None:
    """Identifiers beyond the memory limit are not checked, and the checker reports that."""
    check = checker(unique_in_run=True, remember=2)
    for identifier in "1233":
        check.begin_chunk()
        assert batch(check, {"id": identifier})[1] == []

    assert not check.remembered_all


def test_type_without_an_identifier_is_checked_all_the_same() -> None:
    """Such a model cannot be built, but records can be checked against it."""
    check = RecordChecker(
        SchemaModel("Test", [ObjectTypeSpec("People", [AttributeSpec("Name")])]), unique_in_run=True
    )

    assert batch(check, {"name": "a"}, {"name": "a"}, {"name": 1}, {}) == (
        [{"name": "a"}, {"name": "a"}, {"name": 1}, {}],
        [],
    )


@pytest.mark.parametrize(("value", "fits"), [("x", True), (0, True), (None, False), ("", False)])
def test_required_attributes_need_a_value(value: object, fits: bool) -> None:
    """An attribute with a minimum of one has to be there; zero is a value."""
    check = checker(AttributeSpec("Owner", minimum=1))

    assert bool(batch(check, {"id": "1", "owner": value})[0]) is fits
    assert batch(check, {"id": "2"})[1] == [(0, "owner", 'is missing, and "Owner" needs a value')]


# --- the shape of records


@attrs.frozen
class Person:
    id: str
    display_name: str


@dataclasses.dataclass
class Worker:
    id: str
    display_name: str


@pytest.mark.parametrize(
    "record",
    [
        Person("1", "Ana"),
        Worker("1", "Ana"),
        types.MappingProxyType({"id": "1", "displayName": "Ana"}),
        {"id": "1", "displayName": "Ana"},
    ],
    ids=lambda record: type(record).__name__,
)
def test_records_may_be_mappings_or_classes(record: object) -> None:
    """Fields of attrs classes and dataclasses meet locators in camel case."""
    check = checker(AttributeSpec("Display Name"))

    assert batch(check, record, "again")[0] == [{"id": "1", "displayName": "Ana"}]
    assert check.check("people", 0, record) == {"id": "1", "displayName": "Ana"}


@pytest.mark.parametrize("record", ["text", 5, None, ["list"], Person], ids=repr)
def test_other_things_are_not_records(record: object) -> None:
    """The reason names what came instead."""
    _, [(index, path, reason)] = batch(checker(), record)

    assert (index, path) == (0, "")
    assert reason.startswith("is not a mapping or an object with fields (")


class GoneRow(Mapping[str, object]):
    """A row whose database has been closed."""

    def __getitem__(self, key: str) -> object:
        raise OSError("the database is closed")

    def __iter__(self) -> Iterator[str]:
        return iter(["id"])

    def __len__(self) -> int:
        return 1


@attrs.define
class Unset:
    """A record of which a field was never set."""

    id: str
    display_name: str = attrs.field(init=False)


@pytest.mark.parametrize(
    ("record", "path", "error"),
    [
        (GoneRow(), "", "OSError"),
        (Unset("1"), "", "AttributeError"),
        ({"id": "1", "profile": GoneRow()}, "profile", "OSError"),
        ({"id": "1", "profile": Unset("1")}, "profile", "AttributeError"),
    ],
)
def test_record_that_cannot_be_read_is_a_bad_record(record: object, path: str, error: str) -> None:
    """It has a place and a reason like any other, and those after it are looked at."""
    check = checker(AttributeSpec("Level", locators=["profile.id"]), AttributeSpec("Display Name"))

    good, [(index, place, reason)] = batch(check, record, {"id": "2"})

    assert (good, index, place) == ([{"id": "2"}], 0, path)
    assert reason == f"cannot be read ({error})"


@pytest.mark.parametrize(
    ("kind", "text"), [("integer", "1_000"), ("integer", "١٢"), ("double", "1_0.5"), ("double", "١٢")]
)
def test_numbers_that_only_python_reads_are_not_numbers(kind: str, text: str) -> None:
    """Underscores and the digits of other scripts are rejected as other text is."""
    _, [(_, path, reason)] = batch(checker(AttributeSpec("Size", kind)), {"id": "1", "size": text})

    assert path == "size"
    assert reason in ("is not a whole number", "is not a number")


@pytest.mark.parametrize(
    ("key", "printed"), [("\ud800", "\\ud800"), ("k" * 5000, "k" * 100 + "…"), ("Größe", "Größe")]
)
def test_names_of_unknown_keys_can_be_printed(key: str, printed: str) -> None:
    """The result is short and valid UTF-8 for any key."""
    check = checker()

    batch(check, {"id": "1", key: 1})
    batch(check, {"id": 2, key: 1})  # the slow path

    assert check.unknown_keys == {"people": {printed: 2}}


def test_keys_have_to_be_text() -> None:
    """The standard encoder would turn 1 into "1", perhaps beside another "1"."""
    _, bad = batch(checker(), {"id": "1", 1: "x"})

    assert bad == [(0, "", "has a key that is not a string (int)")]


def test_unknown_keys_are_counted_and_not_sent() -> None:
    """Keys without a locator in the model are not sent, and the caller's record is not changed."""
    check = checker(AttributeSpec("Name"))
    records = [
        {"id": "1", "salary": 1, "name": "a"},
        {"id": "2", "salary": 2, "name": "b"},
        {"id": 3, "salary": 3, "name": "c"},
        {"name": "d", "id": "4"},
    ]

    sent, bad = batch(check, *records)

    assert not bad
    assert sent == [
        {"id": ident, "name": name} for ident, name in [("1", "a"), ("2", "b"), (3, "c"), ("4", "d")]
    ]
    assert check.unknown_keys == {"people": {"salary": 3}}
    assert records[0] == {"id": "1", "salary": 1, "name": "a"}


def test_memory_for_unknown_keys_is_bounded() -> None:
    """A source whose every record has other keys costs no more memory than that of a few hundred."""
    check = checker()
    count = MOST_UNKNOWN_KEYS + 64

    sent, bad = batch(check, *({"id": str(number), f"key{number}": 1} for number in range(count)))

    assert (len(sent), bad) == (count, [])
    assert check.unknown_keys["people"]["…"] == 64


def test_single_check_does_not_count_unknown_keys() -> None:
    """It repeats the check of a batch, which has counted them."""
    check = checker()
    record = {"id": "1", "salary": 1}
    batch(check, record)

    check.check("people", 0, record)

    assert check.unknown_keys == {"people": {"salary": 1}}


def test_two_attributes_may_share_a_locator() -> None:
    """Then the value has to fit both."""
    check = checker(AttributeSpec("Mail", "email", locators="mail"), AttributeSpec("Login", locators="mail"))

    assert batch(check, {"id": "1", "mail": "ana@example.com"})[1] == []
    assert batch(check, {"id": "2", "mail": "ana"})[0] == []


def test_locators_may_lead_inside() -> None:
    """Dotted locators walk through objects and lists; what is beside the way is not sent."""
    check = checker(
        AttributeSpec("Mail", "email", locators="profile.email"),
        AttributeSpec("Skills", locators="profile.skills.name", maximum=-1),
    )
    record = {"id": "1", "profile": {"email": "a@b.c", "age": 5, "skills": [{"name": "x", "level": 1}, {}]}}

    assert batch(check, record, {"id": "2", "profile": None}) == (
        [
            {"id": "1", "profile": {"email": "a@b.c", "skills": [{"name": "x"}, {}]}},
            {"id": "2", "profile": None},
        ],
        [],
    )
    assert check.unknown_keys == {"people": {"profile.age": 1, "profile.skills.level": 1}}


@pytest.mark.parametrize(
    ("profile", "path", "reason"),
    [
        ("text", "profile", "is not a mapping or an object with fields (str)"),
        ([["x"]], "profile[0]", "is a list inside a list, which has no meaning in Assets"),
        ({"email": "x"}, "profile.email", "is not an email address"),
        ([{}, {"email": "x"}], "profile[1].email", "is not an email address"),
        ({5: "x"}, "profile", "has a key that is not a string (int)"),
        (Person, "profile", "is not a mapping or an object with fields (type)"),
    ],
)
def test_wrong_value_inside_a_list_is_rejected(profile: object, path: str, reason: str) -> None:
    """The path leads inside."""
    check = checker(AttributeSpec("Mail", "email", locators="profile.email"))

    assert batch(check, {"id": "1", "profile": profile}) == ([], [(0, path, reason)])


@pytest.mark.parametrize("others", [{}, {"unknown": 1}], ids=["alone", "beside unknown keys"])
def test_flat_key_for_what_is_inside_is_named(others: dict[str, object]) -> None:
    """Tables like to have `profile.email` as the name of a column. Leaving it out as unknown would lose it without a word."""
    check = checker(
        AttributeSpec("Mail", "email", locators="profile.email"), AttributeSpec("Name", locators="name")
    )
    record = {"id": "1", "profile.email": "a@b.c", **others}

    good, bad = batch(check, {"id": "0", "name": "x"}, record)

    assert good == [{"id": "0", "name": "x"}]
    assert bad == [
        (
            1,
            "profile.email",
            "is one key with dots in it, but the locator leads into nested objects",
        )
    ]


def test_flat_key_inside_a_nested_object_is_named() -> None:
    """The path is that of the locator."""
    check = checker(AttributeSpec("City", locators="home.address.city"))

    good, bad = batch(check, {"id": "1", "home": {"address.city": "Graz"}})

    assert good == []
    assert bad == [
        (0, "home.address.city", "is one key with dots in it, but the locator leads into nested objects")
    ]


def test_flat_key_beside_what_is_inside_is_an_unknown_one() -> None:
    """Nothing is lost by leaving it out."""
    check = checker(AttributeSpec("Mail", "email", locators="profile.email"))
    record = {"id": "1", "profile": {"email": "a@b.c"}, "profile.email": "a@b.c", "other.key": 1}

    assert batch(check, record)[0] == [{"id": "1", "profile": {"email": "a@b.c"}}]
    assert check.unknown_keys == {"people": {"profile.email": 1, "other.key": 1}}


def test_objects_inside_may_be_classes() -> None:
    """A class inside a record is read by its field names."""
    check = checker(AttributeSpec("Name", locators="who.display_name"))

    assert batch(check, {"id": "1", "who": Person("5", "Ana")})[0] == [
        {"id": "1", "who": {"display_name": "Ana"}}
    ]


def test_record_that_contains_itself_ends() -> None:
    """The check goes only where locators lead, so a cycle cannot hold it."""
    record: dict[str, object] = {"id": "1"}
    record["self"] = record
    record["value"] = [record]

    _, bad = batch(checker(AttributeSpec("Value")), record)

    assert bad == [(0, "value[0]", "is an object, but the model has no locator inside it")]


def test_nested_identifiers_and_required_attributes() -> None:
    """They are found where their locators lead."""
    spec = ObjectTypeSpec(
        "People",
        [
            AttributeSpec("Id", identifier=True, locators="meta.id"),
            AttributeSpec("Owner", minimum=1, locators="meta.owner"),
        ],
    )
    check = RecordChecker(SchemaModel("Test", [spec]), unique_in_run=True)

    sent, bad = batch(
        check,
        {"meta": {"id": "1", "owner": "a"}},
        {"meta": {"id": "1", "owner": "a"}},
        {"meta": {"owner": "a"}},
        {"meta": {"id": "2"}},
    )

    assert sent == [{"meta": {"id": "1", "owner": "a"}}]
    assert [(index, path) for index, path, _ in bad] == [(1, "meta.id"), (2, "meta.id"), (3, "meta.owner")]


# --- batches


def test_by_default_the_first_bad_record_stops_everything() -> None:
    """The error has selector, index, path and reason, and names all but the record."""
    record = {"id": "2", "value": "secret" * 100}

    with pytest.raises(RecordError) as caught:
        checker(AttributeSpec("Value")).check_many("people", 100, [{"id": "1"}, record])

    assert str(caught.value).splitlines()[0] == (
        "Could not import people[101]: value is longer than 255 characters (600)."
    )
    assert caught.value.record is record


def test_indexes_tell_where_the_rest_came_from() -> None:
    """After leaving out, each record's position in the source is still known."""
    check = checker()

    whole = check.check_many("people", 10, [{"id": "1"}, {"id": "2"}])
    rest = check.check_many("people", 12, [{"id": ""}, {"id": "3"}], lambda error: None)

    assert whole.indexes == range(10, 12)
    assert rest.indexes == [13]


def test_unknown_selector_is_named() -> None:
    """With the selectors that the model has."""
    check = checker()
    bad: list[RecordError] = []

    assert check.check_many("peeple", 5, [{"id": "1"}], bad.append).records == []
    assert bad[0].reason == "has a selector that the model does not have; it has: people"
    assert bad[0].index == 5
    with pytest.raises(RecordError):
        check.check("peeple", 5, {"id": "1"})


def test_callers_sequence_is_not_changed() -> None:
    """The checker works on a copy."""
    records: list[Mapping[str, object]] = [{"id": Word.ONE, "x": 1}, {"id": ""}]
    before = [dict(record) for record in records]

    checker().check_many("people", 0, records, lambda error: None)

    assert records == before


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(
        ["2026-01-31", "16:30", "2026-01-31T16:30:00Z", "https://a.de", "a@b.c", "10.0.0.1", "x" * 256]
    ),
    st.lists(st.text(max_size=3), max_size=3),
    st.binary(max_size=3),
)
KINDS = [
    "text",
    "integer",
    "boolean",
    "double",
    "date",
    "time",
    "date_time",
    "url",
    "email",
    "textarea",
    "ipaddress",
]


@pytest.mark.slow
@given(st.sampled_from(KINDS), st.sampled_from([-1, 1, 2]), st.lists(VALUES, min_size=1, max_size=5))
def test_records_in_a_batch_are_checked_like_single_ones(
    kind: str, maximum: int, values: list[object]
) -> None:
    """The neighbors of a record play no part, and what only the strict check rejects, both encoders reject."""
    attribute = AttributeSpec("Value", kind, maximum=maximum)
    records = [{"id": str(number), "value": value} for number, value in enumerate(values)]
    one_by_one: list[object] = []
    check = checker(attribute)
    for number, record in enumerate(records):
        try:
            one_by_one.append(check.check("people", number, record))
        except RecordError:
            continue

    assert batch(checker(attribute), *records)[0] == one_by_one


ROWS = st.fixed_dictionaries(
    {"id": st.text("123", min_size=1), "a": st.text(max_size=3), "b": st.text(max_size=3)}
)
#: The keys of a row, and values of any kind.
NEARLY_ROWS = st.fixed_dictionaries({"id": st.text("123", min_size=1), "a": VALUES, "b": VALUES})
OTHERS = st.dictionaries(st.sampled_from(["id", "a", "b", "c", "unknown"]), VALUES)


@pytest.mark.slow
@given(st.lists(ROWS | NEARLY_ROWS | OTHERS, max_size=8))
def test_check_ignores_the_records_before(
    records: list[dict[str, object]],
) -> None:
    attributes = [AttributeSpec("A"), AttributeSpec("B", maximum=2), AttributeSpec("C", "integer")]
    check = RecordChecker(model(*attributes), allows_repeated=True)

    for record in records:
        assert batch(check, record) == batch(checker(*attributes), record)


def types_of_notes(records: Sequence[Any]) -> list[type]:
    """Return the types of the values under "note"."""
    return [type(record["note"]) for record in records]


@pytest.mark.parametrize(
    "value", [7, True, None, NAN, "x" * 256, Shout("a"), Word.ONE, b"a", ["a"], {"a": "b"}], ids=repr
)
def test_values_after_a_row_are_checked_like_others(value: object) -> None:
    note = AttributeSpec("Note")
    check, record = checker(note), {"id": "2", "note": value}
    batch(check, {"id": "1", "note": "a"})

    sent, bad = batch(check, record)

    expected, rejected = batch(checker(note), record)
    assert (sent, bad) == (expected, rejected)
    # A string of a subclass is equal to what is sent for it.
    assert types_of_notes(sent) == types_of_notes(expected)


def test_alternating_records_are_not_taken_for_rows() -> None:
    """Otherwise each record after a row would be checked twice."""
    level = checker(AttributeSpec("Note"))._types["people"].level
    level.check({"id": "0", "note": "a"})
    assert level._row == ["id", "note"]

    for note in (None, "a", None, "a"):
        level.check({"id": "1", "note": note})
        assert level._row == []

    for _ in range(PAUSE):
        level.check({"id": "2", "note": "a"})
    assert level._row == ["id", "note"]


@pytest.mark.parametrize(
    "kind", ["integer", "boolean", "double", "date", "time", "date_time", "url", "ipaddress"]
)
def test_short_strings_in_a_list_have_to_fit(kind: str) -> None:
    sent, bad = batch(
        checker(AttributeSpec("Value", kind, maximum=-1)), {"id": "1", "value": ["no such value"]}
    )

    assert sent == []
    assert [path for _, path, _ in bad] == ["value[0]"]


def test_key_that_cannot_be_compared_is_a_bad_record() -> None:
    class Key(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            raise OSError("no")

    row = {"id": "1", "note": "a"}

    sent, bad = batch(checker(AttributeSpec("Note")), row, {"id": "2", Key("note"): "b"})

    assert sent == [row]
    assert bad == [(1, "", "cannot be read (OSError)")]


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(["id", "a", "b", "c", "d"]), VALUES))
def test_both_encoders_write_all_accepted_values(record: dict[str, object]) -> None:
    """After the check both encoders write the same meaning."""
    check = checker(*(AttributeSpec(name, maximum=-1) for name in "abc"))
    try:
        sent = check.check("people", 0, record)
    except RecordError:
        return
    for encoder in (STANDARD, choose_encoder()):
        assert json.loads(encoder.encode(sent)) == sent


# --- references


def linked(by: str = "", aql: str = "") -> SchemaModel:
    """People with a manager and groups."""
    return SchemaModel(
        "Test",
        [
            ObjectTypeSpec("Groups", [AttributeSpec("Id", identifier=True), AttributeSpec("Name")]),
            ObjectTypeSpec(
                "People",
                [
                    AttributeSpec("Id", identifier=True),
                    AttributeSpec("Manager", reference=ReferenceSpec("people")),
                    AttributeSpec("Groups", maximum=-1, reference=ReferenceSpec("groups", by=by, aql=aql)),
                    AttributeSpec("Elsewhere", reference=ReferenceSpec("nowhere")),
                ],
            ),
        ],
    )


def test_dangling_references_are_found_whatever_the_order() -> None:
    """A reference may come before its target; what never comes is reported, with where it stood."""
    references = References(linked())
    references.note(
        "people", enumerate([{"id": "1", "manager": "2", "groups": ["g1", "g2", ""], "elsewhere": "x"}], 0)
    )
    references.note("people", enumerate([{"id": "2", "manager": "9", "groups": ["g2"]}], 1))
    references.note("groups", enumerate([{"id": "G1"}], 0))

    manager, groups = references.dangling()

    assert (manager.selector, manager.locator, manager.target, manager.count) == (
        "people",
        "manager",
        "people",
        1,
    )
    assert manager.examples == ((1, "9"),)
    assert str(groups) == "people.groups: 1 value without a record in groups"
    assert groups.to_dict() == {
        "selector": "people",
        "locator": "groups",
        "target": "groups",
        "count": 1,
        "examples": [{"index": 0, "value": "g2"}],
        "complete": True,
    }
    assert "g2" not in repr(groups)


def test_references_by_another_attribute() -> None:
    """Values are compared with the attribute that the reference looks up."""
    references = References(linked(by="name"))
    references.note("groups", enumerate([{"id": "g1", "name": "Everyone"}], 0))
    references.note("people", enumerate([{"id": "1", "groups": ["everyone", "g1"]}], 0))

    assert [reference.examples for reference in references.dangling()] == [((0, "g1"),)]


def test_references_with_a_query_of_their_own_are_not_followed() -> None:
    """Only Assets can run the query."""
    references = References(linked(aql='Name = "${groups}"'))
    references.note("people", enumerate([{"id": "1", "groups": ["g"]}], 0))

    assert references.dangling() == ()


def test_references_without_one_locator_are_not_followed() -> None:
    """A target identified by two values, or not filled by this import, offers nothing to compare with."""
    spec = ObjectTypeSpec(
        "Groups", [AttributeSpec("Id", identifier=True), AttributeSpec("Site", identifier=True)]
    )
    for target in (spec, ObjectTypeSpec("Groups", key="groups", mapped=False)):
        references = References(linked().with_object_type(target))
        references.note("people", enumerate([{"id": "1", "groups": ["g"]}], 0))

        assert references.dangling() == ()


def test_memory_for_references_is_bounded() -> None:
    """Beyond the limit the report says that it is not complete."""
    references = References(linked(), 2)
    references.note("groups", enumerate([{"id": str(number)} for number in range(5)], 0))
    references.note("people", enumerate([{"id": "1", "groups": ["a", "b", "c"]}], 0))

    (groups,) = references.dangling()

    assert (groups.count, groups.complete) == (2, False)
    assert "at least" in str(groups)


def test_records_of_other_types_do_not_matter_to_references() -> None:
    """A type that neither refers nor is referred to costs nothing."""
    extended = linked().with_object_type(ObjectTypeSpec("Apps", [AttributeSpec("Id", identifier=True)]))
    references = References(extended)
    references.note("apps", enumerate([{"id": "1"}], 0))

    assert references.dangling() == ()
