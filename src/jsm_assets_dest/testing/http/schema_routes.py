"""Object schemas, their properties, and their roles."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

from typing import cast

from ..world import schemas
from ..world.entities import ObjectSchema, Role
from ..world.json_reading import BOOLEAN, OBJECT, STRING, JsonObject, JsonValue
from ..world.rejections import Rejection, bad_request, by_strictness, errors_body
from .call import Body, Call, Routes
from .exchange import Response, empty_response, json_response

ROUTES = Routes("assets")
ROLE_ROUTES = Routes("assets", prefix="/config/role", site_gateway_only=True)

_READ, _WRITE, _DELETE = "read:cmdb-schema:jira", "write:cmdb-schema:jira", "delete:cmdb-schema:jira"
_PROPERTY = Body(
    optional={
        "allowOtherObjectSchema": BOOLEAN,
        "validateQuickCreate": BOOLEAN,
        "quickCreateObjects": BOOLEAN,
    }
)


@ROUTES.operation("list object schemas", "GET", "/objectschema/list", scope=_READ)
def list_object_schemas(call: Call) -> Response:
    start, size = call.number("startAt", 0), call.number("maxResults", 25, 1)
    counts = call.flag("includeCounts")
    visible = [
        schema
        for schema in call.site.schemas.values()
        if schema.key in call.access.closed_schemas or call.may(schema, "view")
    ]
    page = visible[start : start + size]
    last = start + size >= len(visible)
    return json_response(
        {
            "startAt": start,
            "maxResults": size,
            "total": len(visible),
            "values": [
                call.render.schema(schema, counts=counts, can_manage=call.may(schema, "manage"))
                for schema in page
            ],
            "isLast": last,
            "last": last,
        }
    )


@ROUTES.operation(
    "create object schema",
    "POST",
    "/objectschema/create",
    scope=_WRITE,
    body=Body(
        required={"name": STRING, "objectSchemaKey": STRING},
        optional={"description": STRING, "crossSchemaReferencingAllowed": BOOLEAN},
    ),
)
def create_object_schema(call: Call) -> Response:
    account = call.caller.account
    if account is None or not account.admin:
        # The sentence is from Jira's OpenAPI document, for other calls; for Assets it is a guess.
        text = "You are not authorized to perform this action. Administrator privileges are required."
        raise Rejection(403, errors_body([text]))
    schema = schemas.create_schema(
        call.site,
        name=call.text("name") or "",
        key=call.text("objectSchemaKey") or "",
        description=call.text("description") or "",
        creator=account.account_id,
        allow_other_object_schema=call.boolean("crossSchemaReferencingAllowed") or False,
    )
    return json_response(call.render.schema(schema), 201)


@ROUTES.operation("get object schema", "GET", "/objectschema/{id}", scope=_READ)
def get_object_schema(call: Call) -> Response:
    schema = call.schema("view")
    return json_response(call.render.schema(schema))


@ROUTES.operation(
    "update object schema",
    "PUT",
    "/objectschema/{id}",
    scope=_WRITE,
    body=Body(
        optional={"name": STRING, "objectSchemaKey": STRING, "description": STRING, "displayName": STRING}
    ),
)
def update_object_schema(call: Call) -> Response:
    schema = call.schema("manage")
    schemas.update_schema(
        call.site,
        schema,
        name=call.text("name"),
        key=call.text("objectSchemaKey"),
        description=call.text("description"),
    )
    return json_response(call.render.schema(schema))


@ROUTES.operation("delete object schema", "DELETE", "/objectschema/{id}", scope=_DELETE)
def delete_object_schema(call: Call) -> Response:
    schema = call.schema("manage")
    document = call.render.schema(schema)
    schemas.delete_schema(call.site, schema)
    return json_response(document)


@ROUTES.operation(
    "list schema attributes", "GET", "/objectschema/{id}/attributes", scope="read:cmdb-attribute:jira"
)
def list_schema_attributes(call: Call) -> Response:
    schema = call.schema("view")
    name_part = call.name_filter()
    only_editable, extended = call.flag("onlyValueEditable"), call.flag("extended")
    return json_response(
        [
            call.render.attribute(attribute, with_type=extended)
            for object_type in call.site.types_of(schema)
            for attribute in call.site.attributes_of(object_type, with_inherited=False)
            if name_part in attribute.name.lower() and (attribute.editable or not only_editable)
        ]
    )


@ROUTES.operation("list object types", "GET", "/objectschema/{id}/objecttypes", scope="read:cmdb-type:jira")
def list_object_types(call: Call) -> Response:
    schema = call.schema("view")
    without_abstract = call.flag("excludeAbstract")
    documents = [
        call.render.object_type(object_type)
        for object_type in call.site.types_of(schema)
        if not (without_abstract and object_type.abstract)
    ]
    return json_response({"entries": documents} if call.site.doubts.object_types_in_entries else documents)


@ROUTES.operation(
    "list object types flat", "GET", "/objectschema/{id}/objecttypes/flat", scope="read:cmdb-type:jira"
)
def list_object_types_flat(call: Call) -> Response:
    schema = call.schema("view")
    name_part, excluded = call.name_filter(), call.query.get("exclude", "").lower().strip('"')
    counts = call.flag("includeObjectCounts")
    documents = []
    for object_type in call.site.types_of(schema):
        if name_part in object_type.name.lower() and not (excluded and excluded == object_type.name.lower()):
            document = call.render.object_type(object_type)
            documents.append(document if counts else {**document, "objectCount": 0})
    return json_response(documents)


@ROUTES.operation(
    "list reference types", "GET", "/objectschema/{id}/referencetypes", scope="read:cmdb-config:jira"
)
def list_schema_reference_types(call: Call) -> Response:
    schema = call.schema("view")
    call.require_address(exists=call.site.doubts.schema_reference_types_present)
    kinds = call.site.reference_types.values()
    return json_response(
        [call.render.reference_type(kind) for kind in kinds if kind.schema_id in (None, schema.id)]
    )


def _properties(schema: ObjectSchema) -> JsonObject:
    return {
        "allowOtherObjectSchema": schema.allow_other_object_schema,
        "validateQuickCreate": schema.validate_quick_create,
        "quickCreateObjects": schema.quick_create_objects,
    }


@ROUTES.operation("read schema properties", "GET", "/global/config/objectschema/{id}/property", scope=_READ)
def read_schema_properties(call: Call) -> Response:
    schema = call.schema("view")
    more: JsonObject = {"createObjectsCustomField": False, "serviceDescCustomersEnabled": False}
    return json_response({**_properties(schema), **more})


@ROUTES.operation(
    "update schema properties",
    "POST",
    "/global/config/objectschema/{id}/property",
    scope=_WRITE,
    body=_PROPERTY,
)
def update_schema_properties(call: Call) -> Response:
    schema = call.schema("manage")
    if (value := call.boolean("allowOtherObjectSchema")) is not None:
        schema.allow_other_object_schema = value
    if (value := call.boolean("validateQuickCreate")) is not None:
        schema.validate_quick_create = value
    if (value := call.boolean("quickCreateObjects")) is not None:
        schema.quick_create_objects = value
    schema.updated = call.site.now()
    return empty_response()


@ROUTES.operation("read schema properties", "GET", "/global/config/objectschema/{id}", scope=_READ)
def read_schema_configuration(call: Call) -> Response:
    call.require_address(exists=call.site.doubts.global_config_present)
    return json_response(_properties(call.schema("view")))


# Roles ------------------------------------------------------------------------------------------------------
# The public reference does not contain roles. One public client reads them; writing follows the Data Center edition
# with account ids in place of user keys, which is a guess. `Doubts.roles_readable` and `roles_writable` turn them off.


def _role_links(call: Call, roles: list[Role]) -> Response:
    # The observed links contain the old name of the product.
    root = call.base.replace("/jsm/assets/", "/jsm/insight/").replace("/gateway/api", "")
    return json_response({role.name: f"{root}/config/role/{role.id}" for role in roles})


@ROLE_ROUTES.operation("list roles", "GET", "/objectschema/{id}")
def list_roles(call: Call) -> Response:
    schema = call.schema("view")
    call.require_address(exists=call.site.doubts.roles_readable)
    return _role_links(call, schemas.roles_of(call.site, schema))


@ROLE_ROUTES.operation("list roles", "GET", "/objecttype/{id}")
def list_type_roles(call: Call) -> Response:
    object_type = call.object_type("view")
    call.require_address(exists=call.site.doubts.roles_readable)
    return _role_links(call, schemas.type_roles_of(call.site, object_type))


@ROLE_ROUTES.operation("get role", "GET", "/{id}")
def get_role(call: Call) -> Response:
    role = schemas.role(call.site, call.parameters["id"])
    call.require(call.site.schemas[role.schema_id], "view")
    call.require_address(exists=call.site.doubts.roles_readable)
    return json_response(_role_document(call, role))


@ROLE_ROUTES.operation(
    "set role",
    "PUT",
    "/{id}",
    body=Body(
        required={"categorisedActors": OBJECT}, optional={"id": "any", "name": STRING, "description": STRING}
    ),
)
def set_role(call: Call) -> Response:
    role = schemas.role(call.site, call.parameters["id"])
    call.require(call.site.schemas[role.schema_id], "manage")
    call.require_address(exists=call.site.doubts.roles_writable)
    actors = cast(JsonObject, call.body["categorisedActors"])
    unknown = set(actors) - {schemas.USER_ACTORS, schemas.GROUP_ACTORS}
    if unknown and call.strict:
        raise by_strictness(bad_request(f"Unknown kinds of actors: {', '.join(sorted(unknown))}"))
    users = _actor_names(actors.get(schemas.USER_ACTORS, []))
    groups = _actor_names(actors.get(schemas.GROUP_ACTORS, []))
    schemas.set_actors(call.site, role, users, groups)
    return json_response(_role_document(call, role))


def _actor_names(value: JsonValue) -> list[str]:
    if not isinstance(value, list) or any(not isinstance(name, str) for name in value):
        raise bad_request("Actors must be a list of account ids or group names")
    return [str(name) for name in value]


def _role_document(call: Call, role: Role) -> JsonObject:
    actors: list[JsonValue] = []
    for user in role.users:
        account = call.site.accounts.get(user)
        actors.append(
            {
                "id": len(actors) + 1,
                "type": schemas.USER_ACTORS,
                "name": user,
                "displayName": account.display_name if account is not None else user,
            }
        )
    for group in role.groups:
        actors.append(
            {"id": len(actors) + 1, "type": schemas.GROUP_ACTORS, "name": group, "displayName": group}
        )
    return {"id": role.id, "name": role.name, "description": role.description, "actors": actors}
