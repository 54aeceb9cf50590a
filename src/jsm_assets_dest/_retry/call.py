"""
One request, from asking for the credential to an answer that can be trusted.

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


def call(site: Site, request: Request) -> Operation[Answer]:
    """
    Send a request until it is answered, as far as its nature and the site's policy allow.

    Args:
        site: The site; its gate, budget and credential are shared with all other requests.
        request: What to send.

    Returns:
        An answer that means success.

    Raises:
        AssetsError: What went wrong, after the last attempt.
    """
    try:
        answer = yield from attempt(site, request)
    except AssetsError as first:
        from .again import again

        return (yield from again(site, request, first))
    site.budget.succeeded()
    return answer


def attempt(site: Site, request: Request) -> Operation[Answer]:
    """
    One attempt: wait at the gate, add the credential, send, judge the answer.

    A token that was asked for is asked for once more when it is refused.
    """
    try:
        return (yield from _sent(site, request))
    except BadCredentialsError:
        if request.credential is not Credential.ACCOUNT or not (yield from renewed(site)):
            raise
    return (yield from _sent(site, request))


def _sent(site: Site, request: Request) -> Operation[Answer]:
    while (delay := site.gate.delay(site.clock.monotonic())) > 0:
        yield Sleep(delay)
    secret = request.authorization
    if secret is None and request.credential is Credential.ACCOUNT:
        secret = yield from authorization(site)
    answer: Answer = yield Send(request.authorized(secret))
    if _log.isEnabledFor(logging.DEBUG):
        _log.debug(
            "%s: HTTP %s", request.operation, answer.status,
            extra={"operation": request.operation, "status": answer.status, "method": request.method, "path": request.path},
        )
    account = site.account
    try:
        return classify(
            request,
            answer,
            account_id=account.id if account is not None and request.host is Host.SITE else None,
            basic_on_site=site.is_basic_on_site and request.host is Host.SITE,
        )
    except RateLimitedError as refusal:
        now = site.clock.monotonic()
        hint = refusal.retry_after
        if hint is None or site.policy.accepts(hint):
            site.gate.close(now + (hint if hint is not None else site.policy.base), now)
        raise
