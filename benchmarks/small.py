"""P3, P4: one small read, and what the retry layer costs a request that succeeds at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import atlassian
import httpx
import requests

from jsm_assets_dest._secret import Secret
from jsm_assets_dest._session.call import call
from jsm_assets_dest._session.site import Site
from jsm_assets_dest._wire.classify import classify
from jsm_assets_dest._wire.request import Credential, Request
from jsm_assets_dest._wire.response import Response

from .measuring import Measured, Rounds, each, take_turns
from .server import SCHEMA
from .stage import ACCOUNT, Stage


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    return [*_blocking(stage), *_asynchronous(stage), _retry_layer(stage)]


def _blocking(stage: Stage) -> list[Measured]:
    url = stage.server.url + SCHEMA
    times = stage.choose(200, 60)
    login = (ACCOUNT.email, ACCOUNT.token.reveal())
    peer = atlassian.Jira(stage.server.url, username=login[0], password=login[1])
    with stage.connected() as connection, httpx.Client(trust_env=False, auth=login) as client:
        schema = connection.object_schemas()[0]
        with requests.Session() as session, requests.Session() as bare:
            session.auth = bare.auth = login
            bare.trust_env = False
            rounds = take_turns(
                {
                    "library": each(schema.refresh, times),
                    "httpx": each(lambda: client.get(url).json(), times),
                    "requests": each(lambda: session.get(url).json(), times),
                    "requests, trust_env off": each(lambda: bare.get(url).json(), times),
                    "atlassian-python-api": each(lambda: peer.get(SCHEMA[1:]), times),
                },
                rounds=stage.choose(60, 8),
                seconds=stage.choose(10, 2),
            )
    peer.close()
    return [
        Measured.of(
            "P3",
            "small read / httpx",
            rounds.ratios("library", "httpx"),
            note=f"{_microseconds(rounds, 'library')} against {_microseconds(rounds, 'httpx')}",
        ),
        *(
            Measured.of(
                "",
                f"small read, {name} / httpx",
                rounds.ratios(name, "httpx"),
                note=_microseconds(rounds, name),
            )
            for name in ("requests", "requests, trust_env off", "atlassian-python-api")
        ),
    ]


def _asynchronous(stage: Stage) -> list[Measured]:
    url = stage.server.url + SCHEMA
    times = stage.choose(100, 40)
    login = (ACCOUNT.email, ACCOUNT.token.reveal())
    connection = stage.connect_async()
    client = httpx.AsyncClient(trust_env=False, auth=login)

    async def prepared() -> object:
        return (await connection.object_schemas())[0]

    with asyncio.Runner() as runner:
        schema = runner.run(prepared())

        async def library() -> float:
            started = time.perf_counter()
            for _ in range(times):
                await schema.refresh()  # type: ignore[attr-defined]  # an AsyncObjectSchema
            return (time.perf_counter() - started) / times

        async def plain() -> float:
            started = time.perf_counter()
            for _ in range(times):
                (await client.get(url)).json()
            return (time.perf_counter() - started) / times

        rounds = take_turns(
            {"library": lambda: runner.run(library()), "httpx": lambda: runner.run(plain())},
            rounds=stage.choose(60, 8),
            seconds=stage.choose(10, 2),
        )
        runner.run(connection.aclose())
        runner.run(client.aclose())
    note = f"{_microseconds(rounds, 'library')} against {_microseconds(rounds, 'httpx')}"
    return [
        Measured.of(
            "P3b",
            "small read, asynchronous / httpx.AsyncClient",
            rounds.ratios("library", "httpx"),
            note=note,
        )
    ]


def _retry_layer(stage: Stage) -> Measured:
    """Return the time from a request to its good response, without the time to judge the response."""
    site = Site(url=stage.server.url, credentials=ACCOUNT)
    request = Request(
        operation="get object schema",
        method="GET",
        url=stage.server.url + SCHEMA,
        credential=Credential.IMPORT_TOKEN,
        authorization=Secret("Bearer nobody"),
    )
    body = b'{"id":"1","name":"Okta"}'
    headers = {"content-type": "application/json"}

    def whole() -> None:
        operation = call(site, request)
        operation.send(None)
        try:
            operation.send(Response(200, headers, body))
        except StopIteration:
            return
        raise AssertionError("one answer is enough")

    def judging() -> None:
        classify(request, Response(200, headers, body), account="", now=0.0)

    rounds = take_turns(
        {"whole": each(whole, 2000), "judging": each(judging, 2000)},
        rounds=stage.choose(60, 15),
        seconds=stage.choose(5, 1),
    )
    values = [
        (one - two) * 1e6 for one, two in zip(rounds.seconds["whole"], rounds.seconds["judging"], strict=True)
    ]
    return Measured.of("P4", "retry layer per call that succeeds", values, "us")


def _microseconds(rounds: Rounds, name: str) -> str:
    return f"{rounds.median(name) * 1e6:.0f} us"
