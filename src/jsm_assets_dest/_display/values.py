"""Values as one short line, for their `repr`, and as JSON-ready data, for their `to_dict`."""

import enum
import reprlib
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, TypeVar, cast

from attrs import NOTHING, Attribute, AttrsInstance, Factory, fields, has

#: Characters of the longest repr.
LONGEST = 200
ClassT = TypeVar("ClassT", bound=type)
_FACTORY: Any = Factory  # attrs declares this class as a function


def public_value(cls: ClassT) -> ClassT:
    """Give a value class the name of its public module, and a short repr unless it has one of its own.

    It is the decorator next to the class, so that attrs keeps the repr.
    """
    value_class: Any = cls  # type checkers know `__repr__` as the method of an instance, without `self`
    value_class.__module__ = cls.__module__.partition("._")[0]
    if "__repr__" not in vars(cls):
        value_class.__repr__ = _short_repr
    return cls


def _short_repr(self: AttrsInstance) -> str:
    """Return the fields that differ from their defaults. Without a cut, marked by dots, Python can evaluate the text."""
    texts = [
        f"{attribute.alias}={attribute.repr(content) if callable(attribute.repr) else _SHORT.repr(content)}"
        for attribute, content in changed_fields(self)
        if attribute.repr
    ]
    text = f"{type(self).__name__}({', '.join(texts)})"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]}...)"


def changed_fields(value: AttrsInstance) -> Iterator[tuple["Attribute[Any]", Any]]:
    """Yield the fields that differ from their defaults, with their contents."""
    for attribute in fields(type(value)):
        content: Any = getattr(value, attribute.name)
        if not attribute.init or content != _default(value, attribute):
            yield attribute, content


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


def plain_data(value: object, names: str = "") -> dict[str, object]:
    """Return fields and properties of a value as JSON-ready data.

    Args:
        value: The value.
        names: Names of its fields and properties, in order, separated by blanks. Default: its public fields.
    """
    chosen = names.split() or [
        attribute.name
        for attribute in fields(cast("type[AttrsInstance]", type(value)))
        if attribute.name[0] != "_"
    ]
    return {name: plain(getattr(value, name)) for name in chosen}


class PlainData:
    """Base of value classes whose JSON-ready data are their public fields, or the fields and properties that they name."""

    __slots__ = ()
    #: Names in order, separated by blanks. Empty for the public fields.
    _names_of_data: ClassVar[str] = ""

    def to_dict(self) -> dict[str, object]:
        """Return the value as JSON-ready data."""
        return plain_data(self, self._names_of_data)


def plain(content: object) -> object:
    """Return the content of a field as JSON-ready data. What is neither a collection nor a value class is unchanged."""
    if isinstance(content, enum.Enum):
        return content.value
    if content is None or isinstance(content, str | int | float):
        return content
    if isinstance(content, Mapping):
        return {plain(key): plain(item) for key, item in cast("Mapping[object, object]", content).items()}
    if isinstance(content, list | tuple):
        return [plain(item) for item in cast("tuple[object, ...]", content)]
    to_dict: object = getattr(content, "to_dict", None)
    if callable(to_dict):
        return to_dict()
    return plain_data(content) if has(type(content)) else content
