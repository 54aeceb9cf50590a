"""Finds conflicts with existing object types, and carries out the resolutions that change Assets."""

from .._http.commands import Operation
from .._model.schema_model import SchemaModel
from .._plan.conflicts import ConflictRecord, Resolution, apply, find_conflicts
from .._session.site import Site
from .._session.workspace import ask_assets
from .._wire import schema_requests as wire
from .._wire.object_requests import count_objects, read_total
from ..exceptions import (
    NotFoundError,
    ResolutionNotPossibleError,
    ServiceUnavailableError,
    TransportError,
    ValidationError,
)
from . import object_schemas as schemas


def find(site: Site, schema_id: str, model: SchemaModel) -> Operation[tuple[ConflictRecord, ...]]:
    """Find the conflicts of a schema with a model.

    Object types that an earlier build of the model created are not conflicts. Only the documents of the schema's imports
    show that, so they are read as soon as something looks like a conflict.
    """
    existing = yield from schemas.existing(site, schema_id)
    conflicts = find_conflicts(model, existing)
    if not conflicts:
        return conflicts
    documents = [document for _, _, document in (yield from schemas.imports_of(site, schema_id))]
    return find_conflicts(model, existing, documents=documents) if documents else conflicts


def resolve(
    site: Site,
    conflict: ConflictRecord,
    resolution: Resolution | str,
    model: SchemaModel,
    *,
    name: str | None,
    delete_objects: int | None,
) -> Operation[SchemaModel]:
    """Carry out a resolution: change Assets if necessary, then return the model."""
    resolution = Resolution(resolution)
    resolved = apply(conflict, resolution, model, name=name, delete_objects=delete_objects)
    if resolution is Resolution.RENAME_EXISTING:
        yield from _rename(site, conflict, name or conflict.suggested_name(resolution, model))
    elif resolution is Resolution.DELETE_EXISTING:
        yield from _delete(site, conflict)
    return resolved


def _rename(site: Site, conflict: ConflictRecord, name: str) -> Operation[None]:
    checked = schemas.checked_name(name)
    try:
        yield from ask_assets(site, wire.update_object_type, conflict.existing.id, {"name": checked})
    except ValidationError as error:
        raise ResolutionNotPossibleError(
            f'Could not rename the object type "{conflict.name}" to "{checked}".',
            cause="Assets rejects this name.",
            remedies=("You: pass a name that no object type of the schema has, with name=….",),
            **error.place(),
        ) from None
    except NotFoundError as error:
        raise _gone(conflict, error) from None


def _gone(conflict: ConflictRecord, error: NotFoundError) -> ResolutionNotPossibleError:
    return ResolutionNotPossibleError(
        f'The object type "{conflict.name}" no longer exists, or this account can no longer see it.',
        cause="Another user has probably deleted it since the conflict was found.",
        remedies=("You: find the conflicts again. This one may be resolved.",),
        **error.place(),
    )


def _delete(site: Site, conflict: ConflictRecord) -> Operation[None]:
    """Delete the existing type if its number of objects has not changed since the conflict was found."""
    try:
        response = yield from ask_assets(site, count_objects, f"objectTypeId = {conflict.existing.id}")
        count = read_total(response)
        if count != (conflict.object_count or 0):
            raise ResolutionNotPossibleError(
                f'The object type "{conflict.name}" was not deleted: it now has {count} objects instead of '
                f"{conflict.object_count or 0}.",
                remedies=("You: find the conflicts again and check the new objects.",),
            )
        yield from ask_assets(site, wire.delete_object_type, conflict.existing.id)
    except NotFoundError:
        return  # another user has deleted it
    except (TransportError, ServiceUnavailableError) as unknown:
        try:
            yield from ask_assets(site, wire.get_object_type, conflict.existing.id)
        except NotFoundError:
            return
        raise unknown from None
