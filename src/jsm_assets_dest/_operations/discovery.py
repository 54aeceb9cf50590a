"""
Finding out where a site's Assets is and who is asking, once per connection.

Calls are made through `ask_jira`, `ask_assets` and `ask_roles`, which know the base address that fits the credential.
An API token with scopes cannot be told from a bad one on the site's own address; when a token is refused there, the
gateway is asked once, and the answer is remembered.
"""

from __future__ import annotations

from collections.abc import Callable

from .._engine.commands import Exclusive, Operation
from .._retry.call import call
from .._retry.site import Site
from .._wire import discovery as wire
from .._wire.answer import Answer
from .._wire.discovery import Account
from .._wire.request import Request
from ..auth import ApiToken
from ..exceptions import (
    AccessDeniedError,
    AssetsError,
    AssetsNotAvailableError,
    AuthenticationError,
    BadCredentialsError,
    ConfigurationError,
    NotFoundError,
    ScopeMismatchError,
    SeveralWorkspacesError,
)

#: Builds a request on a base address.
Builder = Callable[[str], Request]


def cloud_id(site: Site) -> Operation[str]:
    """
    The site's id on the gateway.
    """
    if not site.cloud_id:
        site.cloud_id = wire.read_cloud_id((yield from call(site, wire.tenant_info(site.url))))
    return site.cloud_id


def jira_base(site: Site) -> Operation[str]:
    """
    The base address of Jira's own calls.
    """
    if site.jira() is None:
        yield from cloud_id(site)
    return _known(site.jira())


def _known(base: str | None) -> str:
    if base is None:
        raise AssertionError("what the address needs was found out just now")
    return base


def ask_jira(site: Site, build: Builder) -> Operation[Answer]:
    """
    Make a call to Jira or Jira Service Management.
    """
    try:
        return (yield from call(site, build((yield from jira_base(site)))))
    except BadCredentialsError:
        if not (yield from turned_out_scoped(site)):
            raise
    return (yield from call(site, build((yield from jira_base(site)))))


def ask_assets(site: Site, build: Builder) -> Operation[Answer]:
    """
    Make a call to the Assets workspace.
    """
    try:
        return (yield from call(site, build((yield from assets_base(site)))))
    except BadCredentialsError:
        if not (yield from turned_out_scoped(site)):
            raise
    return (yield from call(site, build((yield from assets_base(site)))))


def assets_base(site: Site) -> Operation[str]:
    """
    The base address of the Assets workspace.
    """
    if not site.workspace_id:
        yield Exclusive("workspace", _find_workspace(site))
    if site.assets() is None:
        yield from cloud_id(site)
    return _known(site.assets())


def roles_base(site: Site) -> Operation[str]:
    """
    The base address of calls about roles.
    """
    yield from assets_base(site)
    return _known(site.roles())


def turned_out_scoped(site: Site) -> Operation[bool]:
    """
    Whether an API token that the site refused is one with scopes: ask the gateway, once per connection.
    """
    if not isinstance(site.credentials, ApiToken) or site.is_scoped is not None:
        return False
    yield Exclusive("scoped", _ask_gateway(site))
    return bool(site.is_scoped)


def _ask_gateway(site: Site) -> Operation[None]:
    if site.is_scoped is not None:
        return
    identifier = yield from cloud_id(site)
    try:
        answer = yield from call(site, wire.myself(f"{site.gateway}/ex/jira/{identifier}", site.url))
    except ScopeMismatchError:
        site.is_scoped = True
    except AssetsError as error:
        if isinstance(error, (AuthenticationError, AccessDeniedError, NotFoundError)):
            site.is_scoped = False
            return
        raise
    else:
        site.is_scoped = True
        site.account = wire.read_account(answer)


def identity(site: Site) -> Operation[Account]:
    """
    The account behind the credentials, asked once.
    """
    if site.account is None:
        answer = yield from ask_jira(site, lambda base: wire.myself(base, site.url))
        site.account = wire.read_account(answer)
    return site.account


def _find_workspace(site: Site) -> Operation[None]:
    if site.workspace_id:
        return
    if site.is_basic_on_site:
        # A rejected login is answered like an anonymous one, with an empty list: only who is known can be believed.
        yield from identity(site)
    answer = yield from ask_jira(site, lambda base: wire.workspaces(base, site.url))
    site.workspace_id = the_workspace(site, wire.read_workspace_ids(answer))


def the_workspace(site: Site, ids: tuple[str, ...]) -> str:
    """
    The one workspace of a site.

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
    """
    A text that must not be empty.

    Raises:
        ConfigurationError: It is.
    """
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"`{name}` is empty; nothing was sent.", field=name, fix=fix)
    return text.strip()
