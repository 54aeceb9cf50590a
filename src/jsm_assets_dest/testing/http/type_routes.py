"""Object types and their attributes."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

from typing import cast

from ..world import types
from ..world.entities import Attribute, ObjectType, image
from ..world.json_reading import BOOLEAN, ID, INTEGER, NUMBER, STRING, STRINGS
from ..world.rejections import not_found
from ..world.types import AttributeSettings
from .call import Body, Call, Routes
from .exchange import Response, empty_response, json_response

ROUTES = Routes("assets")
ATTRIBUTE_ROUTES = Routes("assets", prefix="/objecttypeattribute")

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


_WRITE_ATTRIBUTE, _DELETE_ATTRIBUTE = "write:cmdb-attribute:jira", "delete:cmdb-attribute:jira"

_SETTINGS = {
    # field of a body: the attribute's setting, and the kind of the value
    "label": ("label", BOOLEAN),
    "description": ("description", STRING),
    "defaultTypeId": ("default_type", NUMBER),
    "typeValue": ("type_value", ID),
    "typeValueMulti": ("type_value_multi", STRINGS),
    "additionalValue": ("additional_value", ID),
    "minimumCardinality": ("minimum", INTEGER),
    "maximumCardinality": ("maximum", INTEGER),
    "suffix": ("suffix", STRING),
    "includeChildObjectTypes": ("include_children", BOOLEAN),
    "hidden": ("hidden", BOOLEAN),
    "uniqueAttribute": ("unique", BOOLEAN),
    "summable": ("summable", BOOLEAN),
    "regexValidation": ("regex", STRING),
    "qlQuery": ("ql_query", STRING),
    "iql": ("ql_query", STRING),
    "options": ("options", STRING),
    "displayName": ("display_name", STRING),
}
_KINDS = {name: kind for name, (_, kind) in _SETTINGS.items()}
_CONFIGURED = ("minimum", "maximum", "hidden", "unique", "options", "label", "suffix")
"""
The settings that one tool changes by `.../configure` only.
"""


def _response(call: Call, object_type: ObjectType, status: int = 200) -> Response:
    return json_response(call.render.object_type(object_type), status)


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
    return _response(call, call.object_type("view"))


@ROUTES.operation("update object type", "PUT", "/objecttype/{id}", scope=_WRITE, body=_UPDATE)
def update_object_type(call: Call) -> Response:
    object_type = call.object_type("manage")
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
    object_type = call.object_type("manage")
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
    object_type = call.object_type("manage")
    parent_id = call.text("toObjectTypeId")
    parent = call.object_type_in_body("toObjectTypeId") if parent_id is not None else None
    types.move_object_type(call.site, object_type, parent, call.integer("position") or 0)
    return _response(call, object_type)


@ROUTES.operation("list attributes", "GET", "/objecttype/{id}/attributes", scope="read:cmdb-attribute:jira")
def list_attributes(call: Call) -> Response:
    object_type = call.object_type("view")
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
    values_exist = call.flag("includeValuesExist")
    documents = []
    for attribute in attributes:
        document = call.render.attribute(attribute, with_type=True)
        if values_exist:
            document["objectAttributeExists"] = bool(site.objects_having(attribute.id))
        documents.append(document)
    return json_response(documents)


@ROUTES.operation("load icon image", "GET", "/objecttype/{id}/icon.png", scope=_READ)
def load_type_icon(call: Call) -> Response:
    object_type = call.object_type("view")
    size = call.number("size", 48, 1)
    return Response(status=200, body=image(min(size, 288), object_type.icon_id), content_type="image/png")


# Attributes -------------------------------------------------------------------------------------------------


def _settings(call: Call) -> AttributeSettings:
    return cast(
        AttributeSettings,
        {_SETTINGS[name][0]: value for name, value in call.body.items() if name in _SETTINGS},
    )


def _attribute(call: Call) -> Attribute:
    attribute = call.site.attribute(call.parameters["id"])
    call.require(call.site.schemas[call.site.types[attribute.type_id].schema_id], "manage")
    return attribute


def _attribute_response(call: Call, attribute: Attribute, status: int = 200) -> Response:
    return json_response(call.render.attribute(attribute, with_type=True), status)


@ATTRIBUTE_ROUTES.operation(
    "create attribute",
    "POST",
    "/{objectTypeId}",
    scope=_WRITE_ATTRIBUTE,
    body=Body(required={"name": STRING, "type": NUMBER}, optional=_KINDS),
)
def create_attribute(call: Call) -> Response:
    object_type = call.object_type("manage", "objectTypeId")
    attribute = types.create_attribute(
        call.site,
        object_type,
        name=call.text("name") or "",
        type=cast(int, call.integer("type")),
        **_settings(call),
    )
    return _attribute_response(call, attribute, 201)


@ATTRIBUTE_ROUTES.operation(
    "update attribute",
    "PUT",
    "/{objectTypeId}/{id}",
    scope=_WRITE_ATTRIBUTE,
    body=Body(optional={"name": STRING, "type": NUMBER, **_KINDS}),
)
def update_attribute(call: Call) -> Response:
    object_type = call.object_type("manage", "objectTypeId")
    attribute = _attribute(call)
    if attribute not in call.site.attributes_of(object_type):
        raise not_found("ObjectTypeAttributeBean", attribute.id)
    settings = _settings(call)
    if call.site.doubts.attribute_update_needs_configure:
        unconfigured = {name: value for name, value in settings.items() if name not in _CONFIGURED}
        settings = cast(AttributeSettings, unconfigured)
    types.update_attribute(
        call.site, attribute, name=call.text("name"), type=call.integer("type"), **settings
    )
    return _attribute_response(call, attribute)


@ATTRIBUTE_ROUTES.operation("delete attribute", "DELETE", "/{id}", scope=_DELETE_ATTRIBUTE)
def delete_attribute(call: Call) -> Response:
    types.delete_attribute(call.site, _attribute(call))
    return empty_response()


@ATTRIBUTE_ROUTES.operation(
    "configure attribute",
    "PUT",
    "/{id}/configure",
    scope=_WRITE_ATTRIBUTE,
    body=Body(
        optional={
            **{name: kind for name, kind in _KINDS.items() if name not in ("typeValue", "additionalValue")},
            "name": STRING,
            "type": NUMBER,
        }
    ),
)
def configure_attribute(call: Call) -> Response:
    attribute = _attribute(call)
    settings = {name: value for name, value in _settings(call).items() if name in _CONFIGURED}
    types.update_attribute(call.site, attribute, **cast(AttributeSettings, settings))
    return _attribute_response(call, attribute)


@ATTRIBUTE_ROUTES.operation(
    "position attribute",
    "POST",
    "/{objectTypeId}/{id}/position",
    scope=_WRITE_ATTRIBUTE,
    body=Body(required={"position": INTEGER}),
)
def position_attribute(call: Call) -> Response:
    call.object_type("manage", "objectTypeId")
    attribute = _attribute(call)
    types.position_attribute(call.site, attribute, call.integer("position") or 0)
    return _attribute_response(call, attribute)
