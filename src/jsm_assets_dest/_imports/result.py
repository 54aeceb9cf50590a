"""What an import says while it runs and when it has ended.

*Sent* and *confirmed* are different things: the service answers a chunk before it has looked at the records, and says
what became of them only when the whole execution is done. Until then nothing is confirmed, and a result says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import field, frozen

from .._display.html import Tone, below, bullets, faint, grid, joined, mark, strong, whole
from ..exceptions import FailedObjectsError
from .execution_status import ExecutionStatus
from .object_type_results import ALWAYS_SHOWN, COLUMNS, FailedRecord, ObjectTypeResult, failure_reasons
from .progress import count_text, duration_text
from .whole_run import DanglingReference


@frozen(kw_only=True, repr=False)
class ImportResult:
    """How an import ended.

    Attributes:
        confirmed: Whether Assets said DONE; without that nothing but *sent* is certain.
        status: What the execution said last.
        object_types: What became of the records, by object type.
        failed: Records that were not sent, each with the reason, and the caller's own record.
        refused: How many those are in all; only the first thousands are kept in `failed`.
        unknown_keys: Keys that the model does not know and that were not sent, with the number of records, by selector.
        dangling: References without a target among the records, where that was asked for.
        chunks: Chunks that the service took in this run.
        skipped_chunks: Chunks that an interrupted run had sent already.
        bytes_sent: Their bytes.
        retries: Requests that had to be sent again.
        throttled: Seconds spent waiting because the service asked for it.
        duration: Seconds from beginning to end.
        notes: What else is worth knowing, in sentences.
    """

    confirmed: bool
    status: ExecutionStatus
    object_types: tuple[ObjectTypeResult, ...] = ()
    failed: tuple[FailedRecord, ...] = ()
    refused: int = 0
    unknown_keys: Mapping[str, Mapping[str, int]] = field(factory=dict)
    dangling: tuple[DanglingReference, ...] = ()
    chunks: int = 0
    skipped_chunks: int = 0
    bytes_sent: int = 0
    retries: int = 0
    throttled: float = 0.0
    duration: float = 0.0
    notes: tuple[str, ...] = ()

    def _sum(self, value: Callable[[ObjectTypeResult], int]) -> int:
        return sum(map(value, self.object_types))

    @property
    def sent(self) -> int:
        """Records in chunks that the service took."""
        return self._sum(lambda one: one.sent)

    @property
    def created(self) -> int:
        """Objects that are new."""
        return self._sum(lambda one: one.created)

    @property
    def updated(self) -> int:
        """Objects that changed."""
        return self._sum(lambda one: one.updated)

    @property
    def unchanged(self) -> int:
        """Objects that were the same already."""
        return self._sum(lambda one: one.unchanged)

    @property
    def failed_objects(self) -> int:
        """Records that were sent and that Assets could not take."""
        return self._sum(lambda one: one.failed)

    @property
    def missing_updated(self) -> int:
        """Objects that were not in the data and were marked."""
        return self._sum(lambda one: one.missing_updated)

    @property
    def missing_deleted(self) -> int:
        """Objects that were not in the data and were deleted."""
        return self._sum(lambda one: one.missing_deleted)

    @property
    def messages(self) -> tuple[str, ...]:
        """Everything the service said went wrong; what it said about a type starts with the type's name."""
        return (
            *self.status.messages,
            *(f"{one.name}: {text}" for one in self.object_types for text in one.messages),
        )

    @property
    def ok(self) -> bool:
        """Whether Assets confirmed the import and every record of the source arrived."""
        return not self._problems()

    def object_type(self, name: str) -> ObjectTypeResult:
        """The result of one object type, by its selector or its name.

        Raises:
            KeyError: There is none.
        """
        for one in self.object_types:
            if name in (one.selector, one.name):
                return one
        raise KeyError(
            f"the import had no object type {name!r}; it had: {', '.join(map(_name, self.object_types))}"
        )

    def raise_for_failures(self) -> None:
        """Refuse a result that is not entirely good.

        Raises:
            FailedObjectsError: Assets did not confirm the import, could not take some of the records or says nothing
                about them, or some were never sent. The error has the result.
        """
        problems = self._problems()
        if not problems:
            return
        what = f"The import did not go entirely well: {'; '.join(problems)}."
        if self.confirmed:
            raise FailedObjectsError(what, result=self, messages=self.messages[:10])
        raise FailedObjectsError(
            what,
            result=self,
            messages=self.messages[:10],
            cause="Assets has not come to the end of the import, or somebody cancelled it.",
            remedies=("You: look at the import in Assets; wait for its end, or start it again.",),
        )

    def _problems(self) -> list[str]:
        problems: list[str] = []
        if not self.confirmed:
            problems.append(f"Assets has not confirmed it (its state is {self.status.state or 'unknown'})")
        elif self.status.result not in ("", "OK"):
            problems.append(f"Assets ended it with “{self.status.result}”")
        if self.failed_objects:
            problems.append(f"Assets could not take {count_text(self.failed_objects, 'record')}")
        empty = self._sum(lambda one: one.empty_identifiers + one.empty_labels)
        if empty:
            problems.append(f"Assets left out {count_text(empty, 'record')} without an identifier or a label")
        quiet = self._sum(lambda one: one.unaccounted) if self.confirmed else 0
        if quiet:
            problems.append(
                f"Assets says nothing about {count_text(quiet, 'record')} that {_was(quiet)} sent"
            )
        if self.refused:
            reasons = "" if self.sent else f" ({'; '.join(failure_reasons(self.failed)[:5])})"
            problems.append(
                f"{count_text(self.refused, 'record')} did not fit and {_was(self.refused)} not sent{reasons}"
            )
        if self.status.messages and not self.failed_objects:
            problems.append(f"Assets said: {self.status.messages[0]}")
        return problems

    def to_dict(self) -> dict[str, object]:
        """The whole result as JSON-ready data; of failed records everything but the record itself."""
        status = self.status
        return {
            "ok": self.ok,
            "confirmed": self.confirmed,
            "state": status.state,
            "execution_id": status.execution_id,
            "result": status.result,
            "started": status.started,
            "ended": status.ended,
            "sent": self.sent,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "failed_objects": self.failed_objects,
            "missing_updated": self.missing_updated,
            "missing_deleted": self.missing_deleted,
            "object_types": [one.to_dict() for one in self.object_types],
            "refused": self.refused,
            "failed": [one.to_dict() for one in self.failed],
            "unknown_keys": {selector: dict(keys) for selector, keys in self.unknown_keys.items()},
            "dangling": [one.to_dict() for one in self.dangling],
            "messages": list(self.messages),
            "chunks": self.chunks,
            "skipped_chunks": self.skipped_chunks,
            "bytes_sent": self.bytes_sent,
            "retries": self.retries,
            "throttled": self.throttled,
            "duration": self.duration,
            "notes": list(self.notes),
        }

    def _headline(self) -> str:
        if not self.confirmed:
            return f"not confirmed by Assets (its state is {self.status.state or 'unknown'})"
        return "confirmed by Assets" + ("" if self.ok else ", but not entirely well")

    def _lines(self) -> list[str]:
        lines = [
            f"{self.refused - len(self.failed):,} further records did not fit"
            if self.failed and self.refused > len(self.failed)
            else "",
            *self._not_sent(),
            *(f"Assets said: {text}" for text in self.messages[:5]),
            f"Assets said {len(self.messages) - 5:,} more things" if len(self.messages) > 5 else "",
            *(
                f"not in the model, so not sent: {', '.join(keys)} of {selector}"
                for selector, keys in self.unknown_keys.items()
            ),
            *(f"no target: {one}" for one in self.dangling),
            count_text(self.retries, "retry", "retries") if self.retries else "",
            f"throttled for {duration_text(self.throttled)}" if self.throttled else "",
            *self.notes,
        ]
        return [line for line in lines if line]

    def _not_sent(self) -> list[str]:
        """Return the first failed records, or, if no record was sent, the reasons."""
        failed = self.failed if self.sent else failure_reasons(self.failed)
        lines = [f"not sent: {text}" for text in failed[:5]]
        return [*lines, f"not sent: {len(failed) - 5:,} more"] if len(failed) > 5 else lines

    def __repr__(self) -> str:
        state = "confirmed" if self.confirmed else f"not confirmed, {self.status.state or 'state unknown'}"
        counts = f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged"
        return (
            f"<ImportResult {state}: {self.sent} sent, {counts}, {self.failed_objects + self.refused} failed>"
        )

    def __str__(self) -> str:
        already = f", {self.skipped_chunks:,} sent before" if self.skipped_chunks else ""
        size = f"{count_text(self.sent, 'record')} in {count_text(self.chunks, 'chunk')}{already}"
        lines = [f"Import {self._headline()}: {size}, {duration_text(self.duration)}"]
        lines += [f"  {one}" for one in self.object_types if not one.is_empty]
        return "\n".join([*lines, *(f"  {line}" for line in self._lines())])

    def _repr_html_(self) -> str:
        # What is rare has a column only where it happened.
        names = [
            "sent",
            *(
                name
                for name in COLUMNS
                if name in ALWAYS_SHOWN or any(getattr(one, name) for one in self.object_types)
            ),
        ]
        rows: list[list[str | int]] = [
            [one.name, *(int(getattr(one, name)) for name in names)] for one in self.object_types
        ]
        header = ["Object type", *(name.replace("_", " ").capitalize() for name in names)]
        sign, tone = (
            ("✓", Tone.GOOD) if self.ok else ("✗", Tone.BAD) if self.confirmed else ("?", Tone.DOUBTFUL)
        )
        return whole(
            below(joined(strong("Import"), " ", mark(f"{sign} {self._headline()}", tone))),
            grid(header, rows) if rows else "Nothing was sent.",
            bullets(self._lines()),
            below(
                faint(
                    f"{count_text(self.sent, 'record')} sent in {count_text(self.chunks, 'chunk')}, "
                    f"{duration_text(self.duration)}"
                )
            ),
        )


def _name(one: ObjectTypeResult) -> str:
    return one.selector or one.name


def _was(number: int) -> str:
    return "was" if number == 1 else "were"
