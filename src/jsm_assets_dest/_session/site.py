"""State of one site that all requests of a connection share: settings, remembered workspace and account, gate, budget."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from .._http.clock import Clock, SystemClock
from .._wire.addresses import AUTHORIZATION_SERVER, GATEWAY, origin
from .._wire.request import CredentialKind
from ..exceptions import AssetsError
from .credentials import ApiToken, ClientCredentials, Credentials, ForgeToken, OAuthToken
from .gate import Budget, Gate, Patience
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
    """Jira site of a connection.

    Values that are looked up (cloud id, workspace, account, kind of token) are written once and never change. Two concurrent
    lookups find the same value.

    Attributes:
        url: Scheme and host of the site; "" for a Forge token without a site, until it is looked up.
        is_named: True if the caller named the site. Otherwise `url` comes from a response, and is only displayed.
        credentials: Credentials of the connection.
        gateway: Address of Atlassian's gateway.
        authorization_server: Address of the server that issues tokens for client credentials.
        cloud_id: Id of the site on the gateway, if known.
        workspace_id: Id of the Assets workspace, if known.
        policy: Retry policy.
        clock: Time source.
        chance: Function that returns random numbers from 0 to 1, for waits.
        proxies: Descriptions of the proxies in use, by origin.
        on_request: Listener that is notified of each attempt, or None.
        account: Account of the credentials, if it was read.
        is_scoped: True if the API token has scopes, False if not, None if unknown.
        prefers_gateway: True if an API token is used on the gateway although it is unknown whether it has scopes.
        refused_because: Reason for which site and gateway reject the API token; "" if they don't.
        provider_error: Last exception of the caller's token provider, or None.
        kind: Kind of the credentials, for advice in messages.
        token: Current bearer token, for credentials that provide one on request.
        token_expires: Time at which that token must be renewed, on the monotonic clock.
        gate: Gate of all requests.
        rejected_plans: Errors of the builds that Assets rejected, by the digests of their plans.
        budget: Retry budget of all requests.
        patience: Time that an import waits for throttling; None for all other requests, to which the retry policy applies.
    """

    patience: Patience | None = None

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
        on_request: Callable[[Any], object] | None = None,
    ) -> None:
        self.url = url
        self.credentials: Final[Credentials] = credentials
        self.gateway: Final = gateway
        self.authorization_server: Final = authorization_server
        self.cloud_id = cloud_id
        self.workspace_id = workspace_id
        self.policy: Final[RetryPolicy] = RetryPolicy() if policy is None else policy
        self.clock: Final[Clock] = SystemClock() if clock is None else clock
        self.chance = chance
        self.proxies: Final = proxies
        self.on_request: Final = on_request
        self.account: Account | None = None
        self.is_scoped: bool | None = None
        self.prefers_gateway = False
        self.refused_because = ""
        self.provider_error: Exception | None = None
        self.token: Secret | None = None
        self.token_expires: float = float("inf")
        self.kind: Final = next(kind for credential, kind in _KINDS if isinstance(credentials, credential))
        self.gate: Final[Gate] = Gate()
        self.rejected_plans: Final[dict[str, AssetsError]] = {}
        self.budget: Budget = Budget(self.policy.budget)
        named = [url, gateway, authorization_server]
        if isinstance(credentials, ForgeToken):
            named.append(credentials.api_base_url)
        #: Origins that the caller or Atlassian's documents name, as beginnings of addresses.
        self._trusted: Final = tuple(
            "{}://{}/".format(*urlsplit(address)[:2]) for address in named if address
        )
        self.is_named: Final = bool(url)

    def __repr__(self) -> str:
        return f"<Site {self.url or self.gateway} with {self.credentials!r}>"

    def patient(self, patience: Patience | None) -> Site:
        """Return the same site for the requests of an import with an open execution; None applies the retry policy."""
        return _PatientSite(self, patience)

    @property
    def uses_gateway(self) -> bool:
        """True if the credentials work on the gateway only, not on the site's own address."""
        return not isinstance(self.credentials, ApiToken) or self.is_scoped is True or self.prefers_gateway

    @property
    def is_basic_on_site(self) -> bool:
        """True if requests go to the site itself with Basic authentication.

        There, a rejected login may look like an empty response.
        """
        return not self.uses_gateway

    def trusts(self, url: str) -> bool:
        """Return True if requests may go to an address: the caller named its origin, and not only a response."""
        if url.startswith(self._trusted):
            return True
        try:
            return origin(url) in map(origin, self._trusted)
        except ValueError:
            return False

    def jira(self) -> str | None:
        """Return the base address of Jira's own requests; None if it needs the cloud id, which is unknown."""
        if isinstance(self.credentials, ForgeToken):
            return self.credentials.api_base_url
        if not self.uses_gateway:
            return self.url
        return f"{self.gateway}/ex/jira/{self.cloud_id}" if self.cloud_id else None

    def assets(self) -> str | None:
        """Return the base address of the workspace; None if a part of it is unknown."""
        if not self.workspace_id:
            return None
        workspace = f"jsm/assets/workspace/{self.workspace_id}/v1"
        if not self.uses_gateway:
            return f"{self.gateway}/{workspace}"
        jira = self.jira()
        return f"{jira}/{workspace}" if jira else None

    def roles(self) -> str | None:
        """Return the base address for roles, which only the site's own gateway provides; None if the workspace is unknown."""
        return (
            f"{self.url}/gateway/api/jsm/assets/workspace/{self.workspace_id}/v1"
            if self.workspace_id
            else None
        )


class _PatientSite(Site):
    """View of a site. It shares all attributes but one with the site, also those that change."""

    __slots__ = ("patience",)

    def __init__(self, site: Site, patience: Patience | None) -> None:
        self.__dict__ = site.__dict__
        self.patience = patience
