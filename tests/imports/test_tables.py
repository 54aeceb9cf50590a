"""Tables as sources of records: columns, batches, and forms. `tests/pipelines` has the same with the real libraries."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

import pytest

from jsm_assets_dest import AttributeSpec, ObjectTypeSpec, SchemaModel, tables
from jsm_assets_dest._imports import table_records
from jsm_assets_dest.exceptions import ConfigurationError
from jsm_assets_dest.testing import Emulator

MODEL = SchemaModel(
    "Staff",
    [
        ObjectTypeSpec(
            "People",
            [
                AttributeSpec("Okta ID", key="id", identifier=True, label=True),
                AttributeSpec("Primary Email", key="email", locators="profile.email"),
                AttributeSpec("Age", "integer"),
            ],
        ),
        ObjectTypeSpec("Teams", [AttributeSpec("Name", identifier=True, label=True)]),
    ],
    namespace="staff",
)


class Row(NamedTuple):
    id: str
    age: int


ROWS = [Row("1", 41), Row("2", 42)]
RECORDS = [{"id": "1", "age": 41}, {"id": "2", "age": 42}]


class FakeColumn(list[object]):
    def tolist(self) -> list[object]:
        return list(self)

    to_list = to_pylist = tolist


class FakeFrame:
    """As much of a data frame, a table, or a batch as is used, with the columns of `ROWS`."""

    def __init__(self, rows: Sequence[Sequence[object]] = ROWS, kinds: Sequence[str] = ("O", "i")) -> None:
        self.rows = rows
        self.kinds = kinds
        self.sizes: list[int] = []

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def num_rows(self) -> int:
        return len(self.rows)

    def part(self, start: int, count: int) -> FakeFrame:
        self.sizes.append(len(self.rows[start : start + count]))
        return type(self)(self.rows[start : start + count], self.kinds)

    def column(self, position: int) -> FakeColumn:
        return FakeColumn(row[position] for row in self.rows)


class Pandas(FakeFrame):
    columns = ("id", "age")

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    @property
    def dtypes(self) -> SimpleNamespace:
        return SimpleNamespace(iloc=[SimpleNamespace(kind=kind) for kind in self.kinds])

    @property
    def iloc(self) -> Any:
        frame = self

        class Indexer:
            def __getitem__(self, key: Any) -> Any:
                if isinstance(key, tuple):
                    return frame.column(key[1])
                return frame.part(key.start, key.stop - key.start)

        return Indexer()


class Polars(FakeFrame):
    columns = ("id", "age")

    @property
    def dtypes(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(is_float=lambda kind=kind: kind == "f") for kind in self.kinds]

    def iter_slices(self, count: int) -> Iterator[FakeFrame]:
        return (self.part(start, count) for start in range(0, len(self.rows), count))

    def to_series(self, position: int) -> FakeColumn:
        return self.column(position)


class Arrow(FakeFrame):
    @property
    def schema(self) -> SimpleNamespace:
        types = {"f": "double", "O": "string", "i": "int64"}
        return SimpleNamespace(
            names=["id", "age"],
            field=lambda position: SimpleNamespace(type=types[self.kinds[position]]),
        )

    def slice(self, start: int, count: int) -> FakeFrame:
        return self.part(start, count)

    def to_batches(self) -> list[Arrow]:
        return [self]


class ArrowReader(Arrow):
    """A reader, which can be read once."""

    def read_next_batch(self) -> None:
        raise AssertionError("it is iterated over")

    def __iter__(self) -> Iterator[Arrow]:
        return iter([Arrow(self.rows), Arrow(())])


class ParquetFile(Arrow):
    """A file of Parquet, whose schema of Arrow has another name."""

    schema = None  # type: ignore[assignment]  # it is the one of Parquet

    @property
    def schema_arrow(self) -> SimpleNamespace:
        return Arrow(self.rows, self.kinds).schema

    def iter_batches(self, batch_size: int) -> Iterator[Arrow]:
        assert batch_size == table_records.ROWS
        return iter([Arrow(self.rows)])


class Cursor:
    """A cursor of a DB-API module whose `fetchmany` returns tuples, as PyMySQL does."""

    description: Any = (("id", None), ("age", None))

    def __init__(self, rows: Sequence[Any] = ROWS) -> None:
        self.rows = [*rows]
        self.sizes: list[int] = []

    def __iter__(self) -> Iterator[Any]:
        raise AssertionError("it is read in batches")

    def fetchmany(self, count: int) -> tuple[Any, ...]:
        rows, self.rows = tuple(self.rows[:count]), self.rows[count:]
        self.sizes.append(len(rows))
        return rows


class SqlAlchemyResult:
    """A result of SQLAlchemy, which has keys instead of a description."""

    def __init__(self) -> None:
        self.fetchmany = Cursor().fetchmany

    def keys(self) -> list[str]:
        return ["id", "age"]


def sqlite_rows() -> list[sqlite3.Row]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.row_factory = sqlite3.Row
        return database.execute("VALUES ('1', 41), ('2', 42)").fetchall()


FORMS: dict[str, Any] = {
    "pandas": Pandas,
    "polars": Polars,
    "arrow": Arrow,
    "reader": ArrowReader,
    "parquet": ParquetFile,
    "cursor": Cursor,
    "cursor of mappings": lambda: Cursor(RECORDS),
    "sqlalchemy": SqlAlchemyResult,
    "sqlalchemy rows": lambda: [
        SimpleNamespace(_mapping=record, _fields=("id", "age")) for record in RECORDS
    ],
    "named tuples": lambda: ROWS,
    "mappings": lambda: iter(RECORDS),
}


@pytest.mark.parametrize("form", FORMS)
def test_rows_of_each_form_are_records(form: str) -> None:
    assert list(tables.records(FORMS[form]())) == RECORDS


def test_rows_of_sqlite_are_records() -> None:
    assert list(tables.records(sqlite_rows(), columns={"column2": "age", "column1": "id"})) == RECORDS
    with closing(sqlite3.connect(":memory:")) as database:
        cursor = database.execute("SELECT '1' AS id, 41 AS age UNION ALL VALUES ('2', 42)")
        assert list(tables.records(cursor)) == RECORDS


@pytest.mark.parametrize("form", ["pandas", "polars", "arrow", "cursor"])
def test_large_table_is_read_in_batches(form: str) -> None:
    rows = [Row(str(number), number) for number in range(table_records.ROWS * 2 + 1)]
    table = FORMS[form](rows)

    iterator = iter(tables.records(table))

    assert next(iterator) == {"id": "0", "age": 0}
    assert table.sizes == [table_records.ROWS]
    assert sum(1 for _ in iterator) == table_records.ROWS * 2
    assert [size for size in table.sizes if size] == [table_records.ROWS, table_records.ROWS, 1]


@pytest.mark.parametrize("form", ["pandas", "polars", "arrow", "parquet"])
def test_table_in_memory_can_be_read_again(form: str) -> None:
    records = tables.records(FORMS[form]())

    assert list(records) == list(records) == RECORDS


@pytest.mark.parametrize("form", ["reader", "cursor", "sqlalchemy", "named tuples", "mappings"])
def test_second_reading_of_a_reader_is_an_error(form: str) -> None:
    """It would look like a table without rows."""
    records = tables.records(FORMS[form]())
    list(records)

    with pytest.raises(ConfigurationError, match="can be read only once"):
        iter(records)


@pytest.mark.parametrize(
    ("columns", "record"),
    [
        (None, {"id": "1", "age": 41}),
        ({"age": "years", "id": "oktaId"}, {"years": 41, "oktaId": "1"}),
        ({"id": "id"}, {"id": "1"}),
        (["age", "id"], {"age": 41, "id": "1"}),
        (("age",), {"age": 41}),
    ],
)
def test_columns_rename_drop_and_order(columns: Any, record: dict[str, object]) -> None:
    first = next(iter(tables.records(Arrow(), columns=columns)))

    assert list(first.items()) == list(record.items())


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"Id": "id"}, 'The table has no column "Id"'),
        (["something else"], 'The table has no column "something else"'),
        ({"id": "x", "age": "x"}, 'Two columns have the name "x"'),
    ],
)
def test_columns_that_do_not_fit_the_table_are_rejected(columns: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        tables.records(Arrow(), columns=columns)

    assert caught.value.field == "columns"


def test_column_that_comes_twice_is_rejected_if_it_is_taken() -> None:
    cursor = Cursor([("1", 41, "x")])
    cursor.description = (("id",), ("age",), ("id",))

    with pytest.raises(ConfigurationError, match='Two columns have the name "id"'):
        tables.records(cursor)
    assert list(tables.records(cursor, columns=["age"])) == []  # the rejected call has fetched the row


class Lazy:
    def collect_schema(self) -> None:
        raise AssertionError("it is not called")


class Distributed:
    def map_partitions(self) -> None:
        raise AssertionError("it is not called")


def executed() -> Cursor:
    cursor = Cursor()
    cursor.description = None
    return cursor


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (7, "`table` is a value of the type int"),
        ("people", "`table` is a value of the type str"),
        ({"id": ["1"]}, "`table` is a value of the type dict"),
        ([("1", 41)], r"`table\[0\]` is a value of the type tuple"),
        ([1], r"`table\[0\]` is a value of the type int"),
        (Lazy(), "LazyFrame"),
        (Distributed(), "distributed over a cluster"),
        (executed(), "a cursor without a result"),
    ],
)
def test_other_objects_are_rejected(table: object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        tables.records(table)

    assert caught.value.field == "table"


class Capsule:
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise AssertionError("pyarrow calls it")


class ArrayCapsule:
    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        raise AssertionError("pyarrow calls it")


def test_table_with_a_capsule_is_read_by_pyarrow() -> None:
    arrow = SimpleNamespace(
        RecordBatchReader=SimpleNamespace(from_stream=lambda table: ArrowReader()),
        record_batch=lambda table: Arrow(),
    )
    with mock.patch.dict(sys.modules, {"pyarrow": arrow}):
        assert list(tables.records(Capsule())) == RECORDS
        assert list(tables.records(ArrayCapsule())) == RECORDS


def test_table_with_a_capsule_needs_pyarrow() -> None:
    with (
        mock.patch.dict(sys.modules, {"pyarrow": None}),
        pytest.raises(ConfigurationError, match="needs pyarrow, which is not installed"),
    ):
        tables.records(Capsule())


def test_object_with_a_capsule_that_is_not_a_table_is_rejected() -> None:
    def fail(_: object) -> None:
        raise ValueError("ArrowSchema describes non-struct type int64")

    arrow = SimpleNamespace(RecordBatchReader=SimpleNamespace(from_stream=fail))
    with (
        mock.patch.dict(sys.modules, {"pyarrow": arrow}),
        pytest.raises(ConfigurationError, match="`table` is a value of the type Capsule"),
    ):
        tables.records(Capsule())


@pytest.mark.parametrize("columns", [None, ["id"], {"login": "id"}])
def test_empty_rows_are_not_records(columns: Any) -> None:
    assert list(tables.records([], columns=columns)) == []


def test_repr_of_records_is_short() -> None:
    assert repr(tables.records(ROWS)) == "<TableRecords: 2 columns>"


def test_column_that_only_later_rows_have_is_an_error() -> None:
    rows: list[dict[str, object]] = [{"id": str(number)} for number in range(table_records.ROWS)]
    rows.append({"id": "last", "age": 41})

    with pytest.raises(
        ConfigurationError, match='The column "age" is missing from the first 5,000 rows'
    ) as caught:
        list(tables.records(rows))

    assert "columns=" in caught.value.fix
    assert len(list(tables.records(rows, columns=["id"]))) == len(rows)


# --- in an import -----------------------------------------------------------------------------------------------------


class Site(NamedTuple):
    emulator: Emulator
    token: Any

    @property
    def people(self) -> list[Any]:
        return [asset.values for asset in self.emulator.object_schema("HR")["People"].objects]

    @property
    def has_started(self) -> bool:
        return any(request.operation == "start import" for request in self.emulator.requests)


@pytest.fixture
def site() -> Iterator[Site]:
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.ensure_object_schema("HR")
        token = connection.import_token(emulator.add_import_source("HR").token, schema=schema)
        token.build(MODEL)
        yield Site(emulator, token)


def test_table_is_imported(site: Site) -> None:
    result = site.token.import_records({"people": tables.records(Arrow())})

    assert (result.created, result.ok) == (2, True)
    assert not any("Columns" in note for note in result.notes)
    assert [(person["Okta ID"], person["Age"]) for person in site.people] == [("1", 41), ("2", 42)]


def test_unknown_columns_are_reported_once_with_the_nearest_key(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Similar is a key, or the name of an attribute. Nothing of the columns is sent, and nothing is counted per record."""
    rows = [{"id": str(number), "agee": 1, "primary email": "a", "zzz": 1} for number in range(1200)]
    records = tables.records(rows)
    with caplog.at_level(logging.WARNING, "jsm_assets_dest.import"):
        result = site.token.import_records({"people": records, "teams": [{"name": "IT"}]}, chunk_records=100)

    note = (
        'Columns that People does not have were not sent: "agee" (similar: "age"), "primary email" (similar: '
        '"profile.email"), "zzz".'
    )
    assert result.notes.count(note) == 1
    assert not result.unknown_keys
    assert [record.getMessage() for record in caplog.records] == [note]
    assert result.created == 1201
    assert note in str(result)


def test_table_without_fitting_column_is_rejected_unsent(site: Site) -> None:
    table = tables.records([{"Okta Id": "1", "Mail": "a"}])

    with pytest.raises(
        ConfigurationError, match="None of the columns of the table is a key of People"
    ) as caught:
        site.token.import_records({"people": table})

    assert 'columns={"Okta Id": "id"}' in caught.value.fix
    assert "age, id, profile, profile.email" in caught.value.cause
    assert not site.has_started


def test_fix_without_similar_columns_names_a_key(site: Site) -> None:
    with pytest.raises(ConfigurationError) as caught:
        site.token.import_records({"people": tables.records([{"zzz": "1"}])})

    assert 'columns={"…": "age"}' in caught.value.fix


@pytest.mark.parametrize("form", ["pandas", "polars", "arrow"])
def test_column_of_floats_that_identify_is_rejected_unsent(site: Site, form: str) -> None:
    table = {"pandas": Pandas, "polars": Polars, "arrow": Arrow}[form]([(7.0, 41)], kinds=("f", "i"))

    with pytest.raises(ConfigurationError, match='The column "id" contains floats, but it identifies People'):
        site.token.import_records({"people": tables.records(table)})

    assert not site.has_started


def test_rows_with_floats_that_identify_are_rejected_unsent(site: Site) -> None:
    cursor = Cursor([(1, 41), (7.0, 42)])

    with pytest.raises(ConfigurationError, match='The column "id" contains floats'):
        site.token.import_records({"people": tables.records(cursor)})

    assert not site.has_started


def test_floats_of_other_columns_are_imported(site: Site) -> None:
    result = site.token.import_records({"people": tables.records(Cursor([("1", 41.0)]))})

    assert result.created == 1
    assert site.people[0]["Age"] == 41


def test_column_of_a_nested_key_is_taken(site: Site) -> None:
    site.token.import_records({"people": tables.records([{"id": "1", "profile": {"email": "a@b.c"}}])})

    assert site.people[0]["Primary Email"] == "a@b.c"


def test_table_without_rows_is_accepted(site: Site) -> None:
    site.token.import_records({"people": tables.records(Arrow())}, missing_objects="ignore")
    result = site.token.import_records({"people": tables.records([])}, missing_objects="ignore")

    assert result.sent == 0


def test_table_is_submitted_to_an_execution(site: Site) -> None:
    with site.token.start(model=MODEL) as execution:
        with pytest.raises(ConfigurationError, match="None of the columns"):
            execution.submit({"people": tables.records([{"zzz": "1"}])})
        execution.submit({"people": tables.records(Arrow())})

    assert execution.result().created == 2


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ({"people": Pandas()}, r"`records\['people'\]` is a table \(Pandas\)"),
        (Pandas(), r"`records` is a table \(Pandas\)"),
        ({"people": Cursor()}, r"is a table \(Cursor\)"),
        ({"people": Capsule()}, "contains a value of the type Capsule"),
        (RECORDS, "contains records without a selector"),
        (tables.records(Arrow()), "contains records without a selector"),
    ],
)
def test_table_that_is_passed_as_it_is_is_rejected(site: Site, records: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        site.token.import_records(records)

    assert caught.value.field == "records"
    assert "{'people': " in caught.value.fix
    assert not site.has_started
