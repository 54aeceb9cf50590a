"""Custom attributes of Okta's user profile: any number, each with its own type."""

import re
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from .._arguments.checking import checked
from ..exceptions import ConfigurationError
from ._okta_objects import as_mapping, error_summary, pick, text_at
from ._sources import Located
from ._values import TEXT_LIMIT

#: Prefix of the keys of custom attributes in records. It prevents conflicts with the model's own keys.
PREFIX = "custom_"

#: Assets type by JSON Schema format and by JSON Schema type.
_FORMATS: Mapping[str, str] = {"email": "email", "uri": "url", "date-time": "date_time", "date": "date"}
_TYPES: Mapping[str, str] = {"string": "text", "boolean": "boolean", "integer": "integer", "number": "double"}

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
        multiple: True if the field is an array in Okta. The attribute then holds any number of values. Use the type
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


@checked
def discover_custom_attributes(user_schema: object) -> tuple[CustomAttribute, ...]:
    """Read the custom attributes that a user schema declares.

    Args:
        user_schema: Response of `GET /api/v1/meta/schemas/user/{schemaId}`, as JSON or as an SDK object, or an item of
            `Tenant.user_schemas`.

    Returns:
        One value per custom property, in the order of the schema. Text that may be longer than 255 characters becomes
        a textarea. Enumerations and arrays of text become selects. A property of an unknown type becomes text.

    Raises:
        ConfigurationError: The value is an error response of Okta, or it is not a user schema. Without this error, the
            model would silently lack all custom attributes.
    """
    located = user_schema if isinstance(user_schema, Located) else Located(user_schema, "")
    name = f"user schema {located.where}" if located.where else "user schema"
    schema = as_mapping(located.value) or {}
    if summary := error_summary(schema):
        raise ConfigurationError(
            f"The {name} is an error response of Okta: {summary}.",
            field="user_schema",
            fix="Request the user schema again, and check that the credentials have the scope okta.schemas.read.",
        )
    if "definitions" not in schema:
        raise ConfigurationError(
            f"The {name} is not a user schema: it has no definitions.",
            field="user_schema",
            fix="Pass the response of GET /api/v1/meta/schemas/user/{schemaId}.",
        )
    properties = as_mapping(pick(schema, "definitions", "custom", "properties")) or {}
    return tuple(_declared(properties))


discover_custom_attributes.__module__ = "jsm_assets_dest.okta"


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
    if (value_format := text_at(declaration, "format")) in _FORMATS:
        return _FORMATS[value_format]
    if multiple or pick(declaration, "enum") or pick(declaration, "oneOf"):
        return "select"
    max_length = pick(declaration, "maxLength")
    return "textarea" if isinstance(max_length, int) and max_length > TEXT_LIMIT else "text"
