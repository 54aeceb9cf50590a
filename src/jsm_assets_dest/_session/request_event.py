"""Event of one attempt of a request, for a listener."""

from attrs import asdict, frozen


@frozen(kw_only=True)
class RequestEvent:
    """Start or end of one attempt of a request, for metrics and traces.

    It contains no secret, no body, and no value of a record. `operation`, `method`, `host`, and `error` have few values, so
    that they can be labels of a metric.

    Attributes:
        id: Number that the start and the end of an attempt share, unique in this process.
        operation: The request, such as "submit chunk". Addresses are not part of it.
        method: HTTP method.
        host: Receiver: "site", "gateway", or "authorization server".
        attempt: Number of the attempt of this request, from 1.
        is_end: True at the end of the attempt, False at its start.
        status: HTTP status at the end, or None without a complete response.
        seconds: Duration of the attempt, without waits before it; 0 at the start.
        throttled: True if a rate limit rejected the attempt.
        error: Code of the failure without a response, such as "answer_timeout"; "" if there is a response.
    """

    __module__ = "jsm_assets_dest"

    id: int
    operation: str
    method: str
    host: str
    attempt: int = 1
    is_end: bool = False
    status: int | None = None
    seconds: float = 0.0
    throttled: bool = False
    error: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return the event as JSON-ready data."""
        return asdict(self)

    def __str__(self) -> str:
        name = f"{self.operation}, attempt {self.attempt}"
        if not self.is_end:
            return f"{name}: started"
        outcome = self.error if self.status is None else f"HTTP {self.status}"
        return f"{name}: {outcome} after {self.seconds:.3f} s"
