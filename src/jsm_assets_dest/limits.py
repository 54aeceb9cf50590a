"""
How long and how much a connection lets one attempt take.
"""

from __future__ import annotations

from attrs import field, frozen, validators


@frozen(kw_only=True)
class Limits:
    """
    Bounds of a single attempt of a request; retries are bounded by `RetryPolicy`.

    Attributes:
        connect: Seconds to reach the service, TLS handshake included.
        attempt: Seconds that one attempt may take in all, from the first byte sent to the last one read. A server that
            keeps a call alive by dripping bytes ends here; plain httpx has no such bound.
        connections: Connections kept to the service, and so the greatest number of requests in flight.
        control_bytes: Bytes that an ordinary answer may have once it is unpacked.
        listing_bytes: Bytes that a listing may have once it is unpacked.
    """

    connect: float = field(default=10.0, validator=validators.gt(0))
    attempt: float = field(default=60.0, validator=validators.gt(0))
    connections: int = field(default=20, validator=validators.ge(1))
    control_bytes: int = field(default=8 * 1024 * 1024, validator=validators.gt(0))
    listing_bytes: int = field(default=64 * 1024 * 1024, validator=validators.gt(0))
