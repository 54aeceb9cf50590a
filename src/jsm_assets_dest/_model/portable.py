"""A model as JSON-ready data and back, for storing it beside a configuration.

Everything is written out, defaults included, so that a stored model means the same in a later version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import asdict, fields

from .._assets.statuses import StatusCategory
from .._wire.json_reading import as_object, as_objects, as_text, as_texts
from .findings import FindingCollector
from .specs import Adoption, AttributeSpec, AttributeType, IconSpec, ObjectTypeSpec, ReferenceSpec, StatusSpec

if TYPE_CHECKING:
    from .schema_model import SchemaModel

#: Raised when the form changes in a way that older versions cannot read.
FORM = 1


def model_to_dict(model: SchemaModel) -> dict[str, object]:
    """The whole model; tuples become lists and enumerations their texts."""
    written = asdict(model, value_serializer=lambda _instance, _field, value: _plain(value))
    return {"form": FORM, **{name: _listed(value) for name, value in written.items()}}


def _plain(value: object) -> object:
    return value.value if isinstance(value, (AttributeType, StatusCategory)) else value


def _listed(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_listed(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, Mapping):
        return {key: _listed(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return value


def model_from_dict(data: Mapping[str, object]) -> SchemaModel:
    """Read what `model_to_dict` wrote.

    Raises:
        InvalidModelError: It is something else, or was written by a later version; all mistakes are named.
    """
    from .schema_model import SchemaModel

    reader = _Reader()
    if data.get("form", FORM) != FORM:
        reader.wrong("form", f"The form {data.get('form')!r} is not known to this version.")
        reader.found.findings().raise_for_errors()
    if not isinstance(data.get("object_types"), (list, tuple)):
        reader.wrong("object_types", "There is no list of object types.")
    reader.known(data, "", {field.name for field in fields(SchemaModel)} | {"form"})
    types = [
        reader.object_type(one, f"object_types[{at}]")
        for at, one in enumerate(as_objects(data.get("object_types")))
    ]
    statuses = [
        reader.status(one, f"statuses[{at}]") for at, one in enumerate(as_objects(data.get("statuses")))
    ]
    icons = [
        IconSpec(as_text(one.get("key")), as_text(one.get("name")), as_text(one.get("png48")))
        for one in as_objects(data.get("icons"))
    ]
    reader.found.findings().raise_for_errors()
    return SchemaModel(
        as_text(data.get("name")),
        types,
        description=as_text(data.get("description")),
        statuses=statuses,
        icons=icons,
        namespace=as_text(data.get("namespace")),
    )


class _Reader:
    """Reads values and notes what is wrong with them, so that one error can name everything."""

    def __init__(self) -> None:
        self.found = FindingCollector()

    def wrong(self, path: str, message: str) -> None:
        self.found.error("unreadable", path, message, "Give what `to_dict` wrote, unchanged.")

    def known(self, source: Mapping[str, object], path: str, names: set[str]) -> None:
        for name in sorted(set(source) - names):
            self.wrong(f"{path}.{name}".strip("."), "This is nothing that a model has.")

    def flag(self, source: Mapping[str, object], path: str, name: str, *, default: bool = False) -> bool:
        value = source.get(name, default)
        if isinstance(value, bool):
            return value
        self.wrong(f"{path}.{name}", f"{value!r} is neither true nor false.")
        return default

    def number(self, source: Mapping[str, object], path: str, name: str, default: int) -> int:
        value = source.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.wrong(f"{path}.{name}", f"{value!r} is no whole number.")
        return default

    def text(self, source: Mapping[str, object], path: str, name: str) -> str:
        value = source.get(name, "")
        if isinstance(value, str):
            return value
        self.wrong(f"{path}.{name}", f"{value!r} is no text.")
        return ""

    def status(self, source: Mapping[str, object], path: str) -> StatusSpec:
        category = self.text(source, path, "category")
        if category not in set(StatusCategory):
            self.wrong(f"{path}.category", f"“{category}” is no category of a status.")
            category = StatusCategory.ACTIVE
        return StatusSpec(
            self.text(source, path, "name"), StatusCategory(category), self.text(source, path, "description")
        )

    def object_type(self, source: Mapping[str, object], path: str) -> ObjectTypeSpec:
        self.known(source, path, {field.name for field in fields(ObjectTypeSpec)})
        adopted = as_object(source.get("adopted"))
        return ObjectTypeSpec(
            self.text(source, path, "name"),
            [
                self.attribute(one, f"{path}.attributes[{at}]")
                for at, one in enumerate(as_objects(source.get("attributes")))
            ],
            key=self.text(source, path, "key"),
            selector=self.text(source, path, "selector"),
            description=self.text(source, path, "description"),
            icon_key=self.text(source, path, "icon_key"),
            parent=self.text(source, path, "parent"),
            external_id=self.text(source, path, "external_id"),
            adopted=Adoption(as_text(adopted.get("object_type_id")), as_text(adopted.get("name")))
            if adopted
            else None,
            mapped=self.flag(source, path, "mapped", default=True),
        )

    def attribute(self, source: Mapping[str, object], path: str) -> AttributeSpec:
        self.known(source, path, {field.name for field in fields(AttributeSpec)})
        kind = self.text(source, path, "type") or AttributeType.TEXT.value
        if kind not in set(AttributeType):
            self.wrong(f"{path}.type", f"“{kind}” is no type of an attribute.")
            kind = AttributeType.TEXT.value
        reference = as_object(source.get("reference"))
        longest = source.get("max_length")
        return AttributeSpec(
            self.text(source, path, "name"),
            AttributeType(kind),
            key=self.text(source, path, "key"),
            locators=as_texts(source.get("locators")),
            description=self.text(source, path, "description"),
            label=self.flag(source, path, "label"),
            identifier=self.flag(source, path, "identifier"),
            unique=self.flag(source, path, "unique"),
            minimum=self.number(source, path, "minimum", 0),
            maximum=self.number(source, path, "maximum", 1),
            reference=(
                ReferenceSpec(
                    as_text(reference.get("target")),
                    by=as_text(reference.get("by")),
                    aql=as_text(reference.get("aql")),
                )
                if reference
                else None
            ),
            statuses=as_texts(source.get("statuses")),
            external_id=self.text(source, path, "external_id"),
            max_length=None if longest is None else self.number(source, path, "max_length", 0),
            mapped=self.flag(source, path, "mapped", default=True),
        )
