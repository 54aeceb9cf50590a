"""Table of Okta's fields and their attributes. The model, the records, and the data map all follow it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import cast

from attrs import frozen

from .._model.specs import AttributeType
from ._okta_objects import as_mapping, pick, text_at


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
        many: True if the attribute holds any number of values.
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
    if not isinstance(embedded, list):
        return []
    return [link for item in cast("list[object]", embedded) if (link := as_mapping(item)) is not None]


def _of_first_user(name: str) -> Callable[[Mapping[str, object]], object]:
    # Okta stores these values for each link between a device and a person. Assets has one value per device. Nearly
    # every device has one person. If there are several, the first link with a value is used.
    def read(device: Mapping[str, object]) -> object:
        return next((value for link in device_users(device) if (value := text_at(link, name))), None)

    return read


def _profile(name: str, path: str, level: Level, type_: str = "text", *, unique: bool = False) -> Field:
    key = _KEYS.get(path, path)
    return Field(
        name=name, key=key, path=("profile", path), level=level, type=AttributeType(type_), unique=unique
    )


#: Keys of profile fields that differ from Okta's names, because those are unclear or already used.
_KEYS: Mapping[str, str] = {
    "login": "username",
    "email": "primaryEmail",
    "secondEmail": "secondaryEmail",
    "nickName": "nickname",
    "manager": "managerName",
    "name": "groupName",
    "windowsDomainQualifiedName": "domainQualifiedName",
    "integrityJailbreak": "jailbroken",
}


def _identity() -> Field:
    return Field(name="Okta ID", key="oktaId", path=("id",), level=_LEAN, identifier=True, unique=True)


def _label(name: str, key: str, read: Callable[[Mapping[str, object]], object], source: str) -> Field:
    return Field(name=name, key=key, level=_LEAN, label=True, read=read, source=source)


def _date_time(name: str, path: str, level: Level, key: str = "") -> Field:
    return Field(name=name, key=key or path, path=(path,), level=level, type=AttributeType.DATE_TIME)


def _status() -> Field:
    return Field(name="Status", key="status", path=("status",), level=_LEAN, type=AttributeType.STATUS)


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


USER_TYPES: tuple[Field, ...] = (
    _label("Display Name", "displayName", _first_text("displayName", "name", "id"), "displayName, else name"),
    _identity(),
    Field(name="Variable Name", key="variableName", path=("name",), level=_LEAN),
    Field(
        name="Description", key="description", path=("description",), level=_LEAN, type=AttributeType.TEXTAREA
    ),
    Field(name="Default", key="default", path=("default",), level=_LEAN, type=AttributeType.BOOLEAN),
    _date_time("Okta Created", "created", _STANDARD, "oktaCreated"),
    _date_time("Okta Last Updated", "lastUpdated", _STANDARD, "oktaLastUpdated"),
)

GROUPS: tuple[Field, ...] = (
    _label("Group Name", "groupName", _first_text("profile.name", "id"), "profile.name, else id"),
    _identity(),
    _profile("Description", "description", _LEAN, "textarea"),
    Field(name="Group Type", key="groupType", path=("type",), level=_LEAN, type=AttributeType.SELECT),
    Field(
        name="Object Class",
        key="objectClass",
        level=_STANDARD,
        read=_first_class,
        source="objectClass, the first",
    ),
    _profile("SAM Account Name", "samAccountName", _STANDARD),
    _profile("Domain Qualified Name", "windowsDomainQualifiedName", _STANDARD),
    _profile("DN", "dn", _FULL, "textarea"),
    _date_time("Okta Created", "created", _STANDARD, "oktaCreated"),
    _date_time("Profile Updated", "lastUpdated", _STANDARD, "profileUpdated"),
    _date_time("Membership Updated", "lastMembershipUpdated", _STANDARD, "membershipUpdated"),
)

APPLICATIONS: tuple[Field, ...] = (
    _label("Label", "label", _first_text("label", "name", "id"), "label, else name"),
    _identity(),
    Field(
        name="App Name",
        key="appName",
        path=("name",),
        level=_LEAN,
        description="Key in Okta's catalog. Several applications may share it",
    ),
    _status(),
    Field(
        name="Sign On Mode", key="signOnMode", path=("signOnMode",), level=_LEAN, type=AttributeType.SELECT
    ),
    # A select, because Assets documents several values for selects but not for text.
    Field(
        name="Features",
        key="features",
        path=("features",),
        level=_STANDARD,
        type=AttributeType.SELECT,
        many=True,
    ),
    _date_time("Okta Created", "created", _STANDARD, "oktaCreated"),
    _date_time("Okta Last Updated", "lastUpdated", _STANDARD, "oktaLastUpdated"),
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
    _identity(),
    _profile("Username", "login", _LEAN, unique=True),
    _profile("Primary Email", "email", _LEAN, "email"),
    _profile("Secondary Email", "secondEmail", _STANDARD, "email"),
    _profile("First Name", "firstName", _LEAN),
    _profile("Middle Name", "middleName", _STANDARD),
    _profile("Last Name", "lastName", _LEAN),
    _profile("Nickname", "nickName", _STANDARD),
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
    _profile("Manager Name", "manager", _STANDARD),
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
    _status(),
    _date_time("Okta Created", "created", _LEAN, "oktaCreated"),
    _date_time("Activated", "activated", _STANDARD),
    _date_time("Status Changed", "statusChanged", _STANDARD),
    _date_time("Last Login", "lastLogin", _LEAN),
    _date_time("Okta Last Updated", "lastUpdated", _LEAN, "oktaLastUpdated"),
    _date_time("Password Changed", "passwordChanged", _FULL),
    Field(
        name="Okta User Type",
        key="oktaUserType",
        path=("type", "id"),
        level=_LEAN,
        type=AttributeType.REFERENCE,
        target="userTypes",
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
    _identity(),
    _status(),
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
    _profile("Jailbroken", "integrityJailbreak", _FULL, "boolean"),
    _profile("Disk Encryption Type", "diskEncryptionType", _LEAN, "select"),
    Field(
        name="Management Status",
        key="managementStatus",
        level=_STANDARD,
        type=AttributeType.SELECT,
        read=_of_first_user("managementStatus"),
        source="_embedded.users[].managementStatus, the first",
    ),
    Field(
        name="Screen Lock Type",
        key="screenLockType",
        level=_STANDARD,
        type=AttributeType.SELECT,
        read=_of_first_user("screenLockType"),
        source="_embedded.users[].screenLockType, the first",
    ),
    _reference(
        "Users",
        "users",
        "people",
        "_embedded.users[].user.id, or GET /devices/{id}/users",
        table="device_person",
    ),
    _date_time("Okta Created", "created", _STANDARD, "oktaCreated"),
    _date_time("Okta Last Updated", "lastUpdated", _STANDARD, "oktaLastUpdated"),
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
