"""A server on loopback that does to each request what a script says, and the client's side of the conversation.

Only sockets tell the truth about resets, half uploads and connections that were kept too long. The waits between attempts
pass on a clock that moves when it is slept on; timeout are real, and short.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
from attrs import define, field

from jsm_assets_dest import ApiToken, RetryPolicy
from jsm_assets_dest._http.async_engine import AsyncEngine
from jsm_assets_dest._http.commands import Operation
from jsm_assets_dest._http.settings import HttpSettings, Limits
from jsm_assets_dest._http.sync_engine import SyncEngine
from jsm_assets_dest._secret import Secret
from jsm_assets_dest._session.site import Site
from jsm_assets_dest._wire import schema_requests as schemas
from jsm_assets_dest._wire.import_requests import ExecutionLinks, submit_chunk
from jsm_assets_dest._wire.request import Request

#: A chunk of three megabytes, as in the measurements that the fault matrix was made from.
CHUNK = b'{"data":{"people":[' + b",".join([b'{"id":"0123456789"}'] * 150_000) + b"]}}"
IMPORT_TOKEN = "ATCTT3xFfGN0T4JNjKpQ7w=5E6F7A8B"


class Clock:
    """A clock that moves only when it is slept on."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return self.now

    def time(self) -> float:
        """Seconds since 1970."""
        return 1_793_880_000.0 + self.now

    def sleep(self, seconds: float) -> None:
        """Move on."""
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        """Move on."""
        self.sleep(seconds)


@define
class Received:
    """One request as the server sees it; the body is read only when a script wants it."""

    connection: socket.socket
    head: bytes
    rest: bytes
    #: Which connection it came on, from 1.
    number: int
    body: bytes = b""

    @property
    def length(self) -> int:
        """The announced length of the body."""
        for line in self.head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return int(line.partition(b":")[2])
        return 0

    def read(self, count: int | None = None) -> bytes:
        """Return the body, or its first bytes."""
        wanted = self.length if count is None else count
        pieces = [self.rest]
        size = len(self.rest)
        while size < wanted:
            piece = self.connection.recv(min(1 << 20, wanted - size))
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
        self.body, self.rest = b"".join(pieces), b""
        return self.body

    def reset(self) -> None:
        """End the connection so that the client sees a reset and not a proper end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


#: What is done with a request; True keeps the connection for the next one.
Script = Callable[[Received], "bool | None"]


def response(
    payload: bytes = b"{}", status: str = "200 OK", head: bytes = b"", *, keep: bool = True
) -> Script:
    """Read the whole request and answer it."""

    def script(received: Received) -> bool:
        received.read()
        start = f"HTTP/1.1 {status}\r\nContent-Length: {len(payload)}\r\n".encode()
        received.connection.sendall(start + head + b"\r\n" + payload)
        return keep

    return script


def raw(sent: bytes) -> Script:
    """Read the whole request, send some bytes, and close."""

    def script(received: Received) -> None:
        received.read()
        received.connection.sendall(sent)

    return script


@define
class Server:
    """The server: one script for each request in turn, and a plain good answer for all that come after."""

    scripts: list[Script]
    tls: ssl.SSLContext | None = None
    received: list[Received] = field(factory=list)
    connections: int = 0
    port: int = 0
    _open: list[socket.socket] = field(factory=list)
    _lock: threading.Lock = field(factory=threading.Lock)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    @property
    def digests(self) -> list[str]:
        """The SHA-256 of each body that was read."""
        return [hashlib.sha256(request.body).hexdigest() for request in self.received]

    def accept(self, listener: socket.socket, threads: list[threading.Thread]) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self.serve, args=(connection, self.connections))
            threads.append(thread)
            thread.start()

    def serve(self, connection: socket.socket, number: int) -> None:
        """Answer the requests of one connection."""
        with connection, contextlib.suppress(OSError):
            if self.tls is not None:
                connection.settimeout(5)
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                rest = b""
                while True:
                    while b"\r\n\r\n" not in rest:
                        piece = connection.recv(65536)
                        if not piece:
                            return
                        rest += piece
                    head, _, rest = rest.partition(b"\r\n\r\n")
                    received = Received(connection, head, rest, number)
                    with self._lock:
                        self.received.append(received)
                        script = self.scripts.pop(0) if self.scripts else response()
                    if not script(received):
                        return
                    rest = received.rest

    def stop(self) -> None:
        """Hang up on everyone."""
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def serving(*scripts: Script, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server while the context lasts; no thread outlives it."""
    server = Server(list(scripts), tls)
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]
    threads: list[threading.Thread] = []
    accepting = threading.Thread(target=server.accept, args=(listener, threads))
    accepting.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        server.stop()
        accepting.join(5)
        for thread in threads:
            thread.join(5)
            assert not thread.is_alive()


#: Carries an operation out on a site whose addresses are all the server's: `run(server, lambda site: operation)`.
Run = Callable[..., Any]


@pytest.fixture(params=["threads", "asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Run:
    """One of the engines."""

    def run(
        server: Server | str,
        operation: Callable[[Site], Operation[Any]],
        *,
        policy: RetryPolicy | None = None,
        attempt: float = 5.0,
        **settings: Any,
    ) -> Any:
        url = server if isinstance(server, str) else server.url
        clock = Clock()
        site = Site(
            url=url,
            credentials=ApiToken("ana@acme.com", "ATATT3xFfGF0T4JNjKpQ7w=1A2B3C4D"),
            gateway=url,
            cloud_id="cloud-1",
            workspace_id="workspace-1",
            policy=policy or RetryPolicy(),
            clock=clock,
            chance=lambda: 0.5,
        )
        http = HttpSettings(**{"limits": Limits(connect=2.0, attempt=attempt), **settings})
        if request.param == "threads":
            with SyncEngine(http, clock) as engine:
                return engine.run(operation(site))

        async def main() -> Any:
            async with AsyncEngine(http, clock) as engine:
                return await engine.run(operation(site))

        return anyio.run(main, backend=request.param)

    return run


def chunk(site: Site, body: bytes = CHUNK) -> Request:
    """Return a chunk of an import: safe to repeat, by its id."""
    base = f"{site.gateway}/jsm/assets/workspace/workspace-1/v1/importsource/source-1/executions/execution-1"
    links = ExecutionLinks(
        submit=f"{base}/data", status=f"{base}/status", cancel=base, execution_id="execution-1"
    )
    return submit_chunk(links, Secret(f"Bearer {IMPORT_TOKEN}"), body)


def create(site: Site) -> Request:
    """Return a creation, which is sent again only if the service did not act."""
    return schemas.create_object_schema(site.assets() or "", "OKT", "Okta", "")


def read(site: Site) -> Request:
    """Return a read, safe to repeat."""
    return schemas.list_object_schemas(site.assets() or "", size=1, counts=False)


def bomb(megabytes: int) -> bytes:
    """Return a compressed body that becomes this many megabytes of zeros, made in no time from one compressed megabyte."""
    import zlib

    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(b"0" * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + block * megabytes + packer.flush()
