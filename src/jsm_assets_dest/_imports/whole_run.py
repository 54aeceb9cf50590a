"""Memory of a whole run, with a limit: identifiers that occurred before, and references without a target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from attrs import field, frozen

from .._display.values import plain_data

if TYPE_CHECKING:
    from .._model.schema_model import SchemaModel

#: Identifiers remembered by default: about 70 bytes each. An Assets site starts at 50,000 objects.
REMEMBERED = 1_000_000

#: Maximum number of examples of a dangling reference.
EXAMPLES = 10


def at_path(record: object, path: Sequence[str]) -> list[object]:
    """Return the values at a locator's path, walking through lists on the way."""
    if isinstance(record, (list, tuple)):
        return [value for item in cast("list[object]", record) for value in at_path(item, path)]
    if not path:
        return [] if record is None else [record]
    if isinstance(record, Mapping) and path[0] in record:
        return at_path(cast("Mapping[str, object]", record)[path[0]], path[1:])
    return []


class Identifiers:
    """Identifiers that occurred before, as 64-bit hashes.

    In one of about ten million runs of a million records, two different identifiers have the same hash. If the memory is
    full, new identifiers are accepted without a check, and `complete` is False.
    """

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._hashes: set[int] = set()
        self.complete = True

    def is_new(self, selector: str, identity: object) -> bool:
        """Return True if this is the first record with the identity, and remember it."""
        identity_hash = hash((selector, identity))
        if identity_hash in self._hashes:
            return False
        if len(self._hashes) < self._limit:
            self._hashes.add(identity_hash)
        else:
            self.complete = False
        return True


@frozen
class DanglingReference:
    """Values of a reference attribute for which the run has no record.

    Assets leaves such a reference empty, unless an earlier import created the object.

    Attributes:
        selector: Selector of the referring records.
        locator: Locator of the reference.
        target: Selector of the missing records.
        count: Number of different values without a record.
        examples: Some of them: the position of a record with the value, and the value.
        complete: False if the memory was full. Then the count is a lower bound, or only a hint if records of the target could
            not be remembered.
    """

    selector: str
    locator: str
    target: str
    count: int
    examples: tuple[tuple[int, str], ...] = field(default=(), repr=False)
    complete: bool = True

    def to_dict(self) -> dict[str, object]:
        """Return the reference as JSON-ready data."""
        examples = [{"index": index, "value": value} for index, value in self.examples]
        return {**plain_data(self), "examples": examples}

    def __str__(self) -> str:
        least = "" if self.complete else "at least "
        values = "value" if self.count == 1 else "values"
        return f"{self.selector}.{self.locator}: {least}{self.count:,} {values} without a record in {self.target}"


@frozen
class _Link:
    selector: str
    locator: str
    target: str
    by: str


class References:
    """References of a run: every reference attribute whose values are looked up by one locator of the target.

    A reference with its own query is ignored, because only Assets can run it. Values are compared as in AQL, without regard
    to case.
    """

    def __init__(self, model: SchemaModel, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._links: list[_Link] = []
        for spec in model.object_types:
            for attribute in spec.mapped_attributes:
                reference = attribute.reference
                if reference is None or reference.aql or not model.has_object_type(reference.target):
                    continue
                target = model.object_type(reference.target)
                by = target.find_attribute(reference.by) if reference.by else None
                candidates = (by,) if by is not None else target.identifiers
                if target.mapped and len(candidates) == 1 and len(candidates[0].locators) == 1:
                    self._links += [
                        _Link(spec.selector, locator, target.selector, candidates[0].locators[0])
                        for locator in attribute.locators
                    ]
        self._known: dict[tuple[str, str], set[int]] = {(link.target, link.by): set() for link in self._links}
        self._wanted: dict[_Link, dict[int, tuple[int, str]]] = {link: {} for link in self._links}
        self._full: set[object] = set()

    def note(self, selector: str, records: Iterable[tuple[int, Mapping[str, object]]]) -> None:
        """Record the targets and references of checked records, each with its index."""
        offers = [(key, known, key[1].split(".")) for key, known in self._known.items() if key[0] == selector]
        needs = [(link, link.locator.split(".")) for link in self._links if link.selector == selector]
        if not offers and not needs:
            return
        for index, record in records:
            for key, known, path in offers:
                for value in at_path(record, path):
                    if len(known) < self._limit:
                        known.add(hash(str(value).casefold()))
                    else:
                        self._full.add(key)
            for link, path in needs:
                known, wanted = self._known[link.target, link.by], self._wanted[link]
                for value in at_path(record, path):
                    text = str(value)
                    text_hash = hash(text.casefold())
                    if text_hash in known or text_hash in wanted or not text:
                        continue
                    if len(wanted) < self._limit:
                        # Store only some strings. The hash is enough to remove the others when their target occurs.
                        wanted[text_hash] = (index, text if len(wanted) < 100 * EXAMPLES else "")
                    else:
                        self._full.add(link)

    def dangling(self) -> tuple[DanglingReference, ...]:
        """Return the references without a target among the records so far."""
        references: list[DanglingReference] = []
        for link, wanted in self._wanted.items():
            known = self._known[link.target, link.by]
            missing = [example for hashed, example in wanted.items() if hashed not in known]
            if missing:
                references.append(
                    DanglingReference(
                        link.selector,
                        link.locator,
                        link.target,
                        len(missing),
                        tuple(example for example in missing if example[1])[:EXAMPLES],
                        link not in self._full and (link.target, link.by) not in self._full,
                    )
                )
        return tuple(references)
