"""The goals: what each number must reach, and what would be close to the limit of what is possible."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from attrs import frozen

from .measuring import Measured


class Verdict(enum.Enum):
    """Relation of a measurement to its goal."""

    BEST = "best"
    PASSED = "gate"
    BELOW = "BELOW"
    NOT_MEASURED = "not measured"
    TOLD = ""


@frozen(kw_only=True)
class Goal:
    """A goal.

    Attributes:
        name: "P1" to "P16", with letters for its parts.
        what: What is compared with what.
        gate: The least; missing it fails the run.
        best: The aim, or None where there is none beyond the gate.
        more_is_better: Whether the number must be large.
        quick: Whether `--quick` checks it.
    """

    name: str
    what: str
    gate: float
    best: float | None
    more_is_better: bool = False
    quick: bool = True

    def reaches(self, value: float, mark: float) -> bool:
        """Return True if a value is at least as good as a mark."""
        return value >= mark if self.more_is_better else value <= mark

    def judge(self, value: float) -> Verdict:
        """Compare a value with the goal."""
        if self.best is not None and self.reaches(value, self.best):
            return Verdict.BEST
        return Verdict.PASSED if self.reaches(value, self.gate) else Verdict.BELOW


def _less(name: str, what: str, gate: float, best: float | None, *, quick: bool = True) -> Goal:
    return Goal(name=name, what=what, gate=gate, best=best, quick=quick)


def _more(name: str, what: str, gate: float, best: float | None, *, quick: bool = True) -> Goal:
    return Goal(name=name, what=what, gate=gate, best=best, more_is_better=True, quick=quick)


GOALS: tuple[Goal, ...] = (
    _less("P1", "import the library / import its four dependencies", 1.15, 1.05),
    _less("P1b", "import the library / import httpx", 1.45, 0.65),
    _less("P1c", "modules that importing adds, beyond those of the four dependencies", 30, 0),
    _less("P2", "process start to first answer / httpx", 1.25, 1.10),
    _less("P3", "small read / httpx", 1.20, 1.05),
    _less("P3b", "small read, asynchronous / httpx.AsyncClient", 1.15, 1.05),
    _less("P4", "retry layer per call that succeeds, microseconds", 15, 5),
    _less("P5", "encoding a chunk / one call of the standard encoder", 1.5, 1.1),
    _less("P5f", "encoding a chunk / one call of orjson", 1.5, 1.1),
    _more("P6", "bulk, ready records, checks off / best httpx loop, json", 0.85, 0.97),
    _more("P6f", "bulk, ready records, checks off / best httpx loop, orjson", 0.85, 0.97),
    _more("P6b", "bulk, ready records, checks on / best httpx loop, json", 0.70, 0.85),
    _more("P6bf", "bulk, ready records, checks on / best httpx loop, orjson", 0.35, 0.60),
    _more("P6c", "bulk from a generator, checks on / best httpx loop, json", 0.85, 0.92),
    _less("P6e", "check of records of people, the worst mix of values / all text", 4, 2.5),
    _more(
        "P6g.0", "whole import of mixed records, the worse of two models / best httpx loop, orjson", 0.5, 0.8
    ),
    _more("P6g.100", "the same at 100 ms, beyond the fixed round trips", 0.9, 0.95),
    _more("P6d", "bulk, checks off, orjson / http.client with orjson", 0.45, 0.60),
    _more(
        "P7.20",
        "efficiency at 20 ms, ready records, orjson, the worst of 1, 2, 4, 8 in flight",
        0.70,
        0.80,
        quick=False,
    ),
    _more(
        "P7.100", "efficiency at 100 ms, ready records, orjson, the worst of 1, 2, 4, 8 in flight", 0.88, 0.92
    ),
    _more(
        "P7.300",
        "efficiency at 300 ms, ready records, orjson, the worst of 1, 2, 4, 8 in flight",
        0.94,
        0.97,
        quick=False,
    ),
    _more("P7b", "8 in flight are faster than 1, at 100 ms, ready records, orjson", 6.0, 6.7),
    _more("P7c", "default import is faster than the usual script, at 100 ms", 3.5, 7.0),
    _less("P8", "growth of peak memory, bytes per record (50k to 500k)", 60, 25, quick=False),
    _less("P8b", "peak memory above the base, 4 in flight, MB", 60, 35),
    _less("P8c", "records taken ahead of confirmed ones, in chunks, less those in flight", 6, 2),
    _more("P9", "goodput under a rate limit / ideal", 0.80, 0.90),
    _less("P9b", "refused requests per chunk under a rate limit", 0.30, 0.18),
    _less("P10", "listing 10,000 attributes / json and a frozen constructor", 1.25, 0.85),
    _less("P11", "round trips of an import beyond its chunks, missing objects are ignored", 5, 4),
    _less("P12", "looks at a job of T seconds, beyond T / 15", 45, None),
    _less(
        "P12b",
        "how late its end is noticed, as a part of 10 % of T (at least 1 s, at most 15 s)",
        1.0,
        None,
    ),
    _less("P13", "journal, as part of a chunk's time at 100 ms, percent", 1.0, None),
    _less("P15", "reading objects / hand-written httpx loop over the same pages", 1.5, 1.2),
    _less("P15b", "peak memory above the base while 100,000 objects are read, MB", 60, 35, quick=False),
    _less("P14", "only changed records, 1 % changed: requests / full run", 0.05, 0.03, quick=False),
    _less(
        "P14b",
        "only changed records, 1 % changed: client time / full run without latency",
        0.6,
        0.4,
        quick=False,
    ),
    _less(
        "P15b.verify", "peak memory above the base, verification of 100,000 objects, MB", 60, 35, quick=False
    ),
    _less("P15b.preview", "peak memory above the base, preview of 100,000 objects, MB", 60, 35, quick=False),
    _less("P16", "emulator: bytes per stored object of 10 values and 10 links", 4000, 2500, quick=False),
)


#: Goals of the project that nothing here measures, and why.
NOT_MEASURED: dict[str, str] = {
    "P10b": "listing 10,000 attributes with a msgspec extra: there is no such extra",
}


def judged(measured: Sequence[Measured], *, quick: bool) -> list[tuple[Goal, Measured | None, Verdict]]:
    """Every goal with what was measured for it and the verdict."""
    by_goal = {measurement.goal: measurement for measurement in measured if measurement.goal}
    rows: list[tuple[Goal, Measured | None, Verdict]] = []
    for goal in GOALS:
        found = by_goal.get(goal.name)
        if found is None and quick and not goal.quick:
            continue
        rows.append((goal, found, Verdict.NOT_MEASURED if found is None else goal.judge(found.value)))
    return rows
