"""Hand-written loops that encode chunks and send them, as an alternative to the library."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeAlias, TypeVar

import httpx

from . import server
from .records import CHUNK

T = TypeVar("T")
Encode: TypeAlias = Callable[[object], bytes]
User: TypeAlias = Mapping[str, object]

TOKEN = f"ATCTT3{'x' * 40}"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


def json_bytes(value: object) -> bytes:
    """Encode with the standard library, in its fastest form."""
    return json.dumps(value, separators=(",", ":")).encode()


def orjson_bytes() -> Encode:
    """Encode with orjson."""
    import orjson

    return orjson.dumps


def bodies(records: Iterable[User], encode: Encode, size: int = CHUNK) -> Iterator[bytes]:
    """Yield the chunks of an import."""
    iterator = iter(records)
    number = 0
    while chunk := list(islice(iterator, size)):
        yield encode({"clientGeneratedId": f"run-{number}", "data": {"users": chunk}})
        number += 1


def httpx_sequence(
    client: httpx.Client, url: str, records: Iterable[User], encode: Encode, size: int = CHUNK
) -> None:
    """One chunk after the other."""
    for body in bodies(records, encode, size):
        client.post(url, content=body, headers=HEADERS).raise_for_status()


def httpx_threads(
    client: httpx.Client,
    url: str,
    records: Iterable[User],
    encode: Encode,
    size: int = CHUNK,
    in_flight: int = 4,
) -> None:
    """Several chunks in flight, encoded in the caller's thread; never more waiting than are in flight."""

    def post(body: bytes) -> None:
        client.post(url, content=body, headers=HEADERS).raise_for_status()

    with ThreadPoolExecutor(in_flight) as pool:
        waiting: deque[Future[None]] = deque()
        for body in bodies(records, encode, size):
            if len(waiting) >= in_flight:
                waiting.popleft().result()
            waiting.append(pool.submit(post, body))
        for future in waiting:
            future.result()


def http_client_threads(port: int, records: Iterable[User], encode: Encode, in_flight: int = 4) -> None:
    """Send the chunks with the standard library's client, the fastest one without compiled code."""
    free: deque[http.client.HTTPConnection] = deque(
        http.client.HTTPConnection("127.0.0.1", port) for _ in range(in_flight)
    )

    def post(body: bytes) -> None:
        connection = free.popleft()
        connection.request("POST", server.DATA, body, HEADERS)
        response = connection.getresponse()
        response.read()
        if response.status >= 300:
            raise RuntimeError(response.status)
        free.append(connection)

    with ThreadPoolExecutor(in_flight) as pool:
        waiting: deque[Future[None]] = deque()
        for body in bodies(records, encode):
            if len(waiting) >= in_flight:
                waiting.popleft().result()
            waiting.append(pool.submit(post, body))
        for future in waiting:
            future.result()
    for connection in free:
        connection.close()


def httpx_tasks(url: str, records: Iterable[User], encode: Encode, in_flight: int = 4) -> None:
    """Send the chunks with tasks of asyncio."""

    async def main() -> None:
        async with httpx.AsyncClient(headers=HEADERS, trust_env=False) as client:
            gate = asyncio.Semaphore(in_flight)

            async def post(body: bytes) -> None:
                try:
                    (await client.post(url, content=body)).raise_for_status()
                finally:
                    gate.release()

            async with asyncio.TaskGroup() as group:
                for body in bodies(records, encode):
                    await gate.acquire()
                    group.create_task(post(body))

    asyncio.run(main())


def usual_script(base: str, records: Iterable[User], size: int = CHUNK) -> None:
    """Import as a typical script does: with requests, one chunk after the other, from `info` to the last status."""
    import requests

    with requests.Session() as session:
        session.headers.update(HEADERS)
        info = session.get(base + server.INFO).json()["links"]
        links = session.post(info["start"]).json()["links"]
        for body in bodies(records, json_bytes, size):
            session.post(links["submitResults"], data=body).raise_for_status()
        session.post(links["submitResults"], json={"completed": True}).raise_for_status()
        while session.get(links["getExecutionStatus"]).json()["status"] != "DONE":
            pass
