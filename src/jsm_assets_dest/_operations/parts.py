"""Parts of an execution: records that several processes submit, and the receipts that their leader adds up."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from .._http.commands import Operation
from .._imports.execution import Execution
from .._imports.receipt import SubmitReceipt
from .._imports.run_evidence import RunEvidence
from ..exceptions import ConfigurationError
from .import_target import ImportTarget
from .record_sources import refuse_no_source, refuse_unknown_selectors
from .sending import Sending


def submit(
    target: ImportTarget, execution: Execution, records: object, part: str
) -> Operation[SubmitReceipt]:
    """Send records to an execution, from any process."""
    refuse_no_source(records)
    refuse_unknown_selectors(records, execution.model.import_order())
    _check_part(part)
    # The random name cannot be the name of a part: a service that recognizes ids would drop chunks with equal ids.
    name = part or secrets.token_hex(8)
    sending = Sending(target, execution, f"{execution.run_id}-{name}")
    yield from sending.all_of(records)
    execution.ledger.parts.add(name)
    evidence = execution.ledger.evidence
    return SubmitReceipt(
        sending.counts,
        chunks=sending.chunks,
        refused=sending.refused,
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
        raise ConfigurationError(
            "`part` contains a lone surrogate, which UTF-8 can't encode. Nothing was sent.",
            field="part",
            fix="Pass ordinary text, such as the number of the task.",
        ) from error


def add_receipt(execution: Execution, receipt: object) -> None:
    """Add the records that another process submitted.

    Raises:
        ConfigurationError: It is not a receipt, it belongs to another execution, or the model does not have its selectors.
    """
    if isinstance(receipt, Mapping):
        receipt = SubmitReceipt.from_dict(receipt)
    if not isinstance(receipt, SubmitReceipt):
        raise ConfigurationError(
            f"`receipt` is {type(receipt).__name__}.",
            field="receipt",
            fix="Pass what `submit` returned in the other process, or the result of its `to_dict()`.",
        )
    if not (receipt.execution_id and receipt.part):
        missing = "part" if receipt.execution_id else "execution"
        raise ConfigurationError(
            f"`receipt` does not name its {missing}.",
            field="receipt",
            fix="Pass what `submit` returned in the other process, or the result of its `to_dict()`.",
        )
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
