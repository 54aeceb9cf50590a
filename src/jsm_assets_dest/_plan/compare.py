"""Comparing a settled model with what an import source has: one plan item for everything.

What a PATCH may do is in Atlassian's guide to the mapping document: change descriptions and icons, add object
types, attributes, icons and statuses, overwrite icons and mappings. It may never change a name, an
attribute's type, a referenced object type or an icon's key, and it deletes nothing. About label, cardinality
and unique flags the guide is silent, so they are reported as drift and never sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Protocol

from .._model.mapping_document import write_icon, write_mapping, write_status
from .._model.names import GLOBAL_STATUSES, is_generated, same_name
from .current import read_mapping
from .plan_items import PlanItem, PlanKind, PlanSubject

if TYPE_CHECKING:
    from .._model.schema_model import SchemaModel
    from .._model.specs import AttributeSpec, ObjectTypeSpec
    from .current import Current, CurrentAttribute, CurrentObjectType
    from .takeover import Match


class _ItemMaker(Protocol):
    """Makes an item for a fixed subject and path."""

    def __call__(self, kind: PlanKind, message: str, remedy: str = "") -> PlanItem: ...


def compare(
    model: SchemaModel, matches: dict[str, Match], current: Current, known_statuses: Collection[str]
) -> Iterator[PlanItem]:
    """All items of a plan, in the order of the model.

    Args:
        model: With its external ids settled.
        matches: What each of its object types is at present.
        current: Everything that exists.
        known_statuses: Names of statuses that exist, where they were read from elsewhere.
    """
    for spec in model.object_types:
        match = matches[spec.key]
        yield from _object_type(model, spec, match, current)
        if match.there is None and _name_holder(spec, current) is not None:
            continue
        for attribute in spec.attributes:
            yield _attribute(model, spec, attribute, match, matches)
        yield from _mapping(model, spec, match.there)
    yield from _icons(model, current)
    yield from _statuses(model, current, known_statuses)
    yield from _left_over(model, matches, current)


def _name_holder(spec: ObjectTypeSpec, current: Current) -> CurrentObjectType | None:
    return None if spec.adopted else current.named(spec.name)


def _object_type(
    model: SchemaModel, spec: ObjectTypeSpec, match: Match, current: Current
) -> Iterator[PlanItem]:
    def item(kind: PlanKind, message: str, remedy: str = "") -> PlanItem:
        return PlanItem(
            kind=kind, subject=PlanSubject.OBJECT_TYPE, path=spec.key, message=message, remedy=remedy
        )

    there = match.there
    if there is None:
        yield _missing(spec, current, item)
        return
    if not spec.adopted and there.name != spec.name:
        yield item(
            PlanKind.IMPOSSIBLE,
            f"It is called “{there.name}” in Assets, not “{spec.name}”, and an import never changes a name.",
            f"You: model.renamed({spec.key!r}, {there.name!r}); or an object schema manager: rename it in Assets.",
        )
        return
    parent = model.external_id(spec.parent) if model.has_object_type(spec.parent) else ""
    if not spec.adopted and there.parent != parent:
        yield item(
            PlanKind.DRIFT,
            "It stands elsewhere in the tree of object types, and stays there.",
            "An object schema manager: move it in Assets, if that matters.",
        )
    changes: list[str] = []
    if there.description != spec.description:
        changes.append("its description changes")
    if spec.icon_key and there.icon_key != spec.icon_key:
        changes.append(f"its icon becomes “{spec.icon_key}”")
    if changes:
        yield item(PlanKind.PATCH, f"{' and '.join(changes).capitalize()}.")
    elif spec.adopted and spec.mapped and there.mapping is None:
        yield item(
            PlanKind.ADOPT,
            f"The existing “{there.name}” is mapped onto; its own attributes stay as they are.",
        )
    else:
        yield item(PlanKind.UNCHANGED, "It is as wanted.")


def _missing(spec: ObjectTypeSpec, current: Current, item: _ItemMaker) -> PlanItem:
    if spec.adopted is not None:
        return item(
            PlanKind.IMPOSSIBLE,
            f"“{spec.adopted.name}” was to be adopted, but the import source does not list it.",
            "You: find the conflicts again, it may be gone or renamed; it has to be in the schema of this import.",
        )
    holder = _name_holder(spec, current)
    if holder is None:
        return item(PlanKind.CREATE, f"“{spec.name}” is created.")
    origin = "made up by Assets" if is_generated(holder.external_id) else "from another import"
    return item(
        PlanKind.IMPOSSIBLE,
        f"“{holder.name}” exists already, with an external id that is {origin} (“{holder.external_id}”).",
        "You: resolve the conflict first, by adopting it, or by renaming or skipping the wanted object type.",
    )


def _attribute(
    model: SchemaModel,
    spec: ObjectTypeSpec,
    attribute: AttributeSpec,
    match: Match,
    matches: dict[str, Match],
) -> PlanItem:
    def item(kind: PlanKind, message: str, remedy: str = "") -> PlanItem:
        path = f"{spec.key}.{attribute.key}"
        return PlanItem(kind=kind, subject=PlanSubject.ATTRIBUTE, path=path, message=message, remedy=remedy)

    there = match.attributes.get(attribute.key)
    if there is None:
        return item(PlanKind.CREATE, f"“{attribute.name}” is created as {_kind(model, attribute)}.")
    obstacle = _obstacle(model, attribute, there, matches)
    if obstacle is not None:
        return item(PlanKind.IMPOSSIBLE, *obstacle)
    drift = " and ".join(_drift(attribute, there))
    if there.description != attribute.description:
        rest = f" In Assets {drift}; an import does not change that." if drift else ""
        return item(PlanKind.PATCH, f"Its description changes.{rest}")
    if drift:
        return item(
            PlanKind.DRIFT,
            f"In Assets {drift}; an import does not change that.",
            "An object schema manager: change it in the object type's configuration, if it matters.",
        )
    if attribute.key in match.foreign and not (match.there and _is_mapped(match.there, there)):
        return item(PlanKind.ADOPT, f"The existing “{there.name}” is filled.")
    return item(PlanKind.UNCHANGED, "It is as wanted.")


def _kind(model: SchemaModel, attribute: AttributeSpec) -> str:
    if attribute.reference is None or not model.has_object_type(attribute.reference.target):
        return attribute.type.value
    return f"a reference to “{model.object_type(attribute.reference.target).name}”"


def _is_mapped(there: CurrentObjectType, attribute: CurrentAttribute) -> bool:
    return there.mapping is not None and attribute.external_id in there.mapping.attributes


def _obstacle(
    model: SchemaModel, attribute: AttributeSpec, there: CurrentAttribute, matches: dict[str, Match]
) -> tuple[str, str] | None:
    if there.name != attribute.name:
        return (
            f"It is called “{there.name}” in Assets, not “{attribute.name}”, and an import never changes a name.",
            f"You: rename it in the model to “{there.name}”; or an object schema manager: rename it in Assets.",
        )
    if there.type != attribute.type.value:
        return (
            f"It is of type {there.type} in Assets, not {attribute.type.value}, and a type can never change.",
            (
                "You: keep the type in the model, or use another name; or an object schema manager: delete the "
                "attribute in Assets, with its values, so that it is created again."
            ),
        )
    if attribute.reference is None or not model.has_object_type(attribute.reference.target):
        return None
    target = model.object_type(attribute.reference.target)
    if matches[target.key].there is None:
        return (
            f"Its target “{target.name}” is gone from Assets, and this reference cannot be pointed anywhere else.",
            "An object schema manager: delete the attribute in Assets, so that it is created again with its target.",
        )
    known = there.target_external_id or there.target_name
    wanted = (model.external_id(target.key), target.name)
    if known and known not in wanted and not same_name(known, target.name):
        name = there.target_name or there.target_external_id
        return (
            f"It refers to “{name}” in Assets, not to “{target.name}”, and a target can never change.",
            "You: keep the target in the model, or use another name; or an object schema manager: delete the attribute in Assets.",
        )
    return None


def _drift(attribute: AttributeSpec, there: CurrentAttribute) -> list[str]:
    drift: list[str] = []
    if there.label != attribute.label:
        drift.append("it is the label" if there.label else "it is not the label")
    if there.unique != attribute.unique:
        drift.append("its values have to be unique" if there.unique else "its values need not be unique")
    # Assets reports a label as required, whatever was asked for.
    minimum = 0 if there.label and there.minimum == 1 and attribute.minimum == 0 else there.minimum
    if (minimum, there.maximum) != (attribute.minimum, attribute.maximum):
        most = "any number of" if there.maximum == -1 else f"up to {there.maximum}"
        drift.append(f"it takes from {there.minimum} to {most} values")
    if set(there.statuses) != set(attribute.statuses):
        drift.append(
            f"it allows {'the statuses ' + ', '.join(there.statuses) if there.statuses else 'every status'}"
        )
    return drift


def _mapping(model: SchemaModel, spec: ObjectTypeSpec, there: CurrentObjectType | None) -> Iterator[PlanItem]:
    def item(kind: PlanKind, message: str, remedy: str = "") -> PlanItem:
        return PlanItem(kind=kind, subject=PlanSubject.MAPPING, path=spec.key, message=message, remedy=remedy)

    current = there.mapping if there is not None else None
    if not spec.mapped:
        if current is not None:
            yield item(
                PlanKind.DRIFT,
                "It is mapped in Assets although the model does not fill it; an import deletes no mapping.",
                "An object schema manager: remove the mapping on the import's page, if it matters.",
            )
        return
    wanted = read_mapping(write_mapping(model, spec))
    if current is None:
        yield item(PlanKind.CREATE, f"Records of “{spec.selector}” are mapped.")
    elif current == wanted:
        yield item(PlanKind.UNCHANGED, "It is as wanted.")
    elif current.identifiers != wanted.identifiers:
        yield item(
            PlanKind.PATCH,
            "The mapping is overwritten. Its identifier changes: objects that are there are not recognised, and will "
            "be created again.",
        )
    else:
        yield item(PlanKind.PATCH, "The mapping is overwritten.")


def _icons(model: SchemaModel, current: Current) -> Iterator[PlanItem]:
    for icon in model.icons:
        there = current.icons.get(icon.key)
        wanted = write_icon(icon)
        # The image may be left out of the answer; then it counts as the same.
        if there is None:
            kind, message = PlanKind.CREATE, f"“{icon.name}” is uploaded."
        elif any(name in there and there[name] != wanted[name] for name in ("name", "png48")):
            kind, message = PlanKind.PATCH, "Its name or image is overwritten."
        else:
            kind, message = PlanKind.UNCHANGED, "It is as wanted."
        yield PlanItem(kind=kind, subject=PlanSubject.ICON, path=f"icons.{icon.key}", message=message)


def _statuses(model: SchemaModel, current: Current, known: Collection[str]) -> Iterator[PlanItem]:
    # Whether the service lists statuses is not documented; one that an existing attribute allows exists for
    # sure.
    existing = {name.casefold() for name in known} | {
        name.casefold()
        for one in current.object_types
        for attribute in one.attributes
        for name in attribute.statuses
    }
    listed = {name.casefold(): entry for name, entry in current.statuses.items()}
    for status in model.statuses:
        name = status.name.casefold()
        there = listed.get(name)
        wanted = write_status(status)
        if there is not None and any(
            part in there and there[part] != wanted[part] for part in ("description", "category")
        ):
            kind, message = PlanKind.PATCH, "Its description or category is overwritten."
        elif there is not None or name in existing or (name in GLOBAL_STATUSES and current.has_mapping):
            kind, message = PlanKind.UNCHANGED, "It is as wanted."
        else:
            kind, message = PlanKind.CREATE, f"It is created as {status.category.value}."
        yield PlanItem(kind=kind, subject=PlanSubject.STATUS, path=f"statuses.{status.name}", message=message)


def _left_over(model: SchemaModel, matches: dict[str, Match], current: Current) -> Iterator[PlanItem]:
    """What carries external ids of this model's namespace, but is not in the model any more."""
    ours = f"{model.namespace}/"
    stays = "An object schema manager: delete it in Assets, if nobody needs it."
    wanted = {match.there.external_id for match in matches.values() if match.there is not None}
    for there in current.object_types:
        if there.external_id.startswith(ours) and there.external_id not in wanted:
            yield PlanItem(
                kind=PlanKind.DRIFT,
                subject=PlanSubject.OBJECT_TYPE,
                path=there.name,
                message="It is not in the model any more, and stays: an import deletes nothing.",
                remedy=stays,
            )
    for key, match in matches.items():
        used = {one.external_id for one in match.attributes.values()}
        for attribute in match.there.attributes if match.there is not None else ():
            if attribute.external_id.startswith(ours) and attribute.external_id not in used:
                yield PlanItem(
                    kind=PlanKind.DRIFT,
                    subject=PlanSubject.ATTRIBUTE,
                    path=f"{key}.{attribute.name}",
                    message="It is not in the model any more, and stays: an import deletes nothing.",
                    remedy=stays,
                )
    for name in current.mapped_but_gone:
        yield PlanItem(
            kind=PlanKind.DRIFT,
            subject=PlanSubject.MAPPING,
            path=name,
            message="It is still mapped, but the object type is gone from Assets.",
            remedy="An object schema manager: remove the mapping on the import's page.",
        )
