"""The calls of Jira and Jira Service Management that a client of Assets needs."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

import datetime
from urllib.parse import quote

from ..world.accounts import ALL_SCOPES
from ..world.clock import timestamp
from ..world.entities import Account
from ..world.json_reading import JsonObject, JsonValue
from ..world.rejections import Rejection, errors_body
from .call import Call, Routes
from .exchange import HTML, JSON, TEXT, Response
from .identity import MUST_AUTHENTICATE
from .languages import translate

ROUTES = Routes("jira", prefix="/rest/api/3")
_EDGE = ROUTES.group(family="edge", prefix="")

_SITE_ROLE = {"key": "jira-software", "name": "Jira"}
_JSM_ROLE = {"key": "jira-servicedesk", "name": "Jira Service Management"}


def _must_authenticate(call: Call) -> Rejection:
    """Reject an anonymous caller. The media type follows the request; the text is the same line (measured)."""
    accepted = call.inbound.headers.get("accept", "")
    content_type = JSON if "json" in accepted else HTML if "*/*" in accepted or "html" in accepted else TEXT
    realm = quote(str(call.site.settings["site"]), safe="")
    headers = {"WWW-Authenticate": f'OAuth realm="{realm}"', "Content-Type": content_type}
    return Rejection(401, MUST_AUTHENTICATE, headers)


@_EDGE.operation("read tenant info", "GET /_edge/tenant_info")
def read_tenant_info(call: Call) -> JsonValue:
    return {"cloudId": call.site.cloud_id}


@ROUTES.operation("read myself", "GET /myself", scope="read:jira-user")
def read_myself(call: Call) -> JsonValue:
    account = call.caller.account
    if account is None:
        raise _must_authenticate(call)
    expanded = {part.strip() for part in call.query.get("expand", "").split(",")}
    groups: list[JsonValue] = [
        {
            "name": name,
            "groupId": call.site.groups[name].group_id,
            "self": f"{call.address.prefix}/rest/api/3/group?groupId={call.site.groups[name].group_id}",
        }
        for name in account.groups
    ]
    roles = [_SITE_ROLE, _JSM_ROLE] if call.access.is_licensed(account) else [_SITE_ROLE]
    return {
        **call.render.jira_user(account),
        "emailAddress": account.email,
        "timeZone": "Europe/Madrid",
        "locale": account.locale or call.site.locale,
        "groups": {"size": len(groups), "items": groups if "groups" in expanded else []},
        "applicationRoles": {"size": len(roles), "items": roles if "applicationRoles" in expanded else []},
        "expand": "groups,applicationRoles",
    }


_OTHER_PERMISSIONS = (
    "ADD_COMMENTS", "ADMINISTER_PROJECTS", "ARCHIVE_ISSUES", "ASSIGN_ISSUES", "ASSIGNABLE_USER",
    "CLOSE_ISSUES", "CREATE_ATTACHMENTS", "DELETE_ALL_ATTACHMENTS", "DELETE_ALL_COMMENTS",
    "DELETE_ALL_WORKLOGS", "DELETE_ISSUES", "DELETE_OWN_ATTACHMENTS", "DELETE_OWN_COMMENTS",
    "DELETE_OWN_WORKLOGS", "EDIT_ALL_COMMENTS", "EDIT_ALL_WORKLOGS", "EDIT_ISSUE_LAYOUT",
    "EDIT_OWN_COMMENTS", "EDIT_OWN_WORKLOGS", "EDIT_WORKFLOW", "LINK_ISSUES", "MANAGE_SPRINTS_PERMISSION",
    "MANAGE_WATCHERS", "MODIFY_REPORTER", "MOVE_ISSUES", "RESOLVE_ISSUES", "SCHEDULE_ISSUES",
    "SET_ISSUE_SECURITY", "TRANSITION_ISSUES", "UNARCHIVE_ISSUES", "VIEW_AGGREGATED_DATA", "VIEW_DEV_TOOLS",
    "VIEW_READONLY_WORKFLOW", "VIEW_VOTERS_AND_WATCHERS", "WORK_ON_ISSUES",
)  # fmt: skip
_PERMISSIONS = {
    "ADMINISTER": ("0", "Administer Jira", "GLOBAL"),
    "SYSTEM_ADMIN": ("44", "System Administrators", "GLOBAL"),
    "USER_PICKER": ("27", "Browse users and groups", "GLOBAL"),
    "CREATE_SHARED_OBJECTS": ("22", "Create shared objects", "GLOBAL"),
    "MANAGE_GROUP_FILTER_SUBSCRIPTIONS": ("24", "Manage group filter subscriptions", "GLOBAL"),
    "BULK_CHANGE": ("33", "Bulk change", "GLOBAL"),
    "CREATE_PROJECT": ("-1", "Create projects", "GLOBAL"),
    "BROWSE_PROJECTS": ("10", "Browse Projects", "PROJECT"),
    "CREATE_ISSUES": ("11", "Create Issues", "PROJECT"),
    "EDIT_ISSUES": ("12", "Edit Issues", "PROJECT"),
    **{key: ("-1", key.replace("_", " ").capitalize(), "PROJECT") for key in _OTHER_PERMISSIONS},
    "SERVICEDESK_AGENT": ("-1", "Service Project Agent", "PROJECT"),
}


@ROUTES.operation("read permissions", "GET /mypermissions", scope="read:jira-work")
def read_permissions(call: Call) -> JsonValue:
    keys = [key.strip() for key in call.query.get("permissions", "").split(",") if key.strip()]
    if not keys:
        raise Rejection(400, errors_body(["The 'permissions' query parameter is required."]))
    unknown = [key for key in keys if key not in _PERMISSIONS]
    if unknown:
        raise Rejection(400, errors_body(fields=dict.fromkeys(unknown, "Unrecognized permission")))
    permissions: JsonObject = {}
    for key in keys:
        identifier, name, kind = _PERMISSIONS[key]
        permissions[key] = {
            "id": identifier,
            "key": key,
            "name": translate(name, call.language),
            "type": kind,
            "description": translate(f"Ability to {name.lower()}.", call.language),
            "havePermission": _has_permission(call, call.caller.account, key),
        }
    return {"permissions": permissions}


def _has_permission(call: Call, account: Account | None, key: str) -> bool:
    if account is None:
        return False
    if key in ("ADMINISTER", "SYSTEM_ADMIN"):
        return account.admin
    if key == "USER_PICKER":
        return account.may_browse_users
    return call.access.is_licensed(account) if key == "SERVICEDESK_AGENT" else True


_ZONE = datetime.timezone(datetime.timedelta(hours=1))


def _site_time(milliseconds: int) -> str:
    """Format a time in the site's zone, with an offset without a colon."""
    moment = datetime.datetime.fromtimestamp(milliseconds // 1000, _ZONE)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}{moment:%z}"


@ROUTES.operation("read server info", "GET /serverInfo", scope="read:jira-work")
def read_server_info(call: Call) -> JsonValue:
    now = call.site.now()
    return {
        "baseUrl": str(call.site.settings["site"]),
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100294,
        "buildDate": _site_time(now - 86_400_000),
        "serverTime": _site_time(now),
        "serverTimeZone": {"timeZoneId": "Africa/Lagos"},
        "scmInfo": "0" * 40,
        "serverTitle": "Jira",
        "defaultLocale": {"locale": call.site.locale},
    }


@ROUTES.operation("read licence", "GET /instance/license", scope="read:jira-work")
def read_licence(call: Call) -> JsonValue:
    if call.caller.account is None:
        raise _must_authenticate(call)
    plan = "FREE" if call.access.free_plan else "PAID"
    return {
        "applications": [{"id": "jira-software", "plan": "PAID"}, {"id": "jira-servicedesk", "plan": plan}]
    }


# Jira Service Management ------------------------------------------------------------------------------------

_JSM = ROUTES.group(family="jsm", prefix="/rest/servicedeskapi", scope="read:servicedesk-request")


@_JSM.operation("read service desk info", "GET /info")
def read_service_desk_info(call: Call) -> JsonValue:
    now = call.site.now()
    return {
        "version": "5.0.0",
        "platformVersion": "1001.0.0-SNAPSHOT",
        "buildDate": {
            "iso8601": timestamp(now)[:-5] + "+0000",
            "jira": timestamp(now),
            "friendly": "Today 8:00 AM",
            "epochMillis": now,
        },
        "buildChangeSet": "0" * 40,
        "isLicensedForUse": True,
        "_links": {"self": f"{call.address.prefix}/rest/servicedeskapi/info"},
    }


def _page(call: Call, values: list[JsonValue]) -> JsonValue:
    size, start = call.number("limit", 50, 1), call.number("start", 0)
    page = values[start : start + size]
    link = call.address.prefix + call.operation.path.removeprefix("/rest/servicedeskapi")
    links: JsonObject = {
        "self": f"{link}?limit={size}&start={start}",
        "base": call.address.prefix,
        "context": "",
    }
    return {
        "_expands": [],
        "size": len(page),
        "start": start,
        "limit": size,
        "isLastPage": start + size >= len(values),
        "_links": links,
        "values": page,
    }


def _jsm_refusal(status: int, key: str, text: str) -> Rejection:
    return Rejection(status, {"errorMessage": text, "i18nErrorMessage": {"i18nKey": key, "parameters": []}})


@_JSM.operation("list service desks", "GET /servicedesk")
def list_service_desks(call: Call) -> Response | JsonValue:
    account = call.caller.account
    if account is None:
        return _page(call, [])
    if not call.access.is_licensed(account):
        return Response(status=403)
    desk: JsonObject = {
        "id": "1",
        "projectId": "10000",
        "projectName": "IT help",
        "projectKey": "ITH",
        "_links": {"self": f"{call.address.prefix}/rest/servicedeskapi/servicedesk/1"},
    }
    return _page(call, [desk])


@_JSM.operation("find workspace", "GET /assets/workspace")
@_JSM.operation("find workspace", "GET /insight/workspace")
def find_workspace(call: Call) -> JsonValue:
    account = call.caller.account
    if account is None:
        return _page(call, [])
    if call.access.disabled == "forbidden" or not call.access.is_licensed(account):
        raise _jsm_refusal(
            call.site.doubts.unlicensed_workspace_status,
            "sd.error.not.licensed",
            "You do not have access to Jira Service Management or to Assets on this site.",
        )
    is_listed = call.access.disabled != "empty"
    values: list[JsonValue] = [{"workspaceId": call.site.workspace_id}] if is_listed else []
    return _page(call, values)


# Elsewhere --------------------------------------------------------------------------------------------------

_RESOURCES = ROUTES.group(family="resources", prefix="")


@_RESOURCES.operation("list accessible resources", "GET /oauth/token/accessible-resources")
def list_accessible_resources(call: Call) -> JsonValue:
    url = str(call.inbound.root or call.site.settings["site"])
    granted = call.caller.scopes if call.caller.scopes is not None else list(ALL_SCOPES)
    return [
        {
            "id": call.site.cloud_id,
            "url": url,
            "name": "acme",
            "scopes": list(granted),
            "avatarUrl": "https://site-admin-avatar-cdn.prod.public.atl-paas.net/avatars/240/flag.png",
        }
    ]
