"""The checklist of a destination: what is done, what is to be done next, and by whom."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from attrs import field, frozen

from .._display.html import (
    Markup,
    Tone,
    as_html,
    below,
    bullets,
    facts,
    faint,
    grid,
    joined,
    linked,
    mark,
    strong,
    whole,
)
from ..exceptions import AssetsError, ProblemsFoundError

if TYPE_CHECKING:
    from .._assets.import_sources import ImportSource
    from .._assets.object_schemas import ObjectSchemaRecord
    from .._assets.reports import ConnectionReport, ImportTokenReport
    from .._assets.roles import SchemaRoles
    from .._plan.build_plan import BuildPlanRecord
    from .._plan.conflicts import ConflictRecord


class StepState(enum.StrEnum):
    """How far a step is."""

    #: Nothing is left to do.
    DONE = "done"
    #: Something is to be done; nothing is wrong.
    OPEN = "open"
    #: Something is wrong, and somebody must act.
    FAILED = "failed"
    #: It cannot be judged, or done, before an earlier step is done.
    WAITING = "waiting"
    #: It could not be found out.
    UNKNOWN = "unknown"


_SIGNS = {
    StepState.DONE: "✓",
    StepState.OPEN: "○",
    StepState.FAILED: "✗",
    StepState.WAITING: "…",
    StepState.UNKNOWN: "?",
}
_TONES = {
    StepState.DONE: Tone.GOOD,
    StepState.OPEN: Tone.CHANGE,
    StepState.FAILED: Tone.BAD,
    StepState.WAITING: Tone.QUIET,
    StepState.UNKNOWN: Tone.DOUBTFUL,
}

#: The steps, in the order in which they build on each other.
STEPS = ("connection", "schema", "roles", "model", "token", "ready")


@frozen(kw_only=True)
class DestinationStep:
    """One step of the checklist.

    Attributes:
        name: "connection", "schema", "roles", "model", "token" or "ready".
        state: How far it is.
        summary: The same in a sentence.
        evidence: What it is based on: an id, a name, a number.
        waits_for: The names of the steps that come first.
        link: The page where a person sees it or does it; empty where there is none.
        remedies: What to do, in order; each names who must act.
        cause: The likely cause of a failure, with how certain it is.
        error: The error behind it, for programs.
    """

    name: str
    state: StepState
    summary: str
    evidence: str = ""
    waits_for: tuple[str, ...] = ()
    link: str = ""
    remedies: tuple[str, ...] = ()
    cause: str = ""
    error: AssetsError | None = field(default=None, repr=False, eq=False)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.state is StepState.DONE

    @property
    def next_step(self) -> str:
        """What to do first, beginning with who must do it; empty when nothing is."""
        return self.remedies[0] if self.remedies else ""

    @property
    def who(self) -> str:
        """Who must act first; empty when nobody has to."""
        who, colon, _ = self.next_step.partition(": ")
        return who if colon else ""

    def to_dict(self) -> dict[str, object]:
        """The step as JSON-ready data."""
        return {
            "name": self.name,
            "state": self.state.value,
            "summary": self.summary,
            "evidence": self.evidence,
            "waits_for": list(self.waits_for),
            "link": self.link,
            "next_step": self.next_step,
            "who": self.who,
            "remedies": list(self.remedies),
            "cause": self.cause,
            "error": None if self.error is None else self.error.to_dict(),
        }

    def __str__(self) -> str:
        evidence = f" ({self.evidence})" if self.evidence else ""
        lines = [f"{_SIGNS[self.state]} {self.name}: {self.state.value}. {self.summary}{evidence}"]
        if not self.is_done:
            if self.cause:
                lines.append(f"    Cause: {self.cause}")
            lines += [f"    {number}. {remedy}" for number, remedy in enumerate(self.remedies, 1)]
            if self.link:
                lines.append(f"    {self.link}")
        return "\n".join(lines)


@frozen(kw_only=True, repr=False)
class DestinationStatus:
    """How far a destination is: six steps, and what was found on the way.

    Attributes:
        name: The destination's name.
        site: The site's address; empty where it is not known.
        steps: The steps, in the order in which they build on each other.
        connection: The whole report about the connection, or None where there is none.
        schema: The object schema, or None where there is none yet.
        roles: Its roles, or None where they cannot be read.
        conflicts: Object types of the schema that stand where the model's shall be.
        token: The whole report about the import token, or None where there is none.
        plan: What building the model would change, or None where that is not known.
        import_sources: The imports of the schema; read only while a token is missing.
    """

    name: str
    site: str
    steps: tuple[DestinationStep, ...]
    connection: ConnectionReport | None = None
    schema: ObjectSchemaRecord | None = None
    roles: SchemaRoles | None = None
    conflicts: tuple[ConflictRecord, ...] = ()
    token: ImportTokenReport | None = None
    plan: BuildPlanRecord | None = None
    import_sources: tuple[ImportSource, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every step is done."""
        return all(step.is_done for step in self.steps)

    @property
    def is_ready(self) -> bool:
        """Whether an import can start now; a step that an import does not need may still be open."""
        return self["ready"].is_done

    @property
    def current(self) -> DestinationStep | None:
        """The first step that is not done: what a person should be shown next. None when all are."""
        return next((step for step in self.steps if not step.is_done), None)

    def __getitem__(self, name: str) -> DestinationStep:
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def raise_for_problems(self) -> None:
        """Raise unless an import can start; the error of the step in the way, if it has one, is the `__cause__`.

        Raises:
            ProblemsFoundError: It cannot; it carries this status as its report.
        """
        if self.is_ready:
            return
        step = self["ready"]
        while step.waits_for:
            step = self[step.waits_for[0]]
        raise ProblemsFoundError(
            f"The destination “{self.name}” is not ready: {step.name}: {step.summary}",
            report=self,
            cause=step.cause,
            remedies=step.remedies,
        ) from step.error

    def to_dict(self) -> dict[str, object]:
        """The checklist with all that was found, as JSON-ready data."""
        return {
            "name": self.name,
            "site": self.site,
            "ok": self.ok,
            "is_ready": self.is_ready,
            "current": None if self.current is None else self.current.name,
            "steps": [step.to_dict() for step in self.steps],
            "connection": None if self.connection is None else self.connection.to_dict(),
            "schema": None if self.schema is None else self.schema.to_dict(),
            "roles": None if self.roles is None else self.roles.to_dict(),
            "conflicts": [conflict.to_dict() for conflict in self.conflicts],
            "token": None if self.token is None else self.token.to_dict(),
            "plan": None if self.plan is None else self.plan.to_dict(),
            "import_sources": [source.to_dict() for source in self.import_sources],
        }

    @property
    def _title(self) -> str:
        where = f" on {self.site}" if self.site else ""
        verdict = "ready" if self.is_ready else "not ready"
        return f"{self.name}{where}: {verdict}"

    def __repr__(self) -> str:
        done = sum(step.is_done for step in self.steps)
        return f"<DestinationStatus {self._title}, {done} of {len(self.steps)} steps done>"

    def __str__(self) -> str:
        return "\n".join(
            [self._title, *("\n  ".join(["", *str(step).splitlines()])[1:] for step in self.steps)]
        )

    def _repr_html_(self) -> str:
        where = f" on {self.site}" if self.site else ""
        done = sum(step.is_done for step in self.steps)
        verdict = mark("ready", Tone.GOOD) if self.is_ready else mark("not ready", Tone.DOUBTFUL)
        return whole(
            below(joined(strong(f"{self.name}{where}"), " ", verdict)),
            facts([f"{done} of {len(self.steps)} steps done"]),
            grid(("State", "Step", "Finding"), [_row(step, self.site) for step in self.steps]),
        )


def _row(step: DestinationStep, site: str) -> tuple[Markup, str, Markup]:
    remedies = () if step.is_done else step.remedies
    return (
        mark(f"{_SIGNS[step.state]} {step.state.value}", _TONES[step.state]),
        step.name,
        joined(
            step.summary,
            joined(" ", faint(f"({step.evidence})")) if step.evidence else "",
            below(Markup(f"<em>{as_html(step.cause)}</em>")) if step.cause and not step.is_done else "",
            bullets((linked(remedy, site) for remedy in remedies), numbered=True),
            below(linked(step.link, site))
            if step.link and not any(step.link in one for one in remedies)
            else "",
        ),
    )
