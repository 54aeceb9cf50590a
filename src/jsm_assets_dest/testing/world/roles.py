"""Roles of schemas and types, and their rights.

Managers, developers, users and their rights are documented by Atlassian. Jira administrators have all rights.
"""

from __future__ import annotations

from .entities import Account, ObjectSchema, ObjectType, Role
from .rejections import bad_request, not_found
from .site import Site, as_id

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


def role(site: Site, identifier: str) -> Role:
    """Return a role by id; reject with 404 if it does not exist."""
    existing_role = site.roles.get(as_id(identifier))
    if existing_role is None:
        raise not_found("RoleBean", identifier)
    return existing_role


def allows(site: Site, account: Account, schema: ObjectSchema, right: str) -> bool:
    """Return True if an account may "manage", "develop" or "view" in a schema.

    Args:
        site: the site.
        account: the caller.
        schema: the schema.
        right: one of the three words.
    """
    if schema.read_only and right != "view":
        return False
    if account.admin:
        return True
    mine = set(account.groups)
    for role in roles_of(site, schema):
        if role.name in RIGHTS[right] and (account.account_id in role.users or mine & set(role.groups)):
            return True
    return False


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
