"""Records of an export: objects of Assets in the form in which they were imported."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from attrs import define, field, frozen

from .._assets.objects import ExportedObject, read_line
from .._model.references import looked_up_by
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, ObjectTypeSpec
from .._wire.json_reading import as_objects, as_text
from ..exceptions import ConfigurationError


@frozen
class _Column:
    """Attribute, and what a record contains of it.

    Attributes:
        name: Name of the attribute, in lowercase.
        attribute: The attribute.
        parts: Attributes of the referenced object whose values the record contains; empty if it is not a reference.
        is_by_label: True if the label of the referenced object is that value, so that the object itself is not needed.
    """

    name: str
    attribute: AttributeSpec
    parts: tuple[AttributeSpec, ...] = ()
    is_by_label: bool = False


def _folded(name: str) -> str:
    return name.strip().casefold()


@define
class ExportReading:
    """Reads an export twice: first for the identifiers of referenced objects, then for the records.

    Attributes:
        path: File of the export.
        model: Model of the import. Object types and attributes are found by their names, in any case.
    """

    path: Path
    model: SchemaModel
    _types: dict[str, ObjectTypeSpec] = field(factory=dict, init=False)
    _columns: dict[str, tuple[_Column, ...]] = field(factory=dict, init=False)
    #: For each object type that is referenced, the attributes whose values are needed.
    _needed: dict[str, set[AttributeSpec]] = field(factory=dict, init=False)
    #: Values by attribute and key of the object.
    _identifiers: dict[tuple[str, str], object] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        for spec in self.model.object_types:
            if spec.mapped:
                self._types[_folded(spec.name)] = spec
                self._columns[spec.key] = tuple(self._column(spec, part) for part in spec.mapped_attributes)

    def _column(self, spec: ObjectTypeSpec, attribute: AttributeSpec) -> _Column:
        name = _folded(attribute.name)
        if attribute.reference is None:
            if len(attribute.locators) > 1:
                raise ConfigurationError(
                    f'An export can\'t be read for "{attribute.name}" of "{spec.name}": its value is joined from '
                    f"{', '.join(attribute.locators)}. Nothing was sent.",
                    field="model",
                    fix="Pass a model in which each attribute has one locator.",
                )
            return _Column(name, attribute)
        target = self.model.object_type(attribute.reference.target)
        parts = looked_up_by(attribute, target)
        is_by_label = len(parts) == 1 and parts[0].label
        if not is_by_label:
            self._needed.setdefault(target.key, set()).update(parts)
        return _Column(name, attribute, parts, is_by_label)

    def prepare(self) -> None:
        """Check the whole file, and collect the identifiers of referenced objects.

        Raises:
            ConfigurationError: The file or the model does not fit.
        """
        unknown_types: dict[str, None] = {}
        wanted: dict[tuple[str, str], None] = {}
        for exported in self._objects():
            spec = self._types.get(_folded(exported.object_type))
            if spec is None:
                unknown_types[exported.object_type] = None
                continue
            values = _by_name(exported)
            for part in self._needed.get(spec.key, ()):
                if (value := values.get(_folded(part.name))) is not None:
                    self._identifiers[part.key, exported.key] = value
            for column in self._columns[spec.key]:
                if column.parts and not column.is_by_label:
                    for reference in _references(values.get(column.name)):
                        wanted |= {(part.key, as_text(reference.get("key"))): None for part in column.parts}
        if unknown_types:
            names = ", ".join(f'"{name}"' for name in unknown_types)
            raise ConfigurationError(
                f"The export contains objects of {names}, which the model does not fill. Nothing was sent.",
                field="model",
                fix="Export one object type, or pass a model that contains all of them.",
            )
        missing = dict.fromkeys(key for part, key in wanted if (part, key) not in self._identifiers)
        if missing:
            raise ConfigurationError(
                f"The export refers to {len(missing):,} objects that it does not contain: {', '.join(list(missing)[:5])}"
                f"{', …' if len(missing) > 5 else ''}. Nothing was sent.",
                field="path",
                fix="Export the referenced object types into the same file: call export_objects() without object_type=.",
            )

    def records(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Yield each object as a pair of a selector and a record."""
        for exported in self._objects():
            spec = self._types[_folded(exported.object_type)]
            values = _by_name(exported)
            record: dict[str, object] = {}
            for column in self._columns[spec.key]:
                value = values.get(column.name)
                if value is None:
                    continue
                if not column.parts:
                    _put(record, column.attribute.locators[0], value)
                    continue
                references = _references(value)
                for part, locator in zip(column.parts, column.attribute.locators, strict=False):
                    texts = [
                        reference.get("label")
                        if column.is_by_label
                        else self._identifiers[part.key, as_text(reference.get("key"))]
                        for reference in references
                    ]
                    _put(record, locator, texts if isinstance(value, list) else texts[0])
            yield spec.selector, record

    def _objects(self) -> Iterator[ExportedObject]:
        try:
            with self.path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield self._object(number, line)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigurationError(
                f"Could not read the export {self.path}: {reason}. Nothing was sent.",
                field="path",
                fix="Pass the path of a file that export_objects() wrote.",
            ) from error

    def _object(self, number: int, line: str) -> ExportedObject:
        try:
            return read_line(line)
        except ValueError:
            raise ConfigurationError(
                f"Line {number:,} of {self.path} is not an exported object. Nothing was sent.",
                field="path",
                fix="Pass the path of a file that export_objects() wrote.",
            ) from None


def _by_name(exported: ExportedObject) -> dict[str, object]:
    return {_folded(name): value for name, value in exported.values.items()}


def _references(value: object) -> list[Mapping[str, object]]:
    return as_objects(value if isinstance(value, list) else [value])


def _put(record: dict[str, object], locator: str, value: object) -> None:
    """Put a value at the path of a locator, unless another attribute with the same locator has put one there."""
    *path, key = locator.split(".")
    for step in path:
        record = cast("dict[str, object]", record.setdefault(step, {}))
    record.setdefault(key, value)
