"""A diagram of object types: Mermaid text for documents, and SVG for notebooks and web pages."""

from collections.abc import Sequence
from typing import Self

from attrs import asdict, field, frozen

from .._arguments.checking import checked_methods
from .._assets.object_types import Attribute, ExistingObjectType
from .._display.drawing import GraphBox, GraphRow, draw
from .._display.values import public_value
from .._wire.json_reading import digest_of
from .object_schema_spec import ObjectSchemaSpec
from .specs import AttributeSpec


@checked_methods
@frozen
@public_value
class Graph:
    """Object types with their attributes, and the references between them.

    Attributes:
        name: The name of the model or the schema.
        boxes: The object types of the diagram.
    """

    name: str
    boxes: tuple[GraphBox, ...] = field(repr=False)

    @classmethod
    def of(cls, model: ObjectSchemaSpec) -> Self:
        """Draw a wanted model."""
        keys = {spec.key for spec in model.object_types}
        return cls(
            model.name,
            tuple(
                GraphBox(
                    key=spec.key,
                    name=spec.name,
                    description=spec.description,
                    parent=spec.parent if spec.parent in keys else "",
                    rows=tuple(
                        _wanted_row(attribute, keys)
                        for attribute in (*spec.attributes, *spec.linked_attributes)
                    ),
                )
                for spec in model.object_types
            ),
        )

    @classmethod
    def of_existing(cls, name: str, existing: Sequence[ExistingObjectType]) -> Self:
        """Draw the object types of a schema, without the attributes that Assets fills itself.

        Args:
            name: The name of the schema.
            existing: Its object types with their attributes.
        """
        ids = {existing_type.object_type.id for existing_type in existing}
        boxes: list[GraphBox] = []
        for existing_type in existing:
            object_type = existing_type.object_type
            count = object_type.object_count
            count_text = "" if count is None else f"{count} object{'' if count == 1 else 's'}"
            texts = (object_type.description.rstrip("."), count_text)
            parent_id = object_type.parent_id or ""
            boxes.append(
                GraphBox(
                    key=object_type.id,
                    name=object_type.name,
                    description=". ".join(text for text in texts if text),
                    parent=parent_id if parent_id in ids else "",
                    rows=tuple(
                        _existing_row(attribute, ids)
                        for attribute in existing_type.attributes
                        if not attribute.system
                    ),
                )
            )
        return cls(name, tuple(boxes))

    @property
    def digest(self) -> str:
        """The SHA-256 of the diagram, 64 hexadecimal digits."""
        return digest_of([self.name, [asdict(box) for box in self.boxes]])

    @property
    def mermaid(self) -> str:
        """The diagram as a Mermaid flowchart, for Markdown."""
        lines = ["flowchart LR"]
        ids = {box.key: f"t{position}" for position, box in enumerate(self.boxes)}
        for box in self.boxes:
            rows = [f"<b>{_escaped(box.name)}</b>", *(_escaped(row.text) for row in box.rows)]
            lines.append(f'    {ids[box.key]}["{"<br/>".join(rows)}"]')
        for box in self.boxes:
            for row in box.rows:
                if row.target:
                    label = f'"{_escaped(row.name)}{" *" if row.many else ""}"'
                    lines.append(f"    {ids[box.key]} -->|{label}| {ids[row.target]}")
            if box.parent:
                lines.append(f"    {ids[box.parent]} -.-o {ids[box.key]}")
        return "\n".join(lines) + "\n"

    @property
    def svg(self) -> str:
        """The diagram as a self-contained SVG document. It is readable on light and dark pages."""
        return draw(self.name, self.boxes, self.digest)

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.svg}</div>'

    def __str__(self) -> str:
        return self.mermaid


def _flags(**states: bool) -> tuple[str, ...]:
    return tuple(flag.replace("_", " ") for flag, is_set in states.items() if is_set)


def _type_text(name: str, *, many: bool) -> str:
    text = "reference" if name == "referenced_object" else name.replace("_", " ")
    return f"{text} *" if many else text


def _wanted_row(attribute: AttributeSpec, keys: set[str]) -> GraphRow:
    target = attribute.reference.target if attribute.reference is not None else ""
    return GraphRow(
        name=attribute.name,
        type=_type_text(attribute.type.value, many=attribute.takes_many),
        flags=_flags(
            label=attribute.label,
            identifier=attribute.identifier,
            unique=attribute.unique and not attribute.identifier,
            required=attribute.minimum > 0,
            not_filled=not attribute.mapped,
        ),
        description=attribute.description,
        strong=attribute.label or attribute.identifier,
        target=target if target in keys else "",
        many=attribute.takes_many,
    )


def _existing_row(attribute: Attribute, ids: set[str]) -> GraphRow:
    target = attribute.reference_object_type_id or ""
    many = attribute.maximum == -1 or attribute.maximum > 1
    return GraphRow(
        name=attribute.name,
        type=_type_text(attribute.type, many=many),
        flags=_flags(
            label=attribute.label,
            unique=attribute.unique,
            required=attribute.minimum > 0 and not attribute.label,
            in_another_schema=bool(target) and target not in ids,
        ),
        description=attribute.description,
        strong=attribute.label,
        target=target if target in ids else "",
        many=many,
    )


def _escaped(text: str) -> str:
    # Mermaid accepts entities of this form in quoted labels. Escape everything that has a meaning in Mermaid or HTML.
    return "".join(
        character if character.isalnum() or character in " .,:()-_*/" else f"#{ord(character)};"
        for character in " ".join(text.split())
    )
