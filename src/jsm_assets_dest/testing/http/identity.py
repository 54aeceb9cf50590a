"""Identification of callers: credentials and their scopes, in the order of the service; and the token endpoint.

What stops every request (removed site, maintenance, IP allowlist) is checked before. Handlers check roles, after 404s.
Statuses, headers and texts are recorded ones; the explanation of the emulator names the sources.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qsl

from attrs import define

from ..world.accounts import OAUTH_SECONDS, Credentials, account_by_email
from ..world.entities import Account
from ..world.imports import source_of_token
from ..world.json_reading import JsonObject, parse_json
from ..world.rejections import Rejection
from ..world.site import Site
from .access import Access
from .call import Caller, Operation
from .exchange import GATEWAY_JSON, HTML, Address, Inbound, Response, json_response

FAILED = "AUTHENTICATED_FAILED"
DENIED = "AUTHENTICATION_DENIED"
MUST_AUTHENTICATE = "Client must be authenticated to access this resource."

_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


def _gateway_rejection(status: int, message: str, category: str | None = None) -> Rejection:
    """Reject as the gateway does: shape B if it does not accept the credential, shape C if a scope is missing."""
    headers = {"Content-Type": GATEWAY_JSON}
    if category is not None:
        headers["X-Failure-Category"] = category
    return Rejection(status, {"code": status, "message": message}, headers)


def _unauthorized(category: str = "FAILURE_CLIENT_AUTH") -> Rejection:
    return _gateway_rejection(401, "Unauthorized", category)


@define
class Identification:
    """Checks credentials. `_access` has the switches that take access away."""

    _site: Site
    _credentials: Credentials
    _access: Access

    def identify(self, inbound: Inbound, address: Address, operation: Operation) -> Caller:
        """Check the credential and its scopes, and return the caller.

        Raises:
            Rejection: 401 or 403, in the shape of the base URL.
        """
        header = inbound.headers.get("authorization", "")
        scheme, _, value = header.strip().partition(" ")
        value = value.strip()
        if address.family in ("edge", "auth", "web"):
            return Caller(account=None, kind="none")
        if address.family == "organization":
            return self._on_organization(scheme.lower(), value, address)
        if address.base == "site":
            return self._on_site(scheme.lower(), value)
        caller = self._on_gateway(scheme.lower(), value, address, operation)
        if (
            caller.scopes is not None
            and operation.scope not in caller.scopes
            and operation.family != "resources"
        ):
            # 401, not 403
            text = "Unauthorized; scope does not match"
            raise _gateway_rejection(401, text, "FAILURE_CLIENT_SCOPE_CHECK")
        if operation.family == "assets" and caller.account is not None:
            searches = operation.name in ("search objects", "count objects")
            self._access.check_assets(
                caller.account, needs_license=not (searches and self._site.doubts.non_agents_can_search)
            )
        return caller

    def _basic(self, value: str) -> tuple[Account | None, str, str]:
        """Account, kind of token and token of a Basic credential; no account when it is wrong."""
        try:
            email, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None, "malformed", ""
        if not email:
            return None, "malformed", ""
        account = account_by_email(self._site, email)
        if account is None or secret in self._access.revoked or not account.active:
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
                raise Rejection(401, MUST_AUTHENTICATE, {"Content-Type": HTML})
            raise Rejection(
                403,
                {"error": "Failed to parse Connect Session Auth Token"},
                {"Content-Type": GATEWAY_JSON},
            )
        if scheme != "basic" or not value:
            return Caller(account=None, kind="none")
        if self._access.needs_captcha:
            return Caller(account=None, kind="none", login_failed=DENIED)
        account, kind, _ = self._basic(value)
        if kind == "malformed":
            return Caller(account=None, kind="none")
        if account is None or kind != "basic":
            # On the site host, a scoped token cannot be distinguished from a wrong one.
            return Caller(account=None, kind="none", login_failed=FAILED)
        return Caller(account=account, kind="basic", identity=account.account_id)

    def _on_organization(self, scheme: str, value: str, address: Address) -> Caller:
        organization, key = self._credentials.organization()
        if scheme != "bearer" or value != key:
            raise _unauthorized()
        if f"/orgs/{organization}/" not in address.path:
            raise _gateway_rejection(404, "Not Found")
        return Caller(account=None, kind="organization", identity=organization)

    def _on_gateway(self, scheme: str, value: str, address: Address, operation: Operation) -> Caller:
        if scheme == "basic":
            account, kind, secret = self._basic(value)
            if self._access.needs_captcha or account is None:
                mismatch = "FAILURE_CLIENT_AUTH_MISMATCH"
                raise _unauthorized(mismatch if kind == "mismatch" else "FAILURE_CLIENT_AUTH")
            if kind == "scoped":
                if address.base != "ex/jira":
                    raise _unauthorized("FAILURE_CLIENT_AUTH_MISMATCH")
                scopes = self._credentials.tokens[secret].scopes
                return Caller(account=account, kind="scoped", scopes=scopes, identity=secret)
            if operation.family in ("import info", "resources") or not self._accepts_classic(address):
                raise _unauthorized()
            return Caller(account=account, kind="basic", identity=account.account_id)
        if scheme != "bearer" or not value:
            raise _unauthorized()
        source = source_of_token(self._site, value)
        if source is not None:
            named = address.path.split("/")[2:3] if address.path.startswith("/importsource/") else []
            right_source = operation.family == "import info" or named == [source.id]
            if address.base != "short" or not operation.accepts_import_token or not right_source:
                raise self._import_token_refused()
            return Caller(account=None, kind="import token", source=source, identity=source.id)
        token = self._credentials.find(value) if value not in self._access.revoked else None
        if token is None or operation.family == "import info":
            raise self._import_token_refused() if operation.accepts_import_token else _unauthorized()
        if address.base not in ("ex/jira", "gateway"):
            # The short form does not accept OAuth tokens, according to a client written for them.
            raise _unauthorized()
        account = self._site.accounts[token.account_id]
        return Caller(account=account, kind=token.kind, scopes=token.scopes, identity=token.secret)

    def _accepts_classic(self, address: Address) -> bool:
        doubts = self._site.doubts
        switches = {
            "short": doubts.classic_token_on_short,
            "ex/jira": doubts.classic_token_on_ex_jira,
            "site gateway": doubts.classic_token_on_site_gateway,
        }
        return switches.get(address.base, True)

    def _import_token_refused(self) -> Rejection:
        status = self._site.doubts.container_token_status
        message = "Unauthorized" if status == 401 else "Forbidden"
        return _gateway_rejection(status, message, "FAILURE_CLIENT_AUTH")


def _rejected(status: int, error: str, description: str) -> Rejection:
    return Rejection(
        status, {"error": error, "error_description": description}, {"Content-Type": GATEWAY_JSON}
    )


def _fields(inbound: Inbound) -> JsonObject:
    if "json" in inbound.headers.get("content-type", ""):
        try:
            value = parse_json(inbound.body)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise _rejected(400, "invalid_request", "Incorrect request parameters")
        return value
    return dict(parse_qsl(inbound.body.decode("utf-8", "replace")))


def request_access_token(credentials: Credentials, inbound: Inbound, now: float) -> Response:
    """Respond to the client credentials grant. Texts other than the error codes are a guess."""
    fields = _fields(inbound)
    grant = fields.get("grant_type")
    if grant != "client_credentials":
        grants = "authorization_code|refresh_token|client_credentials"
        raise _rejected(400, "invalid_request", f"grant_type must be one of [{grants}]")
    client = credentials.clients.get(str(fields.get("client_id")))
    if client is None or client.client_secret != fields.get("client_secret"):
        raise _rejected(401, "access_denied", "Unauthorized")
    token = credentials.issue_for_client(client)
    response = json_response(
        {
            "access_token": token.secret,
            "expires_in": round((token.expires_at or now + OAUTH_SECONDS) - now),
            "token_type": "Bearer",
            "scope": " ".join(token.scopes),
        }
    )
    response.content_type = GATEWAY_JSON
    return response
