"""Comparison of values: hashes of what objects contain and of what arrives of records, and references to objects of the run."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

from .._assets.objects import AssetsObject
from .arriving_values import UNKNOWN_FORM, ArrivingValues, object_hash, values_hash
from .identities import MappedType
from .temporary_database import TemporaryDatabase, storable


def differing(mapped: MappedType, before: bytes, after: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the attributes that the import changes, and of those whose value should be gone, but stays.

    Args:
        mapped: The object type.
        before: Hashes of the object's values.
        after: Hashes of the record's values.
    """
    changed: list[str] = []
    emptied: list[str] = []
    form = f"<{len(mapped.attributes)}q"
    hashes = zip(struct.unpack(form, before), struct.unpack(form, after), strict=True)
    for attribute, (old, new) in zip(mapped.attributes, hashes, strict=True):
        if new not in (old, UNKNOWN_FORM):
            (changed if new or mapped.empties else emptied).append(attribute.name)
    return tuple(changed), tuple(emptied)


class ComparedValues:
    """Values of the objects that exist and of the records of a run, as hashes.

    Args:
        types: The object types that the import is mapped to.
        stored: The database of the comparison.
    """

    def __init__(self, types: Sequence[MappedType], stored: TemporaryDatabase) -> None:
        self._types = types
        self._stored = stored
        self._indexes = {mapped.key: index for index, mapped in enumerate(types)}
        #: What arrives of the records' values, by index of the object type.
        self.arriving: list[ArrivingValues] = [ArrivingValues(mapped) for mapped in types]
        self._folded_types: set[int] = set()

    def of_object(self, mapped: MappedType, asset: AssetsObject) -> bytes:
        """Return the hashes of an object's values, in the order of its attributes."""
        hashes = [object_hash(attribute, asset.values.get(attribute.name)) for attribute in mapped.attributes]
        return struct.pack(f"<{len(hashes)}q", *hashes)

    def of_record(self, record: Mapping[str, object], referrer: tuple[int, str], *, is_first: bool) -> bytes:
        """Return the hashes of the values that arrive of a record, in the order of the attributes of its type.

        Args:
            record: The record.
            referrer: Index of the type, and identity of the record.
            is_first: True if no earlier record of the same call has this identity.
        """
        index, _ = referrer
        mapped, arriving = self._types[index], self.arriving[index]
        hashes: list[int] = []
        for position, attribute in enumerate(mapped.attributes):
            texts = arriving.of(position, record) if attribute.name else ()
            if texts and not arriving.are_comparable[position]:
                hashes.append(UNKNOWN_FORM)
                continue
            if attribute.target and texts:
                texts = self._keys(attribute.target, texts, (*referrer, position), is_first=is_first)
            hashes.append(values_hash(texts, attribute.type))
        return struct.pack(f"<{len(hashes)}q", *hashes)

    def _keys(
        self, target: str, texts: Iterable[str], referrer: tuple[int, str, int], *, is_first: bool
    ) -> list[str]:
        """Return the keys of the existing objects that a reference points to, and remember the other values of a first record."""
        index = self._indexes[target]
        mapped = self._types[index]
        keys: list[str] = []
        for text in texts:
            identity = storable(mapped.identity(mapped.reference_text(text)))
            with self._stored.lock:
                rows = self._stored.connection.execute(
                    "SELECT key FROM existing WHERE type=? AND identity=?", (index, identity)
                ).fetchall() or self._keys_in_any_case(index, identity)
                if not rows and is_first and not self._is_sent(*referrer[:2]):
                    self._stored.connection.execute(
                        "INSERT OR IGNORE INTO unresolved VALUES (?, ?, ?, ?, ?)",
                        (*referrer, index, identity),
                    )
            keys += [key for (key,) in rows]
        return keys

    def _is_sent(self, index: int, identity: str) -> bool:
        query = "SELECT 1 FROM sent WHERE type=? AND identity=?"
        return self._stored.connection.execute(query, (index, identity)).fetchone() is not None

    def _keys_in_any_case(self, index: int, identity: str) -> list[tuple[str]]:
        """Return the keys of objects whose identity differs in letter case only: the "=" of a query ignores case."""
        if index not in self._folded_types:
            self._folded_types.add(index)
            self._stored.connection.execute(
                "INSERT OR IGNORE INTO folded SELECT type, folded(identity), key FROM existing WHERE type=?",
                (index,),
            )
        return self._stored.connection.execute(
            "SELECT key FROM folded WHERE type=? AND form=?", (index, identity.casefold())
        ).fetchall()

    def resolve_references(self) -> dict[str, int]:
        """Resolve references to objects that the run creates, after all records were added.

        Returns:
            The number of dangling references by key of the referring object type: no object and no record has their value.
            Assets drops them.
        """
        with self._stored.lock:
            self._stored.connection.execute(
                "CREATE TEMP TABLE forms_of_sent (type, form, PRIMARY KEY (type, form)) WITHOUT ROWID"
            )
            self._stored.connection.execute(
                "INSERT OR IGNORE INTO forms_of_sent SELECT type, folded(identity) FROM sent"
                " WHERE type IN (SELECT DISTINCT target FROM unresolved)"
            )
        to_created = (
            "FROM unresolved WHERE EXISTS (SELECT 1 FROM forms_of_sent WHERE forms_of_sent.type=unresolved.target"
            " AND form=folded(unresolved.target_identity))"
        )
        rows = self._stored.rows(f"SELECT DISTINCT type, identity, attribute {to_created}", ())
        for index, identity, attribute in rows:
            with self._stored.lock:
                (content,) = self._stored.connection.execute(
                    "SELECT content FROM sent WHERE type=? AND identity=?", (index, identity)
                ).fetchone() or (None,)
                if content is None:
                    continue
                hashes = list(struct.unpack(f"<{len(content) // 8}q", content))
                # Any other value is right: the object does not refer to one that does not exist yet.
                hashes[attribute] ^= 1
                self._stored.connection.execute(
                    "UPDATE sent SET content=? WHERE type=? AND identity=?",
                    (struct.pack(f"<{len(hashes)}q", *hashes), index, identity),
                )
        with self._stored.lock:
            self._stored.connection.execute(f"DELETE {to_created}")
            counts = self._stored.connection.execute(
                "SELECT type, count(*) FROM unresolved GROUP BY type"
            ).fetchall()
        return {self._types[index].key: count for index, count in counts}

    def ignored_values(self, key: str) -> dict[str, dict[str, int]]:
        """Return the number of records by value that the import ignores, by attribute of an object type."""
        return self.arriving[self._indexes[key]].ignored()
