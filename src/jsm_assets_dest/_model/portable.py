"""A model as JSON-ready data and back, for storing it beside a configuration.

Defaults are written too, so that a stored model has the same meaning in a later version.
"""

import enum
from collections.abc import Mapping
from typing import Any, cast, get_args, get_origin

from attrs import NOTHING, asdict, fields, has

from .._wire.json_values import as_object
from .findings import FindingCollector
from .object_schema_spec import ModelT, ObjectSchemaSpec

#: Increased when older versions can't read the data any more.
FORM = 1


def model_to_dict(model: ObjectSchemaSpec) -> dict[str, object]:
    """Convert the whole model: tuples become lists, and enumerations become strings."""
    values = asdict(model, value_serializer=lambda _instance, _field, value: _plain(value))
    return {"form": FORM, **{name: _with_lists(value) for name, value in values.items()}}


def _plain(value: object) -> object:
    return value.value if isinstance(value, enum.StrEnum) else value


def _with_lists(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_with_lists(item) for item in cast("list[object]", value)]
    if isinstance(value, Mapping):
        return {key: _with_lists(item) for key, item in as_object(value).items()}
    return value


def model_from_dict(data: Mapping[str, object], model_class: type[ModelT]) -> ModelT:
    """Restore a model from the data of `model_to_dict`.

    Raises:
        InvalidModelError: It is something else, or a later version wrote it. The error lists all mistakes.
    """
    reader = _Reader()
    if data.get("form", FORM) != FORM:
        reader.report("form", f"This version cannot read the form {data.get('form')!r}.")
    elif not isinstance(data.get("object_types"), (list, tuple)):
        reader.report("object_types", "The list of object types is missing.")
    reader.collector.raise_for_errors()
    model = reader.instance(model_class, {key: value for key, value in data.items() if key != "form"}, "")
    reader.collector.raise_for_errors()
    return cast("ModelT", model)


class _Reader:
    """Reads values by the types of the fields, and collects all mistakes for one error."""

    def __init__(self) -> None:
        self.collector = FindingCollector()

    def report(self, path: str, message: str) -> None:
        self.collector.error("unreadable", path, message, "Pass the data of `to_dict` unchanged.")

    def instance(self, cls: type[Any], source: Mapping[str, object], path: str) -> object:
        """Read an instance of an attrs class. If anything is wrong, report it and return None."""
        prefix = f"{path}." if path else ""
        class_fields = fields(cls)
        for name in sorted(set(source) - {field.name for field in class_fields}):
            self.report(f"{prefix}{name}", "A model has no such key.")
        arguments: dict[str, object] = {}
        for field in class_fields:
            if field.name in source:
                arguments[field.name] = self._value(field.type, source[field.name], f"{prefix}{field.name}")
            elif field.default is NOTHING:
                self.report(f"{prefix}{field.name}", "It is missing.")
        return None if len(self.collector.findings()) else cls(**arguments)

    def _value(self, kind: Any, value: object, path: str) -> object:
        origin, options = get_origin(kind), get_args(kind)
        if type(None) in options:
            return None if value is None else self._value(options[0], value, path)
        if origin is tuple and isinstance(value, (list, tuple)):
            return [
                self._value(options[0], item, f"{path}[{position}]")
                for position, item in enumerate(cast("list[object]", value))
            ]
        if origin is Mapping and isinstance(value, Mapping):
            return as_object(value)
        if origin is None and has(kind) and isinstance(value, Mapping):
            return self.instance(kind, as_object(value), path)
        if kind in (str, bool, int) and type(value) is kind:
            return value
        if isinstance(kind, enum.EnumMeta):
            choices = [str(member.value) for member in cast("type[enum.Enum]", kind)]
            if value in choices:
                return value
            self.report(path, f"{value!r} is not one of: {', '.join(choices)}.")
        else:
            self.report(
                path, f"{value!r} is not {_KINDS.get(kind, 'a list' if origin is tuple else 'an object')}."
            )
        return None


_KINDS: dict[object, str] = {str: "a string", bool: "true or false", int: "a whole number"}
