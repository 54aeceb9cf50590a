"""Any damage of a journal's file raises a `JournalError` with a remedy."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import Journal
from jsm_assets_dest._imports.journal import Journal as ImportJournal
from jsm_assets_dest._imports.journal_objects import JournalObject, UnlistedObjects
from jsm_assets_dest._imports.journal_values import RunState
from jsm_assets_dest.exceptions import ConfigurationError, JournalError, JournalLockedError
from tests.imports.test_journal import LINKS, planned

OBJECTS = [JournalObject("people", bytes([number]) * 16, f"00u{number}", b"\x01" * 16) for number in range(5)]


@pytest.fixture(scope="module")
def journal_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a journal with a confirmed run, a cancelled one, and an interrupted one."""
    path = tmp_path_factory.mktemp("journal") / "okta.journal"
    with ImportJournal(path, now=lambda: 1_000.0) as journal:
        for number, state in enumerate((RunState.DONE, RunState.CANCELLED, None)):
            run_id = f"run{number}"
            journal.begin_run(run_id, import_source="source", model_digest="model")
            journal.begin_execution(run_id, LINKS, f"execution{number}")
            for index in range(3):
                chunk = planned(index, chunk_id=f"{run_id}-{index}")
                journal.plan(run_id, 1, chunk)
                if index < 2:
                    journal.accept(run_id, 1, chunk)
            journal.note_missing(run_id, OBJECTS[3:], is_accepted=False)
            journal.accept_unlisted(run_id, [UnlistedObjects("people", 2, 20)])
            if state is not None:
                journal.completing(run_id, ["people"], OBJECTS[:3])
                journal.finish_run(run_id, state, {"people": 4})
    return path


def read_everything(path: Path) -> None:
    """Call every reading method, and the writing methods that a resumed import calls."""
    with Journal.open(path) as reader:
        for run in reader.runs():
            json.dumps(run.to_dict())
            assert str(run)
            assert repr(run)
    with ImportJournal(path) as journal:
        for source in sorted(journal.import_sources()):
            journal.confirmed_types(source)
            list(journal.confirmed_objects(source))
            list(journal.confirmed_contents(source))
            journal.forget_contents(source, OBJECTS[:1])
            list(journal.missing_objects(source))
            list(journal.accepted_unlisted(source))
            journal.left_open(source)
            open_run = journal.open_run(import_source=source, model_digest="model")
            if open_run is not None:
                journal.boundaries(open_run.id)
                number = 1 if open_run.execution is None else open_run.execution.number
                journal.chunks(open_run.id, number)
                journal.begin_execution(open_run.id, LINKS, "again")
                journal.plan(open_run.id, number, planned(7))
                journal.accept(open_run.id, number, planned(7))
                journal.completing(open_run.id, ["people"], OBJECTS)
                journal.finish_run(open_run.id, RunState.DONE, {"people": 1})
        journal.begin_run("new", import_source="source", model_digest="model")


def check_typed(path: Path) -> bool:
    """Read a journal that may be damaged; return True if this was detected."""
    try:
        read_everything(path)
    except JournalError as error:
        return path.name in str(error)
    return False


@pytest.mark.once
@pytest.mark.parametrize("seed", range(10))
def test_journal_with_flipped_bytes_raises_journal_error(
    seed: int, journal_file: Path, tmp_path: Path
) -> None:
    """Thirty random changes for each seed: a bit, a byte, or a run of bytes."""
    chance = random.Random(seed)
    original = journal_file.read_bytes()
    detected = 0
    for number in range(30):
        content = bytearray(original)
        for _ in range(chance.choice((1, 1, 2, 8))):
            position = chance.randrange(len(content))
            content[position] ^= chance.randrange(1, 256)
        path = tmp_path / f"{number}.journal"
        path.write_bytes(content)
        detected += check_typed(path)
    assert detected >= 1


@pytest.mark.parametrize("length", [0, 1, 15, 99, 100, 512, 4_095, 4_096, 5_000, 8_192])
def test_truncated_journal_raises_journal_error(length: int, journal_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "okta.journal"
    path.write_bytes(journal_file.read_bytes()[:length])
    # SQLite takes a file of a byte for an empty one, which becomes a new journal.
    assert check_typed(path) is (length > 1)


ODD_VALUES: list[Any] = [None, 2**62, "text", "[]", '{"a": {}}', b"\xff\xfe", "[" * 5_000]
COLUMNS = {
    "runs": (
        *("number", "id", "import_source", "model_digest", "test", "encoder", "state", "started", "ended"),
        "counts",
    ),
    "executions": ("run", "number", "execution_id", "links", "started"),
    "chunks": ("run", "execution", "number", "part", "id", "digest", "counts", "records", "bytes", "state"),
    "confirmed_objects": ("import_source", "object_type", "identity", "identifier", "content"),
    "confirmed_types": ("import_source", "object_type", "run"),
    "missing_objects": ("import_source", "object_type", "identity", "identifier", "run", "accepted"),
    "unlisted_objects": ("import_source", "object_type", "run", "number", "total"),
}


@pytest.mark.once
@pytest.mark.parametrize("table", COLUMNS)
def test_journal_with_odd_values_raises_journal_error(table: str, journal_file: Path, tmp_path: Path) -> None:
    """Values of other types, and text in place of JSON, in each column of each table."""
    detected = 0
    for column in COLUMNS[table]:
        for number, value in enumerate(ODD_VALUES):
            path = tmp_path / f"{column}{number}.journal"
            shutil.copy(journal_file, path)
            with (
                contextlib.closing(sqlite3.connect(path)) as database,
                contextlib.suppress(sqlite3.IntegrityError),
            ):
                database.execute(f"UPDATE {table} SET {column}=?", (value,))
                database.commit()
            detected += check_typed(path)
    assert detected or table == "confirmed_types"


def test_journal_in_memory_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JournalError, match="in memory") as caught:
        ImportJournal(":memory:")
    assert "damaged" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_reading_missing_journal_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no such file") as missing:
        Journal.open(tmp_path / "okta.journal")
    assert "damaged" not in str(missing.value)
    with pytest.raises(ConfigurationError) as caught:
        Journal.open(7)  # type: ignore[arg-type]  # what a user may do
    assert caught.value.field == "path"
    assert list(tmp_path.iterdir()) == []


def test_runs_have_states_counts_and_times(journal_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "okta.journal"
    shutil.copy(journal_file, path)
    with Journal.open(path) as journal:
        assert repr(journal) == "<Journal okta.journal>"
        done, cancelled, interrupted = journal.runs()
        with pytest.raises(JournalLockedError):
            ImportJournal(path)
    journal.close()

    assert (done.state, done.counts, done.is_open) == ("done", {"people": 4}, False)
    assert cancelled.state == "cancelled"
    assert (interrupted.state, interrupted.counts, interrupted.is_open) == ("open", {"people": 4}, True)
    assert str(interrupted) == "1970-01-01T00:16:40+00:00 open (people: 4)"
    assert done.to_dict() == {
        "id": "run0",
        "import_source": "source",
        "test": False,
        "state": "done",
        "started": "1970-01-01T00:16:40+00:00",
        "ended": "1970-01-01T00:16:40+00:00",
        "counts": {"people": 4},
        "execution": "execution0",
    }
