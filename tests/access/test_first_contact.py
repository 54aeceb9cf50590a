"""Forms of real responses that were read wrongly before: see the facts about access and errors."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from jsm_assets_dest import CheckState
from jsm_assets_dest import exceptions as errors
from jsm_assets_dest._wire import site_requests as wire
from jsm_assets_dest._wire.classify import classify
from jsm_assets_dest._wire.request import CredentialKind, Host, Request
from jsm_assets_dest._wire.response import Response
from tests.access import template
from tests.access.test_permissions import US, checked, says

SITE = "https://acme.atlassian.net"
ACCOUNT = "712020:cf20b0d9-8d0c-4c9b-9e55-1f1c0a7f3d11"
ENCODED = "712020%3Acf20b0d9-8d0c-4c9b-9e55-1f1c0a7f3d11"
PROVEN: dict[str, Any] = {"basic_on_site": True, "account": "ana@acme.com", "account_id": ACCOUNT}


def on_site(operation: str, path: str) -> Request:
    """Return a call to the site itself."""
    return Request(operation=operation, method="GET", url=f"{SITE}{path}", host=Host.SITE)


PLAN = on_site("read licence", "/rest/api/3/instance/license")
WORKSPACES = on_site("find workspace", "/rest/servicedeskapi/assets/workspace")


def test_encoded_account_id_is_the_same_account() -> None:
    """The site and the gateway percent-encode the header (recorded 2024-10-09 and 2026-05-01)."""
    response = Response(200, {"x-aaccountid": ENCODED}, b'{"applications":[]}')

    assert classify(PLAN, response, **PROVEN) is response
    assert response.account_id == ACCOUNT


def test_account_id_is_decoded_once() -> None:
    """A second decoding would change an id that contains a percent sign."""
    assert Response(200, {"x-aaccountid": "a%2541"}).account_id == "a%41"
    assert (
        Response(200, {"x-aaccountid": "5b10a2844c20165700ede21g"}).account_id == "5b10a2844c20165700ede21g"
    )


def test_other_account_is_still_rejected() -> None:
    """Also if its id is encoded."""
    response = Response(200, {"x-aaccountid": "712020%3Aother"}, b'{"applications":[]}')

    with pytest.raises(errors.BadCredentialsError, match="the response is for another account"):
        classify(PLAN, response, **PROVEN)


def test_products_are_unknown_if_the_list_is_not_expanded() -> None:
    """`size` keeps the true number while `items` is empty (recorded 2018 and 2025)."""
    body = {
        "accountId": ACCOUNT,
        "applicationRoles": {"size": 1, "items": []},
        "groups": {"size": 3, "items": []},
    }
    none = {"accountId": ACCOUNT, "applicationRoles": {"size": 0, "items": []}}

    assert wire.read_account(Response(200, {}, json.dumps(body).encode())).product_roles is None
    assert wire.read_account(Response(200, {}, json.dumps(none).encode())).product_roles == ()


def test_workspace_response_without_values_is_malformed() -> None:
    """Only an empty list says something about the plan."""
    response = Response(200, {"x-aaccountid": ENCODED}, b'{"size":0}')

    assert classify(WORKSPACES, response, **PROVEN) is response
    with pytest.raises(errors.MalformedAnswerError):
        wire.read_workspace_ids(response)
    report, _ = checked({"find workspace": says({"size": 0})})
    assert report["assets"].state is CheckState.UNKNOWN


@pytest.mark.parametrize("reason", ["OUT, OK", "AUTHENTICATED_FAILED_NOT", "OK"])
def test_good_login_reason_is_not_a_rejection(reason: str) -> None:
    """The header may be a list, and good news (recorded 2015)."""
    response = Response(200, {"x-aaccountid": ENCODED, "x-seraph-loginreason": reason}, b"{}")

    assert classify(PLAN, response, **PROVEN) is response


def test_rejection_in_a_list_of_login_reasons_counts() -> None:
    """Each entry is compared as a whole word."""
    response = Response(200, {"x-seraph-loginreason": "OUT, AUTHENTICATED_FAILED"}, b"{}")

    with pytest.raises(errors.BadCredentialsError):
        classify(PLAN, response, **PROVEN)


@pytest.mark.parametrize(
    ("status", "headers"),
    [(400, {"server": "CloudFront"}), (405, {})],
)
def test_page_of_cloudfront_is_not_blamed_on_the_network(status: int, headers: dict[str, str]) -> None:
    """The network team would find nothing (issue 200 of a Splunk add-on)."""
    page = b"<HTML><TITLE>ERROR: The request could not be satisfied</TITLE><BODY>Bad request.</BODY></HTML>"

    with pytest.raises(errors.HtmlResponseError) as caught:
        classify(PLAN, Response(status, headers, page), **PROVEN)

    template.check(caught.value)
    assert "CloudFront" in caught.value.cause
    assert "network team" not in str(caught.value)


def test_exception_of_a_transport_is_not_blamed_on_the_token() -> None:
    """The credential is an API token, so there is no function that returns one."""
    report, _ = checked({"read myself": KeyError("secret value")})

    identity = report["identity"]
    assert identity.state is CheckState.FAILED
    assert identity.summary == "The check stopped with an unexpected KeyError."
    assert "secret" not in str(report)
    assert "OAuthToken" not in str(report)


LACKING = Response(401, {**US, "x-failure-category": "FAILURE_CLIENT_SCOPE_CHECK"}, b"{}")


@pytest.mark.parametrize("kind", [None, *CredentialKind])
def test_advice_about_scopes_fits_the_credential(kind: CredentialKind | None) -> None:
    """All scopes are named at once; no one is sent to a page of another kind of token."""
    request = Request(operation="list object schemas", method="GET", url="https://api.atlassian.com/x/y")

    with pytest.raises(errors.ScopeMismatchError) as caught:
        classify(request, LACKING, account="ana@acme.com", kind=kind, site_url=SITE)

    template.check(caught.value)
    text = " ".join(caught.value.remedies)
    assert "import:import-configuration:cmdb" in text
    assert ("API token" in text) is (kind in (None, CredentialKind.API_TOKEN))
    assert ("manifest" in text) is (kind is CredentialKind.FORGE)
    assert ("consent" in text) is (kind is CredentialKind.OAUTH)
    assert ("service account" in text.lower()) is (kind is CredentialKind.CLIENT)


@pytest.mark.parametrize("kind", list(CredentialKind))
def test_advice_about_a_login_fits_the_credential(kind: CredentialKind) -> None:
    """An API token, an OAuth token, a client secret, and a Forge token are replaced in different places."""
    request = Request(
        operation="list object schemas", method="GET", url="https://api.atlassian.com/jsm/assets/x"
    )

    with pytest.raises(errors.BadCredentialsError) as caught:
        classify(request, Response(401, US, b"{}"), account="ana@acme.com", kind=kind, site_url=SITE)

    template.check(caught.value)
    words = {
        CredentialKind.API_TOKEN: "create a new API token",
        CredentialKind.OAUTH: "get a new access token",
        CredentialKind.CLIENT: "create a new client secret",
        CredentialKind.FORGE: "Forge token of the current invocation",
    }
    text = " ".join(caught.value.remedies)
    assert [word for word in words.values() if word in text] == [words[kind]]
    assert httpx.URL(f"https://{caught.value.host}").host == "api.atlassian.com"
