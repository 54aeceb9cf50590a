"""Status of an execution, read from a document that may lack any part.

The form follows Atlassian's OpenAPI document. Observed in addition: while the execution accepts data, the document may
contain only the status; `errorCount` exists on live sites and not in the OpenAPI document; ids are numbers here and strings
elsewhere; `infoMessage` may be "No data to import" although objects were created; `duplicateEnries` is spelled this way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from attrs import field, frozen

from .._wire.json_values import as_number, as_object, as_text, as_texts

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
