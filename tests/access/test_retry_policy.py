"""Waits of the retry policy, and arguments that it rejects."""

from __future__ import annotations

import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest import RetryPolicy
from jsm_assets_dest.exceptions import ConfigurationError

CHANCE = st.floats(min_value=0.0, max_value=1.0)
ATTEMPT = st.integers(min_value=1, max_value=10_000)


def test_defaults_are_the_documented_ones() -> None:
    """Five attempts, five minutes, waits up to 30 seconds, hints up to a minute, 500 tokens."""
    assert attrs.asdict(RetryPolicy()) == {
        "attempts": 5,
        "deadline": 300.0,
        "base": 2.0,
        "cap": 30.0,
        "longest_hint": 60.0,
        "budget": 500,
    }


def test_off_is_one_attempt() -> None:
    """Retries are switched off in one argument."""
    assert RetryPolicy.off().attempts == 1


def test_waits_double_up_to_the_cap() -> None:
    """With the highest draw, the wait is the top of its range."""
    policy = RetryPolicy()

    assert [policy.backoff(attempt, chance=1.0) for attempt in range(1, 8)] == [2, 4, 8, 16, 30, 30, 30]


@given(ATTEMPT, CHANCE)
def test_after_a_failure_the_whole_range_is_used(attempt: int, chance: float) -> None:
    """Full jitter: from 0 to the top, evenly."""
    policy = RetryPolicy()
    top = policy.backoff(attempt, chance=1.0)

    assert policy.backoff(attempt, chance=chance) == pytest.approx(top * chance)


@pytest.mark.slow
@given(ATTEMPT, CHANCE)
def test_after_a_rejection_at_least_half_is_waited(attempt: int, chance: float) -> None:
    """Equal jitter: waits near zero would burn all attempts before a per-minute limit opens again."""
    policy = RetryPolicy()
    top = policy.backoff(attempt, chance=1.0)

    assert top / 2 <= policy.backoff(attempt, throttled=True, chance=chance) <= top


@given(ATTEMPT, CHANCE, st.floats(min_value=0.0, max_value=1e6), st.booleans())
def test_hint_is_a_minimum_and_little_is_added(
    attempt: int, chance: float, hint: float, throttled: bool
) -> None:
    """Never earlier than asked, at most a tenth and a second later."""
    wait = RetryPolicy().wait(attempt, throttled=throttled, hint=hint, chance=chance)

    assert hint <= wait <= hint * 1.1 + 1.0 + 1e-6


def test_retry_after_zero_still_waits() -> None:
    """A rejection with "Retry-After: 0" still waits a little."""
    assert RetryPolicy().wait(1, throttled=True, hint=0.0, chance=0.0) == 1.0


def test_hint_that_is_not_a_number_is_ignored() -> None:
    """Nothing can make the wait endless."""
    assert RetryPolicy().wait(1, hint=float("inf"), chance=1.0) == 2.0
    assert RetryPolicy().wait(1, hint=float("nan"), chance=1.0) == 2.0


def test_hint_longer_than_the_longest_is_not_waited_for() -> None:
    """Anyone who asks gets the number on the error instead of a long sleep."""
    policy = RetryPolicy()

    assert policy.accepts(None)
    assert policy.accepts(60.0)
    assert not policy.accepts(60.1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attempts", 0),
        ("attempts", -1),
        ("attempts", 2.5),
        ("attempts", True),
        ("attempts", "5"),
        ("deadline", 0),
        ("deadline", -1.0),
        ("deadline", float("nan")),
        ("deadline", None),
        ("base", 0),
        ("base", True),
        ("cap", "30"),
        ("longest_hint", -5),
        ("budget", -1),
        ("budget", 1.5),
        ("budget", False),
    ],
)
def test_invalid_setting_is_rejected(name: str, value: object) -> None:
    """The error names the setting and how to put it right."""
    with pytest.raises(ConfigurationError) as caught:
        RetryPolicy(**{name: value})  # type: ignore[arg-type]

    assert caught.value.field == name
    assert caught.value.fix
    assert f"`{name}` is {value!r}" in str(caught.value)


def test_it_is_a_value() -> None:
    """Policies compare by content, and can be pickled for workers elsewhere."""
    policy = RetryPolicy(attempts=3, budget=None)

    assert policy == RetryPolicy(attempts=3, budget=None)
    assert pickle.loads(pickle.dumps(policy)) == policy
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        policy.attempts = 4  # type: ignore[misc]
