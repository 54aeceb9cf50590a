"""Behavior that needs real sockets: deadlines, slow servers, interrupted uploads, closed connections."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
import trustme

from jsm_assets_dest._http.async_engine import AsyncEngine
from jsm_assets_dest._http.client import send, sync_client
from jsm_assets_dest._http.clock import SystemClock
from jsm_assets_dest._http.commands import Operation, Send, Spawn
from jsm_assets_dest._http.settings import HttpSettings, Limits
from jsm_assets_dest._http.sync_engine import SyncEngine
from jsm_assets_dest._wire.request import Request
from jsm_assets_dest.exceptions import (
    AnswerTimeoutError,
    ConnectionFailedError,
    ConnectionLostError,
    MalformedAnswerError,
    TlsError,
    TransportError,
)

Serve = Callable[[socket.socket], None]


@contextlib.contextmanager
def server(*scripts: Serve, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Run a server on loopback that treats each connection in turn as its script says."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()

    def serve() -> None:
        for script in scripts:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                if tls is None:
                    script(connection)
                    continue
                with tls.wrap_socket(connection, server_side=True) as secured:
                    script(secured)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopping.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        assert not thread.is_alive()


def receive_head(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            break
        received += piece
    return received


def drip(head: bytes, rest: bytes) -> Serve:
    """Send a head at once and the rest one byte at a time, for as long as someone listens."""

    def script(connection: socket.socket) -> None:
        receive_head(connection)
        connection.sendall(head)
        for byte in rest * 1000:
            connection.sendall(bytes([byte]))
            if threading.Event().wait(0.02):
                return

    return script


def response(payload: bytes, head: bytes = b"") -> Serve:
    def script(connection: socket.socket) -> None:
        receive_head(connection)
        connection.sendall(head or b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(payload))
        connection.sendall(payload)

    return script


@pytest.fixture(params=["threads", "asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Callable[..., Any]:
    def run(operation: Operation[Any], **settings: Any) -> Any:
        http = HttpSettings(**{"limits": Limits(connect=2.0, attempt=0.3), **settings})
        if request.param == "threads":
            with SyncEngine(http, SystemClock()) as engine:
                return engine.run(operation)

        async def main() -> Any:
            async with AsyncEngine(http, SystemClock()) as engine:
                return await engine.run(operation)

        return anyio.run(main, backend=request.param)

    return run


def get(url: str, **changes: Any) -> Operation[Any]:
    return (
        yield Send(Request(**{"operation": "get thing", "method": "GET", "url": url + "/thing", **changes}))
    )


def test_request_is_on_its_way_once_all_of_it_is_written() -> None:
    """Told once, after the body and before the response, which the server gives only then."""
    notified = threading.Event()
    times: list[int] = []

    def answers_when_told(connection: socket.socket) -> None:
        head = receive_head(connection)
        received = len(head.partition(b"\r\n\r\n")[2])
        while received < 2_000_000:
            received += len(connection.recv(65_536))
        status = b"200 OK" if notified.wait(10) else b"504 Never told"
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\n{}")

    def written() -> None:
        times.append(1)
        notified.set()

    settings = HttpSettings(limits=Limits())
    with server(answers_when_told) as url, sync_client(settings) as client:
        request = Request(operation="submit chunk", method="POST", url=f"{url}/x", body=b" " * 2_000_000)
        response = send(client, settings, request, seconds=20, written=written)

    assert response.status == 200
    assert times == [1]


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Long: ", b"y", id="head"),
    ],
)
def test_slow_server_cannot_exceed_the_attempt_time(
    run: Callable[..., Any], head: bytes, rest: bytes
) -> None:
    with server(drip(head, rest)) as url:
        started = time.monotonic()
        with pytest.raises(AnswerTimeoutError, match=r"within 0\.3 seconds") as caught:
            run(get(url))

    assert time.monotonic() - started < 3
    assert caught.value.sent == "unknown"


def test_silent_server_is_a_time_out(run: Callable[..., Any]) -> None:
    def silent(connection: socket.socket) -> None:
        receive_head(connection)
        connection.recv(1)  # until the client hangs up

    with server(silent) as url:
        with pytest.raises(AnswerTimeoutError):
            run(get(url))


def test_server_that_hangs_up_leaves_it_unknown(run: Callable[..., Any]) -> None:
    def hang_up(connection: socket.socket) -> None:
        receive_head(connection)

    with server(hang_up) as url:
        with pytest.raises(ConnectionLostError) as caught:
            run(get(url))

    assert caught.value.sent == "unknown"


def test_truncated_response_is_not_a_response(run: Callable[..., Any]) -> None:
    with server(response(b"abc", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")) as url:
        with pytest.raises(TransportError) as caught:
            run(get(url))

    assert caught.value.sent == "unknown"


def test_garbage_instead_of_http_is_not_a_response(run: Callable[..., Any]) -> None:
    with server(response(b"", b"SSH-2.0-OpenSSH_9.6\r\n")) as url:
        with pytest.raises(TransportError):
            run(get(url))


def test_garbage_gzip_is_a_malformed_response(run: Callable[..., Any]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\n"
    with server(response(b"garbage", head)) as url:
        with pytest.raises(MalformedAnswerError):
            run(get(url))


def test_rejected_connection_was_not_sent(run: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(ConnectionFailedError) as caught:
        run(get(f"http://127.0.0.1:{port}"))
    assert caught.value.sent == "no"


def test_untrusted_certificate_is_an_error_of_its_own(run: Callable[..., Any]) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with server(response(b"{}"), tls=context) as url:
        with pytest.raises(TlsError, match="its certificate is not trusted"):
            run(get(url.replace("http:", "https:")), limits=Limits(attempt=5.0))


def test_trusted_certificate_of_ones_own_is_accepted(run: Callable[..., Any]) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with server(response(b"{}"), tls=context) as url:
        found = run(get(url.replace("http:", "https:")), verify=trusting, limits=Limits(attempt=5.0))

    assert found.json() == {}


def test_run_that_fails_breaks_off_what_its_workers_wait_for() -> None:
    """A worker that waits for a response does not hold up the end of a failed run."""
    waiting = threading.Event()

    def silent(connection: socket.socket) -> None:
        receive_head(connection)
        waiting.set()
        connection.recv(1)  # returns when the client hangs up

    def operation(url: str) -> Operation[None]:
        yield Spawn(get(url), tag="waits")
        waiting.wait(5)
        raise ValueError("fatal")

    with (
        server(silent) as url,
        SyncEngine(HttpSettings(limits=Limits(attempt=30.0)), SystemClock()) as engine,
    ):
        started = time.monotonic()
        with pytest.raises(ValueError, match="fatal"):
            engine.run(operation(url))

    assert time.monotonic() - started < 5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("jsm-assets-dest")]
