"""A run in its journal: its chunks, what Assets confirmed, what only changed records need, and who left the source."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Generator, Mapping
from pathlib import Path

from attrs import define, field

from .._imports.changed_records import ChangedRecords
from .._imports.chunk import Chunk
from .._imports.execution import Execution
from .._imports.execution_results import ExecutionStatus, ObjectTypeStatus
from .._imports.identities import digest
from .._imports.journal import Journal
from .._imports.journal_objects import JournalObject, UnlistedObjects
from .._imports.journal_values import ChunkState, JournalChunk
from .._imports.options import ImportOptions
from .._imports.readback import ReadBack
from .._imports.result import Leavers
from .._imports.tally import Tally
from .._model.schema_model import SchemaModel
from .._session.site import Site
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


@contextlib.contextmanager
def opened_journal(
    options: ImportOptions, site: Site, *, is_created: bool = True
) -> Generator[Journal | None]:
    """Open the journal of an import, if it has one. With `is_created`, the file is created if it does not exist."""
    if options.journal is None or not (is_created or Path(options.journal).exists()):
        yield None
        return
    with Journal(options.journal, now=site.clock.time) as journal:
        yield journal


def refuse_other_journal(journal: Journal, import_source_id: str) -> None:
    """Reject a journal with which records can't be compared.

    Raises:
        JournalMismatchError: It contains only runs of other imports.
    """
    sources = journal.import_sources()
    if sources and import_source_id not in sources:
        raise JournalMismatchError(
            f"Could not compare the records with {journal.path.name}: it belongs to another import.",
            remedies=("You: pass the journal of this import, or the path of a new file.",),
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


def changed_records(execution: Execution, journal: Journal | None) -> ChangedRecords | None:
    """Return what the journal knows, if only changed records are sent."""
    evidence = execution.ledger.evidence
    if execution.options.send == "all" or journal is None or evidence is None:
        return None
    return ChangedRecords(evidence.comparison.types, journal.confirmed_contents(execution.import_source_id))


def leavers_of(
    changed: ChangedRecords, journal: Journal, execution: Execution, selectors: tuple[str, ...]
) -> Leavers:
    """Return the confirmed objects that the source no longer contains."""
    confirmed = journal.confirmed_objects(execution.import_source_id)
    return Leavers.of(changed.leavers(confirmed, selectors))


def notes_of(changed: ChangedRecords | None, tally: Tally) -> tuple[str, ...]:
    """Return why all records were sent although only changed ones were requested."""
    if changed is None or not sum(tally.sent.values()) or changed.unchanged_count:
        return ()
    if changed.is_empty:
        return ("The journal has no confirmed run of this import, so all records were sent.",)
    note = (
        "No record has the values that the journal knows, so all records were sent. Likely cause: the mapping of the import, or "
        "the way in which this library writes records, has changed."
    )
    return (note,)


def record_objects(journal: Journal, execution: Execution, *, is_test: bool) -> None:
    """Record in the journal which objects the run contains, and which ones are missing from it."""
    evidence = execution.ledger.evidence
    if evidence is None:
        raise AssertionError("a run with a journal has a comparison")
    comparison = evidence.comparison
    is_complete = execution.options.missing_objects != "ignore" and not is_test
    for is_accepted in (False, True):
        journal.note_missing(
            execution.run_id,
            (
                JournalObject(mapped.key, digest(absent.text), absent.text)
                for mapped in comparison.types
                for absent in comparison.missing(mapped.key)
                if absent.is_accepted is is_accepted and (is_accepted or is_complete)
            ),
            is_accepted=is_accepted,
        )
    counts = {mapped.key: comparison.counts(mapped.key) for mapped in comparison.types}
    journal.accept_unlisted(
        execution.run_id,
        (
            UnlistedObjects(key, number, of_type.total - of_type.missing + of_type.accepted_known)
            for key, of_type in counts.items()
            for number in (of_type.accepted_unlisted + of_type.accepted_known,)
            if number
        ),
    )
    journal.completing(
        execution.run_id,
        [mapped.key for mapped in comparison.types] if is_complete else (),
        (JournalObject(key, digest(text), text, content) for key, text, content in comparison.records()),
    )


def doubtful_types(execution: Execution, status: ExecutionStatus) -> list[str] | None:
    """Return the keys of the object types of which some record may not have arrived with its values; None for all."""
    evidence = execution.ledger.evidence
    reports = {report.name.casefold(): report for report in status.object_types}
    if status.result not in ("", "OK") or status.messages:
        return None
    if evidence is None:  # another process sent the records
        is_clean = all(map(_is_clean, reports.values()))
        return [] if is_clean and reports else None
    return [
        mapped.key
        for mapped in evidence.comparison.types
        if not _is_clean(reports.get(mapped.name.casefold()))
    ]


def _is_clean(report: ObjectTypeStatus | None) -> bool:
    if report is None or report.messages:
        return False
    dropped = report.failed + report.duplicates + report.empty_labels + report.empty_identifiers
    arrived = report.created + report.updated + report.unchanged
    return not dropped and not report.filtered and report.entries in (None, arrived)


def forget_lost(journal: Journal, execution: Execution, readback: ReadBack) -> None:
    """Forget the values of objects that the verification did not find, so that the next run sends them again."""
    journal.forget_contents(
        execution.import_source_id,
        (
            JournalObject(mapped.key, digest(text), text)
            for mapped in readback.types
            for text in readback.lost(mapped.key)
        ),
    )
