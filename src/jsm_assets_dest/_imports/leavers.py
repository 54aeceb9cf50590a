"""Objects that left the source: Assets confirmed them, and the source no longer contains them."""

from collections.abc import Iterable

from attrs import field, frozen

from .._arguments.checking import checked_methods
from .._display.short_repr import short_repr
from .identities import display

#: Maximum number of listed objects; further ones are only counted, which limits the memory.
MOST_LISTED = 10_000


@checked_methods
@frozen(kw_only=True)
class Leaver:
    """Object that Assets confirmed in an earlier run and that the source no longer contains. An import never changes it.

    Attributes:
        object_type: Name of its object type.
        identifier: Its identifier.
    """

    __module__ = "jsm_assets_dest"
    __repr__ = short_repr

    object_type: str
    identifier: str

    def to_dict(self) -> dict[str, object]:
        """Return the object as JSON-ready data."""
        return {"object_type": self.object_type, "identifier": self.identifier}

    def __str__(self) -> str:
        return f"{self.object_type} {self.identifier}"


@frozen
class Leavers:
    """The first leavers, and the number of all."""

    listed: tuple[Leaver, ...] = ()
    count: int = field(default=0)

    @classmethod
    def of(cls, identities: Iterable[tuple[str, str]]) -> "Leavers":
        """Return the leavers of names of object types and identities."""
        listed: list[Leaver] = []
        count = 0
        for name, text in identities:
            count += 1
            if count <= MOST_LISTED:
                listed.append(Leaver(object_type=name, identifier=display(text)))
        return cls(tuple(listed), count)
