"""Temporary SQLite database without a name, for what a run has too much of for memory.

Its cache has room for about 50,000 identities. The rest is in a temporary file, which the operating system deletes however the
process ends.
"""

from __future__ import annotations

import functools
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")

#: Kilobytes of the cache.
_CACHE = 8_192


class TemporaryDatabase:
    """Database with some tables, which is opened when it is first used, and closed when it is deleted.

    Args:
        tables: The statements that create the tables.
        functions: Functions of a text that statements can use, by name.

    Attributes:
        lock: Lock of those who use the connection from several threads.
    """

    def __init__(self, tables: str, **functions: Callable[[str], str]) -> None:
        self.lock: threading.RLock = threading.RLock()
        self._tables = tables
        self._functions = functions

    @functools.cached_property
    def connection(self) -> sqlite3.Connection:
        """The open database."""
        connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, connection.close)
        for name, function in self._functions.items():
            connection.create_function(name, 1, function, deterministic=True)
        for statement in (
            f"PRAGMA cache_size=-{_CACHE}",
            "PRAGMA journal_mode=OFF",
            "PRAGMA synchronous=OFF",
            "PRAGMA temp_store=FILE",
            *self._tables.split(";"),
            "BEGIN",  # nothing is ever rolled back, and a commit of each row would take time
        ):
            connection.execute(statement)
        return connection

    @property
    def is_open(self) -> bool:
        """True if it was used."""
        return "connection" in vars(self)

    def number(self, query: str, *values: object) -> int:
        """Count rows; the query begins with FROM."""
        (number,) = self.connection.execute(f"SELECT count(*) {query}", values).fetchone()
        return int(number)

    def rows(self, query: str, values: tuple[object, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows in portions. Other statements may be executed in between, except changes of the rows themselves."""
        with self.lock:
            cursor = self.connection.execute(query, values)
        while True:
            with self.lock:
                rows = cursor.fetchmany(500)
            if not rows:
                return
            yield from rows


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
