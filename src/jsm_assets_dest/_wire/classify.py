"""What an answer means: a good one is recognised here, everything else is judged by the decision table in `refusals`.

Nearly every answer is a good one without anything unusual about it. It is recognised by a few looks; the table, its errors
and their words are loaded when an answer first needs them.
"""

from __future__ import annotations

from urllib.parse import unquote

from .answer import Answer
from .request import Credential, Host, Request

#: Headers that accompany refusals, also those that come with a status of success.
TELLING = ("x-seraph-loginreason", "x-authentication-denied-reason", "x-failure-category")
#: Operations that Atlassian answers without a credential, or that prove the identity themselves.
_NOT_IDENTIFIED = ("read tenant info", "read myself")


def classify(
    request: Request,
    answer: Answer,
    *,
    account_id: str | None = None,
    basic_on_site: bool = False,
    account: str = "",
    now: float | None = None,
) -> Answer:
    """Judge an answer.

    Args:
        request: What was sent.
        answer: What came back.
        account_id: The account that the credential was proven to belong to, or None.
        basic_on_site: Whether the request went to the site itself with an e-mail address and a token; only there may a
            rejected login look like success.
        account: Whose credential it is, for messages: an e-mail address, say.
        now: Seconds since 1970 by our clock, for hints that are dates in answers without a `Date`.

    Returns:
        The answer, when it is good.

    Raises:
        ApiError: One of its leaves: the service refused, openly or in silence.
        HtmlResponseError: A web page came instead of data.
        TransportError: A redirect, a proxy's request for credentials, or content that is broken.
    """
    if is_plainly_good(answer) and (
        request.operation != "find workspace"  # the one whose good answer may say that there is nothing
        and is_answered_to(request, answer, account_id, basic_on_site=basic_on_site)
    ):
        return answer
    from .case import Case
    from .refusals import judge

    case = Case(request, answer, account_id=account_id, basic_on_site=basic_on_site, account=account, now=now)
    return judge(case)


def is_plainly_good(answer: Answer) -> bool:
    """Whether an answer is data, whole, and nothing about it hints at a refusal."""
    body = answer.body
    # A refused address says so in words only: row 3 of the table.
    if not 200 <= answer.status < 300 or not body.startswith((b"{", b"[")) or b"ejected" in body[:4096]:
        return False
    headers = answer.headers
    if any(name in headers for name in TELLING):
        return False
    try:
        answer.json()
    except ValueError:
        return False
    return True


def is_answered_to(request: Request, answer: Answer, account_id: str | None, *, basic_on_site: bool) -> bool:
    """Whether an answer was made for the account of the credential, as far as the site would say so: row 29."""
    if (
        not basic_on_site
        or request.host is not Host.SITE
        or request.credential is not Credential.ACCOUNT
        or request.operation in _NOT_IDENTIFIED
    ):
        return True
    ran_as = unquote(answer.headers.get("x-aaccountid", ""))
    return bool(ran_as) and (account_id is None or ran_as == account_id)
