"""What a plan consists of: one item for each object type, attribute, icon, status and mapping."""

from __future__ import annotations

import enum

from attrs import frozen


class PlanKind(enum.StrEnum):
    """What happens to an item."""

    #: It does not exist and is made.
    CREATE = "create"
    #: It exists and is changed.
    PATCH = "patch"
    #: It exists, made by people, and is mapped onto.
    ADOPT = "adopt"
    #: It is as wanted.
    UNCHANGED = "unchanged"
    #: It is not as wanted, and stays so: the mapping call does not change it, and nothing needs it to.
    DRIFT = "drift"
    #: It is not as wanted, and the service can never change it: nothing is sent until somebody decides.
    IMPOSSIBLE = "impossible"


class PlanSubject(enum.StrEnum):
    """What an item is about."""

    OBJECT_TYPE = "object type"
    ATTRIBUTE = "attribute"
    MAPPING = "mapping"
    ICON = "icon"
    STATUS = "status"


@frozen(kw_only=True)
class PlanItem:
    """One thing that a plan does, leaves, or cannot do.

    Attributes:
        kind: What happens.
        subject: What it happens to.
        path: Where in the model: "people", "people.manager", "icons.person", "statuses.Active"; for what is
            only in Assets, its name there.
        message: In a sentence.
        remedy: What a person can do about drift and the impossible; empty elsewhere.
    """

    kind: PlanKind
    subject: PlanSubject
    path: str
    message: str
    remedy: str = ""

    @property
    def is_change(self) -> bool:
        """Whether something is sent because of it."""
        return self.kind in (PlanKind.CREATE, PlanKind.PATCH, PlanKind.ADOPT)

    def __str__(self) -> str:
        text = f"{self.kind.value:<10} {self.subject.value:<11} {self.path}: {self.message}"
        return f"{text}\n{'':<10} {self.remedy}" if self.remedy else text

    def to_dict(self) -> dict[str, object]:
        """The item as JSON-ready data."""
        return {
            "kind": self.kind.value,
            "subject": self.subject.value,
            "path": self.path,
            "message": self.message,
            "remedy": self.remedy,
        }
