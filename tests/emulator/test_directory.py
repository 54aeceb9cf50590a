"""The directory of users and groups. The sources are Jira's OpenAPI document and section 5 of the facts on users."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest.testing import Account, Doubts, Emulator
from tests.emulator.api import Api


@pytest.fixture
def directory(emulator: Emulator) -> dict[str, Account]:
    return emulator.seed_directory()


@pytest.fixture
def jira(emulator: Emulator) -> Api:
    return Api(emulator, base=f"{emulator.site}/rest/api/3")


def names(matches: list[dict[str, Any]]) -> list[str]:
    return [user["displayName"] for user in matches]


class TestUserSearch:
    def test_matches_prefixes_of_names_and_addresses(self, directory: dict[str, Account], jira: Api) -> None:
        assert names(jira.get("/user/search", query="ann@x.org")) == ["Ann Short", "Ann Long"]
        assert names(jira.get("/user/search", query="Vera")) == ["Vera Visible", "Vera Bot"]
        assert jira.get("/user/search", query="acme.com") == []
        assert jira.refused("GET", "/user/search")[0] == 400

    def test_hidden_address_is_found_exactly_and_not_shown(
        self, directory: dict[str, Account], jira: Api
    ) -> None:
        matches = jira.get("/user/search", query="hana@acme.com")
        assert names(matches) == ["Hana Hidden", "hana@acme.com (external)"]
        assert "emailAddress" not in matches[0]
        assert jira.get("/user/search", query="hana@acme.co") == [matches[1]]

    def test_inactive_users_never_appear(self, directory: dict[str, Account], jira: Api) -> None:
        assert jira.get("/user/search", query="ivo@acme.com") == []

    def test_customer_and_atlassian_account_share_an_address(
        self, directory: dict[str, Account], jira: Api
    ) -> None:
        kinds = [user["accountType"] for user in jira.get("/user/search", query="carl@acme.com")]
        assert kinds == ["customer", "atlassian"]

    @pytest.mark.parametrize(("first", "sizes"), [(False, [1, 0, 1]), (True, [1, 1, 0])])
    def test_window_before_or_after_the_filter(self, *, first: bool, sizes: list[int]) -> None:
        """The vendor's texts disagree (JRACLOUD-71293)."""
        emulator = Emulator(doubts=Doubts(users_filtered_first=first))
        for number, active in enumerate((True, False, True)):
            emulator.add_account(f"z{number}@acme.com", active=active)
        jira = Api(emulator, base=f"{emulator.site}/rest/api/3")
        pages = [jira.get("/user/search", query="z", startAt=start, maxResults=1) for start in range(3)]
        assert [len(page) for page in pages] == sizes

    @pytest.mark.parametrize(("size", "expected"), [(100, 100), (1000, 120)])
    def test_pages_are_cut_to_a_maximum(self, size: int, expected: int) -> None:
        """A client saw at most 100 users, whatever it requested; the documents allow 1,000."""
        emulator = Emulator(doubts=Doubts(user_search_page=size))
        for number in range(120):
            emulator.add_account(f"z{number}@acme.com")
        jira = Api(emulator, base=f"{emulator.site}/rest/api/3")
        assert len(jira.get("/user/search", query="z", maxResults=1000)) == expected

    def test_without_the_permission_the_list_is_empty(self, emulator: Emulator, jira: Api) -> None:
        emulator.account.may_browse_users = False
        assert jira.get("/user/search", query="ana") == []
        assert jira.get("/user/picker", query="ana")["users"] == []
        permissions = jira.get("/mypermissions", permissions="USER_PICKER")["permissions"]
        assert permissions["USER_PICKER"]["havePermission"] is False

    def test_shared_budget_limits_all_credentials(self, emulator: Emulator, jira: Api) -> None:
        bruno = emulator.add_account("bruno@acme.com")
        emulator.rate_limit(per_minute=60, burst=1, operation="search users", shared=True)
        assert jira.ask("GET", "/user/search?query=a").status_code == 200
        other = Api(emulator, base=jira.base, auth=(bruno.email, bruno.api_token))
        assert other.ask("GET", "/user/search?query=a").status_code == 429


class TestUserLists:
    def test_everyone_is_listed(self, directory: dict[str, Account], emulator: Emulator, jira: Api) -> None:
        for path in ("/users/search", "/users"):
            matches = jira.get(path, maxResults=100)
            assert len(matches) == len(emulator.world.accounts)
            assert {user["active"] for user in matches} == {True, False}
            assert {user["accountType"] for user in matches} == {"atlassian", "customer", "app"}
        assert jira.get("/users/search", startAt=100) == []

    def test_lists_need_the_permission(self, emulator: Emulator, jira: Api) -> None:
        emulator.account.may_browse_users = False
        for path in ("/users/search", "/user?accountId=x", "/group/bulk"):
            assert jira.refused("GET", path)[0] == 403

    def test_single_user(self, directory: dict[str, Account], jira: Api) -> None:
        inactive = directory["inactive"]
        assert jira.get("/user", accountId=inactive.account_id)["active"] is False
        assert jira.refused("GET", "/user?accountId=none")[0] == 404

    def test_bulk_needs_no_permission_and_pages_by_ten(
        self, directory: dict[str, Account], emulator: Emulator, jira: Api
    ) -> None:
        emulator.account.may_browse_users = False
        ids = [account.account_id for account in emulator.world.accounts.values()]
        matches = jira.get("/user/bulk", accountId=[*ids, "none"])
        assert (len(matches["values"]), matches["total"], matches["isLast"]) == (10, len(ids), False)
        assert jira.refused("GET", "/user/bulk")[0] == 400

    def test_pickers_show_no_address(self, directory: dict[str, Account], jira: Api) -> None:
        users = jira.get("/user/picker", query="Vera")
        both = jira.get("/groupuserpicker", query="hana@acme.com")
        assert names(users["users"]) == ["Vera Visible", "Vera Bot"]
        assert names(both["users"]["users"])[0] == "Hana Hidden"
        assert "vera@acme.com" not in str(users)

    def test_addresses_by_id_are_for_apps_only(self, jira: Api) -> None:
        assert jira.refused("GET", "/user/email?accountId=x")[0] == 401
        assert jira.refused("GET", "/user/email/bulk?accountId=x")[0] == 401


class TestGroups:
    def test_bulk_finds_exact_names_and_ids(
        self, directory: dict[str, Account], emulator: Emulator, jira: Api
    ) -> None:
        finance = emulator.world.groups["finance"]
        for query in ({"groupName": ["finance", "Finance"]}, {"groupId": finance.group_id}):
            matches = jira.get("/group/bulk", **query)
            assert matches["values"] == [{"groupId": finance.group_id, "name": "finance"}]
        assert jira.get("/group/bulk")["total"] == len(emulator.world.groups)

    def test_picker_matches_parts_of_names(
        self, directory: dict[str, Account], emulator: Emulator, jira: Api
    ) -> None:
        def picked(**query: Any) -> list[str]:
            return [group["name"] for group in jira.get("/groups/picker", **query)["groups"]]

        assert picked(query="operations") == ["it-operations"]
        assert picked(query="operations", caseInsensitive="true") == ["it-operations", "IT-Operations-leads"]
        emulator.account.may_browse_users = False
        assert picked(query="operations") == []
        assert picked(query="finance") == ["finance"]

    def test_picker_is_cut(self, emulator: Emulator, jira: Api) -> None:
        for number in range(25):
            emulator.add_group(f"g{number}")
        matches = jira.get("/groups/picker", query="g", maxResults=100)
        assert (len(matches["groups"]), matches["total"] >= 25) == (20, True)


class TestOrganization:
    def test_managed_accounts_come_in_pages_of_fifty(self, emulator: Emulator) -> None:
        directory = emulator.seed_directory()
        for number in range(60):
            emulator.add_account(f"p{number}@acme.com")
        organization, key = emulator.organization
        api = Api(emulator, bearer=key)
        url = f"{emulator.gateway}/admin/v1/orgs/{organization}/users"
        first = api.get(url)
        second = api.ask("GET", first["links"]["next"]).json()
        accounts = first["data"] + second["data"]
        assert (len(first["data"]), "next" in second["links"]) == (50, False)
        status = {account["account_id"]: account["account_status"] for account in accounts}
        assert status[directory["inactive"].account_id] == "inactive"
        assert status[directory["deleted"].account_id] == "closed"
        assert directory["customer"].account_id not in status

    def test_needs_its_own_key(self, emulator: Emulator, api: Api) -> None:
        organization, key = emulator.organization
        path = f"{emulator.gateway}/admin/v1/orgs/{organization}/users"
        assert api.ask("GET", path).status_code == 401
        assert Api(emulator, bearer=emulator.oauth_token()).ask("GET", path).status_code == 401
        other = path.replace(organization, "none")
        assert Api(emulator, bearer=key).ask("GET", other).status_code == 404


class TestAccounts:
    def test_same_address_twice_needs_another_kind(self, emulator: Emulator) -> None:
        emulator.add_account("carl@acme.com", kind="customer")
        emulator.add_account("carl@acme.com")
        with pytest.raises(ValueError, match="already exists"):
            emulator.add_account("CARL@acme.com")
        with pytest.raises(ValueError, match="'robot' is not one of atlassian, customer, app"):
            emulator.add_account("x@acme.com", kind="robot")

    def test_connect_as_another_account(self, emulator: Emulator) -> None:
        bruno = emulator.add_account("bruno@acme.com")
        with emulator.connect(account=bruno) as connection:
            permissions = {check.name: check.state for check in connection.check().checks}
        assert str(permissions["jira admin"]) != "ok"
        with emulator.connect() as connection:
            permissions = {check.name: check.state for check in connection.check().checks}
        assert str(permissions["jira admin"]) == "ok"

    def test_hidden_address_is_hidden_in_values_too(self, emulator: Emulator, api: Api) -> None:
        directory = emulator.seed_directory()
        people = emulator.add_object_schema("OKT").add_object_type("P")
        people.add_attribute("Jira User", "user")
        people.add_object({"Name": "H", "Jira User": directory["hidden"]})
        user = api.get("/object/1")["attributes"][-1]["objectAttributeValues"][0]["user"]
        assert user["key"] == directory["hidden"].account_id
        assert "emailAddress" not in user


def test_missing_names_list_what_exists(emulator: Emulator) -> None:
    people = emulator.add_object_schema("OKT").add_object_type("People")
    with pytest.raises(KeyError, match="no object type Nope; it has: People"):
        emulator.object_schema("OKT")["Nope"]
    with pytest.raises(KeyError, match="no object none; it has: none"):
        people.object("none")
    with pytest.raises(KeyError, match="no attribute City; it has: Key, Name, Created, Updated"):
        people.attribute("City")
    for number in range(12):
        people.add_object(Name=f"P{number}")
    with pytest.raises(KeyError, match=r"P0, P1, .*P9, \.\.\."):
        people.object("none")
