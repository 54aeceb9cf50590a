"""The comparison of records with objects, in bounded memory."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from jsm_assets_dest import AssetsObject, ObjectReference
from jsm_assets_dest._imports.comparison import Comparison
from jsm_assets_dest._imports.identities import MappedAttribute, MappedType, paths_of

NAME = MappedAttribute("Name", "text", paths_of(["name"]))
IDENTIFIER = MappedAttribute("Id", "text", paths_of(["id"]), is_identifier=True)


def mapped_type(key: str = "people", *attributes: MappedAttribute, **more: Any) -> MappedType:
    return MappedType(key=key, name=key, selector=key, attributes=(IDENTIFIER, NAME, *attributes), **more)


def asset(number: int, identifier: str | None = None, **values: Any) -> AssetsObject:
    values = {"Name": f"P {number}", **values}
    if identifier != "":
        values["Id"] = identifier or str(number)
    return AssetsObject(
        id=str(number),
        key=f"OKT-{number}",
        label=f"P {number}",
        object_type="people",
        object_type_id="1",
        values=values,
    )


def record(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "name": f"P {number}", **more}


def add(comparison: Comparison, records: Iterable[dict[str, Any]], selector: str = "people") -> None:
    rows = comparison.rows(selector, list(records))
    comparison.add([row for of_record in rows for row in of_record])


def texts(comparison: Comparison, key: str = "people") -> list[str]:
    return [absent.key for absent in comparison.missing(key)]


def test_missing_objects_have_no_record() -> None:
    comparison = Comparison([mapped_type()])
    comparison.add_objects("people", map(asset, range(5)))
    add(comparison, map(record, range(3, 8)))

    counts = comparison.counts("people")

    assert (counts.existing, counts.sent, counts.missing, counts.newly_missing) == (5, 5, 3, 3)
    assert texts(comparison) == ["OKT-0", "OKT-1", "OKT-2"]
    assert list(comparison.created("people")) == ["5", "6", "7"]


def test_object_without_its_own_identifier_matches_no_record() -> None:
    """Of two objects with one identifier, an import updates one, and the other one is missing."""
    comparison = Comparison([mapped_type()])
    comparison.add_objects("people", [asset(1), asset(2, "1"), asset(3, "")])
    add(comparison, [record(1), {"name": "without an identifier"}])

    assert texts(comparison) == ["OKT-2", "OKT-3"]
    assert [absent.identifier for absent in comparison.missing("people")] == ["", ""]
    comparison.remember_missing("people", [absent.text for absent in comparison.missing("people")])
    assert comparison.counts("people").newly_missing == 0


def test_types_that_share_a_selector_are_compared_separately() -> None:
    other = MappedType(key="contacts", name="contacts", selector="people", attributes=(IDENTIFIER, NAME))
    comparison = Comparison([mapped_type(), other])
    comparison.add_objects("contacts", [asset(1), asset(2)])
    add(comparison, [record(1)])

    assert texts(comparison, "contacts") == ["OKT-2"]
    assert comparison.counts("people").sent == 1


def test_unreadable_records_are_skipped_for_each_type() -> None:
    comparison = Comparison([mapped_type(), mapped_type("groups")])
    comparison.skip("people", None)
    comparison.skip("people", {"id": [[object()]]})
    comparison.skip("people", {"id": "7"})
    comparison.skip("persons", {"id": "8"})

    people, groups = comparison.counts("people"), comparison.counts("groups")
    assert (people.unreadable, people.skipped) == (2, 4)
    assert (groups.unreadable, groups.skipped) == (1, 1)


class Odd:
    """A value that can't be written."""

    def __str__(self) -> str:
        raise RuntimeError


def test_record_whose_identifier_raises_is_unreadable() -> None:
    comparison = Comparison([mapped_type()])
    comparison.skip("people", {"id": Odd()})

    assert comparison.counts("people").unreadable == 1


def test_lone_surrogates_are_compared() -> None:
    comparison = Comparison([mapped_type()])
    comparison.add_objects("people", [asset(1, "\ud800")])
    add(comparison, [record(1, id="\ud800"), record(2, id="x")])

    assert comparison.counts("people").missing == 0


def test_duplicates_are_counted_and_the_first_one_counts() -> None:
    comparison = Comparison([mapped_type()], compares_values=True)
    comparison.evidence["people"] = "assets"
    comparison.add_objects("people", [asset(1)])
    add(comparison, [record(1), record(1, name="other"), record(2)])

    assert comparison.counts("people").duplicates == 1
    assert list(comparison.changed("people")) == []


def test_changed_attributes_are_named() -> None:
    comparison = Comparison([mapped_type()], compares_values=True)
    comparison.add_objects("people", map(asset, range(3)))
    add(comparison, [record(0), record(1, name="New"), record(2, name="")])

    assert [(object_.existing.key, object_.changed) for object_ in comparison.changed("people")] == [
        ("OKT-1", ("Name",)),
        ("OKT-2", ("Name",)),
    ]


def test_empty_value_changes_nothing_if_the_import_ignores_it() -> None:
    comparison = Comparison([mapped_type(empty_values="IGNORE")], compares_values=True)
    comparison.add_objects("people", map(asset, range(2)))
    add(comparison, [record(0, name=None), record(1, name="New")])

    changed = [
        (object_.existing.key, object_.changed, object_.emptied) for object_ in comparison.changed("people")
    ]
    assert changed == [("OKT-0", (), ("Name",)), ("OKT-1", ("Name",), ())]


def test_values_of_several_locators_are_joined() -> None:
    full = MappedAttribute("Full", "text", paths_of(["first", "last"]))
    tags = MappedAttribute("Tags", "text", paths_of(["tags"]), is_multiple=True)
    comparison = Comparison([mapped_type("people", full, tags, concatenator=" ")], compares_values=True)
    comparison.add_objects("people", [asset(1, Full="Ann Lee", Tags=["b", "a"])])
    add(comparison, [record(1, first="Ann", last="Lee", tags=["a", "b", "a"])])

    assert list(comparison.changed("people")) == []


REFERENCE = MappedAttribute(
    "Groups", "referenced_object", paths_of(["groups"]), is_multiple=True, target="groups"
)


def reference(number: int) -> ObjectReference:
    return ObjectReference(id=str(number), key=f"OKT-{number}", label="")


def test_references_are_compared_by_their_targets() -> None:
    comparison = Comparison([mapped_type("groups"), mapped_type("people", REFERENCE)], compares_values=True)
    comparison.add_objects("groups", [asset(10, "g1"), asset(11, "g2")])
    comparison.add_objects("people", [asset(number, Groups=[reference(10)]) for number in range(1, 6)])
    source = {1: ["g1"], 2: ["g2"], 3: ["g1", "dangling"], 4: ["g1", "new"], 5: [], 6: ["new"]}
    add(comparison, [record(number, groups=groups) for number, groups in source.items()])
    add(comparison, [record(12, id="new")], "groups")

    assert comparison.values.resolve_references() == {"people": 1}
    changed = [object_.existing.key for object_ in comparison.changed("people")]
    assert changed == ["OKT-2", "OKT-4", "OKT-5"]


@pytest.mark.parametrize("ignores_case", [None, False, True])
def test_references_are_found_in_any_case(ignores_case: bool | None) -> None:
    """The "=" of the query that finds a target ignores case, also where identifiers match case."""
    groups = mapped_type("groups", ignores_case=ignores_case)
    comparison = Comparison([groups, mapped_type("people", REFERENCE)], compares_values=True)
    comparison.add_objects("groups", [asset(10, "g1"), asset(11, "ß")])
    comparison.add_objects(
        "people", [asset(1, Groups=[reference(10)]), asset(2), asset(3, Groups=[reference(11)])]
    )
    add(comparison, [record(1, groups=["G1"]), record(2, groups=["NEW"]), record(3, groups=["SS", "gone"])])
    add(comparison, [record(12, id="new")], "groups")

    assert comparison.values.resolve_references() == {"people": 1}
    assert [object_.existing.key for object_ in comparison.changed("people")] == ["OKT-2"]


def test_reference_of_a_later_duplicate_is_ignored() -> None:
    comparison = Comparison([mapped_type("groups"), mapped_type("people", REFERENCE)], compares_values=True)
    rows = comparison.rows("people", [record(1, groups=["new"])])
    add(comparison, [record(1, id="new")], "groups")

    assert rows
    assert comparison.values.resolve_references() == {}


def test_reference_that_only_assets_resolves_is_not_compared() -> None:
    query = MappedAttribute("Boss", "referenced_object", paths_of(["boss"]), is_compared=False)
    comparison = Comparison([mapped_type("people", query)], compares_values=True)
    comparison.add_objects("people", [asset(1, Boss=reference(2))])
    add(comparison, [record(1, boss="x")])

    assert list(comparison.changed("people")) == []


def test_journal_is_compared_by_digests() -> None:
    earlier = Comparison([mapped_type()], stores_digests=True)
    add(earlier, map(record, range(3)))
    known_objects = [(text, content) for _, text, content in earlier.records()]
    comparison = Comparison([mapped_type()], compares_values=True, stores_digests=True)
    comparison.evidence["people"] = "journal"
    comparison.add_known("people", [known_objects[0], known_objects[1], (known_objects[2][0], None)])
    add(comparison, [record(0), record(1, name="New"), record(2)])

    changed = [
        (object_.existing.identifier, object_.existing.key, object_.changed)
        for object_ in comparison.changed("people")
    ]
    assert changed == [("1", "", ()), ("2", "", ())]


def test_forgotten_objects_are_not_evidence() -> None:
    comparison = Comparison([mapped_type()])
    comparison.add_objects("people", map(asset, range(3)))
    comparison.forget_objects("people")

    assert comparison.counts("people").existing == 0


def test_records_of_another_process_are_added() -> None:
    worker = Comparison([mapped_type()])
    add(worker, map(record, range(3)))
    worker.skip("people", {"id": "3"})
    worker.skip("people", None)
    comparison = Comparison([mapped_type()])
    comparison.add_objects("people", map(asset, range(5)))
    for _ in range(2):  # a task that runs again
        comparison.add_dict(worker.to_dict())

    counts = comparison.counts("people")
    assert (counts.sent, counts.missing, counts.skipped_missing, counts.unreadable) == (3, 2, 1, 2)


def test_threads_share_a_comparison() -> None:
    comparison = Comparison([mapped_type()])
    threads = [
        threading.Thread(target=add, args=(comparison, [record(n) for n in range(first, first + 500)]))
        for first in range(0, 2000, 500)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert comparison.counts("people").sent == 2000


def test_reading_and_writing_alternate() -> None:
    comparison = Comparison([mapped_type()])
    comparison.add_objects("people", map(asset, range(1200)))

    for absent in comparison.missing("people"):
        comparison.remember_missing("people", [absent.text], is_accepted=True)

    assert comparison.counts("people").newly_missing == 0
    assert all(absent.is_accepted for absent in comparison.missing("people"))


@pytest.mark.slow
@pytest.mark.filterwarnings("error::ResourceWarning")
def test_database_is_closed_with_the_comparison() -> None:
    comparison = Comparison([mapped_type()])
    comparison.add_objects("people", [asset(1)])
    del comparison
    gc.collect()
