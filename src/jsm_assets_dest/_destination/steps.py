"""Steps of the checklist, from the connection to the readiness, in words for an administrator.

Remedies of errors are written for developers too. Those that contain Python are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve

from .._assets.import_sources import ImportSource
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.reports import NOT_KNOWN, Check, CheckState, ConnectionReport, ImportTokenReport
from .._assets.roles import RolesPreview, SchemaRoles, label
from .._display.values import plain_data
from .._model.names import same_name
from .._model.schema_model import SchemaModel
from .._operations.import_tokens import STATE
from .._plan.build_plan import BuildPlanRecord
from .._plan.conflicts import ConflictRecord, Resolution
from ..exceptions import (
    AssetsError,
    ConfigurationError,
    ExternalIdTakenError,
    RiskyChangeError,
    RolesNotSettableError,
)
from .status import ActionCode, DestinationStep, StepAction, StepCode, StepState

#: What to do, for steps whose error does not say it to an administrator.
REMEDIES: Mapping[ActionCode, str] = {
    "fix_connection": "You: correct the site or the credentials of the destination, and check again.",
    "choose_schema": "You: choose an object schema, or enter the key and the name of a new one.",
    "create_schema": "A Jira admin: create the object schema.",
    "resolve_conflicts": "You: choose a resolution for each of these object types.",
    "restrict_roles": "You: choose the groups and people of each role.",
    "create_import_source": "An object schema manager: create an External import on the tab Import.",
    "enable_import_source": "An object schema manager: enable the import on the tab Import.",
    "paste_token": "You: paste the token.",
    "fix_token": "You: replace the import token.",
    "fix_model": "You: correct the model.",
    "build": "You: review the changes, and build the model.",
    "import": "You: start a test import.",
}

_WEB_ADDRESS = re.compile(r"https?://\S+")
#: Calls, keyword arguments, and constants, which an administrator can't use.
_PYTHON = re.compile(r"\w\(|\w=|\b(None|True|False)\b")


def contains_python(text: str) -> bool:
    return _PYTHON.search(_WEB_ADDRESS.sub("", text)) is not None


def done_step(code: StepCode, summary: str, evidence: str = "", link: str = "") -> DestinationStep:
    return DestinationStep(code=code, state=StepState.DONE, summary=summary, evidence=evidence, link=link)


def waiting_step(
    code: StepCode, waits_for: Iterable[StepCode], summary: str = "", link: str = ""
) -> DestinationStep:
    codes = tuple(waits_for)
    return DestinationStep(
        code=code,
        state=StepState.WAITING,
        summary=summary or f"These steps come first: {', '.join(code.replace('_', ' ') for code in codes)}.",
        waits_for=codes,
        link=link,
    )


def failed_step(code: StepCode, error: AssetsError, action: ActionCode, link: str = "") -> DestinationStep:
    is_unknown = isinstance(error, NOT_KNOWN)
    if is_unknown:
        action = "fix_connection"
    return DestinationStep(
        code=code,
        state=StepState.UNKNOWN if is_unknown else StepState.FAILED,
        summary=error.what,
        action=StepAction(action),
        evidence=_facts(error),
        link=link,
        remedies=_for_administrators(error.remedies, action),
        cause="" if contains_python(error.cause) else error.cause,
        error=error,
    )


def failed_checks_step(
    code: StepCode, problems: tuple[Check, ...], action: ActionCode, link: str
) -> DestinationStep:
    first = problems[0]
    failed = any(check.state is CheckState.FAILED for check in problems)
    return DestinationStep(
        code=code,
        state=StepState.FAILED if failed else StepState.UNKNOWN,
        summary=" ".join(dict.fromkeys(check.summary for check in problems)),
        action=StepAction(action, {"checks": [check.name for check in problems]}),
        evidence=first.evidence or ("" if first.error is None else _facts(first.error)) or first.name,
        link=link,
        remedies=_for_administrators((remedy for check in problems for remedy in check.remedies), action),
        cause="" if contains_python(first.cause) else first.cause,
        error=first.error,
    )


def _facts(error: AssetsError) -> str:
    return error.technical or error.code


def _for_administrators(remedies: Iterable[str], action: ActionCode) -> tuple[str, ...]:
    usable = [remedy for remedy in remedies if not contains_python(remedy)]
    return tuple(dict.fromkeys(usable)) or (REMEDIES[action],)


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


def model_step(model: SchemaModel | AssetsError, page: str) -> DestinationStep:
    """Return the step for a chosen model. Whether Assets can build it belongs to another step."""
    try:
        if isinstance(model, AssetsError):
            raise model
        model.check()
    except AssetsError as error:
        return failed_step("model", error, "fix_model", page)
    attributes = sum(len(spec.attributes) for spec in model.object_types)
    return done_step(
        "model",
        f"The model {model.name} is valid.",
        f"{len(model.object_types)} object types, {attributes} attributes",
        page,
    )


def missing_model_step(page: str) -> DestinationStep:
    return DestinationStep(
        code="model",
        state=StepState.NEEDS_INPUT,
        summary="No model is chosen.",
        action=StepAction("fix_model"),
        evidence="model: none",
        link=page,
        remedies=("You: choose a model.",),
    )


def conflicts_step(conflicts: Sequence[ConflictRecord], model: SchemaModel, page: str) -> DestinationStep:
    if not conflicts:
        return done_step("conflicts", "No conflicts.", f"{len(model.object_types)} object types", page)
    return DestinationStep(
        code="conflicts",
        state=StepState.NEEDS_INPUT,
        summary="The object schema already contains object types with these names: "
        f"{'; '.join(map(str, conflicts))}.",
        action=StepAction(
            "resolve_conflicts", {"conflicts": [_choice(conflict, model) for conflict in conflicts]}
        ),
        evidence=", ".join(conflict.name for conflict in conflicts),
        link=page,
        remedies=(REMEDIES["resolve_conflicts"],),
    )


def _choice(conflict: ConflictRecord, model: SchemaModel) -> dict[str, object]:
    names = "key name choices is_harmless differences object_count objects_to_confirm"
    suggested_names = {
        resolution.value: conflict.suggested_name(resolution, model)
        for resolution in (Resolution.RENAME_INCOMING, Resolution.RENAME_EXISTING)
    }
    return {**plain_data(conflict, names), "suggested_names": suggested_names}


def chosen_conflict(conflicts: Iterable[ConflictRecord], key: str) -> ConflictRecord:
    """Return the conflict with a key.

    Raises:
        ConfigurationError: There is none.
    """
    by_key = {conflict.key: conflict for conflict in conflicts}
    if key in by_key:
        return by_key[key]
    raise ConfigurationError(
        f'The object schema has no conflict with the key "{key}". Nothing was changed.',
        field="conflict",
        fix=f"Pass one of: {', '.join(by_key)}."
        if by_key
        else "Read the status again: all conflicts are resolved.",
    )


def build_step(plan: BuildPlanRecord, rejection: AssetsError | None, page: str) -> DestinationStep:
    """Return the step for a plan with changes, which Assets may have rejected before."""
    changes = {"changes": len(plan.changes)}
    try:
        plan.raise_for_impossible()
        plan.raise_for_risky()
        if rejection is not None:
            raise rejection
    except RiskyChangeError as error:
        items = [{"path": item.path, "message": item.message} for item in plan.risky]
        return evolve(
            failed_step("build", error, "build", page),
            state=StepState.NEEDS_INPUT,
            action=StepAction("build", {**changes, "accept_risky": True, "risky": items}),
            evidence=", ".join(item.path for item in plan.risky),
            remedies=(
                "You: keep the identifier of the object type in the model.",
                "Or you: accept these changes. If missing objects are removed, Assets deletes the old objects.",
            ),
        )
    except AssetsError as error:
        step = failed_step("build", error, "fix_model", page)
        if not isinstance(error, ExternalIdTakenError) or not error.namespace:
            return step
        suggestion = error.suggested_namespace
        return evolve(
            step,
            action=StepAction("fix_model", {"namespace": error.namespace, "suggested_namespace": suggestion}),
            remedies=(f'You: choose another namespace for the model, such as "{suggestion}".',),
        )
    return DestinationStep(
        code="build",
        state=StepState.OPEN,
        summary=f"The model is not built yet. {plan.summary}.",
        action=StepAction("build", changes),
        evidence=f"{len(plan.changes)} changes",
        link=page,
        remedies=(REMEDIES["build"],),
    )


#: Number of records of the test import that should come before the first import.
TEST_COUNT = 100


def ready_step(report: ImportTokenReport, browse_page: str, configure_page: str) -> DestinationStep:
    """Return the last step, after all steps that an import needs are done."""
    import_state = report[STATE]
    if report.status == "RUNNING":
        return DestinationStep(
            code="ready",
            state=StepState.WAITING,
            summary="Another execution of this import is in progress.",
            action=StepAction("import", {"on_busy": "wait"}),
            evidence=f"status {report.status}",
            link=configure_page,
            remedies=("You: wait until it ends.",),
        )
    if import_state.is_problem:
        return failed_checks_step("ready", (import_state,), "fix_connection", configure_page)
    step = done_step("ready", "An import can start.", f"status {report.status}", browse_page)
    return evolve(step, action=StepAction("import", {"test_count": TEST_COUNT}))
