"""Checks of arguments on entry."""

import enum
import json
from collections.abc import Iterable, Mapping
from typing import TypeVar, cast

from ..exceptions import ConfigurationError

EnumT = TypeVar("EnumT", bound=enum.Enum)
ItemT = TypeVar("ItemT")


def choice(choices: type[EnumT], value: EnumT | str, argument: str) -> EnumT:
    """Accept a member of an enumeration or its value."""
    try:
        return choices(value)
    except ValueError:
        values = ", ".join(f'"{member.value}"' for member in choices)
        raise ConfigurationError(
            f"`{argument}` is {value!r}. Nothing was sent.", field=argument, fix=f"Pass one of: {values}."
        ) from None


def instances(kind: type[ItemT], values: Iterable[ItemT], argument: str) -> tuple[ItemT, ...]:
    """Accept an iterable of instances of a class."""
    candidates: object = values
    items = tuple(cast("Iterable[object]", candidates)) if isinstance(candidates, Iterable) else (candidates,)
    for item in items:
        if not isinstance(item, kind):
            raise ConfigurationError(
                f"`{argument}` contains {type(item).__name__}. Nothing was sent.",
                field=argument,
                fix=f"Pass a list of {kind.__name__}.",
            )
    return cast("tuple[ItemT, ...]", items)


def texts(values: str | Iterable[str], argument: str) -> tuple[str, ...]:
    """Accept strings. A single string is one item, not a sequence of characters."""
    return (values,) if isinstance(values, str) else instances(str, values, argument)


def json_object(value: Mapping[str, object]) -> Mapping[str, object]:
    """Accept and copy a JSON object, for the fields `extra` and `mapping_extra`."""
    try:
        return cast("dict[str, object]", json.loads(json.dumps(dict(value))))
    except (TypeError, ValueError):
        raise ConfigurationError(
            "`extra` is not a JSON object. Nothing was sent.",
            field="extra",
            fix="Pass a dict of JSON values.",
        ) from None
