"""The rows of the fault matrix that are about imports: what goes wrong half-way, and what is known to be done then.

Each test is named after its row. Rows 36 (killed) is in `test_import_resume.py`, 41 (Ctrl-C) and 42 (cancellation) are in
`test_import_interrupts.py`.
"""

from __future__ import annotations

import datetime
import json
import logging
import random
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import anyio
import pytest
from typing_extensions import override

from jsm_assets_dest import Connection, ImportProgress
from jsm_assets_dest._imports.options import ImportOptions
from jsm_assets_dest._operations import imports
from jsm_assets_dest.exceptions import (
    FailedObjectsError,
    ImportCancelledError,
    ImportInterruptedError,
    ImportTimeoutError,
    ImportTokenError,
    MassDeletionGuardError,
    RecordError,
    TooLargeError,
    ValidationError,
)
from jsm_assets_dest.testing import Emulator
from tests.stories.importing import (
    completes,
    data_chunks,
    identifiers,
    is_completed,
    operations,
    people,
    ready,
    result_of,
    with_orjson,
    without_orjson,
)
from tests.stories.story import now, story
from tests.stories.test_building import RECORDS, model
from tests.stories.test_import_resume import Machine


def counted(
    records: list[dict[str, object]], positions: list[int], **at: Callable[[], object]
) -> Iterator[Any]:
    """Yield records one by one, note the positions that were read, and act before some of them."""
    for number, record in enumerate(records):
        if f"at{number}" in at:
            at[f"at{number}"]()
        positions.append(number)
        yield record


def cancel(emulator: Emulator) -> None:
    """Cancel the newest execution, as another user would."""
    emulator.executions[-1].cancel()


@story
async def test_row_31_revoked_token_stops_all_workers_at_once(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    positions: list[int] = []
    source = counted(people(1000), positions, at500=emulator.import_sources[0].generate_token)

    with pytest.raises(ImportTokenError) as caught:
        await now(token.import_records({"people": source}, chunk_records=10, in_flight=4))

    refused = [
        request
        for request in emulator.requests
        if request.operation == "submit chunk" and request.status == 401
    ]
    accepted = [
        request
        for request in emulator.requests
        if request.operation == "submit chunk" and request.status == 200
    ]
    assert 1 <= len(refused) <= 4
    assert result_of(caught.value).sent <= 10 * len(accepted)
    assert result_of(caught.value).sent >= 10 * (len(accepted) - 4)
    assert len(positions) <= 500 + 10 * 6
    assert not is_completed(emulator)
    assert any("Assets accepted" in note for note in caught.value.__notes__)


@story
async def test_row_32_cancelled_import_stops_reading(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    positions: list[int] = []
    source = counted(
        people(1000),
        positions,
        at100=lambda: cancel(emulator),
    )

    with pytest.raises(ImportCancelledError) as caught:
        await now(token.import_records({"people": source}, chunk_records=10))

    assert len(positions) <= 100 + 10 * 6
    assert result_of(caught.value).status.state == "CANCELLED"
    assert operations(emulator).count("start import") == 1


@pytest.mark.parametrize("status", [404, 409, 410])
def test_row_32_whatever_word_the_service_has_for_it(status: int) -> None:
    """The OpenAPI document declares only 400; whichever rejection comes, the state decides."""
    with Emulator() as emulator, emulator.connect() as connection:
        token = anyio.run(ready, emulator, connection)

        def cancel(request: Any) -> bool:
            emulator.executions[-1].cancel()
            return True

        emulator.faults.next("submit chunk", status=status, when=cancel)

        with pytest.raises(ImportCancelledError) as caught:
            token.import_records({"people": people(10)})

        assert caught.value.__cause__.status == status  # type: ignore[union-attr]  # the rejection


@story
async def test_row_32_import_cancelled_while_it_is_processed(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.world.import_seconds = 100
    heard: list[ImportProgress] = []

    def cancel(progress: ImportProgress) -> None:
        heard.append(progress)
        if progress.phase == "processing" and emulator.executions[-1].status == "PROCESSING":
            emulator.executions[-1].cancel()

    with pytest.raises(ImportCancelledError):
        await now(token.import_records(RECORDS, on_progress=cancel))

    assert [str(report.phase) for report in heard].count("cancelled") == 1
    assert heard[-1].is_last


@story
async def test_row_33_unknown_state_ends_nothing_and_is_logged_once(
    emulator: Emulator, connection: Any
) -> None:
    token = await ready(emulator, connection)
    emulator.faults.next("read execution status", body={"status": "BUFFERING"}, nth=2, times=3)

    logged: list[str] = []
    logger, handler = logging.getLogger("jsm_assets_dest.import"), logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    try:
        result = await now(token.import_records(RECORDS))
    finally:
        logger.removeHandler(handler)

    assert result.confirmed
    assert logged == ["the execution is in the state BUFFERING, which this library does not know"]


@story
async def test_row_33_status_without_a_state_ends_nothing(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.next("read execution status", body={}, nth=2, times=2)

    assert (await now(token.import_records(RECORDS))).confirmed


@pytest.mark.parametrize("seconds", [0, 30, 600, 1_800])
@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_row_34_number_of_polls_and_the_delay_are_bounded(seconds: float, chance: float) -> None:
    """At most 45 looks and one more for every 15 seconds; the end is noticed within a tenth, or 15 seconds late at most."""
    with Emulator(import_seconds=seconds) as emulator, emulator.connect() as connection:
        connection._session.site.chance = lambda: chance
        token = anyio.run(ready, emulator, connection)
        started = emulator.clock.monotonic()

        token.import_records(RECORDS)

        polls = operations(emulator).count("read execution status") - 1
        took = emulator.clock.monotonic() - started
        assert polls <= 45 + seconds / 15
        assert seconds <= took <= seconds + max(1.0, min(15.0, 0.1 * seconds)) + 0.001


@story
async def test_row_34_wait_ends_at_its_deadline_and_can_be_repeated(
    emulator: Emulator, connection: Any
) -> None:
    token = await ready(emulator, connection)
    emulator.world.import_seconds = 1_000

    with pytest.raises(ImportTimeoutError, match="within 100 seconds") as caught:
        await now(token.import_records(RECORDS, timeout=100))
    state = emulator.executions[-1].status
    later = await now(token.attach(caught.value.execution).wait())

    assert state == "PROCESSING"
    assert later.confirmed
    assert result_of(caught.value).sent == 4
    assert any("continues to process them" in note for note in caught.value.__notes__)
    assert "cancel import" not in operations(emulator)


@story
async def test_row_34_outage_does_not_end_the_wait(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.world.import_seconds = 60
    emulator.faults.next("read execution status", status=503, nth=2, times=12)

    assert (await now(token.import_records(RECORDS))).confirmed


@story
async def test_row_34_outage_that_does_not_end_is_reported(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.world.import_seconds = 10_000

    def after_the_end(_: object) -> bool:
        return is_completed(emulator)

    emulator.faults.always("read execution status", status=503, when=after_the_end)
    started = emulator.clock.monotonic()

    with pytest.raises(Exception, match=r"503|not available|unavailable") as caught:
        await now(token.import_records(RECORDS, timeout=10_000))

    assert 250 <= emulator.clock.monotonic() - started <= 700
    assert any(
        "which were all records, and continues to process them" in note for note in caught.value.__notes__
    )
    assert emulator.executions[-1].status == "PROCESSING"


@story
async def test_row_35_done_with_failed_objects_is_not_success(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.fail_objects("people", count=3, message="The e-mail address is taken")

    result = await now(token.import_records({"people": people(10)}))

    assert result.confirmed
    assert not result.ok
    assert (result.created, result.failed_objects) == (7, 3)
    assert any("The e-mail address is taken" in message for message in result.messages)
    with pytest.raises(FailedObjectsError, match="3 records that were sent are not in Assets") as caught:
        result.raise_for_failures()
    assert caught.value.result is result


@story
async def test_row_37_jump_of_the_wall_clock_changes_no_deadline(emulator: Emulator, connection: Any) -> None:
    """Only the monotonic clock decides how long things take."""
    token = await ready(emulator, connection)
    emulator.world.import_seconds = 20
    jumps = iter([86_400.0, -172_800.0, 86_400.0])

    def jump(progress: ImportProgress) -> None:
        emulator.clock._start += next(jumps, 0.0)

    result = await now(
        token.import_records({"people": people(30)}, chunk_records=10, timeout=200_000, on_progress=jump)
    )

    assert result.confirmed
    assert result.duration < 60


@story
async def test_row_38_source_that_raises_leaves_nothing_completed(
    emulator: Emulator, connection: Any
) -> None:
    token = await ready(emulator, connection)
    broke = OSError("the file ended in the middle")

    def source() -> Iterator[dict[str, object]]:
        yield from people(35)
        raise broke

    with pytest.raises(ImportInterruptedError, match="raised OSError after 35 records") as caught:
        await now(token.import_records({"people": source()}, chunk_records=10))

    assert caught.value.__cause__ is broke
    assert result_of(caught.value).sent in (0, 10, 20, 30)
    assert any("none of them is in Assets" in note for note in caught.value.__notes__)
    assert identifiers(emulator) == []
    assert emulator.executions[-1].status == "CANCELLED"


@story
async def test_row_39_what_a_slow_source_gave_is_sent_on(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    def source() -> Iterator[dict[str, object]]:
        for person in people(12):
            emulator.clock.advance(2)
            yield person

    result = await now(token.import_records({"people": source()}, idle_seconds=5))

    sizes = [len(json.loads(body)["data"]["people"]) for body in data_chunks(emulator)]
    assert sizes == [3, 3, 3, 3]
    assert result.created == 12


@story
async def test_row_39_source_that_takes_too_long_is_given_up(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)

    def source() -> Iterator[dict[str, object]]:
        yield from people(3)
        emulator.clock.advance(601)
        yield from people(3, first=3)

    with pytest.raises(ImportInterruptedError, match="raised TimeoutError after 4 records") as caught:
        await now(token.import_records({"people": source()}, source_seconds=600))

    assert str(caught.value.__cause__) == "the source gave nothing for 600 seconds"
    assert emulator.executions[-1].status == "CANCELLED"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_row_39_asynchronous_source_that_hangs_is_interrupted(backend: str) -> None:
    closed: list[str] = []

    async def source() -> AsyncIterator[dict[str, object]]:
        try:
            yield people(1)[0]
            await anyio.sleep_forever()
        finally:
            closed.append("closed")

    async def main() -> None:
        with Emulator() as emulator:
            async with emulator.connect_async() as connection:
                token = await ready(emulator, connection)
                with pytest.raises(ImportInterruptedError, match="TimeoutError after 1 record\\."):
                    await token.import_records({"people": source()}, source_seconds=0.01, idle_seconds=0.01)
                assert emulator.executions[-1].status == "CANCELLED"

    anyio.run(main, backend=backend)
    assert closed == ["closed"]


@story
async def test_row_40_empty_source_wipes_nothing(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    source = emulator.add_import_source("OKT", "Okta", missing_objects="remove")
    token = connection.import_token(source.token, schema=schema)
    await now(token.build(model()))
    await now(token.import_records({"people": people(50)}))

    with pytest.raises(MassDeletionGuardError, match="People: all 50"):
        await now(token.import_records({"people": iter(())}))
    with pytest.raises(MassDeletionGuardError, match="People: 40 of 50") as caught:
        await now(token.import_records({"people": people(10)}))
    assert len(identifiers(emulator)) == 50

    accepted: Any = caught.value.preview
    result = await now(token.import_records({"people": people(10)}, allow_missing=accepted))

    assert result.missing_deleted == 40


ODD: list[tuple[str, object, str]] = [
    ("an infinity", float("inf"), "infinite"),
    ("half a surrogate pair", "a\ud800", "surrogate"),
    ("bytes", b"abc", "bytes"),
    ("a whole number of more than 64 bits", 2**64, "64 bit|text|characters"),
    ("a list inside a list", [["a"]], "list inside a list"),
    ("an object", {"a": 1}, "object"),
    ("a set", {"a"}, "set"),
]


@pytest.mark.parametrize("encoder", [without_orjson, with_orjson])
@pytest.mark.parametrize(
    ("value", "reason"), [(value, reason) for _, value, reason in ODD], ids=[o[0] for o in ODD]
)
def test_row_43_every_encoder_rejects_the_same_values(
    value: object, reason: str, encoder: Callable[[], AbstractContextManager[None]]
) -> None:
    bad = {**people(1)[0], "displayName": value}
    with encoder(), Emulator() as emulator, emulator.connect() as connection:
        token = anyio.run(ready, emulator, connection)

        with pytest.raises(RecordError, match=reason) as caught:
            token.import_records({"people": [*people(2, first=1), bad]})
        skipped = token.import_records(
            {"people": [*people(2, first=1), bad, *people(1, first=3)]}, on_bad_record="skip"
        )

        assert (caught.value.selector, caught.value.index) == ("people", 2)
        assert caught.value.path.startswith("displayName")
        assert caught.value.record is bad
        assert (skipped.created, [failure.index for failure in skipped.failed]) == (3, [2])
        assert skipped.failed[0].record is bad


@pytest.mark.parametrize("encoder", [without_orjson, with_orjson])
def test_row_43_non_text_keys_and_recursive_records(
    encoder: Callable[[], AbstractContextManager[None]],
) -> None:
    itself: dict[str, object] = dict(people(1)[0])
    itself["email"] = itself
    mixed: dict[object, object] = {1: "a", "1": "b"}
    mixed.update(people(1)[0])
    bad: list[object] = [mixed, itself, "no record", None]
    with encoder(), Emulator() as emulator, emulator.connect() as connection:
        token = anyio.run(ready, emulator, connection)

        result = token.import_records({"people": [*people(1), *bad]}, on_bad_record="skip")

        assert result.created == 1
        assert [failure.index for failure in result.failed] == [1, 2, 3, 4]


@story
async def test_row_44_oversized_record_is_rejected_before_it_is_sent(
    emulator: Emulator, connection: Any
) -> None:
    token = await ready(emulator, connection)
    large = {**people(1)[0], "groups": [f"00g{number}" for number in range(1_000)]}

    with pytest.raises(RecordError, match=r"people\[2\].*too large") as caught:
        await now(token.import_records({"people": [*people(2, first=1), large]}, chunk_bytes=4_096))

    assert caught.value.index == 2
    assert all(len(body) <= 4_096 for body in data_chunks(emulator))


@story
async def test_row_44_too_large_record_is_reported(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    large = {**people(1)[0], "groups": [f"00g{number}" for number in range(100)]}
    emulator.faults.always("submit chunk", status=413, when=lambda request: b"00g99" in request.body)

    result = await now(token.import_records({"people": [*people(7, first=1), large]}, on_bad_record="skip"))

    assert result.created == 7
    assert [(failure.selector, failure.index) for failure in result.failed] == [("people", 7)]
    assert result.failed[0].record is large
    assert "too large" in result.failed[0].reason


@story
async def test_row_45_identifier_twice_in_a_chunk_is_always_found(
    emulator: Emulator, connection: Any
) -> None:
    token = await ready(emulator, connection)

    with pytest.raises(RecordError, match="earlier record of the same chunk"):
        await now(token.import_records({"people": [*people(5), *people(1)]}))


@story
async def test_row_45_identifier_twice_in_a_run_is_found_on_request(
    emulator: Emulator, connection: Any
) -> None:
    """Without the request it is the service that counts it: the objects are the same, whichever record was last."""
    token = await ready(emulator, connection)
    records = [*people(10), *people(1)]

    with pytest.raises(RecordError, match="earlier record of the same run") as caught:
        await now(token.import_records({"people": records}, chunk_records=5, unique_in_run=True))
    result = await now(token.import_records({"people": records}, chunk_records=5))

    assert caught.value.index == 10
    assert (result.sent, result.created) == (11, 10)
    assert result.object_type("people").duplicates == 1


# --- beyond the matrix


@story
async def test_rejected_chunk_is_named_with_its_records(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.next(
        "submit chunk",
        status=400,
        body={"errorMessages": ["The selector people is not mapped"], "errors": {}},
        when=lambda request: b"Person 25" in request.body,
    )

    with pytest.raises(ValidationError, match="The selector people is not mapped") as caught:
        await now(token.import_records({"people": people(40)}, chunk_records=10, in_flight=1))

    assert "The error concerns chunk 2: people[20] to people[29]." in caught.value.__notes__
    assert result_of(caught.value).sent == 20
    assert emulator.executions[-1].status == "CANCELLED"


@story
async def test_display_in_assets_is_fed_and_may_fail(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.next("submit progress", status=500)

    def source() -> Iterator[dict[str, object]]:
        for person in people(40):
            emulator.clock.advance(4)
            yield person

    result = await now(
        token.import_records({"people": source()}, chunk_records=10, in_flight=1, idle_seconds=60, total=40)
    )

    fed = [request for request in emulator.requests if request.operation == "submit progress"]
    assert result.created == 40
    statuses = [request.status for request in fed]
    processed: list[int] = [json.loads(request.body)["objects"]["processed"] for request in fed]
    assert {json.loads(request.body)["objects"]["total"] for request in fed} == {40}
    # The next one comes a minute after the failure.
    if isinstance(connection, Connection):
        assert (statuses, processed) == ([500, 200, 200], [10, 30, 40])
    else:  # the event loop decides which responses have come by then
        assert statuses[:2] == [500, 200]
        assert processed == sorted({*processed})
        assert processed[1] - processed[0] >= 10


@story
async def test_exception_of_a_callback_stops_the_import(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    wrong = KeyError("no such widget")

    def broken(progress: ImportProgress) -> None:
        if progress.phase != "starting":
            raise wrong

    with pytest.raises(KeyError) as caught:
        await now(token.import_records(RECORDS, on_progress=broken))

    assert caught.value is wrong
    assert any("was not completed" in note for note in wrong.__notes__)
    assert emulator.executions[-1].status == "CANCELLED"


@story
async def test_exception_of_a_callback_is_not_that_of_a_chunk(emulator: Emulator, connection: Any) -> None:
    """A callback may use the library itself, so its exception may be one that a chunk could have."""
    token = await ready(emulator, connection)
    wrong = TooLargeError("The callback sent too much.")

    def broken(progress: ImportProgress) -> None:
        if progress.waiting:
            raise wrong

    for in_flight in (1, 4):
        emulator.requests.clear()
        emulator.faults.next("submit chunk", status=429, headers={"Retry-After": "1"})
        with pytest.raises(TooLargeError) as caught:
            await now(token.import_records({"people": people(10)}, in_flight=in_flight, on_progress=broken))

        assert caught.value is wrong
        # Another thread may have sent the chunk again by then, but no one has divided it.
        assert {len(json.loads(body)["data"]["people"]) for body in data_chunks(emulator)} == {10}
        assert emulator.executions[-1].status == "CANCELLED"


@story
async def test_execution_that_never_takes_data_is_cancelled(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    emulator.faults.always("read execution status", body={"status": "PREPARING"})

    with pytest.raises(ImportTimeoutError, match="its state is PREPARING"):
        await now(token.import_records(RECORDS))

    assert emulator.executions[-1].status == "CANCELLED"
    assert data_chunks(emulator) == []


@story
async def test_unknown_completion_is_not_repeated_or_cancelled(emulator: Emulator, connection: Any) -> None:
    """All the data is there: cancelling it, or calling it failed, would both be guesses."""
    token = await ready(emulator, connection)

    def completed(_: object) -> bool:
        return is_completed(emulator)

    emulator.faults.next("submit chunk", drop="after", when=completes)
    emulator.faults.always("read execution status", status=503, when=completed)

    with pytest.raises(Exception, match=r"503|unavailable|not available") as caught:
        await now(token.import_records(RECORDS))

    assert any("unknown whether Assets received the end of the data" in n for n in caught.value.__notes__)
    assert emulator.executions[-1].status == "DONE"
    assert "cancel import" not in operations(emulator)


@story
async def test_late_completion_is_not_a_failure(emulator: Emulator, connection: Any) -> None:
    """The response is lost, the state still says INGESTING, and the second announcement is rejected because the first counts."""
    token = await ready(emulator, connection)
    emulator.faults.next("submit chunk", drop="after", when=completes)
    emulator.faults.next("read execution status", body={"status": "INGESTING"}, nth=2)

    result = await now(token.import_records(RECORDS))

    assert result.confirmed
    assert result.created == 4


@story
async def test_chunks_wait_for_the_targets_of_their_references(emulator: Emulator, connection: Any) -> None:
    """With several in flight and one of the targets delayed by a failure, no referrer arrives before its target."""
    token = await ready(emulator, connection)
    emulator.faults.next("submit chunk", status=503, nth=3, times=2)
    groups = [{"name": f"Group {number}", "id": f"00g{number}"} for number in range(45)]
    members = [{**person, "groups": ["00g44"]} for person in people(30)]

    await now(token.import_records({"people": members, "groups": groups}, chunk_records=10, in_flight=4))

    accepted = [
        set(json.loads(request.body)["data"])
        for request in emulator.requests
        if request.operation == "submit chunk" and request.status == 200 and b'"data"' in request.body
    ]
    with_people = [number for number, selectors in enumerate(accepted) if "people" in selectors]
    with_groups = [number for number, selectors in enumerate(accepted) if selectors == {"groups"}]
    assert max(with_groups) < min(with_people)


class Choosing(random.Random):
    """Instead of chance, a function chooses."""

    def __init__(self, choose: Callable[[Sequence[Any]], Any]) -> None:
        super().__init__(0)
        self._choose = choose

    @override
    def choice(self, seq: Any) -> Any:
        return self._choose(seq)


def _simulated(records: Any, choose: Callable[[Sequence[Any]], Any], **options: Any) -> None:
    """Import in a simulation in which a function chooses the thread that goes on. The producer is the last one."""
    emulator = Emulator()
    with emulator.connect() as connection:
        token = anyio.run(ready, emulator, connection)
        chosen = ImportOptions(chunk_records=10, in_flight=4, missing_objects="ignore", **options)
        Machine(emulator, Choosing(choose)).run(imports.run(token._target, records, chosen))


def _recorded_chunks(choose: Callable[[Sequence[Any]], Any]) -> list[int]:
    """Import six chunks in a simulation. Return how many were recorded when the records of each were read."""
    reports: list[ImportProgress] = []
    chunks: list[int] = []

    def source() -> Iterator[dict[str, object]]:
        for number, person in enumerate(people(60)):
            if number % 10 == 0:
                chunks.append(reports[-1].chunks)
            yield person

    _simulated({"people": source()}, choose, on_progress=reports.append)
    return chunks


def test_mixed_source_is_not_slowed_down() -> None:
    together: list[int] = []

    def pairs() -> Iterator[tuple[str, object]]:
        for number, person in enumerate(people(200)):
            yield "groups", {"name": f"Group {number}", "id": f"00g{number}"}
            yield "people", {**person, "groups": [f"00g{number}"]}

    def producer_first(threads: Sequence[Any]) -> Any:
        together.append(len(threads))
        return threads[-1]

    _simulated(pairs(), producer_first)

    assert max(together) == 1 + 4


def test_response_is_recorded_before_more_is_read() -> None:
    """Otherwise progress, journal, and failures would be as many chunks late as may be in flight."""
    assert _recorded_chunks(lambda threads: threads[0]) == [0, 1, 2, 3, 4, 5]


def test_all_responses_are_recorded_before_reading() -> None:
    is_draining = False

    def in_threes(threads: Sequence[Any]) -> Any:
        nonlocal is_draining
        is_draining = len(threads) > 3 or (is_draining and len(threads) > 1)
        return threads[0] if is_draining else threads[-1]

    assert _recorded_chunks(in_threes) == [0, 0, 0, 3, 3, 3]


class Person(dict[str, object]):
    """A record that can be referred to weakly."""


def test_records_of_a_confirmed_chunk_are_not_held() -> None:
    """An import takes the memory of the chunks in flight and of the one that is filled, however many records there are."""
    given: list[weakref.ref[Person]] = []
    held: list[int] = []

    def source() -> Iterator[Person]:
        for number, person in enumerate(people(60)):
            if number % 10 == 0:
                held.append(sum(record() is not None for record in given))
            record = Person(person)
            given.append(weakref.ref(record))
            yield record

    _simulated({"people": source()}, lambda threads: threads[0])

    # The source itself holds its last record.
    assert held == [0, 1, 1, 1, 1, 1]


@story
async def test_test_import_closes_the_generator_that_it_leaves(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    closed: list[datetime.datetime | bool] = []

    def source() -> Iterator[dict[str, object]]:
        try:
            yield from people(1000)
        finally:
            closed.append(True)

    records = source()
    await now(token.test_import({"people": records}, count=10))

    assert closed == [True]
