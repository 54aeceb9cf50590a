"""Which field of Okta's answers fills which attribute: the one table that model, records and data map follow."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import cast

from attrs import field, frozen

from ..model import AttributeType
from ._okta_objects import as_mapping, pick, text_at


class Level(enum.IntEnum):
    """The smallest profile of the model that has a field."""

    LEAN = 1
    STANDARD = 2
    FULL = 3


_LEAN, _STANDARD, _FULL = Level.LEAN, Level.STANDARD, Level.FULL

#: The greatest number of references in an attribute of the lean profile (Atlassian's size advice).
LEAN_REFERENCES = 10


@frozen(kw_only=True)
class Field:
    """An attribute and where its value stands in Okta's answer.

    Attributes:
        name: The attribute's name in Assets.
        key: Its key in the model and in records.
        path: The place in the object: ("profile", "email").
        level: The smallest profile that has it.
        type: Its type in Assets.
        read: How to find the value where a path does not say it.
        source: The place in words, for the data map; by default the path.
        label, identifier, unique, many: As in the model.
        target: Of a reference: the key of the object type.
        table: Of a reference filled from memberships: the table of links.
        linked: Of a reference that the answer itself holds: the path of the target's id.
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
    description: str = field(default="")

    @property
    def origin(self) -> str:
        """Where the value comes from, in words."""
        return self.source or ".".join(self.path)

    def value(self, item: Mapping[str, object]) -> object:
        """What Okta's answer holds for the attribute: a value, a list of values, or None."""
        return self.read(item) if self.read is not None else pick(item, *self.path)


def first_text(*candidates: str) -> str:
    """The first text that is not blank; labels are never left empty."""
    return next((text for text in candidates if text), "")


def person_label(user: Mapping[str, object]) -> str:
    """A person's display name, which is often null in Okta; then first and last name, login, e-mail or the id."""
    given, family = text_at(user, "profile", "firstName"), text_at(user, "profile", "lastName")
    return first_text(
        text_at(user, "profile", "displayName"),
        f"{given} {family}".strip(),
        text_at(user, "profile", "login"),
        text_at(user, "profile", "email"),
        text_at(user, "id"),
    )


def _group_label(group: Mapping[str, object]) -> str:
    return first_text(text_at(group, "profile", "name"), text_at(group, "id"))


def _application_label(application: Mapping[str, object]) -> str:
    return first_text(text_at(application, "label"), text_at(application, "name"), text_at(application, "id"))


def _device_label(device: Mapping[str, object]) -> str:
    return first_text(
        text_at(device, "profile", "displayName"),
        text_at(device, "resourceDisplayName", "value"),
        text_at(device, "profile", "serialNumber"),
        text_at(device, "id"),
    )


def _user_type_label(user_type: Mapping[str, object]) -> str:
    return first_text(text_at(user_type, "displayName"), text_at(user_type, "name"), text_at(user_type, "id"))


def _first_class(group: Mapping[str, object]) -> object:
    classes = pick(group, "objectClass")
    return cast("list[object]", classes)[0] if isinstance(classes, list) and classes else None


def device_users(device: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The links to people that a device's answer embeds with `expand=user` or `expand=userSummary`."""
    embedded = pick(device, "_embedded", "users")
    if not isinstance(embedded, list):
        return []
    return [link for one in cast("list[object]", embedded) if (link := as_mapping(one)) is not None]


def _of_first_user(name: str) -> Callable[[Mapping[str, object]], object]:
    # Okta holds these per link between a device and a person; Assets has one value per device. Nearly every device
    # has one person; where there are several, the first link that says something speaks for the device.
    def read(device: Mapping[str, object]) -> object:
        return next((found for link in device_users(device) if (found := text_at(link, name))), None)

    return read


def _profile(name: str, path: str, level: Level, type_: str = "text", *, unique: bool = False) -> Field:
    key = _KEYS.get(path, path)
    return Field(
        name=name, key=key, path=("profile", path), level=level, type=AttributeType(type_), unique=unique
    )


#: Keys of profile fields that say more than Okta's name does, or that another attribute of ours has.
_KEYS: Mapping[str, str] = {
    "login": "username",
    "email": "primaryEmail",
    "secondEmail": "secondaryEmail",
    "nickName": "nickname",
    "manager": "managerName",
    "name": "groupName",
    "samAccountName": "samAccountName",
    "windowsDomainQualifiedName": "domainQualifiedName",
    "integrityJailbreak": "jailbroken",
}


def _identity() -> Field:
    return Field(name="Okta ID", key="oktaId", path=("id",), level=_LEAN, identifier=True, unique=True)


def _label(name: str, key: str, read: Callable[[Mapping[str, object]], object], source: str) -> Field:
    return Field(name=name, key=key, level=_LEAN, label=True, read=read, source=source)


def _moment(name: str, path: str, level: Level, key: str = "") -> Field:
    return Field(name=name, key=key or path, path=(path,), level=level, type=AttributeType.DATE_TIME)


def _status(states: str = "status") -> Field:
    return Field(name="Status", key="status", path=(states,), level=_LEAN, type=AttributeType.STATUS)


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
    _label("Display Name", "displayName", _user_type_label, "displayName, else name"),
    _identity(),
    Field(name="Variable Name", key="variableName", path=("name",), level=_LEAN),
    Field(
        name="Description", key="description", path=("description",), level=_LEAN, type=AttributeType.TEXTAREA
    ),
    Field(name="Default", key="default", path=("default",), level=_LEAN, type=AttributeType.BOOLEAN),
    _moment("Okta Created", "created", _STANDARD, "oktaCreated"),
    _moment("Okta Last Updated", "lastUpdated", _STANDARD, "oktaLastUpdated"),
)

GROUPS: tuple[Field, ...] = (
    _label("Group Name", "groupName", _group_label, "profile.name, else id"),
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
    _moment("Okta Created", "created", _STANDARD, "oktaCreated"),
    _moment("Profile Updated", "lastUpdated", _STANDARD, "profileUpdated"),
    _moment("Membership Updated", "lastMembershipUpdated", _STANDARD, "membershipUpdated"),
)

APPLICATIONS: tuple[Field, ...] = (
    _label("Label", "label", _application_label, "label, else name"),
    _identity(),
    Field(
        name="App Name",
        key="appName",
        path=("name",),
        level=_LEAN,
        description="The key in Okta's catalogue; several applications may share it",
    ),
    _status(),
    Field(
        name="Sign On Mode", key="signOnMode", path=("signOnMode",), level=_LEAN, type=AttributeType.SELECT
    ),
    # A select, because Assets documents several values for selects and not for text.
    Field(
        name="Features",
        key="features",
        path=("features",),
        level=_STANDARD,
        type=AttributeType.SELECT,
        many=True,
    ),
    _moment("Okta Created", "created", _STANDARD, "oktaCreated"),
    _moment("Okta Last Updated", "lastUpdated", _STANDARD, "oktaLastUpdated"),
    _reference(
        "Assigned Groups", "assignedGroups", "groups", "GET /apps/{id}/groups", table="application_group"
    ),
)

PEOPLE: tuple[Field, ...] = (
    _label(
        "Display Name",
        "displayName",
        person_label,
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
    _moment("Okta Created", "created", _LEAN, "oktaCreated"),
    _moment("Activated", "activated", _STANDARD),
    _moment("Status Changed", "statusChanged", _STANDARD),
    _moment("Last Login", "lastLogin", _LEAN),
    _moment("Okta Last Updated", "lastUpdated", _LEAN, "oktaLastUpdated"),
    _moment("Password Changed", "passwordChanged", _FULL),
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
    # Filled by the manager reference of the model, see manager.py.
    _reference("Manager", "manager", "people", "profile.managerId", many=False),
)

DEVICES: tuple[Field, ...] = (
    _label(
        "Display Name",
        "displayName",
        _device_label,
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
    _moment("Okta Created", "created", _STANDARD, "oktaCreated"),
    _moment("Okta Last Updated", "lastUpdated", _STANDARD, "oktaLastUpdated"),
)


@frozen
class TypeFields:
    """An object type of the Okta model.

    Attributes:
        key: Its key, and the selector of its records.
        name: Its name in Assets.
        noun: One of its objects, in reports.
        description: Shown in Assets.
        fields: Its attributes, in the order in which people see them.
    """

    key: str
    name: str
    noun: str
    description: str
    fields: tuple[Field, ...]

    def field(self, key: str) -> Field | None:
        """The field with this key, or None."""
        return next((one for one in self.fields if one.key == key), None)


#: In the order of the import: what is referred to comes before what refers to it.
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
