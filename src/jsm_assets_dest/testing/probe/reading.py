"""The questions that only read."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from .client import Credential, ProbeError, Reply
from .findings import Context, form

HEADER = "x-aaccountid"
ENGLISH = {"Accept-Language": "en", "X-Force-Accept-Language": "true"}

#: Names of the bases of Assets in `Doubts`, and in verdicts.
BASES = {"short": "short", "ex_jira": "ex/jira", "site_gateway": "site gateway"}

_EXISTS = {200: True, 404: False}
_ENGLISH_WORDS = ("could not", "not found", "does not exist", "unknown")


def identify(context: Context) -> None:
    """Find the account, the workspace, and the bases that accept the account.

    Raises:
        ProbeError: one of them is missing, so nothing else can be asked.
    """
    site, account = context.options.site, context.options.account
    tenant = context.ask("read tenant info", "GET", f"{site}/_edge/tenant_info", None)
    expanded = f"{site}/rest/api/3/myself?expand=groups,applicationRoles"
    myself = context.ask("read myself", "GET", expanded, account)
    if myself.status != 200 or not myself.get("accountId"):
        raise ProbeError(
            f"The login was rejected: HTTP {myself.status}. Check the email address and the API token."
        )
    context.myself = myself.document
    permissions = context.ask(
        "read permissions", "GET", f"{site}/rest/api/3/mypermissions?permissions=ADMINISTER", account
    )
    workspaces = context.ask("find workspace", "GET", f"{site}/rest/servicedeskapi/assets/workspace", account)
    ids = [item["workspaceId"] for item in workspaces.items("values") if item.get("workspaceId")]
    if not ids:
        raise ProbeError(f"No Assets workspace was found: HTTP {workspaces.status}.")
    context.workspace_id = str(ids[0])
    _read_schemas(context, str(tenant.get("cloudId")))
    context.findings.settle("jsm_has_account_header", HEADER in workspaces.headers)
    named = {"myself": myself, "service desk": workspaces, "permissions": permissions}
    context.findings.answer(1, ", ".join(f"{name}: {_header_form(reply)}" for name, reply in named.items()))


def _header_form(reply: Reply) -> str:
    return form(reply.headers[HEADER]) if HEADER in reply.headers else "absent"


def _read_schemas(context: Context, cloud_id: str) -> None:
    options, findings = context.options, context.findings
    rest = f"/jsm/assets/workspace/{context.workspace_id}/v1"
    context.site_gateway = f"{options.site}/gateway/api{rest}"
    bases = {
        "short": f"{options.gateway}{rest}",
        "ex_jira": f"{options.gateway}/ex/jira/{cloud_id}{rest}",
        "site_gateway": context.site_gateway,
    }
    replies: dict[str, Reply] = {}
    for name, base in bases.items():
        replies[name] = context.ask(
            "list object schemas",
            "GET",
            f"{base}/objectschema/list?maxResults=200&includeCounts=true",
            options.account,
        )
        findings.settle_by_status(f"classic_token_on_{name}", replies[name].status, {200: True, 401: False})
    findings.answer(2, ", ".join(f"{BASES[name]}: {reply.status}" for name, reply in replies.items()))
    accepted = [name for name, reply in replies.items() if reply.status == 200]
    if not accepted:
        raise ProbeError("No base URL of Assets accepts the account.")
    context.base = bases[accepted[0]]
    reply = replies[accepted[0]]
    context.schemas = list(reply.items("values"))
    findings.settle("assets_has_account_header", HEADER in reply.headers)
    findings.settle("responses_compressed", reply.headers.get("content-encoding") == "gzip")
    if context.schemas:
        settled = any("crossSchemaReferencingAllowed" in schema for schema in context.schemas)
        findings.settle("reads_cross_schema_switch", settled)


def ask_lists(context: Context) -> None:
    """Read the lists of a schema and of the workspace."""
    findings, schema_id = context.findings, context.schema_id
    reply = context.assets("list object types", "GET", f"/objectschema/{schema_id}/objecttypes")
    entries = reply.items() or reply.items("entries")
    if reply.status == 200:
        findings.settle("object_types_in_entries", isinstance(reply.document, dict))
    parents = [item["parentObjectTypeId"] for item in entries if item.get("parentObjectTypeId") is not None]
    if parents:
        findings.settle("parent_id_as_number", not isinstance(parents[0], str))
    else:
        findings.skip("parent_id_as_number", "The object schema has no child types; --write creates one.")
    context.assets("list schema attributes", "GET", f"/objectschema/{schema_id}/attributes?extended=true")
    statuses = context.assets("list statuses", "GET", "/config/statustype")
    icons = context.assets("list icons", "GET", "/icon/global").items()
    if icons:
        findings.settle("icon_ids_as_uuid", form(str(icons[0].get("id"))) == "uuid")
    reference_types = context.assets(
        "list reference types", "GET", f"/objectschema/{schema_id}/referencetypes"
    )
    findings.settle_by_status("schema_reference_types_present", reference_types.status, _EXISTS)
    configuration = context.assets("read global configuration", "GET", "/global/config")
    findings.settle_by_status("global_config_present", configuration.status, _EXISTS)
    roles = context.ask(
        "list roles",
        "GET",
        f"{context.site_gateway}/config/role/objectschema/{schema_id}",
        context.options.account,
        keys_are_names=True,
    )
    findings.settle_by_status("roles_readable", roles.status, _EXISTS)
    findings.answer(
        3, f"see responses: {sum(len(shape['fields']) for shape in findings.responses.values())} fields"
    )
    identifiers = {"schema": context.schemas[0], "type": entries[0] if entries else {}}
    identifiers["status"] = next(iter(statuses.items()), {})
    texts = [f"{name}: {_id_form(item.get('id'))}" for name, item in identifiers.items()]
    findings.answer(4, ", ".join(texts))


def _id_form(identifier: object) -> str:
    if isinstance(identifier, str):
        return f"string ({form(identifier)})"
    return "none" if identifier is None else "number"


def ask_searches(context: Context) -> None:
    """Search objects in several ways."""
    findings = context.findings
    inside = f"objectSchemaId = {context.schema_id}"
    reply = context.search(f"{inside} order by Key asc", startAt=0, maxResults=500, includeAttributes=False)
    if reply.status != 200:
        return
    _read_page(context, reply)
    _read_key_order(context, reply)
    _ask_large_pages(context, inside, int(context.schema.get("objectCount") or 0))
    unknown = context.search(f'{inside} AND "{uuid.uuid4().hex}" = 1', maxResults=1)
    findings.settle_by_status("unknown_attribute_finds_nothing", unknown.status, {200: True, 400: False})
    longest = _largest_accepted(
        context, "longest_query", (20_000, 8_000, 2_000), lambda size: f'{inside} AND Key = "{"x" * size}"'
    )
    sizes = tuple(size for size in (1_000, 300, 100) if not longest or 3 * size < longest)
    _largest_accepted(context, "largest_in_list", sizes, lambda size: f"Key IN ({','.join(['x'] * size)})")


def _read_page(context: Context, reply: Reply) -> None:
    findings = context.findings
    page: Mapping[str, Any] = reply.document
    findings.settle("is_last_absent", "isLast" not in page)
    if "isLast" in page:
        findings.settle("is_last_as_text", isinstance(page["isLast"], str))
    else:
        findings.skip("is_last_as_text", "Searches have no isLast.")
    findings.settle("total_present", "total" in page)
    findings.settle("extra_page_fields", "hasMoreResults" in page or "totalFilterCount" in page)
    avatars = [item["avatar"] for item in reply.items("values") if isinstance(item.get("avatar"), dict)]
    if avatars:
        findings.settle("avatar_token", any("mediaClientConfig" in avatar for avatar in avatars))
    else:
        findings.skip("avatar_token", "The object schema has no objects.")


def _read_key_order(context: Context, reply: Reply) -> None:
    lengths = [len(str(item.get("objectKey"))) for item in reply.items("values")]
    if len(set(lengths)) > 1:
        context.findings.settle("order_by_key_as_text", lengths != sorted(lengths))
    else:
        context.findings.skip("order_by_key_as_text", "All keys of the object schema have the same length.")


def _ask_large_pages(context: Context, inside: str, count: int) -> None:
    """Ask for more than 1000 objects of a query that finds none, and for 1000 if there are more."""
    findings = context.findings
    reply = context.search(f"{inside} AND Key = x", maxResults=1001, includeAttributes=False)
    used = reply.get("maxResults")
    largest = 1000
    if reply.status == 400:
        findings.settle("larger_pages", "rejected")
    elif isinstance(used, int):
        findings.settle("larger_pages", "cut" if used < 1001 else "honored")
        largest = used
    if largest <= 1000:
        findings.settle("largest_page", largest)
    else:
        findings.skip("largest_page", "Pages of 1001 objects are accepted; more was not tried.")
    names = ("is_last_too_early", "total_capped_at")
    if count <= 1000 or largest < 1000:
        for name in names:
            findings.skip(name, "No object schema has more than 1000 objects, or pages are smaller.")
        return
    page = context.search(f"{inside} order by Key asc", maxResults=1000, includeAttributes=False)
    is_last, total = page.get("isLast"), page.get("total")
    if is_last is not None:
        findings.settle("is_last_too_early", str(is_last).lower() == "true")
    if isinstance(total, int):
        findings.settle("total_capped_at", 0 if total >= count else total)


def _largest_accepted(context: Context, switch: str, sizes: tuple[int, ...], query: Any) -> int:
    """Settle a limit: 0 if the largest size is accepted, otherwise the largest accepted one."""
    for size in sizes:
        reply = context.search(query(size), maxResults=1, includeAttributes=False)
        if reply.status == 200:
            context.findings.settle(switch, 0 if size == sizes[0] else size)
            return 0 if size == sizes[0] else size
    context.findings.skip(switch, "All tried sizes were rejected.")
    return sizes[-1] if sizes else 0


def ask_errors(context: Context) -> None:
    """Ask for what does not exist, and with wrong credentials."""
    findings, options = context.findings, context.options
    unknown = context.assets("get object schema", "GET", "/objectschema/999999999")
    elsewhere = context.base.replace(context.workspace_id, str(uuid.uuid4()))
    workspace = context.ask("list object schemas", "GET", f"{elsewhere}/objectschema/list", options.account)
    findings.settle("unknown_workspace_status", workspace.status)
    source = context.assets("read import status", "GET", f"/importsource/{uuid.uuid4()}/configstatus")
    findings.settle("unknown_import_source_status", source.status)
    wrong = Credential.bearer(uuid.uuid4().hex)
    info = context.ask("read import info", "GET", f"{options.gateway}/jsm/assets/v1/imports/info", wrong)
    findings.settle("container_token_status", info.status)
    anonymous = Credential.basic(options.email, uuid.uuid4().hex)
    server = context.ask("read server info", "GET", f"{options.site}/rest/api/3/serverInfo", anonymous)
    if server.status == 200:
        findings.settle("seraph_header_on_success", "x-seraph-loginreason" in server.headers)
    findings.answer(5, f"unknown schema {unknown.status}, unknown workspace {workspace.status}")
    _ask_language(context, unknown)


def _ask_language(context: Context, unknown: Reply) -> None:
    findings = context.findings
    switches = ("assets_texts_translated", "assets_follows_language_headers")
    if str(context.myself.get("locale", "en")).startswith("en"):
        for name in (*switches, "question 6"):
            findings.skip(name, "The account's language is English; use an account with another one.")
        return
    forced = context.ask(
        "get object schema",
        "GET",
        f"{context.base}/objectschema/999999999",
        context.options.account,
        headers=ENGLISH,
    )
    is_english = any(word in unknown.text.lower() for word in _ENGLISH_WORDS)
    findings.settle("assets_texts_translated", not is_english)
    if is_english:
        findings.skip(switches[1], "Errors of Assets are English without the headers.")
        findings.answer(6, "English, whatever the account's language")
        return
    obeys = forced.text != unknown.text
    findings.settle("assets_follows_language_headers", obeys)
    findings.answer(
        6, f"the account's language; the headers {'switch' if obeys else 'do not switch'} it to English"
    )


def ask_second_account(context: Context) -> None:
    """Ask what an account without a license, or without a role, sees."""
    findings, second = context.findings, context.options.second
    roleless, unlicensed = (
        "schema_without_role_status",
        ("unlicensed_workspace_status", "non_agents_can_search"),
    )
    url = f"{context.options.site}/rest/servicedeskapi/assets/workspace"
    workspaces = context.ask("find workspace", "GET", url, second)
    if workspaces.items("values"):
        for name in unlicensed:
            findings.skip(name, "The second account has access to Jira Service Management.")
        schema = context.ask(
            "get object schema", "GET", f"{context.base}/objectschema/{context.schema_id}", second
        )
        if schema.status == 200:
            findings.skip(roleless, "The second account has a role in the object schema.")
            return
        findings.settle(roleless, schema.status)
        findings.answer(5, f"schema without a role {schema.status}")
        return
    findings.skip(roleless, "The second account has no access to Jira Service Management.")
    findings.settle(unlicensed[0], workspaces.status)
    search = context.ask(
        "search objects",
        "POST",
        f"{context.base}/object/aql?maxResults=1",
        second,
        body={"qlQuery": f"objectSchemaId = {context.schema_id}"},
    )
    findings.settle_by_status(unlicensed[1], search.status, {200: True, 403: False})
