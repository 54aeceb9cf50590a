"""One request: credential, attempts, and waits, until there is a response that can be trusted.

The first attempt doesn't load tenacity; only the retries do. tenacity decides step by step and never waits itself: it
gets a `sleep` that does nothing, and the seconds that it returns are yielded as a command.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .._http.commands import Operation, Send, Sleep
from .._wire.classify import classify
from .._wire.request import Credential, Host, Repeat, Request
from .._wire.response import Response
from ..exceptions import AssetsError, BadCredentialsError, RateLimitedError, TransportError
from .authorization import authorization, renewed
from .site import Site

if TYPE_CHECKING:
    from tenacity import RetryCallState

_log = logging.getLogger("jsm_assets_dest.request")
_retries = logging.getLogger("jsm_assets_dest.retry")
_throttle = logging.getLogger("jsm_assets_dest.throttle")


class Effort:
    """Retries and waits of one request.

    Attributes:
        retries: Number of attempts after the first one.
        throttled: Seconds of waits that the service requested.
    """

    __slots__ = ("retries", "throttled")

    def __init__(self) -> None:
        self.retries = 0
        self.throttled = 0.0


def call(site: Site, request: Request, effort: Effort | None = None) -> Operation[Response]:
    """Send a request and return the response, retrying if the request and the policy allow it.

    Args:
        site: The site. Its gate, budget, and credential are shared with all other requests.
        request: The request.
        effort: Receives the number of retries and the seconds of throttling.

    Returns:
        A success response.

    Raises:
        AssetsError: The failure of the last attempt.
    """
    try:
        response = yield from attempt(site, request, effort)
    except AssetsError as error:
        first = error
    else:
        site.budget.succeeded()
        return response
    # Outside the except block, because the last failure must not have the first one as its context.
    return (yield from _retry(site, request, first, effort))


def attempt(site: Site, request: Request, effort: Effort | None = None) -> Operation[Response]:
    """Make one attempt: wait at the gate, add the credential, send, classify the response.

    If a token from a provider is rejected, a new one is requested once.
    """
    authorized = yield from _authorized(site, request, effort)
    try:
        return (yield from _sent(site, authorized))
    except BadCredentialsError as error:
        rejection = error
    if request.credential is not Credential.ACCOUNT or not (
        yield from renewed(site, authorized.authorization)
    ):
        raise rejection
    return (yield from _sent(site, (yield from _authorized(site, request, effort))))


def _authorized(site: Site, request: Request, effort: Effort | None) -> Operation[Request]:
    while (delay := site.gate.delay(site.clock.monotonic())) > 0:
        if effort is not None:
            effort.throttled += delay
        yield Sleep(delay)
    if request.authorization is None and request.credential is Credential.ACCOUNT:
        return request.authorized((yield from authorization(site)))
    return request


def _sent(site: Site, request: Request) -> Operation[Response]:
    response: Response = yield Send(request)
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
    try:
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
    except RateLimitedError as error:
        now = site.clock.monotonic()
        hint = error.retry_after
        if hint is None or site.policy.accepts(hint):
            seconds = hint if hint is not None else site.policy.base
            site.gate.close(now + seconds, now)
            _throttle.info(
                "%s: throttled, no request is sent for %.2f s",
                request.operation,
                seconds,
                extra={"operation": request.operation, "wait": seconds, "reason": error.reason},
            )
        raise


def may_repeat(request: Request, error: BaseException) -> bool:
    """Return True if sending the request again is safe and may help (see `Repeat`)."""
    if request.repeat is Repeat.ONCE or not isinstance(error, AssetsError) or not error.retryable:
        return False
    if isinstance(error, RateLimitedError) or (isinstance(error, TransportError) and error.sent == "no"):
        return True
    return request.repeat is Repeat.SAFE


class _Attempts:
    """Attempts of one request, for tenacity: when to stop and how long to wait."""

    def __init__(self, site: Site, request: Request) -> None:
        self.site = site
        self.request = request
        self.started = site.clock.monotonic()
        self.cost: int | None = None
        self._waits: dict[int, float] = {}

    def wait(self, state: RetryCallState) -> float:
        # tenacity may call this more than once per attempt, but the random wait must stay the same.
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
        raise AssertionError("called only after a failure")
    return error


def _retry(site: Site, request: Request, first: AssetsError, effort: Effort | None) -> Operation[Response]:
    """Continue after the first failure.

    Raises:
        AssetsError: The last failure, with the number of attempts and their seconds.
    """
    from tenacity import DoAttempt, DoSleep, RetryCallState, Retrying

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
                _log_retry(request, failed, state.attempt_number, float(step))
                state.prepare_for_next_attempt()
                if effort is not None:
                    effort.retries += 1
                    effort.throttled += float(step) if isinstance(failed, RateLimitedError) else 0.0
                yield Sleep(float(step))
            elif isinstance(step, DoAttempt):
                try:
                    response = yield from attempt(site, request, effort)
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
