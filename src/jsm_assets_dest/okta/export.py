"""What an import would send, written to disk instead: for a review before anything leaves, or for a look afterwards."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from attrs import frozen

from .._imports.chunk import Chunk
from .._imports.chunker import CHUNK_BYTES, CHUNK_RECORDS, Chunker
from .._imports.encoding import COMPLETED
from .._imports.record_checker import RecordChecker
from .._model.schema_model import SchemaModel
from ..exceptions import ConfigurationError
from .records import Records

#: Only the owner reads it: it is what `records()` let through of the people's data.
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700


@frozen(kw_only=True)
class Export:
    """An export that was written.

    Attributes:
        path: The folder.
        files: The bodies of the requests, in the order in which they would be sent.
        counts: Records by selector.
        size: Bytes of all bodies.
    """

    path: Path
    files: tuple[str, ...]
    counts: dict[str, int]
    size: int

    def to_dict(self) -> dict[str, object]:
        """The export as JSON-ready data, without the place where it is."""
        return {"files": list(self.files), "counts": dict(self.counts), "size": self.size}

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {selector}" for selector, count in self.counts.items())
        return (
            f"{len(self.files):,} requests of {self.size:,} bytes in {self.path} ({counts or 'no records'})"
        )


def export(
    records: Iterable[tuple[str, object]],
    path: str | Path,
    *,
    model: SchemaModel | None = None,
    run_id: str = "export",
    limit_count: int = CHUNK_RECORDS,
    limit_bytes: int = CHUNK_BYTES,
) -> Export:
    """Writes the requests of an import as files: the mapping document, every chunk, the completion, and a summary.

    The records pass the same check and the same chunking and encoding as in an import, so each `chunk-….json` is byte
    for byte the body of a request; only the id in `clientGeneratedId` is the export's own. Nothing is sent.

    Args:
        records: Pairs of a selector and a record, such as `records()` gives; read once.
        path: The folder; made if needed, and it must be empty.
        model: The model that the records are for; that of `records()` where these come from there.
        run_id: What the chunks' ids begin with.
        limit_count: The most records of a chunk.
        limit_bytes: The most bytes of a chunk.

    Returns:
        What was written.

    Raises:
        ConfigurationError: The folder is not empty, or no model is known.
        RecordError: A record cannot be sent; what was written up to it stays.
    """
    wanted = records.model if model is None and isinstance(records, Records) else model
    if wanted is None:
        raise ConfigurationError(
            "The records of an export need a model.",
            field="model",
            fix="Give the model that the records are for.",
        )
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
    if any(folder.iterdir()):
        raise ConfigurationError(
            f"The folder {folder} is not empty.", field="path", fix="Choose an empty folder for the export."
        )
    _write(folder / "mapping.json", json.dumps(wanted.document(), indent=1, ensure_ascii=False).encode())
    chunker = Chunker(
        run_id,
        limit_count=limit_count,
        limit_bytes=limit_bytes,
        checker=RecordChecker(wanted),
    )
    files: list[str] = []
    counts: dict[str, int] = {}
    size = 0
    source = iter(records)
    while batch := list(islice(source, chunker.room)):
        size += _write_chunks(folder, chunker.feed_pairs(batch), files, counts)
    size += _write_chunks(folder, chunker.flush(), files, counts)
    _write(folder / "complete.json", COMPLETED)
    made = Export(path=folder, files=(*files, "complete.json"), counts=counts, size=size + len(COMPLETED))
    _write(folder / "summary.json", json.dumps(made.to_dict(), indent=1).encode())
    return made


def _write_chunks(folder: Path, chunks: list[Chunk], files: list[str], counts: dict[str, int]) -> int:
    for chunk in chunks:
        name = f"chunk-{chunk.index:06}.json"
        _write(folder / name, chunk.body)
        files.append(name)
        for selector, count in chunk.counts.items():
            counts[selector] = counts.get(selector, 0) + count
    return sum(chunk.size for chunk in chunks)


def _write(file: Path, body: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as opened:
        opened.write(body)
