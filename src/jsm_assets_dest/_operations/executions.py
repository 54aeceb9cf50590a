"""The life of one execution: started, looked at, completed, waited for, cancelled. The essay in `imports` tells it."""

from __future__ import annotations

import contextlib
import logging

from .._http.commands import Operation, Report, Send, Sleep
from .._imports.execution import Execution
from .._imports.execution_status import ExecutionStatus, read_execution_status
from .._imports.progress import ImportPhase
from .._imports.result import ImportResult
from .._secret import Secret
from .._session.call import call
from .._session.site import Site
from .._wire import import_requests as wire
from .._wire.import_requests import ExecutionLinks
from ..exceptions import (
    ApiError,
    AssetsError,
    ClosedError,
    ConfigurationError,
    ImportCancelledError,
    ImportTimeoutError,
    ServiceUnavailableError,
    TransportError,
)
from .import_target import ImportTarget

_log = logging.getLogger("jsm_assets_dest.import")
_states = logging.getLogger("jsm_assets_dest.state")

#: How the service answers about an execution that takes no more data or that it does not know. The OpenAPI document
#: declares nothing but 400; the others are what clients prepare for.
GONE = frozenset({400, 404, 409, 410})
#: Seconds for tidying up after an interruption.
MOMENT = 0.5
#: Seconds that Assets is given for processing, unless somebody says otherwise.
LONGEST = 3600.0


# --- looking, ending


def look(target: ImportTarget, execution: Execution) -> Operation[ExecutionStatus]:
    """The state of an execution."""
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


def complete(target: ImportTarget, execution: Execution) -> Operation[None]:
    """Say that all data is there, once."""
    _refuse_not_owner(execution, "completed")
    if execution.ledger.is_completed:
        return
    ledger = execution.ledger
    links = ExecutionLinks.from_dict(execution.links, target.site.gateway)
    request = wire.complete_import(links, target.bearer)
    for last in (False, True):
        heard_before, ledger.is_announced = ledger.is_announced, True
        try:
            yield from call(target.site, request)
            break
        except AssetsError as error:
            refused = isinstance(error, ApiError) and not isinstance(error, ServiceUnavailableError)
            if refused or (isinstance(error, TransportError) and error.sent == "no"):
                ledger.is_announced = heard_before
            if refused and error.status not in GONE:
                raise
            if isinstance(error, TransportError) and error.sent == "no":
                raise
            status = yield from look(target, execution)
            if status.is_cancelled:
                raise cancelled(execution, target.site, status) from (error if refused else None)
            if not status.takes_data:
                break  # it was understood, then or by another attempt
            ledger.is_announced = False
            if refused or last:
                raise
    ledger.is_announced = ledger.is_completed = True


def finish(target: ImportTarget, execution: Execution) -> Operation[None]:
    """Complete an execution that is led by hand, and wait for its end. One that cannot be completed is cleared away:
    nobody else would ever do it, and it would be in the way of the next one.
    """
    try:
        yield from complete(target, execution)
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from clean_up(target, execution, error)
        raise
    yield from wait(target, execution, LONGEST)


def wait(target: ImportTarget, execution: Execution, timeout: float) -> Operation[ImportResult]:
    """Wait for the end of an execution that is led by hand.

    Raises:
        ConfigurationError: The time limit is none.
    """
    if type(timeout) not in (int, float) or not timeout >= 0:
        raise ConfigurationError(
            f"`timeout` is {timeout!r}.", field="timeout", fix="Pass a number of seconds, 0 or more."
        )
    try:
        status = yield from ended(target, execution, timeout)
    except ImportCancelledError as error:
        yield from _told_of_the_end(target.site, execution, error)
        raise
    return execution.ledger.tally.result(status, target.site.clock.monotonic())


def result(target: ImportTarget, execution: Execution) -> Operation[ImportResult]:
    """What is known now."""
    status = yield from look(target, execution)
    return execution.ledger.tally.result(status, target.site.clock.monotonic())


def ended(target: ImportTarget, execution: Execution, timeout: float) -> Operation[ExecutionStatus]:
    """Wait for one of the two ends; gives the last status, which is DONE."""
    started = target.site.clock.monotonic()
    puzzled: set[str] = set()
    unseen_since: float | None = None
    status = ExecutionStatus(state="")
    while True:
        try:
            status = yield from look(target, execution)
            unseen_since = None
        except AssetsError as error:
            # Assets goes on whether we can see it or not: a failure to look is no failure of the import, for a while.
            now = target.site.clock.monotonic()
            unseen_since = now if unseen_since is None else unseen_since
            if not error.retryable or not target.site.policy.accepts(error.retry_after):
                raise
            if now - unseen_since >= unseen_for(target.site) or now - started >= timeout:
                raise
            _log.info("the execution could not be looked at (%s); trying again", error.code)
        waited = target.site.clock.monotonic() - started
        if status.is_cancelled:
            raise cancelled(execution, target.site, status)
        if status.is_done:
            yield from told(target.site, execution, ImportPhase.DONE, state=status.state)
            return status
        if unseen_since is None and not status.is_known and status.state not in puzzled:
            puzzled.add(status.state)
            _log.warning(
                "the execution is in the state %s, which is new to this library", status.state or "(none)"
            )
        yield from told(target.site, execution, ImportPhase.PROCESSING, state=status.state)
        if waited >= timeout:
            raise ImportTimeoutError(
                f"Assets was not done with the import after {timeout:g} seconds; it goes on with it.",
                execution=execution.detached(),
                result=execution.ledger.tally.result(status, target.site.clock.monotonic()),
                remedies=(
                    "You: wait longer with token.attach(error.execution).wait(), or look at the import in Assets.",
                ),
            )
        yield Sleep(min(pause(waited, target.site.chance()), max(timeout - waited, 0.001)))


def unseen_for(site: Site) -> float:
    """Seconds for which an execution that is being processed may be out of sight before waiting for it is given up."""
    return site.policy.deadline if site.policy.attempts > 1 else 0.0


def pause(waited: float, chance: float) -> float:
    """Seconds to the next look: a tenth of the time waited so far, from 1 to 15.

    Chance is in the first pause only. That is enough for programs that began together not to ask together, and keeps the
    number of looks and the delay in noticing the end within bounds.
    """
    if waited < 0.5:
        return 0.5 + 0.5 * chance
    return min(15.0, max(1.0, 0.1 * waited))


def cancel(target: ImportTarget, execution: Execution) -> Operation[bool]:
    """Cancel an execution of ours."""
    _refuse_not_owner(execution, "cancelled")
    status = yield from look(target, execution)
    if status.is_over:
        return status.is_cancelled
    links = ExecutionLinks.from_dict(execution.links, target.site.gateway)
    try:
        yield from call(target.site, wire.cancel_import(links, target.bearer))
    except ApiError as error:
        if error.status not in GONE:
            raise
    return (yield from look(target, execution)).is_cancelled


def clean_up(target: ImportTarget, execution: Execution, reason: BaseException) -> Operation[None]:
    """Clear an execution away that cannot be brought to a good end, and tell the displays that nothing follows."""
    yield from abandon(target, execution, reason=reason)
    yield from _told_of_the_end(target.site, execution, reason)


def _told_of_the_end(site: Site, execution: Execution, reason: BaseException) -> Operation[None]:
    """Tell the displays, so that they let go of the terminal; their failures must not hide the reason."""
    phase = ImportPhase.CANCELLED if isinstance(reason, ImportCancelledError) else ImportPhase.INTERRUPTED
    try:
        yield from told(site, execution, phase)
    except Exception as error:  # noqa: BLE001 - whatever a display of the caller's raises
        _log.warning("a display of the progress raised %s", type(error).__name__)


def abandon(
    target: ImportTarget, execution: Execution, *, reason: BaseException, kept: bool = True
) -> Operation[None]:
    """Clear an execution of ours away that cannot be brought to a good end.

    One that Assets may have been told is complete is left alone: all of its data is there. After an interruption, such as
    Ctrl-C, a single attempt is made, past the gate and for half a second at most. What fails here is not raised: the
    reason for abandoning it is what matters.

    Args:
        target: The import.
        execution: What to clear away.
        reason: Why it cannot come to a good end.
        kept: Leave it open where there is a journal from which it can be gone on with.
    """
    if not execution.is_owner or execution.ledger.is_announced:
        return
    if kept and execution.options.journal is not None:
        return
    links = ExecutionLinks.from_dict(execution.links, target.site.gateway)
    bearer = target.bearer
    cancelling = wire.cancel_import(links, bearer)
    if not isinstance(reason, Exception):
        with contextlib.suppress(Exception):
            yield Send(cancelling.changed(timeout=MOMENT))
        return
    try:
        if execution.options.record_failure and (yield from _recorded(target.site, links, bearer, reason)):
            return
        yield from call(target.site, cancelling)
    except AssetsError as error:
        # Nothing is left where it was somebody else who cancelled it.
        if not isinstance(reason, ImportCancelledError):
            _log.warning("the execution %s could not be cancelled: %s", execution.id, error.code)


def _recorded(site: Site, links: ExecutionLinks, bearer: Secret, reason: Exception) -> Operation[bool]:
    """Leave an entry in the history of the import, which closes the execution; whether that succeeded."""
    what = reason.what if isinstance(reason, AssetsError) else ""
    text = f"{type(reason).__name__}: {what}".partition("\n")[0]
    try:
        yield from call(site, wire.record_failure(links, bearer, text))
    except AssetsError as error:
        _log.warning("the failure could not be recorded in Assets: %s", error.code)
        return False
    return True


def _refuse_not_owner(execution: Execution, what: str) -> None:
    if not execution.is_owner:
        raise ClosedError(
            f"The execution {execution.id} was not {what}: it was started by another process.",
            cause="An execution certainly belongs to the process that started it; others submit to it.",
            remedies=("You: leave that to the process that started it.",),
        )


def cancelled(execution: Execution, site: Site, status: ExecutionStatus) -> ImportCancelledError:
    """The error for an execution that somebody cancelled."""
    return ImportCancelledError(
        f"The execution {execution.id} was cancelled; what was sent to it is not imported.",
        execution=execution.detached(),
        result=execution.ledger.tally.result(status, site.clock.monotonic()),
    )


def told(
    site: Site, execution: Execution, phase: ImportPhase, *, in_flight: int = 0, state: str = ""
) -> Operation[None]:
    """Tell the caller's displays where the import is."""
    ledger = execution.ledger
    if not ledger.listeners:
        return
    now = site.clock.monotonic()
    progress = ledger.tally.progress(phase, now, in_flight=in_flight, state=state)
    for listener in ledger.listeners:
        yield Report(listener, progress)
