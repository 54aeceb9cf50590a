"""Write objects to a file of JSON lines."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import IO

from .._assets.objects import line_of
from .._http.commands import Operation
from ..exceptions import ExportError
from .objects import ObjectReading


def export(reading: ObjectReading, path: str | os.PathLike[str]) -> Operation[int]:
    """Write the objects of a reading to a file, and return their number. After an error, the file is unchanged.

    Raises:
        ExportError: The file can't be written.
    """
    file_path = Path(path).resolve()
    count = 0
    with _replacing(file_path) as file:
        while page := (yield from reading.next_page()):
            with _explained(file_path):
                file.writelines(f"{line_of(asset)}\n" for asset in page)
            count += len(page)
    return count


@contextlib.contextmanager
def _replacing(path: Path) -> Generator[IO[str]]:
    """Open a temporary file that replaces the file at the end, and that is deleted after an error.

    Only its owner may read it, because it contains data about people.
    """
    with _explained(path, " Nothing was sent."):
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            yield file
            with _explained(path):
                file.flush()
        with _explained(path):
            Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _explained(path: Path, consequence: str = "") -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"Could not write the export to {path}: {error.strerror or type(error).__name__}.{consequence}",
            file=str(path),
        ) from error
