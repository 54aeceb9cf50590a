"""The two engines, sync and async: the same conversations on threads, asyncio and Trio."""

from __future__ import annotations

import queue
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from jsm_assets_dest._http import client as http
from jsm_assets_dest._http import sync_engine as blocking
from jsm_assets_dest._http.async_engine import AsyncEngine
from jsm_assets_dest._http.clock import SystemClock
from jsm_assets_dest._http.commands import (
    Ask,
    Batch,
    Exclusive,
    Join,
    Operation,
    Outcome,
    Pull,
    Report,
    Send,
    Sleep,
    Spawn,
)
from jsm_assets_dest._http.settings import HttpSettings, Limits
from jsm_assets_dest._http.sync_engine import SyncEngine
from jsm_assets_dest._secret import Secret
from jsm_assets_dest._wire.request import Request
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import (
    AnswerTooLargeError,
    ClosedError,
    ConnectionFailedError,
    ConnectionLostError,
    HostNotFoundError,
    MalformedAnswerError,
)


class StillClock:
    """A clock that moves only when it is slept on, and remembers for how long."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


Handler = Callable[[httpx.Request], httpx.Response]
Run = Callable[..., Any]


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(params=["threads", "asyncio", "trio"])
def run(request: pytest.FixtureRequest, clock: StillClock) -> Run:
    """Carries an operation out on one of the engines, against a handler of requests."""

    def settings(handler: Handler, limits: Limits) -> HttpSettings:
        return HttpSettings(limits=limits, transport=httpx.MockTransport(handler))

    def run(
        operation: Operation[Any],
        handler: Handler = lambda _: httpx.Response(204),
        limits: Limits | None = None,
    ) -> Any:
        if request.param == "threads":
            with SyncEngine(settings(handler, limits or Limits()), clock) as engine:
                return engine.run(operation)

        async def main() -> Any:
            async with AsyncEngine(settings(handler, limits or Limits()), clock) as engine:
                return await engine.run(operation)

        return anyio.run(main, backend=request.param)

    return run


def request(**changes: Any) -> Request:
    return Request(
        **{"operation": "get thing", "method": "GET", "url": "https://api.example/thing?a=b", **changes}
    )


def one(command: Any) -> Operation[Any]:
    return (yield command)


def test_sends_a_request_and_gives_the_response(run: Run) -> None:
    seen: list[httpx.Request] = []

    def handler(received: httpx.Request) -> httpx.Response:
        seen.append(received)
        return httpx.Response(201, headers={"X-Thing": "yes"}, json={"id": 1})

    response: Response = run(
        one(
            Send(
                request(
                    method="POST", body=b"{}", authorization=Secret("Bearer abc"), headers=(("X-A", "b"),)
                )
            )
        ),
        handler,
    )

    assert (response.status, response.headers["x-thing"], response.json()) == (201, "yes", {"id": 1})
    assert seen[0].headers["authorization"] == "Bearer abc"
    assert seen[0].headers["content-type"] == "application/json"
    assert seen[0].headers["x-a"] == "b"
    assert seen[0].headers["accept-encoding"] == "gzip"
    assert seen[0].headers["user-agent"].startswith("jsm-assets-dest/")


def test_post_without_a_body_says_that_it_has_none(run: Run) -> None:
    lengths: list[str | None] = []

    def handler(received: httpx.Request) -> httpx.Response:
        lengths.append(received.headers.get("content-length"))
        return httpx.Response(200)

    run(one(Send(request(method="POST"))), handler)

    assert lengths == ["0"]


def test_never_follows_a_redirect_and_keeps_no_cookie(run: Run) -> None:
    seen: list[tuple[str, str | None]] = []

    def handler(received: httpx.Request) -> httpx.Response:
        seen.append((str(received.url), received.headers.get("cookie")))
        headers = {"Location": "https://evil.example/", "Set-Cookie": "session=1; Path=/"}
        return httpx.Response(302, headers=headers)

    def twice() -> Operation[list[int]]:
        first = yield Send(request())
        second = yield Send(request())
        return [first.status, second.status]

    assert run(twice(), handler) == [302, 302]
    assert seen == [("https://api.example/thing?a=b", None)] * 2


@pytest.mark.parametrize(
    ("raised", "expected", "sent"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), ConnectionFailedError, "no"),
        (httpx.ConnectTimeout("timed out"), ConnectionFailedError, "no"),
        (httpx.PoolTimeout("no connection"), ConnectionFailedError, "no"),
        (httpx.ReadError("reset"), ConnectionLostError, "unknown"),
        (httpx.WriteError("broken pipe"), ConnectionLostError, "unknown"),
        (
            httpx.RemoteProtocolError("Server disconnected without sending a response."),
            ConnectionLostError,
            "unknown",
        ),
    ],
)
def test_says_whether_the_service_may_have_acted(
    run: Run, raised: Exception, expected: type[Exception], sent: str
) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise raised

    with pytest.raises(expected) as caught:
        run(one(Send(request(authorization=Secret("Bearer very-secret")))), handler)

    error: Any = caught.value
    assert (error.sent, error.operation, error.host) == (sent, "get thing", "api.example")
    assert error.__cause__ is None
    assert error.__context__ is None


def test_name_that_is_not_known_is_said_as_such(run: Run) -> None:
    import socket

    def handler(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nope") from socket.gaierror(-2, "Name or service not known")

    with pytest.raises(HostNotFoundError, match=r"Could not find the host api\.example"):
        run(one(Send(request())), handler)


def test_response_is_never_unpacked_beyond_its_limit(run: Run) -> None:
    import gzip

    bomb = gzip.compress(b"0" * 5_000_000)

    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(bomb))

    limits = Limits(control_bytes=1_000_000, listing_bytes=10_000_000)
    with pytest.raises(AnswerTooLargeError, match="1,000,000"):
        run(one(Send(request())), handler, limits)
    assert len(run(one(Send(request(listing=True))), handler, limits).body) == 5_000_000


def test_invalid_compressed_data_is_a_malformed_response(run: Run) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"garbage"))

    with pytest.raises(MalformedAnswerError) as caught:
        run(one(Send(request())), handler)
    assert caught.value.sent == "unknown"


def test_sleeps_on_the_clock_it_was_given(run: Run, clock: StillClock) -> None:
    assert run(one(Sleep(2.5))) is None
    assert clock.sleeps == [2.5]


def test_pulls_records_and_tells_the_end(run: Run) -> None:
    records = iter(range(5))

    def operation() -> Operation[list[Batch]]:
        first = yield Pull(records, 3)
        second = yield Pull(records, 3)
        return [first, second]

    assert run(operation()) == [Batch([0, 1, 2]), Batch([3, 4], ended=True)]


def test_records_before_a_source_failure_are_not_lost(run: Run) -> None:
    failure = ValueError("the source broke")

    def records() -> Iterator[int]:
        yield 1
        yield 2
        raise failure

    assert run(one(Pull(records(), 10))) == Batch([1, 2], ended=True, error=failure)


def test_slow_source_hands_over_what_it_has(run: Run, clock: StillClock) -> None:
    def records() -> Iterator[int]:
        for number in range(100):
            clock.sleep(1.0)
            yield number

    assert run(one(Pull(records(), 10, seconds=3.0))) == Batch([0, 1, 2])


def test_reports_and_asks_the_caller(run: Run) -> None:
    events: list[object] = []

    def operation() -> Operation[object]:
        yield Report(events.append, "started")
        return (yield Ask(lambda: "token"))

    assert run(operation()) == "token"
    assert events == ["started"]


def test_exception_of_a_callback_is_thrown_into_the_operation(run: Run) -> None:
    def bad(_: object) -> None:
        raise KeyError("callback")

    def operation() -> Operation[str]:
        try:
            yield Report(bad, 1)
        except KeyError:
            return "caught"
        return "missed"

    assert run(operation()) == "caught"


def test_spawned_operations_run_beside_and_are_joined(run: Run) -> None:
    def double(number: int) -> Operation[int]:
        response: Response = yield Send(request())
        return number * 2 + response.status

    def operation() -> Operation[dict[object, object]]:
        for number in range(5):
            yield Spawn(double(number), tag=number, limit=3)
        outcomes: list[Outcome] = []
        while len(outcomes) < 5:
            outcomes += [(yield Join())]
        return {outcome.tag: outcome.value for outcome in outcomes}

    assert run(operation(), lambda _: httpx.Response(200)) == {0: 200, 1: 202, 2: 204, 3: 206, 4: 208}


def test_join_does_not_have_to_wait(run: Run) -> None:
    """Reports of an operation that is still active are delivered meanwhile."""
    released = threading.Event()
    reports: list[object] = []

    def worker() -> Operation[str]:
        yield Report(reports.append, "started")
        for _ in range(100_000):
            if not released.is_set():
                yield Ask(anyio.lowlevel.checkpoint)
        return "ended"

    def operation() -> Operation[list[Outcome | None]]:
        yield Spawn(worker(), tag="one")
        first = yield Join(waits=False)
        released.set()
        outcomes = [first]
        for _ in range(1_000_000):
            if outcomes[-1] is None:
                outcomes = [first, (yield Join(waits=False))]
        return outcomes

    first, last = run(operation())

    assert first is None
    assert last == Outcome("one", "ended")
    assert reports == ["started"]


class Tag:
    """A tag that can be referred to weakly."""


def test_outcome_that_the_operation_dropped_is_not_held(run: Run) -> None:
    """The outcome has the records of a chunk."""

    def worker() -> Operation[None]:
        yield from ()

    def joined() -> Operation[weakref.ref[Tag]]:
        tag = Tag()
        yield Spawn(worker(), tag=tag, limit=1)
        outcome: Outcome = yield Join()
        assert outcome.tag is tag
        return weakref.ref(tag)

    def main() -> Operation[Batch]:
        tag = yield from joined()
        batch: Batch = yield Pull(iter(tag, None), 1, None, 60)
        return batch

    assert run(main()).records == []


@pytest.mark.parametrize("limit", [1, 4])
@pytest.mark.parametrize("error", [ValueError("no"), queue.Empty()], ids=repr)
def test_exception_of_a_callback_is_raised_by_join(run: Run, error: Exception, limit: int) -> None:
    """The spawned operation that reported does not take it for a failure of its own request."""

    def call_back(event: object) -> None:
        raise error

    def worker() -> Operation[str]:
        try:
            yield Exclusive("key", one(Report(call_back, "waiting")))
        except (ValueError, queue.Empty) as wrong:
            return f"took {wrong!r} for its own"
        return "did not see it"

    def operation() -> Operation[object]:
        yield Spawn(worker(), tag="one", limit=limit)
        try:
            return (yield Join())
        except (ValueError, queue.Empty) as raised:
            return raised

    assert run(operation()) is error


def test_failure_of_a_spawned_operation_is_an_outcome(run: Run) -> None:
    def fails() -> Operation[None]:
        yield Sleep(0)
        raise RuntimeError("worker")

    def operation() -> Operation[Outcome]:
        yield Spawn(fails(), tag="one")
        outcome: Outcome = yield Join()
        return outcome

    outcome = run(operation())
    assert outcome.tag == "one"
    assert str(outcome.error) == "worker"


def test_worker_writes_its_request_before_the_producer_goes_on(
    clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads of Python give way to each other rarely: a producer that computes would keep the network idle meanwhile."""
    messages: list[str] = []

    def send(*_: object, written: Callable[[], object], **__: object) -> Response:
        sum(range(10_000))
        messages.append("written")
        written()
        return Response(200)

    def operation() -> Operation[None]:
        for _ in range(2):  # a worker that is new begins at once in any case
            yield Spawn(one(Send(request())), tag="one", limit=2)
            messages.append("producer")
            yield Join()

    monkeypatch.setattr(http, "send", send)
    monkeypatch.setattr(blocking, "HAND_OVER", 10.0)  # on a busy machine a worker may take a while
    switching = sys.getswitchinterval()
    sys.setswitchinterval(1.0)
    try:
        with SyncEngine(HttpSettings(limits=Limits()), clock) as engine:
            engine.run(operation())
    finally:
        sys.setswitchinterval(switching)

    assert messages == ["written", "producer"] * 2


def test_blocked_worker_delays_the_producer_briefly(
    clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    went_on = threading.Event()

    def send(*_: object, **__: object) -> Response:
        return Response(200 if went_on.wait(10) else 504)

    def operation() -> Operation[Response]:
        yield Spawn(one(Send(request())), tag="one")
        went_on.set()
        outcome: Outcome = yield Join()
        assert isinstance(outcome.value, Response)
        return outcome.value

    monkeypatch.setattr(http, "send", send)
    with SyncEngine(HttpSettings(limits=Limits()), clock) as engine:
        assert engine.run(operation()).status == 200


@pytest.mark.parametrize(
    ("seconds", "is_fast"), [([0, 0, 0], True), ([0, 1, 0], False), ([1, 0, 0], False)], ids=str
)
def test_operations_that_end_at_once_need_no_worker(
    monkeypatch: pytest.MonkeyPatch, seconds: list[float], is_fast: bool
) -> None:
    """From the second one on, they run in the caller's thread, until one takes longer than a worker is worth."""
    monkeypatch.setattr(blocking, "HAND_OVER", 10.0)
    now = 0.0
    monkeypatch.setattr("jsm_assets_dest._http.sync_engine.time.monotonic", lambda: now)
    threads: list[int] = []

    def act(duration: float) -> None:
        nonlocal now
        threads.append(threading.get_ident())
        now += duration

    def operation() -> Operation[None]:
        for duration in seconds:
            yield Spawn(one(Ask(partial(act, duration))), tag="one")
            yield Join()

    with SyncEngine(HttpSettings(limits=Limits()), SystemClock()) as engine:
        engine.run(operation())

    here = threading.get_ident()
    assert threads[0] != here
    assert (threads[1] == here) is (seconds[0] == 0)
    assert (threads[2] == here) is is_fast


def test_written_request_may_still_be_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocking, "HAND_OVER", 10.0)
    now = 0.0
    monkeypatch.setattr("jsm_assets_dest._http.sync_engine.time.monotonic", lambda: now)
    places: list[tuple[bool, bool]] = []

    def send(*_: object, written: Callable[[], object] | None = None, **__: object) -> Response:
        nonlocal now
        places.append((threading.current_thread() is threading.main_thread(), written is not None))
        now += 1
        return Response(200)

    def operation() -> Operation[None]:
        for _ in range(2):
            yield Spawn(one(Send(request())), tag="one")
            yield Join()

    monkeypatch.setattr(http, "send", send)
    with SyncEngine(HttpSettings(limits=Limits()), SystemClock()) as engine:
        engine.run(operation())

    # The producer waits for the end of the first one, and only for the request of others.
    assert places == [(False, False), (False, True)]


def _no_thread(*_: object) -> None:
    raise RuntimeError("can't start new thread")


def test_spawn_with_limit_1_starts_no_thread(clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operation runs in the caller's thread, and its value and its exception are delivered by Join."""

    def fail() -> None:
        raise OSError("no entropy")

    def operation() -> Operation[list[Outcome]]:
        outcomes: list[Outcome] = []
        for tag, function in (("value", lambda: 4), ("error", fail)):
            yield Spawn(one(Ask(function)), tag=tag, limit=1)
            outcomes.append((yield Join()))
        return outcomes

    monkeypatch.setattr(threading.Thread, "start", _no_thread)
    with SyncEngine(HttpSettings(limits=Limits()), clock) as engine:
        value, error = engine.run(operation())

    assert value == Outcome("value", 4)
    assert (error.tag, str(error.error)) == ("error", "no entropy")


def test_interrupt_in_spawn_with_limit_1_propagates(clock: StillClock) -> None:
    """Nothing is left to join after an interruption, and the operation can still clean up."""
    steps: list[str] = []

    def interrupt() -> None:
        raise KeyboardInterrupt

    def operation() -> Operation[None]:
        try:
            yield Spawn(one(Ask(interrupt)), tag="chunk", limit=1)
        except KeyboardInterrupt:
            steps.append("interrupted")
            yield Ask(lambda: steps.append("cleaned up"))
            raise

    with SyncEngine(HttpSettings(limits=Limits()), clock) as engine, pytest.raises(KeyboardInterrupt):
        engine.run(operation())

    assert steps == ["interrupted", "cleaned up"]


def test_joining_nothing_is_an_error_and_not_a_wait(run: Run) -> None:
    with pytest.raises(RuntimeError, match="nothing was spawned"):
        run(one(Join()))


def test_operations_of_one_key_run_one_after_the_other(run: Run) -> None:
    inside: list[str] = []

    def guarded(name: str) -> Operation[None]:
        inside.append(f"{name} in")
        yield Send(request())
        inside.append(f"{name} out")

    def enters(name: str) -> Operation[None]:
        yield Exclusive("key", guarded(name))

    def operation() -> Operation[None]:
        for name in "abc":
            yield Spawn(enters(name), tag=name)
        for _ in "abc":
            yield Join()

    run(operation(), lambda _: httpx.Response(200))

    assert [entry[0] for entry in inside] == [name for pair in inside[::2] for name in (pair[0],) * 2]


def test_run_that_fails_leaves_no_worker_behind(run: Run) -> None:
    before = threading.active_count()

    def worker() -> Operation[None]:
        yield Sleep(0.001)

    def operation() -> Operation[None]:
        for number in range(8):
            yield Spawn(worker(), tag=number)
        raise ValueError("first fatal failure")

    with pytest.raises(ValueError, match="first fatal"):
        run(operation())
    assert threading.active_count() == before


def test_closed_engine_sends_nothing() -> None:
    engine = SyncEngine(
        HttpSettings(limits=Limits(), transport=httpx.MockTransport(lambda _: httpx.Response(200))),
        StillClock(),
    )
    engine.run(one(Send(request())))
    engine.close()
    engine.close()

    with pytest.raises(ClosedError, match="connection was closed"):
        engine.run(one(Send(request())))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_sources_callbacks_and_providers_are_awaited(backend: str, clock: StillClock) -> None:
    events: list[object] = []

    async def note(event: object) -> None:
        await anyio.lowlevel.checkpoint()
        events.append(event)

    async def provide() -> str:
        await anyio.lowlevel.checkpoint()
        return "token"

    async def records() -> AsyncIterator[int]:
        for number in range(4):
            await anyio.lowlevel.checkpoint()
            yield number

    def operation() -> Operation[list[object]]:
        iterator = records()
        first = yield Pull(iterator, 3)
        second = yield Pull(iterator, 3)
        yield Report(note, "reported")
        return [first, second, (yield Ask(provide))]

    async def main() -> list[object]:
        async with AsyncEngine(HttpSettings(limits=Limits()), clock) as engine:
            return await engine.run(operation())

    assert anyio.run(main, backend=backend) == [Batch([0, 1, 2]), Batch([3], ended=True), "token"]
    assert events == ["reported"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelled_run_may_tidy_up_shielded(backend: str, clock: StillClock) -> None:
    sent: list[str] = []

    def handler(received: httpx.Request) -> httpx.Response:
        sent.append(received.method)
        return httpx.Response(200)

    async def forever() -> str:
        await anyio.sleep_forever()
        return ""

    def operation() -> Operation[None]:
        try:
            yield Ask(forever)
        except BaseException:
            yield Send(request(method="DELETE"))
            raise

    async def main() -> bool:
        settings = HttpSettings(limits=Limits(), transport=httpx.MockTransport(handler))
        async with AsyncEngine(settings, clock) as engine:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:

                    async def cancel() -> None:
                        await anyio.wait_all_tasks_blocked()
                        scope.cancel()

                    tasks.start_soon(cancel)
                    await engine.run(operation())
            return scope.cancelled_caught

    assert anyio.run(main, backend=backend)
    assert sent == ["DELETE"]


def test_worker_started_during_ctrl_c_is_joined(monkeypatch: pytest.MonkeyPatch, clock: StillClock) -> None:
    """The pool forgets such a thread: Python raises the interrupt between starting it and noting it."""
    start = threading.Thread.start
    entered = threading.Event()

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        if thread.name.startswith("jsm-assets-dest"):
            entered.wait(5)
            raise KeyboardInterrupt

    def slow() -> Operation[None]:
        yield Ask(entered.set)
        yield Ask(lambda: threading.Event().wait(0.1))

    def operation() -> Operation[None]:
        yield Spawn(slow(), tag="slow")

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with SyncEngine(HttpSettings(limits=Limits()), clock) as engine, pytest.raises(KeyboardInterrupt):
        engine.run(operation())

    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("jsm-assets-dest")]
