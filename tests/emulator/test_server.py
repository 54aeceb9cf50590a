"""The served emulator: real sockets, status page, control interface, command."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from jsm_assets_dest.testing import Emulator
from jsm_assets_dest.testing import __main__ as command
from tests.emulator.documents import people_and_groups

LIST = "list object schemas"


@pytest.fixture
def url(emulator: Emulator) -> Iterator[str]:
    with emulator.serve() as address:
        yield address


@pytest.fixture
def client(emulator: Emulator, url: str) -> Iterator[httpx.Client]:
    base = f"{url}/jsm/assets/workspace/{emulator.workspace_id}/v1"
    with httpx.Client(
        base_url=base, auth=(emulator.email, emulator.api_token), trust_env=False, verify=False
    ) as client:
        yield client


class TestServing:
    def test_address_represents_site_gateway_and_token_endpoint(self, emulator: Emulator, url: str) -> None:
        with httpx.Client(auth=(emulator.email, emulator.api_token), trust_env=False, verify=False) as client:
            assert client.get(f"{url}/_edge/tenant_info").json() == {"cloudId": emulator.cloud_id}
            assert client.get(f"{url}/rest/api/3/myself").json()["emailAddress"] == emulator.email
            gateway = f"{url}/gateway/api/jsm/assets/workspace/{emulator.workspace_id}/v1"
            assert client.get(f"{gateway}/objectschema/list").status_code == 200
            identifier, secret = emulator.client_credentials()
            body = {"grant_type": "client_credentials", "client_id": identifier, "client_secret": secret}
            token = client.post(f"{url}/oauth/token", json=body).json()["access_token"]
            bearer = {"Authorization": f"Bearer {token}"}
        with httpx.Client(headers=bearer, trust_env=False, verify=False) as client:
            assert client.get(f"{url}/oauth/token/accessible-resources").json()[0]["url"] == url
            workspace_url = (
                f"{url}/ex/jira/{emulator.cloud_id}/jsm/assets/workspace/{emulator.workspace_id}/v1"
            )
            assert client.get(f"{workspace_url}/objectschema/list").status_code == 200

    def test_links_refer_to_the_server(self, emulator: Emulator, url: str) -> None:
        source = emulator.add_import_source(emulator.add_object_schema("OKT"))
        with httpx.Client(
            headers={"Authorization": f"Bearer {source.token}"}, trust_env=False, verify=False
        ) as client:
            links = client.get(f"{url}/jsm/assets/v1/imports/info").json()["links"]
            assert all(link.startswith(f"{url}/jsm/assets/workspace/") for link in links.values())
            assert client.put(links["mapping"], json=people_and_groups()).status_code == 204
            started = client.post(links["start"]).json()["links"]
            assert all(link.startswith(f"{url}/jsm/insight/") for link in started.values())
            chunk = {"data": {"groups": [{"name": "Ops"}]}, "completed": True}
            assert client.post(started["submitResults"], json=chunk).status_code == 200
            assert client.get(started["getExecutionStatus"]).json()["status"] == "DONE"

    def test_connection_stays_open(self, client: httpx.Client) -> None:
        answers = [client.get("/objectschema/list") for _ in range(3)]
        assert {response.http_version for response in answers} == {"HTTP/1.1"}
        streams = {
            response.extensions["network_stream"].get_extra_info("client_addr") for response in answers
        }
        assert len(streams) == 1

    def test_chunked_body_is_read(self, client: httpx.Client) -> None:
        body = json.dumps({"name": "Okta", "objectSchemaKey": "OKT"}).encode()
        headers = {"Content-Type": "application/json"}
        answer = client.post("/objectschema/create", content=iter([body[:9], body[9:]]), headers=headers)
        assert answer.status_code == 201

    def test_head_response_has_no_body(self, client: httpx.Client, url: str) -> None:
        answer = client.head(f"{url}/")
        assert (answer.status_code, answer.content) == (200, b"")

    def test_trailer_of_a_chunked_body_is_skipped(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                b"2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n"
            )
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"grant_type must be one of" in answer

    def test_disconnects_are_silent_and_bugs_become_500(
        self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def broken(problem: Exception) -> None:
            def answer(_service: object, _inbound: object) -> None:
                raise problem

            monkeypatch.setattr(type(emulator._service), "respond", answer)

        with emulator.serve() as address:
            broken(ConnectionResetError())
            with pytest.raises(httpx.TransportError):
                httpx.get(f"{address}/_edge/tenant_info", trust_env=False, verify=False)
            broken(ArithmeticError("a mistake"))
            response = httpx.get(f"{address}/_edge/tenant_info", trust_env=False, verify=False)
            assert (response.status_code, response.headers["x-emulator-failure"]) == (500, "true")
        output = capfd.readouterr().err
        assert "a mistake" in output
        assert "ConnectionResetError" not in output

    def test_several_clients_are_served_concurrently(self, emulator: Emulator, client: httpx.Client) -> None:
        def create(number: int) -> None:
            body = {"name": f"Schema {number}", "objectSchemaKey": f"S{number}"}
            assert client.post("/objectschema/create", json=body).status_code == 201

        threads = [threading.Thread(target=create, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(emulator.object_schemas) == 20

    def test_end_of_serving_closes_open_connections(self) -> None:
        with Emulator().serve() as url:
            host, port = url.removeprefix("http://").split(":")
            connection = socket.create_connection((host, int(port)))
            connection.sendall(b"GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 404 ")
        with connection:
            assert connection.recv(4096) == b""

    def test_clock_follows_real_time_while_serving(self) -> None:
        emulator = Emulator()
        before = emulator.clock.monotonic()
        assert emulator.clock.monotonic() == before
        with emulator.serve(), emulator.serve():
            between = emulator.clock.monotonic()
            assert emulator.clock.monotonic() > between
        after = emulator.clock.monotonic()
        assert emulator.clock.monotonic() == after > between

    def test_ipv6_loopback_address_is_served(self) -> None:
        with contextlib.suppress(OSError), Emulator().serve(host="::1") as url:
            assert url.startswith("http://[::1]:")
            assert httpx.get(f"{url}/_edge/tenant_info", trust_env=False, verify=False).status_code == 200

    def test_port_in_use_is_an_error_of_the_caller(self, emulator: Emulator, url: str) -> None:
        with pytest.raises(OSError, match="in use"), emulator.serve(port=int(url.rpartition(":")[2])):
            pass  # pragma: no cover

    def test_status_without_a_standard_phrase(self, emulator: Emulator, client: httpx.Client) -> None:
        emulator.faults.next(LIST, status=599)
        assert client.get("/objectschema/list").status_code == 599


class TestFaultsOnSockets:
    def test_dropped_connection_is_a_reset(self, emulator: Emulator, client: httpx.Client) -> None:
        for drop in ("before", "after", "mid-answer"):
            emulator.faults.next(LIST, drop=drop)
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                client.get("/objectschema/list")
            assert client.get("/objectschema/list").status_code == 200

    def test_truncated_response_is_a_protocol_error(self, emulator: Emulator, client: httpx.Client) -> None:
        emulator.faults.next(LIST, truncate=10)
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/objectschema/list")

    def test_slow_response_really_waits(self, emulator: Emulator, client: httpx.Client) -> None:
        emulator.faults.next(LIST, stall=30)
        with pytest.raises(httpx.ReadTimeout):
            client.get("/objectschema/list", timeout=0.05)
        emulator.faults.next(LIST, drip=0.001)
        assert client.get("/objectschema/list").json()["values"] == []
        emulator.faults.next(LIST, drip=0.001, status=204)
        assert client.get("/objectschema/list").content == b""

    def test_replaced_response_is_sent(self, emulator: Emulator, client: httpx.Client) -> None:
        emulator.faults.next(LIST, html="proxy")
        answer = client.get("/objectschema/list")
        assert (answer.status_code, answer.headers["server"]) == (403, "squid/6.6")


class Outline(HTMLParser):
    """Collects the texts of a page, its tags, and every address it would load from."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


class TestStatusPage:
    def test_status_page_shows_the_state(self, emulator: Emulator, client: httpx.Client, url: str) -> None:
        emulator.seed_demo()
        client.get("/objectschema/list")
        emulator.faults.next(LIST, drop="before")
        with contextlib.suppress(httpx.TransportError):
            client.get("/objectschema/list")
        page = Outline()
        answer = client.get(f"{url}/")
        page.feed(answer.text)
        output = " ".join(page.texts)
        for text in (
            "ITSM",
            "Person",
            "below Hardware",
            "list object schemas",
            "connection dropped",
            "planned fault",
        ):
            assert text in output
        assert page.addresses == ["status.json"]
        assert "script" not in page.tags
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert emulator.api_token not in answer.text
        assert all(source.token not in answer.text for source in emulator.import_sources)

    def test_status_page_of_an_empty_site(self, client: httpx.Client, url: str) -> None:
        page = client.get(f"{url}/").text
        assert "No requests yet." in page
        assert "No imports yet." in page
        assert client.get(f"{url}/favicon.ico").status_code == 404

    def test_names_are_escaped_on_the_status_page(
        self, emulator: Emulator, client: httpx.Client, url: str
    ) -> None:
        evil = "<script>alert(1)</script>"
        emulator.add_object_schema("OKT", evil, evil).add_object_type(evil, attributes=[evil]).add_object(
            Name=evil
        )
        emulator.add_import_source("OKT", evil)
        client.get(f"{url}/objectschema/{evil}")
        assert evil not in client.get(f"{url}/").text

    def test_executions_are_shown_with_counts(
        self, emulator: Emulator, client: httpx.Client, url: str
    ) -> None:
        source = emulator.add_import_source(emulator.add_object_schema("OKT"))
        path = f"/importsource/{source.id}"
        client.put(f"{path}/mapping", json=people_and_groups())
        links = client.post(f"{path}/executions").json()["links"]
        client.post(links["submitResults"], json={"data": {"groups": [{"name": "Ops"}]}, "completed": True})
        client.post(f"{path}/executions")
        page = client.get(f"{url}/").text
        assert "Group: 1 created, 0 updated, 0 identical, 0 errors" in page
        assert "nothing processed" in page
        document = client.get(f"{url}/status.json").json()
        assert document["executions"][0]["counts"]["Group"]["created"] == 1
        assert document["importSources"][0]["status"] == "RUNNING"


class TestControl:
    @pytest.fixture
    def control(self, emulator: Emulator, url: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=f"{url}/_emulator", trust_env=False, verify=False) as client:
            yield client

    def test_control_manages_import_sources(self, emulator: Emulator, control: httpx.Client) -> None:
        emulator.add_object_schema("OKT")
        emulator.add_import_source("OKT", "First").delete()
        emulator.add_import_source("OKT", "Second")
        created = control.post(
            "/importsource", json={"schema": "OKT", "name": "Okta", "enabled": False}
        ).json()
        assert (created["status"], created["token"]) == ("DISABLED", emulator.import_sources[1].token)
        source_path = f"/importsource/{created['id']}"
        assert control.post(f"{source_path}/enable").json()["status"] == "MISSING_MAPPING"
        assert control.post(f"{source_path}/disable").json()["status"] == "DISABLED"
        assert control.post(f"{source_path}/token").json()["token"] != created["token"]
        assert control.post(f"{source_path}/nope").status_code == 404
        assert control.post(f"{source_path}/delete").json()["deleted"] is True
        assert control.post(f"{source_path}/delete").status_code == 404

    def test_policy_for_missing_objects(self, emulator: Emulator, control: httpx.Client) -> None:
        emulator.add_object_schema("OKT").add_object_type("People")
        identifier = control.post("importsource", json={"schema": "OKT"}).json()["id"]
        body = {"policy": "remove", "type_name": "People", "threshold": 2}
        assert control.post(f"importsource/{identifier}/missing_objects", json=body).status_code == 200
        (source,) = emulator.import_sources
        assert (source.missing_objects("People"), source.missing_objects()) == ("remove", "ignore")
        assert (
            control.post(f"importsource/{identifier}/missing_objects", json={"policy": "x"}).status_code
            == 400
        )

    @pytest.mark.parametrize(
        ("method", "path", "body", "status", "text"),
        [
            ("POST", "/importsource", {}, 400, "schema is missing"),
            ("POST", "/importsource", {"schema": "NO"}, 400, "no object schema NO"),
            ("POST", "/importsource", {"schema": "OKT", "nope": 1}, 400, "nope"),
            ("POST", "/importsource", [], 400, "must be a JSON object"),
            ("POST", "/faults", {"operation": "nope", "status": 500}, 400, "unknown operation"),
            ("POST", "/access/nope", {}, 404, "is not one of ip_allowlist"),
            ("POST", "/reset", {"seed": "nope"}, 400, "is not one of empty"),
            ("POST", "/save", {}, 400, "give a path"),
            ("GET", "/nope", None, 404, "known are"),
        ],
    )
    def test_slips(
        self,
        emulator: Emulator,
        control: httpx.Client,
        method: str,
        path: str,
        body: Any,
        status: int,
        text: str,
    ) -> None:
        emulator.add_object_schema("OKT")
        answer = control.request(method, path, json=body)
        assert (answer.status_code, text in answer.json()["error"]) == (status, True)
        assert control.post("/faults", content=b"{").status_code == 400

    def test_control_manages_faults_requests_and_the_clock(
        self, emulator: Emulator, control: httpx.Client, client: httpx.Client
    ) -> None:
        planned = control.post(
            "/faults", json={"operation": LIST, "status": 503, "retry_after": 1, "nth": 2}
        ).json()
        assert len(planned["unused"]) == 1
        assert [client.get("/objectschema/list").status_code for _ in range(2)] == [200, 503]
        assert control.get("/faults").json() == {"unused": [], "happened": 1}
        control.post("/faults", json={"operation": LIST, "garbage": True})
        assert control.request("DELETE", "/faults").json()["unused"] == []
        requests = control.get("/requests").json()
        assert [request["status"] for request in requests] == [200, 503]
        assert "status=503" in requests[1]["fault"]
        assert requests[0]["headers"]["authorization"] == "Basic ***"
        assert control.delete("/requests").json() == []
        assert emulator.requests == []
        before = emulator.clock.time()
        assert control.post("/clock", json={"advance": 3600}).json()["time"] >= before + 3600

    def test_control_manages_access_and_reset(
        self, emulator: Emulator, control: httpx.Client, client: httpx.Client
    ) -> None:
        emulator.access.restore()
        token, workspace = emulator.api_token, emulator.workspace_id
        assert control.post("/access/disable_assets", json={"how": "denied"}).status_code == 200
        assert client.get("/objectschema/list").status_code == 403
        assert control.post("/access/restore").status_code == 200
        state = control.post("/reset", json={"seed": "demo"}).json()
        assert [item["key"] for item in state["objectSchemas"]] == ["ITSM", "SVC"]
        assert control.post("/reset", json={"seed": "okta"}).json()["importSources"][0]["schema"] == "OKT"
        assert control.post("/reset").json()["objectSchemas"] == []
        assert (emulator.api_token, emulator.workspace_id) == (token, workspace)
        assert "POST /_emulator/faults" in control.get("/").json()["help"]

    def test_control_saves_the_state(self, tmp_path: Path) -> None:
        emulator = Emulator(state=tmp_path / "site.sqlite")
        with emulator.serve() as url:
            assert httpx.post(f"{url}/_emulator/save", trust_env=False, verify=False).json() == {
                "saved": True
            }
        assert (tmp_path / "site.sqlite").exists()


class TestCommand:
    @pytest.mark.once
    @pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
    def test_command_serves_until_a_signal_and_saves(self, tmp_path: Path, ending: signal.Signals) -> None:
        settings = tmp_path / "settings.env"
        process = subprocess.Popen(
            [
                sys.executable, "-m", "jsm_assets_dest.testing", "--port", "0", "--seed", "okta",
                "--state", str(tmp_path / "site.sqlite"), "--settings", str(settings),
            ],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert process.stdout is not None
        try:
            lines: list[str] = []
            for line in process.stdout:
                lines.append(line.strip())
                if "JSM_ASSETS_IMPORT_TOKEN" in line:
                    break
            client = dict(
                line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export ")
            )
            site = client["JSM_ASSETS_SITE"]
            assert client["JSM_ASSETS_GATEWAY"] == site
            bearer = {"Authorization": f"Bearer {client['JSM_ASSETS_IMPORT_TOKEN'].strip(chr(39))}"}
            info = httpx.get(
                f"{site}/jsm/assets/v1/imports/info", headers=bearer, trust_env=False, verify=False
            )
            assert info.status_code == 200
            process.send_signal(ending)
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.stdout.close()
            process.wait()
        assert settings.read_text().splitlines() == [line for line in lines if line.startswith("export ")]
        again = Emulator(state=tmp_path / "site.sqlite")
        assert [schema.key for schema in again.object_schemas] == ["OKT"]

    def test_command_runs_in_process(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        monkeypatch.setattr(command, "wait_until_interrupted", lambda: None)
        state = ["--state", str(tmp_path / "site.sqlite")]
        settings = ["--settings", str(tmp_path / "settings.env")]
        assert command.main(["--port", "0", "--seed", "demo", "--lenient", "--host", "0.0.0.0", *state]) == 0
        output = capsys.readouterr().out
        assert "beyond this computer" in output
        assert "export JSM_ASSETS_IMPORT_TOKEN=" in output
        assert command.main(["--port", "0", "--seed", "okta", *state, *settings]) == 0
        saved = Emulator(state=tmp_path / "site.sqlite")
        assert [schema.key for schema in saved.object_schemas] == ["ITSM", "SVC"]
        assert "JSM_ASSETS_SITE" in (tmp_path / "settings.env").read_text()

    def test_waiting_ends_with_ctrl_c(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(_: float) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("time.sleep", interrupted)
        before = signal.getsignal(signal.SIGTERM)
        assert command.main(["--port", "0"]) == 0
        assert signal.getsignal(signal.SIGTERM) is before
