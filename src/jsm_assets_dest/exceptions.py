"""Everything this package raises on purpose.

The tree; a name in brackets is a built-in that the class also inherits::

    AssetsError
    ├── ConfigurationError [ValueError]
    │   ├── MissingSettingsError
    │   └── InvalidCredentialError
    ├── InvalidModelError [ValueError]
    ├── RecordError [ValueError]
    ├── ProblemsFoundError
    ├── TransportError                    no complete answer came; `sent` says whether the service may have acted
    │   ├── AnswerTimeoutError [TimeoutError]
    │   ├── ConnectionFailedError [ConnectionError]
    │   ├── HostNotFoundError [ConnectionError]
    │   ├── TlsError [ConnectionError]
    │   ├── ProxyAuthenticationError [ConnectionError]
    │   ├── ConnectionLostError [ConnectionError]
    │   ├── MalformedAnswerError
    │   ├── AnswerTooLargeError
    │   └── UnexpectedRedirectError
    ├── UnsafeLinkError
    ├── HtmlResponseError                 a web page came where data was expected
    ├── ApiError                          the service answered, and the answer was no
    │   ├── AuthenticationError
    │   │   ├── BadCredentialsError
    │   │   ├── CaptchaRequiredError
    │   │   ├── ScopeMismatchError
    │   │   └── ImportTokenError
    │   ├── AccessDeniedError [PermissionError]
    │   │   ├── IpAllowlistError
    │   │   ├── NotJiraAdminError
    │   │   ├── JsmLicenseRequiredError
    │   │   ├── AssetsNotAvailableError
    │   │   ├── SchemaPermissionError
    │   │   ├── XsrfError
    │   │   ├── AppNotInstalledError
    │   │   └── PlanLimitError
    │   ├── NotFoundError [LookupError]
    │   │   ├── ObjectSchemaNotFoundError
    │   │   └── ObjectTypeNotFoundError
    │   ├── SiteNotFoundError
    │   ├── EndpointNotFoundError
    │   ├── ApiRemovedError
    │   ├── ConflictError
    │   │   ├── ImportConflictError
    │   │   │   ├── ImportBusyError
    │   │   │   ├── MissingMappingError
    │   │   │   ├── ImportDisabledError
    │   │   │   └── ImportModuleKeyError
    │   │   ├── MappingExistsError
    │   │   └── ObjectSchemaExistsError
    │   ├── ValidationError [ValueError]
    │   │   └── MappingRejectedError
    │   │       ├── ExternalIdTakenError
    │   │       ├── ExternalIdMismatchError
    │   │       ├── UnknownExternalIdError
    │   │       ├── MappingExternalIdError
    │   │       ├── DuplicateExternalIdError
    │   │       ├── UnknownReferenceError
    │   │       └── ReferencedObjectTypeChangedError
    │   ├── RateLimitedError
    │   ├── ServiceUnavailableError
    │   ├── TooLargeError
    │   └── UnsupportedMediaError
    ├── ImportTargetMismatchError
    ├── SeveralWorkspacesError
    ├── RolesNotSettableError
    ├── DefaultRolesError
    ├── UnknownOutcomeError
    ├── ImportCancelledError
    ├── ImportTimeoutError [TimeoutError]
    ├── ImportInterruptedError
    ├── FailedObjectsError
    ├── MassDeletionGuardError
    ├── ResolutionNotPossibleError
    ├── StalePlanError
    ├── ImpossibleChangeError
    ├── JournalError
    │   ├── JournalLockedError
    │   └── JournalMismatchError
    └── ClosedError

Leaves are chosen by what an answer *means*, not by its status. A message has up to four parts: what happened; the
likely cause, with a word that says how certain it is; numbered remedies that name who must act; and one technical
line. Every class has a general cause and remedies of its own, so that nobody is left without advice; whoever raises
can be more precise. Every error can be pickled and copied, and none holds a secret: all texts go through `scrubbed`.

The module is one long table of meanings and is kept in one piece, so that the tree can be read in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, TypedDict, Unpack, cast

if TYPE_CHECKING:
    from ._assets.reports import ConnectionReport, ImportTokenReport
    from ._destination.status import DestinationStatus
    from ._imports.execution import Execution
    from ._imports.result import ImportResult

#: Characters of a server's message that are kept.
LONGEST_MESSAGE = 1000

# Atlassian tokens (ATATT3 API token, ATCTT3 import token, ATSTT3 and further kinds), credentials after a scheme word
# (a word of small letters alone is taken for prose), signed tokens (JWT), and members and parameters that are secret by
# name.
_SECRETS = (
    r"AT[A-Z]{3}3[\w=.~+/-]{6,}"
    r"|(?P<scheme>(?i:basic|bearer)\s+)(?=\S*[0-9A-Z=_]|\S{24})[\w.~+/=-]{12,}"
    r"|(?<![\w-])eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?"
    r"|(?P<name>(?i:client_secret|access_token|refresh_token|password)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"
)
_MASK = "**********"


def scrubbed(text: str) -> str:
    """The text with everything masked that looks like a credential."""
    # Compiled at the first error: it takes as long as loading a module.
    return re.sub(_SECRETS, lambda found: f"{found['scheme'] or found['name'] or ''}{_MASK}", text)


class Place(TypedDict, total=False):
    """Where and when something failed, and what the service said. Each becomes an attribute; those not given are empty."""

    operation: str
    status: int | None
    method: str
    path: str
    host: str
    code: str
    messages: Sequence[str]
    field_errors: Mapping[str, str]
    request_id: str
    account: str
    retry_after: float | None
    attempts: int
    elapsed: float | None
    body_excerpt: str


class Facts(Place, total=False):
    """What an error may know besides what happened: where, why, and what to do."""

    cause: str
    remedies: Sequence[str]


_FACT_NAMES = Facts.__optional_keys__


class AssetsError(Exception):
    """The root of everything this package raises on purpose.

    Attributes:
        what: What was being done, and what happened, in a sentence or two.
        cause: The likely cause, with how certain it is.
        remedies: What to do, in order; each names who must act.
        operation: What was asked of the service, in the words of logs: "create object schema".
        status: The HTTP status, or None when there was no answer.
        method: The HTTP method.
        path: The path that was called, without host and query.
        host: The host that was called.
        code: A stable word for programs: the service's own code where it sent one, otherwise the class's name in small
            letters, such as "bad_credentials".
        messages: The service's own words.
        field_errors: The service's objections by field.
        request_id: The trace id that Atlassian's support asks for.
        account: The account that was used: an e-mail address or an account id.
        retry_after: Seconds after which to try again, where the service said so.
        attempts: How many attempts were made.
        elapsed: Seconds from the first attempt to giving up, or None.
        body_excerpt: The beginning of an answer that could not be understood.
        result: The `ImportResult` so far, when the error ended an import; otherwise None.
    """

    _cause: ClassVar[str] = ""
    _remedies: ClassVar[tuple[str, ...]] = ()

    what: str
    cause: str
    remedies: tuple[str, ...]
    operation: str
    status: int | None
    method: str
    path: str
    host: str
    code: str
    messages: tuple[str, ...]
    field_errors: dict[str, str]
    request_id: str
    account: str
    retry_after: float | None
    attempts: int
    elapsed: float | None
    body_excerpt: str
    result: ImportResult | None = None

    def __init__(self, what: str, **facts: Unpack[Facts]) -> None:
        unknown = sorted(set(facts) - _FACT_NAMES)
        if unknown:
            raise TypeError(f"{type(self).__name__} knows no {', '.join(unknown)}")
        self.what = scrubbed(what)
        super().__init__(self.what)
        self.cause = scrubbed(facts.get("cause", "") or self._cause)
        self.remedies = tuple(scrubbed(remedy) for remedy in (facts.get("remedies") or self._remedies))
        self.operation = facts.get("operation", "")
        self.status = facts.get("status")
        self.method = facts.get("method", "")
        self.path = scrubbed(facts.get("path", "").partition("?")[0])
        self.host = facts.get("host", "")
        self.code = facts.get("code", "") or _word(type(self).__name__)
        self.messages = tuple(scrubbed(text[:LONGEST_MESSAGE]) for text in facts.get("messages", ()))
        self.field_errors = {
            name: scrubbed(text[:LONGEST_MESSAGE]) for name, text in facts.get("field_errors", {}).items()
        }
        self.request_id = facts.get("request_id", "")
        self.account = facts.get("account", "")
        self.retry_after = facts.get("retry_after")
        self.attempts = facts.get("attempts", 0)
        self.elapsed = facts.get("elapsed")
        self.body_excerpt = scrubbed(facts.get("body_excerpt", ""))

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later without anybody doing anything.

        It does not say that sending again is *safe*: that depends on the request.
        """
        return False

    @property
    def technical(self) -> str:
        """One line for support: the status, the request, the trace id, the account and the attempts."""
        parts: list[str] = []
        request = f"{self.method} {self.host}{self.path}".strip()
        if self.status is not None:
            parts.append(f"HTTP {self.status} {request}".strip())
        elif self.host:
            parts.append(request)
        if self.request_id:
            parts.append(f"trace {self.request_id}")
        if self.account:
            parts.append(f"account {self.account}")
        if self.attempts > 1:
            # One attempt is what everybody expects, and its time says little.
            parts.append(f"{self.attempts} attempts")
            if self.elapsed is not None:
                parts.append(f"{self.elapsed:.1f} s")
        return ", ".join(parts)

    def __str__(self) -> str:
        lines = [self.what]
        said = "; ".join([*self.messages, *(f"{name}: {text}" for name, text in self.field_errors.items())])
        if said:
            lines.append(f"The service said: {said}")
        if self.cause:
            lines.append(f"Cause: {self.cause}")
        if self.remedies:
            lines.append("What to do:")
            lines += [f"  {number}. {remedy}" for number, remedy in enumerate(self.remedies, 1)]
        if self.technical:
            lines.append(f"({self.technical})")
        return "\n".join(lines)

    def __repr__(self) -> str:
        status = "" if self.status is None else f", status={self.status}"
        return f"{type(self).__name__}({self.what!r}{status})"

    def to_dict(self) -> dict[str, object]:
        """The error as plain values that JSON can hold; empty facts are left out."""
        result: dict[str, object] = {"error": type(self).__name__, "what": self.what, "code": self.code}
        for name in sorted(_FACT_NAMES - {"code"}):
            value = getattr(self, name)
            if value:
                result[name] = list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value
        return result

    def __reduce__(self) -> tuple[object, ...]:
        # An error must always be able to leave its process: what cannot travel (a caller's record that holds an open
        # file, say) stays behind as None.
        return _restored, (
            type(self),
            self.what,
            {name: _portable(value) for name, value in vars(self).items()},
        )

    def __copy__(self) -> AssetsError:
        return _restored(type(self), self.what, vars(self))


def _restored(kind: type[AssetsError], what: str, state: Mapping[str, object]) -> AssetsError:
    error = kind.__new__(kind)
    error.args = (what,)
    vars(error).update(state)
    return error


def _portable(value: object) -> object:
    if value is None or isinstance(value, str | int | float):
        return value
    import pickle

    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 - whatever a caller's value raises when it is pickled
        return None
    return value


def _word(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.removesuffix("Error")).lower()


# --- what the caller gave -------------------------------------------------------------------------------------------


class ConfigurationError(AssetsError, ValueError):
    """A setting is wrong; nothing was sent.

    Attributes:
        field: The name of the setting.
        fix: How to put it right.
    """

    _cause = "A setting is missing or has a value that cannot be right."
    _remedies: ClassVar[tuple[str, ...]] = ("You: correct the setting that is named above.",)

    def __init__(self, what: str, *, field: str = "", fix: str = "", **facts: Unpack[Facts]) -> None:
        if fix and "remedies" not in facts:
            facts["remedies"] = (f"You: {fix[:1].lower()}{fix[1:]}",)
        super().__init__(what, **facts)
        self.field = field
        self.fix: str = scrubbed(fix)


class MissingSettingsError(ConfigurationError):
    """Settings are missing; all of them are named at once.

    Attributes:
        missing: The names of the settings.
    """

    _cause = "This process was not given the settings it needs."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: set the environment variables that are named above, or pass the values in the call.",
    )

    def __init__(self, what: str, *, missing: Sequence[str] = (), **facts: Unpack[Facts]) -> None:
        super().__init__(what, **facts)
        self.missing: tuple[str, ...] = tuple(missing)


class InvalidCredentialError(ConfigurationError):
    """A credential cannot be what it is given as; it was not sent, and it is not shown here."""

    _cause = (
        "The value is certainly not a usable credential of this kind; it was probably pasted incompletely."
    )
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: copy the credential again and pass it exactly as it is shown.",
    )


class InvalidModelError(AssetsError, ValueError):
    """A schema model contradicts itself or breaks a rule of the service; nothing was sent.

    Attributes:
        findings: Everything found, errors and warnings.
    """

    _cause = "The schema model breaks rules that the service or the import needs."
    _remedies: ClassVar[tuple[str, ...]] = ("You: correct the places of the model that are named above.",)

    def __init__(self, what: str, *, findings: Iterable[object] = (), **facts: Unpack[Facts]) -> None:
        super().__init__(what, **facts)
        self.findings: tuple[object, ...] = tuple(findings)


class RecordError(AssetsError, ValueError):
    """A record cannot be sent as it is.

    Attributes:
        selector: Which object type it was meant for.
        index: Its position among the records of that selector, from 0, or None.
        path: The place inside the record.
        reason: What is wrong there.
        record: The caller's own record; never part of the message.
    """

    _cause = "The record does not fit the schema model, or holds a value that JSON cannot carry."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: correct the record at its source, or choose to skip records with errors.",
    )

    def __init__(
        self,
        what: str,
        *,
        selector: str = "",
        index: int | None = None,
        reason: str = "",
        record: object = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(what, **facts)
        self.selector = selector
        self.index = index
        # The place, not an address: nothing is cut off at a question mark.
        self.path: str = facts.get("path", "")
        self.reason: str = scrubbed(reason)
        self.record = record


class ProblemsFoundError(AssetsError):
    """A check found problems, and the caller asked for them to be raised.

    Attributes:
        report: The whole report, or the checklist of a `Destination`.
    """

    _cause = "At least one check failed; the report holds the cause of each."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: follow the remedies of the first failed check, then check again.",
    )

    def __init__(
        self,
        what: str,
        *,
        report: ConnectionReport | ImportTokenReport | DestinationStatus | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(what, **facts)
        self.report = report


# --- no complete answer ---------------------------------------------------------------------------------------------


class TransportError(AssetsError):
    """No complete answer came.

    Attributes:
        sent: "no" when the service certainly did not act on the request, "unknown" when it may have.
    """

    _cause = "The connection between this process and the service failed."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check that this machine reaches the host that is named above, then try again.",
        "Your network team: check the proxy and the firewall for this host.",
    )
    _sent: ClassVar[Literal["no", "unknown"]] = "unknown"
    _retryable: ClassVar[bool] = True

    def __init__(
        self, what: str, *, sent: Literal["no", "unknown"] | None = None, **facts: Unpack[Facts]
    ) -> None:
        super().__init__(what, **facts)
        self.sent: Literal["no", "unknown"] = self._sent if sent is None else sent

    @property
    def retryable(self) -> bool:
        """Whether another attempt can help; not after a failed certificate check, for example."""
        return self._retryable


class AnswerTimeoutError(TransportError, TimeoutError):
    """The answer was not complete in time; the service may have acted."""

    _cause = "The service or the network is probably slow at the moment."
    _remedies: ClassVar[tuple[str, ...]] = ("You: try again later, or allow more time for one attempt.",)


class ConnectionFailedError(TransportError, ConnectionError):
    """No connection could be made; nothing was sent."""

    _sent: ClassVar[Literal["no", "unknown"]] = "no"
    _cause = "A firewall or a proxy probably stands between this machine and the host, or the host is down."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: open the site in a browser on this machine.",
        "Your network team: allow connections to *.atlassian.net and api.atlassian.com on port 443.",
    )


class HostNotFoundError(TransportError, ConnectionError):
    """The host's name has no address; nothing was sent."""

    _sent: ClassVar[Literal["no", "unknown"]] = "no"
    _cause = "The host name is probably misspelled, or this machine's name service does not work."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check the spelling of the site's address.",
        "Your network team: check that this machine can look up names outside your network.",
    )


class TlsError(TransportError, ConnectionError):
    """The encrypted connection could not be trusted; nothing was sent, and it is never tried again without the check."""

    _sent: ClassVar[Literal["no", "unknown"]] = "no"
    _retryable: ClassVar[bool] = False
    _cause = "A proxy that inspects traffic is probably in the way, or the certificate store of this machine is old."
    _remedies: ClassVar[tuple[str, ...]] = (
        "Your network team: name the certificate authority that the proxy uses.",
        "You: pass an ssl.SSLContext that trusts that authority as verify=, or set SSL_CERT_FILE.",
    )


class ProxyAuthenticationError(TransportError, ConnectionError):
    """A proxy on the way wants credentials of its own (HTTP 407); the service was not reached."""

    _sent: ClassVar[Literal["no", "unknown"]] = "no"
    _retryable: ClassVar[bool] = False
    _cause = "The proxy between this machine and the service certainly wants a login."
    _remedies: ClassVar[tuple[str, ...]] = (
        "Your network team: give this machine a way to *.atlassian.net and api.atlassian.com.",
        "You: put the proxy's user name and password into HTTPS_PROXY.",
    )


class ConnectionLostError(TransportError, ConnectionError):
    """The connection broke before the answer was complete; the service may have acted."""

    _cause = "The network or the service probably dropped the connection."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: try again; if it happens often, ask your network team about proxies that cut connections.",
    )


class MalformedAnswerError(TransportError):
    """An answer came that is not what it says it is: broken JSON, broken compression, not HTTP."""

    _cause = "Something between this machine and the service probably damaged the answer."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: try again.",
        "Your network team: check whether a proxy changes answers of this host.",
    )


class AnswerTooLargeError(TransportError):
    """The answer is larger than the limit for it; reading stopped there."""

    _retryable: ClassVar[bool] = False
    _cause = "The answer is certainly larger than this library accepts for such a call."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check that the host is really Atlassian's.",
        "You: raise the limit when the answer is right.",
    )


class UnexpectedRedirectError(TransportError):
    """The service pointed elsewhere; redirects are never followed, since credentials and records would go along."""

    _retryable: ClassVar[bool] = False
    _cause = "The address is probably that of a web page or of a renamed site, or a proxy sends requests elsewhere."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: use the site's address as the browser shows it after logging in, such as https://acme.atlassian.net.",
    )


class UnsafeLinkError(AssetsError):
    """A link in an answer leads away from the trusted host; it was not followed, and no token was sent there."""

    _cause = "The answer did not come from Atlassian, or it was changed on the way."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check the address of the gateway that is configured.",
        "Your network team: check whether a proxy changes answers of this host.",
    )


class HtmlResponseError(AssetsError):
    """A web page came where data was expected: a proxy's page, or a login page.

    Attributes:
        title: The page's title.
        server: Who sent it, by its `Server` header.
        via: What it passed through, by its `Via` header.
    """

    _cause = "A proxy probably answered in place of the service, or the address is that of a web page."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check HTTPS_PROXY and NO_PROXY, and that the site's address is https://<name>.atlassian.net.",
        "Your network team: let this machine reach *.atlassian.net and api.atlassian.com.",
    )

    def __init__(
        self, what: str, *, title: str = "", server: str = "", via: str = "", **facts: Unpack[Facts]
    ) -> None:
        super().__init__(what, **facts)
        self.title: str = scrubbed(title)
        self.server = server
        self.via = via


# --- the service said no --------------------------------------------------------------------------------------------


class ApiError(AssetsError):
    """The service answered, and the answer was no; its own words are in `messages` and `field_errors`."""

    _cause = "The service refused, for a reason that this library does not know."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: read the service's own words above; give the trace id to Atlassian's support.",
    )


class AuthenticationError(ApiError):
    """The service did not accept who is asking."""

    _cause = "The credential is probably wrong, expired or revoked."
    _remedies: ClassVar[tuple[str, ...]] = ("You: create a new credential and use it.",)


class BadCredentialsError(AuthenticationError):
    """The login was not accepted, also when the service hid that behind an empty list or "not found".

    Attributes:
        silent: Whether the service answered as if nothing had happened, for an anonymous visitor.
        seen: Whether the service said that it looked at the login and refused it. Otherwise the login may have got lost on
            the way, as when a proxy takes the header away.
    """

    _cause = "The e-mail address or the API token is probably wrong, or the token has expired or was revoked."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check that the e-mail address belongs to the account that made the token.",
        "You: look at the token's expiry at id.atlassian.com/manage-profile/security/api-tokens, or make a new one.",
        "You: use an API token, not a password, without spaces or quotes around it.",
    )

    def __init__(
        self, what: str, *, silent: bool = False, seen: bool = False, **facts: Unpack[Facts]
    ) -> None:
        super().__init__(what, **facts)
        self.silent = silent
        self.seen = seen


class CaptchaRequiredError(AuthenticationError):
    """The login was refused before the credential was looked at; more attempts make it worse."""

    _cause = "Too many failed logins: the account must certainly pass a CAPTCHA first."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: stop every program that uses this account with a wrong token.",
        "The owner of the account: log in once in a browser and solve the CAPTCHA.",
        "You: then use an API token, not a password.",
    )


class ScopeMismatchError(AuthenticationError):
    """The identity is fine, but the token lacks a scope for this call.

    Attributes:
        scopes: The scopes that this library knows the call to need.
    """

    _cause = "The token is certainly valid, but it does not carry the scope that this call needs."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: make a new token with the scope, or ask for consent again; refreshing the old one cannot help.",
    )

    def __init__(self, what: str, *, scopes: Sequence[str] = (), **facts: Unpack[Facts]) -> None:
        super().__init__(what, **facts)
        self.scopes: tuple[str, ...] = tuple(scopes)


class ImportTokenError(AuthenticationError):
    """The import token was not accepted."""

    _cause = "The import token was probably replaced by a newer one, or it is an account's token; its import may be gone."
    _remedies: ClassVar[tuple[str, ...]] = (
        "An object schema manager: in Assets, open the schema, Configuration, Import, and choose Generate token.",
        "You: store the new token as the import token; it is not the API token.",
    )


class AccessDeniedError(ApiError, PermissionError):
    """The service knows who is asking, and refuses."""

    _cause = "The account probably lacks a permission."
    _remedies: ClassVar[tuple[str, ...]] = (
        "A Jira admin: give the account the permission for what is named above.",
    )


class IpAllowlistError(AccessDeniedError):
    """The site accepts only listed addresses, and this process comes from another one."""

    _cause = (
        "The site certainly has an IP allowlist, and the public address of the machine that runs this process is not "
        "on it. What counts is the address behind its network, VPN or proxy. The credential is probably fine."
    )
    _remedies: ClassVar[tuple[str, ...]] = (
        "Your network team: name the public egress address of the machine that runs this process.",
        "An organization admin: add that address in Atlassian Administration, Security, IP allowlists, for Jira.",
        "Or you: run this from the VPN, or from a machine with a listed address.",
    )


class NotJiraAdminError(AccessDeniedError):
    """The call needs a Jira administrator, and the account is none."""

    _cause = "The account is certainly not a Jira administrator."
    _remedies: ClassVar[tuple[str, ...]] = (
        "A Jira admin: give the account Administer Jira, in Settings, System, Global permissions.",
        "Or a Jira admin: do this step.",
    )


class JsmLicenseRequiredError(AccessDeniedError):
    """The account has no access to Jira Service Management."""

    _cause = "The account probably has no agent seat in Jira Service Management."
    _remedies: ClassVar[tuple[str, ...]] = (
        "A site admin: in Atlassian Administration, Users, give the account access to Jira Service Management.",
    )


class AssetsNotAvailableError(AccessDeniedError):
    """Assets cannot be reached: not in the plan, or not for this account."""

    _cause = "Assets is probably not part of the site's plan, or the account has no access to Jira Service Management."
    _remedies: ClassVar[tuple[str, ...]] = (
        "A site admin: check that the plan includes Assets (Premium or Enterprise at the time of writing).",
        "A site admin: in Atlassian Administration, Users, give the account access to Jira Service Management.",
        "A Jira admin: open Assets once in the browser if it was never used on this site.",
    )


class SchemaPermissionError(AccessDeniedError):
    """The account lacks a role in the object schema."""

    _cause = "The account probably lacks the role in this object schema that the call needs."
    _remedies: ClassVar[tuple[str, ...]] = (
        "An object schema manager or a Jira admin: in Assets, open the schema, Configuration, Roles.",
        "They: add the account, as manager for structure and imports, as developer for objects, as user to read.",
    )


class XsrfError(AccessDeniedError):
    """The service took the request for one that a web page forged."""

    _cause = "The User-Agent header was probably changed to a browser's, or a proxy rewrites headers."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: remove any User-Agent of your own.",
        "Your network team: check whether a proxy rewrites headers.",
        "You: otherwise report this as a fault of this library.",
    )


class AppNotInstalledError(AccessDeniedError):
    """The OAuth or Forge app is not installed on this site, or was not granted it."""

    _cause = "The app is probably not installed on this site, or nobody consented to it there."
    _remedies: ClassVar[tuple[str, ...]] = (
        "A site admin: install the app on this site, or consent to it again, and choose this site.",
    )


class PlanLimitError(AccessDeniedError):
    """The site's plan does not allow this."""

    _cause = "The site's plan certainly does not include what was asked for."
    _remedies: ClassVar[tuple[str, ...]] = ("A site admin: change to a plan that includes it.",)


class NotFoundError(ApiError, LookupError):
    """What was asked for does not exist, or this account may not see it."""

    _cause = "It does not exist, or it is hidden from this account; the service answers both alike."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check the name or the id.",
        "An object schema manager or a Jira admin: check that the account has a role in the object schema.",
    )


class ObjectSchemaNotFoundError(NotFoundError):
    """The object schema does not exist, or this account may not see it."""

    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check the key of the object schema.",
        "An object schema manager or a Jira admin: give the account a role in it if it exists.",
    )


class ObjectTypeNotFoundError(NotFoundError):
    """The object type does not exist, or this account may not see it."""

    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check the name of the object type.",
        "An object schema manager: check that the account may see it; roles of an object type override the schema's.",
    )


class SiteNotFoundError(ApiError):
    """There is no Jira site under this name or cloud id."""

    _cause = "The name is probably misspelled, or the site was renamed, deactivated, or has no Jira any more."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: open the site in a browser and copy its address.",
        "A site admin: check that the site still has Jira.",
    )


class EndpointNotFoundError(ApiError):
    """The path does not exist at the service: a wrong base address, or a fault of this library."""

    _cause = "The base address is probably wrong, or this library calls something that no longer exists."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check the addresses of the site and the gateway.",
        "You: upgrade this library; if that does not help, report it as a fault.",
    )


class ApiRemovedError(ApiError):
    """Atlassian has removed this call."""

    _cause = "Atlassian has certainly removed this call from its API."
    _remedies: ClassVar[tuple[str, ...]] = ("You: upgrade this library.",)


class ConflictError(ApiError):
    """The state of things does not allow this now."""

    _cause = "Somebody else probably changed the same thing."
    _remedies: ClassVar[tuple[str, ...]] = ("You: read the current state, then decide whether to try again.",)


class ImportConflictError(ConflictError):
    """The import source is not in a state that allows this.

    Attributes:
        reason: The service's word for it: IN_PROGRESS, MISSING_MAPPING, DISABLED, INVALID_IMPORT_MODULE_KEY, or "".
    """

    _cause = "The import source is certainly in another state than this call needs."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: look at the state of the import, in Assets or with status().",
    )

    def __init__(self, what: str, *, reason: str = "", **facts: Unpack[Facts]) -> None:
        super().__init__(what, **facts)
        self.reason = reason


class ImportBusyError(ImportConflictError):
    """Another execution of the same import is running; the only conflict worth waiting for."""

    _cause = "Another execution of this import is certainly still running."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: wait until it has ended, then start again.",
        "You: cancel it if nobody is working on it any more.",
    )


class MissingMappingError(ImportConflictError):
    """The import has no mapping yet."""

    _cause = "No mapping was sent for this import."
    _remedies: ClassVar[tuple[str, ...]] = ("You: build the schema model with this import token first.",)


class ImportDisabledError(ImportConflictError):
    """The import is switched off."""

    _cause = "The import is certainly switched off in Assets."
    _remedies: ClassVar[tuple[str, ...]] = (
        "An object schema manager: in Assets, open the schema, Configuration, Import, and switch the import on.",
    )


class ImportModuleKeyError(ImportConflictError):
    """The import belongs to an app whose module key is not valid."""

    _cause = "The app that owns this import is probably gone or was changed."
    _remedies: ClassVar[tuple[str, ...]] = (
        "A Jira admin: check the app that owns the import, or create an external import instead.",
    )


class MappingExistsError(ConflictError):
    """The import has a mapping already; the service takes the first one with PUT, later ones with PATCH."""

    _cause = "A mapping was certainly sent before, perhaps by somebody else at the same time."
    _remedies: ClassVar[tuple[str, ...]] = ("You: plan again, and send only what is missing.",)


class ObjectSchemaExistsError(ConflictError):
    """An object schema with this key or name exists already."""

    _cause = "The key or the name is certainly taken."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: use the existing object schema, or choose another key and name.",
    )


class ValidationError(ApiError, ValueError):
    """The service found the content of the request wrong; `field_errors` says where."""

    _cause = "A value certainly breaks a rule of the service."
    _remedies: ClassVar[tuple[str, ...]] = ("You: correct the values that the service names.",)


class MappingRejectedError(ValidationError):
    """The service refused the mapping document.

    Attributes:
        location: The place in the document, where the service says so.
        codes: All the codes that the service sent.
    """

    _cause = "The mapping document certainly breaks a rule of the import."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: correct the model at the place that the service names, then plan again.",
    )

    def __init__(
        self, what: str, *, location: str = "", codes: Sequence[str] = (), **facts: Unpack[Facts]
    ) -> None:
        super().__init__(what, **facts)
        self.location = location
        self.codes: tuple[str, ...] = tuple(codes)


class ExternalIdTakenError(MappingRejectedError):
    """An external id of the model is used elsewhere in the workspace (SCHEMA_INVALID_EXTERNAL_ID)."""

    _cause = "Another object schema of this workspace probably uses the same external ids."
    _remedies: ClassVar[tuple[str, ...]] = ("You: give the model another namespace, then plan again.",)


class ExternalIdMismatchError(MappingRejectedError):
    """Something of the same name exists with another external id (EXTERNAL_ID_MISMATCH)."""

    _cause = "An object type or attribute of the same name certainly exists, and was not made by this model."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: find the conflicts and resolve each one: adopt, rename or skip; then plan again.",
    )


class UnknownExternalIdError(MappingRejectedError):
    """The mapping names an external id that no object type or attribute has (UNKNOWN_EXTERNAL_ID_MAPPING)."""

    _cause = "The mapping probably names an object type or attribute that was deleted or never made."
    _remedies: ClassVar[tuple[str, ...]] = ("You: plan again; the plan reads what exists.",)


class MappingExternalIdError(MappingRejectedError):
    """An external id in the mapping part is not valid (MAPPING_INVALID_EXTERNAL_ID)."""

    _cause = "The mapping probably names an object type or attribute that its schema part does not describe."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check the model's external ids; report it as a fault if they were made by this library.",
    )


class DuplicateExternalIdError(MappingRejectedError):
    """Two things in the model have the same external id (DUPLICATE_EXTERNAL_ID_ILLEGAL)."""

    _cause = "Two object types or attributes of the model certainly share an external id."
    _remedies: ClassVar[tuple[str, ...]] = ("You: give each its own key or external id.",)


class UnknownReferenceError(MappingRejectedError):
    """A reference leads to an object type that is not there (UNKNOWN_REFERENCE)."""

    _cause = (
        "A reference of the model certainly leads to an object type that is neither in it nor in the schema."
    )
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: add the object type to the model, or remove the reference.",
    )


class ReferencedObjectTypeChangedError(MappingRejectedError):
    """An existing reference attribute would lead to another object type (REFERENCED_OBJECT_TYPE_CHANGED)."""

    _cause = "The service certainly does not let an existing reference lead to another object type."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: keep the reference as it is, or add a new attribute for the other object type.",
    )


class RateLimitedError(ApiError):
    """Too many requests, and waiting as long as the service asks is more than the policy allows.

    Attributes:
        reason: The service's word for the limit that was hit, such as "jira-burst-based".
        reset_at: When the limit is lifted, in seconds since 1970, or None.
    """

    _cause = "This site or app certainly got more requests than its limit allows."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: try again after the time that is named above.",
        "You: run fewer requests at the same time.",
    )

    def __init__(
        self, what: str, *, reason: str = "", reset_at: float | None = None, **facts: Unpack[Facts]
    ) -> None:
        super().__init__(what, **facts)
        self.reason = reason
        self.reset_at = reset_at

    @property
    def retryable(self) -> bool:
        """True, since the request was refused before anything was done; but a quota that is used up, with no word about when
        it is renewed, is not waited for.
        """
        return self.retry_after is not None or "quota" not in self.reason


class ServiceUnavailableError(ApiError):
    """The service could not answer properly at the moment."""

    _cause = "Atlassian's service probably has a disturbance or is under maintenance."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: look at status.atlassian.com, then try again later.",
        "You: give the trace id to Atlassian's support if it stays.",
    )

    @property
    def retryable(self) -> bool:
        """True, except for what the service says it cannot do at all (501, 505)."""
        return self.status not in (501, 505)


class TooLargeError(ApiError):
    """The request was too large for the service (HTTP 413)."""

    _cause = "The service certainly accepts only smaller requests."
    _remedies: ClassVar[tuple[str, ...]] = ("You: send fewer or smaller records in one chunk.",)


class UnsupportedMediaError(ApiError):
    """The service did not accept the kind of content (HTTP 415)."""

    _cause = "A proxy probably changed the headers of the request, or this library is at fault."
    _remedies: ClassVar[tuple[str, ...]] = (
        "Your network team: check whether a proxy rewrites headers.",
        "You: otherwise report this as a fault of this library.",
    )


# --- what an operation found out ------------------------------------------------------------------------------------


class ImportTargetMismatchError(AssetsError):
    """The import token leads to another workspace or object schema than the one that was meant; nothing was sent."""

    _cause = "The import token certainly belongs to another import than the one that was meant."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: use the import token of the object schema that is named above.",
    )


class SeveralWorkspacesError(AssetsError):
    """The site has several Assets workspaces, and none was chosen.

    Attributes:
        workspace_ids: All of them.
    """

    _cause = "The site certainly has more than one workspace, and this library does not guess."
    _remedies: ClassVar[tuple[str, ...]] = ("You: pass the right one as workspace_id=.",)

    def __init__(self, what: str, *, workspace_ids: Sequence[str] = (), **facts: Unpack[Facts]) -> None:
        super().__init__(what, **facts)
        self.workspace_ids: tuple[str, ...] = tuple(workspace_ids)


class RolesNotSettableError(AssetsError):
    """The roles of the object schema cannot be set from here.

    Attributes:
        link: The page where a person can set them.
        steps: What to do there, in order.
    """

    _cause = (
        "There is no public call for roles, and the site's own one certainly does not take this credential."
    )
    _remedies: ClassVar[tuple[str, ...]] = (
        "An object schema manager: set the roles on the page that is named above.",
    )

    def __init__(
        self, what: str, *, link: str = "", steps: Sequence[str] = (), **facts: Unpack[Facts]
    ) -> None:
        if steps and "remedies" not in facts:
            facts["remedies"] = steps
        super().__init__(what, **facts)
        self.link = link
        self.steps: tuple[str, ...] = tuple(steps)


class DefaultRolesError(AssetsError):
    """The object schema still has the roles of a new one: every Jira Service Management group may change its objects."""

    _cause = "A new object schema certainly gives the developer role to every Jira Service Management group."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: set the roles with set_roles(), or say that the open roles are wanted.",
        "Or an object schema manager: in Assets, open the schema, Configuration, Roles, and empty the developers.",
    )


class UnknownOutcomeError(AssetsError):
    """It is not known whether the service did what was asked, and doing it again is not safe."""

    _cause = "The connection broke after the request was sent and before the answer was complete."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: look whether it was done, in Assets or by reading it; repeat it only if it was not.",
    )


class ImportCancelledError(AssetsError):
    """The import was cancelled.

    Attributes:
        execution: The execution, or None.
        result: What was sent and confirmed until then, or None.
    """

    _cause = "Somebody certainly cancelled the execution, in Assets or from another program."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: find out who cancelled it, then start or resume the import.",
    )

    def __init__(
        self,
        what: str,
        *,
        execution: Execution | None = None,
        result: ImportResult | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(what, **facts)
        self.execution = execution
        self.result = result


class ImportTimeoutError(AssetsError, TimeoutError):
    """Assets had not finished the import when the time to wait was over; it goes on there.

    Attributes:
        execution: The execution, to wait for it again.
        result: What is known until then, or None.
    """

    _cause = "Assets is probably still processing what was sent."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: wait again with the execution of this error, or look at the import in Assets.",
    )

    def __init__(
        self,
        what: str,
        *,
        execution: Execution | None = None,
        result: ImportResult | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(what, **facts)
        self.execution = execution
        self.result = result


class ImportInterruptedError(AssetsError):
    """The import stopped half-way, and was not completed; the original failure is its `__cause__`.

    Attributes:
        execution: The execution, or None.
        result: What was sent and confirmed until then, or None.
    """

    _cause = "The source of the records failed, or a chunk could not be sent."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: correct the original failure.",
        "You: then resume the import with its journal, or start it again; records are updated, not doubled.",
    )

    def __init__(
        self,
        what: str,
        *,
        execution: Execution | None = None,
        result: ImportResult | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(what, **facts)
        self.execution = execution
        self.result = result


class FailedObjectsError(AssetsError):
    """The import ended, but Assets did not take some of the objects.

    Attributes:
        result: The whole result, with the reasons.
    """

    _cause = "Some records certainly break rules of their object type."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: look at the failed records in the result, correct them, and import them again.",
    )

    def __init__(self, what: str, *, result: ImportResult | None = None, **facts: Unpack[Facts]) -> None:
        super().__init__(what, **facts)
        self.result = result


class MassDeletionGuardError(AssetsError):
    """Completing the import would remove suspiciously many objects; it was not completed."""

    _cause = "The source probably gave only a part of the records, and the import may be set to remove objects that are missing."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: check the source.",
        "You: allow the removal explicitly if it is wanted.",
    )


class ResolutionNotPossibleError(AssetsError):
    """This way out of a conflict is not possible here."""

    _cause = "The existing object type certainly does not allow this resolution."
    _remedies: ClassVar[tuple[str, ...]] = ("You: take one of the choices that the conflict offers.",)


class StalePlanError(AssetsError):
    """What exists has changed since the plan was made; nothing was sent."""

    _cause = "Somebody certainly changed the mapping or the schema in the meantime."
    _remedies: ClassVar[tuple[str, ...]] = ("You: plan again, look at the new plan, and build with it.",)


class ImpossibleChangeError(AssetsError):
    """The plan contains changes that the service does not make; nothing was sent."""

    _cause = "The service certainly does not change existing object types or attributes in this way."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: keep what exists in the model, or let an object schema manager change it in Assets first.",
    )


class JournalError(AssetsError):
    """The journal of an import cannot be used."""

    _cause = "The file is probably damaged, not a journal, or on a disk that is full or not writable."
    _remedies: ClassVar[tuple[str, ...]] = ("You: choose another file for the journal, or restore this one.",)


class JournalLockedError(JournalError):
    """Another process is using this journal."""

    _cause = "Another import certainly uses the same journal at this moment."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: wait until it has ended, or give each import a journal of its own.",
    )


class JournalMismatchError(JournalError):
    """The journal belongs to another import, or to other records."""

    _cause = "The journal was certainly written for another import token, model or set of records."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: resume with what the journal was written for, or start again with a new journal.",
    )


class ClosedError(AssetsError):
    """The connection was used after it had been closed."""

    _cause = "The connection was certainly closed, usually at the end of its with block."
    _remedies: ClassVar[tuple[str, ...]] = (
        "You: make a new connection, or do the work inside the with block.",
    )
