"""Every way in and every way it fails, on the emulated site: what `check()` finds, and what an ordinary call raises."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs import frozen

from jsm_assets_dest import (
    ApiToken,
    AsyncConnection,
    CheckState,
    ClientCredentials,
    Connection,
    ConnectionReport,
    Credentials,
    ForgeToken,
    OAuthToken,
    RetryPolicy,
)
from jsm_assets_dest import exceptions as errors
from jsm_assets_dest.exceptions import AssetsError
from jsm_assets_dest.testing import Emulator

#: Every kind of credential, made for an emulated site.
WAYS_IN: dict[str, Callable[[Emulator], Credentials]] = {
    "classic API token": lambda emulator: ApiToken(emulator.email, emulator.api_token),
    "API token with scopes": lambda emulator: ApiToken(emulator.email, emulator.scoped_token()),
    "OAuth token": lambda emulator: OAuthToken(emulator.oauth_token()),
    "OAuth provider": lambda emulator: OAuthToken(emulator.oauth_token),
    "client credentials": lambda emulator: ClientCredentials(*emulator.client_credentials()),
    "Forge token": lambda emulator: ForgeToken(
        emulator.forge_token(), f"{emulator.gateway}/ex/jira/{emulator.cloud_id}"
    ),
}


def connect(emulator: Emulator, credentials: Credentials, **options: Any) -> Connection:
    """Return a connection to the emulated site, without retries unless asked for."""
    arguments: dict[str, Any] = {"retry": RetryPolicy.off(), **options}
    return Connection.external_site(
        emulator.site, credentials, transport=emulator.transport, clock=emulator.clock, **arguments
    )


COLOURS = ("blocking", "asynchronous")


def called(colour: str, emulator: Emulator, credentials: Credentials, name: str) -> Any:
    """Return the result of a method of a sync or async connection, without retries."""
    if colour == "blocking":
        with connect(emulator, credentials) as connection:
            return getattr(connection, name)()

    async def main() -> Any:
        async with AsyncConnection.external_site(
            emulator.site,
            credentials,
            transport=emulator.transport,
            clock=emulator.clock,
            retry=RetryPolicy.off(),
        ) as connection:
            return await getattr(connection, name)()

    return asyncio.run(main())


@pytest.fixture
def emulator() -> Emulator:
    """Return a site with one object schema."""
    emulator = Emulator()
    emulator.add_object_schema("OKT", "Okta")
    return emulator


@pytest.mark.parametrize("way", WAYS_IN)
def test_every_way_in_works(emulator: Emulator, way: str) -> None:
    """At most eleven requests to find that all is well; then the work goes on with the same credential."""
    with connect(emulator, WAYS_IN[way](emulator)) as connection:
        emulator.requests.clear()
        report = connection.check()
        requests = len(emulator.requests)

        assert report.ok, str(report)
        assert requests <= 11
        assert [schema.key for schema in connection.object_schemas()] == ["OKT"]
    assert report.workspace_id == emulator.workspace_id
    assert report.cloud_id == emulator.cloud_id


@pytest.mark.parametrize("way", WAYS_IN)
def test_each_credential_works_in_the_async_api(emulator: Emulator, way: str) -> None:
    """The asynchronous twin finds the same."""

    async def checked() -> ConnectionReport:
        async with AsyncConnection.external_site(
            emulator.site, WAYS_IN[way](emulator), transport=emulator.transport, clock=emulator.clock
        ) as connection:
            assert [schema.key for schema in await connection.object_schemas()] == ["OKT"]
            return await connection.check()

    assert asyncio.run(checked()).ok


@frozen
class Failure:
    """Something taken away: the check that finds it, its error, who must act, and what listing schemas raises."""

    take: Callable[[Emulator], object]
    name: str  # of the check
    error: type[AssetsError]
    who: str
    raised: type[AssetsError] | None = None
    ways: tuple[str, ...] = tuple(WAYS_IN)


ON_THE_SITE = ("classic API token",)
FAILURES: dict[str, Failure] = {
    "IP allowlist": Failure(
        lambda emulator: emulator.access.ip_allowlist(),
        "identity",
        errors.IpAllowlistError,
        "Your network team",
        errors.IpAllowlistError,
    ),
    "no JSM licence": Failure(
        lambda emulator: emulator.access.remove_license(),
        "jsm access",
        errors.JsmLicenseRequiredError,
        "A site admin",
        errors.AccessDeniedError,
    ),
    "no Jira admin": Failure(
        lambda emulator: emulator.access.revoke_admin(),
        "jira admin",
        errors.NotJiraAdminError,
        "A Jira admin",
    ),
    "no workspace": Failure(
        lambda emulator: emulator.access.disable_assets("empty"),
        "assets",
        errors.AssetsNotAvailableError,
        "A Jira admin",
        errors.AssetsNotAvailableError,
    ),
    "workspaces refused": Failure(
        lambda emulator: emulator.access.disable_assets("forbidden"),
        "assets",
        errors.AssetsNotAvailableError,
        "A Jira admin",
        errors.AssetsNotAvailableError,
    ),
    "Assets denied": Failure(
        lambda emulator: emulator.access.disable_assets("denied"),
        "assets data",
        errors.AssetsNotAvailableError,
        "A Jira admin",
        errors.AssetsNotAvailableError,
    ),
    "token revoked": Failure(
        lambda emulator: emulator.access.revoke_token(),
        "identity",
        errors.BadCredentialsError,
        "You",
        errors.BadCredentialsError,
        ("classic API token", "API token with scopes", "OAuth token", "Forge token"),
    ),
    "OAuth token expired": Failure(
        lambda emulator: emulator.access.expire_oauth(),
        "identity",
        errors.BadCredentialsError,
        "You",
        errors.BadCredentialsError,
        ("OAuth token",),
    ),
    "CAPTCHA": Failure(
        lambda emulator: emulator.access.require_captcha(),
        "identity",
        errors.CaptchaRequiredError,
        "You",
        errors.CaptchaRequiredError,
        ON_THE_SITE,
    ),
    "site gone": Failure(
        lambda emulator: emulator.access.remove_site(),
        "site",
        errors.SiteNotFoundError,
        "You",
        errors.SiteNotFoundError,
    ),
    "site suspended": Failure(
        lambda emulator: emulator.access.suspend(),
        "site",
        errors.SiteNotFoundError,
        "You",
        errors.SiteNotFoundError,
        ON_THE_SITE,
    ),
    "maintenance": Failure(
        lambda emulator: emulator.access.maintenance(),
        "site",
        errors.ServiceUnavailableError,
        "You",
        errors.ServiceUnavailableError,
        ON_THE_SITE,
    ),
    "login page": Failure(
        lambda emulator: emulator.access.login_page(),
        "site",
        errors.HtmlResponseError,
        "You",
        errors.HtmlResponseError,
        ON_THE_SITE,
    ),
}


CASES = [(name, way) for name, failure in FAILURES.items() for way in failure.ways]


@pytest.mark.once
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(("name", "way"), CASES)
def test_check_names_what_was_taken_away(emulator: Emulator, name: str, way: str, colour: str) -> None:
    """The right check fails, with the error, the cause, and who must act; `restore` makes it good again."""
    failure = FAILURES[name]
    credentials = WAYS_IN[way](emulator)
    failure.take(emulator)

    report: ConnectionReport = called(colour, emulator, credentials, "check")

    check = report[failure.name]
    assert check.state is CheckState.FAILED, str(report)
    assert type(check.error) is failure.error
    assert check.who == failure.who
    assert check.cause
    assert check in report.problems
    # No one is sent after a consequence of the cause.
    assert type(report.problems[0].error) is failure.error
    with pytest.raises(errors.ProblemsFoundError):
        report.raise_for_problems()
    if name not in ("token revoked", "OAuth token expired"):
        emulator.access.restore()
        assert called(colour, emulator, credentials, "check").ok


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(("name", "way"), [case for case in CASES if FAILURES[case[0]].raised is not None])
def test_ordinary_call_raises_the_same(emulator: Emulator, name: str, way: str, colour: str) -> None:
    """Anyone who does not check first learns the same from the first call, and never gets an empty list."""
    failure = FAILURES[name]
    credentials = WAYS_IN[way](emulator)
    failure.take(emulator)
    assert failure.raised is not None

    with pytest.raises(failure.raised) as caught:
        called(colour, emulator, credentials, "object_schemas")

    assert caught.value.remedies
    assert caught.value.operation


#: What is not found by asking for a connection alone, and the test that shows it.
SHOWN_ELSEWHERE = {
    "remove_schema_role": "test_role_that_was_taken_away_is_named_where_it_is_needed",
    "restore": "test_check_names_what_was_taken_away",
}


def test_every_emulated_rejection_is_in_the_table() -> None:
    """A new switch of the emulator needs a row."""
    switches = {
        name
        for name, member in vars(type(Emulator().access)).items()
        if not name.startswith("_") and callable(member)
    }
    # The service asks these.
    switches -= {"is_licensed", "stop_everybody", "unknown_tenant", "check_assets"}
    source = inspect.getsource(sys.modules[__name__])

    assert {name for name in switches if f"emulator.access.{name}(" not in source} == set()
    assert all(f"def {test}" in source for test in SHOWN_ELSEWHERE.values())


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("way", WAYS_IN)
def test_role_that_was_taken_away_is_named_where_it_is_needed(
    emulator: Emulator, way: str, colour: str
) -> None:
    """The connection is good; what is inside of the schema is closed, and the error says who gives the role."""
    credentials = WAYS_IN[way](emulator)
    emulator.access.remove_schema_role("OKT")

    assert called(colour, emulator, credentials, "check").ok
    with connect(emulator, credentials) as connection, pytest.raises(errors.SchemaPermissionError) as caught:
        connection.get_object_schema("OKT").object_types()

    assert caught.value.remedies[0].startswith("An object schema manager or a Jira admin: ")


def test_token_revoked_in_the_middle_is_not_an_empty_list(emulator: Emulator) -> None:
    """The connection has worked before; the site then answers like an anonymous visitor."""
    with connect(emulator, ApiToken(emulator.email, emulator.api_token)) as connection:
        assert connection.check().ok
        emulator.access.revoke_token()
        report = connection.check()

        assert isinstance(report["identity"].error, errors.BadCredentialsError)
        with pytest.raises(errors.BadCredentialsError):
            connection.object_schemas()


def test_missing_scope_is_named(emulator: Emulator) -> None:
    """The token is good, and lacks one scope: the check that needs it says which."""
    token = emulator.scoped_token(["read:jira-user", "read:jira-work", "read:servicedesk-request"])
    with connect(emulator, ApiToken(emulator.email, token)) as connection:
        report = connection.check()

    problem = report["assets data"]
    assert [entry.name for entry in report.problems] == ["assets data"]
    assert isinstance(problem.error, errors.ScopeMismatchError)
    assert "read:cmdb-schema:jira" in problem.remedies[0]


def test_free_plan_is_told_from_a_missing_license(emulator: Emulator) -> None:
    """Both look the same to anyone who asks Assets only."""
    emulator.access.disable_assets("denied", free_plan=True)
    with connect(emulator, ApiToken(emulator.email, emulator.api_token)) as connection:
        report = connection.check()

    assert "free plan" in report["assets data"].cause
    assert report["site plan"].state is CheckState.FAILED


def test_provider_is_asked_again_when_its_token_has_run_out(emulator: Emulator) -> None:
    """Once, and the call goes on."""
    requested: list[str] = []

    def provider() -> str:
        requested.append(emulator.oauth_token())
        return requested[-1]

    with connect(emulator, OAuthToken(provider)) as connection:
        connection.object_schemas()
        emulator.access.expire_oauth()
        connection.object_schemas()

    assert len(requested) == 2


def test_client_credentials_are_exchanged_and_renewed(emulator: Emulator) -> None:
    """One access token serves all calls; a new one is fetched before the old one ends."""
    credentials = ClientCredentials(*emulator.client_credentials())

    def exchanges() -> int:
        return sum(request.operation == "request access token" for request in emulator.requests)

    with connect(emulator, credentials) as connection:
        connection.object_schemas()
        connection.object_schemas()
        assert exchanges() == 1
        emulator.clock.sleep(24 * 3600)
        connection.object_schemas()
        assert exchanges() == 2


@pytest.mark.parametrize("renewal", [False, True])
def test_one_exchange_serves_all_threads(emulator: Emulator, renewal: bool) -> None:
    """Eight threads begin at once, with no token or with one that has ended: it is fetched once."""
    start = threading.Barrier(8)

    def work(connection: Connection) -> list[str]:
        start.wait()
        return [schema.key for schema in connection.object_schemas()]

    with connect(emulator, ClientCredentials(*emulator.client_credentials())) as connection:
        if renewal:
            connection.object_schemas()
            emulator.clock.sleep(24 * 3600)
            emulator.requests.clear()
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(work, [connection] * 8))

    assert results == [["OKT"]] * 8
    assert sum(request.operation == "request access token" for request in emulator.requests) == 1


def test_one_exchange_serves_all_tasks(emulator: Emulator) -> None:
    """The same for eight tasks of one event loop."""

    async def work() -> None:
        async with AsyncConnection.external_site(
            emulator.site,
            ClientCredentials(*emulator.client_credentials()),
            transport=emulator.transport,
            clock=emulator.clock,
        ) as connection:
            await asyncio.gather(*(connection.object_schemas() for _ in range(8)))

    asyncio.run(work())

    assert sum(request.operation == "request access token" for request in emulator.requests) == 1


def test_rejected_token_is_renewed_once_for_all_threads(emulator: Emulator) -> None:
    """All eight are rejected with the same token; the provider is asked once more, not eight times."""
    requested: list[str] = []
    start = threading.Barrier(8)

    def provider() -> str:
        requested.append(emulator.oauth_token())
        return requested[-1]

    def work(connection: Connection) -> int:
        start.wait()
        return len(connection.object_schemas())

    with connect(emulator, OAuthToken(provider)) as connection:
        connection.object_schemas()
        emulator.access.expire_oauth()
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(work, [connection] * 8)) == [1] * 8

    assert len(requested) == 2


def test_wrong_client_secret_says_so(emulator: Emulator) -> None:
    """The authorization server's rejection is a rejected login, with the page where secrets are made."""
    client_id, _ = emulator.client_credentials()
    with connect(emulator, ClientCredentials(client_id, "not-the-client-secret")) as connection:
        report = connection.check()

    assert isinstance(report["identity"].error, errors.BadCredentialsError)
    assert report["identity"].who == "An organization admin"
    assert client_id in report["identity"].summary


def test_outage_is_ridden_out(emulator: Emulator) -> None:
    """With retries, a short disturbance is no finding."""
    emulator.faults.next("read permissions", status=503, times=2)
    with connect(emulator, ApiToken(emulator.email, emulator.api_token), retry=RetryPolicy()) as connection:
        assert connection.check().ok
    emulator.faults.assert_used()


SECRETS: Mapping[str, Callable[[Credentials], list[str]]] = {
    "api": lambda credentials: [credentials.token.reveal()] if isinstance(credentials, ApiToken) else [],
    "oauth": lambda credentials: (
        [credentials.token.reveal()]
        if isinstance(credentials, OAuthToken) and credentials.token is not None
        else []
    ),
    "client": lambda credentials: (
        [credentials.client_secret.reveal()] if isinstance(credentials, ClientCredentials) else []
    ),
    "forge": lambda credentials: [credentials.token.reveal()] if isinstance(credentials, ForgeToken) else [],
}


@pytest.mark.parametrize("way", WAYS_IN)
def test_nothing_leaks_on_the_way(emulator: Emulator, way: str, caplog: pytest.LogCaptureFixture) -> None:
    """Logs of every library at every level, errors, tracebacks with locals, reports: the secret is in none of them."""
    credentials = WAYS_IN[way](emulator)
    secrets = [secret for find in SECRETS.values() for secret in find(credentials)]
    texts: list[str] = []
    with caplog.at_level(logging.DEBUG), connect(emulator, credentials) as connection:
        report = connection.check()
        texts += [
            str(report),
            json.dumps(report.to_dict()),
            report._repr_html_(),
            repr(connection),
            repr(vars(connection)),
        ]
        emulator.access.ip_allowlist()
        with pytest.raises(AssetsError) as caught:
            connection.object_schemas()
        trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        # The frames of this test hold the secret intentionally.
        frames = [frame for frame in trace.stack if frame.filename != __file__]
        texts += [str(frame.locals) for frame in frames]
        texts += [
            str(caught.value),
            repr(caught.value),
            json.dumps(caught.value.to_dict()),
            repr(vars(caught.value)),
        ]
    # Whatever was issued on the way, such as an access token for client credentials, counts as well.
    secrets += [token for token in emulator._credentials.tokens if token not in secrets]

    assert secrets
    for secret in secrets:
        assert secret not in caplog.text
        assert not any(secret in text for text in texts)
