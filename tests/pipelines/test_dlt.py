"""
A dlt pipeline with Assets as its destination.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import Connection, ImportToken
from jsm_assets_dest.testing import Emulator

dlt = pytest.importorskip("dlt")

from examples import dlt_pipeline  # noqa: E402 - it needs dlt

pytestmark = [
    pytest.mark.slow,
    # Threads of dlt's own, and connections to its state that it leaves to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _no_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.delenv("JSM_ASSETS_SITE", raising=False)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.add_object_schema("LAP", "Laptops")
        emulator.add_import_source("LAP")
        yield emulator


@pytest.fixture
def connection(emulator: Emulator) -> Iterator[Connection]:
    with emulator.connect() as connection:
        yield connection


@pytest.fixture
def token(emulator: Emulator, connection: Connection) -> ImportToken:
    token = connection.import_token(emulator.import_sources[0].token)
    token.build(dlt_pipeline.model())
    emulator.requests.clear()
    return token


def run(token: ImportToken, source: Any, folder: Path) -> Any:
    return dlt_pipeline.run(token, dlt_pipeline.model(), source, folder=folder)


def chunk_ids(emulator: Emulator) -> list[str]:
    sent: list[Any] = [request.json for request in emulator.requests if request.operation == "submit chunk"]
    return [one["clientGeneratedId"] for one in sent if one and "data" in one]


def test_what_a_pipeline_loads_is_confirmed_by_assets(
    emulator: Emulator, token: ImportToken, tmp_path: Path
) -> None:
    result = run(token, [dlt_pipeline.offices(), dlt_pipeline.laptops(1_200)], tmp_path)

    assert result.confirmed
    assert {one.name: (one.sent, one.created) for one in result.object_types} == {
        "Offices": (2, 2),
        "Laptops": (1_200, 1_200),
    }
    laptop = emulator.object_schema("LAP")["Laptops"].objects[1]
    assert laptop["Asset tag"] == "LT-00001"
    assert laptop["Tags"] == ["leased", "encrypted"]
    assert laptop["Office"] is not None
    assert [one.status for one in emulator.executions] == ["DONE"]


def test_a_second_run_changes_nothing(token: ImportToken, tmp_path: Path) -> None:
    run(token, [dlt_pipeline.offices(), dlt_pipeline.laptops(20)], tmp_path)

    again = run(token, [dlt_pipeline.offices(), dlt_pipeline.laptops(20)], tmp_path)

    assert sum(one.unchanged for one in again.object_types) == 22
    assert sum(one.created + one.updated for one in again.object_types) == 0


def test_a_bad_record_cancels_the_execution_and_nothing_of_it_is_in_assets(
    emulator: Emulator, token: ImportToken, tmp_path: Path
) -> None:
    bad = [{"assetTag": "LT-1", "model": "x" * 300}]

    with pytest.raises(Exception, match="laptops"):
        run(token, [dlt_pipeline.offices(), dlt.resource(bad, name="laptops")], tmp_path)

    assert emulator.object_schema("LAP")["Offices"].objects == []
    assert [one.status for one in emulator.executions] == ["CANCELLED"]


def test_what_a_failed_run_left_is_not_mixed_into_the_next_one(
    emulator: Emulator, token: ImportToken, tmp_path: Path
) -> None:
    bad = [{"assetTag": "LT-1", "model": "x" * 300}]
    with pytest.raises(Exception, match="laptops"):
        run(token, dlt.resource(bad, name="laptops"), tmp_path)

    result = run(token, [dlt_pipeline.offices(), dlt_pipeline.laptops(10)], tmp_path)

    assert {one.name: one.created for one in result.object_types} == {"Offices": 2, "Laptops": 10}
    assert [one.status for one in emulator.executions] == ["CANCELLED", "DONE"]


def test_a_batch_that_comes_again_is_the_same_chunk_again(
    emulator: Emulator, token: ImportToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"assetTag": "LT-1"}, {"assetTag": "LT-2"}]
    sent: list[Any] = []
    monkeypatch.setattr(dlt, "destination", lambda **_: sent.append)
    with token.start(model=dlt_pipeline.model(), in_flight=1) as execution:
        dlt_pipeline.assets(execution)
        sent[0](items, {"name": "laptops"})
        sent[0](items, {"name": "laptops"})

    first, second = chunk_ids(emulator)
    assert first == second
    assert len(emulator.object_schema("LAP")["Laptops"].objects) == 2


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert dlt_pipeline.main([]) == 0
    assert "Laptops: 1,200 sent, 1,200 created" in capsys.readouterr().out
