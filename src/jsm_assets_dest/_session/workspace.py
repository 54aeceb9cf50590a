"""Finding out where a site's Assets is and who is asking, once per connection.

Calls are made through `ask_jira` and `ask_assets`, which know the base address that fits the credential.

An API token with scopes cannot be told from a bad one on the site's own address. When a token is refused there, the
gateway is asked once, and the answer is remembered. What the answer proves takes some care, because a classic token works
on the gateway as well (seen by a client):

* A token that the site itself named the account of is a classic one. Whatever anonymous answer comes later, from a faulty
  proxy for example, is raised and not taken for a sign of scopes.
* The gateway takes the token, and the site had said that it looked at the login and refused it (`X-Seraph-LoginReason`,
  which accompanies a refused login and not a missing one; measured): the token has scopes.
* The gateway says that a scope is missing: the token has scopes.
* The gateway takes the token, but the site answered as if it had seen no login: nobody knows. The token is used on the
  gateway, because it works there, and `check()` says just that.
"""

from __future__ import annotations

from collections.abc import Callable

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
    ConfigurationError,
    NotFoundError,
    ScopeMismatchError,
    SeveralWorkspacesError,
)
from .call import call
from .credentials import ApiToken
from .site import Site

#: Builds a request on a base address.
Builder = Callable[[str], Request]


def cloud_id(site: Site) -> Operation[str]:
    """The site's id on the gateway."""
    if not site.cloud_id:
        site.cloud_id = wire.read_cloud_id((yield from call(site, wire.tenant_info(site.url))))
    return site.cloud_id


def jira_base(site: Site) -> Operation[str]:
    """The base address of Jira's own calls."""
    if site.jira() is None:
        yield from cloud_id(site)
    return _known(site.jira())


def _known(base: str | None) -> str:
    if base is None:
        raise AssertionError("what the address needs was found out just now")
    return base


def ask_jira(site: Site, build: Builder) -> Operation[Response]:
    """Make a call to Jira or Jira Service Management."""
    try:
        return (yield from call(site, build((yield from jira_base(site)))))
    except BadCredentialsError as error:
        refusal = error
    if not (yield from gateway_takes(site, refusal)):
        raise refusal
    return (yield from call(site, build((yield from jira_base(site)))))


def ask_assets(site: Site, build: Builder) -> Operation[Response]:
    """Make a call to the Assets workspace."""
    try:
        return (yield from call(site, build((yield from assets_base(site)))))
    except BadCredentialsError as error:
        refusal = error
    if not (yield from gateway_takes(site, refusal)):
        raise refusal
    return (yield from call(site, build((yield from assets_base(site)))))


def assets_base(site: Site) -> Operation[str]:
    """The base address of the Assets workspace."""
    if not site.url:
        yield from site_address(site)
    if not site.workspace_id:
        yield Exclusive("workspace", _find_workspace(site))
    if site.assets() is None:
        yield from cloud_id(site)
    return _known(site.assets())


def roles_base(site: Site) -> Operation[str]:
    """The base address of calls about roles."""
    yield from assets_base(site)
    return _known(site.roles())


def site_address(site: Site) -> Operation[str]:
    """The site's own address; a Forge token can be given without it, and then Jira is asked."""
    if not site.url:
        response = yield from call(site, wire.server_info((yield from jira_base(site))))
        site.url = wire.read_site_address(response)
    return site.url


def gateway_takes(site: Site, refusal: BadCredentialsError) -> Operation[bool]:
    """Whether an API token that was refused is to be used on the gateway: ask there, once per connection.

    Args:
        site: The site.
        refusal: How the token was refused.
    """
    if not isinstance(site.credentials, ApiToken) or "/ex/jira/" in refusal.path:
        return False
    if not site.uses_gateway and site.is_scoped is None:
        yield Exclusive("scoped", _ask_gateway(site, refusal))
    if site.refused_because:
        # The gateway knows more than the site, which names scopes as a possibility.
        refusal.cause = site.refused_because
    # Another worker may have found out while this one's request was on its way.
    return site.uses_gateway


def _ask_gateway(site: Site, refusal: BadCredentialsError) -> Operation[None]:
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
            "The e-mail address and the API token probably belong to different accounts: the gateway says so."
            if "different accounts" in error.cause
            else "The e-mail address or the API token is probably wrong, expired or revoked; the gateway refused them as "
            "well, so that it is no matter of scopes."
        )
    except (AuthenticationError, AccessDeniedError, NotFoundError):
        # That says nothing about the token; the refusal stands, and the next one asks again.
        return
    else:
        site.account = wire.read_account(response)
        if refusal.seen:
            site.is_scoped = True
        else:
            site.prefers_gateway = True


def believed(site: Site, response: Response) -> Account:
    """The account in an answer to "who am I". An API token that the site itself tells the account of is a classic one."""
    account = wire.read_account(response)
    if site.is_basic_on_site:
        site.is_scoped = False
        site.refused_because = ""
    site.account = account
    return account


def identity(site: Site) -> Operation[Account]:
    """The account behind the credentials, asked once."""
    if site.account is not None:
        return site.account
    return believed(site, (yield from ask_jira(site, lambda base: wire.myself(base, site.url))))


def _find_workspace(site: Site) -> Operation[None]:
    if site.workspace_id:
        return
    if site.is_basic_on_site:
        # A rejected login is answered like an anonymous one, with an empty list: only who is known can be believed.
        yield from identity(site)
    response = yield from ask_jira(site, lambda base: wire.workspaces(base, site.url))
    site.workspace_id = the_workspace(site, wire.read_workspace_ids(response))


def the_workspace(site: Site, ids: tuple[str, ...]) -> str:
    """The one workspace of a site.

    Raises:
        AssetsNotAvailableError: The site has none.
        SeveralWorkspacesError: It has several, and none was chosen.
    """
    if not ids:
        raise AssetsNotAvailableError(
            f"The site {site.url} has no Assets workspace.",
            cause="Its plan probably does not include Assets, or a Jira admin has never opened Assets on it.",
            operation="find workspace",
            host=site.url.partition("://")[2],
        )
    if len(set(ids)) > 1:
        raise SeveralWorkspacesError(
            f"The site {site.url} has {len(set(ids))} Assets workspaces: {', '.join(ids)}.",
            workspace_ids=ids,
            remedies=("You: choose one and pass it as workspace_id=….",),
        )
    return ids[0]


def required(text: object, name: str, fix: str) -> str:
    """A text that must not be empty.

    Raises:
        ConfigurationError: It is.
    """
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"`{name}` is empty; nothing was sent.", field=name, fix=fix)
    return text.strip()
