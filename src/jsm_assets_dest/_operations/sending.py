"""Sending: one producer reads, checks, encodes, and cuts; workers send. See `imports` for the rules."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NoReturn, cast

from attrs import define, field, frozen

from .._http.commands import Join, Operation, Outcome, Spawn
from .._imports.chunk import Chunk
from .._imports.counts import count_text
from .._imports.execution import Execution
from .._imports.journal_values import ChunkState
from .._imports.pipeline import Pipeline
from .._imports.progress import ImportPhase
from .._session.call import Effort, attempt, call
from .._wire import import_requests as wire
from .._wire.import_requests import ExecutionLinks
from ..exceptions import (
    ApiError,
    AssetsError,
    ImportInterruptedError,
    TooLargeError,
)
from .executions import GONE, cancelled, data_links, look, report
from .import_tokens import ImportTarget
from .record_sources import (
    Records,
    Source,
    close,
    pull,
)
from .run_journal import JournalRecord

_log = logging.getLogger("jsm_assets_dest.import")
_chunks = logging.getLogger("jsm_assets_dest.chunk")

#: Seconds between two updates of the progress that Assets displays, and after a failed update.
DISPLAY, DISPLAY_FAILED = 10.0, 60.0
#: Maximum seconds for such an update, because it delays the next chunk.
DISPLAY_TIMEOUT = 5.0


@frozen
class _Sent:
    """Outcome of sending a chunk: accepted or too large, and its retries."""

    effort: Effort
    is_too_large: bool = False


def _send(target: ImportTarget, links: ExecutionLinks, chunk: Chunk) -> Operation[_Sent]:
    """Send one chunk; runs in a worker."""
    effort = Effort()
    try:
        yield from call(target.site, wire.submit_chunk(links, target.bearer, chunk.body), effort)
    except TooLargeError:
        return _Sent(effort, is_too_large=True)
    return _Sent(effort)


def _positions(indexes: Mapping[str, Sequence[int]]) -> str:
    """Name the records of a chunk: "people[0] to people[499]"."""
    return ", ".join(
        f"{selector}[{positions[0]}]" + (f" to {selector}[{positions[-1]}]" if len(positions) > 1 else "")
        for selector, positions in indexes.items()
    )


@define
class Sending:
    """Producer of an execution: reads records, passes them through the pipeline, and hands chunks to the workers.

    Attributes:
        target: The import.
        execution: The execution that receives the chunks.
        pipeline: Turns records into chunks.
        record: Chunks in the journal, if there is one.
        in_flight: Selectors of the chunks in flight, by the chunks' names.
        counts: Number of records by selector that the service accepted from this producer.
        chunks: Number of chunks that the service accepted from this producer.
        next_display: Time of the next update of the progress that Assets displays.
    """

    target: ImportTarget
    execution: Execution
    pipeline: Pipeline
    record: JournalRecord | None = None
    in_flight: dict[str, frozenset[str]] = field(factory=dict, init=False)
    counts: Counter[str] = field(factory=Counter, init=False)
    chunks: int = field(default=0, init=False)
    next_display: float = field(init=False)
    links: ExecutionLinks = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.links = data_links(self.target.site, self.execution)
        self.next_display = self.target.site.clock.monotonic() + DISPLAY

    def all_of(self, records: Records, limit: int | None = None) -> Operation[None]:
        """Send all records, or the first ones, and wait until every chunk is confirmed."""
        tally = self.execution.ledger.tally
        if tally.sending_since is None:
            tally.sending_since = self.target.site.clock.monotonic()
        try:
            for source in records.sources(self.pipeline.selectors):
                try:
                    limit = yield from self._read(source, limit)
                finally:
                    yield from close(source)
                if limit is not None and limit <= 0:
                    break
        finally:
            with self.execution.ledger.lock:
                tally.note(self.pipeline.problems(self.target.memory.import_source))
        for chunk in self.pipeline.flush():
            yield from self._dispatch(chunk)
        while self.in_flight:
            yield from self._join()
        if self.record is not None:
            self.record.check_complete()

    def _read(self, source: Source, limit: int | None) -> Operation[int | None]:
        """Send the records of one source; return how many more the limit allows."""
        while limit is None or limit > 0:
            while self.in_flight and (yield from self._join(waits=False)):
                pass
            count = self.pipeline.batch_size if limit is None else min(self.pipeline.batch_size, limit)
            taken, ended = yield from self._send_next(source, count)
            if limit is not None:
                limit -= taken
            if ended:
                break
        return limit

    def _send_next(self, source: Source, count: int) -> Operation[tuple[int, bool]]:
        """Read records, and send the chunks that become full. Return the number of records, and True at the source's end.

        Its variables end with it: the records of confirmed chunks are not held while the next ones are read.
        """
        options, pipeline = self.execution.options, self.pipeline
        batch = yield from pull(source, count, options.idle_seconds, options.source_seconds)
        records = pipeline.wanted(source.selector, batch.records)
        chunks = pipeline.feed(source.selector, records)
        if batch.error is not None:
            self._raise_interrupted(source, batch.error)
        if not batch.ended and len(batch.records) < count:
            chunks += pipeline.flush(early=True)  # a slow source
        for chunk in chunks:
            yield from self._dispatch(chunk)
        return len(records), batch.ended

    def _raise_interrupted(self, source: Source, error: BaseException) -> NoReturn:
        of_selector = f" of {source.selector}" if source.selector else ""
        raise ImportInterruptedError(
            f"The source of the records{of_selector} raised {type(error).__name__} after "
            f"{count_text(self.execution.ledger.tally.read, 'record')}. The import was not completed.",
            execution=self.execution.detached(),
        ) from error

    def _dispatch(self, chunk: Chunk) -> Operation[None]:
        state = None if self.record is None else self.record.earlier_state(chunk)
        if state is ChunkState.ACCEPTED:
            with self.execution.ledger.lock:
                self.execution.ledger.tally.accept(chunk.counts, len(chunk.body), before=True)
            self.pipeline.confirm(chunk)
            return
        if state is ChunkState.SPLIT:
            for half in self.pipeline.halves(chunk):
                yield from self._dispatch(half)
            return
        limit = self.execution.options.in_flight
        awaited = self.pipeline.targets_of(chunk)
        while len(self.in_flight) >= limit or any(
            not awaited.isdisjoint(selectors) for selectors in self.in_flight.values()
        ):
            yield from self._join()
        if self.record is not None:
            self.record.plan(chunk)
        self.in_flight[chunk.name] = frozenset(chunk.counts)
        yield Spawn(_send(self.target, self.links, chunk), tag=chunk, limit=limit)

    def _join(self, *, waits: bool = True) -> Operation[bool]:
        """Record the next outcome of a worker. Return False if this does not wait, and there is none yet."""
        outcome: Outcome | None = yield Join(waits=waits)
        if outcome is None:
            return False
        chunk = cast("Chunk", outcome.tag)
        del self.in_flight[chunk.name]
        if outcome.error is not None:
            yield from self._raise_failure(outcome.error, chunk)
        sent = cast("_Sent", outcome.value)
        ledger = self.execution.ledger
        with ledger.lock:
            ledger.tally.retries += sent.effort.retries
            if not sent.is_too_large:
                ledger.tally.accept(chunk.counts, len(chunk.body))
                self.counts.update(chunk.counts)
                self.chunks += 1
        if sent.is_too_large:
            if self.record is not None:
                self.record.split(chunk)
            for half in self.pipeline.halves(chunk):
                yield from self._dispatch(half)
            return True
        self.pipeline.confirm(chunk)
        if self.record is not None:
            self.record.accept(chunk)
        _chunks.debug(
            "chunk %s confirmed: %d records, %d bytes",
            chunk.name,
            chunk.count,
            len(chunk.body),
            extra={
                "execution": self.execution.id,
                "chunk": chunk.name,
                "chunk_id": chunk.id,
                "records": chunk.count,
                "bytes": len(chunk.body),
                "retries": sent.effort.retries,
            },
        )
        site = self.target.site
        yield from report(site, self.execution, ImportPhase.SENDING, in_flight=len(self.in_flight))
        yield from self._display()
        return True

    def _display(self) -> Operation[None]:
        """Update the progress that Assets displays, from time to time.

        It is cosmetic: a failure is logged only, and no request is spent on it while the service throttles.
        """
        site = self.target.site
        current_time = site.clock.monotonic()
        if current_time < self.next_display or not self.links.progress or site.gate.pace is not None:
            return
        self.next_display = current_time + DISPLAY
        tally = self.execution.ledger.tally
        request = wire.submit_progress(
            self.links, self.target.bearer, sum(tally.sent.values()), self.execution.options.total
        )
        try:
            yield from attempt(site, request.changed(timeout=DISPLAY_TIMEOUT))
        except AssetsError as error:
            self.next_display = current_time + DISPLAY_FAILED
            _log.debug("Assets did not accept the progress: %s", error.code)

    def _raise_failure(self, error: BaseException, chunk: Chunk) -> Operation[None]:
        """Raise the exception of a worker with the records of its chunk.

        If the execution may no longer exist, its status is read first.
        """
        if isinstance(error, AssetsError):
            error.add_note(f"The error concerns chunk {chunk.name}: {_positions(chunk.indexes)}.")
        if isinstance(error, ApiError) and error.status in GONE:
            try:
                status = yield from look(self.target, self.execution)
            except AssetsError:
                raise error from None
            if status.is_cancelled:
                raise cancelled(self.execution, self.target.site, status) from error
            if not status.takes_data:
                error.add_note(
                    f"The execution no longer accepts data. Its state is {status.state or 'unknown'}."
                )
        raise error
