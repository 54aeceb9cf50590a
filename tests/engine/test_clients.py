"""The engines' clients: their settings, their state after a fork, and the exceptions that they pass on."""

from __future__ import annotations

import traceback
from typing import Any

import anyio
import httpx
import pytest

from jsm_assets_dest import Limits
from jsm_assets_dest._http import forks
from jsm_assets_dest._http.async_engine import AsyncEngine
from jsm_assets_dest._http.commands import Operation, Send
from jsm_assets_dest._http.settings import HttpSettings, environment_proxies, named_proxies
from jsm_assets_dest._http.sync_engine import SyncEngine
from jsm_assets_dest._session.gate import Budget, Gate
from jsm_assets_dest._wire.request import Request
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import ConfigurationError
from tests.engine.scripted import Clock, serving

SITE, GATEWAY = "https://acme.atlassian.net", "https://api.atlassian.com"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Return an environment without proxies, to set some."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


def proxies() -> dict[str, str]:
    """Return what the environment names for the site and the gateway."""
    return {origin: proxy.reveal() for origin, proxy in environment_proxies([SITE, GATEWAY]).items()}


def test_without_a_variable_there_is_not_a_proxy(environment: pytest.MonkeyPatch) -> None:
    """And nothing of the operating system's settings is asked."""
    assert proxies() == {}


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_proxy_of_the_environment_serves_both_hosts(environment: pytest.MonkeyPatch, name: str) -> None:
    """In capital or lowercase; one for everything, too."""
    environment.setenv(name, "http://proxy.example:3128")

    assert proxies() == dict.fromkeys((SITE, GATEWAY), "http://proxy.example:3128")


def test_proxy_is_named_without_its_password(environment: pytest.MonkeyPatch) -> None:
    """As `check()` reports it."""
    environment.setenv("HTTPS_PROXY", "http://us%40er:pr0xy@pass@proxy.example:3128/path")

    assert named_proxies(environment_proxies([SITE])) == (f"{SITE} through http://proxy.example:3128",)


def test_hosts_can_be_left_out(environment: pytest.MonkeyPatch) -> None:
    """NO_PROXY names a host or a domain."""
    environment.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    environment.setenv("NO_PROXY", ".atlassian.net")

    assert list(proxies()) == [GATEWAY]


def test_invalid_proxy_is_rejected_without_quoting_it(environment: pytest.MonkeyPatch) -> None:
    """It may hold a password."""
    environment.setenv("HTTPS_PROXY", "socks5://user:pr0xy-pass@proxy.example")

    with pytest.raises(ConfigurationError, match="trust_env=False") as caught:
        proxies()

    assert caught.value.field == "HTTPS_PROXY"
    assert "pr0xy-pass" not in str(caught.value)


def get(url: str) -> Operation[Response]:
    """One request."""
    response: Response = yield Send(Request(operation="get thing", method="GET", url=url))
    return response


def test_forked_process_opens_its_own_connection() -> None:
    """As the child does it; the parent's client is neither used nor closed."""
    with serving() as server, SyncEngine(HttpSettings(limits=Limits()), Clock()) as engine:
        engine.run(get(server.url))
        parents = engine.client()
        forks._forked()
        engine.run(get(server.url))

        assert engine.client() is not parents
        assert not parents.is_closed
        assert [request.number for request in server.received] == [1, 2]
        parents.close()


def test_after_a_fork_the_asynchronous_engine_does_the_same() -> None:
    """In the other color."""

    async def main(url: str) -> None:
        async with AsyncEngine(HttpSettings(limits=Limits()), Clock()) as engine:
            await engine.run(get(url))
            parents = engine.client()
            engine.exclusive("token")
            forks._forked()
            await engine.run(get(url))

            assert engine.client() is not parents
            assert not parents.is_closed
            await parents.aclose()

    with serving() as server:
        anyio.run(main, server.url)

    assert [request.number for request in server.received] == [1, 2]


def test_forked_process_has_no_held_lock() -> None:
    """Another thread may have been inside of the gate, the budget or the engine at that moment."""
    gate, budget = Gate(), Budget(100)
    engine = SyncEngine(HttpSettings(limits=Limits()), Clock())
    for lock in (gate._lock, budget._lock, engine._lock, engine.exclusive("token")):
        lock.acquire()
    forks._forked()

    gate.close(2.0, 1.0)
    assert gate.delay(1.0) == 1.0
    assert budget.take() is not None
    assert engine.exclusive("token").acquire(blocking=False)
    engine.close()


@pytest.mark.parametrize("kind", [AssertionError, RuntimeError, KeyError])
def test_exceptions_of_a_caller_transport_are_unchanged(kind: type[Exception]) -> None:
    """With the way it took: a failing assertion in a mock is to be found where it stands."""

    def handler(_: httpx.Request) -> httpx.Response:
        raise kind("the mock says no")

    settings = HttpSettings(limits=Limits(), transport=httpx.MockTransport(handler))
    with SyncEngine(settings, Clock()) as engine, pytest.raises(kind) as caught:
        engine.run(get("https://acme.example"))
    assert "handler" in {frame.name for frame in traceback.extract_tb(caught.value.__traceback__)}

    async def main() -> Any:
        async with AsyncEngine(settings, Clock()) as other:
            await other.run(get("https://acme.example"))

    with pytest.raises(kind) as caught:
        anyio.run(main)
    assert "handler" in {frame.name for frame in traceback.extract_tb(caught.value.__traceback__)}
