"""JSON encoding: one of two encoders, the same meaning with both.

The standard library's encoder is the default. orjson comes with the extra `jsm-assets-dest[fast]` and is about ten times
as fast. They disagree about odd values (measured): NaN becomes `NaN` or, silently, `null`; a lone surrogate passes or
fails; integers over 64 bits, and keys that are members of a `StrEnum`, pass or fail. Therefore records are checked first,
and what orjson rejects, the standard encoder gets. It writes ASCII: that is faster than mixed text, and safe for every
string.
"""

from __future__ import annotations

import enum
import functools
import importlib.util
import json
import re
import uuid
from collections.abc import Callable
from typing import cast

from attrs import frozen

#: A chunk that says nothing but that the data is complete.
COMPLETED = b'{"completed":true}'

# The beginning of an escaped surrogate in ASCII JSON; Korean begins with the same letter.
_SURROGATE = re.compile(rb"\\ud[89a-f]")


class UnencodableError(ValueError):
    """A value that JSON cannot carry. Who encodes knows which record it was, and says so in an error of its own."""


@frozen
class Encoder:
    """A way to turn values into JSON.

    Attributes:
        name: "json" or "orjson".
        encode: The function; raises `UnencodableError`.
    """

    name: str
    encode: Callable[[object], bytes]


def _plain(value: object) -> object:
    # What both encoders are taught beyond JSON; orjson knows these without being asked.
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, enum.Enum):
        return cast("object", value.value)
    raise TypeError(f"a value of the type {type(value).__name__} has no form in JSON")


_text_of = json.JSONEncoder(
    ensure_ascii=True, allow_nan=False, check_circular=False, separators=(",", ":"), default=_plain
).encode


def _standard(value: object) -> bytes:
    try:
        body = _text_of(value).encode("ascii")
    except (TypeError, ValueError) as error:
        raise UnencodableError(str(error)) from None
    except RecursionError:
        raise UnencodableError("nested too deeply, or containing itself") from None
    if _has_surrogates(body) and _has_lone_surrogate(value):
        raise UnencodableError("text with half of a surrogate pair, which no UTF-8 can carry")
    return body


def _has_surrogates(body: bytes) -> bool:
    """Whether ASCII JSON has escaped surrogates: what every character beyond 16 bits becomes, such as most emoji.

    Whether they were whole pairs cannot be told from the JSON, where two halves side by side look like one character.

    Most bodies are done with in one look: at a memory's speed where nothing is escaped, and otherwise from the end, which
    CPython does at three bytes per nanosecond and from the beginning at one (measured on 3.13).
    """
    if b"\\" not in body or body.rfind(b"\\ud") < 0:
        return False
    return _SURROGATE.search(body) is not None


def _has_lone_surrogate(value: object) -> bool:
    """Whether a value, which can be encoded otherwise, has text without a UTF-8 form: the strict encoding is the judge."""
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
    # Dates and dataclasses are left to whoever checks records: the two encoders would spell them differently.
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
