"""The findings of the linter. Each one has a path, a message, and a remedy."""

import enum
from collections.abc import Iterable, Iterator
from functools import partial
from typing import overload

from attrs import field, frozen

from .._arguments.checking import checked_methods
from .._arguments.fitting import instances
from .._display.html import Tone, faint, joined, mark, table
from .._display.values import PlainData, public_value
from ..exceptions import InvalidModelError


class Severity(enum.StrEnum):
    """The severity of a finding."""

    __module__ = "jsm_assets_dest"

    #: Assets or the import rejects it, or data would be lost. Nothing is built before it is fixed.
    ERROR = "error"
    #: It works, but probably not as intended.
    WARNING = "warning"
    #: It works, but Atlassian or experience recommends something else.
    ADVICE = "advice"


@frozen
@public_value
class Finding(PlainData):
    """One finding of the linter.

    Attributes:
        severity: Its severity.
        code: A stable code for programs, such as "identifier-missing".
        path: The place: "people", "people.manager", "people.manager.locators", "statuses.Locked Out", "name".
        message: What is wrong, in one sentence.
        remedy: What to do, in one sentence.
    """

    severity: Severity
    code: str
    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.severity.value} at {self.path}: {self.message} {self.remedy}"


error = partial(Finding, Severity.ERROR)
warning = partial(Finding, Severity.WARNING)
advice = partial(Finding, Severity.ADVICE)


def _items(values: Iterable[Finding]) -> tuple[Finding, ...]:
    order = list(Severity)
    items = instances(Finding, values, "items")
    return tuple(sorted(items, key=lambda finding: order.index(finding.severity)))


@checked_methods
@frozen
@public_value
class Findings:
    """All findings of a model, errors first, otherwise in the order of the model."""

    items: tuple[Finding, ...] = field(default=(), converter=_items)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Problems that must be fixed before anything is built."""
        return self.of(Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Parts that probably do not work as intended."""
        return self.of(Severity.WARNING)

    @property
    def advice(self) -> tuple[Finding, ...]:
        """Parts that work, although another choice is recommended."""
        return self.of(Severity.ADVICE)

    @property
    def ok(self) -> bool:
        """True if there are no errors. Warnings and advice are allowed."""
        return not self.errors

    def of(self, severity: Severity | str) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        return tuple(finding for finding in self.items if finding.severity is severity)

    def with_code(self, code: str) -> tuple[Finding, ...]:
        """Return the findings with this code."""
        return tuple(finding for finding in self.items if finding.code == code)

    def raise_for_errors(self) -> None:
        """Raise an error that lists all errors.

        Raises:
            InvalidModelError: There are errors. Its `findings` has all findings.
        """
        errors = self.errors
        if errors:
            places = "; ".join(f"{error.path}: {error.message}" for error in errors)
            count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
            raise InvalidModelError(
                f"The schema model has {count}: {places}",
                findings=self.items,
                remedies=tuple(f"You: {error.path}: {error.remedy}" for error in errors),
            )

    def to_dict(self) -> dict[str, object]:
        """Return the findings as JSON-ready data."""
        return {"ok": self.ok, "findings": [finding.to_dict() for finding in self.items]}

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, index: int | slice) -> Finding | tuple[Finding, ...]:
        return self.items[index]

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.items) or "no findings"

    def __repr__(self) -> str:
        return f"<Findings errors={len(self.errors)} warnings={len(self.warnings)} advice={len(self.advice)}>"

    def _repr_html_(self) -> str:
        tones = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.DOUBTFUL, Severity.ADVICE: Tone.QUIET}
        return table(
            ("Severity", "Where", "Finding"),
            [
                (
                    mark(finding.severity.value, tones[finding.severity]),
                    finding.path,
                    joined(finding.message, " ", faint(finding.remedy)),
                )
                for finding in self.items
            ],
            empty="No findings.",
        )


class FindingCollector:
    """Collects errors, to raise all of them at once."""

    def __init__(self) -> None:
        self._items: list[Finding] = []

    def error(self, code: str, path: str, message: str, remedy: str) -> None:
        """Add what must be fixed."""
        self._items.append(error(code, path, message, remedy))

    def findings(self) -> Findings:
        """Return the errors collected so far."""
        return Findings(self._items)

    def raise_for_errors(self) -> None:
        """Raise an error that lists the errors collected so far, if there are any."""
        self.findings().raise_for_errors()
