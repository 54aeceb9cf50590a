"""The engine that blocks: the caller's thread waits.

Spawned operations run in worker threads, or in the caller's thread if they end at once.
"""

from __future__ import annotations

import inspect
import itertools
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from itertools import islice
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, cast

from .._wire.request import Request
from .._wire.response import Response
from ..exceptions import ClosedError, ConfigurationError
from .clock import Clock, SystemClock
from .commands import (
    Ask,
    Batch,
    CallbackError,
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
from .forks import renew_after_fork

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor
    from typing import Self

    import httpx

    from .client import _BoundedStream
    from .settings import HttpSettings

T = TypeVar("T")

#: Seconds that an interrupted run has to clean up, for example to cancel the import that it started.
GRACE: Final = 1.0

#: The most seconds that the producer waits for a worker to start its request. Python runs one thread at a time, and a
#: thread that computes gives up the interpreter only every 5 ms. The worker would wait that long before its headers, and
#: again before the body, while the network is idle.
HAND_OVER: Final = 0.005

#: The most seconds of an operation that is worth no worker. Only a service on the same machine, such as the emulator, is that
#: fast. With such a service, handing chunks to a worker takes longer than waiting (half a millisecond each, measured).
AT_ONCE: Final = 0.003


class SyncEngine:
    """Runs operations in the caller's thread. Several threads may use one engine.

    Args:
        settings: What the HTTP client is built from, at the first request.
        clock: The clock that measures every wait.
    """

    #: True if callbacks of the caller may be coroutine functions.
    runs_coroutines: ClassVar[bool] = False

    def __init__(self, settings: HttpSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._client: httpx.Client | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._exclusive: dict[str, threading.RLock] = {}
        self._inherited: list[httpx.Client] = []
        renew_after_fork(self)

    def run(self, operation: Operation[T], *, interrupted: bool = False) -> T:
        """Run an operation and return its value. Its exceptions are raised.

        Args:
            operation: The operation.
            interrupted: True if it cleans up after an interruption such as Ctrl-C. It then has `GRACE` seconds.
        """
        return _Run(self, interrupted=interrupted).whole(operation)

    def close(self) -> None:
        """Close the connections; further requests raise `ClosedError`. Closing twice does nothing."""
        with self._lock:
            self._closed = True
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def client(self) -> httpx.Client:
        """Return the HTTP client. It is built at the first use."""
        client = self._client
        if client is not None:
            return client
        self.settings.prepare()
        from .client import sync_client

        with self._lock:
            if self._closed:
                raise ClosedError(
                    "Nothing was sent: the connection was closed.",
                    remedies=("You: use the connection inside its `with` block, or make a new one.",),
                )
            if self._client is None:
                self._client = sync_client(self.settings)
            return self._client

    def after_fork(self) -> None:
        """In a forked process: build a new client at the next request.

        Two processes on one socket would read each other's responses. The parent's client is not closed, because closing
        may wait for a lock of a thread that does not exist here.
        """
        client, self._client = self._client, None
        if client is not None:
            self._inherited.append(client)
        self._lock = threading.Lock()
        self._exclusive = {}

    def exclusive(self, key: str) -> threading.RLock:
        """Return the lock of a key."""
        with self._lock:
            return self._exclusive.setdefault(key, threading.RLock())


_runs = itertools.count(1)


class _Handing(threading.local):
    """The function that a worker calls when its request was sent."""

    over: Callable[[], object] | None = None


class _Run:
    """One operation in progress, with the workers of the operations that it spawned."""

    def __init__(self, engine: SyncEngine, *, interrupted: bool) -> None:
        self._engine = engine
        self._stop = threading.Event()
        self._pool: ThreadPoolExecutor | None = None
        #: Outcomes of the workers, and reports that they hand to the caller's thread.
        self._ended: SimpleQueue[Outcome | Report | CallbackError] = SimpleQueue()
        self._pending = 0
        self._working: set[Future[None]] = set()
        self._streams: set[_BoundedStream] = set()
        self._handing = _Handing()
        #: True while spawned operations end at once, so that they run in the caller's thread. Never again after a slow one.
        self._is_fast = False
        #: True while a spawned operation runs in the caller's thread.
        self._is_in_place = False
        self._interrupted_until = engine.clock.monotonic() + GRACE if interrupted else None
        # The prefix of the names of this run's workers, unique in the process.
        self._name = f"jsm-assets-dest-{next(_runs)}"

    def whole(self, operation: Operation[T]) -> T:
        """Run the operation. All its workers end before this returns."""
        interrupted = False
        try:
            return self._drive(operation)
        except BaseException as error:
            interrupted = not isinstance(error, Exception)
            raise
        finally:
            if self._pool is not None:
                self._stop_workers(self._pool, interrupted=interrupted)

    def _stop_workers(self, pool: ThreadPoolExecutor, *, interrupted: bool) -> None:
        """End the workers that are still active. Their waits on the network are interrupted.

        A worker may begin to wait just after this looked for its stream, so this is repeated until all have ended. A worker
        that makes a new connection cannot be interrupted. After an interruption, this does not wait for it. It ends when
        the connection is made, or after at most `Limits.connect` seconds.
        """
        from concurrent.futures import wait

        if self._pending:
            self._stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            until = time.monotonic() + GRACE / 2
            while wait(self._working, timeout=0).not_done:
                for stream in list(self._streams):
                    stream.break_off()
                if not wait(self._working, timeout=0.02).not_done:
                    break
                if interrupted and time.monotonic() > until:
                    return
        pool.shutdown(wait=True)
        if interrupted:
            self._join_unknown(time.monotonic() + GRACE / 2)

    def _join_unknown(self, until: float) -> None:
        """Wait for a worker that its own pool does not know, because Ctrl-C came while the pool was starting it.

        It ends when it sees that the pool is shut down. Only its name identifies it.
        """
        for thread in threading.enumerate():
            if thread.name.startswith(f"{self._name}_"):
                thread.join(max(0.0, until - time.monotonic()))

    def _drive(self, operation: Operation[T], *, worker: bool = False) -> T:
        try:
            command = operation.send(None)
            while True:
                try:
                    value = self._carry_out(command, worker=worker)
                except BaseException as error:
                    if isinstance(error, CallbackError):
                        raise
                    if not isinstance(error, Exception) and not worker:
                        # Interrupted: the operation may clean up, for a short time.
                        self._interrupted_until = self._engine.clock.monotonic() + GRACE
                    command = operation.throw(error)
                else:
                    command = operation.send(value)
                    value = None  # Records of a confirmed chunk are not held while the next command is carried out.
        except StopIteration as end:
            return cast("T", end.value)
        finally:
            operation.close()

    def _carry_out(self, command: object, *, worker: bool) -> object:
        kind = type(command)
        if kind is Send:
            return self._send(cast("Send", command).request, worker=worker)
        if kind is Pull:
            return pull(cast("Pull", command), self._engine.clock)
        if kind is Sleep:
            self._sleep(cast("Sleep", command).seconds, worker=worker)
            return None
        if kind is Report:
            report = cast("Report", command)
            if worker:
                # A callback of the caller runs in the caller's thread only.
                self._ended.put(report)
                return None
            try:
                report.callback(report.event)
            except Exception as error:
                if self._is_in_place:
                    raise CallbackError(error) from error
                raise
            return None
        if kind is Spawn:
            self._spawn(cast("Spawn", command))
            return None
        if kind is Join:
            return self._join(waits=cast("Join", command).waits)
        if kind is Ask:
            value = cast("Ask", command).function()
            if inspect.isawaitable(value):
                cast(
                    "Coroutine[object, object, object]", value
                ).close()  # of a source that was not begun: see `pull`
                return None
            return value
        exclusive = cast("Exclusive", command)
        with self._engine.exclusive(exclusive.key):
            return self._drive(exclusive.operation, worker=worker)

    def _send(self, request: Request, *, worker: bool) -> Response:
        engine = self._engine
        if worker and self._stop.is_set():
            raise ClosedError(f"A request ({request.operation}) was not sent: the import was stopped.")
        client = engine.client()  # before the import: it begins what can go on meanwhile
        from .client import send

        seconds = request.timeout or engine.settings.limits.attempt
        if worker:
            return send(
                client,
                engine.settings,
                request,
                seconds=seconds,
                streams=self._streams,
                written=self._handing.over,
            )
        if self._interrupted_until is not None:
            seconds = min(seconds, max(0.1, self._interrupted_until - engine.clock.monotonic()))
        return send(client, engine.settings, request, seconds=seconds)

    def _sleep(self, seconds: float, *, worker: bool) -> None:
        clock = self._engine.clock
        if self._interrupted_until is not None and not worker:
            seconds = min(seconds, max(0.0, self._interrupted_until - clock.monotonic()))
        if worker and self._stop.is_set():
            raise ClosedError("The wait was ended: the import was stopped.")
        if isinstance(clock, SystemClock):
            if self._stop.wait(seconds) and worker:
                raise ClosedError("The wait was ended: the import was stopped.")
        else:
            clock.sleep(seconds)

    def _spawn(self, command: Spawn) -> None:
        if command.limit == 1 or self._is_fast:
            self._run_in_place(command)
            return
        is_first = self._pool is None
        if self._pool is None:
            # A program that only reads needs no workers.
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(command.limit, thread_name_prefix=self._name)
        self._pending += 1
        handed = threading.Event()
        began = time.monotonic()
        future = self._pool.submit(self._work, command, handed, None if is_first else handed.set)
        self._working.add(future)
        future.add_done_callback(self._working.discard)
        if handed.wait(HAND_OVER) and is_first:
            self._note_time(began)

    def _run_in_place(self, command: Spawn) -> None:
        """Run the operation in the caller's thread: some systems cannot start a thread, and some services need none."""
        began = time.monotonic()
        outcome: Outcome | CallbackError
        self._is_in_place = True
        try:
            outcome = Outcome(command.tag, value=self._drive(command.operation))
        except CallbackError as error:
            outcome = error
        except Exception as error:
            outcome = Outcome(command.tag, error=error)
        finally:
            self._is_in_place = False
        self._note_time(began)
        self._pending += 1
        self._ended.put(outcome)

    def _note_time(self, began: float) -> None:
        """Note whether an operation that has just ended was worth a worker. The clock of a test does not show this."""
        self._is_fast = isinstance(self._engine.clock, SystemClock) and time.monotonic() - began < AT_ONCE

    def _work(self, command: Spawn, handed: threading.Event, written: Callable[[], object] | None) -> None:
        self._handing.over = written
        try:
            outcome = Outcome(command.tag, value=self._drive(command.operation, worker=True))
        except BaseException as error:
            outcome = Outcome(command.tag, error=error)
        handed.set()
        self._ended.put(outcome)

    def _join(self, *, waits: bool) -> Outcome | None:
        if not self._pending:
            raise RuntimeError("nothing was spawned that could be joined")
        while True:
            try:
                entry = self._ended.get(waits)
            except Empty:
                return None
            if isinstance(entry, Report):
                entry.callback(entry.event)
                continue
            self._pending -= 1
            if isinstance(entry, CallbackError):
                raise entry.error
            return entry


def pull(command: Pull, clock: Clock) -> Batch:
    """Read records from an iterator. Records that were taken are kept if the iterator raises.

    Raises:
        ConfigurationError: The iterator is asynchronous, and this engine cannot wait for it.
    """
    if isinstance(command.iterator, AsyncIterator):
        raise ConfigurationError(
            "A source of the records is asynchronous, and this connection is not; the import was not completed.",
            field="records",
            fix="Give ordinary iterables, or import with an AsyncConnection.",
        )
    iterator = cast("Iterator[Any]", command.iterator)
    records: list[Any] = []
    try:
        if command.seconds is None:
            records.extend(islice(iterator, command.count))
        else:
            # Reading the clock is about 1 % of a record's cost. More work here would be visible.
            monotonic = time.monotonic if type(clock) is SystemClock else clock.monotonic
            add = records.append
            asked = began = monotonic()
            until = began + min(command.seconds, command.patience)
            for record in islice(iterator, command.count):
                add(record)
                now = monotonic()
                if now >= until:
                    if now - asked > command.patience:
                        return Batch(records, ended=True, error=too_slow(command.patience))
                    if now >= began + command.seconds and len(records) < command.count:
                        return Batch(records)
                asked = now
    except Exception as error:
        return Batch(records, ended=True, error=error)
    return Batch(records, ended=len(records) < command.count)


def too_slow(patience: float) -> TimeoutError:
    """Return the exception of a source that needed too long for one record."""
    return TimeoutError(f"the source gave nothing for {patience:g} seconds")
