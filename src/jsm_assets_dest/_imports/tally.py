"""What is counted while an import runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, field

from ..exceptions import RecordError
from .execution_status import ExecutionStatus
from .object_type_results import FailedRecord, object_type_results
from .progress import ImportPhase, ImportProgress
from .result import ImportResult
from .whole_run import DanglingReference

#: Failed records that are kept with their reasons; further ones are only counted, so that memory stays bounded.
KEPT_RECORDS = 10_000


@define(kw_only=True)
class Tally:
    """The counts of one import; kept by the operation, in one thread.

    Attributes:
        names: For each selector the name its object type has in Assets.
        started: When the import began, on the monotonic clock.
        total: Records in all, where known.
        sending_since: When the first record was asked for.
        read: Records taken from the source.
        sent: Records that the service took, by selector; those of an interrupted run included.
        chunks: Chunks that the service took.
        skipped_chunks: Chunks that an interrupted run had sent.
        bytes_sent: Their bytes.
        retries: Requests that had to be sent again.
        throttled: Seconds spent waiting because the service asked for it.
        failed: Records that were not sent.
        refused: How many those are.
    """

    names: Mapping[str, str]
    started: float
    total: int | None = None
    sending_since: float | None = None
    read: int = 0
    sent: dict[str, int] = field(factory=dict)
    chunks: int = 0
    skipped_chunks: int = 0
    bytes_sent: int = 0
    retries: int = 0
    throttled: float = 0.0
    failed: list[FailedRecord] = field(factory=list)
    refused: int = 0

    def refuse(self, error: RecordError) -> None:
        """Note a record that is left out; fits as the `on_bad` of a checker or a chunker."""
        self.refused += 1
        if len(self.failed) < KEPT_RECORDS:
            self.failed.append(FailedRecord.from_error(error))

    def accept(self, counts: Mapping[str, int], size: int, *, before: bool = False) -> None:
        """Note a chunk that the service took, now or `before`, in an interrupted run."""
        for selector, count in counts.items():
            self.sent[selector] = self.sent.get(selector, 0) + count
        if before:
            self.skipped_chunks += 1
        else:
            self.chunks += 1
            self.bytes_sent += size

    def progress(
        self, phase: ImportPhase, now: float, *, in_flight: int = 0, state: str = ""
    ) -> ImportProgress:
        """Where the import is."""
        return ImportProgress(
            phase=phase,
            read=self.read,
            sent=sum(self.sent.values()),
            refused=self.refused,
            chunks=self.chunks,
            in_flight=in_flight,
            bytes_sent=self.bytes_sent,
            total=self.total,
            elapsed=now - self.started,
            sending=0.0 if self.sending_since is None else now - self.sending_since,
            retries=self.retries,
            throttled=self.throttled,
            state=state,
            selectors=dict(self.sent),
        )

    def result(
        self,
        status: ExecutionStatus,
        now: float,
        *,
        unknown_keys: Mapping[str, Mapping[str, int]] | None = None,
        dangling: Sequence[DanglingReference] = (),
        notes: Sequence[str] = (),
    ) -> ImportResult:
        """How the import ended."""
        return ImportResult(
            confirmed=status.is_done,
            status=status,
            object_types=object_type_results(self.names, self.sent, status),
            failed=tuple(self.failed),
            refused=self.refused,
            unknown_keys={} if unknown_keys is None else unknown_keys,
            dangling=tuple(dangling),
            chunks=self.chunks,
            skipped_chunks=self.skipped_chunks,
            bytes_sent=self.bytes_sent,
            retries=self.retries,
            throttled=self.throttled,
            duration=now - self.started,
            notes=tuple(notes),
        )
