"""
Imports: from an import token to what Assets confirmed.

One run of an import is an *execution*. This is its life, as the service has it, and what this module does in each state:

    info            The token is asked where it leads. Links are bound to the token and asked anew for every run.
    start           The execution is started, once. The service refuses a second one (409) and says why: a run is under
                    way, the schema model is missing, the import is disabled, or it is of a kind that takes no data. The
                    state (`configstatus`) is not asked beforehand: the refusal says the same without a round trip, and
                    without the gap in which somebody else starts. Only to wait for a run that is under way, or after an
                    unknown outcome of a start, the state is asked.
    INGESTING       It takes chunks, in any number and order. It may take a moment until it does; a chunk sent before
                    has been seen to leave an execution stuck, so that the state is waited for.
    completed       `completed: true` is said once, alone, and only when the source ended cleanly: half an import that is
                    completed makes an import with "remove missing objects" delete the other half.
    PROCESSING      Assets compares and writes. It can still be cancelled; what is written stays.
    DONE, CANCELLED The only two ends. A word that nobody has seen yet is no end: we go on asking, until the deadline.

What is sent, and how often. A chunk is a number of records as bytes that never change, with an id that follows from
the run and the chunk's number. Every attempt sends the same bytes. Whether the service recognises a repeated id is not
documented anywhere; repeating is safe because objects are written by their external id, which is why a mapping without
an identifier is refused at building. A chunk counts as confirmed when a complete answer of success has arrived, and not
before. Announcing the end is not repeated blindly: after an unknown outcome the state decides, PROCESSING or DONE
meaning that it was understood. A start with an unknown outcome is never repeated while an execution is running, because
that one may be somebody else's, and what is not ours is never cancelled.

Flow. One producer, the caller's thread or task, reads the source, checks, encodes and cuts; up to `in_flight` workers
send. The producer never runs ahead by more than one chunk beyond those in flight, so that memory does not grow with the
number of records, and a source is never read further than that beyond what is confirmed. The first fatal failure stops
everybody. An execution that cannot be brought to a good end is cancelled if it is ours, within a second when the user
has pressed Ctrl-C; with a journal it is left open instead, so that `resume_import` can go on with it.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import cast

from attrs import define, field, frozen

from .._engine.commands import Join, Operation, Outcome, Report, Sleep, Spawn
from .._records.whole_run import DanglingReference
from .._results.tally import Tally
from .._retry.call import Effort, call
from .._retry.site import Site
from .._secret import Secret
from .._wire import imports as wire
from .._wire.chunks import Chunk, Chunker
from .._wire.encoding import choose_encoder
from .._wire.imports import ExecutionLinks, ImportLinks
from ..assets import ObjectSchemaRecord, RoleKind
from ..exceptions import (
    ApiError,
    AssetsError,
    ClosedError,
    ConfigurationError,
    DefaultRolesError,
    ImportBusyError,
    ImportCancelledError,
    ImportInterruptedError,
    ImportTimeoutError,
    MassDeletionGuardError,
    NotFoundError,
    RecordError,
    ServiceUnavailableError,
    TooLargeError,
    TransportError,
    UnknownOutcomeError,
    UnsupportedMediaError,
)
from ..execution import Execution, Ledger, names_of
from ..import_options import ImportOptions
from ..records import RecordChecker
from ..results import ExecutionStatus, ImportPhase, ImportProgress, ImportResult, read_execution_status
from . import roles, schemas, tokens
from .building import Memory, known_model
from .sources import Source, open_sources, pull

_log = logging.getLogger("jsm_assets_dest.import")

#: Seconds in which a started execution must begin to take data.
BEGIN = 120.0
#: How many times a start with an unknown outcome is made: once more when the state shows that nothing runs.
STARTS = 2


# --- starting


def start(
    site: Site, secret: Secret, schema: ObjectSchemaRecord | None, options: ImportOptions, memory: Memory
) -> Operation[Execution]:
    """
    Start an execution and wait until it takes data.
    """
    found = yield from tokens.links(site, secret)
    yield from tokens.refuse_other_schema(site, found, schema)
    if options.require_roles:
        yield from _refuse_default_roles(site, schema)
    model = yield from known_model(site, secret, found, options.model, memory)
    model.check()
    links = yield from _started(site, secret, found, options)
    execution = Execution(
        id=links.execution_id,
        run_id=secrets.token_hex(8),
        site=site.url,
        workspace_id=found.workspace_id,
        import_source_id=found.import_source_id,
        schema_id=schema.id if schema is not None else "",
        links=links.to_dict(),
        model=model,
        options=options,
        started=site.clock.time(),
        ledger=Ledger(Tally(names=names_of(model), started=site.clock.monotonic(), total=options.total)),
    )
    try:
        yield from _until_it_takes_data(site, secret, execution)
    except BaseException:
        yield from abandon(site, secret, execution)
        raise
    return execution


def _refuse_default_roles(site: Site, schema: ObjectSchemaRecord | None) -> Operation[None]:
    if schema is None:
        raise ConfigurationError(
            "`require_roles` needs to know the object schema; nothing was sent.",
            field="schema",
            fix="Pass the schema to import_token(secret, schema).",
        )
    entries = (yield from roles.read(site, schema)).default_entries
    if entries:
        raise DefaultRolesError(
            f"The object schema {schema.key} is open to {', '.join(entries)} "
            f"({RoleKind.DEVELOPERS.value}); nothing was imported."
        )


def _started(
    site: Site, secret: Secret, found: ImportLinks, options: ImportOptions
) -> Operation[ExecutionLinks]:
    deadline = site.clock.monotonic() + options.busy_seconds
    request = wire.start_import(found, tokens.bearer(secret))
    starts = 0
    while True:
        starts += 1
        try:
            answer = yield from call(site, request)
            return wire.read_execution_links(answer, site.gateway)
        except ImportBusyError:
            if options.on_busy != "wait":
                raise
            yield from _until_idle(site, secret, found, deadline)
        except (TransportError, ServiceUnavailableError) as error:
            if isinstance(error, TransportError) and error.sent == "no":
                raise
            state = yield from tokens.state(site, secret, found)
            if state.status == "RUNNING":
                raise UnknownOutcomeError(
                    "An execution of the import is running, and whether it is the one that was just started is not known: "
                    "the answer got lost.",
                    remedies=(
                        "You: if nobody else imports here, cancel it on the import's page in Assets and start again.",
                        "You: otherwise pass on_busy='wait'.",
                    ),
                    operation=error.operation,
                    method=error.method,
                    path=error.path,
                    host=error.host,
                ) from None
            if starts >= STARTS:
                raise


def _until_idle(site: Site, secret: Secret, found: ImportLinks, deadline: float) -> Operation[None]:
    """
    Wait until the execution that is running has ended. It is not ours, and is left alone.
    """
    started = site.clock.monotonic()
    while True:
        now = site.clock.monotonic()
        if now >= deadline:
            raise ImportTimeoutError(
                f"Another execution of the import is still running after {now - started:.0f} seconds.",
                remedies=("You: wait for its end, or pass a larger busy_seconds=….",),
            )
        yield Sleep(min(_pause(now - started), max(0.0, deadline - now)))
        state = yield from tokens.state(site, secret, found)
        if state.status != "RUNNING":
            return


def _until_it_takes_data(site: Site, secret: Secret, execution: Execution) -> Operation[None]:
    started = site.clock.monotonic()
    while True:
        status = yield from look(site, secret, execution)
        if status.takes_data:
            return
        waited = site.clock.monotonic() - started
        if status.is_over or waited > BEGIN:
            raise ImportTimeoutError(
                f"The execution takes no data; {waited:.0f} seconds after its start it is in the state {status.state}.",
                execution=execution,
            )
        yield Sleep(_pause(waited))


# --- the whole run


def run(
    site: Site,
    secret: Secret,
    schema: ObjectSchemaRecord | None,
    records: object,
    options: ImportOptions,
    memory: Memory,
    *,
    first: int | None = None,
    resume: bool = False,
) -> Operation[ImportResult]:
    """
    Start, send everything, complete, wait.

    Args:
        site: The site.
        secret: The import token.
        schema: The object schema that is meant.
        records: The source.
        options: How.
        memory: What the token remembers.
        first: Take only that many records; a test.
        resume: Go on with what the journal says.
    """
    if options.model is not None:
        options.model.check()
        open_sources(
            records, options.model.import_order()
        )  # refuses what is no source before anything is sent
    execution = yield from start(site, secret, schema, options, memory)
    tally = execution.ledger.tally
    try:
        sending = _Sending(site, secret, execution, execution.run_id)
        yield from sending.all_of(records, first)
        if first is None:
            yield from _guard(site, secret, schema, execution)
        yield from complete(site, secret, execution)
    except BaseException as error:
        _note_on(error, execution, site)
        yield from abandon(site, secret, execution, reason=error)
        yield from _told(site, execution, ImportPhase.INTERRUPTED)
        raise
    if not options.wait:
        status = ExecutionStatus(state="PROCESSING", execution_id=execution.id)
        return tally.result(
            status, site.clock.monotonic(), unknown_keys=sending.unknown_keys, dangling=sending.dangling
        )
    status = yield from _ended(site, secret, execution, options.timeout)
    return tally.result(
        status, site.clock.monotonic(), unknown_keys=sending.unknown_keys, dangling=sending.dangling
    )


def _note_on(error: BaseException, execution: Execution, site: Site) -> None:
    """
    Say on an error what had been sent until then.
    """
    tally = execution.ledger.tally
    if isinstance(error, AssetsError):
        status = ExecutionStatus(state="", execution_id=execution.id)
        error.result = tally.result(status, site.clock.monotonic())
        error.add_note(
            f"Until then Assets had taken {sum(tally.sent.values()):,} records in {tally.chunks} chunks; "
            "the import was not completed, so nothing of it is in Assets."
        )


# --- sending


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
class _Sending:
    """
    The producer of an execution: reads, checks, cuts, and keeps the workers busy.
    """

    site: Site
    secret: Secret = field(repr=False)
    execution: Execution
    prefix: str
    in_flight: int = field(default=0, init=False)
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
            gzip=options.compress,
        )
        self.links = ExecutionLinks.from_dict(self.execution.links, self.site.gateway)

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
                chunks += self.chunker.flush()  # a slow source: what is there goes on its way
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
        limit = self.execution.options.in_flight
        while self.in_flight >= limit:
            yield from self._join()
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
            halves = self.chunker.split(chunk)
            if not halves:
                self._refused(self.chunker.too_large(chunk))
            for half in halves:
                yield from self._dispatch(half)
            return
        yield from _told(self.site, self.execution, ImportPhase.SENDING, in_flight=self.in_flight)

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
                raise _cancelled(self.execution, self.site, status) from error
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
    yield from _Sending(site, secret, execution, f"{execution.run_id}{name}").all_of(records)
    return sum(execution.ledger.tally.sent.values()) - before


# --- the end


def look(site: Site, secret: Secret, execution: Execution) -> Operation[ExecutionStatus]:
    """
    The state of an execution.
    """
    links = ExecutionLinks.from_dict(execution.links, site.gateway)
    answer = yield from call(site, wire.execution_status(links, tokens.bearer(secret)))
    return read_execution_status(answer.json())


def complete(site: Site, secret: Secret, execution: Execution) -> Operation[None]:
    """
    Say that all data is there, once.
    """
    _refuse_not_owner(execution, "completed")
    if execution.ledger.is_completed:
        return
    links = ExecutionLinks.from_dict(execution.links, site.gateway)
    request = wire.complete_import(links, tokens.bearer(secret))
    for last in (False, True):
        try:
            yield from call(site, request)
        except (TransportError, ServiceUnavailableError) as error:
            if isinstance(error, TransportError) and error.sent == "no":
                raise
            status = yield from look(site, secret, execution)
            if status.is_cancelled:
                raise _cancelled(execution, site, status) from None
            if status.takes_data:
                if last:
                    raise
                continue
        except ApiError as error:
            if error.status not in (400, 404, 409, 410):
                raise
            status = yield from look(site, secret, execution)
            if status.is_cancelled:
                raise _cancelled(execution, site, status) from error
            raise
        break
    execution.ledger.is_completed = True


def wait(site: Site, secret: Secret, execution: Execution, timeout: float) -> Operation[ImportResult]:
    """
    Wait for the end of an execution.
    """
    status = yield from _ended(site, secret, execution, timeout)
    return execution.ledger.tally.result(status, site.clock.monotonic())


def result(site: Site, secret: Secret, execution: Execution) -> Operation[ImportResult]:
    """
    What is known now.
    """
    status = yield from look(site, secret, execution)
    return execution.ledger.tally.result(status, site.clock.monotonic())


def _ended(site: Site, secret: Secret, execution: Execution, timeout: float) -> Operation[ExecutionStatus]:
    started = site.clock.monotonic()
    puzzled: set[str] = set()
    while True:
        status = yield from look(site, secret, execution)
        waited = site.clock.monotonic() - started
        if status.is_cancelled:
            yield from _told(site, execution, ImportPhase.CANCELLED, state=status.state)
            raise _cancelled(execution, site, status)
        if status.is_done:
            yield from _told(site, execution, ImportPhase.DONE, state=status.state)
            return status
        if not status.is_known and status.state not in puzzled:
            puzzled.add(status.state)
            _log.warning("the execution is in the state %s, which is new to this library", status.state)
        yield from _told(site, execution, ImportPhase.PROCESSING, state=status.state)
        if waited >= timeout:
            raise ImportTimeoutError(
                f"Assets was not done with the import after {timeout:g} seconds; it goes on with it.",
                execution=execution,
                remedies=(
                    "You: wait longer with execution.wait(), which is on this error, or look at the import in Assets.",
                ),
            )
        yield Sleep(min(_pause(waited, site.chance()), max(timeout - waited, 0.001)))


def _pause(waited: float, chance: float = 0.5) -> float:
    """
    Seconds to the next look: a tenth of the time waited so far, from 1 to 15, a little more or less.
    """
    return min(15.0, max(1.0, 0.1 * waited)) * (0.9 + 0.2 * chance)


def cancel(site: Site, secret: Secret, execution: Execution) -> Operation[bool]:
    """
    Cancel an execution of ours.
    """
    _refuse_not_owner(execution, "cancelled")
    status = yield from look(site, secret, execution)
    if status.is_over:
        return status.is_cancelled
    links = ExecutionLinks.from_dict(execution.links, site.gateway)
    try:
        yield from call(site, wire.cancel_import(links, tokens.bearer(secret)))
    except ApiError as error:
        if not isinstance(error, NotFoundError) and error.status not in (400, 409):
            raise
    return (yield from look(site, secret, execution)).is_cancelled


def abandon(
    site: Site, secret: Secret, execution: Execution, *, reason: BaseException | None = None
) -> Operation[None]:
    """
    Clear an execution of ours away that cannot be brought to a good end, as far as that is possible in a moment.

    What fails here is not raised: the reason for abandoning it is what matters.
    """
    if not execution.is_owner or execution.ledger.is_completed or execution.options.journal is not None:
        return
    links = ExecutionLinks.from_dict(execution.links, site.gateway)
    bearer = tokens.bearer(secret)
    try:
        if execution.options.record_failure and reason is not None:
            text = f"{type(reason).__name__}: {reason}".partition("\n")[0]
            yield from call(site, wire.record_failure(links, bearer, text))
        else:
            yield from call(site, wire.cancel_import(links, bearer))
    except Exception as error:  # whatever it is, it must not hide the reason
        _log.warning("the execution %s could not be cancelled: %s", execution.id, type(error).__name__)


def _refuse_not_owner(execution: Execution, what: str) -> None:
    if not execution.is_owner:
        raise ClosedError(
            f"The execution {execution.id} was not {what}: it was started by another process.",
            remedies=("You: leave that to the process that started it.",),
        )


def _cancelled(execution: Execution, site: Site, status: ExecutionStatus) -> ImportCancelledError:
    return ImportCancelledError(
        f"The execution {execution.id} was cancelled; what was sent to it is not imported.",
        execution=execution.detached(),
        result=execution.ledger.tally.result(status, site.clock.monotonic()),
    )


# --- guarding and telling


def _guard(
    site: Site, secret: Secret, schema: ObjectSchemaRecord | None, execution: Execution
) -> Operation[None]:
    """
    Refuse to complete an import that brings far fewer records than Assets has objects.

    An import may be set to remove objects that a run does not bring. Whether it is cannot be read, so that the worst is
    assumed: a source that broke off without an error, or a filter that was left on, must not empty a schema.
    """
    options = execution.options
    sent = execution.ledger.tally.sent
    if options.allow_missing:
        return
    if not sum(sent.values()):
        raise MassDeletionGuardError(
            "The source gave no records; the import was not completed.",
            remedies=("You: check the source; if nothing is what should be there, pass allow_missing=True.",),
        )
    schema_id = schema.id if schema is not None else (yield from _schema_of(site, execution))
    if not schema_id:
        return
    try:
        types = yield from schemas.object_types(site, schema_id)
    except ApiError as error:
        _log.warning("how many objects there are could not be read (%s); the import goes on", error.code)
        return
    counts = {object_type.name.casefold(): object_type.object_count or 0 for object_type in types}
    short: list[str] = []
    for selector, name in names_of(execution.model).items():
        there, now = counts.get(name.casefold(), 0), sent.get(selector, 0)
        if there and now < there * (1 - options.max_missing):
            short.append(f"{name}: {now:,} records for {there:,} objects")
    if short:
        raise MassDeletionGuardError(
            f"Far fewer records came than there are objects ({'; '.join(short)}); the import was not completed.",
        )


def _schema_of(site: Site, execution: Execution) -> Operation[str]:
    try:
        found = ImportLinks(
            status="",
            start="",
            mapping="",
            workspace_id=execution.workspace_id,
            import_source_id=execution.import_source_id,
        )
        return (yield from tokens.source_of(site, found)).schema_id
    except (ApiError, TransportError) as error:
        _log.warning("the object schema of the import could not be read (%s); the import goes on", error.code)
        return ""


def _told(
    site: Site, execution: Execution, phase: ImportPhase, *, in_flight: int = 0, state: str = ""
) -> Operation[None]:
    callback = execution.options.on_progress
    if callback is None:
        return
    progress = execution.ledger.tally.progress(
        phase, site.clock.monotonic(), in_flight=in_flight, state=state
    )
    yield Report(cast("Callable[[ImportProgress], object]", callback), progress)
