"""Request bodies, as Atlassian's OpenAPI document declares them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ..world.json_reading import FieldProblem, Fields, parse_json, read_fields
from ..world.rejections import Rejection, bad_request, by_strictness, errors_body, invalid_fields


@frozen(kw_only=True)
class Body(Fields):
    """The fields of a body.

    Args:
        allowed: False for operations without a body.
        whole: any JSON is accepted, and the rules check it.
        form: `application/x-www-form-urlencoded` is accepted too.
        may_be_empty: no body means an empty object.
    """

    allowed: bool = True
    whole: bool = False
    form: bool = False
    may_be_empty: bool = False


NO_BODY = Body(allowed=False)
WHOLE_BODY = Body(whole=True)


def read_body(body: Body, data: bytes, content_type: str, *, strict: bool) -> Mapping[str, Any]:
    """Return the checked fields of a body.

    Args:
        body: what is declared.
        data: the bytes.
        content_type: header of the request.
        strict: see `read_fields`; a media type other than JSON is rejected, too.

    Raises:
        Rejection: 400 with the invalid fields; 415 for another media type in strict mode.
    """
    if not body.allowed or (body.may_be_empty and not data.strip()):
        return {}
    if strict and "json" not in content_type.lower():
        raise by_strictness(
            Rejection(415, errors_body([f"Unsupported Media Type: {content_type or 'none'}"]))
        )
    try:
        value = parse_json(data)
    except ValueError as problem:
        raise bad_request(f"The request body is not valid JSON: {problem}") from None
    if body.whole:
        return {"": value}
    if not isinstance(value, dict):
        raise bad_request("The request body must be a JSON object")
    fields, problems = read_fields(body, value, strict=strict)
    if problems:
        raise invalid_body(problems)
    return fields


def invalid_body(problems: Mapping[str, FieldProblem]) -> Rejection:
    """Reject fields, and mark the rejection if only strict mode makes it."""
    rejection = invalid_fields({name: problem.text for name, problem in problems.items()})
    only_strict = all(problem.strict_only for problem in problems.values())
    return by_strictness(rejection) if only_strict else rejection
