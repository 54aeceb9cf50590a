"""Executions that another process started: find the running one, and attach to it."""

from __future__ import annotations

from attrs import evolve

from .._arguments.conversion import wrong_type
from .._http.commands import Operation
from .._imports.execution import Execution, RunningImport
from .._wire.import_requests import ExecutionLinks
from ..exceptions import ConfigurationError
from . import import_tokens as tokens
from .building import known_model
from .executions import look
from .import_target import ImportTarget


def attached(target: ImportTarget, execution: Execution, *, lead: bool) -> Execution:
    """Return an execution of another process for use with this target.

    Raises:
        ConfigurationError: `lead` is not a boolean, or the execution belongs to another site.
    """
    if not isinstance(lead, bool):
        raise wrong_type("lead", lead, "Pass True or False.")
    if execution.site != target.site.url:
        raise ConfigurationError(
            f"`execution` belongs to {execution.site or 'no site'}, and this connection is one to {target.site.url}. "
            "Nothing was sent.",
            field="execution",
            fix="Connect to the site of the execution.",
        )
    taken_over = evolve(execution, is_owner=lead, is_taken_over=lead)
    taken_over.ledger.is_manual = lead
    return taken_over


def running(target: ImportTarget) -> Operation[RunningImport | None]:
    """Return what is known about the execution that is running, or None."""
    links = yield from tokens.links(target)
    state = yield from tokens.state(target, links)
    if state.status != "RUNNING":
        return None
    if not state.execution_status or not state.cancel:
        return RunningImport(site=target.site.url)
    known_links = {"submit": "", "status": state.execution_status, "cancel": state.cancel}
    execution = Execution(
        id=ExecutionLinks.from_dict(known_links, target.site.gateway).execution_id,
        run_id="",
        site=target.site.url,
        workspace_id=links.workspace_id,
        import_source_id=links.import_source_id,
        links=known_links,
        model=(yield from known_model(target, links, None)),
        is_owner=False,
    )
    status = yield from look(target, execution)
    return RunningImport(site=target.site.url, execution=execution, state=status.state)
