"""What time it is, and how to let it pass."""

from __future__ import annotations

import time
from typing import Protocol, final


class Clock(Protocol):
    """A clock that a connection lives by.

    Tests pass one that moves on when it is asked to sleep, such as the emulator's, so that nothing really waits.
    """

    def monotonic(self) -> float:
        """Seconds that never run backwards: deadlines and durations."""
        ...

    def time(self) -> float:
        """Seconds since 1970: to compare with dates that the service sends."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Let that many seconds pass without holding up other tasks."""
        ...


@final
class SystemClock:
    """The computer's clock.

    Engines wait on it in a way of their own, so that an interrupted run wakes up at once.
    """

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Let that many seconds pass without holding up other tasks."""
        import anyio

        await anyio.sleep(seconds)
