"""Classify a response: a good one is recognized here, everything else goes through the decision table.

Nearly every response is a plain good one. A few comparisons recognize it. The table, its errors, and their texts are loaded
when a response first needs them.
"""

from __future__ import annotations

from .request import CredentialKind, Request
from .response import Response, is_answered_to

#: Headers of rejections, even of those with a status of success.
HINTS = ("x-seraph-loginreason", "x-authentication-denied-reason", "x-failure-category")


def classify(
    request: Request,
    response: Response,
    *,
    account_id: str | None = None,
    basic_on_site: bool = False,
    account: str = "",
    now: float | None = None,
    site_url: str = "",
    kind: CredentialKind | None = None,
) -> Response:
    """Classify a response.

    Args:
        request: The request.
        response: Its response.
        account_id: The account that the credential was proven to belong to, or None.
        basic_on_site: True if the request went to the site itself with an email address and a token. Only there can a
            rejected login look like success.
        account: The owner of the credential, for messages, such as an email address.
        now: Seconds since 1970 by the local clock, for hints that are dates in responses without a `Date`.
        site_url: The address of the site, for messages.
        kind: The kind of the account's credential, for advice.

    Returns:
        The response, if it is good.

    Raises:
        ApiError: One of its leaves: the server rejected the request, openly or silently.
        HtmlResponseError: A web page was received instead of data.
        TransportError: A redirect, the login of a proxy, or invalid content.
    """
    if is_plainly_good(response) and (
        request.operation != "find workspace"  # the one whose good response may say that there is nothing
        and is_answered_to(request, response, account_id, basic_on_site=basic_on_site)
    ):
        return response
    from .case import Case
    from .decision_table import decide

    return decide(
        Case(
            request,
            response,
            account_id=account_id,
            basic_on_site=basic_on_site,
            account=account,
            now=now,
            site_url=site_url,
            kind=kind,
        )
    )


def is_plainly_good(response: Response) -> bool:
    """Return True if a response is complete JSON and nothing hints at a rejection."""
    body = response.body
    # A rejected IP address is in the text only: row 3 of the table.
    if not 200 <= response.status < 300 or not body.startswith((b"{", b"[")) or b"ejected" in body[:4096]:
        return False
    headers = response.headers
    if any(name in headers for name in HINTS):
        return False
    try:
        response.json()
    except ValueError:
        return False
    return True
