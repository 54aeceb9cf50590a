"""Comparison of the objects that exist with the records of a run.

It contains identities and hashes of values, never records. They are in a temporary database, so memory does not grow with the
number of objects. `identities` explains what an identity is. `compared_values` compares values. The module is long, because one
class owns the tables of identities.
"""

from __future__ import annotations

# ruff: noqa: S608 - queries are put together from constants; all values are parameters
import itertools
import operator
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from attrs import frozen

from .._assets.objects import AssetsObject
from .._wire.json_reading import as_number, as_object, as_texts
from .arriving_values import ComparedValues, differing
from .identities import MappedType, RecordDigests, display, loose
from .temporary_database import TemporaryDatabase, storable

#: Source of the existing objects of a type: the objects in Assets, the last confirmed run of a journal, or nothing.
EvidenceSource: TypeAlias = Literal["assets", "journal", ""]

#: Marker of an object that no record can be about: it has no identifier, or the one of another object.
_UNMATCHED = "\x00"

_TABLES = """
CREATE TABLE existing (
    type INTEGER NOT NULL, identity TEXT NOT NULL, text TEXT NOT NULL, key TEXT NOT NULL, label TEXT NOT NULL, content BLOB,
    PRIMARY KEY (type, identity)) WITHOUT ROWID;
CREATE TABLE unlisted (
    type INTEGER NOT NULL, identity TEXT NOT NULL, PRIMARY KEY (type, identity)) WITHOUT ROWID;
CREATE TABLE sent (
    type INTEGER NOT NULL, identity TEXT NOT NULL, text TEXT NOT NULL, content BLOB, digest BLOB,
    PRIMARY KEY (type, identity)) WITHOUT ROWID;
CREATE TABLE skipped (
    type INTEGER NOT NULL, identity TEXT NOT NULL, PRIMARY KEY (type, identity)) WITHOUT ROWID;
CREATE TABLE unresolved (
    type INTEGER NOT NULL, identity TEXT NOT NULL, attribute INTEGER NOT NULL, target INTEGER NOT NULL,
    target_identity TEXT NOT NULL, PRIMARY KEY (type, identity, attribute, target, target_identity)) WITHOUT ROWID;
CREATE TABLE remembered (
    type INTEGER NOT NULL, identity TEXT NOT NULL, accepted INTEGER NOT NULL, PRIMARY KEY (type, identity)) WITHOUT ROWID;
CREATE TABLE folded (
    type INTEGER NOT NULL, form TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (type, form, key)) WITHOUT ROWID
"""
#: Objects without a record.
_WITHOUT_RECORD = (
    "WHERE existing.type=? AND NOT EXISTS"
    " (SELECT 1 FROM sent WHERE sent.type=existing.type AND sent.identity=existing.identity)"
)
_MISSING = f"FROM existing {_WITHOUT_RECORD}"
_NOT_REMEMBERED = (
    " AND NOT EXISTS (SELECT 1 FROM remembered WHERE remembered.type=existing.type"
    " AND remembered.identity=existing.identity)"
)
_IS_ACCEPTED = (
    " AND EXISTS (SELECT 1 FROM remembered WHERE remembered.type=existing.type"
    " AND remembered.identity=existing.identity AND accepted)"
)
_IS_SKIPPED = " AND EXISTS (SELECT 1 FROM skipped WHERE skipped.type=existing.type AND skipped.identity=existing.identity)"


#: Record of a run: index of its object type, identity, text of the identity, hashes and digest of its values.
SentRow: TypeAlias = tuple[int, str, str, "bytes | None", "bytes | None"]


@frozen
class ExistingObject:
    """Object that exists.

    Attributes:
        text: Text of its identity.
        key: Key such as OKT-12; empty if it is known from a journal only.
        label: Label; empty if it is known from a journal only.
        is_accepted: True if the user accepts that it is missing.
    """

    text: str
    key: str = ""
    label: str = ""
    is_accepted: bool = False

    @property
    def identifier(self) -> str:
        """Identifier, for people; empty if the object has none of its own."""
        return "" if self.text.startswith(_UNMATCHED) else display(self.text)


class ChangedValues(NamedTuple):
    """Object whose values differ from those of its record.

    Attributes:
        existing: The object.
        changed: Names of the attributes that the import changes. Empty if the object is known from a journal only.
        emptied: Names of the attributes whose value should be gone, because no value of the record arrives, but stays, because the
            import ignores empty values.
    """

    existing: ExistingObject
    changed: tuple[str, ...]
    emptied: tuple[str, ...] = ()


@frozen(kw_only=True)
class TypeCounts:
    """Counts of one object type.

    Attributes:
        existing: Objects that exist.
        sent: Different objects among the records.
        skipped: Skipped records, also those whose identifier could not be read.
        duplicates: Records whose identity occurred before.
        missing: Objects that exist and have no record.
        newly_missing: Those of them that were not already missing in the last confirmed or accepted run.
        skipped_missing: Newly missing objects whose record was skipped.
        unreadable: Skipped records whose identifier could not be read.
        unidentified: Records without an identity, which Assets drops.
        changed_form: Newly missing objects whose identifier occurs among the records in another form.
        unlisted: Objects that a count contains, and neither the list of objects nor the new records of the run. No one can name
            them. At least the objects of a journal that are not listed and have no record. Without those that the user accepts.
        accepted_unlisted: Unlisted objects that the user accepts to be missing.
        accepted_known: Missing objects that the user accepts, and that only the journal knows, although the objects in Assets were
            listed. Once the journal forgets them, they are unlisted.
        known_unlisted: Newly missing objects that only the journal knows, although the objects in Assets were listed.
        total: Objects that exist, with those of the largest count.
    """

    existing: int
    sent: int
    skipped: int
    duplicates: int
    missing: int
    newly_missing: int
    skipped_missing: int
    unreadable: int
    unidentified: int
    changed_form: int
    unlisted: int
    accepted_unlisted: int
    accepted_known: int
    known_unlisted: int
    total: int

    @property
    def at_risk(self) -> int:
        """Newly missing objects, with those that no one can name."""
        return self.newly_missing + self.unlisted


class Comparison:
    """Objects that exist, and records of one run.

    Methods can be called from several threads.

    Args:
        types: The object types that the import is mapped to.
        import_source_id: Id of the import; empty if it is not needed.
        compares_values: True to store hashes of values, so that changed objects can be found.
        stores_digests: True to store digests of records for a journal.
    """

    def __init__(
        self,
        types: Sequence[MappedType],
        *,
        import_source_id: str = "",
        compares_values: bool = False,
        stores_digests: bool = False,
    ) -> None:
        self.import_source_id: str = import_source_id
        self.types: tuple[MappedType, ...] = tuple(types)
        self.stores_digests: bool = stores_digests
        self.evidence: dict[str, EvidenceSource] = {}
        self._compares_values = compares_values
        self._stored = TemporaryDatabase(_TABLES, loose=loose, folded=str.casefold)
        self._lock = self._stored.lock
        self.values: ComparedValues = ComparedValues(self.types, self._stored)
        self._indexes = {mapped.key: index for index, mapped in enumerate(self.types)}
        self._by_selector: dict[str, list[int]] = {}
        for index, mapped in enumerate(self.types):
            self._by_selector.setdefault(mapped.selector, []).append(index)
        self._digests = [RecordDigests(mapped) for mapped in self.types] if stores_digests else []
        self._duplicates = [0] * len(self.types)
        self._counted = [0] * len(self.types)
        self._accepted_unlisted: list[list[tuple[int, int]]] = [[] for _ in self.types]
        self._unreadable = [0] * len(self.types)
        self._unidentified = [0] * len(self.types)

    @property
    def _database(self) -> sqlite3.Connection:
        return self._stored.connection

    # --- existing objects

    def add_objects(self, key: str, objects: Iterable[AssetsObject], *, by_label: bool = False) -> None:
        """Add objects of Assets of one object type, or of its child types without a mapping.

        Args:
            key: Key of the object type.
            objects: The objects.
            by_label: True if they were read without values, and their label is their identifier.
        """
        index = self._indexes[key]
        mapped = self.types[index]
        rows = [
            (
                index,
                mapped.identity(text) or f"{_UNMATCHED}{asset.id}",
                text or f"{_UNMATCHED}{asset.id}",
                asset.key,
                storable(asset.label),
                self.values.of_object(mapped, asset) if self._compares_values else None,
                f"{_UNMATCHED}{asset.id}",
            )
            for asset in objects
            for text in (storable(asset.label if by_label else mapped.of_object(asset)),)
        ]
        with self._lock:
            # Of two objects with one identifier, only one can be the object of a record.
            self._database.executemany(
                "INSERT INTO existing WITH added(type, identity, text, key, label, content, other) AS"
                " (VALUES (?, ?, ?, ?, ?, ?, ?)), marked AS (SELECT *, EXISTS (SELECT 1 FROM existing WHERE"
                " existing.type=added.type AND existing.identity=added.identity) AS taken FROM added)"
                " SELECT type, iif(taken, other, identity), iif(taken, other, text), key, label, content FROM marked",
                rows,
            )

    def forget_objects(self, key: str) -> None:
        """Delete the existing objects of one object type, because they could not be read completely."""
        with self._lock:
            self._database.execute("DELETE FROM existing WHERE type=?", (self._indexes[key],))

    def add_known(self, key: str, objects: Iterable[tuple[str, bytes | None]]) -> None:
        """Add objects of one object type that are known by the texts of their identities and the digests of their values."""
        index, mapped = self._indexes[key], self.types[self._indexes[key]]
        with self._lock:
            self._database.executemany(
                "INSERT OR IGNORE INTO existing VALUES (?, ?, ?, '', '', ?)",
                ((index, _identity(mapped, text), text, content) for text, content in objects),
            )

    def check_known(self, key: str, objects: Iterable[tuple[str, bytes | None]]) -> None:
        """Compare the list of existing objects of one object type with those that are known, as for `add_known`.

        If values are compared, those that the list lacks are only counted, because they may be deleted. Otherwise they are added.
        """
        if not self._compares_values:
            self.add_known(key, objects)
            return
        index, mapped = self._indexes[key], self.types[self._indexes[key]]
        with self._lock:
            self._database.executemany(
                "INSERT OR IGNORE INTO unlisted SELECT known.type, known.identity FROM (SELECT ? AS type, ? AS identity) AS known"
                " WHERE NOT EXISTS (SELECT 1 FROM existing WHERE existing.type=known.type AND existing.identity=known.identity)",
                ((index, _identity(mapped, text)) for text, _ in objects),
            )
            unlisted = self._stored.number("FROM unlisted WHERE type=?", index)
            self.note_count(key, self._stored.number("FROM existing WHERE type=?", index) + unlisted)

    def note_count(self, key: str, number: int) -> None:
        """Note how many objects of one object type exist at least, whether or not they were listed."""
        index = self._indexes[key]
        self._counted[index] = max(self._counted[index], number)

    def accept_unlisted(self, key: str, number: int, total: int = 0) -> None:
        """Accept that a number of objects, which no one can name, is missing.

        Args:
            key: Key of the object type.
            number: The number of objects.
            total: Number of objects that exist if none of them was deleted. If fewer exist, that many fewer are accepted, because
                the missing ones are then other objects.
        """
        self._accepted_unlisted[self._indexes[key]].append((number, total))

    def remember_missing(self, key: str, texts: Iterable[str], *, is_accepted: bool = False) -> None:
        """Add objects that were already missing from the last confirmed run, or that the user accepts to be missing."""
        index, mapped = self._indexes[key], self.types[self._indexes[key]]
        with self._lock:
            self._database.executemany(
                "INSERT INTO remembered VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET accepted=max(accepted, excluded.accepted)",
                ((index, _identity(mapped, text), is_accepted) for text in texts),
            )

    # --- records

    def rows(self, selector: str, records: Sequence[Mapping[str, object]]) -> list[list[SentRow]]:
        """Return what `add` needs of checked records: for each record, a row for each object type with the selector.

        A record without an identity or a label has no row, because Assets drops it. Without a label, it counts as skipped.
        """
        rows: list[list[SentRow]] = [[] for _ in records]
        compared: set[tuple[int, str]] = set()
        for index in self._by_selector.get(selector, ()):
            mapped = self.types[index]
            texts, are_labeled = mapped.of_records(records), mapped.are_labeled(records)
            for text, is_labeled, record, row in zip(texts, are_labeled, records, rows, strict=True):
                if text and not is_labeled:
                    self._drop(index, text)
                elif text:
                    content = None
                    if self._compares_values:
                        referrer = (index, storable(mapped.identity(text)))
                        content = self.values.of_record(record, referrer, is_first=referrer not in compared)
                        compared.add(referrer)
                    digest = self._digests[index].digest(record) if self.stores_digests else None
                    row.append((index, mapped.identity(text), text, content, digest))
            with self._lock:
                self._unidentified[index] += len(texts) - sum(map(bool, texts))
        return rows

    def add(self, rows: Sequence[SentRow]) -> None:
        """Add records that are part of the run. Of two records with one identity, the first one counts."""
        statement = "INSERT OR IGNORE INTO sent VALUES (?, ?, ?, ?, ?)"
        with self._lock:
            try:
                self._add(statement, rows)
            except UnicodeEncodeError:
                self._add(
                    statement, [(row[0], storable(row[1]), storable(row[2]), row[3], row[4]) for row in rows]
                )

    def _add(self, statement: str, rows: Sequence[SentRow]) -> None:
        # Usually all rows of a call belong to one object type.
        for index, group in itertools.groupby(rows, key=operator.itemgetter(0)):
            of_type = list(group)
            before = self._database.total_changes
            self._database.executemany(statement, of_type)
            duplicates = len(of_type) - (self._database.total_changes - before)
            self._duplicates[index] += duplicates
            if duplicates and self.stores_digests:
                # Which of two records with one identity Assets uses is not documented.
                self._database.executemany(
                    "UPDATE sent SET digest=NULL WHERE type=? AND identity=? AND digest IS NOT ?",
                    ((row[0], row[1], row[4]) for row in of_type),
                )

    def skip(self, selector: str, record: Mapping[str, object] | None) -> None:
        """Add a record that is not sent.

        Args:
            selector: Its selector. If no object type has it, the record could be about any object.
            record: Its values, or None if they can't be read.
        """
        for index in self._by_selector.get(selector, range(len(self.types))):
            mapped = self.types[index]
            text = "" if record is None or mapped.selector != selector else mapped.of_unchecked(record)
            if text.strip():
                self._drop(index, text)
            else:
                with self._lock:
                    self._unreadable[index] += 1

    def _drop(self, index: int, text: str) -> None:
        row = (index, storable(self.types[index].identity(text)))
        with self._lock:
            self._database.execute("INSERT OR IGNORE INTO skipped VALUES (?, ?)", row)

    # --- records of other processes

    def to_dict(self) -> dict[str, object]:
        """Return the identities of the records of this process as JSON-ready data, without what exists."""
        if not self._stored.is_open and not any((*self._unreadable, *self._unidentified)):
            return {}
        with self._lock:
            return {
                mapped.key: {
                    "sent": [
                        text
                        for (text,) in self._database.execute("SELECT text FROM sent WHERE type=?", (index,))
                    ],
                    "skipped": [
                        identity
                        for (identity,) in self._database.execute(
                            "SELECT identity FROM skipped WHERE type=?", (index,)
                        )
                    ],
                    "unreadable": self._unreadable[index],
                    "unidentified": self._unidentified[index],
                }
                for index, mapped in enumerate(self.types)
            }

    def add_dict(self, data: Mapping[str, object]) -> None:
        """Add the result of `to_dict` of another process."""
        for key, value in data.items():
            index = self._indexes.get(key)
            if index is None:
                continue  # its mapping was removed meanwhile, so Assets ignores these records
            part = as_object(value)
            sent, skipped = (map(storable, as_texts(part.get(name))) for name in ("sent", "skipped"))
            mapped = self.types[index]
            with self._lock:
                self._database.executemany(
                    "INSERT OR IGNORE INTO sent VALUES (?, ?, ?, NULL, NULL)",
                    ((index, mapped.identity(text), text) for text in sent),
                )
                self._database.executemany(
                    "INSERT OR IGNORE INTO skipped VALUES (?, ?)", ((index, identity) for identity in skipped)
                )
                self._unreadable[index] += max(0, as_number(part.get("unreadable"), 0))
                self._unidentified[index] += max(0, as_number(part.get("unidentified"), 0))

    def shares_records(self, key: str) -> bool:
        """Return True if other object types take their values from the same records. Then a record may have no identity."""
        return len(self._by_selector[self.types[self._indexes[key]].selector]) > 1

    # --- results

    def counts(self, key: str) -> TypeCounts:
        """Compare the records of one object type with what exists."""
        index = self._indexes[key]
        newly = f"{_MISSING}{_NOT_REMEMBERED}"
        unreadable = self._unreadable[index]
        with self._lock:
            newly_missing, missing = self._stored.number(newly, index), self._stored.number(_MISSING, index)
            existing = self._stored.number("FROM existing WHERE type=?", index)
            sent = self._stored.number("FROM sent WHERE type=?", index)
            # Any record without a listed object may be that of an unlisted one, unless a journal names that object.
            unlisted = max(
                self._counted[index] - existing - (sent - existing + missing),
                self._stored.number(f"FROM unlisted AS existing {_WITHOUT_RECORD}{_NOT_REMEMBERED}", index),
            )
            total = max(existing, self._counted[index])
            accepted = min(unlisted, self._number_accepted(index, total))
            is_listed = self.evidence.get(key) == "assets"
            return TypeCounts(
                existing=existing,
                sent=sent,
                skipped=self._stored.number("FROM skipped WHERE type=?", index) + unreadable,
                duplicates=self._duplicates[index],
                missing=missing,
                newly_missing=newly_missing,
                skipped_missing=self._stored.number(f"{newly}{_IS_SKIPPED}", index),
                unreadable=unreadable,
                unidentified=self._unidentified[index],
                changed_form=self._changed_form(index) if newly_missing else 0,
                unlisted=max(0, unlisted - accepted),
                accepted_unlisted=max(0, accepted),
                accepted_known=self._stored.number(f"{_MISSING} AND existing.key=''{_IS_ACCEPTED}", index)
                if is_listed
                else 0,
                known_unlisted=self._stored.number(f"{newly} AND existing.key=''", index) if is_listed else 0,
                total=total,
            )

    def _number_accepted(self, index: int, total: int) -> int:
        numbers = (
            number - max(0, accepted_total - total)
            for number, accepted_total in self._accepted_unlisted[index]
        )
        return max(numbers, default=0)

    def _changed_form(self, index: int) -> int:
        """Count the newly missing objects for which a new record has the same identifier in another form."""
        self._database.execute("CREATE TEMP TABLE IF NOT EXISTS forms (form TEXT PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("DELETE FROM forms")
        self._database.execute(
            "INSERT OR IGNORE INTO forms SELECT loose(text) FROM sent WHERE type=? AND NOT EXISTS"
            " (SELECT 1 FROM existing WHERE existing.type=sent.type AND existing.identity=sent.identity)",
            (index,),
        )
        return self._stored.number(
            f"{_MISSING}{_NOT_REMEMBERED} AND EXISTS (SELECT 1 FROM forms WHERE form=loose(existing.text))",
            index,
        )

    def missing(self, key: str, *, newly: bool = False) -> Iterator[ExistingObject]:
        """Yield the objects without a record; with `newly`, only those that were not missing before."""
        query = (
            "SELECT text, key, label, EXISTS (SELECT 1 FROM remembered WHERE remembered.type=existing.type"
            " AND remembered.identity=existing.identity AND accepted)"
            f" {_MISSING}{_NOT_REMEMBERED if newly else ''} ORDER BY identity"
        )
        return map(_existing, self._stored.rows(query, (self._indexes[key],)))

    def created(self, key: str) -> Iterator[str]:
        """Yield the identifiers of records without an object."""
        query = (
            "SELECT text FROM sent WHERE type=? AND NOT EXISTS (SELECT 1 FROM existing"
            " WHERE existing.type=sent.type AND existing.identity=sent.identity) ORDER BY identity"
        )
        return (display(text) for (text,) in self._stored.rows(query, (self._indexes[key],)))

    def changed(self, key: str) -> Iterator[ChangedValues]:
        """Yield the objects whose values differ from those of their records.

        An object that is known from a journal has no names, and counts as changed if it is unknown which values it has.
        """
        index = self._indexes[key]
        mapped = self.types[index]
        from_journal = self.evidence.get(key) == "journal"
        query = (
            "SELECT existing.text, key, label, existing.content, sent.content FROM existing JOIN sent USING (type, identity)"
            f" WHERE existing.type=? AND existing.content IS NOT sent.{'digest' if from_journal else 'content'}"
            " ORDER BY existing.identity"
        )
        for text, object_key, label, before, after in self._stored.rows(query, (index,)):
            existing = ExistingObject(text, object_key, label)
            if from_journal:
                yield ChangedValues(existing, ())
                continue
            changed, emptied = differing(mapped, before, after)
            if changed or emptied:
                yield ChangedValues(existing, changed, emptied)

    def records(self) -> Iterator[tuple[str, str, bytes | None]]:
        """Yield the key of the object type, the identity, and the digest of each record, for a journal."""
        for index, mapped in enumerate(self.types):
            for text, content in self._stored.rows("SELECT text, digest FROM sent WHERE type=?", (index,)):
                yield mapped.key, text, content


def _existing(row: tuple[Any, ...]) -> ExistingObject:
    text, key, label, is_accepted = row
    return ExistingObject(text, key, label, bool(is_accepted))


def _identity(mapped: MappedType, text: str) -> str:
    return text if text.startswith(_UNMATCHED) else mapped.identity(text)
