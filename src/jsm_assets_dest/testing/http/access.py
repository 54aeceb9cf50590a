"""The switches that take access away, the responses that no request gets past, and rate limits.

They represent what an administrator, a bill, or Atlassian does to a site.
"""

from __future__ import annotations

import math

from attrs import define

from ..world.accounts import Credentials, account_by_email
from ..world.clock import EmulatorClock, timestamp
from ..world.entities import Account
from ..world.rejections import Rejection, errors_body
from ..world.site import Site
from .exchange import (
    GATEWAY_JSON,
    HTML,
    LOGIN_PAGE,
    UNAVAILABLE_PAGE,
    Address,
    Response,
    json_response,
    text_response,
)

IP_REFUSED = "The IP address has been rejected because it is not on the allowed list. See your admin for more information."
ASSETS_DENIED = "Access to Assets API was denied"


class Access:
    """The switches that take access away. `restore` undoes them. `disabled` says how Assets is turned off."""

    def __init__(self, site: Site, credentials: Credentials) -> None:
        self._site = site
        self._credentials = credentials
        self._reset()

    def _reset(self) -> None:
        self._allowlisted = False
        self._unlicensed: set[str] = set()
        self._not_admin: set[str] = set()
        self.disabled: str | None = None
        self.free_plan: bool = False
        self.closed_schemas: set[str] = set()
        self.revoked: set[str] = set()
        self.needs_captcha: bool = False
        self._gone = False
        self._maintenance = False
        self._login_page = False

    # Switches -----------------------------------------------------------------------------------------------

    def ip_allowlist(self, *, enabled: bool = True) -> None:
        """Block all IP addresses: 403 with the fixed phrase, on the site and on the gateway."""
        self._allowlisted = enabled

    def remove_license(self, email: str | None = None) -> None:
        """Remove product access to Jira Service Management from one account, or from all."""
        for account in self._meant(email):
            self._unlicensed.add(account.account_id)

    def revoke_admin(self, email: str | None = None) -> None:
        """Remove "Administer Jira" from one account, or from all."""
        for account in self._meant(email):
            if account.admin:
                account.admin = False
                self._not_admin.add(account.account_id)

    def _meant(self, email: str | None) -> list[Account]:
        if email is None:
            return list(self._site.accounts.values())
        account = account_by_email(self._site, email)
        if account is None:
            raise ValueError(f"there is no account {email}")
        return [account]

    def disable_assets(self, how: str = "empty", *, free_plan: bool = False) -> None:
        """Turn Assets off.

        Args:
            how: "empty" (the workspace list is empty: no Premium plan), "forbidden" (the workspace list is rejected), or
                "denied" (the workspace is listed, but its data is rejected).
            free_plan: True if Jira Service Management is on the Free plan.
        """
        if how not in ("empty", "forbidden", "denied"):
            raise ValueError(f"{how!r} is not one of empty, forbidden, denied")
        self.disabled = how
        self.free_plan = free_plan

    def remove_schema_role(self, key: str) -> None:
        """Remove all rights in one object schema from all users, including Jira administrators."""
        schema = self._site.schema_by_key(key)
        if schema is None:
            raise ValueError(f"there is no object schema {key}")
        self.closed_schemas.add(schema.key)

    def revoke_token(self, token: str | None = None) -> None:
        """Revoke one token of an account, or all of them. Import tokens are replaced at their import source."""
        if token is not None:
            self.revoked.add(token)
            return
        self.revoked.update(account.api_token for account in self._site.accounts.values())
        self.revoked.update(self._credentials.tokens)

    def expire_oauth(self) -> None:
        """Expire all OAuth access tokens that were issued so far."""
        for token in self._credentials.tokens.values():
            if token.kind == "oauth":
                token.expires_at = self._site.clock.time()

    def require_captcha(self) -> None:
        """Deny logins until someone solves a CAPTCHA in a browser."""
        self.needs_captcha = True

    def remove_site(self) -> None:
        """Remove the site: the page of the edge, and an unknown cloud id at the gateway."""
        self._gone = True

    def suspend(self) -> None:
        """Suspend the site. The recorded responses are those of a removed site."""
        self._gone = True

    def maintenance(self) -> None:
        """Respond to all requests with 503 and the page of the edge."""
        self._maintenance = True

    def login_page(self) -> None:
        """Respond to everything on the site host with the login page and 200."""
        self._login_page = True

    def restore(self) -> None:
        """Restore all access. Expired OAuth tokens stay expired."""
        for identifier in self._not_admin:
            self._site.accounts[identifier].admin = True
        self._reset()

    # Checks -------------------------------------------------------------------------------------------------

    def is_licensed(self, account: Account) -> bool:
        """Return True if an account has product access to Jira Service Management."""
        return account.agent and account.account_id not in self._unlicensed

    def stop_everybody(self, address: Address) -> Response | None:
        """Return the response that stops every request, if there is one."""
        if self._maintenance:
            return text_response(UNAVAILABLE_PAGE, 503, HTML)
        if self._gone:
            if address.base in ("site", "site gateway"):
                return text_response(UNAVAILABLE_PAGE, 404, HTML, {"Atl-Missing-Tcs": "true"})
            if address.base == "ex/jira":
                return self.unknown_tenant(address)
            if address.base == "short":
                return gateway_not_found(self._site, address)
        if self._login_page and address.base in ("site", "site gateway"):
            return text_response(LOGIN_PAGE, 200, HTML)
        if self._allowlisted and address.family in ("assets", "import info", "jira", "jsm"):
            return json_response(errors_body([IP_REFUSED]), 403)
        if address.cloud_id is not None and address.cloud_id != self._site.cloud_id:
            return self.unknown_tenant(address)
        return None

    def unknown_tenant(self, address: Address) -> Response:
        """Return the gateway's response to an unknown cloud id."""
        response = gateway_not_found(self._site, address)
        response.headers["X-Failure-Category"] = "FAILURE_CLIENT_TCS"
        return response

    def check_assets(self, account: Account, *, needs_license: bool = True) -> None:
        """Reject accounts that cannot use Assets.

        Raises:
            Rejection: 403.
        """
        if self.disabled is not None or (needs_license and not self.is_licensed(account)):
            raise Rejection(403, errors_body([ASSETS_DENIED]))


def gateway_not_found(site: Site, address: Address) -> Response:
    """Return the gateway's own 404."""
    response = json_response(
        {
            "timestamp": timestamp(site.clock.milliseconds())[:-1] + "000000Z",
            "status": 404,
            "error": "Not Found",
            "message": "No message available",
            "path": address.prefix.removeprefix(address.root) + address.path,
        },
        404,
    )
    response.content_type = GATEWAY_JSON
    return response


@define
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """A limit on requests.

    Args:
        clock: time source of the buckets.
        per_minute: requests in the long run, per credential and operation.
        burst: requests at once; the same as per minute if None.
        retry_after: value of `Retry-After` in seconds; the actual wait if None.
        operation: only this operation; every operation separately if None.
        shared: True for one bucket of all credentials.
        hints: False for the gateway's own 429, which has a reset, but neither `Retry-After` nor a reason.
    """

    __module__ = "jsm_assets_dest.testing"

    def __init__(
        self,
        clock: EmulatorClock,
        per_minute: float,
        burst: int | None = None,
        retry_after: int | None = None,
        operation: str | None = None,
        *,
        shared: bool = False,
        hints: bool = True,
    ) -> None:
        if per_minute <= 0 or (burst is not None and burst < 1):
            raise ValueError("per_minute must be positive and burst at least 1")
        self._clock = clock
        self._per_second = per_minute / 60
        self._size = float(burst if burst is not None else max(1, math.floor(per_minute)))
        self._retry_after = retry_after
        self._operation = operation
        self._shared = shared
        self._hints = hints
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self.refused: int = 0

    def __repr__(self) -> str:
        rate = f"{self._per_second * 60:g} requests per minute"
        return f"<RateLimit: {rate}, bursts of {self._size:g}, {self.refused} rejected>"

    def take(self, identity: str, operation: str) -> Response | None:
        """Count a request.

        Returns:
            429 with the headers of Jira's platform if the bucket is empty, otherwise None.
        """
        if self._operation is not None and operation != self._operation:
            return None
        now = self._clock.monotonic()
        identity = "" if self._shared else identity
        bucket = self._buckets.setdefault((identity, operation), _Bucket(self._size, now))
        bucket.tokens = min(self._size, bucket.tokens + (now - bucket.filled_at) * self._per_second)
        bucket.filled_at = now
        if bucket.tokens >= 1 - 1e-9:
            bucket.tokens -= 1
            return None
        self.refused += 1
        wait = (1 - bucket.tokens) / self._per_second
        reset = timestamp(self._clock.milliseconds() + math.ceil(wait * 1000))
        seconds = self._retry_after if self._retry_after is not None else math.ceil(wait - 1e-6)
        headers = {
            "Retry-After": str(seconds),
            "X-RateLimit-Limit": str(int(self._size)),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": reset,
            "X-RateLimit-NearLimit": "true",
            "RateLimit-Reason": "jira-burst-based",
        }
        if not self._hints:
            del headers["Retry-After"], headers["RateLimit-Reason"], headers["X-RateLimit-NearLimit"]
            headers["X-Failure-Category"] = "FAILURE CLIENT RATE LIMITED"
        return json_response(errors_body(["Rate limit exceeded."]), 429, headers)
