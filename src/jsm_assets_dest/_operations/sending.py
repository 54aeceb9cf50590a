"""Sending: one producer reads, checks, encodes and cuts; workers send. The essay in `imports` tells why."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from attrs import define, field, frozen

from .._http.commands import Join, Operation, Outcome, Spawn
from .._imports.chunk import Chunk
from .._imports.chunker import Chunker
from .._imports.encoding import choose_encoder
from .._imports.execution import Execution
from .._imports.journal_values import ChunkState
from .._imports.options import time_zone
from .._imports.progress import ImportPhase, count_text
from .._imports.record_checker import RecordChecker
from .._imports.whole_run import DanglingReference
from .._model.schema_model import SchemaModel
from .._secret import Secret
from .._session.call import Effort, attempt, call
from .._session.site import Site
from .._wire import import_requests as wire
from .._wire.import_requests import ExecutionLinks
from ..exceptions import (
    ApiError,
    AssetsError,
    ConfigurationError,
    ImportInterruptedError,
    RecordError,
    TooLargeError,
    UnsupportedMediaError,
    ValidationError,
)
from . import import_tokens as tokens
from .executions import GONE, cancelled, look, told
from .record_sources import Source, left, open_sources, pull, refuse_no_source, refuse_unknown_selectors
from .resuming import NoRecord, Record

_log = logging.getLogger("jsm_assets_dest.import")
_chunks = logging.getLogger("jsm_assets_dest.chunk")

#: Seconds between two updates of the progress that Assets itself displays, and until the next try after one failed.
DISPLAY, DISPLAY_FAILED = 10.0, 60.0
#: Seconds that such an update may take: it is made between two chunks.
DISPLAY_TIMEOUT = 5.0


@frozen
class _Sent:
    """What became of a chunk: taken, or too large, and what it took."""

    effort: Effort
    is_too_large: bool = False
    is_compressed: bool = True


def _send(site: Site, secret: Secret, links: ExecutionLinks, chunk: Chunk) -> Operation[_Sent]:
    """Send one chunk; runs in a worker."""
    effort = Effort()
    compressed = bool(chunk.content_encoding)
    bearer = tokens.bearer(secret)
    try:
        yield from call(site, wire.submit_chunk(links, bearer, chunk.body, gzip=compressed), effort)
    except TooLargeError:
        return _Sent(effort, is_too_large=True)
    except (UnsupportedMediaError, ValidationError):
        # 415 is how to refuse compression; a service that does not know of it finds its JSON garbled, which is a 400.
        if not compressed:
            raise
        yield from call(site, wire.submit_chunk(links, bearer, chunk.plain().body), effort)
        return _Sent(effort, is_compressed=False)
    return _Sent(effort)


def _whereabouts(indexes: Mapping[str, Sequence[int]]) -> str:
    """Which records, for people: "people[0] to people[499]"."""
    return ", ".join(
        f"{selector}[{positions[0]}]" + (f" to {selector}[{positions[-1]}]" if len(positions) > 1 else "")
        for selector, positions in indexes.items()
    )


def _targets(model: SchemaModel) -> dict[str, frozenset[str]]:
    """For each selector those that its records refer to, itself left out."""
    found: dict[str, set[str]] = {}
    for spec in model.object_types:
        for attribute in spec.mapped_attributes:
            reference = attribute.reference
            if spec.mapped and reference is not None and model.has_object_type(reference.target):
                target = model.object_type(reference.target)
                if target.mapped and target.selector != spec.selector:
                    found.setdefault(spec.selector, set()).add(target.selector)
    return {selector: frozenset(targets) for selector, targets in found.items()}


@define
class _Order:
    """What a chunk has to wait for: those on their way that have targets of its references.

    Where targets come after records that refer to them, in a source of pairs that mixes both, waiting would only make
    everything slow: such a pair of selectors is not waited for any more.
    """

    targets: Mapping[str, frozenset[str]]
    left: set[str] = field(factory=set, init=False)
    mixed: set[tuple[str, str]] = field(factory=set, init=False)

    def targets_of(self, chunk: Chunk) -> frozenset[str]:
        """Selectors whose chunks have to be confirmed before this one leaves."""
        if not self.targets:
            return frozenset()
        own: Iterable[str] = chunk.counts
        if not chunk.part:  # the half of a chunk has come before
            self.mixed.update(
                (referrer, selector)
                for referrer in self.left
                for selector in own
                if selector in self.targets.get(referrer, ())
            )
        self.left.update(own)
        return frozenset(
            target
            for selector in own
            for target in self.targets.get(selector, ())
            if (selector, target) not in self.mixed
        )


@define
class Sending:
    """The producer of an execution: reads, checks, cuts, and keeps the workers busy.

    Attributes:
        site: The site.
        secret: The import token.
        execution: What is sent to.
        prefix: What the ids of the chunks begin with.
        record: The journal, or nothing.
        boundaries: How many records the chunks of an interrupted run had.
        flying: The selectors of the chunks that are on their way, by the chunks' names.
        sent: Records that the service took from here.
        next_display: When to feed the progress that Assets itself displays.
    """

    site: Site
    secret: Secret = field(repr=False)
    execution: Execution
    prefix: str
    record: Record = field(factory=NoRecord)
    boundaries: tuple[int, ...] = ()
    flying: dict[str, frozenset[str]] = field(factory=dict, init=False)
    sent: int = field(default=0, init=False)
    next_display: float = field(init=False)
    order: _Order = field(init=False)
    checker: RecordChecker = field(init=False)
    chunker: Chunker = field(init=False)
    links: ExecutionLinks = field(init=False)

    def __attrs_post_init__(self) -> None:
        options = self.execution.options
        encoder = choose_encoder(fast=options.fast)
        self.checker = RecordChecker(
            self.execution.model,
            timezone=None if options.timezone is None else time_zone(options.timezone),
            unique_in_run=options.unique_in_run,
            dangling=options.find_dangling,
        )
        self.chunker = Chunker(
            self.prefix,
            limit_count=options.chunk_records,
            limit_bytes=options.chunk_bytes,
            encoder=encoder,
            checker=self.checker,
            on_bad=self._refused,
            digests=not isinstance(self.record, NoRecord),
            gzip=options.compress,
            boundaries=self.boundaries,
        )
        self.links = ExecutionLinks.from_dict(self.execution.links, self.site.gateway)
        self.next_display = self.site.clock.monotonic() + DISPLAY
        self.order = _Order(_targets(self.execution.model))

    @property
    def unknown_keys(self) -> dict[str, dict[str, int]]:
        """Keys that were left out because the model does not know them."""
        return self.checker.unknown_keys

    @property
    def dangling(self) -> tuple[DanglingReference, ...]:
        """References without a target among the records."""
        return self.checker.dangling_references()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the result should not keep to itself."""
        if self.checker.remembered_all:
            return ()
        forgotten = (
            "There were more records than identifiers can be remembered, so that some of the later ones were not "
            "compared with all earlier ones."
        )
        return (forgotten,)

    def _refused(self, error: RecordError) -> None:
        if self.execution.options.on_bad_record == "fail":
            raise error
        with self.execution.ledger.lock:
            self.execution.ledger.tally.refuse(error)

    def all_of(self, records: object, wanted: int | None = None) -> Operation[None]:
        """Send all records of the caller, or the first ones, and wait until every chunk is confirmed."""
        tally = self.execution.ledger.tally
        if tally.sending_since is None:
            tally.sending_since = self.site.clock.monotonic()
        for source in open_sources(records, self.execution.model.import_order()):
            try:
                wanted = yield from self._source(source, wanted)
            finally:
                yield from left(source)
            if wanted is not None and wanted <= 0:
                break
        for chunk in self.chunker.flush():
            yield from self._dispatch(chunk)
        while self.flying:
            yield from self._join()
        self.record.ended()

    def _source(self, source: Source, wanted: int | None) -> Operation[int | None]:
        ledger, options = self.execution.ledger, self.execution.options
        while wanted is None or wanted > 0:
            count = self.chunker.room if wanted is None else min(self.chunker.room, wanted)
            batch = yield from pull(source, count, options.idle_seconds, options.source_seconds)
            with ledger.lock:
                ledger.tally.read += len(batch.records)
            if wanted is not None:
                wanted -= len(batch.records)
            if source.selector is None:
                chunks = self.chunker.feed_pairs(batch.records)
            else:
                chunks = self.chunker.feed(source.selector, batch.records)
            if batch.error is not None:
                raise self._interrupted(source, batch.error)
            if not batch.ended and len(batch.records) < count:
                chunks += self.chunker.flush_early()  # a slow source: what is there goes on its way
            for chunk in chunks:
                yield from self._dispatch(chunk)
            if batch.ended:
                break
        return wanted

    def _interrupted(self, source: Source, error: BaseException) -> ImportInterruptedError:
        where = f" for {source.selector}" if source.selector else ""
        raise ImportInterruptedError(
            f"The source of the records{where} raised {type(error).__name__} after "
            f"{count_text(self.execution.ledger.tally.read, 'record')}; the import was not completed.",
            execution=self.execution.detached(),
        ) from error

    def _dispatch(self, chunk: Chunk) -> Operation[None]:
        fate = self.record.fate(chunk)
        if fate is ChunkState.ACCEPTED:
            with self.execution.ledger.lock:
                self.execution.ledger.tally.accept(chunk.counts, len(chunk.body), before=True)
            return
        if fate is ChunkState.SPLIT:
            yield from self._halved(chunk)
            return
        limit = self.execution.options.in_flight
        awaited = self.order.targets_of(chunk)
        while len(self.flying) >= limit or any(not awaited.isdisjoint(one) for one in self.flying.values()):
            yield from self._join()
        if chunk.content_encoding and not self.chunker.gzip:
            chunk = chunk.plain()  # cut before the service refused compression
        self.record.planned(chunk)
        self.flying[chunk.name] = frozenset(chunk.counts)
        yield Spawn(_send(self.site, self.secret, self.links, chunk), tag=chunk, limit=limit)

    def _join(self) -> Operation[None]:
        outcome: Outcome = yield Join()
        chunk = cast("Chunk", outcome.tag)
        del self.flying[chunk.name]
        if outcome.error is not None:
            yield from self._explain(outcome.error, chunk)
        sent = cast("_Sent", outcome.value)
        ledger = self.execution.ledger
        with ledger.lock:
            ledger.tally.retries += sent.effort.retries
            ledger.tally.throttled += sent.effort.throttled
            if not sent.is_too_large:
                ledger.tally.accept(chunk.counts, len(chunk.body))
                self.sent += chunk.count
        if not sent.is_compressed and chunk.content_encoding:
            self.chunker.gzip = False
        if sent.is_too_large:
            self.record.split(chunk)
            yield from self._halved(chunk)
            return
        self.record.accepted(chunk)
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
        yield from told(self.site, self.execution, ImportPhase.SENDING, in_flight=len(self.flying))
        yield from self._display()

    def _halved(self, chunk: Chunk) -> Operation[None]:
        """Send the halves of a chunk that the service found too large; a single record is a bad one."""
        halves = self.chunker.split(chunk)
        if not halves:
            self._refused(self.chunker.too_large(chunk))
        for half in halves:
            yield from self._dispatch(half)

    def _display(self) -> Operation[None]:
        """Feed the progress that Assets itself displays, now and then. It is cosmetic: whatever fails here is let go, and
        while the service takes fewer requests than we have, none is spent on it.
        """
        now = self.site.clock.monotonic()
        if now < self.next_display or not self.links.progress or self.site.gate.pace is not None:
            return
        self.next_display = now + DISPLAY
        tally = self.execution.ledger.tally
        request = wire.submit_progress(
            self.links, tokens.bearer(self.secret), sum(tally.sent.values()), self.execution.options.total
        )
        try:
            yield from attempt(self.site, request.changed(timeout=DISPLAY_TIMEOUT))
        except AssetsError as error:
            self.next_display = now + DISPLAY_FAILED
            _log.debug("the progress was not displayed: %s", error.code)

    def _explain(self, error: BaseException, chunk: Chunk) -> Operation[None]:
        """Raise what a worker raised, with the records it was about; where it may be because the execution is gone, ask."""
        if isinstance(error, AssetsError):
            error.add_note(f"It happened to chunk {chunk.name}: {_whereabouts(chunk.indexes)}.")
        if isinstance(error, ApiError) and error.status in GONE:
            try:
                status = yield from look(self.site, self.secret, self.execution)
            except AssetsError:
                raise error from None
            if status.is_cancelled:
                raise cancelled(self.execution, self.site, status) from error
            if not status.takes_data:
                error.add_note(f"The execution takes no more data; its state is {status.state or 'unknown'}.")
        raise error


def submit(site: Site, secret: Secret, execution: Execution, records: object, part: str) -> Operation[int]:
    """Send records to an execution, from whichever process."""
    refuse_no_source(records)
    refuse_unknown_selectors(records, execution.model.import_order())
    _refuse_part(part)
    # An unnamed part must not have the ids of another one, whoever submits that: a service that knows ids would drop it.
    sending = Sending(site, secret, execution, f"{execution.run_id}-{part or secrets.token_hex(8)}")
    yield from sending.all_of(records)
    return sending.sent


def _refuse_part(part: str) -> None:
    """Refuse a name for a part that cannot stand in the ids of chunks.

    Raises:
        ConfigurationError: It has half of a surrogate pair.
    """
    try:
        str(part).encode()
    except UnicodeEncodeError as error:
        raise ConfigurationError(
            "`part` has half of a surrogate pair, which no UTF-8 can carry; nothing was sent.",
            field="part",
            fix="Pass ordinary text, such as the number of the task.",
        ) from error
