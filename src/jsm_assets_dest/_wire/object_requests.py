"""Requests about objects, and about the values of attributes of type User and Group. Each needs the workspace's base address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ..exceptions import MalformedAnswerError
from .addresses import address
from .json_reading import (
    as_object,
    as_objects,
    as_text,
    read_array,
    read_flag,
    read_number,
    read_object,
    read_text,
)
from .request import Repeat, Request, json_body
from .response import Response

#: The largest page that more than one client uses. Pages of 1,000 have incorrectly reported that they were the last
#: (JSDCLOUD-16556).
LARGEST_PAGE = 500


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
        "search objects",
        "POST",
        address(base, "object", "aql", query=page),
        subject=subject,
        body=json_body({"qlQuery": query}),
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
    return Request("list object history", "GET", address(base, "object", object_id, "history"))


def read_changed_attributes(response: Response) -> set[str]:
    """Return the names of the attributes in the response to `read_history`. The entry of the creation has none."""
    return {as_text(entry.get("affectedAttribute")) for entry in as_objects(response.json())} - {""}


def count_objects(base: str, query: str, *, subject: str = "") -> Request:
    return Request(
        "count objects",
        "POST",
        address(base, "object", "aql", "totalcount"),
        subject=subject,
        body=json_body({"qlQuery": query}),
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


#: Numbers of the attribute types User and Group.
USER: Final = 2
GROUP: Final = 4
#: Most values of a multiple attribute, if Assets does not accept an unlimited one (Atlassian recommends at most 20).
MOST_VALUES: Final = 20


def create_attribute(base: str, object_type_id: str, name: str, kind: int, maximum: int) -> Request:
    """Create an attribute of type User or Group. Names are unique, so reading clarifies an unknown outcome."""
    body: dict[str, object] = {
        "name": name,
        "type": kind,
        "minimumCardinality": 0,
        "maximumCardinality": maximum,
    }
    if kind == USER:
        body["additionalValue"] = "SHOW_PROFILE"
    return Request(
        "create attribute",
        "POST",
        address(base, "objecttypeattribute", object_type_id),
        subject=name,
        body=json_body(body),
        repeat=Repeat.WHEN_REJECTED,
    )


def update_object(
    base: str,
    object_id: str,
    object_type_id: str,
    attribute_id: str,
    values: Sequence[str],
    *,
    as_number: bool = False,
    subject: str = "",
) -> Request:
    """Replace all values of one attribute of an object. Attributes that are not named stay unchanged.

    Args:
        base: Base address of the workspace.
        object_id: ID of the object.
        object_type_id: ID of its object type, which Atlassian's document requires.
        attribute_id: ID of the attribute.
        values: New values. An empty sequence empties the attribute.
        as_number: Send the ID of the attribute as a number. One script reports that strings are ignored.
        subject: Key of the object, for messages.
    """
    attribute = {
        "objectTypeAttributeId": int(attribute_id) if as_number else attribute_id,
        "objectAttributeValues": [{"value": value} for value in values],
    }
    return Request(
        "update object",
        "PUT",
        address(base, "object", object_id),
        subject=subject,
        body=json_body({"objectTypeId": object_type_id, "attributes": [attribute]}),
    )


def read_object_values(base: str, object_id: str, *, subject: str = "") -> Request:
    return Request("get object", "GET", address(base, "object", object_id), subject=subject)


def read_values(response: Response) -> dict[str, set[str]]:
    """Return the values of an object by the ID of their attribute, in each form that the response contains.

    A user has an account ID, a group has a name and perhaps an ID. Attributes without a value are left out.
    """
    source = read_object(response.json(), "an object")
    values: dict[str, set[str]] = {}
    for attribute in as_objects(source.get("attributes")):
        texts: set[str] = set()
        for entry in as_objects(attribute.get("objectAttributeValues")):
            user, group = as_object(entry.get("user")), as_object(entry.get("group"))
            forms = (entry.get("value"), entry.get("searchValue"), user.get("key"), group.get("name"))
            texts |= {as_text(form) for form in forms if as_text(form)}
        if texts:
            values[read_text(attribute, "objectTypeAttributeId", "")] = texts
    return values
