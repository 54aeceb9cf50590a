"""Read and set the roles of an object schema. The endpoints are undocumented, and only the gateway of the site has them."""

from __future__ import annotations

from collections.abc import Sequence

from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.roles import Role, RoleKind, SchemaRoles
from .._http.commands import Operation
from .._session.call import call
from .._session.site import Site
from .._session.workspace import roles_base
from .._wire import schema_requests as wire
from .._wire.json_reading import read_object
from ..exceptions import (
    ApiError,
    AuthenticationError,
    HtmlResponseError,
    MalformedAnswerError,
    RolesNotSettableError,
    UnsafeLinkError,
)


def read(site: Site, schema: ObjectSchemaRecord) -> Operation[SchemaRoles]:
    """Read the roles of an object schema, with their entries.

    Raises:
        RolesNotSettableError: The site does not allow this credential to read them.
    """
    try:
        base = yield from roles_base(site)
        response = yield from call(site, wire.list_roles(base, schema.id))
        listing = read_object(response.json(), "roles")
        roles: list[Role] = []
        for link in listing.values():
            role_id = str(link).rstrip("/").rpartition("/")[2]
            response = yield from call(site, wire.get_role(base, role_id))
            roles.append(Role.from_json(response.json()))
    except (ApiError, HtmlResponseError, MalformedAnswerError, UnsafeLinkError) as error:
        raise _not_settable(site, schema, error) from error
    return SchemaRoles(roles=tuple(roles))


def write(
    site: Site,
    schema: ObjectSchemaRecord,
    wanted: dict[RoleKind, Sequence[str] | None],
) -> Operation[SchemaRoles]:
    """Replace the entries of roles. A role with None is not changed.

    Entries are names of groups or account ids of people. Afterwards the entries are read from Assets and compared.

    Raises:
        RolesNotSettableError: The site does not allow this credential to set them, or Assets stored other entries.
    """
    before = yield from read(site, schema)
    base = yield from roles_base(site)
    for kind, entries in wanted.items():
        if entries is None:
            continue
        role = before.of(kind)
        if role is None:
            raise _not_settable(site, schema, None, f"the object schema has no role for {kind.value}")
        users, groups = _users_and_groups(entries)
        if set(users) == set(role.users) and set(groups) == set(role.groups):
            continue
        try:
            yield from call(site, wire.set_role(base, role.id, users, groups))
        except (ApiError, HtmlResponseError, MalformedAnswerError) as error:
            raise _not_settable(site, schema, error) from error
    after = yield from read(site, schema)
    for kind, entries in wanted.items():
        role = after.of(kind)
        if entries is not None and role is not None and set(role.users) | set(role.groups) != set(entries):
            raise _not_settable(
                site, schema, None, f"Assets accepted the request, but stored other {kind.value}"
            )
    return after


def _users_and_groups(entries: Sequence[str]) -> tuple[list[str], list[str]]:
    """Separate account ids from group names. An account id has 24 hexadecimal digits, or contains a colon."""
    users = [entry for entry in entries if _is_account_id(entry)]
    return users, [entry for entry in entries if not _is_account_id(entry)]


def _is_account_id(entry: str) -> bool:
    if ":" in entry:
        return entry.partition(":")[0].replace("-", "").isalnum() and "-" in entry.partition(":")[2]
    return len(entry) == 24 and all(character in "0123456789abcdef" for character in entry)


def _not_settable(
    site: Site, schema: ObjectSchemaRecord, error: Exception | None, reason: str = ""
) -> RolesNotSettableError:
    api_error = error if isinstance(error, ApiError) else None
    if not reason:
        reason = (
            "the gateway of the site does not accept this credential"
            if isinstance(error, AuthenticationError)
            else "the address of the site is known only from a response. Pass it to external_site()"
            if isinstance(error, UnsafeLinkError)
            else "the site rejects that request for this account"
        )
    steps = (
        f"Open {schema.links.configure} as a Jira admin or an object schema manager.",
        "Open the tab Roles.",
        "Under Object Schema Developers, remove the groups that give access to Jira Service Management.",
        "Add the people and groups that should manage, edit, or see the objects, and save.",
    )
    return RolesNotSettableError(
        f"Could not read or set the roles of {schema.key} on {site.url}: {reason}.",
        link=schema.links.configure,
        steps=steps,
        status=api_error.status if api_error else None,
        request_id=api_error.request_id if api_error else "",
    )
