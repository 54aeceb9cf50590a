"""Objects that the data of an import no longer contains: policies, thresholds, and registration.

The settings exist in the user interface only, per object type mapping. What is counted as missing and when it is
removed is doubtful; `Doubts` has the readings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from .entities import ImportSource, ObjectType
from .json_reading import JsonObject
from .objects import delete_object, store_values
from .site import Site
from .values import normalise

MISSING_OBJECTS = ("ignore", "remove", "update")
UNITS = ("runs", "days")
_DAY = 86_400_000


def missing_policy(
    policy: str, *, threshold: int = 1, unit: str = "runs", update: Sequence[str] = ()
) -> JsonObject:
    """Return the checked settings of a policy.

    Args:
        policy: "ignore", "remove" or "update".
        threshold: number of consecutive runs, or of days, that an object must be absent.
        unit: "runs" or "days".
        update: for "update": name of an attribute and its new value.
    """
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
