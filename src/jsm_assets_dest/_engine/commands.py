"""
What an operation may ask of an engine.

An operation is a generator: it yields one of these commands, is sent what came of it (or has the failure
thrown in), and returns a typed value. Operations know no clients, threads, tasks or colours; only the two
engines, `blocking` and `asynchronous`, wait. A test drives an operation as a conversation of literals.

They are named tuples, because making a class of attrs takes four times as long, which every program would wait for at its
start; `Pull` is not, because a tuple has a method called `count`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from attrs import frozen

if TYPE_CHECKING:
    from .._wire.request import Request

T = TypeVar("T")


class Send(NamedTuple):
    """
    Make one attempt of a request; sent back: an `Answer`, or a `TransportError` is thrown in.
    """

    request: Request


class Sleep(NamedTuple):
    """
    Wait; woken up early only to end the whole run. Sent back: None.
    """

    seconds: float


@frozen
class Pull:
    """
    Take up to `count` records from an iterator of the caller's; sent back: a `Batch`.

    An exception of the source does not fly at once: the records already taken come back with it, so that an
    operation decides in peace what becomes of them. With `seconds`, a slow source hands over what it has. With `patience`,
    a source that takes longer than that for one record ends with a `TimeoutError`: an asynchronous one is interrupted,
    one that blocks is found out when it goes on.
    """

    iterator: object
    count: int
    seconds: float | None = None
    patience: float = math.inf


class Batch(NamedTuple):
    """
    What a `Pull` gave: some records, whether the source has ended, and the exception it ended with.
    """

    records: list[Any]
    ended: bool = False
    error: BaseException | None = None


class Report(NamedTuple):
    """
    Hand an event to a callback of the caller's; an exception of the callback is thrown in. Sent back: None.
    """

    callback: Callable[[Any], object]
    event: object


class Ask(NamedTuple):
    """
    Call a function of the caller's, such as a token provider, and await what it gives where that is possible.

    Sent back: the value; an exception of the function is thrown in.
    """

    function: Callable[[], object]


class Exclusive(NamedTuple):
    """
    Run an operation while no other one of the same key runs in this engine; sent back: its value.
    """

    key: str
    operation: Operation[Any]


class Spawn(NamedTuple):
    """
    Run an operation beside this one: in a worker thread, or as a task. Sent back at once: None.

    `limit` is the number of workers the engine keeps for this run; the operation itself counts what is in flight.
    """

    operation: Operation[Any]
    tag: object
    limit: int = 4


class Join(NamedTuple):
    """
    Wait until one of the spawned operations has ended; sent back: its `Outcome`.
    """


class Outcome(NamedTuple):
    """
    How a spawned operation ended: with a value, or with the exception that it raised.
    """

    tag: object
    value: object = None
    error: BaseException | None = None


Command: TypeAlias = "Send | Sleep | Pull | Report | Ask | Exclusive | Spawn | Join"

#: A generator of commands that returns a `T`. What is sent in depends on the command and is typed where it is received.
Operation: TypeAlias = Generator[Command, Any, T]
