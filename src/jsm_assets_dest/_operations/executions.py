"""
The life of one execution: started, looked at, completed, waited for, cancelled. The essay in `imports` tells it.
"""

from __future__ import annotations

import logging
import secrets

from attrs import frozen

from .._engine.commands import Operation, Report, Sleep
from .._results.tally import Tally
from .._retry.call import call
from .._retry.site import Site
from .._secret import Secret
from .._wire import imports as wire
from .._wire.imports import ExecutionLinks, ImportLinks
from ..assets import ImportSource, ObjectSchemaRecord, RoleKind
from ..exceptions import (
    ApiError,
    ClosedError,
    ConfigurationError,
    DefaultRolesError,
    ImportBusyError,
    ImportCancelledError,
    ImportTimeoutError,
    NotFoundError,
    ServiceUnavailableError,
    TransportError,
    UnknownOutcomeError,
)
from ..execution import Execution, Ledger, names_of
from ..import_options import ImportOptions
from ..model import SchemaModel
from ..progress import resolve_progress
from ..results import ExecutionStatus, ImportPhase, ImportResult, read_execution_status
from . import roles, tokens
from .building import known_model
from .tokens import Memory

_log = logging.getLogger("jsm_assets_dest.import")

#: Seconds in which a started execution must begin to take data.
BEGIN = 120.0
#: How many times a start with an unknown outcome is made: once more when the state shows that nothing runs.
STARTS = 2


# --- starting


@frozen
class Target:
    """
    Where a run goes, checked.

    Attributes:
        found: The links of the import token.
        schema_id: The object schema; empty where nobody asked.
        model: The model that records follow.
        options: How.
    """

    found: ImportLinks
    schema_id: str
    model: SchemaModel
    options: ImportOptions


def target(
    site: Site, secret: Secret, schema: ObjectSchemaRecord | None, options: ImportOptions, memory: Memory
) -> Operation[Target]:
    """
    Find out and check where a run goes, before anything is started.
    """
    if options.model is not None:
        options.model.check()
    found = yield from tokens.links(site, secret)
    source: ImportSource | None = yield from tokens.refuse_other_schema(site, found, schema, memory)
    if options.require_roles:
        yield from _refuse_default_roles(site, schema)
    model = yield from known_model(site, secret, found, options.model, memory)
    model.check()
    schema_id = schema.id if schema is not None else source.schema_id if source is not None else ""
    return Target(found, schema_id, model, options)


def start(
    site: Site, secret: Secret, schema: ObjectSchemaRecord | None, options: ImportOptions, memory: Memory
) -> Operation[Execution]:
    """
    Start an execution and wait until it takes data.
    """
    goal = yield from target(site, secret, schema, options, memory)
    return (yield from begin(site, secret, goal, secrets.token_hex(8)))


def begin(site: Site, secret: Secret, goal: Target, run_id: str) -> Operation[Execution]:
    """
    Start an execution of a run and wait until it takes data.
    """
    links = yield from _started(site, secret, goal.found, goal.options)
    execution = bound(site, goal, run_id, links)
    yield from told(site, execution, ImportPhase.STARTING)
    try:
        yield from _until_it_takes_data(site, secret, execution)
    except BaseException:
        yield from abandon(site, secret, execution)
        raise
    return execution


def bound(site: Site, goal: Target, run_id: str, links: ExecutionLinks) -> Execution:
    """
    An execution of ours, by its links.
    """
    options = goal.options
    tally = Tally(names=names_of(goal.model), started=site.clock.monotonic(), total=options.total)
    displays = (resolve_progress(options.progress), options.on_progress)
    return Execution(
        id=links.execution_id,
        run_id=run_id,
        site=site.url,
        workspace_id=goal.found.workspace_id,
        import_source_id=goal.found.import_source_id,
        schema_id=goal.schema_id,
        links=links.to_dict(),
        model=goal.model,
        options=options,
        started=site.clock.time(),
        ledger=Ledger(tally, tuple(display for display in displays if display is not None)),
    )


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


# --- looking, ending


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
                raise cancelled(execution, site, status) from None
            if status.takes_data:
                if last:
                    raise
                continue
        except ApiError as error:
            if error.status not in (400, 404, 409, 410):
                raise
            status = yield from look(site, secret, execution)
            if status.is_cancelled:
                raise cancelled(execution, site, status) from error
            raise
        break
    execution.ledger.is_completed = True


def wait(site: Site, secret: Secret, execution: Execution, timeout: float) -> Operation[ImportResult]:
    """
    Wait for the end of an execution.
    """
    status = yield from ended(site, secret, execution, timeout)
    return execution.ledger.tally.result(status, site.clock.monotonic())


def result(site: Site, secret: Secret, execution: Execution) -> Operation[ImportResult]:
    """
    What is known now.
    """
    status = yield from look(site, secret, execution)
    return execution.ledger.tally.result(status, site.clock.monotonic())


def ended(site: Site, secret: Secret, execution: Execution, timeout: float) -> Operation[ExecutionStatus]:
    """
    Wait for one of the two ends; gives the last status, which is DONE.
    """
    started = site.clock.monotonic()
    puzzled: set[str] = set()
    while True:
        status = yield from look(site, secret, execution)
        waited = site.clock.monotonic() - started
        if status.is_cancelled:
            yield from told(site, execution, ImportPhase.CANCELLED, state=status.state)
            raise cancelled(execution, site, status)
        if status.is_done:
            yield from told(site, execution, ImportPhase.DONE, state=status.state)
            return status
        if not status.is_known and status.state not in puzzled:
            puzzled.add(status.state)
            _log.warning("the execution is in the state %s, which is new to this library", status.state)
        yield from told(site, execution, ImportPhase.PROCESSING, state=status.state)
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
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not hide the reason
        _log.warning("the execution %s could not be cancelled: %s", execution.id, type(error).__name__)


def _refuse_not_owner(execution: Execution, what: str) -> None:
    if not execution.is_owner:
        raise ClosedError(
            f"The execution {execution.id} was not {what}: it was started by another process.",
            remedies=("You: leave that to the process that started it.",),
        )


def cancelled(execution: Execution, site: Site, status: ExecutionStatus) -> ImportCancelledError:
    """
    The error for an execution that somebody cancelled.
    """
    return ImportCancelledError(
        f"The execution {execution.id} was cancelled; what was sent to it is not imported.",
        execution=execution.detached(),
        result=execution.ledger.tally.result(status, site.clock.monotonic()),
    )


def told(
    site: Site, execution: Execution, phase: ImportPhase, *, in_flight: int = 0, state: str = ""
) -> Operation[None]:
    """
    Tell the caller's displays where the import is.
    """
    ledger = execution.ledger
    if not ledger.listeners:
        return
    now = site.clock.monotonic()
    progress = ledger.tally.progress(phase, now, in_flight=in_flight, state=state)
    for listener in ledger.listeners:
        yield Report(listener, progress)
