"""Attributes for which a build needs the account: those of the types user and group, and those that were deleted in Assets.

The mapping of an import usually names a deleted attribute. It does not name attributes that no import fills: those of the
types user and group, and those that people fill. The history of an object still names them, if their value was changed after
the object was created.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import evolve

from .._assets.object_types import Attribute, ExistingObjectType
from .._http.commands import Operation
from .._model.names import same_name
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, ObjectTypeSpec
from .._plan.build_plan import BuildPlanRecord, PlanItem, PlanKind, PlanSubject, item_maker
from .._plan.compare import again
from .._plan.differences import existing_attribute
from .._session.site import Site
from .._session.workspace import ask_assets
from .._wire import object_requests as wire
from . import link_targets
from .import_tokens import ImportTarget
from .linking import PER_MINUTE
from .object_schemas import UNREADABLE
from .pacing import Pace


def _declared(model: SchemaModel) -> list[tuple[ObjectTypeSpec, AttributeSpec]]:
    """Return the linked attributes with their object types, in the order of `SchemaModel.links`."""
    return [(spec, attribute) for spec in model.object_types for attribute in spec.linked_attributes]


def plan_items(plan: BuildPlanRecord, types: Sequence[ExistingObjectType] | None) -> Iterator[PlanItem]:
    """Yield an item for each linked attribute of a model, except missing ones of object types that can't be built.

    Args:
        plan: The plan of what the import token can do.
        types: The object types of the schema, or None without an account.
    """
    impossible = {item.path for item in plan.impossible if item.subject is PlanSubject.OBJECT_TYPE}
    for spec, attribute in _declared(plan.model):
        existing_type = existing_type_of(spec, types or ())
        existing = None if existing_type is None else existing_attribute(existing_type, attribute.name)
        item = _item(spec, attribute, existing, has_account=types is not None)
        if spec.key not in impossible or item.kind is not PlanKind.CREATE:
            yield item


def existing_type_of(spec: ObjectTypeSpec, types: Sequence[ExistingObjectType]) -> ExistingObjectType | None:
    """Return the existing object type of a wanted one, or None."""
    name = spec.name if spec.adopted is None else spec.adopted.name
    return next((kind for kind in types if same_name(kind.object_type.name, name)), None)


def _item(
    spec: ObjectTypeSpec, attribute: AttributeSpec, existing: Attribute | None, *, has_account: bool
) -> PlanItem:
    kind = attribute.type.value
    item = item_maker(PlanSubject.LINK, f"{spec.key}.{attribute.key}")
    if not has_account:
        return item(
            PlanKind.IMPOSSIBLE,
            f"The import token alone can't create or fill attributes of the type {kind}.",
            "You: pass the object schema, read with an account that manages it, as schema= to import_token, or remove these "
            "attributes from the model.",
        )
    if existing is None:
        return item(PlanKind.CREATE, f'The account creates "{attribute.name}" with the type {kind}.')
    if existing.type != kind:
        return item(
            PlanKind.IMPOSSIBLE,
            f'"{attribute.name}" exists with the type {existing.type}, and the model wants {kind}.',
            "You: choose another name in the model.",
        )
    if existing.minimum > attribute.minimum:
        return item(
            PlanKind.DRIFT,
            f'"{attribute.name}" is required in Assets, and an import can\'t fill it, so Assets may reject new objects.',
            "An object schema manager: make it optional in Assets.",
        )
    if _is_narrower(existing.maximum, attribute.maximum):
        return item(
            PlanKind.DRIFT,
            f'"{attribute.name}" allows at most {existing.maximum:,} values in Assets, and the model wants '
            f"{'no limit' if attribute.maximum == -1 else f'{attribute.maximum:,}'}. Objects with more are not linked.",
            "An object schema manager: allow more values in Assets.",
        )
    return item(PlanKind.UNCHANGED, f'"{attribute.name}" exists.')


def _is_narrower(maximum: int, wanted_maximum: int) -> bool:
    """Return True if an attribute allows fewer values than wanted. A build creates `MOST_VALUES` if it must have a limit."""
    if wanted_maximum == -1:
        wanted_maximum = wire.MOST_VALUES
    return maximum != -1 and maximum < wanted_maximum


def create(target: ImportTarget, plan: BuildPlanRecord) -> Operation[None]:
    """Create the missing linked attributes of an applied plan. Existing ones are not changed.

    Raises:
        SchemaPermissionError: The account does not manage the object schema. The mapping was built.
    """
    schema = target.schema
    if not plan.creates_links or schema is None:
        return
    types = yield from link_targets.linkable_types(target.site, schema)
    targets = [
        evolve(link_target, wanted_maximum=attribute.maximum if attribute.takes_many else None)
        for link_target, (_, attribute) in zip(
            link_targets.resolve(schema, types, plan.model.links), _declared(plan.model), strict=True
        )
    ]
    pace = Pace(target.site.clock, PER_MINUTE)
    yield from link_targets.create_missing(target.site, schema, targets, pace)


#: Objects whose history is read, for each object type. The last updated ones are the likeliest to have had a value.
_OBJECTS = 10
#: Maximum number of new names that a message lists.
_NAMES = 3


def may_be_deleted(items: Iterable[PlanItem]) -> bool:
    """Return True if attributes of existing object types are created, and nothing shows yet that they existed."""
    created = [item for item in items if item.kind is PlanKind.CREATE]
    new_types = {item.path for item in created if item.subject is PlanSubject.OBJECT_TYPE}
    return any(_is_open(item) and item.path.partition(".")[0] not in new_types for item in created)


def _is_open(item: PlanItem) -> bool:
    is_attribute = item.subject in (PlanSubject.ATTRIBUTE, PlanSubject.LINK)
    return is_attribute and item.kind is PlanKind.CREATE and not item.was_deleted


def mark_deleted(
    site: Site, model: SchemaModel, items: Sequence[PlanItem], types: Sequence[ExistingObjectType]
) -> Operation[tuple[PlanItem, ...]]:
    """Mark the created attributes that the history of objects names.

    Args:
        site: The site.
        model: The model of the plan.
        items: The items of the plan.
        types: The object types of the schema.
    """
    marked: dict[str, PlanItem] = {}
    open_items = {item.path: item for item in items if _is_open(item)}
    for spec in model.object_types:
        existing = existing_type_of(spec, types)
        attributes = {
            f"{spec.key}.{attribute.key}": attribute
            for attribute in (*spec.attributes, *spec.linked_attributes)
        }
        created = {path: attribute for path, attribute in attributes.items() if path in open_items}
        if existing is not None and created:
            for path in (yield from _changed_attributes(site, existing, created)):
                doubt = _new_names(existing, created[path], attributes.values())
                marked[path] = _marked(open_items[path], doubt)
    return tuple(marked.get(item.path, item) if _is_open(item) else item for item in items)


def _new_names(
    existing: ExistingObjectType, attribute: AttributeSpec, declared: Iterable[AttributeSpec]
) -> str:
    """Return the names that the attribute may have now, or an empty string.

    The history has names, and no ids. What an import created is recognized by its external id, even if it was renamed.
    """
    declared_names = {other.name.casefold() for other in declared}
    names = [
        f'"{other.name}"'
        for other in existing.attributes
        if other.type == attribute.type.value
        and not other.system
        and other.name.casefold() not in declared_names
    ]
    return " or ".join(names if len(names) <= _NAMES else [*names[:_NAMES], "another name"])


def _marked(item: PlanItem, new_names: str) -> PlanItem:
    if not new_names:
        return again(item)
    return evolve(
        again(item, doubt=f", or renamed it to {new_names}"),
        remedy=f"You: if it was renamed, rename it in the model to {new_names}.",
    )


def _changed_attributes(
    site: Site, existing: ExistingObjectType, attributes: Mapping[str, AttributeSpec]
) -> Operation[set[str]]:
    """Return the paths of the attributes that the history of some objects names."""
    paths = {attribute.name.casefold(): path for path, attribute in attributes.items()}
    changed: set[str] = set()
    query = f"objectTypeId = {existing.object_type.id} ORDER BY Updated DESC"
    try:
        response = yield from ask_assets(site, wire.search_objects, query, 0, _OBJECTS, with_attributes=False)
        for asset in wire.read_object_page(response).objects:
            response = yield from ask_assets(site, wire.read_history, str(asset.get("id")))
            names = {name.casefold() for name in wire.read_changed_attributes(response)}
            changed |= {paths[name] for name in names & paths.keys()}
            if len(changed) == len(paths):
                break
    except UNREADABLE:
        pass  # Reading objects needs another scope. Without it the plan is less exact.
    return changed
