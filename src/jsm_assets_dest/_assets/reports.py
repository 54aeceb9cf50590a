"""Reports: what was checked, with which result, and who can fix what failed.

Creating a report never raises; `raise_for_problems` raises for callers who want that. A report can be printed, stored as
JSON, and shown in a notebook. It contains no secret.

`CheckRecorder` is the one way to fill a report: it runs checks, times them, and skips those that depend on a failed one.
"""

import enum
from collections.abc import Callable
from typing import Self

from attrs import Factory, define, field, frozen

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
from .._display.values import plain_data, public_value
from .._http.commands import Operation
from .._session.site import Site
from ..exceptions import (
    AssetsError,
    MalformedAnswerError,
    ProblemsFoundError,
    RateLimitedError,
    ServiceUnavailableError,
    TransportError,
)
from ..exceptions._declared import Place, cause_label
from .import_sources import ImportSource


class CheckState(enum.StrEnum):
    """Result of a check."""

    __module__ = "jsm_assets_dest"

    #: As it must be.
    OK = "ok"
    #: Not as it must be: someone must act.
    FAILED = "failed"
    #: Not checked; the summary says why.
    SKIPPED = "skipped"
    #: Could not be determined, for example because the server was not available.
    UNKNOWN = "unknown"


#: Sign and color of a state's mark; the word is always beside them.
_LOOKS = {
    CheckState.OK: ("✓", Tone.GOOD),
    CheckState.FAILED: ("✗", Tone.BAD),
    CheckState.SKIPPED: ("–", Tone.QUIET),
    CheckState.UNKNOWN: ("?", Tone.DOUBTFUL),
}


def first_to_act(remedies: tuple[str, ...]) -> str:
    """Return who must act first, or an empty string. A remedy has the form "Who: action."."""
    who, colon, _ = remedies[0].partition(": ") if remedies else ("", "", "")
    return who if colon else ""


def _who(check: "Check") -> str:
    return first_to_act(check.remedies)


@frozen(kw_only=True)
@public_value
class Check:
    """One check.

    Attributes:
        name: The checked item, such as "jira admin"; stable, for programs.
        state: The result.
        summary: The result in a sentence.
        evidence: What the result is based on: an id, a name, a status.
        cause: Why it failed.
        cause_is_certain: True if the cause is proven; otherwise it is the likely one.
        remedies: What to do, in order. Each remedy has the form "Who: action."
        who: Who must act first: "A site admin"; "" if no one has to.
        seconds: Duration of the check.
        error: The error behind a failure, for programs.
    """

    name: str
    state: CheckState
    summary: str = ""
    evidence: str = ""
    cause: str = ""
    cause_is_certain: bool = False
    remedies: tuple[str, ...] = ()
    who: str = field(default=Factory(_who, takes_self=True))
    seconds: float = field(default=0.0, eq=False)
    error: AssetsError | None = field(default=None, repr=False, eq=False)

    @property
    def is_problem(self) -> bool:
        """True if the check failed, or if its result is unknown and something can be done about that.

        What can't be tried without writing is unknown as well, but not a problem.
        """
        can_be_fixed = self.error is not None or bool(self.remedies)
        return self.state is CheckState.FAILED or (self.state is CheckState.UNKNOWN and can_be_fixed)

    def to_dict(self) -> dict[str, object]:
        """Return the check as JSON-ready data."""
        names = "name state summary evidence cause cause_is_certain remedies who seconds error"
        return {**plain_data(self, names), "seconds": round(self.seconds, 3)}

    def __str__(self) -> str:
        return self._text(set())

    def _text(self, shown_remedies: set[str]) -> str:
        """Return the check as text, without remedies that an earlier check of the report has shown."""
        evidence = f" ({self.evidence})" if self.evidence else ""
        lines = [f"{self.state.value}: {self.name}. {self.summary}{evidence}"]
        if self.is_problem:
            if self.cause:
                lines.append(f"    {cause_label(certain=self.cause_is_certain)} {self.cause}")
            remedies = [remedy for remedy in self.remedies if remedy not in shown_remedies]
            shown_remedies.update(remedies)
            lines += [f"    {number}. {remedy}" for number, remedy in enumerate(remedies, 1)]
            if self.remedies and not remedies:
                lines.append("    How to fix: see above.")
            if self.error is not None and self.error.technical:
                lines.append(f"    Details: {self.error.technical}")
        return "\n".join(lines)


#: Failures that say nothing about the checked item: its state is unknown.
NOT_KNOWN = (TransportError, RateLimitedError, ServiceUnavailableError, MalformedAnswerError)


@define
class CheckRecorder:
    """Runs checks and records their results.

    A check is an operation that returns its summary and its evidence, or raises an `AssetsError`. After `block`, further
    checks are skipped; their summary repeats the reason of the check that blocks them.

    Attributes:
        now: The current time of a monotonic clock.
        host: The site's host, for reasons.
        account: The account, for reasons.
        checks: The results so far, by name.
    """

    now: Callable[[], float]
    host: str = ""
    account: str = ""
    checks: dict[str, Check] = field(factory=dict[str, Check])
    _reason: str = field(default="", init=False)

    @classmethod
    def of(cls, site: Site) -> Self:
        """Return a recorder for checks of a site."""
        host = site.url.partition("://")[2]
        return cls(now=site.clock.monotonic, host=host, account=site.credentials.account_label)

    def run(
        self,
        name: str,
        step: Operation[tuple[str, str]],
        *,
        is_essential: bool = True,
        proves: tuple[type[AssetsError], ...] = (AssetsError,),
        unknown: tuple[type[AssetsError], ...] = NOT_KNOWN,
    ) -> Operation[None]:
        """Run a check, unless an earlier one blocks it.

        Args:
            name: The name of the check.
            step: The operation. It is closed without being started if the check is skipped.
            is_essential: False if the check only explains others: then it is skipped if it can't be read.
            proves: The errors that prove a failure. After any other error, the result is unknown.
            unknown: The errors after which the result is unknown, even if they are in `proves`.
        """
        if self._reason:
            step.close()
            self.skip(name)
            return
        started = self.now()
        try:
            summary, evidence = yield from step
        except AssetsError as error:
            is_known = isinstance(error, proves) and not isinstance(error, unknown) and error._is_conclusive
            if not is_essential and (not is_known or error.status is not None):
                self.skip(name, f"Not needed, and could not be read: {error.what}")
                return
            state = CheckState.FAILED if is_known else CheckState.UNKNOWN
            self.fail(name, error, state=state, seconds=self.now() - started)
        else:
            self.ok(name, summary, evidence, seconds=self.now() - started)

    def ok(self, name: str, summary: str, evidence: str = "", *, seconds: float = 0.0) -> None:
        self.checks[name] = Check(
            name=name, state=CheckState.OK, summary=summary, evidence=evidence, seconds=seconds
        )

    def fail(
        self,
        name: str,
        error: AssetsError,
        *,
        state: CheckState = CheckState.FAILED,
        evidence: str = "",
        seconds: float = 0.0,
    ) -> None:
        self.checks[name] = Check(
            name=name,
            state=state,
            summary=error.what,
            evidence=evidence or ("" if error.status is None else f"HTTP {error.status}"),
            cause=error.cause,
            cause_is_certain=error.cause_is_certain,
            remedies=error.remedies,
            seconds=seconds,
            error=error,
        )

    def skip(self, name: str, summary: str = "") -> None:
        """Record that an item was not checked, for the reason of the blocking check if none is given."""
        text = summary or f"Not checked: {self._reason}."
        self.checks[name] = Check(name=name, state=CheckState.SKIPPED, summary=text)

    def block(self, name: str) -> None:
        """Skip all further checks, because of a check that failed. The first one counts."""
        self._reason = self._reason or self.reason(name)

    def reason(self, name: str) -> str:
        """Return why checks that depend on a failed check are skipped, in the middle of a sentence."""
        error = self.checks[name].error
        reason = "" if error is None else error.skip_reason(self.host, self.account)
        return reason or f'the check "{name}" failed'

    @property
    def is_blocked(self) -> bool:
        """True after `block`."""
        return bool(self._reason)

    def is_ok(self, name: str) -> bool:
        return self.checks[name].state is CheckState.OK

    def has_failed(self, *names: str) -> bool:
        return any(self.checks[name].state is CheckState.FAILED for name in names)

    def error(self, name: str) -> AssetsError | None:
        return self.checks[name].error


#: Remedies that a message shows; the report has all of them.
_MOST_REMEDIES = 5


def _reason_of(summary: str) -> str:
    """Leave out which request found the problem: "Could not read the service desks: "."""
    action, colon, reason = summary.partition(": ")
    return reason if colon and action.startswith("Could not ") else summary


@frozen(kw_only=True)
class Report:
    """Common part of all reports.

    Attributes:
        checks: The checks, in the order in which they depend on each other.
        site: The address of the site.
    """

    checks: tuple[Check, ...]
    site: str

    @property
    def ok(self) -> bool:
        """True if there are no problems. Skipped checks don't count, and neither does what can't be tried."""
        return not self.problems

    @property
    def problems(self) -> tuple[Check, ...]:
        """The checks that failed or could not be determined."""
        return tuple(check for check in self.checks if check.is_problem)

    def __getitem__(self, name: str) -> Check:
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(name)

    def raise_for_problems(self) -> None:
        """Raise if there are problems. The error of the first one is the `__cause__`.

        Raises:
            ProblemsFoundError: There are problems. It carries the report.
        """
        problems = self._distinct_problems()
        if not problems:
            return
        first, holder = problems[0], self._holder()
        count = "1 check" if len(problems) == 1 else f"{len(problems)} checks"
        where = " on ".join(part for part in (holder, self.site.partition("://")[2]) if part)
        reason = _reason_of(first.summary)
        if reason.startswith(f"{holder} "):
            reason = f"the account{reason.removeprefix(holder)}"
        others = [f"  {check.name}: {check.summary}" for check in problems[1:]]
        remedies = tuple(dict.fromkeys(remedy for check in problems for remedy in check.remedies))
        place = Place() if first.error is None else first.error.place()
        place.pop("code", None)
        raise ProblemsFoundError(
            "\n".join([f"{count} failed for {where}: {reason}", *others]),
            report=self,
            cause=first.cause,
            cause_is_certain=first.cause_is_certain,
            remedies=remedies[:_MOST_REMEDIES],
            **place,
        ) from first.error

    def _distinct_problems(self) -> list[Check]:
        """Return the first problem of each cause. One cause counts once, even if it fails several checks."""
        causes: dict[str, Check] = {}
        for check in self.problems:
            causes.setdefault(check.cause or check.summary, check)
        return list(causes.values())

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready data."""
        return {
            "ok": self.ok,
            "site": self.site,
            **self._facts(),
            "checks": [check.to_dict() for check in self.checks],
        }

    def _subject(self) -> str:
        raise AssertionError("each report has its own")

    def _holder(self) -> str:
        raise AssertionError("each report has its own")

    def _facts(self) -> dict[str, object]:
        raise AssertionError("each report has its own")

    def _verdict(self) -> str:
        problems = len(self._distinct_problems())
        if problems:
            return "1 problem" if problems == 1 else f"{problems} problems"
        unknown = [check.name for check in self.checks if check.state is CheckState.UNKNOWN]
        return f"no problems; unknown: {', '.join(unknown)}" if unknown else "ready"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.site}: {self._verdict()}>"

    def __str__(self) -> str:
        return "\n".join(
            [f"{self._subject()}: {self._verdict()}", *(f"  {check}" for check in self._lines())]
        )

    def _lines(self) -> list[str]:
        shown_remedies: set[str] = set()
        checks = ("\n  ".join(check._text(shown_remedies).splitlines()) for check in self.checks)
        return [*self._fact_lines(), *checks]

    def _fact_lines(self) -> list[str]:
        return [
            f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in self._facts().items() if value
        ]

    def _repr_html_(self) -> str:
        lines = self._fact_lines()
        shown_remedies: set[str] = set()
        return whole(
            joined(strong(self._subject()), " ", mark(self._verdict(), Tone.GOOD if self.ok else Tone.BAD)),
            facts(lines) if lines else "",
            grid(
                ("Result", "Check", "Finding"),
                [check_row(check, self.site, shown_remedies) for check in self.checks],
            ),
        )


def check_row(check: Check, site: str, shown_remedies: set[str]) -> tuple[Markup, str, Markup]:
    """Return the row of a check in a table. Remedies that an earlier row has shown are left out."""
    sign, tone = _LOOKS[check.state]
    cause, remedies = (check.cause, check.remedies) if check.is_problem else ("", ())
    remedies = tuple(remedy for remedy in remedies if remedy not in shown_remedies)
    shown_remedies.update(remedies)
    result = finding(check.summary, check.evidence, cause, remedies, site)
    return mark(f"{sign} {check.state.value}", tone), check.name, result


def finding(summary: str, evidence: str, cause: str, remedies: tuple[str, ...], site: str) -> Markup:
    """Return what was found, why, and what to do, as the cell of a table."""
    return joined(
        summary,
        joined(" ", faint(f"({evidence})")) if evidence else "",
        below(Markup(f"<em>{as_html(cause)}</em>")) if cause else "",
        bullets((linked(remedy, site) for remedy in remedies), numbered=True),
    )


def _plain(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, tuple | list) else str(value)


@frozen(kw_only=True, repr=False)
class ConnectionReport(Report):
    """Report about whether an account can do the job on a site.

    Attributes:
        account: The owner of the credential.
        account_id: The id of the account, if the login succeeded.
        cloud_id: The site's id on the gateway, if known.
        workspace_id: The id of its Assets workspace, if known.
        proxies: Origins that are reached through a proxy of the environment:
            "https://acme.atlassian.net through http://proxy.example:3128", never with the proxy's password.
    """

    __module__ = "jsm_assets_dest"

    account: str = ""
    account_id: str | None = None
    cloud_id: str | None = None
    workspace_id: str | None = None
    proxies: tuple[str, ...] = ()

    def _subject(self) -> str:
        return f"{self.site} as {self.account}" if self.account else self.site

    def _holder(self) -> str:
        return self.account

    def _facts(self) -> dict[str, object]:
        names = "account account_id cloud_id workspace_id"
        return {**plain_data(self, names), "proxies_from_the_environment": list(self.proxies)}


@frozen(kw_only=True, repr=False)
class ImportTokenReport(Report):
    """Report about whether an import token is valid, and which import it belongs to.

    Attributes:
        import_source: The import that it belongs to, if it could be read.
        status: The state of the import: IDLE, RUNNING, MISSING_MAPPING, DISABLED; or None.
    """

    __module__ = "jsm_assets_dest"

    import_source: ImportSource | None = None
    status: str | None = None

    def _subject(self) -> str:
        return f"the import token for {self.site}"

    def _holder(self) -> str:
        return "the import token"

    def _facts(self) -> dict[str, object]:
        source = self.import_source
        return {
            "import_source": None if source is None else source.name,
            "import_source_id": None if source is None else source.id,
            "status": self.status,
        }
