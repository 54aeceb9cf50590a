"""The control interface of a served emulator, for clients that cannot call Python.

| Request | Effect |
|---|---|
| `GET /_emulator/` | the state, and this list |
| `POST /_emulator/importsource` | `{"schema": "OKT", "name": "Okta", "enabled": true, "missing_objects": "ignore"}`: create |
| `POST /_emulator/importsource/{id}/enable` | also `disable`, `token` (generate one) and `delete` |
| `POST /_emulator/importsource/{id}/missing_objects` | `{"policy": "remove", "type_name": "People", "threshold": 2}` |
| `POST /_emulator/faults` | `{"operation": "submit chunk", "status": 429, "retry_after": 2, "times": 1, "nth": 1}` |
| `DELETE /_emulator/faults` | remove all planned faults |
| `GET /_emulator/faults` | the faults that have not happened yet |
| `GET /_emulator/requests` | the received requests; `DELETE` removes them |
| `POST /_emulator/access/{switch}` | `ip_allowlist`, `remove_license`, …, `restore`; arguments as a JSON object |
| `POST /_emulator/clock` | `{"advance": 60}` |
| `POST /_emulator/save` | write the state file |
| `POST /_emulator/reset` | empty the site; `{"seed": "demo"}` or `"okta"` fills it again |
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import attrs

from .emulated_site import EmulatedSite
from .http.exchange import Inbound, ReceivedRequest, Response, json_response
from .http.fault import fault_from
from .import_handles import SeededImportSource
from .status_page import status_document, status_page
from .world.json_reading import JsonObject, JsonValue

SWITCHES = (
    "ip_allowlist",
    "remove_license",
    "revoke_admin",
    "disable_assets",
    "remove_schema_role",
    "revoke_token",
    "expire_oauth",
    "require_captcha",
    "remove_site",
    "suspend",
    "maintenance",
    "login_page",
    "restore",
)


class ControlError(Exception):
    """A request to the control interface is invalid."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Control:
    """Responds to requests that do not belong to the emulated site: the status page and the control interface.

    Args:
        emulator: the site.
        reset: empties the site and fills it with a seed.
    """

    def __init__(self, emulator: EmulatedSite, reset: Callable[[str], None]) -> None:
        self._emulator = emulator
        self._reset_site = reset
        self._routes: dict[tuple[str, str], Callable[[JsonObject], JsonValue]] = {
            ("GET", ""): self._overview,
            ("POST", "importsource"): self._add_import_source,
            ("GET", "faults"): self._unused_faults,
            ("POST", "faults"): self._plan_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "requests"): self._requests,
            ("DELETE", "requests"): self._clear_requests,
            ("POST", "clock"): self._move_clock,
            ("POST", "save"): self._save,
            ("POST", "reset"): self._reset,
        }

    def respond(self, inbound: Inbound) -> Response | None:
        """Respond to a request, or return None for the paths of the site itself."""
        path = inbound.path
        if path == "/" and inbound.method in ("GET", "HEAD"):
            return status_page(self._emulator)
        if path == "/status.json" and inbound.method == "GET":
            return json_response(status_document(self._emulator))
        if path == "/favicon.ico":
            return Response(status=404)
        if path != "/_emulator" and not path.startswith("/_emulator/"):
            return None
        try:
            with self._emulator.locked():
                return json_response(self._act(inbound))
        except ControlError as problem:
            return json_response({"error": str(problem)}, problem.status)
        except KeyError as problem:
            return json_response({"error": f"{problem.args[0]} is missing or unknown"}, 400)
        except (ValueError, TypeError) as problem:
            return json_response({"error": str(problem)}, 400)

    def _act(self, inbound: Inbound) -> JsonValue:
        rest = inbound.path.removeprefix("/_emulator").strip("/")
        body = self._body(inbound)
        route = self._routes.get((inbound.method, rest))
        if route is not None:
            return route(body)
        parts = rest.split("/")
        if inbound.method == "POST" and len(parts) == 3 and parts[0] == "importsource":
            return self._change_import_source(parts[1], parts[2], body)
        if inbound.method == "POST" and len(parts) == 2 and parts[0] == "access":
            return self._switch(parts[1], body)
        routes = [f"{method} /_emulator/{path}" for method, path in self._routes]
        raise ControlError(404, f"unknown; known are {', '.join(routes)}, POST /_emulator/access/<switch>")

    def _body(self, inbound: Inbound) -> JsonObject:
        if not inbound.body.strip():
            return {}
        value = json.loads(inbound.body)
        if not isinstance(value, dict):
            raise ControlError(400, "the body must be a JSON object")
        return value

    def _overview(self, _: JsonObject) -> JsonValue:
        return {"state": status_document(self._emulator), "help": __doc__}

    # Import sources -----------------------------------------------------------------------------------------

    def _add_import_source(self, body: JsonObject) -> JsonValue:
        options = dict(body)
        schema = str(options.pop("schema"))
        name = str(options.pop("name", "Okta"))
        source = self._emulator.add_import_source(schema, name, **cast("dict[str, Any]", options))
        return self._source(source)

    def _source(self, source: SeededImportSource) -> JsonObject:
        return {
            "id": source.id,
            "name": source.name,
            "schema": source.schema.key,
            "status": source.status,
            "token": source.token,
        }

    def _change_import_source(self, identifier: str, change: str, body: JsonObject) -> JsonValue:
        sources = {source.id: source for source in self._emulator.import_sources}
        if identifier not in sources:
            raise ControlError(404, f"there is no import source {identifier}")
        source = sources[identifier]
        if change == "missing_objects":
            source.set_missing_objects(**cast("dict[str, Any]", body))
            return self._source(source)
        changes = {
            "enable": source.enable,
            "disable": source.disable,
            "token": source.generate_token,
            "delete": source.delete,
        }
        if change not in changes:
            raise ControlError(404, f"{change!r} is not one of {', '.join(changes)}")
        changes[change]()
        return {"id": identifier, "deleted": True} if change == "delete" else self._source(source)

    # Faults and access --------------------------------------------------------------------------------------

    def _unused_faults(self, _: JsonObject) -> JsonValue:
        return {"unused": list(self._emulator.faults.unused()), "happened": self._emulator.faults.happened}

    def _plan_fault(self, body: JsonObject) -> JsonValue:
        fields: dict[str, Any] = dict(body)
        operation = str(fields.pop("operation"))
        times, nth = fields.pop("times", 1), fields.pop("nth", 1)
        self._emulator.faults.add(operation, fault_from(fields), times=times, nth=nth)
        return self._unused_faults(body)

    def _clear_faults(self, body: JsonObject) -> JsonValue:
        self._emulator.faults.clear()
        return self._unused_faults(body)

    def _switch(self, name: str, body: JsonObject) -> JsonValue:
        if name not in SWITCHES:
            raise ControlError(404, f"{name!r} is not one of {', '.join(SWITCHES)}")
        getattr(self._emulator.access, name)(**body)
        return {"switched": name}

    # The rest -----------------------------------------------------------------------------------------------

    def _requests(self, _: JsonObject) -> JsonValue:
        return [_shown(request) for request in self._emulator.requests]

    def _clear_requests(self, _: JsonObject) -> JsonValue:
        self._emulator.requests.clear()
        return []

    def _move_clock(self, body: JsonObject) -> JsonValue:
        self._emulator.clock.advance(float(cast(float, body["advance"])))
        self._emulator.settle()
        return {"time": self._emulator.clock.time()}

    def _save(self, _: JsonObject) -> JsonValue:
        self._emulator.save()
        return {"saved": True}

    def _reset(self, body: JsonObject) -> JsonValue:
        self._reset_site(str(body.get("seed", "empty")))
        return status_document(self._emulator)


def _shown(request: ReceivedRequest) -> JsonObject:
    shown = attrs.asdict(request, filter=attrs.filters.exclude("parameters", "size"))
    return {**shown, "body": request.body.decode("utf-8", "replace")}
