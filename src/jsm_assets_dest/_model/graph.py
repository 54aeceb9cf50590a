"""A picture of object types: Mermaid text for documents, and an SVG of our own for notebooks and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import asdict, field, frozen

from .._display.drawing import GraphBox, GraphRow, draw
from .._wire.json_reading import digest_of

if TYPE_CHECKING:
    from .._assets.object_types import Attribute, ExistingObjectType
    from .schema_model import SchemaModel
    from .specs import AttributeSpec


@frozen
class Graph:
    """Object types with their attributes, and the references between them.

    Attributes:
        name: The name of the model or the schema.
    """

    name: str
    _boxes: tuple[GraphBox, ...] = field(repr=False, alias="boxes")

    @classmethod
    def of(cls, model: SchemaModel) -> Graph:
        """The graph of a wanted model."""
        keys = {spec.key for spec in model.object_types}
        return cls(
            model.name,
            tuple(
                GraphBox(
                    key=spec.key,
                    name=spec.name,
                    description=spec.description,
                    parent=spec.parent if spec.parent in keys else "",
                    rows=tuple(_wanted(one, keys) for one in spec.attributes),
                )
                for spec in model.object_types
            ),
        )

    @classmethod
    def of_existing(cls, name: str, existing: Sequence[ExistingObjectType]) -> Graph:
        """The graph of what a schema has; the attributes that Assets fills itself are left out.

        Args:
            name: The name of the schema.
            existing: Its object types with their attributes.
        """
        keys = {one.object_type.id for one in existing}
        names = {one.object_type.id: one.object_type.name for one in existing}
        boxes: list[GraphBox] = []
        for one in existing:
            there = one.object_type
            count = there.object_count
            counted = "" if count is None else f"{count} object{'' if count == 1 else 's'}"
            above = there.parent_id or ""
            boxes.append(
                GraphBox(
                    key=there.id,
                    name=names[there.id],
                    description=". ".join(text for text in (there.description.rstrip("."), counted) if text),
                    parent=above if above in keys else "",
                    rows=tuple(_existing(each, keys) for each in one.attributes if not each.system),
                )
            )
        return cls(name, tuple(boxes))

    @property
    def boxes(self) -> tuple[GraphBox, ...]:
        """The object types of the picture."""
        return self._boxes

    @property
    def digest(self) -> str:
        """The SHA-256 of the picture, 64 hexadecimal digits."""
        return digest_of([self.name, [asdict(box) for box in self._boxes]])

    @property
    def mermaid(self) -> str:
        """The graph as a Mermaid flowchart, for Markdown that draws those."""
        lines = ["flowchart LR"]
        ids = {box.key: f"t{at}" for at, box in enumerate(self._boxes)}
        for box in self._boxes:
            rows = [f"<b>{_entity(box.name)}</b>", *(_entity(row.text) for row in box.rows)]
            lines.append(f'    {ids[box.key]}["{"<br/>".join(rows)}"]')
        for box in self._boxes:
            for row in box.rows:
                if row.target:
                    label = f'"{_entity(row.name)}{" *" if row.many else ""}"'
                    lines.append(f"    {ids[box.key]} -->|{label}| {ids[row.target]}")
            if box.parent:
                lines.append(f"    {ids[box.parent]} -.-o {ids[box.key]}")
        return "\n".join(lines) + "\n"

    @property
    def svg(self) -> str:
        """The graph as an SVG document that needs nothing else: escaped, and readable on light and dark pages."""
        return draw(self.name, self._boxes, self.digest)

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.svg}</div>'

    def __str__(self) -> str:
        return self.mermaid


def _words(*marks: tuple[str, bool]) -> tuple[str, ...]:
    return tuple(word for word, is_so in marks if is_so)


def _kind(name: str, *, many: bool) -> str:
    text = "reference" if name == "referenced_object" else name.replace("_", " ")
    return f"{text} *" if many else text


def _wanted(attribute: AttributeSpec, keys: set[str]) -> GraphRow:
    target = attribute.reference.target if attribute.reference is not None else ""
    return GraphRow(
        name=attribute.name,
        type=_kind(attribute.type.value, many=attribute.takes_many),
        flags=_words(
            ("label", attribute.label),
            ("identifier", attribute.identifier),
            ("unique", attribute.unique and not attribute.identifier),
            ("required", attribute.minimum > 0),
            ("not filled", not attribute.mapped),
        ),
        description=attribute.description,
        strong=attribute.label or attribute.identifier,
        target=target if target in keys else "",
        many=attribute.takes_many,
    )


def _existing(attribute: Attribute, keys: set[str]) -> GraphRow:
    target = attribute.reference_object_type_id or ""
    many = attribute.maximum == -1 or attribute.maximum > 1
    return GraphRow(
        name=attribute.name,
        type=_kind(attribute.type, many=many),
        flags=_words(
            ("label", attribute.label),
            ("unique", attribute.unique),
            ("required", attribute.minimum > 0 and not attribute.label),
            ("in another schema", bool(target) and target not in keys),
        ),
        description=attribute.description,
        strong=attribute.label,
        target=target if target in keys else "",
        many=many,
    )


def _entity(text: str) -> str:
    # Mermaid takes entities of this form in quoted labels; everything that means something to it or to HTML
    # is one.
    return "".join(
        one if one.isalnum() or one in " .,:()-_*/" else f"#{ord(one)};" for one in " ".join(text.split())
    )
