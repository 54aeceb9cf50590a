"""The file of a saved destination: JSON in UTF-8, replaced as a whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .reading import mapping
from .refusing import refusal, refuse_secrets_in

#: What the file says it is, so that no other JSON file is taken for one, overwritten or deleted.
KIND = "jsm_assets_dest destination"
#: Raised when the form changes in a way that older versions of the library cannot read.
VERSION = 1
#: A whole model with all its descriptions has some 100 KB.
LARGEST_FILE = 16 * 1024 * 1024


def write_file(path: Path, data: Mapping[str, object]) -> None:
    """Write the file, readable for people.

    The text is written beside the file, forced to the disk and moved over it, so that a crash leaves the old file or
    the new one. A link stays a link, and an existing file keeps its mode.

    Raises:
        ConfigurationError: Another kind of file is there, or the folder cannot be written to.
    """
    text = json.dumps({"kind": KIND, "version": VERSION, **data}, ensure_ascii=False, indent=2) + "\n"
    target = Path(os.path.realpath(path))
    if target.exists():
        _refuse_other_version(_ours(target), target)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as file:
            if target.exists():
                beside.chmod(target.stat().st_mode & 0o777)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError as problem:
        raise refusal(
            f"The destination cannot be saved as {path}: {problem.strerror or type(problem).__name__}.",
            "path",
            "Name a file in a folder that exists and that you may write to.",
        ) from None
    finally:
        with suppress(OSError):
            beside.unlink()


def read_file(path: Path) -> Mapping[str, object]:
    """What the file holds, without what it says about itself.

    Raises:
        ConfigurationError: There is no such file, it is no saved destination, or a later version of the library wrote it.
        InvalidCredentialError: There is a secret in it.
    """
    data = _ours(path)
    _refuse_other_version(data, path)
    refuse_secrets_in(data)
    return {name: value for name, value in data.items() if name not in ("kind", "version")}


def remove_file(path: Path) -> None:
    """Delete the file, if it is a saved destination, of whatever version.

    Raises:
        ConfigurationError: There is none, or it is something else.
    """
    _ours(path)
    try:
        path.unlink()
    except OSError as problem:
        raise refusal(
            f"{path} cannot be deleted: {problem.strerror or type(problem).__name__}.",
            "path",
            "Delete it with an account that may write to its folder.",
        ) from None


def _ours(path: Path) -> Mapping[str, object]:
    data = mapping(parse(_read(path), path, "a saved destination"), "the file")
    if data.get("kind") != KIND:
        raise refusal(
            f"{path} is no saved destination: its `kind` is not “{KIND}”.",
            "kind",
            "Name a file that Destination.save() wrote.",
        )
    return data


def _refuse_other_version(data: Mapping[str, object], path: Path) -> None:
    version = data.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise refusal(
            f"{path} says no version that there is.", "version", f"Write the version as a number, {VERSION}."
        )
    if version > VERSION:
        raise refusal(
            f"{path} was saved by a later version of jsm_assets_dest: it has version {version}, and this one knows up to "
            f"{VERSION}.",
            "version",
            "Update it with: pip install --upgrade jsm-assets-dest. Or save the destination under another name.",
        )


def read_json(path: Path, field: str, what: str) -> Mapping[str, object]:
    """A JSON object from a file.

    Raises:
        ConfigurationError: There is no such file, or it holds something else.
    """
    return mapping(parse(_read(path, field), path, what, field), field)


def _read(path: Path, field: str = "path") -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or type(problem).__name__
        raise refusal(
            f"{path} cannot be read: {reason}.", field, "Name a file that exists and that you may read."
        ) from None
    if len(content) > LARGEST_FILE:
        raise refusal(f"{path} is larger than {LARGEST_FILE:,} bytes.", field, "Name another file.")
    return content


def parse(content: bytes, path: Path, what: str, field: str = "path") -> object:
    """JSON with every key once; a byte order mark, which some editors write, is allowed.

    Raises:
        ConfigurationError: It is no such JSON; the message says where, and shows nothing of it.
    """

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            raise ValueError(
                f"the key “{next(name for name in names if names.count(name) > 1)}” is there twice"
            )
        return found

    problem = ""
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=once)
    except json.JSONDecodeError as error:
        problem = f"{error.msg} in line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError:
        problem = "it is not in UTF-8"
    except RecursionError:
        problem = "it is nested too deeply"
    except ValueError as error:
        problem = str(error)
    raise refusal(
        f"{path} is not {what}: {problem}.", field, "Correct the file at that place, or save it anew."
    )
