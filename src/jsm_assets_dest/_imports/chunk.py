"""One chunk of an import, and the records on their way into it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import cast

from attrs import field, frozen


def _size(body: bytes) -> str:
    return f"<{len(body):,} bytes>"


@frozen(kw_only=True)
class Chunk:
    """One chunk, ready to be sent.

    Attributes:
        index: Its number in the run, from 0.
        part: Which half of the half of it, such as "ba", after the service found it too large; usually empty.
        id: What the service is told as `clientGeneratedId`.
        body: The bytes to send.
        counts: Records by selector.
        indexes: The position of each record among those of its selector.
        originals: The caller's own records, for errors about one of them.
        digest: SHA-256 of the data, in hexadecimal; empty when nobody asked for digests.
        size: Number of bytes.
    """

    index: int
    part: str = ""
    id: str
    body: bytes = field(repr=_size)
    counts: Mapping[str, int]
    indexes: Mapping[str, Sequence[int]] = field(repr=False)
    originals: Mapping[str, Sequence[object]] = field(factory=dict, repr=False, eq=False)
    digest: str = field(default="", repr=False)
    size: int = 0

    @property
    def name(self) -> str:
        """Its number and part: "12", or "12ab"."""
        return f"{self.index}{self.part}"

    @property
    def count(self) -> int:
        """How many records it has."""
        return sum(self.counts.values())


@frozen
class Run:
    """Consecutive records of one selector.

    Attributes:
        selector: The selector.
        records: What is sent.
        indexes: The positions among the records of the selector.
        originals: The caller's own records.
    """

    selector: str
    records: list[object]
    indexes: Sequence[int]
    originals: list[object]

    def part(self, positions: slice | Sequence[int]) -> Run:
        """Return the run of some of the records."""
        if isinstance(positions, slice):
            return Run(
                self.selector, self.records[positions], self.indexes[positions], self.originals[positions]
            )
        return Run(
            self.selector,
            [self.records[position] for position in positions],
            tuple(self.indexes[position] for position in positions),
            [self.originals[position] for position in positions],
        )


@frozen
class Piece:
    """Records on their way into a chunk, in the order in which they came.

    Attributes:
        runs: Neighbours have different selectors.
        selectors: Those that occur.
    """

    runs: list[Run] = field(factory=list)
    selectors: set[str] = field(factory=set)

    def add(self, run: Run) -> None:
        """Append a run; its lists may be extended later."""
        if not run.records:
            return
        if self.runs and self.runs[-1].selector == run.selector:
            last = self.runs.pop()
            last.records.extend(run.records)
            last.originals.extend(run.originals)
            run = Run(run.selector, last.records, _joined(last.indexes, run.indexes), last.originals)
        self.runs.append(run)
        self.selectors.add(run.selector)

    @property
    def count(self) -> int:
        """How many records there are."""
        return sum(len(run.records) for run in self.runs)

    def clashes(self, selector: str) -> bool:
        """Whether a selector cannot be in the same chunk: one key of `data` is either a list or leads further."""
        if selector in self.selectors:
            return False
        return any(
            selector.startswith(f"{other}.") or other.startswith(f"{selector}.") for other in self.selectors
        )

    def halves(self) -> tuple[Piece, Piece]:
        """Two pieces; what came first stays first."""
        first, second, left = Piece(), Piece(), self.count // 2
        for run in self.runs:
            first.add(run.part(slice(left)))
            second.add(run.part(slice(left, None)))
            left = max(0, left - len(run.records))
        return first, second

    def by_selector(self) -> dict[str, Run]:
        """The runs, those of the same selector joined."""
        grouped: dict[str, list[Run]] = {}
        for run in self.runs:
            grouped.setdefault(run.selector, []).append(run)
        return {selector: runs[0] if len(runs) == 1 else _whole(runs) for selector, runs in grouped.items()}

    @classmethod
    def of_chunk(cls, chunk: Chunk) -> Piece:
        """Return the records of a chunk. What is sent is read back from its bytes, which alone have it."""
        data: object = json.loads(chunk.body)["data"]
        piece = cls()
        for selector in chunk.counts:
            found = data
            for name in selector.split("."):
                found = cast("dict[str, object]", found)[name]
            records = cast("list[object]", found)
            piece.add(Run(selector, records, chunk.indexes[selector], [*chunk.originals[selector]]))
        return piece


def _joined(*parts: Sequence[int]) -> Sequence[int]:
    first, last = parts[0], parts[-1]
    if (
        isinstance(first, range)
        and isinstance(last, range)
        and last.stop - first.start == sum(map(len, parts))
    ):
        return range(
            first.start, last.stop
        )  # positions only rise, so as many as there is room for are all of them
    return tuple(itertools.chain.from_iterable(parts))


def _whole(runs: Sequence[Run]) -> Run:
    return Run(
        runs[0].selector,
        list(itertools.chain.from_iterable(run.records for run in runs)),
        _joined(*(run.indexes for run in runs)),
        list(itertools.chain.from_iterable(run.originals for run in runs)),
    )


def data_of(runs: Mapping[str, Run]) -> dict[str, object]:
    """The `data` of a chunk. A selector is a dotted path, so "computers.disks" stands inside "computers"."""
    data: dict[str, object] = {}
    for selector, run in runs.items():
        *way, last = selector.split(".")
        place = data
        for name in way:
            place = cast("dict[str, object]", place.setdefault(name, dict[str, object]()))
        place[last] = run.records
    return data
