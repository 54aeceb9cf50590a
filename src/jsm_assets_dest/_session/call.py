"""One request: credential, attempts, and waits, until there is a response that can be trusted.

A throttled request closes the gate once, for a wait with its random part, and every request of the connection waits for that
time. The wait is limited by the retry policy, or by the `Patience` of an import with an open execution: then throttling
uses up neither the attempts nor the deadline nor the budget, because it says nothing about the import.

The first attempt doesn't load tenacity; only the retries do. tenacity decides step by step and never waits itself: it
gets a `sleep` that does nothing, and the seconds that it returns are yielded as a command.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .._http.commands import Operation, Sleep
from .._wire.classify import classify
from .._wire.request import Credential, Host, Repeat, Request
from .._wire.response import Response
from ..exceptions import AssetsError, BadCredentialsError, RateLimitedError, TransportError, UnsafeLinkError
from .authorization import authorization, renewed
from .observed import send
from .site import Site

if TYPE_CHECKING:
    from tenacity import RetryCallState

_log = logging.getLogger("jsm_assets_dest.request")
_retries = logging.getLogger("jsm_assets_dest.retry")
_throttle = logging.getLogger("jsm_assets_dest.throttle")


class Effort:
    """Retries of one request.

    Attributes:
        retries: Number of attempts after the first one.
        is_blocked: True if the last attempt was throttled for longer than the policy or the import allows.
    """

    __slots__ = ("is_blocked", "retries")

    def __init__(self) -> None:
        self.retries = 0
        self.is_blocked = False


def call(site: Site, request: Request, effort: Effort | None = None) -> Operation[Response]:
    """Send a request and return the response, retrying if the request and the policy allow it.

    Args:
        site: The site. Its gate, budget, and credential are shared with all other requests.
        request: The request.
        effort: Receives the number of retries.

    Returns:
        A success response.

    Raises:
        AssetsError: The failure of the last attempt.
    """
    if effort is None:
        effort = Effort()
    try:
        response = yield from attempt(site, request, effort=effort)
    except AssetsError as error:
        first = error
    else:
        site.budget.succeeded()
        return response
    # Outside the except block, because the last failure must not have the first one as its context.
    return (yield from _retry(site, request, first, effort))


def attempt(
    site: Site, request: Request, number: int = 1, effort: Effort | None = None
) -> Operation[Response]:
    """Make one attempt: wait at the gate, add the credential, send, classify the response.

    If a token from a provider is rejected, a new one is requested once.

    Args:
        site: The site.
        request: The request.
        number: Number of the attempt, from 1.
        effort: Receives `is_blocked`.
    """
    rejection: BadCredentialsError | None = None
    authorized = request
    try:
        authorized = yield from _authorized(site, request)
        return (yield from _sent(site, authorized, number))
    except BadCredentialsError as error:
        rejection = error
    except RateLimitedError as error:
        is_closed = _close_gate(site, request, error, number)
        if effort is not None:
            effort.is_blocked = not is_closed
        raise
    if request.credential is not Credential.ACCOUNT or not (
        yield from renewed(site, authorized.authorization)
    ):
        raise rejection
    return (yield from _sent(site, (yield from _authorized(site, request)), number))


def _authorized(site: Site, request: Request) -> Operation[Request]:
    while (delay := site.gate.delay(site.clock.monotonic())) > 0:
        yield from _wait_at_gate(site, request, delay)
    if request.authorization is None and request.credential is Credential.ACCOUNT:
        return request.changed(authorization=(yield from authorization(site)))
    return request


def _wait_at_gate(site: Site, request: Request, delay: float) -> Operation[None]:
    """Wait until the gate opens, or for the next turn.

    Raises:
        RateLimitedError: The wait is too long. Nothing was sent.
    """
    now = site.clock.monotonic()
    closed = site.gate.remaining(now)
    patience = site.patience
    if closed and not (
        site.policy.accepts(closed) if patience is None else patience.allows(now, now + closed)
    ):
        raise _too_long(request, closed, site.clock.time())
    if closed and patience is not None:
        yield from patience.wait(now, now + closed)
    yield Sleep(delay)


def _too_long(request: Request, seconds: float, now: float) -> RateLimitedError:
    """Return the error for a gate that an earlier request has closed for too long."""
    from .._wire.phrases import clock_time, wait_text

    until = now + seconds
    return RateLimitedError(
        f"Atlassian's rate limit blocks this connection for {wait_text(seconds, until)}. Nothing was sent.",
        cause="An earlier request of this connection was rejected with the time at which requests are accepted again.",
        remedies=(f"You: wait until {clock_time(until)}, then try again.",),
        operation=request.operation,
        method=request.method,
        path=request.path,
        host=request.hostname,
        retry_after=seconds,
        reset_at=until,
    )


def _sent(site: Site, request: Request, number: int) -> Operation[Response]:
    if not site.trusts(request.url):
        raise UnsafeLinkError(
            f"Did not send a request to {request.hostname}: only a response named this address.",
            operation=request.operation,
        )
    response = yield from send(site, request, number)
    if _log.isEnabledFor(logging.DEBUG):
        _log.debug(
            "%s: HTTP %s",
            request.operation,
            response.status,
            extra={
                "operation": request.operation,
                "status": response.status,
                "method": request.method,
                "path": request.path,
            },
        )
    account = site.account
    return classify(
        request,
        response,
        account_id=None if account is None else account.id,
        basic_on_site=site.is_basic_on_site and request.host is Host.SITE,
        account=site.credentials.account_label if request.credential is Credential.ACCOUNT else "",
        now=site.clock.time(),
        site_url=site.url,
        kind=site.kind,
    )


def _close_gate(site: Site, request: Request, error: RateLimitedError, number: int) -> bool:
    """Close the gate after a throttled attempt; return False if the wait is too long."""
    if error.status is None:  # the gate was closed for too long, and nothing was sent
        return False
    now = site.clock.monotonic()
    hint = error.retry_after
    seconds = site.policy.wait(number, throttled=True, hint=hint, chance=site.chance())
    if site.patience is None:
        if not site.policy.accepts(hint):
            return False
    elif not site.patience.allows(now, now + seconds):
        return False
    site.gate.close(now + seconds, now, at_least=now + (hint or 0.0))
    _throttle.info(
        "%s: throttled, no request is sent for %.2f s",
        request.operation,
        seconds,
        extra={"operation": request.operation, "wait": seconds, "reason": error.reason},
    )
    return True


def may_repeat(request: Request, error: BaseException) -> bool:
    """Return True if sending the request again is safe and may help (see `Repeat`)."""
    if request.repeat is Repeat.ONCE or not isinstance(error, AssetsError) or not error.retryable:
        return False
    if isinstance(error, RateLimitedError) or (isinstance(error, TransportError) and error.sent == "no"):
        return True
    return request.repeat is Repeat.SAFE


class _Attempts:
    """Attempts of one request, for tenacity: when to stop and how long to wait.

    Attributes:
        cost: Tokens of the last retry.
        pardoned: Number of throttled attempts that an import waited for; they don't count.
        pardoned_seconds: Total of their waits.
    """

    def __init__(self, site: Site, request: Request, effort: Effort) -> None:
        self.site = site
        self.request = request
        self.effort = effort
        self.started = site.clock.monotonic()
        self.cost: int | None = None
        self.pardoned = 0
        self.pardoned_seconds = 0.0
        self._waits: dict[int, float] = {}

    def wait(self, state: RetryCallState) -> float:
        # tenacity may call this more than once per attempt, but the random wait must stay the same.
        number = state.attempt_number
        if number not in self._waits:
            error = _error(state)
            if isinstance(error, RateLimitedError):
                # The gate was closed for the random wait. A second one would add up.
                self._waits[number] = self.site.gate.remaining(self.site.clock.monotonic())
            else:
                self._waits[number] = self.site.policy.wait(
                    number - self.pardoned,
                    hint=getattr(error, "retry_after", None),
                    chance=self.site.chance(),
                )
        return self._waits[number]

    def stop(self, state: RetryCallState) -> bool:
        policy, patience = self.site.policy, self.site.patience
        error = _error(state)
        now, wait = self.site.clock.monotonic(), self.wait(state)
        is_throttled = isinstance(error, RateLimitedError)
        # The remaining wait does not show it: the gate may have opened since, while another request waited.
        if is_throttled and self.effort.is_blocked:
            return True
        if is_throttled and patience is not None:
            self.pardoned += 1
            self.pardoned_seconds += wait
            return not patience.allows(now, now + wait)
        if state.attempt_number - self.pardoned >= policy.attempts or not policy.accepts(
            getattr(error, "retry_after", None)
        ):
            return True
        if now - self.started - self.pardoned_seconds + wait > policy.deadline:
            return True
        self.cost = self.site.budget.take(throttled=is_throttled)
        return self.cost is None

    def should_retry(self, state: RetryCallState) -> bool:
        error = _error(state)
        if self.site.patience is not None and isinstance(error, RateLimitedError):
            return self.request.repeat is not Repeat.ONCE  # also if the end of a quota is unknown
        return may_repeat(self.request, error)


def _error(state: RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome is not None else None
    if error is None:
        raise AssertionError("called only after a failure")
    return error


def _retry(site: Site, request: Request, first: AssetsError, effort: Effort) -> Operation[Response]:
    """Continue after the first failure.

    Raises:
        AssetsError: The last failure, with the number of attempts and their seconds.
    """
    from tenacity import DoAttempt, DoSleep, RetryCallState, Retrying

    attempts = _Attempts(site, request, effort)
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
                _log_retry(request, failed, state.attempt_number, float(step))
                state.prepare_for_next_attempt()
                effort.retries += 1
                if isinstance(failed, RateLimitedError) and site.patience is not None:
                    now = site.clock.monotonic()
                    yield from site.patience.wait(now, now + float(step))
                yield Sleep(float(step))
            elif isinstance(step, DoAttempt):
                try:
                    response = yield from attempt(site, request, state.attempt_number, effort)
                except AssetsError as error:
                    failed = error
                    state.set_exception((type(error), error, error.__traceback__))
                else:
                    site.budget.succeeded(attempts.cost)
                    return response
    except AssetsError as last:
        last.attempts = state.attempt_number
        last.elapsed = site.clock.monotonic() - attempts.started
        raise


def _log_retry(request: Request, error: AssetsError, number: int, seconds: float) -> None:
    _retries.info(
        "%s: attempt %d failed (%s), next in %.2f s",
        request.operation,
        number,
        error.code,
        seconds,
        extra={"operation": request.operation, "attempt": number, "code": error.code, "wait": seconds},
    )
