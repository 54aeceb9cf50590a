"""What happens after a first attempt has failed. tenacity keeps count and decides; nothing here waits.

tenacity is driven step by step: where it would sleep, it is handed a sleep that does nothing, and the seconds it
wants are yielded as a command instead.
"""

from __future__ import annotations

import logging

from tenacity import DoAttempt, DoSleep, RetryCallState, Retrying

from .._engine.commands import Operation, Sleep
from .._wire.answer import Answer
from .._wire.request import Repeat, Request
from ..exceptions import AssetsError, RateLimitedError, TransportError
from .call import Effort, attempt
from .site import Site

_log = logging.getLogger("jsm_assets_dest.retry")


def may_repeat(request: Request, error: BaseException) -> bool:
    """Whether sending the request again is safe and may help (the classes of idempotency in the module `request`)."""
    if request.repeat is Repeat.ONCE or not isinstance(error, AssetsError) or not error.retryable:
        return False
    if isinstance(error, RateLimitedError) or (isinstance(error, TransportError) and error.sent == "no"):
        return True
    return request.repeat is Repeat.SAFE


class _Attempts:
    """The attempts of one request: when to stop and how long to wait, in the terms of tenacity."""

    def __init__(self, site: Site, request: Request) -> None:
        self.site = site
        self.request = request
        self.started = site.clock.monotonic()
        self.cost: int | None = None
        self._waits: dict[int, float] = {}

    def wait(self, state: RetryCallState) -> float:
        # tenacity may ask more than once after an attempt; the wait is drawn once.
        number = state.attempt_number
        if number not in self._waits:
            error = _error(state)
            self._waits[number] = self.site.policy.wait(
                number,
                throttled=isinstance(error, RateLimitedError),
                hint=getattr(error, "retry_after", None),
                chance=self.site.chance(),
            )
        return self._waits[number]

    def stop(self, state: RetryCallState) -> bool:
        policy = self.site.policy
        error = _error(state)
        if state.attempt_number >= policy.attempts or not policy.accepts(getattr(error, "retry_after", None)):
            return True
        if self.site.clock.monotonic() - self.started + self.wait(state) > policy.deadline:
            return True
        self.cost = self.site.budget.take(throttled=isinstance(error, RateLimitedError))
        return self.cost is None

    def should_retry(self, state: RetryCallState) -> bool:
        return state.outcome is not None and state.outcome.failed and may_repeat(self.request, _error(state))


def _error(state: RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome is not None else None
    if error is None:
        raise AssertionError("asked only after a failure")
    return error


def again(site: Site, request: Request, first: AssetsError, effort: Effort | None) -> Operation[Answer]:
    """Go on after the first failure.

    Raises:
        AssetsError: The last failure, with the number of attempts and the seconds they took.
    """
    attempts = _Attempts(site, request)
    retrying = Retrying(
        sleep=lambda _: None,
        wait=attempts.wait,
        stop=attempts.stop,
        retry=attempts.should_retry,
        reraise=True,
    )
    state = RetryCallState(retrying, None, (), {})
    retrying.begin()
    failed: AssetsError = first
    state.set_exception((type(first), first, first.__traceback__))
    try:
        while True:
            step = retrying.iter(state)
            if isinstance(step, DoSleep):
                _note(request, failed, state.attempt_number, float(step))
                state.prepare_for_next_attempt()
                if effort is not None:
                    effort.retries += 1
                    effort.throttled += float(step) if isinstance(failed, RateLimitedError) else 0.0
                yield Sleep(float(step))
            elif isinstance(step, DoAttempt):
                try:
                    answer = yield from attempt(site, request, effort)
                except AssetsError as error:
                    failed = error
                    state.set_exception((type(error), error, error.__traceback__))
                else:
                    site.budget.succeeded(attempts.cost)
                    return answer
    except AssetsError as last:
        last.attempts = state.attempt_number
        last.elapsed = site.clock.monotonic() - attempts.started
        raise


def _note(request: Request, error: AssetsError, number: int, seconds: float) -> None:
    _log.info(
        "%s: attempt %d failed (%s), next in %.2f s",
        request.operation,
        number,
        error.code,
        seconds,
        extra={"operation": request.operation, "attempt": number, "code": error.code, "wait": seconds},
    )
