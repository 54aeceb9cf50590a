"""Which field of Okta goes to which attribute of Assets: for a privacy review, as text and as HTML."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from .._model.tables import table
from ..model import AttributeSpec, ObjectTypeSpec, SchemaModel
from ._custom_attributes import PREFIX
from ._fields import TYPES
from ._privacy import Action, Privacy

#: The columns of the table.
_HEADINGS = ("Okta", "Assets", "Type", "What is sent")
_SENT = {
    Action.ALLOW: "the value",
    Action.DROP: "nothing",
    Action.MASK: "first letters only",
    Action.HASH: "a keyed hash",
}


@frozen
class DataMapRow:
    """One way that data takes.

    Attributes:
        object_type: The object type's name in Assets.
        attribute: The attribute's name in Assets.
        type: The attribute's type in Assets.
        source: The field, or the request, of Okta's API; empty when this package does not fill the attribute.
        action: What happens to the value before it is sent.
    """

    object_type: str
    attribute: str
    type: str
    source: str
    action: Action


@frozen
class DataMap:
    """The whole map; `str` is a text table, `html` a page fragment, `to_dict` the same for machines."""

    rows: tuple[DataMapRow, ...]

    def to_dict(self) -> dict[str, object]:
        """The map as JSON-ready data."""
        return {
            "rows": [
                {
                    "object_type": row.object_type,
                    "attribute": row.attribute,
                    "type": row.type,
                    "source": row.source,
                    "action": row.action.value,
                }
                for row in self.rows
            ]
        }

    def _cells(self) -> Iterator[tuple[str, str, str, str]]:
        for row in self.rows:
            source = row.source or "(not filled from Okta)"
            yield source, f"{row.object_type}: {row.attribute}", row.type, _SENT[row.action]

    def __str__(self) -> str:
        table = [_HEADINGS, *self._cells()]
        widths = [max(len(line[column]) for line in table) for column in range(len(_HEADINGS))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in table
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join(line.rstrip() for line in lines)

    @property
    def html(self) -> str:
        """The map as an HTML table, every text escaped, readable on light and dark pages."""
        return table(
            _HEADINGS,
            self._cells(),
            caption="Which field of Okta goes to which attribute of Assets",
            empty="The model has no attributes that are filled.",
        )

    def _repr_html_(self) -> str:
        return self.html


def data_map(model: SchemaModel, privacy: Privacy | None = None) -> DataMap:
    """The map of a model.

    Args:
        model: The model that records are made for.
        privacy: The rules that `records` is given, to say what happens to each value.

    Raises:
        ConfigurationError: The privacy rules do not fit the model.
    """
    rules = privacy if privacy is not None else Privacy()
    rules.check(model)
    return DataMap(
        tuple(
            DataMapRow(
                spec.name,
                attribute.name,
                attribute.type.value,
                _source(spec, attribute),
                _effective(rules, model, spec, attribute),
            )
            for spec in model.object_types
            for attribute in spec.mapped_attributes
        )
    )


def _source(spec: ObjectTypeSpec, attribute: AttributeSpec) -> str:
    locator = attribute.locators[0]
    if locator.startswith(PREFIX):
        return f"profile.{locator.removeprefix(PREFIX)}"
    fields = next((one for one in TYPES if one.key == spec.key), None)
    known = fields.field(attribute.key) if fields is not None else None
    if known is None:
        return ""
    if (
        known.key == "manager"
        and attribute.reference is not None
        and attribute.reference.by == "primaryEmail"
    ):
        return "profile.managerId, else profile.manager"
    return known.origin


def _effective(rules: Privacy, model: SchemaModel, spec: ObjectTypeSpec, attribute: AttributeSpec) -> Action:
    """What is really sent: a reference to something hashed is hashed itself."""
    action = rules.action(spec.key, attribute)
    if action is Action.ALLOW and attribute.reference is not None:
        governing = [rules.action(key, of) for key, of in rules.governing(model, spec, attribute)]
        return next((one for one in governing if one is not Action.ALLOW), action)
    return action
