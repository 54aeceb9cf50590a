"""Export of an import's requests to files, for a review before anything is sent."""

import json
import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from attrs import frozen

from .._arguments.checking import checked
from .._imports.chunk import Chunk
from .._imports.chunker import CHUNK_BYTES, CHUNK_RECORDS, Chunker
from .._imports.encoding import COMPLETED
from .._imports.record_checker import RecordChecker
from .._model.schema_model import SchemaModel
from ..exceptions import ConfigurationError
from ._records import Records

#: Only the owner may read the files, because they contain data about people.
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700


@frozen(kw_only=True, repr=False)
class Export:
    """Result of `export`.

    Attributes:
        path: The folder.
        files: Names of the files with request bodies, in the order in which an import sends them.
        counts: Number of records by selector.
        size: Bytes of all bodies.
    """

    __module__ = "jsm_assets_dest.okta"

    path: Path
    files: tuple[str, ...]
    counts: dict[str, int]
    size: int

    def to_dict(self) -> dict[str, object]:
        """Return the export as JSON-compatible data, without the path."""
        return {"files": list(self.files), "counts": dict(self.counts), "size": self.size}

    def __repr__(self) -> str:
        return f"<Export of {len(self.files):,} requests in {str(self.path)!r}>"

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {selector}" for selector, count in self.counts.items())
        return (
            f"{len(self.files):,} requests of {self.size:,} bytes in {self.path} ({counts or 'no records'})"
        )


@checked
def export(
    records: Iterable[tuple[str, object]],
    path: str | Path,
    *,
    model: SchemaModel | None = None,
    run_id: str = "export",
    limit_count: int = CHUNK_RECORDS,
    limit_bytes: int = CHUNK_BYTES,
) -> Export:
    """Write the requests of an import as files: the mapping document, every chunk, the completion, and a summary.

    The records pass the same check, chunking, and encoding as in an import. Each `chunk-….json` is byte for byte the
    body of a request, except that `clientGeneratedId` starts with `run_id`. Nothing is sent.

    Args:
        records: Pairs of a selector and a record, usually from `records()`. They are read once.
        path: The folder. It is created if it does not exist, and it must be empty.
        model: The model of the records. Default: the model of `records()`.
        run_id: Prefix of the chunks' ids.
        limit_count: Maximum number of records per chunk.
        limit_bytes: Maximum size of a chunk in bytes.

    Returns:
        The folder, the files, and the number of records.

    Raises:
        ConfigurationError: The folder is not empty, or the model is missing.
        RecordError: A record is invalid. The chunks before it have been written.
    """
    if model is None and isinstance(records, Records):
        model = records.model
    if model is None:
        raise ConfigurationError(
            "An export needs the model of the records.",
            field="model",
            fix="Pass model=, such as okta.schema_model().",
        )
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
    if any(folder.iterdir()):
        raise ConfigurationError(
            f"The folder {folder} is not empty.", field="path", fix="Choose an empty folder for the export."
        )
    _write(folder / "mapping.json", json.dumps(model.document(), indent=1, ensure_ascii=False).encode())
    chunker = Chunker(
        run_id,
        limit_count=limit_count,
        limit_bytes=limit_bytes,
        checker=RecordChecker(model),
    )
    files: list[str] = []
    counts: dict[str, int] = {}
    size = 0
    source = iter(records)
    while batch := list(islice(source, chunker.room)):
        size += _write_chunks(folder, chunker.feed_pairs(batch), files, counts)
    size += _write_chunks(folder, chunker.flush(), files, counts)
    _write(folder / "complete.json", COMPLETED)
    written = Export(path=folder, files=(*files, "complete.json"), counts=counts, size=size + len(COMPLETED))
    _write(folder / "summary.json", json.dumps(written.to_dict(), indent=1).encode())
    return written


export.__module__ = "jsm_assets_dest.okta"


def _write_chunks(folder: Path, chunks: list[Chunk], files: list[str], counts: dict[str, int]) -> int:
    for chunk in chunks:
        name = f"chunk-{chunk.index:06}.json"
        _write(folder / name, chunk.body)
        files.append(name)
        for selector, count in chunk.counts.items():
            counts[selector] = counts.get(selector, 0) + count
    return sum(chunk.size for chunk in chunks)


def _write(file: Path, body: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as opened_file:
        opened_file.write(body)
