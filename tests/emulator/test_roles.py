"""Roles, and the rights they give."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest.testing import Doubts, Emulator
from tests.emulator.api import Api, ex_jira, site_gateway

USERS, GROUPS = "atlassian-user-role-actor", "atlassian-group-role-actor"


@pytest.fixture
def site(emulator: Emulator) -> Api:
    return Api(emulator, base=site_gateway(emulator))


def roles_of(site: Api, schema_id: str) -> dict[str, Any]:
    links = site.get(f"/config/role/objectschema/{schema_id}")
    return {name: site.get(f"/config/role/{link.rpartition('/')[2]}") for name, link in links.items()}


def test_new_schema_gives_jsm_groups_the_developer_role(emulator: Emulator, site: Api) -> None:
    emulator.add_group("it-ops", jsm=True)
    emulator.add_group("sales")
    created = site.post("/objectschema/create", {"name": "Okta", "objectSchemaKey": "OKT"})
    roles = roles_of(site, created["id"])
    assert {name: [actor["name"] for actor in role["actors"]] for name, role in roles.items()} == {
        "Object Schema Managers": [emulator.account.account_id],
        "Object Schema Developers": ["jira-servicemanagement-users-acme", "it-ops"],
        "Object Schema Users": [],
    }
    actors = roles["Object Schema Developers"]["actors"]
    assert {actor["type"] for actor in actors} == {GROUPS}


def test_role_entries_are_replaced(emulator: Emulator, site: Api) -> None:
    schema = emulator.add_object_schema("OKT")
    emulator.add_group("it-ops")
    role = roles_of(site, schema.id)["Object Schema Managers"]
    body = {
        "id": role["id"],
        "categorisedActors": {USERS: [emulator.account.account_id], GROUPS: ["it-ops", "it-ops"]},
    }
    answered = site.put(f"/config/role/{role['id']}", body)
    assert [actor["name"] for actor in answered["actors"]] == [emulator.account.account_id, "it-ops"]
    assert schema.roles["Object Schema Managers"] == [emulator.account.account_id, "it-ops"]
    assert site.put(f"/config/role/{role['id']}", {"id": role["id"], "categorisedActors": {}})["actors"] == []


@pytest.mark.parametrize(
    "actors",
    [{USERS: ["nobody"]}, {GROUPS: ["nobody"]}, {"other-actor": []}, {USERS: "nobody"}, {GROUPS: [1]}],
)
def test_unknown_actor_is_rejected(emulator: Emulator, site: Api, actors: dict[str, Any]) -> None:
    emulator.add_object_schema("OKT")
    assert site.refused("PUT", "/config/role/1", {"id": 1, "categorisedActors": actors})[0] == 400


@pytest.mark.parametrize("path", ["/config/role/objectschema/1", "/config/role/1"])
def test_roles_exist_on_the_site_gateway_only(emulator: Emulator, path: str) -> None:
    emulator.add_object_schema("OKT")
    for api in (Api(emulator), Api(emulator, base=ex_jira(emulator))):
        answer = api.ask("GET", path)
        assert answer.status_code == 404
        assert answer.json()["message"] == "No message available"


@pytest.mark.parametrize(("readable", "writable"), [(False, True), (True, False)])
def test_existence_of_roles_is_a_switch(readable: bool, writable: bool) -> None:
    emulator = Emulator(doubts=Doubts(roles_readable=readable, roles_writable=writable))
    emulator.add_object_schema("OKT").add_object_type("People")
    site = Api(emulator, base=site_gateway(emulator))
    expected = 200 if readable else 404
    for path in ("/config/role/objectschema/1", "/config/role/objecttype/1"):
        assert site.ask("GET", path).status_code == expected
    assert site.ask("GET", "/config/role/1").status_code == expected
    answer = site.ask("PUT", "/config/role/1", {"categorisedActors": {}})
    assert answer.status_code == (200 if writable else 404)


def test_object_type_has_its_own_roles(emulator: Emulator, site: Api) -> None:
    kind = emulator.add_object_schema("OKT").add_object_type("People")
    first = site.get(f"/config/role/objecttype/{kind.id}")
    assert list(first) == ["Object Type Managers", "Object Type Developers", "Object Type Users"]
    assert site.get(f"/config/role/objecttype/{kind.id}") == first
    assert site.refused("GET", "/config/role/99")[0] == 404
    site.ask("DELETE", f"/objecttype/{kind.id}")
    assert site.refused("GET", f"/config/role/{first['Object Type Users'].rpartition('/')[2]}")[0] == 404


def test_role_determines_what_an_account_may_do(emulator: Emulator) -> None:
    """A user views, a developer works with objects, a manager changes the structure; others see nothing."""
    bruno = emulator.add_account("bruno@acme.com")
    schema = emulator.add_object_schema("OKT")
    kind = schema.add_object_type("People")
    kind.add_object(Name="Ana")
    schema.set_role("Object Schema Developers")
    api = Api(emulator, auth=(bruno.email, bruno.api_token))

    def statuses() -> list[int]:
        name = str(kind.attribute("Name").id)
        value = {"objectTypeAttributeId": name, "objectAttributeValues": [{"value": "New"}]}
        return [
            api.ask("GET", "/objectschema/1").status_code,
            api.ask("PUT", "/object/1", {"objectTypeId": kind.id, "attributes": [value]}).status_code,
            api.ask("PUT", "/objecttype/1", {"description": "New"}).status_code,
        ]

    assert statuses() == [403, 403, 403]
    assert api.get("/objectschema/list")["values"] == []
    schema.set_role("Object Schema Users", users=[bruno.account_id])
    assert statuses() == [200, 403, 403]
    assert api.get("/objectschema/list")["values"][0]["canManage"] is False
    schema.set_role("Object Schema Developers", groups=["jira-servicemanagement-users-acme"])
    assert statuses() == [200, 200, 403]
    schema.set_role("Object Schema Managers", users=[bruno.account_id])
    assert statuses() == [200, 200, 200]
    status, errors = api.refused("POST", "/objectschema/create", {"name": "New", "objectSchemaKey": "NEW"})
    assert (status, "Administrator privileges" in errors[""]) == (403, True)
    assert api.refused("POST", "/config/statustype", {"name": "New", "category": 1})[0] == 403
    assert api.refused("GET", "/usage")[0] == 403
    with pytest.raises(KeyError, match="no role Nope"):
        schema.set_role("Nope")


def test_status_404_and_403_take_precedence_over_400(emulator: Emulator) -> None:
    """404, then 403, then 400."""
    bruno = emulator.add_account("bruno@acme.com")
    schema = emulator.add_object_schema("OKT")
    kind = schema.add_object_type("People")
    kind.add_object(Name="Ana")
    source = emulator.add_import_source(schema)
    schema.set_role("Object Schema Developers")
    ana, stranger = Api(emulator), Api(emulator, auth=(bruno.email, bruno.api_token))
    wrong = {"nonsense": 1}
    for method, path, missing in (
        ("PUT", "/objectschema/1", "/objectschema/9"),
        ("PUT", "/objecttype/1", "/objecttype/9"),
        ("POST", "/objecttypeattribute/1", "/objecttypeattribute/9"),
        ("PUT", "/objecttypeattribute/2/configure", "/objecttypeattribute/9/configure"),
        ("PUT", "/object/1", "/object/9"),
        ("POST", f"/importsource/{source.id}/executions", "/importsource/none/executions"),
        ("POST", "/global/config/objectschema/1/property", "/global/config/objectschema/9/property"),
    ):
        assert ana.refused(method, missing, wrong)[0] == (400 if "importsource" in missing else 404)
        assert stranger.refused(method, path, wrong)[0] == 403
        assert ana.refused(method, path, wrong)[0] == 400
    assert ana.refused("PUT", "/config/statustype/1", wrong)[0] == 400
