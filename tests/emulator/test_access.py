"""Credentials on each base URL, and everything that can keep a caller out."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from jsm_assets_dest.testing import Doubts, Emulator
from tests.emulator.api import GATEWAY, Api, ImportApi, ex_jira, site_gateway

LIST = "/objectschema/list"
SERAPH = "x-seraph-loginreason"


def basic(email: str, token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{email}:{token}".encode()).decode()}


def ask(
    emulator: Emulator, url: str, headers: dict[str, str] | None = None, **options: Any
) -> httpx.Response:
    with httpx.Client(transport=emulator.transport) as client:
        return client.request(options.pop("method", "GET"), url, headers=headers, **options)


class TestClassicTokens:
    def test_classic_token_works_on_every_base(self, emulator: Emulator) -> None:
        for base in (Api(emulator).base, ex_jira(emulator), site_gateway(emulator)):
            answer = Api(emulator, base=base).ask("GET", LIST)
            assert answer.status_code == 200
            assert "x-aaccountid" not in answer.headers
            old = base.replace("/jsm/assets/", "/jsm/insight/")
            assert Api(emulator, base=old).ask("GET", LIST).status_code == 200

    def test_rejected_token_is_handled_as_anonymous_on_the_site(self, emulator: Emulator) -> None:
        wrong = basic(emulator.email, "wrong")
        rest = f"{emulator.site}/rest"
        empty = ask(emulator, f"{rest}/servicedeskapi/assets/workspace", wrong)
        assert (empty.status_code, empty.json()["values"]) == (200, [])
        assert ask(emulator, f"{rest}/servicedeskapi/servicedesk", wrong).json()["values"] == []
        denied = ask(emulator, f"{rest}/api/3/mypermissions?permissions=ADMINISTER", wrong).json()
        assert denied["permissions"]["ADMINISTER"]["havePermission"] is False
        myself = ask(emulator, f"{rest}/api/3/myself", wrong)
        assert myself.status_code == 401
        assert myself.text == "Client must be authenticated to access this resource."
        assert myself.headers["www-authenticate"].startswith("OAuth realm=")
        for answer in (empty, myself):
            assert answer.headers[SERAPH] == "AUTHENTICATED_FAILED"
            assert "x-aaccountid" not in answer.headers
        assert ask(emulator, f"{rest}/api/3/instance/license", wrong).status_code == 401

    def test_login_reason_header_on_success_is_a_switch(self) -> None:
        emulator = Emulator(doubts=Doubts(seraph_header_on_success=False))
        wrong = basic(emulator.email, "wrong")
        reply = ask(emulator, f"{emulator.site}/rest/servicedeskapi/assets/workspace", wrong)
        assert SERAPH not in reply.headers
        assert SERAPH in ask(emulator, f"{emulator.site}/rest/api/3/myself", wrong).headers

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": "Basic"},
            {"Authorization": "Basic ?"},
            {"Authorization": "Digest x"},
            basic("", "x"),
        ],
    )
    def test_missing_or_malformed_credential_sets_no_header(
        self, emulator: Emulator, headers: dict[str, str]
    ) -> None:
        answer = ask(emulator, f"{emulator.site}/rest/api/3/myself", headers)
        assert answer.status_code == 401
        assert SERAPH not in answer.headers
        refused = ask(emulator, f"{Api(emulator).base}{LIST}", headers)
        assert (refused.status_code, refused.json()) == (401, {"code": 401, "message": "Unauthorized"})

    def test_token_of_another_account_is_a_mismatch(self, emulator: Emulator) -> None:
        other = emulator.add_account("bruno@acme.com")
        answer = Api(emulator, auth=(emulator.email, other.api_token)).ask("GET", LIST)
        assert answer.status_code == 401
        assert answer.headers["x-failure-category"] == "FAILURE_CLIENT_AUTH_MISMATCH"
        plain = Api(emulator, auth=(emulator.email, "wrong")).ask("GET", LIST)
        assert plain.headers["x-failure-category"] == "FAILURE_CLIENT_AUTH"

    def test_classic_token_as_bearer_on_the_site_is_rejected(self, emulator: Emulator) -> None:
        bearer = {"Authorization": f"Bearer {emulator.api_token}"}
        answer = ask(emulator, f"{emulator.site}/rest/api/3/serverInfo", bearer)
        assert answer.status_code == 403
        assert answer.json() == {"error": "Failed to parse Connect Session Auth Token"}
        assert answer.headers["content-type"] == "application/json"
        jwt = ask(emulator, f"{emulator.site}/rest/api/3/serverInfo", {"Authorization": "Bearer aa.bb.cc"})
        assert jwt.status_code == 401
        assert jwt.headers["content-type"].startswith("text/html")


class TestScopedTokens:
    def test_scoped_token_works_on_ex_jira_only(self, emulator: Emulator) -> None:
        token = emulator.scoped_token(["read:cmdb-schema:jira"])
        assert (
            Api(emulator, base=ex_jira(emulator), auth=(emulator.email, token)).ask("GET", LIST).status_code
            == 200
        )
        assert Api(emulator, base=ex_jira(emulator), bearer=token).ask("GET", LIST).status_code == 200
        for base in (Api(emulator).base, site_gateway(emulator)):
            assert Api(emulator, base=base, auth=(emulator.email, token)).ask("GET", LIST).status_code == 401
        assert Api(emulator, bearer=token).ask("GET", LIST).status_code == 401

    def test_scoped_token_on_the_site_looks_wrong(self, emulator: Emulator) -> None:
        token = emulator.scoped_token()
        answer = ask(emulator, f"{emulator.site}/rest/api/3/myself", basic(emulator.email, token))
        assert (answer.status_code, answer.headers[SERAPH]) == (401, "AUTHENTICATED_FAILED")
        other_api = f"{GATEWAY}/ex/jira/{emulator.cloud_id}/rest/api/3/myself"
        assert ask(emulator, other_api, basic(emulator.email, token)).json()["accountId"]

    def test_missing_scope_is_401(self, emulator: Emulator) -> None:
        token = emulator.scoped_token(["read:cmdb-type:jira"])
        api = Api(emulator, base=ex_jira(emulator), auth=(emulator.email, token))
        answer = api.ask("GET", LIST)
        assert answer.status_code == 401
        assert answer.json() == {"code": 401, "message": "Unauthorized; scope does not match"}
        assert answer.headers["x-failure-category"] == "FAILURE_CLIENT_SCOPE_CHECK"
        full = Api(emulator, base=ex_jira(emulator), bearer=emulator.scoped_token())
        assert full.ask("GET", "/aql/objects", params={"qlQuery": ""}).status_code == 401

    def test_unknown_scope_is_an_error_of_the_caller(self, emulator: Emulator) -> None:
        with pytest.raises(ValueError, match="unknown scopes read:everything; the known ones are"):
            emulator.scoped_token(["read:everything"])


class TestOAuth:
    def test_oauth_token_expires_on_the_emulators_clock(self, emulator: Emulator) -> None:
        api = Api(emulator, base=ex_jira(emulator), bearer=emulator.oauth_token())
        assert api.ask("GET", LIST).status_code == 200
        emulator.clock.sleep(3600)
        assert api.ask("GET", LIST).json() == {"code": 401, "message": "Unauthorized"}
        fresh = Api(emulator, base=ex_jira(emulator), bearer=emulator.oauth_token())
        assert fresh.ask("GET", LIST).status_code == 200
        forge = emulator.forge_token()
        emulator.access.expire_oauth()
        assert Api(emulator, base=ex_jira(emulator), bearer=forge).ask("GET", LIST).status_code == 200
        assert fresh.ask("GET", LIST).status_code == 401

    def test_short_form_rejects_oauth_tokens(self, emulator: Emulator) -> None:
        assert Api(emulator, bearer=emulator.oauth_token()).ask("GET", LIST).status_code == 401

    def test_accessible_resources_list_the_site(self, emulator: Emulator) -> None:
        url = f"{GATEWAY}/oauth/token/accessible-resources"
        bearer = {"Authorization": f"Bearer {emulator.oauth_token(['read:jira-user'])}"}
        (resource,) = ask(emulator, url, bearer).json()
        assert (resource["id"], resource["url"]) == (emulator.cloud_id, emulator.site)
        assert resource["scopes"] == ["read:jira-user"]
        assert ask(emulator, url, basic(emulator.email, emulator.api_token)).status_code == 401

    @pytest.mark.parametrize("form", [False, True])
    def test_client_credentials_return_a_token(self, emulator: Emulator, form: bool) -> None:
        identifier, secret = emulator.client_credentials(["read:cmdb-schema:jira"])
        fields = {"grant_type": "client_credentials", "client_id": identifier, "client_secret": secret}
        url = "https://auth.atlassian.com/oauth/token"
        options: dict[str, Any] = {"data": fields} if form else {"json": fields}
        answer = ask(emulator, url, method="POST", **options)
        token = answer.json()
        assert (token["expires_in"], token["token_type"]) == (3600, "Bearer")
        api = Api(emulator, base=ex_jira(emulator), bearer=token["access_token"])
        assert api.ask("GET", LIST).status_code == 200
        assert secret not in repr(emulator.requests) + str(emulator.requests[0].body)

    @pytest.mark.parametrize(
        ("body", "status", "error"),
        [
            ({"grant_type": "password"}, 400, "invalid_request"),
            ({"grant_type": "client_credentials", "client_id": "x"}, 401, "access_denied"),
            ([], 400, "invalid_request"),
        ],
    )
    def test_invalid_token_request_is_rejected(
        self, emulator: Emulator, body: Any, status: int, error: str
    ) -> None:
        answer = ask(emulator, "https://auth.atlassian.com/oauth/token", method="POST", json=body)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        broken = ask(
            emulator,
            "https://auth.atlassian.com/oauth/token",
            {"Content-Type": "application/json"},
            method="POST",
            content=b"{",
        )
        assert broken.status_code == 400

    def test_forge_token_works_on_ex_jira(self, emulator: Emulator) -> None:
        assert (
            Api(emulator, base=ex_jira(emulator), bearer=emulator.forge_token()).ask("GET", LIST).status_code
            == 200
        )


class TestSwitches:
    def test_ip_allowlist_blocks_all_callers(self, emulator: Emulator) -> None:
        source = emulator.add_import_source(emulator.add_object_schema("OKT"))
        okta = ImportApi(emulator, source)
        emulator.access.ip_allowlist()
        for answer in (
            Api(emulator).ask("GET", LIST),
            Api(emulator, base=site_gateway(emulator)).ask("GET", LIST),
            okta.ask("GET", f"{GATEWAY}/jsm/assets/v1/imports/info"),
            ask(emulator, f"{emulator.site}/rest/servicedeskapi/info"),
        ):
            assert answer.status_code == 403
            assert "IP address has been rejected" in answer.json()["errorMessages"][0]
        assert ask(emulator, f"{emulator.site}/_edge/tenant_info").status_code == 200
        emulator.access.ip_allowlist(enabled=False)
        assert Api(emulator).ask("GET", LIST).status_code == 200

    @pytest.mark.parametrize("status", [403, 404])
    def test_account_without_license_is_rejected(self, status: int) -> None:
        emulator = Emulator(doubts=Doubts(unlicensed_workspace_status=status))
        emulator.access.remove_license()
        credentials = basic(emulator.email, emulator.api_token)
        rest = f"{emulator.site}/rest"
        desks = ask(emulator, f"{rest}/servicedeskapi/servicedesk", credentials)
        assert (desks.status_code, desks.content) == (403, b"")
        assert ask(emulator, f"{rest}/servicedeskapi/info", credentials).json()["isLicensedForUse"] is True
        workspace = ask(emulator, f"{rest}/servicedeskapi/assets/workspace", credentials)
        assert workspace.status_code == status
        assert set(workspace.json()) == {"errorMessage", "i18nErrorMessage"}
        roles = ask(emulator, f"{rest}/api/3/myself?expand=applicationRoles", credentials).json()
        assert [role["key"] for role in roles["applicationRoles"]["items"]] == ["jira-software"]
        data = Api(emulator).ask("GET", LIST)
        assert (data.status_code, data.json()["errorMessages"]) == (403, ["Access to Assets API was denied"])
        agent = ask(emulator, f"{rest}/api/3/mypermissions?permissions=SERVICEDESK_AGENT", credentials).json()
        assert agent["permissions"]["SERVICEDESK_AGENT"]["havePermission"] is False

    def test_account_without_agent_seat_is_rejected(self, emulator: Emulator) -> None:
        carla = emulator.add_account("carla@acme.com", agent=False)
        assert Api(emulator, auth=(carla.email, carla.api_token)).ask("GET", LIST).status_code == 403

    def test_single_account_loses_license_or_rights(self, emulator: Emulator) -> None:
        bruno = emulator.add_account("bruno@acme.com", admin=True)
        emulator.access.remove_license("ana@acme.com")
        emulator.access.revoke_admin("bruno@acme.com")
        assert Api(emulator).ask("GET", LIST).status_code == 403
        other_api = Api(emulator, auth=(bruno.email, bruno.api_token))
        assert other_api.ask("GET", LIST).status_code == 200
        assert other_api.ask("GET", "/usage").status_code == 403
        with pytest.raises(ValueError, match="no account nobody"):
            emulator.access.remove_license("nobody")
        emulator.access.restore()
        assert other_api.ask("GET", "/usage").status_code == 200

    def test_revoked_admin_cannot_create_schemas(self, emulator: Emulator) -> None:
        emulator.add_account("bruno@acme.com")
        emulator.access.revoke_admin()
        url = f"{emulator.site}/rest/api/3/mypermissions?permissions=ADMINISTER,BROWSE_PROJECTS"
        reply = ask(emulator, url, basic(emulator.email, emulator.api_token)).json()["permissions"]
        assert reply["ADMINISTER"]["havePermission"] is False
        assert reply["BROWSE_PROJECTS"]["havePermission"] is True
        # The role is checked before the body.
        for body in ({"name": "Okta", "objectSchemaKey": "OKT"}, {}):
            answer = Api(emulator).ask("POST", "/objectschema/create", body)
            assert answer.status_code == 403
            assert "Administrator privileges are required" in answer.text

    @pytest.mark.parametrize(
        ("how", "status", "listed"), [("empty", 200, 0), ("forbidden", 403, 0), ("denied", 200, 1)]
    )
    def test_site_without_assets_responds_in_three_ways(
        self, emulator: Emulator, how: str, status: int, listed: int
    ) -> None:
        emulator.access.disable_assets(how, free_plan=True)
        credentials = basic(emulator.email, emulator.api_token)
        for name in ("assets", "insight"):
            answer = ask(emulator, f"{emulator.site}/rest/servicedeskapi/{name}/workspace", credentials)
            assert answer.status_code == status
            assert len(answer.json().get("values", [])) == listed
        assert "Access to Assets API was denied" in Api(emulator).ask("GET", LIST).text
        licence = ask(emulator, f"{emulator.site}/rest/api/3/instance/license", credentials).json()
        assert {item["id"]: item["plan"] for item in licence["applications"]}["jira-servicedesk"] == "FREE"
        with pytest.raises(ValueError, match="'nope' is not one of empty, forbidden, denied"):
            emulator.access.disable_assets("nope")

    def test_schema_without_role_is_403(self, emulator: Emulator) -> None:
        emulator.add_object_schema("OKT")
        emulator.access.remove_schema_role("okt")
        api = Api(emulator)
        (listed,) = api.get(LIST)["values"]
        assert listed["canManage"] is False
        status, errors = api.refused("GET", "/objectschema/1")
        assert status == 403
        assert errors[""].startswith("PermissionInsightException: ")
        with pytest.raises(ValueError, match="no object schema HR"):
            emulator.access.remove_schema_role("HR")

    def test_revoked_token_is_rejected(self, emulator: Emulator) -> None:
        scoped = emulator.scoped_token()
        bruno = emulator.add_account("bruno@acme.com")
        emulator.access.revoke_token(bruno.api_token)
        assert Api(emulator, auth=(bruno.email, bruno.api_token)).ask("GET", LIST).status_code == 401
        assert Api(emulator).ask("GET", LIST).status_code == 200
        emulator.access.revoke_token()
        assert Api(emulator).ask("GET", LIST).status_code == 401
        assert Api(emulator, base=ex_jira(emulator), bearer=scoped).ask("GET", LIST).status_code == 401

    def test_captcha_is_reported_by_a_header(self, emulator: Emulator) -> None:
        emulator.access.require_captcha()
        answer = ask(
            emulator, f"{emulator.site}/rest/api/3/myself", basic(emulator.email, emulator.api_token)
        )
        assert (answer.status_code, answer.headers[SERAPH]) == (401, "AUTHENTICATION_DENIED")
        assert Api(emulator).ask("GET", LIST).status_code == 401

    @pytest.mark.parametrize("switch", ["remove_site", "suspend"])
    def test_removed_site_responds_with_the_page_of_the_edge(self, emulator: Emulator, switch: str) -> None:
        getattr(emulator.access, switch)()
        page = ask(emulator, f"{emulator.site}/_edge/tenant_info")
        assert (page.status_code, page.headers["atl-missing-tcs"]) == (404, "true")
        assert "Page Unavailable" in page.text
        unknown = Api(emulator, base=ex_jira(emulator)).ask("GET", LIST)
        assert unknown.status_code == 404
        assert unknown.headers["x-failure-category"] == "FAILURE_CLIENT_TCS"
        assert Api(emulator).ask("GET", LIST).json()["message"] == "No message available"
        identifier, secret = emulator.client_credentials()
        body = {"grant_type": "client_credentials", "client_id": identifier, "client_secret": secret}
        assert (
            ask(emulator, "https://auth.atlassian.com/oauth/token", method="POST", json=body).status_code
            == 200
        )

    def test_maintenance_and_login_page_replace_responses(self, emulator: Emulator) -> None:
        emulator.access.maintenance()
        page = Api(emulator).ask("GET", LIST)
        assert (page.status_code, page.headers["server"]) == (503, "AtlassianEdge")
        assert "Page Unavailable" in page.text
        emulator.access.restore()
        emulator.access.login_page()
        page = Api(emulator, base=site_gateway(emulator)).ask("GET", LIST)
        assert (page.status_code, "Log in with Atlassian account" in page.text) == (200, True)
        assert Api(emulator).ask("GET", LIST).json()["values"] == []


class TestAddresses:
    def test_wrong_cloud_and_workspace_ids_are_404(self, emulator: Emulator) -> None:
        cloud = Api(emulator, base=ex_jira(emulator).replace(emulator.cloud_id, "nope")).ask("GET", LIST)
        assert cloud.headers["x-failure-category"] == "FAILURE_CLIENT_TCS"
        workspace = Api(emulator, base=Api(emulator).base.replace(emulator.workspace_id, "nope")).ask(
            "GET", LIST
        )
        assert (workspace.status_code, workspace.json()["error"]) == (404, "Not Found")
        assert "x-failure-category" not in workspace.headers

    @pytest.mark.parametrize(
        ("url", "known_status"),
        [
            ("https://acme.atlassian.net/rest/api/3/issue/X-1", "GET /rest/api/3/myself"),
            ("https://acme.atlassian.net/somewhere", "GET /objectschema/list"),
            ("https://api.atlassian.com/somewhere", "GET /objectschema/list"),
            ("https://auth.atlassian.com/authorize", "POST /oauth/token"),
        ],
    )
    def test_unknown_address_is_501_with_existing_ones(
        self, emulator: Emulator, url: str, known_status: str
    ) -> None:
        answer = ask(emulator, url)
        assert answer.status_code == 501
        assert known_status in answer.json()["knownRoutes"]
        assert emulator.requests[0].operation == "unknown"

    def test_unknown_method_is_405_with_allowed_ones(self, emulator: Emulator) -> None:
        answer = Api(emulator).ask("PATCH", "/objectschema/1")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
        assert "GET /_edge/tenant_info" not in Api(emulator).ask("GET", "/nothing").json()["knownRoutes"]
        assert Api(emulator).ask("GET", "/object//history").status_code == 501

    def test_other_host_is_a_connect_error(self, emulator: Emulator) -> None:
        with pytest.raises(httpx.ConnectError, match=r"the emulator is not example\.com"):
            ask(emulator, "https://example.com/")
        with pytest.raises(httpx.ConnectError):
            ask(emulator, "https://acme.atlassian.net:8443/")

    def test_web_page_is_html(self, emulator: Emulator) -> None:
        answer = ask(emulator, f"{emulator.site}/jira/assets/object-schema/1")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html;charset=UTF-8")

    def test_response_has_headers_of_the_edge(self, emulator: Emulator) -> None:
        answer = Api(emulator).ask("GET", "/objectschema/9")
        assert answer.headers["server"] == "AtlassianEdge"
        assert len(answer.headers["atl-traceid"]) == 32
        assert answer.headers["atl-request-id"].replace("-", "") == answer.headers["atl-traceid"]
        assert answer.headers["x-trace-id"] == answer.headers["atl-traceid"]
        assert answer.headers["x-cache"] == "Error from cloudfront"
        site = ask(emulator, f"{emulator.site}/_edge/tenant_info")
        assert "x-arequestid" not in site.headers
        assert "x-cache" not in site.headers
        server_info = ask(emulator, f"{emulator.site}/rest/api/3/serverInfo")
        assert len(server_info.headers["x-arequestid"]) == 32

    def test_site_address_is_configurable(self) -> None:
        emulator = Emulator(site="https://other.atlassian.net/")
        assert emulator.site == "https://other.atlassian.net"
        assert ask(emulator, f"{emulator.site}/_edge/tenant_info").json() == {"cloudId": emulator.cloud_id}
        credentials = basic(emulator.email, emulator.api_token)
        info = ask(emulator, f"{emulator.site}/rest/api/3/serverInfo", credentials).json()
        assert info["baseUrl"] == emulator.site


class TestJira:
    def test_myself_expands_on_request_only(self, emulator: Emulator) -> None:
        credentials = basic(emulator.email, emulator.api_token)
        myself = ask(emulator, f"{emulator.site}/rest/api/3/myself", credentials).json()
        assert myself["groups"] == {"size": 3, "items": []}
        url = f"{emulator.site}/rest/api/3/myself?expand=groups,applicationRoles"
        myself = ask(emulator, url, credentials).json()
        assert [item["name"] for item in myself["groups"]["items"]][-1] == "site-admins"
        assert set(myself["groups"]["items"][0]) == {"name", "groupId", "self"}
        assert [item["key"] for item in myself["applicationRoles"]["items"]] == [
            "jira-software",
            "jira-servicedesk",
        ]

    @pytest.mark.parametrize("query", ["", "?permissions=", "?permissions=NOPE"])
    def test_permissions_must_be_named_and_exist(self, emulator: Emulator, query: str) -> None:
        url = f"{emulator.site}/rest/api/3/mypermissions{query}"
        assert ask(emulator, url, basic(emulator.email, emulator.api_token)).status_code == 400

    def test_service_desk_lists_are_paged(self, emulator: Emulator) -> None:
        credentials = basic(emulator.email, emulator.api_token)
        url = f"{emulator.site}/rest/servicedeskapi/servicedesk"
        page = ask(emulator, f"{url}?limit=1", credentials).json()
        assert (page["size"], page["isLastPage"]) == (1, True)
        assert ask(emulator, f"{url}?start=1", credentials).json()["values"] == []

    def test_second_account_with_an_address_is_an_error(self, emulator: Emulator) -> None:
        with pytest.raises(ValueError, match="account with the address"):
            emulator.add_account("ANA@acme.com")
