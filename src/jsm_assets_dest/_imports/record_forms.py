"""Forms: how the classes of people's records and values are recognized and read.

NumPy, pandas, and pydantic are recognized by the names of their classes, without importing them.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import ipaddress
import operator
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import NoneType
from typing import Any, NoReturn, cast

import attrs

#: Classes that a rule or a reader of records remembers.
MOST_CLASSES = 1_000

#: The families of classes that are treated the same way. A class that is not imported has its package and name.
FAMILIES: Mapping[type | tuple[str, str], str] = {
    NoneType: "nothing",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "float",
    decimal.Decimal: "decimal",
    datetime.datetime: "date-time",
    datetime.date: "date",
    datetime.time: "time",
    uuid.UUID: "UUID",
    ipaddress.IPv4Address: "IP address",
    ipaddress.IPv6Address: "IP address",
    enum.Enum: "enumeration",
    **dict.fromkeys((list, tuple), "list"),
    **dict.fromkeys((set, frozenset), "set"),
    dict: "object",
    **dict.fromkeys((bytes, bytearray, memoryview), "bytes"),
    ("pandas", "NAType"): "nothing",
    ("pandas", "NaTType"): "nothing",
    ("numpy", "timedelta64"): "other",
    ("numpy", "generic"): "NumPy scalar",
    ("numpy", "ndarray"): "NumPy array",
}


class UnfitError(ValueError):
    """A value does not fit: `reason` ends a sentence, and `path` is the place inside the value, such as "[2]"."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason)
        self.reason, self.path = reason, path

    def inside(self, key: str) -> UnfitError:
        """Return the same error, seen from the object that has the value under a key."""
        self.path = f"{key}{'.' if self.path and self.path[0] != '[' else ''}{self.path}"
        return self


def family_of(kind: type) -> str:
    """Return the family of a class: that of the first base that has one."""
    for base in kind.__mro__:
        family = FAMILIES.get(base) or FAMILIES.get((base.__module__.partition(".")[0], base.__name__))
        if family is not None:
            return family
    return "other"


def _numpy_item(value: Any) -> object:
    item = value.item()
    if isinstance(item, int) and type(value).__name__ == "datetime64":
        item = value.astype("datetime64[us]").item()  # Python has no class for nanoseconds
    if type(item) is type(value):
        if any(base.__name__ == "floating" for base in type(value).__mro__):
            return float(value)  # a long double, for which Python has no class
        raise UnfitError(f"is not a number that JSON has ({type(value).__name__})")
    return item


#: Families whose values contain the value that is sent, each with the function that returns it.
UNWRAPPED: Mapping[str, Callable[[Any], object]] = {
    "nothing": lambda _: None,
    "enumeration": lambda member: member.value,
    "NumPy scalar": _numpy_item,
    "NumPy array": lambda array: array.tolist(),
}


def field_names(kind: type) -> Sequence[str] | None:
    """Return the names of the fields of an attrs class, a dataclass, or a named tuple."""
    if attrs.has(kind):
        return [attribute.name for attribute in attrs.fields(kind)]
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return cast("Sequence[str] | None", getattr(kind, "_fields", None)) if issubclass(kind, tuple) else None


def reject_record(value: object) -> NoReturn:
    """Raise the error of a value that is not a record."""
    raise UnfitError(f"is not a mapping or an object with fields ({type(value).__name__})")


def _reject_same_keys(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return the pairs as a dictionary, or raise `UnfitError` if two fields are the same key, such as fullName and full_name."""
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise UnfitError("is the key of two fields, in camel case and in snake case", repeated)
    return values


def _of_model(record: Iterable[tuple[str, object]], key_of: Callable[[str], str]) -> dict[str, object]:
    return _reject_same_keys([(key_of(name), value) for name, value in iter(record)])


def reader_of(kind: type, key_of: Callable[[str], str]) -> Callable[[Any], dict[str, object]]:
    """Return the function that reads records of a class as dictionaries; `key_of` returns the key of a field."""
    names = field_names(kind)
    if names is not None:
        keys = [key_of(name) for name in names]
        _reject_same_keys([(key, key) for key in keys])
        # With a second name, it returns a tuple, also for a class with one field.
        values_of = operator.attrgetter(*names, names[0]) if names else lambda _: ()
        return lambda record: dict(zip(keys, values_of(record), strict=False))
    if any((base.__module__, base.__name__) == ("pydantic.main", "BaseModel") for base in kind.__mro__):
        return lambda record: _of_model(record, key_of)
    # sqlite3.Row, and rows of other libraries, are mappings in all but their bases.
    return dict if hasattr(kind, "keys") and hasattr(kind, "__getitem__") else reject_record
