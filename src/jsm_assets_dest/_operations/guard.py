"""Guard against mass deletion: an import with far fewer records than existing objects is not completed.

An import may be set to remove objects that a run does not contain. The setting can't be read from Assets, so the worst is
assumed: a source that ended early without an error, or a forgotten filter, must not empty an object schema.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from .._http.commands import Operation
from .._imports.execution import Execution, names_of
from .._imports.execution_status import read_execution_status
from .._imports.object_type_results import failure_reasons
from .._imports.progress import count_text
from .._session.call import call
from .._session.site import Site
from .._wire import import_requests as wire
from .._wire.import_requests import ImportLinks
from ..exceptions import ApiError, AssetsError, MassDeletionGuardError
from . import import_tokens as tokens
from . import object_schemas as schemas
from .import_target import ImportTarget

_log = logging.getLogger("jsm_assets_dest.import")

#: Below this number of objects, only a run without records of the type is rejected: one of three is already a third.
FEW = 5
#: Maximum number of object types in a message.
LISTED = 4


def refuse_shrinking(
    site: Site, execution: Execution, links: ImportLinks, previous: Mapping[str, int] | None
) -> Operation[tuple[str, ...]]:
    """Reject a run without records, or with far fewer than in the previous run or than objects in Assets.

    Args:
        site: The site.
        execution: The execution that received the records.
        links: Links of the import token.
        previous: Records of the previous run by selector, if a journal contains them.

    Returns:
        Notes for the result.

    Raises:
        MassDeletionGuardError: The message names the object types.
    """
    options = execution.options
    sent = execution.ledger.tally.sent
    if options.allow_missing:
        return ()
    if not sum(sent.values()):
        rejected = execution.ledger.tally.refused
        reason = (
            f"none of the {count_text(rejected, 'record')} could be sent"
            if rejected
            else "the source has no records"
        )
        reasons = "".join(f"\n  {reason}" for reason in failure_reasons(execution.ledger.tally.failed)[:5])
        raise MassDeletionGuardError(
            f"Did not complete the import: {reason}.{reasons}",
            remedies=(
                "You: correct the records; result.failed lists the reasons."
                if rejected
                else "You: check the source. If it must be empty, pass allow_missing=True.",
            ),
        )
    names = names_of(execution.model)
    readable_counts = yield from _counts(site, execution, links)
    counts = readable_counts or {}
    missing: list[str] = []
    for selector, name in names.items():
        existing_count, sent_count = counts.get(name.casefold(), 0), sent.get(selector, 0)
        previous_count = (previous or {}).get(selector, 0)
        if _shrinks(existing_count, sent_count, options.max_missing):
            missing.append(
                f"{name}: {count_text(sent_count, 'record')} for {count_text(existing_count, 'object')}"
            )
        elif _shrinks(previous_count, sent_count, options.max_missing):
            missing.append(
                f"{name}: {count_text(sent_count, 'record')} after {previous_count:,} in the previous run"
            )
    if missing:
        raise MassDeletionGuardError(
            "\n".join(
                (
                    "Did not complete the import: it has far fewer records than expected.",
                    *(f"  {line}" for line in missing[:LISTED]),
                    *([f"  {len(missing) - LISTED:,} more object types"] if len(missing) > LISTED else ()),
                )
            ),
            remedies=(
                "You: check the source for an error, a filter, or a limit, and import again.",
                "You: if the objects should be missing, pass allow_missing=True, or another max_missing=….",
            ),
        )
    if readable_counts is None and previous is None:
        return (
            "The guard had nothing to compare the run with: the number of existing objects could not be read.",
        )
    return ()


def _shrinks(expected_count: int, sent_count: int, max_missing: float) -> bool:
    if expected_count < FEW:
        return expected_count > 0 and sent_count == 0
    return sent_count < expected_count * (1 - max_missing)


def _counts(site: Site, execution: Execution, links: ImportLinks) -> Operation[dict[str, int] | None]:
    """Return the number of existing objects by lowercase name of the type; None if it can't be read."""
    try:
        schema_id = execution.schema_id or (yield from tokens.source_of(site, links)).schema_id
        if not schema_id:
            return None
        types = yield from schemas.object_types(site, schema_id)
    except AssetsError as error:
        _log.warning(
            "the number of existing objects could not be read (%s); the import continues", error.code
        )
        return None
    return {object_type.name.casefold(): object_type.object_count or 0 for object_type in types}


def refuse_removing_test(target: ImportTarget, links: ImportLinks) -> Operation[None]:
    """Reject a test import if the previous execution removed missing objects: the test would remove nearly all objects.

    Raises:
        MassDeletionGuardError: The previous execution removed missing objects.
    """
    try:
        response = yield from call(target.site, wire.latest_execution_status(links, target.bearer))
        status = read_execution_status(response.json())
    except ApiError:
        return  # there was no execution
    removed = sum(object_type.missing_deleted for object_type in status.object_types)
    if removed:
        raise MassDeletionGuardError(
            f"Did not start the test import: the import is set to remove missing objects (the last execution removed "
            f"{removed:,}), so the test would remove nearly all objects.",
            remedies=(
                "An object schema manager: on the import's page in Assets, set missing objects to Ignore for the test.",
                "You: if the objects may be removed, pass allow_missing=True.",
            ),
        )
