"""Steps that build the model and run the import, as values: the model, its conflicts, the build, and the readiness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve

from .._assets.reports import ImportTokenReport
from .._model.schema_model import SchemaModel
from .._operations.import_tokens import STATE
from .._plan.build_plan import BuildPlanRecord
from .._plan.conflicts import ConflictRecord, Resolution
from ..exceptions import AssetsError, ConfigurationError, ExternalIdTakenError, RiskyChangeError
from .status import DestinationStep, StepAction, StepState
from .steps import REMEDIES, done_step, failed_checks_step, failed_step


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
    return {
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
        suggestion = f"{error.namespace}-2"
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
