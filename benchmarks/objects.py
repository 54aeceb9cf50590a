"""P15: reading objects of 12 kB, compared with a loop over httpx; and its peak memory, in a process of its own.

python -m benchmarks.objects URL        prints the bytes before and the peak while all objects are read
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from jsm_assets_dest import ObjectSchema

from . import loops
from .measuring import Measured, take_turns
from .memory import in_child, resident
from .server import SEARCH
from .stage import Stage, site

PAGE = 100


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    count = stage.choose(10_000, 500)
    stage.server.behave(objects=count)
    with stage.connected() as connection, httpx.Client(trust_env=False) as client:
        schema = connection.object_schemas()[0]

        def library() -> None:
            expect(count, schema.objects(page_size=PAGE))

        def by_hand() -> None:
            expect(count, _by_hand(client, stage.server.url + SEARCH))

        rounds = take_turns(
            {"library": library, "by hand": by_hand}, rounds=stage.choose(7, 3), seconds=stage.choose(20, 4)
        )
    rate = count / rounds.median("library")
    results = [
        Measured.of(
            "P15",
            f"reading {count:,} objects / hand-written httpx loop over the same pages",
            rounds.ratios("library", "by hand"),
            note=f"{rate:,.0f} objects of 12 kB per second",
        )
    ]
    if not stage.quick:
        stage.server.behave(objects=100_000)
        peak, _ = in_child("objects", stage.server.url)
        results.append(
            Measured.exactly("P15b", "peak memory above the base, 100,000 objects read", peak, "MB")
        )
    stage.server.behave()
    return results


def expect(count: int, objects: Iterator[object]) -> None:
    """Read all objects."""
    if sum(1 for _ in objects) != count:
        raise AssertionError("objects are missing")


def _by_hand(client: httpx.Client, url: str) -> Iterator[dict[str, Any]]:
    """Yield the values of each object by name, as a script does that trusts each page."""
    start = 0
    while True:
        response = client.post(
            url,
            params={"startAt": start, "maxResults": PAGE, "includeAttributes": "true"},
            json={"qlQuery": "objectSchemaId = 1 ORDER BY Key ASC"},
            headers=loops.HEADERS,
        )
        response.raise_for_status()
        page = response.json()
        names = {definition["id"]: definition["name"] for definition in page["objectTypeAttributes"]}
        for item in page["values"]:
            row = {"key": item["objectKey"], "label": item["label"], "created": item["created"]}
            for attribute in item["attributes"]:
                values = [
                    value["referencedObject"]["objectKey"] if value["referencedType"] else value["value"]
                    for value in attribute["objectAttributeValues"]
                ]
                row[names[attribute["objectTypeAttributeId"]]] = values if len(values) > 1 else values[0]
            yield row
        start += len(page["values"])
        if page["isLast"]:
            return


def _child(url: str) -> None:
    with site(url) as connection:
        schema: ObjectSchema = connection.object_schemas()[0]
        base = resident("VmRSS")
        count = sum(1 for _ in schema.objects(page_size=PAGE))
        if count != schema.count_objects():
            raise AssertionError("objects are missing")
        print(json.dumps([base, resident("VmHWM")]))


if __name__ == "__main__":
    _child(sys.argv[1])
