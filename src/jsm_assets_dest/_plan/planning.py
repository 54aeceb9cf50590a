"""Makes the plan of a build: match the model with what exists, write the wanted document, and compare the two documents.

The first mapping of an import source is sent as a whole, with PUT. Later, a PATCH contains only what changes.
"""

from collections.abc import Collection, Mapping, Sequence

from .._model.document_contents import read_contents
from .._model.mapping_document import keep_parts, write_document
from .._model.names import next_namespace
from .._model.schema_model import SchemaModel
from .._wire.json_reading import digest_of
from .build_plan import BuildPlanRecord, PlanItem, PlanKind, PlanSubject, Verb
from .compare import Comparison
from .matching import sent_model, take_over
from .other_imports import OtherImport, other_import_items, used_namespaces


def make_plan(
    model: SchemaModel,
    current_document: Mapping[str, object] | None,
    *,
    has_mapping: bool | None = None,
    known_statuses: Collection[str] = (),
    imported_types: Collection[str] = (),
    other_imports: Collection[OtherImport] = (),
    type_names: Mapping[str, str] | None = None,
) -> BuildPlanRecord:
    """Compare a model with what an import source has.

    Args:
        model: The wanted model.
        current_document: The response to `GET …/schema-and-mapping`, or None if nothing can be read.
        has_mapping: True if the status of the import source says that it has a mapping. By default, the document decides.
            The first mapping is sent as a whole with PUT; the service rejects a second PUT.
        known_statuses: The names of statuses that exist in the schema, if they were read.
        imported_types: The names of the object types that the last execution filled, if they were read.
        other_imports: The other imports of the site, if they were read.
        type_names: The names of the object types in Assets by their ids, if they were read.

    Raises:
        InvalidModelError: The model has errors, such as a mapped object type without an identifier.
    """
    model.check()
    current = read_contents(current_document)
    settled, matches = take_over(model, current)
    sent = sent_model(settled, matches, current)
    document = write_document(sent)
    wanted = read_contents(document)
    items = tuple(
        Comparison(settled, matches, wanted, current, known_statuses, imported_types, type_names).items()
    )
    suggestion = next_namespace(settled.namespace, used_namespaces(other_imports))
    items = (*other_import_items(settled, matches, other_imports, suggestion), *items)
    is_taken = any(item.subject is PlanSubject.NAMESPACE and item.path == settled.namespace for item in items)
    verb: Verb | None = None
    if not any(item.kind is PlanKind.IMPOSSIBLE for item in items):
        changes = [item for item in items if item.is_change]
        if not (current.has_mapping if has_mapping is None else has_mapping):
            verb = "PUT"
        elif changes:
            verb = "PATCH"
            keep_parts(
                document,
                settled,
                object_types=_paths(changes, PlanSubject.OBJECT_TYPE),
                attributes=_paths(changes, PlanSubject.ATTRIBUTE),
                mappings=_paths(changes, PlanSubject.MAPPING),
                icons=_paths(changes, PlanSubject.ICON),
                statuses=_paths(changes, PlanSubject.STATUS),
            )
    return BuildPlanRecord(
        items=items,
        model=settled,
        verb=verb,
        document=document if verb else None,
        current_digest=digest_of(current_document),
        model_digest=model.digest,
        suggested_namespace=suggestion if is_taken else "",
    )


def _paths(items: Sequence[PlanItem], subject: PlanSubject) -> set[str]:
    # An adopted attribute is not sent again: only its mapping changes.
    return {
        item.path
        for item in items
        if item.subject is subject and not (subject is PlanSubject.ATTRIBUTE and item.kind is PlanKind.ADOPT)
    }
