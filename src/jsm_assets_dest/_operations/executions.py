"""States of one execution: read, completed, awaited, cancelled. See the docstring of `imports` for the rules."""

from __future__ import annotations

import contextlib
import logging
from http import HTTPStatus

from attrs import evolve

from .._arguments.fitting import checked_seconds
from .._http.commands import Operation, Report, Sleep
from .._imports.counts import count_text
from .._imports.execution import Execution
from .._imports.execution_results import ExecutionStatus, read_execution_status
from .._imports.preview import ImportPreview
from .._imports.progress import ImportPhase
from .._imports.result import ImportResult
from .._session.call import call
from .._session.observed import send
from .._session.site import Site
from .._wire import import_requests as wire
from .._wire.import_requests import ExecutionLinks
from .._wire.phrases import MINUTE, clock_time, duration, wait_text
from ..exceptions import (
    ApiError,
    AssetsError,
    ClosedError,
    ExecutionCompletedError,
    ImportCancelledError,
    ImportTimeoutError,
    RateLimitedError,
    ServiceUnavailableError,
    TransportError,
)
from .guard import refuse_missing
from .import_tokens import ImportTarget

_log = logging.getLogger("jsm_assets_dest.import")
_states = logging.getLogger("jsm_assets_dest.state")

#: Statuses of responses about an execution that no longer accepts data or is unknown. The OpenAPI document declares only
#: 400; other clients handle the rest.
GONE = frozenset({400, 404, 409, 410})
#: Seconds for the clean-up after an interruption.
CLEAN_UP_SECONDS = 0.5
#: Seconds to wait until an execution is cancelled.
CANCEL_SECONDS = 60.0
#: Default seconds to wait until Assets has processed an execution.
PROCESSING_SECONDS = 3600.0


# --- waiting for rate limits


def patient(target: ImportTarget, execution: Execution) -> ImportTarget:
    """Return the import for the requests of an open execution: they wait for rate limits as long as its options allow."""
    site, ledger = target.site, execution.ledger

    def on_wait(seconds: float, added: float) -> Operation[None]:
        with ledger.lock:
            ledger.tally.throttled += added
        if seconds >= MINUTE:
            _log.warning(
                "Atlassian's rate limit blocks the import for %s. The execution %s stays open.",
                wait_text(seconds, site.clock.time() + seconds),
                execution.id,
                extra={"execution": execution.id, "wait": seconds},
            )
        phase = ImportPhase.PROCESSING if ledger.is_announced else ImportPhase.SENDING
        yield from report(site, execution, phase, state=ledger.state, waiting=seconds)

    ledger.patience.on_wait = on_wait
    return evolve(target, site=site.patient(ledger.patience))


def _leave_open(error: RateLimitedError, execution: Execution, site: Site) -> None:
    """Add to the error what remains of an import that a rate limit stopped."""
    if error.execution is not None:
        return
    ledger, journal = execution.ledger, execution.options.journal
    waited = f" after {duration(ledger.patience.waited)} of waiting" if ledger.patience.waited >= 1 else ""
    until = "" if error.reset_at is None else f"after {clock_time(error.reset_at, site.clock.time())}, "
    error.execution = execution.detached()
    if ledger.is_announced:
        error.what = f"A rate limit of Atlassian stopped the import{waited}. All records were sent, and Assets continues."
        error.remedies = (
            "You: check the import's page in Assets, or wait with token.attach(error.execution).wait().",
        )
        return
    accepted = count_text(sum(ledger.tally.sent.values()), "record")
    error.what = f"A rate limit of Atlassian stopped the import{waited}. The execution {execution.id} stays open with {accepted}."
    more = "Or you: pass a larger throttle_seconds=, if the limit often lasts longer."
    if journal is not None:
        error.remedies = (
            f"You: {until}continue with resume_import() and the same journal. Accepted records are not sent again.",
            more,
        )
        return
    error.remedies = (
        f"You: {until}submit the remaining records with token.attach(error.execution, lead=True), and complete it.",
        "Or you: cancel() it with the same handle, because it blocks other imports, and start over.",
        "You: pass journal= in future, so that resume_import() can continue.",
        more,
    )


def _throttle_of(reason: BaseException | None) -> RateLimitedError | None:
    """Return the rate limit because of which an import stops, also if the source of the records was throttled."""
    while reason is not None and not isinstance(reason, RateLimitedError):
        reason = reason.__cause__
    return reason


# --- reading, completing


def look(target: ImportTarget, execution: Execution) -> Operation[ExecutionStatus]:
    """Read the status of an execution."""
    links = ExecutionLinks.from_dict(execution.links, target.site.gateway)
    response = yield from call(target.site, wire.execution_status(links, target.bearer))
    status = read_execution_status(response.json())
    before, execution.ledger.state = execution.ledger.state, status.state
    if status.state != before:
        _states.info(
            "execution %s: %s",
            execution.id,
            status.state,
            extra={"execution": execution.id, "state": status.state, "before": before},
        )
    return status


def complete(
    target: ImportTarget, execution: Execution, accepted: ImportPreview | None = None
) -> Operation[None]:
    """Report the end of the data, once, unless the guard rejects the run.

    Args:
        target: The import.
        execution: The execution.
        accepted: Preview whose missing objects the caller accepts.
    """
    _refuse_not_owner(execution, "completed")
    if execution.ledger.is_completed:
        return
    ledger = execution.ledger
    links = data_links(target.site, execution)
    if ledger.may_have_leaders and not ledger.is_announced:
        # The service may accept the end of the data twice. Then only the state shows that another leader was first.
        status = yield from look(target, execution)
        if status.is_cancelled:
            raise cancelled(execution, target.site, status)
        if not status.takes_data:
            raise _completed_elsewhere(execution, status)
    if not ledger.is_announced:
        yield from refuse_missing(target, execution, accepted)
    request = wire.complete_import(links, target.bearer)
    is_unsure = ledger.is_announced  # an earlier call may have been received
    for is_last in (False, True):
        announced_before, ledger.is_announced = ledger.is_announced, True
        try:
            yield from call(target.site, request)
            break
        except AssetsError as error:
            is_rejected = isinstance(error, ApiError) and not isinstance(error, ServiceUnavailableError)
            is_unsent = isinstance(error, TransportError) and error.sent == "no"
            if is_rejected or is_unsent:
                ledger.is_announced = announced_before
            if is_unsent or (is_rejected and error.status not in GONE):
                raise
            status = yield from look(target, execution)
            if status.is_cancelled:
                raise cancelled(execution, target.site, status) from (error if is_rejected else None)
            if not status.takes_data:
                if is_rejected and not is_unsure:
                    raise _completed_elsewhere(execution, status) from error
                break  # this or an earlier attempt was received
            ledger.is_announced = False
            if is_rejected or is_last:
                raise
            is_unsure = True  # the attempt may still arrive
    ledger.is_announced = ledger.is_completed = True


def finish(target: ImportTarget, execution: Execution) -> Operation[None]:
    """Complete a manual execution at the end of its block, and wait for its end.

    If it cannot be completed, it is cleaned up, because no one else would do so and it blocks the next execution.
    """
    execution.ledger.is_manual = False
    try:
        yield from complete(target, execution)
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from clean_up(target, execution, error)
        raise
    yield from wait(target, execution, PROCESSING_SECONDS)


def wait(target: ImportTarget, execution: Execution, timeout: float) -> Operation[ImportResult]:
    """Wait for the end of a manual execution.

    Raises:
        ConfigurationError: The timeout is invalid.
    """
    checked_seconds(timeout, "timeout")
    try:
        status = yield from ended(target, execution, timeout)
    except ImportCancelledError as error:
        yield from _report_end(target.site, execution, error)
        raise
    return execution.ledger.tally.result(status, target.site.clock.monotonic())


def result(target: ImportTarget, execution: Execution) -> Operation[ImportResult]:
    """Return the result so far."""
    status = yield from look(target, execution)
    return execution.ledger.tally.result(status, target.site.clock.monotonic())


def ended(target: ImportTarget, execution: Execution, timeout: float) -> Operation[ExecutionStatus]:
    """Wait for the end of an execution and return its last status, which is DONE."""
    site, patience = target.site, execution.ledger.patience
    started, throttled = site.clock.monotonic(), patience.waited
    unknown_states: set[str] = set()
    unreadable_since: float | None = None
    unreadable_seconds = site.policy.deadline if site.policy.attempts > 1 else 0.0
    status = ExecutionStatus(state="")
    while True:
        try:
            status = yield from look(target, execution)
            unreadable_since = None
        except AssetsError as error:
            # Assets continues, so a status that cannot be read for a while does not fail the import.
            current_time = site.clock.monotonic()
            unreadable_since = current_time if unreadable_since is None else unreadable_since
            is_over = isinstance(error, RateLimitedError) or not site.policy.accepts(error.retry_after)
            if is_over or not error.retryable:
                raise
            if current_time - unreadable_since >= unreadable_seconds or current_time - started >= timeout:
                raise
            _log.info("the status of the execution could not be read (%s); retrying", error.code)
        # Waits for rate limits say nothing about Assets.
        waited = max(0.0, site.clock.monotonic() - started - (patience.waited - throttled))
        if status.is_cancelled:
            raise cancelled(execution, site, status)
        if status.is_done:
            yield from report(site, execution, ImportPhase.DONE, state=status.state)
            return status
        if unreadable_since is None and not status.is_known and status.state not in unknown_states:
            unknown_states.add(status.state)
            _log.warning(
                "the execution is in the state %s, which this library does not know", status.state or "(none)"
            )
        yield from report(site, execution, ImportPhase.PROCESSING, state=status.state)
        if waited >= timeout:
            raise ImportTimeoutError(
                f"Assets did not finish the import within {timeout:g} seconds. It continues.",
                execution=execution.detached(),
                result=execution.ledger.tally.result(status, site.clock.monotonic()),
                remedies=(
                    "You: continue to wait with token.attach(error.execution).wait(), or check the import in Assets.",
                ),
            )
        yield Sleep(min(pause(waited, site.chance()), max(timeout - waited, 0.001)))


def pause(waited: float, random_value: float) -> float:
    """Return the seconds until the next status request: a tenth of the time waited so far, from 1 to 15.

    Only the first pause is random. That keeps programs that start together from sending requests together, and limits both
    the number of requests and the delay in detecting the end.
    """
    if waited < 0.5:
        return 0.5 + 0.5 * random_value
    return min(15.0, max(1.0, 0.1 * waited))


# --- cancelling


def cancel(target: ImportTarget, execution: Execution) -> Operation[bool]:
    """Cancel an execution that this handle leads; return True if it is cancelled, and False if it ended before.

    Raises:
        ApiError: Assets rejected the request, and the execution has not ended.
        ImportTimeoutError: Assets accepted the request, and the execution has not ended after a minute.
    """
    _refuse_not_owner(execution, "cancelled")
    status = yield from look(target, execution)
    if status.is_over:
        return status.is_cancelled
    links = ExecutionLinks.from_dict(execution.links, target.site.gateway)
    rejection: ApiError | None = None
    try:
        yield from call(target.site, wire.cancel_import(links, target.bearer))
    except ApiError as error:
        if error.status not in GONE:
            raise
        rejection = error
    started = target.site.clock.monotonic()
    while not (status := (yield from look(target, execution))).is_over:
        # A rejection does not say that the execution has ended.
        if rejection is not None:
            raise rejection
        waited = target.site.clock.monotonic() - started
        if waited >= CANCEL_SECONDS:
            raise ImportTimeoutError(
                f"Assets accepted the request to cancel the execution {execution.id}, but its state was still "
                f"{status.state} after {waited:.0f} seconds.",
                remedies=("You: check the import in Assets, or call cancel() again later.",),
                execution=execution.detached(),
            )
        yield Sleep(pause(waited, target.site.chance()))
    return status.is_cancelled


def clean_up(target: ImportTarget, execution: Execution, reason: BaseException) -> Operation[None]:
    """Clean up an execution that cannot succeed, and send the displays their last report."""
    yield from abandon(target, execution, reason=reason)
    yield from _report_end(target.site, execution, reason)


def _report_end(site: Site, execution: Execution, reason: BaseException) -> Operation[None]:
    # Displays must release the terminal, and an exception of a display must not hide the reason.
    phase = ImportPhase.CANCELLED if isinstance(reason, ImportCancelledError) else ImportPhase.INTERRUPTED
    try:
        yield from report(site, execution, phase)
    except Exception as error:  # noqa: BLE001 - a display of the caller may raise anything
        _log.warning("a progress display raised %s", type(error).__name__)


def abandon(
    target: ImportTarget, execution: Execution, *, reason: BaseException, keep_for_journal: bool = True
) -> Operation[None]:
    """Cancel an execution of this process that cannot succeed.

    An execution that Assets may already treat as complete is not cancelled, because it contains all data; neither is one that
    another leader has completed. Nor is one that a rate limit stopped: what was sent would be lost. After an interruption such as Ctrl-C, each request is sent once,
    without waiting for the gate, for half a second at most. A failure is logged, not raised, because the reason matters
    more. For the same reason, cancelling does not wait long for a rate limit.

    Args:
        target: The import.
        execution: The execution.
        reason: The exception because of which it cannot succeed.
        keep_for_journal: Leave it open if there is a journal from which it can be resumed.
    """
    throttle = _throttle_of(reason)
    if throttle is not None:
        _leave_open(throttle, execution, target.site)
        return
    if not execution.is_owner or execution.ledger.is_completed:
        return
    if keep_for_journal and execution.options.journal is not None:
        return
    if not isinstance(reason, Exception):
        yield from _abandon_briefly(target, execution)
        return
    if execution.ledger.is_announced:
        return
    target = evolve(target, site=target.site.patient(None))
    links = ExecutionLinks.from_dict(execution.links, target.site.gateway)
    try:
        if execution.ledger.may_have_leaders and not (yield from look(target, execution)).takes_data:
            return
        yield from call(target.site, wire.cancel_import(links, target.bearer))
    except AssetsError as error:
        # If someone else cancelled it, there is nothing to cancel.
        if not isinstance(reason, ImportCancelledError):
            _log.warning("the execution %s could not be cancelled: %s", execution.id, error.code)
    except GeneratorExit:
        raise
    except BaseException:
        # The scope is cancelled as well, which only this first wait detects.
        yield from _abandon_briefly(target, execution)
        raise


def _abandon_briefly(target: ImportTarget, execution: Execution) -> Operation[None]:
    """Cancel an execution after an interruption, with one attempt of each request.

    If the interruption came while the end of the data was sent, or if there may be another leader, the state says whether Assets
    received it.
    """
    links = ExecutionLinks.from_dict(execution.links, target.site.gateway)
    with contextlib.suppress(Exception):
        if execution.ledger.is_announced or execution.ledger.may_have_leaders:
            request = wire.execution_status(links, target.bearer).changed(timeout=CLEAN_UP_SECONDS)
            response = yield from send(target.site, request)
            if response.status != HTTPStatus.OK or not read_execution_status(response.json()).takes_data:
                return
            execution.ledger.is_announced = False
        request = wire.cancel_import(links, target.bearer).changed(timeout=CLEAN_UP_SECONDS)
        yield from send(target.site, request)


def _refuse_not_owner(execution: Execution, action: str) -> None:
    if not execution.is_owner:
        raise ClosedError(
            f"The execution {execution.id} was not {action}: this handle does not lead it.",
            cause="One process leads an execution: the one that started it, or one that took it over. Others can submit records.",
            remedies=(
                f"You: take the execution over with token.attach(execution, lead=True); then it can be {action}.",
            ),
        )


def data_links(site: Site, execution: Execution) -> ExecutionLinks:
    """Return the links of an execution that can receive records and the end of the data.

    Raises:
        ClosedError: The link for records is not known.
    """
    links = ExecutionLinks.from_dict(execution.links, site.gateway)
    if not links.submit:
        raise ClosedError(
            f"Nothing was sent to the execution {execution.id}: its link for records is not known.",
            cause="Assets tells only the process that started an execution where its records are sent.",
            remedies=(
                "You: attach to the execution that the starting process returned or raised, or cancel this one.",
            ),
        )
    return links


def _completed_elsewhere(execution: Execution, status: ExecutionStatus) -> ExecutionCompletedError:
    return ExecutionCompletedError(
        f"The execution {execution.id} was not completed by this call: its state was {status.state or 'unknown'} already.",
        execution=execution.detached(),
    )


def cancelled(execution: Execution, site: Site, status: ExecutionStatus) -> ImportCancelledError:
    """Return the error for an execution that was cancelled."""
    return ImportCancelledError(
        f"The execution {execution.id} was cancelled. Assets does not import the records that were sent to it.",
        execution=execution.detached(),
        result=execution.ledger.tally.result(status, site.clock.monotonic()),
    )


def report(
    site: Site,
    execution: Execution,
    phase: ImportPhase,
    *,
    in_flight: int = 0,
    state: str = "",
    waiting: float = 0.0,
) -> Operation[None]:
    """Send the progress of the import to the caller's display."""
    ledger = execution.ledger
    if ledger.on_progress is not None:
        progress = ledger.tally.progress(
            phase, site.clock.monotonic(), in_flight=in_flight, state=state, waiting=waiting
        )
        yield Report(ledger.on_progress, progress)
