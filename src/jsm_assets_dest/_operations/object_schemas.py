"""Find, create, read, and delete object schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .._assets.object_schemas import ObjectSchemaRecord, schema_key
from .._http.commands import Operation
from .._model.names import PLAIN_NAME, RESERVED_CHARACTERS, plain_name, same_name, with_name
from .._session.site import Site
from .._session.workspace import ask_assets, required
from .._wire import schema_requests as wire
from .._wire.json_reading import read_object, read_text
from ..exceptions import (
    ApiError,
    AssetsError,
    ConfigurationError,
    HtmlResponseError,
    MalformedAnswerError,
    NotFoundError,
    ObjectSchemaExistsError,
    ObjectSchemaNotFoundError,
    ServiceUnavailableError,
    TransportError,
    ValidationError,
)

if TYPE_CHECKING:
    from .._assets.import_sources import ImportSource, ImportStatus
    from .._assets.object_types import Attribute, ExistingObjectType, ObjectType, Status, StatusCategory
    from .._model.graph import Graph
    from .._plan.other_imports import OtherImport

# Functions import the classes of their results, so that a program that reads one object schema does not load all of them.

#: Errors of reads that make a plan more exact, but that it does not need.
UNREADABLE = (ApiError, MalformedAnswerError, HtmlResponseError)
#: At most ten characters (reported by a client). The allowed characters are not documented; this is the rule of Data Center.
_KEY = re.compile(r"[A-Z][A-Z0-9]{1,9}")


def _schema(site: Site, value: object) -> ObjectSchemaRecord:
    return ObjectSchemaRecord.from_json(value, site.url)


def list_all(site: Site) -> Operation[list[ObjectSchemaRecord]]:
    """Read all object schemas that the account can see, page by page."""
    records: list[ObjectSchemaRecord] = []
    start: int | None = 0
    while start is not None:
        response = yield from ask_assets(site, wire.list_object_schemas, start)
        page = wire.read_page(response)
        records += [_schema(site, value) for value in page.values]
        start = page.next_start
    return records


def find(site: Site, key: str) -> Operation[ObjectSchemaRecord | None]:
    """Return the object schema with a key, in any case, or None."""
    wanted = schema_key(required(key, "key", "Pass the key of the object schema, such as OKT."))
    for schema in (yield from list_all(site)):
        if schema_key(schema.key) == wanted:
            return schema
    return None


def get(site: Site, key: str) -> Operation[ObjectSchemaRecord]:
    """Return the object schema with a key.

    Raises:
        ObjectSchemaNotFoundError: It does not exist, or the account can't see it.
    """
    schema = yield from find(site, key)
    if schema is None:
        raise ObjectSchemaNotFoundError(
            f"Could not find the object schema {schema_key(key)} on {site.url} as {site.credentials.account_label}."
        )
    return schema


def refreshed(site: Site, schema_id: str) -> Operation[ObjectSchemaRecord]:
    """Read an object schema again.

    Raises:
        ObjectSchemaNotFoundError: It was deleted, or the account can't see it.
    """
    try:
        response = yield from ask_assets(site, wire.get_object_schema, schema_id)
    except NotFoundError as error:
        raise ObjectSchemaNotFoundError(
            f"The object schema {schema_id} was deleted, or {site.credentials.account_label} can't see it.",
            **error.place(),
        ) from None
    return _schema(site, response.json())


def checked_key(key: str) -> str:
    """Return a key that Assets accepts.

    Raises:
        ConfigurationError: The key is invalid.
    """
    text = schema_key(required(key, "key", "Pass a key such as OKT."))
    if not _KEY.fullmatch(text):
        raise ConfigurationError(
            f"{text!r} is not a valid key of an object schema. Nothing was sent.",
            field="key",
            fix="Use 2 to 10 letters A to Z and digits, starting with a letter, such as OKT.",
        )
    return text


def checked_name(name: str) -> str:
    """Return a name that Assets accepts.

    Raises:
        ConfigurationError: The name is invalid.
    """
    text = required(name, "name", "Pass a name such as Okta.")
    reserved = sorted(set(RESERVED_CHARACTERS) & set(text))
    if reserved:
        raise ConfigurationError(
            f"The name {text!r} contains {' '.join(reserved)}, which Assets rejects. Nothing was sent.",
            field="name",
            fix='Remove the characters = ; : ? . "',
        )
    if len(text) > 255:
        raise ConfigurationError(
            f"The name has {len(text)} characters. Nothing was sent.",
            field="name",
            fix="Use at most 255 characters.",
        )
    return text


def create(site: Site, key: str, name: str, description: str) -> Operation[ObjectSchemaRecord]:
    """Create an object schema.

    If the response is lost, check whether the object schema exists before anything is sent again.

    Raises:
        ConfigurationError: The key or the name is invalid. Nothing was sent.
        ObjectSchemaExistsError: The key or the name is taken.
    """
    key, name = checked_key(key), checked_name(name)
    try:
        return (yield from _create(site, key, name, description))
    except (TransportError, ServiceUnavailableError) as error:
        if isinstance(error, TransportError) and error.sent == "no":
            raise
        # The outcome is unknown. An empty object schema with this key and name is the one of the lost response.
        schema = yield from find(site, key)
        if schema is not None:
            if schema.name != name or schema.object_type_count:
                raise
            return schema
    return (yield from _create(site, key, name, description))


def _create(site: Site, key: str, name: str, description: str) -> Operation[ObjectSchemaRecord]:
    try:
        response = yield from ask_assets(site, wire.create_object_schema, key, name, description)
    except ValidationError as error:
        owner = yield from _owner(site, key, name)
        if owner is None and not _is_taken(error):
            raise error from None
        raise _taken(error, f"Could not create the object schema {key}", owner, key=key, name=name) from None
    return _schema(site, response.json())


def _is_taken(error: ValidationError) -> bool:
    """Return True if the message says so, in English. The account may not see the object schema that has the name."""
    return any("unique" in text.lower() for text in (*error.field_errors.values(), *error.messages))


def _owner(site: Site, key: str, name: str, own_id: str = "") -> Operation[ObjectSchemaRecord | None]:
    """Find the object schema that has a key or a name, except the own one; None if the account can't see it."""
    try:
        schemas = yield from list_all(site)
    except AssetsError:
        return None
    return next(
        (
            schema
            for schema in schemas
            if schema.id != own_id and (schema.key == key or same_name(schema.name, name))
        ),
        None,
    )


def _taken(
    error: ValidationError, failure: str, owner: ObjectSchemaRecord | None, *, key: str, name: str
) -> ObjectSchemaExistsError:
    if owner is None:
        fields = {"name": "name", "objectSchemaKey": "key"}
        taken_fields = " and ".join(fields.get(field, field) for field in error.field_errors) or "name or key"
        return ObjectSchemaExistsError(
            f"{failure}: an object schema that this account can't see has the {taken_fields}.",
            **error.place(),
        )
    if owner.key == key:
        reason = f'it already exists, with the name "{owner.name}".'
    else:
        reason = f'the object schema {owner.key} already has the name "{name}".'
    return ObjectSchemaExistsError(
        f"{failure}: {reason}",
        remedies=(
            f'You: use the existing object schema: connection.get_object_schema("{owner.key}").',
            f"Or you: choose another {'key' if owner.key == key else 'name'}.",
        ),
        **error.place(),
    )


def ensure(site: Site, key: str, name: str | None, description: str) -> Operation[ObjectSchemaRecord]:
    """Return the object schema with a key, creating it if it does not exist."""
    key = checked_key(key)
    schema = yield from find(site, key)
    if schema is not None:
        return schema
    try:
        return (yield from create(site, key, name if name is not None else key, description))
    except ObjectSchemaExistsError:
        # Another process created it, or another object schema has the name.
        schema = yield from find(site, key)
        if schema is None:
            raise
        return schema


def delete(site: Site, schema: ObjectSchemaRecord, confirm_key: str) -> Operation[None]:
    """Delete an object schema with all its objects.

    Raises:
        ConfigurationError: `confirm_key` is not the key of the object schema. Nothing was sent.
    """
    if schema_key(confirm_key) != schema_key(schema.key):
        raise ConfigurationError(
            f"The object schema {schema.key} ({schema.name}) was not deleted.",
            field="confirm_key",
            fix=f"To delete it with all its objects permanently, pass confirm_key={schema.key!r}.",
        )
    try:
        yield from ask_assets(site, wire.delete_object_schema, schema.id)
    except (TransportError, ServiceUnavailableError) as error:
        try:
            yield from refreshed(site, schema.id)
        except ObjectSchemaNotFoundError:
            return
        raise error from None


def object_types(site: Site, schema_id: str) -> Operation[tuple[ObjectType, ...]]:
    """Read the object types of an object schema, with their counts."""
    from .._assets.object_types import ObjectType

    response = yield from ask_assets(site, wire.list_object_types, schema_id)
    return wire.read_each(response, "object types", ObjectType.from_json, "entries", "values")


def attributes(site: Site, schema_id: str) -> Operation[tuple[Attribute, ...]]:
    """Read the attributes of all object types of an object schema."""
    from .._assets.object_types import Attribute

    response = yield from ask_assets(site, wire.list_attributes, schema_id)
    return wire.read_each(response, "attributes", Attribute.from_json, "values")


def existing(site: Site, schema_id: str) -> Operation[tuple[ExistingObjectType, ...]]:
    """Read the object types of an object schema, with their attributes."""
    from .._assets.object_types import ExistingObjectType

    types = yield from object_types(site, schema_id)
    definitions = (yield from attributes(site, schema_id)) if types else ()
    return tuple(
        ExistingObjectType(
            object_type,
            tuple(
                sorted(
                    (attribute for attribute in definitions if attribute.object_type_id == object_type.id),
                    key=lambda attribute: attribute.position,
                )
            ),
        )
        for object_type in types
    )


def update(
    site: Site, schema: ObjectSchemaRecord, name: str | None, description: str | None
) -> Operation[ObjectSchemaRecord]:
    """Change the name or the description of an object schema. None keeps the current value.

    All fields are optional in Atlassian's document, but Data Center requires all of them. Therefore the current values are
    read and sent too.

    Raises:
        ConfigurationError: The name is invalid. Nothing was sent.
        ObjectSchemaExistsError: Another object schema has the name.
    """
    checked = checked_name(name) if name is not None else None
    current = yield from refreshed(site, schema.id)
    changes = {
        "name": checked if checked is not None else current.name,
        "objectSchemaKey": current.key,
        "description": description if description is not None else current.description,
    }
    if (changes["name"], changes["description"]) == (current.name, current.description):
        return current
    try:
        response = yield from ask_assets(site, wire.update_object_schema, schema.id, changes)
    except ValidationError as error:
        failure = f'Could not rename the object schema {current.key} to "{changes["name"]}"'
        owner = None
        if changes["name"] != current.name:
            owner = yield from _owner(site, "", changes["name"], current.id)
        if owner is None and not _is_taken(error):
            raise error from None
        raise _taken(error, failure, owner, key="", name=changes["name"]) from None
    return _schema(site, response.json())


def allow_references(site: Site, schema_id: str, *, allowed: bool) -> Operation[None]:
    """Allow or forbid that other object schemas refer to objects of this one.

    The request has three settings, and the effect of omitting one is not documented. Therefore the other two are read and
    sent too. If that undocumented read request fails, only the one setting is sent.
    """
    properties = {"allowOtherObjectSchema": allowed}
    try:
        response = yield from ask_assets(site, wire.read_schema_properties, schema_id)
        current = read_object(response.json(), "settings of a schema")
    except UNREADABLE:
        current = {}
    for name in wire.SCHEMA_PROPERTIES:
        if name not in properties and isinstance(current.get(name), bool):
            properties[name] = bool(current[name])
    yield from ask_assets(site, wire.update_schema_properties, schema_id, properties)


def statuses(site: Site, schema_id: str) -> Operation[tuple[Status, ...]]:
    """Read the statuses of an object schema: first its own, then those that all object schemas share."""
    from .._assets.object_types import Status

    statuses_by_id: dict[str, Status] = {}
    for owner_id in (schema_id, None):
        response = yield from ask_assets(site, wire.list_statuses, owner_id)
        for status in wire.read_each(response, "statuses", Status.from_json, "values"):
            statuses_by_id.setdefault(status.id, status)
    return tuple(statuses_by_id.values())


def find_status(site: Site, schema_id: str, name: str) -> Operation[Status | None]:
    """Return the status with a name, in any case, or None. A status of the object schema precedes a shared one."""
    wanted = required(name, "name", "Pass the name of the status, such as Active.")
    return with_name((yield from statuses(site, schema_id)), wanted)


def create_status(
    site: Site, schema_id: str, name: str, category: StatusCategory | str, description: str
) -> Operation[Status]:
    """Create a status of an object schema.

    If the response is lost, check whether the status exists before anything is sent again.

    Raises:
        ConfigurationError: The name or the category is invalid. Nothing was sent.
        ValidationError: Assets rejects the status, for example because the name is taken. See `field_errors`.
    """
    from .._assets.object_types import CATEGORIES, Status, StatusCategory

    text = required(name, "name", "Pass a name such as Locked Out.")
    if not PLAIN_NAME.fullmatch(text):
        raise ConfigurationError(
            f"{text!r} is not a valid name of a status. Nothing was sent.",
            field="name",
            fix=f"Use 2 to 30 letters A to Z, digits, spaces, and hyphens, such as {plain_name(text) or 'Locked Out'!r}.",
        )
    number = {meaning: number for number, meaning in CATEGORIES.items()}[StatusCategory(category)]

    arguments = (schema_id, text, number, description)
    try:
        return Status.from_json((yield from ask_assets(site, wire.create_status, *arguments)).json())
    except (TransportError, ServiceUnavailableError) as error:
        if isinstance(error, TransportError) and error.sent == "no":
            raise
        status = yield from find_status(site, schema_id, text)
        if status is not None and not status.is_shared:
            return status
    return Status.from_json((yield from ask_assets(site, wire.create_status, *arguments)).json())


def import_sources(site: Site, schema_id: str) -> Operation[tuple[ImportSource, ...]]:
    """Read the imports of an object schema."""
    from .._assets.import_sources import ImportSource

    response = yield from ask_assets(site, wire.list_import_sources, schema_id)
    return wire.read_each(response, "import sources", ImportSource.from_json, "values")


def import_status(site: Site, source: ImportSource) -> Operation[ImportStatus]:
    """Read the status of an import with the credentials of the account."""
    from .._assets.import_sources import ImportStatus

    response = yield from ask_assets(site, wire.import_status, source.id)
    status = read_text(read_object(response.json(), "the status of an import"), "status")
    return ImportStatus(status=status, import_source_id=source.id, workspace_id=site.workspace_id or "")


def graph(site: Site, schema: ObjectSchemaRecord) -> Operation[Graph]:
    """Return a diagram of the object types in an object schema."""
    from .._model.graph import Graph

    object_types = yield from existing(site, schema.id)
    return Graph.of_existing(schema.name, object_types)


# Listing other imports is undocumented, and reading them needs another scope than the import token has. Without them, a
# conflict or a plan is less exact, which is better than an error.


def other_imports(site: Site, import_source_id: str) -> Operation[list[OtherImport]]:
    """Read the External imports of all object schemas that the account can see, except one."""
    from .._plan.other_imports import OtherImport

    others: list[OtherImport] = []
    try:
        listed = yield from list_all(site)
    except UNREADABLE:
        return others
    for schema in listed:
        imports = yield from imports_of(site, schema.id)
        is_neighbor = import_source_id in {source_id for source_id, _, _ in imports}
        others += [
            OtherImport(name, schema.key, is_neighbor, document)
            for source_id, name, document in imports
            if source_id != import_source_id
        ]
    return others


def imports_of(site: Site, schema_id: str) -> Operation[list[tuple[str, str, Mapping[str, object]]]]:
    """Read the External imports of an object schema: id, name, and document."""
    imports: list[tuple[str, str, Mapping[str, object]]] = []
    try:
        sources = yield from import_sources(site, schema_id)
    except UNREADABLE:
        return imports
    for source in sources:
        if source.is_external:
            try:
                response = yield from ask_assets(site, wire.read_mapping_document, source.id)
                imports.append((source.id, source.name, read_object(response.json(), "a schema and mapping")))
            except UNREADABLE:
                continue
    return imports
