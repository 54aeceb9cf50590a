"""Requests about the users and groups of Jira.

Lists of users are bare arrays without a count or a mark of their end. Jira cuts a window first and leaves rows out of it
afterwards (JRACLOUD-71293), so a short page says nothing: the next page starts at the size that was requested.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

from .addresses import address
from .json_reading import read_array, read_object
from .request import Request
from .response import Response
from .site_requests import host_of

#: Users per page of a search. Jira returns at most 100, whatever is requested (seen by a client).
SEARCH_PAGE: Final = 100
#: A search covers the first 1000 matches only.
SEARCH_LIMIT: Final = 1000
#: Users per page of the whole directory.
DIRECTORY_PAGE: Final = 1000
#: Groups per page when they are looked up by name.
GROUP_PAGE: Final = 50
#: Users per page when they are read by account id.
BULK_PAGE: Final = 50
#: Groups that the picker returns at most.
PICKER_LIMIT: Final = 20

#: The permission "Browse users and groups". Without it, searches return an empty list instead of an error.
BROWSE_USERS: Final = "USER_PICKER"


def search_users(base: str, site: str, query: str, start: int = 0) -> Request:
    """Search active users whose name or email address begins with a text. A hidden address must match completely."""
    parameters = {"query": query, "startAt": start, "maxResults": SEARCH_PAGE}
    return Request(
        operation="search users",
        method="GET",
        url=address(base, "rest", "api", "3", "user", "search", query=parameters),
        host=host_of(base, site),
        listing=True,
    )


def list_users(base: str, site: str, start: int, size: int) -> Request:
    """List one page of all users: active, inactive, and deleted ones, customers, and apps."""
    parameters = {"startAt": start, "maxResults": size}
    return Request(
        operation="list users",
        method="GET",
        url=address(base, "rest", "api", "3", "users", "search", query=parameters),
        host=host_of(base, site),
        listing=True,
    )


def get_users(base: str, site: str, account_ids: Iterable[str]) -> Request:
    """Read users by account id, at most `BULK_PAGE` ids. This needs no permission."""
    ids_query = urlencode([("accountId", account_id) for account_id in account_ids])
    return Request(
        operation="get users",
        method="GET",
        url=f"{address(base, 'rest', 'api', '3', 'user', 'bulk')}?{ids_query}&maxResults={BULK_PAGE}",
        host=host_of(base, site),
        listing=True,
    )


def read_bulk_users(response: Response) -> list[object]:
    """Return the users of a response to `get_users`."""
    return read_array(read_object(response.json(), "users"), "users", "values")


def read_users(response: Response) -> list[object]:
    """Return the users of a page."""
    return read_array(response.json(), "users")


def pick_groups(base: str, site: str, query: str) -> Request:
    """Search groups whose name contains a text, in any case. Jira returns at most 20."""
    parameters = {"query": query, "maxResults": PICKER_LIMIT, "caseInsensitive": True}
    return Request(
        operation="pick groups",
        method="GET",
        url=address(base, "rest", "api", "3", "groups", "picker", query=parameters),
        host=host_of(base, site),
        listing=True,
    )


def find_groups(base: str, site: str, names: Iterable[str]) -> Request:
    """Find groups by their exact names, at most `GROUP_PAGE` names."""
    names_query = urlencode([("groupName", name) for name in names])
    return Request(
        operation="find groups",
        method="GET",
        url=f"{address(base, 'rest', 'api', '3', 'group', 'bulk')}?{names_query}&maxResults={GROUP_PAGE}",
        host=host_of(base, site),
        listing=True,
    )


def read_groups(response: Response) -> list[object]:
    """Return the groups of a response to `pick_groups` or `find_groups`."""
    return read_array(read_object(response.json(), "groups"), "groups", "groups", "values")
