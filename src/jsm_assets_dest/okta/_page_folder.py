"""Reading of a folder in the documented layout.

One file is one page, or several objects, or one object. `.jsonl` files have one object per line::

    users*.json   groups*.json   apps*.json   devices*.json   user-types*.json   user-schema*.json
    memberships*.json                 objects {"groupId": ..., "userId": ...}
    group-members/<group id>*.json    responses of /groups/{id}/users
    app-users/<application id>*.json  responses of /apps/{id}/users
    app-groups/<application id>*.json responses of /apps/{id}/groups
    device-users/<device id>*.json    responses of /devices/{id}/users
    index.json                        requests and Link headers of the files, optional

`_response_files` reads folders whose files are named `<what>--<name>.json`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..exceptions import ConfigurationError
from ._page_files import INDEX, Index, is_hidden, json_files, strangers
from ._report import DEACTIVATED_ADVICE, Notice, Skipped
from ._sources import Links, Page, Source, TenantParts

#: Prefixes of file names. Longer ones come first, so that "user-types" is not read as "users".
_TOP = ("user-schema", "user-types", "memberships", "users", "groups", "apps", "devices")
_FOLDERS = ("group-members", "app-users", "app-groups", "device-users")
#: A request for people that leaves out deactivated people.
_PLAIN_USERS_REQUEST = re.compile(r"/api/v1/users(?!.*[?&](?:search|filter)=)(?:\?|\s*$)")
#: An Okta id at the start of a file name.
PARENT = re.compile(r"[0-9A-Za-z]+")


def read_page_folder(folder: Path) -> TenantParts:
    """Read a folder in the documented layout.

    Raises:
        ConfigurationError: No file belongs to the layout.
    """
    index = Index.of(folder)
    top = {prefix: [file for file in json_files(folder) if _prefix(file) == prefix] for prefix in _TOP}
    if not any(top.values()):
        raise ConfigurationError(
            f"The folder {folder} has no file of Okta's responses.",
            field="path",
            fix=f"Name page files after their content: {', '.join(f'{prefix}*.json' for prefix in _TOP)}.",
        )
    children = {name: _by_parent(folder / name) for name in _FOLDERS}
    schemas = [index.page(file, folder) for file in top["user-schema"]]
    return TenantParts(
        users=_source(index, top["users"]),
        groups=_source(index, top["groups"]),
        apps=_source(index, top["apps"]),
        devices=_source(index, top["devices"]),
        user_types=_source(index, top["user-types"]),
        group_members=_links(index, children["group-members"], top["memberships"]),
        app_users=_links(index, children["app-users"]),
        app_groups=_links(index, children["app-groups"]),
        device_users=_links(index, children["device-users"]),
        user_schemas=[schema for page in schemas for schema in page.objects],
        not_importable=_not_importable(index, top["users"], schemas),
    )


def _prefix(file: Path) -> str:
    return next((prefix for prefix in _TOP if file.name.startswith(prefix)), "")


def _by_parent(folder: Path) -> Mapping[str, list[Path]]:
    """Return the page files of a folder by the id at the start of their names."""
    files: dict[str, list[Path]] = {}
    for file in json_files(folder) if folder.is_dir() else ():
        if match := PARENT.match(file.name):
            files.setdefault(match.group(), []).append(file)
    return files


def _source(index: Index, files: list[Path]) -> Source | None:
    return (lambda: _pages(index, files)) if files else None


def _pages(index: Index, files: list[Path]) -> Iterator[Page]:
    return (index.page(file, index.folder) for file in files)


def _links(
    index: Index, children: Mapping[str, list[Path]], memberships: list[Path] | None = None
) -> Links | None:
    def read() -> Iterator[tuple[str, Source]]:
        for parent, files in children.items():
            yield parent, _pages(index, files)
        # `ListReader` accepts pages of memberships beside pairs.
        yield from _pages(index, memberships or [])  # type: ignore[misc]  # see the comment above

    return read if children or memberships else None


def _not_importable(
    index: Index, users: list[Path], schemas: list[Page]
) -> Callable[[], Iterator[Skipped | Notice]]:
    folder = index.folder

    def read() -> Iterator[Skipped | Notice]:
        yield from index.missing_files(folder)
        for page in schemas:
            yield from page.notices("user schemas")
        requests = (index.requests.get(file.name, "") for file in users)
        if any(_PLAIN_USERS_REQUEST.search(request) for request in requests):
            reason = f"the request in {INDEX} has no search and no filter. {DEACTIVATED_ADVICE}"
            yield Notice("no_deactivated_people", "people", users[0].name, reason)
        for path in sorted(folder.iterdir()):
            if path.name in _FOLDERS and path.is_dir():
                yield from strangers(path, folder, "its files are not read")
                for file in json_files(path):
                    if not PARENT.match(file.name):
                        where = file.relative_to(folder).as_posix()
                        yield Skipped("file", "", where, "its name does not start with an Okta id")
            elif path.name != INDEX and not is_hidden(path) and (path.is_dir() or not _prefix(path)):
                kind = "folder" if path.is_dir() else "file"
                yield Skipped(kind, "", path.name, "its name is not part of the layout")

    return read
