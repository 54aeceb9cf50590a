"""Stories about the roles of an object schema: entries, names, previews, and rejected entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jsm_assets_dest import JiraGroup, JiraUser, RoleKind
from jsm_assets_dest.exceptions import (
    ConfigurationError,
    RoleEntryRejectedError,
    RolesNotSettableError,
    ServiceUnavailableError,
)
from jsm_assets_dest.testing import Emulator
from tests.stories.story import now, story

DEFAULT_GROUP = "jira-servicemanagement-users-acme"


async def okta(connection: Any) -> Any:
    """Create the object schema OKT."""
    return await now(connection.create_object_schema("OKT", "Okta"))


# --- names ----------------------------------------------------------------------------------------------------------


@story
async def test_people_of_roles_have_names(emulator: Emulator, connection: Any) -> None:
    emulator.account.display_name = "Ana García"
    schema = await okta(connection)

    managers = (await now(schema.roles())).managers

    account_id = emulator.account.account_id
    assert managers.users == (account_id,)
    assert managers.people == (JiraUser(account_id=account_id),)
    assert managers.people[0].display_name == "Ana García"
    assert managers.to_dict()["people"] == [{"account_id": account_id, "display_name": "Ana García"}]
    roles = await now(schema.roles())
    assert f"Ana García ({account_id})" in roles._repr_html_()
    assert str(roles).splitlines()[::2] == [
        f"Object Schema Managers: Ana García ({account_id})",
        "Object Schema Users: no one",
    ]


def return_a_role_without_names(emulator: Emulator) -> None:
    """Respond to the next request for a role as the service does if its entries have no display names."""
    actors = [{"type": "atlassian-user-role-actor", "name": emulator.account.account_id}]
    emulator.faults.next(
        "get role",
        status=200,
        headers={"X-AAccountId": emulator.account.account_id},
        body={"id": 1, "name": "Object Schema Managers", "actors": actors},
    )


@story
async def test_missing_names_are_looked_up(emulator: Emulator, connection: Any) -> None:
    emulator.account.display_name = "Ana García"
    schema = await okta(connection)
    return_a_role_without_names(emulator)

    managers = (await now(schema.roles())).managers

    assert managers.people[0].display_name == "Ana García"
    assert emulator.requests[-1].operation == "get users"


@story
async def test_roles_are_readable_without_names(emulator: Emulator, connection: Any) -> None:
    schema = await okta(connection)
    return_a_role_without_names(emulator)
    emulator.faults.next("get users", status=403)

    managers = (await now(schema.roles())).managers

    assert managers.users == (emulator.account.account_id,)
    assert managers.people[0].display_name == ""


# --- entries --------------------------------------------------------------------------------------------------------


@story
async def test_search_results_are_entries(emulator: Emulator, connection: Any) -> None:
    accounts = emulator.seed_directory()
    schema = await okta(connection)

    roles = await now(
        schema.set_roles(
            developers=await now(connection.find_users("Vera Vis")),
            users=await now(connection.find_groups("it-operations")),
        )
    )

    assert roles.developers.users == (accounts["visible"].account_id,)
    assert set(roles.users.groups) == {"it-operations", "IT-Operations-leads"}


@story
async def test_generator_of_entries_is_stored_completely(emulator: Emulator, connection: Any) -> None:
    emulator.add_group("it-ops")
    emulator.add_group("sales")
    schema = await okta(connection)

    roles = await now(schema.set_roles(users=(group for group in ["it-ops", "sales", "it-ops"])))

    assert roles.users.groups == ("it-ops", "sales")


@pytest.mark.parametrize(
    ("entries", "field"),
    [
        ("it-ops", "users"),
        (b"it-ops", "users"),
        (7, "users"),
        ({"it-ops": 1}, "users"),
        (["it-ops", 7], "users"),
        (["it-ops", " "], r"users\[1\]"),
    ],
)
@pytest.mark.parametrize("method", ["set_roles", "preview_roles"])
def test_invalid_entries_are_rejected_before_sending(method: str, entries: Any, field: str) -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        schema = connection.create_object_schema("OKT", "Okta")
        sent = len(emulator.requests)

        with pytest.raises(ConfigurationError, match=f"`{field}` (is|contains) .* Nothing was sent"):
            getattr(schema, method)(users=entries)

        assert len(emulator.requests) == sent


# --- preview --------------------------------------------------------------------------------------------------------


@story
async def test_preview_shows_who_loses_access(emulator: Emulator, connection: Any) -> None:
    emulator.account.display_name = "Ana García"
    vera = emulator.seed_directory()["visible"]
    schema = await okta(connection)
    before = await now(schema.roles())

    preview = await now(
        schema.preview_roles(managers=[vera.account_id], developers=[], users=[emulator.account.account_id])
    )

    assert str(preview) == (
        f"Object Schema Managers: add Vera Visible ({vera.account_id}), "
        f"remove Ana García ({emulator.account.account_id})\n"
        f"Object Schema Developers: remove {DEFAULT_GROUP} (group)\n"
        f"Object Schema Users: add Ana García ({emulator.account.account_id})\n"
        f"Lose access: {DEFAULT_GROUP} (group)\n"
        f"Gain access: Vera Visible ({vera.account_id})"
    )
    assert preview.lose_access == (JiraGroup(name=DEFAULT_GROUP),)
    assert [change.role.kind for change in preview.changes] == [
        RoleKind.MANAGERS,
        RoleKind.DEVELOPERS,
        RoleKind.USERS,
    ]
    assert preview.to_dict()["lose_access"] == [{"name": DEFAULT_GROUP, "id": ""}]
    assert (await now(schema.roles())) == before
    await now(
        schema.set_roles(managers=[vera.account_id], developers=[], users=[emulator.account.account_id])
    )
    preview = await now(schema.preview_roles(developers=[]))
    assert preview.is_empty
    assert str(preview) == "No role changes."


@story
async def test_preview_names_entries_that_do_not_exist(emulator: Emulator, connection: Any) -> None:
    """`set_roles` would fail. Entries that can't be looked up are not called unknown."""
    schema = await okta(connection)
    emulator.add_group("finance")

    preview = await now(schema.preview_roles(developers=["finance", "finances"], users=["712020:no-one"]))

    assert preview.unknown == (JiraGroup(name="finances"), JiraUser(account_id="712020:no-one"))
    assert str(preview).splitlines()[-1] == "Not found in Jira: finances (group), 712020:no-one"
    assert "Not found in Jira: finances (group)" in preview._repr_html_()
    assert preview.to_dict()["unknown"] == [{"name": "finances", "id": ""}, preview.unknown[1].to_dict()]
    for operation in ("find groups", "get users"):
        emulator.faults.always(operation, status=403)
    again = await now(schema.preview_roles(developers=["finances"], users=["712020:no-one"]))
    assert again.unknown == ()


@story
async def test_group_in_another_case_is_not_a_change(emulator: Emulator, connection: Any) -> None:
    """Jira compares names of groups without case."""
    schema = await okta(connection)

    preview = await now(schema.preview_roles(developers=[DEFAULT_GROUP.upper()]))
    await now(schema.set_roles(developers=[DEFAULT_GROUP.upper()]))

    assert preview.is_empty
    assert "set role" not in [request.operation for request in emulator.requests]


# --- rejected entries -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "suggestions", "remedy"),
    [
        ("finances", (), 'check that "finances" is the exact name of a group, or an account id.'),
        ("FINANCE", ("finance",), 'replace "FINANCE" by an existing entry, such as finance (group).'),
        (
            "operations",
            ("it-operations", "IT-Operations-leads"),
            'replace "operations" by an existing entry, such as it-operations (group) or IT-Operations-leads (group).',
        ),
        ("ann@x.org", ("prefix",), 'replace the email address "ann@x.org" by the account id'),
        ("hana@acme.com", ("hidden",), 'replace the email address "hana@acme.com" by the account id'),
        ("unknown@acme.com", (), "by the account id of the person."),
        ("5b10a2844c20165700ede21f", (), "is the exact name of a group, or an account id."),
    ],
)
def test_rejected_entry_is_reported_with_the_message(
    entry: str, suggestions: tuple[str, ...], remedy: str
) -> None:
    with Emulator() as emulator, emulator.connect() as connection:
        accounts = emulator.seed_directory()
        emulator.add_group("it-ops")
        schema = connection.create_object_schema("OKT", "Okta")

        with pytest.raises(RoleEntryRejectedError) as caught:
            schema.set_roles(managers=["it-ops"], users=["it-ops", entry])

    error = caught.value
    assert (error.role, error.entries, error.changed, error.status) == ("users", (entry,), ("managers",), 400)
    ids = tuple(accounts[name].account_id if name in accounts else name for name in suggestions)
    assert set(error.suggestions[entry]) == set(ids)
    assert remedy in error.remedies[0]
    assert f'Could not set the users of OKT: Assets rejected the entry "{entry}".' in str(error)
    assert (
        f'Assets says: "The {"user" if entry.startswith("5b") else "group"} {entry} does not exist"'
        in str(error)
    )
    assert "does not accept this credential" not in str(error)


@story
async def test_unnamed_rejection_lists_the_new_entries(emulator: Emulator, connection: Any) -> None:
    emulator.add_group("it-ops")
    emulator.add_group("sales")
    schema = await okta(connection)
    await now(schema.set_roles(users=["it-ops"]))
    emulator.faults.next("set role", status=400, body={"errorMessages": ["Invalid actor"]})
    emulator.faults.next("pick groups", status=403)

    with pytest.raises(RoleEntryRejectedError, match="No role was changed") as caught:
        await now(schema.set_roles(users=["it-ops", "sales"]))

    assert caught.value.entries == ("sales",)
    assert caught.value.messages == ("Invalid actor",)
    assert caught.value.suggestions == {"sales": ()}


@story
async def test_entry_that_was_not_stored_is_reported(emulator: Emulator, connection: Any) -> None:
    emulator.add_group("it-ops")
    schema = await okta(connection)
    headers = {"X-AAccountId": emulator.account.account_id}
    emulator.faults.next("set role", status=200, headers=headers)

    with pytest.raises(RoleEntryRejectedError, match='Assets did not store the entry "it-ops"') as caught:
        await now(schema.set_roles(users=["it-ops"]))

    assert (caught.value.entries, caught.value.status) == (("it-ops",), None)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (
            {"status": 404, "body": {"errorMessages": ["The group sales does not exist"]}},
            RoleEntryRejectedError,
        ),
        ({"status": 404}, RolesNotSettableError),
        ({"status": 401}, RolesNotSettableError),
        ({"status": 403}, RolesNotSettableError),
        ({"status": 400, "body": {"errorMessages": ["No changes"]}, "new": False}, RolesNotSettableError),
        ({"status": 503, "times": 9}, ServiceUnavailableError),
    ],
)
def test_failure_of_setting_a_role_is_classified(fault: dict[str, Any], error: type[Exception]) -> None:
    emulator = Emulator()
    emulator.add_group("sales")
    with emulator.connect() as connection:
        schema = connection.create_object_schema("OKT", "Okta")
        entries = {"users": ["sales"]} if fault.pop("new", True) else {"developers": []}
        emulator.faults.next("set role", **fault)

        with pytest.raises(error):
            schema.set_roles(**entries)


@pytest.mark.parametrize("operation", ["list roles", "get role"])
def test_unavailable_site_is_not_reported_as_forbidden(operation: str) -> None:
    emulator = Emulator()
    with emulator.connect() as connection:
        schema = connection.create_object_schema("OKT", "Okta")
        emulator.faults.next(operation, status=503, times=9)

        with pytest.raises(ServiceUnavailableError):
            schema.roles()


@story
async def test_destination_previews_its_roles(emulator: Emulator, connection: Any) -> None:
    create: Callable[..., Any] = (
        emulator.destination_async if hasattr(connection, "aclose") else emulator.destination
    )
    await okta(connection)
    destination = create(schema_key="OKT", roles={"developers": []})

    preview = await now(destination.preview_roles(connection=connection))

    assert preview.lose_access == (JiraGroup(name=DEFAULT_GROUP),)
    action = (await now(destination.status(connection=connection)))["roles"].action
    assert action.parameters["lose_access"] == preview.to_dict()["lose_access"]
