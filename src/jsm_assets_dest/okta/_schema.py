"""The schema model for Okta's data, in three sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias, get_args

from ..exceptions import ConfigurationError
from ..model import (
    AttributeSpec,
    AttributeType,
    ObjectTypeSpec,
    ReferenceSpec,
    SchemaModel,
    StatusCategory,
    StatusSpec,
)
from ._custom_attributes import PREFIX, CustomAttribute
from ._fields import LEAN_REFERENCES, TYPES, Field, Level, TypeFields
from ._values import status_name

#: How much of Okta's data the model has.
Profile: TypeAlias = Literal["lean", "standard", "full"]
#: By which attribute of People a person's manager is found.
ManagerBy: TypeAlias = Literal["email", "employee_number", "id"]

_LEVELS: Mapping[str, Level] = {"lean": Level.LEAN, "standard": Level.STANDARD, "full": Level.FULL}
_MANAGER_ATTRIBUTES: Mapping[str, str] = {
    "email": "primaryEmail",
    "employee_number": "employeeNumber",
    "id": "oktaId",
}


def _status(state: str, category: StatusCategory, description: str) -> StatusSpec:
    return StatusSpec(status_name(state), category, description)


_ACTIVE, _INACTIVE, _PENDING = StatusCategory.ACTIVE, StatusCategory.INACTIVE, StatusCategory.PENDING

#: Okta's states by object type (its OpenAPI document). The category of each state is our reading.
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


def schema_model(
    profile: Profile = "standard",
    *,
    namespace: str | None = None,
    custom_attributes: Iterable[CustomAttribute] = (),
    without: Iterable[str] = (),
    manager_by: ManagerBy = "email",
    manager_field: str = "managerId",
) -> SchemaModel:
    """People, Groups, Applications, Devices and User Types, with their references.

    Args:
        profile: "lean" stays inside Atlassian's size advice (35 attributes, 3 references of at most 10 objects and 2
            text areas per object type); "standard" has what most organisations use, and references without a limit;
            "full" has every field of Okta's base profile. `SchemaModel.lint()` says where the others leave the advice.
        namespace: What the external ids begin with; they have to be unique in the whole workspace, so two Okta
            organisations in one workspace need two. By default "okta".
        custom_attributes: Further fields of Okta's user profile, which become attributes of People.
        without: Object types ("devices") and attributes ("people.groups") to leave out. What refers to something left
            out has to be left out too; the error names it.
        manager_by: How a person's manager is found among People: by primary e-mail, employee number or Okta id.
        manager_field: The field of Okta's user profile that holds that value. Okta's own `managerId` is free text by
            rule; many organisations fill a custom field instead.

    Returns:
        The model, in the order in which its object types are imported.

    Raises:
        ConfigurationError: An unknown profile or way to find managers, or two custom attributes that cannot live
            together.
        InvalidModelError: Something kept refers to something left out.
    """
    if profile not in get_args(Profile):
        raise ConfigurationError(
            f"There is no profile {profile!r} of the Okta model.",
            field="profile",
            fix='Use "lean", "standard" or "full".',
        )
    if manager_by not in _MANAGER_ATTRIBUTES:
        raise ConfigurationError(
            f"A manager cannot be found by {manager_by!r}.",
            field="manager_by",
            fix='Use "email", "employee_number" or "id".',
        )
    level = _LEVELS[profile]
    custom = tuple(custom_attributes)
    model = SchemaModel(
        NAME,
        tuple(_object_type(one, level, custom, manager_by, manager_field) for one in TYPES),
        description=DESCRIPTION,
        namespace="okta" if namespace is None else namespace,
    )
    dropped = _keys(without, model)
    if dropped:
        model = model.without(*dropped)
    statuses: dict[str, StatusSpec] = {}
    for spec in model.object_types:
        for status in _STATUSES.get(spec.key, ()):
            statuses.setdefault(status.name, status)
    return SchemaModel(
        model.name,
        model.object_types,
        description=model.description,
        namespace=model.namespace,
        statuses=tuple(statuses.values()),
    )


def _object_type(
    fields: TypeFields,
    level: Level,
    custom: tuple[CustomAttribute, ...],
    manager_by: ManagerBy,
    manager_field: str,
) -> ObjectTypeSpec:
    attributes = [_attribute(fields.key, one, level) for one in fields.fields if one.level <= level]
    if fields.key == "people":
        attributes = [
            _manager(one, manager_by, manager_field) if one.key == "manager" else one for one in attributes
        ]
        _check_custom(attributes, custom)
        attributes.extend(_custom(one) for one in custom)
    return ObjectTypeSpec(fields.name, attributes, key=fields.key, description=fields.description)


def _attribute(type_key: str, one: Field, level: Level) -> AttributeSpec:
    many = LEAN_REFERENCES if one.target and level is Level.LEAN else -1
    required = one.label or one.identifier
    return AttributeSpec(
        one.name,
        one.type,
        key=one.key,
        description=one.description or f"Okta: {one.origin}",
        label=one.label,
        identifier=one.identifier,
        unique=one.unique,
        minimum=1 if required else 0,
        maximum=many if one.many else 1,
        reference=ReferenceSpec(one.target) if one.target else None,
        statuses=[status.name for status in _STATUSES[type_key]] if one.type is AttributeType.STATUS else (),
    )


def _manager(attribute: AttributeSpec, manager_by: ManagerBy, manager_field: str) -> AttributeSpec:
    by = _MANAGER_ATTRIBUTES[manager_by]
    return AttributeSpec(
        attribute.name,
        attribute.type,
        key=attribute.key,
        # The locator carries the profile field, so that records() needs nothing but the model.
        locators=(attribute.key if manager_field == "managerId" else PREFIX + manager_field,),
        description=f"Okta: profile.{manager_field}",
        reference=ReferenceSpec("people", by=by),
    )


def _custom(one: CustomAttribute) -> AttributeSpec:
    return AttributeSpec(
        one.title,
        AttributeType(one.type),
        key=one.key,
        description=one.description or f"Okta: profile.{one.api_name}",
        maximum=-1 if one.multiple else 1,
    )


def _check_custom(attributes: Iterable[AttributeSpec], custom: tuple[CustomAttribute, ...]) -> None:
    """Assets keeps attribute names apart, and a record holds a field once."""
    titles = Counter(
        [one.name.casefold() for one in attributes] + [one.title.strip().casefold() for one in custom]
    )
    fields = Counter(one.api_name for one in custom)
    clashing = [one for one in custom if titles[one.title.strip().casefold()] > 1 or fields[one.api_name] > 1]
    if clashing:
        named = ", ".join(f"{one.title} ({one.api_name})" for one in clashing)
        raise ConfigurationError(
            f"These custom attributes have a title or a field that People has already: {named}.",
            field="custom_attributes",
            fix="Give every custom attribute a title of its own, and name every field once.",
        )


def _keys(without: Iterable[str], model: SchemaModel) -> tuple[str, ...]:
    """Names or keys of object types and attributes as keys: "Devices" is "devices".

    What only a larger profile has is left out already, and no mistake.
    """
    wanted = (without,) if isinstance(without, str) else tuple(without)
    found: list[str] = []
    for one in wanted:
        head, _, tail = one.partition(".")
        fields = next(
            (each for each in TYPES if head.casefold() in {each.name.casefold(), each.key.casefold()}), None
        )
        spec = model.object_type(fields.key) if fields is not None else None
        attribute = spec.find_attribute(tail) if spec is not None and tail else None
        if spec is not None and attribute is not None:
            found.append(f"{spec.key}.{attribute.key}")
        elif spec is not None and not tail:
            found.append(spec.key)
        elif fields is None or not any(
            tail.casefold() in {each.key.casefold(), each.name.casefold()} for each in fields.fields
        ):
            raise ConfigurationError(
                f"The Okta model has nothing called {one!r} to leave out.",
                field="without",
                fix='Name an object type, such as "devices", or an attribute, such as "people.groups".',
            )
    return tuple(found)
