"""Files of Okta's responses as pages, with what an `index.json` says about their requests.

`index.json` is a list of `{"file": ..., "request": "GET /api/v1/...", "link": ...}`. "link" is the Link header or a list
of its lines. It is optional, but only the Link header shows that a list has more pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from attrs import field, frozen

from ..exceptions import ConfigurationError
from ._json_files import UnreadableFileError, json_values
from ._okta_objects import pick, text_at
from ._report import Notice, Skipped
from ._sources import Located, Page

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
