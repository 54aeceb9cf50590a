"""Guard against mass deletion: an import from which objects are missing is not completed without the caller's consent.

An import may be set to remove or overwrite objects that a run does not contain. The setting can neither be read nor set, so the
worst is assumed unless the caller declares it: every missing object of every mapped type is removed immediately.

Every way to complete an execution leads through `refuse_missing`. It compares the identities of the run's records with the
evidence that was read before the start (`evidence`), and rejects the run

* if the share of newly missing objects of a type exceeds its limit,
* and, whatever the share, if an object is missing because its record was skipped or has no label or identifier (Assets
  drops such a record), if a type has newly missing objects and no records at all, or if identifiers have changed their form.

An object is newly missing if it was not already missing from the last confirmed or accepted run of the journal. Without evidence
about a type, or if Assets filters its records, a run is not even started. Counts never permit a run. If Assets or its last execution counts more objects than the
list contains, the difference counts as newly missing, except as many as the run has records without a listed object.

A rejected run stays open if someone can continue it: with a journal, or as a manual execution that its caller completes.
Otherwise it is cancelled: a nightly job keeps no handle of it, so it would end every later run with `ImportBusyError`, which hides
the guard's reason, until someone cancels it in Assets. Nothing is lost, because the next run sends all records again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from attrs import frozen

from .._arguments.fitting import invalid
from .._assets.import_sources import filter_sentence
from .._http.commands import Operation
from .._imports.comparison import Comparison, TypeCounts
from .._imports.counts import count_text
from .._imports.execution import Execution, RunEvidence
from .._imports.execution_results import failure_reasons
from .._imports.identities import MappedType
from .._imports.options import MAX_MISSING, ImportOptions
from .._imports.preview import ImportPreview, MissingObject, accepted_objects, preview_of
from .._model.names import same_name
from .._session.site import Site
from .._wire.address_book import SCHEMA_IMPORT, SCHEMA_ROLES
from ..exceptions import ConfigurationError, MassDeletionGuardError
from . import import_tokens as tokens
from .evidence import read_evidence
from .import_tokens import ImportTarget

#: Maximum number of object types in a message, and of objects of each type.
LISTED, NAMED = 4, 2


@frozen
class _Verdict:
    """Comparison of one object type.

    Attributes:
        mapped: The object type.
        counts: Its counts.
        unidentified: Records that lack the identifier they should have.
        is_rejected: True if the run is rejected because of it.
    """

    mapped: MappedType
    counts: TypeCounts
    unidentified: int
    is_rejected: bool


def check_shares(options: ImportOptions, types: Iterable[MappedType]) -> None:
    """Check that the shares by object type name existing object types.

    Raises:
        ConfigurationError: A name is unknown. Nothing was sent.
    """
    if not isinstance(options.max_missing, Mapping):
        return
    names = [name for mapped in types for name in (mapped.selector, mapped.name)]
    for name in options.max_missing:
        if not any(same_name(name, other) for other in names):
            raise invalid(
                "max_missing",
                f"contains {name!r}, but the import has no such object type",
                f"Use one of {', '.join(map(repr, dict.fromkeys(names)))}.",
            )


class _Obstacle(NamedTuple):
    """Reason for which the records of a run can't be compared with what exists, with a line for each object type."""

    what: str
    lines: list[str]
    cause: str
    remedies: tuple[str, ...]


def refuse_without_evidence(
    target: ImportTarget, options: ImportOptions, evidence: RunEvidence, *, is_started: bool = False
) -> None:
    """Reject a run if nothing shows which objects of a mapped type exist, usually before it is started.

    Raises:
        MassDeletionGuardError: The message names the object types.
    """
    obstacle = _filters(evidence) or _unreadable(target.site, evidence)
    if obstacle is None:
        return
    lines = [f"  {line}" for line in obstacle.lines[:LISTED]]
    if len(obstacle.lines) > LISTED:
        lines.append(f"  {count_text(len(obstacle.lines) - LISTED, 'more object type')}")
    verb, state = "start", "nothing was sent"
    if is_started:
        verb, state = "complete", "the execution is open and can be completed or cancelled"
    raise MassDeletionGuardError(
        "\n".join((f"Did not {verb} the import{_into(target)}: {obstacle.what}", *lines)),
        cause=obstacle.cause,
        remedies=(*obstacle.remedies, _declare(target.site)),
        preview=preview_of(evidence.comparison, options.missing_objects),
        details=state,
    )


def _filters(evidence: RunEvidence) -> _Obstacle | None:
    """Return the filters of records: with one, a record does not show that its object is not missing."""
    filtered = [mapped for mapped in evidence.comparison.types if mapped.filter]
    if not filtered:
        return None
    return _Obstacle(
        f"Assets filters the records of {count_text(len(filtered), 'object type')}.",
        [filter_sentence(mapped.name, mapped.filter) for mapped in filtered],
        "Assets does not import a record that does not match the filter, and only Assets can evaluate it. So its object may "
        "be missing, and the import in Assets may be set to remove missing objects.",
        (
            SCHEMA_IMPORT.remedy(
                "remove the filter of the object type mapping, and filter the records in the source instead"
            ),
        ),
    )


def _unreadable(site: Site, evidence: RunEvidence) -> _Obstacle | None:
    comparison, reason = evidence.comparison, evidence.unreadable
    unknown = [mapped.name for mapped in comparison.types if not comparison.evidence.get(mapped.key)]
    if not unknown:
        return None
    lines: list[str] = []
    for name in unknown:
        count = evidence.last_counts.get(name.casefold())
        last_run = "" if count is None else f": the last execution had {count_text(count, 'record')}"
        lines.append(f"{name}{last_run}")
    return _Obstacle(
        "the existing objects could not be read.",
        lines,
        "The import in Assets may be set to remove missing objects, and nothing shows which objects would be missing."
        + ("" if reason is None else f" {reason.what.splitlines()[0]}"),
        (
            *(() if reason is None else reason.remedies[:1]),
            see_objects(site),
            "Or you: pass the journal= of the last confirmed run.",
        ),
    )


def refuse_missing(
    target: ImportTarget, execution: Execution, accepted: ImportPreview | None = None
) -> Operation[None]:
    """Reject a run from which objects are missing, before the end of its data is sent.

    Args:
        target: The import.
        execution: The execution that received the records.
        accepted: Preview whose missing objects the caller accepts, in addition to the one of the options.

    Raises:
        MassDeletionGuardError: The message names the objects, and `preview` contains all of them.
    """
    options, ledger = execution.options, execution.ledger
    if options.missing_objects == "ignore":
        return
    evidence = ledger.evidence
    if evidence is None or not evidence.is_read:
        evidence = yield from _taken_over(target, options, evidence)
        ledger.evidence = evidence
    if evidence.is_accepted:
        return
    accept(evidence.comparison, accepted)
    tally = ledger.tally
    verdicts = [_verdict(evidence.comparison, mapped, options) for mapped in evidence.comparison.types]
    is_all_refused = bool(tally.refused) and not sum(tally.sent.values())
    if is_all_refused and not any(verdict.counts.sent for verdict in verdicts):
        raise _all_refused(target, execution, evidence)
    if any(verdict.is_rejected for verdict in verdicts):
        raise _rejected(target, execution, evidence, verdicts)
    evidence.is_accepted = True


def _taken_over(
    target: ImportTarget, options: ImportOptions, own: RunEvidence | None
) -> Operation[RunEvidence]:
    """Read the evidence in a process that did not start the execution. Until it is completed, nothing changes in Assets."""
    links = yield from tokens.links(target)
    evidence = yield from read_evidence(target, links, None)
    refuse_without_evidence(target, options, evidence, is_started=True)
    accept(evidence.comparison, options.allow_missing)
    if own is not None:
        for identities in (*own.earlier, own.comparison.to_dict()):
            evidence.comparison.add_dict(identities)
    return evidence


def accept(comparison: Comparison, preview: ImportPreview | None) -> None:
    """Treat the missing objects of a preview, if there is one, as already missing.

    Raises:
        ConfigurationError: The preview belongs to another import.
    """
    if preview is None:
        return
    if preview.import_source_id != comparison.import_source_id:
        raise ConfigurationError(
            "`allow_missing` is a preview of another import. The import was not completed.",
            field="allow_missing",
            fix="Pass the preview of the same import.",
        )
    keys = {mapped.key for mapped in comparison.types}
    for key, texts, unlisted in accepted_objects(preview):
        if key in keys:
            comparison.remember_missing(key, texts, is_accepted=True)
            comparison.accept_unlisted(key, unlisted)


def _share(options: ImportOptions, mapped: MappedType) -> float:
    if not isinstance(options.max_missing, Mapping):
        return options.max_missing
    return next(
        (
            share
            for name, share in options.max_missing.items()
            if same_name(name, mapped.selector) or same_name(name, mapped.name)
        ),
        MAX_MISSING,
    )


def would_reject(comparison: Comparison, options: ImportOptions) -> bool:
    """Return True if the guard would reject a run with these records."""
    return options.missing_objects != "ignore" and any(
        _verdict(comparison, mapped, options).is_rejected for mapped in comparison.types
    )


def _verdict(comparison: Comparison, mapped: MappedType, options: ImportOptions) -> _Verdict:
    counts = comparison.counts(mapped.key)
    unidentified = 0 if comparison.shares_records(mapped.key) else counts.unidentified
    return _Verdict(
        mapped,
        counts,
        unidentified,
        counts.at_risk > 0
        and (
            counts.at_risk > counts.total * _share(options, mapped)
            or not counts.sent
            # One of the missing objects may be that of a skipped record whose identifier can't be read, and one of the unlisted
            # objects that of any skipped record.
            or counts.unreadable > 0
            or unidentified > 0
            or (counts.unlisted > 0 and counts.skipped > 0)
            or counts.skipped_missing > 0
            or counts.changed_form > 0
        ),
    )


def short_lists(comparison: Comparison, site: Site) -> str:
    """Return a sentence about the object types of which the account can't see all objects; empty if there is none."""
    names = [
        mapped.name
        for mapped in comparison.types
        for counts in (comparison.counts(mapped.key),)
        if counts.unlisted or counts.known_unlisted
    ]
    if not names:
        return ""
    return (
        f"Assets or the journal counts more objects of {', '.join(names)} than Assets returned to {site.credentials.account_label}: "
        "roles hide them, they are not visible yet, or they were deleted."
    )


# --- messages


def _into(target: ImportTarget) -> str:
    return f" into {target.schema.key}" if target.schema is not None else ""


def see_objects(site: Site) -> str:
    """Return the remedy for objects that the account can't read."""
    account = site.credentials.account_label
    return SCHEMA_ROLES.remedy(f"add {account} as an object schema user, so that it can read the objects")


def _declare(site: Site) -> str:
    page = f"{SCHEMA_IMPORT.page} of {site.url}"
    return (
        'Or you: if the "Missing objects" setting of the import is Ignore for every object type, pass '
        f'missing_objects="ignore" (import page: {page}).'
    )


def _all_refused(target: ImportTarget, execution: Execution, evidence: RunEvidence) -> MassDeletionGuardError:
    tally = execution.ledger.tally
    reasons = "".join(f"\n  {reason}" for reason in failure_reasons(tally.failed)[:5])
    number = sum(evidence.comparison.counts(mapped.key).total for mapped in evidence.comparison.types)
    cause = "No record fits, and no objects exist, so nothing would be created or deleted."
    if number:
        cause = (
            "The import in Assets may be set to remove missing objects. Completing it would then delete "
            f"{f'all {number:,} objects' if number > 1 else 'the only object'}."
        )
    failure = "none of the {:,} records could" if tally.refused > 1 else "the only record could not"
    return MassDeletionGuardError(
        f"Did not complete the import{_into(target)}: {failure.format(tally.refused)} be sent.{reasons}",
        cause=cause,
        cause_is_certain=not number,
        # Never the option that allows the deletion: the source has the objects.
        remedies=(
            "You: correct the records; error.result.failed lists the reasons. Then import again.",
            *((_declare(target.site),) if number else ()),
        ),
        preview=_preview(execution, evidence),
        execution=execution.detached(),
        details=_details(execution),
    )


def _preview(execution: Execution, evidence: RunEvidence) -> ImportPreview:
    return preview_of(evidence.comparison, execution.options.missing_objects)


def _rejected(
    target: ImportTarget, execution: Execution, evidence: RunEvidence, verdicts: list[_Verdict]
) -> MassDeletionGuardError:
    comparison = evidence.comparison
    rejected = [verdict for verdict in verdicts if verdict.is_rejected]
    number = sum(verdict.counts.at_risk for verdict in rejected)
    lines = [_line(comparison, verdict) for verdict in rejected[:LISTED]]
    others = rejected[LISTED:]
    if others:
        more = sum(verdict.counts.at_risk for verdict in others)
        lines.append(f"{count_text(len(others), 'more object type')}: {more:,}")
    is_refused = any(verdict.counts.skipped and not verdict.counts.sent for verdict in rejected)
    fix = "check the source for an error, a filter, or a limit, and import again."
    if any(verdict.counts.skipped for verdict in rejected):
        fix = (
            "correct the records that were skipped or have no label; error.result lists them under failed and problems. "
            "Then import again."
        )
    elif any(verdict.unidentified for verdict in rejected):
        fix = "add the identifiers that records inside other records lack, and import again."
    effect = "overwrite" if execution.options.missing_objects == "update" else "delete"
    declared = execution.options.missing_objects
    cause = (
        "The import in Assets may be set to remove missing objects. Completing it would then delete them."
        if declared == "unknown"
        else f'The import is declared as missing_objects="{declared}". Completing it would {effect} them.'
    )
    missing = count_text(number, "object in Assets is", "objects in Assets are")
    too_short = short_lists(comparison, target.site)
    return MassDeletionGuardError(
        "\n".join(
            (
                f"Did not complete the import{_into(target)}: {missing} not in this run.",
                *(f"  {line}" for line in lines),
            )
        ),
        cause=" ".join(filter(None, (cause, too_short))),
        remedies=(
            *((see_objects(target.site),) if too_short else ()),
            f"You: {fix}",
            _declare(target.site),
            *(
                ()
                if is_refused
                else ("Or you: if exactly these objects may go, pass allow_missing=error.preview.",)
            ),
        ),
        preview=_preview(execution, evidence),
        execution=execution.detached(),
        details=_details(execution),
    )


def _line(comparison: Comparison, verdict: _Verdict) -> str:
    mapped, counts = verdict.mapped, verdict.counts
    if counts.at_risk == counts.total:
        amount = f"all {counts.total:,}" if counts.total > 1 else "the only one"
    else:
        amount = f"{counts.at_risk:,} of {counts.total:,}"
    reasons: list[str] = []
    if counts.changed_form:
        reasons.append(f"{counts.changed_form:,} because their identifiers are written differently now")
    if counts.skipped_missing:
        reasons.append(f"{counts.skipped_missing:,} because their records were skipped or have no label")
    if counts.unreadable:
        reasons.append(f"{count_text(counts.unreadable, 'skipped record')} without a readable identifier")
    if verdict.unidentified:
        reasons.append(f"{count_text(verdict.unidentified, 'record')} without an identifier")
    unseen = counts.unlisted + counts.known_unlisted
    if unseen:
        reasons.append(f"{unseen:,} that the account can't see")
    names = ", ".join(_names(comparison, mapped.key))
    why = f" ({'; '.join(reasons)})" if reasons else ""
    return f"{mapped.name}: {amount}{why}{f', such as {names}' if names else ''}"


def _names(comparison: Comparison, key: str) -> Iterator[str]:
    for absent in islice(comparison.missing(key, newly=True), NAMED):
        yield str(MissingObject(absent.identifier, absent.key, absent.label))


def _details(execution: Execution) -> str:
    tally, journal = execution.ledger.tally, execution.options.journal
    sent = count_text(sum(tally.sent.values()), "record")
    chunks = count_text(tally.chunks + tally.skipped_chunks, "chunk")
    if journal is not None:
        state = f"the execution is open and can be resumed from {Path(journal).name}"
    elif execution.ledger.is_manual:
        state = "the execution is open and can be completed or cancelled"
    else:
        state = "this run cancels the execution next"
    return f"{sent} sent in {chunks}, nothing was changed in Assets, {state}"
