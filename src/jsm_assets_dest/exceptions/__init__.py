"""All errors that this package raises intentionally.

A class says what an error *means*, not which status the response had; the errors page of the documentation shows the tree.
A message has up to four parts: what happened; the cause, labeled "Cause:" or "Likely cause:"; numbered remedies that name
who can act; and one technical line. Every class has a general cause and general remedies. The code that raises an error
can be more precise.

A class declares its facts as annotated defaults, and `certain=True` if its cause is proven; see `_declared`.
Every error can be pickled and copied, and none contains a secret.

The module is one long table of meanings. It stays in one file, so that the meanings can be compared.
"""

from __future__ import annotations

import re
from typing import ClassVar, Literal, Protocol

from ._declared import (
    QUOTED_CHARACTERS,
    Declared,
    advice,
    carried,
    leading,
    message_of,
    quoted_server,
    technical_line,
)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__


# --- parts of the values that errors carry; the values are defined in layers above -----------------------------------


class ResultFacts(Protocol):
    """The parts of an `ImportResult` that are available on every error with a result."""

    @property
    def confirmed(self) -> bool:
        """True if Assets reported DONE."""
        ...

    @property
    def sent(self) -> int:
        """Number of records that were sent."""
        ...

    @property
    def created(self) -> int:
        """Number of created objects."""
        ...

    @property
    def updated(self) -> int:
        """Number of updated objects."""
        ...

    @property
    def unchanged(self) -> int:
        """Number of unchanged objects."""
        ...

    @property
    def failed_objects(self) -> int:
        """Number of objects that Assets rejected."""
        ...

    def to_dict(self) -> dict[str, object]:
        """Return the result as JSON-ready data."""
        ...


class ExecutionFacts(Protocol):
    """The parts of an `Execution` that are available on every error with one. `ImportToken.attach` accepts it."""

    @property
    def id(self) -> str:
        """Id of the execution in Assets."""
        ...

    @property
    def site(self) -> str:
        """Address of the site."""
        ...

    @property
    def import_source_id(self) -> str:
        """Id of the import that it is a run of."""
        ...

    def to_dict(self) -> dict[str, object]:
        """Return the execution as JSON-ready data without any secret."""
        ...


class PreviewFacts(Protocol):
    """The parts of an `ImportPreview` that are available on every error with one. Imports accept it as `allow_missing`."""

    @property
    def missing(self) -> int:
        """Number of existing objects without a record."""
        ...

    @property
    def is_complete(self) -> bool:
        """True if all records were compared with all existing objects."""
        ...

    def to_dict(self) -> dict[str, object]:
        """Return the preview as JSON-ready data."""
        ...


class ReportFacts(Protocol):
    """The parts of a report or checklist that are available on every error with one."""

    @property
    def site(self) -> str:
        """Address of the site."""
        ...

    @property
    def ok(self) -> bool:
        """True if no check failed and nothing is left to do."""
        ...

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON-ready data."""
        ...


# --- the root ---------------------------------------------------------------------------------------------------------


class AssetsError(Declared):
    """The root of all errors that this package raises intentionally.

    Attributes:
        what: What happened, in a sentence or two.
        cause: Why it happened.
        cause_is_certain: True if the cause is proven; otherwise it is the likely one.
        remedies: What to do, in order. Each remedy has the form "Who: action."
        details: Further facts for the technical line.
        result: The `ImportResult` so far if the error ended an import, otherwise None.
        operation: The request that failed, as in logs: "create object schema".
        status: The HTTP status, or None without a response.
        method: The HTTP method.
        path: The requested path, without host and query.
        host: The requested host.
        code: A stable code for programs: the server's own one if there is one, otherwise one that is derived from the
            class's name, such as "bad_credentials".
        messages: The server's messages.
        field_errors: The server's messages by field.
        request_id: The trace ID, which Atlassian support needs.
        account: The account that was used: an email address or an account ID.
        retry_after: Seconds after which to retry, if the server said so.
        attempts: Number of attempts.
        elapsed: Seconds from the first attempt to the end of the last one, or None.
        body_excerpt: The beginning of a response that could not be understood.
    """

    #: How a report describes a check that was skipped because of this error.
    _skips: ClassVar[str] = ""
    _retryable: ClassVar[bool] = False

    what: str = leading(kw_only=False)
    cause: str = ""
    cause_is_certain: bool = False
    remedies: tuple[str, ...] = ()
    details: str = ""
    result: ResultFacts | None = carried(default=None)
    operation: str = ""
    status: int | None = None
    method: str = ""
    path: str = ""
    host: str = ""
    code: str = ""
    messages: tuple[str, ...] = ()
    field_errors: dict[str, str] = {}  # noqa: RUF012 - copied for each error
    request_id: str = ""
    account: str = ""
    retry_after: float | None = None
    attempts: int = 0
    elapsed: float | None = None
    body_excerpt: str = ""

    @property
    def retryable(self) -> bool:
        """True if the same request may succeed later without any change.

        Whether it is *safe* to send it again depends on the request.
        """
        return self._retryable

    @property
    def _is_conclusive(self) -> bool:
        """False if the response may have another meaning, so that a check is unknown instead of failed."""
        return True

    def skip_reason(self, site: str, account: str) -> str:
        """Return why a check is skipped after this error, or "" if that follows from the failed check only."""
        return self._skips.format(site=site or "the site", account=account or "the account")

    @property
    def technical(self) -> str:
        """One line for support: the status, the request, the trace ID, the account, and the attempts."""
        return technical_line(self)

    def _quoted(self) -> str:
        """Return what the server said, if the class says less than that."""
        return quoted_server(self) if type(self) in _CATCH_ALL else ""

    def __str__(self) -> str:
        return message_of(self, self._quoted(), self.technical)

    def __repr__(self) -> str:
        status = "" if self.status is None else f", status={self.status}"
        return f"{type(self).__name__}({self.what!r}{status})"


# --- arguments of the caller ----------------------------------------------------------------------------------------


class ConfigurationError(AssetsError, ValueError, certain=True):
    """A setting is wrong. Nothing was sent.

    Attributes:
        field: The name of the setting.
        fix: How to correct it.
    """

    cause: str = "A setting is missing or has an invalid value."
    remedies: tuple[str, ...] = advice("You: correct the setting that is named above.")

    field: str = ""
    fix: str = ""

    def _advice(self) -> tuple[str, ...]:
        return (f"You: {self.fix[:1].lower()}{self.fix[1:]}",) if self.fix else ()


class MissingSettingsError(ConfigurationError):
    """Settings are missing. The error names all of them.

    Attributes:
        missing: The names of the settings.
    """

    cause: str = "This process does not have the settings that it needs."
    remedies: tuple[str, ...] = advice(
        "You: set the environment variables that are named above, or pass the values in the call."
    )

    missing: tuple[str, ...] = ()


class InvalidCredentialError(ConfigurationError):
    """A value can't be a credential of this kind. It was not sent, and the error does not contain it."""

    cause: str = "The value is not a credential of this kind, or it was not pasted completely."
    remedies: tuple[str, ...] = advice("You: copy the credential again, and pass it exactly as it is shown.")


class InvalidModelError(AssetsError, ValueError, certain=True):
    """A schema model contradicts itself or breaks a rule of Assets. Nothing was sent.

    Attributes:
        findings: All findings, errors and warnings.
    """

    cause: str = "The schema model breaks rules of Assets or of the import."
    remedies: tuple[str, ...] = advice("You: correct the parts of the model that are named above.")

    findings: tuple[object, ...] = carried(default=())


class RecordError(AssetsError, ValueError, certain=True):
    """A record can't be sent in its current form.

    Attributes:
        selector: The object type that it was passed for.
        index: Its position among the records of that selector, from 0, or None.
        path: The place inside the record.
        reason: The rule that it breaks.
        record: The caller's record. It is never part of the message.
    """

    cause: str = "The record does not fit the schema model, or contains a value that JSON does not have. The value is not shown, because it may be personal data; it is in error.record."
    remedies: tuple[str, ...] = advice(
        "You: correct the record in the source, and import again.",
        "Or you: skip invalid records with on_bad_record='skip'.",
    )

    selector: str = ""
    index: int | None = None
    reason: str = ""
    record: object = carried(default=None)


class ProblemsFoundError(AssetsError):
    """A check found problems, and the caller asked to raise them.

    Attributes:
        report: The whole report, or the checklist of a `Destination`.
    """

    cause: str = "At least one check failed. The report contains the cause of each."
    remedies: tuple[str, ...] = advice("You: follow the remedies of the first failed check, and check again.")

    report: ReportFacts | None = carried(default=None)


# --- no complete response -------------------------------------------------------------------------------------------


class TransportError(AssetsError):
    """No complete response was received.

    Attributes:
        sent: "no" if the server has not acted on the request, "unknown" if it may have.
    """

    cause: str = "The connection between this computer and the server failed."
    remedies: tuple[str, ...] = advice(
        "You: check that this computer can reach the host that is named below, then try again.",
        "Your network team: check the proxy and the firewall for this host.",
    )
    _retryable = True
    _skips = "could not reach {site}"

    sent: Literal["no", "unknown"] = "unknown"

    @property
    def technical(self) -> str:
        """One line for support, with a note if nothing was sent."""
        return ", ".join(
            part for part in (super().technical, "nothing was sent" if self.sent == "no" else "") if part
        )


class AnswerTimeoutError(TransportError, TimeoutError):
    """The response was not complete in time. The server may have acted."""

    cause: str = "The server or the network is slow at the moment."
    remedies: tuple[str, ...] = advice(
        "You: try again later, or allow more time for one attempt with limits=Limits(attempt=…)."
    )


class ConnectionFailedError(TransportError, ConnectionError):
    """No connection could be opened. Nothing was sent."""

    cause: str = "A firewall blocks the connection, a proxy is needed, or the host is down."
    remedies: tuple[str, ...] = advice(
        "You: open the site in a browser on this computer.",
        "You: if your network needs a proxy, set HTTPS_PROXY.",
        "Your network team: allow connections to *.atlassian.net and api.atlassian.com on port 443.",
    )
    sent: Literal["no", "unknown"] = "no"


class HostNotFoundError(TransportError, ConnectionError):
    """DNS has no address for the host. Nothing was sent."""

    cause: str = "The site address is misspelled, or DNS does not work on this computer."
    remedies: tuple[str, ...] = advice(
        "You: open the site in a browser, and copy its address.",
        "You: if the browser can open it but this program can't, set HTTPS_PROXY to your company's proxy.",
        "Your network team: check that this computer can resolve public host names.",
    )
    sent: Literal["no", "unknown"] = "no"


class TlsError(TransportError, ConnectionError):
    """The certificate is not trusted. Nothing was sent, and the connection is never retried without the check."""

    cause: str = "A proxy in your network inspects encrypted traffic and presents its own certificate."
    remedies: tuple[str, ...] = advice(
        "You: install the library truststore and restart the program. It then trusts the certificates of this computer.",
        "Or your network team: provide the proxy's CA certificate as a PEM file, or exclude the host from inspection.",
        "You: then set the environment variable SSL_CERT_FILE to the path of that file, and restart the program.",
        'Or you, in Python: pass verify=ssl.create_default_context(cafile="company-ca.pem").',
    )
    sent: Literal["no", "unknown"] = "no"
    _retryable = False


class ProxyAuthenticationError(TransportError, ConnectionError, certain=True):
    """A proxy requires a login (HTTP 407). The server was not reached."""

    cause: str = "The proxy between this computer and the server requires a user name and a password."
    remedies: tuple[str, ...] = advice(
        "You: put the user name and the password into HTTPS_PROXY (http://user:password@proxy:port).",
        "Your network team: allow this computer to reach *.atlassian.net and api.atlassian.com.",
    )
    sent: Literal["no", "unknown"] = "no"
    _retryable = False


class ConnectionLostError(TransportError, ConnectionError):
    """The connection was lost before the response was complete. The server may have acted."""

    cause: str = "The network or the server closed the connection."
    remedies: tuple[str, ...] = advice(
        "You: try again.",
        "Your network team: if it happens often, check for proxies that close connections.",
    )


class MalformedAnswerError(TransportError):
    """A response is not what its headers say: invalid JSON, invalid compression, or not HTTP."""

    cause: str = "A proxy between this computer and the server damaged the response."
    remedies: tuple[str, ...] = advice(
        "You: try again.",
        "Your network team: check whether a proxy changes responses of this host.",
    )

    @property
    def retryable(self) -> bool:
        """True, because the damage may be temporary; but not if a redirect has an invalid address."""
        return self.status is None or not 300 <= self.status < 400


class AnswerTooLargeError(TransportError, certain=True):
    """A response is larger than its limit. The rest was not read."""

    cause: str = "The response is larger than this library accepts for such a request."
    remedies: tuple[str, ...] = advice(
        "You: check that the host belongs to Atlassian.",
        "Or you: if the response is correct, raise the limit.",
    )
    _retryable = False


class UnexpectedRedirectError(TransportError):
    """The server redirected the request. Redirects are never followed, because they would receive the credential."""

    cause: str = "The address belongs to a web page or to a renamed site, or a proxy redirects requests."
    remedies: tuple[str, ...] = advice(
        "You: use the address that the browser shows after logging in, such as https://acme.atlassian.net."
    )
    _retryable = False


class UnsafeLinkError(AssetsError):
    """A link in a response points to a host that is not trusted. It was not followed, and no token was sent there."""

    cause: str = "The response did not come from Atlassian, or it was changed in transit."
    remedies: tuple[str, ...] = advice(
        "You: check the address of the gateway that is configured.",
        "Your network team: check whether a proxy changes responses of this host.",
    )


class HtmlResponseError(AssetsError):
    """A web page was received instead of data: the page of a proxy, or a login page.

    Attributes:
        title: The title of the page.
        server: Its `Server` header.
        via: Its `Via` header.
    """

    cause: str = (
        "A proxy or firewall in your network blocked the request, or the address belongs to a web page."
    )
    remedies: tuple[str, ...] = advice(
        "Your network team: allow this computer to reach *.atlassian.net, api.atlassian.com, and auth.atlassian.com.",
        "You: check HTTPS_PROXY and NO_PROXY, and check that the site address has the form https://<name>.atlassian.net.",
    )
    _skips = "could not reach {site}"

    title: str = ""
    server: str = ""
    via: str = ""

    def _quoted(self) -> str:
        """Return one sentence of the page."""
        sentence = re.split(r"(?<=[.!?])\s", self.body_excerpt.removeprefix(self.title).strip(), maxsplit=2)
        text = " ".join(sentence[:2]).strip()
        return f'The page says: "{text[:QUOTED_CHARACTERS]}"' if text else ""


# --- rejected by the server -----------------------------------------------------------------------------------------


class ApiError(AssetsError):
    """The server rejected the request. Its messages are in `messages` and `field_errors`."""

    cause: str = "The server rejected the request for a reason that this library does not know."
    remedies: tuple[str, ...] = advice(
        "You: read the server's message above, and give the trace ID below to Atlassian support."
    )


class AuthenticationError(ApiError):
    """The server rejected the login."""

    cause: str = "The credential is wrong, has expired, or was revoked."
    remedies: tuple[str, ...] = advice("You: create a new credential, and use it.")
    _skips = "could not log in as {account}"


class BadCredentialsError(AuthenticationError):
    """The login was rejected, even if the response looks like an empty list or "not found".

    Attributes:
        silent: True if the server responded as it does to anonymous users, without an error.
        seen: True if the server reported that it checked the login and rejected it. Otherwise the login may have been
            lost in transit, for example if a proxy removes the header.
    """

    cause: str = "The email address or the API token is wrong, or the token has expired or was revoked."
    remedies: tuple[str, ...] = advice(
        "You: check that the email address belongs to the account that created the token.",
        "You: create a new API token at https://id.atlassian.com/manage-profile/security/api-tokens.",
        "You: use the API token itself, not a password, without spaces or quotes around it.",
    )

    silent: bool = False
    seen: bool = False

    @property
    def _is_conclusive(self) -> bool:
        """False if the response does not show for which account it is."""
        return self.seen or not self.silent


class CaptchaRequiredError(AuthenticationError, certain=True):
    """The login was rejected before the credential was checked. More attempts make it worse."""

    cause: str = "After too many failed logins, the account must solve a CAPTCHA."
    remedies: tuple[str, ...] = advice(
        "You: stop every program that uses this account with a wrong token.",
        "The owner of the account: log in once in a browser, and solve the CAPTCHA.",
        "You: then use an API token, not a password.",
    )
    _skips = "{account} must solve a CAPTCHA in a browser first"


class ScopeMismatchError(AuthenticationError, certain=True):
    """The login is fine, but the token lacks a scope for this request.

    Attributes:
        scopes: The scopes that the request needs, if known.
    """

    cause: str = "The token is valid, but it lacks a scope that this request needs."
    remedies: tuple[str, ...] = advice(
        "You: create a token with all scopes that the job needs; refreshing the current one does not help."
    )
    _skips = "the token lacks a scope"

    scopes: tuple[str, ...] = ()


class ImportTokenError(AuthenticationError):
    """The import token was rejected."""

    cause: str = "Someone generated a newer token for this import, which disables the older one. It may also be an API token, or the import may have been deleted."
    remedies: tuple[str, ...] = advice(
        "An object schema manager: in Assets, open the object schema > Configuration > Import, and generate a new token. The current token stops working immediately.",
        "You: use the new token as the import token.",
    )
    _skips = "Assets rejected the import token"


class AccessDeniedError(ApiError, PermissionError):
    """The server accepted the login, but denied the request."""

    cause: str = "The account lacks a permission."
    remedies: tuple[str, ...] = advice(
        "A Jira admin: give the account the permission for what is named above."
    )


class IpAllowlistError(AccessDeniedError, certain=True):
    """The site accepts only listed IP addresses, and this computer has another one."""

    cause: str = "The site has an IP allowlist, and the public address of this computer, its VPN, or its proxy is not on it. The credentials are not the cause."
    remedies: tuple[str, ...] = advice(
        "Your network team: find out the public IP address of this computer.",
        "An organization admin: in Atlassian Administration > Security > IP allowlists (https://admin.atlassian.com), add that address to the allowlist for Jira.",
        "Or you: connect to the company VPN, or use a computer whose address is allowed.",
    )
    _skips = "the IP allowlist of {site} blocked this computer"


class NotJiraAdminError(AccessDeniedError, certain=True):
    """The request needs a Jira administrator, and the account is not one."""

    cause: str = "Only Jira administrators can do this."
    remedies: tuple[str, ...] = advice(
        "A Jira admin: in Jira settings > System > Global permissions, give the account the Administer Jira permission.",
        "Or a Jira admin: do this step.",
    )


class BrowseUsersPermissionError(AccessDeniedError, certain=True):
    """The account may not browse users and groups, so Jira hides all of them from it."""

    cause: str = "Without the global permission Browse users and groups, Jira returns an empty list of users."
    remedies: tuple[str, ...] = advice(
        "A Jira admin: in Jira settings > System > Global permissions, give the account the Browse users and groups permission."
    )


class JsmLicenseRequiredError(AccessDeniedError):
    """The account has no access to Jira Service Management."""

    cause: str = "The account is not an agent of Jira Service Management."
    remedies: tuple[str, ...] = advice(
        "A site admin: in Atlassian Administration > Users (https://admin.atlassian.com), give the account access to Jira Service Management as an agent. An agent seat is a paid license."
    )
    _skips = "{account} has no access to Jira Service Management"


class AssetsNotAvailableError(AccessDeniedError):
    """Assets is not part of the plan, or not available to this account."""

    cause: str = "The site's Jira Service Management plan does not include Assets (Premium and Enterprise do), or Assets was never opened on this site."
    remedies: tuple[str, ...] = advice(
        "A Jira admin: open Assets once in a browser.",
        "A site admin: in Atlassian Administration > Billing (https://admin.atlassian.com), check that the plan includes Assets.",
        "You: run connection.check() to find out whether the plan or the account is the cause.",
    )
    _skips = "{site} has no Assets"


class SchemaPermissionError(AccessDeniedError):
    """The account lacks a role in the object schema."""

    cause: str = "The account lacks the role in this object schema that the request needs."
    remedies: tuple[str, ...] = advice(
        "An object schema manager or a Jira admin: in Assets, open the object schema > Configuration > Roles, and add the account: as manager for the structure and imports, as developer to write objects, as user to read."
    )


class XsrfError(AccessDeniedError):
    """The server treated the request as one that a web page forged."""

    cause: str = "The User-Agent header was set to that of a browser, or a proxy rewrites headers."
    remedies: tuple[str, ...] = advice(
        "You: remove your own User-Agent header.",
        "Your network team: check whether a proxy rewrites headers.",
        "Or you: report this as a bug of this library.",
    )


class AppNotInstalledError(AccessDeniedError):
    """The OAuth or Forge app is not installed on this site, or has no consent for it."""

    cause: str = "The app is not installed on this site, or no one consented to it there."
    remedies: tuple[str, ...] = advice(
        "A site admin: in Atlassian Administration > Connected apps (https://admin.atlassian.com), install the app for this site, or consent to it again and choose this site."
    )
    _skips = "the app is not installed on {site}"


class PlanLimitError(AccessDeniedError, certain=True):
    """The site's plan does not include the requested feature."""

    cause: str = "The plan of the site does not include it."
    remedies: tuple[str, ...] = advice(
        "A site admin: in Atlassian Administration > Billing (https://admin.atlassian.com), change to a plan that includes it."
    )


class NotFoundError(ApiError, LookupError):
    """The requested item does not exist, or this account can't see it."""

    cause: str = (
        "It does not exist, or it is hidden from this account; the response is the same in both cases."
    )
    remedies: tuple[str, ...] = advice(
        "You: check the name or the id.",
        "An object schema manager or a Jira admin: check that the account has a role in the object schema.",
    )


class ObjectSchemaNotFoundError(NotFoundError):
    """The object schema does not exist, or this account can't see it."""

    remedies: tuple[str, ...] = advice(
        "You: check the key of the object schema.",
        "An object schema manager or a Jira admin: if it exists, give the account a role in it.",
    )


class ObjectTypeNotFoundError(NotFoundError):
    """The object type does not exist, or this account can't see it."""

    remedies: tuple[str, ...] = advice(
        "You: check the name of the object type.",
        "An object schema manager: check that the account can see it; roles of an object type override the schema's.",
    )


class ObjectNotFoundError(NotFoundError):
    """The object does not exist in this object schema, or this account can't see it."""

    remedies: tuple[str, ...] = advice(
        "You: check the key of the object, and the object schema.",
        "An object schema manager: check that the account can see it; roles of an object type override the schema's.",
    )


class SiteNotFoundError(ApiError):
    """There is no Jira site with this name or cloud id."""

    cause: str = "The site was renamed, deactivated, or deleted, or it no longer has Jira; or the address is misspelled."
    remedies: tuple[str, ...] = advice(
        "You: open the site in a browser, and copy the address that the browser shows.",
        "A site admin: in Atlassian Administration (https://admin.atlassian.com), check that the site is active and has Jira.",
    )
    _skips = "there is no Jira site at {site}"


class EndpointNotFoundError(ApiError):
    """The server does not have the requested path: the base address is wrong, or this library has a bug."""

    cause: str = "The base address is wrong, or this library uses a request that no longer exists."
    remedies: tuple[str, ...] = advice(
        "You: check the addresses of the site and the gateway.",
        "You: upgrade this library; if that does not help, report it as a bug.",
    )


class ApiRemovedError(ApiError, certain=True):
    """Atlassian has removed this request from its API."""

    cause: str = "Atlassian has removed this request from its API."
    remedies: tuple[str, ...] = advice("You: upgrade this library.")


class ConflictError(ApiError):
    """The current state does not allow this."""

    cause: str = "Another user or process changed the same item."
    remedies: tuple[str, ...] = advice("You: read the current state, then decide whether to try again.")


class ImportConflictError(ConflictError, certain=True):
    """The state of the import does not allow this.

    Attributes:
        reason: The server's code: IN_PROGRESS, MISSING_MAPPING, DISABLED, INVALID_IMPORT_MODULE_KEY, or "".
    """

    cause: str = "The import is in another state than this request needs."
    remedies: tuple[str, ...] = advice("You: check the state of the import, in Assets or with status().")

    reason: str = ""


class ImportBusyError(ImportConflictError):
    """Another execution of the same import is in progress. This is the only conflict that ends by waiting."""

    cause: str = "Assets runs one execution per import at a time."
    remedies: tuple[str, ...] = advice(
        "You: wait until it ends, or pass on_busy='wait' to wait automatically.",
        "Or you: if no one uses it, cancel it with token.attach(token.running().execution, lead=True).cancel().",
        "Or an object schema manager: in Assets, open the object schema > Configuration > Import, and cancel it if it is no longer needed.",
    )


class MissingMappingError(ImportConflictError):
    """The import has no mapping yet."""

    cause: str = "No schema model was built with this import token."
    remedies: tuple[str, ...] = advice("You: build the schema model with this import token first.")


class ImportDisabledError(ImportConflictError):
    """The import is disabled."""

    cause: str = "Someone disabled the import in Assets."
    remedies: tuple[str, ...] = advice(
        "An object schema manager: in Assets, open the object schema > Configuration > Import, and enable the import."
    )


class ImportModuleKeyError(ImportConflictError, certain=False):
    """The import belongs to an app whose module key is invalid."""

    cause: str = "The app that owns this import was removed or changed."
    remedies: tuple[str, ...] = advice(
        "A Jira admin: check the app that owns the import, or create an External import instead."
    )


class MappingExistsError(ConflictError, certain=True):
    """The import already has a mapping. The server accepts the first one with PUT and later ones with PATCH."""

    cause: str = "A mapping was sent before, perhaps by another process at the same time."
    remedies: tuple[str, ...] = advice("You: create a new plan, and send only what is missing.")


class ObjectSchemaExistsError(ConflictError, certain=True):
    """An object schema with this key or name already exists."""

    cause: str = "Names and keys of object schemas are unique within a site."
    remedies: tuple[str, ...] = advice(
        "You: use the existing object schema.",
        "Or you: choose another key and name.",
    )


class ValidationError(ApiError, ValueError, certain=True):
    """The server rejected the content of the request. `field_errors` contains the reasons."""

    cause: str = "A value breaks a rule of Assets."
    remedies: tuple[str, ...] = advice("You: correct the values that the server names.")


class RoleEntryRejectedError(ValidationError, certain=False):
    """The server rejected an entry of a role, such as an unknown group. Its message is in `messages`.

    Attributes:
        role: The role: "managers", "developers", or "users".
        entries: The rejected entries. If the server names none, these are all new entries of the role.
        suggestions: Similar groups, or account ids of people with this email address, by entry.
        changed: The roles that were changed before the rejection.
    """

    cause: str = (
        "There is no such group or account. Group names are case-sensitive, and people need an account id."
    )
    remedies: tuple[str, ...] = advice(
        "You: check the name of the group, or the account id of the person, and set the roles again."
    )

    role: str = ""
    entries: tuple[str, ...] = ()
    suggestions: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - copied for each error
    changed: tuple[str, ...] = ()


class MappingRejectedError(ValidationError):
    """Assets rejected the mapping document.

    Attributes:
        location: The place in the document, if the server names one.
        codes: All codes that the server sent.
    """

    cause: str = "The mapping document breaks a rule of the import."
    remedies: tuple[str, ...] = advice(
        "You: correct the model at the place that the server names, and create a new plan."
    )

    location: str = ""
    codes: tuple[str, ...] = ()


class ExternalIdTakenError(MappingRejectedError, certain=False):
    """An external id of the model is used elsewhere in the workspace (SCHEMA_INVALID_EXTERNAL_ID).

    Attributes:
        namespace: Namespace of the model, if it is used elsewhere. Empty if only a single external id is.
        suggested_namespace: Namespace that no known import uses. Empty if `namespace` is.
    """

    cause: str = "Another object schema of this workspace uses the same external ids."
    remedies: tuple[str, ...] = advice("You: give the model another namespace, and create a new plan.")

    namespace: str = ""
    suggested_namespace: str = ""


class ExternalIdMismatchError(MappingRejectedError):
    """An item with the same name has another external id (EXTERNAL_ID_MISMATCH)."""

    cause: str = "An object type or attribute of the same name exists, and this model did not create it."
    remedies: tuple[str, ...] = advice(
        "You: call schema.find_conflicts(model), and resolve each conflict: adopt, rename, or skip.",
        "You: then create a new plan.",
    )


class UnknownExternalIdError(MappingRejectedError, certain=False):
    """No object type or attribute has an external id of the mapping (UNKNOWN_EXTERNAL_ID_MAPPING)."""

    cause: str = "The mapping names an object type or attribute that was deleted or never created."
    remedies: tuple[str, ...] = advice("You: create a new plan; it reads what exists.")


class MappingExternalIdError(MappingRejectedError, certain=False):
    """An external id in the mapping part is invalid (MAPPING_INVALID_EXTERNAL_ID)."""

    cause: str = "The mapping names an object type or attribute that its schema part does not describe."
    remedies: tuple[str, ...] = advice(
        "You: check the model's external ids; report it as a bug if this library generated them."
    )


class DuplicateExternalIdError(MappingRejectedError):
    """Two items of the model have the same external id (DUPLICATE_EXTERNAL_ID_ILLEGAL)."""

    cause: str = "Two object types or attributes of the model have the same external id."
    remedies: tuple[str, ...] = advice("You: give each of them its own key or external id.")


class UnknownReferenceError(MappingRejectedError):
    """A reference points to an object type that does not exist (UNKNOWN_REFERENCE)."""

    cause: str = "A reference of the model points to an object type that is neither in the model nor in the object schema."
    remedies: tuple[str, ...] = advice("You: add the object type to the model, or remove the reference.")


class ReferencedObjectTypeChangedError(MappingRejectedError):
    """An existing reference attribute would point to another object type (REFERENCED_OBJECT_TYPE_CHANGED)."""

    cause: str = "Assets does not change the object type that an existing reference points to."
    remedies: tuple[str, ...] = advice(
        "You: keep the reference unchanged, or add a new attribute for the other object type."
    )


class RateLimitedError(ApiError, certain=True):
    """The server limits the rate of requests, and the required wait is longer than the retry policy allows.

    Attributes:
        reason: The server's name for the limit, such as "jira-burst-based".
        reset_at: When the limit ends, in seconds since 1970, or None.
        execution: The execution that was left open, if the limit stopped an import.
    """

    cause: str = "This site or app received more requests than its limit allows."
    remedies: tuple[str, ...] = advice(
        "You: try again later.",
        "You: send fewer requests at the same time.",
    )
    _skips = "a rate limit blocked the request"

    reason: str = ""
    reset_at: float | None = None
    execution: ExecutionFacts | None = carried(default=None)

    @property
    def retryable(self) -> bool:
        """True, because the server did not act; but not if a quota is used up and the time of its renewal is unknown."""
        return self.retry_after is not None or "quota" not in self.reason


class ServiceUnavailableError(ApiError):
    """The server cannot respond properly at the moment."""

    cause: str = "The service has an outage or is in maintenance."
    remedies: tuple[str, ...] = advice(
        "You: check https://status.atlassian.com, and try again later.",
        "You: if it continues, give the trace ID below to Atlassian support.",
    )
    _skips = "could not reach {site}"

    @property
    def retryable(self) -> bool:
        """True, except for requests that the server does not support (501, 505)."""
        return self.status not in (501, 505)


class TooLargeError(ApiError, certain=True):
    """The request is too large for the server (HTTP 413)."""

    cause: str = "The server accepts only smaller requests."
    remedies: tuple[str, ...] = advice("You: send fewer or smaller records in one chunk.")


class UnsupportedMediaError(ApiError):
    """The server rejected the content type (HTTP 415)."""

    cause: str = "A proxy changed the headers of the request, or this library has a bug."
    remedies: tuple[str, ...] = advice(
        "Your network team: check whether a proxy rewrites headers.",
        "Or you: report this as a bug of this library.",
    )


# --- results of an operation ----------------------------------------------------------------------------------------


class IncompleteListError(AssetsError):
    """Assets did not return all objects of a list. What was read must not be used as a complete list.

    Attributes:
        read_count: Number of objects that were read.
        expected_count: Number of objects that Assets counts, or None if the pages themselves were inconsistent.
    """

    cause: str = (
        "Objects are created or deleted while they are read, or Assets has not yet indexed all of them."
    )
    remedies: tuple[str, ...] = advice(
        "You: wait until no import into this object schema is running, then try again.",
        "You: if `query` has an order of its own, leave it out.",
    )
    _retryable = True

    read_count: int = 0
    expected_count: int | None = None


class ExportError(AssetsError, OSError, certain=True):
    """An export could not be written. No partial file remains, and an earlier file at this path is unchanged.

    Attributes:
        file: Path of the file.
    """

    cause: str = "The folder does not exist, is not writable, or has no space left."
    remedies: tuple[str, ...] = advice(
        "You: pass the path of a file in an existing folder that you can write to."
    )

    file: str = ""


class ImportTargetMismatchError(AssetsError, certain=True):
    """The import token belongs to another workspace or object schema than the expected one. Nothing was sent."""

    cause: str = "The import token belongs to another import than the expected one."
    remedies: tuple[str, ...] = advice("You: use the import token of the object schema that is named above.")


class SeveralWorkspacesError(AssetsError, certain=True):
    """The site has several Assets workspaces, and none was chosen.

    Attributes:
        workspace_ids: The ids of all of them.
    """

    cause: str = "The site has more than one workspace, and this library does not guess."
    remedies: tuple[str, ...] = advice("You: pass the id of one of them as workspace_id=….")

    workspace_ids: tuple[str, ...] = ()


class RolesNotSettableError(AssetsError, certain=True):
    """The roles of the object schema can't be set from here.

    Attributes:
        link: The page where a person can set them.
        steps: What to do there, in order.
    """

    cause: str = (
        "There is no public request for roles, and the site's own one does not accept this credential."
    )
    remedies: tuple[str, ...] = advice(
        "An object schema manager: set the roles on the page that is named above."
    )

    link: str = ""
    steps: tuple[str, ...] = ()

    def _advice(self) -> tuple[str, ...]:
        return self.steps


class LinkAttributeError(AssetsError, certain=True):
    """An attribute can't be used to link objects to users or groups of Jira. Nothing was written.

    Attributes:
        object_type: Name of the object type.
        attribute: Name of the attribute.
    """

    cause: str = (
        "Links need an attribute of type User or Group, and a text attribute with an email address or a name."
    )
    remedies: tuple[str, ...] = advice(
        "You: name another attribute in the link.",
        "Or an object schema manager: rename or delete the existing attribute in Assets.",
    )

    object_type: str = ""
    attribute: str = ""


class DefaultRolesError(AssetsError, certain=True):
    """The object schema has the roles of a new one: every Jira Service Management group can change its objects."""

    cause: str = "A new object schema gives the developer role to every Jira Service Management group."
    remedies: tuple[str, ...] = advice(
        "You: set the roles with set_roles(), or state that the open roles are intended.",
        "Or an object schema manager: in Assets, open the object schema > Configuration > Roles, and empty the developers.",
    )


class UnknownOutcomeError(AssetsError, certain=True):
    """It is unknown whether the server acted on the request, and it is not safe to repeat it."""

    cause: str = "The connection was lost after the request was sent and before the response was complete."
    remedies: tuple[str, ...] = advice(
        "You: check in Assets, or by reading it, whether it was done; repeat it only if it was not."
    )


class ImportCancelledError(AssetsError, certain=True):
    """The import was cancelled.

    Attributes:
        execution: The execution, or None.
        result: What was sent and confirmed so far, or None.
    """

    cause: str = "Someone cancelled the execution, in Assets or from another program."
    remedies: tuple[str, ...] = advice("You: find out who cancelled it, then start or resume the import.")

    execution: ExecutionFacts | None = carried(default=None)


class ExecutionCompletedError(AssetsError, certain=True):
    """Another process completed the execution first.

    Attributes:
        execution: The execution.
        result: What was sent and confirmed so far, or None.
    """

    cause: str = "Two processes lead the execution, or an earlier attempt of this step has completed it."
    remedies: tuple[str, ...] = advice(
        "You: wait for the result with `wait()`; nothing has to be completed again.",
        "You: if this process submitted records, compare them with token.verify(records): they may have come too late.",
    )

    execution: ExecutionFacts | None = carried(default=None)


class ImportTimeoutError(AssetsError, TimeoutError):
    """Assets had not finished the import when the time to wait was over. The import continues there.

    Attributes:
        execution: The execution, to wait for it again.
        result: What is known so far, or None.
    """

    cause: str = "Assets is still processing the records."
    remedies: tuple[str, ...] = advice(
        "You: wait again with token.attach(error.execution).wait(), or check the import in Assets."
    )

    execution: ExecutionFacts | None = carried(default=None)


class ImportInterruptedError(AssetsError):
    """The import stopped before its end and was not completed. The original failure is its `__cause__`.

    Attributes:
        execution: The execution, or None.
        result: What was sent and confirmed so far, or None.
    """

    cause: str = "The source of the records failed, or a chunk could not be sent."
    remedies: tuple[str, ...] = advice(
        "You: correct the original failure.",
        "You: then resume the import with its journal, or start it again; records are updated, not duplicated.",
    )

    execution: ExecutionFacts | None = carried(default=None)


class FailedObjectsError(AssetsError, certain=True):
    """The import ended, but not every record arrived in Assets with its values.

    Attributes:
        result: The whole result, with its `problems`.
    """

    cause: str = "Not every record arrived in Assets with its values."
    remedies: tuple[str, ...] = advice(
        "You: correct the records that the result names, and import them again."
    )


class MassDeletionGuardError(AssetsError):
    """Objects in Assets are missing from the import, which may be set to remove them. It was not completed.

    Attributes:
        preview: `ImportPreview` with all missing objects. `allow_missing=error.preview` accepts exactly these objects.
        execution: The execution, or None if it was not started.
        result: What was sent so far, or None.
    """

    cause: str = (
        "The source returned only a part of the records, and the import may be set to remove missing objects."
    )
    remedies: tuple[str, ...] = advice(
        "You: check the source for an error, a filter, or a limit, and import again.",
        'Or you: if the "Missing objects" setting of the import is Ignore, pass missing_objects="ignore".',
        "Or you: if exactly these objects may go, pass allow_missing=error.preview.",
    )

    preview: PreviewFacts | None = carried(default=None)
    execution: ExecutionFacts | None = carried(default=None)


class NothingToCompareError(AssetsError):
    """A preview has nothing to compare the records with. Only read requests were sent."""

    cause: str = "The account can't read the objects, and no journal has a confirmed run of this import."
    remedies: tuple[str, ...] = advice(
        "An object schema manager: give the account a role in the object schema.",
        "Or you: pass the journal= of the last confirmed run.",
    )


class ResolutionNotPossibleError(AssetsError, certain=True):
    """The conflict can't be resolved this way."""

    cause: str = "The existing object type does not allow this resolution."
    remedies: tuple[str, ...] = advice("You: use one of the choices that the conflict offers.")


class StalePlanError(AssetsError, certain=True):
    """The object schema has changed since the plan was created. Nothing was sent."""

    cause: str = "Someone changed the mapping or the object schema."
    remedies: tuple[str, ...] = advice("You: create a new plan, check it, and apply it.")


class ImpossibleChangeError(AssetsError, certain=True):
    """The plan contains changes that Assets can't make. Nothing was sent."""

    cause: str = "Assets does not change existing object types or attributes in this way."
    remedies: tuple[str, ...] = advice(
        "You: keep what exists in the model.",
        "Or an object schema manager: change it in Assets first.",
    )


class RiskyChangeError(AssetsError, certain=True):
    """The plan contains changes that create all objects of a type again. Nothing was sent."""

    cause: str = "Assets recognizes an object by its identifier. Objects without the new identifier's value are created again."
    remedies: tuple[str, ...] = advice(
        "You: keep the identifier of the object type in the model.",
        "Or you: accept the change with accept_risky=True. If missing objects are removed, Assets deletes the old objects.",
    )


class JournalError(AssetsError):
    """The journal of an import can't be used."""

    cause: str = "The file is damaged, is not a journal, or is on a disk that is full or not writable."
    remedies: tuple[str, ...] = advice("You: choose another file for the journal, or restore this one.")


class JournalLockedError(JournalError, certain=True):
    """Another process is using this journal."""

    cause: str = "Another import uses the same journal at the moment."
    remedies: tuple[str, ...] = advice("You: wait until it ends, or give each import its own journal.")


class JournalMismatchError(JournalError, certain=True):
    """The journal belongs to another import or to other records."""

    cause: str = "The journal was written for another import token, model, or set of records."
    remedies: tuple[str, ...] = advice(
        "You: resume with the records that the journal was written for.",
        "Or you: start again with a new journal.",
    )


class ClosedError(AssetsError, certain=True):
    """The connection was used after it had been closed."""

    cause: str = "The connection is closed, usually because its `with` block has ended."
    remedies: tuple[str, ...] = advice(
        "You: create a new connection, or do the work inside the `with` block."
    )


#: The classes whose messages quote the server, because it says more than they do. A leaf quotes nothing unless it is here.
_CATCH_ALL: frozenset[type[AssetsError]] = frozenset(
    {
        ApiError,
        AccessDeniedError,
        ConflictError,
        ImportConflictError,
        ValidationError,
        RoleEntryRejectedError,
        MappingRejectedError,
        *MappingRejectedError.__subclasses__(),
    }
)


def _is_public(value: object) -> bool:
    return isinstance(value, type) and value.__module__ == __name__


#: Each class that is defined here is public.
__all__ = [  # pyright: ignore[reportUnsupportedDunderAll]
    name for name, value in sorted(globals().items()) if _is_public(value)
]
