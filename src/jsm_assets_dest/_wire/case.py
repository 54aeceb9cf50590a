"""One answer to one request: what is known about the two, and the errors that need more than a sentence.

`refusals` decides which error an answer means; here it is put into words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import unquote, urlsplit

from attrs import define, field

from .. import exceptions as errors
from . import address_book
from .error_bodies import Body, read_body
from .request import Host, Request
from .response import Response
from .scopes import scopes_for

if TYPE_CHECKING:
    from .retry_after import Hint

#: Sentences by which an HTML answer is known as Atlassian's own, even when a proxy took the headers away.
_ATLASSIAN_PHRASES: Final = (
    "client must be authenticated",
    "xsrf check failed",
    "page unavailable",
    "found a dead link",
    "passwords is deprecated",
    "user is not logged in",
    "free plan",
)


@define
class Case:
    """One answer to one request, with what was known before; the attributes are the arguments of `classify`."""

    request: Request
    response: Response
    account_id: str | None = field(default=None, kw_only=True)
    basic_on_site: bool = field(default=False, kw_only=True)
    account: str = field(default="", kw_only=True)
    now: float | None = field(default=None, kw_only=True)

    def is_login_refused(self) -> bool:
        """Row 10: whether Jira says that the login was refused, whatever the status."""
        return "AUTHENTICATED_FAILED" in self.response.headers.get("x-seraph-loginreason", "").upper()

    def ip_allowlist(self, body: Body) -> errors.IpAllowlistError:
        """Row 3."""
        request = self.request
        return errors.IpAllowlistError(
            f"“{request.operation}” was refused: {request.hostname} does not accept the address that this computer "
            "comes from.",
            remedies=(
                address_book.NETWORK_TEAM.asked_to(
                    "name the public egress address of the machine that runs this process"
                ),
                address_book.IP_ALLOWLISTS.asked_to("add that address for Jira"),
                "Or you: run this from the VPN, or on a machine with a listed address. The credential needs no change.",
            ),
            **self.facts(body),
        )

    def is_captcha(self) -> bool:
        """Row 4: whether the login was refused before the credential was looked at."""
        headers = self.response.headers
        return (
            headers.get("x-authentication-denied-reason", "").strip().upper().startswith("CAPTCHA")
            or "AUTHENTICATION_DENIED" in headers.get("x-seraph-loginreason", "").upper()
        )

    def captcha(self, body: Body) -> errors.CaptchaRequiredError:
        """Row 4."""
        return errors.CaptchaRequiredError(
            f"“{self.request.operation}” was refused: the login{self.of_account()} is blocked after failed attempts.",
            **self.facts(body),
        )

    def bad_credentials(self, body: Body) -> errors.BadCredentialsError:
        """Rows 10 and 12."""
        request, status, text = self.request, self.response.status, body.text
        silent = status not in {401, 403}
        what = f"“{request.operation}” was refused: {request.hostname} did not accept the login{self.of_account()}."
        if silent:
            what += f" It answered with HTTP {status} all the same, as it does to anonymous visitors."
        if request.host is Host.SITE and self.basic_on_site:
            cause = (
                "The e-mail address or the API token is probably wrong, expired or revoked; or it is a token with "
                "scopes, which works only on the gateway."
            )
        elif "FAILURE_CLIENT_AUTH_MISMATCH" in self.response.headers.get("x-failure-category", "").upper():
            cause = "The e-mail address and the token probably belong to different accounts."
        else:
            cause = "The token is probably wrong, expired or revoked."
        if "passwords is deprecated" in text:
            cause = "A password was probably given where an API token is needed."
        if self.account_id is not None and not silent:
            cause += " The same login was accepted before, so that a missing permission is also possible."
        return errors.BadCredentialsError(
            what,
            silent=silent,
            # On the site, only the header proves it: without a login, everything else is answered in the same way.
            seen=self.is_login_refused() or request.host is not Host.SITE,
            cause=cause,
            remedies=self.login_remedies(),
            **self.facts(body),
        )

    def login_remedies(self) -> tuple[str, ...]:
        """What to do about a login that was not accepted."""
        if self.basic_on_site:
            return (
                "You: check that the e-mail address belongs to the account that made the token.",
                address_book.API_TOKENS.asked_to("check that the token has not expired, or create a new one"),
                "You: use an API token, not a password, without spaces or quotes around it.",
            )
        return (
            "You: get a new token and use it.",
            "You: check that it was made for this site.",
        )

    def scope_mismatch(self, body: Body) -> errors.ScopeMismatchError:
        """Row 11."""
        scopes = scopes_for(self.request)
        named = f" {' and '.join(scopes)}" if scopes else " that this call needs"
        return errors.ScopeMismatchError(
            f"“{self.request.operation}” was refused: the token lacks a scope.",
            scopes=scopes,
            cause="The login is fine; the token certainly lacks a scope.",
            remedies=(
                f"You: make a new token with the scope{named}, or consent again; refreshing the old one cannot help.",
            ),
            **self.facts(body),
        )

    def assets_not_available(self, body: Body, what: str, cause: str) -> errors.AssetsNotAvailableError:
        """Rows 15 and 28."""
        return errors.AssetsNotAvailableError(
            f"“{self.request.operation}” failed: {what}.",
            cause=cause,
            remedies=(
                address_book.PLANS.asked_to(
                    "check that the plan of Jira Service Management includes Assets (Premium or Enterprise at the time "
                    "of writing)"
                ),
                address_book.USERS.asked_to("give the account access to Jira Service Management"),
                address_book.ALL_SCHEMAS.asked_to(
                    "open Assets once if it was never used on this site", self.site()
                ),
            ),
            **self.facts(body),
        )

    def rate_limited(self, body: Body) -> errors.RateLimitedError:
        """Row 5."""
        from .retry_after import wait_hint  # good answers do not wait for its regular expressions

        headers = self.response.headers
        hint = wait_hint(headers, self.now)
        reason = headers.get("ratelimit-reason", "") or headers.get("x-failure-category", "")
        if "quota" in reason:
            cause = "The app has certainly used up its hourly quota; nothing helps but waiting."
        elif "per-issue" in reason:
            cause = "One issue was certainly written to too often in a short time."
        else:
            cause = (
                "This site or account certainly sent more requests in a short time than the service allows."
            )
        wait = "" if hint is None else f" The service asks to come back in {hint.seconds:.0f} seconds."
        return errors.RateLimitedError(
            f"“{self.request.operation}” was refused: too many requests.{wait}",
            reason=reason,
            reset_at=None if hint is None else hint.reset_at,
            cause=cause,
            **self.facts(body, hint),
        )

    def unavailable(self, body: Body) -> errors.ServiceUnavailableError:
        """Row 6."""
        from .retry_after import wait_hint

        headers = self.response.headers
        # The reset of a rate limit says nothing about when a disturbance ends.
        hint = wait_hint(
            {name: headers[name] for name in ("retry-after", "date") if name in headers}, self.now
        )
        page = f" (a page titled “{body.title[:80]}”)" if body.title else ""
        return errors.ServiceUnavailableError(
            f"“{self.request.operation}” failed: {self.request.hostname} answered with HTTP {self.response.status}{page}.",
            **self.facts(body, hint),
        )

    def is_from_atlassian(self, body: Body) -> bool:
        """Whether an HTML answer is Atlassian's own: every one that is carries its headers (all recordings)."""
        headers = self.response.headers
        return (
            "atl-traceid" in headers
            or "atlassianedge" in headers.get("server", "").lower()
            or any(phrase in f"{body.title.lower()} {body.text}" for phrase in _ATLASSIAN_PHRASES)
        )

    def elsewhere(self, body: Body) -> errors.AssetsError:
        """Row 7: a redirect, or a web page that is not Atlassian's."""
        if not 300 <= self.response.status < 400:
            return self.html(body)
        location = self.response.headers.get("location", "")
        try:
            host = urlsplit(location).hostname or "the same host"
        except ValueError:
            host = "an address that is none"
        request = self.request
        if host == "id.atlassian.com" or "login" in location.partition("?")[0].lower():
            return errors.HtmlResponseError(
                f"“{request.operation}” was sent to a login page on {host}; it was not followed.",
                cause="The address is probably that of a web page, or the login was not accepted.",
                server=self.response.headers.get("server", ""),
                via=self.response.headers.get("via", ""),
                **self.facts(body),
            )
        return errors.UnexpectedRedirectError(
            f"“{request.operation}” was sent on to {host}; it was not followed.", **self.facts(body)
        )

    def html(self, body: Body) -> errors.HtmlResponseError:
        """Row 7: a web page where data was expected."""
        headers = self.response.headers
        title = f" titled “{body.title[:80]}”" if body.title else ""
        login = "log in" in f"{body.title} {body.text[:500]}".lower()
        facts = self.facts(body)
        facts["body_excerpt"] = body.excerpt
        return errors.HtmlResponseError(
            f"“{self.request.operation}” was answered with a web page{title} instead of data.",
            title=body.title,
            server=headers.get("server", ""),
            via=headers.get("via", ""),
            cause=(
                "It is a login page: the address is probably that of a web page, or a proxy wants a login."
                if login
                else ""
            ),
            **facts,
        )

    def body(self) -> Body:
        """What the body says, without the request's own credential if it was echoed."""
        content = self.response.body
        for secret in self.secrets():
            if len(secret) >= 8 and secret in content:
                content = content.replace(secret, b"**********")
        return read_body(self.response.headers.get("content-type", ""), content)

    def secrets(self) -> Iterator[bytes]:
        """The credential that the request carried: in its header, or in its body where a token is asked for."""
        request = self.request
        if request.authorization is not None:
            for word in request.authorization.reveal().split():
                yield word.encode("utf-8", "replace")
        if request.host is Host.AUTHORIZATION and request.body is not None:
            asked = cast("dict[str, object]", json.loads(request.body))
            yield str(asked.get("client_secret", "")).encode("utf-8", "replace")

    def facts(self, body: Body, hint: Hint | None = None) -> errors.Place:
        """What every error carries."""
        request, headers = self.request, self.response.headers
        facts = errors.Place(
            operation=request.operation,
            status=self.response.status,
            method=request.method,
            path=request.path,
            host=request.hostname,
            messages=() if body.is_html else body.messages,
            field_errors=body.field_errors,
            request_id=_request_id(headers),
            account=unquote(headers.get("x-aaccountid", "")) or self.account_id or self.account,
        )
        if hint is not None:
            facts["retry_after"] = hint.seconds
        if not body.messages and not body.field_errors:
            facts["body_excerpt"] = body.excerpt
        return facts

    def of_account(self, before: str = " of", otherwise: str = "") -> str:
        """Return " of ana@acme.com" if the owner of the credential is known."""
        if self.account:
            return f"{before.rstrip()} {self.account}" if before.strip() else f" {self.account}"
        return f" {otherwise}" if otherwise else ""

    def site(self) -> str:
        """The site's host, when the request went there."""
        return self.request.hostname if self.request.host is Host.SITE else ""


def _request_id(headers: Mapping[str, str]) -> str:
    for name in ("atl-traceid", "x-trace-id", "atl-request-id", "x-arequestid"):
        if headers.get(name):
            return headers[name][:100]
    return ""
