"""Single answers in files named after what was asked: `<what>--<name>.json`.

Recorded tests, examples of a specification and answers that somebody saved by hand come like this. One folder, or a
folder of such folders, is read as a tenant: lists and single objects, and the objects inside of answers about
memberships. An `index.json` beside the files may say of each the request line and the HTTP status; a member's group
or an assignment's application is known from there, or from the answer's own links.

Every object ends up as a record or in the report with the reason why not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from attrs import field, frozen

from ..exceptions import ConfigurationError
from ._okta_objects import as_mapping, error_summary, pick, text_at
from ._page_folder import json_files, located, read_schemas
from ._report import Skipped
from ._sources import Links, Located, Source, TenantParts

_SEPARATOR = "--"
_REQUEST = re.compile(r"/api/v1/(?:users|groups|apps|devices)/(?P<parent>[^/?\s]+)/")
_APP_LINK = re.compile(r"/apps/(?P<parent>[^/?]+)")


@frozen(kw_only=True)
class Kind:
    """What the files of a prefix hold.

    Attributes:
        what: One of their objects, for the report.
        gives: The source of the tenant that their objects belong to; empty when they give no records.
        inner: Where the object of that source stands inside; empty for the object itself.
        links: The links of the tenant that they tell about; empty for none.
        turned: The parent in the request is the child of the link: a user's groups.
        child: Where an object names the other end of its link.
        reason: Why the objects give no record of their own.
    """

    what: str
    gives: str = ""
    inner: str = ""
    links: str = ""
    turned: bool = False
    child: tuple[str, ...] = ("id",)
    reason: str = ""


_ASSIGNED = "an assignment; it fills references and gives no record of its own"
_KINDS: Mapping[str, Kind] = {
    "users-list": Kind(what="person", gives="users"),
    "users": Kind(what="person", gives="users"),
    "user-get": Kind(what="person", gives="users"),
    "user": Kind(what="person", gives="users"),
    "group-members": Kind(what="person", gives="users", links="group_members"),
    "device-users": Kind(
        what="person", gives="users", inner="user", links="device_users", child=("user", "id")
    ),
    "groups-list": Kind(what="group", gives="groups"),
    "groups": Kind(what="group", gives="groups"),
    "group": Kind(what="group", gives="groups"),
    "user-groups": Kind(what="group", gives="groups", links="group_members", turned=True),
    "apps-list": Kind(what="application", gives="apps"),
    "apps": Kind(what="application", gives="apps"),
    "app": Kind(what="application", gives="apps"),
    "group-apps": Kind(what="application", gives="apps", links="app_groups", turned=True),
    "app-users": Kind(what="application assignment", links="app_users", reason=_ASSIGNED),
    "app-groups": Kind(what="application assignment", links="app_groups", reason=_ASSIGNED),
    "user-applinks": Kind(
        what="application link", links="app_users", turned=True, child=("appInstanceId",), reason=_ASSIGNED
    ),
    "devices-list": Kind(what="device", gives="devices"),
    "devices": Kind(what="device", gives="devices"),
    "device": Kind(what="device", gives="devices"),
    "user-devices": Kind(
        what="device",
        gives="devices",
        inner="device",
        links="device_users",
        turned=True,
        child=("device", "id"),
    ),
    "user-types": Kind(what="user type", gives="user_types"),
    "user-roles": Kind(
        what="administrator role", reason="roles of administrators have no place in the model"
    ),
    "user-schema": Kind(
        what="user schema", reason="it declares custom attributes; see discover_custom_attributes()"
    ),
}


@frozen
class AnswerFile:
    """A file, what it holds, and the parent that its request names."""

    path: Path
    root: Path
    kind: Kind
    parent: str = field(default="")

    def objects(self) -> Iterator[Located]:
        """The objects of the file."""
        return located([self.path], self.root)


def is_response_folder(folder: Path) -> bool:
    """Whether files of a folder, or of a folder in it, are named in this way."""
    return any(_SEPARATOR in file.name for one in _folders(folder) for file in json_files(one))


def _folders(folder: Path) -> list[Path]:
    below = (one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    return [folder, *sorted(below)]


def read_response_folder(folder: Path) -> TenantParts:
    """Reads such a folder.

    Raises:
        ConfigurationError: None of its files is of a known kind.
    """
    files = [file for one in _folders(folder) for file in _answer_files(one, folder)]
    if not any(file.kind.gives for file in files):
        raise ConfigurationError(
            f"The folder {folder} has no file of people, groups, applications, devices or user types.",
            field="path",
            fix=f"Name files <what>{_SEPARATOR}<name>.json, with one of: {', '.join(_KINDS)}.",
        )
    # Lists before single answers, and both before the objects inside of other answers, as the table has them.
    order = list(_KINDS.values())
    files.sort(key=lambda file: order.index(file.kind) if file.kind in order else len(order))
    schemas = [file.path for file in files if file.kind is _KINDS["user-schema"]]
    return TenantParts(
        users=_source(files, "users"),
        groups=_source(files, "groups"),
        apps=_source(files, "apps"),
        devices=_source(files, "devices"),
        user_types=_source(files, "user_types"),
        group_members=_links(files, "group_members"),
        app_users=_links(files, "app_users"),
        app_groups=_links(files, "app_groups"),
        device_users=_links(files, "device_users"),
        user_schemas=read_schemas(schemas),
        not_importable=partial(_not_importable, files, folder),
    )


def _answer_files(folder: Path, root: Path) -> Iterator[AnswerFile]:
    index = _index(folder)
    for path in json_files(folder):
        prefix, separator, _ = path.name.partition(_SEPARATOR)
        if not separator:
            if path.name != "index.json":
                yield AnswerFile(
                    path, root, Kind(what="file", reason="its name belongs to no part of the layout")
                )
            continue
        kind = _KINDS.get(prefix)
        if kind is None:
            reason = f"the model has no place for answers of the kind “{prefix}”"
            kind = Kind(what="error answer" if prefix.startswith("error") else "object", reason=reason)
        asked = _REQUEST.search(index.get(path.name, ""))
        yield AnswerFile(path, root, kind, asked["parent"] if asked else "")


def _index(folder: Path) -> Mapping[str, str]:
    """The request line per file, as far as an index tells it."""
    file = folder / "index.json"
    if not file.is_file():
        return {}
    return {
        text_at(found.value, "file"): text_at(found.value, "request") for found in located([file], folder)
    }


def _source(files: list[AnswerFile], name: str) -> Source | None:
    of = [file for file in files if file.kind.gives == name]

    def read() -> Iterator[Located]:
        found = [_opened(one, file.kind) for file in of for one in file.objects()]
        best: dict[str, Located] = {}
        for one in found:
            identity = text_at(one.value, "id")
            if identity not in best or _rank(one.value) > _rank(best[identity].value):
                best[identity] = one
        # The best answers first: records() imports the first one about an object and names the others.
        chosen = {id(one) for one in best.values()}
        return iter(sorted(found, key=lambda one: id(one) not in chosen))

    return read if of else None


def _opened(found: Located, kind: Kind) -> Located:
    inner = pick(found.value, kind.inner) if kind.inner else None
    return found if as_mapping(inner) is None else Located(inner, found.where)


def _rank(value: object) -> tuple[str, int]:
    """Answers about one object were saved at different moments, and some are cut down to a few fields: the latest state
    counts, then the fullest answer. Okta writes all moments in the same form, so their text sorts like their time.
    """
    profile = as_mapping(pick(value, "profile")) or {}
    return text_at(value, "lastUpdated"), len(as_mapping(value) or {}) + len(profile)


def _links(files: list[AnswerFile], name: str) -> Links | None:
    of = [file for file in files if file.kind.links == name]

    def read() -> Iterator[tuple[str, Source]]:
        for file in of:
            for found in file.objects():
                parent, child = _ends(file, found.value)
                if parent and child:
                    yield parent, [child]

    return read if of else None


def _ends(file: AnswerFile, value: object) -> tuple[str, str]:
    """The two ends of the link that an object tells about; empty where it does not say."""
    here, there = file.parent, text_at(value, *file.kind.child)
    if not here and file.kind.what == "application link":
        here = text_at(value, "id")  # an application link's id is its user's
    if not here and (href := _APP_LINK.search(text_at(value, "_links", "app", "href"))):
        here = href["parent"]
    return (there, here) if file.kind.turned else (here, there)


def _not_importable(files: list[AnswerFile], folder: Path) -> Iterator[Skipped]:
    for file in files:
        for found in file.objects():
            identity = text_at(found.value, "id")
            if not file.kind.gives:
                reason = error_summary(found.value)
                reason = f"an error answer of Okta's, {reason}" if reason else file.kind.reason
                yield Skipped(file.kind.what, identity, found.where, reason)
            if file.kind.links and not all(_ends(file, found.value)):
                reason = "neither the answer nor an index says to what it belongs; the reference is left out"
                yield Skipped("link", identity, found.where, reason)
    for one in _folders(folder):
        for path in sorted(one.iterdir()):
            if path.is_file() and path.suffix not in {".json", ".jsonl"}:
                where = path.relative_to(folder).as_posix()
                yield Skipped("file", "", where, "not a JSON file")
            elif path.is_dir() and one is not folder:
                where = path.relative_to(folder).as_posix()
                yield Skipped("folder", "", where, "too deep; only the folders right inside are read")
