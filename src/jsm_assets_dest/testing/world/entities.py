"""The entities of the site, as plain values that can be stored as JSON.

Entities refer to each other by number, not by pointer. Times are milliseconds since 1970. Clients see the numbers as
strings, as on the service.
"""

from __future__ import annotations

from typing import Any

from attrs import AttrsInstance, Factory, define, field, fields

from .json_reading import JsonObject, JsonValue


class AttributeType:
    """The numbers of attribute types. 3, 5 and 8 are known from the Data Center edition only."""

    DEFAULT, REFERENCE, USER, CONFLUENCE, GROUP, VERSION, PROJECT, STATUS, BITBUCKET = range(9)


class DefaultType:
    """The numbers of default types: those of the values of attributes of type `DEFAULT`."""

    TEXT, INTEGER, BOOLEAN, DOUBLE, DATE, TIME, DATE_TIME, URL, EMAIL, TEXTAREA, SELECT, IP_ADDRESS = range(
        12
    )


_DEFAULT_TYPES = (
    ("Text", "text"),
    ("Integer", "integer"),
    ("Boolean", "boolean"),
    ("Double", "double"),
    ("Date", "date"),
    ("Time", "time"),
    ("DateTime", "date_time"),
    ("Url", "url"),
    ("Email", "email"),
    ("Textarea", "textarea"),
    ("Select", "select"),
    ("IP Address", "ipaddress"),
)
DEFAULT_TYPE_NAMES = {-1: "None", **{number: name for number, (name, _) in enumerate(_DEFAULT_TYPES)}}
IMPORT_TYPE_NAMES = {name: number for number, (_, name) in enumerate(_DEFAULT_TYPES)}
"""
The names of default types in mapping documents; `referenced_object` and `status` come on top.
"""


_LONGEST_REPR = 200
_FACTORY: Any = Factory  # attrs declares this class as a function


def short_repr(self: AttrsInstance) -> str:
    """Return the fields that differ from their defaults. A value class uses it as its `__repr__`."""
    texts = [
        f"{attribute.name}={getattr(self, attribute.name)!r}"
        for attribute in fields(type(self))
        if attribute.repr and getattr(self, attribute.name) != _default(attribute.default)
    ]
    text = f"{type(self).__name__}({', '.join(texts)})"
    return text if len(text) <= _LONGEST_REPR else f"{text[: _LONGEST_REPR - 4]}...)"


def _default(default: Any) -> object:
    return default.factory() if isinstance(default, _FACTORY) else default


@define(kw_only=True)
class ObjectSchema:
    """An object schema. `type_ids` are in the order of creation."""

    id: int
    name: str
    key: str
    description: str
    created: int
    updated: int
    read_only: bool = False
    allow_other_object_schema: bool = False
    validate_quick_create: bool = False
    quick_create_objects: bool = False
    type_ids: list[int] = field(factory=list)


@define(kw_only=True)
class ObjectType:
    """An object type. `external_id` is its id in mapping documents; types made manually have a generated one."""

    id: int
    schema_id: int
    name: str
    description: str
    icon_id: str
    position: int
    parent_id: int | None
    inherited: bool
    abstract: bool
    created: int
    updated: int
    external_id: str
    by_import: bool = False
    attribute_ids: list[int] = field(factory=list)
    object_ids: dict[int, None] = field(factory=dict)


@define(kw_only=True)
class Attribute:
    """An attribute of an object type.

    `type_value` is the id of the referenced type, `additional_value` that of the reference type or a display
    setting, `type_value_multi` allowed statuses or groups. A maximum cardinality of -1 has no limit.
    """

    id: int
    type_id: int
    name: str
    type: int
    default_type: int | None
    position: int
    external_id: str
    description: str = ""
    label: bool = False
    type_value: str | None = None
    additional_value: str | None = None
    type_value_multi: list[str] = field(factory=list)
    minimum: int = 0
    maximum: int = 1
    suffix: str | None = None
    summable: bool = False
    include_children: bool = False
    hidden: bool = False
    unique: bool = False
    regex: str | None = None
    ql_query: str | None = None
    options: str = ""
    display_name: str | None = None
    editable: bool = True
    system: bool = False
    removable: bool = True
    by_import: bool = False

    @property
    def is_reference(self) -> bool:
        """True if its values are other objects."""
        return self.type == AttributeType.REFERENCE

    @property
    def is_multiple(self) -> bool:
        """True if it accepts more than one value."""
        return self.maximum != 1


@define(kw_only=True)
class AssetObject:
    """An object.

    `values` contains the values by attribute id, as strings: ids for references and statuses, account ids for users,
    names for groups. Key, Created and Updated are not in it. `external_key` is its identifier if an import maps Key, as
    one public app does.
    """

    id: int
    type_id: int
    schema_id: int
    created: int
    updated: int
    values: dict[int, tuple[str, ...]] = field(factory=dict)
    has_avatar: bool = False
    avatar_uuid: str | None = None
    ticket_keys: tuple[str, ...] = ()
    creator: str = ""
    external_key: str | None = None


@define(kw_only=True)
class Status:
    """A status type. Category 0 is inactive, 1 active, 2 pending; without a schema it is a global one."""

    id: int
    name: str
    description: str
    category: int
    schema_id: int | None = None


@define(kw_only=True)
class ReferenceType:
    """The kind of a reference, such as "Depends on"."""

    id: int
    name: str
    description: str
    color: str
    schema_id: int | None = None
    removable: bool = True


@define(kw_only=True)
class Icon:
    """An icon. `key`, `image` (base64 of a PNG) and `schema_id` are set if an import created it."""

    id: str
    name: str
    key: str | None = None
    image: str | None = None
    schema_id: int | None = None


@define(kw_only=True)
class HistoryEntry:
    """One change of an object. The entry of its creation has no attribute."""

    id: int
    object_id: int
    account_id: str
    created: int
    type: int
    attribute: str | None = None
    old_value: str = ""
    new_value: str = ""


@define(kw_only=True)
class Role:
    """A role of an object schema, or of an object type if `type_id` is set."""

    id: int
    schema_id: int
    name: str
    description: str
    type_id: int | None = None
    users: list[str] = field(factory=list)
    groups: list[str] = field(factory=list)


@define(kw_only=True)
class Group:
    """A group of the site. `gives_jsm` is True if it gives product access to Jira Service Management."""

    name: str
    group_id: str
    gives_jsm: bool = False


@define(kw_only=True)
class Account:
    """A user, customer or app of the site, with a classic API token.

    `kind` is "atlassian", "customer" or "app". Other users see the email address only if `shows_email` is True.
    `may_browse_users` is the global permission "Browse users and groups". `locale` is the chosen language, such as
    "ko_KR"; "" means that of the site.
    """

    __module__ = "jsm_assets_dest.testing"
    __repr__ = short_repr

    account_id: str
    email: str
    display_name: str
    admin: bool
    agent: bool
    api_token: str = field(repr=False)
    groups: list[str] = field(factory=list)
    active: bool = True
    kind: str = "atlassian"
    shows_email: bool = True
    deleted: bool = False
    may_browse_users: bool = True
    locale: str = ""


@define(kw_only=True)
class ImportSource:
    """An External import of an object schema, made in the user interface of the service.

    `mappings` are the object type mappings as submitted, by the id of the object type; `has_mapping` says that a
    document was accepted. `filters` are the queries that entries must match, by the id of the object type. `policies` are the settings for missing objects by the id of the object type, and
    `default_policy` that of the other types. `absences` counts the runs without an object and has the time of the first
    one. `registered` has the time at which an object was registered.
    """

    id: str
    collection_id: str
    schema_id: int
    name: str
    created: int
    updated: int
    enabled: bool = True
    token: str = field(default="", repr=False)
    token_valid_from: int = 0
    has_mapping: bool = False
    mappings: dict[int, JsonObject] = field(factory=dict)
    filters: dict[int, str] = field(factory=dict)
    default_policy: JsonObject = field(factory=dict)
    policies: dict[int, JsonObject] = field(factory=dict)
    absences: dict[int, tuple[int, int]] = field(factory=dict)
    registered: dict[int, int] = field(factory=dict)
    empty_values: str = "ignore"
    unknown_values: str = "ignore"
    concatenator: str = ","
    module_key: str = "rlabs-import-type-external"
    schedule: JsonObject | None = None
    legacy_progress: JsonObject | None = None


@define(kw_only=True)
class Execution:
    """One run of an import. `chunks` are the submitted data in the order of arrival, until they are processed."""

    id: str
    number: int
    source_id: str
    status: str
    started: int
    chunks: list[JsonValue] = field(factory=list, repr=False)
    chunk_ids: dict[str, None] = field(factory=dict)
    created: dict[str, list[int]] = field(factory=dict, repr=False)
    ready_at: float | None = None
    ended: int | None = None
    progress: JsonObject = field(factory=dict)
    result: JsonObject | None = field(default=None, repr=False)
    failure_reason: str | None = None
    account_id: str = ""
    scheduled: bool = False


@define(kw_only=True)
class MappingProgress:
    """An async submission of a mapping."""

    id: str
    source_id: str
    ready_at: float
    document: JsonObject
    partial: bool
    result: str | None = None
    message: str = ""


_ICON_NAMES = {
    "2": "Application", "5": "Award", "7": "Badge", "9": "Bank", "11": "Book", "13": "Building", "15": "Bus",
    "17": "Calendar", "19": "Camera", "21": "Car", "23": "Certificate", "25": "Cloud", "27": "Computer",
    "28": "Cottage", "31": "Database", "34": "Document", "37": "Earth", "40": "Factory", "43": "File",
    "46": "Folder", "49": "Gear", "52": "Hard Drive", "55": "Headset", "58": "Key", "61": "Laptop",
    "64": "License", "67": "Lock", "68": "Mac OS", "69": "Marker", "70": "Master", "71": "Memory Slot",
    "72": "Mic", "78": "Mobile Phone", "84": "Monitor", "90": "Network", "96": "Office", "102": "Phone",
    "108": "Printer", "114": "Router", "120": "Server", "126": "User", "131": "Users", "140": "Virtual Machine",
    "150": "Windows", "164": "Service",
}  # fmt: skip

LAST_ICON_ID = 170
"""
Programs create types with "1" to "164". The ids are an open list of about 1 to 170, so all of them exist here.
"""

DEFAULT_ICON_ID = "2"
IMAGE_SIZES = (16, 48, 72, 144, 288)


def global_icons() -> dict[str, Icon]:
    """Return new icons by id. Ids 13, 28, 68 to 72, 131 and 164 have the names of Atlassian's examples."""
    ids = [str(number) for number in range(1, LAST_ICON_ID + 1)]
    return {icon_id: Icon(id=icon_id, name=_ICON_NAMES.get(icon_id, f"Icon {icon_id}")) for icon_id in ids}


def change(entity: object, **fields: object) -> None:
    """Set the fields of an entity whose new value is not None."""
    for name, value in fields.items():
        if value is not None:
            setattr(entity, name, value)
