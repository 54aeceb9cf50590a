"""Table of Okta's fields and their attributes. The model, the records, and the data map all follow it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import cast

from attrs import evolve, frozen

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


@frozen(kw_only=True)
class Field:
    """An attribute and the place of its value in Okta's objects.

    Attributes:
        name: Name of the attribute in Assets.
        key: Key of the attribute in the model and in records.
        path: Path of the value in the object: ("profile", "email").
        level: Smallest profile that has the attribute.
        type: Type of the attribute in Assets.
        read: Function that returns the value, if it has no simple path.
        source: Human-readable place of the value, for the data map. Default: the path.
        label: True for the label of its object type.
        identifier: True for the identifier of its object type.
        unique: True if Assets keeps the values unique.
        many: True if the attribute has any number of values.
        target: Key of the object type that a reference points to.
        table: Table of links that fills a reference, if it is filled from memberships.
        description: Text that Assets shows beside the attribute. Default: the source.
    """

    name: str
    key: str
    path: tuple[str, ...] = ()
    level: Level
    type: AttributeType = AttributeType.TEXT
    read: Callable[[Mapping[str, object]], object] | None = None
    source: str = ""
    label: bool = False
    identifier: bool = False
    unique: bool = False
    many: bool = False
    target: str = ""
    table: str = ""
    description: str = ""

    @property
    def origin(self) -> str:
        """Human-readable place of the value in Okta."""
        return self.source or ".".join(self.path)

    def value(self, item: Mapping[str, object]) -> object:
        """Return the value, the list of values, or None from an object of Okta."""
        return self.read(item) if self.read is not None else pick(item, *self.path)


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


def _of_first_user(name: str) -> Callable[[Mapping[str, object]], object]:
    # Okta stores these values for each link between a device and a person. Assets has one value per device. Nearly
    # every device has one person. If there are several, the first link with a value is used.
    def read(device: Mapping[str, object]) -> object:
        return next((value for link in device_users(device) if (value := text_at(link, name))), None)

    return read


def _field(
    name: str,
    key: str,
    path: str,
    level: Level,
    type_: str = "text",
    *,
    many: bool = False,
    description: str = "",
) -> Field:
    return Field(
        name=name,
        key=key,
        path=tuple(path.split(".")),
        level=level,
        type=AttributeType(type_),
        many=many,
        description=description,
    )


def _profile(name: str, field_name: str, level: Level, type_: str = "text", *, key: str = "") -> Field:
    return _field(name, key or field_name, f"profile.{field_name}", level, type_)


def _computed(
    name: str,
    key: str,
    level: Level,
    read: Callable[[Mapping[str, object]], object],
    source: str,
    type_: str = "text",
) -> Field:
    return Field(name=name, key=key, level=level, type=AttributeType(type_), read=read, source=source)


def _label(name: str, key: str, read: Callable[[Mapping[str, object]], object], source: str) -> Field:
    return evolve(_computed(name, key, _LEAN, read, source), label=True)


def _reference(
    name: str, key: str, target: str, source: str, *, level: Level = _LEAN, table: str = "", many: bool = True
) -> Field:
    return Field(
        name=name,
        key=key,
        level=level,
        type=AttributeType.REFERENCE,
        target=target,
        table=table,
        many=many,
        source=source,
    )


_OKTA_ID = evolve(_field("Okta ID", "oktaId", "id", _LEAN), identifier=True, unique=True)
_STATUS = _field("Status", "status", "status", _LEAN, "status")
_CREATED = _field("Okta Created", "oktaCreated", "created", _STANDARD, "date_time")
_UPDATED = _field("Okta Last Updated", "oktaLastUpdated", "lastUpdated", _STANDARD, "date_time")


USER_TYPES: tuple[Field, ...] = (
    _label("Display Name", "displayName", _first_text("displayName", "name", "id"), "displayName, else name"),
    _OKTA_ID,
    _field("Variable Name", "variableName", "name", _LEAN),
    _field("Description", "description", "description", _LEAN, "textarea"),
    _field("Default", "default", "default", _LEAN, "boolean"),
    _CREATED,
    _UPDATED,
)

GROUPS: tuple[Field, ...] = (
    _label("Group Name", "groupName", _first_text("profile.name", "id"), "profile.name, else id"),
    _OKTA_ID,
    _profile("Description", "description", _LEAN, "textarea"),
    _field("Group Type", "groupType", "type", _LEAN, "select"),
    _computed("Object Class", "objectClass", _STANDARD, _first_class, "objectClass, the first"),
    _profile("SAM Account Name", "samAccountName", _STANDARD),
    _profile("Domain Qualified Name", "windowsDomainQualifiedName", _STANDARD, key="domainQualifiedName"),
    _profile("DN", "dn", _FULL, "textarea"),
    _CREATED,
    _field("Profile Updated", "profileUpdated", "lastUpdated", _STANDARD, "date_time"),
    _field("Membership Updated", "membershipUpdated", "lastMembershipUpdated", _STANDARD, "date_time"),
)

APPLICATIONS: tuple[Field, ...] = (
    _label("Label", "label", _first_text("label", "name", "id"), "label, else name"),
    _OKTA_ID,
    _field(
        "App Name",
        "appName",
        "name",
        _LEAN,
        description="Key in Okta's catalog. Several applications may share it",
    ),
    _STATUS,
    _field("Sign On Mode", "signOnMode", "signOnMode", _LEAN, "select"),
    # A select, because Assets documents several values for selects but not for text.
    _field("Features", "features", "features", _STANDARD, "select", many=True),
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
    _field("Activated", "activated", "activated", _STANDARD, "date_time"),
    _field("Status Changed", "statusChanged", "statusChanged", _STANDARD, "date_time"),
    _field("Last Login", "lastLogin", "lastLogin", _LEAN, "date_time"),
    evolve(_UPDATED, level=_LEAN),
    _field("Password Changed", "passwordChanged", "passwordChanged", _FULL, "date_time"),
    evolve(
        _field("Okta User Type", "oktaUserType", "type.id", _LEAN, "referenced_object"), target="userTypes"
    ),
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
    _computed(
        "Management Status",
        "managementStatus",
        _STANDARD,
        _of_first_user("managementStatus"),
        "_embedded.users[].managementStatus, the first",
        "select",
    ),
    _computed(
        "Screen Lock Type",
        "screenLockType",
        _STANDARD,
        _of_first_user("screenLockType"),
        "_embedded.users[].screenLockType, the first",
        "select",
    ),
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
        description: Text that Assets shows beside the object type.
        fields: Attributes, in the order in which Assets shows them.
    """

    key: str
    name: str
    noun: str
    description: str
    fields: tuple[Field, ...]

    def field(self, key: str) -> Field | None:
        """Return the field with this key, or None."""
        return next((candidate for candidate in self.fields if candidate.key == key), None)


#: Object types in the order of the import: targets of references come first.
TYPES: tuple[TypeFields, ...] = (
    TypeFields("userTypes", "User Types", "user type", "User types of Okta", USER_TYPES),
    TypeFields("groups", "Groups", "group", "Groups of Okta", GROUPS),
    TypeFields(
        "applications",
        "Applications",
        "application",
        "Applications that Okta signs people in to",
        APPLICATIONS,
    ),
    TypeFields("people", "People", "person", "Users of Okta", PEOPLE),
    TypeFields("devices", "Devices", "device", "Devices registered with Okta", DEVICES),
)
