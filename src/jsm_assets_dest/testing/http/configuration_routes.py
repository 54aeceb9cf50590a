"""Icons, status types, reference types, and what concerns the whole workspace."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

import base64

from ..world import schemas
from ..world.clock import timestamp
from ..world.entities import ReferenceType, Status
from ..world.json_reading import ID, INTEGER, STRING, JsonValue
from ..world.rejections import Rejection, errors_body, not_permitted
from ..world.schemas import object_count
from .call import Body, Call, Routes
from .exchange import Response
from .rendering import image_response

ROUTES = Routes("assets", scope="{action}:cmdb-config:jira")
_ICONS = ROUTES.group(prefix="/icon", scope="read:cmdb-icon:jira")

_STATUS = Body(
    required={"name": STRING, "category": INTEGER},
    optional={"description": STRING, "objectSchemaId": ID, "displayName": STRING},
)
_KIND = {"name": STRING, "description": STRING, "color": STRING, "objectSchemaId": ID, "displayName": STRING}


_STATUS_ARGUMENTS = {name: name for name in ("name", "category", "description")}
_KIND_ARGUMENTS = {name: name for name in ("name", "description", "color")}


def _require_schema(call: Call, schema_id: int | None) -> None:
    """Require a manager of the schema for its own types, a Jira administrator for global ones (a guess)."""
    if schema_id is not None:
        call.require(call.site.schemas[schema_id], "manage")
    elif call.caller.account is None or not call.caller.account.admin:
        raise not_permitted("You do not have permission to change the global configuration")


def _schema_id(call: Call) -> int | None:
    """Return the schema of a new type, None for a global one, and check that the caller may create it."""
    schema_id = call.schema_in_body("objectSchemaId").id if "objectSchemaId" in call.body else None
    _require_schema(call, schema_id)
    return schema_id


# Icons ------------------------------------------------------------------------------------------------------


@_ICONS.operation("list icons", "GET /global")
def list_icons(call: Call) -> JsonValue:
    return [call.render.icon(icon) for icon in call.site.icons.values() if icon.schema_id is None]


@_ICONS.operation("get icon", "GET /{id}")
def get_icon(call: Call) -> JsonValue:
    return call.render.icon(call.site.icon(call.parameters["id"]))


@_ICONS.operation("load icon image", "GET /{id}/icon.png")
def load_icon_image(call: Call) -> Response:
    icon = call.site.icon(call.parameters["id"])
    accepted = call.inbound.headers.get("accept", "*/*")
    if not any(kind in accepted for kind in ("image/png", "image/*", "*/*")):
        raise Rejection(406, errors_body(["Only image/png can be produced"]))
    response = image_response(icon.id, call.number("size", 48, 1))
    if icon.image is not None:
        response.body = base64.b64decode(icon.image)
    return response


# Statuses ---------------------------------------------------------------------------------------------------


@ROUTES.operation("list statuses", "GET /config/statustype")
def list_statuses(call: Call) -> JsonValue:
    text = call.query.get("objectSchemaId")
    schema_id: int | None = None
    if text is not None:
        schema = call.site.schema(text)
        call.require(schema, "view")
        schema_id = schema.id
    statuses = call.site.statuses.values()
    return [call.render.status(status) for status in statuses if status.schema_id == schema_id]


@ROUTES.operation("create status", "POST /config/statustype", _STATUS, status=201)
def create_status(call: Call) -> JsonValue:
    arguments = call.arguments(_STATUS_ARGUMENTS)
    status = schemas.create_status(call.site, schema_id=_schema_id(call), **arguments)
    return call.render.status(status, full=True)


def _status(call: Call, *, changes: bool = False) -> Status:
    status = call.site.status(call.parameters["id"])
    if status.schema_id is not None:
        call.require(call.site.schemas[status.schema_id], "view")
    if changes:
        _require_schema(call, status.schema_id)
    return status


@ROUTES.operation("get status", "GET /config/statustype/{id}")
def get_status(call: Call) -> JsonValue:
    return call.render.status(_status(call), full=True)


@ROUTES.operation("update status", "PUT /config/statustype/{id}", _STATUS)
def update_status(call: Call) -> JsonValue:
    status = _status(call, changes=True)
    schemas.update_status(call.site, status, **call.arguments(_STATUS_ARGUMENTS))
    return call.render.status(status, full=True)


@ROUTES.operation("delete status", "DELETE /config/statustype/{id}")
def delete_status(call: Call) -> None:
    schemas.delete_status(call.site, _status(call, changes=True))


# Reference types --------------------------------------------------------------------------------------------


@ROUTES.operation("list reference types", "GET /config/referencetype")
def list_reference_types(call: Call) -> JsonValue:
    text = call.query.get("objectSchemaId")
    schema_ids = (None, call.site.schema(text).id if text is not None else None)
    everything = call.flag("includeAll")
    kinds = call.site.reference_types.values()
    return [call.render.reference_type(kind) for kind in kinds if everything or kind.schema_id in schema_ids]


@ROUTES.operation(
    "create reference type",
    "POST /config/referencetype",
    Body(required={"name": STRING}, optional=_KIND),
    status=201,
)
def create_reference_type(call: Call) -> JsonValue:
    arguments = call.arguments(_KIND_ARGUMENTS)
    kind = schemas.create_reference_type(call.site, schema_id=_schema_id(call), **arguments)
    return call.render.reference_type(kind)


def _reference_type(call: Call) -> ReferenceType:
    kind = call.site.reference_type(call.parameters["id"])
    _require_schema(call, kind.schema_id)
    return kind


@ROUTES.operation("update reference type", "PUT /config/referencetype/{id}", Body(optional=_KIND))
def update_reference_type(call: Call) -> JsonValue:
    kind = _reference_type(call)
    schemas.update_reference_type(call.site, kind, **call.arguments(_KIND_ARGUMENTS))
    return call.render.reference_type(kind)


@ROUTES.operation("delete reference type", "DELETE /config/referencetype/{id}")
def delete_reference_type(call: Call) -> None:
    schemas.delete_reference_type(call.site, _reference_type(call))


@ROUTES.operation("load icon image", "GET /config/referencetype/{id}/image.png")
def load_reference_type_image(call: Call) -> Response:
    kind = call.site.reference_type(call.parameters["id"])
    return image_response(kind.name, call.number("size", 16, 1))


# The workspace ----------------------------------------------------------------------------------------------


@ROUTES.operation("read global configuration", "GET /global/config")
def read_global_configuration(call: Call) -> JsonValue:
    call.require_address(exists=call.site.doubts.global_config_present)
    return {"allowOtherObjectSchema": False, "validateQuickCreate": False, "quickCreateObjects": False}


@ROUTES.operation("read usage", "GET /usage")
def read_usage(call: Call) -> JsonValue:
    if call.caller.account is None or not call.caller.account.admin:
        raise not_permitted("You do not have permission to read the usage of Assets")
    usage: list[JsonValue] = [
        {
            "schemaId": schema.id,
            "schemaName": schema.name,
            "schemaCreatedAt": timestamp(schema.created),
            "objectCount": object_count(call.site, schema),
        }
        for schema in call.site.schemas.values()
    ]
    return {"totalObjectsCount": len(call.site.objects), "perSchemaUsageInfo": usage}
