"""What an operation may ask of an engine.

An operation is a generator: it yields one of these commands, is sent what came of it (or has the failure
thrown in), and returns a typed value. Operations know no clients, threads, tasks or colours; only the two
engines, `blocking` and `asynchronous`, wait. A test drives an operation as a conversation of literals.

They are written by hand, for the reason that `_wire.request` gives.
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
    """Wait; woken up early only to end the whole run. Sent back: None."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds: Final = seconds


class Pull:
    """Take up to `count` records from an iterator of the caller's; sent back: a `Batch`.

    An exception of the source does not fly at once: the records already taken come back with it, so that an
    operation decides in peace what becomes of them. With `seconds`, a slow source hands over what it has. With `patience`,
    a source that takes longer than that for one record ends with a `TimeoutError`: an asynchronous one is interrupted,
    one that blocks is found out when it goes on.
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
    """What a `Pull` gave: some records, whether the source has ended, and the exception it ended with."""

    records: list[Any]
    ended: bool = False
    error: BaseException | None = None


class Report:
    """Hand an event to a callback of the caller's; an exception of the callback is thrown in. Sent back: None."""

    __slots__ = ("callback", "event")

    def __init__(self, callback: Callable[[Any], object], event: object) -> None:
        self.callback: Final = callback
        self.event: Final = event


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
    """Run an operation beside this one: in a worker thread, or as a task. Sent back at once: None.

    `limit` is the number of workers the engine keeps for this run; the operation itself counts what is in flight.
    """

    __slots__ = ("limit", "operation", "tag")

    def __init__(self, operation: Operation[Any], tag: object, limit: int = 4) -> None:
        self.operation: Final = operation
        self.tag: Final = tag
        self.limit: Final = limit


class Join:
    """Wait until one of the spawned operations has ended; sent back: its `Outcome`."""

    __slots__ = ()


class Outcome(NamedTuple):
    """How a spawned operation ended: with a value, or with the exception that it raised."""

    tag: object
    value: object = None
    error: BaseException | None = None


Command: TypeAlias = "Send | Sleep | Pull | Report | Ask | Exclusive | Spawn | Join"

#: A generator of commands that returns a `T`. What is sent in depends on the command and is typed where it is received.
Operation: TypeAlias = Generator[Command, Any, T]
