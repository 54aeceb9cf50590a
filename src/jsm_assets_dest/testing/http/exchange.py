"""Incoming requests and their addresses, outgoing responses, and the record of both."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import cast
from urllib.parse import unquote

from attrs import define, field, frozen

from ..world.entities import short_repr
from ..world.json_reading import JsonValue

HTML = "text/html;charset=UTF-8"
TEXT = "text/plain;charset=UTF-8"
JSON = "application/json;charset=UTF-8"
GATEWAY_JSON = "application/json"

# One encoder for all responses: `json.dumps` with options creates a new one each time.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@frozen(kw_only=True)
class Inbound:
    """An incoming request.

    Args:
        method: in uppercase.
        host: host name with the port, if there is one.
        path: as sent, percent-encoded.
        query: the string after the question mark.
        headers: names in lowercase.
        body: as sent, after content decoding.
        root: address of a served emulator; None in process.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    root: str | None = None


@define(kw_only=True)
class Delivery:
    """Delays and interruptions of a response.

    Args:
        drop: the connection ends "before" or "after" the request is performed, or in "mid-answer".
        stall: seconds before the first byte.
        drip: seconds between the tenths of the body.
        truncate: end the body after this many bytes, although more were announced.
    """

    drop: str | None = None
    stall: float = 0.0
    drip: float = 0.0
    truncate: int | None = None

    def pieces(self, body: bytes) -> list[bytes]:
        """Return what is sent of a body: truncated or interrupted, and in tenths if it drips."""
        end = len(body) if self.truncate is None else min(len(body), self.truncate)
        if self.drop == "mid-answer":
            end = min(end, len(body) // 2)
        size = max(1, -(-end // 10) if self.drip else end)
        return [body[start : min(start + size, end)] for start in range(0, end, size)]


@define(kw_only=True)
class Response:
    """A response.

    `from_edge` is False if it comes from a proxy or the content network, and not from Atlassian's edge. `from_jira` is
    True if Jira itself responds. `identified` is True if the caller has an account.
    """

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: dict[str, str] = field(factory=dict)
    from_edge: bool = True
    from_jira: bool = False
    identified: bool = False
    delivery: Delivery = field(factory=Delivery)


def json_response(value: JsonValue, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with a JSON body."""
    # A lone surrogate cannot be encoded; Java, too, writes a question mark instead.
    body = _encode(value).encode("utf-8", "replace")
    return Response(status=status, body=body, content_type=JSON, headers=dict(headers or {}))


def text_response(
    text: str, status: int, content_type: str = TEXT, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a response with a text or HTML body."""
    return Response(status=status, body=text.encode(), content_type=content_type, headers=dict(headers or {}))


MASKED = "***"
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers in which a credential is reduced to its scheme."""
    masked = dict(headers)
    for name in _SECRET_HEADERS:
        if name in masked:
            scheme, _, credential = masked[name].partition(" ")
            masked[name] = f"{scheme} {MASKED}" if credential else MASKED
    return masked


@define(kw_only=True)
class ReceivedRequest:
    """A received request and its outcome.

    Args:
        operation: name of the operation; "unknown" for unknown addresses.
        method: in uppercase.
        path: as sent, without the query.
        query: the parameters; the last one wins if a name occurs twice.
        headers: names in lowercase, credentials masked.
        body: as sent. The body of a token request is masked.
        base: its base URL: "site", "site gateway", "short", "ex/jira", "gateway" or "auth".
        status: of the response; None if the connection was dropped.
        fault: a description of the planned fault that happened, if any.
        parameters: the variable parts of the address, such as `id`.
        size: bytes of the body, also if the body itself is no longer recorded.
    """

    __module__ = "jsm_assets_dest.testing"
    __repr__ = short_repr

    operation: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    base: str = field(repr=False)
    status: int | None = None
    fault: str | None = None
    parameters: dict[str, str] = field(factory=dict, repr=False)
    size: int = field(default=0, repr=False)

    @property
    def json(self) -> JsonValue:
        """The body as JSON; None if it is empty."""
        return cast(JsonValue, json.loads(self.body)) if self.body else None


class RequestLog(list[ReceivedRequest]):
    """The newest requests, bounded by their number and by the bytes of their bodies.

    Args:
        largest_count: the oldest requests beyond this number are dropped.
        largest_bytes: the bodies of the oldest requests beyond this total are dropped; the requests stay.
    """

    def __init__(self, largest_count: int, largest_bytes: int) -> None:
        super().__init__()
        self._largest_count = largest_count
        self._largest_bytes = largest_bytes
        self._bytes = 0
        self._first_with_body = 0

    def record(self, request: ReceivedRequest) -> None:
        """Add a request, and drop what exceeds the bounds."""
        self.append(request)
        self._bytes += len(request.body)
        while self._bytes > self._largest_bytes and self._first_with_body < len(self):
            oldest = self[self._first_with_body]
            self._bytes -= len(oldest.body)
            oldest.body = b""
            self._first_with_body += 1
        if len(self) > self._largest_count:
            self._bytes -= len(self.pop(0).body)
            self._first_with_body = max(0, self._first_with_body - 1)

    def clear(self) -> None:
        """Drop all requests."""
        super().clear()
        self._bytes = self._first_with_body = 0


# Pages that are sent instead of JSON. Titles and characteristic phrases are recorded; the rest is not.

UNAVAILABLE_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<title>Atlassian Cloud Notifications - Page Unavailable</title></head>
<body><h1>Your Atlassian Cloud site is currently unavailable.</h1>
<p>Check the address, or see our status page.</p></body></html>
"""

LOGIN_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Log in with Atlassian account</title></head>
<body><form action="https://id.atlassian.com/login"><input name="username"></form></body></html>
"""

PROXY_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Access blocked by company policy</title></head>
<body><h1>Web filter</h1><p>The category of this address is not allowed.</p></body></html>
"""

CONTENT_NETWORK_PAGE = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">
<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD>
<BODY><H1>400 ERROR</H1><H2>The request could not be satisfied.</H2>Bad request.</BODY></HTML>
"""

WEB_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Assets - Jira</title></head>
<body><div id="jira-frontend"></div></body></html>
"""


GATEWAY_HOST = "api.atlassian.com"
AUTH_HOST = "auth.atlassian.com"

_WORKSPACE = r"/jsm/(?:assets|insight)/workspace/(?P<workspace>[^/]+)/v1(?P<rest>/.*)"
_EX = r"/ex/jira/(?P<cloud>[^/]+)"

_ADDRESSES = [
    (host, base, family, re.compile(path))
    # The first row that fits counts. `rest` determines the operation.
    for host, base, family, path in (
        ("site", "site", "jsm", r"(?P<rest>/rest/servicedeskapi/.*)"),
        ("site", "site", "jira", r"(?P<rest>/rest/.*)"),
        ("site", "site", "edge", r"(?P<rest>/_edge/.*)"),
        ("site", "site", "web", r"(?P<rest>/jira/.*)"),
        ("site", "site gateway", "assets", "/gateway/api" + _WORKSPACE),
        ("gateway", "gateway", "resources", r"(?P<rest>/oauth/token/accessible-resources)"),
        ("gateway", "gateway", "organization", r"(?P<rest>/admin/.*)"),
        ("gateway", "short", "import info", r"/jsm/(?:assets|insight)(?P<rest>/v1/imports/info)"),
        ("gateway", "short", "assets", _WORKSPACE),
        ("gateway", "ex/jira", "jsm", _EX + r"(?P<rest>/rest/servicedeskapi/.*)"),
        ("gateway", "ex/jira", "jira", _EX + r"(?P<rest>/rest/.*)"),
        ("gateway", "ex/jira", "assets", _EX + _WORKSPACE),
        ("auth", "auth", "auth", r"(?P<rest>/oauth/token)"),
    )
]


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
    path, root = inbound.path, inbound.root
    if root is None:
        root = f"https://{inbound.host}"
        names = {site_host: "site", GATEWAY_HOST: "gateway", AUTH_HOST: "auth"}
        hosts = [names[inbound.host]] if inbound.host in names else []
    else:
        hosts = ["site", "gateway", "auth"]
    if not hosts:
        return None
    for host, base, family, pattern in _ADDRESSES:
        match = pattern.fullmatch(path) if host in hosts else None
        if match is not None:
            groups = {name: unquote(text) for name, text in match.groupdict().items()}
            return Address(
                base=base,
                family=family,
                path=match["rest"],
                prefix=root + path[: match.start("rest")],
                root=root,
                cloud_id=groups.get("cloud"),
                workspace_id=groups.get("workspace"),
            )
    return Address(base=hosts[0], family="", path=path, prefix=root, root=root)
