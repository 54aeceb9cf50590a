"""
Sending: one producer reads, checks, encodes and cuts; workers send. The essay in `imports` tells why.
"""

from __future__ import annotations

import logging
import secrets
from typing import cast

from attrs import define, field, frozen

from .._engine.commands import Join, Operation, Outcome, Spawn
from .._records.whole_run import DanglingReference
from .._retry.call import Effort, attempt, call
from .._retry.site import Site
from .._secret import Secret
from .._wire import imports as wire
from .._wire.chunks import Chunk, Chunker
from .._wire.encoding import choose_encoder
from .._wire.imports import ExecutionLinks
from ..exceptions import (
    ApiError,
    AssetsError,
    ImportInterruptedError,
    RecordError,
    TooLargeError,
    UnsupportedMediaError,
)
from ..execution import Execution
from ..journal import ChunkState
from ..records import RecordChecker
from ..results import ImportPhase
from . import tokens
from .executions import cancelled, look, told
from .resuming import NoRecord, Record
from .sources import Source, open_sources, pull

_log = logging.getLogger("jsm_assets_dest.import")

#: Seconds between two updates of the progress that Assets itself displays.
DISPLAY = 10.0


@frozen
class _Sent:
    """
    What became of a chunk: taken, or too large, and what it took.
    """

    effort: Effort
    is_too_large: bool = False
    is_compressed: bool = True


def _send(site: Site, secret: Secret, links: ExecutionLinks, chunk: Chunk) -> Operation[_Sent]:
    """
    Send one chunk; runs in a worker.
    """
    effort = Effort()
    compressed = bool(chunk.content_encoding)
    bearer = tokens.bearer(secret)
    try:
        yield from call(site, wire.submit_chunk(links, bearer, chunk.body, gzip=compressed), effort)
    except TooLargeError:
        return _Sent(effort, is_too_large=True)
    except UnsupportedMediaError:
        if not compressed:
            raise
        yield from call(site, wire.submit_chunk(links, bearer, chunk.plain().body), effort)
        return _Sent(effort, is_compressed=False)
    return _Sent(effort)


@define
class Sending:
    """
    The producer of an execution: reads, checks, cuts, and keeps the workers busy.

    Attributes:
        site: The site.
        secret: The import token.
        execution: What is sent to.
        prefix: What the ids of the chunks begin with.
        record: The journal, or nothing.
        boundaries: How many records the chunks of an interrupted run had.
    """

    site: Site
    secret: Secret = field(repr=False)
    execution: Execution
    prefix: str
    record: Record = field(factory=NoRecord)
    boundaries: tuple[int, ...] = ()
    in_flight: int = field(default=0, init=False)
    displayed: float = field(init=False)
    checker: RecordChecker = field(init=False)
    chunker: Chunker = field(init=False)
    links: ExecutionLinks = field(init=False)

    def __attrs_post_init__(self) -> None:
        options = self.execution.options
        self.checker = RecordChecker(
            self.execution.model, unique_in_run=options.unique_in_run, dangling=options.find_dangling
        )
        self.chunker = Chunker(
            self.prefix,
            limit_count=options.chunk_records,
            limit_bytes=options.chunk_bytes,
            encoder=choose_encoder(fast=options.fast),
            checker=self.checker,
            on_bad=self._refused,
            digests=not isinstance(self.record, NoRecord),
            gzip=options.compress,
            boundaries=self.boundaries,
        )
        self.links = ExecutionLinks.from_dict(self.execution.links, self.site.gateway)
        self.displayed = self.site.clock.monotonic()

    @property
    def unknown_keys(self) -> dict[str, dict[str, int]]:
        """
        Keys that were left out because the model does not know them.
        """
        return self.checker.unknown_keys

    @property
    def dangling(self) -> tuple[DanglingReference, ...]:
        """
        References without a target among the records.
        """
        return self.checker.dangling_references()

    def _refused(self, error: RecordError) -> None:
        if self.execution.options.on_bad_record == "fail":
            raise error
        with self.execution.ledger.lock:
            self.execution.ledger.tally.refuse(error)

    def all_of(self, records: object, first: int | None = None) -> Operation[None]:
        """
        Send all records of the caller, or the first ones, and wait until every chunk is confirmed.
        """
        tally = self.execution.ledger.tally
        if tally.sending_since is None:
            tally.sending_since = self.site.clock.monotonic()
        left = first
        for source in open_sources(records, self.execution.model.import_order()):
            left = yield from self._source(source, left)
            if left is not None and left <= 0:
                break
        for chunk in self.chunker.flush():
            yield from self._dispatch(chunk)
        while self.in_flight:
            yield from self._join()

    def _source(self, source: Source, left: int | None) -> Operation[int | None]:
        tally = self.execution.ledger.tally
        idle = self.execution.options.idle_seconds
        while left is None or left > 0:
            count = self.chunker.room if left is None else min(self.chunker.room, left)
            batch = yield from pull(source, count, idle)
            tally.read += len(batch.records)
            if left is not None:
                left -= len(batch.records)
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
        return left

    def _interrupted(self, source: Source, error: BaseException) -> ImportInterruptedError:
        where = f" for {source.selector}" if source.selector else ""
        raise ImportInterruptedError(
            f"The source of the records{where} raised {type(error).__name__} after "
            f"{self.execution.ledger.tally.read:,} records; the import was not completed.",
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
        while self.in_flight >= limit:
            yield from self._join()
        if chunk.content_encoding and not self.chunker.gzip:
            chunk = chunk.plain()  # cut before the service refused compression
        self.record.planned(chunk)
        self.in_flight += 1
        yield Spawn(_send(self.site, self.secret, self.links, chunk), tag=chunk, limit=limit)

    def _join(self) -> Operation[None]:
        outcome: Outcome = yield Join()
        self.in_flight -= 1
        chunk = cast("Chunk", outcome.tag)
        if outcome.error is not None:
            yield from self._explain(outcome.error)
        sent = cast("_Sent", outcome.value)
        ledger = self.execution.ledger
        with ledger.lock:
            ledger.tally.retries += sent.effort.retries
            ledger.tally.throttled += sent.effort.throttled
            if not sent.is_too_large:
                ledger.tally.accept(chunk.counts, len(chunk.body))
        if not sent.is_compressed and chunk.content_encoding:
            self.chunker.gzip = False
        if sent.is_too_large:
            self.record.split(chunk)
            yield from self._halved(chunk)
            return
        self.record.accepted(chunk)
        yield from told(self.site, self.execution, ImportPhase.SENDING, in_flight=self.in_flight)
        yield from self._display()

    def _halved(self, chunk: Chunk) -> Operation[None]:
        """
        Send the halves of a chunk that the service found too large; a single record is a bad one.
        """
        halves = self.chunker.split(chunk)
        if not halves:
            self._refused(self.chunker.too_large(chunk))
        for half in halves:
            yield from self._dispatch(half)

    def _display(self) -> Operation[None]:
        """
        Feed the progress that Assets itself displays, now and then. It is cosmetic: whatever fails here is let go.
        """
        now = self.site.clock.monotonic()
        if now - self.displayed < DISPLAY or not self.links.progress:
            return
        self.displayed = now
        tally = self.execution.ledger.tally
        request = wire.submit_progress(
            self.links, tokens.bearer(self.secret), sum(tally.sent.values()), self.execution.options.total
        )
        try:
            yield from attempt(self.site, request)
        except AssetsError as error:
            _log.debug("the progress was not displayed: %s", error.code)

    def _explain(self, error: BaseException) -> Operation[None]:
        """
        Raise what a worker raised; where it may be because the execution is gone, ask.
        """
        if isinstance(error, ApiError) and error.status in (400, 404, 409, 410):
            try:
                status = yield from look(self.site, self.secret, self.execution)
            except AssetsError:
                raise error from None
            if status.is_cancelled:
                raise cancelled(self.execution, self.site, status) from error
        raise error


def submit(site: Site, secret: Secret, execution: Execution, records: object, part: str) -> Operation[int]:
    """
    Send records to an execution, from whichever process.
    """
    number = execution.ledger.next_submission()
    # An unnamed part of another process must not have the ids of ours.
    owner = "" if execution.is_owner else f"-{secrets.token_hex(4)}"
    name = f"-{part}" if part else f"{owner}-{number}"
    before = sum(execution.ledger.tally.sent.values())
    yield from Sending(site, secret, execution, f"{execution.run_id}{name}").all_of(records)
    return sum(execution.ledger.tally.sent.values()) - before
