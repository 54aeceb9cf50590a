"""A tenant written as a folder of page files, in the layout that `_page_folder` reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ..exceptions import ConfigurationError
from ._okta_objects import as_mapping, plain
from ._page_folder import PARENT
from ._sources import links, objects
from ._tenant import Tenant


def write_folder(tenant: Tenant, path: str | Path, *, page_size: int = 200) -> Path:
    """Writes a tenant as a folder of page files in the documented layout.

    Args:
        tenant: Whose sources are read once.
        path: The folder; made if needed, and it must hold no JSON file yet.
        page_size: Objects in a page.

    Returns:
        The folder.

    Raises:
        ConfigurationError: The folder holds files already; two exports must not be mixed.
    """
    folder = Path(path)
    # Only the owner reads it: these are the raw answers about people.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise ConfigurationError(
            f"The folder {folder} is not empty.", field="path", fix="Choose an empty folder for the export."
        )
    tops = {
        "users": tenant.users,
        "groups": tenant.groups,
        "apps": tenant.apps,
        "devices": tenant.devices,
        "user-types": tenant.user_types,
    }
    for name, source in tops.items():
        _write_pages(folder, name, (found.value for found in objects(source)), page_size)
    _write_pages(folder, "user-schema", tenant.user_schemas, 1)
    pairs = ({"groupId": group, "userId": user} for group, user in links(tenant.group_members))
    _write_pages(folder, "memberships", pairs, page_size * 50)
    for name, source in {"app-users": tenant.app_users, "app-groups": tenant.app_groups}.items():
        _write_children(folder / name, links(source), lambda child: {"id": child})
    _write_children(
        folder / "device-users",
        links(tenant.device_users, "user", "id"),
        lambda child: {"user": {"id": child}},
    )
    return folder


def _write_pages(folder: Path, name: str, values: Iterable[object], size: int) -> None:
    page: list[object] = []
    number = 1
    for value in values:
        page.append(value)
        if len(page) == size:
            _write(folder / f"{name}-{number}.json", page)
            page, number = [], number + 1
    if page:
        _write(folder / f"{name}-{number}.json", page)


def _write_children(
    folder: Path, pairs: Iterable[tuple[str, str]], shape: Callable[[str], Mapping[str, object]]
) -> None:
    """Appends every child to its parent's file; links come in any order, so no list of them is kept."""
    for parent, child in pairs:
        if not PARENT.fullmatch(parent):
            raise ConfigurationError(f"{parent!r} is no Okta id, and gives no file name.", field=folder.name)
        folder.mkdir(exist_ok=True)
        with (folder / f"{parent}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(shape(child)) + "\n")


def _write(file: Path, page: list[object]) -> None:
    file.write_text(json.dumps(page, indent=1, default=_jsonable) + "\n", encoding="utf-8")


def _jsonable(value: object) -> object:
    if (mapping := as_mapping(value)) is not None:
        return dict(mapping)
    if (simple := plain(value)) is value:
        raise TypeError(f"{type(value).__name__} has no place in a JSON file")
    return simple
