"""Reading of a folder in the documented layout.

A directory export is often one array of 100,000 users in one file. Reading it whole needs several times the file's
size in memory. The standard library can decode one value out of a longer text (`JSONDecoder.raw_decode`), so the file
is read in blocks, and its values are yielded one by one.

`index.json` is a list of `{"file": ..., "request": "GET /api/v1/...", "link": ...}`. "link" is the Link header or a list
of its lines. It is optional, but only the Link header shows that a list has more pages.

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

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO, cast
from urllib.parse import parse_qsl, urlsplit

from attrs import field, frozen

from ..exceptions import ConfigurationError
from ._report import DEACTIVATED_ADVICE, Notice, Skipped
from ._sources import LINK_LISTS, OBJECT_LISTS, Links, Located, Page, Source
from ._values import pick, text_at

#: Characters per read. An Okta user has about 2,000.
BLOCK = 256 * 1024

_SPACE = " \t\r\n"
#: Characters that may follow an item of an array.
_AFTER = frozenset(_SPACE + ",]")


class UnreadableFileError(ValueError):
    """The file is not JSON. The message contains its name and the position of the error."""


def json_values(path: Path) -> Iterator[object]:
    """Yield the items of an array, the lines of a `.jsonl` file, or the only value of a file.

    Args:
        path: A file in UTF-8, with or without a byte order mark.

    Raises:
        UnreadableFileError: The file is not JSON, or it ends in the middle of a value.
    """
    with path.open(encoding="utf-8-sig") as file:
        try:
            yield from (_lines(file) if path.suffix == ".jsonl" else _items(file))
        except (ValueError, RecursionError) as problem:
            raise UnreadableFileError(f"{path} is not a readable JSON file: {problem}") from problem


def _lines(file: TextIO) -> Iterator[object]:
    for line in file:
        if line.strip():
            yield json.loads(line)


def _items(file: TextIO) -> Iterator[object]:
    text = file.read(1)
    while text and text in _SPACE:
        text = file.read(1)
    if text != "[":
        yield json.loads(text + file.read())
        return
    decoder = json.JSONDecoder()
    text, position, is_first = "", 0, True
    while True:
        text, position = _skip_space(file, text, position)
        character = text[position]
        if character == "]":
            _expect_end(file, text[position + 1 :])
            return
        if not is_first:
            if character != ",":
                raise ValueError(f"a comma was expected, not {character!r}")
            text, position = _skip_space(file, text, position + 1)
        value, position, text = _decode_item(decoder, file, text, position)
        is_first = False
        yield value


def _skip_space(file: TextIO, text: str, position: int) -> tuple[str, int]:
    while True:
        while position < len(text) and text[position] in _SPACE:
            position += 1
        if position < len(text):
            return text, position
        text, position = file.read(BLOCK), 0
        if not text:
            raise ValueError("the file ends inside its array")


def _decode_item(
    decoder: json.JSONDecoder, file: TextIO, text: str, position: int
) -> tuple[object, int, str]:
    """Decode the item at a position. Read more text while the item may be incomplete."""
    size = BLOCK
    while True:
        try:
            value, end = decoder.raw_decode(text, position)
        except ValueError:
            value, end = None, -1
        # A number at the end of the text may continue in the next block: "12" of "123", "0." of "0.5".
        if 0 <= end < len(text) and text[end] in _AFTER:
            return value, end, text
        block = file.read(size)
        if not block:
            if end >= 0:
                return value, end, text
            decoder.raw_decode(text, position)  # Raises with the line and the column.
        text, position = text[position:] + block, 0
        size *= 2


def _expect_end(file: TextIO, text: str) -> None:
    if text.strip() or file.read().strip():
        raise ValueError("there is something after the array")


INDEX = "index.json"
_NEXT = re.compile(r'<([^>]*)>[^<]*?\brel="?next\b', re.IGNORECASE)


def json_files(folder: Path) -> list[Path]:
    """Return the JSON files of a folder except the index, in the order of their pages: page 2 before page 10."""
    files = (file for file in folder.iterdir() if file.suffix in {".json", ".jsonl"} and file.is_file())
    return sorted((file for file in files if file.name != INDEX), key=_page_order)


def _page_order(file: Path) -> tuple[tuple[str, int], ...]:
    parts = re.findall(r"(\D*)(\d*)", file.name)
    return tuple((text, int(number or 0)) for text, number in parts)


def is_hidden(path: Path) -> bool:
    """Return True for names such as ".DS_Store"."""
    return path.name.startswith(".")


def located(file: Path, root: Path) -> Iterator[Located]:
    """Yield the objects of a file, each with the file's name and its position, counted from 0.

    Raises:
        ConfigurationError: The file is not JSON. Reading stops, because an import without a page would look complete,
            and Assets may delete the objects that it does not receive.
    """
    name = file.relative_to(root).as_posix()
    try:
        for number, value in enumerate(json_values(file)):
            yield Located(value, f"{name}[{number}]")
    except UnreadableFileError as problem:
        raise ConfigurationError(
            f"The file {name} is not readable: {problem.__cause__}.",
            field="path",
            fix=f"Export {name} again, or remove it from the folder.",
        ) from problem


def empty_folder(path: str | Path) -> Path:
    """Create a folder for an export. Only its owner may read it, because it will contain data about people.

    Raises:
        ConfigurationError: The folder is not empty, because two exports must not be mixed.
    """
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise ConfigurationError(
            f"The folder {folder} is not empty.", field="path", fix="Choose an empty folder for the export."
        )
    return folder


@frozen
class Index:
    """Requests and Link headers of the files in a folder.

    Attributes:
        folder: The folder. File names in the index are relative to it.
        requests: Request line by file name.
        headers: Link header by file name. Files that are listed without this key are missing.
    """

    folder: Path
    requests: Mapping[str, str] = field(factory=dict[str, str])
    headers: Mapping[str, str] = field(factory=dict[str, str])
    _read_targets: frozenset[tuple[object, ...]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        addresses = (request.rpartition(" ")[2] for request in self.requests.values())
        object.__setattr__(self, "_read_targets", frozenset(map(_target, addresses)))

    @classmethod
    def of(cls, folder: Path) -> Index:
        """Read the index of a folder. It is empty if the folder has none."""
        file = folder / INDEX
        entries = [entry.value for entry in located(file, folder)] if file.is_file() else []
        links = {text_at(entry, "file"): pick(entry, "link") for entry in entries}
        return cls(
            folder,
            {text_at(entry, "file"): text_at(entry, "request") for entry in entries},
            {name: _header(link) for name, link in links.items() if link is not None},
        )

    def page(self, file: Path, root: Path) -> Page:
        """Return a file as a page."""
        name, where = file.relative_to(self.folder).as_posix(), file.relative_to(root).as_posix()
        objects = located(file, root)
        header = self.headers.get(name)
        if header is None:
            # Okta's pages are JSON arrays. A list of lines is the export of another program, and it is whole.
            return Page(where, objects, is_last=file.suffix == ".jsonl")
        match = _NEXT.search(header)
        if match is None:
            return Page(where, objects, is_last=True)
        is_read = _target(match[1]) in self._read_targets
        return Page(where, objects, unread_next="" if is_read else urlsplit(match[1]).path)

    def missing_files(self, root: Path) -> Iterator[Notice]:
        """Yield the files that the index lists but the folder does not contain."""
        subfolder = self.folder.relative_to(root)
        for name in self.requests:
            if name and not (self.folder / name).is_file():
                where = (subfolder / name).as_posix()
                yield Notice("unread_page", "file", where, f"{INDEX} lists it, but it does not exist")


def _header(value: object) -> str:
    return ", ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else str(value)


def _target(address: str) -> tuple[object, ...]:
    """Return the path and the query of an address in a comparable form."""
    parts = urlsplit(address)
    return parts.path, tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))


def strangers(folder: Path, root: Path, reason: str) -> Iterator[Skipped]:
    """Yield everything in a folder that is neither a JSON file nor hidden."""
    for path in sorted(folder.iterdir()):
        is_json = path.suffix in {".json", ".jsonl"} and path.is_file()
        if not is_json and not is_hidden(path):
            kind = "folder" if path.is_dir() else "file"
            yield Skipped(
                kind, "", path.relative_to(root).as_posix(), reason if path.is_dir() else "not a JSON file"
            )


#: Prefixes of file names. Longer ones come first, so that "user-types" is not read as "users".
_TOP = ("user-schema", "user-types", "memberships", "users", "groups", "apps", "devices")
#: A request for people that leaves out deactivated people.
_PLAIN_USERS_REQUEST = re.compile(r"/api/v1/users(?!.*[?&](?:search|filter)=)(?:\?|\s*$)")
#: An Okta id at the start of a file name.
PARENT = re.compile(r"[0-9A-Za-z]+")


def read_page_folder(folder: Path) -> dict[str, Any]:
    """Read a folder in the documented layout, and return the arguments of `Tenant`.

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
    links = {name: _by_parent(folder / file_prefix(name)) for name in LINK_LISTS}
    schemas = [index.page(file, folder) for file in top["user-schema"]]
    memberships = {"group_members": top["memberships"]}
    return {
        **{name: _source(index, top[file_prefix(name)]) for name in OBJECT_LISTS},
        **{name: _links(index, children, memberships.get(name, [])) for name, children in links.items()},
        "user_schemas": [schema for page in schemas for schema in page.objects],
        "not_importable": _not_importable(index, top["users"], schemas),
    }


def file_prefix(name: str) -> str:
    """Return the beginning of the names of files, or the name of the folder, with a list of Okta."""
    return name.replace("_", "-")


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


def _links(index: Index, children: Mapping[str, list[Path]], memberships: list[Path]) -> Links | None:
    def read() -> Iterator[tuple[str, Source]]:
        for parent, files in children.items():
            yield parent, _pages(index, files)
        # `ListReader` accepts pages of memberships beside pairs.
        yield from _pages(index, memberships)  # type: ignore[misc]  # see the comment above

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
            if path.is_dir() and path.name in map(file_prefix, LINK_LISTS):
                yield from strangers(path, folder, "its files are not read")
                for file in json_files(path):
                    if not PARENT.match(file.name):
                        where = file.relative_to(folder).as_posix()
                        yield Skipped("file", "", where, "its name does not start with an Okta id")
            elif path.name != INDEX and not is_hidden(path) and (path.is_dir() or not _prefix(path)):
                kind = "folder" if path.is_dir() else "file"
                yield Skipped(kind, "", path.name, "its name is not part of the layout")

    return read
