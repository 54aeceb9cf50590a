"""The questions that write with the import token of a throw-away import: mapping, execution, chunks, token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field

from .client import Credential, ProbeError, Reply, StoppedError
from .findings import PREFIX, Context, code, finish, form, waits

NAMESPACE = "jsm-probe/"
_ENTRY = f"{PREFIX} entry"
_SELECTOR = "probe_entries"
_TIED = 8
_DONE = ("DONE", "CANCELLED")


def ask_import(context: Context) -> None:
    """Send a mapping and an import, look at the result, and clean up."""
    schema_id = context.schema_id
    run = _open(context, schema_id)
    context.report("  Everything that the import created is deleted at the end; its mapping stays.")
    try:
        run.clean_up()
        _ask_mapping(run)
        _read_source(run)
        _ask_execution(run)
        _hold(run)
    finally:
        finish(context, run.clean_up)


@define
class _Import:
    """An import source, reached with its token."""

    context: Context
    schema_id: str
    links: Mapping[str, Any]
    type_id: str = ""
    attribute_ids: dict[str, str] = field(factory=dict)

    @property
    def path(self) -> str:
        """The path of the import source below the base of the account."""
        return "/importsource/" + str(self.links["mapping"]).split("/importsource/")[1].removesuffix(
            "/mapping"
        )

    def ask(self, operation: str, method: str, url: object, body: object = None) -> Reply:
        return self.context.ask(
            operation, method, str(url), self.context.options.import_credential, body=body
        )

    def clean_up(self) -> None:
        """Cancel the open execution, and delete the object types with their objects."""
        status = self.ask("read import status", "GET", self.links["getStatus"])
        cancel = status.get("links", "cancel")
        if cancel is not None:
            self.ask("cancel import", "DELETE", cancel)
        self.context.remove_own_types(self.schema_id)


def _open(context: Context, schema_id: str) -> _Import:
    """Check that the import belongs to the throw-away schema, and that nothing else uses it.

    Raises:
        ProbeError: the token is wrong, or the import is not a throw-away one.
    """
    credential = context.options.import_credential
    url = f"{context.options.gateway}/jsm/assets/v1/imports/info"
    info = context.ask("read import info", "GET", url, credential)
    links = info.get("links")
    if info.status != 200 or not isinstance(links, dict) or "/importsource/" not in str(links.get("mapping")):
        raise ProbeError(f"The import token was rejected: HTTP {info.status}.")
    run = _Import(context, schema_id, links)
    source = context.assets("get import source", "GET", run.path)
    named = source.get("objectSchemaId")
    if source.status == 200 and named is not None:
        context.findings.settle("import_source_schema_as_uuid", form(str(named)) == "uuid")
        if form(str(named)) == "number" and str(named) != schema_id:
            raise ProbeError("The import token belongs to an import of another object schema.")
        context.findings.answer(
            4, f"objectSchemaId of an import: {type(named).__name__} ({form(str(named))})"
        )
    status = run.ask("read import status", "GET", links["getStatus"])
    if status.get("status") == "DISABLED":
        raise ProbeError("The import is disabled. Enable it on its page in Assets.")
    if status.get("status") != "MISSING_MAPPING":
        _check_mapping_is_ours(run)
    return run


def _check_mapping_is_ours(run: _Import) -> None:
    url = str(run.links["mapping"]).removesuffix("/mapping") + "/schema-and-mapping"
    document = run.ask("read mapping", "GET", url)
    ids = [str(item.get("objectTypeExternalId")) for item in document.items("mapping", "objectTypeMappings")]
    if document.status != 200 or not all(identifier.startswith(NAMESPACE) for identifier in ids):
        raise ProbeError(
            "The import has a mapping that the probe did not write. --write needs a throw-away import."
        )


# Mapping ----------------------------------------------------------------------------------------------------


def _attribute(name: str, kind: str = "text", **more: object) -> dict[str, object]:
    described = {
        "externalId": f"{NAMESPACE}{name}",
        "name": f"{PREFIX} {name}",
        "description": "",
        "type": kind,
    }
    return {**described, **more}


def _located(name: str, *, shown_name: str = "", **more: object) -> dict[str, object]:
    return {
        "attributeExternalId": f"{NAMESPACE}{name}",
        "attributeName": shown_name or f"{PREFIX} {name}",
        "attributeLocators": [name],
        **more,
    }


def mapping_document(
    *, kind: str = "entry", with_identifier: bool = True, note_name: str = "", type_external_id: str = ""
) -> dict[str, Any]:
    """Return the schema-and-mapping document of the probe.

    Args:
        kind: the external id of the object type.
        with_identifier: False for a mapping without an `externalIdPart`.
        note_name: the name of an attribute beside its external id.
        type_external_id: the external id of the mapped type.
    """
    prefix = "" if kind == "entry" else f"{kind} "
    external_id = f"{NAMESPACE}{kind}"
    attributes = [_attribute(f"{prefix}identifier"), _attribute(f"{prefix}label", label=True)]
    mappings = [_located(f"{prefix}identifier", externalIdPart=with_identifier), _located(f"{prefix}label")]
    if kind == "entry":
        attributes += [
            _attribute("number", "integer"),
            _attribute("note"),
            _attribute(
                "link",
                "referenced_object",
                referenceObjectTypeName=_ENTRY,
                referenceObjectTypeExternalId=external_id,
            ),
        ]
        query = f'"{PREFIX} identifier" = ${{link}}'
        mappings += [
            _located("number"),
            _located("note", shown_name=note_name),
            _located("link", objectMappingIQL=query),
        ]
    described = {
        "externalId": external_id,
        "name": f"{PREFIX} {kind}",
        "description": "",
        "attributes": attributes,
    }
    mapped = {
        "objectTypeExternalId": type_external_id or external_id,
        "objectTypeName": f"{PREFIX} {kind}",
        "selector": _SELECTOR if kind == "entry" else f"probe_{kind}",
        "description": "",
        "attributesMapping": mappings,
    }
    return {
        "schema": {"objectSchema": {"name": PREFIX, "description": "", "objectTypes": [described]}},
        "mapping": {"objectTypeMappings": [mapped]},
    }


def _ask_mapping(run: _Import) -> None:
    findings, url = run.context.findings, run.links["mapping"]
    document = mapping_document()
    first = run.ask("submit mapping", "PUT", f"{url}?async=true", document)
    location = first.headers.get("location", "")
    if first.status == 409:
        name = "The import had a mapping already; use a new import."
        findings.skip("mapping_put_is_asynchronous", name)
        findings.skip("mapping_seconds", name)
    else:
        findings.settle_by_status("mapping_put_is_asynchronous", first.status, {303: True, 204: False})
        if first.status == 303:
            _await_mapping(run, location)
    second = run.ask("submit mapping", "PUT", url, document)
    findings.settle_by_status("repeated_mapping_put", second.status, {409: False, 204: True})
    patched = run.ask("update mapping", "PATCH", url, document)
    host = "none"
    if location:
        gateway = run.context.options.gateway
        host = "short form of the gateway" if location.startswith(f"{gateway}/jsm/") else "another address"
    findings.answer(
        7,
        f"first PUT {first.status}, second PUT {second.status}, PATCH {patched.status}; Location: {host}. "
        "Look at the import's page: is the setting for missing objects still the same?",
    )
    if patched.status >= 400:
        raise StoppedError(f"The mapping was rejected: HTTP {patched.status}.")
    _ask_wrong_mappings(run)


def _await_mapping(run: _Import, location: str) -> None:
    pending_at: float | None = None
    for passed in waits(run.context, 1, 2, 4, 8, 16):
        progress = run.ask("read mapping progress", "GET", location)
        if progress.get("progressStatus") == "FINISHED":
            run.context.findings.settle_seconds("mapping_seconds", pending_at, passed)
            return
        pending_at = passed
    raise StoppedError("The mapping took longer than half a minute.")


def _ask_wrong_mappings(run: _Import) -> None:
    findings, url = run.context.findings, run.links["mapping"]
    rejected = {400: True, 204: False}
    without = mapping_document(kind="extra", with_identifier=False)
    reply = run.ask("update mapping", "PATCH", url, without)
    findings.settle_by_status("mapping_needs_external_id_part", reply.status, rejected)
    renamed = mapping_document(note_name=f"{PREFIX} note".upper())
    reply = run.ask("update mapping", "PATCH", url, renamed)
    findings.settle_by_status("mapping_names_must_match", reply.status, rejected)
    unknown = mapping_document(type_external_id=f"{NAMESPACE}unknown")
    reply = run.ask("update mapping", "PATCH", url, unknown)
    codes = [code(item.get("code")) for item in reply.items("dataValidationErrors")]
    findings.settle("unknown_external_id_code", codes[0] if codes else "")


def _read_source(run: _Import) -> None:
    """Look for a setting for missing objects in the import source."""
    source = run.context.assets("get import source", "GET", run.path)
    keys = [key for item in source.items("importSourceOTEntries") for key in item]
    if not keys:
        return
    names = [key for key in keys if "missing" in key.lower() or "threshold" in key.lower()]
    run.context.findings.settle("missing_objects_key", names[0] if names else "")


# Executions -------------------------------------------------------------------------------------------------


def entries() -> Iterator[dict[str, str]]:
    """Yield the entries of the first chunk: ties, duplicates, another letter case, a bad number, a later target."""
    yield {"identifier": "t0", "label": "Tie", "note": "same", "link": "later"}
    for number in range(1, _TIED):
        yield {"identifier": f"t{number}", "label": "Tie", "note": "same"}
    yield {"identifier": "twice", "label": "Twice", "note": "first"}
    yield {"identifier": "twice", "label": "Twice", "note": "last"}
    yield {"identifier": "Case", "label": "Case"}
    yield {"identifier": "case", "label": "Case"}
    yield {"identifier": "bad", "label": "Bad", "number": "no number"}


def _chunk(*records: Mapping[str, str], identifier: str, completed: bool = False) -> dict[str, object]:
    return {"data": {_SELECTOR: list(records)}, "clientGeneratedId": identifier, "completed": completed}


def _start(run: _Import) -> Mapping[str, Any]:
    started = run.ask("start import", "POST", run.links["start"])
    links = started.get("links")
    if started.status != 200 or not isinstance(links, dict):
        raise StoppedError(f"The import could not be started: HTTP {started.status}.")
    return links


def _ask_execution(run: _Import) -> None:
    findings = run.context.findings
    links = _start(run)
    submit = links.get("submitResults")
    findings.settle("execution_link_spelling", "insight" if "/jsm/insight/" in str(submit) else "assets")
    usable = all(run.context.client.is_trusted(link) for link in links.values())
    second = run.ask("start import", "POST", run.links["start"])
    run.ask("submit chunk", "POST", submit, _chunk(*entries(), identifier="1"))
    again = run.ask(
        "submit chunk", "POST", submit, _chunk({"identifier": "again", "label": "Again"}, identifier="1")
    )
    later = {"identifier": "later", "label": "Later"}
    run.ask("submit chunk", "POST", submit, _chunk(later, identifier="2", completed=True))
    late = run.ask(
        "submit chunk", "POST", submit, _chunk({"identifier": "late", "label": "Late"}, identifier="3")
    )
    findings.settle("chunk_after_completed_status", late.status)
    states, status = _await_end(run, links)
    findings.answer(8, f"links usable as they are: {'yes' if usable else 'no, another origin'}")
    findings.answer(
        8, f"execution id in the status: {'yes' if status.get('executionId') is not None else 'no'}"
    )
    findings.answer(
        10, f"second start: {second.status} {code(second.get('errorCode'))}; states: {', '.join(states)}"
    )
    created = _read_result(run, status)
    objects = _await_objects(run, created)
    _read_objects(run, objects)
    repeated = "counted" if findings.switches.get("repeated_chunk_counts") else "ignored"
    findings.answer(9, f"repeated id: {again.status}, data {repeated}; after completed: {late.status}")
    _ask_created_query(run, status)
    _ask_identical(run, objects)
    _ask_order(run)


def _await_end(run: _Import, links: Mapping[str, Any]) -> tuple[list[str], Reply]:
    states: list[str] = []
    for _ in waits(run.context, 1, 2, 4, 8, 16, 30):
        status = run.ask("read execution status", "GET", links.get("getExecutionStatus"))
        state = code(status.get("status"))
        if not states or states[-1] != state:
            states.append(state)
        if state in _DONE:
            return states, status
    raise StoppedError("The import took longer than a minute.")


def _type_results(status: Reply) -> list[Mapping[str, Any]]:
    results = status.get("progressResult", "objectTypeResultMap")
    return [item for item in results.values() if isinstance(item, dict)] if isinstance(results, dict) else []


def _read_result(run: _Import, status: Reply) -> int:
    """Read the counters, and return the number of created objects."""
    results = _type_results(status)
    failed = any(item.get("errorCount") or item.get("errorMessages") for item in results)
    if failed:
        is_failure = status.get("progressResult", "result") == "FAILED"
        run.context.findings.settle("import_errors_fail_result", is_failure)
    else:
        run.context.findings.skip("import_errors_fail_result", "The site reported no error for a bad number.")
    return sum(int(item.get("objectsCreated") or 0) for item in results)


def _await_objects(run: _Import, count: int) -> list[Mapping[str, Any]]:
    """Wait until the count and the search have all created objects, and return them."""
    context = run.context
    begin = context.client.monotonic()
    types = context.own_types(run.schema_id)
    run.type_id = next((str(item["id"]) for item in types if item.get("name") == _ENTRY), "0")
    query = f"objectTypeId = {run.type_id}"
    pending_at: dict[str, float | None] = {"count_lag_seconds": None, "search_lag_seconds": None}
    objects: list[Any] = []
    for _ in waits(context, 2, 4, 8, 16):
        passed = context.client.monotonic() - begin
        visible: dict[str, bool] = {}
        if "count_lag_seconds" in pending_at:
            total = context.assets("count objects", "POST", "/object/aql/totalcount", {"qlQuery": query})
            visible["count_lag_seconds"] = total.get("totalCount") == count
        if "search_lag_seconds" in pending_at:
            page = context.search(f"{query} order by Key asc", startAt=0, maxResults=100)
            objects = page.items("values")
            visible["search_lag_seconds"] = len(objects) == count
            for attribute in page.items("objectTypeAttributes"):
                run.attribute_ids[str(attribute.get("name"))] = str(attribute.get("id"))
        for switch, is_visible in visible.items():
            if is_visible:
                context.findings.settle_seconds(switch, pending_at.pop(switch), passed)
            else:
                pending_at[switch] = passed
        if not pending_at:
            return objects
    raise StoppedError("The imported objects were not visible within half a minute.")


def _texts(run: _Import, item: Mapping[str, Any], name: str) -> list[str]:
    identifier = run.attribute_ids.get(f"{PREFIX} {name}")
    for attribute in item.get("attributes") or []:
        if str(attribute.get("objectTypeAttributeId")) == identifier:
            values = attribute.get("objectAttributeValues") or []
            return [str(value.get("value") or value.get("searchValue") or "") for value in values]
    return []


def _read_objects(run: _Import, objects: list[Mapping[str, Any]]) -> None:
    findings = run.context.findings
    by_identifier = {"".join(_texts(run, item, "identifier")): item for item in objects}
    if not {"t0", "twice", "later"} <= set(by_identifier):
        return
    findings.settle("repeated_chunk_counts", "again" in by_identifier)
    findings.settle("identifiers_ignore_case", not {"Case", "case"} <= set(by_identifier))
    findings.settle("last_duplicate_wins", _texts(run, by_identifier["twice"], "note") == ["last"])
    findings.settle("references_resolved_per_chunk", not _texts(run, by_identifier["t0"], "link"))


def _ask_created_query(run: _Import, status: Reply) -> None:
    if any("objectsCreatedQlQuery" in item for item in _type_results(status)):
        run.context.findings.settle("created_query_in", "status")
        return
    source_id = run.path.rpartition("/")[2]
    reply = run.context.assets(
        "read legacy import progress", "GET", f"/progress/category/imports/{source_id}"
    )
    if reply.status != 200:
        run.context.findings.skip("created_query_in", f"The progress resource returned HTTP {reply.status}.")
        return
    results = reply.get("resultData", "objectTypeResultMap")
    items = list(results.values()) if isinstance(results, dict) else []
    is_present = any(isinstance(item, dict) and "objectsCreatedQlQuery" in item for item in items)
    run.context.findings.settle("created_query_in", "progress" if is_present else "")


def _ask_identical(run: _Import, objects: list[Mapping[str, Any]]) -> None:
    """Import an entry again, and compare the time of its last change."""
    before = next((item for item in objects if _texts(run, item, "identifier") == ["t1"]), None)
    if before is None:
        return
    run.context.client.sleep(1.0)
    links = _start(run)
    entry = {"identifier": "t1", "label": "Tie", "note": "same"}
    run.ask("submit chunk", "POST", links.get("submitResults"), _chunk(entry, identifier="1", completed=True))
    _await_end(run, links)
    after = run.context.assets("get object", "GET", f"/object/{before.get('id')}")
    if after.status == 200:
        touched = after.get("updated") != before.get("updated")
        run.context.findings.settle("identical_objects_are_touched", touched)


def _ask_order(run: _Import) -> None:
    """Compare the order of equal labels in two queries, then change a row between two pages of the second."""
    context = run.context
    conditions = (f"objectTypeId = {run.type_id}", f'"{PREFIX} label" = Tie')
    first = context.search(f"{' AND '.join(conditions)} order by label asc", startAt=0, maxResults=100)
    query = f"{' AND '.join(reversed(conditions))} order by label asc"
    second = context.search(query, startAt=0, maxResults=100)
    ids = [str(item.get("id")) for item in second.items("values")]
    if len(ids) != _TIED:
        return
    orders_differ = [str(item.get("id")) for item in first.items("values")] != ids
    context.findings.settle("ties_differ_between_queries", orders_differ)
    label_id = int(run.attribute_ids[f"{PREFIX} label"])
    value = {"objectTypeAttributeId": label_id, "objectAttributeValues": [{"value": "Moved"}]}
    body = {"objectTypeId": run.type_id, "attributes": [value]}
    moved = context.assets("update object", "PUT", f"/object/{ids[0]}", body)
    rest = context.search(query, startAt=2, maxResults=100)
    following = [str(item.get("id")) for item in rest.items("values")]
    if moved.status == 200 and following in (ids[2:], ids[3:]):
        context.findings.settle("search_snapshot", following == ids[2:])


def _hold(run: _Import) -> None:
    seconds = run.context.options.hold_seconds
    if not seconds:
        run.context.findings.answer(10, "how long an execution stays open was not asked (--hold)")
        return
    links = _start(run)
    run.context.client.sleep(seconds)
    status = run.ask("read execution status", "GET", links.get("getExecutionStatus"))
    run.context.findings.answer(10, f"open execution after {seconds:g} s: {code(status.get('status'))}")


# The token --------------------------------------------------------------------------------------------------


def ask_token(context: Context) -> None:
    """Replace the import token, and look when the new one works and the old one ends."""
    run = _open(context, context.schema_id)
    new = context.assets("create import token", "POST", f"{run.path}/token").get("token")
    if not isinstance(new, str):
        return
    url = f"{context.options.gateway}/jsm/assets/v1/imports/info"
    pending_at: float | None = None
    for passed in waits(context, 1, 2, 4, 8):
        if context.ask("read import info", "GET", url, Credential.bearer(new)).status == 200:
            context.findings.settle_seconds("fresh_token_seconds", pending_at, passed)
            old = context.ask("read import info", "GET", url, context.options.import_credential)
            context.findings.answer(
                8, f"a new token works within {passed:.1f} s; the old one then gets {old.status}"
            )
            return
        pending_at = passed
