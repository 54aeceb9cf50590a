"""Requests as they come in, answers as they go out, and the record of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from attrs import define, field, frozen

from ..world.json_reading import JsonValue

HTML = "text/html;charset=UTF-8"
TEXT = "text/plain;charset=UTF-8"
JSON = "application/json;charset=UTF-8"

# One encoder for all answers: `json.dumps` with options makes a new one each time.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@frozen(kw_only=True)
class Inbound:
    """A request before anybody looked at it.

    Args:
        method: in capitals.
        host: host name with the port, if one was named.
        path: as sent, still quoted.
        query: the text after the question mark.
        headers: names in lower case.
        body: as sent, after content decoding.
        root: for a served emulator the address it is served at; None in process.
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
    """How an answer reaches the client when it does not simply arrive.

    Args:
        drop: the connection ends "before" or "after" the request was acted on, or in "mid-answer".
        stall: seconds before the first byte.
        drip: seconds between the tenths of the body.
        truncate: end the body after this many bytes, although more was announced.
    """

    drop: str | None = None
    stall: float = 0.0
    drip: float = 0.0
    truncate: int | None = None


@define(kw_only=True)
class Answer:
    """An answer. `from_edge` says that it comes from Atlassian's edge, with its headers, and not from a proxy."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: dict[str, str] = field(factory=dict)
    from_edge: bool = True
    delivery: Delivery = field(factory=Delivery)


def json_answer(value: JsonValue, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    body = _encode(value).encode()
    return Answer(status=status, body=body, content_type=JSON, headers=dict(headers or {}))


def text_answer(
    text: str, status: int, content_type: str = TEXT, headers: Mapping[str, str] | None = None
) -> Answer:
    """An answer with a body of text or HTML."""
    return Answer(status=status, body=text.encode(), content_type=content_type, headers=dict(headers or {}))


def empty_answer(status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer without a body."""
    return Answer(status=status, headers=dict(headers or {}))


MASKED = "***"
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers in which of a credential only the scheme is left."""
    shown = dict(headers)
    for name in _SECRET_HEADERS:
        if name in shown:
            scheme, _, rest = shown[name].partition(" ")
            shown[name] = f"{scheme} {MASKED}" if rest else MASKED
    return shown


@define(kw_only=True)
class ReceivedRequest:
    """A request that the emulator got, and what became of it.

    Args:
        operation: what was asked for, in the vocabulary of the documentation; "unknown" for unknown addresses.
        method: in capitals.
        path: as sent, without the query.
        query: the parameters; the last one wins when a name comes twice.
        headers: names in lower case, credentials masked.
        body: as sent. The body of a token request is masked.
        base: which base URL it came in on: "site", "site gateway", "short", "ex/jira", "gateway" or "auth".
        status: of the answer; None when the connection was dropped.
        fault: a description of the planned fault that struck, if any.
        parameters: the variable parts of the address, such as `id`.
    """

    __module__ = "jsm_assets_dest.testing"

    operation: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    base: str
    status: int | None = None
    fault: str | None = None
    parameters: dict[str, str] = field(factory=dict)

    @property
    def json(self) -> JsonValue:
        """The body as JSON; None when it is empty."""
        return cast(JsonValue, json.loads(self.body)) if self.body else None


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

WEB_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Assets - Jira</title></head>
<body><div id="jira-frontend"></div></body></html>
"""
