"""Results of records: those that were not sent, and those of each object type."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Self

from attrs import asdict, field, frozen

from .._display.values import plain_data, public_value
from ..exceptions import RecordError
from .execution_status import ExecutionStatus, ObjectTypeStatus
from .progress import count_text


@frozen(kw_only=True)
@public_value
class FailedRecord:
    """Record that was not sent, with the reason.

    Attributes:
        selector: Selector of its object type.
        index: Position among the records of that selector, from 0, or None.
        path: Place inside the record.
        reason: Problem at that place.
        record: The caller's own record.
    """

    selector: str
    index: int | None
    path: str
    reason: str
    record: object = field(repr=False)

    @classmethod
    def from_error(cls, error: RecordError) -> Self:
        """Return the record of an error."""
        return cls(
            selector=error.selector,
            index=error.index,
            path=error.path,
            reason=error.reason,
            record=error.record,
        )

    def to_dict(self) -> dict[str, object]:
        """Return JSON-ready data without the record itself."""
        return plain_data(self, "selector index path reason")

    def __str__(self) -> str:
        return f"{self.selector}[{self.index}]: {self.path or 'the record'} {self.reason}"


#: Parts that differ between records with the same problem: positions in a path, and details in parentheses.
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
    """Results of the records of one object type.

    Attributes:
        name: Name of the object type in Assets.
        selector: Selector of its records; empty for a type that this import did not send.
        sent: Number of records in accepted chunks.
        status: Report of Assets about the type; None if there is none.
    """

    __module__ = "jsm_assets_dest"

    name: str
    selector: str = ""
    sent: int = 0
    status: ObjectTypeStatus | None = None

    def __repr__(self) -> str:
        counts = f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged, {self.failed} failed"
        return f"<ObjectTypeResult {self.name}: {self.sent} sent, {counts if self.status else 'no report'}>"

    @property
    def created(self) -> int:
        """Number of created objects."""
        return self.status.created if self.status else 0

    @property
    def updated(self) -> int:
        """Number of updated objects."""
        return self.status.updated if self.status else 0

    @property
    def unchanged(self) -> int:
        """Number of unchanged objects."""
        return self.status.unchanged if self.status else 0

    @property
    def failed(self) -> int:
        """Number of records that Assets could not import."""
        return self.status.failed if self.status else 0

    @property
    def missing_updated(self) -> int:
        """Number of objects that were not in the data and were updated for it."""
        return self.status.missing_updated if self.status else 0

    @property
    def missing_deleted(self) -> int:
        """Number of objects that were not in the data and were deleted."""
        return self.status.missing_deleted if self.status else 0

    @property
    def duplicates(self) -> int:
        """Number of records whose identifier occurred earlier in the same import."""
        return self.status.duplicates if self.status else 0

    @property
    def empty_identifiers(self) -> int:
        """Number of records without an identifier."""
        return self.status.empty_identifiers if self.status else 0

    @property
    def empty_labels(self) -> int:
        """Number of records without a label."""
        return self.status.empty_labels if self.status else 0

    @property
    def messages(self) -> tuple[str, ...]:
        """Error messages of the service."""
        return self.status.messages if self.status else ()

    @property
    def reported(self) -> int:
        """Number of records in the report of Assets."""
        if self.status is None:
            return 0
        imported = self.created + self.updated + self.unchanged + self.failed
        return imported + self.duplicates + self.empty_identifiers + self.empty_labels + self.status.filtered

    @property
    def unaccounted(self) -> int:
        """Number of sent records that are missing from the report of Assets; 0 if there is no report."""
        return 0 if self.status is None else max(0, self.sent - self.reported)

    @property
    def is_empty(self) -> bool:
        """True if nothing was sent and nothing changed. The service lists every type of the mapping."""
        return not self.sent and not self.messages and not any(getattr(self, name) for name in COLUMNS)

    def to_dict(self) -> dict[str, object]:
        """Return the result as JSON-ready data."""
        status = {} if self.status is None else asdict(self.status, recurse=False)
        messages = list(self.messages)
        return {
            "entries": None,
            **{name: getattr(self, name) for name in COLUMNS},
            **status,
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


#: Counts that are displayed even if they are 0.
ALWAYS_SHOWN = ("created", "updated", "unchanged", "failed")


def object_type_results(
    names: Mapping[str, str], sent: Mapping[str, int], status: ExecutionStatus
) -> tuple[ObjectTypeResult, ...]:
    """Combine the sent counts with the report of Assets.

    Args:
        names: Names of the object types in Assets, by selector.
        sent: Number of sent records, by selector.
        status: Last status of the execution.
    """
    reports = {report.name.strip().casefold(): report for report in status.object_types}
    results = [
        ObjectTypeResult(
            name=names.get(selector, selector),
            selector=selector,
            sent=sent.get(selector, 0),
            status=reports.pop(names.get(selector, selector).strip().casefold(), None),
        )
        for selector in dict.fromkeys((*names, *sent))
    ]
    results = [result for result in results if result.sent or result.status is not None]
    return (*results, *(ObjectTypeResult(name=report.name, status=report) for report in reports.values()))
