"""Attributes that an organisation added to Okta's user profile: any number, each with its own type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from ..exceptions import ConfigurationError
from ._okta_objects import as_mapping, pick, text_at

#: What the records' keys of custom attributes begin with, so that they never meet one of ours.
PREFIX = "custom_"

#: Okta's JSON Schema formats and what they are in Assets.
_FORMATS: Mapping[str, str] = {"email": "email", "uri": "url", "date-time": "date_time", "date": "date"}
_TYPES: Mapping[str, str] = {"string": "text", "boolean": "boolean", "integer": "integer", "number": "double"}

#: Characters that an Assets text value may have (Atlassian's help and its error message); longer ones need a textarea.
TEXT_LIMIT = 255

# No dots, braces or dollars: the name becomes a locator, and those mean something there.
_API_NAME = re.compile(r"[^\s.${}/]+")

#: The attribute types a custom attribute may have in Assets; references and statuses need more than a name.
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


def _stripped(text: str) -> str:
    return text.strip()


@frozen
class CustomAttribute:
    """An attribute of Okta's user profile that the caller wants on People.

    Any field of the profile can be named, also a base field that the chosen profile of the model leaves out.

    Attributes:
        api_name: The field's name in Okta's API, exact in case: "location", not "Location".
        title: The attribute's name in Assets.
        type: Its type there, in the words of the import mapping: "text", "textarea", "email", "integer", ...
        multiple: The field is an array in Okta, and the attribute holds any number of values.
        description: Shown beside the attribute in Assets.

    Raises:
        ConfigurationError: The name or the title cannot be one, or there is no such type.
    """

    api_name: str = field(converter=_stripped)
    title: str = field(converter=_stripped)
    type: str = "text"
    multiple: bool = False
    description: str = ""

    def __attrs_post_init__(self) -> None:
        if not _API_NAME.fullmatch(self.api_name):
            raise ConfigurationError(
                f"{self.api_name!r} is no name of a profile field.",
                field="api_name",
                fix='Give the field as Okta\'s API spells it, such as "location", without "profile." in front.',
            )
        if not self.title:
            raise ConfigurationError(
                f"The custom attribute {self.api_name} has no title.",
                field="title",
                fix="Give it a name for Assets.",
            )
        if self.type not in TYPES:
            raise ConfigurationError(
                f"The custom attribute {self.api_name} cannot be of the type {self.type!r}.",
                field="type",
                fix=f"Use one of: {', '.join(TYPES)}.",
            )

    @property
    def key(self) -> str:
        """The attribute's key in the model and in the records."""
        return PREFIX + self.api_name


def discover_custom_attributes(user_schema: object) -> tuple[CustomAttribute, ...]:
    """The custom attributes that a user schema declares.

    Args:
        user_schema: The answer of `GET /api/v1/meta/schemas/user/{schemaId}`, as JSON or as an SDK object.

    Returns:
        One value per custom property, in the order of the schema. Text that may be longer than 255 characters becomes
        a textarea; arrays become
        selects, which hold any number of values; a property of an unknown kind becomes text.
    """
    properties = as_mapping(pick(user_schema, "definitions", "custom", "properties")) or {}
    return tuple(_declared(properties))


def _declared(properties: Mapping[str, object]) -> Iterator[CustomAttribute]:
    for name, declaration in properties.items():
        multiple = text_at(declaration, "type") == "array"
        value = as_mapping(pick(declaration, "items")) if multiple else as_mapping(declaration)
        yield CustomAttribute(
            name,
            text_at(declaration, "title") or name,
            _type(value or {}, multiple=multiple),
            multiple=multiple,
            description=text_at(declaration, "description"),
        )


def _type(declaration: Mapping[str, object], *, multiple: bool) -> str:
    kind = _TYPES.get(text_at(declaration, "type"), "text")
    if kind != "text":
        return kind
    if (form := text_at(declaration, "format")) in _FORMATS:
        return _FORMATS[form]
    # Assets documents several values for selects, not for text.
    if multiple or pick(declaration, "enum") or pick(declaration, "oneOf"):
        return "select"
    longest = pick(declaration, "maxLength")
    return "textarea" if isinstance(longest, int) and longest > TEXT_LIMIT else "text"
