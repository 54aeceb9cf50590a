"""Reads the schema and mapping of External imports with the account's credentials.

Listing imports is undocumented, and reading them needs another scope than the import token has. Without them, a conflict or a
plan is less exact, which is better than an error.
"""

from collections.abc import Mapping

from .._http.commands import Operation
from .._plan.other_imports import OtherImport
from .._session.site import Site
from .._session.workspace import Builder, ask_assets
from .._wire import schema_requests as wire
from .._wire.json_reading import read_object
from ..exceptions import ApiError, HtmlResponseError, MalformedAnswerError
from . import object_schemas as schemas

#: Errors of reads that make a plan more exact, but that it does not need.
UNREADABLE = (ApiError, MalformedAnswerError, HtmlResponseError)


def other_imports(site: Site, import_source_id: str) -> Operation[list[OtherImport]]:
    """Read the External imports of all object schemas that the account can see, except one."""
    others: list[OtherImport] = []
    try:
        listed = yield from schemas.list_all(site)
    except UNREADABLE:
        return others
    for schema in listed:
        imports = yield from imports_of(site, schema.id)
        is_neighbor = import_source_id in {source_id for source_id, _, _ in imports}
        others += [
            OtherImport(name, schema.key, is_neighbor, document)
            for source_id, name, document in imports
            if source_id != import_source_id
        ]
    return others


def imports_of(site: Site, schema_id: str) -> Operation[list[tuple[str, str, Mapping[str, object]]]]:
    """Read the External imports of an object schema: id, name, and document."""
    imports: list[tuple[str, str, Mapping[str, object]]] = []
    try:
        sources = yield from schemas.import_sources(site, schema_id)
    except UNREADABLE:
        return imports
    for source in sources:
        if source.is_external:
            try:
                response = yield from ask_assets(site, _document_builder(source.id))
                imports.append((source.id, source.name, read_object(response.json(), "a schema and mapping")))
            except UNREADABLE:
                continue
    return imports


def _document_builder(import_source_id: str) -> Builder:
    return lambda base: wire.read_mapping_document(base, import_source_id)
