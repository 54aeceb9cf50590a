"""P14, P15b: nightly imports of changed records, the verification of 100,000 objects, and whole imports by latency.

python -m benchmarks.nightly URL COUNT        prints the bytes before a verification and the peak
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jsm_assets_dest import ImportToken

from . import loops
from .measuring import Measured
from .memory import in_child, resident
from .records import model, user, users
from .stage import Stage, site

#: Every n-th record changes.
CHANGED = 100


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    return [] if stage.quick else [*_changed(stage), _verification(stage), *_by_latency(stage)]


def _records(count: int, night: int) -> Iterator[dict[str, str]]:
    """Yield users, of whom 1 % have changed after the first night. They are made quickly, because that is measured, too."""
    usual = [user(number) for number in range(1_000)]
    for number in range(count):
        record = {**usual[number % 1_000], "id": f"00u{number:017d}"}
        if night and number % CHANGED == 0:
            record["title"] = f"Engineer of night {night}"
        yield record


def _changed(stage: Stage) -> list[Measured]:
    """Compare nights with full runs, in pairs, without latency."""
    size = 100_000
    requests: list[float] = []
    seconds: list[float] = []
    full_seconds: list[float] = []
    stage.server.behave()
    with stage.token() as token:
        for number in range(3):
            path = stage.folder / f"nightly{number}.journal"
            full, full_time = _night(stage, token, path, size, 0)
            changed, changed_time = _night(stage, token, path, size, 1)
            requests.append(changed / full)
            seconds.append(changed_time / full_time)
            full_seconds.append(full_time)
    note = (
        f"a full run of {size:,} records takes {statistics.median(full_seconds):.2f} s of the client's time"
    )
    return [
        Measured.of("P14", "only changed records, 1 % changed: requests / full run", requests),
        Measured.of("P14b", "only changed records, 1 % changed: client time / full run", seconds, note=note),
    ]


def _night(stage: Stage, token: ImportToken, journal: Path, size: int, night: int) -> tuple[int, float]:
    """Import what changed; return the number of requests, and the seconds of processor time of this process."""
    stage.server.behave()
    began = time.process_time()
    token.import_records(
        {"users": _records(size, night)},
        model=model(),
        journal=journal,
        send="changed",
        missing_objects="ignore",
        total=size,
    )
    seconds = time.process_time() - began
    return stage.server.counters().requests, seconds


def _by_latency(stage: Stage) -> list[Measured]:
    """Import the same people in four ways, once at each latency, with all round trips."""
    size = 5_000
    results: list[Measured] = []
    for latency in (0.0, 0.02, 0.1, 0.3):
        nightly: dict[str, Any] = {
            "journal": stage.folder / f"latency{latency}.journal",
            "send": "changed",
            "missing_objects": "ignore",
        }
        # The first night sends everything, as each night does without a journal.
        ways: dict[str, dict[str, Any]] = {
            "default options": {},
            'send="all", missing objects ignored': {"send": "all", "missing_objects": "ignore"},
            'send="changed", first night': nightly,
            'send="changed", 1 % changed': nightly,
            'verify="sample"': {"verify": "sample"},
        }
        for name, options in ways.items():
            with stage.token() as token:
                stage.server.behave(latency=latency, everywhere=True, users=size)
                began = time.perf_counter()
                people = _records(size, int("1 %" in name)) if options is nightly else users(size)
                token.import_records({"users": people}, model=model(), total=size, **options)
                seconds = time.perf_counter() - began
                requests = stage.server.counters().requests
            what = f"whole import of {size:,} records at {latency * 1000:.0f} ms, {name}"
            note = f"{seconds:.2f} s, {requests} requests"
            results.append(Measured.exactly("", what, size / seconds, "records/s", note))
    stage.server.behave()
    return results


def _verification(stage: Stage) -> Measured:
    size = 100_000
    stage.server.behave(users=size)
    peak, (identical,) = in_child("nightly", stage.server.url, size)
    stage.server.behave()
    if identical != size:
        raise AssertionError(f"{identical:,} of {size:,} objects are identical")
    return Measured.exactly(
        "P15b.verify",
        f"peak memory above the base, verification of {size:,} objects",
        peak,
        "MB",
    )


def _child(url: str, count: int) -> None:
    with site(url) as connection:
        connection.object_schemas()
        base = resident("VmRSS")
        verification = connection.import_token(loops.TOKEN).verify({"users": users(count)}, model=model())
        identical = sum(object_type.identical for object_type in verification.object_types)
        print(json.dumps([base, resident("VmHWM"), identical]))


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]))
