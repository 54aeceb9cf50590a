"""Custom attributes that a user schema of Okta declares."""

from collections.abc import Iterator, Mapping

from .._arguments.checking import checked
from .._arguments.conversion import wrong_type
from .._model.okta_options import CustomAttribute
from ..exceptions import ConfigurationError
from ._sources import Located
from ._values import TEXT_LIMIT, as_mapping, error_summary, pick, text_at

#: Assets type by JSON Schema format and by JSON Schema type.
_FORMATS: Mapping[str, str] = {"email": "email", "uri": "url", "date-time": "date_time", "date": "date"}
_TYPES: Mapping[str, str] = {"string": "text", "boolean": "boolean", "integer": "integer", "number": "double"}

_FIX = "Pass the response of GET /api/v1/meta/schemas/user/{schemaId}."


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
    schema = as_mapping(located.value)
    if schema is None and not located.where:
        raise wrong_type("user_schema", located.value, _FIX)
    schema = schema or {}
    if summary := error_summary(schema):
        raise ConfigurationError(
            f"The {name} is an error response of Okta: {summary}.",
            field="user_schema",
            fix="Request the user schema again, and check that the credentials have the scope okta.schemas.read.",
        )
    if "definitions" not in schema:
        raise ConfigurationError(
            f"The {name} has no definitions. Nothing was sent.",
            field="user_schema",
            fix=_FIX,
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
