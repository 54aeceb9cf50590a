"""The clock of the emulated site. It advances when a client sleeps, and no one waits."""

from __future__ import annotations

import datetime
import threading
import time as real_time
from functools import lru_cache

DEFAULT_START = 1_767_600_000.0
"""
Start of an emulator's clock: 2026-01-05T08:00:00Z.
"""


class EmulatorClock:
    """A time source that SDK and emulator share in tests.

    `sleep` advances it immediately. While the emulator is served over a socket, the clock follows real time as well,
    because clients in other processes really wait. Thread-safe.

    Args:
        start: its first time, in seconds since 1970.
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

    def __repr__(self) -> str:
        time = datetime.datetime.fromtimestamp(self.time(), datetime.UTC)
        return f"<EmulatorClock {time:%Y-%m-%dT%H:%M:%SZ}>"

    def _elapsed(self) -> float:
        real = real_time.monotonic() - self._following_since if self._followers else 0.0
        return self._moved + real

    def monotonic(self) -> float:
        """Return seconds since a fixed time; they never decrease."""
        with self._lock:
            return 1000.0 + self._elapsed()

    def time(self) -> float:
        """Return seconds since 1970."""
        with self._lock:
            return self._start + self._elapsed()

    def milliseconds(self) -> int:
        """Return milliseconds since 1970, the unit of all stored times."""
        return round(self.time() * 1000)

    def sleep(self, seconds: float) -> None:
        """Advance the clock and return immediately. Each sleep is recorded in `slept`."""
        with self._lock:
            self.slept.append(seconds)
            self._moved += max(0.0, seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Sleep as `sleep` does, and allow other tasks to run."""
        from anyio.lowlevel import checkpoint

        self.sleep(seconds)
        await checkpoint()

    def advance(self, seconds: float) -> None:
        """Advance the clock without recording a sleep: time passes on the side of the service."""
        with self._lock:
            self._moved += max(0.0, seconds)

    def skew(self, seconds: float) -> None:
        """Shift the `Date` header of responses by this many seconds."""
        self._skew = seconds

    def header_time(self) -> float:
        """Return the time for the `Date` header."""
        return self.time() + self._skew

    def follow_real_time(self) -> None:
        """Advance the clock by real time as well, from now on. Calls may be nested."""
        with self._lock:
            if not self._followers:
                self._following_since = real_time.monotonic()
            self._followers += 1

    def stand_still(self) -> None:
        """End one `follow_real_time`."""
        with self._lock:
            moved = self._elapsed()
            self._followers -= 1
            if not self._followers:
                self._moved = moved

    def set_time(self, seconds: float) -> None:
        """Set the time, for example after a state file was read."""
        with self._lock:
            self._start = seconds - self._elapsed()


@lru_cache(maxsize=4096)
def timestamp(milliseconds: int) -> str:
    """Format a time as in models: UTC, milliseconds, `Z`."""
    moment = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.UTC)
    # Not strftime, which does not pad the year on every system.
    return f"{moment.replace(tzinfo=None).isoformat()}.{milliseconds % 1000:03d}Z"


def import_timestamp(milliseconds: int) -> str:
    """Format a time as in import status documents: `+00:00` instead of `Z`."""
    return timestamp(milliseconds)[:-1] + "+00:00"


_DATES = {"de": "%d.%m.%y", "ko": "%y/%m/%d"}


def display_date(date: datetime.date, language: str) -> str:
    """Format a date as in display values: `16/Feb/21`, `16.02.21` in German, `21/02/16` in Korean."""
    return date.strftime(_DATES.get(language, "%d/%b/%y"))


def display_timestamp(milliseconds: int, language: str) -> str:
    """Format a time as in display values: `16/Feb/21 8:04 PM`, in the language of the reader."""
    moment = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.UTC)
    date = display_date(moment, language)
    if language == "de":
        return f"{date} {moment:%H:%M}"
    half = moment.strftime("%p") if language != "ko" else "오전" if moment.hour < 12 else "오후"
    return f"{date} {moment.hour % 12 or 12}:{moment:%M} {half}"
