"""
Tables of pandas and Arrow, streamed into Assets.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import Connection, ImportToken
from jsm_assets_dest.testing import Emulator

pa = pytest.importorskip("pyarrow")
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


def test_a_data_frame_gives_plain_values_and_leaves_missing_ones_empty(token: ImportToken) -> None:
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
