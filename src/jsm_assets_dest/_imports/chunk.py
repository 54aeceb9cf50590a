"""One chunk of an import, and the records on their way into it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import cast

from attrs import field, frozen

from .encoding import has_lone_surrogate, has_surrogates


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
        digest: SHA-256 of the data, in hexadecimal; empty when nobody asked for digests.
        size: Number of bytes.
    """

    index: int
    part: str = ""
    id: str
    body: bytes = field(repr=_size)
    counts: Mapping[str, int]
    indexes: Mapping[str, Sequence[int]] = field(repr=False)
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
    """Consecutive records of one selector, with their positions among those of the selector, and written as JSON where they
    are that already.
    """

    selector: str
    records: list[object]
    indexes: Sequence[int]
    texts: list[str] | None = None


@frozen
class Piece:
    """Records on their way into a chunk, in the order in which they came.

    Attributes:
        runs: Neighbours have different selectors.
        selectors: Those that occur.
    """

    runs: list[Run] = field(factory=list)
    selectors: set[str] = field(factory=set)

    def add(
        self, selector: str, records: list[object], indexes: Sequence[int], texts: list[str] | None = None
    ) -> None:
        """Put records at the end; the lists are kept and may be extended later."""
        if not records:
            return
        if self.runs and self.runs[-1].selector == selector:
            last = self.runs.pop()
            last.records.extend(records)
            if last.texts is None or texts is None:
                texts = None
            else:
                last.texts.extend(texts)
                texts = last.texts
            self.runs.append(Run(selector, last.records, _joined(last.indexes, indexes), texts))
        else:
            self.runs.append(Run(selector, records, indexes, texts))
            self.selectors.add(selector)

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
            first.add(run.selector, run.records[:left], run.indexes[:left])
            second.add(run.selector, run.records[left:], run.indexes[left:])
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
        """The records of a chunk, read back from its bytes: nobody else has kept them."""
        data: object = json.loads(chunk.body)["data"]
        piece = cls()
        for selector in chunk.counts:
            found = data
            for name in selector.split("."):
                found = cast("dict[str, object]", found)[name]
            piece.add(selector, cast("list[object]", found), chunk.indexes[selector])
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
    records = list(itertools.chain.from_iterable(run.records for run in runs))
    written = [run.texts for run in runs if run.texts is not None]
    texts = list(itertools.chain.from_iterable(written)) if len(written) == len(runs) else None
    return Run(runs[0].selector, records, _joined(*(run.indexes for run in runs)), texts)


def written_data(runs: Mapping[str, Run]) -> bytes | None:
    """The `data` of a chunk put together from texts, as the standard encoder gives it; None where the encoder has to do it."""
    pieces: list[bytes] = []
    for selector, run in runs.items():
        if run.texts is None or "." in selector:
            return None
        text = ",".join(run.texts).encode("ascii")
        if has_surrogates(text) and any(
            has_lone_surrogate(record)
            for record, one in zip(run.records, run.texts, strict=True)
            if "\\ud" in one
        ):
            return None
        pieces += [b"," if pieces else b"{", json.dumps(selector).encode("ascii"), b":[", text, b"]"]
    return b"".join([*pieces, b"}"])


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
