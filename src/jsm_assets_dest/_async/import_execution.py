"""One run of an import: it takes records, is completed once, and then tells what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict, field, frozen

from .._imports.execution import Execution
from .._operations import executions, sending

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from .._imports.options import AsyncRecords
    from .._imports.result import ImportResult
    from .._secret import Secret
    from .connection import AsyncConnection


@frozen(kw_only=True)
class AsyncImportExecution(Execution):
    """An execution of an import.

    As an async context manager it is completed and waited for when the block ends well, and cancelled when it does not
    or cannot be completed.
    Pickled, it loses its token and its connection: in another process, `attach` of an import token takes it up again.
    """

    _secret: Secret = field(repr=False, eq=False, alias="secret")
    _connection: AsyncConnection = field(repr=False, eq=False, alias="connection")

    @classmethod
    def of(cls, connection: AsyncConnection, secret: Secret, execution: Execution) -> Self:
        """Bind an execution to a connection and a token."""
        values = asdict(
            execution,
            recurse=False,
            filter=lambda attribute, _: attribute.init and attribute.name not in ("_connection", "_secret"),
        )
        return cls(**values, secret=secret, connection=connection)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self._connection._run(executions.finish(self._connection._site, self._secret, self))
        else:
            await self._connection._run(
                executions.broken_off(self._connection._site, self._secret, self, error)
            )

    async def submit(self, records: AsyncRecords, *, part: str = "") -> int:
        """Send records, in as many chunks as they take; returns when all of them are confirmed.

        Args:
            records: As in `import_records` of the import token.
            part: A name for these records where several processes submit to one execution. The ids of the chunks follow
                from it, so that a task that is run again sends the same chunks again instead of new ones.

        Returns:
            How many records were sent.

        Raises:
            RecordError: A record cannot be imported.
            ImportCancelledError: The execution was cancelled.
        """
        return await self._connection._run(
            sending.submit(self._connection._site, self._secret, self, records, part)
        )

    async def complete(self) -> None:
        """Say that all data is there; Assets begins to process it. Completing twice does nothing.

        Raises:
            ClosedError: The execution was started by another process, which is the one to complete it.
            ImportCancelledError: The execution was cancelled.
        """
        await self._connection._run(executions.complete(self._connection._site, self._secret, self))

    async def status(self) -> str:
        """The state: INGESTING (it takes data), PROCESSING, DONE, CANCELLED, or a word that nobody has seen yet."""
        return (
            await self._connection._run(executions.look(self._connection._site, self._secret, self))
        ).state

    async def wait(self, timeout: float = 3600.0) -> ImportResult:
        """Wait until Assets has processed everything.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            ImportTimeoutError: It takes longer; the execution goes on.
            ImportCancelledError: The execution was cancelled.
        """
        return await self._connection._run(
            executions.wait(self._connection._site, self._secret, self, timeout)
        )

    async def cancel(self) -> bool:
        """Cancel the execution, as long as it takes data or is being processed.

        Returns:
            Whether it is cancelled now; False when it had ended before.

        Raises:
            ClosedError: The execution was started by another process, which is the one to cancel it.
        """
        return await self._connection._run(executions.cancel(self._connection._site, self._secret, self))

    async def result(self) -> ImportResult:
        """What was sent from here and what Assets has confirmed by now, without waiting."""
        return await self._connection._run(executions.result(self._connection._site, self._secret, self))
