"""Use of httpx: builds a client and makes one attempt. The meaning of its failures is in `failures`.

httpx alone lacks some guarantees that a library with credentials and large imports needs. Therefore this module

* gives every attempt one deadline: each wait on a socket gets the remaining time (`_BoundedStream`);
* decompresses responses itself, within a limit;
* never follows redirects, keeps no cookies, and passes credentials only through `httpx.Auth`, so that they are in no
  local variable, repr or log;
* raises errors of this library only, cut off from httpx's, whose frames hold the raw headers; what is not its own to
  turn into an error, such as Ctrl-C or a cancellation, propagates without those frames.

It uses httpcore's public network backend, which `_bound` sets on httpx's connection pool. A test with a real server that
sends one byte at a time fails if this stops working.
"""

from __future__ import annotations

import contextlib
import functools
import http.cookiejar
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any, TypeVar, cast

import anyio
import httpcore
import httpx

from .._secret import Secret
from .._version import VERSION
from .._wire.request import Request
from .._wire.response import ACCEPTED, BodyReader, Response
from ..exceptions import TransportError
from .certificates import shared_context
from .failures import FAILURES, closed, failed, placed
from .settings import HttpSettings, Limits

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override


ClientT = TypeVar("ClientT", httpx.Client, httpx.AsyncClient)


class _Authorization(httpx.Auth):
    """Adds the Authorization header at the last moment."""

    __slots__ = ("_secret",)

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    @override
    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["Authorization"] = self._secret.reveal()
        yield request


@functools.cache
def _user_agent() -> str:
    return f"jsm-assets-dest/{VERSION} httpx/{httpx.__version__}"


class _Body(httpx.AsyncByteStream):
    """A request's body in one piece.

    The body of httpx is an asynchronous generator. It stays suspended when the upload fails, and Trio then warns.
    """

    def __init__(self, body: bytes) -> None:
        self._pieces = [body]

    @override
    def __aiter__(self) -> _Body:
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop()


#: Replaces a stream that was read. httpx makes a reference cycle of response and stream. The cycle would keep the request,
#: with a whole chunk of an import, until the next garbage collection.
_LET_GO = httpx.ByteStream(b"")


class _Attempt(threading.local):
    """The attempt that this thread is making."""

    deadline: float = float("inf")
    streams: set[_BoundedStream] | None = None
    written: Callable[[], object] | None = None


_attempt = _Attempt()


class _BoundedStream(httpcore.NetworkStream):
    """A network stream. Each wait ends with the attempt, and another thread can interrupt it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def _remaining(self, timeout: float | None, error: type[Exception]) -> float | None:
        if _attempt.streams is not None:
            _attempt.streams.add(self)
        remaining = _attempt.deadline - time.monotonic()
        if remaining <= 0:
            raise error("the attempt's time is up")
        return remaining if timeout is None else min(timeout, remaining)

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if _attempt.written is not None:
            _attempt.written()  # the response is read when all of the request has been written
            _attempt.written = None
        return self._stream.read(max_bytes, self._remaining(timeout, httpcore.ReadTimeout))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._remaining(timeout, httpcore.WriteTimeout))

    @override
    def close(self) -> None:
        self._stream.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        remaining = self._remaining(timeout, httpcore.ConnectTimeout)
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, remaining))

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def break_off(self) -> None:
        """End the wait of another thread on this stream. Closing alone does not end it."""
        connection = self.get_extra_info("socket")
        if isinstance(connection, socket.socket):
            with contextlib.suppress(OSError):  # it may have been closed in the meantime
                connection.shutdown(socket.SHUT_RDWR)


class _BoundedBackend(httpcore.SyncBackend):
    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect within one timeout. Python applies the timeout to each address of the host, one after the other."""
        until = min(_attempt.deadline, float("inf") if timeout is None else time.monotonic() + timeout)
        try:
            addresses = list(
                dict.fromkeys(
                    str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                )
            )
        except (OSError, UnicodeError) as error:  # a host name with an empty label, or one that is too long
            raise httpcore.ConnectError(str(error)) from error
        for number, address in enumerate(addresses, 1):
            remaining = until - time.monotonic()
            if remaining <= 0:
                break
            share = remaining if number == len(addresses) else remaining / 2
            try:
                return _BoundedStream(
                    super().connect_tcp(
                        address, port, None if share == float("inf") else share, local_address, socket_options
                    )
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise httpcore.ConnectTimeout("timed out")


def _bound(transport: httpx.HTTPTransport) -> httpx.HTTPTransport:
    """Give every wait of a transport a deadline. This is the only use of private parts of httpx.

    httpcore's pool accepts a network backend, but httpx has no argument for it. The public way, a transport around
    a pool of httpcore, would repeat what httpx does for proxies, TLS, and the mapping of errors.
    """
    pool = cast("Any", transport)._pool
    pool._network_backend = _BoundedBackend()
    return transport


def _transport_options(settings: HttpSettings) -> dict[str, Any]:
    connections = settings.limits.connections
    return {
        "verify": settings.verify or shared_context(trust_env=settings.trust_env),
        "trust_env": False,
        "limits": httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=60
        ),
    }


def _client_options(settings: HttpSettings, keep_location: Callable[..., object]) -> dict[str, Any]:
    limits = settings.limits
    return {
        "trust_env": False,
        "follow_redirects": False,
        "event_hooks": {"response": [keep_location]},
        "headers": {
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED,
            "User-Agent": _user_agent(),
            # Jira responds in the language of the account. The first header alone does not change that.
            "Accept-Language": "en",
            "X-Force-Accept-Language": "true",
        },
        "timeout": httpx.Timeout(limits.attempt, connect=limits.connect),
    }


#: Name under which a response keeps its Location. httpx parses the header even if it does not follow redirects, and raises a
#: RemoteProtocolError, as for a lost connection, if that fails.
_LOCATION = "jsm_assets_dest.location"


def _keep_location(http_response: httpx.Response) -> None:
    """Move the Location out of the reach of httpx."""
    if http_response.is_redirect and "Location" in http_response.headers:
        http_response.extensions[_LOCATION] = http_response.headers.pop("Location")


async def _keep_location_async(http_response: httpx.Response) -> None:
    _keep_location(http_response)


def _without_cookies(client: httpx.Client | httpx.AsyncClient) -> None:
    # With a session cookie, the site may respond as another user than the user of the credential.
    client.cookies.jar.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=()))
    # No cookie is kept, so the preparation for the jar, 8 % of a small request's time, is omitted.
    client.cookies.extract_cookies = _let_go  # type: ignore[method-assign]  # see the comment above


def _let_go(response: httpx.Response) -> None:
    """Ignore the cookies of a response."""


@functools.lru_cache(maxsize=64)
def _url(address: str) -> httpx.URL:
    # An import sends to the same address thousands of times; httpx looks at each of its characters.
    return httpx.URL(address)


def sync_client(settings: HttpSettings) -> httpx.Client:
    """Return a client for the blocking engine. Threads share it."""
    return _client(
        httpx.Client, lambda **options: _bound(httpx.HTTPTransport(**options)), settings, _keep_location
    )


def async_client(settings: HttpSettings) -> httpx.AsyncClient:
    """Return a client for the asynchronous engine."""
    return _client(httpx.AsyncClient, httpx.AsyncHTTPTransport, settings, _keep_location_async)


def _client(
    client_class: type[ClientT],
    transport: Callable[..., object],
    settings: HttpSettings,
    keep_location: Callable[..., object],
) -> ClientT:
    routes: dict[str, Any] = {"transport": settings.transport}
    if settings.transport is None:
        options = _transport_options(settings)
        routes = {
            "transport": transport(**options),
            "mounts": {
                origin: transport(proxy=proxy.reveal(), **options)
                for origin, proxy in settings.proxies.items()
            },
        }
    client = client_class(**routes, **_client_options(settings, keep_location))
    _without_cookies(client)
    return client


def _authorization(request: Request) -> httpx.Auth | None:
    return None if request.authorization is None else _Authorization(request.authorization)


def _prepared(
    client: httpx.Client | httpx.AsyncClient, request: Request, limits: Limits, seconds: float
) -> httpx.Request:
    options: dict[str, Any] = {}
    if seconds < limits.attempt:
        # Waiting for a free connection of the pool is part of the attempt, too.
        options["timeout"] = httpx.Timeout(seconds, connect=min(seconds, limits.connect))
    prepared = client.build_request(
        request.method,
        _url(request.url),
        content=request.body,
        headers=[("Content-Type", request.content_type), *request.headers]
        if request.body is not None
        else request.headers,
        **options,
    )
    # Without a body, httpx sends no length for POST and PUT unless it is told that there is none.
    if request.body is None and request.method in ("POST", "PUT", "PATCH"):
        prepared.headers["Content-Length"] = "0"
    return prepared


def _reader(request: Request, limits: Limits, http_response: httpx.Response) -> BodyReader:
    limit = limits.listing_bytes if request.listing else limits.control_bytes
    return BodyReader(http_response.headers.get("content-encoding", ""), limit)


def _response_in_memory(request: Request, limits: Limits, http_response: httpx.Response) -> Response:
    """Return the response of a transport that makes responses in memory, such as `httpx.MockTransport`.

    Such a response is already read and decompressed.
    """
    reader = BodyReader("", limits.listing_bytes if request.listing else limits.control_bytes)
    reader.feed(http_response.content)
    return _response(http_response, reader)


def _response(http_response: httpx.Response, reader: BodyReader) -> Response:
    headers = {name.lower(): value for name, value in http_response.headers.items()}
    if _LOCATION in http_response.extensions:
        headers["location"] = http_response.extensions[_LOCATION]
    return Response(status=http_response.status_code, headers=headers, body=reader.finish())


def send(
    client: httpx.Client,
    settings: HttpSettings,
    request: Request,
    *,
    seconds: float,
    streams: set[_BoundedStream] | None = None,
    written: Callable[[], object] | None = None,
) -> Response:
    """Make one attempt in this thread.

    Args:
        client: The client.
        settings: What the client was built from.
        request: What to send.
        seconds: Time that the attempt may take.
        streams: Gets the network streams in use, so that another thread can break them off.
        written: Called when all of the request has been handed to the network, where it goes through a stream of this module.

    Raises:
        TransportError: No whole answer came; one of its leaves says whether the service may have acted.
    """
    limits = settings.limits
    _attempt.deadline = time.monotonic() + seconds
    _attempt.streams = streams
    _attempt.written = written
    failure: BaseException
    try:
        http_response = client.send(
            _prepared(client, request, limits, seconds),
            auth=_authorization(request),
            stream=True,
        )
        try:
            if http_response.is_stream_consumed:
                return _response_in_memory(request, limits, http_response)
            reader = _reader(request, limits, http_response)
            for piece in http_response.iter_raw():
                reader.feed(piece)
                if time.monotonic() > _attempt.deadline:
                    raise httpx.ReadTimeout("the attempt's time is up")
            return _response(http_response, reader)
        finally:
            http_response.close()
            http_response.stream = _LET_GO
    except TransportError as error:
        failure = placed(error, request)
    except FAILURES as error:
        failure = failed(error, request, seconds)
    except BaseException as error:
        failure = closed(error, request) or _without_frames(error, settings)
    finally:
        _attempt.deadline = float("inf")
        _attempt.streams = None
        _attempt.written = None
    # Raised out here, so that nothing leads from it to httpx's frames and the headers in them.
    raise failure


async def send_async(
    client: httpx.AsyncClient, settings: HttpSettings, request: Request, *, seconds: float
) -> Response:
    """Make one attempt in this task; arguments and errors are those of `send`."""
    limits = settings.limits
    failure: BaseException
    try:
        with anyio.fail_after(seconds):
            prepared = _prepared(client, request, limits, seconds)
            if request.body is not None:
                prepared.stream = _Body(request.body)
            http_response = await client.send(
                prepared,
                auth=_authorization(request),
                stream=True,
            )
            try:
                if http_response.is_stream_consumed:
                    return _response_in_memory(request, limits, http_response)
                reader = _reader(request, limits, http_response)
                await _feed(reader, http_response)
                return _response(http_response, reader)
            finally:
                await http_response.aclose()
                http_response.stream = _LET_GO
    except TransportError as error:
        failure = placed(error, request)
    except TimeoutError:
        failure = failed(httpx.ReadTimeout("the attempt's time is up"), request, seconds)
    except FAILURES as error:
        failure = failed(error, request, seconds)
    except BaseException as error:
        failure = closed(error, request) or _without_frames(error, settings)
    raise failure


async def _feed(reader: BodyReader, http_response: httpx.Response) -> None:
    """Feed a reader with the body.

    httpx nests asynchronous generators, and Trio complains when they are left behind half-way. So when the reader
    rejects a piece, the response is closed, and the iteration ends immediately.
    """
    refused: TransportError | None = None
    try:
        async for piece in http_response.aiter_raw():
            if refused is None:
                try:
                    reader.feed(piece)
                except TransportError as error:
                    refused = error
                    await http_response.aclose()
    except (httpx.HTTPError, httpx.StreamError, RuntimeError):
        if refused is None:
            raise
    if refused is not None:
        raise refused


def _without_frames(error: BaseException, settings: HttpSettings) -> BaseException:
    """Remove httpx's frames, which may contain the raw headers, from an exception such as Ctrl-C or a cancellation.

    The exceptions of another transport of the caller keep their frames, because its author needs them.
    """
    if not isinstance(settings.transport, (NoneType, httpx.HTTPTransport, httpx.AsyncHTTPTransport)):
        return error
    error.__context__ = None
    return error.with_traceback(None)
