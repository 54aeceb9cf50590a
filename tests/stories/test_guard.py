"""The guard: each way to lose objects, on each path that completes an execution."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import pytest

from jsm_assets_dest import (
    AttributeSpec,
    ImportPreview,
    ImportSource,
    Journal,
    ObjectTypeSpec,
    SchemaModel,
    SubmitReceipt,
)
from jsm_assets_dest._imports.journal import Journal as OpenJournal
from jsm_assets_dest._imports.journal_objects import JournalObject
from jsm_assets_dest._imports.journal_values import RunState
from jsm_assets_dest.exceptions import (
    AssetsError,
    ConfigurationError,
    ImportInterruptedError,
    JournalMismatchError,
    MassDeletionGuardError,
    NothingToCompareError,
)
from jsm_assets_dest.testing import Doubts, Emulator, Fault
from tests.stories.importing import operations
from tests.stories.story import now, story

Records: TypeAlias = dict[str, list[Any]]


def model(*, groups: bool = True) -> SchemaModel:
    """People and groups, which are identified by numbers."""
    types = [
        ObjectTypeSpec(
            name,
            [
                AttributeSpec("Name", key="name", label=True),
                AttributeSpec("Number", key="id", identifier=True),
            ],
        )
        for name in ("People", "Groups")
    ]
    return SchemaModel("Guarded", types if groups else types[:1], namespace="guarded")


def records(people: int = 20, groups: int = 3) -> Records:
    """Return what the source contains."""
    return {
        selector: [{"name": f"{selector} {number}", "id": str(number)} for number in range(1, count + 1)]
        for selector, count in (("people", people), ("groups", groups))
    }


def changed(change: Callable[[dict[str, object]], dict[str, object]], count: int = 1) -> Records:
    """Return the records, of which the first people are different."""
    source = records()
    return {**source, "people": [*map(change, source["people"][:count]), *source["people"][count:]]}


# --- the emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(doubts=Doubts(identifiers_ignore_case=False)) as emulator:
        emulator.add_object_schema("OKT", "Okta")
        emulator.add_import_source("OKT")
        yield emulator


@pytest.fixture
def token(emulator: Emulator) -> Iterator[Any]:
    with emulator.connect() as connection:
        schema = connection.get_object_schema("OKT")
        token = connection.import_token(emulator.import_sources[0].token, schema=schema)
        token.build(model())
        yield token


def fill(emulator: Emulator, token: Any, policy: str, source: Records | None = None) -> None:
    """Import the records, and let the import do something with missing objects from then on."""
    token.import_records(records() if source is None else source, missing_objects="ignore")
    update = ("Name", "gone") if policy == "update" else ()
    emulator.import_sources[0].set_missing_objects(policy, update=update)
    emulator.requests.clear()


def contents(emulator: Emulator) -> list[tuple[str, object, object]]:
    """Return what Assets contains."""
    emulator.settle()
    return [
        (name, asset["Number"], asset["Name"])
        for name in ("People", "Groups")
        for asset in emulator.object_schema("OKT")[name].objects
    ]


# --- the paths


def by_import(token: Any, source: Records, tmp_path: Path, **options: Any) -> None:
    token.import_records(source, **options)


def by_test(token: Any, source: Records, tmp_path: Path, **options: Any) -> None:
    token.test_import(source, count=1000, **options)


def by_resuming(token: Any, source: Records, tmp_path: Path, **options: Any) -> None:
    pairs = [(selector, record) for selector, values in source.items() for record in values]

    def interrupted() -> Iterator[tuple[str, object]]:
        yield from pairs
        raise OSError

    journal = tmp_path / "guard.journal"
    with pytest.raises(ImportInterruptedError):
        token.import_records(interrupted(), journal=journal, **options)
    token.resume_import(iter(pairs), journal=journal, **options)


def by_completing(token: Any, source: Records, tmp_path: Path, **options: Any) -> None:
    execution = token.start(**options)
    execution.submit(source)
    execution.complete()
    execution.wait()


def by_block(token: Any, source: Records, tmp_path: Path, **options: Any) -> None:
    with token.start(**options) as execution:
        execution.submit(source)


def by_worker(token: Any, source: Records, tmp_path: Path, **options: Any) -> None:
    with token.start(**options) as execution:
        for selector, values in source.items():
            worker = token.attach(pickle.loads(pickle.dumps(execution)))
            execution.add_receipt(pickle.loads(pickle.dumps(worker.submit({selector: values}))))


def by_new_leader(token: Any, source: Records, tmp_path: Path, **options: Any) -> None:
    execution = token.attach(token.start(**options).to_dict(), lead=True)
    execution.submit(source)
    execution.complete()
    execution.wait()


PATHS = [by_import, by_test, by_resuming, by_completing, by_block, by_worker, by_new_leader]

# --- the ways

WAYS: dict[str, tuple[Records, dict[str, Any]]] = {
    "source ended early": (records(people=10), {}),
    "type without records": ({"people": records()["people"]}, {}),
    "one type only": (records(), {"only": ["people"]}),
    "type left out of the model": ({"people": records()["people"]}, {"model": model(groups=False)}),
    "decimal identifier": (changed(lambda person: {**person, "id": f"{person['id']}.0"}), {}),
    "padded identifier": (changed(lambda person: {**person, "id": f"0{person['id']}"}), {}),
    "skipped record": (changed(lambda person: {**person, "name": "x" * 300}), {"on_bad_record": "skip"}),
    "skipped record without an identifier": (
        changed(lambda person: {"name": "x"}),
        {"on_bad_record": "skip"},
    ),
    "skipped item that is not a record": (changed(lambda person: None), {"on_bad_record": "skip"}),  # type: ignore[arg-type, return-value]  # what sources yield
    "record without a label": (changed(lambda person: {"id": person["id"]}), {}),
    "record with a blank label": (changed(lambda person: {**person, "name": "  "}), {}),
    "all records without a label": (changed(lambda person: {**person, "name": ""}, count=20), {}),
    "all records skipped": (
        {name: [{**record, "name": "x" * 300} for record in values] for name, values in records().items()},
        {"on_bad_record": "skip"},
    ),
}


@pytest.fixture(scope="module")
def filled() -> Iterator[tuple[Emulator, Any]]:
    """Provide an import and its objects, which no test changes."""
    with Emulator(doubts=Doubts(identifiers_ignore_case=False)) as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT", "Okta")
        source = emulator.add_import_source("OKT")
        token = connection.import_token(source.token, schema=connection.get_object_schema("OKT"))
        token.build(model())
        token.import_records(records(), missing_objects="ignore")
        yield emulator, token


def refuse(
    filled: tuple[Emulator, Any], policy: str, path: Any, source: Records, tmp_path: Path, **options: Any
) -> MassDeletionGuardError:
    """Run a path that the guard must reject, and return its error."""
    emulator, token = filled
    update = ("Name", "gone") if policy == "update" else ()
    emulator.import_sources[0].set_missing_objects(policy, update=update)
    emulator.requests.clear()
    before = contents(emulator)

    with pytest.raises(MassDeletionGuardError) as caught:
        path(token, source, tmp_path, **options)

    assert contents(emulator) == before
    for execution in emulator.executions:
        if execution.status == "INGESTING":  # it can be continued
            execution.cancel()
    return caught.value


@pytest.mark.once
@pytest.mark.parametrize("policy", ["remove", "update"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
@pytest.mark.parametrize("way", WAYS)
def test_guard_rejects_each_way_on_each_path(
    way: str, path: Any, policy: str, filled: tuple[Emulator, Any], tmp_path: Path
) -> None:
    source, options = WAYS[way]

    error = refuse(filled, policy, path, source, tmp_path, **options)

    assert error.preview is not None
    assert error.preview.missing > 0
    is_source_refused = way in ("all records skipped", "all records without a label")
    assert ("allow_missing=error.preview" in str(error)) is not is_source_refused
    assert 'missing_objects="ignore"' in str(error)


@pytest.mark.once
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_import_that_ignores_missing_objects_has_no_guard(
    path: Any, emulator: Emulator, token: Any, tmp_path: Path
) -> None:
    fill(emulator, token, "ignore")

    for source, options in WAYS.values():
        path(token, source, tmp_path, missing_objects="ignore", **options)

    assert "search objects" not in operations(emulator)
    assert {execution.status for execution in emulator.executions} == {"DONE"}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_complete_run_passes_on_each_path(path: Any, emulator: Emulator, token: Any, tmp_path: Path) -> None:
    """With a leaver, who is removed, and a newcomer."""
    fill(emulator, token, "remove")
    source = records(people=21)
    del source["people"][0]

    path(token, source, tmp_path)

    assert len(contents(emulator)) == 23
    assert ("People", "1", "people 1") not in contents(emulator)


def test_letter_case_counts_if_identifiers_respect_it(emulator: Emulator, token: Any) -> None:
    people: list[Any] = [{"name": "Ann", "id": "a1"}, *records()["people"]]
    fill(emulator, token, "remove", {**records(), "people": people})

    with pytest.raises(
        MassDeletionGuardError, match=r"1 of 21 \(1 because their identifiers are written differently"
    ):
        token.import_records({**records(), "people": [{"name": "Ann", "id": "A1"}, *records()["people"]]})


def test_letter_case_is_ignored_if_identifiers_ignore_it() -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT", "Okta")
        token = connection.import_token(emulator.add_import_source("OKT").token)
        token.build(model())
        fill(emulator, token, "remove", {**records(), "people": [{"name": "Ann", "id": "a1"}]})

        result = token.import_records({**records(), "people": [{"name": "Ann", "id": "A1"}]})

        assert result.missing_deleted == 0


def test_letters_that_only_unicode_equates_are_different() -> None:
    """A database that ignores case does not treat the German "ß" and "ss" as equal."""
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT", "Okta")
        token = connection.import_token(emulator.add_import_source("OKT").token)
        token.build(model())
        people = records()["people"]
        fill(emulator, token, "remove", {**records(), "people": [*people, {"name": "Ann", "id": "straße"}]})

        with pytest.raises(MassDeletionGuardError, match="because their identifiers are written differently"):
            token.import_records({**records(), "people": [*people, {"name": "Ann", "id": "STRASSE"}]})


@pytest.mark.once
def test_first_import_into_an_adopted_type_is_rejected_once(emulator: Emulator, token: Any) -> None:
    """Objects that no run ever contained count, too; also objects without an identifier."""
    people = emulator.object_schema("OKT")["People"]
    for number in range(2_000):
        people.add_object(
            {"Name": f"Old hand {number}", **({"Number": f"old {number}"} if number % 2 else {})}
        )
    emulator.import_sources[0].set_missing_objects("remove")

    with pytest.raises(MassDeletionGuardError, match="People: all 2,000, such as") as caught:
        token.import_records(records())
    preview: Any = caught.value.preview
    assert len(list(preview.object_type("people").iter_missing())) == 2_000
    result = token.import_records(records(), allow_missing=preview)

    assert result.missing_deleted == 2_000


def test_objects_of_unmapped_child_types_count(emulator: Emulator, token: Any) -> None:
    """It is not documented whether an import removes them."""
    schema = emulator.object_schema("OKT")
    guests = schema.add_object_type("Guests", parent=schema["People"], attributes=["Number"])
    guests.add_object({"Name": "Guest", "Number": "g1"})

    with pytest.raises(MassDeletionGuardError, match="People: the only one"):
        token.import_records(records())


def test_error_names_the_objects_and_three_ways(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")

    with pytest.raises(MassDeletionGuardError) as caught:
        token.import_records(records(people=10, groups=1))

    assert str(caught.value).splitlines()[:6] == [
        "Did not complete the import into OKT: 12 objects in Assets are not in this run.",
        '  People: 10 of 20, such as "people 11" (OKT-11), "people 12" (OKT-12)',
        '  Groups: 2 of 3, such as "groups 2" (OKT-22), "groups 3" (OKT-23)',
        "Likely cause: The import in Assets may be set to remove missing objects. Completing it would then delete them.",
        "How to fix:",
        "  1. Check the source for an error, a filter, or a limit, and import again.",
    ]
    assert (
        '2. Or if the "Missing objects" setting of the import is Ignore for every object type, pass '
        'missing_objects="ignore" (import page: Assets > the object schema > Configuration > Import of '
        "https://acme.atlassian.net)."
    ) in str(caught.value)
    assert "3. Or if exactly these objects may go, pass allow_missing=error.preview." in str(caught.value)
    assert caught.value.execution is not None


def test_error_says_what_a_declared_import_does(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "update")

    with pytest.raises(
        MassDeletionGuardError, match=r'missing_objects="update"\. Completing it would overwrite them'
    ):
        token.import_records(records(people=1), missing_objects="update")


def test_more_object_types_than_listed_are_counted(emulator: Emulator) -> None:
    types = [
        ObjectTypeSpec(f"Type {number}", [AttributeSpec("Id", key="id", label=True, identifier=True)])
        for number in range(6)
    ]
    with emulator.connect() as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        wanted = SchemaModel("Many", types, namespace="many")
        token.build(wanted)
        source = {selector: [{"id": "1"}, {"id": "2"}] for selector in wanted.selectors}
        token.import_records(source)

        with pytest.raises(MassDeletionGuardError, match="2 more object types: 4"):
            token.import_records([])


# --- limits


def test_limits_by_object_type(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")

    with pytest.raises(MassDeletionGuardError, match="People: 2 of 20"):
        token.import_records(records(people=18), max_missing={"People": 0.05})
    with pytest.raises(MassDeletionGuardError, match="Groups: 1 of 3"):
        token.import_records(records(people=18, groups=2), max_missing={"people": 0.1})
    with pytest.raises(ConfigurationError, match="no such object type"):
        token.import_records(records(), max_missing={"persons": 0.1})
    token.import_records(records(people=18, groups=2), max_missing={"groups": 0.5})

    assert len(contents(emulator)) == 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_missing": {"people": 2}}, r"max_missing\['people'\]` is 2"),
        ({"max_missing": {"people": True}}, "is True"),
        ({"max_missing": {7: 0.1}}, "max_missing"),
        ({"only": ["persons"]}, "`only` contains 'persons'"),
        ({"only": [7]}, "`only`"),
    ],
)
def test_limits_of_a_wrong_kind_are_rejected(
    emulator: Emulator, token: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        token.import_records(records(), **options)

    assert emulator.executions == []


def test_only_takes_some_types_of_a_source_of_pairs(emulator: Emulator, token: Any) -> None:
    pairs = [(selector, record) for selector, values in records().items() for record in values]

    result = token.import_records(iter(pairs), only=["Groups"])

    assert [(kind.name, kind.sent) for kind in result.object_types if kind.sent] == [("Groups", 3)]


def test_skipped_duplicate_of_a_sent_record_is_not_a_loss(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    source = records()
    source["people"].append({**source["people"][0]})

    result = token.import_records(source, on_bad_record="skip")

    assert (result.refused, result.missing_deleted) == (1, 0)


def test_skipped_newcomer_is_not_a_loss(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    source = records()
    source["people"].append({"name": "x" * 300, "id": "new"})

    assert token.import_records(source, on_bad_record="skip").missing_deleted == 0


def test_unsent_chunks_do_not_count(emulator: Emulator, token: Any) -> None:
    """A caller may complete an execution although a submission failed."""
    fill(emulator, token, "remove")
    execution = token.start()
    emulator.faults.next("submit chunk", status=400)
    with pytest.raises(AssetsError):
        execution.submit({"people": records()["people"]})
    execution.submit({"groups": records()["groups"]})

    with pytest.raises(MassDeletionGuardError, match="People: all 20"):
        execution.complete()
    execution.submit({"people": records()["people"]})
    execution.complete()

    assert execution.wait().missing_deleted == 0


def test_failed_record_counts_if_its_caller_continues(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    execution = token.start()
    for person in changed(lambda person: {**person, "name": "x" * 300})["people"]:
        try:
            execution.submit({"people": [person]})
        except AssetsError:
            continue
    execution.submit({"groups": records()["groups"]})

    with pytest.raises(MassDeletionGuardError, match="because their records were skipped"):
        execution.complete()
    execution.cancel()


def test_receipts_are_plain_data(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    with token.start() as execution:
        worker = token.attach(execution.to_dict())
        receipt = worker.submit(records())
        execution.add_receipt(SubmitReceipt.from_dict(receipt.to_dict()))

        assert receipt == 23
        assert execution.submit({"people": []}).identities == {}
        with pytest.raises(ConfigurationError, match="another execution"):
            execution.add_receipt(
                SubmitReceipt({"people": 1}, part="1", execution_id=execution.id, identities={"another": {}})
            )
        with pytest.raises(ConfigurationError, match="does not name its execution"):
            execution.add_receipt(SubmitReceipt({"people": 1}, part="1"))
        with pytest.raises(ConfigurationError, match="receipt"):
            execution.add_receipt(7)
        with pytest.raises(ConfigurationError, match="not a receipt"):
            SubmitReceipt.from_dict({"sent": 7})

    assert execution.result().missing_deleted == 0


def test_receipt_with_a_lone_surrogate_is_added(emulator: Emulator, token: Any) -> None:
    """JSON can contain it, and the record's identifier has the same stored form in each process."""
    fill(emulator, token, "remove")
    with token.start() as execution:
        receipt = token.attach(execution.to_dict()).submit(records()).to_dict()
        identities: Any = receipt["identities"]
        identities["guarded/people"]["sent"].append("\ud800")
        identities["guarded/people"]["skipped"].append("\ud800")

        execution.add_receipt(receipt)

    assert execution.result().missing_deleted == 0


def test_receipt_of_an_unguarded_import_is_a_number(emulator: Emulator, token: Any) -> None:
    with token.start(missing_objects="ignore") as execution:
        receipt = token.attach(execution.detached()).submit(records())
        execution.add_receipt(receipt)

    assert (receipt, receipt.identities) == (23, {})


# --- acceptance


def test_acceptance_is_exact(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    with pytest.raises(MassDeletionGuardError) as caught:
        token.import_records(records(people=10))
    preview = pickle.loads(pickle.dumps(caught.value)).preview

    assert isinstance(preview, ImportPreview)
    with pytest.raises(MassDeletionGuardError, match="People: 5 of 20"):
        token.import_records(records(people=5), allow_missing=preview)
    assert token.import_records(records(people=10), allow_missing=preview).missing_deleted == 10


def test_manual_execution_stays_open_for_acceptance(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    execution = token.start()
    execution.submit(records(people=10))

    with pytest.raises(MassDeletionGuardError, match="open and can be completed or cancelled") as caught:
        execution.complete()
    assert execution.status() == "INGESTING"
    with pytest.raises(ConfigurationError, match="allow_missing"):
        execution.complete(allow_missing=True)
    execution.complete(allow_missing=caught.value.preview)

    assert execution.wait().missing_deleted == 10


def test_leader_of_a_later_process_reads_the_evidence_again(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    preview = token.preview(records(people=10))
    execution = token.attach(token.start(allow_missing=preview).to_dict(), lead=True)
    execution.submit(records(people=10))

    with pytest.raises(MassDeletionGuardError, match="People: 10 of 20"):
        execution.complete()
    execution.complete(allow_missing=preview)

    assert execution.wait().missing_deleted == 10


def test_preview_of_another_import_is_rejected(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    preview = attrs.evolve(token.preview(records()), import_source_id="another")

    with pytest.raises(ConfigurationError, match="preview of another import"):
        token.import_records(records(), allow_missing=preview)
    assert len(emulator.executions) == 1


def test_accepted_objects_of_an_unmapped_type_are_ignored(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    preview = token.preview(records())
    types = tuple(attrs.evolve(kind, key="unmapped") for kind in preview.object_types)

    token.import_records(records(), allow_missing=attrs.evolve(preview, object_types=types))


# --- the journal


@pytest.mark.once
def test_journal_records_the_acceptance(emulator: Emulator, token: Any, tmp_path: Path) -> None:
    """The objects stay in Assets, because the import ignores missing objects, which no one declared."""
    journal = tmp_path / "guard.journal"
    fill(emulator, token, "ignore")
    token.import_records(records(), journal=journal)
    with pytest.raises(MassDeletionGuardError) as caught:
        token.import_records(records(people=10), journal=journal)
    preview = caught.value.preview

    token.resume_import(records(people=10), journal=journal, allow_missing=preview)
    token.import_records(records(people=10), journal=journal)

    assert len(contents(emulator)) == 23
    with pytest.raises(MassDeletionGuardError, match="People: 5 of 20"):
        token.import_records(records(people=5), journal=journal)


@pytest.mark.once
def test_leavers_of_a_year_raise_no_alarm(emulator: Emulator, token: Any, tmp_path: Path) -> None:
    """Each week another one of 100 people leaves; half of them are gone at the end."""
    journal = tmp_path / "guard.journal"
    fill(emulator, token, "ignore", records(people=100))

    source = records(people=100)
    for week in range(52):
        source = records(people=100)
        del source["people"][:week]
        token.import_records(source, journal=journal)

    assert len(contents(emulator)) == 103
    with pytest.raises(MassDeletionGuardError, match="People: 30 of 100"):
        token.import_records({**source, "people": source["people"][30:]}, journal=journal)


def test_person_who_leaves_twice_is_newly_missing_twice(
    emulator: Emulator, token: Any, tmp_path: Path
) -> None:
    journal = tmp_path / "guard.journal"
    fill(emulator, token, "ignore")
    for people in (20, 17, 20):
        token.import_records(records(people=people), journal=journal)

    with pytest.raises(MassDeletionGuardError, match="People: 5 of 20"):
        token.import_records(records(people=15), journal=journal)


def test_journal_is_evidence_if_objects_are_unreadable(
    emulator: Emulator, token: Any, tmp_path: Path
) -> None:
    journal = tmp_path / "guard.journal"
    token.import_records(records(), journal=journal)
    emulator.faults.always("search objects", status=403)

    with pytest.raises(MassDeletionGuardError, match='People: 10 of 20, such as "11", "12"') as caught:
        token.import_records(records(people=10), journal=journal)
    assert caught.value.preview is not None
    assert caught.value.preview.to_dict()["evidence"] == "journal"
    token.import_records(records(), journal=journal)
    with pytest.raises(NothingToCompareError):
        token.preview(records())
    emulator.faults.clear()


def test_partial_runs_in_the_journal_are_not_evidence(emulator: Emulator, token: Any, tmp_path: Path) -> None:
    journal = tmp_path / "guard.journal"
    token.import_records(records(people=1), journal=journal, missing_objects="ignore")
    token.test_import(records(), journal=journal, count=30)
    emulator.faults.always("search objects", status=403)

    with pytest.raises(MassDeletionGuardError, match="could not be read"):
        token.import_records(records(), journal=journal)
    emulator.faults.clear()


def test_run_that_ended_later_counts_as_confirmed(emulator: Emulator, token: Any, tmp_path: Path) -> None:
    journal = tmp_path / "guard.journal"
    token.import_records(records(), journal=journal, wait=False)
    emulator.settle()
    emulator.faults.always("search objects", status=403)

    with pytest.raises(MassDeletionGuardError, match="People: 10 of 20"):
        token.import_records(records(people=10), journal=journal)
    emulator.faults.clear()


# --- unreadable evidence

UNREADABLE: dict[str, tuple[str, dict[str, Any]]] = {
    "role lost": ("search objects", {"status": 403}),
    "token expired": ("search objects", {"status": 401}),
    "objects: server error": ("search objects", {"status": 500}),
    "objects: web page": ("search objects", {"html": "login"}),
    "objects: no connection": ("search objects", {"drop": "before"}),
    "objects: not JSON": ("search objects", {"body": {"values": "none"}}),
    "count: server error": ("count objects", {"status": 500}),
    "count: larger than the list": ("count objects", {"body": {"totalCount": 1_000}}),
    "Assets disabled": ("list object types flat", {"status": 404}),
    "object types: server error": ("list object types flat", {"status": 500}),
    "object types: not JSON": ("list object types flat", {"body": {}}),
}


@pytest.mark.once
@pytest.mark.parametrize("policy", ["remove", "update"])
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.__name__, marks=[] if path in (by_import, by_block) else pytest.mark.once)
        for path in PATHS
    ],
)
@pytest.mark.parametrize("fault", UNREADABLE)
def test_guard_without_evidence_rejects_each_path(
    fault: str, path: Any, policy: str, filled: tuple[Emulator, Any], tmp_path: Path
) -> None:
    """Even a complete source: nothing shows that it is complete."""
    emulator, _ = filled
    operation, response = UNREADABLE[fault]
    emulator.faults.always(operation, **response)
    try:
        error = refuse(filled, policy, path, records(), tmp_path)
    finally:
        emulator.faults.clear()

    assert "existing objects could not be read" in str(error)
    assert "start import" not in operations(emulator)
    assert "allow_missing" not in str(error)
    assert 'missing_objects="ignore"' in str(error)


def test_unreadable_mapping_stops_the_import(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    emulator.faults.always("read mapping", status=500)

    with pytest.raises(AssetsError):
        token.import_records(records(), model=model())
    assert "start import" not in operations(emulator)
    emulator.faults.clear()


def test_last_counts_explain_a_rejection(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    emulator.faults.always("search objects", status=403)

    with pytest.raises(MassDeletionGuardError, match="People: the last execution had 20 records"):
        token.import_records(records())
    emulator.faults.always("read latest execution status", status=500)
    with pytest.raises(MassDeletionGuardError, match="  People\n  Groups\n"):
        token.import_records(records())
    emulator.faults.clear()


def test_unreadable_settings_do_not_hide_the_objects(emulator: Emulator, token: Any) -> None:
    """The schema of the token is known, and the object types are found by their names."""
    fill(emulator, token, "remove")
    emulator.faults.always("get import source", status=403)

    with pytest.raises(MassDeletionGuardError, match="People: 10 of 20"):
        token.import_records(records(people=10))
    token.import_records(records())
    emulator.faults.clear()


def test_page_that_is_interrupted_once_is_read_again(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove", records(people=250))
    emulator.faults.next("search objects", nth=2, drop="before")

    with pytest.raises(MassDeletionGuardError, match="People: 150 of 250"):
        token.import_records(records(people=100))


@pytest.mark.parametrize(("page", "people"), [(1, 250), (2, 250), (3, 650)])
def test_list_that_ends_in_the_middle_is_not_evidence(
    page: int, people: int, emulator: Emulator, token: Any
) -> None:
    fill(emulator, token, "remove", records(people=people))
    emulator.faults.add("search objects", Fault(status=500), times=None, nth=page)

    with pytest.raises(MassDeletionGuardError, match="existing objects could not be read"):
        token.import_records(records(people=people))
    assert len(contents(emulator)) == people + 3
    emulator.faults.clear()


@story
async def test_guard_rejects_in_each_color(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    await now(token.build(model()))
    await now(token.import_records(records()))

    with pytest.raises(MassDeletionGuardError) as caught:
        await now(token.import_records(records(people=10)))
    result = await now(token.import_records(records(people=10), allow_missing=caught.value.preview))

    assert result.confirmed


def test_preview_with_a_journal_of_another_import_is_rejected(
    emulator: Emulator, token: Any, tmp_path: Path
) -> None:
    journal = tmp_path / "other.journal"
    other = emulator.add_object_schema("OTH", "Other")
    source = emulator.add_import_source(other.key)
    with emulator.connect() as connection:
        another = connection.import_token(source.token)
        another.build(attrs.evolve(model(), namespace="other"))
        another.import_records(records(), journal=journal)
    emulator.requests.clear()

    with pytest.raises(JournalMismatchError, match="belongs to another import"):
        token.preview(records(), journal=journal)
    assert set(operations(emulator)) <= {"read import info", "get import source"}


@story
async def test_build_warns_that_the_setting_may_be_reset(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    await now(token.build(model(groups=False)))
    await now(token.import_records({"people": records()["people"]}, missing_objects="remove"))

    plan = await now(token.plan(model()))
    (warning,) = plan.of("warning")

    assert 'declared as missing_objects="remove"' in warning.message
    assert "reset this setting to Ignore" in warning.message
    assert 'set "Missing objects" again' in warning.remedy
    assert (await now(token.build(model()))).of("warning") == (warning,)
    assert (await now(token.plan(model()))).of("warning") == ()


def test_saved_declaration_warns_before_a_build(emulator: Emulator) -> None:
    with emulator.connect() as connection:
        destination = emulator.destination("OKT", schema_key="OKT", model=model())
        destination = destination.with_options(missing_objects="update")

        (warning,) = destination.plan(connection=connection).of("warning")

        assert 'missing_objects="update"' in warning.message


def test_more_unknown_object_types_than_listed_are_counted(emulator: Emulator) -> None:
    types = [
        ObjectTypeSpec(f"Type {number}", [AttributeSpec("Id", key="id", label=True, identifier=True)])
        for number in range(6)
    ]
    with emulator.connect() as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        token.build(SchemaModel("Many", types, namespace="many"))
        emulator.faults.next("search objects", status=403)

        with pytest.raises(MassDeletionGuardError, match="2 more object types"):
            token.import_records([])


def test_new_leader_knows_only_its_own_records(emulator: Emulator, token: Any) -> None:
    """An execution of an earlier release contains no object types, so its workers collect no identities."""
    fill(emulator, token, "remove")
    data = token.start().to_dict()
    del data["object_types"]
    leader = token.attach(data, lead=True)
    leader.submit(records())

    with pytest.raises(MassDeletionGuardError, match="People: all 20"):
        leader.complete()
    leader.cancel()


def test_acceptance_survives_a_new_leader(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    preview = token.preview(records(people=10))
    leader = token.attach(token.start().to_dict(), lead=True)
    leader = attrs.evolve(leader, options=attrs.evolve(leader.options, allow_missing=preview))
    leader.submit(records(people=10))
    leader.complete()

    assert leader.wait().missing_deleted == 10


def test_references_that_a_preview_cannot_resolve_are_named(emulator: Emulator) -> None:
    """By a query of the caller, and by another attribute than the identifier."""
    from jsm_assets_dest import ReferenceSpec

    def reference(name: str, **more: Any) -> AttributeSpec:
        return AttributeSpec(name, "reference", reference=ReferenceSpec("groups", **more))

    types = model().object_types
    people = attrs.evolve(
        types[0],
        attributes=(
            *types[0].attributes,
            reference("Team"),
            reference("Like", aql='Name Like "${like}"'),
            reference("By Name", by="name"),
        ),
    )
    with emulator.connect() as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        token.build(SchemaModel("Guarded", [people, types[1]], namespace="guarded"))
        (note,) = [note for note in token.preview({"people": []}).notes if "resolve" in note]
        assert note.endswith(": People.Like, People.By Name.")


def test_each_object_type_has_the_best_evidence(emulator: Emulator, tmp_path: Path) -> None:
    """Objects whose label is their identifier are read without values, and that reading still works."""
    journal = tmp_path / "guard.journal"
    people, groups = model().object_types
    named = attrs.evolve(groups, attributes=(attrs.evolve(groups.attributes[0], identifier=True),))
    with emulator.connect() as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        token.build(SchemaModel("Guarded", [people, named], namespace="guarded"))
        source = {"people": records()["people"], "groups": [{"name": "A"}, {"name": "B"}]}
        token.import_records(source, journal=journal)
        with Journal.open(journal) as opened:
            import_source = opened.runs()[0].import_source
        _note_missing_of_another_type(journal, import_source)
        emulator.faults.always(
            "search objects", when=lambda request: request.query["includeAttributes"] == "true", status=403
        )

        with pytest.raises(MassDeletionGuardError) as caught:
            token.import_records({**source, "people": []}, journal=journal)
        emulator.faults.clear()

    preview: Any = caught.value.preview
    assert [kind.evidence for kind in preview.object_types] == ["journal", "assets"]
    assert preview.evidence == "journal"


def _note_missing_of_another_type(path: Path, import_source: str) -> None:
    """Record what an earlier mapping had: an object type that the import no longer fills."""
    with OpenJournal(path) as journal:
        journal.begin_run("earlier", import_source=import_source, model_digest="")
        journal.note_missing("earlier", [JournalObject("gone", b"1", "1")], is_accepted=True)
        journal.finish_run("earlier", RunState.CANCELLED, {})


# --- the filter of an object type


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_guard_rejects_types_whose_records_are_filtered(
    path: Any, filled: tuple[Emulator, Any], tmp_path: Path
) -> None:
    """Assets drops records that do not match the filter, so their objects are missing although the run contains them."""
    source = filled[0].import_sources[0]
    source.set_filter("People", 'Name != "people 1"')
    try:
        error = refuse(filled, "remove", path, records(), tmp_path)
    finally:
        source.set_filter("People", "")

    assert str(error).splitlines()[1].endswith('records of People that match the filter Name != "people 1".')
    assert error.remedies[0].startswith("An object schema manager: in Assets > ")
    assert "allow_missing" not in str(error)


def test_error_names_the_filters_and_what_to_do(emulator: Emulator, token: Any) -> None:
    fill(emulator, token, "remove")
    emulator.import_sources[0].set_filter("Groups", "Number < 2")

    with pytest.raises(MassDeletionGuardError) as caught:
        token.import_records(records())

    assert str(caught.value).splitlines() == [
        "Did not start the import into OKT: Assets filters the records of 1 object type.",
        "  Assets imports only those records of Groups that match the filter Number < 2.",
        (
            "Likely cause: Assets does not import a record that does not match the filter, and only Assets can evaluate it. So its object "
            "may be missing, and the import in Assets may be set to remove missing objects."
        ),
        "How to fix:",
        (
            "  1. An object schema manager: in Assets > the object schema > Configuration > Import, remove the filter of the object "
            "type mapping, and filter the records in the source instead."
        ),
        (
            '  2. Or you: if the "Missing objects" setting of the import is Ignore for every object type, pass '
            'missing_objects="ignore" (import page: Assets > the object schema > Configuration > Import of '
            f"{emulator.site})."
        ),
        "Details: nothing was sent",
    ]
    assert "start import" not in operations(emulator)


@story
async def test_filtered_type_can_be_previewed(emulator: Emulator, connection: Any) -> None:
    emulator.add_object_schema("OKT", "Okta")
    source = emulator.add_import_source("OKT")
    token = connection.import_token(source.token)
    await now(token.build(model()))
    await now(token.import_records(records(), missing_objects="ignore"))
    source.set_filter("People", "Number > 2")

    preview = await now(token.preview(records(people=21)))
    ignoring = await now(token.preview(records(people=21), missing_objects="ignore"))

    assert [of_type.filter for of_type in preview.object_types] == ["Number > 2", ""]
    assert not preview.is_complete
    note = (
        "Assets imports only those records of People that match the filter Number > 2. Only Assets can evaluate it, so the preview "
        "counts all of them."
    )
    assert preview.notes[:2] == (
        note,
        "The guard would not start this import, because Assets filters the records of People.",
    )
    assert ignoring.notes[0] == note
    assert not any("guard" in line for line in ignoring.notes)
    # Nothing that the preview shows can be accepted: the filter decides which objects are missing.
    with pytest.raises(MassDeletionGuardError, match="filters"):
        await now(token.import_records(records(), allow_missing=preview))


def test_records_that_a_filter_dropped_are_explained(emulator: Emulator, token: Any) -> None:
    emulator.import_sources[0].set_filter("People", "Number > 2")

    result = token.import_records(records(), missing_objects="ignore", verify="all")

    assert [(problem.code, problem.count) for problem in result.problems] == [("skipped", 2), ("lost", 2)]
    assert (
        "Assets imports only those records of People that match the filter Number > 2. The others have no object."
        in result.verification.notes
    )
    assert "People" in str(token.check())
    assert "Number > 2" in str(token.check())


def test_filter_that_only_counts_show_is_rejected(emulator: Emulator, token: Any, tmp_path: Path) -> None:
    """The account can't read the setting, but the last execution dropped records because of it."""
    journal = tmp_path / "guard.journal"
    with emulator.connect() as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        token.import_records(records(), journal=journal)
        emulator.import_sources[0].set_filter("People", "Number > 2")
        token.import_records(records(), missing_objects="ignore")
        emulator.faults.always("get import source", status=403)

        with pytest.raises(
            MassDeletionGuardError, match="records of People that match the filter that dropped 2 "
        ):
            token.import_records(records(), journal=journal)


@pytest.mark.parametrize(
    ("entry", "query"),
    [
        ({}, None),
        ({"selectorQlQuery": None}, ""),
        ({"selectorQlQuery": "", "selectorIQL": "Number > 2"}, "Number > 2"),
        ({"selectorQlQuery": "Number > 2", "selectorIQL": "Number > 3"}, "Number > 2"),
    ],
)
def test_filter_is_read_under_both_names(entry: dict[str, object], query: str | None) -> None:
    source = ImportSource.from_json({"id": "1", "importSourceOTEntries": [{"objectType": None, **entry}]})

    assert source.object_types[0].filter == query
    assert bool(source.filters) is bool(query)
    assert ("filter" in [setting.name for setting in source.settings]) is bool(query)


def test_long_filter_is_shortened(emulator: Emulator, token: Any) -> None:
    """A message has at most 1,000 characters; the settings of the import have the whole query."""
    fill(emulator, token, "remove")
    query = " OR ".join(f'Name = "people {number}"' for number in range(200))
    emulator.import_sources[0].set_filter("People", query)

    with pytest.raises(MassDeletionGuardError) as caught:
        token.import_records(records())

    assert len(str(caught.value)) < 1_000
    assert 'Name = "people 0" OR' in str(caught.value)
    assert all(len(note) < 400 for note in token.preview(records()).notes)
    assert query in [setting.value for setting in token.check().import_source.settings]
