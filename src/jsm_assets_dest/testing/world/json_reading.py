"""JSON: its types, its parsing, and the one reader that checks values against declared fields."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

if TYPE_CHECKING:
    from typing import TypeAlias

    JsonValue: TypeAlias = "None | bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue]"
    JsonObject: TypeAlias = "dict[str, JsonValue]"
else:  # before Python 3.12, a recursive alias can't be evaluated, and `typing.get_type_hints` must evaluate annotations
    JsonValue = object
    JsonObject = dict[str, object]

STRING, ID, INTEGER, NUMBER, BOOLEAN, STRINGS, ARRAY, OBJECT, ANY = (
    "string",
    "string or integer",
    "integer",
    "integer or numeric string",
    "boolean",
    "array of strings",
    "array",
    "object",
    "any",
)

LARGEST = 2**63
DEEPEST = 200
"""
The nesting that the emulator accepts. The limit of the service is unknown.
"""


@frozen(kw_only=True)
class Fields:
    """The fields of a JSON object.

    Args:
        required: types by name.
        optional: types by name.
        is_open: ignore undeclared fields, also in strict mode.
    """

    required: Mapping[str, str] = {}
    optional: Mapping[str, str] = {}
    is_open: bool = False


@frozen(kw_only=True)
class FieldProblem:
    """An error in a field. `strict_only` marks the errors that only strict mode reports."""

    text: str
    strict_only: bool = False


def parse_json(data: bytes | str) -> JsonValue:
    """Parse JSON as the service does.

    Raises:
        ValueError: the data is not valid JSON, or it is nested too deeply.
    """
    try:
        value = cast(JsonValue, json.loads(data, parse_constant=_reject_constant))
    except RecursionError:
        value, depth = None, DEEPEST + 1
    else:
        depth = _depth(value)
    if depth > DEEPEST:
        raise ValueError(f"arrays and objects are nested more than {DEEPEST} deep")
    return value


def _depth(value: JsonValue) -> int:
    """Return how deeply arrays and objects are nested, without recursion."""
    level = [value] if isinstance(value, (list, dict)) else []
    depth = 0
    while level and depth <= DEEPEST:
        depth += 1
        level = [
            item
            for container in level
            for item in (container.values() if isinstance(container, dict) else container)
            if isinstance(item, (list, dict))
        ]
    return depth


def _reject_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is not a JSON value")


def read_fields(
    declared: Fields, value: Mapping[str, JsonValue], *, strict: bool
) -> tuple[dict[str, Any], dict[str, FieldProblem]]:
    """Check and convert the fields of an object.

    In strict mode, undeclared fields and values of another type are errors. Otherwise, undeclared fields are
    dropped, numbers and strings are converted into each other, and null means absent.

    Returns:
        The values by name, and the errors by name.
    """
    fields: dict[str, Any] = {}
    problems: dict[str, FieldProblem] = {}
    types = {**declared.required, **declared.optional}
    for name, content in value.items():
        kind = types.get(name)
        if kind is None:
            if strict and not declared.is_open:
                problems[name] = FieldProblem(text=f'Unrecognized field "{name}"', strict_only=True)
            continue
        # An example of the OpenAPI document has a null id, and documents read back have other nulls.
        allows_null = not strict or ((kind == ID or declared.is_open) and name in declared.optional)
        if content is None and kind != ANY and allows_null:
            continue
        converted = _convert(kind, content)
        text = f"The field {name} must be of type {kind}"
        if converted is None and kind != ANY:
            problems[name] = FieldProblem(text=text)
        elif strict and not _has_type(kind, content):
            problems[name] = FieldProblem(text=text, strict_only=True)
        else:
            fields[name] = converted
    for name in declared.required:
        if name not in fields and name not in problems:
            problems[name] = FieldProblem(text=f"The field {name} is required")
    return fields, problems


def _has_type(kind: str, value: JsonValue) -> bool:
    if kind in (STRING, BOOLEAN):
        return isinstance(value, str if kind == STRING else bool)
    if kind == INTEGER:
        return isinstance(value, int) and not isinstance(value, bool)
    return kind == ANY or not isinstance(value, (bool, float))


def _convert(kind: str, value: JsonValue) -> JsonValue:
    """Return the value in the declared type, or None if it cannot be converted."""
    if kind == ANY:
        return value
    if kind in (STRING, ID):
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, (str, int, float)) else None
    if kind in (INTEGER, NUMBER):
        if isinstance(value, str):
            return parse_integer(value)
        return int(value) if isinstance(value, int) and abs(value) < LARGEST else None
    if kind == BOOLEAN:
        return {"true": True, "false": False}.get(str(value).lower())
    if kind == STRINGS:
        return [str(item) for item in value] if isinstance(value, list) else None
    return value if isinstance(value, list if kind == ARRAY else dict) else None


def parse_integer(text: str) -> int | None:
    """Return the integer that a string contains, or None. Numbers of more than 18 digits do not occur."""
    digits = text.strip().removeprefix("-")
    return int(text) if digits.isdecimal() and len(digits) <= 18 else None
