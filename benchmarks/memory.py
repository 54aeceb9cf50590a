"""P8: the peak of memory while records are made, checked, encoded and sent, each size in a process of its own.

python -m benchmarks.memory URL COUNT SOURCE        prints the bytes before and the peak

The records come from a generator or from an Arrow reader, whose batches are made when they are read: the peak must be that
of one batch.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from jsm_assets_dest import ImportProgress, tables

from . import loops
from .measuring import Measured
from .records import CHUNK, model, user, users
from .stage import Stage, site

_MB = 1024 * 1024
IN_FLIGHT = 4
#: Rows in a batch of the Arrow reader.
BATCH = 10_000


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    sizes = (20_000,) if stage.quick else (50_000, 500_000)
    # With a latency all chunks in flight are alive at the same time, as they are in practice.
    stage.server.behave(latency=0.02)
    peaks = {size: [_peak(stage, size, "generator") for _ in range(stage.choose(3, 1))] for size in sizes}
    stage.server.behave()
    highest = max(peaks, key=lambda size: statistics.median(peaks[size]))
    what = "peak memory above the base"
    return [
        *([] if stage.quick else [_growth(peaks[50_000], peaks[500_000], 450_000)]),
        Measured.of("P8b", f"{what}, 4 in flight, of the size that took most", peaks[highest], "MB"),
        _taken_ahead(stage),
        *(Measured.of("", f"{what}, {size:,} records", of_size, "MB") for size, of_size in peaks.items()),
        *(
            Measured.exactly("", f"{what}, Arrow reader of {size:,} rows", _peak(stage, size, "Arrow"), "MB")
            for size in (() if stage.quick else sizes)
            if importlib.util.find_spec("pyarrow") is not None
        ),
    ]


def _growth(few: Sequence[float], many: Sequence[float], between: int) -> Measured:
    # Up to 200,000 records the allocator is still warming up, so that the quick run has nothing to judge by.
    growth = [(most - least) * _MB / between for least, most in zip(few, many, strict=True)]
    return Measured.of("P8", "growth of peak memory from 50,000 to 500,000 records", growth, "bytes/record")


def _peak(stage: Stage, count: int, source: str) -> float:
    return in_child("memory", stage.server.url, count, source)[0]


def in_child(module: str, *arguments: object) -> tuple[float, list[Any]]:
    """Run a module of the benchmarks in a process of its own.

    Returns:
        Its peak memory above the base in MB, and what it prints after the bytes of both.
    """
    response = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)],
        cwd=Path(__file__).parent.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    base, peak, *others = json.loads(response.stdout)
    return (peak - base) / _MB, others


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


def _arrow_reader(count: int) -> Any:
    import pyarrow as pa

    def batches() -> Iterator[Any]:
        for start in range(0, count, BATCH):
            yield pa.RecordBatch.from_pylist([user(number) for number in range(start, start + BATCH)])

    schema = pa.RecordBatch.from_pylist([user(0)]).schema
    return pa.RecordBatchReader.from_batches(schema, batches())


def _child(url: str, count: int, source: str) -> None:
    with site(url) as connection:
        connection.object_schemas()
        records: Iterable[object] = (
            tables.records(_arrow_reader(count)) if source == "Arrow" else users(count)
        )
        base = resident("VmRSS")
        result = connection.import_token(loops.TOKEN).import_records(
            {"users": records},
            model=model(),
            chunk_records=CHUNK,
            in_flight=IN_FLIGHT,
            missing_objects="ignore",
        )
        if result.sent != count:
            raise AssertionError("records are missing")
        print(json.dumps([base, resident("VmHWM")]))


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]), sys.argv[3])
