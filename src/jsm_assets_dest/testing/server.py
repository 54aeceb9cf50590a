"""The emulated site behind a real socket, for clients in other processes and other languages. Senders are not trusted.

One thread runs an event loop for all connections, so slow clients occupy no threads. Requests are handled one at a
time, as in process.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import re
import socket
import struct
import threading
import time
import traceback
from collections.abc import Callable, Generator
from http import HTTPStatus
from typing import TypeAlias

from attrs import define, field

from .http.exchange import Inbound, Response, json_response
from .http.service import Service
from .world.rejections import errors_body

LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 512 * 1024 * 1024
PIECE = 64 * 1024

_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (\S{1,16000}) HTTP/1\.([01])")
_TARGET = re.compile(r"(?:https?://[^/?#\s]*)?(/[\x21-\x7e]*)")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_HOST = re.compile(r"[A-Za-z0-9.\-_]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


class InvalidRequestError(ValueError):
    """The bytes are not a valid HTTP/1.1 request. The message is sent to the client."""


@define
class RequestReader:
    """Reads the requests of one connection.

    Args:
        reader: the incoming bytes.
        seconds: time for the head, and for each piece of the body.
        send_continue: sends `100 Continue`.
    """

    _reader: asyncio.StreamReader
    _seconds: float
    _send_continue: Callable[[], None]

    async def read(self, default_host: str) -> tuple[Inbound, bool] | None:
        """Return the next request, and True if the connection may stay open; None at the end of the connection.

        Raises:
            InvalidRequestError: the bytes are not a valid request.
            TimeoutError: the client sends too slowly.
        """
        first = await self._reader.read(1)
        if not first:
            return None
        async with asyncio.timeout(self._seconds):
            head = first + await self._head()
        lines = head.decode("latin-1").replace("\r\n", "\n").strip("\n").split("\n")
        match = _LINE.fullmatch(lines[0])
        if match is None:
            raise InvalidRequestError("The request line is invalid")
        method, target, minor = match.groups()
        headers = _headers(lines[1:])
        host = headers.get("host", default_host if minor == "0" else "")
        if _HOST.fullmatch(host) is None:
            raise InvalidRequestError("The Host header is missing or invalid")
        path, query = _path(method, target)
        if headers.get("expect", "").lower() == "100-continue":
            self._send_continue()
        inbound = Inbound(
            method=method,
            host=host,
            path=path,
            query=query,
            headers=headers,
            body=await self._body(headers),
            root=f"http://{host}",
        )
        connection = headers.get("connection", "").lower()
        return inbound, connection != "close" and (minor == "1" or connection == "keep-alive")

    async def _head(self) -> bytes:
        lines: list[bytes] = []
        size = 0
        while True:
            line = await self._line()
            size += len(line)
            if size > LARGEST_HEAD:
                raise InvalidRequestError("The header is too large")
            lines.append(line)
            if line in (b"\r\n", b"\n") and len(lines) > 1:
                return b"".join(lines)

    async def _line(self) -> bytes:
        try:
            async with asyncio.timeout(self._seconds):
                line = await self._reader.readline()
        except ValueError:
            raise InvalidRequestError("A line is too long") from None
        if not line.endswith(b"\n"):
            raise InvalidRequestError("The request is truncated")
        return line

    async def _body(self, headers: dict[str, str]) -> bytes:
        length, encoding = headers.get("content-length"), headers.get("transfer-encoding")
        if encoding is not None:
            if encoding.lower() != "chunked" or length is not None:
                raise InvalidRequestError("The Transfer-Encoding is invalid")
            return await self._chunks()
        if length is None:
            return b""
        if not re.fullmatch(r"[0-9]{1,15}", length):
            raise InvalidRequestError("The Content-Length is invalid")
        if int(length) > LARGEST_BODY:
            raise InvalidRequestError("The body is too large")
        return await self._exactly(int(length))

    async def _exactly(self, length: int) -> bytes:
        pieces = []
        while length:
            async with asyncio.timeout(self._seconds):
                try:
                    piece = await self._reader.readexactly(min(length, PIECE))
                except asyncio.IncompleteReadError:
                    raise InvalidRequestError("The body is truncated") from None
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    async def _chunks(self) -> bytes:
        chunks: list[bytes] = []
        total = 0
        while True:
            line = await self._line()
            match = _SIZE.fullmatch(line)
            if match is None:
                raise InvalidRequestError("The size of a chunk is invalid")
            size = int(match[1], 16)
            total += size
            if total > LARGEST_BODY:
                raise InvalidRequestError("The body is too large")
            if not size:
                break
            chunks.append(await self._exactly(size))
            if await self._line() not in (b"\r\n", b"\n"):
                raise InvalidRequestError("A chunk is longer than its size")
        async with asyncio.timeout(self._seconds):
            while await self._line() not in (b"\r\n", b"\n"):
                pass
        return b"".join(chunks)


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise InvalidRequestError("A header is invalid")
        name, value = match[1].lower(), match[2].strip(" \t")
        if name in ("content-length", "host", "transfer-encoding") and headers.get(name, value) != value:
            raise InvalidRequestError(f"The header {match[1]} occurs twice")
        headers[name] = f"{headers[name]}, {value}" if name in headers and name != "host" else value
        if name == "content-length":
            headers[name] = value
    return headers


def _path(method: str, target: str) -> tuple[str, str]:
    if target == "*" and method == "OPTIONS":
        return "/", ""
    match = _TARGET.fullmatch(target)
    if match is None:
        raise InvalidRequestError("The target of the request is invalid")
    path, _, query = match[1].partition("#")[0].partition("?")
    return path, query


Pages: TypeAlias = Callable[[Inbound], Response | None]
"""
Responds to requests that do not belong to the emulated site: status page and control interface. None for others.
"""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SENDING_SECONDS = 30.0
"""
Time in which a client must send the head of a request, and each 64 KiB of its body.
"""


@define
class _Server:
    _service: Service
    _pages: Pages
    _writers: dict[asyncio.StreamWriter, asyncio.Task[None]] = field(factory=dict)
    _stop: asyncio.Event | None = None
    _loop: asyncio.AbstractEventLoop | None = None

    def run(self, host: str, port: int, ready: queue.SimpleQueue[int | OSError]) -> None:
        asyncio.run(self._run(host, port, ready))

    async def _run(self, host: str, port: int, ready: queue.SimpleQueue[int | OSError]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(self._connect, host, port, backlog=128, reuse_address=True)
        except OSError as problem:
            ready.put(problem)
            return
        ready.put(server.sockets[0].getsockname()[1])
        await self._stop.wait()
        server.close()
        tasks = list(self._writers.values())
        for writer in list(self._writers):
            writer.transport.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        if self._loop is None or self._stop is None:
            raise AssertionError("the server is stopped after it has started")
        self._loop.call_soon_threadsafe(self._stop.set)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a connection is handled in a task")
        self._writers[writer] = task
        try:
            # A client that disconnects is not an error of the emulator.
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                while await self._handle(reader, writer):
                    pass
        finally:
            del self._writers[writer]
            writer.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Handle one request, and return True if the connection stays open."""
        host, port = writer.get_extra_info("sockname")[:2]
        requests = RequestReader(
            reader, SENDING_SECONDS, lambda: writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        )
        try:
            received = await requests.read(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except InvalidRequestError as problem:
            await self._send(writer, json_response(errors_body([str(problem)]), 400), "GET", stays_open=False)
            return False
        except TimeoutError:
            text = "The request was not sent in time"
            await self._send(writer, json_response(errors_body([text]), 408), "GET", stays_open=False)
            return False
        if received is None:
            return False
        inbound, stays_open = received
        return await self._send(writer, self._respond(inbound), inbound.method, stays_open=stays_open)

    def _respond(self, inbound: Inbound) -> Response:
        try:
            response = self._pages(inbound)
            return response if response is not None else self._service.respond(inbound)
        except ConnectionError:
            raise
        except Exception as problem:  # noqa: BLE001  # the client learns of the bug, and stderr has its traceback
            traceback.print_exc()
            text = f"The emulator failed, please report this: {problem!r}"
            return json_response(errors_body([text]), 500, {"X-Emulator-Failure": "true"})

    async def _send(
        self, writer: asyncio.StreamWriter, response: Response, method: str, *, stays_open: bool
    ) -> bool:
        delivery = response.delivery
        if delivery.stall:
            await asyncio.sleep(delivery.stall)
        if delivery.drop in ("before", "after"):
            _reset(writer)
            return False
        body = b"" if method == "HEAD" else response.body
        pieces = delivery.pieces(body)
        stays_open = stays_open and sum(map(len, pieces)) == len(body)
        writer.write(_head(response, stays_open=stays_open))
        for piece in pieces:
            if delivery.drip:
                await writer.drain()
                await asyncio.sleep(delivery.drip)
            writer.write(piece)
        await writer.drain()
        if delivery.drop == "mid-answer":
            _reset(writer)
        return stays_open


def _head(response: Response, *, stays_open: bool) -> bytes:
    headers = dict(response.headers)
    if response.content_type is not None:
        headers.setdefault("Content-Type", response.content_type)
    if response.status not in (204, 304):
        headers["Content-Length"] = str(len(response.body))
    if not stays_open:
        headers["Connection"] = "close"
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with a reset instead of a regular end."""
    connection = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextlib.contextmanager
def serve(service: Service, pages: Pages, host: str, port: int) -> Generator[str, None, None]:
    """Serve until the context ends.

    Args:
        service: responds for the site.
        pages: responds to what does not belong to the site; called first.
        host: a loopback address; others are possible, but never the default.
        port: 0 for a free one.

    Yields:
        The address to use as site and as gateway.
    """
    server = _Server(service, pages)
    ready: queue.SimpleQueue[int | OSError] = queue.SimpleQueue()
    thread = threading.Thread(
        target=server.run, args=(host, port, ready), name="assets-emulator", daemon=True
    )
    thread.start()
    bound = ready.get()
    if isinstance(bound, OSError):
        thread.join()
        raise bound
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{bound}"
    finally:
        server.stop()
        thread.join(5)


def wait_until_interrupted() -> None:
    """Block until Ctrl-C raises KeyboardInterrupt."""
    while True:
        time.sleep(3600)
