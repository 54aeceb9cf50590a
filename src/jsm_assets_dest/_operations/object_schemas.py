"""Object schemas: finding, creating, reading and deleting them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .._assets.object_schemas import ObjectSchemaRecord
from .._http.commands import Operation
from .._model.names import PLAIN_NAME, plain_name, same_name
from .._session.site import Site
from .._session.workspace import Builder, ask_assets, required
from .._wire import schema_requests as wire
from .._wire.json_reading import read_object, read_text
from .._wire.request import Request
from ..exceptions import (
    ApiError,
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
    from .._assets.object_types import Attribute, ExistingObjectType, ObjectType
    from .._assets.statuses import Status, StatusCategory
    from .._model.graph import Graph

# What a schema holds is read by few operations each: their classes are loaded there, so that a program that reads one
# schema does not wait for all of them.

#: At most ten characters (seen by a client); which characters is not documented: the Data Center edition's rule.
_KEY = re.compile(r"[A-Z][A-Z0-9]{1,9}")
#: Refused in names on Data Center.
_RESERVED = frozenset('=;:?."')


def _schema(site: Site, value: object, *, counted: bool = True) -> ObjectSchemaRecord:
    return ObjectSchemaRecord.from_json(value, site.url, counted=counted)


def list_all(site: Site) -> Operation[list[ObjectSchemaRecord]]:
    """Every object schema that the caller may see, page by page."""
    found: list[ObjectSchemaRecord] = []
    start: int | None = 0
    while start is not None:
        response = yield from ask_assets(site, _page_builder(start))
        page = wire.read_page(response)
        found += [_schema(site, value) for value in page.values]
        start = page.next_start
    return found


def _page_builder(start: int) -> Builder:
    return lambda base: wire.list_object_schemas(base, start)


def find(site: Site, key: str) -> Operation[ObjectSchemaRecord | None]:
    """The object schema with a key, in any case, or None."""
    wanted = required(key, "key", "Pass the schema's key, such as OKT.").upper()
    for schema in (yield from list_all(site)):
        if schema.key.upper() == wanted:
            return schema
    return None


def get(site: Site, key: str) -> Operation[ObjectSchemaRecord]:
    """The object schema with a key.

    Raises:
        ObjectSchemaNotFoundError: There is none, or the account may not see it.
    """
    schema = yield from find(site, key)
    if schema is None:
        raise ObjectSchemaNotFoundError(
            f"No object schema with the key {key} is visible to {site.credentials.account_label} on {site.url}."
        )
    return schema


def refreshed(site: Site, schema_id: str) -> Operation[ObjectSchemaRecord]:
    """The object schema as it is now.

    Raises:
        ObjectSchemaNotFoundError: It is gone, or hidden.
    """
    try:
        response = yield from ask_assets(site, lambda base: wire.get_object_schema(base, schema_id))
    except NotFoundError as error:
        raise ObjectSchemaNotFoundError(
            f"The object schema {schema_id} is gone, or hidden from {site.credentials.account_label}.",
            **error.place(),
        ) from None
    return _schema(site, response.json())


def checked_key(key: str) -> str:
    """A key that Assets takes.

    Raises:
        ConfigurationError: It is not one.
    """
    text = required(key, "key", "Pass a key such as OKT.")
    if not _KEY.fullmatch(text):
        raise ConfigurationError(
            f"{text!r} cannot be an object schema's key; nothing was sent.",
            field="key",
            fix="Use 2 to 10 capital letters and digits, beginning with a letter, such as OKT.",
        )
    return text


def checked_name(name: str) -> str:
    """A name that Assets takes.

    Raises:
        ConfigurationError: It is not one.
    """
    text = required(name, "name", "Pass a name such as Okta.")
    reserved = sorted(_RESERVED & set(text))
    if reserved:
        raise ConfigurationError(
            f"The name {text!r} holds {' '.join(reserved)}, which Assets refuses; nothing was sent.",
            field="name",
            fix='Leave out the characters = ; : ? . "',
        )
    if len(text) > 255:
        raise ConfigurationError(
            f"The name is {len(text)} characters long; nothing was sent.",
            field="name",
            fix="Use at most 255 characters.",
        )
    return text


def create(site: Site, key: str, name: str, description: str) -> Operation[ObjectSchemaRecord]:
    """Create an object schema.

    When the answer gets lost, the site is asked whether the schema is there now before anything is sent again.

    Raises:
        ConfigurationError: The key or the name cannot be right; nothing was sent.
        ObjectSchemaExistsError: The key or the name is taken.
    """
    key, name = checked_key(key), checked_name(name)
    try:
        return (yield from _create(site, key, name, description))
    except (TransportError, ServiceUnavailableError) as error:
        if isinstance(error, TransportError) and error.sent == "no":
            raise
        # The outcome is unknown: a new, empty schema with this very key and name can only be ours.
        there = yield from find(site, key)
        if there is not None:
            if there.name != name or there.object_type_count:
                raise
            return there
    return (yield from _create(site, key, name, description))


def _create(site: Site, key: str, name: str, description: str) -> Operation[ObjectSchemaRecord]:
    try:
        response = yield from ask_assets(
            site, lambda base: wire.create_object_schema(base, key, name, description)
        )
    except ValidationError as error:
        if not _says_taken(error):
            raise
        raise _taken(error, f"The object schema {key} ({name}) was not created") from None
    return _schema(site, response.json())


def _says_taken(error: ValidationError) -> bool:
    return any("unique" in text.lower() for text in (*error.field_errors.values(), *error.messages))


def _taken(error: ValidationError, what: str, remedies: tuple[str, ...] = ()) -> ObjectSchemaExistsError:
    fields = {"name": "name", "objectSchemaKey": "key"}
    taken = " and ".join(fields.get(name, name) for name in error.field_errors) or "name or key"
    return ObjectSchemaExistsError(
        f"{what}: its {taken} is taken.",
        remedies=remedies,
        **error.place(),
    )


def ensure(site: Site, key: str, name: str | None, description: str) -> Operation[ObjectSchemaRecord]:
    """The object schema with a key; created when it is not there."""
    checked_key(key)
    schema = yield from find(site, key)
    if schema is not None:
        return schema
    try:
        return (yield from create(site, key, name if name is not None else key, description))
    except ObjectSchemaExistsError:
        # Somebody else was faster, or another schema has the name.
        schema = yield from find(site, key)
        if schema is None:
            raise
        return schema


def delete(site: Site, schema: ObjectSchemaRecord, confirm_key: str) -> Operation[None]:
    """Delete an object schema with everything in it.

    Raises:
        ConfigurationError: `confirm_key` is not the schema's key; nothing was sent.
    """
    if confirm_key != schema.key:
        raise ConfigurationError(
            f"The object schema {schema.key} ({schema.name}) was not deleted.",
            field="confirm_key",
            fix=f"Deleting removes all its objects for good; if that is meant, pass confirm_key={schema.key!r}.",
        )
    try:
        yield from ask_assets(site, lambda base: wire.delete_object_schema(base, schema.id))
    except (TransportError, ServiceUnavailableError) as unknown:
        try:
            yield from refreshed(site, schema.id)
        except ObjectSchemaNotFoundError:
            return
        raise unknown from None


def object_types(site: Site, schema_id: str) -> Operation[tuple[ObjectType, ...]]:
    """All object types of a schema, with their counts."""
    from .._assets.object_types import ObjectType

    response = yield from ask_assets(site, lambda base: wire.list_object_types(base, schema_id))
    return wire.read_each(response, "object types", ObjectType.from_json, "entries", "values")


def attributes(site: Site, schema_id: str) -> Operation[tuple[Attribute, ...]]:
    """All attributes of all object types of a schema."""
    from .._assets.object_types import Attribute

    response = yield from ask_assets(site, lambda base: wire.list_attributes(base, schema_id))
    return wire.read_each(response, "attributes", Attribute.from_json, "values")


def existing(site: Site, schema_id: str) -> Operation[tuple[ExistingObjectType, ...]]:
    """All object types of a schema with their attributes."""
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
    """Change a schema's name or description; what is None stays.

    All fields are optional in Atlassian's document, but the Data Center edition wants them all, so that the present ones
    are read and sent along.

    Raises:
        ConfigurationError: The name cannot be right; nothing was sent.
        ObjectSchemaExistsError: Another schema has the name.
    """
    checked = checked_name(name) if name is not None else None
    now = yield from refreshed(site, schema.id)
    changes = {
        "name": checked if checked is not None else now.name,
        "objectSchemaKey": now.key,
        "description": description if description is not None else now.description,
    }
    if (changes["name"], changes["description"]) == (now.name, now.description):
        return now
    try:
        response = yield from ask_assets(
            site, lambda base: wire.update_object_schema(base, schema.id, changes)
        )
    except ValidationError as error:
        if not _says_taken(error):
            raise
        what = f"The object schema {now.key} was not renamed to “{changes['name']}”"
        raise _taken(error, what, ("You: choose a name that no other object schema has.",)) from None
    return _schema(site, response.json())


def allow_references(site: Site, schema_id: str, *, allowed: bool) -> Operation[None]:
    """Set whether other object schemas may refer to this one's objects.

    The call takes three settings, and nothing says what becomes of those that are left out. Therefore the neighbours are
    read and sent along; where that undocumented reading is not answered, the one setting goes alone.
    """
    properties = {"allowOtherObjectSchema": allowed}
    try:
        response = yield from ask_assets(site, lambda base: wire.read_schema_properties(base, schema_id))
        now = read_object(response.json(), "settings of a schema")
    except (ApiError, MalformedAnswerError, HtmlResponseError):
        now = {}
    for name in wire.SCHEMA_PROPERTIES:
        if name not in properties and isinstance(now.get(name), bool):
            properties[name] = bool(now[name])
    yield from ask_assets(site, lambda base: wire.update_schema_properties(base, schema_id, properties))


def statuses(site: Site, schema_id: str) -> Operation[tuple[Status, ...]]:
    """The statuses that objects of the schema may have: the schema's own first, then those that all schemas share."""
    from .._assets.statuses import Status

    found: list[Status] = []
    for asked in (schema_id, None):
        response = yield from ask_assets(site, _status_builder(asked))
        found += wire.read_each(response, "statuses", Status.from_json, "values")
    return tuple({status.id: status for status in found}.values())


def _status_builder(schema_id: str | None) -> Builder:
    return lambda base: wire.list_statuses(base, schema_id)


def find_status(site: Site, schema_id: str, name: str) -> Operation[Status | None]:
    """The status with a name, in any case, or None; the schema's own before one that all schemas share."""
    wanted = required(name, "name", "Pass the status's name, such as Active.")
    for status in (yield from statuses(site, schema_id)):
        if same_name(status.name, wanted):
            return status
    return None


def create_status(
    site: Site, schema_id: str, name: str, category: StatusCategory | str, description: str
) -> Operation[Status]:
    """Create a status of a schema.

    When the answer gets lost, the site is asked whether the status is there now before anything is sent again.

    Raises:
        ConfigurationError: The name or the category cannot be right; nothing was sent.
        ValidationError: Assets refuses it, for example because the schema has one of that name; `field_errors` says why.
    """
    from .._assets.statuses import CATEGORIES, Status, StatusCategory

    text = required(name, "name", "Pass a name such as Locked Out.")
    if not PLAIN_NAME.fullmatch(text):
        raise ConfigurationError(
            f"{text!r} cannot be a status's name; nothing was sent.",
            field="name",
            fix=f"Use 2 to 30 letters A to Z, digits, spaces and hyphens, such as {plain_name(text) or 'Locked Out'!r}.",
        )
    try:
        number = {meaning: number for number, meaning in CATEGORIES.items()}[StatusCategory(category)]
    except ValueError:
        raise ConfigurationError(
            f"{category!r} is no category of a status; nothing was sent.",
            field="category",
            fix=f"Use one of: {', '.join(StatusCategory)}.",
        ) from None

    def build(base: str) -> Request:
        return wire.create_status(base, schema_id, text, number, description)

    try:
        return Status.from_json((yield from ask_assets(site, build)).json())
    except (TransportError, ServiceUnavailableError) as error:
        if isinstance(error, TransportError) and error.sent == "no":
            raise
        there = yield from find_status(site, schema_id, text)
        if there is not None and not there.is_shared:
            return there
    return Status.from_json((yield from ask_assets(site, build)).json())


def import_sources(site: Site, schema_id: str) -> Operation[tuple[ImportSource, ...]]:
    """The imports of a schema."""
    from .._assets.import_sources import ImportSource

    response = yield from ask_assets(site, lambda base: wire.list_import_sources(base, schema_id))
    return wire.read_each(response, "import sources", ImportSource.from_json, "values")


def import_status(site: Site, source: ImportSource) -> Operation[ImportStatus]:
    """The state of an import, asked with the account's credentials."""
    from .._assets.import_sources import ImportStatus

    response = yield from ask_assets(site, lambda base: wire.import_status(base, source.id))
    status = read_text(read_object(response.json(), "an import's state"), "status")
    return ImportStatus(status=status, import_source_id=source.id, workspace_id=site.workspace_id or "")


def graph(site: Site, schema: ObjectSchemaRecord) -> Operation[Graph]:
    """A picture of what the schema has."""
    from .._model.graph import Graph

    found = yield from existing(site, schema.id)
    return Graph.of_existing(schema.name, found)
