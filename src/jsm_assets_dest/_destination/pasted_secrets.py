"""Reject a secret that was pasted where a reference belongs, without repeating it in a message or a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from .._errors.declared import scrubbed
from ..exceptions import InvalidCredentialError

#: Forms of a reference to a secret, for remedies.
FORMS = "env:NAME for an environment variable, file:PATH for a file that only you can read, or keyring:SERVICE/USER"
#: A string of at least this many lowercase letters, uppercase letters, and digits is treated as a secret.
_RANDOM_LENGTH = 20


def pasted_secret_error(field: str, prefix: str = "") -> InvalidCredentialError:
    """Return the error for a secret in a setting. It does not contain the secret."""
    return InvalidCredentialError(
        f"`{field}` contains a secret{prefix}. Destinations are saved to files, which must not contain secrets.",
        field=field,
        fix=f"Write where the secret is: {FORMS}.",
        cause="The value looks like a token, not like a reference to one.",
        remedies=(
            f"You: store the secret where only this process can read it, and write where it is: {FORMS}.",
            "You: if the secret was in a file or a chat, revoke it and create another one.",
        ),
    )


def looks_secret(text: str) -> bool:
    """Return whether a string is, or contains, something like a token."""
    return scrubbed(text) != text or _looks_random(text)


def _looks_random(text: str) -> bool:
    return (
        len(text) >= _RANDOM_LENGTH
        and text.isalnum()
        and any(letter.islower() for letter in text)
        and any(letter.isupper() for letter in text)
        and any(letter.isdigit() for letter in text)
    )


def reject_secrets(value: object, path: str = "") -> None:
    """Search JSON-ready data for tokens.

    Raises:
        InvalidCredentialError: The data contains a token. The error names its path.
    """
    secret_path = _secret_path(value, path)
    del value
    if secret_path:
        raise pasted_secret_error(secret_path)


def _secret_path(value: object, path: str) -> str:
    if isinstance(value, str):
        return path if scrubbed(value) != value else ""
    items: list[tuple[str, object]] = []
    if isinstance(value, Mapping):
        items = [
            (f"{path}.{key}".strip("."), item) for key, item in cast("Mapping[str, object]", value).items()
        ]
    elif isinstance(value, (list, tuple)):
        items = [(f"{path}[{index}]", item) for index, item in enumerate(cast("list[object]", value))]
    paths = (_secret_path(item, item_path) for item_path, item in items)
    return next(filter(None, paths), "")
