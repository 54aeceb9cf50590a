"""Objects in a journal: what the last confirmed run contained, and what was missing from it.

The journal never claims more than Assets confirmed:

* `plan_objects` stores the objects of a run before the end of its data is sent. From then on, Assets may contain other values
  than before, so the contents that an earlier run confirmed and this run changes are forgotten.
* `confirm_objects` moves them to the confirmed ones when Assets reported the end of the run. It is part of the transaction
  that ends the run.
* Assets reports counts, not objects. If its report about an object type has a failure, a duplicate, or a gap, no new content
  of that type is confirmed, because any of its records may have failed.
* A test import, and a run that is declared not to remove objects, may contain only some records. They confirm contents, but
  neither of them is a last confirmed run: they do not show that an object is missing.

An identity is a digest (see `identities`); its text is stored so that errors can name objects. Memory does not grow with the
number of objects: they are read and written one by one.
"""

from __future__ import annotations

import itertools
import operator
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from types import NoneType

from attrs import frozen

#: Rows that are read at a time.
_PORTION = 10_000

TABLES = """
CREATE TABLE planned_objects (
    run INTEGER NOT NULL, object_type TEXT NOT NULL, identity BLOB NOT NULL, identifier TEXT NOT NULL, content BLOB,
    PRIMARY KEY (run, object_type, identity)) WITHOUT ROWID;
CREATE TABLE planned_types (
    run INTEGER NOT NULL, object_type TEXT NOT NULL, PRIMARY KEY (run, object_type)) WITHOUT ROWID;
CREATE TABLE confirmed_objects (
    import_source TEXT NOT NULL, object_type TEXT NOT NULL, identity BLOB NOT NULL, identifier TEXT NOT NULL, content BLOB,
    PRIMARY KEY (import_source, object_type, identity)) WITHOUT ROWID;
CREATE TABLE confirmed_types (
    import_source TEXT NOT NULL, object_type TEXT NOT NULL, run INTEGER NOT NULL,
    PRIMARY KEY (import_source, object_type)) WITHOUT ROWID;
CREATE TABLE missing_objects (
    import_source TEXT NOT NULL, object_type TEXT NOT NULL, identity BLOB NOT NULL, identifier TEXT NOT NULL,
    run INTEGER NOT NULL, accepted REAL,
    PRIMARY KEY (import_source, object_type, identity, run)) WITHOUT ROWID
"""

UNLISTED_TABLE = """
CREATE TABLE unlisted_objects (
    import_source TEXT NOT NULL, object_type TEXT NOT NULL, run INTEGER NOT NULL, number INTEGER NOT NULL,
    total INTEGER NOT NULL, PRIMARY KEY (import_source, object_type, run)) WITHOUT ROWID
"""


@frozen
class UnlistedObjects:
    """Objects of one object type that the user accepts to be missing, and that no one can name.

    Attributes:
        object_type: Key of the object type.
        number: Number of these objects.
        total: Number of objects of the type that exist if none of them was deleted.
    """

    object_type: str
    number: int
    total: int


@frozen
class JournalObject:
    """Object of a run.

    Attributes:
        object_type: Key of its object type: the external id, or the name if there is none.
        identity: Digest of its identifier.
        identifier: Its identifier as text.
        content: Digest of its values, or None if it is unknown which values Assets contains.
    """

    object_type: str
    identity: bytes
    identifier: str
    content: bytes | None = None


def plan_objects(
    database: sqlite3.Connection,
    run: int,
    import_source: str,
    object_types: Collection[str],
    objects: Iterable[JournalObject],
) -> None:
    """Store the objects of a run, before the end of its data is sent.

    Args:
        database: The journal, in a transaction.
        run: Number of the run.
        import_source: Id of the import source.
        object_types: Keys of all mapped object types, also of those without records; empty for a partial run.
        objects: The objects that the run contains.
    """
    _delete_planned(database, run)
    database.executemany(
        "INSERT INTO planned_types VALUES (?, ?)", ((run, object_type) for object_type in object_types)
    )
    database.executemany(
        "INSERT OR REPLACE INTO planned_objects VALUES (?, ?, ?, ?, ?)",
        (
            (run, planned.object_type, planned.identity, planned.identifier, planned.content)
            for planned in objects
        ),
    )
    database.execute(
        "UPDATE confirmed_objects SET content=NULL WHERE import_source=? AND content IS NOT NULL AND EXISTS"
        " (SELECT 1 FROM planned_objects AS planned WHERE planned.run=?"
        " AND planned.object_type=confirmed_objects.object_type AND planned.identity=confirmed_objects.identity"
        " AND planned.content IS NOT confirmed_objects.content)",
        (import_source, run),
    )


def confirm_objects(
    database: sqlite3.Connection, run: int, import_source: str, doubtful_types: Collection[str] | None
) -> None:
    """Make the planned objects of a run confirmed ones.

    A run that planned its object types contained all records, so it replaces what was confirmed before.

    Args:
        database: The journal, in a transaction.
        run: Number of the run, which Assets reported as DONE.
        import_source: Id of the import source.
        doubtful_types: Keys of the object types whose report has a failure or a gap; None for all.
    """
    if doubtful_types is None:
        rows = database.execute("SELECT DISTINCT object_type FROM planned_objects WHERE run=?", (run,))
        doubtful_types = [object_type for (object_type,) in rows]
    # In a doubtful type, a content is valid only if it is the one that was confirmed before.
    database.executemany(
        "UPDATE planned_objects SET content=NULL WHERE run=? AND object_type=? AND content IS NOT (SELECT content FROM"
        " confirmed_objects AS confirmed WHERE confirmed.import_source=?"
        " AND confirmed.object_type=planned_objects.object_type AND confirmed.identity=planned_objects.identity)",
        ((run, object_type, import_source) for object_type in doubtful_types),
    )
    (types,) = database.execute("SELECT count(*) FROM planned_types WHERE run=?", (run,)).fetchone()
    if types:
        for table in ("confirmed_objects", "confirmed_types"):
            database.execute(f"DELETE FROM {table} WHERE import_source=?", (import_source,))  # noqa: S608 - constants
        for table in ("missing_objects", "unlisted_objects"):
            database.execute(f"DELETE FROM {table} WHERE import_source=? AND run<?", (import_source, run))  # noqa: S608 - constants
        database.execute(
            "INSERT INTO confirmed_types SELECT ?, object_type, run FROM planned_types WHERE run=?",
            (import_source, run),
        )
    database.execute(
        "INSERT OR REPLACE INTO confirmed_objects SELECT ?, object_type, identity, identifier, content"
        " FROM planned_objects WHERE run=?",
        (import_source, run),
    )
    _delete_planned(database, run)


def note_missing(
    database: sqlite3.Connection,
    run: int,
    import_source: str,
    missing: Iterable[JournalObject],
    accepted: float | None,
) -> None:
    """Record what a run does not contain; `accepted` is the time at which the user accepted it, or None."""
    database.executemany(
        "INSERT INTO missing_objects VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET accepted=coalesce(excluded.accepted, accepted)",
        (
            (import_source, absent.object_type, absent.identity, absent.identifier, run, accepted)
            for absent in missing
        ),
    )


def accept_unlisted(
    database: sqlite3.Connection, run: int, import_source: str, numbers: Iterable[UnlistedObjects]
) -> None:
    """Record the numbers of objects that the user accepts to be missing from a run, and that no one can name."""
    database.executemany(
        "INSERT OR REPLACE INTO unlisted_objects VALUES (?, ?, ?, ?, ?)",
        ((import_source, unlisted.object_type, run, unlisted.number, unlisted.total) for unlisted in numbers),
    )


def accepted_unlisted(database: sqlite3.Connection, import_source: str) -> Iterator[UnlistedObjects]:
    """Yield the numbers that were accepted last."""
    rows = database.execute(
        "SELECT object_type, number, total FROM unlisted_objects AS unlisted WHERE import_source=? AND run="
        " (SELECT max(run) FROM unlisted_objects AS other WHERE other.import_source=unlisted.import_source"
        " AND other.object_type=unlisted.object_type)",
        (import_source,),
    )
    for object_type, number, total in rows:
        if (type(object_type), type(number), type(total)) != (str, int, int):
            raise TypeError("a number of objects has a value of another type")
        yield UnlistedObjects(object_type, number, total)


def delete_ended(database: sqlite3.Connection) -> None:
    """Delete what runs without a confirmed end recorded, except acceptances, which remain valid."""
    ended = "(SELECT number FROM runs WHERE state NOT IN ('open', 'completing'))"
    for table in ("planned_objects", "planned_types"):
        database.execute(f"DELETE FROM {table} WHERE run IN {ended}")  # noqa: S608 - constants
    database.execute(
        "DELETE FROM missing_objects WHERE accepted IS NULL AND run IN"
        " (SELECT number FROM runs WHERE state IN ('cancelled', 'abandoned'))"
    )


def confirmed_types(database: sqlite3.Connection, import_source: str) -> frozenset[str]:
    """Return the keys of the object types of the last confirmed run that contained all records."""
    rows = database.execute("SELECT object_type FROM confirmed_types WHERE import_source=?", (import_source,))
    return frozenset(str(object_type) for (object_type,) in rows)


def confirmed_objects(database: sqlite3.Connection, import_source: str) -> Iterator[JournalObject]:
    """Yield the objects of the last confirmed run, and those that partial runs confirmed since.

    They are ordered by object type and identity.
    """
    rows = database.execute(
        "SELECT object_type, identity, identifier, content FROM confirmed_objects WHERE import_source=?"
        " ORDER BY object_type, identity",
        (import_source,),
    )
    return map(_object_of, rows)


def confirmed_contents(
    database: sqlite3.Connection, import_source: str
) -> Iterator[tuple[str, list[bytes], list[bytes | None]]]:
    """Yield the identities and contents of confirmed objects in portions, ordered by object type and identity.

    Each portion has the key of the object type, the identities, and the contents, which are None if they are unknown.
    """
    cursor = database.execute(
        "SELECT object_type, identity, content FROM confirmed_objects WHERE import_source=? ORDER BY object_type, identity",
        (import_source,),
    )
    while rows := cursor.fetchmany(_PORTION):
        for object_type, group in itertools.groupby(rows, key=operator.itemgetter(0)):
            _, identities, contents = zip(*group, strict=True)
            if set(map(type, identities)) != {bytes} or not set(map(type, contents)) <= {bytes, NoneType}:
                raise TypeError("an object has a value of another type")
            yield object_type, list(identities), list(contents)


def forget_contents(
    database: sqlite3.Connection, import_source: str, objects: Iterable[JournalObject]
) -> None:
    """Forget which values Assets contains of some objects, because it was found not to contain them."""
    database.executemany(
        "UPDATE confirmed_objects SET content=NULL WHERE import_source=? AND object_type=? AND identity=?",
        ((import_source, known.object_type, known.identity) for known in objects),
    )


def missing_objects(database: sqlite3.Connection, import_source: str) -> Iterator[JournalObject]:
    """Yield what was missing from the last confirmed run, and what the user accepted since."""
    rows = database.execute(
        "SELECT DISTINCT object_type, identity, identifier FROM missing_objects JOIN runs ON runs.number=run"
        " WHERE missing_objects.import_source=? AND (accepted IS NOT NULL OR runs.state='done')",
        (import_source,),
    )
    return map(_object_of, rows)


def _object_of(row: tuple[object, ...]) -> JournalObject:
    object_type, identity, identifier, content = (*row, None)[:4]
    # Validators of the class would check the objects of every run as well, which takes four times as long.
    if (
        type(object_type) is str
        and type(identity) is bytes
        and type(identifier) is str
        and (content is None or type(content) is bytes)
    ):
        return JournalObject(object_type, identity, identifier, content)
    raise TypeError("an object has a value of another type")


def _delete_planned(database: sqlite3.Connection, run: int) -> None:
    for table in ("planned_objects", "planned_types"):
        database.execute(f"DELETE FROM {table} WHERE run=?", (run,))  # noqa: S608 - constants
