"""P6: many records with a server that answers at once: what is measured is the client's own limit.

The library sends through an execution, chunk after chunk; what an import costs besides is counted in `whole.py`. The
best hand-written loop is the one with the smallest median; ratios are taken round by round.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from unittest import mock

import httpx

from jsm_assets_dest import ImportExecution, ImportToken
from jsm_assets_dest._imports import pipeline
from jsm_assets_dest._imports.chunk import Run
from jsm_assets_dest._imports.record_checker import RecordChecker

from . import loops
from .measuring import Measured, Rounds, take_turns
from .records import CHUNK, model, user, users
from .server import DATA
from .stage import Stage

#: What both sides keep in flight where they do.
IN_FLIGHT = 4


class Unchecked(RecordChecker):
    """A checker that passes everything on, to measure what the rest costs."""

    def check_many(
        self,
        selector: str,
        first: int,
        records: Sequence[object],
        on_bad: object = None,  # noqa: ARG002 - the signature of the checker
    ) -> Run:
        """Return the records unchanged."""
        return Run(selector, [*records], range(first, first + len(records)), [*records])


@contextlib.contextmanager
def unchecked() -> Generator[None]:
    """Switch off the checks of imports while the context lasts."""
    with mock.patch.object(pipeline, "RecordChecker", Unchecked):
        yield


def started(token: ImportToken, *, in_flight: int = IN_FLIGHT) -> ImportExecution:
    """Return an execution with chunks of the size of the measurements."""
    return token.start(model=model(), missing_objects="ignore", chunk_records=CHUNK, in_flight=in_flight)


def submit(execution: ImportExecution, records: Iterable[object], *, fast: bool) -> None:
    """Send records, encoded with orjson or without it."""
    with contextlib.nullcontext() if fast else mock.patch.dict(sys.modules, {"orjson": None}):
        execution.submit({"users": records})


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    results: list[Measured] = []
    with stage.token() as token, stage.httpx_client() as client:
        for fast in (False, True):
            # About 50 ms for each: long beside the start of a thread, and short beside the changes of a machine's speed.
            count = 20_000 if fast else 5_000
            records = [user(number) for number in range(count)]
            contestants = _contestants(stage, client, started(token), records, fast=fast)
            stage.server.behave()
            rounds = take_turns(
                contestants, rounds=stage.choose(160, 24), seconds=stage.choose(40, 2 if fast else 3)
            )
            results += _told(rounds, count, fast=fast)
            results.append(_busy(stage, rounds, "orjson" if fast else "json"))
    return results


def _contestants(
    stage: Stage,
    client: httpx.Client,
    execution: ImportExecution,
    records: Sequence[loops.User],
    *,
    fast: bool,
) -> dict[str, Callable[[], object]]:
    encode = loops.orjson_bytes() if fast else loops.json_bytes
    url, count = stage.server.url + DATA, len(records)

    def off() -> None:
        with unchecked():
            submit(execution, records, fast=fast)

    results: dict[str, Callable[[], object]] = {
        "off": off,
        "on": lambda: submit(execution, records, fast=fast),
        "sequence": lambda: loops.httpx_sequence(client, url, records, encode),
        "threads": lambda: loops.httpx_threads(client, url, records, encode),
        "from a generator": lambda: submit(execution, users(count), fast=fast),
        "sequence from a generator": lambda: loops.httpx_sequence(client, url, users(count), encode),
        "threads from a generator": lambda: loops.httpx_threads(client, url, users(count), encode),
    }
    if fast and stage.quick:  # no goal is about these
        del (
            results["from a generator"],
            results["sequence from a generator"],
            results["threads from a generator"],
        )
    if fast:
        results["http.client"] = lambda: loops.http_client_threads(stage.server.port, records, encode)
    if fast and not stage.quick:
        results["tasks"] = lambda: loops.httpx_tasks(url, records, encode)
    return results


def _told(rounds: Rounds, count: int, *, fast: bool) -> list[Measured]:
    best = rounds.best_of("sequence", "threads")
    encoder = "orjson" if fast else "json"

    def measured(goal: str, what: str, name: str, other: str) -> Measured:
        rate = count / rounds.median(name)
        return Measured.of(
            goal,
            f"{what}, {encoder}",
            rounds.ratios(other, name),
            note=f"{rate / 1000:,.0f}k records/s against {count / rounds.median(other) / 1000:,.0f}k ({other})",
        )

    results = [
        measured("P6f" if fast else "P6", "bulk, ready records, checks off / best httpx loop", "off", best),
        measured("P6bf" if fast else "P6b", "bulk, ready records, checks on / best httpx loop", "on", best),
    ]
    if "from a generator" in rounds.seconds:
        best_generated = rounds.best_of("sequence from a generator", "threads from a generator")
        what = "bulk from a generator, checks on / best httpx loop"
        results.append(measured("" if fast else "P6c", what, "from a generator", best_generated))
    if fast:
        results.append(measured("P6d", "bulk, checks off / http.client", "off", "http.client"))
    if "tasks" in rounds.seconds:
        results.append(measured("", "bulk, tasks of httpx.AsyncClient / best httpx loop", "tasks", best))
    return results


def _busy(stage: Stage, rounds: Rounds, encoder: str) -> Measured:
    """Share of the time in which the server was busy; far below 1, it waited for the clients."""
    elapsed = sum(map(sum, rounds.seconds.values()))
    return Measured.exactly(
        "",
        f"the server's processor time in the bulk measurements, {encoder}",
        stage.server.counters().busy / elapsed,
        "x",
    )
