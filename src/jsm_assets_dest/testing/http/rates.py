"""Rate limits: one bucket of tokens per credential and operation."""

from __future__ import annotations

import math

from attrs import define

from ..world.clock import EmulatorClock, timestamp
from ..world.rejections import errors_body
from .exchange import Response, json_response


@define
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """A limit on requests.

    Args:
        clock: time source of the buckets.
        per_minute: requests in the long run, per credential and operation.
        burst: requests at once; the same as per minute if None.
        retry_after: value of `Retry-After` in seconds; the actual wait if None.
        operation: only this operation; every operation separately if None.
        shared: True for one bucket of all credentials.
        hints: False for the gateway's own 429, which has a reset, but neither `Retry-After` nor a reason.
    """

    __module__ = "jsm_assets_dest.testing"

    def __init__(
        self,
        clock: EmulatorClock,
        per_minute: float,
        burst: int | None = None,
        retry_after: int | None = None,
        operation: str | None = None,
        *,
        shared: bool = False,
        hints: bool = True,
    ) -> None:
        if per_minute <= 0 or (burst is not None and burst < 1):
            raise ValueError("per_minute must be positive and burst at least 1")
        self._clock = clock
        self._per_second = per_minute / 60
        self._size = float(burst if burst is not None else max(1, math.floor(per_minute)))
        self._retry_after = retry_after
        self._operation = operation
        self._shared = shared
        self._hints = hints
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self.refused: int = 0

    def __repr__(self) -> str:
        rate = f"{self._per_second * 60:g} requests per minute"
        return f"<RateLimit: {rate}, bursts of {self._size:g}, {self.refused} rejected>"

    def take(self, identity: str, operation: str) -> Response | None:
        """Count a request.

        Returns:
            429 with the headers of Jira's platform if the bucket is empty, otherwise None.
        """
        if self._operation is not None and operation != self._operation:
            return None
        now = self._clock.monotonic()
        identity = "" if self._shared else identity
        bucket = self._buckets.setdefault((identity, operation), _Bucket(self._size, now))
        bucket.tokens = min(self._size, bucket.tokens + (now - bucket.filled_at) * self._per_second)
        bucket.filled_at = now
        if bucket.tokens >= 1 - 1e-9:
            bucket.tokens -= 1
            return None
        self.refused += 1
        wait = (1 - bucket.tokens) / self._per_second
        reset = timestamp(self._clock.milliseconds() + math.ceil(wait * 1000))
        seconds = self._retry_after if self._retry_after is not None else math.ceil(wait - 1e-6)
        headers = {
            "Retry-After": str(seconds),
            "X-RateLimit-Limit": str(int(self._size)),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": reset,
            "X-RateLimit-NearLimit": "true",
            "RateLimit-Reason": "jira-burst-based",
        }
        if not self._hints:
            del headers["Retry-After"], headers["RateLimit-Reason"], headers["X-RateLimit-NearLimit"]
            headers["X-Failure-Category"] = "FAILURE CLIENT RATE LIMITED"
        return json_response(errors_body(["Rate limit exceeded."]), 429, headers)
