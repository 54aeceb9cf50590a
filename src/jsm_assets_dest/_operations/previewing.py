"""Preview of an import: read what exists and compare the records with it. Sends only read requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from .._assets.import_sources import ImportSource
from .._http.commands import Operation
from .._imports.arriving_values import ignored_notes, not_compared_notes
from .._imports.comparison import Comparison
from .._imports.counts import count_text
from .._imports.execution import RunEvidence
from .._imports.identities import filter_notes
from .._imports.options import ImportOptions
from .._imports.preview import ImportPreview, preview_of
from .._wire.json_reading import JsonObject
from ..exceptions import NothingToCompareError, RecordError
from ..exceptions._declared import Place
from . import starting
from .evidence import read_evidence
from .guard import accept, check_shares, see_objects, short_lists, would_reject
from .import_tokens import ImportTarget
from .record_sources import CheckedRecords, Records
from .run_journal import opened_journal, refuse_other_journal


def preview(target: ImportTarget, records: object, options: ImportOptions) -> Operation[ImportPreview]:
    """Compare records with what exists.

    Raises:
        NothingToCompareError: The account can't read the objects, and there is no confirmed run in a journal.
        JournalMismatchError: The journal belongs to another import.
        RecordError: A record is invalid. `on_bad_record="skip"` counts such records instead.
    """
    sources = Records(records)
    # A preview does not create a journal.
    with opened_journal(options, target.site, is_created=False) as journal:
        setup = yield from starting.prepare(target, options)
        sources.fit(setup.model)
        if journal is not None:
            refuse_other_journal(journal, setup.links.import_source_id)
        evidence = yield from read_evidence(target, setup.links, journal, compares_values=True)
    comparison = evidence.comparison
    check_shares(options, comparison.types)
    _refuse_nothing(target, evidence)
    accept(comparison, options.allow_missing)

    def on_accepted(selector: str, accepted: Sequence[JsonObject]) -> None:
        rows = comparison.rows(selector, accepted)
        comparison.add([row for of_record in rows for row in of_record])

    def on_skipped(error: RecordError, values: JsonObject | None) -> None:
        comparison.skip(error.selector, values)

    yield from CheckedRecords(setup.model, options, on_accepted, on_skipped).read_all(sources)
    dangling = comparison.values.resolve_references()
    return preview_of(
        comparison,
        options.missing_objects,
        dangling=dangling,
        notes=_notes(target, evidence, options),
    )


def _refuse_nothing(target: ImportTarget, evidence: RunEvidence) -> None:
    comparison = evidence.comparison
    names = [mapped.name for mapped in comparison.types if not comparison.evidence.get(mapped.key)]
    if not names:
        return
    reason = evidence.unreadable
    raise NothingToCompareError(
        f"Could not preview the import: the objects of {', '.join(names)} could not be read.",
        cause="" if reason is None else reason.what.splitlines()[0],
        remedies=(
            see_objects(target.site),
            "Or you: pass the journal= of the last confirmed run.",
        ),
        details="nothing was changed in Assets",
        **(Place() if reason is None else reason.place()),
    )


def _notes(target: ImportTarget, evidence: RunEvidence, options: ImportOptions) -> list[str]:
    comparison = evidence.comparison
    notes: list[str] = []
    from_journal = [
        mapped.name for mapped in comparison.types if comparison.evidence[mapped.key] == "journal"
    ]
    if from_journal:
        notes.append(
            f"The objects of {', '.join(from_journal)} could not be read, so the records were compared with the last confirmed "
            "run of the journal. Objects that no run contained are not part of the preview."
        )
    if too_short := short_lists(comparison, target.site):
        notes.append(too_short)
    notes += filter_notes(comparison.types, "Only Assets can evaluate it, so the preview counts all of them.")
    filtered = [mapped.name for mapped in comparison.types if mapped.filter]
    if filtered and options.missing_objects != "ignore":
        notes.append(
            f"The guard would not start this import, because Assets filters the records of {', '.join(filtered)}."
        )
    elif would_reject(comparison, options):
        notes.append("The guard would not complete this import, because objects are missing from it.")
    notes += _repeated(comparison, options)
    notes += not_compared_notes(comparison.types)
    notes += _handling(evidence.import_source)
    notes += ignored_notes(comparison.values.arriving)
    for mapped in comparison.types:
        unidentified = comparison.counts(mapped.key).unidentified
        if unidentified:
            have = "it has" if unidentified == 1 else "they have"
            notes.append(
                f"Assets does not import {count_text(unidentified, 'record')} of {mapped.name}, because {have} no identifier."
            )
    # A record of an unknown selector counts for every object type.
    skipped = max((comparison.counts(mapped.key).unreadable for mapped in comparison.types), default=0)
    if skipped:
        notes.append(
            f"{count_text(skipped, 'invalid record')} without a readable identifier cannot be compared."
        )
    return notes


def _repeated(comparison: Comparison, options: ImportOptions) -> Iterator[str]:
    """Yield for each object type with repeated identifiers what the import does with the records.

    It does not compare records inside records, or those that feed several object types.
    """
    selectors = Counter(mapped.selector for mapped in comparison.types)
    rejects = 'skips the later one, because of on_bad_record="skip"'
    if options.on_bad_record == "fail":
        rejects = "stops with a RecordError"
    effect = f"if both are in one chunk, the import {rejects}. Otherwise, Assets counts a duplicate"
    if options.unique_in_run:
        effect = f"the import {rejects}"
    for mapped in comparison.types:
        count = comparison.counts(mapped.key).duplicates
        is_inner = any(mapped.selector.startswith(f"{selector}.") for selector in selectors)
        if count and selectors[mapped.selector] == 1 and not is_inner:
            verb = "has" if count == 1 else "have"
            yield f"{count_text(count, 'record')} of {mapped.name} {verb} the identifier of an earlier record: {effect}."


def _handling(source: ImportSource | None) -> list[str]:
    """Return what the import does with empty and unknown values, in sentences."""
    if source is None:
        return [
            (
                "The settings of the import could not be read. The preview assumes that empty values empty the attributes, and "
                "that unknown values are stored."
            )
        ]
    ignored = [note for note in (source.ignored_values, source.kept_values) if note]
    return ignored or ["The import empties attributes whose values are empty in a record."]
