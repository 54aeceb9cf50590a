"""Records of a run, compared with objects that are read back from Assets.

It contains identities and hashes of values, never records, in a temporary database. So memory does not grow with the number of
records. A sample is the exception: a few hundred records.

Records are noted while they are sent, before their objects exist. A reference is noted as the identity of its target. An object
contains the ids of its targets. They are compared at the end, in `settle`, when all objects are known.
"""

from __future__ import annotations

import itertools
import operator
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from attrs import define, field

from .._assets.objects import AssetsObject, ObjectReference, ObjectValue
from .arriving_values import UNKNOWN_FORM, ArrivingValues, object_hash, values_hash
from .identities import MappedType, display
from .temporary_database import TemporaryDatabase, storable

#: Ids of targets whose identity is remembered in memory.
_REMEMBERED = 20_000

_TABLES = """
CREATE TABLE sent (
    type INTEGER NOT NULL, identity TEXT NOT NULL, text TEXT NOT NULL, hashes BLOB NOT NULL, links BLOB NOT NULL,
    key TEXT NOT NULL DEFAULT '', label TEXT NOT NULL DEFAULT '', seen_links BLOB, PRIMARY KEY (type, identity)) WITHOUT ROWID;
CREATE TABLE targets (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL);
CREATE TABLE differences (
    type INTEGER NOT NULL, identity TEXT NOT NULL, attribute INTEGER NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (type, identity, attribute)) WITHOUT ROWID;
CREATE TABLE extra (
    type INTEGER NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, is_duplicate INTEGER NOT NULL,
    PRIMARY KEY (type, key)) WITHOUT ROWID
"""

#: Kinds of differences: another value, a value that should be gone, a reference without a target.
LOST, EMPTIED, DANGLING = "lost", "emptied", "dangling"


class Counts(NamedTuple):
    """Counts of one object type: different records, and those without an object, and those whose object differs."""

    compared: int
    absent: int
    differing: int


@define
class _Sample:
    """Random sample of records of an object type: each record has the same chance, whatever their number."""

    size: int
    chance: Random
    records: list[Mapping[str, object]] = field(factory=list[Mapping[str, object]])
    count: int = 0

    def note(self, records: Iterable[Mapping[str, object]]) -> None:
        for record in records:
            self.count += 1
            if len(self.records) < self.size:
                self.records.append(record)
            elif (position := self.chance.randrange(self.count)) < self.size:
                self.records[position] = record


class ReadBack:
    """Records of a run, and what was read of their objects.

    Only the thread that reads the source uses it.

    Args:
        types: The object types that the import is mapped to.
        sample: Number of records to compare per object type. None compares all.
    """

    def __init__(self, types: Sequence[MappedType], sample: int | None = None) -> None:
        self.types = tuple(types)
        self.sample = sample
        self._indexes = {mapped.key: index for index, mapped in enumerate(self.types)}
        self._samples: dict[str, _Sample] = {}
        #: What arrives of the records' values, by index of the object type.
        self.arriving = [ArrivingValues(mapped) for mapped in self.types]
        self._hash_of_id: dict[int, int] = {}
        #: Keys of the objects that a sample refers to, by id.
        self._target_keys: dict[int, str] = {}
        #: Texts of the targets that the records of a sample have, by hash, by key of the target's object type.
        self._wanted: dict[str, dict[int, str]] = {}
        self._stored = TemporaryDatabase(_TABLES)
        self._database = self._stored.connection

    # --- records

    def note(self, selector: str, records: Sequence[Mapping[str, object]]) -> None:
        """Add checked records of a selector. Records without an identity are ignored, as Assets does."""
        if self.sample is None:
            self._insert(selector, records)
            return
        sample = self._samples.get(selector)
        if sample is None:
            # The same records give the same sample in each run.
            sample = self._samples[selector] = _Sample(self.sample, Random(0))
        sample.note(records)

    def end_of_records(self) -> None:
        """Add the records of the sample."""
        for selector, sample in self._samples.items():
            self._insert(selector, sample.records)
        self._samples.clear()

    def _insert(self, selector: str, records: Sequence[Mapping[str, object]]) -> None:
        for index, mapped in enumerate(self.types):
            if mapped.selector != selector or not mapped.is_identifiable:
                continue
            self._database.executemany(
                # Which of two records with one identifier Assets uses is not documented; it counts the other ones.
                "INSERT OR IGNORE INTO sent (type, identity, text, hashes, links) VALUES (?, ?, ?, ?, ?)",
                (
                    (
                        index,
                        storable(mapped.identity(text)),
                        storable(text),
                        *self._of_record(index, mapped, record),
                    )
                    for text, record in zip(mapped.of_records(records), records, strict=True)
                    if text
                ),
            )

    def _of_record(self, index: int, mapped: MappedType, record: Mapping[str, object]) -> tuple[bytes, bytes]:
        """Return the hashes of a record's plain values, and the hashes of its targets by attribute."""
        hashes, links = array("q"), array("q")
        arriving = self.arriving[index]
        for number, attribute in enumerate(mapped.attributes):
            texts = arriving.of(number, record) if attribute.name else ()
            if not arriving.are_comparable[number]:
                hashes.append(UNKNOWN_FORM if texts else 0)
                continue
            if attribute.target:
                target = self._indexes[attribute.target]
                hashed = {self._target_hash(target, text): text for text in texts}
                targets = sorted(hashed)
                if self.sample is not None:
                    self._wanted.setdefault(attribute.target, {}).update(hashed)
                links.extend((number, len(targets), *targets))
                hashes.append(0)
            else:
                hashes.append(values_hash(texts, attribute.type))
        return hashes.tobytes(), links.tobytes()

    def _target_hash(self, index: int, text: str) -> int:
        # The "=" of a query ignores case.
        return hash((index, storable(self.types[index].reference_text(text)).casefold()))

    # --- objects

    def begin_reading(self, keys: Iterable[str]) -> None:
        """Forget what was read of the objects of some object types, because all of them are read again."""
        for key in keys:
            index = self._indexes[key]
            self._database.execute("UPDATE sent SET key='', label='', seen_links=NULL WHERE type=?", (index,))
            self._database.execute("DELETE FROM differences WHERE type=?", (index,))
            self._database.execute("DELETE FROM extra WHERE type=?", (index,))

    def compare(self, key: str, objects: Iterable[AssetsObject]) -> None:
        """Compare objects of one object type with their records."""
        index = self._indexes[key]
        mapped = self.types[index]
        for asset in objects:
            text = storable(mapped.of_object(asset))
            identity = storable(mapped.identity(text))
            if text:
                self._add_target(int(asset.id), self._target_hash(index, text))
            row = self._database.execute(
                "SELECT hashes, key FROM sent WHERE type=? AND identity=?", (index, identity)
            ).fetchone()
            if row is None or row[1] not in ("", asset.key):
                name = _name(text, asset.key, asset.label)
                self._database.execute(
                    "INSERT OR REPLACE INTO extra VALUES (?, ?, ?, ?)",
                    (index, asset.key, name, row is not None),
                )
            else:
                self._compare_values(index, mapped, identity, asset, array("q", row[0]))

    def _add_target(self, object_id: int, target_hash: int) -> None:
        self._database.execute("INSERT OR REPLACE INTO targets VALUES (?, ?)", (object_id, target_hash))
        if len(self._hash_of_id) < _REMEMBERED:
            self._hash_of_id[object_id] = target_hash

    def _compare_values(
        self, index: int, mapped: MappedType, identity: str, asset: AssetsObject, hashes: array[int]
    ) -> None:
        links = array("q")
        self._database.execute("DELETE FROM differences WHERE type=? AND identity=?", (index, identity))
        for number, attribute in enumerate(mapped.attributes):
            value = asset.values.get(attribute.name)
            if not self.arriving[index].are_comparable[number]:
                if object_hash(attribute, value) and not hashes[number]:
                    self._differ(index, identity, number, EMPTIED)
                continue
            if attribute.target:
                references = _references(value)
                ids = [int(reference.id) for reference in references]
                links.extend((number, len(ids), *ids))
                if self.sample is not None:
                    self._target_keys.update(zip(ids, (item.key for item in references), strict=True))
                continue
            stored_hash = object_hash(attribute, value)
            if stored_hash != hashes[number]:
                self._differ(index, identity, number, LOST if hashes[number] else EMPTIED)
        self._database.execute(
            "UPDATE sent SET key=?, label=?, seen_links=? WHERE type=? AND identity=?",
            (asset.key, storable(asset.label), links.tobytes(), index, identity),
        )

    def _differ(self, index: int, identity: str, attribute: int, kind: str) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO differences VALUES (?, ?, ?, ?)", (index, identity, attribute, kind)
        )

    def unknown_targets(self) -> dict[str, set[str]]:
        """Return the keys of objects that a sample refers to and that were not read, by key of their object type."""
        keys: dict[str, set[str]] = {}
        for index, links in self._stored.rows(
            "SELECT type, seen_links FROM sent WHERE seen_links IS NOT NULL"
        ):
            for number, targets in _links(links):
                unknown = {self._target_keys[target] for target in targets if self._hash_of(target) is None}
                if unknown:
                    keys.setdefault(self.types[index].attributes[number].target, set()).update(unknown)
        return keys

    def unread_targets(self) -> dict[str, list[str]]:
        """Return the identities of targets of a sample's records that were not read, by key of their object type."""
        return {
            key: [
                storable(self.types[self._indexes[key]].reference_text(text))
                for target_hash, text in texts.items()
                if not self._is_target(target_hash)
            ]
            for key, texts in self._wanted.items()
        }

    def _hash_of(self, object_id: int) -> int | None:
        target_hash = self._hash_of_id.get(object_id)
        if target_hash is None:
            row = self._database.execute("SELECT hash FROM targets WHERE id=?", (object_id,)).fetchone()
            target_hash = None if row is None else int(row[0])
        return target_hash

    def settle(self) -> None:
        """Compare references, after the objects that they may refer to were read."""
        rows = self._stored.rows(
            "SELECT type, identity, links, seen_links FROM sent WHERE seen_links IS NOT NULL AND length(links)>0"
        )
        for index, identity, links, seen_links in rows:
            for (number, wanted), (_, ids) in zip(_links(links), _links(seen_links), strict=True):
                seen = {self._hash_of(object_id) for object_id in ids}
                self._database.execute(
                    "DELETE FROM differences WHERE type=? AND identity=? AND attribute=?",
                    (index, identity, number),
                )
                if seen != wanted:
                    difference = self._link_difference(wanted, seen, empties=self.types[index].empties)
                    self._differ(index, identity, number, difference)

    def _link_difference(self, wanted: set[int], seen: set[int | None], *, empties: bool) -> str:
        if not wanted:
            return EMPTIED
        # Assets drops a reference if it does not find the target. If it drops all of them, the earlier ones may stay.
        arriving = set(filter(self._is_target, wanted))
        stays = not arriving and not empties
        is_dropped = arriving < wanted and (seen == arriving or stays)
        return DANGLING if is_dropped else LOST

    def _is_target(self, target_hash: int) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM targets WHERE hash=?)"
        (exists,) = self._database.execute(query, (target_hash,)).fetchone()
        return bool(exists)

    # --- results

    def counts(self, key: str) -> Counts:
        """Return the counts of one object type."""
        index = self._indexes[key]
        return Counts(
            compared=self._stored.number("FROM sent WHERE type=?", index),
            absent=self._stored.number("FROM sent WHERE type=? AND key=''", index),
            differing=sum(1 for _ in self._differing(index)),
        )

    def _differing(
        self, index: int, *kinds: str, is_filled: bool = True
    ) -> Iterator[tuple[str, str, str, list[int]]]:
        """Yield the text, key, and label of each object with differences of some kinds, or of all, and the attributes.

        With `is_filled`, the values that should be gone are those of attributes that at least one record fills; otherwise those of
        other attributes.
        """
        filled = self.arriving[index].filled
        rows = self._stored.rows(
            "SELECT text, key, label, attribute, kind FROM differences JOIN sent USING (type, identity) WHERE type=?"
            " ORDER BY identity, attribute",
            (index,),
        )
        chosen = (
            row
            for row in rows
            if (row[4] != EMPTIED or (row[3] in filled) is is_filled) and (not kinds or row[4] in kinds)
        )
        for (text, key, label), of_object in itertools.groupby(chosen, operator.itemgetter(0, 1, 2)):
            yield text, key, label, [row[3] for row in of_object]

    def differences(self, key: str, kind: str, *, is_filled: bool = True) -> Iterator[str]:
        """Yield the name and the differing attributes of each object with a kind of difference; `is_filled` as in `_differing`."""
        index = self._indexes[key]
        attributes = self.types[index].attributes
        for text, object_key, label, numbers in self._differing(index, kind, is_filled=is_filled):
            names = ", ".join(attributes[number].name for number in numbers)
            yield f"{_name(text, object_key, label)}: {names}"

    def difference_counts(self, key: str, kind: str) -> tuple[int, int]:
        """Return the number of objects and of values that differ in a kind of difference."""
        object_count = value_count = 0
        for *_, numbers in self._differing(self._indexes[key], kind):
            object_count += 1
            value_count += len(numbers)
        return object_count, value_count

    def absent(self, key: str) -> Iterator[str]:
        """Yield the identities of the records without an object, as texts."""
        for (text,) in self._stored.rows(
            "SELECT text FROM sent WHERE type=? AND key='' ORDER BY identity", (self._indexes[key],)
        ):
            yield text

    def lost(self, key: str) -> Iterator[str]:
        """Yield the identities of the records without an object, and of those whose object lacks a value, as texts."""
        yield from self.absent(key)
        yield from (text for text, *_ in self._differing(self._indexes[key], LOST, DANGLING))

    def unsettled(self, key: str) -> Iterator[str]:
        """Yield the identities of the records without an object, and of those whose object differs, as texts."""
        # What an import ignores does not change later.
        if not self.types[self._indexes[key]].empties:
            yield from self.lost(key)
            return
        yield from self.absent(key)
        yield from (text for text, *_ in self._differing(self._indexes[key]))

    def unmatched(self, key: str, *, duplicates: bool) -> tuple[int, list[str]]:
        """Return the number and some names of objects that have the identifier of another object, or no record."""
        index = self._indexes[key]
        rows = self._database.execute(
            "SELECT name FROM extra WHERE type=? AND is_duplicate=? ORDER BY key LIMIT 10",
            (index, duplicates),
        ).fetchall()
        (number,) = self._database.execute(
            "SELECT count(*) FROM extra WHERE type=? AND is_duplicate=?", (index, duplicates)
        ).fetchone()
        return int(number), [name for (name,) in rows]


def _references(value: ObjectValue | None) -> list[ObjectReference]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, ObjectReference) and item.id.isdecimal()]


def _links(blob: bytes) -> Iterator[tuple[int, set[int]]]:
    links, position = array("q", blob), 0
    while position < len(links):
        number, count = links[position], links[position + 1]
        yield number, set(links[position + 2 : position + 2 + count])
        position += 2 + count


def _name(text: str, key: str, label: str) -> str:
    names = [display(text), key] if text else [label, key]
    return f"{names[0]} ({names[1]})" if all(names) else "".join(names)
