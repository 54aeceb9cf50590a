"""Import sources: their tokens, mappings, executions and schedules, and the older way to start an import."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

import datetime

from ..world import imports, mapping
from ..world.clock import timestamp
from ..world.entities import Execution, ImportSource
from ..world.json_reading import ANY, BOOLEAN, OBJECT, STRING, JsonObject, JsonValue
from ..world.mapping_document import schema_and_mapping
from ..world.objects import policy_of
from ..world.rejections import Rejection, bad_request, by_strictness, errors_body, not_found
from .call import WHOLE, WHOLE_BODY, Body, Call, Routes
from .exchange import Response
from .languages import translate

ROUTES = Routes(
    "assets",
    prefix="/importsource/{importSourceId}",
    scope="import:import-configuration:cmdb",
    accepts_import_token=True,
)
_ACCOUNT = ROUTES.group(prefix="", accepts_import_token=False)
_INFO = ROUTES.group(family="import info", prefix="", scope=None)

_DECLARE_404 = ("get import source", "record failed import")
"""
The operations for which the OpenAPI document declares a 404; for the others it declares a 400 only.
"""


def _import_source(call: Call) -> ImportSource:
    """Return the import source that an address names, if the caller may work on it.

    Raises:
        Rejection: 404 when it does not exist, 403 for callers who do not manage its schema.
    """
    identifier = call.parameters["importSourceId"]
    status = call.site.doubts.unknown_import_source_status
    declares_404 = call.operation.name in _DECLARE_404 or "schedule" in call.operation.name
    if identifier not in call.site.import_sources and status != 404 and not declares_404:
        raise Rejection(status, errors_body([f"The import source {identifier} does not exist"]))
    source = call.site.import_source(identifier)
    call.require(call.site.schemas[source.schema_id], "manage")
    return source


def _short_form(call: Call, spelling: str) -> str:
    """Return the short form of the base, which links of imports always use."""
    root = call.inbound.root if call.inbound.root is not None else "https://api.atlassian.com"
    return f"{root}/jsm/{spelling}/workspace/{call.site.workspace_id}/v1"


@_INFO.operation("read import info", "GET /v1/imports/info")
def read_import_info(call: Call) -> JsonValue:
    source = call.caller.source
    if source is None:
        raise AssertionError("only import tokens get here")
    link = f"{_short_form(call, 'assets')}/importsource/{source.id}"
    links = {"getStatus": f"{link}/configstatus", "start": f"{link}/executions", "mapping": f"{link}/mapping"}
    return {"links": links}


@ROUTES.operation("read import status", "GET /configstatus")
def read_import_status(call: Call) -> JsonValue:
    source = _import_source(call)
    document: JsonObject = {"status": imports.config_status(call.site, source)}
    running = imports.open_execution(call.site, source)
    if running is not None:
        links = _execution_links(call, source, running)
        document["links"] = {"cancel": links["cancel"], "getExecutionStatus": links["getExecutionStatus"]}
    return document


def _execution_links(call: Call, source: ImportSource, execution: Execution) -> JsonObject:
    base = _short_form(call, call.site.doubts.execution_link_spelling)
    link = f"{base}/importsource/{source.id}/executions/{execution.id}"
    return {
        "submitProgress": f"{link}/progress",
        "submitResults": f"{link}/data",
        "getExecutionStatus": f"{link}/status",
        "cancel": link,
    }


@ROUTES.operation("create import token", "POST /token", Body(may_be_empty=True))
def create_import_token(call: Call) -> JsonValue:
    source = _import_source(call)
    call.check_body()
    return {"token": imports.generate_token(call.site, source)}


# Mapping ----------------------------------------------------------------------------------------------------


@ROUTES.operation("submit mapping", "PUT /mapping", WHOLE_BODY, status=204)
@ROUTES.operation("update mapping", "PATCH /mapping", WHOLE_BODY, status=204)
def submit_mapping(call: Call) -> Response | None:
    partial = call.operation.method == "PATCH"
    source = _import_source(call)
    if call.flag("async") and (partial or call.site.doubts.mapping_put_is_asynchronous):
        progress = mapping.start_mapping(call.site, source, call.body[WHOLE], partial=partial)
        base = _short_form(call, "assets")
        location = f"{base}/importsource/{source.id}/mapping/progress/{progress.id}"
        return Response(status=303, headers={"Location": location})
    mapping.submit_mapping(call.site, source, call.body[WHOLE], partial=partial)
    return None


@ROUTES.operation("read mapping progress", "GET /mapping/progress/{resourceId}")
def read_mapping_progress(call: Call) -> JsonValue:
    source = _import_source(call)
    progress = call.site.mapping_progress.get(call.parameters["resourceId"])
    if progress is None or progress.source_id != source.id:
        raise bad_request(f"The progress {call.parameters['resourceId']} does not exist")
    if progress.result is None:
        return {"progressStatus": "IN_PROGRESS"}
    message = translate(progress.message or "", call.language)
    return {"progressStatus": "FINISHED", "result": progress.result, "resultMessage": message}


@ROUTES.operation("read mapping", "GET /schema-and-mapping")
def read_mapping(call: Call) -> JsonValue:
    return schema_and_mapping(call.site, _import_source(call))


# Executions -------------------------------------------------------------------------------------------------

_START = Body(optional={"scheduled": BOOLEAN}, may_be_empty=True)
_CHUNK = Body(optional={"data": OBJECT, "clientGeneratedId": STRING, "completed": BOOLEAN})
_PROGRESS = Body(optional={"steps": OBJECT, "objects": OBJECT})


@ROUTES.operation("start import", "POST /executions", _START)
def start_import(call: Call) -> JsonValue:
    source = _import_source(call)
    execution = imports.start_execution(
        call.site, source, account_id=call.account_id, scheduled=call.body.get("scheduled", False)
    )
    return {"links": _execution_links(call, source, execution), "result": "success"}


def _execution(call: Call) -> Execution:
    return imports.execution_of(call.site, _import_source(call), call.parameters["executionId"])


@ROUTES.operation("submit chunk", "POST /executions/{executionId}/data", _CHUNK)
def submit_chunk(call: Call) -> None:
    execution, body = _execution(call), call.body
    completed = body.get("completed", False)
    if "data" not in body and not completed:
        raise bad_request("The request needs data, or completed: true")
    imports.submit_chunk(
        call.site,
        execution,
        data=body.get("data"),
        chunk_id=body.get("clientGeneratedId"),
        completed=completed,
    )


@ROUTES.operation("submit progress", "PUT /executions/{executionId}/progress", _PROGRESS)
def submit_progress(call: Call) -> None:
    execution = _execution(call)
    if execution.status != "INGESTING":
        raise bad_request(f"The execution does not accept progress, its status is {execution.status}")
    for half, names in (("steps", {"total", "current", "description"}), ("objects", {"total", "processed"})):
        unknown = set(call.body.get(half, {})) - names
        if unknown and call.strict:
            raise by_strictness(bad_request(f"Unknown fields in {half}: {', '.join(sorted(unknown))}"))
    execution.progress = {**execution.progress, **call.body}


@ROUTES.operation("read execution status", "GET /executions/{executionId}/status")
def read_execution_status(call: Call) -> JsonValue:
    return imports.status_document(call.site, _execution(call))


@ROUTES.operation("read latest execution status", "GET /executions/status")
def read_latest_execution_status(call: Call) -> JsonValue:
    executions = imports.executions_of(call.site, _import_source(call))
    if not executions:
        raise bad_request("The import has not been executed")
    return imports.status_document(call.site, executions[-1])


@ROUTES.operation("cancel import", "DELETE /executions/{executionId}")
def cancel_import(call: Call) -> None:
    imports.cancel_execution(call.site, _execution(call))


@ROUTES.operation(
    "record failed import",
    "POST /executions/{executionId}/history/failed",
    Body(required={"failureReason": STRING}),
    status=204,
)
def record_failed_import(call: Call) -> None:
    source = _import_source(call)
    execution = call.site.executions.get(call.parameters["executionId"])
    if execution is None or execution.source_id != source.id:
        raise not_found("ImportExecution", call.parameters["executionId"])
    imports.record_failure(call.site, execution, call.body["failureReason"])


# Schedules --------------------------------------------------------------------------------------------------

_INTERVALS = ("ONCE", "DAILY", "WEEKLY", "MONTHLY")
_SCHEDULE = Body(
    required={"startTime": STRING},
    optional={"runInterval": STRING, "runFrequency": STRING, "timezone": STRING, "callbackUrl": ANY},
)
"""
The OpenAPI document has `runInterval`; sample code of the guide sends `runFrequency` and a time zone instead.
"""


def _scheduled_details(source: ImportSource) -> JsonObject | None:
    """Return the schedule as an import source shows it, with `runFrequency` in place of `runInterval`."""
    schedule = source.schedule
    if schedule is None:
        return None
    return {
        "importScheduleId": schedule["id"],
        "startTime": schedule["startTime"],
        "runFrequency": schedule["runInterval"],
        "nextScheduledTime": schedule["startTime"],
        "createdAt": schedule["created"],
    }


def _checked(call: Call) -> JsonObject:
    try:
        moment = datetime.datetime.fromisoformat(call.body["startTime"])
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        start = timestamp(round(moment.timestamp() * 1000))
    except (ValueError, OverflowError):
        raise bad_request("startTime must be a date and time") from None
    if moment.timestamp() <= call.site.clock.time():
        raise bad_request("startTime must lie in the future")
    interval = call.body.get("runInterval") or call.body.get("runFrequency")
    if interval not in _INTERVALS:
        raise bad_request(f"runInterval must be one of {', '.join(_INTERVALS)}")
    return {"startTime": start, "runInterval": interval}


def _shown(schedule: JsonObject) -> JsonObject:
    return {name: value for name, value in schedule.items() if name != "callbackUrl"}


@ROUTES.operation("read schedule", "GET /schedule")
def read_schedule(call: Call) -> JsonValue:
    source = _import_source(call)
    link = f"{call.address.prefix}/importsource/{source.id}/importschedule"
    links: JsonObject = {"createSchedule": link}
    if source.schedule is not None:
        links["schedule"] = f"{link}/{source.schedule['id']}"
    return {"links": links, "result": "success"}


@ROUTES.operation("create schedule", "POST /importschedule", _SCHEDULE)
def create_schedule(call: Call) -> JsonValue:
    source = _import_source(call)
    if source.schedule is not None:
        raise bad_request("The import source has a schedule already")
    checked = _checked(call)
    now = timestamp(call.site.now())
    source.schedule = {
        "id": call.site.ids.uuid("schedule"),
        "importSourceId": source.id,
        **checked,
        "created": now,
        "updated": now,
        "collectionId": source.collection_id,
        "callbackUrl": call.body.get("callbackUrl"),
    }
    return _shown(source.schedule)


def _schedule(call: Call) -> tuple[ImportSource, JsonObject]:
    source = _import_source(call)
    schedule = source.schedule
    if schedule is None or schedule["id"] != call.parameters["scheduleId"]:
        raise not_found("ImportSchedule", call.parameters["scheduleId"])
    return source, schedule


@ROUTES.operation("get schedule", "GET /importschedule/{scheduleId}")
def get_schedule(call: Call) -> JsonValue:
    return _shown(_schedule(call)[1])


@ROUTES.operation("update schedule", "PUT /importschedule/{scheduleId}", _SCHEDULE)
def update_schedule(call: Call) -> JsonValue:
    _, schedule = _schedule(call)
    schedule.update(_checked(call), updated=timestamp(call.site.now()))
    return _shown(schedule)


@ROUTES.operation("delete schedule", "DELETE /importschedule/{scheduleId}")
def delete_schedule(call: Call) -> None:
    source, _ = _schedule(call)
    source.schedule = None


# The older way to import ------------------------------------------------------------------------------------


@_ACCOUNT.operation("start legacy import", "POST /import/start/{importSourceId}", Body(may_be_empty=True))
def start_legacy_import(call: Call) -> JsonValue:
    source = _import_source(call)
    call.check_body()
    source.legacy_progress = {
        "progressInPercent": 0,
        "resourceId": source.id,
        "category": "imports",
        "status": "IN_PROGRESS",
        "stepDescription": "Placeholder",
        "currentStep": 1,
        "numberOfSteps": 6,
        "currentWorkUnits": 0,
        "currentWorkDescription": f"{source.module_key} import started...",
        "currentStepTotalWorkUnits": 0,
        "totalWorkUnits": 0,
        "actor": call.account_id,
        "startDate": timestamp(call.site.now()),
        "executionUUID": call.site.ids.uuid("legacy execution"),
    }
    return source.legacy_progress


@_ACCOUNT.operation("read legacy import progress", "GET /progress/category/imports/{importSourceId}")
def read_legacy_import_progress(call: Call) -> JsonValue:
    """Show the newest execution of an External import, or the started legacy import, as finished."""
    source = _import_source(call)
    runs = [run for run in imports.executions_of(call.site, source) if run.result is not None]
    if source.legacy_progress is None and not runs:
        raise not_found("Progress", source.id)
    now = timestamp(call.site.now())
    result: JsonObject = {
        "type": "IMPORT",
        "started": now,
        "ended": now,
        "objectSchemaId": str(source.schema_id),
        "result": "OK",
        "status": "FINISHED",
        "importSourceId": source.id,
        "populatedObjectTypes": [],
        "onlyExecutedForObjectTypes": [],
        "objectTypeResultMap": {},
        "errorCount": 0,
    }
    if runs:
        with_query = bool(call.site.doubts.created_query_in)
        result = imports.result_of(call.site, runs[-1], with_created_query=with_query)
    return {
        **(source.legacy_progress or {"resourceId": source.id, "category": "imports"}),
        "progressInPercent": 100,
        "status": "FINISHED",
        "stepDescription": "Updating references on objects",
        "currentStep": 6,
        "numberOfSteps": 6,
        "result": "OK",
        "resultData": {"moduleKey": source.module_key, **result},
        "resultMessage": "Import finished ok.",
        "finishedDate": now,
    }


# Import sources ---------------------------------------------------------------------------------------------


@_ACCOUNT.operation("list import sources", "GET /importsource/objectschema/{schemaId}")
def list_import_sources(call: Call) -> JsonValue:
    schema = call.schema("manage", "schemaId")
    sources = call.site.import_sources.values()
    return [_source_document(call, source) for source in sources if source.schema_id == schema.id]


@ROUTES.operation("get import source", "GET ")
def get_import_source(call: Call) -> JsonValue:
    return _source_document(call, _import_source(call))


def _source_document(call: Call, source: ImportSource) -> JsonObject:
    """Return an import source as the newest official document describes it."""
    site = call.site
    policies = {"ignore": "IGNORE", "remove": "REMOVE", "add": "ADD"}
    as_uuid = site.doubts.import_source_schema_as_uuid
    schema_id = f"00000000-0000-4000-8000-{source.schema_id:012d}" if as_uuid else str(source.schema_id)
    entries: list[JsonObject] = [
        {
            "id": f"{source.id[:8]}-{type_id}",
            "parentImportSourceOTId": None,
            "importSourceId": source.id,
            "objectType": {"id": str(type_id), "name": site.types[type_id].name},
            "selectorQlQuery": source.filters.get(type_id),
            "selector": mapping["selector"],
            "emptyValues": policies[source.empty_values],
            "unknownValues": policies[source.unknown_values],
            "description": mapping["description"],
            "matchIdentifierIgnoreCase": site.doubts.identifiers_ignore_case,
        }
        for type_id, mapping in source.mappings.items()
    ]
    if site.doubts.missing_objects_key:
        for type_id, entry in zip(source.mappings, entries, strict=True):
            policy = policy_of(source, type_id)
            entry[site.doubts.missing_objects_key] = {
                "missingObjectsType": str(policy["policy"]).upper(),
                "thresholdType": str(policy["unit"]).upper(),
                "threshold": policy["threshold"],
            }
    return {
        "id": source.id,
        "collectionId": source.collection_id,
        "name": source.name,
        "created": timestamp(source.created),
        "updated": timestamp(source.updated),
        "description": None,
        "objectSchemaId": schema_id,
        "importSourceModuleKey": source.module_key,
        "defaultConcatenator": source.concatenator,
        "defaultHandleEmptyValues": policies[source.empty_values],
        "defaultHandleUnknownValues": policies[source.unknown_values],
        "importStatus": {
            "configurationStatusType": "ENABLED" if source.enabled else "DISABLED",
            "validationStatusType": "VALID" if source.has_mapping else "INVALID_CONFIGURATION",
            "reasonForInvalidity": {},
        },
        "importSpecificConfiguration": "{}",
        "importSourceOTEntries": entries,
        "tokenGenerated": bool(source.token),
        "url": None,
        "isImportSourceSchedulingEnabled": source.schedule is not None,
        "importExecutionType": "SCHEDULED" if source.schedule is not None else "MANUAL",
        "scheduledImportDetails": _scheduled_details(source),
    }
