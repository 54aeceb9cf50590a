"""Rules for object schemas."""

from __future__ import annotations

import re

from .entities import ObjectSchema
from .rejections import Rejection, errors_body, invalid_fields
from .roles import add_schema_roles
from .site import Site
from .types import delete_object_type
from .values import name_problem

KEY_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9]{0,9}")
"""
At most 10 characters (a comment in a client's tests); the allowed characters are a guess.
"""


def create_schema(
    site: Site,
    *,
    name: str,
    key: str,
    description: str = "",
    creator: str | None = None,
    allow_other_object_schema: bool = False,
) -> ObjectSchema:
    """Create an object schema with its three roles."""
    problems = _problems(site, name, key, None)
    if problems:
        raise invalid_fields(problems)
    now = site.now()
    schema = ObjectSchema(
        id=site.ids.number("schema"),
        name=name,
        key=key.upper(),
        description=description,
        created=now,
        updated=now,
        allow_other_object_schema=allow_other_object_schema,
    )
    site.schemas[schema.id] = schema
    add_schema_roles(site, schema, creator)
    return schema


def _problems(site: Site, name: str | None, key: str | None, itself: ObjectSchema | None) -> dict[str, str]:
    problems: dict[str, str] = {}
    others = [schema for schema in site.schemas.values() if schema is not itself]
    if name is not None:
        problem = name_problem(name)
        if problem is None and any(schema.name.lower() == name.lower() for schema in others):
            problem = "Name has to be unique!"
        if problem is not None:
            problems["name"] = problem
    if key is not None:
        if not KEY_PATTERN.fullmatch(key):
            problems["objectSchemaKey"] = (
                "The key must be 1 to 10 letters and digits and start with a letter."
            )
        elif any(schema.key.lower() == key.lower() for schema in others):
            problems["objectSchemaKey"] = "Key has to be unique!"
    return problems


def update_schema(
    site: Site,
    schema: ObjectSchema,
    *,
    name: str | None = None,
    key: str | None = None,
    description: str | None = None,
) -> None:
    """Change the given fields. The key stays unless the switch allows changing it."""
    if not site.doubts.schema_key_can_change:
        key = None
    problems = _problems(site, name, key, schema)
    if problems:
        raise invalid_fields(problems)
    schema.name = name if name is not None else schema.name
    schema.key = key.upper() if key is not None else schema.key
    schema.description = description if description is not None else schema.description
    schema.updated = site.now()


def delete_schema(site: Site, schema: ObjectSchema) -> None:
    """Delete a schema with its types, attributes, objects, roles, statuses and import sources."""
    inside = set(schema.type_ids)
    for attribute in site.referring_attributes():
        if attribute.type_id not in inside and int(attribute.type_value or "0") in inside:
            owner = site.types[attribute.type_id]
            text = f"The schema is referenced by the attribute {attribute.name} of {owner.name}."
            raise Rejection(400, errors_body([text]))
    for object_type in reversed(site.types_of(schema)):
        delete_object_type(site, object_type, with_children=True)
    for role in [role for role in site.roles.values() if role.schema_id == schema.id]:
        del site.roles[role.id]
    for source in [source for source in site.import_sources.values() if source.schema_id == schema.id]:
        del site.import_sources[source.id]
    for status in [status for status in site.statuses.values() if status.schema_id == schema.id]:
        del site.statuses[status.id]
    for kind in [kind for kind in site.reference_types.values() if kind.schema_id == schema.id]:
        del site.reference_types[kind.id]
    del site.schemas[schema.id]


def object_count(site: Site, schema: ObjectSchema) -> int:
    """Return the number of objects in a schema."""
    return sum(len(object_type.object_ids) for object_type in site.types_of(schema))
