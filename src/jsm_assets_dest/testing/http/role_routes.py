"""Roles, on the site's own gateway only.

The public reference does not contain roles. One public client reads them; writing follows the Data Center edition
with account ids in place of user keys, which is a guess. `Doubts.roles_readable` and `roles_writable` turn them off.
"""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

from typing import cast

from ..world import roles
from ..world.entities import Role
from ..world.json_reading import OBJECT, STRING, JsonObject, JsonValue
from ..world.rejections import Rejection, bad_request, by_strictness, errors_body
from .bodies import Body
from .call import Call
from .exchange import Response, json_response
from .routing import Routes

ROUTES = Routes("assets")


def _missing(call: Call) -> Rejection:
    return Rejection(404, errors_body(["null for uri: " + call.inbound.path]))


def _link(call: Call, role: Role) -> str:
    # The observed links contain the old name of the product.
    root = call.base.replace("/jsm/assets/", "/jsm/insight/").replace("/gateway/api", "")
    return f"{root}/config/role/{role.id}"


@ROUTES.operation("list roles", "GET", "/config/role/objectschema/{id}", site_gateway_only=True)
def list_roles(call: Call) -> Response:
    schema = call.site.schema(call.parameters["id"])
    call.require(schema, "view")
    if not call.site.doubts.roles_readable:
        raise _missing(call)
    return json_response({role.name: _link(call, role) for role in roles.roles_of(call.site, schema)})


@ROUTES.operation("list roles", "GET", "/config/role/objecttype/{id}", site_gateway_only=True)
def list_type_roles(call: Call) -> Response:
    object_type = call.site.object_type(call.parameters["id"])
    call.require(call.site.schemas[object_type.schema_id], "view")
    if not call.site.doubts.roles_readable:
        raise _missing(call)
    return json_response(
        {role.name: _link(call, role) for role in roles.type_roles_of(call.site, object_type)}
    )


@ROUTES.operation("get role", "GET", "/config/role/{id}", site_gateway_only=True)
def get_role(call: Call) -> Response:
    role = roles.role(call.site, call.parameters["id"])
    call.require(call.site.schemas[role.schema_id], "view")
    if not call.site.doubts.roles_readable:
        raise _missing(call)
    return json_response(_document(call, role))


@ROUTES.operation(
    "set role",
    "PUT",
    "/config/role/{id}",
    body=Body(
        required={"categorisedActors": OBJECT}, optional={"id": "any", "name": STRING, "description": STRING}
    ),
    site_gateway_only=True,
)
def set_role(call: Call) -> Response:
    role = roles.role(call.site, call.parameters["id"])
    call.require(call.site.schemas[role.schema_id], "manage")
    if not call.site.doubts.roles_writable:
        raise _missing(call)
    actors = cast(JsonObject, call.body["categorisedActors"])
    unknown = set(actors) - {roles.USER_ACTORS, roles.GROUP_ACTORS}
    if unknown and call.strict:
        raise by_strictness(bad_request(f"Unknown kinds of actors: {', '.join(sorted(unknown))}"))
    users = _names(actors.get(roles.USER_ACTORS, []))
    groups = _names(actors.get(roles.GROUP_ACTORS, []))
    roles.set_actors(call.site, role, users, groups)
    return json_response(_document(call, role))


def _names(value: JsonValue) -> list[str]:
    if not isinstance(value, list) or any(not isinstance(name, str) for name in value):
        raise bad_request("Actors must be a list of account ids or group names")
    return [str(name) for name in value]


def _document(call: Call, role: Role) -> JsonObject:
    actors: list[JsonValue] = []
    for user in role.users:
        account = call.site.accounts.get(user)
        actors.append(
            {
                "id": len(actors) + 1,
                "type": roles.USER_ACTORS,
                "name": user,
                "displayName": account.display_name if account is not None else user,
            }
        )
    for group in role.groups:
        actors.append(
            {"id": len(actors) + 1, "type": roles.GROUP_ACTORS, "name": group, "displayName": group}
        )
    return {"id": role.id, "name": role.name, "description": role.description, "actors": actors}
