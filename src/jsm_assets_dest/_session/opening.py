"""From what the caller and the environment say to a site that operations can work with. Nothing is sent here."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from random import random
from typing import NamedTuple
from urllib.parse import urlsplit

from .._http.clock import Clock
from .._wire.addresses import AUTHORIZATION_SERVER, GATEWAY, checked_base, origin
from ..exceptions import ConfigurationError, MissingSettingsError
from .credentials import ApiToken, ClientCredentials, Credentials, ForgeToken, OAuthToken
from .retry_policy import RetryPolicy
from .site import Site

#: Environment variables of the current site.
SITE = "JSM_ASSETS_SITE"
EMAIL = "JSM_ASSETS_EMAIL"
API_TOKEN = "JSM_ASSETS_API_TOKEN"  # the variable's name
OAUTH_TOKEN = "JSM_ASSETS_OAUTH_TOKEN"  # the variable's name
CLIENT_ID = "JSM_ASSETS_CLIENT_ID"
CLIENT_SECRET = "JSM_ASSETS_CLIENT_SECRET"  # the variable's name
GATEWAY_ADDRESS = "JSM_ASSETS_GATEWAY"
CLOUD_ID = "JSM_ASSETS_CLOUD_ID"
WORKSPACE_ID = "JSM_ASSETS_WORKSPACE_ID"


class Whereabouts(NamedTuple):
    """The current site as the environment names it."""

    site: str
    credentials: Credentials
    gateway: str
    cloud_id: str | None
    workspace_id: str | None


def from_environment(auth: Credentials | None, environ: Mapping[str, str]) -> Whereabouts:
    """The current site.

    Credentials are `auth`, or an e-mail address and API token, an OAuth token, or a client id and secret, in this order.

    Raises:
        MissingSettingsError: Settings are missing; all of them are named at once.
    """
    given = {
        name: value.strip()
        for name, value in environ.items()
        if name.startswith("JSM_ASSETS_") and value.strip()
    }
    missing = [] if SITE in given else [SITE]
    credentials = auth
    gateway = GATEWAY
    if isinstance(auth, ForgeToken):
        # Forge tells the site by its address on the gateway; Jira is asked for the other one when it is needed.
        missing = []
        gateway = "{}://{}".format(*urlsplit(auth.api_base_url)[:2])
    if credentials is None:
        if EMAIL not in given and OAUTH_TOKEN in given:
            credentials = OAuthToken(given[OAUTH_TOKEN])
        elif EMAIL not in given and (CLIENT_ID in given or CLIENT_SECRET in given):
            absent = [name for name in (CLIENT_ID, CLIENT_SECRET) if name not in given]
            missing += absent
            credentials = None if absent else ClientCredentials(given[CLIENT_ID], given[CLIENT_SECRET])
        else:
            missing += [name for name in (EMAIL, API_TOKEN) if name not in given]
    if missing:
        raise MissingSettingsError(
            f"The current site is not configured: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            missing=tuple(missing),
            remedies=(
                f"You: set {SITE} (https://acme.atlassian.net), {EMAIL} and {API_TOKEN} in the environment.",
                "You: or name everything in the code, with Connection.external_site(site, auth).",
            ),
        )
    return Whereabouts(
        site=given.get(SITE, ""),
        credentials=credentials or ApiToken(given[EMAIL], given[API_TOKEN]),
        gateway=given.get(GATEWAY_ADDRESS, gateway),
        cloud_id=given.get(CLOUD_ID),
        workspace_id=given.get(WORKSPACE_ID),
    )


def open_site(
    site: str,
    auth: Credentials,
    *,
    cloud_id: str | None,
    workspace_id: str | None,
    gateway: str,
    retry: RetryPolicy,
    clock: Clock,
    proxies: tuple[str, ...],
    chance: Callable[[], float] = random,
) -> Site:
    """A site, with everything checked that can be checked without asking.

    Raises:
        ConfigurationError: A setting cannot be right.
    """
    if not isinstance(auth, (ApiToken, OAuthToken, ClientCredentials, ForgeToken)):
        raise ConfigurationError(
            f"`auth` is {type(auth).__name__}, which is no credential.",
            field="auth",
            fix="Pass ApiToken(email, token), OAuthToken(token), ClientCredentials(id, secret) or ForgeToken(token, url).",
        )
    checked_gateway = checked_base(gateway, "gateway", GATEWAY)
    if isinstance(auth, ForgeToken):
        cloud_id = _forge_cloud_id(auth, cloud_id)
    base = (
        ""
        if not site and isinstance(auth, ForgeToken)
        else checked_base(site, "site", "https://acme.atlassian.net")
    )
    if base and origin(base)[1] == origin(GATEWAY)[1]:
        raise ConfigurationError(
            "`site` is the gateway's address.",
            field="site",
            fix="Give the site's own: https://acme.atlassian.net.",
        )
    return Site(
        url=base,
        credentials=auth,
        gateway=checked_gateway,
        # An emulator or a recording proxy that stands for the gateway stands for the authorization server, too.
        authorization_server=AUTHORIZATION_SERVER if checked_gateway == GATEWAY else checked_gateway,
        cloud_id=cloud_id or None,
        workspace_id=workspace_id or None,
        policy=retry,
        clock=clock,
        proxies=proxies,
        chance=chance,
    )


def _forge_cloud_id(auth: ForgeToken, given: str | None) -> str | None:
    """The cloud id in the address that Forge gives."""
    _, found, rest = urlsplit(auth.api_base_url).path.partition("/ex/jira/")
    named = rest.partition("/")[0] if found else ""
    if given and named and given != named:
        raise ConfigurationError(
            f"`cloud_id` is {given}, but the Forge token's address is that of {named}.",
            field="cloud_id",
            fix="Leave cloud_id out; the address of the Forge token says it.",
        )
    return given or named or None


def origins(site: str, gateway: str) -> tuple[str, ...]:
    """The origins that a connection talks to, as far as they are addresses at all."""
    found: list[str] = []
    for url in (site, gateway, AUTHORIZATION_SERVER):
        try:
            found.append(checked_base(url, "site", GATEWAY))
        except ConfigurationError:
            continue
    return tuple(dict.fromkeys(found))


def checked_verify(verify: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """A TLS context, or None for the usual certificates; booleans are refused, because `False` would trust everybody.

    Raises:
        ConfigurationError: It is something else.
    """
    if verify is not None and not isinstance(verify, ssl.SSLContext):
        raise ConfigurationError(
            f"`verify` is {type(verify).__name__}, not an ssl.SSLContext.",
            field="verify",
            fix="Pass ssl.create_default_context(cafile='company.pem') to trust your company's authority.",
        )
    return verify
