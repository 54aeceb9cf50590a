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
from .._wire.json_reading import JsonObject, read_object
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
from .import_tokens import Memory

#: The result of a mapping that was done without fault; Atlassian documents no other word.
_DONE = ("OK", "")


def current_document(site: Site, secret: Secret, found: ImportLinks) -> Operation[JsonObject]:
    """The schema and mapping of the import as they are now."""
    response = yield from call(site, wire.read_mapping(found, tokens.bearer(secret)))
    return dict(read_object(response.json(), "a schema and mapping"))  # type: ignore[arg-type]  # JSON, read from JSON


def plan(
    site: Site, secret: Secret, schema: ObjectSchemaRecord | None, model: SchemaModel, memory: Memory
) -> Operation[BuildPlanRecord]:
    """What building the model would do."""
    model.check()
    found = yield from tokens.links(site, secret)
    return (yield from _plan(site, secret, schema, model, found, memory))


def _plan(
    site: Site,
    secret: Secret,
    schema: ObjectSchemaRecord | None,
    model: SchemaModel,
    found: ImportLinks,
    memory: Memory,
) -> Operation[BuildPlanRecord]:
    yield from tokens.refuse_other_schema(site, found, schema, memory)
    now = yield from tokens.state(site, secret, found)
    document = yield from current_document(site, secret, found)
    statuses = yield from _statuses(site, schema) if schema is not None and model.statuses else _none()
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
    site: Site,
    secret: Secret,
    schema: ObjectSchemaRecord | None,
    model: SchemaModel,
    made: BuildPlanRecord | None,
    timeout: float,
    memory: Memory,
) -> Operation[BuildPlanRecord]:
    """Carry out a plan, made before or now."""
    model.check()
    if made is not None:
        made.check_model(model)
        made.raise_for_impossible()
    found = yield from tokens.links(site, secret)
    if made is None:
        made = yield from _plan(site, secret, schema, model, found, memory)
    else:
        yield from tokens.refuse_other_schema(site, found, schema, memory)
        made.check_current((yield from current_document(site, secret, found)))
    made.raise_for_impossible()
    try:
        yield from _carry_out(site, secret, found, made, timeout)
    except _NOT_SURE as error:
        if isinstance(error, TransportError) and error.sent == "no":
            raise
        # It may have been done all the same, by an attempt whose answer got lost or by somebody else: what is there
        # decides.
        left = yield from _left_to_do(site, secret, schema, model, found, memory)
        if left is None:
            raise
        if left.verb == "PATCH" and isinstance(error, MappingExistsError):
            yield from _carry_out(site, secret, found, left, timeout)
        elif not left.is_empty:
            raise
    memory.model = made.model
    return made


#: Errors after which what the import has is looked at once more.
_NOT_SURE = (MappingExistsError, ValidationError, NotFoundError, ServiceUnavailableError, TransportError)


def _left_to_do(
    site: Site,
    secret: Secret,
    schema: ObjectSchemaRecord | None,
    model: SchemaModel,
    found: ImportLinks,
    memory: Memory,
) -> Operation[BuildPlanRecord | None]:
    """What is still to be done, or None where even that cannot be found out."""
    try:
        return (yield from _plan(site, secret, schema, model, found, memory))
    except AssetsError:
        return None


def _carry_out(
    site: Site, secret: Secret, found: ImportLinks, plan: BuildPlanRecord, timeout: float
) -> Operation[None]:
    if plan.verb is None or plan.document is None:
        return
    bearer = tokens.bearer(secret)
    try:
        request = wire.send_mapping(found, bearer, plan.document, first=plan.verb == "PUT")
        response = yield from call(site, request)
        location = response.headers.get("location", "")
        if response.status == 303 and location:
            yield from _wait(site, bearer, location, timeout)
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
        **error.place(),
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
    site: Site, secret: Secret, found: ImportLinks, chosen: SchemaModel | None, memory: Memory
) -> Operation[SchemaModel]:
    """The model that records follow: the one that was chosen, the one that was built, or the one that Assets has.

    Raises:
        MissingMappingError: None was chosen, and Assets has none.
    """
    if chosen is not None:
        return chosen
    if memory.model is None:
        model = SchemaModel.from_document((yield from current_document(site, secret, found)))
        if not any(spec.mapped for spec in model.object_types):
            raise MissingMappingError(
                "The import has no schema model yet; nothing was started.",
                remedies=("You: build one first, with token.build(model).",),
                operation="start import",
                reason="MISSING_MAPPING",
            )
        memory.model = model
    return memory.model
