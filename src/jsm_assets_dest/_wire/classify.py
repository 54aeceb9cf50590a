"""What an answer means: a good one is recognised here, everything else is judged by the decision table in `refusals`.

Nearly every answer is a good one without anything unusual about it. It is recognised by a few looks; the table, its errors
and their words are loaded when an answer first needs them.
"""

from __future__ import annotations

from .request import Request
from .response import Response, is_answered_to

#: Headers that accompany refusals, also those that come with a status of success.
TELLING = ("x-seraph-loginreason", "x-authentication-denied-reason", "x-failure-category")


def classify(
    request: Request,
    response: Response,
    *,
    account_id: str | None = None,
    basic_on_site: bool = False,
    account: str = "",
    now: float | None = None,
) -> Response:
    """Judge an answer.

    Args:
        request: What was sent.
        response: What came back.
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
    if is_plainly_good(response) and (
        request.operation != "find workspace"  # the one whose good answer may say that there is nothing
        and is_answered_to(request, response, account_id, basic_on_site=basic_on_site)
    ):
        return response
    from .case import Case
    from .decision_table import judge

    case = Case(
        request, response, account_id=account_id, basic_on_site=basic_on_site, account=account, now=now
    )
    return judge(case)


def is_plainly_good(response: Response) -> bool:
    """Whether an answer is data, whole, and nothing about it hints at a refusal."""
    body = response.body
    # A refused address says so in words only: row 3 of the table.
    if not 200 <= response.status < 300 or not body.startswith((b"{", b"[")) or b"ejected" in body[:4096]:
        return False
    headers = response.headers
    if any(name in headers for name in TELLING):
        return False
    try:
        response.json()
    except ValueError:
        return False
    return True
