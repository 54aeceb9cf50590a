"""P15b: the peak of memory while a preview compares records with 100,000 objects, in a process of its own.

python -m benchmarks.previews COUNT        prints the bytes before, the peak, and the seconds
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs

import httpx

from jsm_assets_dest import AttributeSpec, Connection, ObjectTypeSpec, SchemaModel
from jsm_assets_dest.testing import Emulator

from .measuring import Measured
from .memory import in_child, resident
from .stage import Stage

VALUES = 30
#: Stands for the number of an object in its form.
MARK = "4242424242"


def run(stage: Stage) -> Sequence[Measured]:
    """Measure, if there is time."""
    if stage.quick:
        return []
    count = 100_000
    peak, (seconds,) = in_child("previews", count)
    return [
        Measured.exactly(
            "P15b.preview",
            f"peak memory above the base, preview of {count:,} records and objects of {VALUES} values",
            peak,
            "MB",
            note=f"{count / seconds:,.0f} records and objects per second",
        )
    ]


def model() -> SchemaModel:
    """People with an identifier and plain values."""
    values = [AttributeSpec(f"Value {number}", key=f"v{number}") for number in range(VALUES)]
    identifier = AttributeSpec("Id", key="id", identifier=True)
    label = AttributeSpec("Name", key="name", label=True)
    return SchemaModel("People", [ObjectTypeSpec("People", [label, identifier, *values])], namespace="people")


def records(count: int) -> Iterator[tuple[str, dict[str, str]]]:
    """People, of whom every hundredth has changed."""
    for number in range(count):
        values = {f"v{index}": f"value {index} of {number}" for index in range(VALUES)}
        if number % 100 == 0:
            values["v0"] = "changed"
        yield "people", {"id": f"00u{number}", "name": f"Person {number}", **values}


class _ManyObjects(httpx.BaseTransport):
    """The emulator, with pages of as many objects as wanted, which it does not have to store and sort."""

    def __init__(self, emulator: Emulator, count: int) -> None:
        self._emulated = emulator.transport
        self._count = count
        self._definitions: list[Mapping[str, object]] = []
        self._template: dict[str, object] = {}

    def _learn(self, request: httpx.Request) -> httpx.Response:
        """Take the form of an object from a search of the emulator, if it finds one."""
        response = self._emulated.handle_request(request)
        response.read()
        page = response.json()
        if page["values"]:
            self._definitions = page["objectTypeAttributes"]
            self._template = {**page["values"][0], "id": MARK, "objectKey": f"PPL-{MARK}"}
        return response

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a search with generated objects, and everything else as the emulator does."""
        path = request.url.path
        if self._template and path.endswith("/object/aql/totalcount"):
            return httpx.Response(200, json={"totalCount": self._count})
        if not path.endswith("/object/aql"):
            return self._emulated.handle_request(request)
        if not self._template:
            return self._learn(request)
        query = parse_qs(request.url.query.decode())
        start, size = int(query["startAt"][0]), int(query["maxResults"][0])
        stop = min(start + size, self._count)
        text = json.dumps(self._template)
        values = ",".join(text.replace(MARK, str(number)) for number in range(start, stop))
        head = json.dumps({"startAt": start, "maxResults": size, "isLast": stop == self._count})[:-1]
        body = f'{head},"values":[{values}],"objectTypeAttributes":{json.dumps(self._definitions)}}}'
        return httpx.Response(200, content=body.encode(), headers={"Content-Type": "application/json"})


def _child(count: int) -> None:
    with Emulator(recorded_bytes=0) as emulator:
        emulator.add_object_schema("PPL", "People")
        secret = emulator.add_import_source("PPL").token
        transport = _ManyObjects(emulator, count)
        with Connection.current_site(
            environ=emulator.settings(), transport=transport, clock=emulator.clock
        ) as connection:
            token = connection.import_token(secret)
            token.build(model())
            values = {f"v{index}": f"value {index} of {MARK}" for index in range(VALUES)}
            token.import_records([("people", {"id": f"00u{MARK}", "name": f"Person {MARK}", **values})])
            token.preview([])
            token.preview(records(500))
            base = resident("VmRSS")
            begin = time.perf_counter()
            preview = token.preview(records(count))
            seconds = time.perf_counter() - begin
            if (preview.changed, preview.missing, preview.created) != (-(-count // 100), 0, 0):
                raise AssertionError(repr(preview))
            print(json.dumps([base, resident("VmHWM"), seconds]))


if __name__ == "__main__":
    _child(int(sys.argv[1]))
