"""Find users and groups of Jira, and check the permission that this needs."""

from __future__ import annotations

from .._assets.directory import JiraGroup, JiraUser
from .._http.commands import Operation
from .._session.site import Site
from .._session.workspace import Builder, ask_jira, required
from .._wire import address_book, site_requests
from .._wire import site_requests as wire
from .._wire.site_requests import permissions
from ..exceptions import BrowseUsersPermissionError, ConfigurationError


def find_users(site: Site, query: str, limit: int) -> Operation[list[JiraUser]]:
    """Return the active users whose display name or email address begins with a text.

    Raises:
        ConfigurationError: An argument is invalid. Nothing was sent.
        BrowseUsersPermissionError: The account may not browse users.
    """
    text = required(query, "query", "Pass the beginning of a display name or of an email address.")
    largest = _checked_limit(limit, wire.SEARCH_LIMIT)
    users: dict[str, JiraUser] = {}
    start = 0
    while len(users) < largest and start < wire.SEARCH_LIMIT:
        response = yield from ask_jira(site, _search_builder(site, text, start))
        page = [JiraUser.from_json(value) for value in wire.read_users(response)]
        if not page:
            break
        users |= {user.account_id: user for user in page}
        start += wire.SEARCH_PAGE
    if not users:
        yield from require_browsing(site)
    return list(users.values())[:largest]


def _search_builder(site: Site, query: str, start: int) -> Builder:
    return lambda base: wire.search_users(base, site.url, query, start)


def find_groups(site: Site, query: str, limit: int) -> Operation[list[JiraGroup]]:
    """Return the groups whose name contains a text, in any case.

    Raises:
        ConfigurationError: An argument is invalid. Nothing was sent.
        BrowseUsersPermissionError: The account may not browse groups.
    """
    text = required(query, "query", "Pass a part of the group's name.")
    largest = _checked_limit(limit, wire.PICKER_LIMIT)
    response = yield from ask_jira(site, lambda base: wire.pick_groups(base, site.url, text))
    groups = [JiraGroup.from_json(value) for value in wire.read_groups(response)]
    if not groups:
        yield from require_browsing(site)
    return groups[:largest]


def _checked_limit(limit: int, largest: int) -> int:
    if not 1 <= limit <= largest:
        raise ConfigurationError(
            f"`limit` is {limit!r}. Nothing was sent.",
            field="limit",
            fix=f"Pass an integer from 1 to {largest}.",
        )
    return limit


def require_browsing(site: Site) -> Operation[None]:
    """Check the permission to browse users and groups. Without it, an empty list proves nothing.

    Raises:
        BrowseUsersPermissionError: The account does not have it.
    """
    response = yield from ask_jira(site, lambda base: permissions(base, site.url, wire.BROWSE_USERS))
    if site_requests.read_permissions(response).get(wire.BROWSE_USERS, False):
        return
    account = site.credentials.account_label
    host = site.url.partition("://")[2]
    raise BrowseUsersPermissionError(
        f"Could not search the users of {host or 'the site'}: {account} may not browse users and groups.",
        remedies=(address_book.browse_users(account, host),),
        operation="read permissions",
        account=account,
    )
