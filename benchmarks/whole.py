"""P11, P12, P13: what an import costs besides its chunks: round trips, looks at a running job, the journal."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from random import Random

from attrs import evolve

from jsm_assets_dest import ImportExecution
from jsm_assets_dest._http.commands import Send, Sleep
from jsm_assets_dest._imports.chunker import Chunker
from jsm_assets_dest._imports.journal import Journal
from jsm_assets_dest._operations.executions import ended
from jsm_assets_dest._operations.run_journal import JournalRecord
from jsm_assets_dest._session.site import Site
from jsm_assets_dest._wire.response import Response

from . import loops
from .bulk import started
from .measuring import Measured
from .records import CHUNK, model, user
from .stage import ACCOUNT, Stage

#: Seconds that jobs take, from a test import to a night.
JOBS = (1, 3, 10, 30, 60, 300, 900, 3_600, 7_200, 28_800)


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    return [*_round_trips(stage), *_looks(stage), *_journal(stage)]


def _round_trips(stage: Stage) -> list[Measured]:
    records = [user(number) for number in range(10 * CHUNK)]
    beyond: list[int] = []
    with stage.connected() as connection:
        (schema,) = connection.object_schemas()
        token = connection.import_token(loops.TOKEN, schema)
        for _ in ("in a new process", "once the token's import source is known"):
            stage.server.behave()
            token.import_records(
                {"users": records}, model=model(), chunk_records=CHUNK, missing_objects="ignore"
            )
            counters = stage.server.counters()
            beyond.append(counters.requests - counters.chunks)
    return [
        Measured.exactly(
            "P11",
            "round trips of an import beyond its chunks, missing objects are ignored",
            beyond[1],
            "requests",
            f"{beyond[0]} for the first import of a process that did not build the model",
        ),
        Measured.exactly("", "round trips of the first import of a process", beyond[0], "requests"),
    ]


class _Clock:
    """A clock that moves forward at each wait."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.now += seconds


def _looks(stage: Stage) -> list[Measured]:
    """Jobs of all lengths, on a clock of our own: how often they are looked at and when their end is noticed."""
    chance = Random(9)
    with stage.token() as token:
        execution = started(token)
        most, latest = 0.0, 0.0
        for seconds in JOBS:
            for _ in range(stage.choose(20, 3)):
                looks, late = _job(stage, execution, seconds * chance.uniform(0.5, 1.0), chance)
                most = max(most, looks - seconds / 15)
                latest = max(latest, late)
    return [
        Measured.exactly("P12", "looks at a job beyond one in 15 seconds, the most of all", most, "looks"),
        Measured.exactly(
            "P12b", "how late the end is noticed / what is allowed, the most of all", latest, "x"
        ),
    ]


def _job(stage: Stage, execution: ImportExecution, seconds: float, chance: Random) -> tuple[int, float]:
    clock = _Clock()
    site = Site(
        url=stage.server.url, gateway=stage.server.url, credentials=ACCOUNT, clock=clock, chance=chance.random
    )
    operation = ended(evolve(execution._target, site=site), execution, 1e9)
    looks = 0
    try:
        command = operation.send(None)
        while True:
            if isinstance(command, Send):
                looks += 1
                state = b"DONE" if clock.now >= seconds else b"PROCESSING"
                body = b'{"status":"' + state + b'","executionId":"1"}'
                command = operation.send(Response(200, {"content-type": "application/json"}, body))
            else:
                assert isinstance(command, Sleep)
                clock.sleep(command.seconds)
                command = operation.send(None)
    except StopIteration:
        allowed = min(15.0, max(1.0, 0.1 * seconds))
        return looks, (clock.now - seconds) / allowed


def _journal(stage: Stage) -> list[Measured]:
    """Measure the work of the journal for a chunk: a digest, an entry before sending, and one after acceptance."""
    chunker = Chunker("run", limit_count=CHUNK, digests=True)
    (chunk,) = chunker.feed("users", [user(number) for number in range(CHUNK)])
    notes: list[float] = []
    digests: list[float] = []
    with Journal(stage.folder / "benchmark.journal") as journal:
        journal.begin_run("run", import_source="source", model_digest="digest", test=False)
        execution_id = journal.begin_execution("run", {}, "execution")
        record = JournalRecord(journal, "run", execution_id.number)
        for number in range(stage.choose(500, 150)):
            numbered_chunk = evolve(chunk, index=number, id=f"run-{number}")
            began = time.perf_counter()
            record.earlier_state(numbered_chunk)
            record.plan(numbered_chunk)
            record.accept(numbered_chunk)
            notes.append(time.perf_counter() - began)
            began = time.perf_counter()
            hashlib.sha256(chunk.body).hexdigest()
            digests.append(time.perf_counter() - began)
    both = [numbered_chunk + two for numbered_chunk, two in zip(notes, digests, strict=True)]
    return [
        Measured.of(
            "P13", "journal / a chunk's time at 100 ms", [seconds / 0.1 * 100 for seconds in both], "%"
        ),
        Measured.of("", "journal, notes of a chunk", [seconds * 1e6 for seconds in notes], "us"),
        Measured.of("", "journal, digest of a chunk", [seconds * 1e6 for seconds in digests], "us"),
    ]
