"""The findings of the probe: settled switches, verdicts, reasons, and the shapes of responses."""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs

from ..site_profile import SiteProfile
from ..world.doubts import Doubts
from .client import Reply
from .shapes import field_shape, header_shape

#: The type of a switch of `Doubts`.
Reading: TypeAlias = bool | int | float | str

_DEFAULTS = Doubts()


class Findings:
    """Collects what the responses of a site show."""

    def __init__(self) -> None:
        self.switches: dict[str, Reading] = {}
        self.questions: dict[int, dict[str, str]] = {}
        self.group: str = ""
        self.not_asked: dict[str, str] = {}
        self.responses: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    def settle(self, switch: str, value: Reading) -> None:
        """Record the reading of a switch, if the emulator has it."""
        try:
            attrs.evolve(_DEFAULTS, **{switch: value})  # type: ignore[arg-type]  # checked by the validators
        except ValueError:
            self.skip(switch, "The site responds in a way that the emulator does not have.")
            return
        self.switches[switch] = value
        self.not_asked.pop(switch, None)

    def settle_by_status(self, switch: str, status: int, readings: dict[int, bool]) -> None:
        """Record the reading that a status shows; another status settles nothing."""
        if status in readings:
            self.settle(switch, readings[status])
        else:
            self.skip(switch, f"The site responded with HTTP {status}.")

    def settle_seconds(self, switch: str, pending_at: float | None, done_at: float) -> None:
        """Record a duration: the default if it fits the two looks, otherwise the time of the second one.

        Args:
            switch: the name.
            pending_at: the seconds at the last look before it was done; None if it was done at the first look.
            done_at: the seconds at the look after it.
        """
        default = float(getattr(_DEFAULTS, switch))
        fits = default <= done_at and (pending_at is None or default > pending_at)
        self.settle(switch, default if fits else round(done_at, 1))

    def skip(self, name: str, reason: str) -> None:
        """Record why a switch or a question was not settled."""
        if name not in self.switches:
            self.not_asked[name] = reason

    def answer(self, number: int, verdict: str) -> None:
        """Record a verdict of the current question group, or add to it."""
        verdicts = self.questions.setdefault(number, {})
        earlier = verdicts.get(self.group)
        verdicts[self.group] = f"{earlier}; {verdict}" if earlier else verdict
        self.not_asked.pop(f"question {number}", None)

    def observe(self, operation: str, reply: Reply, *, keys_are_names: bool = False) -> None:
        """Record the shape of a response."""
        fields = field_shape(reply.document, keys_are_names=keys_are_names)
        shape = {"headers": header_shape(reply.headers), "fields": fields}
        self.responses[f"{operation} {reply.status}"] = shape

    def profile(self, requests: int, day: str) -> SiteProfile:
        """Return everything as a profile."""
        return SiteProfile(
            switches=self.switches,
            questions=dict(sorted(self.questions.items())),
            not_asked=self.not_asked,
            responses=self.responses,
            asked=tuple(self.asked),
            requests=requests,
            probed=day,
        )
