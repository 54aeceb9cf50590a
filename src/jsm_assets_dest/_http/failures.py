"""What a failure of httpx means: whether the service may have acted, what the likely cause is, and who must do what.

The errors made here are raised apart from httpx's own, so that nothing leads from them to frames with raw headers.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpx

from .._wire.request import Request
from ..exceptions import (
    AnswerTimeoutError,
    AssetsError,
    ClosedError,
    ConnectionFailedError,
    ConnectionLostError,
    HostNotFoundError,
    ProxyAuthenticationError,
    TlsError,
    TransportError,
)


def placed(error: TransportError, request: Request) -> TransportError:
    """The error with the place where it happened; the answer had begun, so the service may have acted."""
    return type(error)(
        f"While doing “{request.operation}”: {error.what}",
        cause=error.cause,
        remedies=error.remedies,
        operation=request.operation,
        method=request.method,
        path=request.path,
        host=request.hostname,
        sent="unknown",
    )


def closed(error: BaseException, request: Request) -> ClosedError | None:
    """The error for a client that was closed, which is httpx's only RuntimeError that is no failure of an attempt."""
    if not isinstance(error, RuntimeError) or "closed" not in str(error):
        return None
    return ClosedError(
        f"“{request.operation}” was not sent: the connection was closed.",
        remedies=("You: use the connection inside its `with` block, or make a new one.",),
        operation=request.operation,
        method=request.method,
        path=request.path,
        host=request.hostname,
    )


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


#: What httpx and the sockets below it raise when an attempt fails; a UnicodeError is a host name that is none.
FAILURES = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, UnicodeError)


def failed(error: BaseException, request: Request, seconds: float) -> AssetsError:
    """What a failure of httpx means for this request: certainly not sent, or unknown."""
    where = request.hostname
    doing = f"“{request.operation}”"
    facts: dict[str, Any] = {
        "operation": request.operation,
        "method": request.method,
        "path": request.path,
        "host": where,
    }
    causes = list(_causes(error))
    detail = " ".join(str(error).split())[:200] or type(error).__name__
    if isinstance(error, httpx.ProxyError) and "407" in detail:
        return ProxyAuthenticationError(
            f"{doing} did not get through: the proxy on the way to {where} wants credentials.",
            cause="The proxy in the environment (HTTPS_PROXY) needs a user name and a password; this is certain.",
            remedies=(
                "You: put them into HTTPS_PROXY (http://user:password@proxy:port), or ask your network team.",
            ),
            sent="no",
            **facts,
        )
    if isinstance(error, httpx.ProxyError):
        return ConnectionFailedError(
            f"{doing} was not sent: the proxy on the way to {where} refused to connect ({detail}).",
            cause="The proxy that the environment names probably does not let this host through.",
            remedies=(
                f"Your network team: let the proxy allow {where}.",
                "You: name the host in NO_PROXY, or pass trust_env=False, if no proxy is needed.",
            ),
            sent="no",
            **facts,
        )
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if tls is not None and isinstance(error, httpx.ConnectError):
        reason = getattr(tls, "verify_message", "") or getattr(tls, "reason", "") or str(tls)
        return TlsError(
            f"{doing} was not sent: no trusted connection to {where} could be made ({reason}).",
            cause="Probably a proxy that opens TLS connections with a certificate of its own, or a wrong address.",
            remedies=(
                "You: pass verify=ssl.create_default_context(cafile=…) with your company's certificate authority.",
                "Your network team: name that certificate authority, or let this host through unopened.",
            ),
            sent="no",
            **facts,
        )
    if any(isinstance(cause, (socket.gaierror, UnicodeError)) for cause in causes):
        return HostNotFoundError(
            f"{doing} was not sent: the host {where} is not known.",
            cause="The address is probably misspelled, or this computer has no name service at the moment.",
            remedies=("You: open the site in a browser and copy its address.",),
            sent="no",
            **facts,
        )
    if isinstance(error, (httpx.ConnectTimeout, httpx.ConnectError, httpx.PoolTimeout)):
        return ConnectionFailedError(
            f"{doing} was not sent: {where} cannot be reached ({detail}).",
            cause="Probably this computer's network, a firewall, or a proxy that is needed and not set.",
            remedies=("You: check the connection, and HTTPS_PROXY if your network needs a proxy.",),
            sent="no",
            **facts,
        )
    if isinstance(error, httpx.TimeoutException):
        return AnswerTimeoutError(
            f"{doing} got no whole answer from {where} within {seconds:g} seconds.",
            cause="The service or the network is slow at the moment; whether the service acted is not known.",
            remedies=("You: try again later, or give it more time with limits=Limits(attempt=…).",),
            sent="unknown",
            **facts,
        )
    return ConnectionLostError(
        f"{doing}: the connection to {where} broke before the whole answer was there ({detail}).",
        cause="The service or something on the way to it hung up; whether the service acted is not known.",
        sent="unknown",
        **facts,
    )
