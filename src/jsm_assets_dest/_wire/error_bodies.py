"""Reading the body of an error response, in any of Atlassian's dialects.

The dialects: Jira and Assets (`errorMessages`, `errors`), Jira Service Management (`errorMessage`,
`i18nErrorMessage`), the gateway's rejections (`code`, `message`) and its "not found" (`timestamp`, `status`, `error`,
`message`, `path`), problem documents (RFC 7807), Connect (`error`), the authorization server (`error`,
`error_description`), older Jira (`message`, `status-code`), an execution's conflict (`errorCode`), the mapping's
objections (`dataValidationErrors`), plain text (also when it is labelled as JSON) and web pages. Reading never fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import cast

from attrs import field, frozen

from .json_reading import as_object, as_objects

#: Characters of a body that are searched for known phrases, and bytes that are read for them.
SEARCHED = 8 * 1024
_READ = 64 * 1024
#: Bytes of an error response that are parsed; real ones have a few hundred.
_PARSED = 1024 * 1024
_MESSAGES = 20
_EXCERPT = 200

_INVISIBLE = re.compile(r"<(?:(script|style)\b|!--)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,500})", re.IGNORECASE)


@frozen
class Body:
    """The content of an error response.

    Attributes:
        text: Its beginning in lowercase, without tags, with single spaces, for finding known phrases.
        messages: The server's messages.
        field_errors: The server's messages by field.
        code: The server's code, such as "MISSING_MAPPING" or "invalid_grant".
        codes: All codes in the findings about a mapping.
        location: The place in the mapping that the first finding names.
        title: The title of a web page.
        is_html: True for a web page.
        is_path_unknown: True for the gateway's response to an unknown path.
        excerpt: Its beginning in a readable form, without tags.
    """

    text: str = field(default="", repr=False)
    messages: tuple[str, ...] = ()
    field_errors: Mapping[str, str] = field(factory=dict[str, str])
    code: str = ""
    codes: tuple[str, ...] = ()
    location: str = ""
    title: str = ""
    is_html: bool = False
    is_path_unknown: bool = False
    excerpt: str = field(default="", repr=False)


def looks_like_html(content_type: str, body: bytes) -> bool:
    """Return True for a web page, by its content type or by its beginning."""
    beginning = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if beginning.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<!--")):
        return True
    # The content type of Jira's 401 follows the request's Accept header, but its body is always one line of text.
    return "html" in content_type.lower() and beginning.startswith(b"<")


def read_body(content_type: str, body: bytes) -> Body:
    """Read the body of an error response."""
    html = looks_like_html(content_type, body)
    plain = body[:_READ].decode("utf-8", "replace")
    title = ""
    if html:
        match = _TITLE.search(plain)
        title = " ".join(match[1].split()) if match else ""
        plain = _visible(plain)
    readable = " ".join(_TAG.sub(" ", plain).split())
    content = None if html else _json(body)
    if isinstance(content, dict):
        return _from_object(cast("dict[str, object]", content), readable)
    messages: tuple[str, ...] = ()
    if isinstance(content, str) and content.strip():
        messages = (content.strip(),)
    elif isinstance(content, list):
        messages = tuple(_sentences(cast("object", content)))[:_MESSAGES]
    elif not html and readable and not readable.startswith(("{", "[")):
        messages = (readable[:500],)
    return Body(
        text=_searchable(readable),
        messages=messages,
        title=title,
        is_html=html,
        excerpt=readable[:_EXCERPT],
    )


def _visible(page: str) -> str:
    """Return a page without its scripts, styles, and comments. One that is never closed ends the page."""
    # A single pattern would take quadratic time on a page of openings that are never closed.
    lower = page.lower()
    parts: list[str] = []
    position = 0
    while (opening := _INVISIBLE.search(page, position)) is not None:
        parts.append(page[position : opening.start()])
        close = f"</{opening[1].lower()}" if opening[1] else "-->"
        end = lower.find(close, opening.end())
        if end < 0:
            return " ".join(parts)
        # The rest of a closing tag is removed with the other tags.
        position = end + len(close) if close == "-->" else end
    return " ".join([*parts, page[position:]])


def _json(body: bytes) -> object:
    if len(body) > _PARSED:
        return None
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value


def _searchable(text: str) -> str:
    return " ".join(text.lower().split())[:SEARCHED]


def _from_object(content: Mapping[str, object], readable: str) -> Body:
    messages: list[str] = []
    for name in ("errorMessages", "errorMessage", "message", "detail", "title", "error_description"):
        messages += _sentences(content.get(name))
    objections = content.get("dataValidationErrors")
    codes, location = _objections(objections)
    fields: dict[str, str] = {}
    errors = content.get("errors")
    for field_name, value in as_object(errors).items():
        if text := "; ".join(_sentences(value)):
            fields[field_name] = text
    if not isinstance(errors, Mapping):
        messages += _sentences(errors)
    if isinstance(objections, list):
        messages += _sentences(cast("object", objections))
    if not messages:
        messages += _internationalised(content.get("i18nErrorMessage"))
    error = _word(content.get("error"))
    if error and (not messages or messages == ["No message available"]):
        messages = [error, *messages]
    messages = list(dict.fromkeys(messages))[:_MESSAGES]
    return Body(
        text=_searchable(" ".join([*messages, *fields.values(), readable])),
        messages=tuple(messages),
        field_errors=fields,
        code=_word(content.get("errorCode"))
        or (codes[0] if codes else "")
        or error
        or _word(content.get("code")),
        codes=codes,
        location=location,
        is_path_unknown={"timestamp", "status", "error", "path"} <= content.keys(),
        excerpt=readable[:_EXCERPT],
    )


def _sentences(value: object) -> Iterator[str]:
    """Yield the messages in a string, a list of strings, or a list of objects that contain one."""
    if isinstance(value, str):
        if value.strip():
            yield " ".join(value.split())
    elif isinstance(value, list):
        for entry in cast("list[object]", value)[:_MESSAGES]:
            yield from _sentences(entry)
    elif isinstance(value, Mapping):
        part = cast("Mapping[str, object]", value)
        texts = [
            text
            for name in ("code", "message", "location", "path", "detail")
            for text in _sentences(part.get(name))
        ]
        if texts:
            yield ": ".join(texts)


def _objections(value: object) -> tuple[tuple[str, ...], str]:
    objections = as_objects(value)
    codes = filter(None, (_word(objection.get("code")) for objection in objections))
    places = (_word(objection.get("location")) or _word(objection.get("path")) for objection in objections)
    return tuple(dict.fromkeys(codes)), next(filter(None, places), "")


def _internationalised(value: object) -> list[str]:
    entry = as_object(value)
    key, parameters = _word(entry.get("i18nKey")), entry.get("parameters")
    texts = map(str, cast("list[object]", parameters)) if isinstance(parameters, list) else ()
    return [" ".join([key, *texts])] if key else []


def _word(value: object) -> str:
    return value.strip()[:200] if isinstance(value, str) else ""
