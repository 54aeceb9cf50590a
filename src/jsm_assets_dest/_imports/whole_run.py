"""What is remembered of a whole run, in bounded memory: identifiers that came before, and references without a target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from attrs import field, frozen

if TYPE_CHECKING:
    from .._model.schema_model import SchemaModel

#: Identifiers remembered by default: about 70 bytes each. An Assets site starts at 50,000 objects.
REMEMBERED = 1_000_000

#: Examples kept of each dangling reference.
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
    """Which identifiers came before, as 64-bit hashes.

    Two different identifiers have the same hash once in some ten million runs of a million records. When the memory is
    full, new identifiers are let pass, and `complete` says so.
    """

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._hashes: set[int] = set()
        self.complete = True

    def is_new(self, selector: str, identity: object) -> bool:
        """Whether this is the first record with the identity; remembers it."""
        found = hash((selector, identity))
        if found in self._hashes:
            return False
        if len(self._hashes) < self._limit:
            self._hashes.add(found)
        else:
            self.complete = False
        return True


@frozen
class DanglingReference:
    """Values of a reference attribute for which the run had no object.

    Assets leaves such a reference empty, unless an earlier import brought the object.

    Attributes:
        selector: Which records refer.
        locator: Where they do.
        target: The selector of the records that were missed.
        count: How many different values had no record.
        examples: Some of them: the position of a record that has the value, and the value.
        complete: False when there was more to remember than allowed; then the count is a lower bound, or, where records
            of the target could not be remembered, only a hint.
    """

    selector: str
    locator: str
    target: str
    count: int
    examples: tuple[tuple[int, str], ...] = field(default=(), repr=False)
    complete: bool = True

    def to_dict(self) -> dict[str, object]:
        """The whole value as JSON-ready data."""
        return {
            "selector": self.selector,
            "locator": self.locator,
            "target": self.target,
            "count": self.count,
            "examples": [{"index": index, "value": value} for index, value in self.examples],
            "complete": self.complete,
        }

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
    """Follows every reference attribute of a model whose values are looked up by one locator of the target.

    A reference with a query of its own is not followed: only Assets can run it. Values are compared as AQL does, without
    regard to case.
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
        self._known: dict[tuple[str, str], set[int]] = {(one.target, one.by): set() for one in self._links}
        self._wanted: dict[_Link, dict[int, tuple[int, str]]] = {one: {} for one in self._links}
        self._full: set[object] = set()

    def note(self, selector: str, records: Iterable[tuple[int, Mapping[str, object]]]) -> None:
        """Look at checked records, each with its index."""
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
                    found = hash(text.casefold())
                    if found in known or found in wanted or not text:
                        continue
                    if len(wanted) < self._limit:
                        # Only a few texts are kept; for the others the hash is enough to take them back later.
                        wanted[found] = (index, text if len(wanted) < 100 * EXAMPLES else "")
                    else:
                        self._full.add(link)

    def dangling(self) -> tuple[DanglingReference, ...]:
        """What had no target among the records seen so far."""
        found: list[DanglingReference] = []
        for link, wanted in self._wanted.items():
            known = self._known[link.target, link.by]
            missing = [example for hashed, example in wanted.items() if hashed not in known]
            if missing:
                found.append(
                    DanglingReference(
                        link.selector,
                        link.locator,
                        link.target,
                        len(missing),
                        tuple(example for example in missing if example[1])[:EXAMPLES],
                        link not in self._full and (link.target, link.by) not in self._full,
                    )
                )
        return tuple(found)
