"""Sending: one producer reads, checks, encodes, and cuts; workers send. See `imports` for the rules."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, count
from typing import NoReturn, cast

from attrs import define, field, frozen

from .._http.commands import Join, Operation, Outcome, Spawn
from .._imports.changed_records import ChangedRecords
from .._imports.chunk import Chunk, Run
from .._imports.chunker import Chunker
from .._imports.comparison import SentRow
from .._imports.encoding import Encoder, choose_encoder
from .._imports.execution import Execution
from .._imports.journal_values import ChunkState
from .._imports.options import time_zone
from .._imports.problems import ImportProblem, ValueProblems
from .._imports.progress import ImportPhase, count_text
from .._imports.readback import ReadBack
from .._imports.record_checker import RecordChecker
from .._imports.whole_run import DanglingReference, References
from .._model.schema_model import SchemaModel
from .._session.call import Effort, attempt, call
from .._wire import import_requests as wire
from .._wire.import_requests import ExecutionLinks
from .._wire.json_reading import JsonObject
from ..exceptions import (
    ApiError,
    AssetsError,
    ImportInterruptedError,
    RecordError,
    TooLargeError,
)
from .executions import GONE, cancelled, data_links, look, report
from .import_target import ImportTarget
from .record_sources import (
    Records,
    Source,
    chosen_selectors,
    close,
    pull,
)
from .resuming import JournalRecord

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


def _targets(model: SchemaModel) -> dict[str, frozenset[str]]:
    """Return for each selector the other selectors that its records refer to."""
    targets: dict[str, set[str]] = {}
    for spec in model.object_types:
        for attribute in spec.mapped_attributes:
            reference = attribute.reference
            if spec.mapped and reference is not None and model.has_object_type(reference.target):
                target = model.object_type(reference.target)
                if target.mapped and target.selector != spec.selector:
                    targets.setdefault(spec.selector, set()).add(target.selector)
    return {selector: frozenset(names) for selector, names in targets.items()}


@define
class _Order:
    """Selectors whose chunks in flight a chunk must wait for, because its records refer to them.

    A source of pairs may contain targets after records that refer to them. Waiting is useless for such a pair of selectors,
    so it is no longer done.

    Attributes:
        targets: For each selector, the selectors that its records refer to.
        sent: Selectors of which a chunk was sent.
        mixed: Pairs of a selector and a target that came after it.
    """

    targets: Mapping[str, frozenset[str]]
    sent: set[str] = field(factory=set, init=False)
    mixed: set[tuple[str, str]] = field(factory=set, init=False)

    def targets_of(self, chunk: Chunk) -> frozenset[str]:
        """Return the selectors whose chunks must be confirmed before this one is sent."""
        if not self.targets:
            return frozenset()
        own: Iterable[str] = chunk.counts
        if not chunk.part:  # a half repeats the selectors of its chunk
            self.mixed.update(
                (referrer, selector)
                for referrer in self.sent
                for selector in own
                if selector in self.targets.get(referrer, ())
            )
        self.sent.update(own)
        return frozenset(
            target
            for selector in own
            for target in self.targets.get(selector, ())
            if (selector, target) not in self.mixed
        )


@define
class Sending:
    """Producer of an execution: reads, checks, and cuts records, and hands chunks to the workers.

    Attributes:
        target: The import.
        execution: The execution that receives the chunks.
        prefix: First part of the chunks' ids.
        record: Chunks in the journal, if there is one.
        boundaries: Record counts of the chunks of an interrupted run.
        readback: Records for a verification, or None.
        changed: What the journal knows, if only changed records are sent, or None.
        encoder: JSON encoder. A resumed run uses the encoder of the interrupted run, which produces the same bytes.
        in_flight: Selectors of the chunks in flight, by the chunks' names.
        counts: Number of records by selector that the service accepted from this producer.
        chunks: Number of chunks that the service accepted from this producer.
        refused: Number of records that this producer did not send.
        next_display: Time of the next update of the progress that Assets displays.
        selectors: Selectors whose records are taken from the source.
        table_notes: Notes about the columns of tables.
        identities: Identities of the checked records of chunks that are not confirmed yet, by selector and position.
    """

    target: ImportTarget
    execution: Execution
    prefix: str
    record: JournalRecord | None = None
    boundaries: tuple[int, ...] = ()
    readback: ReadBack | None = None
    changed: ChangedRecords | None = None
    encoder: Encoder = field(factory=choose_encoder)
    in_flight: dict[str, frozenset[str]] = field(factory=dict, init=False)
    counts: Counter[str] = field(factory=Counter, init=False)
    chunks: int = field(default=0, init=False)
    refused: int = field(default=0, init=False)
    next_display: float = field(init=False)
    identities: dict[str, dict[int, list[SentRow]]] = field(factory=dict, init=False, repr=False)
    order: _Order = field(init=False)
    checker: RecordChecker = field(init=False)
    value_problems: ValueProblems = field(init=False, repr=False)
    references: References | None = field(init=False, repr=False)
    chunker: Chunker = field(init=False)
    links: ExecutionLinks = field(init=False)
    selectors: tuple[str, ...] = field(init=False)
    table_notes: tuple[str, ...] = field(default=(), init=False)

    def __attrs_post_init__(self) -> None:
        options = self.execution.options
        self.checker = RecordChecker(
            self.execution.model,
            timezone=None if options.timezone is None else time_zone(options.timezone),
            unique_in_run=options.unique_in_run,
        )
        self.value_problems = ValueProblems(self.execution.model)
        self.references = References(self.execution.model) if options.find_dangling else None
        self.chunker = Chunker(
            self.prefix,
            limit_count=options.chunk_records,
            limit_bytes=options.chunk_bytes,
            encoder=self.encoder,
            checker=self.checker,
            on_checked=self._note,
            on_bad=self._reject,
            digests=self.record is not None,
            boundaries=self.boundaries,
        )
        self.links = data_links(self.target.site, self.execution)
        self.next_display = self.target.site.clock.monotonic() + DISPLAY
        self.order = _Order(_targets(self.execution.model))
        self.selectors = chosen_selectors(self.execution.model, options.only)

    @property
    def unknown_keys(self) -> dict[str, dict[str, int]]:
        """Keys of records that the model does not contain; their values were not sent."""
        return self.checker.unknown_keys

    @property
    def dangling(self) -> tuple[DanglingReference, ...]:
        """References whose target is not among the records."""
        return () if self.references is None else self.references.dangling()

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the result."""
        if self.checker.remembered_all:
            return self.table_notes
        note = (
            "The run has more records than identifiers can be remembered. Some later records were not compared with all "
            "earlier ones."
        )
        return (note, *self.table_notes)

    def _problems(self) -> list[ImportProblem]:
        """Return the values that Assets drops, without status names that the import adds to Assets."""
        source = self.target.memory.import_source
        return [
            problem
            for problem in self.value_problems.problems()
            if problem.code != "unknown_status"
            or source is None
            or source.handling("unknown values", problem.object_type) != "ADD"
        ]

    def _note(self, run: Run) -> Run:
        """Note checked records for the result and for later comparisons; return those that are sent."""
        selector, indexes, records = run.selector, run.indexes, cast("list[JsonObject]", run.records)
        self.value_problems.note(selector, indexes, records)
        if self.references is not None:
            self.references.note(selector, zip(indexes, records, strict=True))
        inner = list(self.checker.inner_records(selector, records))
        if self.readback is not None:
            self.readback.note(selector, records)
            for _, inner_selector, inner_records in inner:
                self.readback.note(inner_selector, inner_records)
        if self.changed is not None:
            selected = self.changed.select(selector, records)
            for position, inner_selector, inner_records in inner:
                selected[position] |= any(self.changed.select(inner_selector, inner_records))
            self.changed.unchanged_count += selected.count(False)
            run = run.part([*compress(count(), selected)])
        self._identify(run)
        return run

    def _identify(self, run: Run) -> None:
        """Remember the identities of checked records until their chunk is confirmed."""
        evidence = self.execution.ledger.evidence
        if evidence is not None:
            records = cast("list[JsonObject]", run.records)
            rows = evidence.comparison.rows(run.selector, records)
            for position, inner_selector, inner_records in self.checker.inner_records(run.selector, records):
                for inner_rows in evidence.comparison.rows(inner_selector, inner_records):
                    rows[position] += inner_rows
            self.identities.setdefault(run.selector, {}).update(zip(run.indexes, rows, strict=True))

    def _confirm(self, chunk: Chunk) -> None:
        """Add the records of a confirmed chunk to those that the guard compares with what exists."""
        evidence = self.execution.ledger.evidence
        if evidence is not None:
            evidence.is_accepted = False
            evidence.comparison.add(
                [
                    row
                    for selector, indexes in chunk.indexes.items()
                    for rows in map(self.identities[selector].pop, indexes)
                    for row in rows
                ]
            )

    def _reject(self, error: RecordError) -> None:
        evidence = self.execution.ledger.evidence
        if evidence is not None:
            # Also if this ends the import: the caller of a manual execution may complete it anyway.
            evidence.is_accepted = False
            evidence.comparison.skip(error.selector, self.checker.values_of(error.selector, error.record))
            self.identities.get(error.selector, {}).pop(error.index or 0, None)
        if self.changed is not None:
            self.changed.note_skipped(error.selector, self.checker.values_of(error.selector, error.record))
        if self.execution.options.on_bad_record == "fail":
            raise error
        self.refused += 1
        with self.execution.ledger.lock:
            self.execution.ledger.tally.refuse(error)

    def all_of(self, records: Records, limit: int | None = None) -> Operation[None]:
        """Send all records, or the first ones, and wait until every chunk is confirmed."""
        self.table_notes = records.notes
        tally = self.execution.ledger.tally
        if tally.sending_since is None:
            tally.sending_since = self.target.site.clock.monotonic()
        try:
            for source in records.sources(self.selectors):
                try:
                    limit = yield from self._read(source, limit)
                finally:
                    yield from close(source)
                if limit is not None and limit <= 0:
                    break
        finally:
            with self.execution.ledger.lock:
                tally.note(self._problems())
        for chunk in self.chunker.flush():
            yield from self._dispatch(chunk)
        while self.in_flight:
            yield from self._join()
        if self.record is not None:
            self.record.check_complete()

    def _read(self, source: Source, limit: int | None) -> Operation[int | None]:
        """Send the records of one source; return how many more the limit allows."""
        ledger, options = self.execution.ledger, self.execution.options
        while limit is None or limit > 0:
            count = self.chunker.room if limit is None else min(self.chunker.room, limit)
            batch = yield from pull(source, count, options.idle_seconds, options.source_seconds)
            records = batch.records
            if options.only is not None and source.selector is None:
                records = [pair for pair in records if not self._is_other(pair)]
            with ledger.lock:
                ledger.tally.read += len(records)
            if limit is not None:
                limit -= len(records)
            if source.selector is None:
                chunks = self.chunker.feed_pairs(records)
            else:
                chunks = self.chunker.feed(source.selector, records)
            if batch.error is not None:
                self._raise_interrupted(source, batch.error)
            if not batch.ended and len(batch.records) < count:
                chunks += self.chunker.flush_early()  # a slow source
            for chunk in chunks:
                yield from self._dispatch(chunk)
            if batch.ended:
                break
        return limit

    def _is_other(self, pair: object) -> bool:
        """Return True for a record of a selector that `only` does not name. An item that is not a pair is a bad record."""
        if not isinstance(pair, (tuple, list)):
            return False
        items = cast("Sequence[object]", pair)
        return len(items) == 2 and isinstance(items[0], str) and items[0] not in self.selectors

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
            self._confirm(chunk)
            return
        if state is ChunkState.SPLIT:
            yield from self._dispatch_halves(chunk)
            return
        limit = self.execution.options.in_flight
        awaited = self.order.targets_of(chunk)
        while len(self.in_flight) >= limit or any(
            not awaited.isdisjoint(selectors) for selectors in self.in_flight.values()
        ):
            yield from self._join()
        if self.record is not None:
            self.record.plan(chunk)
        self.in_flight[chunk.name] = frozenset(chunk.counts)
        yield Spawn(_send(self.target, self.links, chunk), tag=chunk, limit=limit)

    def _join(self) -> Operation[None]:
        """Wait for the next outcome of a worker and record it."""
        outcome: Outcome = yield Join()
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
            yield from self._dispatch_halves(chunk)
            return
        self._confirm(chunk)
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

    def _dispatch_halves(self, chunk: Chunk) -> Operation[None]:
        """Send the halves of a chunk that was too large; a single record is a bad record."""
        halves = self.chunker.split(chunk)
        if not halves:
            self._reject(self.chunker.too_large(chunk))
        for half in halves:
            yield from self._dispatch(half)

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
