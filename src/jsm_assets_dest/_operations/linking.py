"""Link objects to users and groups of Jira: read, find, compare, and write only what differs.

A run has no state of its own. Objects that are already right are not written, so a run that was interrupted continues when it
is started again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from attrs import define, evolve, field, frozen

from .._assets.directory import JiraGroup, JiraUser
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.objects import AssetsObject, ObjectReference
from .._assets.reports import CheckRecorder
from .._assets.user_links import (
    GONE,
    GroupLink,
    LinkedObject,
    LinkOutcome,
    LinkReason,
    UserLink,
    UserLinkPhase,
    UserLinkProgress,
    UserLinkReport,
)
from .._http.commands import Operation, Report
from .._session.site import Site
from .._session.workspace import Builder, ask_assets, ask_jira
from .._wire import directory_requests as directory_wire
from .._wire import link_requests as wire
from .._wire.response import Response
from ..exceptions import AccessDeniedError, LinkAttributeError, NotFoundError, ValidationError
from . import link_targets
from .account_finding import AccountFinder, Match, normal
from .directory import require_browsing
from .link_targets import Target
from .object_selection import Selection
from .objects import ObjectReading
from .pacing import Pace

#: Names of the checks in a report.
BROWSE_USERS: Final = "browse users"
SCHEMA_ROLE: Final = "object schema role"

#: Requests per minute, if the caller does not say otherwise: the stricter of the two published limits.
PER_MINUTE: Final = 500.0
#: Names of groups per request, so that the address stays short.
_GROUPS_PER_REQUEST = 20
#: Part of the message about a group in the wrong form (seen by clients).
_WRONG_GROUP = "invalid group"


@frozen(kw_only=True)
class LinkOptions:
    """Checked options of a run.

    Attributes:
        accounts: Account IDs by the normal form of addresses, from the caller.
        create_attribute: Create attributes to fill that do not exist.
        clear: Empty the links of people and groups that are gone.
        accept_hidden: Link an account with a hidden address if it is the only one that Jira finds.
        dry_run: Write nothing.
        per_minute: Maximum number of requests per minute.
        display: Function that receives the progress, or None.
    """

    accounts: Mapping[str, str]
    create_attribute: bool = False
    clear: bool = False
    accept_hidden: bool = False
    dry_run: bool = False
    per_minute: float
    display: Callable[[UserLinkProgress], object] | None = None


@frozen
class _Row:
    """The part of an object that links need. Values are texts, account IDs, names of groups, and IDs of references."""

    id: str
    key: str
    label: str
    values: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, tuple[str, ...]]


@frozen
class _Change:
    """A change of one attribute of one object."""

    target: Target
    row: _Row
    entry: LinkedObject


def link(
    site: Site, schema: ObjectSchemaRecord, links: Sequence[UserLink | GroupLink], options: LinkOptions
) -> Operation[UserLinkReport]:
    """Fill attributes of type User and Group.

    Raises:
        ObjectTypeNotFoundError: An object type does not exist.
        LinkAttributeError: An attribute is missing or has another type.
    """
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
    changes: list[tuple[int, _Change]] = field(factory=list[tuple[int, _Change]], init=False)
    #: Forms that this site accepts, as found out by the first writes.
    id_as_number: bool = field(default=False, init=False)
    group_as_id: bool = field(default=False, init=False)
    verified: set[bool] = field(factory=set[bool], init=False)

    def __attrs_post_init__(self) -> None:
        site = self.site
        self.started = site.clock.monotonic()
        self.checks = CheckRecorder(
            now=site.clock.monotonic,
            host=site.url.partition("://")[2],
            account=site.credentials.account_label,
        )
        self.finder = AccountFinder(site, self.pace, self.options.accounts)

    def report(self, links: Sequence[UserLink | GroupLink]) -> Operation[UserLinkReport]:
        """Run."""
        types = yield from self.pace.insist(link_targets.linkable_types, self.site, self.schema)
        targets: Sequence[Target] = link_targets.resolve(self.schema, types, links)
        if not self.options.create_attribute:
            link_targets.require_attributes(targets)
        rows = yield from self.read(targets)
        sources = [
            [self.texts_of(target, row, rows) for row in rows[target.type_id].values()] for target in targets
        ]
        yield from self.find(targets, sources)
        created: tuple[str, ...] = ()
        if not self.checks.is_blocked:
            targets, created = yield from self.create(targets)
            for target, texts in zip(targets, sources, strict=True):
                for row, names in zip(rows[target.type_id].values(), texts, strict=True):
                    self.compare(target, row, names)
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
        display = self.options.display
        if display is not None:
            elapsed = self.site.clock.monotonic() - self.started
            throttled = self.pace.throttled
            progress = UserLinkProgress(
                phase=phase, sent=sent, total=total, elapsed=elapsed, throttled=throttled
            )
            yield Report(display, progress)

    # --- reading ----------------------------------------------------------------------------------------------------

    def read(self, targets: Sequence[Target]) -> Operation[Mapping[str, Mapping[str, _Row]]]:
        """Read the objects of all object types that links need, each object type once."""
        rows: dict[str, dict[str, _Row]] = {}
        count = 0
        for type_id, names in link_targets.names_by_type(targets).items():
            own = rows.setdefault(type_id, {})
            selection = Selection(
                schema_id=self.schema.id, schema_key=self.schema.key, object_type_ids=(type_id,)
            )
            reading = ObjectReading(site=self.site, selection=selection)
            while page := (yield from self.pace.insist(reading.next_page)):
                own |= {asset.id: _row(asset, names) for asset in page}
                count += len(page)
                yield from self.show(UserLinkPhase.READING, count, None)
        return rows

    def texts_of(self, target: Target, row: _Row, rows: Mapping[str, Mapping[str, _Row]]) -> tuple[str, ...]:
        """Return the addresses (in their normal form) or the names of an object."""
        source = target.source
        if not source.target_type_id:
            texts: Iterable[str] = row.values.get(source.name, ())
        elif source.is_label:
            texts = row.labels.get(source.name, ())
        else:
            others = rows[source.target_type_id]
            texts = [
                text
                for reference in row.values.get(source.name, ())
                if reference in others
                for text in others[reference].values.get(source.target_name, ())
            ]
        clean = (normal(text) if target.is_user else text.strip() for text in texts)
        return tuple(dict.fromkeys(text for text in clean if text))

    # --- finding ----------------------------------------------------------------------------------------------------

    def find(
        self, targets: Sequence[Target], sources: Sequence[Sequence[tuple[str, ...]]]
    ) -> Operation[None]:
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
        response = yield from self.ask_jira(
            lambda base: directory_wire.find_groups(base, self.site.url, names)
        )
        groups = [JiraGroup.from_json(value) for value in directory_wire.read_groups(response)]
        self.groups |= {group.name: group for group in groups if group.name in names}

    def check_browsing(self) -> Operation[tuple[str, str]]:
        """Check the permission that all lookups need."""
        yield from self.pace.insist(require_browsing, self.site)
        return "The account may browse users and groups.", directory_wire.BROWSE_USERS

    def ask_jira(self, build: Builder) -> Operation[Response]:
        """Send a request to Jira, however long a rate limit lasts."""
        return (yield from self.pace.insist(ask_jira, self.site, build))

    def ask_assets(self, build: Builder) -> Operation[Response]:
        """Send a request to Assets, however long a rate limit lasts."""
        return (yield from self.pace.insist(ask_assets, self.site, build))

    def match(self, target: Target, text: str) -> Match:
        """Return the account or the group of an address or a name."""
        if not target.is_user:
            return Match(text) if text in self.groups else Match(reason=LinkReason.NO_GROUP)
        match = self.finder.matches[text]
        if match.candidate and self.options.accept_hidden:
            return Match(match.candidate)
        return match

    # --- comparing --------------------------------------------------------------------------------------------------

    def compare(self, target: Target, row: _Row, texts: tuple[str, ...]) -> None:
        """Compare the links of an object with the right ones, and note what to change."""
        before = row.values.get(target.attribute_name, ())
        matches = {text: self.match(target, text) for text in texts}
        wanted = tuple(dict.fromkeys(match.account_id for match in matches.values() if match.account_id))
        reasons = {text: match.reason for text, match in matches.items() if match.reason is not None}
        if not texts:
            reasons = {"": LinkReason.NO_ADDRESS}
        is_certain = not reasons or (self.options.clear and GONE.issuperset(reasons.values()))
        is_multiple = target.maximum != 1
        after = wanted
        if not is_certain and (is_multiple or not wanted):
            after = tuple(dict.fromkeys([*before, *wanted]))
        if target.maximum != -1 and len(after) > max(target.maximum, len(before)):
            reasons, after = {texts[0]: LinkReason.TOO_MANY}, before
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
            self.changes.append((len(self.entries), _Change(target, row, change)))
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
        for number, (position, change) in enumerate(self.changes):
            yield from self.show(UserLinkPhase.WRITING, number, len(self.changes))
            if self.checks.is_blocked:
                self.entries[position] = _pending(change.entry)
                continue
            try:
                yield from self.write_one(change)
            except (ValidationError, NotFoundError) as error:
                self.entries[position] = _rejected(change.entry, error)
            except AccessDeniedError as error:
                self.deny(error)
                self.entries[position] = _pending(change.entry)
        if SCHEMA_ROLE not in self.checks.checks:
            self.checks.ok(SCHEMA_ROLE, "The account can write objects.")

    def write_one(self, change: _Change) -> Operation[None]:
        """Write a change. Read the first written object of users and of groups again, because forms of values differ.

        Raises:
            ValidationError: Assets rejects the value, or does not store it.
            NotFoundError: The object no longer exists.
            AccessDeniedError: The account may not write objects.
        """
        is_user = change.target.is_user
        is_first = is_user not in self.verified
        filled = (yield from self.filled_attributes(change)) if is_first else set[str]()
        try:
            yield from self.put(change)
        except ValidationError as error:
            if is_user or self.group_as_id or not _says(error, _WRONG_GROUP):
                raise
            self.group_as_id = True
            try:
                yield from self.put(change)
            except ValidationError:
                self.group_as_id = False
                raise error from None
        if not is_first:
            return
        if not (yield from self.is_stored(change, filled)) and not self.id_as_number:
            self.id_as_number = True
            yield from self.put(change)
            if not (yield from self.is_stored(change, filled)):
                self.id_as_number = False
                raise ValidationError(
                    f"Could not change the object {change.row.key}: Assets accepted the request, but stored another value.",
                    operation="update object",
                )
        self.verified.add(is_user)

    def filled_attributes(self, change: _Change) -> Operation[set[str]]:
        """Return the IDs of the other attributes of an object that have values."""
        values = yield from self.values_of(change)
        return values.keys() - {_attribute_id(change.target)}

    def values_of(self, change: _Change) -> Operation[dict[str, set[str]]]:
        """Read the values of an object."""
        row = change.row
        response = yield from self.ask_assets(
            lambda base: wire.read_object_values(base, row.id, subject=row.key)
        )
        return wire.read_values(response)

    def put(self, change: _Change) -> Operation[None]:
        """Send a change."""
        attribute_id = _attribute_id(change.target)
        values = change.entry.after
        if self.group_as_id and not change.target.is_user:
            values = tuple(self.groups[name].id if name in self.groups else name for name in values)
        row = change.row
        yield from self.ask_assets(
            lambda base: wire.update_object(
                base,
                row.id,
                change.target.type_id,
                attribute_id,
                values,
                as_number=self.id_as_number,
                subject=row.key,
            )
        )

    def is_stored(self, change: _Change, filled: set[str]) -> Operation[bool]:
        """Read a written object, and return True if it has the new values and no other ones.

        Raises:
            LinkAttributeError: Another attribute was emptied. Then nothing more is written.
        """
        stored = yield from self.values_of(change)
        if not filled <= stored.keys():
            raise LinkAttributeError(
                f"Assets emptied other attributes of {change.row.key} when {change.target.attribute_name} was changed. "
                "The run was stopped after this object.",
                cause="This site replaces all attributes of an object, although Atlassian describes a partial update.",
                remedies=(
                    f"You: restore {change.row.key}. Its history in Assets has the old values.",
                    "You: report this as a bug of this library, with the details below.",
                ),
                object_type=change.target.type_name,
                attribute=change.target.attribute_name,
                operation="update object",
            )
        values = stored.get(_attribute_id(change.target), set[str]())
        return set(change.entry.after) <= values if change.entry.after else not values


def _attribute_id(target: Target) -> str:
    if target.attribute is None:
        raise AssertionError("missing attributes were created before")
    return target.attribute.id


def _row(asset: AssetsObject, names: Iterable[str]) -> _Row:
    values: dict[str, tuple[str, ...]] = {}
    labels: dict[str, tuple[str, ...]] = {}
    for name in names:
        value = asset.values.get(name)
        if value is None:
            continue
        items = value if isinstance(value, list) else [value]
        values[name] = tuple(_text(item) for item in items)
        labels[name] = tuple(item.label for item in items if isinstance(item, ObjectReference))
    return _Row(asset.id, asset.key, asset.label, values, labels)


def _text(value: object) -> str:
    if isinstance(value, JiraUser):
        return value.account_id
    if isinstance(value, JiraGroup):
        return value.name
    return value.id if isinstance(value, ObjectReference) else str(value)


def _distinct(
    targets: Sequence[Target], sources: Sequence[Sequence[tuple[str, ...]]], *, users: bool
) -> list[str]:
    """Return the addresses or the names of all objects, each once."""
    return list(
        dict.fromkeys(
            text
            for target, texts_of_rows in zip(targets, sources, strict=True)
            if target.is_user is users
            for texts in texts_of_rows
            for text in texts
        )
    )


def _says(error: ValidationError, words: str) -> bool:
    return any(words in text.lower() for text in (*error.field_errors.values(), *error.messages))


def _pending(entry: LinkedObject) -> LinkedObject:
    return evolve(entry, outcome=LinkOutcome.PENDING, after=entry.before)


def _rejected(entry: LinkedObject, error: ValidationError | NotFoundError) -> LinkedObject:
    texts = [*error.field_errors.values(), *error.messages]
    message = texts[0] if texts else error.what
    if isinstance(error, NotFoundError):
        message = "The object no longer exists, or the account can't see it."
    return evolve(entry, outcome=LinkOutcome.REJECTED, after=entry.before, message=message)
