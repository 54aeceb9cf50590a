"""The decision table: every row with the literal answers that were recorded or documented, and the order of the rows."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from attrs import field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from jsm_assets_dest import exceptions as errors
from jsm_assets_dest._wire.case import Case
from jsm_assets_dest._wire.classify import classify
from jsm_assets_dest._wire.decision_table import decide
from jsm_assets_dest._wire.request import Credential, Host, Request
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import AssetsError
from tests.access import template

SITE = "https://acme.atlassian.net"
GATEWAY = "https://api.atlassian.com"
WORKSPACE = f"{GATEWAY}/jsm/assets/workspace/f1668d0c-828c-470c-b7d1-8c4f48cd345a/v1"
IMPORT = f"{WORKSPACE}/importsource/b7a1/executions"
JSON = "application/json;charset=UTF-8"
#: Headers that every answer of Atlassian's carries.
EDGE = {"server": "AtlassianEdge", "atl-traceid": "2f8a9cbb5b0e4b3c9d8a7f6e5d4c3b2a"}
FAILED = {"x-seraph-loginreason": "AUTHENTICATED_FAILED"}
ACCOUNT = "5b10a2844c20165700ede21g"


def on_site(operation: str = "read myself", path: str = "/rest/api/3/myself", method: str = "GET") -> Request:
    """Return a call to the site itself."""
    return Request(operation=operation, method=method, url=f"{SITE}{path}", host=Host.SITE)


def on_assets(
    operation: str = "list object schemas", path: str = "/objectschema/list", method: str = "GET"
) -> Request:
    """Return a call to the workspace with an account's credential."""
    return Request(operation=operation, method=method, url=f"{WORKSPACE}{path}")


def on_import(operation: str = "start import", url: str = IMPORT, method: str = "POST") -> Request:
    """Return a call with an import token."""
    return Request(operation=operation, method=method, url=url, credential=Credential.IMPORT_TOKEN)


MYSELF = on_site()
SERVICE_DESKS = on_site("list service desks", "/rest/servicedeskapi/servicedesk?limit=1")
WORKSPACES = on_site("find workspace", "/rest/servicedeskapi/assets/workspace")
MAPPING = on_import("submit mapping", f"{WORKSPACE}/importsource/b7a1/mapping", "PUT")
GATEWAY_MYSELF = Request(
    operation="read myself", method="GET", url=f"{GATEWAY}/ex/jira/cloud-1/rest/api/3/myself"
)
TOKEN = Request(
    operation="request access token",
    method="POST",
    url="https://auth.atlassian.com/oauth/token",
    host=Host.AUTHORIZATION,
    credential=Credential.NONE,
)

IP_BODY = (
    b'{"errorMessages":["The IP address has been rejected because it is not on the allowed list. '
    b'See your admin for more information."],"errors":{}}'
)
UNAVAILABLE_PAGE = (
    b"<!DOCTYPE html><html><head><title>Atlassian Cloud Notifications - Page Unavailable</title></head>"
    b"<body><h1>Your Atlassian Cloud site is currently unavailable.</h1></body></html>"
)


@frozen
class Row:
    """One line of the table: a response to a request, and the error that it means."""

    number: str
    request: Request
    status: int
    body: bytes
    error: type[AssetsError]
    headers: dict[str, str] = field(factory=dict)
    known: dict[str, Any] = field(factory=dict)
    facts: dict[str, object] = field(factory=dict)

    def __str__(self) -> str:
        return f"row {self.number}: {self.status} -> {self.error.__name__}"


BASIC: dict[str, Any] = {"basic_on_site": True, "account": "ana@acme.com"}
PROVEN: dict[str, Any] = {**BASIC, "account_id": ACCOUNT}
ran_as_us = {"x-aaccountid": ACCOUNT}

ROWS = [
    # 2: a proxy
    Row(
        "2",
        MYSELF,
        407,
        b"<html>Proxy Authentication Required</html>",
        errors.ProxyAuthenticationError,
        {"proxy-authenticate": "Basic"},
        BASIC,
        {"sent": "no", "status": 407},
    ),
    # 3: the IP allowlist, in both spellings, with any status, as JSON, as HTML with tags between words, on the gateway
    Row("3", MYSELF, 403, IP_BODY, errors.IpAllowlistError, EDGE, BASIC),
    Row("3", MYSELF, 401, IP_BODY, errors.IpAllowlistError, {**EDGE, **FAILED}, BASIC),
    Row(
        "3",
        GATEWAY_MYSELF,
        403,
        IP_BODY.replace(b"allowed list", b"allowedlist"),
        errors.IpAllowlistError,
        EDGE,
    ),
    Row("3", WORKSPACES, 200, IP_BODY, errors.IpAllowlistError, EDGE, BASIC),
    Row("3", on_import(), 403, IP_BODY, errors.IpAllowlistError, EDGE),
    Row("3", MYSELF, 503, IP_BODY, errors.IpAllowlistError, EDGE, BASIC),
    Row(
        "3",
        MYSELF,
        403,
        b"<html><body>The <b>IP address</b>\n has been\n<i>rejected</i></body></html>",
        errors.IpAllowlistError,
        {},
        BASIC,
    ),
    Row(
        "3",
        MYSELF,
        403,
        b'{"message":"Your IP address is not included in the allowlist"}',
        errors.IpAllowlistError,
        EDGE,
        BASIC,
    ),
    # 4: CAPTCHA, in the words of Cloud and of Server
    Row(
        "4",
        MYSELF,
        401,
        b"",
        errors.CaptchaRequiredError,
        {"x-seraph-loginreason": "AUTHENTICATION_DENIED"},
        BASIC,
    ),
    Row(
        "4",
        MYSELF,
        403,
        b"",
        errors.CaptchaRequiredError,
        {
            "x-authentication-denied-reason": "CAPTCHA_CHALLENGE; login-url=https://acme.atlassian.net/login.jsp"
        },
        BASIC,
    ),
    Row(
        "4",
        WORKSPACES,
        200,
        b'{"values":[]}',
        errors.CaptchaRequiredError,
        {"x-seraph-loginreason": "AUTHENTICATION_DENIED"},
        BASIC,
    ),
    # 5: too many requests
    Row(
        "5",
        MYSELF,
        429,
        b"",
        errors.RateLimitedError,
        {**EDGE, "retry-after": "7", "ratelimit-reason": "jira-burst-based"},
        BASIC,
        {"retry_after": 7.0, "reason": "jira-burst-based", "retryable": True},
    ),
    Row(
        "5",
        GATEWAY_MYSELF,
        429,
        b'{"code":429,"message":"Rate limit exceeded"}',
        errors.RateLimitedError,
        {
            **EDGE,
            "x-failure-category": "FAILURE CLIENT RATE LIMITED",
            "x-ratelimit-limit": "360000",
            "x-ratelimit-reset": "2026-11-05T12:01Z",
            "date": "Thu, 05 Nov 2026 12:00:00 GMT",
        },
        {},
        {"retry_after": 60.0, "reason": "FAILURE CLIENT RATE LIMITED"},
    ),
    Row(
        "5",
        GATEWAY_MYSELF,
        403,
        b"",
        errors.RateLimitedError,
        {"x-failure-category": "FAILURE CLIENT RATE LIMITED"},
    ),
    Row(
        "5",
        MYSELF,
        429,
        b"",
        errors.RateLimitedError,
        {"ratelimit-reason": "jira-quota-global-based"},
        {},
        {"retryable": False, "retry_after": None},
    ),
    # 6: unavailable
    Row(
        "6",
        MYSELF,
        500,
        b'{"errorMessages":["Internal server error"],"errors":{}}',
        errors.ServiceUnavailableError,
        EDGE,
        BASIC,
        {"retryable": True, "messages": ("Internal server error",)},
    ),
    Row(
        "6",
        MYSELF,
        502,
        b"<html><title>502 Bad Gateway</title></html>",
        errors.ServiceUnavailableError,
        {},
        BASIC,
        {"retryable": True},
    ),
    Row(
        "6",
        MYSELF,
        503,
        UNAVAILABLE_PAGE,
        errors.ServiceUnavailableError,
        {**EDGE, "retry-after": "120"},
        BASIC,
        {"retry_after": 120.0},
    ),
    Row(
        "6",
        MYSELF,
        503,
        b"upstream connect error or disconnect/reset before headers",
        errors.ServiceUnavailableError,
    ),
    Row(
        "6",
        MYSELF,
        503,
        b"",
        errors.ServiceUnavailableError,
        {"x-ratelimit-reset": "60"},
        {},
        {"retry_after": None},
    ),
    Row("6", MYSELF, 504, b"", errors.ServiceUnavailableError),
    Row("6", MYSELF, 501, b"", errors.ServiceUnavailableError, {}, {}, {"retryable": False}),
    Row("6", MYSELF, 505, b"", errors.ServiceUnavailableError, {}, {}, {"retryable": False}),
    Row("6", MYSELF, 408, b"", errors.ServiceUnavailableError, {}, {}, {"retryable": True}),
    Row("6", MYSELF, 425, b"", errors.ServiceUnavailableError, {}, {}, {"retryable": True}),
    # 7: a web page instead of data
    Row(
        "7",
        MYSELF,
        302,
        b"",
        errors.HtmlResponseError,
        {"location": "https://id.atlassian.com/login?continue=x"},
        BASIC,
    ),
    Row(
        "7", MYSELF, 302, b"", errors.HtmlResponseError, {"location": "/login.jsp?os_destination=%2F"}, BASIC
    ),
    Row(
        "7",
        MYSELF,
        301,
        b"",
        errors.UnexpectedRedirectError,
        {"location": "https://other.atlassian.net/rest"},
        BASIC,
        {"sent": "unknown", "retryable": False},
    ),
    Row(
        "7",
        MYSELF,
        307,
        b"",
        errors.MalformedAnswerError,
        {"location": "https://[bad"},
        BASIC,
        {"sent": "unknown", "retryable": False},
    ),
    Row("7", MYSELF, 304, b"", errors.UnexpectedRedirectError),
    Row(
        "7",
        MYSELF,
        200,
        b"<!doctype html><html><head><title>Log in with Atlassian account</title></head></html>",
        errors.HtmlResponseError,
        {"content-type": "text/html"},
        BASIC,
        {"title": "Log in with Atlassian account"},
    ),
    Row(
        "7",
        MYSELF,
        200,
        b"\n <html><body>Welcome</body></html>",
        errors.HtmlResponseError,
        {"content-type": JSON},
    ),
    Row(
        "7",
        MYSELF,
        403,
        b"<html><head><title>Zscaler</title></head><body>Blocked by policy</body></html>",
        errors.HtmlResponseError,
        {"content-type": "text/html", "server": "Zscaler/6.2", "via": "1.1 proxy"},
        BASIC,
        {"title": "Zscaler", "server": "Zscaler/6.2", "via": "1.1 proxy"},
    ),
    Row("7", MYSELF, 404, b"<html><title>Not here</title></html>", errors.HtmlResponseError, {}, BASIC),
    Row("7", on_import(), 401, b"<html><title>Proxy login</title></html>", errors.HtmlResponseError),
    # 8: the import token
    Row(
        "8",
        on_import("read import info", f"{GATEWAY}/jsm/assets/v1/imports/info", "GET"),
        401,
        b'{"code":401,"message":"Unauthorized"}',
        errors.ImportTokenError,
        EDGE,
        {},
        {"messages": ("Unauthorized",)},
    ),
    Row("8", on_import(), 403, b'{"code":403,"message":"Forbidden"}', errors.ImportTokenError, EDGE),
    Row(
        "8",
        on_import(),
        401,
        b'{"code":401,"message":"Unauthorized; scope does not match"}',
        errors.ImportTokenError,
        {**EDGE, "x-failure-category": "FAILURE_CLIENT_SCOPE_CHECK"},
    ),
    # 9: the state of the import
    Row(
        "9",
        on_import(),
        409,
        b'{"result":"error","errorCode":"IN_PROGRESS"}',
        errors.ImportBusyError,
        EDGE,
        {},
        {"reason": "IN_PROGRESS", "code": "IN_PROGRESS"},
    ),
    Row(
        "9",
        on_import(),
        409,
        b'{"result":"error","errorCode":"MISSING_MAPPING"}',
        errors.MissingMappingError,
        EDGE,
        {},
        {"reason": "MISSING_MAPPING"},
    ),
    Row(
        "9",
        on_import(),
        409,
        b'{"result":"error","errorCode":"DISABLED"}',
        errors.ImportDisabledError,
        EDGE,
        {},
        {"reason": "DISABLED"},
    ),
    Row(
        "9",
        on_import(),
        409,
        b'{"result":"error","errorCode":"INVALID_IMPORT_MODULE_KEY"}',
        errors.ImportModuleKeyError,
        EDGE,
        {},
        {"reason": "INVALID_IMPORT_MODULE_KEY"},
    ),
    Row(
        "9",
        on_import(),
        409,
        b'{"errorMessages":["Import is in state in_progress"]}',
        errors.ImportBusyError,
        EDGE,
    ),
    Row(
        "9",
        on_import("submit chunk"),
        409,
        b'{"errorMessages":["Execution was cancelled"]}',
        errors.ImportConflictError,
        EDGE,
        {},
        {"reason": ""},
    ),
    Row(
        "9", MAPPING, 409, b'{"errorMessages":["A mapping already exists"]}', errors.MappingExistsError, EDGE
    ),
    # 10: a rejected login, behind any status
    Row(
        "10",
        MYSELF,
        401,
        b"Client must be authenticated to access this resource.",
        errors.BadCredentialsError,
        {**EDGE, **FAILED, "www-authenticate": "OAuth realm=acme"},
        BASIC,
        {"silent": False},
    ),
    Row(
        "10",
        WORKSPACES,
        200,
        b'{"size":0,"values":[]}',
        errors.BadCredentialsError,
        {**EDGE, **FAILED},
        BASIC,
        {"silent": True, "status": 200},
    ),
    Row(
        "10",
        on_site("read licence", "/rest/api/3/issue/X-1"),
        404,
        b'{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}',
        errors.BadCredentialsError,
        {**EDGE, **FAILED},
        BASIC,
        {"silent": True},
    ),
    Row("10", MYSELF, 403, b"", errors.BadCredentialsError, {**EDGE, **FAILED}, BASIC),
    Row("10", MYSELF, 200, b"", errors.BadCredentialsError, {**EDGE, **FAILED}, BASIC),
    # 11: scopes
    Row(
        "11",
        GATEWAY_MYSELF,
        401,
        b'{"code":401,"message":"Unauthorized; scope does not match"}',
        errors.ScopeMismatchError,
        {**EDGE, "x-failure-category": "FAILURE_CLIENT_SCOPE_CHECK"},
        {},
        {"scopes": ("read:jira-user",)},
    ),
    Row(
        "11",
        on_assets("create object type", "/objecttype/create", "POST"),
        401,
        b'{"code":401,"message":"Unauthorized; scope does not match"}',
        errors.ScopeMismatchError,
        EDGE,
        {},
        {"scopes": ("write:cmdb-type:jira",)},
    ),
    Row(
        "11",
        on_assets("search objects", "/object/aql", "POST"),
        403,
        b"",
        errors.ScopeMismatchError,
        {"x-failure-category": "FAILURE_CLIENT_SCOPE_CHECK"},
        {},
        {"scopes": ("read:cmdb-object:jira",)},
    ),
    Row(
        "11",
        on_assets("create import token", "/importsource/b7a1/token", "POST"),
        401,
        b'{"code":401,"message":"Unauthorized; scope does not match"}',
        errors.ScopeMismatchError,
        EDGE,
        {},
        {"scopes": ("import:import-configuration:cmdb",)},
    ),
    # 12: 401 otherwise
    Row(
        "12",
        MYSELF,
        401,
        b"Client must be authenticated to access this resource.",
        errors.BadCredentialsError,
        EDGE,
        BASIC,
    ),
    Row(
        "12", GATEWAY_MYSELF, 401, b'{"code":401,"message":"Unauthorized"}', errors.BadCredentialsError, EDGE
    ),
    Row(
        "12",
        GATEWAY_MYSELF,
        401,
        b'{"code":401,"message":"Unauthorized"}',
        errors.BadCredentialsError,
        {**EDGE, "x-failure-category": "FAILURE_CLIENT_AUTH_MISMATCH"},
    ),
    Row(
        "12",
        MYSELF,
        401,
        b"Basic authentication with passwords is deprecated.",
        errors.BadCredentialsError,
        EDGE,
        BASIC,
    ),
    Row(
        "12",
        MYSELF,
        401,
        b'{"message":"User is not logged in","status-code":401}',
        errors.BadCredentialsError,
        EDGE,
        BASIC,
        {"messages": ("User is not logged in",)},
    ),
    Row(
        "12",
        MYSELF,
        401,
        b"<html><body>Client must be authenticated to access this resource.</body></html>",
        errors.BadCredentialsError,
        {"content-type": "text/html"},
        BASIC,
    ),
    Row("12", MYSELF, 401, b"", errors.BadCredentialsError, {}, BASIC),
    # 13: the wrong kind of token, the authorization server, Confluence
    Row(
        "13",
        MYSELF,
        403,
        b'{"error":"Failed to parse Connect Session Auth Token"}',
        errors.BadCredentialsError,
        {"content-type": "application/json"},
        {},
        {"messages": ("Failed to parse Connect Session Auth Token",)},
    ),
    Row(
        "13a",
        TOKEN,
        403,
        b'{"error":"unauthorized_client","error_description":"refresh_token is invalid"}',
        errors.BadCredentialsError,
        {},
        {},
        {"messages": ("refresh_token is invalid",)},
    ),
    Row(
        "13a",
        TOKEN,
        400,
        b'{"error":"invalid_grant"}',
        errors.BadCredentialsError,
        {},
        {},
        {"messages": ("invalid_grant",)},
    ),
    Row(
        "13a",
        TOKEN,
        401,
        b'{"error":"access_denied","error_description":"Unauthorized"}',
        errors.BadCredentialsError,
    ),
    Row(
        "13b",
        MYSELF,
        403,
        b'{"message":"Caller cannot access Confluence"}',
        errors.BadCredentialsError,
        EDGE,
        BASIC,
    ),
    # 14 to 21: rejected after a good login
    Row("14", MYSELF, 403, b"XSRF check failed", errors.XsrfError, EDGE, BASIC),
    Row("14", MYSELF, 403, b"<html><body>XSRF check failed</body></html>", errors.XsrfError, {}, BASIC),
    Row(
        "15",
        on_assets(),
        403,
        b'{"errorMessages":["Access to Assets API was denied"],"errors":{}}',
        errors.AssetsNotAvailableError,
        EDGE,
    ),
    Row(
        "16",
        MYSELF,
        403,
        b'{"errorMessages":["You are not authorized to perform this action. Administrator privileges are required."]}',
        errors.NotJiraAdminError,
        EDGE,
        PROVEN,
    ),
    Row(
        "16",
        MYSELF,
        403,
        b'{"errorMessages":["Only Jira administrators can access custom field contexts."]}',
        errors.NotJiraAdminError,
        EDGE,
        PROVEN,
    ),
    Row(
        "16",
        MYSELF,
        403,
        b'{"errorMessages":["Only admins can archive or unarchive issues. Access denied."]}',
        errors.NotJiraAdminError,
        EDGE,
        PROVEN,
    ),
    Row(
        "16",
        on_site("list service desks", "/rest/servicedeskapi/customer"),
        403,
        b'{"errorMessage":"Unauthorized to perform the requested action, JIRA Administrators global permission is '
        b'required.","i18nErrorMessage":{"i18nKey":"sd.error","parameters":[]}}',
        errors.NotJiraAdminError,
        EDGE,
        PROVEN,
    ),
    Row(
        "17",
        MYSELF,
        403,
        b'{"errorMessages":["This is not available on the Free plan"]}',
        errors.PlanLimitError,
        EDGE,
    ),
    Row(
        "17",
        MYSELF,
        400,
        b'{"errorMessages":["This is not available on the Free plan"]}',
        errors.PlanLimitError,
        EDGE,
    ),
    Row("17", MYSELF, 402, b"", errors.PlanLimitError),
    Row(
        "18",
        GATEWAY_MYSELF,
        403,
        b'{"code":403,"message":"The app is not installed on this instance"}',
        errors.AppNotInstalledError,
        EDGE,
    ),
    Row("19", SERVICE_DESKS, 403, b"", errors.JsmLicenseRequiredError, EDGE, PROVEN),
    Row("19", WORKSPACES, 403, b"", errors.JsmLicenseRequiredError, EDGE, PROVEN),
    Row(
        "19", WORKSPACES, 403, b'{"errorMessage":"Not allowed"}', errors.AssetsNotAvailableError, EDGE, PROVEN
    ),
    Row("19", WORKSPACES, 404, b'{"errorMessage":"Not found"}', errors.AssetsNotAvailableError, EDGE, PROVEN),
    Row(
        "20",
        on_assets("create object type", "/objecttype/create", "POST"),
        403,
        b'{"errorMessages":["PermissionInsightException: no permission"],"errors":{}}',
        errors.SchemaPermissionError,
        EDGE,
    ),
    Row("20", on_assets(), 403, b"", errors.SchemaPermissionError, EDGE),
    Row(
        "20",
        on_assets("create import token", "/importsource/b7a1/token", "POST"),
        403,
        b"",
        errors.SchemaPermissionError,
        EDGE,
    ),
    Row(
        "21",
        on_site("read licence", "/rest/api/3/instance/license"),
        403,
        b'{"errorMessages":["No."],"errors":{}}',
        errors.AccessDeniedError,
        EDGE,
        PROVEN,
        {"messages": ("No.",)},
    ),
    # 22 to 24: not found
    Row(
        "22",
        MYSELF,
        404,
        UNAVAILABLE_PAGE,
        errors.SiteNotFoundError,
        {**EDGE, "atl-missing-tcs": "true"},
        BASIC,
    ),
    Row("22", MYSELF, 404, UNAVAILABLE_PAGE, errors.SiteNotFoundError, {}, BASIC),
    Row("22", MYSELF, 404, b"", errors.SiteNotFoundError, {"atl-missing-tcs": "true"}, BASIC),
    Row(
        "22",
        GATEWAY_MYSELF,
        404,
        b'{"timestamp":"2026-10-08T10:00:00Z","status":404,"error":"Not Found","message":"No message available",'
        b'"path":"/ex/jira/cloud-1/rest/api/3/myself"}',
        errors.SiteNotFoundError,
        {**EDGE, "x-failure-category": "FAILURE_CLIENT_TCS"},
    ),
    Row(
        "23",
        MYSELF,
        404,
        b'{"type":"about:blank","title":"Not Found","status":404,"detail":"No endpoint GET /rest/x."}',
        errors.EndpointNotFoundError,
        {**EDGE, "content-type": "application/problem+json"},
        BASIC,
        {"messages": ("No endpoint GET /rest/x.", "Not Found")},
    ),
    Row(
        "23",
        GATEWAY_MYSELF,
        404,
        b'{"timestamp":"2026-10-08T10:00:00Z","status":404,"error":"Not Found","message":"No message available",'
        b'"path":"/jsm/nowhere"}',
        errors.EndpointNotFoundError,
        EDGE,
        {},
        {"messages": ("Not Found", "No message available")},
    ),
    Row(
        "23",
        MYSELF,
        404,
        b"<html><title>Oops, you&#39;ve found a dead link. - Jira</title></html>",
        errors.EndpointNotFoundError,
        EDGE,
        BASIC,
    ),
    Row(
        "24",
        on_assets("get object schema", "/objectschema/5"),
        404,
        b'{"errorMessages":["NotFoundInsightException: Could not find SchemaObject with id: 5"],"errors":{}}',
        errors.ObjectSchemaNotFoundError,
        EDGE,
        {},
        {"messages": ("NotFoundInsightException: Could not find SchemaObject with id: 5",)},
    ),
    Row(
        "24",
        on_assets("list attributes", "/objecttype/7/attributes"),
        404,
        b'{"errorMessages":["Not found"],"errors":{}}',
        errors.ObjectTypeNotFoundError,
        EDGE,
    ),
    Row("24", on_assets("get object", "/object/9"), 404, b"", errors.NotFoundError, EDGE),
    Row(
        "24",
        on_site("read licence", "/rest/api/3/issue/X-1"),
        404,
        b'{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}',
        errors.NotFoundError,
        EDGE,
        PROVEN,
    ),
    # 25
    Row(
        "25",
        MYSELF,
        410,
        b'{"errorMessages":["The requested API has been removed."],"errors":{}}',
        errors.ApiRemovedError,
        EDGE,
        PROVEN,
    ),
    # 26: the content
    Row(
        "26",
        on_assets("create object schema", "/objectschema/create", "POST"),
        400,
        b'{"errorMessages":[],"errors":{"name":"Name has to be unique!"}}',
        errors.ValidationError,
        EDGE,
        {},
        {"field_errors": {"name": "Name has to be unique!"}},
    ),
    Row(
        "26",
        on_assets("create object", "/object/create", "POST"),
        400,
        b'{"errorMessages":[],"errors":{"rlabs-insight-attribute-1881":"Invalid Group(s)"}}',
        errors.ValidationError,
        EDGE,
        {},
        {"field_errors": {"rlabs-insight-attribute-1881": "Invalid Group(s)"}},
    ),
    Row("26", MYSELF, 422, b'{"errorMessages":["Unprocessable"]}', errors.ValidationError, EDGE),
    Row("26", on_import("submit chunk"), 413, b"", errors.TooLargeError),
    Row("26", MYSELF, 415, b"", errors.UnsupportedMediaError),
    Row("26", MYSELF, 400, b"Bad Request", errors.ValidationError, {}, {}, {"messages": ("Bad Request",)}),
    *(
        Row(
            "26",
            MAPPING,
            400,
            f'{{"dataValidationErrors":[{{"code":"{code}","location":"People/Email"}}]}}'.encode(),
            error,
            EDGE,
            {},
            {"code": code, "codes": (code,), "location": "People/Email"},
        )
        for code, error in {
            "SCHEMA_INVALID_EXTERNAL_ID": errors.ExternalIdTakenError,
            "EXTERNAL_ID_MISMATCH": errors.ExternalIdMismatchError,
            "UNKNOWN_EXTERNAL_ID_MAPPING": errors.UnknownExternalIdError,
            "MAPPING_INVALID_EXTERNAL_ID": errors.MappingExternalIdError,
            "DUPLICATE_EXTERNAL_ID_ILLEGAL": errors.DuplicateExternalIdError,
            "UNKNOWN_REFERENCE": errors.UnknownReferenceError,
            "REFERENCED_OBJECT_TYPE_CHANGED": errors.ReferencedObjectTypeChangedError,
            "SOMETHING_NEW": errors.MappingRejectedError,
        }.items()
    ),
    Row(
        "26",
        MAPPING,
        400,
        b'{"errorMessages":["Rejected with UNKNOWN_REFERENCE"]}',
        errors.UnknownReferenceError,
        EDGE,
    ),
    Row("26", MAPPING, 400, b"", errors.MappingRejectedError),
    # 27
    Row(
        "27",
        on_assets("update object", "/object/9", "PUT"),
        409,
        b'{"errorMessages":["Conflict"],"errors":{}}',
        errors.ConflictError,
        EDGE,
    ),
    # 28: no workspace
    Row(
        "28",
        WORKSPACES,
        200,
        b'{"size":0,"start":0,"isLastPage":true,"values":[]}',
        errors.AssetsNotAvailableError,
        {**EDGE, **ran_as_us},
        PROVEN,
    ),
    # 29: answered like an anonymous visitor, or as another user
    Row(
        "29",
        on_site("list service desks", "/rest/servicedeskapi/servicedesk"),
        200,
        b'{"size":0,"values":[]}',
        errors.BadCredentialsError,
        EDGE,
        PROVEN,
        {"silent": True},
    ),
    Row(
        "29",
        on_site("list service desks", "/rest/servicedeskapi/servicedesk"),
        200,
        b'{"size":0,"values":[]}',
        errors.BadCredentialsError,
        EDGE,
        BASIC,
        {"silent": True},
    ),
    Row(
        "29",
        on_site("list service desks", "/rest/servicedeskapi/servicedesk"),
        200,
        b'{"size":0,"values":[]}',
        errors.BadCredentialsError,
        {**EDGE, "x-aaccountid": "somebody-else"},
        PROVEN,
        {"silent": True},
    ),
    # Success that is none
    Row(
        "broken",
        MYSELF,
        200,
        b'{"accountId": "5b10',
        errors.MalformedAnswerError,
        ran_as_us,
        PROVEN,
        {"retryable": True},
    ),
    Row("broken", MYSELF, 200, b"", errors.MalformedAnswerError, ran_as_us, PROVEN),
    Row("broken", MYSELF, 200, b"OK", errors.MalformedAnswerError, {"content-type": JSON}),
    Row("broken", MYSELF, 200, b"[" * 100_000, errors.MalformedAnswerError),
    Row("broken", MYSELF, 200, b"1" * 5_000, errors.MalformedAnswerError),
    Row(
        "broken",
        GATEWAY_MYSELF,
        200,
        b"{}",
        errors.ScopeMismatchError,
        {"x-failure-category": "FAILURE_CLIENT_SCOPE_CHECK"},
    ),
    # Statuses that the table does not know
    Row("other", MYSELF, 405, b"", errors.ApiError),
    Row("other", MYSELF, 418, b'{"message":"teapot"}', errors.ApiError, {}, {}, {"messages": ("teapot",)}),
    Row("other", MYSELF, 101, b"", errors.ApiError),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_response_is_classified(row: Row) -> None:
    """Each literal answer becomes exactly this error, with what the service said and where."""
    with pytest.raises(AssetsError) as caught:
        classify(row.request, Response(row.status, row.headers, row.body), **row.known)

    error = caught.value
    assert type(error) is row.error
    for name, value in row.facts.items():
        assert getattr(error, name) == value, name
    assert error.status == row.status
    assert error.operation == row.request.operation
    assert error.method == row.request.method
    assert error.host == row.request.hostname
    assert error.path == row.request.path
    assert error.request_id == row.headers.get("atl-traceid", "")


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_message_obeys_the_template(row: Row) -> None:
    """User's words, cause, numbered remedies that name who can act, and the trace ID in the last line."""
    with pytest.raises(AssetsError) as caught:
        classify(row.request, Response(row.status, row.headers, row.body), **row.known)

    error = caught.value
    template.check(error)
    details = str(error).splitlines()[-1]
    assert details.startswith(f"Details: HTTP {row.status}, {row.request.method} {row.request.hostname}")
    assert row.headers.get("atl-traceid", "") in details


def test_every_row_of_the_table_is_here() -> None:
    """Rows 2 to 29; row 1 has no answer, and is the engines' matter."""
    covered = {row.number for row in ROWS}

    assert {str(number) for number in range(2, 30)} | {"13a", "13b"} <= covered


@pytest.mark.parametrize(
    ("request_", "response", "known"),
    [
        (MYSELF, Response(200, {**EDGE, **ran_as_us}, b'{"accountId":"5"}'), PROVEN),
        (MYSELF, Response(200, EDGE, b'{"accountId":"5"}'), BASIC),  # the response itself proves who it is
        (on_site("read licence", "/x"), Response(200, ran_as_us, b"{}"), BASIC),
        (on_site("read tenant info", "/_edge/tenant_info"), Response(200, {}, b'{"cloudId":"1"}'), BASIC),
        (on_site("read x", "/x").changed(credential=Credential.NONE), Response(200, {}, b"{}"), BASIC),
        (on_assets(), Response(200, EDGE, b'{"values":[]}'), BASIC),
        (on_assets(), Response(200, {"content-type": "text/plain"}, b"[]"), {}),
        (WORKSPACES, Response(200, ran_as_us, b'{"values":[{"workspaceId":"1"}]}'), PROVEN),
        (
            WORKSPACES,
            Response(200, ran_as_us, b'{"start":50,"values":[]}'),
            PROVEN,
        ),  # the end of a longer list
        (on_assets("delete object", "/object/9", "DELETE"), Response(204, {}, b""), {}),
        (on_import("submit chunk").changed(empty_answer=True), Response(200, {}, b""), {}),
        (on_import("submit chunk").changed(empty_answer=True), Response(202, {}, b"Accepted"), {}),
        (MAPPING.changed(operation="update mapping"), Response(303, {"location": "/x"}, b""), {}),
        (
            on_assets("load icon image", "/icon/1/icon.png"),
            Response(200, {"content-type": "image/png"}, b"\x89PNG"),
            {},
        ),
    ],
)
def test_good_response_is_handed_on(request_: Request, response: Response, known: dict[str, Any]) -> None:
    """The same object comes back, untouched."""
    assert classify(request_, response, **known) is response


@pytest.mark.parametrize("body", [b'{"id": "1", "na', b" [", b"[" * 100_000])
def test_truncated_body_is_rejected_if_body_is_optional(body: bytes) -> None:
    """An interrupted response may have been anything; the chunk is sent again, which is safe."""
    with pytest.raises(errors.MalformedAnswerError) as caught:
        classify(on_import("submit chunk").changed(empty_answer=True), Response(200, {}, body))

    assert caught.value.sent == "unknown"


@pytest.mark.parametrize("body", [b"", b"\x80", b"\0\0\0\0\0"])
def test_no_content_is_not_a_response_to_a_question(body: bytes) -> None:
    """A 204 answers a deletion, not a read; found by a property."""
    with pytest.raises(errors.MalformedAnswerError):
        classify(WORKSPACES, Response(204, ran_as_us, body), **PROVEN)


def test_objects_may_speak_of_addresses() -> None:
    """An attribute named "IP address" with any value is data, not a rejection."""
    body = b'{"values":[{"name":"IP address","text":"The IP address has been rejected by the firewall"}]}'
    response = Response(200, EDGE, body)

    assert classify(on_assets(), response) is response
    with pytest.raises(errors.ValidationError):
        classify(
            on_assets(),
            Response(400, EDGE, b'{"errors":{"IP address":"IP address is not in the allowed list"}}'),
        )


def test_page_of_redirects_names_the_host_and_nothing_else() -> None:
    """The query of a redirect may contain a secret."""
    with pytest.raises(errors.UnexpectedRedirectError) as caught:
        classify(MYSELF, Response(302, {"location": "https://portal.example/a/b?token=geheim&user=ana"}, b""))

    assert "portal.example" in caught.value.what
    assert "geheim" not in str(caught.value)
    assert "ana" not in caught.value.what


@pytest.mark.parametrize("status", [302, 303, 307])
def test_only_a_mapping_may_be_redirected(status: int) -> None:
    """The mapping's 303 tells where its progress is; everything else that points elsewhere is an error."""
    for operation in ("submit mapping", "update mapping", "start import"):
        sent = MAPPING.changed(operation=operation)
        response = Response(status, {"location": "/somewhere"}, b"")
        if status == 303 and operation != "start import":
            assert classify(sent, response) is response
        else:
            with pytest.raises(errors.UnexpectedRedirectError):
                classify(sent, response)


def test_after_a_proven_identity_a_401_may_be_a_permission() -> None:
    """Some of Jira's calls answer 401 for a missing permission."""
    response = Response(401, EDGE, b"")

    with pytest.raises(errors.BadCredentialsError) as proven:
        classify(on_site("read licence", "/rest/api/3/x"), response, **PROVEN)
    with pytest.raises(errors.BadCredentialsError) as unproven:
        classify(on_site("read licence", "/rest/api/3/x"), response, **BASIC)

    assert "missing permission" in proven.value.cause
    assert "missing permission" not in unproven.value.cause


def test_not_found_without_a_proven_identity_has_a_third_reading() -> None:
    """Missing, hidden, or not logged in."""
    request = on_site("read licence", "/rest/api/3/x")
    response = Response(404, EDGE, b"")

    with pytest.raises(errors.NotFoundError) as unproven:
        classify(request, response, **BASIC)
    with pytest.raises(errors.NotFoundError) as proven:
        classify(request, response, **PROVEN)

    assert "A rejected login is the third possibility" in unproven.value.cause
    assert "login" not in proven.value.cause


def test_rejected_login_names_the_address_and_the_host() -> None:
    """And never the token; that it may be one with scopes is said where that is possible."""
    with pytest.raises(errors.BadCredentialsError) as caught:
        classify(MYSELF, Response(401, FAILED, b""), **BASIC)

    assert "ana@acme.com" in caught.value.what
    assert "acme.atlassian.net" in caught.value.what
    assert "token with scopes" in caught.value.cause


def test_each_limit_has_its_own_explanation() -> None:
    """A quota, writes to one issue, and a rush are different things."""
    causes = set()
    for reason in ("jira-quota-tenant-based", "jira-per-issue-on-write", "jira-burst-based"):
        with pytest.raises(errors.RateLimitedError) as caught:
            classify(MYSELF, Response(429, {"ratelimit-reason": reason}, b""))
        assert caught.value.reason == reason
        causes.add(caught.value.cause)

    assert len(causes) == 3


def test_ip_allowlist_message_names_both_who_can_act() -> None:
    """The public address of the computer counts; the credentials are not the cause."""
    with pytest.raises(errors.IpAllowlistError) as caught:
        classify(MYSELF, Response(403, EDGE, IP_BODY), **BASIC)

    message = str(caught.value)
    assert message.startswith("acme.atlassian.net blocked the IP address of this computer.\nCause: ")
    assert "The credentials are not the cause." in message
    assert "1. Your network team: find out the public IP address" in message
    assert "2. An organization admin: in Atlassian Administration > Security > IP allowlists" in message


def test_retry_date_uses_our_clock_without_a_date_header() -> None:
    """The caller of the classifier passes the time; without it the hint is left out."""
    response = Response(429, {"retry-after": "Thu, 05 Nov 2026 12:00:30 GMT"}, b"")

    with pytest.raises(errors.RateLimitedError) as known:
        classify(MYSELF, response, now=1_793_880_000.0)
    with pytest.raises(errors.RateLimitedError) as unknown:
        classify(MYSELF, response)

    assert known.value.retry_after == 30.0
    assert known.value.reset_at == 1_793_880_030.0
    assert unknown.value.retry_after is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"atl-traceid": "a", "x-trace-id": "b", "atl-request-id": "c", "x-arequestid": "d"}, "a"),
        ({"x-trace-id": "b", "atl-request-id": "c", "x-arequestid": "d"}, "b"),
        ({"atl-request-id": "c", "x-arequestid": "d"}, "c"),
        ({"x-arequestid": "d"}, "d"),
        ({}, ""),
    ],
)
def test_trace_id_is_the_one_that_support_asks_for(headers: dict[str, str], expected: str) -> None:
    """Atl-Traceid first; the others where it is missing."""
    with pytest.raises(AssetsError) as caught:
        classify(MYSELF, Response(400, headers, b""))

    assert caught.value.request_id == expected


@pytest.mark.slow
@given(
    st.integers(min_value=100, max_value=599),
    st.dictionaries(
        st.sampled_from(
            [
                "content-type",
                "x-seraph-loginreason",
                "x-failure-category",
                "x-aaccountid",
                "location",
                "retry-after",
                "server",
                "date",
                "x-ratelimit-reset",
                "atl-missing-tcs",
            ]
        ),
        st.text(max_size=40),
    ),
    st.one_of(
        st.binary(max_size=300),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda children: (
                st.lists(children, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "errorMessages",
                            "errors",
                            "message",
                            "error",
                            "code",
                            "dataValidationErrors",
                            "i18nErrorMessage",
                            "i18nKey",
                            "parameters",
                            "location",
                            "values",
                            "status",
                            "path",
                            "timestamp",
                            "errorCode",
                        ]
                    ),
                    children,
                    max_size=5,
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    st.sampled_from([MYSELF, WORKSPACES, on_assets(), on_import(), MAPPING, TOKEN]),
)
def test_every_response_is_returned_or_a_typed_error(
    status: int, headers: dict[str, str], body: bytes, request_: Request
) -> None:
    """Answers come from outside: no status, header or body makes the classifier fail in another way."""
    response = Response(status, headers, body)
    error: AssetsError | None = None
    try:
        assert classify(request_, response, **BASIC) is response
    except AssetsError as raised:
        error = raised

    if error is None:
        assert 200 <= status <= 303
    else:
        assert str(error)
        assert error.status == status


#: What a response, a request and the knowledge about them may be made of, as far as it matters to a rule.
STATUSES = st.sampled_from([200, 200, 200, 201, 202, 204, 299, 303, 400, 401, 403, 404, 409, 429, 500])
_HEADERS = {
    "content-type": ["application/json", "text/html", "text/plain", ""],
    "x-seraph-loginreason": ["OK", "AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", ""],
    "x-authentication-denied-reason": ["CAPTCHA_CHALLENGE; login-url=/login", ""],
    "x-failure-category": ["FAILURE_CLIENT_SCOPE_CHECK", "FAILURE_CLIENT_RATE", ""],
    "x-aaccountid": [ACCOUNT, "somebody-else", ""],
    "location": ["/somewhere"],
}
#: Each header with one of its values or left out, in all 2,400 ways; one draw is quicker than one for each header.
HEADERS = st.sampled_from(
    [
        {name: value for name, value in zip(_HEADERS, values, strict=True) if value is not None}
        for values in itertools.product(*([None, *header] for header in _HEADERS.values()))
    ]
)
BODIES = st.sampled_from(
    [
        IP_BODY, UNAVAILABLE_PAGE, b"", b" ", b"{", b"[]", b"{}", b'{"values":[]}', b'{"values":[{"workspaceId":"w"}]}',
        b'{"start":50,"values":[]}', b'["The IP address has been rejected"]', b"null", b" {}", b"<html></html>", b"\x89PNG",
    ]
)  # fmt: skip
REQUESTS = st.sampled_from(
    [
        MYSELF, SERVICE_DESKS, WORKSPACES, on_assets(), on_import(), MAPPING, GATEWAY_MYSELF, TOKEN,
        on_assets("delete object", "/object/9", "DELETE"), on_assets("load icon image", "/icon/1/icon.png"),
        on_import("submit chunk").changed(empty_answer=True),
    ]
)  # fmt: skip


@pytest.mark.once
@given(STATUSES, HEADERS, BODIES, REQUESTS, st.sampled_from([{}, BASIC, PROVEN]))
@settings(max_examples=1000)
def test_quick_look_and_the_table_agree(
    status: int, headers: dict[str, str], body: bytes, request_: Request, known: dict[str, Any]
) -> None:
    """The table accepts each response that is accepted without it."""
    response = Response(status, headers, body)

    def outcome(judge_it: Callable[[], Response]) -> str:
        try:
            assert judge_it() is response
        except AssetsError as error:
            return f"{type(error).__name__}: {error}"
        return "good"

    by_table = outcome(lambda: decide(Case(request_, response, **known)))
    assert outcome(lambda: classify(request_, response, **known)) == by_table
