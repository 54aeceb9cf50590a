"""The checklist of a destination, from the connection to the import. It sends only read requests and never raises.

Each step uses the operation that also carries it out, so that the checklist and the later action can't disagree. The module is long
because it contains the texts of all steps in all states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import define, evolve, field, frozen

from .._assets.import_sources import ImportSource
from .._assets.object_schemas import ObjectSchemaRecord, schema_key
from .._assets.reports import CheckState, ConnectionReport, ImportTokenReport
from .._assets.roles import SchemaRoles, label, wanted_roles
from .._http.commands import Operation
from .._model.names import same_name
from .._model.schema_model import SchemaModel
from .._operations import building, conflicts, roles
from .._operations import doctor as permissions
from .._operations import import_tokens as tokens
from .._operations import object_schemas as schemas
from .._operations.import_target import ImportTarget
from .._plan.build_plan import BuildPlanRecord
from .._plan.conflicts import ConflictRecord, Resolution
from .._secret import Secret
from .._session.site import Site
from ..exceptions import (
    AssetsError,
    ConfigurationError,
    RolesNotSettableError,
)
from .problem_steps import REMEDIES, failed_checks_step, failed_step
from .status import (
    STEPS,
    DestinationStatus,
    DestinationStep,
    StepAction,
    StepCode,
    StepState,
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

    def accepts(self, source: ImportSource) -> bool:
        return self.import_source is None or self.import_source in (source.name, source.id)


def status(site: Site, wanted: Wanted) -> Operation[DestinationStatus]:
    """Read what the checklist needs, and return it."""
    return (yield from _Checklist(site, wanted).status())


def not_connected(wanted: Wanted, site: str, error: AssetsError) -> DestinationStatus:
    """Return the checklist of a destination that can't connect, for example because a secret is missing."""
    steps = [failed_step("connection", error, "fix_connection")]
    steps += [_waiting(code, ["connection"], "There is no connection yet.") for code in STEPS[1:]]
    return DestinationStatus(name=wanted.name, site=site, steps=tuple(steps))


def chosen_conflict(records: Iterable[ConflictRecord], key: str) -> ConflictRecord:
    """Return the conflict with a key.

    Raises:
        ConfigurationError: There is none.
    """
    by_key = {record.key: record for record in records}
    if key in by_key:
        return by_key[key]
    raise ConfigurationError(
        f'The object schema has no conflict with the key "{key}". Nothing was changed.',
        field="conflict",
        fix=f"Pass one of: {', '.join(by_key)}."
        if by_key
        else "Read the status again: all conflicts are resolved.",
    )


def _waiting(code: StepCode, waits_for: Iterable[StepCode], summary: str, link: str = "") -> DestinationStep:
    return DestinationStep(
        code=code, state=StepState.WAITING, summary=summary, waits_for=tuple(waits_for), link=link
    )


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
            yield from self._check_schema()
            yield from self._check_roles()
            if isinstance(self.wanted.secret, Secret):
                self.token = yield from tokens.check(self._target(self.wanted.secret))
            yield from self._check_import_source()
            self._check_token()
            self._check_model()
            yield from self._check_build()
            self._check_ready()
        for code in STEPS[1:]:
            self.steps.setdefault(code, _waiting(code, ["connection"], "The connection does not work yet."))
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

    def _page(self, *, configure: bool = False) -> str:
        if self.schema is None:
            return ""
        return self.schema.links.configure if configure else self.schema.links.browse

    def _add(self, step: DestinationStep) -> None:
        self.steps[step.code] = step

    def _unfinished(self, *codes: StepCode) -> list[StepCode]:
        return [code for code in codes if not self.steps[code].is_done]

    # --- the steps --------------------------------------------------------------------------------------------------

    def _check_connection(self) -> Operation[bool]:
        """Check the connection. Return True if it is good enough for the other steps."""
        report = yield from permissions.check(self.site)
        self.connection = report
        if report.problems:
            self._add(failed_checks_step("connection", report.problems, "fix_connection", self.site.url))
        else:
            self._add(
                DestinationStep(
                    code="connection",
                    state=StepState.DONE,
                    summary=f"{report.account} can set up and run the import.",
                    evidence=f"workspace {report.workspace_id}",
                    link=self.site.url,
                )
            )
        # An account that is not a Jira admin can still use an existing object schema.
        return report[permissions.ASSETS_DATA].state is CheckState.OK

    def _check_schema(self) -> Operation[None]:
        key = self.wanted.schema_key
        try:
            listed = yield from schemas.list_all(self.site)
            schema = next((item for item in listed if key and schema_key(item.key) == key), None)
            if schema is not None:
                # The listing contains no counts.
                schema = yield from schemas.refreshed(self.site, schema.id)
        except AssetsError as error:
            self._add(failed_step("schema", error, "fix_connection"))
            return
        self.schema = schema
        keys = ", ".join(item.key for item in listed) or "none"
        if schema is not None:
            step = DestinationStep(
                code="schema",
                state=StepState.DONE,
                summary=f"The object schema {schema.name} ({schema.key}) exists.",
                evidence=f"object schema {schema.id}, {schema.object_count or 0:,} objects",
                link=schema.links.browse,
            )
        elif not key:
            choices = [{"key": item.key, "name": item.name} for item in listed]
            step = DestinationStep(
                code="schema",
                state=StepState.NEEDS_INPUT,
                summary="No object schema is chosen.",
                action=StepAction("choose_schema", {"schemas": choices}),
                evidence=f"existing object schemas: {keys}",
                remedies=(REMEDIES["choose_schema"],),
            )
        elif owner := next(
            (item for item in listed if same_name(item.name, self.wanted.schema_name or key)), None
        ):
            step = DestinationStep(
                code="schema",
                state=StepState.NEEDS_INPUT,
                summary=f'The object schema {key} can\'t be created: {owner.key} has the name "{owner.name}".',
                action=StepAction("choose_schema", {"schemas": [{"key": owner.key, "name": owner.name}]}),
                evidence=f"existing object schemas: {keys}",
                remedies=(f"You: use the object schema {owner.key}, or choose another name.",),
            )
        else:
            step = DestinationStep(
                code="schema",
                state=StepState.OPEN,
                summary=f"The object schema {key} is not created yet, or this account can't see it.",
                action=StepAction("create_schema", {"key": key, "name": self.wanted.schema_name or key}),
                evidence=f"existing object schemas: {keys}",
                remedies=(REMEDIES["create_schema"],),
            )
        self._add(step)

    def _check_roles(self) -> Operation[None]:
        if self.schema is None:
            self._add(_waiting("roles", ["schema"], "There is no object schema yet."))
            return
        page = self._page(configure=True)
        try:
            self.roles = yield from roles.read(self.site, self.schema)
        except RolesNotSettableError as error:
            self._add(
                evolve(
                    failed_step("roles", error, "restrict_roles", error.link),
                    state=StepState.UNKNOWN,
                    action=StepAction("restrict_roles", {"can_set": False}),
                    remedies=tuple(
                        f"An object schema manager: {step[:1].lower()}{step[1:]}" for step in error.steps
                    ),
                )
            )
            return
        except AssetsError as error:
            self._add(failed_step("roles", error, "restrict_roles", page))
            return
        preview = yield from roles.compare(self.site, self.roles, wanted_roles(**self.wanted.roles))
        entries = self.roles.default_entries
        if not preview.is_empty:
            step = DestinationStep(
                code="roles",
                state=StepState.OPEN,
                summary=f"The roles differ from the chosen ones: {'; '.join(map(str, preview.changes))}.",
                action=StepAction(
                    "restrict_roles",
                    {
                        "can_set": True,
                        "roles": {name: list(names) for name, names in self.wanted.roles.items()},
                        **preview.to_dict(),
                    },
                ),
                evidence=f"lose access: {', '.join(map(label, preview.lose_access)) or 'no one'}",
                link=page,
                remedies=("An object schema manager: set the chosen roles.",),
            )
        elif entries and "developers" not in self.wanted.roles:
            step = DestinationStep(
                code="roles",
                state=StepState.NEEDS_INPUT,
                summary="Everyone in these groups can see and change all objects. Assets adds such groups to each new "
                "object schema.",
                action=StepAction("restrict_roles", {"can_set": True, "entries": list(entries)}),
                evidence=", ".join(entries),
                link=page,
                remedies=(REMEDIES["restrict_roles"],),
            )
        else:
            step = DestinationStep(
                code="roles",
                state=StepState.DONE,
                summary="The roles are as chosen.",
                evidence="; ".join(
                    f"{role.name}: {', '.join(map(label, role.members)) or 'no one'}"
                    for role in self.roles.roles
                ),
                link=page,
            )
        self._add(step)

    def _check_import_source(self) -> Operation[None]:
        if self.schema is None:
            self._add(_waiting("import_source", ["schema"], "There is no object schema yet."))
            return
        page, expected = self._page(configure=True), self.wanted.import_source
        source = None if self.token is None else self.token.import_source
        if source is None or not self.wanted.accepts(source):
            try:
                listed = yield from schemas.import_sources(self.site, self.schema.id)
            except AssetsError as error:
                # Listing imports is undocumented. The token proves later that the import exists.
                step = failed_step("import_source", error, "create_import_source", page)
                self._add(evolve(step, state=StepState.UNKNOWN))
                return
            self.import_sources = tuple(item for item in listed if item.is_external)
            source = next(filter(self.wanted.accepts, self.import_sources), None)
        tab = f"in Assets, open {self.schema.key} > Configuration > Import"
        if source is None:
            name = f' named "{expected}"' if expected else ""
            step = DestinationStep(
                code="import_source",
                state=StepState.OPEN,
                summary=f"The object schema {self.schema.key} has no External import{name}.",
                action=StepAction("create_import_source", {"name": expected}),
                evidence=f"imports: {', '.join(item.name for item in self.import_sources) or 'none'}",
                link=page,
                remedies=(f"An object schema manager: {tab}, and create an External import{name}.",),
            )
        elif source.enabled is False or (self.token is not None and self.token.status == "DISABLED"):
            step = DestinationStep(
                code="import_source",
                state=StepState.FAILED,
                summary=f'The import "{source.name}" is disabled.',
                action=StepAction("enable_import_source", {"id": source.id, "name": source.name}),
                evidence=f"import source {source.id}",
                link=page,
                remedies=(f"An object schema manager: {tab}, and enable the import.",),
            )
        else:
            step = DestinationStep(
                code="import_source",
                state=StepState.DONE,
                summary=f'The import "{source.name}" exists.',
                evidence=f"import source {source.id}",
                link=page,
            )
        self._add(step)

    def _check_token(self) -> None:
        """Check the import token. The state of its import belongs to other steps."""
        page, secret = self._page(configure=True), self.wanted.secret
        if isinstance(secret, AssetsError):
            self._add(failed_step("token", secret, "fix_token", page))
            return
        if self.token is None:
            self._add(self._missing_token(page))
            return
        problems = tuple(check for check in self.token.problems if check.name != "import state")
        source, expected = self.token.import_source, self.wanted.import_source
        if problems:
            step = failed_checks_step("token", problems, "fix_token", page)
        elif source is not None and not self.wanted.accepts(source):
            step = DestinationStep(
                code="token",
                state=StepState.FAILED,
                summary=f'The token belongs to the import "{source.name}", not to "{expected}".',
                action=StepAction("fix_token", {"import_source": expected}),
                evidence=f"import source {source.id}",
                link=page,
                remedies=(f'You: use the token of the import "{expected}", or choose the other import.',),
            )
        elif self.schema is None:
            step = _waiting("token", ["schema"], "Assets accepts the token. There is no object schema yet.")
        else:
            step = DestinationStep(
                code="token",
                state=StepState.DONE,
                summary=f"Assets accepts the token. It belongs to an import of {self.schema.key}.",
                evidence="" if source is None else f'import "{source.name}"',
                link=page,
            )
        self._add(step)

    def _missing_token(self, page: str) -> DestinationStep:
        if self.schema is None:
            return _waiting("token", ["schema"], "There is no object schema yet.")
        if self.steps["import_source"].state is StepState.OPEN:
            return _waiting("token", ["import_source"], "There is no import yet to generate a token for.")
        candidates = [
            {"id": source.id, "name": source.name}
            for source in self.import_sources
            if self.wanted.accepts(source)
        ]
        return DestinationStep(
            code="token",
            state=StepState.NEEDS_INPUT,
            summary="There is no import token yet.",
            action=StepAction("paste_token", {"import_sources": candidates}),
            evidence=f"imports: {', '.join(item['name'] for item in candidates) or 'unknown'}",
            link=page,
            remedies=(
                f"An object schema manager: in Assets, open {self.schema.key} > Configuration > Import, and generate a token.",
                REMEDIES["paste_token"],
            ),
        )

    def _check_model(self) -> None:
        """Check that the model is readable and valid. Whether Assets can build it belongs to another step."""
        model = self.wanted.model
        if model is None:
            self._add(self._missing_model())
            return
        try:
            if isinstance(model, AssetsError):
                raise model
            model.check()
        except AssetsError as error:
            self._add(failed_step("model", error, "fix_model", self._page()))
            return
        attributes = sum(len(spec.attributes) for spec in model.object_types)
        self._add(
            DestinationStep(
                code="model",
                state=StepState.DONE,
                summary=f"The model {model.name} is valid.",
                evidence=f"{len(model.object_types)} object types, {attributes} attributes",
                link=self._page(),
            )
        )

    def _missing_model(self) -> DestinationStep:
        """Return the step for no chosen model. A model that the import has in Assets is used."""
        has_mapping = self.token is not None and self.token.status in ("IDLE", "RUNNING")
        if has_mapping and self.steps["token"].is_done:
            return DestinationStep(
                code="model",
                state=StepState.DONE,
                summary="The model is the one that the import has in Assets.",
                link=self._page(),
            )
        return DestinationStep(
            code="model",
            state=StepState.NEEDS_INPUT,
            summary="No model is chosen.",
            action=StepAction("fix_model"),
            remedies=("You: choose a model.",),
        )

    def _check_build(self) -> Operation[None]:
        """Check the conflicts and the build, which need the same requests."""
        model, secret = self.wanted.model, self.wanted.secret
        unfinished = self._unfinished("schema", "model")
        if unfinished:
            self._add(_waiting("conflicts", unfinished, _come_first(unfinished)))
        elif not isinstance(model, SchemaModel):
            self._add(self._done_in_assets("conflicts"))
            self._add(self._done_in_assets("build"))
            return
        if self._unfinished("schema", "model", "token"):
            yield from self._check_conflicts()
            self._add_waiting_build()
            return
        assert isinstance(model, SchemaModel)  # the model is done
        assert isinstance(secret, Secret)  # the token is done
        plan_error: AssetsError | None = None
        try:
            self.plan = yield from building.plan(self._target(secret), model)
        except AssetsError as error:
            plan_error = error
        if self.plan is not None and self.plan.is_empty:
            # Everything is built, so what looks like a conflict is the model's own object type.
            self._add(self._done_in_assets("conflicts"))
            self._add(self._done_in_assets("build"))
            return
        yield from self._check_conflicts()
        if self._unfinished("conflicts"):
            # A plan reports each unresolved conflict as an impossible change, so the conflicts come first.
            self._add_waiting_build()
        elif plan_error is not None:
            self._add(failed_step("build", plan_error, "fix_model", self._page()))
        else:
            self._add(self._build_step())

    def _add_waiting_build(self) -> None:
        unfinished = self._unfinished("schema", "conflicts", "token", "model")
        self._add(_waiting("build", unfinished, _come_first(unfinished), self._page()))

    def _done_in_assets(self, code: StepCode) -> DestinationStep:
        summary = "No conflicts." if code == "conflicts" else "The model is built."
        return DestinationStep(code=code, state=StepState.DONE, summary=summary, link=self._page())

    def _check_conflicts(self) -> Operation[None]:
        model = self.wanted.model
        if "conflicts" in self.steps or self.schema is None or not isinstance(model, SchemaModel):
            return
        try:
            self.conflicts = yield from conflicts.find(self.site, self.schema.id, model)
        except AssetsError as error:
            self._add(failed_step("conflicts", error, "fix_connection", self._page()))
            return
        if not self.conflicts:
            self._add(self._done_in_assets("conflicts"))
            return
        choices = [
            {
                "key": conflict.key,
                "name": conflict.name,
                "choices": [choice.value for choice in conflict.choices],
                "is_harmless": conflict.is_harmless,
                "differences": [difference.to_dict() for difference in conflict.differences],
                "object_count": conflict.object_count,
                "objects_to_confirm": conflict.objects_to_confirm,
                "suggested_names": {
                    resolution.value: conflict.suggested_name(resolution, model)
                    for resolution in (Resolution.RENAME_INCOMING, Resolution.RENAME_EXISTING)
                },
            }
            for conflict in self.conflicts
        ]
        self._add(
            DestinationStep(
                code="conflicts",
                state=StepState.NEEDS_INPUT,
                summary="The object schema already contains object types with these names: "
                f"{'; '.join(str(conflict) for conflict in self.conflicts)}.",
                action=StepAction("resolve_conflicts", {"conflicts": choices}),
                evidence=", ".join(conflict.name for conflict in self.conflicts),
                link=self._page(),
                remedies=(REMEDIES["resolve_conflicts"],),
            )
        )

    def _build_step(self) -> DestinationStep:
        assert self.plan is not None  # otherwise the step has failed
        try:
            self.plan.raise_for_impossible()
            self.plan.raise_for_risky()
        except AssetsError as error:
            return failed_step("build", error, "fix_model", self._page())
        rejection = self.site.rejected_plans.get(self.plan.digest)
        if rejection is not None:
            return failed_step("build", rejection, "fix_model", self._page())
        return DestinationStep(
            code="build",
            state=StepState.OPEN,
            summary=f"The model is not built yet. {self.plan.summary}.",
            action=StepAction("build", {"changes": len(self.plan.changes)}),
            evidence=f"{len(self.plan.changes)} changes",
            link=self._page(),
            remedies=(REMEDIES["build"],),
        )

    def _check_ready(self) -> None:
        """Check whether an import would start now."""
        unfinished = self._unfinished("schema", "conflicts", "token", "model", "build")
        if self.wanted.requires_roles:
            unfinished += self._unfinished("roles")
        if self.steps["import_source"].state is StepState.FAILED:
            unfinished.append("import_source")
        unfinished.sort(key=STEPS.index)
        if unfinished:
            self._add(_waiting("ready", unfinished, _come_first(unfinished), self._page()))
            return
        assert self.token is not None  # the token is done
        import_state = self.token["import state"]
        if self.token.status == "RUNNING":
            step = DestinationStep(
                code="ready",
                state=StepState.WAITING,
                summary="Another execution of this import is in progress.",
                action=StepAction("import", {"on_busy": "wait"}),
                evidence=f"status {self.token.status}",
                link=self._page(configure=True),
                remedies=("You: wait until it ends.",),
            )
        elif import_state.is_problem:
            step = failed_checks_step("ready", (import_state,), "fix_connection", self._page(configure=True))
        else:
            step = DestinationStep(
                code="ready",
                state=StepState.DONE,
                summary="An import can start.",
                action=StepAction("import"),
                evidence=f"status {self.token.status}",
                link=self._page(),
            )
        self._add(step)


def _come_first(codes: Iterable[StepCode]) -> str:
    return f"These steps come first: {', '.join(code.replace('_', ' ') for code in codes)}."
