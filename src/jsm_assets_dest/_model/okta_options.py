"""Choices and custom attributes of the Okta model.

They are public in `jsm_assets_dest.okta`. They are defined here because a saved destination contains them, and many saved
destinations never import that package.
"""

import re
from typing import Literal, TypeAlias

from attrs import field, frozen

from .._arguments.checking import checked
from .._display.values import public_value
from ..exceptions import ConfigurationError

#: Size of the model.
Profile: TypeAlias = Literal["lean", "standard", "full"]
#: Attribute of People by which a person's manager is found.
ManagerBy: TypeAlias = Literal["email", "employee_number", "id"]

#: Prefix of the keys of custom attributes in records. It prevents conflicts with the model's own keys.
PREFIX = "custom_"

#: No dots, braces, or dollar signs: the name becomes a locator, where these characters have a meaning.
_API_NAME = re.compile(r"[^\s.${}/]+")

#: Types of custom attributes in Assets. References and statuses need more than a name.
TYPES = (
    "text",
    "textarea",
    "select",
    "email",
    "url",
    "integer",
    "double",
    "boolean",
    "date",
    "time",
    "date_time",
)


def _stripped(name: str) -> str:
    return name.strip()


@checked
@frozen
@public_value
class CustomAttribute:
    """A field of Okta's user profile that becomes an attribute of People.

    Any field of the profile is possible, including a base field that the chosen profile of the model leaves out.

    Attributes:
        api_name: Name of the field in Okta's API, case-sensitive, without "profile.": "location", not "Location".
        title: Name of the attribute in Assets. If People already has an attribute of this name, or if two custom
            attributes have the same title, `schema_model` appends the API name: "Badge (badgeOld)".
        type: Type of the attribute in Assets: "text" (up to 255 characters), "textarea", "select", "email", "url",
            "integer", "double", "boolean", "date", "time", or "date_time". Values that do not fit the type are left
            out and counted in the report.
        multiple: True if the field is an array in Okta. The attribute then has any number of values. Use the type
            "select" for several texts, because Assets documents several values for selects only.
        description: Text that Assets shows beside the attribute. Default: the field's name in Okta.

    Raises:
        ConfigurationError: The API name, the title, or the type is invalid.
    """

    __module__ = "jsm_assets_dest.okta"

    api_name: str = field(converter=_stripped)
    title: str = field(converter=_stripped)
    type: str = "text"
    multiple: bool = False
    description: str = ""

    def __attrs_post_init__(self) -> None:
        if not _API_NAME.fullmatch(self.api_name):
            raise ConfigurationError(
                f"{self.api_name!r} is not a valid name of a profile field.",
                field="api_name",
                fix='Write the name as in Okta\'s API, such as "location", without "profile.".',
            )
        if not self.title:
            raise ConfigurationError(
                f"The custom attribute {self.api_name} has no title.",
                field="title",
                fix="Pass the name that the attribute should have in Assets.",
            )
        if self.type not in TYPES:
            raise ConfigurationError(
                f"The custom attribute {self.api_name} cannot have the type {self.type!r}.",
                field="type",
                fix=f"Use one of: {', '.join(TYPES)}.",
            )

    @property
    def key(self) -> str:
        """Key of the attribute in the model and in records."""
        return PREFIX + self.api_name
