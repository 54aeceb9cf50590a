"""References to secrets: where a secret is, and how it is read from there and stored there.

A secret that was pasted where a reference belongs is rejected, without repeating it in a message or a traceback.
"""

import importlib
import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, cast, final

from attrs import field, frozen

from .._arguments.checking import checked, forgetful, forgetful_class
from .._display.values import public_value
from .._secret import Secret
from .._session.credentials import (
    API_TOKEN_PREFIX,
    ApiToken,
    ClientCredentials,
    Credentials,
    OAuthToken,
)
from ..exceptions import ConfigurationError, InvalidCredentialError, MissingSettingsError
from ..exceptions._declared import scrubbed

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


#: Longer than any token.
LARGEST_SECRET = 16 * 1024
#: Permissions of the group and of other users.
_OTHER_USERS = stat.S_IRWXG | stat.S_IRWXO
_FORM = re.compile(r"(?P<kind>env|file|keyring):(?P<place>.+)", re.DOTALL)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


# Without attrs' constructor: the argument is one string, and the fields are its two parts.
@checked
@frozen(init=False)
@public_value
class SecretReference:
    """Reference to a secret.

    Args:
        text: `env:NAME` is an environment variable. `file:PATH` is a file that contains only the secret and that only its
            owner can read; `~` is the home folder, and a relative path starts at the folder of the saved destination.
            `keyring:SERVICE/USER` is an entry of the system's keyring, which needs the library keyring.
        field: Name of the setting that contains the reference, for errors.

    Attributes:
        kind: "env", "file", or "keyring".
        place: Name of the variable, path of the file, or service and user.

    Raises:
        InvalidCredentialError: The text is a secret, not a reference. The error does not repeat it.
        ConfigurationError: The text is not a reference. The error does not repeat it.
    """

    kind: str
    place: str

    @forgetful
    def __init__(self, text: "str | SecretReference", *, field: str = "reference") -> None:
        kind, place = (text.kind, text.place) if isinstance(text, SecretReference) else _parts(text, field)
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "place", place)

    def __str__(self) -> str:
        return f"{self.kind}:{self.place}"

    def __repr__(self) -> str:
        return f"SecretReference({str(self)!r})"


def _parts(text: object, field: str) -> tuple[str, str]:
    match = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        if isinstance(text, str) and (looks_secret(text.strip()) or text.startswith("AT")):
            raise pasted_secret_error(field)
        raise ConfigurationError(
            f"`{field}` is not a reference to a secret. The value is not shown, because it may be a secret.",
            field=field,
            fix=f"Write {FORMS}.",
        )
    kind, place = match["kind"], match["place"].strip()
    if looks_secret(place):
        raise pasted_secret_error(field, f" after {kind}:")
    problem, fix = "", f"Write {FORMS}."
    if not place.isprintable():
        problem = "contains unprintable characters"
    elif kind == "env" and not _VARIABLE.fullmatch(place):
        problem = "has an invalid variable name after env:. The name is not shown, because it may be a secret"
        fix = "Write only the name, such as env:JSM_ASSETS_API_TOKEN."
    elif kind == "keyring" and not all(place.rpartition("/")[::2]):
        problem = (
            "does not have the form keyring:SERVICE/USER. The value is not shown, because it may be a secret"
        )
        fix = "Write keyring:SERVICE/USER, such as keyring:jsm-assets/ana@acme.com."
    if problem:
        raise ConfigurationError(f"`{field}` {problem}.", field=field, fix=fix)
    return kind, place


def _secret_of_credentials(value: str | SecretReference) -> SecretReference:
    return SecretReference(value, field="credentials.secret")


@checked
@forgetful_class
@frozen
@public_value
class CredentialsReference:
    """Credentials without their secret: whose account it is, and where the secret is.

    With an email address, the secret is an API token. With a client id, it is the client secret of a service account.
    With neither, it is an OAuth access token.

    Attributes:
        secret: Where the secret is: a `SecretReference` or its text.
        email: Email address of the account, for an API token.
        client_id: Client id of a service account.

    Raises:
        ConfigurationError: Both an email address and a client id were passed.
        InvalidCredentialError: A secret was passed where a reference belongs. The error does not repeat it.
    """

    secret: SecretReference = field(converter=_secret_of_credentials)
    email: str = ""
    client_id: str = field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        if looks_secret(self.email):
            raise pasted_secret_error("credentials.email")
        reject_secrets(self.to_dict(), "credentials")
        if self.email and self.client_id:
            raise ConfigurationError(
                "`credentials` has both an email address and a client id.",
                field="credentials",
                fix="Use the email address with an API token, or the client id with a client secret.",
            )

    def to_dict(self) -> dict[str, object]:
        """Return the reference as JSON-ready data, which contains no secret."""
        names = {"email": self.email, "client_id": self.client_id}
        return {**{name: text for name, text in names.items() if text}, "secret": str(self.secret)}


# --- reading --------------------------------------------------------------------------------------------------------


@final
class Environment:
    """Environment variables that no repr shows, because some of them are secrets."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        # A closure, as in `Secret`: attrs and debuggers show attributes, but not cells.
        self._variables: Callable[[], Mapping[str, str]] = lambda: variables

    def variables(self) -> Mapping[str, str]:
        return self._variables()

    def __repr__(self) -> str:
        return "Environment(…)"


def read_credentials(
    reference: CredentialsReference, environ: Mapping[str, str], folder: Path
) -> Credentials:
    """Read the secret and return the credentials.

    Raises:
        ConfigurationError: The secret is missing, or is not valid for this kind of credentials.
    """
    secret = read_secret(reference.secret, environ, folder, "credentials.secret")
    if reference.email:
        return ApiToken(reference.email, secret)
    if reference.client_id:
        return ClientCredentials(reference.client_id, secret)
    if secret.reveal().startswith(API_TOKEN_PREFIX):
        raise ConfigurationError(
            f"{reference.secret} contains an API token, but `credentials` has no email address.",
            field="credentials.email",
            fix="Add the email address of the account that created the token.",
        )
    return OAuthToken(secret)


def read_secret(reference: SecretReference, environ: Mapping[str, str], folder: Path, field: str) -> Secret:
    """Read the secret that a reference points to.

    Args:
        reference: Where the secret is.
        environ: Environment variables.
        folder: Folder at which relative paths start.
        field: Name of the setting that contains the reference, for errors.

    Raises:
        MissingSettingsError: The environment variable is not set.
        ConfigurationError: The file or the keyring's entry is missing, or other users can read the file.
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
            f"The environment variable {reference.place} is not set. `{field}` refers to it.",
            missing=(reference.place,),
            remedies=(f"You: set {reference.place} in the environment of this process.",),
        )
    return Secret(text)


def _from_file(path: Path, field: str) -> Secret:
    try:
        # Check the open file, so that the file can't be replaced between the check and the reading.
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            others_can_use_it = os.name == "posix" and bool(mode & _OTHER_USERS)
            content = b"" if others_can_use_it else file.read(LARGEST_SECRET + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is not a path"
        raise ConfigurationError(
            f"Could not read the secret of `{field}` from {path}: {reason}.",
            field=field,
            fix=f"Write the secret to {path}, readable only by you, or change the reference.",
        ) from None
    if others_can_use_it:
        raise ConfigurationError(
            f"Other users can access {path} (mode {stat.S_IMODE(mode):o}), so the secret of `{field}` was not read.",
            field=field,
            fix=f"Run chmod 600 {path}, and revoke the secret if other people may have read it.",
        )
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        text = ""
    if len(content) > LARGEST_SECRET:
        problem = f"is larger than {LARGEST_SECRET:,} bytes"
    elif not text:
        problem = "is empty or not text"
    else:
        return Secret(text)
    raise ConfigurationError(
        f"{path}, which should contain the secret of `{field}`, {problem}.",
        field=field,
        fix="Write only the secret to the file.",
    )


def _from_keyring(reference: SecretReference, field: str) -> Secret:
    service, _, user = reference.place.rpartition("/")
    failure = f"Could not open the keyring to read the secret of `{field}`"
    password: str | None = _in_keyring(lambda keyring: keyring.get_password(service, user), failure, field)
    if password is not None and password.strip():
        return Secret(password.strip())
    raise ConfigurationError(
        f'The keyring has no entry for service "{service}", user "{user}". `{field}` refers to it.',
        field=field,
        fix=f"Run: keyring set {service} {user}",
    )


def _in_keyring(use: Callable[[ModuleType], Any], failure: str, field: str) -> Any:
    """Import the library keyring and use it. Its back ends raise errors of their own, which become `failure`."""
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise ConfigurationError(
            f"The library keyring is not installed. `{field}` refers to an entry of the keyring.",
            field=field,
            fix="Install the library keyring, or use env: or file: instead.",
        ) from None
    try:
        return use(keyring)
    except Exception as error:  # noqa: BLE001 - each back end of keyring raises its own errors
        kind = type(error).__name__
    raise ConfigurationError(
        f"{failure} ({kind}).",
        field=field,
        fix="Unlock the keyring. On a server without one, use env: or file: instead.",
    )


# --- storing --------------------------------------------------------------------------------------------------------


def write_secret(
    reference: SecretReference, secret: Secret, folder: Path, field: str, environment_file: Path | None
) -> None:
    """Store a secret where a reference points to, replacing an older one.

    Files get the permissions of a secret: only their owner can read and write them.

    Args:
        reference: Where to store the secret.
        secret: The secret.
        folder: Folder at which relative paths start.
        field: Name of the setting that contains the reference, for errors.
        environment_file: File with lines `NAME=value`, for a reference to an environment variable.

    Raises:
        ConfigurationError: The file is not writable, or the keyring can't be opened.
    """
    if reference.kind == "file":
        _write_private_file(folder / Path(reference.place).expanduser(), f"{secret.reveal()}\n", field)
    elif reference.kind == "keyring":
        _to_keyring(reference, secret, field)
    else:
        assert environment_file is not None  # checked together with the reference
        _to_environment_file(environment_file, reference.place, secret, field)


def _to_environment_file(path: Path, name: str, secret: Secret, field: str) -> None:
    try:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise _not_writable(path, error, field) from None
    other_lines = [line for line in lines if not re.match(rf"\s*(export\s+)?{name}\s*=", line)]
    _write_private_file(path, "\n".join([*other_lines, f"{name}={secret.reveal()}", ""]), field)


def _write_private_file(path: Path, text: str, field: str) -> None:
    try:
        replace_file(path, text, private=True)
    except OSError as error:
        raise _not_writable(path, error, field) from None


def _not_writable(path: Path, error: OSError | UnicodeDecodeError, field: str) -> ConfigurationError:
    reason = getattr(error, "strerror", None) or "it is not in UTF-8"
    return ConfigurationError(
        f"Could not store the secret of `{field}` in {path}: {reason}.",
        field=field,
        fix="Choose a file in an existing folder that you can write to.",
    )


def _to_keyring(reference: SecretReference, secret: Secret, field: str) -> None:
    service, _, user = reference.place.rpartition("/")
    failure = f"Could not store the secret of `{field}` in the keyring"
    _in_keyring(lambda keyring: keyring.set_password(service, user, secret.reveal()), failure, field)


def replace_file(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text to a temporary file in the same folder, flush it to the disk, and move it over the old file.

    After a crash, the path contains either the old or the new file. A link stays a link.

    Args:
        path: The file.
        text: Its new content.
        private: Only the owner can read and write the new file. Otherwise, an existing file keeps its mode.

    Raises:
        OSError: The folder is not writable, or the path is something other than a file.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise OSError(0, "It is not a file")
    temporary_file = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        descriptor = os.open(
            temporary_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666
        )
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            if not private and target.exists():
                temporary_file.chmod(target.stat().st_mode & 0o777)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary_file.replace(target)
    finally:
        with suppress(OSError):
            temporary_file.unlink()
