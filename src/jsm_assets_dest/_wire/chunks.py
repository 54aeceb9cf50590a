"""
Records into chunks: what one request of an import carries.

A chunk is `{"clientGeneratedId": …, "data": {selector: [record, …]}}` as bytes that never change again: every attempt
sends the same bytes with the same id. Chunks are limited by records and by bytes. Encoding each record on its own to
know its size costs 1.5 to 1.9 times as much as encoding the chunk at once (measured), so the number of records follows
from a running estimate of bytes per record, the chunk is encoded in one call, and is halved in the rare case that it
came out too big. Nobody publishes a limit of the service; when it answers 413, `split` halves the chunk and lowers the
limit for those that follow.

The order of a source is kept: within a selector inside a chunk, and from chunk to chunk.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from attrs import evolve, field, frozen

from ..exceptions import RecordError
from ..records import OnBadRecord, RecordChecker, record_error
from .encoding import STANDARD, Encoder, UnencodableError, compress

#: Records of a chunk, and bytes: "a few hundred objects and at most about 5 MB" is what clients live well with.
CHUNK_RECORDS = 500
CHUNK_BYTES = 4 * 1024 * 1024

#: Records that give the first estimate of their size.
SAMPLE = 8

#: How much of the limit the estimate may fill: records of one source differ in size.
HEADROOM = 0.9


def _size(body: bytes) -> str:
    return f"<{len(body):,} bytes>"


@frozen(kw_only=True)
class Chunk:
    """
    One chunk, ready to be sent.

    Attributes:
        index: Its number in the run, from 0.
        part: Which half of the half of it, such as "ba", after the service found it too large; usually empty.
        id: What the service is told as `clientGeneratedId`.
        body: The bytes to send.
        counts: Records by selector.
        indexes: The position of each record among those of its selector.
        digest: SHA-256 of the data, in hexadecimal; empty when nobody asked for digests.
        content_encoding: "gzip" or empty.
        size: The number of bytes before compression.
    """

    index: int
    part: str = ""
    id: str
    body: bytes = field(repr=_size)
    counts: Mapping[str, int]
    indexes: Mapping[str, Sequence[int]] = field(repr=False)
    digest: str = field(default="", repr=False)
    content_encoding: str = ""
    size: int = 0

    @property
    def name(self) -> str:
        """
        Its number and part: "12", or "12ab".
        """
        return f"{self.index}{self.part}"

    @property
    def count(self) -> int:
        """
        How many records it has.
        """
        return sum(self.counts.values())

    def plain(self) -> Chunk:
        """
        The same chunk without compression, for a service that answered 415.
        """
        if not self.content_encoding:
            return self
        return evolve(self, body=zlib.decompress(self.body, wbits=31), content_encoding="")

    def completing(self) -> Chunk:
        """
        The same chunk, saying also that it is the last one.

        A lone `encoding.COMPLETED` afterwards is the safer way: what completes an import can then be repeated alone.
        """
        body = self.plain().body[:-1] + b',"completed":true}'
        return evolve(self, body=compress(body) if self.content_encoding else body, size=len(body))


@frozen
class _Run:
    """
    Consecutive records of one selector, with their positions among those of the selector.
    """

    selector: str
    records: list[object]
    indexes: Sequence[int]


@frozen
class _Piece:
    """
    Records on their way into a chunk, in the order in which they came.
    """

    runs: list[_Run] = field(factory=list)
    selectors: set[str] = field(factory=set)

    def add(self, selector: str, records: list[object], indexes: Sequence[int]) -> None:
        if not records:
            return
        if self.runs and self.runs[-1].selector == selector:
            last = self.runs.pop()
            last.records.extend(records)
            self.runs.append(_Run(selector, last.records, _joined(last.indexes, indexes)))
        else:
            self.runs.append(_Run(selector, records, indexes))
            self.selectors.add(selector)

    @property
    def count(self) -> int:
        return sum(len(run.records) for run in self.runs)

    def clashes(self, selector: str) -> bool:
        """
        Whether a selector cannot be in the same chunk: one key of `data` is either a list or leads further.
        """
        if selector in self.selectors:
            return False
        return any(
            selector.startswith(f"{other}.") or other.startswith(f"{selector}.") for other in self.selectors
        )

    def halves(self) -> tuple[_Piece, _Piece]:
        """
        Two pieces; what came first stays first.
        """
        first, second, left = _Piece(), _Piece(), self.count // 2
        for run in self.runs:
            first.add(run.selector, run.records[:left], run.indexes[:left])
            second.add(run.selector, run.records[left:], run.indexes[left:])
            left = max(0, left - len(run.records))
        return first, second

    def by_selector(self) -> dict[str, _Run]:
        """
        The runs, those of the same selector joined.
        """
        grouped: dict[str, list[_Run]] = {}
        for run in self.runs:
            grouped.setdefault(run.selector, []).append(run)
        return {selector: runs[0] if len(runs) == 1 else _whole(runs) for selector, runs in grouped.items()}

    @classmethod
    def of_chunk(cls, chunk: Chunk) -> _Piece:
        """
        The records of a chunk, read back from its bytes: nobody else has kept them.
        """
        data: object = json.loads(chunk.plain().body)["data"]
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


def _whole(runs: Sequence[_Run]) -> _Run:
    records = list(itertools.chain.from_iterable(run.records for run in runs))
    return _Run(runs[0].selector, records, _joined(*(run.indexes for run in runs)))


def _data(runs: Mapping[str, _Run]) -> dict[str, object]:
    """
    The `data` of a chunk. A selector is a dotted path, so "computers.disks" stands inside "computers".
    """
    data: dict[str, object] = {}
    for selector, run in runs.items():
        *way, last = selector.split(".")
        place = data
        for name in way:
            place = cast("dict[str, object]", place.setdefault(name, dict[str, object]()))
        place[last] = run.records
    return data


def _stop(error: RecordError) -> None:
    raise error


class Chunker:
    """
    Takes records, gives chunks. Used by the one thread that reads the source.

    Args:
        run_id: Stands at the front of every chunk's id.
        limit_count: The most records of a chunk.
        limit_bytes: The most bytes of a chunk before compression. A record that is larger alone is a bad record.
        encoder: How to write JSON.
        checker: Checks the records first; None trusts the caller, who vouches for finite numbers and text keys.
        on_bad: Told of every record that cannot be sent; raises to stop, returns to leave it out.
        digests: Whether chunks carry a digest, which is then part of their id. A journal needs it; it costs half a
            microsecond per record.
        gzip: Whether bodies are compressed.
        boundaries: How many records the first chunks shall have: those of an interrupted run, so that the same records
            give the same chunks again whatever the limits and the pace of the source were.
    """

    def __init__(
        self,
        run_id: str,
        *,
        limit_count: int = CHUNK_RECORDS,
        limit_bytes: int = CHUNK_BYTES,
        encoder: Encoder = STANDARD,
        checker: RecordChecker | None = None,
        on_bad: OnBadRecord = _stop,
        digests: bool = False,
        gzip: bool = False,
        boundaries: Iterable[int] = (),
    ) -> None:
        if limit_count < 1 or limit_bytes < 1:
            raise ValueError("a chunk has at least one record and one byte")
        self.run_id = run_id
        self.gzip = gzip
        self._limit_count = limit_count
        self._limit_bytes = limit_bytes
        #: What the service has been seen to refuse stays below this; a single record may still be larger.
        self._learned_bytes = limit_bytes
        self._encode = encoder.encode
        self._checker = checker
        self._on_bad = on_bad
        self._digests = digests
        self._boundaries = deque(boundaries)
        self._average = 0.0
        self._piece = _Piece()
        self._count = 0
        self._next_index = 0
        self._taken: dict[str, int] = {}

    @property
    def room(self) -> int:
        """
        How many records to take from the source next: just enough to fill the chunk that is open.
        """
        return max(1, self._target() - self._count)

    @property
    def taken(self) -> dict[str, int]:
        """
        How many records of each selector have been given, good or bad.
        """
        return dict(self._taken)

    def feed(self, selector: str, records: Sequence[object]) -> list[Chunk]:
        """
        Take consecutive records of one selector; gives the chunks that got full, often none.

        Raises:
            RecordError: Whatever `on_bad` raises.
        """
        chunks = self.flush() if self._piece.clashes(selector) else []
        position = 0
        while position < len(records):
            room = self.room
            batch = records if not position and len(records) <= room else records[position : position + room]
            position += len(batch)
            self._take(selector, batch)
            if self._count >= self._target():
                chunks += self.flush()
        return chunks

    def feed_pairs(self, pairs: Sequence[object]) -> list[Chunk]:
        """
        Take `(selector, record)` pairs in their order.

        Raises:
            RecordError: Whatever `on_bad` raises; also for something that is no such pair.
        """
        chunks: list[Chunk] = []
        for selector, records in self._runs(pairs):
            chunks += self.feed(selector, records)
        return chunks

    def flush(self) -> list[Chunk]:
        """
        What has been taken so far as chunks: at the end of the source, or when a slow one has kept the rest waiting.
        """
        piece, self._piece, self._count = self._piece, _Piece(), 0
        if self._checker is not None:
            self._checker.begin_chunk()
        chunks: list[Chunk] = []
        if not piece.count:
            return chunks
        waiting = [piece]
        while waiting:
            piece = waiting.pop()
            chunk = self._written(piece, self._next_index)
            if chunk is None:
                continue
            if chunk.size > self._learned_bytes and chunk.count > 1:
                self._learn(chunk)
                first, second = piece.halves()
                waiting += [second, first]
            elif chunk.size > self._limit_bytes:
                self._on_bad(self.too_large(chunk))
            else:
                self._learn(chunk)
                chunks.append(chunk)
                self._next_index += 1
        if self._boundaries and len(chunks) == 1 and chunks[0].count == self._boundaries[0]:
            self._boundaries.popleft()
        else:
            self._boundaries.clear()  # cut differently this time: the rest would not fit either
        return chunks

    def split(self, chunk: Chunk) -> tuple[Chunk, ...]:
        """
        The two halves of a chunk that the service found too large (413); nothing for a chunk of one record.

        Chunks that follow are made smaller, too. The halves have ids of their own, made from the chunk's number.
        """
        if chunk.count < 2:
            return ()
        self._learned_bytes = max(1, min(self._learned_bytes, chunk.size // 2))
        halves = _Piece.of_chunk(chunk).halves()
        written = (
            self._written(half, chunk.index, chunk.part + letter)
            for half, letter in zip(halves, "ab", strict=True)
        )
        return tuple(half for half in written if half is not None)

    def too_large(self, chunk: Chunk) -> RecordError:
        """
        The error for a chunk of one record that is too large even alone; its record is the one that was to be sent.
        """
        ((selector, indexes),) = chunk.indexes.items()
        record = _Piece.of_chunk(chunk).runs[0].records[0]
        reason = f"is too large to be sent: {chunk.size:,} bytes"
        return record_error(selector, indexes[0], "", reason, record)

    # --- taking

    def _runs(self, pairs: Sequence[object]) -> Iterator[tuple[str, list[object]]]:
        selector: str | None = None
        records: list[object] = []
        for pair in pairs:
            if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not isinstance(pair[0], str):
                reason = f"is no pair of a selector and a record, but {type(pair).__name__}"
                self._on_bad(record_error("", sum(self._taken.values()) + len(records), "", reason, pair))
                continue
            if pair[0] != selector:
                if selector is not None:
                    yield selector, records
                selector, records = pair[0], []
            records.append(pair[1])
        if selector is not None:
            yield selector, records

    def _take(self, selector: str, records: Sequence[object]) -> None:
        first = self._taken.get(selector, 0)
        self._taken[selector] = first + len(records)
        if self._checker is None:
            indexes: Sequence[int] = range(first, first + len(records))
            good = list(records)
        else:
            checked = self._checker.check_many(selector, first, records, self._on_bad)
            good, indexes = cast("list[object]", checked.records), checked.indexes
        if not self._average and good:
            self._estimate(good[:SAMPLE])
        self._piece.add(selector, good, indexes)
        self._count += len(good)

    def _estimate(self, sample: list[object]) -> None:
        try:
            self._average = len(self._encode(sample)) / len(sample)
        except UnencodableError:
            self._average = 0.0  # whose fault it is comes out when the chunk is written

    def _target(self) -> int:
        if self._boundaries:
            return self._boundaries[0]
        if not self._average:
            return self._limit_count
        return max(1, min(self._limit_count, int(self._learned_bytes * HEADROOM / self._average)))

    def _learn(self, chunk: Chunk) -> None:
        average = chunk.size / chunk.count
        # Quick to believe that records got larger, slow to believe that they got smaller.
        self._average = average if average > self._average else 0.7 * self._average + 0.3 * average

    # --- writing

    def _written(self, piece: _Piece, index: int, part: str = "") -> Chunk | None:
        while True:
            try:
                return self._chunk(piece, index, part)
            except UnencodableError as error:
                self._leave_out_bad(piece, str(error))
                if not piece.runs:
                    return None

    def _chunk(self, piece: _Piece, index: int, part: str) -> Chunk:
        name, digest, runs = f"{self.run_id}-{index}{part}", "", piece.by_selector()
        if self._digests:
            data = self._encode(_data(runs))
            digest = hashlib.sha256(data).hexdigest()
            name = f"{name}-{digest[:16]}"
            body = b"".join((b'{"clientGeneratedId":', self._encode(name), b',"data":', data, b"}"))
        else:
            body = self._encode({"clientGeneratedId": name, "data": _data(runs)})
        return Chunk(
            index=index,
            part=part,
            id=name,
            body=compress(body) if self.gzip else body,
            counts={selector: len(run.records) for selector, run in runs.items()},
            indexes={selector: run.indexes for selector, run in runs.items()},
            digest=digest,
            content_encoding="gzip" if self.gzip else "",
            size=len(body),
        )

    def _leave_out_bad(self, piece: _Piece, reason: str) -> None:
        """
        Find which records the encoder refused, tell of them and take them out.
        """
        runs, found = list(piece.runs), False
        piece.runs.clear()
        for run in runs:
            kept: list[int] = []
            for position, (index, record) in enumerate(zip(run.indexes, run.records, strict=True)):
                error = self._refusal(run.selector, index, record)
                if error is None:
                    kept.append(position)
                else:
                    found = True
                    self._on_bad(error)
            records = [run.records[position] for position in kept]
            piece.add(run.selector, records, tuple(run.indexes[position] for position in kept))
        if not found:
            raise ValueError(f"a chunk cannot be encoded: {reason}")

    def _refusal(self, selector: str, index: int, record: object) -> RecordError | None:
        try:
            if self._checker is not None:
                self._checker.check(selector, index, record)
            self._encode(record)
        except RecordError as error:
            return error
        except UnencodableError as error:
            return record_error(selector, index, "", f"cannot be written as JSON: {error}", record)
        return None
