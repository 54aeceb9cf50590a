"""Records that are on a cluster: every worker of a Dask cluster checks, encodes and sends its own partitions.

    python examples/dask_import.py                              on the embedded emulator, with a cluster of two processes
    python examples/dask_import.py --scheduler tcp://host:8786  on a cluster of yours

Needs `dask[distributed]`, and `pandas` for the tables of the example. With JSM_ASSETS_SITE, JSM_ASSETS_EMAIL, JSM_ASSETS_API_TOKEN and JSM_ASSETS_IMPORT_TOKEN set,
here and on the workers, the same script runs against that site. Secrets never travel with a task: every worker reads them
from its own environment, once, when it joins.

The coordinator starts one execution, hands it to the tasks, and completes it when all of them are done. A task names its
partition, and the ids of its chunks follow from that name. So when a worker is lost in the middle, and Dask runs the task
again somewhere else, the same chunks are sent again under the same ids instead of new ones. A record that does not fit is
not read again by another worker: it ends the import, which is cancelled, as is one whose partitions are all empty. When
the coordinator itself is lost, nothing is completed; cancel the execution on the import's page in Assets, and start again.
"""

# Optional requirements: whether they are installed must not change the verdict.
# pyright: reportMissingImports=false, reportUnknownParameterType=false, reportUntypedBaseClass=false
# pyright: reportUntypedFunctionDecorator=false, reportMissingTypeArgument=false
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import dask
import pandas as pd
from attrs import frozen
from distributed import Client, LocalCluster, Semaphore, WorkerPlugin, as_completed, get_worker

from jsm_assets_dest import (
    AttributeSpec,
    Connection,
    Execution,
    ImportResult,
    ImportToken,
    ObjectTypeSpec,
    SchemaModel,
    SubmitReceipt,
    tables,
)
from jsm_assets_dest.exceptions import AssetsError, ImportInterruptedError
from jsm_assets_dest.testing import Emulator

#: Returns a partition as a table: anything that `tables.records` accepts. If a task runs again, it must return the same rows
#: in the same order.
Read = Callable[[int], object]

#: Dask releases the lease of a lost worker after this time.
LEASE = {"distributed.scheduler.locks.lease-timeout": "10s"}


def model() -> SchemaModel:
    """Return a model with the object type Sensors."""
    return SchemaModel(
        "Sensors",
        [
            ObjectTypeSpec(
                "Sensors",
                [
                    AttributeSpec("Serial number", key="serial", label=True, identifier=True, unique=True),
                    AttributeSpec("Place", key="place"),
                    AttributeSpec("Last value", "double", key="value"),
                ],
            )
        ],
        namespace="example/sensors",
    )


def sensors(partition: int, count: int = 2_000) -> pd.DataFrame:
    """Return the rows of a partition. A real reader opens its file of a data lake here."""
    numbers = range(partition * count, (partition + 1) * count)
    return pd.DataFrame(
        {
            "serial": [f"S-{number:07d}" for number in numbers],
            "place": [f"Hall {number % 12}" for number in numbers],
            "value": [number % 400 / 10 for number in numbers],
        }
    )


class AssetsWorker(WorkerPlugin):  # type: ignore[misc,unused-ignore]  # optional: its types may be unknown
    """Opens one connection in each worker process, from the environment of the worker."""

    name = "jsm-assets-dest"

    def setup(self, worker: object) -> None:  # noqa: ARG002 - the plugin's protocol
        """Open the connection when the worker starts. Nothing is sent."""
        self.connection = Connection.current_site()

    def teardown(self, worker: object) -> None:  # noqa: ARG002 - the plugin's protocol
        """Close the connection when the worker stops."""
        self.connection.close()


@frozen
class Task:
    """Task of a worker: submit one partition.

    Attributes:
        execution: The execution that receives the records. It contains no secret.
        budget: Semaphore that limits the requests of the whole cluster.
        read: Function that returns a partition as a table.
        selector: Selector of the records.
    """

    execution: Execution
    budget: Semaphore
    read: Read
    selector: str

    def __call__(self, partition: int) -> SubmitReceipt | AssetsError:
        """Check, encode, and submit a partition.

        Returns:
            The receipt of the records, or an error that a retry can't fix. Dask retries after an exception.
        """
        plugin = get_worker().plugins[AssetsWorker.name]
        token = plugin.connection.import_token(os.environ["JSM_ASSETS_IMPORT_TOKEN"])
        with self.budget:
            table = self.read(partition)
            try:
                records = tables.records(table)
                execution = token.attach(self.execution)
                receipt: SubmitReceipt = execution.submit({self.selector: records}, part=f"p{partition}")
            except AssetsError as error:
                # A failure of the source or of the network may be temporary.
                if error.retryable or isinstance(error, ImportInterruptedError):
                    raise
                return error
            return receipt


@frozen
class Imported:
    """Outcome of an import from a cluster.

    Attributes:
        sent: Number of records that the workers sent.
        result: The result that Assets reports.
    """

    sent: int
    result: ImportResult

    @property
    def confirmed(self) -> int:
        """Return the number of records that Assets confirmed."""
        return sum(
            object_type.created + object_type.updated + object_type.unchanged
            for object_type in self.result.object_types
        )


def import_partitions(
    client: Client,
    token: ImportToken,
    wanted: SchemaModel,
    read: Read,
    partitions: int,
    *,
    requests: int = 4,
    chunk_records: int = 500,
    timeout: float | None = None,
) -> Imported:
    """Import partitions from the workers of a cluster, in one execution.

    Args:
        client: The cluster.
        token: The import token.
        wanted: The model of the records. It must be built.
        read: Function that returns a partition as a table. It runs on a worker.
        partitions: Number of partitions.
        requests: Most requests at a time, in the whole cluster.
        chunk_records: The most records in a request.
        timeout: Most seconds until the workers have sent all partitions. None waits without a limit.

    Raises:
        TimeoutError: The workers needed longer than `timeout`.
        MassDeletionGuardError: Objects in Assets are missing from the partitions.
        Exception: A partition failed. In either case the execution was cancelled, and nothing of it is in Assets.
    """
    client.register_plugin(AssetsWorker())
    budget = Semaphore(max_leases=requests, name=f"assets-{os.urandom(4).hex()}")
    (selector,) = (object_type.selector for object_type in wanted.object_types)
    # Each lease of the semaphore sends one request at a time, so the semaphore limits the whole cluster.
    with token.start(model=wanted, in_flight=1, chunk_records=chunk_records) as execution:
        task = Task(execution.detached(), budget, read, selector)
        futures = client.map(task, range(partitions), pure=False, retries=2)
        sent = 0
        try:
            for _, outcome in as_completed(futures, with_results=True, timeout=timeout):
                if isinstance(outcome, AssetsError):
                    raise outcome
                sent += outcome
                # Without the receipts, the guard would treat all objects in Assets as missing.
                execution.add_receipt(outcome)
        finally:
            client.cancel(futures)  # after a failure, the tasks that have not begun
    # Here the execution is complete. After an exception in the block, it is cancelled instead.
    return Imported(sent, execution.result())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the example. Return 0 if Assets confirmed every record."""
    parser = argparse.ArgumentParser(description="Import partitions from a Dask cluster into Assets.")
    parser.add_argument("--scheduler", help="the scheduler's address; by default a cluster is started here")
    parser.add_argument("--partitions", type=int, default=8)
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        settings = dict(os.environ)
        if "JSM_ASSETS_SITE" not in settings:
            emulator = stack.enter_context(Emulator())
            settings |= emulator.settings(stack.enter_context(emulator.serve()))
            emulator.add_object_schema("SEN", "Sensors")
            settings["JSM_ASSETS_IMPORT_TOKEN"] = emulator.add_import_source("SEN").token
        connection = stack.enter_context(Connection.current_site(environ=settings))
        token = connection.import_token(settings["JSM_ASSETS_IMPORT_TOKEN"])
        token.build(model())

        stack.enter_context(dask.config.set(LEASE))
        cluster: object = options.scheduler
        if cluster is None:
            own = {name: value for name, value in settings.items() if name.startswith("JSM_ASSETS_")}
            cluster = stack.enter_context(
                LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None, env=own)
            )
        client = stack.enter_context(Client(cluster))
        imported = import_partitions(client, token, model(), sensors, options.partitions)
        print(f"{imported.sent:,} records sent by the workers, {imported.confirmed:,} confirmed by Assets")
        return 0 if imported.result.confirmed and imported.confirmed == imported.sent else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssetsError as error:
        sys.exit(f"\n{error}")
