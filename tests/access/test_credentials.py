"""Credentials are checked when they are made, and a rejected one is never repeated."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Callable
from typing import cast

import attrs
import pytest

from jsm_assets_dest import ApiToken, ClientCredentials, ForgeToken, OAuthToken
from jsm_assets_dest._secret import Secret
from jsm_assets_dest._session.credentials import bearer_authorization, import_token_secret
from jsm_assets_dest.exceptions import ConfigurationError, InvalidCredentialError

EMAIL = "ana@acme.com"
API_TOKEN = "ATATT3xFfGF0T4JNjKpQ7w=1A2B3C4D"
IMPORT_TOKEN = "ATCTT3xFfGN0Q9rSuVwX=5E6F7A8B"
OAUTH_TOKEN = "eyJraWQiOiJhdXRoIn0.eyJzdWIiOiI1In0.c2lnbmF0dXJl"
API_BASE_URL = "https://api.atlassian.com/ex/jira/6a3bfb6c-0a8f-4b6c-9c5f-2f1f7a9a1234"

#: Something that takes a secret, and the name of the setting in its error.
MAKERS: dict[str, Callable[[object], object]] = {
    "API token": lambda token: ApiToken(EMAIL, token),  # type: ignore[arg-type]
    "access token": cast("Callable[[object], object]", OAuthToken),
    "provided access token": bearer_authorization,
    "client secret": lambda token: ClientCredentials("hM8vGb1u2X", token),  # type: ignore[arg-type]
    "Forge token": lambda token: ForgeToken(token, API_BASE_URL),  # type: ignore[arg-type]
    "import token": import_token_secret,
}

#: What is wrong, a value with that fault that holds the word "visible", and what the error says.
FAULTS: dict[str, tuple[object, str]] = {
    "empty": ("", "is blank"),
    "blank": ("  \t ", "is blank"),
    "line feed at the end": ("visible-token-1234\n", "line feed"),
    "carriage return": ("visible-token-1234\r\n", "line feed"),
    "line feed inside": ("visible-token\nInjected: header", "line feed"),
    "double quotes": ('"visible-token-1234"', "quote"),
    "single quotes": ("'visible-token-1234'", "quote"),
    "typographic quotes": ("“visible-token-1234”", "quote"),
    "one quote": ("visible-token-1234'", "quote"),
    "null": ("visible\0token-1234", "unprintable"),
    "delete": ("visible\x7ftoken-1234", "unprintable"),
    "not ASCII": ("visible-tökèn-1234", "not ASCII"),
    "no-break space": ("visible-token-1234\u00a0", "not ASCII"),
    "zero-width space": ("visible\u200btoken-1234", "not ASCII"),
    "lone surrogate": ("visible\ud800token-1234", "not ASCII"),
    "space before": (" visible-token-1234", "starts or ends with a space"),
    "space inside": ("visible token 1234", "contains a space"),
    "scheme word": ("Bearer visible-token-1234", "authentication scheme"),
    "too short": ("visible"[:4], "too short"),
    "an e-mail address": ("visible@acme.com", "@"),
    "None": (None, "is None"),
    "bytes": (b"visible-token-1234", "is a value of the type bytes"),
    "number": (1234567890, "is a value of the type int"),
}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("fault", FAULTS)
def test_secret_with_a_fault_is_rejected_without_being_repeated(kind: str, fault: str) -> None:
    """The error says what is wrong and how to put it right, and nothing shows the value, locals included."""
    value, message = FAULTS[fault]
    # Sealed in a secret, so that this test's own frame does not show it either.
    sealed = Secret(value) if isinstance(value, str) else value
    del value
    with pytest.raises(InvalidCredentialError) as caught:
        MAKERS[kind](sealed)

    error = caught.value
    assert message in error.what
    assert error.fix
    assert error.remedies[0].startswith("You: ")
    text = f"{error} {error!r} {vars(error)} {error.to_dict()}"
    assert "visible" not in text
    assert "Injected" not in text


@pytest.mark.parametrize(
    "make",
    [
        lambda: ApiToken(EMAIL, "visible token"),
        lambda: ApiToken("visible token", API_TOKEN),
        lambda: OAuthToken("visible token"),
        lambda: ClientCredentials("hM8vGb1u2X", "visible token"),
        lambda: ClientCredentials("visible token", "a-client-secret"),
        lambda: ForgeToken("visible token", API_BASE_URL),
        lambda: bearer_authorization("visible token"),
        lambda: import_token_secret("visible token"),
    ],
)
def test_traceback_with_locals_shows_nothing(make: Callable[[], object]) -> None:
    """No frame of the package still holds the rejected value when the error is raised."""
    try:
        make()
    except InvalidCredentialError as error:
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    else:
        pytest.fail("it was taken")

    frames = [
        frame
        for frame in trace.stack
        if "jsm_assets_dest" in frame.filename and "tests" not in frame.filename
    ]
    assert frames
    assert not any("visible" in str(frame.locals) for frame in frames)


@pytest.mark.parametrize("kind", [kind for kind in MAKERS if kind != "import token"])
def test_import_token_is_not_a_credential_of_an_account(kind: str) -> None:
    """The two kinds of token look alike; the error says which one was given, and where it belongs."""
    with pytest.raises(InvalidCredentialError) as caught:
        MAKERS[kind](IMPORT_TOKEN)

    assert "is an import token" in caught.value.what
    assert "connection.import_token()" in caught.value.fix
    assert IMPORT_TOKEN not in str(caught.value)


def test_api_token_is_not_an_import_token() -> None:
    """The other way round; the error says where an import token comes from."""
    with pytest.raises(InvalidCredentialError) as caught:
        import_token_secret(API_TOKEN)

    assert "import token is an API token" in caught.value.what
    assert "generate a token in the menu" in caught.value.fix
    assert API_TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("", "is blank"),
        ("ana", "is invalid"),
        ("ana@", "is invalid"),
        ("@acme.com", "is invalid"),
        ("ana@acme@com", "is invalid"),
        ("ana:pass@acme.com", "is invalid"),
        ("ana@acme.com\n", "line feed"),
        ("'ana@acme.com'", "quote"),
        ("ana @acme.com", "contains a space"),
        ("änä@acme.com", "not ASCII"),
        (None, "is None"),
    ],
)
def test_email_address_with_a_fault_is_rejected(email: str, message: str) -> None:
    """The address is half of the credential, and as easily mistyped."""
    with pytest.raises(InvalidCredentialError) as caught:
        ApiToken(email, API_TOKEN)

    assert message in caught.value.what
    assert caught.value.field == "email"


def test_swapped_address_and_token_are_recognized() -> None:
    """A token in the place of the address is rejected, and not shown as an address would be."""
    with pytest.raises(InvalidCredentialError) as caught:
        ApiToken(API_TOKEN, EMAIL)

    assert "first, then the API token" in caught.value.fix
    assert API_TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "api.atlassian.com/ex/jira/1",
        "http://api.atlassian.com/ex/jira/1",
        "https://user:word@api.atlassian.com/ex/jira/1",
        "https://api.atlassian.com/ex/jira/1?x=1",
        "https://api.atlassian.com/ex/jira/1#x",
        "https://api.atlassian.com:port/ex",
        "https:///ex/jira/1",
        "https://api.atlassian.com/ex jira",
        "https://api.atlassian.com\\@evil.example",
        "https://äpi.atlassian.com/ex",
        "https://[::1",
        "file:///etc/passwd",
        None,
    ],
)
def test_forge_address_must_be_https(address: str) -> None:
    """The token would be sent there."""
    with pytest.raises(ConfigurationError) as caught:
        ForgeToken("forge-system-token", address)

    assert caught.value.field == "api_base_url"
    assert not isinstance(caught.value, InvalidCredentialError)


@pytest.mark.parametrize(
    "address", [API_BASE_URL, "http://127.0.0.1:8080/ex/jira/1", "http://localhost/ex/jira/1"]
)
def test_forge_address_may_be_this_machine(address: str) -> None:
    """An emulator is served without encryption, on this machine only; a slash at the end does not matter."""
    assert ForgeToken("forge-system-token", f"{address}/").api_base_url == address


def test_basic_authentication_is_the_address_and_the_token() -> None:
    """RFC 7617."""
    credentials = ApiToken(EMAIL, API_TOKEN)
    authorization = credentials.authorization()
    assert authorization is not None

    scheme, _, value = authorization.reveal().partition(" ")

    assert (credentials.scheme, scheme) == ("basic", "Basic")
    assert base64.b64decode(value).decode("ascii") == f"{EMAIL}:{API_TOKEN}"
    assert credentials.account_label == EMAIL


def test_tokens_are_borne() -> None:
    """OAuth and Forge tokens go into the header as they are."""
    for credentials, token in (
        (OAuthToken(OAUTH_TOKEN), OAUTH_TOKEN),
        (ForgeToken("forge-system-token", API_BASE_URL), "forge-system-token"),
    ):
        authorization = credentials.authorization()
        assert authorization is not None

        assert authorization.reveal() == f"Bearer {token}"
        assert credentials.scheme == "bearer"
        assert credentials.account_label


def test_looked_up_values_are_unknown_at_first() -> None:
    """A provider and client credentials give their token later; making them asks no one."""

    def provider() -> str:
        raise AssertionError("asked too early")

    assert OAuthToken(provider).authorization() is None
    assert OAuthToken(provider).provider is provider
    credentials = ClientCredentials("hM8vGb1u2X", "a-client-secret")
    assert credentials.authorization() is None
    assert credentials.scheme == "bearer"
    assert credentials.account_label == "the service account hM8vGb1u2X"


def test_scoped_api_token_may_be_borne() -> None:
    """The gateway takes a token with scopes as a bearer token too; only an import token is rejected."""
    assert OAuthToken(API_TOKEN).token == Secret(API_TOKEN)


def test_credentials_are_frozen_values() -> None:
    """They compare by content, hash alike, and cannot be changed."""
    assert ApiToken(EMAIL, API_TOKEN) == ApiToken(EMAIL, Secret(API_TOKEN))
    assert hash(ApiToken(EMAIL, API_TOKEN)) == hash(ApiToken(EMAIL, API_TOKEN))
    assert ApiToken(EMAIL, API_TOKEN) != ApiToken(EMAIL, API_TOKEN + "x")
    assert OAuthToken(OAUTH_TOKEN) == OAuthToken(OAUTH_TOKEN)
    assert ClientCredentials("hM8vGb1u2X", "a-client-secret") == ClientCredentials(
        "hM8vGb1u2X", "a-client-secret"
    )
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ApiToken(EMAIL, API_TOKEN).email = "eve@acme.com"  # type: ignore[misc]


@pytest.mark.parametrize("text", ["nonsense", "hunter2-and-more", "paste-the-import-token-of-okta-here"])
def test_string_that_is_not_an_import_token_is_rejected(text: str) -> None:
    """Only the beginning is documented, so only what can't be an opaque token is rejected."""
    with pytest.raises(InvalidCredentialError, match="not an import token") as problem:
        import_token_secret(text)
    assert text not in str(problem.value)
    assert "generate a token" in problem.value.fix


@pytest.mark.parametrize("text", [IMPORT_TOKEN, "ATCTT3short", "x1y2" * 10])
def test_opaque_import_token_is_accepted(text: str) -> None:
    assert import_token_secret(text).reveal() == text


def test_checked_import_token_is_sealed() -> None:
    """It comes back as a secret that holds exactly what was given."""
    assert import_token_secret(IMPORT_TOKEN).reveal() == IMPORT_TOKEN
