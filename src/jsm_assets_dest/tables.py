"""Tables and files as sources of records."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ._arguments.checking import checked
from ._imports.exported_records import ExportReading
from ._imports.table_records import TableRecords, table_of
from ._model.schema_model import SchemaModel

__all__ = ["read_export", "records"]


def __dir__() -> list[str]:
    """List the public names."""
    return __all__


@checked
def records(
    table: object, *, columns: Mapping[str, str] | Sequence[str] | None = None
) -> Iterable[dict[str, object]]:
    """Return the rows of a table as records of one object type, for `import_records({"people": tables.records(table)})`.

    At most 5,000 rows are Python objects at the same time, also if the table is larger than memory. The import compares
    the columns with the model before anything is sent: it names columns that the model does not have, with the most similar
    key, and rejects a column of floats that identifies objects.

    Args:
        table: A data frame of pandas or Polars; a table, a reader, a data set, or a Parquet file of pyarrow; another table
            with Arrow's PyCapsule interface, for which pyarrow must be installed; an executed cursor of a database; or rows
            with names, such as those of `sqlite3.Row`. The index of a pandas frame is left out.
        columns: Keys of the records by the names of the columns, `{"Mail": "email"}`, or the names of columns that are
            keys. Other columns are dropped, and the order is that of this argument. By default, each column is the key of
            the same name.

    Returns:
        An iterable. Readers, cursors, and rows can be read only once.

    Raises:
        ConfigurationError: It is not a table, or `columns` does not fit it.
    """
    return TableRecords(table_of(table), columns)


@checked
def read_export(path: str | os.PathLike[str], model: SchemaModel) -> Iterator[tuple[str, dict[str, object]]]:
    """Read a file that `ObjectSchema.export_objects` wrote, as records that can be imported again.

    The whole file is checked first. References are resolved to the values that the model looks them up by, so the file must
    contain the referenced objects, unless they are looked up by their labels. Their identifiers are held in memory. Attributes
    that the model does not fill are left out, such as users and groups of Jira.

    Args:
        path: Path of the file.
        model: Model of the import. Object types and attributes are found by their names, in any case.

    Returns:
        Pairs of a selector and a record, for `import_records`.

    Raises:
        ConfigurationError: The file can't be read, contains something else, or does not fit the model.
    """
    reading = ExportReading(Path(path), model)
    reading.prepare()
    return reading.records()
