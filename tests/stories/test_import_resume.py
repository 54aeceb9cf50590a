"""Row 36: an import whose process is killed, at any step, is gone on with; nothing is lost, nothing is there twice.

Most kills are simulated: the operation of an import is driven by a small engine that takes steps in random order and
stops permanently at one of them, so that nothing gets to tidy up. Some are real: a child process sends itself SIGKILL.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import textwrap
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest
from attrs import define, field

from jsm_assets_dest import AttributeSpec, Connection, ImportResult
from jsm_assets_dest._http.client import send, sync_client
from jsm_assets_dest._http.commands import Ask, Join, Operation, Outcome, Pull, Report, Send, Sleep, Spawn
from jsm_assets_dest._http.settings import HttpSettings, Limits
from jsm_assets_dest._http.sync_engine import pull
from jsm_assets_dest._imports.encoding import STANDARD
from jsm_assets_dest._imports.journal import Journal
from jsm_assets_dest._imports.options import ImportOptions
from jsm_assets_dest._operations import imports
from jsm_assets_dest._operations.import_tokens import Memory
from jsm_assets_dest.exceptions import (
    ConfigurationError,
    ImportBusyError,
    ImportInterruptedError,
    JournalLockedError,
    JournalMismatchError,
    MassDeletionGuardError,
)
from jsm_assets_dest.testing import Emulator
from tests.stories.importing import data_chunks, identifiers, operations, people, ready
from tests.stories.story import now, story
from tests.stories.test_building import destination, model

COUNT, CHUNK = 30, 3


class KilledError(Exception):
    """The process is gone."""


@define
class Thread:
    """An operation in progress in the simulation."""

    operation: Operation[Any]
    tag: object = None
    command: object = None
    value: object = None
    error: BaseException | None = None


@define
class Machine:
    """Carries out an operation step by step, workers and producer in random order, and is switched off at one step.

    A request takes two steps: it arrives at the service, and its answer arrives here.
    """

    emulator: Emulator
    chance: random.Random
    off_at: int = 10**9
    steps: int = 0
    ended: deque[Outcome] = field(factory=deque)
    workers: list[Thread] = field(factory=list)

    @property
    def settings(self) -> HttpSettings:
        return HttpSettings(limits=Limits(), transport=self.emulator.transport)

    def run(self, operation: Operation[Any]) -> Any:
        main = Thread(operation)
        with sync_client(self.settings) as client:
            try:
                while True:
                    waits = isinstance(main.command, Join) and main.command.waits and not self.ended
                    ready = [*self.workers, *([] if waits else [main])]
                    self._step()
                    try:
                        self._advance(self.chance.choice(ready), client)
                    except StopIteration as end:
                        return end.value
            finally:
                for thread in (main, *self.workers):
                    thread.operation.close()

    def _step(self) -> None:
        if self.steps >= self.off_at:
            raise KilledError
        self.steps += 1

    def _advance(self, thread: Thread, client: Any) -> None:
        try:
            value = self._carried_out(thread.command, client)
            self._step()  # what was done is done, and no one here knows
            thread.command = thread.operation.send(value)
        except KilledError:
            raise
        except StopIteration as end:
            if thread not in self.workers:
                raise
            self.workers.remove(thread)
            self.ended.append(Outcome(thread.tag, value=end.value))
        except Exception as error:  # noqa: BLE001 - an engine carries whatever is raised to where it belongs
            try:
                thread.command = thread.operation.throw(error)
            except Exception as unhandled:
                if thread not in self.workers:
                    raise
                self.workers.remove(thread)
                self.ended.append(Outcome(thread.tag, error=unhandled))

    def _carried_out(self, command: object, client: Any) -> object:
        match command:
            case Send(request=request):
                return send(client, self.settings, request, seconds=60)
            case Sleep(seconds=seconds):
                self.emulator.clock.sleep(seconds)
            case Pull():
                return pull(command, self.emulator.clock)
            case Report(callback=callback, event=event):
                callback(event)
            case Spawn(operation=operation, tag=tag):
                self.workers.append(Thread(operation, tag))
            case Join():
                return self.ended.popleft() if self.ended else None
            case Ask(function=function):
                return function()
            case None:
                pass
            case _:
                raise NotImplementedError(command)
        return None


@define
class World:
    """A site whose import is run by machines that may be switched off."""

    emulator: Emulator
    token: Any
    journal: Path
    first: int = 0

    def records(self) -> list[dict[str, object]]:
        return people(COUNT, self.first)

    def machine(self, seed: int, off_at: int = 10**9, *, resume: bool) -> tuple[Machine, Any]:
        machine = Machine(self.emulator, random.Random(seed), off_at)
        # Several imports share a site, and each brings people of its own.
        options = ImportOptions(
            journal=self.journal, chunk_records=CHUNK, in_flight=3, missing_objects="ignore"
        )
        operation = imports.run(
            attrs.evolve(self.token._target, memory=Memory()),  # a new process remembers nothing
            {"people": iter(self.records())},
            options,
            resume=resume,
        )
        return machine, operation

    def complete(self, seed: int) -> ImportResult:
        """Resume until it is done; cancel, as a person would, what no one knows about."""
        machine, operation = self.machine(seed, resume=True)
        try:
            return machine.run(operation)  # type: ignore[no-any-return]
        except ImportBusyError as error:
            notes = "".join(error.__notes__)
        assert "was about to start an execution" in notes
        self.emulator.executions[-1].cancel()
        machine, operation = self.machine(seed, resume=True)
        return machine.run(operation)  # type: ignore[no-any-return]


def world(folder: Path) -> World:
    emulator = Emulator(import_seconds=2)
    connection = emulator.connect()
    token = anyio.run(ready, emulator, connection)
    return World(emulator, token, folder / "okta.journal")


def killed_and_completed(here: World, seed: int, off_at: int, *, twice: bool) -> bool:
    """Kill an import at a step, complete it, and see that everything is there once. False when it ended before the step."""
    here.first += COUNT
    before = len(here.emulator.object_schema("OKT")["People"].objects)
    here.emulator.requests.clear()
    machine, operation = here.machine(seed, off_at, resume=False)
    try:
        machine.run(operation)
    except KilledError:
        pass
    else:
        return False
    chance = random.Random(seed * 1000 + off_at)
    if chance.random() < 0.2:
        # The service has lost patience in the meantime: a new execution is needed.
        for execution in here.emulator.executions:
            if execution.status == "INGESTING":
                execution.cancel()
    if twice and chance.random() < 0.3:
        # Killed once more, while it is being resumed.
        machine, operation = here.machine(seed + 1, chance.randrange(60), resume=True)
        with contextlib.suppress(KilledError, ImportBusyError):
            machine.run(operation)
    result = here.complete(seed + 2)

    objects = here.emulator.object_schema("OKT")["People"].objects[before:]
    assert len(objects) == COUNT
    assert {(str(asset["Okta ID"]), str(asset["Email"]), asset.label) for asset in objects} == {
        (str(record["id"]), str(record["email"]), str(record["displayName"])) for record in here.records()
    }
    assert result.confirmed
    assert result.sent == COUNT
    # Whatever was sent again was sent with the same bytes under its id.
    by_id: dict[bytes, set[bytes]] = {}
    for body in data_chunks(here.emulator):
        by_id.setdefault(body[:60], set()).add(body)
    assert all(len(bodies) == 1 for bodies in by_id.values())
    return True


@pytest.mark.once
def test_row_36_killed_at_every_step(tmp_path: Path) -> None:
    """Every step of one import of ten chunks, from before the first request to after the last."""
    here, step = world(tmp_path), 0
    while killed_and_completed(here, 7, step, twice=False):
        step += 1
    assert step > 60


@pytest.mark.once
@pytest.mark.parametrize("tens", range(10))
def test_row_36_killed_in_a_hundred_random_schedules(tmp_path: Path, tens: int) -> None:
    """Ten at a time: workers and producer in another order each time, killed at another step."""
    here = world(tmp_path)
    for seed in range(10 * tens, 10 * tens + 10):
        killed_and_completed(here, seed, random.Random(seed).randrange(80), twice=True)


CHILD = """
    import os, signal, sys
    from jsm_assets_dest import Connection
    from tests.stories.importing import people

    moment = sys.argv[1]

    def kill():
        os.kill(os.getpid(), signal.SIGKILL)

    def source():
        for number, person in enumerate(people(30)):
            if moment == f"record {number}":
                kill()
            yield person
        if moment == "the end of the source":
            kill()

    def heard(progress):
        if moment == progress.phase or moment == f"chunk {progress.chunks}":
            kill()

    with Connection.current_site() as connection:
        token = connection.import_token(os.environ["JSM_ASSETS_IMPORT_TOKEN"])
        token.import_records(
            {"people": source()}, chunk_records=3, in_flight=2, journal=sys.argv[2], on_progress=heard
        )
"""


@pytest.mark.once
@pytest.mark.parametrize("moment", ["starting", "record 14", "chunk 4", "processing"])
def test_row_36_process_that_is_really_killed(tmp_path: Path, moment: str) -> None:
    journal = tmp_path / "okta.journal"
    with Emulator(import_seconds=0.3) as emulator, emulator.connect() as inside:
        anyio.run(ready, emulator, inside)
        with emulator.serve() as url:
            settings = dict(emulator.settings(url))
            child = subprocess.run(
                [sys.executable, "-c", textwrap.dedent(CHILD), moment, str(journal)],
                env={**os.environ, **settings, "PYTHONPATH": os.pathsep.join(sys.path)},
                timeout=30,
                check=False,
                capture_output=True,
            )
            assert child.returncode == -signal.SIGKILL, child.stderr.decode()
            taken_before = len(data_chunks(emulator))
            # Over the socket as well, but its waiting moves the emulator's clock and takes no time.
            with Connection.current_site(environ=settings, clock=emulator.clock) as connection:
                result = connection.import_token(settings["JSM_ASSETS_IMPORT_TOKEN"]).resume_import(
                    {"people": people(30)}, chunk_records=3, in_flight=2, journal=journal
                )

        assert result.confirmed
        assert result.sent == 30
        assert len(set(identifiers(emulator))) == len(identifiers(emulator)) == 30
        assert len(emulator.executions) == 1
        # At most what was on its way, or confirmed and not written down yet, goes twice.
        assert len(data_chunks(emulator)) <= 10 + min(taken_before, 3)


# --- what resuming rejects, and what it does by itself


async def interrupted(token: Any, journal: Path, count: int = 20, **options: Any) -> None:
    """Leave an import open after some records."""

    def source() -> Iterator[dict[str, object]]:
        yield from people(count)
        raise OSError("broken")

    with pytest.raises(ImportInterruptedError) as caught:
        await now(
            token.import_records(
                {"people": source()}, journal=journal, chunk_records=5, in_flight=1, **options
            )
        )
    assert "resume_import() with the same journal continues the import." in caught.value.__notes__


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "okta.journal"


def telling(story_told: Any) -> Any:
    """Run a story with a journal as a sync test, because resuming does not differ between sync and async."""

    def test(journal: Path) -> None:
        async def main() -> None:
            with Emulator() as emulator, emulator.connect() as connection:
                await story_told(emulator, connection, journal)

        anyio.run(main)

    test.__name__, test.__doc__ = story_told.__name__, story_told.__doc__
    return test


@telling
async def test_confirmed_chunks_are_not_sent_again(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    token = await ready(emulator, connection)
    await interrupted(token, journal)
    emulator.requests.clear()

    result = token.resume_import({"people": people(30)}, journal=journal, chunk_records=5)

    assert emulator.executions[-1].status == "DONE"
    # All four chunks had an answer before the source was asked for more.
    assert (result.skipped_chunks, result.chunks, result.sent) == (4, 2, 30)
    assert len(emulator.executions) == 1
    assert "start import" not in operations(emulator)


@telling
async def test_another_process_needs_neither_the_model_nor_the_build(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    token = await ready(emulator, connection)
    await interrupted(token, journal)
    elsewhere = connection.import_token(emulator.import_sources[0].token)

    result = elsewhere.resume_import({"people": people(30)}, journal=journal)

    assert (result.skipped_chunks, result.sent) == (4, 30)


@telling
async def test_other_records_are_rejected_before_they_are_mixed_in(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    token = await ready(emulator, connection)
    await interrupted(token, journal)
    others = people(30)
    others[7] = {**others[7], "displayName": "Somebody else"}

    with pytest.raises(JournalMismatchError, match="chunk 1 differs from the interrupted run"):
        token.resume_import({"people": others}, journal=journal)

    assert emulator.executions[-1].status == "INGESTING"
    afresh = token.import_records({"people": others}, journal=journal)
    assert (afresh.created, len(emulator.executions)) == (30, 2)
    assert emulator.executions[0].status == "CANCELLED"


@telling
async def test_source_that_lost_records_in_the_meantime_is_rejected(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    """The execution has the lost ones already: completing it would import records that the source does not have."""
    token = await ready(emulator, connection)
    await interrupted(token, journal)

    with pytest.raises(JournalMismatchError, match="ended before chunk 2"):
        token.resume_import({"people": people(10)}, journal=journal)

    assert identifiers(emulator) == []


@telling
async def test_another_model_is_rejected(emulator: Emulator, connection: Any, journal: Path) -> None:
    token = await ready(emulator, connection)
    await interrupted(token, journal)
    wider = model(people=(AttributeSpec("Title", key="title"),))
    token.build(wider)

    with pytest.raises(JournalMismatchError, match="another schema model"):
        token.resume_import({"people": people(30)}, journal=journal)
    assert token.import_records({"people": people(30)}, journal=journal).created == 30


@pytest.mark.slow
@telling
async def test_guarded_run_completes_when_confirmed(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    token = await ready(emulator, connection)
    token.import_records({"people": people(50)}, journal=journal)

    with pytest.raises(MassDeletionGuardError, match="People: 40 of 50") as caught:
        token.import_records({"people": people(10)}, journal=journal)
    assert emulator.executions[-1].status == "INGESTING"
    accepted: Any = caught.value.preview
    result = token.resume_import({"people": people(10)}, journal=journal, allow_missing=accepted)

    assert (result.skipped_chunks, result.chunks, result.unchanged) == (1, 0, 10)


@telling
async def test_guard_knows_the_run_before_from_the_journal(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    token = await ready(emulator, connection)
    token.import_records({"people": people(50)}, journal=journal, wait=False)
    emulator.settle()
    emulator.faults.always("list object types flat", status=403)
    emulator.faults.always("list object types", status=403)

    with pytest.raises(MassDeletionGuardError, match='People: 40 of 50, such as "00u10"'):
        token.import_records({"people": people(10)}, journal=journal)
    emulator.faults.clear()


@telling
async def test_resume_reports_the_end_of_an_unawaited_run(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    token = await ready(emulator, connection)
    first = token.import_records({"people": people(20)}, journal=journal, wait=False)
    emulator.requests.clear()

    result = token.resume_import({"people": people(20)}, journal=journal)

    assert not first.confirmed
    assert (result.confirmed, result.created, result.skipped_chunks) == (True, 20, 1)
    assert "submit chunk" not in operations(emulator)


@telling
async def test_interrupted_test_is_not_taken_for_the_whole(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    token = await ready(emulator, connection)

    def source() -> Iterator[dict[str, object]]:
        yield from people(7)
        raise OSError("broken")

    with pytest.raises(ImportInterruptedError):
        token.test_import({"people": source()}, count=10, journal=journal)
    result = token.resume_import({"people": people(20)}, journal=journal)

    assert (result.skipped_chunks, result.created) == (0, 20)
    assert [execution.status for execution in emulator.executions] == ["CANCELLED", "DONE"]


@telling
async def test_execution_that_the_service_has_forgotten_is_replaced(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    token = await ready(emulator, connection)
    await interrupted(token, journal)
    emulator.executions[-1].cancel()
    emulator.faults.next("read execution status", status=400)

    result = token.resume_import({"people": people(30)}, journal=journal)

    assert (result.skipped_chunks, result.created, len(emulator.executions)) == (0, 30, 2)


@telling
async def test_resumed_run_uses_the_same_encoder(emulator: Emulator, connection: Any, journal: Path) -> None:
    """Orjson writes other bytes for the same records: the digests would say that the records are others."""
    pytest.importorskip("orjson")
    token = await ready(emulator, connection)
    names = [{**person, "displayName": f"Žofie {number}"} for number, person in enumerate(people(30))]

    def source() -> Iterator[dict[str, object]]:
        yield from names[:20]
        raise OSError("broken")

    with pytest.raises(ImportInterruptedError):
        token.import_records({"people": source()}, journal=journal, chunk_records=5, in_flight=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "choose_encoder", lambda: STANDARD)
        result = token.resume_import({"people": names}, journal=journal)

    assert (result.skipped_chunks, result.created) == (4, 30)


@telling
async def test_journal_in_use_is_rejected_before_anything_is_sent(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    token = await ready(emulator, connection)
    with Journal(journal), pytest.raises(JournalLockedError):
        token.import_records({"people": people(3)}, journal=journal)

    assert emulator.requests == []


@telling
async def test_unwritable_journal_leaves_no_execution(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    token = await ready(emulator, connection)

    def full(self: Journal, *arguments: object) -> None:
        raise OSError("no space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "begin_execution", full)
        with pytest.raises(OSError, match="no space left"):
            token.import_records({"people": people(3)}, journal=journal)

    assert emulator.executions[-1].status == "CANCELLED"


@telling
async def test_execution_led_manually_has_no_journal(
    emulator: Emulator, connection: Any, journal: Path
) -> None:
    token = await ready(emulator, connection)

    with pytest.raises(ConfigurationError, match="has no journal"):
        token.start(journal=journal)

    assert emulator.requests == []


@story
async def test_two_imports_share_a_journal(emulator: Emulator, connection: Any) -> None:
    import tempfile

    token = await ready(emulator, connection)
    _, second = await destination(emulator, connection, "OKU", "The other one")
    await now(second.build(model(namespace="okta/other")))
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder, "both.journal")
        await interrupted(token, journal)
        await now(second.import_records({"people": people(3)}, journal=journal))
        result = await now(token.resume_import({"people": people(30)}, journal=journal))

    # An event loop decides whether the fourth chunk has its response when the source breaks.
    assert result.skipped_chunks in ((4,) if isinstance(connection, Connection) else (3, 4))
