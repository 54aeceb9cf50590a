"""Statuses of objects."""

import enum
from collections.abc import Mapping

from attrs import field, frozen

from .._display.short_repr import short_repr
from .._wire.json_reading import read_number, read_object, read_text


class StatusCategory(enum.StrEnum):
    """Category of a status. Assets shows active statuses in green, inactive ones in red, and pending ones in yellow."""

    __module__ = "jsm_assets_dest"

    ACTIVE = "active"
    INACTIVE = "inactive"
    PENDING = "pending"


#: Categories by number (Atlassian's OpenAPI document).
CATEGORIES: Mapping[int, StatusCategory] = {
    0: StatusCategory.INACTIVE,
    1: StatusCategory.ACTIVE,
    2: StatusCategory.PENDING,
}


@frozen(kw_only=True)
class Status:
    """A status of objects.

    Attributes:
        id: Id of the status: a number as a string.
        name: Name of the status.
        category: Category of the status. None if this library does not know the category.
        description: Description of the status, or an empty string.
        schema_id: Id of its object schema. None if all object schemas of the workspace share the status.
        raw: The complete JSON of the service.
    """

    __module__ = "jsm_assets_dest"
    __repr__ = short_repr

    id: str
    name: str
    category: StatusCategory | None
    description: str = field(default="", repr=False)
    schema_id: str | None = None
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object) -> "Status":
        """Read a status from the JSON of the service."""
        source = read_object(value, "a status")
        return cls(
            id=read_text(source, "id"),
            name=read_text(source, "name"),
            category=CATEGORIES.get(read_number(source, "category", -1)),
            description=read_text(source, "description", ""),
            schema_id=read_text(source, "objectSchemaId", "") or None,
            raw=source,
        )

    @property
    def is_shared(self) -> bool:
        """True if all object schemas of the workspace share the status."""
        return self.schema_id is None

    def to_dict(self) -> dict[str, object]:
        """Return the status as JSON-ready data."""
        return {
            "id": self.id,
            "name": self.name,
            "category": self.category.value if self.category is not None else None,
            "description": self.description,
            "schema_id": self.schema_id,
        }
