"""The probe leaves nothing behind, records no contents, and sends neither too much nor to another origin."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jsm_assets_dest.testing import Doubts, Fault, SiteProfile
from jsm_assets_dest.testing.probe.__main__ import MOST_REQUESTS, RESERVE
from jsm_assets_dest.testing.probe.client import Client, Credential, ProbeError, StoppedError
from jsm_assets_dest.testing.probe.findings import MOST_FIELDS, field_shape, form, header_shape
from tests.emulator.probing import KEY, Sandbox


def state(sandbox: Sandbox) -> tuple[Any, ...]:
    """Return what the probe could leave behind."""
    world = sandbox.emulator.world
    schemas = [(schema.key, [world.types[number].name for number in schema.type_ids]) for schema in world.schemas.values()]  # fmt: skip
    running = [item.id for item in world.executions.values() if item.status not in ("DONE", "CANCELLED")]
    roles = [(role.name, role.users, role.groups) for role in world.roles.values()]
    statuses = [status.name for status in world.statuses.values()]
    return schemas, running, roles, statuses, len(world.objects)


class Interrupting(httpx.BaseTransport):
    """Interrupts one request, before it is sent or after the site has performed it."""

    def __init__(self, inner: httpx.BaseTransport, at: int, *, performs: bool) -> None:
        self._inner = inner
        self._at = at
        self._performs = performs
        self.count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.count == self._at:
            if self._performs:
                self._inner.handle_request(request)
            raise KeyboardInterrupt
        return self._inner.handle_request(request)


def read_profile() -> SiteProfile:
    """Return a profile after which only the questions that write are open."""
    return SiteProfile(asked=("lists", "search", "errors", "second account"))


@pytest.mark.once
@pytest.mark.parametrize("performs", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("group", ["objects", "import"])
def test_interrupted_run_leaves_nothing_behind(group: str, *, performs: bool) -> None:
    """Each request is interrupted once: 7 of the identity, then those of the group."""
    groups = (*read_profile().asked, "import" if group == "objects" else "objects", "token")
    position = 0
    while True:
        position += 1
        sandbox = Sandbox(objects=1, doubts=Doubts(schema_key_can_change=True))
        before = state(sandbox)
        transport = Interrupting(sandbox.emulator.transport, position, performs=performs)
        profile = sandbox.probe(sandbox.writing(), SiteProfile(asked=groups), transport=transport)
        assert state(sandbox) == before, position
        if transport.count < position:
            break
    assert group in profile.asked
    assert position > 30


@pytest.mark.once
def test_second_run_cleans_up_what_a_killed_run_left() -> None:
    """A kill, or a second Ctrl-C, prevents the cleaning: every later request fails."""
    for position in range(8, 40, 3):
        sandbox = Sandbox(doubts=Doubts(schema_key_can_change=True))
        before = state(sandbox)

        class Killed(Interrupting):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                self.count += 1
                if self.count > self._at:
                    raise KeyboardInterrupt
                return self._inner.handle_request(request)

        killed = Killed(sandbox.emulator.transport, position, performs=False)
        sandbox.probe(sandbox.writing(), read_profile(), transport=killed)
        profile = sandbox.probe(sandbox.writing(), read_profile())
        profile = sandbox.probe(sandbox.writing(), profile)
        assert state(sandbox) == before, position
        assert {"objects", "import"} <= set(profile.asked)


def test_read_only_run_sends_no_write() -> None:
    sandbox = Sandbox()
    before = state(sandbox)
    sandbox.probe()
    searches = {"search objects", "count objects"}
    methods = {item.method for item in sandbox.emulator.requests if item.operation not in searches}
    assert methods == {"GET"}
    assert state(sandbox) == before


NAMES = st.from_regex(r"Qzx[a-z]{9}", fullmatch=True)


@given(names=st.lists(NAMES, min_size=5, max_size=5, unique=True))
@settings(max_examples=3, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.once
def test_profile_contains_no_content_id_name_or_secret(names: list[str]) -> None:
    schema_name, type_name, attribute_name, object_name, person = names
    sandbox = Sandbox(locale="de_DE", second_is_licensed=True, doubts=Doubts(missing_objects_key="missing"))
    emulator = sandbox.emulator
    emulator.world.schemas[1].name = schema_name
    emulator.account.display_name = person
    object_type = emulator.object_schema("ITSM").add_object_type(type_name)
    object_type.add_attribute(attribute_name, "text")
    object_type.add_object(Name=object_name)
    emulator.add_group(f"group-{person}")
    emulator.account.groups.insert(0, f"group-{person}")
    lines: list[str] = []
    profile = sandbox.probe(report=lines.append)
    writing = sandbox.writing(replace_token=True)
    for _ in range(3):
        profile = sandbox.probe(writing, profile, report=lines.append)
    text = json.dumps(profile.to_dict(), ensure_ascii=False) + str(profile) + "\n".join(lines)
    world = emulator.world
    accounts = list(world.accounts.values())
    secrets = {
        *names,
        emulator.cloud_id,
        emulator.workspace_id,
        *(account.api_token for account in accounts),
        *(account.email for account in accounts),
        *(account.account_id for account in accounts),
        *(account.account_id.replace(":", "%3A") for account in accounts),
        *(account.display_name for account in accounts),
        *(source.id for source in world.import_sources.values()),
        *(source.token for source in world.import_sources.values()),
        *(execution.id for execution in world.executions.values()),
        *(group.group_id for group in world.groups.values()),
        *world.groups,
        "ITSM-",
        "acme",
    }
    assert {secret for secret in secrets if secret and secret in text} == set()


class TestShapes:
    def test_forms_of_headers(self) -> None:
        headers = {
            "X-AAccountId": "712020%3Acf20",
            "Atl-Traceid": "a" * 32,
            "Date": "Mon, 05 Jan 2026 08:00:00 GMT",
            "Content-Type": "application/json;charset=UTF-8",
            "Server": "AtlassianEdge",
            "X-RateLimit-Limit": "350",
            "X-RateLimit-Reset": "2026-01-05T08:00Z",
            "X-Id": "a:b",
            "bad name": "x",
        }
        assert header_shape(headers) == {
            "x-aaccountid": "percent-encoded",
            "atl-traceid": "32 hex digits",
            "date": "HTTP date",
            "content-type": "application/json;charset=UTF-8",
            "server": "AtlassianEdge",
            "x-ratelimit-limit": "number",
            "x-ratelimit-reset": "time",
            "x-id": "with a colon",
        }
        assert header_shape({"Content-Type": "my secret", "Server": "acme-proxy"}) == {
            "content-type": "other",
            "server": "other",
        }

    def test_types_of_fields(self) -> None:
        document = {
            "values": [{"id": "5", "name": "Ana"}, {"id": 5, "more": None}],
            "isLast": True,
            "errors": {"Ana": "x"},
            "keyed": {"Ana Díaz": {"id": 1.5}},
        }
        assert field_shape(document) == {
            "values": "array",
            "values[]": "object",
            "values[].id": "string (number) or number",
            "values[].name": "string",
            "values[].more": "null",
            "isLast": "boolean",
            "errors": "object",
            "errors.*": "string",
            "keyed": "object",
            "keyed.*": "object",
            "keyed.*.id": "number",
        }
        assert field_shape({"Ana": 1}, keys_are_names=True) == {"*": "number"}
        assert field_shape(None) == {}

    def test_shape_is_bounded(self) -> None:
        assert len(field_shape({f"f{number}": 1 for number in range(1000)})) == MOST_FIELDS
        nested: Any = 1
        for _ in range(50):
            nested = {"a": nested}
        assert len(field_shape(nested)) == 8

    @given(st.text())
    def test_form_never_contains_the_text(self, text: str) -> None:
        assert form(text) in {
            "empty", "number", "32 hex digits", "uuid", "time", "HTTP date", "percent-encoded", "with a colon", "text"
        }  # fmt: skip


def client_of(
    respond: Callable[[httpx.Request], httpx.Response], waits: list[float], **limits: Any
) -> Client:
    return Client(
        ("https://acme.atlassian.net",),
        **{"limit": 5, "reserve": 2, "interval": 0.5, **limits},
        transport=httpx.MockTransport(respond),
        sleep=waits.append,
        monotonic=lambda: sum(waits),
    )


URL = "https://acme.atlassian.net/x"


class TestClient:
    def test_requests_are_spaced_out_and_limited(self) -> None:
        waits: list[float] = []
        client = client_of(lambda _: httpx.Response(200, json={}), waits)
        for _ in range(3):
            client.send("GET", URL)
        assert waits == [0.5, 0.5]
        with pytest.raises(StoppedError, match="limit of 5 requests"):
            client.send("GET", URL)
        client.cleaning = True
        client.send("GET", URL)
        client.send("GET", URL)
        with pytest.raises(StoppedError, match="limit of 5 requests"):
            client.send("GET", URL)
        assert client.sent == 5

    @pytest.mark.parametrize(
        "url",
        ["https://evil.example/x", "https://acme.atlassian.net.evil.example/x", "http://acme.atlassian.net/x", "/x", ""],
    )  # fmt: skip
    def test_other_origin_receives_nothing(self, url: str) -> None:
        client = client_of(lambda _: pytest.fail("sent"), [])
        with pytest.raises(StoppedError, match="another origin"):
            client.send("GET", url, Credential.bearer("secret"))

    def test_redirect_is_not_followed_and_cookies_are_not_sent_back(self) -> None:
        seen: list[httpx.Request] = []

        def respond(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            headers = {"Location": "https://evil.example/", "Set-Cookie": "a=b"}
            return httpx.Response(303, headers=headers, text="no json")

        client = client_of(respond, [])
        reply = client.send("GET", URL)
        assert (reply.status, reply.document, reply.get("x"), reply.items()) == (303, None, None, [])
        client.send("GET", URL)
        assert "cookie" not in seen[1].headers

    def test_throttle_is_waited_for_once(self) -> None:
        waits: list[float] = []
        responses = [
            httpx.Response(429, headers={"Retry-After": "7"}),
            httpx.Response(200, json=[{"a": 1}, 2]),
        ]
        client = client_of(lambda _: responses.pop(0), waits)
        assert client.send("GET", URL).items() == [{"a": 1}]
        assert (waits, client.throttled) == ([7.0], 1)

    @pytest.mark.parametrize("seconds", ["3600", "9223372036854775807", "", "soon"])
    def test_long_throttle_stops(self, seconds: str) -> None:
        client = client_of(lambda _: httpx.Response(429, headers={"Retry-After": seconds}), [])
        with pytest.raises(StoppedError, match="throttles"):
            client.send("GET", URL)

    def test_second_throttle_stops(self) -> None:
        client = client_of(lambda _: httpx.Response(429, headers={"Retry-After": "1"}), [])
        with pytest.raises(StoppedError, match="throttles"):
            client.send("GET", URL)

    def test_failure_names_no_address(self) -> None:
        def respond(_: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("could not reach secret.example")

        with pytest.raises(ProbeError, match=r"could not be reached: ConnectError\.$"):
            client_of(respond, []).send("GET", URL)

    def test_large_response_stops(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("jsm_assets_dest.testing.probe.client.LARGEST_RESPONSE", 3)
        with pytest.raises(StoppedError, match="too large"):
            client_of(lambda _: httpx.Response(200, text="1234"), []).send("GET", URL)

    def test_credential_hides_its_value(self) -> None:
        assert "secret" not in repr(Credential.bearer("secret"))
        assert "secret" not in repr(Sandbox().options(account=Credential.bearer("secret")))


class TestGuards:
    """`--write` works on throw-away schemas and imports only."""

    def reason(self, sandbox: Sandbox, switch: str, **changes: Any) -> str:
        before = state(sandbox)
        profile = sandbox.probe(sandbox.writing(**changes), read_profile())
        profile = sandbox.probe(sandbox.writing(**changes), profile)
        assert state(sandbox) == before
        return profile.not_asked[switch]

    def test_schema_with_other_types_is_rejected(self) -> None:
        sandbox = Sandbox()
        sandbox.emulator.object_schema(KEY).add_object_type("People")
        for switch in ("two_labels_accepted", "repeated_mapping_put"):
            assert "needs a throw-away schema" in self.reason(sandbox, switch)

    def test_unknown_schema_is_rejected(self) -> None:
        sandbox = Sandbox()
        reason = self.reason(sandbox, "two_labels_accepted", schema_key="NONE")
        assert reason == "No object schema has the key of --schema."

    def test_unreadable_schema_is_rejected(self) -> None:
        sandbox = Sandbox()
        sandbox.emulator.access.remove_schema_role(KEY)
        assert self.reason(sandbox, "two_labels_accepted").endswith("could not be read: HTTP 403.")

    def test_import_of_another_schema_is_rejected(self) -> None:
        sandbox = Sandbox()
        sandbox.source = sandbox.emulator.add_import_source("ITSM")
        assert "import of another object schema" in self.reason(sandbox, "repeated_mapping_put")

    def test_import_with_another_mapping_is_rejected(self) -> None:
        sandbox = Sandbox()
        source = sandbox.emulator.world.import_sources[sandbox.source.id]
        source.has_mapping = True
        sandbox.emulator.faults.add(
            "read mapping",
            Fault(status=200, body={"mapping": {"objectTypeMappings": [{"objectTypeExternalId": "okta"}]}}),
            times=2,
        )
        assert "mapping that the probe did not write" in self.reason(sandbox, "repeated_mapping_put")

    def test_disabled_import_is_rejected(self) -> None:
        sandbox = Sandbox()
        sandbox.source.disable()
        assert "import is disabled" in self.reason(sandbox, "repeated_mapping_put")

    def test_wrong_import_token_is_rejected(self) -> None:
        sandbox = Sandbox()
        reason = self.reason(sandbox, "repeated_mapping_put", import_credential=Credential.bearer("no"))
        assert reason == "The import token was rejected: HTTP 401."

    def test_missing_import_token_is_named(self) -> None:
        sandbox = Sandbox()
        reason = self.reason(sandbox, "repeated_mapping_put", import_credential=None)
        assert reason == "It needs the import token of a throw-away import."


def test_limits_leave_room_for_cleaning() -> None:
    assert 2 * RESERVE < MOST_REQUESTS == 60
