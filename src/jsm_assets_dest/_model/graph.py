"""
A picture of a model: Mermaid text for documents, and an SVG of our own for notebooks and pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from ..model import SchemaModel
    from .specs import AttributeSpec


@frozen
class Graph:
    """
    The object types of a model with their attributes, and the references between them.
    """

    model: SchemaModel = field(repr=False)

    @classmethod
    def of(cls, model: SchemaModel) -> Graph:
        """
        The graph of a model.
        """
        return cls(model)

    @property
    def mermaid(self) -> str:
        """
        The graph as a Mermaid flowchart, for Markdown that draws those.
        """
        lines = ["flowchart LR"]
        ids = {spec.key: f"t{at}" for at, spec in enumerate(self.model.object_types)}
        for spec in self.model.object_types:
            rows = [f"<b>{_entity(spec.name)}</b>", *(_entity(row_text(one)) for one in spec.attributes)]
            lines.append(f'    {ids[spec.key]}["{"<br/>".join(rows)}"]')
        for spec in self.model.object_types:
            for attribute in spec.attributes:
                if attribute.reference is not None and attribute.reference.target in ids:
                    many = " *" if attribute.takes_many else ""
                    label = f'"{_entity(attribute.name)}{many}"'
                    lines.append(f"    {ids[spec.key]} -->|{label}| {ids[attribute.reference.target]}")
            if spec.parent in ids:
                lines.append(f"    {ids[spec.parent]} -.-o {ids[spec.key]}")
        return "\n".join(lines) + "\n"

    @property
    def svg(self) -> str:
        """
        The graph as an SVG document that needs nothing else: escaped, and readable on light and dark pages.
        """
        from .drawing import draw

        return draw(self.model)

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.svg}</div>'

    def __str__(self) -> str:
        return self.mermaid


def row_text(attribute: AttributeSpec) -> str:
    """
    An attribute in a line: its name, type, and what is special about it.
    """
    marks = flags(attribute)
    return f"{attribute.name}: {type_text(attribute)}" + (f" ({', '.join(marks)})" if marks else "")


def type_text(attribute: AttributeSpec) -> str:
    """
    The type as people say it, with a star where there can be many values.
    """
    kind = "reference" if attribute.is_reference else attribute.type.value.replace("_", " ")
    return f"{kind} *" if attribute.takes_many else kind


def flags(attribute: AttributeSpec) -> list[str]:
    """
    What is special about an attribute, in words.
    """
    marks = (
        ("label", attribute.label),
        ("identifier", attribute.identifier),
        ("unique", attribute.unique and not attribute.identifier),
        ("required", attribute.minimum > 0),
        ("not filled", not attribute.mapped),
    )
    return [word for word, is_so in marks if is_so]


def _entity(text: str) -> str:
    # Mermaid takes entities of this form in quoted labels; everything that means something to it or to HTML
    # is one.
    return "".join(
        one if one.isalnum() or one in " .,:()-_*/" else f"#{ord(one)};" for one in " ".join(text.split())
    )
