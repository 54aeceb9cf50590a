"""Replace a file completely, or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text to a temporary file in the same folder, flush it to the disk, and move it over the old file.

    After a crash, the path contains either the old or the new file. A link stays a link.

    Args:
        path: The file.
        text: Its new content.
        private: Only the owner can read and write the new file. Otherwise, an existing file keeps its mode.

    Raises:
        OSError: The folder is not writable, or the path is something other than a file.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise OSError(0, "It is not a file")
    temporary_file = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        descriptor = os.open(
            temporary_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666
        )
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            if not private and target.exists():
                temporary_file.chmod(target.stat().st_mode & 0o777)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary_file.replace(target)
    finally:
        with suppress(OSError):
            temporary_file.unlink()
