"""Where an import is, while it runs."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from attrs import asdict, field, frozen

from .._display.html import Markup, whole

_BAR = "width:16em;height:1em;vertical-align:middle;accent-color:#0c66e4"


class ImportPhase(enum.StrEnum):
    """Where an import is."""

    STARTING = "starting"
    SENDING = "sending"
    PROCESSING = "processing"
    DONE = "done"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


def duration_text(seconds: float) -> str:
    """Seconds as people read them."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {left:02} s"


def count_text(number: int, one: str, many: str = "") -> str:
    """A number and its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@frozen(kw_only=True)
class ImportProgress:
    """Where an import is; reported after each chunk and each look at the execution.

    Attributes:
        phase: Where it is.
        read: Records taken from the source.
        sent: Records in chunks that the service took; it has not looked at them yet.
        refused: Records that were not sent because they do not fit.
        chunks: Chunks that the service took.
        in_flight: Chunks that are on their way.
        bytes_sent: Bytes of the chunks that the service took.
        total: Records in all, or None when nobody knows.
        elapsed: Seconds since the import began.
        sending: Seconds since the first record was asked for; the rate is taken from it.
        retries: Requests that had to be sent again.
        throttled: Seconds spent waiting because the service asked for it.
        state: What the execution said last, such as PROCESSING.
        selectors: Records sent, by selector.
    """

    phase: ImportPhase
    read: int = 0
    sent: int = 0
    refused: int = 0
    chunks: int = 0
    in_flight: int = 0
    bytes_sent: int = 0
    total: int | None = None
    elapsed: float = 0.0
    sending: float = 0.0
    retries: int = 0
    throttled: float = 0.0
    state: str = ""
    selectors: Mapping[str, int] = field(factory=dict)

    @property
    def is_last(self) -> bool:
        """Whether no further report follows."""
        return self.phase in (ImportPhase.DONE, ImportPhase.CANCELLED, ImportPhase.INTERRUPTED)

    @property
    def rate(self) -> float:
        """Records per second that the service has taken."""
        return self.sent / self.sending if self.sending > 0 else 0.0

    @property
    def fraction(self) -> float | None:
        """How much of the records is done with, from 0 to 1; None when nobody knows the total."""
        if self.total is None:
            return None
        return min(1.0, (self.sent + self.refused) / self.total) if self.total > 0 else 1.0

    @property
    def remaining(self) -> float | None:
        """Seconds until all records are sent, at the rate so far; None when nobody knows.

        How long Assets works on them afterwards cannot be known.
        """
        if self.total is None or not self.rate:
            return None
        return max(0, self.total - self.sent - self.refused) / self.rate

    def to_dict(self) -> dict[str, object]:
        """The whole value as JSON-ready data."""
        return {
            **asdict(self, recurse=False),
            "phase": str(self.phase),
            "selectors": dict(self.selectors),
            "rate": self.rate,
            "fraction": self.fraction,
            "remaining": self.remaining,
        }

    def __repr__(self) -> str:
        return f"<ImportProgress {self}>"

    def __str__(self) -> str:
        total = "" if self.total is None else f" of {self.total:,}"
        share = "" if self.fraction is None else f" ({self.fraction:.0%})"
        parts = [
            f"{self.phase}: {self.sent:,}{total} records sent{share} in {count_text(self.chunks, 'chunk')}"
        ]
        if self.refused:
            parts.append(f"{self.refused:,} refused")
        if self.rate and self.phase is ImportPhase.SENDING:
            parts.append(f"{self.rate:,.0f} records/s")
            if self.remaining:
                parts.append(f"about {duration_text(self.remaining)} left")
        if self.retries:
            parts.append(count_text(self.retries, "retry", "retries"))
        if self.throttled >= 1:
            parts.append(f"throttled for {duration_text(self.throttled)}")
        return ", ".join(parts)

    def _repr_html_(self) -> str:
        share = 1.0 if self.phase is ImportPhase.DONE else self.fraction
        # While nobody knows the total, the bar only says that something happens; an ended one would go on saying it.
        value = f' value="{share:.4f}" max="1"' if share is not None else ""
        bar = f'<progress{value} style="{_BAR}"></progress> ' if value or not self.is_last else ""
        return whole(Markup(bar), str(self))
