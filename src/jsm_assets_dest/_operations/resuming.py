"""The journal of a run, as sending and resuming use it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Protocol

from attrs import define, field

from .._imports.chunk import Chunk
from .._imports.journal import Journal
from .._imports.journal_values import ChunkState, JournalChunk
from .._model.schema_model import SchemaModel
from ..exceptions import JournalMismatchError


def shape_of(model: SchemaModel) -> str:
    """A digest of what decides which part of a record is sent where: selectors, locators, identifiers.

    The whole model's digest would be too strict: a model that was read back from Assets lacks what only its author knew,
    and is the same model for a record. That the records themselves are the same, the digests of the chunks say.
    """
    shape = {
        spec.selector: sorted([*one.locators, one.identifier] for one in spec.mapped_attributes)
        for spec in model.object_types
        if spec.mapped
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()


class Record(Protocol):
    """What sending needs of a journal."""

    def fate(self, chunk: Chunk) -> ChunkState | None:
        """What an interrupted run has already done with a chunk; None for one that it never cut."""
        ...

    def planned(self, chunk: Chunk) -> None:
        """Note a chunk before it is sent."""
        ...

    def accepted(self, chunk: Chunk) -> None:
        """Note that the service took it."""
        ...

    def split(self, chunk: Chunk) -> None:
        """Note that the service found it too large."""
        ...

    def ended(self) -> None:
        """Make sure, at the end of the source, that nothing is missing which an interrupted run sent."""
        ...


class NoRecord:
    """For runs without a journal."""

    def fate(self, chunk: Chunk) -> ChunkState | None:  # noqa: ARG002 - nothing is known of any
        """None."""
        return None

    def planned(self, chunk: Chunk) -> None:
        """Nothing."""

    def accepted(self, chunk: Chunk) -> None:
        """Nothing."""

    def split(self, chunk: Chunk) -> None:
        """Nothing."""

    def ended(self) -> None:
        """Nothing."""


@define
class JournalRecord:
    """The journal of one execution of a run.

    Attributes:
        journal: The open journal.
        run_id: The run.
        number: The number of the execution in the run.
        before: What an interrupted run did in this very execution, by the names of its chunks.
        met: Those of them that were cut again.
    """

    journal: Journal
    run_id: str
    number: int
    before: Mapping[str, JournalChunk] = field(factory=dict, repr=False)
    met: set[str] = field(factory=set, init=False, repr=False)

    def fate(self, chunk: Chunk) -> ChunkState | None:
        """What an interrupted run has already done with a chunk.

        Raises:
            JournalMismatchError: It had a chunk of that number with other records in it. What the service may have
                taken then cannot be taken back from this execution.
        """
        known = self.before.get(chunk.name)
        if known is None:
            return None
        if known.digest != chunk.digest:
            raise _other_records(
                f"The records of chunk {chunk.name} are not those that the interrupted run had"
            )
        self.met.add(chunk.name)
        return known.state

    def ended(self) -> None:
        """Make sure, at the end of the source, that nothing is missing which an interrupted run sent.

        Raises:
            JournalMismatchError: There was more before: the service has records that the source does not have now.
        """
        missing = self.before.keys() - self.met
        if missing:
            raise _other_records(
                f"The source ended before chunk {min(missing, key=lambda name: (len(name), name))}, which the interrupted run had sent"
            )

    def planned(self, chunk: Chunk) -> None:
        """Note a chunk before it is sent."""
        self.journal.plan(self.run_id, self.number, chunk)

    def accepted(self, chunk: Chunk) -> None:
        """Note that the service took it."""
        self.journal.accept(self.run_id, self.number, chunk)

    def split(self, chunk: Chunk) -> None:
        """Note that the service found it too large."""
        self.journal.split(self.run_id, self.number, chunk)


def _other_records(what: str) -> JournalMismatchError:
    return JournalMismatchError(
        f"{what}; the import was not completed.",
        cause="The source certainly gives other records, or in another order, than before.",
        remedies=(
            "You: import_records() with the same journal starts afresh; it cancels the interrupted execution first.",
        ),
    )
