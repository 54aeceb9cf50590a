"""Requests about the account, the Assets workspace, and the users and groups of Jira, and the reading of their responses.

Lists of users are bare arrays without a count or a mark of their end. Jira cuts a window first and leaves rows out of it
afterwards (JRACLOUD-71293), so a short page says nothing: the next page starts at the size that was requested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, cast
from urllib.parse import urlencode

from ..exceptions import ConfigurationError, MalformedAnswerError
from .addresses import address, checked_base
from .json_reading import as_object, read_array, read_flag, read_number, read_object, read_text
from .request import Credential, Host, Request
from .response import Response


def host_of(base: str, site: str) -> Host:
    """Return the owner of a base address. An emulator may be both site and gateway; the path decides then."""
    return Host.GATEWAY if "/ex/jira/" in base or not base.startswith(site) else Host.SITE


def _read_jira(
    operation: str,
    base: str,
    site: str,
    path: str,
    *,
    query: Mapping[str, object] | None = None,
    listing: bool = False,
) -> Request:
    url = address(base, *path.split("/"), query=query)
    return Request(operation, "GET", url, host=host_of(base, site), listing=listing)


def tenant_info(site: str) -> Request:
    """Request the cloud id of the site, without a credential (undocumented, used by every client)."""
    return Request(
        "read tenant info",
        "GET",
        address(site, "_edge", "tenant_info"),
        host=Host.SITE,
        credential=Credential.NONE,
    )


def read_cloud_id(response: Response) -> str:
    return read_text(read_object(response.json(), "tenant information"), "cloudId")


def myself(base: str, site: str) -> Request:
    """Request the account of the credential, with its product access."""
    return _read_jira(
        "read myself", base, site, "rest/api/3/myself", query={"expand": "groups,applicationRoles"}
    )


class Account(NamedTuple):
    """The account that a credential belongs to.

    Attributes:
        id: Its account id.
        name: Its display name.
        email: Its email address, if it is visible.
        type: "atlassian" for a person, "app" for an app or service account.
        active: False if it is deactivated.
        product_roles: Keys of the products that it can use, such as "jira-servicedesk"; None if unknown.
        groups: Names of its groups.
    """

    id: str
    name: str = ""
    email: str = ""
    type: str = ""
    active: bool = True
    product_roles: tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()


def read_account(response: Response) -> Account:
    source = read_object(response.json(), "an account")
    return Account(
        id=read_text(source, "accountId"),
        name=read_text(source, "displayName", ""),
        email=read_text(source, "emailAddress", ""),
        type=read_text(source, "accountType", ""),
        active=read_flag(source, "active", default=True),
        product_roles=_items(source, "applicationRoles", "key"),
        groups=_items(source, "groups", "name") or (),
    )


def _items(source: Mapping[str, object], key: str, field: str) -> tuple[str, ...] | None:
    """Return the items of a listing, or None if it has more than it shows: `items` is empty unless it was expanded."""
    listing = as_object(source.get(key))
    items = listing.get("items")
    if not isinstance(items, list):
        return None
    entries = cast("list[object]", items)
    if read_number(listing, "size") > len(entries):
        return None
    return tuple(read_text(read_object(entry, key), field, "") for entry in entries)


def server_info(base: str) -> Request:
    """Request Jira's own address."""
    return Request("read server info", "GET", address(base, "rest", "api", "3", "serverInfo"))


def read_site_address(response: Response) -> str:
    """Return the normalized address of the site from the response to `server_info`.

    Raises:
        MalformedAnswerError: The response contains no valid address.
    """
    text = read_text(read_object(response.json(), "server information"), "baseUrl")
    try:
        if "://" in text:
            return checked_base(text, "baseUrl", "https://acme.atlassian.net")
    except ConfigurationError:
        pass
    raise MalformedAnswerError("The response contains an invalid address of the site.")


def permissions(base: str, site: str, *keys: str) -> Request:
    """Request the caller's global permissions. Anonymous users get a response too: check the identity first."""
    return _read_jira(
        "read permissions", base, site, "rest/api/3/mypermissions", query={"permissions": ",".join(keys)}
    )


def read_permissions(response: Response) -> dict[str, bool]:
    """Return for each permission key if the caller has it."""
    listing = read_object(read_object(response.json(), "permissions").get("permissions"), "permissions")
    return {
        key: read_flag(read_object(entry, "a permission"), "havePermission") for key, entry in listing.items()
    }


def licence(base: str, site: str) -> Request:
    """Request the products of the site and their plans; needs no permission."""
    return _read_jira("read licence", base, site, "rest/api/3/instance/license")


def read_plans(response: Response) -> dict[str, str]:
    """Return the plan of each product: {"jira-servicedesk": "PAID"}."""
    entries = read_array(read_object(response.json(), "licenses").get("applications"), "licenses")
    licenses = [read_object(entry, "a license") for entry in entries]
    return {read_text(entry, "id"): read_text(entry, "plan", "") for entry in licenses}


def service_desk_info(base: str, site: str) -> Request:
    """Request whether Jira Service Management is installed. It needs no login, so it proves nothing about the caller."""
    return _read_jira("read service desk info", base, site, "rest/servicedeskapi/info")


def read_is_licensed(response: Response) -> bool:
    """Return True if Jira Service Management is licensed on the site."""
    return read_flag(
        read_object(response.json(), "service desk information"), "isLicensedForUse", default=True
    )


def service_desks(base: str, site: str) -> Request:
    """List one service desk: works only with access to Jira Service Management."""
    return _read_jira("list service desks", base, site, "rest/servicedeskapi/servicedesk", query={"limit": 1})


def workspaces(base: str, site: str) -> Request:
    query = {"start": 0, "limit": 50}
    return _read_jira("find workspace", base, site, "rest/servicedeskapi/assets/workspace", query=query)


def read_workspace_ids(response: Response) -> tuple[str, ...]:
    """Return the workspace ids; none on a site without Assets."""
    source = read_object(response.json(), "workspaces")
    entries = read_array(source.get("values"), "workspaces")
    ids = tuple(read_text(read_object(entry, "a workspace"), "workspaceId") for entry in entries)
    if any(not workspace_id.strip() for workspace_id in ids):
        raise MalformedAnswerError("The response contains a workspace without an id.")
    return ids


def accessible_resources(gateway: str) -> Request:
    """List the sites that an OAuth token was granted."""
    return Request(
        "list accessible resources",
        "GET",
        address(gateway, "oauth", "token", "accessible-resources"),
        listing=True,
    )


def read_resources(response: Response) -> dict[str, str]:
    """Return the address of each cloud id from the response to `accessible_resources`."""
    entries = [read_object(entry, "a site") for entry in read_array(response.json(), "sites")]
    return {read_text(entry, "id"): read_text(entry, "url", "") for entry in entries}


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
    return _read_jira("search users", base, site, "rest/api/3/user/search", query=parameters, listing=True)


def list_users(base: str, site: str, start: int, size: int) -> Request:
    """List one page of all users: active, inactive, and deleted ones, customers, and apps."""
    parameters = {"startAt": start, "maxResults": size}
    return _read_jira("list users", base, site, "rest/api/3/users/search", query=parameters, listing=True)


def get_users(base: str, site: str, account_ids: Iterable[str]) -> Request:
    """Read users by account id, at most `BULK_PAGE` ids. This needs no permission."""
    return _read_bulk("get users", base, site, "user", "accountId", account_ids, BULK_PAGE)


def _read_bulk(
    operation: str, base: str, site: str, kind: str, name: str, values: Iterable[str], size: int
) -> Request:
    query = urlencode([*((name, value) for value in values), ("maxResults", size)])
    url = f"{address(base, 'rest', 'api', '3', kind, 'bulk')}?{query}"
    return Request(operation, "GET", url, host=host_of(base, site), listing=True)


def read_bulk_users(response: Response) -> list[object]:
    return read_array(read_object(response.json(), "users"), "users", "values")


def read_users(response: Response) -> list[object]:
    return read_array(response.json(), "users")


def pick_groups(base: str, site: str, query: str) -> Request:
    """Search groups whose name contains a text, in any case. Jira returns at most 20."""
    parameters = {"query": query, "maxResults": PICKER_LIMIT, "caseInsensitive": True}
    return _read_jira("pick groups", base, site, "rest/api/3/groups/picker", query=parameters, listing=True)


def find_groups(base: str, site: str, names: Iterable[str]) -> Request:
    """Find groups by their exact names, at most `GROUP_PAGE` names."""
    return _read_bulk("find groups", base, site, "group", "groupName", names, GROUP_PAGE)


def read_groups(response: Response) -> list[object]:
    """Return the groups of a response to `pick_groups` or `find_groups`."""
    return read_array(read_object(response.json(), "groups"), "groups", "groups", "values")
