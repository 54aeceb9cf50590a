"""Links from objects to users and groups of Jira: what to link.

Models need these two classes, but not the report, which takes longer to import.
"""

from typing import TYPE_CHECKING

from attrs import field, frozen

from .._arguments.checking import checked
from ..exceptions import ConfigurationError

if TYPE_CHECKING:
    from attrs import Attribute as Field


def _stripped(text: str) -> str:
    return text.strip()


def _required(link: object, attribute: "Field[str]", value: str) -> None:
    if not value:
        raise ConfigurationError(
            f"`{attribute.name}` of {type(link).__name__} is empty. Nothing was sent.",
            field=attribute.name,
            fix="Pass the name as Assets shows it, such as People or Primary Email.",
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
