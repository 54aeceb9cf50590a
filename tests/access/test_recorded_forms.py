"""R13: each form that `facts/access-errors.md` quotes from a real site, as a literal, and how it is read.

The ids of the tests name the section. The hints of section 4 are in `test_hints`, and the limits on good responses in
`test_throttling`, because they are about times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from attrs import field, frozen

from jsm_assets_dest import ApiToken, AsyncConnection, CheckState, Connection
from jsm_assets_dest import exceptions as errors
from jsm_assets_dest._session.authorization import token_request
from jsm_assets_dest._session.credentials import ClientCredentials
from jsm_assets_dest._wire import site_requests as wire
from jsm_assets_dest._wire.classify import classify
from jsm_assets_dest._wire.request import Credential, Host, Request
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.testing import Emulator
from tests.access.test_permissions import checked, says

SITE = "https://acme.atlassian.net"
GATEWAY = "https://api.atlassian.com"
ACCOUNT = "712020:cf20b0d9-8d0c-4c9b-9e55-1f1c0a7f3d11"
ENCODED = "712020%3Acf20b0d9-8d0c-4c9b-9e55-1f1c0a7f3d11"
PROVED: dict[str, Any] = {"basic_on_site": True, "account": "ana@acme.com", "account_id": ACCOUNT}
JIRA_JSON = "application/json;charset=UTF-8"
TRACE = "2f8a9cbb5b0e4b3c9d8a7f6e5d4c3b2a"


def on_site(path: str, operation: str = "read licence", method: str = "GET") -> Request:
    return Request(operation=operation, method=method, url=f"{SITE}{path}", host=Host.SITE)


def on_gateway(path: str, operation: str = "list object schemas", **options: Any) -> Request:
    return Request(operation=operation, method="GET", url=f"{GATEWAY}{path}", **options)


MYSELF = on_site("/rest/api/3/myself", "read myself")
SEARCH = on_site("/rest/api/3/search")
ISSUE = on_site("/rest/api/3/issue/X-1")
DESKS = on_site("/rest/servicedeskapi/servicedesk", "list service desks")
SCHEMAS = on_gateway("/ex/jira/c/jsm/assets/workspace/w/v1/objectschema/list")
START = on_gateway(
    "/jsm/assets/workspace/w/v1/importsource/i/executions", "start import", credential=Credential.IMPORT_TOKEN
)
TOKEN = token_request("https://auth.atlassian.com", ClientCredentials("hM8vGb1u2X", "a-client-secret"))


@frozen
class Form:
    """A recorded response, and what it means. No error means that it is a good response."""

    section: str
    request: Request
    status: int
    headers: dict[str, str]
    body: str
    error: type[errors.AssetsError] | None
    facts: Mapping[str, Any] = field(factory=dict)


FORMS = [
    # 0: disguises of a rejected login
    Form(
        "0(1) empty list",
        SEARCH,
        200,
        {"X-Seraph-Loginreason": "AUTHENTICATED_FAILED", "Content-Type": JIRA_JSON},
        '{"issues":[],"isLast":true}',
        errors.BadCredentialsError,
        {"silent": True, "seen": True},
    ),
    Form(
        "0(1) not found",
        ISSUE,
        404,
        {"X-Seraph-Loginreason": "AUTHENTICATED_FAILED", "Content-Type": JIRA_JSON},
        '{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}',
        errors.BadCredentialsError,
        {"silent": True, "seen": True},
    ),
    Form(
        "0(1) myself",
        MYSELF,
        401,
        {
            "X-Seraph-Loginreason": "AUTHENTICATED_FAILED",
            "WWW-Authenticate": 'OAuth realm="https%3A%2F%2Facme.atlassian.net"',
            "Content-Type": "application/json;charset=UTF-8",
        },
        "Client must be authenticated to access this resource.",
        errors.BadCredentialsError,
        {"seen": True, "messages": ("Client must be authenticated to access this resource.",)},
    ),
    Form(
        "0.1 JSON of 2022",
        MYSELF,
        401,
        {"Content-Type": JIRA_JSON},
        '{"message":"Client must be authenticated to access this resource.","status-code":401}',
        errors.BadCredentialsError,
        {"messages": ("Client must be authenticated to access this resource.",)},
    ),
    Form("0(2) site", SEARCH, 200, {"X-AAccountId": ENCODED}, "{}", None),
    Form("0(2) old form of id", MYSELF, 200, {"X-AAccountId": "5b10a2844c20165700ede21g"}, "{}", None),
    Form("0(2) no header on JSM", DESKS, 200, {}, '{"size":1,"values":[{"id":"1"}]}', None),
    Form(
        "0(4)",
        SEARCH,
        403,
        {"Content-Type": JIRA_JSON},
        '{"errorMessages":["The IP address has been rejected because it is not on the allowed list. See your admin for '
        'more information."],"errors":{}}',
        errors.IpAllowlistError,
    ),
    Form(
        "0(4) through the gateway",
        on_gateway("/ex/jira/c/rest/api/3/myself", "read myself"),
        403,
        {},
        '{"errorMessages":["The IP address has been rejected because it is not on the allowedlist. See your admin for more '
        'information."],"errors":{}}',
        errors.IpAllowlistError,
    ),
    Form("0(5) denied", SCHEMAS, 403, {}, "Access to Assets API was denied", errors.AssetsNotAvailableError),
    Form("0(6)", DESKS, 403, {"X-AAccountId": ENCODED}, "", errors.JsmLicenseRequiredError),
    Form(
        "0(7)",
        SCHEMAS,
        401,
        {"X-Failure-Category": "FAILURE_CLIENT_SCOPE_CHECK", "Content-Type": "application/json"},
        '{"code":401,"message":"Unauthorized; scope does not match"}',
        errors.ScopeMismatchError,
        {"scopes": ("read:cmdb-schema:jira",)},
    ),
    Form(
        "0(7) without the category",
        SCHEMAS,
        401,
        {},
        '{"code":401,"message":"Unauthorized; scope does not match"}',
        errors.ScopeMismatchError,
    ),
    *(
        Form(
            f"0(9) CloudFront {status}",
            SEARCH,
            status,
            {"Server": "CloudFront", "X-Cache": "Error from cloudfront", "Content-Type": "text/html"},
            "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>400 ERROR</H1>"
            "<H2>The request could not be satisfied.</H2><HR>Bad request.</BODY></HTML>",
            errors.HtmlResponseError,
            {"cause_is_certain": False, "title": "ERROR: The request could not be satisfied"},
        )
        for status in (400, 405)
    ),
    Form(
        "0(9) X-Cache on every 4xx",
        SEARCH,
        400,
        {
            "X-Cache": "Error from cloudfront",
            "Via": "1.1 x.cloudfront.net (CloudFront)",
            "Atl-Traceid": TRACE,
        },
        '{"errorMessages":[],"errors":{"name":"x"}}',
        errors.ValidationError,
        {"request_id": TRACE, "field_errors": {"name": "x"}},
    ),
    *(
        Form(f"0(10) {reason}", START, 409, {}, json.dumps({"errorCode": reason}), kind, {"reason": reason})
        for reason, kind in (
            ("MISSING_MAPPING", errors.MissingMappingError),
            ("DISABLED", errors.ImportDisabledError),
            ("INVALID_IMPORT_MODULE_KEY", errors.ImportModuleKeyError),
            ("IN_PROGRESS", errors.ImportBusyError),
        )
    ),
    # 0.1: dialects
    Form(
        "0.1 JSM",
        DESKS,
        400,
        {"Content-Type": "application/json"},
        '{"errorMessage":"No.","i18nErrorMessage":{"i18nKey":"sd.agent.error","parameters":[]}}',
        errors.ValidationError,
        {"messages": ("No.",)},
    ),
    Form(
        "0.1 gateway 404",
        on_gateway("/ex/jira/c/x"),
        404,
        {"Content-Type": "application/json"},
        '{"timestamp":"2026-10-08T07:13:36.234600367Z","status":404,"error":"Not Found","message":"No message available",'
        '"path":"/ex/jira/c/x"}',
        errors.EndpointNotFoundError,
    ),
    Form(
        "0.1 wrong cloud id",
        on_gateway("/ex/jira/c/x"),
        404,
        {"X-Failure-Category": "FAILURE_CLIENT_TCS"},
        '{"timestamp":"2026-10-08T07:13:36.234600367Z","status":404,"error":"Not Found","message":"No message available",'
        '"path":"/ex/jira/c/x"}',
        errors.SiteNotFoundError,
    ),
    Form(
        "0.1 RFC 7807",
        SEARCH,
        404,
        {"Content-Type": "application/problem+json"},
        '{"type":"about:blank","title":"Not Found","status":404,"detail":"No endpoint GET /rest/api/3/x.","instance":"/x"}',
        errors.EndpointNotFoundError,
    ),
    Form(
        "0.1 Connect parser",
        on_site("/rest/api/3/serverInfo"),
        403,
        {"Content-Type": "application/json"},
        '{"error":"Failed to parse Connect Session Auth Token"}',
        errors.BadCredentialsError,
    ),
    # 0.2: headers
    *(
        Form(
            f"0.2 {name}",
            SEARCH,
            500,
            {name: TRACE},
            "{}",
            errors.ServiceUnavailableError,
            {"request_id": TRACE},
        )
        for name in ("Atl-Traceid", "X-Trace-Id", "X-Arequestid", "Atl-Request-Id")
    ),
    Form(
        "0.2 FAILURE_CLIENT_AUTH",
        SCHEMAS,
        401,
        {"X-Failure-Category": "FAILURE_CLIENT_AUTH"},
        '{"code":401,"message":"Unauthorized"}',
        errors.BadCredentialsError,
        {"cause": "The token is wrong, has expired, or was revoked."},
    ),
    Form(
        "0.2 FAILURE_CLIENT_AUTH_MISMATCH",
        SCHEMAS,
        401,
        {"X-Failure-Category": "FAILURE_CLIENT_AUTH_MISMATCH"},
        '{"code":401,"message":"Unauthorized"}',
        errors.BadCredentialsError,
        {
            "cause": "The email address and the token belong to different accounts, or it is a token with scopes in the wrong "
            "place.",
            "cause_is_certain": False,
        },
    ),
    Form(
        "0.2 FAILURE_CLIENT_AUTH as 403",
        SCHEMAS,
        403,
        {"X-Failure-Category": "FAILURE_CLIENT_AUTH"},
        '{"code":403,"message":"Forbidden"}',
        errors.BadCredentialsError,
    ),
    Form(
        "0.2 unknown category",
        SCHEMAS,
        403,
        {"X-Failure-Category": "FAILURE_CLIENT_SOMETHING_NEW"},
        "{}",
        errors.SchemaPermissionError,
    ),
    Form(
        "0.2 FAILURE CLIENT RATE LIMITED",
        SCHEMAS,
        429,
        {
            "X-Failure-Category": "FAILURE CLIENT RATE LIMITED",
            "X-RateLimit-Limit": "360000",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": "2026-04-22T16:07Z",
            "Date": "Wed, 22 Apr 2026 16:00:00 GMT",
        },
        "",
        errors.RateLimitedError,
        {"retry_after": 420.0},
    ),
    Form(
        "0.2 Atl-Missing-Tcs",
        on_site("/_edge/tenant_info", "read tenant info"),
        404,
        {
            "Atl-Missing-Tcs": "true",
            "Content-Type": "text/html",
            "Server": "AtlassianEdge",
            "Atl-Traceid": TRACE,
        },
        "<html><title>Atlassian Cloud Notifications - Page Unavailable</title></html>",
        errors.SiteNotFoundError,
    ),
    Form(
        "0.2 OUT, OK", SEARCH, 200, {"X-AAccountId": ENCODED, "X-Seraph-Loginreason": "OUT, OK"}, "{}", None
    ),
    Form(
        "0.2 good response",
        SEARCH,
        200,
        {
            "x-aaccountid": ENCODED,
            "set-cookie": "atlassian.xsrf.token=6f1c_lin; Path=/; Secure",
            "timing-allow-origin": "*",
            "cache-control": "no-cache, no-store, no-transform",
            "x-content-type-options": "nosniff",
            "ratelimit": '"jira-burst-based";r=349;t=1',
        },
        '{"issues":[]} \n',
        None,
    ),
    # 0.3: language
    Form(
        "0.3 Korean",
        on_site("/rest/api/3/issue", method="POST"),
        400,
        {"Content-Type": JIRA_JSON, "X-AAccountId": ENCODED},
        '{"errorMessages":[],"errors":{"name":"이름은 고유해야 합니다!"}}',
        errors.ValidationError,
        {"field_errors": {"name": "이름은 고유해야 합니다!"}},
    ),
    Form(
        "0.3 Korean, create",
        SCHEMAS.changed(operation="create object schema", method="POST"),
        403,
        {},
        '{"errorMessages":["관리자만 이 작업을 수행할 수 있습니다."],"errors":{}}',
        errors.NotJiraAdminError,
        {"cause_is_certain": False},
    ),
    Form(
        "0.3 German, read",
        SCHEMAS,
        403,
        {},
        '{"errorMessages":["Sie dürfen das nicht."],"errors":{}}',
        errors.SchemaPermissionError,
        {"cause_is_certain": False},
    ),
    Form(
        "0.3 words mislead",
        on_site("/rest/api/3/issue/X-1/comment", method="POST"),
        400,
        {"Content-Type": JIRA_JSON},
        '{"errors":{"commentLevel":"You are currently not a member of the project role: Administrators."}}',
        errors.ValidationError,
    ),
    # 2.1: the token endpoint
    Form(
        "2.1 unreadable",
        TOKEN,
        400,
        {"Content-Type": "application/json"},
        '{"error":"invalid_request","error_description":"Incorrect request parameters"}',
        errors.BadCredentialsError,
        {
            "messages": ("Incorrect request parameters",),
            "cause": "The authorization server could not read the client id or the client secret: one of them has a wrong "
            "form.",
        },
    ),
    Form(
        "2.1 grant type",
        TOKEN,
        400,
        {"Content-Type": "application/json"},
        '{"error":"invalid_request","error_description":"grant_type must be one of '
        '[authorization_code|refresh_token|client_credentials]"}',
        errors.BadCredentialsError,
    ),
    Form(
        "2.1 refresh token",
        TOKEN,
        403,
        {"Content-Type": "application/json"},
        '{"error":"unauthorized_client","error_description":"refresh_token is invalid"}',
        errors.BadCredentialsError,
        {"cause": "The client id or the client secret is wrong, has expired, or was revoked."},
    ),
    *(
        Form(
            f"2.1 wrong secret {status}",
            TOKEN,
            status,
            {},
            '{"error":"access_denied"}',
            errors.BadCredentialsError,
        )
        for status in (400, 401)
    ),
    Form("2.1 outage", TOKEN, 503, {}, "", errors.ServiceUnavailableError),
    # 4: limits
    Form(
        "4.1 quota",
        SCHEMAS,
        429,
        {
            "Retry-After": "1847",
            "X-RateLimit-Limit": "100000",
            "X-RateLimit-Remaining": "0",
            "RateLimit-Reason": "jira-quota-global-based",
        },
        "",
        errors.RateLimitedError,
        {"retry_after": 1847.0, "reason": "jira-quota-global-based"},
    ),
    Form(
        "4.1 several policies",
        SCHEMAS,
        429,
        {
            "Retry-After": "1",
            "RateLimit-Reason": "jira-burst-based",
            "RateLimit-Policy": '"global-app-quota";q=65000;w=3600,"jira-burst-based";q=100;w=1',
            "RateLimit": '"global-app-quota";t=200,"jira-burst-based";r=0;t=1',
        },
        "",
        errors.RateLimitedError,
        {"retry_after": 1.0},
    ),
    Form(
        "4.5 no overflow",
        SCHEMAS,
        429,
        {"Retry-After": "9223372036854775807", "X-RateLimit-Limit": "0"},
        "",
        errors.RateLimitedError,
        {"retry_after": None},
    ),
    # 7: forms of the check's requests
    Form(
        "7(3) parameter missing",
        on_site("/rest/api/3/mypermissions", "read permissions"),
        400,
        {"Content-Type": JIRA_JSON},
        """{"errorMessages":["The 'permissions' query parameter is required."],"errors":{}}""",
        errors.ValidationError,
        {"messages": ("The 'permissions' query parameter is required.",)},
    ),
    Form(
        "7(3) unknown key",
        on_site("/rest/api/3/mypermissions", "read permissions"),
        400,
        {"Content-Type": JIRA_JSON},
        '{"errorMessages":[],"errors":{"LAUNCH_ROCKETS":"Unrecognized permission"}}',
        errors.ValidationError,
        {"field_errors": {"LAUNCH_ROCKETS": "Unrecognized permission"}},
    ),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.section)
def test_recorded_form_is_read_correctly(form: Form) -> None:
    known_forms = (
        PROVED if form.request.host is Host.SITE and form.request is not MYSELF else {"basic_on_site": False}
    )
    headers = {name.lower(): value for name, value in form.headers.items()}
    response = Response(form.status, headers, form.body.encode())
    if form.error is None:
        assert classify(form.request, response, **known_forms) is response
        return

    with pytest.raises(form.error) as caught:
        classify(form.request, response, **known_forms)

    assert type(caught.value) is form.error
    for name, value in form.facts.items():
        assert getattr(caught.value, name) == value, name
    assert caught.value.status == form.status


def test_every_section_has_forms() -> None:
    sections = {form.section.partition(" ")[0].partition("(")[0] for form in FORMS}

    assert sections == {"0", "0.1", "0.2", "0.3", "2.1", "4.1", "4.5", "7"}


def test_server_info_may_end_with_white_space() -> None:
    """Times are in the site's zone without a colon, and white space may follow (7, step 1a)."""
    body = (
        b'{"baseUrl":"https://acme.atlassian.net","version":"1001.0.0-SNAPSHOT",'
        b'"serverTime":"2026-08-11T13:00:32.478-0700","serverTimeZone":"America/Los_Angeles"} \n\n'
    )

    assert wire.read_site_address(Response(200, {}, body)) == SITE


def test_permission_ids_are_strings_and_may_be_negative() -> None:
    """Recorded: ids such as "-1", and keys that no document lists (7, step 3)."""
    body = {
        "permissions": {
            "ADMINISTER": {"id": "0", "key": "ADMINISTER", "type": "GLOBAL", "havePermission": True},
            "CREATE_PROJECT": {
                "id": "-1",
                "key": "CREATE_PROJECT",
                "type": "GLOBAL",
                "havePermission": False,
            },
        }
    }

    assert wire.read_permissions(Response(200, {}, json.dumps(body).encode())) == {
        "ADMINISTER": True,
        "CREATE_PROJECT": False,
    }


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ({"size": 1, "items": []}, None),
        ({"size": 2, "items": [{"key": "jira-software"}]}, None),
        ({"size": 0, "items": []}, ()),
        (
            {"size": 1, "items": [{"key": "jira-servicedesk", "name": "Jira Service Desk"}]},
            ("jira-servicedesk",),
        ),
    ],
)
def test_products_are_known_only_if_all_are_listed(roles: object, expected: object) -> None:
    """`size` greater than the number of items means unknown; keys count, names don't (7, step 4)."""
    body = json.dumps({"accountId": ACCOUNT, "applicationRoles": roles}).encode()

    assert wire.read_account(Response(200, {}, body)).product_roles == expected


def test_workspace_response_without_values_is_unknown() -> None:
    """7, step 8: no plan lacks Assets because of it."""
    report, _ = checked({"find workspace": says({"size": 0})})

    assert report["assets"].state is CheckState.UNKNOWN


LANGUAGE = {"accept-language": "en", "x-force-accept-language": "true"}
GOOD_LIST = {"startAt": 0, "maxResults": 50, "total": 0, "values": [], "isLast": True}


def responding(seen: list[httpx.Request]) -> httpx.MockTransport:
    """Return a site that sets several cookies with each response."""

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        headers = [
            ("X-AAccountId", ENCODED),
            ("Set-Cookie", "atlassian.xsrf.token=6f1c_lin; Path=/; Secure"),
            ("Set-Cookie", "tenant.session.token=abc; Path=/; Domain=.atlassian.net"),
        ]
        content: object = GOOD_LIST
        if request.url.path.endswith("/myself"):
            content = {"accountId": ACCOUNT}
        return httpx.Response(200, headers=headers, json=content)

    return httpx.MockTransport(respond)


def test_english_is_requested_and_no_cookie_is_returned() -> None:
    """0.2 and 0.3: both headers on every request; a cookie would turn the next one into a browser's."""
    seen: list[httpx.Request] = []
    options: dict[str, Any] = {"transport": responding(seen), "workspace_id": "w"}
    with Connection.external_site(SITE, ApiToken("ana@acme.com", "ATATT3abcdefgh"), **options) as connection:
        connection.object_schemas()
        connection.object_schemas()

    assert len(seen) == 2
    for request in seen:
        assert LANGUAGE.items() <= dict(request.headers).items()
        assert "cookie" not in request.headers


@pytest.mark.anyio
async def test_async_requests_english_and_returns_no_cookie() -> None:
    seen: list[httpx.Request] = []
    options: dict[str, Any] = {"transport": responding(seen), "workspace_id": "w"}
    async with AsyncConnection.external_site(
        SITE, ApiToken("ana@acme.com", "ATATT3abcdefgh"), **options
    ) as connection:
        await connection.object_schemas()
        await connection.object_schemas()

    assert len(seen) == 2
    for request in seen:
        assert LANGUAGE.items() <= dict(request.headers).items()
        assert "cookie" not in request.headers


def test_no_request_has_a_cookie_or_a_body_with_get() -> None:
    """0(9): CloudFront rejects a GET with a body."""
    with Emulator() as emulator, emulator.connect() as connection:
        emulator.add_object_schema("OKT", "Okta")
        assert connection.check().ok
        connection.get_object_schema("OKT").object_types()

        for request in emulator.requests:
            assert "cookie" not in {name.lower() for name in request.headers}
            assert request.method != "GET" or not request.body
