"""The emulated site behind a real socket, for clients in other processes and other languages.

One thread runs an event loop for all connections, so slow clients occupy no threads. Requests are handled one at a
time, as in process.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import socket
import struct
import threading
import time
import traceback
from collections.abc import Callable, Generator
from http import HTTPStatus
from typing import TypeAlias

from .http.exchange import Inbound, Response, json_response
from .http.service import Service
from .http.wire import InvalidRequestError, RequestReader
from .world.rejections import errors_body

Pages: TypeAlias = Callable[[Inbound], Response | None]
"""
Responds to requests that do not belong to the emulated site: status page and control interface. None for others.
"""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SENDING_SECONDS = 30.0
"""
Time in which a client must send the head of a request, and each 64 KiB of its body.
"""


class _Server:
    def __init__(self, service: Service, pages: Pages) -> None:
        self._service = service
        self._pages = pages
        self._writers: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

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
        end = len(body) if delivery.truncate is None else min(len(body), delivery.truncate)
        if delivery.drop == "mid-answer":
            end //= 2
        stays_open = stays_open and end == len(body)
        writer.write(_head(response, stays_open=stays_open))
        size = max(1, -(-end // 10)) if delivery.drip else max(1, end)
        for start in range(0, end, size):
            if delivery.drip:
                await writer.drain()
                await asyncio.sleep(delivery.drip)
            writer.write(body[start : min(start + size, end)])
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
