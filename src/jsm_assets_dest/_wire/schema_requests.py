"""Requests about object schemas, object types, attributes, and roles. Each needs the workspace's base address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from ..exceptions import MalformedAnswerError
from .addresses import address
from .json_reading import read_array, read_flag, read_number, read_object
from .request import Host, Repeat, Request, json_body
from .response import Response

T = TypeVar("T")

#: Schemas per page; the default of Assets is 25.
PAGE_SIZE = 50


def list_object_schemas(base: str, start: int = 0, size: int = PAGE_SIZE, *, counts: bool = True) -> Request:
    """List one page of the object schemas that the caller can see."""
    query = {"startAt": start, "maxResults": size, "includeCounts": counts}
    url = address(base, "objectschema", "list", query=query)
    return Request("list object schemas", "GET", url, listing=True)


class Page(NamedTuple):
    """A page of a listing.

    Attributes:
        values: Its entries.
        next_start: Start of the next page, or None after the last one.
    """

    values: tuple[object, ...]
    next_start: int | None


def read_page(response: Response) -> Page:
    """Return a page with `startAt`, `maxResults`, `total`, `values`, and `isLast`.

    Raises:
        MalformedAnswerError: The page is empty although it is not the last one, or although the total is not 0. Such a
            response must never be read as "there are none".
    """
    source = read_object(response.json(), "a page")
    values = tuple(read_array(source.get("values"), "entries"))
    start = read_number(source, "startAt")
    last = read_flag(source, "isLast", default=read_flag(source, "last", default=True))
    if not values and (not last or (start == 0 and read_number(source, "total") > 0)):
        raise MalformedAnswerError("The response counts entries, but contains none of them.")
    return Page(values, None if last else start + len(values))


def get_object_schema(base: str, schema_id: str) -> Request:
    return Request("get object schema", "GET", address(base, "objectschema", schema_id))


def create_object_schema(base: str, key: str, name: str, description: str) -> Request:
    """Create an object schema. Keys and names are unique, so reading clarifies an unknown outcome."""
    body: dict[str, object] = {"name": name, "objectSchemaKey": key}
    if description:
        body["description"] = description
    url = address(base, "objectschema", "create")
    return Request(
        "create object schema", "POST", url, subject=key, body=json_body(body), repeat=Repeat.WHEN_REJECTED
    )


def update_object_schema(base: str, schema_id: str, changes: Mapping[str, str]) -> Request:
    """Change an object schema's name or description."""
    return Request(
        "update object schema", "PUT", address(base, "objectschema", schema_id), body=json_body(dict(changes))
    )


def delete_object_schema(base: str, schema_id: str) -> Request:
    """Delete an object schema with everything in it."""
    return _delete("delete object schema", address(base, "objectschema", schema_id))


def _delete(operation: str, url: str) -> Request:
    return Request(operation, "DELETE", url, repeat=Repeat.WHEN_REJECTED, empty_answer=True)


def list_object_types(base: str, schema_id: str, *, counts: bool = True) -> Request:
    """List all object types of a schema, of all levels."""
    query = {"includeObjectCounts": counts}
    url = address(base, "objectschema", schema_id, "objecttypes", "flat", query=query)
    return Request("list object types flat", "GET", url, listing=True)


def list_attributes(base: str, schema_id: str) -> Request:
    """List all attributes of all object types of a schema, each with its object type."""
    url = address(base, "objectschema", schema_id, "attributes", query={"extended": True})
    return Request("list schema attributes", "GET", url, listing=True)


def update_object_type(base: str, object_type_id: str, changes: Mapping[str, object]) -> Request:
    """Change the name, description, or icon of an object type."""
    url = address(base, "objecttype", object_type_id)
    return Request("update object type", "PUT", url, body=json_body(dict(changes)))


def get_object_type(base: str, object_type_id: str) -> Request:
    return Request("get object type", "GET", address(base, "objecttype", object_type_id))


def delete_object_type(base: str, object_type_id: str) -> Request:
    """Delete an object type with its objects."""
    return _delete("delete object type", address(base, "objecttype", object_type_id))


def read_schema_properties(base: str, schema_id: str) -> Request:
    """Read the settings of a schema about references and quick creation (seen in one client, not documented)."""
    return Request("read schema properties", "GET", _properties_address(base, schema_id))


def _properties_address(base: str, schema_id: str) -> str:
    return address(base, "global", "config", "objectschema", schema_id, "property")


#: The settings that `update_schema_properties` takes (Atlassian's OpenAPI document).
SCHEMA_PROPERTIES = ("allowOtherObjectSchema", "validateQuickCreate", "quickCreateObjects")


def update_schema_properties(base: str, schema_id: str, properties: Mapping[str, bool]) -> Request:
    """Change settings of a schema. The effect on settings that are left out is not documented."""
    return Request(
        "update schema properties",
        "POST",
        _properties_address(base, schema_id),
        body=json_body(dict(properties)),
        empty_answer=True,
    )


def list_statuses(base: str, schema_id: str | None) -> Request:
    """List the statuses of a schema, or the global ones."""
    url = address(base, "config", "statustype", query={"objectSchemaId": schema_id})
    return Request("list statuses", "GET", url, listing=True)


def create_status(base: str, schema_id: str, name: str, category: int, description: str) -> Request:
    """Create a status of a schema. Names are unique, so reading clarifies an unknown outcome."""
    body: dict[str, object] = {"name": name, "category": category, "objectSchemaId": schema_id}
    if description:
        body["description"] = description
    url = address(base, "config", "statustype")
    return Request("create status", "POST", url, body=json_body(body), repeat=Repeat.WHEN_REJECTED)


def list_roles(base: str, schema_id: str) -> Request:
    """List the roles of a schema, with their addresses. Only the site's own gateway responds; it is not documented."""
    return Request(
        "list roles", "GET", address(base, "config", "role", "objectschema", schema_id), host=Host.SITE
    )


def get_role(base: str, role_id: str) -> Request:
    """Read one role with its actors."""
    return Request("get role", "GET", address(base, "config", "role", role_id), host=Host.SITE)


def set_role(base: str, role_id: str, users: list[str], groups: list[str]) -> Request:
    """Replace the actors of a role (the Data Center edition's request; a guess on Cloud)."""
    actors = {"atlassian-user-role-actor": users, "atlassian-group-role-actor": groups}
    return Request(
        "set role",
        "PUT",
        address(base, "config", "role", role_id),
        body=json_body({"id": int(role_id) if role_id.isdigit() else role_id, "categorisedActors": actors}),
        host=Host.SITE,
        empty_answer=True,
    )


def list_import_sources(base: str, schema_id: str) -> Request:
    """List the imports of a schema (seen in one client, not documented)."""
    return Request(
        "list import sources", "GET", address(base, "importsource", "objectschema", schema_id), listing=True
    )


def get_import_source(base: str, import_source_id: str) -> Request:
    return Request("get import source", "GET", address(base, "importsource", import_source_id))


def import_status(base: str, import_source_id: str) -> Request:
    """Read the state of an import with the account's credentials instead of the import token."""
    return Request(
        "read import status", "GET", address(base, "importsource", import_source_id, "configstatus")
    )


def create_import_token(base: str, import_source_id: str) -> Request:
    """Generate a new token for an import. The older one is rejected from then on, so this is never sent twice."""
    url = address(base, "importsource", import_source_id, "token")
    return Request("create import token", "POST", url, repeat=Repeat.WHEN_REJECTED)


def read_each(response: Response, what: str, read: Callable[[object], T], *wrappers: str) -> tuple[T, ...]:
    """Read each entry of an array, or of an array under one of the keys `wrappers`."""
    return tuple(map(read, read_array(response.json(), what, *wrappers)))


def read_mapping_document(base: str, import_source_id: str) -> Request:
    """Read the schema and mapping of an import with the account's credentials instead of the import token."""
    url = address(base, "importsource", import_source_id, "schema-and-mapping")
    return Request("read mapping", "GET", url, listing=True)
