"""The fault matrix on real sockets: what a network, a proxy or a server can do to a request, and what becomes of it.

Each ends with the effect once, or with one typed error that says whether the service may have acted. The numbers are the
rows of the matrix; `tests/test_fault_matrix.py` maps all of its rows to tests.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import socket
import ssl
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from jsm_assets_dest import RetryPolicy
from jsm_assets_dest._http.commands import Operation, Report
from jsm_assets_dest._http.settings import Limits
from jsm_assets_dest._session.call import Effort, call
from jsm_assets_dest._session.site import Site
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import (
    AnswerTimeoutError,
    AnswerTooLargeError,
    ConnectionFailedError,
    ConnectionLostError,
    HostNotFoundError,
    HtmlResponseError,
    MalformedAnswerError,
    ServiceUnavailableError,
    TlsError,
    TooLargeError,
    TransportError,
    UnexpectedRedirectError,
)
from tests.engine.scripted import (
    CHUNK,
    Received,
    Run,
    Script,
    bomb,
    chunk,
    create,
    raw,
    read,
    response,
    run,
    serving,
)

__all__ = ["run"]  # the fixture

#: Elsewhere, 127.0.0.1 is the only address of this computer to itself, and a full queue rejects.
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's loopback addresses")

DIGEST = hashlib.sha256(CHUNK).hexdigest()


def reset(received: Received) -> None:
    """Reset without reading the body."""
    received.reset()


def reset_mid_upload(received: Received) -> None:
    """Read a part of the body, then reset."""
    received.read(min(100_000, received.length // 2))
    received.reset()


def apply_then_reset(received: Received) -> None:
    """Take the whole body, then reset."""
    received.read()
    received.reset()


def apply_then_stall(received: Received) -> None:
    """Take the whole body and say nothing until the client has hung up."""
    received.read()
    received.connection.recv(1)


def close(received: Received) -> None:
    """Take the request and close properly, without a response."""
    received.read()


LOST: dict[str, tuple[Script, type[Exception]]] = {
    "1 reset before the body": (reset, ConnectionLostError),
    "2 reset in mid-upload": (reset_mid_upload, ConnectionLostError),
    "3 taken, then reset": (apply_then_reset, ConnectionLostError),
    "4 taken, no answer": (apply_then_stall, AnswerTimeoutError),
    "5 taken, answered 503": (response(b"", "503 Service Unavailable"), ServiceUnavailableError),
    "6 closed without an answer": (close, ConnectionLostError),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", LOST)
def test_rows_1_to_6_a_chunk_goes_again_with_the_same_bytes(run: Run, fault: str) -> None:
    """Rows 1 to 6: twice lost, then taken: three requests, every whole one of them with the same bytes."""
    script, _ = LOST[fault]
    effort = Effort()
    # Where the timeout is waited for, it is short, and the chunk is small, so that a busy machine keeps it, too.
    body, seconds = (b'{"data":{}}', 0.3) if script is apply_then_stall else (CHUNK, 5.0)
    with serving(script, script) as server:
        result: Response = run(server, lambda site: call(site, chunk(site, body), effort), attempt=seconds)

    assert result.status == 200
    assert effort.retries == 2
    assert len(server.received) == 3
    assert len({received.head for received in server.received}) == 1
    if fault[0] in "3456":
        assert len(set(server.digests)) == 1
    assert server.digests[-1] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("fault", LOST)
def test_rows_1_to_6_a_creation_is_not_sent_twice(run: Run, fault: str) -> None:
    """Rows 1 to 6 for a request that must not be repeated: one typed error, which says that no one knows."""
    script, error = LOST[fault]
    with serving(script) as server, pytest.raises(error) as caught:
        run(server, lambda site: call(site, create(site)), attempt=0.2)

    assert len(server.received) == 1
    assert getattr(caught.value, "sent", "unknown") == "unknown"
    assert caught.value.__context__ is None


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_row_7_stale_connection_is_replaced(run: Run, how: str) -> None:
    """The server ends an idle connection; the next request finds that out before it is sent, and nothing is retried."""
    ended = threading.Event()

    def end_idle(received: Received) -> None:
        response()(received)
        if how == "reset":
            received.reset()
        else:
            received.connection.shutdown(socket.SHUT_RDWR)
        ended.set()

    effort = Effort()

    def twice(site: Site) -> Operation[None]:
        yield from call(site, chunk(site, b"{}"), effort)
        yield Report(ended.wait, 5.0)
        yield from call(site, chunk(site, b"{}"), effort)

    with serving(end_idle) as server:
        run(server, twice)

    assert [each.number for each in server.received] == [1, 2]
    assert effort.retries == 0


def test_connection_is_kept_between_requests(run: Run) -> None:
    """The other side of row 7: without a fault, one connection serves all."""

    def often(site: Site) -> Operation[None]:
        for _ in range(5):
            yield from call(site, chunk(site, b"{}"))

    with serving() as server:
        run(server, often)

    assert [received.number for received in server.received] == [1] * 5


def test_row_11_burst_of_503_reports_its_attempts(run: Run) -> None:
    """The error says how often it was tried; the body of every attempt was the same."""
    burst = [response(b"", "503 Service Unavailable")] * 20
    with serving(*burst) as server, pytest.raises(ServiceUnavailableError) as caught:
        run(server, lambda site: call(site, chunk(site)))

    assert caught.value.attempts == len(server.received) == 5
    assert caught.value.status == 503
    assert caught.value.__context__ is None
    assert server.digests == [DIGEST] * 5


PAGE = b"<html><head><title>%s</title></head><body>no</body></html>"
HTML = b"Content-Type: text/html\r\n"


def test_row_15_web_page_does_not_hide_its_status(run: Run) -> None:
    """A 502 is a 502, whatever the gateway in between puts into it; the read goes on when it has passed."""
    with serving(response(PAGE % b"Bad gateway", "502 Bad Gateway", HTML)) as server:
        assert run(server, lambda site: call(site, read(site))).status == 200
    assert len(server.received) == 2


def test_row_16_login_page_is_not_success(run: Run) -> None:
    """Even with 200, and even for a chunk, whose good answer may be empty."""
    with (
        serving(response(PAGE % b"Log in", "200 OK", HTML)) as server,
        pytest.raises(HtmlResponseError) as caught,
    ):
        run(server, lambda site: call(site, chunk(site)))

    assert caught.value.title == "Log in"
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
def test_rows_17_and_18_a_redirect_takes_nothing_to_another_host(run: Run, status: str) -> None:
    """Neither credential nor records: the second server is never spoken to."""
    with serving() as other:
        location = f"Location: {other.url}/elsewhere?token=abc\r\n".encode()
        with (
            serving(response(b"", status, location)) as server,
            pytest.raises(UnexpectedRedirectError) as caught,
        ):
            run(server, lambda site: call(site, chunk(site)))

    assert other.connections == 0
    assert len(server.received) == 1
    assert "127.0.0.1" in str(caught.value)
    assert "token=abc" not in str(caught.value)


BROKEN: dict[str, tuple[bytes, type[TransportError]]] = {
    "19 cut off": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", ConnectionLostError),
    "19 cut off in a piece": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
        ConnectionLostError,
    ),
    "19 cut off between pieces": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
        ConnectionLostError,
    ),
    "20 half of the JSON": (b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"values"', MalformedAnswerError),
    "21 garbage that claims to be compressed": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\ngarbage",
        MalformedAnswerError,
    ),
    "21 compressed, and cut off": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + bomb(1)[:30],
        MalformedAnswerError,
    ),
    "27 not HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n", ConnectionLostError),
    "27 lengths that contradict each other": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        ConnectionLostError,
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_rows_19_to_21_and_27_broken_responses_are_retried(run: Run, fault: str) -> None:
    """Rows 19, 20, 21 and 27: a read is repeated; a creation ends with a typed error, and what it did is not known."""
    sent, error = BROKEN[fault]
    with serving(raw(sent)) as server:
        assert run(server, lambda site: call(site, read(site))).json() == {}
    assert len(server.received) == 2

    with serving(raw(sent)) as server, pytest.raises(error) as caught:
        run(server, lambda site: call(site, create(site)))
    assert len(server.received) == 1
    assert caught.value.sent == "unknown"
    assert caught.value.__context__ is None


def test_row_27_extra_bytes_only_end_the_connection(run: Run) -> None:
    """The response is good; what follows it is never taken for the next answer."""

    def twice(site: Site) -> Operation[list[Any]]:
        first = yield from call(site, read(site))
        second = yield from call(site, read(site))
        return [first.json(), second.json()]

    extra = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["forged"]'
    with serving(raw(extra)) as server:
        assert run(server, twice) == [{}, {}]
    assert [received.number for received in server.received] == [1, 2]


@pytest.fixture
def peak() -> Iterator[Any]:
    """Megabytes that were allocated at most since the test began."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1] / (1 << 20)
    finally:
        tracemalloc.stop()


def endlessly(head: bytes, piece: bytes) -> Script:
    """Send something again and again, for as long as someone takes it."""

    def script(received: Received) -> None:
        received.read()
        received.connection.sendall(head)
        while True:
            received.connection.sendall(piece)

    return script


LARGE: dict[str, Script] = {
    "22 a bomb of 200 MB": response(bomb(200), "200 OK", b"Content-Encoding: gzip\r\n"),
    "23 an endless body": endlessly(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
    "23 an endless body in pieces": endlessly(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", LARGE)
def test_rows_22_and_23_memory_is_bounded(run: Run, fault: str, peak: Any) -> None:
    """Reading stops at the limit, and no attempt is made to read it all once more."""
    with serving(LARGE[fault]) as server, pytest.raises(AnswerTooLargeError, match="4,000,000 bytes"):
        run(
            server,
            lambda site: call(site, chunk(site, b"{}")),
            limits=Limits(connect=2.0, attempt=10.0, control_bytes=4_000_000),
        )

    assert len(server.received) == 1
    assert peak() < 24


def test_row_24_endless_headers_are_given_up(run: Run, peak: Any) -> None:
    """After some hundred kilobytes; what the service did is not known."""
    script = endlessly(b"HTTP/1.1 200 OK\r\nX-Long: ", b"y" * 65536)
    with serving(script) as server, pytest.raises(ConnectionLostError) as caught:
        run(server, lambda site: call(site, create(site)))

    assert caught.value.sent == "unknown"
    assert len(server.received) == 1
    assert peak() < 24


def refuse_early(received: Received) -> None:
    """Answer 413 before the body has come."""
    received.connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    received.connection.shutdown(socket.SHUT_WR)


def test_row_26_early_rejection_is_read_during_the_upload(run: Run) -> None:
    """413 comes while the chunk is still being sent, and is what the caller learns: half the chunk comes next."""

    def reads_on(received: Received) -> None:
        refuse_early(received)
        received.read()

    with serving(reads_on) as server, pytest.raises(TooLargeError) as caught:
        run(server, lambda site: call(site, chunk(site)))

    assert caught.value.status == 413
    assert len(server.received) == 1


def test_row_26_server_that_does_not_listen_after_its_rejection(run: Run) -> None:
    """The server resets the connection after its response.

    What was received until then is read, except by asyncio, which discards it if sending fails. Then the connection is
    lost, and the chunk is sent again.
    """
    with (
        serving(*[refuse_early] * 5) as server,
        pytest.raises((TooLargeError, ConnectionLostError)) as caught,
    ):
        run(server, lambda site: call(site, chunk(site)))

    assert len(server.received) == max(caught.value.attempts, 1)


def test_row_28_unknown_host_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not sent, so that even a creation is tried again, a few times; the message names the host."""
    questions: list[object] = []

    def unknown(host: object, *_: object, **__: object) -> None:
        questions.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(HostNotFoundError, match=r"Could not find the host acme\.invalid") as caught:
        run("https://acme.invalid", lambda site: call(site, create(site)))

    assert caught.value.sent == "no"
    assert caught.value.attempts == 5
    assert len(set(questions)) <= 2  # Trio asks whether it is a number, first


def test_row_28_name_that_cannot_be_one(run: Run) -> None:
    """Python's own UnicodeError for a label of 70 letters does not come through."""
    with pytest.raises(TransportError) as caught:
        run(f"https://{'a' * 70}.example", lambda site: call(site, create(site)))

    assert caught.value.sent == "no"


def test_row_28_closed_port(run: Run) -> None:
    """A closed port: not sent."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionFailedError) as caught:
        run(f"http://127.0.0.1:{port}", lambda site: call(site, create(site)))

    assert caught.value.sent == "no"
    assert caught.value.attempts == 5


@contextlib.contextmanager
def swallowing(address: str, port: int = 0) -> Iterator[int]:
    """Provide a port that accepts no connections, because its queue is full."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind((address, port))
        listener.listen(0)
        port = listener.getsockname()[1]
        for number in range(8):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex((f"127.0.0.{number % 4 + 1}" if address == "0.0.0.0" else address, port))
        yield port


@pytest.fixture
def black_hole() -> Iterator[int]:
    """Such a port on all loopback addresses."""
    with swallowing("0.0.0.0") as port:
        yield port


@linux
def test_row_28_black_hole(run: Run, black_hole: int) -> None:
    """No answer to the first packet: not sent, after the time for connecting."""
    started = time.monotonic()
    with pytest.raises(ConnectionFailedError) as caught:
        run(
            f"http://127.0.0.1:{black_hole}",
            lambda site: call(site, read(site)),
            limits=Limits(connect=0.1, attempt=5.0),
            policy=RetryPolicy(attempts=2),
        )

    assert caught.value.sent == "no"
    assert caught.value.attempts == 2
    assert time.monotonic() - started < 2


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Give acme.invalid these addresses."""
    real = socket.getaddrinfo

    def resolved(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        names = addresses if host in ("acme.invalid", b"acme.invalid") else (host,)
        return [entry for name in names for entry in real(name, port, *rest, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


@linux
def test_row_28_many_addresses_share_the_time_for_connecting(
    run: Run, black_hole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host with eight dead addresses is given up as soon as one with a single one."""
    resolve(monkeypatch, *(f"127.0.0.{number}" for number in range(1, 9)))
    started = time.monotonic()
    with pytest.raises(ConnectionFailedError):
        run(
            f"http://acme.invalid:{black_hole}",
            lambda site: call(site, create(site)),
            limits=Limits(connect=0.3, attempt=5.0),
            policy=RetryPolicy.off(),
        )

    assert time.monotonic() - started < 1.2


@linux
def test_row_28_dead_address_leaves_time_for_the_next_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what is left, so that a living address behind a black hole is reached."""
    resolve(monkeypatch, "127.0.0.9", "127.0.0.1")
    with serving() as server, swallowing("127.0.0.9", server.port):
        result = run(
            f"http://acme.invalid:{server.port}",
            lambda site: call(site, read(site)),
            limits=Limits(connect=1.0, attempt=5.0),
            policy=RetryPolicy.off(),
        )

    assert result.status == 200


@linux
def test_second_address_is_tried_where_the_first_one_is_dead(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Python's own way of connecting does."""
    resolve(monkeypatch, "127.0.0.9", "127.0.0.1")
    with serving() as server:
        result = run(
            f"http://acme.invalid:{server.port}",
            lambda site: call(site, read(site)),
            policy=RetryPolicy.off(),
        )

    assert result.status == 200


def certificate(fault: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the context of a server with a bad certificate, and of a client that trusts its authority."""
    import datetime

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name = "other.example" if fault == "wrong name" else "127.0.0.1"
    now = datetime.datetime.now(datetime.UTC)
    expired = now - datetime.timedelta(days=1) if fault == "expired" else now + datetime.timedelta(days=1)
    authority.issue_cert(name, not_before=now - datetime.timedelta(days=2), not_after=expired).configure_cert(
        context
    )
    trusting = ssl.create_default_context()
    if fault != "self-signed":
        authority.configure_trust(trusting)
    return context, trusting


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["self-signed", "wrong name", "expired"])
def test_row_29_bad_certificate_is_final(run: Run, fault: str) -> None:
    """One connection, no retry, nothing sent; an error of its own, although httpx's is that of a closed port."""
    serves, trusts = certificate(fault)
    with serving(tls=serves) as server, pytest.raises(TlsError) as caught:
        run(server, lambda site: call(site, read(site)), verify=trusts)

    assert caught.value.sent == "no"
    assert not caught.value.retryable
    assert server.connections == 1
    assert server.received == []
    assert "verify=ssl.create_default_context" in str(caught.value)


@pytest.mark.parametrize("says", ["nothing", "HTTP"])
def test_row_30_tls_to_a_clear_text_port(run: Run, says: str) -> None:
    """A typed error, and nothing was sent: TLS when the port answers in something else, a failed connection when not."""

    def clear(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(1000)
            if says == "HTTP":
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: clear(listener.accept()[0]))
        thread.start()
        with pytest.raises(TlsError if says == "HTTP" else ConnectionFailedError) as caught:
            run(
                f"https://127.0.0.1:{listener.getsockname()[1]}",
                lambda site: call(site, read(site)),
                limits=Limits(connect=0.3, attempt=5.0),
                policy=RetryPolicy.off(),
            )
        thread.join(5)

    assert caught.value.sent == "no"


def test_waiting_for_a_free_connection_is_part_of_the_attempt() -> None:
    """A pool whose connections are all busy holds a call no longer than the attempt may take."""
    from jsm_assets_dest._http.commands import Send
    from jsm_assets_dest._http.settings import HttpSettings
    from jsm_assets_dest._http.sync_engine import SyncEngine
    from jsm_assets_dest._wire.request import Request
    from tests.engine.scripted import Clock

    busy = threading.Event()

    def hold(received: Received) -> None:
        busy.set()
        received.connection.recv(1)

    def one(url: str, seconds: float) -> Operation[Response]:
        response: Response = yield Send(
            Request(operation="get thing", method="GET", url=url, timeout=seconds)
        )
        return response

    with serving(hold) as server:
        settings = HttpSettings(limits=Limits(connections=1, attempt=30.0))
        with SyncEngine(settings, Clock()) as engine:

            def first() -> None:
                with pytest.raises(TransportError):
                    engine.run(one(f"{server.url}/a", 0.5))

            thread = threading.Thread(target=first)
            thread.start()
            busy.wait(5)
            started = time.monotonic()
            with pytest.raises(ConnectionFailedError) as caught:
                engine.run(one(f"{server.url}/b", 0.1))
            assert time.monotonic() - started < 0.4
            thread.join(5)

    assert caught.value.sent == "no"


def test_healed_retry_is_not_a_warning(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """It is told at the level of information, in words and as attributes, and holds no secret and no record."""
    with caplog.at_level(logging.INFO), serving(reset) as server:
        run(server, lambda site: call(site, chunk(site)))

    log_records = [record for record in caplog.records if record.name.startswith("jsm_assets_dest")]
    assert [record.levelno for record in log_records] == [logging.INFO]
    assert vars(log_records[0])["operation"] == "submit chunk"
    assert vars(log_records[0])["attempt"] == 1
    assert vars(log_records[0])["code"] == "connection_lost"
    assert vars(log_records[0])["wait"] > 0
    assert "ATCTT3" not in caplog.text
    assert "0123456789" not in caplog.text
