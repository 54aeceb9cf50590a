"""Reading of single responses in files named `<what>--<name>.json`.

Recorded tests, examples of a specification, and responses that were saved manually have this form. One folder, or a
folder of such folders, is read as a tenant: lists, single objects, and the objects inside responses about memberships. An
`index.json` beside the files may contain each file's request line and Link header. The group of a member or the
application of an assignment comes from there, or from the links in the response.

Every object becomes a record, or the report names it with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen

from ..exceptions import ConfigurationError
from ._page_folder import Index, is_hidden, json_files, strangers
from ._report import Notice, Report, Skipped
from ._sources import LINK_LISTS, LISTS, OBJECT_LISTS, Links, ListKind, ListReader, Located, Page, Source
from ._values import as_mapping, error_summary, pick, text_at

_SEPARATOR = "--"
_REQUEST = re.compile(r"/api/v1/(?:users|groups|apps|devices)/(?P<parent>[^/?\s]+)/")
_APP_LINK = re.compile(r"/apps/(?P<parent>[^/?]+)")


@frozen(kw_only=True)
class Kind:
    """Content of the files with the same prefix.

    Attributes:
        what: Name of one object, for the report.
        pages: The list that the files are pages of. Files with a single object have none.
        gives: Source of the tenant that the objects belong to. Empty if they have no records.
        inner: Key of the object of that source. Empty if it is the object itself.
        links: Links of the tenant that the files contain, as pages of objects. Empty if there are none.
        reverse: True if the parent in the request is the child of the link, as in a user's groups.
        reason: The reason why the objects have no record of their own.
    """

    what: str
    pages: ListKind | None = None
    gives: str = ""
    inner: str = ""
    links: str = ""
    reverse: bool = False
    reason: str = ""


_ASSIGNED = "an assignment, which fills references and has no record of its own"


def _kinds(what: str, source: str, *single_prefixes: str) -> Mapping[str, Kind]:
    """Return the kinds of a list and of its single objects, by prefix."""
    pages = Kind(what=what, pages=LISTS[source], gives=source)
    single = Kind(what=what, gives=source)
    return {f"{source}-list": pages, source: pages, **dict.fromkeys(single_prefixes, single)}


#: Kinds by prefix. Lists come before single objects, and both before the objects inside other responses.
_KINDS: Mapping[str, Kind] = {
    **_kinds("person", "users", "user-get", "user"),
    "group-members": Kind(what="person", pages=LISTS["group_members"], gives="users", links="group_members"),
    "device-users": Kind(
        what="person", pages=LISTS["device_users"], gives="users", inner="user", links="device_users"
    ),
    **_kinds("group", "groups", "group"),
    "user-groups": Kind(
        what="group",
        pages=ListKind("groups of people", name_of="groups of the person {}"),
        gives="groups",
        links="group_members",
        reverse=True,
    ),
    **_kinds("application", "apps", "app"),
    "group-apps": Kind(
        what="application",
        pages=ListKind(
            "applications of groups", frozenset({20, 200}), name_of="applications of the group {}"
        ),
        gives="apps",
        links="app_groups",
        reverse=True,
    ),
    "app-users": Kind(
        what="application assignment", pages=LISTS["app_users"], links="app_users", reason=_ASSIGNED
    ),
    "app-groups": Kind(
        what="application assignment", pages=LISTS["app_groups"], links="app_groups", reason=_ASSIGNED
    ),
    "user-applinks": Kind(
        what="application link",
        pages=ListKind(
            "application links", child=("appInstanceId",), name_of="application links of the person {}"
        ),
        links="app_users",
        reverse=True,
        reason=_ASSIGNED,
    ),
    **_kinds("device", "devices", "device"),
    "user-devices": Kind(
        what="device",
        pages=ListKind("devices of people", child=("device", "id"), name_of="devices of the person {}"),
        gives="devices",
        inner="device",
        links="device_users",
        reverse=True,
    ),
    "user-types": Kind(what="user type", pages=LISTS["user_types"], gives="user_types"),
    "user-roles": Kind(
        what="administrator role",
        pages=ListKind("administrator roles", name_of="administrator roles of the person {}"),
        reason="the model has no object type for roles of administrators",
    ),
    "user-schema": Kind(
        what="user schema",
        reason="it declares custom attributes, see discover_custom_attributes()",
    ),
}


@frozen
class ResponseFile:
    """A file, its content, and the parent in its request."""

    path: Path
    root: Path
    index: Index
    kind: Kind
    parent: str = ""

    @property
    def page(self) -> Page:
        """The file as a page, which is read again each time."""
        return self.index.page(self.path, self.root)

    def objects(self) -> Iterator[Located]:
        """Yield the objects of the file, except error responses."""
        for located in self.page.objects:
            if not error_summary(located.value):
                yield located


def is_response_folder(folder: Path) -> bool:
    """Return True if files of a folder, or of a folder in it, have such names."""
    return any(_SEPARATOR in file.name for subfolder in _folders(folder) for file in json_files(subfolder))


def _folders(folder: Path) -> list[Path]:
    return [folder, *sorted(path for path in folder.iterdir() if path.is_dir() and not is_hidden(path))]


def read_response_folder(folder: Path) -> dict[str, Any]:
    """Read a folder of single responses, and return the arguments of `Tenant`.

    Raises:
        ConfigurationError: The folder has no file of a known kind.
    """
    files = [file for subfolder in _folders(folder) for file in _response_files(subfolder, folder)]
    if not any(file.kind.gives for file in files):
        raise ConfigurationError(
            f"The folder {folder} has no file of people, groups, applications, devices, or user types.",
            field="path",
            fix=f"Name files <what>{_SEPARATOR}<name>.json, with one of: {', '.join(_KINDS)}.",
        )
    order = list(_KINDS.values())
    files.sort(key=lambda file: order.index(file.kind) if file.kind in order else len(order))
    schemas = [file for file in files if file.kind is _KINDS["user-schema"]]
    return {
        **{name: _source(files, name) for name in OBJECT_LISTS},
        **{name: _links(files, name) for name in LINK_LISTS},
        "user_schemas": [schema for file in schemas for schema in file.page.objects],
        "not_importable": partial(_not_importable, files, folder),
    }


def _response_files(folder: Path, root: Path) -> Iterator[ResponseFile]:
    index = Index.of(folder)
    for path in json_files(folder):
        prefix, separator, _ = path.name.partition(_SEPARATOR)
        if not separator:
            kind = Kind(what="file", reason="its name is not part of the layout")
        elif prefix in _KINDS:
            kind = _KINDS[prefix]
        else:
            what = "error response" if prefix.startswith("error") else "object"
            kind = Kind(
                what=what, reason=f"the model has no object type for responses of the kind {prefix!r}"
            )
        request = _REQUEST.search(index.requests.get(path.name, ""))
        yield ResponseFile(path, root, index, kind, request["parent"] if request else "")


def _source(files: list[ResponseFile], name: str) -> Source | None:
    source_files = [file for file in files if file.kind.gives == name]

    def read() -> Iterator[Located]:
        objects = [_opened(located, file.kind) for file in source_files for located in file.objects()]
        best: dict[str, Located] = {}
        for located in objects:
            identity = text_at(located.value, "id")
            if identity not in best or _rank(located.value) > _rank(best[identity].value):
                best[identity] = located
        # The best responses come first: records() imports the first response about an object and names the others.
        chosen = {id(located) for located in best.values()}
        return iter(sorted(objects, key=lambda located: id(located) not in chosen))

    return read if source_files else None


def _opened(located: Located, kind: Kind) -> Located:
    inner = pick(located.value, kind.inner) if kind.inner else None
    return located if as_mapping(inner) is None else Located(inner, located.where)


def _rank(value: object) -> tuple[str, int]:
    """Rank responses about one object, which were saved at different times: the latest state, then the most fields.

    Okta writes all times in the same form, so their text sorts in the order of time.
    """
    profile = as_mapping(pick(value, "profile")) or {}
    return text_at(value, "lastUpdated"), len(as_mapping(value) or {}) + len(profile)


def _links(files: list[ResponseFile], name: str) -> Links | None:
    link_files = [file for file in files if file.kind.links == name]

    def read() -> Iterator[tuple[str, Source]]:
        for file in link_files:
            for located in file.objects():
                parent, child = _ends(file, located.value)
                if parent and child:
                    yield parent, [child]

    return read if link_files else None


def _ends(file: ResponseFile, value: object) -> tuple[str, str]:
    """Return the parent and the child of the link that an object describes. Unknown ends are empty."""
    assert file.kind.pages is not None  # only pages contain links
    parent, child = file.parent, text_at(value, *file.kind.pages.child)
    if not parent and file.kind.what == "application link":
        parent = text_at(value, "id")  # The id of an application link is the id of its user.
    if not parent and (href := _APP_LINK.search(text_at(value, "_links", "app", "href"))):
        parent = href["parent"]
    return (child, parent) if file.kind.reverse else (parent, child)


def _not_importable(files: list[ResponseFile], folder: Path) -> Iterator[Skipped | Notice]:
    yield from _notices(files)
    for file in files:
        for located in file.page.objects:
            identity = text_at(located.value, "id")
            summary = error_summary(located.value)
            # Error responses among pages and user schemas become notices.
            if not file.kind.gives and not (
                summary and (file.kind.pages or file.kind is _KINDS["user-schema"])
            ):
                reason = f"an error response of Okta, {summary}" if summary else file.kind.reason
                yield Skipped(file.kind.what, identity, located.where, reason)
            if file.kind.links and not summary and not all(_ends(file, located.value)):
                reason = "neither the response nor an index names both ends, so the reference is left out"
                yield Skipped("link", identity, located.where, reason)
    for subfolder in _folders(folder):
        yield from Index.of(subfolder).missing_files(folder)
        yield from (
            stranger
            for stranger in strangers(
                subfolder, folder, "too deep: only the folders directly inside are read"
            )
            if subfolder is not folder or stranger.what == "file"
        )


def _notices(files: list[ResponseFile]) -> Iterator[Notice]:
    """Yield the defects of whole pages."""
    report = Report()
    readers: dict[ListKind, ListReader] = {}
    for file in files:
        page = file.page
        if file.kind.pages is not None:
            reader = readers.setdefault(file.kind.pages, ListReader(file.kind.pages, report))
            reader.check_page(file.parent, page)
        else:
            yield from page.notices(file.kind.what)
            for located in page.objects if file.kind.gives else ():
                if summary := error_summary(located.value):
                    reason = f"an error response of Okta, {summary}. The object of this file is missing."
                    yield Notice("error_response", file.kind.what, located.where, reason)
    for reader in readers.values():
        reader.finish()
    yield from report.notices
