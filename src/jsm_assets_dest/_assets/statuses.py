"""Statuses that objects can have."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from attrs import field, frozen

from .._wire.json_reading import read_number, read_object, read_text


class StatusCategory(enum.StrEnum):
    """What a status means: Assets shows active ones green, inactive ones red, pending ones yellow."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    PENDING = "pending"


#: The categories by number (Atlassian's OpenAPI document).
CATEGORIES: Mapping[int, StatusCategory] = {
    0: StatusCategory.INACTIVE,
    1: StatusCategory.ACTIVE,
    2: StatusCategory.PENDING,
}


@frozen(kw_only=True)
class Status:
    """A status that objects can have.

    Attributes:
        id: Its id, a number as text.
        name: Its name.
        category: What it means; None for a category that this library does not know.
        description: Its description; empty when it has none.
        schema_id: The object schema it belongs to, or None for one that all schemas of the workspace share.
        raw: The whole answer.
    """

    id: str
    name: str
    category: StatusCategory | None
    description: str = field(default="", repr=False)
    schema_id: str | None = None
    raw: Mapping[str, object] = field(factory=dict, repr=False, eq=False)

    @classmethod
    def from_json(cls, value: object) -> Status:
        """Read one status."""
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
        """Whether all schemas of the workspace share it."""
        return self.schema_id is None

    def to_dict(self) -> dict[str, object]:
        """The status as JSON-ready data."""
        return {
            "id": self.id,
            "name": self.name,
            "category": self.category.value if self.category is not None else None,
            "description": self.description,
            "schema_id": self.schema_id,
        }
