"""What an Okta organisation answered, wherever the answers come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

from attrs import field, frozen

from ..exceptions import ConfigurationError
from ._custom_attributes import CustomAttribute, discover_custom_attributes
from ._page_folder import read_page_folder
from ._report import Skipped
from ._response_files import is_response_folder, read_response_folder
from ._sources import Links, Source

_SOURCE_NAMES = (
    "users",
    "groups",
    "apps",
    "devices",
    "user_types",
    "group_members",
    "app_users",
    "app_groups",
    "device_users",
)


class _Once:
    """An iterator that says so when it is asked a second time, instead of being silently empty."""

    def __init__(self, iterator: Iterator[object], name: str) -> None:
        self._iterator = iterator
        self._name = name
        self._used = False

    def __iter__(self) -> Iterator[object]:
        if self._used:
            raise ConfigurationError(
                f"The tenant's {self._name} were read before, and an iterator can be read only once.",
                field=self._name,
                fix="Give a list, or a function that returns a new iterator, to read a tenant more than once.",
            )
        self._used = True
        return self._iterator


def _schemas(values: Iterable[Mapping[str, object]]) -> tuple[Mapping[str, object], ...]:
    return tuple(values)


@frozen(kw_only=True)
class Tenant:
    """The sources of an Okta organisation's data; nothing is read before `records()` is iterated.

    What is None was not asked for: references to it are then kept as they are, because its objects may be in Assets
    already. What is an empty list was asked for and is not there: references to it are left out and counted.

    Attributes:
        users: Answers of `GET /api/v1/users`.
        groups: Answers of `GET /api/v1/groups`.
        apps: Answers of `GET /api/v1/apps`.
        devices: Answers of `GET /api/v1/devices`, best with `expand=user` or `expand=userSummary`.
        user_types: Answers of `GET /api/v1/meta/types/user`.
        group_members: Per group id, the answers of `GET /api/v1/groups/{id}/users`.
        app_users: Per application id, the answers of `GET /api/v1/apps/{id}/users`.
        app_groups: Per application id, the answers of `GET /api/v1/apps/{id}/groups`.
        device_users: Per device id, the answers of `GET /api/v1/devices/{id}/users`; for devices without `_embedded`.
        user_schemas: Answers of `GET /api/v1/meta/schemas/user/{id}`, where custom attributes are declared.
        not_importable: What a reader met that has no place in the model; passed on to the report.
        org_url: Address of the organisation, such as "https://acme.okta.com"; relative profile addresses are
            completed with it, and left out without it.
    """

    users: Source | None = field(default=None, repr=False)
    groups: Source | None = field(default=None, repr=False)
    apps: Source | None = field(default=None, repr=False)
    devices: Source | None = field(default=None, repr=False)
    user_types: Source | None = field(default=None, repr=False)
    group_members: Links | None = field(default=None, repr=False)
    app_users: Links | None = field(default=None, repr=False)
    app_groups: Links | None = field(default=None, repr=False)
    device_users: Links | None = field(default=None, repr=False)
    user_schemas: tuple[Mapping[str, object], ...] = field(default=(), converter=_schemas, repr=False)
    not_importable: Callable[[], Iterable[Skipped]] | None = field(default=None, repr=False)
    org_url: str = ""

    def __attrs_post_init__(self) -> None:
        for name in _SOURCE_NAMES:
            source: object = getattr(self, name)
            if isinstance(source, str | bytes):
                raise ConfigurationError(
                    f"The tenant's {name} are given as text, where objects were expected.",
                    field=name,
                    fix="Give the decoded JSON objects, or read a folder of files with Tenant.from_folder().",
                )
            if isinstance(source, Iterator):
                object.__setattr__(self, name, _Once(cast("Iterator[object]", source), name))

    @classmethod
    def from_folder(cls, path: str | Path, *, org_url: str = "") -> Tenant:
        """Reads Okta's answers from a folder of JSON files; the layouts are in docs/reference/okta.md.

        Args:
            path: The folder.
            org_url: Address of the organisation, to complete relative profile addresses.

        Returns:
            A tenant that reads the files each time its records are iterated, page by page.

        Raises:
            ConfigurationError: There is no such folder, or none of its files belongs to a layout.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise ConfigurationError(
                f"There is no folder {folder}.",
                field="path",
                fix="Name the folder that holds Okta's answers.",
            )
        read = read_response_folder if is_response_folder(folder) else read_page_folder
        return cls(**read(folder), org_url=org_url)

    def custom_attributes(self) -> tuple[CustomAttribute, ...]:
        """The custom attributes that the tenant's user schemas declare, each once."""
        found: dict[str, CustomAttribute] = {}
        for schema in self.user_schemas:
            for attribute in discover_custom_attributes(schema):
                found.setdefault(attribute.api_name, attribute)
        return tuple(found.values())
