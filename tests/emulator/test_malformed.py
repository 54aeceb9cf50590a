"""Malformed input, on the socket and in process: a rejection in the service's format, never a dropped connection."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jsm_assets_dest.testing import Emulator
from jsm_assets_dest.testing import server as server_module
from jsm_assets_dest.testing.http.service import ROUTER
from tests.emulator.api import Api, ImportApi
from tests.emulator.documents import people_and_groups

HEAD = b"POST /oauth/token HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def site() -> Emulator:
    emulator = Emulator()
    emulator.seed_demo()
    return emulator


@pytest.fixture(scope="module")
def port(site: Emulator) -> Iterator[int]:
    with site.serve() as url:
        yield int(url.rpartition(":")[2])


def exchange(port: int, data: bytes) -> bytes:
    """Send bytes and the end of the sending side, and return everything that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def responses(data: bytes) -> list[tuple[int, bytes]]:
    """Split the bytes of a connection into statuses and bodies."""
    problems = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        status = int(lines[0].split(b" ")[1])
        length = next((int(line[16:]) for line in lines if line.lower().startswith(b"content-length: ")), 0)
        problems.append((status, rest[:length]))
        data = rest[length:]
    return problems


class TestSockets:
    @pytest.mark.parametrize(
        ("data", "text"),
        [
            (b"nonsense\r\n\r\n", "request line"),
            (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "request line"),
            (b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n", "target"),
            (b"GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n", "target"),
            (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", "target"),
            (b"GET / HTTP/1.1\r\n\r\n", "Host"),
            (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "Host"),
            (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "occurs twice"),
            (b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "header is invalid"),
            (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", "too long"),
            (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: bbbbbbbbbb\r\n" * 5_000 + b"\r\n", "too large"),
            (b"GET / HTTP/1.1\r\nHost: x\r\n", "truncated"),
            (HEAD + b"Content-Length: -1\r\n\r\n", "Content-Length"),
            (HEAD + b"Content-Length: 1e3\r\n\r\n", "Content-Length"),
            (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "occurs twice"),
            (HEAD + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", "Content-Length"),
            (HEAD + b"Content-Length: 999999999999\r\n\r\n", "too large"),
            (HEAD + b"Content-Length: 5\r\n\r\nab", "truncated"),
            (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding"),
            (HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", "Transfer-Encoding"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "size of a chunk"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", "size of a chunk"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", "too large"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n", "longer than its size"),
        ],
    )
    def test_invalid_http_gets_400_in_the_services_format(self, port: int, data: bytes, text: str) -> None:
        ((status, body),) = responses(exchange(port, data))
        assert status == 400
        document = json.loads(body)
        assert set(document) == {"errorMessages", "errors"}
        assert text in document["errorMessages"][0]

    def test_valid_request_after_a_malformed_connection(self, port: int) -> None:
        exchange(port, b"\x00" * 100)
        data = exchange(port, b"GET /_edge/tenant_info HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        assert [status for status, _ in responses(data)] == [200, 200]

    def test_old_and_absolute_forms_are_accepted(self, port: int) -> None:
        for data in (
            b"GET /_edge/tenant_info HTTP/1.0\r\n\r\n",
            b"GET http://any.host/_edge/tenant_info HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /_edge/tenant_info HTTP/1.1\nHost: x\n\n",
            HEAD + b"Expect: 100-continue\r\nContent-Length: 0\r\n\r\n",
        ):
            assert responses(exchange(port, data))[0][0] in (100, 200)
        assert responses(exchange(port, b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"))[0][0] == 501

    def test_slow_sender_gets_408_and_occupies_no_thread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server_module, "SENDING_SECONDS", 0.05)
        with Emulator().serve() as url:
            address = ("127.0.0.1", int(url.rpartition(":")[2]))
            for data in (
                b"GET / HT",
                HEAD + b"Content-Length: 9\r\n\r\n1",
                HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
            ):
                with socket.create_connection(address, timeout=20) as connection:
                    connection.sendall(data)
                    answer = b"".join(iter(lambda: connection.recv(4096), b""))
                assert answer.startswith(b"HTTP/1.1 408 ")

    @pytest.mark.slow
    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_any_bytes_get_a_response(self, port: int, data: st.DataObject) -> None:
        line = b"POST /jsm/assets/v1/imports/info?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd"
        position = data.draw(st.integers(0, len(line)))
        noise = data.draw(st.binary(max_size=30))
        cut = data.draw(st.integers(0, 10))
        sent = line[:position] + noise + line[position + cut :]
        for status, _ in responses(exchange(port, sent)):
            assert status != 500


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
IDS = st.sampled_from(["1", "2", "5", "9" * 5_000, "-1", "x", "%00", "%ff", "\u0663", "OKT-1", "ITSM-1"])


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            b"[" * 100_000,
            b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
            b'{"name":' + b"[" * 300 + b"]" * 300 + b"}",
            b'{"name": ' + b"9" * 5_000 + b"}",
            b'{"name": NaN}',
            b'{"name": -Infinity}',
            b"\xff\xfe\x00",
            b"",
            b'{"name": "A", "objectSchemaKey": "A", "description": 1e999}',
        ],
    )
    def test_json_that_cannot_be_read_is_400(self, api: Api, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        response = api.ask("POST", "/objectschema/create", content=body, headers=headers)
        assert response.status_code == 400
        assert set(response.json()) == {"errorMessages", "errors"}

    def test_lone_surrogate_is_written_as_a_question_mark(self, api: Api) -> None:
        body = b'{"name": "A\\ud800", "objectSchemaKey": "A"}'
        headers = {"Content-Type": "application/json"}
        assert api.ask("POST", "/objectschema/create", content=body, headers=headers).json()["name"] == "A?"

    def test_deeply_nested_data_is_400(self, emulator: Emulator) -> None:
        okta = ImportApi(emulator, emulator.add_import_source(emulator.add_object_schema("OKT")))
        okta.submit_mapping(people_and_groups())
        links = okta.post(okta.links["start"], status=200)["links"]
        nested: Any = []
        for _ in range(400):
            nested = [nested]
        assert okta.ask("POST", links["submitResults"], {"data": {"users": nested}}).status_code == 400

    @pytest.mark.parametrize(
        "query",
        ["(" * 3_000 + "x = 1" + ")" * 3_000, "Created > 1e300", "objectId = " + "9" * 5_000, "Updated = 1e400",
         "Age = " + "9" * 5_000, 'Created > now("-99999999999999d")', "NOT " * 5_000 + "x = 1"],
    )  # fmt: skip
    def test_extreme_queries_get_a_response(self, site: Emulator, query: str) -> None:
        response = Api(site).ask("POST", "/object/aql", {"qlQuery": query})
        assert response.status_code in (200, 400)

    @pytest.mark.parametrize("attributes", [[1], [{"objectTypeAttributeId": "2", "objectAttributeValues": [{}]}],
        [{"objectTypeAttributeId": "2", "objectAttributeValues": [1]}]])  # fmt: skip
    def test_values_of_another_shape_are_400(self, site: Emulator, attributes: Any) -> None:
        body = {"objectTypeId": "1", "attributes": attributes}
        assert "attributes" in Api(site).refused("POST", "/object/create", body)[1]

    def test_times_out_of_range_are_invalid(self, emulator: Emulator, api: Api) -> None:
        kind = emulator.add_object_schema("OKT").add_object_type("T")
        kind.add_attribute("At", "date_time")
        value = {
            "objectTypeAttributeId": "5",
            "objectAttributeValues": [{"value": "0001-01-01T00:00:00+12:00"}],
        }
        name = {"objectTypeAttributeId": "2", "objectAttributeValues": [{"value": "A"}]}
        body = {"objectTypeId": "1", "attributes": [name, value]}
        assert "out of range" in api.refused("POST", "/object/create", body)[1]["rlabs-insight-attribute-5"]
        assert api.find("At = 1e300") == []

    @pytest.mark.once
    @settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_any_json_for_any_operation(self, site: Emulator, data: st.DataObject) -> None:
        operation = data.draw(
            st.sampled_from([operation for operation in ROUTER.operations if operation.family == "assets"])
        )
        path = operation.path
        while "{" in path:
            start, end = path.index("{"), path.index("}")
            path = path[:start] + data.draw(IDS) + path[end + 1 :]
        fields = sorted({*operation.body.required, *operation.body.optional})
        body = data.draw(
            JSON_VALUES
            if not fields
            else st.dictionaries(st.sampled_from(fields), JSON_VALUES | IDS, max_size=5)
        )
        base = f"https://api.atlassian.com/jsm/assets/workspace/{site.workspace_id}/v1"
        if operation.method == "DELETE":
            return
        with httpx.Client(transport=site.transport, auth=(site.email, site.api_token)) as client:
            options: dict[str, Any] = {}
            if operation.method != "GET":
                options["content"] = json.dumps(body).encode()
                options["headers"] = {"Content-Type": "application/json"}
            response = client.request(operation.method, base + path, **options)
        assert response.status_code < 500 or response.status_code == 501


class TestRecordedRequests:
    def test_oldest_requests_are_dropped(self) -> None:
        emulator = Emulator(recorded_requests=3)
        api = Api(emulator)
        for _ in range(4):
            api.ask("GET", "/objectschema/list")
        api.ask("GET", "/usage")
        assert [request.operation for request in emulator.requests][-1] == "read usage"
        assert len(emulator.requests) == 3

    def test_oldest_bodies_are_dropped(self) -> None:
        emulator = Emulator(recorded_bytes=100)
        api = Api(emulator)
        for number in range(5):
            api.ask("POST", "/objectschema/create", content=bytes([65 + number]) * 40)
        assert [len(request.body) for request in emulator.requests] == [0, 0, 0, 40, 40]
        assert {request.size for request in emulator.requests} == {40}
        api.ask("POST", "/objectschema/create", content=b"x" * 101)
        assert sum(len(request.body) for request in emulator.requests) == 0
        emulator.requests.clear()
        api.ask("POST", "/objectschema/create", content=b"x" * 99)
        assert emulator.requests[0].body == b"x" * 99
