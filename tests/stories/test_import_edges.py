"""Unusual imports: rejections at the start and at the end, manual executions, journals.

Told in the blocking color only; the operations have no color.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest

from jsm_assets_dest import Execution, RetryPolicy
from jsm_assets_dest._imports.journal import Journal
from jsm_assets_dest._imports.journal_values import RunState
from jsm_assets_dest._imports.options import ImportOptions
from jsm_assets_dest.exceptions import (
    ApiError,
    ClosedError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectionLostError,
    ImportCancelledError,
    ImportInterruptedError,
    ImportTokenError,
    MassDeletionGuardError,
    ValidationError,
)
from jsm_assets_dest.testing import Emulator, ReceivedRequest
from tests.stories.importing import completes, data_chunks, operations, people, ready, result_of
from tests.stories.test_building import RECORDS


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def token(emulator: Emulator) -> Iterator[Any]:
    with emulator.connect() as connection:
        yield anyio.run(ready, emulator, connection)


class Unplugged(httpx.BaseTransport):
    """The emulator's transport, but requests whose path ends in a certain way, and whose body holds something, find no one."""

    def __init__(self, emulator: Emulator, end: str, holds: bytes = b"") -> None:
        self._emulator, self._end, self._holds = emulator, end, holds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if (
            request.method == "POST"
            and request.url.path.endswith(self._end)
            and self._holds in request.read()
        ):
            raise httpx.ConnectError("connection refused", request=request)
        return self._emulator.transport.handle_request(request)


@pytest.mark.parametrize(
    ("end", "holds", "state"), [("/executions", b"", None), ("/data", b"completed", "CANCELLED")]
)
def test_unsent_request_has_a_known_outcome(
    emulator: Emulator, token: Any, end: str, holds: bytes, state: str | None
) -> None:
    secret = emulator.import_sources[0].token
    with (
        emulator.connect(transport=Unplugged(emulator, end, holds), retry=RetryPolicy.off()) as connection,
        pytest.raises(ConnectionFailedError),
    ):
        connection.import_token(secret).import_records({"people": people(2)})

    assert [execution.status for execution in emulator.executions] == ([] if state is None else [state])


def test_start_that_is_lost_twice_is_given_up(emulator: Emulator, token: Any) -> None:
    emulator.faults.next("start import", drop="before", times=2)

    with pytest.raises(ConnectionLostError):
        token.import_records(RECORDS)

    assert operations(emulator).count("start import") == 2
    assert emulator.executions == []


def test_run_of_another_user_ends_while_we_wait(emulator: Emulator, token: Any) -> None:
    emulator.world.import_seconds = 20
    theirs = token.start()
    theirs.submit({"people": people(3)})
    theirs.complete()

    result = token.import_records({"people": people(4)}, on_busy="wait")

    assert (result.created, result.unchanged) == (1, 3)
    assert [execution.status for execution in emulator.executions] == ["DONE", "DONE"]


def test_cancelled_before_it_takes_data(emulator: Emulator, token: Any) -> None:
    emulator.faults.next("read execution status", body={"status": "CANCELLED"})

    with pytest.raises(ImportCancelledError):
        token.import_records(RECORDS)

    assert data_chunks(emulator) == []


def test_cancelled_just_before_it_is_completed(emulator: Emulator, token: Any) -> None:
    def cancelled(request: ReceivedRequest) -> bool:
        if completes(request):
            emulator.executions[-1].cancel()
        return False

    emulator.faults.always("submit chunk", when=cancelled, status=500)

    with pytest.raises(ImportCancelledError):
        token.import_records(RECORDS)

    emulator.faults.clear()


def test_completion_lost_twice_is_cancelled(emulator: Emulator, token: Any) -> None:
    emulator.faults.next("submit chunk", drop="before", when=completes, times=2)

    with pytest.raises(ConnectionLostError) as caught:
        token.import_records(RECORDS)

    assert any("none of them is in Assets" in note for note in caught.value.__notes__)
    assert emulator.executions[-1].status == "CANCELLED"


def test_token_that_is_replaced_before_the_end_is_announced(emulator: Emulator, token: Any) -> None:
    emulator.faults.next("submit chunk", status=401, when=completes)

    with pytest.raises(ImportTokenError) as caught:
        token.import_records(RECORDS)

    assert result_of(caught.value).sent == 4
    assert emulator.executions[-1].status == "CANCELLED"


def test_token_that_is_replaced_while_assets_works(emulator: Emulator, token: Any) -> None:
    emulator.world.import_seconds = 60
    emulator.faults.next("read execution status", status=401, nth=3)

    with pytest.raises(ImportTokenError) as caught:
        token.import_records(RECORDS)

    assert any(
        "which were all records, and continues to process them" in note for note in caught.value.__notes__
    )
    assert emulator.executions[-1].status == "PROCESSING"


def test_rejected_chunk_whose_execution_cannot_be_looked_at(emulator: Emulator, token: Any) -> None:
    emulator.faults.next("submit chunk", status=400)
    emulator.faults.next("read execution status", status=403, nth=2)

    with pytest.raises(ValidationError):
        token.import_records(RECORDS)


def test_waiting_manually_for_what_is_cancelled(emulator: Emulator, token: Any) -> None:
    heard: list[str] = []
    execution = token.start(on_progress=lambda report: heard.append(str(report.phase)))
    execution.submit(RECORDS)
    emulator.executions[-1].cancel()

    with pytest.raises(ImportCancelledError):
        execution.wait()

    assert heard[-1] == "cancelled"


@pytest.mark.parametrize("status", [404, 409])
def test_rejected_cancel_of_open_execution_raises(emulator: Emulator, token: Any, status: int) -> None:
    """A rejection does not say that the execution has ended, so it is not reported as False."""
    execution = token.start()
    emulator.faults.next("cancel import", status=status)

    with pytest.raises(ApiError):
        execution.cancel()
    assert execution.cancel() is True


@pytest.mark.parametrize("wrong", [float("nan"), -1, "5", True])
def test_waiting_takes_a_number_of_seconds(emulator: Emulator, token: Any, wrong: Any) -> None:
    """Above all no NaN, which no time is ever beyond."""
    execution = token.start()

    with pytest.raises(ConfigurationError, match="`timeout` is") as caught:
        execution.wait(wrong)

    assert caught.value.field == "timeout"


def test_records_for_an_execution_that_has_ended(emulator: Emulator, token: Any) -> None:
    """The service only says that it does not accept the content; the note says why."""
    execution = token.start()
    execution.submit(RECORDS)
    execution.complete()
    execution.wait()

    with pytest.raises(ValidationError) as caught:
        execution.submit({"people": people(1)})

    assert "The execution no longer accepts data. Its state is DONE." in caught.value.__notes__


def test_forbidden_completion_names_its_cause(emulator: Emulator, token: Any) -> None:
    execution = token.attach(token.start())

    with pytest.raises(ClosedError, match="One process leads an execution") as caught:
        execution.complete()

    assert "with block" not in str(caught.value)


def test_cancelling_that_is_forbidden(emulator: Emulator, token: Any) -> None:
    execution = token.start()
    emulator.faults.next("cancel import", status=403)

    with pytest.raises(ApiError):
        execution.cancel()


def test_import_that_is_given_up_and_cannot_be_cancelled(emulator: Emulator, token: Any) -> None:
    """The reason for giving up is what is raised."""
    emulator.faults.next("cancel import", status=403)

    with pytest.raises(ImportInterruptedError):
        token.import_records({"people": broken(3)})

    assert emulator.executions[-1].status == "INGESTING"


def test_roles_of_which_schema(emulator: Emulator, token: Any) -> None:
    anywhere = attrs.evolve(token, target=attrs.evolve(token._target, schema=None))

    with pytest.raises(ConfigurationError, match="needs the object schema"):
        anywhere.import_records(RECORDS, require_roles=True)


@pytest.mark.parametrize("fault", [{"status": 404}, {"body": {"id": "1", "name": "Okta"}}, {"html": "login"}])
def test_guard_without_a_schema_rejects_the_run(
    emulator: Emulator, token: Any, fault: dict[str, Any]
) -> None:
    anywhere = attrs.evolve(token, target=attrs.evolve(token._target, schema=None))
    emulator.faults.next("get import source", **fault)

    with pytest.raises(MassDeletionGuardError, match="existing objects could not be read"):
        anywhere.import_records(RECORDS)

    assert emulator.executions == []


def test_test_of_nothing_is_rejected(emulator: Emulator, token: Any) -> None:
    with pytest.raises(ConfigurationError, match="`count` is below 1"):
        token.test_import(RECORDS, count=0)

    assert emulator.requests == []


@pytest.mark.parametrize("wrong", [{"on_busy": "cancel"}, {"on_bad_record": "ignore"}])
def test_options_have_few_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="Pass one of"):
        ImportOptions(**wrong)


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("chunk_records", 1.5, "whole number"),
        ("chunk_bytes", 5000.5, "whole number"),
        ("in_flight", 2.5, "whole number"),
        ("max_missing", 20, "from 0 to 1"),
        ("max_missing", True, "from 0 to 1"),
        ("allow_missing", True, "allow_missing=error.preview"),
        ("allow_missing", "false", "allow_missing=error.preview"),
        ("missing_objects", "delete", "remove"),
        ("only", "people", "a list"),
        ("only", [], "a list"),
        ("total", -1, "whole number"),
        ("total", "3", "whole number"),
        ("total", 2.5, "whole number"),
        ("model", "okta", "SchemaModel"),
        ("journal", 5, "a path"),
        ("on_progress", 5, "a function"),
        ("on_progress", "bar", "tqdm"),
        *(
            (name, "false", "True or False")
            for name in (
                "wait",
                "require_roles",
                "unique_in_run",
                "find_dangling",
            )
        ),
    ],
)
def test_invalid_option_is_rejected_before_sending(
    emulator: Emulator, token: Any, name: str, value: object, fix: str
) -> None:
    """Above all `allow_missing=True`, which would accept the removal of objects that no one has seen."""
    with pytest.raises(ConfigurationError, match=f"`{name}` is ") as caught:
        token.import_records(RECORDS, **{name: value})

    assert caught.value.field == name
    assert fix in caught.value.fix
    assert emulator.requests == []


@pytest.mark.parametrize("count", [1.5, "5", None, True])
def test_test_takes_a_whole_number_of_records(emulator: Emulator, token: Any, count: Any) -> None:
    """None would be everything, which is no test."""
    with pytest.raises(ConfigurationError, match="`count` is ") as caught:
        token.test_import(RECORDS, count=count)

    assert caught.value.field == "count"
    assert emulator.requests == []


@pytest.mark.parametrize("wrong", [{}, {"id": "1"}, {"links": 7}])
def test_attach_rejects_other_values(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="not an import execution"):
        Execution.from_dict(wrong)


# --- journals


def broken(count: int) -> Iterator[dict[str, object]]:
    yield from people(count)
    raise OSError("broken")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "okta.journal"


def test_chunks_that_were_halved_are_halved_again(emulator: Emulator, token: Any, journal: Path) -> None:
    emulator.faults.always("submit chunk", status=413, when=lambda request: len(request.body) > 800)
    with pytest.raises(ImportInterruptedError):
        token.import_records({"people": broken(30)}, journal=journal, chunk_records=10, in_flight=1)
    bodies = {request.body for request in emulator.requests if request.status == 200 and request.body}

    result = token.resume_import({"people": people(40)}, journal=journal, chunk_records=10, in_flight=1)

    again = [
        request.body for request in emulator.requests if request.status == 200 and request.body in bodies
    ]
    assert result.created == 40
    assert result.skipped_chunks >= 3
    assert len(again) <= len(bodies) + 4  # what was on its way when the source broke


def test_cancelled_run_is_not_resumed_but_done_again(emulator: Emulator, token: Any, journal: Path) -> None:
    def source() -> Iterator[dict[str, object]]:
        yield from people(20)
        emulator.executions[-1].cancel()
        yield from people(20, 20)

    with pytest.raises(ImportCancelledError) as caught:
        token.import_records({"people": source()}, journal=journal, chunk_records=5)
    with Journal(journal) as opened:
        open_run = opened.left_open(emulator.import_sources[0].id)
    result = token.resume_import({"people": people(40)}, journal=journal)

    assert open_run is None
    assert not any("resume_import" in note for note in caught.value.__notes__)
    assert (result.created, result.skipped_chunks) == (40, 0)


def test_execution_at_another_gateway_is_replaced(emulator: Emulator, token: Any, journal: Path) -> None:
    with pytest.raises(ImportInterruptedError):
        token.import_records({"people": broken(10)}, journal=journal, chunk_records=5)
    source_id = emulator.import_sources[0].id
    with Journal(journal) as opened:
        open_run = opened.left_open(source_id)
        assert open_run is not None
        assert open_run.state is RunState.OPEN
        assert open_run.execution is not None
        moved = {
            name: link.replace("api.atlassian.com", "api.example.com")
            for name, link in open_run.execution.links.items()
        }
        opened.begin_execution(open_run.id, moved, "moved")
    emulator.executions[-1].cancel()

    result = token.resume_import({"people": people(10)}, journal=journal)

    assert (result.created, len(emulator.executions)) == (10, 2)


def test_execution_that_may_not_be_looked_at_is_not_replaced(
    emulator: Emulator, token: Any, journal: Path
) -> None:
    with pytest.raises(ImportInterruptedError):
        token.import_records({"people": broken(10)}, journal=journal)
    emulator.faults.next("read execution status", status=403)

    with pytest.raises(ApiError):
        token.resume_import({"people": people(10)}, journal=journal)
    assert token.resume_import({"people": people(10)}, journal=journal).created == 10
