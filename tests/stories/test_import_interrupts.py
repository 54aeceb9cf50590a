"""Rows 41 and 42: Ctrl-C, a signal that ends the process, and asynchronous cancellation, at any moment of an import.

Each returns within a second, leaves no thread, task or socket behind, and cancels the execution, as far as Assets has not
been told that it is complete.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from jsm_assets_dest import ImportProgress
from jsm_assets_dest.testing import Emulator
from tests.stories.importing import identifiers, is_completed, operations, people, ready
from tests.stories.story import now, story
from tests.stories.test_building import model

CHILD = """
    import asyncio, json, os, signal, sys, threading, time
    from jsm_assets_dest import AsyncConnection, Connection
    from tests.stories.importing import people

    colour, source_kind, journal = sys.argv[1:4]
    secret = os.environ["JSM_ASSETS_IMPORT_TOKEN"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def sockets():
        if not os.path.isdir("/proc/self/fd"):
            return 0
        found = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if name.isdecimal()
                 and os.path.lexists(f"/proc/self/fd/{name}")]
        return sum(name.startswith("socket:") for name in found)

    def source():
        yield from people(100)
        if source_kind == "hangs":
            print("hanging", flush=True)
            time.sleep(60)

    options = {"chunk_records": 10, "in_flight": 4, "idle_seconds": 0.01}
    if journal:
        options["journal"] = journal

    def blocking():
        with Connection.current_site() as connection:
            connection.import_token(secret).import_records({"people": source()}, **options)

    async def asynchronous():
        async with AsyncConnection.current_site() as connection:
            await connection.import_token(secret).import_records({"people": source()}, **options)

    before = sockets()
    error = None
    try:
        blocking() if colour == "blocking" else asyncio.run(asynchronous())
    except BaseException as raised:
        error = raised
        notes = getattr(error, "__notes__", [])
    print(json.dumps({
        "error": type(error).__name__,
        "notes": notes,
        "threads": [one.name for one in threading.enumerate() if one is not threading.main_thread()],
        "sockets": sockets() - before,
    }), flush=True)
"""


posix = pytest.mark.skipif(sys.platform == "win32", reason="its signals are others")


@contextlib.contextmanager
def importing(emulator: Emulator, colour: str, source: str, journal: str = "") -> Iterator[Any]:
    """Provide a child process that imports into the emulator, which is served."""
    anyio.run(_built, emulator)
    with emulator.serve() as url:
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CHILD), colour, source, journal],
            env={**os.environ, **emulator.settings(url), "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield child
        finally:
            child.kill()
            child.communicate()


async def _built(emulator: Emulator) -> None:
    with emulator.connect() as connection:
        await ready(emulator, connection)


def interrupted(child: Any, number: signal.Signals) -> dict[str, Any]:
    """Send a signal; gives what the child found afterwards, and how long that took."""
    began = time.monotonic()
    child.send_signal(number)
    report: dict[str, Any] = json.loads(child.stdout.readline())
    report["seconds"] = time.monotonic() - began
    return report


def stalled(emulator: Emulator, count: int, **fault: Any) -> threading.Event:
    """Let chunks hang; the event is set once that many do."""
    seen: list[object] = []
    enough = threading.Event()

    def note(request: Any) -> bool:
        seen.append(request)
        if len(seen) >= count:
            enough.set()
        return True

    emulator.faults.always("submit chunk", when=note, **fault)
    return enough


@pytest.mark.slow
@posix
@pytest.mark.parametrize(
    ("colour", "number", "error"),
    [
        ("blocking", signal.SIGINT, "KeyboardInterrupt"),
        ("blocking", signal.SIGTERM, "SystemExit"),
        ("asynchronous", signal.SIGINT, "KeyboardInterrupt"),
    ],
)
def test_row_41_signal_while_all_chunks_hang(colour: str, number: signal.Signals, error: str) -> None:
    with Emulator() as emulator:
        hanging = stalled(emulator, 4, stall=60)
        with importing(emulator, colour, "ends") as child:
            assert hanging.wait(30)
            report = interrupted(child, number)

        assert report["error"] == error
        assert report["seconds"] < 1
        assert (report["threads"], report["sockets"]) == ([], 0)
        if (colour, error) != ("asynchronous", "SystemExit"):
            # asyncio lets SystemExit out of its loop without telling the tasks; they are cancelled without being heard.
            assert (
                any("none of them is in Assets" in note for note in report["notes"]) or colour != "blocking"
            )
            assert emulator.executions[-1].status == "CANCELLED"


@pytest.mark.slow
@posix
def test_row_41_ctrl_c_while_the_service_holds_all_calls_back() -> None:
    """The gate is closed for most of a minute, and the execution is cancelled past it anyway."""
    with Emulator() as emulator:
        refused = stalled(emulator, 1, status=429, retry_after=50)
        with importing(emulator, "blocking", "ends") as child:
            assert refused.wait(30)
            report = interrupted(child, signal.SIGINT)

        assert report["seconds"] < 1
        assert (report["threads"], report["sockets"]) == ([], 0)
        assert emulator.executions[-1].status == "CANCELLED"


@pytest.mark.slow
@posix
def test_row_41_ctrl_c_while_source_and_service_block() -> None:
    """Cancelling hangs as well: no one waits for it longer than half a second."""
    with Emulator() as emulator:
        emulator.faults.next("cancel import", stall=60)
        with importing(emulator, "blocking", "hangs") as child:
            assert child.stdout.readline() == "hanging\n"
            report = interrupted(child, signal.SIGINT)

        assert report["error"] == "KeyboardInterrupt"
        assert report["seconds"] < 1
        assert (report["threads"], report["sockets"]) == ([], 0)


@pytest.mark.slow
@posix
def test_row_41_with_a_journal_the_execution_stays_open(tmp_path: Path) -> None:
    with Emulator() as emulator:
        hanging = stalled(emulator, 4, stall=60)
        with importing(emulator, "blocking", "ends", str(tmp_path / "okta.journal")) as child:
            assert hanging.wait(30)
            report = interrupted(child, signal.SIGINT)

        assert report["seconds"] < 1
        assert "resume_import() with the same journal continues the import." in report["notes"]
        assert emulator.executions[-1].status == "INGESTING"


class _Rude(Mapping[str, object]):
    """A record at which someone presses Ctrl-C: not while the engine waits, but while records are checked."""

    def __getitem__(self, key: str) -> object:
        raise KeyError(key)

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[str]:
        raise KeyboardInterrupt


@story
async def test_row_41_ctrl_c_while_records_are_checked(emulator: Emulator, connection: Any) -> None:
    if type(connection).__name__.startswith("Async"):
        return  # the event loop turns Ctrl-C into a cancellation, which is row 42
    token = await ready(emulator, connection)

    with pytest.raises(KeyboardInterrupt) as caught:
        token.import_records({"people": [*people(5), _Rude()]}, chunk_records=2)

    assert any("was not completed" in note for note in caught.value.__notes__)
    assert emulator.executions[-1].status == "CANCELLED"
    assert [thread for thread in threading.enumerate() if thread.name.startswith("jsm-assets-dest")] == []


@story
async def test_row_41_ctrl_c_while_assets_works_cancels_nothing(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.world.import_seconds = 100

    class Pressed(BaseException):
        pass

    def press(progress: ImportProgress) -> None:
        if progress.phase == "processing":
            raise Pressed

    with pytest.raises(Pressed) as caught:
        await now(token.import_records({"people": people(5)}, on_progress=press))

    assert any(
        "which were all records, and continues to process them" in note for note in caught.value.__notes__
    )
    assert emulator.executions[-1].status == "PROCESSING"


@story
async def test_interrupted_execution_block_is_cancelled(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    execution = await now(token.start())
    manager: Any = execution

    with pytest.raises(KeyboardInterrupt):
        if hasattr(manager, "__aenter__"):
            async with manager:
                await manager.submit({"people": people(5)})
                raise KeyboardInterrupt
        with manager:
            manager.submit({"people": people(5)})
            raise KeyboardInterrupt

    assert emulator.executions[-1].status == "CANCELLED"
    assert identifiers(emulator) == []


# --- row 42


class Waits:
    """Counts the places where an import waits, and does something at one of them."""

    def __init__(self, at: int, act: Any) -> None:
        self.at = at
        self.act = act
        self.count = 0
        self.acted = False

    async def here(self) -> None:
        if self.count == self.at:
            self.acted = True
            self.act()
        self.count += 1
        await anyio.lowlevel.checkpoint()


class WaitingTransport(httpx.AsyncBaseTransport):
    """The emulator's transport, with a place to wait before a request arrives and one before its answer does."""

    def __init__(self, emulator: Emulator, waits: Waits) -> None:
        self._emulator = emulator
        self._waits = waits

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._waits.here()
        response = await self._emulator.transport.handle_async_request(request)
        await self._waits.here()
        return response


async def _cancelled_at(at: int, emulator: Emulator, secret: str, *, native: bool) -> bool:
    """Cancel an import at one of its waits; False when it ended before that."""
    emulator.requests.clear()
    scope = anyio.CancelScope()
    task = asyncio.current_task() if native else None
    waits = Waits(at, task.cancel if task is not None else scope.cancel)

    async def source() -> AsyncIterator[dict[str, object]]:
        for person in people(6):
            await waits.here()
            yield person

    async def heard(progress: ImportProgress) -> None:
        await waits.here()

    raised: BaseException | None = None
    async with emulator.connect_async(transport=WaitingTransport(emulator, waits)) as connection:
        with scope:
            try:
                await connection.import_token(secret).import_records(
                    {"people": source()}, model=model(), chunk_records=2, in_flight=2, on_progress=heard
                )
            except BaseException as error:
                raised = error
                if not native:
                    raise
        if native and task is not None:
            task.uncancel()
    if raised is None:
        # It ended before, or at the very end, where nothing waits any more.
        assert emulator.executions[-1].status == "DONE"
        return waits.acted
    assert isinstance(raised, anyio.get_cancelled_exc_class())
    requested = operations(emulator)
    if "start import" in requested:
        status = emulator.executions[-1].status
        if is_completed(emulator):
            assert status in ("PROCESSING", "DONE")
            emulator.clock.advance(10)
        elif "read execution status" in requested:
            assert status == "CANCELLED", requested
        elif status == "INGESTING":
            # Cancelled while the execution was started: its links are not known.
            emulator.executions[-1].cancel()
    return True


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["asyncio", "trio", "asyncio task.cancel()"])
def test_row_42_cancelled_at_every_await(kind: str) -> None:
    """The cancellation propagates, the execution is cancelled in its shelter, and nothing complains of being left behind."""
    with Emulator(import_seconds=2) as emulator:
        anyio.run(_built, emulator)
        secret, at = emulator.import_sources[0].token, 0
        while anyio.run(
            functools.partial(_cancelled_at, at, emulator, secret, native="task" in kind),
            backend="trio" if kind == "trio" else "asyncio",
        ):
            at += 1
    gc.collect()
    assert at > 30


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_row_42_failing_task_group_ends_the_import(backend: str) -> None:
    async def main() -> None:
        with Emulator() as emulator:
            async with emulator.connect_async() as connection:
                token = await ready(emulator, connection)
                begun = anyio.Event()

                async def source() -> AsyncIterator[dict[str, object]]:
                    for person in people(5):
                        yield person
                    begun.set()
                    await anyio.sleep_forever()

                async def neighbour() -> None:
                    await begun.wait()
                    raise OSError("something else broke")

                with pytest.raises(ExceptionGroup) as caught:
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(lambda: token.import_records({"people": source()}))
                        tasks.start_soon(neighbour)

                assert [str(error) for error in caught.value.exceptions] == ["something else broke"]
                assert emulator.executions[-1].status == "CANCELLED"

    anyio.run(main, backend=backend)
