"""Counts and durations as text, and counts by object type as text and as a table."""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol, TypeVar

from .._display.html import Markup, grid


def duration_text(seconds: float) -> str:
    """Return seconds in a human-readable form."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, remaining_seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {remaining_seconds:02} s"


def count_text(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


class _OfType(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def selector(self) -> str: ...


_OfTypeT = TypeVar("_OfTypeT", bound=_OfType)


def find_type(object_types: Iterable[_OfTypeT], name: str) -> _OfTypeT:
    """Return the counts of an object type, by its selector or name.

    Raises:
        KeyError: There is none.
    """
    names: list[str] = []
    for of_type in object_types:
        if name in (of_type.selector, of_type.name):
            return of_type
        names.append(of_type.selector or of_type.name)
    raise KeyError(f"the import has no object type {name!r}, only: {', '.join(names)}")


def counts_text(of_type: _OfType, names: Iterable[str], always_shown: Collection[str]) -> str:
    """Return the counts with some names as text; None and most zeros are left out."""
    counts = ((name, getattr(of_type, name)) for name in names)
    return ", ".join(
        f"{count:,} {name.replace('_', ' ')}"
        for name, count in counts
        if count or (name in always_shown and count is not None)
    )


def counts_table(object_types: Iterable[_OfType], names: Sequence[str]) -> Markup:
    """Return the counts with some names as a table with a row for each object type."""
    rows: list[list[str | int]] = []
    for of_type in object_types:
        counts = (getattr(of_type, name) for name in names)
        rows.append([of_type.name, *("–" if count is None else int(count) for count in counts)])
    return grid(["Object type", *(name.replace("_", " ").capitalize() for name in names)], rows)
