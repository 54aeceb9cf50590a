"""Reading of JSON bodies against what Atlassian's OpenAPI document declares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from attrs import frozen

from ..json_types import JsonObject, JsonValue
from ..world.refusals import Refusal, bad_request, errors_body, invalid_fields

STRING, INTEGER, BOOLEAN, STRINGS, ARRAY, OBJECT, ANY = (
    "string",
    "integer",
    "boolean",
    "array of strings",
    "array",
    "object",
    "any",
)


@frozen(kw_only=True)
class Body:
    """The fields of a body.

    Args:
        required: types by name.
        optional: types by name.
        allowed: False for operations that take none.
        whole: any JSON goes, the rules look at it.
        form: `application/x-www-form-urlencoded` goes too.
        may_be_empty: no body means an empty object.
    """

    required: Mapping[str, str] = {}
    optional: Mapping[str, str] = {}
    allowed: bool = True
    whole: bool = False
    form: bool = False
    may_be_empty: bool = False


NO_BODY = Body(allowed=False)
WHOLE_BODY = Body(whole=True)


def read_json(data: bytes) -> JsonValue:
    """Parse a body.

    Raises:
        Refusal: 400 when it is no JSON.
    """
    try:
        return cast(JsonValue, json.loads(data))
    except ValueError as problem:
        raise bad_request(f"The request body is no valid JSON: {problem}") from None


def read_body(body: Body, data: bytes, content_type: str, *, strict: bool) -> JsonObject:
    """The fields of a body, checked.

    Args:
        body: what is declared.
        data: the bytes.
        content_type: header of the request.
        strict: refuse fields that are not declared, and types that differ from the declared ones. Otherwise
            undeclared fields are dropped, numbers and texts are converted into each other, and null means absent.

    Raises:
        Refusal: 400 with the fields that are wrong; 415 for another media type in strict mode.
    """
    if not body.allowed or (body.may_be_empty and not data.strip()):
        return {}
    if strict and "json" not in content_type.lower():
        raise Refusal(415, errors_body([f"Unsupported Media Type: {content_type or 'none'}"]))
    value = read_json(data)
    if body.whole:
        return {"": value}
    if not isinstance(value, dict):
        raise bad_request("The request body must be a JSON object")
    problems: dict[str, str] = {}
    read: JsonObject = {}
    declared = {**body.required, **body.optional}
    for name, each in value.items():
        kind = declared.get(name)
        if kind is None:
            if strict:
                problems[name] = f'Unrecognized field "{name}"'
            continue
        if each is None and not strict:
            continue
        if strict and not _fits(kind, each, name):
            problems[name] = f"The field {name} must be of type {kind}"
            continue
        converted = each if strict and kind != INTEGER else _converted(kind, each)
        if converted is None and kind != ANY:
            problems[name] = f"The field {name} must be of type {kind}"
        else:
            read[name] = converted
    for name in body.required:
        if name not in read and name not in problems:
            problems[name] = f"The field {name} is required"
    if problems:
        raise invalid_fields(problems)
    return read


_NUMBERS_AS_TEXT = {"type", "defaultTypeId"}
"""
Typed integer in the OpenAPI document, but sent as text in its own example.
"""


def _fits(kind: str, value: JsonValue, name: str) -> bool:
    if kind == STRING:
        return isinstance(value, str)
    if kind == INTEGER:
        if isinstance(value, str) and name in _NUMBERS_AS_TEXT:
            return value.lstrip("-").isdecimal()
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == BOOLEAN:
        return isinstance(value, bool)
    if kind == STRINGS:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind == ARRAY:
        return isinstance(value, list)
    if kind == OBJECT:
        return isinstance(value, dict)
    return True


def _converted(kind: str, value: JsonValue) -> JsonValue:
    """The value in the declared type, or None when it cannot be converted."""
    if kind == STRING:
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, (str, int, float)) else None
    if kind == INTEGER:
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
            return int(value)
        return value if isinstance(value, int) else None
    if kind == BOOLEAN:
        return {"true": True, "false": False}.get(str(value).lower())
    if kind == STRINGS:
        return [str(each) for each in value] if isinstance(value, list) else None
    if kind == ARRAY:
        return value if isinstance(value, list) else None
    if kind == OBJECT:
        return value if isinstance(value, dict) else None
    return value
