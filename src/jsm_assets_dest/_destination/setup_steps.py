"""Steps that set up Assets, as values: the connection, the object schema, its roles, its import, and the import token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve

from .._assets.import_sources import ImportSource
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.reports import ConnectionReport, ImportTokenReport
from .._assets.roles import RolesPreview, SchemaRoles, label
from .._model.names import same_name
from .._operations.import_tokens import STATE
from ..exceptions import AssetsError, RolesNotSettableError
from .status import DestinationStep, StepAction, StepState
from .steps import REMEDIES, done_step, failed_checks_step, failed_step, waiting_step


def connection_step(report: ConnectionReport, site: str) -> DestinationStep:
    if report.problems:
        return failed_checks_step("connection", report.problems, "fix_connection", site)
    return done_step(
        "connection",
        f"{report.account} can set up and run the import.",
        f"workspace {report.workspace_id}",
        site,
    )


def schema_step(schema: ObjectSchemaRecord) -> DestinationStep:
    return done_step(
        "schema",
        f"The object schema {schema.name} ({schema.key}) exists.",
        f"object schema {schema.id}, {schema.object_count or 0:,} objects",
        schema.links.browse,
    )


def missing_schema_step(
    key: str | None, name: str, listed: Sequence[ObjectSchemaRecord], page: str
) -> DestinationStep:
    """Return the step for no chosen key, for a name that another object schema has, or for one that can be created."""
    owner = next((schema for schema in listed if key and same_name(schema.name, name)), None)
    state = StepState.NEEDS_INPUT
    if not key:
        summary, remedy = "No object schema is chosen.", REMEDIES["choose_schema"]
        choices = [{"key": schema.key, "name": schema.name} for schema in listed]
        action = StepAction("choose_schema", {"schemas": choices})
    elif owner is not None:
        summary = f'The object schema {key} can\'t be created: {owner.key} has the name "{owner.name}".'
        remedy = f"You: use the object schema {owner.key}, or choose another name."
        action = StepAction("choose_schema", {"schemas": [{"key": owner.key, "name": owner.name}]})
    else:
        state = StepState.OPEN
        summary = f"The object schema {key} is not created yet, or this account can't see it."
        remedy = REMEDIES["create_schema"]
        action = StepAction("create_schema", {"key": key, "name": name})
    return DestinationStep(
        code="schema",
        state=state,
        summary=summary,
        action=action,
        evidence=f"existing object schemas: {', '.join(schema.key for schema in listed) or 'none'}",
        link=page,
        remedies=(remedy,),
    )


def unreadable_roles_step(error: AssetsError, page: str) -> DestinationStep:
    """Return the step for roles that could not be read. A person may still be able to set them in Assets."""
    if not isinstance(error, RolesNotSettableError):
        return failed_step("roles", error, "restrict_roles", page)
    return evolve(
        failed_step("roles", error, "restrict_roles", error.link),
        state=StepState.UNKNOWN,
        action=StepAction("restrict_roles", {"can_set": False}),
        remedies=tuple(f"An object schema manager: {step[:1].lower()}{step[1:]}" for step in error.steps),
    )


def roles_step(
    roles: SchemaRoles, preview: RolesPreview, wanted: Mapping[str, tuple[str, ...]], page: str
) -> DestinationStep:
    entries = roles.default_entries
    if not preview.is_empty:
        chosen_roles = {name: list(names) for name, names in wanted.items()}
        return DestinationStep(
            code="roles",
            state=StepState.OPEN,
            summary=f"The roles differ from the chosen ones: {'; '.join(map(str, preview.changes))}.",
            action=StepAction(
                "restrict_roles", {"can_set": True, "roles": chosen_roles, **preview.to_dict()}
            ),
            evidence=f"lose access: {', '.join(map(label, preview.lose_access)) or 'no one'}",
            link=page,
            remedies=("An object schema manager: set the chosen roles.",),
        )
    if entries and "developers" not in wanted:
        return DestinationStep(
            code="roles",
            state=StepState.NEEDS_INPUT,
            summary="Everyone in these groups can see and change all objects. Assets adds such groups to each new object "
            "schema.",
            action=StepAction("restrict_roles", {"can_set": True, "entries": list(entries)}),
            evidence=", ".join(entries),
            link=page,
            remedies=(REMEDIES["restrict_roles"],),
        )
    members = (f"{role.name}: {', '.join(map(label, role.members)) or 'no one'}" for role in roles.roles)
    return done_step("roles", "The roles are as chosen.", "; ".join(members) or "no roles", page)


def import_source_step(
    schema: ObjectSchemaRecord,
    source: ImportSource | None,
    listed: Iterable[ImportSource],
    wanted: str | None,
    *,
    is_disabled: bool,
) -> DestinationStep:
    """Return the step for the import, or for none with the wanted name."""
    page = schema.links.configure
    tab = f"in Assets, open {schema.key} > Configuration > Import"
    if source is None:
        name = f' named "{wanted}"' if wanted else ""
        return DestinationStep(
            code="import_source",
            state=StepState.OPEN,
            summary=f"The object schema {schema.key} has no External import{name}.",
            action=StepAction("create_import_source", {"name": wanted}),
            evidence=f"imports: {', '.join(item.name for item in listed) or 'none'}",
            link=page,
            remedies=(f"An object schema manager: {tab}, and create an External import{name}.",),
        )
    if is_disabled:
        return DestinationStep(
            code="import_source",
            state=StepState.FAILED,
            summary=f'The import "{source.name}" is disabled.',
            action=StepAction("enable_import_source", {"id": source.id, "name": source.name}),
            evidence=f"import source {source.id}",
            link=page,
            remedies=(f"An object schema manager: {tab}, and enable the import.",),
        )
    return done_step(
        "import_source", f'The import "{source.name}" exists.', f"import source {source.id}", page
    )


def token_step(
    report: ImportTokenReport, schema: ObjectSchemaRecord | None, wanted_import: str | None
) -> DestinationStep:
    """Return the step for a token that was checked. The state of its import belongs to other steps."""
    page = "" if schema is None else schema.links.configure
    problems = tuple(check for check in report.problems if check.name != STATE)
    source = report.import_source
    if problems:
        return failed_checks_step("token", problems, "fix_token", page)
    if source is not None and not source.is_called(wanted_import):
        return DestinationStep(
            code="token",
            state=StepState.FAILED,
            summary=f'The token belongs to the import "{source.name}", not to "{wanted_import}".',
            action=StepAction("fix_token", {"import_source": wanted_import}),
            evidence=f"import source {source.id}",
            link=page,
            remedies=(f'You: use the token of the import "{wanted_import}", or choose the other import.',),
        )
    if schema is None:
        return waiting_step("token", ["schema"], "Assets accepts the token. There is no object schema yet.")
    return done_step(
        "token",
        f"Assets accepts the token. It belongs to an import of {schema.key}.",
        "" if source is None else f'import "{source.name}"',
        page,
    )


def missing_token_step(schema: ObjectSchemaRecord, candidates: Sequence[ImportSource]) -> DestinationStep:
    choices = [{"id": source.id, "name": source.name} for source in candidates]
    return DestinationStep(
        code="token",
        state=StepState.NEEDS_INPUT,
        summary="There is no import token yet.",
        action=StepAction("paste_token", {"import_sources": choices}),
        evidence=f"imports: {', '.join(source.name for source in candidates) or 'unknown'}",
        link=schema.links.configure,
        remedies=(
            f"An object schema manager: in Assets, open {schema.key} > Configuration > Import, and generate a token.",
            REMEDIES["paste_token"],
        ),
    )
