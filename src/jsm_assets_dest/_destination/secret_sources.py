"""Reading a secret from where its reference says it is, at the moment it is needed."""

from __future__ import annotations

import importlib
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import final

from .._secret import Secret
from .._session.credentials import API_TOKEN_PREFIX, ApiToken, ClientCredentials, Credentials, OAuthToken
from ..exceptions import MissingSettingsError
from .references import CredentialsReference, SecretReference
from .refusing import refusal

#: No token is longer; a larger file is not one that holds a token.
LARGEST_FILE = 16 * 1024
#: Any right of the group or of everybody.
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@final
class Environment:
    """Environment variables that can be looked up and are not shown: the secrets of a process stand among them."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        # A closure, as in Secret: attrs and debuggers show attributes, not cells.
        self._variables: Callable[[], Mapping[str, str]] = lambda: variables

    def variables(self) -> Mapping[str, str]:
        """All of them."""
        return self._variables()

    def __repr__(self) -> str:
        return "Environment(…)"


def read_credentials(
    reference: CredentialsReference, environ: Mapping[str, str], folder: Path
) -> Credentials:
    """The credentials that a reference stands for.

    Raises:
        ConfigurationError: The secret is not where the reference says, or cannot be what it is used as.
    """
    secret = read_secret(reference.secret, environ, folder, "credentials.secret")
    if reference.email:
        return ApiToken(reference.email, secret)
    if reference.client_id:
        return ClientCredentials(reference.client_id, secret)
    if secret.reveal().startswith(API_TOKEN_PREFIX):
        raise refusal(
            f"{reference.secret} holds an API token, and `credentials` has no e-mail address to go with it.",
            "credentials.email",
            "Add the e-mail address of the account that the token belongs to.",
        )
    return OAuthToken(secret)


def read_secret(reference: SecretReference, environ: Mapping[str, str], folder: Path, field: str) -> Secret:
    """The secret that a reference stands for.

    Args:
        reference: Where it is.
        environ: The environment variables.
        folder: Where relative paths begin.
        field: The setting that holds the reference, for errors.

    Raises:
        MissingSettingsError: The environment variable is not set.
        ConfigurationError: The file or the entry is missing, or others could read it.
    """
    if reference.kind == "env":
        return _from_environment(reference, environ, field)
    if reference.kind == "file":
        return _from_file(folder / Path(reference.place).expanduser(), field)
    return _from_keyring(reference, field)


def _from_environment(reference: SecretReference, environ: Mapping[str, str], field: str) -> Secret:
    text = environ.get(reference.place, "").strip()
    if not text:
        raise MissingSettingsError(
            f"`{field}` is to be found in the environment variable {reference.place}, which is not set.",
            missing=(reference.place,),
            remedies=(f"You: set {reference.place} in the environment of this process.",),
        )
    return Secret(text)


def _from_file(path: Path, field: str) -> Secret:
    try:
        # Opened once and judged by what was opened, so that nobody can exchange the file in between.
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            readable_by_others = os.name == "posix" and bool(about.st_mode & _OTHERS)
            content = b"" if readable_by_others else file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as problem:
        raise refusal(
            f"`{field}` is to be found in the file {path}, which cannot be read: {_reason(problem)}.",
            field,
            f"Put the secret into {path}, readable by you alone, or change the reference.",
        ) from None
    if readable_by_others:
        raise refusal(
            f"`{field}` is in the file {path}, which others than its owner may use (mode {stat.S_IMODE(about.st_mode):o}); "
            "it was not read.",
            field,
            f"Run chmod 600 {path}, and revoke the secret if others may have read it.",
        )
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > LARGEST_FILE:
        what = (
            "is empty, or no text" if len(content) <= LARGEST_FILE else f"is larger than {LARGEST_FILE} bytes"
        )
        raise refusal(
            f"`{field}` is to be found in the file {path}, which {what}.",
            field,
            "Put the secret into the file, and nothing else.",
        )
    return Secret(text)


def _reason(problem: Exception) -> str:
    return problem.strerror or type(problem).__name__ if isinstance(problem, OSError) else "it is no path"


def _from_keyring(reference: SecretReference, field: str) -> Secret:
    service, _, user = reference.place.rpartition("/")
    look_up = _keyring(field)
    try:
        found = look_up(service, user)
    except Exception as problem:  # noqa: BLE001 - each of keyring's back ends raises errors of its own
        kind = type(problem).__name__
    else:
        if found is not None and found.strip():
            return Secret(found.strip())
        raise refusal(
            f"`{field}` is to be found in the keyring under {service}, {user}, and there is nothing.",
            field,
            f"Run: keyring set {service} {user}",
        )
    raise refusal(
        f"`{field}` is to be found in the keyring, which could not be asked ({kind}).",
        field,
        "Unlock the keyring; on a server without one, use env: or file: instead.",
    )


def _keyring(field: str) -> Callable[[str, str], str | None]:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise refusal(
            f"`{field}` is to be found in the keyring, and the library for that is not installed.",
            field,
            "Install it with: pip install 'jsm-assets-dest[keyring]'.",
        ) from None
    look_up: Callable[[str, str], str | None] = keyring.get_password
    return look_up
