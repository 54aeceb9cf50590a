"""Stories about a destination: set up step by step, saved, loaded, imported from, removed."""

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

DONE, OPEN, FAILED, WAITING, UNKNOWN = (
    StepState.DONE,
    StepState.OPEN,
    StepState.FAILED,
    StepState.WAITING,
    StepState.UNKNOWN,
)

LAPTOPS = [{"serial": f"L-{number}", "owner": f"Person {number}"} for number in range(3)]


def laptops(*more: AttributeSpec, name: str = "Laptops") -> SchemaModel:
    """A model with one object type."""
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
    """A destination on the emulated site, in the colour of the connection; `environ` holds the secrets."""
    kind = Destination if isinstance(connection, Connection) else AsyncDestination
    settings.setdefault("environ", {"API_TOKEN": emulator.api_token})
    return kind(
        name="Inventory",
        site=emulator.site,
        credentials=CredentialsReference("env:API_TOKEN", email=emulator.email),
        **settings,
    )


def ready(emulator: Emulator, connection: Any, **settings: Any) -> Any:
    """A destination with everything but a built model: schema INV, an import with a token, the model of laptops."""
    emulator.add_object_schema("INV", name="Inventory")
    source = emulator.add_import_source("INV", "Laptops of the office")
    environ = {"API_TOKEN": emulator.api_token, "IMPORT_TOKEN": source.token}
    settings = {"model": laptops(), "import_token": "env:IMPORT_TOKEN", **settings}
    return saved(emulator, connection, schema_key="INV", environ=environ, **settings)


async def closed(connection: Any) -> None:
    """Close a connection of either colour."""
    await now((getattr(connection, "aclose", None) or connection.close)())


def files_in(folder: str) -> list[str]:
    """The names of the files in a folder."""
    return sorted(file.name for file in Path(folder).iterdir())


async def states(destination: Any, connection: Any) -> dict[str, StepState]:
    """The states of all steps."""
    status = await now(destination.status(connection=connection))
    return {step.name: step.state for step in status.steps}


@story
async def test_the_checklist_leads_from_nothing_to_an_import(emulator: Emulator, connection: Any) -> None:
    """Whatever is open says what to do, and doing just that closes it."""
    emulator.add_group("it-ops")
    environ = {"API_TOKEN": emulator.api_token}
    destination = saved(emulator, connection, environ=environ)
    status = await now(destination.status(connection=connection))
    assert [step.state for step in status.steps] == [DONE, OPEN, WAITING, OPEN, WAITING, WAITING]
    assert status.current.name == "schema"
    assert "schema_key" in status.current.next_step

    destination = evolve(
        destination, schema_key="INV", schema_name="Inventory", schema_description="Laptops.", model=laptops()
    )
    status = await now(destination.status(connection=connection))
    assert [step.state for step in status.steps] == [DONE, OPEN, WAITING, DONE, WAITING, WAITING]
    assert "ensure_object_schema()" in status.current.next_step

    schema = await now(destination.ensure_object_schema(connection))
    assert (schema.name, schema.description) == ("Inventory", "Laptops.")
    status = await now(destination.status(connection=connection))
    assert [step.state for step in status.steps] == [DONE, DONE, OPEN, DONE, OPEN, WAITING]
    assert status.current.link == schema.links.configure
    assert "set_roles()" in status.current.next_step

    destination = evolve(destination, roles={"developers": [], "users": ["it-ops"]})
    status = await now(destination.status(connection=connection))
    assert "users are nobody, not it-ops" in status["roles"].summary
    await now(destination.set_roles(connection=connection))
    status = await now(destination.status(connection=connection))
    assert [step.state for step in status.steps] == [DONE, DONE, DONE, DONE, OPEN, WAITING]
    assert "create an External import" in status.current.next_step
    assert status.current.who == "A manager of the schema"

    environ["IMPORT_TOKEN"] = emulator.add_import_source("INV", "Laptops").token
    destination = evolve(destination, import_token="env:IMPORT_TOKEN", import_source="Laptops")
    status = await now(destination.status(connection=connection))
    assert [step.state for step in status.steps] == [DONE, DONE, DONE, DONE, DONE, OPEN]
    assert "build()" in status.current.next_step

    await now(destination.build(connection=connection))
    status = await now(destination.status(connection=connection))
    assert status.ok
    assert status.is_ready
    assert status.current is None
    status.raise_for_problems()
    result = await now(destination.import_records({"laptops": LAPTOPS}, connection=connection))
    assert result.created == 3


@story
async def test_the_checklist_only_reads(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    emulator.requests.clear()

    await now(destination.status(connection=connection))

    # Jira is asked for permissions with a GET; nothing else is sent than questions.
    assert {request.method for request in emulator.requests} == {"GET"}


@story
async def test_a_checklist_can_be_kept_shown_and_drawn(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)

    status: DestinationStatus = await now(destination.status(connection=connection))
    kept = json.loads(json.dumps(status.to_dict()))

    assert kept["current"] == "roles"
    assert kept["steps"][1]["link"] == status.schema.links.browse  # type: ignore[union-attr]  # it is there
    assert kept["steps"][5]["next_step"] == "You: build it with build()."
    assert kept["plan"]["verb"] == "PUT"
    assert "○ roles: open." in str(status)
    assert "✓ token: done." in str(status)
    assert "not ready, 4 of 6 steps done" in repr(status)
    assert "<table" in status._repr_html_()
    assert emulator.api_token not in json.dumps(kept) + str(status) + status._repr_html_()
    with pytest.raises(KeyError):
        status["nothing"]


@story
async def test_where_the_secret_is_missing_nothing_is_sent(emulator: Emulator, connection: Any) -> None:
    destination = saved(emulator, connection, environ={}, schema_key="INV")

    status = await now(destination.status())

    assert [step.state for step in status.steps] == [FAILED] + [WAITING] * 5
    assert "API_TOKEN, which is not set" in status["connection"].summary
    assert "set API_TOKEN" in status["connection"].next_step
    assert status.connection is None
    with pytest.raises(ProblemsFoundError, match="not ready: connection") as caught:
        status.raise_for_problems()
    assert isinstance(caught.value.__cause__, MissingSettingsError)
    assert caught.value.report is status
    with pytest.raises(MissingSettingsError):
        destination.connect()
    assert emulator.requests == []


@story
async def test_a_refused_login_fails_the_connection(emulator: Emulator, connection: Any) -> None:
    destination = saved(emulator, connection, environ={"API_TOKEN": "ATATT3-not-the-right-one"})
    opened = destination.connect(transport=emulator.transport, clock=emulator.clock)
    try:
        status = await now(destination.status(connection=opened))
    finally:
        await closed(opened)

    assert [step.state for step in status.steps] == [FAILED] + [WAITING] * 5
    assert status["connection"].remedies
    assert f"Cause: {status['connection'].cause}" in str(status)
    assert status.connection["identity"].state == "failed"


@story
async def test_what_could_not_be_found_out_is_not_called_wrong(emulator: Emulator, connection: Any) -> None:
    destination = saved(emulator, connection)
    emulator.faults.next("read myself", status=503, times=5)

    status = await now(destination.status(connection=connection))

    assert status["connection"].state is UNKNOWN


@story
async def test_an_account_that_may_not_do_everything_still_sees_the_rest(
    emulator: Emulator, connection: Any
) -> None:
    """An account that is no Jira admin can use a schema that somebody else made for it."""
    destination = ready(emulator, connection)
    emulator.faults.next(
        "read permissions", status=200, body={"permissions": {"ADMINISTER": {"havePermission": False}}}
    )

    status = await now(destination.status(connection=connection))

    assert status["connection"].state is FAILED
    assert status["schema"].state is DONE
    assert status["token"].state is DONE


@story
async def test_a_schema_that_cannot_be_read_is_said_to_be_unknown(
    emulator: Emulator, connection: Any
) -> None:
    destination = ready(emulator, connection)
    emulator.faults.next("get object schema", status=503, times=5)

    assert (await states(destination, connection))["schema"] is UNKNOWN


@story
async def test_roles_that_cannot_be_read_come_with_the_way_by_hand(
    emulator: Emulator, connection: Any
) -> None:
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))
    emulator.faults.next("list roles", status=404)

    status = await now(destination.status(connection=connection))

    assert status["roles"].state is UNKNOWN
    assert status["roles"].link == status.schema.links.configure
    assert any("tab Roles" in step for step in status["roles"].remedies)
    assert isinstance(status["roles"].error, RolesNotSettableError)
    assert status.is_ready
    assert not status.ok


@story
async def test_roles_behind_a_failing_service_are_unknown(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    emulator.faults.next("list roles", drop="before", times=5)

    assert (await states(destination, connection))["roles"] is UNKNOWN


@story
async def test_ready_means_that_the_import_would_start(emulator: Emulator, connection: Any) -> None:
    """With `require_roles` the import refuses open roles, and so the last step waits for them."""
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
async def test_roles_of_ones_own_are_as_wanted(emulator: Emulator, connection: Any) -> None:
    """Developers who are wanted are no default entries."""
    emulator.add_group("it-ops")
    destination = ready(emulator, connection, roles={"developers": ["it-ops"]})

    roles = await now(destination.set_roles(connection=connection))

    assert roles.developers.groups == ("it-ops",)
    assert (await states(destination, connection))["roles"] is DONE


@story
async def test_conflicts_are_shown_resolved_and_kept(emulator: Emulator, connection: Any) -> None:
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
    assert status["model"].state is OPEN
    assert "Laptops:" in status["model"].summary
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
    assert (await states(destination, connection))["model"] is DONE

    await now(destination.build(connection=connection))
    assert (await now(destination.status(connection=connection))).is_ready


@story
async def test_what_was_built_is_no_conflict(emulator: Emulator, connection: Any) -> None:
    """Also where the imports of the schema cannot be listed, so that the object types look like somebody else's."""
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))
    emulator.faults.next("list import sources", status=404)

    status = await now(destination.status(connection=connection))

    assert status["model"].state is DONE
    assert status.conflicts == ()
    assert status.is_ready


@story
async def test_a_model_that_can_never_be_built_is_told_in_time(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection, model=laptops(AttributeSpec("Bought", key="bought")))
    await now(destination.build(connection=connection))
    destination = evolve(destination, model=laptops(AttributeSpec("Bought", "date", key="bought")))

    status = await now(destination.status(connection=connection))

    assert status["model"].state is FAILED
    assert "bought" in status["model"].summary
    assert status["ready"].state is WAITING


@story
async def test_a_change_of_the_model_has_to_be_built(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))
    destination = evolve(destination, model=laptops(AttributeSpec("Bought", "date", key="bought")))

    status = await now(destination.status(connection=connection))
    assert status["ready"].state is OPEN
    assert status.plan.verb == "PATCH"
    plan = await now(destination.plan(connection))
    await now(destination.build(plan=plan, connection=connection))

    assert (await now(destination.status(connection=connection))).is_ready


@story
async def test_a_model_with_errors_or_without_a_file_fails(emulator: Emulator, connection: Any) -> None:
    with TemporaryDirectory() as folder:
        missing = ready(emulator, connection, model=Path(folder, "model.json"))
        status = await now(missing.status(connection=connection))
    assert status["model"].state is FAILED
    assert "model.json cannot be read" in status["model"].summary

    wrong = evolve(missing, model=SchemaModel("Empty", [ObjectTypeSpec("Laptops", [])]))
    status = await now(wrong.status(connection=connection))
    assert status["model"].state is FAILED
    assert status["model"].error is not None


@story
async def test_without_a_model_the_one_of_the_import_counts(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    bare = evolve(destination, model=None)
    assert (await states(bare, connection))["model"] is OPEN
    with pytest.raises(ConfigurationError, match="names no model"):
        await now(bare.build(connection=connection))

    await now(destination.build(connection=connection))

    status = await now(bare.status(connection=connection))
    assert (status["model"].state, status.is_ready) == (DONE, True)
    assert (await now(bare.import_records({"laptops": LAPTOPS}, connection=connection))).created == 3


@story
async def test_a_token_whose_place_is_empty_fails(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection, import_token="env:NO_SUCH_TOKEN")

    status = await now(destination.status(connection=connection))

    assert status["token"].state is FAILED
    assert "NO_SUCH_TOKEN" in status["token"].next_step


@story
async def test_a_replaced_token_fails(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    schema = await now(destination.get_object_schema(connection))
    (source,) = await now(schema.import_sources())
    await now(connection.generate_import_token(source))

    status = await now(destination.status(connection=connection))

    assert status["token"].state is FAILED
    assert status.token is not None


@story
async def test_a_token_of_another_schema_or_import_fails(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    other = evolve(destination, import_source="Monitors")
    status = await now(other.status(connection=connection))
    assert status["token"].state is FAILED
    assert "belongs to the import “Laptops of the office”, not to “Monitors”" in status["token"].summary

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
async def test_another_token_in_the_place_of_the_import_token_is_not_sent(
    emulator: Emulator, connection: Any
) -> None:
    destination = ready(emulator, connection, import_token="env:API_TOKEN")
    emulator.requests.clear()

    status = await now(destination.status(connection=connection))

    assert status["token"].state is FAILED
    assert "An API token was given as the import token" in status["token"].summary
    assert "read import info" not in [request.operation for request in emulator.requests]
    assert emulator.api_token not in str(status)


@story
async def test_a_missing_token_is_asked_for_where_there_is_an_import(
    emulator: Emulator, connection: Any
) -> None:
    destination = ready(emulator, connection, import_token=None)
    status = await now(destination.status(connection=connection))
    assert status["token"].state is OPEN
    assert [source.name for source in status.import_sources] == ["Laptops of the office"]
    assert "generate a token" in status["token"].next_step
    assert status.current.name == "roles"
    # Roles are open as well, and are not what keeps an import from starting.
    with pytest.raises(ProblemsFoundError, match="not ready: token: No import token"):
        status.raise_for_problems()

    other = evolve(destination, import_source="Monitors")
    status = await now(other.status(connection=connection))
    assert "create an External import called “Monitors”" in status["token"].next_step

    emulator.faults.next("list import sources", status=404)
    status = await now(destination.status(connection=connection))
    assert "create an External import" in status["token"].next_step
    with pytest.raises(ConfigurationError, match="names no import token"):
        await now(destination.get_import_token(connection))


@story
async def test_a_disabled_import_is_not_ready(emulator: Emulator, connection: Any) -> None:
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
    assert status["ready"].state is FAILED
    assert "enable the import" in status["ready"].next_step


@story
async def test_a_running_import_is_waited_for(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))
    token = await now(destination.get_import_token(connection))
    execution = await now(token.start())

    status = await now(destination.status(connection=connection))
    await now(execution.cancel())

    assert (status["token"].state, status["ready"].state) == (DONE, WAITING)
    assert status["ready"].summary == "An import is running."


@story
async def test_saved_options_count_unless_the_call_says_otherwise(
    emulator: Emulator, connection: Any
) -> None:
    destination = ready(
        emulator, connection, options=ImportOptions(chunk_records=1, on_bad_record="skip", max_missing=0.5)
    )
    await now(destination.build(connection=connection))
    emulator.requests.clear()
    records = {"laptops": [*LAPTOPS, {"serial": "L-9", "owner": object()}]}

    result = await now(destination.import_records(records, connection=connection))

    assert (result.sent, len(result.failed)) == (3, 1)
    # One record each, and the word that there are no more.
    assert [request.operation for request in emulator.requests].count("submit chunk") == 4
    with pytest.raises(RecordError):
        await now(destination.import_records(records, connection=connection, on_bad_record="fail"))


@story
async def test_a_test_import_takes_the_first_records(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))

    result = await now(destination.test_import({"laptops": LAPTOPS}, 2, connection=connection))

    assert result.created == 2


@story
async def test_the_journal_lies_beside_the_saved_destination(emulator: Emulator, connection: Any) -> None:
    """A relative path means the same from every folder, so that a scheduled job can resume."""

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
async def test_removing_never_touches_the_schema(emulator: Emulator, connection: Any) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, "inventory.json")
        destination = ready(emulator, connection).save(file)
        await now(destination.build(connection=connection))
        emulator.requests.clear()

        destination.remove()

        assert files_in(folder) == []
    assert emulator.requests == []
    assert [one.name for one in emulator.object_schema("INV")] == ["Laptops"]
    assert (await now(destination.status(connection=connection))).is_ready


@story
async def test_the_current_site_is_taken_from_the_environment(emulator: Emulator, connection: Any) -> None:
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
async def test_credentials_from_elsewhere_can_be_passed(emulator: Emulator, connection: Any) -> None:
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
async def test_what_is_missing_is_named(emulator: Emulator, connection: Any) -> None:
    destination = saved(emulator, connection)
    with pytest.raises(ConfigurationError, match="names no object schema") as caught:
        await now(destination.get_object_schema(connection))
    assert caught.value.field == "schema_key"
    with pytest.raises(ObjectSchemaNotFoundError):
        await now(evolve(destination, schema_key="NOPE").get_object_schema(connection))


@story
async def test_an_import_token_alone_is_enough_to_import(emulator: Emulator, connection: Any) -> None:
    """Without a schema key, the token's import is taken as it is."""
    destination = ready(emulator, connection)
    await now(destination.build(connection=connection))
    token = await now(evolve(destination, schema_key=None).get_import_token(connection))

    assert token.schema is None
    assert (await now(token.status())).is_ready


@story
async def test_without_a_connection_each_call_makes_its_own(emulator: Emulator, connection: Any) -> None:
    """Over a socket, with nothing but what the destination says. So it lives by real time, and Assets takes the mapping
    at once.
    """
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
async def test_the_model_of_okta_is_built_from_its_profile(emulator: Emulator, connection: Any) -> None:
    destination = ready(emulator, connection, model=OktaModel("lean", without=["devices"]))

    await now(destination.build(connection=connection))

    assert "Devices" not in emulator.object_schema("INV")
    assert "People" in emulator.object_schema("INV")
