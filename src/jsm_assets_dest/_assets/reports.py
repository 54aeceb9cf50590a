"""Reports: what was checked, what came of it, and who must do what.

A report never raises while it is made; `raise_for_problems` turns it into an exception for those who want one. It can be
printed, stored as JSON, and shown in a notebook, and holds no secret.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, cast

from attrs import Factory, field, frozen

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
    from .import_sources import ImportSource


class CheckState(enum.StrEnum):
    """What came of a check."""

    #: It is as it must be.
    OK = "ok"
    #: It is not, and somebody must act.
    FAILED = "failed"
    #: It was not looked at; the summary says why.
    SKIPPED = "skipped"
    #: It could not be found out, for example because the service was not available.
    UNKNOWN = "unknown"


#: Sign and ground of a state's mark; the word always stands beside them.
_LOOKS = {
    CheckState.OK: ("✓", Tone.GOOD),
    CheckState.FAILED: ("✗", Tone.BAD),
    CheckState.SKIPPED: ("–", Tone.QUIET),
    CheckState.UNKNOWN: ("?", Tone.DOUBTFUL),
}


def _first_to_act(check: Check) -> str:
    who, colon, _ = check.remedies[0].partition(": ") if check.remedies else ("", "", "")
    return who if colon else ""


@frozen(kw_only=True)
class Check:
    """One check.

    Attributes:
        name: What was checked, such as "jira admin"; stable, for programs.
        state: What came of it.
        summary: The same in a sentence.
        evidence: What it is based on: an id, a name, a status.
        cause: The likely cause of a failure, with how certain it is.
        remedies: What to do, in order; each names who must act.
        who: Who must act first: "A site admin"; "" when nobody has to.
        seconds: The time it took.
        error: The error behind a failure, for programs.
    """

    name: str
    state: CheckState
    summary: str = ""
    evidence: str = ""
    cause: str = ""
    remedies: tuple[str, ...] = ()
    who: str = field(default=Factory(_first_to_act, takes_self=True))
    seconds: float = field(default=0.0, eq=False)
    error: AssetsError | None = field(default=None, repr=False, eq=False)

    @property
    def is_problem(self) -> bool:
        """Whether it failed, or could not be found out."""
        return self.state in (CheckState.FAILED, CheckState.UNKNOWN)

    def to_dict(self) -> dict[str, object]:
        """The check as plain values that JSON can hold."""
        return {
            "name": self.name,
            "state": self.state.value,
            "summary": self.summary,
            "evidence": self.evidence,
            "cause": self.cause,
            "remedies": list(self.remedies),
            "who": self.who,
            "seconds": round(self.seconds, 3),
            "error": None if self.error is None else self.error.to_dict(),
        }

    def __str__(self) -> str:
        evidence = f" ({self.evidence})" if self.evidence else ""
        lines = [f"{self.state.value}: {self.name}. {self.summary}{evidence}"]
        if self.is_problem:
            if self.cause:
                lines.append(f"    Cause: {self.cause}")
            lines += [f"    {number}. {remedy}" for number, remedy in enumerate(self.remedies, 1)]
            if self.error is not None and self.error.technical:
                lines.append(f"    ({self.error.technical})")
        return "\n".join(lines)


@frozen(kw_only=True)
class _Report:
    """What all reports have in common.

    Attributes:
        checks: The checks, in the order in which they build on each other.
        site: The address of the site.
    """

    checks: tuple[Check, ...]
    site: str

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing remained unknown; what was skipped does not count."""
        return not self.problems

    @property
    def problems(self) -> tuple[Check, ...]:
        """The checks that failed or could not be found out."""
        return tuple(check for check in self.checks if check.is_problem)

    def __getitem__(self, name: str) -> Check:
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(name)

    def raise_for_problems(self) -> None:
        """Raise when there are problems; the first problem's own error is the `__cause__`.

        Raises:
            ProblemsFoundError: There are; it carries the report.
        """
        problems = self.problems
        if not problems:
            return
        first = problems[0]
        count = "1 problem was" if len(problems) == 1 else f"{len(problems)} problems were"
        raise ProblemsFoundError(
            f"{count} found with {self._subject()}. {' '.join(f'{check.name}: {check.summary}' for check in problems)}",
            report=cast("ConnectionReport | ImportTokenReport", self),  # there is no other report
            cause=first.cause,
            # Two checks may ask for the same thing.
            remedies=tuple(dict.fromkeys(remedy for check in problems for remedy in check.remedies)),
        ) from first.error

    def to_dict(self) -> dict[str, object]:
        """The report as plain values that JSON can hold."""
        return {
            "ok": self.ok,
            "site": self.site,
            **self._facts(),
            "checks": [check.to_dict() for check in self.checks],
        }

    def _subject(self) -> str:
        raise AssertionError("each kind of report has its own")

    def _facts(self) -> dict[str, object]:
        raise AssertionError("each kind of report has its own")

    def _verdict(self) -> str:
        problems = len(self.problems)
        return "ready" if not problems else "1 problem" if problems == 1 else f"{problems} problems"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.site}: {self._verdict()}>"

    def __str__(self) -> str:
        return "\n".join(
            [f"{self._subject()}: {self._verdict()}", *(f"  {check}" for check in self._lines())]
        )

    def _lines(self) -> list[str]:
        facts = [
            f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in self._facts().items() if value
        ]
        return [*facts, *("\n  ".join(str(check).splitlines()) for check in self.checks)]

    def _repr_html_(self) -> str:
        known = [
            f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in self._facts().items() if value
        ]
        return whole(
            joined(strong(self._subject()), " ", mark(self._verdict(), Tone.GOOD if self.ok else Tone.BAD)),
            facts(known) if known else "",
            grid(("Result", "Check", "Finding"), [_row(check, self.site) for check in self.checks]),
        )


def _row(check: Check, site: str) -> tuple[Markup, str, Markup]:
    sign, tone = _LOOKS[check.state]
    finding = joined(check.summary, " ", faint(f"({check.evidence})")) if check.evidence else check.summary
    if check.is_problem:
        finding = joined(
            finding,
            below(Markup(f"<em>{as_html(check.cause)}</em>")) if check.cause else "",
            bullets((linked(remedy, site) for remedy in check.remedies), numbered=True),
        )
    return mark(f"{sign} {check.state.value}", tone), check.name, joined(finding)


def _plain(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, tuple | list) else str(value)


@frozen(kw_only=True, repr=False)
class ConnectionReport(_Report):
    """Whether an account can do the job on a site.

    Attributes:
        account: Whose credential was used.
        account_id: The id of the account behind it, when the login was accepted.
        cloud_id: The site's id on the gateway, when known.
        workspace_id: The id of its Assets workspace, when known.
        proxies: Which origins are reached through a proxy that the environment names:
            "https://acme.atlassian.net through http://proxy.example:3128"; never with the proxy's password.
    """

    account: str = ""
    account_id: str | None = None
    cloud_id: str | None = None
    workspace_id: str | None = None
    proxies: tuple[str, ...] = ()

    def _subject(self) -> str:
        return f"{self.site} as {self.account}" if self.account else self.site

    def _facts(self) -> dict[str, object]:
        return {
            "account": self.account,
            "account_id": self.account_id,
            "cloud_id": self.cloud_id,
            "workspace_id": self.workspace_id,
            "proxies_from_the_environment": list(self.proxies),
        }


@frozen(kw_only=True, repr=False)
class ImportTokenReport(_Report):
    """Whether an import token is good, and where it leads.

    Attributes:
        import_source: The import that it belongs to, when it could be read.
        status: The state of the import in the service's word: IDLE, RUNNING, MISSING_MAPPING, DISABLED; or None.
    """

    import_source: ImportSource | None = None
    status: str | None = None

    def _subject(self) -> str:
        return f"the import token for {self.site}"

    def _facts(self) -> dict[str, object]:
        source = self.import_source
        return {
            "import_source": None if source is None else source.name,
            "import_source_id": None if source is None else source.id,
            "status": self.status,
        }
