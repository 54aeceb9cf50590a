# Derived from _async/import_execution.py by tools/derive_sync.py: do not edit; change _async/import_execution.py and derive again.
"""Execution of an import: it accepts records, is completed once, and then reports the result."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from attrs import field, frozen

from .._arguments.checking import checked_methods
from .._imports.execution import Execution
from .._imports.options import Records
from .._imports.preview import checked_acceptance
from .._imports.result import ImportResult
from .._imports.tally import SubmitReceipt
from .._operations import executions, parts
from .._operations.import_tokens import ImportTarget
from ..exceptions import PreviewFacts
from .session import Session, values_of


@checked_methods
@frozen(kw_only=True, repr=False)
class ImportExecution(Execution):
    """Execution of an import.

    As a context manager, it is completed if the block succeeds (leaving the block waits for the result), and cancelled
    if the block raises or if it cannot be completed. Pickling drops the token and the connection: in another process,
    continue with `attach` of an import token.
    """

    __module__ = "jsm_assets_dest"

    _session: Session = field(repr=False, eq=False, alias="session")
    _target: ImportTarget = field(repr=False, eq=False, alias="target")

    @classmethod
    def of(cls, session: Session, target: ImportTarget, execution: Execution) -> Self:
        """Return a handle for the execution."""
        return cls(**values_of(execution), session=session, target=executions.patient(target, execution))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._session.run(executions.finish(self._target, self))
        else:
            self._session.run(
                executions.clean_up(self._target, self, error), interrupted=not isinstance(error, Exception)
            )

    def submit(self, records: Records, *, part: str = "") -> SubmitReceipt:
        """Send records in as many chunks as needed; return after all of them are confirmed.

        Args:
            records: Records as in `import_records` of the import token.
            part: Name of these records, if several processes submit to one execution. The ids of the chunks are derived
                from it, so a task that runs again sends the same chunks instead of new ones.

        Returns:
            The number of records sent. If another process started the execution, pass it to `add_receipt` there.

        Raises:
            RecordError: A record is invalid.
            ImportCancelledError: The execution was cancelled.
        """
        return self._session.run(parts.submit(self._target, self, records, part))

    def add_receipt(self, receipt: SubmitReceipt | Mapping[str, object]) -> None:
        """Add the receipt of records that another process submitted to this execution.

        The result counts the records of all receipts, and the guard compares them with the objects in Assets. Without its
        receipt, the records of another process count as missing. A part whose task ran twice counts once.

        Args:
            receipt: Result of `submit` in the other process, or of its `to_dict`.

        Raises:
            ConfigurationError: It is not a receipt, it belongs to another execution, or the model does not have its selectors.
        """
        parts.add_receipt(self, receipt)

    def complete(self, *, allow_missing: PreviewFacts | None = None) -> None:
        """Report that all data was sent; Assets then begins to process it. A second call does nothing.

        Args:
            allow_missing: Preview whose missing objects may be missing, such as `error.preview` of a
                `MassDeletionGuardError`.

        Raises:
            MassDeletionGuardError: Objects in Assets are missing from this execution. It stays open: submit the missing
                records, accept the missing objects, or cancel it.
            ClosedError: This handle does not lead the execution: another process started it, and `attach` got no `lead=True`.
            ExecutionCompletedError: Another leader was first. `wait` returns the result.
            ImportCancelledError: The execution was cancelled.
        """
        accepted = checked_acceptance(allow_missing)
        self._session.run(executions.complete(self._target, self, accepted))

    def status(self) -> str:
        """Return the state: INGESTING (it accepts data), PROCESSING, DONE, CANCELLED, or a state unknown to this library."""
        return self._session.run(executions.look(self._target, self)).state

    def wait(self, timeout: float = 3600.0) -> ImportResult:
        """Wait until Assets has processed all records.

        Args:
            timeout: Maximum seconds to wait.

        Raises:
            ImportTimeoutError: Assets did not finish in time. The execution continues.
            ImportCancelledError: The execution was cancelled.
        """
        return self._session.run(executions.wait(self._target, self, timeout))

    def cancel(self) -> bool:
        """Cancel the execution while it accepts data or is being processed.

        Returns:
            True if it is cancelled now; False if it had ended before.

        Raises:
            ClosedError: This handle does not lead the execution: another process started it, and `attach` got no `lead=True`.
        """
        return self._session.run(executions.cancel(self._target, self))

    def result(self) -> ImportResult:
        """Return what this process sent and what Assets has confirmed so far, without waiting."""
        return self._session.run(executions.result(self._target, self))
