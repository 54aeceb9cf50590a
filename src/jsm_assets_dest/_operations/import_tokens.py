"""Import tokens: where one leads, whether it is the right one, and making a new one."""

from __future__ import annotations

from collections.abc import Callable

from .._assets.import_sources import ImportSource, ImportStatus
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.reports import Check, CheckState, ImportTokenReport
from .._http.commands import Operation
from .._session.call import call
from .._session.site import Site
from .._session.workspace import ask_assets, assets_base
from .._wire import import_requests as wire
from .._wire import schema_requests as schema_wire
from .._wire.import_requests import ImportLinks, ImportState
from .._wire.json_reading import read_object, read_text
from ..exceptions import (
    ApiError,
    AssetsError,
    AuthenticationError,
    HtmlResponseError,
    ImportTargetMismatchError,
    ImportTokenError,
    MalformedAnswerError,
    ServiceUnavailableError,
    TransportError,
    UnknownOutcomeError,
)
from .import_target import ImportTarget


def links(target: ImportTarget) -> Operation[ImportLinks]:
    """Where the token leads. Asked anew for every run: the links are bound to the token and not to be kept.

    Raises:
        ImportTokenError: The token is refused.
    """
    response = yield from call(target.site, wire.import_info(target.site.gateway, target.bearer))
    return wire.read_import_links(response, target.site.gateway)


def state(target: ImportTarget, found: ImportLinks) -> Operation[ImportState]:
    """The state of the import."""
    response = yield from call(target.site, wire.import_status(found, target.bearer))
    return wire.read_import_state(response, target.site.gateway)


def status(target: ImportTarget) -> Operation[ImportStatus]:
    """The state of the import, for callers."""
    found = yield from links(target)
    now = yield from state(target, found)
    return ImportStatus(
        status=now.status, import_source_id=found.import_source_id, workspace_id=found.workspace_id
    )


def source_of(site: Site, found: ImportLinks) -> Operation[ImportSource]:
    """The import source that a token belongs to, read with the account's credentials."""
    response = yield from ask_assets(
        site, lambda base: schema_wire.get_import_source(base, found.import_source_id)
    )
    return ImportSource.from_json(response.json())


def refuse_other_workspace(site: Site, found: ImportLinks) -> Operation[None]:
    """Make sure that the token belongs to the connection's workspace.

    Raises:
        ImportTargetMismatchError: It does not.
    """
    yield from assets_base(site)
    if found.workspace_id != site.workspace_id:
        raise ImportTargetMismatchError(
            f"The import token belongs to the workspace {found.workspace_id}, but {site.url} has the workspace "
            f"{site.workspace_id}. Nothing was written.",
        )


def refuse_other_schema(target: ImportTarget, found: ImportLinks) -> Operation[ImportSource | None]:
    """Make sure that the token leads to the schema that is meant.

    Raises:
        ImportTargetMismatchError: It leads somewhere else.
    """
    if target.schema is None:
        return None
    yield from refuse_other_workspace(target.site, found)
    # The links are asked anew each time; an import source never moves to another schema.
    if target.memory.import_source is not None and target.memory.import_source.id == found.import_source_id:
        return target.memory.import_source
    source = yield from source_of(target.site, found)
    if not (yield from _belongs(target.site, source, target.schema)):
        raise ImportTargetMismatchError(
            f"The import token belongs to the import “{source.name}” of the object schema {source.schema_id}, not of "
            f"{target.schema.key} ({target.schema.name}, {target.schema.id}). Nothing was written.",
        )
    target.memory.import_source = source
    return source


def _belongs(site: Site, source: ImportSource, schema: ObjectSchemaRecord) -> Operation[bool]:
    """Whether an import writes to a schema.

    Live sites name the schema by its decimal id, Atlassian's document by a UUID, which tells nothing: then the schema's
    own imports are listed. That is undocumented; where it is not answered, the import counts as the right one.
    """
    if source.schema_id.isdecimal():
        return source.schema_id == schema.id
    try:
        response = yield from ask_assets(site, lambda base: schema_wire.list_import_sources(base, schema.id))
        listed = schema_wire.read_each(response, "import sources", ImportSource.from_json, "values")
    except (ApiError, MalformedAnswerError, HtmlResponseError):
        return True
    return any(one.id == source.id for one in listed)


def generate(site: Site, source: ImportSource) -> Operation[str]:
    """Make a new token for an import; the older one is refused from then on.

    Raises:
        UnknownOutcomeError: The answer got lost, so that the older token may be dead and the new one is unknown.
    """
    try:
        response = yield from ask_assets(site, lambda base: schema_wire.create_import_token(base, source.id))
    except (TransportError, ServiceUnavailableError) as error:
        if isinstance(error, TransportError) and error.sent == "no":
            raise
        raise UnknownOutcomeError(
            f"Whether a new token was made for the import “{source.name}” is not known: the answer got lost.",
            cause="If it was made, the older token is refused from now on.",
            remedies=("You: make another token and use that one; it replaces both.",),
            operation=error.operation,
            method=error.method,
            path=error.path,
            host=error.host,
        ) from None
    return read_text(read_object(response.json(), "a token"), "token")


#: What a state of an import means, and what to do about it.
_STATES = {
    "IDLE": (CheckState.OK, "The import is ready.", ""),
    "RUNNING": (
        CheckState.FAILED,
        "An import is running.",
        "You: wait until it has ended, or pass on_busy='wait'.",
    ),
    "MISSING_MAPPING": (
        CheckState.OK,
        "The import has no schema model yet; build it before the first import.",
        "",
    ),
    "DISABLED": (
        CheckState.FAILED,
        "The import is disabled.",
        "A manager of the schema: enable it on the schema's configuration page, tab Import.",
    ),
}


def check(target: ImportTarget) -> Operation[ImportTokenReport]:
    """Whether the token is accepted, leads to this workspace and this schema, and may be used now. Sends only reads."""
    checks: list[Check] = []
    clock = target.site.clock
    found: ImportLinks | None = None

    def timed(
        name: str, started: float, outcome: tuple[CheckState, str, str, str], error: AssetsError | None
    ) -> None:
        verdict, summary, evidence, remedy = outcome
        checks.append(
            Check(
                name=name,
                state=verdict,
                summary=summary,
                evidence=evidence,
                cause=error.cause if error is not None else "",
                remedies=error.remedies if error is not None else ((remedy,) if remedy else ()),
                seconds=clock.monotonic() - started,
                error=error,
            )
        )

    def skipped(name: str, why: str) -> None:
        checks.append(Check(name=name, state=CheckState.SKIPPED, summary=why))

    started = clock.monotonic()
    try:
        found = yield from links(target)
    except AssetsError as error:
        verdict = (
            CheckState.FAILED
            if isinstance(error, (AuthenticationError, ImportTokenError))
            else CheckState.UNKNOWN
        )
        timed("import token accepted", started, (verdict, error.what, "", ""), error)
    else:
        where = f"import source {found.import_source_id}"
        timed("import token accepted", started, (CheckState.OK, "Assets accepts the token.", where, ""), None)
    if found is None:
        for name in ("workspace", "object schema", "import state"):
            skipped(name, "The token was not accepted.")
        return ImportTokenReport(checks=tuple(checks), site=target.site.url)

    yield from _judged(
        checks,
        clock.monotonic,
        "workspace",
        lambda: refuse_other_workspace(target.site, found),
        found.workspace_id,
    )
    source: ImportSource | None = None
    if target.schema is None:
        skipped("object schema", "No object schema was named.")
    else:
        started = clock.monotonic()
        try:
            source = yield from refuse_other_schema(target, found)
        except AssetsError as error:
            verdict = (
                CheckState.FAILED if isinstance(error, ImportTargetMismatchError) else CheckState.UNKNOWN
            )
            timed("object schema", started, (verdict, error.what, "", ""), error)
        else:
            said = f"The token belongs to an import of {target.schema.key}."
            timed(
                "object schema", started, (CheckState.OK, said, f"object schema {target.schema.id}", ""), None
            )
    started = clock.monotonic()
    try:
        now = yield from state(target, found)
    except AssetsError as error:
        timed("import state", started, (CheckState.UNKNOWN, error.what, "", ""), error)
        return ImportTokenReport(checks=tuple(checks), site=target.site.url, import_source=source)
    verdict, summary, remedy = _STATES.get(
        now.status,
        (CheckState.UNKNOWN, f"The import is in the state {now.status}, which is new to this library.", ""),
    )
    timed("import state", started, (verdict, summary, now.status, remedy), None)
    return ImportTokenReport(
        checks=tuple(checks), site=target.site.url, import_source=source, status=now.status
    )


def _judged(
    checks: list[Check],
    now: Callable[[], float],
    name: str,
    act: Callable[[], Operation[None]],
    evidence: str,
) -> Operation[None]:
    started = now()
    try:
        yield from act()
    except AssetsError as error:
        found = error
    else:
        checks.append(
            Check(
                name=name,
                state=CheckState.OK,
                summary="The token belongs to this site's workspace.",
                evidence=evidence,
                seconds=now() - started,
            )
        )
        return
    checks.append(
        Check(
            name=name,
            state=CheckState.FAILED if isinstance(found, ImportTargetMismatchError) else CheckState.UNKNOWN,
            summary=found.what,
            cause=found.cause,
            remedies=found.remedies,
            seconds=now() - started,
            error=found,
        )
    )
