"""Objects and searches for them."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from ..world import objects
from ..world.aql import Search, parse
from ..world.aql.nodes import InvalidQuery
from ..world.clock import timestamp
from ..world.entities import AssetObject, ObjectType
from ..world.json_reading import (
    ANY,
    ARRAY,
    BOOLEAN,
    ID,
    INTEGER,
    OBJECT,
    STRING,
    Fields,
    JsonObject,
    JsonValue,
    read_fields,
)
from ..world.rejections import bad_request, invalid
from .bodies import Body
from .call import Call
from .exchange import Response, empty_response, json_response
from .rendering import Renderer
from .routing import Routes

ROUTES = Routes("assets")

_READ, _WRITE, _DELETE = "read:cmdb-object:jira", "write:cmdb-object:jira", "delete:cmdb-object:jira"
_OBJECT = Body(
    required={"objectTypeId": ID, "attributes": ARRAY},
    optional={"hasAvatar": BOOLEAN, "avatarUUID": STRING},
)

_ATTRIBUTE = Fields(required={"objectTypeAttributeId": ID, "objectAttributeValues": ARRAY})
_VALUE = Fields(optional={"value": STRING})


def _asset(call: Call, right: str) -> AssetObject:
    asset = call.site.asset_object(call.parameters["id"])
    call.require(call.site.schemas[asset.schema_id], right)
    return asset


def _render(call: Call) -> Renderer:
    return Renderer(call.site, call.base)


def _wanted(call: Call, given: Sequence[JsonValue]) -> dict[str, list[str]]:
    """Return the values of an `ObjectIn` by attribute id."""
    wanted: dict[str, list[str]] = {}
    for item in given:
        fields = _fields(call, _ATTRIBUTE, item)
        wanted[fields["objectTypeAttributeId"]] = [
            _value(call, value) for value in fields["objectAttributeValues"]
        ]
    return wanted


def _value(call: Call, value: JsonValue) -> str:
    if isinstance(value, dict) and "value" not in value:
        raise invalid("attributes", "The field value is required")
    text: str = _fields(call, _VALUE, value).get("value", "")
    return text


def _fields(call: Call, declared: Fields, value: JsonValue) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid("attributes", "Each attribute and each value must be an object")
    fields, problems = read_fields(declared, value, strict=call.strict)
    if problems:
        raise invalid("attributes", ". ".join(problem.text for problem in problems.values()))
    return fields


@ROUTES.operation("create object", "POST", "/object/create", scope=_WRITE, body=_OBJECT)
def create_object(call: Call) -> Response:
    object_type = call.site.object_type(call.text("objectTypeId") or "")
    call.require(call.site.schemas[object_type.schema_id], "develop")
    asset = objects.create_object(
        call.site,
        object_type,
        _wanted(call, cast("list[JsonValue]", call.body["attributes"])),
        account_id=call.account_id,
        has_avatar=call.boolean("hasAvatar") or False,
        avatar_uuid=call.text("avatarUUID"),
    )
    return json_response(_render(call).asset(asset), 201)


@ROUTES.operation("get object", "GET", "/object/{id}", scope=_READ)
def get_object(call: Call) -> Response:
    asset = _asset(call, "view")
    return json_response(_render(call).asset(asset, attributes=call.flag("includeAttributes", default=True)))


@ROUTES.operation(
    "update object",
    "PUT",
    "/object/{id}",
    scope=_WRITE,
    body=Body(
        required={"attributes": ARRAY},
        optional={"objectTypeId": ID, "hasAvatar": BOOLEAN, "avatarUUID": STRING},
    ),
)
def update_object(call: Call) -> Response:
    asset = _asset(call, "develop")
    type_id = call.text("objectTypeId")
    objects.update_object(
        call.site,
        asset,
        _wanted(call, cast("list[JsonValue]", call.body["attributes"])),
        account_id=call.account_id,
        object_type=call.site.object_type(type_id) if type_id is not None else None,
    )
    asset.has_avatar = call.boolean("hasAvatar") or asset.has_avatar
    asset.avatar_uuid = call.text("avatarUUID") or asset.avatar_uuid
    return json_response(_render(call).asset(asset, attributes=True))


@ROUTES.operation("delete object", "DELETE", "/object/{id}", scope=_DELETE)
def delete_object(call: Call) -> Response:
    asset = _asset(call, "develop")
    document = _render(call).asset(asset)
    objects.delete_object(call.site, asset)
    doubts = call.site.doubts
    if doubts.delete_object_body and doubts.delete_object_status == 200:
        return json_response(document)
    return empty_response(doubts.delete_object_status)


@ROUTES.operation("list object attributes", "GET", "/object/{id}/attributes", scope=_READ)
def list_object_attributes(call: Call) -> Response:
    return json_response(_render(call).object_attributes(_asset(call, "view")))


@ROUTES.operation("list object history", "GET", "/object/{id}/history", scope=_READ)
def list_object_history(call: Call) -> Response:
    asset = _asset(call, "view")
    entries = list(call.site.history.get(asset.id, []))
    if not call.flag("asc"):
        entries.reverse()
    render = _render(call)
    return json_response([render.history(entry) for entry in entries])


@ROUTES.operation("read object references", "GET", "/object/{id}/referenceinfo", scope=_READ)
def read_object_references(call: Call) -> Response:
    asset = _asset(call, "view")
    site = call.site
    render = _render(call)
    holders: dict[int, set[int]] = {}
    kinds: dict[int, set[int]] = {}
    for attribute in site.referring_attributes():
        for holder in site.objects_with(attribute.id, str(asset.id)):
            type_id = site.objects[holder].type_id
            holders.setdefault(type_id, set()).add(holder)
            kinds.setdefault(type_id, set()).add(int(attribute.additional_value or "0"))
    return json_response(
        [
            {
                "referenceTypes": [
                    render.reference_type(site.reference_types[kind])
                    for kind in sorted(kinds[type_id])
                    if kind in site.reference_types
                ],
                "objectType": render.object_type(site.types[type_id]),
                "numberOfReferencedObjects": len(found),
                "openIssuesExists": any(site.objects[object_id].ticket_keys for object_id in found),
            }
            for type_id, found in holders.items()
        ]
    )


@ROUTES.operation("list connected tickets", "GET", "/objectconnectedtickets/{id}/tickets", scope=_READ)
def list_connected_tickets(call: Call) -> Response:
    asset = _asset(call, "view")
    workspace = call.site.workspace_id
    images = "https://acme.atlassian.net/images"
    tickets: list[JsonValue] = []
    for number, key in enumerate(asset.ticket_keys, 10_001):
        tickets.append(
            {
                "workspaceId": workspace,
                "globalId": f"{workspace}:{number}",
                "key": key,
                "id": str(number),
                "reporter": next(iter(call.site.accounts)),
                "created": timestamp(asset.created),
                "updated": timestamp(asset.updated),
                "title": f"About {call.site.label_of(asset)}",
                "status": {"name": "Open", "description": "", "colorName": "blue-gray"},
                "type": {"name": "Service request", "description": "", "iconUrl": f"{images}/request.svg"},
                "priority": {"name": "Medium", "iconUrl": f"{images}/medium.svg"},
            }
        )
    query = f'issue in ("{",".join(asset.ticket_keys)}")' if tickets else ""
    return json_response({"tickets": tickets, "allTicketsQuery": query})


# Searching --------------------------------------------------------------------------------------------------


def _find(call: Call, text: str) -> list[AssetObject]:
    """Return the visible objects that match a query; reject invalid queries with 400."""
    site = call.site
    try:
        found = Search(site, call.account_id).ids(parse(text))
    except InvalidQuery as problem:
        raise bad_request(f"Validation of the AQL query failed: {problem}") from None
    visible = {schema.id for schema in site.schemas.values() if call.may(schema, "view")}
    return [site.objects[object_id] for object_id in found if site.objects[object_id].schema_id in visible]


def _definitions(call: Call, page: Sequence[AssetObject]) -> list[JsonValue]:
    render = _render(call)
    types: dict[int, ObjectType] = {asset.type_id: call.site.types[asset.type_id] for asset in page}
    seen = {attribute.id: attribute for kind in types.values() for attribute in call.site.attributes_of(kind)}
    return [render.attribute(attribute, with_type=True) for attribute in seen.values()]


@ROUTES.operation(
    "search objects", "POST", "/object/aql", scope=_READ, body=Body(required={"qlQuery": STRING})
)
def search_objects(call: Call) -> Response:
    doubts = call.site.doubts
    start = call.number("startAt", 0)
    size = min(call.number("maxResults", 25, 1), doubts.largest_page)
    found = _find(call, call.text("qlQuery") or "")
    page = found[start : start + size]
    with_attributes = call.flag("includeAttributes", default=True)
    render = _render(call)
    last = start + size >= len(found)
    total = min(len(found), doubts.total_capped_at) if doubts.total_capped_at else len(found)
    shown_last: JsonValue = ("true" if last else "false") if doubts.is_last_as_text else last
    return json_response(
        {
            "startAt": start,
            "maxResults": size,
            "total": total,
            "values": [render.asset(asset, attributes=with_attributes, definitions=False) for asset in page],
            "objectTypeAttributes": _definitions(call, page),
            "isLast": shown_last,
            "last": shown_last,
        }
    )


@ROUTES.operation(
    "count objects", "POST", "/object/aql/totalcount", scope=_READ, body=Body(required={"qlQuery": STRING})
)
def count_objects(call: Call) -> Response:
    return json_response({"totalCount": len(_find(call, call.text("qlQuery") or ""))})


_FILTER = {
    "qlQuery": STRING,
    "iql": STRING,
    "objectTypeId": ID,
    "objectSchemaId": ID,
    "resultsPerPage": INTEGER,
    "page": INTEGER,
    "orderByTypeAttrId": ID,
    "asc": ANY,
    "objectId": ID,
    "includeAttributes": BOOLEAN,
    "attributesToDisplay": OBJECT,
}


def _listed(call: Call, text: str, number: int, size: int, *, with_attributes: bool) -> JsonObject:
    """Return a result in its deprecated form."""
    found = _find(call, text)
    start = (number - 1) * size
    page = found[start : start + size]
    render = _render(call)
    document: JsonObject = {
        "objectEntries": [
            render.asset(asset, attributes=with_attributes, definitions=False) for asset in page
        ],
        "objectTypeAttributes": _definitions(call, page),
        "objectTypeIsInherited": False,
        "abstractObjectType": False,
        "totalFilterCount": len(found),
        "startIndex": start,
        "toIndex": start + len(page),
        "pageObjectSize": size,
        "pageNumber": number,
        "orderWay": "asc",
        "qlQuery": text,
        "qlQuerySearchResult": True,
        "iql": text,
        "iqlSearchResult": True,
        "conversionPossible": False,
    }
    return document


def _navlist(call: Call, field: str) -> Response:
    object_type = call.site.object_type(call.text("objectTypeId") or "")
    parts = [f"objectTypeId = {object_type.id}"]
    text = call.text(field) or call.text("qlQuery") or call.text("iql")
    if text:
        parts.append(f"({text})")
    number, size = call.integer("page") or 1, call.integer("resultsPerPage") or 25
    shown = call.boolean("includeAttributes")
    document = _listed(call, " AND ".join(parts), number, size, with_attributes=shown is not False)
    document["objectTypeId"] = str(object_type.id)
    return json_response(document)


_NAVLIST = Body(
    required={name: _FILTER[name] for name in ("objectTypeId", "resultsPerPage", "objectSchemaId")},
    optional=_FILTER,
)


@ROUTES.operation("search objects (deprecated)", "POST", "/object/navlist/aql", scope=_READ, body=_NAVLIST)
def navlist_aql(call: Call) -> Response:
    return _navlist(call, "qlQuery")


@ROUTES.operation("search objects (deprecated)", "POST", "/object/navlist/iql", body=_NAVLIST)
def navlist_iql(call: Call) -> Response:
    return _navlist(call, "iql")


def _by_query(call: Call, field: str) -> Response:
    text = call.query.get(field)
    if text is None:
        raise bad_request(f"The parameter {field} is required")
    number, size = call.number("page", 1, 1), call.number("resultPerPage", 25, 1)
    shown = call.flag("includeAttributes", default=True)
    return json_response(_listed(call, text, number, size, with_attributes=shown))


@ROUTES.operation("search objects (deprecated)", "GET", "/aql/objects")
def aql_objects(call: Call) -> Response:
    return _by_query(call, "qlQuery")


@ROUTES.operation("search objects (deprecated)", "GET", "/iql/objects")
def iql_objects(call: Call) -> Response:
    return _by_query(call, "iql")
