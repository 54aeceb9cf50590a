"""P6e and P6g: what values of many kinds cost, in the check alone and in a whole import through the public API.

The imports and the loops read the same CSV lines into records and send the same chunks. P6g is about imports with default
options, that is, with chunks of 500 records, 4 in flight. Noted beside the goals: ready records, and chunks of 1,000. Such
chunks need more of the processor's time than 4 in flight wait for on a slow machine, so the check is visible in their ratio.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence

import httpx
from attrs import evolve

from jsm_assets_dest import ImportToken
from jsm_assets_dest._imports.options import ImportOptions
from jsm_assets_dest._imports.record_checker import RecordChecker

from . import loops
from .measuring import Measured, Rounds, take_turns
from .people import Mix, export_lines, mixes, people_model, read_export
from .records import CHUNK
from .server import DATA
from .stage import Stage

#: Seconds of latency of the second part of P6g.
LATENCY = 0.1
#: Records in a chunk, unless an import says otherwise.
DEFAULT = ImportOptions().chunk_records


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    return [*_check(stage), *_whole_imports(stage)]


def _check(stage: Stage) -> list[Measured]:
    count = stage.choose(1_000, 300)
    compared = mixes(count)
    # Only the process's own time: a check waits for nothing.
    rounds = take_turns(
        {mix.name: _checking(mix) for mix in compared},
        rounds=stage.choose(60, 10),
        seconds=stage.choose(20, 1),
        timer=time.process_time,
    )
    results: dict[str, Measured] = {}
    for mix in compared:
        microseconds = min(rounds.seconds[mix.name]) / count * 1e6
        ratios = rounds.ratios(mix.name, mix.base)
        note = f"{microseconds:.2f} us per record"
        results[mix.name] = Measured.of("", f"check, {mix.name} / {mix.base}", ratios, note=note)
    usual = [results[mix.name] for mix in compared if not mix.is_extreme and mix.name != mix.base]
    worst = max(usual, key=lambda measured: measured.value)
    return [evolve(worst, goal="P6e"), *results.values()]


def _checking(mix: Mix) -> Callable[[], object]:
    checker = RecordChecker(mix.model)

    def check() -> None:
        checker.begin_chunk()
        checker.check_many("users", 0, mix.records)

    return check


def _whole_imports(stage: Stage) -> list[Measured]:
    lines = export_lines(stage.choose(30_000, 8_000))
    few = lines[: stage.choose(30_000, 6_000)]
    ready = [] if stage.quick else [*read_export(lines)]
    results: list[Measured] = []
    with stage.token() as token, stage.httpx_client() as client:
        for name, latency, source, size in (
            ("", 0.0, lambda: read_export(few), DEFAULT),
            ("", LATENCY, lambda: read_export(lines), DEFAULT),
            ("ready ", 0.0, lambda: iter(ready), DEFAULT),
            (f"{CHUNK:,} per chunk of ", LATENCY, lambda: read_export(lines), CHUNK),
        )[: stage.choose(4, 2)]:
            rounds, fixed = _imports(stage, token, client, source, latency, size)
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
    size: int,
) -> tuple[Rounds, int]:
    """Return the times of imports and loops with the same chunks, and an import's round trips beyond its chunks."""
    url, encode = stage.server.url + DATA, loops.orjson_bytes()

    def library(*, typed: bool) -> object:
        model = people_model(typed=typed)
        return token.import_records(
            {"users": source()},
            model=model,
            chunk_records=size,
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
        "threads": lambda: loops.httpx_threads(client, url, source(), encode, size),
    }
    if not latency:  # with it, one chunk after the other is never the best
        contestants["sequence"] = lambda: loops.httpx_sequence(client, url, source(), encode, size)
    # A warm-up with a latency takes seconds, and everything ran before without it. Times with it hardly differ.
    rounds = take_turns(
        contestants,
        rounds=stage.choose(20, 1 if latency else 3),
        seconds=stage.choose(12, 2),
        warm_up=0 if latency or stage.quick else 1,
        least=stage.choose(2, 1),
    )
    stage.server.behave()
    return rounds, counters.requests - counters.chunks
