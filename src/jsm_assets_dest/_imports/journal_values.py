"""Runs, executions and chunks, as the journal knows them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Protocol

from attrs import frozen


class RunState(enum.StrEnum):
    """How far a run got."""

    #: Chunks are being sent.
    OPEN = "open"
    #: The service is being told, or has been told, that the data is complete: no chunk may follow.
    COMPLETING = "completing"
    #: Assets has worked everything off.
    DONE = "done"
    #: Somebody cancelled it.
    CANCELLED = "cancelled"
    #: A later run took its place.
    ABANDONED = "abandoned"


class ChunkState(enum.StrEnum):
    """How far a chunk got."""

    #: Cut, and perhaps sent: nobody knows whether the service took it, so it is sent again.
    PLANNED = "planned"
    #: The service took it.
    ACCEPTED = "accepted"
    #: The service found it too large; its halves have entries of their own.
    SPLIT = "split"


class PlannedChunk(Protocol):
    """What the journal notes of a chunk; `_wire.chunks.Chunk` is one."""

    @property
    def index(self) -> int:
        """Its number in the run."""
        ...

    @property
    def part(self) -> str:
        """Which half of the half of it; usually empty."""
        ...

    @property
    def id(self) -> str:
        """What the service is told as its id."""
        ...

    @property
    def digest(self) -> str:
        """Of its data."""
        ...

    @property
    def counts(self) -> Mapping[str, int]:
        """Records by selector."""
        ...

    @property
    def size(self) -> int:
        """Bytes before compression."""
        ...


@frozen(kw_only=True)
class JournalExecution:
    """An execution of a run.

    Attributes:
        number: Its number in the run, from 1; a run that could not go on in its execution has a second one.
        execution_id: Its id, where it is known.
        links: Its links by name; empty when they were not fit to be stored.
    """

    number: int
    execution_id: str
    links: Mapping[str, str]


@frozen(kw_only=True)
class JournalRun:
    """A run, as the journal knows it.

    Attributes:
        id: Stands at the front of the ids of its chunks.
        import_source: The id of the import source it fills.
        model_digest: Of the model that its records were checked against.
        test: Whether it is a test import, of some records only.
        state: How far it got.
        started: Seconds since 1970.
        ended: Seconds since 1970, or None.
        counts: Records by selector, once it has ended.
        encoder: What wrote its chunks: "json" or "orjson".
        execution: Its last execution, or None.
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
        """Whether it can be resumed."""
        return self.state in (RunState.OPEN, RunState.COMPLETING)


@frozen(kw_only=True)
class JournalChunk:
    """A chunk, as the journal knows it; the same id means the same bytes, because the id has the digest inside."""

    id: str
    digest: str
    state: ChunkState
    counts: Mapping[str, int]
    bytes: int
