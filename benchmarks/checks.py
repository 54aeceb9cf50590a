"""Is the measuring server quick enough? A client without any HTTP library says what it can take."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from . import server
from .measuring import Measured
from .records import user
from .stage import Stage


def run(stage: Stage) -> Sequence[Measured]:
    """Send ready bytes over a raw socket, and read just enough of the responses."""
    read = f"GET {server.SCHEMA} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    stage.server.behave()
    small = _times(stage, read, stage.choose(5_000, 1_500))
    large = times_of_chunk(stage, stage.choose(300, 80))
    busy = stage.server.counters().busy / (sum(small) + sum(large))
    return [
        Measured.of(
            "",
            "the server answers a small read of a raw client",
            [duration * 1e6 for duration in small],
            "us",
        ),
        Measured.of(
            "", "the server takes a chunk of a raw client", [duration * 1e6 for duration in large], "us"
        ),
        Measured.exactly("", "the server's processor time meanwhile", busy, "x"),
    ]


def times_of_chunk(stage: Stage, count: int) -> list[float]:
    """Seconds that a raw client needs for a chunk, at the server's present latency."""
    body = b"x" * (len(str(user(1))) * 1000)
    head = f"POST {server.DATA} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return _times(stage, head + body, count)


def _times(stage: Stage, request: bytes, count: int) -> list[float]:
    seconds_per_call: list[float] = []
    with socket.create_connection(("127.0.0.1", stage.server.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            began = time.perf_counter()
            connection.sendall(request)
            response = b""
            while b"\r\n\r\n" not in response:
                response += connection.recv(65_536)
            seconds_per_call.append(time.perf_counter() - began)
    return seconds_per_call
