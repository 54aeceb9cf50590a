"""Ratios inside one run: everything that is compared takes turns, so that a busy machine slows all of it down alike.

The value of a comparison is the median, over the rounds, of one time divided by another of the same round; its spread is
the range between the quartiles. Absolute times are noted for orientation only.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

from attrs import define, field, frozen


@frozen(kw_only=True)
class Measured:
    """One number, and which goal it belongs to.

    Attributes:
        goal: The goal's name, such as "P3", or empty for a number that is only told.
        what: What was measured, in words.
        value: The number.
        low: The lower quartile; the value itself where it is exact.
        high: The upper quartile.
        unit: What it counts; "x" for a ratio.
        note: What a reader should know.
        values: The values of all rounds; empty where the number is exact.
    """

    goal: str
    what: str
    value: float
    low: float
    high: float
    unit: str = "x"
    note: str = ""
    values: tuple[float, ...] = field(default=(), repr=False)

    @classmethod
    def exactly(cls, goal: str, what: str, value: float, unit: str, note: str = "") -> Measured:
        """Return a counted number, which has no spread."""
        return cls(goal=goal, what=what, value=value, low=value, high=value, unit=unit, note=note)

    @classmethod
    def of(cls, goal: str, what: str, values: Sequence[float], unit: str = "x", note: str = "") -> Measured:
        """Return the median of several values."""
        low, high = quartiles(values)
        return cls(
            goal=goal,
            what=what,
            value=statistics.median(values),
            low=low,
            high=high,
            unit=unit,
            note=note,
            values=tuple(values),
        )

    def with_rounds_of(self, other: Measured) -> Measured:
        """Return the same number, measured in the rounds of both; an exact number stays as it is."""
        if not self.values or not other.values:
            return self
        return Measured.of(self.goal, self.what, (*self.values, *other.values), self.unit, self.note)


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the lower and the upper quartile."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


@define
class Rounds:
    """The times of several contestants, round by round."""

    seconds: dict[str, list[float]] = field(factory=dict)

    def ratios(self, numerator: str, *others: str) -> list[float]:
        """One's time divided by that of the quickest of the others, in each round."""
        return [
            mine / min(self.seconds[other][number] for other in others)
            for number, mine in enumerate(self.seconds[numerator])
        ]

    def median(self, name: str) -> float:
        """One's time."""
        return statistics.median(self.seconds[name])

    def best_of(self, *names: str) -> str:
        """Return the contestant with the smallest median."""
        return min(names, key=self.median)


def take_turns(
    contestants: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    seconds: float,
    warm_up: int = 1,
    least: int = 3,
    timer: Callable[[], float] = time.perf_counter,
) -> Rounds:
    """Let everyone run once per round, in an order that turns, until the rounds or the seconds are used up.

    Args:
        contestants: What to run; a function that returns a float is taken to have measured its own time.
        rounds: How many rounds at most.
        seconds: After this time no further round begins.
        warm_up: Runs of each that are not counted.
        least: So many rounds are made whatever time they take.
        timer: The clock.
    """
    found = Rounds({name: [] for name in contestants})
    order = list(contestants.items())
    for _ in range(warm_up):
        for _, run in order:
            run()
    # The collections between the runs need not examine the records again, which takes longer than some runs.
    gc.freeze()
    try:
        until = timer() + seconds
        for number in range(rounds):
            if number >= least and timer() > until:
                break
            turn = number % len(order)
            for name, run in order[turn:] + order[:turn]:
                gc.collect()
                started = timer()
                own = run()
                elapsed = timer() - started
                found.seconds[name].append(own if isinstance(own, float) else elapsed)
    finally:
        gc.unfreeze()
    return found


def each(run: Callable[[], object], times: int) -> Callable[[], float]:
    """Return a contestant that repeats a short call and returns the time of one call."""

    def repeat() -> float:
        started = time.perf_counter()
        for _ in range(times):
            run()
        return (time.perf_counter() - started) / times

    return repeat
