"""Folders of Okta's answers in the documented layout.

One file is one page, or several objects, or one; `.jsonl` files hold one object a line::

    users*.json   groups*.json   apps*.json   devices*.json   user-types*.json   user-schema*.json
    memberships*.json                 objects {"groupId": ..., "userId": ...}
    group-members/<group id>*.json    answers of /groups/{id}/users
    app-users/<application id>*.json  answers of /apps/{id}/users
    app-groups/<application id>*.json answers of /apps/{id}/groups
    device-users/<device id>*.json    answers of /devices/{id}/users

A folder whose files are named `<what>--<name>.json` is read by `_response_files`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from ..exceptions import ConfigurationError
from ._json_files import UnreadableFileError, json_values
from ._okta_objects import as_mapping, text_at
from ._report import Skipped
from ._sources import Links, Located, Source, TenantParts

#: File name prefixes at the top, longest first, so that "user-types" is not taken for "users".
_TOP = ("user-schema", "user-types", "memberships", "users", "groups", "apps", "devices")
_FOLDERS = ("group-members", "app-users", "app-groups", "device-users")
PARENT = re.compile(r"[0-9A-Za-z]+")


def json_files(folder: Path) -> list[Path]:
    """The JSON files of a folder, pages in their order: page 2 before page 10."""
    files = (file for file in folder.iterdir() if file.suffix in {".json", ".jsonl"} and file.is_file())
    return sorted(files, key=_page_order)


def _page_order(file: Path) -> tuple[tuple[str, int], ...]:
    parts = re.findall(r"(\D*)(\d*)", file.name)
    return tuple((text, int(number or 0)) for text, number in parts)


def read_page_folder(folder: Path) -> TenantParts:
    """Reads a folder in the documented layout.

    Raises:
        ConfigurationError: No file belongs to the layout.
    """
    top = {prefix: [file for file in json_files(folder) if _prefix(file) == prefix] for prefix in _TOP}
    below = {name: json_files(folder / name) if (folder / name).is_dir() else [] for name in _FOLDERS}
    if not any(top.values()):
        raise ConfigurationError(
            f"The folder {folder} has no file of Okta's answers.",
            field="path",
            fix=f"Name page files after what they hold: {', '.join(f'{prefix}*.json' for prefix in _TOP)}.",
        )
    members: Links | None = None
    if below["group-members"] or top["memberships"]:
        members = _members(below["group-members"], top["memberships"])
    return TenantParts(
        users=_source(folder, top["users"]),
        groups=_source(folder, top["groups"]),
        apps=_source(folder, top["apps"]),
        devices=_source(folder, top["devices"]),
        user_types=_source(folder, top["user-types"]),
        group_members=members,
        app_users=_links(below["app-users"]),
        app_groups=_links(below["app-groups"]),
        device_users=_links(below["device-users"]),
        user_schemas=read_schemas(top["user-schema"]),
        not_importable=_strangers(folder),
    )


def _prefix(file: Path) -> str:
    return next((prefix for prefix in _TOP if file.name.startswith(prefix)), "")


def located(files: Iterable[Path], root: Path) -> Iterator[Located]:
    """The objects of files, each with its file and its position there, counted from 0.

    Raises:
        ConfigurationError: A file is not JSON. An import that went on without a page would look complete, and Assets
            may delete what it does not see, so reading stops.
    """
    for file in files:
        name = file.relative_to(root).as_posix()
        try:
            for index, value in enumerate(json_values(file)):
                yield Located(value, f"{name}[{index}]")
        except UnreadableFileError as problem:
            raise ConfigurationError(
                f"The file {name} cannot be read: {problem.__cause__}.",
                field="path",
                fix=f"Export {name} again, or take it out of the folder.",
            ) from problem


def read_schemas(files: Iterable[Path]) -> Iterator[Mapping[str, object]]:
    """The user schemas in files; there are few, and they are small."""
    for file in files:
        for found in located([file], file.parent):
            if (mapping := as_mapping(found.value)) is not None:
                yield mapping


def _source(folder: Path, files: list[Path]) -> Source | None:
    return (lambda: located(files, folder)) if files else None


def _pairs(files: list[Path]) -> Iterator[tuple[str, Source]]:
    for file in files:
        if parent := PARENT.match(file.name):
            yield parent.group(), located([file], file.parent.parent)


def _links(files: list[Path]) -> Links | None:
    return (lambda: _pairs(files)) if files else None


def _members(files: list[Path], memberships: list[Path]) -> Callable[[], Iterator[tuple[str, Source]]]:
    def read() -> Iterator[tuple[str, Source]]:
        yield from _pairs(files)
        for file in memberships:
            for pair in located([file], file.parent):
                group, user = text_at(pair.value, "groupId"), text_at(pair.value, "userId")
                if group and user:
                    yield group, [user]

    return read


def _strangers(folder: Path) -> Callable[[], Iterator[Skipped]]:
    def read() -> Iterator[Skipped]:
        for file in sorted(folder.iterdir()):
            if file.is_dir():
                if file.name not in _FOLDERS and not file.name.startswith("."):
                    yield Skipped("folder", "", file.name, "its name belongs to no part of the layout")
            elif not _prefix(file) and not file.name.startswith("."):
                yield Skipped("file", "", file.name, "its name belongs to no part of the layout")

    return read
