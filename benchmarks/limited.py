"""P9: a service that takes 25 chunks a second and rejects the others for a second, with eight in flight."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from . import loops
from .measuring import Measured
from .records import model, user
from .server import DATA
from .stage import Stage

RATE = 25.0


def run(stage: Stage) -> Sequence[Measured]:
    """Measure."""
    chunks = stage.choose(150, 100)
    records = [user(number) for number in range(chunks * 5)]
    goodput: list[float] = []
    refused: list[float] = []
    for _ in range(stage.choose(5, 1)):
        with stage.token() as token:
            execution = token.start(model=model(), missing_objects="ignore", chunk_records=5, in_flight=8)
            stage.server.behave(latency=0.02, per_second=RATE, burst=RATE)
            began = time.perf_counter()
            execution.submit({"users": records})
            goodput.append(_ideal(chunks) / (time.perf_counter() - began))
            refused.append(stage.server.counters().refused / chunks)
    results = [
        Measured.of("P9", "goodput under a rate limit / ideal", goodput),
        Measured.of("P9b", "refused requests per chunk", refused, "per chunk"),
    ]
    if not stage.quick:
        results += _by_hand(stage, records, chunks)
    stage.server.behave()
    return results


def _ideal(chunks: int) -> float:
    """Return the seconds that no one can beat: the first chunks pass at once."""
    return (chunks - RATE) / RATE


def _by_hand(stage: Stage, records: Sequence[loops.User], chunks: int) -> list[Measured]:
    """Eight workers that each obey `Retry-After` on their own."""
    stage.server.behave(latency=0.02, per_second=RATE, burst=RATE)
    url = stage.server.url + DATA
    with httpx.Client(trust_env=False) as client, ThreadPoolExecutor(8) as pool:

        def post(body: bytes) -> None:
            while (response := client.post(url, content=body, headers=loops.HEADERS)).status_code == 429:
                time.sleep(float(response.headers["Retry-After"]))
            response.raise_for_status()

        began = time.perf_counter()
        list(pool.map(post, loops.bodies(records, loops.json_bytes, 5)))
        goodput = _ideal(chunks) / (time.perf_counter() - began)
    refused = stage.server.counters().refused / chunks
    return [
        Measured.exactly("", "goodput of eight workers that each obey Retry-After / ideal", goodput, "x"),
        Measured.exactly("", "their refused requests per chunk", refused, "per chunk"),
    ]
