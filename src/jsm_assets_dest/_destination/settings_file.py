"""Read and write the JSON file of a saved destination.

People edit such files, so each unexpected value is an error that names its place and how to correct it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar, cast

from attrs import NOTHING, AttrsInstance, fields

from ..exceptions import ConfigurationError
from .secret_references import reject_secrets, replace_file

T = TypeVar("T")

#: Identifies the file, so that no other JSON file is read, overwritten, or deleted as a destination.
KIND = "jsm_assets_dest destination"
#: Increased when older versions of the library could not read the new form.
VERSION = 1
#: A whole model with all its descriptions has about 100 KB.
LARGEST_FILE = 16 * 1024 * 1024


def write_file(path: Path, data: Mapping[str, object]) -> None:
    """Write the file in a human-readable form.

    An existing file is replaced completely, or not at all.

    Raises:
        ConfigurationError: The path is another kind of file, or the folder is not writable.
    """
    text = json.dumps({"kind": KIND, "version": VERSION, **data}, ensure_ascii=False, indent=2) + "\n"
    if path.exists():
        _reject_later_version(_read_destination(path), path)
    try:
        replace_file(path, text)
    except OSError as error:
        raise ConfigurationError(
            f"Could not save the destination as {path}: {_reason(error)}.",
            field="path",
            fix="Choose a file in an existing folder that you can write to.",
        ) from None


def read_file(path: Path) -> Mapping[str, object]:
    """Return the contents of the file without its kind and version.

    Raises:
        ConfigurationError: The file does not exist, is not a saved destination, or was written by a later version of the
            library.
        InvalidCredentialError: The file contains a secret.
    """
    data = _read_destination(path)
    _reject_later_version(data, path)
    reject_secrets(data)
    return {name: value for name, value in data.items() if name not in ("kind", "version")}


def remove_file(path: Path) -> None:
    """Delete the file if it is a saved destination of any version.

    Raises:
        ConfigurationError: The file does not exist, is not a saved destination, or can't be deleted.
    """
    _read_destination(path)
    try:
        path.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"Could not delete {path}: {_reason(error)}.",
            field="path",
            fix="Delete it with an account that can write to its folder.",
        ) from None


def _read_destination(path: Path) -> Mapping[str, object]:
    data = read_object_file(path, "path", "a saved destination")
    if data.get("kind") != KIND:
        raise ConfigurationError(
            f'{path} is not a saved destination: its `kind` is not "{KIND}".',
            field="kind",
            fix="Choose a file that Destination.save() wrote.",
        )
    return data


def _reject_later_version(data: Mapping[str, object], path: Path) -> None:
    version = data.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ConfigurationError(
            f"{path} has an invalid version.",
            field="version",
            fix=f"Write the version as a number: {VERSION}.",
        )
    if version > VERSION:
        raise ConfigurationError(
            f"{path} was saved by a later version of jsm_assets_dest: it has version {version}, and this library reads "
            f"up to version {VERSION}.",
            field="version",
            fix="Update jsm_assets_dest, or save the destination under another name.",
        )


def read_object_file(path: Path, field: str, description: str) -> Mapping[str, object]:
    """Read a JSON object from a file.

    Args:
        path: The file.
        field: The setting that names the file, for errors.
        description: What the file should be, for errors: "a schema model".

    Raises:
        ConfigurationError: The file does not exist or contains something else. The error shows nothing of its contents.
    """
    return read_object(_parse(_read_bytes(path, field), path, field, description), field)


def _read_bytes(path: Path, field: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"Could not read {path}: {_reason(error)}.",
            field=field,
            fix="Choose an existing file that you can read.",
        ) from None
    if len(content) > LARGEST_FILE:
        raise ConfigurationError(
            f"{path} is larger than {LARGEST_FILE:,} bytes.", field=field, fix="Choose another file."
        )
    return content


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


def _parse(content: bytes, path: Path, field: str, description: str) -> object:
    try:
        # Some editors write a byte order mark.
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_without_duplicate_keys)
    except json.JSONDecodeError as error:
        problem = f"{error.msg} in line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError:
        problem = "it is not in UTF-8"
    except RecursionError:
        problem = "it is nested too deeply"
    except ValueError as error:
        problem = str(error)
    raise ConfigurationError(
        f"{path} is not {description}: {problem}.", field=field, fix="Correct the file, or save it again."
    )


def _without_duplicate_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        duplicate = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f'the key "{duplicate}" occurs twice')
    return result


# --- values ---------------------------------------------------------------------------------------------------------


def joined_path(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def reject_unknown_keys(data: Mapping[str, object], path: str, known_keys: Iterable[str]) -> None:
    """Reject unknown keys instead of ignoring them.

    Raises:
        ConfigurationError: There are unknown keys. The message names all of them, and the error's field is the first.
    """
    names = list(known_keys)
    unknown = [key for key in data if key not in names]
    if not unknown:
        return
    # Show a key only if it can be a name: the key and the value may have been swapped.
    display_names = [
        key if key.isidentifier() and len(key) <= 40 else "(a key that is not a name)" for key in unknown
    ]
    similar = get_close_matches(unknown[0], names, n=1)
    advice = f"Did you mean {joined_path(path, similar[0])}? " if similar else ""
    raise ConfigurationError(
        f"Unknown setting: {', '.join(f'`{joined_path(path, name)}`' for name in display_names)}.",
        field=joined_path(path, display_names[0]),
        fix=f"{advice}Remove it, or use one of these: {', '.join(names)}.",
    )


def read_object(value: object, path: str) -> Mapping[str, object]:
    """Return a value that must be a JSON object.

    Raises:
        ConfigurationError: The value has another type.
    """
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    # The value is not repeated, because it may be a misplaced secret.
    raise ConfigurationError(f"`{path}` is not an object.", field=path, fix="Write an object in braces.")


def construct(cls: Callable[..., T], value: object, path: str) -> T:
    """Create an instance of an attrs class from an object in the file. The constructor checks the values.

    Raises:
        ConfigurationError: A key is unknown or missing, or a value is invalid. The error names its path.
    """
    data = read_object(value, path)
    settings = fields(cast("type[AttrsInstance]", cls))
    reject_unknown_keys(data, path, [setting.name for setting in settings])
    missing = [
        setting.name for setting in settings if setting.default is NOTHING and setting.name not in data
    ]
    if missing:
        field = joined_path(path, missing[0])
        raise ConfigurationError(f"`{field}` is missing.", field=field, fix="Add it to the file.")
    try:
        return cls(**data)
    except ConfigurationError as error:
        raise at_path(error, path) from None


def at_path(error: ConfigurationError, path: str) -> ConfigurationError:
    """Return the error of a constructor with the path of its argument in the file."""
    if error.field.startswith(path):
        return error
    field = joined_path(path, error.field)
    return type(error)(
        error.what.replace(f"`{error.field}`", f"`{field}`"),
        field=field,
        fix=error.fix,
        cause=error.cause,
        remedies=error.remedies,
    )
