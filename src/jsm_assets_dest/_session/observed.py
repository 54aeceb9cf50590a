"""One attempt of a request, with its start and end for the caller's listener."""

from __future__ import annotations

import inspect
import itertools
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from .._http.commands import Ask, Operation, Send
from .._wire.request import Request
from .._wire.response import Response
from ..exceptions import AssetsError, ConfigurationError
from .site import Site

_log = logging.getLogger("jsm_assets_dest.request")
_ids = itertools.count(1)


def checked_listener(
    listener: Callable[[Any], object] | None, *, runs_coroutines: bool
) -> Callable[[Any], object] | None:
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
    site: Site, request: Request, attempt: int, listener: Callable[[Any], object]
) -> Operation[Response]:
    from .request_event import RequestEvent

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
    except GeneratorExit:
        raise
    except BaseException as error:
        code = error.code if isinstance(error, AssetsError) else type(error).__name__
        seconds = site.clock.monotonic() - started
        yield from _notify(listener, RequestEvent(**facts, is_end=True, seconds=seconds, error=code))
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


def _notify(listener: Callable[[Any], object], event: object) -> Operation[None]:
    # A listener observes. Its failure must neither repeat a request nor hide a response.
    try:
        yield Ask(lambda: listener(event))
    except Exception as error:  # noqa: BLE001 - a listener of the caller may raise anything
        _log.warning("the listener on_request raised %s", type(error).__name__)
