"""The base URL of a request, and its family of calls."""

from __future__ import annotations

import re
from urllib.parse import unquote

from attrs import frozen

from .exchange import Inbound

GATEWAY_HOST = "api.atlassian.com"
AUTH_HOST = "auth.atlassian.com"

_WORKSPACE = r"/jsm/(?:assets|insight)/workspace/(?P<workspace>[^/]+)/v1(?P<rest>/.*)"
_SITE_GATEWAY = re.compile("/gateway/api" + _WORKSPACE)
_SHORT = re.compile(_WORKSPACE)
_EX_ASSETS = re.compile("/ex/jira/(?P<cloud>[^/]+)" + _WORKSPACE)
_EX_REST = re.compile(r"/ex/jira/(?P<cloud>[^/]+)(?P<rest>/rest/.*)")
_INFO = re.compile(r"/jsm/(?:assets|insight)(?P<rest>/v1/imports/info)")


@frozen(kw_only=True)
class Address:
    """The address of a request.

    Args:
        base: "site", "site gateway", "short", "ex/jira", "gateway" or "auth".
        family: "assets", "import info", "jira", "jsm", "edge", "auth", "resources", "organization", "web" or
            "".
        path: the rest of the path, which determines the operation.
        prefix: everything before it; links in responses begin with it.
        root: scheme and host of the base.
    """

    base: str
    family: str
    path: str
    prefix: str
    root: str
    cloud_id: str | None = None
    workspace_id: str | None = None


def address_of(inbound: Inbound, site_host: str) -> Address | None:
    """Parse an address.

    Returns:
        None if the host does not belong to the site.
    """
    path = inbound.path
    if inbound.root is not None:
        root = inbound.root
        on_site = on_gateway = on_auth = True
    else:
        root = "https://" + inbound.host
        on_site = inbound.host == site_host
        on_gateway = inbound.host == GATEWAY_HOST
        on_auth = inbound.host == AUTH_HOST
        if not (on_site or on_gateway or on_auth):
            return None
    if on_site:
        address = _on_site(path, root)
        if address is not None:
            return address
    if on_gateway:
        address = _on_gateway(path, root)
        if address is not None:
            return address
    if on_auth and path == "/oauth/token":
        return Address(base="auth", family="auth", path=path, prefix=root, root=root)
    base = "site" if on_site else "gateway" if on_gateway else "auth"
    return Address(base=base, family="", path=path, prefix=root, root=root)


def _on_site(path: str, root: str) -> Address | None:
    if path.startswith("/rest/"):
        family = "jsm" if path.startswith("/rest/servicedeskapi/") else "jira"
        return Address(base="site", family=family, path=path, prefix=root, root=root)
    if path.startswith("/_edge/"):
        return Address(base="site", family="edge", path=path, prefix=root, root=root)
    if path.startswith("/jira/"):
        return Address(base="site", family="web", path=path, prefix=root, root=root)
    match = _SITE_GATEWAY.fullmatch(path)
    return _in_workspace(match, "site gateway", path, root)


def _on_gateway(path: str, root: str) -> Address | None:
    if path == "/oauth/token/accessible-resources":
        return Address(base="gateway", family="resources", path=path, prefix=root, root=root)
    if path.startswith("/admin/"):
        return Address(base="gateway", family="organization", path=path, prefix=root, root=root)
    match = _INFO.fullmatch(path)
    if match is not None:
        return Address(base="short", family="import info", path=match["rest"], prefix=root, root=root)
    address = _in_workspace(_SHORT.fullmatch(path), "short", path, root)
    if address is not None:
        return address
    match = _EX_REST.fullmatch(path)
    if match is not None:
        rest = match["rest"]
        family = "jsm" if rest.startswith("/rest/servicedeskapi/") else "jira"
        prefix = root + path[: -len(rest)]
        cloud = unquote(match["cloud"])
        return Address(base="ex/jira", family=family, path=rest, prefix=prefix, root=root, cloud_id=cloud)
    return _in_workspace(_EX_ASSETS.fullmatch(path), "ex/jira", path, root)


def _in_workspace(match: re.Match[str] | None, base: str, path: str, root: str) -> Address | None:
    if match is None:
        return None
    rest = match["rest"]
    groups = match.groupdict()
    return Address(
        base=base,
        family="assets",
        path=rest,
        prefix=root + path[: -len(rest)],
        root=root,
        cloud_id=unquote(groups["cloud"]) if groups.get("cloud") else None,
        workspace_id=unquote(match["workspace"]),
    )
