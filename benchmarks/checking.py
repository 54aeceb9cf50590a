"""P6e and P6g: what values of many kinds cost, in the check alone and in a whole import through the public API.

The imports and the loops read the same CSV lines into records; no import has its records ready in memory. What remains of
the loops' speed if the records are ready is noted beside the goals.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence

import httpx
from attrs import evolve

from jsm_assets_dest import ImportToken
from jsm_assets_dest._imports.record_checker import RecordChecker

from . import loops
from .bulk import IN_FLIGHT
from .measuring import Measured, Rounds, take_turns
from .people import Mix, export_lines, mixes, people_model, read_export
from .records import CHUNK
from .server import DATA
from .stage import Stage

#: Seconds of latency of the second part of P6g.
LATENCY = 0.1


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    return [*_check(stage), *_whole_imports(stage)]


def _check(stage: Stage) -> list[Measured]:
    count = stage.choose(1_000, 300)
    contestants = {mix.name: _checking(mix) for mix in mixes(count)}
    extremes = {mix.name for mix in mixes(1) if mix.is_extreme}
    # Only the process's own time: a check waits for nothing.
    rounds = take_turns(
        contestants, rounds=stage.choose(60, 10), seconds=stage.choose(20, 1), timer=time.process_time
    )

    def measured(goal: str, what: str, name: str) -> Measured:
        microseconds = min(rounds.seconds[name]) / count * 1e6
        return Measured.of(
            goal, what, rounds.ratios(name, "all text"), note=f"{microseconds:.2f} us per record"
        )

    usual = [name for name in contestants if name not in extremes and name != "all text"]
    worst = max(usual, key=rounds.median)
    goal = measured("P6e", f"check, the worst mix of values ({worst}) / all text", worst)
    return [goal, *(measured("", f"check, {name} / all text", name) for name in contestants)]


def _checking(mix: Mix) -> Callable[[], object]:
    checker = RecordChecker(mix.model)

    def check() -> None:
        checker.begin_chunk()
        checker.check_many("users", 0, mix.records)

    return check


def _whole_imports(stage: Stage) -> list[Measured]:
    lines = export_lines(stage.choose(40, 16) * CHUNK)
    few = lines[: stage.choose(40, 6) * CHUNK]
    ready = [] if stage.quick else [*read_export(lines)]
    results: list[Measured] = []
    with stage.token() as token, stage.httpx_client() as client:
        for name, latency, source in (
            ("", 0.0, lambda: read_export(few)),
            ("", LATENCY, lambda: read_export(lines)),
            ("ready ", 0.0, lambda: iter(ready)),
        )[: stage.choose(3, 2)]:
            rounds, fixed = _imports(stage, token, client, source, latency)
            results += _ratios(name, rounds, fixed, latency, len(lines if latency or name else few))
    return results


def _ratios(name: str, rounds: Rounds, fixed: int, latency: float, count: int) -> list[Measured]:
    """Return the ratio of each model, and the worse one for the goal."""
    loop = rounds.best_of(*(name for name in ("sequence", "threads") if name in rounds.seconds))
    beyond = f", {latency * 1000:.0f} ms, beyond {fixed} fixed round trips" if latency else ""
    results: list[Measured] = []
    for kind in ("typed", "untyped"):
        seconds = [whole - fixed * latency for whole in rounds.seconds[kind]]
        ratios = [best / mine for best, mine in zip(rounds.seconds[loop], seconds, strict=True)]
        what = f"whole import of {name}mixed records, {kind} model{beyond} / best httpx loop, orjson"
        rates = [count / statistics.median(times) / 1000 for times in (seconds, rounds.seconds[loop])]
        note = f"{rates[0]:,.0f}k records/s against {rates[1]:,.0f}k ({loop})"
        results.append(Measured.of("", what, ratios, note=note))
    if name:
        return results
    worse = min(results, key=lambda measured: measured.value)
    return [evolve(worse, goal=f"P6g.{latency * 1000:.0f}"), *results]


def _imports(
    stage: Stage,
    token: ImportToken,
    client: httpx.Client,
    source: Callable[[], Iterator[dict[str, object]]],
    latency: float,
) -> tuple[Rounds, int]:
    """Return the times of imports and loops, and the round trips of an import beyond its chunks."""
    url, encode = stage.server.url + DATA, loops.orjson_bytes()

    def library(*, typed: bool) -> object:
        model = people_model(typed=typed)
        return token.import_records(
            {"users": source()},
            model=model,
            chunk_records=CHUNK,
            in_flight=IN_FLIGHT,
            missing_objects="ignore",
        )

    library(typed=True)
    stage.server.behave()
    library(typed=True)
    counters = stage.server.counters()
    stage.server.behave(latency=latency, everywhere=True)
    contestants: dict[str, Callable[[], object]] = {
        "typed": lambda: library(typed=True),
        "untyped": lambda: library(typed=False),
        "threads": lambda: loops.httpx_threads(client, url, source(), encode, IN_FLIGHT),
    }
    if not latency:  # with it, one chunk after the other is never the best
        contestants["sequence"] = lambda: loops.httpx_sequence(client, url, source(), encode)
    # A warm-up with a latency takes seconds, and everything ran before without it.
    rounds = take_turns(
        contestants,
        rounds=stage.choose(20, 3),
        seconds=stage.choose(25, 2),
        warm_up=0 if latency or stage.quick else 1,
        least=2,
    )
    stage.server.behave()
    return rounds, counters.requests - counters.chunks
