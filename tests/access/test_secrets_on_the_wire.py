"""A whole run over real sockets, with the logs of every library at their most talkative: no secret is anywhere.

In process, httpcore and h11 are not taken part in; here they are. Every kind of credential goes all the way (check,
schemas, an import with its token, then one failure after the other), and everything that a user might store, print, log,
pickle or send to an error reporter is searched for each secret in the forms that it takes on the way.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from jsm_assets_dest import (
    ApiToken,
    AsyncConnection,
    ClientCredentials,
    Connection,
    Credentials,
    ForgeToken,
    ImportToken,
    OAuthToken,
    RetryPolicy,
)
from jsm_assets_dest.exceptions import AssetsError
from jsm_assets_dest.testing import Emulator
from tests.stories.test_building import RECORDS, model

WAYS_IN: dict[str, Callable[[Emulator, str], Credentials]] = {
    "classic API token": lambda emulator, _: ApiToken(emulator.email, emulator.api_token),
    "API token with scopes": lambda emulator, _: ApiToken(emulator.email, emulator.scoped_token()),
    "OAuth token": lambda emulator, _: OAuthToken(emulator.oauth_token()),
    "OAuth provider": lambda emulator, _: OAuthToken(emulator.oauth_token),
    "client credentials": lambda emulator, _: ClientCredentials(*emulator.client_credentials()),
    "Forge token": lambda emulator, url: ForgeToken(
        emulator.forge_token(), f"{url}/ex/jira/{emulator.cloud_id}"
    ),
}


class Shown:
    """Everything that anyone could look at."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def value(self, value: object) -> None:
        """Return a value in all its forms."""
        self.texts += [str(value), repr(value), repr(vars(value) if hasattr(value, "__dict__") else "")]
        for name in ("to_dict", "_repr_html_"):
            if hasattr(value, name):
                self.texts.append(str(getattr(value, name)()))
        with contextlib.suppress(Exception):  # what rejects to be pickled leaks nothing
            self.texts.append(pickle.dumps(value, 0).decode("latin-1"))
            self.texts.append(pickle.dumps(value).decode("latin-1"))

    def error(self, error: BaseException) -> None:
        """Return an error, and what an error reporter prints of it: every frame with its local variables."""
        self.value(error)
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
        while trace is not None:
            # The frames of this test hold secrets intentionally.
            self.texts += [str(frame.locals) for frame in trace.stack if frame.filename != __file__]
            self.texts += [frame.filename for frame in trace.stack]
            following = trace.__cause__ or trace.__context__
            if following is None:
                return
            trace = following


def forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, in base64 at each offset, and quoted for an address."""
    yield secret
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + secret.encode()).decode()
        yield encoded[4:-4]


@pytest.mark.once
@pytest.mark.parametrize("way", WAYS_IN)
def test_no_secret_is_anywhere_in_a_whole_run(way: str, caplog: pytest.LogCaptureFixture) -> None:
    """Logs, values, errors with their frames, pickles: of the account's secrets, and of the import token."""
    emulator = Emulator()
    source = emulator.add_import_source(emulator.add_object_schema("OKT", "Okta"))
    output = Shown()
    with caplog.at_level(logging.DEBUG), emulator.serve() as url:
        credentials = WAYS_IN[way](emulator, url)
        output.value(credentials)
        with Connection.external_site(
            url, credentials, gateway=url, retry=RetryPolicy.off(), clock=emulator.clock
        ) as connection:
            output.value(connection)
            output.value(connection.check())
            schema = connection.get_object_schema("OKT")
            output.value(schema)
            token = connection.import_token(source.token, schema=schema)
            output.value(token)
            output.value(token.check())
            run_import(token, output)
            fail(emulator, connection, token, output)
            for thing in (
                connection._session.site,
                connection._session.engine,
                connection._session.engine.settings,
            ):
                output.value(thing)
    logged = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert {record.name.partition(".")[0] for record in caplog.records} & {"httpcore", "httpcore2"}
    assert "send_request_headers" in logged

    secrets = {
        emulator.api_token,
        source.token,
        *emulator._credentials.tokens,
        *(client.client_secret for client in emulator._credentials.clients.values()),
    }
    everything = "\n".join([*output.texts, logged])
    for secret in secrets:
        for form in forms(secret):
            assert form not in everything
    assert not [text for text in output.texts if "/httpcore" in text or "/h11/" in text]


def run_import(token: ImportToken, output: Shown) -> None:
    """Return a model, a plan, a build and an import."""
    wanted = model()
    output.value(token.plan(wanted))
    token.build(wanted)
    progress: list[object] = []
    result = token.import_records(cast("dict[str, list[object]]", RECORDS), on_progress=progress.append)
    output.value(result)
    for event in progress:
        output.value(event)
    execution = token.start()
    output.value(execution)
    execution.cancel()


def failure_of(call: Callable[[], object]) -> AssetsError | None:
    """Return the exception that a call raises, or None."""
    try:
        call()
    except AssetsError as error:
        return error
    return None


def fail(emulator: Emulator, connection: Connection, token: ImportToken, output: Shown) -> None:
    """One failure after the other, each with its frames."""
    calls: list[Callable[[], object]] = [
        connection.object_schemas,
        token.status,
        lambda: connection.create_object_schema("NEW", "New"),
    ]
    faults: list[dict[str, Any]] = [
        {"status": 401},
        {"status": 403, "body": {"message": "Forbidden"}},
        {"status": 503},
        {"drop": "before"},
        {"drop": "mid-answer"},
        {"garbage": "gzip"},
        {"bad_json": True},
        {"html": "proxy"},
        {"redirect": "https://evil.example/login"},
    ]
    for fault in faults:
        for operation, call in zip(
            ("list object schemas", "read import info", "create object schema"), calls, strict=True
        ):
            emulator.faults.next(operation, **fault)
            error = failure_of(call)
            # A token provider helps itself out of a 401.
            if error is not None:
                assert error.__context__ is None or isinstance(error.__context__, AssetsError)
                output.error(error)
            emulator.faults.clear()
    emulator.access.ip_allowlist()
    for call in calls:
        with pytest.raises(AssetsError) as caught:
            call()
        output.error(caught.value)


def test_no_secret_leaks_in_the_async_api(caplog: pytest.LogCaptureFixture) -> None:
    """The asynchronous engine, with a token that is fetched, rejected and lost on the way."""
    emulator = Emulator()
    emulator.add_object_schema("OKT", "Okta")
    output = Shown()

    async def main(url: str) -> None:
        credentials = ClientCredentials(*emulator.client_credentials())
        async with AsyncConnection.external_site(
            url, credentials, gateway=url, retry=RetryPolicy.off(), clock=emulator.clock
        ) as connection:
            output.value(await connection.check())
            for fault in ({"drop": "before"}, {"status": 401}, {"garbage": "gzip"}):
                emulator.faults.next("list object schemas", times=2, **fault)
                try:
                    await connection.object_schemas()
                except AssetsError as error:
                    output.error(error)
                emulator.faults.clear()

    with caplog.at_level(logging.DEBUG), emulator.serve() as url:
        asyncio.run(main(url))
    logged = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    everything = "\n".join([*output.texts, logged])
    secrets = [
        *emulator._credentials.tokens,
        *(client.client_secret for client in emulator._credentials.clients.values()),
    ]
    assert secrets
    for secret in secrets:
        for form in forms(secret):
            assert form not in everything


def test_forms_of_a_secret_are_recognised() -> None:
    """The search itself works: it finds a token in a Basic header."""
    header = base64.b64encode(b"ana@acme.com:ATATT3xFfGF0T4JNjKpQ7w=1A2B3C4D").decode()

    assert any(form in header for form in forms("ATATT3xFfGF0T4JNjKpQ7w=1A2B3C4D"))
