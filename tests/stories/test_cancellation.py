"""Cancelled scopes: an execution never stays open because the scope around its block was cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import anyio
import httpx
import pytest
import trio

from jsm_assets_dest.testing import Emulator
from tests.stories.importing import operations, people, ready

#: Runs a block and cancels it when the block calls `press`.
Way: TypeAlias = Callable[[Callable[[Callable[[], object]], Awaitable[None]]], Awaitable[None]]


class _CheckpointTransport(httpx.AsyncBaseTransport):
    """The emulator's transport, which can be cancelled as a real one can: before and after each request."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        response = await self._emulator.transport.handle_async_request(request)
        await anyio.lowlevel.checkpoint()
        return response


async def _move_on_after(block: Callable[[Callable[[], object]], Awaitable[None]]) -> None:
    with anyio.move_on_after(600) as scope:
        await block(lambda: setattr(scope, "deadline", anyio.current_time()))
    assert scope.cancelled_caught


async def _fail_after(block: Callable[[Callable[[], object]], Awaitable[None]]) -> None:
    with pytest.raises(TimeoutError), anyio.fail_after(600) as scope:
        await block(lambda: setattr(scope, "deadline", anyio.current_time()))


async def _task_group(block: Callable[[Callable[[], object]], Awaitable[None]]) -> None:
    begun = anyio.Event()

    async def neighbor() -> None:
        await begun.wait()
        raise OSError("the neighbor failed")

    with pytest.raises(ExceptionGroup):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(neighbor)
            await block(begun.set)


async def _asyncio_timeout(block: Callable[[Callable[[], object]], Awaitable[None]]) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(600) as timeout:
            await block(lambda: timeout.reschedule(asyncio.get_running_loop().time()))


async def _asyncio_task(block: Callable[[Callable[[], object]], Awaitable[None]]) -> None:
    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        await block(task.cancel)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(main())


async def _trio_scope(block: Callable[[Callable[[], object]], Awaitable[None]]) -> None:
    with trio.CancelScope() as scope:
        await block(scope.cancel)
    assert scope.cancelled_caught


async def _trio_nursery(block: Callable[[Callable[[], object]], Awaitable[None]]) -> None:
    async with trio.open_nursery() as nursery:
        await block(nursery.cancel_scope.cancel)


WAYS: list[Any] = [
    pytest.param(backend, way, id=f"{backend}-{way.__name__.strip('_')}")
    for backend, ways in {
        "asyncio": (_move_on_after, _fail_after, _task_group, _asyncio_timeout, _asyncio_task),
        "trio": (_move_on_after, _fail_after, _task_group, _trio_scope, _trio_nursery),
    }.items()
    for way in ways
]


@asynccontextmanager
async def _prepared() -> AsyncIterator[tuple[Emulator, Any]]:
    with Emulator() as emulator:
        async with emulator.connect_async(transport=_CheckpointTransport(emulator)) as connection:
            yield emulator, await ready(emulator, connection)


async def _refuse_open(emulator: Emulator, token: Any) -> None:
    """Check that no execution is open and that the next import works."""
    assert [execution.status for execution in emulator.executions] == ["CANCELLED"]
    result = await token.import_records({"people": people(3)})
    assert result.confirmed


@pytest.mark.parametrize(("backend", "way"), WAYS)
def test_execution_block_cancelled_waiting_is_cancelled(backend: str, way: Way) -> None:
    async def main() -> None:
        async with _prepared() as (emulator, token):

            async def block(press: Callable[[], object]) -> None:
                async with await token.start() as execution:
                    await execution.submit({"people": people(3)})
                    press()
                    await anyio.sleep_forever()

            await way(block)
            await _refuse_open(emulator, token)

    anyio.run(main, backend=backend)


@pytest.mark.parametrize(("backend", "way"), WAYS)
def test_execution_block_cancelled_sending_is_cancelled(backend: str, way: Way) -> None:
    async def main() -> None:
        async with _prepared() as (emulator, token):

            async def block(press: Callable[[], object]) -> None:
                async def records() -> AsyncIterator[dict[str, object]]:
                    for number, person in enumerate(people(6)):
                        if number == 5:
                            press()
                            await anyio.sleep_forever()
                        yield person

                async with await token.start(chunk_records=2, in_flight=2) as execution:
                    await execution.submit({"people": records()})

            await way(block)
            await _refuse_open(emulator, token)

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_execution_block_cancelled_at_its_end_is_cancelled(backend: str) -> None:
    """The block succeeds, and the scope is cancelled before the execution could be completed."""

    async def main() -> None:
        async with _prepared() as (emulator, token):
            with anyio.CancelScope() as scope:
                async with await token.start() as execution:
                    await execution.submit({"people": people(3)})
                    scope.cancel()
            assert scope.cancelled_caught
            await _refuse_open(emulator, token)

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_execution_block_failing_in_cancelled_scope_is_cancelled(backend: str) -> None:
    """An ordinary exception is cleaned up with all retries, unless the scope is cancelled: then with one short attempt."""

    async def main() -> None:
        async with _prepared() as (emulator, token):
            with anyio.CancelScope() as scope:
                async with await token.start():
                    scope.cancel()
                    raise OSError("the source failed")
            await _refuse_open(emulator, token)

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_import_cancelled_before_completion_is_cancelled(backend: str) -> None:
    async def main() -> None:
        async with _prepared() as (emulator, token):
            with anyio.CancelScope() as scope:

                async def records() -> AsyncIterator[dict[str, object]]:
                    for person in people(3):
                        yield person
                    scope.cancel()

                await token.import_records({"people": records()})
            assert "submit chunk" in operations(emulator) or "start import" in operations(emulator)
            await _refuse_open(emulator, token)

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_connection_block_cancelled_closes_its_client(backend: str) -> None:
    async def main() -> None:
        with Emulator() as emulator, anyio.CancelScope() as scope:
            async with emulator.connect_async(transport=_CheckpointTransport(emulator)) as connection:
                await connection.check()
                scope.cancel()
                await anyio.sleep_forever()
        assert scope.cancelled_caught
        client = connection._session.engine._client
        assert client is None

    anyio.run(main, backend=backend)
