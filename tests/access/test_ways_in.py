"""Errors about credentials: the kind of the token, its account, and its site."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from jsm_assets_dest import (
    ApiToken,
    AsyncConnection,
    CheckState,
    ClientCredentials,
    Connection,
    ForgeToken,
    OAuthToken,
    RetryPolicy,
)
from jsm_assets_dest._operations.doctor import check
from jsm_assets_dest._session.call import call
from jsm_assets_dest._session.workspace import ask_assets, ask_jira
from jsm_assets_dest._wire import schema_requests as schemas
from jsm_assets_dest._wire import site_requests as wire
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import (
    AnswerTimeoutError,
    AppNotInstalledError,
    AssetsError,
    BadCredentialsError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectionLostError,
    ImportTargetMismatchError,
    MissingSettingsError,
    RateLimitedError,
    UnknownOutcomeError,
)
from jsm_assets_dest.testing import Emulator
from jsm_assets_dest.testing.world.doubts import Doubts
from tests.access.conversation import SITE, Said, Service
from tests.access.test_permissions import ACCOUNT, CLOUD, FAILED, WORKSPACE, checked, good, myself, says

# --- classic or with scopes ---------------------------------------------------------------------------------------

ANONYMOUS = Response(401, {}, b"Client must be authenticated to access this resource.")
REJECTED = Response(401, FAILED, b"Client must be authenticated to access this resource.")


def test_named_account_means_a_classic_token() -> None:
    """The check says so, and no one asks the gateway."""
    report, service = checked()

    assert report["identity"].evidence.endswith(", a classic token")
    assert [sent.operation for sent in service.sent].count("read myself") == 1


def test_rejection_that_the_gateway_does_not_share_means_scopes() -> None:
    """The site saw the login and rejected it."""
    report, _ = checked({"read myself": [REJECTED, myself("jira-servicedesk")]})

    assert report.ok
    assert report["identity"].evidence.endswith(", a token with scopes")


def test_login_that_the_site_never_saw_is_not_a_sign_of_scopes() -> None:
    """A proxy takes the header away: the gateway is used because it works, and nothing is claimed about the token."""
    report, service = checked({"read myself": [ANONYMOUS, myself("jira-servicedesk")]})

    assert report.ok
    assert "scopes" not in report["identity"].evidence
    assert (
        "on the gateway only: acme.atlassian.net responded as to an anonymous user"
        in report["identity"].evidence
    )
    assert all("/ex/jira/" in sent.path for sent in service.sent[2:])
    assert len(service.sent) == 11


def test_later_anonymous_response_keeps_the_token_kind() -> None:
    """Row 29: the identity was proven, so that the response is raised, and the gateway is never asked."""
    service = Service({**good(), "read licence": says({"applications": []}, headers={})})
    site = service.site()
    service.run(ask_jira(site, wire.workspaces))
    service.run(check(site))
    service.sent.clear()

    with pytest.raises(BadCredentialsError) as caught:
        service.run(ask_jira(site, wire.licence))

    assert caught.value.silent
    assert not caught.value.seen
    assert "proxy" in caught.value.cause
    assert service.operations == ["read licence"]
    assert not site.uses_gateway


def test_gateway_is_asked_once_and_remembered() -> None:
    """A bad token is rejected everywhere; the second call does not ask the gateway again."""
    service = Service({**good(), "read myself": REJECTED})
    site = service.site()
    for _ in range(2):
        with pytest.raises(BadCredentialsError) as caught:
            service.run(ask_jira(site, wire.myself))

        assert "api.atlassian.com rejected the token too" in caught.value.cause

    assert service.operations == ["read myself", "read tenant info", "read myself", "read myself"]


def test_gateway_separates_a_wrong_email_from_a_bad_token() -> None:
    """To the site both are the same."""
    emulator = Emulator()
    for email, message in (
        ("bob@acme.com", "Scopes are not the cause"),
        (emulator.email, "Scopes are not the cause"),
    ):
        token = emulator.api_token if email != emulator.email else "ATATT3xFfGF0T4JNjKpQ7w"
        with Connection.external_site(
            emulator.site, ApiToken(email, token), transport=emulator.transport, clock=emulator.clock
        ) as connection:
            assert message in connection.check()["identity"].cause
    mismatch = Response(
        401, {"x-failure-category": "FAILURE_CLIENT_AUTH_MISMATCH"}, b'{"code":401,"message":"Unauthorized"}'
    )
    report, _ = checked({"read myself": [REJECTED, mismatch]})
    assert "belong to different accounts" in report["identity"].cause


def test_ip_block_at_the_gateway_says_nothing_of_the_token() -> None:
    """The site's rejection is raised; when the gateway lets the computer in, the token turns out to be one with scopes."""
    barred = Response(403, {}, b'{"errorMessages":["The IP address has been rejected"]}')
    service = Service({**good(), "read myself": [REJECTED, barred, REJECTED, myself()]})
    site = service.site()
    with pytest.raises(BadCredentialsError):
        service.run(ask_jira(site, wire.myself))
    assert site.is_scoped is None

    service.run(ask_jira(site, wire.myself))

    assert site.is_scoped is True


def test_late_rejection_follows_the_others_to_the_gateway() -> None:
    """It was on its way to the site when another one found out; it is not told that its token is bad."""
    service = Service({**good(), "read licence": [REJECTED, says({"applications": []})]})
    site = service.site(cloud_id=CLOUD)
    late = ask_jira(site, wire.licence)
    command = next(late)
    site.is_scoped = True

    command = late.send(service.response(command.request))  # type: ignore[union-attr]  # it sends

    assert "/ex/jira/" in command.request.path  # type: ignore[union-attr]  # it sends
    late.close()


def test_scopes_are_found_out_on_the_gateway_as_well() -> None:
    """With a workspace id, the first call goes to the gateway's short address, which takes classic tokens only."""
    mismatch = Response(
        401, {"x-failure-category": "FAILURE_CLIENT_AUTH_MISMATCH"}, b'{"code":401,"message":"Unauthorized"}'
    )
    page = good()["list object schemas"]
    service = Service({**good(), "list object schemas": [mismatch, page]})  # type: ignore[list-item]  # one answer
    site = service.site(workspace_id=WORKSPACE)

    service.run(ask_assets(site, lambda base: schemas.list_object_schemas(base, size=1, counts=False)))

    assert site.is_scoped is True
    assert service.operations == [
        "list object schemas",
        "read tenant info",
        "read myself",
        "list object schemas",
    ]


# --- client credentials -------------------------------------------------------------------------------------------

GRANTED = says({"access_token": "the-access-token", "expires_in": 3600}, headers={})
CREDENTIALS = ClientCredentials("hM8vGb1u2X", "a-client-secret")
NO_TOKEN: dict[str, Said] = {
    "lost": ConnectionLostError("reset"),
    "slow": AnswerTimeoutError("slow"),
    "refused": ConnectionFailedError("refused"),
    "503": Response(503, {}, b""),
    "502 with a page": Response(502, {"content-type": "text/html"}, b"<html><title>Bad</title></html>"),
    "half": Response(200, {}, b'{"access_'),
    "empty": Response(200, {}, b"{}"),
    "429": Response(429, {"retry-after": "3"}, b""),
}


@pytest.mark.parametrize("failure", NO_TOKEN)
def test_creation_without_a_token_is_tried_again(failure: str) -> None:
    """The creation goes out once, after the second exchange; a creation alone would not survive such a failure."""
    service = Service(
        {"request access token": [NO_TOKEN[failure], GRANTED], "create object schema": says({"id": "1"})}
    )
    site = service.site(credentials=CREDENTIALS, cloud_id=CLOUD, workspace_id=WORKSPACE, policy=RetryPolicy())

    service.run(call(site, schemas.create_object_schema(site.assets() or "", "OKT", "Okta", "")))

    assert service.operations == ["request access token", "request access token", "create object schema"]
    if failure == "429":
        assert sum(service.slept) >= 3.0


@pytest.mark.parametrize("failure", [name for name in NO_TOKEN if name != "429"])
def test_token_that_cannot_be_fetched_at_all_means_not_sent(failure: str) -> None:
    """One layer of retries only, and an error about the exchange that says that nothing was sent."""
    service = Service({"request access token": NO_TOKEN[failure]})
    site = service.site(credentials=CREDENTIALS, cloud_id=CLOUD, workspace_id=WORKSPACE, policy=RetryPolicy())

    with pytest.raises(AssetsError) as caught:
        service.run(call(site, schemas.create_object_schema(site.assets() or "", "OKT", "Okta", "")))

    error: Any = caught.value
    assert error.sent == "no"
    assert error.attempts == 5
    assert len(service.sent) == 5
    if failure in ("503", "502 with a page"):
        assert error.operation == "request access token"
        assert error.status in (502, 503)


def test_import_token_is_not_in_doubt_without_an_access_token() -> None:
    """Nothing was sent, so the older token still works."""
    emulator = Emulator()
    schema = emulator.add_object_schema("OKT", "Okta")
    emulator.add_import_source(schema)
    credentials = ClientCredentials(*emulator.client_credentials())
    with Connection.external_site(
        emulator.site,
        credentials,
        transport=emulator.transport,
        clock=emulator.clock,
        retry=RetryPolicy.off(),
    ) as connection:
        (source,) = connection.get_object_schema("OKT").import_sources()
        emulator.clock.sleep(24 * 3600)
        emulator.faults.next("request access token", status=503)
        emulator.requests.clear()
        with pytest.raises(ConnectionFailedError) as caught:
            connection.generate_import_token(source)

    assert not isinstance(caught.value, UnknownOutcomeError)
    assert [request.operation for request in emulator.requests] == ["request access token"]


def test_rate_limit_of_the_authorization_server_is_one() -> None:
    """With its hint, and without a retry where retries are off."""
    service = Service({"request access token": NO_TOKEN["429"]})
    site = service.site(credentials=CREDENTIALS, cloud_id=CLOUD)
    with pytest.raises(RateLimitedError) as caught:
        service.run(ask_jira(site, wire.licence))
    assert caught.value.retry_after == 3.0


# --- OAuth --------------------------------------------------------------------------------------------------------

UNAUTHORIZED = Response(401, {}, b'{"code":401,"message":"Unauthorized"}')
ELSEWHERE = says([{"id": "cloud-of-beta", "url": "https://beta.atlassian.net", "name": "beta", "scopes": []}])


@pytest.mark.parametrize("refusal", [UNAUTHORIZED, Response(403, {}, b"{}"), Response(404, {}, b"{}")])
def test_oauth_token_for_another_site_is_told_which(refusal: Response) -> None:
    """The sites that consent was given for are asked only when the token was rejected."""
    report, _ = checked(
        {"read myself": refusal, "list accessible resources": ELSEWHERE},
        credentials=OAuthToken("an-access-token"),
    )

    assert isinstance(report["identity"].error, AppNotInstalledError)
    assert (
        "not granted for acme.atlassian.net, but for https://beta.atlassian.net" in report["identity"].summary
    )
    assert report["identity"].remedies


@pytest.mark.parametrize(
    "granted",
    [
        UNAUTHORIZED,
        says([]),
        says([{"id": CLOUD, "url": SITE}]),
        says({"no": "list"}),
        Response(503, {}, b""),
        ConnectionLostError("reset"),
    ],
)
def test_rejection_that_grants_do_not_explain_is_kept(granted: Said) -> None:
    """A dead token, a site that is among them, a response that is none: the login was not accepted."""
    report, _ = checked(
        {"read myself": UNAUTHORIZED, "list accessible resources": granted},
        credentials=OAuthToken("an-access-token"),
    )

    assert type(report["identity"].error) is BadCredentialsError


# --- Forge --------------------------------------------------------------------------------------------------------

FORGE = ForgeToken("forge-system-token", f"https://api.atlassian.com/ex/jira/{CLOUD}")


def test_forge_token_knows_its_site() -> None:
    """No address is needed: the check asks Jira for it, and is done in eleven requests."""
    script = {"read server info": says({"baseUrl": "https://ACME.atlassian.net/"})}
    report, service = checked(script, url="", credentials=FORGE, cloud_id=CLOUD)

    assert report.ok, str(report)
    assert report.site == SITE
    assert "read tenant info" not in service.operations
    assert len(service.sent) <= 11
    assert report.account_id == ACCOUNT


def test_rejected_forge_token_is_an_identity_problem() -> None:
    """Not of the site, which is known by its address on the gateway."""
    report, _ = checked(
        {"read server info": UNAUTHORIZED, "read myself": UNAUTHORIZED},
        url="",
        credentials=FORGE,
        cloud_id=CLOUD,
    )

    assert report["site"].state is CheckState.OK
    assert isinstance(report["identity"].error, BadCredentialsError)


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "http://evil.example", 17])
def test_address_of_the_site_that_is_none_is_not_believed(address: object) -> None:
    """Links are made from it."""
    report, _ = checked(
        {"read server info": says({"baseUrl": address})}, url="", credentials=FORGE, cloud_id=CLOUD
    )

    assert not report.ok
    assert report["site"].state is not CheckState.OK


def test_forge_token_of_another_site_is_found_out() -> None:
    """The address of the site and that of the token must belong together."""
    report, _ = checked(credentials=FORGE, cloud_id="another-cloud")

    assert isinstance(report["site"].error, ImportTargetMismatchError)
    assert "leave the site out" in report["site"].remedies[0]


def test_cloud_id_beside_a_forge_token_must_be_the_same() -> None:
    """Known without asking; nothing is sent."""
    with pytest.raises(ConfigurationError, match="another-cloud") as caught:
        Connection.external_site(SITE, FORGE, cloud_id="another-cloud")
    assert caught.value.field == "cloud_id"
    assert Connection.external_site(SITE, FORGE, cloud_id=CLOUD).site == SITE


def forge(emulator: Emulator, base: str) -> ForgeToken:
    """Return the token of a Forge remote of the emulated site."""
    return ForgeToken(emulator.forge_token(), f"{base}/ex/jira/{emulator.cloud_id}")


def test_current_site_of_a_forge_remote_needs_no_setting() -> None:
    """Links lead to the site that Jira names; before that, the connection shows where it goes."""
    emulator = Emulator()
    emulator.add_object_schema("OKT", "Okta")
    with Connection.current_site(
        forge(emulator, emulator.gateway), environ={}, transport=emulator.transport, clock=emulator.clock
    ) as connection:
        assert f"/ex/jira/{emulator.cloud_id}" in repr(connection)
        assert connection.site == ""

        assert connection.get_object_schema("OKT").links.browse.startswith(emulator.site)

        assert connection.site == emulator.site
        assert connection.check().ok


def test_gateway_of_a_forge_remote_is_where_its_token_goes() -> None:
    """An emulator's address stands in the token's address alone."""
    emulator = Emulator()
    with (
        emulator.serve() as url,
        Connection.current_site(forge(emulator, url), environ={}, retry=RetryPolicy.off()) as connection,
    ):
        assert connection.check().ok


def test_without_a_credential_the_site_is_still_asked_for() -> None:
    """And an ordinary credential needs it as well."""
    for auth in (None, ApiToken("ana@acme.com", "ATATT3xFfGF0T4JNjKpQ7w")):
        with pytest.raises(MissingSettingsError, match="JSM_ASSETS_SITE"):
            Connection.current_site(auth, environ={})
    with pytest.raises(ConfigurationError, match="`site` is empty"):
        AsyncConnection.external_site("", ApiToken("ana@acme.com", "ATATT3xFfGF0T4JNjKpQ7w"))


def test_response_of_the_grants_is_read_as_documented() -> None:
    """Cloud id to address."""
    assert wire.read_resources(Response(200, {}, json.dumps([{"id": "1", "url": "u"}]).encode())) == {
        "1": "u"
    }


# --- the environment ----------------------------------------------------------------------------------------------


def test_every_variable_of_current_site_is_documented() -> None:
    """The table of the page about credentials names those that are read, and no others."""
    from jsm_assets_dest._session import opening

    page = (Path(__file__).parents[2] / "docs" / "how-to" / "choose-credentials.md").read_text(
        encoding="utf-8"
    )
    table = "\n".join(line for line in page.splitlines() if line.startswith("| `JSM_ASSETS_"))

    read = {
        value
        for value in vars(opening).values()
        if isinstance(value, str) and value.startswith("JSM_ASSETS_")
    }
    assert set(re.findall(r"`(JSM_ASSETS_\w+)`", table)) == read


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"EMAIL": "ana@acme.com", "API_TOKEN": "ATATT3xFfGF0T4JNjKpQ7w"}, "ana@acme.com"),
        ({"OAUTH_TOKEN": "an-access-token"}, "the account of the OAuth token"),
        ({"CLIENT_ID": "hM8vGb1u2X", "CLIENT_SECRET": "a-client-secret"}, "the service account hM8vGb1u2X"),
        (
            {
                "EMAIL": "ana@acme.com",
                "API_TOKEN": "ATATT3xFfGF0T4JNjKpQ7w",
                "OAUTH_TOKEN": "an-access-token",
            },
            "ana@acme.com",
        ),
    ],
)
def test_each_kind_of_credential_can_come_from_the_environment(settings: dict[str, str], kind: str) -> None:
    """The email address decides."""
    environ = {f"JSM_ASSETS_{name}": value for name, value in {"SITE": SITE, **settings}.items()}

    assert repr(Connection.current_site(environ=environ)) == f"Connection('{SITE}', account='{kind}')"


def test_half_of_a_client_names_the_other_half() -> None:
    """And not an email address that no one meant."""
    for present, absent in (("CLIENT_ID", "CLIENT_SECRET"), ("CLIENT_SECRET", "CLIENT_ID")):
        with pytest.raises(MissingSettingsError) as caught:
            Connection.current_site(environ={f"JSM_ASSETS_{present}": "hM8vGb1u2X"})
        assert caught.value.missing == ("JSM_ASSETS_SITE", f"JSM_ASSETS_{absent}")


def test_blank_variables_are_not_set() -> None:
    """As when a variable was exported and never filled."""
    with pytest.raises(MissingSettingsError) as caught:
        Connection.current_site(
            environ={
                "JSM_ASSETS_SITE": " ",
                "JSM_ASSETS_EMAIL": "",
                "JSM_ASSETS_API_TOKEN": "ATATT3xFfGF0T4JNjKpQ7w",
            }
        )

    assert caught.value.missing == ("JSM_ASSETS_SITE", "JSM_ASSETS_EMAIL")


# --- answers to an anonymous visitor ------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [True, False])
def test_revoked_token_is_detected(header: bool) -> None:
    """Sources disagree about the header on answers with 200; an empty list is never the result."""
    emulator = Emulator(doubts=Doubts(seraph_header_on_success=header))
    emulator.add_object_schema("OKT", "Okta")
    with emulator.connect(retry=RetryPolicy.off()) as connection:
        assert connection.check().ok
        connection._session.site.workspace_id = None
        emulator.access.revoke_token()
        with pytest.raises(BadCredentialsError) as caught:
            connection.object_schemas()

    assert caught.value.seen
