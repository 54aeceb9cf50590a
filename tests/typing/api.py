"""The types of the public surface: checked by mypy and pyright, never run.

Every public operation is used once as a caller would, and its result is asserted. A signature that became wider,
narrower or `Any` fails here before it fails for users.
"""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import assert_type

from attrs import evolve

from jsm_assets_dest import (
    Adoption,
    ApiToken,
    AssetsError,
    AssetsObject,
    AsyncBuildPlan,
    AsyncConnection,
    AsyncDestination,
    AsyncImportExecution,
    AsyncImportToken,
    AsyncObjectSchema,
    AsyncObjectTypeConflict,
    Attribute,
    AttributeSpec,
    AttributeType,
    BuildPlan,
    BuildPlanRecord,
    ChangedObject,
    Check,
    CheckState,
    ClientCredentials,
    ConflictRecord,
    Connection,
    ConnectionOptions,
    ConnectionReport,
    Credentials,
    CredentialsReference,
    Destination,
    DestinationStatus,
    DestinationStep,
    Difference,
    DifferenceKind,
    Execution,
    ExistingObjectType,
    FailedRecord,
    Finding,
    Findings,
    ForgeToken,
    Graph,
    GroupLink,
    ImportedType,
    ImportExecution,
    ImportOptions,
    ImportPhase,
    ImportPreview,
    ImportProblem,
    ImportProgress,
    ImportResult,
    ImportSource,
    ImportStatus,
    ImportToken,
    ImportTokenReport,
    ImportVerification,
    JiraGroup,
    JiraUser,
    Journal,
    JournalRun,
    Leaver,
    Limits,
    LinkedObject,
    LinkOutcome,
    LinkReason,
    MissingObject,
    OAuthToken,
    ObjectReference,
    ObjectSchema,
    ObjectSchemaRecord,
    ObjectType,
    ObjectTypeConflict,
    ObjectTypePreview,
    ObjectTypeResult,
    ObjectTypeSpec,
    OktaModel,
    OktaSource,
    PlanItem,
    PlanKind,
    ReferenceSpec,
    RequestEvent,
    Resolution,
    RetryPolicy,
    Role,
    RoleKind,
    RolesPreview,
    RunningImport,
    SchemaLinks,
    SchemaModel,
    SchemaRoles,
    SecretReference,
    Severity,
    SiteOptions,
    StatusCategory,
    StatusSpec,
    StepState,
    SubmitReceipt,
    UserLink,
    UserLinkPhase,
    UserLinkProgress,
    UserLinkReport,
    okta,
    tables,
)
from jsm_assets_dest.exceptions import (
    ExecutionFacts,
    ImportTimeoutError,
    MassDeletionGuardError,
    PreviewFacts,
    ProblemsFoundError,
    RateLimitedError,
    ReportFacts,
    ResultFacts,
    TransportError,
)
from jsm_assets_dest.testing import Doubts, Emulator, SiteProfile


def show_links(progress: UserLinkProgress) -> None:
    """Receive the progress of links."""
    assert_type(progress.phase, UserLinkPhase)


def show_request(event: RequestEvent) -> None:
    """Receive the start and the end of each attempt."""
    assert_type(event.operation, str)
    assert_type(event.status, int | None)
    assert_type(event.throttled, bool)


def credentials() -> None:
    """Every kind of credentials is accepted."""
    for auth in (
        ApiToken("ana@acme.com", "token"),
        OAuthToken("token"),
        OAuthToken(lambda: "token"),
        ClientCredentials("id", "secret"),
        ForgeToken("token", "https://api.atlassian.com/ex/jira/1"),
    ):
        assert_type(Connection.external_site("https://acme.atlassian.net", auth), Connection)
        assert_type(AsyncConnection.external_site("https://acme.atlassian.net", auth), AsyncConnection)


def connections() -> None:
    """Check the types of a connection and its results."""
    assert_type(Connection.current_site(environ={}), Connection)
    site_options: SiteOptions = {"trust_env": False, "workspace_id": None}
    options: ConnectionOptions = {"limits": Limits(attempt=30)}
    assert_type(Connection.current_site(environ={}, **options), Connection)
    assert_type(
        Connection.external_site("https://acme.atlassian.net", OAuthToken("x"), **site_options), Connection
    )
    with Connection.external_site(
        "https://acme.atlassian.net",
        ApiToken("ana@acme.com", "token"),
        cloud_id=None,
        workspace_id=None,
        retry=RetryPolicy(attempts=3, deadline=60),
        limits=Limits(connect=5, attempt=30),
        on_request=show_request,
    ) as connection:
        assert_type(connection, Connection)
        report = connection.check()
        assert_type(report, ConnectionReport)
        assert_type(report.ok, bool)
        assert_type(report.checks, tuple[Check, ...])
        report.raise_for_problems()
        assert_type(connection.object_schemas(), list[ObjectSchema])
        assert_type(connection.find_object_schema("OKT"), ObjectSchema | None)
        assert_type(connection.get_object_schema("OKT"), ObjectSchema)
        assert_type(connection.create_object_schema("OKT", name="Okta"), ObjectSchema)
        assert_type(connection.ensure_object_schema("OKT", name="Okta", description=""), ObjectSchema)
        assert_type(connection.find_users("ana", limit=5), list[JiraUser])
        assert_type(connection.find_groups("it", limit=5), list[JiraGroup])


def schemas(schema: ObjectSchema, model: SchemaModel) -> None:
    """Check the types of a schema, its types, conflicts, and roles."""
    assert_type(schema.id, str)
    assert_type(schema.key, str)
    assert_type(schema.name, str)
    assert_type(schema.links.browse, str)
    assert_type(schema.links.configure, str)
    assert_type(schema.refresh(), ObjectSchema)
    assert_type(schema.object_types(), tuple[ObjectType, ...])
    assert_type(
        schema.objects('Status = "Active"', object_type="People", page_size=500), Iterator[AssetsObject]
    )
    assert_type(schema.count_objects(object_type="People"), int)
    assert_type(schema.get_object("OKT-1"), AssetsObject)
    assert_type(schema.export_objects("people.jsonl", object_type="People"), int)
    assert_type(tables.read_export("people.jsonl", model), Iterator[tuple[str, dict[str, object]]])
    assert_type(tables.records(object(), columns={"Mail": "email"}), Iterable[dict[str, object]])
    assert_type(tables.records(object(), columns=["id", "email"]), Iterable[dict[str, object]])
    assert_type(schema.find_object("OKT-1"), AssetsObject | None)
    for asset in schema.objects(include_children=True):
        assert_type(asset.to_dict(), dict[str, object])
        assert_type(asset.created, datetime.datetime | None)
        if isinstance(reference := asset.values["Manager"], ObjectReference):
            assert_type(reference.key, str)
    assert_type(schema.attributes(), tuple[Attribute, ...])
    assert_type(schema.import_sources(), tuple[ImportSource, ...])
    assert_type(schema.roles(), SchemaRoles)
    AttributeSpec("Jira User", "user", linked_from="Primary Email")
    assert_type(okta.schema_model(jira_users=True).links, tuple[UserLink | GroupLink, ...])
    links = (UserLink("People", email="Primary Email"), GroupLink("Groups", name="Group Name"))
    report = schema.link_users(*links, accounts={"ana@acme.com": "5b10"}, dry_run=True, per_minute=300)
    assert_type(report, UserLinkReport)
    assert_type(report.linked, tuple[LinkedObject, ...])
    assert_type(report.counts, dict[LinkOutcome, int])
    assert_type(report.reasons, dict[LinkReason, int])
    schema.link_users(*links, accounts=[("ana@acme.com", "5b10")], on_progress=show_links)
    schema.link_users(*links, accounts="accounts.csv", clear=True, accept_hidden=True, create_attribute=True)
    assert_type(schema.set_roles(managers=["it-ops"], developers=[], users=None), SchemaRoles)
    for conflict in schema.find_conflicts(model):
        assert_type(conflict, ObjectTypeConflict)
        assert_type(conflict.is_harmless, bool)
        assert_type(conflict.object_count, int | None)
        assert_type(conflict.resolve(Resolution.ADOPT, model), SchemaModel)


def models() -> None:
    """Models are built of values, and checked."""
    model = SchemaModel(
        "Okta",
        [
            ObjectTypeSpec(
                "People",
                [
                    AttributeSpec("Okta ID", identifier=True, unique=True),
                    AttributeSpec("Display Name", "text", label=True),
                    AttributeSpec("Status", AttributeType.STATUS, statuses=("Active",)),
                    AttributeSpec("Manager", "referenced_object", reference=ReferenceSpec("people")),
                ],
            )
        ],
        statuses=[StatusSpec("Active", "active")],
    )
    assert_type(model.object_type("people"), ObjectTypeSpec)
    assert_type(model.find_object_type("People"), ObjectTypeSpec | None)
    assert_type(model.lint(), Findings)
    assert_type(model.renamed("people", "Persons"), SchemaModel)
    assert_type(okta.schema_model("standard"), SchemaModel)


def imports(connection: Connection, schema: ObjectSchema, model: SchemaModel) -> None:
    """Check the types of an import, with records in each accepted form."""
    token = connection.import_token("secret", schema=schema)
    assert_type(token, ImportToken)
    assert_type(token.check(), ImportTokenReport)
    assert_type(token.status(), ImportStatus)
    assert_type(token.plan(model), BuildPlan)
    assert_type(token.build(model), BuildPlan)
    assert_type(token.plan(model).apply(), BuildPlan)

    def pairs() -> Iterator[tuple[str, Mapping[str, object]]]:
        yield "people", {"oktaId": "1"}

    def show(progress: ImportProgress) -> None:
        assert_type(progress, ImportProgress)

    assert_type(token.test_import(pairs()), ImportResult)
    assert_type(token.import_records(pairs(), on_progress=show, journal="okta.journal"), ImportResult)
    assert_type(token.import_records(pairs(), verify="all", send="changed"), ImportResult)
    assert_type(token.verify(pairs(), sample=100), ImportVerification)
    assert_type(token.import_records({"people": [{"oktaId": "1"}]}, on_progress=print), ImportResult)
    assert_type(token.resume_import(pairs(), journal="okta.journal"), ImportResult)
    with Journal.open("okta.journal") as journal:
        assert_type(journal.runs(), list[JournalRun])
    with token.start() as execution:
        assert_type(execution, ImportExecution)
        assert_type(execution.submit(pairs()), SubmitReceipt)
        execution.add_receipt(SubmitReceipt.from_dict(execution.submit(pairs()).to_dict()))
        assert_type(execution.status(), str)
    assert_type(execution.result(), ImportResult)
    assert_type(execution.wait(timeout=60), ImportResult)
    assert_type(execution.cancel(), bool)
    assert_type(token.attach(execution.to_dict(), lead=True), ImportExecution)
    assert_type(token.running(), RunningImport | None)
    (source,) = schema.import_sources()
    assert_type(connection.generate_import_token(source), ImportToken)


def failures(
    any_error: AssetsError,
    problems: ProblemsFoundError,
    late: ImportTimeoutError,
    guarded: MassDeletionGuardError,
    token: ImportToken,
) -> None:
    """Errors carry values with types, so that a program can go on from them."""
    assert_type(any_error.result, ResultFacts | None)
    assert_type(any_error.remedies, tuple[str, ...])
    assert_type(problems.report, ReportFacts | None)
    assert_type(late.execution, ExecutionFacts | None)
    assert_type(guarded.preview, PreviewFacts | None)
    token.import_records([], allow_missing=guarded.preview, only=["people"], max_missing={"people": 0.1})
    token.import_records([], missing_objects="ignore")
    if isinstance(guarded.preview, ImportPreview):
        assert_type(guarded.preview.object_type("people"), ObjectTypePreview)
        assert_type(guarded.preview.object_type("people").iter_missing(), Iterator[MissingObject])
        assert_type(guarded.preview.object_type("people").iter_emptied(), Iterator[ChangedObject])
        assert_type(guarded.preview.object_type("people").examples_changed, tuple[ChangedObject, ...])
    if late.execution is not None:
        assert_type(token.attach(late.execution), ImportExecution)


async def coloured(connection: AsyncConnection, model: SchemaModel) -> None:
    """Check the types of the async handles."""

    async def pairs() -> AsyncIterator[tuple[str, Mapping[str, object]]]:
        yield "people", {"oktaId": "1"}

    async with connection as entered:
        assert_type(entered, AsyncConnection)
    assert_type(await connection.check(), ConnectionReport)
    schema = await connection.ensure_object_schema("OKT", name="Okta")
    assert_type(await connection.find_users("ana"), list[JiraUser])
    assert_type(await connection.find_groups("it"), list[JiraGroup])
    assert_type(schema, AsyncObjectSchema)
    assert_type(schema.objects(), AsyncIterator[AssetsObject])
    assert_type(await schema.find_object("OKT-1"), AssetsObject | None)
    for conflict in await schema.find_conflicts(model):
        assert_type(conflict, AsyncObjectTypeConflict)
        assert_type(await conflict.resolve(Resolution.SKIP, model), SchemaModel)
    token = connection.import_token("secret", schema=schema)
    assert_type(token, AsyncImportToken)
    plan = await token.plan(model)
    assert_type(plan, AsyncBuildPlan)
    assert_type(await plan.apply(), AsyncBuildPlan)
    assert_type(await token.build(model, plan=plan), AsyncBuildPlan)
    assert_type(await token.import_records(pairs()), ImportResult)
    assert_type(await token.import_records({"people": [{"oktaId": "1"}]}), ImportResult)
    async with await token.start() as execution:
        assert_type(execution, AsyncImportExecution)
        assert_type(await execution.submit(pairs()), SubmitReceipt)


def destinations(model: SchemaModel) -> None:
    """Check the types of a destination."""
    destination = Destination(
        name="Okta",
        site="https://acme.atlassian.net",
        credentials=CredentialsReference("env:API_TOKEN", email="ana@acme.com"),
        schema_key="OKT",
        roles={"managers": ["it-ops"], "developers": ()},
        import_token="env:IMPORT_TOKEN",
        model=OktaModel("lean", without=["devices"]),
        options=ImportOptions(journal="okta.journal"),
        environ={},
    ).save("okta.json")
    assert_type(destination, Destination)
    assert_type(Destination.load("okta.json", transport=None), Destination)
    assert_type(Destination.from_dict(destination.to_dict()), Destination)
    assert_type(evolve(destination, model=model, import_token=None), Destination)
    assert_type(destination.import_token, SecretReference | None)
    assert_type(destination.schema_model(), SchemaModel)
    assert_type(destination.with_options(on_busy="wait", max_missing=0.5), Destination)
    assert_type(destination.source, OktaSource | None)
    assert_type(destination.okta_records(okta.sample_tenant()), okta.Records)
    status = destination.status()
    assert_type(status, DestinationStatus)
    assert_type(status.current, DestinationStep | None)
    assert_type(status["roles"].state, StepState)
    assert_type(destination.build(), BuildPlanRecord)
    assert_type(destination.set_roles(), SchemaRoles)
    assert_type(destination.preview_roles(), RolesPreview)
    assert_type(destination.preview_roles().lose_access, tuple[JiraUser | JiraGroup, ...])
    assert_type(destination.test_import({"people": [{"oktaId": "1"}]}, 10), ImportResult)
    with destination.connect(OAuthToken("token")) as connection:
        assert_type(connection, Connection)
        assert_type(destination.ensure_object_schema(connection), ObjectSchema)
        assert_type(destination.get_object_schema(connection), ObjectSchema)
        assert_type(destination.get_import_token(connection), ImportToken)
        assert_type(destination.plan(connection), BuildPlan)
        assert_type(destination.import_records([], connection=connection, on_progress=print), ImportResult)
    assert_type(destination.save_import_token("ATCTT3x", "file:token"), Destination)
    assert_type(destination.rotate_import_token(on_busy="fail"), Destination)
    assert_type(destination.resolve_conflict("people", "adopt"), Destination)
    assert_type(destination.resolve_conflict(status.conflicts[0], Resolution.SKIP), Destination)
    destination.remove()


async def coloured_destinations(destination: AsyncDestination) -> None:
    """Check the types of the async destination."""
    async with destination.connect() as connection:
        assert_type(connection, AsyncConnection)
        assert_type(await destination.get_import_token(connection), AsyncImportToken)
        assert_type(await destination.plan(connection), AsyncBuildPlan)
    assert_type(await destination.status(), DestinationStatus)
    assert_type(await destination.import_records({}), ImportResult)
    assert_type(await destination.rotate_import_token(), AsyncDestination)


def errors(error: AssetsError) -> None:
    """Facts on errors have types."""
    assert_type(error.status, int | None)
    assert_type(error.operation, str)
    if isinstance(error, RateLimitedError):
        assert_type(error.retry_after, float | None)
    if isinstance(error, TransportError):
        assert_type(error.sent == "no", bool)


def values(
    conflict: ConflictRecord,
    execution: Execution,
    existing: ExistingObjectType,
    model: SchemaModel,
    plan: BuildPlanRecord,
    progress: ImportProgress,
    result: ImportResult,
    roles: SchemaRoles,
    schema: ObjectSchemaRecord,
    source: ImportSource,
) -> None:
    """Check the types of the parts of reports, plans, and results."""
    assert_type(conflict.existing, ObjectType)
    assert_type(conflict.wanted, ObjectTypeSpec)
    assert_type(conflict.choices, tuple[Resolution, ...])
    assert_type(conflict.differences, tuple[Difference, ...])
    assert_type(conflict.differences[0].kind, DifferenceKind)
    assert_type(conflict.wanted.adopted, Adoption | None)
    assert_type(execution.model, SchemaModel)
    assert_type(existing.object_type, ObjectType)
    assert_type(model.graph(), Graph)
    assert_type(model.lint()[0], Finding)
    assert_type(model.lint()[0].severity, Severity)
    assert_type(plan.risky, tuple[PlanItem, ...])
    assert_type(model.statuses, tuple[StatusSpec, ...])
    assert_type(model.statuses[0].category, StatusCategory)
    assert_type(plan.items, tuple[PlanItem, ...])
    assert_type(plan.items[0].kind, PlanKind)
    assert_type(progress.phase, ImportPhase)
    assert_type(result.failed, tuple[FailedRecord, ...])
    assert_type(result.object_types, tuple[ObjectTypeResult, ...])
    assert_type(result.problems, tuple[ImportProblem, ...])
    assert_type(result.ok, bool)
    assert_type(result.verification, ImportVerification | None)
    assert_type(result.leavers, tuple[Leaver, ...])
    assert_type(roles.managers, Role | None)
    assert_type(roles.of(RoleKind.USERS), Role | None)
    assert_type(schema.links, SchemaLinks)
    assert_type(source.object_types, tuple[ImportedType, ...])


def profile(site: SiteProfile) -> None:
    """Check the types of site profiles."""
    assert_type(site.doubts, Doubts)
    assert_type(site.updated(site), SiteProfile)
    assert_type(SiteProfile.load("site-profile.json"), SiteProfile)
    assert_type(Emulator(profile=site), Emulator)


def states(check: Check, credentials: Credentials) -> None:
    """Check the types of checks and credentials."""
    assert_type(check.state, CheckState)
    assert_type(credentials.account_label, str)
