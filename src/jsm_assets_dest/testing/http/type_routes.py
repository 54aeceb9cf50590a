"""Object types."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

from ..world import types
from ..world.entities import ObjectType
from ..world.icons import image
from ..world.json_reading import BOOLEAN, ID, INTEGER, STRING
from .bodies import Body
from .call import Call
from .exchange import Response, json_response
from .rendering import Renderer
from .routing import Routes

ROUTES = Routes("assets")

_READ, _WRITE, _DELETE = "read:cmdb-type:jira", "write:cmdb-type:jira", "delete:cmdb-type:jira"
_CREATE = Body(
    required={"name": STRING, "iconId": ID, "objectSchemaId": ID},
    optional={
        "description": STRING,
        "parentObjectTypeId": ID,
        "inherited": BOOLEAN,
        "abstractObjectType": BOOLEAN,
    },
)
_UPDATE = Body(
    optional={
        "name": STRING,
        "description": STRING,
        "iconId": ID,
        "inherited": BOOLEAN,
        "abstractObjectType": BOOLEAN,
    }
)


def _object_type(call: Call, right: str) -> ObjectType:
    object_type = call.site.object_type(call.parameters["id"])
    call.require(call.site.schemas[object_type.schema_id], right)
    return object_type


def _response(call: Call, object_type: ObjectType, status: int = 200) -> Response:
    return json_response(Renderer(call.site, call.base).object_type(object_type), status)


@ROUTES.operation("create object type", "POST", "/objecttype/create", scope=_WRITE, body=_CREATE)
def create_object_type(call: Call) -> Response:
    schema = call.schema_in_body("objectSchemaId")
    call.require(schema, "manage")
    parent_id = call.text("parentObjectTypeId")
    object_type = types.create_object_type(
        call.site,
        schema,
        name=call.text("name") or "",
        icon_id=call.text("iconId") or "",
        description=call.text("description") or "",
        parent=call.object_type_in_body("parentObjectTypeId") if parent_id is not None else None,
        inherited=call.boolean("inherited") or False,
        abstract=call.boolean("abstractObjectType") or False,
    )
    return _response(call, object_type, 201)


@ROUTES.operation("get object type", "GET", "/objecttype/{id}", scope=_READ)
def get_object_type(call: Call) -> Response:
    return _response(call, _object_type(call, "view"))


@ROUTES.operation("update object type", "PUT", "/objecttype/{id}", scope=_WRITE, body=_UPDATE)
def update_object_type(call: Call) -> Response:
    object_type = _object_type(call, "manage")
    types.update_object_type(
        call.site,
        object_type,
        name=call.text("name"),
        description=call.text("description"),
        icon_id=call.text("iconId"),
        inherited=call.boolean("inherited"),
        abstract=call.boolean("abstractObjectType"),
    )
    return _response(call, object_type)


@ROUTES.operation("delete object type", "DELETE", "/objecttype/{id}", scope=_DELETE)
def delete_object_type(call: Call) -> Response:
    object_type = _object_type(call, "manage")
    response = _response(call, object_type)
    types.delete_object_type(call.site, object_type)
    return response


@ROUTES.operation(
    "position object type",
    "POST",
    "/objecttype/{id}/position",
    scope=_WRITE,
    body=Body(required={"position": INTEGER}, optional={"toObjectTypeId": ID}),
)
def position_object_type(call: Call) -> Response:
    object_type = _object_type(call, "manage")
    parent_id = call.text("toObjectTypeId")
    parent = call.object_type_in_body("toObjectTypeId") if parent_id is not None else None
    types.move_object_type(call.site, object_type, parent, call.integer("position") or 0)
    return _response(call, object_type)


@ROUTES.operation("list attributes", "GET", "/objecttype/{id}/attributes", scope="read:cmdb-attribute:jira")
def list_attributes(call: Call) -> Response:
    object_type = _object_type(call, "view")
    site = call.site
    attributes = site.attributes_of(object_type, with_inherited=not call.flag("excludeParentAttributes"))
    if call.flag("includeChildren"):
        for child in list(site.with_descendants(object_type))[1:]:
            attributes = attributes + site.attributes_of(child, with_inherited=False)
    if call.flag("onlyValueEditable"):
        attributes = [attribute for attribute in attributes if attribute.editable]
    name_part = call.name_filter()
    attributes = [attribute for attribute in attributes if name_part in attribute.name.lower()]
    if call.flag("orderByName"):
        attributes.sort(key=lambda attribute: attribute.name.lower())
    if call.flag("orderByRequired"):
        attributes.sort(key=lambda attribute: attribute.minimum == 0)
    render = Renderer(site, call.base)
    values_exist = call.flag("includeValuesExist")
    documents = []
    for attribute in attributes:
        document = render.attribute(attribute, with_type=True)
        if values_exist:
            document["objectAttributeExists"] = bool(site.objects_having(attribute.id))
        documents.append(document)
    return json_response(documents)


@ROUTES.operation("load icon image", "GET", "/objecttype/{id}/icon.png", scope=_READ)
def load_type_icon(call: Call) -> Response:
    object_type = _object_type(call, "view")
    size = call.number("size", 48, 1)
    return Response(status=200, body=image(min(size, 288), object_type.icon_id), content_type="image/png")
