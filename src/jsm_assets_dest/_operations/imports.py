"""Imports: from an import token to what Assets confirmed.

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
has pressed Ctrl-C; with a journal it is left open instead, so that `resume_import` can go on with it. One that Assets may
have been told is complete is never cancelled.

Order. Chunks leave in the order of the source, but several are on their way at once, and one that has to be repeated
comes later. So a chunk that refers to others waits until all chunks with its targets are confirmed; within one object
type nothing is promised, which is no loss, because Assets begins to look at the data when all of it is there. (That it
looks at chunks in the order of their arrival is likely and documented nowhere; that is why targets do not rely on it.)
Only a source of pairs that mixes targets and referrers is sent as it comes.

The journal. A run is noted before its execution is started, and the execution as soon as the service has named it; a
chunk before it is sent, and again when it is confirmed; the end of the data before it is announced. So a kill at any
moment leaves at most one thing unknown: whether the chunks that were on their way arrived, which are sent again, or
whether an execution was started that nobody wrote down, which the next start finds out (`ImportBusyError`).
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Generator

from attrs import evolve, field, frozen

from .._http.commands import Operation
from .._imports.encoding import choose_encoder
from .._imports.execution import Execution
from .._imports.execution_status import ExecutionStatus
from .._imports.journal import Journal
from .._imports.journal_values import JournalExecution, JournalRun, RunState
from .._imports.options import ImportOptions
from .._imports.progress import count_text
from .._imports.result import ImportResult
from .._session.site import Site
from .._wire.import_requests import ExecutionLinks
from ..exceptions import (
    ApiError,
    AssetsError,
    ConfigurationError,
    ImportBusyError,
    ImportCancelledError,
    UnsafeLinkError,
)
from . import executions, starting
from .executions import GONE, clean_up, complete, ended, look
from .guard import refuse_removing_test, refuse_shrinking
from .import_target import ImportTarget
from .record_sources import refuse_no_source, refuse_unknown_selectors
from .resuming import JournalRecord, NoRecord, Record, shape_of
from .sending import Sending
from .starting import ImportSetup, begin


def run(
    target: ImportTarget,
    records: object,
    options: ImportOptions,
    *,
    first: int | None = None,
    resume: bool = False,
) -> Operation[ImportResult]:
    """Start, send everything, complete, wait.

    Args:
        target: The import.
        records: The source.
        options: How.
        first: Take only that many records; a test.
        resume: Go on with the run that the journal has open, if there is one.
    """
    refuse_no_source(records)
    if resume and options.journal is None:
        raise ConfigurationError(
            "No journal was named; nothing was sent.",
            field="journal",
            fix="Pass the journal=… that the killed import was given.",
        )
    with _opened(options, target.site) as journal:
        setup = yield from starting.prepare(target, options)
        refuse_unknown_selectors(records, setup.model.import_order())
        if first is not None and not options.allow_missing:
            yield from refuse_removing_test(target, setup.found)
        under_way = yield from _under_way(target, setup, journal, first=first, resume=resume)
        return (yield from _carried_through(target, setup, records, under_way, journal, first))


def checked_count(count: int) -> int:
    """How many records a test takes.

    Raises:
        ConfigurationError: It is no whole number of at least one; None would be everything, which is no test.
    """
    if type(count) is not int or count < 1:
        what = "is below 1" if type(count) is int else f"is {type(count).__name__}"
        raise ConfigurationError(
            f"`count` {what}; nothing was sent.", field="count", fix="Pass a whole number, such as 100."
        )
    return count


@contextlib.contextmanager
def _opened(options: ImportOptions, site: Site) -> Generator[Journal | None]:
    if options.journal is None:
        yield None
        return
    with Journal(options.journal, now=site.clock.time) as journal:
        yield journal


@frozen
class _UnderWay:
    """A run, new or taken up again.

    Attributes:
        execution: Its execution.
        record: Where its chunks are noted.
        boundaries: How many records its first chunks must have.
        is_completed: Whether the end of the data was announced before the run was interrupted.
    """

    execution: Execution
    record: Record = field(factory=NoRecord)
    boundaries: tuple[int, ...] = ()
    is_completed: bool = False


def _under_way(
    target: ImportTarget, setup: ImportSetup, journal: Journal | None, *, first: int | None, resume: bool
) -> Operation[_UnderWay]:
    """Begin a run, or take up the one that the journal has open."""
    if journal is None:
        return _UnderWay((yield from begin(target, setup, secrets.token_hex(8))))
    source_id, shape = setup.found.import_source_id, shape_of(setup.model)
    left = journal.open_run(import_source=source_id, model_digest=shape) if resume else None
    if left is None or left.test:
        left = None  # the records of a test are not those of the whole
        yield from _clear_away(target, setup, journal)
        run_id = secrets.token_hex(8)
        encoder = choose_encoder(fast=setup.options.fast).name
        journal.begin_run(
            run_id, import_source=source_id, model_digest=shape, test=first is not None, encoder=encoder
        )
    else:
        run_id = left.id
        setup = _written_as_before(setup, left)
        taken_up = yield from _taken_up(target, setup, journal, left)
        if taken_up is not None:
            return taken_up
    boundaries = journal.boundaries(run_id)
    noted: list[JournalExecution] = []
    try:
        execution = yield from begin(
            target,
            setup,
            run_id,
            lambda started: noted.append(journal.begin_execution(run_id, started.links, started.id)),
        )
    except ImportBusyError as error:
        if left is not None and left.execution is None:
            error.add_note(
                "The interrupted run had been about to start an execution when it ended, and the one that is running is "
                "probably that one. Nothing was sent to it: cancel it on the import's page in Assets, and resume again."
            )
        raise
    return _UnderWay(execution, JournalRecord(journal, run_id, noted[0].number), boundaries)


def _written_as_before(setup: ImportSetup, left: JournalRun) -> ImportSetup:
    """The setup with the encoder of the interrupted run: only the same one gives the same bytes for the same records.

    Raises:
        ConfigurationError: It is not installed here.
    """
    options = evolve(setup.options, fast=left.encoder == "orjson")
    starting.refuse_missing_encoder(options)
    return evolve(setup, options=options)


def _taken_up(
    target: ImportTarget, setup: ImportSetup, journal: Journal, left: JournalRun
) -> Operation[_UnderWay | None]:
    """The execution of an interrupted run, if it is any good still."""
    noted = left.execution
    execution = _of_journal(target.site, setup, left.id, noted)
    if execution is None or noted is None:
        return None
    status = yield from _state_of(target, execution)
    if status is None:
        return None
    before = journal.chunks(left.id, noted.number)
    record = JournalRecord(journal, left.id, noted.number, before)
    if status.takes_data:
        return _UnderWay(execution, record, journal.boundaries(left.id))
    if status.is_cancelled or left.state is not RunState.COMPLETING:
        return None
    for chunk in before.values():
        if chunk.state == "accepted":
            execution.ledger.tally.accept(chunk.counts, chunk.bytes, before=True)
    return _UnderWay(execution, record, is_completed=True)


def _of_journal(
    site: Site, setup: ImportSetup, run_id: str, noted: JournalExecution | None
) -> Execution | None:
    if noted is None or not noted.links:
        return None
    try:
        links = ExecutionLinks.from_dict(noted.links, site.gateway)
    except UnsafeLinkError:
        return None  # the gateway is another one by now
    return starting.bound(site, setup, run_id, links)


def _clear_away(target: ImportTarget, setup: ImportSetup, journal: Journal) -> Operation[None]:
    """Cancel what an interrupted run left open: it is ours, and would be in the way."""
    left = journal.left_open(setup.found.import_source_id)
    noted = left.execution if left is not None else None
    execution = _of_journal(target.site, setup, left.id, noted) if left is not None else None
    status = (yield from _state_of(target, execution)) if execution is not None else None
    if left is None or noted is None or execution is None or status is None:
        return
    if status.takes_data:
        yield from executions.cancel(target, execution)
    elif status.is_done and left.state is RunState.COMPLETING:
        # Nobody waited for its end: it came to a good one, and the guard should know what it had.
        for chunk in journal.chunks(left.id, noted.number).values():
            if chunk.state == "accepted":
                execution.ledger.tally.accept(chunk.counts, chunk.bytes, before=True)
        journal.finish_run(left.id, RunState.DONE, execution.ledger.tally.sent)


def _state_of(target: ImportTarget, execution: Execution) -> Operation[ExecutionStatus | None]:
    """The state of an execution that the journal knows; None where the service does not know it any more."""
    try:
        return (yield from look(target, execution))
    except ApiError as error:
        if error.status not in GONE:
            raise
        return None


def _carried_through(
    target: ImportTarget,
    setup: ImportSetup,
    records: object,
    under_way: _UnderWay,
    journal: Journal | None,
    first: int | None,
) -> Operation[ImportResult]:
    execution = under_way.execution
    tally = execution.ledger.tally
    sending = Sending(
        target, execution, execution.run_id, record=under_way.record, boundaries=under_way.boundaries
    )
    status = ExecutionStatus(state="", execution_id=execution.id)
    unchecked: tuple[str, ...] = ()
    try:
        if under_way.is_completed:
            execution.ledger.is_announced = execution.ledger.is_completed = True
        else:
            yield from sending.all_of(records, first)
            if first is None:
                previous = (
                    journal.previous_counts(execution.import_source_id) if journal is not None else None
                )
                unchecked = yield from refuse_shrinking(target.site, execution, setup.found, previous)
            if journal is not None:
                journal.completing(execution.run_id)
            yield from complete(target, execution)
        status = ExecutionStatus(state="PROCESSING", execution_id=execution.id)
        if execution.options.wait:
            status = yield from ended(target, execution, execution.options.timeout)
    except GeneratorExit:
        raise
    except BaseException as error:
        _note_on(error, execution, target.site)
        if journal is not None and isinstance(error, ImportCancelledError):
            journal.finish_run(execution.run_id, RunState.CANCELLED, tally.sent)
        yield from clean_up(target, execution, error)
        raise
    if journal is not None and status.is_done:
        journal.finish_run(execution.run_id, RunState.DONE, tally.sent)
    return tally.result(
        status,
        target.site.clock.monotonic(),
        unknown_keys=sending.unknown_keys,
        dangling=sending.dangling,
        notes=(*sending.notes, *unchecked),
    )


def _note_on(error: BaseException, execution: Execution, site: Site) -> None:
    """Say on an error, whosever it is, what had been sent until then and what that means."""
    ledger = execution.ledger
    tally = ledger.tally
    if isinstance(error, AssetsError) and error.result is None:
        status = ExecutionStatus(state="", execution_id=execution.id)
        error.result = tally.result(status, site.clock.monotonic())
    taken = (
        f"Until then Assets had taken {count_text(sum(tally.sent.values()), 'record')} in "
        f"{count_text(tally.chunks + tally.skipped_chunks, 'chunk')}"
    )
    if isinstance(error, ImportCancelledError):
        error.add_note(f"{taken}.")
    elif ledger.is_completed:
        error.add_note(f"{taken}, which was everything, and goes on with it.")
    elif ledger.is_announced:
        error.add_note(
            f"{taken}, which was everything. Whether it heard that the data is complete is not known: look at the import "
            "in Assets."
        )
    else:
        error.add_note(f"{taken}; the import was not completed, so nothing of it is in Assets.")
    if execution.options.journal is not None and not isinstance(error, ImportCancelledError):
        error.add_note("Its journal lets resume_import() go on with it.")
