"""Tables of pandas and Arrow, streamed into Assets."""

from __future__ import annotations

import datetime
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import AttributeSpec, Connection, ImportToken, ObjectTypeSpec
from jsm_assets_dest.exceptions import MassDeletionGuardError
from jsm_assets_dest.testing import Emulator

pa = pytest.importorskip("pyarrow")
pc = pytest.importorskip("pyarrow.compute")
pq = pytest.importorskip("pyarrow.parquet")

from examples import dataframe_import  # noqa: E402 - it needs pyarrow

(WANTED,) = dataframe_import.model().object_types


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
    token.build(dataframe_import.model())
    return token


def imported(token: ImportToken, records: Iterator[dict[str, Any]]) -> Any:
    return token.import_records({"laptops": records}, model=dataframe_import.model())


def test_an_arrow_table_ends_as_confirmed_objects(emulator: Emulator, token: ImportToken) -> None:
    table = dataframe_import.example_table(1_300)

    result = imported(token, dataframe_import.arrow_records(table.to_batches(max_chunksize=100), WANTED))

    assert result.confirmed
    assert (result.sent, result.created) == (1_300, 1_300)
    first = emulator.object_schema("LAP")["Laptops"].objects[0]
    assert first["Asset tag"] == "LT-00000"
    assert first["Model"] is None
    assert first["Cores"] == 8


def test_a_data_frame_gives_plain_values(token: ImportToken) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "asset_tag": ["LT-1", "LT-2"],
            "model": ["Latitude", None],
            "purchased": pandas.to_datetime(["2025-06-30 13:45", None]),
            "price": [1499.5, float("nan")],
            "cores": pandas.array([8, None], dtype="Int64"),
            "internal_note": ["not for Assets", "not for Assets"],
        },
        index=[7, 9],
    )

    records = list(dataframe_import.frame_records(frame, WANTED, rows=1))

    assert records == [
        {
            "asset_tag": "LT-1",
            "model": "Latitude",
            "purchased": datetime.date(2025, 6, 30),
            "price": 1499.5,
            "cores": 8,
        },
        {"asset_tag": "LT-2", "model": None, "purchased": None, "price": None, "cores": None},
    ]
    assert imported(token, iter(records)).created == 2


def test_a_parquet_file_is_read_as_the_import_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "laptops.parquet"
    pq.write_table(dataframe_import.example_table(1_000), path, row_group_size=100)

    records = dataframe_import.parquet_records(path, WANTED, rows=100)

    assert next(records)["asset_tag"] == "LT-00000"
    assert sum(1 for _ in records) == 999


def test_a_number_that_does_not_fit_is_refused() -> None:
    table = pa.table({"asset_tag": ["LT-1"], "cores": [8.5]})

    with pytest.raises(pa.ArrowInvalid):
        list(dataframe_import.arrow_records(table.to_batches(), WANTED))


EVERYTHING = ObjectTypeSpec(
    "Laptops",
    [
        AttributeSpec("Asset tag", key="asset_tag", label=True, identifier=True),
        AttributeSpec("Model", key="model"),
        AttributeSpec("Purchased", "date", key="purchased"),
        AttributeSpec("Seen", "date_time", key="seen"),
        AttributeSpec("Price", "double", key="price"),
        AttributeSpec("Cores", "integer", key="cores"),
        AttributeSpec("Tags", key="tags", maximum=-1),
    ],
)


def of_table(**columns: Any) -> list[dict[str, Any]]:
    return list(dataframe_import.arrow_records(pa.table(columns).to_batches(), EVERYTHING))


@pytest.mark.parametrize("kind", ["float64", "float32", "float16"])
def test_nan_in_an_arrow_table_is_left_empty(kind: str) -> None:
    """Unlike pandas, which turns NaN into nulls, Arrow keeps it as a number."""
    missing = pa.array([2.0, float("nan"), None]).cast(getattr(pa, kind)())

    assert of_table(price=missing, cores=missing) == [
        {"price": 2.0, "cores": 2},
        {"price": None, "cores": None},
        {"price": None, "cores": None},
    ]


def test_several_values_stay_lists() -> None:
    assert of_table(tags=[["leased", "old"], None]) == [{"tags": ["leased", "old"]}, {"tags": None}]


def test_dates_that_are_texts_are_left_to_the_import() -> None:
    """The import reads offsets, which a cast of Arrow refuses."""
    (record,) = of_table(seen=["2025-06-30T23:30:00+02:00"], purchased=["2025-06-30"])

    assert record == {"seen": "2025-06-30T23:30:00+02:00", "purchased": "2025-06-30"}


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_a_zoned_time_keeps_its_instant_and_local_date(zone: str) -> None:
    moment = pa.array(["2025-06-30 00:30:00", "2025-06-30 23:30:00"]).cast(pa.timestamp("s"))
    there = pc.assume_timezone(moment, zone)

    records = of_table(seen=there, purchased=there)

    assert [one["purchased"] for one in records] == [datetime.date(2025, 6, 30)] * 2
    assert [one["seen"].replace(tzinfo=datetime.UTC) for one in records] == there.to_pylist()


def test_a_data_frame_of_categories_and_nullable_numbers() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "asset_tag": pandas.Categorical(["LT-1", "LT-2"]),
            "model": pandas.array(["Latitude", pandas.NA], dtype="string"),
            "price": pandas.array([1.5, pandas.NA], dtype="Float64"),
            "cores": [8.0, float("nan")],
        }
    )

    assert list(dataframe_import.frame_records(frame, EVERYTHING)) == [
        {"asset_tag": "LT-1", "model": "Latitude", "price": 1.5, "cores": 8},
        {"asset_tag": "LT-2", "model": None, "price": None, "cores": None},
    ]


def test_unused_columns_may_hold_anything() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame([["LT-1", 1, "x"], ["LT-2", "one", object()]])
    frame.columns = ["asset_tag", "note", "note"]

    found = list(dataframe_import.frame_records(frame, EVERYTHING))

    assert found == [{"asset_tag": "LT-1"}, {"asset_tag": "LT-2"}]


def test_a_wanted_column_that_comes_twice_is_refused() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame([["LT-1", "x", "y"]], columns=["asset_tag", "model", "model"])

    with pytest.raises(ValueError, match=r"comes twice: model\."):
        next(dataframe_import.frame_records(frame, EVERYTHING))
    with pytest.raises(ValueError, match=r"comes twice: model\."):
        next(
            dataframe_import.arrow_records(
                pa.table([["LT-1"], ["x"], ["y"]], names=list(frame.columns)).to_batches(), EVERYTHING
            )
        )


def test_a_table_without_wanted_columns_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"None of the columns Asset tag is a key of Laptops\."):
        of_table(**{"Asset tag": ["LT-1"]})


def test_an_empty_table_is_not_completed(emulator: Emulator, token: ImportToken) -> None:
    pandas = pytest.importorskip("pandas")

    emulator.object_schema("LAP")["Laptops"].add_object({"Asset tag": "LT-1"})
    for frame in (pandas.DataFrame(), pandas.DataFrame({"asset_tag": []})):
        with pytest.raises(MassDeletionGuardError, match="Laptops: the only one"):
            imported(token, dataframe_import.frame_records(frame, WANTED))

    assert {one.status for one in emulator.executions} == {"CANCELLED"}


def test_a_large_batch_becomes_few_objects_at_a_time() -> None:
    """Very many rows in one batch, of which the records that are alive at a time take next to no memory."""
    count = 200_000
    (batch,) = pa.table({"cores": pa.array(range(count), pa.int32())}).combine_chunks().to_batches()
    tracemalloc.start()
    try:
        total = sum(one["cores"] for one in dataframe_import.arrow_records([batch], EVERYTHING, rows=1_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert total == count * (count - 1) // 2
    assert peak < 2_000_000


@pytest.mark.parametrize("source", ["embedded", "parquet"])
def test_the_example_runs(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JSM_ASSETS_SITE", raising=False)
    arguments: list[str] = []
    if source == "parquet":
        path = tmp_path / "laptops.parquet"
        pq.write_table(dataframe_import.example_table(), path)
        arguments = ["--parquet", str(path)]

    assert dataframe_import.main(arguments) == 0
    assert "12,000 created" in capsys.readouterr().out
