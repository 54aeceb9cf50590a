"""The certificates that are loaded while httpx is."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import ssl
import subprocess
import sys
import threading
import types
from pathlib import Path

import certifi
import pytest
import trustme

from jsm_assets_dest import ApiToken, AsyncConnection, Connection
from jsm_assets_dest._http import certificates
from jsm_assets_dest.exceptions import ConfigurationError

try:  # it can't be imported twice
    TRUSTSTORE: types.ModuleType | None = importlib.import_module("truststore")
except ModuleNotFoundError:
    TRUSTSTORE = None

ACCOUNT = ApiToken("ana@example.com", "not-a-real-token-0123456789")


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins as a process does, and with nothing of this one's environment."""
    monkeypatch.setitem(sys.modules, "truststore", None)  # not installed
    monkeypatch.setattr(certificates, "_begun", functools.cache(certificates._begun.__wrapped__))
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


def child(script: str) -> list[str]:
    """Return the words that a child process prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={name: value for name, value in os.environ.items() if not name.startswith("SSL")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.slow
def test_httpx_is_not_needed() -> None:
    """The context is there although nothing of httpx was ever imported."""
    script = """
import sys
sys.modules["truststore"] = None
from jsm_assets_dest._http import certificates
certificates.load(trust_env=True)
context = certificates.shared_context(trust_env=True)
assert context is certificates.shared_context(trust_env=True)
print(len(context.get_ca_certs()) > 50, "httpx" in sys.modules)
"""

    assert child(script) == ["True", "False"]


#: Tells at each call whether httpx is there already.
WATCHED = """
import asyncio, ssl, sys
from jsm_assets_dest import ApiToken, AsyncConnection, Connection, RetryPolicy
from jsm_assets_dest._http import certificates
from jsm_assets_dest.exceptions import ConnectionFailedError

load = certificates.load
certificates.load = lambda **options: (print("httpx" in sys.modules), load(**options))
where = "http://127.0.0.1:9", ApiToken("ana@example.com", "not-a-real-token-0123456789")
options = {"retry": RetryPolicy.off(), "workspace_id": "w", "gateway": where[0], "trust_env": False}

def ask(**further):
    with Connection.external_site(*where, **options, **further) as connection:
        connection.object_schemas()

async def ask_async():
    async with AsyncConnection.external_site(*where, **options) as connection:
        await connection.object_schemas()

def refused(function):
    try:
        function()
    except ConnectionFailedError:
        print("sent")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "colour", ["ask", "lambda: asyncio.run(ask_async())"], ids=["blocking", "asynchronous"]
)
def test_loading_begins_before_httpx_is_imported(colour: str) -> None:
    """The first request begins it, and makes httpx wait."""
    output = child(f"{WATCHED}\nrefused({colour})")

    assert output[0] == "False"
    assert output[-1] == "sent"


@pytest.mark.slow
def test_nothing_is_loaded_for_a_context_of_the_callers() -> None:
    assert child(f"{WATCHED}\nrefused(lambda: ask(verify=ssl.create_default_context()))") == ["sent"]


def test_context_is_that_of_httpx() -> None:
    """It checks names and certificates, and trusts the same authorities."""
    import httpx

    if httpx.__name__ != "httpx":
        pytest.skip("httpx2 trusts the certificates of the system; this library uses those of certifi")
    ours, theirs = certificates.shared_context(trust_env=False), httpx.create_ssl_context(trust_env=False)

    assert (ours.check_hostname, ours.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert (ours.minimum_version, ours.options) == (theirs.minimum_version, theirs.options)
    assert ours.get_ca_certs() == theirs.get_ca_certs()


@pytest.mark.parametrize("method", ["__init__", "start"])
def test_without_a_thread_it_is_loaded_when_it_is_needed(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some places let no thread be started, such as an interpreter that is about to end or one inside a server."""

    def refused(*arguments: object, **options: object) -> None:
        raise RuntimeError("no threads here")

    monkeypatch.setattr(threading.Thread, method, refused)

    assert certificates.shared_context(trust_env=False).get_ca_certs()


def test_thread_that_ended_without_a_context_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that was forked while its parent was loading: the child has the thread's name, and not the thread."""
    monkeypatch.setattr(certificates._Loading, "_load", lambda loading: None)

    assert certificates.shared_context(trust_env=False).get_ca_certs()


def test_certificates_that_are_not_there_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable and the resolutions, every time, and nothing is sent."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    with Connection.external_site("https://acme.example.com", ACCOUNT) as connection:
        with pytest.raises(ConfigurationError):
            connection.object_schemas()
        with pytest.raises(ConfigurationError, match="variable SSL_CERT_FILE names") as caught:
            connection.object_schemas()

    assert caught.value.field == "SSL_CERT_FILE"
    assert "trust_env=False" in caught.value.fix
    assert "No such file" in str(caught.value)


def test_certificate_folder_replaces_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of an empty folder is trusted; a file goes before a folder."""
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert not certificates._made(trust_env=True).get_ca_certs()
    assert certificates._made(trust_env=False).get_ca_certs()

    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    assert certificates._made(trust_env=True).get_ca_certs()


def test_invalid_certificates_are_named_in_async_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that holds something else is no better than none."""
    import asyncio

    place = tmp_path / "authority.pem"
    place.write_text("not a certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(place))

    async def ask() -> None:
        async with AsyncConnection.external_site("https://acme.example.com", ACCOUNT) as connection:
            await connection.object_schemas()

    with pytest.raises(
        ConfigurationError,
        match="Could not load the certificates that the environment variable SSL_CERT_FILE names",
    ):
        asyncio.run(ask())


def test_without_the_environment_its_certificates_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))

    assert certificates.shared_context(trust_env=False).get_ca_certs()


class Truststore(types.ModuleType):
    """The part of truststore that is used."""

    def __init__(self) -> None:
        super().__init__("truststore")
        self.protocols: list[int] = []

    def SSLContext(self, protocol: int) -> ssl.SSLContext:
        self.protocols.append(protocol)
        return ssl.SSLContext(protocol)


def test_truststore_is_used_if_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificates of the operating system include those of the company."""
    truststore = Truststore()
    monkeypatch.setitem(sys.modules, "truststore", truststore)

    context = certificates.shared_context(trust_env=True)

    assert truststore.protocols == [ssl.PROTOCOL_TLS_CLIENT]
    assert context.get_ca_certs() == []
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_certificate_variable_precedes_truststore(monkeypatch: pytest.MonkeyPatch) -> None:
    truststore = Truststore()
    monkeypatch.setitem(sys.modules, "truststore", truststore)
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())

    assert certificates.shared_context(trust_env=True).get_ca_certs()
    assert truststore.protocols == []


def test_truststore_is_not_used_without_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    truststore = Truststore()
    monkeypatch.setitem(sys.modules, "truststore", truststore)

    assert certificates.shared_context(trust_env=False).get_ca_certs()
    assert truststore.protocols == []


@pytest.mark.parametrize("is_trusted", [True, False])
def test_real_truststore_trusts_the_system_only(is_trusted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handshake with a certificate that the system trusts, and with one that it does not."""
    if TRUSTSTORE is None:
        pytest.skip("truststore is not installed")
    monkeypatch.setitem(sys.modules, "truststore", TRUSTSTORE)
    if sys.platform != "linux":
        pytest.skip("only OpenSSL reads the trusted certificates from a variable")
    authority = trustme.CA()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server_context)
    with authority.cert_pem.tempfile() as path:
        context = certificates.shared_context(trust_env=True)
        if is_trusted:
            context.load_verify_locations(path)
        client_in, client_out = ssl.MemoryBIO(), ssl.MemoryBIO()
        server_in, server_out = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(client_in, client_out, server_hostname="localhost")
        server = server_context.wrap_bio(server_in, server_out, server_side=True)

        def handshake() -> None:
            for _ in range(6):
                for side in (client, server):
                    with contextlib.suppress(ssl.SSLWantReadError):
                        side.do_handshake()
                    server_in.write(client_out.read())
                    client_in.write(server_out.read())

        if is_trusted:
            handshake()
            assert client.version()
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                handshake()
