"""Users and groups of Jira, from the directory and from the values of objects, and the links to them.

Models need the links, but not the report about them, which takes longer to import.
"""

from typing import TYPE_CHECKING

from attrs import field, frozen

from .._arguments.checking import checked
from .._arguments.fitting import invalid
from .._display.values import PlainData, plain_data, public_value
from .._wire.json_reading import as_text, read_flag, read_object, read_text

if TYPE_CHECKING:
    from attrs import Attribute as Field


@frozen(kw_only=True)
@public_value
class JiraUser:
    """User of Jira. Two users are equal if they have the same account ID.

    Attributes:
        account_id: ID of the account, which never changes.
        display_name: Name that Jira shows.
        email: Email address. Empty if the user hides it. It is left out of the `repr`.
        account_type: "atlassian" for a person, "customer" for a portal customer, "app" for an app; "" if unknown.
        active: False if the account is deactivated or deleted. None if unknown.
    """

    account_id: str
    display_name: str = field(default="", eq=False)
    email: str = field(default="", repr=False, eq=False)
    account_type: str = field(default="", eq=False)
    active: bool | None = field(default=None, eq=False)

    @classmethod
    def from_json(cls, value: object) -> "JiraUser":
        """Read a user from the JSON of Jira (`accountId`, `active`), or of a value in Assets (`key`, `isDeleted`)."""
        source = read_object(value, "a user")
        active = read_flag(source, "active", default=True) if "active" in source else None
        return cls(
            account_id=as_text(source.get("accountId")) or read_text(source, "key"),
            display_name=as_text(source.get("displayName")),
            email=as_text(source.get("emailAddress")),
            account_type=as_text(source.get("accountType")),
            active=False if read_flag(source, "isDeleted") else active,
        )

    def to_dict(self) -> dict[str, object]:
        """Return the user as JSON-ready data, with the email address."""
        return plain_data(self)


@frozen(kw_only=True)
@public_value
class JiraGroup(PlainData):
    """Group of Jira. Two groups are equal if they have the same name.

    Attributes:
        name: Name of the group.
        id: ID of the group, which stays the same if the group is renamed. Empty if unknown.
    """

    name: str
    id: str = field(default="", eq=False)

    @classmethod
    def from_json(cls, value: object) -> "JiraGroup":
        """Read a group from the JSON of Jira (`groupId`), or of a value in Assets."""
        source = read_object(value, "a group")
        return cls(name=read_text(source, "name"), id=as_text(source.get("groupId")))


def _stripped(text: str) -> str:
    return text.strip()


def _required(link: object, attribute: "Field[str]", value: str) -> None:
    if not value:
        raise invalid(
            attribute.name,
            f"of {type(link).__name__} is empty",
            "Pass the name as Assets shows it, such as People or Primary Email.",
        )


@checked
@frozen
class UserLink:
    """Link from the objects of a type to users of Jira, by email address.

    Attributes:
        object_type: Name of the object type, such as People. Objects of child types are not included.
        email: Name of the attribute with the email address, such as "Primary Email". For an address in an object that is
            referred to, both names with a dot between them, such as "Owner.Primary Email".
        attribute: Name of the attribute of type User that is filled.
    """

    __module__ = "jsm_assets_dest"

    object_type: str = field(converter=_stripped, validator=_required)
    email: str = field(converter=_stripped, validator=_required, kw_only=True)
    attribute: str = field(default="Jira User", converter=_stripped, validator=_required, kw_only=True)


@checked
@frozen
class GroupLink:
    """Link from the objects of a type to groups of Jira, by the name of the group.

    Attributes:
        object_type: Name of the object type, such as Groups. Objects of child types are not included.
        name: Name of the attribute with the group's name, such as "Name". For a name in an object that is referred to, both
            names with a dot between them, such as "Groups.Name".
        attribute: Name of the attribute of type Group that is filled.
    """

    __module__ = "jsm_assets_dest"

    object_type: str = field(converter=_stripped, validator=_required)
    name: str = field(default="Name", converter=_stripped, validator=_required, kw_only=True)
    attribute: str = field(default="Jira Group", converter=_stripped, validator=_required, kw_only=True)
