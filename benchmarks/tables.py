"""Peak memory of importing an Arrow reader, each size in a process of its own: it must be that of one batch.

python -m benchmarks.tables URL COUNT        prints the bytes before and the peak
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jsm_assets_dest import Connection, tables

from . import loops
from .measuring import Measured
from .memory import resident
from .records import CHUNK, model, user
from .server import WORKSPACE
from .stage import ACCOUNT, Stage

_MB = 1024 * 1024
#: Rows in a batch of the reader.
BATCH = 10_000


def run(stage: Stage) -> Sequence[Measured]:
    """Measure, if pyarrow is installed."""
    if importlib.util.find_spec("pyarrow") is None:
        return []
    sizes = (50_000,) if stage.quick else (50_000, 1_000_000)
    peaks = {size: _peak(stage, size) for size in sizes}
    return [
        Measured.exactly("", f"peak memory above the base, Arrow reader of {size:,} rows", peak / _MB, "MB")
        for size, peak in peaks.items()
    ]


def _peak(stage: Stage, count: int) -> int:
    response = subprocess.run(
        [sys.executable, "-m", "benchmarks.tables", stage.server.url, str(count)],
        cwd=Path(__file__).parent.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    base, peak = json.loads(response.stdout)
    return int(peak - base)


def _reader(count: int) -> Any:
    """Return a reader that makes its batches when they are read."""
    import pyarrow as pa

    def batches() -> Iterator[Any]:
        for start in range(0, count, BATCH):
            yield pa.RecordBatch.from_pylist([user(number) for number in range(start, start + BATCH)])

    schema = pa.RecordBatch.from_pylist([user(0)]).schema
    return pa.RecordBatchReader.from_batches(schema, batches())


def _child(url: str, count: int) -> None:
    site = Connection.external_site(url, ACCOUNT, workspace_id=WORKSPACE, gateway=url, trust_env=False)
    with site as connection:
        connection.object_schemas()
        reader = _reader(count)
        base = resident("VmRSS")
        result = connection.import_token(loops.TOKEN).import_records(
            {"users": tables.records(reader)},
            model=model(),
            chunk_records=CHUNK,
            in_flight=4,
            missing_objects="ignore",
        )
        if result.sent != count:
            raise AssertionError("records are missing")
        print(json.dumps([base, resident("VmHWM")]))


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]))
