"""The budget that keeps retries from multiplying an outage."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest._session import gate
from jsm_assets_dest._session.gate import Budget


def test_dead_service_gets_at_most_35_retries() -> None:
    """500 tokens, 14 for each retry after a failure."""
    budget = Budget(500)

    retries = 0
    while budget.take() is not None:
        retries += 1

    assert retries == 35
    assert budget.tokens == 10


def test_rejection_for_too_many_requests_costs_less() -> None:
    """5 tokens: the service is alive, and says when to come back."""
    budget = Budget(500)

    assert budget.take(throttled=True) == 5
    assert budget.tokens == 495


def test_success_after_a_retry_gives_its_cost_back() -> None:
    """A success returns the cost of the last retry, so single failures do not use up the budget."""
    budget = Budget(500)
    cost = budget.take()

    budget.succeeded(cost)

    assert budget.tokens == 500


def test_success_without_a_retry_gives_one_token_back() -> None:
    """A healthy service slowly refills what an outage has used up."""
    budget = Budget(500)
    budget.take()

    budget.succeeded()

    assert budget.tokens == 487


def test_it_never_holds_more_than_its_size() -> None:
    """Success cannot be saved up."""
    budget = Budget(500)
    cost = budget.take(throttled=True)

    budget.succeeded(cost)
    budget.succeeded(cost)

    assert budget.tokens == 500


def test_none_is_not_a_limit() -> None:
    """Anyone who passes None gets no budget."""
    budget = Budget(None)

    assert all(budget.take() == 14 for _ in range(1000))
    budget.succeeded(14)
    assert budget.tokens is None


def test_zero_means_no_retries() -> None:
    """An empty budget lets nothing through, and a success does not fill it."""
    budget = Budget(0)

    budget.succeeded()

    assert budget.take() is None
    assert budget.take(throttled=True) is None


@given(st.lists(st.sampled_from(["failure", "throttled", "success", "plain"]), max_size=300))
def test_tokens_stay_within_bounds(events: list[str]) -> None:
    """The budget stays between 0 and 500."""
    budget = Budget(500)
    cost: int | None = None
    for event in events:
        if event == "success":
            budget.succeeded(cost)
        elif event == "plain":
            budget.succeeded()
        else:
            cost = budget.take(throttled=event == "throttled")
        assert budget.tokens is not None
        assert 0 <= budget.tokens <= 500


def test_threads_cannot_take_the_same_token_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads take what there is, and not one retry more."""
    monkeypatch.setattr(gate, "FAILURE_COST", 1)
    budget = Budget(500)
    grants: list[int] = []
    start = threading.Barrier(8)

    def take() -> None:
        start.wait()
        count = 0
        while budget.take() is not None:
            count += 1
        grants.append(count)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(grants) == 500
