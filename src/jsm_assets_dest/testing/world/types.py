"""Rules for object types."""

from __future__ import annotations

from .attributes import add_initial_attributes, delete_attribute
from .entities import ObjectSchema, ObjectType
from .objects import delete_object
from .rejections import Rejection, bad_request, errors_body, invalid, invalid_fields
from .site import Site
from .values import name_problem


def create_object_type(
    site: Site,
    schema: ObjectSchema,
    *,
    name: str,
    icon_id: str,
    description: str = "",
    parent: ObjectType | None = None,
    inherited: bool = False,
    abstract: bool = False,
    external_id: str | None = None,
    with_name_attribute: bool = True,
    by_import: bool = False,
) -> ObjectType:
    """Create an object type with Key, Name, Created and Updated, or with those it inherits.

    Args:
        site: the site.
        schema: which schema it belongs to.
        name: unique in the schema.
        icon_id: a known icon.
        description: human-readable.
        parent: the parent type.
        inherited: True if child types inherit its attributes.
        abstract: True if it has no objects of its own.
        external_id: its id in mapping documents; generated if None.
        with_name_attribute: False leaves Name out, for imported types with a label attribute of their own (as in the
            example of the OpenAPI document).
        by_import: True if an import creates it.
    """
    problems = {}
    problem = _name_problem(site, schema, name, None)
    if problem is not None:
        problems["name"] = problem
    if icon_id not in site.icons:
        problems["iconId"] = f"The icon {icon_id} does not exist"
    if parent is not None and parent.schema_id != schema.id:
        problems["parentObjectTypeId"] = "The parent belongs to another object schema"
    if problems:
        raise invalid_fields(problems)
    now = site.now()
    siblings = [
        sibling for sibling in site.types_of(schema) if sibling.parent_id == (parent.id if parent else None)
    ]
    object_type = ObjectType(
        id=site.ids.number("type"),
        schema_id=schema.id,
        name=name,
        description=description,
        icon_id=icon_id,
        position=len(siblings),
        parent_id=parent.id if parent is not None else None,
        inherited=inherited,
        abstract=abstract,
        created=now,
        updated=now,
        external_id=external_id or site.ids.external_id(),
        by_import=by_import,
    )
    site.types[object_type.id] = object_type
    schema.type_ids.append(object_type.id)
    if not site.inherits(object_type):
        add_initial_attributes(site, object_type, with_name=with_name_attribute)
    return object_type


def _name_problem(site: Site, schema: ObjectSchema, name: str, itself: ObjectType | None) -> str | None:
    problem = name_problem(name)
    if problem is None:
        for other in site.types_of(schema):
            if other is not itself and other.name.lower() == name.lower():
                return "Name has to be unique!"
    return problem


def update_object_type(
    site: Site,
    object_type: ObjectType,
    *,
    name: str | None = None,
    description: str | None = None,
    icon_id: str | None = None,
    inherited: bool | None = None,
    abstract: bool | None = None,
) -> None:
    """Change the given fields. Parent and schema cannot be changed here."""
    if name is not None:
        problem = _name_problem(site, site.schemas[object_type.schema_id], name, object_type)
        if problem is not None:
            raise invalid("name", problem)
    if icon_id is not None and icon_id not in site.icons:
        raise invalid("iconId", f"The icon {icon_id} does not exist")
    if abstract and object_type.object_ids:
        raise bad_request("The object type has objects and cannot become abstract")
    object_type.name = name if name is not None else object_type.name
    object_type.icon_id = icon_id if icon_id is not None else object_type.icon_id
    object_type.description = description if description is not None else object_type.description
    object_type.inherited = inherited if inherited is not None else object_type.inherited
    object_type.abstract = abstract if abstract is not None else object_type.abstract
    object_type.updated = site.now()


def move_object_type(site: Site, object_type: ObjectType, parent: ObjectType | None, position: int) -> None:
    """Move a type below another one, or to the root, to a position among its new siblings."""
    if parent is not None:
        if parent.schema_id != object_type.schema_id:
            raise bad_request("The object type belongs to another object schema")
        if any(descendant.id == parent.id for descendant in site.with_descendants(object_type)):
            raise bad_request("An object type cannot be moved below itself")
    if position < 0:
        raise invalid("position", "The position must not be negative")
    object_type.parent_id = parent.id if parent is not None else None
    schema = site.schemas[object_type.schema_id]
    siblings = [
        sibling
        for sibling in site.types_of(schema)
        if sibling.parent_id == object_type.parent_id and sibling is not object_type
    ]
    siblings.sort(key=lambda sibling: (sibling.position, sibling.id))
    siblings.insert(position, object_type)
    for number, sibling in enumerate(siblings):
        sibling.position = number
    object_type.updated = site.now()


def delete_object_type(site: Site, object_type: ObjectType, *, with_children: bool = False) -> None:
    """Delete a type and its objects. Rejected while it has child types, or while others refer to it (a guess)."""
    if not with_children:
        if site.children_of(object_type):
            raise bad_request("The object type has child object types and cannot be deleted")
        for attribute in site.referring_attributes():
            if attribute.type_value == str(object_type.id) and attribute.type_id != object_type.id:
                text = f"The object type is referenced by the attribute {attribute.name}"
                raise Rejection(400, errors_body([text]))
    for identifier in list(object_type.object_ids):
        delete_object(site, site.objects[identifier])
    for identifier in list(object_type.attribute_ids):
        delete_attribute(site, site.attributes[identifier], by_force=True)
    schema = site.schemas[object_type.schema_id]
    schema.type_ids.remove(object_type.id)
    for source in site.import_sources.values():
        source.mappings.pop(object_type.id, None)
    for role in [role for role in site.roles.values() if role.type_id == object_type.id]:
        del site.roles[role.id]
    del site.types[object_type.id]
