"""Builds the schema model: read what exists, plan, send the changes, and wait until Assets has processed them."""

import re
from collections.abc import Iterable, Sequence
from copy import copy
from functools import partial
from http import HTTPStatus

from attrs import evolve

from .._arguments.fitting import checked_seconds
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.object_types import ExistingObjectType
from .._http.commands import Operation, Sleep
from .._imports.execution_results import read_execution_status
from .._model.document_reading import read_document
from .._model.names import next_namespace
from .._model.object_schema_spec import paths_by_external_id
from .._model.schema_model import SchemaModel
from .._plan.build_plan import BuildPlanRecord, PlanItem, PlanKind, PlanSubject, item_maker
from .._plan.planning import make_plan
from .._secret import Secret
from .._session.call import call
from .._session.site import Site
from .._wire import import_requests as wire
from .._wire.address_book import SCHEMA_IMPORT
from .._wire.decision_table import refused_mapping
from .._wire.error_bodies import read_body
from .._wire.import_requests import ImportLinks
from .._wire.json_reading import JsonObject, read_object
from ..exceptions import (
    ApiError,
    AssetsError,
    ExternalIdTakenError,
    ImportTimeoutError,
    MalformedAnswerError,
    MappingExistsError,
    MappingRejectedError,
    MissingMappingError,
    NotFoundError,
    ServiceUnavailableError,
    TransportError,
    ValidationError,
)
from . import import_tokens as tokens
from . import link_targets, linked_attributes
from . import object_schemas as schemas
from .import_tokens import ImportTarget

#: The results of a successful mapping. Atlassian documents no others.
_DONE = ("OK", "")


def current_document(target: ImportTarget, links: ImportLinks) -> Operation[JsonObject]:
    """Read the current schema and mapping of the import."""
    response = yield from call(target.site, wire.read_mapping(links, target.bearer))
    return dict(read_object(response.json(), "a schema and mapping"))  # type: ignore[arg-type]  # JSON, read from JSON


def plan(target: ImportTarget, model: SchemaModel) -> Operation[BuildPlanRecord]:
    """Plan what building the model would do."""
    model.check()
    links = yield from tokens.links(target)
    return (yield from _plan(target, model, links))


def _plan(target: ImportTarget, model: SchemaModel, links: ImportLinks) -> Operation[BuildPlanRecord]:
    plan = yield from _mapping_plan(target, model, links)
    types = yield from _existing_types(target, plan)
    items = (*plan.items, *linked_attributes.plan_items(plan, types), *_reset_setting(target, plan))
    if types:
        items = yield from linked_attributes.mark_deleted(target.site, plan.model, items, types)
    return evolve(plan, items=items)


def _existing_types(
    target: ImportTarget, plan: BuildPlanRecord
) -> Operation[Sequence[ExistingObjectType] | None]:
    """Read the object types if the plan needs them. Return None without an account."""
    if target.schema is None:
        return None
    if not (plan.model.links or linked_attributes.may_be_deleted(plan.items)):
        return ()
    return (yield from link_targets.linkable_types(target.site, target.schema))


def _reset_setting(target: ImportTarget, plan: BuildPlanRecord) -> tuple[PlanItem, ...]:
    """Return a warning if a change of the mapping may switch off the declared treatment of missing objects."""
    declared = target.memory.missing_objects
    if plan.verb is None or declared not in {"remove", "update"}:
        return ()
    item = item_maker(PlanSubject.MAPPING, "missing objects")
    message = (
        f'The import is declared as missing_objects="{declared}". A change of the mapping is reported to reset this setting to '
        "Ignore for every object type."
    )
    step = 'after the build, open the import, edit the mapping of each object type, and set "Missing objects" again'
    return (item(PlanKind.WARNING, message, SCHEMA_IMPORT.remedy(step)),)


def _mapping_plan(target: ImportTarget, model: SchemaModel, links: ImportLinks) -> Operation[BuildPlanRecord]:
    """Plan what the import token can do."""
    yield from tokens.refuse_other_schema(target, links)
    state = yield from tokens.state(target, links)
    document = yield from current_document(target, links)
    statuses: tuple[str, ...] = ()
    if target.schema is not None and model.statuses:
        statuses = yield from _statuses(target.site, target.schema)
    has_mapping = state.status != "MISSING_MAPPING"
    planned = partial(make_plan, model, document, has_mapping=has_mapping, known_statuses=statuses)
    plan = planned()
    if target.schema is not None and any(_is_missing_adoption(model, item) for item in plan.impossible):
        return planned(type_names=(yield from _type_names(target.site, target.schema)))
    created = {item.subject for item in plan.of(PlanKind.CREATE)}
    if not created & {PlanSubject.OBJECT_TYPE, PlanSubject.MAPPING}:
        return plan
    # Only what is new can have been deleted before, or can collide with another import.
    return planned(
        imported_types=(yield from _imported_types(target, links)) if has_mapping else (),
        other_imports=(yield from schemas.other_imports(target.site, links.import_source_id)),
    )


def _imported_types(target: ImportTarget, links: ImportLinks) -> Operation[tuple[str, ...]]:
    """Read the names of the object types that the last execution filled."""
    try:
        response = yield from call(target.site, wire.latest_execution_status(links, target.bearer))
        status = read_execution_status(response.json())
    except (ApiError, MalformedAnswerError):
        return ()  # there was no execution
    return tuple(object_type.name for object_type in status.object_types)


def _is_missing_adoption(model: SchemaModel, item: PlanItem) -> bool:
    return item.subject is PlanSubject.OBJECT_TYPE and model.object_type(item.path).adopted is not None


def _type_names(site: Site, schema: ObjectSchemaRecord) -> Operation[dict[str, str] | None]:
    try:
        types = yield from schemas.object_types(site, schema.id)
    except ApiError:
        return None  # Without them the plan is less exact.
    return {object_type.id: object_type.name for object_type in types}


def _statuses(site: Site, schema: ObjectSchemaRecord) -> Operation[tuple[str, ...]]:
    """Read the names of the statuses that objects of the schema can have."""
    try:
        statuses = yield from schemas.statuses(site, schema.id)
    except ApiError:
        return ()  # Statuses need another scope. Without them the plan is less exact.
    return tuple(status.name for status in statuses)


def build(
    target: ImportTarget,
    model: SchemaModel,
    plan: BuildPlanRecord | None,
    timeout: float,
    *,
    accept_risky: bool,
) -> Operation[BuildPlanRecord]:
    """Carry out the given plan, or a new one."""
    checked_seconds(timeout, "timeout")
    model.check()
    if plan is not None:
        plan.check_model(model)
        plan.raise_for_impossible()
    links = yield from tokens.links(target)
    if plan is None:
        plan = yield from _plan(target, model, links)
    else:
        yield from tokens.refuse_other_schema(target, links)
        plan.check_current((yield from current_document(target, links)))
    plan.raise_for_impossible()
    if not accept_risky:
        plan.raise_for_risky()
    try:
        yield from _carry_out(target, links, plan, timeout)
    except _UNCERTAIN as error:
        if isinstance(error, TransportError) and error.sent == "no":
            raise
        # An attempt whose response was lost, or another process, may have built it anyway. What exists decides.
        remaining = yield from _remaining_plan(target, model, links)
        if remaining is None:
            raise
        if remaining.verb == "PATCH" and isinstance(error, MappingExistsError):
            yield from _carry_out(target, links, remaining, timeout)
        elif not remaining.is_empty:
            raise
    target.memory.model = plan.model
    yield from linked_attributes.create(target, plan)
    return plan


#: Errors after which the import is read again.
_UNCERTAIN = (MappingExistsError, ValidationError, NotFoundError, ServiceUnavailableError, TransportError)


def _remaining_plan(
    target: ImportTarget, model: SchemaModel, links: ImportLinks
) -> Operation[BuildPlanRecord | None]:
    """Plan what remains to be built. Return None if the import can't be read."""
    try:
        return (yield from _mapping_plan(target, model, links))
    except AssetsError:
        return None


def _carry_out(
    target: ImportTarget, links: ImportLinks, plan: BuildPlanRecord, timeout: float
) -> Operation[None]:
    if plan.verb is None or plan.document is None:
        return
    bearer = target.bearer
    try:
        request = wire.send_mapping(links, bearer, plan.document, first=plan.verb == "PUT")
        response = yield from call(target.site, request)
        if response.status == HTTPStatus.SEE_OTHER:
            location = wire.progress_address(response)
            if location:
                yield from _wait(target.site, bearer, location, timeout)
            else:
                yield from _wait_without_address(target, links, plan.model, timeout)
    except MappingRejectedError as error:
        rejection = _with_places(error, plan.model, target.site.rejected_plans.values())
        # The checklist must not recommend the same build again.
        target.site.rejected_plans[plan.digest] = copy(rejection)
        raise rejection from None


def _wait_without_address(
    target: ImportTarget, links: ImportLinks, model: SchemaModel, timeout: float
) -> Operation[None]:
    """Wait until the import has the model. Assets accepted it, and did not say where its progress can be read.

    Raises:
        MalformedAnswerError: The import does not have the model in time.
    """
    site = target.site
    started = site.clock.monotonic()
    pause = 0.5
    while True:
        remaining = yield from _remaining_plan(target, model, links)
        if remaining is not None and remaining.is_empty:
            return
        if site.clock.monotonic() - started + pause > timeout:
            raise MalformedAnswerError(
                "Assets accepted the schema model, but its response names no valid address of the progress. The model was "
                f"not complete after {timeout:g} seconds.",
                cause="Assets rejected the model later, or it is still building it.",
                remedies=("You: create a plan again later. It shows what is still missing.",),
                operation="update mapping",
                status=HTTPStatus.SEE_OTHER,
            )
        yield Sleep(pause)
        pause = min(pause * 1.5, 10.0)


def _wait(site: Site, bearer: Secret, location: str, timeout: float) -> Operation[None]:
    """Wait until Assets has processed a mapping that it accepted.

    Raises:
        MappingRejectedError: Assets rejected it later.
        ImportTimeoutError: It took too long.
    """
    started = site.clock.monotonic()
    pause = 0.5
    while True:
        response = yield from call(site, wire.mapping_progress(location, site.gateway, bearer))
        progress = wire.read_mapping_progress(response)
        if progress.finished or progress.result:
            if progress.result.upper() in _DONE:
                return
            message = read_body("text/plain", progress.message.encode())
            raise refused_mapping("Assets accepted the schema model and then failed to build it", message)
        if site.clock.monotonic() - started + pause > timeout:
            raise ImportTimeoutError(
                f"Assets did not finish building the schema model within {timeout:g} seconds. It continues.",
                cause="The model is large, or the service is busy.",
                remedies=("You: build again later. What exists by then is not sent again.",),
            )
        yield Sleep(pause)
        pause = min(pause * 1.5, 10.0)


#: The number of places that an error message lists.
_MAX_PLACES = 3


def _with_places(
    error: MappingRejectedError, model: SchemaModel, earlier: Iterable[AssetsError]
) -> MappingRejectedError:
    """Add the places in the model that the messages of the service are about.

    Args:
        error: The error.
        model: The model that was sent.
        earlier: Errors of earlier builds, whose namespaces are in use.
    """
    message = " ".join([*error.messages, error.location])
    places = _places(model, message)
    if not places:
        return error
    shown_places = ", ".join(places[:_MAX_PLACES])
    if len(places) > _MAX_PLACES:
        shown_places += f", and {len(places) - _MAX_PLACES} more"
    location, codes, place = error.location or places[0], error.codes, error.place()
    if isinstance(error, ExternalIdTakenError) and f"{model.namespace}/" in message:
        used = {
            rejection.namespace.casefold()
            for rejection in earlier
            if isinstance(rejection, ExternalIdTakenError)
        }
        suggestion = next_namespace(model.namespace, used)
        return ExternalIdTakenError(
            f'The namespace "{model.namespace}" is already used elsewhere in this workspace. '
            f"In the model: {shown_places}.",
            remedies=(
                (
                    "You: set namespace= of SchemaModel or okta.schema_model to another namespace, such as "
                    f'"{suggestion}", and plan again.'
                ),
            ),
            namespace=model.namespace,
            suggested_namespace=suggestion,
            location=location,
            codes=codes,
            **place,
        )
    what = f"{error.what} In the model: {shown_places}."
    return type(error)(what, remedies=error.remedies, location=location, codes=codes, **place)


def _places(model: SchemaModel, message: str) -> list[str]:
    """Return the paths of the object types and attributes whose external ids are in a message."""
    # The external id of an object type is a prefix of those of its attributes.
    return [
        path
        for external_id, path in paths_by_external_id(model).items()
        if re.search(rf"{re.escape(external_id)}(?![\w/-])", message)
    ]


def known_model(
    target: ImportTarget, links: ImportLinks, chosen: SchemaModel | None
) -> Operation[SchemaModel]:
    """Return the model that records follow: the given one, the one that was built, or the one in Assets.

    Raises:
        MissingMappingError: No model was given, and the import has none.
    """
    if chosen is not None:
        return chosen
    if target.memory.model is None:
        target.memory.model = yield from _model_in_assets(target, links)
    return target.memory.model


def _model_in_assets(target: ImportTarget, links: ImportLinks) -> Operation[SchemaModel]:
    # A mapping can outlive its object type, which someone deleted in Assets. It must not stop an import.
    model = read_document((yield from current_document(target, links)), SchemaModel, strict=False)
    if not any(spec.mapped for spec in model.object_types):
        raise MissingMappingError(
            "The import has no schema model yet. Nothing was started.",
            remedies=("You: build one first with token.build(model).",),
            operation="start import",
            reason="MISSING_MAPPING",
        )
    return model


def read_model(target: ImportTarget) -> Operation[SchemaModel]:
    """Read the model that the import has in Assets.

    Raises:
        ImportTargetMismatchError: The token belongs to another object schema than the expected one.
        MissingMappingError: The import has no model.
    """
    links = yield from tokens.links(target)
    yield from tokens.refuse_other_schema(target, links)
    return (yield from _model_in_assets(target, links))
