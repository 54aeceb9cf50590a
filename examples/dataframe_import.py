"""Tables of pandas, Polars, or Arrow into Assets, a batch of rows at a time.

    python examples/dataframe_import.py                      on the embedded emulator, with a table of our own
    python examples/dataframe_import.py --parquet FILE       with the laptops of a Parquet file of any size

Needs `pandas`, and `pyarrow` for Parquet files. With JSM_ASSETS_SITE, JSM_ASSETS_EMAIL, JSM_ASSETS_API_TOKEN and
JSM_ASSETS_IMPORT_TOKEN set, the same script runs against that site.

`tables.records` makes records of the rows when the import asks for them: of a table that is larger than memory, never more
than a batch is there as Python objects. Missing values (NaN, NaT, None) are left empty.
"""

# Optional requirements: whether they are installed must not change the verdict.
# pyright: reportMissingImports=false, reportUnknownParameterType=false, reportUntypedBaseClass=false
# pyright: reportUntypedFunctionDecorator=false, reportMissingTypeArgument=false
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from jsm_assets_dest import AttributeSpec, Connection, ObjectTypeSpec, SchemaModel, tables
from jsm_assets_dest.exceptions import AssetsError
from jsm_assets_dest.testing import Emulator

#: Keys of the records by the names of the columns. Other columns are not sent.
COLUMNS = {"Tag": "assetTag", "Model": "model", "Bought": "purchased", "Price": "price", "Cores": "cores"}


def model() -> SchemaModel:
    """Return a model with the object type Laptops."""
    return SchemaModel(
        "Laptops",
        [
            ObjectTypeSpec(
                "Laptops",
                [
                    AttributeSpec("Asset tag", label=True, identifier=True, unique=True),
                    AttributeSpec("Model"),
                    AttributeSpec("Purchased", "date"),
                    AttributeSpec("Price", "double"),
                    AttributeSpec("Cores", "integer"),
                ],
            )
        ],
        namespace="example/laptops",
    )


def example_table(count: int = 12_000) -> pd.DataFrame:
    """Return a few laptops, some with missing values. The gaps make the cores floats, which whole numbers may be."""
    numbers = range(count)
    return pd.DataFrame(
        {
            "Tag": [f"LT-{number:05d}" for number in numbers],
            "Model": pd.Categorical(["Latitude 7450" if number % 5 else None for number in numbers]),
            "Bought": pd.Timestamp("2025-01-01")
            + pd.to_timedelta([number % 365 for number in numbers], unit="D"),
            "Price": [1000.0 + number % 500 if number % 7 else None for number in numbers],
            "Cores": [8 + number % 3 if number % 11 else None for number in numbers],
            "Internal note": ["not for Assets"] * count,
        }
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the example. Return 0 if Assets confirmed every record."""
    parser = argparse.ArgumentParser(description="Tables of pandas or Arrow into Assets.")
    parser.add_argument("--parquet", type=Path, help="the file; by default a table of our own")
    options = parser.parse_args(arguments)
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
        table: object = example_table()
        if options.parquet:
            import pyarrow.parquet as pq

            table = stack.enter_context(pq.ParquetFile(options.parquet))
        records = tables.records(table, columns=COLUMNS)
        result = token.import_records({"laptops": records}, model=model())
        print(result)
        return 0 if result.ok else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssetsError as error:
        sys.exit(f"\n{error}")
