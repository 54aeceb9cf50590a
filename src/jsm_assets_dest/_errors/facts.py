"""Facts that errors carry from one place to another, and what a handler can read from the values on an error.

The values themselves are defined in layers above the errors; here are only their protocols.
"""

from __future__ import annotations

from typing import Protocol, TypedDict


class Place(TypedDict, total=False):
    """Place and time of a failure, and the server's messages: the facts that `AssetsError.place` copies."""

    operation: str
    status: int | None
    method: str
    path: str
    host: str
    code: str
    messages: tuple[str, ...]
    field_errors: dict[str, str]
    request_id: str
    account: str
    retry_after: float | None
    attempts: int
    elapsed: float | None
    body_excerpt: str


class ResultFacts(Protocol):
    """The parts of an `ImportResult` that are available on every error with a result."""

    @property
    def confirmed(self) -> bool:
        """True if Assets reported DONE."""
        ...

    @property
    def sent(self) -> int:
        """Number of records that were sent."""
        ...

    @property
    def created(self) -> int:
        """Number of created objects."""
        ...

    @property
    def updated(self) -> int:
        """Number of updated objects."""
        ...

    @property
    def unchanged(self) -> int:
        """Number of unchanged objects."""
        ...

    @property
    def failed_objects(self) -> int:
        """Number of objects that Assets rejected."""
        ...

    def to_dict(self) -> dict[str, object]:
        """Return the result as JSON-ready data."""
        ...


class ExecutionFacts(Protocol):
    """The parts of an `Execution` that are available on every error with one. `ImportToken.attach` accepts it."""

    @property
    def id(self) -> str:
        """Id of the execution in Assets."""
        ...

    @property
    def site(self) -> str:
        """Address of the site."""
        ...

    @property
    def import_source_id(self) -> str:
        """Id of the import that it is a run of."""
        ...

    def to_dict(self) -> dict[str, object]:
        """Return the execution as JSON-ready data without any secret."""
        ...


class PreviewFacts(Protocol):
    """The parts of an `ImportPreview` that are available on every error with one. Imports accept it as `allow_missing`."""

    @property
    def missing(self) -> int:
        """Number of existing objects without a record."""
        ...

    @property
    def is_complete(self) -> bool:
        """True if all records were compared with all existing objects."""
        ...

    def to_dict(self) -> dict[str, object]:
        """Return the preview as JSON-ready data."""
        ...


class ReportFacts(Protocol):
    """The parts of a report or checklist that are available on every error with one."""

    @property
    def site(self) -> str:
        """Address of the site."""
        ...

    @property
    def ok(self) -> bool:
        """True if there are no problems."""
        ...

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready data."""
        ...


for _protocol in (ResultFacts, ExecutionFacts, PreviewFacts, ReportFacts):
    _protocol.__module__ = "jsm_assets_dest.exceptions"  # the public module of these names
