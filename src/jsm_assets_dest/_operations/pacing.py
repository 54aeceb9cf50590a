"""Pace of an operation: a budget of requests per minute, and patience with rate limits of any length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from attrs import define, field

from .._http.clock import Clock
from .._http.commands import Command, Operation, Send, Sleep
from ..exceptions import RateLimitedError

T = TypeVar("T")
Parameters = ParamSpec("Parameters")

#: Seconds for which unused turns are saved.
SAVED_UP = 1.0
#: Seconds to wait for the first time and at most, if a rate limit does not say how long it lasts.
FIRST_WAIT = 30.0
LONGEST_WAIT = 600.0


@define
class Pace:
    """Budget of requests per minute.

    Attributes:
        clock: Time source.
        per_minute: Maximum number of requests per minute in the long run.
        throttled: Seconds of waits that rate limits required beyond the retry policy.
    """

    clock: Clock
    per_minute: float
    throttled: float = 0.0
    _next: float = field(default=float("-inf"), init=False)

    def delay(self) -> float:
        """Take a turn, and return the seconds to wait for it."""
        now = self.clock.monotonic()
        turn = max(self._next, now - SAVED_UP)
        self._next = turn + 60.0 / self.per_minute
        return max(0.0, turn - now)

    def limit(self, operation: Operation[T]) -> Operation[T]:
        """Run an operation, and wait before each of its attempts so that the budget is kept."""
        result: Any = None
        failure: BaseException | None = None
        while True:
            try:
                command: Command = operation.send(result) if failure is None else operation.throw(failure)
            except StopIteration as stop:
                value: T = stop.value
                return value
            result, failure = None, None
            try:
                if isinstance(command, Send) and (seconds := self.delay()) > 0:
                    yield Sleep(seconds)
                result = yield command
            except GeneratorExit:
                operation.close()
                raise
            except BaseException as error:  # noqa: BLE001 - thrown into the operation, which decides
                failure = error

    def insist(
        self, start: Callable[Parameters, Operation[T]], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Operation[T]:
        """Start an operation until no rate limit ends it, however long that takes."""
        unnamed = FIRST_WAIT
        while True:
            try:
                return (yield from start(*args, **kwargs))
            except RateLimitedError as error:
                seconds = error.retry_after
            if seconds is None:
                seconds, unnamed = unnamed, min(2 * unnamed, LONGEST_WAIT)
            self.throttled += seconds
            yield Sleep(seconds)
