"""A limit on the retries of one connection, so that they cannot multiply an outage.

The design is that of the standard mode of the AWS SDKs: a bucket of tokens that retries take from and successes refill.
Without it, k workers with five attempts each would send a dead service five times the requests of a living one.
"""

from __future__ import annotations

import threading

from .._http.forks import renew_after_fork

#: What a retry costs after a failure, and after a refusal for too many requests (the numbers of AWS SDKs since 2025).
FAILURE_COST = 14
THROTTLING_COST = 5
#: What a success gives back that needed no retry.
SUCCESS_GAIN = 1


class Budget:
    """Tokens shared by all requests of a connection; safe to use from several threads.

    Args:
        size: Tokens at the start and at most, or None for no limit.
        failure_cost: Tokens for a retry after a failure.
        throttling_cost: Tokens for a retry after a refusal for too many requests.
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
        """A thread that the child does not have may have held the lock."""
        self._lock = threading.Lock()

    @property
    def tokens(self) -> int | None:
        """What is left, or None when there is no limit."""
        return None if self._size is None else self._tokens

    def take(self, *, throttled: bool = False) -> int | None:
        """Pay for one retry.

        Returns:
            What it cost, to be given back when the retry succeeds, or None when there is not enough left.
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
        """Note a success.

        Args:
            cost: What the last retry before it cost, or None when it needed none.
        """
        # A full budget, the usual state, is left alone without taking the lock.
        if self._size is None or self._tokens >= self._size:
            return
        with self._lock:
            self._tokens = min(self._size, self._tokens + (SUCCESS_GAIN if cost is None else cost))
