"""No way of looking at a credential shows its secret: every kind of credential, each way of looking."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable

import attrs
import pytest

from jsm_assets_dest import ApiToken, ClientCredentials, ForgeToken, OAuthToken
from jsm_assets_dest._assets.reports import Check, CheckState, ConnectionReport
from jsm_assets_dest._secret import MASK, Secret
from jsm_assets_dest._session.credentials import bearer_authorization, import_token_secret
from jsm_assets_dest._wire.classify import classify
from jsm_assets_dest._wire.request import Credential, Host, Request
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import AssetsError
from jsm_assets_dest.exceptions._declared import scrubbed

CANARY = "c4n4ryT0k3n"
API_TOKEN = f"ATATT3xFfGF0{CANARY}=1A2B3C4D"
IMPORT_TOKEN = f"ATCTT3xFfGN0{CANARY}=5E6F7A8B"

#: Every holder of a secret that the package makes.
HOLDERS: dict[str, Callable[[], object]] = {
    "secret": lambda: Secret(API_TOKEN),
    "API token": lambda: ApiToken("ana@acme.com", API_TOKEN),
    "OAuth token": lambda: OAuthToken(f"oauth-{CANARY}-token"),
    "client credentials": lambda: ClientCredentials("hM8vGb1u2X", f"secret-{CANARY}"),
    "Forge token": lambda: ForgeToken(f"forge-{CANARY}", "https://api.atlassian.com/ex/jira/1"),
    "import token": lambda: import_token_secret(IMPORT_TOKEN),
    "authorization": lambda: bearer_authorization(f"bearer-{CANARY}"),
    "basic authorization": lambda: ApiToken("ana@acme.com", API_TOKEN).authorization(),
    "request": lambda: request(Secret(f"Bearer {API_TOKEN}")),
}

#: Ways of looking at an object as text.
LOOKS: dict[str, Callable[[object], str]] = {
    "str": str,
    "repr": repr,
    "format": lambda holder: f"{holder} {holder!s} {holder!r} {holder:}",
    "percent": lambda holder: "%s %r" % (holder, holder),  # noqa: UP031 - logging formats this way
    "ascii": ascii,
    "container": lambda holder: repr([{"holder": (holder,)}]),
    "vars": lambda holder: repr(getattr(holder, "__dict__", {})),
    "slots": lambda holder: repr([getattr(holder, name, None) for name in getattr(holder, "__slots__", ())]),
    "asdict": lambda holder: repr(attrs.asdict(holder)) if attrs.has(type(holder)) else "",  # type: ignore[arg-type]
    "json": lambda holder: json.dumps(holder, default=repr),
    "copy": lambda holder: repr(copy.copy(holder)),
    "deep copy": lambda holder: repr(copy.deepcopy(holder)),
    "html": lambda holder: str(getattr(holder, "_repr_html_", str)()),
}


def request(secret: Secret) -> Request:
    """Return a request that carries a secret."""
    return Request(
        operation="read myself",
        method="GET",
        url="https://acme.atlassian.net/rest/api/3/myself",
        host=Host.SITE,
        authorization=secret,
    )


@pytest.mark.parametrize("kind", HOLDERS)
@pytest.mark.parametrize("look", LOOKS)
def test_no_look_shows_a_secret(kind: str, look: str) -> None:
    """Nine holders, thirteen ways of looking at each."""
    text = LOOKS[look](HOLDERS[kind]())

    assert CANARY not in text
    # The Basic header is the token in base64.
    assert "QVRBVFQz" not in text


@pytest.mark.parametrize("kind", HOLDERS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickle_holds_a_secret(kind: str, protocol: int) -> None:
    """A secret travels by reference; pickling one is rejected in every protocol, and the rejection is quiet about it."""
    with pytest.raises(TypeError) as caught:
        pickle.dumps(HOLDERS[kind](), protocol)

    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("kind", HOLDERS)
def test_no_log_shows_a_secret(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """Logged at any level, as text or as an argument."""
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("application").debug("with %s and %r", HOLDERS[kind](), [HOLDERS[kind]()])

    assert CANARY not in caplog.text


@pytest.mark.parametrize("kind", HOLDERS)
def test_no_traceback_with_locals_shows_a_secret(kind: str) -> None:
    """Error reporters print the local variables of every frame."""

    def fails(holder: object) -> None:
        local = [holder]
        raise RuntimeError(f"something else went wrong with {len(local)}")

    with pytest.raises(RuntimeError) as caught:
        fails(HOLDERS[kind]())
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)

    assert CANARY not in "".join(trace.format())


def test_secret_compares_without_being_seen() -> None:
    """Equal texts are equal secrets; a text is no secret."""
    assert Secret(API_TOKEN) == Secret(API_TOKEN)
    assert Secret(API_TOKEN) != Secret(API_TOKEN + "x")
    assert Secret(API_TOKEN) != API_TOKEN
    assert hash(Secret(API_TOKEN)) == hash(Secret(API_TOKEN))
    assert str(Secret(API_TOKEN)) == MASK


#: Bodies in which a service, or a proxy, hands the credential back.
ECHOES = (
    '{{"errorMessages":["Bad token {token}"],"errors":{{"token":"{token}"}}}}',
    '{{"code":403,"message":"Authorization: Bearer {token}"}}',
    '{{"error":"invalid_request","error_description":"access_token={token}&x=1"}}',
    "You sent Authorization: Bearer {token}",
    "<html><title>Blocked {token}</title><body>Authorization: Bearer {token}</body></html>",
)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 429, 500, 503])
@pytest.mark.parametrize("body", ECHOES)
def test_no_error_repeats_a_credential_that_an_response_echoes(status: int, body: str) -> None:
    """The property holds for any credential at any place of the response."""
    token = f"no-known-form-{CANARY}"
    response = Response(
        status,
        {"content-type": "text/plain", "location": f"https://evil.example/login?token={token}"},
        body.format(token=token).encode(),
    )
    sent = request(Secret(f"Bearer {token}"))
    del token
    try:
        classify(sent, response)
    except AssetsError as error:
        text = f"{error} {error!r} {vars(error)} {error.to_dict()} {pickle.dumps(error)!r}"
        assert CANARY not in text
    else:
        # A success is handed on as it is.
        assert status == 200


@pytest.mark.parametrize(
    "text",
    [
        API_TOKEN,
        IMPORT_TOKEN,
        f"token={API_TOKEN}&next=1",
        f"Authorization: Basic {CANARY}QWxhZGRpbg==",
        f"authorization: bearer {CANARY}abcdef",
        f"eyJhbGciOiJIUzI1NiJ9.eyJ{CANARY}.sig{CANARY}",
        f'{{"client_secret":"{CANARY}"}}',
        f'{{"access_token": "{CANARY}"}}',
        f"refresh_token={CANARY}",
    ],
)
def test_text_like_a_credential_is_masked(text: str) -> None:
    """Texts of others pass through one filter before they become part of an error."""
    assert CANARY not in scrubbed(text)
    assert MASK in scrubbed(text)
    assert CANARY not in str(
        AssetsError(text, cause=text, remedies=(text,), messages=(text,), body_excerpt=text)
    )


def test_ordinary_texts_pass_the_filter() -> None:
    """The filter leaves words alone that only sound like secrets."""
    text = "Basic authentication with passwords is deprecated. The bearer of the token; ATATT3 begins API tokens."

    assert scrubbed(text) == text


def test_report_shows_no_secret() -> None:
    """A report holds the errors of its checks; none of its forms shows more than they do."""
    sent = Request(
        operation="read import info",
        method="GET",
        url="https://api.atlassian.com/jsm/assets/v1/imports/info",
        credential=Credential.IMPORT_TOKEN,
        authorization=Secret(f"Bearer {IMPORT_TOKEN}"),
    )
    response = Response(401, {}, f'{{"code":401,"message":"Unauthorized {IMPORT_TOKEN}"}}'.encode())
    with pytest.raises(AssetsError) as caught:
        classify(sent, response)
    error = caught.value
    report = ConnectionReport(
        checks=(
            Check(name="import", state=CheckState.FAILED, summary=error.what, cause=error.cause, error=error),
        ),
        site="https://acme.atlassian.net",
        account="ana@acme.com",
    )

    forms = [
        str(report),
        repr(report),
        json.dumps(report.to_dict()),
        report._repr_html_(),
        repr(report.checks),
    ]

    assert not any(CANARY in form for form in forms)
    assert CANARY.encode() not in pickle.dumps(report)


@pytest.mark.parametrize("body", ECHOES)
def test_client_secret_that_is_echoed_is_masked(body: str) -> None:
    """It travels in the body of a request, not in a header."""
    secret = f"no-known-form-{CANARY}"
    sent = Request(
        operation="request access token",
        method="POST",
        url="https://auth.atlassian.com/oauth/token",
        host=Host.AUTHORIZATION,
        body=json.dumps({"client_id": "hM8vGb1u2X", "client_secret": secret}).encode(),
        credential=Credential.NONE,
    )
    for status in (400, 401, 403, 500):
        with pytest.raises(AssetsError) as caught:
            classify(sent, Response(status, {}, body.format(token=secret).encode()))

        assert CANARY not in f"{caught.value} {caught.value!r} {vars(caught.value)}"
