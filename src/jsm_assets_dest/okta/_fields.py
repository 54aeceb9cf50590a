"""Table of Okta's fields and their attributes. The model, the records, and the data map all follow it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import cast

from attrs import Factory, evolve, field, frozen

from .._model.specs import AttributeType
from ._values import as_mapping, pick, text_at


class Level(enum.IntEnum):
    """Smallest profile of the model that has a field."""

    LEAN = 1
    STANDARD = 2
    FULL = 3


_LEAN, _STANDARD, _FULL = Level.LEAN, Level.STANDARD, Level.FULL

#: Maximum number of references of an attribute in the lean profile (Atlassian's size advice).
LEAN_REFERENCES = 10


def _reader(field: Field) -> Callable[[Mapping[str, object]], object]:
    names = field.path.split(".")
    return lambda item: pick(item, *names)


def _type(name: str) -> AttributeType:
    return AttributeType(name)


@frozen
class Field:
    """An attribute and the place of its value in Okta's objects.

    Attributes:
        name: Name of the attribute in Assets.
        key: Key of the attribute in the model and in records.
        path: Path of the value in the object: "profile.email". For a value without a simple path, a description.
        level: Smallest profile that has the attribute.
        type: Type of the attribute in Assets.
        read: Function that returns the value, the list of values, or None from an object of Okta. Default: by the path.
        label: True for the label of its object type.
        identifier: True for the identifier of its object type.
        unique: True if Assets keeps the values unique.
        many: True if the attribute has any number of values.
        target: Key of the object type that a reference points to.
        table: Table of links that fills a reference, if it is filled from memberships.
        description: Text that Assets shows beside the attribute. Default: the path.
    """

    name: str
    key: str
    path: str
    level: Level
    type: AttributeType = field(default=AttributeType.TEXT, converter=_type)
    read: Callable[[Mapping[str, object]], object] = Factory(_reader, takes_self=True)
    label: bool = False
    identifier: bool = False
    unique: bool = False
    many: bool = False
    target: str = ""
    table: str = ""
    description: str = ""


def _first_text(*paths: str) -> Callable[[Mapping[str, object]], str]:
    """Return a function that reads the first text that is not empty. Every label ends with the id as last resort."""
    split_paths = [path.split(".") for path in paths]

    def read(item: Mapping[str, object]) -> str:
        return next((text for path in split_paths if (text := text_at(item, *path))), "")

    return read


_email_label = _first_text("profile.login", "profile.email", "id")


def _person_label(user: Mapping[str, object]) -> str:
    """Return the display name, which is often null in Okta, or else first and last name, login, email, or id."""
    names = (text_at(user, "profile", "firstName"), text_at(user, "profile", "lastName"))
    return text_at(user, "profile", "displayName") or " ".join(filter(None, names)) or _email_label(user)


def _first_class(group: Mapping[str, object]) -> object:
    classes = pick(group, "objectClass")
    return cast("list[object]", classes)[0] if isinstance(classes, list) and classes else None


def device_users(device: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the links to people that a device contains with `expand=user` or `expand=userSummary`."""
    embedded = pick(device, "_embedded", "users")
    links = cast("list[object]", embedded) if isinstance(embedded, list) else [embedded]
    # An item that is not an object becomes a link without an id, which the report names.
    return [as_mapping(link) or {} for link in links if link is not None]


def _of_first_user(name: str, key: str) -> Field:
    # Okta stores these values for each link between a device and a person. Assets has one value per device. Nearly
    # every device has one person. If there are several, the first link with a value is used.
    def read(device: Mapping[str, object]) -> object:
        return next((value for link in device_users(device) if (value := text_at(link, key))), None)

    return Field(name, key, f"_embedded.users[].{key}, the first", _STANDARD, "select", read=read)


def _profile(name: str, field_name: str, level: Level, type_: str = "text", *, key: str = "") -> Field:
    return Field(name, key or field_name, f"profile.{field_name}", level, type_)


def _label(name: str, key: str, read: Callable[[Mapping[str, object]], object], path: str) -> Field:
    return Field(name, key, path, _LEAN, read=read, label=True)


def _reference(
    name: str, key: str, target: str, path: str, *, level: Level = _LEAN, table: str = "", many: bool = True
) -> Field:
    return Field(name, key, path, level, "referenced_object", target=target, table=table, many=many)


_OKTA_ID = Field("Okta ID", "oktaId", "id", _LEAN, identifier=True, unique=True)
_STATUS = Field("Status", "status", "status", _LEAN, "status")
_CREATED = Field("Okta Created", "oktaCreated", "created", _STANDARD, "date_time")
_UPDATED = Field("Okta Last Updated", "oktaLastUpdated", "lastUpdated", _STANDARD, "date_time")


USER_TYPES: tuple[Field, ...] = (
    _label("Display Name", "displayName", _first_text("displayName", "name", "id"), "displayName, else name"),
    _OKTA_ID,
    Field("Variable Name", "variableName", "name", _LEAN),
    Field("Description", "description", "description", _LEAN, "textarea"),
    Field("Default", "default", "default", _LEAN, "boolean"),
    _CREATED,
    _UPDATED,
)

GROUPS: tuple[Field, ...] = (
    _label("Group Name", "groupName", _first_text("profile.name", "id"), "profile.name, else id"),
    _OKTA_ID,
    _profile("Description", "description", _LEAN, "textarea"),
    Field("Group Type", "groupType", "type", _LEAN, "select"),
    Field("Object Class", "objectClass", "objectClass, the first", _STANDARD, read=_first_class),
    _profile("SAM Account Name", "samAccountName", _STANDARD),
    _profile("Domain Qualified Name", "windowsDomainQualifiedName", _STANDARD, key="domainQualifiedName"),
    _profile("DN", "dn", _FULL, "textarea"),
    _CREATED,
    Field("Profile Updated", "profileUpdated", "lastUpdated", _STANDARD, "date_time"),
    Field("Membership Updated", "membershipUpdated", "lastMembershipUpdated", _STANDARD, "date_time"),
)

_CATALOG = "Key in Okta's catalog. Several applications may share it"

APPLICATIONS: tuple[Field, ...] = (
    _label("Label", "label", _first_text("label", "name", "id"), "label, else name"),
    _OKTA_ID,
    Field("App Name", "appName", "name", _LEAN, description=_CATALOG),
    _STATUS,
    Field("Sign On Mode", "signOnMode", "signOnMode", _LEAN, "select"),
    # A select, because Assets documents several values for selects but not for text.
    Field("Features", "features", "features", _STANDARD, "select", many=True),
    _CREATED,
    _UPDATED,
    _reference(
        "Assigned Groups", "assignedGroups", "groups", "GET /apps/{id}/groups", table="application_group"
    ),
)

PEOPLE: tuple[Field, ...] = (
    _label(
        "Display Name",
        "displayName",
        _person_label,
        "profile.displayName, else profile.firstName and profile.lastName, else profile.login",
    ),
    _OKTA_ID,
    evolve(_profile("Username", "login", _LEAN, key="username"), unique=True),
    _profile("Primary Email", "email", _LEAN, "email", key="primaryEmail"),
    _profile("Secondary Email", "secondEmail", _STANDARD, "email", key="secondaryEmail"),
    _profile("First Name", "firstName", _LEAN),
    _profile("Middle Name", "middleName", _STANDARD),
    _profile("Last Name", "lastName", _LEAN),
    _profile("Nickname", "nickName", _STANDARD, key="nickname"),
    _profile("Honorific Prefix", "honorificPrefix", _FULL),
    _profile("Honorific Suffix", "honorificSuffix", _FULL),
    _profile("Title", "title", _LEAN),
    _profile("Division", "division", _LEAN),
    _profile("Department", "department", _LEAN),
    _profile("Organization", "organization", _LEAN),
    _profile("Cost Center", "costCenter", _LEAN),
    _profile("User Type", "userType", _LEAN),
    _profile("Employee Number", "employeeNumber", _LEAN),
    _profile("Manager ID", "managerId", _STANDARD),
    _profile("Manager Name", "manager", _STANDARD, key="managerName"),
    _profile("Mobile Phone", "mobilePhone", _LEAN),
    _profile("Primary Phone", "primaryPhone", _LEAN),
    _profile("Street Address", "streetAddress", _STANDARD, "textarea"),
    _profile("Postal Address", "postalAddress", _FULL, "textarea"),
    _profile("City", "city", _LEAN),
    _profile("State", "state", _LEAN),
    _profile("Zip Code", "zipCode", _STANDARD),
    _profile("Country Code", "countryCode", _LEAN),
    _profile("Preferred Language", "preferredLanguage", _STANDARD),
    _profile("Locale", "locale", _FULL),
    _profile("Timezone", "timezone", _LEAN),
    _profile("Profile URL", "profileUrl", _STANDARD, "url"),
    _STATUS,
    evolve(_CREATED, level=_LEAN),
    Field("Activated", "activated", "activated", _STANDARD, "date_time"),
    Field("Status Changed", "statusChanged", "statusChanged", _STANDARD, "date_time"),
    Field("Last Login", "lastLogin", "lastLogin", _LEAN, "date_time"),
    evolve(_UPDATED, level=_LEAN),
    Field("Password Changed", "passwordChanged", "passwordChanged", _FULL, "date_time"),
    _reference("Okta User Type", "oktaUserType", "userTypes", "type.id", many=False),
    _reference("Groups", "groups", "groups", "GET /groups/{id}/users", table="person_group"),
    _reference(
        "Applications",
        "applications",
        "applications",
        "GET /apps/{id}/users",
        level=_STANDARD,
        table="person_application",
    ),
    # The model decides which field and which attribute of People it uses.
    _reference("Manager", "manager", "people", "profile.managerId", many=False),
)

DEVICES: tuple[Field, ...] = (
    _label(
        "Display Name",
        "displayName",
        _first_text("profile.displayName", "resourceDisplayName.value", "profile.serialNumber", "id"),
        "profile.displayName, else resourceDisplayName.value, else profile.serialNumber",
    ),
    _OKTA_ID,
    _STATUS,
    _profile("Platform", "platform", _LEAN, "select"),
    _profile("Manufacturer", "manufacturer", _LEAN),
    _profile("Model", "model", _LEAN),
    _profile("OS Version", "osVersion", _LEAN),
    _profile("Serial Number", "serialNumber", _LEAN),
    _profile("IMEI", "imei", _STANDARD),
    _profile("MEID", "meid", _FULL),
    _profile("UDID", "udid", _STANDARD),
    _profile("SID", "sid", _FULL),
    _profile("Registered", "registered", _LEAN, "boolean"),
    _profile("Secure Hardware Present", "secureHardwarePresent", _STANDARD, "boolean"),
    _profile("Managed", "managed", _LEAN, "boolean"),
    _profile("Jailbroken", "integrityJailbreak", _FULL, "boolean", key="jailbroken"),
    _profile("Disk Encryption Type", "diskEncryptionType", _LEAN, "select"),
    _of_first_user("Management Status", "managementStatus"),
    _of_first_user("Screen Lock Type", "screenLockType"),
    _reference(
        "Users",
        "users",
        "people",
        "_embedded.users[].user.id, or GET /devices/{id}/users",
        table="device_person",
    ),
    _CREATED,
    _UPDATED,
)


@frozen
class TypeFields:
    """An object type of the Okta model.

    Attributes:
        key: Key of the object type, and selector of its records.
        name: Name of the object type in Assets.
        noun: Name of one object, for reports.
        source: Attribute of `Tenant` with its objects.
        description: Text that Assets shows beside the object type.
        fields: Attributes, in the order in which Assets shows them.
    """

    key: str
    name: str
    noun: str
    source: str
    description: str
    fields: tuple[Field, ...]

    def field(self, key: str) -> Field | None:
        """Return the field with this key, or None."""
        return next((candidate for candidate in self.fields if candidate.key == key), None)


#: Object types in the order of the import: targets of references come first.
TYPES: tuple[TypeFields, ...] = (
    TypeFields("userTypes", "User Types", "user type", "user_types", "User types of Okta", USER_TYPES),
    TypeFields("groups", "Groups", "group", "groups", "Groups of Okta", GROUPS),
    TypeFields(
        "applications",
        "Applications",
        "application",
        "apps",
        "Applications that Okta signs people in to",
        APPLICATIONS,
    ),
    TypeFields("people", "People", "person", "users", "Users of Okta", PEOPLE),
    TypeFields("devices", "Devices", "device", "devices", "Devices registered with Okta", DEVICES),
)
