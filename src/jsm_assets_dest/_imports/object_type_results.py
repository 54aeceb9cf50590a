"""What became of the records: those that were not sent, and those of each object type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Self

from attrs import asdict, field, frozen

from ..exceptions import RecordError
from .execution_status import ExecutionStatus, ObjectTypeStatus
from .progress import count_text


@frozen(kw_only=True)
class FailedRecord:
    """A record that was not sent, and why.

    Attributes:
        selector: Which object type it was meant for.
        index: Its position among the records of that selector, from 0, or None.
        path: The place inside the record.
        reason: What is wrong there.
        record: The caller's own record.
    """

    selector: str
    index: int | None
    path: str
    reason: str
    record: object = field(repr=False)

    @classmethod
    def from_error(cls, error: RecordError) -> Self:
        """What an error says about its record."""
        return cls(
            selector=error.selector,
            index=error.index,
            path=error.path,
            reason=error.reason,
            record=error.record,
        )

    def to_dict(self) -> dict[str, object]:
        """Everything but the record itself, as JSON-ready data."""
        return {"selector": self.selector, "index": self.index, "path": self.path, "reason": self.reason}

    def __str__(self) -> str:
        return f"{self.selector}[{self.index}]: {self.path or 'the record'} {self.reason}"


#: What differs between records with the same mistake: positions in a path, and the end of a reason in parentheses.
_POSITION, _DETAIL = re.compile(r"\[\d+\]"), re.compile(r" \([^()]*\)$")


def failure_reasons(failed: Iterable[FailedRecord]) -> list[str]:
    """Return the reasons of failed records, the most frequent first, each with its number of records."""
    counts = Counter(
        f"{record.selector}, {_POSITION.sub('', record.path) or 'the record'} {_DETAIL.sub('', record.reason)}"
        for record in failed
    )
    return [f"{reason}: {count_text(count, 'record')}" for reason, count in counts.most_common()]


@frozen(kw_only=True)
class ObjectTypeResult:
    """What became of the records of one object type.

    Attributes:
        name: The object type's name in Assets.
        selector: Under which its records were given; empty for a type that this import did not send.
        sent: Records in chunks that the service took.
        status: What Assets said about the type; None while it has not said anything.
    """

    name: str
    selector: str = ""
    sent: int = 0
    status: ObjectTypeStatus | None = None

    @property
    def created(self) -> int:
        """Objects that are new."""
        return self.status.created if self.status else 0

    @property
    def updated(self) -> int:
        """Objects that changed."""
        return self.status.updated if self.status else 0

    @property
    def unchanged(self) -> int:
        """Objects that were the same already."""
        return self.status.unchanged if self.status else 0

    @property
    def failed(self) -> int:
        """Records that Assets could not take."""
        return self.status.failed if self.status else 0

    @property
    def missing_updated(self) -> int:
        """Objects that were not in the data and were marked."""
        return self.status.missing_updated if self.status else 0

    @property
    def missing_deleted(self) -> int:
        """Objects that were not in the data and were deleted."""
        return self.status.missing_deleted if self.status else 0

    @property
    def duplicates(self) -> int:
        """Records whose identifier came before in the same import."""
        return self.status.duplicates if self.status else 0

    @property
    def empty_identifiers(self) -> int:
        """Records without an identifier."""
        return self.status.empty_identifiers if self.status else 0

    @property
    def empty_labels(self) -> int:
        """Records without a label."""
        return self.status.empty_labels if self.status else 0

    @property
    def messages(self) -> tuple[str, ...]:
        """What went wrong, in the service's words."""
        return self.status.messages if self.status else ()

    @property
    def unaccounted(self) -> int:
        """Records sent that Assets said nothing about, once it has said something; 0 when all are accounted for."""
        if self.status is None:
            return 0
        told = self.created + self.updated + self.unchanged + self.failed + self.duplicates
        told += self.empty_identifiers + self.empty_labels + self.status.filtered
        return max(0, self.sent - told)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was sent and nothing happened; the service lists every type of the mapping."""
        return not self.sent and not self.messages and not any(getattr(self, name) for name in COLUMNS)

    def to_dict(self) -> dict[str, object]:
        """The whole value as JSON-ready data."""
        said = {} if self.status is None else asdict(self.status, recurse=False)
        messages = list(self.messages)
        return {
            "entries": None,
            **{name: getattr(self, name) for name in COLUMNS},
            **said,
            "name": self.name,
            "selector": self.selector,
            "sent": self.sent,
            "messages": messages,
            "unaccounted": self.unaccounted,
            "reported": self.status is not None,
        }

    def __str__(self) -> str:
        parts = [f"{self.sent:,} sent"]
        parts += [
            f"{getattr(self, name):,} {name.replace('_', ' ')}"
            for name in COLUMNS
            if name in ALWAYS_SHOWN or getattr(self, name)
        ]
        return f"{self.name}: {', '.join(parts) if self.status else parts[0] + ', nothing confirmed'}"


COLUMNS = (
    "created",
    "updated",
    "unchanged",
    "failed",
    "missing_updated",
    "missing_deleted",
    "duplicates",
    "empty_identifiers",
    "empty_labels",
    "unaccounted",
)


#: Those that are said even when they are 0.
ALWAYS_SHOWN = ("created", "updated", "unchanged", "failed")


def object_type_results(
    names: Mapping[str, str], sent: Mapping[str, int], status: ExecutionStatus
) -> tuple[ObjectTypeResult, ...]:
    """What was sent, beside what Assets says about it.

    Args:
        names: For each selector the name its object type has in Assets.
        sent: Records sent, by selector.
        status: What the execution said last.
    """
    said = {one.name.strip().casefold(): one for one in status.object_types}
    results = [
        ObjectTypeResult(
            name=names.get(selector, selector),
            selector=selector,
            sent=sent.get(selector, 0),
            status=said.pop(names.get(selector, selector).strip().casefold(), None),
        )
        for selector in dict.fromkeys((*names, *sent))
    ]
    results = [one for one in results if one.sent or one.status is not None]
    return (*results, *(ObjectTypeResult(name=one.name, status=one) for one in said.values()))
