"""The check of one object type's records: a compiled function per shape in front, the rules with their reasons behind."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar, cast

import attrs
from attrs import define, field

from .._model.names import camel_case
from .._model.specs import AttributeSpec, ObjectTypeSpec
from .._wire.json_reading import JsonObject, JsonValue
from .compiled import Run, compile_shape
from .values import Rule, UnfitError, attribute_rule, kind_of, text_form

#: Shapes that get a function of their own. A source that leaves out empty values has many; the rest goes the slow way.
MOST_SHAPES = 64

#: Names of unknown keys that are remembered; further ones are counted together.
MOST_UNKNOWN_KEYS = 200

#: Characters of such a name that are remembered.
LONGEST_KEY = 100

_POSITION = re.compile(r"\[\d+\]")

#: What identifies a record: the text of its identifier, or a tuple where the type has several.
Identity: TypeAlias = object

T = TypeVar("T")


@define
class _Node:
    """What the model knows about one key: attributes that it fills, or keys inside it."""

    attributes: list[AttributeSpec] = field(factory=list)
    rules: list[Rule] = field(factory=list)
    inside: dict[str, _Node] = field(factory=dict)

    def add(self, path: Sequence[str], attribute: AttributeSpec) -> None:
        if path:
            self.inside.setdefault(path[0], _Node()).add(path[1:], attribute)
        else:
            self.attributes.append(attribute)
            self.rules.append(attribute_rule(attribute))


def _fields_of(kind: type) -> tuple[str, ...] | None:
    if attrs.has(kind):
        return tuple(one.name for one in attrs.fields(kind))
    if dataclasses.is_dataclass(kind):
        return tuple(one.name for one in dataclasses.fields(kind))
    return None


def _read(read: Callable[[], T], path: str = "") -> T:
    """Read what the caller's record has: rows of a database may be gone by now, fields may never have been set."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - whatever a record of the caller's raises
        raise UnfitError(f"cannot be read: that raised {type(error).__name__}", path) from None


def _flat(key: str) -> str:
    inside = "…"
    for part in reversed(key.split(".")):
        inside = f'{{"{part}": {inside}}}'
    return f"is one key with dots in it, and a locator leads inside: give {inside}"


def at_path(record: object, path: Sequence[str]) -> list[object]:
    """The values at a locator's path, walking through lists on the way; empty where there is none."""
    if isinstance(record, (list, tuple)):
        return [found for item in cast("list[object]", record) for found in at_path(item, path)]
    if not path:
        return [] if record is None else [record]
    if isinstance(record, Mapping) and path[0] in record:
        return at_path(cast("Mapping[str, object]", record)[path[0]], path[1:])
    return []


class ObjectTypeChecker:
    """The check of one object type's records.

    Args:
        spec: The object type.
        write: The standard encoder, where `check` shall also write what it accepts.
    """

    def __init__(self, spec: ObjectTypeSpec, write: Callable[[object], str] | None = None) -> None:
        self._write = write
        self.name = spec.name
        self.selector = spec.selector
        #: For each identifying attribute the paths of its locators.
        self.identifiers = [[locator.split(".") for locator in one.locators] for one in spec.identifiers]
        self._identifier_names = [one.name for one in spec.identifiers]
        self._required = [
            (one.name, [locator.split(".") for locator in one.locators])
            for one in spec.mapped_attributes
            if one.minimum > 0 and not one.identifier
        ]
        self._root = _Node()
        #: Locators that lead inside. Tables like to have them as the names of their columns.
        self._inner: set[object] = set()
        for attribute in spec.mapped_attributes:
            for locator in attribute.locators:
                self._root.add(locator.split("."), attribute)
                if "." in locator:
                    self._inner.add(locator)
        self._fast = self._can_be_fast()
        #: By shape its function, or None, and the keys that are left out.
        self._shapes: dict[tuple[object, ...], tuple[Run | None, tuple[str, ...]]] = {}
        self._members: dict[type, tuple[tuple[str, str], ...] | None] = {}
        self.seen: set[object] = set()
        self.unknown_keys: dict[str, int] = {}

    def _can_be_fast(self) -> bool:
        single = all(len(paths) == 1 and len(paths[0]) == 1 for paths in self.identifiers)
        return single and all(len(paths) == 1 and len(paths[0]) == 1 for _, paths in self._required)

    def check(self, records: list[object], refuse: Callable[[int, str, str], None]) -> list[str] | None:
        """Check records in their list, putting in the place of each what is sent.

        Args:
            records: Changed in place; a refused record keeps its place.
            refuse: Told position, path and reason of each record that does not fit.

        Returns:
            The JSON text of each accepted record; None where no texts are wanted or the encoder could not write one.
        """
        texts: list[str] = []
        all_written = self._write is not None
        position, count = 0, len(records)
        while position < count:
            record = records[position]
            try:
                if type(record) is not dict:
                    record = records[position] = self._as_dict(record)
                shape = tuple(record)
                run, unknown = self._shapes.get(shape) or self._compile(shape)
                if run is not None:
                    end = run(records, position, self.seen, texts)
                    if end > position:
                        for key in unknown:
                            self._count_key(key, end - position)
                        position = end
                        continue
                records[position] = self._slow(record)
            except UnfitError as error:
                refuse(position, error.path, error.reason)
            else:
                if self._write is not None:
                    try:
                        texts.append(self._write(records[position]))
                    except (TypeError, ValueError, RecursionError):
                        all_written = False  # whose fault it is comes out when the chunk is encoded
            position += 1
        return texts if all_written else None

    def check_one(self, record: object) -> JsonObject:
        """What is sent of one record, checked to the last character; other records play no part.

        Raises:
            UnfitError: It does not fit.
        """
        return self._normalised(self._as_dict(record))

    def identity(self, record: Mapping[str, object]) -> Identity:
        """What identifies a record that has been checked.

        Raises:
            UnfitError: It is missing or blank.
        """
        parts: list[str] = []
        for name, paths in zip(self._identifier_names, self.identifiers, strict=True):
            values = [value for path in paths for value in at_path(record, path)]
            texts = [str(value) for value in values]
            if not any(text.strip() for text in texts):
                state = "is blank" if values else "is missing"
                raise UnfitError(f"{state}, and “{name}” identifies the object", ".".join(paths[0]))
            parts.append(",".join(texts))
        return parts[0] if len(parts) == 1 else tuple(parts)

    # --- the slow path

    def _as_dict(self, record: object) -> dict[object, object]:
        if isinstance(record, Mapping):
            return _read(lambda: dict(cast("Mapping[object, object]", record)))
        kind = type(record)
        if kind not in self._members:
            names = _fields_of(kind)
            known = self._root.inside
            # Fields are usually spelled in snake case and locators in camel case.
            self._members[kind] = (
                None
                if names is None
                else tuple((name if name in known else camel_case(name), name) for name in names)
            )
        members = self._members[kind]
        if members is None:
            raise UnfitError(
                f"is {kind_of(record)}; a record has to be a mapping, an attrs instance or a dataclass"
            )
        return _read(lambda: {key: getattr(record, name) for key, name in members})

    def _slow(self, record: dict[object, object]) -> JsonObject:
        sent = self._normalised(record, count=True)
        if self.identifiers:
            identity = self.identity(sent)
            if identity in self.seen:
                path = ".".join(self.identifiers[0][0])
                raise UnfitError("is the identifier of an earlier record of the same chunk too", path)
            self.seen.add(identity)
        return sent

    def _normalised(self, record: dict[object, object], *, count: bool = False) -> JsonObject:
        sent = self._inside(self._root, record, "", count=count)
        self.identity(sent)
        for name, paths in self._required:
            if not any(value != "" for path in paths for value in at_path(sent, path)):
                raise UnfitError(f"is missing, and “{name}” needs a value", ".".join(paths[0]))
        return sent

    def _inside(self, node: _Node, record: Mapping[object, object], path: str, *, count: bool) -> JsonObject:
        sent: JsonObject = {}
        for key, value in _read(lambda: list(record.items()), path):
            if not isinstance(key, str):
                # The standard encoder would turn it into text, perhaps the text of another key.
                raise UnfitError(f"has a key that is {kind_of(key)}; keys have to be text", path)
            known = node.inside.get(key)
            here = f"{path}.{key}" if path else key
            if known is None:
                if node is self._root and key in self._inner and key.partition(".")[0] not in record:
                    raise UnfitError(_flat(key), key)
                if count:
                    self._count_key(_POSITION.sub("", here), 1)
            else:
                sent[text_form(key)] = self._value(known, value, here, count=count)
        return sent

    def _value(self, node: _Node, value: object, path: str, *, count: bool) -> JsonValue:
        if node.inside and value is not None:
            return self._walk(node, value, path, count=count)
        try:
            for rule in node.rules:
                value = rule(value)
        except UnfitError as error:
            raise UnfitError(error.reason, path + error.path) from None
        return cast("JsonValue", value)

    def _walk(self, node: _Node, value: object, path: str, *, count: bool) -> JsonValue:
        if isinstance(value, (list, tuple)):
            # One level of list: the service walks through arrays on a locator's way.
            items = cast("list[object]", value)
            if any(isinstance(item, (list, tuple)) for item in items):
                raise UnfitError("is a list inside a list, which no locator walks through", path)
            return [self._walk(node, item, f"{path}[{at}]", count=count) for at, item in enumerate(items)]
        names = None if isinstance(value, type) else _fields_of(type(value))
        if names is not None:
            whole = value
            value = _read(lambda: {name: getattr(whole, name) for name in names}, path)
        if not isinstance(value, Mapping):
            raise UnfitError(
                f"has to be an object, because locators lead inside it, and is {kind_of(value)}", path
            )
        return self._inside(node, cast("Mapping[object, object]", value), path, count=count)

    # --- the fast path

    def _compile(self, shape: tuple[object, ...]) -> tuple[Run | None, tuple[str, ...]]:
        if len(self._shapes) >= MOST_SHAPES:
            return None, ()
        known = self._root.inside
        needed = {
            paths[0][0] for paths in (*self.identifiers, *(paths for _, paths in self._required)) if paths
        }
        run: Run | None = None
        if (
            self._fast
            and all(type(key) is str for key in shape)
            and needed <= set(shape)
            and not any(known[key].inside for key in cast("tuple[str, ...]", shape) if key in known)
            and self._inner.isdisjoint(shape)
        ):
            keys = cast("tuple[str, ...]", shape)
            run = compile_shape(
                keys,
                tuple(tuple(known[key].attributes) if key in known else () for key in keys),
                tuple(paths[0][0] for paths in self.identifiers),
                frozenset(needed),
                self._write,
            )
        found = (run, tuple(key for key in shape if isinstance(key, str) and key not in known))
        self._shapes[shape] = found
        return found

    # --- what was left out

    def _count_key(self, key: str, count: int) -> None:
        # A name is there to be read: not longer than a line, and in characters that can be printed everywhere.
        if len(key) > LONGEST_KEY:
            key = f"{key[:LONGEST_KEY]}…"
        key = key.encode("utf-8", "backslashreplace").decode()
        if key not in self.unknown_keys and len(self.unknown_keys) >= MOST_UNKNOWN_KEYS:
            key = "…"
        self.unknown_keys[key] = self.unknown_keys.get(key, 0) + count
