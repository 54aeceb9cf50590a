"""What an Okta organisation answered, wherever the answers come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias, cast

from attrs import field, frozen

from ..exceptions import ConfigurationError
from ._shapes import as_mapping, text_at
from .custom_attributes import CustomAttribute, discover_custom_attributes
from .report import Skipped

#: Objects, or pages (lists) of objects, in the shape of Okta's API; or a function that starts them anew. An object is
#: a JSON mapping or an object of the official SDK.
Source: TypeAlias = Iterable[object] | Callable[[], Iterable[object]]

#: What belongs to what: pairs of a parent's id and its children (objects or plain ids), a mapping of the same, or a
#: function that starts them anew.
Links: TypeAlias = (
    Mapping[str, Source] | Iterable[tuple[str, Source]] | Callable[[], Iterable[tuple[str, Source]]]
)


@frozen
class Located:
    """An object together with the place it was read from.

    Attributes:
        value: The object.
        where: File and position, for the report.
    """

    value: object
    where: str


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
        from .folder import read_folder

        return read_folder(Path(path), org_url=org_url)

    def custom_attributes(self) -> tuple[CustomAttribute, ...]:
        """The custom attributes that the tenant's user schemas declare, each once."""
        found: dict[str, CustomAttribute] = {}
        for schema in self.user_schemas:
            for attribute in discover_custom_attributes(schema):
                found.setdefault(attribute.api_name, attribute)
        return tuple(found.values())


def objects(source: Source | None) -> Iterator[Located]:
    """The objects of a source, pages opened, each with its place."""
    if source is None:
        return
    for item in source() if callable(source) else source:
        place = item.where if isinstance(item, Located) else ""
        value = item.value if isinstance(item, Located) else item
        if isinstance(value, list | tuple):
            for member in cast("Iterable[object]", value):
                yield Located(_readable(member), place)
        else:
            yield Located(_readable(value), place)


def links(source: Links | None, *child_path: str) -> Iterator[tuple[str, str]]:
    """Pairs of a parent's id and a child's id.

    Args:
        source: Where the links come from.
        child_path: Where a child object names its id, when not in `id`: ("user", "id") for a device's users.
    """
    if source is None:
        return
    opened: object = source() if callable(source) else source
    pairs = cast("Mapping[str, Source]", opened).items() if isinstance(opened, Mapping) else opened
    for parent, children in cast("Iterable[tuple[str, Source]]", pairs):
        for child in objects(children):
            value = child.value
            identity = (
                value if isinstance(value, str) else text_at(value, *child_path) or text_at(value, "id")
            )
            if identity:
                yield parent, identity


def _readable(value: object) -> object:
    """An SDK's object as a mapping, once, so that no field asks for the conversion again."""
    mapping = as_mapping(value)
    return value if mapping is None else mapping
