"""Compares a model with what an import source has: one plan item for everything.

What a PATCH can do is in Atlassian's guide to the mapping document: change descriptions and icons, add object types,
attributes, icons, and statuses, and overwrite icons and mappings. It can never change a name, the type of an attribute, a
referenced object type, or the key of an icon, and it deletes nothing. The guide doesn't mention label, cardinality, and
uniqueness, so differences in them are reported as drift and never sent.

The module is long, because the comparison of each kind of item is one function, and all of them share the same few facts.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping

from attrs import evolve, frozen

from .._model.document_contents import AttributeContents, Contents, MappingContents
from .._model.names import GLOBAL_STATUSES, SYSTEM_ATTRIBUTES, is_generated, same_name
from .._model.object_schema_spec import inherits
from .._model.schema_model import SchemaModel
from .._model.specs import Adoption, AttributeSpec, ObjectTypeSpec
from .build_plan import ItemMaker, PlanItem, PlanKind, PlanSubject, item_maker
from .matching import Match


def again(item: PlanItem, lost: str = "values", doubt: str = "") -> PlanItem:
    """Return the item of something that is created again, with what someone lost by deleting it in Assets."""
    note = f"It existed before: someone deleted it in Assets, with all its {lost}{doubt}."
    return evolve(item, message=f"{item.message} {note}", was_deleted=True)


@frozen
class Comparison:
    """A model and what exists.

    Args:
        model: The wanted model, with the external ids of what exists.
        matches: What exists of each of its object types, by key.
        wanted: Everything that the wanted document contains.
        current: Everything that exists.
        known_statuses: The names of existing statuses, if they were read from elsewhere.
        imported_types: The names of the object types that the last execution filled.
        type_names: The names of the object types in Assets by their ids. None if they were not read.
    """

    model: SchemaModel
    matches: Mapping[str, Match]
    wanted: Contents
    current: Contents
    known_statuses: Collection[str]
    imported_types: Collection[str]
    type_names: Mapping[str, str] | None = None

    def items(self) -> Iterator[PlanItem]:
        """Yield all items of a plan, in the order of the model."""
        for spec in self.model.object_types:
            match = self.matches[spec.key]
            yield from self._object_type(spec, match)
            yield from self._inheritance(spec, match)
            if match.existing is None and self._is_impossible(spec):
                continue
            for attribute in spec.attributes:
                yield self._attribute(spec, attribute, match)
            yield from self._required(match)
            yield from self._mapping(spec, match)
        yield from self._icons()
        yield from self._statuses()
        yield from self._removed()

    def _is_impossible(self, spec: ObjectTypeSpec) -> bool:
        """Return True if a type that does not exist can't be created: it should be adopted, or its name is taken."""
        return spec.adopted is not None or self.current.named(spec.name) is not None

    # --- object types

    def _object_type(self, spec: ObjectTypeSpec, match: Match) -> Iterator[PlanItem]:
        item = item_maker(PlanSubject.OBJECT_TYPE, spec.key)
        existing = match.existing
        if existing is None:
            yield self._missing_type(spec, item)
            return
        if not spec.adopted and existing.name != spec.name:
            yield item(
                PlanKind.IMPOSSIBLE,
                f'It is called "{existing.name}" in Assets, not "{spec.name}", and an import can\'t change a name.',
                f"You: use model.renamed({spec.key!r}, {existing.name!r}). Or an object schema manager: rename it in "
                "Assets.",
            )
            return
        parent = self.model.external_id(spec.parent) if spec.parent else ""
        if not spec.adopted and existing.parent != parent:
            yield item(
                PlanKind.DRIFT,
                "It has another parent in Assets. An import doesn't move object types.",
                "An object schema manager: move it in Assets, if necessary.",
            )
        # An import can't change inheritance; see `_inheritance`.
        extra = {key: value for key, value in spec.extra.items() if key != "inheritance"}
        drift = [*_extra_drift(extra, existing.extra)]
        if spec.adopted:
            drift += _adopted_drift(match.wanted, spec)
        if drift:
            yield item(PlanKind.DRIFT, _drift_message(drift), _DRIFT_REMEDY)
        changes: list[str] = []
        if existing.description != spec.description:
            changes.append("its description changes")
        if spec.icon_key and existing.icon_key != spec.icon_key:
            changes.append(f'its icon becomes "{spec.icon_key}"')
        if changes:
            text = " and ".join(changes)
            yield item(PlanKind.PATCH, f"{text[:1].upper()}{text[1:]}.")
        elif spec.adopted and spec.mapped and existing.mapping is None:
            message = f'The existing "{existing.name}" is mapped. Its own attributes don\'t change.'
            yield item(PlanKind.ADOPT, message)
        elif not drift:
            yield item(PlanKind.UNCHANGED, _UNCHANGED)

    def _inheritance(self, spec: ObjectTypeSpec, match: Match) -> Iterator[PlanItem]:
        """Yield a warning if a type should have the attributes of its parent, and does not."""
        if not inherits(self.model, spec) or self._inherits_in_assets(spec, match):
            return
        parent = self.model.object_type(spec.parent).name
        message = f'An import can\'t switch on inheritance, so "{spec.name}" does not have the attributes of "{parent}".'
        remedy = f'An object schema manager: switch on inheritance of "{parent}" in Assets, if necessary.'
        if spec.label is None and not any(
            attribute.label for attribute in match.existing_attributes.values()
        ):
            message += " Its records have no label then, and Assets skips records without a label."
            remedy = (
                f'You: set label=True on an attribute of "{spec.name}". Or an object schema manager: create both types in '
                "Assets, with inheritance, before the build."
            )
        yield item_maker(PlanSubject.OBJECT_TYPE, spec.key)(PlanKind.WARNING, message, remedy)

    def _inherits_in_assets(self, spec: ObjectTypeSpec, match: Match) -> bool:
        existing = match.existing
        if existing is not None and existing.extra.get("inheritance") is True:
            return True
        parent_id = self.model.external_id(spec.parent) if existing is None else existing.parent
        parent = self.current.with_external_id(parent_id)
        return parent is not None and parent.extra.get("inheritance") is True

    def _missing_type(self, spec: ObjectTypeSpec, item: ItemMaker) -> PlanItem:
        if spec.adopted is not None:
            return self._missing_adopted_type(spec.adopted, item)
        holder = self.current.named(spec.name)
        if holder is None:
            # Assets may drop the mapping of a deleted type. Then only the last execution shows that it existed.
            existed = self.model.external_id(spec.key) in self.current.deleted or any(
                same_name(name, spec.name) for name in self.imported_types
            )
            created = item(PlanKind.CREATE, f'"{spec.name}" is created.')
            return again(created, "objects") if existed else created
        origin = "generated by Assets" if is_generated(holder.external_id) else "of another import"
        return item(
            PlanKind.IMPOSSIBLE,
            f'"{holder.name}" already exists. Its external id is {origin} ("{holder.external_id}").',
            "You: call schema.find_conflicts(model), and resolve the conflict: adopt the object type, or rename or skip yours.",
        )

    def _missing_adopted_type(self, adopted: Adoption, item: ItemMaker) -> PlanItem:
        """Say what happened to an adopted type. A build sends nothing until this is resolved, so it creates no attributes."""
        if self.type_names is None:
            return item(
                PlanKind.IMPOSSIBLE,
                f'"{adopted.name}" is to be adopted, but the schema of this import has no such object type.',
                "You: find the conflicts again. The object type may have been deleted or renamed.",
            )
        name = self.type_names.get(adopted.object_type_id)
        if name is not None:
            return item(
                PlanKind.IMPOSSIBLE,
                f'"{adopted.name}", which is adopted, is called "{name}" in Assets now.',
                f'An object schema manager: rename it to "{adopted.name}". Or you: resolve the conflict with "{name}" in a model '
                "without this adoption.",
            )
        return item(
            PlanKind.IMPOSSIBLE,
            f'"{adopted.name}", which is adopted, was deleted in Assets, with all its objects. Nothing is created in its place.',
            "You: plan a model without this adoption. Then the build creates the object type, or you adopt another one.",
        )

    # --- attributes

    def _attribute(self, spec: ObjectTypeSpec, attribute: AttributeSpec, match: Match) -> PlanItem:
        item = item_maker(PlanSubject.ATTRIBUTE, f"{spec.key}.{attribute.key}")
        existing = match.attributes.get(attribute.key)
        mapping = match.existing.mapping if match.existing is not None else None
        if existing is None:
            created = item(PlanKind.CREATE, f'"{attribute.name}" is created as {self._type_text(attribute)}.')
            external_id = self.model.external_id(spec.key, attribute.key)
            existed = mapping is not None and mapping.fills(external_id, attribute.name)
            return again(created) if existed else created
        obstacle = self._obstacle(attribute, existing)
        if obstacle is not None:
            return item(PlanKind.IMPOSSIBLE, *obstacle)
        drift = [*_drift(attribute, existing), *_extra_drift(attribute.extra, existing.extra)]
        if spec.adopted and attribute.key in match.foreign:
            drift += _adopted_drift(match.wanted.attribute(attribute.key), attribute)
        drift_message = _drift_message(drift) if drift else ""
        if existing.description != attribute.description:
            return item(PlanKind.PATCH, f"Its description changes. {drift_message}".strip())
        if attribute.key in match.foreign and not (mapping and existing.external_id in mapping.attributes):
            return item(PlanKind.ADOPT, f'The existing "{existing.name}" is filled. {drift_message}'.strip())
        if drift:
            return item(PlanKind.DRIFT, drift_message, _DRIFT_REMEDY)
        return item(PlanKind.UNCHANGED, _UNCHANGED)

    def _required(self, match: Match) -> Iterator[PlanItem]:
        """Yield the attributes of other people that Assets requires, but that the model doesn't fill."""
        used = {attribute.external_id for attribute in match.attributes.values()}
        for attribute in (
            match.existing.attributes if match.existing is not None and match.spec.mapped else ()
        ):
            is_system = attribute.name.casefold() in SYSTEM_ATTRIBUTES
            item = item_maker(PlanSubject.ATTRIBUTE, f"{match.spec.key}.{attribute.name}")
            if attribute.label and match.spec.label is None:
                yield item(
                    PlanKind.WARNING,
                    "It is the label in Assets, but the model doesn't fill it. Assets skips records without a label.",
                    "You: add it to the model, with label=True.",
                )
            elif (
                attribute.minimum > 0
                and attribute.external_id not in used
                and not (is_system or attribute.label)
            ):
                yield item(
                    PlanKind.DRIFT,
                    "It is required in Assets, but the model doesn't fill it, so Assets may reject new objects.",
                    "You: add it to the model. Or an object schema manager: make it optional in Assets.",
                )

    def _type_text(self, attribute: AttributeSpec) -> str:
        if attribute.reference is None or not self.model.has_object_type(attribute.reference.target):
            return attribute.type.value
        return f'a reference to "{self.model.object_type(attribute.reference.target).name}"'

    def _obstacle(self, attribute: AttributeSpec, existing: AttributeContents) -> tuple[str, str] | None:
        """Return why an existing attribute can't become the wanted one, and the remedy."""
        if existing.name != attribute.name:
            return (
                f'It is called "{existing.name}" in Assets, not "{attribute.name}", and an import can\'t change a name.',
                f'You: rename it in the model to "{existing.name}". Or an object schema manager: rename it in Assets.',
            )
        if existing.type != attribute.type.value:
            return (
                f"Its type in Assets is {existing.type}, not {attribute.type.value}, and an import can't change a type.",
                (
                    "You: keep the type in the model, or use another name. Or an object schema manager: delete the "
                    "attribute in Assets, with its values, so that it is created again."
                ),
            )
        if attribute.reference is None or not self.model.has_object_type(attribute.reference.target):
            return None
        target = self.model.object_type(attribute.reference.target)
        if self.matches[target.key].existing is None:
            return (
                f'Its target "{target.name}" no longer exists in Assets, and an import can\'t change the target of a reference.',
                "An object schema manager: delete the attribute in Assets. Then it is created again with its target.",
            )
        if existing.target_external_id:
            is_same = existing.target_external_id == self.model.external_id(target.key)
        else:
            is_same = not existing.target_name or same_name(existing.target_name, target.name)
        if is_same:
            return None
        name = existing.target_name or existing.target_external_id
        return (
            f'It refers to "{name}" in Assets, not to "{target.name}", and an import can\'t change the target of a reference.',
            (
                "You: keep the target in the model, or use another name. Or an object schema manager: delete the "
                "attribute in Assets."
            ),
        )

    # --- mappings

    def _mapping(self, spec: ObjectTypeSpec, match: Match) -> Iterator[PlanItem]:
        item = item_maker(PlanSubject.MAPPING, spec.key)
        existing = match.existing.mapping if match.existing is not None else None
        wanted = self.wanted.mapping_of(self.model.external_id(spec.key))
        if wanted is None:
            if existing is not None:
                yield item(
                    PlanKind.DRIFT,
                    f"It is mapped in Assets, but the model doesn't fill it. {_MAPPING_STAYS}",
                    _REMOVE_MAPPING,
                )
            return
        if existing is None:
            yield item(PlanKind.CREATE, f'Records of "{spec.selector}" are mapped.')
        elif existing == wanted:
            yield item(PlanKind.UNCHANGED, _UNCHANGED)
        else:
            names = {
                **{
                    external_id: attribute.name
                    for external_id, attribute in match.existing_attributes.items()
                },
                **{
                    self.model.external_id(spec.key, attribute.key): attribute.name
                    for attribute in spec.attributes
                },
            }
            changes = " and ".join(mapping_changes(existing, wanted, names))
            message = f"The mapping is overwritten: {changes}." if changes else "The mapping is overwritten."
            if existing.identifiers and existing.identifiers != wanted.identifiers:
                yield item(PlanKind.RISKY, f"{message} {_NEW_IDENTIFIER}", _ACCEPT)
            else:
                yield item(PlanKind.PATCH, message)

    # --- icons and statuses

    def _icons(self) -> Iterator[PlanItem]:
        for icon in self.model.icons:
            item = item_maker(PlanSubject.ICON, f"icons.{icon.key}")
            existing = self.current.icons.get(icon.key)
            if existing is None:
                yield item(PlanKind.CREATE, f'"{icon.name}" is uploaded.')
            elif _differs(existing, self.wanted.icons[icon.key]):
                yield item(PlanKind.PATCH, "Its name or image is overwritten.")
            else:
                yield item(PlanKind.UNCHANGED, _UNCHANGED)

    def _statuses(self) -> Iterator[PlanItem]:
        # It is not documented whether the service lists statuses. A status that an existing attribute allows exists.
        existing_names = {name.casefold() for name in self.known_statuses} | {
            name.casefold()
            for object_type in self.current.object_types
            for attribute in object_type.attributes
            for name in attribute.statuses
        }
        listed = {name.casefold(): entry for name, entry in self.current.statuses.items()}
        for status in self.model.statuses:
            item = item_maker(PlanSubject.STATUS, f"statuses.{status.name}")
            name = status.name.casefold()
            existing = listed.get(name)
            is_global = name in GLOBAL_STATUSES and self.current.has_mapping
            if existing is not None and _differs(
                existing, {**self.wanted.statuses[status.name], "name": existing.get("name")}
            ):
                yield item(PlanKind.PATCH, "Its description or category is overwritten.")
            elif existing is not None or name in existing_names or is_global:
                yield item(PlanKind.UNCHANGED, _UNCHANGED)
            else:
                yield item(PlanKind.CREATE, f"It is created as {status.category.value}.")

    # --- what is no longer in the model

    def _removed(self) -> Iterator[PlanItem]:
        """Yield what this import maps, or has external ids of the model's namespace, but is no longer in the model."""
        prefix = f"{self.model.namespace}/"
        remedy = "An object schema manager: delete it in Assets, if it is no longer needed."
        matched = {
            match.existing.external_id for match in self.matches.values() if match.existing is not None
        }
        for existing in self.current.object_types:
            is_own = existing.mapping is not None or existing.external_id.startswith(prefix)
            if is_own and existing.external_id not in matched:
                item = item_maker(PlanSubject.OBJECT_TYPE, existing.name)
                if existing.mapping is None:
                    yield item(
                        PlanKind.DRIFT, "It is no longer in the model. A build doesn't delete it.", remedy
                    )
                else:
                    yield item(
                        PlanKind.DRIFT,
                        f"It is no longer in the model. A build deletes neither the type nor its mapping. {_MAPPING_STAYS}",
                        f"{_REMOVE_MAPPING} Delete the type too, if it is no longer needed.",
                    )
        for key, match in self.matches.items():
            used = {attribute.external_id for attribute in match.attributes.values()}
            for attribute in match.existing.attributes if match.existing is not None else ():
                if attribute.external_id.startswith(prefix) and attribute.external_id not in used:
                    item = item_maker(PlanSubject.ATTRIBUTE, f"{key}.{attribute.name}")
                    yield item(
                        PlanKind.DRIFT,
                        "It is no longer in the model. A build doesn't delete it, and imports don't fill it.",
                        remedy,
                    )
        wanted = {self.model.external_id(spec.key) for spec in self.model.object_types if spec.mapped}
        for external_id, name in self.current.deleted.items():
            if external_id not in wanted:
                item = item_maker(PlanSubject.MAPPING, name)
                yield item(
                    PlanKind.DRIFT,
                    "It is still mapped, but the object type was deleted in Assets.",
                    _REMOVE_MAPPING,
                )


_UNCHANGED = "No change."
_DRIFT_REMEDY = "An object schema manager: change it in Assets, if necessary."
_MAPPING_STAYS = "The mapping stays: if the import is set to remove or update missing objects, it does so with all objects of this type."
_NEW_IDENTIFIER = "Its identifier changes, so the import creates every object again that doesn't have the new identifier's value yet."
_ACCEPT = (
    "You: keep the identifier. Or accept the change with accept_risky=True; an import that is set to remove missing "
    "objects then deletes the old ones."
)
_REMOVE_MAPPING = "An object schema manager: remove the mapping on the page of the import."


def _drift_message(drift: Iterable[str]) -> str:
    return f"In Assets, {' and '.join(drift)}. An import doesn't change that."


def _differs(existing: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    # The response may leave keys out, such as images; then they are treated as equal.
    return any(existing.get(key) not in (None, value) for key, value in wanted.items())


def _extra_drift(wanted: Mapping[str, object], existing: Mapping[str, object]) -> Iterator[str]:
    for key, value in wanted.items():
        if existing.get(key) != value:
            existing_text = json.dumps(existing[key]) if key in existing else "missing"
            yield f"`{key}` is {existing_text}, not {json.dumps(value)}"


def _adopted_drift(
    wanted: ObjectTypeSpec | AttributeSpec, settled: ObjectTypeSpec | AttributeSpec
) -> Iterator[str]:
    """Yield what the model wants otherwise than an adopted object type or attribute has it."""
    if wanted.name != settled.name:
        yield f'its name is "{settled.name}" instead of "{wanted.name}"'
    if wanted.description != settled.description:
        yield f'its description is "{settled.description}" instead of "{wanted.description}"'
    if isinstance(wanted, AttributeSpec) and isinstance(settled, AttributeSpec):
        if wanted.unique != settled.unique:
            yield "its values must be unique" if settled.unique else "its values need not be unique"
        if (wanted.minimum, wanted.maximum) != (settled.minimum, settled.maximum):
            yield _cardinality_text(settled.minimum, settled.maximum)


def _drift(attribute: AttributeSpec, existing: AttributeContents) -> Iterator[str]:
    if existing.label != attribute.label:
        yield "it is the label" if existing.label else "it is not the label"
    if existing.unique != attribute.unique:
        yield "its values must be unique" if existing.unique else "its values need not be unique"
    # Assets reports every label as required.
    minimum = 0 if existing.label and existing.minimum == 1 and attribute.minimum == 0 else existing.minimum
    if (minimum, existing.maximum) != (attribute.minimum, attribute.maximum):
        yield _cardinality_text(existing.minimum, existing.maximum)
    if set(existing.statuses) != set(attribute.statuses):
        names = ", ".join(existing.statuses)
        yield f"it allows {f'only the statuses {names}' if names else 'every status'}"


def _cardinality_text(minimum: int, maximum: int) -> str:
    return (
        f"it allows {minimum} or more values" if maximum == -1 else f"it allows {minimum} to {maximum} values"
    )


#: Maximum number of attributes that are named.
_LISTED = 4


def mapping_changes(
    existing: MappingContents, wanted: MappingContents, names: Mapping[str, str]
) -> Iterator[str]:
    """Yield what changes.

    Args:
        existing: The mapping in Assets.
        wanted: The mapping of the model.
        names: The names of attributes by their external ids.
    """
    if existing.selector != wanted.selector:
        yield f'its selector becomes "{wanted.selector}" instead of "{existing.selector}"'
    changes = list(_attribute_changes(existing, wanted, names))
    yield from changes[:_LISTED]
    if len(changes) > _LISTED:
        yield f"{len(changes) - _LISTED:,} more attributes change"
    for key in sorted({*existing.extra, *wanted.extra}):
        if existing.extra.get(key) != wanted.extra.get(key):
            yield f"its `{key}` changes"


def _attribute_changes(
    existing: MappingContents, wanted: MappingContents, names: Mapping[str, str]
) -> Iterator[str]:
    for external_id in {**wanted.attributes, **existing.attributes}:
        before, after = existing.attributes.get(external_id), wanted.attributes.get(external_id)
        name = f'"{names.get(external_id, external_id)}"'
        if before is None or after is None:
            yield f"{name} is filled" if before is None else f"{name} is no longer filled"
        elif before.locators != after.locators:
            yield f"{name} is read from {_places(after.locators)} instead of {_places(before.locators)}"
        elif before.is_identifier != after.is_identifier:
            yield (
                f"{name} identifies a record"
                if after.is_identifier
                else f"{name} no longer identifies a record"
            )
        elif before != after:
            yield f"the {'query' if before.query != after.query else 'settings'} of {name} changes"


def _places(locators: tuple[str, ...]) -> str:
    return " and ".join(f"`{locator}`" for locator in locators)
