"""The measuring server: enough of Assets to take an import, in a process of its own, and quicker than any client.

It is no emulator. It checks nothing, keeps nothing but counters, and responses from bytes that were made once, so that
what is measured is the client. Requests are read in place by a protocol of asyncio; of a chunk's body only the length
is looked at. How much of its time it was busy is measured too, and a raw client shows what it can do (`checks.py`).

    python -m benchmarks.server      prints its port, serves until its standard input is closed
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from attrs import define, field, frozen

from jsm_assets_dest._model.mapping_document import write_document

from .records import model, user

WORKSPACE = "5f0d7f1e-0000-4000-8000-000000000001"
SOURCE = "5f0d7f1e-0000-4000-8000-000000000002"
EXECUTION = "5f0d7f1e-0000-4000-8000-000000000003"
_ASSETS = f"/jsm/assets/workspace/{WORKSPACE}/v1"
_RUN = f"{_ASSETS}/importsource/{SOURCE}/executions/{EXECUTION}"

INFO = "/jsm/assets/v1/imports/info"
START = f"{_ASSETS}/importsource/{SOURCE}/executions"
DATA = f"{_RUN}/data"
STATUS = f"{_RUN}/status"
SCHEMA = f"{_ASSETS}/objectschema/1"
ATTRIBUTES = f"{SCHEMA}/attributes"
SEARCH = f"{_ASSETS}/object/aql"
COUNT = f"{SEARCH}/totalcount"
CONTROL = "/_control"

#: How many attribute definitions the listing has.
ATTRIBUTE_COUNT = 10_000


@frozen(kw_only=True)
class Behaviour:
    """Behavior of the server until it is changed.

    Attributes:
        latency: Seconds before a chunk is answered.
        everywhere: Whether all other requests take that long, too.
        per_second: Chunks that it takes per second; 0 for no limit.
        burst: Chunks that it takes at once before that limit counts.
        processing: How many times it says PROCESSING before DONE.
        users: Number of objects of `records.user` that each search matches.
        objects: Number of objects of 12 kB that each search matches, if there are no `users`.
    """

    latency: float = 0.0
    everywhere: bool = False
    per_second: float = 0.0
    burst: float = 0.0
    processing: int = 0
    users: int = 0
    objects: int = 0


@define
class Counters:
    """Counts of the server since its behavior was last set."""

    requests: int = 0
    chunks: int = 0
    chunk_bytes: int = 0
    refused: int = 0
    peak_in_flight: int = 0
    by_path: dict[str, int] = field(factory=dict)
    #: Seconds of processor time that the server took.
    busy: float = 0.0


def _response(status: str, value: object, *headers: str) -> bytes:
    body = b"" if value is None else json.dumps(value, separators=(",", ":")).encode()
    lines = [
        f"HTTP/1.1 {status}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode("ascii") + body


def _attribute(number: int) -> dict[str, object]:
    owner = number // 40 + 1
    icon = f"https://api.example.com/icon/{owner}.png"
    return {
        "workspaceId": WORKSPACE,
        "globalId": f"{WORKSPACE}:{number}",
        "id": str(number),
        "objectType": {
            "workspaceId": WORKSPACE,
            "globalId": f"{WORKSPACE}:{owner}",
            "id": str(owner),
            "name": f"Type {owner}",
            "type": 0,
            "icon": {
                "id": "2",
                "name": "Application",
                "url16": f"{icon}?size=16",
                "url48": f"{icon}?size=48",
            },
            "position": owner,
            "created": "2026-01-05T08:00:01.250Z",
            "updated": "2026-01-05T08:00:01.250Z",
            "objectCount": 0,
            "objectSchemaId": "1",
            "inherited": False,
            "abstractObjectType": False,
            "parentObjectTypeInherited": False,
        },
        "name": f"Attribute {number}",
        "label": number % 40 == 1,
        "type": 0,
        "defaultType": {"id": 0, "name": "Text"},
        "editable": True,
        "system": False,
        "sortable": True,
        "summable": False,
        "indexed": True,
        "minimumCardinality": 0,
        "maximumCardinality": 1,
        "removable": True,
        "hidden": False,
        "includeChildObjectTypes": False,
        "uniqueAttribute": False,
        "description": "What is known about it.",
        "options": "",
        "position": number % 40,
    }


#: The ID of a user in a query.
_NAMED = re.compile(rb"\b00u(\d{17})\b")


class _UserObjects:
    """Pages of the objects of users, made from parts, because 100,000 objects take half a gigabyte."""

    def __init__(self) -> None:
        names = list(user(0))
        definitions = [
            {"id": str(number), "name": f"Okta {name}", "type": 0, "defaultType": {"id": 0, "name": "Text"}}
            for number, name in enumerate(names, 1)
        ]
        self._definitions = json.dumps(definitions, separators=(",", ":")).encode()
        self._attributes = [
            f'{{"objectTypeAttributeId":"{number}","objectAttributeValues":[{{"value":'
            for number in range(1, len(names) + 1)
        ]

    def page(self, query: str, body: bytes, count: int) -> bytes:
        """Return the page that the parameters of a request describe, of all users or of those that its body names."""
        named = [int(number) for number in _NAMED.findall(body)]
        matching: Sequence[int] = sorted(set(named)) if named else range(count)
        parameters = dict(part.split("=", 1) for part in query.split("&"))
        start, size = int(parameters["startAt"]), int(parameters["maxResults"])
        numbers = matching[start : start + size]
        with_attributes = parameters.get("includeAttributes") == "true"
        objects = ",".join(self._object(number, with_attributes=with_attributes) for number in numbers)
        is_last = "true" if start + size >= len(matching) else "false"
        body = (
            (
                f'{{"startAt":{start},"maxResults":{size},"isLast":{is_last},"values":[{objects}],"objectTypeAttributes":'
            ).encode()
            + self._definitions
            + b"}"
        )
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def _object(self, number: int, *, with_attributes: bool) -> str:
        attributes = ""
        if with_attributes:
            values = [
                f'{before}{json.dumps(value)},"displayValue":{json.dumps(value)}}}]}}'
                for before, value in zip(self._attributes, user(number).values(), strict=True)
            ]
            attributes = f',"attributes":[{",".join(values)}]'
        return (
            f'{{"id":"{number + 1}","objectKey":"OKT-{number + 1}","label":"User {number}",'
            f'"objectType":{{"id":"1","name":"Users"}},"created":"2026-01-05T08:00:01.250Z",'
            f'"updated":"2026-01-05T08:00:01.250Z"{attributes}}}'
        )


#: Stands for the ID of an object in its template.
_ID = "4242424242"


def _definitions() -> list[dict[str, object]]:
    """Return the definitions of a person: 30 plain values of four types, and a reference."""
    definitions = [_attribute(number) for number in range(1, 32)]
    for number, definition in enumerate(definitions):
        kind = number % 4 if number < 30 else 0
        definition["defaultType"] = {
            "id": (0, 1, 6, 2)[kind],
            "name": ("Text", "Integer", "DateTime", "Boolean")[kind],
        }
    definitions[30] |= {"type": 1, "referenceObjectTypeId": "1"}
    del definitions[30]["defaultType"]
    return definitions


def _object(*, is_referenced: bool = False) -> dict[str, object]:
    """Return an object as the vendor's example shows it: about 12 kB, or 2.4 kB without attributes."""
    avatar = "https://api.example.com/avatar.png?size="
    environment: dict[str, object] = {
        "workspaceId": WORKSPACE,
        "globalId": f"{WORKSPACE}:{_ID}",
        "id": _ID,
        "label": "Ana Kovačević",
        "objectKey": f"OKT-{_ID}",
        "avatar": {
            "workspaceId": WORKSPACE,
            **{f"url{size}": f"{avatar}{size}" for size in (16, 48, 72, 144, 288)},
            "objectId": _ID,
            "mediaClientConfig": {
                "clientId": WORKSPACE,
                "mediaBaseUrl": "https://api.media.example.com",
                "mediaJwtToken": "x" * 400,
            },
        },
        "objectType": _attribute(1)["objectType"],
        "created": "2026-01-05T08:00:01.250Z",
        "updated": "2026-01-05T08:00:01.250Z",
        "hasAvatar": False,
        "timestamp": 1767600001250,
        "_links": {"self": f"https://api.example.com/object/{_ID}"},
        "name": "Ana Kovačević",
    }
    if not is_referenced:
        texts = ("Product and Technology", "1042", "2026-01-05T08:00:01.250Z", "true")
        values: list[dict[str, object]] = [
            {"value": text, "displayValue": text, "searchValue": text, "referencedType": False}
            for text in (texts[number % 4] for number in range(30))
        ]
        target = _object(is_referenced=True)
        values.append(
            {
                "referencedObject": target,
                "displayValue": "Ana",
                "searchValue": f"OKT-{_ID}",
                "referencedType": True,
            }
        )
        environment["attributes"] = [
            {
                "workspaceId": WORKSPACE,
                "globalId": f"{WORKSPACE}:{number}{_ID}",
                "id": f"{number}{_ID}",
                "objectTypeAttributeId": str(number),
                "objectAttributeValues": [value],
                "objectId": _ID,
            }
            for number, value in enumerate(values, 1)
        ]
    return environment


class _Search:
    """Pages of objects, made from one template."""

    def __init__(self) -> None:
        self._template = json.dumps(_object(), separators=(",", ":")).encode()
        self._definitions = json.dumps(_definitions(), separators=(",", ":")).encode()

    def page(self, query: str, count: int) -> bytes:
        """Return the response to a search."""
        parameters = dict(item.split("=") for item in query.split("&"))
        start, size = int(parameters["startAt"]), int(parameters["maxResults"])
        end = min(start + size, count)
        mark = _ID.encode()
        values = b",".join(
            self._template.replace(mark, b"%d" % number) for number in range(start + 1, end + 1)
        )
        head = json.dumps({"startAt": start, "maxResults": size, "isLast": end == count})[:-1].encode()
        body = b'%b,"values":[%b],"objectTypeAttributes":%b}' % (head, values, self._definitions)
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
            len(body),
            body,
        )


class _State:
    """The responses, the counters and the present behaviour."""

    def __init__(self, base: str) -> None:
        links = {
            "submitProgress": f"{base}{_RUN}/progress",
            "submitResults": f"{base}{DATA}",
            "getExecutionStatus": f"{base}{STATUS}",
            "cancel": f"{base}{_RUN}",
        }
        info = {
            "getStatus": f"{base}{_ASSETS}/importsource/{SOURCE}/configstatus",
            "start": f"{base}{START}",
            "mapping": f"{base}{_ASSETS}/importsource/{SOURCE}/mapping",
        }
        schema = {
            "workspaceId": WORKSPACE,
            "globalId": f"{WORKSPACE}:1",
            "id": "1",
            "name": "Okta",
            "objectSchemaKey": "OKT",
            "status": "Ok",
            "description": "Auto-generated Okta data.",
            "created": "2026-01-05T08:00:00.000Z",
            "updated": "2026-01-05T08:00:00.000Z",
            "objectCount": 120,
            "objectTypeCount": 12,
            "crossSchemaReferencingAllowed": False,
        }
        page = {"startAt": 0, "maxResults": 50, "total": 1, "values": [schema], "isLast": True, "last": True}
        self.responses = {
            INFO: _response("200 OK", {"links": info}),
            START: _response("200 OK", {"links": links, "result": "success"}),
            SCHEMA: _response("200 OK", schema),
            f"{_ASSETS}/objectschema/list": _response("200 OK", page),
            f"{SCHEMA}/objecttypes/flat": _response(
                "200 OK", [{"id": "1", "name": "Users", "objectSchemaId": "1"}]
            ),
            f"{_ASSETS}/importsource/{SOURCE}/schema-and-mapping": _response(
                "200 OK", write_document(model())
            ),
            f"{_ASSETS}/importsource/{SOURCE}": _response(
                "200 OK", {"id": SOURCE, "name": "Okta", "objectSchemaId": "1"}
            ),
            ATTRIBUTES: _response("200 OK", [_attribute(number) for number in range(1, ATTRIBUTE_COUNT + 1)]),
            f"{_RUN}/progress": _response("200 OK", None),
        }
        self.taken = _response("200 OK", None)
        self.refusal = _response(
            "429 Too Many Requests", {"message": "Rate limit exceeded"}, "Retry-After: 1"
        )
        self.missing = _response("404 Not Found", {"message": "not part of the measuring server"})
        report = {
            "result": "OK",
            "objectTypeResultMap": {"1": {"objectTypeName": "Users", "objectTypeId": 1}},
        }
        self.states = {
            name: _response("200 OK", {"status": name, "executionId": EXECUTION, "progressResult": progress})
            for name, progress in (("INGESTING", None), ("PROCESSING", None), ("DONE", report))
        }
        self.user_objects = _UserObjects()
        self.search = _Search()
        self.behave(Behaviour())

    def behave(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.counters = Counters()
        self.in_flight = 0
        self.is_completed = False
        self.left = behaviour.processing
        self.tokens = behaviour.burst
        self.refilled = time.monotonic()
        self.started = time.process_time()

    def status(self) -> bytes:
        if not self.is_completed:
            return self.states["INGESTING"]
        if self.left > 0:
            self.left -= 1
            return self.states["PROCESSING"]
        return self.states["DONE"]

    def takes(self) -> bool:
        """Return True if the rate limit accepts a chunk."""
        behaviour = self.behaviour
        if not behaviour.per_second:
            return True
        now = time.monotonic()
        self.tokens = min(behaviour.burst, self.tokens + (now - self.refilled) * behaviour.per_second)
        self.refilled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def snapshot(self) -> bytes:
        counters = self.counters
        values = {name: getattr(counters, name) for name in Counters.__annotations__}
        values["busy"] = time.process_time() - self.started
        return _response("200 OK", values)


class _Connection(asyncio.BufferedProtocol):
    """One connection of a client: heads are parsed, bodies are counted."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._buffer = bytearray(512 * 1024)
        self._view = memoryview(self._buffer)
        self._head = bytearray()
        self._missing = 0
        self._small = bytearray()
        self._keeps = False
        self._target = b""
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the protocol's signature
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        start = 0
        while start < nbytes:
            if self._missing:
                length = min(self._missing, nbytes - start)
                if self._keeps:
                    self._small += self._view[start : start + length]
                self._missing -= length
                start += length
            else:
                self._head += self._view[start:nbytes]
                end = self._head.find(b"\r\n\r\n")
                if end < 0:
                    return
                after = len(self._head) - end - 4
                start = nbytes - after
                self._begin(bytes(self._head[:end]))
                self._head.clear()
            if not self._missing:
                self._end()

    def _begin(self, head: bytes) -> None:
        self._target = head.split(b" ", 2)[1]
        place = head.lower().find(b"\r\ncontent-length:")
        self._size = self._missing = int(head[place + 17 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        self._keeps = self._size < 300 or self._target.startswith(SEARCH.encode())
        self._small.clear()

    def _end(self) -> None:
        state = self._state
        path = self._target.partition(b"?")[0].decode("ascii")
        if path == CONTROL:
            if self._small:
                state.behave(Behaviour(**json.loads(self._small)))
            self._transport.write(state.snapshot())
            return
        counters = state.counters
        counters.requests += 1
        counters.by_path[path] = counters.by_path.get(path, 0) + 1
        if path == DATA and b'"completed"' not in self._small:
            if not state.takes():
                counters.refused += 1
                self._transport.write(state.refusal)
                return
            counters.chunks += 1
            counters.chunk_bytes += self._size
            state.in_flight += 1
            counters.peak_in_flight = max(counters.peak_in_flight, state.in_flight)
            self._later(state.taken, self._taken)
        elif path == DATA:
            state.is_completed = True
            self._elsewhere(state.taken)
        elif path == STATUS:
            self._elsewhere(state.status())
        elif path == SEARCH:
            query = self._target.partition(b"?")[2].decode("ascii")
            users, objects = state.behaviour.users, state.behaviour.objects
            body = bytes(self._small)
            page = state.user_objects.page(query, body, users) if users else state.search.page(query, objects)
            self._elsewhere(page)
        elif path == COUNT:
            count = state.behaviour.users or state.behaviour.objects
            self._elsewhere(_response("200 OK", {"totalCount": count}))
        else:
            if path == START:
                state.is_completed = False
                state.left = state.behaviour.processing
            self._elsewhere(state.responses.get(path, state.missing))

    def _taken(self) -> None:
        self._state.in_flight -= 1

    def _elsewhere(self, response: bytes) -> None:
        if self._state.behaviour.everywhere:
            self._later(response)
        else:
            self._transport.write(response)

    def _later(self, response: bytes, then: Callable[[], None] | None = None) -> None:
        if not self._state.behaviour.latency:
            if then is not None:
                then()
            self._transport.write(response)
            return

        def write() -> None:
            if then is not None:
                then()
            self._transport.write(response)

        asyncio.get_running_loop().call_later(self._state.behaviour.latency, write)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    holder: list[_State] = []
    server = await loop.create_server(lambda: _Connection(holder[0]), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    holder.append(_State(f"http://127.0.0.1:{port}"))
    print(port, flush=True)
    ended = asyncio.Event()

    def watch() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=watch, daemon=True).start()
    await ended.wait()
    server.close()


@frozen
class Server:
    """The measuring server as its user sees it."""

    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def behave(self, **behaviour: Any) -> None:
        """Set the behavior of the server, and reset its counters. See `Behaviour`."""
        self._ask(json.dumps(behaviour or {"latency": 0.0}).encode())

    def counters(self) -> Counters:
        """Return the counts since the last reset."""
        return Counters(**self._ask(b""))

    def _ask(self, body: bytes) -> Mapping[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request("POST", CONTROL, body)
            return cast("Mapping[str, Any]", json.loads(connection.getresponse().read()))
        finally:
            connection.close()


@contextlib.contextmanager
def serving() -> Generator[Server]:
    """Run the measuring server while the context lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server"],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield Server(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


if __name__ == "__main__":
    asyncio.run(_serve())
