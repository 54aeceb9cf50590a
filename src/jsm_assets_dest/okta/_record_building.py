"""Building of one record from one object of Okta. The plan is computed once per object type and used for every object.

Okta lists the members of a group and the users of an application. Assets needs the groups and applications of a person.
With 100,000 people and millions of memberships, the inversion does not fit in memory, so SQLite sorts it in a temporary
database. It contains only ids, no names and no addresses.
"""

from __future__ import annotations

# ruff: noqa: S608 - the names of tables are constants; all values are parameters
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import TypeAlias, cast

from attrs import define, field, frozen

from .._imports.temporary_database import TemporaryDatabase
from .._model.okta_options import PREFIX
from .._model.specs import AttributeSpec, ObjectTypeSpec
from ._fields import Field, TypeFields, device_users
from ._privacy import Transform
from ._report import Report
from ._values import Converted, Refused, Rules, Scalar, converter, pick, text_at

_BATCH = 5000


class Store:
    """Links between ids and the ids that were read, in a temporary database."""

    def __init__(self) -> None:
        # An async engine reads records in worker threads: in several threads, but never in two at the same time.
        self._database = TemporaryDatabase(
            "CREATE TABLE seen (kind TEXT, id TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID"
        )

    def first_time(self, kind: str, identity: str) -> bool:
        """Remember an id. Return False if it was already remembered."""
        execute = self._database.connection.execute
        return execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (kind, identity)).rowcount == 1

    def has_seen(self, kind: str, identity: str) -> bool:
        """Return True if the id was remembered."""
        return self._database.number("FROM seen WHERE kind = ? AND id = ?", kind, identity) > 0

    def load(self, table: str, pairs: Iterable[tuple[str, str]]) -> int:
        """Store pairs of an owner and a target, in any order and with repetitions.

        Args:
            table: Internal name of the pairs, such as "person_group".
            pairs: The pairs. They are read once.

        Returns:
            Number of different pairs.
        """
        database = self._database.connection
        database.execute("CREATE TABLE unsorted (owner TEXT, target TEXT)")
        remaining_pairs = iter(pairs)
        while batch := list(islice(remaining_pairs, _BATCH)):
            database.executemany("INSERT INTO unsorted VALUES (?, ?)", batch)
        database.execute(
            f"CREATE TABLE {table} (owner TEXT, target TEXT, PRIMARY KEY (owner, target)) WITHOUT ROWID"
        )
        # Sorted input lets SQLite write the tree from left to right instead of page by random page.
        database.execute(
            f"INSERT OR IGNORE INTO {table} SELECT owner, target FROM unsorted ORDER BY owner, target"
        )
        database.execute("DROP TABLE unsorted")
        return self._database.number(f"FROM {table}")

    def targets(self, table: str, owner: str) -> list[str]:
        """Return the targets of an owner, sorted by id."""
        rows = self._database.rows(f"SELECT target FROM {table} WHERE owner = ?", (owner,))
        return [str(row[0]) for row in rows]

    def unknown_owners(self, table: str, kind: str) -> tuple[int, list[str]]:
        """Count the links whose owner was never remembered. Return the number and up to five owners."""
        condition = f"FROM {table} WHERE NOT EXISTS (SELECT 1 FROM seen WHERE kind = ? AND id = owner)"
        examples = self._database.rows(f"SELECT DISTINCT owner {condition} LIMIT 5", (kind,))
        return self._database.number(condition, kind), [str(row[0]) for row in examples]


#: A record. Its keys are the model's locators.
Record: TypeAlias = dict[str, object]

_NOT_IMPORTED = "references left out, their object is not imported"


@frozen
class Part:
    """Plan for one attribute of a record.

    Attributes:
        attribute: The attribute of the model.
        title: Names of the object type and the attribute, for the report.
        find: Function that returns a value, a list, or None from an object of Okta.
        convert: Function that converts one value for Assets.
        transform: Function that masks or hashes a value. None leaves it unchanged.
        table: Table of links that fills the attribute. Empty if there is none.
        target: Key of the object type that the attribute refers to. Empty if it is not a reference.
        cap: Maximum number of references. None means no limit.
    """

    attribute: AttributeSpec
    title: str
    find: Callable[[Mapping[str, object]], object]
    convert: Callable[[object], Converted]
    transform: Transform | None = None
    table: str = ""
    target: str = ""
    cap: int | None = None

    @property
    def key(self) -> str:
        """Key of the value in the record."""
        return self.attribute.locators[0]


@define
class Targets:
    """Ids that references may point to.

    Attributes:
        store: Store of links and of the ids of people.
        ranks: Ids of imported objects by object type, with a rank. Built-in groups rank last, so that a cap removes
            "Everyone" first. Types that were not requested are missing: their references are kept.
        people_read: True if all people have been read.
    """

    store: Store
    ranks: dict[str, dict[str, int]] = field(factory=dict[str, dict[str, int]])
    people_read: bool = False

    def existing(self, part: Part, targets: list[str]) -> tuple[list[str], int]:
        """Return the targets that exist, sorted by rank, and the number of those that do not exist."""
        existing = targets
        if part.target == "people":
            if self.people_read:
                existing = [target for target in targets if self.store.has_seen("people", target)]
        elif (ranks := self.ranks.get(part.target)) is not None:
            existing = sorted((target for target in targets if target in ranks), key=ranks.__getitem__)
        return existing, len(targets) - len(existing)


def plan_parts(
    spec: ObjectTypeSpec,
    fields: TypeFields,
    rules: Rules,
    *,
    caps: Mapping[str, int | None],
    transforms: Mapping[str, Transform],
    dropped: frozenset[str],
) -> tuple[Part, ...]:
    """Plan the attributes of an object type. Attributes without a field in Okta are left to the caller.

    Args:
        spec: The object type of the model.
        fields: The fields of Okta for this object type.
        rules: Settings of the conversion.
        caps: Maximum number of references by attribute key.
        transforms: Functions for privacy by attribute key.
        dropped: Keys of attributes that are not sent.
    """
    parts: list[Part] = []
    for attribute in spec.mapped_attributes:
        okta_field = fields.field(attribute.key)
        find = _finder(attribute, okta_field)
        if find is None or attribute.key in dropped:
            continue
        limits = (caps.get(attribute.key), attribute.maximum)
        parts.append(
            Part(
                attribute,
                f"{spec.name}: {attribute.name}",
                find,
                converter(attribute, rules),
                transform=transforms.get(attribute.key),
                table=okta_field.table if okta_field else "",
                target=attribute.reference.target if attribute.reference else "",
                cap=min((limit for limit in limits if limit is not None and limit >= 0), default=None),
            )
        )
    return tuple(parts)


def _finder(
    attribute: AttributeSpec, okta_field: Field | None
) -> Callable[[Mapping[str, object]], object] | None:
    locator = attribute.locators[0]
    custom_name = locator.removeprefix(PREFIX) if locator.startswith(PREFIX) else ""
    if okta_field is not None and okta_field.key == "manager":
        return _manager_finder(attribute, custom_name)
    if okta_field is not None:
        return okta_field.read
    return (lambda user: pick(user, "profile", custom_name)) if custom_name else None


def _manager_finder(attribute: AttributeSpec, custom_name: str) -> Callable[[Mapping[str, object]], object]:
    """Return a function that finds the value by which a person's manager is looked up.

    Okta's `managerId` and `manager` are free text. Either may contain an email address.
    """
    by_email = attribute.reference is not None and attribute.reference.by == "primaryEmail"
    names = (custom_name,) if custom_name else ("managerId", "manager") if by_email else ("managerId",)

    def find(user: Mapping[str, object]) -> object:
        values = [text for name in names if (text := text_at(user, "profile", name))]
        if by_email:
            email = next((value for value in values if "@" in value), None)
            return email or (Refused("left out, not an email address") if values else None)
        return next(iter(values), None)

    return find


@frozen
class RecordBuilder:
    """Builder of the records of one object type. The report receives whatever is left out or shortened."""

    type_key: str
    parts: tuple[Part, ...]
    targets: Targets
    report: Report

    def build(self, item: Mapping[str, object], identity: str) -> Record:
        record: Record = {}
        for part in self.parts:
            values = self._links(part, item, identity) if part.table else self._values(part, item, identity)
            if part.target and not part.table and values:
                values = self._existing(part, [str(value) for value in values], identity)
            if values and part.attribute.unique and not part.attribute.identifier:
                values = self._unique(part, values, identity)
            if part.transform is not None:
                values = [part.transform(value) for value in values]
            if values:
                record[part.key] = values if part.attribute.takes_many else values[0]
            else:
                self.report.note_empty(part.title, identity)
        return record

    def _values(self, part: Part, item: Mapping[str, object], identity: str) -> list[Scalar]:
        value = part.find(item)
        if value is None or value == "":
            return []
        values: list[Scalar] = []
        for candidate in cast("list[object]", value) if isinstance(value, list | tuple) else [value]:
            converted = candidate if isinstance(candidate, Refused) else part.convert(candidate)
            if isinstance(converted, Refused):
                self.report.note(part.title, converted.reason, identity)
                converted = converted.instead
            if converted is not None and converted not in values:
                values.append(converted)
        return self._capped(part, values, identity)

    def _links(self, part: Part, item: Mapping[str, object], identity: str) -> list[Scalar]:
        targets = self.targets.store.targets(part.table, identity)
        if part.table == "device_person":
            embedded = [text_at(link, "user", "id") for link in device_users(item)]
            if "" in embedded:
                self.report.note(part.title, "left out, an embedded user without an id", identity)
            targets = list(dict.fromkeys([*filter(None, embedded), *targets]))
        return self._capped(part, self._existing(part, targets, identity), identity)

    def _existing(self, part: Part, targets: list[str], identity: str) -> list[Scalar]:
        existing, missing_count = self.targets.existing(part, targets)
        if missing_count:
            self.report.note(part.title, _NOT_IMPORTED, identity, missing_count)
        return list(existing)

    def _capped(self, part: Part, values: list[Scalar], identity: str) -> list[Scalar]:
        if part.cap is None or len(values) <= part.cap:
            return values
        reason = f"more than {part.cap:,} values, the others left out"
        self.report.note(part.title, reason, identity, len(values) - part.cap)
        return values[: part.cap]

    def _unique(self, part: Part, values: list[Scalar], identity: str) -> list[Scalar]:
        kind = f"{self.type_key}.{part.attribute.key}"
        unique = [v for v in values if self.targets.store.first_time(kind, str(v).casefold())]
        if len(unique) < len(values):
            reason = "left out, an earlier record has the same value and Assets requires unique values"
            self.report.note(part.title, reason, identity, len(values) - len(unique))
        return unique
