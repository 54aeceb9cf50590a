"""Contents of a result, which claims no more than Assets reported."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest import AttributeSpec, ObjectTypeSpec, SchemaModel
from jsm_assets_dest._imports.execution_results import (
    ObjectTypeResult,
    object_type_results,
    read_execution_status,
)
from jsm_assets_dest._imports.problems import ImportProblem, ProblemCode, ValueProblems
from jsm_assets_dest._imports.progress import ImportPhase, ImportProgress
from jsm_assets_dest._imports.record_checker import record_error
from jsm_assets_dest._imports.result import ImportResult
from jsm_assets_dest._imports.tally import KEPT_RECORDS, Tally
from jsm_assets_dest._imports.whole_run import DanglingReference
from jsm_assets_dest.exceptions import FailedObjectsError

#: The example of Atlassian's OpenAPI document.
EXAMPLE: dict[str, object] = {
    "status": "DONE",
    "progressResult": {
        "type": "IMPORT",
        "id": 438,
        "started": "2023-06-15T12:13:03.952+00:00",
        "ended": "2023-06-15T12:13:05.124+00:00",
        "objectSchemaId": 266,
        "result": "OK",
        "status": "FINISHED",
        "infoMessage": "No data to import",
        "jobId": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "importSourceId": "3f2504e0-4f89-11d3-9a0c-0305e82c3302",
        "populatedObjectTypes": ["Operating System", "Hard Drive"],
        "onlyExecutedForObjectTypes": [],
        "objectTypeResultMap": {
            "2547": {
                "id": None,
                "objectTypeName": "Hard Drive",
                "objectTypeId": 2547,
                "objectsUpdated": 0,
                "objectsCreated": 1,
                "objectsIdentical": 0,
                "objectsMissingUpdated": 0,
                "objectsMissingDeleted": 0,
                "entriesInSource": 1,
                "duplicateEnries": 0,
                "emptyLabelEntries": 0,
                "emptyExternalIdEntries": 0,
                "objectsFilteredWithQlQuery": 0,
                "errorMessages": None,
                "executionTimeInMs": 375,
                "objectsWithUpdatedReferences": 1,
            }
        },
        "errorMessages": None,
        "totalNumberEntriesInImport": 3,
    },
}


def done(*, result: str = "OK", messages: object = None, **counts: object) -> dict[str, object]:
    """Return the status of an execution that is over, with one object type."""
    people = {"objectTypeName": "People", "objectTypeId": 7, **counts}
    progress: dict[str, object] = {
        "result": result,
        "errorMessages": messages,
        "objectTypeResultMap": {"7": people},
    }
    return {"status": "DONE", "progressResult": progress}


def result(document: Mapping[str, object], sent: int = 10, refused: int = 0) -> ImportResult:
    """Return the result of an import of people."""
    tally = Tally(names={"people": "People", "groups": "Groups"}, started=0.0)
    if sent:
        tally.accept({"people": sent}, 1000)
    for index in range(refused):
        tally.refuse(record_error("people", index, "mail", "is not an email address", {"mail": "secret"}))
    return tally.result(read_execution_status(document), 5.0)


# --- the status document


def test_documented_example_is_read() -> None:
    """Counts, ids as text, times, and no messages where there is null."""
    status = read_execution_status(EXAMPLE)
    (hard_drive,) = status.object_types

    assert (status.state, status.result, status.message) == ("DONE", "OK", "No data to import")
    assert (status.started, status.entries) == ("2023-06-15T12:13:03.952+00:00", 3)
    assert (status.messages, status.document) == ((), EXAMPLE)
    assert (hard_drive.name, hard_drive.object_type_id) == ("Hard Drive", "2547")
    assert (hard_drive.created, hard_drive.failed, hard_drive.entries) == (1, 0, 1)
    assert hard_drive.updated_references == 1


@pytest.mark.parametrize(
    ("word", "takes_data", "is_done", "is_cancelled", "is_over", "is_known"),
    [
        ("INGESTING", True, False, False, False, True),
        ("PROCESSING", False, False, False, False, True),
        ("DONE", False, True, False, True, True),
        ("done ", False, True, False, True, True),
        ("CANCELLED", False, False, True, True, True),
        ("ASLEEP", False, False, False, False, False),
        ("", False, False, False, False, False),
    ],
)
def test_states(
    word: str, takes_data: bool, is_done: bool, is_cancelled: bool, is_over: bool, is_known: bool
) -> None:
    """A state that no one knows ends nothing."""
    status = read_execution_status({"status": word, "executionId": 5})

    assert (status.takes_data, status.is_done, status.is_cancelled) == (takes_data, is_done, is_cancelled)
    assert (status.is_over, status.is_known) == (is_over, is_known)
    assert status.execution_id == "5"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@pytest.mark.once
@given(JSON, JSON, JSON, JSON)
def test_any_status_document_can_be_read(
    whole: object, progress: object, types: object, entry: object
) -> None:
    """No document makes the reader fail, and no count is negative."""
    for document in (
        whole,
        {"status": whole, "progressResult": progress, "executionId": entry},
        {"status": "DONE", "progressResult": {"objectTypeResultMap": types, "errorMessages": entry}},
        {"status": "DONE", "progressResult": {"objectTypeResultMap": {"1": entry}}},
        done(objectsCreated=whole, errorCount=entry, errorMessages=types, entriesInSource=progress),
    ):
        status = read_execution_status(document)
        assert all(
            object_type.created >= 0 and object_type.failed >= 0 for object_type in status.object_types
        )
        assert result({}, 5).sent == 5


@pytest.mark.parametrize(
    ("messages", "texts"),
    [
        (None, ()),
        ("one", ("one",)),
        ("  ", ()),
        (["one", None, {"field": ["two", "three"]}, 4], ("one", "field: two", "field: three", "4")),
        ("x" * 5000, ("x" * 1000,)),
    ],
)
def test_messages_come_in_many_forms(messages: object, texts: tuple[str, ...]) -> None:
    """Null, text, lists and objects of texts."""
    assert read_execution_status(done(errorMessages=messages)).object_types[0].messages == texts


@pytest.mark.parametrize(
    ("counts", "failed"),
    [
        ({"errorCount": 3, "errorMessages": None}, 3),
        ({"errorCount": 0, "errorMessages": ["x"]}, 0),
        ({"errorMessages": ["x"], "entriesInSource": 10, "objectsCreated": 4, "objectsIdentical": 2}, 4),
        ({"errorMessages": ["x"], "entriesInSource": 4, "objectsCreated": 4}, 1),
        ({"errorMessages": ["x"]}, 1),
        ({"entriesInSource": 10, "objectsCreated": 4}, 0),
    ],
)
def test_failures_are_counted_where_the_service_does_not(counts: dict[str, Any], failed: int) -> None:
    """`errorCount` counts; without it, messages mean that what is unexplained failed, and at least one did."""
    assert read_execution_status(done(**counts)).object_types[0].failed == failed


def test_misspelled_count_is_read_either_way() -> None:
    """`duplicateEnries` today, perhaps `duplicateEntries` one day."""
    assert read_execution_status(done(duplicateEnries=2)).object_types[0].duplicates == 2
    assert read_execution_status(done(duplicateEntries=3)).object_types[0].duplicates == 3


# --- results


def test_good_result() -> None:
    """Confirmed, nothing failed, and it reads well."""
    good = result(done(objectsCreated=7, objectsUpdated=2, objectsIdentical=1))

    assert good.ok
    assert good.confirmed
    assert (good.sent, good.created, good.updated, good.unchanged) == (10, 7, 2, 1)
    assert (good.failed_objects, good.missing_updated, good.missing_deleted, good.messages) == (0, 0, 0, ())
    good.raise_for_failures()
    assert str(good) == (
        "Import confirmed by Assets: 10 records in 1 chunk, 5.0 s\n"
        "  People: 10 sent, 7 created, 2 updated, 1 unchanged, 0 failed"
    )
    assert repr(good) == "<ImportResult confirmed: 10 sent, 7 created, 2 updated, 1 unchanged, 0 failed>"


@pytest.mark.parametrize(
    ("document", "refused", "problem"),
    [
        ({"status": "PROCESSING"}, 0, "Assets has not confirmed it (its state is PROCESSING)"),
        ({}, 0, "Assets has not confirmed it (its state is unknown)"),
        (done(result="ERROR"), 0, "Assets ended the import with the result ERROR"),
        (done(errorCount=1, errorMessages=["Bad"]), 0, "People: 10 records that were sent are not in Assets"),
        (
            done(objectsCreated=9, errorCount=1, errorMessages=["Bad"]),
            0,
            "People: 1 record that was sent is not in Assets, or not with its values (Bad)",
        ),
        (done(emptyExternalIdEntries=1), 0, "People: 1 record was not imported"),
        (done(emptyLabelEntries=2), 0, "People: 2 records have no label"),
        (done(duplicateEnries=2), 0, "People: 2 records have the identifier of an earlier record"),
        (done(objectsFilteredWithQlQuery=1), 0, "People: 1 record was not imported"),
        (done(messages=["Bad"]), 0, "Assets reports: Bad"),
        (done(), 1, "People: 1 record was not imported because it is invalid"),
        (done(), 3, "People: 3 records were not imported because they are invalid (people[0]: mail is"),
    ],
)
def test_partial_success_is_not_ok(document: dict[str, object], refused: int, problem: str) -> None:
    """Each kind of failure is named, and raised when asked for; the error has the result and survives pickling."""
    bad = result(document, refused=refused)

    assert not bad.ok
    with pytest.raises(FailedObjectsError) as caught:
        bad.raise_for_failures()
    assert problem in caught.value.what
    assert caught.value.result is bad
    assert pickle.loads(pickle.dumps(bad)) == bad


def test_sent_is_not_confirmed() -> None:
    """Before Assets has said DONE nothing but "sent" is claimed."""
    early = result({"status": "PROCESSING"})

    assert (early.sent, early.created, early.confirmed) == (10, 0, False)
    assert str(early).splitlines() == [
        "Import not confirmed by Assets (its state is PROCESSING): 10 records in 1 chunk, 5.0 s",
        "  People: 10 sent, nothing confirmed",
    ]
    assert "not confirmed, PROCESSING" in repr(early)
    people = early.object_type("people")
    assert people.status is None
    zeros = (people.created, people.updated, people.unchanged, people.failed, people.duplicates)
    assert zeros == (0, 0, 0, 0, 0)
    assert (people.missing_updated, people.missing_deleted, people.empty_labels) == (0, 0, 0)
    assert (people.empty_identifiers, people.messages, people.unaccounted) == (0, (), 0)


def test_records_missing_from_the_report_are_lost() -> None:
    """Records sent that appear in no count are shown as such."""
    quiet = result(done(objectsCreated=4, duplicateEnries=1, objectsFilteredWithQlQuery=1))

    assert quiet.object_type("People").unaccounted == 4
    assert "4 unaccounted" in str(quiet)


def test_unreported_records_are_not_ok() -> None:
    """A chunk may have was lost behind a good answer; while Assets still works, nothing is missing yet."""
    quiet = result(done(objectsCreated=6))
    early = result({**done(objectsCreated=6), "status": "PROCESSING"})

    assert not quiet.ok
    with pytest.raises(
        FailedObjectsError,
        match=r"not with their values \(Assets does not report on 4 records that were sent\)",
    ):
        quiet.raise_for_failures()
    with pytest.raises(FailedObjectsError) as caught:
        early.raise_for_failures()
    assert "does not report" not in str(caught.value)
    assert "break rules" not in str(caught.value)  # no one knows that yet


def _two_types(**reports: int) -> ImportResult:
    """Return the result of an import of people and groups, with a report on other types."""
    tally = Tally(names={"people": "People", "groups": "Groups"}, started=0.0)
    tally.accept({"people": 3, "groups": 2}, 1000)
    types = {name: {"objectTypeName": name, "objectsCreated": count} for name, count in reports.items()}
    document = {"status": "DONE", "progressResult": {"objectTypeResultMap": types}}
    return tally.result(read_execution_status(document), 1.0)


@pytest.mark.parametrize(
    ("reports", "problems"),
    [
        ({"People": 3, "Groups": 2}, []),
        ({"People": 3, "Teams": 2}, []),
        ({"People": 3, "Teams": 1}, [("lost", 1, "Groups")]),
        ({"People": 3}, [("lost", 2, "Groups")]),
        ({}, [("lost", 5, "")]),
    ],
)
def test_types_without_a_report_are_lost_unless_renamed(
    reports: dict[str, int], problems: list[tuple[str, int, str]]
) -> None:
    """A type that was renamed in Assets has its report under the new name."""
    whole = _two_types(**reports)

    assert [(item.code, item.count, item.object_type) for item in whole.problems] == problems
    assert whole.ok is not bool(problems)


def test_error_lists_the_first_five_problems() -> None:
    """The result contains all of them."""
    counts: dict[str, Any] = {
        "errorCount": 1,
        "duplicateEnries": 1,
        "emptyLabelEntries": 1,
        "emptyExternalIdEntries": 1,
    }
    many = evolve(
        result(done(**counts)),
        noted=tuple(ImportProblem(code="unknown_status", count=1, object_type=name) for name in ("A", "B")),
    )

    with pytest.raises(FailedObjectsError, match=r"; 1 more\."):
        many.raise_for_failures()
    assert len(many.problems) == 6


def test_types_are_matched_by_name_and_none_is_dropped() -> None:
    """Sent counts are beside those of Assets, also for types that only one of them has."""
    status = read_execution_status(
        {
            "status": "DONE",
            "progressResult": {
                "objectTypeResultMap": {
                    "1": {"objectTypeName": "PEOPLE", "objectsCreated": 5},
                    "2": {"objectTypeName": "Old", "objectsMissingDeleted": 3, "objectsMissingUpdated": 1},
                }
            },
        }
    )

    results = object_type_results(
        {"people": "People", "groups": "Groups", "apps": "Apps"}, {"people": 5, "groups": 2, "x": 1}, status
    )

    assert [(result.name, result.selector, result.sent, result.status is not None) for result in results] == [
        ("People", "people", 5, True),
        ("Groups", "groups", 2, False),
        ("x", "x", 1, False),
        ("Old", "", 0, True),
    ]
    assert (results[3].missing_deleted, results[3].missing_updated, results[3].unaccounted) == (3, 1, 0)


def test_object_type_is_found_by_selector_or_name() -> None:
    """Or named as missing, with those there are."""
    entry = result(done(objectsCreated=10))

    assert entry.object_type("people") is entry.object_type("People")
    with pytest.raises(KeyError, match="no object type 'apps', only: people"):
        entry.object_type("apps")


def test_failed_records_come_back() -> None:
    """The caller gets the own records back; texts and dictionaries do not show them."""
    bad = result(done(objectsCreated=10), refused=8)

    assert bad.failed[0].record == {"mail": "secret"}
    assert str(bad.failed[0]) == "people[0]: mail is not an email address"
    assert bad.failed[0].to_dict() == {
        "selector": "people",
        "index": 0,
        "path": "mail",
        "reason": "is not an email address",
    }
    assert "\n    3 more" in str(bad)
    for text in (str(bad), repr(bad), repr(bad.failed[0]), bad._repr_html_(), json.dumps(bad.to_dict())):
        assert "secret" not in text


def test_result_without_a_sent_record_lists_the_reasons() -> None:
    """The most frequent reason comes first; positions, lengths, and classes do not divide it."""
    tally = Tally(names={"people": "People"}, started=0.0)
    mistakes = [
        ("name", "is longer than 255 characters (300)"),
        ("phones[0]", "is not a whole number (bool)"),
        ("phones[7]", "is not a whole number (dict)"),
        ("phones[1]", "is not a whole number"),
        ("", "is not a mapping or an object with fields (str)"),
        *((f"key{number}", "is not a number") for number in range(3)),
    ]
    for index, (path, reason) in enumerate(mistakes):
        tally.refuse(record_error("people", index, path, reason, {}))
    rejected = tally.result(read_execution_status(done()), 5.0)

    assert str(rejected).splitlines()[1:] == [
        "  skipped: People: 8 records were not imported because they are invalid",
        "    people, phones is not a whole number: 3 records",
        "    people, name is longer than 255 characters: 1 record",
        "    people, the record is not a mapping or an object with fields: 1 record",
        "    people, key0 is not a number: 1 record",
        "    people, key1 is not a number: 1 record",
        "    1 more",
    ]
    with pytest.raises(
        FailedObjectsError, match=r"invalid \(people, phones is not a whole number: 3 records;"
    ):
        rejected.raise_for_failures()


@pytest.mark.once
def test_memory_for_failed_records_is_bounded() -> None:
    """Beyond the limit they are counted only."""
    bad = result(done(), refused=KEPT_RECORDS + 5)

    assert (bad.refused, len(bad.failed)) == (KEPT_RECORDS + 5, KEPT_RECORDS)
    assert [problem.count for problem in bad.problems if problem.code == "skipped"] == [KEPT_RECORDS, 5]


def test_everything_worth_knowing_is_in_the_text() -> None:
    """Messages, keys that were not sent, dangling references, retries, waits, what came before, and notes."""
    tally = Tally(names={"people": "People"}, started=100.0)
    tally.accept({"people": 10}, 1000, before=True)
    tally.accept({"people": 1234}, 2000)
    tally.retries, tally.throttled = 2, 12.0
    whole = tally.result(
        read_execution_status(done(errorCount=7, errorMessages=[f"message {n}" for n in range(7)])),
        100.0 + 3700.0,
        unknown_keys={"people": {"salary": 3}},
        dangling=[DanglingReference("people", "manager", "people", 1, ((5, "x"),))],
        notes=["The import source keeps missing objects."],
    )

    assert str(whole).splitlines() == [
        "Import confirmed by Assets, with problems: 1,244 records in 1 chunk, 1 sent before, 1 h 01 min",
        "  People: 1,244 sent, 0 created, 0 updated, 0 unchanged, 7 failed, 1,237 unaccounted",
        "  lost: People: 1,244 records that were sent are not in Assets, or not with their values",
        *(f"    message {number}" for number in range(5)),
        "    3 more",
        "  dangling: People: 1 reference has no target among the records",
        "    people.manager: 1 value without a record in people",
        '    people[5]: manager "x"',
        "  not in the model, so not sent: salary of people",
        "  2 retries",
        "  throttled for 12 s",
        "  The import source keeps missing objects.",
    ]
    stored = json.loads(json.dumps(whole.to_dict()))
    assert (stored["ok"], stored["sent"], stored["skipped_chunks"], stored["chunks"]) == (False, 1244, 1, 1)
    assert stored["object_types"][0]["failed"] == 7
    assert stored["object_types"][0]["reported"] is True
    assert stored["dangling"][0]["examples"] == [{"index": 5, "value": "x"}]


def test_html_is_escaped() -> None:
    """The property holds for any names and texts of the service."""
    document = {
        "status": "DONE",
        "progressResult": {
            "objectTypeResultMap": {"1": {"objectTypeName": "<b>x</b>", "errorMessages": "<script>"}}
        },
    }
    html = result(document)._repr_html_()

    assert "<b>" not in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "Nothing was sent." in result({}, sent=0)._repr_html_()


def test_type_that_says_nothing_is_written_without_inventing() -> None:
    """`to_dict` says that Assets has not reported."""
    stored = ObjectTypeResult(name="People", selector="people", sent=5).to_dict()

    assert (stored["reported"], stored["entries"], stored["created"], stored["messages"]) == (
        False,
        None,
        0,
        [],
    )


# --- progress


def test_progress_knows_rate_and_remaining_time() -> None:
    """From the records that the service took since the first one was asked for."""
    tally = Tally(names={}, started=10.0, total=1000, sending_since=12.0)
    tally.accept({"people": 240}, 5000)
    tally.accept({"groups": 10}, 100)
    tally.read = 300
    tally.refuse(record_error("people", 1, "", "is odd", {}))

    progress = tally.progress(ImportPhase.SENDING, 17.0, in_flight=2, state="INGESTING")

    assert (progress.sent, progress.chunks, progress.bytes_sent, progress.in_flight) == (250, 2, 5100, 2)
    assert progress.selectors == {"people": 240, "groups": 10}
    assert (progress.rate, progress.fraction, progress.elapsed) == (50.0, 0.251, 7.0)
    assert progress.remaining == pytest.approx(749 / 50)
    assert str(progress) == (
        "sending: 250 of 1,000 records sent (25%) in 2 chunks, 1 rejected, 50 records/s, about 15 s left"
    )
    assert not progress.is_last


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (ImportProgress(phase=ImportPhase.STARTING), "starting: 0 records sent in 0 chunks"),
        (
            ImportProgress(phase=ImportPhase.SENDING, sent=5, chunks=1, sending=100.0, total=5),
            "sending: 5 of 5 records sent (100%) in 1 chunk, 0 records/s",
        ),
        (
            ImportProgress(phase=ImportPhase.SENDING, sent=1, chunks=1, sending=1.0, total=100),
            "sending: 1 of 100 records sent (1%) in 1 chunk, 1 records/s, about 1 min 39 s left",
        ),
        (
            ImportProgress(phase=ImportPhase.DONE, sent=5, chunks=1, sending=1.0, retries=1, throttled=3.0),
            "done: 5 records sent in 1 chunk, 1 retry, throttled for 3.0 s",
        ),
    ],
)
def test_progress_reads_well(progress: ImportProgress, text: str) -> None:
    """Only what is known is said."""
    assert str(progress) == text


def test_progress_without_a_total_claims_none() -> None:
    """No fraction, no remaining time; an empty source is wholly done with."""
    unknown = ImportProgress(phase=ImportPhase.SENDING, sent=5, sending=1.0)
    empty = ImportProgress(phase=ImportPhase.SENDING, total=0)

    assert (unknown.fraction, unknown.remaining) == (None, None)
    assert (empty.fraction, empty.remaining) == (1.0, None)
    assert "<progress style" in unknown._repr_html_()
    assert '<progress value="1.0000"' in evolve(unknown, phase=ImportPhase.DONE)._repr_html_()
    assert "<progress" not in evolve(unknown, phase=ImportPhase.CANCELLED)._repr_html_()
    assert '<progress value="1.0000"' in empty._repr_html_()


def test_progress_can_be_stored() -> None:
    """As JSON, with what follows from the counts."""
    stored = json.loads(
        json.dumps(ImportProgress(phase=ImportPhase.DONE, sent=5, selectors={"a": 5}).to_dict())
    )

    assert (stored["phase"], stored["sent"], stored["selectors"], stored["fraction"]) == (
        "done",
        5,
        {"a": 5},
        None,
    )
    assert ImportProgress(phase=ImportPhase.INTERRUPTED).is_last


def test_messages_without_a_failure_are_limited_in_the_text() -> None:
    """A type can have messages although nothing failed."""
    lines = str(
        result(done(objectsCreated=10, errorCount=0, errorMessages=[f"m{number}" for number in range(7)]))
    ).splitlines()

    assert lines[2:] == [
        *(f"  Assets reports: People: m{number}" for number in range(5)),
        "  Assets reports 2 more messages",
    ]


def test_problem_without_a_count_is_its_message() -> None:
    """Assets reports no number."""
    lines = str(result(done(objectsCreated=10, result="ERROR"))).splitlines()

    assert lines[2:] == ["  lost: Assets ended the import with the result ERROR"]


def test_values_in_any_place_of_a_record_are_noted() -> None:
    """Status names in lists and nested objects, labels that are numbers, nested, or missing."""
    status = AttributeSpec("Status", "status", locators=["state.name", "more"], maximum=-1)
    label = AttributeSpec("Number", "integer", key="number", label=True)
    nested = AttributeSpec("Name", locators=["name.full"], label=True)
    identifier = AttributeSpec("Id", identifier=True)
    schema_model = SchemaModel(
        "Odd",
        [
            ObjectTypeSpec("Devices", [identifier, label, status]),
            ObjectTypeSpec("Rooms", [identifier, nested]),
            ObjectTypeSpec("Ignored", [identifier], mapped=False),
        ],
        namespace="odd",
    )
    value_problems = ValueProblems(schema_model)
    value_problems.note(
        "devices", [0, 1], [{"number": 7, "state": {"name": "Odd"}}, {"more": ["Active", "Odd"]}]
    )
    value_problems.note("devices", [2], [{"number": 8}])
    value_problems.note("rooms", [0, 1], [{"name": {"full": "Blue"}}, {}])

    assert [
        (item.code, item.object_type, item.count, item.examples) for item in value_problems.problems()
    ] == [
        ("unknown_status", "Devices", 2, ('"Odd": 2 records',)),
        ("blank_label", "Devices", 1, ("devices[1]",)),
        ("blank_label", "Rooms", 1, ("rooms[1]",)),
    ]


def test_usual_status_values_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory for them is bounded; the count stays exact."""
    monkeypatch.setattr("jsm_assets_dest._imports.problems.MOST_USUAL", 0)
    status = AttributeSpec("Status", "status")
    devices = ObjectTypeSpec("Devices", [AttributeSpec("Id", identifier=True), status])
    value_problems = ValueProblems(SchemaModel("Odd", [devices], namespace="odd"))
    value_problems.note("devices", [0, 1], [{"status": "Active"}, {"status": "Odd"}])

    assert [item.count for item in value_problems.problems()] == [1]


@pytest.mark.parametrize(
    ("code", "kind"),
    [*((code, "") for code in get_args(ProblemCode)), ("duplicate", "objects"), ("emptied", "removing")],
)
def test_each_kind_of_problem_has_texts(code: Any, kind: Any) -> None:
    problem = ImportProblem(code=code, count=2, object_type="People", kind=kind)

    assert str(problem).startswith(f"{code}: People: 2 ")
    assert problem.remedy.endswith(".")
