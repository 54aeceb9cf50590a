"""What a connection knows of its site: what it was told, what it found out, and what its requests share."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from .._http.clock import Clock, SystemClock
from .._wire.addresses import AUTHORIZATION_SERVER, GATEWAY
from .._wire.request import CredentialKind
from .budget import Budget
from .credentials import ApiToken, ClientCredentials, Credentials, ForgeToken, OAuthToken
from .gate import Gate
from .retry_policy import RetryPolicy

if TYPE_CHECKING:
    from .._secret import Secret
    from .._wire.site_requests import Account

_KINDS: Final = (
    (ApiToken, CredentialKind.API_TOKEN),
    (OAuthToken, CredentialKind.OAUTH),
    (ClientCredentials, CredentialKind.CLIENT),
    (ForgeToken, CredentialKind.FORGE),
)


class Site:
    """A Jira site, as operations see it. All requests of a connection share one.

    What is found out (cloud id, workspace, account, kind of token) is written here once and never changes; finding it
    twice at the same time finds the same.

    Attributes:
        url: Where the site is: scheme and host; "" until it is asked, for a Forge token that was given without it.
        credentials: Whose account is used.
        gateway: Where Atlassian's gateway is.
        authorization_server: Where tokens for client credentials come from.
        cloud_id: The site's id on the gateway, when known.
        workspace_id: The id of its Assets workspace, when known.
        policy: How failed requests are tried again.
        clock: What time it is.
        chance: Random numbers from 0 to 1, for waits.
        proxies: Which origin is reached through which proxy of the environment, in words.
        account: The account behind the credentials, when it was asked.
        is_scoped: Whether an API token turned out to be one with scopes; None while nobody knows.
        prefers_gateway: Whether an API token is used on the gateway although nobody knows that it has scopes.
        refused_because: Why an API token is refused by site and gateway alike, in words; "" while it is not.
        provider_error: The last exception of the caller's token provider, or None.
        kind: The kind of the credentials, for advice in messages.
        token: The bearer token in use, for credentials that are asked for one.
        token_expires: When that token must be renewed, on the monotonic clock.
        gate: Where all requests wait while the service asks for a pause.
        budget: The retries that all requests share.
    """

    def __init__(
        self,
        *,
        url: str,
        credentials: Credentials,
        gateway: str = GATEWAY,
        authorization_server: str = AUTHORIZATION_SERVER,
        cloud_id: str | None = None,
        workspace_id: str | None = None,
        policy: RetryPolicy | None = None,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
        proxies: tuple[str, ...] = (),
    ) -> None:
        self.url = url
        self.credentials: Final = credentials
        self.gateway: Final = gateway
        self.authorization_server: Final = authorization_server
        self.cloud_id = cloud_id
        self.workspace_id = workspace_id
        self.policy: Final = RetryPolicy() if policy is None else policy
        self.clock: Final = SystemClock() if clock is None else clock
        self.chance = chance
        self.proxies: Final = proxies
        self.account: Account | None = None
        self.is_scoped: bool | None = None
        self.prefers_gateway = False
        self.refused_because = ""
        self.provider_error: Exception | None = None
        self.token: Secret | None = None
        self.token_expires = float("inf")
        self.kind: Final = next(kind for credential, kind in _KINDS if isinstance(credentials, credential))
        self.gate: Final = Gate()
        self.budget = Budget(self.policy.budget)

    def __repr__(self) -> str:
        return f"<Site {self.url or self.gateway} with {self.credentials!r}>"

    @property
    def uses_gateway(self) -> bool:
        """Whether the credentials work on the gateway only, and not on the site's own address."""
        return not isinstance(self.credentials, ApiToken) or self.is_scoped is True or self.prefers_gateway

    @property
    def is_basic_on_site(self) -> bool:
        """Whether calls go to the site itself with an e-mail address and a token; there, a rejected login may look like
        an empty answer.
        """
        return not self.uses_gateway

    def jira(self) -> str | None:
        """The base address of Jira's own calls, or None while the cloud id it needs is unknown."""
        if isinstance(self.credentials, ForgeToken):
            return self.credentials.api_base_url
        if not self.uses_gateway:
            return self.url
        return f"{self.gateway}/ex/jira/{self.cloud_id}" if self.cloud_id else None

    def assets(self) -> str | None:
        """The base address of the workspace, or None while something that it needs is unknown."""
        if not self.workspace_id:
            return None
        workspace = f"jsm/assets/workspace/{self.workspace_id}/v1"
        if not self.uses_gateway:
            return f"{self.gateway}/{workspace}"
        jira = self.jira()
        return f"{jira}/{workspace}" if jira else None

    def roles(self) -> str | None:
        """The base address of calls about roles, which only the site's own gateway answers, or None while it is unknown."""
        return (
            f"{self.url}/gateway/api/jsm/assets/workspace/{self.workspace_id}/v1"
            if self.workspace_id
            else None
        )
