"""A dlt pipeline with Assets as its destination.

    python examples/dlt_pipeline.py        on the embedded emulator, with a few offices and laptops of our own

Needs `dlt`. With JSM_ASSETS_SITE, JSM_ASSETS_EMAIL, JSM_ASSETS_API_TOKEN and JSM_ASSETS_IMPORT_TOKEN set, the same script
runs against that site.

A run of the pipeline is one execution of the import. dlt calls the destination with batches, from several threads, and
again for a batch that failed. A batch is a part of the execution whose name follows from what is in it, so that a batch
that comes again is the same chunk again. The execution is completed only when the whole pipeline ended well and brought
something; otherwise it is cancelled, so that an import that is set to remove missing objects never sees half of the data.

What dlt remembers between runs, such as where an incremental source goes on, is kept only when Assets has confirmed the
run. So what did not arrive is read again. Incremental sources bring what is new and nothing else: set missing objects to
"ignore" on the import's page for them, because the objects of earlier runs would be removed otherwise.
"""

# Optional requirements: whether they are installed must not change the verdict.
# pyright: reportMissingImports=false, reportUnknownParameterType=false, reportUntypedBaseClass=false
# pyright: reportUntypedFunctionDecorator=false, reportMissingTypeArgument=false
from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, Literal

import dlt
from dlt.destinations.exceptions import DestinationTerminalException

from jsm_assets_dest import (
    AttributeSpec,
    Connection,
    ImportExecution,
    ImportResult,
    ImportToken,
    ObjectTypeSpec,
    ReferenceSpec,
    SchemaModel,
    tables,
)
from jsm_assets_dest.exceptions import AssetsError
from jsm_assets_dest.testing import Emulator

#: Records in a batch, which is one request.
BATCH = 500
#: Batches that are sent at the same time.
REQUESTS = 4


def model() -> SchemaModel:
    """Return a model with offices and laptops. The selectors are the names of dlt's tables."""
    return SchemaModel(
        "Laptops",
        [
            ObjectTypeSpec(
                "Offices", [AttributeSpec("Name", key="name", label=True, identifier=True, unique=True)]
            ),
            ObjectTypeSpec(
                "Laptops",
                [
                    AttributeSpec("Asset tag", key="assetTag", label=True, identifier=True, unique=True),
                    AttributeSpec("Model", key="model"),
                    AttributeSpec("Purchased", "date", key="purchased"),
                    AttributeSpec("Price", "double", key="price"),
                    AttributeSpec("Tags", key="tags", maximum=-1),
                    AttributeSpec(
                        "Office", "referenced_object", key="office", reference=ReferenceSpec("offices")
                    ),
                ],
            ),
        ],
        namespace="example/laptops",
    )


def assets(execution: ImportExecution) -> Any:
    """Return a dlt destination that submits to an execution.

    Names and nested lists are left as they are, and dlt's own tables and columns stay away: the model says what is wanted.
    """

    @dlt.destination(  # type: ignore[untyped-decorator,unused-ignore]
        name="jsm_assets",
        batch_size=BATCH,
        naming_convention="direct",
        max_table_nesting=0,
        skip_dlt_columns_and_tables=True,
        max_parallel_load_jobs=REQUESTS,
    )
    def destination(items: Any, table: Mapping[str, Any]) -> None:
        selector = str(table["name"])
        # Data frames and Arrow tables come as batches of Arrow, everything else as lists.
        records = items if isinstance(items, list) else list(tables.records(items))
        content = json.dumps([selector, records], default=str, sort_keys=True).encode()
        try:
            execution.submit({selector: records}, part=hashlib.sha256(content).hexdigest()[:24])
        except AssetsError as error:
            if error.retryable:
                raise
            # A retry would fail again, for example because of an invalid record, so dlt must not retry.
            raise DestinationTerminalException(str(error)) from error

    return destination


def run(
    token: ImportToken,
    wanted: SchemaModel,
    source: Any,
    *,
    folder: Path,
    name: str = "assets",
    missing_objects: Literal["unknown", "ignore", "remove", "update"] = "unknown",
) -> ImportResult:
    """Run a pipeline into Assets.

    Args:
        token: The import token.
        wanted: The model, which has been built.
        source: A dlt source, resources, or iterables.
        folder: Folder of dlt's state.
        name: Name of the pipeline.
        missing_objects: What the import in Assets is set to do with objects that the source does not contain.

    Raises:
        MassDeletionGuardError: Objects in Assets are missing from the source. An incremental source does this. It needs an
            import that is set to ignore missing objects, and missing_objects="ignore".
        Exception: An exception of dlt. In both cases, the execution was cancelled, and none of its records are in Assets.
    """
    target = folder / name
    with tempfile.TemporaryDirectory() as scratch:
        if target.exists():
            # The data of earlier runs, which dlt keeps in folders, is not needed any more.
            shutil.copytree(target, Path(scratch, name), ignore=shutil.ignore_patterns("load", "normalize"))
        # Each batch is one request; how many are sent at a time is dlt's to say.
        with token.start(
            model=wanted, in_flight=1, chunk_records=BATCH, missing_objects=missing_objects
        ) as execution:
            pipeline = dlt.pipeline(
                name, destination=assets(execution), dataset_name="assets", pipelines_dir=scratch
            )
            # A value of another type than its column would get a column of its own, which no attribute knows.
            pipeline.run(source, schema_contract={"data_type": "freeze"})
        _keep(Path(scratch, name), target)
    return execution.result()


def _keep(tried: Path, target: Path) -> None:
    # A kill in between keeps the older state, or none: then records are sent again, and found unchanged.
    fresh = target.with_name(f"{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(tried, fresh)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


@dlt.resource(name="offices")  # type: ignore[untyped-decorator,unused-ignore]  # optional: its types may be unknown
def offices() -> Iterator[dict[str, object]]:
    """Yield a few offices."""
    yield {"name": "Austin"}
    yield {"name": "Berlin"}


@dlt.resource(name="laptops")  # type: ignore[untyped-decorator,unused-ignore]
def laptops(count: int = 1_200) -> Iterator[dict[str, object]]:
    """Yield a few laptops."""
    for number in range(count):
        yield {
            "assetTag": f"LT-{number:05d}",
            "model": "Latitude 7450",
            "purchased": date(2025, 1 + number % 12, 1 + number % 28),
            "price": 1000.0 + number % 500,
            "tags": ["leased", "encrypted"] if number % 2 else ["encrypted"],
            "office": "Berlin" if number % 3 else "Austin",
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the example. Return 0 if Assets confirmed every record."""
    argparse.ArgumentParser(description="A dlt pipeline with Assets as its destination.").parse_args(
        arguments
    )
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
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        result = run(token, model(), [offices(), laptops()], folder=folder)
        print(result)
        return 0 if result.ok else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssetsError as error:
        sys.exit(f"\n{error}")
