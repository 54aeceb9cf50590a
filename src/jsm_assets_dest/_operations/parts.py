"""Executions of several processes: attach to a running one, submit parts of its records, and add up the receipts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from attrs import evolve

from .._arguments.fitting import invalid
from .._http.commands import Operation
from .._imports.execution import Execution, RunEvidence, RunningImport
from .._imports.pipeline import Pipeline
from .._imports.tally import SubmitReceipt
from .._wire.import_requests import ExecutionLinks
from ..exceptions import ConfigurationError
from . import import_tokens as tokens
from .building import known_model
from .executions import look
from .import_tokens import ImportTarget
from .record_sources import Records
from .sending import Sending


def submit(
    target: ImportTarget, execution: Execution, records: object, part: str
) -> Operation[SubmitReceipt]:
    """Send records to an execution, from any process."""
    sources = Records(records)
    sources.fit(execution.model)
    _check_part(part)
    # The random name cannot be the name of a part: a service that recognizes ids would drop chunks with equal ids.
    name = part or secrets.token_hex(8)
    sending = Sending(target, execution, Pipeline(execution, f"{execution.run_id}-{name}"))
    yield from sending.all_of(sources)
    execution.ledger.parts.add(name)
    evidence = execution.ledger.evidence
    return SubmitReceipt(
        sending.counts,
        chunks=sending.chunks,
        refused=sending.pipeline.refused,
        part=name,
        execution_id=execution.id,
        identities=None if evidence is None or evidence.is_read else evidence.comparison.to_dict(),
    )


def _check_part(part: str) -> None:
    """Check that the name of a part can be part of a chunk's id.

    Raises:
        ConfigurationError: It contains a lone surrogate.
    """
    try:
        str(part).encode()
    except UnicodeEncodeError as error:
        raise invalid(
            "part",
            "contains a lone surrogate, which UTF-8 can't encode",
            "Pass ordinary text, such as the number of the task.",
        ) from error


def add_receipt(execution: Execution, receipt: SubmitReceipt | Mapping[str, object]) -> None:
    """Add the records that another process submitted.

    Raises:
        ConfigurationError: The data is not a receipt, it belongs to another execution, or the model does not have its selectors.
    """
    if isinstance(receipt, Mapping):
        receipt = SubmitReceipt.from_dict(receipt)
    fix = "Pass what `submit` returned in the other process, or the result of its `to_dict()`."
    if not (receipt.execution_id and receipt.part):
        missing = "part" if receipt.execution_id else "execution"
        raise ConfigurationError(f"`receipt` does not name its {missing}.", field="receipt", fix=fix)
    if receipt.execution_id != execution.id:
        raise _other_execution()
    unknown = [selector for selector in receipt.counts if selector not in execution.model.import_order()]
    if unknown:
        raise ConfigurationError(
            f"`receipt` has records of {unknown[0]!r}, but the model has no such selector.",
            field="receipt",
            fix="Submit the records with the model of the process that started the execution.",
        )
    ledger, evidence = execution.ledger, execution.ledger.evidence
    if evidence is not None and receipt.identities:
        _add_identities(evidence, receipt)
    with ledger.lock:
        if receipt.part not in ledger.parts:
            ledger.parts.add(receipt.part)
            ledger.tally.add_receipt(receipt)


def _add_identities(evidence: RunEvidence, receipt: SubmitReceipt) -> None:
    keys = {mapped.key for mapped in evidence.comparison.types}
    if not keys.issuperset(receipt.identities):
        raise _other_execution()
    evidence.is_accepted = False
    evidence.comparison.add_dict(receipt.identities)


def _other_execution() -> ConfigurationError:
    return ConfigurationError(
        "`receipt` belongs to another execution.",
        field="receipt",
        fix="Pass the receipts of records that were submitted to this execution.",
    )


def attached(target: ImportTarget, execution: Execution, *, lead: bool) -> Execution:
    """Return an execution of another process for use with this target.

    Raises:
        ConfigurationError: The execution belongs to another site.
    """
    if execution.site != target.site.url:
        raise ConfigurationError(
            f"`execution` belongs to {execution.site or 'no site'}, and this connection is one to {target.site.url}. "
            "Nothing was sent.",
            field="execution",
            fix="Connect to the site of the execution.",
        )
    taken_over = evolve(execution, is_owner=lead, is_taken_over=lead)
    taken_over.ledger.is_manual = taken_over.ledger.may_have_leaders = lead
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
