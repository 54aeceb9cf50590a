"""The journal survives what happens to processes, belongs to one at a time, and holds no secrets."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jsm_assets_dest._imports.chunk import Chunk
from jsm_assets_dest._imports.chunker import Chunker
from jsm_assets_dest._imports.journal import Journal
from jsm_assets_dest._imports.journal_values import ChunkState, JournalRun, RunState
from jsm_assets_dest.exceptions import JournalError, JournalLockedError, JournalMismatchError

LINKS = {
    "submitResults": "https://api.atlassian.com/jsm/insight/workspace/w/v1/importsource/s/executions/e/data",
    "getExecutionStatus": "https://api.atlassian.com/jsm/insight/workspace/w/v1/importsource/s/executions/e/status",
}


def planned(
    index: int, part: str = "", *, chunk_id: str = "run-0", counts: dict[str, int] | None = None
) -> Chunk:
    """Return a chunk as the journal receives it."""
    return Chunk(
        index=index,
        part=part,
        id=chunk_id,
        body=b"",
        counts={"people": 2} if counts is None else counts,
        indexes={},
        digest="d",
        size=100,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "okta.journal"


def begin(journal: Journal, run_id: str = "run", *, test: bool = False) -> JournalRun:
    """Begin a run with an execution."""
    journal.begin_run(run_id, import_source="source", model_digest="model", test=test)
    journal.begin_execution(run_id, LINKS, "e")
    return journal.run(run_id)


def reopened(path: Path) -> JournalRun | None:
    """Return what a later process finds."""
    with Journal(path) as journal:
        return journal.open_run(import_source="source", model_digest="model")


def test_open_run_is_found_again(path: Path) -> None:
    """Run, execution and links are there for the next process."""
    with Journal(path, now=lambda: 1000.0) as journal:
        assert journal.open_run(import_source="source", model_digest="model") is None
        begun = begin(journal)

    run = reopened(path)

    assert run == begun
    assert run is not None
    assert run.is_open
    assert (run.state, run.started, run.ended, run.test) == (RunState.OPEN, 1000.0, None, False)
    assert run.execution is not None
    assert (run.execution.number, run.execution.execution_id) == (1, "e")
    assert run.execution.links == LINKS


@pytest.mark.parametrize("state", [RunState.DONE, RunState.CANCELLED, RunState.ABANDONED])
def test_run_that_ended_is_not_resumed(path: Path, state: RunState) -> None:
    """An ended run keeps its counts and forgets its chunks."""
    with Journal(path) as journal:
        begin(journal)
        journal.plan("run", 1, planned(0))
        journal.finish_run("run", state, {"people": 2})

        assert journal.open_run(import_source="source", model_digest="model") is None
        assert journal.run("run").counts == {"people": 2}
        assert journal.run("run").ended is not None
        assert journal.chunks("run", 1) == {}


def test_completing_is_open_but_known(path: Path) -> None:
    """After a crash between telling the service and its answer, the state has to be asked, not the data sent again."""
    with Journal(path) as journal:
        begin(journal)
        journal.completing("run")

    run = reopened(path)

    assert run is not None
    assert run.is_open
    assert run.state is RunState.COMPLETING


def test_new_execution_opens_the_run_again(path: Path) -> None:
    """If the old execution accepts no more data, the run continues in another one."""
    with Journal(path) as journal:
        begin(journal)
        journal.plan("run", 1, planned(0))
        journal.completing("run")
        second = journal.begin_execution("run", LINKS)

        assert second.number == 2
        assert journal.run("run").state is RunState.OPEN
        assert journal.run("run").execution == second
        assert journal.chunks("run", 2) == {}
        assert len(journal.chunks("run", 1)) == 1


def test_chunks_and_their_states(path: Path) -> None:
    """A chunk is planned, then accepted or split; the halves have entries of their own."""
    with Journal(path) as journal:
        begin(journal)
        for chunk in (planned(0), planned(1, chunk_id="run-1"), planned(2), planned(1, "a"), planned(1, "b")):
            journal.plan("run", 1, chunk)
        journal.accept("run", 1, planned(0))
        journal.split("run", 1, planned(1))
        journal.accept("run", 1, planned(1, "a"))

        chunks = journal.chunks("run", 1)

    assert {name: chunk.state for name, chunk in chunks.items()} == {
        "0": ChunkState.ACCEPTED,
        "1": ChunkState.SPLIT,
        "1a": ChunkState.ACCEPTED,
        "1b": ChunkState.PLANNED,
        "2": ChunkState.PLANNED,
    }
    assert (chunks["1"].id, chunks["1"].digest, chunks["1"].counts, chunks["1"].bytes) == (
        "run-1",
        "d",
        {"people": 2},
        100,
    )


def test_planning_again_starts_over(path: Path) -> None:
    """A chunk that is sent again is not known to have arrived."""
    with Journal(path) as journal:
        begin(journal)
        journal.plan("run", 1, planned(0))
        journal.accept("run", 1, planned(0))
        journal.plan("run", 1, planned(0, chunk_id="other"))

        assert journal.chunks("run", 1)["0"].state is ChunkState.PLANNED
        assert journal.chunks("run", 1)["0"].id == "other"


def test_boundaries_are_those_of_the_last_execution(path: Path) -> None:
    """Halves do not count, a later execution counts more, and after a gap everything is cut again."""
    with Journal(path) as journal:
        begin(journal)
        assert journal.boundaries("run") == ()
        for index, count in enumerate([5, 6, 7, 8]):
            journal.plan("run", 1, planned(index, counts={"people": count}))
        journal.plan("run", 1, planned(1, "a", counts={"people": 3}))
        journal.begin_execution("run", LINKS)
        journal.plan("run", 2, planned(0, counts={"people": 2, "groups": 2}))
        assert journal.boundaries("run") == (4, 6, 7, 8)
        journal.plan("run", 2, planned(9))

        assert journal.boundaries("run") == (4, 6, 7, 8)


def test_resumed_run_has_the_same_chunks(path: Path) -> None:
    """Chunker and journal together: the second process recognises what the first one sent."""
    records = [{"id": str(number), "note": "x" * (number % 50)} for number in range(100)]
    first = Chunker("run", limit_bytes=600, digests=True)
    sent = [*first.feed("people", records), *first.flush()]
    with Journal(path) as journal:
        begin(journal)
        for chunk in sent[:5]:
            journal.plan("run", 1, chunk)
            journal.accept("run", 1, chunk)

    with Journal(path) as journal:
        second = Chunker("run", limit_bytes=900, digests=True, boundaries=journal.boundaries("run"))
        again = [*second.feed("people", records), *second.flush()]
        chunks = journal.chunks("run", 1)

    assert [chunk.id for chunk in again[:5]] == [chunks[chunk.name].id for chunk in sent[:5]]
    assert [chunk.body for chunk in again[:5]] == [chunk.body for chunk in sent[:5]]
    assert sum(chunk.count for chunk in again) == 100


def test_begin_abandons_the_open_run(path: Path) -> None:
    """Only one run of an import source can be open."""
    with Journal(path) as journal:
        begin(journal, "one")
        journal.plan("one", 1, planned(0))
        begin(journal, "two")

        assert journal.run("one").state is RunState.ABANDONED
        assert journal.chunks("one", 1) == {}
        run = journal.open_run(import_source="source", model_digest="model")
        assert run is not None
        assert run.id == "two"


@pytest.mark.parametrize(("source", "model"), [("other", "model"), ("source", "other")])
def test_journal_of_something_else_is_rejected(path: Path, source: str, model: str) -> None:
    """Resuming into another import source, or with another model, would mix two imports."""
    with Journal(path) as journal:
        begin(journal)

        with pytest.raises(JournalMismatchError):
            journal.open_run(import_source=source, model_digest=model)


@pytest.mark.slow
def test_second_journal_on_the_file_is_rejected(path: Path) -> None:
    """In the same process, and in another one; after closing, the file is free."""
    script = "import sys; from jsm_assets_dest._imports.journal import Journal; Journal(sys.argv[1])"
    command = [sys.executable, "-c", script, str(path)]
    with Journal(path):
        with pytest.raises(JournalLockedError, match="another import uses it"):
            Journal(path)
        other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "JournalLockedError" in other.stderr
    free = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (free.returncode, free.stderr) == (0, "")


CHILD = """
import sys
from types import SimpleNamespace
from jsm_assets_dest._imports.journal import Journal

def say(word):
    print(word, flush=True)

journal = Journal(sys.argv[1])
journal.begin_run("run", import_source="source", model_digest="model")
say("run")
journal.begin_execution("run", {"submitResults": "https://api.atlassian.com/x"})
say("execution")
for index in range(1000):
    chunk = SimpleNamespace(index=index, part="", id=f"run-{index}", digest="d", counts={"people": 2}, size=9)
    journal.plan("run", 1, chunk)
    say(f"planned {index}")
    journal.accept("run", 1, chunk)
    say(f"accepted {index}")
"""


@pytest.mark.once
@pytest.mark.parametrize("lines", [1, 2, 3, 4, 9, 100])
def test_written_entries_survive_a_kill(path: Path, lines: int) -> None:
    """A process killed at any moment leaves a journal that knows at least everything the process knew was written."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = [child.stdout.readline().strip() for _ in range(lines)]
    child.kill()
    said += child.stdout.read().splitlines()
    child.stdout.close()
    child.wait()

    with Journal(path) as journal:
        run = journal.open_run(import_source="source", model_digest="model")
        assert run is not None
        assert (run.execution is not None) >= ("execution" in said)
        chunks = journal.chunks("run", 1)
        for line in said:
            word, _, name = line.partition(" ")
            if word == "planned":
                assert chunks[name].id == f"run-{name}"
            elif word == "accepted":
                assert chunks[name].state is ChunkState.ACCEPTED
        planned = [line for line in said if line.startswith("planned")]
        assert len(journal.boundaries("run")) >= len(planned)


def test_links_with_secrets_are_not_written(path: Path) -> None:
    """Then nothing of the links is kept, and a resumed run starts a new execution."""
    token = "ATCTT3xFfGN" + "abcdefgh"
    with Journal(path) as journal:
        journal.begin_run("run", import_source="source", model_digest="model")
        first = journal.begin_execution("run", {"cancel": f"https://api.atlassian.com/x?token={token}"})
        second = journal.begin_execution("run", {"cancel": "https://user:password@api.atlassian.com/x"})
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())

    assert first.links == second.links == {}
    assert token.encode() not in content
    assert b"password" not in content


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_file_is_for_its_owner_only(path: Path) -> None:
    """Only the owner can read the file."""
    Journal(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_file_that_is_something_else_is_rejected(path: Path) -> None:
    """Text, another program's database, a journal of a later release, a folder that is not there."""
    path.write_text("just a text, and long enough to be taken for a damaged database" * 10)
    with pytest.raises(JournalError, match="not a database"):
        Journal(path)
    path.unlink()
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE notes (text)")
    foreign.close()
    with pytest.raises(JournalError, match="another SQLite database"):
        Journal(path)
    path.unlink()
    Journal(path).close()
    later = sqlite3.connect(path)
    later.execute("PRAGMA user_version=99")
    later.close()
    with pytest.raises(JournalError, match="version 99"):
        Journal(path)
    with pytest.raises(JournalError, match="Could not open"):
        Journal(path.parent / "missing" / "file")


def test_closed_journal_says_so(path: Path) -> None:
    """Closing twice does no harm; using it afterwards is an error."""
    journal = Journal(path)
    journal.close()
    journal.close()

    with pytest.raises(JournalError, match="is closed"):
        journal.run("run")
    assert repr(journal) == "<Journal okta.journal>"


def test_unknown_runs_and_chunks_are_errors(path: Path) -> None:
    """Nothing is noted into the void."""
    with Journal(path) as journal:
        with pytest.raises(JournalError, match="no such run"):
            journal.run("nowhere")
        with pytest.raises(JournalError, match="no such run"):
            journal.begin_execution("nowhere", LINKS)
        with pytest.raises(JournalError, match="has no entry"):
            journal.plan("nowhere", 1, planned(0))
        begin(journal)
        with pytest.raises(JournalError, match="has no entry"):
            journal.accept("run", 1, planned(0))


def test_failed_transaction_leaves_nothing_behind(path: Path) -> None:
    """A run id that is there already is rejected as a whole: the open run stays open."""
    with Journal(path) as journal:
        begin(journal)
        with pytest.raises(JournalError):
            journal.begin_run("run", import_source="source", model_digest="model")

        assert journal.run("run").state is RunState.OPEN


def test_threads_may_share_a_journal(path: Path) -> None:
    """Workers may note what they sent."""
    errors: list[BaseException] = []
    with Journal(path) as journal:
        begin(journal)

        def work(first: int) -> None:
            try:
                for index in range(first, first + 50):
                    journal.plan("run", 1, planned(index))
                    journal.accept("run", 1, planned(index))
            except BaseException as error:  # noqa: BLE001 - handed to the test
                errors.append(error)

        threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 200, 50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert not errors
        assert {chunk.state for chunk in journal.chunks("run", 1).values()} == {ChunkState.ACCEPTED}
        assert len(journal.boundaries("run")) == 200
