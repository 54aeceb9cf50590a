"""Counts of a running import, and the receipt for those of a process that submits to an execution of another one."""

from collections.abc import Mapping, Sequence
from typing import Self

from attrs import define, evolve, field

from .._arguments.checking import checked_methods
from .._display.values import plain_data
from .._wire.json_reading import as_number, as_object, as_text
from ..exceptions import ConfigurationError, RecordError
from .execution_results import ExecutionStatus, FailedRecord, object_type_results
from .problems import ImportProblem, joined_problems
from .progress import ImportPhase, ImportProgress
from .result import ImportResult, Leavers
from .verification import ImportVerification
from .whole_run import DanglingReference


@checked_methods
class SubmitReceipt(int):
    """Number of records that were sent, with what the leader of the execution needs to know of them.

    It is an integer. If another process leads the execution, that process needs the receipt: `add_receipt` adds the counts to
    its result and shows its guard which objects the run contains. Receipts can be pickled.

    Attributes:
        counts: Number of sent records by selector.
        chunks: Number of sent chunks.
        refused: Number of records that were not sent.
        part: Name of the records, from `submit`. A part is counted once, however often its task ran.
        execution_id: Id of the execution that received the records. Only that execution accepts the receipt.
        identities: Identifiers of sent and skipped records by object type; empty if no other process needs them.
    """

    __module__ = "jsm_assets_dest"

    counts: Mapping[str, int]
    chunks: int
    refused: int
    part: str
    execution_id: str
    identities: Mapping[str, object]

    def __new__(
        cls,
        counts: Mapping[str, int],
        *,
        chunks: int = 0,
        refused: int = 0,
        part: str = "",
        execution_id: str = "",
        identities: Mapping[str, object] | None = None,
    ) -> Self:
        """Return a receipt.

        Raises:
            ConfigurationError: A number is negative.
        """
        if min(chunks, refused, *counts.values()) < 0:
            raise ConfigurationError(
                "The receipt contains a negative number.",
                field="receipt",
                fix="Pass what `submit` returned in the other process, or the result of its `to_dict()`.",
            )
        receipt = super().__new__(cls, sum(counts.values()))
        receipt.counts = dict(counts)
        receipt.chunks = chunks
        receipt.refused = refused
        receipt.part = part
        receipt.execution_id = execution_id
        receipt.identities = {} if identities is None else identities
        return receipt

    def __reduce__(self) -> tuple[object, ...]:
        return type(self).from_dict, (self.to_dict(),)

    def to_dict(self) -> dict[str, object]:
        """Return the receipt as JSON-ready data."""
        return plain_data(self, "counts chunks refused part execution_id identities")

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Read the result of `to_dict`.

        Raises:
            ConfigurationError: The data is not a result of `to_dict`.
        """
        source = as_object(data)
        counts, identities = source.get("counts"), source.get("identities")
        if (
            not isinstance(counts, Mapping)
            or not isinstance(identities, Mapping)
            or any(type(count) is not int for count in as_object(counts).values())
        ):
            raise ConfigurationError(
                "The data is not a receipt.",
                field="receipt",
                fix="Pass the result of `to_dict()` of a receipt.",
            )
        return cls(
            {selector: as_number(count, 0) for selector, count in as_object(counts).items()},
            chunks=as_number(source.get("chunks"), 0),
            refused=as_number(source.get("refused"), 0),
            part=as_text(source.get("part")),
            execution_id=as_text(source.get("execution_id")),
            identities=as_object(identities),
        )


#: Maximum number of failed records that are stored; further ones are only counted, which limits the memory.
KEPT_RECORDS = 10_000


@define(kw_only=True)
class Tally:
    """Counts of one import, changed by one thread.

    Attributes:
        names: Names of the object types in Assets, by selector.
        started: Start of the import, on the monotonic clock.
        total: Total number of records, if known.
        sending_since: Time at which the first record was read.
        read: Number of records read from the source.
        sent: Number of accepted records by selector, including those of an interrupted run.
        chunks: Number of accepted chunks.
        skipped_chunks: Number of chunks that an interrupted run had sent.
        bytes_sent: Bytes of the accepted chunks.
        retries: Number of repeated requests.
        throttled: Seconds that the import has waited for the service's rate limits.
        failed: Records that were not sent.
        refused: Number of records that were not sent.
        noted: Problems that the check of the records noted.
        envelopes: Number of chunks with inner records only, by the selector that surrounds them.
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
    noted: tuple[ImportProblem, ...] = ()
    envelopes: dict[str, int] = field(factory=dict)

    def note(self, problems: Sequence[ImportProblem]) -> None:
        """Record problems that the check of some records noted."""
        self.noted = joined_problems((*self.noted, *problems))

    def refuse(self, error: RecordError) -> None:
        """Record an invalid record; can be the `on_bad` of a checker or chunker."""
        self.refused += 1
        if len(self.failed) < KEPT_RECORDS:
            self.failed.append(FailedRecord.from_error(error))

    def accept(self, counts: Mapping[str, int], size: int, *, before: bool = False) -> None:
        """Record a chunk that the service accepted, now or `before`, in an interrupted run."""
        for selector, count in counts.items():
            self.sent[selector] = self.sent.get(selector, 0) + count
            for outer in self.names:
                if selector.startswith(f"{outer}."):
                    # Assets reads what surrounds the inner records as a record without an identifier.
                    self.envelopes[outer] = self.envelopes.get(outer, 0) + 1
        if before:
            self.skipped_chunks += 1
        else:
            self.chunks += 1
            self.bytes_sent += size

    def add_receipt(self, receipt: SubmitReceipt) -> None:
        """Add the records that another process submitted."""
        for selector, count in receipt.counts.items():
            self.sent[selector] = self.sent.get(selector, 0) + count
        self.chunks += receipt.chunks
        self.refused += receipt.refused

    def progress(
        self, phase: ImportPhase, now: float, *, in_flight: int = 0, state: str = "", waiting: float = 0.0
    ) -> ImportProgress:
        """Return the progress of the import."""
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
            waiting=waiting,
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
        verification: ImportVerification | None = None,
        already_confirmed: int = 0,
        leavers: Leavers | None = None,
    ) -> ImportResult:
        """Return the result of the import."""
        return ImportResult(
            confirmed=status.is_done,
            status=status,
            object_types=object_type_results(self.names, self.sent, self._without_envelopes(status)),
            failed=tuple(self.failed),
            refused=self.refused,
            noted=self.noted,
            unknown_keys={} if unknown_keys is None else unknown_keys,
            dangling=tuple(dangling),
            chunks=self.chunks,
            skipped_chunks=self.skipped_chunks,
            bytes_sent=self.bytes_sent,
            retries=self.retries,
            throttled=self.throttled,
            duration=now - self.started,
            notes=tuple(notes),
            verification=verification,
            already_confirmed=already_confirmed,
            leavers=() if leavers is None else leavers.listed,
            leaver_count=0 if leavers is None else leavers.count,
        )

    def _without_envelopes(self, status: ExecutionStatus) -> ExecutionStatus:
        counts = {self.names[selector].casefold(): count for selector, count in self.envelopes.items()}
        if not counts:
            return status
        object_types = [
            evolve(
                object_type,
                empty_identifiers=max(
                    0, object_type.empty_identifiers - counts.get(object_type.name.casefold(), 0)
                ),
            )
            for object_type in status.object_types
        ]
        return evolve(status, object_types=tuple(object_types))
