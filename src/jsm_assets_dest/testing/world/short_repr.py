"""One short line for the repr of a value: its fields that differ from their defaults."""

from typing import Any

from attrs import AttrsInstance, Factory, fields

LONGEST = 200
_FACTORY: Any = Factory  # attrs declares this class as a function


def short_repr(self: AttrsInstance) -> str:
    """Return the fields that differ from their defaults. A value class uses it as its `__repr__`."""
    texts = [
        f"{attribute.name}={getattr(self, attribute.name)!r}"
        for attribute in fields(type(self))
        if attribute.repr and getattr(self, attribute.name) != _default(attribute.default)
    ]
    text = f"{type(self).__name__}({', '.join(texts)})"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]}...)"


def _default(default: Any) -> object:
    return default.factory() if isinstance(default, _FACTORY) else default
