"""What became of a tenant's objects: imported, left out, shortened, and why.

Nothing is lost silently. Objects that give no record are named one by one; values that are left out or shortened are
counted per attribute and reason, with a few ids as examples. A report holds ids and file names, never names,
addresses or other values of people.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import Factory, define, field, frozen

#: Skipped objects named one by one; further ones are counted. A report stays small whatever the tenant's size.
NAMED_AT_MOST = 1000
#: Ids remembered per finding.
EXAMPLES_AT_MOST = 5


@frozen
class Skipped:
    """An object that gave no record.

    Attributes:
        what: What it is: "application", "error answer", ...
        id: Its Okta id; empty when it has none.
        where: The file and the position in it; empty when it did not come from a file.
        reason: Why there is no record, in a sentence.
    """

    what: str
    id: str
    where: str
    reason: str

    def __str__(self) -> str:
        subject = " ".join(part for part in (self.what, self.id) if part)
        return f"{subject} ({self.where}): {self.reason}" if self.where else f"{subject}: {self.reason}"


@define
class Finding:
    """A value that was left out, shortened or changed, counted.

    Attributes:
        attribute: The object type and the attribute by name: "People: Groups".
        reason: What was done, and why.
        records: Records concerned.
        values: Values concerned; of a reference, the references left out.
        examples: Okta ids of the first few records concerned.
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
class Report:
    """The report of one pass over `Records`; it fills while the records are read.

    Attributes:
        counts: Records given out, by selector.
        skipped: The first thousand objects that gave no record.
        skipped_count: All of them.
        complete: The pass came to its end.
    """

    counts: dict[str, int] = Factory(dict[str, int])
    skipped: list[Skipped] = Factory(list[Skipped])
    skipped_count: int = 0
    complete: bool = False
    _findings: dict[tuple[str, str], Finding] = field(
        factory=dict[tuple[str, str], Finding], alias="findings", repr=False
    )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was left out or shortened, per attribute and reason."""
        return tuple(self._findings.values())

    def imported(self, selector: str) -> None:
        """Counts a record."""
        self.counts[selector] = self.counts.get(selector, 0) + 1

    def skip(self, what: str, identity: str, where: str, reason: str) -> None:
        """Names an object that gives no record."""
        self.skipped_count += 1
        if len(self.skipped) < NAMED_AT_MOST:
            self.skipped.append(Skipped(what, identity, where, reason))

    def note(self, attribute: str, reason: str, identity: str, values: int = 1) -> None:
        """Counts values that were left out, shortened or changed."""
        finding = self._findings.get((attribute, reason))
        if finding is None:
            finding = self._findings[attribute, reason] = Finding(attribute, reason)
        finding.records += 1
        finding.values += values
        if len(finding.examples) < EXAMPLES_AT_MOST:
            finding.examples.append(identity)

    def to_dict(self) -> dict[str, object]:
        """The report for storage as JSON."""
        return {
            "complete": self.complete,
            "counts": dict(self.counts),
            "skipped_count": self.skipped_count,
            "skipped": [
                {"what": one.what, "id": one.id, "where": one.where, "reason": one.reason}
                for one in self.skipped
            ],
            "findings": [
                {
                    "attribute": one.attribute,
                    "reason": one.reason,
                    "records": one.records,
                    "values": one.values,
                    "examples": list(one.examples),
                }
                for one in self.findings
            ],
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        total = sum(self.counts.values())
        parts = ", ".join(f"{count:,} {selector}" for selector, count in self.counts.items())
        state = "" if self.complete else ", not read to the end"
        yield f"{total:,} records ({parts or 'none'}){state}"
        if self.skipped_count:
            yield f"{self.skipped_count:,} objects gave no record:"
            yield from (f"  - {one}" for one in self.skipped)
            if self.skipped_count > len(self.skipped):
                yield f"  - and {self.skipped_count - len(self.skipped):,} more"
        if self._findings:
            yield "Values left out, shortened or changed:"
            yield from (f"  - {one}" for one in self.findings)
