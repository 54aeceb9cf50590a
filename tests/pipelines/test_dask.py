"""Records on a Dask cluster: real worker processes send them, one of which is killed."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import Connection
from jsm_assets_dest.exceptions import MassDeletionGuardError, RecordError
from jsm_assets_dest.testing import Emulator

pytest.importorskip("distributed")
pytest.importorskip("pandas")

import dask
from distributed import Client, LocalCluster

from examples import dask_import

pytestmark = [
    pytest.mark.slow,
    # Warnings of Dask's own, about processes and sockets that it leaves to the end of the program.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]

PARTITIONS = 6
COUNT = 50
CHUNK = 10
#: Seconds after which an import fails instead of blocking all tests. A busy computer needs a minute to restart a worker.
LIMIT = 300.0
#: Workers are copies of a process that has imported Dask and pandas. Otherwise each would spend seconds on these imports.
FAST_START = {"distributed.worker.multiprocessing-method": "forkserver"}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.add_object_schema("SEN", "Sensors")
        emulator.add_import_source("SEN")
        yield emulator


@pytest.fixture
def settings(emulator: Emulator) -> Iterator[Mapping[str, str]]:
    with emulator.serve() as url:
        yield {**emulator.settings(url), "JSM_ASSETS_IMPORT_TOKEN": emulator.import_sources[0].token}


@pytest.fixture
def client(settings: Mapping[str, str]) -> Iterator[Client]:
    with (
        dask.config.set(
            {
                **dask_import.LEASE,
                **FAST_START,
                "distributed.scheduler.locks.lease-validation-interval": "1s",
            }
        ),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, env=dict(settings), processes=True
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def here(settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Workers that are threads of this process: where no process has to die, they are there at once."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with (
        LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None, processes=False) as cluster,
        Client(cluster) as client,
    ):
        yield client


def imported(
    client: Client, settings: Mapping[str, str], read: dask_import.Read, *, requests: int = 2
) -> dask_import.Imported:
    with Connection.current_site(environ=settings) as connection:
        token = connection.import_token(settings["JSM_ASSETS_IMPORT_TOKEN"])
        token.build(dask_import.model())
        return dask_import.import_partitions(
            client,
            token,
            dask_import.model(),
            read,
            PARTITIONS,
            requests=requests,
            chunk_records=CHUNK,
            timeout=LIMIT,
        )


def rows(partition: int, count: int = COUNT) -> list[dict[str, str]]:
    """Return the rows of a partition as strings."""
    return [
        {key: str(value) for key, value in row.items()}
        for row in dask_import.sensors(partition, count).to_dict("records")
    ]


def reader(records: Iterator[dict[str, str]]) -> Any:
    """Return a reader of Arrow that reads one record after the other, so that earlier ones are sent before."""
    pa = pytest.importorskip("pyarrow")
    columns = [(name, pa.string()) for name in ("serial", "place", "value")]
    batches = (pa.RecordBatch.from_pylist([record]) for record in records)
    return pa.RecordBatchReader.from_batches(pa.schema(columns), batches)


def chunks(emulator: Emulator) -> dict[str, list[str]]:
    """Return the digests of the bodies that came under each id."""
    outcome: dict[str, list[str]] = defaultdict(list)
    for request in emulator.requests:
        sent: Any = request.json or {}
        if request.operation == "submit chunk" and "data" in sent:
            outcome[sent["clientGeneratedId"]].append(hashlib.sha256(request.body).hexdigest())
    return outcome


def everything_is_there_once(emulator: Emulator, outcome: dask_import.Imported) -> None:
    serials = sorted(
        str(asset["Serial number"]) for asset in emulator.object_schema("SEN")["Sensors"].objects
    )
    assert serials == [f"S-{number:07d}" for number in range(PARTITIONS * COUNT)]
    assert (outcome.sent, outcome.confirmed) == (PARTITIONS * COUNT, PARTITIONS * COUNT)
    assert [execution.status for execution in emulator.executions] == ["DONE"]
    sent: list[Any] = [request.json for request in emulator.requests if request.operation == "submit chunk"]
    assert sum(bool(request and request.get("completed")) for request in sent) == 1


def test_every_worker_sends_its_partitions_into_one_execution(
    emulator: Emulator, settings: Mapping[str, str], client: Client
) -> None:
    outcome = imported(client, settings, lambda partition: dask_import.sensors(partition, COUNT))

    everything_is_there_once(emulator, outcome)
    sent = chunks(emulator)
    assert {name.rsplit("-", 2)[1] for name in sent} == {f"p{number}" for number in range(PARTITIONS)}
    assert all(len(bodies) == 1 for bodies in sent.values())


def test_killed_worker_loses_and_doubles_nothing(
    emulator: Emulator, settings: Mapping[str, str], client: Client, tmp_path: Path
) -> None:
    """The worker dies while it makes the third chunk of a partition, so that the first one has been taken."""
    killed = tmp_path / "killed"

    def records(partition: int) -> Iterator[dict[str, str]]:
        for at, record in enumerate(rows(partition)):
            if partition == 3 and at == 2 * CHUNK + 5 and not killed.exists():
                killed.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            yield record

    outcome = imported(client, settings, lambda partition: reader(records(partition)))

    assert killed.exists()
    everything_is_there_once(emulator, outcome)
    sent = chunks(emulator)
    again = [name for name, bodies in sent.items() if len(bodies) > 1]
    assert len(sent) == PARTITIONS * COUNT // CHUNK
    assert any("-p3-" in name for name in again)
    assert all(len(set(bodies)) == 1 for bodies in sent.values())


def test_killed_workers_lose_and_double_nothing(
    emulator: Emulator, settings: Mapping[str, str], client: Client, tmp_path: Path
) -> None:
    """One before its first chunk, one after its last record and so with all of its chunks sent, one of them twice."""

    def records(partition: int) -> Iterator[dict[str, str]]:
        for at, record in enumerate(rows(partition)):
            yield record
            if (partition, at) in {(0, 0), (2, COUNT - 1), (4, CHUNK)}:
                killed = tmp_path / f"{partition} {at}"
                if not killed.exists():
                    killed.touch()
                    os.kill(os.getpid(), signal.SIGKILL)

    # More shares than can be lost, because a lost one comes back only after ten seconds.
    outcome = imported(client, settings, lambda partition: reader(records(partition)), requests=6)

    assert len(list(tmp_path.iterdir())) == 3
    everything_is_there_once(emulator, outcome)
    sent = chunks(emulator)
    assert len(sent) == PARTITIONS * COUNT // CHUNK
    assert all(len(set(bodies)) == 1 for bodies in sent.values())


def test_task_that_is_tried_again_sends_the_same_chunks_again(
    emulator: Emulator, settings: Mapping[str, str], here: Client, tmp_path: Path
) -> None:
    failed = tmp_path / "failed"

    def records(partition: int) -> Iterator[dict[str, str]]:
        for at, record in enumerate(rows(partition)):
            if partition == 2 and at == 2 * CHUNK + 5 and not failed.exists():
                failed.touch()
                raise OSError("the data lake is away")
            yield record

    outcome = imported(here, settings, lambda partition: reader(records(partition)))

    everything_is_there_once(emulator, outcome)
    sent = chunks(emulator)
    assert {name.rsplit("-", 2)[1] for name, bodies in sent.items() if len(bodies) > 1} == {"p2"}
    assert all(len(set(bodies)) == 1 for bodies in sent.values())


def test_bad_record_ends_the_import_and_is_not_read_again(
    emulator: Emulator, settings: Mapping[str, str], here: Client, tmp_path: Path
) -> None:
    readings = tmp_path / "readings"

    def records(partition: int) -> Iterator[dict[str, str]]:
        for at, record in enumerate(rows(partition)):
            if partition == 2 and at == 25:
                with readings.open("a") as lines:
                    lines.write("once\n")
                record["value"] = "broken"
            yield record

    with pytest.raises(RecordError, match=r"sensors\[25\]: value"):
        imported(here, settings, lambda partition: reader(records(partition)))

    assert readings.read_text() == "once\n"
    assert emulator.object_schema("SEN")["Sensors"].objects == []
    assert [execution.status for execution in emulator.executions] == ["CANCELLED"]


def test_partition_may_be_empty(emulator: Emulator, settings: Mapping[str, str], here: Client) -> None:
    def read(partition: int) -> object:
        return dask_import.sensors(partition, 0 if partition in (0, 4) else COUNT)

    outcome = imported(here, settings, read)

    assert (outcome.sent, outcome.confirmed) == (4 * COUNT, 4 * COUNT)
    assert len(emulator.object_schema("SEN")["Sensors"].objects) == 4 * COUNT


def test_partitions_that_are_all_empty_remove_nothing(
    emulator: Emulator, settings: Mapping[str, str], here: Client
) -> None:
    imported(here, settings, lambda partition: iter([{"serial": f"S-{partition}"}]))
    with pytest.raises(MassDeletionGuardError, match=f"Sensors: all {PARTITIONS}"):
        imported(here, settings, lambda _: iter(()))

    assert [execution.status for execution in emulator.executions] == ["DONE", "CANCELLED"]


def test_one_budget_share_is_one_request_in_the_cluster(
    emulator: Emulator, settings: Mapping[str, str], here: Client
) -> None:
    """Four threads on two workers, and one share: what one partition sends is never mixed with what another does."""
    outcome = imported(here, settings, lambda partition: dask_import.sensors(partition, COUNT), requests=1)

    everything_is_there_once(emulator, outcome)
    sent: list[Any] = [request.json for request in emulator.requests if request.operation == "submit chunk"]
    parts = [
        request["clientGeneratedId"].rsplit("-", 2)[1] for request in sent if request and "data" in request
    ]
    assert len([part for part, _ in groupby(parts)]) == PARTITIONS


def test_rejection_for_too_many_requests_is_waited_out(
    emulator: Emulator, settings: Mapping[str, str], here: Client
) -> None:
    emulator.faults.next("submit chunk", status=429, retry_after=0, nth=3)

    outcome = imported(here, settings, lambda partition: dask_import.sensors(partition, COUNT))

    everything_is_there_once(emulator, outcome)
    sent = chunks(emulator)
    assert sorted(map(len, sent.values())) == [1] * (len(sent) - 1) + [2]


def test_import_that_takes_too_long_is_cancelled(
    emulator: Emulator,
    settings: Mapping[str, str],
    here: Client,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    release = tmp_path / "release"
    monkeypatch.setattr("tests.pipelines.test_dask.LIMIT", 0.5)

    def read(partition: int) -> object:
        while not release.exists():
            time.sleep(0.05)
        return dask_import.sensors(partition, COUNT)

    try:
        with pytest.raises(TimeoutError):
            imported(here, settings, read)
    finally:
        release.touch()

    assert [execution.status for execution in emulator.executions] == ["CANCELLED"]


def test_no_secret_travels_with_a_task(settings: Mapping[str, str]) -> None:
    import pickle

    with Connection.current_site(environ=settings) as connection:
        token = connection.import_token(settings["JSM_ASSETS_IMPORT_TOKEN"])
        token.build(dask_import.model())
        execution = token.start(model=dask_import.model())
        task = dask_import.Task(execution.detached(), None, dask_import.sensors, "sensors")
        parcel = pickle.dumps(task)
        execution.cancel()

    for name in ("JSM_ASSETS_IMPORT_TOKEN", "JSM_ASSETS_API_TOKEN"):
        assert settings[name].encode() not in parcel


def test_example_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JSM_ASSETS_SITE", raising=False)

    with dask.config.set(FAST_START):
        assert dask_import.main(["--partitions", "2"]) == 0
    assert "4,000 records sent by the workers, 4,000 confirmed by Assets" in capsys.readouterr().out
