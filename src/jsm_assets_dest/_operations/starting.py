"""Starting an execution: where it goes, whether it may, and waiting until it takes data. The essay in `imports` tells it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from attrs import field, frozen

from .._assets.import_sources import ImportSource
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.roles import RoleKind
from .._display.progress_bars import resolve_progress
from .._http.commands import Operation, Sleep
from .._imports.encoding import choose_encoder
from .._imports.execution import Execution, Ledger, names_of
from .._imports.options import ImportOptions
from .._imports.progress import ImportPhase, ImportProgress
from .._imports.tally import Tally
from .._model.schema_model import SchemaModel
from .._secret import Secret
from .._session.call import call
from .._session.site import Site
from .._wire import import_requests as wire
from .._wire.import_requests import ExecutionLinks, ImportLinks
from ..exceptions import (
    ConfigurationError,
    DefaultRolesError,
    ImportBusyError,
    ImportTimeoutError,
    ServiceUnavailableError,
    TransportError,
    UnknownOutcomeError,
)
from . import import_tokens as tokens
from . import roles
from .building import known_model
from .executions import abandon, cancelled, look, pause, told
from .import_tokens import Memory

#: Seconds in which a started execution must begin to take data.
BEGIN = 120.0
#: How many times a start with an unknown outcome is made: once more when the state shows that nothing runs.
STARTS = 2


@frozen
class Target:
    """Where a run goes, checked.

    Attributes:
        found: The links of the import token.
        schema_id: The object schema; empty where nobody asked.
        model: The model that records follow.
        options: How.
        listeners: Who is told how far it is.
    """

    found: ImportLinks
    schema_id: str
    model: SchemaModel
    options: ImportOptions
    listeners: tuple[Callable[[ImportProgress], object], ...] = field(default=(), repr=False)


def target(
    site: Site, secret: Secret, schema: ObjectSchemaRecord | None, options: ImportOptions, memory: Memory
) -> Operation[Target]:
    """Find out and check where a run goes, before anything is started."""
    # What is not installed here shall be missed now, and not with an execution that takes data already.
    refuse_missing_encoder(options)
    displays = (resolve_progress(options.progress), options.on_progress)
    if options.model is not None:
        options.model.check()
    found = yield from tokens.links(site, secret)
    source: ImportSource | None = yield from tokens.refuse_other_schema(site, found, schema, memory)
    if options.require_roles:
        yield from _refuse_default_roles(site, schema)
    model = yield from known_model(site, secret, found, options.model, memory)
    model.check()
    schema_id = schema.id if schema is not None else source.schema_id if source is not None else ""
    return Target(
        found, schema_id, model, options, tuple(display for display in displays if display is not None)
    )


def refuse_missing_encoder(options: ImportOptions) -> None:
    """Make sure that orjson is there if it is insisted on.

    Raises:
        ConfigurationError: It is not.
    """
    try:
        choose_encoder(fast=options.fast)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "`fast` is True, and the library orjson is not installed; nothing was sent.",
            field="fast",
            fix="Install jsm-assets-dest[fast], or leave `fast` out to use orjson where it is there.",
        ) from error


def start(
    site: Site, secret: Secret, schema: ObjectSchemaRecord | None, options: ImportOptions, memory: Memory
) -> Operation[Execution]:
    """Start an execution that is led by hand, and wait until it takes data."""
    if options.journal is not None:
        raise ConfigurationError(
            "An execution that is led by hand has no journal; nothing was sent.",
            field="journal",
            fix="Leave `journal` out, or use import_records(), which keeps one.",
        )
    goal = yield from target(site, secret, schema, options, memory)
    return (yield from begin(site, secret, goal, secrets.token_hex(8)))


def begin(
    site: Site,
    secret: Secret,
    goal: Target,
    run_id: str,
    note: Callable[[Execution], object] = lambda _: None,
) -> Operation[Execution]:
    """Start an execution of a run and wait until it takes data.

    Args:
        site: The site.
        secret: The import token.
        goal: Where the run goes.
        run_id: The run.
        note: Told of the execution as soon as there is one, so that a journal knows of it before anything else can fail.
    """
    links = yield from _started(site, secret, goal.found, goal.options)
    execution = bound(site, goal, run_id, links)
    try:
        note(execution)
    except Exception as error:
        # Nobody would know of the execution, and it would be in the way of the next one.
        yield from abandon(site, secret, execution, reason=error, kept=False)
        raise
    try:
        yield from told(site, execution, ImportPhase.STARTING)
        yield from _until_it_takes_data(site, secret, execution)
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from abandon(site, secret, execution, reason=error)
        raise
    return execution


def bound(site: Site, goal: Target, run_id: str, links: ExecutionLinks) -> Execution:
    """An execution of ours, by its links."""
    options = goal.options
    tally = Tally(names=names_of(goal.model), started=site.clock.monotonic(), total=options.total)
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
        ledger=Ledger(tally, goal.listeners),
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
            response = yield from call(site, request)
            return wire.read_execution_links(response, site.gateway)
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
                    **error.place(),
                ) from None
            if starts >= STARTS:
                raise


def _until_idle(site: Site, secret: Secret, found: ImportLinks, deadline: float) -> Operation[None]:
    """Wait until the execution that is running has ended. It is not ours, and is left alone."""
    started = site.clock.monotonic()
    while True:
        now = site.clock.monotonic()
        if now >= deadline:
            raise ImportTimeoutError(
                f"Another execution of the import is still running after {now - started:.0f} seconds.",
                remedies=("You: wait for its end, or pass a larger busy_seconds=….",),
            )
        yield Sleep(min(pause(now - started, site.chance()), max(0.0, deadline - now)))
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
        if status.is_cancelled:
            raise cancelled(execution, site, status)
        if status.is_done or waited > BEGIN:
            raise ImportTimeoutError(
                f"The execution takes no data; {waited:.0f} seconds after its start it is in the state "
                f"{status.state or 'unknown'}.",
                cause="Assets is probably busy, or somebody else completed the execution.",
                remedies=("You: start the import again in a while.",),
                execution=execution.detached(),
            )
        yield Sleep(pause(waited, site.chance()))
