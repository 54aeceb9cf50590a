"""Attributes of object types."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

from typing import cast

from ..world import attributes
from ..world.attributes import AttributeSettings
from ..world.entities import Attribute, ObjectType
from ..world.json_reading import BOOLEAN, ID, INTEGER, NUMBER, STRING, STRINGS
from ..world.rejections import not_found
from .bodies import Body
from .call import Call
from .exchange import Response, empty_response, json_response
from .rendering import Renderer
from .routing import Routes

ROUTES = Routes("assets")

_WRITE, _DELETE = "write:cmdb-attribute:jira", "delete:cmdb-attribute:jira"

_SETTINGS = {
    "label": BOOLEAN,
    "description": STRING,
    "defaultTypeId": NUMBER,
    "typeValue": ID,
    "typeValueMulti": STRINGS,
    "additionalValue": ID,
    "minimumCardinality": INTEGER,
    "maximumCardinality": INTEGER,
    "suffix": STRING,
    "includeChildObjectTypes": BOOLEAN,
    "hidden": BOOLEAN,
    "uniqueAttribute": BOOLEAN,
    "summable": BOOLEAN,
    "regexValidation": STRING,
    "qlQuery": STRING,
    "iql": STRING,
    "options": STRING,
    "displayName": STRING,
}
_NAMES = {
    "label": "label",
    "description": "description",
    "defaultTypeId": "default_type",
    "typeValue": "type_value",
    "typeValueMulti": "type_value_multi",
    "additionalValue": "additional_value",
    "minimumCardinality": "minimum",
    "maximumCardinality": "maximum",
    "suffix": "suffix",
    "includeChildObjectTypes": "include_children",
    "hidden": "hidden",
    "uniqueAttribute": "unique",
    "summable": "summable",
    "regexValidation": "regex",
    "qlQuery": "ql_query",
    "iql": "ql_query",
    "options": "options",
    "displayName": "display_name",
}
_CONFIGURED = ("minimum", "maximum", "hidden", "unique", "options", "label", "suffix")
"""
The settings that one tool changes by `.../configure` only.
"""


def _settings(call: Call) -> AttributeSettings:
    return cast(
        AttributeSettings, {_NAMES[name]: value for name, value in call.body.items() if name in _NAMES}
    )


def _object_type(call: Call) -> ObjectType:
    object_type = call.site.object_type(call.parameters["objectTypeId"])
    call.require(call.site.schemas[object_type.schema_id], "manage")
    return object_type


def _attribute(call: Call) -> Attribute:
    attribute = call.site.attribute(call.parameters["id"])
    call.require(call.site.schemas[call.site.types[attribute.type_id].schema_id], "manage")
    return attribute


def _response(call: Call, attribute: Attribute, status: int = 200) -> Response:
    return json_response(Renderer(call.site, call.base).attribute(attribute, with_type=True), status)


@ROUTES.operation(
    "create attribute",
    "POST",
    "/objecttypeattribute/{objectTypeId}",
    scope=_WRITE,
    body=Body(required={"name": STRING, "type": NUMBER}, optional=_SETTINGS),
)
def create_attribute(call: Call) -> Response:
    object_type = _object_type(call)
    attribute = attributes.create_attribute(
        call.site,
        object_type,
        name=call.text("name") or "",
        type=cast(int, call.integer("type")),
        **_settings(call),
    )
    return _response(call, attribute, 201)


@ROUTES.operation(
    "update attribute",
    "PUT",
    "/objecttypeattribute/{objectTypeId}/{id}",
    scope=_WRITE,
    body=Body(optional={"name": STRING, "type": NUMBER, **_SETTINGS}),
)
def update_attribute(call: Call) -> Response:
    object_type = _object_type(call)
    attribute = _attribute(call)
    if attribute not in call.site.attributes_of(object_type):
        raise not_found("ObjectTypeAttributeBean", attribute.id)
    settings = _settings(call)
    if call.site.doubts.attribute_update_needs_configure:
        unconfigured = {name: value for name, value in settings.items() if name not in _CONFIGURED}
        settings = cast(AttributeSettings, unconfigured)
    attributes.update_attribute(
        call.site, attribute, name=call.text("name"), type=call.integer("type"), **settings
    )
    return _response(call, attribute)


@ROUTES.operation("delete attribute", "DELETE", "/objecttypeattribute/{id}", scope=_DELETE)
def delete_attribute(call: Call) -> Response:
    attributes.delete_attribute(call.site, _attribute(call))
    return empty_response()


@ROUTES.operation(
    "configure attribute",
    "PUT",
    "/objecttypeattribute/{id}/configure",
    scope=_WRITE,
    body=Body(
        optional={
            **{
                name: kind for name, kind in _SETTINGS.items() if name not in ("typeValue", "additionalValue")
            },
            "name": STRING,
            "type": NUMBER,
        }
    ),
)
def configure_attribute(call: Call) -> Response:
    attribute = _attribute(call)
    settings = {name: value for name, value in _settings(call).items() if name in _CONFIGURED}
    attributes.update_attribute(call.site, attribute, **cast(AttributeSettings, settings))
    return _response(call, attribute)


@ROUTES.operation(
    "position attribute",
    "POST",
    "/objecttypeattribute/{objectTypeId}/{id}/position",
    scope=_WRITE,
    body=Body(required={"position": INTEGER}),
)
def position_attribute(call: Call) -> Response:
    _object_type(call)
    attribute = _attribute(call)
    attributes.position_attribute(call.site, attribute, call.integer("position") or 0)
    return _response(call, attribute)
