"""Values that arrive in Assets: what an import stores of a record under its settings, and what it ignores.

It is the only rule for previews, verifications, and their problems. An import can ignore values that are not an option of a select
attribute, and status names that Assets does not have. If no value of an attribute arrives, the settings decide whether the
earlier value stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import define, field

from .._assets.objects import ObjectValue
from .._wire.address_book import SCHEMA_IMPORT
from .identities import MappedAttribute, MappedType, stored
from .progress import count_text

#: Maximum number of ignored values of an attribute that are named.
MOST_NAMED = 10

#: Fix for ignored values.
KEEP_UNKNOWN = (
    f"To import these values, add them in Assets, or set unknown values to Add in {SCHEMA_IMPORT.page}."
)


def is_comparable(attribute: MappedAttribute, mapped: MappedType) -> bool:
    """Return True if what Assets must contain follows from a record."""
    if not attribute.name or not attribute.is_compared:
        return False
    # What joins several values of a single-valued attribute may be unknown.
    return len(attribute.paths) == 1 or attribute.is_multiple or bool(mapped.concatenator)


def not_compared_notes(types: Sequence[MappedType]) -> list[str]:
    """Return sentences about the attributes whose values can't be compared, and about unknown options."""
    names = [
        f"{mapped.name}.{attribute.name}"
        for mapped in types
        for attribute in mapped.attributes
        if attribute.name and not is_comparable(attribute, mapped)
    ]
    notes = (
        [f"Not compared, because only Assets can resolve their values: {', '.join(names)}."] if names else []
    )
    if any(mapped.has_unknown_choices for mapped in types):
        notes.append(
            "The options of select attributes and the statuses could not be read. If the import ignores unknown values, such values "
            "count as differences."
        )
    return notes


def values_hash(texts: Sequence[str], attribute_type: str) -> int:
    """Return a hash that is equal for equal values, in any order; 0 if there is none."""
    if not texts:
        return 0
    # It is not documented whether Assets keeps line ends and spaces at the ends, or rounds more than milliseconds.
    length = len("2026-01-31T16:30:00") if attribute_type == "date_time" else None
    values = sorted({text.replace("\r\n", "\n").strip()[:length] for text in texts})
    return (hash(tuple(values)) or 1) if any(values) else 0


#: Hash of a record's values of which only Assets knows the stored form. No other hash is equal to it.
UNKNOWN_FORM = -1


def object_hash(attribute: MappedAttribute, value: ObjectValue | None) -> int:
    """Return the hash of an attribute's values in an object; 0 if there is none."""
    return 0 if value is None else values_hash(attribute.object_texts(value), attribute.type)


@define
class ArrivingValues:
    """Rule for one object type, and what the import ignores of its records.

    Attributes:
        mapped: The object type.
        filled: Numbers of the attributes that at least one record fills. An attribute that the source never fills has no value
            that should be gone.
        are_comparable: For each attribute, `is_comparable`.
    """

    mapped: MappedType
    filled: set[int] = field(factory=set[int])
    are_comparable: tuple[bool, ...] = field(init=False)
    _ignored: dict[int, dict[str, int]] = field(factory=dict[int, dict[str, int]])

    def __attrs_post_init__(self) -> None:
        """Compute what is needed for each record."""
        self.are_comparable = tuple(
            is_comparable(attribute, self.mapped) for attribute in self.mapped.attributes
        )

    def of(self, number: int, record: Mapping[str, object]) -> Sequence[str]:
        """Return the values of an attribute that arrive, in the form in which Assets stores them, and note the other ones."""
        attribute = self.mapped.attributes[number]
        texts = [text for text in attribute.texts(record) if text]
        if not texts:
            return texts
        self.filled.add(number)
        if attribute.target:
            return texts
        if len(texts) > 1 and not attribute.is_multiple:
            texts = [self.mapped.concatenator.join(texts)]
        stored_texts = [stored(text, attribute.type) for text in texts]
        if attribute.choices is None:  # the usual case
            return stored_texts
        ignored = {
            text
            for text, stored_text in zip(texts, stored_texts, strict=True)
            if attribute.ignores_others and stored_text not in attribute.choices
        }
        if ignored:
            self._ignore(number, ignored)
        return [
            attribute.choices.get(stored_text, stored_text)
            for text, stored_text in zip(texts, stored_texts, strict=True)
            if text not in ignored
        ]

    def _ignore(self, number: int, texts: Iterable[str]) -> None:
        counts = self._ignored.setdefault(number, {})
        for text in texts:
            name = text if text in counts or len(counts) < MOST_NAMED else ""
            counts[name] = counts.get(name, 0) + 1

    def ignored(self, *attribute_types: str) -> dict[str, dict[str, int]]:
        """Return the number of records by ignored value, by name of the attribute, for attributes of some types or of all."""
        return {
            attribute.name: dict(counts)
            for number, counts in sorted(self._ignored.items())
            for attribute in (self.mapped.attributes[number],)
            if not attribute_types or attribute.type in attribute_types
        }


def ignored_notes(rules: Iterable[ArrivingValues], *attribute_types: str) -> list[str]:
    """Return a sentence for each attribute of some types, or of all, with values that the import ignores, and the fix."""
    notes = [
        f"The import ignores values of {rule.mapped.name}.{name} that Assets does not have: {_named(counts)}."
        for rule in rules
        for name, counts in rule.ignored(*attribute_types).items()
    ]
    return [*notes, KEEP_UNKNOWN] if notes else []


def _named(counts: Mapping[str, int]) -> str:
    values = (f'"{value}" ({count_text(count, "record")})' for value, count in counts.items() if value)
    return f"{', '.join(values)}{', …' if '' in counts else ''}"
