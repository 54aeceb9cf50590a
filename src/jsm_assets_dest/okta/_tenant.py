"""Tenant: the sources of an Okta organization's data."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self, cast

from attrs import field, frozen

from .._arguments.checking import checked
from .._model.okta_options import CustomAttribute
from ..exceptions import ConfigurationError
from ._page_folder import read_page_folder
from ._report import Notice, Skipped
from ._response_files import is_response_folder, read_response_folder
from ._schema import discover_custom_attributes
from ._sources import LISTS, Links, Source


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
@frozen(kw_only=True, repr=False)
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

    __module__ = "jsm_assets_dest.okta"

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
