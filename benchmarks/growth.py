"""The cost of an import as the number of records, of object types, and of references grows.

Each import runs with default options apart from the guard, because what the guard reads depends on the objects in Assets.
The server waits for nothing, so that what is measured is the client: the processor time of its process, and its requests.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from jsm_assets_dest import AttributeSpec, ImportToken, ObjectTypeSpec, ReferenceSpec, SchemaModel

from . import records
from .measuring import Measured
from .records import user, users
from .stage import Stage

#: Records of the imports that differ in something else.
COUNT = 10_000


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    if stage.quick:
        return []
    stage.server.behave()
    with stage.token() as token:
        return [
            *(_by_records(stage, token, count) for count in (1_000, 10_000, 100_000)),
            *(_by_types(stage, token, count) for count in (1, 10, 50)),
            *(_by_references(stage, token, count) for count in (0, 2, 10)),
        ]


def _by_records(stage: Stage, token: ImportToken, count: int) -> Measured:
    return _import(stage, token, f"{count:,} records", records.model(), {"users": count}, users)


def _by_types(stage: Stage, token: ImportToken, count: int) -> Measured:
    (spec,) = records.model().object_types
    attributes = [attribute.key for attribute in spec.attributes]
    specs = [
        ObjectTypeSpec(
            f"Users {number}",
            [
                AttributeSpec(f"Okta {key}", key=key, identifier=key == "id", label=key == "displayName")
                for key in attributes
            ],
            selector=f"users{number}",
        )
        for number in range(count)
    ]
    model = SchemaModel("Okta", specs, namespace="okta/benchmark")
    sources = {f"users{number}": COUNT // count for number in range(count)}
    types = "object type" if count == 1 else "object types"
    return _import(stage, token, f"{COUNT:,} records of {count} {types}", model, sources, users)


def _by_references(stage: Stage, token: ImportToken, count: int) -> Measured:
    attributes = [
        AttributeSpec("Okta id", key="id", identifier=True),
        AttributeSpec("Okta displayName", key="displayName", label=True),
        AttributeSpec(
            "Okta groups", "referenced_object", key="groups", maximum=-1, reference=ReferenceSpec("groups")
        ),
    ]
    groups = [AttributeSpec("Group id", key="id", identifier=True, label=True)]
    model = SchemaModel(
        "Okta",
        [ObjectTypeSpec("Groups", groups), ObjectTypeSpec("Users", attributes)],
        namespace="okta/benchmark",
    )

    def members(size: int) -> Iterable[Mapping[str, object]]:
        for number in range(size):
            base = user(number)
            linked = [f"group {(number + at) % 500}" for at in range(count)]
            yield {"id": base["id"], "displayName": base["displayName"], "groups": linked}

    what = f"{COUNT:,} records of 3 attributes with {count} references each"
    return _import(stage, token, what, model, {"users": COUNT}, members)


def _import(
    stage: Stage,
    token: ImportToken,
    what: str,
    model: SchemaModel,
    sources: Mapping[str, int],
    make: Callable[[int], Iterable[object]],
) -> Measured:
    ready = {selector: list(make(count)) for selector, count in sources.items()}
    total = sum(sources.values())
    seconds: list[float] = []
    for _ in range(3):
        stage.server.behave()
        began = time.process_time()
        token.import_records(ready, model=model, missing_objects="ignore")
        seconds.append(time.process_time() - began)
    note = (
        f"{statistics.median(seconds):.2f} s of processor time, {stage.server.counters().requests} requests"
    )
    microseconds = [value / total * 1e6 for value in seconds]
    return Measured.of("", f"growth, {what}", microseconds, "us per record", note)
