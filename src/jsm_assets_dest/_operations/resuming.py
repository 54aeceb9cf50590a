"""Chunks of a run in its journal, as sending and resuming use them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from attrs import define, field

from .._imports.chunk import Chunk
from .._imports.journal import Journal
from .._imports.journal_values import ChunkState, JournalChunk
from .._model.schema_model import SchemaModel
from ..exceptions import JournalMismatchError


def shape_of(model: SchemaModel) -> str:
    """Return a digest of what decides where a record's values are sent: selectors, locators, identifiers.

    The digest of the whole model is too strict: a model that was read from Assets lacks settings that only its author
    knows, and is the same model for a record. The digests of the chunks prove that the records are the same.
    """
    shape = {
        spec.selector: sorted(
            [*attribute.locators, attribute.identifier] for attribute in spec.mapped_attributes
        )
        for spec in model.object_types
        if spec.mapped
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()


def refuse_other_journal(journal: Journal, import_source_id: str) -> None:
    """Reject a journal with which records can't be compared.

    Raises:
        JournalMismatchError: It contains only runs of other imports.
    """
    sources = journal.import_sources()
    if sources and import_source_id not in sources:
        raise JournalMismatchError(
            f"Could not compare the records with {journal.path.name}: it belongs to another import.",
            remedies=("You: pass the journal of this import, or a path at which there is no file yet.",),
        )


@define
class JournalRecord:
    """Chunks of one execution in the journal.

    Attributes:
        journal: The open journal.
        run_id: Id of the run.
        number: Number of the execution within the run.
        earlier_chunks: Chunks that an interrupted run sent to the same execution, by name.
        repeated_names: Names of those that were cut again.
    """

    journal: Journal
    run_id: str
    number: int
    earlier_chunks: Mapping[str, JournalChunk] = field(factory=dict, repr=False)
    repeated_names: set[str] = field(factory=set, init=False, repr=False)

    def earlier_state(self, chunk: Chunk) -> ChunkState | None:
        """Return the state of the chunk in the interrupted run, or None if that run did not cut it.

        Raises:
            JournalMismatchError: The interrupted run's chunk of this name has other records. The service may have accepted
                them, and they can't be removed from this execution.
        """
        earlier = self.earlier_chunks.get(chunk.name)
        if earlier is None:
            return None
        if earlier.digest != chunk.digest:
            raise _other_records(f"chunk {chunk.name} differs from the interrupted run")
        self.repeated_names.add(chunk.name)
        return earlier.state

    def check_complete(self) -> None:
        """Check at the end of the source that every chunk of the interrupted run was cut again.

        Raises:
            JournalMismatchError: The service has records that the source no longer contains.
        """
        missing = self.earlier_chunks.keys() - self.repeated_names
        if missing:
            first = min(missing, key=lambda name: (len(name), name))
            raise _other_records(f"the source ended before chunk {first}, which the interrupted run had sent")

    def plan(self, chunk: Chunk) -> None:
        """Write a chunk before it is sent."""
        self.journal.plan(self.run_id, self.number, chunk)

    def accept(self, chunk: Chunk) -> None:
        """Write that the service accepted the chunk."""
        self.journal.accept(self.run_id, self.number, chunk)

    def split(self, chunk: Chunk) -> None:
        """Write that the chunk was too large for the service."""
        self.journal.split(self.run_id, self.number, chunk)


def _other_records(reason: str) -> JournalMismatchError:
    return JournalMismatchError(
        f"Could not resume the import: {reason}. The import was not completed.",
        cause="A resumed import needs the same records in the same order. The source now returns others, or in another order.",
        remedies=(
            "You: resume with the records of the interrupted run, in the same order.",
            "You: or start over with import_records() and the same journal. It cancels the interrupted execution first.",
        ),
    )
