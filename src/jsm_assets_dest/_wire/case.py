"""One response to one request: what is known about the two, and the errors that need more than a sentence.

`decision_table` decides which error a response means; here are its words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from attrs import define, field

from .. import exceptions as errors
from ..exceptions._declared import Place
from . import address_book
from .error_bodies import Body, read_body
from .phrases import ALL_SCOPES, MINUTE, clock_time, could_not, duration, scopes_for, wait_text
from .request import CredentialKind, Host, Request
from .response import Response

if TYPE_CHECKING:
    from .retry_after import Hint

#: Sentences that identify a page as Atlassian's own, even if a proxy removed the headers.
_ATLASSIAN_PHRASES: Final = (
    "client must be authenticated",
    "xsrf check failed",
    "page unavailable",
    "found a dead link",
    "passwords is deprecated",
    "user is not logged in",
    "free plan",
)
_WEB_PAGE_REMEDIES: Final = (
    "You: check that the site address has the form https://<name>.atlassian.net.",
    "You: check HTTPS_PROXY and NO_PROXY.",
)

_NEEDED: Final = ", ".join(ALL_SCOPES)
#: Cause and remedies of a missing scope, by the kind of the credential.
_SCOPE_ADVICE: Final[Mapping[CredentialKind, tuple[str, tuple[str, ...]]]] = {
    CredentialKind.API_TOKEN: (
        "This token has scopes. It works on api.atlassian.com only, and its scopes can't be changed later.",
        (
            f"You: create a token with all of these scopes at {address_book.API_TOKENS}: {_NEEDED}.",
            "Or you: create an API token without scopes, which works on both hosts.",
        ),
    ),
    CredentialKind.FORGE: (
        "The manifest of the app does not list the scope, or the site has not approved the latest version.",
        (
            f"You: add all of these scopes to the app's manifest, and deploy it: {_NEEDED}.",
            address_book.APPS.remedy("approve the new version of the app"),
        ),
    ),
    CredentialKind.CLIENT: (
        "The credential of the service account was created without this scope.",
        (
            address_book.SERVICE_ACCOUNTS.remedy(f"create a credential with all of these scopes: {_NEEDED}"),
            "You: use its client id and secret.",
        ),
    ),
    CredentialKind.OAUTH: (
        "The token is valid, but it was issued without this scope. Refreshing it does not help.",
        (f"You: ask for consent again with all of these scopes: {_NEEDED}.",),
    ),
}
#: Remedies of a rejected login, by the kind of the credential. For API tokens, they depend on what is known.
LOGIN_ADVICE: Final[Mapping[CredentialKind, tuple[str, ...]]] = {
    CredentialKind.CLIENT: (
        address_book.SERVICE_ACCOUNTS.remedy("create a new client secret for the service account"),
        "You: use the new client id and secret together.",
    ),
    CredentialKind.FORGE: (
        "You: use the Forge token of the current invocation; an older one has expired.",
        address_book.APPS.remedy("check that the app is installed on this site"),
    ),
    CredentialKind.OAUTH: (
        "You: get a new access token, and use it.",
        "You: if that fails too, ask for consent again, and choose this site.",
    ),
}


@define
class Case:
    """One response to one request, with what was known before; the attributes are the arguments of `classify`."""

    request: Request
    response: Response
    account_id: str | None = field(default=None, kw_only=True)
    basic_on_site: bool = field(default=False, kw_only=True)
    account: str = field(default="", kw_only=True)
    now: float | None = field(default=None, kw_only=True)
    site_url: str = field(default="", kw_only=True)
    kind: CredentialKind | None = field(default=None, kw_only=True)

    # --- words ------------------------------------------------------------------------------------------------------

    @property
    def site(self) -> str:
        """Host of the site, or "" if it is unknown."""
        if self.site_url:
            return self.site_url.partition("://")[2]
        return self.request.hostname if self.request.host is Host.SITE else ""

    @property
    def who(self) -> str:
        """Account in the middle of a sentence."""
        return self.account or self.account_id or "the account"

    @property
    def could_not(self) -> str:
        """Beginning of the first line."""
        request = self.request
        return could_not(request.operation, site=self.site, account=self.account, subject=request.subject)

    @property
    def credential_kind(self) -> CredentialKind | None:
        """Kind of the credential; Basic authentication on the site is always an API token."""
        return CredentialKind.API_TOKEN if self.basic_on_site else self.kind

    @property
    def token(self) -> str:
        """Credential in the middle of a sentence: "the API token of ana@acme.com"."""
        if self.credential_kind is CredentialKind.API_TOKEN and self.account:
            return f"the API token of {self.account}"
        return "the token" if self.credential_kind is None else f"the {self.credential_kind.value}"

    # --- the login --------------------------------------------------------------------------------------------------

    def is_login_rejected(self) -> bool:
        """Return True if Jira says that the login failed, whatever the status (row 10).

        The header may contain a list, and also good news ("OUT, OK").
        """
        return "AUTHENTICATED_FAILED" in self._login_reasons()

    def is_captcha(self) -> bool:
        """Return True if the login was rejected before the credential was checked (row 4)."""
        reason = self.response.headers.get("x-authentication-denied-reason", "")
        return (
            reason.strip().upper().startswith("CAPTCHA") or "AUTHENTICATION_DENIED" in self._login_reasons()
        )

    def _login_reasons(self) -> list[str]:
        header = self.response.headers.get("x-seraph-loginreason", "").upper()
        return [reason.strip() for reason in header.split(",")]

    def captcha(self, body: Body) -> errors.CaptchaRequiredError:
        """Row 4."""
        login = could_not("read myself", site=self.site, account=self.account)
        return errors.CaptchaRequiredError(
            f"{login}: the account must solve a CAPTCHA first.", **self.facts(body)
        )

    def bad_credentials(self, body: Body) -> errors.BadCredentialsError:
        """Rows 10 and 12."""
        request, status = self.request, self.response.status
        silent = status not in {401, 403}
        # On the site, only the header proves it: without a login, the response to everything else looks the same.
        seen = self.is_login_rejected() or request.host is not Host.SITE
        worked_before = self.account_id is not None
        if worked_before:
            what = f"{self.site or request.hostname} no longer accepts {self.token}"
        else:
            what = could_not("read myself", site=self.site or request.hostname, account=self.account)
        if silent:
            what += f"; it responded with HTTP {status}, as to an anonymous user"
        return errors.BadCredentialsError(
            f"{what}.",
            silent=silent,
            seen=seen,
            cause=self._cause_of_rejection(body, worked_before=worked_before, silent=silent),
            remedies=self.login_remedies(),
            **self.facts(body),
        )

    def _cause_of_rejection(self, body: Body, *, worked_before: bool, silent: bool) -> str:
        if "passwords is deprecated" in body.text:
            return "A password was used instead of an API token."
        if "FAILURE_CLIENT_AUTH_MISMATCH" in self.category:
            return "The email address and the token belong to different accounts, or it is a token with scopes in the wrong place."
        if worked_before:
            cause = "The token has expired or was revoked. It worked earlier on this connection."
            # Some of Jira's requests respond with 401 if a permission is missing.
            is_clear = silent or self.is_login_rejected() or "/rest/api/" not in self.request.path
            return cause if is_clear else f"{cause} A missing permission is also possible."
        if self.request.host is Host.SITE and self.basic_on_site:
            return (
                "The email address or the API token is wrong, or the token has expired or was revoked; "
                "or it is a token with scopes, which works on api.atlassian.com only."
            )
        return "The token is wrong, has expired, or was revoked."

    def login_remedies(self) -> tuple[str, ...]:
        """Return what to do about a rejected login, for the kind of the credential."""
        if self.credential_kind is not CredentialKind.API_TOKEN:
            return LOGIN_ADVICE[self.credential_kind or CredentialKind.OAUTH]
        if self.account_id is not None:  # the token worked before
            return (
                f"You: create a new API token at {address_book.API_TOKENS}, and use it.",
                "An organization admin: in Atlassian Administration, check that the account may use API tokens.",
            )
        owner = (
            f"{self.account} is the account" if self.account else "the email address belongs to the account"
        )
        return (
            f"You: check that {owner} that created the token.",
            f"You: create a new API token at {address_book.API_TOKENS}.",
            "You: use the API token itself, not a password, without spaces or quotes around it.",
        )

    def scope_mismatch(self, body: Body) -> errors.ScopeMismatchError:
        """Row 11."""
        scopes = scopes_for(self.request)
        lacking = f"the scope {' and '.join(scopes)}" if scopes else "a scope"
        cause, remedies = _SCOPE_ADVICE[self.credential_kind or CredentialKind.API_TOKEN]
        return errors.ScopeMismatchError(
            f"{self.could_not}: {self.token} lacks {lacking}.",
            scopes=scopes,
            cause=cause,
            remedies=remedies,
            **self.facts(body),
        )

    # --- the site ---------------------------------------------------------------------------------------------------

    def ip_allowlist(self, body: Body) -> errors.IpAllowlistError:
        """Row 3."""
        return errors.IpAllowlistError(
            f"{self.site or self.request.hostname} blocked the IP address of this computer.",
            **self.facts(body),
        )

    def assets_not_available(self, body: Body, cause: str = "") -> errors.AssetsNotAvailableError:
        """Rows 15 and 28."""
        site = self.site
        return errors.AssetsNotAvailableError(
            f"{site} has no Assets." if site and not cause else f"{self.could_not}: Assets is not available.",
            cause=cause,
            remedies=(
                address_book.open_assets(site),
                address_book.PLANS.remedy("check that the plan includes Assets"),
                "You: run connection.check() to find out whether the plan or the account is the cause.",
            ),
            **self.facts(body),
        )

    def rate_limited(self, body: Body) -> errors.RateLimitedError:
        """Row 5."""
        from .retry_after import wait_hint  # good responses do not wait for its regular expressions

        headers = self.response.headers
        hint = wait_hint(headers, self.now)
        reason = headers.get("ratelimit-reason", "") or headers.get("x-failure-category", "")
        is_quota = "quota" in reason
        blocked = "all requests of this app" if is_quota else "this request"
        if is_quota:
            cause = "The app has used its hourly quota. An earlier retry fails too, whatever the number of parallel requests."
        elif "per-issue" in reason:
            cause = "One issue was changed too often in a short time."
        else:
            cause = "This site or account sent more requests in a short time than the limit allows."
        if hint is None:
            wait, retry = "", "You: wait a few minutes, then try again"
        else:
            wait = f" for {wait_text(hint.seconds, hint.reset_at)}"
            is_long = hint.seconds >= MINUTE and hint.reset_at is not None
            until = (
                f"until {clock_time(hint.reset_at)}" if is_long and hint.reset_at else duration(hint.seconds)
            )
            retry = f"You: wait {until}, then try again"
        resume = " An import with a journal continues with resume_import()." if self.request.is_import else ""
        parallel = () if is_quota else ("You: send fewer requests at the same time.",)
        return errors.RateLimitedError(
            f"Atlassian's rate limit blocks {blocked}{wait}.",
            reason=reason,
            reset_at=None if hint is None else hint.reset_at,
            cause=cause,
            remedies=(f"{retry}.{resume}", *parallel),
            details=f"limit {reason}" if reason else "",
            **self.facts(body, hint),
        )

    def unavailable(self, body: Body) -> errors.ServiceUnavailableError:
        """Row 6."""
        from .retry_after import wait_hint

        headers = self.response.headers
        # The reset of a rate limit does not say when an outage ends.
        hint = wait_hint(
            {name: headers[name] for name in ("retry-after", "date") if name in headers}, self.now
        )
        return errors.ServiceUnavailableError(
            f"{self.could_not}: {self.request.hostname} responded with HTTP {self.response.status}.",
            details=f'page "{body.title[:60]}"' if body.title else "",
            **self.facts(body, hint),
        )

    def is_from_atlassian(self, body: Body) -> bool:
        """Return True if a web page is Atlassian's own: all recorded ones have its headers."""
        headers = self.response.headers
        return (
            "atl-traceid" in headers
            or "atlassianedge" in headers.get("server", "").lower()
            or any(phrase in f"{body.title.lower()} {body.text}" for phrase in _ATLASSIAN_PHRASES)
        )

    def elsewhere(self, body: Body) -> errors.AssetsError:
        """Row 7: a redirect, or a web page that is not Jira's or Assets' own."""
        if not 300 <= self.response.status < 400:
            return self.html(body)
        location = self.response.headers.get("location", "")
        try:
            host = urlsplit(location).hostname or "the same host"
        except ValueError:
            return errors.MalformedAnswerError(
                f"{self.could_not}: {self.request.hostname} redirected the request to an invalid address.",
                **self.facts(body),
            )
        headers = self.response.headers
        if host == "id.atlassian.com" or "login" in location.partition("?")[0].lower():
            return errors.HtmlResponseError(
                f"Could not reach {self.request.hostname}: it redirected the request to a login page on {host}.",
                cause="The address belongs to a web page, or the login was rejected.",
                remedies=_WEB_PAGE_REMEDIES,
                server=headers.get("server", ""),
                via=headers.get("via", ""),
                **self.facts(body),
            )
        return errors.UnexpectedRedirectError(
            f"Could not reach {self.request.hostname}: it redirected the request to {host}.",
            **self.facts(body),
        )

    def html(self, body: Body) -> errors.HtmlResponseError:
        """Rows 6a and 7: a web page instead of data."""
        headers = self.response.headers
        is_login = "log in" in f"{body.title} {body.text[:500]}".lower()
        server = headers.get("server", "")
        cause = ""
        remedies: tuple[str, ...] = ()
        if (
            server.lower() == "cloudfront"
            or "request could not be satisfied" in f"{body.title.lower()} {body.text}"
        ):
            cause = "CloudFront, the network in front of Atlassian's servers, rejected the request before Jira saw it."
            remedies = (
                "You: try again later, and check https://status.atlassian.com.",
                "Or you: if it happens every time, report it as a bug of this library.",
            )
        elif is_login:
            cause = "It is a login page: the address belongs to a web page, or a proxy requires a login."
            remedies = _WEB_PAGE_REMEDIES
        facts = self.facts(body)
        facts["body_excerpt"] = body.excerpt
        page = f'the web page "{body.title[:60]}"' if body.title else "a web page"
        return errors.HtmlResponseError(
            f"Could not reach {self.request.hostname}: received {page} instead of data.",
            title=body.title,
            server=server,
            via=headers.get("via", ""),
            details=f"server {server}" if server else "",
            cause=cause,
            remedies=remedies,
            **facts,
        )

    # --- facts ------------------------------------------------------------------------------------------------------

    @property
    def category(self) -> str:
        """Gateway's class of the failure; one is also spelled with spaces."""
        return self.response.headers.get("x-failure-category", "").upper().replace(" ", "_")

    def body(self) -> Body:
        """Read the body, without the credential of the request if the server repeats it."""
        content = self.response.body
        for secret in self.secrets():
            if len(secret) >= 8 and secret in content:
                content = content.replace(secret, b"**********")
        return read_body(self.response.headers.get("content-type", ""), content)

    def secrets(self) -> Iterator[bytes]:
        """Yield the credential of the request: from its header, or from its body if it requests a token."""
        request = self.request
        if request.authorization is not None:
            for word in request.authorization.reveal().split():
                yield word.encode("utf-8", "replace")
        if request.host is Host.AUTHORIZATION and request.body is not None:
            fields = cast("dict[str, object]", json.loads(request.body))
            yield str(fields.get("client_secret", "")).encode("utf-8", "replace")

    def facts(self, body: Body, hint: Hint | None = None) -> Place:
        """Return the facts that every error has."""
        request, headers = self.request, self.response.headers
        facts = Place(
            operation=request.operation,
            status=self.response.status,
            method=request.method,
            path=request.path,
            host=request.hostname,
            messages=() if body.is_html else body.messages,
            field_errors=dict(body.field_errors),
            request_id=_request_id(headers),
            account=self.account or self.response.account_id or self.account_id or "",
        )
        if hint is not None:
            facts["retry_after"] = hint.seconds
        if not body.messages and not body.field_errors:
            facts["body_excerpt"] = body.excerpt
        return facts


def _request_id(headers: Mapping[str, str]) -> str:
    for name in ("atl-traceid", "x-trace-id", "atl-request-id", "x-arequestid"):
        if headers.get(name):
            return headers[name][:100]
    return ""
