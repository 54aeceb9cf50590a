"""Objects and searches for them."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..world import objects
from ..world.aql_parsing import InvalidQuery, parse
from ..world.aql_search import Search, UnknownAttribute
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
    FieldProblem,
    Fields,
    JsonObject,
    JsonValue,
    read_fields,
)
from ..world.rejections import bad_request, invalid
from .call import Body, Call, Routes, invalid_body
from .exchange import Response, json_response

ROUTES = Routes("assets", scope="{action}:cmdb-object:jira")
_DEPRECATED = ROUTES.group(scope=None)

_READ = "read:cmdb-object:jira"
_AVATAR = {"hasAvatar": BOOLEAN, "avatarUUID": STRING}
_CREATE = Body(required={"objectTypeId": ID, "attributes": ARRAY}, optional=_AVATAR)
_UPDATE = Body(required={"attributes": ARRAY}, optional={"objectTypeId": ID, **_AVATAR})

EARLY_LAST_PAGE = 1000
"""
From this page size on, `isLast` was true too early (JSDCLOUD-16556).
"""

_ATTRIBUTE = Fields(required={"objectTypeAttributeId": ID, "objectAttributeValues": ARRAY})
_VALUE = Fields(optional={"value": STRING})


def _asset(call: Call, right: str) -> AssetObject:
    asset = call.site.asset_object(call.parameters["id"])
    call.require(call.site.schemas[asset.schema_id], right)
    return asset


def _wanted(call: Call, items: Sequence[JsonValue]) -> dict[str, list[str]]:
    """Return the values of an `ObjectIn` by attribute id."""
    texts: dict[str, list[str]] = {}
    for item in items:
        fields = _fields(call, _ATTRIBUTE, item)
        is_text = isinstance(cast("dict[str, JsonValue]", item)["objectTypeAttributeId"], str)
        if is_text and call.site.doubts.attribute_id_as_text_ignored:
            continue
        texts[fields["objectTypeAttributeId"]] = [
            _value(call, value) for value in fields["objectAttributeValues"]
        ]
    return texts


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
        text = ". ".join(problem.text for problem in problems.values())
        only_strict = all(problem.strict_only for problem in problems.values())
        raise invalid_body({"attributes": FieldProblem(text=text, strict_only=only_strict)})
    return fields


@ROUTES.operation("create object", "POST /object/create", _CREATE, status=201)
def create_object(call: Call) -> JsonValue:
    object_type, body = call.object_type_in_body("objectTypeId"), call.body
    call.require(call.site.schemas[object_type.schema_id], "develop")
    asset = objects.create_object(
        call.site,
        object_type,
        _wanted(call, body["attributes"]),
        account_id=call.account_id,
    )
    _set_avatar(asset, body)
    return call.render.asset(asset)


def _set_avatar(asset: AssetObject, body: Mapping[str, Any]) -> None:
    asset.has_avatar = body.get("hasAvatar") or asset.has_avatar
    asset.avatar_uuid = body.get("avatarUUID") or asset.avatar_uuid


@ROUTES.operation("get object", "GET /object/{id}")
def get_object(call: Call) -> JsonValue:
    asset = _asset(call, "view")
    document = call.render.asset(asset, attributes=call.flag("includeAttributes", default=True))
    document["extendedInfo"] = {"openIssuesExists": bool(asset.ticket_keys), "attachmentsExists": False}
    return document


@ROUTES.operation("update object", "PUT /object/{id}", _UPDATE)
def update_object(call: Call) -> JsonValue:
    asset, body, doubts = _asset(call, "develop"), call.body, call.site.doubts
    has_type = "objectTypeId" in body
    if not has_type and doubts.object_update_needs_type:
        raise invalid("objectTypeId", "The field objectTypeId is required")
    texts = _wanted(call, body["attributes"])
    if doubts.object_update_replaces:
        object_type = call.site.types[asset.type_id]
        editable = [attribute for attribute in call.site.attributes_of(object_type) if attribute.editable]
        texts = {**{str(attribute.id): [] for attribute in editable}, **texts}
    objects.update_object(
        call.site,
        asset,
        texts,
        account_id=call.account_id,
        object_type=call.object_type_in_body("objectTypeId") if has_type else None,
    )
    _set_avatar(asset, body)
    return call.render.asset(asset, attributes=True)


@ROUTES.operation("delete object", "DELETE /object/{id}")
def delete_object(call: Call) -> Response:
    asset = _asset(call, "develop")
    document = call.render.asset(asset)
    objects.delete_object(call.site, asset)
    doubts = call.site.doubts
    if doubts.delete_object_body and doubts.delete_object_status == 200:
        return json_response(document)
    return Response(status=doubts.delete_object_status)


@ROUTES.operation("list object attributes", "GET /object/{id}/attributes")
def list_object_attributes(call: Call) -> JsonValue:
    return call.render.object_attributes(_asset(call, "view"))


@ROUTES.operation("list object history", "GET /object/{id}/history")
def list_object_history(call: Call) -> JsonValue:
    entries = objects.history_of(call.site, _asset(call, "view"))
    if not call.flag("asc"):
        entries.reverse()
    return [call.render.history(entry) for entry in entries]


@ROUTES.operation("read object references", "GET /object/{id}/referenceinfo")
def read_object_references(call: Call) -> JsonValue:
    asset = _asset(call, "view")
    site = call.site
    holders: dict[int, set[int]] = {}
    kinds: dict[int, set[int]] = {}
    for attribute in site.referring_attributes():
        for holder in site.objects_with(attribute.id, str(asset.id)):
            type_id = site.objects[holder].type_id
            holders.setdefault(type_id, set()).add(holder)
            kinds.setdefault(type_id, set()).add(int(attribute.additional_value or "0"))
    return [
        {
            "referenceTypes": [
                call.render.reference_type(site.reference_types[kind])
                for kind in sorted(kinds[type_id])
                if kind in site.reference_types
            ],
            "objectType": call.render.object_type(site.types[type_id]),
            "numberOfReferencedObjects": len(object_ids),
            "openIssuesExists": any(site.objects[object_id].ticket_keys for object_id in object_ids),
        }
        for type_id, object_ids in holders.items()
    ]


@ROUTES.operation("list connected tickets", "GET /objectconnectedtickets/{id}/tickets")
def list_connected_tickets(call: Call) -> JsonValue:
    asset = _asset(call, "view")
    workspace = call.site.workspace_id
    images = "https://acme.atlassian.net/images"
    tickets: list[JsonValue] = [
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
        for number, key in enumerate(asset.ticket_keys, 10_001)
    ]
    query = f'issue in ("{",".join(asset.ticket_keys)}")' if tickets else ""
    return {"tickets": tickets, "allTicketsQuery": query}


# Searching --------------------------------------------------------------------------------------------------


def _find(call: Call, text: str) -> list[int]:
    """Return the ids of the visible objects that match a query; reject invalid queries with 400."""
    site = call.site
    if site.doubts.longest_query and len(text) > site.doubts.longest_query:
        raise bad_request(f"The query is longer than {site.doubts.longest_query} characters")
    key = (site.revision, call.account_id, text)
    if site.last_search is not None and site.last_search[0] == key:
        object_ids = site.last_search[1]
    else:
        object_ids = _search(call, text)
        if "(" not in text:
            # Functions depend on the time; all other results stay until something changes.
            site.last_search = (key, object_ids)
    visible = {schema.id for schema in site.schemas.values() if call.may(schema, "view")}
    if len(visible) == len(site.schemas) or _sees_everything(call):
        return object_ids
    return [object_id for object_id in object_ids if site.objects[object_id].schema_id in visible]


def _search(call: Call, text: str) -> list[int]:
    doubts = call.site.doubts
    seed = zlib.crc32(text.encode()) | 1 if doubts.ties_differ_between_queries else 0
    try:
        return Search(call.site, call.account_id, tie_seed=seed).ids(parse(text))
    except UnknownAttribute as problem:
        if doubts.unknown_attribute_finds_nothing:
            return []
        raise bad_request(f"Validation of the AQL query failed: {problem}") from None
    except (InvalidQuery, RecursionError) as problem:
        raise bad_request(f"Validation of the AQL query failed: {problem}") from None


def _sees_everything(call: Call) -> bool:
    """Return True for accounts that are not agents but can search, as one tracker report says."""
    account = call.caller.account
    return (
        call.site.doubts.non_agents_can_search
        and account is not None
        and not call.access.is_licensed(account)
    )


def _without_lag(call: Call, object_ids: list[int], seconds: float) -> list[int]:
    """Leave out imported objects that are not visible yet."""
    if not seconds:
        return object_ids
    limit = call.site.now() - round(seconds * 1000)
    hidden = {
        object_id
        for finished, created in call.site.fresh_objects
        if finished > limit
        for object_id in created
    }
    return [object_id for object_id in object_ids if object_id not in hidden]


def _definitions(call: Call, page: Sequence[AssetObject]) -> list[JsonValue]:
    types: dict[int, ObjectType] = {asset.type_id: call.site.types[asset.type_id] for asset in page}
    seen = {attribute.id: attribute for kind in types.values() for attribute in call.site.attributes_of(kind)}
    return [call.render.attribute(attribute, with_type=True) for attribute in seen.values()]


_SEARCH = Body(
    required={"qlQuery": STRING},
    # Paging parameters in the body are ignored, which misleads clients (seen in three of them).
    optional=dict.fromkeys(("startAt", "maxResults", "resultsPerPage", "includeAttributes"), ANY),
)


@ROUTES.operation("search objects", "POST /object/aql", _SEARCH, scope=_READ)
def search_objects(call: Call) -> JsonValue:
    doubts = call.site.doubts
    start = call.number("startAt", 0)
    size = _page_size(call)
    object_ids = _result(call, start)
    page = [call.site.objects[object_id] for object_id in object_ids[start : start + size]]
    is_last = start + size >= len(object_ids)
    if doubts.short_page_every and not is_last and (start // size + 1) % doubts.short_page_every == 0:
        page = page[:-1]
    is_last = is_last or (doubts.is_last_too_early and size >= EARLY_LAST_PAGE)
    with_attributes = call.flag("includeAttributes", default=True)
    values = [call.render.asset(asset, attributes=with_attributes, definitions=False) for asset in page]
    if _sees_everything(call):
        for value in values:
            value["label"] = value["name"] = ""
    document: JsonObject = {
        "startAt": start,
        "maxResults": size,
        "values": values,
        "objectTypeAttributes": _definitions(call, page),
    }
    if doubts.total_present:
        cap = doubts.total_capped_at
        document["total"] = min(len(object_ids), cap) if cap else len(object_ids)
    if doubts.extra_page_fields:
        document["totalFilterCount"] = min(len(object_ids), EARLY_LAST_PAGE)
        document["hasMoreResults"] = start + len(page) < len(object_ids)
    if not doubts.is_last_absent:
        shown_last: JsonValue = str(is_last).lower() if doubts.is_last_as_text else is_last
        document.update(isLast=shown_last, last=shown_last)
    return document


def _page_size(call: Call) -> int:
    doubts = call.site.doubts
    size = call.number("maxResults", 25, 1)
    if size > doubts.largest_page and doubts.larger_pages == "rejected":
        raise bad_request(f"maxResults must not be larger than {doubts.largest_page}")
    return size if doubts.larger_pages == "honored" else min(size, doubts.largest_page)


def _result(call: Call, start: int) -> list[int]:
    """Return the ids of a search, from the snapshot if `Doubts` says so."""
    site = call.site
    text: str = call.body["qlQuery"]
    key = (call.account_id, text)
    if site.doubts.search_snapshot and start and key in site.snapshots:
        return [object_id for object_id in site.snapshots[key] if object_id in site.objects]
    object_ids = _without_lag(call, _find(call, text), site.doubts.search_lag_seconds)
    if site.doubts.search_snapshot:
        site.snapshots[key] = object_ids
    return object_ids


@ROUTES.operation(
    "count objects", "POST /object/aql/totalcount", Body(required={"qlQuery": STRING}), scope=_READ
)
def count_objects(call: Call) -> JsonValue:
    object_ids = _find(call, call.body["qlQuery"])
    return {"totalCount": len(_without_lag(call, object_ids, call.site.doubts.count_lag_seconds))}


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
    object_ids = _find(call, text)
    start = (number - 1) * size
    page = [call.site.objects[object_id] for object_id in object_ids[start : start + size]]
    return {
        "objectEntries": [
            call.render.asset(asset, attributes=with_attributes, definitions=False) for asset in page
        ],
        "objectTypeAttributes": _definitions(call, page),
        "objectTypeIsInherited": False,
        "abstractObjectType": False,
        "totalFilterCount": len(object_ids),
        "startIndex": start,
        "toIndex": start + len(page),
        "pageObjectSize": size,
        "pageSize": -(-len(object_ids) // size) if size else 0,
        "pageNumber": number,
        "orderWay": "asc",
        "qlQuery": text,
        "qlQuerySearchResult": True,
        "iql": text,
        "iqlSearchResult": True,
        "conversionPossible": False,
    }


def _query_field(call: Call) -> str:
    """Return the name of the query in the current or the old spelling of a path."""
    return "iql" if "/iql" in call.operation.path else "qlQuery"


_NAVLIST = Body(
    required={name: _FILTER[name] for name in ("objectTypeId", "resultsPerPage", "objectSchemaId")},
    optional=_FILTER,
)


@ROUTES.operation("search objects (deprecated)", "POST /object/navlist/aql", _NAVLIST, scope=_READ)
@_DEPRECATED.operation("search objects (deprecated)", "POST /object/navlist/iql", _NAVLIST)
def search_objects_of_type(call: Call) -> JsonValue:
    object_type, body = call.object_type_in_body("objectTypeId"), call.body
    parts = [f"objectTypeId = {object_type.id}"]
    text = body.get(_query_field(call)) or body.get("qlQuery") or body.get("iql")
    if text:
        parts.append(f"({text})")
    number, size = body.get("page") or 1, body.get("resultsPerPage") or 25
    with_attributes = body.get("includeAttributes", True)
    document = _listed(call, " AND ".join(parts), number, size, with_attributes=with_attributes)
    return {**document, "objectTypeId": str(object_type.id)}


@_DEPRECATED.operation("search objects (deprecated)", "GET /aql/objects")
@_DEPRECATED.operation("search objects (deprecated)", "GET /iql/objects")
def search_objects_by_query(call: Call) -> JsonValue:
    field = _query_field(call)
    text = call.query.get(field)
    if text is None:
        raise bad_request(f"The parameter {field} is required")
    number, size = call.number("page", 1, 1), call.number("resultPerPage", 25, 1)
    with_attributes = call.flag("includeAttributes", default=True)
    return _listed(call, text, number, size, with_attributes=with_attributes)
