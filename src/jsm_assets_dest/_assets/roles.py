"""Roles of an object schema."""

import enum
from collections.abc import Mapping

from attrs import field, frozen

from .._arguments.checking import checked_methods
from .._display.html import table
from .._wire.json_reading import read_array, read_object, read_text


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


@frozen(kw_only=True)
class Role:
    """A role of an object schema, with its entries.

    Attributes:
        id: Id of the role.
        name: Name of the role in Assets, such as "Object Schema Developers".
        kind: Kind of the role.
        users: Account ids of the people in the role.
        groups: Names of the groups in the role.
        raw: The complete JSON of the service.
    """

    __module__ = "jsm_assets_dest"

    id: str
    name: str
    kind: RoleKind
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object) -> "Role":
        """Read a role from the JSON of the service.

        Its entries are `{type, name, …}`. The types end in `user-role-actor` or `group-role-actor` (known from Data Center
        and from a Cloud client; there is no public document).
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
        """Return the role as JSON-ready data."""
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind.value,
            "users": list(self.users),
            "groups": list(self.groups),
        }


@checked_methods
@frozen(kw_only=True)
class SchemaRoles:
    """The roles of an object schema.

    Attributes:
        roles: All roles, in the order of Assets.
    """

    __module__ = "jsm_assets_dest"

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

    def to_dict(self) -> dict[str, object]:
        """Return the roles as JSON-ready data."""
        return {
            "roles": [role.to_dict() for role in self.roles],
            "default_entries": list(self.default_entries),
        }

    def _repr_html_(self) -> str:
        rows = [
            (role.name, ", ".join(role.groups) or "–", ", ".join(role.users) or "–") for role in self.roles
        ]
        return table(("Role", "Groups", "People"), rows, empty="No roles.")
