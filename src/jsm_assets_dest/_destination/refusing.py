"""Refusing a value without keeping it: neither in the message nor in a frame of the traceback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from .._errors.declared import scrubbed
from ..exceptions import AssetsError, ConfigurationError, InvalidCredentialError

T = TypeVar("T")
P = ParamSpec("P")

#: The forms a reference to a secret can have, for advice.
FORMS = "env:NAME for an environment variable, file:PATH for a file that only you can read, or keyring:SERVICE/USER"
#: From this length on a text of small letters, capitals and digits without a separator is taken for a secret.
_RANDOM_LENGTH = 20


def refusal(what: str, field: str, fix: str) -> ConfigurationError:
    """The error that refuses a setting."""
    return ConfigurationError(what, field=field, fix=fix)


def secret_refusal(field: str, where: str = "") -> InvalidCredentialError:
    """The error that refuses a secret where none may stand; it does not hold the secret."""
    return InvalidCredentialError(
        f"`{field}` holds a secret itself{where}; a destination is saved to a file, which must not hold any.",
        field=field,
        fix=f"name the place where the secret is: {FORMS}.",
        cause="The value certainly looks like a token; it was probably pasted where a reference belongs.",
        remedies=(
            f"You: put the secret where only this process finds it, and name that place: {FORMS}.",
            "You: if it stood in a file or a chat, revoke it and make a new one.",
        ),
    )


def looks_secret(text: str) -> bool:
    """Whether a text is, or holds, something like a token."""
    return scrubbed(text) != text or _looks_random(text)


def _looks_random(text: str) -> bool:
    return (
        len(text) >= _RANDOM_LENGTH
        and text.isalnum()
        and any(letter.islower() for letter in text)
        and any(letter.isupper() for letter in text)
        and any(letter.isdigit() for letter in text)
    )


def refuse_secrets_in(value: object, path: str = "") -> None:
    """Look through JSON-ready data for tokens.

    Raises:
        InvalidCredentialError: There is one; its place is named.
    """
    found = _place_of_secret(value, path)
    del value
    if found:
        raise secret_refusal(found)


def _place_of_secret(value: object, path: str) -> str:
    if isinstance(value, str):
        return path if scrubbed(value) != value else ""
    inner: list[tuple[str, object]] = []
    if isinstance(value, Mapping):
        inner = [
            (f"{path}.{name}".strip("."), one) for name, one in cast("Mapping[str, object]", value).items()
        ]
    elif isinstance(value, (list, tuple)):
        inner = [(f"{path}[{at}]", one) for at, one in enumerate(cast("list[object]", value))]
    return next((found for place, one in inner if (found := _place_of_secret(one, place))), "")


def forgetful(function: Callable[P, T]) -> Callable[P, T]:
    """A function whose errors keep nothing of what it was given, wherever below it they come from.

    Tracebacks that print local variables are common in logs and error reporters, and the arguments may hold a secret
    that was given where a reference belongs.
    """

    @wraps(function)
    def act(*arguments: P.args, **options: P.kwargs) -> T:
        try:
            return function(*arguments, **options)
        except AssetsError as error:
            refused = error.with_traceback(None)
            refused.__context__ = refused.__cause__ = None
        del arguments, options
        raise refused

    return act


def forgetful_class(cls: type[T]) -> type[T]:
    """A class whose constructor is `forgetful`."""
    cls.__init__ = forgetful(cls.__init__)  # type: ignore[method-assign]  # wrapped, not replaced: same arguments
    return cls
