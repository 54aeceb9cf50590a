"""What a value has to be like to fill an attribute: one rule per attribute type.

A rule takes a value and gives back what is sent, which is the value itself unless Python had something more precise
than JSON: a `datetime` becomes ISO 8601 text, a `UUID` its text, an enumeration member that is no text itself its value. Nothing is guessed:
a value that does not fit is refused with a reason that names kinds and lengths but never repeats the value, because
reasons end up in logs and records are about people.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import ipaddress
import math
import re
import uuid
from collections.abc import Callable
from typing import TypeAlias, cast

from .._model.specs import AttributeSpec, AttributeType
from .._wire.json_reading import JsonValue

Rule: TypeAlias = Callable[[object], JsonValue]

#: Characters of a Text value (Atlassian's product documentation; longer text is for Textarea).
TEXT_LIMIT = 255

#: Whole numbers that an Integer attribute holds (Atlassian's product documentation: signed 32 bit).
LEAST_INTEGER, GREATEST_INTEGER = -(2**31), 2**31 - 1

#: Whole numbers that every JSON encoder writes exactly.
LEAST_NUMBER, GREATEST_NUMBER = -(2**63), 2**64 - 1

#: Limits by type; the other types have none that is published.
LENGTHS = {AttributeType.TEXT: TEXT_LIMIT, AttributeType.EMAIL: TEXT_LIMIT}

# Deliberately forgiving: one @ with something on both sides and no white space. The service has the last word.
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}", re.ASCII)


class UnfitError(ValueError):
    """A value does not fit.

    Attributes:
        reason: What is wrong, as the end of a sentence.
        path: Where inside the value, such as "[2]"; empty for the value itself.
    """

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path


def kind_of(value: object) -> str:
    """What a value is, for a reason: never the value itself."""
    return {"str": "text", "NoneType": "nothing"}.get(type(value).__name__, type(value).__name__)


def text_form(value: str) -> str:
    """The text, if every JSON encoder can write it.

    Raises:
        UnfitError: It has half of a surrogate pair.
    """
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            # The standard encoder would write it and orjson would not: what has no UTF-8 form is refused with both.
            raise UnfitError(f"has half of a surrogate pair at character {error.start}") from None
    # A subclass of str may encode itself in its own way.
    return value if type(value) is str else str.__str__(value)


def plain(value: object) -> JsonValue:
    """A single value as JSON has it.

    Raises:
        UnfitError: It has no such form, or one that encoders disagree about.
    """
    # The order matters: bool is an int, members of an IntEnum are numbers, a datetime is a date.
    if value is None or value is True or value is False:
        return value
    # A text is its own characters, whatever class it is of: so both encoders write it, also a member of an enumeration.
    if isinstance(value, str):
        return text_form(value)
    if isinstance(value, enum.Enum):
        return plain(cast("object", value.value))
    if isinstance(value, int):
        if not LEAST_NUMBER <= value <= GREATEST_NUMBER:
            raise UnfitError("is a whole number of more than 64 bits, which not every JSON encoder writes")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnfitError("is not a finite number, which JSON cannot carry")
        return float(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    raise UnfitError(_no_form(value))


def _no_form(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "is a list inside a list, which no attribute takes"
    if isinstance(value, (set, frozenset)):
        return (
            "is a set, which has no order; give a sorted list, so that the same records give the same chunks"
        )
    if isinstance(value, dict):
        return "is an object, but the model has no locator inside it"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "is bytes; decode them to text"
    if isinstance(value, decimal.Decimal):
        # JSON numbers are read as binary fractions nearly everywhere, Assets has no decimal type, and text compares as
        # text: which of the two is lost is for the caller to say.
        return "is a Decimal, which JSON does not have; give float(value) for a number, or str(value) to keep every digit"
    return f"is of the type {type(value).__name__}, which JSON does not have; give text or a number"


def _long(length: int, limit: int) -> UnfitError:
    return UnfitError(f"has {length:,} characters, and the attribute takes at most {limit:,}")


def _text(limit: int | None) -> Rule:
    def rule(value: object) -> JsonValue:
        found = plain(value)
        if limit is not None and isinstance(found, str) and len(found) > limit:
            raise _long(len(found), limit)
        return found

    return rule


def _is_plain_number(text: str) -> bool:
    return text.isascii() and "_" not in text


def _integer(value: object) -> JsonValue:
    found = plain(value)
    number = found
    if isinstance(found, str):
        try:
            # Python also reads 1_000 and digits of other scripts; who reads the chunk may not.
            number = int(found) if len(found) < 24 and _is_plain_number(found) else None
        except ValueError:
            number = None
    if isinstance(number, bool) or not isinstance(number, int):
        raise UnfitError(f"has to be a whole number, and is {kind_of(value)}")
    if not LEAST_INTEGER <= number <= GREATEST_INTEGER:
        raise UnfitError("is beyond the 32 bits of an Integer attribute; use Double or Text for it")
    return found


def _double(value: object) -> JsonValue:
    found = plain(value)
    if isinstance(found, str):
        try:
            fits = _is_plain_number(found) and math.isfinite(float(found))
        except ValueError:
            fits = False
        if not fits:
            raise UnfitError("has to be a number, and is other text")
    elif isinstance(found, bool) or not isinstance(found, (int, float)):
        raise UnfitError(f"has to be a number, and is {kind_of(value)}")
    return found


def _boolean(value: object) -> JsonValue:
    found = plain(value)
    if isinstance(found, bool) or (isinstance(found, str) and found.lower() in {"true", "false"}):
        return found
    raise UnfitError(
        f"has to be true or false, and is {'other text' if isinstance(found, str) else kind_of(value)}"
    )


def _date(value: object) -> JsonValue:
    found = plain(value)
    if isinstance(found, str) and len(found) == 10 and found[4] == "-":
        try:
            datetime.date.fromisoformat(found)
        except ValueError:
            pass
        else:
            return found
    raise UnfitError("has to be a date as ISO 8601 has it: 2026-01-31")


def _time(value: object) -> JsonValue:
    found = plain(value)
    if isinstance(found, str) and ":" in found:
        try:
            datetime.time.fromisoformat(found)
        except ValueError:
            pass
        else:
            return found
    raise UnfitError("has to be a time as ISO 8601 has it: 16:30 or 16:30:00")


def _date_time(value: object) -> JsonValue:
    found = plain(value)
    if isinstance(found, str) and found[4:5] == "-":
        try:
            datetime.datetime.fromisoformat(found)
        except ValueError:
            pass
        else:
            return found
    raise UnfitError("has to be a date and time as ISO 8601 has them: 2026-01-31T16:30:00Z")


def _url(limit: int | None) -> Rule:
    text = _text(limit)

    def rule(value: object) -> JsonValue:
        found = text(value)
        if isinstance(found, str) and found.startswith(("http://", "https://")):
            return found
        raise UnfitError("has to be an address that starts with http:// or https://")

    return rule


def _email(limit: int | None) -> Rule:
    text = _text(limit)

    def rule(value: object) -> JsonValue:
        found = text(value)
        if isinstance(found, str) and EMAIL.fullmatch(found):
            return found
        raise UnfitError("has to be an e-mail address")

    return rule


def _ip_address(value: object) -> JsonValue:
    if isinstance(value, (ipaddress.IPv4Address, ipaddress.IPv6Address)):
        return str(value)
    found = plain(value)
    if isinstance(found, str):
        try:
            ipaddress.ip_address(found)
        except ValueError:
            pass
        else:
            return found
    raise UnfitError("has to be an IP address of version 4 or 6")


def length_limit(attribute: AttributeSpec) -> int | None:
    """The most characters that a value of an attribute may have, or None."""
    limit = LENGTHS.get(attribute.type)
    if attribute.max_length is None:
        return limit
    return attribute.max_length if limit is None else min(limit, attribute.max_length)


def single_rule(attribute: AttributeSpec) -> Rule:
    """The rule for one value of an attribute; None and empty text, which clear an attribute, never get here."""
    limit = length_limit(attribute)
    match attribute.type:
        case AttributeType.INTEGER:
            return _integer
        case AttributeType.DOUBLE:
            return _double
        case AttributeType.BOOLEAN:
            return _boolean
        case AttributeType.DATE:
            return _date
        case AttributeType.TIME:
            return _time
        case AttributeType.DATE_TIME:
            return _date_time
        case AttributeType.URL:
            return _url(limit)
        case AttributeType.EMAIL:
            return _email(limit)
        case AttributeType.IPADDRESS:
            return _ip_address
        case _:
            return _text(limit)


def attribute_rule(attribute: AttributeSpec) -> Rule:
    """The rule for whatever a record has for an attribute: one value, several, or none.

    None and empty text pass: what they do to an existing value is a setting of the import source. A list has to fit
    the attribute's cardinality.
    """
    single = single_rule(attribute)
    most = attribute.maximum

    def rule(value: object) -> JsonValue:
        if value is None or (isinstance(value, str) and not value):
            return None if value is None else ""
        if not isinstance(value, (list, tuple)):
            return single(value)
        values = cast("list[object] | tuple[object, ...]", value)
        if 0 <= most < len(values):
            raise UnfitError(f"has {len(values):,} values, and the attribute takes at most {most}")
        found: list[JsonValue] = []
        for position, item in enumerate(values):
            try:
                if item is None:
                    raise UnfitError("is nothing; leave it out of the list")
                found.append(single(item))
            except UnfitError as error:
                raise UnfitError(error.reason, f"[{position}]{error.path}") from None
        return found

    return rule
