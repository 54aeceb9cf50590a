"""The listener of a connection: what it learns about each attempt, and what it cannot break."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import threading
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, cast

import httpx
import pytest

from jsm_assets_dest import (
    ApiToken,
    AsyncConnection,
    ClientCredentials,
    Connection,
    RequestEvent,
    RetryPolicy,
)
from jsm_assets_dest._http.commands import Ask, Send
from jsm_assets_dest._session.observed import send
from jsm_assets_dest._wire.phrases import PHRASES
from jsm_assets_dest.exceptions import AnswerTimeoutError, ConfigurationError, ServiceUnavailableError
from jsm_assets_dest.testing import Emulator
from tests.access.conversation import Service
from tests.access.test_permissions import US
from tests.access.test_retries import READ
from tests.stories.importing import people, ready
from tests.stories.story import now

Listener = Callable[[RequestEvent], object]


def run(emulator: Emulator, is_async: bool, listener: Listener, calls: Callable[[Any], list[Any]]) -> None:
    """Call a sync or an async connection with a listener."""

    async def main() -> None:
        connection: Any = (
            emulator.connect_async(on_request=listener) if is_async else emulator.connect(on_request=listener)
        )
        for call in calls(connection):
            await now(call)
        await now(connection.aclose() if is_async else connection.close())

    asyncio.run(main())


@pytest.mark.parametrize("is_async", [False, True])
def test_listener_learns_start_and_end_of_each_attempt(is_async: bool) -> None:
    events: list[RequestEvent] = []
    with Emulator() as emulator:
        emulator.faults.next("list object schemas", status=503)
        emulator.faults.next("list object schemas", nth=2, status=429, retry_after=1)
        run(emulator, is_async, events.append, lambda connection: [connection.object_schemas()])

    attempts = [event for event in events if event.operation == "list object schemas"]
    assert [(event.attempt, event.is_end, event.status, event.throttled) for event in attempts] == [
        (1, False, None, False),
        (1, True, 503, False),
        (2, False, None, False),
        (2, True, 429, True),
        (3, False, None, False),
        (3, True, 200, False),
    ]
    assert {(event.method, event.host, event.error) for event in attempts} == {("GET", "gateway", "")}
    starts = [event.id for event in events if not event.is_end]
    assert starts == [event.id for event in events if event.is_end]
    assert len(set(starts)) == len(starts)


def test_async_listener_is_awaited() -> None:
    events: list[RequestEvent] = []

    async def listen(event: RequestEvent) -> None:
        await asyncio.sleep(0)
        events.append(event)

    with Emulator() as emulator:
        run(emulator, True, listen, lambda connection: [connection.check()])

    assert len(events) > 10


def test_sync_connection_rejects_async_listener() -> None:
    async def listen(event: RequestEvent) -> None:
        raise AssertionError("never called")

    class Listening:
        async def __call__(self, event: RequestEvent) -> None:
            raise AssertionError("never called")

    with Emulator() as emulator:
        for listener in (listen, Listening()):
            with pytest.raises(ConfigurationError, match="async function") as caught:
                emulator.connect(on_request=listener)
            assert caught.value.field == "on_request"


@pytest.mark.parametrize("is_async", [False, True])
def test_exception_of_the_listener_is_only_logged(is_async: bool, caplog: pytest.LogCaptureFixture) -> None:
    """It neither repeats a request nor hides a response."""

    def listen(event: RequestEvent) -> None:
        raise KeyError(event.operation)

    with Emulator() as emulator, caplog.at_level(logging.WARNING, "jsm_assets_dest.request"):
        emulator.add_object_schema("OKT", "Okta")
        run(emulator, is_async, listen, lambda connection: [connection.get_object_schema("OKT")])
        operations = [request.operation for request in emulator.requests]

    assert operations.count("list object schemas") == 1
    assert {record.getMessage() for record in caplog.records} == {"the listener on_request raised KeyError"}


def test_failure_without_a_response_has_a_code() -> None:
    events: list[RequestEvent] = []
    with Emulator() as emulator:
        emulator.faults.next("list object schemas", stall=300)
        with emulator.connect(on_request=events.append, retry=RetryPolicy.off()) as connection:
            with pytest.raises(AnswerTimeoutError):
                connection.object_schemas()

    end = events[-1]
    assert (end.is_end, end.status, end.error) == (True, None, "answer_timeout")
    assert str(end).startswith("list object schemas, attempt 1: answer_timeout after ")


def test_exception_of_a_transport_has_its_class_name() -> None:
    events: list[RequestEvent] = []

    def respond(request: httpx.Request) -> httpx.Response:
        raise KeyError("a bug of the transport")

    transport = httpx.MockTransport(respond)
    auth = ApiToken("ana@acme.com", "ATATT3abcdefgh")
    options: dict[str, Any] = {"transport": transport, "workspace_id": "w", "on_request": events.append}
    with (
        Connection.external_site("https://acme.atlassian.net", auth, **options) as connection,
        pytest.raises(KeyError),
    ):
        connection.object_schemas()

    assert [(event.is_end, event.error) for event in events] == [(False, ""), (True, "KeyError")]


def test_import_notifies_from_its_workers() -> None:
    """Each attempt of a chunk, in the thread that sends it."""
    events: list[tuple[RequestEvent, str]] = []

    def listen(event: RequestEvent) -> None:
        events.append((event, threading.current_thread().name))

    with Emulator() as emulator, emulator.connect(on_request=listen) as connection:
        token = asyncio.run(ready(emulator, connection))
        events.clear()
        token.import_records({"people": people(60)}, chunk_records=10)

    chunks = [(event, thread) for event, thread in events if event.operation == "submit chunk"]
    assert len(chunks) == 2 * 7
    assert any(thread.startswith("jsm-assets-dest-") for _, thread in chunks)
    pairs: dict[int, set[str]] = {}
    for event, thread in chunks:
        pairs.setdefault(event.id, set()).add(thread)
    assert {len(threads) for threads in pairs.values()} == {1}


def test_token_exchange_is_observed() -> None:
    """Also requests that are not the caller's own."""
    events: list[RequestEvent] = []
    with Emulator() as emulator:
        auth = ClientCredentials(*emulator.client_credentials())
        options: dict[str, Any] = {"transport": emulator.transport, "on_request": events.append}
        with Connection.external_site(emulator.site, auth, **options) as connection:
            connection.object_schemas()

    exchange = [event for event in events if event.operation == "request access token"]
    assert [event.host for event in exchange] == ["authorization server"] * 2
    assert exchange[-1].status == 200


def test_names_have_few_values() -> None:
    """An operation is one of the table of phrases, whatever ids are in its address."""
    events: list[RequestEvent] = []
    with Emulator() as emulator, emulator.connect(on_request=events.append) as connection:
        for number in range(3):
            schema = connection.create_object_schema(f"S{number}", f"Schema {number}")
            schema.object_types()
            schema.statuses()
        connection.check()

    assert {event.operation for event in events} <= PHRASES.keys()
    assert not any(character.isdigit() for event in events for character in event.operation)


def test_event_contains_no_secret_and_is_json() -> None:
    events: list[RequestEvent] = []
    with Emulator() as emulator:
        emulator.faults.always("list object schemas", status=503, headers=US)
        with emulator.connect(on_request=events.append, retry=RetryPolicy.off()) as connection:
            with pytest.raises(ServiceUnavailableError):
                connection.object_schemas()
        text = json.dumps([event.to_dict() for event in events]) + repr(events) + "".join(map(str, events))

        assert emulator.api_token not in text
    assert "HTTP 503" in text
    assert "started" in text


def closed_while_sending(listener: Listener) -> None:
    """Close an operation whose request is in flight. It may not use its engine any more."""
    operation = send(Service({}).site(on_request=listener), READ)
    command = next(operation)
    assert isinstance(command, Ask)
    value = command.function()
    if inspect.isawaitable(value):
        cast("Coroutine[Any, Any, None]", value).close()
    assert isinstance(operation.send(None), Send)
    operation.close()


def test_closed_operation_notifies_its_end() -> None:
    events: list[RequestEvent] = []
    closed_while_sending(events.append)

    assert [(event.is_end, event.status, event.error) for event in events] == [
        (False, None, ""),
        (True, None, "GeneratorExit"),
    ]
    assert events[0].id == events[1].id


@pytest.mark.parametrize("pause", [False, True])
def test_closed_operation_cannot_wait_for_its_listener(pause: bool) -> None:
    """A coroutine runs as far as it gets without waiting."""
    events: list[RequestEvent] = []

    async def listen(event: RequestEvent) -> None:
        if pause:
            await asyncio.sleep(0)
        events.append(event)

    closed_while_sending(listen)

    assert [event.is_end for event in events] == ([] if pause else [True])


def test_closed_operation_survives_its_listener(caplog: pytest.LogCaptureFixture) -> None:
    events: list[RequestEvent] = []

    def listen(event: RequestEvent) -> None:
        events.append(event)
        if event.is_end:
            raise KeyError(event.operation)

    closed_while_sending(listen)

    assert len(events) == 2
    assert "raised KeyError" in caplog.text


def test_closed_coroutine_notifies_the_end_of_its_request() -> None:
    """A program may close a coroutine in the middle of a request instead of cancelling it."""
    events: list[RequestEvent] = []

    @types.coroutine
    def suspended() -> Generator[None]:
        yield

    async def respond(request: httpx.Request) -> httpx.Response:
        await suspended()
        raise AssertionError("never resumed")

    async def main() -> None:
        connection = AsyncConnection.external_site(
            "https://acme.atlassian.net",
            ApiToken("ana@acme.com", "ATATT3abcdefgh"),
            transport=httpx.MockTransport(respond),
            workspace_id="w",
            on_request=events.append,
        )
        reading = connection.object_schemas()
        reading.send(None)
        reading.close()

    asyncio.run(main())

    assert [(event.is_end, event.error) for event in events] == [(False, ""), (True, "GeneratorExit")]


@pytest.mark.parametrize("pause", [False, True])
def test_cancelled_import_notifies_the_end_of_each_request(pause: bool) -> None:
    """Also of the chunks in flight, and if the listener waits."""
    events: list[RequestEvent] = []
    all_in_flight = asyncio.Event()

    async def listen(event: RequestEvent) -> None:
        if pause:
            await asyncio.sleep(0)
        events.append(event)

    class NeverTakingChunks(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if events[-1].operation == "submit chunk":
                if sum(event.operation == "submit chunk" for event in events) == 4:
                    all_in_flight.set()
                await asyncio.Event().wait()
            return await emulator.transport.handle_async_request(request)

    async def main() -> None:
        async with emulator.connect_async(on_request=listen, transport=NeverTakingChunks()) as connection:
            token = await ready(emulator, connection)
            run = token.import_records({"people": people(200)}, chunk_records=10, in_flight=4)
            task = asyncio.ensure_future(run)
            await all_in_flight.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with Emulator() as emulator:
        asyncio.run(main())

    assert [event.error for event in events if event.error] == ["CancelledError"] * 4
    starts = sorted(event.id for event in events if not event.is_end)
    assert starts == sorted(event.id for event in events if event.is_end)
