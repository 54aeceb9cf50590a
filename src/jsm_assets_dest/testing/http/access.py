"""The switches that take access away, and the responses that no request gets past.

They represent what an administrator, a bill, or Atlassian does to a site.
"""

from __future__ import annotations

from ..world.accounts import Credentials, account_by_email
from ..world.entities import Account
from ..world.rejections import Rejection, errors_body
from ..world.site import Site
from .addresses import Address
from .exchange import HTML, LOGIN_PAGE, UNAVAILABLE_PAGE, Answer, json_answer, text_answer

IP_REFUSED = "The IP address has been rejected because it is not on the allowed list. See your admin for more information."
ASSETS_DENIED = "Access to Assets API was denied"


class Access:
    """The switches that take access away, and the check of each request against them.

    Everything here is about what an administrator, a bill or Atlassian does to a site. `restore` undoes it.
    """

    def __init__(self, site: Site, credentials: Credentials) -> None:
        self._site = site
        self._credentials = credentials
        self._reset()

    def _reset(self) -> None:
        self._allowlisted = False
        self._unlicensed: set[str] = set()
        self._not_admin: set[str] = set()
        self._assets: str | None = None
        self.free_plan: bool = False
        self.closed_schemas: set[str] = set()
        self._revoked: set[str] = set()
        self._captcha = False
        self._gone = False
        self._maintenance = False
        self._login_page = False

    # Switches -----------------------------------------------------------------------------------------------

    def ip_allowlist(self, *, enabled: bool = True) -> None:
        """Refuse everybody's address: 403 with the fixed phrase, on the site and on the gateway."""
        self._allowlisted = enabled

    def remove_license(self, email: str | None = None) -> None:
        """Take product access to Jira Service Management from one account, or from all."""
        for account in self._meant(email):
            self._unlicensed.add(account.account_id)

    def revoke_admin(self, email: str | None = None) -> None:
        """Take "Administer Jira" from one account, or from all."""
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
        """A site without Assets.

        Args:
            how: "empty" (the workspace list has no entry: no Premium plan), "forbidden" (the workspace list is
                refused), or "denied" (the workspace is found, but its data is refused).
            free_plan: the licence says that Jira Service Management is on the Free plan.
        """
        if how not in ("empty", "forbidden", "denied"):
            raise ValueError(f"{how!r} is not one of empty, forbidden, denied")
        self._assets = how
        self.free_plan = free_plan

    def remove_schema_role(self, key: str) -> None:
        """Take all rights in one object schema from everybody, Jira administrators included."""
        schema = self._site.schema_by_key(key)
        if schema is None:
            raise ValueError(f"there is no object schema {key}")
        self.closed_schemas.add(schema.key)

    def revoke_token(self, token: str | None = None) -> None:
        """Revoke one token of an account, or all of them; import tokens are replaced at their import source."""
        if token is not None:
            self._revoked.add(token)
            return
        self._revoked.update(account.api_token for account in self._site.accounts.values())
        self._revoked.update(self._credentials.tokens)

    def expire_oauth(self) -> None:
        """Let all OAuth access tokens given out so far run out now."""
        for token in self._credentials.tokens.values():
            if token.kind == "oauth":
                token.expires_at = self._site.clock.time()

    def require_captcha(self) -> None:
        """Deny logins until somebody solves a CAPTCHA in a browser."""
        self._captcha = True

    def remove_site(self) -> None:
        """No such site (any more): the page of the edge, and an unknown cloud id at the gateway."""
        self._gone = True

    def suspend(self) -> None:
        """The site is suspended. People report the same answers as for a site that is gone."""
        self._gone = True

    def maintenance(self) -> None:
        """The edge answers 503 with its page."""
        self._maintenance = True

    def login_page(self) -> None:
        """Everything on the site host answers with the login page and 200."""
        self._login_page = True

    def restore(self) -> None:
        """Give everything back. Expired OAuth tokens stay expired."""
        for identifier in self._not_admin:
            self._site.accounts[identifier].admin = True
        self._reset()

    # Checks -------------------------------------------------------------------------------------------------

    def is_licensed(self, account: Account) -> bool:
        """Whether an account has product access to Jira Service Management."""
        return account.agent and account.account_id not in self._unlicensed

    @property
    def workspace_is_listed(self) -> bool:
        """Whether the workspace list has an entry."""
        return self._assets not in ("empty", "forbidden")

    @property
    def workspace_is_forbidden(self) -> bool:
        """Whether the workspace list is refused."""
        return self._assets == "forbidden"

    def stop_everybody(self, address: Address) -> Answer | None:
        """The answer that nobody gets past, if there is one."""
        if self._maintenance:
            return text_answer(UNAVAILABLE_PAGE, 503, HTML)
        if self._gone:
            if address.base in ("site", "site gateway"):
                return text_answer(UNAVAILABLE_PAGE, 404, HTML, {"Atl-Missing-Tcs": "true"})
            if address.base == "ex/jira":
                return self.unknown_tenant(address)
            if address.base == "short":
                return gateway_not_found(self._site, address)
        if self._login_page and address.base in ("site", "site gateway"):
            return text_answer(LOGIN_PAGE, 200, HTML)
        if self._allowlisted and address.family in ("assets", "import info", "jira", "jsm"):
            return json_answer(errors_body([IP_REFUSED]), 403)
        if address.cloud_id is not None and address.cloud_id != self._site.cloud_id:
            return self.unknown_tenant(address)
        return None

    def unknown_tenant(self, address: Address) -> Answer:
        """The gateway knows no such cloud id."""
        answer = gateway_not_found(self._site, address)
        answer.headers["X-Failure-Category"] = "FAILURE_CLIENT_TCS"
        return answer

    def check_assets(self, account: Account) -> None:
        """Reject accounts that cannot use Assets.

        Raises:
            Rejection: 403.
        """
        if self._assets is not None or not self.is_licensed(account):
            raise Rejection(403, errors_body([ASSETS_DENIED]))

    def is_revoked(self, secret: str) -> bool:
        """Return True if a token was revoked."""
        return secret in self._revoked

    @property
    def needs_captcha(self) -> bool:
        """True if logins are denied until someone solves a CAPTCHA."""
        return self._captcha


def gateway_not_found(site: Site, address: Address) -> Answer:
    """The gateway's own 404."""
    return json_answer(
        {
            "timestamp": site.clock.milliseconds(),
            "status": 404,
            "error": "Not Found",
            "message": "No message available",
            "path": address.prefix.removeprefix(address.root) + address.path,
        },
        404,
    )
