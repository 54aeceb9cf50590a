"""Secrets: strings that are masked in texts, and that can't be pickled."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, final

MASK = "**********"


@final
class Secret:
    """A secret, which only `reveal` returns.

    `str`, `repr`, `format` and `vars` show a mask or nothing, comparing takes the same time for all values,
    and pickling or copying into another process is rejected: a secret travels by reference (`env:NAME`), not by value.
    """

    __slots__ = ("_reveal",)

    def __init__(self, text: str) -> None:
        # A closure rather than an attribute: debuggers, error reporters and attrs show attributes, not cells.
        self._reveal: Callable[[], str] = lambda: text

    def reveal(self) -> str:
        """Return the text."""
        return self._reveal()

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        import hmac

        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self.reveal().encode("utf-8", "replace"), other.reveal().encode("utf-8", "replace")
        )

    def __hash__(self) -> int:
        return hash((Secret, self.reveal()))

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a secret is not pickled; pass a reference such as an environment variable's name instead"
        )

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self
