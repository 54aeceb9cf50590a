"""Report of Assets about an execution, and the results of its records: failed ones, and those of each object type.

The report is read from a document that may lack any part. Its form follows Atlassian's OpenAPI document. Observed in
addition: while the execution accepts data, the document may contain only the status; `errorCount` exists on live sites and
not in the OpenAPI document; ids are numbers here and strings elsewhere; `infoMessage` may be "No data to import" although
objects were created; `duplicateEnries` is spelled this way.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, cast

from attrs import asdict, field, fields, frozen

from .._display.values import plain_data, public_value
from .._wire.json_reading import as_number, as_object, as_text, as_texts
from ..exceptions import RecordError
from .counts import count_text, counts_text

#: Known states of an execution. Any other state counts as running.
INGESTING, PROCESSING, DONE, CANCELLED = "INGESTING", "PROCESSING", "DONE", "CANCELLED"

#: Maximum characters of a message of the service, and maximum number of messages per object type.
LONGEST_MESSAGE, MOST_MESSAGES = 1000, 100


@frozen(kw_only=True)
class ObjectTypeStatus:
    """Report of Assets about one object type.

    Attributes:
        name: Name in Assets.
        object_type_id: Id of the object type.
        created: Number of created objects.
        updated: Number of updated objects.
        unchanged: Number of unchanged objects.
        failed: Number of entries that Assets could not import. If the service reports messages but no error count, the number
            of unexplained entries, at least 1.
        missing_updated: Number of objects that were not in the data and were updated for it.
        missing_deleted: Number of objects that were not in the data and were deleted.
        entries: Number of entries in the data, as Assets counted them, or None.
        duplicates: Number of entries whose identifier occurred before.
        empty_labels: Number of entries without a label.
        empty_identifiers: Number of entries without an identifier.
        filtered: Number of entries that a query of the import source excluded.
        updated_references: Number of objects whose references changed.
        messages: Error messages of the service.
    """

    name: str
    object_type_id: str = ""
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    missing_updated: int = 0
    missing_deleted: int = 0
    entries: int | None = None
    duplicates: int = 0
    empty_labels: int = 0
    empty_identifiers: int = 0
    filtered: int = 0
    updated_references: int = 0
    messages: tuple[str, ...] = ()


@frozen(kw_only=True)
class ExecutionStatus:
    """Report of Assets about an execution.

    Attributes:
        state: INGESTING, PROCESSING, DONE, CANCELLED, or a state unknown to this library; empty if it is missing.
        execution_id: Id of the execution, if the service reports it.
        result: "OK" or another word after the end.
        message: Information of the service, which may be wrong.
        started: Time of the start, as the service formats it.
        ended: Time of the end.
        entries: Number of entries in the whole import, or None.
        object_types: Reports about the object types.
        messages: Error messages about the whole import.
        document: The complete document.
    """

    state: str
    execution_id: str = ""
    result: str = ""
    message: str = ""
    started: str = ""
    ended: str = ""
    entries: int | None = None
    object_types: tuple[ObjectTypeStatus, ...] = ()
    messages: tuple[str, ...] = ()
    document: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @property
    def takes_data(self) -> bool:
        """True if chunks can be sent."""
        return self.state == INGESTING

    @property
    def is_done(self) -> bool:
        """True if Assets has processed everything."""
        return self.state == DONE

    @property
    def is_cancelled(self) -> bool:
        """True if it was cancelled."""
        return self.state == CANCELLED

    @property
    def is_over(self) -> bool:
        """True if the execution has ended. An unknown state counts as running."""
        return self.state in (DONE, CANCELLED)

    @property
    def is_known(self) -> bool:
        """True if the state is one of the four documented ones."""
        return self.state in (INGESTING, PROCESSING, DONE, CANCELLED)


def _id(value: object) -> str:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _count(document: Mapping[str, object], name: str) -> int:
    return max(0, as_number(document.get(name), 0))


def _counted(document: Mapping[str, object], name: str) -> int | None:
    value = document.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip():
            yield value[:LONGEST_MESSAGE]
    elif isinstance(value, Mapping):
        for name, text in cast("Mapping[str, object]", value).items():
            yield from (f"{name}: {message}"[:LONGEST_MESSAGE] for message in _texts(text))
    elif isinstance(value, (list, tuple)):
        for item in cast("list[object]", value):
            yield from _texts(item)
    elif value is not None:
        yield str(value)[:LONGEST_MESSAGE]


def read_messages(value: object) -> tuple[str, ...]:
    """Read messages of the service: null, a string, or a list or an object of messages."""
    return tuple(text for text, _ in zip(_texts(value), range(MOST_MESSAGES), strict=False))


def _object_type(key: str, document: Mapping[str, object]) -> ObjectTypeStatus:
    messages = read_messages(document.get("errorMessages"))
    counts = {
        "created": _count(document, "objectsCreated"),
        "updated": _count(document, "objectsUpdated"),
        "unchanged": _count(document, "objectsIdentical"),
        "duplicates": _count(document, "duplicateEnries") or _count(document, "duplicateEntries"),
        "empty_labels": _count(document, "emptyLabelEntries"),
        "empty_identifiers": _count(document, "emptyExternalIdEntries"),
        "filtered": _count(document, "objectsFilteredWithQlQuery"),
    }
    entries = _counted(document, "entriesInSource")
    failed = _counted(document, "errorCount")
    if failed is None:
        failed = max(1, (entries or 0) - sum(counts.values())) if messages else 0
    return ObjectTypeStatus(
        name=as_text(document.get("objectTypeName")),
        object_type_id=_id(document.get("objectTypeId")) or key,
        failed=failed,
        missing_updated=_count(document, "objectsMissingUpdated"),
        missing_deleted=_count(document, "objectsMissingDeleted"),
        entries=entries,
        updated_references=_count(document, "objectsWithUpdatedReferences"),
        messages=messages,
        **counts,
    )


def read_execution_status(document: object) -> ExecutionStatus:
    """Read the status document of the service. Missing or malformed parts are empty."""
    source = as_object(document)
    progress = as_object(source.get("progressResult"))
    types = as_object(progress.get("objectTypeResultMap"))
    return ExecutionStatus(
        state=as_text(source.get("status")).strip().upper(),
        execution_id=_id(source.get("executionId")),
        result=as_text(progress.get("result")),
        message=as_text(progress.get("infoMessage"))[:LONGEST_MESSAGE],
        started=as_text(progress.get("started")),
        ended=as_text(progress.get("ended")),
        entries=_counted(progress, "totalNumberEntriesInImport"),
        object_types=tuple(_object_type(key, as_object(value)) for key, value in types.items()),
        messages=(*read_messages(progress.get("errorMessages")), *as_texts(source.get("errorMessages"))),
        document=source,
    )


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
@public_value
class ObjectTypeResult(ObjectTypeStatus):
    """Results of the records of one object type. Without a report of Assets, its counts are 0. `of` copies them from a report.

    Attributes:
        name: Name of the object type in Assets.
        selector: Selector of its records; empty for a type that this import did not send.
        sent: Number of records in accepted chunks.
        status: Report of Assets about the type; None if there is none.
        created: Number of created objects.
        updated: Number of updated objects.
        unchanged: Number of unchanged objects.
        failed: Number of records that Assets could not import.
        missing_updated: Number of objects that were not in the data and were updated for it.
        missing_deleted: Number of objects that were not in the data and were deleted.
        duplicates: Number of records whose identifier occurred earlier in the same import.
        empty_identifiers: Number of records without an identifier.
        empty_labels: Number of records without a label.
        messages: Error messages of the service.
        object_type_id: Id of the object type; empty without a report.
        entries: Number of records as Assets counted them, or None.
        filtered: Number of records that a query of the import source excluded.
        updated_references: Number of objects whose references changed.
    """

    selector: str = ""
    sent: int = 0
    status: ObjectTypeStatus | None = None

    @classmethod
    def of(cls, name: str, selector: str, sent: int, status: ObjectTypeStatus | None) -> Self:
        """Return the result of an object type with the counts of its report."""
        counts: dict[str, Any] = {} if status is None else asdict(status, recurse=False)
        counts["name"] = name
        return cls(**counts, selector=selector, sent=sent, status=status)

    def __repr__(self) -> str:
        counts = f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged, {self.failed} failed"
        return f"<ObjectTypeResult {self.name}: {self.sent} sent, {counts if self.status else 'no report'}>"

    @property
    def reported(self) -> int:
        """Number of records in the report of Assets."""
        imported = self.created + self.updated + self.unchanged + self.failed
        return imported + self.duplicates + self.empty_identifiers + self.empty_labels + self.filtered

    @property
    def unaccounted(self) -> int:
        """Number of sent records that are missing from the report of Assets; 0 without a report."""
        return 0 if self.status is None else max(0, self.sent - self.reported)

    @property
    def is_empty(self) -> bool:
        """True if nothing was sent and nothing changed. The service lists every type of the mapping."""
        return not self.sent and not self.messages and not any(getattr(self, name) for name in COLUMNS)

    def to_dict(self) -> dict[str, object]:
        """Return the result as JSON-ready data."""
        names = " ".join(attribute.name for attribute in fields(ObjectTypeStatus))
        return {**plain_data(self, f"{names} selector sent unaccounted"), "reported": self.status is not None}

    def __str__(self) -> str:
        counts = counts_text(self, COLUMNS, ALWAYS_SHOWN) if self.status else "nothing confirmed"
        return f"{self.name}: {self.sent:,} sent, {counts}"


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
        ObjectTypeResult.of(name, selector, sent.get(selector, 0), reports.pop(name.strip().casefold(), None))
        for selector in dict.fromkeys((*names, *sent))
        for name in (names.get(selector, selector),)
    ]
    results = [result for result in results if result.sent or result.status is not None]
    return (*results, *(ObjectTypeResult.of(report.name, "", 0, report) for report in reports.values()))
