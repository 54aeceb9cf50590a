"""Import tokens: where one leads, whether it is the right one, and making a new one."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from .._assets.import_sources import ImportSource, ImportStatus
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.reports import Check, CheckState, ImportTokenReport
from .._http.commands import Operation
from .._model.schema_model import SchemaModel
from .._secret import Secret
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


def bearer(secret: Secret) -> Secret:
    """The Authorization header's value for an import token."""
    return Secret(f"Bearer {secret.reveal()}")


def links(site: Site, secret: Secret) -> Operation[ImportLinks]:
    """Where the token leads. Asked anew for every run: the links are bound to the token and not to be kept.

    Raises:
        ImportTokenError: The token is refused.
    """
    response = yield from call(site, wire.import_info(site.gateway, bearer(secret)))
    return wire.read_import_links(response, site.gateway)


def state(site: Site, secret: Secret, found: ImportLinks) -> Operation[ImportState]:
    """The state of the import."""
    response = yield from call(site, wire.import_status(found, bearer(secret)))
    return wire.read_import_state(response, site.gateway)


def status(site: Site, secret: Secret) -> Operation[ImportStatus]:
    """The state of the import, for callers."""
    found = yield from links(site, secret)
    now = yield from state(site, secret, found)
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


@define(eq=False)
class Memory:
    """What an import token remembers between calls, so that an import right after a build asks nothing twice.

    Attributes:
        model: The model that was built or read last.
        import_source: The import source that was found to be of the right schema.
    """

    model: SchemaModel | None = field(default=None, repr=False)
    import_source: ImportSource | None = field(default=None, repr=False)


def refuse_other_schema(
    site: Site, found: ImportLinks, schema: ObjectSchemaRecord | None, memory: Memory
) -> Operation[ImportSource | None]:
    """Make sure that the token leads to the schema that is meant.

    Raises:
        ImportTargetMismatchError: It leads somewhere else.
    """
    if schema is None:
        return None
    yield from refuse_other_workspace(site, found)
    # The links are asked anew each time; an import source never moves to another schema.
    if memory.import_source is not None and memory.import_source.id == found.import_source_id:
        return memory.import_source
    source = yield from source_of(site, found)
    if not (yield from _belongs(site, source, schema)):
        raise ImportTargetMismatchError(
            f"The import token belongs to the import “{source.name}” of the object schema {source.schema_id}, not of "
            f"{schema.key} ({schema.name}, {schema.id}). Nothing was written.",
        )
    memory.import_source = source
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
            **error.place(),
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


def check(
    site: Site, secret: Secret, schema: ObjectSchemaRecord | None, memory: Memory
) -> Operation[ImportTokenReport]:
    """Whether the token is accepted, leads to this workspace and this schema, and may be used now. Sends only reads."""
    checks: list[Check] = []
    clock = site.clock
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
        found = yield from links(site, secret)
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
        return ImportTokenReport(checks=tuple(checks), site=site.url)

    yield from _judged(
        checks, clock.monotonic, "workspace", lambda: refuse_other_workspace(site, found), found.workspace_id
    )
    source: ImportSource | None = None
    if schema is None:
        skipped("object schema", "No object schema was named.")
    else:
        started = clock.monotonic()
        try:
            source = yield from refuse_other_schema(site, found, schema, memory)
        except AssetsError as error:
            verdict = (
                CheckState.FAILED if isinstance(error, ImportTargetMismatchError) else CheckState.UNKNOWN
            )
            timed("object schema", started, (verdict, error.what, "", ""), error)
        else:
            said = f"The token belongs to an import of {schema.key}."
            timed("object schema", started, (CheckState.OK, said, f"object schema {schema.id}", ""), None)
    started = clock.monotonic()
    try:
        now = yield from state(site, secret, found)
    except AssetsError as error:
        timed("import state", started, (CheckState.UNKNOWN, error.what, "", ""), error)
        return ImportTokenReport(checks=tuple(checks), site=site.url, import_source=source)
    verdict, summary, remedy = _STATES.get(
        now.status,
        (CheckState.UNKNOWN, f"The import is in the state {now.status}, which is new to this library.", ""),
    )
    timed("import state", started, (verdict, summary, now.status, remedy), None)
    return ImportTokenReport(checks=tuple(checks), site=site.url, import_source=source, status=now.status)


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
