"""Roles of an object schema."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, TypeAlias, cast

from attrs import field, frozen

from .._arguments.checking import checked_methods
from .._arguments.fitting import invalid, type_problem
from .._display.html import table
from .._display.values import PlainData, plain_data, public_value
from .._wire.json_reading import as_text, read_array, read_object, read_text
from ..exceptions import ConfigurationError
from .directory import JiraGroup, JiraUser

#: Entry of a role as callers pass it: the name of a group, the account id of a person, or a result of a search.
RoleEntry: TypeAlias = str | JiraUser | JiraGroup


class RoleKind(enum.Enum):
    """Kind of a role."""

    __module__ = "jsm_assets_dest"

    MANAGERS = "managers"
    DEVELOPERS = "developers"
    USERS = "users"
    OTHER = "other"


#: Names of the roles in Assets. Newer help texts also mention an "Object schema viewer".
ROLE_NAMES: Mapping[str, RoleKind] = {
    "object schema managers": RoleKind.MANAGERS,
    "object schema developers": RoleKind.DEVELOPERS,
    "object schema users": RoleKind.USERS,
}


def role_entries(values: Sequence[RoleEntry], argument: str) -> tuple[str, ...]:
    """Return the entries of a role as strings, without duplicates.

    Raises:
        ConfigurationError: The value is a single string, or an item is not an entry.
    """
    candidates: object = values
    if isinstance(candidates, (str, bytes, Mapping)) or not isinstance(candidates, Iterable):
        raise _no_entry(argument, type_problem(candidates))
    entries: list[str] = []
    for index, item in enumerate(cast("Iterable[object]", candidates)):
        if isinstance(item, JiraUser):
            entries.append(item.account_id)
        elif isinstance(item, JiraGroup):
            entries.append(item.name)
        elif isinstance(item, str) and item.strip():
            entries.append(item.strip())
        else:
            problem = "is empty" if isinstance(item, str) else type_problem(item)
            raise _no_entry(f"{argument}[{index}]", problem)
    return tuple(dict.fromkeys(entries))


def _no_entry(argument: str, problem: str) -> ConfigurationError:
    return invalid(argument, problem, 'Pass a list of group names and account ids, such as ["it-ops"].')


def wanted_roles(**entries: Sequence[RoleEntry] | None) -> dict[RoleKind, tuple[str, ...] | None]:
    """Return the entries by role. The names are those of the roles: managers, developers, and users.

    Raises:
        ConfigurationError: An argument is not a list of entries.
    """
    return {
        RoleKind(name): None if values is None else role_entries(values, name)
        for name, values in entries.items()
    }


def as_member(entry: str) -> JiraUser | JiraGroup:
    """Return the person or the group that an entry names."""
    return JiraUser(account_id=entry) if _is_account_id(entry) else JiraGroup(name=entry)


def _is_account_id(entry: str) -> bool:
    """Return True for 24 hexadecimal digits, and for a prefix, a colon, and a UUID."""
    if ":" in entry:
        return entry.partition(":")[0].replace("-", "").isalnum() and "-" in entry.partition(":")[2]
    return len(entry) == 24 and all(character in "0123456789abcdef" for character in entry)


def member_id(member: JiraUser | JiraGroup) -> tuple[str, str]:
    """Return what makes two entries the same. Jira compares names of groups without case."""
    if isinstance(member, JiraUser):
        return "user", member.account_id
    return "group", member.name.casefold()


def label(member: JiraUser | JiraGroup) -> str:
    """Return the entry for people: a group, or a name beside the account id."""
    if isinstance(member, JiraGroup):
        return f"{member.name} (group)"
    return f"{member.display_name} ({member.account_id})" if member.display_name else member.account_id


@checked_methods
@frozen(kw_only=True)
@public_value
class Role:
    """A role of an object schema, with its entries.

    Attributes:
        id: Id of the role.
        name: Name of the role in Assets, such as "Object Schema Developers".
        kind: Kind of the role.
        users: Account ids of the people in the role.
        groups: Names of the groups in the role.
        people: The same people, with their names if those could be read.
        raw: The complete JSON of the service.
    """

    id: str
    name: str
    kind: RoleKind
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    people: tuple[JiraUser, ...] = field(default=(), repr=False)
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object) -> "Role":
        """Read a role from the JSON of the service.

        Its entries are `{type, name, …}`. The types end in `user-role-actor` or `group-role-actor` (known from Data Center
        and from a Cloud client; there is no public document).
        """
        source = read_object(value, "a role")
        people: list[JiraUser] = []
        groups: list[str] = []
        for actor in read_array(source.get("actors") or [], "actors"):
            entry = read_object(actor, "an actor")
            kind = read_text(entry, "type", "")
            if "group" in kind:
                groups.append(read_text(entry, "name", "") or read_text(entry, "id", ""))
            else:
                account_id = read_text(entry, "accountId", "") or read_text(entry, "name", "")
                display_name = as_text(entry.get("displayName"))
                if display_name == account_id:
                    display_name = ""
                people.append(JiraUser(account_id=account_id, display_name=display_name))
        name = read_text(source, "name")
        return cls(
            id=read_text(source, "id"),
            name=name,
            kind=ROLE_NAMES.get(name.strip().lower(), RoleKind.OTHER),
            users=tuple(person.account_id for person in people),
            groups=tuple(groups),
            people=tuple(people),
            raw=source,
        )

    def to_dict(self) -> dict[str, object]:
        """Return the role as JSON-ready data."""
        people = [plain_data(person, "account_id display_name") for person in self.people]
        return {**plain_data(self, "id name kind users groups"), "people": people}

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(map(label, self.members)) or 'no one'}"

    @property
    def members(self) -> tuple[JiraUser | JiraGroup, ...]:
        """The groups and the people in the role."""
        people = {person.account_id: person for person in self.people}
        return (
            *(JiraGroup(name=name) for name in self.groups),
            *(people.get(account_id, JiraUser(account_id=account_id)) for account_id in self.users),
        )

    def contains_only(self, entries: Iterable[JiraUser | JiraGroup]) -> bool:
        """Return True if the role has exactly these entries. The case of a group's name is irrelevant."""
        return {member_id(member) for member in self.members} == {member_id(member) for member in entries}


@checked_methods
@frozen(kw_only=True)
@public_value
class SchemaRoles(PlainData):
    """The roles of an object schema.

    Attributes:
        roles: All roles, in the order of Assets.
    """

    _names_of_data: ClassVar = "roles default_entries"

    roles: tuple[Role, ...]

    def of(self, kind: RoleKind | str) -> Role | None:
        """Return the role of a kind, or None."""
        return next((role for role in self.roles if role.kind is kind), None)

    @property
    def managers(self) -> Role | None:
        """The role that can configure the object schema and its imports."""
        return self.of(RoleKind.MANAGERS)

    @property
    def developers(self) -> Role | None:
        """The role that can create, edit, and delete objects."""
        return self.of(RoleKind.DEVELOPERS)

    @property
    def users(self) -> Role | None:
        """The role that can see objects."""
        return self.of(RoleKind.USERS)

    @property
    def default_entries(self) -> tuple[str, ...]:
        """Groups in Object Schema Developers that may give all users of Jira Service Management access.

        When an object schema is created, Assets adds each group that gives access to Jira Service Management to that role
        (Atlassian's help text on roles). The role does not show which groups those are, so this property contains all
        groups of the role. Remove those that you did not add.
        """
        developers = self.developers
        return developers.groups if developers else ()

    def __repr__(self) -> str:
        names = ", ".join(f"{role.name} ({len(role.users) + len(role.groups)})" for role in self.roles)
        return f"<SchemaRoles: {names}>"

    def __str__(self) -> str:
        return "\n".join(map(str, self.roles))

    def _repr_html_(self) -> str:
        rows = [
            (
                role.name,
                ", ".join(role.groups) or "–",
                ", ".join(label(member) for member in role.members if isinstance(member, JiraUser)) or "–",
            )
            for role in self.roles
        ]
        return table(("Role", "Groups", "People"), rows, empty="No roles.")


def _quoted_name(role: Role) -> str:
    return repr(role.name)


@frozen(kw_only=True)
@public_value
class RoleChange:
    """Change of a role that `set_roles` would make.

    Attributes:
        role: The role, with its current entries.
        added: People and groups that are added.
        removed: People and groups that are removed.
    """

    role: Role = field(repr=_quoted_name)
    added: tuple[JiraUser | JiraGroup, ...] = ()
    removed: tuple[JiraUser | JiraGroup, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the change as JSON-ready data."""
        role: dict[str, object] = {"role": self.role.name, "kind": self.role.kind.value}
        return {**role, **plain_data(self, "added removed")}

    def __str__(self) -> str:
        parts = [f"add {label(member)}" for member in self.added]
        parts += [f"remove {label(member)}" for member in self.removed]
        return f"{self.role.name}: {', '.join(parts)}"


@frozen(kw_only=True)
@public_value
class RolesPreview(PlainData):
    """Changes that `set_roles` would make. Nothing was changed yet.

    A person who loses access as an entry may keep it through a group, and Jira admins always keep it.

    Attributes:
        changes: The roles that change.
        lose_access: People and groups that are in a role now, and in none afterwards.
        gain_access: People and groups that are in no role now, and in one afterwards.
        unknown: People and groups to add that Jira does not have. `set_roles` would fail. Empty also if the account can't look
            them up.
    """

    changes: tuple[RoleChange, ...] = ()
    lose_access: tuple[JiraUser | JiraGroup, ...] = ()
    gain_access: tuple[JiraUser | JiraGroup, ...] = ()
    unknown: tuple[JiraUser | JiraGroup, ...] = ()

    @classmethod
    def of(
        cls, current: SchemaRoles, wanted: Mapping[RoleKind, tuple[JiraUser | JiraGroup, ...]]
    ) -> "RolesPreview":
        """Compare the current roles with the wanted entries. Roles without wanted entries do not change."""
        changes: list[RoleChange] = []
        before: dict[tuple[str, str], JiraUser | JiraGroup] = {}
        after: dict[tuple[str, str], JiraUser | JiraGroup] = {}
        for role in current.roles:
            present = {member_id(member): member for member in role.members}
            expected = {member_id(member): member for member in wanted.get(role.kind, role.members)}
            before |= present
            after |= expected
            change = RoleChange(
                role=role, added=_without(expected, present), removed=_without(present, expected)
            )
            if change.added or change.removed:
                changes.append(change)
        return cls(
            changes=tuple(changes), lose_access=_without(before, after), gain_access=_without(after, before)
        )

    @property
    def is_empty(self) -> bool:
        """True if `set_roles` would change nothing."""
        return not self.changes

    def __repr__(self) -> str:
        return f"<RolesPreview changed roles: {len(self.changes)}, entries that lose access: {len(self.lose_access)}>"

    def __str__(self) -> str:
        if self.is_empty:
            return "No role changes."
        lines = [str(change) for change in self.changes]
        groups = (
            ("Lose access", self.lose_access),
            ("Gain access", self.gain_access),
            ("Not found in Jira", self.unknown),
        )
        for title, members in groups:
            if members:
                lines.append(f"{title}: {', '.join(map(label, members))}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            (
                change.role.name,
                ", ".join(map(label, change.added)) or "–",
                ", ".join(map(label, change.removed)) or "–",
            )
            for change in self.changes
        ]
        caption = f"Not found in Jira: {', '.join(map(label, self.unknown))}" if self.unknown else ""
        return table(("Role", "Added", "Removed"), rows, empty="No role changes.", caption=caption)


def _without(
    members: Mapping[tuple[str, str], JiraUser | JiraGroup], others: Mapping[tuple[str, str], object]
) -> tuple[JiraUser | JiraGroup, ...]:
    return tuple(member for key, member in members.items() if key not in others)
