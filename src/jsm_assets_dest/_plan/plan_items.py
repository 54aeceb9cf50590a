"""The items of a plan: one for each object type, attribute, icon, status, and mapping."""

import enum

from attrs import frozen

from .._display.values import plain_data, public_value


class PlanKind(enum.StrEnum):
    """Action of a build on an item."""

    __module__ = "jsm_assets_dest"

    #: It does not exist and is created.
    CREATE = "create"
    #: It exists and is changed.
    PATCH = "patch"
    #: It is changed, but only if you accept it, because it would create objects again.
    RISKY = "risky"
    #: It exists, was created by someone else, and is mapped.
    ADOPT = "adopt"
    #: It exists as wanted.
    UNCHANGED = "unchanged"
    #: It is built as wanted, but it has an effect outside of the model, or another import uses it too.
    WARNING = "warning"
    #: It differs from the model and is not changed: a mapping call can't change it, and the build works without.
    DRIFT = "drift"
    #: It differs from the model and can never be changed. Nothing is sent until this is resolved.
    IMPOSSIBLE = "impossible"


class PlanSubject(enum.StrEnum):
    """The kind of thing that an item is about."""

    __module__ = "jsm_assets_dest"

    OBJECT_TYPE = "object type"
    ATTRIBUTE = "attribute"
    MAPPING = "mapping"
    ICON = "icon"
    STATUS = "status"
    NAMESPACE = "namespace"
    #: An attribute of the type user or group.
    LINK = "link"


@frozen(kw_only=True)
@public_value
class PlanItem:
    """One thing that a plan changes, leaves unchanged, or cannot change.

    Attributes:
        kind: What the build does with it.
        subject: The kind of thing.
        path: The place in the model: "people", "people.manager", "icons.person", "statuses.Active", or a namespace or external id. For
            what is only in Assets, the name there.
        message: What the build does, in a sentence.
        remedy: What a person can do about warnings, drift, risky changes, and impossible changes; empty otherwise.
        was_deleted: True if it is created again, because someone deleted it in Assets, with its objects or values.
    """

    kind: PlanKind
    subject: PlanSubject
    path: str
    message: str
    remedy: str = ""
    was_deleted: bool = False

    @property
    def is_change(self) -> bool:
        """True if something is sent because of it."""
        return self.kind in (PlanKind.CREATE, PlanKind.PATCH, PlanKind.RISKY, PlanKind.ADOPT)

    def __str__(self) -> str:
        text = f"{self.kind.value:<10} {self.subject.value:<11} {self.path}: {self.message}"
        return f"{text}\n{'':<10} {self.remedy}" if self.remedy else text

    def to_dict(self) -> dict[str, object]:
        """Return the item as JSON-ready data."""
        return plain_data(self)
