"""The engine that does not block: tasks wait, on asyncio and on Trio alike.

anyio, which httpx brings along for its own asynchronous transport, does the waiting.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar, cast

from .._wire.request import Request
from .._wire.response import Response
from ..exceptions import ClosedError
from .clock import Clock
from .commands import (
    Ask,
    Batch,
    CallbackError,
    Exclusive,
    Join,
    Operation,
    Outcome,
    Pull,
    Report,
    Send,
    Sleep,
    Spawn,
)
from .forks import renew_after_fork
from .sync_engine import GRACE, pull, too_slow

if TYPE_CHECKING:
    from typing import Self

    import anyio
    import httpx
    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from .settings import HttpSettings

T = TypeVar("T")
_Ended: TypeAlias = Outcome | CallbackError


class AsyncEngine:
    """Runs operations in the caller's task. Several tasks of one event loop may use one engine.

    Args:
        settings: What the HTTP client is built from, at the first request.
        clock: The clock that measures every wait.
    """

    #: True if callbacks of the caller may be coroutine functions.
    runs_coroutines: ClassVar[bool] = True

    def __init__(self, settings: HttpSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._client: httpx.AsyncClient | None = None
        self._closed = False
        self._exclusive: dict[str, anyio.Lock] = {}
        self._inherited: list[httpx.AsyncClient] = []
        renew_after_fork(self)

    async def run(self, operation: Operation[T], *, interrupted: bool = False) -> T:
        """Run an operation and return its value. Its exceptions are raised.

        Args:
            operation: The operation.
            interrupted: True if it cleans up after a cancellation. It is then shielded from the cancelled scope, and has
                `GRACE` seconds.
        """
        return await _Run(self, interrupted=interrupted).whole(operation)

    async def aclose(self) -> None:
        """Close the connections; further requests raise `ClosedError`. Closing twice does nothing."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def client(self) -> httpx.AsyncClient:
        """Return the HTTP client. It is built at the first use."""
        if self._client is None:
            if self._closed:
                raise ClosedError(
                    "Nothing was sent: the connection was closed.",
                    remedies=("You: use the connection inside its `async with` block, or make a new one.",),
                )
            self.settings.prepare()
            from .client import async_client

            self._client = async_client(self.settings)
        return self._client

    def after_fork(self) -> None:
        """In a forked process: build a new client at the next request, and do not touch the parent's client."""
        client, self._client = self._client, None
        if client is not None:
            self._inherited.append(client)
        self._exclusive = {}

    def exclusive(self, key: str) -> anyio.Lock:
        import anyio

        return self._exclusive.setdefault(key, anyio.Lock())


class _Run:
    """One operation in progress, with the tasks of the operations that it spawned."""

    def __init__(self, engine: AsyncEngine, *, interrupted: bool) -> None:
        self._engine = engine
        self._tasks: TaskGroup | None = None
        self._ended: tuple[MemoryObjectSendStream[_Ended], MemoryObjectReceiveStream[_Ended]] | None = None
        self._pending = 0
        self._interrupted = interrupted
        self._interrupted_until: float | None = None

    async def whole(self, operation: Operation[T]) -> T:
        """Run the operation. All its tasks end before this returns."""
        try:
            return await self._drive(operation)
        finally:
            await self._stop_tasks()

    async def _stop_tasks(self) -> None:
        tasks, self._tasks = self._tasks, None
        try:
            if tasks is not None:
                tasks.cancel_scope.cancel()
                # The group is told of no exception: spawned operations never raise into it (see `_work`), and the one
                # of the run itself propagates by itself instead of inside an exception group.
                await tasks.__aexit__(None, None, None)
        finally:
            if self._ended is not None:
                for end in self._ended:
                    end.close()

    async def _drive(self, operation: Operation[T], *, worker: bool = False, spawned: bool = False) -> T:
        try:
            command = operation.send(None)
            while True:
                try:
                    value = await self._carry_out(command, spawned=spawned)
                except BaseException as error:
                    if isinstance(error, CallbackError):
                        raise
                    if not isinstance(error, Exception) and not worker:
                        self._interrupted = True
                    command = operation.throw(error)
                else:
                    command = operation.send(value)
                    value = None  # Records of a confirmed chunk are not held while the next command is carried out.
        except StopIteration as end:
            return cast("T", end.value)
        finally:
            operation.close()

    async def _carry_out(self, command: object, *, spawned: bool) -> object:
        if self._interrupted:
            import anyio

            # Cancelled: the operation may clean up, shielded, but not for long.
            if self._interrupted_until is None:
                self._interrupted_until = anyio.current_time() + GRACE
            with anyio.fail_after(self._interrupted_until - anyio.current_time(), shield=True):
                return await self._act(command, spawned=spawned)
        return await self._act(command, spawned=spawned)

    async def _act(self, command: object, *, spawned: bool) -> object:
        kind = type(command)
        if kind is Send:
            return await self._send(cast("Send", command).request)
        if kind is Pull:
            return await self._pull(cast("Pull", command))
        if kind is Sleep:
            await self._engine.clock.sleep_async(cast("Sleep", command).seconds)
            return None
        if kind is Report:
            report = cast("Report", command)
            try:
                return await _settled(report.callback(report.event))
            except Exception as error:
                if spawned:
                    raise CallbackError(error) from error
                raise
        if kind is Spawn:
            await self._spawn(cast("Spawn", command))
            return None
        if kind is Join:
            return await self._join(waits=cast("Join", command).waits)
        if kind is Ask:
            return await _settled(cast("Ask", command).function())
        exclusive = cast("Exclusive", command)
        async with self._engine.exclusive(exclusive.key):
            return await self._drive(exclusive.operation, worker=True, spawned=spawned)

    async def _send(self, request: Request) -> Response:
        engine = self._engine
        client = engine.client()  # before the import: it begins what can go on meanwhile
        from .client import send_async

        seconds = request.timeout or engine.settings.limits.attempt
        return await send_async(client, engine.settings, request, seconds=seconds)

    async def _pull(self, command: Pull) -> Batch:
        iterator = command.iterator
        if not isinstance(iterator, AsyncIterator):
            return pull(command, self._engine.clock)
        import anyio

        records: list[Any] = []
        # One time limit for the whole batch: it ends with its time anyway, and then has one record still to wait for.
        with anyio.move_on_after((command.seconds or 0.0) + command.patience):
            return await self._taken(iterator, command, records)
        return Batch(records, ended=True, error=too_slow(command.patience))

    async def _taken(self, iterator: AsyncIterator[Any], command: Pull, records: list[Any]) -> Batch:
        clock = self._engine.clock
        asked = clock.monotonic()
        until = math.inf if command.seconds is None else asked + command.seconds
        try:
            while len(records) < command.count:
                records.append(await iterator.__anext__())
                now = clock.monotonic()
                if now - asked > command.patience:
                    return Batch(records, ended=True, error=too_slow(command.patience))
                if now >= until and len(records) < command.count:
                    return Batch(records)
                asked = now
        except StopAsyncIteration:
            return Batch(records, ended=True)
        except Exception as error:
            return Batch(records, ended=True, error=error)
        return Batch(records)

    async def _spawn(self, command: Spawn) -> None:
        import anyio

        if self._tasks is None:
            self._ended = anyio.create_memory_object_stream[_Ended](math.inf)
            self._tasks = anyio.create_task_group()
            await self._tasks.__aenter__()
        self._pending += 1
        self._tasks.start_soon(self._work, command)

    async def _work(self, command: Spawn) -> None:
        if self._ended is None:
            raise AssertionError("made before the first task is started")
        outcome: _Ended
        try:
            value = await self._drive(command.operation, worker=True, spawned=True)
            outcome = Outcome(command.tag, value=value)
        except CallbackError as error:
            outcome = error
        except Exception as error:
            outcome = Outcome(command.tag, error=error)
        self._ended[0].send_nowait(outcome)

    async def _join(self, *, waits: bool) -> Outcome | None:
        if not self._pending or self._ended is None:
            raise RuntimeError("nothing was spawned that could be joined")
        received = self._ended[1]
        if not waits:
            import anyio.lowlevel

            # A source that is not asynchronous gives the tasks no other chance to write their requests.
            await anyio.lowlevel.checkpoint()
            if not received.statistics().current_buffer_used:
                return None
        outcome = await received.receive()
        self._pending -= 1
        if isinstance(outcome, CallbackError):
            raise outcome.error
        return outcome


async def _settled(value: object) -> object:
    """Return the value, awaited if it is awaitable."""
    return await value if inspect.isawaitable(value) else value
