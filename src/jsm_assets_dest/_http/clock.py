"""The clocks that measure and make waits."""

from __future__ import annotations

import time
from typing import Protocol, final


class Clock(Protocol):
    """The clock of a connection.

    Tests use a clock that moves forward instead of sleeping, such as the emulator's. Nothing then really waits.
    """

    def monotonic(self) -> float:
        """Return seconds that never decrease, for deadlines and durations."""
        ...

    def time(self) -> float:
        """Return seconds since 1970, to compare with dates of the service."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Wait without blocking other tasks."""
        ...


Clock.__module__ = "jsm_assets_dest"  # a protocol would take an assignment in its body for a member


@final
class SystemClock:
    """The computer's clock.

    The sync engine waits by other means, so that an interrupted run continues immediately.
    """

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        import anyio

        await anyio.sleep(seconds)


def clock_for(transport: object | None, clock: Clock | None) -> Clock:
    """Return the clock of a connection: the caller's, else the `clock` of the transport, else the computer's.

    A transport that emulates a site has a clock of its own. Without it, a wait for that site would take real time.
    """
    if clock is not None:
        return clock
    transport_clock: Clock | None = getattr(transport, "clock", None)
    return SystemClock() if transport_clock is None else transport_clock
