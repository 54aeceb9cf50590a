"""Gate and budget for all requests of a connection, and the patience of one import.

The first throttled request closes the gate for every worker, for the time that the service requests, and a random part of
it. From the second one on, the gate also limits the pace: slightly less than what the service accepted between the two, growing slowly until the next throttled
request. The pace ends after a minute without throttling. In a simulation of eight workers against a limit of 25 requests
per second, this uses nine tenths of the limit; workers that each follow their own Retry-After use four fifths, and a quarter
of their requests is throttled (measured, see the test).
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

    The design is that of the standard mode of the AWS SDKs: retries take tokens from a bucket, and successes refill it.
    Without it, workers with five attempts each would send five times as many requests to a service that is down.

    Args:
        size: Initial and maximum number of tokens. None means no limit.
    """

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._tokens = 0 if size is None else size
        self._lock = threading.Lock()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Replace the lock, because a thread of the parent process may own it."""
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
        cost = THROTTLING_COST if throttled else FAILURE_COST
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


#: Pace after a throttled request, as a fraction of what the service accepted before it.
DECREASE = 0.95
#: Growth of the pace per second, in requests per second.
INCREASE = 0.25
#: Minimum pace, in requests per second.
SLOWEST = 0.5
#: Seconds for which unused turns are saved.
SAVED_UP = 1.0
#: Seconds without throttling after which the pace ends.
FORGET_AFTER = 60.0


class Gate:
    """Wait times of requests, for use by several threads. All times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opens = float("-inf")
        #: Time of the next turn, while there is a pace.
        self._next = float("-inf")
        self._pace: float | None = None
        #: Time until which the growth of the pace is included.
        self._grown = 0.0
        #: Time of the last throttled request, or None, and the number of requests sent since.
        self._throttled: float | None = None
        self._passed = 0
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Replace the lock, because a thread of the parent process may own it."""
        self._lock = threading.Lock()

    @property
    def pace(self) -> float | None:
        """Current limit in requests per second; None means no limit."""
        return self._pace

    def delay(self, now: float) -> float:
        """Return the seconds to wait; 0 means that the request can be sent.

        After waiting, call this method again: the gate may have been closed, or another request may have used the turn.
        """
        throttled = self._throttled
        # Most connections are never throttled and don't need the lock.
        if throttled is None:
            return 0.0
        with self._lock:
            if now < self._opens:
                return self._opens - now
            if now - max(throttled, self._opens) >= FORGET_AFTER:
                self._pace = self._throttled = None
                return 0.0
            if self._pace is not None:
                if now > self._grown:
                    self._pace += INCREASE * (now - self._grown)
                    self._grown = now
                if now < self._next:
                    return self._next - now
                # Count turns from the due time, because late wake-ups must not slow down the pace.
                self._next = max(self._next, now - SAVED_UP) + 1.0 / self._pace
            self._passed += 1
            return 0.0

    def remaining(self, now: float) -> float:
        """Return the seconds for which the gate is closed."""
        return max(0.0, self._opens - now)

    def close(self, until: float, now: float, at_least: float | None = None) -> None:
        """Close the gate after a throttled request.

        The random part of a wait is in `until`, so that programs that are throttled together don't return together. While
        the gate is closed, a further throttled request prolongs it only if its minimum requires that: the latest of many
        random times would be nearly the same in all programs.

        Args:
            until: Time at which requests can be sent again.
            now: Time of the throttled request.
            at_least: Minimum of that time, without its random part. Default: `until`.
        """
        with self._lock:
            is_closed = now < self._opens
            if is_closed:
                # Requests that were in flight together are throttled together, which counts once.
                self._passed -= 1
            else:
                if self._throttled is not None and now > self._throttled:
                    accepted = (self._passed - 1) / (now - self._throttled)
                    if self._pace is not None:
                        accepted = min(accepted, self._pace)
                    self._pace = max(accepted * DECREASE, SLOWEST)
                self._throttled = now
                self._passed = 0
                # While the gate is closed, the service's allowance refills, so those turns are not lost.
                self._next = now
            if not is_closed or (until if at_least is None else at_least) > self._opens:
                self._opens = max(self._opens, until)
            self._grown = self._opens
