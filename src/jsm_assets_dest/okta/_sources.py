"""Sources of Okta's data: iterables of objects, of pages, and of links between objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias, TypedDict, cast

from attrs import frozen

from ._okta_objects import as_mapping, text_at
from ._report import Skipped

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


class TenantParts(TypedDict, total=False):
    """What the reader of a folder returns: arguments of `Tenant`."""

    users: Source | None
    groups: Source | None
    apps: Source | None
    devices: Source | None
    user_types: Source | None
    group_members: Links | None
    app_users: Links | None
    app_groups: Links | None
    device_users: Links | None
    user_schemas: Iterable[Mapping[str, object]]
    not_importable: Callable[[], Iterable[Skipped]]


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
