"""Limit for the retries of one connection.

The design is that of the standard mode of the AWS SDKs: retries take tokens from a bucket, and successes refill it. Without
it, workers with five attempts each would send five times as many requests to a service that is down.
"""

from __future__ import annotations

import threading

from .._http.forks import renew_after_fork

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
