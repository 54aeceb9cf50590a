"""Commands of an operation to its engine.

An operation is a generator. It yields one of these commands, receives the result (or the failure is raised in it), and
returns a typed value. Operations know no clients, threads, or tasks. Only the two engines, `SyncEngine` and `AsyncEngine`,
wait. A test runs an operation as a conversation of literals.

The classes are not attrs classes, for the reason in `_wire.request`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from .._wire.request import Request

T = TypeVar("T")


class Send:
    """Make one attempt of a request; sent back: an `Answer`, or a `TransportError` is thrown in."""

    __slots__ = ("request",)

    def __init__(self, request: Request) -> None:
        self.request: Final = request


class Sleep:
    """Wait. Only the end of the whole run interrupts it. Sent back: None."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds: Final = seconds


class Pull:
    """Read up to `count` records from an iterator of the caller; sent back: a `Batch`.

    An exception of the source is not raised at once. It comes back with the records that were already taken, and the
    operation decides about both. With `seconds`, a slow source gives the records that it has. With `patience`, a source that
    needs longer for one record ends with a `TimeoutError`: an asynchronous source is interrupted, and a source that blocks
    is detected when it continues.
    """

    __slots__ = ("count", "iterator", "patience", "seconds")

    def __init__(
        self, iterator: object, count: int, seconds: float | None = None, patience: float = math.inf
    ) -> None:
        self.iterator: Final = iterator
        self.count: Final = count
        self.seconds: Final = seconds
        self.patience: Final = patience


class Batch(NamedTuple):
    """The result of a `Pull`: records, the end of the source, and the exception of the source."""

    records: list[Any]
    ended: bool = False
    error: BaseException | None = None


class Report:
    """Hand an event to a callback of the caller's; an exception of the callback is thrown in. Sent back: None.

    The event of a spawned operation may be handed over at the next `Join`, where an exception of the callback is raised too.
    """

    __slots__ = ("callback", "event")

    def __init__(self, callback: Callable[[Any], object], event: object) -> None:
        self.callback: Final = callback
        self.event: Final = event


class CallbackError(Exception):
    """A callback of the caller's raised in a spawned operation. `Join` raises its exception.

    The operation must not take it for a failure of its own request.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error: Final = error


class Ask:
    """Call a function of the caller's, such as a token provider, and await what it gives where that is possible.

    Sent back: the value; an exception of the function is thrown in.
    """

    __slots__ = ("function",)

    def __init__(self, function: Callable[[], object]) -> None:
        self.function: Final = function


class Exclusive:
    """Run an operation while no other one of the same key runs in this engine; sent back: its value."""

    __slots__ = ("key", "operation")

    def __init__(self, key: str, operation: Operation[Any]) -> None:
        self.key: Final = key
        self.operation: Final = operation


class Spawn:
    """Run an operation beside this one: in a worker thread, or as a task. Sent back immediately: None.

    The sync engine runs it in the caller's thread instead if `limit` is 1, or if such operations end at once. `limit` is the
    number of workers the engine keeps for this run; the operation itself counts what is in flight.
    """

    __slots__ = ("limit", "operation", "tag")

    def __init__(self, operation: Operation[Any], tag: object, limit: int = 4) -> None:
        self.operation: Final = operation
        self.tag: Final = tag
        self.limit: Final = limit


class Join:
    """Wait until one of the spawned operations has ended. Sent back: its `Outcome`.

    With `waits=False`: do not wait. Sent back: None if all are still active.
    """

    __slots__ = ("waits",)

    def __init__(self, *, waits: bool = True) -> None:
        self.waits: Final = waits


class Outcome(NamedTuple):
    """The end of a spawned operation: its value, or the exception that it raised."""

    tag: object
    value: object = None
    error: BaseException | None = None


Command: TypeAlias = "Send | Sleep | Pull | Report | Ask | Exclusive | Spawn | Join"

#: A generator of commands that returns a `T`. What is sent in depends on the command and is typed where it is received.
Operation: TypeAlias = Generator[Command, Any, T]
