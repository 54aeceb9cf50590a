"""Reading the status document of an execution, whatever is missing in it.

The shape is that of Atlassian's OpenAPI document. Observed besides: while it takes data, the body may hold nothing but
the status; `errorCount` is there live and missing in the document; ids are numbers here and text elsewhere;
`infoMessage` may say "No data to import" although objects were created; `duplicateEnries` is spelled like that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from attrs import field, frozen

from .._wire.json_reading import as_number, as_object, as_text, as_texts

#: States of an execution. Any other word is one that nobody has seen yet: it does not end anything.
INGESTING, PROCESSING, DONE, CANCELLED = "INGESTING", "PROCESSING", "DONE", "CANCELLED"

#: Characters of one of the service's messages that are kept, and how many messages of one object type.
LONGEST_MESSAGE, MOST_MESSAGES = 1000, 100


@frozen(kw_only=True)
class ObjectTypeStatus:
    """What Assets says about one object type.

    Attributes:
        name: Its name in Assets.
        object_type_id: Its id.
        created: Objects that are new.
        updated: Objects that changed.
        unchanged: Objects that were the same already.
        failed: Entries that Assets could not take. Where the service counts no errors but has messages, the entries it
            leaves unexplained, and at least one.
        missing_updated: Objects that were not in the data and were marked.
        missing_deleted: Objects that were not in the data and were deleted.
        entries: Entries in the data, as Assets counted them, or None.
        duplicates: Entries whose identifier came before.
        empty_labels: Entries without a label.
        empty_identifiers: Entries without an identifier.
        filtered: Entries that a query of the import source left out.
        updated_references: Objects whose references changed.
        messages: What went wrong, in the service's words.
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
    """What Assets says about an execution.

    Attributes:
        state: INGESTING, PROCESSING, DONE, CANCELLED, or a word nobody has seen yet; empty when there was none.
        execution_id: Where the service gives one.
        result: "OK", or another word, once it is done.
        message: A remark of the service; not to be relied on.
        started: When it started, as the service writes it.
        ended: When it ended.
        entries: Entries in the whole import, or None.
        object_types: What became of each object type.
        messages: What went wrong with the import as a whole.
        document: Everything the service sent.
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
        """Whether chunks can be sent."""
        return self.state == INGESTING

    @property
    def is_done(self) -> bool:
        """Whether Assets has worked everything off."""
        return self.state == DONE

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody cancelled it."""
        return self.state == CANCELLED

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more. A state nobody knows is not over."""
        return self.state in (DONE, CANCELLED)

    @property
    def is_known(self) -> bool:
        """Whether the state is one of the four documented ones."""
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
            yield from (f"{name}: {one}"[:LONGEST_MESSAGE] for one in _texts(text))
    elif isinstance(value, (list, tuple)):
        for item in cast("list[object]", value):
            yield from _texts(item)
    elif value is not None:
        yield str(value)[:LONGEST_MESSAGE]


def read_messages(value: object) -> tuple[str, ...]:
    """The service's messages: null, text, a list or an object of them."""
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
    """The status in a document as the service sends it; what is missing or of another kind is empty."""
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
