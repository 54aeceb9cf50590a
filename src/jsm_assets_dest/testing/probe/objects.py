"""The questions that write to a throw-away object schema with the account: types, attributes, objects, key, roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .client import Reply, StoppedError
from .findings import PREFIX, Context, changed_key, finish, form

_ACCEPTED = {200: True, 201: True, 400: False}


def ask_objects(context: Context) -> None:
    """Create a type with an object, change it, and clean up."""
    schema_id = context.schema_id
    clean_up(context)
    try:
        _ask(context, schema_id)
        _ask_schema_key(context)
        _ask_roles(context, schema_id)
    finally:
        finish(context, lambda: clean_up(context))


def clean_up(context: Context) -> None:
    """Remove what this run or an interrupted one created, and restore the key of the schema."""
    context.remove_own_types(context.schema_id)
    if context.key_may_differ or context.schema.get("objectSchemaKey") != context.options.schema_key:
        _set_key(context, context.options.schema_key)
        context.key_may_differ = False


def _ask(context: Context, schema_id: str) -> None:
    icon_id = next((item["id"] for item in context.assets("list icons", "GET", "/icon/global").items()), "1")
    settings = {"name": f"{PREFIX} type", "iconId": icon_id, "objectSchemaId": schema_id}
    created = context.assets("create object type", "POST", "/objecttype/create", settings)
    if created.get("id") is None:
        raise StoppedError(f"An object type could not be created: HTTP {created.status}.")
    type_id = str(created.get("id"))
    child = {**settings, "name": f"{PREFIX} child", "parentObjectTypeId": type_id}
    parent_id = context.assets("create object type", "POST", "/objecttype/create", child).get(
        "parentObjectTypeId"
    )
    if parent_id is not None:
        context.findings.settle("parent_id_as_number", not isinstance(parent_id, str))
    existing = context.assets("list attributes", "GET", f"/objecttype/{type_id}/attributes").items()
    name_id = next((item["id"] for item in existing if item.get("label") is True), None)
    attributes = _Attributes(context, type_id)
    note_id = attributes.create("note", type=0, defaultTypeId=0)
    many = attributes.post("many", type=0, defaultTypeId=10, options="a,b", maximumCardinality=-1)
    context.findings.settle_by_status("unlimited_cardinality_accepted", many.status, _ACCEPTED)
    if note_id is not None:
        path = f"/objecttypeattribute/{type_id}/{note_id}"
        hidden = context.assets("update attribute", "PUT", path, {"hidden": True}).get("hidden")
        if isinstance(hidden, bool):
            context.findings.settle("attribute_update_needs_configure", not hidden)
    nowhere = {"objectTypeId": "999999999", "attributes": []}
    unknown = context.assets("create object", "POST", "/object/create", nowhere)
    context.findings.settle("unknown_id_in_body_status", unknown.status)
    if name_id is not None and note_id is not None:
        _ask_values(context, type_id, int(name_id), int(note_id), attributes)
    label = attributes.post("label", type=0, defaultTypeId=0, label=True)
    context.findings.settle_by_status("two_labels_accepted", label.status, _ACCEPTED)


class _Attributes:
    """Creates attributes of one type."""

    def __init__(self, context: Context, type_id: str) -> None:
        self._context = context
        self._path = f"/objecttypeattribute/{type_id}"

    def post(self, name: str, **settings: object) -> Reply:
        body = {"name": f"{PREFIX} {name}", **settings}
        return self._context.assets("create attribute", "POST", self._path, body)

    def create(self, name: str, **settings: object) -> str | None:
        identifier = self.post(name, **settings).get("id")
        return None if identifier is None else str(identifier)


def _values(*pairs: tuple[int | str, str]) -> list[Any]:
    """Return values by attribute id. Ids are usually numbers, because one report says that strings are ignored."""
    return [
        {"objectTypeAttributeId": identifier, "objectAttributeValues": [{"value": text}]}
        for identifier, text in pairs
    ]


def _ask_values(context: Context, type_id: str, name_id: int, note_id: int, attributes: _Attributes) -> None:
    findings = context.findings
    group_id = attributes.create("group", type=4)
    status_id = attributes.create("status", type=7)
    statuses = context.assets("list statuses", "GET", "/config/statustype").items()
    pairs: list[tuple[int | str, str]] = [(name_id, f"{PREFIX} object"), (note_id, "first")]
    if status_id is not None and statuses:
        pairs.append((int(status_id), str(statuses[0]["id"])))
    body = {"objectTypeId": type_id, "attributes": _values(*pairs)}
    created = context.assets("create object", "POST", "/object/create", body)
    object_id = created.get("id")
    if object_id is None:
        return
    path = f"/object/{object_id}"

    def update(values: list[Any], **more: object) -> Reply:
        return context.assets("update object", "PUT", path, {"attributes": values, **more})

    untyped = update(_values((name_id, pairs[0][1]), (note_id, "first")))
    findings.settle_by_status("object_update_needs_type", untyped.status, {400: True, 200: False})
    update(_values((name_id, pairs[0][1]), (note_id, "number")), objectTypeId=type_id)
    update(_values((str(name_id), pairs[0][1]), (str(note_id), "string")), objectTypeId=type_id)
    _read_object(context, context.assets("get object", "GET", path), note_id, status_id)
    if group_id is not None:
        _ask_group(context, int(group_id), lambda values: update(values, objectTypeId=type_id))
    deleted = context.assets("delete object", "DELETE", path)
    findings.settle("delete_object_status", deleted.status)
    findings.settle("delete_object_body", bool(deleted.text.strip()))


def _read_object(context: Context, reply: Reply, note_id: int, status_id: str | None) -> None:
    findings = context.findings
    values: dict[str, list[Mapping[str, Any]]] = {
        str(item.get("objectTypeAttributeId")): item.get("objectAttributeValues") or []
        for item in reply.items("attributes")
    }
    notes = [value.get("value") for value in values.get(str(note_id), [])]
    if notes:
        findings.settle("attribute_id_as_text_ignored", notes != ["string"])
    if status_id is None or reply.status != 200:
        return
    status = values.get(status_id, [])
    findings.settle("object_update_replaces", not status)
    if status:
        findings.settle("group_and_status_values_in_search_value_only", status[0].get("value") is None)


def _ask_group(context: Context, attribute_id: int, update: Any) -> None:
    """Set a group of the account by its name, then by its id."""
    groups = (context.myself.get("groups") or {}).get("items") or []
    if not groups or groups[0].get("groupId") is None:
        context.findings.skip("group_values", "The account is in no group, or its id is unknown.")
        return
    texts = (str(groups[0].get("name")), str(groups[0].get("groupId")))
    by_name, by_id = (update(_values((attribute_id, text))).status == 200 for text in texts)
    readings = {(True, True): "name or id", (True, False): "name", (False, True): "id"}
    if (by_name, by_id) in readings:
        context.findings.settle("group_values", readings[by_name, by_id])


def _set_key(context: Context, key: str) -> Reply:
    body = {"name": context.schema["name"], "objectSchemaKey": key}
    return context.assets("update object schema", "PUT", f"/objectschema/{context.schema_id}", body)


def _ask_schema_key(context: Context) -> None:
    """Change the key; cleaning up changes it back."""
    other = changed_key(context.options.schema_key)
    context.key_may_differ = True
    reply = _set_key(context, other)
    if reply.status != 200:
        context.findings.skip("schema_key_can_change", f"The site responded with HTTP {reply.status}.")
        return
    context.key_may_differ = reply.get("objectSchemaKey") == other
    context.findings.settle("schema_key_can_change", context.key_may_differ)


def _ask_roles(context: Context, schema_id: str) -> None:
    """Set a role without entries to no entries."""
    account = context.options.account
    url = f"{context.site_gateway}/config/role"
    roles = context.ask("list roles", "GET", f"{url}/objectschema/{schema_id}", account, keys_are_names=True)
    links = list(roles.document.values()) if roles.status == 200 and isinstance(roles.document, dict) else []
    for link in links:
        role_id = str(link).rstrip("/").rpartition("/")[2]
        if form(role_id) != "number":
            continue
        role = context.ask("get role", "GET", f"{url}/{role_id}", account)
        if role.status == 200 and role.get("actors") == []:
            actors: dict[str, list[str]] = {"atlassian-user-role-actor": [], "atlassian-group-role-actor": []}
            body = {"categorisedActors": actors}
            reply = context.ask("set role", "PUT", f"{url}/{role_id}", account, body=body)
            context.findings.settle_by_status(
                "roles_writable", reply.status, {200: True, 404: False, 405: False}
            )
            return
    context.findings.skip("roles_writable", "The object schema has no readable role without entries.")
