"""Users and groups of Jira, and the managed accounts of the organization.

Users with a hidden email address are found by the exact address, but their address is not returned.
"""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import parse_qsl

from ..world.entities import Account, Group
from ..world.json_reading import JsonObject, JsonValue
from ..world.rejections import Rejection, bad_request, errors_body
from .call import Call, Routes
from .exchange import GATEWAY_JSON, Response, json_response

ROUTES = Routes("jira", prefix="/rest/api/3", scope="read:jira-user")

_WINDOW = 1000
_PICKED_GROUPS = 20
_MANAGED_PAGE = 50


def _matches(account: Account, query: str) -> bool:
    """Match the start of the name or of a visible email address, or the whole hidden address."""
    text = query.lower()
    email = account.email.lower()
    return account.display_name.lower().startswith(text) or (
        email.startswith(text) if account.shows_email else email == text
    )


def _may_browse(call: Call) -> bool:
    return call.caller.account is not None and call.caller.account.may_browse_users


def _require_browsing(call: Call) -> None:
    if not _may_browse(call):
        text = "You do not have the global permission to browse users and groups."
        raise Rejection(403, errors_body([text]))


def _window(call: Call, default: int, largest: int = _WINDOW) -> tuple[int, int]:
    return call.number("startAt", 0), min(call.number("maxResults", default, 1), largest)


def _values(call: Call, name: str) -> list[str]:
    return [value for key, value in parse_qsl(call.inbound.query) if key == name]


def _found_users(call: Call) -> list[Account]:
    """Return one window of the active users that match a query; none if the caller may not browse users.

    By default, the window is cut before inactive users are filtered out, so it can be short or empty.
    """
    if not _may_browse(call):
        return []
    query = call.query.get("query", "")
    accounts = [account for account in call.site.accounts.values() if _matches(account, query)]
    start, size = _window(call, 50, call.site.doubts.user_search_page)
    if call.site.doubts.users_filtered_first:
        accounts = [account for account in accounts if account.active]
    window = accounts[:_WINDOW][start : start + size]
    return [account for account in window if account.active]


@ROUTES.operation("search users", "GET /user/search")
def search_users(call: Call) -> JsonValue:
    if not call.query.get("query") and not call.query.get("accountId"):
        raise bad_request("The query parameter is required.")
    return [call.render.jira_user(account) for account in _found_users(call)]


@ROUTES.operation("list users", "GET /users/search")
@ROUTES.operation("list users", "GET /users")
def list_users(call: Call) -> JsonValue:
    _require_browsing(call)
    start, size = _window(call, 50)
    accounts = list(call.site.accounts.values())
    return [call.render.jira_user(account) for account in accounts[start : start + size]]


@ROUTES.operation("get user", "GET /user")
def get_user(call: Call) -> JsonValue:
    _require_browsing(call)
    account = call.site.accounts.get(call.query.get("accountId", ""))
    if account is None:
        raise Rejection(
            404, errors_body(["Specified user does not exist or you do not have required permissions"])
        )
    return call.render.jira_user(account)


@ROUTES.operation("get users", "GET /user/bulk")
def get_users(call: Call) -> JsonValue:
    """Return users by id. This call needs no permission."""
    ids = _values(call, "accountId")
    if not ids:
        raise bad_request("The accountId parameter is required.")
    accounts = [call.site.accounts[identifier] for identifier in ids if identifier in call.site.accounts]
    return _bulk(call, [call.render.jira_user(account) for account in accounts], 10)


def _bulk(call: Call, values: Sequence[JsonValue], default: int) -> JsonValue:
    start, size = _window(call, default)
    return {
        "startAt": start,
        "maxResults": size,
        "total": len(values),
        "isLast": start + size >= len(values),
        "values": list(values[start : start + size]),
    }


def _picked_users(accounts: Sequence[Account]) -> JsonObject:
    users: list[JsonValue] = [
        {
            "accountId": account.account_id,
            "accountType": account.kind,
            "displayName": account.display_name,
            "html": f"<strong>{escape(account.display_name)}</strong>",
            "avatarUrl": f"https://secure.gravatar.com/avatar/{account.account_id[-12:]}?s=16",
        }
        for account in accounts
    ]
    return {
        "users": users,
        "total": len(users),
        "header": f"Showing {len(users)} of {len(users)} matching users",
    }


@ROUTES.operation("pick users", "GET /user/picker")
def pick_users(call: Call) -> JsonValue:
    return _picked_users(_found_users(call))


@ROUTES.operation("pick users and groups", "GET /groupuserpicker")
def pick_users_and_groups(call: Call) -> JsonValue:
    return {"users": _picked_users(_found_users(call)), "groups": _picked_groups(call)}


@ROUTES.operation("read user email", "GET /user/email")
@ROUTES.operation("read user email", "GET /user/email/bulk")
def read_user_email(_: Call) -> JsonValue:
    """Reject people: only approved apps may read addresses."""
    raise Rejection(401, errors_body(["The calling app is not authorized to read email addresses."]))


@ROUTES.operation("find groups", "GET /group/bulk")
def find_groups(call: Call) -> JsonValue:
    _require_browsing(call)
    names, ids = set(_values(call, "groupName")), set(_values(call, "groupId"))
    groups = [
        group
        for group in call.site.groups.values()
        if not (names or ids) or group.name in names or group.group_id in ids
    ]
    return _bulk(call, [{"groupId": group.group_id, "name": group.name} for group in groups], 50)


def _picked_groups(call: Call) -> JsonObject:
    query = call.query.get("query", "")
    ignore_case = call.flag("caseInsensitive")

    def matches(group: Group) -> bool:
        if not _may_browse(call):
            return group.name == query
        return query.lower() in group.name.lower() if ignore_case else query in group.name

    groups = [group for group in call.site.groups.values() if matches(group)]
    size = min(call.number("maxResults", _PICKED_GROUPS, 1), _PICKED_GROUPS)
    documents: list[JsonValue] = [
        {"name": group.name, "groupId": group.group_id, "html": escape(group.name), "labels": []}
        for group in groups[:size]
    ]
    header = f"Showing {len(documents)} of {len(groups)} matching groups"
    return {"groups": documents, "total": len(groups), "header": header}


@ROUTES.operation("pick groups", "GET /groups/picker")
def pick_groups(call: Call) -> JsonValue:
    return _picked_groups(call)


_ORGANIZATION = ROUTES.group(family="organization", prefix="", scope=None)


@_ORGANIZATION.operation("list managed accounts", "GET /admin/v1/orgs/{orgId}/users")
def list_managed_accounts(call: Call) -> Response:
    """List all managed accounts in pages of 50. `links.next` is a whole address."""
    managed = [account for account in call.site.accounts.values() if account.kind == "atlassian"]
    start = call.number("cursor", 0)
    link = f"{call.address.root}{call.inbound.path}"
    links: JsonObject = {"self": link}
    if start + _MANAGED_PAGE < len(managed):
        links["next"] = f"{link}?cursor={start + _MANAGED_PAGE}"
    data: list[JsonValue] = [
        {
            "account_id": account.account_id,
            "account_type": account.kind,
            "account_status": "closed" if account.deleted else "active" if account.active else "inactive",
            "name": account.display_name,
            "email": account.email,
        }
        for account in managed[start : start + _MANAGED_PAGE]
    ]
    response = json_response({"data": data, "links": links, "meta": {"total": len(managed)}})
    response.content_type = GATEWAY_JSON
    return response
