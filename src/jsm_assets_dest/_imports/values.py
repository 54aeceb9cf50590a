"""Values: which Python value fits which attribute type, and what is sent for it.

A rule is a table from classes to converters. A class is classified once, by its bases, when its first value arrives.

Nothing is guessed. A value that does not fit is rejected with a reason that never repeats it, because reasons are logged
and records are about people. What differs from value to value is in parentheses at the end of a reason, so that equal
mistakes can be counted.
"""

from __future__ import annotations

import datetime
import decimal
import ipaddress
import math
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial, reduce
from types import NoneType
from typing import Any, NoReturn, TypeAlias, cast

from typing_extensions import override

from .._model.specs import AttributeSpec, AttributeType
from .._wire.json_reading import JsonValue
from .record_forms import FAMILIES, MOST_CLASSES, UNWRAPPED, UnfitError, family_of

#: Returns what is sent for a value, or raises `UnfitError`.
Convert: TypeAlias = Callable[[Any], JsonValue]


def _fail(reason: str) -> NoReturn:
    raise UnfitError(reason)


#: Maximum characters of a Text value (Atlassian's product documentation; Textarea takes longer strings).
TEXT_LIMIT = 255

# --- strings: each function returns something false, or raises ValueError or IndexError, if a string does not fit

# Without leading zeros, which some programs read as octal.
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_is_ipv4 = re.compile(r"\.".join([_OCTET] * 4), re.ASCII).fullmatch


def _is_double(value: str, number: Callable[[str], float] = float) -> bool:
    # Python also reads 1_000 and digits of other scripts; the service may not.
    return len(value) < 300 and value.isascii() and "_" not in value and math.isfinite(number(value))


def _is_email(value: str) -> bool:
    # Lenient: one @ with something on both sides and no white space. The service decides.
    return value.count("@") == 1 and value[0] != "@" != value[-1] and value.split() == [value]


def _same(value: JsonValue) -> JsonValue:
    return value


def _integer(value: int) -> int:
    if -(2**31) <= value < 2**31:  # Atlassian's product documentation: signed 32 bit
        return value
    raise UnfitError("is beyond the 32 bits of an Integer attribute; use Double or Text instead")


def _number(value: int) -> int:
    if -(2**63) <= value < 2**64:
        return value
    raise UnfitError("is an integer of more than 64 bits, which not every JSON encoder writes")


def _whole(value: float | decimal.Decimal) -> int:
    return int(value) if value == int(value) else _fail(f"is not a whole number ({type(value).__name__})")


#: How a number is found finite. The function of floats would convert a decimal first.
_IS_FINITE: Mapping[str, Convert] = {"float": math.isfinite, "decimal": decimal.Decimal.is_finite}


def _finite(is_finite: Convert, converter: Convert, value: float | decimal.Decimal) -> JsonValue:
    """Convert a float or a decimal. NaN is nothing."""
    if is_finite(value):
        return value if converter is _same else converter(value)  # type: ignore[return-value]  # only floats stay
    return None if math.isnan(value) else _fail("is infinite, which JSON does not have")


#: The text of a date. It is remembered, because the dates of records repeat.
_date = lru_cache(10_000)(datetime.date.isoformat)


def _date_of(value: datetime.datetime) -> str:
    if value.time() != datetime.time():
        raise UnfitError("has a time of day, but the attribute takes a date")
    return _date(value.date())


_TIME = "an ISO 8601 time, such as 16:30:00"
_DATE_TIME = "an ISO 8601 date and time, such as 2026-01-31T16:30:00Z"
_URL = "an address that starts with http:// or https://"
_Fitting: TypeAlias = tuple[str, Callable[[str], object], dict[str, Convert]]


@cache
def _types(timezone: datetime.tzinfo | None) -> Mapping[AttributeType | None, _Fitting]:
    """Return what each type wants, the function for its strings, and the converters of other families that fit.

    A type that is not there takes any string. The function returns a string if that is sent instead.
    """
    time, read_time = datetime.time.isoformat, datetime.time.fromisoformat
    read_date, read_date_time = datetime.date.fromisoformat, datetime.datetime.fromisoformat
    digits, utc = tuple(f"{number:02}" for number in range(60)), datetime.UTC
    read_ip = ipaddress.ip_address

    def date_time(value: datetime.datetime) -> str:
        if value.tzinfo is None:
            if timezone is None:
                raise UnfitError("is a date and time without a time zone; add its offset, or pass timezone=")
            value = datetime.datetime.combine(value.date(), value.time(), timezone)
        if value.tzinfo is utc and not value.microsecond:  # the usual case, in a third of the time
            return f"{_date(value.date())}T{digits[value.hour]}:{digits[value.minute]}:{digits[value.second]}+00:00"
        # The method of the base class, because a pandas Timestamp adds nanoseconds.
        return datetime.datetime.isoformat(value)

    def is_date_time(value: str) -> object:
        # Python also reads week dates, hours alone, and any separator.
        moment = value[4] == value[7] == "-" and read_date_time(value)
        if not moment or len(value) == 10:  # a date alone has no time of day that a time zone could move
            return moment
        if value[10] == "T" and value[13] == ":":
            return moment.tzinfo is not None or date_time(moment)
        # With a space, as str() returns it, it is sent in the form of ISO 8601.
        return value[10] == " " and value[13] == ":" and date_time(moment)

    text: dict[str, Convert] = {
        "boolean": _same,
        "integer": _number,
        # A column of integers with gaps consists of floats in pandas: 1042.0 is the employee number 1042.
        "float": lambda value: int(value) if value.is_integer() and abs(value) <= 2**53 else value,
        "decimal": lambda value: format(value, "f"),
        "date": _date,
        "time": time,
        "date-time": date_time,
        "UUID": str,
        "IP address": str,
    }
    whole: Convert = lambda value: _integer(_whole(value))  # noqa: E731
    kind = AttributeType
    return {
        None: ("", bool, text),
        kind.INTEGER: (
            "a whole number",
            lambda value: _is_double(value, int) and _integer(int(value)) is not None,
            {"integer": _integer, "float": whole, "decimal": whole},
        ),
        kind.DOUBLE: (
            "a number",
            _is_double,
            {
                "integer": _number,
                "float": _same,
                "decimal": lambda value: _finite(math.isfinite, _same, float(value)),
            },
        ),
        kind.BOOLEAN: ("true or false", lambda value: value.lower() in ("true", "false"), {"boolean": _same}),
        kind.DATE: (
            "an ISO 8601 date, such as 2026-01-31",
            lambda value: value[4] == value[7] == "-" and len(value) == 10 and read_date(value),
            {"date": _date, "date-time": _date_of},
        ),
        kind.TIME: (_TIME, lambda value: value[2] == ":" and read_time(value) is not None, {"time": time}),
        kind.DATE_TIME: (_DATE_TIME, is_date_time, {"date": _date, "date-time": date_time}),
        kind.URL: (_URL, lambda value: value.startswith(("http://", "https://")), {}),
        kind.EMAIL: ("an email address", _is_email, {}),
        kind.IPADDRESS: ("an IP address", lambda ip: _is_ipv4(ip) or read_ip(ip), {"IP address": str}),
    }


#: The converters of an identifier, which has to be the same in every run.
_IDENTIFIER: Mapping[str, Convert] = {
    "float": lambda _: _fail("is a float, and 7 and 7.0 are two identifiers; pass an integer or a string"),
    "decimal": lambda value: str(_whole(value)),
}

#: Converters from a subclass to the class itself. A string is its characters, also as a member of an enumeration whose
#: value is another one: both encoders write it that way.
_PLAIN: Mapping[str, Convert] = {"string": str.__str__, "integer": int.__int__, "float": float.__float__}


class Rule(ABC):
    """Rule for the values of a key.

    Attributes:
        converters: For each class the converter of its values, or None to send them unchanged; filled by `learn`.
        takes_short_text: True if any string of at most `TEXT_LIMIT` characters fits.
        maximum: Maximum values in a list, or -1.
    """

    takes_short_text = False
    maximum = -1

    def __init__(self) -> None:
        self.converters: dict[type, Convert | None] = {NoneType: None}

    @abstractmethod
    def converter_of(self, kind: type, family: str) -> Convert:
        """Return the converter of a class."""

    def learn(self, value: object) -> Convert:
        """Return the converter of a value's class, and remember it."""
        kind = type(value)
        family = family_of(kind)
        if family in UNWRAPPED:
            converter: Convert = lambda wrapped: self.apply(UNWRAPPED[family](wrapped))  # noqa: E731
        else:
            converter = self.converter_of(kind, family)
            if family in _IS_FINITE:
                converter = partial(_finite, _IS_FINITE[family], converter)
        self.converters[kind] = None if converter is _same else converter
        if len(self.converters) > MOST_CLASSES:
            self.converters.clear()
            self.converters[NoneType] = None
        return converter

    def apply(self, value: object) -> JsonValue:
        """Return what is sent for a value, or raise `UnfitError`."""
        try:
            converter = self.converters[type(value)]
        except KeyError:
            converter = self.learn(value)
        return cast("JsonValue", value) if converter is None else converter(value)

    def convert_list(self, values: list[object] | tuple[object, ...]) -> JsonValue:
        """Return what is sent for a list of values: the list itself if nothing has to be changed."""
        if 0 <= self.maximum < len(values):
            raise UnfitError(f"has more values than the maximum of {self.maximum:,} ({len(values):,})")
        sent = values if type(values) is list else [*values]
        if self.takes_short_text:
            for value in sent:
                if type(value) is not str or len(value) > TEXT_LIMIT:
                    break
            else:
                return sent  # type: ignore[return-value]  # strings
        for position, value in enumerate(values):
            try:
                # A list may contain itself, so that its items are not read.
                item = value if type(value) in (list, tuple) else self.apply(value)
                if type(item) in (list, tuple):
                    raise UnfitError("is a list inside a list, which has no meaning in Assets")
                if item is None:
                    raise UnfitError("is empty; leave it out of the list")
            except UnfitError as error:
                raise error.inside(f"[{position}]") from None
            if item is not value:
                sent = [*sent] if sent is values else sent
                sent[position] = item
        return sent  # type: ignore[return-value]  # each item was converted


def _limited(limit: int, converter: Convert, value: object) -> JsonValue:
    sent = converter(value)
    if isinstance(sent, str) and len(sent) > limit:
        raise UnfitError(f"is longer than {limit:,} characters ({len(sent):,})")
    return sent


def _of_strings(is_fitting: Callable[[str], object], wanted: str, limit: int) -> Convert:
    """Return a converter of strings. An empty string always fits."""

    def convert(value: str) -> JsonValue:
        if not value:
            return value
        if len(value) > limit:
            return _limited(limit, _same, value)
        try:
            sent = is_fitting(value)
        except UnfitError:
            raise
        except (ValueError, IndexError):
            sent = None
        if not sent:
            raise UnfitError(f"is not {wanted}")
        return sent if type(sent) is str else value

    return convert


#: Reasons of families that fit no attribute.
_REASONS: Mapping[str, str] = {
    "set": "is a set, which has no order; pass a sorted list",
    "object": "is an object, but the model has no locator inside it",
    "bytes": "consists of bytes; decode them to a string",
}


class AttributeRule(Rule):
    """Rule of an attribute: a value, a list of values, or nothing.

    None and an empty string always fit: what they do to an existing value is a setting of the import source.
    """

    def __init__(self, attribute: AttributeSpec, timezone: datetime.tzinfo | None = None) -> None:
        super().__init__()
        types = _types(timezone)
        wanted, is_fitting, converters = types.get(attribute.type, types[None])
        limit = TEXT_LIMIT if attribute.type in (AttributeType.TEXT, AttributeType.EMAIL) else sys.maxsize
        limit = limit if attribute.max_length is None else min(limit, attribute.max_length)
        by_family = {**converters, **(_IDENTIFIER if attribute.identifier else {})}
        for family in by_family if attribute.max_length is not None else by_family.keys() & {"decimal"}:
            by_family[family] = partial(_limited, limit, by_family[family])
        takes_all = not wanted and limit == sys.maxsize
        by_family["string"] = _same if takes_all else _of_strings(is_fitting, wanted, limit)
        self._by_family, self._wanted = by_family, wanted
        self.maximum = attribute.maximum
        self.takes_short_text = not wanted and limit >= TEXT_LIMIT

    @override
    def converter_of(self, kind: type, family: str) -> Convert:
        if family == "list":
            return self.convert_list
        converter = self._by_family.get(family, partial(self._reject, family))
        if kind in FAMILIES or family not in _PLAIN:
            return converter
        return lambda value: converter(_PLAIN[family](value))

    def _reject(self, family: str, value: object) -> NoReturn:
        wanted = self._wanted or "a string, a number, or another value that JSON has"
        reason = "" if self._wanted else _REASONS.get(family, "")
        raise UnfitError(reason or f"is not {wanted} ({type(value).__name__})")


class SharedRule(Rule):
    """Rule of a key that fills several attributes: the values that fit all of them."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        super().__init__()
        self._rules = rules
        self.takes_short_text = all(rule.takes_short_text for rule in rules)

    @override
    def converter_of(self, kind: type, family: str) -> Convert:
        return lambda value: reduce(lambda sent, rule: rule.apply(sent), self._rules, value)
