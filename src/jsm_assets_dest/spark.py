"""Data source of Spark that imports the rows of a data frame.

    spark.dataSource.register(AssetsDataSource)
    frame.write.format("jsm_assets").mode("append").options(destination="okta.json", selector="people").save()

One execution receives the rows of all tasks. The driver starts it, each task sends the rows of its partition, and the driver
completes it after all tasks succeeded. Spark runs these steps in processes of their own, which share plain data only.

A task names its partition, and the ids of its chunks follow from that name. So a task that runs again, because its worker
was lost or is slow, sends the same chunks again instead of new ones. For this, the partition must have the same rows in the
same order. If a task fails permanently, the execution is cancelled, and nothing of it is in Assets.

Needs pyspark 4 or later.
"""

# Optional requirement: whether it is installed must not change the verdict.
# pyright: reportMissingImports=false, reportUntypedBaseClass=false, reportUnknownVariableType=false
# pyright: reportGeneralTypeIssues=false, reportUnknownMemberType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from attrs import field, frozen
from pyspark import TaskContext
from pyspark.sql import Row
from pyspark.sql.datasource import DataSource, DataSourceWriter, WriterCommitMessage
from pyspark.sql.types import StructType
from typing_extensions import override

from ._imports.result import ImportResult
from ._sync.destination import Destination
from ._sync.import_token import ImportToken
from .exceptions import ConfigurationError

__all__ = ["AssetsDataSource"]


def __dir__() -> list[str]:
    """List the public names."""
    return __all__


_OPTIONS = ("destination", "selector", "execution", "result")


def _text(options: Mapping[str, str], name: str) -> str:
    value = options.get(name)
    if not value:
        raise ConfigurationError(
            f"The option `{name}` is missing. Nothing was sent.",
            field=name,
            fix=f'Pass it to the writer: .option("{name}", …).',
        )
    return value


def _read_object(text: str, name: str) -> dict[str, object]:
    with contextlib.suppress(ValueError):
        data: object = json.loads(text)
        if isinstance(data, dict):
            return cast("dict[str, object]", data)
    raise ConfigurationError(
        f"The option `{name}` is not a JSON object. Nothing was sent.",
        field=name,
        fix=f"Pass json.dumps({name}.to_dict()).",
    )


@frozen
class _Job:
    """Options of a writer, checked on the driver.

    Attributes:
        destination: The destination as plain data. It contains references to secrets, never secrets.
        folder: Folder of the saved destination, for relative paths in it; None if it was passed as JSON.
        selector: Selector of the rows.
        execution: Execution that someone else started, as plain data, or None.
        result: File for the result, or None.
    """

    destination: Mapping[str, object] = field(repr=False)
    folder: str | None
    selector: str
    execution: Mapping[str, object] | None = field(repr=False)
    result: str | None

    @classmethod
    def of(cls, options: Mapping[str, str]) -> _Job:
        """Read the options of a writer.

        Raises:
            ConfigurationError: An option is missing, unknown, or invalid. No value is repeated, because it may be a secret.
        """
        unknown = sorted({*options} - {*_OPTIONS})
        if unknown:
            raise ConfigurationError(
                f"The option `{unknown[0]}` is unknown. Nothing was sent.",
                field=unknown[0],
                fix=f"Pass only {', '.join(_OPTIONS)}. Secrets are named in the destination, such as env:NAME.",
            )
        text = _text(options, "destination")
        if text.lstrip().startswith("{"):
            destination, folder = Destination.from_dict(_read_object(text, "destination")), None
        else:
            destination, folder = Destination.load(text), str(Path(text).resolve().parent)
        execution = options.get("execution")
        return cls(
            destination=destination.to_dict(),
            folder=folder,
            selector=_text(options, "selector"),
            execution=None if execution is None else _read_object(execution, "execution"),
            result=options.get("result"),
        )

    def open_destination(self) -> Destination:
        """Return the destination. Its secrets are read later, in this process."""
        path = None if self.folder is None else Path(self.folder, "destination.json")
        return Destination.from_dict(self.destination, path=path)

    @contextlib.contextmanager
    def token(self) -> Generator[ImportToken]:
        """Open a connection for a step of the job, and return the import token."""
        destination = self.open_destination()
        with destination.connect() as connection:
            yield destination.get_import_token(connection)


@frozen
class _Sent(WriterCommitMessage):  # type: ignore[misc,unused-ignore]  # optional: its types may be unknown
    """Message of a task to the driver: the receipt of its rows."""

    receipt: Mapping[str, object] = field(repr=False)


class _AssetsWriter(DataSourceWriter):  # type: ignore[misc,unused-ignore]  # optional: its types may be unknown
    """Writer of one job. Spark copies it to the tasks, and to the process that ends the job."""

    def __init__(self, job: _Job, execution: Mapping[str, object]) -> None:
        self._job = job
        self._execution = execution

    @override
    def write(self, iterator: Iterator[Row]) -> WriterCommitMessage:
        """Send the rows of a partition, in a task."""
        context = TaskContext.get()
        partition = 0 if context is None else context.partitionId()
        rows = (row.asDict(recursive=True) for row in iterator)
        with self._job.token() as token:
            execution = token.attach(self._execution)
            receipt = execution.submit({self._job.selector: rows}, part=f"spark{partition}")
        return _Sent(receipt.to_dict())

    @override
    def commit(self, messages: Sequence[WriterCommitMessage | None]) -> None:
        """Complete the execution after all tasks succeeded, and wait for its result."""
        with self._job.token() as token:
            leader = token.attach(self._execution, lead=True)
            for message in messages:
                if isinstance(message, _Sent):
                    leader.add_receipt(message.receipt)
            leader.complete()
            result = leader.wait()
        if self._job.result is not None:
            _write_result(Path(self._job.result), result)
        result.raise_for_failures()

    @override
    def abort(self, messages: Sequence[WriterCommitMessage | None]) -> None:
        """Cancel the execution after a task or the guard failed, unless the caller started it.

        Spark also calls this if `commit` failed after it had completed the execution. Then Assets has all rows, and continues.
        """
        if self._job.execution is None:
            with self._job.token() as token:
                leader = token.attach(self._execution, lead=True)
                if leader.status() == "INGESTING":
                    leader.cancel()


def _write_result(path: Path, result: ImportResult) -> None:
    path.write_text(json.dumps(result.to_dict(), indent=2), "utf-8")


class AssetsDataSource(DataSource):  # type: ignore[misc,unused-ignore]  # optional: its types may be unknown
    """Data source "jsm_assets". It imports the rows of a data frame into one selector of an import.

    Options of the writer:

    * `destination`: Path of a saved `Destination`, or its `to_dict()` as JSON. Secrets are references in it, such as
      `env:NAME`; each process reads them itself. The workers need the same environment variables or files.
    * `selector`: Selector of the rows. Columns are the locators of the model.
    * `execution`: `to_dict()` of an execution that you started, as JSON. If the driver is lost, another one can pass the same
      value, send the rows again, and complete it. Default: an execution of the job, cancelled if the job fails.
    * `result`: Path of a JSON file on the driver, for what Assets confirmed. Default: none.

    Only the mode "append" is possible: what an import does with missing objects is a setting in Assets.
    """

    @classmethod
    @override
    def name(cls) -> str:
        """Return the name of the format."""
        return "jsm_assets"

    @override
    def writer(self, schema: StructType, overwrite: bool) -> _AssetsWriter:
        """Start the execution, on the driver.

        Raises:
            ConfigurationError: An option is missing or invalid, or the mode is "overwrite". Nothing was sent.
        """
        if overwrite:
            raise ConfigurationError(
                'The mode "overwrite" is not possible. Nothing was sent.',
                field="mode",
                fix='Use mode("append"). What happens to missing objects is a setting of the import in Assets.',
            )
        job = _Job.of(cast("Mapping[str, str]", self.options))
        if job.execution is not None:
            return _AssetsWriter(job, job.execution)
        destination = job.open_destination()
        with destination.connect() as connection:
            return _AssetsWriter(job, destination.start(connection).to_dict())
