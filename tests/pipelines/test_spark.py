"""Spark jobs whose tasks send into one execution: worker processes are real, and some of them are killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyspark")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java", allow_module_level=True)

from pyspark import TaskContext
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Row, SparkSession

from jsm_assets_dest import AttributeSpec, CredentialsReference, Destination, ObjectTypeSpec, SchemaModel
from jsm_assets_dest.exceptions import AssetsError, ConfigurationError
from jsm_assets_dest.spark import AssetsDataSource
from jsm_assets_dest.testing import Emulator

pytestmark = [
    pytest.mark.slow,
    # Warnings of Spark's own, about sockets and processes that it leaves to the end of the program.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

MODEL = SchemaModel(
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


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    # Spark compares the versions of its Python processes, also of those that look up data sources.
    patch = pytest.MonkeyPatch()
    patch.setenv("PYSPARK_PYTHON", sys.executable)
    # The last number allows a task to fail three times.
    session = (
        SparkSession.builder.master("local[2,4]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    session.dataSource.register(AssetsDataSource)
    yield session
    session.stop()
    patch.undo()


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    with Emulator(import_seconds=getattr(request, "param", 0.0)) as emulator:
        emulator.add_object_schema("SEN", "Sensors")
        emulator.add_import_source("SEN")
        yield emulator


@pytest.fixture
def destination(emulator: Emulator, tmp_path: Path) -> Iterator[Destination]:
    """Return a saved destination whose secrets are in files that every process can read."""
    secrets = {"api-token": emulator.api_token, "import-token": emulator.import_sources[0].token}
    for name, secret in secrets.items():
        (tmp_path / name).write_text(secret, "utf-8")
        (tmp_path / name).chmod(0o600)
    with emulator.serve() as url:
        destination = Destination(
            name="Sensors",
            site=url,
            gateway=url,
            credentials=CredentialsReference("file:api-token", email=emulator.email),
            schema_key="SEN",
            import_token="file:import-token",
            model=MODEL,
        ).save(tmp_path / "sensors.json")
        with destination.connect() as connection:
            destination.get_import_token(connection).build(MODEL)
        yield destination


def sensors(spark: SparkSession, count: int = 200, partitions: int = 4) -> DataFrame:
    return spark.range(0, count, 1, partitions).selectExpr("concat('S-', id) AS serial", "id / 2 AS value")


def write(frame: DataFrame, destination: Destination, **options: str) -> None:
    settings = {"destination": str(destination.path), "selector": "sensors", **options}
    frame.write.format("jsm_assets").mode("append").options(**settings).save()


def serials(emulator: Emulator) -> list[str]:
    return sorted(str(sensor["Serial number"]) for sensor in emulator.object_schema("SEN")["Sensors"].objects)


def expected(count: int = 200) -> list[str]:
    return sorted(f"S-{number}" for number in range(count))


def chunk_ids(emulator: Emulator) -> list[str]:
    bodies: list[Any] = [request.json for request in emulator.requests if request.operation == "submit chunk"]
    return [body["clientGeneratedId"] for body in bodies if body and "data" in body]


def states(emulator: Emulator) -> list[str]:
    return [execution.status for execution in emulator.executions]


def test_all_partitions_arrive_in_one_execution(
    spark: SparkSession, emulator: Emulator, destination: Destination, tmp_path: Path
) -> None:
    write(sensors(spark), destination, result=str(tmp_path / "result.json"))

    assert serials(emulator) == expected()
    assert states(emulator) == ["DONE"]
    assert len(chunk_ids(emulator)) == 4
    result = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert result["confirmed"] is True
    assert result["sent"] == 200


def test_empty_partitions_send_nothing(
    spark: SparkSession, emulator: Emulator, destination: Destination
) -> None:
    write(sensors(spark, count=2, partitions=6), destination)

    assert serials(emulator) == expected(2)
    assert states(emulator) == ["DONE"]


def test_killed_task_runs_again_without_duplicates(
    spark: SparkSession, emulator: Emulator, destination: Destination, tmp_path: Path
) -> None:
    """The worker of a task is killed after its rows were read the first time."""
    marker = str(tmp_path / "killed")

    def kill_once(rows: Iterator[Any]) -> Iterator[Any]:
        context = TaskContext.get()
        assert context is not None
        yield from rows
        if context.partitionId() == 1 and not Path(marker).exists():
            Path(marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)

    frame = sensors(spark)
    write(spark.createDataFrame(frame.rdd.mapPartitions(kill_once), frame.schema), destination)

    assert Path(marker).exists()
    assert serials(emulator) == expected()
    assert states(emulator) == ["DONE"]


def test_task_that_runs_twice_repeats_its_chunk_ids(
    spark: SparkSession, emulator: Emulator, destination: Destination
) -> None:
    """The service fails after it accepted a chunk, so Spark runs the task again."""
    emulator.faults.next("submit chunk", status=400, after_acting=True, nth=2)

    write(sensors(spark), destination)

    ids = chunk_ids(emulator)
    assert len(ids) == 5
    assert len(set(ids)) == 4
    assert serials(emulator) == expected()


def test_row_that_does_not_fit_cancels_the_execution(
    spark: SparkSession, emulator: Emulator, destination: Destination
) -> None:
    frame = sensors(spark).selectExpr("IF(serial = 'S-150', NULL, serial) AS serial", "value")

    with pytest.raises(PySparkException, match="RecordError"):
        write(frame, destination)

    assert serials(emulator) == []
    assert states(emulator) == ["CANCELLED"]


@pytest.mark.parametrize("emulator", [3_600.0], indirect=True)
def test_abort_after_completion_leaves_the_execution(emulator: Emulator, destination: Destination) -> None:
    """Spark aborts the job if `commit` fails, for example because Assets needs longer than the timeout."""
    options = {"destination": str(destination.path), "selector": "sensors"}
    writer = AssetsDataSource(options).writer(None, overwrite=False)
    message = writer.write(iter([Row(serial="S-1", value=1.0)]))
    with destination.connect() as connection:
        leader = destination.get_import_token(connection).attach(writer._execution, lead=True)
        leader.add_receipt(message.receipt)
        leader.complete()

    writer.abort([message])

    assert states(emulator) == ["PROCESSING"]


DRIVER = """
    import os, sys, time
    from pathlib import Path
    from pyspark.sql import SparkSession
    from jsm_assets_dest.spark import AssetsDataSource

    path, execution, marker = sys.argv[1:]
    spark = (
        SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    spark.dataSource.register(AssetsDataSource)

    def wait_in_last(rows):
        from pyspark import TaskContext
        yield from rows
        if TaskContext.get().partitionId() == 3:
            Path(marker).touch()
            time.sleep(600)

    frame = spark.range(0, 200, 1, 4).selectExpr("concat('S-', id) AS serial", "id / 2 AS value")
    frame = spark.createDataFrame(frame.rdd.mapPartitions(wait_in_last), frame.schema)
    options = {"destination": path, "selector": "sensors", "execution": execution}
    frame.write.format("jsm_assets").mode("append").options(**options).save()
"""


def test_other_driver_finishes_after_the_first_is_killed(
    spark: SparkSession, emulator: Emulator, destination: Destination, tmp_path: Path
) -> None:
    """The first driver is killed before it completes the execution. The second one sends the rows again and completes it."""
    with destination.connect() as connection:
        execution = json.dumps(destination.start(connection).to_dict())
    marker = tmp_path / "waiting"
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(DRIVER), str(destination.path), execution, str(marker)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as driver:
        while not marker.exists() and driver.poll() is None:
            signal.sigtimedwait([], 0.05)
        os.killpg(driver.pid, signal.SIGKILL)
    assert states(emulator) == ["INGESTING"]

    write(sensors(spark), destination, execution=execution)

    assert states(emulator) == ["DONE"]
    assert serials(emulator) == expected()
    assert len(set(chunk_ids(emulator))) == 4


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({}, "destination"),
        ({"destination": "{}"}, "name"),
        ({"destination": "{nonsense"}, "destination"),
        ({"destination": '{"name": "Sensors"}'}, "selector"),
        ({"destination": '{"name": "Sensors"}', "selector": "sensors", "execution": "7"}, "execution"),
        ({"import_token": "ATCTT3xFfGN0secret"}, "import_token"),
        (
            {"destination": '{"name": "S", "import_token": "ATCTT3xFfGN0secret"}', "selector": "s"},
            "import_token",
        ),
    ],
)
def test_wrong_options_are_rejected_without_values(options: Mapping[str, str], field: str) -> None:
    with pytest.raises(AssetsError) as caught:
        AssetsDataSource(dict(options)).writer(None, overwrite=False)
    assert getattr(caught.value, "field", "") == field or field in str(caught.value)
    assert "ATCTT3" not in str(caught.value)


def test_mode_overwrite_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="overwrite"):
        AssetsDataSource({}).writer(None, overwrite=True)
