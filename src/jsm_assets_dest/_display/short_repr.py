"""One short line for the repr of a value: its fields that differ from their defaults."""

import enum
import reprlib
from collections.abc import Iterator
from typing import Any, TypeVar

from attrs import NOTHING, Attribute, AttrsInstance, Factory, fields

#: Characters of the longest repr.
LONGEST = 200
ClassT = TypeVar("ClassT", bound=type)
_FACTORY: Any = Factory  # attrs declares this class as a function


def public_value(cls: ClassT) -> ClassT:
    """Give a value class the name of its public module, and a short repr. It is the decorator next to the class."""
    value_class: Any = cls  # type checkers know `__repr__` as the method of an instance, without `self`
    value_class.__module__ = cls.__module__.partition("._")[0]
    value_class.__repr__ = short_repr
    return cls


def short_repr(self: AttrsInstance) -> str:
    """Return the fields that differ from their defaults. Without a cut, marked by dots, Python can evaluate the text.

    A value class uses it as its `__repr__`.
    """
    name = type(self).__name__
    text = f"{name}({', '.join(_differences(self))})"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]}...)"


def _differences(value: AttrsInstance) -> Iterator[str]:
    for attribute in fields(type(value)):
        content = getattr(value, attribute.name)
        if attribute.repr and (not attribute.init or content != _default(value, attribute)):
            describe = attribute.repr if callable(attribute.repr) else _SHORT.repr
            yield f"{attribute.alias}={describe(content)}"


def _default(value: AttrsInstance, attribute: "Attribute[Any]") -> object:
    default: Any = attribute.default
    if isinstance(default, _FACTORY):
        default = default.factory(value) if default.takes_self else default.factory()
    convert: Any = attribute.converter
    return default if default is NOTHING or convert is None else convert(default)


class _ShortRepr(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 80
        self.maxtuple = self.maxlist = self.maxdict = 3

    def repr_instance(self, x: object, level: int) -> str:
        if isinstance(x, enum.Enum):
            is_public = "._" not in type(x).__module__
            return f"{type(x).__name__}.{x.name}" if is_public else repr(x.value)
        return super().repr_instance(x, level)


_SHORT = _ShortRepr()
