"""Rules for object types and their attributes."""

from __future__ import annotations

from typing import TypedDict, Unpack

from .entities import (
    DEFAULT_TYPE_NAMES,
    Attribute,
    AttributeType,
    DefaultType,
    ObjectSchema,
    ObjectType,
    change,
)
from .objects import delete_object
from .rejections import Rejection, bad_request, errors_body, invalid, invalid_fields
from .site import Site, as_id
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

    See `SeededSchema.add_object_type` for most arguments. An import passes an external id, and no name attribute for a
    type with a label attribute of its own (as in the example of the OpenAPI document).
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
        _add_initial_attributes(site, object_type, with_name=with_name_attribute)
    return object_type


def _name_problem(site: Site, schema: ObjectSchema, name: str, itself: ObjectType | None) -> str | None:
    names = [other.name for other in site.types_of(schema) if other is not itself]
    return name_problem(name, names)


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
    change(
        object_type,
        name=name,
        icon_id=icon_id,
        description=description,
        inherited=inherited,
        abstract=abstract,
        updated=site.now(),
    )


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


KNOWN_TYPES = range(9)


class AttributeSettings(TypedDict, total=False):
    """The settings of an attribute besides name and type; named as in `Attribute`."""

    default_type: int | None
    description: str
    label: bool
    type_value: str | None
    additional_value: str | None
    type_value_multi: list[str]
    minimum: int
    maximum: int
    suffix: str | None
    summable: bool
    include_children: bool
    hidden: bool
    unique: bool
    regex: str | None
    ql_query: str | None
    options: str
    display_name: str | None


def _add_initial_attributes(site: Site, object_type: ObjectType, *, with_name: bool) -> None:
    """Add Key, Name, Created and Updated, as in the examples of the OpenAPI document."""
    for name, default_type in (
        ("Key", DefaultType.TEXT),
        ("Name", DefaultType.TEXT),
        ("Created", DefaultType.DATE_TIME),
        ("Updated", DefaultType.DATE_TIME),
    ):
        if name == "Name" and not with_name:
            continue
        attribute = Attribute(
            id=site.ids.number("attribute"),
            type_id=object_type.id,
            name=name,
            type=AttributeType.DEFAULT,
            default_type=default_type,
            position=len(object_type.attribute_ids),
            external_id=site.ids.external_id(),
            minimum=1,
            editable=name == "Name",
            system=name != "Name",
            removable=False,
        )
        if name == "Name":
            change(attribute, description="The name of the object", suffix="", regex="", label=True)
        site.attributes[attribute.id] = attribute
        object_type.attribute_ids.append(attribute.id)


def create_attribute(
    site: Site,
    object_type: ObjectType,
    *,
    name: str,
    type: int,  # noqa: A002  # the name of the field
    external_id: str | None = None,
    by_import: bool = False,
    **settings: Unpack[AttributeSettings],
) -> Attribute:
    """Create an attribute at the end of a type."""
    if type not in KNOWN_TYPES:
        raise invalid("type", f"The type {type} is unknown")
    if type == AttributeType.DEFAULT and "default_type" not in settings:
        raise invalid("defaultTypeId", "The default type is required for attributes of type 0")
    _check(site, object_type, None, name, type, settings, by_import=by_import)
    attribute = Attribute(
        id=0,
        type_id=object_type.id,
        name=name,
        type=type,
        default_type=settings.get("default_type") if type == AttributeType.DEFAULT else None,
        position=len(site.attributes_of(object_type)),
        external_id=external_id or site.ids.external_id(),
        by_import=by_import,
    )
    attribute.id = site.ids.number("attribute")
    site.attributes[attribute.id] = attribute
    object_type.attribute_ids.append(attribute.id)
    _apply(site, object_type, attribute, settings)
    return attribute


def update_attribute(
    site: Site,
    attribute: Attribute,
    *,
    name: str | None = None,
    type: int | None = None,  # noqa: A002  # the name of the field
    **settings: Unpack[AttributeSettings],
) -> None:
    """Change the given settings. The type of an attribute with values cannot change (a guess)."""
    object_type = site.types[attribute.type_id]
    if attribute.system:
        raise bad_request(f"The attribute {attribute.name} is a system attribute and cannot be edited")
    new_type = attribute.type if type is None else type
    changes_type = new_type != attribute.type or (
        new_type == AttributeType.DEFAULT
        and settings.get("default_type", attribute.default_type) != attribute.default_type
    )
    if changes_type and site.objects_having(attribute.id):
        raise invalid("type", "The type of an attribute with values cannot be changed")
    _check(site, object_type, attribute, name, new_type, settings)
    attribute.name = name if name is not None else attribute.name
    attribute.type = new_type
    if new_type == AttributeType.DEFAULT:
        attribute.default_type = settings.get("default_type", attribute.default_type)
    else:
        attribute.default_type = None
    _apply(site, object_type, attribute, settings)


def _check(
    site: Site,
    object_type: ObjectType,
    itself: Attribute | None,
    name: str | None,
    type: int,  # noqa: A002  # the name of the field
    settings: AttributeSettings,
    *,
    by_import: bool = False,
) -> None:
    problems: dict[str, str] = {}
    if name is not None:
        if not name.strip():
            problems["name"] = "The name is required."
        elif site.attribute_named(object_type, name) not in (None, itself):
            problems["name"] = "Name has to be unique!"
    default_type = settings.get("default_type")
    if type == AttributeType.DEFAULT and default_type is not None and default_type not in DEFAULT_TYPE_NAMES:
        problems["defaultTypeId"] = f"The default type {default_type} is unknown"
    if type == AttributeType.REFERENCE:
        problems.update(_reference_problems(site, object_type, itself, settings))
    if type == AttributeType.STATUS:
        for identifier in settings.get("type_value_multi", []):
            if as_id(identifier) not in site.statuses:
                problems["typeValueMulti"] = f"The status {identifier} does not exist"
    if settings.get("maximum") == -1 and not (site.doubts.unlimited_cardinality_accepted or by_import):
        problems["maximumCardinality"] = "The cardinality -1 is not accepted"
    label = site.label_attribute(object_type)
    if (
        settings.get("label")
        and label not in (None, itself)
        and not (site.doubts.two_labels_accepted or by_import)
    ):
        problems["label"] = "The object type already has a label attribute"
    minimum = settings.get("minimum", itself.minimum if itself else 0)
    maximum = settings.get("maximum", itself.maximum if itself else 1)
    if not is_cardinality(minimum, maximum):
        problems["maximumCardinality"] = "The cardinality is invalid"
    if problems:
        raise invalid_fields(problems)


def is_cardinality(minimum: int, maximum: int) -> bool:
    """Return True if an attribute can have from `minimum` to `maximum` values; -1 means no limit."""
    return minimum >= 0 and (maximum == -1 or maximum >= max(minimum, 1))


def _reference_problems(
    site: Site, object_type: ObjectType, itself: Attribute | None, settings: AttributeSettings
) -> dict[str, str]:
    problems: dict[str, str] = {}
    if not settings.get("type_value", itself.type_value if itself else None):
        problems["typeValue"] = "The referenced object type is required"
    if not settings.get("additional_value", itself.additional_value if itself else None):
        problems["additionalValue"] = "The reference type is required"
    target_id = settings.get("type_value")
    if target_id:
        target = site.types.get(as_id(target_id))
        if target is None:
            problems["typeValue"] = f"The object type {target_id} does not exist"
        elif target.schema_id != object_type.schema_id:
            other = site.schemas[target.schema_id]
            if not other.allow_other_object_schema:
                problems["typeValue"] = (
                    f"The attribute refers to the schema {other.name}, which does not allow other object schemas"
                )
    kind = settings.get("additional_value")
    if kind and as_id(kind) not in site.reference_types:
        problems["additionalValue"] = f"The reference type {kind} does not exist"
    return problems


def _apply(site: Site, object_type: ObjectType, attribute: Attribute, settings: AttributeSettings) -> None:
    for field, value in settings.items():
        if field not in ("default_type", "label"):
            setattr(attribute, field, value)
    if settings.get("label"):
        for other in site.attributes_of(object_type):
            other.label = other is attribute
    object_type.updated = site.now()


def position_attribute(site: Site, attribute: Attribute, position: int) -> None:
    """Move an attribute within its type."""
    object_type = site.types[attribute.type_id]
    object_type.attribute_ids.remove(attribute.id)
    object_type.attribute_ids.insert(max(0, position), attribute.id)
    _number_attributes(site, object_type)


def _number_attributes(site: Site, object_type: ObjectType) -> None:
    for number, identifier in enumerate(object_type.attribute_ids):
        site.attributes[identifier].position = number


def delete_attribute(site: Site, attribute: Attribute, *, by_force: bool = False) -> None:
    """Delete an attribute with its values. Key, Name, Created, Updated and the label attribute cannot be deleted."""
    if not by_force and (not attribute.removable or attribute.label):
        raise bad_request(f"The attribute {attribute.name} cannot be removed")
    site.forget_attribute_values(attribute.id)
    object_type = site.types[attribute.type_id]
    object_type.attribute_ids.remove(attribute.id)
    del site.attributes[attribute.id]
    _number_attributes(site, object_type)
