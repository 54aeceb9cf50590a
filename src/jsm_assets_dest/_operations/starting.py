"""Start of an execution: check the import, start, and wait until it accepts data. See `imports` for the rules."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from attrs import field, frozen

from .._assets.import_sources import ImportSource
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.roles import RoleKind
from .._display.progress_bars import resolve_progress
from .._http.commands import Operation, Sleep
from .._imports.execution import Execution, Ledger, RunEvidence, names_of
from .._imports.journal import Journal
from .._imports.options import ImportOptions
from .._imports.pipeline import chosen_selectors
from .._imports.progress import ImportPhase, ImportProgress
from .._imports.tally import Tally
from .._model.schema_model import SchemaModel
from .._session.call import call
from .._session.gate import Patience
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
from .evidence import read_evidence, sent_only
from .executions import abandon, cancelled, look, patient, pause, report
from .guard import accept, check_shares, refuse_without_evidence
from .import_tokens import ImportTarget

#: Seconds after which a started execution must accept data.
START_SECONDS = 120.0
#: Number of start attempts if the outcome of the first one is unknown and no execution is running.
STARTS = 2


@frozen
class ImportSetup:
    """Checked inputs of a run, complete before it starts.

    Attributes:
        links: Links of the import token.
        schema_id: Id of the object schema; empty if it was not read.
        model: Schema model of the records.
        options: Options of the import.
        on_progress: Function that receives progress reports, or None.
    """

    links: ImportLinks
    schema_id: str
    model: SchemaModel
    options: ImportOptions
    on_progress: Callable[[ImportProgress], object] | None = field(default=None, repr=False)


def prepare(target: ImportTarget, options: ImportOptions) -> Operation[ImportSetup]:
    """Read and check what a run needs, before anything is started."""
    # Report a missing library now, not while an execution is open.
    display = resolve_progress(options.on_progress)
    if options.model is not None:
        options.model.check()
    target.memory.missing_objects = options.missing_objects
    links = yield from tokens.links(target)
    source: ImportSource | None = yield from tokens.refuse_other_schema(target, links)
    if options.require_roles:
        yield from _refuse_default_roles(target.site, target.schema)
    model = yield from known_model(target, links, options.model)
    model.check()
    chosen_selectors(model, options.only)
    schema_id = tokens.schema_id_of(target, source)
    return ImportSetup(links, schema_id, model, options, display)


def evidence_of(
    target: ImportTarget, setup: ImportSetup, journal: Journal | None = None
) -> Operation[RunEvidence | None]:
    """Read which objects exist, for the guard and the journal. None if neither needs them.

    Raises:
        MassDeletionGuardError: Nothing shows which objects of a mapped type exist.
    """
    options = setup.options
    if options.missing_objects == "ignore":
        return None if journal is None else RunEvidence((yield from sent_only(target, setup.links)))
    evidence = yield from read_evidence(target, setup.links, journal)
    check_shares(options, evidence.comparison.types)
    refuse_without_evidence(target, options, evidence)
    accept(evidence.comparison, options.allow_missing)
    return evidence


def start(target: ImportTarget, options: ImportOptions) -> Operation[Execution]:
    """Start a manual execution and wait until it accepts data."""
    if options.journal is not None:
        raise ConfigurationError(
            "A manual execution has no journal. Nothing was sent.",
            field="journal",
            fix="Remove `journal`, or use import_records().",
        )
    setup = yield from prepare(target, options)
    evidence = yield from evidence_of(target, setup)
    execution = yield from begin(target, setup, secrets.token_hex(8), evidence)
    execution.ledger.is_manual = execution.ledger.may_have_leaders = True
    return execution


def begin(
    target: ImportTarget,
    setup: ImportSetup,
    run_id: str,
    evidence: RunEvidence | None,
    on_started: Callable[[Execution], object] = lambda _: None,
) -> Operation[Execution]:
    """Start an execution of a run and wait until it accepts data.

    Args:
        target: The import.
        setup: The checked settings of the run.
        run_id: Id of the run.
        evidence: What exists, or None.
        on_started: Function that receives the execution immediately, to write it into a journal before anything can fail.
    """
    links = yield from _started(target, setup.links, setup.options)
    execution = bound(target.site, setup, run_id, links)
    execution.ledger.evidence = evidence
    target = patient(target, execution)
    try:
        on_started(execution)
    except Exception as error:
        # The execution is in no journal and would block the next one.
        yield from abandon(target, execution, reason=error, keep_for_journal=False)
        raise
    try:
        yield from report(target.site, execution, ImportPhase.STARTING)
        yield from _until_it_accepts_data(target, execution)
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from abandon(target, execution, reason=error)
        raise
    return execution


def bound(site: Site, setup: ImportSetup, run_id: str, links: ExecutionLinks) -> Execution:
    """Return an execution of this process from its links."""
    options = setup.options
    tally = Tally(names=names_of(setup.model), started=site.clock.monotonic(), total=options.total)
    return Execution(
        id=links.execution_id,
        run_id=run_id,
        site=site.url,
        workspace_id=setup.links.workspace_id,
        import_source_id=setup.links.import_source_id,
        schema_id=setup.schema_id,
        links=links.to_dict(),
        model=setup.model,
        options=options,
        started=site.clock.time(),
        ledger=Ledger(tally, setup.on_progress, patience=Patience(options.throttle_seconds)),
    )


def _refuse_default_roles(site: Site, schema: ObjectSchemaRecord | None) -> Operation[None]:
    if schema is None:
        raise ConfigurationError(
            "`require_roles` needs the object schema. Nothing was sent.",
            field="schema",
            fix="Pass the schema to import_token(secret, schema).",
        )
    entries = (yield from roles.read(site, schema)).default_entries
    if entries:
        raise DefaultRolesError(
            f"Could not start the import into {schema.key}: its role {RoleKind.DEVELOPERS.value} still contains "
            f"{', '.join(entries)}. Nothing was imported."
        )


def _started(target: ImportTarget, links: ImportLinks, options: ImportOptions) -> Operation[ExecutionLinks]:
    site = target.site
    deadline = site.clock.monotonic() + options.timeout
    request = wire.start_import(links, target.bearer)
    starts = 0
    while True:
        starts += 1
        try:
            response = yield from call(site, request)
            return wire.read_execution_links(response, site.gateway)
        except ImportBusyError:
            if options.on_busy != "wait":
                raise
            yield from _until_idle(target, links, deadline)
        except (TransportError, ServiceUnavailableError) as error:
            if isinstance(error, TransportError) and error.sent == "no":
                raise
            state = yield from tokens.state(target, links)
            if state.status == "RUNNING":
                raise UnknownOutcomeError(
                    "Could not start the import: the response was lost, and an execution is running that may or may not be "
                    "the new one.",
                    remedies=(
                        "You: if no one else uses this import, cancel the execution on the import's page in Assets.",
                        'You: otherwise, pass on_busy="wait".',
                    ),
                    **error.place(),
                ) from None
            if starts >= STARTS:
                raise


def _until_idle(target: ImportTarget, links: ImportLinks, deadline: float) -> Operation[None]:
    """Wait until the running execution has ended. It may belong to someone else, so it is not changed."""
    site = target.site
    started = site.clock.monotonic()
    while True:
        current_time = site.clock.monotonic()
        if current_time >= deadline:
            raise ImportTimeoutError(
                "Could not start the import: another execution was still running after "
                f"{current_time - started:.0f} seconds.",
                remedies=("You: wait for its end, or pass a larger timeout=….",),
            )
        yield Sleep(min(pause(current_time - started, site.chance()), max(0.0, deadline - current_time)))
        state = yield from tokens.state(target, links)
        if state.status != "RUNNING":
            return


def _until_it_accepts_data(target: ImportTarget, execution: Execution) -> Operation[None]:
    site = target.site
    started = site.clock.monotonic()
    while True:
        status = yield from look(target, execution)
        if status.takes_data:
            return
        waited = max(0.0, site.clock.monotonic() - started - execution.ledger.patience.waited)
        if status.is_cancelled:
            raise cancelled(execution, site, status)
        if status.is_done or waited > START_SECONDS:
            raise ImportTimeoutError(
                f"The execution does not accept data. {waited:.0f} seconds after its start, its state is "
                f"{status.state or 'unknown'}.",
                cause="Assets may be busy, or someone else completed the execution.",
                remedies=("You: start the import again later.",),
                execution=execution.detached(),
            )
        yield Sleep(pause(waited, site.chance()))
