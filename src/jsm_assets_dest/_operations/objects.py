"""Read objects, page by page and completely, and export them.

Offsets move while objects appear and disappear. A list is complete because of these rules:

* Objects are ordered by key, which is unique. Then the objects that were read are always the first ones of the list.
* Pages overlap by one object. If a page does not begin with an object that was read, objects before it have disappeared,
  and rows that were not read have moved up. Then reading goes back until a page begins with an object that was read.
* At the end, Assets counts the objects. If the count is larger than the number of objects that were read, the next page is
  requested anyway, because `isLast` has been wrong (JSDCLOUD-16556). If nothing comes, everything is read once more, and
  then an error is raised: a list is never incomplete without an error.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import IO

from attrs import Factory, define, field

from .._arguments.fitting import invalid
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.objects import AssetsObject, ObjectReader, line_of
from .._http.commands import Operation
from .._model.references import quoted
from .._session.site import Site
from .._session.workspace import ask_assets, required
from .._wire import object_requests as wire
from .._wire.json_reading import read_text
from ..exceptions import (
    ConfigurationError,
    ExportError,
    IncompleteListError,
    MalformedAnswerError,
    ObjectNotFoundError,
)
from .object_selection import BY_KEY, Selection, selected

#: Objects per request if they are read with their values, which may need 40 kB each.
PAGE_SIZE = 100
#: Bytes that a page of a growing size aims at. Reading them takes 10 to 20 MB of memory.
PAGE_BYTES = 2 * 1024 * 1024
#: Requests without a new object that are always allowed; more are allowed after many pages.
_IDLE = 20
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*-\d+")


class IdSet:
    """Set of object IDs: about one bit each, because the IDs of a workspace are consecutive numbers."""

    _BITS = 512

    def __init__(self) -> None:
        self._masks: dict[int, int] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __contains__(self, object_id: int) -> bool:
        block, bit = divmod(object_id, self._BITS)
        return bool(self._masks.get(block, 0) >> bit & 1)

    def add(self, object_id: int) -> bool:
        """Add an ID, and return True if it is new."""
        block, bit = divmod(object_id, self._BITS)
        mask = self._masks.get(block, 0)
        if mask >> bit & 1:
            return False
        self._masks[block] = mask | 1 << bit
        self._size += 1
        return True


@define(kw_only=True)
class ObjectReading:
    """Reads the objects of a selection, in bounded memory.

    In an operation, loop over the pages:

        reading = ObjectReading(site=site, selection=selection)
        while page := (yield from reading.next_page()):
            for asset in page:
                ...

    Attributes:
        site: The site.
        selection: Objects to read.
        size: Objects per request, at most 500.
        grows: Adapt the size to the objects, so that a page has about `PAGE_BYTES`: each request takes a round trip, and the
            list of a run is read before its first chunk. It begins with `size`, and never gets smaller than that.
        with_attributes: False reads IDs, keys, labels, types, and times only, which is 5 to 15 times less data. Use it for
            identities if the label is the identifier, with a size of 500.
    """

    site: Site
    selection: Selection
    size: int = PAGE_SIZE
    grows: bool = False
    with_attributes: bool = True
    _reader: ObjectReader = field(factory=ObjectReader, init=False)
    _condition: str = field(default="", init=False)
    _next_size: int = field(default=Factory(lambda self: self.size, takes_self=True), init=False)
    # Position in the list of the object that the next page begins with, and IDs of the last page.
    _start: int = field(default=0, init=False)
    _last_page: tuple[int, list[int]] = field(default=(-1, []), init=False)
    _step: int = field(default=0, init=False)
    # IDs that were read in this pass and in the pass before.
    _ids: IdSet = field(factory=IdSet, init=False)
    _earlier_ids: IdSet = field(factory=IdSet, init=False)
    _is_repeated: bool = field(default=False, init=False)
    # Requests that returned something new, and those since then.
    _productive: int = field(default=0, init=False)
    _idle: int = field(default=0, init=False)
    # What is known about the end of the list.
    _is_at_end: bool = field(default=False, init=False)
    _is_checked_again: bool = field(default=False, init=False)
    _trusts_last: bool = field(default=True, init=False)
    _is_done: bool = field(default=False, init=False)

    def next_page(self) -> Operation[list[AssetsObject]]:
        """Return the next objects: at least one, or an empty list at the end of a complete list.

        Raises:
            IncompleteListError: Assets does not return a complete list.
            ObjectTypeNotFoundError: The object type of the selection does not exist.
        """
        if not self._condition:
            self._condition = yield from self.selection.aql(self.site)
        while not self._is_done:
            if self._is_at_end:
                yield from self._check_count()
            else:
                objects = yield from self._advance()
                if objects:
                    return objects
        return []

    def _advance(self) -> Operation[list[AssetsObject]]:
        """Read one page, and return its new objects."""
        start = self._start
        # One more, because the page begins with an object that was read. Otherwise a size of 1 would never advance.
        size = min(self._next_size + 1, wire.LARGEST_PAGE) if start or self._ids else self.size
        query = f"{self._condition} ORDER BY {self.selection.order or BY_KEY}"
        response = yield from ask_assets(
            self.site,
            wire.search_objects,
            query,
            start,
            size,
            with_attributes=self.with_attributes,
            subject=self.selection.schema_key,
        )
        page = wire.read_object_page(response)
        if page.start not in (None, start):
            raise self._incomplete(f"Assets returned the objects from {page.start:,} instead of {start:,}.")
        ids = [_number_of(asset) for asset in page.objects]
        if start and not (ids and ids[0] in self._ids):
            self._go_back()
            return []
        if len(ids) > 1 and self._last_page[0] != start and self._last_page[1] == ids:
            raise self._incomplete("Assets returned the same page twice.")
        self._last_page = (start, ids)
        if self.grows and ids:
            self._next_size = max(self.size, PAGE_BYTES * len(ids) // len(response.body))
        self._step = 0
        new = [asset for asset, number in zip(page.objects, ids, strict=True) if self._ids.add(number)]
        self._note_progress(is_new=bool(new))
        self._start = start + max(len(ids) - 1, 0)
        self._is_at_end = (not new and len(ids) <= 1) or (page.is_last and self._trusts_last)
        if self._is_repeated:
            new = [asset for asset in new if _number_of(asset) not in self._earlier_ids]
        self._reader.define(page.definitions)
        return [self._reader.read(asset) for asset in new]

    def _go_back(self) -> None:
        """Begin the next page further up, because objects before this one have disappeared."""
        self._step = max(self._step * 2, self.size)
        self._start = max(0, self._start - self._step)
        self._last_page = (-1, [])
        self._note_progress(is_new=False)

    def _note_progress(self, *, is_new: bool) -> None:
        if is_new:
            self._productive += 1
            self._idle = 0
            self._is_checked_again = False
            return
        self._idle += 1
        if self._idle > _IDLE + self._productive:
            raise self._incomplete("Assets returns the objects in another order each time.")

    def _check_count(self) -> Operation[None]:
        """Compare the number of objects that were read with the one that Assets counts.

        A smaller count means that objects were deleted after they were read.
        """
        count = yield from _count(self.site, self._condition, self.selection.schema_key)
        self._is_at_end = False
        if count <= len(self._ids):
            self._is_done = True
        elif not self._is_checked_again:
            self._is_checked_again = True
            self._trusts_last = False
        elif not self._is_repeated:
            self._earlier_ids, self._ids = self._ids, IdSet()
            self._is_repeated = True
            self._is_checked_again = False
            self._start = 0
            self._last_page = (-1, [])
        else:
            raise self._incomplete(
                f"Assets counts {count:,} objects, but returned {len(self._ids):,}.", count
            )

    def _incomplete(self, reason: str, expected_count: int | None = None) -> IncompleteListError:
        schema = f" of {self.selection.schema_key}" if self.selection.schema_key else ""
        return IncompleteListError(
            f"Could not read the objects{schema} completely: {reason}",
            read_count=len(self._ids),
            expected_count=expected_count,
            operation="search objects",
        )


def _number_of(asset: Mapping[str, object]) -> int:
    text = read_text(asset, "id")
    if not text.isdecimal():
        raise MalformedAnswerError("The ID of an object is not a number.")
    return int(text)


def reading(
    site: Site,
    schema: ObjectSchemaRecord,
    query: str | None,
    *,
    object_type: str | None,
    include_children: bool = False,
    page_size: int = PAGE_SIZE,
) -> ObjectReading:
    """Check the arguments of a caller, and return the reading that they describe.

    Raises:
        ConfigurationError: An argument is invalid. Nothing was sent.
    """
    selection = selected(schema, query, object_type, include_children=include_children)
    if not 1 <= page_size <= wire.LARGEST_PAGE:
        raise invalid(
            "page_size",
            f"is {page_size}",
            f"Pass an integer from 1 to {wire.LARGEST_PAGE}. Assets has returned incomplete lists for larger pages.",
        )
    return ObjectReading(site=site, selection=selection, size=page_size)


def count(
    site: Site, schema: ObjectSchemaRecord, query: str | None, object_type: str | None
) -> Operation[int]:
    """Count the objects of a schema that match a query."""
    return (yield from count_selected(site, selected(schema, query, object_type)))


def count_selected(site: Site, selection: Selection) -> Operation[int]:
    """Count the objects of a selection."""
    condition = yield from selection.aql(site)
    return (yield from _count(site, condition, selection.schema_key))


def _count(site: Site, condition: str, subject: str) -> Operation[int]:
    response = yield from ask_assets(site, wire.count_objects, condition, subject=subject)
    return wire.read_total(response)


def find(site: Site, schema: ObjectSchemaRecord, key: str) -> Operation[AssetsObject | None]:
    """Return the object with a key, in any case, or None.

    Raises:
        ConfigurationError: It is not a key. Nothing was sent.
    """
    fix = f"Pass the key of an object, such as {schema.key}-12."
    wanted = required(key, "key", fix).upper()
    if not _KEY.fullmatch(wanted):
        raise ConfigurationError(
            f"{key!r} is not the key of an object. Nothing was sent.", field="key", fix=fix
        )
    query = f"objectSchemaId = {schema.id} AND Key = {quoted(wanted)}"
    response = yield from ask_assets(site, wire.search_objects, query, 0, 2, subject=schema.key)
    page = wire.read_object_page(response)
    reader = ObjectReader()
    reader.define(page.definitions)
    objects: Sequence[AssetsObject] = [reader.read(value) for value in page.objects]
    return next((asset for asset in objects if asset.key.upper() == wanted), None)


def get(site: Site, schema: ObjectSchemaRecord, key: str) -> Operation[AssetsObject]:
    """Return the object with a key.

    Raises:
        ObjectNotFoundError: It does not exist, or the account can't see it.
    """
    asset = yield from find(site, schema, key)
    if asset is None:
        raise ObjectNotFoundError(
            f"Could not find the object {key} in {schema.key} as {site.credentials.account_label}."
        )
    return asset


def export(reading: ObjectReading, path: str | os.PathLike[str]) -> Operation[int]:
    """Write the objects of a reading to a file, and return their number. After an error, the file is unchanged.

    Raises:
        ExportError: The file can't be written.
    """
    file_path = Path(path).resolve()
    count = 0
    with _replacing(file_path) as file:
        while page := (yield from reading.next_page()):
            with _explained(file_path):
                file.writelines(f"{line_of(asset)}\n" for asset in page)
            count += len(page)
    return count


@contextlib.contextmanager
def _replacing(path: Path) -> Generator[IO[str]]:
    """Open a temporary file that replaces the file at the end, and that is deleted after an error.

    Only its owner may read it, because it contains data about people.
    """
    with _explained(path, " Nothing was sent."):
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            yield file
            with _explained(path):
                file.flush()
        with _explained(path):
            Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _explained(path: Path, consequence: str = "") -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"Could not write the export to {path}: {error.strerror or type(error).__name__}.{consequence}",
            file=str(path),
        ) from error
