"""Retry policy of a connection."""

import math
from collections.abc import Callable
from typing import Any, Self

from attrs import Attribute, field, frozen

from .._arguments.checking import checked_methods
from .._arguments.fitting import invalid
from .._display.values import public_value

#: Extra random delay, as a fraction of the server's `Retry-After`. It keeps clients from retrying at the same time.
HINT_SPREAD = 0.1


def _positive(_policy: object, attribute: "Attribute[float]", value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise invalid(
            attribute.name, f"is {value!r}, not a number above 0", "Pass a number of seconds above 0."
        )


def _whole(least: int, also: str, fix: str) -> Callable[[object, "Attribute[Any]", object], None]:
    def check(_policy: object, attribute: "Attribute[Any]", value: object) -> None:
        if (value is None and also) or (type(value) is int and value >= least):
            return
        raise invalid(attribute.name, f"is {value!r}, not an integer of at least {least}{also}", fix)

    return check


@checked_methods
@frozen(kw_only=True)
@public_value
class RetryPolicy:
    """Retry policy of a connection. `RetryPolicy.off()` disables retries.

    A request is repeated only if repeating it is safe, whatever the policy.

    Attributes:
        attempts: Maximum number of attempts, including the first one.
        deadline: Maximum seconds from the first attempt to the start of the last one.
        base: Seconds of the first wait, which doubles with every attempt. Atlassian recommends about two seconds; the random
            factor makes it one on average.
        cap: Maximum seconds of a wait that the service did not request.
        longest_hint: Maximum seconds of a wait that the service requests. If it requests more, the error is raised
            immediately and contains the time.
        budget: Tokens that the retries of one connection share, which keeps many workers from multiplying an outage. A retry
            costs 14 tokens, or 5 after a throttled request; a success returns the last cost, or 1. The numbers are those of
            the AWS SDKs: 500 tokens allow 35 retries. None means no budget.
    """

    attempts: int = field(default=5, validator=_whole(1, "", "Pass 1 for no retries, or RetryPolicy.off()."))
    deadline: float = field(default=300.0, validator=_positive)
    base: float = field(default=2.0, validator=_positive)
    cap: float = field(default=30.0, validator=_positive)
    longest_hint: float = field(default=60.0, validator=_positive)
    budget: int | None = field(
        default=500, validator=_whole(0, ", or None", "Pass 500, or None for no budget.")
    )

    @classmethod
    def off(cls) -> Self:
        """Return a policy with one attempt and no waits."""
        return cls(attempts=1)

    def backoff(self, attempt: int, *, throttled: bool = False, chance: float = 1.0) -> float:
        """Return the seconds to wait after an attempt without a hint from the service.

        Full jitter (0 to t) after failures; equal jitter (t/2 to t) after a throttled request, because waits near zero would
        use all attempts before a per-minute limit resets.

        Args:
            attempt: Number of the failed attempt, from 1.
            throttled: True if the request was throttled.
            chance: Random number from 0 to 1.
        """
        # Limit the exponent, because 2.0 ** 1024 overflows.
        top = min(self.cap, self.base * 2.0 ** min(attempt - 1, 60))
        return top / 2 + top / 2 * chance if throttled else top * chance

    def wait(
        self, attempt: int, *, throttled: bool = False, hint: float | None = None, chance: float = 1.0
    ) -> float:
        """Return the seconds to wait after an attempt.

        A hint of the service replaces the policy's own wait: never earlier, and at most a tenth later. The own wait, limited
        to one second, remains the minimum, because a hint of 0 seconds must not become a busy loop.

        Args:
            attempt: Number of the failed attempt, from 1.
            throttled: True if the request was throttled.
            hint: Seconds that the service requested, or None.
            chance: Random number from 0 to 1.
        """
        own = self.backoff(attempt, throttled=throttled, chance=chance)
        if hint is None or not math.isfinite(hint):
            return own
        return max(min(own, 1.0), hint * (1.0 + HINT_SPREAD * chance))

    def accepts(self, hint: float | None) -> bool:
        """Return True if the policy accepts the wait that the service requests."""
        return hint is None or hint <= self.longest_hint
