"""Turning the submitted data of an execution into objects.

Targets before references: plain values of all entries are written first, then references are looked up by the query
of the mapping, so the order of chunks and of types does not matter, and types may refer to each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from attrs import define, field

from .aql_parsing import InvalidQuery, Query, parse
from .aql_search import Search
from .clock import import_timestamp
from .entities import AssetObject, Attribute, AttributeType, DefaultType, Execution, ImportSource, ObjectType
from .json_reading import JsonObject, JsonValue
from .mapping_document import mapped_attribute
from .objects import insert_object, store_values, treat_missing, value_problem
from .site import Site
from .values import BadValue, normalise, options_of

_DRAFT = -1
"""
Id of the object that an entry is while its filter is evaluated.
"""

LONGEST_ERROR_LIST = 100
"""
How many messages a result names per object type; the count goes on.
"""


@define
class MappedAttribute:
    """One attribute of a mapping, ready for use."""

    attribute: Attribute
    locators: list[str]
    paths: list[list[str]]
    external_id_part: bool
    query: Query | None


@define
class Staged:
    """An object that this execution created or found again, with what is still to be done to it."""

    asset: AssetObject
    entry: Mapping[str, JsonValue]
    created: bool
    changed: bool


@define
class TypeRun:
    """The processing of one object type mapping, and its counters."""

    object_type: ObjectType
    selector: str
    attributes: list[MappedAttribute]
    filter: Query | None = None
    staged: list[Staged] = field(factory=list)
    unresolved: list[Staged] = field(factory=list)
    seen: dict[tuple[str, ...], Staged | None] = field(factory=dict)
    present: set[int] = field(factory=set)
    entries: int = 0
    duplicates: int = 0
    empty_labels: int = 0
    empty_external_ids: int = 0
    filtered: int = 0
    missing_updated: int = 0
    missing_deleted: int = 0
    references_updated: int = 0
    error_count: int = 0
    errors: list[str] = field(factory=list)

    def error(self, text: str) -> None:
        """Count an entry that could not be imported unchanged."""
        self.error_count += 1
        if len(self.errors) < LONGEST_ERROR_LIST:
            self.errors.append(text)


def process(site: Site, source: ImportSource, execution: Execution) -> JsonObject:
    """Write the data of an execution into the site.

    Returns:
        The `progressResult` of its status.
    """
    runs = [_run(site, source, type_mapping, mapping) for type_mapping, mapping in source.mappings.items()]
    importer = _Importer(site, source, execution)
    per_chunk = site.doubts.references_resolved_per_chunk
    for chunks in [[chunk] for chunk in execution.chunks] if per_chunk else [execution.chunks]:
        for run in runs:
            for chunk in chunks:
                for entry in entries_at(chunk, run.selector.split(".") if run.selector else []):
                    run.entries += 1
                    importer.stage(run, entry)
        search = Search(site)
        for run in runs:
            importer.resolve(run, search)
    for run in runs:
        if run.entries or not site.doubts.type_without_entries_is_skipped:
            run.missing_deleted, run.missing_updated, errors = treat_missing(
                site, source, run.object_type, run.present, execution.account_id
            )
            for text in errors:
                run.error(text)
    execution.created = {
        str(run.object_type.id): [staged.asset.id for staged in run.staged if staged.created] for run in runs
    }
    if site.doubts.search_lag_seconds or site.doubts.count_lag_seconds:
        created = {object_id for object_ids in execution.created.values() for object_id in object_ids}
        site.fresh_objects.append((site.now(), created))
    took = round(site.import_seconds * 1000)
    return _result(site, source, execution, runs, took)


def _run(site: Site, source: ImportSource, type_id: int, mapping: JsonObject) -> TypeRun:
    object_type = site.types[type_id]
    attributes = []
    for attribute_mapping in cast("list[JsonObject]", mapping.get("attributesMapping", [])):
        attribute = mapped_attribute(site, object_type, attribute_mapping)
        part = attribute_mapping.get("externalIdPart") is True
        if attribute is None or (attribute.system and not part):
            continue
        locators = [str(locator) for locator in cast("list[str]", attribute_mapping["attributeLocators"])]
        text = attribute_mapping.get("objectMappingIQL")
        query = parse(text) if isinstance(text, str) and text.strip() else None
        paths = [locator.split(".") for locator in locators]
        attributes.append(MappedAttribute(attribute, locators, paths, part, query))
    condition = source.filters.get(type_id)
    return TypeRun(
        object_type, str(mapping["selector"]), attributes, None if condition is None else parse(condition)
    )


def entries_at(value: JsonValue, path: Sequence[str]) -> Iterator[Mapping[str, JsonValue]]:
    """Yield the entries that a selector matches. Arrays along the path are walked."""
    if isinstance(value, list):
        for item in value:
            yield from entries_at(item, path)
    elif isinstance(value, Mapping):
        if path:
            if path[0] in value:
                yield from entries_at(value[path[0]], path[1:])
        else:
            yield value


def texts_at(value: JsonValue, path: Sequence[str]) -> list[str]:
    """Return the values that a locator matches in an entry, as strings, without empty ones."""
    if isinstance(value, list):
        return [text for item in value for text in texts_at(item, path)]
    if isinstance(value, Mapping):
        if not path:
            return [json.dumps(value, ensure_ascii=False)]
        # A key may itself contain a dot; the whole rest of the path is tried first.
        whole = ".".join(path)
        if whole in value:
            return texts_at(value[whole], [])
        return texts_at(value.get(path[0]), path[1:])
    if path or value is None or value == "":
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(value)]


class _Importer:
    def __init__(self, site: Site, source: ImportSource, execution: Execution) -> None:
        self._site = site
        self._source = source
        self._account_id = execution.account_id
        self._by_external_id: dict[int, dict[tuple[str, ...], AssetObject]] = {}

    def _known(self, run: TypeRun) -> dict[tuple[str, ...], AssetObject]:
        """Return the existing objects of a type by the values of the external id attributes."""
        objects_by_key = self._by_external_id.get(run.object_type.id)
        if objects_by_key is None:
            objects_by_key = {}
            # None represents the external key itself. This runs for every existing object at every import.
            parts = [
                None if attribute.attribute.system else attribute.attribute.id
                for attribute in run.attributes
                if attribute.external_id_part
            ]
            objects = self._site.objects
            for identifier in run.object_type.object_ids:
                asset = objects[identifier]
                values = asset.values
                key = tuple(
                    [
                        (asset.external_key or "")
                        if part is None
                        else self._fold(",".join(values.get(part, ())))
                        for part in parts
                    ]
                )
                if any(key):
                    objects_by_key.setdefault(key, asset)
            self._by_external_id[run.object_type.id] = objects_by_key
        return objects_by_key

    def _fold(self, text: str) -> str:
        return text.lower() if self._site.doubts.identifiers_ignore_case else text

    def stage(self, run: TypeRun, entry: Mapping[str, JsonValue]) -> None:
        """Create or update one object with its plain values."""
        for failing in self._site.failing_objects:
            if failing.strikes(run.selector, dict(entry)):
                run.error(failing.message)
                return
        values: dict[int, list[str]] = {}
        key: list[str] = []
        problems: list[str] = []
        external_key: str | None = None
        label_is_empty = False
        for mapped in run.attributes:
            attribute = mapped.attribute
            if attribute.is_reference:
                continue
            texts = self._texts(mapped, entry)
            if attribute.system:
                external_key = self._fold(",".join(texts))
                key.append(external_key)
                continue
            if attribute.label and not texts:
                label_is_empty = True
            valid_values = []
            for text in texts:
                try:
                    value = self._normalise(attribute, text)
                except BadValue as problem:
                    problems.append(f"{attribute.name}: {problem}")
                    continue
                if value is not None:
                    valid_values.append(value)
            if mapped.external_id_part:
                key.append(self._fold(",".join(valid_values)))
            if valid_values or self._source.empty_values == "remove":
                values[attribute.id] = valid_values
        identity = tuple(key)
        if not any(identity):
            run.empty_external_ids += 1
            return
        if label_is_empty:
            run.empty_labels += 1
            return
        try:
            if not self._is_wanted(run, values):
                run.filtered += 1
                return
        except InvalidQuery as problem:
            run.error(f"{run.object_type.name}: {problem}")
            return
        if identity in run.seen:
            run.duplicates += 1
            earlier = run.seen[identity]
            if self._site.doubts.last_duplicate_wins and earlier is not None:
                changed = store_values(self._site, earlier.asset, values, account_id=self._account_id)
                earlier.changed = earlier.changed or bool(changed)
                earlier.entry = entry
            return
        run.seen[identity] = None
        asset = self._known(run).get(identity)
        if asset is not None:
            run.present.add(asset.id)
        identifier = ", ".join(text for text in key if text)
        problems.extend(self._count_problems(run, values, asset))
        if problems:
            run.error(f"{run.object_type.name} {identifier}: " + "; ".join(problems))
            return
        if asset is None:
            asset = insert_object(self._site, run.object_type, values, account_id=self._account_id)
            asset.external_key = external_key
            self._known(run)[identity] = asset
            run.present.add(asset.id)
            staged = Staged(asset, entry, created=True, changed=False)
        else:
            if self._site.doubts.imports_empty_unmapped_attributes:
                values |= self._unmapped_values(run, asset)
            changed = store_values(self._site, asset, values, account_id=self._account_id)
            if self._site.doubts.identical_objects_are_touched:
                asset.updated = self._site.now()
            staged = Staged(asset, entry, created=False, changed=bool(changed))
        run.staged.append(staged)
        run.unresolved.append(staged)
        run.seen[identity] = staged

    def _is_wanted(self, run: TypeRun, values: Mapping[int, list[str]]) -> bool:
        """Return True if the values of an entry match the filter of its type.

        The query is evaluated on the data before the import. References are not part of it: they are set later.
        """
        if run.filter is None:
            return True
        site, object_type = self._site, run.object_type
        draft = AssetObject(
            id=_DRAFT,
            type_id=object_type.id,
            schema_id=object_type.schema_id,
            created=site.now(),
            updated=site.now(),
            creator=self._account_id,
        )
        site.objects[_DRAFT] = draft
        try:
            for attribute_id, texts in values.items():
                site.set_values(draft, attribute_id, texts)
            return Search(site).fits(run.filter, _DRAFT)
        finally:
            for attribute_id in values:
                site.set_values(draft, attribute_id, [])
            del site.objects[_DRAFT]

    def _unmapped_values(self, run: TypeRun, asset: AssetObject) -> dict[int, list[str]]:
        """Return no values for the attributes of an object that the mapping does not fill."""
        mapped_ids = {mapped.attribute.id for mapped in run.attributes}
        system_ids = {
            attribute.id for attribute in self._site.attributes_of(run.object_type) if attribute.system
        }
        return {attribute_id: [] for attribute_id in asset.values.keys() - mapped_ids - system_ids}

    def _texts(self, mapped: MappedAttribute, entry: Mapping[str, JsonValue]) -> list[str]:
        """Return the strings for one attribute: separate for multiple values, joined otherwise."""
        texts = [text for path in mapped.paths for text in texts_at(cast(JsonValue, entry), path)]
        if len(texts) > 1 and not mapped.attribute.is_multiple:
            return [self._source.concatenator.join(texts)]
        return list(dict.fromkeys(texts)) if len(texts) > 1 else texts

    def _normalise(self, attribute: Attribute, text: str) -> str | None:
        unknown = self._source.unknown_values
        if attribute.type == AttributeType.DEFAULT and attribute.default_type == DefaultType.SELECT:
            options = options_of(attribute)
            if text not in options:
                if unknown != "add":
                    return None
                attribute.options = ",".join([*options, text])
        if attribute.type == AttributeType.STATUS:
            try:
                return normalise(self._site, attribute, text)
            except BadValue:
                if unknown != "add":
                    return None
                schema_id = self._site.types[attribute.type_id].schema_id
                status = self._site.add_status(text, 1, schema_id=schema_id)
                if attribute.type_value_multi:
                    attribute.type_value_multi.append(str(status.id))
                return str(status.id)
        return normalise(self._site, attribute, text)

    def _count_problems(
        self, run: TypeRun, values: Mapping[int, list[str]], asset: AssetObject | None
    ) -> Iterator[str]:
        for attribute in self._site.attributes_of(run.object_type):
            is_written = asset is None or attribute.id in values
            if is_written and not attribute.system and not attribute.is_reference:
                texts = values.get(attribute.id, ())
                problem = value_problem(self._site, run.object_type, attribute, texts, asset)
                if problem is not None:
                    yield problem

    # References ---------------------------------------------------------------------------------------------

    def resolve(self, run: TypeRun, search: Search) -> None:
        """Look up the references of all staged objects of a type."""
        references = [attribute for attribute in run.attributes if attribute.attribute.is_reference]
        unresolved, run.unresolved = run.unresolved, []
        if not references:
            return
        allowed = {mapped.attribute.id: self._site.target_types(mapped.attribute) for mapped in references}
        for staged in unresolved:
            values: dict[int, list[str]] = {}
            for mapped in references:
                attribute = mapped.attribute
                try:
                    targets = self._targets(mapped, staged.entry, search, allowed[attribute.id])
                except InvalidQuery as problem:
                    run.error(f"{attribute.name}: {problem}")
                    continue
                if attribute.maximum != -1 and len(targets) > attribute.maximum:
                    run.error(
                        f"{run.object_type.name} {self._site.label_of(staged.asset)}: {attribute.name} can only "
                        f"contain max {attribute.maximum} values, {len(targets)} were found"
                    )
                    continue
                if targets or self._source.empty_values == "remove":
                    values[attribute.id] = targets
            changed = store_values(
                self._site,
                staged.asset,
                values,
                account_id=self._account_id,
                with_history=not staged.created,
            )
            if changed:
                run.references_updated += 1
                staged.changed = True

    def _targets(
        self,
        mapped: MappedAttribute,
        entry: Mapping[str, JsonValue],
        search: Search,
        allowed: set[int],
    ) -> list[str]:
        texts = [texts_at(cast(JsonValue, entry), path) for path in mapped.paths]
        flat = [text for values in texts for text in values]
        if not flat:
            return []
        if mapped.query is None:
            # Without a query the values are names of objects (a guess).
            by_label = parse("label = ${name}")
            object_ids = [
                object_id for text in flat for object_id in search.matches(by_label, {"name": [text]})
            ]
        else:
            bindings = dict(zip(mapped.locators, texts, strict=True))
            whole = cast(JsonValue, entry)
            for name in mapped.query.placeholders:
                if name not in bindings:
                    bindings[name] = texts_at(whole, name.split("."))
            object_ids = search.matches(mapped.query, bindings)
        objects = self._site.objects
        return [
            str(object_id) for object_id in dict.fromkeys(object_ids) if objects[object_id].type_id in allowed
        ]


def _result(
    site: Site, source: ImportSource, execution: Execution, runs: Sequence[TypeRun], took: int
) -> JsonObject:
    total = sum(run.entries for run in runs)
    errors = sum(run.error_count for run in runs)
    failed = errors > 0 and site.doubts.import_errors_fail_result
    return {
        "type": "IMPORT",
        "id": execution.number,
        "started": import_timestamp(execution.started),
        "ended": import_timestamp(site.now()),
        "objectSchemaId": source.schema_id,
        "result": "FAILED" if failed else "OK",
        "status": "FINISHED",
        "infoMessage": "No data to import",
        "jobId": site.ids.uuid("job"),
        "importSourceId": source.id,
        "populatedObjectTypes": [run.object_type.name for run in runs if run.entries],
        "onlyExecutedForObjectTypes": [],
        "objectTypeResultMap": {str(run.object_type.id): _counters(run, took) for run in runs},
        "errorMessages": None,
        "errorCount": errors,
        "totalNumberEntriesInImport": total,
    }


def _counters(run: TypeRun, took: int) -> JsonObject:
    created = sum(staged.created for staged in run.staged)
    updated = sum(staged.changed and not staged.created for staged in run.staged)
    return {
        "id": None,
        "objectTypeName": run.object_type.name,
        "objectTypeId": run.object_type.id,
        "objectsUpdated": updated,
        "objectsCreated": created,
        "objectsIdentical": len(run.staged) - created - updated,
        "objectsMissingUpdated": run.missing_updated,
        "objectsMissingDeleted": run.missing_deleted,
        "entriesInSource": run.entries,
        "duplicateEnries": run.duplicates,
        "emptyLabelEntries": run.empty_labels,
        "emptyExternalIdEntries": run.empty_external_ids,
        "objectsFilteredWithQlQuery": run.filtered,
        "errorMessages": list(run.errors) or None,
        "errorCount": run.error_count,
        "readExternalDataTimeInMs": 0,
        "mapExternalDataTimeInMs": 0,
        "qlQueryFilteringTimeInMs": 0,
        "decidingActionsTimeInMs": 0,
        "writeInsightDataTimeInMs": took,
        "postFunctionTimeInMs": 0,
        "executionTimeInMs": took,
        "objectsWithUpdatedReferences": run.references_updated,
    }
