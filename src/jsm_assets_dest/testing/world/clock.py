"""The clock of the emulated site, which moves when somebody sleeps and never makes anybody wait."""

from __future__ import annotations

import datetime
import threading
import time as real_time
from functools import lru_cache

DEFAULT_START = 1_767_600_000.0
"""
Where the clock of an emulator starts: 2026-01-05T08:00:00Z.
"""


class EmulatorClock:
    """A clock that SDK and emulator share in tests.

    `sleep` moves it forward at once. While the emulator is served over a socket the clock follows real time in
    addition, because clients over there wait for real. Thread-safe.

    Args:
        start: the time it shows at first, in seconds since 1970.
    """

    __module__ = "jsm_assets_dest.testing"

    def __init__(self, start: float = DEFAULT_START) -> None:
        self._lock = threading.Lock()
        self._start = start
        self._moved = 0.0
        self._followers = 0
        self._following_since = 0.0
        self._skew = 0.0
        self.slept: list[float] = []

    def _elapsed(self) -> float:
        real = real_time.monotonic() - self._following_since if self._followers else 0.0
        return self._moved + real

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        with self._lock:
            return 1000.0 + self._elapsed()

    def time(self) -> float:
        """Seconds since 1970."""
        with self._lock:
            return self._start + self._elapsed()

    def milliseconds(self) -> int:
        """Milliseconds since 1970, the unit in which the world notes times."""
        return round(self.time() * 1000)

    def sleep(self, seconds: float) -> None:
        """Move the clock forward and return at once. Each sleep is noted in `slept`."""
        with self._lock:
            self.slept.append(seconds)
            self._moved += max(0.0, seconds)

    async def sleep_async(self, seconds: float) -> None:
        """As `sleep`, and let other tasks run."""
        from anyio.lowlevel import checkpoint

        self.sleep(seconds)
        await checkpoint()

    def advance(self, seconds: float) -> None:
        """Move the clock without noting a sleep: time passes on the side of the service."""
        with self._lock:
            self._moved += max(0.0, seconds)

    def skew(self, seconds: float) -> None:
        """Let the `Date` header of answers be off by this many seconds."""
        self._skew = seconds

    def header_time(self) -> float:
        """What the service believes the time to be, for the `Date` header."""
        return self.time() + self._skew

    def follow_real_time(self) -> None:
        """From now on real time moves the clock as well; calls may be nested."""
        with self._lock:
            if not self._followers:
                self._following_since = real_time.monotonic()
            self._followers += 1

    def stand_still(self) -> None:
        """The end of one `follow_real_time`."""
        with self._lock:
            moved = self._elapsed()
            self._followers -= 1
            if not self._followers:
                self._moved = moved

    def set_time(self, seconds: float) -> None:
        """Continue at another time, as when a state file is read."""
        with self._lock:
            self._start = seconds - self._elapsed()


@lru_cache(maxsize=4096)
def timestamp(milliseconds: int) -> str:
    """The form of times in models: UTC, milliseconds, `Z`."""
    moment = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def import_timestamp(milliseconds: int) -> str:
    """The form of times in import status documents: as `timestamp`, but with `+00:00`."""
    return timestamp(milliseconds)[:-1] + "+00:00"


def display_timestamp(milliseconds: int) -> str:
    """The form in which times are shown to people: `16/Feb/21 8:04 PM`."""
    moment = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.UTC)
    hour = moment.hour % 12 or 12
    return f"{moment:%d/%b/%y} {hour}:{moment:%M %p}"
