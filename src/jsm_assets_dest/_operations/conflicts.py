"""Object types that are wanted and already there: finding them, and the ways out that change something in Assets."""

from __future__ import annotations

from collections.abc import Mapping

from .._http.commands import Operation
from .._model.schema_model import SchemaModel
from .._plan.conflicts import ConflictRecord, Resolution, apply, find_conflicts
from .._session.site import Site
from .._session.workspace import Builder, ask_assets
from .._wire import schema_requests as wire
from .._wire.json_reading import read_object
from ..exceptions import (
    ApiError,
    HtmlResponseError,
    MalformedAnswerError,
    NotFoundError,
    ResolutionNotPossibleError,
    ServiceUnavailableError,
    TransportError,
    ValidationError,
)
from . import object_schemas as schemas


def find(site: Site, schema_id: str, model: SchemaModel) -> Operation[tuple[ConflictRecord, ...]]:
    """The conflicts of a schema with a model.

    An object type that an earlier build of the model made is none; only the documents of the schema's imports tell, so
    they are read as soon as something looks like a conflict.
    """
    existing = yield from schemas.existing(site, schema_id)
    found = find_conflicts(model, existing)
    if not found:
        return found
    documents = yield from _documents(site, schema_id)
    return find_conflicts(model, existing, documents=documents) if documents else found


def _documents(site: Site, schema_id: str) -> Operation[list[Mapping[str, object]]]:
    """What the schema's External imports say about its object types, as far as they can be read.

    Listing imports is undocumented, and reading them takes a scope of its own. Without them a conflict is shown that may
    be none; that is better than failing.
    """
    documents: list[Mapping[str, object]] = []
    try:
        sources = yield from schemas.import_sources(site, schema_id)
    except (ApiError, MalformedAnswerError, HtmlResponseError):
        return documents
    for source in sources:
        if source.is_external:
            try:
                response = yield from ask_assets(site, _document_builder(source.id))
                documents.append(read_object(response.json(), "a schema and mapping"))
            except (ApiError, MalformedAnswerError, HtmlResponseError):
                continue
    return documents


def _document_builder(import_source_id: str) -> Builder:
    return lambda base: wire.read_mapping_document(base, import_source_id)


def resolve(
    site: Site,
    conflict: ConflictRecord,
    resolution: Resolution,
    model: SchemaModel,
    *,
    name: str | None,
    delete_objects: int | None,
) -> Operation[SchemaModel]:
    """Take one way out; what has to change in Assets is changed before the model is returned."""
    resolved = apply(conflict, resolution, model, name=name, delete_objects=delete_objects)
    if resolution is Resolution.RENAME_EXISTING:
        yield from _rename(site, conflict, name or conflict.suggested_name(resolution, model))
    elif resolution is Resolution.DELETE_EXISTING:
        yield from _delete(site, conflict)
    return resolved


def _rename(site: Site, conflict: ConflictRecord, name: str) -> Operation[None]:
    checked = schemas.checked_name(name)
    try:
        yield from ask_assets(
            site, lambda base: wire.update_object_type(base, conflict.existing.id, {"name": checked})
        )
    except ValidationError as error:
        raise ResolutionNotPossibleError(
            f"The object type “{conflict.name}” cannot be renamed to “{checked}”.",
            cause="Assets certainly refuses this name.",
            remedies=("You: choose a name that no object type of the schema has, with name=….",),
            **error.place(),
        ) from None
    except NotFoundError as error:
        raise _gone(conflict, error) from None


def _gone(conflict: ConflictRecord, error: NotFoundError) -> ResolutionNotPossibleError:
    return ResolutionNotPossibleError(
        f"The object type “{conflict.name}” is gone from Assets, or hidden from this account.",
        cause="Somebody else has probably deleted it since the conflict was found.",
        remedies=("You: find the conflicts again; this one may have solved itself.",),
        **error.place(),
    )


def _delete(site: Site, conflict: ConflictRecord) -> Operation[None]:
    """Delete the existing type, if it still holds as many objects as when the conflict was found."""
    try:
        response = yield from ask_assets(
            site, lambda base: wire.count_objects(base, f"objectTypeId = {conflict.existing.id}")
        )
        count = wire.read_total(response)
        if count != (conflict.object_count or 0):
            raise ResolutionNotPossibleError(
                f"The object type “{conflict.name}” was not deleted: it now holds {count} objects instead of "
                f"{conflict.object_count or 0}.",
                remedies=("You: find the conflicts again and look at what was added.",),
            )
        yield from ask_assets(site, lambda base: wire.delete_object_type(base, conflict.existing.id))
    except NotFoundError:
        return  # somebody else has deleted it
    except (TransportError, ServiceUnavailableError) as unknown:
        try:
            yield from ask_assets(site, lambda base: wire.get_object_type(base, conflict.existing.id))
        except NotFoundError:
            return
        raise unknown from None
