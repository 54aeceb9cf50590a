"""Stories about models with attributes of the types user and group: build, import, and a destination that links."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from jsm_assets_dest import (
    AttributeSpec,
    CredentialsReference,
    Destination,
    ObjectTypeSpec,
    OktaModel,
    PlanKind,
    SchemaModel,
)
from jsm_assets_dest.exceptions import (
    ImpossibleChangeError,
    LinkAttributeError,
    SchemaPermissionError,
    ServiceUnavailableError,
)
from jsm_assets_dest.testing import Emulator
from tests.stories.story import now, story
from tests.stories.test_manual_changes import Administrator

PEOPLE = ObjectTypeSpec(
    "People",
    [
        AttributeSpec("Name", label=True),
        AttributeSpec("ID", key="id", identifier=True),
        AttributeSpec("Email", "email"),
        AttributeSpec("Teams", maximum=-1),
        AttributeSpec("Jira User", "user", linked_from="Email"),
        AttributeSpec("Jira Teams", "group", linked_from="Teams", maximum=10),
    ],
)
MODEL = SchemaModel("HR", [PEOPLE])
RECORDS = {
    "people": [
        {"name": "Ana", "id": "1", "email": "ana@acme.com", "teams": ["finance"]},
        {"name": "Bo", "id": "2", "email": "bo@acme.com", "teams": []},
    ]
}


def operations(emulator: Emulator) -> list[str]:
    return [request.operation for request in emulator.requests]


@story
async def test_build_creates_linked_attributes_with_the_account(emulator: Emulator, connection: Any) -> None:
    """The plan shows them; a second build sends nothing; an import does not fill them."""
    emulator.add_object_schema("OKT")
    schema = await now(connection.get_object_schema("OKT"))
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)

    plan = await now(token.plan(MODEL))
    assert [item.path for item in plan.of(PlanKind.CREATE) if item.subject == "link"] == [
        "people.jiraUser",
        "people.jiraTeams",
    ]
    await now(token.build(MODEL, plan=plan))

    people = emulator.object_schema("OKT")["People"]
    assert people.attribute("Jira User").maximum == 1
    assert people.attribute("Jira Teams").maximum == 10
    emulator.requests.clear()
    again = await now(token.build(MODEL))
    assert (again.is_empty, again.counts["unchanged"]) == (True, 8)
    assert not {"create attribute", "submit mapping", "update mapping"} & set(operations(emulator))

    await now(token.import_records(RECORDS))
    assert [person["Jira User"] for person in people.objects] == [None, None]
    report = await now(schema.link_users(*MODEL.links))
    assert people.objects[0].values["Jira Teams"] == []
    assert len(report.linked) == 1


@story
async def test_linked_attribute_is_added_to_a_built_model(emulator: Emulator, connection: Any) -> None:
    """The mapping does not change, so only the account does something."""
    emulator.add_object_schema("OKT")
    schema = await now(connection.get_object_schema("OKT"))
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    await now(token.build(MODEL.without("people.jiraUser", "people.jiraTeams")))
    plan = await now(token.plan(MODEL))

    assert (plan.verb, plan.is_empty, plan.summary) == (None, False, "Nothing to map: 2 create, 6 unchanged")
    await now(plan.apply())
    assert "Jira User" in emulator.object_schema("OKT")["People"].attribute_names


@story
async def test_import_token_alone_cannot_create_links(emulator: Emulator, connection: Any) -> None:
    """Nothing is sent, and the error says who can do it."""
    emulator.add_object_schema("OKT")
    token = connection.import_token(emulator.add_import_source("OKT").token)

    with pytest.raises(ImpossibleChangeError, match="The import token alone can't create or fill") as failure:
        await now(token.build(MODEL))

    assert "schema= to import_token" in str(failure.value)
    assert not {"submit mapping", "create attribute"} & set(operations(emulator))


@story
async def test_existing_attribute_of_another_type_prevents_a_build(
    emulator: Emulator, connection: Any
) -> None:
    people = emulator.add_object_schema("OKT").add_object_type("Staff")
    people.add_attribute("Jira User", "text")
    schema = await now(connection.get_object_schema("OKT"))
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    model = SchemaModel("HR", [evolve(PEOPLE, name="Staff", key="people")])

    plan = await now(token.plan(model))

    assert '"Jira User" exists with the type text, and the model wants user.' in [
        item.message for item in plan.impossible
    ]


@story
async def test_plan_names_a_linked_attribute_with_fewer_values(emulator: Emulator, connection: Any) -> None:
    """An administrator lowered the maximum, so objects with more values can't be linked any more."""
    emulator.add_object_schema("OKT")
    schema = await now(connection.get_object_schema("OKT"))
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    unlimited = evolve(PEOPLE.linked_attributes[1], name="All Jira Teams", key="all", maximum=-1)
    model = SchemaModel("HR", [evolve(PEOPLE, linked_attributes=(*PEOPLE.linked_attributes, unlimited))])
    await now(token.build(model))
    assert not (await now(token.plan(model))).of("drift")
    administrator = Administrator(emulator)

    administrator.change_attribute("People", "Jira Teams", maximumCardinality=2)
    administrator.change_attribute("People", "All Jira Teams", maximumCardinality=3)

    plan = await now(token.plan(model))
    assert [item.message for item in plan.of("drift")] == [
        '"Jira Teams" allows at most 2 values in Assets, and the model wants 10. Objects with more are not linked.',
        '"All Jira Teams" allows at most 3 values in Assets, and the model wants no limit. Objects with more are not linked.',
    ]
    assert plan.is_empty


@story
async def test_build_that_may_not_create_links_builds_the_mapping(
    emulator: Emulator, connection: Any
) -> None:
    """The import works without links. The next build creates the attributes only."""
    emulator.add_object_schema("OKT")
    schema = await now(connection.get_object_schema("OKT"))
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    emulator.faults.next("create attribute", status=403)
    with pytest.raises(SchemaPermissionError, match="Could not create the attribute Jira User"):
        await now(token.build(MODEL))

    plan = await now(token.build(MODEL))

    assert plan.verb is None
    assert "Jira Teams" in emulator.object_schema("OKT")["People"].attribute_names


def destination_of(emulator: Emulator, **settings: Any) -> Destination:
    source = emulator.add_import_source("OKT")
    environ = {"TOKEN": emulator.api_token, "IMPORT_TOKEN": source.token}
    return Destination(
        name="HR",
        site=emulator.site,
        credentials=CredentialsReference("env:TOKEN", email=emulator.email),
        import_token="env:IMPORT_TOKEN",
        environ=environ,
        transport=emulator.transport,
        **{"schema_key": "OKT", "model": MODEL, **settings},
    )


def test_destination_links_after_an_import() -> None:
    """The report of the links is part of the result."""
    with Emulator() as emulator:
        emulator.add_object_schema("OKT")
        emulator.add_group("finance")
        destination = destination_of(emulator)
        destination.build()
        result = destination.import_records(RECORDS)

        people = emulator.object_schema("OKT")["People"]
        assert [person["Jira User"] for person in people.objects] == [emulator.email, None]
        assert people.objects[0]["Jira Teams"] == ["finance"]
        assert result.links is not None
        assert len(result.links.linked) == 2
        assert "links to Jira: 2 linked" in str(result)
        assert result.to_dict()["links"] == result.links.to_dict()
        assert "bo@acme.com" not in str(result.to_dict())

        again = destination.import_records(RECORDS)
        assert again.links is not None
        assert not again.links.linked


def test_destination_without_schema_rejects_links() -> None:
    with Emulator() as emulator:
        emulator.add_object_schema("OKT")
        destination = destination_of(emulator, schema_key=None)
        with pytest.raises(LinkAttributeError, match="the import token alone can't fill") as failure:
            destination.import_records(RECORDS)

        assert failure.value.attribute == "Jira User"
        assert not emulator.requests


def test_destination_keeps_the_result_if_linking_fails(tmp_path: Any) -> None:
    """The import is confirmed. The next import, also a resumed one, links what is missing."""
    journal = tmp_path / "import.journal"
    with Emulator() as emulator:
        emulator.add_object_schema("OKT")
        destination = destination_of(emulator)
        destination.build()
        emulator.faults.next("update object", status=503, times=5)
        with pytest.raises(ServiceUnavailableError) as failure:
            destination.import_records(RECORDS, journal=journal)

        assert failure.value.result is not None
        assert failure.value.result.confirmed
        result = destination.resume_import(RECORDS, journal=journal)
        assert result.links is not None
        assert len(result.links.linked) == 1


def test_destination_does_not_link_before_assets_has_finished() -> None:
    with Emulator() as emulator:
        emulator.add_object_schema("OKT")
        destination = destination_of(emulator)
        destination.build()
        result = destination.import_records(RECORDS, wait=False)

        assert result.links is None


def test_saved_okta_destination_has_links() -> None:
    """The option is saved with the model."""
    model = OktaModel("lean", jira_users=True)

    assert OktaModel.from_dict(model.to_dict()) == model
    assert len(model.schema_model().links) == 3
    assert "jira_users" not in OktaModel("lean").to_dict()


async def linked_site(emulator: Emulator, connection: Any) -> Any:
    """Build and import the model, and link one person; return the import token."""
    emulator.add_object_schema("OKT")
    emulator.add_group("finance")
    schema = await now(connection.get_object_schema("OKT"))
    token = connection.import_token(emulator.add_import_source("OKT").token, schema=schema)
    await now(token.build(MODEL))
    ana = {**RECORDS["people"][0], "email": emulator.email}
    result = await now(
        token.import_records({"people": [ana, RECORDS["people"][1]]}, missing_objects="ignore")
    )
    assert result.ok
    assert len((await now(schema.link_users(*MODEL.links))).linked) == 2
    return token


@story
async def test_plan_names_deleted_linked_attributes(emulator: Emulator, connection: Any) -> None:
    """No mapping names them, but the history of the objects does."""
    token = await linked_site(emulator, connection)
    administrator = Administrator(emulator)
    administrator.delete_attribute("People", "Jira User")
    administrator.delete_attribute("People", "Jira Teams")

    plan = await now(token.plan(MODEL))

    note = "It existed before: someone deleted it in Assets, with all its values."
    assert [(item.path, item.message, item.was_deleted) for item in plan.of("create")] == [
        ("people.jiraUser", f'The account creates "Jira User" with the type user. {note}', True),
        ("people.jiraTeams", f'The account creates "Jira Teams" with the type group. {note}', True),
    ]
    await now(plan.apply())
    assert (await now(token.plan(MODEL))).is_empty


@story
async def test_plan_names_a_linked_attribute_that_may_be_renamed(emulator: Emulator, connection: Any) -> None:
    """Its id is not in the history, so a renamed attribute looks like a deleted one."""
    token = await linked_site(emulator, connection)
    Administrator(emulator).change_attribute("People", "Jira User", name="Atlassian User")

    (item,) = (await now(token.plan(MODEL))).of("create")

    assert item.message.endswith(
        'It existed before: someone deleted it in Assets, with all its values, or renamed it to "Atlassian User".'
    )
    assert item.remedy == 'You: if it was renamed, rename it in the model to "Atlassian User".'


@story
async def test_new_linked_attribute_is_a_plain_create(emulator: Emulator, connection: Any) -> None:
    """The history does not name it. Nothing is read of a type without objects or of a new type."""
    token = await linked_site(emulator, connection)
    manager = AttributeSpec("Jira Manager", "user", linked_from="Email")
    model = SchemaModel("HR", [evolve(PEOPLE, linked_attributes=(*PEOPLE.linked_attributes, manager))])

    (item,) = (await now(token.plan(model))).of("create")

    assert (item.message, item.was_deleted) == (
        'The account creates "Jira Manager" with the type user.',
        False,
    )


@story
async def test_plan_names_a_linked_attribute_that_became_required(
    emulator: Emulator, connection: Any
) -> None:
    """An import can't fill it, so Assets may reject every new object."""
    token = await linked_site(emulator, connection)
    Administrator(emulator).change_attribute("People", "Jira User", minimumCardinality=1)

    (item,) = (await now(token.plan(MODEL))).of("drift")

    assert item.path == "people.jiraUser"
    assert item.message == (
        '"Jira User" is required in Assets, and an import can\'t fill it, so Assets may reject new objects.'
    )


@story
async def test_plan_of_a_renamed_type_creates_no_links(emulator: Emulator, connection: Any) -> None:
    """They exist in the type that has another name now."""
    token = await linked_site(emulator, connection)
    Administrator(emulator).change_type("People", name="Staff")

    plan = await now(token.plan(MODEL))

    assert [item.path for item in plan.impossible] == ["people"]
    assert not plan.creates_links


@story
async def test_plan_without_history_is_less_exact(emulator: Emulator, connection: Any) -> None:
    """An account that can't read objects can plan and build."""
    token = await linked_site(emulator, connection)
    Administrator(emulator).delete_attribute("People", "Jira User")
    emulator.faults.always("list object history", status=403)

    (item,) = (await now(token.plan(MODEL))).of("create")

    assert item.message == 'The account creates "Jira User" with the type user.'
