"""The emulated site behind a real socket, for clients in other processes and other languages."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from .http.exchange import Inbound, Response
from .http.service import Service

Pages: TypeAlias = Callable[[Inbound], Response | None]
"""
Answers what is no part of the emulated site: status page and control interface. None for everything else.
"""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], service: Service, pages: Pages) -> None:
        self.service = service
        self.pages = pages
        self.connections: set[socket.socket] = set()
        self.stopping = threading.Event()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The parent looks up the host's name, which can take seconds and is never used here.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that went away is no error of the emulator; everything else is.
        import sys

        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]  # the parent knows no better

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # named by the parent
        """Nothing: requests are in `Emulator.requests`."""

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            parts = []
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length else b""

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        named = self.headers.get("Host") or f"127.0.0.1:{self.server.server_port}"
        inbound = Inbound(
            method=self.command,
            host=named,
            path=parts.path,
            query=parts.query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._read_body(),
            root=f"http://{named}",
        )
        response = self.server.pages(inbound)
        if response is None:
            response = self.server.service.respond(inbound)
        self._send(response)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _handle  # noqa: N815  # named by the parent

    def _send(self, response: Response) -> None:
        delivery = response.delivery
        if delivery.stall:
            self.server.stopping.wait(delivery.stall)
        if delivery.drop in ("before", "after"):
            self._reset()
            return
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.content_type is not None and "Content-Type" not in response.headers:
            self.send_header("Content-Type", response.content_type)
        body = b"" if self.command == "HEAD" else response.body
        if response.status not in (204, 304):
            self.send_header("Content-Length", str(len(response.body)))
        end = len(body)
        if delivery.truncate is not None:
            end = min(end, delivery.truncate)
        if delivery.drop == "mid-answer":
            end //= 2
        self._flush_headers_with(body[:end] if not delivery.drip else b"")
        if delivery.drip:
            size = max(1, -(-end // 10))
            for start in range(0, end, size):
                self.server.stopping.wait(delivery.drip)
                self.wfile.write(body[start : min(start + size, end)])
        if delivery.drop == "mid-answer":
            self._reset()
        elif delivery.truncate is not None:
            self.close_connection = True

    def _flush_headers_with(self, body: bytes) -> None:
        # One write for headers and body: two would cost a round trip with delayed acknowledgements.
        buffer: list[bytes] = vars(self).pop("_headers_buffer", [])
        self.wfile.write(b"".join([*buffer, b"\r\n", body]))

    def _reset(self) -> None:
        """End the connection so that the client sees a reset and not a proper end."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


@contextlib.contextmanager
def serve(service: Service, pages: Pages, host: str, port: int) -> Generator[str, None, None]:
    """Serve until the context ends.

    Args:
        service: answers for the site.
        pages: answers for what is no part of the site; asked first.
        host: a loopback address; others are possible and nowhere the default.
        port: 0 takes a free one.

    Yields:
        The address to use as site and as gateway.
    """
    server = _Server((host, port), service, pages)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="assets-emulator", daemon=True
    )
    thread.start()
    shown = f"[{host}]" if ":" in host else host
    try:
        yield f"http://{shown}:{server.server_port}"
    finally:
        server.stopping.set()
        server.shutdown()
        for connection in list(server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        server.server_close()
        thread.join(5)


def wait_until_interrupted() -> None:
    """Block until Ctrl-C raises KeyboardInterrupt."""
    while True:
        time.sleep(3600)
