"""Link objects to users and groups of Jira: read, find, compare, and write only what differs.

A run has no state of its own. Objects that are already right are not written, so a run that was interrupted continues when it
is started again.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias, cast

from attrs import define, evolve, field, frozen

from .._arguments.fitting import invalid
from .._assets.directory import GroupLink, JiraGroup, JiraUser, UserLink
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.reports import CheckRecorder
from .._assets.user_links import (
    GONE,
    LinkedObject,
    LinkOutcome,
    LinkReason,
    UserLinkPhase,
    UserLinkProgress,
    UserLinkReport,
)
from .._display.progress_bars import resolve_progress
from .._http.commands import Operation, Report
from .._session.site import Site
from .._session.workspace import ask_jira
from .._wire import site_requests as directory_wire
from ..exceptions import AccessDeniedError, ConfigurationError, NotFoundError, ValidationError
from . import link_targets
from .directory import AccountFinder, Match, normal, require_browsing
from .link_targets import Target
from .linked_objects import Change, LinkWriter, Row, Texts, read_rows, rows_of, texts_of
from .pacing import Pace

#: Names of the checks in a report.
BROWSE_USERS: Final = "browse users"
SCHEMA_ROLE: Final = "object schema role"

#: Requests per minute, if the caller does not say otherwise: the stricter of the two published limits.
PER_MINUTE: Final = 500.0
#: Names of groups per request, so that the address stays short.
_GROUPS_PER_REQUEST = 20


def link(
    site: Site, schema: ObjectSchemaRecord, links: Sequence[UserLink | GroupLink], options: LinkOptions
) -> Operation[UserLinkReport]:
    """Fill attributes of type User and Group.

    Raises:
        ObjectTypeNotFoundError: An object type does not exist.
        LinkAttributeError: An attribute is missing or has another type.
        ConfigurationError: `links` is empty. Nothing was sent.
    """
    if not links:
        fix = 'Pass links, such as UserLink("People", email="Primary Email").'
        raise invalid("links", "is empty", fix)
    pace = Pace(site.clock, options.per_minute)
    run = _Run(site, schema, options, pace)
    return (yield from pace.limit(run.report(links)))


@define
class _Run:
    """One run."""

    site: Site
    schema: ObjectSchemaRecord
    options: LinkOptions
    pace: Pace
    started: float = field(init=False)
    checks: CheckRecorder = field(init=False)
    finder: AccountFinder = field(init=False)
    groups: dict[str, JiraGroup] = field(factory=dict[str, JiraGroup], init=False)
    entries: list[LinkedObject] = field(factory=list[LinkedObject], init=False)
    changes: list[tuple[int, Change]] = field(factory=list[tuple[int, Change]], init=False)

    def __attrs_post_init__(self) -> None:
        site = self.site
        self.started = site.clock.monotonic()
        self.checks = CheckRecorder.of(site)
        self.finder = AccountFinder(site, self.pace, self.options.accounts)

    def report(self, links: Sequence[UserLink | GroupLink]) -> Operation[UserLinkReport]:
        """Run."""
        types = yield from self.pace.insist(link_targets.linkable_types, self.site, self.schema)
        targets: Sequence[Target] = link_targets.resolve(self.schema, types, links)
        if not self.options.create_attribute:
            link_targets.require_attributes(targets)
        rows = yield from read_rows(
            self.site,
            self.schema,
            types,
            targets,
            self.pace,
            lambda count: self.show(UserLinkPhase.READING, count, None),
        )
        sources = [[texts_of(target, row, rows) for row in rows_of(target, rows)] for target in targets]
        yield from self.find(targets, sources)
        created: tuple[str, ...] = ()
        if not self.checks.is_blocked:
            targets, created = yield from self.create(targets)
            for target, texts_of_rows in zip(targets, sources, strict=True):
                for row, texts in zip(rows_of(target, rows), texts_of_rows, strict=True):
                    self.compare(target, row, texts)
            yield from self.write()
        yield from self.show(UserLinkPhase.DONE, len(self.changes), len(self.changes))
        return UserLinkReport(
            checks=tuple(self.checks.checks.values()),
            site=self.site.url,
            schema_key=self.schema.key,
            account=self.site.credentials.account_label,
            dry_run=self.options.dry_run,
            objects=tuple(self.entries),
            created_attributes=created,
            throttled=self.pace.throttled,
        )

    def create(self, targets: Sequence[Target]) -> Operation[tuple[Sequence[Target], tuple[str, ...]]]:
        """Create missing attributes. Return the targets with them, and the names of those attributes."""
        names = tuple(
            f"{target.type_name}.{target.attribute_name}" for target in targets if target.attribute is None
        )
        if not names or self.options.dry_run:
            return targets, names
        try:
            created = yield from link_targets.create_missing(self.site, self.schema, targets, self.pace)
        except AccessDeniedError as error:
            self.deny(error)
            return targets, ()
        return created, names

    def deny(self, error: AccessDeniedError) -> None:
        """Record that the account lacks a role. Nothing more is written."""
        self.checks.fail(SCHEMA_ROLE, error)
        self.checks.block(SCHEMA_ROLE)

    def show(self, phase: UserLinkPhase, sent: int, total: int | None) -> Operation[None]:
        """Report the progress."""
        display = self.options.on_progress
        if display is not None:
            elapsed = self.site.clock.monotonic() - self.started
            throttled = self.pace.throttled
            progress = UserLinkProgress(
                phase=phase, sent=sent, total=total, elapsed=elapsed, throttled=throttled
            )
            yield Report(display, progress)

    # --- finding ----------------------------------------------------------------------------------------------------

    def find(self, targets: Sequence[Target], sources: Sequence[Sequence[Texts]]) -> Operation[None]:
        """Look up all accounts and groups."""
        addresses = _distinct(targets, sources, users=True)
        names = _distinct(targets, sources, users=False)
        if not (self.finder.missing(addresses) or names):
            self.checks.skip(BROWSE_USERS, "Not checked: no account and no group had to be looked up.")
        else:
            yield from self.checks.run(BROWSE_USERS, self.check_browsing())
            if not self.checks.is_ok(BROWSE_USERS):
                # Without the permission, every search is empty, which must never be read as "gone".
                self.checks.block(BROWSE_USERS)
                return
        yield from self.finder.find(
            addresses, lambda done, total: self.show(UserLinkPhase.FINDING, done, total)
        )
        for start in range(0, len(names), _GROUPS_PER_REQUEST):
            yield from self.find_groups(names[start : start + _GROUPS_PER_REQUEST])

    def find_groups(self, names: Sequence[str]) -> Operation[None]:
        """Look up groups by their exact names."""
        response = yield from self.pace.insist(ask_jira, self.site, directory_wire.find_groups, names)
        groups = [JiraGroup.from_json(value) for value in directory_wire.read_groups(response)]
        self.groups |= {group.name: group for group in groups if group.name in names}

    def check_browsing(self) -> Operation[tuple[str, str]]:
        """Check the permission that all lookups need."""
        yield from self.pace.insist(require_browsing, self.site)
        return "The account may browse users and groups.", directory_wire.BROWSE_USERS

    def match(self, target: Target, text: str) -> Match:
        """Return the account or the group of an address or a name."""
        if not target.is_user:
            return Match(text) if text in self.groups else Match(reason=LinkReason.NO_GROUP)
        match = self.finder.matches[text]
        if match.candidate and self.options.accept_hidden:
            return Match(match.candidate)
        return match

    # --- comparing --------------------------------------------------------------------------------------------------

    def compare(self, target: Target, row: Row, texts: Texts) -> None:
        """Compare the links of an object with the right ones, and note what to change."""
        before = row.values.get(target.attribute_name, ())
        matches = {text: self.match(target, text) for text in texts.texts}
        wanted = tuple(dict.fromkeys(match.account_id for match in matches.values() if match.account_id))
        reasons = {text: match.reason for text, match in matches.items() if match.reason is not None}
        if not texts.is_complete:
            reasons[""] = LinkReason.UNREADABLE
        elif not texts.texts:
            reasons[""] = LinkReason.NO_ADDRESS
        is_certain = not reasons or (self.options.clear and GONE.issuperset(reasons.values()))
        is_multiple = target.maximum != 1
        after = wanted
        if not is_certain and (is_multiple or not wanted):
            after = tuple(dict.fromkeys([*before, *wanted]))
        if target.maximum != -1 and len(after) > max(target.maximum, len(before)):
            reasons, after = {texts.texts[0]: LinkReason.TOO_MANY}, before
        entry = LinkedObject(
            object_type=target.type_name,
            attribute=target.attribute_name,
            key=row.key,
            label=row.label,
            outcome=LinkOutcome.UNCHANGED,
            before=before,
            after=before,
        )
        if set(after) != set(before):
            outcome = LinkOutcome.LINKED if after else LinkOutcome.CLEARED
            change = evolve(entry, outcome=outcome, after=after)
            self.changes.append((len(self.entries), Change(target, row, change)))
            self.entries.append(change)
        elif not reasons:
            self.entries.append(entry)
        self.entries += [
            evolve(entry, outcome=LinkOutcome.NOT_FOUND, reason=reason, source=text, after=after)
            for text, reason in reasons.items()
        ]

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self) -> Operation[None]:
        """Write the changes, one attribute of one object at a time."""
        if self.options.dry_run or not self.changes:
            reason = "this is a dry run" if self.options.dry_run else "nothing had to be written"
            self.checks.skip(SCHEMA_ROLE, f"Not checked: {reason}.")
            return
        writer = LinkWriter(self.site, self.pace, self.groups)
        for number, (position, change) in enumerate(self.changes):
            yield from self.show(UserLinkPhase.WRITING, number, len(self.changes))
            if self.checks.is_blocked:
                self.entries[position] = _pending(change.entry)
                continue
            try:
                yield from writer.write(change)
            except (ValidationError, NotFoundError) as error:
                self.entries[position] = _rejected(change.entry, error)
            except AccessDeniedError as error:
                self.deny(error)
                self.entries[position] = _pending(change.entry)
        if SCHEMA_ROLE not in self.checks.checks:
            self.checks.ok(SCHEMA_ROLE, "The account can write objects.")


def _distinct(targets: Sequence[Target], sources: Sequence[Sequence[Texts]], *, users: bool) -> list[str]:
    """Return the addresses or the names of all objects, each once."""
    return list(
        dict.fromkeys(
            text
            for target, texts_of_rows in zip(targets, sources, strict=True)
            if target.is_user is users
            for texts in texts_of_rows
            for text in texts.texts
        )
    )


def _pending(entry: LinkedObject) -> LinkedObject:
    return evolve(entry, outcome=LinkOutcome.PENDING, after=entry.before)


def _rejected(entry: LinkedObject, error: ValidationError | NotFoundError) -> LinkedObject:
    texts = [*error.field_errors.values(), *error.messages]
    message = texts[0] if texts else error.what
    if isinstance(error, NotFoundError):
        message = "The object no longer exists, or the account can't see it."
    return evolve(entry, outcome=LinkOutcome.REJECTED, after=entry.before, message=message)


#: Account IDs by email address: a mapping, pairs, users, or a file.
Accounts: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str] | JiraUser] | str | os.PathLike[str]

_FIX = 'Pass {"ana@acme.com": "5b10a2844c20165700ede21g"}, pairs of both, or a CSV or JSON file with them.'


def read_accounts(accounts: Accounts | None) -> dict[str, str]:
    """Return account IDs by the normal form of their address.

    Raises:
        ConfigurationError: It is not such a mapping. The message contains no address.
    """
    result: dict[str, str] = {}
    for number, (address, account_id) in enumerate(_pairs(accounts), 1):
        if not isinstance(address, str) or not isinstance(account_id, str):
            raise _invalid(f"entry {number} is not a pair of strings")
        key, value = normal(address), account_id.strip()
        if "@" not in key or not value or "@" in value:
            raise _invalid(f"entry {number} is not an email address with an account ID")
        if result.setdefault(key, value) != value:
            raise _invalid(f"entry {number} has the address of another entry, but another account ID")
    return result


def _invalid(reason: str) -> ConfigurationError:
    return ConfigurationError(f"`accounts`: {reason}. Nothing was sent.", field="accounts", fix=_FIX)


def _pairs(accounts: object) -> Iterator[tuple[object, object]]:
    if accounts is None:
        return
    if isinstance(accounts, str | os.PathLike):
        accounts = _file(Path(cast("str", accounts)))
    if isinstance(accounts, Mapping):
        yield from cast("Mapping[object, object]", accounts).items()
    else:
        for number, entry in enumerate(cast("Iterable[object]", accounts), 1):
            if isinstance(entry, JiraUser):
                yield entry.email, entry.account_id
            elif isinstance(entry, list | tuple) and len(cast("Sequence[object]", entry)) == 2:
                address, account_id = cast("Sequence[object]", entry)
                yield address, account_id
            else:
                raise _invalid(f"entry {number} is not a pair of an address and an account ID")


def _file(path: Path) -> object:
    """Return the content of a file: a JSON object, or rows of CSV. A header is skipped."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(f"the file can't be read ({type(error).__name__})") from None
    if path.suffix.lower() == ".json":
        try:
            content: object = json.loads(text)
        except ValueError:
            raise _invalid("the file is not JSON") from None
        return content
    first_line = text.partition("\n")[0]
    separator = next((mark for mark in "\t;" if mark in first_line), ",")
    rows = [row[:2] for row in csv.reader(text.splitlines(), delimiter=separator) if any(row)]
    return rows[1:] if rows and "@" not in rows[0][0] else rows


def _check_per_minute(_: object, __: object, per_minute: float) -> None:
    if not 0 < per_minute < math.inf:
        raise invalid("per_minute", f"is {per_minute!r}", "Pass a number of requests above 0, such as 300.")


@frozen(kw_only=True)
class LinkOptions:
    """Options of a run.

    Attributes:
        accounts: Account IDs by the normal form of addresses, from the caller.
        create_attribute: Create attributes to fill that do not exist.
        clear: Empty the links of people and groups that are gone.
        accept_hidden: Link an account with a hidden address if it is the only one that Jira finds.
        dry_run: Write nothing.
        per_minute: Maximum number of requests per minute.
        on_progress: Function that receives the progress, or None.

    Raises:
        ConfigurationError: An option is invalid. Nothing was sent.
    """

    accounts: Mapping[str, str] = field(converter=read_accounts)
    create_attribute: bool
    clear: bool
    accept_hidden: bool
    dry_run: bool
    per_minute: float = field(validator=_check_per_minute)
    on_progress: Callable[[UserLinkProgress], object] | None = field(converter=resolve_progress)
