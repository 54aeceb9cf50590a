"""P6e and P6g: what values of many kinds cost, in the check alone and in a whole import through the public API."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import httpx

from jsm_assets_dest import ImportToken
from jsm_assets_dest._imports.record_checker import RecordChecker

from . import loops
from .bulk import IN_FLIGHT
from .measuring import Measured, Rounds, take_turns
from .people import Mix, mixes, people_model, person
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
    rounds = take_turns(contestants, rounds=stage.choose(60, 12), seconds=stage.choose(20, 2))

    def measured(goal: str, what: str, name: str) -> Measured:
        each = min(rounds.seconds[name]) / count * 1e6
        return Measured.of(goal, what, rounds.ratios(name, "all text"), note=f"{each:.2f} us per record")

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
    encode = loops.orjson_bytes()
    count = stage.choose(20, 8) * CHUNK
    records = [person(number) for number in range(count)]
    found: list[Measured] = []
    with stage.token() as token, stage.httpx_client() as client:
        for latency in (0.0, LATENCY):
            rounds, fixed = _imports(stage, token, client, records, encode, latency)
            loop = rounds.best_of("sequence", "threads")
            for kind in ("typed", "untyped"):
                ratios = [
                    best / (seconds - fixed * latency)
                    for best, seconds in zip(rounds.seconds[loop], rounds.seconds[kind], strict=True)
                ]
                rate = count / rounds.median(kind)
                note = f"{rate / 1000:,.0f}k records/s against {count / rounds.median(loop) / 1000:,.0f}k ({loop})"
                found.append(Measured.of("", _title(kind, latency), ratios, note=note))
            worst = min(found[-2:], key=lambda measured: measured.value)
            goal = f"P6g.{latency * 1000:.0f}"
            found.append(
                Measured(
                    goal=goal,
                    what=worst.what,
                    value=worst.value,
                    low=worst.low,
                    high=worst.high,
                    note=worst.note,
                )
            )
    return found


def _title(kind: str, latency: float) -> str:
    beyond = f", {latency * 1000:.0f} ms, beyond the fixed round trips" if latency else ""
    return f"whole import of mixed records, {kind} model{beyond} / best httpx loop, orjson"


def _imports(
    stage: Stage,
    token: ImportToken,
    client: httpx.Client,
    records: Sequence[dict[str, object]],
    encode: loops.Encode,
    latency: float,
) -> tuple[Rounds, int]:
    """Return the times of imports and loops, and the round trips of an import beyond its chunks."""
    url = stage.server.url + DATA

    def library(*, typed: bool) -> object:
        return token.import_records(
            {"users": records}, model=people_model(typed=typed), chunk_records=CHUNK, in_flight=IN_FLIGHT
        )

    stage.server.behave()
    library(typed=True)
    stage.server.behave()
    library(typed=True)
    counters = stage.server.counters()
    stage.server.behave(latency=latency)
    rounds = take_turns(
        {
            "typed": lambda: library(typed=True),
            "untyped": lambda: library(typed=False),
            "sequence": lambda: loops.httpx_sequence(client, url, records, encode),
            "threads": lambda: loops.httpx_threads(client, url, records, encode, IN_FLIGHT),
        },
        rounds=stage.choose(20 if not latency else 5, 5 if not latency else 2),
        seconds=stage.choose(30, 3),
        least=2,
    )
    stage.server.behave()
    return rounds, counters.requests - counters.chunks
