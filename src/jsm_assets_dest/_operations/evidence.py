"""Evidence of the guard: which objects exist, read before a run is started.

The object types come from the mapping in Assets, not from the caller's model, because an import can remove objects of every
mapped type. For each object type, the best available evidence is used:

1. The objects in Assets, read through the connection's account. Child types without a mapping are included, because it is not
   documented whether an import removes their objects.
2. The last confirmed run in the journal.
3. Nothing. Then the guard rejects the run. An empty list that was read completely is evidence; a failed request is not.

If Assets filters the records of a type, no evidence counts, because only Assets can evaluate the filter. It is one of the settings of
the import. If the account can't read them, only the counts of the last execution show a filter.

A list can be too short without an error, because roles filter it, and because a search finds imported objects only after a delay.
So it is compared with the objects of the journal, the counts of the object types, and those of the last execution. Objects that
only a count contains can reject a run, but not permit it. After a cancelled execution, Assets no longer returns the counts of the
execution before.

An import that starts changes nothing in Assets before it is completed. So a process that takes over an execution can read the
evidence again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from attrs import evolve, frozen

from .._assets.import_sources import ImportedType, ImportSource
from .._assets.object_types import Attribute, ObjectType, Status
from .._http.commands import Operation
from .._imports.comparison import Comparison
from .._imports.counts import count_text
from .._imports.execution import RunEvidence
from .._imports.execution_results import ObjectTypeStatus, read_execution_status
from .._imports.identities import MappedAttribute, MappedType, paths_of
from .._imports.journal import Journal
from .._model.document_contents import (
    AttributeContents,
    Contents,
    MappingContents,
    ObjectTypeContents,
    read_contents,
)
from .._model.names import same_name, with_name
from .._model.references import names_quoted_in, uses_like
from .._session.call import call
from .._wire import import_requests as wire
from .._wire.import_requests import ImportLinks
from .._wire.object_requests import LARGEST_PAGE
from ..exceptions import AssetsError
from . import import_tokens as tokens
from . import object_schemas as schemas
from .building import current_document
from .import_tokens import ImportTarget
from .object_selection import Selection, with_descendants
from .objects import PAGE_SIZE, ObjectReading


@frozen
class Choices:
    """Choices of the attributes of an object schema.

    Attributes:
        definitions: Attributes of all object types.
        statuses: Statuses of the object schema, and those that all object schemas share.
        parents: Id of the parent by id of the object type.
    """

    definitions: Sequence[Attribute]
    statuses: Sequence[Status]
    parents: Mapping[str, str | None]

    def of(self, mapped: MappedType, attribute: MappedAttribute) -> Mapping[str, str] | None:
        """Return the stored forms of the choices of an attribute; None if it takes any value, or if they are unknown."""
        if attribute.type not in {"select", "status"}:
            return None
        definition = self._definition(mapped, attribute)
        if definition is None:
            return None
        if attribute.type == "select":
            options = [option.strip() for option in definition.options.split(",")]
            return {option: option for option in options if option}
        allowed = [
            status
            for status in self.statuses
            if not definition.status_ids or status.id in definition.status_ids
        ]
        names = {status.name.casefold(): status.name.casefold() for status in allowed}
        return names | {status.id: status.name.casefold() for status in allowed}

    def _definition(self, mapped: MappedType, attribute: MappedAttribute) -> Attribute | None:
        # A child type inherits attributes of its parents.
        type_id: str | None = mapped.object_type_ids[0] if mapped.object_type_ids else None
        while type_id:
            for definition in self.definitions:
                if definition.object_type_id == type_id and same_name(definition.name, attribute.name):
                    return definition
            type_id = self.parents.get(type_id)
        return None


_log = logging.getLogger("jsm_assets_dest.import")


def read_evidence(
    target: ImportTarget, links: ImportLinks, journal: Journal | None, *, compares_values: bool = False
) -> Operation[RunEvidence]:
    """Read which objects exist.

    Args:
        target: The import.
        links: Links of its token.
        journal: Journal of earlier runs, or None.
        compares_values: True to read the values of objects, so that changed objects can be found.
    """
    current = read_contents((yield from current_document(target, links)))
    source, types, unreadable = yield from _read_types(target, links)
    reports = yield from _last_reports(target, links)
    mapped_types = _with_unknown_filters(_mapped_types(current, source, types), source, reports)
    if compares_values:
        mapped_types = yield from _with_choices(target, source, types, mapped_types)
    comparison = Comparison(
        mapped_types,
        import_source_id=links.import_source_id,
        compares_values=compares_values,
        stores_digests=journal is not None,
    )
    if types is not None:
        unreadable = yield from _read_objects(
            target, comparison, mapped_types, compares_values=compares_values
        )
    if journal is not None:
        _read_journal(comparison, journal, links.import_source_id)
    last_counts = {
        name: report.created + report.updated + report.unchanged for name, report in reports.items()
    }
    _note_counts(comparison, types or (), last_counts)
    return RunEvidence(comparison, source, unreadable, last_counts)


def read_mapped_types(
    target: ImportTarget, links: ImportLinks
) -> Operation[tuple[list[MappedType], AssetsError | None]]:
    """Read the object types that the import is mapped to, and why their ids could not be read, if so."""
    current = read_contents((yield from current_document(target, links)))
    source, types, unreadable = yield from _read_types(target, links)
    mapped_types = yield from _with_choices(target, source, types, _mapped_types(current, source, types))
    return mapped_types, unreadable


def _read_types(
    target: ImportTarget, links: ImportLinks
) -> Operation[tuple[ImportSource | None, tuple[ObjectType, ...] | None, AssetsError | None]]:
    """Read the settings of the import and the object types of its schema, if the account can."""
    source: ImportSource | None = None
    failure: AssetsError | None = None
    try:
        source = yield from tokens.source_of(target.site, links)
    except AssetsError as error:
        failure = error
    schema_id = tokens.schema_id_of(target, source)
    if not schema_id:
        return source, None, failure
    try:
        return source, (yield from schemas.object_types(target.site, schema_id)), None
    except AssetsError as error:
        return source, None, error


def _mapped_types(
    current: Contents, source: ImportSource | None, types: tuple[ObjectType, ...] | None
) -> list[MappedType]:
    settings = source.object_types if source is not None else ()
    mapped_types: list[MappedType] = []
    for object_type in current.object_types:
        if object_type.mapping is None:
            continue
        own = with_name(settings, object_type.name)
        mapped_types.append(
            MappedType(
                key=object_type.external_id or object_type.name,
                name=object_type.name,
                selector=object_type.mapping.selector,
                attributes=tuple(_mapped_attributes(current, object_type, object_type.mapping)),
                ignores_case=None if own is None else own.identifier_ignores_case,
                concatenator="" if source is None else source.concatenator,
                empty_values="" if source is None else source.handling("empty values", object_type.name),
                filter="" if own is None or own.filter is None else own.filter,
            )
        )
    if types is None:
        return mapped_types
    ids = {mapped.key: _id_of(mapped, settings, types) for mapped in mapped_types}
    owned = frozenset(ids.values())
    return [
        evolve(mapped, object_type_ids=tuple(with_descendants(ids[mapped.key], types, excluded=owned)))
        for mapped in mapped_types
    ]


def _with_unknown_filters(
    mapped_types: list[MappedType], source: ImportSource | None, reports: Mapping[str, ObjectTypeStatus]
) -> list[MappedType]:
    """Add the filters that Assets does not return, but that dropped records of the last execution."""
    settings = source.object_types if source is not None else ()
    unknown: dict[str, str] = {}
    for mapped in mapped_types:
        own, report = with_name(settings, mapped.name), reports.get(mapped.name.casefold())
        if (own is None or own.filter is None) and report is not None and report.filtered:
            dropped = count_text(report.filtered, "record")
            unknown[mapped.key] = f"that dropped {dropped} of the last execution"
    return [evolve(mapped, filter=unknown.get(mapped.key, mapped.filter)) for mapped in mapped_types]


def _id_of(mapped: MappedType, settings: Iterable[ImportedType], types: Iterable[ObjectType]) -> str:
    own = with_name(settings, mapped.name)
    if own is not None and own.object_type_id:
        return own.object_type_id
    existing = with_name(types, mapped.name)
    return "" if existing is None else existing.id


def _mapped_attributes(
    current: Contents, object_type: ObjectTypeContents, mapping: MappingContents
) -> Iterable[MappedAttribute]:
    by_id = {attribute.external_id or attribute.name: attribute for attribute in object_type.attributes}
    for attribute_id, entry in mapping.attributes.items():
        attribute = by_id.get(attribute_id) or object_type.find(attribute_id, attribute_id)
        target, is_compared = _target_of(current, attribute, entry.query)
        yield MappedAttribute(
            # An attribute that is not listed, such as the key, has no value that can be read.
            attribute.name if attribute is not None else "",
            attribute.type if attribute is not None else "text",
            paths_of(entry.locators),
            attribute is not None and attribute.maximum != 1,
            entry.is_identifier,
            attribute is not None and attribute.label,
            target,
            is_compared,
        )


def _target_of(current: Contents, attribute: AttributeContents | None, query: str) -> tuple[str, bool]:
    """Return the key of the object type that a reference points to, and False if only Assets can resolve it."""
    if attribute is None or not (attribute.target_external_id or attribute.target_name):
        return "", True
    target = current.with_external_id(attribute.target_external_id) or current.named(attribute.target_name)
    if target is None or target.mapping is None or uses_like(query):
        return "", False
    by_id = {definition.external_id or definition.name: definition.name for definition in target.attributes}
    identifiers = frozenset(by_id.get(identifier, identifier) for identifier in target.mapping.identifiers)
    is_simple = len(identifiers) == 1 and identifiers == names_quoted_in(query)
    return (target.external_id or target.name) if is_simple else "", is_simple


def _with_choices(
    target: ImportTarget,
    source: ImportSource | None,
    types: tuple[ObjectType, ...] | None,
    mapped_types: list[MappedType],
) -> Operation[list[MappedType]]:
    """Read the options of select attributes and the statuses, so that it is known which values the import ignores."""
    kinds = {attribute.type for mapped in mapped_types for attribute in mapped.attributes}
    if source is None or not types or not kinds & {"select", "status"}:
        return mapped_types
    schema_id = tokens.schema_id_of(target, source)
    statuses: tuple[Status, ...] = ()
    try:
        definitions = yield from schemas.attributes(target.site, schema_id)
        if "status" in kinds:
            statuses = yield from schemas.statuses(target.site, schema_id)
    except AssetsError as error:
        _log.warning("the options and statuses could not be read (%s)", error.code)
        return [evolve(mapped, has_unknown_choices=True) for mapped in mapped_types]
    choices = Choices(definitions, statuses, {object_type.id: object_type.parent_id for object_type in types})
    return [
        evolve(
            mapped,
            attributes=tuple(
                evolve(
                    attribute,
                    choices=choices.of(mapped, attribute),
                    ignores_others=source.handling("unknown values", mapped.name) == "IGNORE",
                )
                for attribute in mapped.attributes
            ),
        )
        for mapped in mapped_types
    ]


def _read_objects(
    target: ImportTarget, comparison: Comparison, mapped_types: Iterable[MappedType], *, compares_values: bool
) -> Operation[AssetsError | None]:
    """Read the objects of all mapped types; return the failure of the last reading that failed."""
    failure: AssetsError | None = None
    readable = [mapped for mapped in mapped_types if mapped.object_type_ids and mapped.is_identifiable]
    by_label = [mapped for mapped in readable if not compares_values and mapped.is_labeled_by_identifier]
    by_values = [mapped for mapped in readable if mapped not in by_label]
    for group, with_attributes in ((by_label, False), (by_values, True)):
        if group:
            error = yield from _read_group(target, comparison, group, with_attributes=with_attributes)
            failure = error or failure
    return failure


def _read_group(
    target: ImportTarget, comparison: Comparison, group: list[MappedType], *, with_attributes: bool
) -> Operation[AssetsError | None]:
    owners = {object_type_id: mapped.key for mapped in group for object_type_id in mapped.object_type_ids}
    reading = ObjectReading(
        site=target.site,
        selection=Selection.of_types(target.schema, owners),
        size=PAGE_SIZE if with_attributes else LARGEST_PAGE,
        grows=True,
        with_attributes=with_attributes,
    )
    try:
        while page := (yield from reading.next_page()):
            for mapped in group:
                comparison.add_objects(
                    mapped.key,
                    (asset for asset in page if owners.get(asset.object_type_id) == mapped.key),
                    by_label=not with_attributes,
                )
    except AssetsError as error:
        # Half a list is not evidence.
        for mapped in group:
            comparison.forget_objects(mapped.key)
        _log.warning("the objects could not be read (%s)", error.code)
        return error
    for mapped in group:
        comparison.evidence[mapped.key] = "assets"
    return None


def _read_journal(comparison: Comparison, journal: Journal, import_source: str) -> None:
    """Add what the journal knows: objects of types that could not be read, and objects that were already missing."""
    known_types = journal.confirmed_types(import_source)
    types = {mapped.key for mapped in comparison.types if mapped.key in known_types}
    unread = types.difference(comparison.evidence)
    if types:
        for key, known in groupby(journal.confirmed_objects(import_source), attrgetter("object_type")):
            if key in types:
                add = comparison.add_known if key in unread else comparison.check_known
                add(key, ((known_object.identifier, known_object.content) for known_object in known))
        comparison.evidence.update(dict.fromkeys(unread, "journal"))
    keys = {mapped.key for mapped in comparison.types}
    for absent in journal.missing_objects(import_source):
        if absent.object_type in keys:
            comparison.remember_missing(absent.object_type, (absent.identifier,))
    for unlisted in journal.accepted_unlisted(import_source):
        if unlisted.object_type in keys:
            comparison.accept_unlisted(unlisted.object_type, unlisted.number, unlisted.total)


def _note_counts(comparison: Comparison, types: Iterable[ObjectType], last_counts: Mapping[str, int]) -> None:
    """Note how many objects Assets counts, because a list without an error can be too short: roles filter it, and it lags."""
    of_types = {object_type.id: object_type.object_count or 0 for object_type in types}
    for mapped in comparison.types:
        comparison.note_count(
            mapped.key,
            max(
                sum(of_types.get(object_type_id, 0) for object_type_id in mapped.object_type_ids),
                last_counts.get(mapped.name.casefold(), 0),
            ),
        )


def _last_reports(target: ImportTarget, links: ImportLinks) -> Operation[dict[str, ObjectTypeStatus]]:
    """Return the reports of the last execution by lowercase name of the type; empty if they can't be read."""
    try:
        response = yield from call(target.site, wire.latest_execution_status(links, target.bearer))
    except AssetsError:
        return {}
    status = read_execution_status(response.json())
    return {report.name.casefold(): report for report in status.object_types}


def sent_only(target: ImportTarget, links: ImportLinks) -> Operation[Comparison]:
    """Return an empty comparison for the records of a run that is not compared with what exists, for the journal."""
    current = read_contents((yield from current_document(target, links)))
    return Comparison(_mapped_types(current, None, None), stores_digests=True)
