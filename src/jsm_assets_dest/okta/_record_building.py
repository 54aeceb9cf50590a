"""How one of Okta's objects becomes one record: worked out once per object type, then applied to every object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, cast

from attrs import define, field, frozen

from ..model import AttributeSpec, ObjectTypeSpec
from ._custom_attributes import PREFIX
from ._fields import Field, TypeFields, device_users
from ._okta_objects import pick, text_at
from ._privacy import Transform
from ._report import Report
from ._store import Store
from ._values import Refused, Rules, Scalar, converter

#: A record: keys are the model's locators.
Record: TypeAlias = dict[str, object]


@frozen
class Part:
    """One attribute of a record.

    Attributes:
        attribute: As the model has it.
        title: The object type and the attribute by name, for the report.
        find: What Okta's answer holds for it: a value, a list, or None.
        convert: How one value becomes what Assets takes.
        transform: What privacy asks to do with it; None leaves it as it is.
        table: The links that fill it, if any.
        target: The key of the object type it refers to, if any.
        cap: The greatest number of references; None is without a limit.
    """

    attribute: AttributeSpec
    title: str
    find: Callable[[Mapping[str, object]], object]
    convert: Callable[[object], Scalar | Refused | None]
    transform: Transform | None = None
    table: str = ""
    target: str = ""
    cap: int | None = None

    @property
    def key(self) -> str:
        """The record's key."""
        return self.attribute.locators[0]


@define
class Known:
    """The ids that references may point to, as far as they were read.

    Attributes:
        store: Where links and the ids of people are.
        ranks: Per object type, the ids that were imported, with a rank; built-in groups rank last, because a cap
            should not spend a place on "Everyone". Types that were not asked for are missing: any id will do.
    """

    store: Store
    ranks: dict[str, dict[str, int]] = field(factory=dict[str, dict[str, int]])
    people_read: bool = False

    def sorted_targets(self, part: Part, targets: list[str]) -> tuple[list[str], int]:
        """The targets that exist, the more telling ones first, and how many do not exist."""
        if part.target == "people":
            kept = (
                [one for one in targets if self.store.has_seen("people", one)]
                if self.people_read
                else targets
            )
        elif (ranks := self.ranks.get(part.target)) is not None:
            kept = sorted((one for one in targets if one in ranks), key=lambda one: ranks[one])
        else:
            kept = targets
        return kept, len(targets) - len(kept)


def parts(
    spec: ObjectTypeSpec,
    fields: TypeFields,
    rules: Rules,
    *,
    caps: Mapping[str, int | None],
    transforms: Mapping[str, Transform],
    dropped: frozenset[str],
) -> tuple[Part, ...]:
    """What fills the attributes of an object type; attributes that Okta has nothing for are left to the caller.

    Args:
        spec: The object type, as the model has it now.
        fields: The object type, as this package knows it.
        rules: For conversions.
        caps: The greatest number of references per attribute key.
        transforms: What privacy asks for, per attribute key.
        dropped: Keys of attributes that are not sent.
    """
    found: list[Part] = []
    for attribute in spec.mapped_attributes:
        known = fields.field(attribute.key)
        find = _finder(attribute, known)
        if find is None or attribute.key in dropped:
            continue
        limits = [
            limit
            for limit in (caps.get(attribute.key), attribute.maximum)
            if limit is not None and limit >= 0
        ]
        found.append(
            Part(
                attribute,
                f"{spec.name}: {attribute.name}",
                find,
                converter(attribute, rules),
                transform=transforms.get(attribute.key),
                table=known.table if known else "",
                target=attribute.reference.target if attribute.reference else "",
                cap=min(limits, default=None),
            )
        )
    return tuple(found)


def _finder(attribute: AttributeSpec, known: Field | None) -> Callable[[Mapping[str, object]], object] | None:
    locator = attribute.locators[0]
    if known is not None and known.key == "manager":
        return _manager_finder(attribute, locator.removeprefix(PREFIX) if locator.startswith(PREFIX) else "")
    if known is not None:
        return known.value
    if locator.startswith(PREFIX):
        name = locator.removeprefix(PREFIX)
        return lambda user: pick(user, "profile", name)
    return None


def _manager_finder(attribute: AttributeSpec, name: str) -> Callable[[Mapping[str, object]], object]:
    """The value by which a person's manager is looked up.

    Okta's `managerId` and `manager` are free text; an e-mail address may stand in either.
    """
    by = attribute.reference.by if attribute.reference else ""
    names = (name,) if name else ("managerId", "manager") if by == "primaryEmail" else ("managerId",)

    def find(user: Mapping[str, object]) -> object:
        values = [text for one in names if (text := text_at(user, "profile", one))]
        if by == "primaryEmail":
            fitting = next((one for one in values if "@" in one), None)
            return fitting or (Refused("left out, not an e-mail address") if values else None)
        return next(iter(values), None)

    return find


def identity_of(item: Mapping[str, object]) -> str:
    """An object's Okta id; empty where it has none."""
    return text_at(item, "id")


def build(
    item: Mapping[str, object],
    identity: str,
    of: tuple[Part, ...],
    known: Known,
    report: Report,
    type_key: str,
) -> Record:
    """The record of one object; what is left out or shortened goes into the report."""
    record: Record = {}
    for part in of:
        values = (
            _references(item, identity, part, known, report)
            if part.table
            else _values(item, identity, part, report)
        )
        if part.target and not part.table and values:
            values = _existing(values, identity, part, known, report)
        if values and part.attribute.unique and not part.attribute.identifier:
            values = _first_of_its_kind(values, identity, part, known, report, type_key)
        if part.transform is not None:
            values = [part.transform(value) for value in values]
        if values:
            record[part.key] = values if part.attribute.takes_many else values[0]
    return record


def _values(item: Mapping[str, object], identity: str, part: Part, report: Report) -> list[Scalar]:
    found = part.find(item)
    if found is None or found == "":
        return []
    values: list[Scalar] = []
    candidates = cast("list[object]", found) if isinstance(found, list | tuple) else [found]
    for candidate in candidates:
        value = candidate if isinstance(candidate, Refused) else part.convert(candidate)
        if isinstance(value, Refused):
            report.note(part.title, value.reason, identity)
            value = value.instead
        if value is not None and value not in values:
            values.append(value)
    return _capped(values, identity, part, report)


def _references(
    item: Mapping[str, object], identity: str, part: Part, known: Known, report: Report
) -> list[Scalar]:
    targets = known.store.targets(part.table, identity)
    if part.table == "device_person":
        embedded = [user for link in device_users(item) if (user := text_at(link, "user", "id"))]
        targets = list(dict.fromkeys([*embedded, *targets]))
    kept, missing = known.sorted_targets(part, targets)
    if missing:
        report.note(part.title, "references left out, their object is not imported", identity, missing)
    return _capped(list(kept), identity, part, report)


def _existing(values: list[Scalar], identity: str, part: Part, known: Known, report: Report) -> list[Scalar]:
    """References that the answer itself holds, such as a person's user type."""
    kept, missing = known.sorted_targets(part, [str(value) for value in values])
    if missing:
        report.note(part.title, "references left out, their object is not imported", identity, missing)
    return list(kept)


def _capped(values: list[Scalar], identity: str, part: Part, report: Report) -> list[Scalar]:
    if part.cap is None or len(values) <= part.cap:
        return values
    report.note(
        part.title, f"more than {part.cap:,} values, the rest left out", identity, len(values) - part.cap
    )
    return values[: part.cap]


def _first_of_its_kind(
    values: list[Scalar], identity: str, part: Part, known: Known, report: Report, type_key: str
) -> list[Scalar]:
    kind = f"{type_key}.{part.attribute.key}"
    kept = [one for one in values if known.store.first_time(kind, str(one).casefold())]
    if len(kept) < len(values):
        reason = "left out, an earlier record has the same value and Assets wants it unique"
        report.note(part.title, reason, identity, len(values) - len(kept))
    return kept
