"""Values that arrive in Assets: what an import stores of a record under its settings, and what it ignores.

It is the only rule for previews, verifications, and their problems. An import can ignore values that are not an option of a select
attribute, and status names that Assets does not have. If no value of an attribute arrives, the settings decide whether the
earlier value stays. Values are compared as hashes, with references to objects of the run.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

from attrs import define, field

from .._assets.objects import AssetsObject, ObjectValue
from .._wire.address_book import SCHEMA_IMPORT
from .counts import count_text
from .identities import MappedAttribute, MappedType, stored
from .temporary_database import TemporaryDatabase, storable

#: Maximum number of ignored values of an attribute that are named.
MOST_NAMED = 10

#: Fix for ignored values.
KEEP_UNKNOWN = (
    f"To import these values, add them in Assets, or set unknown values to Add in {SCHEMA_IMPORT.page}."
)


def is_comparable(attribute: MappedAttribute, mapped: MappedType) -> bool:
    """Return True if what Assets must contain follows from a record."""
    if not attribute.name or not attribute.is_compared:
        return False
    # What joins several values of a single-valued attribute may be unknown.
    return len(attribute.paths) == 1 or attribute.is_multiple or bool(mapped.concatenator)


def not_compared_notes(types: Sequence[MappedType]) -> list[str]:
    """Return sentences about the attributes whose values can't be compared, and about unknown options."""
    names = [
        f"{mapped.name}.{attribute.name}"
        for mapped in types
        for attribute in mapped.attributes
        if attribute.name and not is_comparable(attribute, mapped)
    ]
    notes = (
        [f"Not compared, because only Assets can resolve their values: {', '.join(names)}."] if names else []
    )
    if any(mapped.has_unknown_choices for mapped in types):
        notes.append(
            "The options of select attributes and the statuses could not be read. If the import ignores unknown values, such values "
            "count as differences."
        )
    return notes


def values_hash(texts: Sequence[str], attribute_type: str) -> int:
    """Return a hash that is equal for equal values, in any order; 0 if there is none."""
    if not texts:
        return 0
    # It is not documented whether Assets keeps line ends and spaces at the ends, or rounds more than milliseconds.
    length = len("2026-01-31T16:30:00") if attribute_type == "date_time" else None
    values = sorted({text.replace("\r\n", "\n").strip()[:length] for text in texts})
    return (hash(tuple(values)) or 1) if any(values) else 0


#: Hash of a record's values of which only Assets knows the stored form. No other hash is equal to it.
UNKNOWN_FORM = -1


def object_hash(attribute: MappedAttribute, value: ObjectValue | None) -> int:
    """Return the hash of an attribute's values in an object; 0 if there is none."""
    return 0 if value is None else values_hash(attribute.object_texts(value), attribute.type)


@define
class ArrivingValues:
    """Rule for one object type, and what the import ignores of its records.

    Attributes:
        mapped: The object type.
        filled: Numbers of the attributes that at least one record fills. An attribute that the source never fills has no value
            that should be gone.
        are_comparable: For each attribute, `is_comparable`.
    """

    mapped: MappedType
    filled: set[int] = field(factory=set[int])
    are_comparable: tuple[bool, ...] = field(init=False)
    _ignored: dict[int, dict[str, int]] = field(factory=dict[int, dict[str, int]])

    def __attrs_post_init__(self) -> None:
        """Compute what is needed for each record."""
        self.are_comparable = tuple(
            is_comparable(attribute, self.mapped) for attribute in self.mapped.attributes
        )

    def of(self, number: int, record: Mapping[str, object]) -> Sequence[str]:
        """Return the values of an attribute that arrive, in the form in which Assets stores them, and note the other ones."""
        attribute = self.mapped.attributes[number]
        texts = [text for text in attribute.texts(record) if text]
        if not texts:
            return texts
        self.filled.add(number)
        if attribute.target:
            return texts
        if len(texts) > 1 and not attribute.is_multiple:
            texts = [self.mapped.concatenator.join(texts)]
        stored_texts = [stored(text, attribute.type) for text in texts]
        if attribute.choices is None:  # the usual case
            return stored_texts
        ignored = {
            text
            for text, stored_text in zip(texts, stored_texts, strict=True)
            if attribute.ignores_others and stored_text not in attribute.choices
        }
        if ignored:
            self._ignore(number, ignored)
        return [
            attribute.choices.get(stored_text, stored_text)
            for text, stored_text in zip(texts, stored_texts, strict=True)
            if text not in ignored
        ]

    def _ignore(self, number: int, texts: Iterable[str]) -> None:
        counts = self._ignored.setdefault(number, {})
        for text in texts:
            name = text if text in counts or len(counts) < MOST_NAMED else ""
            counts[name] = counts.get(name, 0) + 1

    def ignored(self, *attribute_types: str) -> dict[str, dict[str, int]]:
        """Return the number of records by ignored value, by name of the attribute, for attributes of some types or of all."""
        return {
            attribute.name: dict(counts)
            for number, counts in sorted(self._ignored.items())
            for attribute in (self.mapped.attributes[number],)
            if not attribute_types or attribute.type in attribute_types
        }


def ignored_notes(rules: Iterable[ArrivingValues], *attribute_types: str) -> list[str]:
    """Return a sentence for each attribute of some types, or of all, with values that the import ignores, and the fix."""
    notes = [
        f"The import ignores values of {rule.mapped.name}.{name} that Assets does not have: {_named(counts)}."
        for rule in rules
        for name, counts in rule.ignored(*attribute_types).items()
    ]
    return [*notes, KEEP_UNKNOWN] if notes else []


def _named(counts: Mapping[str, int]) -> str:
    values = (f'"{value}" ({count_text(count, "record")})' for value, count in counts.items() if value)
    return f"{', '.join(values)}{', …' if '' in counts else ''}"


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
