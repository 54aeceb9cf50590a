"""Map the failures of httpx to errors: whether the server may have acted, the likely cause, and who can act.

These errors are raised separately from httpx's own, so that nothing leads from them to frames with raw headers.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable

import httpx

from .._wire.phrases import could_not, duration
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
from ..exceptions._declared import Place

#: What httpx and its sockets raise if an attempt fails; an invalid host name raises a UnicodeError.
FAILURES = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, UnicodeError)


def _place(request: Request) -> Place:
    return Place(operation=request.operation, method=request.method, path=request.path, host=request.hostname)


def _doing(request: Request) -> str:
    return could_not(request.operation, site=request.hostname, subject=request.subject)


def placed(error: TransportError, request: Request) -> TransportError:
    """Return the error with the place of its request. The response had begun, so the server may have acted."""
    return type(error)(
        f"{_doing(request)}: {error.what[:1].lower()}{error.what[1:]}",
        cause=error.cause,
        remedies=error.remedies,
        sent="unknown",
        **_place(request),
    )


def closed(error: BaseException, request: Request) -> ClosedError | None:
    """Return the error for a closed client: httpx's only RuntimeError that is not a failed attempt."""
    if not isinstance(error, RuntimeError) or "closed" not in str(error):
        return None
    return ClosedError(
        f"{_doing(request)}: the connection is closed. Nothing was sent.",
        remedies=("You: use the connection inside its `with` block, or create a new one.",),
        **_place(request),
    )


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def failed(error: BaseException, request: Request, seconds: float) -> AssetsError:
    """Return the error for a failed attempt: nothing was sent, or that is unknown."""
    host = request.hostname
    facts = _place(request)
    causes = list(_causes(error))
    detail = re.sub(r"^\[[^\]]*\] ?", "", " ".join(str(error).split()))[:120] or type(error).__name__
    if isinstance(error, httpx.ProxyError) and "407" in detail:
        return ProxyAuthenticationError(f"Could not reach {host}: a proxy requires a login.", **facts)
    if isinstance(error, httpx.ProxyError):
        return ConnectionFailedError(
            f"Could not reach {host}: the proxy rejected the connection.",
            cause="The proxy that the environment names does not allow this host.",
            remedies=(
                f"Your network team: allow {host} in the proxy.",
                "Or you: if no proxy is needed, add the host to NO_PROXY, or pass trust_env=False.",
            ),
            details=detail,
            **facts,
        )
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if tls is not None and isinstance(error, httpx.ConnectError):
        reason = getattr(tls, "verify_message", "") or getattr(tls, "reason", "") or str(tls)
        is_untrusted = isinstance(tls, ssl.SSLCertVerificationError)
        problem = "its certificate is not trusted" if is_untrusted else "the TLS handshake failed"
        return TlsError(
            f"Could not connect securely to {host}: {problem}.", details=str(reason)[:120], **facts
        )
    if any(isinstance(cause, (socket.gaierror, UnicodeError)) for cause in causes):
        return HostNotFoundError(f"Could not find the host {host}.", **facts)
    if isinstance(error, (httpx.ConnectTimeout, httpx.ConnectError, httpx.PoolTimeout)):
        return ConnectionFailedError(f"Could not connect to {host}.", details=detail, **facts)
    if isinstance(error, httpx.TimeoutException):
        return AnswerTimeoutError(
            f"{_doing(request)}: no complete response from {host} within {duration(seconds)}.", **facts
        )
    return ConnectionLostError(
        f"{_doing(request)}: the connection to {host} was lost before the response was complete.",
        details=detail,
        **facts,
    )
