"""Accounts, groups and the tokens they call with."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from .entities import Account
from .site import Site

JSM_GROUP = "jira-servicemanagement-users-acme"
JIRA_GROUP = "jira-users-acme"
ADMIN_GROUP = "site-admins"

ALL_SCOPES = (
    *(
        f"{action}:cmdb-{subject}:jira"
        for subject in ("schema", "type", "attribute", "object", "config")
        for action in ("read", "write", "delete")
    ),
    "read:cmdb-icon:jira",
    "import:import-configuration:cmdb",
    "read:servicedesk-request",
    "read:jira-user",
    "read:jira-work",
)
"""
The 17 scopes of Assets in the OpenAPI document and the three Jira scopes of a connection.
"""

PREFIXES = {"scoped": "ATATT3x", "oauth": "eyJraWQi", "forge": "eyJmb3Jn"}
"""
The beginning of a token, by its kind.
"""

OAUTH_SECONDS = 3600.0
ACCOUNT_KINDS = ("atlassian", "customer", "app")
LOCALES = ("en_US", "de_DE", "ko_KR")


def check_locale(locale: str) -> None:
    """Reject a language that the emulator does not have.

    Raises:
        ValueError: the language is unknown.
    """
    if locale not in LOCALES:
        raise ValueError(f"locale is {locale!r}; it must be one of {', '.join(LOCALES)}")


@define(kw_only=True)
class Token:
    """A scoped API token, an OAuth access token or a Forge token, with its scopes."""

    kind: str
    account_id: str
    scopes: list[str]
    expires_at: float | None = None
    secret: str = field(repr=False)
    revoked: bool = False


@define(kw_only=True)
class Client:
    """An OAuth client that requests access tokens with its id and secret."""

    client_id: str
    client_secret: str = field(repr=False)
    account_id: str
    scopes: list[str]


class Credentials:
    """All issued tokens, besides the classic API token of each account."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.tokens: dict[str, Token] = {}
        self.clients: dict[str, Client] = {}

    def issue(
        self,
        kind: str,
        account: Account,
        scopes: Sequence[str],
        seconds: float | None = None,
    ) -> Token:
        """Issue a token of a kind in `PREFIXES`. Unknown scopes are errors, because they are usually typing errors."""
        unknown = [scope for scope in scopes if scope not in ALL_SCOPES]
        if unknown:
            raise ValueError(
                f"unknown scopes {', '.join(unknown)}; the known ones are {', '.join(ALL_SCOPES)}"
            )
        expires_at = self._site.clock.time() + seconds if seconds is not None else None
        token = Token(
            kind=kind,
            account_id=account.account_id,
            scopes=list(scopes),
            expires_at=expires_at,
            secret=self._site.ids.secret(PREFIXES[kind], kind),
        )
        self.tokens[token.secret] = token
        return token

    def organization(self) -> tuple[str, str]:
        """Return the id of the organization and the API key of its administrator."""
        settings = self._site.settings
        if "organization" not in settings:
            settings["organization"] = self._site.ids.uuid("organization")
            settings["organization key"] = self._site.ids.secret("ATCTT3x", "organization key")
        return str(settings["organization"]), str(settings["organization key"])

    def add_client(self, account: Account, scopes: Sequence[str]) -> Client:
        """Create an OAuth client for the client credentials grant."""
        client = Client(
            client_id=self._site.ids.uuid("client"),
            client_secret=self._site.ids.secret("ATOA", "client secret"),
            account_id=account.account_id,
            scopes=list(scopes),
        )
        self.clients[client.client_id] = client
        return client

    def issue_for_client(self, client: Client) -> Token:
        """Issue an access token for a client that proved its secret."""
        account = self._site.accounts[client.account_id]
        return self.issue("oauth", account, client.scopes, OAUTH_SECONDS)

    def find(self, secret: str) -> Token | None:
        """Return a token if it is valid."""
        token = self.tokens.get(secret)
        if token is None or token.revoked:
            return None
        if token.expires_at is not None and self._site.clock.time() >= token.expires_at:
            return None
        return token


def account_by_email(site: Site, email: str) -> Account | None:
    """Return the account with this email address."""
    accounts = (account for account in site.accounts.values() if account.kind == "atlassian")
    return next((account for account in accounts if account.email.lower() == email.lower()), None)
