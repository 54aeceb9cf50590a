"""Import the rows of a Spark data frame: each task sends the rows of its partition, and the driver completes the import.

    python examples/spark_import.py     on the embedded emulator, with a local Spark session

Needs pyspark 4 or later, and Java 17. With JSM_ASSETS_SITE, JSM_ASSETS_EMAIL, JSM_ASSETS_API_TOKEN and
JSM_ASSETS_IMPORT_TOKEN set, here and on the workers, the same script runs against that site. The options of the writer
contain references to these variables, never their values.
"""

# Optional requirement: whether it is installed must not change the verdict.
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false
from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from jsm_assets_dest import (
    AttributeSpec,
    CredentialsReference,
    Destination,
    ObjectTypeSpec,
    SchemaModel,
)
from jsm_assets_dest.spark import AssetsDataSource
from jsm_assets_dest.testing import Emulator


def model() -> SchemaModel:
    """Return a model with the object type Sensors."""
    return SchemaModel(
        "Sensors",
        [
            ObjectTypeSpec(
                "Sensors",
                [
                    AttributeSpec("Serial number", key="serial", label=True, identifier=True, unique=True),
                    AttributeSpec("Last value", "double", key="value"),
                ],
            )
        ],
        namespace="example/sensors",
    )


def destination() -> Destination:
    """Return the destination. It names the variables that each process reads its secrets from."""
    return Destination(
        name="Sensors",
        site=os.environ["JSM_ASSETS_SITE"],
        gateway=os.environ.get("JSM_ASSETS_GATEWAY"),
        credentials=CredentialsReference("env:JSM_ASSETS_API_TOKEN", email=os.environ["JSM_ASSETS_EMAIL"]),
        schema_key="SEN",
        import_token="env:JSM_ASSETS_IMPORT_TOKEN",
        model=model(),
    )


def write_frame(frame: DataFrame, target: Destination, result: str) -> None:
    """Import a data frame. Its columns are the locators of the model."""
    frame.sparkSession.dataSource.register(AssetsDataSource)
    frame.write.format("jsm_assets").mode("append").options(
        destination=json.dumps(target.to_dict()), selector="sensors", result=result
    ).save()


def main() -> int:
    """Run the example. Return 0 if Assets confirmed every row."""
    with ExitStack() as stack:
        if "JSM_ASSETS_SITE" not in os.environ:
            emulator = stack.enter_context(Emulator())
            emulator.add_object_schema("SEN", "Sensors")
            emulator.add_import_source("SEN")
            os.environ.update(emulator.settings(stack.enter_context(emulator.serve())))
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        target = destination()
        with target.connect() as connection:
            target.get_import_token(connection).build(model())

        spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
        stack.callback(spark.stop)
        frame = spark.range(0, 2_000, 1, 4).selectExpr("concat('S-', id) AS serial", "id / 10 AS value")
        write_frame(frame, target, "spark-result.json")

    result = json.loads(Path("spark-result.json").read_text("utf-8"))
    print(f"{result['sent']:,} rows sent by the tasks, confirmed by Assets: {result['confirmed']}")
    return 0 if result["confirmed"] else 1


if __name__ == "__main__":
    sys.exit(main())
