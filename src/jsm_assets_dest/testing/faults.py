"""Planned faults: which request fails, and how."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import TypeAlias, Unpack

from attrs import define

from .http.exchange import ReceivedRequest
from .http.fault import Fault, FaultFields, fault_from
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
    """Planned faults did not happen, so the test did not test what it should."""

    __module__ = "jsm_assets_dest.testing"


@define
class Plan:
    """A fault and its requests."""

    fault: Fault
    operation: str
    nth: int
    times: int | None
    when: Condition | None
    required: bool
    seen: int = 0
    struck: int = 0

    def awaits(self, request: ReceivedRequest) -> bool:
        """Return True if the fault happens to this request. Count the request if it matches."""
        if self.operation not in ("any", request.operation):
            return False
        if self.when is not None and not self.when(request):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times is None or self.struck < self.times)

    def describe(self) -> str:
        """Describe the plan and its progress, for the error about unused faults."""
        times = f"{self.struck} of {self.times}" if self.times is not None else f"{self.struck}"
        return f"{self.operation!r}: happened {times} times, {self.seen} requests fitted (nth={self.nth})"


@define
class _RandomFaults:
    rate: float
    random: random.Random
    kinds: tuple[str, ...]
    operations: tuple[str, ...]
    struck: int = 0

    def strike(self, request: ReceivedRequest) -> Fault | None:
        if self.operations and request.operation not in self.operations:
            return None
        if self.random.random() >= self.rate:
            return None
        self.struck += 1
        kind = self.random.choice(self.kinds)
        if kind.isdecimal():
            retry_after = self.random.choice((None, 1, 2)) if kind in ("429", "503") else None
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
        site: the site, for partial failures of imports.
    """

    __module__ = "jsm_assets_dest.testing"

    def __init__(self, operations: Iterable[str], site: Site) -> None:
        self._operations = [*operations, "any"]
        self._site = site
        self._plans: list[Plan] = []
        self._random: list[_RandomFaults] = []
        self._failing: list[FailingObjects] = []

    def __repr__(self) -> str:
        return f"<Faults: {len(self._plans) + len(self._random) + len(self._failing)} planned>"

    def next(
        self,
        operation: str,
        *,
        times: int = 1,
        when: Condition | None = None,
        nth: int = 1,
        **kinds: Unpack[FaultFields],
    ) -> None:
        """Plan a fault for the next request of an operation. It must happen before the context ends.

        Args:
            operation: name of the operation, or "any".
            times: number of requests in a row that fail.
            nth: number of the first matching request that fails.
            when: returns True for matching requests.
            kinds: arguments of `Fault`, such as `status`; `garbage=True` is the same as `garbage="bytes"`.

        Raises:
            ValueError: unknown operation, or a fault that contradicts itself.
        """
        if times < 1:
            raise ValueError("times must be at least 1")
        self.add(operation, fault_from(kinds), times=times, when=when, nth=nth)

    def always(
        self,
        operation: str,
        *,
        when: Condition | None = None,
        fault: Fault | None = None,
        **kinds: Unpack[FaultFields],
    ) -> None:
        """Plan a fault for every matching request. It must happen at least once.

        Args:
            operation: name of the operation, or "any".
            when: returns True for matching requests.
            fault: the fault; or pass the arguments of `Fault` as `kinds`.
            kinds: arguments of `Fault`.
        """
        if (fault is None) == (not kinds):
            raise ValueError("pass either a fault or its arguments")
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
        """Plan an existing `Fault`; `times=None` never ends."""
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
        """Make requests fail at random, for long runs. None of these faults has to happen.

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
        self._random.append(_RandomFaults(rate, random.Random(seed), chosen, meant))

    def fail_objects(
        self,
        selector: str,
        *,
        count: int = 1,
        condition: EntryCondition | None = None,
        message: str = "The object could not be written",
    ) -> None:
        """Make entries of an import fail while they are processed, after all chunks were accepted.

        Args:
            selector: of the mapping whose entries fail.
            count: number of entries.
            condition: selects the entries, as submitted.
            message: the error in the result of the import.
        """
        if count < 1:
            raise ValueError("count must be at least 1")
        failing = FailingObjects(selector, count, message, condition)
        self._failing.append(failing)
        self._site.failing_objects.append(failing)

    def strike(self, request: ReceivedRequest) -> Fault | None:
        """Return the fault for a request, if any; earlier plans take precedence."""
        waiting = [plan for plan in self._plans if plan.awaits(request)]
        if waiting:
            waiting[0].struck += 1
            return waiting[0].fault
        for random_faults in self._random:
            fault = random_faults.strike(request)
            if fault is not None:
                return fault
        return None

    @property
    def happened(self) -> int:
        """The number of requests that failed so far."""
        return sum(plan.struck for plan in self._plans) + sum(
            random_faults.struck for random_faults in self._random
        )

    def unused(self) -> list[str]:
        """Return descriptions of the plans that did not happen as often as planned."""
        descriptions = [
            plan.describe()
            for plan in self._plans
            if plan.struck < (plan.times if plan.times is not None else 1)
        ]
        descriptions.extend(
            f"fail_objects({failing.selector!r}): {failing.failed} of {failing.count} entries failed"
            for failing in self._failing
            if failing.failed < failing.count
        )
        return descriptions

    def assert_used(self) -> None:
        """Check that all planned faults happened.

        Raises:
            UnusedFaultsError: at least one did not.
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
