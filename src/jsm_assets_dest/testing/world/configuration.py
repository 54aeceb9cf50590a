"""Rules for status types and reference types."""

from __future__ import annotations

import re

from .entities import STATUS, ReferenceType, Status
from .rejections import bad_request, invalid, invalid_fields, not_found
from .site import Site, as_id

_STATUS_NAME = re.compile(r"[a-zA-Z0-9 \-]{2,30}")
"""
From the JSON Schema of mapping documents; that it applies here too is a guess.
"""

_COLORS = ("688E6E", "42526E", "49A6ED", "D96F32", "8F7EE7")


def _status_problems(
    site: Site, name: str, category: int, schema_id: int | None, itself: Status | None
) -> dict[str, str]:
    problems = {}
    if not _STATUS_NAME.fullmatch(name):
        problems["name"] = "The name must have 2 to 30 letters, digits, blanks or hyphens"
    elif any(
        other is not itself and other.schema_id == schema_id and other.name.lower() == name.lower()
        for other in site.statuses.values()
    ):
        problems["name"] = "Name has to be unique!"
    if category not in (0, 1, 2):
        problems["category"] = "The category must be 0, 1 or 2"
    return problems


def create_status(
    site: Site, *, name: str, category: int, description: str = "", schema_id: int | None = None
) -> Status:
    """Create a status type, of one schema or global."""
    problems = _status_problems(site, name, category, schema_id, None)
    if problems:
        raise invalid_fields(problems)
    number = site.ids.number("status")
    status = Status(id=number, name=name, description=description, category=category, schema_id=schema_id)
    site.statuses[number] = status
    return status


def update_status(site: Site, status: Status, *, name: str, category: int, description: str | None) -> None:
    """Change a status type."""
    problems = _status_problems(site, name, category, status.schema_id, status)
    if problems:
        raise invalid_fields(problems)
    status.name, status.category = name, category
    status.description = description if description is not None else status.description


def delete_status(site: Site, status: Status) -> None:
    """Delete a status type that no object has and no attribute lists."""
    for attribute in site.attributes.values():
        if attribute.type != STATUS:
            continue
        if site.objects_with(attribute.id, str(status.id)) or str(status.id) in attribute.type_value_multi:
            raise bad_request(f"The status {status.name} is in use and cannot be deleted")
    del site.statuses[status.id]


def reference_type(site: Site, identifier: str) -> ReferenceType:
    """Return a reference type by id; reject with 404 if it does not exist."""
    kind = site.reference_types.get(as_id(identifier))
    if kind is None:
        raise not_found("ReferenceTypeBean", identifier)
    return kind


def _check_reference_type_name(
    site: Site, name: str, schema_id: int | None, itself: ReferenceType | None
) -> None:
    if not name.strip():
        raise invalid("name", "The name is required.")
    for other in site.reference_types.values():
        same_place = other.schema_id in (None, schema_id)
        if other is not itself and same_place and other.name.lower() == name.lower():
            raise invalid("name", "Name has to be unique!")


def create_reference_type(
    site: Site, *, name: str, description: str = "", color: str | None = None, schema_id: int | None = None
) -> ReferenceType:
    """Create a reference type, of one schema or global."""
    _check_reference_type_name(site, name, schema_id, None)
    number = site.ids.number("reference type")
    kind = ReferenceType(
        id=number,
        name=name,
        description=description,
        color=color.lstrip("#") if color else _COLORS[number % len(_COLORS)],
        schema_id=schema_id,
    )
    site.reference_types[number] = kind
    return kind


def update_reference_type(
    site: Site, kind: ReferenceType, *, name: str | None, description: str | None, color: str | None
) -> None:
    """Change a reference type."""
    if name is not None:
        _check_reference_type_name(site, name, kind.schema_id, kind)
        kind.name = name
    if description is not None:
        kind.description = description
    if color is not None:
        kind.color = color.lstrip("#")


def delete_reference_type(site: Site, kind: ReferenceType) -> None:
    """Delete a reference type that no attribute uses; the built-in one stays."""
    used = any(attribute.additional_value == str(kind.id) for attribute in site.referring_attributes())
    if used or not kind.removable:
        raise bad_request(f"The reference type {kind.name} cannot be deleted")
    del site.reference_types[kind.id]
