"""JSON encoding: one of two encoders, the same meaning with both.

The standard library's encoder is the default. orjson, if installed, is about ten times as fast. They disagree about odd
values (measured): NaN becomes `NaN` or, silently, `null`; a lone surrogate passes or fails; integers over 64 bits, and keys that are members of a `StrEnum`, pass or fail. Therefore records are checked first,
and what orjson rejects, the standard encoder gets. It writes ASCII: that is faster than mixed text, and safe for every
string.
"""

from __future__ import annotations

import enum
import functools
import importlib.util
import itertools
import json
import re
import uuid
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring_ascii as quoted
from typing import cast

from attrs import frozen

#: Chunk that only reports the end of the data.
COMPLETED = b'{"completed":true}'

#: Rows of a table have at least so many fields. Narrower ones would take more time as rows.
WIDE = 16
#: Number of rows that are joined at once. A shorter list is not written as a table.
BLOCK = 32
# Keys of a table do not contain it.
_BETWEEN = "\0"

# Start of an escaped surrogate in ASCII JSON. Korean characters start with the same letter.
_SURROGATE = re.compile(rb"\\ud[89a-f]")


class UnencodableError(ValueError):
    """A value can't be represented in JSON. The caller knows the record and raises an error that names it."""


@frozen
class Encoder:
    """JSON encoder.

    Attributes:
        name: "json" or "orjson".
        encode: Function that returns JSON bytes or raises `UnencodableError`.
    """

    name: str
    encode: Callable[[object], bytes]


def _plain(value: object) -> object:
    # Types that both encoders accept beyond JSON. orjson supports them itself.
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, enum.Enum):
        return cast("object", value.value)
    raise TypeError(f"a value of the type {type(value).__name__} has no form in JSON")


_text_of = json.JSONEncoder(
    ensure_ascii=True, allow_nan=False, check_circular=False, separators=(",", ":"), default=_plain
).encode


def _table_keys(value: object) -> list[str]:
    """Return the keys of a list's first record if it looks like a row of a table, which has many strings."""
    first = cast("list[object]", value)[0] if type(value) is list and len(value) >= BLOCK else None
    if type(first) is not dict or len(first) < WIDE:
        return []
    record = cast("dict[str, str]", first)
    is_row = all(type(key) is type(text) is str and _BETWEEN not in key for key, text in record.items())
    return [*record] if is_row else []


def _has_table(value: object, levels: int) -> bool:
    """Return True if a table is inside a few levels of objects, as in a chunk."""
    if type(value) is not dict:
        return bool(_table_keys(value))
    members = cast("dict[object, object]", value)
    return (
        levels > 0
        and all(type(key) is str for key in members)
        and any(_has_table(member, levels - 1) for member in members.values())
    )


def _rows(records: list[object], keys: list[str]) -> Iterator[str]:
    """Yield the JSON of blocks of rows, which have these keys and only strings. Stop before a block with another record."""
    # Keys are at even positions, values at odd ones.
    row = [text for key in keys for text in (f",{quoted(key)}:", "")]
    row[0] = f"}},{{{quoted(keys[0])}:"
    # Joined, because keys of other classes could compare in another way than by their text.
    joined = _BETWEEN.join(keys)
    for start in range(0, len(records), BLOCK):
        block = cast("list[dict[str, str]]", records[start : start + BLOCK])
        parts = [*row * len(block), "}"]
        try:
            if (
                set(map(type, block)) != {dict}
                or set(map(len, block)) != {len(keys)}
                or not all(map(joined.__eq__, map(_BETWEEN.join, block)))
            ):
                return
            parts[1:-1:2] = map(quoted, itertools.chain.from_iterable(map(dict.values, block)))
        except (TypeError, ValueError):  # not a string, or changed meanwhile
            return
        parts[0] = parts[0][2:]
        yield "".join(parts)


def _write(value: object, add: Callable[[bytes], None], levels: int) -> None:
    """Add the JSON of a value in pieces, and its tables as rows.

    The standard encoder quotes the keys of each record again, and holds a string for each key and value of a chunk. Users
    as Okta has them, with 30 fields, take a fifth less time as rows (measured).
    """
    if not _has_table(value, levels):
        add(_text_of(value).encode("ascii"))
    elif type(value) is dict:
        opening = "{"
        for key, member in cast("dict[str, object]", value).items():
            add(f"{opening}{quoted(key)}:".encode("ascii"))
            _write(member, add, levels - 1)
            opening = ","
        add(b"}")
    else:
        records = cast("list[object]", value)
        written, start = 0, b"["
        for rows in _rows(records, _table_keys(records)):
            add(start)
            add(rows.encode("ascii"))
            written, start = written + BLOCK, b","
        others = records[written:]
        add(start + _text_of(others)[1:].encode("ascii") if others else b"]")


def _standard(value: object) -> bytes:
    pieces: list[bytes] = []
    try:
        _write(value, pieces.append, levels=8)
        # A single piece is not copied.
        body = b"".join(pieces)
    except (TypeError, ValueError) as error:
        raise UnencodableError(str(error)) from None
    except RecursionError:
        raise UnencodableError("nested too deeply, or containing itself") from None
    if _has_surrogates(body) and _has_lone_surrogate(value):
        raise UnencodableError("a string with a lone surrogate, which UTF-8 can't encode")
    return body


def _has_surrogates(body: bytes) -> bool:
    """Return True if ASCII JSON contains escaped surrogates, which encode characters beyond 16 bits, such as most emoji.

    The JSON does not show whether they are pairs, because two lone surrogates side by side look like one character. Most
    bodies need only one search. CPython searches from the end at three bytes per nanosecond, and from the start at one
    (measured on 3.13).
    """
    if b"\\" not in body or body.rfind(b"\\ud") < 0:
        return False
    return _SURROGATE.search(body) is not None


def _has_lone_surrogate(value: object) -> bool:
    """Return True if a string of an otherwise encodable value can't be encoded in UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False, default=_plain).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


STANDARD = Encoder("json", _standard)


@functools.cache
def _orjson() -> Encoder:
    import orjson

    dumps = orjson.dumps
    # The record checker converts dates and dataclasses, because the two encoders format them differently.
    option = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME

    def encode(value: object) -> bytes:
        try:
            body: bytes = dumps(value, _plain, option)
        except TypeError:
            return _standard(value)  # whether the value can be encoded must not depend on the encoder
        return body

    return Encoder("orjson", encode)


def encoder_named(name: str) -> Encoder:
    """Return the encoder "orjson" or "json".

    Raises:
        ModuleNotFoundError: orjson is not installed.
    """
    return _orjson() if name == "orjson" else STANDARD


def choose_encoder() -> Encoder:
    """Return the fastest encoder that is installed."""
    return encoder_named("orjson") if importlib.util.find_spec("orjson") is not None else STANDARD


def encode(value: object) -> bytes:
    """Return the value as JSON bytes.

    Raises:
        UnencodableError: JSON can't represent it.
    """
    return choose_encoder().encode(value)
