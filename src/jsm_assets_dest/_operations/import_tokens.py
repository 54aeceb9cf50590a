"""Import tokens: the import that a call is about, whether the token belongs to the expected one, and how to generate a new one."""

from __future__ import annotations

from attrs import define, field, frozen

from .._assets.import_sources import ImportSource, ImportStatus
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.reports import Check, CheckRecorder, CheckState, ImportTokenReport
from .._http.commands import Operation
from .._model.schema_model import SchemaModel
from .._secret import Secret
from .._session.call import call
from .._session.site import Site
from .._session.workspace import ask_assets, assets_base
from .._wire import address_book
from .._wire import import_requests as wire
from .._wire import schema_requests as schema_wire
from .._wire.import_requests import ImportLinks, ImportState
from .._wire.json_reading import read_object, read_text
from ..exceptions import (
    ApiError,
    AssetsError,
    HtmlResponseError,
    ImportTargetMismatchError,
    MalformedAnswerError,
    ServiceUnavailableError,
    TransportError,
    UnknownOutcomeError,
)


@define(eq=False)
class Memory:
    """Facts that an import token remembers, so that an import right after a build requests nothing twice.

    Attributes:
        model: The model that was built or read last.
        import_source: The import source that was proved to belong to the expected object schema.
        missing_objects: What the caller declared last that the import does with missing objects.
    """

    model: SchemaModel | None = field(default=None, repr=False)
    import_source: ImportSource | None = field(default=None, repr=False)
    missing_objects: str = "unknown"


@frozen(kw_only=True)
class ImportTarget:
    """An import on a site, as its token names it.

    Attributes:
        site: The site.
        secret: The import token.
        schema: The object schema that the caller expects; None accepts the one that the token belongs to.
        memory: What earlier calls with this token learned.
    """

    site: Site = field(eq=False)
    secret: Secret = field(repr=False)
    schema: ObjectSchemaRecord | None = None
    memory: Memory = field(factory=Memory, repr=False, eq=False)

    @property
    def bearer(self) -> Secret:
        """Value of the Authorization header."""
        return Secret(f"Bearer {self.secret.reveal()}")


def schema_id_of(target: ImportTarget, source: ImportSource | None) -> str:
    """Return the id of the object schema of an import; empty if it was not read."""
    if target.schema is not None:
        return target.schema.id
    return "" if source is None else source.schema_id


def links(target: ImportTarget) -> Operation[ImportLinks]:
    """Return the links of the token. They are read for every run, because they are bound to the token.

    Raises:
        ImportTokenError: The token was rejected.
    """
    response = yield from call(target.site, wire.import_info(target.site.gateway, target.bearer))
    return wire.read_import_links(response, target.site.gateway)


def state(target: ImportTarget, import_links: ImportLinks) -> Operation[ImportState]:
    """Return the state of the import."""
    response = yield from call(target.site, wire.import_status(import_links, target.bearer))
    return wire.read_import_state(response, target.site.gateway)


def status(target: ImportTarget) -> Operation[ImportStatus]:
    """Return the state of the import, for callers."""
    import_links = yield from links(target)
    current = yield from state(target, import_links)
    return ImportStatus(
        status=current.status,
        import_source_id=import_links.import_source_id,
        workspace_id=import_links.workspace_id,
    )


def source_of(site: Site, import_links: ImportLinks) -> Operation[ImportSource]:
    """Return the import source that a token belongs to, read with the account's credentials."""
    response = yield from ask_assets(site, schema_wire.get_import_source, import_links.import_source_id)
    return ImportSource.from_json(response.json())


def refuse_other_workspace(site: Site, import_links: ImportLinks) -> Operation[None]:
    """Check that the token belongs to the connection's workspace.

    Raises:
        ImportTargetMismatchError: The token belongs to another workspace.
    """
    yield from assets_base(site)
    if import_links.workspace_id != site.workspace_id:
        raise ImportTargetMismatchError(
            f"The import token belongs to another workspace than {site.url.partition('://')[2]}. Nothing was changed.",
            details=f"workspace {import_links.workspace_id} instead of {site.workspace_id}",
        )


def refuse_other_schema(target: ImportTarget, import_links: ImportLinks) -> Operation[ImportSource | None]:
    """Check that the token belongs to the expected schema.

    Raises:
        ImportTargetMismatchError: The token belongs to another schema.
    """
    site, schema, memory = target.site, target.schema, target.memory
    if schema is None:
        return None
    yield from refuse_other_workspace(site, import_links)
    # The links are read each time, but an import source never moves to another schema.
    if memory.import_source is not None and memory.import_source.id == import_links.import_source_id:
        return memory.import_source
    source = yield from source_of(site, import_links)
    if not (yield from _belongs(site, source, schema)):
        raise ImportTargetMismatchError(
            f'The import token belongs to the import "{source.name}" of another object schema than {schema.key}. '
            "Nothing was changed.",
            details=f"object schema {source.schema_id} instead of {schema.id}",
        )
    memory.import_source = source
    return source


def _belongs(site: Site, source: ImportSource, schema: ObjectSchemaRecord) -> Operation[bool]:
    """Find out whether an import belongs to a schema.

    Live sites return the schema's decimal id. Atlassian's document shows a UUID, which can't be compared: then the schema's
    own imports are listed. That request is undocumented; if it fails, the import is treated as the right one.
    """
    if source.schema_id.isdecimal():
        return source.schema_id == schema.id
    try:
        response = yield from ask_assets(site, schema_wire.list_import_sources, schema.id)
        listed = schema_wire.read_each(response, "import sources", ImportSource.from_json, "values")
    except (ApiError, MalformedAnswerError, HtmlResponseError):
        return True
    return any(listed_source.id == source.id for listed_source in listed)


def generate(site: Site, source: ImportSource) -> Operation[str]:
    """Generate a new token for an import. The older one is rejected from then on.

    Raises:
        UnknownOutcomeError: The response was lost. The older token may no longer work, and the new one is unknown.
    """
    try:
        response = yield from ask_assets(site, schema_wire.create_import_token, source.id)
    except (TransportError, ServiceUnavailableError) as error:
        if isinstance(error, TransportError) and error.sent == "no":
            raise
        raise UnknownOutcomeError(
            f'Could not generate an import token for "{source.name}": the response was lost.',
            cause="If the server generated a token, the older one is rejected from now on.",
            cause_is_certain=False,
            remedies=("You: generate another token, and use that one; it replaces both.",),
            **error.place(),
        ) from None
    return read_text(read_object(response.json(), "a token"), "token")


#: Results and remedies for the states of an import.
_STATES = {
    "IDLE": (CheckState.OK, "The import is ready.", ""),
    "RUNNING": (
        CheckState.FAILED,
        "Another execution of the import is in progress.",
        "You: wait until it ends, or pass on_busy='wait'.",
    ),
    "MISSING_MAPPING": (
        CheckState.OK,
        "The import has no schema model yet; build it before the first import.",
        "",
    ),
    "DISABLED": (
        CheckState.FAILED,
        "The import is disabled.",
        address_book.SCHEMA_IMPORT.remedy("enable the import"),
    ),
}

#: The names of the checks, in the order of the report.
ACCEPTED = "import token accepted"
WORKSPACE = "workspace"
OBJECT_SCHEMA = "object schema"
STATE = "import state"
SETTINGS = "import settings"


def check(target: ImportTarget) -> Operation[ImportTokenReport]:
    """Check that the token is accepted, belongs to this workspace and schema, and can be used now. Sends only reads."""
    return (yield from _TokenCheck(target).report())


@define
class _TokenCheck:
    """One check of an import token."""

    target: ImportTarget
    links: ImportLinks | None = None
    source: ImportSource | None = None
    state: ImportState | None = None

    def report(self) -> Operation[ImportTokenReport]:
        """Run the checks."""
        site = self.target.site
        checks = CheckRecorder.of(site)
        yield from checks.run(ACCEPTED, self.check_token())
        if not checks.is_ok(ACCEPTED):
            checks.block(ACCEPTED)
        # The account may not be able to read what the token belongs to; only another target proves a failure.
        yield from checks.run(WORKSPACE, self.check_workspace(), proves=(ImportTargetMismatchError,))
        if self.target.schema is None and not checks.is_blocked:
            checks.skip(OBJECT_SCHEMA, "Not checked: pass an object schema to import_token() to check it.")
        else:
            yield from checks.run(OBJECT_SCHEMA, self.check_schema(), proves=(ImportTargetMismatchError,))
        self.conclude_settings(checks)
        yield from checks.run(STATE, self.check_state(), proves=())
        if self.state is not None:
            self.conclude_state(checks, self.state.status)
        return ImportTokenReport(
            checks=tuple(checks.checks.values()),
            site=site.url,
            import_source=self.source,
            status=None if self.state is None else self.state.status,
        )

    def check_token(self) -> Operation[tuple[str, str]]:
        self.links = yield from links(self.target)
        return "Assets accepts the token.", f"import source {self.links.import_source_id}"

    def known_links(self) -> ImportLinks:
        if self.links is None:
            raise AssertionError("the other checks are blocked unless the token was accepted")
        return self.links

    def check_workspace(self) -> Operation[tuple[str, str]]:
        yield from refuse_other_workspace(self.target.site, self.known_links())
        return "The token belongs to this site's workspace.", self.known_links().workspace_id

    def check_schema(self) -> Operation[tuple[str, str]]:
        schema = self.target.schema
        self.target.memory.import_source = None  # its settings may have changed
        self.source = yield from refuse_other_schema(self.target, self.known_links())
        key, schema_id = ("", "") if schema is None else (schema.key, schema.id)
        return f"The token belongs to an import of {key}.", f"object schema {schema_id}"

    def conclude_settings(self, checks: CheckRecorder) -> None:
        """Record what the import does with empty and unknown values, which was read with its object schema."""
        if self.source is None:
            reason = "" if checks.is_blocked else "Not checked: the import could not be read."
            if self.target.schema is None and not checks.is_blocked:
                reason = "Not checked: pass an object schema to import_token() to read them."
            checks.skip(SETTINGS, reason)
            return
        checks.ok(
            SETTINGS,
            " ".join(filter(None, (self.source.filters, self.source.ignored_values, self.source.kept_values)))
            or "The import ignores no empty or unknown values that Assets shows.",
        )

    def check_state(self) -> Operation[tuple[str, str]]:
        self.state = yield from state(self.target, self.known_links())
        return "", self.state.status

    def conclude_state(self, checks: CheckRecorder, status: str) -> None:
        """Replace the result of reading the state by the state's meaning."""
        result, summary, remedy = _STATES.get(
            status, (CheckState.UNKNOWN, f"The import is in the unknown state {status}.", "")
        )
        checks.checks[STATE] = Check(
            name=STATE,
            state=result,
            summary=summary,
            evidence=status,
            remedies=(remedy,) if remedy else (),
            error=AssetsError(summary) if result is CheckState.UNKNOWN else None,
            seconds=checks.checks[STATE].seconds,
        )
