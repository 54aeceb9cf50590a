"""P8: the peak of memory while records are made, checked, encoded and sent, each size in a process of its own.

python -m benchmarks.memory URL COUNT        prints the bytes before and the peak
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from jsm_assets_dest import Connection, ImportProgress

from . import loops
from .measuring import Measured
from .records import CHUNK, model, user, users
from .server import WORKSPACE
from .stage import ACCOUNT, Stage

_MB = 1024 * 1024
IN_FLIGHT = 4


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    sizes = (50_000,) if stage.quick else (50_000, 200_000, 500_000, 1_000_000)
    # With a latency all chunks in flight are alive at the same time, as they are in practice.
    stage.server.behave(latency=0.02)
    repeats = {size: 1 if stage.quick or size > 500_000 else 3 for size in sizes}
    peaks = {size: [_peak(stage, size) for _ in range(repeats[size])] for size in sizes}
    stage.server.behave()
    highest = max(peaks, key=lambda size: statistics.median(peaks[size]))
    return [
        *([] if stage.quick else [_growth(peaks[50_000], peaks[500_000], 450_000)]),
        Measured.of(
            "P8b",
            "peak memory above the base, 4 in flight, of the size that took most",
            [peak / _MB for peak in peaks[highest]],
            "MB",
        ),
        _taken_ahead(stage),
        *(
            Measured.of(
                "", f"peak memory above the base, {size:,} records", [peak / _MB for peak in found], "MB"
            )
            for size, found in peaks.items()
        ),
    ]


def _growth(few: Sequence[int], many: Sequence[int], between: int) -> Measured:
    # Up to 200,000 records the allocator is still warming up, so that the quick run has nothing to judge by.
    growth = [(most - least) / between for least, most in zip(few, many, strict=True)]
    return Measured.of("P8", "growth of peak memory from 50,000 to 500,000 records", growth, "bytes/record")


def _peak(stage: Stage, count: int) -> int:
    response = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", stage.server.url, str(count)],
        cwd=Path(__file__).parent.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    base, peak = json.loads(response.stdout)
    return int(peak - base)


def _taken_ahead(stage: Stage) -> Measured:
    """Count the records that are read before they are confirmed."""
    accepted = confirmed = furthest = 0

    def source() -> Iterator[dict[str, str]]:
        nonlocal accepted, furthest
        for number in range(20_000):
            accepted += 1
            furthest = max(furthest, accepted - confirmed)
            yield user(number)

    def note(progress: ImportProgress) -> None:
        nonlocal confirmed
        confirmed = progress.sent

    with stage.token() as token:
        stage.server.behave(latency=0.005)
        token.import_records(
            {"users": source()},
            model=model(),
            chunk_records=CHUNK,
            in_flight=IN_FLIGHT,
            on_progress=note,
            missing_objects="ignore",
        )
        stage.server.behave()
    return Measured.exactly(
        "P8c",
        "chunks taken from the source ahead of confirmed ones, beyond those in flight",
        furthest / CHUNK - IN_FLIGHT,
        "chunks",
    )


def resident(mark: str) -> int:
    """Bytes of memory in use, now (VmRSS) or at most until now (VmHWM)."""
    # The peak of a child begins with its parent's, so that the kernel's own mark is read where it can be.
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        scale = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(mark))


def _child(url: str, count: int) -> None:
    site = Connection.external_site(url, ACCOUNT, workspace_id=WORKSPACE, gateway=url, trust_env=False)
    with site as connection:
        connection.object_schemas()
        base = resident("VmRSS")
        connection.import_token(loops.TOKEN).import_records(
            {"users": users(count)},
            model=model(),
            chunk_records=CHUNK,
            in_flight=IN_FLIGHT,
            missing_objects="ignore",
        )
        print(json.dumps([base, resident("VmHWM")]))


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]))
