"""The checklist of a destination, from the connection to the import. It sends only read requests and never raises.

Each step uses the operation that also carries it out, so that the checklist and the later action can't disagree. The texts
of the steps are in `steps`.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, evolve, field, frozen

from .._assets.import_sources import ImportSource
from .._assets.object_schemas import ObjectSchemaRecord, SchemaLinks, schema_key
from .._assets.reports import CheckState, ConnectionReport, ImportTokenReport
from .._assets.roles import SchemaRoles, wanted_roles
from .._http.commands import Operation
from .._model.schema_model import SchemaModel
from .._operations import building, conflicts, roles
from .._operations import doctor as permissions
from .._operations import import_tokens as tokens
from .._operations import object_schemas as schemas
from .._operations.import_tokens import ImportTarget
from .._plan.build_plan import BuildPlanRecord
from .._plan.conflicts import ConflictRecord
from .._secret import Secret
from .._session.site import Site
from ..exceptions import AssetsError
from .status import STEPS, DestinationStatus, DestinationStep, StepCode, StepState
from .steps import (
    build_step,
    conflicts_step,
    connection_step,
    done_step,
    failed_step,
    import_source_step,
    missing_model_step,
    missing_schema_step,
    missing_token_step,
    model_step,
    ready_step,
    roles_step,
    schema_step,
    token_step,
    unreadable_roles_step,
    waiting_step,
)


@frozen(kw_only=True)
class Wanted:
    """The settings of a destination that the checklist compares with Assets.

    Attributes:
        name: Name of the destination.
        schema_key: Key of the object schema. None if none was chosen.
        schema_name: Name of a new object schema. None for the key.
        roles: Entries by role: "managers", "developers", and "users". A missing role is not changed.
        import_source: Name or id of the import. None if any import is accepted.
        model: The model, the error of reading it, or None if none was chosen.
        secret: The import token, the error of reading it, or None if there is none.
        requires_roles: True if imports are rejected while the default entries are in the roles.
    """

    name: str
    schema_key: str | None
    schema_name: str | None
    roles: Mapping[str, tuple[str, ...]]
    import_source: str | None
    model: SchemaModel | AssetsError | None
    secret: Secret | AssetsError | None = field(repr=False)
    requires_roles: bool


def status(site: Site, wanted: Wanted) -> Operation[DestinationStatus]:
    """Read what the checklist needs, and return it."""
    return (yield from _Checklist(site, wanted).status())


def not_connected(wanted: Wanted, site: str, error: AssetsError) -> DestinationStatus:
    """Return the checklist of a destination that can't connect, for example because a secret is missing."""
    steps = [failed_step("connection", error, "fix_connection", site)]
    steps += [waiting_step(code, ["connection"], "There is no connection yet.") for code in STEPS[1:]]
    return DestinationStatus(name=wanted.name, site=site, steps=tuple(steps))


@define
class _Checklist:
    """One run of the checklist, with what was read so far."""

    site: Site
    wanted: Wanted
    steps: dict[StepCode, DestinationStep] = field(factory=dict[StepCode, DestinationStep])
    connection: ConnectionReport | None = None
    schema: ObjectSchemaRecord | None = None
    roles: SchemaRoles | None = None
    conflicts: tuple[ConflictRecord, ...] = ()
    token: ImportTokenReport | None = None
    plan: BuildPlanRecord | None = None
    import_sources: tuple[ImportSource, ...] = ()

    def status(self) -> Operation[DestinationStatus]:
        if (yield from self._check_connection()):
            self._add((yield from self._schema_step()))
            self._add((yield from self._roles_step()))
            if isinstance(self.wanted.secret, Secret):
                self.token = yield from tokens.check(self._target(self.wanted.secret))
            self._add((yield from self._import_source_step()))
            self._add(self._token_step())
            self._add(self._model_step())
            yield from self._check_conflicts_and_build()
            self._add(self._ready_step())
        for code in STEPS[1:]:
            self.steps.setdefault(
                code, waiting_step(code, ["connection"], "The connection does not work yet.")
            )
        return DestinationStatus(
            name=self.wanted.name,
            site=self.site.url,
            steps=tuple(self.steps[code] for code in STEPS),
            connection=self.connection,
            schema=self.schema,
            roles=self.roles,
            conflicts=self.conflicts,
            token=self.token,
            plan=self.plan,
            import_sources=self.import_sources,
        )

    def _target(self, secret: Secret) -> ImportTarget:
        return ImportTarget(site=self.site, secret=secret, schema=self.schema)

    @property
    def _browse_page(self) -> str:
        return "" if self.schema is None else self.schema.links.browse

    @property
    def _configure_page(self) -> str:
        return "" if self.schema is None else self.schema.links.configure

    @property
    def _import_evidence(self) -> str:
        return "" if self.token is None else f"import status {self.token.status}"

    def _add(self, step: DestinationStep) -> None:
        self.steps[step.code] = step

    def _unfinished(self, *codes: StepCode) -> list[StepCode]:
        return [code for code in codes if not self.steps[code].is_done]

    # --- the steps, in the order in which they are read ---------------------------------------------------------------

    def _check_connection(self) -> Operation[bool]:
        """Check the connection. Return True if it is good enough for the other steps."""
        report = yield from permissions.check(self.site)
        self.connection = report
        self._add(connection_step(report, self.site.url))
        # An account that is not a Jira admin can still use an existing object schema.
        return report[permissions.ASSETS_DATA].state is CheckState.OK

    def _schema_step(self) -> Operation[DestinationStep]:
        key = self.wanted.schema_key
        try:
            listed = yield from schemas.list_all(self.site)
            schema = next((item for item in listed if key and schema_key(item.key) == key), None)
            if schema is None:
                page = SchemaLinks.of(self.site.url, "").all_schemas
                return missing_schema_step(key, self.wanted.schema_name or key or "", listed, page)
            # The listing contains no counts.
            self.schema = yield from schemas.refreshed(self.site, schema.id)
        except AssetsError as error:
            return failed_step("schema", error, "fix_connection", self.site.url)
        return schema_step(self.schema)

    def _roles_step(self) -> Operation[DestinationStep]:
        if self.schema is None:
            return waiting_step("roles", ["schema"], "There is no object schema yet.")
        try:
            self.roles = yield from roles.read(self.site, self.schema)
            wanted = wanted_roles(**self.wanted.roles)
            preview = yield from roles.compare(self.site, self.schema, self.roles, wanted)
        except AssetsError as error:
            return unreadable_roles_step(error, self._configure_page)
        return roles_step(self.roles, preview, self.wanted.roles, self._configure_page)

    def _import_source_step(self) -> Operation[DestinationStep]:
        wanted = self.wanted.import_source
        if self.schema is None:
            return waiting_step("import_source", ["schema"], "There is no object schema yet.")
        source = None if self.token is None else self.token.import_source
        if source is None or not source.is_called(wanted):
            try:
                listed = yield from schemas.import_sources(self.site, self.schema.id)
            except AssetsError as error:
                # Listing imports is undocumented. The token proves later that the import exists.
                step = failed_step("import_source", error, "create_import_source", self._configure_page)
                return evolve(step, state=StepState.UNKNOWN)
            self.import_sources = tuple(item for item in listed if item.is_external)
            source = next((item for item in self.import_sources if item.is_called(wanted)), None)
        is_disabled = self.token is not None and self.token.status == "DISABLED"
        return import_source_step(
            self.schema,
            source,
            self.import_sources,
            wanted,
            is_disabled=is_disabled or (source is not None and source.enabled is False),
        )

    def _token_step(self) -> DestinationStep:
        wanted = self.wanted.import_source
        if isinstance(self.wanted.secret, AssetsError):
            return failed_step("token", self.wanted.secret, "fix_token", self._configure_page)
        if self.token is not None:
            return token_step(self.token, self.schema, wanted)
        if self.schema is None:
            return waiting_step("token", ["schema"], "There is no object schema yet.")
        if self.steps["import_source"].state is StepState.OPEN:
            return waiting_step("token", ["import_source"], "There is no import yet to generate a token for.")
        return missing_token_step(
            self.schema, [source for source in self.import_sources if source.is_called(wanted)]
        )

    def _model_step(self) -> DestinationStep:
        if self.wanted.model is not None:
            return model_step(self.wanted.model, self._browse_page or self.site.url)
        has_mapping = self.token is not None and self.token.status in ("IDLE", "RUNNING")
        if has_mapping and self.steps["token"].is_done:
            summary = "The model is the one that the import has in Assets."
            return done_step("model", summary, self._import_evidence, self._browse_page)
        return missing_model_step(self._browse_page or self.site.url)

    def _check_conflicts_and_build(self) -> Operation[None]:
        """Add both steps, which need the same requests."""
        model, secret = self.wanted.model, self.wanted.secret
        unfinished = self._unfinished("schema", "model")
        if unfinished:
            self._add(waiting_step("conflicts", unfinished))
        elif not isinstance(model, SchemaModel):
            self._add_built()
            return
        plan_error: AssetsError | None = None
        if (
            isinstance(model, SchemaModel)
            and isinstance(secret, Secret)
            and not self._unfinished("schema", "model", "token")
        ):
            try:
                self.plan = yield from building.plan(self._target(secret), model)
            except AssetsError as error:
                plan_error = error
        if self.plan is not None and self.plan.is_empty:
            # Everything is built, so what looks like a conflict is the model's own object type.
            self._add_built()
            return
        if "conflicts" not in self.steps and isinstance(model, SchemaModel):
            self._add((yield from self._conflicts_step(model)))
        # A plan reports each unresolved conflict as an impossible change, so the conflicts come first.
        unfinished = self._unfinished("schema", "conflicts", "token", "model")
        if plan_error is not None and not unfinished:
            self._add(failed_step("build", plan_error, "fix_model", self._browse_page))
        elif self.plan is not None and not unfinished:
            rejection = self.site.rejected_plans.get(self.plan.digest)
            self._add(build_step(self.plan, rejection, self._browse_page))
        else:
            self._add(waiting_step("build", unfinished, link=self._browse_page))

    def _add_built(self) -> None:
        evidence = "0 changes" if self.plan is not None else self._import_evidence
        self._add(done_step("conflicts", "No conflicts.", evidence, self._browse_page))
        self._add(done_step("build", "The model is built.", evidence, self._browse_page))

    def _conflicts_step(self, model: SchemaModel) -> Operation[DestinationStep]:
        assert self.schema is not None  # the conflicts wait for the object schema
        try:
            self.conflicts = yield from conflicts.find(self.site, self.schema.id, model)
        except AssetsError as error:
            return failed_step("conflicts", error, "fix_connection", self._browse_page)
        return conflicts_step(self.conflicts, model, self._browse_page)

    def _ready_step(self) -> DestinationStep:
        unfinished = self._unfinished("schema", "conflicts", "token", "model", "build")
        if self.wanted.requires_roles:
            unfinished += self._unfinished("roles")
        if self.steps["import_source"].state is StepState.FAILED:
            unfinished.append("import_source")
        if unfinished:
            return waiting_step("ready", sorted(unfinished, key=STEPS.index), link=self._browse_page)
        assert self.token is not None  # the token is done
        return ready_step(self.token, self._browse_page, self._configure_page)
