"""
The journal of a run, as sending and resuming use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import define, field

from .._wire.chunks import Chunk
from ..exceptions import JournalMismatchError
from ..journal import ChunkState, Journal, JournalChunk


class Record(Protocol):
    """
    What sending needs of a journal.
    """

    def fate(self, chunk: Chunk) -> ChunkState | None:
        """
        What an interrupted run has already done with a chunk; None for one that it never cut.
        """
        ...

    def planned(self, chunk: Chunk) -> None:
        """
        Note a chunk before it is sent.
        """
        ...

    def accepted(self, chunk: Chunk) -> None:
        """
        Note that the service took it.
        """
        ...

    def split(self, chunk: Chunk) -> None:
        """
        Note that the service found it too large.
        """
        ...


class NoRecord:
    """
    For runs without a journal.
    """

    def fate(self, chunk: Chunk) -> ChunkState | None:  # noqa: ARG002 - nothing is known of any
        """
        None.
        """
        return None

    def planned(self, chunk: Chunk) -> None:
        """
        Nothing.
        """

    def accepted(self, chunk: Chunk) -> None:
        """
        Nothing.
        """

    def split(self, chunk: Chunk) -> None:
        """
        Nothing.
        """


@define
class JournalRecord:
    """
    The journal of one execution of a run.

    Attributes:
        journal: The open journal.
        run_id: The run.
        number: The number of the execution in the run.
        before: What an interrupted run did in this very execution, by the names of its chunks.
    """

    journal: Journal
    run_id: str
    number: int
    before: Mapping[str, JournalChunk] = field(factory=dict, repr=False)

    def fate(self, chunk: Chunk) -> ChunkState | None:
        """
        What an interrupted run has already done with a chunk.

        Raises:
            JournalMismatchError: It had a chunk of that number with other records in it. What the service may have
                taken then cannot be taken back from this execution.
        """
        known = self.before.get(chunk.name)
        if known is None:
            return None
        if known.digest != chunk.digest:
            raise JournalMismatchError(
                f"The records of chunk {chunk.name} are not those that the interrupted run had; nothing more was sent.",
                cause="The source certainly gives other records, or in another order, than before.",
                remedies=(
                    "You: import_records() with the same journal starts afresh; it cancels the interrupted execution first.",
                ),
            )
        return known.state

    def planned(self, chunk: Chunk) -> None:
        """
        Note a chunk before it is sent.
        """
        self.journal.plan(self.run_id, self.number, chunk)

    def accepted(self, chunk: Chunk) -> None:
        """
        Note that the service took it.
        """
        self.journal.accept(self.run_id, self.number, chunk)

    def split(self, chunk: Chunk) -> None:
        """
        Note that the service found it too large.
        """
        self.journal.split(self.run_id, self.number, chunk)
