"""Requests that find out where Assets is and who is asking, and the reading of their answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

from ..exceptions import ConfigurationError, MalformedAnswerError
from .addresses import address, checked_base
from .json_reading import as_object, read_array, read_flag, read_number, read_object, read_text
from .request import Credential, Host, Request
from .response import Response


def host_of(base: str, site: str) -> Host:
    """Whose address a base is; an emulator may be both site and gateway, and then counts as what it is asked as."""
    return Host.GATEWAY if "/ex/jira/" in base or not base.startswith(site) else Host.SITE


def tenant_info(site: str) -> Request:
    """Ask the site for its cloud id, without a credential (undocumented, used by every client)."""
    return Request(
        operation="read tenant info",
        method="GET",
        url=address(site, "_edge", "tenant_info"),
        host=Host.SITE,
        credential=Credential.NONE,
    )


def read_cloud_id(response: Response) -> str:
    """The cloud id in the answer to `tenant_info`."""
    return read_text(read_object(response.json(), "tenant information"), "cloudId")


def myself(base: str, site: str) -> Request:
    """Ask who the credential belongs to, with the person's product access."""
    return Request(
        operation="read myself",
        method="GET",
        url=address(base, "rest", "api", "3", "myself", query={"expand": "groups,applicationRoles"}),
        host=host_of(base, site),
    )


class Account(NamedTuple):
    """The account that a credential belongs to.

    Attributes:
        id: Its account id.
        name: What people call it.
        email: Its e-mail address, where it lets that be seen.
        type: "atlassian" for a person, "app" for an app or service account.
        active: Whether it may do anything.
        product_roles: Keys of products it may use, such as "jira-servicedesk"; None where Jira did not say.
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
    """The account in the answer to `myself`."""
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
    """Ask Jira for its own address."""
    return Request(
        operation="read server info", method="GET", url=address(base, "rest", "api", "3", "serverInfo")
    )


def read_site_address(response: Response) -> str:
    """The site's address in the answer to `server_info`, in one spelling.

    Raises:
        MalformedAnswerError: It names none that could be one.
    """
    text = read_text(read_object(response.json(), "server information"), "baseUrl")
    try:
        if "://" in text:
            return checked_base(text, "baseUrl", "https://acme.atlassian.net")
    except ConfigurationError:
        pass
    raise MalformedAnswerError("Jira named an address of its own that is none.")


def permissions(base: str, site: str, *keys: str) -> Request:
    """Ask whether the caller has global permissions. Anonymous callers are answered too: prove the identity first."""
    return Request(
        operation="read permissions",
        method="GET",
        url=address(base, "rest", "api", "3", "mypermissions", query={"permissions": ",".join(keys)}),
        host=host_of(base, site),
    )


def read_permissions(response: Response) -> dict[str, bool]:
    """Permission key to whether the caller has it."""
    listing = read_object(read_object(response.json(), "permissions").get("permissions"), "permissions")
    return {
        key: read_flag(read_object(entry, "a permission"), "havePermission") for key, entry in listing.items()
    }


def licence(base: str, site: str) -> Request:
    """Ask which products the site has, and on which plan; needs no permission."""
    return Request(
        operation="read licence",
        method="GET",
        url=address(base, "rest", "api", "3", "instance", "license"),
        host=host_of(base, site),
    )


def read_plans(response: Response) -> dict[str, str]:
    """Product id to plan: {"jira-servicedesk": "PAID"}."""
    entries = read_array(read_object(response.json(), "licences").get("applications"), "licences")
    found = [read_object(entry, "a licence") for entry in entries]
    return {read_text(entry, "id"): read_text(entry, "plan", "") for entry in found}


def service_desk_info(base: str, site: str) -> Request:
    """Ask whether Jira Service Management is there; answered without a login, so it proves nothing about the caller."""
    return Request(
        operation="read service desk info",
        method="GET",
        url=address(base, "rest", "servicedeskapi", "info"),
        host=host_of(base, site),
    )


def read_is_licensed(response: Response) -> bool:
    """Whether Jira Service Management is licensed on the site."""
    return read_flag(
        read_object(response.json(), "service desk information"), "isLicensedForUse", default=True
    )


def service_desks(base: str, site: str) -> Request:
    """List one service desk: works only with access to Jira Service Management."""
    return Request(
        operation="list service desks",
        method="GET",
        url=address(base, "rest", "servicedeskapi", "servicedesk", query={"limit": 1}),
        host=host_of(base, site),
    )


def workspaces(base: str, site: str, start: int = 0) -> Request:
    """List the Assets workspaces of a site."""
    return Request(
        operation="find workspace",
        method="GET",
        url=address(
            base, "rest", "servicedeskapi", "assets", "workspace", query={"start": start, "limit": 50}
        ),
        host=host_of(base, site),
    )


def read_workspace_ids(response: Response) -> tuple[str, ...]:
    """The workspace ids; empty on a site without Assets."""
    source = read_object(response.json(), "workspaces")
    entries = read_array(source.get("values"), "workspaces")
    ids = tuple(read_text(read_object(entry, "a workspace"), "workspaceId") for entry in entries)
    if any(not workspace_id.strip() for workspace_id in ids):
        raise MalformedAnswerError("Jira named a workspace without an id.")
    return ids


def accessible_resources(gateway: str) -> Request:
    """List the sites that an OAuth token was granted."""
    return Request(
        operation="list accessible resources",
        method="GET",
        url=address(gateway, "oauth", "token", "accessible-resources"),
        listing=True,
    )


def read_resources(response: Response) -> dict[str, str]:
    """Cloud id to address of the sites in the answer to `accessible_resources`."""
    entries = [read_object(entry, "a site") for entry in read_array(response.json(), "sites")]
    return {read_text(entry, "id"): read_text(entry, "url", "") for entry in entries}
