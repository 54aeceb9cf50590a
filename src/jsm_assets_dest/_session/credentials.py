"""Credentials of a connection.

They are values: checked when they are created, compared by content, and without a way to display their secret. Nothing here
sends a request.

An error never repeats a rejected value, and `forgetful` removes it from the traceback. So an error reporter that prints local
variables does not show it either.
"""

import base64
from collections.abc import Awaitable, Callable
from typing import ClassVar, Literal, NoReturn, TypeAlias
from urllib.parse import urlsplit

from attrs import field, frozen

from .._arguments.checking import forgetful
from .._arguments.fitting import invalid, type_problem, wrong_type
from .._display.values import public_value
from .._secret import Secret
from ..exceptions import InvalidCredentialError

Scheme: TypeAlias = Literal["basic", "bearer"]

#: Function that returns an access token or an awaitable of one.
TokenProvider: TypeAlias = Callable[[], str | Awaitable[str]]

#: Prefixes of Atlassian's tokens: observed, and for the import token from Atlassian's OpenAPI document.
API_TOKEN_PREFIX = "ATATT3"
IMPORT_TOKEN_PREFIX = "ATCTT3"
#: Name of import tokens in messages.
_IMPORT_TOKEN = "import token"
#: A token with fewer characters could be guessed.
_SHORTEST_TOKEN = 24
_GENERATE = "In Assets, open the object schema, then Configuration > Import, and generate a token in the menu of the External import."

_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@frozen(init=False)
@public_value
class ApiToken:
    """API token of an Atlassian account, with or without scopes.

    The token itself does not show whether it has scopes. If the site rejects it, the connection tries the gateway once.

    Args:
        email: Email address of the account.
        token: API token, from https://id.atlassian.com/manage-profile/security/api-tokens. It is sent as the password of Basic
            authentication.

    Raises:
        InvalidCredentialError: The email address or the token is invalid. The message does not repeat the value.
    """

    #: Authentication scheme.
    scheme: ClassVar[Scheme] = "basic"
    email: str
    token: Secret = field(repr=False)
    _authorization: Secret = field(repr=False, eq=False, alias="_authorization")

    @forgetful
    def __init__(self, email: str, token: str | Secret) -> None:
        if problem := _email_problem(email):
            _refuse("email", problem)
        sealed = _sealed(token, "API token")
        pair = Secret(f"{email}:{sealed.reveal()}")
        _fill(self, email=email, token=sealed, _authorization=_basic(pair))

    @property
    def account_label(self) -> str:
        """Name of the account for messages: the email address."""
        return self.email

    def authorization(self) -> Secret | None:
        """Return the value of the Authorization header."""
        return self._authorization


@frozen(init=False)
@public_value
class OAuthToken:
    """OAuth 2.0 access token, or a function that returns one.

    Args:
        token: Access token, or a function without arguments that returns one or an awaitable of one. The function is called
            before the first request, and again if the service rejects its token.

    Raises:
        InvalidCredentialError: The token is invalid. The message does not repeat the value.
    """

    #: Authentication scheme.
    scheme: ClassVar[Scheme] = "bearer"
    token: Secret | None = field(repr=False)
    provider: TokenProvider | None = field(repr=False)

    @forgetful
    def __init__(self, token: str | Secret | TokenProvider) -> None:
        if callable(token):
            _fill(self, token=None, provider=token)
            return
        _fill(self, token=_sealed(token, "access token"), provider=None)

    @property
    def account_label(self) -> str:
        """Name of the account for messages. Only the service knows the account of an access token."""
        return "the account of the OAuth token"

    def authorization(self) -> Secret | None:
        """Return the value of the Authorization header; None if the provider must be called first."""
        return None if self.token is None else _bearer(self.token)


@frozen(init=False)
@public_value
class ClientCredentials:
    """Client id and client secret of a service account.

    The connection requests access tokens with them and renews them before they expire.

    Args:
        client_id: Client id. It is not a secret.
        client_secret: Client secret. It is sent only to the authorization server.

    Raises:
        InvalidCredentialError: One of them is invalid. The message does not repeat the value.
    """

    #: Authentication scheme, with an access token that the connection requests.
    scheme: ClassVar[Scheme] = "bearer"
    client_id: str
    client_secret: Secret = field(repr=False)

    @forgetful
    def __init__(self, client_id: str, client_secret: str | Secret) -> None:
        if problem := _problem(client_id, "client id"):
            _refuse("client_id", problem)
        sealed = _sealed(client_secret, "client secret", "client_secret")
        _fill(self, client_id=client_id, client_secret=sealed)

    @property
    def account_label(self) -> str:
        """Name of the account for messages: the service account with its client id."""
        return f"the service account {self.client_id}"

    def authorization(self) -> Secret | None:
        """Return None, because an access token must be requested first."""
        return None


@frozen(init=False)
@public_value
class ForgeToken:
    """Token and API address that a Forge remote receives with each call.

    Args:
        token: Token that Forge sends, such as the header `x-forge-oauth-system`.
        api_base_url: Address in the claim `app.apiBaseUrl`: https://api.atlassian.com/ex/jira/<cloud id>. The token is sent
            there, so it must be an https address; http is accepted for this computer only.

    Raises:
        InvalidCredentialError: The token is invalid. The message does not repeat the value.
        ConfigurationError: The address is invalid.
    """

    #: Authentication scheme.
    scheme: ClassVar[Scheme] = "bearer"
    token: Secret = field(repr=False)
    api_base_url: str

    @forgetful
    def __init__(self, token: str | Secret, api_base_url: str) -> None:
        sealed = _sealed(token, "Forge token")
        fix = "Pass the claim app.apiBaseUrl unchanged: https://api.atlassian.com/ex/jira/<cloud id>."
        if not isinstance(api_base_url, str):
            raise wrong_type("api_base_url", api_base_url, fix)
        if not _is_base_address(api_base_url):
            raise invalid(
                "api_base_url", "is not an https address without user name, query, and fragment", fix
            )
        _fill(self, token=sealed, api_base_url=api_base_url.rstrip("/"))

    @property
    def account_label(self) -> str:
        """Name of the account for messages."""
        return "the Forge app"

    def authorization(self) -> Secret | None:
        """Return the value of the Authorization header."""
        return _bearer(self.token)


#: Credentials of a connection.
Credentials: TypeAlias = ApiToken | OAuthToken | ClientCredentials | ForgeToken


@forgetful
def bearer_authorization(token: object) -> Secret:
    """Return the value of the Authorization header for an access token from a provider or the authorization server.

    Raises:
        InvalidCredentialError: It is not an access token. The message does not repeat the value.
    """
    return _bearer(_sealed(token, "access token"))


@forgetful
def import_token_secret(token: object) -> Secret:
    """Check an import token and return it as a secret.

    Raises:
        InvalidCredentialError: It is not an import token; it may be an API token. The message does not repeat the value.
    """
    return _sealed(token, _IMPORT_TOKEN)


def _fill(credential: object, **values: object) -> None:
    # The constructors of these frozen classes are written manually, because attrs' own would store the bare secret first.
    for name, value in values.items():
        object.__setattr__(credential, name, value)


def _sealed(token: object, kind: str, name: str = "token") -> Secret:
    """Check a secret and seal it. `kind` is its name in messages, and `name` that of the argument."""
    if problem := _problem(token.reveal() if isinstance(token, Secret) else token, kind):
        _refuse(name, problem)
    return token if isinstance(token, Secret) else Secret(str(token))


def _bearer(token: Secret) -> Secret:
    return Secret(f"Bearer {token.reveal()}")


def _basic(pair: Secret) -> Secret:
    return Secret("Basic " + base64.b64encode(pair.reveal().encode("ascii")).decode("ascii"))


def _refuse(name: str, problem: str) -> NoReturn:
    message, _, fix = problem.replace("{argument}", f"`{name}`").partition(" | ")
    raise InvalidCredentialError(message, field=name, fix=fix)


def _problem(text: object, kind: str) -> str:
    """Return the problem of a secret, and after a bar its fix; "" if there is none. Never contains the secret."""
    import_token = kind == _IMPORT_TOKEN
    if not isinstance(text, str):
        return _not_a_string(text, f"the {kind}")
    if problem := _text_problem(text):
        return f"The {kind} {problem}"
    if any(character.isspace() for character in text):
        if text.lower().startswith(("basic ", "bearer ")):
            return f'The {kind} starts with an authentication scheme. | Pass the {kind} alone, without "Basic" or "Bearer".'
        return f"The {kind} contains a space. | Copy it again, without other text."
    if import_token and text.startswith(API_TOKEN_PREFIX):
        return f"The import token is an API token: it starts with {API_TOKEN_PREFIX}. | {_GENERATE}"
    if not import_token and text.startswith(IMPORT_TOKEN_PREFIX):
        return (
            f"The {kind} is an import token: it starts with {IMPORT_TOKEN_PREFIX}. | Pass it to connection.import_token(), and "
            "use the credential of an account here."
        )
    if "@" in text:
        return f"The {kind} contains an @. | Check that it is not the email address, or swapped with it."
    if len(text) < 8 and kind != "client id":
        return f"The {kind} is too short. | Copy all of it."
    if import_token and not _may_be_import_token(text):
        return f"The string is not an import token: import tokens start with {IMPORT_TOKEN_PREFIX}. | {_GENERATE}"
    return ""


def _may_be_import_token(text: str) -> bool:
    """Return False for names and words. Other tokens may exist: Atlassian documents the beginning in an example only."""
    is_random = len(text) >= _SHORTEST_TOKEN and any(character.isdigit() for character in text)
    return text.startswith(IMPORT_TOKEN_PREFIX) or is_random


def _email_problem(text: object) -> str:
    if not isinstance(text, str):
        return _not_a_string(text, "the email address of the account")
    if problem := _text_problem(text):
        return f"The email address {problem}"
    if any(character.isspace() for character in text):
        return "The email address contains a space. | Pass only the email address of the account."
    name, at, domain = text.partition("@")
    if not (name and at and domain) or ":" in text or "@" in domain:
        return (
            "The email address is invalid. | Pass the email address of the account first, then the API token."
        )
    return ""


def _not_a_string(value: object, kind: str) -> str:
    return (
        f"{{argument}} {type_problem(value)}. Nothing was sent. | Pass {kind} as a string. Check where it is read from; it "
        "may not be set."
    )


def _text_problem(text: str) -> str:
    if not text.strip():
        return "is blank. | Check where it is read from; it may not be set."
    if "\n" in text or "\r" in text:
        return "contains a line feed, for example from a file. | Remove it: text.strip()."
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        return "starts or ends with a quote. | Remove the quotes."
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        return "contains an unprintable character. | Copy it again."
    if not text.isascii():
        return "contains a character that is not ASCII. | Copy it again, without other text."
    if text != text.strip():
        return "starts or ends with a space. | Remove it: text.strip()."
    return ""


def _is_base_address(text: str) -> bool:
    if not text.isascii() or not text.isprintable() or set(text) & set(" \\\"'<>"):
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
