"""Records compared with objects, without a site: values, references, and what can't be compared."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from jsm_assets_dest._assets.objects import AssetsObject, ObjectReference
from jsm_assets_dest._imports import readback as module
from jsm_assets_dest._imports.arriving_values import not_compared_notes
from jsm_assets_dest._imports.changed_records import ChangedRecords
from jsm_assets_dest._imports.identities import MappedAttribute, MappedType, RecordDigests, digest
from jsm_assets_dest._imports.journal_objects import JournalObject
from jsm_assets_dest._imports.readback import DANGLING, EMPTIED, LOST, ReadBack
from jsm_assets_dest._imports.result import MOST_LEAVERS, Leavers


def attribute(name: str, kind: str = "text", **more: Any) -> MappedAttribute:
    """Return an attribute whose locator is its name."""
    return MappedAttribute(name, kind, more.pop("paths", ((name,),)), **more)


def people(*attributes: MappedAttribute, **more: Any) -> MappedType:
    """Return the object type of people."""
    return MappedType(
        key="people",
        name="People",
        selector="people",
        attributes=(attribute("id", is_identifier=True), *attributes),
        **more,
    )


def asset(number: int, identifier: str = "", **values: Any) -> AssetsObject:
    """Return an object with an identifier."""
    return AssetsObject(
        id=str(number),
        key=f"OKT-{number}",
        label=f"Label {number}",
        object_type="People",
        object_type_id="1",
        values={"id": identifier, **values} if identifier else values,
    )


def reference(number: int) -> ObjectReference:
    """Return a reference to the object with a number."""
    return ObjectReference(id=str(number), key=f"OKT-{number}", label="")


def differences(readback: ReadBack, kind: str) -> list[str]:
    """Return the differences of a kind as texts."""
    readback.settle()
    return list(readback.differences("people", kind))


@pytest.mark.parametrize(
    ("kind", "sent", "stored"),
    [
        ("text", "two\r\nlines ", "two\nlines"),
        ("integer", 7, 7),
        ("integer", "7", 7),
        ("double", 1, 1.0),
        ("boolean", True, True),
        ("date_time", "2026-01-31T16:30:00+01:00", "2026-01-31T15:30:00.000Z"),
        ("text", ["b", "a"], ["a", "b"]),
        ("text", "", None),
    ],
)
def test_equal_values_in_other_forms_are_identical(kind: str, sent: object, stored: Any) -> None:
    """Values are compared, not their form or order."""
    readback = ReadBack([people(attribute("value", kind, is_multiple=True))])
    readback.note("people", [{"id": "1", "value": sent}])
    readback.compare("people", [asset(1, "1", **({} if stored is None else {"value": stored}))])

    assert differences(readback, LOST) == []
    assert readback.counts("people") == (1, 0, 0)


def test_values_of_two_locators_are_joined_or_not_compared() -> None:
    """Without the text that joins them, the value in Assets is unknown."""
    name = attribute("name", paths=(("first",), ("last",)))
    record = {"id": "1", "first": "Ana", "last": "Lee"}
    for concatenator, expected in (("", []), (", ", ["1 (OKT-1): name"])):
        readback = ReadBack([people(name, concatenator=concatenator)])
        readback.note("people", [record])
        readback.compare("people", [asset(1, "1", name="Ana Lee")])

        assert differences(readback, LOST) == expected
        assert [note.endswith(": People.name.") for note in not_compared_notes(readback.types)] == [True] * (
            not concatenator
        )


@pytest.mark.parametrize("remembered", [0, 10])
def test_references_are_compared_by_the_identity_of_targets(
    monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    """A target can come after its referrer, and memory for targets is limited."""
    monkeypatch.setattr(module, "_REMEMBERED", remembered)
    manager = attribute("manager", "referenced_object", target="people", is_multiple=True)
    readback = ReadBack([people(manager)])
    readback.note(
        "people",
        [
            {"id": "same", "manager": ["boss"]},
            {"id": "other", "manager": ["boss"]},
            {"id": "more", "manager": []},
            {"id": "gone", "manager": ["boss", "nobody"]},
            {"id": "lost", "manager": ["boss"]},
            {"id": "boss"},
        ],
    )
    readback.compare(
        "people",
        [
            asset(1, "same", manager=[reference(9)]),
            asset(2, "other", manager=[reference(1)]),
            asset(3, "more", manager=[reference(9)]),
            asset(4, "gone", manager=[reference(9)]),
            asset(5, "lost"),
            asset(9, "boss"),
        ],
    )

    assert differences(readback, LOST) == ["lost (OKT-5): manager", "other (OKT-2): manager"]
    assert differences(readback, EMPTIED) == ["more (OKT-3): manager"]
    assert differences(readback, DANGLING) == ["gone (OKT-4): manager"]
    assert readback.difference_counts("people", LOST) == (2, 2)
    assert list(readback.lost("people")) == ["gone", "lost", "other"]


def test_objects_without_identity_have_no_record() -> None:
    """They are named by their label; strings that SQLite can't store are replaced."""
    readback = ReadBack([people(), MappedType(key="odd", name="Odd", selector="people")])
    readback.note("people", [{"id": "half \ud800"}, {"id": ""}])
    readback.compare("people", [asset(1), asset(2, "half \ud800")])

    assert readback.unmatched("people", duplicates=False) == (1, ["Label 1 (OKT-1)"])
    assert readback.counts("people") == (1, 0, 0)


def test_sample_has_its_size_and_the_same_records_each_time() -> None:
    """Each record has a chance."""
    samples = []
    for _ in range(2):
        readback = ReadBack([people()], 5)
        for start in range(0, 100, 10):
            readback.note("people", [{"id": str(number)} for number in range(start, start + 10)])
        readback.end_of_records()
        samples.append(list(readback.absent("people")))

    assert samples[0] == samples[1]
    assert len(samples[0]) == 5
    assert samples[0] != ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("change", [{"concatenator": "-"}, {"empty_values": "IGNORE"}, {"selector": "staff"}])
def test_digests_contain_the_settings_of_the_mapping(change: dict[str, Any]) -> None:
    """After a change of a setting, Assets may store other values for the same record, so all records are sent."""
    mapped = people(attribute("city"))
    record = {"id": "1", "city": "Oslo"}

    assert RecordDigests(mapped).digest(record) != RecordDigests(evolve(mapped, **change)).digest(record)


def test_digests_contain_nested_values_and_the_mapping() -> None:
    """Another value, another attribute type, or another mapping is another digest."""
    plain = RecordDigests(people(attribute("city", paths=(("address", "city"),))))
    typed = RecordDigests(people(attribute("city", "url", paths=(("address", "city"),))))
    record = {"id": "1", "address": {"city": "Oslo"}}

    assert plain.digest(record) == plain.digest({**record, "ignored": "value"})
    assert (
        len(
            {
                plain.digest(record),
                typed.digest(record),
                plain.digest({"id": "1", "address": {"city": "Rome"}}),
            }
        )
        == 3
    )


@pytest.mark.parametrize("locators", [["city"], ["city", "floor"]])
def test_missing_value_and_none_have_the_same_digest(locators: list[str]) -> None:
    """Assets cannot tell them apart. The record itself stays as it is."""
    digests = RecordDigests(people(*map(attribute, locators)))
    record = {"id": "1"}

    assert digests.digest(record) == digests.digest({**record, **dict.fromkeys(locators)})
    assert digests.digest(record) != digests.digest({**record, "city": ""})
    assert record == {"id": "1"}


def test_records_of_an_unmapped_selector_are_always_sent() -> None:
    """The journal knows nothing about them, nor about records without an identity."""
    mapped = people()
    record = {"id": "1"}
    confirmed = ChangedRecords([mapped], [("people", [digest("1")], [RecordDigests(mapped).digest(record)])])

    assert confirmed.select("devices", [record]) == [True]
    assert confirmed.select("people", [record, {"id": ""}, {"id": "2"}]) == [False, True, True]
    confirmed.note_skipped("people", None)
    confirmed.note_skipped("people", {"id": "3"})
    assert list(confirmed.leavers([], ["people"])) == []


def test_damaged_contents_are_never_unchanged() -> None:
    """A digest of another length equals none."""
    mapped = people()
    confirmed = ChangedRecords([mapped], [("people", [digest("1")], [b"short"])])

    assert confirmed.select("people", [{"id": "1"}]) == [True]


def test_list_of_leavers_is_limited() -> None:
    """Further ones are counted."""
    leavers = Leavers.of(("People", str(number)) for number in range(MOST_LEAVERS + 3))

    assert (len(leavers.listed), leavers.count) == (MOST_LEAVERS, MOST_LEAVERS + 3)
    assert str(leavers.listed[0]) == "People 0"


def test_leavers_come_in_the_order_of_the_journal() -> None:
    """Only objects of selectors that were read are leavers."""
    objects = [JournalObject("people", digest(text), text) for text in sorted("abc", key=digest)]
    confirmed = ChangedRecords(
        [people()], [("people", [item.identity for item in objects], [None for _ in objects])]
    )
    confirmed.select("people", [{"id": "b"}])

    assert {text for _, text in confirmed.leavers(objects, ["people"])} == {"a", "c"}
    assert list(confirmed.leavers(objects, ["devices"])) == []
