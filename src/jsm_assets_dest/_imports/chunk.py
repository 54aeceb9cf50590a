"""Chunk of an import, and the records that it is made of."""

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
    """Chunk that is ready to be sent.

    Attributes:
        index: Number within the run, from 0.
        part: Letters of the half, such as "ba" for the first half of the second half, if it was too large; usually empty.
        id: The `clientGeneratedId`.
        body: Bytes to send.
        counts: Number of records by selector.
        indexes: Position of each record among those of its selector.
        originals: The caller's own records, for errors about them.
        digest: SHA-256 of the data, in hexadecimal; empty without a journal.
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
        """Number and part: "12" or "12ab"."""
        return f"{self.index}{self.part}"

    @property
    def count(self) -> int:
        """Number of records."""
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
        """Number of records."""
        return sum(len(run.records) for run in self.runs)

    def clashes(self, selector: str) -> bool:
        """Return True if a selector can't be in the same chunk: a key of `data` contains either a list or more keys."""
        if selector in self.selectors:
            return False
        return any(
            selector.startswith(f"{other}.") or other.startswith(f"{selector}.") for other in self.selectors
        )

    def halves(self) -> tuple[Piece, Piece]:
        """Divide the records into two pieces, in order."""
        first, second, remaining = Piece(), Piece(), self.count // 2
        for run in self.runs:
            first.add(run.part(slice(remaining)))
            second.add(run.part(slice(remaining, None)))
            remaining = max(0, remaining - len(run.records))
        return first, second

    def by_selector(self) -> dict[str, Run]:
        """Return the runs by selector, with those of the same selector joined."""
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
            value = data
            for name in selector.split("."):
                value = cast("dict[str, object]", value)[name]
            records = cast("list[object]", value)
            piece.add(Run(selector, records, chunk.indexes[selector], [*chunk.originals[selector]]))
        return piece


def _joined(*parts: Sequence[int]) -> Sequence[int]:
    first, last = parts[0], parts[-1]
    if (
        isinstance(first, range)
        and isinstance(last, range)
        and last.stop - first.start == sum(map(len, parts))
    ):
        # Positions only rise, so a range of that length contains exactly these positions.
        return range(first.start, last.stop)
    return tuple(itertools.chain.from_iterable(parts))


def _whole(runs: Sequence[Run]) -> Run:
    return Run(
        runs[0].selector,
        list(itertools.chain.from_iterable(run.records for run in runs)),
        _joined(*(run.indexes for run in runs)),
        list(itertools.chain.from_iterable(run.originals for run in runs)),
    )


def data_of(runs: Mapping[str, Run]) -> dict[str, object]:
    """Return the `data` of a chunk. A selector is a dotted path: "computers.disks" is inside "computers"."""
    data: dict[str, object] = {}
    for selector, run in runs.items():
        *parents, last = selector.split(".")
        target = data
        for name in parents:
            target = cast("dict[str, object]", target.setdefault(name, dict[str, object]()))
        target[last] = run.records
    return data
