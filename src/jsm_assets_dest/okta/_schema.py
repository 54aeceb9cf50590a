"""Schema model for Okta's data, in three sizes, and the custom attributes that a user schema of Okta declares."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve

from .._arguments.checking import checked
from .._arguments.fitting import instances, texts, wrong_type
from .._assets.object_types import StatusCategory
from .._model.okta_options import PREFIX, CustomAttribute, ManagerBy, Profile
from .._model.references import source_of
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, AttributeType, ObjectTypeSpec, ReferenceSpec, StatusSpec
from ..exceptions import ConfigurationError
from ._fields import LEAN_REFERENCES, TYPES, Field, Level, TypeFields
from ._sources import Located
from ._values import TEXT_LIMIT, as_mapping, error_summary, pick, status_name, text_at

_LEVELS: Mapping[str, Level] = {"lean": Level.LEAN, "standard": Level.STANDARD, "full": Level.FULL}
_MANAGER_ATTRIBUTES: Mapping[str, str] = {
    "email": "primaryEmail",
    "employee_number": "employeeNumber",
    "id": "oktaId",
}


def _status(state: str, category: StatusCategory, description: str) -> StatusSpec:
    return StatusSpec(status_name(state), category, description)


_ACTIVE, _INACTIVE, _PENDING = StatusCategory.ACTIVE, StatusCategory.INACTIVE, StatusCategory.PENDING

#: Okta's states by object type (Okta's OpenAPI document). Their categories are an interpretation.
_STATUSES: Mapping[str, tuple[StatusSpec, ...]] = {
    "people": (
        _status("ACTIVE", _ACTIVE, "In use"),
        _status("STAGED", _PENDING, "Created in Okta, not activated yet"),
        _status("PROVISIONED", _PENDING, "Activated in Okta, has not signed in yet"),
        _status("RECOVERY", _PENDING, "Recovering a forgotten password"),
        _status("PASSWORD_EXPIRED", _PENDING, "Has to set a new password"),
        _status("LOCKED_OUT", _INACTIVE, "Locked after too many failed sign-ins"),
        _status("SUSPENDED", _INACTIVE, "Suspended by an administrator"),
        _status("DEPROVISIONED", _INACTIVE, "Deactivated in Okta"),
    ),
    "applications": (
        _status("ACTIVE", _ACTIVE, "In use"),
        _status("INACTIVE", _INACTIVE, "Switched off in Okta"),
    ),
    # "CREATED" is only in the examples of Okta's OpenAPI document, not in its list of device states.
    "devices": (
        _status("ACTIVE", _ACTIVE, "In use"),
        _status("CREATED", _PENDING, "Known to Okta, not activated yet"),
        _status("SUSPENDED", _INACTIVE, "Suspended by an administrator"),
        _status("UNSUSPENDED", _ACTIVE, "In use again after a suspension"),
        _status("DEACTIVATED", _INACTIVE, "Deactivated in Okta"),
    ),
}

NAME = "Okta"
KEY = "OKT"
DESCRIPTION = "Auto-generated Okta data."


@checked
def schema_model(
    profile: Profile = "standard",
    *,
    namespace: str | None = None,
    custom_attributes: Iterable[CustomAttribute] = (),
    without: Iterable[str] = (),
    manager_by: ManagerBy = "email",
    manager_field: str = "managerId",
    jira_users: bool = False,
) -> SchemaModel:
    """Create the schema model: People, Groups, Applications, Devices, and User Types, with their references.

    Print the result of `data_map` to see all attributes and the fields of Okta that fill them.

    Args:
        profile: Size of the model. "lean" follows Atlassian's size advice: per object type at most 35 attributes, 2 text
            areas, and 3 references of at most 10 objects each. "standard" has what most organizations use, and
            references without a limit. "full" has every field of Okta's base profile. `SchemaModel.lint()` lists where
            "standard" and "full" exceed the advice.
        namespace: Prefix of all external ids. Default: "okta". External ids must be unique in the whole workspace, so
            every object schema that you fill on the same site needs its own namespace, even if both are filled from
            the same Okta organization.
        custom_attributes: Further fields of Okta's user profile, which become attributes of People. Create
            `CustomAttribute` values, or read them from Okta's user schema with `Tenant.custom_attributes()`. If a title
            is already used, the API name is appended: "Badge (badgeOld)" and "Badge (badgeNew)". Attributes can't be
            renamed later, so give titles of your own to attributes that share one.
        without: Object types and attributes to leave out, by key or name: "devices" or "Devices", "people.groups" or
            "People.Groups". Keys of object types: userTypes, groups, applications, people, devices. Leave out all
            references to an object type together with it. The error names them.
        manager_by: Attribute of People by which the manager is found: "email" (Primary Email), "employee_number"
            (Employee Number), or "id" (Okta ID).
        manager_field: Field of Okta's user profile with that value of the manager. Default: "managerId". Okta does not
            check the content of `managerId`, so many organizations fill a custom field instead. With "email" and the
            default, an email address in Okta's `manager` field is used too.
        jira_users: Add attributes that link to accounts in Jira, by Primary Email: "Jira User" and "Jira Manager" of
            People, and "Jira Users" of Devices. An import can't fill them; see `ObjectSchema.link_users`.

    Returns:
        The model. Its object types are in the order of the import.

    Raises:
        ConfigurationError: An argument has an unknown value, or two custom attributes have the same API name.
        InvalidModelError: A reference points to an object type that is left out.
    """
    level = _LEVELS[profile]
    custom = instances(CustomAttribute, custom_attributes, "custom_attributes")
    model = SchemaModel(
        NAME,
        tuple(_object_type(fields, level, custom, manager_by, manager_field) for fields in TYPES),
        description=DESCRIPTION,
        namespace="okta" if namespace is None else namespace,
    )
    if dropped := _keys(without, model):
        model = model.without(*dropped)
    if jira_users:
        model = _with_jira_users(model)
    statuses: dict[str, StatusSpec] = {}
    for spec in model.object_types:
        for status in _STATUSES.get(spec.key, ()):
            statuses.setdefault(status.name, status)
    return evolve(model, statuses=tuple(statuses.values()))


schema_model.__module__ = "jsm_assets_dest.okta"


#: Attributes that link to accounts: the object type, the name, the source, and the maximum number of values.
_JIRA_USERS = (
    ("people", "Jira User", "primaryEmail", 1),
    ("people", "Jira Manager", "manager.primaryEmail", 1),
    ("devices", "Jira Users", "users.primaryEmail", -1),
)


def _with_jira_users(model: SchemaModel) -> SchemaModel:
    """Add the links whose object type and source were not left out."""
    for type_key, name, source, maximum in _JIRA_USERS:
        attribute = AttributeSpec(name, AttributeType.USER, linked_from=source, maximum=maximum)
        spec = next((spec for spec in model.object_types if spec.key == type_key), None)
        if spec is not None and source_of(model, spec, attribute):
            linked = (*spec.linked_attributes, attribute)
            model = model.with_object_type(evolve(spec, linked_attributes=linked))
    return model


def _object_type(
    fields: TypeFields,
    level: Level,
    custom: tuple[CustomAttribute, ...],
    manager_by: ManagerBy,
    manager_field: str,
) -> ObjectTypeSpec:
    attributes = [_attribute(fields.key, field, level) for field in fields.fields if field.level <= level]
    if fields.key == "people":
        attributes = [
            _manager(attribute, manager_by, manager_field) if attribute.key == "manager" else attribute
            for attribute in attributes
        ]
        names = _names(custom, [attribute.name for attribute in attributes])
        attributes.extend(_custom(attribute, name) for attribute, name in zip(custom, names, strict=True))
    return ObjectTypeSpec(fields.name, attributes, key=fields.key, description=fields.description)


def _attribute(type_key: str, field: Field, level: Level) -> AttributeSpec:
    maximum = LEAN_REFERENCES if field.target and level is Level.LEAN else -1
    return AttributeSpec(
        field.name,
        field.type,
        key=field.key,
        description=field.description or f"Okta: {field.path}",
        label=field.label,
        identifier=field.identifier,
        unique=field.unique,
        minimum=1 if field.label or field.identifier else 0,
        maximum=maximum if field.many else 1,
        reference=ReferenceSpec(field.target) if field.target else None,
        statuses=[status.name for status in _STATUSES[type_key]]
        if field.type is AttributeType.STATUS
        else (),
    )


def _manager(attribute: AttributeSpec, manager_by: ManagerBy, manager_field: str) -> AttributeSpec:
    return evolve(
        attribute,
        # The locator contains the profile field, so records() needs only the model.
        locators=(attribute.key if manager_field == "managerId" else PREFIX + manager_field,),
        description=f"Okta: profile.{manager_field}",
        reference=ReferenceSpec("people", by=_MANAGER_ATTRIBUTES[manager_by]),
    )


def _custom(attribute: CustomAttribute, name: str) -> AttributeSpec:
    return AttributeSpec(
        name,
        AttributeType(attribute.type),
        key=attribute.key,
        description=attribute.description or f"Okta: profile.{attribute.api_name}",
        maximum=-1 if attribute.multiple else 1,
    )


def _names(custom: tuple[CustomAttribute, ...], base_names: Iterable[str]) -> list[str]:
    """Return distinct names for custom attributes. Okta does not keep titles unique, but Assets requires unique names.

    The API name makes a title distinct, because it does not depend on the order of the attributes, which Okta does not
    guarantee. All attributes with the same title get it.
    """
    fields = Counter(attribute.api_name for attribute in custom)
    if repeated := [name for name, count in fields.items() if count > 1]:
        raise ConfigurationError(
            f"Several custom attributes have the same API name: {', '.join(repeated)}.",
            field="custom_attributes",
            fix="Pass every field of the profile once.",
        )
    # Okta distinguishes "badge" from "Badge", but Assets may not.
    spellings = Counter(api_name.casefold() for api_name in fields)
    suffixes = {
        api_name: api_name if spellings[api_name.casefold()] == 1 else f"{api_name} {number}"
        for number, api_name in enumerate(sorted(fields), 1)
    }
    names = {attribute.api_name: attribute.title for attribute in custom}
    # A distinct name may be the title of another attribute, so repeat until all names are distinct.
    while clashing := _clashing(names, base_names):
        for api_name in clashing:
            names[api_name] = f"{names[api_name]} ({suffixes[api_name]})"
    return [names[attribute.api_name] for attribute in custom]


def _clashing(names: Mapping[str, str], base_names: Iterable[str]) -> list[str]:
    counts = Counter(name.casefold() for name in (*base_names, *names.values()))
    return [api_name for api_name, name in names.items() if counts[name.casefold()] > 1]


def _keys(without: Iterable[str], model: SchemaModel) -> tuple[str, ...]:
    """Convert names or keys of object types and attributes to keys. Ignore attributes of larger profiles."""
    keys: list[str] = []
    for name in texts(without, "without"):
        type_name, _, attribute_name = name.partition(".")
        fields = next((fields for fields in TYPES if _is(type_name, fields.key, fields.name)), None)
        spec = model.object_type(fields.key) if fields is not None else None
        attribute = spec.find_attribute(attribute_name) if spec is not None and attribute_name else None
        if spec is not None and attribute is not None:
            keys.append(f"{spec.key}.{attribute.key}")
        elif spec is not None and not attribute_name:
            keys.append(spec.key)
        elif fields is None or not any(_is(attribute_name, field.key, field.name) for field in fields.fields):
            raise ConfigurationError(
                f"The Okta model has no object type or attribute {name!r} to leave out.",
                field="without",
                fix='Pass an object type, such as "devices", or an attribute, such as "people.groups".',
            )
    return tuple(keys)


def _is(text: str, *names: str) -> bool:
    return text.casefold() in {name.casefold() for name in names}


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
