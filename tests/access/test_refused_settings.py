"""Settings and responses that cannot be right are rejected by name, before anything is sent because of them."""

from __future__ import annotations

import importlib.metadata
import json
import time
from typing import Any

import anyio
import pytest

import jsm_assets_dest
from jsm_assets_dest import ApiToken, AsyncConnection, Connection, Limits
from jsm_assets_dest._http.clock import SystemClock
from jsm_assets_dest._wire.addresses import address
from jsm_assets_dest._wire.import_requests import read_execution_links, read_import_links
from jsm_assets_dest._wire.json_reading import read_flag
from jsm_assets_dest._wire.response import BodyReader, Response
from jsm_assets_dest._wire.site_requests import read_workspace_ids
from jsm_assets_dest.exceptions import ConfigurationError, MalformedAnswerError
from jsm_assets_dest.testing import Emulator

TOKEN = ApiToken("ana@acme.com", "ATATT3xFfGF0T4JNjKpQ7w=1A2B3C4D")
GATEWAY = "https://api.atlassian.com"


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("connect", 0),
        ("attempt", -1.0),
        ("attempt", True),
        ("attempt", "60"),
        ("attempt", float("nan")),
        ("connections", 2.5),
        ("connections", 0),
        ("control_bytes", None),
    ],
)
def test_limit_that_bounds_nothing_is_rejected_by_name(limit: str, value: object) -> None:
    arguments: dict[str, Any] = {limit: value}
    with pytest.raises(ConfigurationError, match=rf"`{limit}` is ") as caught:
        Limits(**arguments)
    assert caught.value.field == limit


def test_limit_may_be_endless() -> None:
    assert Limits(attempt=float("inf")).attempt == float("inf")


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        (None, "is None"),
        ("https://acme atlassian.net", "contains invalid characters"),
        ("https://acme.atlassian.net\\@evil.example", "contains invalid characters"),
        ("https://[acme.atlassian.net", "is not an address"),
        ("https://acme.atlassian.net:port", "is not an address"),
        ("https://ana:secret@acme.atlassian.net", "a user name or a password"),
        ("ftp://acme.atlassian.net:21", "begins with ftp:"),
        ("http://acme.atlassian.net", "http"),
        (GATEWAY, "is the address of Atlassian's gateway"),
    ],
)
def test_invalid_site_is_rejected_without_quoting_it(site: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        Connection.external_site(site, TOKEN)
    assert caught.value.field == "site"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "site", ["acme.atlassian.net", " ACME.atlassian.net/ ", "https://acme.atlassian.net/"]
)
def test_host_alone_is_a_site(site: str) -> None:
    with Connection.external_site(site, TOKEN) as connection:
        assert connection.site.lower() == "https://acme.atlassian.net"


def test_wrong_credential_is_rejected() -> None:
    text: Any = "ATATT3xFfGF0T4JNjKpQ7w=1A2B3C4D"
    with pytest.raises(ConfigurationError, match="`auth` is a value of the type str") as caught:
        Connection.external_site("https://acme.atlassian.net", text)
    assert text not in str(caught.value)


def test_certificates_cannot_be_switched_off() -> None:
    """Other libraries take `verify=False`, which trusts everyone."""
    off: Any = False
    with pytest.raises(ConfigurationError, match="`verify` is a value of the type bool"):
        Connection.external_site("https://acme.atlassian.net", TOKEN, verify=off)


@pytest.mark.parametrize("segment", ["", " ", ".", ".."])
def test_no_segment_climbs_out_of_its_path(segment: str) -> None:
    with pytest.raises(ConfigurationError, match="can't be part of an address"):
        address(GATEWAY, "objectschema", segment)


# --- answers


def response(body: object) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())


def test_unrequested_encoding_is_named() -> None:
    with pytest.raises(MalformedAnswerError, match="unexpected encoding br"):
        BodyReader(" BR ", 1000)


@pytest.mark.parametrize("blank", ["", " "])
def test_workspace_without_an_id_is_not_a_workspace(blank: str) -> None:
    with pytest.raises(MalformedAnswerError, match="without an id"):
        read_workspace_ids(response({"values": [{"workspaceId": "w"}, {"workspaceId": blank}]}))


def test_links_of_an_import_must_name_its_workspace() -> None:
    link = f"{GATEWAY}/jsm/assets/elsewhere"
    with pytest.raises(MalformedAnswerError, match="no workspace or no import source"):
        read_import_links(response({"links": {"getStatus": link, "start": link, "mapping": link}}), GATEWAY)


def test_links_of_an_execution_must_name_it() -> None:
    link = f"{GATEWAY}/jsm/assets/elsewhere"
    with pytest.raises(MalformedAnswerError, match="contain no execution id"):
        read_execution_links(
            response({"links": {"submitResults": link, "getExecutionStatus": link, "cancel": link}}), GATEWAY
        )


@pytest.mark.parametrize(
    ("value", "means"), [(True, True), (False, False), ("true", True), (" False ", False), (None, True)]
)
def test_flag_may_come_as_text(value: object, means: object) -> None:
    """`isLast` does, in an example of Atlassian's OpenAPI document."""
    assert read_flag({"isLast": value}, "isLast", default=True) is means


# --- the system's clock, and what the asynchronous color has of its own


def test_system_clock_sleeps_for_the_given_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)

    async def sleep(seconds: float) -> None:
        slept.append(-seconds)

    clock = SystemClock()
    clock.sleep(1.5)
    with monkeypatch.context() as patch:
        patch.setattr(anyio, "sleep", sleep)
        anyio.run(clock.sleep_async, 2.5)
    assert slept == [1.5, -2.5]


def test_async_uses_the_same_settings() -> None:
    emulator = Emulator()
    source = emulator.add_import_source(emulator.add_object_schema("OKT", "Okta"))
    settings = emulator.settings(emulator.site)

    connection = AsyncConnection.current_site(environ=settings, transport=emulator.transport)

    assert connection.site == Connection.current_site(environ=settings).site == emulator.site
    assert connection.import_token(source.token).reveal() == source.token
    assert source.token not in repr(connection.import_token(source.token))


def test_version_is_the_installed_one() -> None:
    assert jsm_assets_dest.__version__ == importlib.metadata.version("jsm-assets-dest")
