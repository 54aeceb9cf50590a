"""Rows 47 and 48 of the fault matrix: what the environment of a process changes, and threads, forks, interrupts and closing.

The environment is read once per process, so that child processes tell; they run in parallel with nothing else.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme

from jsm_assets_dest import ApiToken, Connection, Limits, RetryPolicy
from jsm_assets_dest._http.async_engine import AsyncEngine
from jsm_assets_dest._http.commands import Operation, Send
from jsm_assets_dest._http.settings import HttpSettings
from jsm_assets_dest._http.sync_engine import SyncEngine
from jsm_assets_dest._secret import Secret
from jsm_assets_dest._wire.request import Request
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import ClosedError, ConnectionFailedError, TransportError
from jsm_assets_dest.testing import Emulator
from tests.engine.scripted import Clock, Received, raw, response, serving

TOKEN = "ATATT3xFfGF0T4JNjKpQ7w=1A2B3C4D"
PAGE = response(b'{"startAt":0,"maxResults":25,"total":0,"isLast":true,"values":[]}')

#: The beginning of every child: a connection that needs to find out nothing, and what came of listing the schemas.
CHILD = """
import json, os, sys
from jsm_assets_dest import ApiToken, Connection, RetryPolicy

def connect(url, **options):
    return Connection.external_site(
        url, ApiToken("ana@acme.com", "ATATT3xFfGF0T4JNjKpQ7w=1A2B3C4D"), gateway=url, cloud_id="c", workspace_id="w",
        retry=RetryPolicy.off(), **options,
    )

def outcome(connection, keep=False):
    try:
        return len(connection.object_schemas())
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        if not keep:
            connection.close()
"""


def child(script: str, *arguments: str, **environment: str) -> Any:
    """Return what a child process prints as JSON. Its environment names no proxies."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHILD + script, *arguments],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def headers(received: Received) -> Mapping[str, str]:
    """Return the headers of a request by lower-case name."""
    lines = received.head.decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@pytest.mark.slow
def test_row_47_proxies_and_netrc(tmp_path: Path) -> None:
    """A proxy of the environment is used and reported without its password; NO_PROXY and trust_env=False use none.

    The file .netrc is not read: the only credential in a request is that of the connection.
    """
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    script = """
from jsm_assets_dest.exceptions import ConfigurationError
url = sys.argv[1]
through = connect(url)
found = [outcome(through, keep=True), through.check().proxies]
through.close()
found.append(outcome(connect(url, trust_env=False)))
os.environ["NO_PROXY"] = "127.0.0.1"
found.append(outcome(connect(url)))
del os.environ["NO_PROXY"]
os.environ["HTTP_PROXY"] = os.environ["http_proxy"] = "socks5://127.0.0.1:1"
try:
    connect(url)
except ConfigurationError as error:
    found.append(error.field)
print(json.dumps(found))
"""
    refused = raw(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nAtl-Traceid: 1\r\n\r\n{}")
    with serving(PAGE, *[refused] * 9) as proxy, serving(PAGE, PAGE) as server:
        proxied, named, direct, excepted, field = child(
            script,
            server.url,
            HTTP_PROXY=f"http://proxy-user:proxy-password@127.0.0.1:{proxy.port}",
            NETRC=str(netrc),
        )

    assert (proxied, direct, excepted, field) == (0, 0, 0, "HTTP_PROXY")
    assert named == [f"{server.url} through http://127.0.0.1:{proxy.port}"]
    assert proxy.received[0].head.startswith(f"GET {server.url}/jsm/assets/".encode())
    # Basic cHJveHk… is proxy-user:proxy-password.
    assert headers(proxy.received[0])["proxy-authorization"].startswith("Basic cHJveHktdXNlcjpwcm94eS1w")
    assert len(server.received) == 2
    for received in server.received:
        assert "proxy-authorization" not in headers(received)
    # The question for the cloud id carries no credential at all, also not one of netrc.
    anonymous = [each for each in proxy.received if b"_edge/tenant_info" in each.head]
    assert anonymous
    assert all("authorization" not in headers(request) for request in anonymous)


@pytest.mark.slow
def test_row_47_proxy_that_wants_a_password(tmp_path: Path) -> None:
    """407 to CONNECT is an error of its own, which holds neither the password nor the credential."""
    script = """
import traceback
from jsm_assets_dest.exceptions import AssetsError
connection = Connection.external_site(
    "https://acme.atlassian.net", ApiToken("ana@acme.com", "ATATT3xFfGF0T4JNjKpQ7w=1A2B3C4D"), cloud_id="c",
    workspace_id="w", retry=RetryPolicy.off(),
)
try:
    connection.object_schemas()
except AssetsError as error:
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    print(json.dumps([type(error).__name__, error.sent, "pr0xy-pass" in shown or "ATATT3xFf" in shown, repr(vars(connection))]))
"""
    needs = raw(
        b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"
    )
    with serving(needs) as proxy:
        name, sent, leaks, output = child(
            script, HTTPS_PROXY=f"http://somebody:pr0xy-pass@127.0.0.1:{proxy.port}"
        )

    assert proxy.received[0].head.startswith(b"CONNECT api.atlassian.com:443")
    assert "authorization" not in headers(proxy.received[0])
    assert (name, sent, leaks) == ("ProxyAuthenticationError", "no", False)
    assert "pr0xy-pass" not in output


def test_row_47_proxy_rejects_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rejection of CONNECT is the proxy's, not the service's; nothing was sent, and the network team is named."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    page = b"<html><title>Blocked by policy</title></html>"
    refuses = raw(b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n" % len(page) + page)
    with serving(refuses) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with (
            Connection.external_site(
                "https://acme.atlassian.net", ApiToken("ana@acme.com", TOKEN), retry=RetryPolicy.off()
            ) as connection,
            pytest.raises(ConnectionFailedError, match=r"acme\.atlassian\.net: the proxy rejected") as caught,
        ):
            connection.object_schemas()

    assert caught.value.sent == "no"
    assert caught.value.remedies[0] == "Your network team: allow acme.atlassian.net in the proxy."
    assert TOKEN.encode() not in proxy.received[0].head


@pytest.mark.slow
def test_row_47_certificates_and_key_logs(tmp_path: Path) -> None:
    """SSL_CERT_FILE and SSLKEYLOGFILE of the environment count; trust_env=False turns both off."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusted, keys = tmp_path / "authority.pem", tmp_path / "keys.log"
    authority.cert_pem.write_to_path(str(trusted))
    script = """
url, keys = sys.argv[1:]
def logged():
    return os.path.exists(keys) and "SECRET" in open(keys).read()
found = [outcome(connect(url, trust_env=False)), logged()]
found += [outcome(connect(url)), logged()]
print(json.dumps(found))
"""
    with serving(PAGE, PAGE, tls=context) as server:
        mistrusted, none, trusting, some = child(
            script.replace("open(keys).read()", "__import__('pathlib').Path(keys).read_text()"),
            server.url,
            str(keys),
            SSL_CERT_FILE=str(trusted),
            SSLKEYLOGFILE=str(keys),
        )

    assert mistrusted.startswith("TlsError")
    assert none is False
    assert trusting == 0
    assert some is True


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_row_48_forked_process_makes_connections_of_its_own() -> None:
    """Two processes on one socket would read each other's answers; the parent's connection goes on being used by it."""
    script = """
url = sys.argv[1]
connection = connect(url)
found = [outcome(connection, keep=True)]
reading, writing = os.pipe()
process = os.fork()
if process == 0:
    os.write(writing, json.dumps(outcome(connection, keep=True)).encode())
    os._exit(0)
os.waitpid(process, 0)
found.append(json.loads(os.read(reading, 10_000)))
found.append(outcome(connection))
print(json.dumps(found))
"""
    with serving(PAGE, PAGE, PAGE) as server:
        assert child(script, server.url) == [0, 0, 0]

    assert [received.number for received in server.received] == [1, 2, 1]


def get(url: str, **changes: Any) -> Operation[Response]:
    """One request."""
    response: Response = yield Send(
        Request(**{"operation": "get thing", "method": "GET", "url": url, **changes})
    )
    return response


@pytest.mark.slow
def test_row_48_eight_threads_share_one_client() -> None:
    """Eight hundred calls: each gets its own answer, over no more connections than there are threads."""

    def echo(received: Received) -> bool:
        path = received.head.split(b" ")[1]
        received.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(path) + path)
        return True

    def work(number: int) -> bool:
        return all(
            engine.run(get(f"{server.url}/{number}/{call}")).body == f"/{number}/{call}".encode()
            for call in range(100)
        )

    with (
        serving(*[echo] * 800) as server,
        SyncEngine(HttpSettings(limits=Limits(connections=8)), Clock()) as engine,
        ThreadPoolExecutor(8) as pool,
    ):
        assert all(pool.map(work, range(8)))

    assert len(server.received) == 800
    assert server.connections <= 8


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals between threads here")
def test_ctrl_c_ends_a_blocking_call_at_once_and_shows_nothing() -> None:
    """The wait for a response is left at once; neither frames of httpx nor the credential are on the resolution."""
    main = threading.main_thread().ident
    assert main is not None

    def interrupt(received: Received) -> None:
        signal.pthread_kill(main, signal.SIGINT)
        received.connection.recv(1)

    with (
        serving(interrupt) as server,
        SyncEngine(HttpSettings(limits=Limits(attempt=30.0)), Clock()) as engine,
    ):
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt) as caught:
            engine.run(get(server.url, authorization=Secret(f"Bearer {TOKEN}")))
        assert time.monotonic() - started < 1.0
        # The engine is as good as before.
        assert engine.run(get(server.url)).json() == {}

    assert caught.value.__context__ is None
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    # The frames of this test hold the secret intentionally.
    frames = [frame for frame in trace.stack if frame.filename != __file__]
    assert frames
    assert not any("httpcore" in frame.filename for frame in frames)
    assert TOKEN not in str([frame.locals for frame in frames])


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelled_call_leaves_the_engine_as_good_as_before(backend: str) -> None:
    """The connection is given up, the cancellation propagates, and the next call is answered."""
    waiting = threading.Event()

    def silent(received: Received) -> None:
        waiting.set()
        received.connection.recv(1)

    async def main(url: str) -> tuple[bool, object]:
        async with AsyncEngine(HttpSettings(limits=Limits()), Clock()) as engine:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:

                    async def cancel() -> None:
                        await anyio.to_thread.run_sync(waiting.wait)
                        scope.cancel()

                    tasks.start_soon(cancel)
                    await engine.run(get(url))
            return scope.cancelled_caught, (await engine.run(get(url))).json()

    with serving(silent) as server:
        assert anyio.run(main, server.url, backend=backend) == (True, {})


def test_closed_connection_says_so() -> None:
    """Closing twice is nothing; a call afterwards is an error that says what to do, also through a handle."""
    emulator = Emulator()
    emulator.add_object_schema("OKT", "Okta")
    with emulator.connect() as connection:
        schema = connection.get_object_schema("OKT")
    connection.close()
    emulator.requests.clear()

    for call in (connection.object_schemas, schema.object_types):
        with pytest.raises(ClosedError, match="inside its `with` block"):
            call()
    # Also the checks, which raise nothing by themselves.
    assert isinstance(connection.check()["site"].error, ClosedError)
    assert not emulator.requests


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_closed_asynchronous_connection_says_so(backend: str) -> None:
    """The same in the other color."""

    async def main() -> None:
        emulator = Emulator()
        emulator.add_object_schema("OKT", "Okta")
        async with emulator.connect_async() as connection:
            schema = await connection.get_object_schema("OKT")
        await connection.aclose()
        for call in (connection.object_schemas, schema.object_types):
            with pytest.raises(ClosedError, match="inside its `async with` block"):
                await call()
        assert isinstance((await connection.check())["site"].error, ClosedError)

    anyio.run(main, backend=backend)


def test_closing_while_another_thread_waits_ends_its_call() -> None:
    """With a typed error, at the end of its attempt at the latest."""
    waiting = threading.Event()
    raised: list[BaseException] = []

    def silent(received: Received) -> None:
        waiting.set()
        received.connection.recv(1)

    with serving(silent) as server:
        engine = SyncEngine(HttpSettings(limits=Limits(attempt=0.5)), Clock())

        def call() -> None:
            try:
                engine.run(get(server.url))
            except TransportError as error:
                raised.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        waiting.wait(5)
        engine.close()
        thread.join(5)

    assert not thread.is_alive()
    assert len(raised) == 1
