"""P7: how much of the service's latency is hidden, by latency, chunks in flight, encoder and source.

The ideal is the number of chunks, divided by those in flight and rounded up, times the latency as a client without any
library sees it at that moment (a busy machine adds to it); or, where that is longer, what the same records take without
any latency, which is the client's own limit and the business of `bulk.py`. Efficiency is the ideal divided by what it
took: 1 hides the latency completely. The goals are about ready records and orjson, where the client's own work is the
least: those cells are measured several times, each time with the client's own limit at that moment (with the default of 4
in flight), and their number is the median. The other cells are told beside, with the best that was seen as the limit.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import product

from attrs import frozen

from jsm_assets_dest import ImportToken

from . import loops
from .bulk import IN_FLIGHT, started, submit
from .checks import times_of_chunk
from .measuring import Measured, take_turns
from .records import CHUNK, model, user, users
from .stage import Stage

#: The numbers of chunks in flight, each with the number of chunks that are sent.
CHUNKS = {1: 8, 2: 16, 4: 32, 8: 50}
#: Whether orjson encodes, and where the records are.
WAYS = tuple(product((False, True), ("ready", "generator")))


@frozen(kw_only=True)
class Cell:
    """One combination and how it went."""

    latency: float
    in_flight: int
    fast: bool
    source: str
    chunks: int
    seconds: Sequence[float]
    ideals: Sequence[float]

    @property
    def efficiencies(self) -> list[float]:
        """The ideal of that moment, divided by what it took, each time."""
        return [ideal / seconds for ideal, seconds in zip(self.ideals, self.seconds, strict=True)]

    @property
    def efficiency(self) -> float:
        """Their median."""
        return statistics.median(self.efficiencies)

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.chunks * CHUNK / statistics.median(self.seconds)

    @property
    def is_judged(self) -> bool:
        """Return True if a goal covers it."""
        return self.latency > 0 and self.fast and self.source == "ready"


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    cells = _matrix(stage)
    results: list[Measured] = []
    for latency in sorted({cell.latency for cell in cells if cell.is_judged}):
        chosen = [cell for cell in cells if cell.latency == latency and cell.is_judged]
        worst = min(chosen, key=lambda cell: cell.efficiency)
        results.append(
            Measured.of(
                f"P7.{latency * 1000:.0f}",
                f"efficiency at {latency * 1000:.0f} ms, ready records, orjson, the worst of 1, 2, 4, 8 in flight",
                worst.efficiencies,
                note=", ".join(f"{cell.in_flight}: {cell.efficiency:.2f}" for cell in chosen),
            )
        )
    at_100 = {cell.in_flight: cell for cell in cells if cell.latency == 0.1 and cell.is_judged}
    results.append(
        Measured.of(
            "P7b",
            "8 in flight / 1 in flight, records per second at 100 ms",
            [
                at_100[8].chunks / eight / (at_100[1].chunks / single)
                for single, eight in zip(at_100[1].seconds, at_100[8].seconds, strict=True)
            ],
        )
    )
    results += [
        Measured.exactly(
            "",
            f"{cell.latency * 1000:.0f} ms, {cell.in_flight} in flight, {'orjson' if cell.fast else 'json'}, {cell.source}",
            cell.rate,
            "records/s",
            f"efficiency {cell.efficiency:.2f}" if cell.latency else "",
        )
        for cell in cells
    ]
    return [*results, *_default_import(stage)]


def _matrix(stage: Stage) -> list[Cell]:
    records = [user(number) for number in range(max(CHUNKS.values()) * CHUNK)]
    own_limit: dict[tuple[bool, str], float] = {}
    cells: list[Cell] = []
    judged = [(latency, True, "ready") for latency in ((0.1,) if stage.quick else (0.02, 0.1, 0.3))]
    others = (
        [] if stage.quick else [(fast, source) for fast, source in WAYS if (fast, source) != (True, "ready")]
    )
    # What no goal is about is shown without latency, and with the one that most goals are about.
    without = [] if stage.quick else [(0.0, True, "ready")]
    plan = [*without, *judged, *((latency, *way) for way in others for latency in (0.0, 0.1))]
    with stage.token() as token:
        for latency, fast, source in plan:
            is_judged = (latency, fast, source) in judged
            for in_flight, chunks in CHUNKS.items():
                seconds: list[float] = []
                ideals: list[float] = []
                for _ in range(stage.choose(3, 1) if is_judged else 1):
                    own = 0.0
                    if is_judged:  # the machine is not equally quick at all times
                        stage.server.behave()
                        own = _timed(token, records, source, chunks, fast=fast, in_flight=IN_FLIGHT)
                    stage.server.behave(latency=latency)
                    seen = statistics.median(times_of_chunk(stage, stage.choose(5, 3))) if latency else 0.0
                    seconds.append(_timed(token, records, source, chunks, fast=fast, in_flight=in_flight))
                    ideals.append(max(own, math.ceil(chunks / in_flight) * seen))
                if not latency:
                    limit = min(own_limit.get((fast, source), math.inf), min(seconds) / chunks)
                    own_limit[fast, source] = limit
                cells.append(
                    Cell(
                        latency=latency,
                        in_flight=in_flight,
                        fast=fast,
                        source=source,
                        chunks=chunks,
                        seconds=seconds,
                        ideals=ideals
                        if is_judged
                        else [max(ideal, chunks * own_limit[fast, source]) for ideal in ideals],
                    )
                )
    stage.server.behave()
    return cells


def _timed(
    token: ImportToken, records: Sequence[object], source: str, chunks: int, *, fast: bool, in_flight: int
) -> float:
    execution = started(token, in_flight=in_flight)
    count = chunks * CHUNK
    chosen: Iterable[object] = records[:count] if source == "ready" else users(count)
    begun = time.perf_counter()
    submit(execution, chosen, fast=fast)
    return time.perf_counter() - begun


def _default_import(stage: Stage) -> list[Measured]:
    """Compare a whole import with default options with the usual script that sends the same chunks."""
    count = stage.choose(50, 20) * 500
    records = [user(number) for number in range(count)]
    with stage.token() as token:
        stage.server.behave(latency=0.1)

        def library(in_flight: int = 4) -> object:
            return token.import_records(
                {"users": records}, model=model(), in_flight=in_flight, missing_objects="ignore"
            )

        contestants: dict[str, Callable[[], object]] = {
            "default": library,
            "script": lambda: loops.usual_script(stage.server.url, records, 500),
        }
        if not stage.quick:
            contestants["eight"] = lambda: library(8)
        rounds = take_turns(
            contestants,
            rounds=stage.choose(5, 1),
            seconds=stage.choose(60, 1),
            warm_up=0,
            least=1,
        )
        stage.server.behave()
    what = {
        "default": ("P7c", "the default import"),
        "eight": ("", "an import with in_flight=8"),
    }
    return [
        Measured.of(goal, f"the usual script / {import_}, at 100 ms", rounds.ratios("script", name))
        for name, (goal, import_) in what.items()
        if name in rounds.seconds
    ]
