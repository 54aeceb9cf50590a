"""Reading JSON that a person may have edited: everything unexpected is an error that names the place and the fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import cast

from .refusing import refusal

_KINDS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    dict: "an object in braces",
    list: "a list in brackets",
    type(None): "null",
}


def kind_of(value: object) -> str:
    """What a JSON value is, in words; the value itself is not repeated, as it may be a secret in the wrong place."""
    return next((words for kind, words in _KINDS.items() if isinstance(value, kind)), "a number")


def place(path: str, name: str) -> str:
    """The place of a member."""
    return f"{path}.{name}" if path else name


def refuse_unknown(data: Mapping[str, object], path: str, known: Iterable[str]) -> None:
    """Refuse keys that mean nothing, rather than ignore what somebody meant.

    Raises:
        ConfigurationError: There are some; the first is the error's field, all are in its message.
    """
    names = list(known)
    unknown = [key for key in data if key not in names]
    if not unknown:
        return
    # A key is shown only as far as a name can be one: somebody may have swapped a key and a value.
    shown = [key if key.isidentifier() and len(key) <= 40 else "(a key that is no name)" for key in unknown]
    like = get_close_matches(unknown[0], names, n=1)
    advice = f"Did you mean {place(path, like[0])}? " if like else ""
    raise refusal(
        f"A destination has no {' and no '.join(f'`{place(path, one)}`' for one in shown)}.",
        place(path, shown[0]),
        f"{advice}Take it out, or use one of these: {', '.join(names)}.",
    )


def mapping(value: object, path: str) -> Mapping[str, object]:
    """The value as a JSON object.

    Raises:
        ConfigurationError: It is something else.
    """
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    raise refusal(f"`{path}` is {kind_of(value)}.", path, "Write an object in braces.")


def text(data: Mapping[str, object], name: str, path: str = "", default: str = "") -> str:
    """The text under a key.

    Raises:
        ConfigurationError: It is something else.
    """
    value = data.get(name, default)
    if isinstance(value, str):
        return value
    raise refusal(f"`{place(path, name)}` is {kind_of(value)}.", place(path, name), "Write text in quotes.")


def truth(data: Mapping[str, object], name: str, path: str) -> bool:
    """Whether true stands under a key.

    Raises:
        ConfigurationError: Neither true nor false does.
    """
    value = data.get(name, False)
    if isinstance(value, bool):
        return value
    raise refusal(f"`{place(path, name)}` is {kind_of(value)}.", place(path, name), "Write true or false.")


def array(data: Mapping[str, object], name: str, path: str) -> list[object]:
    """The list under a key; empty where there is none.

    Raises:
        ConfigurationError: It is something else.
    """
    value = data.get(name, [])
    if isinstance(value, (list, tuple)):
        return list(cast("list[object]", value))
    raise refusal(
        f"`{place(path, name)}` is {kind_of(value)}.", place(path, name), "Write a list in brackets."
    )


def texts(data: Mapping[str, object], name: str, path: str) -> tuple[str, ...]:
    """The texts of a list.

    Raises:
        ConfigurationError: It is something else, or holds something else.
    """
    found = array(data, name, path)
    for at, one in enumerate(found):
        if not isinstance(one, str):
            where = f"{place(path, name)}[{at}]"
            raise refusal(f"`{where}` is {kind_of(one)}.", where, "Write text in quotes.")
    return tuple(cast("list[str]", found))
