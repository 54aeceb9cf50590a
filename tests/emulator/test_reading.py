"""Behavior that reading, removing, and linking depend on (section 7 of the sheet on objects and users)."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest.testing import Doubts, Emulator, SeededType
from tests.emulator.api import Api, ImportApi
from tests.emulator.documents import attribute, document, locate, people_and_groups


def site_with(count: int = 0, **switches: Any) -> tuple[Emulator, Api, SeededType]:
    emulator = Emulator(doubts=Doubts(**switches))
    people = emulator.add_object_schema("OKT").add_object_type("People")
    for number in range(count):
        people.add_object(Name=f"P{number:04}")
    return emulator, Api(emulator), people


def page(api: Api, query: str = "objectTypeId = 1", **parameters: Any) -> Any:
    response = api.ask("POST", "/object/aql", {"qlQuery": query}, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


def count(api: Api, query: str = "objectTypeId = 1") -> int:
    total: int = api.post("/object/aql/totalcount", {"qlQuery": query}, status=200)["totalCount"]
    return total


class TestPages:
    def test_default_order_is_the_label_with_missing_values_first(self) -> None:
        """Atlassian's AQL page."""
        _, api, people = site_with()
        people.attribute("Name").minimum = 0
        people.add_attribute("City")
        for name, city in (("b", None), ("A", "x"), ("c", "a")):
            people.add_object(Name=name, City=city)
        assert api.find("objectTypeId = 1") == ["A", "b", "c"]
        assert api.find("objectTypeId = 1 order by City asc") == ["b", "c", "A"]
        assert api.find("objectTypeId = 1 order by City desc") == ["A", "c", "b"]
        assert api.find("objectTypeId = 1 order by label desc") == ["c", "b", "A"]

    @pytest.mark.parametrize("differ", [True, False])
    def test_ties_are_stable_per_query_only(self, *, differ: bool) -> None:
        _, api, people = site_with(ties_differ_between_queries=differ)
        people.add_attribute("City")
        for number in range(30):
            people.add_object(Name="same", City=str(number))

        def order(query: str) -> list[str]:
            return [value["id"] for value in page(api, query, maxResults=100)["values"]]

        first, second = order("objectTypeId = 1"), order("objectTypeId = 1 AND Name = same")
        assert order("objectTypeId = 1") == first
        assert (first != second) is differ

    @pytest.mark.parametrize(("as_text", "first"), [(False, "OKT-1"), (True, "OKT-10")])
    def test_order_by_key(self, *, as_text: bool, first: str) -> None:
        emulator, api, people = site_with(10, order_by_key_as_text=as_text)
        emulator.object_schema("OKT")["People"].object("P0000").delete() if as_text else None
        values = page(api, "objectTypeId = 1 order by Key asc")["values"]
        assert values[0]["objectKey"] == first
        assert len(people.objects) == len(values)

    @pytest.mark.parametrize(
        ("reading", "status", "size"), [("cut", 200, 20), ("honored", 200, 30), ("rejected", 400, None)]
    )
    def test_page_size_above_the_cap(self, reading: str, status: int, size: int | None) -> None:
        _, api, _ = site_with(25, largest_page=20, larger_pages=reading)
        response = api.ask("POST", "/object/aql", {"qlQuery": ""}, params={"maxResults": 30})
        assert response.status_code == status
        assert size is None or response.json()["maxResults"] == size

    @pytest.mark.once
    @pytest.mark.parametrize("early", [True, False])
    def test_is_last_is_true_too_early_from_a_thousand(self, *, early: bool) -> None:
        """JSDCLOUD-16556."""
        _, api, _ = site_with(1001, is_last_too_early=early)
        assert page(api, maxResults=1000)["isLast"] is early
        assert page(api, maxResults=999)["isLast"] is False
        assert page(api, maxResults=999, startAt=999)["isLast"] is True

    def test_forms_of_is_last_and_total(self) -> None:
        _, api, _ = site_with(1, is_last_absent=True, total_present=False, extra_page_fields=True)
        document = page(api)
        assert {"isLast", "last", "total"}.isdisjoint(document)
        assert (document["totalFilterCount"], document["hasMoreResults"]) == (1, False)
        _, api, _ = site_with(1, is_last_as_text=True)
        assert page(api)["isLast"] == "true"

    def test_short_pages(self) -> None:
        _, api, _ = site_with(9, short_page_every=2)
        sizes = [len(page(api, startAt=start, maxResults=3)["values"]) for start in (0, 3, 6)]
        assert sizes == [3, 2, 3]

    @pytest.mark.parametrize("form", ['"now(-2h 15m)"', 'now("-2h 15m")', "now(-2h 15m)"])
    def test_relative_time_in_three_forms(self, form: str) -> None:
        """Atlassian's AQL page has two of them, a second description the third."""
        emulator, api, people = site_with(1)
        emulator.clock.advance(8_000)
        people.add_object(Name="middle")
        emulator.clock.advance(200)
        assert api.find(f"objectTypeId = 1 AND Created > {form}") == ["middle"]

    @pytest.mark.parametrize("snapshot", [True, False])
    def test_deletion_between_pages_moves_rows(self, *, snapshot: bool) -> None:
        _, api, people = site_with(6, search_snapshot=snapshot)
        first = page(api, maxResults=3)["values"]
        people.object("P0000").delete()
        second = page(api, startAt=3, maxResults=3)["values"]
        labels = [value["label"] for value in first + second]
        assert ("P0003" in labels) is False
        assert len(labels) == 5
        people.add_object(Name="A")
        assert page(api, maxResults=1)["values"][0]["label"] == "A"

    def test_limits_of_a_query(self) -> None:
        _, api, _ = site_with(1, longest_query=30, largest_in_list=2)
        assert "longer than 30" in api.refused("POST", "/object/aql", {"qlQuery": "x" * 31})[1][""]
        assert "more than 2" in api.refused("POST", "/object/aql", {"qlQuery": "Name IN (a, b, c)"})[1][""]
        assert api.find("Name IN (P0000, b)") == ["P0000"]

    @pytest.mark.parametrize("nothing", [True, False])
    def test_unknown_attribute(self, *, nothing: bool) -> None:
        _, api, _ = site_with(1, unknown_attribute_finds_nothing=nothing)
        if nothing:
            assert api.find("objectKey = 1") == []
        else:
            text = api.refused("POST", "/object/aql", {"qlQuery": "objectKey = 1"})[1][""]
            assert "No matching attribute for AQL clause (objectKey)" in text

    def test_cached_search_follows_every_change(self) -> None:
        emulator, api, people = site_with(2)
        assert count(api) == 2
        people.add_object(Name="new")
        assert count(api) == 3
        people.object("new").update(Name="P9")
        assert api.find("objectTypeId = 1") == ["P0000", "P0001", "P9"]
        people.object("P9").delete()
        assert count(api) == 2
        api.post("/objectschema/create", {"name": "B", "objectSchemaKey": "B"})
        emulator.access.remove_schema_role("OKT")
        assert count(api) == 0

    @pytest.mark.parametrize("allowed", [True, False])
    def test_search_of_an_account_that_is_not_an_agent(self, *, allowed: bool) -> None:
        """JSDCLOUD-14759 reports responses without labels; other sources report 403."""
        emulator, _, _ = site_with(1, non_agents_can_search=allowed)
        bruno = emulator.add_account("bruno@acme.com", agent=False)
        api = Api(emulator, auth=(bruno.email, bruno.api_token))
        if allowed:
            (value,) = page(api)["values"]
            assert (value["label"], value["objectKey"]) == ("", "OKT-1")
            assert api.ask("GET", "/object/1").status_code == 403
        else:
            assert api.refused("POST", "/object/aql", {"qlQuery": ""})[0] == 403


def things() -> dict[str, Any]:
    kind = {
        "externalId": "t/Thing",
        "name": "Thing",
        "description": "",
        "attributes": [attribute("Id", label=True), attribute("City")],
    }
    mapping = {
        "objectTypeExternalId": "t/Thing",
        "objectTypeName": "Thing",
        "selector": "things",
        "description": "",
        "attributesMapping": [locate("Id", "id", externalIdPart=True), locate("City", "city")],
    }
    return document([kind], [mapping])


def importing(missing: str = "ignore", **switches: Any) -> tuple[Emulator, ImportApi, Any]:
    emulator = Emulator(doubts=Doubts(**switches))
    source = emulator.add_import_source(emulator.add_object_schema("OKT"), missing_objects=missing)
    okta = ImportApi(emulator, source)
    assert okta.submit_mapping(things()).status_code == 204
    return emulator, okta, source


def run(okta: ImportApi, *ids: str, **more: str) -> dict[str, int]:
    status = okta.run({"things": [{"id": identifier, **more} for identifier in ids]})
    return okta.counts(status, "Thing")


class TestVisibility:
    def test_search_and_count_lag_separately(self) -> None:
        emulator, okta, _ = importing(search_lag_seconds=30, count_lag_seconds=10)
        api = Api(emulator)
        run(okta, "1", "2")
        assert (api.find("objectTypeId = 1"), count(api)) == ([], 0)
        emulator.clock.advance(15)
        assert (api.find("objectTypeId = 1"), count(api)) == ([], 2)
        emulator.clock.advance(20)
        assert (api.find("objectTypeId = 1"), count(api)) == (["1", "2"], 2)


class TestMissingObjects:
    def left(self, emulator: Emulator) -> list[str]:
        return [asset.label for asset in emulator.object_schema("OKT")["Thing"].objects]

    def test_type_wide_removal_includes_objects_made_manually(self) -> None:
        emulator, okta, _ = importing("remove")
        emulator.object_schema("OKT")["Thing"].add_object(Id="manual")
        assert run(okta, "1")["objectsMissingDeleted"] == 1
        assert self.left(emulator) == ["1"]

    def test_removed_object_comes_back_with_a_new_key(self) -> None:
        emulator, okta, _ = importing("remove")
        run(okta, "1", "2")
        first = emulator.object_schema("OKT")["Thing"].object("1").key
        run(okta, "2")
        run(okta, "1", "2")
        assert emulator.object_schema("OKT")["Thing"].object("1").key != first

    def test_type_without_entries(self) -> None:
        for skipped, remaining in ((False, []), (True, ["1"])):
            emulator, okta, _ = importing("remove", type_without_entries_is_skipped=skipped)
            run(okta, "1")
            okta.run({"others": []})
            assert self.left(emulator) == remaining

    @pytest.mark.parametrize("included", [True, False])
    def test_unmapped_child_types(self, *, included: bool) -> None:
        emulator, okta, _ = importing("remove", removal_includes_unmapped_children=included)
        schema = emulator.object_schema("OKT")
        child = schema.add_object_type("Child", parent=schema["Thing"])
        child.add_object(Name="c")
        run(okta, "1")
        assert len(child.objects) == (0 if included else 1)

    def test_threshold_counts_consecutive_runs(self) -> None:
        emulator, okta, source = importing()
        source.set_missing_objects("remove", "Thing", threshold=2)
        run(okta, "1", "2")
        run(okta, "1")
        assert self.left(emulator) == ["1", "2"]
        run(okta, "1", "2")
        run(okta, "1")
        assert self.left(emulator) == ["1", "2"]
        assert run(okta, "1")["objectsMissingDeleted"] == 1

    def test_threshold_in_days(self) -> None:
        emulator, okta, source = importing()
        source.set_missing_objects("remove", threshold=1, unit="days")
        run(okta, "1", "2")
        run(okta, "1")
        assert self.left(emulator) == ["1", "2"]
        emulator.clock.advance(86_400)
        run(okta, "1")
        assert self.left(emulator) == ["1"]

    def test_registration_delays_the_removal(self) -> None:
        """One app's authors measured that objects must be registered first, for up to 19 minutes."""
        emulator, okta, _ = importing(
            "remove", missing_objects_need_registration=True, registration_seconds=600
        )
        run(okta, "1", "2")
        assert "objectsMissingDeleted" not in run(okta, "1")
        emulator.clock.advance(601)
        assert run(okta, "1")["objectsMissingDeleted"] == 1

    @pytest.mark.parametrize("counts", [True, False])
    def test_cancelled_run(self, *, counts: bool) -> None:
        emulator, okta, source = importing(cancelled_run_counts=counts)
        source.set_missing_objects("remove", threshold=2)
        run(okta, "1", "2")
        links = okta.post(okta.links["start"], status=200)["links"]
        okta.ask("DELETE", links["cancel"])
        run(okta, "1")
        assert self.left(emulator) == (["1"] if counts else ["1", "2"])

    def test_update_sets_the_attribute(self) -> None:
        emulator, okta, source = importing()
        source.set_missing_objects("update", update=("City", "gone"))
        run(okta, "1", "2")
        assert run(okta, "1")["objectsMissingUpdated"] == 1
        assert emulator.object_schema("OKT")["Thing"].object("2")["City"] == "gone"

    @pytest.mark.parametrize("resets", [True, False])
    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_mapping_sent_again_resets_the_policy(self, method: str, *, resets: bool) -> None:
        """Reported by the authors of one app: PUT and PATCH drop the setting."""
        emulator, okta, source = importing(
            "remove", mapping_resets_missing_objects=resets, repeated_mapping_put=True
        )
        assert source.missing_objects("Thing") == "remove"
        run(okta, "1", "2")
        assert okta.submit_mapping(things(), method).status_code == 204
        assert source.missing_objects("Thing") == ("ignore" if resets else "remove")
        run(okta, "1")
        assert self.left(emulator) == (["1", "2"] if resets else ["1"])

    def test_policy_is_not_readable_unless_a_key_is_given(self) -> None:
        for key in ("", "handleMissingObjects"):
            emulator, _, source = importing("remove", missing_objects_key=key)
            text = Api(emulator).ask("GET", f"/importsource/{source.id}").text
            assert ("missing" in text.lower()) is bool(key)
            assert ('"missingObjectsType":"REMOVE","thresholdType":"RUNS","threshold":1' in text) is bool(key)

    def test_invalid_settings_are_named(self) -> None:
        _, _, source = importing()
        for arguments, text in (
            ({"policy": "drop"}, "'drop' or 'runs' is not one of"),
            ({"policy": "remove", "threshold": -1}, "negative"),
            ({"policy": "update"}, "needs"),
        ):
            with pytest.raises(ValueError, match=text):
                source.set_missing_objects(**arguments)


class TestEntries:
    @pytest.mark.parametrize("touched", [True, False])
    def test_identical_entry(self, *, touched: bool) -> None:
        emulator, okta, _ = importing(identical_objects_are_touched=touched)
        run(okta, "1")
        before = Api(emulator).get("/object/1")["updated"]
        emulator.clock.advance(60)
        assert run(okta, "1") == {"entriesInSource": 1, "objectsIdentical": 1}
        assert (Api(emulator).get("/object/1")["updated"] != before) is touched
        assert len(Api(emulator).get("/object/1/history")) == 1

    @pytest.mark.parametrize(("last", "city"), [(False, "first"), (True, "last")])
    def test_duplicate_identifier(self, *, last: bool, city: str) -> None:
        emulator, okta, _ = importing(last_duplicate_wins=last)
        status = okta.run({"things": [{"id": "1", "city": "first"}, {"id": "1", "city": "last"}]})
        assert okta.counts(status, "Thing")["duplicateEnries"] == 1
        assert emulator.object_schema("OKT")["Thing"].object("1")["City"] == city

    @pytest.mark.parametrize("sensitive", [True, False])
    def test_letter_case_of_identifiers(self, *, sensitive: bool) -> None:
        _, okta, _ = importing(identifiers_ignore_case=not sensitive)
        assert run(okta, "A", "a")["objectsCreated"] == (2 if sensitive else 1)

    @pytest.mark.parametrize("per_chunk", [True, False])
    def test_reference_to_a_later_chunk(self, *, per_chunk: bool) -> None:
        emulator = Emulator(doubts=Doubts(references_resolved_per_chunk=per_chunk))
        schema = emulator.add_object_schema("OKT")
        okta = ImportApi(emulator, emulator.add_import_source(schema))
        okta.submit_mapping(people_and_groups())
        okta.run(
            {"users": [{"profile": {"login": "ana"}, "groups": ["g", "none"]}]}, {"groups": [{"name": "g"}]}
        )
        expected = [] if per_chunk else [schema["Group"].object("g").key]
        assert schema["Person"].object("ana")["Groups"] == expected

    @pytest.mark.parametrize(("where", "in_status"), [("progress", False), ("status", True), ("", False)])
    def test_query_of_created_objects(self, where: str, *, in_status: bool) -> None:
        """Only the example of the progress resource has `objectsCreatedQlQuery`."""
        emulator, okta, source = importing(created_query_in=where)
        status = okta.run({"things": [{"id": "1"}]})
        assert ("objectsCreatedQlQuery" in str(status)) is in_status
        progress = Api(emulator).get(f"/progress/category/imports/{source.id}")
        assert ('Key IN ("OKT-1")' in str(progress)) is bool(where)


class TestObjectUpdates:
    def put(self, api: Api, attribute_id: Any, *values: Any, **more: Any) -> Any:
        listed = [
            {"objectTypeAttributeId": attribute_id, "objectAttributeValues": [{"value": v} for v in values]}
        ]
        return api.ask("PUT", "/object/1", {"objectTypeId": "1", "attributes": listed, **more})

    @pytest.mark.parametrize("replaces", [True, False])
    def test_attributes_that_are_not_named(self, *, replaces: bool) -> None:
        _, api, people = site_with(object_update_replaces=replaces)
        people.attribute("Name").minimum = 0
        people.add_attribute("City")
        ana = people.add_object(Name="Ana", City="Madrid")
        assert self.put(api, "5", "Lisbon").status_code == 200
        assert ana["Name"] == (None if replaces else "Ana")

    def test_list_replaces_and_an_empty_one_clears(self) -> None:
        _, api, people = site_with()
        people.add_attribute("Tags", multiple=True)
        ana = people.add_object(Name="Ana", Tags=["a", "b"])
        self.put(api, "5", "c")
        assert ana["Tags"] == ["c"]
        self.put(api, "5")
        assert ana["Tags"] == []

    def test_type_may_be_left_out_under_the_other_reading(self) -> None:
        _, api, _ = site_with(1, object_update_needs_type=False)
        assert api.ask("PUT", "/object/1", {"attributes": []}).status_code == 200

    def test_attribute_ids_as_strings_can_be_ignored(self) -> None:
        """One script reports that the service ignores them without an error."""
        _, api, people = site_with(1, attribute_id_as_text_ignored=True)
        assert self.put(api, "2", "New").status_code == 200
        assert people.objects[0].label == "P0000"
        assert self.put(api, 2, "New").status_code == 200
        assert people.objects[0].label == "New"

    @pytest.mark.parametrize("accepted", [True, False])
    def test_inactive_user_as_a_value(self, *, accepted: bool) -> None:
        emulator, api, people = site_with(1, inactive_users_accepted=accepted)
        people.add_attribute("Jira User", "user")
        bruno = emulator.add_account("bruno@acme.com")
        bruno.active = False
        response = self.put(api, "5", bruno.account_id)
        assert response.status_code == (200 if accepted else 400)
        if not accepted:
            assert response.json()["errors"] == {"rlabs-insight-attribute-5": "User(s) not found in Jira"}
        assert self.put(api, "5", bruno.email).status_code == 400

    def test_user_outside_of_the_groups_of_the_attribute(self) -> None:
        emulator, api, people = site_with(1)
        people.add_attribute("Jira User", "user", type_value_multi=["site-admins"])
        bruno = emulator.add_account("bruno@acme.com")
        assert "invalid due to restrictions" in self.put(api, "5", bruno.account_id).text
        assert self.put(api, "5", emulator.account.account_id).status_code == 200

    @pytest.mark.parametrize(
        ("reading", "name", "identifier"), [("name or id", 200, 200), ("name", 200, 400), ("id", 400, 200)]
    )
    def test_group_as_a_value(self, reading: str, name: int, identifier: int) -> None:
        emulator, api, people = site_with(1, group_values=reading)
        people.add_attribute("Jira Groups", "group")
        group = emulator.add_group("it")
        assert self.put(api, "5", "it").status_code == name
        assert self.put(api, "5", group.group_id).status_code == identifier

    def test_one_bad_value_fails_the_whole_request(self) -> None:
        _, api, people = site_with(1)
        people.add_attribute("Age", "integer")
        body = [
            {"objectTypeAttributeId": "2", "objectAttributeValues": [{"value": "New"}]},
            {"objectTypeAttributeId": "5", "objectAttributeValues": [{"value": "x"}]},
        ]
        assert api.refused("PUT", "/object/1", {"objectTypeId": "1", "attributes": body})[0] == 400
        assert people.objects[0].label == "P0000"

    @pytest.mark.parametrize("present", [True, False])
    def test_avatar_has_a_media_token(self, *, present: bool) -> None:
        """As in the example of the OpenAPI document; exports must not contain it."""
        _, api, _ = site_with(1, avatar_token=present)
        assert ("mediaJwtToken" in str(api.get("/object/1"))) is present
