"""Identities: the same from a record, from an object in Assets, and from the journal."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import pytest

from jsm_assets_dest import AssetsObject, ObjectReference, Status, StatusCategory
from jsm_assets_dest._imports.identities import (
    MappedAttribute,
    MappedType,
    digest,
    display,
    loose,
    paths_of,
    stored,
    text_of,
)


def mapped_type(
    *types: str, locators: tuple[str, ...] = ("id",), multiple: bool = False, **more: Any
) -> MappedType:
    """Return a type with an identifier of each attribute type."""
    return MappedType(
        key="people",
        name="People",
        selector="people",
        attributes=tuple(
            MappedAttribute(f"Id {number}", kind, paths_of(locators), multiple, is_identifier=True)
            for number, kind in enumerate(types)
        ),
        **more,
    )


def asset(**values: Any) -> AssetsObject:
    """Return an object."""
    named = {name.replace("_", " "): value for name, value in values.items()}
    return AssetsObject(
        id="1", key="OKT-1", label="One", object_type="People", object_type_id="2", values=named
    )


@pytest.mark.parametrize(
    ("kind", "in_record", "in_assets", "text"),
    [
        ("text", "7", "7", "7"),
        ("text", 7, "7", "7"),
        ("text", True, "true", "true"),
        ("text", decimal.Decimal("7.50"), "7.50", "7.50"),
        ("integer", "007", 7, "7"),
        ("integer", 7.0, 7, "7"),
        ("integer", "seven", "seven", "seven"),
        ("double", "7", 7.0, "7.0"),
        ("double", 7, 7.0, "7.0"),
        ("boolean", True, True, "true"),
        ("boolean", "True", True, "true"),
        ("date", "2026-01-31", datetime.date(2026, 1, 31), "2026-01-31"),
        ("date", "2026-01-31T00:00:00", datetime.date(2026, 1, 31), "2026-01-31"),
        (
            "date_time",
            "2026-01-31T16:30:00+01:00",
            datetime.datetime(2026, 1, 31, 15, 30, tzinfo=datetime.UTC),
            "2026-01-31T15:30:00.000+00:00",
        ),
        (
            "date_time",
            "2026-01-31T15:30:00",
            datetime.datetime(2026, 1, 31, 15, 30, tzinfo=datetime.UTC),
            "2026-01-31T15:30:00.000+00:00",
        ),
        ("status", "Active", Status(id="1", name="ACTIVE", category=StatusCategory.ACTIVE), "active"),
        ("referenced_object", "OKT-7", ObjectReference(id="7", key="OKT-7", label="Seven"), "OKT-7"),
    ],
)
def test_identity_is_the_same_in_record_and_object(
    kind: str, in_record: object, in_assets: object, text: str
) -> None:
    mapped = mapped_type(kind)

    assert mapped.of_records([{"id": in_record}]) == [text]
    assert mapped.of_object(asset(Id_0=in_assets)) == text


def test_several_identifiers_are_joined() -> None:
    mapped = mapped_type("text", "text")

    assert [display(text) for text in mapped.of_records([{"id": "7"}, {"id": " "}, {}])] == ["7, 7", "", ""]
    assert display(mapped.of_object(asset(Id_0="7"))) == "7, "


def test_several_locators_are_joined_as_in_assets() -> None:
    single = mapped_type("text", locators=("first", "last.name"), concatenator=" ")
    multiple = mapped_type("text", locators=("first", "last.name"), multiple=True)
    record = {"first": "Ann", "last": {"name": "Lee"}}

    assert single.of_records([record]) == ["Ann Lee"]
    assert single.of_object(asset(Id_0="Ann Lee")) == "Ann Lee"
    assert multiple.of_records([record]) == [multiple.of_object(asset(Id_0=["Ann", "Lee"]))] == ["Ann,Lee"]


def test_type_survives_as_plain_data() -> None:
    for ignores_case in (True, False, None):
        mapped = mapped_type("integer", "text", ignores_case=ignores_case, concatenator="-")

        assert MappedType.from_dict(mapped.to_dict()) == mapped


def test_type_without_a_readable_identifier_is_not_identifiable() -> None:
    nameless = MappedAttribute("", "text", paths_of(["id"]), is_identifier=True)

    assert mapped_type("text").is_identifiable
    assert not MappedType(key="p", name="P", selector="p", attributes=(nameless,)).is_identifiable
    assert not MappedType(key="p", name="P", selector="p").is_identifiable


def test_label_is_the_identifier_only_for_plain_text() -> None:
    def labeled(kind: str) -> bool:
        attribute = MappedAttribute("Id", kind, paths_of(["id"]), is_identifier=True, is_label=True)
        return MappedType(key="p", name="P", selector="p", attributes=(attribute,)).is_labeled_by_identifier

    assert labeled("text")
    assert not labeled("integer")
    assert not mapped_type("text").is_labeled_by_identifier


@pytest.mark.parametrize(
    "forms",
    [
        ("7", "7.0", "007", "+7", " 7 ", "7.00"),
        ("0", "000", "0.0"),
        ("1.5", "01.50"),
        ("ann@x.com", "Ann@X.com "),
        ("0c9a6c24-1b7e-4a90-9b57-d2f5dbb4e6a1", "{0C9A6C241B7E4A909B57D2F5DBB4E6A1}"),
        ("a\x1f7", "A\x1f07"),
        ("Straße", "STRASSE"),
    ],
)
def test_loose_form_ignores_how_an_identifier_is_written(forms: tuple[str, ...]) -> None:
    assert len({loose(form) for form in forms}) == 1


def test_loose_form_tells_identifiers_apart() -> None:
    assert len({loose(form) for form in ("7", "70", "7.5", "a7", "7\x1f", "b7", "ann.lee@x.com")}) == 7


def test_stored_keeps_what_it_cannot_read() -> None:
    assert stored("inf", "integer") == "inf"
    assert stored("1e999.", "integer") == "1e999."
    assert stored("soon", "date_time") == "soon"


def test_texts_and_digests() -> None:
    assert [text_of(value) for value in (True, False, 7, 1.5, "x")] == ["true", "false", "7", "1.5", "x"]
    assert len(digest("\ud800")) == 16
    assert mapped_type("text", ignores_case=True).identity("Ann") == "ann"


@pytest.mark.parametrize(
    ("locators", "labels", "are_labeled"),
    [
        (("name",), ["Ann", "", " ", None, 0], [True, False, False, False, True]),
        (("name", "more"), ["Ann", "", None], [True, False, False]),
        (("name.more",), [{"more": "Ann"}, {"more": " "}, {}], [True, False, False]),
    ],
)
def test_records_without_a_label_are_detected(
    locators: tuple[str, ...], labels: list[object], are_labeled: list[bool]
) -> None:
    label = MappedAttribute("Name", "text", paths_of(locators), is_label=True)
    people = MappedType(key="people", name="People", selector="people", attributes=(label,))

    in_another_process = MappedType.from_dict(people.to_dict())

    assert people.are_labeled([{"name": value} for value in labels]) == are_labeled
    assert in_another_process.are_labeled([{"name": value} for value in labels]) == are_labeled
    assert in_another_process.identifiers == ()


def test_unmapped_label_is_not_required() -> None:
    assert mapped_type("text").are_labeled([{"id": "7"}, {}]) == [True, True]
