"""Settings of a connection, from arguments and the environment, checked before anything is sent."""

import ssl
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypedDict
from urllib.parse import urlsplit

from .._http.clock import Clock
from .._http.settings import Limits
from .._wire.addresses import AUTHORIZATION_SERVER, GATEWAY, checked_base, origin
from ..exceptions import ConfigurationError, MissingSettingsError
from .credentials import ApiToken, ClientCredentials, Credentials, ForgeToken, OAuthToken
from .observed import RequestEvent
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


class ConnectionOptions(TypedDict, total=False):
    """Options of a connection as keyword arguments; see `Connection.external_site`."""

    transport: object | None
    retry: RetryPolicy | None
    limits: Limits | None
    verify: ssl.SSLContext | None
    trust_env: bool
    clock: Clock | None
    on_request: Callable[[RequestEvent], object] | None


class SiteOptions(ConnectionOptions, total=False):
    """Options of a connection to any site as keyword arguments; see `Connection.external_site`."""

    cloud_id: str | None
    workspace_id: str | None
    gateway: str


# A typed dictionary allows no assignment in its body.
ConnectionOptions.__module__ = SiteOptions.__module__ = "jsm_assets_dest"


class SiteSettings(NamedTuple):
    """Settings of a site, named like the arguments of a connection."""

    site: str
    auth: Credentials
    gateway: str
    cloud_id: str | None
    workspace_id: str | None


def from_environment(auth: Credentials | None, environ: Mapping[str, str]) -> SiteSettings:
    """Read the settings of the current site.

    The credentials are `auth`, or an email address and an API token, an OAuth token, or a client id and secret, in this
    order.

    Raises:
        MissingSettingsError: Settings are missing. The message names all of them.
    """
    settings = {
        name: value.strip()
        for name, value in environ.items()
        if name.startswith("JSM_ASSETS_") and value.strip()
    }
    missing = [] if SITE in settings else [SITE]
    credentials = auth
    gateway = GATEWAY
    if isinstance(auth, ForgeToken):
        # The token contains the site's address on the gateway; the site's own address is looked up when it is needed.
        missing = []
        gateway = "{}://{}".format(*urlsplit(auth.api_base_url)[:2])
    if credentials is None:
        if EMAIL not in settings and OAUTH_TOKEN in settings:
            credentials = OAuthToken(settings[OAUTH_TOKEN])
        elif EMAIL not in settings and (CLIENT_ID in settings or CLIENT_SECRET in settings):
            absent = [name for name in (CLIENT_ID, CLIENT_SECRET) if name not in settings]
            missing += absent
            credentials = None if absent else ClientCredentials(settings[CLIENT_ID], settings[CLIENT_SECRET])
        else:
            missing += [name for name in (EMAIL, API_TOKEN) if name not in settings]
    if missing:
        raise MissingSettingsError(
            f"Could not connect to the current site: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            missing=tuple(missing),
            remedies=(
                f"You: set the environment variables {SITE} (such as https://acme.atlassian.net), {EMAIL}, and {API_TOKEN}.",
                "You: or pass the settings to Connection.external_site(site, auth).",
            ),
        )
    return SiteSettings(
        site=settings.get(SITE, ""),
        auth=credentials or ApiToken(settings[EMAIL], settings[API_TOKEN]),
        gateway=settings.get(GATEWAY_ADDRESS, gateway),
        cloud_id=settings.get(CLOUD_ID),
        workspace_id=settings.get(WORKSPACE_ID),
    )


def open_site(
    site: str,
    auth: Credentials,
    *,
    cloud_id: str | None,
    workspace_id: str | None,
    gateway: str,
    retry: RetryPolicy | None,
    clock: Clock,
    proxies: tuple[str, ...],
    on_request: Callable[[Any], object] | None,
) -> Site:
    """Check the settings and return the site.

    Raises:
        ConfigurationError: A setting is invalid.
    """
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
            "`site` is the address of Atlassian's gateway.",
            field="site",
            fix="Pass the address of the site, such as https://acme.atlassian.net.",
        )
    return Site(
        url=base,
        credentials=auth,
        gateway=checked_gateway,
        # An emulator or a recording proxy replaces the gateway and the authorization server.
        authorization_server=AUTHORIZATION_SERVER if checked_gateway == GATEWAY else checked_gateway,
        cloud_id=cloud_id or None,
        workspace_id=workspace_id or None,
        policy=retry,
        clock=clock,
        proxies=proxies,
        on_request=on_request,
    )


def _forge_cloud_id(auth: ForgeToken, cloud_id: str | None) -> str | None:
    """Return the cloud id in the address of the Forge token."""
    _, prefix, rest = urlsplit(auth.api_base_url).path.partition("/ex/jira/")
    token_cloud_id = rest.partition("/")[0] if prefix else ""
    if cloud_id and token_cloud_id and cloud_id != token_cloud_id:
        raise ConfigurationError(
            f"`cloud_id` is {cloud_id}, but the Forge token belongs to {token_cloud_id}.",
            field="cloud_id",
            fix="Remove cloud_id; the Forge token contains it.",
        )
    return cloud_id or token_cloud_id or None


def origins(site: str, gateway: str) -> tuple[str, ...]:
    """Return the origins that a connection sends requests to; invalid addresses are left out."""
    valid: list[str] = []
    for url in (site, gateway, AUTHORIZATION_SERVER):
        try:
            valid.append(checked_base(url, "site", GATEWAY))
        except ConfigurationError:
            continue
    return tuple(dict.fromkeys(valid))
