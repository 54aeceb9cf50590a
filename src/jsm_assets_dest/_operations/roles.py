"""Read and set the roles of an object schema. The endpoints are undocumented, and only the gateway of the site has them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from attrs import evolve

from .._assets.directory import JiraGroup, JiraUser
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.roles import Role, RoleKind, RolesPreview, SchemaRoles, as_member, label, member_id
from .._http.commands import Operation
from .._session.call import call
from .._session.site import Site
from .._session.workspace import ask_jira, roles_base
from .._wire import schema_requests as wire
from .._wire import site_requests
from .._wire.json_reading import read_object
from ..exceptions import (
    ApiError,
    AssetsError,
    AuthenticationError,
    HtmlResponseError,
    MalformedAnswerError,
    RateLimitedError,
    RoleEntryRejectedError,
    RolesNotSettableError,
    ServiceUnavailableError,
    UnsafeLinkError,
    ValidationError,
)
from ..exceptions._declared import Place
from . import directory

#: Entries of roles that callers want. A role with None, or without an item, is not changed.
WantedRoles = Mapping[RoleKind, tuple[str, ...] | None]
#: Failures that say nothing about roles.
_TEMPORARY = (RateLimitedError, ServiceUnavailableError)
#: Maximum number of suggestions for a rejected entry.
_SUGGESTIONS = 5


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
    except _TEMPORARY:
        raise
    except (ApiError, HtmlResponseError, MalformedAnswerError, UnsafeLinkError) as error:
        raise _not_settable(site, schema, error) from error
    people = [person for role in roles for person in role.people]
    names, _ = yield from _names(site, [person.account_id for person in people if not person.display_name])
    return SchemaRoles(
        roles=tuple(
            evolve(role, people=tuple(names.get(person.account_id, person) for person in role.people))
            for role in roles
        )
    )


def _names(site: Site, account_ids: list[str]) -> Operation[tuple[dict[str, JiraUser], bool]]:
    """Return the people with these account ids, and False if some could not be looked up. A name is only shown."""
    people: dict[str, JiraUser] = {}
    is_complete = False
    ids = list(dict.fromkeys(account_ids))
    with suppress(AssetsError):
        for start in range(0, len(ids), site_requests.BULK_PAGE):
            response = yield from ask_jira(
                site, site_requests.get_users, ids[start : start + site_requests.BULK_PAGE]
            )
            page = site_requests.read_bulk_users(response)
            people |= {user.account_id: user for user in map(JiraUser.from_json, page)}
        is_complete = True
    return people, is_complete


def _unknown_groups(site: Site, groups: list[JiraGroup]) -> Operation[list[JiraGroup]]:
    """Return the groups that Jira does not have; none if the account can't look them up."""
    names: set[str] = set()
    try:
        for start in range(0, len(groups), site_requests.GROUP_PAGE):
            wanted = [group.name for group in groups[start : start + site_requests.GROUP_PAGE]]
            response = yield from ask_jira(site, site_requests.find_groups, wanted)
            names |= {JiraGroup.from_json(value).name for value in site_requests.read_groups(response)}
    except AssetsError:
        return []
    return [group for group in groups if group.name not in names]


def preview(site: Site, schema: ObjectSchemaRecord, wanted: WantedRoles) -> Operation[RolesPreview]:
    """Read the roles, and compare them with the wanted entries.

    Raises:
        RolesNotSettableError: The site does not allow this credential to read them.
    """
    return (yield from compare(site, schema, (yield from read(site, schema)), wanted))


def compare(
    site: Site, schema: ObjectSchemaRecord, current: SchemaRoles, wanted: WantedRoles
) -> Operation[RolesPreview]:
    """Compare the roles with the wanted entries, whose names are looked up.

    Raises:
        RolesNotSettableError: The object schema does not have a wanted role.
    """
    _reject_missing_role(site, schema, current, wanted)
    members = {
        kind: tuple(map(as_member, entries)) for kind, entries in wanted.items() if entries is not None
    }
    names = {person.account_id: person for role in current.roles for person in role.people}
    looked_up, is_complete = yield from _names(
        site,
        [
            member.account_id
            for entries in members.values()
            for member in entries
            if isinstance(member, JiraUser) and member.account_id not in names
        ],
    )
    names |= looked_up
    roles = RolesPreview.of(
        current,
        {
            kind: tuple(
                names.get(member.account_id, member) if isinstance(member, JiraUser) else member
                for member in entries
            )
            for kind, entries in members.items()
        },
    )
    added = dict.fromkeys(member for change in roles.changes for member in change.added)
    groups = [member for member in added if isinstance(member, JiraGroup)]
    unknown_groups = (yield from _unknown_groups(site, groups)) if groups else []
    unknown_people = [
        member
        for member in added
        if isinstance(member, JiraUser) and is_complete and member.account_id not in names
    ]
    return evolve(roles, unknown=(*unknown_groups, *unknown_people))


def _reject_missing_role(
    site: Site, schema: ObjectSchemaRecord, current: SchemaRoles, wanted: WantedRoles
) -> None:
    for kind, entries in wanted.items():
        if entries is not None and current.of(kind) is None:
            raise _not_settable(site, schema, None, f"the object schema has no role for {kind.value}")


def write(site: Site, schema: ObjectSchemaRecord, wanted: WantedRoles) -> Operation[SchemaRoles]:
    """Replace the entries of roles. Afterwards the entries are read from Assets and compared.

    Raises:
        RoleEntryRejectedError: The service rejected an entry, or did not store it.
        RolesNotSettableError: The site does not allow this credential to set them, or Assets did not remove an entry.
    """
    before = yield from read(site, schema)
    _reject_missing_role(site, schema, before, wanted)
    base = yield from roles_base(site)
    changed: list[str] = []
    for kind, entries in wanted.items():
        if entries is None:
            continue
        role = before.of(kind)
        assert role is not None  # checked above
        members = [as_member(entry) for entry in entries]
        if role.contains_only(members):
            continue
        users = [member.account_id for member in members if isinstance(member, JiraUser)]
        groups = [member.name for member in members if isinstance(member, JiraGroup)]
        try:
            yield from call(site, wire.set_role(base, role.id, users, groups))
        except _TEMPORARY:
            raise
        except (ApiError, HtmlResponseError, MalformedAnswerError) as error:
            rejected = _rejected_entries(error, role, entries)
            if rejected:
                raise (yield from _rejection(site, schema, kind, rejected, changed, error)) from error
            raise _not_settable(site, schema, error) from error
        changed.append(kind.value)
    after = yield from read(site, schema)
    for kind, entries in wanted.items():
        role = after.of(kind)
        if entries is None or role is None or role.contains_only(map(as_member, entries)):
            continue
        stored = {member_id(member) for member in role.members}
        rejected = tuple(entry for entry in entries if member_id(as_member(entry)) not in stored)
        if rejected:
            raise (yield from _rejection(site, schema, kind, rejected, changed, None))
        raise _not_settable(site, schema, None, f"Assets accepted the request, but kept other {kind.value}")
    return after


def _rejected_entries(error: AssetsError, role: Role, entries: tuple[str, ...]) -> tuple[str, ...]:
    """Return the entries that the service rejected, or nothing if the error is not about entries.

    These are the entries that the service's messages name. A rejected content without a name is about the new entries.
    """
    messages = " ".join([*error.messages, *error.field_errors.values()]).casefold()
    named = tuple(entry for entry in entries if entry.casefold() in messages)
    if named or not isinstance(error, ValidationError):
        return named
    present = {member_id(member) for member in role.members}
    return tuple(entry for entry in entries if member_id(as_member(entry)) not in present)


def _rejection(
    site: Site,
    schema: ObjectSchemaRecord,
    kind: RoleKind,
    entries: tuple[str, ...],
    changed: list[str],
    error: AssetsError | None,
) -> Operation[RoleEntryRejectedError]:
    suggestions: dict[str, tuple[str, ...]] = {}
    remedies: list[str] = []
    for entry in entries:
        similar = yield from _similar(site, entry)
        suggestions[entry] = tuple(
            member.account_id if isinstance(member, JiraUser) else member.name for member in similar
        )
        remedies.append(_remedy(entry, similar))
    names = ", ".join(f'"{entry}"' for entry in entries)
    noun = "entry" if len(entries) == 1 else "entries"
    verb = "rejected" if error is not None else "did not store"
    so_far = f"Changed before: {', '.join(changed)}." if changed else "No role was changed."
    return RoleEntryRejectedError(
        f"Could not set the {kind.value} of {schema.key}: Assets {verb} the {noun} {names}. {so_far}",
        role=kind.value,
        entries=entries,
        suggestions=suggestions,
        changed=tuple(changed),
        remedies=tuple(remedies),
        **(error.place() if error is not None else Place()),
    )


def _similar(site: Site, entry: str) -> Operation[list[JiraUser] | list[JiraGroup]]:
    """Return people with this email address, or groups with a similar name. A failed search returns nothing."""
    try:
        if "@" in entry:
            users = yield from directory.find_users(site, entry, _SUGGESTIONS)
            # The search also returns longer addresses. A hidden address matched completely.
            return [user for user in users if user.email.casefold() in ("", entry.casefold())]
        groups = yield from directory.find_groups(site, entry, _SUGGESTIONS)
    except AssetsError:
        return []
    return [group for group in groups if group.name.casefold() == entry.casefold()] or groups


def _remedy(entry: str, similar: list[JiraUser] | list[JiraGroup]) -> str:
    names = " or ".join(label(member) for member in similar)
    if "@" in entry:
        account = f": {names}" if names else ""
        return f'You: replace the email address "{entry}" by the account id of the person{account}.'
    if names:
        return f'You: replace "{entry}" by an existing entry, such as {names}.'
    return f'You: check that "{entry}" is the exact name of a group, or an account id.'


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
