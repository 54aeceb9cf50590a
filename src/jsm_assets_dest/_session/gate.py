"""One gate for all requests of a connection: a refusal for too many requests closes it for every worker.

The first refusal closes it for as long as the service asks. From the second one on, requests also pass at a pace: what
the service took in the time between the two refusals, which is close to what it allows, a little less to leave others
something, growing slowly until the next refusal. A minute without a refusal ends the pace. A test simulates eight
workers against a limit of 25 requests a second: nine tenths of what is allowed are used, where workers that each obey
their own Retry-After use four fifths and are refused one time in four (measured, see the test).
"""

from __future__ import annotations

import threading

from .._http.forks import renew_after_fork

#: The pace after a refusal, as a part of what the service took before it.
DECREASE = 0.95
#: By how many requests per second the pace grows, each second.
INCREASE = 0.25
#: The slowest pace, in requests per second.
SLOWEST = 0.5
#: How many seconds' worth of turns that nobody took may be taken at once.
SAVED_UP = 1.0
#: Seconds without a refusal after which there is no pace any more, and nothing is remembered.
FORGET_AFTER = 60.0


class Gate:
    """Says how long a request must wait before it may be sent; safe to use from several threads.

    All times are those of one monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opens = float("-inf")
        #: When the next turn is due, while there is a pace.
        self._next = float("-inf")
        self._pace: float | None = None
        #: Up to when the pace has grown.
        self._grown = 0.0
        #: When the last refusal was, or None when none is remembered, and what was let through since.
        self._refused: float | None = None
        self._passed = 0
        renew_after_fork(self)

    def after_fork(self) -> None:
        """A thread that the child does not have may have held the lock."""
        self._lock = threading.Lock()

    @property
    def pace(self) -> float | None:
        """Requests per second that are let through at the moment, or None when there is no limit."""
        return self._pace

    def delay(self, now: float) -> float:
        """How long to wait; 0 lets the request pass.

        A request that had to wait asks again afterwards, because the gate may have been closed in the meantime or
        another request may have taken its turn.
        """
        refused = self._refused
        # Most connections are never refused anything; they do not pay for a lock.
        if refused is None:
            return 0.0
        with self._lock:
            if now < self._opens:
                return self._opens - now
            if now - max(refused, self._opens) >= FORGET_AFTER:
                self._pace = self._refused = None
                return 0.0
            if self._pace is not None:
                if now > self._grown:
                    self._pace += INCREASE * (now - self._grown)
                    self._grown = now
                if now < self._next:
                    return self._next - now
                # Turns are counted from when this one was due, so that late wake-ups do not slow the pace down.
                self._next = max(self._next, now - SAVED_UP) + 1.0 / self._pace
            self._passed += 1
            return 0.0

    def close(self, until: float, now: float) -> None:
        """Let nothing through before a time: a request was refused for too many requests.

        Args:
            until: When requests may pass again.
            now: The time of the refusal.
        """
        with self._lock:
            if now < self._opens:
                # Requests that were under way together are refused together: all of that is one refusal.
                self._passed -= 1
            else:
                if self._refused is not None and now > self._refused:
                    taken = (self._passed - 1) / (now - self._refused)
                    if self._pace is not None:
                        taken = min(taken, self._pace)
                    self._pace = max(taken * DECREASE, SLOWEST)
                self._refused = now
                self._passed = 0
                # While the gate is closed, the service's allowance fills up again: those turns are not lost.
                self._next = now
            self._opens = max(self._opens, until)
            self._grown = self._opens
