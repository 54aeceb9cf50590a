"""
Object schemas: finding, creating, reading and deleting them.
"""

from __future__ import annotations

import re

from .._engine.commands import Operation
from .._retry.site import Site
from .._wire import schemas as wire
from ..assets import (
    Attribute,
    ExistingObjectType,
    ImportSource,
    ObjectSchemaRecord,
    ObjectType,
)
from ..exceptions import (
    ConfigurationError,
    NotFoundError,
    ObjectSchemaExistsError,
    ObjectSchemaNotFoundError,
    ServiceUnavailableError,
    TransportError,
    ValidationError,
)
from .discovery import Builder, ask_assets, required

#: At most ten characters (seen by a client); which characters is not documented: the Data Center edition's rule.
_KEY = re.compile(r"[A-Z][A-Z0-9]{1,9}")
#: Refused in names on Data Center.
_RESERVED = frozenset('=;:?."')


def _schema(site: Site, value: object, *, counted: bool = True) -> ObjectSchemaRecord:
    return ObjectSchemaRecord.from_json(value, site.url, counted=counted)


def list_all(site: Site) -> Operation[list[ObjectSchemaRecord]]:
    """
    Every object schema that the caller may see, page by page.
    """
    found: list[ObjectSchemaRecord] = []
    start: int | None = 0
    while start is not None:
        answer = yield from ask_assets(site, _page_builder(start))
        page = wire.read_page(answer)
        found += [_schema(site, value) for value in page.values]
        start = page.next_start
    return found


def _page_builder(start: int) -> Builder:
    return lambda base: wire.list_object_schemas(base, start)


def find(site: Site, key: str) -> Operation[ObjectSchemaRecord | None]:
    """
    The object schema with a key, in any case, or None.
    """
    wanted = required(key, "key", "Pass the schema's key, such as OKT.").upper()
    for schema in (yield from list_all(site)):
        if schema.key.upper() == wanted:
            return schema
    return None


def get(site: Site, key: str) -> Operation[ObjectSchemaRecord]:
    """
    The object schema with a key.

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
    """
    The object schema as it is now.

    Raises:
        ObjectSchemaNotFoundError: It is gone, or hidden.
    """
    try:
        answer = yield from ask_assets(site, lambda base: wire.get_object_schema(base, schema_id))
    except NotFoundError as error:
        raise ObjectSchemaNotFoundError(
            f"The object schema {schema_id} is gone, or hidden from {site.credentials.account_label}.",
            status=error.status,
            operation=error.operation,
            method=error.method,
            path=error.path,
            host=error.host,
            messages=error.messages,
            request_id=error.request_id,
        ) from None
    return _schema(site, answer.json())


def checked_key(key: str) -> str:
    """
    A key that Assets takes.

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
    """
    A name that Assets takes.

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
    """
    Create an object schema.

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
        answer = yield from ask_assets(
            site, lambda base: wire.create_object_schema(base, key, name, description)
        )
    except ValidationError as error:
        taken = [text for text in (*error.field_errors.values(), *error.messages) if "unique" in text.lower()]
        if not taken:
            raise
        raise ObjectSchemaExistsError(
            f"The object schema {key} ({name}) was not created: its "
            f"{' and '.join(error.field_errors) or 'name or key'} is taken.",
            status=error.status,
            messages=error.messages,
            field_errors=error.field_errors,
            operation=error.operation,
            method=error.method,
            path=error.path,
            host=error.host,
            request_id=error.request_id,
        ) from None
    return _schema(site, answer.json())


def ensure(site: Site, key: str, name: str | None, description: str) -> Operation[ObjectSchemaRecord]:
    """
    The object schema with a key; created when it is not there.
    """
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
    """
    Delete an object schema with everything in it.

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
    """
    All object types of a schema, with their counts.
    """
    answer = yield from ask_assets(site, lambda base: wire.list_object_types(base, schema_id))
    return wire.read_each(answer, "object types", ObjectType.from_json, "entries", "values")


def attributes(site: Site, schema_id: str) -> Operation[tuple[Attribute, ...]]:
    """
    All attributes of all object types of a schema.
    """
    answer = yield from ask_assets(site, lambda base: wire.list_attributes(base, schema_id))
    return wire.read_each(answer, "attributes", Attribute.from_json, "values")


def existing(site: Site, schema_id: str) -> Operation[tuple[ExistingObjectType, ...]]:
    """
    All object types of a schema with their attributes.
    """
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


def allow_references(site: Site, schema_id: str, *, allowed: bool) -> Operation[None]:
    """
    Set whether other object schemas may refer to this one's objects.
    """
    yield from ask_assets(
        site, lambda base: wire.update_schema_properties(base, schema_id, allow_references=allowed)
    )


def import_sources(site: Site, schema_id: str) -> Operation[tuple[ImportSource, ...]]:
    """
    The imports of a schema.
    """
    answer = yield from ask_assets(site, lambda base: wire.list_import_sources(base, schema_id))
    return wire.read_each(answer, "import sources", ImportSource.from_json, "values")
