"""Write docs/reference/values.md: which Python value fits which attribute type, and what an empty one does.

    python tools/write_values_page.py

The tables are what the record checker does with the samples below; a test compares the page with them.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import ipaddress
import json
import sys
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

from jsm_assets_dest import AttributeSpec, ObjectTypeSpec, SchemaModel
from jsm_assets_dest._imports.record_checker import RecordChecker
from jsm_assets_dest.exceptions import RecordError

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "values.md"

#: The columns: attribute types that take the same values share one.
COLUMNS = {
    "Text, Textarea, Select, Status, Reference": "text",
    "Integer": "integer",
    "Double": "double",
    "Boolean": "boolean",
    "Date": "date",
    "Time": "time",
    "Date and time": "date_time",
    "URL": "url",
    "Email": "email",
    "IP address": "ipaddress",
}


#: Numbers of the first columns of the second and third tables. All columns together are wider than a page.
DATES, ADDRESSES = 4, 7


class Level(enum.Enum):
    """A sample of an enumeration."""

    HIGH = "high"


_DATE = datetime.date(2026, 1, 31)
_TIME = datetime.time(16, 30)
#: The rows: how a value is written in Python, the value, and whether the import has a time zone.
SAMPLES: Sequence[tuple[str, object, bool]] = (
    ('"Ana"', "Ana", False),
    ('"7"', "7", False),
    ('"7.5"', "7.5", False),
    ('"true"', "true", False),
    ('"2026-01-31"', "2026-01-31", False),
    ('"16:30"', "16:30", False),
    ('"2026-01-31T16:30:00Z"', "2026-01-31T16:30:00Z", False),
    ('"2026-01-31T16:30:00"', "2026-01-31T16:30:00", False),
    ('"2026-01-31T16:30:00"', "2026-01-31T16:30:00", True),
    ('"https://example.com"', "https://example.com", False),
    ('"ana@example.com"', "ana@example.com", False),
    ('"192.0.2.1"', "192.0.2.1", False),
    ("True", True, False),
    ("7", 7, False),
    ("7.0", 7.0, False),
    ("7.5", 7.5, False),
    ("nan", float("nan"), False),
    ("inf", float("inf"), False),
    ('Decimal("7.00")', decimal.Decimal("7.00"), False),
    ('Decimal("7.50")', decimal.Decimal("7.50"), False),
    ("date(2026, 1, 31)", _DATE, False),
    ("time(16, 30)", _TIME, False),
    (
        "datetime(2026, 1, 31, 16, 30, tzinfo=UTC)",
        datetime.datetime.combine(_DATE, _TIME, datetime.UTC),
        False,
    ),
    ("datetime(2026, 1, 31, 16, 30)", datetime.datetime.combine(_DATE, _TIME), False),
    ("datetime(2026, 1, 31, 16, 30)", datetime.datetime.combine(_DATE, _TIME), True),
    ("datetime(2026, 1, 31)", datetime.datetime.combine(_DATE, datetime.time()), False),
    ("UUID(int=7)", uuid.UUID(int=7), False),
    ('IPv4Address("192.0.2.1")', ipaddress.ip_address("192.0.2.1"), False),
    ('Level.HIGH, an Enum member with the value "high"', Level.HIGH, False),
    ('["a", "b"]', ["a", "b"], False),
    ("None", None, False),
    ('""', "", False),
    ("[]", [], False),
)

#: What an attribute may be without: the values of the second table, and how they are named there.
ABSENT: Sequence[tuple[str, dict[str, object]]] = (
    ("the key is missing", {}),
    ("`None`, `nan`, `NaT`, or `NA`", {"value": None}),
    ('`""`', {"value": ""}),
    ('`" "`', {"value": " "}),
    ("`[]`", {"value": []}),
    ('`[""]`', {"value": [""]}),
    ("`[None]`", {"value": [None]}),
)

TEXT = """\
# Values

<!-- Written by tools/write_values_page.py. Change it there. -->

An import checks every record before anything of it is sent.
This page lists which Python value fits which attribute type, and what is sent for it.
A value that does not fit makes its record a *bad record*: the import stops with a `RecordError`, or skips the record if you pass `on_bad_record="skip"`.

## What fits

A cell shows the JSON that is sent. "unchanged" means that the value is sent without a conversion, and an empty cell means that the value does not fit.

{basic}

The next tables have only the values that fit one of their types:

{dates}

{addresses}

* **Strings** are limited to 255 characters in Text and Email attributes, and to `max_length` where the model has one. White space is not removed.
* **Integers** have at most 32 bits in an Integer attribute, and at most 64 bits elsewhere.
* **Floats with a whole value** are sent as integers, except to a Double attribute: in a data frame, a column of integers with gaps consists of floats.
* **Identifiers** are the exception. A float is a bad record there, because 7 and 7.0 would be two objects. A `Decimal` has to be whole.
* **Date-times** need an offset. Pass `timezone="Europe/Berlin"` if those of your source are local times. An offset, a `ZoneInfo`, and a `datetime.timezone` work, too.
* **Members of an enumeration** are sent as their value. A member that is a string, such as one of a `StrEnum`, is sent as its characters.
* **NumPy scalars and arrays, and the values of pandas** are treated like the Python values that they represent.
* **Lists and tuples** have at most as many values as the attribute's `maximum`. Sets are rejected, because they have no order.

## Why a value is rejected

{reasons}

A reason never repeats the value, because reasons are logged. The record itself is in `error.record` and in `result.failed`.

## What is missing

{absent}

What `null`, `""`, and a missing key do to a value that the object has already is a setting of the import in Assets ("Empty values"): by default, the old value stays.

## Records

A record is one of these:

* a mapping, such as a `dict`, whose keys are the locators of the model;
* a row with `keys()`, such as a `sqlite3.Row` or a row of a pandas data frame (`Series`);
* an attrs instance, a dataclass, a named tuple, or a pydantic model. A field `display_name` fills the locator `displayName` if the model does not have a locator `display_name`.

Keys that the model does not have are not sent. `result.unknown_keys` counts them.
A locator with dots, such as `profile.email`, leads into nested records of the same forms, and through lists of them.
"""


def _check(attribute: AttributeSpec, fields: dict[str, object], *, zoned: bool = False) -> object:
    """Return what is sent for an attribute, its default being a missing key.

    Raises:
        RecordError: The value does not fit.
    """
    people = ObjectTypeSpec("People", [AttributeSpec("Id", identifier=not attribute.identifier), attribute])
    checker = RecordChecker(SchemaModel("Page", [people]), timezone=datetime.UTC if zoned else None)
    return checker.check("people", 0, {"id": "1", **fields}).get("value", "nothing")


def _cell(kind: str, value: object, *, zoned: bool) -> str:
    try:
        sent = _check(AttributeSpec("Value", kind, maximum=-1), {"value": value}, zoned=zoned)
    except RecordError:
        return ""
    return "unchanged" if sent is value else f"`{json.dumps(sent)}`"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows))


def _fitting(columns: Sequence[str], *, all_rows: bool) -> str:
    rows = [
        [
            f"`{source}`" + (' with `timezone="UTC"`' if zoned else ""),
            *(_cell(COLUMNS[column], value, zoned=zoned) for column in columns),
        ]
        for source, value, zoned in SAMPLES
    ]
    return _table(["Python value", *columns], [row for row in rows if all_rows or any(row[1:])])


def _reason(attribute: AttributeSpec, fields: dict[str, object]) -> str:
    try:
        sent = _check(attribute, fields)
    except RecordError as error:
        return f"bad record: {error.reason}"
    return "nothing is sent" if sent == "nothing" else f"`{json.dumps(sent)}` is sent"


def _reasons() -> str:
    rows = [
        [column, _reason(AttributeSpec("Value", kind), {"value": object()}).removeprefix("bad record: ")]
        for column, kind in COLUMNS.items()
    ]
    return _table(["Attribute type", "Reason"], rows)


def _absent() -> str:
    attributes = (
        AttributeSpec("Value", maximum=-1),
        AttributeSpec("Value", maximum=-1, minimum=1),
        AttributeSpec("Value", maximum=-1, identifier=True),
    )
    rows = [[name, *(_reason(attribute, fields) for attribute in attributes)] for name, fields in ABSENT]
    return _table(["The record has", "Attribute", "Required attribute", "Identifier"], rows)


def page() -> str:
    """Return the text of the page."""
    columns = list(COLUMNS)
    return TEXT.format(
        basic=_fitting(columns[:DATES], all_rows=True),
        dates=_fitting(columns[DATES:ADDRESSES], all_rows=False),
        addresses=_fitting(columns[ADDRESSES:], all_rows=False),
        reasons=_reasons(),
        absent=_absent(),
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE} is written", file=sys.stderr)
