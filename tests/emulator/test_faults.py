"""Failing intentionally, in process."""

from __future__ import annotations

import gzip
from typing import Any

import anyio
import httpx
import pytest

from jsm_assets_dest.testing import Emulator, Fault, UnusedFaultsError
from tests.emulator.api import Api, ImportApi
from tests.emulator.documents import people_and_groups

LIST = "/objectschema/list"
OPERATION = "list object schemas"


class TestPlanning:
    def test_fault_happens_once_by_default(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next(OPERATION, status=429, retry_after=2, headers={"X-RateLimit-Remaining": "0"})
        answer = api.ask("GET", LIST)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
        assert answer.headers["x-ratelimit-remaining"] == "0"
        assert "planned fault" in answer.text
        assert api.ask("GET", LIST).status_code == 200
        assert emulator.faults.happened == 1

    def test_fault_happens_several_times_from_the_nth_request(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next(OPERATION, status=503, nth=2, times=2)
        assert [api.ask("GET", LIST).status_code for _ in range(5)] == [200, 503, 503, 200, 200]

    def test_fault_with_condition_matches_some_requests(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next("any", status=500, when=lambda request: request.query.get("startAt") == "7")
        assert api.ask("GET", LIST).status_code == 200
        assert api.ask("GET", LIST, params={"startAt": 7}).status_code == 500

    def test_fault_with_always_happens_every_time(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.always(OPERATION, status=500)
        assert {api.ask("GET", LIST).status_code for _ in range(3)} == {500}
        emulator.faults.clear()
        assert api.ask("GET", LIST).status_code == 200
        emulator.faults.always(OPERATION, fault=Fault(status=502))
        assert api.ask("GET", LIST).status_code == 502

    def test_earlier_plan_takes_precedence(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next(OPERATION, status=500)
        emulator.faults.next(OPERATION, status=503)
        assert [api.ask("GET", LIST).status_code for _ in range(3)] == [500, 503, 200]

    def test_every_plan_counts_every_request(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next(OPERATION, status=500, nth=3)
        emulator.faults.next(OPERATION, status=503, nth=2)
        assert [api.ask("GET", LIST).status_code for _ in range(4)] == [200, 503, 500, 200]

    def test_unused_fault_fails_at_the_end(self) -> None:
        with (
            pytest.raises(UnusedFaultsError, match="'submit chunk': happened 0 of 1 times"),
            Emulator() as emulator,
        ):
            emulator.faults.next("submit chunk", status=500)
        with pytest.raises(UnusedFaultsError, match="happened 0 times"), Emulator() as emulator:
            emulator.faults.always(OPERATION, status=500)
        with pytest.raises(UnusedFaultsError, match="0 of 2 entries failed"), Emulator() as emulator:
            emulator.faults.fail_objects("users", count=2)
        with Emulator() as emulator:
            emulator.faults.fail_objects("users")
            emulator.faults.clear()

    def test_error_of_the_test_is_not_hidden(self) -> None:
        with pytest.raises(ZeroDivisionError), Emulator() as emulator:
            emulator.faults.next("submit chunk", status=500)
            raise ZeroDivisionError

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            ({"operation": "nope", "status": 500}, "unknown operation 'nope'; known are: cancel import"),
            ({"status": 500, "nth": 0}, "nth counts from 1"),
            ({"status": 500, "times": 0}, "times must be at least 1"),
            ({}, "the fault has no effect"),
            ({"status": 99}, "99 is not an HTTP status"),
            ({"drop": "sometimes"}, "drop must be one of before, after, mid-answer"),
            ({"html": "nice"}, "html must be one of"),
            ({"garbage": "nice"}, "garbage must be one of"),
            ({"html": "proxy", "bad_json": True}, "html and bad_json contradict each other"),
            ({"drop": "before", "status": 500}, "there is no response"),
            ({"drop": "after", "truncate": 3}, "there is no response"),
            ({"after_acting": True, "stall": 1}, "after_acting needs a response"),
            ({"retry_after": 1, "stall": 1}, "headers need a response"),
            ({"stall": -1}, "must not be negative"),
        ],
    )
    def test_invalid_plan_is_an_error(self, emulator: Emulator, arguments: dict[str, Any], text: str) -> None:
        with pytest.raises(ValueError, match=text):
            emulator.faults.next(**{"operation": OPERATION, **arguments})

    def test_invalid_plan_in_other_methods_is_an_error(self, emulator: Emulator) -> None:
        with pytest.raises(ValueError, match="either a fault or its arguments"):
            emulator.faults.always(OPERATION)
        with pytest.raises(ValueError, match="unknown nope; the fields of a fault are: after_acting"):
            emulator.faults.always(OPERATION, nope=1)  # type: ignore[call-arg]
        with pytest.raises(ValueError, match="unknown kind '418'"):
            emulator.faults.random(0.5, 1, kinds=["418"])
        with pytest.raises(ValueError, match="between 0 and 1"):
            emulator.faults.random(2, 1)
        with pytest.raises(ValueError, match="unknown operation"):
            emulator.faults.random(0.5, 1, operations=["nope"])
        with pytest.raises(ValueError, match="count must be"):
            emulator.faults.fail_objects("users", count=0)

    def test_random_faults_are_repeatable(self) -> None:
        def outcomes() -> list[int | str]:
            emulator = Emulator()
            emulator.faults.random(0.5, seed=7)
            api, statuses = Api(emulator), []
            for _ in range(80):
                try:
                    answer = api.ask("GET", LIST)
                    statuses.append(answer.status_code if answer.text.startswith("{") else "html")
                except httpx.TransportError as problem:
                    statuses.append(type(problem).__name__)
            assert 20 < emulator.faults.happened < 60
            emulator.faults.assert_used()
            return statuses

        first = outcomes()
        assert first == outcomes()
        assert {200, 429, 500, "html", "ReadError", "RemoteProtocolError"} <= set(first)

    def test_random_faults_are_limited_to_operations(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.random(1, seed=1, kinds=["500"], operations=["get object schema"])
        assert api.ask("GET", LIST).status_code == 200
        assert api.ask("GET", "/objectschema/1").status_code == 500


class TestAnswers:
    def test_fault_after_acting_performs_the_request(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next("create object schema", status=504, after_acting=True)
        answer = api.ask("POST", "/objectschema/create", {"name": "Okta", "objectSchemaKey": "OKT"})
        assert answer.status_code == 504
        assert emulator.object_schema("OKT").name == "Okta"

    def test_fault_without_acting_changes_nothing(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next("create object schema", status=504)
        api.ask("POST", "/objectschema/create", {"name": "Okta", "objectSchemaKey": "OKT"})
        assert emulator.object_schemas == []

    @pytest.mark.parametrize(
        ("arguments", "status", "content"),
        [
            ({"body": {"x": 1}}, 200, b'{"x":1}'),
            ({"body": "text", "status": 418}, 418, b"text"),
            ({"body": b"\x00", "status": 200}, 200, b"\x00"),
            ({"status": 401}, 401, b'{"code":401,"message":"Unauthorized"}'),
            ({"status": 204}, 204, b""),
            ({"bad_json": True}, 200, b'{"values":[{"id":"1","na'),
            ({"redirect": "https://id.atlassian.com/login"}, 302, b""),
            ({"garbage": True}, 200, bytes(range(256)) * 2),
        ],
    )
    def test_fault_body_accepts_json_strings_and_bytes(
        self, emulator: Emulator, api: Api, arguments: dict[str, Any], status: int, content: bytes
    ) -> None:
        emulator.faults.next(OPERATION, **arguments)
        answer = api.ask("GET", LIST)
        assert (answer.status_code, answer.content) == (status, content)
        assert answer.headers.get("location") == arguments.get("redirect")

    def test_fault_page_replaces_json(self, emulator: Emulator, api: Api) -> None:
        for page, status, server in (
            ("proxy", 403, "squid/6.6"),
            ("login", 200, "AtlassianEdge"),
            ("unavailable", 503, "AtlassianEdge"),
        ):
            emulator.faults.next(OPERATION, html=page)
            answer = api.ask("GET", LIST)
            assert (answer.status_code, answer.headers["server"]) == (status, server)
            assert answer.headers["content-type"].startswith("text/html")
            assert ("atl-traceid" in answer.headers) == (page != "proxy")

    def test_error_of_the_edge_has_no_request_id_of_jira(self, emulator: Emulator) -> None:
        for status, is_created in ((503, False), (500, True)):
            emulator.faults.next("read server info", status=status)
            with httpx.Client(transport=emulator.transport) as client:
                answer = client.get(f"{emulator.site}/rest/api/3/serverInfo")
            assert ("x-arequestid" in answer.headers) is is_created

    def test_fault_of_another_operation_waits(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next("list icons", status=500)
        assert api.ask("GET", LIST).status_code == 200
        assert api.ask("GET", "/icon/global").status_code == 500

    def test_compressed_garbage_and_bomb_are_sent(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next(OPERATION, garbage="gzip")
        with pytest.raises(httpx.DecodingError):
            api.ask("GET", LIST)
        emulator.faults.next(OPERATION, gzip_bomb=5_000_000)
        with api.client.stream("GET", api.base + LIST) as answer:
            raw = b"".join(answer.iter_raw())
        assert len(raw) < 20_000
        assert len(gzip.decompress(raw)) == 5_000_000


class TestConnections:
    def test_drop_happens_before_or_after_acting(self, emulator: Emulator, api: Api) -> None:
        body = {"name": "Okta", "objectSchemaKey": "OKT"}
        emulator.faults.next("create object schema", drop="before")
        with pytest.raises(httpx.ReadError):
            api.ask("POST", "/objectschema/create", body)
        assert emulator.object_schemas == []
        emulator.faults.next("create object schema", drop="after")
        with pytest.raises(httpx.RemoteProtocolError):
            api.ask("POST", "/objectschema/create", body)
        assert len(emulator.object_schemas) == 1
        assert [request.status for request in emulator.requests] == [None, None]
        assert "drop='after'" in str(emulator.requests[1].fault)

    def test_drop_happens_in_the_middle_of_the_body(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next(OPERATION, drop="mid-answer")
        with pytest.raises(httpx.ReadError):
            api.ask("GET", LIST)

    def test_truncated_body_is_a_protocol_error(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next(OPERATION, truncate=10)
        with pytest.raises(httpx.RemoteProtocolError, match="received 10 bytes"):
            api.ask("GET", LIST)

    def test_stall_advances_the_clock_until_the_timeout(self, emulator: Emulator, api: Api) -> None:
        began = emulator.clock.monotonic()
        emulator.faults.next(OPERATION, stall=3)
        assert api.ask("GET", LIST, timeout=5).status_code == 200
        assert emulator.clock.monotonic() - began == 3
        emulator.faults.next(OPERATION, stall=60)
        with pytest.raises(httpx.ReadTimeout):
            api.ask("GET", LIST, timeout=5)
        assert emulator.clock.monotonic() - began == 8
        emulator.faults.next(OPERATION, stall=60)
        assert api.ask("GET", LIST, timeout=None).status_code == 200

    def test_drip_advances_the_clock_per_piece(self, emulator: Emulator, api: Api) -> None:
        began = emulator.clock.monotonic()
        emulator.faults.next(OPERATION, drip=2)
        assert api.ask("GET", LIST, timeout=5).status_code == 200
        assert emulator.clock.monotonic() - began == 20
        emulator.faults.next(OPERATION, drip=6)
        with pytest.raises(httpx.ReadTimeout):
            api.ask("GET", LIST, timeout=5)

    def test_async_transport_delivers_the_same_faults(self, emulator: Emulator, api: Api) -> None:
        emulator.faults.next(OPERATION, truncate=10)
        emulator.faults.next(OPERATION, drop="before")

        async def ask() -> list[str]:
            statuses = []
            async with httpx.AsyncClient(
                transport=emulator.transport, auth=(emulator.email, emulator.api_token)
            ) as client:
                for _ in range(3):
                    try:
                        answer = await client.get(api.base + LIST)
                        statuses.append(str(answer.status_code))
                    except httpx.TransportError as problem:
                        statuses.append(type(problem).__name__)
            await emulator.clock.sleep_async(5)
            return statuses

        assert anyio.run(ask) == ["RemoteProtocolError", "ReadError", "200"]
        assert emulator.clock.slept == [5]


class TestState:
    def test_token_and_execution_change_during_an_import(self, emulator: Emulator) -> None:
        source = emulator.add_import_source(emulator.add_object_schema("OKT"))
        okta = ImportApi(emulator, source)
        okta.submit_mapping(people_and_groups())
        links = okta.post(okta.links["start"], status=200)["links"]
        source.executions[0].cancel()
        status, errors = okta.refused("POST", links["submitResults"], {"data": {}})
        assert (status, "CANCELLED" in errors[""]) == (400, True)
        source.generate_token()
        assert okta.ask("POST", links["submitResults"], {"data": {}}).status_code == 401

    def test_skew_shifts_the_date_header(self, emulator: Emulator, api: Api) -> None:
        assert api.ask("GET", LIST).headers["date"] == "Mon, 05 Jan 2026 08:00:00 GMT"
        emulator.clock.skew(-3600)
        assert api.ask("GET", LIST).headers["date"] == "Mon, 05 Jan 2026 07:00:00 GMT"

    def test_requests_are_recorded_without_credentials(self, emulator: Emulator, api: Api) -> None:
        api.ask("POST", "/objectschema/create?x=1", {"name": "Okta", "objectSchemaKey": "OKT"})
        (request,) = emulator.requests
        assert (request.operation, request.method, request.status) == ("create object schema", "POST", 201)
        assert (request.base, request.query, request.fault) == ("short", {"x": "1"}, None)
        assert request.json == {"name": "Okta", "objectSchemaKey": "OKT"}
        assert request.headers["authorization"] == "Basic ***"
        assert emulator.api_token not in repr(request) + str(request.headers)
        emulator.requests.clear()
        api.ask("GET", "/objectschema/1", headers={"Cookie": "secret"})
        assert emulator.requests[0].json is None
        assert emulator.requests[0].parameters == {"id": "1"}
        assert emulator.requests[0].headers["cookie"] == "***"


class TestRates:
    def test_rate_limit_counts_per_operation_on_the_clock(self, emulator: Emulator, api: Api) -> None:
        limit = emulator.rate_limit(per_minute=60, burst=2)
        assert [api.ask("GET", LIST).status_code for _ in range(3)] == [200, 200, 429]
        assert api.ask("GET", "/icon/global").status_code == 200
        answer = api.ask("GET", LIST)
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["x-ratelimit-limit"] == "2"
        assert answer.headers["x-ratelimit-reset"] == "2026-01-05T08:00:01.000Z"
        assert answer.headers["ratelimit-reason"] == "jira-burst-based"
        assert limit.refused == 2
        emulator.clock.sleep(1)
        assert [api.ask("GET", LIST).status_code for _ in range(2)] == [200, 429]

    def test_rate_limit_of_one_operation_with_a_fixed_wait(self, emulator: Emulator, api: Api) -> None:
        emulator.rate_limit(per_minute=1, retry_after=17, operation=OPERATION)
        assert api.ask("GET", "/icon/global").status_code == 200
        assert api.ask("GET", "/icon/global").status_code == 200
        assert api.ask("GET", LIST).status_code == 200
        assert api.ask("GET", LIST).headers["retry-after"] == "17"

    def test_invalid_input_is_reported(self, emulator: Emulator) -> None:
        with pytest.raises(ValueError, match="must be positive"):
            emulator.rate_limit(per_minute=0)
        with pytest.raises(ValueError, match="unknown operation"):
            emulator.rate_limit(per_minute=1, operation="nope")
