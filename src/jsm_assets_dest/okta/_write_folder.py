"""Writing of a tenant as a folder of page files, in the layout that `_page_folder` reads."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from .._arguments.checking import checked
from ..exceptions import ConfigurationError
from ._page_folder import PARENT
from ._report import Report
from ._sources import LISTS, Links, ListReader, Source
from ._tenant import Tenant
from ._values import as_mapping, check_count, plain


@checked
def write_folder(tenant: Tenant, path: str | Path, *, page_size: int = 200) -> Path:
    """Write a tenant as a folder of page files in the documented layout.

    Args:
        tenant: The tenant. Its sources are read once.
        path: The folder. It is created if it does not exist, and it must be empty.
        page_size: Number of objects per page.

    Returns:
        The folder.

    Raises:
        ConfigurationError: The folder is not empty, because two exports must not be mixed. Or the data has a defect, such
            as an error response or a member without an id. The files written so far are then incomplete.
    """
    check_count(page_size, 1, "page_size")
    folder = Path(path)
    # Only the owner may read the files, because they contain data about people.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise ConfigurationError(
            f"The folder {folder} is not empty.", field="path", fix="Choose an empty folder for the export."
        )
    report = Report(stop=True)

    def objects(name: str, source: Source | None) -> Iterable[object]:
        return (located.value for located in ListReader(LISTS[name], report).read(source))

    def links(name: str, source: Links | None) -> Iterable[tuple[str, str]]:
        return ListReader(LISTS[name], report).read_links(source)

    for file_name, name, source in (
        ("users", "users", tenant.users),
        ("groups", "groups", tenant.groups),
        ("apps", "apps", tenant.apps),
        ("devices", "devices", tenant.devices),
        ("user-types", "user_types", tenant.user_types),
    ):
        if source is not None:
            _write_pages(folder, file_name, objects(name, source), page_size)
    for number, schema in enumerate(objects("user_schemas", tenant.user_schemas), 1):
        _write(folder / f"user-schema-{number}.json", schema)
    if tenant.group_members is not None:
        pairs = links("group_members", tenant.group_members)
        memberships = ({"groupId": group, "userId": user} for group, user in pairs)
        _write_pages(folder, "memberships", memberships, page_size * 50)
    for name, child_links in (("app-users", tenant.app_users), ("app-groups", tenant.app_groups)):
        _write_children(
            folder / name, links(name.replace("-", "_"), child_links), lambda child: {"id": child}
        )
    _write_children(
        folder / "device-users",
        links("device_users", tenant.device_users),
        lambda child: {"user": {"id": child}},
    )
    return folder


write_folder.__module__ = "jsm_assets_dest.okta"


def _write_pages(folder: Path, name: str, values: Iterable[object], size: int) -> None:
    page: list[object] = []
    number = 1
    for value in values:
        page.append(value)
        if len(page) == size:
            _write(folder / f"{name}-{number}.json", page)
            page, number = [], number + 1
    # Write an empty last page too. It shows that the list exists, and that it ends after a full page.
    _write(folder / f"{name}-{number}.json", page)


def _write_children(
    folder: Path, pairs: Iterable[tuple[str, str]], shape: Callable[[str], Mapping[str, object]]
) -> None:
    """Append every child to its parent's file. Links come in any order, so they are not collected in memory."""
    for parent, child in pairs:
        if not PARENT.fullmatch(parent):
            raise ConfigurationError(
                f"{parent!r} is not a valid Okta id, so it can't be used as a file name.",
                field=folder.name,
                fix="Pass Okta's ids as the parents of links.",
            )
        folder.mkdir(exist_ok=True)
        with (folder / f"{parent}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(shape(child)) + "\n")


def _write(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, indent=1, default=_to_json) + "\n", encoding="utf-8")


def _to_json(value: object) -> object:
    if (mapping := as_mapping(value)) is not None:
        return dict(mapping)
    if (simple := plain(value)) is value:
        raise TypeError(f"JSON has no form for a value of the type {type(value).__name__}")
    return simple
