"""Icons, status types, reference types, and what concerns the whole workspace."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

import base64

from ..world import schemas
from ..world.clock import timestamp
from ..world.entities import Status, image
from ..world.json_reading import ID, INTEGER, STRING, JsonObject, JsonValue
from ..world.rejections import Rejection, errors_body, not_found, not_permitted
from ..world.schemas import object_count
from .call import Body, Call, Routes
from .exchange import Response, empty_response, json_response

ROUTES = Routes("assets")

_ICON = "read:cmdb-icon:jira"
_READ, _WRITE, _DELETE = "read:cmdb-config:jira", "write:cmdb-config:jira", "delete:cmdb-config:jira"
_STATUS = Body(
    required={"name": STRING, "category": INTEGER},
    optional={"description": STRING, "objectSchemaId": ID, "displayName": STRING},
)
_KIND = {"description": STRING, "color": STRING, "objectSchemaId": ID, "displayName": STRING}


def _require_schema(call: Call, schema_id: int | None) -> None:
    """Require a manager of the schema for its own types, a Jira administrator for global ones (a guess)."""
    if schema_id is not None:
        call.require(call.site.schemas[schema_id], "manage")
    elif call.caller.account is None or not call.caller.account.admin:
        raise not_permitted("You do not have permission to change the global configuration")


def _schema_id(call: Call) -> int | None:
    return call.schema_in_body("objectSchemaId").id if call.text("objectSchemaId") is not None else None


# Icons ------------------------------------------------------------------------------------------------------


@ROUTES.operation("list icons", "GET", "/icon/global", scope=_ICON)
def list_icons(call: Call) -> Response:
    return json_response(
        [call.render.icon(icon) for icon in call.site.icons.values() if icon.schema_id is None]
    )


@ROUTES.operation("get icon", "GET", "/icon/{id}", scope=_ICON)
def get_icon(call: Call) -> Response:
    icon = call.site.icons.get(call.parameters["id"])
    if icon is None:
        raise not_found("IconBean", call.parameters["id"])
    return json_response(call.render.icon(icon))


@ROUTES.operation("load icon image", "GET", "/icon/{id}/icon.png", scope=_ICON)
def load_icon_image(call: Call) -> Response:
    icon = call.site.icons.get(call.parameters["id"])
    if icon is None:
        raise not_found("IconBean", call.parameters["id"])
    accepted = call.inbound.headers.get("accept", "*/*")
    if not any(kind in accepted for kind in ("image/png", "image/*", "*/*")):
        raise Rejection(406, errors_body(["Only image/png can be produced"]))
    size = min(call.number("size", 48, 1), 288)
    body = base64.b64decode(icon.image) if icon.image is not None else image(size, icon.id)
    return Response(status=200, body=body, content_type="image/png")


# Statuses ---------------------------------------------------------------------------------------------------


@ROUTES.operation("list statuses", "GET", "/config/statustype", scope=_READ)
def list_statuses(call: Call) -> Response:
    text = call.query.get("objectSchemaId")
    schema_id: int | None = None
    if text is not None:
        schema = call.site.schema(text)
        call.require(schema, "view")
        schema_id = schema.id
    return json_response(
        [
            call.render.status(status)
            for status in call.site.statuses.values()
            if status.schema_id == schema_id
        ]
    )


@ROUTES.operation("create status", "POST", "/config/statustype", scope=_WRITE, body=_STATUS)
def create_status(call: Call) -> Response:
    schema_id = _schema_id(call)
    _require_schema(call, schema_id)
    status = schemas.create_status(
        call.site,
        name=call.text("name") or "",
        category=call.integer("category") or 0,
        description=call.text("description") or "",
        schema_id=schema_id,
    )
    return json_response(call.render.status(status, full=True), 201)


def _status(call: Call) -> Status:
    status = call.site.status(call.parameters["id"])
    if status.schema_id is not None:
        call.require(call.site.schemas[status.schema_id], "view")
    return status


@ROUTES.operation("get status", "GET", "/config/statustype/{id}", scope=_READ)
def get_status(call: Call) -> Response:
    return json_response(call.render.status(_status(call), full=True))


@ROUTES.operation("update status", "PUT", "/config/statustype/{id}", scope=_WRITE, body=_STATUS)
def update_status(call: Call) -> Response:
    status = _status(call)
    _require_schema(call, status.schema_id)
    schemas.update_status(
        call.site,
        status,
        name=call.text("name") or "",
        category=call.integer("category") or 0,
        description=call.text("description"),
    )
    return json_response(call.render.status(status, full=True))


@ROUTES.operation("delete status", "DELETE", "/config/statustype/{id}", scope=_DELETE)
def delete_status(call: Call) -> Response:
    status = _status(call)
    _require_schema(call, status.schema_id)
    schemas.delete_status(call.site, status)
    return empty_response()


# Reference types --------------------------------------------------------------------------------------------


@ROUTES.operation("list reference types", "GET", "/config/referencetype", scope=_READ)
def list_reference_types(call: Call) -> Response:
    text = call.query.get("objectSchemaId")
    schema_id = call.site.schema(text).id if text is not None else None
    everything = call.flag("includeAll")
    return json_response(
        [
            call.render.reference_type(reference_type)
            for reference_type in call.site.reference_types.values()
            if everything or reference_type.schema_id is None or reference_type.schema_id == schema_id
        ]
    )


@ROUTES.operation(
    "create reference type",
    "POST",
    "/config/referencetype",
    scope=_WRITE,
    body=Body(required={"name": STRING}, optional=_KIND),
)
def create_reference_type(call: Call) -> Response:
    schema_id = _schema_id(call)
    _require_schema(call, schema_id)
    kind = schemas.create_reference_type(
        call.site,
        name=call.text("name") or "",
        description=call.text("description") or "",
        color=call.text("color"),
        schema_id=schema_id,
    )
    return json_response(call.render.reference_type(kind), 201)


@ROUTES.operation(
    "update reference type",
    "PUT",
    "/config/referencetype/{id}",
    scope=_WRITE,
    body=Body(optional={"name": STRING, **_KIND}),
)
def update_reference_type(call: Call) -> Response:
    kind = schemas.reference_type(call.site, call.parameters["id"])
    _require_schema(call, kind.schema_id)
    schemas.update_reference_type(
        call.site,
        kind,
        name=call.text("name"),
        description=call.text("description"),
        color=call.text("color"),
    )
    return json_response(call.render.reference_type(kind))


@ROUTES.operation("delete reference type", "DELETE", "/config/referencetype/{id}", scope=_DELETE)
def delete_reference_type(call: Call) -> Response:
    kind = schemas.reference_type(call.site, call.parameters["id"])
    _require_schema(call, kind.schema_id)
    schemas.delete_reference_type(call.site, kind)
    return empty_response()


@ROUTES.operation("load icon image", "GET", "/config/referencetype/{id}/image.png", scope=_READ)
def load_reference_type_image(call: Call) -> Response:
    kind = schemas.reference_type(call.site, call.parameters["id"])
    return Response(
        status=200, body=image(min(call.number("size", 16, 1), 288), kind.name), content_type="image/png"
    )


# The workspace ----------------------------------------------------------------------------------------------


@ROUTES.operation("read global configuration", "GET", "/global/config", scope=_READ)
def read_global_configuration(call: Call) -> Response:
    call.require_address(exists=call.site.doubts.global_config_present)
    document: JsonObject = {
        "allowOtherObjectSchema": False,
        "validateQuickCreate": False,
        "quickCreateObjects": False,
    }
    return json_response(document)


@ROUTES.operation("read usage", "GET", "/usage", scope=_READ)
def read_usage(call: Call) -> Response:
    if call.caller.account is None or not call.caller.account.admin:
        raise not_permitted("You do not have permission to read the usage of Assets")
    schemas: list[JsonValue] = [
        {
            "schemaId": schema.id,
            "schemaName": schema.name,
            "schemaCreatedAt": timestamp(schema.created),
            "objectCount": object_count(call.site, schema),
        }
        for schema in call.site.schemas.values()
    ]
    return json_response({"totalObjectsCount": len(call.site.objects), "perSchemaUsageInfo": schemas})
