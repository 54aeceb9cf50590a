"""Stories about choosing an object schema."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest import StatusCategory
from jsm_assets_dest.exceptions import (
    ConfigurationError,
    ObjectSchemaExistsError,
    ObjectSchemaNotFoundError,
    RolesNotSettableError,
    ServiceUnavailableError,
    SeveralWorkspacesError,
    ValidationError,
)
from jsm_assets_dest.testing import Emulator
from jsm_assets_dest.testing.world.json_reading import JsonValue
from tests.stories.story import now, story


@story
async def test_ensure_creates_a_schema_once(emulator: Emulator, connection: Any) -> None:
    """The second call returns the existing object schema."""
    created = await now(
        connection.ensure_object_schema("OKT", name="Okta", description="Auto-generated Okta data.")
    )
    again = await now(connection.ensure_object_schema("OKT", name="Another name"))

    assert (created.key, created.name, created.description) == ("OKT", "Okta", "Auto-generated Okta data.")
    assert again.id == created.id
    assert emulator.object_schema("OKT").name == "Okta"
    assert [request.operation for request in emulator.requests].count("create object schema") == 1


@story
async def test_links_point_to_the_pages_of_the_site(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))

    assert schema.links.browse == f"{emulator.site}/jira/assets/object-schema/{schema.id}"
    assert (
        schema.links.configure
        == f"{emulator.site}/jira/servicedesk/assets/configure/object-schema/{schema.id}"
    )


@story
async def test_find_get_and_create_with_a_missing_schema(emulator: Emulator, connection: Any) -> None:
    assert await now(connection.find_object_schema("NOPE")) is None
    with pytest.raises(ObjectSchemaNotFoundError, match="Could not find the object schema NOPE"):
        await now(connection.get_object_schema("NOPE"))
    emulator.add_object_schema("OKT", name="Okta")
    assert (await now(connection.get_object_schema("okt"))).name == "Okta"
    with pytest.raises(ObjectSchemaExistsError, match="already exists"):
        await now(connection.create_object_schema("OKT", "Second"))
    with pytest.raises(ObjectSchemaExistsError, match="already has the name"):
        await now(connection.create_object_schema("OK2", "Okta"))


@story
async def test_schemas_of_all_pages_are_listed(emulator: Emulator, connection: Any) -> None:
    for number in range(120):
        emulator.add_object_schema(f"S{number}", name=f"Schema {number}")

    listed = await now(connection.object_schemas())

    assert {schema.key for schema in listed} == {f"S{number}" for number in range(120)}
    assert len(listed) == 120


@story
async def test_invalid_key_is_rejected_before_sending(emulator: Emulator, connection: Any) -> None:
    for key in ("", "o", "OKTA-1", "TOOLONGKEY1", "1OK"):
        with pytest.raises(ConfigurationError) as caught:
            await now(connection.create_object_schema(key, "Okta"))
        assert caught.value.field == "key"
    with pytest.raises(ConfigurationError, match="which Assets rejects"):
        await now(connection.create_object_schema("OKT", "Okta: people"))

    assert emulator.requests == []


@story
async def test_create_is_not_repeated_if_the_schema_exists(emulator: Emulator, connection: Any) -> None:
    emulator.faults.next("create object schema", drop="after")

    schema = await now(connection.create_object_schema("OKT", "Okta"))

    assert schema.key == "OKT"
    assert [request.operation for request in emulator.requests].count("create object schema") == 1


@story
async def test_create_is_repeated_if_the_schema_does_not_exist(emulator: Emulator, connection: Any) -> None:
    emulator.faults.next("create object schema", status=503)

    schema = await now(connection.create_object_schema("OKT", "Okta"))

    assert emulator.object_schema("OKT").id == schema.id
    assert [request.operation for request in emulator.requests].count("create object schema") == 2


@story
async def test_rejected_create_keeps_server_messages(emulator: Emulator, connection: Any) -> None:
    emulator.faults.next("create object schema", status=503, times=2)

    with pytest.raises(ServiceUnavailableError):
        await now(connection.create_object_schema("OKT", "Okta"))


@story
async def test_default_entries_of_roles_are_shown_and_removed(emulator: Emulator, connection: Any) -> None:
    emulator.add_group("everybody", jsm=True)
    emulator.add_group("it-ops")
    schema = await now(connection.create_object_schema("OKT", "Okta"))

    before = await now(schema.roles())
    after = await now(schema.set_roles(managers=["it-ops"], developers=[], users=[]))

    assert "everybody" in before.default_entries
    assert after.default_entries == ()
    assert after.managers.groups == ("it-ops",)
    assert (await now(schema.roles())) == after


@story
async def test_set_roles_does_not_change_other_roles(emulator: Emulator, connection: Any) -> None:
    emulator.add_group("it-ops")
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    before = await now(schema.roles())

    after = await now(schema.set_roles(users=["it-ops"]))

    assert after.users.groups == ("it-ops",)
    assert after.managers == before.managers
    assert after.developers == before.developers


@story
async def test_roles_not_settable_error_has_manual_steps(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    emulator.faults.next("list roles", status=404)

    with pytest.raises(RolesNotSettableError) as caught:
        await now(schema.set_roles(developers=[]))

    assert caught.value.link == schema.links.configure
    assert any("Roles" in step for step in caught.value.steps)


@story
async def test_delete_needs_the_key(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    with pytest.raises(ConfigurationError, match="was not deleted"):
        await now(schema.delete(confirm_key="OK"))

    await now(schema.delete(confirm_key="OKT"))

    assert await now(connection.find_object_schema("OKT")) is None
    with pytest.raises(ObjectSchemaNotFoundError, match="was deleted"):
        await now(schema.refresh())


@story
async def test_listing_with_a_count_but_no_entries_is_rejected(emulator: Emulator, connection: Any) -> None:
    """Such responses with status 200 occurred for years."""
    from jsm_assets_dest.exceptions import MalformedAnswerError

    empty: dict[str, JsonValue] = {"startAt": 0, "maxResults": 50, "total": 3, "values": [], "isLast": True}
    emulator.faults.next("list object schemas", status=200, body=empty, times=1)

    with pytest.raises(MalformedAnswerError, match="contains none of them"):
        await now(connection.object_schemas())


@story
async def test_several_workspaces_raise_an_error_that_lists_them(emulator: Emulator, connection: Any) -> None:
    values: list[JsonValue] = [{"workspaceId": "one"}, {"workspaceId": "two"}]
    body: dict[str, JsonValue] = {"size": 2, "start": 0, "limit": 50, "isLastPage": True, "values": values}
    who = {"X-AAccountId": emulator.account.account_id}
    emulator.faults.next("find workspace", status=200, headers=who, body=body)

    with pytest.raises(SeveralWorkspacesError, match="one, two") as caught:
        await now(connection.object_schemas())
    assert caught.value.workspace_ids == ("one", "two")


@story
async def test_allow_references_sets_the_flag(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))

    await now(schema.allow_references())

    assert (await now(schema.refresh())).allows_references is True


@story
async def test_allow_references_keeps_the_other_settings(emulator: Emulator, connection: Any) -> None:
    """The request has three settings, so the other two are read and sent too."""
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    schema_in_assets = emulator.world.schemas[int(schema.id)]
    schema_in_assets.validate_quick_create = True

    await now(schema.allow_references())
    sent = emulator.requests[-1]
    await now(schema.allow_references(False))

    assert sent.json == {
        "allowOtherObjectSchema": True,
        "validateQuickCreate": True,
        "quickCreateObjects": False,
    }
    assert (schema_in_assets.allow_other_object_schema, schema_in_assets.validate_quick_create) == (
        False,
        True,
    )


@story
async def test_allow_references_works_with_unreadable_settings(emulator: Emulator, connection: Any) -> None:
    """The read request is undocumented. If it fails, only the one setting is sent."""
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    for fault in ({"status": 404}, {"status": 200, "body": ["something else"]}, {"html": "proxy"}):
        emulator.faults.next("read schema properties", **fault)
        await now(schema.allow_references())
        assert emulator.requests[-1].json == {"allowOtherObjectSchema": True}


@story
async def test_update_changes_name_and_description(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta", "First."))
    emulator.add_object_schema("HR", name="Human resources")

    renamed = await now(schema.update(name="Okta people"))
    described = await now(schema.update(description=""))
    emulator.requests.clear()
    same = await now(schema.update(name="Okta people"))

    assert (renamed.key, renamed.name, renamed.description) == ("OKT", "Okta people", "First.")
    assert (described.name, described.description) == ("Okta people", "")
    assert same == described
    assert [request.operation for request in emulator.requests] == ["get object schema"]
    with pytest.raises(
        ObjectSchemaExistsError,
        match=r'rename .* to "Human resources": the object schema HR already has the name',
    ):
        await now(schema.update(name="Human resources"))
    with pytest.raises(ConfigurationError, match="which Assets rejects"):
        await now(schema.update(name="What?"))


@story
async def test_rejected_create_has_field_errors(emulator: Emulator, connection: Any) -> None:
    field_errors = {"name": "The name is not allowed", "objectSchemaKey": "The key is reserved"}
    emulator.faults.next(
        "create object schema", status=400, body={"errorMessages": [], "errors": dict(field_errors)}
    )

    with pytest.raises(ValidationError) as caught:
        await now(connection.create_object_schema("OKT", "Okta"))

    assert caught.value.field_errors == field_errors
    assert "objectSchemaKey: The key is reserved" in str(caught.value)


@story
async def test_statuses_are_listed_found_and_created(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    shared = await now(schema.statuses())

    made = await now(schema.create_status("Locked Out", "inactive", "Too many attempts."))
    own = await now(schema.create_status("Active", StatusCategory.PENDING))
    listed = await now(schema.statuses())

    assert all(status.is_shared for status in shared)
    assert {"Active", "Closed"} <= {status.name for status in shared}
    assert (made.name, made.category, made.schema_id) == ("Locked Out", StatusCategory.INACTIVE, schema.id)
    assert [status.name for status in listed[:2]] == ["Locked Out", "Active"]
    assert len(listed) == len(shared) + 2
    assert (await now(schema.find_status("locked out"))).id == made.id
    assert (await now(schema.find_status("Active"))).id == own.id
    assert await now(schema.find_status("Nowhere")) is None
    with pytest.raises(ValidationError) as caught:
        await now(schema.create_status("Locked Out", "inactive"))
    assert "unique" in caught.value.field_errors["name"]


@story
async def test_invalid_status_is_rejected_before_sending(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    emulator.requests.clear()

    with pytest.raises(ConfigurationError, match="'Locked Out'") as caught:
        await now(schema.create_status("LOCKED_OUT", "inactive"))
    assert caught.value.field == "name"
    with pytest.raises(ConfigurationError, match='"active", "inactive", "pending"') as caught:
        await now(schema.create_status("Gone", "red"))
    assert caught.value.field == "category"
    assert emulator.requests == []


@story
async def test_status_is_created_once_if_the_response_is_lost(emulator: Emulator, connection: Any) -> None:
    schema = await now(connection.create_object_schema("OKT", "Okta"))
    emulator.faults.next("create status", drop="after")
    lost = await now(schema.create_status("Locked Out", "inactive"))
    emulator.faults.next("create status", status=503)
    again = await now(schema.create_status("Gone", "inactive"))

    own = [status for status in await now(schema.statuses()) if not status.is_shared]
    assert own == [lost, again]


@story
async def test_graph_shows_the_existing_object_types(emulator: Emulator, connection: Any) -> None:
    """Including attributes that no import creates: people, and references to other object schemas."""
    seeded = emulator.add_object_schema("HR", name="Human resources")
    offices = seeded.add_object_type("Offices", description="Where we sit.")
    offices.add_object(Name="Porto")
    people = seeded.add_object_type("People", parent=offices)
    people.add_attribute("Office", references=offices)
    schema = await now(connection.get_object_schema("HR"))

    graph = await now(schema.graph())
    listed = await now(schema.object_types())
    attributes = await now(schema.attributes())

    assert [(object_type.name, object_type.object_count) for object_type in listed] == [
        ("Offices", 1),
        ("People", 0),
    ]
    assert [attribute.reference_object_type_id for attribute in attributes if attribute.name == "Office"] == [
        offices.id
    ]
    assert [box.name for box in graph.boxes] == ["Offices", "People"]
    assert graph.boxes[0].description == "Where we sit. 1 object"
    assert [row.text for row in graph.boxes[0].rows] == ["Name: text (label)"]
    assert 't1 -->|"Office"| t0' in graph.mermaid
    assert "Human resources: 2 object types" in graph.svg
    assert "Created" not in graph.mermaid


@story
async def test_import_sources_have_a_state_and_settings(emulator: Emulator, connection: Any) -> None:
    emulator.add_object_schema("OKT", name="Okta")
    emulator.add_import_source("OKT", "Okta", empty_values="remove", missing_objects="remove")
    emulator.add_import_source("OKT", "Old", enabled=False)
    schema = await now(connection.get_object_schema("OKT"))

    okta, old = await now(schema.import_sources())
    settings = {setting.name: setting for setting in okta.settings}

    assert okta.is_external
    assert "Build the model first" in okta.state
    assert "disabled" in old.state
    assert (await now(schema.import_status(okta))).status == "MISSING_MAPPING"
    assert (await now(schema.import_status(old))).status == "DISABLED"
    assert settings["empty values"].meaning == "An empty value in a record removes the value in Assets."
    assert settings["unknown values"].known
    # The setting is "remove", but Assets does not return it.
    assert not settings["missing objects"].known
    assert "Assets does not return" in settings["missing objects"].meaning
    assert "missing objects (not available): Assets does not return" in str(okta)
    assert "An empty value in a record removes" in okta._repr_html_()


def test_key_with_other_letters_names_no_schema() -> None:
    """The uppercase of "ß" is SS, and that of a dotless i is I."""
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("IT")
        assert connection.find_object_schema("ıt") is None
        with pytest.raises(ConfigurationError, match="'straße' is not a valid key"):
            connection.create_object_schema("straße", "Street")


@story
async def test_keys_are_accepted_in_any_case(emulator: Emulator, connection: Any) -> None:
    created = await now(connection.ensure_object_schema(" okt "))

    assert (created.key, created.name) == ("OKT", "OKT")
    assert (await now(connection.ensure_object_schema("Okt"))).id == created.id
    assert (await now(connection.create_object_schema("hr", "People"))).key == "HR"
    with pytest.raises(ObjectSchemaNotFoundError, match="object schema NOPE on"):
        await now(connection.get_object_schema("nope"))
    await now(created.delete(confirm_key="okt"))
    assert await now(connection.find_object_schema("okt")) is None


@story
async def test_name_of_a_hidden_schema_is_reported_as_taken(emulator: Emulator, connection: Any) -> None:
    emulator.add_object_schema("SEC", name="Okta")
    emulator.faults.next("list object schemas", status=200, body={"values": [], "isLast": True})

    with pytest.raises(ObjectSchemaExistsError, match="that this account can't see has the name"):
        await now(connection.create_object_schema("OKT", "Okta"))
