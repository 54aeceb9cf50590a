"""Which records are sent, which are refused, and what is said about them."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import ipaddress
import json
import math
import types
import uuid
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Self

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest._imports.compiled import IN_A_ROW, compile_shape
from jsm_assets_dest._imports.encoding import STANDARD, Encoder, choose_encoder
from jsm_assets_dest._imports.object_type_checker import MOST_SHAPES, MOST_UNKNOWN_KEYS
from jsm_assets_dest._imports.record_checker import RecordChecker
from jsm_assets_dest._model.schema_model import SchemaModel
from jsm_assets_dest._model.specs import AttributeSpec, ObjectTypeSpec, ReferenceSpec
from jsm_assets_dest.exceptions import RecordError

NAN = float("nan")
#: The standard one, and orjson where it is installed.
ENCODERS = [STANDARD, *([found] if (found := choose_encoder()) is not STANDARD else [])]
ZONE = datetime.timezone(datetime.timedelta(hours=2))


class Level(enum.Enum):
    HIGH = "high"


class Number(enum.IntEnum):
    SEVEN = 7


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
    """A checker for people."""
    return RecordChecker(model(*attributes), unique_in_run=unique_in_run, remember=remember)


def batch(check: RecordChecker, *records: object) -> tuple[list[object], list[tuple[int | None, str, str]]]:
    """What is sent of some records, and index, path and reason of the others."""
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
    ("text", ("one",), ["one"]),
    ("date", datetime.date(2026, 1, 31), "2026-01-31"),
    ("time", datetime.time(16, 30), "16:30:00"),
    ("date_time", datetime.datetime(2026, 1, 31, 16, 30, tzinfo=ZONE), "2026-01-31T16:30:00+02:00"),
    ("ipaddress", ipaddress.ip_address("192.0.2.1"), "192.0.2.1"),
    ("integer", Number.SEVEN, 7),
]

BAD: list[tuple[str, object, str]] = [
    ("text", "x" * 256, "has 256 characters, and the attribute takes at most 255"),
    ("text", "\ud800", "half of a surrogate pair"),
    ("text", NAN, "not a finite number"),
    ("text", math.inf, "not a finite number"),
    ("text", 2**64, "more than 64 bits"),
    ("text", -(2**63) - 1, "more than 64 bits"),
    ("text", b"bytes", "bytes; decode them"),
    ("text", bytearray(b"bytes"), "bytes; decode them"),
    ("text", Decimal("1.10"), "a Decimal"),
    ("text", {"a": 1}, "no locator inside"),
    ("text", {"a"}, "a set, which has no order"),
    ("text", ["one", "two"], "has 2 values, and the attribute takes at most 1"),
    ("text", [["deep"]], "list inside a list"),
    ("text", [None], "is nothing; leave it out"),
    ("text", object(), "type object"),
    ("text", (item for item in "ab"), "type generator"),
    ("integer", 2**31, "beyond the 32 bits"),
    ("integer", "2147483648", "beyond the 32 bits"),
    ("integer", 1.5, "whole number, and is float"),
    ("integer", True, "whole number, and is bool"),
    ("integer", "many", "whole number, and is text"),
    ("integer", "9" * 5000, "whole number, and is text"),
    ("double", NAN, "not a finite number"),
    ("double", "nan", "is other text"),
    ("double", "1,5", "is other text"),
    ("double", True, "a number, and is bool"),
    ("boolean", 1, "true or false, and is int"),
    ("boolean", "yes", "true or false, and is other text"),
    ("date", "31/01/2026", "a date as ISO 8601"),
    ("date", "2026-02-30", "a date as ISO 8601"),
    ("date", "2026-01-31T00:00:00Z", "a date as ISO 8601"),
    ("date", 20260131, "a date as ISO 8601"),
    ("time", "4 pm", "a time as ISO 8601"),
    ("time", "25:00", "a time as ISO 8601"),
    ("date_time", "yesterday", "a date and time as ISO 8601"),
    ("date_time", "2026-13-01T00:00:00Z", "a date and time as ISO 8601"),
    ("url", "ftp://example.com", "http:// or https://"),
    ("url", "example.com", "http:// or https://"),
    ("url", 5, "http:// or https://"),
    ("email", "ana", "e-mail address"),
    ("email", "ana@", "e-mail address"),
    ("email", "@example.com", "e-mail address"),
    ("email", "a@b@example.com", "e-mail address"),
    ("email", "a\u00a0b@example.com", "e-mail address"),
    ("email", "a@example.com\n", "e-mail address"),
    ("email", "a na@example.com", "e-mail address"),
    ("email", "a" * 250 + "@example.com", "at most 255"),
    ("ipaddress", "192.0.2.256", "IP address"),
    ("ipaddress", 3, "IP address"),
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
    """What Python says more precisely than JSON becomes text or a plain number, of exactly the plain type."""
    ((record,), bad) = batch(checker(AttributeSpec("Value", kind)), {"id": "1", "value": value})

    assert not bad
    assert isinstance(record, dict)
    assert record["value"] == sent
    assert type(record["value"]) is type(sent)


@pytest.mark.parametrize(("kind", "value", "reason"), BAD, ids=lambda value: repr(value)[:40])
@pytest.mark.parametrize("encoder", [STANDARD, choose_encoder()], ids=lambda encoder: encoder.name)
def test_values_that_do_not_fit_are_refused(kind: str, value: object, reason: str, encoder: object) -> None:
    """A refused value is refused before any encoder sees it, so with every encoder, with its path, and not repeated."""
    del encoder  # the point: it plays no part
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
    if value != "\ud800":  # left to the encoders, which both refuse it
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


def test_the_place_in_a_list_is_named() -> None:
    """The path leads to the item."""
    _, bad = batch(
        checker(AttributeSpec("Scores", "integer", maximum=-1)), {"id": "1", "scores": [1, 2, "x"]}
    )

    assert bad == [(0, "scores[2]", "has to be a whole number, and is text")]


@pytest.mark.parametrize(("kind", "length"), [("text", 10), ("url", 12), ("textarea", 10)])
def test_a_promised_length_is_kept(kind: str, length: int) -> None:
    """`max_length` is a limit for types that have none, and a lower one for those that have."""
    check = checker(AttributeSpec("Value", kind, max_length=length))
    value = "http://a.de/".ljust(length, "x")[:length] if kind == "url" else "x" * length

    assert batch(check, {"id": "1", "value": value})[1] == []
    assert batch(check, {"id": "2", "value": value + "x"})[0] == []


def test_a_longer_promise_does_not_raise_the_limit() -> None:
    """Text stays at 255 characters whatever is promised."""
    check = checker(AttributeSpec("Value", max_length=1000))

    assert batch(check, {"id": "1", "value": "x" * 256})[0] == []


# --- identifiers and required attributes


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"value": "x"}, "is missing, and “Id” identifies the object"),
        ({"id": None, "value": "x"}, "is missing, and “Id” identifies the object"),
        ({"id": "", "value": "x"}, "is blank, and “Id” identifies the object"),
        ({"id": " \t\u00a0", "value": "x"}, "is blank, and “Id” identifies the object"),
        ({}, "is missing, and “Id” identifies the object"),
    ],
)
def test_a_record_needs_its_identifier(record: object, reason: str) -> None:
    """Without an identifier Assets would drop the record, or make a new object each time."""
    assert batch(checker(AttributeSpec("Value")), record) == ([], [(0, "id", reason)])


def test_an_identifier_comes_once_per_chunk() -> None:
    """The second record with the same identifier is refused until the next chunk begins."""
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


def test_an_identifier_of_two_parts() -> None:
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


def test_an_identifier_of_two_locators() -> None:
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
            (2, "id", "is missing, and “Id” identifies the object"),
            (1, "id", "is the identifier of an earlier record of the same run too"),
        ],
    )
    assert check.remembered_all


def test_memory_for_identifiers_is_bounded() -> None:
    """What does not fit into the memory is let pass, and the checker says so."""
    check = checker(unique_in_run=True, remember=2)
    for identifier in "1233":
        check.begin_chunk()
        assert batch(check, {"id": identifier})[1] == []

    assert not check.remembered_all


def test_a_type_without_an_identifier_is_checked_all_the_same() -> None:
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
    assert batch(check, {"id": "2"})[1] == [(0, "owner", "is missing, and “Owner” needs a value")]


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
def test_other_things_are_no_records(record: object) -> None:
    """The reason names what came instead."""
    _, [(index, path, reason)] = batch(checker(), record)

    assert (index, path) == (0, "")
    assert reason.startswith("is ")
    assert reason.endswith("; a record has to be a mapping, an attrs instance or a dataclass")


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
def test_a_record_that_cannot_be_read_is_a_bad_record(record: object, path: str, error: str) -> None:
    """It has a place and a reason like any other, and those after it are looked at."""
    check = checker(AttributeSpec("Level", locators=["profile.id"]), AttributeSpec("Display Name"))

    good, [(index, place, reason)] = batch(check, record, {"id": "2"})

    assert (good, index, place) == ([{"id": "2"}], 0, path)
    assert reason == f"cannot be read: that raised {error}"


@pytest.mark.parametrize(
    ("kind", "text"), [("integer", "1_000"), ("integer", "١٢"), ("double", "1_0.5"), ("double", "١٢")]
)
def test_numbers_that_only_python_reads_are_no_numbers(kind: str, text: str) -> None:
    """Underscores and the digits of other scripts are refused as other text is."""
    _, [(_, path, reason)] = batch(checker(AttributeSpec("Size", kind)), {"id": "1", "size": text})

    assert path == "size"
    assert reason.startswith(("has to be a whole number", "has to be a number"))


@pytest.mark.parametrize(
    ("key", "shown"), [("\ud800", "\\ud800"), ("k" * 5000, "k" * 100 + "…"), ("Größe", "Größe")]
)
def test_names_of_unknown_keys_can_be_printed(key: str, shown: str) -> None:
    """Whatever somebody has as a key, the result stays short and can be written in UTF-8."""
    check = checker()

    batch(check, {"id": "1", key: 1})
    batch(check, {"id": 2, key: 1})  # the slow path

    assert check.unknown_keys == {"people": {shown: 2}}


def test_keys_have_to_be_text() -> None:
    """The standard encoder would turn 1 into "1", perhaps beside another "1"."""
    _, bad = batch(checker(), {"id": "1", 1: "x"})

    assert bad == [(0, "", "has a key that is int; keys have to be text")]


def test_unknown_keys_are_counted_and_not_sent() -> None:
    """What the model has no locator for stays at home; the caller's own record is not changed."""
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


def test_memory_for_unknown_keys_and_shapes_is_bounded() -> None:
    """A source whose every record has other keys costs no more memory than that of a few hundred."""
    check = checker()
    count = MOST_UNKNOWN_KEYS + MOST_SHAPES

    sent, bad = batch(check, *({"id": str(number), f"key{number}": 1} for number in range(count)))

    assert (len(sent), bad) == (count, [])
    assert check.unknown_keys["people"]["…"] == MOST_SHAPES


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
        ("text", "profile", "has to be an object, because locators lead inside it, and is text"),
        ([["x"]], "profile", "is a list inside a list, which no locator walks through"),
        ({"email": "x"}, "profile.email", "has to be an e-mail address"),
        ([{}, {"email": "x"}], "profile[1].email", "has to be an e-mail address"),
        ({5: "x"}, "profile", "has a key that is int; keys have to be text"),
        (Person, "profile", "has to be an object, because locators lead inside it, and is type"),
    ],
)
def test_what_is_wrong_inside_is_found(profile: object, path: str, reason: str) -> None:
    """The path leads inside."""
    check = checker(AttributeSpec("Mail", "email", locators="profile.email"))

    assert batch(check, {"id": "1", "profile": profile}) == ([], [(0, path, reason)])


@pytest.mark.parametrize("others", [{}, {"unknown": 1}], ids=["alone", "beside unknown keys"])
def test_a_flat_key_for_what_is_inside_is_named(others: dict[str, object]) -> None:
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
            'is one key with dots in it, and a locator leads inside: give {"profile": {"email": …}}',
        )
    ]


def test_a_flat_key_beside_what_is_inside_is_an_unknown_one() -> None:
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


def test_a_record_that_contains_itself_ends() -> None:
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
        "The record people[101], value, has 600 characters, and the attribute takes at most 255."
    )
    assert caught.value.record is record


def test_indexes_tell_where_the_rest_came_from() -> None:
    """After leaving out, each record's position in the source is still known."""
    check = checker()

    whole = check.check_many("people", 10, [{"id": "1"}, {"id": "2"}])
    rest = check.check_many("people", 12, [{"id": ""}, {"id": "3"}], lambda error: None)

    assert whole.indexes == range(10, 12)
    assert rest.indexes == [13]


def test_an_unknown_selector_is_named() -> None:
    """With the selectors that the model has."""
    check = checker()
    bad: list[RecordError] = []

    assert check.check_many("peeple", 5, [{"id": "1"}], bad.append).records == []
    assert bad[0].reason == "has a selector that the model does not have; it has: people"
    assert bad[0].index == 5
    with pytest.raises(RecordError):
        check.check("peeple", 5, {"id": "1"})
    assert check.selectors == ("people",)


def test_the_callers_sequence_is_not_changed() -> None:
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


@given(st.sampled_from(KINDS), st.sampled_from([-1, 1, 2]), st.lists(VALUES, min_size=1, max_size=5))
def test_the_fast_path_and_the_slow_one_agree(kind: str, maximum: int, values: list[object]) -> None:
    """A batch gives exactly what its records give one by one: the compiled functions only ever save time."""
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


@given(
    st.lists(
        st.fixed_dictionaries(
            {"id": st.text(min_size=1)}, optional=dict.fromkeys((*KINDS, "many", "unknown"), VALUES)
        ),
        max_size=6,
    )
)
def test_what_the_check_writes_is_what_the_encoder_writes(records: list[dict[str, object]]) -> None:
    """A checker that also writes accepts the same records, and gives for each the very text of the standard encoder."""
    attributes = [*(AttributeSpec(kind, kind) for kind in KINDS), AttributeSpec("many", maximum=-1)]
    write = STANDARD.write
    assert write is not None
    writing = RecordChecker(model(*attributes), write=write)

    checked = writing.check_many("people", 0, records, lambda error: None)

    assert checked.records == batch(checker(*attributes), *records)[0]
    assert checked.texts == [write(record) for record in checked.records]


class Label(enum.StrEnum):
    """A member is a text, and its value is another one."""

    def __new__(cls, text: str, value: str) -> Self:
        member = str.__new__(cls, text)
        member._value_ = value
        return member

    FIRST = ("its text", "its value")


TEXT_KEYS = [f"t{number}" for number in range(12)]
TEXT_ATTRIBUTES = [
    *(AttributeSpec(key) for key in TEXT_KEYS[:5]),
    *(AttributeSpec(key, max_length=3) for key in TEXT_KEYS[5:9]),
    *(AttributeSpec(key, "textarea", maximum=2) for key in TEXT_KEYS[9:]),
    AttributeSpec("t12", "textarea"),
    AttributeSpec("number", "integer"),
]
TEXTS = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["x" * 60, "é" * 255, "x" * 256, Word.ONE]),
    st.sampled_from([None, 5, b"bytes", {"a": 1}, ["a"], ["a", "b", "c"]]),
)


@st.composite
def mostly_texts(draw: st.DrawFn) -> list[dict[str, object]]:
    """Records of short texts under the same keys, a few of which have something else somewhere."""
    extra = draw(st.sampled_from([{}, {"unknown": 1}, {"number": 5}]))
    records: list[dict[str, object]] = [
        {"id": str(number), **dict.fromkeys(TEXT_KEYS, "abc"), "t12": "long " * 100, **extra}
        for number in range(draw(st.integers(1, 6)))
    ]
    for number, key, value in draw(
        st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["id", *TEXT_KEYS]), TEXTS), max_size=4)
    ):
        if number < len(records):
            records[number][key] = value
    return records


def used_to(
    record: Mapping[str, object], write: Callable[[object], str] | None, values: Mapping[str, object]
) -> RecordChecker:
    """A checker that has seen many records with the keys of this one, so that it expects more of them."""
    check = RecordChecker(model(*TEXT_ATTRIBUTES), write=write)
    seen = [{**dict.fromkeys(record, "w"), **values, "id": f"before {number}"} for number in range(IN_A_ROW)]
    for _ in range(2):
        checked = check.check_many("people", 0, seen)
        assert len(checked.records) == IN_A_ROW
        check.begin_chunk()
    return check


@pytest.mark.parametrize("write", [None, STANDARD.write], ids=["check", "write"])
@given(records=mostly_texts())
def test_records_of_texts_are_judged_like_any_others(
    write: Callable[[object], str] | None, records: list[dict[str, object]]
) -> None:
    """Looking at texts together accepts and refuses what looking at each does, with the same reasons, and writes the same."""
    refused: list[tuple[int | None, str]] = []
    accepted: list[object] = []
    seen: set[object] = set()
    single = RecordChecker(model(*TEXT_ATTRIBUTES))
    for number, record in enumerate(records):
        try:
            sent = single.check("people", number, record)
        except RecordError as error:
            refused.append((number, error.path))
            continue
        if str(sent["id"]) in seen:
            refused.append((number, "id"))
        else:
            seen.add(str(sent["id"]))
            accepted.append(sent)

    found: list[tuple[int | None, str]] = []
    others = {key: value for key, value in records[0].items() if key in ("number", "unknown")}
    checked = used_to(records[0], write, others).check_many(
        "people", 0, records, lambda error: found.append((error.index, error.path))
    )

    assert found == refused
    assert checked.records == accepted
    assert checked.texts == (None if write is None else [write(record) for record in accepted])


@pytest.mark.parametrize("write", [None, STANDARD.write], ids=["check", "write"])
@pytest.mark.parametrize(
    ("key", "value", "fits"),
    [
        ("t0", "x" * 256, False),
        ("t8", "abcd", False),
        ("t12", "x" * 100_000, True),
        ("t0", None, True),
        ("t12", None, True),
        ("t0", 5, True),
        ("t12", 5, True),
        ("t0", b"x", False),
        ("t12", {"a": 1}, False),
        ("t9", ["a", "b"], True),
        ("t9", ["a", "b", "c"], False),
        ("id", " ", False),
        ("id", None, False),
        ("id", "6", False),
    ],
)
def test_what_is_different_among_many_texts_is_found(
    write: Callable[[object], str] | None, key: str, value: object, fits: bool
) -> None:
    """Also where the others are long together, and where it comes after records that fit; what has no limit may be long."""
    texts: dict[str, object] = {
        "id": "1",
        **dict.fromkeys(TEXT_KEYS[:5], "x" * 255),
        **dict.fromkeys(TEXT_KEYS[5:], "abc"),
        "t12": "x",
    }
    records = [{**texts, "id": str(number)} for number in range(20)]
    records[7][key] = value

    found: list[tuple[int | None, str]] = []
    checked = used_to(texts, write, {}).check_many(
        "people", 0, records, lambda error: found.append((error.index, error.path))
    )

    assert found == ([] if fits else [(7, key)])
    assert checked.records == [record for record in records if fits or record is not records[7]]
    assert checked.texts == (None if write is None else [write(record) for record in checked.records])


@pytest.mark.parametrize("first", [0, 3], ids=["from the first on", "in the middle"])
@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: encoder.name)
def test_a_text_is_its_characters_whatever_class_it_is_of(encoder: Encoder, first: int) -> None:
    """Also a member of an enumeration whose value is something else: alone, among many texts, and with both encoders."""
    records = [
        {
            "id": str(number),
            **dict.fromkeys(TEXT_KEYS, "x"),
            "t12": "x",
            "t3": Label.FIRST if number >= first else "x",
        }
        for number in range(6)
    ]

    checked = used_to(records[0], encoder.write, {}).check_many("people", 0, records)

    expected = ["x"] * first + ["its text"] * (6 - first)
    body = encoder.encode(checked.records)
    assert [record["t3"] for record in json.loads(body)] == expected
    assert checker(*TEXT_ATTRIBUTES).check("people", 0, records[5])["t3"] == "its text"
    if encoder.write is not None:
        assert checked.texts is not None
        assert f"[{','.join(checked.texts)}]".encode() == body


def test_what_the_encoder_cannot_write_the_check_does_not_write_either() -> None:
    """Then there are no texts, nothing is lost, and the chunk's encoder says whose fault it is."""

    def write(value: object) -> str:
        raise ValueError("cannot write that")

    checked = RecordChecker(model(), write=write).check_many("people", 0, [{"id": Word.ONE}])

    assert (checked.records, checked.texts) == ([{"id": "one"}], None)


def test_a_record_refused_after_it_was_written_leaves_no_text() -> None:
    """An identifier that came anywhere before in the run is found last."""
    check = RecordChecker(model(), unique_in_run=True, write=STANDARD.write)
    check.check_many("people", 0, [{"id": "1"}])
    check.begin_chunk()

    checked = check.check_many("people", 1, [{"id": "1"}, {"id": "2"}], lambda error: None)

    assert (checked.records, checked.texts) == ([{"id": "2"}], None)


@given(st.dictionaries(st.sampled_from(["id", "a", "b", "c", "d"]), VALUES))
def test_what_is_accepted_can_be_written_by_both_encoders(record: dict[str, object]) -> None:
    """After the check both encoders write the same meaning."""
    check = checker(*(AttributeSpec(name, maximum=-1) for name in "abc"))
    try:
        sent = check.check("people", 0, record)
    except RecordError:
        return
    for encoder in (STANDARD, choose_encoder()):
        assert json.loads(encoder.encode(sent)) == sent


def test_records_of_two_shapes_in_turn_are_judged_like_any_others() -> None:
    """Also when a row of one shape comes in between, and keys that the model does not know are counted once per record."""
    check = RecordChecker(model(*TEXT_ATTRIBUTES))
    texts = dict.fromkeys(TEXT_KEYS, "abc")
    records = [
        {"id": str(number), **texts, **({"extra": 1} if number % 2 or 40 < number < 60 else {})}
        for number in range(100)
    ]

    checked = check.check_many("people", 0, records)

    assert checked.records == [
        {key: value for key, value in one.items() if key != "extra"} for one in records
    ]
    assert check.unknown_keys == {"people": {"extra": sum("extra" in one for one in records)}}


def test_generated_code_holds_nothing_of_the_model() -> None:
    """Keys with quotes, braces and line ends are data, not code."""
    keys = ("id", "it's {0} \"quoted\"\n__import__('os')", "\\", "v0")
    attributes = ((AttributeSpec("Id", identifier=True),), *((AttributeSpec(key),) for key in keys[1:]))
    run = compile_shape(keys, attributes, ("id",), frozenset(["id"]))

    assert run([{**dict.fromkeys(keys, "x"), "id": str(number)} for number in range(10)], 0, set(), []) == 10
    assert run([dict.fromkeys(keys, "x")], 0, set(), []) == 1  # by the quick function
    assert run([{**dict.fromkeys(keys, "x"), "\\": 5}], 0, set(), []) == 0


def test_a_shape_without_keys_compiles() -> None:
    """Nothing to unpack, nothing to ask."""
    assert compile_shape((), (), (), frozenset())([{}, {}, {"a": 1}], 0, set(), []) == 2


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
    check = RecordChecker(linked(), dangling=True)
    check.check_many("people", 0, [{"id": "1", "manager": "2", "groups": ["g1", "g2", ""], "elsewhere": "x"}])
    check.check_many("people", 1, [{"id": "2", "manager": "9", "groups": ["g2"]}])
    check.check_many("groups", 0, [{"id": "G1"}])

    manager, groups = check.dangling_references()

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
    check = RecordChecker(linked(by="name"), dangling=True)
    check.check_many("groups", 0, [{"id": "g1", "name": "Everyone"}])
    check.check_many("people", 0, [{"id": "1", "groups": ["everyone", "g1"]}])

    assert [one.examples for one in check.dangling_references()] == [((0, "g1"),)]


def test_references_with_a_query_of_their_own_are_not_followed() -> None:
    """Only Assets can run the query."""
    check = RecordChecker(linked(aql='Name = "${groups}"'), dangling=True)
    check.check_many("people", 0, [{"id": "1", "groups": ["g"]}])

    assert check.dangling_references() == ()


def test_references_to_what_has_no_single_locator_are_not_followed() -> None:
    """A target identified by two values, or not filled by this import, offers nothing to compare with."""
    spec = ObjectTypeSpec(
        "Groups", [AttributeSpec("Id", identifier=True), AttributeSpec("Site", identifier=True)]
    )
    for target in (spec, ObjectTypeSpec("Groups", key="groups", mapped=False)):
        check = RecordChecker(linked().with_object_type(target), dangling=True)
        check.check_many("people", 0, [{"id": "1", "groups": ["g"]}])

        assert check.dangling_references() == ()


def test_memory_for_references_is_bounded() -> None:
    """Beyond the limit the report says that it is not complete."""
    check = RecordChecker(linked(), dangling=True, remember=2)
    check.check_many("groups", 0, [{"id": str(number)} for number in range(5)])
    check.check_many("people", 0, [{"id": "1", "groups": ["a", "b", "c"]}])

    (groups,) = check.dangling_references()

    assert (groups.count, groups.complete) == (2, False)
    assert "at least" in str(groups)


def test_without_asking_nothing_is_followed() -> None:
    """The report is empty unless it was asked for."""
    check = RecordChecker(linked())
    check.check_many("people", 0, [{"id": "1", "groups": ["g"]}])

    assert check.dangling_references() == ()


def test_records_of_other_types_do_not_matter_to_references() -> None:
    """A type that neither refers nor is referred to costs nothing."""
    extended = linked().with_object_type(ObjectTypeSpec("Apps", [AttributeSpec("Id", identifier=True)]))
    check = RecordChecker(extended, dangling=True)
    check.check_many("apps", 0, [{"id": "1"}])

    assert check.dangling_references() == ()
