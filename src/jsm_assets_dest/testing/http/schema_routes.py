"""Object schemas, their properties, and their roles."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

from typing import cast

from ..world import schemas
from ..world.entities import ObjectSchema, Role
from ..world.json_reading import ANY, BOOLEAN, OBJECT, STRING, JsonObject, JsonValue
from ..world.rejections import Rejection, bad_request, by_strictness, errors_body
from .call import Body, Call, Routes

ROUTES = Routes("assets", scope="{action}:cmdb-schema:jira")
_ROLES = ROUTES.group(prefix="/config/role", scope=None, site_gateway_only=True)

_CREATE = Body(
    required={"name": STRING, "objectSchemaKey": STRING},
    optional={"description": STRING, "crossSchemaReferencingAllowed": BOOLEAN},
)
_UPDATE = Body(optional=dict.fromkeys(("name", "objectSchemaKey", "description", "displayName"), STRING))
_ARGUMENTS = {
    # field of a body: argument of a rule
    "name": "name",
    "objectSchemaKey": "key",
    "description": "description",
    "crossSchemaReferencingAllowed": "allow_other_object_schema",
}
_PROPERTIES = {
    # field of a body: property of an object schema
    "allowOtherObjectSchema": "allow_other_object_schema",
    "validateQuickCreate": "validate_quick_create",
    "quickCreateObjects": "quick_create_objects",
}


@ROUTES.operation("list object schemas", "GET /objectschema/list")
def list_object_schemas(call: Call) -> JsonValue:
    start, size = call.number("startAt", 0), call.number("maxResults", 25, 1)
    counts = call.flag("includeCounts")
    visible = [
        schema
        for schema in call.site.schemas.values()
        if schema.key in call.access.closed_schemas or call.may(schema, "view")
    ]
    last = start + size >= len(visible)
    return {
        "startAt": start,
        "maxResults": size,
        "total": len(visible),
        "values": [
            call.render.schema(schema, counts=counts, can_manage=call.may(schema, "manage"))
            for schema in visible[start : start + size]
        ],
        "isLast": last,
        "last": last,
    }


@ROUTES.operation("create object schema", "POST /objectschema/create", _CREATE, status=201)
def create_object_schema(call: Call) -> JsonValue:
    account = call.caller.account
    if account is None or not account.admin:
        # The sentence is from Jira's OpenAPI document, for other calls; for Assets it is a guess.
        text = "You are not authorized to perform this action. Administrator privileges are required."
        raise Rejection(403, errors_body([text]))
    schema = schemas.create_schema(call.site, creator=account.account_id, **call.arguments(_ARGUMENTS))
    return call.render.schema(schema)


@ROUTES.operation("get object schema", "GET /objectschema/{id}")
def get_object_schema(call: Call) -> JsonValue:
    return call.render.schema(call.schema("view"))


@ROUTES.operation("update object schema", "PUT /objectschema/{id}", _UPDATE)
def update_object_schema(call: Call) -> JsonValue:
    schema = call.schema("manage")
    schemas.update_schema(call.site, schema, **call.arguments(_ARGUMENTS))
    return call.render.schema(schema)


@ROUTES.operation("delete object schema", "DELETE /objectschema/{id}")
def delete_object_schema(call: Call) -> JsonValue:
    schema = call.schema("manage")
    document = call.render.schema(schema)
    schemas.delete_schema(call.site, schema)
    return document


@ROUTES.operation(
    "list schema attributes", "GET /objectschema/{id}/attributes", scope="read:cmdb-attribute:jira"
)
def list_schema_attributes(call: Call) -> JsonValue:
    schema = call.schema("view")
    name_part = call.name_filter()
    only_editable, extended = call.flag("onlyValueEditable"), call.flag("extended")
    return [
        call.render.attribute(attribute, with_type=extended)
        for object_type in call.site.types_of(schema)
        for attribute in call.site.attributes_of(object_type, with_inherited=False)
        if name_part in attribute.name.lower() and (attribute.editable or not only_editable)
    ]


@ROUTES.operation("list object types", "GET /objectschema/{id}/objecttypes", scope="read:cmdb-type:jira")
def list_object_types(call: Call) -> JsonValue:
    schema = call.schema("view")
    without_abstract = call.flag("excludeAbstract")
    documents = [
        call.render.object_type(object_type)
        for object_type in call.site.types_of(schema)
        if not (without_abstract and object_type.abstract)
    ]
    return {"entries": documents} if call.site.doubts.object_types_in_entries else documents


@ROUTES.operation(
    "list object types flat", "GET /objectschema/{id}/objecttypes/flat", scope="read:cmdb-type:jira"
)
def list_object_types_flat(call: Call) -> JsonValue:
    schema = call.schema("view")
    name_part, excluded = call.name_filter(), call.query.get("exclude", "").lower().strip('"')
    without_counts: JsonObject = {} if call.flag("includeObjectCounts") else {"objectCount": 0}
    return [
        {**call.render.object_type(object_type), **without_counts}
        for object_type in call.site.types_of(schema)
        if name_part in object_type.name.lower() and not (excluded and excluded == object_type.name.lower())
    ]


@ROUTES.operation(
    "list reference types", "GET /objectschema/{id}/referencetypes", scope="read:cmdb-config:jira"
)
def list_schema_reference_types(call: Call) -> JsonValue:
    schema = call.schema("view")
    call.require_address(exists=call.site.doubts.schema_reference_types_present)
    kinds = call.site.reference_types.values()
    return [call.render.reference_type(kind) for kind in kinds if kind.schema_id in (None, schema.id)]


def _properties(schema: ObjectSchema) -> JsonObject:
    return {name: getattr(schema, attribute) for name, attribute in _PROPERTIES.items()}


@ROUTES.operation("read schema properties", "GET /global/config/objectschema/{id}/property")
def read_schema_properties(call: Call) -> JsonValue:
    schema = call.schema("view")
    return {**_properties(schema), "createObjectsCustomField": False, "serviceDescCustomersEnabled": False}


@ROUTES.operation(
    "update schema properties",
    "POST /global/config/objectschema/{id}/property",
    Body(optional=dict.fromkeys(_PROPERTIES, BOOLEAN)),
)
def update_schema_properties(call: Call) -> None:
    schema = call.schema("manage")
    for name, value in call.body.items():
        setattr(schema, _PROPERTIES[name], value)
    schema.updated = call.site.now()


@ROUTES.operation("read schema properties", "GET /global/config/objectschema/{id}")
def read_schema_configuration(call: Call) -> JsonValue:
    call.require_address(exists=call.site.doubts.global_config_present)
    return _properties(call.schema("view"))


# Roles ------------------------------------------------------------------------------------------------------
# The public reference does not contain roles. One public client reads them; writing follows the Data Center edition
# with account ids in place of user keys, which is a guess. `Doubts.roles_readable` and `roles_writable` turn them off.


def _role_links(call: Call, roles: list[Role]) -> JsonValue:
    # The observed links contain the old name of the product.
    root = call.address.prefix.replace("/jsm/assets/", "/jsm/insight/").replace("/gateway/api", "")
    return {role.name: f"{root}/config/role/{role.id}" for role in roles}


@_ROLES.operation("list roles", "GET /objectschema/{id}")
def list_roles(call: Call) -> JsonValue:
    schema = call.schema("view")
    call.require_address(exists=call.site.doubts.roles_readable)
    return _role_links(call, schemas.roles_of(call.site, schema))


@_ROLES.operation("list roles", "GET /objecttype/{id}")
def list_type_roles(call: Call) -> JsonValue:
    object_type = call.object_type("view")
    call.require_address(exists=call.site.doubts.roles_readable)
    return _role_links(call, schemas.type_roles_of(call.site, object_type))


@_ROLES.operation("get role", "GET /{id}")
def get_role(call: Call) -> JsonValue:
    role = call.site.role(call.parameters["id"])
    call.require(call.site.schemas[role.schema_id], "view")
    call.require_address(exists=call.site.doubts.roles_readable)
    return _role_document(call, role)


@_ROLES.operation(
    "set role",
    "PUT /{id}",
    Body(required={"categorisedActors": OBJECT}, optional={"id": ANY, "name": STRING, "description": STRING}),
)
def set_role(call: Call) -> JsonValue:
    role = call.site.role(call.parameters["id"])
    call.require(call.site.schemas[role.schema_id], "manage")
    call.require_address(exists=call.site.doubts.roles_writable)
    actors = cast(JsonObject, call.body["categorisedActors"])
    unknown = set(actors) - {schemas.USER_ACTORS, schemas.GROUP_ACTORS}
    if unknown and call.strict:
        raise by_strictness(bad_request(f"Unknown kinds of actors: {', '.join(sorted(unknown))}"))
    users = _actor_names(actors.get(schemas.USER_ACTORS, []))
    groups = _actor_names(actors.get(schemas.GROUP_ACTORS, []))
    schemas.set_actors(call.site, role, users, groups)
    return _role_document(call, role)


def _actor_names(value: JsonValue) -> list[str]:
    if not isinstance(value, list) or any(not isinstance(name, str) for name in value):
        raise bad_request("Actors must be a list of account ids or group names")
    return [str(name) for name in value]


def _role_document(call: Call, role: Role) -> JsonObject:
    entries = [
        *((schemas.USER_ACTORS, user) for user in role.users),
        *((schemas.GROUP_ACTORS, group) for group in role.groups),
    ]
    accounts = call.site.accounts
    actors: list[JsonValue] = [
        {
            "id": number,
            "type": kind,
            "name": name,
            "displayName": accounts[name].display_name if name in accounts else name,
        }
        for number, (kind, name) in enumerate(entries, 1)
    ]
    return {"id": role.id, "name": role.name, "description": role.description, "actors": actors}
