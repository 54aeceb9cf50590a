"""Result of an import, with the objects that left the source.

*Sent* and *confirmed* differ: the service accepts a chunk before it checks the records, and reports their outcome only when
the whole execution is done. Until then, nothing is confirmed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from attrs import field, frozen

from .._arguments.checking import checked_methods
from .._assets.user_links import UserLinkReport
from .._display.html import Tone, below, bullets, faint, joined, mark, strong, whole
from .._display.values import PlainData, plain_data, public_value
from ..exceptions import FailedObjectsError
from .counts import count_text, counts_table, duration_text, find_type
from .execution_results import ALWAYS_SHOWN, COLUMNS, ExecutionStatus, FailedRecord, ObjectTypeResult
from .identities import display
from .problems import (
    MOST_LISTED,
    ImportProblem,
    dangling_problems,
    joined_problems,
    larger_problems,
    problem_lines,
    reported_problems,
    skipped_problems,
)
from .verification import ImportVerification
from .whole_run import DanglingReference

#: Maximum number of listed objects; further ones are only counted, which limits the memory.
MOST_LEAVERS = 10_000


@checked_methods
@frozen(kw_only=True)
@public_value
class Leaver(PlainData):
    """Object that Assets confirmed in an earlier run and that the source no longer contains. The import did not send it.

    Attributes:
        object_type: Name of its object type.
        identifier: Its identifier.
    """

    object_type: str
    identifier: str

    def __str__(self) -> str:
        return f"{self.object_type} {self.identifier}"


@frozen
class Leavers:
    """The first leavers, and the number of all."""

    listed: tuple[Leaver, ...] = ()
    count: int = field(default=0)

    @classmethod
    def of(cls, identities: Iterable[tuple[str, str]]) -> "Leavers":
        """Return the leavers of names of object types and identities."""
        listed: list[Leaver] = []
        count = 0
        for name, text in identities:
            count += 1
            if count <= MOST_LEAVERS:
                listed.append(Leaver(object_type=name, identifier=display(text)))
        return cls(tuple(listed), count)


@checked_methods
@frozen(kw_only=True)
@public_value
class ImportResult:
    """Result of an import.

    Attributes:
        confirmed: True if Assets reported DONE. Otherwise only the *sent* counts are known.
        status: Last status of the execution.
        object_types: Results by object type.
        failed: Records that were not sent, each with the reason and the caller's own record.
        refused: Number of records that were not sent; `failed` contains only the first thousands.
        unknown_keys: Keys that the model does not contain and whose values were not sent, with the number of records, by
            selector.
        dangling: References whose target is not among the records, with `find_dangling=True`.
        chunks: Number of chunks that the service accepted in this run.
        skipped_chunks: Number of chunks that an interrupted run had sent before.
        bytes_sent: Bytes of the accepted chunks.
        retries: Number of repeated requests.
        throttled: Seconds that the import waited for the service's rate limits.
        duration: Seconds from start to end.
        noted: Problems that the check of the records noted; `problems` contains them.
        verification: Comparison with the objects in Assets, with `verify="sample"` or `verify="all"`.
        already_confirmed: Number of records that were not sent because Assets had confirmed their values, with
            `send="changed"`.
        leavers: Objects that Assets confirmed and that the source no longer contains, with `send="changed"`.
        leaver_count: Number of all leavers; `leavers` contains only the first thousands.
        notes: Further notes, in sentences.
        links: Links to users and groups of Jira, if a `Destination` with such links imported.
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
    noted: tuple[ImportProblem, ...] = field(default=(), repr=False)
    verification: ImportVerification | None = field(default=None, repr=False)
    already_confirmed: int = 0
    leavers: tuple[Leaver, ...] = field(default=(), repr=False)
    leaver_count: int = 0
    notes: tuple[str, ...] = ()
    links: UserLinkReport | None = field(default=None, repr=False)

    def _sum(self, value: Callable[[ObjectTypeResult], int]) -> int:
        return sum(map(value, self.object_types))

    @property
    def sent(self) -> int:
        """Number of records in accepted chunks."""
        return self._sum(lambda object_type: object_type.sent)

    @property
    def created(self) -> int:
        """Number of created objects."""
        return self._sum(lambda object_type: object_type.created)

    @property
    def updated(self) -> int:
        """Number of updated objects."""
        return self._sum(lambda object_type: object_type.updated)

    @property
    def unchanged(self) -> int:
        """Number of unchanged objects."""
        return self._sum(lambda object_type: object_type.unchanged)

    @property
    def failed_objects(self) -> int:
        """Number of sent records that Assets could not import."""
        return self._sum(lambda object_type: object_type.failed)

    @property
    def missing_updated(self) -> int:
        """Number of objects that were not in the data and were updated for it."""
        return self._sum(lambda object_type: object_type.missing_updated)

    @property
    def missing_deleted(self) -> int:
        """Number of objects that were not in the data and were deleted."""
        return self._sum(lambda object_type: object_type.missing_deleted)

    @property
    def messages(self) -> tuple[str, ...]:
        """Error messages of the service. A message about an object type starts with the type's name."""
        return (
            *self.status.messages,
            *(
                f"{object_type.name}: {text}"
                for object_type in self.object_types
                for text in object_type.messages
            ),
        )

    @property
    def problems(self) -> tuple[ImportProblem, ...]:
        """Everything known that contradicts that every record arrived with its values."""
        names = {result.selector: result.name for result in self.object_types}
        problems = joined_problems(
            (
                *skipped_problems(self.failed, self.refused, names, by_reason=not self.sent),
                *reported_problems(self.status, self.object_types, self.noted),
                *dangling_problems(self.dangling, names),
                *self.noted,
            )
        )
        if self.verification is None:
            return problems
        if self.verification.scope == "all":
            # Assets may have status names that the model does not contain.
            problems = tuple(problem for problem in problems if problem.code != "unknown_status")
        return larger_problems(problems, self.verification.problems)

    @property
    def verified(self) -> Literal["no", "sample", "all"]:
        """Extent of the verification: "no", "sample", or "all". Only "all" compared every record with its object."""
        return "no" if self.verification is None else self.verification.scope

    @property
    def ok(self) -> bool:
        """True if Assets reported DONE and there are no `problems`. False if the result was not awaited.

        It is about the records of the import. Objects without a record don't change it, also if they should have been
        removed.
        """
        return self.confirmed and not self.problems

    def object_type(self, name: str) -> ObjectTypeResult:
        """Return the result of an object type, by its selector or name.

        Raises:
            KeyError: The import has no such object type.
        """
        return find_type(self.object_types, name)

    def raise_for_failures(self) -> None:
        """Raise an error if the import has problems.

        Raises:
            FailedObjectsError: `ok` is False: Assets did not confirm the import, or there are `problems`. `error.result` is
                this result.
        """
        problems = [_with_examples(problem) for problem in self.problems]
        if self.confirmed and not problems:
            return
        if not self.confirmed:
            state = self.status.state or "unknown"
            problems.insert(0, f"Assets has not confirmed it (its state is {state})")
        more = f"; {len(problems) - MOST_LISTED:,} more" if len(problems) > MOST_LISTED else ""
        message = f"The import has problems: {'; '.join(problems[:MOST_LISTED])}{more}."
        if self.confirmed:
            raise FailedObjectsError(
                message,
                result=self,
                messages=self.messages[:10],
                remedies=tuple(dict.fromkeys(problem.remedy for problem in self.problems)),
            )
        raise FailedObjectsError(
            message,
            result=self,
            messages=self.messages[:10],
            cause="Assets has not finished the import, or someone cancelled it.",
            remedies=("You: check the import in Assets. Wait for its end, or start it again.",),
        )

    def to_dict(self) -> dict[str, object]:
        """Return the result as JSON-ready data, without the failed records themselves."""
        return {
            **plain_data(self, "ok problems verified verification confirmed"),
            **plain_data(self.status, "state execution_id result started ended"),
            **plain_data(
                self,
                "sent created updated unchanged failed_objects missing_updated missing_deleted object_types refused failed "
                "unknown_keys dangling messages already_confirmed leavers leaver_count chunks skipped_chunks bytes_sent "
                "retries throttled duration notes links",
            ),
        }

    def _headline(self) -> str:
        if not self.confirmed:
            return f"not confirmed by Assets (its state is {self.status.state or 'unknown'})"
        verified = {"no": "", "sample": " and verified by a sample", "all": " and verified"}[self.verified]
        return f"confirmed by Assets{verified}" + ("" if self.ok else ", with problems")

    def _lines(self) -> list[str]:
        problems = self.problems
        lines = [
            *(line for problem in problems for line in problem_lines(problem)),
            *self._messages_beside(problems),
            *(
                f"not in the model, so not sent: {', '.join(keys)} of {selector}"
                for selector, keys in self.unknown_keys.items()
            ),
            f"not sent, because unchanged: {count_text(self.already_confirmed, 'record')}"
            if self.already_confirmed
            else "",
            *self._leaver_lines(),
            f"links to Jira: {self.links.summary}" if self.links is not None else "",
            count_text(self.retries, "retry", "retries") if self.retries else "",
            f"throttled for {duration_text(self.throttled)}" if self.throttled else "",
            *([] if self.verification is None else self.verification.lines()),
            *self.notes,
        ]
        return [line for line in lines if line]

    def _leaver_lines(self) -> Iterator[str]:
        if self.leavers:
            names = ", ".join(map(str, self.leavers[:MOST_LISTED]))
            more = ", …" if self.leaver_count > MOST_LISTED else ""
            yield f"no longer in the source, not changed: {count_text(self.leaver_count, 'object')}: {names}{more}"

    def _messages_beside(self, problems: Iterable[ImportProblem]) -> Iterator[str]:
        """Yield the first messages of Assets that are not examples of a problem."""
        shown = {example for problem in problems for example in problem.examples}
        messages = [f"Assets reports: {text}" for text in self.status.messages]
        messages += [
            f"Assets reports: {object_type.name}: {text}"
            for object_type in self.object_types
            for text in object_type.messages
            if text not in shown
        ]
        messages = [text for text in messages if text not in shown]
        yield from messages[:MOST_LISTED]
        if len(messages) > MOST_LISTED:
            yield f"Assets reports {len(messages) - MOST_LISTED:,} more messages"

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
        lines += [f"  {object_type}" for object_type in self.object_types if not object_type.is_empty]
        return "\n".join([*lines, *(f"  {line}" for line in self._lines())])

    def _repr_html_(self) -> str:
        # Rare outcomes have a column only if they occurred.
        names = [
            "sent",
            *(
                name
                for name in COLUMNS
                if name in ALWAYS_SHOWN
                or any(getattr(object_type, name) for object_type in self.object_types)
            ),
        ]
        sign, tone = (
            ("✓", Tone.GOOD) if self.ok else ("✗", Tone.BAD) if self.confirmed else ("?", Tone.DOUBTFUL)
        )
        return whole(
            below(joined(strong("Import"), " ", mark(f"{sign} {self._headline()}", tone))),
            counts_table(self.object_types, names) if self.object_types else "Nothing was sent.",
            bullets(self._lines()),
            below(
                faint(
                    f"{count_text(self.sent, 'record')} sent in {count_text(self.chunks, 'chunk')}, "
                    f"{duration_text(self.duration)}"
                )
            ),
        )


def _with_examples(problem: ImportProblem) -> str:
    """Return the description with some examples. Without a count, it is itself the first message."""
    examples = problem.examples[:3] if problem.count else ()
    return f"{problem.description} ({'; '.join(examples)})" if examples else problem.description
