"""Rules for attributes of object types."""

from __future__ import annotations

from typing import TypedDict, Unpack

from .entities import (
    DATE_TIME,
    DEFAULT,
    DEFAULT_TYPE_NAMES,
    REFERENCE,
    STATUS,
    TEXT,
    Attribute,
    ObjectType,
)
from .rejections import bad_request, invalid, invalid_fields
from .site import Site, as_id

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


def add_initial_attributes(site: Site, object_type: ObjectType, *, with_name: bool = True) -> None:
    """Add Key, Name, Created and Updated, as in the examples of the OpenAPI document."""
    _initial(site, object_type, "Key", TEXT, system=True)
    if with_name:
        name = _initial(site, object_type, "Name", TEXT, system=False)
        name.description, name.suffix, name.regex, name.label = "The name of the object", "", "", True
    _initial(site, object_type, "Created", DATE_TIME, system=True)
    _initial(site, object_type, "Updated", DATE_TIME, system=True)


def _initial(site: Site, object_type: ObjectType, name: str, default_type: int, *, system: bool) -> Attribute:
    attribute = Attribute(
        id=site.ids.number("attribute"),
        type_id=object_type.id,
        name=name,
        type=DEFAULT,
        default_type=default_type,
        position=len(object_type.attribute_ids),
        external_id=site.ids.external_id(),
        minimum=1,
        editable=not system,
        system=system,
        removable=False,
    )
    site.attributes[attribute.id] = attribute
    object_type.attribute_ids.append(attribute.id)
    return attribute


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
    if type == DEFAULT and "default_type" not in settings:
        raise invalid("defaultTypeId", "The default type is required for attributes of type 0")
    _check(site, object_type, None, name, type, settings, by_import=by_import)
    attribute = Attribute(
        id=0,
        type_id=object_type.id,
        name=name,
        type=type,
        default_type=settings.get("default_type") if type == DEFAULT else None,
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
        new_type == DEFAULT and settings.get("default_type", attribute.default_type) != attribute.default_type
    )
    if changes_type and site.objects_having(attribute.id):
        raise invalid("type", "The type of an attribute with values cannot be changed")
    _check(site, object_type, attribute, name, new_type, settings)
    attribute.name = name if name is not None else attribute.name
    attribute.type = new_type
    if new_type == DEFAULT:
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
        elif any(
            other is not itself and other.name.lower() == name.lower()
            for other in site.attributes_of(object_type)
        ):
            problems["name"] = "Name has to be unique!"
    default_type = settings.get("default_type")
    if type == DEFAULT and default_type is not None and default_type not in DEFAULT_TYPE_NAMES:
        problems["defaultTypeId"] = f"The default type {default_type} is unknown"
    if type == REFERENCE:
        problems.update(_reference_problems(site, object_type, itself, settings))
    if type == STATUS:
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
    if minimum < 0 or maximum < -1 or maximum == 0 or (maximum != -1 and minimum > maximum):
        problems["maximumCardinality"] = "The cardinality is invalid"
    if problems:
        raise invalid_fields(problems)


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
    for number, identifier in enumerate(object_type.attribute_ids):
        site.attributes[identifier].position = number
