"""The query language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest.testing import Doubts, Emulator
from jsm_assets_dest.testing.world.aql_parsing import parse
from tests.emulator.api import Api


@pytest.fixture
def api(emulator: Emulator) -> Api:
    """Return a small company: Ana manages Bruno and Chiara; laptops are hardware."""
    schema = emulator.add_object_schema("OKT", "Okta")
    city = schema.add_object_type("City")
    madrid, lisbon = city.add_object(Name="Madrid"), city.add_object(Name="Lisbon")
    person = schema.add_object_type("Person")
    person.add_attribute("Age", "integer")
    person.add_attribute("Started", "date")
    person.add_attribute("Seen", "date_time")
    person.add_attribute("Alias")
    person.add_attribute("City", references=city)
    person.add_attribute("Manager", references=person)
    person.add_attribute("State", "status")
    person.add_attribute("Account", "user")
    person.add_attribute("Group", "group")
    ana = person.add_object(
        Name="Ana Díaz",
        Age=41,
        Started="2020-03-01",
        Seen="2026-01-05T07:30:00Z",
        City=madrid,
        State="Active",
        Account=emulator.account,
        Group="site-admins",
    )
    person.add_object(Name="Bruno", Age=29, Started="2024-01-15", City=lisbon, Manager=ana, State="Closed")
    person.add_object(
        Name="Chiara", Age=35, Started="2025-06-30", City=madrid, Manager=ana, Alias='the "C"', State="Active"
    )
    hardware = schema.add_object_type("Hardware", inherited=True)
    hardware.add_attribute("Owner", references=person)
    schema.add_object_type("Laptop", parent=hardware).add_object(Name="L1", Owner=ana).connect_ticket("ITH-1")
    hardware.add_object(Name="Dock 7")
    other = emulator.add_object_schema("HR", "Human resources")
    other.add_object_type("Person").add_object(Name="Someone else")
    return Api(emulator)


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ('objectType = Person AND objectSchema = "Okta"', ["Ana Díaz", "Bruno", "Chiara"]),
        ("objectSchemaId = 2", ["Someone else"]),
        ("objectTypeId = 1", ["Madrid", "Lisbon"]),
        ("objectTypeId = x", []),
        ("objectType = id:x", []),
        ("objectSchemaId = x", []),
        ("objectId = 1", ["Madrid"]),
        ("objectId = x", []),
        ("Key = OKT-3", ["Ana Díaz"]),
        ('Key = "okt-3"', ["Ana Díaz"]),
        ("Key = NO-1", []),
        ("Key in (OKT-3, OKT-4)", ["Ana Díaz", "Bruno"]),
        ("Name = bruno", ["Bruno"]),
        ("Name == bruno", []),
        ("Name == Bruno", ["Bruno"]),
        ("label = bruno", ["Bruno"]),
        ("Name != bruno AND objectTypeId = 2", ["Ana Díaz", "Chiara"]),
        ('Name = "Ana Díaz"', ["Ana Díaz"]),
        ('Alias = "the \\"C\\""', ["Chiara"]),
        ("Name like AN", ["Ana Díaz"]),
        ("objectTypeId = 2 and Name not like a", ["Bruno"]),
        ("Name startswith b", ["Bruno"]),
        ("Name endswith 7", ["Dock 7"]),
        ("Age > 30", ["Ana Díaz", "Chiara"]),
        ("Age >= 35 and Age < 41", ["Chiara"]),
        ("Age <= 29", ["Bruno"]),
        ("Age = 029", ["Bruno"]),
        ("Age = young", []),
        ("Started > 2024-01-01", ["Bruno", "Chiara"]),
        ("Started = 2024-01-15", ["Bruno"]),
        ('Started = "last year"', []),
        ("Started < startOfYear()", ["Ana Díaz", "Bruno", "Chiara"]),
        ("Started > endOfYear()", []),
        ('Seen > now("-2h 15m")', ["Ana Díaz"]),
        ('Seen > now("-15m")', []),
        ("Seen > startOfDay() and Seen < endOfDay()", ["Ana Díaz"]),
        ("Seen > startOfWeek() and Seen < endOfWeek()", ["Ana Díaz"]),
        ("Seen > startOfMonth() and Seen < endOfMonth()", ["Ana Díaz"]),
        ('Created >= now("-1w") and Name = Bruno', ["Bruno"]),
        ('Created = "2026-01-05T08:00:00Z" and Name = Bruno', ["Bruno"]),
        ("Name > c and objectTypeId = 2", ["Chiara"]),
        ("Name >= chiara and Name < d and Name <= chiara", ["Chiara"]),
        ("City = Madrid", ["Ana Díaz", "Chiara"]),
        ("City = OKT-2", ["Bruno"]),
        ("City.Name = lisbon", ["Bruno"]),
        ('City."Name" = lisbon', ["Bruno"]),
        ('"City".Name = lisbon', ["Bruno"]),
        ("Manager.City.Name = Madrid", ["Bruno", "Chiara"]),
        ("Manager.City.Name like mad", ["Bruno", "Chiara"]),
        ("Manager is EMPTY and objectTypeId = 2", ["Ana Díaz"]),
        ("Manager is not EMPTY", ["Bruno", "Chiara"]),
        ("Alias is not empty", ["Chiara"]),
        ("Manager.City is not EMPTY", ["Bruno", "Chiara"]),
        ("State = active", ["Ana Díaz", "Chiara"]),
        ("State in (Closed, Running)", ["Bruno"]),
        ("State not in (Closed) and objectTypeId = 2", ["Ana Díaz", "Chiara"]),
        ("Account = ana@acme.com", ["Ana Díaz"]),
        ("Account = currentUser()", ["Ana Díaz"]),
        ('Account in user("ana@acme.com")', ["Ana Díaz"]),
        ('Account in group("site-admins")', ["Ana Díaz"]),
        ("Account like díaz", ["Ana Díaz"]),
        ("Group = Site-Admins", ["Ana Díaz"]),
        ("objectType = Hardware", ["Dock 7"]),
        ("objectType in objectTypeAndChildren(Hardware)", ["L1", "Dock 7"]),
        ('objectType in objectTypeAndChildren("4")', ["L1"]),
        ("object having inboundReferences(Name = L1)", ["Ana Díaz"]),
        ("object having inR(objectTypeId = 2)", ["Madrid", "Lisbon", "Ana Díaz"]),
        ("object having outR(Name = Madrid)", ["Ana Díaz", "Chiara"]),
        ("outboundReferences(Name = Madrid)", ["Ana Díaz", "Chiara"]),
        ('object having outboundReferences(Name = Madrid, refType in ("Reference"))', ["Ana Díaz", "Chiara"]),
        ('object having outboundReferences(Name = Madrid, "Depends on")', []),
        ("object not having outR() and objectTypeId = 2", []),
        ("object having outR() and objectTypeId = 4", ["L1"]),
        ("object having connectedTickets(project = ITH and (status = Open))", ["L1"]),
        ("objectTypeId = 4 and object not having connectedTickets()", []),
        ("objectTypeId = 2 AND (Name = Bruno OR Age > 40)", ["Ana Díaz", "Bruno"]),
        ("objectTypeId = 2 AND NOT (Name = Bruno)", ["Ana Díaz", "Chiara"]),
        ("objectTypeId = 2 AND NOT Name = Bruno", ["Ana Díaz", "Chiara"]),
        ("objectTypeId = 2 order by Age", ["Bruno", "Chiara", "Ana Díaz"]),
        ("objectTypeId = 2 ORDER BY Name DESC", ["Chiara", "Bruno", "Ana Díaz"]),
        ("objectTypeId = 2 order by Alias asc", ["Bruno", "Ana Díaz", "Chiara"]),
        ("Key like okt-1 order by objectTypeId", ["Madrid"]),
        ("objectType like lap", ["L1"]),
        ("objectSchema like human", ["Someone else"]),
        ("objectId > 7", ["Someone else"]),
        ("label like L1", ["L1"]),
        ("Account = currentProject()", []),
        ("Name = Bruno   ", ["Bruno"]),
        ('object having outR(, "Reference") and Name = Bruno', ["Bruno"]),
        ("Age.Name = Bruno", []),
        ("State like clos", ["Bruno"]),
        ("Name = Bruno and objectSchemaId in (1, 2)", ["Bruno"]),
        ("objectSchema = Okta and objectType in (Person)", ["Ana Díaz", "Bruno", "Chiara"]),
        ('Seen < now("+2h 15m") and Seen < now("1h")', ["Ana Díaz"]),
    ],
)
def test_query_returns_matching_labels(api: Api, query: str, labels: list[str]) -> None:
    assert sorted(api.find(query)) == sorted(labels)
    if "order by" in query.lower():
        assert api.find(query) == labels


def test_empty_query_finds_everything(api: Api) -> None:
    assert len(api.find("")) == 8
    assert api.find("objectSchemaId = 1 order by Key desc")[0] == "Dock 7"


@pytest.mark.parametrize(
    "query",
    [
        "Nope = 1",
        "object = 1",
        "order by Nope",
        "Name =",
        "Name",
        "Name = (",
        "Name ~ x",
        "Name in Bruno",
        "Name in (Bruno",
        "Name is Bruno",
        "= Bruno",
        "Name = Bruno Bruno",
        '"unclosed',
        "object having Name = x",
        "object having nope(Name = x)",
        "object having inR(Name = x",
        "object having connectedTickets(project = X",
        "Name = nope()",
        'Seen > now("-2y")',
        "Seen > now(=)",
        ". = x",
        "Name = $",
    ],
)
def test_invalid_query_is_400(api: Api, query: str) -> None:
    status, errors = api.refused("POST", "/object/aql", {"qlQuery": query})
    assert status == 400
    assert "AQL" in errors[""]
    assert api.refused("POST", "/object/aql/totalcount", {"qlQuery": query})[0] == 400


def test_paging_parameters_count_in_the_query_string_only(api: Api) -> None:
    answer = api.ask(
        "POST", "/object/aql", {"qlQuery": "objectSchemaId = 1"}, params={"startAt": 2, "maxResults": 3}
    )
    page = answer.json()
    assert (page["startAt"], page["maxResults"], page["total"]) == (2, 3, 7)
    assert (page["isLast"], page["last"]) == (False, False)
    assert [value["label"] for value in page["values"]] == ["Chiara", "Dock 7", "L1"]
    body_only = api.ask("POST", "/object/aql", {"qlQuery": "", "startAt": 2, "maxResults": 1}).json()
    assert (body_only["startAt"], body_only["maxResults"]) == (0, 25)
    assert api.refused("POST", "/object/aql", {"qlQuery": ""}, params={"startAt": "x"})[0] == 400
    assert api.refused("POST", "/object/aql", {"qlQuery": ""}, params={"maxResults": "0"})[0] == 400
    assert (
        api.refused("POST", "/object/aql", {"qlQuery": ""}, params={"includeAttributes": "maybe"})[0] == 400
    )


def test_definitions_occur_once_per_page(api: Api) -> None:
    page = api.ask("POST", "/object/aql", {"qlQuery": "Name = Bruno"}).json()
    (bruno,) = page["values"]
    assert all("objectTypeAttribute" not in item for item in bruno["attributes"])
    defined = {item["id"] for item in page["objectTypeAttributes"]}
    assert {item["objectTypeAttributeId"] for item in bruno["attributes"]} <= defined
    page = api.ask(
        "POST", "/object/aql", {"qlQuery": "Name = Bruno"}, params={"includeAttributes": "false"}
    ).json()
    assert "attributes" not in page["values"][0]


def test_total_count_counts_matches(api: Api) -> None:
    assert api.post("/object/aql/totalcount", {"qlQuery": "objectSchemaId = 1"}, status=200) == {
        "totalCount": 7
    }


def test_total_is_capped_and_is_last_may_be_a_string() -> None:
    emulator = Emulator(doubts=Doubts(total_capped_at=2, largest_page=2, is_last_as_text=True))
    kind = emulator.add_object_schema("OKT").add_object_type("People")
    for name in "abc":
        kind.add_object(Name=name)
    page = Api(emulator).ask("POST", "/object/aql", {"qlQuery": ""}).json()
    assert (page["total"], page["isLast"], len(page["values"])) == (2, "false", 2)
    lenient = Emulator(strict=False)
    lenient.add_object_schema("OKT").add_object_type("People")
    body = {"objectTypeId": 1, "objectSchemaId": 1, "resultsPerPage": "5", "asc": 1}
    assert Api(lenient).post("/object/navlist/aql", body, status=200)["pageObjectSize"] == 5
    uncapped = Emulator(doubts=Doubts(total_capped_at=0))
    assert Api(uncapped).ask("POST", "/object/aql", {"qlQuery": ""}).json()["total"] == 0


def test_objects_of_invisible_schemas_are_missing(emulator: Emulator, api: Api) -> None:
    stranger = emulator.add_account("carla@acme.com")
    emulator.object_schema("HR").set_role("Object Schema Developers")
    other_api = Api(emulator, auth=(stranger.email, stranger.api_token))
    assert other_api.find("Name like someone") == []
    assert other_api.find("Account = currentUser()") == []
    assert other_api.find("Name = Bruno") == ["Bruno"]


def test_deprecated_searches_return_the_old_shape(api: Api) -> None:
    body = {"objectTypeId": "2", "objectSchemaId": "1", "resultsPerPage": 2, "page": 2}
    document = api.post("/object/navlist/aql", {**body, "qlQuery": "Age > 1"}, status=200)
    assert [entry["label"] for entry in document["objectEntries"]] == ["Chiara"]
    assert (document["startIndex"], document["toIndex"], document["totalFilterCount"]) == (2, 3, 3)
    document = api.post("/object/navlist/iql", {**body, "iql": "Age > 30", "page": 1}, status=200)
    assert [entry["label"] for entry in document["objectEntries"]] == ["Ana Díaz", "Chiara"]
    document = api.post("/object/navlist/aql", body, status=200)
    assert document["qlQuery"] == "objectTypeId = 2"
    assert api.get("/aql/objects", qlQuery="Name = Bruno")["objectEntries"][0]["label"] == "Bruno"
    assert api.get("/iql/objects", iql="Name = Bruno", includeAttributes="false")["pageObjectSize"] == 25
    assert api.refused("GET", "/aql/objects")[0] == 400


@pytest.mark.slow
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_string_can_be_quoted(text: str) -> None:
    """A quoted value, with backslashes and quotes escaped, is read back as it was."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    query = parse(f'Name = "{escaped}"')
    assert query.condition is not None
    assert query.condition.operand.text == text  # type: ignore[union-attr]
