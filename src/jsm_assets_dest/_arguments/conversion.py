"""Checks of arguments on entry."""

import enum
import json
from collections.abc import Iterable, Mapping
from typing import TypeVar, cast

from ..exceptions import ConfigurationError

EnumT = TypeVar("EnumT", bound=enum.Enum)
ItemT = TypeVar("ItemT")


def type_problem(value: object) -> str:
    """Return the end of the sentence "`argument` …" about a value of a wrong type. It never shows the value."""
    return "is None" if value is None else f"is a value of the type {type(value).__name__}"


def wrong_type(argument: str, value: object, fix: str, *, field: str = "") -> ConfigurationError:
    """Return the error about an argument of a wrong type.

    Args:
        argument: The argument, or the place in it, such as `managers[0]`.
        value: The value.
        fix: What to pass, as a sentence.
        field: The argument, if `argument` is a place in it.
    """
    return ConfigurationError(
        f"`{argument}` {type_problem(value)}. Nothing was sent.", field=field or argument, fix=fix
    )


def choice(choices: type[EnumT], value: EnumT | str, argument: str) -> EnumT:
    """Accept a member of an enumeration or its value."""
    try:
        return choices(value)
    except ValueError:
        values = ", ".join(f'"{member.value}"' for member in choices)
        raise ConfigurationError(
            f"`{argument}` is {value!r}. Nothing was sent.", field=argument, fix=f"Pass one of: {values}."
        ) from None


def checked_seconds(value: float, argument: str) -> float:
    """Accept a number of seconds of at least 0."""
    if not value >= 0:  # also not a number
        raise ConfigurationError(
            f"`{argument}` is {value!r}. Nothing was sent.",
            field=argument,
            fix="Pass a number of seconds from 0 up.",
        )
    return value


def instances(kind: type[ItemT], values: Iterable[ItemT], argument: str) -> tuple[ItemT, ...]:
    """Accept an iterable of instances of a class."""
    candidates: object = values
    items = tuple(cast("Iterable[object]", candidates)) if isinstance(candidates, Iterable) else (candidates,)
    for item in items:
        if not isinstance(item, kind):
            raise ConfigurationError(
                f"`{argument}` {type_problem(item).replace('is', 'contains', 1)}. Nothing was sent.",
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
