"""The example for tables. `test_tables.py` tests `tables.records` itself."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import ImportToken, tables
from jsm_assets_dest.exceptions import MassDeletionGuardError, RecordError
from jsm_assets_dest.testing import Emulator

pd = pytest.importorskip("pandas")

from examples import dataframe_import  # noqa: E402 - it needs pandas


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.add_object_schema("LAP", "Laptops")
        emulator.add_import_source("LAP")
        yield emulator


@pytest.fixture
def token(emulator: Emulator) -> Iterator[ImportToken]:
    with emulator.connect() as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        token.build(dataframe_import.model())
        yield token


def imported(token: ImportToken, frame: Any) -> Any:
    records = tables.records(frame, columns=dataframe_import.COLUMNS)
    return token.import_records({"laptops": records}, model=dataframe_import.model())


@pytest.mark.slow
def test_frame_of_the_example_is_confirmed(emulator: Emulator, token: ImportToken) -> None:
    result = imported(token, dataframe_import.example_table(1_300))

    assert (result.sent, result.created, result.ok) == (1_300, 1_300, True)
    first, second = emulator.object_schema("LAP")["Laptops"].objects[:2]
    assert (first["Asset tag"], first["Model"], first["Price"], first["Cores"]) == (
        "LT-00000",
        None,
        None,
        None,
    )
    assert (second["Model"], second["Purchased"], second["Cores"]) == ("Latitude 7450", "2025-01-02", 9)


def test_fraction_in_a_column_of_integers_is_rejected(emulator: Emulator, token: ImportToken) -> None:
    """It is not rounded."""
    frame = dataframe_import.example_table(10)
    frame.loc[3, "Cores"] = 8.5

    with pytest.raises(RecordError, match=r"laptops\[3\]: cores is not a whole number"):
        imported(token, frame)

    assert not emulator.object_schema("LAP")["Laptops"].objects


def test_empty_frame_is_not_completed(emulator: Emulator, token: ImportToken) -> None:
    emulator.object_schema("LAP")["Laptops"].add_object({"Asset tag": "LT-1"})

    with pytest.raises(MassDeletionGuardError, match="Laptops: the only one"):
        imported(token, dataframe_import.example_table(0))

    assert {execution.status for execution in emulator.executions} == {"CANCELLED"}


@pytest.mark.once
def test_large_batch_becomes_few_objects_at_a_time() -> None:
    """The records of 200,000 rows in one batch that are alive at a time take next to no memory."""
    pa = pytest.importorskip("pyarrow")
    count = 200_000
    table = pa.table({"cores": pa.array(range(count), pa.int32())}).combine_chunks()
    tracemalloc.start()
    try:
        total = sum(int(str(record["cores"])) for record in tables.records(table))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert total == count * (count - 1) // 2
    assert peak < 2_000_000


@pytest.mark.slow
@pytest.mark.parametrize("source", ["embedded", "parquet"])
def test_example_runs(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JSM_ASSETS_SITE", raising=False)
    arguments: list[str] = []
    if source == "parquet":
        pytest.importorskip("pyarrow")
        path = tmp_path / "laptops.parquet"
        dataframe_import.example_table().to_parquet(path)
        arguments = ["--parquet", str(path)]

    assert dataframe_import.main(arguments) == 0
    assert "12,000 sent, 12,000 created" in capsys.readouterr().out
