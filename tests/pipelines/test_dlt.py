"""A dlt pipeline with Assets as its destination."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import Connection, ImportToken
from jsm_assets_dest.exceptions import MassDeletionGuardError
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


def run(token: ImportToken, source: Any, folder: Path, missing_objects: Any = "ignore") -> Any:
    return dlt_pipeline.run(
        token, dlt_pipeline.model(), source, folder=folder, missing_objects=missing_objects
    )


def chunk_ids(emulator: Emulator) -> list[str]:
    sent: list[Any] = [request.json for request in emulator.requests if request.operation == "submit chunk"]
    return [request["clientGeneratedId"] for request in sent if request and "data" in request]


def test_what_a_pipeline_loads_is_confirmed_by_assets(
    emulator: Emulator, token: ImportToken, tmp_path: Path
) -> None:
    result = run(token, [dlt_pipeline.offices(), dlt_pipeline.laptops(1_200)], tmp_path)

    assert result.confirmed
    assert {
        object_type.name: (object_type.sent, object_type.created) for object_type in result.object_types
    } == {
        "Offices": (2, 2),
        "Laptops": (1_200, 1_200),
    }
    laptop = emulator.object_schema("LAP")["Laptops"].objects[1]
    assert laptop["Asset tag"] == "LT-00001"
    assert laptop["Tags"] == ["leased", "encrypted"]
    assert laptop["Office"] is not None
    assert [execution.status for execution in emulator.executions] == ["DONE"]


def test_second_run_changes_nothing(token: ImportToken, tmp_path: Path) -> None:
    run(token, [dlt_pipeline.offices(), dlt_pipeline.laptops(20)], tmp_path)

    again = run(token, [dlt_pipeline.offices(), dlt_pipeline.laptops(20)], tmp_path)

    assert sum(object_type.unchanged for object_type in again.object_types) == 22
    assert sum(object_type.created + object_type.updated for object_type in again.object_types) == 0


def test_bad_record_cancels_the_execution(emulator: Emulator, token: ImportToken, tmp_path: Path) -> None:
    bad = [{"assetTag": "LT-1", "model": "x" * 300}]

    with pytest.raises(Exception, match="laptops"):
        run(token, [dlt_pipeline.offices(), dlt.resource(bad, name="laptops")], tmp_path)

    assert emulator.object_schema("LAP")["Offices"].objects == []
    assert [execution.status for execution in emulator.executions] == ["CANCELLED"]


def test_files_of_a_failed_run_are_not_loaded_again(
    emulator: Emulator, token: ImportToken, tmp_path: Path
) -> None:
    bad = [{"assetTag": "LT-1", "model": "x" * 300}]
    with pytest.raises(Exception, match="laptops"):
        run(token, dlt.resource(bad, name="laptops"), tmp_path)

    result = run(token, [dlt_pipeline.offices(), dlt_pipeline.laptops(10)], tmp_path)

    assert {object_type.name: object_type.created for object_type in result.object_types} == {
        "Offices": 2,
        "Laptops": 10,
    }
    assert [execution.status for execution in emulator.executions] == ["CANCELLED", "DONE"]


LAPTOPS: list[dict[str, object]] = [{"assetTag": f"LT-{number}", "bought": number} for number in range(1, 16)]


def bought_until(last: int) -> Any:
    """Yield the records that were bought since the previous run."""

    @dlt.resource(name="laptops")  # type: ignore[untyped-decorator,unused-ignore]  # optional: its types may be unknown
    def laptops(bought: Any = dlt.sources.incremental("bought", initial_value=0)) -> Iterator[Any]:  # noqa: B008 - how dlt is told
        yield [laptop for laptop in LAPTOPS[:last] if int(str(laptop["bought"])) > bought.last_value]

    return laptops()


def tags(emulator: Emulator) -> set[str]:
    asset_tags = [str(asset["Asset tag"]) for asset in emulator.object_schema("LAP")["Laptops"].objects]
    assert len(asset_tags) == len(set(asset_tags))
    return set(asset_tags)


def test_incremental_source_loses_and_doubles_nothing(
    emulator: Emulator, token: ImportToken, tmp_path: Path
) -> None:
    run(token, bought_until(10), tmp_path)

    result = run(token, bought_until(15), tmp_path)

    assert (result.sent, result.created) == (5, 5)
    assert tags(emulator) == {str(laptop["assetTag"]) for laptop in LAPTOPS}


@pytest.mark.parametrize("where", ["chunk", "end"])
def test_incremental_source_reads_missing_records_again(
    where: str, emulator: Emulator, token: ImportToken, tmp_path: Path
) -> None:
    """Also when dlt had loaded everything, and it was the end of the execution that failed."""
    run(token, bought_until(10), tmp_path)
    emulator.faults.next("submit chunk", status=400, nth=1 if where == "chunk" else 2)
    with pytest.raises(Exception, match=r"rejected|could not"):
        run(token, bought_until(15), tmp_path)

    result = run(token, bought_until(15), tmp_path)

    assert result.created == 5
    assert tags(emulator) == {str(laptop["assetTag"]) for laptop in LAPTOPS}
    assert [execution.status for execution in emulator.executions] == ["DONE", "CANCELLED", "DONE"]


def test_interrupted_run_is_read_again(
    emulator: Emulator, token: ImportToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    run(token, bought_until(10), tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(dlt.Pipeline, "load", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(token, bought_until(15), tmp_path)

    run(token, bought_until(15), tmp_path)

    assert tags(emulator) == {str(laptop["assetTag"]) for laptop in LAPTOPS}


def test_source_without_anything_new_removes_nothing(tmp_path: Path) -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("LAP", "Laptops")
        token = connection.import_token(emulator.add_import_source("LAP", missing_objects="remove").token)
        token.build(dlt_pipeline.model())
        run(token, bought_until(10), tmp_path)

        with pytest.raises(MassDeletionGuardError, match="Laptops: all 10"):
            run(token, bought_until(10), tmp_path, "unknown")

        assert len(tags(emulator)) == 10
        assert [execution.status for execution in emulator.executions] == ["DONE", "CANCELLED"]


def test_batch_that_the_service_is_too_busy_for_arrives_once(
    emulator: Emulator, token: ImportToken, tmp_path: Path
) -> None:
    """The import has its own retries; what they do not get through, dlt brings again."""
    emulator.faults.next("submit chunk", status=503, times=8)

    result = run(token, dlt_pipeline.laptops(1_200), tmp_path)

    assert (result.sent, result.created) == (1_200, 1_200)
    assert len(tags(emulator)) == 1_200
    assert len(set(chunk_ids(emulator))) == 3
    assert len(chunk_ids(emulator)) == 3 + 8


@pytest.mark.parametrize(
    "values", [(7, "Latitude"), (["leased"], "leased")], ids=["number and text", "list and text"]
)
def test_value_of_another_type_is_rejected_instead_of_lost(
    values: tuple[object, object], emulator: Emulator, token: ImportToken, tmp_path: Path
) -> None:
    """Left to itself, dlt makes another column for it, of which the model knows nothing."""
    key = "model" if values[0] == 7 else "tags"
    rows = [{"assetTag": f"LT-{number}", key: value} for number, value in enumerate(values)]

    with pytest.raises(Exception, match="data_type"):
        run(token, dlt.resource(rows, name="laptops"), tmp_path)

    assert tags(emulator) == set()
    assert [execution.status for execution in emulator.executions] == ["CANCELLED"]


def test_nested_values_stay_nested(emulator: Emulator, token: ImportToken, tmp_path: Path) -> None:
    rows = [{"assetTag": "LT-1", "tags": ["leased"], "owner": {"name": "Ana", "teams": [{"id": 1}]}}]

    result = run(token, dlt.resource(rows, name="laptops"), tmp_path)

    assert result.created == 1
    assert emulator.object_schema("LAP")["Laptops"].objects[0]["Tags"] == ["leased"]


def test_nested_value_for_an_attribute_is_rejected_once(
    emulator: Emulator, token: ImportToken, tmp_path: Path
) -> None:
    rows = [{"assetTag": "LT-1", "model": {"name": "Latitude"}}]

    with pytest.raises(Exception, match=r"laptops\[0\]: model"):
        run(token, dlt.resource(rows, name="laptops"), tmp_path)

    assert tags(emulator) == set()


def test_unknown_table_is_rejected_without_retries(token: ImportToken, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="terminally"):
        run(token, dlt.resource([{"name": "x"}], name="strangers"), tmp_path)


def test_data_frame_is_a_source(emulator: Emulator, token: ImportToken, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"assetTag": ["LT-1", "LT-2"], "price": [1.5, float("nan")]})

    assert run(token, dlt.resource([frame], name="laptops"), tmp_path).created == 2

    prices = {
        asset["Asset tag"]: asset["Price"] for asset in emulator.object_schema("LAP")["Laptops"].objects
    }
    assert prices == {"LT-1": 1.5, "LT-2": None}


def test_batch_that_comes_again_is_the_same_chunk_again(
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


def test_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert dlt_pipeline.main([]) == 0
    assert "Laptops: 1,200 sent, 1,200 created" in capsys.readouterr().out
