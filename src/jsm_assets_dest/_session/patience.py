"""Time that an import waits for throttling while its execution is open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._http.commands import Operation


class Patience:
    """Total time that the requests of one execution may wait for throttling; safe to use from several threads.

    Waits of several workers at the same time count once. All times are seconds of one monotonic clock.

    Args:
        limit: Maximum total of the waits.

    Attributes:
        waited: Total of the waits so far, including the one in progress.
        on_wait: Operation that is run before each wait that adds to the total. It gets the seconds to wait, and those that
            are added.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.waited: float = 0.0
        self.on_wait: Callable[[float, float], Operation[None]] | None = None
        #: End of the waits that are included.
        self._until = float("-inf")
        self._lock = threading.Lock()

    def allows(self, now: float, until: float) -> bool:
        """Return True if the total allows to wait from `now` to `until`."""
        return self.waited + max(0.0, until - max(now, self._until)) <= self.limit

    def wait(self, now: float, until: float) -> Operation[None]:
        """Include the wait from `now` to `until` in the total, and report it."""
        with self._lock:
            added = max(0.0, until - max(now, self._until))
            self.waited += added
            self._until = max(self._until, until)
        if added and self.on_wait is not None:
            yield from self.on_wait(until - now, added)
