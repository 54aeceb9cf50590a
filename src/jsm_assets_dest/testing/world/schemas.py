"""Rules for object schemas and their roles, and for status types and reference types.

Managers, developers, users and their rights are documented by Atlassian. Jira administrators have all rights.
"""

from __future__ import annotations

import re
from typing import Any

from .entities import Account, AttributeType, ObjectSchema, ObjectType, ReferenceType, Role, Status, change
from .object_types import delete_object_type
from .rejections import Rejection, bad_request, errors_body, invalid, invalid_fields
from .site import Site
from .values import name_problem

KEY_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9]{0,9}")
"""
At most 10 characters (a comment in a client's tests); the allowed characters are a guess.
"""


def create_schema(
    site: Site,
    *,
    name: str,
    key: str,
    description: str = "",
    creator: str | None = None,
    allow_other_object_schema: bool = False,
) -> ObjectSchema:
    """Create an object schema with its three roles."""
    problems = _problems(site, name, key, None)
    if problems:
        raise invalid_fields(problems)
    now = site.now()
    schema = ObjectSchema(
        id=site.ids.number("schema"),
        name=name,
        key=key.upper(),
        description=description,
        created=now,
        updated=now,
        allow_other_object_schema=allow_other_object_schema,
    )
    site.schemas[schema.id] = schema
    add_schema_roles(site, schema, creator)
    return schema


def _problems(site: Site, name: str | None, key: str | None, itself: ObjectSchema | None) -> dict[str, str]:
    problems: dict[str, str] = {}
    others = [schema for schema in site.schemas.values() if schema is not itself]
    if name is not None:
        problem = name_problem(name, [schema.name for schema in others])
        if problem is not None:
            problems["name"] = problem
    if key is not None:
        if not KEY_PATTERN.fullmatch(key):
            problems["objectSchemaKey"] = (
                "The key must be 1 to 10 letters and digits and start with a letter."
            )
        elif any(schema.key.lower() == key.lower() for schema in others):
            problems["objectSchemaKey"] = "Key has to be unique!"
    return problems


def update_schema(
    site: Site,
    schema: ObjectSchema,
    *,
    name: str | None = None,
    key: str | None = None,
    description: str | None = None,
) -> None:
    """Change the given fields. The key stays unless the switch allows changing it."""
    if not site.doubts.schema_key_can_change:
        key = None
    problems = _problems(site, name, key, schema)
    if problems:
        raise invalid_fields(problems)
    key = key.upper() if key is not None else None
    change(schema, name=name, key=key, description=description, updated=site.now())


def delete_schema(site: Site, schema: ObjectSchema) -> None:
    """Delete a schema with its types, attributes, objects, roles, statuses and import sources."""
    inside = set(schema.type_ids)
    for attribute in site.referring_attributes():
        if attribute.type_id not in inside and int(attribute.type_value or "0") in inside:
            owner = site.types[attribute.type_id]
            text = f"The schema is referenced by the attribute {attribute.name} of {owner.name}."
            raise Rejection(400, errors_body([text]))
    for object_type in reversed(site.types_of(schema)):
        delete_object_type(site, object_type, with_children=True)
    owned: list[dict[Any, Any]] = [site.roles, site.import_sources, site.statuses, site.reference_types]
    for entities in owned:
        for key in [key for key, entity in entities.items() if entity.schema_id == schema.id]:
            del entities[key]
    del site.schemas[schema.id]


def object_count(site: Site, schema: ObjectSchema) -> int:
    """Return the number of objects in a schema."""
    return sum(len(object_type.object_ids) for object_type in site.types_of(schema))


MANAGERS = "Object Schema Managers"
DEVELOPERS = "Object Schema Developers"
USERS = "Object Schema Users"

RIGHTS: dict[str, tuple[str, ...]] = {
    "manage": (MANAGERS,),
    "develop": (MANAGERS, DEVELOPERS),
    "view": (MANAGERS, DEVELOPERS, USERS),
}

DESCRIPTIONS = {
    MANAGERS: "Configures the object schema, its roles, imports, object types and attributes",
    DEVELOPERS: "Creates, edits and deletes objects",
    USERS: "Views objects",
}

USER_ACTORS = "atlassian-user-role-actor"
GROUP_ACTORS = "atlassian-group-role-actor"


def add_schema_roles(site: Site, schema: ObjectSchema, creator: str | None) -> None:
    """Add the three roles of a new schema."""
    for name, description in DESCRIPTIONS.items():
        role = Role(id=site.ids.number("role"), schema_id=schema.id, name=name, description=description)
        site.roles[role.id] = role
        if name == MANAGERS and creator is not None:
            role.users.append(creator)
        if name == DEVELOPERS:
            role.groups.extend(group.name for group in site.groups.values() if group.gives_jsm)


def roles_of(site: Site, schema: ObjectSchema) -> list[Role]:
    """Return the roles of a schema, managers first."""
    return [role for role in site.roles.values() if role.schema_id == schema.id and role.type_id is None]


def type_roles_of(site: Site, object_type: ObjectType) -> list[Role]:
    """Return the roles of an object type. They are created on first access; empty ones have no effect."""
    roles = [role for role in site.roles.values() if role.type_id == object_type.id]
    if not roles:
        for name in ("Object Type Managers", "Object Type Developers", "Object Type Users"):
            role = Role(
                id=site.ids.number("role"),
                schema_id=object_type.schema_id,
                name=name,
                description="",
                type_id=object_type.id,
            )
            site.roles[role.id] = role
            roles.append(role)
    return roles


def allows(site: Site, account: Account, schema: ObjectSchema, right: str) -> bool:
    """Return True if an account may "manage", "develop" or "view" in a schema."""
    if schema.read_only and right != "view":
        return False
    if account.admin:
        return True
    mine = {account.account_id, *account.groups}
    return any(
        role.name in RIGHTS[right] and not mine.isdisjoint([*role.users, *role.groups])
        for role in roles_of(site, schema)
    )


def set_actors(site: Site, changed: Role, users: list[str], groups: list[str]) -> None:
    """Replace the entries of a role. Unknown accounts and groups are rejected (a guess)."""
    for user in users:
        if user not in site.accounts:
            raise bad_request(f"The user {user} does not exist")
    for group in groups:
        if group not in site.groups:
            raise bad_request(f"The group {group} does not exist")
    changed.users = list(dict.fromkeys(users))
    changed.groups = list(dict.fromkeys(groups))


_STATUS_NAME = re.compile(r"[a-zA-Z0-9 \-]{2,30}")
"""
From the JSON Schema of mapping documents; that it applies here too is a guess.
"""

_COLORS = ("688E6E", "42526E", "49A6ED", "D96F32", "8F7EE7")


def _status_problems(
    site: Site, name: str, category: int, schema_id: int | None, itself: Status | None
) -> dict[str, str]:
    problems = {}
    if not _STATUS_NAME.fullmatch(name):
        problems["name"] = "The name must have 2 to 30 letters, digits, blanks or hyphens"
    elif any(
        other is not itself and other.schema_id == schema_id and other.name.lower() == name.lower()
        for other in site.statuses.values()
    ):
        problems["name"] = "Name has to be unique!"
    if category not in (0, 1, 2):
        problems["category"] = "The category must be 0, 1 or 2"
    return problems


def create_status(
    site: Site, *, name: str, category: int, description: str = "", schema_id: int | None = None
) -> Status:
    """Create a status type, of one schema or global."""
    problems = _status_problems(site, name, category, schema_id, None)
    if problems:
        raise invalid_fields(problems)
    return site.add_status(name, category, description=description, schema_id=schema_id)


def update_status(
    site: Site, status: Status, *, name: str, category: int, description: str | None = None
) -> None:
    """Change a status type."""
    problems = _status_problems(site, name, category, status.schema_id, status)
    if problems:
        raise invalid_fields(problems)
    change(status, name=name, category=category, description=description)


def delete_status(site: Site, status: Status) -> None:
    """Delete a status type that no object has and no attribute lists."""
    for attribute in site.attributes.values():
        if attribute.type != AttributeType.STATUS:
            continue
        if site.objects_with(attribute.id, str(status.id)) or str(status.id) in attribute.type_value_multi:
            raise bad_request(f"The status {status.name} is in use and cannot be deleted")
    del site.statuses[status.id]


def _check_reference_type_name(
    site: Site, name: str, schema_id: int | None, itself: ReferenceType | None
) -> None:
    if not name.strip():
        raise invalid("name", "The name is required.")
    for other in site.reference_types.values():
        same_place = other.schema_id in (None, schema_id)
        if other is not itself and same_place and other.name.lower() == name.lower():
            raise invalid("name", "Name has to be unique!")


def create_reference_type(
    site: Site, *, name: str, description: str = "", color: str | None = None, schema_id: int | None = None
) -> ReferenceType:
    """Create a reference type, of one schema or global."""
    _check_reference_type_name(site, name, schema_id, None)
    number = site.ids.number("reference type")
    kind = ReferenceType(
        id=number,
        name=name,
        description=description,
        color=color.lstrip("#") if color else _COLORS[number % len(_COLORS)],
        schema_id=schema_id,
    )
    site.reference_types[number] = kind
    return kind


def update_reference_type(
    site: Site,
    kind: ReferenceType,
    *,
    name: str | None = None,
    description: str | None = None,
    color: str | None = None,
) -> None:
    """Change a reference type."""
    if name is not None:
        _check_reference_type_name(site, name, kind.schema_id, kind)
    change(kind, name=name, description=description, color=color.lstrip("#") if color is not None else None)


def delete_reference_type(site: Site, kind: ReferenceType) -> None:
    """Delete a reference type that no attribute uses; the built-in one stays."""
    used = any(attribute.additional_value == str(kind.id) for attribute in site.referring_attributes())
    if used or not kind.removable:
        raise bad_request(f"The reference type {kind.name} cannot be deleted")
    del site.reference_types[kind.id]
