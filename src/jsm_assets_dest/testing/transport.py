"""The emulated site as a transport for httpx, without sockets and waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import cast

import httpx

from .http.exchange import Inbound, Response
from .http.service import Service, UnknownHostError
from .world.clock import EmulatorClock


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a response, in pieces, with the delays and interruptions between them."""

    def __init__(
        self, response: Response, request: httpx.Request, clock: EmulatorClock, read_timeout: float | None
    ) -> None:
        self._response = response
        self._request = request
        self._clock = clock
        self._read_timeout = read_timeout

    def __iter__(self) -> Iterator[bytes]:
        delivery, received = self._response.delivery, 0
        for piece in delivery.pieces(self._response.body):
            if delivery.drip:
                pass_time(self._clock, delivery.drip, self._read_timeout, self._request)
            received += len(piece)
            yield piece
        if delivery.drop == "mid-answer":
            raise httpx.ReadError("the connection was reset", request=self._request)
        if delivery.truncate is not None:
            raise httpx.RemoteProtocolError(
                f"peer closed connection without sending complete message body (received {received} bytes, "
                f"expected {len(self._response.body)})",
                request=self._request,
            )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def pass_time(clock: EmulatorClock, seconds: float, timeout: float | None, request: httpx.Request) -> None:
    """Advance the clock while nothing arrives.

    Raises:
        httpx.ReadTimeout: the client does not wait that long.
    """
    if timeout is not None and seconds > timeout:
        clock.advance(timeout)
        raise httpx.ReadTimeout("the read operation timed out", request=request)
    clock.advance(seconds)


class EmulatorTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A sync and async transport in one object, for every host of the site.

    Args:
        service: responds to the requests.
        clock: advances while a response is slow. A connection with this transport uses it too.
    """

    def __init__(self, service: Service, clock: EmulatorClock) -> None:
        self._service = service
        self.clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Response a request of a blocking client."""
        return self._respond(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Response a request of an asynchronous client."""
        return self._respond(request, await request.aread())

    def _respond(self, request: httpx.Request, body: bytes) -> httpx.Response:
        url = request.url
        path, _, query = url.raw_path.partition(b"?")
        port = f":{url.port}" if url.port is not None else ""
        inbound = Inbound(
            method=request.method,
            host=url.host + port,
            path=path.decode("ascii"),
            query=query.decode("ascii"),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )
        try:
            response = self._service.respond(inbound)
        except UnknownHostError:
            raise httpx.ConnectError(f"the emulator is not {url.host}", request=request) from None
        delivery = response.delivery
        timeout = _read_timeout(request)
        if delivery.stall:
            pass_time(self.clock, delivery.stall, timeout, request)
        if delivery.drop == "before":
            raise httpx.ReadError("the connection was reset", request=request)
        if delivery.drop == "after":
            raise httpx.RemoteProtocolError(
                "Server disconnected without sending a response.", request=request
            )
        headers = dict(response.headers)
        if response.status not in (204, 304):
            headers["Content-Length"] = str(len(response.body))
        if request.method == "HEAD":
            response.body = b""
        return httpx.Response(
            response.status,
            headers=headers,
            stream=_Body(response, request, self.clock, timeout),
            extensions={"http_version": b"HTTP/1.1"},
        )


def _read_timeout(request: httpx.Request) -> float | None:
    timeouts = cast("dict[str, float | None]", request.extensions.get("timeout", {}))
    return timeouts.get("read")
