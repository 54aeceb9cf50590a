"""State files, identifiers, the clock, the fixtures, and that the emulator shares nothing with the SDK."""

from __future__ import annotations

import ast
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, get_type_hints

import anyio
import pytest

import jsm_assets_dest.testing
from jsm_assets_dest.testing import Doubts, Emulator, EmulatorClock
from tests.emulator.api import Api, ImportApi, ex_jira, site_gateway
from tests.emulator.documents import people_and_groups

pytest_plugins = ["pytester"]


class TestStateFiles:
    def test_state_file_restores_everything(self, tmp_path: Path) -> None:
        path = tmp_path / "site.sqlite"
        with Emulator(state=path) as first:
            demo = first.seed_demo()
            okta = ImportApi(first, first.add_import_source(first.add_object_schema("OKT")))
            okta.submit_mapping(people_and_groups())
            status = okta.run({"users": [{"profile": {"login": "ana"}}]})
            scoped = first.scoped_token()
            identifier, _ = first.client_credentials()
            first.clock.sleep(100)
            values = [asset.values for asset in demo.objects]
            history = Api(first).get("/object/9/history")
        with Emulator(state=path) as second:
            assert [asset.values for asset in second.object_schema("ITSM").objects] == values
            assert second.object_schema("ITSM").roles == demo.roles
            assert (second.cloud_id, second.workspace_id) == (first.cloud_id, first.workspace_id)
            again = ImportApi(second, second.import_sources[1])
            assert again.get(f"{again.source_url}/executions/status") == status
            identical = again.run({"users": [{"profile": {"login": "ANA"}}]})
            assert again.counts(identical, "Person")["entriesInSource"] == 1
            assert (
                Api(second, base=ex_jira(second), bearer=scoped).ask("GET", "/icon/global").status_code == 200
            )
            assert Api(second).get("/object/9/history") == history
            assert Api(second).find('"Serial number" = nope OR Name = Payroll') == ["Payroll"]
            assert identifier in second._credentials.clients
            assert second.clock.time() >= first.clock.time()
            assert second.add_object_schema("NEW").id == "4"

    def test_state_file_has_json_in_tables(self, tmp_path: Path) -> None:
        emulator = Emulator()
        emulator.add_object_schema("OKT", "Okta")
        emulator.save(tmp_path / "site.sqlite")
        emulator.save(tmp_path / "site.sqlite")
        with closing(sqlite3.connect(tmp_path / "site.sqlite")) as database:
            query = "SELECT json_extract(document, '$.name') FROM schemas"
            assert database.execute(query).fetchall() == [("Okta",)]
        assert [item.name for item in tmp_path.iterdir()] == ["site.sqlite"]

    def test_other_file_is_rejected(self, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("no database at all, but long enough to look like one" * 20)
        with pytest.raises(ValueError, match="does not contain the state of an emulator"):
            Emulator(state=tmp_path / "text")
        emulator = Emulator()
        emulator.save(tmp_path / "old.sqlite")
        with closing(sqlite3.connect(tmp_path / "old.sqlite")) as database, database:
            database.execute("UPDATE site SET document = '0' WHERE id = 'version'")
        with pytest.raises(ValueError, match="another version"):
            Emulator(state=tmp_path / "old.sqlite")
        with pytest.raises(ValueError, match="give a path here"):
            emulator.save()

    def test_error_in_the_context_still_saves(self, tmp_path: Path) -> None:
        with pytest.raises(ZeroDivisionError), Emulator(state=tmp_path / "site.sqlite") as emulator:
            emulator.add_object_schema("OKT")
            raise ZeroDivisionError
        assert Emulator(state=tmp_path / "site.sqlite").object_schema("OKT").key == "OKT"


class TestReproducibility:
    def test_two_emulators_generate_the_same_identifiers(self) -> None:
        first, second = Emulator(), Emulator()
        assert (first.cloud_id, first.api_token) == (second.cloud_id, second.api_token)
        assert Api(first).ask("GET", "/icon/global").headers == Api(second).ask("GET", "/icon/global").headers

    def test_settings_are_environment_variables(self, emulator: Emulator) -> None:
        assert emulator.settings() == {
            "JSM_ASSETS_SITE": "https://acme.atlassian.net",
            "JSM_ASSETS_GATEWAY": "https://api.atlassian.com",
            "JSM_ASSETS_EMAIL": "ana@acme.com",
            "JSM_ASSETS_API_TOKEN": emulator.api_token,
        }

    def test_representations_show_the_state_without_tokens(self, emulator: Emulator) -> None:
        demo = emulator.seed_demo()
        assert repr(emulator) == "<Emulator https://acme.atlassian.net, 2 object schemas, 0 requests>"
        assert repr(demo) == "<SeededSchema ITSM 'IT service management'>"
        assert repr(demo["Person"]) == "<SeededType Person, 40 objects>"
        assert emulator.api_token not in repr(emulator.world.accounts)
        html = emulator._repr_html_()
        assert "<td>ITSM</td>" in html
        assert emulator.api_token not in html
        assert "Person" in demo
        assert [kind.name for kind in demo][:2] == ["Office", "Team"]
        assert demo["Person"].parent is None
        assert demo.name == "IT service management"
        assert demo.description == "What the IT department looks after."
        assert demo["Office"].object("Madrid").type_name == "Office"
        with pytest.raises(KeyError, match="no object type Nope"):
            demo["Nope"]
        with pytest.raises(KeyError, match="ones are: ITSM, SVC"):
            emulator.object_schema("NO")
        with pytest.raises(ValueError, match="there is no status Nope"):
            demo["Office"].add_attribute("State", "status", statuses=["Nope"])
        with pytest.raises(ValueError, match="unknown type 'nope'"):
            demo["Office"].add_attribute("State", "nope")
        with pytest.raises(ValueError, match="needs the object type it refers to"):
            demo["Office"].add_attribute("State", "reference")
        with pytest.raises(ValueError, match="import_seconds"):
            Emulator(import_seconds=-1)
        emulator.add_object_schema("OKT").add_object_type("T", attributes=["A", ("B", "integer")])
        assert emulator.object_schema("OKT")["T"].attribute("B").default_type == 1
        assert emulator.doubts == Doubts()
        assert emulator.add_group("site-admins") is emulator.world.groups["site-admins"]
        assert emulator.gateway == "https://api.atlassian.com"


def test_sync_and_async_connections_reach_the_site(emulator: Emulator) -> None:
    emulator.add_object_schema("OKT", "Okta")
    with emulator.connect() as connection:
        assert connection.get_object_schema("OKT").name == "Okta"

    async def ask() -> str:
        async with emulator.connect_async() as there:
            schema = await there.get_object_schema("OKT")
            return schema.name

    assert anyio.run(ask) == "Okta"


def test_clock_advances_only_by_sleeping() -> None:
    clock = EmulatorClock(start=100.0)
    assert (clock.time(), clock.monotonic()) == (100.0, 1000.0)
    clock.sleep(2.5)
    clock.sleep(-1)
    clock.advance(1)
    assert (clock.time(), clock.monotonic(), clock.slept) == (103.5, 1003.5, [2.5, -1])
    clock.set_time(500)
    assert (clock.time(), clock.monotonic()) == (500, 1003.5)


class TestStrictness:
    """The emulator rejects what the OpenAPI document rejects, unless it is lenient."""

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": "A", "objectSchemaKey": "OKT", "key": "x"}, "key"),
            ({"name": 1, "objectSchemaKey": "OKT"}, "name"),
            ({"name": "A", "objectSchemaKey": "OKT", "description": None}, "description"),
        ],
    )
    def test_strict_mode_rejects_what_lenient_mode_accepts(
        self, emulator: Emulator, body: dict[str, object], field: str
    ) -> None:
        assert field in Api(emulator).refused("POST", "/objectschema/create", body)[1]
        lenient = Api(Emulator(strict=False))
        assert lenient.post("/objectschema/create", body)["name"] == str(body["name"])

    def test_missing_field_is_always_rejected(self, emulator: Emulator) -> None:
        for strict in (True, False):
            _, errors = Api(Emulator(strict=strict)).refused("POST", "/objectschema/create", {})
            assert set(errors) == {"name", "objectSchemaKey"}

    def test_body_must_be_a_json_object(self, emulator: Emulator) -> None:
        api = Api(emulator)
        assert "JSON object" in api.refused("POST", "/objectschema/create", [])[1][""]
        answer = api.ask("POST", "/objectschema/create", content=b"{}")
        assert answer.status_code == 415

    @pytest.mark.parametrize(
        ("field", "value", "expected"),
        [
            ("hidden", "true", True),
            ("hidden", "perhaps", None),
            ("maximumCardinality", "3", 3),
            ("maximumCardinality", True, 1),
            ("maximumCardinality", "many", None),
            ("typeValueMulti", "1", None),
            ("description", True, "true"),
            ("description", {}, None),
        ],
    )
    def test_lenient_mode_converts_values(self, field: str, value: object, expected: object) -> None:
        emulator = Emulator(strict=False)
        emulator.add_object_schema("OKT").add_object_type("T")
        body = {"name": "A", "type": 7, field: value}
        api = Api(emulator)
        if expected is None:
            assert field in api.refused("POST", "/objecttypeattribute/1", body)[1]
        else:
            assert api.post("/objecttypeattribute/1", body)[field] == expected
        strict = Emulator()
        strict.add_object_schema("OKT").add_object_type("T")
        assert field in Api(strict).refused("POST", "/objecttypeattribute/1", body)[1]

    def test_strict_mode_checks_attributes_of_objects(self) -> None:
        wrong_bodies: list[dict[str, object]] = [
            {"objectTypeId": "1", "attributes": [{}]},
            {"objectTypeId": "1", "attributes": [{"objectTypeAttributeId": "2"}]},
            {
                "objectTypeId": "1",
                "attributes": [{"objectTypeAttributeId": "2", "objectAttributeValues": [1]}],
            },
        ]
        strict_only: list[dict[str, object]] = [
            {
                "objectTypeId": "1",
                "attributes": [{"objectTypeAttributeId": "2", "objectAttributeValues": [{"value": 7}]}],
            },
            {
                "objectTypeId": "1",
                "attributes": [
                    {
                        "objectTypeAttributeId": "2",
                        "objectAttributeValues": [{"value": True, "other": 1}],
                        "more": 1,
                    }
                ],
            },
        ]
        for strict in (True, False):
            emulator = Emulator(strict=strict)
            emulator.add_object_schema("OKT").add_object_type("T").attribute("Name").minimum = 0
            api = Api(emulator)
            for body in wrong_bodies:
                assert api.refused("POST", "/object/create", body)[0] == 400
            for body in strict_only:
                assert api.ask("POST", "/object/create", body).status_code == (400 if strict else 201)
            empty = {"objectTypeAttributeId": "2", "objectAttributeValues": [{"value": None}]}
            answer = api.ask("POST", "/object/create", {"objectTypeId": "1", "attributes": [empty]})
            assert answer.status_code == (400 if strict else 201)

    def test_lenient_mode_accepts_imports(self) -> None:
        emulator = Emulator(strict=False)
        source = emulator.add_import_source(emulator.add_object_schema("OKT"))
        okta = ImportApi(emulator, source)
        okta.submit_mapping(people_and_groups())
        links = okta.post(okta.links["start"], {}, status=200)["links"]
        assert okta.ask("PUT", links["submitProgress"], {"objects": {"done": 1}}).status_code == 200
        assert okta.ask("POST", links["submitResults"], {"data": []}).status_code == 400
        okta.ask("POST", links["submitResults"], {"completed": "true"})
        assert emulator.executions[0].status == "DONE"


class TestDoubts:
    def test_object_types_may_be_in_entries(self) -> None:
        emulator = Emulator(doubts=Doubts(object_types_in_entries=True))
        emulator.add_object_schema("OKT").add_object_type("T")
        assert len(Api(emulator).get("/objectschema/1/objecttypes")["entries"]) == 1

    def test_parents_may_be_numbers_and_icons_uuids(self) -> None:
        emulator = Emulator(doubts=Doubts(parent_id_as_number=True, icon_ids_as_uuid=True))
        demo = Emulator(doubts=Doubts()).seed_demo()
        schema = emulator.add_object_schema("OKT")
        schema.add_object_type("Child", parent=schema.add_object_type("Parent"))
        assert Api(emulator).get("/objecttype/2")["parentObjectTypeId"] == 1
        assert all(len(icon["id"]) == 36 for icon in Api(emulator).get("/icon/global"))
        okta = ImportApi(emulator, emulator.add_import_source(schema))
        assert okta.submit_mapping(people_and_groups()).status_code == 204
        assert demo["Laptop"].parent is not None

    def test_global_configuration_may_be_missing(self) -> None:
        emulator = Emulator(doubts=Doubts(global_config_present=False, reads_cross_schema_switch=False))
        emulator.add_object_schema("OKT")
        assert Api(emulator).refused("GET", "/global/config")[0] == 404
        assert Api(emulator).refused("GET", "/global/config/objectschema/1")[0] == 404
        assert "crossSchemaReferencingAllowed" not in Api(emulator).get("/objectschema/1")

    def test_configure_may_be_needed(self) -> None:
        emulator = Emulator(doubts=Doubts(attribute_update_needs_configure=True))
        attribute = emulator.add_object_schema("OKT").add_object_type("T").add_attribute("A")
        api = Api(emulator)
        changed = api.put(f"/objecttypeattribute/1/{attribute.id}", {"hidden": True, "description": "New"})
        assert (changed["hidden"], changed["description"]) == (False, "New")
        assert api.put(f"/objecttypeattribute/{attribute.id}/configure", {"hidden": True})["hidden"] is True

    def test_schema_key_may_change(self) -> None:
        emulator = Emulator(doubts=Doubts(schema_key_can_change=True))
        emulator.add_object_schema("OKT")
        assert Api(emulator).put("/objectschema/1", {"objectSchemaKey": "new"})["objectSchemaKey"] == "NEW"

    def test_execution_links_may_have_the_new_name(self) -> None:
        emulator = Emulator(doubts=Doubts(execution_link_spelling="assets"))
        okta = ImportApi(emulator, emulator.add_import_source(emulator.add_object_schema("OKT")))
        okta.submit_mapping(people_and_groups())
        assert "/jsm/assets/" in okta.post(okta.links["start"], status=200)["links"]["cancel"]


@pytest.mark.slow
def test_fixtures_work_in_another_project(pytester: pytest.Pytester) -> None:
    """A user's project gets an emulator and connections from the plugin, and unused faults fail its tests."""
    pytester.makeconftest('pytest_plugins = ["jsm_assets_dest.testing.pytest_plugin"]')
    pytester.makepyfile(
        """
        def test_blocking(assets_emulator, assets_connection):
            assets_emulator.add_object_schema("OKT", "Okta")
            assert assets_connection.get_object_schema("OKT").name == "Okta"

        def test_asynchronous(assets_connection_async):
            import asyncio

            async def check():
                async with assets_connection_async as connection:
                    assert await connection.find_object_schema("OKT") is None

            asyncio.run(check())

        def test_unused(assets_emulator):
            assets_emulator.faults.next("submit chunk", status=500)
        """
    )
    pytester.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=2, failed=1)


@pytest.mark.once
def test_emulator_imports_the_sdk_in_its_client_side_only() -> None:
    """The client side is `connect`, `destination`, and the fixtures; it uses public names only."""
    folder = Path(jsm_assets_dest.testing.__file__).parent
    importers: set[str] = set()
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        depth = len(path.relative_to(folder).parts)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= depth, path.name
                if (node.module or "").startswith("jsm_assets_dest"):
                    importers.add(path.name)
                    names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.Import):
                assert not any(item.name.startswith("jsm_assets_dest") for item in node.names), path.name
    assert importers == {"emulator.py", "pytest_plugin.py"}
    assert names <= set(jsm_assets_dest.__all__)


def test_roles_are_reachable_from_the_sdk(emulator: Emulator) -> None:
    """The site gateway is where the SDK looks, too: both sides agree on the address."""
    emulator.add_object_schema("OKT")
    assert (
        Api(emulator, base=site_gateway(emulator)).ask("GET", "/config/role/objectschema/1").status_code
        == 200
    )


@pytest.mark.parametrize("name", jsm_assets_dest.testing.__all__)
def test_public_name_shows_its_module_and_types(name: str) -> None:
    public: Any = getattr(jsm_assets_dest.testing, name)
    assert public.__module__ == "jsm_assets_dest.testing"
    for member in [public, *vars(public).values()]:
        if callable(member) and not isinstance(member, staticmethod):
            get_type_hints(member)
