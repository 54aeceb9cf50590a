"""The fast path of the check: one small function per shape of record, written and compiled once.

A shape is an object type together with the exact sequence of a record's keys; records of one source nearly always share
one. For a shape the questions "which keys are here" and "what has to hold for each value" are answered once, and what
is left per record is a comparison of two lists of keys, one unpacking, and one condition per value, in straight-line
code. Measured with 30 text attributes on CPython 3.13: 1.0 microseconds per record, a third of what the standard encoder
takes and less than half of what a loop over rules takes. That is why code is generated here.

A function may also write what it accepts as JSON, because half of the work is done then: the names of the keys are written
already, and each value is at hand. Check and text take 2.9 microseconds together, and the encoder alone 3.3 (CPython 3.13;
on 3.11 it is 2.6 and 5.4). Only the encoder's own function for text is used, and for what is unusual the encoder itself, so
that the text is the same.

The generated text is made of numbers and of the fragments below; nothing of a model or a record gets into it. Keys and
limits are passed in as values.

A shape of mostly texts gets two functions. The quick one vouches only for records in which all of them are texts: joining
eight proves in one call that each is one, and that none is long where their sum is not, without a question in Python for
each: 0.7 microseconds instead of 1.0. It is asked while records of one shape come in a row. At the first other record, such
as one with a None, the exact one goes on. Text of a class of its own, such as a member of a StrEnum, joins like any other;
the slow path and both encoders take it for its characters, too.

The functions are sceptical: the last one stops at the first record it cannot vouch for, good or bad, and the slow path,
which has the reasons, decides about that one. Half surrogate pairs are the one thing they let pass; both encoders refuse
them.
"""

from __future__ import annotations

import datetime
import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from json.encoder import encode_basestring_ascii
from typing import TypeAlias

from attrs import frozen

from .._model.specs import AttributeSpec, AttributeType
from .values import GREATEST_INTEGER, IPV4, LEAST_INTEGER, length_limit

#: Takes the records (a list that it may change in place), where to start, the identifiers seen in this chunk, and a list
#: that gets the JSON text of every accepted record where that is wanted; gives the position of the first record that it did
#: not accept, or the number of records.
Run: TypeAlias = "Callable[[list[object], int, set[object], list[str]], int]"

# What refuses a value, by attribute type: a condition on the variable `{v}` for values of the one Python type that the
# type's values usually have. Anything else but None is left to the slow path. A ValueError counts as a refusal.
_USUAL: dict[AttributeType, tuple[str, str]] = {
    AttributeType.INTEGER: ("int", "not LEAST <= {v} <= GREATEST"),
    # Infinities and NaN: only they are not zero when taken from themselves.
    AttributeType.DOUBLE: ("float", "{v} - {v} != 0.0"),
    AttributeType.BOOLEAN: ("bool", "False"),
    AttributeType.DATE: ("text", "length({v}) != 10 or {v}[4] != '-' or not date_of({v})"),
    AttributeType.TIME: ("text", "':' not in {v} or not time_of({v})"),
    AttributeType.DATE_TIME: ("text", "{v}[4:5] != '-' or not date_time_of({v})"),
    AttributeType.URL: ("text", "not {v}.startswith(URLS)"),
    # A third of the time that the regular expression takes; what this refuses is asked of that one.
    AttributeType.EMAIL: (
        "text",
        "{v}.count('@') != 1 or {v}[0] == '@' or {v}[-1] == '@' or ' ' in {v} or not {v}.isprintable()",
    ),
    AttributeType.IPADDRESS: ("text", "not is_ipv4({v})"),
}
_GLOBALS: dict[str, object] = {
    "LEAST": LEAST_INTEGER,
    "GREATEST": GREATEST_INTEGER,
    "URLS": ("http://", "https://"),
    "date_of": datetime.date.fromisoformat,
    "time_of": datetime.time.fromisoformat,
    "date_time_of": datetime.datetime.fromisoformat,
    "is_ipv4": IPV4.fullmatch,
    "QUOTED": encode_basestring_ascii,
    "digits": int.__repr__,
    "decimal": float.__repr__,
}


def _texts_fit(value: object, most: int, limit: int) -> bool:
    if type(value) is not list or (0 <= most < len(value)):
        return False
    for item in value:  # noqa: SIM110 - a generator would cost as much as the whole loop
        if type(item) is not str or len(item) > limit:
            return False
    return True


def _condition(variable: str, attribute: AttributeSpec, *, optional: bool) -> str:
    limit = length_limit(attribute)
    usual, refused = _USUAL.get(attribute.type, ("text", "False"))
    refused = refused.format(v=variable)
    if limit is not None and usual == "text":
        refused = f"length({variable}) > {limit:d}" + ("" if refused == "False" else f" or {refused}")
    other = f"{variable} is not None" if optional else "True"
    if attribute.takes_many and usual == "text" and attribute.type not in _USUAL:
        most = attribute.maximum
        other += f" and not texts_fit({variable}, {most:d}, {NO_LIMIT if limit is None else limit:d})"
    if refused == "False":
        return f"kind({variable}) is not {usual} and {other}"
    return f"({refused} if kind({variable}) is {usual} else {other})"


NO_LIMIT = 2**62

#: Texts that are looked at together: the fewer, the seldomer their sum is long although none of them is.
GROUP = 8

#: With fewer of them, looking at them together gains nothing.
LEAST_GROUPED = 4


#: Records of one shape in a row after which the next ones are expected to be like them.
IN_A_ROW = 8


@frozen
class _Group:
    """Attributes whose values all have to be texts of at most so many characters.

    Attributes:
        numbers: The places of their keys in the shape.
        limit: The characters, or None.
    """

    numbers: Sequence[int]
    limit: int | None

    def condition(self, values: str) -> str:
        """What refuses the values of an expression; a value that is no text raises TypeError."""
        if self.limit is None:
            return f"join({values}) is None"
        limit = f"{self.limit:d}"
        return f"length(join(those := {values})) > {limit} and greatest(map(characters, those)) > {limit}"


def _groups(rules: Sequence[tuple[AttributeSpec, ...]]) -> list[_Group]:
    """The attributes for which any text is right that is not too long, in groups of one limit each."""
    by_limit: dict[int | None, list[int]] = {}
    for number, attributes in enumerate(rules):
        if len(attributes) == 1 and attributes[0].type not in _USUAL:
            by_limit.setdefault(length_limit(attributes[0]), []).append(number)
    groups = [
        _Group(numbers[start : start + GROUP], limit)
        for limit, numbers in by_limit.items()
        for start in range(0, len(numbers), GROUP)
    ]
    return [group for group in groups if len(group.numbers) >= LEAST_GROUPED]


# How a value of the usual type is written as JSON; None is `null`, and whatever else was accepted the encoder writes.
_WRITTEN = {
    "text": "quoted({v})",
    "int": "digits({v})",
    "float": "decimal({v})",
    "bool": "('true' if {v} else 'false')",
}


def _text(variable: str, attribute: AttributeSpec, *, known: bool) -> str:
    if known:
        return _WRITTEN["text"].format(v=variable)
    usual, _ = _USUAL.get(attribute.type, ("text", ""))
    written = _WRITTEN[usual].format(v=variable)
    return (
        f"{written} if kind({variable}) is {usual} else 'null' if {variable} is None else write({variable})"
    )


@frozen
class _Shape:
    """What a function is made for; see `compile_shape`."""

    keys: tuple[str, ...]
    rules: tuple[tuple[AttributeSpec, ...], ...]
    identifiers: tuple[str, ...]
    required: frozenset[str]
    write: Callable[[object], str] | None

    def compile(self, groups: Sequence[_Group]) -> Run:
        """The function that vouches for records in which all values of the groups are texts."""
        grouped = {number for group in groups for number in group.numbers}
        needed = {*self.identifiers, *self.required}
        kept = [number for number, attributes in enumerate(self.rules) if attributes]
        # Taking values by name proves at the same time that the keys are there, whatever their order, and is quicker than
        # comparing the keys. Not where records are made anew or written: what is sent keeps the order of the record.
        by_name = self.write is None and len(kept) == len(self.keys) > 1
        taken = [
            number
            for number, key in enumerate(self.keys)
            if not by_name or number not in grouped or key in needed
        ]
        conditions = [
            *(
                f"({_condition(f'v{number}', attribute, optional=self.keys[number] not in needed)})"
                for number in kept
                if number not in grouped
                for attribute in self.rules[number]
            ),
            *(f"not v{number}" for number in kept if self.keys[number] in needed),
            *(
                f"({group.condition(f'g{place}(record)' if by_name else _tuple(group.numbers))})"
                for place, group in enumerate(groups)
            ),
        ]
        identity = [self.keys.index(key) for key in self.identifiers]
        conditions += [f"kind(v{number}) is not text or v{number}.isspace()" for number in identity]
        lines = [
            "def run(records, position, seen, texts):",
            "    keys, values_of = KEYS, VALUES_OF",
            # Local names are quicker than built-in ones: a tenth of the whole.
            "    kind, length, text, join, greatest, characters = type, len, str, ''.join, max, str.__len__",
            "    add, add_text, quoted = seen.add, texts.append, QUOTED",
            *([f"    {_names('k', kept)} = PIECES"] if kept else []),
            *([f"    {_names('g', range(len(groups)))} = GROUPS"] if groups else []),
            "    size = len(seen)",
            "    try:",
            "        for position in range(position, len(records)):",
            "            record = records[position]",
            f"            if kind(record) is not dict or {'length(record) != SIZE' if by_name else '[*record] != keys'}:",
            "                return position",
        ]
        if taken:
            source = "values_of(record)" if by_name else "record.values()"
            lines.append(f"            {_names('v', taken)} = {source}")
        if conditions:
            lines += [f"            if {' or '.join(conditions)}:", "                return position"]
        if self.write is not None:
            pieces = "".join(
                f"{{k{number}}}{{{_text(f'v{number}', self.rules[number][0], known=number in grouped)}}}"
                for number in kept
            )
            lines.append(f'            written = f"{pieces or "{{"}}}}}"')
        if identity:
            lines += [
                f"            add({f'v{identity[0]}' if len(identity) == 1 else _tuple(identity)})",
                "            if len(seen) == size:",
                "                return position",
                "            size += 1",
            ]
        if len(kept) < len(self.keys):
            sent = ", ".join(f"KEYS[{number}]: v{number}" for number in kept)
            lines.append(f"            records[position] = {{{sent}}}")
        if self.write is not None:
            lines.append("            add_text(written)")
        lines += [
            "    except (ValueError, KeyError, TypeError):",
            "        return position",
            "    return len(records)",
        ]
        namespace: dict[str, object] = {
            **_GLOBALS,
            "KEYS": list(self.keys),
            "SIZE": len(self.keys),
            "VALUES_OF": _getter(self.keys, taken) if by_name and taken else None,
            "GROUPS": [_getter(self.keys, group.numbers) for group in groups],
            "PIECES": [
                f"{',' if place else '{'}{encode_basestring_ascii(self.keys[number])}:"
                for place, number in enumerate(kept)
            ],
            "texts_fit": _texts_fit,
            "write": self.write,
        }
        exec("\n".join(lines), namespace)  # noqa: S102 - see the module's docstring: only numbers and our own fragments
        run: Run = namespace["run"]  # type: ignore[assignment]  # exec gives no types
        return run


def _names(letter: str, numbers: Iterable[int]) -> str:
    return "".join(f"{letter}{number}, " for number in numbers)


def _tuple(numbers: Iterable[int]) -> str:
    return f"({_names('v', numbers)})"


def _getter(keys: Sequence[str], numbers: Sequence[int]) -> Callable[[dict[str, object]], object]:
    """Takes the values of some keys out of a record, always as a tuple."""
    if len(numbers) == 1:
        key = keys[numbers[0]]
        return lambda record: (record[key],)
    return operator.itemgetter(*(keys[number] for number in numbers))


# A worker of a cluster gets the same model with each of its many small parts; compiling takes a millisecond.
@functools.lru_cache(maxsize=256)
def compile_shape(
    shape: tuple[str, ...],
    rules: tuple[tuple[AttributeSpec, ...], ...],
    identifiers: tuple[str, ...],
    required: frozenset[str],
    write: Callable[[object], str] | None = None,
) -> Run:
    """The function for records with exactly these keys. It may be shared, also by threads.

    Args:
        shape: The keys, in order.
        rules: For each key the attributes it fills; none for a key that the model does not know, which is not sent.
        identifiers: The keys, all in the shape, whose values identify a record.
        required: The keys whose values may not be None, besides the identifiers.
        write: The standard encoder, where accepted records shall be written at once; the text is the one that it gives for
            the whole record.
    """
    made_for = _Shape(shape, rules, identifiers, required, write)
    groups = _groups(rules)
    return _Chosen(made_for, groups) if groups else made_for.compile([])


class _Chosen:
    """The quick function with the exact one behind it while records of one shape come in a row, and otherwise the exact one.

    Where other shapes come in between, or values that are no texts, asking both costs more than it gains.
    """

    __slots__ = ("_exact", "_groups", "_in_a_row", "_quick", "_shape")

    def __init__(self, shape: _Shape, groups: Sequence[_Group]) -> None:
        self._shape = shape
        self._groups = groups
        self._exact = shape.compile([])
        self._quick: Run | None = None
        self._in_a_row = False

    def __call__(self, records: list[object], position: int, seen: set[object], texts: list[str]) -> int:
        end = position
        if self._in_a_row:
            if self._quick is None:
                self._quick = self._shape.compile(self._groups)
            end = self._quick(records, position, seen, texts)
        end = self._exact(records, end, seen, texts)
        self._in_a_row = end - position >= IN_A_ROW
        return end
