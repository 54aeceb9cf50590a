"""
Building the schema model: read what is there, plan, send what is missing, wait until Assets is done with it.
"""

from __future__ import annotations

from .._assets.reading import read_object, read_text
from .._engine.commands import Operation, Sleep
from .._model.json_values import JsonObject
from .._retry.call import call
from .._retry.site import Site
from .._secret import Secret
from .._wire import imports as wire
from .._wire import schemas as schema_wire
from .._wire.answer import Answer
from .._wire.imports import ImportLinks
from ..assets import ObjectSchemaRecord
from ..exceptions import (
    ApiError,
    ImportTimeoutError,
    MappingExistsError,
    MappingRejectedError,
    ValidationError,
)
from ..model import SchemaModel
from ..plan import BuildPlan, make_plan
from . import tokens
from .discovery import Builder, ask_assets
from .tokens import Memory

#: Progress words that mean that a mapping went wrong; Atlassian documents only "OK".
_FAILED = ("ERROR", "FAILED", "FAILURE")


def current_document(site: Site, secret: Secret, found: ImportLinks) -> Operation[JsonObject]:
    """
    The schema and mapping of the import as they are now.
    """
    answer = yield from call(site, wire.read_mapping(found, tokens.bearer(secret)))
    return dict(read_object(answer.json(), "a schema and mapping"))  # type: ignore[arg-type]  # JSON, read from JSON


def plan(
    site: Site, secret: Secret, schema: ObjectSchemaRecord | None, model: SchemaModel, memory: Memory
) -> Operation[BuildPlan]:
    """
    What building the model would do.
    """
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
) -> Operation[BuildPlan]:
    yield from tokens.refuse_other_schema(site, found, schema, memory)
    now = yield from tokens.state(site, secret, found)
    document = yield from current_document(site, secret, found)
    statuses = yield from _statuses(site, schema) if schema is not None and model.statuses else _none()
    return make_plan(model, document, has_mapping=now.status != "MISSING_MAPPING", known_statuses=statuses)


def _none() -> Operation[tuple[str, ...]]:
    yield from ()
    return ()


def _statuses(site: Site, schema: ObjectSchemaRecord) -> Operation[tuple[str, ...]]:
    """
    The names of the statuses that objects of the schema may have: the global ones and its own.
    """
    names: list[str] = []
    try:
        for schema_id in (None, schema.id):
            answer = yield from ask_assets(site, _status_builder(schema_id))
            names += schema_wire.read_each(
                answer, "statuses", lambda value: read_text(read_object(value, "a status"), "name"), "values"
            )
    except ApiError:
        return ()  # statuses need a scope of their own; without them the plan says less
    return tuple(names)


def _status_builder(schema_id: str | None) -> Builder:
    return lambda base: schema_wire.list_statuses(base, schema_id)


def build(
    site: Site,
    secret: Secret,
    schema: ObjectSchemaRecord | None,
    model: SchemaModel,
    made: BuildPlan | None,
    timeout: float,
    memory: Memory,
) -> Operation[BuildPlan]:
    """
    Carry out a plan, made before or now.
    """
    model.check()
    found = yield from tokens.links(site, secret)
    if made is None:
        made = yield from _plan(site, secret, schema, model, found, memory)
    else:
        yield from tokens.refuse_other_schema(site, found, schema, memory)
        made.check_current((yield from current_document(site, secret, found)))
    made.raise_for_impossible()
    if made.verb is not None and made.document is not None:
        yield from _send(site, secret, found, made.document, timeout, first=made.verb == "PUT")
    memory.model = made.model
    return made


def _send(
    site: Site, secret: Secret, found: ImportLinks, document: JsonObject, timeout: float, *, first: bool
) -> Operation[None]:
    bearer = tokens.bearer(secret)
    try:
        answer: Answer = yield from call(site, wire.send_mapping(found, bearer, document, first=first))
    except MappingExistsError:
        if not first:
            raise
        # A mapping came into being since the state was asked, or our own first attempt was done after all.
        answer = yield from call(site, wire.send_mapping(found, bearer, document, first=False))
    location = answer.headers.get("location", "")
    if answer.status == 303 and location:
        yield from _wait(site, bearer, location, timeout)


def _wait(site: Site, bearer: Secret, location: str, timeout: float) -> Operation[None]:
    started = site.clock.monotonic()
    pause = 0.5
    while True:
        answer = yield from call(site, wire.mapping_progress(location, site.gateway, bearer))
        progress = wire.read_mapping_progress(answer)
        if progress.finished or progress.result.upper() in _FAILED:
            if progress.result.upper() in _FAILED:
                raise _rejected(progress.message)
            return
        if site.clock.monotonic() - started + pause > timeout:
            raise ImportTimeoutError(
                f"Assets was not done with the schema model after {timeout:g} seconds; it goes on with it.",
                remedies=("You: build again later; what is done by then is not sent again.",),
            )
        yield Sleep(pause)
        pause = min(pause * 1.5, 10.0)


def _rejected(message: str) -> ValidationError:
    return MappingRejectedError(
        "Assets took the schema model and could not build it.", messages=(message,) if message else ()
    )


def known_model(
    site: Site, secret: Secret, found: ImportLinks, chosen: SchemaModel | None, memory: Memory
) -> Operation[SchemaModel]:
    """
    The model that records follow: the one that was chosen, the one that was built, or the one that Assets has.
    """
    if chosen is not None:
        return chosen
    if memory.model is None:
        memory.model = SchemaModel.from_document((yield from current_document(site, secret, found)))
    return memory.model
