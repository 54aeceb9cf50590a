"""Objects in the journal: never more than Assets confirmed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from jsm_assets_dest._imports.journal import VERSION, Journal
from jsm_assets_dest._imports.journal_objects import JournalObject
from jsm_assets_dest._imports.journal_values import RunState

TYPES = ("okta/people", "okta/groups")


def person(number: int, content: bytes | None = b"a") -> JournalObject:
    """Return a person, whose values have a digest."""
    return JournalObject("okta/people", b"%d" % number, f"00u{number}", content)


def complete(
    journal: Journal,
    run_id: str,
    objects: Sequence[JournalObject],
    *,
    types: Sequence[str] = TYPES,
    missing: Sequence[JournalObject] = (),
) -> None:
    """Bring a run to the point at which the end of its data is sent."""
    journal.begin_run(run_id, import_source="source", model_digest="model", test=not types)
    journal.note_missing(run_id, missing, is_accepted=False)
    journal.completing(run_id, types, iter(objects))


def confirm(
    journal: Journal,
    run_id: str,
    objects: Sequence[JournalObject],
    *,
    types: Sequence[str] = TYPES,
    missing: Sequence[JournalObject] = (),
    doubtful: Sequence[str] = (),
) -> None:
    """Bring a run to its end."""
    complete(journal, run_id, objects, types=types, missing=missing)
    journal.finish_run(run_id, RunState.DONE, {}, doubtful)


def confirmed(journal: Journal, source: str = "source") -> list[JournalObject]:
    """Return the confirmed objects."""
    return list(journal.confirmed_objects(source))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "okta.journal", now=lambda: 1000.0)


def test_confirmed_run_replaces_the_one_before(journal: Journal) -> None:
    with journal:
        assert journal.confirmed_types("source") == frozenset()
        confirm(journal, "1", [person(1), person(2)])
        confirm(journal, "2", [person(2, b"b"), person(3)])

        assert confirmed(journal) == [person(2, b"b"), person(3)]
        assert journal.confirmed_types("source") == frozenset(TYPES)
        assert confirmed(journal, "another") == []
        assert journal.import_sources() == {"source"}


def test_objects_survive_the_process(tmp_path: Path) -> None:
    path = tmp_path / "okta.journal"
    with Journal(path) as journal:
        complete(journal, "1", [person(1)])
    with Journal(path) as journal:
        assert confirmed(journal) == []
        journal.finish_run("1", RunState.DONE, {})
    with Journal(path) as journal:
        assert confirmed(journal) == [person(1)]


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.ABANDONED])
def test_run_without_an_end_confirms_nothing(journal: Journal, state: RunState) -> None:
    """Its contents may be in Assets, so the earlier ones are forgotten, but the earlier objects remain."""
    with journal:
        confirm(journal, "1", [person(1), person(2)], missing=[person(8)])
        complete(journal, "2", [person(1, b"b"), person(2), person(3)], missing=[person(9)])
        journal.finish_run("2", state, {})
        journal.begin_run("3", import_source="source", model_digest="model")

        assert confirmed(journal) == [person(1, None), person(2)]
        assert [absent.identity for absent in journal.missing_objects("source")] == [b"8"]


def test_contents_are_forgotten_while_a_run_is_open(journal: Journal) -> None:
    with journal:
        confirm(journal, "1", [person(1), person(2)])
        complete(journal, "2", [person(1, b"b")])

        assert confirmed(journal) == [person(1, None), person(2)]


def test_doubtful_type_confirms_unchanged_contents_only(journal: Journal) -> None:
    """One of its records failed, and no one knows which one."""
    with journal:
        confirm(journal, "1", [person(1), person(2)])
        group = JournalObject("okta/groups", b"1", "00g1", b"g")
        confirm(journal, "2", [person(1), person(2, b"b"), person(3), group], doubtful=["okta/people"])

        assert confirmed(journal) == [group, person(1), person(2, None), person(3, None)]


def test_partial_run_confirms_contents_only(journal: Journal) -> None:
    """A test import does not show that anything is missing, but it may have changed objects."""
    with journal:
        confirm(journal, "1", [person(1), person(2)], missing=[person(9)])
        confirm(journal, "test", [person(2, b"b"), person(3)], types=())

        assert confirmed(journal) == [person(1), person(2, b"b"), person(3)]
        assert journal.confirmed_types("source") == frozenset(TYPES)
        assert [absent.identity for absent in journal.missing_objects("source")] == [b"9"]


def test_partial_run_alone_is_not_a_confirmed_run(journal: Journal) -> None:
    with journal:
        confirm(journal, "1", [person(1)], types=())

        assert journal.confirmed_types("source") == frozenset()


def test_missing_objects_count_from_the_confirmed_end(journal: Journal) -> None:
    with journal:
        complete(journal, "1", [person(1)], missing=[person(2), person(3)])
        assert list(journal.missing_objects("source")) == []
        journal.finish_run("1", RunState.DONE, {})
        assert [absent.identifier for absent in journal.missing_objects("source")] == ["00u2", "00u3"]

        confirm(journal, "2", [person(1), person(3)], missing=[person(2)])
        assert [absent.identifier for absent in journal.missing_objects("source")] == ["00u2"]


def test_accepted_objects_count_immediately(journal: Journal) -> None:
    with journal:
        journal.begin_run("1", import_source="source", model_digest="model")
        journal.note_missing("1", [person(2)], is_accepted=True)
        journal.note_missing("1", [person(2)], is_accepted=False)
        journal.finish_run("1", RunState.CANCELLED, {})
        journal.begin_run("2", import_source="source", model_digest="model")

        assert [absent.identifier for absent in journal.missing_objects("source")] == ["00u2"]


def test_journal_of_version_1_gets_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "okta.journal"
    with Journal(path) as journal:
        journal.begin_run("1", import_source="source", model_digest="model")
    database = sqlite3.connect(path)
    for (name,) in database.execute(
        "SELECT name FROM sqlite_master WHERE name GLOB '*_objects' OR name GLOB '*_types'"
    ).fetchall():
        database.execute(f"DROP TABLE {name}")
    database.execute("PRAGMA user_version=1")
    database.close()

    with Journal(path) as journal:
        assert journal.left_open("source") is not None
        confirm(journal, "2", [person(1)])
        assert confirmed(journal) == [person(1)]
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone() == (VERSION,)
    database.close()
