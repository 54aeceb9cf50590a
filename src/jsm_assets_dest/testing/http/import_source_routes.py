"""Import sources, their schedules, and the older way to start an import and to follow it."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

import datetime
from typing import cast

from ..world import imports
from ..world.clock import timestamp
from ..world.entities import ImportSource
from ..world.imports import with_created_query
from ..world.json_reading import ANY, STRING, JsonObject, JsonValue
from ..world.objects import policy_of
from ..world.rejections import bad_request, not_found
from .call import Body, Call, Routes
from .exchange import Response, empty_response, json_response
from .import_routes import IMPORT_PATH, SCOPE, import_source

ROUTES = Routes("assets", prefix=IMPORT_PATH, scope=SCOPE, accepts_import_token=True)
ACCOUNT_ROUTES = Routes("assets", scope=SCOPE)

_INTERVALS = ("ONCE", "DAILY", "WEEKLY", "MONTHLY")
_BODY = Body(
    required={"startTime": STRING},
    optional={"runInterval": STRING, "runFrequency": STRING, "timezone": STRING, "callbackUrl": ANY},
)
"""
The OpenAPI document has `runInterval`; sample code of the guide sends `runFrequency` and a time zone instead.
"""


def scheduled_details(source: ImportSource) -> JsonObject | None:
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
    text = call.text("startTime") or ""
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        start = timestamp(round(moment.timestamp() * 1000))
    except (ValueError, OverflowError):
        raise bad_request("startTime must be a date and time") from None
    if moment.timestamp() <= call.site.clock.time():
        raise bad_request("startTime must lie in the future")
    interval = call.text("runInterval") or call.text("runFrequency")
    if interval not in _INTERVALS:
        raise bad_request(f"runInterval must be one of {', '.join(_INTERVALS)}")
    return {"startTime": start, "runInterval": interval}


def _shown(schedule: JsonObject) -> JsonObject:
    return {name: value for name, value in schedule.items() if name != "callbackUrl"}


@ROUTES.operation("read schedule", "GET", "/schedule")
def read_schedule(call: Call) -> Response:
    source = import_source(call)
    link = f"{call.base}/importsource/{source.id}/importschedule"
    links: JsonObject = {"createSchedule": link}
    if source.schedule is not None:
        links["schedule"] = f"{link}/{source.schedule['id']}"
    return json_response({"links": links, "result": "success"})


@ROUTES.operation("create schedule", "POST", "/importschedule", body=_BODY)
def create_schedule(call: Call) -> Response:
    source = import_source(call)
    if source.schedule is not None:
        raise bad_request("The import source has a schedule already")
    now = timestamp(call.site.now())
    source.schedule = {
        "id": call.site.ids.uuid("schedule"),
        "importSourceId": source.id,
        **_checked(call),
        "created": now,
        "updated": now,
        "collectionId": source.collection_id,
        "callbackUrl": call.body.get("callbackUrl"),
    }
    return json_response(_shown(source.schedule))


def _schedule(call: Call) -> tuple[ImportSource, JsonObject]:
    source = import_source(call)
    schedule = source.schedule
    if schedule is None or schedule["id"] != call.parameters["scheduleId"]:
        raise not_found("ImportSchedule", call.parameters["scheduleId"])
    return source, schedule


_ONE = "/importschedule/{scheduleId}"


@ROUTES.operation("get schedule", "GET", _ONE)
def get_schedule(call: Call) -> Response:
    return json_response(_shown(_schedule(call)[1]))


@ROUTES.operation("update schedule", "PUT", _ONE, body=_BODY)
def update_schedule(call: Call) -> Response:
    _, schedule = _schedule(call)
    schedule.update(_checked(call))
    schedule["updated"] = timestamp(call.site.now())
    return json_response(_shown(schedule))


@ROUTES.operation("delete schedule", "DELETE", _ONE)
def delete_schedule(call: Call) -> Response:
    source, _ = _schedule(call)
    source.schedule = None
    return empty_response()


@ACCOUNT_ROUTES.operation(
    "start legacy import", "POST", "/import/start/{importSourceId}", body=Body(may_be_empty=True)
)
def start_legacy_import(call: Call) -> Response:
    source = import_source(call)
    progress: JsonObject = {
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
    source.legacy_progress = progress
    return json_response(progress)


@ACCOUNT_ROUTES.operation("read legacy import progress", "GET", "/progress/category/imports/{importSourceId}")
def read_legacy_import_progress(call: Call) -> Response:
    """Show the newest execution of an External import, or the started legacy import, as finished."""
    source = import_source(call)
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
        result = (
            with_created_query(call.site, runs[-1])
            if call.site.doubts.created_query_in
            else runs[-1].result or {}
        )
    return json_response(
        {
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
    )


# Import sources ---------------------------------------------------------------------------------------------


@ACCOUNT_ROUTES.operation("list import sources", "GET", "/importsource/objectschema/{schemaId}")
def list_import_sources(call: Call) -> Response:
    schema = call.schema("manage", "schemaId")
    documents: list[JsonValue] = [
        source_document(call, source)
        for source in call.site.import_sources.values()
        if source.schema_id == schema.id
    ]
    return json_response(documents)


@ROUTES.operation("get import source", "GET", "")
def get_import_source(call: Call) -> Response:
    return json_response(source_document(call, import_source(call)))


def source_document(call: Call, source: ImportSource) -> JsonObject:
    """Return an import source as the newest official document describes it."""
    site = call.site
    policies = {"ignore": "IGNORE", "remove": "REMOVE", "add": "ADD"}
    as_uuid = site.doubts.import_source_schema_as_uuid
    schema_id = f"00000000-0000-4000-8000-{source.schema_id:012d}" if as_uuid else str(source.schema_id)
    entries: list[JsonValue] = [
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
            cast(JsonObject, entry)[site.doubts.missing_objects_key] = {
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
        "scheduledImportDetails": scheduled_details(source),
    }
