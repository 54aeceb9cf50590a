"""Addresses in responses: no request goes to an origin that only a response names, with or without a credential."""

from __future__ import annotations

from typing import Any

import pytest

from jsm_assets_dest import ApiToken, ForgeToken, RetryPolicy
from jsm_assets_dest._assets.object_schemas import ObjectSchemaRecord
from jsm_assets_dest._operations import roles
from jsm_assets_dest._operations.doctor import check
from jsm_assets_dest._session.call import call
from jsm_assets_dest._session.site import Site
from jsm_assets_dest._wire.import_requests import progress_address
from jsm_assets_dest._wire.request import Credential
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import (
    MalformedAnswerError,
    RolesNotSettableError,
    UnexpectedRedirectError,
    UnsafeLinkError,
)
from jsm_assets_dest.testing import Emulator
from tests.access.conversation import EMAIL, SITE, TOKEN, Service
from tests.access.test_permissions import CLOUD, checked, good, says
from tests.access.test_retries import GOOD, READ
from tests.engine.scripted import Run, chunk, read, response, run, serving
from tests.stories.story import now, story
from tests.stories.test_building import destination, model

__all__ = ["run"]  # the fixture

FORGE = ForgeToken("forge-token-1234567890", f"https://api.atlassian.com/ex/jira/{CLOUD}")
EVIL = "https://evil.example"


def forge_service(base_url: str) -> tuple[Service, Site]:
    service = Service({**good(), "read server info": says({"baseUrl": base_url})})
    return service, service.site(url="", credentials=FORGE, cloud_id=CLOUD)


def test_forge_token_stays_on_the_gateway() -> None:
    """`baseUrl` names a foreign host: it is displayed, and neither this check nor the next one sends anything there."""
    service, site = forge_service(EVIL)

    first = service.run(check(site))
    second = service.run(check(site))

    assert first.site == EVIL
    assert second["site"].state == first["site"].state
    assert {request.hostname for request in service.sent} == {"api.atlassian.com"}


def test_roles_are_not_set_on_a_host_that_a_response_named() -> None:
    """The roles are on the site itself. Its address must come from the caller."""
    service, site = forge_service(EVIL)
    service.run(check(site))
    schema = ObjectSchemaRecord.from_json({"id": "7", "objectSchemaKey": "OKT", "name": "Okta"}, EVIL)

    with pytest.raises(RolesNotSettableError, match="Pass it to external_site") as caught:
        service.run(roles.read(site, schema))

    assert isinstance(caught.value.__cause__, UnsafeLinkError)
    assert {request.hostname for request in service.sent} == {"api.atlassian.com"}


@pytest.mark.parametrize("credential", Credential)
@pytest.mark.parametrize(
    "url",
    [
        f"{EVIL}/rest/api/3/myself",
        "https://acme.atlassian.net.evil.example/x",
        "https://acme.atlassian.net:8443/x",
        "http://acme.atlassian.net/x",
        "https://acme.atlassian.net@evil.example/x",
        "https://api.atlassian.com.evil.example/x",
        "https://[::1",
        "/rest/api/3/myself",
    ],
)
def test_request_to_another_origin_is_not_sent(url: str, credential: Credential) -> None:
    """The last guard before the network, whatever code built the address."""
    service = Service({"read licence": GOOD})
    site = service.site(policy=RetryPolicy())

    with pytest.raises(UnsafeLinkError):
        service.run(call(site, READ.changed(url=url, credential=credential)))

    assert service.sent == []


@pytest.mark.parametrize(
    "url", ["https://ACME.atlassian.net/x", "https://acme.atlassian.net:443/x", "https://api.atlassian.com/x"]
)
def test_other_spellings_of_a_trusted_origin_are_sent(url: str) -> None:
    site = Site(url=SITE, credentials=ApiToken(EMAIL, TOKEN))

    assert site.trusts(url)


LOCATIONS: dict[str, str] = {
    "": "",
    "   ": "",
    "https://[::1": "",
    "https://api.atlassian.com:port/x": "",
    "https://api.atlassian.com:99999/x": "",
    "https://api.atlassian.com": "",
    "/jsm/assets/x": "/jsm/assets/x",
    f"{EVIL}/x": f"{EVIL}/x",  # rejected where it is followed
}


@pytest.mark.parametrize(("location", "address"), LOCATIONS.items())
def test_location_must_be_an_address(location: str, address: str) -> None:
    assert progress_address(Response(303, {"location": location})) == address


@story
async def test_303_without_location_is_not_a_success(emulator: Emulator, connection: Any) -> None:
    """Assets answered 303 and built nothing. The build reads the import until the time is up, and then fails."""
    _, token = await destination(emulator, connection)
    emulator.faults.next("submit mapping", status=303)

    with pytest.raises(MalformedAnswerError, match="names no valid address of the progress"):
        await now(token.build(model(), timeout=30))

    assert [request.operation for request in emulator.requests].count("submit mapping") == 1
    assert not (await now(token.plan(model()))).is_empty


@story
async def test_303_without_location_is_proved_by_reading(emulator: Emulator, connection: Any) -> None:
    """Assets built the model, but a proxy removed or damaged the header: what the import has decides."""
    _, token = await destination(emulator, connection)
    emulator.faults.next(
        "submit mapping", status=303, headers={"Location": "https://[::1"}, after_acting=True
    )

    plan = await now(token.build(model()))

    assert plan.model is not None
    assert [request.operation for request in emulator.requests].count("submit mapping") == 1
    assert "read mapping progress" not in [request.operation for request in emulator.requests]
    assert (await now(token.plan(model()))).is_empty


@story
async def test_foreign_location_receives_no_token(emulator: Emulator, connection: Any) -> None:
    """The import token stays on the gateway."""
    _, token = await destination(emulator, connection)
    emulator.faults.next("submit mapping", status=303, headers={"Location": f"{EVIL}/progress/7"})

    with pytest.raises(UnsafeLinkError, match=r"evil\.example"):
        await now(token.build(model()))


@pytest.mark.parametrize("location", ["https://[::1", "https://host:port/", "http://\x7f/"])
@pytest.mark.parametrize("request_of", [chunk, read])
def test_row_17a_invalid_location_is_sent_once(run: Run, location: str, request_of: Any) -> None:
    """Httpx parses a Location that it does not follow, and used to report a lost connection after five attempts."""
    head = f"Location: {location}\r\n".encode()
    with (
        serving(response(b"", "307 Temporary Redirect", head)) as server,
        pytest.raises((MalformedAnswerError, UnexpectedRedirectError)) as caught,
    ):
        run(server, lambda site: call(site, request_of(site)), policy=RetryPolicy())

    assert len(server.received) == 1
    assert caught.value.status == 307


def test_unknown_host_in_a_redirect_is_malformed() -> None:
    """The error keeps the status, and is final."""
    report, service = checked(
        {"read tenant info": Response(302, {"location": "https://[::1"})}, policy=RetryPolicy()
    )

    assert isinstance(report["site"].error, MalformedAnswerError)
    assert service.operations == ["read tenant info"]
