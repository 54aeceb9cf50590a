"""Records that differ from what Assets last confirmed, for `send="changed"`."""

from __future__ import annotations

import functools
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

from attrs import define, field

from .identities import MappedAttribute, MappedType, RecordDigests, digest
from .journal_objects import JournalObject

#: Bytes of a digest, and of the part of an identity by which it is found.
_DIGEST, _PREFIX = 16, 8
#: Targets of references that are remembered in memory.
_TARGETS = 20_000


@define
class _Contents:
    """Contents of one object type, in the order of the identities: 25 bytes per object."""

    identities: array[int] = field(factory=lambda: array("Q"))
    contents: bytearray = field(factory=bytearray)
    seen: bytearray = field(factory=bytearray)

    def add(self, identities: Sequence[bytes], contents: Sequence[bytes | None]) -> None:
        numbers = array("Q", b"".join([identity[:_PREFIX].ljust(_PREFIX, b"\0") for identity in identities]))
        if sys.byteorder == "little":  # pragma: no branch - big-endian machines are rare
            numbers.byteswap()
        self.identities += numbers
        self.contents += b"".join([(content or b"")[:_DIGEST].ljust(_DIGEST, b"\0") for content in contents])
        self.seen += bytes(len(numbers))

    def positions(self, texts: Iterable[str]) -> Iterator[int | None]:
        """Yield the position of the object with each identity; None if it is not known, or if the text is empty."""
        identities, size, number_of = self.identities, len(self.identities), int.from_bytes
        for text in texts:
            number = number_of(digest(text)[:_PREFIX])
            position = bisect_left(identities, number)
            yield position if position < size and identities[position] == number and text else None


class ChangedRecords:
    """Comparison of records with what the journal knows.

    A record whose reference has a target that the journal does not know is sent even if it is unchanged: Assets has dropped the
    reference if the target did not exist, and resolves it only when the record is sent again.

    Args:
        types: The object types that the import is mapped to.
        confirmed: Identities and contents of the objects that Assets confirmed: portions of one object type, in the order of
            the identities. A content is None if it is unknown.

    Attributes:
        unchanged_count: Number of records that are not sent, because they equal what Assets confirmed.
    """

    def __init__(
        self,
        types: Sequence[MappedType],
        confirmed: Iterable[tuple[str, Sequence[bytes], Sequence[bytes | None]]],
    ) -> None:
        self.unchanged_count = 0
        self._types: dict[str, list[tuple[MappedType, RecordDigests]]] = {}
        for mapped in types:
            self._types.setdefault(mapped.selector, []).append((mapped, RecordDigests(mapped)))
        self._contents: dict[str, _Contents] = {}
        for key, identities, contents in confirmed:
            self._contents.setdefault(key, _Contents()).add(identities, contents)
        self._is_known_target = functools.lru_cache(_TARGETS)(self._is_known)

    @property
    def is_empty(self) -> bool:
        """True if the journal knows no object."""
        return not self._contents

    def select(self, selector: str, records: Sequence[Mapping[str, object]]) -> list[bool]:
        """Return for each checked record of a selector whether it must be sent: it is new, or its values changed."""
        types = self._types.get(selector)
        if types is None:
            return [True] * len(records)
        selected = [False] * len(records)
        for mapped, digests in types:
            contents = self._contents.get(mapped.key)
            if contents is None:
                selected = [True] * len(records)
                continue
            references = [attribute for attribute in mapped.attributes if attribute.target]
            seen, known, digest_of = contents.seen, contents.contents, digests.digest
            positions = contents.positions(mapped.of_records(records))
            for number, position, record in zip(count(), positions, records, strict=False):
                if position is None:
                    selected[number] = True
                    continue
                seen[position] = 1
                start = position * _DIGEST
                is_changed = known[start : start + _DIGEST] != digest_of(record)
                if is_changed or (references and not self._has_known_targets(references, record)):
                    selected[number] = True
        return selected

    def _has_known_targets(self, references: Sequence[MappedAttribute], record: Mapping[str, object]) -> bool:
        return all(
            self._is_known_target(attribute.target, text)
            for attribute in references
            for text in attribute.record_texts(record)
            if text
        )

    def _is_known(self, key: str, text: str) -> bool:
        contents = self._contents.get(key)
        return contents is not None and next(contents.positions([text])) is not None

    def note_skipped(self, selector: str, record: Mapping[str, object] | None) -> None:
        """Note a record that is not sent because it is invalid. Its object has not left the source."""
        for mapped, _ in self._types.get(selector, []):
            contents = self._contents.get(mapped.key)
            text = "" if record is None else mapped.of_unchecked(record)
            position = None if contents is None else next(contents.positions([text]))
            if contents is not None and position is not None:
                contents.seen[position] = 1

    def leavers(
        self, confirmed: Iterable[JournalObject], selectors: Iterable[str]
    ) -> Iterator[tuple[str, str]]:
        """Yield the name of the object type and the identity of confirmed objects without a record.

        Args:
            confirmed: The confirmed objects in the order of before.
            selectors: Selectors of which all records were read.
        """
        names = {
            mapped.key: mapped.name
            for selector in selectors
            for mapped, _ in self._types.get(selector, [])
            if mapped.key in self._contents and 0 in self._contents[mapped.key].seen
        }
        if not names:
            return
        positions = dict.fromkeys(self._contents, 0)
        for confirmed_object in confirmed:
            key = confirmed_object.object_type
            position = positions[key]
            positions[key] = position + 1
            if key in names and not self._contents[key].seen[position]:
                yield names[key], confirmed_object.identifier
