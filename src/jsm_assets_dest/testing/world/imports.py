"""Import sources, which administrators create in the user interface, their tokens, and their executions.

Executions are `INGESTING`, then `PROCESSING`, then `DONE`; or `CANCELLED`.
"""

from __future__ import annotations

from typing import cast

from .clock import import_timestamp
from .entities import Execution, ImportSource
from .json_reading import JsonObject, JsonValue
from .objects import count_absences
from .processing import process
from .rejections import Rejection, bad_request, errors_body, import_conflict
from .site import Site


def generate_token(site: Site, source: ImportSource) -> str:
    """Generate a container token; the older one becomes invalid immediately."""
    source.token = site.ids.secret("ATCTT3x", "container token")
    source.token_valid_from = site.now() + round(site.doubts.fresh_token_seconds * 1000)
    source.updated = site.now()
    return source.token


def source_of_token(site: Site, secret: str) -> ImportSource | None:
    """Return the import source of a container token if the token is valid."""
    for source in site.import_sources.values():
        if source.token and source.token == secret:
            return source if site.now() >= source.token_valid_from else None
    return None


def executions_of(site: Site, source: ImportSource) -> list[Execution]:
    """Return the executions of a source, oldest first."""
    return [execution for execution in site.executions.values() if execution.source_id == source.id]


def open_execution(site: Site, source: ImportSource) -> Execution | None:
    """Return the running execution, if any."""
    executions = executions_of(site, source)
    return next((run for run in executions if run.status in ("INGESTING", "PROCESSING")), None)


def config_status(site: Site, source: ImportSource) -> str:
    """`IDLE`, `DISABLED`, `MISSING_MAPPING` or `RUNNING`."""
    if not source.enabled:
        return "DISABLED"
    if not source.has_mapping:
        return "MISSING_MAPPING"
    return "RUNNING" if open_execution(site, source) is not None else "IDLE"


LONGEST_FAILURE_REASON = 1024


def start_execution(
    site: Site, source: ImportSource, *, account_id: str = "", scheduled: bool = False
) -> Execution:
    """Start an execution, which accepts data. A source runs one execution at a time.

    Raises:
        Rejection: 409 with one of the documented codes.
    """
    if source.module_key != "rlabs-import-type-external":
        raise import_conflict("INVALID_IMPORT_MODULE_KEY")
    if not source.enabled:
        raise import_conflict("DISABLED")
    if not source.has_mapping:
        raise import_conflict("MISSING_MAPPING")
    if open_execution(site, source) is not None:
        raise import_conflict("IN_PROGRESS")
    execution = Execution(
        id=site.ids.uuid("execution"),
        number=site.ids.number("execution number"),
        source_id=source.id,
        status="INGESTING",
        started=site.now(),
        account_id=account_id,
        scheduled=scheduled,
    )
    site.executions[execution.id] = execution
    return execution


def execution_of(site: Site, source: ImportSource, identifier: str) -> Execution:
    """Return an execution of a source by id. An unknown one is a 400, the only declared error besides 401 and 500."""
    execution = site.executions.get(identifier)
    if execution is None or execution.source_id != source.id:
        raise bad_request(f"The execution {identifier} does not exist")
    return execution


def submit_chunk(
    site: Site,
    execution: Execution,
    *,
    data: JsonValue,
    chunk_id: str | None,
    completed: bool,
) -> None:
    """Accept data. The data of a repeated id is ignored, unless `Doubts` says otherwise."""
    if execution.status != "INGESTING":
        status = site.doubts.chunk_after_completed_status
        if status == 200:
            return
        text = f"The execution does not accept data, its status is {execution.status}"
        raise Rejection(status, errors_body([text]))
    is_repeated = chunk_id is not None and chunk_id in execution.chunk_ids
    if data is not None and (not is_repeated or site.doubts.repeated_chunk_counts):
        execution.chunks.append(data)
    if chunk_id is not None and chunk_id not in execution.chunk_ids:
        execution.chunk_ids[chunk_id] = None
    if completed:
        execution.status = "PROCESSING"
        execution.ready_at = site.clock.time() + site.import_seconds
        settle_executions(site)


def settle_executions(site: Site) -> None:
    """Process the executions that are due by the clock."""
    for execution in site.executions.values():
        if execution.status == "PROCESSING" and site.clock.time() >= (execution.ready_at or 0.0):
            source = site.import_sources[execution.source_id]
            execution.result = process(site, source, execution)
            execution.status = "DONE"
            execution.ended = site.now()
            execution.chunks = []


def cancel_execution(site: Site, execution: Execution) -> None:
    """Cancel. Unprocessed data is discarded; written objects stay (a guess)."""
    if execution.status not in ("INGESTING", "PROCESSING"):
        raise bad_request(f"The execution cannot be cancelled, its status is {execution.status}")
    _close(site, execution)
    if site.doubts.cancelled_run_counts:
        source = site.import_sources[execution.source_id]
        for type_id in source.mappings:
            count_absences(site, source, list(site.types[type_id].object_ids))


def record_failure(site: Site, execution: Execution, reason: str) -> None:
    """Close an open execution as failed."""
    if len(reason) > LONGEST_FAILURE_REASON:
        raise bad_request(f"failureReason must not be longer than {LONGEST_FAILURE_REASON} characters")
    if execution.status != "INGESTING":
        raise bad_request(f"The execution cannot be failed, its status is {execution.status}")
    _close(site, execution)
    execution.failure_reason = reason


def _close(site: Site, execution: Execution) -> None:
    execution.status = "CANCELLED"
    execution.chunks = []
    execution.ended = site.now()


def result_of(site: Site, execution: Execution, *, with_created_query: bool) -> JsonObject:
    """Return the result of an execution, if wanted with a query over the created objects of each type."""
    result = execution.result or {}
    if not with_created_query:
        return result
    counters: JsonObject = {}
    for type_id, counts in cast("dict[str, JsonObject]", result["objectTypeResultMap"]).items():
        created = [
            site.objects[number] for number in execution.created.get(type_id, ()) if number in site.objects
        ]
        keys = ", ".join(f'"{site.key_of(asset)}"' for asset in created)
        counters[type_id] = {**counts, "objectsCreatedQlQuery": f"Key IN ({keys})" if keys else None}
    return {**result, "objectTypeResultMap": counters}


def status_document(site: Site, execution: Execution) -> JsonObject:
    """Return the body of an execution's status."""
    document: JsonObject = {"status": execution.status, "executionId": execution.id}
    if execution.status == "DONE":
        in_status = site.doubts.created_query_in == "status"
        document["progressResult"] = result_of(site, execution, with_created_query=in_status)
    if execution.failure_reason is not None:
        source = site.import_sources[execution.source_id]
        document["progressResult"] = {
            "type": "IMPORT",
            "id": execution.number,
            "started": import_timestamp(execution.started),
            "ended": import_timestamp(execution.ended or execution.started),
            "objectSchemaId": source.schema_id,
            "result": "FAILED",
            "status": "FINISHED",
            "importSourceId": source.id,
            "errorMessages": [execution.failure_reason],
            "objectTypeResultMap": {},
            "totalNumberEntriesInImport": 0,
        }
    return document
