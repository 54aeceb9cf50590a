"""
Failing on purpose: what goes wrong with which request.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

from attrs import define, field, frozen

from .http.exchange import HTML, JSON, Answer, Delivery, ReceivedRequest, json_answer, text_answer
from .http.pages import LOGIN_PAGE, PROXY_PAGE, UNAVAILABLE_PAGE
from .json_types import JsonValue
from .world.refusals import errors_body
from .world.site import EntryCondition, FailingObjects, Site

Condition: TypeAlias = Callable[[ReceivedRequest], bool]

DROPS = ("before", "after", "mid-answer")
PAGES = ("proxy", "login", "unavailable")
GARBAGE = ("bytes", "gzip")
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
    """
    Planned faults that never happened, so the test did not test what it meant to.
    """


@frozen(kw_only=True)
class Fault:
    """
    What happens to a request.

    Args:
        status: answer with this status.
        headers: of that answer, on top of the usual ones.
        body: of that answer: JSON value, text or bytes. None gives a body in the service's shape.
        retry_after: value of `Retry-After`: seconds, or text such as an HTTP date.
        after_acting: do what was asked for, and only then answer as above.
        drop: the connection ends "before" the request was acted on, "after" it, or in the "mid-answer".
        stall: seconds before the first byte of the answer.
        drip: seconds before each tenth of the answer's body.
        truncate: the body ends after this many bytes, although more was announced.
        garbage: "bytes" that are no JSON, or "gzip" for a body that claims to be compressed and is not.
        gzip_bomb: a small compressed body that becomes this many bytes.
        html: a page in place of JSON: of a "proxy", the "login" page, or the "unavailable" page of the edge.
        bad_json: a body that stops in the middle of an object.
        redirect: answer 302 to this address.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(factory=dict)
    body: JsonValue | bytes = None
    retry_after: int | str | None = None
    after_acting: bool = False
    drop: str | None = None
    stall: float = 0.0
    drip: float = 0.0
    truncate: int | None = None
    garbage: str | None = None
    gzip_bomb: int | None = None
    html: str | None = None
    bad_json: bool = False
    redirect: str | None = None

    def __attrs_post_init__(self) -> None:
        given = [
            name
            for name, value in (
                ("garbage", self.garbage),
                ("gzip_bomb", self.gzip_bomb),
                ("html", self.html),
                ("bad_json", self.bad_json),
                ("redirect", self.redirect),
                ("body", self.body),
            )
            if value not in (None, False)
        ]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} contradict each other: an answer has one body")
        for name, value, known in (
            ("drop", self.drop, DROPS),
            ("html", self.html, PAGES),
            ("garbage", self.garbage, GARBAGE),
        ):
            if value is not None and value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")
        if self.drop in ("before", "after") and (self.replaces_answer or self.truncate is not None):
            raise ValueError(f'nothing is answered with drop="{self.drop}", so no answer can be described')
        if self.status is not None and not 100 <= self.status <= 599:
            raise ValueError(f"{self.status} is no HTTP status")
        if self.after_acting and not self.replaces_answer:
            raise ValueError("after_acting needs an answer to give afterwards")
        if (self.headers or self.retry_after is not None) and not self.replaces_answer:
            raise ValueError("headers need an answer they belong to: give a status")
        if self.stall < 0 or self.drip < 0 or (self.truncate is not None and self.truncate < 0):
            raise ValueError("stall, drip and truncate must not be negative")
        delivered = self.drop or self.stall or self.drip or self.truncate is not None
        if not self.replaces_answer and not delivered:
            raise ValueError(
                "the fault does nothing: give a status, drop, stall, drip, truncate or another kind"
            )

    @property
    def replaces_answer(self) -> bool:
        """
        Whether the client gets another answer than that of the site.
        """
        return (
            self.status is not None
            or self.garbage is not None
            or self.gzip_bomb is not None
            or self.html is not None
            or self.bad_json
            or self.redirect is not None
            or self.body is not None
        )

    @property
    def acts(self) -> bool:
        """
        Whether the site does what was asked for.
        """
        if self.drop == "before":
            return False
        return self.after_acting or not self.replaces_answer

    def deliver(self, answer: Answer | None) -> Answer:
        """
        The answer the client gets.

        Args:
            answer: that of the site, or None when it did not act.
        """
        if answer is None or self.replaces_answer:
            answer = self._own_answer()
        answer.delivery = Delivery(drop=self.drop, stall=self.stall, drip=self.drip, truncate=self.truncate)
        return answer

    def _own_answer(self) -> Answer:
        answer = self._content()
        answer.headers.update(self.headers)
        if self.retry_after is not None:
            answer.headers["Retry-After"] = str(self.retry_after)
        return answer

    def _content(self) -> Answer:
        if self.html is not None:
            page, status = {
                "proxy": (PROXY_PAGE, 403),
                "login": (LOGIN_PAGE, 200),
                "unavailable": (UNAVAILABLE_PAGE, 503),
            }[self.html]
            answer = text_answer(page, self.status or status, HTML)
            answer.from_edge = self.html != "proxy"
            return answer
        status = self.status or 200
        if self.redirect is not None:
            return Answer(status=self.status or 302, headers={"Location": self.redirect})
        if self.bad_json:
            return Answer(status=status, body=b'{"values":[{"id":"1","na', content_type=JSON)
        if self.garbage is not None:
            answer = Answer(status=status, body=bytes(range(256)) * 2, content_type=JSON)
            if self.garbage == "gzip":
                answer.headers["Content-Encoding"] = "gzip"
            return answer
        if self.gzip_bomb is not None:
            return Answer(
                status=status,
                body=bomb(self.gzip_bomb),
                content_type=JSON,
                headers={"Content-Encoding": "gzip"},
            )
        if isinstance(self.body, bytes):
            return Answer(status=status, body=self.body, content_type=JSON)
        if isinstance(self.body, str):
            return text_answer(self.body, status)
        if self.body is not None:
            return json_answer(self.body, status)
        return _usual(status)


def _usual(status: int) -> Answer:
    if status == 401:
        return json_answer({"code": 401, "message": "Unauthorized"}, 401)
    if status < 400:
        return Answer(status=status)
    return json_answer(errors_body([f"A planned fault of the emulator ({status})"]), status)


@lru_cache(maxsize=4)
def bomb(size: int) -> bytes:
    """
    A gzip stream that becomes `size` bytes of blanks.
    """
    return gzip.compress(b" " * size, compresslevel=9, mtime=0)


@define
class Plan:
    """
    A fault and the requests it is meant for.
    """

    fault: Fault
    operation: str
    nth: int
    times: int | None
    when: Condition | None
    required: bool
    seen: int = 0
    struck: int = 0

    def awaits(self, request: ReceivedRequest) -> bool:
        """
        Whether the plan is about this request and its turn has come. Counts the request if it is about it.
        """
        if self.operation not in ("any", request.operation):
            return False
        if self.when is not None and not self.when(request):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times is None or self.struck < self.times)

    def describe(self) -> str:
        """
        What is left of the plan, for the error about unused faults.
        """
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
    """
    The faults planned for an emulator.

    Args:
        operations: all operation names.
        site: where partial failures of imports are planned.
    """

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
        """
        Plan a fault for the next request of an operation. It must happen before the emulator ends.

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
        """
        As `next`, but for every fitting request. It must happen at least once.

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
        """
        Plan a fault that was described before; `times=None` never ends.
        """
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
        """
        Let requests fail at random, for long runs. Nothing of this must happen.

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
        """
        Let entries of an import fail when they are processed, with everything before having been accepted.

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
        """
        The fault that strikes a request, if any; earlier plans first.
        """
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
        """
        How many requests were struck so far.
        """
        return sum(plan.struck for plan in self._plans) + sum(chance.struck for chance in self._random)

    def unused(self) -> list[str]:
        """
        Descriptions of the plans that did not happen as often as planned.
        """
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
        """
        Make sure that everything planned has happened.

        Raises:
            UnusedFaultsError: something has not.
        """
        unused = self.unused()
        if unused:
            raise UnusedFaultsError("planned faults that did not happen:\n  " + "\n  ".join(unused))

    def clear(self) -> None:
        """
        Forget all plans, used or not.
        """
        self._plans.clear()
        self._random.clear()
        for failing in self._failing:
            self._site.failing_objects.remove(failing)
        self._failing.clear()


_FAULT_FIELDS = frozenset(Fault.__init__.__annotations__) - {"return"}


def fault_from(kinds: Mapping[str, object]) -> Fault:
    """
    A fault from names and values, as they come from keyword arguments or from JSON.

    Raises:
        ValueError: an unknown name.
    """
    unknown = sorted(set(kinds) - _FAULT_FIELDS)
    if unknown:
        raise ValueError(f"unknown {', '.join(unknown)}; a fault has: {', '.join(sorted(_FAULT_FIELDS))}")
    values = dict(kinds)
    if values.get("garbage") is True:
        values["garbage"] = "bytes"
    return Fault(**values)  # type: ignore[arg-type]  # names are checked above, values by Fault itself
