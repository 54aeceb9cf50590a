"""Journal of imports: a small SQLite file that allows an interrupted import to be resumed.

It contains the runs, the links of their executions, for each chunk its id, its digest, and its state, and for each object of
the last confirmed run its identifier and a digest of its values (`journal_objects`). It never contains a record, a credential,
or a link that may contain one. Only one process at a time can use the file. The lock is the
database's own, so the operating system releases it however a process ends.

Entries survive a kill of the process at any moment. Writing does not wait for the disk (write-ahead log,
`synchronous=NORMAL`), so it takes less than a hundredth of a chunk's time. After a power failure, the last entries may be
missing; then those chunks are sent again with the same ids and bytes. Do not put a journal on a network file system without
working locks.

The module is long, because one class owns the connection, its lock, and its transactions.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from attrs import evolve

from ..exceptions import JournalError, JournalLockedError, JournalMismatchError
from ..exceptions._declared import scrubbed
from . import journal_objects
from .chunk import Chunk
from .journal_objects import JournalObject, UnlistedObjects
from .journal_values import ChunkState, JournalChunk, JournalExecution, JournalRun, RunState

#: Marker of the file ("JAdJ"), and version of its tables. Version 1 has no objects, and version 2 no numbers of unlisted objects; what
#: is lacking is added when the file is opened.
APPLICATION_ID = 0x4A41644A
VERSION = 3

_TABLES = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, import_source TEXT NOT NULL, model_digest TEXT NOT NULL,
    test INTEGER NOT NULL, encoder TEXT NOT NULL, state TEXT NOT NULL, started REAL NOT NULL, ended REAL,
    counts TEXT NOT NULL);
CREATE TABLE executions (
    run INTEGER NOT NULL, number INTEGER NOT NULL, execution_id TEXT NOT NULL, links TEXT NOT NULL,
    started REAL NOT NULL, PRIMARY KEY (run, number)) WITHOUT ROWID;
CREATE TABLE chunks (
    run INTEGER NOT NULL, execution INTEGER NOT NULL, number INTEGER NOT NULL, part TEXT NOT NULL, id TEXT NOT NULL,
    digest TEXT NOT NULL, counts TEXT NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (run, execution, number, part)) WITHOUT ROWID;
"""


#: What a value of another type, text in place of JSON, or an unreadable message of the database raises.
_ODD_VALUE = (OverflowError, RecursionError, TypeError, ValueError)

#: What to do about a journal that can't be read.
_NEW_FILE = (
    "You: move the file away and import all records again with a new journal. Assets keeps what it has.",
)


def _may_store(link: str) -> bool:
    authority = link.partition("://")[2].partition("/")[0]
    return "@" not in authority and scrubbed(link) == link


class Journal:
    """Journal in a file, which is created if it does not exist.

    Methods can be called from any thread of the process that opened it.

    Args:
        path: Path of the file. Its folder must exist.
        now: Function that returns seconds since 1970.

    Raises:
        JournalLockedError: Another import uses the file.
        JournalError: The file is not a journal, is damaged, or can't be read and written.
    """

    def __init__(self, path: str | os.PathLike[str], *, now: Callable[[], float] = time.time) -> None:
        self.path: Path = Path(path)
        if str(path) == ":memory:":
            raise JournalError(
                "Could not open the journal: a database in memory cannot survive an interruption.",
                cause='For SQLite, the path ":memory:" is a database in memory.',
                remedies=("You: pass the path of a file.",),
            )
        self._now = now
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None
        try:
            # Only the owner may read the file, because it shows who imports what and when. An existing file is not opened
            # here, because closing it would release every POSIX lock of this process on it.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self._database = sqlite3.connect(
                self.path, timeout=0, isolation_level=None, check_same_thread=False
            )
            self._prepare(self._database)
        except OSError as error:
            raise JournalError(f"Could not open the journal {self.path.name}: {error.strerror}.") from error
        except sqlite3.Error as error:
            self.close()
            raise self._error(error) from error
        except _ODD_VALUE as error:
            self.close()
            raise self._damaged() from error
        except BaseException:
            self.close()
            raise

    def _prepare(self, database: sqlite3.Connection) -> None:
        # In this order, the lock is acquired once and kept, and the log works without shared memory.
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("BEGIN IMMEDIATE")
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != APPLICATION_ID:
            raise JournalError(
                f"Could not open the journal {self.path.name}: it is another SQLite database.",
                cause="Another program created the file.",
                remedies=("You: pass the path of another file.",),
            )
        if tables and not 1 <= version <= VERSION:
            raise JournalError(
                f"Could not open the journal {self.path.name}: it has version {version}, and this release reads version {VERSION}.",
                cause="Another release of this library wrote it.",
                remedies=_NEW_FILE,
            )
        if tables and database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise self._damaged()
        versions = ((1, _TABLES), (2, journal_objects.TABLES), (3, journal_objects.UNLISTED_TABLE))
        for first_version, statements in versions:
            if not tables or version < first_version:
                for statement in statements.split(";"):
                    database.execute(statement)
        if version != VERSION:
            database.execute(f"PRAGMA application_id={APPLICATION_ID:d}")
            database.execute(f"PRAGMA user_version={VERSION:d}")
        database.execute("COMMIT")

    def close(self) -> None:
        """Release the file. A second call does nothing."""
        with self._lock:
            database, self._database = self._database, None
            if database is not None:
                database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Journal {self.path.name}>"

    # --- runs

    def begin_run(
        self, run_id: str, *, import_source: str, model_digest: str, test: bool = False, encoder: str = "json"
    ) -> JournalRun:
        """Begin a run. An open run of the same import source is abandoned.

        The encoder is stored because only the same encoder produces chunks with the same digests.
        """
        with self._transaction() as database:
            database.execute(
                "UPDATE runs SET state=?, ended=? WHERE import_source=? AND state IN (?, ?)",
                (RunState.ABANDONED, self._now(), import_source, RunState.OPEN, RunState.COMPLETING),
            )
            database.execute(
                "INSERT INTO runs (id, import_source, model_digest, test, encoder, state, started, counts)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, '{}')",
                (run_id, import_source, model_digest, test, encoder, RunState.OPEN, self._now()),
            )
            self._delete_chunks(database)
            return self._run(database, run_id)

    def open_run(self, *, import_source: str, model_digest: str) -> JournalRun | None:
        """Return the run that can be resumed, or None if the last one has ended.

        Raises:
            JournalMismatchError: The only open run belongs to another import source or another model.
        """
        run = self.left_open(import_source)
        if run is None:
            with self._reading() as database:
                other = database.execute(
                    "SELECT 1 FROM runs WHERE state IN (?, ?) AND NOT EXISTS"
                    " (SELECT 1 FROM runs WHERE import_source=?)",
                    (RunState.OPEN, RunState.COMPLETING, import_source),
                ).fetchone()
            if other is not None:
                raise JournalMismatchError(
                    f"Could not resume from {self.path.name}: its open run belongs to another import source."
                )
        elif run.model_digest != model_digest:
            raise JournalMismatchError(
                f"Could not resume from {self.path.name}: its open run has another schema model.",
                cause="The model that was passed, or the current one in Assets, differs from that of the interrupted run.",
                remedies=(
                    "You: resume with the model of the interrupted run.",
                    "You: or start over with import_records() and the same journal.",
                ),
            )
        return run

    def left_open(self, import_source: str) -> JournalRun | None:
        """Return the newest run of an import source, whatever its model, if it has not ended."""
        with self._reading() as database:
            row = database.execute(
                "SELECT id FROM runs WHERE import_source=? ORDER BY number DESC LIMIT 1", (import_source,)
            ).fetchone()
            run = self._run(database, row[0]) if row is not None else None
        return run if run is not None and run.is_open else None

    def run(self, run_id: str) -> JournalRun:
        """Return the run with the given id.

        Raises:
            JournalError: The journal has no such run.
        """
        with self._reading() as database:
            return self._run(database, run_id)

    def runs(self) -> list[JournalRun]:
        """Return all runs in the order of their start. The counts of an open run are those that were accepted so far."""
        with self._reading() as database:
            ids = database.execute("SELECT id FROM runs ORDER BY number").fetchall()
            return [self._with_accepted(self._run(database, run_id)) for (run_id,) in ids]

    def _with_accepted(self, run: JournalRun) -> JournalRun:
        if not run.is_open or run.execution is None:
            return run
        counts: Counter[str] = Counter()
        for chunk in self.chunks(run.id, run.execution.number).values():
            counts.update(chunk.counts if chunk.state is ChunkState.ACCEPTED else {})
        return evolve(run, counts=dict(counts))

    def completing(
        self, run_id: str, object_types: Collection[str] = (), objects: Iterable[JournalObject] = ()
    ) -> None:
        """Record that the end of the data is about to be sent, and the objects that the data contains.

        Args:
            run_id: Id of the run.
            object_types: Keys of all mapped object types, if the run contains all records and is compared with what exists.
                Empty for a test import, and for a run that is declared not to remove objects: it may be partial.
            objects: The objects that the run contains.
        """
        with self._transaction() as database:
            run = self._run(database, run_id)
            database.execute("UPDATE runs SET state=? WHERE id=?", (RunState.COMPLETING, run_id))
            journal_objects.plan_objects(
                database, self._number(database, run_id), run.import_source, object_types, objects
            )

    def finish_run(
        self,
        run_id: str,
        state: RunState,
        counts: Mapping[str, int],
        doubtful_types: Collection[str] | None = (),
    ) -> None:
        """Record the end of a run and its counts. Its chunks are deleted, which keeps the file small.

        Args:
            run_id: Id of the run.
            state: Its last state. With DONE, its objects become those of the last confirmed run.
            counts: Number of records by selector.
            doubtful_types: Keys of the object types whose report has a failure or a gap; None for all.
        """
        with self._transaction() as database:
            run = self._run(database, run_id)
            database.execute(
                "UPDATE runs SET state=?, ended=?, counts=? WHERE id=?",
                (state, self._now(), json.dumps(dict(counts)), run_id),
            )
            if state is RunState.DONE:
                journal_objects.confirm_objects(
                    database,
                    self._number(database, run_id),
                    run.import_source,
                    doubtful_types,
                )
            self._delete_chunks(database)

    # --- objects

    def note_missing(self, run_id: str, missing: Iterable[JournalObject], *, is_accepted: bool) -> None:
        """Record the objects that a run does not contain.

        They count from the run's confirmed end on; those that the user accepted count immediately.
        """
        with self._transaction() as database:
            run = self._run(database, run_id)
            journal_objects.note_missing(
                database,
                self._number(database, run_id),
                run.import_source,
                missing,
                self._now() if is_accepted else None,
            )

    def accept_unlisted(self, run_id: str, numbers: Iterable[UnlistedObjects]) -> None:
        """Record how many objects that no one can name may be missing from a run. They count immediately."""
        with self._transaction() as database:
            run = self._run(database, run_id)
            number = self._number(database, run_id)
            journal_objects.accept_unlisted(database, number, run.import_source, numbers)

    def accepted_unlisted(self, import_source: str) -> Iterator[UnlistedObjects]:
        """Yield the accepted numbers of objects that no one can name, one for each object type."""
        with self._reading() as database:
            yield from journal_objects.accepted_unlisted(database, import_source)

    def confirmed_types(self, import_source: str) -> frozenset[str]:
        """Return the keys of the object types of the last confirmed run that contained all records."""
        with self._reading() as database:
            return journal_objects.confirmed_types(database, import_source)

    def confirmed_objects(self, import_source: str) -> Iterator[JournalObject]:
        """Yield the objects of the last confirmed run, and those that partial runs confirmed since."""
        with self._reading() as database:
            yield from journal_objects.confirmed_objects(database, import_source)

    def confirmed_contents(self, import_source: str) -> Iterator[tuple[str, list[bytes], list[bytes | None]]]:
        """Yield the identities and contents of the confirmed objects of each object type, in portions and in their order."""
        with self._reading() as database:
            yield from journal_objects.confirmed_contents(database, import_source)

    def forget_contents(self, import_source: str, objects: Iterable[JournalObject]) -> None:
        """Forget which values Assets contains of some objects, so that they are sent again."""
        with self._transaction() as database:
            journal_objects.forget_contents(database, import_source, objects)

    def missing_objects(self, import_source: str) -> Iterator[JournalObject]:
        """Yield the objects that were missing from the last confirmed run, and those that the user accepted since."""
        with self._reading() as database:
            yield from journal_objects.missing_objects(database, import_source)

    def import_sources(self) -> frozenset[str]:
        """Return the ids of the import sources whose runs the journal contains."""
        with self._reading() as database:
            return frozenset(
                source for (source,) in database.execute("SELECT DISTINCT import_source FROM runs")
            )

    def begin_execution(
        self, run_id: str, links: Mapping[str, str], execution_id: str = ""
    ) -> JournalExecution:
        """Record the execution of a run, or a new one because the old one no longer accepts data.

        Links that may contain a credential are not stored. After a crash, such a run continues in a new execution.
        """
        stored_links = dict(links) if all(map(_may_store, links.values())) else {}
        with self._transaction() as database:
            number = self._number(database, run_id)
            (last,) = database.execute("SELECT max(number) FROM executions WHERE run=?", (number,)).fetchone()
            execution = JournalExecution(
                number=(last or 0) + 1, execution_id=execution_id, links=stored_links
            )
            database.execute(
                "INSERT INTO executions VALUES (?, ?, ?, ?, ?)",
                (number, execution.number, execution_id, json.dumps(stored_links), self._now()),
            )
            database.execute("UPDATE runs SET state=? WHERE number=?", (RunState.OPEN, number))
        return execution

    # --- chunks

    def plan(self, run_id: str, execution: int, chunk: Chunk) -> None:
        """Record a chunk before it is sent for the first time. Recording it again resets only its state."""
        self._write(
            "INSERT OR REPLACE INTO chunks SELECT number, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM runs WHERE id=?",
            execution,
            chunk.index,
            chunk.part,
            chunk.id,
            chunk.digest,
            json.dumps(dict(chunk.counts)),
            sum(chunk.counts.values()),
            chunk.size,
            ChunkState.PLANNED,
            run_id,
        )

    def accept(self, run_id: str, execution: int, chunk: Chunk) -> None:
        """Record that the service accepted a chunk."""
        self._mark(ChunkState.ACCEPTED, run_id, execution, chunk)

    def split(self, run_id: str, execution: int, chunk: Chunk) -> None:
        """Record that a chunk was too large for the service."""
        self._mark(ChunkState.SPLIT, run_id, execution, chunk)

    def _mark(self, state: ChunkState, run_id: str, execution: int, chunk: Chunk) -> None:
        self._write(
            "UPDATE chunks SET state=? WHERE run=(SELECT number FROM runs WHERE id=?)"
            " AND execution=? AND number=? AND part=?",
            state,
            run_id,
            execution,
            chunk.index,
            chunk.part,
        )

    def chunks(self, run_id: str, execution: int) -> dict[str, JournalChunk]:
        """Return the chunks of an execution by name (number and part, such as "12" or "12ab")."""
        with self._reading() as database:
            rows = database.execute(
                "SELECT chunks.number || part, chunks.id, digest, chunks.state, chunks.counts, bytes FROM chunks"
                " JOIN runs ON runs.number=run WHERE runs.id=? AND execution=?",
                (run_id, execution),
            ).fetchall()
            return {
                name: JournalChunk(
                    id=chunk_id, digest=digest, state=state, counts=json.loads(counts), bytes=size
                )
                for name, chunk_id, digest, state, counts, size in rows
            }

    def boundaries(self, run_id: str) -> tuple[int, ...]:
        """Return the record counts of a run's chunks in order. With them, the same records result in the same chunks."""
        with self._reading() as database:
            rows = database.execute(
                # SQLite takes the other columns from the row with the greatest execution.
                "SELECT chunks.number, records, max(execution) FROM chunks JOIN runs ON runs.number=run"
                " WHERE runs.id=? AND part='' GROUP BY chunks.number ORDER BY chunks.number",
                (run_id,),
            ).fetchall()
            boundaries: list[int] = []
            for number, records, _ in rows:
                if number != len(boundaries):
                    break  # a gap after a power failure; the following chunks are cut again
                if type(records) is not int or records < 1:
                    raise ValueError("a chunk without records")
                boundaries.append(records)
            return tuple(boundaries)

    # --- the database

    def _run(self, database: sqlite3.Connection, run_id: str) -> JournalRun:
        row = database.execute(
            "SELECT number, id, import_source, model_digest, test, state, started, ended, counts, encoder FROM runs"
            " WHERE id=?",
            (run_id,),
        ).fetchone()
        if row is None:
            raise self._unknown_run()
        last = database.execute(
            "SELECT number, execution_id, links FROM executions WHERE run=? ORDER BY number DESC LIMIT 1",
            (row[0],),
        ).fetchone()
        return JournalRun(
            id=row[1],
            import_source=row[2],
            model_digest=row[3],
            test=bool(row[4]),
            state=row[5],
            started=row[6],
            ended=row[7],
            counts=json.loads(row[8]),
            encoder=row[9],
            execution=None
            if last is None
            else JournalExecution(number=last[0], execution_id=last[1], links=json.loads(last[2])),
        )

    def _number(self, database: sqlite3.Connection, run_id: str) -> int:
        row = database.execute("SELECT number FROM runs WHERE id=?", (run_id,)).fetchone()
        if row is None:
            raise self._unknown_run()
        return cast("int", row[0])

    def _delete_chunks(self, database: sqlite3.Connection) -> None:
        database.execute(
            "DELETE FROM chunks WHERE run IN (SELECT number FROM runs WHERE state NOT IN (?, ?))",
            (RunState.OPEN, RunState.COMPLETING),
        )
        journal_objects.delete_ended(database)

    def _error(self, error: sqlite3.Error) -> JournalError:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return JournalLockedError(f"Could not open the journal {self.path.name}: another import uses it.")
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB:
            return JournalError(
                f"Could not open the journal {self.path.name}: it is not a database, or its first bytes are damaged.",
                remedies=_NEW_FILE,
            )
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (0, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):
            return self._damaged()
        return JournalError(f"Could not use the journal {self.path.name}: {error}.")

    def _unknown_run(self) -> JournalError:
        return JournalError(f"Could not use the journal {self.path.name}: it has no such run.")

    def _damaged(self) -> JournalError:
        return JournalError(
            f"Could not use the journal {self.path.name}: the file is damaged.",
            cause="Something other than this library changed it, or the disk failed.",
            remedies=_NEW_FILE,
        )

    @contextlib.contextmanager
    def _reading(self) -> Generator[sqlite3.Connection, None, None]:
        with self._lock:
            if self._database is None:
                raise JournalError(
                    f"Could not use the journal {self.path.name}: it is closed.",
                    cause="Its import has ended.",
                )
            try:
                yield self._database
            except sqlite3.Error as error:
                raise self._error(error) from error
            except _ODD_VALUE as error:
                raise self._damaged() from error

    @contextlib.contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection, None, None]:
        with self._reading() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                # After some failures, such as a full disk, the database has already rolled back.
                with contextlib.suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise

    def _write(self, statement: str, *values: object) -> None:
        with self._reading() as database:
            cursor = database.execute(statement, cast("tuple[str, ...]", values))
            if not cursor.rowcount:
                raise JournalError(
                    f"Could not update the journal {self.path.name}: it has no entry for this run."
                )
