"""The record checker: what is sent of a record, or why it is rejected.

A record is a mapping from locators to values, or an object with fields. The checker knows the schema model. It rejects
what Assets would reject or misunderstand, what JSON does not have, and what two JSON encoders write in two ways.

There is one path for all records: a loop over a record's items. A short string costs three comparisons, any other value
a look-up by its class. A record is copied only if something changes. Half surrogate pairs are not looked for, because
both encoders find them; `RecordChecker.check` does. One thread uses a checker: the one that reads the source.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import itertools
from collections.abc import Callable, Container, Sequence
from typing import Any, NoReturn, TypeAlias, cast

import attrs
from attrs import frozen
from typing_extensions import override

from .._model.names import camel_case
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, ObjectTypeSpec
from .._wire.json_reading import JsonObject
from ..exceptions import RecordError
from .problems import ImportProblem, ValueProblems
from .values import MOST_CLASSES, TEXT_LIMIT, AttributeRule, Convert, Rule, SharedRule, UnfitError
from .whole_run import REMEMBERED, DanglingReference, Identifiers, References, at_path

#: Names of unknown keys that are remembered; further ones are counted together.
MOST_UNKNOWN_KEYS = 200

#: Characters of such a name that are remembered.
LONGEST_KEY = 100

_REPEATED = "is the identifier of an earlier record of the same {} too"

#: Receives the error of each record that does not fit. Raises to stop the import, or returns to leave the record out.
OnBadRecord: TypeAlias = Callable[[RecordError], None]

#: Receives checked records; returns which ones to send, or None for all.
OnAccepted: TypeAlias = Callable[[str, Sequence[int], Sequence[JsonObject]], Sequence[bool] | None]

_Record: TypeAlias = dict[str, object]


def _stop(error: RecordError) -> None:
    raise error


def record_error(selector: str, index: int, path: str, reason: str, record: object) -> RecordError:
    """Return the error for a record; the record is an attribute and not part of the message."""
    return RecordError(
        f"Could not import {selector}[{index}]: {path or 'the record'} {reason}.",
        selector=selector,
        index=index,
        path=path,
        reason=reason,
        record=record,
    )


@frozen
class Checked:
    """The records of a batch that fit.

    Attributes:
        records: What is sent of them, in the source's order.
        originals: The caller's own records.
        indexes: Their positions among the records of the selector; a range if all of them fit.
    """

    records: list[JsonObject]
    originals: Sequence[object]
    indexes: Sequence[int]


class _UnknownKeys(dict[str, int]):
    """Keys without a locator, each with how often it came; bounded."""

    def count(self, key: str) -> None:
        if key in self:
            self[key] += 1
            return
        # The result prints the names: they must be short and printable everywhere.
        if len(key) > LONGEST_KEY:
            key = f"{key[:LONGEST_KEY]}…"
        key = key.encode("utf-8", "backslashreplace").decode()
        if key not in self and len(self) >= MOST_UNKNOWN_KEYS:
            key = "…"
        self[key] = self.get(key, 0) + 1


def _field_names(kind: type) -> Sequence[str] | None:
    """Return the names of the fields of an attrs class, a dataclass, or a named tuple."""
    if attrs.has(kind):
        return [attribute.name for attribute in attrs.fields(kind)]
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return cast("Sequence[str] | None", getattr(kind, "_fields", None)) if issubclass(kind, tuple) else None


class _Level(Rule):
    """A level of a record: the rules of its keys. Also the rule of a key that locators lead into.

    Args:
        unknown_keys: Where to count the keys without a locator.
        path: The path to this level without positions, ending in a dot, or an empty string.
        inner_locators: The locators that lead inside, for the outermost level.
    """

    def __init__(
        self, unknown_keys: _UnknownKeys, path: str = "", inner_locators: Container[str] = ()
    ) -> None:
        super().__init__()
        self._unknown_keys = unknown_keys
        self._path = path
        self._inner_locators = inner_locators
        self._rules: dict[str, Rule] = {}
        self._tables: dict[str, dict[type, Convert | None]] = {}
        self._short_text: set[str] = set()
        #: Fields are usually spelled in snake case, and locators in camel case.
        self._key_of = functools.lru_cache(1_000)(
            lambda name: name if name in self._rules else camel_case(name)
        )
        self._readers: dict[type, Callable[[Any], _Record]] = {dict: lambda record: record}

    def add(self, path: str, rules: Sequence[Rule]) -> None:
        """Add the rules of a locator's path, as seen from this level."""
        key, _, inner = path.partition(".")
        rule = self._rules.get(key)
        if inner:
            if not isinstance(rule, _Level):
                rule = _Level(self._unknown_keys, f"{self._path}{key}.")
            rule.add(inner, rules)
        elif not isinstance(rule, _Level):
            rule = rules[0] if len(rules) == 1 else SharedRule(rules)
        self._rules[key], self._tables[key] = rule, rule.converters
        (self._short_text.add if rule.takes_short_text else self._short_text.discard)(key)

    def check(self, record: _Record) -> _Record:
        """Return what is sent of a record: the record itself if nothing has to be changed.

        Raises:
            UnfitError: A value does not fit.
        """
        string, type_of, length = str, type, len  # local names are faster
        short_text, tables, sent, key = self._short_text, self._tables, record, ""
        unknown: list[str] = []
        try:
            for key, value in record.items():
                if type_of(value) is string and length(value) <= TEXT_LIMIT and key in short_text:  # type: ignore[arg-type]  # it is a string
                    continue
                table = tables.get(key)
                if table is None:
                    unknown.append(key)
                    continue
                try:
                    converter = table[type_of(value)]
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
        return self._without(unknown, record, sent) if unknown else sent

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
            self._unknown_keys.count(self._path + key)
        return sent

    def read(self, record: object) -> _Record:
        """Return a record as a dictionary.

        Raises:
            UnfitError: It is not a record, or reading it failed.
        """
        kind = type(record)
        reader = self._readers.get(kind)
        if reader is None:
            reader = self._reader_of(kind)
            if len(self._readers) < MOST_CLASSES:
                self._readers[kind] = reader
        try:
            return reader(record)
        except UnfitError:
            raise
        except Exception as error:  # noqa: BLE001 - a database may be closed, or a field may never have been set
            raise UnfitError(f"cannot be read ({type(error).__name__})") from None

    def _reader_of(self, kind: type) -> Callable[[Any], _Record]:
        key_of, names = self._key_of, _field_names(kind)
        if names is not None:
            pairs = [(key_of(name), name) for name in names]
            return lambda record: {key: getattr(record, name) for key, name in pairs}
        if any((base.__module__, base.__name__) == ("pydantic.main", "BaseModel") for base in kind.__mro__):
            return lambda record: {key_of(name): value for name, value in iter(record)}
        # sqlite3.Row, and rows of other libraries, are mappings in all but their bases.
        if hasattr(kind, "keys") and hasattr(kind, "__getitem__"):
            return dict
        return _reject_record

    @override
    def converter_of(self, kind: type, family: str) -> Convert:
        if kind is dict:
            return cast("Convert", self.check)
        if family == "list" and _field_names(kind) is None:
            return self.convert_list
        if family in ("other", "list", "object"):
            return lambda value: cast("JsonObject", self.check(self.read(value)))
        return _reject_record


def _reject_record(value: object) -> NoReturn:
    raise UnfitError(f"is not a mapping or an object with fields ({type(value).__name__})")


class _ObjectTypeChecker:
    """The check of the records of one selector.

    Args:
        specs: The object types that the records fill: usually one.
        inner_specs: The object types whose records can be inside these records, each with the path to them.
        timezone: The time zone of naive date-times.
        is_strict: Check every character.
    """

    def __init__(
        self,
        specs: Sequence[ObjectTypeSpec],
        inner_specs: Sequence[tuple[str, ObjectTypeSpec]],
        timezone: datetime.tzinfo | None,
        *,
        is_strict: bool,
    ) -> None:
        self.unknown_keys = _UnknownKeys()
        #: Identifiers of the chunk so far.
        self.seen: set[object] = set()
        rules: dict[str, list[Rule]] = {}
        for prefix, spec in [
            *(("", spec) for spec in specs),
            *((f"{path}.", spec) for path, spec in inner_specs),
        ]:
            for attribute in spec.mapped_attributes:
                rule = AttributeRule(attribute, timezone, is_strict=is_strict)
                for locator in attribute.locators:
                    rules.setdefault(prefix + locator, []).append(rule)
        self._level = _Level(
            self.unknown_keys, inner_locators={locator for locator in rules if "." in locator}
        )
        for locator, rules_of_locator in rules.items():
            self._level.add(locator, rules_of_locator)
        #: Several object types of a selector: each takes its own part of a record, and an identifier may repeat.
        self.is_shared = len(specs) > 1
        self.inner = tuple((f"{specs[0].selector}.{path}", path.split(".")) for path, _ in inner_specs)
        alone = () if self.is_shared else specs
        self._identifiers = [_Needed(attribute) for spec in alone for attribute in spec.identifiers]
        self._required = [
            _Needed(attribute)
            for spec in alone
            for attribute in spec.mapped_attributes
            if attribute.minimum > 0 and not attribute.identifier
        ]
        self.identifier_path = self._identifiers[0].locator if self._identifiers else ""
        #: The key of the identifier, unless there are several, or its locator leads inside.
        self._identifier_key = self._identifiers[0].key if len(self._identifiers) == 1 else ""

    def check(self, record: object) -> tuple[_Record, object]:
        """Return what is sent of a record, and its identity, or None if the type has no identifiers.

        Raises:
            UnfitError: The record does not fit.
        """
        level = self._level
        sent = level.check(record if type(record) is dict else level.read(record))
        identity = sent.get(self._identifier_key)
        if type(identity) is not str or not identity or identity.isspace():
            identity = self._identity(sent)
        for needed in self._required:
            value = sent.get(needed.key)
            if (value is None or value == "" or type(value) is list) and not any(needed.texts(sent)):
                raise UnfitError(f'is missing, and "{needed.name}" needs a value', needed.locator)
        return sent, identity

    def read(self, record: object) -> _Record:
        """Return a record as a dictionary, without checking it.

        Raises:
            UnfitError: It is not a record, or reading it failed.
        """
        return record if type(record) is dict else self._level.read(record)

    def _identity(self, sent: _Record) -> object:
        parts: list[str] = []
        for identifier in self._identifiers:
            texts = identifier.texts(sent)
            if not any(text.strip() for text in texts):
                state = "is blank" if texts else "is missing"
                raise UnfitError(
                    f'{state}, and "{identifier.name}" identifies the object', identifier.locator
                )
            parts.append(",".join(texts))
        return (parts[0] if len(parts) == 1 else tuple(parts)) if parts else None


class _Needed:
    """An attribute without which a record is not sent."""

    def __init__(self, attribute: AttributeSpec) -> None:
        self.name = attribute.name
        self.locator = attribute.locators[0]
        self._paths = [locator.split(".") for locator in attribute.locators]
        #: The key of a record that has the value, or an empty string if there are several locators, or nested ones.
        self.key = self.locator if len(self._paths) == 1 and len(self._paths[0]) == 1 else ""

    def texts(self, sent: _Record) -> list[str]:
        """Return the values of a record as strings."""
        return [str(value) for path in self._paths for value in at_path(sent, path)]


class RecordChecker:
    """Checks the records of a run against a model.

    Args:
        model: The model whose selectors, locators, and attribute types decide.
        timezone: The time zone of naive date-times, or None to reject them.
        unique_in_run: Reject a record whose identifier came anywhere before in the run; within a chunk it is always
            rejected. Costs about 0.3 microseconds and, up to `remember`, about 70 bytes per record.
        dangling: Follow references, for `dangling_references()`. Costs about a microsecond per record.
        allows_repeated: Accept a record whose identifier came before in its chunk.
        on_accepted: Called with the selector, the positions, and the checked records of each batch. It may return for each
            record whether to send it.
        remember: Maximum identifiers to remember, per purpose. What is beyond is not compared; `remembered_all` tells.
    """

    def __init__(
        self,
        model: SchemaModel,
        *,
        timezone: datetime.tzinfo | None = None,
        unique_in_run: bool = False,
        dangling: bool = False,
        remember: int = REMEMBERED,
        allows_repeated: bool = False,
        on_accepted: OnAccepted | None = None,
    ) -> None:
        def checkers(*, is_strict: bool) -> dict[str, _ObjectTypeChecker]:
            mapped = [spec for spec in model.object_types if spec.mapped]
            return {
                selector: _ObjectTypeChecker(
                    [spec for spec in mapped if spec.selector == selector],
                    [
                        (spec.selector.removeprefix(f"{selector}."), spec)
                        for spec in mapped
                        if spec.selector.startswith(f"{selector}.")
                    ],
                    timezone,
                    is_strict=is_strict,
                )
                for selector in dict.fromkeys(spec.selector for spec in mapped)
            }

        self._types = checkers(is_strict=False)
        self._strict_types = functools.cache(functools.partial(checkers, is_strict=True))
        self._identifiers = Identifiers(remember) if unique_in_run else None
        self._references = References(model, remember) if dangling else None
        self._on_accepted = on_accepted
        self._allows_repeated = allows_repeated
        self._value_problems = ValueProblems(model)

    @property
    def unknown_keys(self) -> dict[str, dict[str, int]]:
        """Keys that were left out because the model has no locator for them, with how often they came, by selector."""
        counts = {selector: dict(checker.unknown_keys) for selector, checker in self._types.items()}
        return {selector: keys for selector, keys in counts.items() if keys}

    @property
    def remembered_all(self) -> bool:
        """True if every identifier could be compared with all earlier ones."""
        return self._identifiers is None or self._identifiers.complete

    def dangling_references(self) -> tuple[DanglingReference, ...]:
        """Return the references whose target was not among the records so far; empty without `dangling`."""
        return () if self._references is None else self._references.dangling()

    @property
    def problems(self) -> tuple[ImportProblem, ...]:
        """Values of the records so far that Assets drops without an error."""
        return self._value_problems.problems()

    def begin_chunk(self) -> None:
        """Forget the identifiers of the chunk before."""
        for checker in self._types.values():
            checker.seen = set()

    def check(self, selector: str, index: int, record: object) -> JsonObject:
        """Return what is sent of one record, checked to the last character and independently of other records.

        Raises:
            RecordError: The record does not fit.
        """
        try:
            if selector not in self._types:
                raise UnfitError(self._unknown_selector())
            return cast("JsonObject", self._strict_types()[selector].check(record)[0])
        except UnfitError as error:
            raise record_error(selector, index, error.path, error.reason, record) from None

    def check_many(
        self, selector: str, first: int, records: Sequence[object], on_bad: OnBadRecord = _stop
    ) -> Checked:
        """Check consecutive records of one selector.

        Args:
            selector: The selector.
            first: The index of the first record.
            records: The records. Neither the sequence nor the records are changed.
            on_bad: Receives the error of each record that does not fit, in order. Default: raises the first one.
        """
        checker = self._types.get(selector)
        if checker is None:
            for index, record in enumerate(records, first):
                on_bad(record_error(selector, index, "", self._unknown_selector(), record))
            return Checked([], (), ())
        check, seen = checker.check, checker.seen
        accepted: list[JsonObject] = []
        rejected: set[int] = set()
        for index, record in enumerate(records, first):
            try:
                sent, identity = check(record)
                if identity is not None and not self._allows_repeated:
                    if identity in seen:
                        raise UnfitError(_REPEATED.format("chunk"), checker.identifier_path)
                    seen.add(identity)
                    if self._identifiers is not None and not self._identifiers.is_new(selector, identity):
                        raise UnfitError(_REPEATED.format("run"), checker.identifier_path)
            except UnfitError as error:
                rejected.add(index)
                on_bad(record_error(selector, index, error.path, error.reason, record))
            else:
                accepted.append(cast("JsonObject", sent))
        indexes: Sequence[int] = range(first, first + len(records))
        if rejected:
            indexes = [index for index in indexes if index not in rejected]
            records = [records[index - first] for index in indexes]
        self._value_problems.note(selector, indexes, accepted)
        if self._references is not None:
            self._references.note(selector, zip(indexes, accepted, strict=True))
        selected = None if self._on_accepted is None else self._on_accepted(selector, indexes, accepted)
        if selected is not None and not all(selected):
            accepted = list(itertools.compress(accepted, selected))
            indexes = tuple(itertools.compress(indexes, selected))
            records = list(itertools.compress(records, selected))
        return Checked(accepted, records, indexes)

    def inner_records(
        self, selector: str, records: Sequence[JsonObject]
    ) -> Sequence[tuple[int, str, list[JsonObject]]]:
        """Return the records inside checked records: the position of the outer record, their selector, and the records."""
        inner = self._types[selector].inner
        return [
            (
                position,
                inner_selector,
                [cast("JsonObject", item) for item in at_path(record, path) if isinstance(item, dict)],
            )
            for inner_selector, path in inner
            for position, record in enumerate(records)
        ]

    def values_of(self, selector: str, record: object) -> JsonObject | None:
        """Return the values of a record that does not fit, or None if they can't be read."""
        checker = self._types.get(selector)
        try:
            return None if checker is None else cast("JsonObject", checker.read(record))
        except UnfitError:
            return None

    def _unknown_selector(self) -> str:
        return f"has a selector that the model does not have; it has: {', '.join(self._types) or 'none'}"
