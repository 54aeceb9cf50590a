"""The checklist of a destination as values: steps with a code, a state, and an action, and the status as a whole."""

import enum
from collections.abc import Mapping
from typing import ClassVar, Literal, TypeAlias, get_args

from attrs import field, frozen

from .._assets.import_sources import ImportSource
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.reports import ConnectionReport, ImportTokenReport, finding, first_to_act
from .._assets.roles import SchemaRoles
from .._display.html import Markup, Tone, below, facts, grid, joined, linked, mark, strong, whole
from .._display.values import PlainData, plain_data, public_value
from .._plan.build_plan import BuildPlanRecord
from .._plan.conflicts import ConflictRecord
from ..exceptions import AssetsError, ProblemsFoundError

#: Codes of the steps, in the order in which a wizard shows them.
StepCode: TypeAlias = Literal[
    "connection",
    "schema",
    "conflicts",
    "roles",
    "import_source",
    "token",
    "model",
    "build",
    "ready",
]
STEPS: tuple[StepCode, ...] = get_args(StepCode)
#: Codes of the actions that complete a step.
ActionCode: TypeAlias = Literal[
    "fix_connection",
    "choose_schema",
    "create_schema",
    "resolve_conflicts",
    "restrict_roles",
    "create_import_source",
    "enable_import_source",
    "paste_token",
    "fix_token",
    "fix_model",
    "build",
    "import",
]


class StepState(enum.StrEnum):
    """State of a step."""

    __module__ = "jsm_assets_dest"

    #: Nothing remains to be done.
    DONE = "done"
    #: Someone must choose or enter something first.
    NEEDS_INPUT = "needs_input"
    #: Everything that the step needs is known, so its action can be carried out.
    OPEN = "open"
    #: Something is wrong.
    FAILED = "failed"
    #: An earlier step, or a running import, must end first.
    WAITING = "waiting"
    #: The state could not be determined.
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The state in words."""
        return self.value.replace("_", " ")


#: Sign and color of a state's mark; the words are always beside them.
_LOOKS = {
    StepState.DONE: ("✓", Tone.GOOD),
    StepState.NEEDS_INPUT: ("○", Tone.CHANGE),
    StepState.OPEN: ("○", Tone.CHANGE),
    StepState.FAILED: ("✗", Tone.BAD),
    StepState.WAITING: ("…", Tone.QUIET),
    StepState.UNKNOWN: ("?", Tone.DOUBTFUL),
}


@frozen
@public_value
class StepAction(PlainData):
    """The action that completes a step.

    Attributes:
        code: Code of the action, such as "choose_schema".
        parameters: Values that the action needs, as JSON-ready data, such as the object schemas to choose from.
    """

    code: ActionCode
    parameters: Mapping[str, object] = field(factory=dict, hash=False)


@frozen(kw_only=True)
@public_value
class DestinationStep(PlainData):
    """A step of the checklist.

    The texts are for an administrator: they contain no Python.

    Attributes:
        code: Code of the step: "connection", "schema", "conflicts", "roles", "import_source", "token", "model", "build", or
            "ready".
        state: State of the step.
        summary: The state in a sentence.
        action: What completes the step. None if it is done or waits for another step. The last step always has an action
            unless it failed.
        evidence: What the state is based on: an id, a name, or a number.
        waits_for: Codes of the steps that must be done first.
        link: Page on which a person sees or does it, or an empty string.
        remedies: What to do, in order. Each entry starts with the person who must act.
        cause: Likely cause of a failure.
        error: The error of a failed step.
    """

    _names_of_data: ClassVar = (
        "code name state summary action evidence waits_for link next_step who remedies cause error"
    )

    code: StepCode
    state: StepState
    summary: str
    action: StepAction | None = field(default=None, repr=False)
    evidence: str = field(default="", repr=False)
    waits_for: tuple[StepCode, ...] = field(default=(), repr=False)
    link: str = field(default="", repr=False)
    remedies: tuple[str, ...] = field(default=(), repr=False)
    cause: str = field(default="", repr=False)
    error: AssetsError | None = field(default=None, repr=False, eq=False)

    @property
    def name(self) -> str:
        """Name of the step in words."""
        return self.code.replace("_", " ")

    @property
    def is_done(self) -> bool:
        """True if nothing remains to be done."""
        return self.state is StepState.DONE

    @property
    def next_step(self) -> str:
        """First remedy, starting with the person who must act, or an empty string."""
        return self.remedies[0] if self.remedies else ""

    @property
    def who(self) -> str:
        """The person who must act first, or an empty string."""
        return first_to_act(self.remedies)

    def __str__(self) -> str:
        evidence = f" ({self.evidence})" if self.evidence else ""
        lines = [f"{_LOOKS[self.state][0]} {self.name}: {self.state.label}. {self.summary}{evidence}"]
        if not self.is_done:
            if self.cause:
                lines.append(f"    Cause: {self.cause}")
            lines += [f"    {number}. {remedy}" for number, remedy in enumerate(self.remedies, 1)]
            if self.link:
                lines.append(f"    {self.link}")
        return "\n".join(lines)


@frozen(kw_only=True)
@public_value
class DestinationStatus:
    """The checklist of a destination, with everything that was read for it.

    Attributes:
        name: Name of the destination.
        site: Address of the site, or an empty string if it is unknown.
        steps: The steps, in the order in which a wizard shows them.
        connection: Report about the connection. None if there is no connection.
        schema: The object schema. None if it does not exist yet.
        roles: Roles of the object schema. None if they could not be read.
        conflicts: Existing object types with the names of the model's object types.
        token: Report about the import token. None if there is no token.
        plan: Changes that building the model makes. None if they are unknown.
        import_sources: External imports of the object schema. They are read only until the token is accepted.
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
        """True if every step is done."""
        return all(step.is_done for step in self.steps)

    @property
    def is_ready(self) -> bool:
        """True if an import can start now. A step that an import does not need may still be open."""
        return self["ready"].is_done

    @property
    def current(self) -> DestinationStep | None:
        """The first step in which something can be done, or the first that waits. None if all steps are done."""
        remaining_steps = [step for step in self.steps if not step.is_done]
        can_act = [step for step in remaining_steps if step.state is not StepState.WAITING]
        return next(iter([*can_act, *remaining_steps]), None)

    def __getitem__(self, code: str) -> DestinationStep:
        for step in self.steps:
            if step.code == code:
                return step
        raise KeyError(code)

    def raise_for_problems(self) -> None:
        """Raise an exception unless an import can start.

        Raises:
            ProblemsFoundError: An import can't start. The error contains this status as its report. Its `__cause__` is the
                error of the step that must be done first, if that step has an error.
        """
        if self.is_ready:
            return
        step = self["ready"]
        while step.waits_for:
            step = self[step.waits_for[0]]
        raise ProblemsFoundError(
            f'The destination "{self.name}" is not ready: {step.summary}',
            report=self,
            cause=step.cause,
            remedies=step.remedies,
        ) from step.error

    def to_dict(self) -> dict[str, object]:
        """Return the checklist, with everything that was read for it, as JSON-ready data."""
        names = (
            "name site ok is_ready current steps connection schema roles conflicts token plan import_sources"
        )
        return {**plain_data(self, names), "current": None if self.current is None else self.current.code}

    @property
    def _title(self) -> str:
        return f"{self._subject}: {'ready' if self.is_ready else 'not ready'}"

    @property
    def _subject(self) -> str:
        return f"{self.name} on {self.site}" if self.site else self.name

    @property
    def _progress(self) -> str:
        return f"{sum(step.is_done for step in self.steps)} of {len(self.steps)} steps done"

    def __repr__(self) -> str:
        return f"<DestinationStatus {self._title}, {self._progress}>"

    def __str__(self) -> str:
        return "\n".join(
            [self._title, *("\n  ".join(["", *str(step).splitlines()])[1:] for step in self.steps)]
        )

    def _repr_html_(self) -> str:
        verdict = mark("ready", Tone.GOOD) if self.is_ready else mark("not ready", Tone.DOUBTFUL)
        return whole(
            below(joined(strong(self._subject), " ", verdict)),
            facts([self._progress]),
            grid(("State", "Step", "Result"), [_row(step, self.site) for step in self.steps]),
        )


def _row(step: DestinationStep, site: str) -> tuple[Markup, str, Markup]:
    sign, tone = _LOOKS[step.state]
    cause, remedies = ("", ()) if step.is_done else (step.cause, step.remedies)
    result = finding(step.summary, step.evidence, cause, remedies, site)
    if step.link and not any(step.link in remedy for remedy in remedies):
        result = joined(result, below(linked(step.link, site)))
    return mark(f"{sign} {step.state.label}", tone), step.name, result
