"""Imports: from an import token to the objects that Assets confirmed.

One run of an import is an *execution*. These are its states, and what this package does in each one:

    info            Request where the token leads. The links are bound to the token and are requested again for every run.
    start           Start the execution, once. The service rejects a second one (409) with the reason: an execution is
                    running, the mapping is missing, the import is disabled, or it does not accept data. The state
                    (`configstatus`) is not requested beforehand: the rejection reports the same without a round trip and
                    without a race. The state is requested only to wait for a running execution, or after a start with an
                    unknown outcome.
    INGESTING       The execution accepts chunks, in any number and order. It may take a moment to get there; a chunk sent
                    earlier has left an execution stuck, so the state is awaited first.
    completed       Send `completed: true` once, alone, and only if the source ended without an error. Completing half an
                    import with "remove missing objects" deletes the other half.
    PROCESSING      Assets compares and writes. The execution can still be cancelled; what is written remains.
    DONE, CANCELLED The only two final states. An unknown state counts as running until the timeout.

Chunks. A chunk consists of records as bytes that never change, with an id that is derived from the run and the chunk's
number. Every attempt sends the same bytes. It is not documented whether the service recognizes a repeated id. Repeating is
safe because objects are written by their external id, which is why a mapping without an identifier is rejected when it is
built. A chunk is confirmed when a complete success response has arrived, not before. `completed: true` is not repeated
blindly: after an unknown outcome, the state decides (PROCESSING or DONE means that it was received). A start with an
unknown outcome is never repeated while an execution is running, because that execution may belong to someone else, and an
execution of someone else is never cancelled.

Flow. One producer, the caller's thread or task, reads, checks, encodes, and cuts; up to `in_flight` workers send. The
producer is never more than one chunk ahead of the chunks in flight, so memory does not grow with the number of records.
The first fatal failure stops everything. An execution of this process that cannot succeed is cancelled, within a second
after Ctrl-C. With a journal, it is left open instead for `resume_import`. An execution that Assets may already treat as
complete is never cancelled.

Order. Chunks leave in the order of the source, but several are in flight, and a repeated chunk comes later. Therefore a
chunk that refers to other selectors waits until all their chunks are confirmed. Within one object type, no order is
guaranteed, and none is needed: Assets processes the data after all of it has arrived. (Processing in the order of arrival
is likely but not documented, so targets do not rely on it.) A source of pairs that mixes targets and referrers is sent in
its own order.

Journal. A run is written before its execution is started, the execution as soon as its id is known, a chunk before it is
sent and again when it is confirmed, and the end of the data before `completed: true`. If the process is killed, at most
one thing is unknown: whether the chunks in flight arrived (they are sent again), or whether an execution was started that
the journal does not contain (the next start reports `ImportBusyError`).
"""

from __future__ import annotations

import logging
import secrets

from attrs import frozen

from .._arguments.fitting import invalid
from .._http.commands import Operation
from .._imports.counts import count_text
from .._imports.encoding import Encoder, choose_encoder, encoder_named
from .._imports.execution import Execution
from .._imports.execution_results import ExecutionStatus
from .._imports.journal import Journal
from .._imports.journal_values import JournalExecution, JournalRun, RunState
from .._imports.options import ImportOptions
from .._imports.pipeline import Pipeline
from .._imports.readback import ReadBack
from .._imports.result import ImportResult, Leavers
from .._imports.verification import ImportVerification
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
from . import executions, starting, verifying
from .executions import GONE, clean_up, complete, ended, look, patient
from .guard import refuse_missing
from .import_tokens import ImportTarget
from .record_sources import Records
from .run_journal import (
    JournalRecord,
    changed_records,
    doubtful_types,
    forget_lost,
    leavers_of,
    notes_of,
    opened_journal,
    record_objects,
    refuse_other_journal,
    shape_of,
)
from .sending import Sending
from .starting import ImportSetup, begin
from .verifying import SAMPLE, Verifying

_log = logging.getLogger("jsm_assets_dest.import")


def run(
    target: ImportTarget,
    records: object,
    options: ImportOptions,
    *,
    first: int | None = None,
    resume: bool = False,
) -> Operation[ImportResult]:
    """Start an execution, send the records, complete it, and wait for its end.

    Args:
        target: The import.
        records: The source.
        options: The options.
        first: Number of records to send in a test import. None sends all records.
        resume: Continue the run that the journal contains, if it was interrupted.
    """
    if first is not None and first < 1:
        raise invalid("count", "is below 1", "Pass an integer, such as 100.")
    sources = Records(records)
    if resume and options.journal is None:
        raise ConfigurationError(
            "The argument `journal` is missing. Nothing was sent.",
            field="journal",
            fix="Pass the journal=… of the interrupted import.",
        )
    with opened_journal(options, target.site) as journal:
        setup = yield from starting.prepare(target, options)
        sources.fit(setup.model)
        if journal is not None and options.send == "changed":
            refuse_other_journal(journal, setup.links.import_source_id)
        readback = yield from _readback(target, setup)
        current = yield from _begun_or_resumed(target, setup, journal, first=first, resume=resume)
        return (yield from _finished(target, setup, sources, current, journal, first, readback))


@frozen
class _Run:
    """A new or resumed run.

    Attributes:
        execution: Its execution.
        encoder: Encoder of its chunks.
        record: Its chunks in the journal, if there is one.
        boundaries: Record counts of the first chunks, if it is resumed.
        is_completed: True if `completed: true` was sent before the interruption.
    """

    execution: Execution
    encoder: Encoder
    record: JournalRecord | None = None
    boundaries: tuple[int, ...] = ()
    is_completed: bool = False


def _begun_or_resumed(
    target: ImportTarget, setup: ImportSetup, journal: Journal | None, *, first: int | None, resume: bool
) -> Operation[_Run]:
    encoder = choose_encoder()
    if journal is None:
        evidence = yield from starting.evidence_of(target, setup)
        return _Run((yield from begin(target, setup, secrets.token_hex(8), evidence)), encoder)
    source_id, shape = setup.links.import_source_id, shape_of(setup.model)
    interrupted = journal.open_run(import_source=source_id, model_digest=shape) if resume else None
    if interrupted is None or interrupted.test:
        interrupted = None  # a test import contains only the first records
        execution = yield from _settled(target, setup, journal)
        evidence = yield from starting.evidence_of(target, setup, journal)
        if execution is not None:
            yield from executions.cancel(target, execution)
        run_id = secrets.token_hex(8)
        journal.begin_run(
            run_id, import_source=source_id, model_digest=shape, test=first is not None, encoder=encoder.name
        )
    else:
        run_id = interrupted.id
        encoder = _encoder_of(interrupted)
        resumed = yield from _resumed(target, setup, journal, interrupted, encoder)
        if resumed is not None:
            return resumed
        evidence = yield from starting.evidence_of(target, setup, journal)
    boundaries = journal.boundaries(run_id)
    entries: list[JournalExecution] = []
    try:
        execution = yield from begin(
            target,
            setup,
            run_id,
            evidence,
            lambda started: entries.append(journal.begin_execution(run_id, started.links, started.id)),
        )
    except ImportBusyError as error:
        if interrupted is not None and interrupted.execution is None:
            error.add_note(
                "The interrupted run was about to start an execution. The running execution is probably that one, and "
                "nothing was sent to it. Cancel it on the import's page in Assets, and resume again."
            )
        raise
    return _Run(execution, encoder, JournalRecord(journal, run_id, entries[0].number), boundaries)


def _encoder_of(interrupted: JournalRun) -> Encoder:
    """Return the encoder of the interrupted run, because only the same encoder produces the same chunks.

    Raises:
        ConfigurationError: It is not installed.
    """
    try:
        return encoder_named(interrupted.encoder)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "The interrupted import used the library orjson, which is not installed. Nothing was sent.",
            field="journal",
            fix="Install orjson, or start over with import_records().",
        ) from error


def _resumed(
    target: ImportTarget, setup: ImportSetup, journal: Journal, interrupted: JournalRun, encoder: Encoder
) -> Operation[_Run | None]:
    """Return the interrupted run if its execution can still be used; otherwise None."""
    entry = interrupted.execution
    execution = _execution_of(target.site, setup, interrupted.id, entry)
    if execution is None or entry is None:
        return None
    status = yield from _status_of(patient(target, execution), execution)
    if status is None:
        return None
    chunks = journal.chunks(interrupted.id, entry.number)
    record = JournalRecord(journal, interrupted.id, entry.number, chunks)
    if status.takes_data:
        execution.ledger.evidence = yield from starting.evidence_of(target, setup, journal)
        return _Run(execution, encoder, record, journal.boundaries(interrupted.id))
    if status.is_cancelled or interrupted.state is not RunState.COMPLETING:
        return None
    _count_accepted(journal, interrupted, entry, execution)
    return _Run(execution, encoder, record, is_completed=True)


def _execution_of(
    site: Site, setup: ImportSetup, run_id: str, entry: JournalExecution | None
) -> Execution | None:
    if entry is None or not entry.links:
        return None
    try:
        links = ExecutionLinks.from_dict(entry.links, site.gateway)
    except UnsafeLinkError:
        return None  # the connection uses another gateway now
    return starting.bound(site, setup, run_id, links)


def _count_accepted(
    journal: Journal, interrupted: JournalRun, entry: JournalExecution, execution: Execution
) -> None:
    for chunk in journal.chunks(interrupted.id, entry.number).values():
        if chunk.state == "accepted":
            execution.ledger.tally.accept(chunk.counts, chunk.bytes, before=True)


def _settled(target: ImportTarget, setup: ImportSetup, journal: Journal) -> Operation[Execution | None]:
    """Record the end of an interrupted run, if Assets has finished it.

    Returns:
        Its execution if it is open: it belongs to this journal and blocks a new one.
    """
    interrupted = journal.left_open(setup.links.import_source_id)
    if interrupted is None:
        return None
    entry = interrupted.execution
    execution = _execution_of(target.site, setup, interrupted.id, entry)
    status = (yield from _status_of(target, execution)) if execution is not None else None
    if entry is None or execution is None or status is None:
        return None
    if status.takes_data:
        return execution
    if status.is_done and interrupted.state is RunState.COMPLETING:
        # The run succeeded after the interruption. The guard compares the next run with it.
        _count_accepted(journal, interrupted, entry, execution)
        journal.finish_run(
            interrupted.id, RunState.DONE, execution.ledger.tally.sent, doubtful_types(execution, status)
        )
    return None


def _status_of(target: ImportTarget, execution: Execution) -> Operation[ExecutionStatus | None]:
    """Return the status of an execution from the journal; None if the service no longer knows it."""
    try:
        return (yield from look(target, execution))
    except ApiError as error:
        if error.status not in GONE:
            raise
        return None


def _readback(target: ImportTarget, setup: ImportSetup) -> Operation[ReadBack | None]:
    """Prepare the verification, if there is one, before anything is started."""
    verify = setup.options.verify
    if verify == "no":
        return None
    return (yield from verifying.prepare(target, setup.links, None if verify == "all" else SAMPLE))


def _finished(
    target: ImportTarget,
    setup: ImportSetup,
    records: Records,
    current: _Run,
    journal: Journal | None,
    first: int | None,
    readback: ReadBack | None,
) -> Operation[ImportResult]:
    execution = current.execution
    target = patient(target, execution)
    site = target.site
    tally = execution.ledger.tally
    changed = changed_records(execution, journal)
    pipeline = Pipeline(
        execution,
        execution.run_id,
        digests=current.record is not None,
        boundaries=current.boundaries,
        readback=readback,
        changed=changed,
        encoder=current.encoder,
    )
    sending = Sending(target, execution, pipeline, current.record)
    table_notes = () if current.is_completed else records.notes
    leavers = Leavers()
    status = ExecutionStatus(state="", execution_id=execution.id)
    try:
        if current.is_completed:
            execution.ledger.is_announced = execution.ledger.is_completed = True
        else:
            yield from sending.all_of(records, first)
            if changed is not None and journal is not None and first is None:
                leavers = leavers_of(changed, journal, execution, records.chosen(pipeline.selectors))
            yield from refuse_missing(target, execution)
            if journal is not None:
                record_objects(journal, execution, is_test=first is not None)
            yield from complete(target, execution)
        status = ExecutionStatus(state="PROCESSING", execution_id=execution.id)
        if execution.options.wait:
            status = yield from ended(target, execution, execution.options.timeout)
    except GeneratorExit:
        raise
    except BaseException as error:
        if journal is not None and isinstance(error, ImportCancelledError):
            journal.finish_run(execution.run_id, RunState.CANCELLED, tally.sent)
        try:
            yield from clean_up(target, execution, error)
        finally:
            _add_state(error, execution, site)
        raise
    verification: ImportVerification | None = None
    notes: tuple[str, ...] = ()
    if readback is not None and status.is_done:
        if current.is_completed:
            yield from verifying.note_records(setup, records, readback)
        is_test = first is not None
        verification, notes = yield from _verification(target, execution, readback, status, is_test=is_test)
    if journal is not None and status.is_done:
        journal.finish_run(execution.run_id, RunState.DONE, tally.sent, doubtful_types(execution, status))
        if verification is not None and readback is not None:
            forget_lost(journal, execution, readback)
    return tally.result(
        status,
        site.clock.monotonic(),
        unknown_keys=pipeline.unknown_keys,
        dangling=pipeline.dangling,
        notes=(*pipeline.notes, *table_notes, *notes_of(changed, tally), *notes, *_ignored_values(target)),
        verification=verification,
        already_confirmed=0 if changed is None else changed.unchanged_count,
        leavers=leavers,
    )


def _verification(
    target: ImportTarget, execution: Execution, readback: ReadBack, status: ExecutionStatus, *, is_test: bool
) -> Operation[tuple[ImportVerification | None, tuple[str, ...]]]:
    """Compare the records with their objects. The import has succeeded, so a failure is only a note of its result."""
    comparison = Verifying(
        target=target,
        readback=readback,
        seconds=execution.options.visible_seconds,
        removes=execution.options.missing_objects == "remove" and not is_test,
        created={report.name: report.created for report in status.object_types},
    )
    try:
        return (yield from comparison.run()), ()
    except AssetsError as error:
        _log.warning("the verification failed (%s)", error.code)
        return None, (f"The verification failed: {error.what} Compare later with token.verify(records).",)


def _ignored_values(target: ImportTarget) -> tuple[str, ...]:
    """Return a note about the empty and unknown values that the import ignores, if its settings were read."""
    source = target.memory.import_source
    return (source.ignored_values,) if source is not None and source.ignored_values else ()


def _add_state(error: BaseException, execution: Execution, site: Site) -> None:
    """Add to any exception what was sent before it, and what that means."""
    ledger = execution.ledger
    tally = ledger.tally
    if isinstance(error, AssetsError) and error.result is None:
        status = ExecutionStatus(state="", execution_id=execution.id)
        error.result = tally.result(status, site.clock.monotonic())
    accepted = (
        f"Assets accepted {count_text(sum(tally.sent.values()), 'record')} in "
        f"{count_text(tally.chunks + tally.skipped_chunks, 'chunk')} before that"
    )
    if isinstance(error, ImportCancelledError):
        error.add_note(f"{accepted}.")
    elif ledger.is_completed:
        error.add_note(f"{accepted}, which were all records, and continues to process them.")
    elif ledger.is_announced:
        error.add_note(
            f"{accepted}, which were all records. It is unknown whether Assets received the end of the data. Check the "
            "import in Assets."
        )
    else:
        error.add_note(f"{accepted}. The import was not completed, so none of them is in Assets.")
    if execution.options.journal is not None and not isinstance(error, ImportCancelledError):
        error.add_note("resume_import() with the same journal continues the import.")
