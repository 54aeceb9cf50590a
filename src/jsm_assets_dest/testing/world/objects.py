"""Rules for objects: creating, changing, deleting, their history, and those that the data of an import no longer contains.

The settings for missing objects exist in the user interface only, per object type mapping. What is counted as missing and when
it is removed is doubtful; `Doubts` has the readings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from .entities import AssetObject, Attribute, HistoryEntry, ImportSource, ObjectType
from .json_reading import JsonObject
from .rejections import bad_request, invalid, invalid_fields
from .site import Site
from .values import BadValue, normalise

CREATED, ATTRIBUTE_CHANGED = 0, 2
"""
Types of history entries. The numbers are a guess; the OpenAPI document requires one and shows none.
"""


_CREATION_IDS = 1_000_000_000


def error_key(attribute: Attribute) -> str:
    """Return the key for errors about values of an attribute (seen by several clients)."""
    return f"rlabs-insight-attribute-{attribute.id}"


def checked_values(
    site: Site, object_type: ObjectType, texts_by_id: Mapping[str, Sequence[str]], itself: AssetObject | None
) -> dict[int, list[str]]:
    """Return the stored form of values, by attribute id.

    Args:
        site: the site.
        object_type: of the object.
        texts_by_id: strings by attribute id; an empty list clears the attribute.
        itself: the object that is changed, or None for a new one.
    """
    attributes = {str(attribute.id): attribute for attribute in site.attributes_of(object_type)}
    problems: dict[str, str] = {}
    result: dict[int, list[str]] = {}
    for identifier, texts in texts_by_id.items():
        attribute = attributes.get(identifier)
        if attribute is None:
            problems[f"rlabs-insight-attribute-{identifier}"] = (
                "The attribute does not belong to the object type"
            )
            continue
        if not attribute.editable:
            problems[error_key(attribute)] = f"The attribute {attribute.name} cannot be edited"
            continue
        try:
            result[attribute.id] = [normalise(site, attribute, text) for text in texts if text != ""]
        except BadValue as problem:
            problems[error_key(attribute)] = str(problem)
    for attribute in attributes.values():
        if attribute.system or error_key(attribute) in problems:
            continue
        if attribute.id in result or itself is None:
            wrong = value_problem(site, object_type, attribute, result.get(attribute.id, []), itself)
            if wrong is not None:
                problems[error_key(attribute)] = wrong
    if problems:
        raise invalid_fields(problems)
    return result


def value_problem(
    site: Site,
    object_type: ObjectType,
    attribute: Attribute,
    values: Sequence[str],
    itself: AssetObject | None,
) -> str | None:
    """Return what is invalid about the number of values or their uniqueness, if anything."""
    if len(values) < attribute.minimum:
        return f"The attribute {attribute.name} is required"
    if attribute.maximum != -1 and len(values) > attribute.maximum:
        return f"The attribute {attribute.name} can only contain max {attribute.maximum} values"
    if attribute.unique:
        for value in values:
            for object_id in site.objects_with(attribute.id, value):
                same = itself is not None and object_id == itself.id
                if not same and site.objects[object_id].type_id == object_type.id:
                    return f"The attribute {attribute.name} has duplicated value {value}"
    return None


def create_object(
    site: Site,
    object_type: ObjectType,
    texts: Mapping[str, Sequence[str]],
    *,
    account_id: str,
) -> AssetObject:
    """Create an object with the given strings by attribute id."""
    if object_type.abstract:
        raise invalid(
            "objectTypeId", f"The object type {object_type.name} is abstract and cannot have objects"
        )
    if site.schemas[object_type.schema_id].read_only:
        raise bad_request("The object schema is read-only")
    return insert_object(
        site, object_type, checked_values(site, object_type, texts, None), account_id=account_id
    )


def insert_object(
    site: Site,
    object_type: ObjectType,
    values: Mapping[int, list[str]],
    *,
    account_id: str,
) -> AssetObject:
    """Add an object with checked values."""
    now = site.now()
    asset = AssetObject(
        id=site.ids.number("object"),
        type_id=object_type.id,
        schema_id=object_type.schema_id,
        created=now,
        updated=now,
        creator=account_id,
    )
    site.objects[asset.id] = asset
    object_type.object_ids[asset.id] = None
    for attribute_id, texts in values.items():
        site.set_values(asset, attribute_id, texts)
    site.revision += 1
    return asset


def update_object(
    site: Site,
    asset: AssetObject,
    texts: Mapping[str, Sequence[str]],
    *,
    account_id: str,
    object_type: ObjectType | None = None,
) -> None:
    """Change the given attributes. The others stay unchanged.

    Args:
        site: the site.
        asset: what to change.
        texts: strings by attribute id; an empty list clears the attribute.
        account_id: the actor, for the history.
        object_type: the type named by the request; it must be the object's own.
    """
    own = site.types[asset.type_id]
    if object_type is not None and object_type is not own:
        raise invalid("objectTypeId", "The object type of an object cannot be changed")
    store_values(site, asset, checked_values(site, own, texts, asset), account_id=account_id)


def store_values(
    site: Site,
    asset: AssetObject,
    values: Mapping[int, list[str]],
    *,
    account_id: str,
    with_history: bool = True,
) -> list[int]:
    """Store valid values and record them in the history, unless they belong to the creation of the object.

    Returns:
        The ids of the attributes that changed.
    """
    changed = []
    for attribute_id, texts in values.items():
        before = asset.values.get(attribute_id, ())
        if before != tuple(texts):
            attribute = site.attributes[attribute_id]
            if with_history:
                entry = HistoryEntry(
                    id=site.ids.number("history"),
                    object_id=asset.id,
                    account_id=account_id,
                    created=site.now(),
                    type=ATTRIBUTE_CHANGED,
                    attribute=attribute.name,
                    old_value=_shown(site, attribute, before),
                    new_value=_shown(site, attribute, texts),
                )
                site.history.setdefault(asset.id, []).append(entry)
            site.set_values(asset, attribute_id, texts)
            changed.append(attribute_id)
    if changed:
        asset.updated = site.now()
    return changed


def _shown(site: Site, attribute: Attribute, values: Sequence[str]) -> str:
    if attribute.is_reference:
        targets = (site.objects.get(int(value)) for value in values)
        return ", ".join(site.key_of(target) for target in targets if target is not None)
    return ", ".join(values)


def history_of(site: Site, asset: AssetObject) -> list[HistoryEntry]:
    """Return the history of an object, oldest first. The entry of its creation is derived, not stored."""
    creation = HistoryEntry(
        id=_CREATION_IDS + asset.id,
        object_id=asset.id,
        account_id=asset.creator,
        created=asset.created,
        type=CREATED,
    )
    return [creation, *site.history.get(asset.id, ())]


def delete_object(site: Site, asset: AssetObject) -> None:
    """Delete an object and all references to it."""
    for attribute in site.referring_attributes():
        for object_id in list(site.objects_with(attribute.id, str(asset.id))):
            referring = site.objects[object_id]
            values = [value for value in referring.values.get(attribute.id, []) if value != str(asset.id)]
            site.set_values(referring, attribute.id, values)
    for attribute_id in list(asset.values):
        site.set_values(asset, attribute_id, [])
    site.types[asset.type_id].object_ids.pop(asset.id, None)
    site.history.pop(asset.id, None)
    site.revision += 1
    del site.objects[asset.id]


MISSING_OBJECTS = ("ignore", "remove", "update")
UNITS = ("runs", "days")
_DAY = 86_400_000


def missing_policy(
    policy: str, *, threshold: int = 1, unit: str = "runs", update: Sequence[str] = ()
) -> JsonObject:
    """Return the checked settings of a policy; see `SeededImportSource.set_missing_objects` for the arguments."""
    if policy not in MISSING_OBJECTS or unit not in UNITS:
        raise ValueError(f"{policy!r} or {unit!r} is not one of {', '.join(MISSING_OBJECTS + UNITS)}")
    if threshold < 0:
        raise ValueError("threshold must not be negative")
    if (policy == "update") != (len(update) == 2):
        raise ValueError('"update" needs (attribute name, value), and only "update" does')
    return {"policy": policy, "threshold": threshold, "unit": unit, "update": list(update)}


def policy_of(source: ImportSource, type_id: int) -> JsonObject:
    """Return the policy of an object type mapping."""
    return source.policies.get(type_id, source.default_policy)


def reset_policies(source: ImportSource) -> None:
    """Set all policies to "ignore", as sending a mapping does."""
    source.policies.clear()
    source.default_policy = missing_policy("ignore")
    source.absences.clear()


def missing_ids(site: Site, source: ImportSource, object_type: ObjectType, present: set[int]) -> list[int]:
    """Return the ids of the objects that are missing, including those of unmapped child types if `Doubts` says so."""
    types = [object_type]
    if site.doubts.removal_includes_unmapped_children:
        types.extend(child for child in site.with_descendants(object_type) if child.id not in source.mappings)
    return [object_id for kind in types for object_id in kind.object_ids if object_id not in present]


def count_absences(site: Site, source: ImportSource, object_ids: Iterable[int]) -> None:
    """Count one more run without these objects."""
    for object_id in object_ids:
        runs, since = source.absences.get(object_id, (0, site.now()))
        source.absences[object_id] = (runs + 1, since)


def treat_missing(
    site: Site,
    source: ImportSource,
    object_type: ObjectType,
    present: set[int],
    account_id: str,
) -> tuple[int, int, list[str]]:
    """Apply the policy to the missing objects of a type.

    Returns:
        The number of deleted objects, the number of updated ones, and errors.
    """
    policy = policy_of(source, object_type.id)
    missing = missing_ids(site, source, object_type, present)
    for object_id in present:
        source.absences.pop(object_id, None)
    removable = _registered(site, source, object_type, missing)
    if policy["policy"] == "ignore":
        return 0, 0, []
    count_absences(site, source, missing)
    due = [
        object_id
        for object_id in missing
        if object_id in removable and _is_due(site, source, policy, object_id)
    ]
    if policy["policy"] == "remove":
        for object_id in due:
            delete_object(site, site.objects[object_id])
            source.absences.pop(object_id, None)
        return len(due), 0, []
    name, value = cast("list[str]", policy["update"])
    attribute = site.attribute_named(object_type, name)
    if attribute is None:
        return 0, 0, [f"{object_type.name} has no attribute {name}"]
    values = {attribute.id: [normalise(site, attribute, value)]}
    changed = [
        store_values(site, site.objects[object_id], values, account_id=account_id) for object_id in due
    ]
    return 0, sum(map(bool, changed)), []


def _registered(site: Site, source: ImportSource, object_type: ObjectType, missing: list[int]) -> set[int]:
    """Register the objects of a type with the import source, and return the ones that are removable."""
    if not site.doubts.missing_objects_need_registration:
        return set(missing)
    now = site.now()
    delay = round(site.doubts.registration_seconds * 1000)
    removable = {
        object_id
        for object_id in missing
        if object_id in source.registered and now - source.registered[object_id] >= delay
    }
    for object_id in object_type.object_ids:
        source.registered.setdefault(object_id, now)
    return removable


def _is_due(site: Site, source: ImportSource, policy: JsonObject, object_id: int) -> bool:
    runs, since = source.absences[object_id]
    threshold = cast(int, policy["threshold"])
    if policy["unit"] == "days":
        return site.now() - since >= threshold * _DAY
    return runs >= threshold
