"""Report about a tenant's objects: imported, left out, or shortened, with the reasons.

Nothing is lost silently. Defects of whole pages become notices. Objects without a record are named one by one. Values
that are left out or shortened are counted per attribute and reason, with a few ids as examples. A report contains ids
and file names, but never names, addresses, or other values of people.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal, TypeAlias

from attrs import Factory, define, field, frozen

from .._display.values import PlainData, public_value
from ..exceptions import ConfigurationError

#: Notices and skipped objects that are named one by one. Further ones are counted, so that a report stays small.
NAMED_AT_MOST = 1000
#: Ids per finding.
EXAMPLES_AT_MOST = 5

#: Reason of a finding about an attribute without a value.
_NO_VALUE = "no value in Okta"

#: Codes of notices.
NoticeCode: TypeAlias = Literal[
    "error_response", "unread_page", "possibly_cut_off", "repeated_page", "no_deactivated_people"
]
#: What to do if deactivated people are missing.
DEACTIVATED_ADVICE = (
    "Okta leaves deactivated people (DEPROVISIONED) out of GET /api/v1/users, so they stay active in Assets. "
    "Use GET /api/v1/users?search=status%20pr."
)
#: Notices that prove that data is missing or damaged. The others are only suspicions.
_DEFECTS: frozenset[NoticeCode] = frozenset({"error_response", "unread_page", "repeated_page"})


@frozen
@public_value
class Notice:
    """A defect or a suspicion about a page or a list of Okta's data.

    Attributes:
        code: "error_response": Okta returned an error instead of this page. "unread_page": the page's Link header
            names a next page that was not read. "repeated_page": the page has the same objects as an earlier one.
            "possibly_cut_off": the last page is full, so more pages may exist. "no_deactivated_people": the request
            for people leaves out deactivated people, or there is no deactivated person among thousands.
        what: Name of the list: "people", "members of the group 00g1", ...
        where: The file or the page. Empty if unknown.
        reason: The reason and its effect, in a sentence.
    """

    code: NoticeCode
    what: str
    where: str
    reason: str

    @property
    def is_defect(self) -> bool:
        """True if data is missing or damaged. False if that is only possible."""
        return self.code in _DEFECTS

    def __str__(self) -> str:
        return f"{self.what} ({self.where}): {self.reason}" if self.where else f"{self.what}: {self.reason}"


@frozen
@public_value
class Skipped:
    """An object that has no record.

    Attributes:
        what: Kind of the object: "application", "error response", ...
        id: Okta id of the object. Empty if it has none.
        where: File and position. Empty if the object does not come from a file.
        reason: The reason, in a sentence.
    """

    what: str
    id: str
    where: str
    reason: str

    def __str__(self) -> str:
        subject = " ".join(part for part in (self.what, self.id) if part)
        return f"{subject} ({self.where}): {self.reason}" if self.where else f"{subject}: {self.reason}"


@define
@public_value
class Finding:
    """Values of an attribute that were left out, shortened, or changed for the same reason, or that are empty.

    Attributes:
        attribute: Names of the object type and the attribute: "People: Groups".
        reason: What happened, and why.
        records: Number of affected records.
        values: Number of affected values. For a reference: the number of references left out.
        examples: Okta ids of the first affected records.
    """

    attribute: str
    reason: str
    records: int = 0
    values: int = 0
    examples: list[str] = Factory(list[str])

    def __str__(self) -> str:
        return (
            f"{self.attribute}: {self.reason} "
            f"({self.records:,} records, {self.values:,} values; for example {', '.join(self.examples)})"
        )


@define
@public_value
class Report(PlainData):
    """Report of one pass over `Records`. It grows while the records are read.

    Attributes:
        counts: Number of records by selector.
        skipped: The first 1,000 objects without a record.
        skipped_count: Number of all objects without a record.
        notices: The first 1,000 defects and suspicions about whole pages and lists. Check these first.
        notice_count: Number of all notices.
        complete: True if the pass has reached its end.
    """

    _names_of_data: ClassVar = "complete counts notice_count notices skipped_count skipped findings empty"

    counts: dict[str, int] = Factory(dict[str, int])
    skipped: list[Skipped] = Factory(list[Skipped])
    skipped_count: int = 0
    notices: list[Notice] = Factory(list[Notice])
    notice_count: int = 0
    complete: bool = False
    _findings: dict[tuple[str, str], Finding] = field(
        factory=dict[tuple[str, str], Finding], alias="findings"
    )
    _stop: bool = field(default=False, alias="stop")

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Values that were left out, shortened, or changed, per attribute and reason."""
        return tuple(finding for finding in self._findings.values() if finding.reason != _NO_VALUE)

    @property
    def empty(self) -> tuple[Finding, ...]:
        """Attributes without a value, with the number of records.

        If a record had a value in an earlier import, Assets keeps that value unless the import's "Empty values" setting
        is Remove.
        """
        return tuple(finding for finding in self._findings.values() if finding.reason == _NO_VALUE)

    def imported(self, selector: str) -> None:
        """Count a record.

        Args:
            selector: Selector of the record.
        """
        self.counts[selector] = self.counts.get(selector, 0) + 1

    def skip(self, what: str, identity: str, where: str, reason: str, *, is_defect: bool = False) -> None:
        """Record an object without a record.

        Args:
            what: Kind of the object.
            identity: Okta id of the object. Empty if it has none.
            where: File and position. Empty if unknown.
            reason: The reason, in a sentence.
            is_defect: True if the object is damaged. False if it is left out intentionally.

        Raises:
            ConfigurationError: The object is damaged, and `records` was called with `on_defect="stop"`.
        """
        skipped = Skipped(what, identity, where, reason)
        self.skipped_count += 1
        if len(self.skipped) < NAMED_AT_MOST:
            self.skipped.append(skipped)
        if is_defect:
            self._stop_at(skipped)

    def notify(self, notice: Notice) -> None:
        """Record a notice.

        Args:
            notice: The notice.

        Raises:
            ConfigurationError: The notice is a defect, and `records` was called with `on_defect="stop"`.
        """
        self.notice_count += 1
        if len(self.notices) < NAMED_AT_MOST:
            self.notices.append(notice)
        if notice.is_defect:
            self._stop_at(notice)

    def _stop_at(self, defect: Notice | Skipped) -> None:
        if self._stop:
            raise ConfigurationError(
                f"Okta's data is incomplete: {defect}",
                field="tenant",
                fix="Export this data from Okta again. Reading stopped here, so the import is not completed.",
            )

    def note(self, attribute: str, reason: str, identity: str, values: int = 1) -> None:
        """Count values that were left out, shortened, or changed.

        Args:
            attribute: Names of the object type and the attribute: "People: Groups".
            reason: What happened, and why.
            identity: Okta id of the record.
            values: Number of values.
        """
        finding = self._findings.get((attribute, reason))
        if finding is None:
            finding = self._findings[attribute, reason] = Finding(attribute, reason)
        finding.records += 1
        finding.values += values
        if len(finding.examples) < EXAMPLES_AT_MOST:
            finding.examples.append(identity)

    def note_empty(self, attribute: str, identity: str) -> None:
        """Count a record without a value.

        Args:
            attribute: Names of the object type and the attribute: "People: Groups".
            identity: Okta id of the record.
        """
        self.note(attribute, _NO_VALUE, identity, 0)

    def __repr__(self) -> str:
        return (
            f"<Report: {sum(self.counts.values()):,} records, {self.notice_count:,} notices, "
            f"{self.skipped_count:,} skipped, {len(self.findings):,} findings>"
        )

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        total = sum(self.counts.values())
        counts = ", ".join(f"{count:,} {selector}" for selector, count in self.counts.items())
        state = "" if self.complete else ", not read to the end"
        yield f"{total:,} records ({counts or 'none'}){state}"
        if self.notice_count:
            yield "Check these first:"
            yield from _named(self.notices, self.notice_count)
        if self.skipped_count:
            yield f"{self.skipped_count:,} objects have no record:"
            yield from _named(self.skipped, self.skipped_count)
        if self.findings:
            yield "Values left out, shortened, or changed:"
            yield from _named(self.findings, len(self.findings))
        if self.empty:
            yield "Attributes without a value in Okta, with the number of records:"
            attributes = (f"{finding.attribute} {finding.records:,}" for finding in self.empty)
            yield f"  {', '.join(attributes)}"
            yield (
                "  By default, an import ignores empty values: Assets then keeps the earlier values of these attributes. "
                'To change that, set "Empty values" to Remove on the import\'s page in Assets. token.preview(records) lists the '
                "objects that keep a value."
            )


def _named(items: list[Notice] | list[Skipped] | tuple[Finding, ...], count: int) -> Iterator[str]:
    yield from (f"  - {item}" for item in items)
    if count > len(items):
        yield f"  - and {count - len(items):,} more"
