"""Attributes of the types user and group that a model declares: what a build does about them, with the account."""

from collections.abc import Iterator, Sequence

from attrs import evolve

from .._assets.object_types import Attribute, ExistingObjectType
from .._http.commands import Operation
from .._model.names import same_name
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, ObjectTypeSpec
from .._plan.build_plan import BuildPlanRecord
from .._plan.differences import existing_attribute
from .._plan.plan_items import PlanItem, PlanKind, PlanSubject
from .._wire import object_requests as wire
from . import link_targets
from .import_target import ImportTarget
from .linking import PER_MINUTE
from .pacing import Pace


def _declared(model: SchemaModel) -> list[tuple[ObjectTypeSpec, AttributeSpec]]:
    """Return the linked attributes with their object types, in the order of `SchemaModel.links`."""
    return [(spec, attribute) for spec in model.object_types for attribute in spec.linked_attributes]


def plan_items(model: SchemaModel, types: Sequence[ExistingObjectType] | None) -> Iterator[PlanItem]:
    """Yield an item for each linked attribute of a model.

    Args:
        model: The model.
        types: The object types of the schema, or None without an account.
    """
    for spec, attribute in _declared(model):
        existing_type = existing_type_of(spec, types or ())
        existing = None if existing_type is None else existing_attribute(existing_type, attribute.name)
        yield _item(spec, attribute, existing, has_account=types is not None)


def existing_type_of(spec: ObjectTypeSpec, types: Sequence[ExistingObjectType]) -> ExistingObjectType | None:
    """Return the existing object type of a wanted one, or None."""
    name = spec.name if spec.adopted is None else spec.adopted.name
    return next((kind for kind in types if same_name(kind.object_type.name, name)), None)


def _item(
    spec: ObjectTypeSpec, attribute: AttributeSpec, existing: Attribute | None, *, has_account: bool
) -> PlanItem:
    kind, path = attribute.type.value, f"{spec.key}.{attribute.key}"

    def item(plan_kind: PlanKind, message: str, remedy: str = "") -> PlanItem:
        return PlanItem(kind=plan_kind, subject=PlanSubject.LINK, path=path, message=message, remedy=remedy)

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
