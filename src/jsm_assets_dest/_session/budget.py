"""Limits for the retries of one connection, and for the throttling of one import.

The design of the budget is that of the standard mode of the AWS SDKs: retries take tokens from a bucket, and successes
refill it. Without it, workers with five attempts each would send five times as many requests to a service that is down.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from .._http.forks import renew_after_fork

if TYPE_CHECKING:
    from .._http.commands import Operation

#: Tokens for a retry after a failure, and after a throttled request (the numbers of the AWS SDKs since 2025).
FAILURE_COST = 14
THROTTLING_COST = 5
#: Tokens that a success without retries returns.
SUCCESS_GAIN = 1


class Budget:
    """Tokens shared by all requests of a connection; safe to use from several threads.

    Args:
        size: Initial and maximum number of tokens. None means no limit.
        failure_cost: Tokens for a retry after a failure.
        throttling_cost: Tokens for a retry after a throttled request.
    """

    def __init__(
        self, size: int | None, *, failure_cost: int = FAILURE_COST, throttling_cost: int = THROTTLING_COST
    ) -> None:
        self._size = size
        self._tokens = 0 if size is None else size
        self._failure_cost = failure_cost
        self._throttling_cost = throttling_cost
        self._lock = threading.Lock()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Replace the lock, because a thread of the parent process may hold it."""
        self._lock = threading.Lock()

    @property
    def tokens(self) -> int | None:
        """Remaining tokens; None means no limit."""
        return None if self._size is None else self._tokens

    def take(self, *, throttled: bool = False) -> int | None:
        """Take the tokens for one retry.

        Returns:
            The number of tokens, to return if the retry succeeds; None if too few remain.
        """
        cost = self._throttling_cost if throttled else self._failure_cost
        if self._size is None:
            return cost
        with self._lock:
            if self._tokens < cost:
                return None
            self._tokens -= cost
        return cost

    def succeeded(self, cost: int | None = None) -> None:
        """Return tokens after a success.

        Args:
            cost: Tokens of the last retry; None if there was no retry.
        """
        # A full budget is the usual case and doesn't need the lock.
        if self._size is None or self._tokens >= self._size:
            return
        with self._lock:
            self._tokens = min(self._size, self._tokens + (SUCCESS_GAIN if cost is None else cost))


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
