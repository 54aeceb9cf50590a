"""The status page of a served emulator: one plain page, without scripts and external resources."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Sequence
from html import escape
from typing import cast

from .emulated_site import EmulatedSite
from .handles import SeededObject, SeededType
from .http.exchange import HTML, Response, text_response
from .world.clock import timestamp
from .world.json_reading import JsonObject, JsonValue

SHOWN_REQUESTS = 40
SHOWN_OBJECTS = 4

_STYLE = importlib.resources.files("jsm_assets_dest.testing").joinpath("status_page.css").read_text("utf-8")


def status_document(emulator: EmulatedSite) -> JsonObject:
    """Return the content of the page as JSON, without tokens."""
    schemas: list[JsonValue] = [
        {
            "id": schema.id,
            "key": schema.key,
            "name": schema.name,
            "description": schema.description,
            "roles": {
                name: [_entry_name(emulator, entry) for entry in entries]
                for name, entries in schema.roles.items()
            },
            "objectTypes": [
                {
                    "id": object_type.id,
                    "name": object_type.name,
                    "parent": object_type.parent.name if object_type.parent is not None else None,
                    "attributes": _attribute_names(object_type),
                    "objectCount": len(object_type.objects),
                    "sample": _sample(object_type.objects),
                }
                for object_type in schema.object_types
            ],
        }
        for schema in emulator.object_schemas
    ]
    return {
        "site": emulator.site,
        "cloudId": emulator.cloud_id,
        "workspaceId": emulator.workspace_id,
        "time": timestamp(emulator.clock.milliseconds()),
        "strict": emulator.strict,
        "accounts": [
            {
                "email": account.email,
                "accountId": account.account_id,
                "admin": account.admin,
                "agent": account.agent,
            }
            for account in emulator.world.accounts.values()
        ],
        "objectSchemas": schemas,
        "importSources": [
            {"id": source.id, "name": source.name, "schema": source.schema.key, "status": source.status}
            for source in emulator.import_sources
        ],
        "executions": [
            {
                "id": execution.id,
                "importSource": execution.import_source_id,
                "status": execution.status,
                "counts": _counts(execution.result),
            }
            for execution in emulator.executions
        ],
        "requestCount": len(emulator.requests),
        "unusedFaults": list(emulator.faults.unused()),
    }


def _attribute_names(object_type: SeededType) -> list[str]:
    return [attribute.name for attribute in object_type.attributes if not attribute.system]


def _sample(objects: Sequence[SeededObject]) -> list[str]:
    return [f"{asset.key} {asset.label}" for asset in objects[:SHOWN_OBJECTS]]


def _entry_name(emulator: EmulatedSite, entry: str) -> str:
    account = emulator.world.accounts.get(entry)
    return account.email if account is not None else entry


def _counts(result: JsonObject | None) -> dict[str, JsonObject]:
    counts: dict[str, JsonObject] = {}
    for type_result in cast(JsonObject, (result or {}).get("objectTypeResultMap", {})).values():
        counters = cast(JsonObject, type_result)
        counts[str(counters["objectTypeName"])] = {
            "created": counters["objectsCreated"],
            "updated": counters["objectsUpdated"],
            "identical": counters["objectsIdentical"],
            "errors": counters["errorCount"],
        }
    return counts


def status_page(emulator: EmulatedSite) -> Response:
    """Return the page."""
    with emulator.locked():
        content = "".join((_facts(emulator), _schemas(emulator), _imports(emulator), _requests(emulator)))
    page = (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<title>Assets emulator</title>"
        f"<style>\n{_STYLE}</style></head><body>"
        "<h1>Assets emulator</h1>"
        "<p class='dim'>A site in a box: Jira, Jira Service Management and Assets, for tests and demonstrations. "
        "Nothing here is real. <a href='status.json'>As JSON</a></p>"
        f"{content}</body></html>\n"
    )
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return text_response(page, 200, HTML, headers)


def summary(emulator: EmulatedSite) -> str:
    """Return the state of the site as plain HTML for a notebook, without tokens."""
    with emulator.locked():
        rows = [
            (schema.key, schema.description, object_type.name, str(len(object_type.objects)))
            for schema in emulator.object_schemas
            for object_type in schema.object_types
        ]
        sources = [
            f"{source.name} of {source.schema.key}: {source.status}" for source in emulator.import_sources
        ]
    heads = "".join(f"<th>{name}</th>" for name in ("Schema", "Description", "Object type", "Objects"))
    cells = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f"<div>Emulated site {escape(emulator.site)}, {len(emulator.requests)} requests. "
        f"Import sources: {escape('; '.join(sources) or 'none')}</div>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{cells}</tbody></table>"
    )


def _facts(emulator: EmulatedSite) -> str:
    accounts = [
        escape(account.email)
        + (" <span class='tag'>Jira administrator</span>" if account.admin else "")
        + (" <span class='tag'>JSM agent</span>" if account.agent else "")
        for account in emulator.world.accounts.values()
    ]
    facts = (
        ("Represents", escape(emulator.site)),
        ("Its time", timestamp(emulator.clock.milliseconds())),
        ("Cloud id", _code(emulator.cloud_id)),
        ("Workspace id", _code(emulator.workspace_id)),
        ("Accounts", "<br>".join(accounts)),
    )
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts) + "</dl>"


def _schemas(emulator: EmulatedSite) -> str:
    schemas = emulator.object_schemas
    parts = ["<h2>Object schemas</h2>"]
    if not schemas:
        parts.append("<p class='dim'>None.</p>")
    for schema in schemas:
        types = schema.object_types
        objects = len(schema.objects)
        rows = [_type_row(object_type) for object_type in types]
        roles = "; ".join(
            f"{name.removeprefix('Object Schema ').lower()}: "
            + (", ".join(_entry_name(emulator, entry) for entry in entries) or "no one")
            for name, entries in schema.roles.items()
        )
        table = _table(("Object type", "Objects", "Attributes", "For example"), rows, "No object types yet.")
        described = f"<p>{escape(schema.description)}</p>" if schema.description else ""
        parts.append(
            f"<details{' open' if objects or len(schemas) == 1 else ''}><summary><b>{escape(schema.key)}</b> "
            f"{escape(schema.name)} <span class='dim'>{_number(len(types), 'object type')}, {_number(objects, 'object')}</span>"
            f"</summary>{described}<p class='dim'>Roles: {escape(roles)}</p>{table}</details>"
        )
    return "".join(parts)


def _type_row(object_type: SeededType) -> Sequence[str]:
    parent, objects = object_type.parent, object_type.objects
    below = f"<br><span class='dim'>below {escape(parent.name)}</span>" if parent is not None else ""
    return (
        escape(object_type.name) + below,
        f"<td class='number'>{len(objects)}</td>",
        escape(", ".join(_attribute_names(object_type))),
        escape(", ".join(_sample(objects))),
    )


def _number(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _imports(emulator: EmulatedSite) -> str:
    sources = emulator.import_sources
    names = {source.id: f"{source.name} ({source.schema.key})" for source in sources}
    source_rows = [
        (escape(source.name), _code(source.schema.key), _status(source.status), _code(source.id))
        for source in sources
    ]
    execution_rows = [
        (
            escape(names.get(execution.import_source_id, "a deleted import source")),
            _status(execution.status),
            "<br>".join(
                f"{escape(name)}: {counts['created']} created, {counts['updated']} updated, "
                f"{counts['identical']} identical, {counts['errors']} errors"
                for name, counts in _counts(execution.result).items()
            )
            or "<span class='dim'>nothing processed</span>",
        )
        for execution in reversed(emulator.executions)
    ]
    return (
        "<h2>Import sources</h2>"
        + _table(("Name", "Schema", "Status", "Id"), source_rows, "None.")
        + "<h2>Executions</h2>"
        + _table(("Import source", "Status", "Result"), execution_rows, "No imports yet.")
    )


def _requests(emulator: EmulatedSite) -> str:
    rows = [
        (
            _code(request.method),
            escape(request.operation),
            _code(request.path),
            _status(request.status) + (" <span class='tag'>planned fault</span>" if request.fault else ""),
        )
        for request in reversed(emulator.requests[-SHOWN_REQUESTS:])
    ]
    newest = f"<p class='dim'>The newest {len(rows)} of {len(emulator.requests)}.</p>" if rows else ""
    table = _table(("Method", "Operation", "Path", "Response"), rows, "No requests yet.")
    return f"<h2>Requests</h2>{newest}{table}"


def _code(value: object) -> str:
    return f"<code>{escape(str(value))}</code>"


def _status(status: int | str | None) -> str:
    if status is None:
        return "<span class='bad'>connection dropped</span>"
    bad = (isinstance(status, int) and status >= 400) or status in (
        "DISABLED",
        "CANCELLED",
        "MISSING_MAPPING",
    )
    good = (isinstance(status, int) and status < 400) or status in ("DONE", "IDLE")
    return f"<span class='{'bad' if bad else 'good' if good else 'dim'}'>{status}</span>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], nothing: str) -> str:
    body = "".join(
        "<tr>" + "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    if not body:
        return f"<p class='dim'>{nothing}</p>"
    head = "".join(
        f"<th class='number'>{name}</th>" if name == "Objects" else f"<th>{name}</th>" for name in heads
    )
    return f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
