"""Puts records into chunks. One request of an import sends one chunk.

A chunk is `{"clientGeneratedId": …, "data": {selector: [record, …]}}` as bytes that never change again: every attempt
sends the same bytes with the same id. Chunks are limited by records and by bytes. Encoding each record on its own to
know its size costs 1.5 to 1.9 times as much as encoding the chunk at once (measured), so the number of records follows
from a running estimate of bytes per record, the chunk is encoded in one call, and is halved in the rare case that it
came out too big. No limit of the service is published; when it responds with 413, `split` halves the chunk and lowers the
limit for those that follow.

The order of a source is kept: within a selector inside a chunk, and from chunk to chunk.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..exceptions import RecordError
from .chunk import Chunk, Piece, Run, data_of
from .encoding import STANDARD, Encoder, UnencodableError
from .record_checker import OnBadRecord, RecordChecker, record_error, stop

#: Records of a chunk, and bytes. Clients report good results with a few hundred objects and at most about 5 MB.
CHUNK_RECORDS = 500
CHUNK_BYTES = 4 * 1024 * 1024

#: Records that give the first estimate of their size.
SAMPLE = 8

#: How much of the limit the estimate may fill: records of one source differ in size.
HEADROOM = 0.9


def runs_of_pairs(
    pairs: Sequence[object], first: int, on_bad: OnBadRecord
) -> Iterator[tuple[str, list[object]]]:
    """Yield consecutive records of one selector from `(selector, record)` pairs.

    Args:
        pairs: The pairs.
        first: Position of the first pair in the source.
        on_bad: Called with the error of each item that is not a pair.
    """
    selector: str | None = None
    records: list[object] = []
    for position, pair in enumerate(pairs, first):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not isinstance(pair[0], str):
            reason = f"is not a pair of a selector and a record, but {type(pair).__name__}"
            on_bad(record_error("", position, "", reason, pair))
            continue
        if pair[0] != selector:
            if selector is not None:
                yield selector, records
            selector, records = pair[0], []
        records.append(pair[1])
    if selector is not None:
        yield selector, records


class Chunker:
    """Receives records and returns chunks. Only the thread that reads the source uses it.

    Args:
        run_id: The first part of every chunk's id.
        limit_count: The most records of a chunk.
        limit_bytes: The most bytes of a chunk. A record that is larger alone is a bad record.
        encoder: The encoder that writes JSON.
        checker: Checks the records first. With None, the caller guarantees finite numbers and text keys.
        on_checked: Called with checked records. Returns those that are sent.
        on_bad: Called with the error of each record that cannot be sent. It raises to stop, or returns to skip the record.
        digests: If true, chunks have a digest, which is part of their id. A journal needs it. It costs half a
            microsecond per record.
        boundaries: The record counts of the first chunks, as in an interrupted run. The same records then give the same
            chunks again, with any limits and any pace of the source.
    """

    def __init__(
        self,
        run_id: str,
        *,
        limit_count: int = CHUNK_RECORDS,
        limit_bytes: int = CHUNK_BYTES,
        encoder: Encoder = STANDARD,
        checker: RecordChecker | None = None,
        on_checked: Callable[[Run], Run] = lambda run: run,
        on_bad: OnBadRecord = stop,
        digests: bool = False,
        boundaries: Iterable[int] = (),
    ) -> None:
        if limit_count < 1 or limit_bytes < 1:
            raise ValueError("a chunk has at least one record and one byte")
        self.run_id = run_id
        self._limit_count = limit_count
        self._limit_bytes = limit_bytes
        #: Chunks stay below the size that the service rejected. A single record may be larger.
        self._learned_bytes = limit_bytes
        self._encode = encoder.encode
        self._checker = checker
        self._on_checked = on_checked
        self._on_bad = on_bad
        self._digests = digests
        self._boundaries = deque(boundaries)
        self._average = 0.0
        self._piece = Piece()
        self._count = 0
        #: Records that came for the open chunk and are not in it.
        self._left_out = 0
        self._next_index = 0
        self._taken: dict[str, int] = {}

    @property
    def batch_size(self) -> int:
        """Number of records to read next: enough to fill the open chunk.

        If most records are not sent, because they did not change, that would be only a few in the end. Then it is half a chunk.
        """
        is_thin = self._left_out > self._count and not self._boundaries
        return max(self._room, self._target() // 2 if is_thin else 0)

    @property
    def _room(self) -> int:
        return max(1, self._target() - self._count)

    @property
    def taken(self) -> dict[str, int]:
        """Number of received records by selector, valid or not."""
        return dict(self._taken)

    def feed(self, selector: str, records: Sequence[object]) -> list[Chunk]:
        """Take consecutive records of one selector. Return the full chunks, often none.

        Raises:
            RecordError: `on_bad` raised it.
        """
        chunks = self.flush() if self._piece.clashes(selector) else []
        position = 0
        while position < len(records):
            # Not more than fit into the open chunk: whether an identifier is repeated is a question of one chunk.
            room = self._room
            batch = records if not position and len(records) <= room else records[position : position + room]
            position += len(batch)
            self._take(selector, batch)
            if self._count >= self._target():
                chunks += self._cut(more=True)
        return chunks

    def feed_pairs(self, pairs: Sequence[object]) -> list[Chunk]:
        """Take `(selector, record)` pairs in their order.

        Raises:
            RecordError: `on_bad` raised it, for a record or for an item that is not a pair.
        """
        chunks: list[Chunk] = []
        for selector, records in runs_of_pairs(pairs, sum(self._taken.values()), self._on_bad):
            chunks += self.feed(selector, records)
        return chunks

    def flush(self) -> list[Chunk]:
        """Return the remaining records as chunks, at the end of the source."""
        return self._cut(more=False)

    def flush_early(self) -> list[Chunk]:
        """Return the remaining records as chunks, because the source is slow.

        Returns nothing while the boundaries of an interrupted run apply. A chunk must then have the same records again, or
        its id would differ.
        """
        return [] if self._boundaries else self._cut(more=False)

    def split(self, chunk: Chunk) -> tuple[Chunk, ...]:
        """Return the two halves of a chunk that was too large for the service (413), or nothing for a single record.

        Later chunks are smaller too. The halves have their own ids, made from the chunk's number.
        """
        if chunk.count < 2:
            return ()
        self._learned_bytes = max(1, min(self._learned_bytes, chunk.size // 2))
        halves = Piece.of_chunk(chunk).halves()
        written = (
            self._written(half, chunk.index, chunk.part + letter)
            for half, letter in zip(halves, "ab", strict=True)
        )
        return tuple(half for half in written if half is not None)

    def too_large(self, chunk: Chunk) -> RecordError:
        """Return the error for a chunk of one record that is too large even alone."""
        ((selector, indexes),) = chunk.indexes.items()
        reason = f"is too large to be sent ({chunk.size:,} bytes)"
        return record_error(selector, indexes[0], "", reason, chunk.originals[selector][0])

    # --- taking

    def _take(self, selector: str, records: Sequence[object]) -> None:
        first = self._taken.get(selector, 0)
        self._taken[selector] = first + len(records)
        if self._checker is None:
            run = Run(selector, [*records], range(first, first + len(records)), [*records])
        else:
            run = self._checker.check_many(selector, first, records, self._on_bad)
            run = self._on_checked(run) if run.records else run
        if not self._average and run.records:
            self._estimate(run.records[:SAMPLE])
        self._count += len(run.records)
        self._left_out += len(records) - len(run.records)
        self._piece.add(run)

    def _estimate(self, sample: list[object]) -> None:
        try:
            self._average = len(self._encode(sample)) / len(sample)
        except UnencodableError:
            self._average = 0.0  # the record at fault is identified when the chunk is written

    def _target(self) -> int:
        if self._boundaries:
            return self._boundaries[0]
        if not self._average:
            return self._limit_count
        return max(1, min(self._limit_count, int(self._learned_bytes * HEADROOM / self._average)))

    def _learn(self, chunk: Chunk) -> None:
        average = chunk.size / chunk.count
        # Larger records change the estimate at once, smaller records slowly: a chunk that is too large costs more.
        self._average = average if average > self._average else 0.7 * self._average + 0.3 * average

    # --- writing

    def _cut(self, *, more: bool) -> list[Chunk]:
        piece = self._piece
        written: Chunk | None = None
        if more and self._boundaries:
            written = self._sendable(piece)
            if piece.count < self._boundaries[0]:
                # The interrupted run also skipped records here, and filled its chunk in the same way.
                self._count = piece.count
                return []
        self._piece, self._count, self._left_out = Piece(), 0, 0
        if self._checker is not None:
            self._checker.begin_chunk()
        chunks = list(self._chunks(piece, written))
        if self._boundaries and piece.count:
            if [chunk.count for chunk in chunks] == [self._boundaries[0]]:
                self._boundaries.popleft()
            else:
                self._boundaries.clear()  # the chunk differs this time, so the remaining boundaries do not apply
        return chunks

    def _chunks(self, piece: Piece, written: Chunk | None) -> Iterator[Chunk]:
        # The interrupted run sent these records as one chunk, before it learned a lower limit.
        as_before = bool(self._boundaries) and piece.count == self._boundaries[0]
        waiting = [piece] if piece.count else []
        while waiting:
            piece = waiting.pop()
            chunk, written = written or self._written(piece, self._next_index), None
            if chunk is None:
                continue
            if chunk.size > self._learned_bytes and chunk.count > 1 and not as_before:
                self._learn(chunk)
                waiting += reversed(piece.halves())
            elif chunk.size > self._limit_bytes and not as_before:
                self._on_bad(self.too_large(chunk))
            else:
                self._learn(chunk)
                self._next_index += 1
                yield chunk

    def _sendable(self, piece: Piece) -> Chunk | None:
        """Remove records that no chunk can carry: those that the encoder rejects, and those that are too large alone.

        Returns the chunk if its size shows that no record is too large.
        """
        chunk = self._written(piece, self._next_index)
        if chunk is None or chunk.size <= self._limit_bytes:
            return chunk
        runs = list(piece.runs)
        piece.runs.clear()
        for run in runs:
            for position in range(len(run.records)):
                single = run.part(slice(position, position + 1))
                alone = self._written(Piece([single]), self._next_index)
                if alone is not None and alone.size > self._limit_bytes:
                    self._on_bad(self.too_large(alone))
                else:
                    piece.add(single)
        return None

    def _written(self, piece: Piece, index: int, part: str = "") -> Chunk | None:
        while True:
            try:
                return self._chunk(piece, index, part)
            except UnencodableError as error:
                self._leave_out_bad(piece, str(error))
                if not piece.runs:
                    return None

    def _chunk(self, piece: Piece, index: int, part: str) -> Chunk:
        name, runs = f"{self.run_id}-{index}{part}", piece.by_selector()
        data = data_of(runs)
        if self._digests:
            encoded = self._encode(data)
            digest = hashlib.sha256(encoded).hexdigest()
            name = f"{name}-{digest[:16]}"
            body = b"".join((b'{"clientGeneratedId":', self._encode(name), b',"data":', encoded, b"}"))
        else:
            digest = ""
            body = self._encode({"clientGeneratedId": name, "data": data})
        return Chunk(
            index=index,
            part=part,
            id=name,
            body=body,
            counts={selector: len(run.records) for selector, run in runs.items()},
            indexes={selector: run.indexes for selector, run in runs.items()},
            originals={selector: run.originals for selector, run in runs.items()},
            digest=digest,
            size=len(body),
        )

    def _leave_out_bad(self, piece: Piece, reason: str) -> None:
        """Find the records that the encoder rejected, report them, and remove them."""
        runs, is_found = list(piece.runs), False
        piece.runs.clear()
        for run in runs:
            retained: list[int] = []
            for position, (index, record) in enumerate(zip(run.indexes, run.records, strict=True)):
                error = self._refusal(run.selector, index, record, run.originals[position])
                if error is None:
                    retained.append(position)
                else:
                    is_found = True
                    self._on_bad(error)
            piece.add(run.part(retained))
        if not is_found:
            raise ValueError(f"a chunk cannot be encoded: {reason}")

    def _refusal(self, selector: str, index: int, record: object, original: object) -> RecordError | None:
        try:
            if self._checker is not None:
                self._checker.check(selector, index, original)
            self._encode(record)
        except RecordError as error:
            return error
        except UnencodableError as error:
            return record_error(selector, index, "", f"cannot be written as JSON ({error})", original)
        return None
