"""Building the schema model: read what is there, plan, send what is missing, wait until Assets is done with it."""

from __future__ import annotations

import re

from .._assets.object_schemas import ObjectSchemaRecord
from .._http.commands import Operation, Sleep
from .._model.schema_model import SchemaModel
from .._plan.build_plan import BuildPlanRecord, make_plan
from .._secret import Secret
from .._session.call import call
from .._session.site import Site
from .._wire import import_requests as wire
from .._wire.decision_table import refused_mapping
from .._wire.error_bodies import read_body
from .._wire.import_requests import ImportLinks
from .._wire.json_reading import read_object
from .._wire.json_values import JsonObject
from ..exceptions import (
    ApiError,
    AssetsError,
    ImportTimeoutError,
    MappingExistsError,
    MappingRejectedError,
    MissingMappingError,
    NotFoundError,
    ServiceUnavailableError,
    TransportError,
    ValidationError,
)
from . import import_tokens as tokens
from . import object_schemas as schemas
from .import_target import ImportTarget

#: The result of a mapping that was done without fault; Atlassian documents no other word.
_DONE = ("OK", "")


def current_document(target: ImportTarget, found: ImportLinks) -> Operation[JsonObject]:
    """The schema and mapping of the import as they are now."""
    response = yield from call(target.site, wire.read_mapping(found, target.bearer))
    return dict(read_object(response.json(), "a schema and mapping"))  # type: ignore[arg-type]  # JSON, read from JSON


def plan(target: ImportTarget, model: SchemaModel) -> Operation[BuildPlanRecord]:
    """What building the model would do."""
    model.check()
    found = yield from tokens.links(target)
    return (yield from _plan(target, model, found))


def _plan(target: ImportTarget, model: SchemaModel, found: ImportLinks) -> Operation[BuildPlanRecord]:
    yield from tokens.refuse_other_schema(target, found)
    now = yield from tokens.state(target, found)
    document = yield from current_document(target, found)
    statuses = (
        yield from _statuses(target.site, target.schema)
        if target.schema is not None and model.statuses
        else _none()
    )
    return make_plan(model, document, has_mapping=now.status != "MISSING_MAPPING", known_statuses=statuses)


def _none() -> Operation[tuple[str, ...]]:
    yield from ()
    return ()


def _statuses(site: Site, schema: ObjectSchemaRecord) -> Operation[tuple[str, ...]]:
    """The names of the statuses that objects of the schema may have."""
    try:
        found = yield from schemas.statuses(site, schema.id)
    except ApiError:
        return ()  # statuses need a scope of their own; without them the plan says less
    return tuple(status.name for status in found)


def build(
    target: ImportTarget, model: SchemaModel, made: BuildPlanRecord | None, timeout: float
) -> Operation[BuildPlanRecord]:
    """Carry out a plan, made before or now."""
    model.check()
    if made is not None:
        made.check_model(model)
        made.raise_for_impossible()
    found = yield from tokens.links(target)
    if made is None:
        made = yield from _plan(target, model, found)
    else:
        yield from tokens.refuse_other_schema(target, found)
        made.check_current((yield from current_document(target, found)))
    made.raise_for_impossible()
    try:
        yield from _carry_out(target, found, made, timeout)
    except _NOT_SURE as error:
        if isinstance(error, TransportError) and error.sent == "no":
            raise
        # It may have been done all the same, by an attempt whose answer got lost or by somebody else: what is there
        # decides.
        left = yield from _left_to_do(target, model, found)
        if left is None:
            raise
        if left.verb == "PATCH" and isinstance(error, MappingExistsError):
            yield from _carry_out(target, found, left, timeout)
        elif not left.is_empty:
            raise
    target.memory.model = made.model
    return made


#: Errors after which what the import has is looked at once more.
_NOT_SURE = (MappingExistsError, ValidationError, NotFoundError, ServiceUnavailableError, TransportError)


def _left_to_do(
    target: ImportTarget, model: SchemaModel, found: ImportLinks
) -> Operation[BuildPlanRecord | None]:
    """What is still to be done, or None where even that cannot be found out."""
    try:
        return (yield from _plan(target, model, found))
    except AssetsError:
        return None


def _carry_out(
    target: ImportTarget, found: ImportLinks, plan: BuildPlanRecord, timeout: float
) -> Operation[None]:
    if plan.verb is None or plan.document is None:
        return
    bearer = target.bearer
    try:
        request = wire.send_mapping(found, bearer, plan.document, first=plan.verb == "PUT")
        response = yield from call(target.site, request)
        location = response.headers.get("location", "")
        if response.status == 303 and location:
            yield from _wait(target.site, bearer, location, timeout)
    except MappingRejectedError as error:
        raise _placed(error, plan.model) from None


def _wait(site: Site, bearer: Secret, location: str, timeout: float) -> Operation[None]:
    """Wait until Assets is done with a mapping that it took.

    Raises:
        MappingRejectedError: It was refused after all.
        ImportTimeoutError: It takes too long.
    """
    started = site.clock.monotonic()
    pause = 0.5
    while True:
        response = yield from call(site, wire.mapping_progress(location, site.gateway, bearer))
        progress = wire.read_mapping_progress(response)
        if progress.finished or progress.result:
            if progress.result.upper() in _DONE:
                return
            said = read_body("text/plain", progress.message.encode())
            raise refused_mapping("Assets took the schema model and then failed to build it", said)
        if site.clock.monotonic() - started + pause > timeout:
            raise ImportTimeoutError(
                f"Assets was not done with the schema model after {timeout:g} seconds; it goes on with it.",
                cause="A large model, or a busy service, probably takes longer.",
                remedies=("You: build again later; what is done by then is not sent again.",),
            )
        yield Sleep(pause)
        pause = min(pause * 1.5, 10.0)


def _placed(error: MappingRejectedError, model: SchemaModel) -> MappingRejectedError:
    """The refusal with the places of the model that the service's words are about."""
    places = _places(model, " ".join([*error.messages, error.location]))
    if not places:
        return error
    return type(error)(
        f"{error.what} In the model: {', '.join(places)}.",
        location=error.location or places[0],
        codes=error.codes,
        operation=error.operation,
        status=error.status,
        method=error.method,
        path=error.path,
        host=error.host,
        code=error.code,
        messages=error.messages,
        field_errors=error.field_errors,
        request_id=error.request_id,
        attempts=error.attempts,
        elapsed=error.elapsed,
        body_excerpt=error.body_excerpt,
    )


def _places(model: SchemaModel, said: str) -> list[str]:
    """The paths of the object types and attributes whose external id stands in a text."""
    known = {model.external_id(spec.key): spec.key for spec in model.object_types}
    for spec in model.object_types:
        for attribute in spec.attributes:
            known[model.external_id(spec.key, attribute.key)] = f"{spec.key}.{attribute.key}"
    # An object type's external id is the beginning of those of its attributes.
    return [
        path for external_id, path in known.items() if re.search(rf"{re.escape(external_id)}(?![\w/-])", said)
    ]


def known_model(
    target: ImportTarget, found: ImportLinks, chosen: SchemaModel | None
) -> Operation[SchemaModel]:
    """The model that records follow: the one that was chosen, the one that was built, or the one that Assets has.

    Raises:
        MissingMappingError: None was chosen, and Assets has none.
    """
    if chosen is not None:
        return chosen
    if target.memory.model is None:
        model = SchemaModel.from_document((yield from current_document(target, found)))
        if not any(spec.mapped for spec in model.object_types):
            raise MissingMappingError(
                "The import has no schema model yet; nothing was started.",
                remedies=("You: build one first, with token.build(model).",),
                operation="start import",
                reason="MISSING_MAPPING",
            )
        target.memory.model = model
    return target.memory.model
