"""Reading of a tenant's sources: iterables of objects, of pages, and of links between objects.

Every list of Okta passes a `ListReader`. It opens pages and records each defect in the report: error responses, pages that
occur twice, next pages that were not read, lists that may be cut off, and links without an id.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, cast

from attrs import define, evolve, field, frozen

from .._display.values import public_value
from ..exceptions import ConfigurationError
from ._report import Notice, NoticeCode, Report
from ._values import as_mapping, error_summary, text_at

#: Objects, or pages (lists) of objects, in the shape of Okta's API, or a function that returns them. An object is a JSON
#: mapping or an object of Okta's SDK.
Source: TypeAlias = Iterable[object] | Callable[[], Iterable[object]]

#: Pairs of a parent's id and its children (objects, pages of objects, or plain ids), a mapping of the same, or a function
#: that returns them. The children are data of Okta: reading them names each defect, so their types are not checked here.
Links: TypeAlias = (
    Mapping[str, Any] | Iterable[tuple[str, Source]] | Callable[[], Iterable[tuple[str, Source]]]
)


@frozen
@public_value
class Located:
    """An object and the place from which it was read.

    Attributes:
        value: The object.
        where: File and position, for the report.
    """

    value: object
    where: str

    def __repr__(self) -> str:
        return f"<Located at {self.where!r}>"  # Without the value, which may be personal data.


@frozen
class Page:
    """A page that was read from a file.

    Attributes:
        where: Name of the file.
        objects: The objects, which are read once.
        unread_next: Path of the next page if it was not read. Empty if there is none or if it is unknown.
        is_last: True if the page's Link header names no next page.
    """

    where: str
    objects: Iterable[Located]
    unread_next: str = ""
    is_last: bool = False

    def notices(self, what: str) -> Iterator[Notice]:
        """Yield a notice if the next page was not read."""
        if self.unread_next:
            reason = f"the page's Link header names a next page that was not read: {self.unread_next}"
            yield Notice("unread_page", what, self.where, reason)


@frozen
class ListKind:
    """A list of Okta's API.

    Attributes:
        name: Name of its objects in reports.
        name_of: Name of the objects of one parent, with "{}" for the parent's id. Only links have it.
        page_sizes: Sizes of full pages: the default and the maximum of the request (Okta's OpenAPI document).
        child: Path of the id in an object.
    """

    name: str
    page_sizes: frozenset[int] = frozenset()
    child: tuple[str, ...] = ("id",)
    name_of: str = ""

    def of(self, parent: str) -> str:
        """Return the name of the objects of a parent. Without a parent, return the name of all objects."""
        return self.name_of.format(parent) if parent and self.name_of else self.name


#: Lists by the attribute of `Tenant`. User types, user schemas, and users of devices have no pages.
LISTS: Mapping[str, ListKind] = {
    "users": ListKind("people", frozenset({200})),
    "groups": ListKind("groups", frozenset({200, 10_000})),
    "apps": ListKind("applications", frozenset({20, 200})),
    "devices": ListKind("devices", frozenset({20, 200})),
    "user_types": ListKind("user types"),
    "user_schemas": ListKind("user schemas"),
    "group_members": ListKind("members of groups", frozenset({200, 1000}), name_of="members of the group {}"),
    "app_users": ListKind(
        "users of applications", frozenset({50, 500}), name_of="users of the application {}"
    ),
    "app_groups": ListKind(
        "groups of applications", frozenset({20, 200}), name_of="groups of the application {}"
    ),
    "device_users": ListKind("users of devices", child=("user", "id"), name_of="users of the device {}"),
}

#: Lists of objects that become records, and lists of links between them.
OBJECT_LISTS = ("users", "groups", "apps", "devices", "user_types")
LINK_LISTS = ("group_members", "app_users", "app_groups", "device_users")


def pages_of(values: Iterable[object], size: int) -> Iterator[list[object]]:
    """Yield pages. As in Okta, a full page is never the last one, so the last page may be empty."""
    page: list[object] = []
    for value in values:
        page.append(value)
        if len(page) == size:
            yield page
            page = []
    yield page


@define
class ListReader:
    """Reader of one list of Okta. It opens pages and records their defects in a report.

    Attributes:
        kind: The list.
        report: The report for defects.
    """

    kind: ListKind
    report: Report
    _digests: set[bytes] = field(factory=set[bytes], init=False)
    #: A full last page of a parent. Another page of the same parent may follow it.
    _full_page: tuple[str, str, int] | None = field(default=None, init=False)

    def read(self, source: Source | None) -> Iterator[Located]:
        """Yield the objects of a list, except error responses."""
        if source is not None:
            yield from self._read("", source() if callable(source) else source)
            self.finish()

    def read_links(self, source: Links | None) -> Iterator[tuple[str, str]]:
        """Yield pairs of a parent's id and a child's id."""
        if source is None:
            return
        items: object = source() if callable(source) else source
        if summary := error_summary(items):
            self._notify_error("", "", summary)
        elif isinstance(items, Mapping):
            yield from self._pairs(cast("Mapping[str, object]", items).items())
        else:
            yield from self._pairs(items)
        self.finish()

    def check_page(self, parent: str, page: Page) -> None:
        """Record the defects of a page whose objects are read elsewhere."""
        for _ in self._read_page(parent, page):
            pass

    def finish(self) -> None:
        """Report the last page of the list if it is full."""
        if self._full_page is not None:
            parent, where, size = self._full_page
            self._notify(
                "possibly_cut_off",
                parent,
                where,
                f"the last page has exactly {size:,} objects, which is a full page of Okta. "
                "More pages may exist: check that the export followed the Link header.",
            )
            self._full_page = None

    def _pairs(self, items: object) -> Iterator[tuple[str, str]]:
        for item in self._iterable(items, ""):
            pair = cast("tuple[object, ...]", item) if isinstance(item, tuple | list) else ()
            if len(pair) == 2 and isinstance(pair[0], str) and pair[0]:
                yield from self._children(pair[0], pair[1])
            elif isinstance(item, Page):
                yield from self._memberships(item)
            elif as_mapping(item) is not None:
                yield from self._memberships([item])
            else:
                raise ConfigurationError(
                    f"The {self.kind.of('')} have an item of the type {type(item).__name__}.",
                    field="tenant",
                    fix="Pass pairs of a parent's id and its children: {'00g1': ['00u1', '00u2']}.",
                )

    def _children(self, parent: str, children: object) -> Iterator[tuple[str, str]]:
        for located in self._read(parent, children() if callable(children) else children):
            value = located.value
            identity = value if isinstance(value, str) else self._identity(value)
            if identity:
                yield parent, identity
            else:
                self._skip(parent, located)

    def _memberships(self, page: object) -> Iterator[tuple[str, str]]:
        # A list of memberships is the caller's own, so a certain size does not mean that it is cut off.
        items = [evolve(page, is_last=True)] if isinstance(page, Page) else page
        for located in self._read("", items):
            group, user = text_at(located.value, "groupId"), text_at(located.value, "userId")
            if group and user:
                yield group, user
            else:
                self._skip(group, located)

    def _read(self, parent: str, items: object) -> Iterator[Located]:
        size, digest = 0, hashlib.blake2b(digest_size=16)
        for number, item in enumerate(self._iterable(items, parent), 1):
            if isinstance(item, Page):
                yield from self._read_page(parent, item)
            elif isinstance(item, list | tuple):
                objects = (Located(value, "") for value in cast("Iterable[object]", item))
                yield from self._read_page(parent, Page(f"page {number}", objects))
            else:
                located = item if isinstance(item, Located) else Located(item, "")
                size += 1
                if parent:  # Objects of a list without parents are compared one by one, by their id.
                    digest.update(self._key(located.value))
                yield from self._checked(parent, located)
        if size:
            # A single child is not a page: callers may list memberships one by one.
            self._end_page(parent, Page("", ()), size, digest.digest() if parent and size > 1 else b"")

    def _read_page(self, parent: str, page: Page) -> Iterator[Located]:
        size, digest = 0, hashlib.blake2b(digest_size=16)
        for located in page.objects:
            size += 1
            digest.update(self._key(located.value))
            yield from self._checked(parent, located)
        if not size and page.where.endswith(".jsonl"):
            reason = "the file is empty: check that its export was not interrupted"
            self._notify("possibly_cut_off", parent, page.where, reason)
        self._end_page(parent, page, size, digest.digest() if size else b"")

    def _end_page(self, parent: str, page: Page, size: int, digest: bytes) -> None:
        if self._full_page is not None and self._full_page[0] != parent:
            self.finish()
        is_full = size in self.kind.page_sizes and not page.is_last and not page.unread_next
        self._full_page = (parent, page.where, size) if is_full else None
        key = parent.encode() + b"/" + digest
        if digest and key in self._digests:
            reason = "the page has the same objects as an earlier one, so another page may be missing"
            self._notify("repeated_page", parent, page.where, reason)
        elif digest:
            self._digests.add(key)
        for notice in page.notices(self.kind.of(parent)):
            self.report.notify(notice)

    def _checked(self, parent: str, located: Located) -> Iterator[Located]:
        mapping = as_mapping(located.value)
        if mapping is None:
            yield located
        elif summary := error_summary(mapping):
            self._notify_error(parent, located.where, summary)
        else:  # Convert an object of an SDK once, so that no field needs the conversion again.
            yield located if mapping is located.value else Located(mapping, located.where)

    def _iterable(self, items: object, parent: str) -> Iterable[object]:
        """Return items that can be iterated. One object alone is a list of one."""
        if type(items) is list:  # The usual case, which is faster to recognize alone.
            return cast("list[object]", items)
        if as_mapping(items) is not None:
            return (items,)
        if isinstance(items, str | bytes) or not isinstance(items, Iterable):
            raise ConfigurationError(
                f"The {self.kind.of(parent)} are a value of the type {type(items).__name__}, not a list.",
                field="tenant",
                fix="Pass a list of objects, of pages, or of ids. If the request failed, repeat it.",
            )
        return cast("Iterable[object]", items)

    def _identity(self, value: object) -> str:
        return text_at(value, *self.kind.child) or text_at(value, "id")

    def _key(self, value: object) -> bytes:
        """Return the identity of an object inside a page, for the comparison of pages."""
        if isinstance(value, str):
            return value.encode() + b"\n"
        names = (self._identity(value), text_at(value, "groupId"), text_at(value, "userId"))
        return "\t".join(names).encode() + b"\n"

    def _skip(self, parent: str, located: Located) -> None:
        type_name = type(located.value).__name__
        reason = "it has no id" if as_mapping(located.value) is not None else f"not an object: {type_name}"
        what = f"entry of the {self.kind.of(parent)}"
        self.report.skip(what, "", located.where, reason, is_defect=True)

    def _notify_error(self, parent: str, where: str, summary: str) -> None:
        reason = f"an error response of Okta, {summary}. The objects of this page are missing."
        self._notify("error_response", parent, where, reason)

    def _notify(self, code: NoticeCode, parent: str, where: str, reason: str) -> None:
        self.report.notify(Notice(code, self.kind.of(parent), where, reason))
