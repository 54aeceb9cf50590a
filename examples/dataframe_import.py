"""Tables of pandas or Arrow into Assets, a batch of rows at a time.

    python examples/dataframe_import.py                      on the embedded emulator, with a table of our own
    python examples/dataframe_import.py --parquet FILE       with the laptops of a Parquet file of any size

Needs `pyarrow`, and `pandas` for data frames. With JSM_ASSETS_SITE, JSM_ASSETS_EMAIL, JSM_ASSETS_API_TOKEN and
JSM_ASSETS_IMPORT_TOKEN set, the same script runs against that site.

Rows become records in batches, when the import asks for them: of a table that is larger than memory never more than a
batch is there as Python objects. Missing values (NaN, NaT, None) are left empty, and columns get the types of the
model's attributes, so that a column of timestamps can fill an attribute of dates.
"""

# Optional requirements: whether they are installed must not change the verdict.
# pyright: reportMissingImports=false, reportUnknownParameterType=false, reportUntypedBaseClass=false
# pyright: reportUntypedFunctionDecorator=false, reportMissingTypeArgument=false
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jsm_assets_dest import AttributeSpec, AttributeType, Connection, ObjectTypeSpec, SchemaModel
from jsm_assets_dest.exceptions import AssetsError
from jsm_assets_dest.testing import Emulator

if TYPE_CHECKING:
    import pandas as pd

#: Rows that are Python objects at the same time.
ROWS = 5_000

#: What a column must be to fill an attribute; other attributes take a column as it is.
COLUMN_TYPES = {
    AttributeType.DATE: pa.date32(),
    AttributeType.DATE_TIME: pa.timestamp("us"),
    AttributeType.INTEGER: pa.int64(),
    AttributeType.DOUBLE: pa.float64(),
    AttributeType.BOOLEAN: pa.bool_(),
    AttributeType.TEXT: pa.string(),
}


def model() -> SchemaModel:
    """Return a model with the object type Laptops. The keys are the names of the columns."""
    return SchemaModel(
        "Laptops",
        [
            ObjectTypeSpec(
                "Laptops",
                [
                    AttributeSpec("Asset tag", key="asset_tag", label=True, identifier=True, unique=True),
                    AttributeSpec("Model", key="model"),
                    AttributeSpec("Purchased", "date", key="purchased"),
                    AttributeSpec("Price", "double", key="price"),
                    AttributeSpec("Cores", "integer", key="cores"),
                ],
            )
        ],
        namespace="example/laptops",
    )


def arrow_records(
    batches: Iterable[pa.RecordBatch], wanted: ObjectTypeSpec, rows: int = ROWS
) -> Iterator[dict[str, Any]]:
    """Yield the rows of Arrow batches as records.

    Args:
        batches: `table.to_batches()`, a `RecordBatchReader`, the batches of a Parquet file or of a stream.
        wanted: The object type. Other columns are left out before they become Python objects.
        rows: Rows that are Python objects at the same time.

    Raises:
        ValueError: The object type has none of the columns, or a wanted column occurs twice.
    """
    types = {attribute.key: COLUMN_TYPES.get(attribute.type) for attribute in wanted.attributes}
    for batch in batches:
        names = _wanted_columns(batch.schema.names, wanted)
        columns = [_fitting(batch.column(name), types[name]) for name in names]
        fitting = pa.RecordBatch.from_arrays(columns, names=names)
        for start in range(0, fitting.num_rows, rows):
            yield from fitting.slice(start, rows).to_pylist()


def _wanted_columns(names: Iterable[str], wanted: ObjectTypeSpec) -> list[str]:
    keys = {attribute.key for attribute in wanted.attributes}
    there = list(names)
    found = [name for name in there if name in keys]
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise ValueError(f"Which column is meant is not known, because it comes twice: {', '.join(twice)}.")
    if there and not found:
        # Without this the table would look like one without rows.
        raise ValueError(f"None of the columns {', '.join(there)} is a key of {wanted.name}.")
    return found


def _fitting(column: pa.Array, wanted: pa.DataType | None) -> pa.Array:
    if pa.types.is_floating(column.type):
        # Many tools write a missing number as NaN.
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    is_time = wanted is not None and (pa.types.is_date(wanted) or pa.types.is_timestamp(wanted))
    # Several values, and dates that are texts, are looked at by the import's own checks, which name the record.
    if wanted is None or pa.types.is_nested(column.type) or (is_time and _is_text(column.type)):
        return column
    # `safe=False` only cuts a time of day off where a date is wanted; a number that does not fit is refused.
    return column.cast(wanted, safe=not is_time)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def frame_records(frame: pd.DataFrame, wanted: ObjectTypeSpec, rows: int = ROWS) -> Iterator[dict[str, Any]]:
    """Yield the rows of a data frame as records, converted batch by batch.

    Args:
        frame: The data frame. Its index is left out.
        wanted: The object type. Other columns are not converted.
        rows: Rows that are Python objects at the same time.
    """
    # Other columns may contain values that Arrow can't convert.
    chosen = frame[_wanted_columns(map(str, frame.columns), wanted)]
    parts = (chosen.iloc[start : start + rows] for start in range(0, len(chosen), rows))
    yield from arrow_records(
        (pa.RecordBatch.from_pandas(part, preserve_index=False) for part in parts), wanted
    )


def parquet_records(path: Path, wanted: ObjectTypeSpec, rows: int = ROWS) -> Iterator[dict[str, Any]]:
    """Yield the rows of a Parquet file as records. The file is read during the import."""
    with pq.ParquetFile(path) as file:
        names = _wanted_columns(file.schema_arrow.names, wanted)
        yield from arrow_records(file.iter_batches(batch_size=rows, columns=names), wanted)


def example_table(count: int = 12_000) -> pa.Table:
    """Return a few laptops, some with missing values."""
    return pa.table(
        {
            "asset_tag": [f"LT-{number:05d}" for number in range(count)],
            "model": ["Latitude 7450" if number % 5 else None for number in range(count)],
            "purchased": pa.array(
                [1_735_689_600 + number * 3_600 for number in range(count)], pa.timestamp("s")
            ),
            "price": [1000.0 + number % 500 if number % 7 else None for number in range(count)],
            "cores": [8 + number % 3 for number in range(count)],
            "internal_note": ["not for Assets"] * count,
        }
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the example. Return 0 if Assets confirmed every record."""
    parser = argparse.ArgumentParser(description="Tables of pandas or Arrow into Assets.")
    parser.add_argument("--parquet", type=Path, help="the file; by default a table of our own")
    options = parser.parse_args(arguments)
    (wanted,) = model().object_types
    with ExitStack() as stack:
        emulator = None if "JSM_ASSETS_SITE" in os.environ else stack.enter_context(Emulator())
        connection = stack.enter_context(
            Connection.current_site() if emulator is None else emulator.connect()
        )
        schema = connection.ensure_object_schema("LAP", name="Laptops")
        secret = (
            os.environ.get("JSM_ASSETS_IMPORT_TOKEN", "")
            if emulator is None
            else emulator.add_import_source("LAP").token
        )
        token = connection.import_token(secret, schema)
        token.build(model())
        records = (
            parquet_records(options.parquet, wanted)
            if options.parquet
            else arrow_records(example_table().to_batches(max_chunksize=ROWS), wanted)
        )
        result = token.import_records({wanted.selector: records}, model=model())
        print(result)
        return 0 if result.ok else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssetsError as error:
        sys.exit(f"\n{error}")
