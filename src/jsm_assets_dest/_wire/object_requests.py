"""Requests about objects. Each needs the workspace's base address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from ..exceptions import MalformedAnswerError
from .addresses import address
from .json_reading import as_objects, as_text, read_array, read_flag, read_number, read_object, read_text
from .request import Request
from .response import Response

#: The largest page that more than one client uses. Pages of 1,000 have incorrectly reported that they were the last
#: (JSDCLOUD-16556).
LARGEST_PAGE = 500


def _query_body(query: str) -> bytes:
    return json.dumps({"qlQuery": query}, separators=(",", ":")).encode("ascii")


def search_objects(
    base: str, query: str, start: int, size: int, *, with_attributes: bool = True, subject: str = ""
) -> Request:
    """Read one page of the objects that match an AQL query.

    Args:
        base: Base address of the workspace.
        query: AQL.
        start: Position of the first object.
        size: Maximum number of objects.
        with_attributes: False leaves out the values, which makes an object 5 to 15 times smaller.
        subject: Item that the request is about, for messages.
    """
    # In the body, the parameters of the page are ignored.
    page = {"startAt": start, "maxResults": size, "includeAttributes": with_attributes}
    return Request(
        operation="search objects",
        subject=subject,
        method="POST",
        url=address(base, "object", "aql", query=page),
        body=_query_body(query),
        listing=True,
    )


class ObjectPage(NamedTuple):
    """A page of a search.

    Attributes:
        start: Position of its first object, or None if the response does not contain it.
        is_last: True if the response says that it is the last page.
        objects: Its objects.
        definitions: Definitions of the attributes that occur in it.
    """

    start: int | None
    is_last: bool
    objects: list[Mapping[str, object]]
    definitions: list[Mapping[str, object]]


def read_object_page(response: Response) -> ObjectPage:
    """Return the page in the response to `search_objects`. `total` is not read, because it is capped at 1,000."""
    source = read_object(response.json(), "a page of objects")
    return ObjectPage(
        start=read_number(source, "startAt") if source.get("startAt") is not None else None,
        is_last=read_flag(source, "isLast", default=read_flag(source, "last")),
        objects=[read_object(value, "an object") for value in read_array(source.get("values"), "objects")],
        definitions=as_objects(source.get("objectTypeAttributes")),
    )


def read_history(base: str, object_id: str) -> Request:
    """Read the changes of an object: a bare array, not paged."""
    return Request(
        operation="list object history", method="GET", url=address(base, "object", object_id, "history")
    )


def read_changed_attributes(response: Response) -> set[str]:
    """Return the names of the attributes in the response to `read_history`. The entry of the creation has none."""
    return {as_text(entry.get("affectedAttribute")) for entry in as_objects(response.json())} - {""}


def count_objects(base: str, query: str, *, subject: str = "") -> Request:
    """Count the objects that match an AQL query."""
    return Request(
        operation="count objects",
        subject=subject,
        method="POST",
        url=address(base, "object", "aql", "totalcount"),
        body=_query_body(query),
    )


def read_total(response: Response) -> int:
    """Return the number from the response to `count_objects`.

    Raises:
        MalformedAnswerError: The response contains no count. It must never be read as "there are none".
    """
    text = read_text(read_object(response.json(), "a count"), "totalCount")
    if not text.isdecimal():
        raise MalformedAnswerError("The response does not contain a number in the field totalCount.")
    return int(text)
