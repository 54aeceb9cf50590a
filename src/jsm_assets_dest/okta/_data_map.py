"""Map of Okta's fields to attributes of Assets, for a privacy review, as text and as HTML."""

from collections.abc import Iterator

from attrs import frozen

from .._arguments.checking import checked
from .._display.html import table
from .._display.plain_data import plain_data
from .._display.short_repr import short_repr
from .._model.okta_options import PREFIX
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, ObjectTypeSpec
from ._fields import TYPES
from ._privacy import Action, Privacy

_HEADINGS = ("Okta", "Assets", "Type", "What is sent")
_SENT = {
    Action.ALLOW: "the value",
    Action.DROP: "nothing",
    Action.MASK: "first letters only",
    Action.HASH: "a keyed hash",
}


@frozen
class DataMapRow:
    """A row of the data map: an attribute and the field of Okta that fills it.

    Attributes:
        object_type: Name of the object type in Assets.
        attribute: Name of the attribute in Assets.
        type: Type of the attribute in Assets.
        source: Field or request of Okta's API. Empty if this package does not fill the attribute.
        action: Privacy action for the value before it is sent.
    """

    __module__ = "jsm_assets_dest.okta"
    __repr__ = short_repr

    object_type: str
    attribute: str
    type: str
    source: str
    action: Action


@frozen(repr=False)
class DataMap:
    """Map of Okta's fields to attributes of Assets. `str` returns a text table.

    Attributes:
        rows: One row per mapped attribute of the model.
    """

    __module__ = "jsm_assets_dest.okta"

    rows: tuple[DataMapRow, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the map as JSON-compatible data."""
        return plain_data(self, "rows")

    def __repr__(self) -> str:
        return f"<DataMap of {len(self.rows)} attributes>"

    def _cells(self) -> Iterator[tuple[str, str, str, str]]:
        for row in self.rows:
            source = row.source or "(not filled from Okta)"
            yield source, f"{row.object_type}: {row.attribute}", row.type, _SENT[row.action]

    def __str__(self) -> str:
        rows = [_HEADINGS, *self._cells()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join(line.rstrip() for line in lines)

    @property
    def html(self) -> str:
        """The map as an HTML table. All text is escaped. The table is readable on light and dark pages."""
        return table(
            _HEADINGS,
            self._cells(),
            caption="Okta's fields and the attributes of Assets that they fill",
            empty="The model has no mapped attributes.",
        )

    def _repr_html_(self) -> str:
        return self.html


@checked
def data_map(model: SchemaModel, privacy: Privacy | None = None) -> DataMap:
    """Map every attribute of a model to the field of Okta that fills it.

    Args:
        model: The model of the records, usually from `schema_model`.
        privacy: The rules that you pass to `records`. Default: every value is sent unchanged.

    Returns:
        The map. Print it, show its `html`, or store its `to_dict()`.

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


data_map.__module__ = "jsm_assets_dest.okta"


def _source(spec: ObjectTypeSpec, attribute: AttributeSpec) -> str:
    locator = attribute.locators[0]
    if locator.startswith(PREFIX):
        return f"profile.{locator.removeprefix(PREFIX)}"
    fields = next((fields for fields in TYPES if fields.key == spec.key), None)
    field = fields.field(attribute.key) if fields is not None else None
    if field is None:
        return ""
    if (
        field.key == "manager"
        and attribute.reference is not None
        and attribute.reference.by == "primaryEmail"
    ):
        return "profile.managerId, else profile.manager"
    return field.origin


def _effective(rules: Privacy, model: SchemaModel, spec: ObjectTypeSpec, attribute: AttributeSpec) -> Action:
    """Return the action for an attribute. A reference to a hashed attribute is hashed too."""
    action = rules.action(spec.key, attribute)
    if action is Action.ALLOW and attribute.reference is not None:
        actions = [
            rules.action(key, target) for key, target in rules.governing_attributes(model, spec, attribute)
        ]
        return next((target for target in actions if target is not Action.ALLOW), action)
    return action
