"""Links from objects to users and groups of Jira: their outcomes, the progress, and the report."""

import enum
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeVar

from attrs import field, frozen

from .._display.html import folded, grid, joined, strong, whole
from .._display.values import PlainData, plain_data, public_value
from .reports import Report, check_row

#: Objects of one reason that the text of a report names.
EXAMPLES = 5

KeyT = TypeVar("KeyT")


class LinkOutcome(enum.StrEnum):
    """Outcome of a link for one object."""

    __module__ = "jsm_assets_dest"

    #: The attribute was filled or changed; in a dry run, it would be.
    LINKED = "linked"
    #: The attribute already had the right value.
    UNCHANGED = "unchanged"
    #: The attribute was emptied; in a dry run, it would be.
    CLEARED = "cleared"
    #: No account or group was found for certain. The attribute was not filled.
    NOT_FOUND = "not found"
    #: Assets rejected the value, or the object no longer exists.
    REJECTED = "rejected"
    #: Not written, because a check failed.
    PENDING = "pending"


class LinkReason(enum.StrEnum):
    """Reason for which no account or group was found."""

    __module__ = "jsm_assets_dest"

    NONE = "no account"
    HIDDEN = "hidden email address"
    SEVERAL = "several accounts"
    INACTIVE = "inactive account"
    APP = "app account"
    CUSTOMER = "customer account"
    NO_GROUP = "no group"
    NO_ADDRESS = "no address or name"
    #: The object with the address, to which this one refers, was not found. It may not be visible yet.
    UNREADABLE = "unreadable reference"
    TOO_MANY = "too many values for the attribute"


#: Reasons that prove that a person or a group is gone. The others prove nothing, so they never clear a link.
GONE = frozenset({LinkReason.NONE, LinkReason.INACTIVE, LinkReason.NO_GROUP, LinkReason.NO_ADDRESS})


@frozen(kw_only=True)
@public_value
class LinkedObject:
    """Outcome of a link for one object.

    Attributes:
        object_type: Name of the object type.
        attribute: Name of the attribute of type User or Group.
        key: Key of the object, such as OKT-12.
        label: Label of the object.
        outcome: Outcome.
        reason: Reason, if the outcome is "not found".
        source: Email address or group name that was looked up. An address is personal data: it is neither in the `repr`
            nor in `to_dict`.
        before: Account IDs or group names that the attribute had.
        after: Account IDs or group names that it has now; in a dry run, that it would have.
        message: What Assets said about a rejected value, or a further fact about the reason.
    """

    object_type: str
    attribute: str
    key: str
    label: str = field(repr=False)
    outcome: LinkOutcome
    reason: LinkReason | None = None
    source: str = field(default="", repr=False)
    before: tuple[str, ...] = field(default=(), repr=False)
    after: tuple[str, ...] = field(default=(), repr=False)
    message: str = field(default="", repr=False)

    def to_dict(self) -> dict[str, object]:
        """Return the outcome as JSON-ready data, without the email address."""
        return plain_data(self, "object_type attribute key label outcome reason before after message")


class UserLinkPhase(enum.StrEnum):
    """Phase of linking."""

    __module__ = "jsm_assets_dest"

    READING = "reading objects"
    FINDING = "finding accounts"
    WRITING = "writing links"
    DONE = "done"


@frozen(kw_only=True)
@public_value
class UserLinkProgress(PlainData):
    """Progress of linking, reported after each page of objects, each search, and each written object.

    Attributes:
        phase: Phase.
        sent: Number of items of this phase that are done: objects, addresses, or changes.
        total: Number of items of this phase, or None if unknown.
        elapsed: Seconds since the start.
        throttled: Seconds of waits because of rate limits.
    """

    phase: UserLinkPhase
    sent: int = 0
    total: int | None = None
    elapsed: float = 0.0
    throttled: float = 0.0

    @property
    def is_last(self) -> bool:
        """True if this is the last report."""
        return self.phase is UserLinkPhase.DONE

    def __str__(self) -> str:
        total = "" if self.total is None else f" of {self.total:,}"
        waits = f", throttled for {self.throttled:,.0f} s" if self.throttled >= 1 else ""
        return f"{self.phase}: {self.sent:,}{total}{waits}"

    def _repr_html_(self) -> str:
        return whole(str(self))


@frozen(kw_only=True)
@public_value
class UserLinkReport(Report):
    """Result of `link_users`: what became linked, what stayed unchanged, and who was not found.

    `checks` has the permissions that linking needs: "browse users" and "object schema role". Run it with `dry_run=True` to
    see the result before anything is written.

    Attributes:
        schema_key: Key of the object schema.
        account: Account that linked.
        dry_run: True if nothing was written.
        objects: Outcomes, by link, in the order of the objects. An object occurs several times if it has several links, or
            several addresses that were not found.
        created_attributes: Attributes that were created, as "People.Jira User"; in a dry run, that would be.
        throttled: Seconds of waits because of rate limits.
    """

    schema_key: str
    account: str
    dry_run: bool = False
    objects: tuple[LinkedObject, ...] = ()
    created_attributes: tuple[str, ...] = ()
    throttled: float = 0.0

    @property
    def linked(self) -> tuple[LinkedObject, ...]:
        """Objects whose attribute was filled or changed."""
        return self._of(LinkOutcome.LINKED)

    @property
    def unchanged(self) -> tuple[LinkedObject, ...]:
        """Objects whose attribute already had the right value."""
        return self._of(LinkOutcome.UNCHANGED)

    @property
    def cleared(self) -> tuple[LinkedObject, ...]:
        """Objects whose attribute was emptied."""
        return self._of(LinkOutcome.CLEARED)

    @property
    def not_found(self) -> tuple[LinkedObject, ...]:
        """Objects without a certain account or group, with the reasons."""
        return self._of(LinkOutcome.NOT_FOUND)

    @property
    def rejected(self) -> tuple[LinkedObject, ...]:
        """Objects whose value Assets rejected."""
        return self._of(LinkOutcome.REJECTED)

    @property
    def pending(self) -> tuple[LinkedObject, ...]:
        """Objects that were not written, because a check failed."""
        return self._of(LinkOutcome.PENDING)

    def _of(self, outcome: LinkOutcome) -> tuple[LinkedObject, ...]:
        return tuple(entry for entry in self.objects if entry.outcome is outcome)

    @property
    def reasons(self) -> dict[LinkReason, int]:
        """Number of objects by the reason for which no account or group was found."""
        return dict(Counter(entry.reason for entry in self.objects if entry.reason is not None))

    @property
    def counts(self) -> dict[LinkOutcome, int]:
        """Number of objects by outcome, including outcomes without objects."""
        counter = Counter(entry.outcome for entry in self.objects)
        return {outcome: counter[outcome] for outcome in LinkOutcome}

    @property
    def ok(self) -> bool:
        """True if no check failed, and Assets rejected nothing. People who were not found don't count."""
        return not (self.problems or self.rejected or self.pending)

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready data, without email addresses."""
        return {**super().to_dict(), **plain_data(self, "counts reasons objects")}

    def _holder(self) -> str:
        return self.account

    def _subject(self) -> str:
        return f"Links to Jira in {self.schema_key}{' (dry run)' if self.dry_run else ''}"

    def _facts(self) -> dict[str, object]:
        names = "schema_key account dry_run created_attributes"
        return {**plain_data(self, names), "throttled": round(self.throttled, 3)}

    @property
    def summary(self) -> str:
        """The counts in one line."""
        counts = self.counts
        shown = [outcome for outcome in LinkOutcome if counts[outcome] or outcome is not LinkOutcome.PENDING]
        return ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in shown)

    def __repr__(self) -> str:
        return f"<UserLinkReport {self.schema_key}{' (dry run)' if self.dry_run else ''}: {self.summary}>"

    def __str__(self) -> str:
        lines = [f"{self._subject()}: {self.summary}"]
        if self.created_attributes:
            verb = "would create" if self.dry_run else "created"
            lines.append(f"  {verb} {', '.join(self.created_attributes)}")
        for (object_type, attribute), entries in self._by_link():
            counts = Counter(entry.outcome for entry in entries)
            text = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in LinkOutcome if counts[outcome])
            lines.append(f"  {object_type}, {attribute}: {text}")
            lines += [
                f"    {title}: {len(group):,} ({_examples(group)})" for title, group in _problems(entries)
            ]
        lines += [f"  {line}" for check in self.problems for line in str(check).splitlines()]
        return "\n".join(lines)

    def _by_link(self) -> list[tuple[tuple[str, str], list[LinkedObject]]]:
        return list(_grouped(self.objects, lambda entry: (entry.object_type, entry.attribute)))

    def _repr_html_(self) -> str:
        rows: list[tuple[str | int, ...]] = []
        details = joined()
        for (object_type, attribute), entries in self._by_link():
            counts = Counter(entry.outcome for entry in entries)
            rows.append((object_type, attribute, *(counts[outcome] for outcome in LinkOutcome)))
            for title, group in _problems(entries):
                names = [(entry.key, entry.label, entry.message) for entry in group]
                summary = f"{object_type}, {attribute}: {title} ({len(group):,})"
                details = joined(details, folded(summary, grid(("Object", "Label", "Message"), names)))
        header = ("Object type", "Attribute", *(outcome.value.capitalize() for outcome in LinkOutcome))
        shown_remedies: set[str] = set()
        checks = [check_row(check, self.site, shown_remedies) for check in self.problems]
        return whole(
            strong(self._subject()),
            grid(header, rows) if rows else "",
            details,
            grid(("Result", "Check", "Finding"), checks) if checks else "",
        )


def _grouped(
    entries: tuple[LinkedObject, ...] | list[LinkedObject], key: Callable[[LinkedObject], KeyT]
) -> Iterator[tuple[KeyT, list[LinkedObject]]]:
    """Yield the entries by a key, in the order in which the keys occur first."""
    groups: dict[KeyT, list[LinkedObject]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    yield from groups.items()


def _problems(entries: list[LinkedObject]) -> Iterator[tuple[str, list[LinkedObject]]]:
    """Yield the entries that someone should look at, by reason."""
    doubtful = [
        entry for entry in entries if entry.reason is not None or entry.outcome is LinkOutcome.REJECTED
    ]
    yield from _grouped(doubtful, lambda entry: str(entry.reason or entry.outcome))


def _examples(entries: list[LinkedObject]) -> str:
    names = [f"{entry.key} {entry.label}".strip() for entry in entries[:EXAMPLES]]
    return ", ".join([*names, "…"] if len(entries) > EXAMPLES else names)
