"""Records of a table, and how its columns fit an object type.

Tables are those of pandas, Polars, and Arrow, and rows of databases; each is read in batches. A table is recognized by what it
can do, so that none of these libraries is imported. Only Arrow's PyCapsule interface, for tables of other libraries, needs
pyarrow.
"""

from __future__ import annotations

import difflib
import importlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, TypeAlias, cast

from typing_extensions import override

from .._arguments.fitting import invalid, wrong_type
from .._model.specs import AttributeSpec, ObjectTypeSpec
from ..exceptions import ConfigurationError

#: Rows that are Python objects at the same time.
ROWS = 5_000

_Row: TypeAlias = Sequence[object]

_FIX = (
    "Pass a data frame of pandas or Polars, a table, a reader, or a Parquet file of pyarrow, a cursor of a database, or rows "
    "with names, such as those of sqlite3.Row."
)


class Table(ABC):
    """Table of one of the forms.

    Attributes:
        names: Names of the columns.
        is_read_once: True if its rows can be read only once.
        takes_all: True if no column may be left out silently.
    """

    names: Sequence[str]
    is_read_once = False
    takes_all = True

    @abstractmethod
    def has_floats(self, position: int) -> bool:
        """Return True if a column contains floats, as far as its type or the first rows show it."""

    @abstractmethod
    def batches(self, positions: Sequence[int]) -> Iterator[Iterable[_Row]]:
        """Yield the rows in batches, with the values of some columns."""


class _PandasFrame(Table):
    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self.names = [str(name) for name in frame.columns]

    @override
    def has_floats(self, position: int) -> bool:
        # A column without rows is one of floats, too.
        kind = self._frame.dtypes.iloc[position]
        kind = getattr(getattr(kind, "categories", None), "dtype", kind)
        return len(self._frame) > 0 and getattr(kind, "kind", "") == "f"

    @override
    def batches(self, positions: Sequence[int]) -> Iterator[Iterable[_Row]]:
        for start in range(0, len(self._frame), ROWS):
            part = self._frame.iloc[start : start + ROWS]
            yield zip(*(part.iloc[:, position].tolist() for position in positions), strict=True)


class _PolarsFrame(Table):
    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self.names = frame.columns

    @override
    def has_floats(self, position: int) -> bool:
        return bool(self._frame.dtypes[position].is_float())

    @override
    def batches(self, positions: Sequence[int]) -> Iterator[Iterable[_Row]]:
        for part in self._frame.iter_slices(ROWS):
            yield zip(*(part.to_series(position).to_list() for position in positions), strict=True)


class _ArrowTable(Table):
    """Table, batch, reader, data set, scanner, or Parquet file of pyarrow."""

    def __init__(self, table: Any) -> None:
        self._table = table
        # Parquet files and scanners have no `schema` of Arrow.
        names = ("schema_arrow", "projected_schema", "schema")
        self._schema = next(getattr(table, name) for name in names if hasattr(table, name))
        self.names = self._schema.names
        self.is_read_once = hasattr(table, "read_next_batch")

    @override
    def has_floats(self, position: int) -> bool:
        kind = self._schema.field(position).type
        return str(getattr(kind, "value_type", kind)) in ("halffloat", "float", "double")

    def _arrow_batches(self) -> Iterable[Any]:
        if self.is_read_once:
            return cast("Iterable[Any]", self._table)
        if hasattr(self._table, "iter_batches"):
            return cast("Iterable[Any]", self._table.iter_batches(batch_size=ROWS))
        return cast("Iterable[Any]", self._table.to_batches())

    @override
    def batches(self, positions: Sequence[int]) -> Iterator[Iterable[_Row]]:
        for batch in self._arrow_batches():
            for start in range(0, batch.num_rows, ROWS):
                part = batch.slice(start, ROWS)
                yield zip(*(part.column(position).to_pylist() for position in positions), strict=True)


class _Rows(Table):
    """Rows of a database, of which the first ones are read early."""

    is_read_once = True

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._first: list[Any] = list(islice(rows, ROWS))

    @override
    def has_floats(self, position: int) -> bool:
        return any(type(self._values(row)[position]) is float for row in self._first)

    @override
    def batches(self, positions: Sequence[int]) -> Iterator[Iterable[_Row]]:
        rows, self._first = chain(self._first, self._rows), []
        while batch := list(islice(rows, ROWS)):
            yield ([values[position] for position in positions] for values in map(self._values, batch))

    def _values(self, row: Any) -> _Row:
        if isinstance(row, Mapping):
            return [row.get(name) for name in self.names]
        return cast("_Row", row)


class _Cursor(_Rows):
    """Cursor of a DB-API module, or a result of SQLAlchemy."""

    def __init__(self, cursor: Any) -> None:
        super().__init__(_fetched(cursor))
        names = (
            [column[0] for column in cursor.description] if hasattr(cursor, "description") else cursor.keys()
        )
        self.names = [str(name) for name in names]


def _fetched(cursor: Any) -> Iterator[Any]:
    while rows := cursor.fetchmany(ROWS):
        yield from rows


class _NamedRows(_Rows):
    """Rows that have names: `sqlite3.Row`, rows of SQLAlchemy, named tuples, and mappings."""

    def __init__(self, rows: Iterable[Any]) -> None:
        super().__init__(iter(rows))
        self.names = list(dict.fromkeys(chain.from_iterable(map(_names_of, self._first))))
        self._known = frozenset(self.names)
        if self._first and not self.names:
            raise wrong_type("table[0]", self._first[0], _FIX, field="table")

    @override
    def _values(self, row: Any) -> _Row:
        row = getattr(row, "_mapping", row)
        if self.takes_all and isinstance(row, Mapping) and not self._known.issuperset(row):
            column = next(name for name in row if name not in self._known)
            raise ConfigurationError(
                f'The column "{column}" is missing from the first {ROWS:,} rows, but a later row has it.',
                cause="The columns are those of the first rows.",
                field="table",
                fix="Give the first row all columns, or pass the columns to take with columns=.",
            )
        return super()._values(row)


def _names_of(row: Any) -> Iterable[str]:
    if hasattr(row, "_fields"):  # before `keys`, which is a column of some rows
        return cast("Iterable[str]", row._fields)
    return cast("Iterable[str]", row.keys()) if hasattr(row, "keys") else ()


def table_of(table: Any) -> Table:
    """Return the form of a table.

    Raises:
        ConfigurationError: It is not a table.
    """
    if isinstance(table, (str, bytes, Mapping)):
        raise _rejected(table)
    if hasattr(table, "map_partitions"):
        raise invalid(
            "table",
            "is distributed over a cluster",
            "Pass a partition on each worker, or table.compute() if it fits into memory.",
        )
    if hasattr(table, "iloc") and hasattr(table, "columns"):
        return _PandasFrame(table)
    if hasattr(table, "iter_slices"):
        return _PolarsFrame(table)
    if hasattr(table, "collect_schema"):
        raise invalid("table", "is a LazyFrame, which has no rows yet", "Pass frame.collect().")
    if any(hasattr(table, name) for name in ("schema_arrow", "read_next_batch", "to_batches")):
        return _ArrowTable(table)
    if hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__"):
        return _ArrowTable(_from_capsule(table))
    if hasattr(table, "fetchmany"):
        if getattr(table, "description", ()) is None:
            raise invalid(
                "table",
                "is a cursor without a result",
                "Execute a query first, and pass the cursor before any row is fetched.",
            )
        return _Cursor(table)
    if isinstance(table, Iterable):
        return _NamedRows(table)
    raise _rejected(table)


def _from_capsule(table: Any) -> Any:
    try:
        arrow: Any = importlib.import_module("pyarrow")
    except ModuleNotFoundError:
        raise ConfigurationError(
            f"Reading {type(table).__name__} needs pyarrow, which is not installed. Nothing was sent.",
            field="table",
            fix="Install pyarrow.",
        ) from None
    try:
        if hasattr(table, "__arrow_c_stream__"):
            return arrow.RecordBatchReader.from_stream(table)
        return arrow.record_batch(table)
    except ValueError:  # a single column, such as a series
        raise _rejected(table) from None


def is_table(value: object) -> bool:
    """Return True for tables that can also be iterated over, but then yield something else than records."""
    return hasattr(value, "__arrow_c_stream__") or hasattr(value, "iloc") or hasattr(value, "fetchmany")


def _rejected(value: object) -> ConfigurationError:
    return wrong_type("table", value, _FIX)


_log = logging.getLogger("jsm_assets_dest.import")


class TableRecords(Iterable[dict[str, object]]):
    """Records of a table, read in batches.

    Args:
        table: The table.
        columns: Names of the columns in the records, by the names in the table, or names of the columns to take.
    """

    def __init__(self, table: Table, columns: Mapping[str, str] | Sequence[str] | None) -> None:
        self._table = table
        self._is_read = False
        self._is_reported = False
        table.takes_all = columns is None
        self._positions = _positions(table.names, columns)
        #: Keys of the records that the object type does not have.
        self._unknown: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<TableRecords: {len(self._positions)} columns>"

    def __iter__(self) -> Iterator[dict[str, object]]:
        """Read the table.

        Raises:
            ConfigurationError: It was read before, and can be read only once.
        """
        if self._table.is_read_once and self._is_read:
            raise ConfigurationError(
                "The table was read before, and its rows can be read only once.",
                field="table",
                fix="Open the reader or execute the query again, and call tables.records() again.",
            )
        self._is_read = True
        return self._read()

    def _read(self) -> Iterator[dict[str, object]]:
        keys = [key for key in self._positions if key not in self._unknown]
        for rows in self._table.batches([self._positions[key] for key in keys]):
            for row in rows:
                yield dict(zip(keys, row, strict=True))

    def fit(self, specs: Sequence[ObjectTypeSpec]) -> tuple[str, ...]:
        """Compare the columns with the object types of a selector. Unknown columns are then left out.

        Returns:
            Notes for the result of the import.

        Raises:
            ConfigurationError: No column fits, or the column of an identifier contains floats.
        """
        attributes = [attribute for spec in specs for attribute in spec.mapped_attributes]
        type_name = specs[0].name if specs else ""
        keys = {locator for attribute in attributes for locator in attribute.locators}
        keys |= {locator.partition(".")[0] for locator in keys}
        names = {attribute.name.casefold(): attribute.locators[0] for attribute in attributes}
        names |= {key.casefold(): key for key in keys}
        unknown = {key: _nearest(key, names) for key in self._positions if key not in keys}
        if unknown and len(unknown) == len(self._positions):
            raise _nothing_fits(type_name, unknown, sorted(keys))
        for attribute in attributes:
            if attribute.identifier:
                self._reject_floats(attribute, type_name)
        self._unknown = frozenset(unknown)
        if not unknown:
            return ()
        columns = ", ".join(
            f'"{key}"' + (f' (similar: "{name}")' if name else "") for key, name in unknown.items()
        )
        note = f"Columns that {type_name} does not have were not sent: {columns}."
        if not self._is_reported:
            self._is_reported = True
            _log.warning(note)
        return (note,)

    def _reject_floats(self, attribute: AttributeSpec, type_name: str) -> None:
        for locator in attribute.locators:
            position = self._positions.get(locator)
            if position is not None and self._table.has_floats(position):
                column = self._table.names[position]
                raise ConfigurationError(
                    f'The column "{column}" contains floats, but it identifies {type_name}. Nothing was sent.',
                    cause="7 and 7.0 are two identifiers. In pandas, a column of integers with a gap contains floats.",
                    field="table",
                    fix=f'Convert the column to integers or strings: in pandas, table["{column}"].astype("Int64").',
                )


def _nothing_fits(type_name: str, unknown: Mapping[str, str], keys: Sequence[str]) -> ConfigurationError:
    pairs = [f'"{key}": "{name}"' for key, name in unknown.items() if name] or [f'"…": "{keys[0]}"']
    return ConfigurationError(
        f"None of the columns of the table is a key of {type_name}: {', '.join(unknown)}. Nothing was sent.",
        cause=f"The records of {type_name} have the keys {', '.join(keys)}.",
        field="columns",
        fix=f"Name the columns, such as tables.records(table, columns={{{', '.join(pairs)}}}).",
    )


def _nearest(key: str, names: Mapping[str, str]) -> str:
    matches = difflib.get_close_matches(key.casefold(), names, 1, 0.55)
    return names[matches[0]] if matches else ""


def _positions(names: Sequence[str], columns: Mapping[str, str] | Sequence[str] | None) -> dict[str, int]:
    """Return the positions of the columns to take, by their keys in the records.

    Raises:
        ConfigurationError: A column does not exist, or two columns have the same name.
    """
    if not names:  # rows of a query without a result have no names
        return {}
    if isinstance(columns, Mapping):
        wanted = columns
    else:
        wanted = {name: name for name in (names if columns is None else columns)}
    missing = [name for name in wanted if name not in names]
    if missing:
        nearest = _nearest(missing[0], {name.casefold(): name for name in names})
        raise ConfigurationError(
            f'The table has no column "{missing[0]}". Nothing was sent.',
            field="columns",
            fix=f'Use "{nearest}".' if nearest else f"Use some of {', '.join(names)}.",
        )
    keys = list(wanted.values())
    repeated = [
        *(name for name in wanted if names.count(name) > 1),
        *(key for key in keys if keys.count(key) > 1),
    ]
    if repeated:
        raise ConfigurationError(
            f'Two columns have the name "{repeated[0]}". Nothing was sent.',
            field="columns",
            fix="Rename one of them, or pass the columns to take with columns=.",
        )
    return {key: names.index(name) for name, key in wanted.items()}
