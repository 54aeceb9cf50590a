"""The record checker: what is sent of a record, or why it is rejected.

A record is a mapping from locators to values, or an object with fields. The checker knows the schema model. It rejects
what Assets would reject or misunderstand, what JSON does not have, and what two JSON encoders write in two ways.

There is one path for all records: a loop over a record's items. A short string costs three comparisons, any other value
a look-up by its class. If the record before had only short strings, and this one has the same keys, like the rows of a CSV
file, its keys are not looked up again. A record is copied only if something changes. Half surrogate pairs are not looked for, because
both encoders find them; `RecordChecker.check` does. One thread uses a checker: the one that reads the source.
"""

from __future__ import annotations

import datetime
import functools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias, cast

from typing_extensions import override

from .._model.names import camel_case
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, ObjectTypeSpec
from .._wire.json_reading import JsonObject
from ..exceptions import RecordError
from .chunk import Run
from .record_forms import MOST_CLASSES, UnfitError, field_names, reader_of, reject_record
from .values import TEXT_LIMIT, AttributeRule, Convert, Rule, SharedRule
from .whole_run import REMEMBERED, Identifiers, at_path

#: Names of unknown keys that are remembered, and their characters. Further ones are counted together.
MOST_UNKNOWN_KEYS, LONGEST_KEY = 200, 100

#: After a record that was no row, so many rows are checked like other records, because different records may alternate.
PAUSE = 16

_REPEATED = "is the identifier of an earlier record of the same {} too"

#: Receives the error of each record that does not fit. Raises to stop the import, or returns to leave the record out.
OnBadRecord: TypeAlias = Callable[[RecordError], None]

_Record: TypeAlias = dict[str, object]


def stop(error: RecordError) -> None:
    """Raise the error of a record that does not fit."""
    raise error


def record_error(selector: str, index: int, path: str, reason: str, record: object) -> RecordError:
    """Return the error for a record; the record is an attribute and not part of the message."""
    message = f"Could not import {selector}[{index}]: {path or 'the record'} {reason}."
    return RecordError(message, selector=selector, index=index, path=path, reason=reason, record=record)


class _UnknownKeys(Counter[str]):
    """Keys without a locator, each with how often it came; bounded."""

    def note(self, key: str) -> None:
        if key not in self:
            # The result prints the names: they must be short and printable everywhere.
            key = key if len(key) <= LONGEST_KEY else f"{key[:LONGEST_KEY]}…"
            key = key.encode("utf-8", "backslashreplace").decode()
            key = key if key in self or len(self) < MOST_UNKNOWN_KEYS else "…"
        self[key] += 1


class _Level(Rule):
    """A level of a record: the rules of its keys. Also the rule of a key that locators lead into."""

    def __init__(self, unknown_keys: _UnknownKeys, path: str = "") -> None:
        super().__init__()
        self._unknown_keys = unknown_keys
        #: The path to this level without positions, ending in a dot, or an empty string.
        self._path = path
        self._inner_locators: set[str] = set()
        self._rules: dict[str, Rule] = {}
        self._tables: dict[str, dict[type, Convert | None]] = {}
        self._short_text: set[str] = set()
        #: Keys of the record before, if all its values were short strings, as in the rows of a CSV file.
        self._row: list[str] = []
        #: Number of records that are checked in the usual way before one is taken for a row again.
        self._pause = 0
        #: Fields are usually spelled in snake case, and locators in camel case.
        self._key_of = functools.lru_cache(1_000)(
            lambda name: (
                name if name in self._rules or camel_case(name) not in self._rules else camel_case(name)
            )
        )
        self._readers: dict[type, Callable[[Any], _Record]] = {dict: lambda record: record}

    def add(self, path: str, rules: Sequence[Rule]) -> None:
        """Add the rules of a locator's path, as seen from this level."""
        key, _, inner = path.partition(".")
        rule = self._rules.get(key)
        if inner:
            self._inner_locators.add(path)
            if not isinstance(rule, _Level):
                rule = _Level(self._unknown_keys, f"{self._path}{key}.")
            rule.add(inner, rules)
        elif not isinstance(rule, _Level):
            rule = rules[0] if len(rules) == 1 else SharedRule(rules)
        self._rules[key], self._tables[key] = rule, rule.converters
        (self._short_text.add if rule.takes_short_text else self._short_text.discard)(key)

    def check(self, record: _Record) -> _Record:
        """Return what is sent of a record: the record itself if nothing has to be changed. Or raise `UnfitError`."""
        short_text, tables, sent, key, table = self._short_text, self._tables, record, "", None
        unknown: list[str] = []
        try:
            if self._row:
                if [*record] == self._row:
                    for value in record.values():
                        if type(value) is not str or len(value) > TEXT_LIMIT:
                            break
                    else:
                        return record
                self._row, self._pause = [], PAUSE
            for key, value in record.items():
                if key in short_text and type(value) is str and len(value) <= TEXT_LIMIT:
                    continue
                table = tables.get(key)
                if table is None:
                    unknown.append(key)
                    continue
                try:
                    converter = table[type(value)]
                except KeyError:
                    converter = self._rules[key].learn(value)
                if converter is not None:
                    converted = converter(value)
                    if converted is not value:
                        if sent is record:
                            sent = record.copy()
                        sent[key] = converted
        except UnfitError as error:
            raise error.inside(key) from None
        except Exception as error:  # noqa: BLE001 - a value of the caller may raise anything
            raise UnfitError(f"cannot be read ({type(error).__name__})").inside(key) from None
        if unknown:
            return self._without(unknown, record, sent)
        if table is None:
            if self._pause:
                self._pause -= 1
            else:
                self._row = [*record]
        return sent

    def _without(self, unknown: list[str], record: _Record, sent: _Record) -> _Record:
        sent = record.copy() if sent is record else sent
        for key in unknown:
            if not isinstance(key, str):
                # The standard encoder would turn it into a string, perhaps one that is a key already.
                raise UnfitError(f"has a key that is not a string ({type(key).__name__})")
            if key in self._inner_locators and key.partition(".")[0] not in record:
                # Tables often have locators as the names of their columns.
                raise UnfitError("is one key with dots in it, but the locator leads into nested objects", key)
            del sent[key]
        for key in unknown:
            self._unknown_keys.note(self._path + key)
        return sent

    def read(self, record: object) -> _Record:
        """Return a record as a dictionary, or raise `UnfitError` if it is not a record, or if reading it failed."""
        kind = type(record)
        try:
            if kind not in self._readers and len(self._readers) < MOST_CLASSES:
                self._readers[kind] = reader_of(kind, self._key_of)
            return (self._readers.get(kind) or reader_of(kind, self._key_of))(record)
        except UnfitError:
            raise
        except Exception as error:  # noqa: BLE001 - a database may be closed, or a field may never have been set
            raise UnfitError(f"cannot be read ({type(error).__name__})") from None

    @override
    def converter_of(self, kind: type, family: str) -> Convert:
        if kind is dict:
            return cast("Convert", self.check)
        if family == "list" and field_names(kind) is None:
            return self.convert_list
        if family in ("other", "list", "object"):
            return lambda value: cast("JsonObject", self.check(self.read(value)))
        return reject_record


def _only_key(attribute: AttributeSpec) -> str:
    """Return the only key of a record that has an attribute's value; "" if there are several or nested locators."""
    locator, *others = attribute.locators
    return "" if others or "." in locator else locator


def _texts(sent: _Record, attribute: AttributeSpec) -> list[str]:
    return [str(value) for locator in attribute.locators for value in at_path(sent, locator.split("."))]


class _SelectorChecker:
    """The rules for the records of one selector. Usually one object type has it. Others may be inside its records."""

    def __init__(
        self, selector: str, mapped: Sequence[ObjectTypeSpec], timezone: datetime.tzinfo | None
    ) -> None:
        self.unknown_keys = _UnknownKeys()
        #: Identifiers of the chunk so far.
        self.seen: set[object] = set()
        own = [spec for spec in mapped if spec.selector == selector]
        inner = [spec for spec in mapped if spec.selector.startswith(f"{selector}.")]
        #: Selectors of records inside records, each with the path to them.
        self.inner = {spec.selector: spec.selector.removeprefix(f"{selector}.").split(".") for spec in inner}
        rules: dict[str, list[Rule]] = {}
        for spec in (*own, *inner):
            prefix = f"{spec.selector}.".removeprefix(f"{selector}.")
            for attribute in spec.mapped_attributes:
                rule = AttributeRule(attribute, timezone)
                for locator in attribute.locators:
                    rules.setdefault(prefix + locator, []).append(rule)
        self.level = _Level(self.unknown_keys)
        for locator, rules_of_locator in rules.items():
            self.level.add(locator, rules_of_locator)
        # Of several object types of a selector, each takes its own part of a record, and an identifier may repeat.
        attributes = own[0].mapped_attributes if len(own) == 1 else ()
        self.identifiers = [attribute for attribute in attributes if attribute.identifier]
        self.identifier_key = _only_key(self.identifiers[0]) if len(self.identifiers) == 1 else ""
        self.required = [
            (_only_key(attribute), attribute)
            for attribute in attributes
            if attribute.minimum > 0 and not attribute.identifier
        ]

    def require(self, sent: _Record) -> None:
        """Raise `UnfitError` if a required attribute has no value."""
        for key, attribute in self.required:
            value = sent.get(key)
            if (value is None or value == "" or type(value) is list) and not any(_texts(sent, attribute)):
                raise UnfitError(f'is missing, and "{attribute.name}" needs a value', attribute.locators[0])

    def identity(self, sent: _Record) -> object:
        """Return the identity of a checked record, or None if the type has no identifiers."""
        parts: list[str] = []
        for attribute in self.identifiers:
            texts = _texts(sent, attribute)
            if not any(text.strip() for text in texts):
                reason = f'is {"blank" if texts else "missing"}, and "{attribute.name}" identifies the object'
                raise UnfitError(reason, attribute.locators[0])
            parts.append(",".join(texts))
        return (parts[0] if len(parts) == 1 else tuple(parts)) if parts else None


def _reject_lone_surrogates(value: object) -> None:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise UnfitError(f"has half of a surrogate pair (character {error.start})") from None
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        try:
            _reject_lone_surrogates(item)
        except UnfitError as error:
            raise error.inside(key if isinstance(key, str) else f"[{key}]") from None


class RecordChecker:
    """Checks the records of a run against a model.

    Args:
        model: The model whose selectors, locators, and attribute types decide.
        timezone: The time zone of naive date-times, or None to reject them.
        unique_in_run: Reject a record whose identifier came anywhere before in the run; within a chunk it is always
            rejected. Costs about 0.3 microseconds and, up to `remember`, about 70 bytes per record.
        remember: Maximum identifiers to remember. Further identifiers are not compared; then `remembered_all` is False.
        allows_repeated: Accept a record whose identifier came before in its chunk.
    """

    def __init__(
        self,
        model: SchemaModel,
        *,
        timezone: datetime.tzinfo | None = None,
        unique_in_run: bool = False,
        remember: int = REMEMBERED,
        allows_repeated: bool = False,
    ) -> None:
        mapped = [spec for spec in model.object_types if spec.mapped]
        selectors = dict.fromkeys(spec.selector for spec in mapped)
        self._types = {selector: _SelectorChecker(selector, mapped, timezone) for selector in selectors}
        #: For single records, whose identifiers and unknown keys are not counted again.
        self._single = functools.cache(lambda: RecordChecker(model, timezone=timezone, allows_repeated=True))
        self._identifiers = Identifiers(remember) if unique_in_run else None
        self._allows_repeated = allows_repeated

    @property
    def unknown_keys(self) -> dict[str, dict[str, int]]:
        """Keys that were left out because the model has no locator for them, with how often they came, by selector."""
        counts = {selector: dict(checker.unknown_keys) for selector, checker in self._types.items()}
        return {selector: keys for selector, keys in counts.items() if keys}

    @property
    def remembered_all(self) -> bool:
        """True if every identifier could be compared with all earlier ones."""
        return self._identifiers is None or self._identifiers.complete

    def begin_chunk(self) -> None:
        """Forget the identifiers of the chunk before."""
        for checker in self._types.values():
            checker.seen = set()

    def check(self, selector: str, index: int, record: object) -> JsonObject:
        """Return what is sent of one record, checked to the last character and independently of other records.

        Raises:
            RecordError: The record does not fit.
        """
        (sent,) = self._single().check_many(selector, index, [record]).records
        try:
            _reject_lone_surrogates(sent)
        except UnfitError as error:
            raise record_error(selector, index, error.path, error.reason, record) from None
        return cast("JsonObject", sent)

    def check_many(
        self, selector: str, first: int, records: Sequence[object], on_bad: OnBadRecord = stop
    ) -> Run:
        """Return what is sent of consecutive records of one selector, without those that do not fit.

        Args:
            selector: The selector.
            first: The index of the first record.
            records: The records. Neither the sequence nor the records are changed.
            on_bad: Receives the error of each record that does not fit, in order. Default: raises the first one.
        """
        checker = self._types.get(selector)
        if checker is None:
            reason = (
                f"has a selector that the model does not have; it has: {', '.join(self._types) or 'none'}"
            )
            for index, record in enumerate(records, first):
                on_bad(record_error(selector, index, "", reason, record))
            return Run(selector, [], (), [])
        check, read, key, seen = checker.level.check, checker.level.read, checker.identifier_key, checker.seen
        required, is_compared, identifiers = checker.required, not self._allows_repeated, self._identifiers
        accepted: list[object] = []
        rejected: set[int] = set()
        for position, record in enumerate(records):
            try:
                sent = check(record if type(record) is dict else read(record))
                identity = sent.get(key)
                if type(identity) is not str or not identity or identity.isspace():
                    identity = checker.identity(sent)
                if required:
                    checker.require(sent)
                if is_compared and identity is not None:
                    if identity in seen:
                        raise UnfitError(_REPEATED.format("chunk"), checker.identifiers[0].locators[0])
                    seen.add(identity)
                    if identifiers is not None and not identifiers.is_new(selector, identity):
                        raise UnfitError(_REPEATED.format("run"), checker.identifiers[0].locators[0])
            except UnfitError as error:
                rejected.add(position)
                on_bad(record_error(selector, first + position, error.path, error.reason, record))
            else:
                accepted.append(sent)
        if not rejected:
            return Run(selector, accepted, range(first, first + len(records)), [*records])
        positions = [position for position in range(len(records)) if position not in rejected]
        indexes = [first + position for position in positions]
        return Run(selector, accepted, indexes, [records[position] for position in positions])

    def inner_records(
        self, selector: str, records: Sequence[JsonObject]
    ) -> Iterator[tuple[int, str, list[JsonObject]]]:
        """Yield the records inside checked records: the position of the outer record, their selector, and the records."""
        for inner_selector, path in self._types[selector].inner.items():
            for position, record in enumerate(records):
                items = [item for item in at_path(record, path) if isinstance(item, dict)]
                yield position, inner_selector, cast("list[JsonObject]", items)

    def values_of(self, selector: str, record: object) -> JsonObject | None:
        """Return the values of a record that does not fit, or None if they can't be read."""
        try:
            return cast("JsonObject", self._types[selector].level.read(record))
        except (KeyError, UnfitError):
            return None
