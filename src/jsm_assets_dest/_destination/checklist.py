"""The checklist of a destination: connection, schema, roles, model, token, ready. Only reads are sent.

Each step is judged by the operation that also does it, so that the checklist cannot say something else than what happens
afterwards. What an earlier step leaves open makes a later one wait; nothing raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, field, frozen

from .._assets.import_sources import ImportSource
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.reports import Check, CheckState, ConnectionReport, ImportTokenReport
from .._assets.roles import RoleKind, SchemaRoles
from .._http.commands import Operation
from .._model.schema_model import SchemaModel
from .._operations import building, conflicts, roles
from .._operations import doctor as permissions
from .._operations import import_tokens as tokens
from .._operations import object_schemas as schemas
from .._operations.import_target import ImportTarget
from .._plan.build_plan import BuildPlanRecord
from .._plan.conflicts import ConflictRecord
from .._secret import Secret
from .._session.site import Site
from ..exceptions import (
    AssetsError,
    ImpossibleChangeError,
    MalformedAnswerError,
    RateLimitedError,
    RolesNotSettableError,
    ServiceUnavailableError,
    TransportError,
)
from .status import STEPS, DestinationStatus, DestinationStep, StepState

_NOT_KNOWN = (TransportError, RateLimitedError, ServiceUnavailableError, MalformedAnswerError)
#: The kind of import that takes data with a token; an empty kind was not told.
_EXTERNAL = ("", "rlabs-import-type-external")


@frozen(kw_only=True)
class Wanted:
    """What a destination wants, as far as it could be read.

    Attributes:
        name: The destination's name.
        schema_key: The object schema's key, or None where none was chosen.
        roles: Entries of roles by "managers", "developers" and "users"; a role that is not there is left alone.
        import_source: The name or id of the import, or None where it does not matter.
        model: The model, why it cannot be read, or None where none was chosen.
        secret: The import token, why it cannot be read, or None where none was named.
        requires_roles: Whether an import is refused while the default entries are in the roles.
    """

    name: str
    schema_key: str | None
    roles: Mapping[str, tuple[str, ...]]
    import_source: str | None
    model: SchemaModel | AssetsError | None
    secret: Secret | AssetsError | None = field(repr=False)
    requires_roles: bool


def status(site: Site, wanted: Wanted) -> Operation[DestinationStatus]:
    """How far a destination is."""
    return (yield from _Checklist(site, wanted).status())


def not_connected(wanted: Wanted, site: str, error: AssetsError) -> DestinationStatus:
    """The checklist where not even a connection can be made, for example because a secret is not where it should be."""
    steps = [_of_error("connection", error)]
    steps += [_waiting(name, ["connection"], "There is no connection yet.") for name in STEPS[1:]]
    return DestinationStatus(name=wanted.name, site=site, steps=tuple(steps))


def _of_error(name: str, error: AssetsError, link: str = "") -> DestinationStep:
    return DestinationStep(
        name=name,
        state=StepState.UNKNOWN if isinstance(error, _NOT_KNOWN) else StepState.FAILED,
        summary=error.what,
        link=link,
        remedies=error.remedies,
        cause=error.cause,
        error=error,
    )


def _waiting(name: str, waits_for: Sequence[str], summary: str, link: str = "") -> DestinationStep:
    return DestinationStep(
        name=name, state=StepState.WAITING, summary=summary, waits_for=tuple(waits_for), link=link
    )


def _of_checks(name: str, problems: tuple[Check, ...], link: str) -> DestinationStep:
    first = problems[0]
    failed = any(check.state is CheckState.FAILED for check in problems)
    return DestinationStep(
        name=name,
        state=StepState.FAILED if failed else StepState.UNKNOWN,
        summary=" ".join(check.summary for check in problems),
        evidence=first.evidence,
        link=link,
        remedies=tuple(remedy for check in problems for remedy in check.remedies),
        cause=first.cause,
        error=first.error,
    )


@define
class _Checklist:
    """One run of the checklist: what was found so far."""

    site: Site
    wanted: Wanted
    steps: dict[str, DestinationStep] = field(factory=dict[str, DestinationStep])
    connection: ConnectionReport | None = None
    schema: ObjectSchemaRecord | None = None
    roles: SchemaRoles | None = None
    conflicts: tuple[ConflictRecord, ...] = ()
    token: ImportTokenReport | None = None
    plan: BuildPlanRecord | None = None
    import_sources: tuple[ImportSource, ...] = ()

    def status(self) -> Operation[DestinationStatus]:
        """Judge the steps."""
        is_usable = yield from self.judge_connection()
        if is_usable:
            self.steps["schema"] = yield from self.judge_schema()
            self.steps["roles"] = yield from self.judge_roles()
            self.steps["token"] = yield from self.judge_token()
            self.steps["model"] = yield from self.judge_model()
            self.steps["ready"] = self.judge_ready()
        for name in STEPS[1:]:
            self.steps.setdefault(name, _waiting(name, ["connection"], "The connection cannot be used yet."))
        return DestinationStatus(
            name=self.wanted.name,
            site=self.site.url,
            steps=tuple(self.steps[name] for name in STEPS),
            connection=self.connection,
            schema=self.schema,
            roles=self.roles,
            conflicts=self.conflicts,
            token=self.token,
            plan=self.plan,
            import_sources=self.import_sources,
        )

    def page(self, *, configure: bool = False) -> str:
        """The page of the schema, as far as there is one."""
        if self.schema is None:
            return ""
        return self.schema.links.configure if configure else self.schema.links.browse

    # --- the steps --------------------------------------------------------------------------------------------------

    def judge_connection(self) -> Operation[bool]:
        """The connection, and whether the rest can be judged with it."""
        report = yield from permissions.check(self.site)
        self.connection = report
        if report.problems:
            self.steps["connection"] = _of_checks("connection", report.problems, self.site.url)
        else:
            self.steps["connection"] = DestinationStep(
                name="connection",
                state=StepState.DONE,
                summary=f"{report.account} can do the job.",
                evidence=f"workspace {report.workspace_id}",
                link=self.site.url,
            )
        # An account that is no Jira admin can still look at the schema it was given.
        return report[permissions.ASSETS_DATA].state is CheckState.OK

    def judge_schema(self) -> Operation[DestinationStep]:
        """The object schema."""
        name, key = "schema", self.wanted.schema_key
        try:
            found = yield from schemas.list_all(self.site)
            self.schema = next(
                (one for one in found if key is not None and one.key.upper() == key.upper()), None
            )
            if self.schema is not None:
                self.schema = yield from schemas.refreshed(
                    self.site, self.schema.id
                )  # the listing does not count
        except AssetsError as error:
            return _of_error(name, error)
        if self.schema is not None:
            return DestinationStep(
                name=name,
                state=StepState.DONE,
                summary=f"{self.schema.name} ({self.schema.key}) is there.",
                evidence=f"object schema {self.schema.id}, {self.schema.object_count or 0:,} objects",
                link=self.schema.links.browse,
            )
        keys = ", ".join(one.key for one in found) or "none"
        if key is None:
            return DestinationStep(
                name=name,
                state=StepState.OPEN,
                summary="No object schema has been chosen.",
                evidence=f"there are: {keys}",
                remedies=("You: choose a schema or name a new one, with schema_key=….",),
            )
        return DestinationStep(
            name=name,
            state=StepState.OPEN,
            summary=f"There is no object schema with the key {key} that the account may see.",
            evidence=f"there are: {keys}",
            remedies=("You: create it with ensure_object_schema().",),
        )

    def judge_roles(self) -> Operation[DestinationStep]:
        """Who may do what in the schema."""
        name = "roles"
        if self.schema is None:
            return _waiting(name, ["schema"], "There is no object schema yet.")
        page = self.page(configure=True)
        try:
            self.roles = yield from roles.read(self.site, self.schema)
        except RolesNotSettableError as error:
            return DestinationStep(
                name=name,
                state=StepState.UNKNOWN,
                summary=error.what,
                link=error.link,
                remedies=tuple(
                    f"A manager of the schema: {step[:1].lower()}{step[1:]}" for step in error.steps
                ),
                cause=error.cause,
                error=error,
            )
        except AssetsError as error:
            return _of_error(name, error, page)
        others = self.differing_roles(self.roles)
        if others:
            return DestinationStep(
                name=name,
                state=StepState.OPEN,
                summary=f"The roles have other entries than wanted: {'; '.join(others)}.",
                link=page,
                remedies=("You: set them with set_roles().",),
            )
        entries = self.roles.default_entries
        if entries and "developers" not in self.wanted.roles:
            return DestinationStep(
                name=name,
                state=StepState.OPEN,
                summary="Everybody in these groups may see and change all objects; Assets itself puts groups there.",
                evidence=", ".join(entries),
                link=page,
                remedies=(
                    'You: say who shall have which role, with roles={"developers": []} and more, then call set_roles().',
                ),
            )
        evidence = "; ".join(
            f"{role.name}: {', '.join([*role.groups, *role.users]) or 'nobody'}" for role in self.roles.roles
        )
        return DestinationStep(
            name=name, state=StepState.DONE, summary="The roles are as wanted.", evidence=evidence, link=page
        )

    def differing_roles(self, found: SchemaRoles) -> list[str]:
        """The roles that have other entries than wanted."""
        said: list[str] = []
        for name, entries in self.wanted.roles.items():
            role = found.of(RoleKind(name))
            present = {*role.groups, *role.users} if role is not None else set[str]()
            if present != set(entries):
                said.append(
                    f"{name} are {', '.join(sorted(present)) or 'nobody'}, not {', '.join(entries) or 'nobody'}"
                )
        return said

    def judge_token(self) -> Operation[DestinationStep]:
        """The import token. The state of its import belongs to the last step."""
        name, secret, page = "token", self.wanted.secret, self.page(configure=True)
        if isinstance(secret, AssetsError):
            return _of_error(name, secret, page)
        if secret is None:
            return (yield from self.judge_missing_token(page))
        report = yield from tokens.check(ImportTarget(site=self.site, secret=secret, schema=self.schema))
        self.token = report
        problems = tuple(check for check in report.problems if check.name != "import state")
        if problems:
            return _of_checks(name, problems, page)
        source, expected = report.import_source, self.wanted.import_source
        if source is not None and expected is not None and expected not in (source.name, source.id):
            return DestinationStep(
                name=name,
                state=StepState.FAILED,
                summary=f"The token belongs to the import “{source.name}”, not to “{expected}”.",
                evidence=f"import source {source.id}",
                link=page,
                remedies=(f"You: take the token of the import “{expected}”, or change import_source=….",),
            )
        if self.schema is None:
            return _waiting(
                name, ["schema"], "The token is accepted; whose it is shows when there is an object schema."
            )
        return DestinationStep(
            name=name,
            state=StepState.DONE,
            summary=f"The token is accepted and belongs to an import of {self.schema.key}.",
            evidence="" if source is None else f"import “{source.name}”",
            link=page,
        )

    def judge_missing_token(self, page: str) -> Operation[DestinationStep]:
        """Where no token was named: whether there is an import to make one for."""
        name = "token"
        if self.schema is None:
            return _waiting(name, ["schema"], "There is no object schema yet to make an import in.")
        try:
            found = yield from schemas.import_sources(self.site, self.schema.id)
        except AssetsError:
            found = ()  # listing imports is undocumented; without it the advice is a little longer
        self.import_sources = tuple(one for one in found if one.kind in _EXTERNAL)
        expected = self.wanted.import_source
        fitting = [one for one in self.import_sources if expected is None or expected in (one.name, one.id)]
        create = (
            "A manager of the schema: open its configuration page, tab Import, and create an External import"
            + (f" called “{expected}”." if expected else "."),
        )
        token = (
            "A manager of the schema: generate a token in the import's menu, or with generate_import_token().",
            "You: put the token where only this process finds it, and name the place with import_token=….",
        )
        return DestinationStep(
            name=name,
            state=StepState.OPEN,
            summary="No import token has been named.",
            evidence="imports: " + (", ".join(one.name for one in self.import_sources) or "none seen"),
            link=page,
            remedies=token if fitting else create + token,
        )

    def judge_model(self) -> Operation[DestinationStep]:
        """The model: readable, without errors, with nothing in its way."""
        name, model = "model", self.wanted.model
        if isinstance(model, AssetsError):
            return _of_error(name, model)
        if model is None:
            return self.judge_missing_model()
        try:
            model.check()
            if self.schema is not None:
                self.conflicts = yield from conflicts.find(self.site, self.schema.id, model)
            if isinstance(self.wanted.secret, Secret) and self.steps["token"].is_done:
                self.plan = yield from building.plan(
                    ImportTarget(site=self.site, secret=self.wanted.secret, schema=self.schema), model
                )
        except AssetsError as error:
            return _of_error(name, error, self.page())
        if self.plan is not None and self.plan.is_empty:
            self.conflicts = ()  # everything is built, so that what looked like a conflict is the model's own
        if self.conflicts:
            # A plan calls an unresolved conflict impossible, so that this is said first.
            return DestinationStep(
                name=name,
                state=StepState.OPEN,
                summary="Object types of these names are in the schema already: "
                f"{'; '.join(str(conflict) for conflict in self.conflicts)}.",
                evidence=", ".join(conflict.name for conflict in self.conflicts),
                link=self.page(),
                remedies=(
                    "You: take a way out of each with conflict.resolve(…), and save the model that comes back.",
                ),
            )
        try:
            if self.plan is not None:
                self.plan.raise_for_impossible()
        except ImpossibleChangeError as error:
            return _of_error(name, error, self.page())
        attributes = sum(len(spec.attributes) for spec in model.object_types)
        return DestinationStep(
            name=name,
            state=StepState.DONE,
            summary=f"The model {model.name} has no errors"
            + ("." if self.schema is None else ", and nothing is in its way."),
            evidence=f"{len(model.object_types)} object types, {attributes} attributes",
            link=self.page(),
        )

    def judge_missing_model(self) -> DestinationStep:
        """Where no model was chosen, the one that the import has counts."""
        if (
            self.token is not None
            and self.token.status in ("IDLE", "RUNNING")
            and self.steps["token"].is_done
        ):
            return DestinationStep(
                name="model",
                state=StepState.DONE,
                summary="The model is the one that the import has in Assets.",
                link=self.page(),
            )
        return DestinationStep(
            name="model",
            state=StepState.OPEN,
            summary="No model has been chosen.",
            remedies=("You: choose one with model=OktaModel(), for example.",),
        )

    def judge_ready(self) -> DestinationStep:
        """Whether an import would start now."""
        name, page = "ready", self.page()
        needed = (
            ["schema", "roles", "model", "token"]
            if self.wanted.requires_roles
            else ["schema", "model", "token"]
        )
        missing = [one for one in needed if not self.steps[one].is_done]
        if missing:
            return _waiting(name, missing, f"These steps come first: {', '.join(missing)}.", page)
        assert self.token is not None  # the token is done
        state = self.token["import state"]
        if self.token.status == "RUNNING":
            return DestinationStep(
                name=name,
                state=StepState.WAITING,
                summary="An import is running.",
                link=self.page(configure=True),
                remedies=state.remedies,
            )
        if state.is_problem:
            return _of_checks(name, (state,), self.page(configure=True))
        if self.plan is not None and not self.plan.is_empty:
            return DestinationStep(
                name=name,
                state=StepState.OPEN,
                summary=f"The model is not built yet. {self.plan.summary}.",
                evidence=f"{len(self.plan.changes)} changes",
                link=page,
                remedies=("You: build it with build().",),
            )
        return DestinationStep(
            name=name,
            state=StepState.DONE,
            summary="An import can start.",
            evidence=f"the import is {self.token.status}",
            link=page,
        )
