"""`check()`: eleven checks that build on each other, as conversations of literals."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from jsm_assets_dest import (
    CheckState,
    ClientCredentials,
    ConnectionReport,
    ForgeToken,
    OAuthToken,
    RetryPolicy,
)
from jsm_assets_dest import exceptions as errors
from jsm_assets_dest._operations.doctor import NAMES, check
from jsm_assets_dest._wire.phrases import ALL_SCOPES
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import AssetsError, ProblemsFoundError
from tests.access.conversation import EMAIL, SITE, Said, Service

ACCOUNT = "5b10a2844c20165700ede21g"
CLOUD = "6a3bfb6c-0a8f-4b6c-9c5f-2f1f7a9a1234"
WORKSPACE = "f1668d0c-828c-470c-b7d1-8c4f48cd345a"
US = {"x-aaccountid": ACCOUNT, "server": "AtlassianEdge", "atl-traceid": "2f8a9cbb5b0e4b3c9d8a7f6e5d4c3b2a"}
FAILED = {"x-seraph-loginreason": "AUTHENTICATED_FAILED"}


def says(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON response."""
    return Response(status, US if headers is None else headers, json.dumps(content).encode())


def myself(*products: str) -> Response:
    """Return the account and its products."""
    return says(
        {
            "accountId": ACCOUNT,
            "displayName": "Ana",
            "emailAddress": EMAIL,
            "active": True,
            "applicationRoles": {
                "size": len(products),
                "items": [{"key": key, "name": key} for key in products],
            },
        }
    )


def good() -> dict[str, Said | list[Said]]:
    """Return a site without any problem."""
    return {
        "read tenant info": says({"cloudId": CLOUD}, headers={}),
        "read myself": myself("jira-servicedesk", "jira-software"),
        "read permissions": says(
            {"permissions": {"ADMINISTER": {"key": "ADMINISTER", "havePermission": True}}}
        ),
        "read licence": says({"applications": [{"id": "jira-servicedesk", "plan": "PAID"}]}),
        "list service desks": says({"size": 1, "values": [{"id": "1"}]}),
        "find workspace": says({"size": 1, "values": [{"workspaceId": WORKSPACE}]}),
        "list object schemas": says(
            {"startAt": 0, "maxResults": 1, "total": 1, "values": [{"id": "1"}], "isLast": True}
        ),
        "list statuses": says([]),
        "list object types flat": says([]),
        "list schema attributes": says([]),
    }


def checked(script: dict[str, Any] | None = None, **options: Any) -> tuple[ConnectionReport, Service]:
    """Return the report on a site whose only problems are in the script."""
    service = Service({**good(), **(script or {})}, seconds=0.25)
    return service.run(check(service.site(**options))), service


def states(report: ConnectionReport) -> dict[str, str]:
    """Return the state of each check."""
    return {entry.name: entry.state.value for entry in report.checks}


def test_good_connection() -> None:
    """Everything is ok, in seven requests; what needs a schema or an import token says who looks at it."""
    report, service = checked()

    assert tuple(entry.name for entry in report.checks) == NAMES
    assert len(NAMES) == 12
    assert states(report) == {
        **dict.fromkeys(NAMES, "ok"),
        "object schema": "skipped",
        "import": "skipped",
    }
    assert service.operations == list(good())[:7]
    assert report.ok
    assert report.problems == ()
    report.raise_for_problems()
    assert (report.site, report.account, report.account_id) == (SITE, EMAIL, ACCOUNT)
    assert (report.cloud_id, report.workspace_id) == (CLOUD, WORKSPACE)
    assert report["site"].seconds == 0.25
    assert report["site"].evidence == f"cloud id {CLOUD}"
    assert all(entry.summary for entry in report.checks)


def test_only_reads_are_sent() -> None:
    """Looking changes nothing."""
    _, service = checked()

    assert {sent.method for sent in service.sent} == {"GET"}


def test_scoped_token_needs_eleven_requests() -> None:
    """The site rejects it, the gateway takes it; everything after goes to the gateway."""
    refused = Response(401, FAILED, b"Client must be authenticated to access this resource.")
    report, service = checked({"read myself": [refused, myself("jira-servicedesk")]})

    assert report.ok
    assert len(service.sent) == 11
    assert "a token with scopes" in report["identity"].evidence
    assert [sent.hostname for sent in service.sent[2:]] == ["api.atlassian.com"] * 9
    assert all(f"/ex/jira/{CLOUD}/" in sent.path for sent in service.sent[2:])


def test_scoped_token_without_the_user_scope_connects() -> None:
    """The identity cannot be read, but the scope of one family says nothing about the others."""
    refused = Response(401, FAILED, b"")
    short = says({"code": 401, "message": "Unauthorized; scope does not match"}, 401, {})
    report, _ = checked({"read myself": [refused, short]})

    assert isinstance(report["identity"].error, errors.ScopeMismatchError)
    assert "read:jira-user" in str(report["identity"].remedies)
    assert states(report)["jira admin"] == "ok"
    assert states(report)["assets data"] == "ok"
    assert len(report.problems) == 1


def test_rejected_token_stops_everything_behind_it() -> None:
    """Neither the site nor the gateway takes it: one problem, and the rest cannot be judged."""
    refused = Response(401, FAILED, b"")
    unauthorized = says({"code": 401, "message": "Unauthorized"}, 401, {})
    report, service = checked({"read myself": [refused, unauthorized]})

    assert isinstance(report["identity"].error, errors.BadCredentialsError)
    assert report["identity"].who == "You"
    assert len(report.problems) == 1
    assert all(report[name].state is CheckState.SKIPPED for name in NAMES[2:9])
    assert all(
        report[name].summary == "Not checked: could not log in as ana@acme.com." for name in NAMES[2:9]
    )
    assert len(service.sent) == 3


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (
            Response(
                403,
                US,
                b'{"errorMessages":["The IP address has been rejected because it is not on the allowed list."]}',
            ),
            errors.IpAllowlistError,
        ),
        (Response(401, {"x-seraph-loginreason": "AUTHENTICATION_DENIED"}, b""), errors.CaptchaRequiredError),
        (Response(403, {}, b"<html><title>Proxy</title></html>"), errors.HtmlResponseError),
        (Response(302, {"location": "https://id.atlassian.com/login"}, b""), errors.HtmlResponseError),
    ],
)
def test_failed_identity_is_the_only_problem(response: Response, error: type[AssetsError]) -> None:
    """The cause is named once; nothing is asked behind a closed door."""
    report, service = checked({"read myself": response})

    assert [type(problem.error) for problem in report.problems] == [error]
    assert report["identity"].state is CheckState.FAILED
    assert all(report[name].state is CheckState.SKIPPED for name in NAMES[2:])
    # A CAPTCHA gets worse with every attempt: the gateway is not asked either.
    assert service.operations.count("read myself") <= 2


def test_site_that_is_none_is_the_only_problem() -> None:
    """A misspelled name."""
    page = b"<html><title>Atlassian Cloud Notifications - Page Unavailable</title></html>"
    report, service = checked({"read tenant info": Response(404, {"atl-missing-tcs": "true"}, page)})

    assert isinstance(report["site"].error, errors.SiteNotFoundError)
    assert [problem.name for problem in report.problems] == ["site"]
    assert report["identity"].summary == "Not checked: there is no Jira site at acme.atlassian.net."
    assert len(service.sent) == 1


@pytest.mark.parametrize(
    "failure",
    [
        errors.HostNotFoundError("acme.atlassian.net is not known."),
        errors.TlsError("The certificate is not trusted."),
        errors.ConnectionFailedError("Refused."),
        errors.AnswerTimeoutError("Too slow."),
        Response(503, {}, b""),
    ],
)
def test_site_that_cannot_be_reached_is_a_failed_check(failure: Said) -> None:
    """Never an exception."""
    report, service = checked({"read tenant info": failure})

    assert report["site"].state is CheckState.FAILED
    assert report["site"].remedies
    assert all(entry.state is CheckState.SKIPPED for entry in report.checks[1:])
    assert len(service.sent) == 1


def test_undocumented_call_may_be_gone_without_harm() -> None:
    """The cloud id is not needed for a classic token; the check says that it failed, and goes on."""
    report, _ = checked({"read tenant info": Response(404, US, b"")})

    assert report["site"].state is CheckState.FAILED
    assert report["assets data"].state is CheckState.OK


def test_outage_is_unknown() -> None:
    """The service was not available: nothing is said about the account."""
    report, _ = checked({"read permissions": Response(503, US, b"")})

    assert report["jira admin"].state is CheckState.UNKNOWN
    assert not report.ok
    assert report["assets data"].state is CheckState.OK


def test_outage_at_the_identity_stops_the_rest() -> None:
    """Permissions are answered for anonymous visitors too: without the identity they mean nothing."""
    report, _ = checked({"read myself": Response(503, US, b"")})

    assert report["identity"].state is CheckState.UNKNOWN
    assert report["jira admin"].summary == "Not checked: could not reach acme.atlassian.net."


def test_no_jira_admin() -> None:
    """The permission is named, with the page and who must act."""
    report, _ = checked(
        {"read permissions": says({"permissions": {"ADMINISTER": {"havePermission": False}}})}
    )

    problem = report["jira admin"]
    assert problem.state is CheckState.FAILED
    assert isinstance(problem.error, errors.NotJiraAdminError)
    assert problem.who == "A Jira admin"
    assert "Global permissions" in problem.remedies[0]
    assert f"{SITE}/secure/admin/" in problem.remedies[0]
    assert report["assets data"].state is CheckState.OK


def test_no_jsm_license() -> None:
    """The service desks answer with an empty 403: the license is missing, JSM itself is there, Assets is not judged."""
    report, service = checked(
        {
            "read myself": myself("jira-software"),
            "list service desks": Response(403, US, b""),
            "read service desk info": says({"isLicensedForUse": True}),
        }
    )

    assert states(report) == {
        "site": "ok",
        "identity": "ok",
        "jira admin": "ok",
        "jsm licence": "failed",
        "site plan": "ok",
        "jsm installed": "ok",
        "jsm access": "failed",
        "assets": "skipped",
        "assets data": "skipped",
        "writing": "skipped",
        "object schema": "skipped",
        "import": "skipped",
    }
    assert isinstance(report["jsm licence"].error, errors.JsmLicenseRequiredError)
    assert report["jsm licence"].evidence == "products: jira-software"
    assert report["jsm licence"].who == "A site admin"
    assert "access to Jira Service Management" in report["assets"].summary
    assert len(service.sent) == 6


def test_products_that_jira_does_not_name_are_not_failure() -> None:
    """Some tokens do not show them; whether using it works is what counts."""
    unnamed = says({"accountId": ACCOUNT})
    works, _ = checked({"read myself": unnamed})
    fails, _ = checked(
        {
            "read myself": unnamed,
            "list service desks": Response(403, US, b""),
            "read service desk info": says({"isLicensedForUse": True}),
        }
    )

    assert works["jsm licence"].state is CheckState.OK
    assert fails["jsm licence"].state is CheckState.SKIPPED
    assert fails["jsm access"].state is CheckState.FAILED


def test_no_jira_service_management_on_the_site() -> None:
    """Not among the products: that is the problem of the plan, not of the account."""
    report, _ = checked(
        {
            "read licence": says({"applications": [{"id": "jira-software", "plan": "PAID"}]}),
            "list service desks": Response(403, US, b""),
            "read service desk info": Response(404, US, b""),
        }
    )

    assert report["site plan"].state is CheckState.FAILED
    assert "has no Jira Service Management" in report["site plan"].summary
    assert "Billing" in report["site plan"].remedies[0]
    assert report["jsm installed"].state is CheckState.SKIPPED


def test_jira_service_management_without_a_license() -> None:
    """It responds that it is not licensed for use."""
    report, _ = checked(
        {
            "list service desks": Response(403, US, b""),
            "read service desk info": says({"isLicensedForUse": False}),
        }
    )

    assert report["jsm installed"].state is CheckState.FAILED
    assert "renew" in report["jsm installed"].remedies[0]


EMPTY = says({"size": 0, "values": []})
DENIED = says({"errorMessages": ["Access to Assets API was denied"], "errors": {}}, 403)


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ({"find workspace": EMPTY}, "assets"),
        ({"find workspace": says({"errorMessage": "Not allowed"}, 403)}, "assets"),
        ({"find workspace": says({"errorMessage": "Not found"}, 404)}, "assets"),
        ({"list object schemas": DENIED}, "assets data"),
    ],
)
@pytest.mark.parametrize(
    ("plan", "products", "cause", "remedy"),
    [
        ("FREE", ("jira-servicedesk",), "free plan", "change to a plan that includes Assets"),
        ("PAID", ("jira-software",), "no access to Jira Service Management", "give ana@acme.com access"),
        ("PAID", ("jira-servicedesk",), "the plan lacks Assets", "open Assets once"),
    ],
)
def test_assets_not_available_tells_the_plan_from_the_license(
    script: dict[str, Said], name: str, plan: str, products: tuple[str, ...], cause: str, remedy: str
) -> None:
    """The service says the same for both; the plan and the account's products tell them apart."""
    report, _ = checked(
        {
            **script,
            "read myself": myself(*products),
            "read licence": says({"applications": [{"id": "jira-servicedesk", "plan": plan}]}),
        }
    )

    problem = report[name]
    assert isinstance(problem.error, errors.AssetsNotAvailableError)
    assert cause in problem.cause
    assert remedy in " ".join(problem.remedies)
    assert problem.who == ("A Jira admin" if remedy == "open Assets once" else "A site admin")
    assert report["site plan"].state is (CheckState.FAILED if plan == "FREE" else CheckState.OK)


def test_unreadable_license_changes_no_result() -> None:
    """The plan only explains other failures."""
    report, _ = checked({"read licence": Response(403, US, b'{"errorMessages":["No."]}')})
    unknown, _ = checked({"read licence": Response(503, US, b"")})

    assert report.ok
    assert unknown.ok
    assert report["site plan"].state is CheckState.SKIPPED
    assert "Not needed" in report["site plan"].summary


def test_several_workspaces_are_named_and_none_is_guessed() -> None:
    """Anyone who asks has to choose."""
    several = says({"values": [{"workspaceId": "one"}, {"workspaceId": "two"}]})
    report, _ = checked({"find workspace": several})
    chosen, _ = checked({"find workspace": several}, workspace_id="two")

    assert isinstance(report["assets"].error, errors.SeveralWorkspacesError)
    assert "one, two" in report["assets"].summary
    assert report["assets data"].state is CheckState.SKIPPED
    assert chosen.ok
    assert chosen.workspace_id == "two"


def test_ids_of_another_site_are_detected() -> None:
    """Both are compared with what the site says."""
    workspace, _ = checked(workspace_id="not-this-one")
    cloud, _ = checked(cloud_id="not-this-one")

    assert isinstance(workspace["assets"].error, errors.ImportTargetMismatchError)
    assert "leave workspace_id out" in workspace["assets"].remedies[0]
    assert isinstance(cloud["site"].error, errors.ImportTargetMismatchError)
    assert cloud["identity"].state is CheckState.SKIPPED


def test_missing_role_in_assets() -> None:
    """Assets rejects in another way than with its denial."""
    report, _ = checked(
        {"list object schemas": Response(403, US, b'{"errorMessages":["PermissionInsightException"]}')}
    )

    assert isinstance(report["assets data"].error, errors.SchemaPermissionError)
    assert report["assets data"].who == "An object schema manager or a Jira admin"


def test_anonymous_response_without_header_is_not_trusted() -> None:
    """An empty list without an account behind it is no empty list."""
    report, _ = checked({"list service desks": says({"values": []}, headers={})})

    assert isinstance(report["jsm access"].error, errors.BadCredentialsError)
    assert report["jsm access"].error.silent


def test_client_credentials_need_eleven_requests() -> None:
    """One for the access token, and then as all others."""
    report, service = checked(
        {"request access token": says({"access_token": "an-access-token", "expires_in": 3600}, headers={})},
        credentials=ClientCredentials("hM8vGb1u2X", "a-client-secret"),
    )

    assert report.ok
    assert len(service.sent) == 11
    assert report.account == "the service account hM8vGb1u2X"


@pytest.mark.parametrize(
    "credentials",
    [
        OAuthToken("an-access-token"),
        OAuthToken(lambda: "an-access-token"),
        ForgeToken("forge-system-token", f"https://api.atlassian.com/ex/jira/{CLOUD}"),
    ],
)
def test_bearers_go_to_the_gateway(credentials: OAuthToken | ForgeToken) -> None:
    """All but the tenant's own address."""
    report, service = checked(credentials=credentials)

    assert report.ok
    assert {sent.hostname for sent in service.sent[1:]} == {"api.atlassian.com"}


def test_provider_that_fails_is_a_failed_check() -> None:
    """Its own words stay out of the report: no one knows what it writes into them."""

    def provider() -> str:
        raise RuntimeError("vault said: token is s3cr3t")

    report, _ = checked(credentials=OAuthToken(provider))

    assert report["identity"].state is CheckState.FAILED
    assert "RuntimeError" in report["identity"].summary
    assert "s3cr3t" not in f"{report} {report.to_dict()} {report._repr_html_()}"


def test_provider_that_gives_nonsense_is_a_failed_check() -> None:
    """An invalid token is not displayed."""
    report, _ = checked(credentials=OAuthToken(lambda: "s3cr3t with spaces"))

    assert isinstance(report["identity"].error, errors.InvalidCredentialError)
    assert "s3cr3t" not in str(report)


def test_proxies_of_the_environment_are_reported() -> None:
    """Anyone who wonders why it is slow, or who else reads along, finds them here."""
    through = "https://acme.atlassian.net through http://proxy.example:3128"
    report, _ = checked(proxies=(through,))

    assert report.proxies == (through,)
    assert f"proxies from the environment: {through}" in str(report)


def test_it_can_be_repeated() -> None:
    """The second run asks again, and finds what has changed."""
    service = Service(
        {
            **good(),
            "read myself": [
                myself("jira-servicedesk"),
                Response(401, FAILED, b""),
                says({"code": 401, "message": "Unauthorized"}, 401, {}),
            ],
        }
    )
    site = service.site()

    assert service.run(check(site)).ok
    assert not service.run(check(site)).ok


def test_retries_are_those_of_the_policy() -> None:
    """A short disturbance is no finding."""
    report, service = checked(
        {"read permissions": [Response(503, US, b""), good()["read permissions"]]}, policy=RetryPolicy()
    )

    assert report.ok
    assert len(service.sent) == 8
    assert report["jira admin"].seconds > 2.0


def every_failure() -> list[dict[str, Said]]:
    """Each operation of a check, with each kind of failure."""
    failures: list[Said] = [
        *(Response(code, US, b"") for code in (400, 401, 403, 404, 405, 409, 410, 413, 429, 500, 503)),
        Response(200, US, b""),
        Response(200, US, b"{}"),
        Response(200, US, b"[]"),
        Response(200, US, b"null"),
        Response(200, US, b'{"permissions":[],"applications":7,"values":"x","cloudId":9,"accountId":[]}'),
        Response(200, FAILED, b"{}"),
        errors.ConnectionLostError("reset"),
        errors.TlsError("self-signed"),
    ]
    return [{operation: failure} for operation in good() for failure in failures]


@pytest.mark.parametrize("script", every_failure(), ids=repr)
def test_it_never_raises(script: dict[str, Said]) -> None:
    """Any failure leads to a complete report that can be printed, stored, and pickled."""
    report, _ = checked({"read service desk info": says({"isLicensedForUse": True}), **script})

    assert len(report.checks) == 12
    for problem in report.problems:
        assert problem.summary
        assert problem.cause
        assert problem.remedies
        assert problem.who
        assert problem.error is not None
    assert json.loads(json.dumps(report.to_dict()))["ok"] is report.ok
    assert pickle.loads(pickle.dumps(report)) == report
    if not report.ok:
        with pytest.raises(ProblemsFoundError) as caught:
            report.raise_for_problems()
        assert caught.value.report is report
        assert caught.value.__cause__ is report.problems[0].error


# --- what a report may claim ------------------------------------------------------------------------------------------

SCOPED: dict[str, Any] = {"credentials": OAuthToken("an-access-token"), "cloud_id": CLOUD}


def test_administrator_with_a_classic_token_is_ready() -> None:
    """Its permissions were read, and a token without scopes has all of them."""
    report, _ = checked()

    assert report["writing"].state is CheckState.OK
    assert repr(report) == f"<ConnectionReport {SITE}: ready>"


def test_writing_is_unknown_for_a_token_with_scopes() -> None:
    """It can't be tried without writing. The report is no failure, and it lists all scopes once."""
    report, _ = checked(**SCOPED)

    assert report["writing"].state is CheckState.UNKNOWN
    assert report.ok
    report.raise_for_problems()
    assert repr(report) == f"<ConnectionReport {SITE}: no problems; unknown: writing>"
    for scope in ALL_SCOPES:
        assert str(report).count(scope) == 1, scope


@pytest.mark.parametrize("operation", ["list statuses", "list object types flat", "list schema attributes"])
def test_token_that_reads_only_schemas_is_not_ready(operation: str) -> None:
    """Conflicts need the object types, their attributes, and the statuses. Each has a scope of its own."""
    short = says({"code": 401, "message": "Unauthorized; scope does not match"}, 401, {})
    report, _ = checked({operation: short}, **SCOPED)

    assert [check.name for check in report.problems] == ["writing"]
    assert isinstance(report["writing"].error, errors.ScopeMismatchError)
    for scope in set(ALL_SCOPES) - set(report["writing"].error.scopes):
        assert str(report).count(scope) == 1, scope


def test_missing_role_says_nothing_about_the_scopes() -> None:
    """The first object schema may be closed to the account. The token can still have all scopes."""
    report, _ = checked({"list object types flat": says({}, 403), "list statuses": says({}, 404)}, **SCOPED)

    assert report["writing"].state is CheckState.UNKNOWN
    assert report.ok


def test_outage_while_reading_the_structure_is_a_problem() -> None:
    report, _ = checked({"list statuses": says({}, 503)}, **SCOPED)

    assert report["writing"].state is CheckState.UNKNOWN
    assert [check.name for check in report.problems] == ["writing"]


def test_writing_without_admin_permission_depends_on_roles() -> None:
    permissions = says({"permissions": {"ADMINISTER": {"havePermission": False}}})
    report, _ = checked({"read permissions": permissions})

    assert report["writing"].state is CheckState.SKIPPED
    assert "roles" in report["writing"].summary


def test_remedies_are_shown_once() -> None:
    """Several checks can lack a scope. The list of all scopes is the same for all of them."""
    short = says({"code": 401, "message": "Unauthorized; scope does not match"}, 401, {})
    report, _ = checked({"read permissions": short, "list object schemas": short}, **SCOPED)

    assert len(report.problems) == 2
    assert str(report).count("How to fix: see above.") == 1
    assert str(report).count("import:import-configuration:cmdb") == 1
    assert report._repr_html_().count("import:import-configuration:cmdb") == 1


# --- responses that do not name the account ---------------------------------------------------------------------------


def test_missing_account_is_not_a_rejection_after_a_proved_login() -> None:
    """It is unknown whether these endpoints name the account."""
    desks = says({"size": 1, "values": [{"id": "1"}]}, headers={})
    workspaces = says({"size": 1, "values": [{"workspaceId": WORKSPACE}]}, headers={})
    report, _ = checked({"list service desks": desks, "find workspace": workspaces})

    assert report.ok, str(report)


def test_empty_list_without_an_account_is_unknown() -> None:
    """It may be the response to a rejected login. Nothing depends on it."""
    report, _ = checked({"list service desks": says({"size": 0, "values": []}, headers={})})

    assert report["jsm access"].state is CheckState.UNKNOWN
    assert not report["jsm access"].cause_is_certain
    assert report["assets"].state is CheckState.OK


def test_truncated_response_without_an_account_is_malformed() -> None:
    report, _ = checked({"list service desks": Response(200, {}, b'{"values":[')})

    assert isinstance(report["jsm access"].error, errors.MalformedAnswerError)


def test_jira_response_without_an_account_is_unknown() -> None:
    """Jira's own responses name the account (recorded). A proxy may remove the header."""
    response = says({"permissions": {"ADMINISTER": {"havePermission": False}}}, headers={})
    report, _ = checked({"read permissions": response})

    assert report["jira admin"].state is CheckState.UNKNOWN


def test_empty_list_of_workspaces_is_proved_by_the_login() -> None:
    """Before the site is said to have no Assets, the login is proved again."""
    empty = says({"size": 0, "values": []}, headers={})
    proved, service = checked({"find workspace": empty})
    lost, _ = checked(
        {"find workspace": empty, "read myself": [myself("jira-servicedesk"), Response(401, FAILED, b"")]}
    )

    assert isinstance(proved["assets"].error, errors.AssetsNotAvailableError)
    assert service.operations.count("read myself") == 2
    assert isinstance(lost["assets"].error, errors.BadCredentialsError)
