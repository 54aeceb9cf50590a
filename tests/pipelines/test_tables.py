"""`tables.records` with the real libraries: each is imported into the emulator, which confirms the counts."""

from __future__ import annotations

import datetime
import decimal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from jsm_assets_dest import AttributeSpec, ObjectTypeSpec, SchemaModel, tables
from jsm_assets_dest.exceptions import ConfigurationError
from jsm_assets_dest.testing import Emulator

UTC = datetime.UTC
BERLIN = datetime.timezone(datetime.timedelta(hours=1))
MODEL = SchemaModel(
    "Laptops",
    [
        ObjectTypeSpec(
            "Laptops",
            [
                AttributeSpec("Tag", identifier=True, label=True),
                AttributeSpec("Model"),
                AttributeSpec("Cores", "integer"),
                AttributeSpec("Price", "double"),
                AttributeSpec("Leased", "boolean"),
                AttributeSpec("Bought", "date"),
                AttributeSpec("Seen", "date_time"),
                AttributeSpec("Users", maximum=-1),
                AttributeSpec("Number"),
            ],
        )
    ],
    namespace="laptops",
)
#: What Assets contains of the three rows of each table.
EXPECTED: list[dict[str, Any]] = [
    {
        "Tag": "LT-1",
        "Model": "A",
        "Cores": 8,
        "Price": 999.5,
        "Leased": True,
        "Bought": "2025-01-31",
        "Seen": "2026-01-05T08:00:00.000Z",
        "Users": ["ana", "bo"],
        "Number": "1042",
    },
    {
        "Tag": "LT-2",
        "Model": None,
        "Cores": None,
        "Price": None,
        "Leased": None,
        "Bought": None,
        "Seen": None,
        "Users": [],
        "Number": None,
    },
    {
        "Tag": "LT-3",
        "Model": "B",
        "Cores": 10,
        "Price": 1000.0,
        "Leased": False,
        "Bought": "2025-02-28",
        "Seen": "2026-01-05T07:00:00.000Z",
        "Users": ["ana"],
        "Number": "1043",
    },
]
SEEN = [
    datetime.datetime(2026, 1, 5, 9, tzinfo=BERLIN),
    None,
    datetime.datetime(2026, 1, 5, 8, tzinfo=BERLIN),
]
COLUMNS: dict[str, list[Any]] = {
    "tag": ["LT-1", "LT-2", "LT-3"],
    "model": ["A", None, "B"],
    "cores": [8, None, 10],
    "price": [999.5, None, 1000.0],
    "leased": [True, None, False],
    "bought": [datetime.date(2025, 1, 31), None, datetime.date(2025, 2, 28)],
    "seen": SEEN,
    "users": [["ana", "bo"], None, ["ana"]],
    "number": [1042, None, 1043],
    "note": ["internal"] * 3,
}


@pytest.fixture
def imported() -> Iterator[Callable[[Any], list[dict[str, Any]]]]:
    """Return a function that imports records and returns what Assets contains."""
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.ensure_object_schema("LAP")
        token = connection.import_token(emulator.add_import_source("LAP").token, schema=schema)
        token.build(MODEL)

        def run(records: Any) -> list[dict[str, Any]]:
            result = token.import_records({"laptops": records})
            assert result.ok, str(result)
            assert result.created == result.sent
            return [asset.values for asset in emulator.object_schema("LAP")["Laptops"].objects]

        yield run


def test_pandas_frame_is_imported(imported: Any) -> None:
    """Text, category, integers with a gap, nullable integers, floats, nullable booleans, dates, date-times, and lists."""
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            **COLUMNS,
            "model": pd.Categorical(COLUMNS["model"]),
            "cores": pd.array(COLUMNS["cores"], dtype="Int64"),
            "leased": pd.array(COLUMNS["leased"], dtype="boolean"),
            "bought": pd.to_datetime(pd.Series(COLUMNS["bought"])),
            "seen": pd.to_datetime(pd.Series(SEEN), utc=True).dt.tz_convert("Europe/Berlin"),
        }
    )
    assert [str(kind) for kind in frame.dtypes] == [
        str(frame["tag"].dtype),  # "object" before pandas 3
        "category",
        "Int64",
        "float64",
        "boolean",
        str(frame["bought"].dtype),
        str(frame["seen"].dtype),
        "object",
        "float64",
        str(frame["note"].dtype),
    ]

    assert imported(tables.records(frame)) == EXPECTED


def test_pandas_frame_with_numbered_columns_and_slices_is_read() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame([[1, 2], [3, 4], [5, 6]]).iloc[1:]

    assert list(tables.records(frame, columns={"1": "b"})) == [{"b": 4}, {"b": 6}]


def test_pandas_column_with_a_gap_that_identifies_is_rejected(imported: Any) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"tag": [1, 2, None]})

    with pytest.raises(
        ConfigurationError, match='The column "tag" contains floats, but it identifies Laptops'
    ):
        imported(tables.records(frame))

    fixed = frame.dropna()
    fixed["tag"] = fixed["tag"].astype("Int64")
    assert [laptop["Tag"] for laptop in imported(tables.records(fixed))] == ["1", "2"]


@pytest.mark.parametrize("library", ["pandas", "pyarrow"])
def test_categories_of_floats_that_identify_are_rejected(imported: Any, library: str) -> None:
    module: Any = pytest.importorskip(library)
    table = (
        module.DataFrame({"tag": module.Categorical([1.0, 2.0])})
        if library == "pandas"
        else module.table({"tag": module.array([1.0, 2.0]).dictionary_encode()})
    )

    with pytest.raises(ConfigurationError, match='The column "tag" contains floats'):
        imported(tables.records(table))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_series_is_rejected(library: str) -> None:
    module: Any = pytest.importorskip(library)
    pytest.importorskip("pyarrow")

    with pytest.raises(ConfigurationError, match="`table` is"):
        tables.records(module.Series(["LT-1"]))


def test_polars_frame_is_imported(imported: Any) -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({**COLUMNS, "model": pl.Series(COLUMNS["model"], dtype=pl.Categorical)})

    assert imported(tables.records(frame)) == EXPECTED
    with pytest.raises(ConfigurationError, match="LazyFrame"):
        tables.records(frame.lazy())


def test_polars_column_of_floats_that_identifies_is_rejected(imported: Any) -> None:
    pl = pytest.importorskip("polars")

    with pytest.raises(ConfigurationError, match='The column "tag" contains floats'):
        imported(tables.records(pl.DataFrame({"tag": [1.0, 2.0]})))


def arrow_table() -> Any:
    pa = pytest.importorskip("pyarrow")
    table = pa.table(
        {
            **COLUMNS,
            "seen": pa.array(SEEN, pa.timestamp("us", "UTC")),
            "price": pa.array([decimal.Decimal("999.5"), None, decimal.Decimal(1000)], pa.decimal128(8, 2)),
        }
    )
    return table.set_column(1, "model", table["model"].dictionary_encode())


def test_arrow_table_is_imported(imported: Any) -> None:
    assert imported(tables.records(arrow_table())) == EXPECTED


def test_arrow_reader_batch_and_capsule_are_imported(imported: Any) -> None:
    pa = pytest.importorskip("pyarrow")
    table = arrow_table()

    class Exporter:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return table.__arrow_c_stream__(requested_schema)

    rows = list(tables.records(table))
    assert list(tables.records(table.to_batches()[0])) == rows
    assert list(tables.records(Exporter())) == rows
    assert imported(tables.records(table.to_reader(max_chunksize=2))) == EXPECTED
    with pytest.raises(ConfigurationError, match='The column "tag" contains floats'):
        imported(tables.records(pa.table({"tag": pa.array([1.0], pa.float32())}).to_reader()))


def test_parquet_file_and_data_set_are_imported(imported: Any, tmp_path: Any) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    dataset = pytest.importorskip("pyarrow.dataset")
    pq.write_table(arrow_table(), tmp_path / "laptops.parquet")
    scanner = dataset.dataset(arrow_table()).scanner(columns=["tag"])
    assert list(tables.records(scanner)) == [{"tag": tag} for tag in COLUMNS["tag"]]

    with pq.ParquetFile(tmp_path / "laptops.parquet") as file:
        assert imported(tables.records(file)) == EXPECTED
    assert len(list(tables.records(dataset.dataset(tmp_path / "laptops.parquet")))) == 3


def test_sqlite_cursor_and_rows_are_imported(imported: Any) -> None:
    """A database without types for dates and lists: strings, and one list is not in the table."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE laptops (tag, model, cores, price, bought, seen, number)")
        database.executemany(
            "INSERT INTO laptops VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                ("LT-1", "A", 8, 999.5, "2025-01-31", "2026-01-05T09:00:00+01:00", 1042),
                ("LT-2", None, None, None, None, None, None),
                ("LT-3", "B", 10, 1000.0, "2025-02-28", "2026-01-05T08:00:00+01:00", 1043),
            ],
        )
        laptops = imported(tables.records(database.execute("SELECT * FROM laptops")))
        database.row_factory = sqlite3.Row
        rows = list(tables.records(database.execute("SELECT tag, cores FROM laptops").fetchall()))

    assert laptops == [{**laptop, "Leased": None, "Users": []} for laptop in EXPECTED]
    assert rows == [{"tag": "LT-1", "cores": 8}, {"tag": "LT-2", "cores": None}, {"tag": "LT-3", "cores": 10}]


def test_duckdb_relation_and_cursor_are_read() -> None:
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    query = "SELECT 'LT-1' AS tag, DATE '2025-01-31' AS bought"

    for table in (duckdb.sql(query), duckdb.connect().execute(query)):
        assert list(tables.records(table)) == [{"tag": "LT-1", "bought": datetime.date(2025, 1, 31)}]


def test_sqlalchemy_result_and_rows_are_read() -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine("sqlite://")
    query = sqlalchemy.text("SELECT 'LT-1' AS tag, 8 AS cores")
    with engine.connect() as connection:
        for table in (
            connection.execute(query),
            connection.execute(query).all(),
            connection.execute(query).mappings(),
        ):
            assert list(tables.records(table)) == [{"tag": "LT-1", "cores": 8}]
    engine.dispose()
