"""Tenant: the sources of an Okta organization's data, which can be read from a folder and written to one."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self, cast

from attrs import field, frozen

from .._arguments.checking import checked
from .._display.values import public_value
from .._model.okta_options import CustomAttribute
from ..exceptions import ConfigurationError
from ._page_folder import PARENT, empty_folder, file_prefix, read_page_folder
from ._report import Notice, Report, Skipped
from ._response_files import is_response_folder, read_response_folder
from ._schema import discover_custom_attributes
from ._sources import LINK_LISTS, LISTS, OBJECT_LISTS, Links, ListReader, Source, pages_of
from ._values import as_mapping, check_count, plain


class _Once:
    """Iterator that raises an error if it is read a second time, instead of being silently empty."""

    def __init__(self, iterator: Iterator[object], name: str) -> None:
        self._iterator = iterator
        self._name = name
        self._is_used = False

    def __iter__(self) -> Iterator[object]:
        if self._is_used:
            raise ConfigurationError(
                f"The tenant's {self._name} were already read, and an iterator can be read only once.",
                field=self._name,
                fix="Pass a list or a function that returns a new iterator, to read a tenant more than once.",
            )
        self._is_used = True
        return self._iterator


def _schemas(values: Iterable[object]) -> tuple[object, ...]:
    return tuple(values)


@checked
@frozen(kw_only=True)
@public_value
class Tenant:
    """Sources of an Okta organization's data. They are read while `records()` is iterated.

    A source that is None was not requested: references to its objects are kept, because the objects may already be in
    Assets. A source that is empty was requested and has no objects: references to them are left out and counted.

    Attributes:
        users: Responses of `GET /api/v1/users?search=status%20pr`. Without `search` or `filter`, Okta leaves out all
            deactivated people, so they stay active in Assets.
        groups: Responses of `GET /api/v1/groups`.
        apps: Responses of `GET /api/v1/apps`.
        devices: Responses of `GET /api/v1/devices`, preferably with `expand=user` or `expand=userSummary`.
        user_types: Responses of `GET /api/v1/meta/types/user`.
        group_members: Responses of `GET /api/v1/groups/{id}/users` per group id.
        app_users: Responses of `GET /api/v1/apps/{id}/users` per application id.
        app_groups: Responses of `GET /api/v1/apps/{id}/groups` per application id.
        device_users: Responses of `GET /api/v1/devices/{id}/users` per device id, for devices without `_embedded`.
        user_schemas: Responses of `GET /api/v1/meta/schemas/user/{id}`, which declare custom attributes. If they were
            read from a folder, they are `Located` values.
        not_importable: Function that returns objects and defects that a reader found outside of these sources. The
            report contains them.
        org_url: Address of the organization, such as "https://acme.okta.com". It completes relative profile addresses.
            Without it, they are left out.
    """

    users: Source | None = None
    groups: Source | None = None
    apps: Source | None = None
    devices: Source | None = None
    user_types: Source | None = None
    group_members: Links | None = None
    app_users: Links | None = None
    app_groups: Links | None = None
    device_users: Links | None = None
    user_schemas: tuple[object, ...] = field(default=(), converter=_schemas)
    not_importable: Callable[[], Iterable[Skipped | Notice]] | None = None
    org_url: str = ""

    def __attrs_post_init__(self) -> None:
        for name in LISTS:
            source: object = getattr(self, name)
            if isinstance(source, Iterator):
                object.__setattr__(self, name, _Once(cast("Iterator[object]", source), name))

    def __repr__(self) -> str:
        names = [name for name in LISTS if getattr(self, name) is not None]
        if not self.user_schemas:
            names.remove("user_schemas")
        return f"<Tenant with {', '.join(names) or 'no data'}>"

    @classmethod
    def from_folder(cls, path: str | Path, *, org_url: str = "") -> Self:
        """Read Okta's responses from a folder of JSON files. See docs/reference/okta.md for the names of the files.

        Args:
            path: The folder.
            org_url: Address of the organization, to complete relative profile addresses.

        Returns:
            A tenant that reads the files page by page each time its records are iterated.

        Raises:
            ConfigurationError: The folder does not exist, or none of its files belongs to a layout.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise ConfigurationError(
                f"There is no folder {folder}.",
                field="path",
                fix="Pass the folder that contains Okta's responses.",
            )
        read = read_response_folder if is_response_folder(folder) else read_page_folder
        return cls(**read(folder), org_url=org_url)

    def custom_attributes(self) -> tuple[CustomAttribute, ...]:
        """Return the custom attributes that the tenant's user schemas declare, each once.

        Raises:
            ConfigurationError: A user schema is an error response of Okta, or it is not a user schema.
        """
        attributes: dict[str, CustomAttribute] = {}
        for schema in self.user_schemas:
            for attribute in discover_custom_attributes(schema):
                attributes.setdefault(attribute.api_name, attribute)
        return tuple(attributes.values())


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
    folder = empty_folder(path)
    report = Report(stop=True)

    def objects(name: str) -> Iterable[object]:
        return (located.value for located in ListReader(LISTS[name], report).read(getattr(tenant, name)))

    for name in OBJECT_LISTS:
        if getattr(tenant, name) is not None:
            _write_pages(folder, file_prefix(name), objects(name), page_size)
    for number, schema in enumerate(objects("user_schemas"), 1):
        _write(folder / f"user-schema-{number}.json", schema)
    for name in LINK_LISTS:
        links = ListReader(LISTS[name], report).read_links(getattr(tenant, name))
        if name != "group_members":
            _write_children(folder / file_prefix(name), links, LISTS[name].child)
        elif tenant.group_members is not None:
            memberships = ({"groupId": group, "userId": user} for group, user in links)
            _write_pages(folder, "memberships", memberships, page_size * 50)
    return folder


write_folder.__module__ = "jsm_assets_dest.okta"


def _write_pages(folder: Path, name: str, values: Iterable[object], size: int) -> None:
    # An empty last page is written too. It shows that the list exists, and that it ends after a full page.
    for number, page in enumerate(pages_of(values, size), 1):
        _write(folder / f"{name}-{number}.json", page)


def _write_children(folder: Path, pairs: Iterable[tuple[str, str]], path: tuple[str, ...]) -> None:
    """Append every child to its parent's file. Links come in any order, so they are not collected in memory."""
    for parent, child in pairs:
        if not PARENT.fullmatch(parent):
            raise ConfigurationError(
                f"{parent!r} is not a valid Okta id, so it can't be used as a file name.",
                field=folder.name,
                fix="Pass Okta's ids as the parents of links.",
            )
        folder.mkdir(exist_ok=True)
        value: object = child
        for name in reversed(path):
            value = {name: value}
        with (folder / f"{parent}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(value) + "\n")


def _write(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, indent=1, default=_to_json) + "\n", encoding="utf-8")


def _to_json(value: object) -> object:
    if (mapping := as_mapping(value)) is not None:
        return dict(mapping)
    if (simple := plain(value)) is value:
        raise TypeError(f"JSON has no form for a value of the type {type(value).__name__}")
    return simple
