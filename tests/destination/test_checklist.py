"""The checklist in each state of each step: a code, an action, and no Python in the texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

import pytest
from attrs import evolve

from jsm_assets_dest import (
    AttributeSpec,
    CredentialsReference,
    Destination,
    DestinationStatus,
    DestinationStep,
    ImportOptions,
    ObjectTypeSpec,
    Resolution,
    SchemaModel,
    StepAction,
    StepState,
    exceptions,
)
from jsm_assets_dest._destination.status import STEPS, ActionCode, StepCode
from jsm_assets_dest._destination.steps import failed_step
from jsm_assets_dest.exceptions import (
    AssetsError,
    ConfigurationError,
    ResolutionNotPossibleError,
    RiskyChangeError,
)
from jsm_assets_dest.testing import Emulator

MODEL = SchemaModel(
    "Inventory",
    [ObjectTypeSpec("Laptops", [AttributeSpec("Serial", key="serial", label=True, identifier=True)])],
    namespace="inventory",
)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def unconfigured(emulator: Emulator, **settings: Any) -> Destination:
    """Return a destination with a site and credentials."""
    settings.setdefault("environ", {"API_TOKEN": emulator.api_token})
    return Destination(
        name="Inventory",
        site=emulator.site,
        credentials=CredentialsReference("env:API_TOKEN", email=emulator.email),
        **settings,
    )


def configured(emulator: Emulator, **settings: Any) -> Destination:
    """Return a destination that lacks only the build."""
    emulator.add_object_schema("INV", name="Inventory")
    source = emulator.add_import_source("INV", "Laptops")
    environ = {"API_TOKEN": emulator.api_token, "IMPORT_TOKEN": source.token}
    defaults: dict[str, Any] = {
        "schema_key": "INV",
        "roles": {"developers": []},
        "model": MODEL,
        "import_token": "env:IMPORT_TOKEN",
    }
    return unconfigured(emulator, environ=environ, **{**defaults, **settings})


def built(emulator: Emulator, **settings: Any) -> Destination:
    """Return a destination that is ready for an import."""
    destination = configured(emulator, **settings)
    with emulator.connect() as connection:
        if destination.roles:
            destination.set_roles(connection=connection)
        if destination.model is not None:
            destination.build(connection=connection)
    return destination


def with_fault(
    operation: str, status: int, prepare: Callable[[Emulator], Destination] = configured
) -> Callable[[Emulator], Destination]:
    """Return a scenario in which the site rejects an operation."""

    def prepare_fault(emulator: Emulator) -> Destination:
        destination = prepare(emulator)
        emulator.faults.next(operation, status=status, times=5 if status >= 500 else 1)
        return destination

    return prepare_fault


def without_roles(emulator: Emulator) -> Destination:
    destination = configured(emulator)
    headers = {"X-AAccountId": emulator.account.account_id}
    emulator.faults.next("list roles", status=200, body={}, headers=headers)
    return destination


def without_a_token(emulator: Emulator) -> Destination:
    return configured(emulator, import_token=None)


def without_the_secret(emulator: Emulator) -> Destination:
    return unconfigured(emulator, environ={})


def with_a_conflict(emulator: Emulator) -> Destination:
    destination = configured(emulator)
    emulator.object_schema("INV").add_object_type("Laptops", attributes=["Serial"])
    return destination


def with_an_impossible_change(emulator: Emulator) -> Destination:
    destination = built(emulator)
    changed = ObjectTypeSpec(
        "Laptops", [AttributeSpec("Serial", "integer", key="serial", label=True, identifier=True)]
    )
    return evolve(destination, model=SchemaModel("Inventory", [changed], namespace="inventory"))


def with_a_risky_change(emulator: Emulator) -> Destination:
    """Return a destination whose model has another identifier than the one in Assets."""
    serial = AttributeSpec("Serial", key="serial", label=True, identifier=True)
    number = AttributeSpec("Number", key="number")
    laptops = ObjectTypeSpec("Laptops", [serial, number])
    destination = built(emulator, model=SchemaModel("Inventory", [laptops], namespace="inventory"))
    changed = ObjectTypeSpec("Laptops", [evolve(serial, identifier=False), evolve(number, identifier=True)])
    return evolve(destination, model=SchemaModel("Inventory", [changed], namespace="inventory"))


def with_a_disabled_import(emulator: Emulator) -> Destination:
    emulator.add_object_schema("INV", name="Inventory")
    source = emulator.add_import_source("INV", "Laptops", enabled=False)
    environ = {"API_TOKEN": emulator.api_token, "IMPORT_TOKEN": source.token}
    return unconfigured(emulator, environ=environ, schema_key="INV", import_token="env:IMPORT_TOKEN")


def with_a_running_import(emulator: Emulator) -> Destination:
    destination = built(emulator)
    with emulator.connect() as connection:
        destination.get_import_token(connection).start()
    return destination


def with_an_unknown_import_status(emulator: Emulator) -> Destination:
    destination = built(emulator)
    emulator.faults.next("read import status", status=200, body={"status": "PAUSED"})
    return destination


def without_imports(emulator: Emulator) -> Destination:
    emulator.add_object_schema("INV", name="Inventory")
    return unconfigured(emulator, schema_key="INV")


#: Scenarios, each with the step, the state, and the action that it must show.
SCENARIOS: list[tuple[Callable[[Emulator], Destination], StepCode, str, ActionCode | None]] = [
    (unconfigured, "connection", "done", None),
    (without_the_secret, "connection", "failed", "fix_connection"),
    (with_fault("read myself", 503), "connection", "unknown", "fix_connection"),
    (without_the_secret, "schema", "waiting", None),
    (unconfigured, "schema", "needs_input", "choose_schema"),
    (lambda emulator: unconfigured(emulator, schema_key="INV"), "schema", "open", "create_schema"),
    (with_fault("get object schema", 403), "schema", "failed", "fix_connection"),
    (with_fault("get object schema", 503), "schema", "unknown", "fix_connection"),
    (configured, "schema", "done", None),
    (unconfigured, "conflicts", "waiting", None),
    (with_a_conflict, "conflicts", "needs_input", "resolve_conflicts"),
    (with_fault("list object types flat", 403), "conflicts", "failed", "fix_connection"),
    (with_fault("list object types flat", 503), "conflicts", "unknown", "fix_connection"),
    (built, "conflicts", "done", None),
    (unconfigured, "roles", "waiting", None),
    (lambda emulator: configured(emulator, roles={}), "roles", "needs_input", "restrict_roles"),
    (configured, "roles", "open", "restrict_roles"),
    (with_fault("list roles", 404), "roles", "unknown", "restrict_roles"),
    (without_roles, "roles", "unknown", "restrict_roles"),
    (built, "roles", "done", None),
    (unconfigured, "import_source", "waiting", None),
    (without_imports, "import_source", "open", "create_import_source"),
    (with_a_disabled_import, "import_source", "failed", "enable_import_source"),
    (
        with_fault("list import sources", 404, without_a_token),
        "import_source",
        "unknown",
        "create_import_source",
    ),
    (configured, "import_source", "done", None),
    (without_imports, "token", "waiting", None),
    (lambda emulator: configured(emulator, import_token=None), "token", "needs_input", "paste_token"),
    (lambda emulator: configured(emulator, import_token="env:UNSET"), "token", "failed", "fix_token"),
    (lambda emulator: configured(emulator, import_source="Monitors"), "token", "failed", "fix_token"),
    (with_fault("read import info", 503), "token", "unknown", "fix_token"),
    (configured, "token", "done", None),
    (without_the_secret, "model", "waiting", None),
    (unconfigured, "model", "needs_input", "fix_model"),
    (lambda emulator: unconfigured(emulator, model="missing.json"), "model", "failed", "fix_model"),
    (configured, "model", "done", None),
    (unconfigured, "build", "waiting", None),
    (configured, "build", "open", "build"),
    (with_a_risky_change, "build", "needs_input", "build"),
    (with_an_impossible_change, "build", "failed", "fix_model"),
    (with_fault("read mapping", 503), "build", "unknown", "fix_connection"),
    (built, "build", "done", None),
    (configured, "ready", "waiting", None),
    (with_a_running_import, "ready", "waiting", "import"),
    (with_an_unknown_import_status, "ready", "unknown", "fix_connection"),
    (built, "ready", "done", "import"),
]


#: Pairs of step and state that do not exist.
IMPOSSIBLE = {
    ("connection", "needs_input"),
    ("connection", "open"),
    ("connection", "waiting"),
    ("conflicts", "open"),
    ("roles", "failed"),
    ("import_source", "needs_input"),
    ("token", "open"),
    ("model", "open"),
    ("model", "unknown"),
    ("ready", "needs_input"),
    ("ready", "open"),
    ("ready", "failed"),
}


def status_of(destination: Destination, emulator: Emulator) -> DestinationStatus:
    """Return the checklist. Without the secret, the destination can't use the connection of the emulator."""
    if not destination._environ.variables():
        return destination.status()
    with emulator.connect() as connection:
        return destination.status(connection=connection)


@pytest.mark.parametrize(("prepare", "code", "state", "action"), SCENARIOS)
def test_each_state_of_each_step_has_its_action(
    emulator: Emulator,
    prepare: Callable[[Emulator], Destination],
    code: StepCode,
    state: str,
    action: ActionCode | None,
) -> None:
    destination = prepare(emulator)

    status = status_of(destination, emulator)

    step = status[code]
    assert (step.state.value, None if step.action is None else step.action.code) == (state, action)
    assert [step.code for step in status.steps] == list(STEPS)
    for other_step in status.steps:
        check_step(other_step)


def check_step(step: DestinationStep) -> None:
    """Check that a wizard can draw a step in its state."""
    parameters = {} if step.action is None else step.action.to_dict()
    texts = [step.summary, step.evidence, step.cause, *step.remedies, *texts_in(parameters)]
    assert step.summary
    assert json.loads(json.dumps(parameters)) == parameters
    assert not [text for text in texts if contains_python(text)]
    if step.state is StepState.WAITING:
        assert step.waits_for or step.action
    elif step.state is not StepState.DONE:
        assert step.action is not None
        assert step.action.code in get_args(ActionCode)
        assert step.who
    if step.state is not StepState.WAITING:
        assert step.evidence
        assert step.link.startswith("https://")


def texts_in(value: object) -> Iterator[str]:
    """Return all strings in JSON-ready data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


def contains_python(text: str) -> bool:
    """Return whether a text contains a call, a keyword argument, or a constant of Python."""
    without_addresses = re.sub(r"https?://\S+", "", text)
    return re.search(r"\w\(|\w=|\b(None|True|False)\b|\bimport_records\b", without_addresses) is not None


@pytest.mark.parametrize(
    "text", ["You: call build().", "You: pass name=…", "Set model= to an OktaModel.", "It is None."]
)
def test_python_in_a_text_is_detected(text: str) -> None:
    assert contains_python(text)


def test_scenarios_visit_every_possible_state() -> None:
    visited = {(code, state) for _, code, state, _ in SCENARIOS}

    assert visited | IMPOSSIBLE == {(code, state.value) for code in STEPS for state in StepState}
    assert not visited & IMPOSSIBLE
    assert {action for *_, action in SCENARIOS} == {None, *get_args(ActionCode)}


@pytest.mark.once
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403},
        {"status": 404},
        {"status": 503, "times": 9},
        {"html": "proxy"},
        {"status": 200, "body": {}},
    ],
    ids=str,
)
def test_steps_can_be_drawn_whatever_request_fails(fault: dict[str, Any]) -> None:
    with Emulator() as emulator:
        status_of(with_a_conflict(emulator), emulator)
        operations = {request.operation for request in emulator.requests}

    for operation in sorted(operations):
        emulator = Emulator()
        destination = with_a_conflict(emulator)
        emulator.faults.next(operation, **fault)
        for step in status_of(destination, emulator).steps:
            check_step(step)


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in vars(exceptions).values()
        if isinstance(kind, type) and issubclass(kind, AssetsError) and kind is not AssetsError
    ],
)
def test_every_error_becomes_a_step_without_python(kind: type[AssetsError]) -> None:
    step = failed_step(
        "token", kind("Could not check the import token."), "fix_token", "https://x.atlassian.net"
    )

    check_step(step)


def test_risky_change_is_built_after_it_was_accepted(emulator: Emulator) -> None:
    destination = evolve(with_a_risky_change(emulator), transport=emulator.transport)
    parameters: Any = action_of(destination, "build").parameters
    assert [item["path"] for item in parameters["risky"]] == ["laptops"]

    with pytest.raises(RiskyChangeError):
        destination.build()
    destination.build(accept_risky=parameters["accept_risky"])

    assert destination.status()["build"].is_done


# --- conflicts ------------------------------------------------------------------------------------------------------


def test_conflicts_of_the_status_can_be_resolved(emulator: Emulator) -> None:
    destination = with_a_conflict(emulator)
    with emulator.connect() as connection:
        (conflict,) = destination.status(connection=connection).conflicts

        destination = destination.resolve_conflict(conflict, Resolution.ADOPT, connection=connection)

        assert destination.status(connection=connection)["conflicts"].is_done
        destination.build(connection=connection)
        assert destination.status(connection=connection)["build"].is_done
        assert len(emulator.object_schema("INV").object_types) == 1


def test_decision_about_the_action_resolves_a_conflict(emulator: Emulator) -> None:
    """A web page shows the parameters of the action, and sends a key and a decision to another process."""
    destination = evolve(with_a_conflict(emulator), transport=emulator.transport)
    parameters = action_of(destination, "conflicts").parameters
    (choice,) = json.loads(json.dumps(parameters))["conflicts"]
    assert choice["choices"] == ["adopt", "rename existing", "rename incoming", "delete existing"]
    assert choice["suggested_names"]["rename incoming"] == "Inventory Laptops"
    assert (choice["object_count"], choice["objects_to_confirm"]) == (0, None)

    destination = destination.resolve_conflict(choice["key"], "rename incoming")

    assert destination.status()["conflicts"].is_done
    assert destination.schema_model().object_type("laptops").name == "Inventory Laptops"


def test_deletion_of_objects_needs_their_number(emulator: Emulator) -> None:
    destination = evolve(with_a_conflict(emulator), transport=emulator.transport)
    emulator.object_schema("INV")["Laptops"].add_object({"Name": "L-1"})
    parameters: Any = action_of(destination, "conflicts").parameters
    (choice,) = parameters["conflicts"]
    assert "delete existing" not in choice["choices"]

    with pytest.raises(ResolutionNotPossibleError):
        destination.resolve_conflict(choice["key"], "delete existing")
    destination = destination.resolve_conflict(
        choice["key"], "delete existing", delete_objects=choice["objects_to_confirm"]
    )

    assert destination.status()["conflicts"].is_done
    assert emulator.object_schema("INV").object_types == []


@pytest.mark.parametrize(
    ("prepare", "fix"), [(with_a_conflict, "Pass one of: laptops."), (configured, "Read the status again")]
)
def test_unknown_conflict_is_rejected(
    emulator: Emulator, prepare: Callable[[Emulator], Destination], fix: str
) -> None:
    destination = evolve(prepare(emulator), transport=emulator.transport)

    with pytest.raises(ConfigurationError) as caught:
        destination.resolve_conflict("monitors", "adopt")

    assert caught.value.field == "conflict"
    assert fix in caught.value.fix


def action_of(destination: Destination, code: StepCode) -> StepAction:
    """Return the action of a step."""
    action = destination.status()[code].action
    assert action is not None
    return action


def test_required_roles_block_the_import(emulator: Emulator) -> None:
    destination = built(emulator, roles={}, options=ImportOptions(require_roles=True))

    status = status_of(destination, emulator)

    assert status["ready"].waits_for == ("roles",)


def test_taken_schema_name_names_its_owner(emulator: Emulator) -> None:
    emulator.add_object_schema("OKT", name="Okta")
    destination = unconfigured(emulator, schema_key="ok2", schema_name="okta")

    with emulator.connect() as connection:
        step = next(step for step in destination.status(connection=connection).steps if step.code == "schema")

    assert destination.schema_key == "OK2"
    assert step.state is StepState.NEEDS_INPUT
    assert step.summary == 'The object schema OK2 can\'t be created: OKT has the name "Okta".'
    assert step.action is not None
    assert step.action.parameters == {"schemas": [{"key": "OKT", "name": "Okta"}]}


def test_action_import_says_how_many_records_to_test_first() -> None:
    """A wizard offers the test import and the import from the same step."""
    with Emulator() as emulator:
        status = status_of(built(emulator), emulator)

    action = status["ready"].action
    assert action is not None
    assert (action.code, action.parameters) == ("import", {"test_count": 100})
