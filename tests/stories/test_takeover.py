"""Executions that another process completes or cancels, told as stories sync and async."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from jsm_assets_dest.exceptions import (
    ApiError,
    ClosedError,
    ConfigurationError,
    ExecutionCompletedError,
    ImportBusyError,
    ImportTimeoutError,
    MassDeletionGuardError,
)
from jsm_assets_dest.testing import Doubts, Emulator
from tests.stories.importing import identifiers, is_completed, operations, people, ready
from tests.stories.story import now, story
from tests.stories.test_building import model


def completions(emulator: Emulator) -> int:
    """Count the requests that report the end of the data."""
    return sum(request.body == b'{"completed":true}' for request in emulator.requests)


@story
async def test_execution_completed_by_another_process(emulator: Emulator, connection: Any) -> None:
    """One process starts, two send, and a fourth completes. Each gets plain data only."""
    token = await ready(emulator, connection)
    started = json.dumps((await now(token.start(on_bad_record="skip"))).to_dict())

    receipts: list[str] = []
    for part, records in {"1": people(3), "2": [*people(3, 3), {"id": ""}]}.items():
        worker = token.attach(json.loads(started))
        receipt = await now(worker.submit({"people": records}, part=part))
        assert receipt == 3
        receipts.append(json.dumps(receipt.to_dict()))
    leader = token.attach(json.loads(started), lead=True)
    for text in [*receipts, receipts[0]]:  # the task of part 1 ran twice
        leader.add_receipt(json.loads(text))
    await now(leader.complete())
    result = await now(leader.wait())

    assert result.confirmed
    assert (result.sent, result.chunks, result.refused) == (6, 2, 1)
    assert len(identifiers(emulator)) == 6
    assert completions(emulator) == 1


@story
async def test_leader_sees_the_records_of_all_workers(emulator: Emulator, connection: Any) -> None:
    """The guard of a process that took the execution over compares all receipts with Assets."""
    token = await ready(emulator, connection)
    await now(token.import_records({"people": people(10)}))
    emulator.import_sources[0].set_missing_objects("remove")
    started = (await now(token.start())).to_dict()
    first = await now(token.attach(started).submit({"people": people(5)}, part="1"))
    second = await now(token.attach(started).submit({"people": people(5, 5)}, part="2"))

    leader = token.attach(started, lead=True)
    leader.add_receipt(first)
    with pytest.raises(MassDeletionGuardError) as caught:
        await now(leader.complete())
    assert caught.value.preview is not None
    assert caught.value.preview.missing == 5
    leader.add_receipt(pickle.loads(pickle.dumps(second)))
    await now(leader.complete())

    assert (await now(leader.wait())).confirmed
    assert len(identifiers(emulator)) == 10


@story
async def test_leader_without_evidence_says_what_stays_open(emulator: Emulator, connection: Any) -> None:
    """The execution has records, so the error does not say that nothing was started or sent."""
    token = await ready(emulator, connection)
    started = (await now(token.start())).to_dict()
    await now(token.attach(started).submit({"people": people(1)}))
    emulator.faults.next("search objects", status=403, times=20)

    leader = token.attach(started, lead=True)
    with pytest.raises(MassDeletionGuardError) as caught:
        await now(leader.complete())
    emulator.faults.clear()

    assert caught.value.what.startswith("Did not complete the import")
    assert "the execution is open" in str(caught.value)
    assert await now(leader.cancel()) is True


@story
async def test_add_receipt_rejects_what_is_not_a_receipt(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    execution = await now(token.start())
    receipt = (await now(execution.submit({"people": people(1)}))).to_dict()

    for value in (7, {"counts": 7}, {**receipt, "counts": {"people": "1"}}, {**receipt, "identities": []}):
        with pytest.raises(ConfigurationError) as caught:
            execution.add_receipt(value)
        assert caught.value.field == "receipt"
    wrong: dict[str, object] = {
        "execution_id": "",
        "part": "",
        "counts": {"people": -1},
        "chunks": -1,
        "refused": -1,
    }
    for key, wrong_value in wrong.items():
        with pytest.raises(ConfigurationError) as caught:
            execution.add_receipt({**receipt, key: wrong_value})
        assert caught.value.field == "receipt", key
    with pytest.raises(ConfigurationError, match="robots") as caught:
        execution.add_receipt({**receipt, "counts": {"robots": 1}, "part": "2"})
    assert caught.value.field == "receipt"
    execution.add_receipt(receipt)  # its own records count once

    assert (await now(execution.result())).sent == 1
    await now(execution.cancel())


@story
async def test_receipt_of_an_earlier_execution_is_rejected(emulator: Emulator, connection: Any) -> None:
    """The guard would count its records as records of this execution."""
    token = await ready(emulator, connection)
    earlier = await now(token.start())
    receipt = await now(earlier.submit({"people": people(1)}, part="1"))
    await now(earlier.cancel())
    execution = await now(token.start())

    for value in (receipt, receipt.to_dict(), pickle.loads(pickle.dumps(receipt))):
        with pytest.raises(ConfigurationError, match="belongs to another execution") as caught:
            execution.add_receipt(value)
        assert caught.value.field == "receipt"

    assert (await now(execution.result())).sent == 0
    await now(execution.cancel())


@story
async def test_pickled_execution_is_taken_over(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    execution = pickle.loads(pickle.dumps(await now(token.start())))

    with pytest.raises(ClosedError, match="does not lead it"):
        await now(token.attach(execution).complete())
    with pytest.raises(ClosedError, match="does not lead it"):
        await now(token.attach(execution).cancel())
    assert await now(token.attach(execution, lead=True).cancel()) is True
    assert [execution.status for execution in emulator.executions] == ["CANCELLED"]


@story
async def test_second_leader_is_told_of_the_first(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    execution = await now(token.start())
    second = token.attach(execution, lead=True)
    await now(execution.submit({"people": people(3)}))
    await now(execution.complete())

    with pytest.raises(ExecutionCompletedError) as caught:
        await now(second.complete())

    assert caught.value.execution is not None
    assert caught.value.execution.id == execution.id
    assert completions(emulator) == 1
    assert (await now(second.wait())).confirmed


@story
async def test_first_leader_is_told_of_the_second(emulator: Emulator, connection: Any) -> None:
    """The process that started the execution reads its state before it completes it."""
    token = await ready(emulator, connection)
    execution = await now(token.start())
    await now(execution.submit({"people": people(3)}))
    await now(token.attach(execution, lead=True).complete())

    with pytest.raises(ExecutionCompletedError):
        await now(execution.complete())

    assert len(identifiers(emulator)) in (0, 3)
    assert (await now(execution.wait())).confirmed


@pytest.mark.parametrize("status", [200, 400, 404, 409])
@pytest.mark.parametrize("by_block", [False, True])
def test_first_leader_knows_that_another_one_completed(status: int, by_block: bool) -> None:
    """Assets may accept records after the end without importing them. No document says what it does."""
    doubts = Doubts(chunk_after_completed_status=status)
    with Emulator(doubts=doubts) as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT", "Okta")
        token = connection.import_token(emulator.add_import_source("OKT").token)
        token.build(model())
        execution = token.start()
        second = token.attach(pickle.loads(pickle.dumps(execution)), lead=True)
        second.submit({"people": people(3)})
        second.complete()

        with pytest.raises(ExecutionCompletedError) as caught:
            if by_block:
                with execution:
                    pass
            else:
                execution.complete()

        assert "token.verify" in str(caught.value)
        assert "cancel import" not in operations(emulator)
        assert execution.wait().confirmed


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_failed_block_keeps_what_another_leader_completed(error: type[BaseException]) -> None:
    """Assets processes the records. A cancellation would lose those that are not written yet."""
    with Emulator(import_seconds=60) as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT", "Okta")
        token = connection.import_token(emulator.add_import_source("OKT").token)
        token.build(model())

        with pytest.raises(error), token.start() as execution:
            second = token.attach(execution.to_dict(), lead=True)
            second.submit({"people": people(3)})
            second.complete()
            raise error

        assert second.wait().created == 3
        with pytest.raises(error), token.start() as execution:
            raise error
        assert emulator.executions[-1].status == "CANCELLED"


def test_guard_counts_only_the_records_that_a_leader_knows() -> None:
    """Two leaders submit one half each. Neither can complete it, so nothing is deleted, until one has both halves."""
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT", "Okta")
        source = emulator.add_import_source("OKT")
        token = connection.import_token(source.token)
        token.build(model())
        token.import_records({"people": people(10)})
        source.set_missing_objects("remove")
        first = token.start()
        second = token.attach(first.to_dict(), lead=True)
        first.submit({"people": people(5)})
        receipt = second.submit({"people": people(5, 5)}, part="second half")

        for leader in (first, second):
            with pytest.raises(MassDeletionGuardError, match="5 of 10"):
                leader.complete()
        second.submit({"people": people(5)})
        second.complete()
        with pytest.raises(ExecutionCompletedError):
            first.complete()

        assert receipt == 5
        assert second.wait().missing_deleted == 0
        assert len(identifiers(emulator)) == 10


@story
async def test_running_execution_is_described_and_cancelled(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    assert await now(token.running()) is None
    lost = await now(token.start())
    with pytest.raises(ImportBusyError):
        await now(token.import_records({"people": people(1)}))

    running = await now(token.running())

    assert running.execution.id == lost.id
    assert running.state == "INGESTING"
    assert str(running).splitlines() == [
        f"The execution {lost.id} is running (INGESTING).",
        '  You: if it may be in use, start the next import with on_busy="wait", which waits for its end.',
        "  You: if no one uses it, cancel it with token.attach(running.execution, lead=True).cancel().",
    ]
    assert json.loads(json.dumps(running.to_dict()))["state"] == "INGESTING"
    leader = token.attach(running.execution, lead=True)
    with pytest.raises(ClosedError, match="its link for records is not known"):
        await now(leader.submit({"people": people(1)}))
    with pytest.raises(ClosedError, match="its link for records is not known"):
        await now(leader.complete())
    assert await now(leader.cancel()) is True
    assert (await now(token.import_records({"people": people(1)}))).confirmed


@story
async def test_running_execution_without_links(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    await now(token.start())
    emulator.faults.next("read import status", body={"status": "RUNNING"})

    running = await now(token.running())

    assert running.execution is None
    assert str(running).splitlines() == [
        "An execution is running.",
        "  An object schema manager: cancel the execution on the import's page in Assets.",
    ]
    assert running.to_dict()["execution"] is None


@pytest.mark.slow
@story
async def test_attach_rejects_what_is_not_an_execution_here(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    data = (await now(token.start())).to_dict()
    emulator.requests.clear()

    with pytest.raises(ConfigurationError) as caught:
        token.attach({"id": "7"})
    assert caught.value.field == "execution"
    with pytest.raises(ConfigurationError) as caught:
        token.attach({**data, "started": "yesterday"})
    assert caught.value.field == "execution"
    with pytest.raises(ConfigurationError, match=r"https://other\.atlassian\.net") as caught:
        token.attach({**data, "site": "https://other.atlassian.net"})
    assert caught.value.field == "execution"
    with pytest.raises(ConfigurationError) as caught:
        token.attach(data, lead="yes")
    assert caught.value.field == "lead"
    assert operations(emulator) == []


@story
async def test_cancel_waits_until_the_execution_is_cancelled(emulator: Emulator, connection: Any) -> None:
    """Assets may report the old state for a while after it accepted the request."""
    token = await ready(emulator, connection)
    execution = await now(token.start())
    emulator.faults.next("read execution status", body={"status": "INGESTING"}, times=3)

    assert await now(execution.cancel()) is True


@story
async def test_cancel_without_effect_raises_timeout(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    execution = await now(token.start())
    emulator.faults.next("read execution status", body={"status": "INGESTING"}, times=100)

    with pytest.raises(ImportTimeoutError, match="its state was still INGESTING"):
        await now(execution.cancel())
    emulator.faults.clear()


@story
async def test_rejected_cancel_of_open_execution_raises(emulator: Emulator, connection: Any) -> None:
    """A rejection does not say that the execution has ended, so it is not reported as False."""
    token = await ready(emulator, connection)
    execution = await now(token.start())
    emulator.faults.next("cancel import", status=400)

    with pytest.raises(ApiError):
        await now(execution.cancel())

    assert emulator.executions[-1].status == "INGESTING"


@story
async def test_cancel_of_ended_execution_returns_false(emulator: Emulator, connection: Any) -> None:
    token = await ready(emulator, connection)
    execution = await now(token.start())
    await now(execution.submit({"people": people(1)}))
    await now(execution.complete())
    await now(execution.wait())

    assert await now(execution.cancel()) is False
    assert is_completed(emulator)
