"""Failing on purpose: what goes wrong with which request."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from attrs import define

from .fault_kinds import Fault, fault_from
from .http.exchange import ReceivedRequest
from .world.json_reading import JsonValue
from .world.site import EntryCondition, FailingObjects, Site

Condition: TypeAlias = Callable[[ReceivedRequest], bool]

RANDOM_KINDS = (
    "429",
    "500",
    "502",
    "503",
    "504",
    "drop before",
    "drop after",
    "mid-answer",
    "html",
    "bad json",
)


class UnusedFaultsError(AssertionError):
    """Planned faults that never happened, so the test did not test what it meant to."""

    __module__ = "jsm_assets_dest.testing"


@define
class Plan:
    """A fault and the requests it is meant for."""

    fault: Fault
    operation: str
    nth: int
    times: int | None
    when: Condition | None
    required: bool
    seen: int = 0
    struck: int = 0

    def awaits(self, request: ReceivedRequest) -> bool:
        """Whether the plan is about this request and its turn has come. Counts the request if it is about it."""
        if self.operation not in ("any", request.operation):
            return False
        if self.when is not None and not self.when(request):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times is None or self.struck < self.times)

    def describe(self) -> str:
        """What is left of the plan, for the error about unused faults."""
        times = f"{self.struck} of {self.times}" if self.times is not None else f"{self.struck}"
        return f"{self.operation!r}: happened {times} times, {self.seen} requests fitted (nth={self.nth})"


class _RandomFaults:
    def __init__(self, rate: float, seed: int, kinds: tuple[str, ...], operations: tuple[str, ...]) -> None:
        self._rate = rate
        self._random = random.Random(seed)
        self._kinds = kinds
        self._operations = operations
        self.struck = 0

    def strike(self, request: ReceivedRequest) -> Fault | None:
        if self._operations and request.operation not in self._operations:
            return None
        if self._random.random() >= self._rate:
            return None
        self.struck += 1
        kind = self._random.choice(self._kinds)
        if kind.isdecimal():
            retry_after = self._random.choice((None, 1, 2)) if kind in ("429", "503") else None
            return Fault(status=int(kind), retry_after=retry_after)
        if kind == "html":
            return Fault(html="unavailable")
        if kind == "bad json":
            return Fault(bad_json=True, after_acting=True)
        return Fault(drop=kind.removeprefix("drop "))


class Faults:
    """The faults planned for an emulator.

    Args:
        operations: all operation names.
        site: where partial failures of imports are planned.
    """

    __module__ = "jsm_assets_dest.testing"

    def __init__(self, operations: Iterable[str], site: Site) -> None:
        self._operations = [*operations, "any"]
        self._site = site
        self._plans: list[Plan] = []
        self._random: list[_RandomFaults] = []
        self._failing: list[FailingObjects] = []

    def next(
        self,
        operation: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: JsonValue | bytes = None,
        retry_after: int | str | None = None,
        times: int = 1,
        after_acting: bool = False,
        when: Condition | None = None,
        nth: int = 1,
        drop: str | None = None,
        stall: float = 0.0,
        drip: float = 0.0,
        truncate: int | None = None,
        garbage: bool | str | None = None,
        gzip_bomb: int | None = None,
        html: str | None = None,
        bad_json: bool = False,
        redirect: str | None = None,
    ) -> None:
        """Plan a fault for the next request of an operation. It must happen before the emulator ends.

        Args:
            operation: name of the operation, or "any".
            times: how many requests in a row it strikes.
            nth: which of the fitting requests is the first to be struck.
            when: which requests fit.
            status: see `Fault`, as for all that follow.
            headers: of the answer.
            body: of the answer.
            retry_after: of the answer.
            after_acting: do what was asked for first.
            drop: when the connection ends.
            stall: seconds before the answer.
            drip: seconds before each tenth of the body.
            truncate: bytes after which the body ends.
            garbage: "bytes" or "gzip"; True is the same as "bytes".
            gzip_bomb: bytes the body becomes.
            html: which page comes instead.
            bad_json: a body that stops in the middle.
            redirect: where to.

        Raises:
            ValueError: unknown operation, or a fault that contradicts itself.
        """
        if times < 1:
            raise ValueError("times must be at least 1")
        fault = Fault(
            status=status,
            headers=dict(headers or {}),
            body=body,
            retry_after=retry_after,
            after_acting=after_acting,
            drop=drop,
            stall=stall,
            drip=drip,
            truncate=truncate,
            garbage="bytes" if garbage is True else garbage or None,
            gzip_bomb=gzip_bomb,
            html=html,
            bad_json=bad_json,
            redirect=redirect,
        )
        self.add(operation, fault, times=times, when=when, nth=nth)

    def always(
        self, operation: str, *, when: Condition | None = None, fault: Fault | None = None, **kinds: object
    ) -> None:
        """As `next`, but for every fitting request. It must happen at least once.

        Args:
            operation: name of the operation, or "any".
            when: which requests fit.
            fault: what happens; or give the arguments of `Fault` as `kinds`.
            kinds: arguments of `Fault`.
        """
        if (fault is None) == (not kinds):
            raise ValueError("give either a fault or its arguments")
        self.add(operation, fault or fault_from(kinds), times=None, when=when)

    def add(
        self,
        operation: str,
        fault: Fault,
        *,
        times: int | None = 1,
        when: Condition | None = None,
        nth: int = 1,
    ) -> None:
        """Plan a fault that was described before; `times=None` never ends."""
        self._check(operation)
        if nth < 1:
            raise ValueError("nth counts from 1")
        self._plans.append(Plan(fault, operation, nth, times, when, required=True))

    def _check(self, operation: str) -> None:
        if operation not in self._operations:
            raise ValueError(f"unknown operation {operation!r}; known are: {', '.join(self._operations)}")

    def random(
        self,
        rate: float,
        seed: int,
        kinds: Iterable[str] = RANDOM_KINDS,
        operations: Iterable[str] = (),
    ) -> None:
        """Let requests fail at random, for long runs. Nothing of this must happen.

        Args:
            rate: share of the requests, 0 to 1.
            seed: makes it repeatable.
            kinds: of `RANDOM_KINDS`.
            operations: only these; all when empty.
        """
        chosen, meant = tuple(kinds), tuple(operations)
        for kind in chosen:
            if kind not in RANDOM_KINDS:
                raise ValueError(f"unknown kind {kind!r}; known are: {', '.join(RANDOM_KINDS)}")
        for operation in meant:
            self._check(operation)
        if not 0 <= rate <= 1 or not chosen:
            raise ValueError("the rate lies between 0 and 1, and at least one kind is needed")
        self._random.append(_RandomFaults(rate, seed, chosen, meant))

    def fail_objects(
        self,
        selector: str,
        *,
        count: int = 1,
        condition: EntryCondition | None = None,
        message: str = "The object could not be written",
    ) -> None:
        """Let entries of an import fail when they are processed, with everything before having been accepted.

        Args:
            selector: of the mapping whose entries fail.
            count: how many.
            condition: which ones; gets the entry as submitted.
            message: what the result of the import says.
        """
        if count < 1:
            raise ValueError("count must be at least 1")
        failing = FailingObjects(selector, count, message, condition)
        self._failing.append(failing)
        self._site.failing_objects.append(failing)

    def strike(self, request: ReceivedRequest) -> Fault | None:
        """The fault that strikes a request, if any; earlier plans first."""
        waiting = [plan for plan in self._plans if plan.awaits(request)]
        if waiting:
            waiting[0].struck += 1
            return waiting[0].fault
        for chance in self._random:
            fault = chance.strike(request)
            if fault is not None:
                return fault
        return None

    @property
    def happened(self) -> int:
        """How many requests were struck so far."""
        return sum(plan.struck for plan in self._plans) + sum(chance.struck for chance in self._random)

    def unused(self) -> list[str]:
        """Descriptions of the plans that did not happen as often as planned."""
        found = [
            plan.describe()
            for plan in self._plans
            if plan.struck < (plan.times if plan.times is not None else 1)
        ]
        found.extend(
            f"fail_objects({each.selector!r}): {each.failed} of {each.count} entries failed"
            for each in self._failing
            if each.failed < each.count
        )
        return found

    def assert_used(self) -> None:
        """Make sure that everything planned has happened.

        Raises:
            UnusedFaultsError: something has not.
        """
        unused = self.unused()
        if unused:
            raise UnusedFaultsError("planned faults that did not happen:\n  " + "\n  ".join(unused))

    def clear(self) -> None:
        """Forget all plans, used or not."""
        self._plans.clear()
        self._random.clear()
        for failing in self._failing:
            self._site.failing_objects.remove(failing)
        self._failing.clear()
