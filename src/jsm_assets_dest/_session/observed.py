"""One attempt of a request, with its start and end for the caller's listener."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple

from .._http.commands import Ask, Operation, Send
from .._wire.request import Request
from .._wire.response import Response
from ..exceptions import AssetsError, ConfigurationError
from .site import Site

_log = logging.getLogger("jsm_assets_dest.request")
_ids = itertools.count(1)


class RequestEvent(NamedTuple):  # loaded by every program, for which an attrs class takes too long
    """Start or end of one attempt of a request, for metrics and traces.

    It contains no secret, no body, and no value of a record. `operation`, `method`, `host`, and `error` have few values, so
    that they can be labels of a metric.

    Attributes:
        id: Number that the start and the end of an attempt share, unique in this process.
        operation: The request, such as "submit chunk". Addresses are not part of it.
        method: HTTP method.
        host: Receiver: "site", "gateway", or "authorization server".
        attempt: Number of the attempt of this request, from 1.
        is_end: True at the end of the attempt, False at its start.
        status: HTTP status at the end, or None without a complete response.
        seconds: Duration of the attempt, without waits before it; 0 at the start.
        throttled: True if a rate limit rejected the attempt.
        error: Code of the failure without a response, such as "answer_timeout"; "" if there is a response.
    """

    id: int
    operation: str
    method: str
    host: str
    attempt: int = 1
    is_end: bool = False
    status: int | None = None
    seconds: float = 0.0
    throttled: bool = False
    error: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return the event as JSON-ready data."""
        return self._asdict()

    def __str__(self) -> str:
        name = f"{self.operation}, attempt {self.attempt}"
        if not self.is_end:
            return f"{name}: started"
        outcome = self.error if self.status is None else f"HTTP {self.status}"
        return f"{name}: {outcome} after {self.seconds:.3f} s"


RequestEvent.__module__ = "jsm_assets_dest"  # a named tuple allows no assignment in its body


def checked_listener(
    listener: Callable[[RequestEvent], object] | None, *, runs_coroutines: bool
) -> Callable[[RequestEvent], object] | None:
    """Return the listener of a connection.

    Raises:
        ConfigurationError: It is an async function, and the connection is not async.
    """
    is_async = inspect.iscoroutinefunction(listener) or inspect.iscoroutinefunction(
        getattr(listener, "__call__", None)  # noqa: B004 - an object with an async method
    )
    if is_async and not runs_coroutines:
        raise ConfigurationError(
            "`on_request` is an async function, which a sync connection can't await.",
            field="on_request",
            fix="Pass an ordinary function, or use AsyncConnection.",
        )
    return listener


def send(site: Site, request: Request, attempt: int = 1) -> Operation[Response]:
    """Send a request once, and notify the listener before and after that.

    Args:
        site: The site.
        request: The request.
        attempt: Number of the attempt, from 1.
    """
    if site.on_request is None:
        response: Response = yield Send(request)
        return response
    return (yield from _observed(site, request, attempt, site.on_request))


def _observed(
    site: Site, request: Request, attempt: int, listener: Callable[[RequestEvent], object]
) -> Operation[Response]:
    facts: dict[str, Any] = {
        "id": next(_ids),
        "operation": request.operation,
        "method": request.method,
        "host": request.host.value,
        "attempt": attempt,
    }
    yield from _notify(listener, RequestEvent(**facts))
    started = site.clock.monotonic()
    try:
        response: Response = yield Send(request)
    except BaseException as error:
        code = error.code if isinstance(error, AssetsError) else type(error).__name__
        end = RequestEvent(**facts, is_end=True, seconds=site.clock.monotonic() - started, error=code)
        if isinstance(error, GeneratorExit):
            _notify_at_close(listener, end)
        else:
            yield from _notify(listener, end)
        raise
    category = response.headers.get("x-failure-category", "").upper()
    is_error = response.status >= HTTPStatus.BAD_REQUEST
    end = RequestEvent(
        **facts,
        is_end=True,
        status=response.status,
        seconds=site.clock.monotonic() - started,
        throttled=response.status == HTTPStatus.TOO_MANY_REQUESTS or (is_error and "RATE" in category),
    )
    yield from _notify(listener, end)
    return response


def _notify(listener: Callable[[RequestEvent], object], event: RequestEvent) -> Operation[None]:
    # A listener observes. Its failure must neither repeat a request nor hide a response.
    try:
        yield Ask(lambda: listener(event))
    except Exception as error:  # noqa: BLE001 - a listener of the caller may raise anything
        _log_failure(error)


def _notify_at_close(listener: Callable[[RequestEvent], object], event: RequestEvent) -> None:
    """Notify the listener of an operation that is closed, and can send no more commands to its engine.

    A coroutine runs until it waits for something.
    """
    try:
        value = listener(event)
        if inspect.iscoroutine(value):
            with contextlib.closing(value), contextlib.suppress(StopIteration):
                value.send(None)
    except Exception as error:  # noqa: BLE001 - a listener of the caller may raise anything
        _log_failure(error)


def _log_failure(error: Exception) -> None:
    _log.warning("the listener on_request raised %s", type(error).__name__)
