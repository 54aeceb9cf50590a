"""R14: no throttle, of any length, ends an import. It waits, or it leaves its execution open.

The clock of the emulator advances when the library waits, so an hour takes no time.
"""

from __future__ import annotations

import json
import logging
import tempfile
from typing import Any

import pytest

from jsm_assets_dest import ImportProgress
from jsm_assets_dest.exceptions import (
    ImportInterruptedError,
    MassDeletionGuardError,
    RateLimitedError,
    RecordError,
)
from jsm_assets_dest.testing import Emulator
from tests.stories.importing import identifiers, operations, people, ready, result_of
from tests.stories.story import now, story

#: Every request of an import with an open execution.
OPEN = ["read execution status", "submit chunk"]


def throttle(emulator: Emulator, operation: str, seconds: int, *, times: int = 1) -> None:
    for _ in range(times):
        emulator.faults.next(operation, status=429, retry_after=seconds)


@pytest.mark.parametrize("seconds", [61, 180, 2788, 3600])
@pytest.mark.parametrize("operation", OPEN)
def test_import_waits_for_a_long_throttle(operation: str, seconds: int) -> None:
    """Half an hour or an hour is usual for a quota. Nothing is cancelled, and everything arrives."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _ready(emulator, connection)
        throttle(emulator, operation, seconds)

        result = token.import_records({"people": people(60)}, chunk_records=10)

        assert result.created == 60
        assert seconds <= result.throttled <= 1.1 * seconds + 1
        assert "cancel import" not in operations(emulator)


@pytest.mark.parametrize("seconds", [0, 600])
def test_wait_that_another_request_waited_for_ends_nothing(seconds: int) -> None:
    """Time passes between the rejection and the retry: another worker waits meanwhile, or the machine is busy."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _ready(emulator, connection)
        throttle(emulator, "submit chunk", seconds)

        def pass_time(record: logging.LogRecord) -> bool:
            emulator.clock.sleep(record.__dict__["wait"])
            return True

        logger = logging.getLogger("jsm_assets_dest.throttle")
        level = logger.level
        logger.setLevel(logging.INFO)
        logger.addFilter(pass_time)
        try:
            result = token.import_records({"people": people(60)}, chunk_records=10)
        finally:
            logger.removeFilter(pass_time)
            logger.setLevel(level)

        assert result.created == 60


def _ready(emulator: Emulator, connection: Any) -> Any:
    coroutine = ready(emulator, connection)
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a sync connection never suspends")


@story
async def test_wait_is_in_the_progress(emulator: Emulator, connection: Any) -> None:
    """The listener gets one report with the length of the wait, whatever the number of workers."""
    token = await ready(emulator, connection)
    throttle(emulator, "submit chunk", 1847, times=4)
    reports: list[ImportProgress] = []

    await now(token.import_records({"people": people(60)}, chunk_records=10, on_progress=reports.append))

    waits = [report.waiting for report in reports if report.waiting]
    assert waits
    assert 1847 <= max(waits) <= 2100
    assert len(waits) <= 4
    assert "waiting 3" in str(next(report for report in reports if report.waiting))
    assert reports[-1].waiting == 0
    assert reports[-1].throttled >= 1847


def test_wait_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """A wait of minutes is a warning with its end; the display "log" shows it too."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = _ready(emulator, connection)
        throttle(emulator, "submit chunk", 1847)
        with caplog.at_level(logging.INFO, "jsm_assets_dest"):
            token.import_records({"people": people(5)}, on_progress="log", in_flight=1)

    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    lines = [record.getMessage() for record in caplog.records if record.name == "jsm_assets_dest.progress"]
    assert len(warnings) == 1
    assert warnings[0].startswith("Atlassian's rate limit blocks the import for 3")
    assert "stays open" in warnings[0]
    assert any("waiting 3" in line for line in lines)


@story
async def test_stopped_import_leaves_its_execution_open(emulator: Emulator, connection: Any) -> None:
    """Without a journal, the error says what remains. Another process can send the remaining records."""
    token = await ready(emulator, connection)
    emulator.faults.next("submit chunk", nth=3, status=429, retry_after=3600)

    with pytest.raises(RateLimitedError) as caught:
        await now(
            token.import_records({"people": people(60)}, chunk_records=10, in_flight=1, throttle_seconds=600)
        )

    error = caught.value
    assert "cancel import" not in operations(emulator)
    assert emulator.executions[-1].status == "INGESTING"
    assert error.execution is not None
    assert result_of(error).sent == 20
    assert "stays open with 20 records" in str(error)
    assert "token.attach(error.execution, lead=True)" in str(error)
    assert "resume_import" in str(error)
    emulator.faults.clear()
    emulator.clock.advance(3600)
    attached = token.attach(error.execution, lead=True)
    assert await now(attached.submit({"people": people(60)})) == 60
    await now(attached.complete())
    result = await now(attached.wait())
    assert result.created == 60
    assert len(emulator.executions) == 1


@pytest.mark.slow
@story
async def test_guard_knows_the_records_before_the_stop(emulator: Emulator, connection: Any) -> None:
    """The remaining records complete the run: the guard does not reject it because of the accepted ones."""
    token = await ready(emulator, connection)
    await now(token.import_records({"people": people(60)}))
    emulator.import_sources[0].set_missing_objects("remove")
    emulator.faults.next("submit chunk", nth=3, status=429, retry_after=3600)
    with pytest.raises(RateLimitedError) as caught:
        await now(
            token.import_records({"people": people(60)}, chunk_records=10, in_flight=1, throttle_seconds=600)
        )
    emulator.clock.advance(3600)
    execution: Any = caught.value.execution

    attached = token.attach(execution, lead=True)
    await now(attached.submit({"people": people(20, 20)}))
    with pytest.raises(MassDeletionGuardError) as rejected:
        await now(attached.complete())
    execution = rejected.value.execution
    attached = token.attach(json.loads(json.dumps(execution.to_dict())), lead=True)
    await now(attached.submit({"people": people(20, 40)}))
    await now(attached.complete())

    assert rejected.value.preview is not None
    assert rejected.value.preview.missing == 20
    assert (await now(attached.wait())).missing_deleted == 0


@story
async def test_stopped_import_is_resumed_from_its_journal(emulator: Emulator, connection: Any) -> None:
    """With a journal, the error names resume_import(), which sends the rest only."""
    token = await ready(emulator, connection)
    emulator.faults.next("submit chunk", nth=3, status=429, retry_after=3600)
    with tempfile.TemporaryDirectory() as folder:
        options: dict[str, Any] = {"chunk_records": 10, "in_flight": 1, "journal": f"{folder}/journal"}

        with pytest.raises(RateLimitedError, match="continue with resume_import"):
            await now(token.import_records({"people": people(60)}, throttle_seconds=0, **options))
        emulator.faults.clear()
        sent_before = operations(emulator).count("submit chunk")
        result = await now(token.resume_import({"people": people(60)}, **options))

        assert result.created == 60
        assert len(emulator.executions) == 1
        assert operations(emulator).count("submit chunk") - sent_before == 5
        assert sorted(identifiers(emulator)) == sorted(f"00u{number}" for number in range(60))


@story
async def test_throttled_resume_waits(emulator: Emulator, connection: Any) -> None:
    """The execution of the journal is open, so that looking at it waits, too."""
    token = await ready(emulator, connection)
    emulator.faults.next("submit chunk", nth=3, status=429, retry_after=3600)
    with tempfile.TemporaryDirectory() as folder:
        options: dict[str, Any] = {"chunk_records": 10, "in_flight": 1, "journal": f"{folder}/journal"}
        with pytest.raises(RateLimitedError):
            await now(token.import_records({"people": people(60)}, throttle_seconds=0, **options))
        emulator.faults.clear()
        throttle(emulator, "read execution status", 1847)

        result = await now(token.resume_import({"people": people(60)}, **options))

        assert result.created == 60
        assert len(emulator.executions) == 1


@story
async def test_manual_execution_waits_and_stays_open(emulator: Emulator, connection: Any) -> None:
    """Submitting waits; a block that a rate limit ends leaves the execution open."""
    token = await ready(emulator, connection)
    execution = await now(token.start(throttle_seconds=4000))
    throttle(emulator, "submit chunk", 1847)
    assert await now(execution.submit({"people": people(5)})) == 5
    throttle(emulator, "submit chunk", 3600)

    with pytest.raises(RateLimitedError) as caught:
        if hasattr(execution, "__aenter__"):
            async with execution:
                await execution.submit({"people": people(5, 5)})
        else:
            with execution:
                execution.submit({"people": people(5, 5)})

    assert "cancel import" not in operations(emulator)
    assert caught.value.execution is not None
    assert emulator.executions[-1].status == "INGESTING"


@story
async def test_throttled_completion_leaves_the_execution_open(emulator: Emulator, connection: Any) -> None:
    """All records were accepted, but not the end of the data."""
    token = await ready(emulator, connection)
    emulator.faults.next("submit chunk", nth=2, status=429, retry_after=3600)

    with pytest.raises(RateLimitedError, match="stays open with 5 records"):
        await now(token.import_records({"people": people(5)}, throttle_seconds=60))

    assert "cancel import" not in operations(emulator)
    assert emulator.executions[-1].status == "INGESTING"


@story
async def test_throttled_wait_for_the_end_says_that_assets_continues(
    emulator: Emulator, connection: Any
) -> None:
    """After the completion, nothing can be lost."""
    token = await ready(emulator, connection)
    emulator.faults.next("read execution status", nth=2, status=429, retry_after=3600)

    with pytest.raises(RateLimitedError, match="All records were sent, and Assets continues"):
        await now(token.import_records({"people": people(5)}, throttle_seconds=60))


@story
async def test_long_throttle_is_not_a_timeout_of_assets(emulator: Emulator, connection: Any) -> None:
    """An hour of waiting for a rate limit is not charged to the 100 seconds that Assets may take."""
    token = await ready(emulator, connection)
    emulator.faults.next("read execution status", nth=1, status=429, retry_after=3600)
    emulator.faults.next("read execution status", nth=3, status=429, retry_after=3600)

    result = await now(token.import_records({"people": people(5)}, timeout=100))

    assert result.created == 5


@story
async def test_throttled_source_leaves_the_execution_open(emulator: Emulator, connection: Any) -> None:
    """A source that reads from the same throttled site does not throw away what was sent."""
    token = await ready(emulator, connection)

    def source() -> Any:
        yield from people(10)
        raise RateLimitedError("The source was throttled.", status=429, retry_after=3600)

    with pytest.raises(ImportInterruptedError):
        await now(token.import_records({"people": source()}, chunk_records=5))

    assert "cancel import" not in operations(emulator)
    assert emulator.executions[-1].status == "INGESTING"


@story
async def test_throttle_before_the_start_is_raised(emulator: Emulator, connection: Any) -> None:
    """No execution is open, so nothing is lost: the limit of single calls applies."""
    token = await ready(emulator, connection)
    throttle(emulator, "start import", 3600)

    with pytest.raises(RateLimitedError):
        await now(token.import_records({"people": people(5)}))

    assert not emulator.executions


@story
async def test_clean_up_does_not_wait_for_hours(emulator: Emulator, connection: Any) -> None:
    """A bad record ends the import. The error is not held back until a rate limit ends."""
    token = await ready(emulator, connection)
    throttle(emulator, "cancel import", 3600)

    with pytest.raises(RecordError):
        await now(token.import_records({"people": [{"id": 7.5}]}))

    assert sum(emulator.clock.slept) < 60
