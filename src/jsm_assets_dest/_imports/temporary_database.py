"""Temporary SQLite database without a name, for what a run has too much of for memory.

Its cache has room for about 50,000 identities. The rest is in a temporary file, which the operating system deletes however the
process ends.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

#: Kilobytes of the cache.
_CACHE = 8_192


def open_temporary(owner: object, tables: str) -> sqlite3.Connection:
    """Return a database with these tables, which is closed when its owner is deleted."""
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    weakref.finalize(owner, database.close)
    for statement in (
        f"PRAGMA cache_size=-{_CACHE}",
        "PRAGMA journal_mode=OFF",
        "PRAGMA synchronous=OFF",
        *tables.split(";"),
        "BEGIN",  # nothing is ever rolled back, and a commit of each row would take time
    ):
        database.execute(statement)
    return database


def storable(text: str) -> str:
    """Return a text without lone surrogates, which UTF-8 and thus SQLite do not have."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


class StoredObjects(Generic[T]):
    """Objects that stay in the database until they are needed.

    Args:
        read: Reads all of them.
    """

    def __init__(self, read: Callable[[], Iterator[T]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[T]:
        return self._read()

    def __reduce__(self) -> tuple[object, ...]:
        return tuple, (tuple(self),)
