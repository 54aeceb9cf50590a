"""Lists of objects that Assets returned without an error, and that are too short: the guard does not trust them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from jsm_assets_dest._assets.object_types import ObjectType
from jsm_assets_dest._imports.journal import Journal
from jsm_assets_dest._imports.journal_objects import JournalObject, UnlistedObjects
from jsm_assets_dest._imports.journal_values import RunState
from jsm_assets_dest.exceptions import MassDeletionGuardError
from jsm_assets_dest.testing import Emulator
from jsm_assets_dest.testing.http import object_routes
from tests.stories.test_guard import contents, fill, model, records


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
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


@pytest.fixture
def hidden() -> Iterator[set[str]]:
    """Yield the labels of objects that the account can't see: searches and counts leave them out, as roles do."""
    labels: set[str] = set()
    find = object_routes._find

    def visible(call: Any, text: str) -> list[int]:
        site = call.site
        return [number for number in find(call, text) if site.label_of(site.objects[number]) not in labels]

    with mock.patch.object(object_routes, "_find", visible):
        yield labels


@pytest.fixture
def without_type_counts() -> Iterator[None]:
    """Hide the counts of object types, which may obey the roles, too."""
    read = ObjectType.from_json

    def uncounted(value: Any, **more: Any) -> ObjectType:
        return read({**value, "objectCount": 0}, **more)

    with mock.patch.object(ObjectType, "from_json", uncounted):
        yield


def hide(hidden: set[str], people: range) -> None:
    hidden.update(f"people {number}" for number in people)


def test_objects_that_a_type_counts_are_not_overlooked(
    emulator: Emulator, token: Any, hidden: set[str]
) -> None:
    """The list is empty, and so is its count. The count of the object type is not."""
    fill(emulator, token, "remove")
    hide(hidden, range(1, 21))

    with pytest.raises(MassDeletionGuardError) as caught:
        token.import_records(records(people=10))

    error = caught.value
    assert str(error).splitlines()[:2] == [
        "Did not complete the import into OKT: 10 objects in Assets are not in this run.",
        "  People: 10 of 20 (10 that the account can't see)",
    ]
    assert "counts more objects of People than Assets returned to" in str(error)
    assert "add " in error.remedies[0]
    assert "roles" in error.remedies[0].lower()
    assert len(contents(emulator)) == 23
    preview: Any = error.preview
    assert preview.object_type("people").unlisted == 10


@pytest.mark.usefixtures("without_type_counts")
@pytest.mark.parametrize(("people", "amount"), [(0, "all 20"), (10, "10 of 20")])
def test_counts_of_the_last_execution_are_compared(
    people: int, amount: str, emulator: Emulator, token: Any, hidden: set[str]
) -> None:
    fill(emulator, token, "remove")
    hide(hidden, range(1, 21))

    with pytest.raises(MassDeletionGuardError, match=f"People: {amount}"):
        token.import_records(records(people=people))


@pytest.mark.usefixtures("without_type_counts")
def test_objects_of_the_journal_are_compared(
    emulator: Emulator, token: Any, hidden: set[str], tmp_path: Path
) -> None:
    """The journal knows their identities. A test import hides the counts of the last execution."""
    journal = tmp_path / "guard.journal"
    token.import_records(records(), journal=journal)
    token.test_import(records(), count=3, missing_objects="ignore")
    emulator.import_sources[0].set_missing_objects("remove")
    hide(hidden, range(1, 21))

    with pytest.raises(MassDeletionGuardError, match=r'People: 10 of 20.*such as "11", "12"'):
        token.import_records(records(people=10), journal=journal)
    assert len(contents(emulator)) == 23


def test_complete_run_passes_with_a_short_list(emulator: Emulator, token: Any, hidden: set[str]) -> None:
    """Its records are those objects."""
    fill(emulator, token, "remove")
    hide(hidden, range(1, 11))

    assert token.import_records(records()).missing_deleted == 0
    assert token.import_records(records(people=18)).missing_deleted == 2


def test_deleted_objects_are_not_alarm(emulator: Emulator, token: Any, tmp_path: Path) -> None:
    """An administrator deleted some objects. If the source still has them, they are created again; otherwise they are gone."""
    journal = tmp_path / "guard.journal"
    token.import_records(records(), journal=journal)
    emulator.import_sources[0].set_missing_objects("remove")
    for asset in list(emulator.object_schema("OKT")["People"].objects)[:3]:
        asset.delete()

    assert token.import_records(records(), journal=journal).created == 3
    for asset in list(emulator.object_schema("OKT")["People"].objects)[-3:]:
        asset.delete()
    assert token.import_records(records(people=17), journal=journal).ok


def test_new_start_after_a_deletion_is_accepted(emulator: Emulator, token: Any) -> None:
    """All objects were deleted on purpose. Their number is accepted once, because no one can name them."""
    fill(emulator, token, "remove")
    for asset in list(emulator.object_schema("OKT")["People"].objects):
        asset.delete()

    with pytest.raises(MassDeletionGuardError, match="People: 18 of 20") as caught:
        token.import_records(records(people=2))
    result = token.import_records(records(people=2), allow_missing=caught.value.preview)

    assert (result.created, result.missing_deleted) == (2, 0)
    token.import_records(records(people=2))


def test_skipped_record_may_be_that_of_an_unseen_object(
    emulator: Emulator, token: Any, hidden: set[str]
) -> None:
    fill(emulator, token, "remove")
    hide(hidden, range(1, 2))
    source = records()
    source["people"][0]["name"] = "x" * 300

    with pytest.raises(MassDeletionGuardError, match="People: 1 of 20"):
        token.import_records(source, on_bad_record="skip")


def test_preview_says_that_the_list_is_short(emulator: Emulator, token: Any, hidden: set[str]) -> None:
    fill(emulator, token, "remove")
    hide(hidden, range(1, 21))

    preview = token.preview(records(people=10))

    assert preview.object_type("people").unlisted == 10
    assert preview.object_type("people").to_dict()["unlisted"] == 10
    assert not preview.is_complete
    assert any("counts more objects of People than Assets returned" in note for note in preview.notes)
    assert "The guard would not complete this import, because objects are missing from it." in preview.notes


@pytest.mark.usefixtures("without_type_counts")
def test_preview_counts_objects_of_the_journal(
    emulator: Emulator, token: Any, hidden: set[str], tmp_path: Path
) -> None:
    """They may be deleted, so a preview does not add them to the objects that exist."""
    journal = tmp_path / "guard.journal"
    token.import_records(records(), journal=journal)
    _confirm_another_type(journal)
    token.test_import(records(), count=3, missing_objects="ignore")
    hide(hidden, range(1, 6))

    people = token.preview(records(people=10), journal=journal).object_type("people")

    assert (people.existing, people.created, people.missing, people.unlisted) == (15, 5, 10, 0)
    people = token.preview(records(people=3), journal=journal).object_type("people")
    assert (people.created, people.missing, people.unlisted) == (3, 15, 2)


def test_preview_and_guard_agree_about_the_journal(
    emulator: Emulator, token: Any, hidden: set[str], tmp_path: Path
) -> None:
    """As many new people as the journal knows unlisted ones do not hide these from a preview."""
    journal = tmp_path / "guard.journal"
    token.import_records(records(), journal=journal)
    hide(hidden, range(11, 21))
    source = records(people=30)
    del source["people"][10:20]

    preview = token.preview(source, journal=journal)
    with pytest.raises(MassDeletionGuardError, match="People: 10 of 20"):
        token.import_records(source, journal=journal)

    assert preview.object_type("people").unlisted == 10
    assert "The guard would not complete this import, because objects are missing from it." in preview.notes


def _confirm_another_type(path: Path) -> None:
    """Record an object of a type that the import no longer fills."""
    with Journal(path) as journal:
        (import_source,) = journal.import_sources()
        journal.begin_run("other", import_source=import_source, model_digest="")
        journal.completing("other", (), [JournalObject("gone", b"1", "1")])
        journal.finish_run("other", RunState.DONE, {}, [])


def test_guard_does_not_claim_a_cancellation_that_failed(emulator: Emulator, token: Any) -> None:
    """The error is made before the execution is cancelled, which Assets rejects here."""
    fill(emulator, token, "remove")
    emulator.faults.always("cancel import", status=500)

    with pytest.raises(MassDeletionGuardError) as caught:
        token.import_records(records(people=10))

    assert emulator.import_sources[0].executions[-1].status == "INGESTING"
    assert "is cancelled" not in str(caught.value)
    assert str(caught.value).endswith("this run cancels the execution next")


def test_journal_records_the_accepted_number(
    emulator: Emulator, token: Any, hidden: set[str], tmp_path: Path
) -> None:
    """No one can name the objects, so they are accepted by number; more than that number is rejected again."""
    journal = tmp_path / "guard.journal"
    fill(emulator, token, "ignore")
    hide(hidden, range(1, 21))
    with pytest.raises(MassDeletionGuardError) as caught:
        token.import_records(records(people=10), journal=journal)

    token.import_records(records(people=10), journal=journal, allow_missing=caught.value.preview)
    token.import_records(records(people=10), journal=journal)
    with Journal(journal) as former:  # the import does not map this type
        former.accept_unlisted(former.runs()[-1].id, [UnlistedObjects("former", 1, 1)])
    token.import_records(records(people=10), journal=journal)

    with pytest.raises(MassDeletionGuardError, match="People: 5 of 20") as caught:
        token.import_records(records(people=5), journal=journal)
    token.import_records(records(people=5), journal=journal, allow_missing=caught.value.preview)
    token.import_records(records(people=5), journal=journal)


def test_accepted_number_ends_when_the_objects_are_gone(
    emulator: Emulator, token: Any, hidden: set[str], tmp_path: Path
) -> None:
    """The import deleted them. The same number of other objects is not accepted."""
    journal = tmp_path / "guard.journal"
    fill(emulator, token, "remove")
    hide(hidden, range(1, 21))
    with pytest.raises(MassDeletionGuardError) as caught:
        token.import_records(records(people=10), journal=journal)
    token.import_records(records(people=10), journal=journal, allow_missing=caught.value.preview)
    assert len(contents(emulator)) == 13

    with pytest.raises(MassDeletionGuardError, match="People: 5 of 10"):
        token.import_records(records(people=5), journal=journal)
