"""
What is read from Assets, as plain values.

Every class reads itself from the service's JSON with `from_json`; the API's own spelling stands there and nowhere
else. Fields that this library does not know stay available in `raw` and are never an error: Atlassian adds some with
every release.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import cast

from attrs import field, frozen

from .exceptions import MalformedAnswerError

#: The names of an attribute definition's `defaultType`, by number (Atlassian's OpenAPI document), in the words of the
#: import mapping document.
DEFAULT_TYPES: Mapping[int, str] = {
    -1: "none",
    0: "text",
    1: "integer",
    2: "boolean",
    3: "double",
    4: "date",
    5: "time",
    6: "date_time",
    7: "url",
    8: "email",
    9: "textarea",
    10: "select",
    11: "ipaddress",
}

#: The names of an attribute definition's `type` other than 0 (default). 3, 5, 6 and 8 are not in Atlassian's document;
#: clients have seen them.
OTHER_TYPES: Mapping[int, str] = {
    1: "referenced_object",
    2: "user",
    3: "confluence",
    4: "group",
    5: "version",
    6: "project",
    7: "status",
    8: "bitbucket_repository",
}


def read_object(value: object, what: str) -> Mapping[str, object]:
    """
    The value as a JSON object.

    Raises:
        MalformedAnswerError: It is something else.
    """
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    raise MalformedAnswerError(f"Assets sent {type(value).__name__} where {what} was expected.")


def read_array(value: object, what: str, *wrappers: str) -> list[object]:
    """
    The value as a JSON array; with `wrappers`, the array may stand under one of these keys of an object.

    Some listings are documented with a wrapper and sent bare, or the other way round (`entries`, `values`).

    Raises:
        MalformedAnswerError: It is something else.
    """
    if isinstance(value, list):
        return cast("list[object]", value)
    if isinstance(value, Mapping):
        for wrapper in wrappers:
            inner = cast("Mapping[str, object]", value).get(wrapper)
            if isinstance(inner, list):
                return cast("list[object]", inner)
    raise MalformedAnswerError(f"Assets sent {type(value).__name__} where a list of {what} was expected.")


def read_text(source: Mapping[str, object], key: str, default: str | None = None) -> str:
    """
    The text under a key; numbers become text, because ids come as either.

    Raises:
        MalformedAnswerError: Nothing is there and no default was given.
    """
    value = source.get(key)
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if default is not None:
        return default
    raise MalformedAnswerError(f"Assets left out “{key}”, which every such answer has.")


def read_flag(source: Mapping[str, object], key: str, *, default: bool = False) -> bool:
    """
    The boolean under a key; `isLast` also comes as the text "true" or "false".
    """
    value = source.get(key)
    if isinstance(value, str):
        return value.strip().lower() == "true"
    return default if value is None else bool(value)


def read_number(source: Mapping[str, object], key: str, default: int = 0) -> int:
    """
    The whole number under a key, also from text.
    """
    value = source.get(key)
    try:
        return int(cast("int | str", value)) if value is not None else default
    except (TypeError, ValueError):
        return default


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple)):
        return ()
    return tuple(str(value) for value in cast("Iterable[object]", values) if value is not None)


@frozen(kw_only=True)
class SchemaLinks:
    """
    Pages of an object schema for people, in a browser.

    Attributes:
        browse: The objects of the schema.
        configure: Its configuration; the tabs General, Roles, References, Statuses and Import are on it.
        all_schemas: All object schemas of the site.
    """

    browse: str
    configure: str
    all_schemas: str

    def object_type(self, object_type_id: str) -> str:
        """
        The page of one object type.
        """
        return f"{self.browse}?typeId={object_type_id}"

    def object(self, object_type_id: str, object_id: str) -> str:
        """
        The page of one object.
        """
        return f"{self.browse}?typeId={object_type_id}&objectId={object_id}"

    def to_dict(self) -> dict[str, str]:
        """
        The addresses by name.
        """
        return {"browse": self.browse, "configure": self.configure, "all_schemas": self.all_schemas}

    @classmethod
    def of(cls, site: str, schema_id: str) -> SchemaLinks:
        """
        The links of a schema on a site.

        The patterns were seen in public clients; none shows a link to one tab of the configuration page, so that
        page is linked and the tab has to be named beside it.
        """
        return cls(
            browse=f"{site}/jira/assets/object-schema/{schema_id}",
            configure=f"{site}/jira/servicedesk/assets/configure/object-schema/{schema_id}",
            all_schemas=f"{site}/jira/servicedesk/assets/object-schemas",
        )


@frozen(kw_only=True)
class ObjectSchemaRecord:
    """
    An object schema as Assets described it at one moment.

    Attributes:
        id: The schema's id, a number as text.
        key: Its key, such as OKT; the first part of every object's key.
        name: Its name, unique in the workspace.
        description: Its description; empty when it has none.
        status: "Ok" as far as anybody has seen.
        object_count: How many objects it holds; None where Assets was not asked to count.
        object_type_count: How many object types it holds; None where Assets was not asked to count.
        can_manage: Whether the caller may configure it; None where Assets does not say. False for the built-in
            Services schema (SVC).
        allows_references: Whether other schemas may refer to its objects; None where Assets does not say.
        links: Its pages in a browser.
        raw: The whole answer.
    """

    id: str
    key: str
    name: str
    description: str = ""
    status: str = field(default="Ok", repr=False)
    object_count: int | None = None
    object_type_count: int | None = None
    can_manage: bool | None = field(default=None, repr=False)
    allows_references: bool | None = field(default=None, repr=False)
    links: SchemaLinks = field(repr=False)
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object, site: str, *, counted: bool = True) -> ObjectSchemaRecord:
        """
        Read one object schema.

        Args:
            value: The service's JSON.
            site: The site's address, for the links.
            counted: False for a listing without counts, in which Assets reports 0 for both.
        """
        source = read_object(value, "an object schema")
        schema_id = read_text(source, "id")
        return cls(
            id=schema_id,
            key=read_text(source, "objectSchemaKey"),
            name=read_text(source, "name"),
            description=read_text(source, "description", ""),
            status=read_text(source, "status", "Ok"),
            object_count=read_number(source, "objectCount") if counted else None,
            object_type_count=read_number(source, "objectTypeCount") if counted else None,
            can_manage=read_flag(source, "canManage") if "canManage" in source else None,
            allows_references=(
                read_flag(source, "crossSchemaReferencingAllowed")
                if "crossSchemaReferencingAllowed" in source
                else None
            ),
            links=SchemaLinks.of(site, schema_id),
            raw=source,
        )

    def to_dict(self) -> dict[str, object]:
        """
        The schema as JSON-ready data.
        """
        return {
            "id": self.id,
            "key": self.key,
            "name": self.name,
            "description": self.description,
            "object_count": self.object_count,
            "object_type_count": self.object_type_count,
            "can_manage": self.can_manage,
            "allows_references": self.allows_references,
            "links": self.links.to_dict(),
        }


@frozen(kw_only=True)
class ObjectType:
    """
    An object type of a schema.

    Attributes:
        id: Its id, a number as text.
        name: Its name, unique in the schema.
        schema_id: The schema it belongs to.
        parent_id: The type above it, or None at the root.
        object_count: How many objects it holds, without those of types below it; None where Assets was not asked.
        inherited: Whether types below it get its attributes.
        parent_inherits: Whether it gets the attributes of the type above it.
        abstract: Whether it can have no objects of its own.
        icon_id: The id of its icon.
        position: Its place among its neighbours.
        raw: The whole answer.
    """

    id: str
    name: str
    schema_id: str = field(default="", repr=False)
    description: str = field(default="", repr=False)
    parent_id: str | None = None
    object_count: int | None = None
    inherited: bool = field(default=False, repr=False)
    parent_inherits: bool = field(default=False, repr=False)
    abstract: bool = field(default=False, repr=False)
    icon_id: str = field(default="", repr=False)
    position: int = field(default=0, repr=False)
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object, *, counted: bool = True) -> ObjectType:
        """
        Read one object type.
        """
        source = read_object(value, "an object type")
        icon = source.get("icon")
        return cls(
            id=read_text(source, "id"),
            name=read_text(source, "name"),
            schema_id=read_text(source, "objectSchemaId", ""),
            description=read_text(source, "description", ""),
            parent_id=read_text(source, "parentObjectTypeId", "") or None,
            object_count=read_number(source, "objectCount") if counted else None,
            inherited=read_flag(source, "inherited"),
            parent_inherits=read_flag(source, "parentObjectTypeInherited"),
            abstract=read_flag(source, "abstractObjectType"),
            icon_id=read_text(cast("Mapping[str, object]", icon), "id", "")
            if isinstance(icon, Mapping)
            else "",
            position=read_number(source, "position"),
            raw=source,
        )

    def to_dict(self) -> dict[str, object]:
        """
        The object type as JSON-ready data.
        """
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "schema_id": self.schema_id,
            "parent_id": self.parent_id,
            "object_count": self.object_count,
            "inherited": self.inherited,
            "parent_inherits": self.parent_inherits,
            "abstract": self.abstract,
        }


@frozen(kw_only=True)
class Attribute:
    """
    The definition of an attribute of an object type.

    Attributes:
        id: Its id, a number as text.
        name: Its name, unique in the object type.
        type: Its type in the words of the import mapping document ("text", "date_time", "referenced_object",
            "status", …); "user", "group" and others exist in Assets but not in imports.
        label: Whether its value is what people see of an object.
        unique: Whether Assets refuses a second object with the same value.
        minimum: The least number of values.
        maximum: The greatest number of values; -1 is without a limit.
        system: Whether Assets keeps it itself: Key, Created, Updated.
        editable: Whether its value can be changed.
        removable: Whether it can be deleted.
        hidden: Whether pages leave it out.
        reference_object_type_id: The object type that a reference points to.
        status_ids: The statuses that a status attribute may have; empty for all.
        options: What a select attribute offers, as the service keeps it: joined by commas.
        object_type_id: The object type it belongs to, where the answer says.
        position: Its place in the object type.
        raw: The whole answer.
    """

    id: str
    name: str
    type: str = "text"
    label: bool = False
    unique: bool = False
    minimum: int = 0
    maximum: int = 1
    system: bool = field(default=False, repr=False)
    editable: bool = field(default=True, repr=False)
    removable: bool = field(default=True, repr=False)
    hidden: bool = field(default=False, repr=False)
    description: str = field(default="", repr=False)
    reference_object_type_id: str | None = field(default=None, repr=False)
    status_ids: tuple[str, ...] = field(default=(), repr=False)
    options: str = field(default="", repr=False)
    object_type_id: str = field(default="", repr=False)
    position: int = field(default=0, repr=False)
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object, object_type_id: str = "") -> Attribute:
        """
        Read one attribute definition.

        A missing `type` means 0, or 1 where a referenced object type is named (some of Atlassian's own examples
        leave it out); a reference names its target in `referenceObjectTypeId`, not in `typeValue`.
        """
        source = read_object(value, "an attribute")
        target = read_text(source, "referenceObjectTypeId", "") or None
        number = read_number(source, "type", 1 if target else 0)
        default_type = source.get("defaultType")
        owner = source.get("objectType")
        if number == 0:
            kind = (
                read_number(cast("Mapping[str, object]", default_type), "id")
                if isinstance(default_type, Mapping)
                else 0
            )
            type_name = DEFAULT_TYPES.get(kind, f"unknown ({kind})")
        else:
            type_name = OTHER_TYPES.get(number, f"unknown ({number})")
        return cls(
            id=read_text(source, "id"),
            name=read_text(source, "name"),
            type=type_name,
            label=read_flag(source, "label"),
            unique=read_flag(source, "uniqueAttribute"),
            minimum=read_number(source, "minimumCardinality", 0),
            maximum=read_number(source, "maximumCardinality", 1),
            system=read_flag(source, "system"),
            editable=read_flag(source, "editable", default=True),
            removable=read_flag(source, "removable", default=True),
            hidden=read_flag(source, "hidden"),
            description=read_text(source, "description", ""),
            reference_object_type_id=target,
            status_ids=_texts(source.get("typeValueMulti")) if number == 7 else (),
            options=read_text(source, "options", ""),
            object_type_id=(
                read_text(cast("Mapping[str, object]", owner), "id", "")
                if isinstance(owner, Mapping)
                else object_type_id
            ),
            position=read_number(source, "position"),
            raw=source,
        )

    def to_dict(self) -> dict[str, object]:
        """
        The attribute as JSON-ready data.
        """
        return {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "label": self.label,
            "unique": self.unique,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "system": self.system,
            "hidden": self.hidden,
            "description": self.description,
            "reference_object_type_id": self.reference_object_type_id,
            "object_type_id": self.object_type_id,
        }


@frozen
class ExistingObjectType:
    """
    An object type together with its attributes: what a wanted type is compared with.
    """

    object_type: ObjectType
    attributes: tuple[Attribute, ...] = ()


class RoleKind(enum.Enum):
    """
    The roles of an object schema.
    """

    MANAGERS = "managers"
    DEVELOPERS = "developers"
    USERS = "users"
    OTHER = "other"


#: Names of the roles in Assets; the newer help texts also know an "Object schema viewer".
ROLE_NAMES: Mapping[str, RoleKind] = {
    "object schema managers": RoleKind.MANAGERS,
    "object schema developers": RoleKind.DEVELOPERS,
    "object schema users": RoleKind.USERS,
}


@frozen(kw_only=True)
class Role:
    """
    A role of an object schema and who is in it.

    Attributes:
        id: Its id.
        name: Its name in Assets, such as "Object Schema Developers".
        kind: Which of the known roles it is.
        users: Account ids of the people in it.
        groups: Names of the groups in it.
        raw: The whole answer.
    """

    id: str
    name: str
    kind: RoleKind
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object) -> Role:
        """
        Read one role with its actors.

        Actors come as `{type, name, …}`; their types end in `user-role-actor` or `group-role-actor`
        (seen on Data Center and in one Cloud client; there is no public document).
        """
        source = read_object(value, "a role")
        users: list[str] = []
        groups: list[str] = []
        for actor in read_array(source.get("actors") or [], "actors"):
            entry = read_object(actor, "an actor")
            kind = read_text(entry, "type", "")
            if "group" in kind:
                groups.append(read_text(entry, "name", "") or read_text(entry, "id", ""))
            else:
                users.append(read_text(entry, "accountId", "") or read_text(entry, "name", ""))
        name = read_text(source, "name")
        return cls(
            id=read_text(source, "id"),
            name=name,
            kind=ROLE_NAMES.get(name.strip().lower(), RoleKind.OTHER),
            users=tuple(users),
            groups=tuple(groups),
            raw=source,
        )

    def to_dict(self) -> dict[str, object]:
        """
        The role as JSON-ready data.
        """
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind.value,
            "users": list(self.users),
            "groups": list(self.groups),
        }


@frozen(kw_only=True)
class SchemaRoles:
    """
    The roles of an object schema.

    Attributes:
        roles: All roles, in the order Assets lists them.
        default_entries: Entries that Assets put there itself and that hand the schema to every JSM user: the groups
            which give product access to Jira Service Management, in Object Schema Developers.
    """

    roles: tuple[Role, ...]

    def of(self, kind: RoleKind) -> Role | None:
        """
        The role of a kind, or None.
        """
        return next((role for role in self.roles if role.kind is kind), None)

    @property
    def managers(self) -> Role | None:
        """
        Who may configure the schema and its imports.
        """
        return self.of(RoleKind.MANAGERS)

    @property
    def developers(self) -> Role | None:
        """
        Who may create, edit and delete objects.
        """
        return self.of(RoleKind.DEVELOPERS)

    @property
    def users(self) -> Role | None:
        """
        Who may see objects.
        """
        return self.of(RoleKind.USERS)

    @property
    def default_entries(self) -> tuple[str, ...]:
        """
        Groups in Object Schema Developers that open the schema to everybody with JSM access.

        Atlassian puts every group that gives access to Jira Service Management there when a schema is created
        (its help text on roles). Which groups those are cannot be read back from the role, so all groups of the
        role are named; take out those you did not put in yourself.
        """
        developers = self.developers
        return developers.groups if developers else ()

    def to_dict(self) -> dict[str, object]:
        """
        The roles as JSON-ready data.
        """
        return {
            "roles": [role.to_dict() for role in self.roles],
            "default_entries": list(self.default_entries),
        }


@frozen(kw_only=True)
class ImportedType:
    """
    The settings of one object type in an import source.

    Attributes:
        object_type_id: The object type that is filled.
        name: Its name.
        selector: The path of its records in the data.
        empty_values: What an empty value does to a value in Assets; empty where Assets does not say.
        unknown_values: What a value does that a select or status attribute does not know.
        identifier_ignores_case: Whether external ids match in any case; None where Assets does not say.
    """

    object_type_id: str
    name: str
    selector: str = ""
    empty_values: str = ""
    unknown_values: str = ""
    identifier_ignores_case: bool | None = None

    @classmethod
    def from_json(cls, value: object) -> ImportedType:
        """
        Read one entry of an import source.
        """
        source = read_object(value, "an object type's settings")
        owner = source.get("objectType")
        named = read_object(owner, "an object type") if owner is not None else {}
        return cls(
            object_type_id=read_text(named, "id", ""),
            name=read_text(named, "name", ""),
            selector=read_text(source, "selector", ""),
            empty_values=read_text(source, "emptyValues", ""),
            unknown_values=read_text(source, "unknownValues", ""),
            identifier_ignores_case=(
                read_flag(source, "matchIdentifierIgnoreCase")
                if "matchIdentifierIgnoreCase" in source
                else None
            ),
        )


@frozen(kw_only=True)
class ImportSource:
    """
    An import of an object schema, as its configuration page shows it.

    What happens to objects that a run does not bring (ignore, remove, update) is set on that page too, but no public
    answer of Assets tells it: treat it as unknown.

    Attributes:
        id: Its id, a UUID as text.
        name: Its name.
        schema_id: The object schema it writes to.
        kind: Its module: "rlabs-import-type-external" for an External import.
        enabled: Whether it may run; None where Assets does not say.
        token_generated: Whether a token has been made for it; None where Assets does not say.
        empty_values: What an empty value does to a value in Assets, where the object type does not say otherwise.
        unknown_values: What a value does that a select or status attribute does not know.
        concatenator: What joins the values of several locators.
        object_types: Settings of single object types.
        raw: The whole answer.
    """

    id: str
    name: str
    schema_id: str = ""
    description: str = field(default="", repr=False)
    kind: str = ""
    enabled: bool | None = None
    token_generated: bool | None = None
    empty_values: str = field(default="", repr=False)
    unknown_values: str = field(default="", repr=False)
    concatenator: str = field(default=",", repr=False)
    object_types: tuple[ImportedType, ...] = field(default=(), repr=False)
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object) -> ImportSource:
        """
        Read one import source.
        """
        source = read_object(value, "an import source")
        status = source.get("importStatus")
        configured = (
            read_text(cast("Mapping[str, object]", status), "configurationStatusType", "")
            if isinstance(status, Mapping)
            else ""
        )
        entries = read_array(source.get("importSourceOTEntries") or [], "object type settings")
        return cls(
            id=read_text(source, "id"),
            name=read_text(source, "name", ""),
            schema_id=read_text(source, "objectSchemaId", ""),
            description=read_text(source, "description", ""),
            kind=read_text(source, "importSourceModuleKey", ""),
            enabled=configured == "ENABLED" if configured else None,
            token_generated=read_flag(source, "tokenGenerated") if "tokenGenerated" in source else None,
            empty_values=read_text(source, "defaultHandleEmptyValues", ""),
            unknown_values=read_text(source, "defaultHandleUnknownValues", ""),
            concatenator=read_text(source, "defaultConcatenator", ","),
            object_types=tuple(ImportedType.from_json(entry) for entry in entries),
            raw=source,
        )

    def to_dict(self) -> dict[str, object]:
        """
        The import source as JSON-ready data.
        """
        return {
            "id": self.id,
            "name": self.name,
            "schema_id": self.schema_id,
            "kind": self.kind,
            "enabled": self.enabled,
            "token_generated": self.token_generated,
            "empty_values": self.empty_values,
            "unknown_values": self.unknown_values,
        }


@frozen(kw_only=True)
class ImportStatus:
    """
    The state of an import, as its token sees it.

    Attributes:
        status: IDLE (it may start), RUNNING, MISSING_MAPPING (the schema model has to be built first), DISABLED, or a
            word that nobody has seen yet.
        import_source_id: The import source that the token belongs to.
        workspace_id: The workspace that it is in.
    """

    status: str
    import_source_id: str
    workspace_id: str

    @property
    def is_ready(self) -> bool:
        """
        Whether an import may start now.
        """
        return self.status == "IDLE"

    def to_dict(self) -> dict[str, str]:
        """
        The state as JSON-ready data.
        """
        return {
            "status": self.status,
            "import_source_id": self.import_source_id,
            "workspace_id": self.workspace_id,
        }
