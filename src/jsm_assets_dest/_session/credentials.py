"""The credentials with which a connection is made.

They are values: checked when they are made, compared by content, and unable to show their secret. Nothing here talks to
the service; which address a credential is good for, and when a new access token is fetched, is the connection's matter.

A refused value is never repeated in the error, and no frame of this module still holds it when the error is raised, so
that a traceback that prints local variables shows nothing either.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Literal, NoReturn, TypeAlias
from urllib.parse import urlsplit

from attrs import field, frozen

from .._secret import Secret
from ..exceptions import ConfigurationError, InvalidCredentialError

Scheme: TypeAlias = Literal["basic", "bearer"]

#: What gives an access token when it is asked: the token, or something to await that gives it.
TokenProvider: TypeAlias = Callable[[], "str | Awaitable[str]"]

#: How Atlassian's tokens begin; observed by clients, and the import token's beginning is in Atlassian's OpenAPI document.
API_TOKEN_PREFIX = "ATATT3"
IMPORT_TOKEN_PREFIX = "ATCTT3"

_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@frozen(init=False)
class ApiToken:
    """An API token of an Atlassian account, classic or with scopes.

    Which of the two it is cannot be seen; the connection asks the gateway once when the site refuses it.

    Args:
        email: The account's e-mail address.
        token: The API token, from id.atlassian.com/manage-profile/security/api-tokens. Sent as the password of Basic
            authentication.

    Raises:
        InvalidCredentialError: One of them cannot be right; the value is not repeated.
    """

    email: str
    token: Secret = field(repr=False)
    _authorization: Secret = field(repr=False, eq=False, alias="_authorization")

    def __init__(self, email: str, token: str | Secret) -> None:
        problem = _email_problem(email) or _problem(_revealed(token), "API token", import_token=False)
        if problem:
            # Half made, it cannot even be shown, which tools that print a traceback's variables would try.
            del self, email, token
            _refuse("email" if problem.startswith("The e-mail") else "token", problem)
        sealed = _sealed(token)
        del token
        pair = Secret(f"{email}:{sealed.reveal()}")
        _fill(self, email=email, token=sealed, _authorization=_basic(pair))

    @property
    def scheme(self) -> Scheme:
        """How the credential is presented: "basic"."""
        return "basic"

    @property
    def account_label(self) -> str:
        """Who this is, for messages: the e-mail address."""
        return self.email

    def authorization(self) -> Secret | None:
        """The value of the Authorization header."""
        return self._authorization


@frozen(init=False)
class OAuthToken:
    """An OAuth 2.0 access token, or a function that gives one.

    Args:
        token: The access token; or a function without arguments that returns one, or something to await. The function is
            asked before the first request and once more after the service has refused what it gave.

    Raises:
        InvalidCredentialError: The token cannot be right; the value is not repeated.
    """

    token: Secret | None = field(repr=False)
    provider: TokenProvider | None = field(repr=False)

    def __init__(self, token: str | Secret | TokenProvider) -> None:
        if callable(token):
            _fill(self, token=None, provider=token)
            return
        problem = _problem(_revealed(token), "access token", import_token=False)
        if problem:
            del self, token
            _refuse("token", problem)
        _fill(self, token=_sealed(token), provider=None)

    @property
    def scheme(self) -> Scheme:
        """How the credential is presented: "bearer"."""
        return "bearer"

    @property
    def account_label(self) -> str:
        """Who this is, for messages; the account behind an access token is known only to the service."""
        return "the account of the OAuth token"

    def authorization(self) -> Secret | None:
        """The value of the Authorization header, or None when the provider must be asked first."""
        return None if self.token is None else _bearer(self.token)


@frozen(init=False)
class ClientCredentials:
    """The client id and secret of a service account; access tokens are fetched with them, and renewed before they expire.

    Args:
        client_id: The client id; not a secret.
        client_secret: The client secret. Sent only to the authorization server.

    Raises:
        InvalidCredentialError: One of them cannot be right; the value is not repeated.
    """

    client_id: str
    client_secret: Secret = field(repr=False)

    def __init__(self, client_id: str, client_secret: str | Secret) -> None:
        problem = _problem(client_id, "client id", import_token=False)
        name = "client_id"
        if not problem:
            problem = _problem(_revealed(client_secret), "client secret", import_token=False)
            name = "client_secret"
        if problem:
            # The id as well: people swap the two.
            del self, client_id, client_secret
            _refuse(name, problem)
        _fill(self, client_id=client_id, client_secret=_sealed(client_secret))

    @property
    def scheme(self) -> Scheme:
        """How the credential is presented: "bearer", with the access token that it is exchanged for."""
        return "bearer"

    @property
    def account_label(self) -> str:
        """Who this is, for messages: the service account by its client id."""
        return f"the service account {self.client_id}"

    def authorization(self) -> Secret | None:
        """None: an access token must be fetched first."""
        return None


@frozen(init=False)
class ForgeToken:
    """What a Forge remote is given with each call: the app's token and the address of the site's API.

    Args:
        token: The token that Forge sends along, such as the header `x-forge-oauth-system`.
        api_base_url: The address in the claim `app.apiBaseUrl`: https://api.atlassian.com/ex/jira/<cloud id>. The token is
            sent there, so it must be https; http is accepted for this machine itself.

    Raises:
        InvalidCredentialError: The token cannot be right; the value is not repeated.
        ConfigurationError: The address cannot be right.
    """

    token: Secret = field(repr=False)
    api_base_url: str

    def __init__(self, token: str | Secret, api_base_url: str) -> None:
        problem = _problem(_revealed(token), "Forge token", import_token=False)
        if problem:
            del self, token
            _refuse("token", problem)
        sealed = _sealed(token)
        del token
        if not _is_base_address(api_base_url):
            del self
            raise ConfigurationError(
                "api_base_url is not an https address without user name, query and fragment.",
                field="api_base_url",
                fix="pass the claim app.apiBaseUrl as it is: https://api.atlassian.com/ex/jira/<cloud id>.",
            )
        _fill(self, token=sealed, api_base_url=api_base_url.rstrip("/"))

    @property
    def scheme(self) -> Scheme:
        """How the credential is presented: "bearer"."""
        return "bearer"

    @property
    def account_label(self) -> str:
        """Who this is, for messages."""
        return "the Forge app"

    def authorization(self) -> Secret | None:
        """The value of the Authorization header."""
        return _bearer(self.token)


#: Everything a connection can be made with.
Credentials: TypeAlias = ApiToken | OAuthToken | ClientCredentials | ForgeToken


def bearer_authorization(token: object) -> Secret:
    """The value of the Authorization header for an access token that a provider or the authorization server gave.

    Raises:
        InvalidCredentialError: It cannot be an access token; the value is not repeated.
    """
    problem = _problem(_revealed(token), "access token", import_token=False)
    if problem:
        del token
        _refuse("token", problem)
    return _bearer(_sealed(token))


def import_token_secret(token: object) -> Secret:
    """An import token, checked and sealed.

    Raises:
        InvalidCredentialError: It cannot be an import token, or it is an API token; the value is not repeated.
    """
    problem = _problem(_revealed(token), "import token", import_token=True)
    if problem:
        del token
        _refuse("token", problem)
    return _sealed(token)


def _fill(credential: object, **values: object) -> None:
    # The classes are frozen, and their constructors are written by hand so that no frame keeps the bare secret.
    for name, value in values.items():
        object.__setattr__(credential, name, value)


def _revealed(token: object) -> object:
    return token.reveal() if isinstance(token, Secret) else token


def _sealed(token: object) -> Secret:
    return token if isinstance(token, Secret) else Secret(str(token))


def _bearer(token: Secret) -> Secret:
    return Secret(f"Bearer {token.reveal()}")


def _basic(pair: Secret) -> Secret:
    return Secret("Basic " + base64.b64encode(pair.reveal().encode("ascii")).decode("ascii"))


def _refuse(name: str, problem: str) -> NoReturn:
    what, _, fix = problem.partition(" | ")
    raise InvalidCredentialError(what, field=name, fix=fix)


def _problem(text: object, kind: str, *, import_token: bool) -> str:
    """What is wrong with a secret, and after a bar how to put it right; empty when nothing is. Never holds the text."""
    fault = _text_fault(text)
    if fault or not isinstance(text, str):
        return f"The {kind} {fault}"
    if any(character.isspace() for character in text):
        if text.lower().startswith(("basic ", "bearer ")):
            return (
                f"The {kind} begins with a scheme word. | pass the {kind} alone; the word is added for you."
            )
        return f"The {kind} has a space in it. | copy it again, without anything around it."
    if import_token and text.startswith(API_TOKEN_PREFIX):
        return (
            f"An API token was given as the import token; it begins with {API_TOKEN_PREFIX}. | generate a token in "
            "Assets, in the schema's Configuration, Import, in the menu of the external import."
        )
    if not import_token and text.startswith(IMPORT_TOKEN_PREFIX):
        return (
            f"An import token was given as the {kind}; it begins with {IMPORT_TOKEN_PREFIX}. | pass it to "
            "connection.import_token(), and log in with an account's credential."
        )
    if "@" in text:
        return f"The {kind} has an @ in it. | check that it is not the e-mail address, or swapped with it."
    if len(text) < 8 and kind != "client id":
        return f"The {kind} is too short to be one. | copy the whole of it."
    return ""


def _email_problem(text: object) -> str:
    fault = _text_fault(text)
    if fault or not isinstance(text, str):
        return f"The e-mail address {fault}"
    if any(character.isspace() for character in text):
        return "The e-mail address has a space in it. | pass the account's e-mail address alone."
    name, at, domain = text.partition("@")
    if not (name and at and domain) or ":" in text or "@" in domain:
        return "The e-mail address is not one. | pass the account's e-mail address first, then the API token."
    return ""


def _text_fault(text: object) -> str:
    if not isinstance(text, str):
        return f"must be text, not {type(text).__name__}. | check where it is read from; it was probably not set."
    if not text.strip():
        return "is blank. | check where it is read from; it was probably not set."
    if "\n" in text or "\r" in text:
        return "has a line feed in it, as when it is read from a file. | pass it without: text.strip()."
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        return "has a quote pasted along with it. | pass it without the quotes."
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        return "has an unprintable character in it. | copy it again."
    if not text.isascii():
        return "has a character in it that is not plain ASCII. | copy it again, without anything around it."
    if text != text.strip():
        return "has a space at its beginning or end. | pass it without: text.strip()."
    return ""


def _is_base_address(text: object) -> bool:
    if (
        not isinstance(text, str)
        or not text.isascii()
        or not text.isprintable()
        or set(text) & set(" \\\"'<>")
    ):
        return False
    try:
        parts = urlsplit(text)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return bool(
        secure
        and parts.hostname
        and port_is_number
        and "@" not in parts.netloc
        and not parts.query
        and not parts.fragment
    )
