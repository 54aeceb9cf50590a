"""Inversion of memberships in bounded memory.

Okta lists the members of a group and the users of an application. Assets needs the groups and applications of a person.
With 100,000 people and millions of memberships, the inversion does not fit in memory, so SQLite sorts it in a temporary
database. An empty name makes that database private. SQLite deletes its file when the database is closed, at the latest.
The database contains only ids, no names and no addresses.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from attrs import define

#: Pages of the database in memory, in KiB. SQLite expects a negative number for this unit.
_CACHE_KIB = 8 * 1024
_BATCH = 5000


@define
class Store:
    """Links between ids and the ids that were read, in a temporary database."""

    _database: sqlite3.Connection

    @classmethod
    @contextmanager
    def opened(cls) -> Generator[Store]:
        """Open a store for the duration of a `with` block."""
        # An async engine reads records in worker threads: in several threads, but never in two at the same time.
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
        """Remember an id. Return False if it was already remembered."""
        cursor = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (kind, identity))
        return cursor.rowcount == 1

    def has_seen(self, kind: str, identity: str) -> bool:
        """Return True if the id was remembered."""
        rows = self._database.execute("SELECT 1 FROM seen WHERE kind = ? AND id = ?", (kind, identity))
        return rows.fetchone() is not None

    def load(self, table: str, pairs: Iterable[tuple[str, str]]) -> int:
        """Store pairs of an owner and a target, in any order and with repetitions.

        Args:
            table: Internal name of the pairs, such as "person_group".
            pairs: The pairs. They are read once.

        Returns:
            Number of different pairs.
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
        # Sorted input lets SQLite write the tree from left to right instead of page by random page.
        database.execute(
            f"INSERT OR IGNORE INTO {table} SELECT owner, target FROM unsorted ORDER BY owner, target"  # noqa: S608 - a table of ours
        )
        database.execute("COMMIT")
        database.execute("DROP TABLE unsorted")
        count = database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a table of ours
        return int(count[0])

    def targets(self, table: str, owner: str) -> list[str]:
        """Return the targets of an owner, sorted by id."""
        rows = self._database.execute(f"SELECT target FROM {table} WHERE owner = ?", (owner,))  # noqa: S608 - a table of ours
        return [str(row[0]) for row in rows]

    def unknown_owners(self, table: str, kind: str) -> tuple[int, list[str]]:
        """Count the links whose owner was never remembered. Return the number and up to five owners."""
        condition = f"FROM {table} WHERE NOT EXISTS (SELECT 1 FROM seen WHERE kind = ? AND id = owner)"  # noqa: S608 - a table of ours
        count = self._database.execute(f"SELECT count(*) {condition}", (kind,)).fetchone()
        examples = self._database.execute(f"SELECT DISTINCT owner {condition} LIMIT 5", (kind,))
        return int(count[0]), [str(row[0]) for row in examples]
