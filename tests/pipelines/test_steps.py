"""An import whose steps are real processes, some of which are killed or run twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from examples import stepwise_import
from jsm_assets_dest.exceptions import MassDeletionGuardError
from jsm_assets_dest.testing import Emulator

pytestmark = pytest.mark.once


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    with Emulator(import_seconds=getattr(request, "param", 0.0)) as emulator:
        emulator.add_object_schema("SEN", "Sensors")
        emulator.add_import_source("SEN")
        with emulator.connect() as connection:
            connection.import_token(emulator.import_sources[0].token).build(stepwise_import.MODEL)
        yield emulator


@pytest.fixture
def environment(emulator: Emulator) -> Iterator[Mapping[str, str]]:
    with emulator.serve() as url:
        yield {**os.environ, **emulator.settings(url)}


def serials(emulator: Emulator) -> set[str]:
    objects = emulator.object_schema("SEN")["Sensors"].objects
    assert len({sensor["Serial number"] for sensor in objects}) == len(objects)
    return {str(sensor["Serial number"]) for sensor in objects}


EXPECTED = {f"S-{number:07d}" for number in range(2_000)}


def completions(emulator: Emulator) -> int:
    return sum(request.body == b'{"completed":true}' for request in emulator.requests)


def test_steps_in_processes_import_everything_once(
    emulator: Emulator, environment: Mapping[str, str], tmp_path: Path
) -> None:
    result = stepwise_import.run_all(environment, tmp_path)

    assert (result["sent"], result["confirmed"]) == (2_000, True)
    assert (result["verification"]["ok"], result["verification"]["compared"]) == (True, 200)
    assert serials(emulator) == EXPECTED
    assert completions(emulator) == 1


def test_steps_that_run_twice_change_nothing(
    emulator: Emulator, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """Each step except the start runs twice, as after a lost output."""

    def run(step: str, *arguments: str, text: str) -> str:
        first = stepwise_import.run_step(step, *arguments, environment=environment, text=text)
        second = stepwise_import.run_step(step, *arguments, environment=environment, text=text)
        assert json.loads(first).keys() == json.loads(second).keys()
        return second

    execution = stepwise_import.run_step("start", environment=environment)
    files: list[str] = []
    for partition in range(stepwise_import.PARTITIONS):
        path = tmp_path / f"{partition}.json"
        path.write_text(run("send", str(partition), text=execution), "utf-8")
        files.append(str(path))
    result = json.loads(run("complete", *files, *files, text=execution))

    assert (result["sent"], result["confirmed"]) == (2_000, True)
    assert serials(emulator) == EXPECTED
    assert completions(emulator) == 1


def start_step(
    step: str, *arguments: str, environment: Mapping[str, str], text: str = ""
) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, stepwise_import.__file__, step, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**environment},
    )
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.close()
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_sender_killed_in_the_middle_is_repeated(
    emulator: Emulator, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """Its first chunk is in Assets, and the response never arrived."""
    execution = stepwise_import.run_step("start", environment=environment)
    emulator.faults.next("submit chunk", stall=30, status=503, after_acting=True)
    process = start_step("send", "0", environment=environment, text=execution)
    while not any(request.operation == "submit chunk" for request in emulator.requests):
        time.sleep(0.02)
    kill(process)

    files: list[str] = []
    for partition in range(stepwise_import.PARTITIONS):
        path = tmp_path / f"{partition}.json"
        receipt = stepwise_import.run_step("send", str(partition), environment=environment, text=execution)
        path.write_text(receipt, "utf-8")
        files.append(str(path))
    result = json.loads(stepwise_import.run_step("complete", *files, environment=environment, text=execution))

    assert (result["sent"], result["confirmed"]) == (2_000, True)
    assert serials(emulator) == EXPECTED


def test_start_whose_output_is_lost_is_cancelled(
    emulator: Emulator, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """The first process is killed after its start. The next one cancels its execution and starts again."""
    emulator.faults.next("read execution status", stall=30)
    process = start_step("start", environment=environment)
    while not emulator.executions:
        time.sleep(0.02)
    kill(process)
    assert [execution.status for execution in emulator.executions] == ["INGESTING"]

    outcome: Any = json.loads(stepwise_import.run_step("cancel", environment=environment))
    assert outcome == {"cancelled": True}
    assert json.loads(stepwise_import.run_step("cancel", environment=environment)) == {"cancelled": False}
    result = stepwise_import.run_all(environment, tmp_path)

    assert result["confirmed"]
    assert serials(emulator) == EXPECTED


@pytest.mark.parametrize("emulator", [3_600.0], indirect=True)
def test_completed_execution_is_not_cancelled(
    emulator: Emulator, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An orchestrator runs the step that cancels after any failed step, also if Assets only needs longer."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    execution = stepwise_import.start()
    receipt = stepwise_import.send(execution, 0)
    with stepwise_import.open_token() as token:
        leader = token.attach(execution, lead=True)
        leader.add_receipt(receipt)
        leader.complete()

    assert stepwise_import.cancel() == {"cancelled": False}
    assert [execution.status for execution in emulator.executions] == ["PROCESSING"]


def test_missing_partition_is_rejected(
    emulator: Emulator, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import that is set to remove missing objects is not completed without the records of a lost task."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    execution = stepwise_import.start()
    receipts = [stepwise_import.send(execution, partition) for partition in range(stepwise_import.PARTITIONS)]
    stepwise_import.complete(execution, receipts)
    emulator.import_sources[0].set_missing_objects("remove")
    execution = stepwise_import.start()
    receipt = stepwise_import.send(execution, 0)

    with pytest.raises(MassDeletionGuardError) as caught:
        stepwise_import.complete(execution, [receipt])

    assert caught.value.preview is not None
    assert caught.value.preview.missing == 1_500
    assert serials(emulator) == EXPECTED
    assert stepwise_import.cancel() == {"cancelled": True}
