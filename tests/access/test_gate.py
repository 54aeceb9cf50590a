"""The gate that a rejection closes for all workers of a connection."""

from __future__ import annotations

import heapq
import random

import pytest

from jsm_assets_dest._session.gate import DECREASE, FORGET_AFTER, INCREASE, SLOWEST, Gate
from jsm_assets_dest._session.retry_policy import RetryPolicy


def test_open_gate_lets_everything_through() -> None:
    """Without a rejection nothing waits, however fast requests come."""
    gate = Gate()

    assert [gate.delay(100.0) for _ in range(1000)] == [0.0] * 1000
    assert gate.pace is None


def test_closed_gate_holds_all_calls_until_it_opens() -> None:
    """One worker was rejected; all of them wait as long as the service asked for."""
    gate = Gate()
    gate.close(107.0, 100.0)

    assert gate.delay(100.0) == 7.0
    assert gate.delay(106.0) == 1.0
    assert gate.delay(107.0) == 0.0


def test_later_end_holds() -> None:
    """A second rejection with a shorter wait does not open the gate earlier."""
    gate = Gate()
    gate.close(107.0, 100.0)
    gate.close(103.0, 101.0)

    assert gate.delay(103.0) == 4.0


def test_throttled_together_keep_the_first_random_wait() -> None:
    """Without a hint, later random waits don't prolong the first one; a hint that is longer does."""
    gate = Gate()
    gate.close(101.2, 100.0, at_least=100.0)
    gate.close(101.9, 100.1, at_least=100.1)

    assert gate.remaining(100.2) == pytest.approx(1.0)

    gate.close(105.4, 100.3, at_least=105.3)

    assert gate.remaining(100.3) == pytest.approx(5.1)


def test_first_rejection_sets_no_pace() -> None:
    """One rejection does not tell how much is allowed; the gate only closes."""
    gate = Gate()
    gate.close(101.0, 100.0)

    assert gate.delay(101.0) == 0.0
    assert gate.pace is None


def test_second_429_sets_the_pace() -> None:
    """21 requests in 10 seconds, the last one rejected: 2 a second were taken, and a little less is tried."""
    gate = Gate()
    gate.close(101.0, 100.0)
    for number in range(21):
        assert gate.delay(101.0 + number / 4) == 0.0
    gate.close(111.0, 110.0)

    assert gate.pace == pytest.approx(2.0 * DECREASE)


def test_requests_rejected_together_are_one_rejection() -> None:
    """Four requests in progress are rejected at once: the pace is not lowered four times."""
    gate = Gate()
    gate.close(101.0, 100.0)
    for _ in range(44):
        gate.delay(105.0)
    for worker in range(4):
        gate.close(111.0, 110.0 + worker / 1000)

    assert gate.pace == pytest.approx(4.3 * DECREASE)


def test_pace_has_a_lower_bound() -> None:
    """Rejected again and again, a connection still tries once in two seconds."""
    gate = Gate()
    now = 100.0
    for _ in range(10):
        gate.close(now + 1, now)
        now += 1
        gate.delay(now)

    assert gate.pace == SLOWEST


def test_pace_grows_until_the_next_rejection() -> None:
    """A quarter of a request per second, each second."""
    gate = Gate()
    gate.close(101.0, 100.0)
    for _ in range(21):
        gate.delay(105.0)
    gate.close(111.0, 110.0)
    pace = gate.pace
    assert pace is not None

    gate.delay(115.0)

    assert gate.pace == pytest.approx(pace + 4 * INCREASE)


def test_minute_without_a_rejection_ends_the_pace() -> None:
    """Limits change, and yesterday's rush is over."""
    gate = Gate()
    gate.close(101.0, 100.0)
    gate.delay(105.0)
    gate.close(111.0, 110.0)

    assert gate.delay(111.0 + FORGET_AFTER) == 0.0
    assert gate.pace is None


class Service:
    """A service that takes so many requests a second, with a burst, and says when to come back."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = burst
        self.tokens = burst
        self.time = 0.0

    def takes(self, now: float) -> bool:
        self.tokens = min(self.burst, self.tokens + (now - self.time) * self.rate)
        self.time = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def simulate(*, chunks: int, latency: float, seed: int, workers: int = 8) -> tuple[float, float]:
    """Workers that send chunks through a gate, on a clock of their own.

    Returns:
        The part of the ideal throughput that was reached, and the rejections per chunk.
    """
    chance = random.Random(seed)
    gate, policy, service = Gate(), RetryPolicy(), Service(rate=25.0, burst=25.0)
    waiting, refusals, finished = chunks, 0, 0.0
    # When, tie-break, what, attempt.
    events = [(chance.random() / 1000, worker, "ask", 1) for worker in range(workers)]
    heapq.heapify(events)
    while events:
        now, worker, what, attempt = heapq.heappop(events)
        if what == "ask":
            if attempt == 1 and waiting == 0:
                continue
            delay = gate.delay(now)
            if delay > 0:
                heapq.heappush(events, (now + delay + 1e-6, worker, "ask", attempt))
                continue
            waiting -= attempt == 1
            heapq.heappush(events, (now + latency / 2, worker, "arrive", attempt))
        elif what == "arrive":
            response = "taken" if service.takes(now) else "refused"
            heapq.heappush(events, (now + latency / 2, worker, response, attempt))
        elif what == "taken":
            finished = now
            heapq.heappush(events, (now, worker, "ask", 1))
        else:
            refusals += 1
            wait = policy.wait(attempt, throttled=True, hint=1.0, chance=chance.random())
            gate.close(now + wait, now, at_least=now + 1.0)
            heapq.heappush(events, (now + gate.remaining(now), worker, "ask", attempt + 1))
    ideal = (chunks - service.burst) / service.rate
    return ideal / finished, refusals / chunks


@pytest.mark.parametrize("latency", [0.005, 0.02, 0.05])
def test_eight_workers_use_what_is_allowed(latency: float) -> None:
    """Against 25 requests a second: over 0.85 of the ideal in a short run, over 0.95 in a long one, few rejections."""
    runs = [simulate(chunks=150, latency=latency, seed=seed) for seed in range(10)]
    used = sum(run[0] for run in runs) / len(runs)
    refused = sum(run[1] for run in runs) / len(runs)
    long = [simulate(chunks=1000, latency=latency, seed=seed) for seed in range(3)]

    assert used > 0.85
    assert refused < 0.12
    assert sum(run[0] for run in long) / len(long) > 0.95
