"""The emulator's size and speed: 100,000 people with ten values and ten links, imported by the library.

    python -m benchmarks.emulator [COUNT]

It prints the bytes per stored object (goal P16: at most 4,000, aim 2,500), and the seconds of the import with its
client, of saving, and of loading.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jsm_assets_dest import SchemaModel
from jsm_assets_dest.testing import Emulator

from .measuring import Measured
from .stage import Stage

VALUES = 10
LINKS = 10
GROUPS = 2_000
PEOPLE = 8_000
CHUNK = 500


def document() -> dict[str, Any]:
    """Return the schema-and-mapping document of people and groups."""
    names = ["Identifier", *(f"Field {number}" for number in range(VALUES))]

    def attribute(kind: str, name: str, **more: Any) -> dict[str, Any]:
        return {"externalId": f"{kind}/{name}", "name": name, "description": "", "type": "text", **more}

    def located(kind: str, name: str, locator: str, **more: Any) -> dict[str, Any]:
        return {
            "attributeExternalId": f"{kind}/{name}",
            "attributeName": name,
            "attributeLocators": [locator],
            **more,
        }

    links = attribute("person", "Groups", maximumCardinality=-1, referenceObjectTypeName="Group")
    links.update(type="referenced_object", referenceObjectTypeExternalId="group")
    types = [
        {
            "externalId": "person",
            "name": "Person",
            "description": "",
            "attributes": [*(attribute("person", name, label=name == names[0]) for name in names), links],
        },
        {
            "externalId": "group",
            "name": "Group",
            "description": "",
            "attributes": [attribute("group", "Code", label=True)],
        },
    ]
    mappings = [
        {
            "objectTypeExternalId": "person",
            "objectTypeName": "Person",
            "selector": "people",
            "description": "",
            "attributesMapping": [
                *(
                    located("person", name, f"f{number}", externalIdPart=not number)
                    for number, name in enumerate(names)
                ),
                located("person", "Groups", "groups", objectMappingIQL='"Code" IN (${groups${0}})'),
            ],
        },
        {
            "objectTypeExternalId": "group",
            "objectTypeName": "Group",
            "selector": "groups",
            "description": "",
            "attributesMapping": [located("group", "Code", "code", externalIdPart=True)],
        },
    ]
    described = {"name": "People", "description": "", "objectTypes": types}
    return {"schema": {"objectSchema": described}, "mapping": {"objectTypeMappings": mappings}}


def people(count: int) -> Iterator[dict[str, Any]]:
    """Yield the records of people."""
    for number in range(count):
        fields = {f"f{field}": f"value {field} of {number}" for field in range(1, VALUES + 1)}
        groups = [f"g{(number * 7 + link * 131) % GROUPS}" for link in range(LINKS)]
        yield {"f0": f"person-{number}", **fields, "groups": groups}


def imported(count: int) -> tuple[Emulator, float]:
    """Import people with the library, and return the emulator and the seconds."""
    emulator = Emulator(recorded_bytes=0)
    emulator.add_object_schema("PPL", "People")
    source = emulator.add_import_source("PPL")
    with emulator.connect() as connection:
        token = connection.import_token(source.token)
        token.build(SchemaModel.from_document(document()))
        begin = time.perf_counter()
        groups = ({"code": f"g{number}"} for number in range(GROUPS))
        token.import_records({"groups": groups, "people": people(count)}, missing_objects="ignore")
        return emulator, time.perf_counter() - begin


def run(stage: Stage) -> Sequence[Measured]:
    """Measure the size of an object; in a quick run, nothing."""
    if stage.quick:
        return []
    size = size_of_object(PEOPLE)
    return [
        Measured.exactly("P16", "emulator: bytes per object", size, "bytes", f"{PEOPLE + GROUPS:,} objects")
    ]


def size_of_object(count: int) -> float:
    """Return the bytes per object after an import of people and groups."""
    gc.collect()
    tracemalloc.start()
    emulator, _ = imported(count)
    emulator.requests.clear()
    gc.collect()
    size = tracemalloc.get_traced_memory()[0] / len(emulator.world.objects)
    tracemalloc.stop()
    return size


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    small = min(count, PEOPLE)
    size = size_of_object(small)
    emulator, seconds = imported(count)
    print(f"{size:,.0f} bytes per object, measured with {small + GROUPS:,} objects")
    print(f"{seconds:.1f} s to import {count:,} people, with the client")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "site.sqlite"
        begin = time.perf_counter()
        emulator.save(path)
        saved = time.perf_counter()
        Emulator(state=path)
        print(f"{saved - begin:.1f} s to save, {time.perf_counter() - saved:.1f} s to load")


if __name__ == "__main__":
    main()
