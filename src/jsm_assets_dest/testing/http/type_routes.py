"""Object types and their attributes."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

from collections.abc import Collection
from typing import cast

from ..world import object_types
from ..world.entities import Attribute
from ..world.json_reading import BOOLEAN, ID, INTEGER, NUMBER, STRING, STRINGS, JsonValue
from ..world.object_types import AttributeSettings
from ..world.rejections import not_found
from .call import Body, Call, Routes
from .exchange import Response
from .rendering import ATTRIBUTE_FIELDS, image_response

ROUTES = Routes("assets", scope="{action}:cmdb-type:jira")
_ATTRIBUTES = ROUTES.group(prefix="/objecttypeattribute", scope="{action}:cmdb-attribute:jira")

_FLAGS = {"inherited": BOOLEAN, "abstractObjectType": BOOLEAN}
_CREATE = Body(
    required={"name": STRING, "iconId": ID, "objectSchemaId": ID},
    optional={"description": STRING, "parentObjectTypeId": ID, **_FLAGS},
)
_UPDATE = Body(optional={"name": STRING, "description": STRING, "iconId": ID, **_FLAGS})
_ARGUMENTS = {
    # field of a body: argument of a rule
    "name": "name",
    "description": "description",
    "iconId": "icon_id",
    "inherited": "inherited",
    "abstractObjectType": "abstract",
}
_POSITION = Body(required={"position": INTEGER}, optional={"toObjectTypeId": ID})

_SETTINGS = {**ATTRIBUTE_FIELDS, "defaultTypeId": "default_type"}
_KINDS = {
    **dict.fromkeys(_SETTINGS, STRING),
    **dict.fromkeys(("label", "includeChildObjectTypes", "hidden", "uniqueAttribute", "summable"), BOOLEAN),
    **dict.fromkeys(("minimumCardinality", "maximumCardinality"), INTEGER),
    **dict.fromkeys(("type", "defaultTypeId"), NUMBER),
    **dict.fromkeys(("typeValue", "additionalValue"), ID),
    "typeValueMulti": STRINGS,
    "name": STRING,
}
_CONFIGURED = ("minimum", "maximum", "hidden", "unique", "options", "label", "suffix")
"""
The settings that one tool changes by `.../configure` only.
"""


@ROUTES.operation("create object type", "POST /objecttype/create", _CREATE, status=201)
def create_object_type(call: Call) -> JsonValue:
    schema = call.schema_in_body("objectSchemaId")
    call.require(schema, "manage")
    object_type = object_types.create_object_type(
        call.site,
        schema,
        parent=call.object_type_in_body("parentObjectTypeId") if "parentObjectTypeId" in call.body else None,
        **call.arguments(_ARGUMENTS),
    )
    return call.render.object_type(object_type)


@ROUTES.operation("get object type", "GET /objecttype/{id}")
def get_object_type(call: Call) -> JsonValue:
    return call.render.object_type(call.object_type("view"))


@ROUTES.operation("update object type", "PUT /objecttype/{id}", _UPDATE)
def update_object_type(call: Call) -> JsonValue:
    object_type = call.object_type("manage")
    object_types.update_object_type(call.site, object_type, **call.arguments(_ARGUMENTS))
    return call.render.object_type(object_type)


@ROUTES.operation("delete object type", "DELETE /objecttype/{id}")
def delete_object_type(call: Call) -> JsonValue:
    object_type = call.object_type("manage")
    document = call.render.object_type(object_type)
    object_types.delete_object_type(call.site, object_type)
    return document


@ROUTES.operation("position object type", "POST /objecttype/{id}/position", _POSITION)
def position_object_type(call: Call) -> JsonValue:
    object_type, body = call.object_type("manage"), call.body
    parent = call.object_type_in_body("toObjectTypeId") if "toObjectTypeId" in body else None
    object_types.move_object_type(call.site, object_type, parent, body["position"])
    return call.render.object_type(object_type)


@ROUTES.operation("list attributes", "GET /objecttype/{id}/attributes", scope="read:cmdb-attribute:jira")
def list_attributes(call: Call) -> JsonValue:
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
    return documents


@ROUTES.operation("load icon image", "GET /objecttype/{id}/icon.png")
def load_type_icon(call: Call) -> Response:
    object_type = call.object_type("view")
    return image_response(object_type.icon_id, call.number("size", 48, 1))


# Attributes -------------------------------------------------------------------------------------------------


def _settings(call: Call, without: Collection[str] = ()) -> AttributeSettings:
    settings = call.arguments(_SETTINGS)
    return cast(AttributeSettings, {name: value for name, value in settings.items() if name not in without})


def _attribute(call: Call) -> Attribute:
    attribute = call.site.attribute(call.parameters["id"])
    call.require(call.site.schemas[call.site.types[attribute.type_id].schema_id], "manage")
    return attribute


@_ATTRIBUTES.operation(
    "create attribute",
    "POST /{objectTypeId}",
    Body(required={"name": STRING, "type": NUMBER}, optional=_KINDS),
    status=201,
)
def create_attribute(call: Call) -> JsonValue:
    object_type, body = call.object_type("manage", "objectTypeId"), call.body
    attribute = object_types.create_attribute(
        call.site, object_type, name=body["name"], type=body["type"], **_settings(call)
    )
    return call.render.attribute(attribute, with_type=True)


@_ATTRIBUTES.operation("update attribute", "PUT /{objectTypeId}/{id}", Body(optional=_KINDS))
def update_attribute(call: Call) -> JsonValue:
    object_type = call.object_type("manage", "objectTypeId")
    attribute = _attribute(call)
    if attribute not in call.site.attributes_of(object_type):
        raise not_found("ObjectTypeAttributeBean", attribute.id)
    needs_configure = call.site.doubts.attribute_update_needs_configure
    settings = _settings(call, without=_CONFIGURED if needs_configure else ())
    name, kind = call.body.get("name"), call.body.get("type")
    object_types.update_attribute(call.site, attribute, name=name, type=kind, **settings)
    return call.render.attribute(attribute, with_type=True)


@_ATTRIBUTES.operation("delete attribute", "DELETE /{id}")
def delete_attribute(call: Call) -> None:
    object_types.delete_attribute(call.site, _attribute(call))


@_ATTRIBUTES.operation(
    "configure attribute",
    "PUT /{id}/configure",
    Body(
        optional={name: kind for name, kind in _KINDS.items() if name not in ("typeValue", "additionalValue")}
    ),
)
def configure_attribute(call: Call) -> JsonValue:
    attribute = _attribute(call)
    others = set(_SETTINGS.values()).difference(_CONFIGURED)
    object_types.update_attribute(call.site, attribute, **_settings(call, without=others))
    return call.render.attribute(attribute, with_type=True)


@_ATTRIBUTES.operation(
    "position attribute", "POST /{objectTypeId}/{id}/position", Body(required={"position": INTEGER})
)
def position_attribute(call: Call) -> JsonValue:
    call.object_type("manage", "objectTypeId")
    attribute = _attribute(call)
    object_types.position_attribute(call.site, attribute, call.body["position"])
    return call.render.attribute(attribute, with_type=True)
