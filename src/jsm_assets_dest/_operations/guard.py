"""The guard: an import that brings far fewer records than there are objects is not completed.

An import may be set to remove objects that a run does not bring. Whether it is cannot be read from Assets, so that the
worst is assumed: a source that broke off without an error, or a filter that was left on, must not empty a schema.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from .._http.commands import Operation
from .._imports.execution import Execution, names_of
from .._imports.execution_status import read_execution_status
from .._imports.object_type_results import failure_reasons
from .._imports.progress import count_text
from .._secret import Secret
from .._session.call import call
from .._session.site import Site
from .._wire import import_requests as wire
from .._wire.import_requests import ImportLinks
from ..exceptions import ApiError, AssetsError, MassDeletionGuardError
from . import import_tokens as tokens
from . import object_schemas as schemas

_log = logging.getLogger("jsm_assets_dest.import")

#: The least number of objects of which a missing part is worth stopping for: of three, one is a third.
FEW = 5


def refuse_shrinking(
    site: Site, execution: Execution, found: ImportLinks, previous: Mapping[str, int] | None
) -> Operation[tuple[str, ...]]:
    """Refuse to complete an import without records, or with far fewer than the run before or than there are objects.

    Args:
        site: The site.
        execution: What was sent to.
        found: The links of the import token.
        previous: Records by selector of the run before, where a journal knows them.

    Returns:
        What the result should say about it: that there was nothing to compare with.

    Raises:
        MassDeletionGuardError: Naming the object types.
    """
    options = execution.options
    sent = execution.ledger.tally.sent
    if options.allow_missing:
        return ()
    if not sum(sent.values()):
        refused = execution.ledger.tally.refused
        what = (
            f"None of the {count_text(refused, 'record')} could be sent"
            if refused
            else "The source gave no records"
        )
        reasons = "".join(f"\n  {reason}" for reason in failure_reasons(execution.ledger.tally.failed)[:5])
        raise MassDeletionGuardError(
            f"{what}; the import was not completed.{reasons}",
            remedies=("You: check the source; if nothing is what should be there, pass allow_missing=True.",),
        )
    names = names_of(execution.model)
    counted = yield from _counts(site, execution, found)
    counts = counted or {}
    short: list[str] = []
    for selector, name in names.items():
        there, now = counts.get(name.casefold(), 0), sent.get(selector, 0)
        before = (previous or {}).get(selector, 0)
        if _shrinks(there, now, options.max_missing):
            short.append(f"{name}: {count_text(now, 'record')} for {count_text(there, 'object')}")
        elif _shrinks(before, now, options.max_missing):
            short.append(f"{name}: {count_text(now, 'record')} after {before:,} in the run before")
    if short:
        raise MassDeletionGuardError(
            f"Far fewer records came than expected ({'; '.join(short)}); the import was not completed.",
            remedies=(
                "You: check the source; it may have broken off, or have a filter on.",
                "You: if that is meant, pass allow_missing=True, or another max_missing=….",
            ),
        )
    if counted is None and previous is None:
        return (
            "Whether far fewer records came than there are objects was not checked: how many there are could not be read.",
        )
    return ()


def _shrinks(there: int, now: int, most: float) -> bool:
    if there < FEW:
        return there > 0 and now == 0
    return now < there * (1 - most)


def _counts(site: Site, execution: Execution, found: ImportLinks) -> Operation[dict[str, int] | None]:
    """How many objects there are, by the object type's name in small letters; None where that cannot be read."""
    try:
        schema_id = execution.schema_id or (yield from tokens.source_of(site, found)).schema_id
        if not schema_id:
            return None
        types = yield from schemas.object_types(site, schema_id)
    except AssetsError as error:
        _log.warning("how many objects there are could not be read (%s); the import goes on", error.code)
        return None
    return {object_type.name.casefold(): object_type.object_count or 0 for object_type in types}


def refuse_removing_test(site: Site, secret: Secret, found: ImportLinks) -> Operation[None]:
    """Refuse a test import where the run before removed objects that it did not bring: a test would remove nearly all.

    Raises:
        MassDeletionGuardError: It did.
    """
    try:
        response = yield from call(site, wire.latest_execution_status(found, tokens.bearer(secret)))
        status = read_execution_status(response.json())
    except ApiError:
        return  # there has been no run yet
    removed = sum(one.missing_deleted for one in status.object_types)
    if removed:
        raise MassDeletionGuardError(
            f"The import is set to remove objects that a run does not bring: the last one removed {removed:,}. A test import "
            "would remove nearly all; it was not started.",
            remedies=(
                "A manager of the schema: set missing objects to “ignore” on the import's page while testing.",
                "You: if the objects may be lost, pass allow_missing=True.",
            ),
        )
