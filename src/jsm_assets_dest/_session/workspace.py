"""Finding a site's Assets workspace and the account, once per connection.

`ask_jira` and `ask_assets` send requests to the base address that fits the credential.

On the site's own address, an API token with scopes looks like a wrong one. If a token is rejected there, the gateway is
tried once, and the result is remembered. A classic token works on the gateway too (seen by a client), so the result means:

* If the site itself returned the account of the token, it is a classic one. A later anonymous response, for example from a
  faulty proxy, is raised as an error.
* If the gateway accepts the token, and the site reported that it checked and rejected the login (`X-Seraph-LoginReason`,
  which comes with a rejected login and not with a missing one; measured), the token has scopes.
* If the gateway reports that a scope is missing, the token has scopes.
* If the gateway accepts the token, but the site responded as if there was no login, the kind is unknown. The token is used
  on the gateway, because it works there, and `check()` reports exactly that.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from .._arguments.fitting import invalid
from .._http.commands import Exclusive, Operation
from .._wire import site_requests as wire
from .._wire.request import Request
from .._wire.response import Response
from .._wire.site_requests import Account
from ..exceptions import (
    AccessDeniedError,
    AssetsNotAvailableError,
    AuthenticationError,
    BadCredentialsError,
    NotFoundError,
    ScopeMismatchError,
    SeveralWorkspacesError,
)
from .call import call
from .credentials import ApiToken
from .site import Site

P = ParamSpec("P")


def cloud_id(site: Site) -> Operation[str]:
    """Return the site's id on the gateway."""
    if not site.cloud_id:
        site.cloud_id = wire.read_cloud_id((yield from call(site, wire.tenant_info(site.url))))
    return site.cloud_id


def jira_base(site: Site) -> Operation[str]:
    """Return the base address of Jira's own requests."""
    if site.jira() is None:
        yield from cloud_id(site)
    return _known(site.jira())


def _known(base: str | None) -> str:
    if base is None:
        raise AssertionError("the address was looked up just now")
    return base


def ask_jira(
    site: Site, build: Callable[Concatenate[str, str, P], Request], *arguments: P.args, **options: P.kwargs
) -> Operation[Response]:
    """Send the request to Jira that `build` makes of the base address, the address of the site, and the arguments."""
    return (yield from _ask(site, jira_base, lambda base: build(base, site.url, *arguments, **options)))


def ask_assets(
    site: Site, build: Callable[Concatenate[str, P], Request], *arguments: P.args, **options: P.kwargs
) -> Operation[Response]:
    """Send the request to the Assets workspace that `build` makes of the base address and the arguments."""
    return (yield from _ask(site, assets_base, lambda base: build(base, *arguments, **options)))


def _ask(
    site: Site, find_base: Callable[[Site], Operation[str]], build: Callable[[str], Request]
) -> Operation[Response]:
    try:
        return (yield from call(site, build((yield from find_base(site)))))
    except BadCredentialsError as error:
        rejection = error
    if not (yield from gateway_takes(site, rejection)):
        raise rejection
    return (yield from call(site, build((yield from find_base(site)))))


def assets_base(site: Site) -> Operation[str]:
    """Return the base address of the Assets workspace."""
    if not site.url:
        yield from site_address(site)
    if not site.workspace_id:
        yield Exclusive("workspace", _find_workspace(site))
    if site.assets() is None:
        yield from cloud_id(site)
    return _known(site.assets())


def roles_base(site: Site) -> Operation[str]:
    """Return the base address of requests about roles."""
    yield from assets_base(site)
    return _known(site.roles())


def site_address(site: Site) -> Operation[str]:
    """Return the site's own address. A Forge token may come without it; then Jira is queried."""
    if not site.url:
        response = yield from call(site, wire.server_info((yield from jira_base(site))))
        site.url = wire.read_site_address(response)
    return site.url


def gateway_takes(site: Site, rejection: BadCredentialsError) -> Operation[bool]:
    """Find out whether a rejected API token works on the gateway, which is tried once per connection.

    Args:
        site: The site.
        rejection: The error of the site.
    """
    if not isinstance(site.credentials, ApiToken) or "/ex/jira/" in rejection.path:
        return False
    if not site.uses_gateway and site.is_scoped is None:
        yield Exclusive("scoped", _ask_gateway(site, rejection))
    if site.refused_because:
        # The gateway knows more than the site, which names scopes as a possibility.
        rejection.cause = site.refused_because
    # Another worker may have found out while this one's request was in flight.
    return site.uses_gateway


def _ask_gateway(site: Site, rejection: BadCredentialsError) -> Operation[None]:
    if site.uses_gateway or site.is_scoped is not None:
        return
    identifier = yield from cloud_id(site)
    try:
        response = yield from call(site, wire.myself(f"{site.gateway}/ex/jira/{identifier}", site.url))
    except ScopeMismatchError:
        site.is_scoped = True
    except BadCredentialsError as error:
        site.is_scoped = False
        site.refused_because = (
            error.cause
            if "different accounts" in error.cause
            else "The email address or the API token is wrong, or the token has expired or was revoked. Scopes are not the "
            "cause: api.atlassian.com rejected the token too."
        )
    except (AuthenticationError, AccessDeniedError, NotFoundError):
        # That says nothing about the token. The rejection stands, and the next one tries again.
        return
    else:
        site.account = wire.read_account(response)
        if rejection.seen:
            site.is_scoped = True
        else:
            site.prefers_gateway = True


def accept_account(site: Site, response: Response) -> Account:
    """Remember and return the account of a response. If the site itself returns it, an API token is a classic one."""
    account = wire.read_account(response)
    if site.is_basic_on_site:
        site.is_scoped = False
        site.refused_because = ""
    site.account = account
    return account


def identity(site: Site) -> Operation[Account]:
    """Return the account behind the credentials, which is read once."""
    if site.account is not None:
        return site.account
    return accept_account(site, (yield from ask_jira(site, wire.myself)))


def _find_workspace(site: Site) -> Operation[None]:
    if site.workspace_id:
        return
    if site.is_basic_on_site:
        # Check the identity first, because a rejected login gets an empty list, as an anonymous user does.
        yield from identity(site)
    listed_ids = yield from listed_workspaces(site, ask_jira(site, wire.workspaces))
    site.workspace_id = only_workspace(site, listed_ids)


def listed_workspaces(site: Site, request: Operation[Response]) -> Operation[tuple[str, ...]]:
    """Return the workspace ids of a response.

    An empty list is also the response to a rejected login, and it is unknown whether it names the account otherwise.
    Therefore the login is proved again before it is trusted.

    Raises:
        BadCredentialsError: The login is rejected now.
        AssetsNotAvailableError: The site has no workspace.
    """
    try:
        return wire.read_workspace_ids((yield from request))
    except AssetsNotAvailableError as error:
        failure = error
    if failure.status == HTTPStatus.OK and site.is_basic_on_site:
        accept_account(site, (yield from call(site, wire.myself((yield from jira_base(site)), site.url))))
    raise failure


def only_workspace(site: Site, ids: tuple[str, ...]) -> str:
    """Return the only workspace of a site.

    Raises:
        AssetsNotAvailableError: The site has none.
        SeveralWorkspacesError: It has several, and none was chosen.
    """
    host = site.url.partition("://")[2]
    if not ids:
        raise AssetsNotAvailableError(f"{host} has no Assets.", operation="find workspace", host=host)
    if len(set(ids)) > 1:
        raise SeveralWorkspacesError(
            f"{host} has {len(set(ids))} Assets workspaces: {', '.join(ids)}.", workspace_ids=ids
        )
    return ids[0]


def required(text: object, name: str, fix: str) -> str:
    """Return a string that must not be empty.

    Raises:
        ConfigurationError: The string is empty.
    """
    if not isinstance(text, str) or not text.strip():
        raise invalid(name, "is empty", fix)
    return text.strip()
