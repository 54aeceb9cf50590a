"""One request, from asking for the credential to an answer that can be trusted.

The first attempt pays for nothing but itself: tenacity is loaded and used only once something has failed.
"""

from __future__ import annotations

import logging

from .._engine.commands import Operation, Send, Sleep
from .._wire.answer import Answer
from .._wire.classify import classify
from .._wire.request import Credential, Host, Request
from ..exceptions import AssetsError, BadCredentialsError, RateLimitedError
from .authorize import authorization, renewed
from .site import Site

_log = logging.getLogger("jsm_assets_dest.request")
_throttle = logging.getLogger("jsm_assets_dest.throttle")


class Effort:
    """What a request cost beyond its first attempt.

    Attributes:
        retries: Attempts after the first.
        throttled: Seconds spent waiting because the service asked for it.
    """

    __slots__ = ("retries", "throttled")

    def __init__(self) -> None:
        self.retries = 0
        self.throttled = 0.0


def call(site: Site, request: Request, effort: Effort | None = None) -> Operation[Answer]:
    """Send a request until it is answered, as far as its nature and the site's policy allow.

    Args:
        site: The site; its gate, budget and credential are shared with all other requests.
        request: What to send.
        effort: Is told what it took.

    Returns:
        An answer that means success.

    Raises:
        AssetsError: What went wrong, after the last attempt.
    """
    try:
        answer = yield from attempt(site, request, effort)
    except AssetsError as error:
        first = error
    else:
        site.budget.succeeded()
        return answer
    from .again import again

    # Out here, so that the last failure does not drag the first one along as its context.
    return (yield from again(site, request, first, effort))


def attempt(site: Site, request: Request, effort: Effort | None = None) -> Operation[Answer]:
    """One attempt: wait at the gate, add the credential, send, judge the answer.

    A token that was asked for is asked for once more when it is refused.
    """
    authorized = yield from _authorized(site, request, effort)
    try:
        return (yield from _sent(site, authorized))
    except BadCredentialsError as error:
        refusal = error
    if request.credential is not Credential.ACCOUNT or not (
        yield from renewed(site, authorized.authorization)
    ):
        raise refusal
    return (yield from _sent(site, (yield from _authorized(site, request, effort))))


def _authorized(site: Site, request: Request, effort: Effort | None) -> Operation[Request]:
    while (delay := site.gate.delay(site.clock.monotonic())) > 0:
        if effort is not None:
            effort.throttled += delay
        yield Sleep(delay)
    if request.authorization is None and request.credential is Credential.ACCOUNT:
        return request.authorized((yield from authorization(site)))
    return request


def _sent(site: Site, request: Request) -> Operation[Answer]:
    answer: Answer = yield Send(request)
    if _log.isEnabledFor(logging.DEBUG):
        _log.debug(
            "%s: HTTP %s",
            request.operation,
            answer.status,
            extra={
                "operation": request.operation,
                "status": answer.status,
                "method": request.method,
                "path": request.path,
            },
        )
    account = site.account
    try:
        return classify(
            request,
            answer,
            account_id=account.id if account is not None and request.host is Host.SITE else None,
            basic_on_site=site.is_basic_on_site and request.host is Host.SITE,
            account=site.credentials.account_label if request.credential is Credential.ACCOUNT else "",
            now=site.clock.time(),
        )
    except RateLimitedError as refusal:
        now = site.clock.monotonic()
        hint = refusal.retry_after
        if hint is None or site.policy.accepts(hint):
            seconds = hint if hint is not None else site.policy.base
            site.gate.close(now + seconds, now)
            _throttle.info(
                "%s: too many requests, none is sent for %.2f s",
                request.operation,
                seconds,
                extra={"operation": request.operation, "wait": seconds, "reason": refusal.reason},
            )
        raise
