"""The roles of an object schema."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from attrs import field, frozen

from .._display.html import table
from .._wire.json_reading import read_array, read_object, read_text


class RoleKind(enum.Enum):
    """The roles of an object schema."""

    MANAGERS = "managers"
    DEVELOPERS = "developers"
    USERS = "users"
    OTHER = "other"


#: Names of the roles in Assets; the newer help texts also know an "Object schema viewer".
ROLE_NAMES: Mapping[str, RoleKind] = {
    "object schema managers": RoleKind.MANAGERS,
    "object schema developers": RoleKind.DEVELOPERS,
    "object schema users": RoleKind.USERS,
}


@frozen(kw_only=True)
class Role:
    """A role of an object schema and who is in it.

    Attributes:
        id: Its id.
        name: Its name in Assets, such as "Object Schema Developers".
        kind: Which of the known roles it is.
        users: Account ids of the people in it.
        groups: Names of the groups in it.
        raw: The whole answer.
    """

    id: str
    name: str
    kind: RoleKind
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object) -> Role:
        """Read one role with its actors.

        Actors come as `{type, name, …}`; their types end in `user-role-actor` or `group-role-actor`
        (seen on Data Center and in one Cloud client; there is no public document).
        """
        source = read_object(value, "a role")
        users: list[str] = []
        groups: list[str] = []
        for actor in read_array(source.get("actors") or [], "actors"):
            entry = read_object(actor, "an actor")
            kind = read_text(entry, "type", "")
            if "group" in kind:
                groups.append(read_text(entry, "name", "") or read_text(entry, "id", ""))
            else:
                users.append(read_text(entry, "accountId", "") or read_text(entry, "name", ""))
        name = read_text(source, "name")
        return cls(
            id=read_text(source, "id"),
            name=name,
            kind=ROLE_NAMES.get(name.strip().lower(), RoleKind.OTHER),
            users=tuple(users),
            groups=tuple(groups),
            raw=source,
        )

    def to_dict(self) -> dict[str, object]:
        """The role as JSON-ready data."""
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind.value,
            "users": list(self.users),
            "groups": list(self.groups),
        }


@frozen(kw_only=True)
class SchemaRoles:
    """The roles of an object schema.

    Attributes:
        roles: All roles, in the order Assets lists them.
        default_entries: Entries that Assets put there itself and that hand the schema to every JSM user: the groups
            which give product access to Jira Service Management, in Object Schema Developers.
    """

    roles: tuple[Role, ...]

    def of(self, kind: RoleKind) -> Role | None:
        """The role of a kind, or None."""
        return next((role for role in self.roles if role.kind is kind), None)

    @property
    def managers(self) -> Role | None:
        """Who may configure the schema and its imports."""
        return self.of(RoleKind.MANAGERS)

    @property
    def developers(self) -> Role | None:
        """Who may create, edit and delete objects."""
        return self.of(RoleKind.DEVELOPERS)

    @property
    def users(self) -> Role | None:
        """Who may see objects."""
        return self.of(RoleKind.USERS)

    @property
    def default_entries(self) -> tuple[str, ...]:
        """Groups in Object Schema Developers that open the schema to everybody with JSM access.

        Atlassian puts every group that gives access to Jira Service Management there when a schema is created
        (its help text on roles). Which groups those are cannot be read back from the role, so all groups of the
        role are named; take out those you did not put in yourself.
        """
        developers = self.developers
        return developers.groups if developers else ()

    def to_dict(self) -> dict[str, object]:
        """The roles as JSON-ready data."""
        return {
            "roles": [role.to_dict() for role in self.roles],
            "default_entries": list(self.default_entries),
        }

    def _repr_html_(self) -> str:
        rows = [
            (role.name, ", ".join(role.groups) or "–", ", ".join(role.users) or "–") for role in self.roles
        ]
        return table(("Role", "Groups", "People"), rows, empty="No roles.")
