"""Show the messages of the 20 most common failures, one after the other.

    python tools/show_messages.py

Most failures are real calls against the emulator. Those of the network are raised by a transport.
"""

from __future__ import annotations

import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, repeat
from pathlib import Path

import httpx

from jsm_assets_dest import ApiToken, AssetsError, Connection, RetryPolicy, SchemaModel, okta
from jsm_assets_dest.testing import Emulator

EMAIL = "ana@acme.com"


def with_transport(handler: Callable[[httpx.Request], httpx.Response], site: str = "acme") -> None:
    """Read the object schemas through a transport that calls the handler."""
    with Connection.external_site(
        f"https://{site}.atlassian.net",
        ApiToken(EMAIL, "ATATT3xFfGF0T4JNjKpQ7w=1A2B3C4D"),
        transport=httpx.MockTransport(handler),
        retry=RetryPolicy.off(),
    ) as connection:
        connection.object_schemas()


def connect(emulator: Emulator, token: str | None = None) -> Connection:
    """Connect without retries, so that the first failure is shown."""
    return Connection.external_site(
        emulator.site,
        ApiToken(emulator.email, token or emulator.api_token),
        transport=emulator.transport,
        clock=emulator.clock,
        retry=RetryPolicy.off(),
    )


def small_model() -> SchemaModel:
    """Return a model with people only."""
    return okta.schema_model("standard").without("user_types", "groups", "applications", "devices")


def wrong_token(emulator: Emulator) -> None:
    """1: the token was never valid."""
    connect(emulator, "ATATT3xFfGF0T4JNjKpQ7w=00000000").object_schemas()


def token_expired_during_use(emulator: Emulator) -> None:
    """2: the token is revoked while the connection is in use."""
    with connect(emulator) as connection:
        connection.check()
        emulator.access.revoke_token()
        connection.object_schemas()


def not_jira_admin(emulator: Emulator) -> None:
    """3: the account may not create object schemas."""
    emulator.access.revoke_admin()
    connect(emulator).create_object_schema("OK2", name="Okta 2")


def no_license(emulator: Emulator) -> None:
    """4: the account has no agent seat."""
    emulator.access.remove_license()
    connect(emulator).check().raise_for_problems()


def ip_allowlist(emulator: Emulator) -> None:
    """5: the site accepts other addresses only."""
    emulator.access.ip_allowlist()
    connect(emulator).object_schemas()


def no_assets(emulator: Emulator) -> None:
    """6: the plan does not include Assets."""
    emulator.access.disable_assets("empty")
    connect(emulator).object_schemas()


def unknown_host(_: Emulator) -> None:
    """7: DNS has no address."""

    def handler(request: httpx.Request) -> httpx.Response:
        error = httpx.ConnectError("[Errno -2] Name or service not known", request=request)
        raise error from socket.gaierror(-2, "Name or service not known")

    with_transport(handler, "acmee")


def site_deleted(emulator: Emulator) -> None:
    """8: the site is gone."""
    emulator.access.remove_site()
    connect(emulator).object_schemas()


def proxy_page(_: Emulator) -> None:
    """9: a filter in the company's network responds."""
    page = (
        "<html><head><title>Access Denied</title></head><body><p>Category: file sharing. "
        "Contact helpdesk@acme.example.</p></body></html>"
    )
    with_transport(lambda _: httpx.Response(403, html=page, headers={"server": "BlueCoat"}))


def tls_interception(_: Emulator) -> None:
    """10: a proxy presents its own certificate."""

    def handler(request: httpx.Request) -> httpx.Response:
        cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
        cause.verify_message = "unable to get local issuer certificate"
        raise httpx.ConnectError("certificate verify failed", request=request) from cause

    with_transport(handler)


def missing_scope(emulator: Emulator) -> None:
    """11: the token has scopes, but not this one."""
    token = emulator.scoped_token(["read:jira-user", "read:jira-work", "read:servicedesk-request"])
    connect(emulator, token).object_schemas()


def import_token_replaced(emulator: Emulator) -> None:
    """12: someone generated a newer token."""
    source = emulator.import_sources[0]
    older = source.token
    source.generate_token()
    with connect(emulator) as connection:
        connection.import_token(older).status()


def rate_limit(emulator: Emulator) -> None:
    """13: the hourly quota is used up."""
    headers = {"ratelimit-reason": "jira-quota-global-based"}
    emulator.faults.next("list object schemas", status=429, retry_after=3900, headers=headers)
    connect(emulator).object_schemas()


def name_taken(emulator: Emulator) -> None:
    """14: another object schema has this name."""
    connect(emulator).create_object_schema("OK2", name="Okta")


def conflict(emulator: Emulator) -> None:
    """15: the schema already has an object type of this name."""
    emulator.object_schema("OKT").add_object_type("People", attributes=["Okta ID"])
    with connect(emulator) as connection:
        connection.import_token(emulator.import_sources[0].token).build(okta.schema_model("standard"))


def impossible_change(emulator: Emulator) -> None:
    """16: an attribute can't change its type."""
    model = okta.schema_model("standard")
    changed = model.to_dict()
    with connect(emulator) as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        token.build(model)
        for object_type in records_of(changed, "object_types"):
            for attribute in records_of(object_type, "attributes"):
                if (object_type["key"], attribute["key"]) == ("people", "title"):
                    attribute["type"] = "integer"
        token.build(SchemaModel.from_dict(changed))


def records_of(data: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """Return the JSON objects below a key."""
    entries = data[key]
    assert isinstance(entries, list)
    return entries


def mass_deletion(emulator: Emulator) -> None:
    """17: the source returns a part of the records only."""
    with connect(emulator) as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        model = okta.schema_model("standard")
        token.build(model)
        token.import_records(okta.records(okta.sample_tenant(people=50), model=model))
        token.import_records({"people": people(3)})


def bad_record(emulator: Emulator) -> None:
    """18: a value does not have the type of its attribute."""
    with connect(emulator) as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        token.build(okta.schema_model("standard"))
        token.import_records({"people": [{**people(1)[0], "lastLogin": "yesterday"}]})


def journal_mismatch(emulator: Emulator) -> None:
    """19: the source returns other records than the interrupted run."""
    with tempfile.TemporaryDirectory() as folder, connect(emulator) as connection:
        journal = Path(folder) / "okta.journal"
        token = connection.import_token(emulator.import_sources[0].token)
        token.build(okta.schema_model("standard"))
        try:
            token.import_records(
                {"people": chain(people(30), failing())}, journal=journal, chunk_records=5, in_flight=1
            )
        except AssetsError:
            token.resume_import({"people": people(30, "Other")}, journal=journal)


def execution_in_progress(emulator: Emulator) -> None:
    """20: another run of this import has not ended."""
    with connect(emulator) as connection:
        token = connection.import_token(emulator.import_sources[0].token)
        token.build(okta.schema_model("standard"))
        token.start()
        token.start()


def people(count: int, name: str = "Kim") -> list[dict[str, object]]:
    """Return records of people."""
    return [{"oktaId": f"00u{number}", "displayName": f"{name} {number}"} for number in range(count)]


def failing() -> Iterator[dict[str, object]]:
    """Fail as a source of records may."""
    yield from ()
    raise OSError("the source failed")


FAILURES: tuple[Callable[[Emulator], object], ...] = (
    wrong_token,
    token_expired_during_use,
    not_jira_admin,
    no_license,
    ip_allowlist,
    no_assets,
    unknown_host,
    site_deleted,
    proxy_page,
    tls_interception,
    missing_scope,
    import_token_replaced,
    rate_limit,
    name_taken,
    conflict,
    impossible_change,
    mass_deletion,
    bad_record,
    journal_mismatch,
    execution_in_progress,
)


def failure(fail: Callable[[Emulator], object]) -> AssetsError:
    """Let something fail on a fresh site, and return the error."""
    with Emulator() as emulator:
        emulator.add_object_schema("OKT", "Okta")
        emulator.add_import_source("OKT", "Okta")
        try:
            fail(emulator)
        except AssetsError as error:
            return error
    raise AssertionError(f"{fail.__name__} did not fail")


if __name__ == "__main__":
    for number, fail in enumerate(FAILURES, 1):
        title = fail.__name__.replace("_", " ")
        print(f"── {number}. {title} {''.join(repeat('─', 60 - len(title)))}")
        print(failure(fail), end="\n\n")
