"""External imports: tokens, links, mapping, executions."""

# ruff: noqa: D103  # the name of its operation describes a handler
from __future__ import annotations

from typing import cast

from ..world import imports, mapping
from ..world.entities import Execution, ImportSource
from ..world.json_reading import BOOLEAN, OBJECT, STRING, JsonObject
from ..world.mapping_document import schema_and_mapping
from ..world.rejections import Rejection, bad_request, by_strictness, errors_body, not_found
from .call import WHOLE_BODY, Body, Call, Routes
from .exchange import Response, empty_response, json_response
from .languages import translate

SCOPE = "import:import-configuration:cmdb"
IMPORT_PATH = "/importsource/{importSourceId}"

ROUTES = Routes("assets", prefix=IMPORT_PATH, scope=SCOPE, accepts_import_token=True)
INFO_ROUTES = Routes("import info", accepts_import_token=True)

_DECLARE_404 = ("get import source", "record failed import")
"""
The operations for which the OpenAPI document declares a 404; for the others it declares a 400 only.
"""


def import_source(call: Call) -> ImportSource:
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


@INFO_ROUTES.operation("read import info", "GET", "/v1/imports/info")
def read_import_info(call: Call) -> Response:
    source = call.caller.source
    if source is None:
        raise AssertionError("only import tokens get here")
    link = f"{_short_form(call, 'assets')}/importsource/{source.id}"
    return json_response(
        {
            "links": {
                "getStatus": f"{link}/configstatus",
                "start": f"{link}/executions",
                "mapping": f"{link}/mapping",
            }
        }
    )


@ROUTES.operation("read import status", "GET", "/configstatus")
def read_import_status(call: Call) -> Response:
    source = import_source(call)
    document: JsonObject = {"status": imports.config_status(call.site, source)}
    running = imports.open_execution(call.site, source)
    if running is not None:
        links = _execution_links(call, source, running)
        document["links"] = {"cancel": links["cancel"], "getExecutionStatus": links["getExecutionStatus"]}
    return json_response(document)


def _execution_links(call: Call, source: ImportSource, execution: Execution) -> JsonObject:
    base = _short_form(call, call.site.doubts.execution_link_spelling)
    link = f"{base}/importsource/{source.id}/executions/{execution.id}"
    return {
        "submitProgress": f"{link}/progress",
        "submitResults": f"{link}/data",
        "getExecutionStatus": f"{link}/status",
        "cancel": link,
    }


# Mapping ----------------------------------------------------------------------------------------------------


@ROUTES.operation("submit mapping", "PUT", "/mapping", body=WHOLE_BODY)
@ROUTES.operation("update mapping", "PATCH", "/mapping", body=WHOLE_BODY)
def submit_mapping(call: Call) -> Response:
    partial = call.operation.method == "PATCH"
    source = import_source(call)
    if call.flag("async") and (partial or call.site.doubts.mapping_put_is_asynchronous):
        progress = mapping.start_mapping(call.site, source, call.whole_body, partial=partial)
        base = _short_form(call, "assets")
        location = f"{base}/importsource/{source.id}/mapping/progress/{progress.id}"
        return empty_response(303, {"Location": location})
    mapping.submit_mapping(call.site, source, call.whole_body, partial=partial)
    return empty_response(204)


@ROUTES.operation("read mapping progress", "GET", "/mapping/progress/{resourceId}")
def read_mapping_progress(call: Call) -> Response:
    source = import_source(call)
    progress = call.site.mapping_progress.get(call.parameters["resourceId"])
    if progress is None or progress.source_id != source.id:
        raise bad_request(f"There is no progress {call.parameters['resourceId']}")
    if progress.result is None:
        return json_response({"progressStatus": "IN_PROGRESS"})
    message = translate(progress.message or "", call.language)
    return json_response({"progressStatus": "FINISHED", "result": progress.result, "resultMessage": message})


@ROUTES.operation("read mapping", "GET", "/schema-and-mapping")
def read_mapping(call: Call) -> Response:
    return json_response(schema_and_mapping(call.site, import_source(call)))


# Executions -------------------------------------------------------------------------------------------------


@ROUTES.operation(
    "start import", "POST", "/executions", body=Body(optional={"scheduled": BOOLEAN}, may_be_empty=True)
)
def start_import(call: Call) -> Response:
    source = import_source(call)
    execution = imports.start_execution(
        call.site, source, account_id=call.account_id, scheduled=call.boolean("scheduled") or False
    )
    return json_response({"links": _execution_links(call, source, execution), "result": "success"})


def _execution(call: Call) -> Execution:
    return imports.execution_of(call.site, import_source(call), call.parameters["executionId"])


@ROUTES.operation(
    "submit chunk",
    "POST",
    "/executions/{executionId}/data",
    body=Body(optional={"data": OBJECT, "clientGeneratedId": STRING, "completed": BOOLEAN}),
)
def submit_chunk(call: Call) -> Response:
    execution = _execution(call)
    completed = call.boolean("completed") or False
    if "data" not in call.body and not completed:
        raise bad_request("The request needs data, or completed: true")
    imports.submit_chunk(
        call.site,
        execution,
        data=call.body.get("data"),
        chunk_id=call.text("clientGeneratedId"),
        completed=completed,
    )
    return empty_response()


@ROUTES.operation(
    "submit progress",
    "PUT",
    "/executions/{executionId}/progress",
    body=Body(optional={"steps": OBJECT, "objects": OBJECT}),
)
def submit_progress(call: Call) -> Response:
    execution = _execution(call)
    if execution.status != "INGESTING":
        raise bad_request(f"The execution does not accept progress, its status is {execution.status}")
    for half, names in (("steps", {"total", "current", "description"}), ("objects", {"total", "processed"})):
        unknown = set(cast(JsonObject, call.body.get(half, {}))) - names
        if unknown and call.strict:
            raise by_strictness(bad_request(f"Unknown fields in {half}: {', '.join(sorted(unknown))}"))
    execution.progress = {**execution.progress, **call.body}
    return empty_response()


@ROUTES.operation("read execution status", "GET", "/executions/{executionId}/status")
def read_execution_status(call: Call) -> Response:
    return json_response(imports.status_document(call.site, _execution(call)))


@ROUTES.operation("read latest execution status", "GET", "/executions/status")
def read_latest_execution_status(call: Call) -> Response:
    source = import_source(call)
    return json_response(imports.status_document(call.site, imports.latest_execution(call.site, source)))


@ROUTES.operation("cancel import", "DELETE", "/executions/{executionId}")
def cancel_import(call: Call) -> Response:
    imports.cancel_execution(call.site, _execution(call))
    return empty_response()


@ROUTES.operation(
    "record failed import",
    "POST",
    "/executions/{executionId}/history/failed",
    body=Body(required={"failureReason": STRING}),
)
def record_failed_import(call: Call) -> Response:
    source = import_source(call)
    execution = call.site.executions.get(call.parameters["executionId"])
    if execution is None or execution.source_id != source.id:
        raise not_found("ImportExecution", call.parameters["executionId"])
    imports.record_failure(call.site, execution, call.text("failureReason") or "")
    return empty_response(204)


@ROUTES.operation("create import token", "POST", "/token", body=Body(may_be_empty=True))
def create_import_token(call: Call) -> Response:
    return json_response({"token": imports.generate_token(call.site, import_source(call))})
