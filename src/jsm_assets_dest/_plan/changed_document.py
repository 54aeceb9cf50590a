"""The document that a plan sends: everything for the first PUT, only what changed for a PATCH.

A PATCH document is as small as it can be and still valid: the JSON Schema wants at least one object type with
name and description, and the service refuses a reference whose target is not in the same document
(`UNKNOWN_REFERENCE`), so targets and parents come along bare.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal

from .._wire.json_reading import JsonObject, JsonValue
from .mapping_document import write_attribute, write_icon, write_mapping, write_object_type, write_status
from .plan_items import PlanItem, PlanKind, PlanSubject

if TYPE_CHECKING:
    from .._model.schema_model import SchemaModel
    from .._model.specs import AttributeSpec, ObjectTypeSpec
    from .current import Current, CurrentAttribute
    from .takeover import Match

Verb = Literal["PUT", "PATCH"]


def whole_document(model: SchemaModel, matches: dict[str, Match], current: Current) -> JsonObject:
    """Everything, for an import source that has no mapping."""
    attributes = {spec.key: {one.key for one in spec.attributes} for spec in model.object_types}
    mapped = {spec.key for spec in model.object_types if spec.mapped}
    icons, statuses = {one.key for one in model.icons}, {one.name for one in model.statuses}
    return _document(model, matches, current, attributes, mapped, icons, statuses)


def changed_document(
    model: SchemaModel, matches: dict[str, Match], current: Current, items: Sequence[PlanItem]
) -> JsonObject:
    """Only what the changing items of a plan are about, for an import source that has a mapping."""
    # An adopted attribute is not in need of anything: the mapping names it, and that is all.
    paths = {
        subject: {
            item.path
            for item in items
            if item.subject is subject
            and not (subject is PlanSubject.ATTRIBUTE and item.kind is PlanKind.ADOPT)
        }
        for subject in PlanSubject
    }
    attributes: dict[str, set[str]] = {}
    for spec in model.object_types:
        changed = {
            one.key for one in spec.attributes if f"{spec.key}.{one.key}" in paths[PlanSubject.ATTRIBUTE]
        }
        if changed or spec.key in paths[PlanSubject.OBJECT_TYPE] or spec.key in paths[PlanSubject.MAPPING]:
            attributes[spec.key] = changed
        for attribute in spec.attributes:
            if attribute.key in changed and attribute.reference is not None:
                attributes.setdefault(attribute.reference.target, set())
    if not attributes:
        attributes[model.object_types[0].key] = set()
    icons = {one.key for one in model.icons if f"icons.{one.key}" in paths[PlanSubject.ICON]}
    statuses = {one.name for one in model.statuses if f"statuses.{one.name}" in paths[PlanSubject.STATUS]}
    # A mapping that names a new attribute has to be overwritten as a whole; the comparison has seen to that.
    return _document(model, matches, current, attributes, paths[PlanSubject.MAPPING], icons, statuses)


def _document(
    model: SchemaModel,
    matches: dict[str, Match],
    current: Current,
    attributes: dict[str, set[str]],
    mapped: Collection[str],
    icons: Collection[str],
    statuses: Collection[str],
) -> JsonObject:
    schema: JsonObject = {
        "objectSchema": {
            "name": model.name,
            "description": model.description,
            "objectTypes": _Tree(model, matches, current).of(attributes),
        }
    }
    if icons:
        schema["iconSchema"] = {"icons": [write_icon(one) for one in model.icons if one.key in icons]}
    if statuses:
        schema["statusSchema"] = {
            "statuses": [write_status(one) for one in model.statuses if one.name in statuses]
        }
    return {
        "schema": schema,
        "mapping": {
            "objectTypeMappings": [
                write_mapping(model, spec) for spec in model.object_types if spec.key in mapped
            ]
        },
    }


class _Tree:
    """Object types in the tree of the document, each below the one that it stands below in Assets."""

    def __init__(self, model: SchemaModel, matches: dict[str, Match], current: Current) -> None:
        self._model = model
        self._matches = matches
        self._current = current
        self._entries: dict[str, JsonObject] = {}
        self._children: dict[str, list[JsonValue]] = {}
        self._roots: list[JsonValue] = []

    def of(self, attributes: dict[str, set[str]]) -> list[JsonValue]:
        for spec in self._model.object_types:
            if spec.key in attributes:
                entry = self._entry_of(spec)
                written: list[JsonValue] = [
                    _attribute(self._model, spec, one, self._matches[spec.key].attributes.get(one.key))
                    for one in spec.attributes
                    if one.key in attributes[spec.key]
                ]
                if written:
                    entry["attributes"] = written
        return self._roots

    def _entry_of(self, spec: ObjectTypeSpec) -> JsonObject:
        external_id = self._model.external_id(spec.key)
        if external_id in self._entries:
            return self._entries[external_id]
        there = self._matches[spec.key].there
        if there is not None:
            above = there.parent
        else:
            above = self._model.external_id(spec.parent) if spec.parent else ""
        return self._placed(external_id, write_object_type(self._model, spec), above)

    def _placed(self, external_id: str, entry: JsonObject, above: str) -> JsonObject:
        self._entries[external_id] = entry
        if not above:
            self._roots.append(entry)
            return entry
        parent = self._parent(above)
        if above not in self._children:
            parent["children"] = self._children[above] = []
        self._children[above].append(entry)
        return entry

    def _parent(self, external_id: str) -> JsonObject:
        if external_id in self._entries:
            return self._entries[external_id]
        for spec in self._model.object_types:
            if self._model.external_id(spec.key) == external_id:
                return self._entry_of(spec)
        there = next(one for one in self._current.object_types if one.external_id == external_id)
        bare: JsonObject = {"externalId": external_id, "name": there.name, "description": there.description}
        return self._placed(external_id, bare, there.parent)


def _attribute(
    model: SchemaModel, spec: ObjectTypeSpec, attribute: AttributeSpec, there: CurrentAttribute | None
) -> JsonObject:
    entry = write_attribute(model, spec, attribute)
    if there is not None:
        # Drift is reported, not sent: whether the service would take it, or refuse the document for it,
        # nobody says.
        entry["label"] = there.label
        entry["minimumCardinality"] = there.minimum
        entry["maximumCardinality"] = there.maximum
        entry["unique"] = there.unique
        entry.pop("typeValues", None)
        if there.statuses:
            entry["typeValues"] = list(there.statuses)
    return entry
