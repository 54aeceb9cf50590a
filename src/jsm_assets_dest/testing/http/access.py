"""Credentials, scopes, and everything that can keep a caller out.

The order is that of the service: what stops everybody (site gone, maintenance, IP allowlist), then 401 for the
credential, 401 for the scope, then the plan and the licence. Roles are checked by the handlers, after 404s.
Statuses, headers and texts are those people recorded; see the documentation of the emulator for the sources.
"""

from __future__ import annotations

import base64
import binascii
import re

from ..world.accounts import Credentials, account_by_email
from ..world.entities import Account
from ..world.imports import source_of_token
from ..world.refusals import Refusal, errors_body
from ..world.site import Site
from .addresses import Address
from .call import Caller
from .exchange import HTML, Answer, Inbound, json_answer, text_answer
from .pages import LOGIN_PAGE, UNAVAILABLE_PAGE
from .routing import Operation

FAILED = "AUTHENTICATED_FAILED"
DENIED = "AUTHENTICATION_DENIED"
MUST_AUTHENTICATE = "Client must be authenticated to access this resource."
IP_REFUSED = "The IP address has been rejected because it is not on the allowed list. See your admin for more information."
ASSETS_DENIED = "Access to Assets API was denied"

_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


def gateway_unauthorized(category: str | None = None) -> Refusal:
    """Shape B: the gateway does not accept the credential."""
    headers = {"X-Failure-Category": category} if category else None
    return Refusal(401, {"code": 401, "message": "Unauthorized"}, headers)


def scope_mismatch() -> Refusal:
    """Shape C: the token lacks the scope. 401, not 403."""
    return Refusal(
        401,
        {"code": 401, "message": "Unauthorized; scope does not match"},
        {"X-Failure-Category": "FAILURE_CLIENT_SCOPE_CHECK"},
    )


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

    def identify(self, inbound: Inbound, address: Address, operation: Operation) -> Caller:
        """Who is calling, after the credential and its scopes were checked.

        Raises:
            Refusal: 401 or 403, in the shape of the base URL.
        """
        header = inbound.headers.get("authorization", "")
        scheme, _, value = header.strip().partition(" ")
        value = value.strip()
        if address.family in ("edge", "auth", "web"):
            return Caller(account=None, kind="none")
        if address.base == "site":
            return self._on_site(scheme.lower(), value)
        caller = self._on_gateway(scheme.lower(), value, address, operation)
        if (
            caller.scopes is not None
            and operation.scope not in caller.scopes
            and operation.family != "resources"
        ):
            raise scope_mismatch()
        if operation.family == "assets" and caller.account is not None:
            self._check_assets(caller.account)
        return caller

    def _check_assets(self, account: Account) -> None:
        if self._assets is not None or not self.is_licensed(account):
            raise Refusal(403, errors_body([ASSETS_DENIED]))

    def _basic(self, value: str) -> tuple[Account | None, str, str]:
        """Account, kind of token and token of a Basic credential; no account when it is wrong."""
        try:
            email, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None, "malformed", ""
        if not email:
            return None, "malformed", ""
        account = account_by_email(self._site, email)
        if account is None or secret in self._revoked or not account.active:
            return None, "wrong", secret
        if secret == account.api_token:
            return account, "basic", secret
        token = self._credentials.find(secret)
        if token is not None and token.kind == "scoped" and token.account_id == account.account_id:
            return account, "scoped", secret
        return None, "mismatch" if self._belongs_to_another(secret) else "wrong", secret

    def _belongs_to_another(self, secret: str) -> bool:
        return any(account.api_token == secret for account in self._site.accounts.values()) or (
            secret in self._credentials.tokens
        )

    def _on_site(self, scheme: str, value: str) -> Caller:
        if scheme == "bearer":
            if _JWT.fullmatch(value):
                raise Refusal(401, MUST_AUTHENTICATE, {"Content-Type": HTML})
            raise Refusal(
                403,
                {"error": "Failed to parse Connect Session Auth Token"},
                {"Content-Type": "application/json"},
            )
        if scheme != "basic" or not value:
            return Caller(account=None, kind="none")
        if self._captcha:
            return Caller(account=None, kind="none", login_failed=DENIED)
        account, kind, _ = self._basic(value)
        if kind == "malformed":
            return Caller(account=None, kind="none")
        if account is None or kind != "basic":
            # A scoped token cannot be told from a wrong one on the site host.
            return Caller(account=None, kind="none", login_failed=FAILED)
        return Caller(account=account, kind="basic", identity=account.account_id)

    def _on_gateway(self, scheme: str, value: str, address: Address, operation: Operation) -> Caller:
        if scheme == "basic":
            account, kind, secret = self._basic(value)
            if self._captcha or account is None:
                raise gateway_unauthorized("FAILURE_CLIENT_AUTH_MISMATCH" if kind == "mismatch" else None)
            if kind == "scoped":
                if address.base != "ex/jira":
                    raise gateway_unauthorized("FAILURE_CLIENT_AUTH_MISMATCH")
                scopes = self._credentials.tokens[secret].scopes
                return Caller(account=account, kind="scoped", scopes=scopes, identity=secret)
            if operation.family in ("import info", "resources"):
                raise gateway_unauthorized()
            return Caller(account=account, kind="basic", identity=account.account_id)
        if scheme != "bearer" or not value:
            raise gateway_unauthorized()
        source = source_of_token(self._site, value)
        if source is not None:
            named = address.path.split("/")[2:3] if address.path.startswith("/importsource/") else []
            right_source = operation.family == "import info" or named == [source.id]
            if address.base != "short" or not operation.accepts_import_token or not right_source:
                raise self._import_token_refused()
            return Caller(account=None, kind="import token", source=source, identity=source.id)
        token = self._credentials.find(value) if value not in self._revoked else None
        if token is None or operation.family == "import info":
            raise self._import_token_refused() if operation.accepts_import_token else gateway_unauthorized()
        if address.base not in ("ex/jira", "gateway"):
            # The short form does not take OAuth tokens, says a client written for them.
            raise gateway_unauthorized()
        account = self._site.accounts[token.account_id]
        return Caller(account=account, kind=token.kind, scopes=token.scopes, identity=token.secret)

    def _import_token_refused(self) -> Refusal:
        status = self._site.doubts.container_token_status
        return Refusal(status, {"code": status, "message": "Unauthorized" if status == 401 else "Forbidden"})


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
