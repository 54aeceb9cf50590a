"""Stories about a destination: set up step by step, saved, loaded, used for imports, removed."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from attrs import evolve

from jsm_assets_dest import (
    ApiToken,
    AsyncDestination,
    AttributeSpec,
    Connection,
    CredentialsReference,
    Destination,
    DestinationStatus,
    ImportOptions,
    ObjectTypeSpec,
    OktaModel,
    Resolution,
    SchemaModel,
    StepAction,
    StepState,
)
from jsm_assets_dest.exceptions import (
    ConfigurationError,
    DefaultRolesError,
    ImportInterruptedError,
    MissingSettingsError,
    ObjectSchemaNotFoundError,
    ProblemsFoundError,
    RecordError,
    RolesNotSettableError,
)
from jsm_assets_dest.testing import Doubts, Emulator
from tests.stories.story import now, story

DONE, INPUT, OPEN, FAILED, WAITING, UNKNOWN = (
    StepState.DONE,
    StepState.NEEDS_INPUT,
    StepState.OPEN,
    StepState.FAILED,
    StepState.WAITING,
    StepState.UNKNOWN,
)

LAPTOPS = [{"serial": f"L-{number}", "owner": f"Person {number}"} for number in range(3)]


def laptops(*more: AttributeSpec, name: str = "Laptops") -> SchemaModel:
    """Return a model with one object type."""
    return SchemaModel(
        "Inventory",
        [
            ObjectTypeSpec(
                name,
                [
                    AttributeSpec("Serial", key="serial", label=True, identifier=True, unique=True),
                    AttributeSpec("Owner", key="owner"),
                    *more,
                ],
                key="laptops",
            )
        ],
        namespace="inventory",
    )


def saved(emulator: Emulator, connection: Any, **settings: Any) -> Any:
    """Return a destination on the emulated site, sync or async like the connection. `environ` contains the secrets."""
    kind = Destination if isinstance(connection, Connection) else AsyncDestination
    settings.setdefault("environ", {"API_TOKEN": emulator.api_token})
    return kind(
        name="Inventory",
        site=emulator.site,
        credentials=CredentialsReference("env:API_TOKEN", email=emulator.email),
        **settings,
    )


def ready(emulator: Emulator, connection: Any, **settings: Any) -> Any:
    """Return a destination that lacks only the build: schema INV, an import with a token, the model of laptops."""
    emulator.add_object_schema("INV", name="Inventory")
    source = emulator.add_import_source("INV", "Laptops of the office")
    environ = {"API_TOKEN": emulator.api_token, "IMPORT_TOKEN": source.token}
    settings = {"model": laptops(), "import_token": "env:IMPORT_TOKEN", **settings}
    return saved(emulator, connection, schema_key="INV", environ=environ, **settings)


async def closed(connection: Any) -> None:
    """Close a sync or async connection."""
    await now((getattr(connection, "aclose", None) or connection.close)())


def files_in(folder: str) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(file.name for file in Path(folder).iterdir())


async def states(destination: Any, connection: Any) -> dict[str, StepState]:
    """Return the state of each step."""
    status = await now(destination.status(connection=connection))
    return {step.code: step.state for step in status.steps}


@story
async def test_checklist_leads_from_nothing_to_an_import(emulator: Emulator, connection: Any) -> None:
    """The action of each step completes it."""
    emulator.add_group("it-ops")
    environ = {"API_TOKEN": emulator.api_token}
    destination = saved(emulator, connection, environ=environ)
    status = await now(destination.status(connection=connection))
    assert [step.state for step in status.steps] == [
        DONE, INPUT, WAITING, WAITING, WAITING, WAITING, INPUT, WAITING, WAITING
    ]  # fmt: skip
    assert (status.current.code, status.current.action.code) == ("schema", "choose_schema")

    destination = evolve(
        destination, schema_key="INV", schema_name="Inventory", schema_description="Laptops.", model=laptops()
    )
    status = await now(destination.status(connection=connection))
    assert [step.state for step in status.steps] == [
        DONE, OPEN, WAITING, WAITING, WAITING, WAITING, DONE, WAITING, WAITING
    ]  # fmt: skip
    assert status.current.action == StepAction("create_schema", {"key": "INV", "name": "Inventory"})

    schema = await now(destination.ensure_object_schema(connection))
    assert (schema.name, schema.description) == ("Inventory", "Laptops.")
    status = await now(destination.status(connection=connection))
    assert [step.state for step in status.steps] == [
        DONE, DONE, DONE, INPUT, OPEN, WAITING, DONE, WAITING, WAITING
    ]  # fmt: skip
    assert status.current.link == schema.links.configure
    assert status.current.action.code == "restrict_roles"

    destination = evolve(destination, roles={"developers": [], "users": ["it-ops"]})
    status = await now(destination.status(connection=connection))
    assert "Object Schema Users: add it-ops (group)" in status["roles"].summary
    assert status["roles"].evidence == "lose access: jira-servicemanagement-users-acme (group)"
    await now(destination.set_roles(connection=connection))
    status = await now(destination.status(connection=connection))
    assert [step.state for step in status.steps] == [
        DONE, DONE, DONE, DONE, OPEN, WAITING, DONE, WAITING, WAITING
    ]  # fmt: skip
    assert status.current.action == StepAction("create_import_source", {"name": None})
    assert status.current.who == "An object schema manager"

    environ["IMPORT_TOKEN"] = emulator.add_import_source("INV", "Laptops").token
    destination = evolve(destination, import_token="env:IMPORT_TOKEN", import_source="Laptops")
    status = await now(destination.status(connection=connection))
    assert [step.state for step in status.steps] == [
        DONE, DONE, DONE, DONE, DONE, DONE, DONE, OPEN, WAITING
    ]  # fmt: skip
    assert (status.current.code, status.current.action.code) == ("build", "build")

    await now(destination.build(connection=connection))
    status = await now(destination.status(connection=connection))
    assert status.ok
    assert status.is_ready
    assert status.current is None
    assert status["ready"].action == StepAction("import", {"test_count": 100})
    status.raise_for_problems()
    result = await now(destination.import_records({"laptops": LAPTOPS}, connection=connection))
    assert result.created == 3


@story
async def test_checklist_sends_only_reads(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    emulator.requests.clear()

    await now(destination.status(connection=connection))

    assert {request.method for request in emulator.requests} == {"GET"}


@story
async def test_checklist_converts_to_json_text_and_html(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)

    status: DestinationStatus = await now(destination.status(connection=connection))
    data = json.loads(json.dumps(status.to_dict()))

    assert data["current"] == "roles"
    assert data["steps"][1]["link"] == status.schema.links.browse  # type: ignore[union-attr]  # it is there
    assert data["steps"][7]["action"] == {"code": "build", "parameters": {"changes": 4}}
    assert data["plan"]["verb"] == "PUT"
    assert "○ roles: needs input." in str(status)
    assert "✓ token: done." in str(status)
    assert "not ready, 6 of 9 steps done" in repr(status)
    assert "<table" in status._repr_html_()
    assert emulator.api_token not in json.dumps(data) + str(status) + status._repr_html_()
    with pytest.raises(KeyError):
        status["nothing"]


@story
async def test_checklist_sends_nothing_without_the_secret(emulator: Emulator, connection: Any) -> None:
    destination = saved(emulator, connection, environ={}, schema_key="INV")

    status = await now(destination.status())

    assert [step.state for step in status.steps] == [FAILED] + [WAITING] * 8
    assert "API_TOKEN is not set" in status["connection"].summary
    assert "set API_TOKEN" in status["connection"].next_step
    assert status.connection is None
    with pytest.raises(ProblemsFoundError, match="not ready: The environment variable API_TOKEN") as caught:
        status.raise_for_problems()
    assert isinstance(caught.value.__cause__, MissingSettingsError)
    assert caught.value.report is status
    with pytest.raises(MissingSettingsError):
        destination.connect()
    assert emulator.requests == []


@story
async def test_rejected_login_fails_the_connection_step(emulator: Emulator, connection: Any) -> None:
    destination = saved(emulator, connection, environ={"API_TOKEN": "ATATT3-not-the-right-one"})
    opened = destination.connect(transport=emulator.transport, clock=emulator.clock)
    try:
        status = await now(destination.status(connection=opened))
    finally:
        await closed(opened)

    assert [step.state for step in status.steps] == [FAILED] + [WAITING] * 8
    assert status["connection"].remedies
    assert f"Cause: {status['connection'].cause}" in str(status)
    assert status.connection["identity"].state == "failed"


@story
async def test_unavailable_site_makes_the_connection_step_unknown(
    emulator: Emulator, connection: Any
) -> None:
    destination = saved(emulator, connection)
    emulator.faults.next("read myself", status=503, times=5)

    status = await now(destination.status(connection=connection))

    assert status["connection"].state is UNKNOWN


@story
async def test_checklist_continues_without_jira_admin(emulator: Emulator, connection: Any) -> None:
    """An account that is not a Jira admin can use an existing object schema."""
    destination = ready(emulator, connection)
    emulator.faults.next(
        "read permissions",
        status=200,
        headers={"X-AAccountId": emulator.account.account_id},
        body={"permissions": {"ADMINISTER": {"havePermission": False}}},
    )

    status = await now(destination.status(connection=connection))

    assert status["connection"].state is FAILED
    assert status["schema"].state is DONE
    assert status["token"].state is DONE


@story
async def test_unreadable_schema_makes_the_schema_step_unknown(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    emulator.faults.next("get object schema", status=503, times=5)

    assert (await states(destination, connection))["schema"] is UNKNOWN


@story
async def test_unreadable_roles_come_with_manual_steps(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))
    emulator.faults.next("list roles", status=404)

    status = await now(destination.status(connection=connection))

    assert status["roles"].state is UNKNOWN
    assert status["roles"].link == status.schema.links.configure
    assert any("tab Roles" in step for step in status["roles"].remedies)
    assert status["roles"].action == StepAction("restrict_roles", {"can_set": False})
    assert isinstance(status["roles"].error, RolesNotSettableError)
    assert status.is_ready
    assert not status.ok


@story
async def test_lost_connection_makes_the_roles_step_unknown(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    emulator.faults.next("list roles", drop="before", times=5)

    assert (await states(destination, connection))["roles"] is UNKNOWN


@story
async def test_ready_step_waits_for_required_roles(emulator: Emulator, connection: Any) -> None:
    """With `require_roles`, imports reject the default roles, so the last step waits for them."""
    destination = ready(emulator, connection, options=ImportOptions(require_roles=True))
    await now(destination.build(connection=connection))

    status = await now(destination.status(connection=connection))

    assert status["ready"].state is WAITING
    assert status["ready"].waits_for == ("roles",)
    with pytest.raises(DefaultRolesError):
        await now(destination.import_records({"laptops": LAPTOPS}, connection=connection))
    destination = evolve(destination, roles={"developers": []})
    await now(destination.set_roles(connection=connection))
    assert (await states(destination, connection))["ready"] is DONE


@story
async def test_chosen_developers_are_not_default_entries(emulator: Emulator, connection: Any) -> None:
    emulator.add_group("it-ops")
    destination = ready(emulator, connection, roles={"developers": ["it-ops"]})

    roles = await now(destination.set_roles(connection=connection))

    assert roles.developers.groups == ("it-ops",)
    assert (await states(destination, connection))["roles"] is DONE


@story
async def test_resolved_conflicts_are_saved_with_the_model(emulator: Emulator, connection: Any) -> None:
    existing = emulator.add_object_schema("INV", name="Inventory")
    existing.add_object_type("Laptops", attributes=["Serial", "Owner"])
    environ = {
        "API_TOKEN": emulator.api_token,
        "IMPORT_TOKEN": emulator.add_import_source("INV", "Laptops").token,
    }
    destination = saved(
        emulator,
        connection,
        schema_key="inv",
        model=laptops(),
        import_token="env:IMPORT_TOKEN",
        environ=environ,
    )
    status = await now(destination.status(connection=connection))
    assert status["conflicts"].state is INPUT
    assert "Laptops:" in status["conflicts"].summary
    (choices,) = status["conflicts"].action.parameters["conflicts"]
    assert (choices["name"], "adopt" in choices["choices"]) == ("Laptops", True)
    assert (status["build"].state, status["build"].waits_for) == (WAITING, ("conflicts",))
    assert status["ready"].state is WAITING

    schema = await now(destination.get_object_schema(connection))
    model = destination.schema_model()
    for conflict in await now(schema.find_conflicts(model)):
        model = await now(conflict.resolve(Resolution.ADOPT, model))
    with TemporaryDirectory() as folder:
        file = Path(folder, "inventory.json")
        evolve(destination, model=model).save(file)
        destination = type(destination).load(file, environ=environ)
    assert destination.schema_model() == model
    assert (await states(destination, connection))["conflicts"] is DONE

    await now(destination.build(connection=connection))
    assert (await now(destination.status(connection=connection))).is_ready


@story
async def test_built_object_types_are_not_conflicts(emulator: Emulator, connection: Any) -> None:
    """The plan proves it, so the documents of the imports are not needed."""
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))
    status = await now(destination.status(connection=connection))

    assert status["conflicts"].state is DONE
    assert status.conflicts == ()
    assert status.is_ready


@story
async def test_impossible_change_fails_the_build_step(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection, model=laptops(AttributeSpec("Bought", key="bought")))
    await now(destination.build(connection=connection))
    destination = evolve(destination, model=laptops(AttributeSpec("Bought", "date", key="bought")))

    status = await now(destination.status(connection=connection))

    assert (status["model"].state, status["build"].state) == (DONE, FAILED)
    assert "bought" in status["build"].summary
    assert status["build"].action.code == "fix_model"
    assert status["ready"].state is WAITING


@story
async def test_changed_model_opens_the_build_step(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))
    destination = evolve(destination, model=laptops(AttributeSpec("Bought", "date", key="bought")))

    status = await now(destination.status(connection=connection))
    assert (status["build"].state, status["ready"].state) == (OPEN, WAITING)
    assert status.plan.verb == "PATCH"
    plan = await now(destination.plan(connection))
    await now(destination.build(plan=plan, connection=connection))

    assert (await now(destination.status(connection=connection))).is_ready


@story
async def test_invalid_or_missing_model_fails_the_model_step(emulator: Emulator, connection: Any) -> None:
    with TemporaryDirectory() as folder:
        missing = ready(emulator, connection, model=Path(folder, "model.json"))
        status = await now(missing.status(connection=connection))
    assert status["model"].state is FAILED
    assert "Could not read" in status["model"].summary

    wrong = evolve(missing, model=SchemaModel("Empty", [ObjectTypeSpec("Laptops", [])]))
    status = await now(wrong.status(connection=connection))
    assert status["model"].state is FAILED
    assert status["model"].error is not None


@story
async def test_model_of_the_import_is_used_without_a_model(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    bare = evolve(destination, model=None)
    assert (await states(bare, connection))["model"] is INPUT
    with pytest.raises(ConfigurationError, match="has no model"):
        await now(bare.build(connection=connection))

    await now(destination.build(connection=connection))

    status = await now(bare.status(connection=connection))
    assert (status["model"].state, status.is_ready) == (DONE, True)
    assert (await now(bare.import_records({"laptops": LAPTOPS}, connection=connection))).created == 3


@story
async def test_missing_secret_fails_the_token_step(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection, import_token="env:NO_SUCH_TOKEN")

    status = await now(destination.status(connection=connection))

    assert status["token"].state is FAILED
    assert "NO_SUCH_TOKEN" in status["token"].next_step


@story
async def test_replaced_token_fails_the_token_step(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    schema = await now(destination.get_object_schema(connection))
    (source,) = await now(schema.import_sources())
    await now(connection.generate_import_token(source))

    status = await now(destination.status(connection=connection))

    assert status["token"].state is FAILED
    assert status.token is not None


@story
async def test_token_of_another_import_fails_the_token_step(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    other = evolve(destination, import_source="Monitors")
    status = await now(other.status(connection=connection))
    assert status["token"].state is FAILED
    assert 'belongs to the import "Laptops of the office", not to "Monitors"' in status["token"].summary

    right = evolve(destination, import_source="Laptops of the office")
    assert (await states(right, connection))["token"] is DONE
    by_id = evolve(destination, import_source=status.token.import_source.id)
    assert (await states(by_id, connection))["token"] is DONE

    emulator.add_object_schema("HR", name="Human resources")
    elsewhere = evolve(destination, schema_key="HR")
    assert (await states(elsewhere, connection))["token"] is FAILED
    homeless = evolve(destination, schema_key="NOPE")
    assert (await states(homeless, connection))["token"] is WAITING


@story
async def test_api_token_is_not_sent_as_the_import_token(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection, import_token="env:API_TOKEN")
    emulator.requests.clear()

    status = await now(destination.status(connection=connection))

    assert status["token"].state is FAILED
    assert "The import token is an API token" in status["token"].summary
    assert "read import info" not in [request.operation for request in emulator.requests]
    assert emulator.api_token not in str(status)


@story
async def test_missing_token_needs_input_if_an_import_exists(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection, import_token=None)
    status = await now(destination.status(connection=connection))
    assert (status["import_source"].state, status["token"].state) == (DONE, INPUT)
    assert status["token"].action.code == "paste_token"
    assert [source.name for source in status.import_sources] == ["Laptops of the office"]
    assert "generate a token" in status["token"].next_step
    assert status.current.code == "roles"
    # The roles need input too, but an import can start without it.
    with pytest.raises(ProblemsFoundError, match="not ready: There is no import token yet"):
        status.raise_for_problems()

    other = evolve(destination, import_source="Monitors")
    status = await now(other.status(connection=connection))
    assert 'create an External import named "Monitors"' in status["import_source"].next_step
    assert (status["token"].state, status["token"].waits_for) == (WAITING, ("import_source",))

    emulator.faults.next("list import sources", status=404)
    status = await now(destination.status(connection=connection))
    assert (status["import_source"].state, status["token"].state) == (UNKNOWN, INPUT)
    with pytest.raises(ConfigurationError, match="has no import token"):
        await now(destination.get_import_token(connection))


@story
async def test_disabled_import_fails_the_import_source_step(emulator: Emulator, connection: Any) -> None:
    emulator.add_object_schema("INV", name="Inventory")
    source = emulator.add_import_source("INV", "Laptops", enabled=False)
    environ = {"API_TOKEN": emulator.api_token, "IMPORT_TOKEN": source.token}
    destination = saved(
        emulator,
        connection,
        schema_key="INV",
        import_token="env:IMPORT_TOKEN",
        model=laptops(),
        environ=environ,
    )

    status = await now(destination.status(connection=connection))

    assert status["token"].state is DONE
    assert status["import_source"].state is FAILED
    assert status["import_source"].action.code == "enable_import_source"
    assert status["ready"].waits_for == ("import_source", "build")


@story
async def test_running_import_makes_the_ready_step_wait(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))
    token = await now(destination.get_import_token(connection))
    execution = await now(token.start())

    status = await now(destination.status(connection=connection))
    await now(execution.cancel())

    assert (status["token"].state, status["ready"].state) == (DONE, WAITING)
    assert status["ready"].action == StepAction("import", {"on_busy": "wait"})


@story
async def test_options_of_the_call_override_saved_options(emulator: Emulator, connection: Any) -> None:
    destination = ready(
        emulator, connection, options=ImportOptions(chunk_records=1, on_bad_record="skip", max_missing=0.5)
    )
    await now(destination.build(connection=connection))
    emulator.requests.clear()
    records = {"laptops": [*LAPTOPS, {"serial": "L-9", "owner": object()}]}

    result = await now(destination.import_records(records, connection=connection))

    assert (result.sent, len(result.failed)) == (3, 1)
    # One chunk per record, and the one that completes the import.
    assert [request.operation for request in emulator.requests].count("submit chunk") == 4
    with pytest.raises(RecordError):
        await now(destination.import_records(records, connection=connection, on_bad_record="fail"))


@story
async def test_test_import_sends_the_first_records(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))

    result = await now(destination.test_import({"laptops": LAPTOPS}, 2, connection=connection))

    assert result.created == 2


@story
async def test_journal_path_starts_at_the_saved_destination(emulator: Emulator, connection: Any) -> None:
    """A scheduled job can resume from any folder."""

    def breaking() -> Any:
        yield ("laptops", LAPTOPS[0])
        raise OSError("the source broke")

    with TemporaryDirectory() as folder:
        destination = ready(
            emulator, connection, options=ImportOptions(journal="laptops.journal", chunk_records=1)
        ).save(Path(folder, "inventory.json"))
        await now(destination.build(connection=connection))
        with pytest.raises(ImportInterruptedError):
            await now(destination.import_records(breaking(), connection=connection))
        assert "laptops.journal" in files_in(folder)

        pairs = [("laptops", record) for record in LAPTOPS]
        result = await now(destination.resume_import(pairs, connection=connection))

    assert result.confirmed
    assert len(emulator.object_schema("INV")["Laptops"].objects) == 3


@story
async def test_remove_does_not_change_the_schema(emulator: Emulator, connection: Any) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, "inventory.json")
        destination = ready(emulator, connection).save(file)
        await now(destination.build(connection=connection))
        emulator.requests.clear()

        destination.remove()

        assert files_in(folder) == []
    assert emulator.requests == []
    assert [object_type.name for object_type in emulator.object_schema("INV")] == ["Laptops"]
    assert (await now(destination.status(connection=connection))).is_ready


@story
async def test_current_site_is_read_from_the_environment(emulator: Emulator, connection: Any) -> None:
    kind = Destination if isinstance(connection, Connection) else AsyncDestination
    emulator.add_object_schema("INV", name="Inventory")
    emulator.add_import_source("INV", "Laptops")
    destination = kind(
        name="Here",
        schema_key="INV",
        model=laptops(),
        import_token="env:JSM_ASSETS_IMPORT_TOKEN",
        environ=emulator.settings(),
    )

    opened: Any = destination.connect(transport=emulator.transport, clock=emulator.clock)
    try:
        await now(destination.build(connection=opened))
        status: Any = await now(destination.status(connection=opened))
    finally:
        await closed(opened)

    assert status.site == emulator.site
    assert status.is_ready


@story
async def test_connect_accepts_other_credentials(emulator: Emulator, connection: Any) -> None:
    destination = evolve(saved(emulator, connection), credentials=None)
    with pytest.raises(ConfigurationError, match="no credentials") as caught:
        destination.connect()
    assert caught.value.field == "credentials"

    opened = destination.connect(
        ApiToken(emulator.email, emulator.api_token), transport=emulator.transport, clock=emulator.clock
    )
    try:
        status = await now(destination.status(connection=opened))
    finally:
        await closed(opened)

    assert status["connection"].is_done


@story
async def test_missing_object_schema_is_named(emulator: Emulator, connection: Any) -> None:
    destination = saved(emulator, connection)
    with pytest.raises(ConfigurationError, match="has no object schema") as caught:
        await now(destination.get_object_schema(connection))
    assert caught.value.field == "schema_key"
    with pytest.raises(ObjectSchemaNotFoundError):
        await now(evolve(destination, schema_key="NOPE").get_object_schema(connection))


@story
async def test_import_token_works_without_a_schema_key(emulator: Emulator, connection: Any) -> None:
    """Without a schema key, the import of the token is used."""
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))
    token = await now(evolve(destination, schema_key=None).get_import_token(connection))

    assert token.schema is None
    assert (await now(token.status())).is_ready


@pytest.mark.once
@story
async def test_each_call_opens_its_own_connection(emulator: Emulator, connection: Any) -> None:
    """The calls use a socket and real time, so Assets processes the mapping immediately."""
    emulator.world.doubts = Doubts(mapping_put_is_asynchronous=False)
    with emulator.serve() as url:
        destination = evolve(ready(emulator, connection), site=url, gateway=url, roles={"developers": []})
        await now(destination.set_roles())
        await now(destination.build())
        assert (await now(destination.status())).ok
        await now(destination.test_import({"laptops": LAPTOPS}, 1))
        result = await now(destination.import_records({"laptops": LAPTOPS}))

    assert (result.created, result.unchanged + result.updated) == (2, 1)


@story
async def test_okta_model_is_built_from_its_profile(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection, model=OktaModel("lean", without=["devices"]))

    await now(destination.build(connection=connection))

    assert "Devices" not in emulator.object_schema("INV")
    assert "People" in emulator.object_schema("INV")
