"""Reading JSON of the service, tolerant of what Atlassian adds and strict about what it must not leave out."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, cast

from ..exceptions import MalformedAnswerError


def read_object(value: object, what: str) -> Mapping[str, object]:
    """The value as a JSON object.

    Raises:
        MalformedAnswerError: It is something else.
    """
    # What JSON has is a dict; asking whether it is a Mapping takes six times as long, and listings are long.
    if type(value) is dict or isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    raise MalformedAnswerError(f"Assets sent {type(value).__name__} where {what} was expected.")


def read_array(value: object, what: str, *wrappers: str) -> list[object]:
    """The value as a JSON array; with `wrappers`, the array may stand under one of these keys of an object.

    Some listings are documented with a wrapper and sent bare, or the other way round (`entries`, `values`).

    Raises:
        MalformedAnswerError: It is something else.
    """
    if isinstance(value, list):
        return cast("list[object]", value)
    if isinstance(value, Mapping):
        for wrapper in wrappers:
            inner = cast("Mapping[str, object]", value).get(wrapper)
            if isinstance(inner, list):
                return cast("list[object]", inner)
    raise MalformedAnswerError(f"Assets sent {type(value).__name__} where a list of {what} was expected.")


def read_text(source: Mapping[str, object], key: str, default: str | None = None) -> str:
    """The text under a key; numbers become text, because ids come as either.

    Raises:
        MalformedAnswerError: Nothing is there and no default was given.
    """
    value = source.get(key)
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if default is not None:
        return default
    raise MalformedAnswerError(f"Assets left out “{key}”, which every such answer has.")


def read_flag(source: Mapping[str, object], key: str, *, default: bool = False) -> bool:
    """The boolean under a key; `isLast` also comes as the text "true" or "false"."""
    value = source.get(key)
    if value is True or value is False:  # nearly always
        return value
    if isinstance(value, str):
        return value.strip().lower() == "true"
    return default if value is None else bool(value)


def read_number(source: Mapping[str, object], key: str, default: int = 0) -> int:
    """The whole number under a key, also from text."""
    value = source.get(key)
    if type(value) is int:  # nearly always
        return value
    try:
        return int(cast("int | str", value)) if value is not None else default
    except (TypeError, ValueError):
        return default


def usual_reader(**fields: object) -> Callable[[Mapping[str, object]], tuple[Any, ...]]:
    """A function that reads many fields at once, as quickly as entries of a long listing want to be read.

    Nearly every entry has all of them, each of its usual kind, which is found out in two calls for all; any other is read
    field by field, by the functions above.

    Args:
        fields: For each key `str` for a text that has to be there, or the default: a text, a flag or a whole number.

    Returns:
        Takes a JSON object and gives its values in the order of the keys; raises `MalformedAnswerError` as `read_text` does.
    """
    take = operator.itemgetter(*fields)
    kinds = [str if default is str else type(default) for default in fields.values()]

    def careful(source: Mapping[str, object], key: str, default: object) -> object:
        if default is str:
            return read_text(source, key)
        if isinstance(default, bool):
            return read_flag(source, key, default=default)
        return (
            read_number(source, key, default)
            if isinstance(default, int)
            else read_text(source, key, str(default))
        )

    def read(source: Mapping[str, object]) -> tuple[Any, ...]:
        try:
            values: tuple[Any, ...] = take(source)
        except KeyError:
            values = ()
        if [*map(type, values)] == kinds:
            return values
        return tuple(careful(source, key, default) for key, default in fields.items())

    return read
