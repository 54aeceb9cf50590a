"""Memberships, turned round in bounded memory.

Okta lists the members of a group and the users of an application; Assets wants a person's groups and applications.
With 100,000 people and some millions of memberships the inversion does not belong into memory: it is sorted by SQLite
in a temporary database. An empty name makes that database private, and SQLite deletes its file as soon as it is
opened or at the latest when it is closed; it holds ids only, no names and no addresses.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from attrs import define

#: Pages of the database kept in memory, in KiB (SQLite wants it negative).
_CACHE_KIB = 8 * 1024
_BATCH = 5000


@define
class Store:
    """Links between ids, and the ids that were seen, on disk as soon as they are many."""

    _database: sqlite3.Connection

    @classmethod
    @contextmanager
    def opened(cls) -> Generator[Store]:
        """A store that ends with the block."""
        # The records may be read on by another thread (an async engine moves the blocking source to workers), but
        # never by two at once.
        database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        try:
            for pragma in (
                "journal_mode=OFF",
                "synchronous=OFF",
                f"cache_size=-{_CACHE_KIB}",
                "temp_store=FILE",
            ):
                database.execute(f"PRAGMA {pragma}")
            database.execute("CREATE TABLE seen (kind TEXT, id TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID")
            yield cls(database)
        finally:
            database.close()

    def first_time(self, kind: str, identity: str) -> bool:
        """Remembers an id; False when it was remembered before."""
        cursor = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (kind, identity))
        return cursor.rowcount == 1

    def has_seen(self, kind: str, identity: str) -> bool:
        """Whether an id was remembered."""
        found = self._database.execute("SELECT 1 FROM seen WHERE kind = ? AND id = ?", (kind, identity))
        return found.fetchone() is not None

    def load(self, table: str, pairs: Iterable[tuple[str, str]]) -> int:
        """Takes pairs of an owner and a target, in any order and with repetitions.

        Args:
            table: A name of our own for the pairs, such as "person_group".
            pairs: The pairs; read once.

        Returns:
            How many different pairs there are.
        """
        database = self._database
        database.execute("CREATE TABLE unsorted (owner TEXT, target TEXT)")
        database.execute("BEGIN")
        batch: list[tuple[str, str]] = []
        for pair in pairs:
            batch.append(pair)
            if len(batch) == _BATCH:
                database.executemany("INSERT INTO unsorted VALUES (?, ?)", batch)
                batch.clear()
        database.executemany("INSERT INTO unsorted VALUES (?, ?)", batch)
        database.execute(
            f"CREATE TABLE {table} (owner TEXT, target TEXT, PRIMARY KEY (owner, target)) WITHOUT ROWID"
        )
        # Sorted first, so that the tree is written from left to right instead of page by random page.
        database.execute(
            f"INSERT OR IGNORE INTO {table} SELECT owner, target FROM unsorted ORDER BY owner, target"  # noqa: S608
        )
        database.execute("COMMIT")
        database.execute("DROP TABLE unsorted")
        count = database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        return int(count[0])

    def targets(self, table: str, owner: str) -> list[str]:
        """What an owner is linked to, sorted by id."""
        found = self._database.execute(f"SELECT target FROM {table} WHERE owner = ?", (owner,))  # noqa: S608
        return [str(row[0]) for row in found]

    def owners_unseen(self, table: str, kind: str) -> tuple[int, list[str]]:
        """Links whose owner was never remembered: their number, and some owners."""
        rest = f"FROM {table} WHERE NOT EXISTS (SELECT 1 FROM seen WHERE kind = ? AND id = owner)"  # noqa: S608
        count = self._database.execute(f"SELECT count(*) {rest}", (kind,)).fetchone()
        some = self._database.execute(f"SELECT DISTINCT owner {rest} LIMIT 5", (kind,))
        return int(count[0]), [str(row[0]) for row in some]
