"""Stories about imports: what was sent, what Assets confirmed, and what happens when something goes wrong."""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from jsm_assets_dest import Execution, ImportProgress
from jsm_assets_dest.exceptions import (
    ClosedError,
    ConfigurationError,
    DefaultRolesError,
    FailedObjectsError,
    ImportBusyError,
    ImportCancelledError,
    ImportDisabledError,
    ImportInterruptedError,
    ImportTimeoutError,
    ImportTokenError,
    MassDeletionGuardError,
    MissingMappingError,
    RecordError,
    UnknownOutcomeError,
)
from jsm_assets_dest.testing import Emulator
from tests.stories.importing import (
    carries_data,
    completes,
    data_chunks,
    is_completed,
    operations,
    people,
    ready,
    result_of,
)
from tests.stories.story import now, story
from tests.stories.test_building import GROUPS, RECORDS, destination, model


@story
async def test_everything_arrives_once_and_is_confirmed(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    heard: list[ImportProgress] = []

    result = await now(
        token.import_records(
            {"people": people(1234)}, chunk_records=100, in_flight=3, on_progress=heard.append
        )
    )

    assert result.confirmed
    assert (result.sent, result.created, result.chunks) == (1234, 1234, 13)
    assert len(emulator.object_schema("OKT")["People"].objects) == 1234
    assert [progress.phase for progress in heard][-1] == "done"
    assert max(progress.in_flight for progress in heard) <= 3
    result.raise_for_failures()


def test_import_with_one_chunk_in_flight_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some places cannot start a thread, such as an interpreter in WebAssembly."""

    def fail(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.ensure_object_schema("OKT", name="Okta")
        source = emulator.add_import_source("OKT")
        token = connection.import_token(source.token, schema=schema)
        token.build(model())

        result = token.import_records({"people": people(50)}, chunk_records=10, in_flight=1)

    assert result.confirmed
    assert (result.created, result.chunks) == (50, 5)


@story
async def test_second_run_changes_nothing(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    await now(token.import_records(RECORDS))

    again = await now(token.import_records(RECORDS))

    assert (again.created, again.updated, again.unchanged) == (0, 0, 4)


@story
async def test_records_may_be_pairs_and_may_be_made_as_they_are_sent(
    emulator: Emulator, connection: Any
) -> None:
    token = await ready(emulator, connection)

    def pairs() -> Iterator[tuple[str, object]]:
        for group in GROUPS:
            yield "groups", group
        for person in people(20):
            yield "people", person

    result = await now(token.import_records(pairs(), chunk_records=7))

    assert {object_type.name: object_type.created for object_type in result.object_types} == {
        "Groups": 2,
        "People": 20,
    }


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_asynchronous_source_is_read_asynchronously(backend: str) -> None:
    async def source() -> AsyncIterator[dict[str, object]]:
        for person in people(25):
            await anyio.lowlevel.checkpoint()
            yield person

    async def main() -> None:
        with Emulator() as emulator:
            async with emulator.connect_async() as connection:
                token = await ready(emulator, connection)
                result = await token.import_records({"people": source()}, chunk_records=10)
                assert result.created == 25

    anyio.run(main, backend=backend)


@pytest.mark.slow
@story
async def test_source_is_never_read_far_ahead_of_what_is_confirmed(
    emulator: Emulator, connection: Any
) -> None:
    token = await ready(emulator, connection)
    read_count = 0
    confirmed = 0
    furthest = 0

    def source() -> Iterator[dict[str, object]]:
        nonlocal read_count, furthest
        for person in people(1000):
            read_count += 1
            furthest = max(furthest, read_count - confirmed)
            yield person

    def note(progress: ImportProgress) -> None:
        nonlocal confirmed
        confirmed = progress.sent

    await now(token.import_records({"people": source()}, chunk_records=10, in_flight=4, on_progress=note))

    assert furthest <= 10 * (4 + 2)


@story
async def test_test_import_takes_the_first_records_and_no_more(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    read_count: list[int] = []

    def source() -> Iterator[dict[str, object]]:
        for number, person in enumerate(people(1000)):
            read_count.append(number)
            yield person

    result = await now(token.test_import({"people": source()}))

    assert (result.sent, result.created, len(read_count)) == (100, 100, 100)


@story
async def test_references_resolve_in_any_order_of_selectors(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    await now(
        token.import_records(
            {"people": RECORDS["people"], "groups": RECORDS["groups"]}, chunk_records=1, in_flight=1
        )
    )

    sent = [list(json.loads(request.body)["data"]) for request in emulator.requests if carries_data(request)]
    assert sent == [["groups"], ["groups"], ["people"], ["people"]]


@story
async def test_bad_record_stops_the_import_and_nothing_is_completed(
    emulator: Emulator, connection: Any
) -> None:
    token = await ready(emulator, connection)
    records = [*people(3), {"displayName": "Nobody", "id": "  "}]

    with pytest.raises(RecordError, match=r"people\[3\]") as caught:
        await now(token.import_records({"people": records}))

    assert caught.value.record is records[3]
    assert emulator.object_schema("OKT")["People"].objects == []
    assert [execution.status for execution in emulator.executions] == ["CANCELLED"]


@story
async def test_bad_records_can_be_left_out_and_come_back(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    bad = {"displayName": "Nobody", "id": ""}

    result = await now(token.import_records({"people": [*people(3), bad]}, on_bad_record="skip"))

    assert result.created == 3
    assert [(failure.index, failure.record) for failure in result.failed] == [(3, bad)]
    with pytest.raises(FailedObjectsError):
        result.raise_for_failures()


@story
async def test_exception_of_the_source_is_the_cause(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    broke = OSError("the file ended in the middle")

    def source() -> Iterator[dict[str, object]]:
        yield from people(30)
        raise broke

    with pytest.raises(ImportInterruptedError, match="after 30 records") as caught:
        await now(token.import_records({"people": source()}, chunk_records=10))

    assert caught.value.__cause__ is broke
    assert [execution.status for execution in emulator.executions] == ["CANCELLED"]
    assert not is_completed(emulator)


class Unopenable:
    """A source that fails before there is anything to read from."""

    def __iter__(self) -> Iterator[dict[str, object]]:
        raise OSError("the database is down")


class UnopenableLater:
    """The same for asynchronous reading."""

    def __aiter__(self) -> AsyncIterator[dict[str, object]]:
        raise OSError("the database is down")


@story
async def test_source_that_cannot_be_opened_is_one_that_raises(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    sources: list[Any] = [Unopenable(), {"people": Unopenable()}]
    if type(connection).__name__.startswith("Async"):  # the sync connection rejects it beforehand
        sources.append({"people": UnopenableLater()})
    for source in sources:
        with pytest.raises(ImportInterruptedError, match="raised OSError after 0 records") as caught:
            await now(token.import_records(source))
        assert isinstance(caught.value.__cause__, OSError)
        assert emulator.executions[-1].status == "CANCELLED"


def test_asynchronous_source_needs_an_asynchronous_connection() -> None:
    """Anyone who mixes them up is told so, and no coroutine is left behind that no one waits for."""

    async def source() -> AsyncIterator[dict[str, object]]:
        for person in people(3):
            yield person

    async def pairs() -> AsyncIterator[tuple[str, object]]:
        async for person in source():
            yield "people", person

    with Emulator() as emulator, emulator.connect() as connection:
        token = anyio.run(ready, emulator, connection)
        wrong: list[Any] = [{"people": source()}, pairs()]
        for value in wrong:
            with pytest.raises(
                ConfigurationError, match="asynchronous, and this connection is not"
            ) as caught:
                token.import_records(value)
            assert caught.value.field == "records"
            assert "AsyncConnection" in caught.value.fix
            assert not emulator.executions


@story
async def test_chunk_whose_response_is_only_half_there_is_sent_again(
    emulator: Emulator, connection: Any
) -> None:
    token = await ready(emulator, connection)
    emulator.faults.next("submit chunk", bad_json=True)

    result = await now(token.import_records({"people": people(30)}, chunk_records=10))

    result.raise_for_failures()
    assert (result.created, result.retries) == (30, 1)


@story
async def test_empty_source_is_imported_only_if_nothing_exists(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    assert (await now(token.import_records({"people": []}))).confirmed
    await now(token.import_records({"people": people(1)}))
    with pytest.raises(MassDeletionGuardError, match="People: the only one"):
        await now(token.import_records({"people": []}))
    result = await now(token.import_records({"people": []}, missing_objects="ignore"))

    assert result.confirmed
    assert result.sent == 0


@story
async def test_run_with_far_fewer_records_needs_confirmation(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    await now(token.import_records({"people": people(50)}))

    with pytest.raises(MassDeletionGuardError, match="People: 11 of 50"):
        await now(token.import_records({"people": people(39)}))
    assert (await now(token.import_records({"people": people(40)}))).confirmed
    assert (await now(token.import_records({"people": people(10)}, missing_objects="ignore"))).confirmed


@story
async def test_test_import_is_rejected_if_objects_are_missing(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    source = emulator.add_import_source("OKT", "Okta", missing_objects="remove")
    token = connection.import_token(source.token, schema=schema)
    await now(token.build(model()))
    await now(token.import_records({"people": people(50)}))
    await now(token.import_records({"people": people(45)}))

    with pytest.raises(MassDeletionGuardError, match="People: 35 of 45"):
        await now(token.test_import({"people": people(45)}, count=10))

    assert len(emulator.object_schema("OKT")["People"].objects) == 45


@story
async def test_rejections_to_start_are_different_errors(emulator: Emulator, connection: Any) -> None:
    _, token = await destination(emulator, connection)
    with pytest.raises(MissingMappingError):
        await now(token.import_records(RECORDS, model=model()))
    with pytest.raises(MissingMappingError, match="no schema model yet"):
        await now(token.import_records(RECORDS))
    await now(token.build(model()))
    emulator.import_sources[0].disable()
    with pytest.raises(ImportDisabledError):
        await now(token.import_records(RECORDS))
    emulator.import_sources[0].enable()
    execution = await now(token.start())
    with pytest.raises(ImportBusyError):
        await now(token.import_records(RECORDS))

    assert await now(execution.status()) == "INGESTING"
    assert await now(execution.cancel()) is True


@story
async def test_run_of_another_client_is_never_cancelled(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    theirs = await now(token.start())

    with pytest.raises(ImportTimeoutError, match="still running"):
        await now(token.import_records(RECORDS, on_busy="wait", timeout=30))
    assert await now(theirs.status()) == "INGESTING"
    await now(theirs.cancel())

    assert (await now(token.import_records(RECORDS, on_busy="wait"))).created == 4


@story
async def test_start_whose_response_got_lost_is_never_blindly_repeated(
    emulator: Emulator, connection: Any
) -> None:
    token = await ready(emulator, connection)
    emulator.faults.next("start import", drop="after")

    with pytest.raises(UnknownOutcomeError, match="may or may not be the new one"):
        await now(token.import_records(RECORDS))

    assert operations(emulator).count("start import") == 1


@story
async def test_chunk_is_repeated_with_the_same_bytes_and_id(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.next("submit chunk", drop="after", when=carries_data)

    result = await now(token.import_records({"people": people(5)}))

    chunks = [request.body for request in emulator.requests if carries_data(request)]
    assert chunks[0] == chunks[1]
    assert (result.created, result.retries) == (5, 1)


@story
async def test_lost_completion_response_is_decided_by_the_state(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.next("submit chunk", drop="after", when=completes)

    result = await now(token.import_records(RECORDS))

    assert result.confirmed
    assert sum(map(completes, emulator.requests)) == 1


@story
async def test_token_replaced_in_the_middle_stops_the_import(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    def source() -> Iterator[dict[str, object]]:
        for number, person in enumerate(people(100)):
            if number == 50:
                emulator.import_sources[0].generate_token()
            yield person

    with pytest.raises(ImportTokenError) as caught:
        await now(token.import_records({"people": source()}, chunk_records=10, in_flight=1))

    assert result_of(caught.value).sent in (40, 50)
    assert "Assets accepted" in "".join(caught.value.__notes__)


@story
async def test_execution_cancelled_from_outside_is_reported(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    def source() -> Iterator[dict[str, object]]:
        for number, person in enumerate(people(100)):
            if number == 50:
                emulator.executions[-1].cancel()
            yield person

    with pytest.raises(ImportCancelledError):
        await now(token.import_records({"people": source()}, chunk_records=10))

    assert len(emulator.executions) == 1


@story
async def test_too_large_chunks_are_halved(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.always("submit chunk", status=413, when=lambda request: len(request.body) > 2000)

    result = await now(token.import_records({"people": people(100)}))

    assert result.created == 100
    assert result.chunks > 4


@story
async def test_rate_limit_slows_the_import_and_loses_nothing(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    for _ in range(3):
        emulator.faults.next("submit chunk", status=429, retry_after=7)

    result = await now(token.import_records({"people": people(60)}, chunk_records=10))

    assert result.created == 60
    assert result.throttled >= 7


@story
async def test_open_schema_can_be_rejected(emulator: Emulator, connection: Any) -> None:
    emulator.add_group("everybody", jsm=True)
    token = await ready(emulator, connection)

    with pytest.raises(DefaultRolesError, match="everybody"):
        await now(token.import_records(RECORDS, require_roles=True))

    assert "start import" not in operations(emulator)


@story
async def test_wrong_source_is_rejected_before_sending(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    for wrong in (7, "people", {"people": 7}):
        with pytest.raises(ConfigurationError, match="records"):
            await now(token.import_records(wrong))
    with pytest.raises(ConfigurationError, match="in_flight"):
        await now(token.import_records(RECORDS, in_flight=17))

    assert emulator.requests == []


@story
async def test_bare_import_takes_few_round_trips(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    await now(token.import_records(RECORDS, missing_objects="ignore"))

    beyond = [name for name in operations(emulator) if name != "submit chunk"]
    assert len(beyond) + 1 <= 6, beyond


@story
async def test_guard_reads_objects_before_the_start(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    await now(token.import_records(RECORDS))

    requested = operations(emulator)
    assert requested[1 : requested.index("start import")] == [
        "read mapping",
        "get import source",
        "list object types flat",
        "read latest execution status",
        "search objects",
        "count objects",
    ]


@story
async def test_execution_can_be_led_manually(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    execution = await now(token.start())
    sent = await now(execution.submit({"groups": GROUPS}))
    sent += await now(execution.submit({"people": RECORDS["people"]}))
    await now(execution.complete())
    await now(execution.complete())
    result = await now(execution.wait())

    assert sent == 4
    assert (result.sent, result.created) == (4, 4)
    assert await now(execution.cancel()) is False


@story
async def test_pickled_execution_has_no_token(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    execution = await now(token.start())
    secret = emulator.import_sources[0].token

    parcel = pickle.dumps(execution)
    elsewhere: Execution = pickle.loads(parcel)
    worker = token.attach(Execution.from_dict(json.loads(json.dumps(elsewhere.to_dict()))))
    await now(worker.submit({"people": people(5)}, part="a"))

    assert secret.encode() not in parcel
    with pytest.raises(ClosedError, match="does not lead it"):
        await now(worker.complete())
    await now(execution.complete())
    assert (await now(execution.wait())).created == 5


@story
async def test_records_with_and_without_a_part_share_no_id(emulator: Emulator, connection: Any) -> None:
    """A service that knows the ids of chunks would take one of two for a repetition, and lose its records."""
    token = await ready(emulator, connection)
    execution = await now(token.start())

    await now(execution.submit({"people": people(5)}))
    await now(execution.submit({"people": people(5, 5)}, part="0"))
    await now(execution.submit({"people": people(5, 10)}, part="1"))
    await now(execution.submit({"people": people(5, 15)}))
    await now(execution.complete())

    assert (await now(execution.wait())).created == 20
    ids = [json.loads(body)["clientGeneratedId"] for body in data_chunks(emulator)]
    assert len(set(ids)) == 4


@story
async def test_invalid_part_is_rejected_before_reading(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    execution = await now(token.start())

    with pytest.raises(ConfigurationError, match="surrogate") as caught:
        await now(execution.submit({"people": people(5)}, part="\ud800"))

    assert caught.value.field == "part"
    assert data_chunks(emulator) == []


class KilledError(BaseException):
    """Stands for the end of the process."""


@story
async def test_killed_import_goes_on_in_the_same_execution(emulator: Emulator, connection: Any) -> None:
    import tempfile

    token = await ready(emulator, connection)
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder, "okta.journal")

        def killed() -> Iterator[dict[str, object]]:
            yield from people(100)[:55]
            raise KilledError

        with pytest.raises(KilledError):
            await now(
                token.import_records({"people": killed()}, chunk_records=10, in_flight=1, journal=journal)
            )
        emulator.requests.clear()
        result = await now(token.resume_import({"people": people(100)}, chunk_records=10, journal=journal))

    assert (result.sent, result.created) == (100, 100)
    assert result.skipped_chunks >= 4
    assert len(emulator.executions) == 1
    assert "start import" not in operations(emulator)


@story
async def test_killed_import_resumes_in_a_new_execution(emulator: Emulator, connection: Any) -> None:
    import tempfile

    token = await ready(emulator, connection)
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder, "okta.journal")

        def killed() -> Iterator[dict[str, object]]:
            yield from people(100)[:55]
            raise KilledError

        with pytest.raises(KilledError):
            await now(token.import_records({"people": killed()}, chunk_records=10, journal=journal))
        emulator.executions[-1].cancel()
        result = await now(token.resume_import({"people": people(100)}, chunk_records=10, journal=journal))
        again = await now(token.resume_import({"people": people(100)}, journal=journal))

    assert (result.created, result.skipped_chunks) == (100, 0)
    assert again.unchanged == 100
    assert len(emulator.executions) == 3


@story
async def test_resuming_takes_a_journal(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    with pytest.raises(ConfigurationError, match="`journal` is missing"):
        await now(token.resume_import(RECORDS))


@story
async def test_import_needs_five_round_trips_beyond_its_chunks(emulator: Emulator, connection: Any) -> None:
    """Goal P11, if missing objects are ignored: links, start, state, end of the data, and result."""
    token = await ready(emulator, connection)

    await now(token.import_records({"people": people(30)}, chunk_records=10, missing_objects="ignore"))

    beyond = [request.operation for request in emulator.requests if not carries_data(request)]
    assert beyond == [
        "read import info",
        "start import",
        "read execution status",
        "submit chunk",
        "read execution status",
    ]
