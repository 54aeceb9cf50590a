"""Requests that fill attributes of type User and Group. Each needs the workspace's base address."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from .addresses import address
from .json_reading import as_object, as_objects, as_text, read_object, read_text
from .request import Repeat, Request
from .response import Response

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
        operation="create attribute",
        subject=name,
        method="POST",
        url=address(base, "objecttypeattribute", object_type_id),
        body=_json(body),
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
        operation="update object",
        subject=subject,
        method="PUT",
        url=address(base, "object", object_id),
        body=_json({"objectTypeId": object_type_id, "attributes": [attribute]}),
    )


def read_object_values(base: str, object_id: str, *, subject: str = "") -> Request:
    """Read one object with its values."""
    return Request(
        operation="get object", subject=subject, method="GET", url=address(base, "object", object_id)
    )


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


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
