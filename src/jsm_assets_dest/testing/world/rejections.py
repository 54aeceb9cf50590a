"""The ways in which a rule of the service says no.

A rejection carries the status and the body of the answer. Statuses belong to the rules of the service as much as the
texts do, so they are kept together; what a body looks like for each family of addresses is in section 7 of
Atlassian's observed error shapes, named A to F here as in the documentation of the emulator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .json_reading import JsonObject, JsonValue


class Rejection(Exception):
    """The service refuses a request.

    Args:
        status: HTTP status of the answer.
        body: JSON value or plain text.
        headers: further headers of the answer.
    """

    def __init__(self, status: int, body: JsonValue, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers: dict[str, str] = dict(headers or {})


def errors_body(messages: Sequence[str] = (), fields: Mapping[str, str] | None = None) -> JsonObject:
    """Shape A, the errors of Assets and Jira: texts, and texts by field."""
    return {"errorMessages": list(messages), "errors": dict(fields or {})}


def not_found(kind: str, identifier: object) -> Rejection:
    """Nothing there, in the words observed on the Data Center edition."""
    text = f"NotFoundInsightException: Could not find {kind} with id: {identifier}"
    return Rejection(404, errors_body([text]))


def invalid(field: str, text: str) -> Rejection:
    """One field of the body is wrong."""
    return Rejection(400, errors_body(fields={field: text}))


def invalid_fields(fields: Mapping[str, str]) -> Rejection:
    """Several fields of the body are wrong."""
    return Rejection(400, errors_body(fields=fields))


def bad_request(*messages: str) -> Rejection:
    """The request as a whole is wrong."""
    return Rejection(400, errors_body(messages))


def not_permitted(text: str) -> Rejection:
    """The Assets role of the caller does not allow this. The body is a guess around a class name of the service."""
    return Rejection(403, errors_body([f"PermissionInsightException: {text}"]))


def data_validation(*problems: JsonObject) -> Rejection:
    """Shape F: a mapping document contradicts itself or what exists."""
    return Rejection(400, {"dataValidationErrors": list(problems)})


def import_conflict(code: str) -> Rejection:
    """Shape E: an import cannot start now."""
    return Rejection(409, {"result": "error", "errorCode": code})
