"""What a linter found: each finding with its place, what is wrong there, and what to do."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from typing import overload

from attrs import field, frozen


class Severity(enum.StrEnum):
    """How bad a finding is."""

    #: Assets or the import refuses it, or data would be lost: nothing is built before it is corrected.
    ERROR = "error"
    #: It works, but probably not as meant.
    WARNING = "warning"
    #: It works; Atlassian or experience recommends otherwise.
    ADVICE = "advice"


@frozen
class Finding:
    """One thing that the linter found.

    Attributes:
        severity: How bad it is.
        code: A stable word for programs, such as "identifier-missing".
        path: Where: "people", "people.manager", "people.manager.locators", "statuses.Locked Out", "name".
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

    def to_dict(self) -> dict[str, object]:
        """The finding as JSON-ready data."""
        return {
            "severity": self.severity.value,
            "code": self.code,
            "path": self.path,
            "message": self.message,
            "remedy": self.remedy,
        }


def _found(values: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(values)


@frozen(repr=False)
class Findings:
    """All findings of one pass, errors first."""

    items: tuple[Finding, ...] = field(default=(), converter=_found)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What has to be corrected before anything is built."""
        return self.of(Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What probably does not work as meant."""
        return self.of(Severity.WARNING)

    @property
    def advice(self) -> tuple[Finding, ...]:
        """What works, but is recommended otherwise."""
        return self.of(Severity.ADVICE)

    @property
    def ok(self) -> bool:
        """Whether there are no errors; warnings and advice do not count."""
        return not self.errors

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity."""
        return tuple(finding for finding in self.items if finding.severity is severity)

    def with_code(self, code: str) -> tuple[Finding, ...]:
        """The findings of one kind."""
        return tuple(finding for finding in self.items if finding.code == code)

    def raise_for_errors(self) -> None:
        """Raise what was found, where it has to be corrected.

        Raises:
            InvalidModelError: There are errors; all findings are in its `findings`.
        """
        if self.ok:
            return
        from ..exceptions import InvalidModelError

        errors = self.errors
        places = "; ".join(f"{error.path}: {error.message}" for error in errors)
        number = "one error" if len(errors) == 1 else f"{len(errors)} errors"
        raise InvalidModelError(
            f"The schema model has {number}: {places}",
            findings=self.items,
            remedies=tuple(f"You: {error.path}: {error.remedy}" for error in errors),
        )

    def to_dict(self) -> dict[str, object]:
        """The findings as JSON-ready data."""
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
        return "\n".join(str(finding) for finding in self.items) or "nothing found"

    def __repr__(self) -> str:
        return f"<Findings errors={len(self.errors)} warnings={len(self.warnings)} advice={len(self.advice)}>"

    def _repr_html_(self) -> str:
        from .._display.html import Tone, faint, joined, mark, table

        tones = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.DOUBTFUL, Severity.ADVICE: Tone.QUIET}
        return table(
            ("Severity", "Where", "Finding"),
            [
                (
                    mark(one.severity.value, tones[one.severity]),
                    one.path,
                    joined(one.message, " ", faint(one.remedy)),
                )
                for one in self.items
            ],
            empty="Nothing found.",
        )


class FindingCollector:
    """Gathers findings while rules run."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def error(self, code: str, path: str, message: str, remedy: str) -> None:
        """Note something that has to be corrected."""
        self._found.append(Finding(Severity.ERROR, code, path, message, remedy))

    def warning(self, code: str, path: str, message: str, remedy: str) -> None:
        """Note something that probably does not work as meant."""
        self._found.append(Finding(Severity.WARNING, code, path, message, remedy))

    def advice(self, code: str, path: str, message: str, remedy: str) -> None:
        """Note something that is recommended otherwise."""
        self._found.append(Finding(Severity.ADVICE, code, path, message, remedy))

    def findings(self) -> Findings:
        """Everything noted so far, errors first, otherwise in the order of the model."""
        order = list(Severity)
        return Findings(sorted(self._found, key=lambda finding: order.index(finding.severity)))
