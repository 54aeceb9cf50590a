"""Runs, executions, and chunks in a journal."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Protocol

from attrs import frozen


class RunState(enum.StrEnum):
    """State of a run."""

    #: Chunks are being sent.
    OPEN = "open"
    #: The end of the data is being sent or was sent. No chunk may follow.
    COMPLETING = "completing"
    #: Assets has processed everything.
    DONE = "done"
    #: It was cancelled.
    CANCELLED = "cancelled"
    #: A later run replaced it.
    ABANDONED = "abandoned"


class ChunkState(enum.StrEnum):
    """State of a chunk."""

    #: Cut and perhaps sent. It is unknown whether the service accepted it, so it is sent again.
    PLANNED = "planned"
    #: The service accepted it.
    ACCEPTED = "accepted"
    #: It was too large for the service. Its halves have entries of their own.
    SPLIT = "split"


class PlannedChunk(Protocol):
    """Parts of a `Chunk` that the journal stores."""

    @property
    def index(self) -> int:
        """Number within the run."""
        ...

    @property
    def part(self) -> str:
        """Letters of the half, or of the half of a half; usually empty."""
        ...

    @property
    def id(self) -> str:
        """Id that is sent to the service."""
        ...

    @property
    def digest(self) -> str:
        """Digest of the data."""
        ...

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of records by selector."""
        ...

    @property
    def size(self) -> int:
        """Number of bytes."""
        ...


@frozen(kw_only=True)
class JournalExecution:
    """Execution of a run.

    Attributes:
        number: Number within the run, from 1. A run that could not continue in its execution has a second one.
        execution_id: Id of the execution, if known.
        links: Links by name; empty if they must not be stored.
    """

    number: int
    execution_id: str
    links: Mapping[str, str]


@frozen(kw_only=True)
class JournalRun:
    """Run of an import.

    Attributes:
        id: First part of the ids of its chunks.
        import_source: Id of the import source.
        model_digest: Digest of the model of its records.
        test: True for a test import, which contains only some records.
        state: State of the run.
        started: Seconds since 1970.
        ended: Seconds since 1970, or None.
        counts: Number of records by selector, after the end.
        encoder: Encoder of its chunks: "json" or "orjson".
        execution: Last execution, or None.
    """

    id: str
    import_source: str
    model_digest: str
    test: bool
    state: RunState
    started: float
    ended: float | None
    counts: Mapping[str, int]
    encoder: str
    execution: JournalExecution | None

    @property
    def is_open(self) -> bool:
        """True if it can be resumed."""
        return self.state in (RunState.OPEN, RunState.COMPLETING)


@frozen(kw_only=True)
class JournalChunk:
    """Chunk of a run. The same id means the same bytes, because the id contains the digest."""

    id: str
    digest: str
    state: ChunkState
    counts: Mapping[str, int]
    bytes: int
