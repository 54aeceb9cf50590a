"""Limits of the time and size of one attempt."""

from typing import Any

from attrs import Attribute, field, frozen

from .._display.short_repr import short_repr
from ..exceptions import ConfigurationError


def _positive(_limits: object, attribute: "Attribute[Any]", value: object) -> None:
    # Not the validators of attrs: loading those takes longer than everything else here together.
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ConfigurationError(
            f"`{attribute.name}` is {value!r}, not a number above 0. Nothing was sent.",
            field=attribute.name,
            fix="Pass a number above 0; float('inf') of seconds, or a great number of bytes, for no limit.",
        )


def _whole(limits: object, attribute: "Attribute[int]", value: object) -> None:
    _positive(limits, attribute, value)
    if not isinstance(value, int):
        raise ConfigurationError(
            f"`{attribute.name}` is {value!r}, not a whole number. Nothing was sent.",
            field=attribute.name,
            fix="Pass a whole number from 1 up.",
        )


@frozen(kw_only=True)
class Limits:
    """Bounds of a single attempt of a request; retries are bounded by `RetryPolicy`.

    Attributes:
        connect: Seconds to reach the service, TLS handshake included.
        attempt: Seconds for one attempt, from the first byte sent to the last byte read. This also ends a response that
            comes byte by byte. httpx alone has no such limit.
        connections: Most connections to the service, and so the most requests in flight.
        control_bytes: Most bytes of an ordinary response after decompression.
        listing_bytes: Most bytes of a listing after decompression.
    """

    __module__ = "jsm_assets_dest"
    __repr__ = short_repr

    connect: float = field(default=10.0, validator=_positive)
    attempt: float = field(default=60.0, validator=_positive)
    connections: int = field(default=20, validator=_whole)
    control_bytes: int = field(default=8 * 1024 * 1024, validator=_positive)
    listing_bytes: int = field(default=64 * 1024 * 1024, validator=_positive)
