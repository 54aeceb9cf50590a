"""Stories about looking up users and groups of Jira."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest import ApiToken, Connection, JiraGroup, JiraUser
from jsm_assets_dest.exceptions import BrowseUsersPermissionError, ConfigurationError, ScopeMismatchError
from jsm_assets_dest.testing import Doubts, Emulator
from tests.stories.story import now, story


@story
async def test_find_users_by_name_and_address(emulator: Emulator, connection: Any) -> None:
    """A prefix of a name or of a visible address matches; apps are marked."""
    accounts = emulator.seed_directory()

    by_name = await now(connection.find_users("vera"))
    by_address = await now(connection.find_users("ann@x.org"))

    assert [(user.display_name, user.email, user.account_type) for user in by_name] == [
        ("Vera Visible", "vera@acme.com", "atlassian"),
        ("Vera Bot", "bot@acme.com", "app"),
    ]
    assert [user.account_id for user in by_address] == [
        accounts["prefix"].account_id,
        accounts["longer"].account_id,
    ]


@story
async def test_find_users_shows_no_hidden_address(emulator: Emulator, connection: Any) -> None:
    """The exact address finds the user; the result does not confirm it."""
    accounts = emulator.seed_directory()

    users = await now(connection.find_users("hana@acme.com"))

    assert JiraUser(account_id=accounts["hidden"].account_id) in users
    assert [user.email for user in users] == ["", "nora@acme.com"]
    assert await now(connection.find_users("hana@acme.co")) == users[1:]
    assert await now(connection.find_users("ivo@acme.com")) == []


@story
async def test_find_users_reads_pages_until_an_empty_one(emulator: Emulator, connection: Any) -> None:
    """Jira leaves inactive users out of a page after it was cut, so a short page is not the last one."""
    for number in range(230):
        emulator.add_account(f"zoe{number}@acme.com", active=number % 3 != 0)
    emulator.requests.clear()

    users = await now(connection.find_users("zoe", limit=1000))

    assert len(users) == 153
    operations = [request.operation for request in emulator.requests]
    assert operations.count("search users") == 4
    assert len(await now(connection.find_users("zoe", limit=5))) == 5


@story
async def test_find_groups_matches_a_part_in_any_case(emulator: Emulator, connection: Any) -> None:
    emulator.seed_directory()

    groups = await now(connection.find_groups("OPERATIONS"))

    assert groups == [JiraGroup(name="it-operations"), JiraGroup(name="IT-Operations-leads")]
    assert groups[0].id == emulator.world.groups["it-operations"].group_id
    assert await now(connection.find_groups("operations", limit=1)) == groups[:1]
    assert await now(connection.find_groups("no such group")) == []


@story
async def test_find_without_permission_names_it(emulator: Emulator, connection: Any) -> None:
    """Jira returns an empty list instead of an error, so the permission is checked."""
    emulator.account.may_browse_users = False

    for find in (connection.find_users, connection.find_groups):
        with pytest.raises(BrowseUsersPermissionError, match="may not browse users and groups") as failure:
            await now(find("ana"))
        (remedy,) = failure.value.remedies
        assert remedy.startswith("A Jira admin: in Jira settings > System > Global permissions")
        assert "Browse users and groups" in remedy


@story
async def test_find_rejects_invalid_arguments(emulator: Emulator, connection: Any) -> None:
    for find, largest in ((connection.find_users, 1000), (connection.find_groups, 20)):
        with pytest.raises(ConfigurationError, match="`query` is empty"):
            await now(find(" "))
        for limit in (0, largest + 1):
            with pytest.raises(ConfigurationError, match=f"from 1 to {largest}") as failure:
                await now(find("ana", limit=limit))
            assert failure.value.field == "limit"
        with pytest.raises(ConfigurationError, match="`limit` is a value of the type str"):
            await now(find("ana", limit="5"))
    assert not emulator.requests


def test_find_users_with_missing_scope_names_it() -> None:
    with Emulator() as emulator:
        token = ApiToken(emulator.email, emulator.scoped_token(["read:jira-work"]))
        with (
            Connection.external_site(emulator.site, token, transport=emulator.transport) as connection,
            pytest.raises(ScopeMismatchError, match="read:jira-user"),
        ):
            connection.find_users("ana")


def test_find_users_if_jira_filters_first() -> None:
    """The other reading of Jira's documents needs no further care."""
    with Emulator(doubts=Doubts(users_filtered_first=True)) as emulator, emulator.connect() as connection:
        emulator.add_account("zoe1@acme.com", active=False)
        emulator.add_account("zoe2@acme.com")
        (user,) = connection.find_users("zoe")

    assert user.to_dict() == {
        "account_id": user.account_id,
        "display_name": "Zoe2",
        "email": "zoe2@acme.com",
        "account_type": "atlassian",
        "active": True,
    }
    assert "zoe2@acme.com" not in repr(user)


def test_users_and_groups_are_read_from_values_of_objects() -> None:
    """A value in Assets has other keys than Jira: `key`, `isDeleted`, and no ID of a group."""
    user = JiraUser.from_json({"key": "5b10", "displayName": "Former user", "isDeleted": True})
    other = JiraUser.from_json({"key": "5b10", "displayName": "Ana", "emailAddress": None})

    assert (user.account_id, user.active, other.active, other.email) == ("5b10", False, None, "")
    assert user == other
    group = JiraGroup.from_json({"name": "finance", "avatarUrl": ""})
    assert group.to_dict() == {"name": "finance", "id": ""}
