"""P14, P15b: nightly imports of changed records, and the verification of 100,000 objects.

python -m benchmarks.nightly URL COUNT        prints the bytes before a verification and the peak
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from jsm_assets_dest import Connection, ImportToken

from . import loops
from .measuring import Measured
from .memory import _MB, resident
from .records import model, user, users
from .server import WORKSPACE
from .stage import ACCOUNT, Stage

#: Every n-th record changes.
CHANGED = 100


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    return [] if stage.quick else [*_changed(stage), _verification(stage)]


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


def _verification(stage: Stage) -> Measured:
    size = 100_000
    stage.server.behave(users=size)
    response = subprocess.run(
        [sys.executable, "-m", "benchmarks.nightly", stage.server.url, str(size)],
        cwd=Path(__file__).parent.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    stage.server.behave()
    base, peak, identical = json.loads(response.stdout)
    if identical != size:
        raise AssertionError(f"{identical:,} of {size:,} objects are identical")
    return Measured.exactly(
        "P15b.verify",
        f"peak memory above the base, verification of {size:,} objects",
        (peak - base) / _MB,
        "MB",
    )


def _child(url: str, count: int) -> None:
    site = Connection.external_site(url, ACCOUNT, workspace_id=WORKSPACE, gateway=url, trust_env=False)
    with site as connection:
        connection.object_schemas()
        base = resident("VmRSS")
        verification = connection.import_token(loops.TOKEN).verify({"users": users(count)}, model=model())
        identical = sum(object_type.identical for object_type in verification.object_types)
        print(json.dumps([base, resident("VmHWM"), identical]))


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]))
