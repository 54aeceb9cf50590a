"""Rejections of requests: status and body in the service's shapes.

The shapes are named A to F here. Statuses belong to the rules of the service as much as the texts do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from .json_reading import JsonObject, JsonValue


class Rejection(Exception):
    """The service rejects a request.

    Args:
        status: HTTP status of the response.
        body: JSON value or plain text.
        headers: further headers of the response.
    """

    def __init__(self, status: int, body: JsonValue, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers: dict[str, str] = dict(headers or {})


STRICT_HEADER = "X-Emulator-Strict"
STRICT_NOTE = (
    "Only the emulator rejects this, not Atlassian: strict=False (--lenient on the command line) accepts it."
)


def by_strictness(rejection: Rejection) -> Rejection:
    """Mark a rejection in shape A that only the emulator makes, with a header and a message."""
    rejection.headers[STRICT_HEADER] = "accept with strict=False or --lenient"
    body = cast("dict[str, list[JsonValue]]", rejection.body)
    rejection.body = {**body, "errorMessages": [*body["errorMessages"], STRICT_NOTE]}
    return rejection


def errors_body(messages: Sequence[str] = (), fields: Mapping[str, str] | None = None) -> JsonObject:
    """Return shape A, the errors of Assets and Jira: messages, and messages by field."""
    return {"errorMessages": list(messages), "errors": dict(fields or {})}


def not_found(kind: str, identifier: object) -> Rejection:
    """Reject with 404, in the words observed on the Data Center edition."""
    text = f"NotFoundInsightException: Could not find {kind} with id: {identifier}"
    return Rejection(404, errors_body([text]))


def invalid(field: str, text: str) -> Rejection:
    """Reject one field of the body."""
    return Rejection(400, errors_body(fields={field: text}))


def invalid_fields(fields: Mapping[str, str]) -> Rejection:
    """Reject several fields of the body."""
    return Rejection(400, errors_body(fields=fields))


def bad_request(*messages: str) -> Rejection:
    """Reject the request as a whole."""
    return Rejection(400, errors_body(messages))


def not_permitted(text: str) -> Rejection:
    """Reject for the Assets role of the caller. The body is a guess around a class name of the service."""
    return Rejection(403, errors_body([f"PermissionInsightException: {text}"]))


def data_validation(*problems: JsonObject) -> Rejection:
    """Reject in shape F: a mapping document contradicts itself or the site."""
    return Rejection(400, {"dataValidationErrors": list(problems)})


def import_conflict(code: str) -> Rejection:
    """Reject in shape E: an import cannot start now."""
    return Rejection(409, {"result": "error", "errorCode": code})
