"""Drives an operation as a conversation of literals: no client, no threads, no time that passes by itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from attrs import define, field

from jsm_assets_dest import ApiToken, RetryPolicy
from jsm_assets_dest._http.commands import Ask, Exclusive, Operation, Send, Sleep
from jsm_assets_dest._session.site import Site
from jsm_assets_dest._wire.request import Request
from jsm_assets_dest._wire.response import Response

T = TypeVar("T")

SITE = "https://acme.atlassian.net"
EMAIL = "ana@acme.com"
TOKEN = "ATATT3xFfGF0T4JNjKpQ7w=1A2B3C4D"

#: What a service says: a response, or a failure of the transport.
Said = Response | Exception


class Clock:
    """A clock that moves only when someone sleeps."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return self.now

    def time(self) -> float:
        """Seconds since 1970: 5 November 2026, noon, at the start."""
        return 1_793_880_000.0 + self.now - 1000.0

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        """Move on."""
        self.now += seconds


@define
class Service:
    """Answers requests from a script: for each operation its responses in order, the last one again and again."""

    script: Mapping[str, Said | Sequence[Said]]
    clock: Clock = field(factory=Clock)
    #: Seconds that each answer takes.
    seconds: float = 0.0
    sent: list[Request] = field(factory=list)
    slept: list[float] = field(factory=list)
    _given: dict[str, int] = field(factory=dict)

    @property
    def operations(self) -> list[str]:
        """The received requests, in order."""
        return [request.operation for request in self.sent]

    def site(self, **options: Any) -> Site:
        """Return a site that uses this service's clock and always draws the highest random value."""
        given: dict[str, Any] = {
            "url": SITE,
            "credentials": ApiToken(EMAIL, TOKEN),
            "policy": RetryPolicy.off(),
        }
        return Site(**{**given, "clock": self.clock, "chance": lambda: 1.0, **options})

    def response(self, request: Request) -> Response:
        """Return the next reply of the script to an operation."""
        self.sent.append(request)
        self.clock.now += self.seconds
        replies = self.script[request.operation]
        if not isinstance(replies, Response | Exception):
            number = self._given.get(request.operation, 0)
            self._given[request.operation] = number + 1
            replies = replies[min(number, len(replies) - 1)]
        if isinstance(replies, Exception):
            raise replies
        return replies

    def run(self, operation: Operation[T]) -> T:
        """Carry an operation out."""
        result: object = None
        failure: Exception | None = None
        while True:
            try:
                command = operation.throw(failure) if failure is not None else operation.send(result)
            except StopIteration as stop:
                return cast("T", stop.value)
            result, failure = None, None
            try:
                if isinstance(command, Send):
                    result = self.response(command.request)
                elif isinstance(command, Sleep):
                    self.slept.append(command.seconds)
                    self.clock.sleep(command.seconds)
                elif isinstance(command, Exclusive):
                    result = self.run(command.operation)
                elif isinstance(command, Ask):
                    result = command.function()
                    assert not inspect.isawaitable(result)
                else:
                    raise AssertionError(f"no {type(command).__name__} was expected")
            except AssertionError:
                raise
            except Exception as error:  # noqa: BLE001 - thrown in, as an engine does
                failure = error
