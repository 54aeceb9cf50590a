"""How often, how long and how patiently failed requests are tried again."""

from __future__ import annotations

import math

from attrs import Attribute, field, frozen

from ..exceptions import ConfigurationError

#: A server's hint is a minimum: we come back up to this much later, never earlier, so that clients spread out.
HINT_SPREAD = 0.1


def _positive(_policy: RetryPolicy, attribute: Attribute[float], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ConfigurationError(
            f"RetryPolicy({attribute.name}={value!r}) must be a number above 0.",
            field=attribute.name,
            fix="pass a number of seconds above 0.",
        )


def _attempts(_policy: RetryPolicy, _attribute: Attribute[int], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(
            f"RetryPolicy(attempts={value!r}) must be a whole number from 1 up.",
            field="attempts",
            fix="pass 1 for no retries, or RetryPolicy.off().",
        )


def _budget(_policy: RetryPolicy, _attribute: Attribute[int], value: object) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise ConfigurationError(
            f"RetryPolicy(budget={value!r}) must be a whole number from 0 up, or None.",
            field="budget",
            fix="pass 500, or None for no budget.",
        )


@frozen(kw_only=True)
class RetryPolicy:
    """When to try a failed request again; `RetryPolicy.off()` for never.

    Only requests whose repetition is safe are repeated at all, whatever the policy says.

    Attributes:
        attempts: Attempts in all, the first one included.
        deadline: Seconds from the first attempt to the start of the last one; a wait that would go beyond is not begun.
        base: Seconds of the first wait; it doubles with every attempt. Atlassian recommends about two seconds; the
            random factor makes it one on average.
        cap: The longest wait of our own, in seconds.
        longest_hint: The longest wait that the service may ask for, in seconds; when it asks for more, the error is
            raised at once and carries the time.
        budget: Tokens that the retries of one connection share, so that many workers do not multiply an outage. A retry
            costs 14, after a refusal for too many requests 5; a success gives the last cost back, or 1. The numbers are
            those of the AWS SDKs: 500 tokens let 35 retries through. None for no budget.
    """

    attempts: int = field(default=5, validator=_attempts)
    deadline: float = field(default=300.0, validator=_positive)
    base: float = field(default=2.0, validator=_positive)
    cap: float = field(default=30.0, validator=_positive)
    longest_hint: float = field(default=60.0, validator=_positive)
    budget: int | None = field(default=500, validator=_budget)

    @classmethod
    def off(cls) -> RetryPolicy:
        """One attempt, no waits."""
        return cls(attempts=1)

    def backoff(self, attempt: int, *, throttled: bool = False, chance: float = 1.0) -> float:
        """Our own wait after an attempt, in seconds.

        Full jitter (0 to t) after failures; equal jitter (t/2 to t) after a refusal for too many requests, because waits
        near zero would burn all attempts before a per-minute limit opens again.

        Args:
            attempt: The attempt that failed, from 1.
            throttled: Whether it was refused for too many requests.
            chance: A random number from 0 to 1.
        """
        # 2.0 ** 1024 overflows; nobody waits that long.
        top = min(self.cap, self.base * 2.0 ** min(attempt - 1, 60))
        return top / 2 + top / 2 * chance if throttled else top * chance

    def wait(
        self, attempt: int, *, throttled: bool = False, hint: float | None = None, chance: float = 1.0
    ) -> float:
        """The wait after an attempt, in seconds.

        A hint of the service takes the place of our own wait: never earlier than it says, and at most a tenth later, since
        the gate already spreads the requests that come after it. Of our own wait a second at most is kept, so that
        "come back in 0 seconds" does not become a busy loop.

        Args:
            attempt: The attempt that failed, from 1.
            throttled: Whether it was refused for too many requests.
            hint: Seconds that the service asked for, or None.
            chance: A random number from 0 to 1.
        """
        own = self.backoff(attempt, throttled=throttled, chance=chance)
        if hint is None or not math.isfinite(hint):
            return own
        return max(min(own, 1.0), hint * (1.0 + HINT_SPREAD * chance))

    def accepts(self, hint: float | None) -> bool:
        """Whether a wait that the service asks for is one we are willing to make."""
        return hint is None or hint <= self.longest_hint
