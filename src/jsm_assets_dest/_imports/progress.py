"""Progress of a running import."""

import enum
from collections.abc import Mapping

from attrs import field, frozen

from .._display.html import Markup, whole
from .._display.values import plain_data, public_value
from .counts import count_text, duration_text

_BAR = "width:16em;height:1em;vertical-align:middle;accent-color:#0c66e4"


class ImportPhase(enum.StrEnum):
    """Phase of an import."""

    __module__ = "jsm_assets_dest"

    STARTING = "starting"
    SENDING = "sending"
    PROCESSING = "processing"
    DONE = "done"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


@frozen(kw_only=True)
@public_value
class ImportProgress:
    """Progress of an import, reported after each chunk and each status request.

    Attributes:
        phase: Phase of the import.
        read: Number of records read from the source.
        sent: Number of records in accepted chunks, which the service has not checked yet.
        refused: Number of invalid records, which were not sent.
        chunks: Number of accepted chunks.
        in_flight: Number of chunks in flight.
        bytes_sent: Bytes of the accepted chunks.
        total: Total number of records, or None if unknown.
        elapsed: Seconds since the import started.
        sending: Seconds since the first record was read; the base of `rate`.
        retries: Number of repeated requests.
        throttled: Seconds that the import has waited for the service's rate limits, including the current wait.
        waiting: Seconds of the wait that begins now, because a rate limit blocks the requests; 0 if there is none.
        state: Last state of the execution, such as PROCESSING.
        selectors: Number of sent records, by selector.
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
    waiting: float = 0.0
    state: str = ""
    selectors: Mapping[str, int] = field(factory=dict)

    @property
    def is_last(self) -> bool:
        """True if this is the last report."""
        return self.phase in (ImportPhase.DONE, ImportPhase.CANCELLED, ImportPhase.INTERRUPTED)

    @property
    def rate(self) -> float:
        """Accepted records per second."""
        return self.sent / self.sending if self.sending > 0 else 0.0

    @property
    def fraction(self) -> float | None:
        """Share of the records that was sent or rejected, from 0 to 1; None if the total is unknown."""
        if self.total is None:
            return None
        return min(1.0, (self.sent + self.refused) / self.total) if self.total > 0 else 1.0

    @property
    def remaining(self) -> float | None:
        """Seconds until all records are sent, at the rate so far; None if the total is unknown.

        The time that Assets needs to process them is not included, because it is unknown.
        """
        if self.total is None or not self.rate:
            return None
        return max(0, self.total - self.sent - self.refused) / self.rate

    def to_dict(self) -> dict[str, object]:
        """Return the progress as JSON-ready data."""
        return {**plain_data(self), **plain_data(self, "rate fraction remaining")}

    def __repr__(self) -> str:
        return f"<ImportProgress {self}>"

    def __str__(self) -> str:
        total = "" if self.total is None else f" of {self.total:,}"
        share = "" if self.fraction is None else f" ({self.fraction:.0%})"
        parts = [
            f"{self.phase}: {self.sent:,}{total} records sent{share} in {count_text(self.chunks, 'chunk')}"
        ]
        if self.refused:
            parts.append(f"{self.refused:,} rejected")
        if self.rate and self.phase is ImportPhase.SENDING:
            parts.append(f"{self.rate:,.0f} records/s")
            if self.remaining:
                parts.append(f"about {duration_text(self.remaining)} left")
        if self.retries:
            parts.append(count_text(self.retries, "retry", "retries"))
        if self.waiting >= 1:
            parts.append(f"waiting {duration_text(self.waiting)} for the rate limit")
        elif self.throttled >= 1:
            parts.append(f"throttled for {duration_text(self.throttled)}")
        return ", ".join(parts)

    def _repr_html_(self) -> str:
        share = 1.0 if self.phase is ImportPhase.DONE else self.fraction
        # Without a total, the bar is animated, so a finished import must not have one.
        value = f' value="{share:.4f}" max="1"' if share is not None else ""
        bar = f'<progress{value} style="{_BAR}"></progress> ' if value or not self.is_last else ""
        return whole(Markup(bar), str(self))
