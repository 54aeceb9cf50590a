"""Import in steps, each of which is a process of its own: start, send in parallel, complete, verify.

    python examples/stepwise_import.py                                   all steps, on the embedded emulator
    python examples/stepwise_import.py start > execution.json            one step, on your own site
    python examples/stepwise_import.py send 0 < execution.json > receipt-0.json
    python examples/stepwise_import.py complete receipt-*.json < execution.json
    python examples/stepwise_import.py verify

The steps exchange plain data, which contains no secret. An orchestrator can run each as a task, with its own retries:

* `start` runs once. If its output is lost, `cancel` ends the execution that no one knows any more.
* `send` can be repeated: its chunks have the same ids again, and its receipt counts once.
* `complete` can be repeated: if an earlier attempt has completed the execution, it only waits for the result.
* `verify` reads objects back and compares them with the source. It needs an account that can see them.

With JSM_ASSETS_SITE, JSM_ASSETS_EMAIL, JSM_ASSETS_API_TOKEN and JSM_ASSETS_IMPORT_TOKEN set, the steps use that site.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jsm_assets_dest import AttributeSpec, Connection, ImportToken, ObjectTypeSpec, SchemaModel
from jsm_assets_dest.exceptions import AssetsError, ExecutionCompletedError

PARTITIONS = 4

MODEL = SchemaModel(
    "Sensors",
    [
        ObjectTypeSpec(
            "Sensors",
            [
                AttributeSpec("Serial number", key="serial", label=True, identifier=True, unique=True),
                AttributeSpec("Place", key="place"),
            ],
        )
    ],
    namespace="example/sensors",
)


def sensors(partition: int, count: int = 500) -> Iterator[dict[str, object]]:
    """Yield the records of a partition. A real reader opens a file or queries a table here."""
    for number in range(partition * count, (partition + 1) * count):
        yield {"serial": f"S-{number:07d}", "place": f"Hall {number % 12}"}


@contextmanager
def open_token() -> Generator[ImportToken]:
    """Open a connection from the environment of this process, and return the import token."""
    with Connection.current_site() as connection:
        yield connection.import_token(os.environ["JSM_ASSETS_IMPORT_TOKEN"])


def start() -> Mapping[str, object]:
    """Start an execution. Return it as plain data."""
    with open_token() as token:
        return token.start(model=MODEL).to_dict()


def send(execution: Mapping[str, object], partition: int) -> Mapping[str, object]:
    """Send a partition. Return the receipt, which the last step needs."""
    with open_token() as token:
        receipt = token.attach(execution).submit({"sensors": sensors(partition)}, part=str(partition))
        return receipt.to_dict()


def complete(
    execution: Mapping[str, object], receipts: Sequence[Mapping[str, object]]
) -> Mapping[str, object]:
    """Complete the execution, wait for its end, and return the result."""
    with open_token() as token:
        leader = token.attach(execution, lead=True)
        for receipt in receipts:
            leader.add_receipt(receipt)
        try:
            leader.complete()
        except ExecutionCompletedError:
            print("An earlier attempt completed the execution.", file=sys.stderr)
        result = leader.wait()
        result.raise_for_failures()
        return result.to_dict()


def verify() -> Mapping[str, object]:
    """Compare a sample of the records with the objects in Assets. Return the differences."""
    records = (("sensors", record) for partition in range(PARTITIONS) for record in sensors(partition))
    with open_token() as token:
        return token.verify(records, model=MODEL, sample=200).to_dict()


def cancel() -> Mapping[str, object]:
    """Cancel the running execution, because its data was lost. One that was completed has all data, and continues."""
    with open_token() as token:
        running = token.running()
        if running is None or running.execution is None or running.state != "INGESTING":
            return {"cancelled": False}
        return {"cancelled": token.attach(running.execution, lead=True).cancel()}


def run_step(
    step: str, *arguments: str, environment: Mapping[str, str], text: str = "", attempts: int = 3
) -> str:
    """Run a step in a process of its own, again if it fails, and return its output. An orchestrator does this for you."""
    command = [sys.executable, __file__, step, *arguments]
    for attempt in range(attempts):
        process = subprocess.run(  # noqa: S603 - its own file
            command, input=text, capture_output=True, text=True, env={**environment}, check=False
        )
        if not process.returncode:
            return process.stdout
        print(f"{step}: attempt {attempt + 1} failed. {process.stderr[-500:]}", file=sys.stderr)
    raise RuntimeError(f"the step {step} failed {attempts} times")


def run_all(environment: Mapping[str, str], folder: Path) -> Mapping[str, Any]:
    """Run all steps, those that send in parallel, and return the result."""
    execution = run_step("start", environment=environment)
    with ThreadPoolExecutor(PARTITIONS) as pool:
        receipts = list(
            pool.map(
                lambda partition: run_step("send", str(partition), environment=environment, text=execution),
                range(PARTITIONS),
            )
        )
    files: list[str] = []
    for partition, receipt in enumerate(receipts):
        path = folder / f"receipt-{partition}.json"
        path.write_text(receipt, "utf-8")
        files.append(str(path))
    result: dict[str, object] = json.loads(
        run_step("complete", *files, environment=environment, text=execution)
    )
    return {**result, "verification": json.loads(run_step("verify", environment=environment))}


def demonstrate() -> int:
    """Run all steps on the emulator. Return 0 if Assets confirmed every record."""
    # Imported here, because a step on a real site needs neither.
    from tempfile import TemporaryDirectory

    from jsm_assets_dest.testing import Emulator

    with Emulator() as emulator, emulator.serve() as url, TemporaryDirectory() as folder:
        emulator.add_object_schema("SEN", "Sensors")
        emulator.add_import_source("SEN")
        environment = {**os.environ, **emulator.settings(url)}
        with Connection.current_site(environ=environment) as connection:
            connection.import_token(environment["JSM_ASSETS_IMPORT_TOKEN"]).build(MODEL)
        result = run_all(environment, Path(folder))
    print(f"{result['sent']:,} records sent by {PARTITIONS} processes")
    print(f"confirmed by Assets: {result['confirmed']}, verified: {result['verification']['ok']}")
    return 0 if result["confirmed"] and result["verification"]["ok"] else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step, or all of them on the emulator."""
    parser = argparse.ArgumentParser(description="Import in steps, each in a process of its own.")
    parser.add_argument("step", nargs="?", choices=("start", "send", "complete", "verify", "cancel"))
    parser.add_argument("values", nargs="*", help="the partition to send, or the receipts")
    options = parser.parse_args(arguments)
    if options.step is None:
        return demonstrate()
    if options.step == "start":
        output = start()
    elif options.step in {"verify", "cancel"}:
        output = verify() if options.step == "verify" else cancel()
    elif options.step == "send":
        output = send(json.load(sys.stdin), int(options.values[0]))
    else:
        output = complete(
            json.load(sys.stdin), [json.loads(Path(name).read_text("utf-8")) for name in options.values]
        )
    json.dump(output, sys.stdout)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssetsError as error:
        sys.exit(f"\n{error}")
