"""Whether an account can do the job on a site: eleven checks that build on each other, in at most eight requests.

Only reads are sent. A failed check is an entry of the report; what cannot be judged after it is skipped with the reason.
The order matters: permissions are answered for anonymous visitors, too, so that the identity is proven first; and what
the plan and the account's products say is asked before Assets, because a refusal by Assets sounds the same for a missing
plan and for a missing licence.

It is a little over five hundred lines and stays in one piece: each check leans on what the ones before it found out, and
the order is what has to be read.
"""

from __future__ import annotations

from attrs import define, evolve, field

from .._assets.reports import Check, CheckState, ConnectionReport
from .._http.commands import Operation
from .._session.call import call
from .._session.credentials import ForgeToken, OAuthToken
from .._session.site import Site
from .._session.workspace import assets_base, believed, gateway_takes, jira_base, site_address, the_workspace
from .._wire import address_book
from .._wire import schema_requests as schema_wire
from .._wire import site_requests as wire
from ..exceptions import (
    AccessDeniedError,
    AppNotInstalledError,
    AssetsError,
    AssetsNotAvailableError,
    AuthenticationError,
    BadCredentialsError,
    ConfigurationError,
    HtmlResponseError,
    ImportTargetMismatchError,
    IpAllowlistError,
    JsmLicenseRequiredError,
    MalformedAnswerError,
    NotFoundError,
    NotJiraAdminError,
    RateLimitedError,
    ScopeMismatchError,
    ServiceUnavailableError,
    SiteNotFoundError,
    TransportError,
)

#: The names of the checks, in the order of the report.
SITE = "site"
IDENTITY = "identity"
JIRA_ADMIN = "jira admin"
JSM_LICENCE = "jsm licence"
SITE_PLAN = "site plan"
JSM_INSTALLED = "jsm installed"
JSM_ACCESS = "jsm access"
ASSETS = "assets"
ASSETS_DATA = "assets data"
OBJECT_SCHEMA = "object schema"
IMPORT = "import"
NAMES = (
    SITE,
    IDENTITY,
    JIRA_ADMIN,
    JSM_LICENCE,
    SITE_PLAN,
    JSM_INSTALLED,
    JSM_ACCESS,
    ASSETS,
    ASSETS_DATA,
    OBJECT_SCHEMA,
    IMPORT,
)

#: The product key of Jira Service Management in licences and in an account's roles.
JSM = "jira-servicedesk"

#: Failures that say nothing about what was asked: the answer is not known.
_NOT_KNOWN = (TransportError, RateLimitedError, ServiceUnavailableError, MalformedAnswerError)
#: Failures after which every further request would fail in the same way.
_HOPELESS = (
    AuthenticationError,
    IpAllowlistError,
    SiteNotFoundError,
    HtmlResponseError,
    AppNotInstalledError,
)


def check(site: Site) -> Operation[ConnectionReport]:
    """Find out whether the account can do the job, and if not, why not and who must do what."""
    return (yield from _Doctor(site).report())


@define
class _Doctor:
    """One run of the checks: what was found so far."""

    site: Site
    checks: dict[str, Check] = field(factory=dict[str, Check])
    plan: str | None = None
    #: Why nothing further can be asked, or "".
    hopeless: str = ""

    def report(self) -> Operation[ConnectionReport]:
        """Run the checks."""
        site = self.site
        yield from self.judged(SITE, self.ask_site())
        if self.failed(SITE) and self.is_lost(SITE):
            self.hopeless = "The site could not be reached."
        yield from self.judged(IDENTITY, self.ask_identity())
        if not self.is_ok(IDENTITY) and not isinstance(self.error(IDENTITY), ScopeMismatchError):
            self.hopeless = self.hopeless or (
                "The login was not accepted."
                if self.failed(IDENTITY)
                else "Who is asking could not be found out."
            )
        yield from self.judged(JIRA_ADMIN, self.ask_admin())
        yield from self.judged(SITE_PLAN, self.ask_plan(), essential=False)
        yield from self.judged(JSM_ACCESS, self.ask_service_desks())
        yield from self.judge_installed()
        self.judge_licence()
        # A missing scope says nothing about other calls; a missing licence does.
        if self.failed(JSM_ACCESS) and not isinstance(self.error(JSM_ACCESS), ScopeMismatchError):
            self.hopeless = self.hopeless or "It cannot be judged without access to Jira Service Management."
        yield from self.judged(ASSETS, self.ask_workspace())
        if not self.is_ok(ASSETS):
            self.hopeless = self.hopeless or "No Assets workspace was found."
        yield from self.judged(ASSETS_DATA, self.ask_schemas())
        self.judge_plan()
        self.skip(OBJECT_SCHEMA, "No object schema was named; get_object_schema() looks for one.")
        self.skip(IMPORT, "The import token has a check() of its own.")
        account = site.account
        return ConnectionReport(
            checks=tuple(self.checks[name] for name in NAMES),
            site=site.url,
            account=site.credentials.account_label,
            account_id=None if account is None else account.id,
            cloud_id=site.cloud_id,
            workspace_id=site.workspace_id,
            proxies=site.proxies,
        )

    # --- the eleven steps -------------------------------------------------------------------------------------------

    def ask_site(self) -> Operation[tuple[str, str]]:
        """1: the host is a Jira site, and what its cloud id is."""
        site = self.site
        if not site.url:
            try:
                yield from site_address(site)
            except (AuthenticationError, AccessDeniedError):
                # Whatever bars the login is the next check's matter.
                return "The site is the one that the Forge token is for.", f"cloud id {site.cloud_id}"
            return f"The site is {site.url}.", f"cloud id {site.cloud_id}"
        found = wire.read_cloud_id((yield from call(site, wire.tenant_info(site.url))))
        if site.cloud_id and site.cloud_id != found:
            forge = isinstance(site.credentials, ForgeToken)
            raise ImportTargetMismatchError(
                f"{site.url} has the cloud id {found}, but {site.cloud_id} was given.",
                cause=f"The {'Forge token' if forge else 'cloud id'} that was given certainly belongs to another site.",
                remedies=(
                    "You: leave the site out; the address of the Forge token says it."
                    if forge
                    else "You: leave cloud_id out; it is found by itself.",
                ),
            )
        site.cloud_id = found
        return "The site answers.", f"cloud id {found}"

    def ask_identity(self) -> Operation[tuple[str, str]]:
        """2: the login is accepted; asked anew, whatever was found out before."""
        site = self.site
        site.account = None
        account: wire.Account | None = None
        refusal: AssetsError | None = None
        try:
            account = yield from self.ask_myself()
        except BadCredentialsError as error:
            if not (yield from gateway_takes(site, error)):
                refusal = error
        except (AccessDeniedError, NotFoundError) as error:
            refusal = error
        if refusal is not None:
            if not isinstance(refusal, IpAllowlistError):
                yield from self.ask_grants()
            raise refusal
        # Asking the gateway brought the account along, unless the token lacks just this scope.
        account = account or self.known_account() or (yield from self.ask_myself())
        kind = ""
        if site.is_scoped is not None:
            kind = ", a token with scopes" if site.is_scoped else ", a classic token"
        elif site.prefers_gateway:
            kind = f", on the gateway only: {self.host()} answered as if it had seen no login"
        who = account.name or account.email or account.id
        return f"The login is accepted: {who}.", f"account id {account.id}{kind}"

    def ask_myself(self) -> Operation[wire.Account]:
        """2: whose credential it is."""
        site = self.site
        base = yield from jira_base(site)
        return believed(site, (yield from call(site, wire.myself(base, site.url))))

    def ask_grants(self) -> Operation[None]:
        """2: when an OAuth token was refused, whether it was granted for other sites only."""
        site = self.site
        if not isinstance(site.credentials, OAuthToken):
            return
        try:
            granted = wire.read_resources((yield from call(site, wire.accessible_resources(site.gateway))))
        except AssetsError:
            return  # it only explains, and the refusal is reported in any case
        if granted and site.cloud_id not in granted:
            named = ", ".join(url or identifier for identifier, url in granted.items())
            raise AppNotInstalledError(
                f"The OAuth token was not granted for {site.url}, but for {named}.",
                cause="Consent was certainly given for other sites only.",
                remedies=(
                    "You: use the site that it was granted for.",
                    address_book.APPS.asked_to("install the app, or consent to it again for this site"),
                ),
                operation="list accessible resources",
            )

    def ask_admin(self) -> Operation[tuple[str, str]]:
        """3: the account is a Jira administrator."""
        site = self.site
        base = yield from jira_base(site)
        response = yield from call(site, wire.permissions(base, site.url, "ADMINISTER"))
        if not wire.read_permissions(response).get("ADMINISTER", False):
            raise NotJiraAdminError(
                "The account is no Jira administrator.",
                remedies=(
                    address_book.GLOBAL_PERMISSIONS.asked_to("give the account Administer Jira", self.host()),
                    "Or a Jira admin: make the object schema and its import for this account.",
                ),
                operation="read permissions",
                account=self.account_id(),
            )
        return "The account is a Jira administrator.", "ADMINISTER"

    def ask_plan(self) -> Operation[tuple[str, str]]:
        """5: the site has Jira Service Management, and whether it is paid for; the tier cannot be seen."""
        site = self.site
        base = yield from jira_base(site)
        plans = wire.read_plans((yield from call(site, wire.licence(base, site.url))))
        self.plan = plans.get(JSM, "")
        if not self.plan:
            raise AssetsNotAvailableError(
                "The site has no Jira Service Management.",
                cause="Assets is part of Jira Service Management, which certainly is not among the site's products.",
                remedies=(
                    address_book.PLANS.asked_to(
                        "add Jira Service Management, on a plan that includes Assets"
                    ),
                ),
                operation="read licence",
            )
        return "The site has Jira Service Management.", f"plan {self.plan}"

    def ask_service_desks(self) -> Operation[tuple[str, str]]:
        """7: the account's access to Jira Service Management works."""
        site = self.site
        base = yield from jira_base(site)
        yield from call(site, wire.service_desks(base, site.url))
        return "The account can use Jira Service Management.", ""

    def judge_installed(self) -> Operation[None]:
        """6: Jira Service Management is installed; asked only when using it did not prove it."""
        if self.is_ok(JSM_ACCESS):
            self.ok(JSM_INSTALLED, "Jira Service Management is installed.", "it answered the account")
            return
        yield from self.judged(JSM_INSTALLED, self.ask_installed(), essential=False)

    def ask_installed(self) -> Operation[tuple[str, str]]:
        """6: answered without a login, so that it proves nothing about the account."""
        site = self.site
        base = yield from jira_base(site)
        if not wire.read_is_licensed((yield from call(site, wire.service_desk_info(base, site.url)))):
            raise AssetsNotAvailableError(
                "Jira Service Management is installed, but not licensed.",
                cause="The licence of Jira Service Management has certainly ended on this site.",
                remedies=(address_book.PLANS.asked_to("renew Jira Service Management"),),
                operation="read service desk info",
            )
        return "Jira Service Management is installed.", "isLicensedForUse"

    def judge_licence(self) -> None:
        """4: the account has the product, by its roles and by whether using it worked."""
        account = self.site.account
        roles = None if account is None else account.product_roles
        if self.is_ok(JSM_ACCESS):
            evidence = JSM if roles and JSM in roles else "using it works"
            self.ok(JSM_LICENCE, "The account has access to Jira Service Management.", evidence)
        elif self.hopeless:
            self.skip(JSM_LICENCE, self.hopeless)
        elif roles is None:
            self.skip(JSM_LICENCE, "Jira did not say which products the account may use.")
        elif JSM in roles:
            self.ok(JSM_LICENCE, "The account has access to Jira Service Management.", JSM)
        else:
            error = JsmLicenseRequiredError(
                "The account has no access to Jira Service Management.",
                cause="The product is not among those that the account may use; this is certain.",
                remedies=(
                    address_book.USERS.asked_to(
                        "give the account access to Jira Service Management as an agent"
                    ),
                ),
                operation="read myself",
                account=self.account_id(),
            )
            self.note(
                JSM_LICENCE, CheckState.FAILED, error, 0.0, evidence=f"products: {', '.join(roles) or 'none'}"
            )

    def ask_workspace(self) -> Operation[tuple[str, str]]:
        """8: the site has an Assets workspace."""
        site = self.site
        base = yield from jira_base(site)
        ids = wire.read_workspace_ids((yield from call(site, wire.workspaces(base, site.url))))
        if site.workspace_id and site.workspace_id not in ids:
            raise ImportTargetMismatchError(
                f"The site has no Assets workspace {site.workspace_id}; it has {', '.join(ids)}.",
                cause="The workspace id that was given certainly belongs to another site.",
                remedies=("You: leave workspace_id out, or pass one of those that are named.",),
            )
        site.workspace_id = site.workspace_id or the_workspace(site, ids)
        return "The site has an Assets workspace.", f"workspace {site.workspace_id}"

    def ask_schemas(self) -> Operation[tuple[str, str]]:
        """9: Assets lets the account in."""
        site = self.site
        base = yield from assets_base(site)
        response = yield from call(site, schema_wire.list_object_schemas(base, size=1, counts=False))
        page = schema_wire.read_page(response)
        return "Assets lets the account in.", "" if page.values else "no object schema is visible yet"

    def judge_plan(self) -> None:
        """5 once more: a free plan matters only when Assets cannot be used."""
        if self.plan == "FREE" and self.failed(ASSETS, ASSETS_DATA) and self.is_ok(SITE_PLAN):
            self.checks[SITE_PLAN] = evolve(
                self.checks[SITE_PLAN],
                state=CheckState.FAILED,
                summary="The site has Jira Service Management on the free plan.",
                cause="The free plan certainly does not include Assets.",
                remedies=(address_book.PLANS.asked_to("change to a plan that includes Assets"),),
                who=address_book.PLANS.who,
            )

    # --- judging ----------------------------------------------------------------------------------------------------

    def judged(
        self, name: str, step: Operation[tuple[str, str]], *, essential: bool = True
    ) -> Operation[None]:
        """Run a step and note what came of it. One that only explains others is skipped when it cannot be read."""
        if self.hopeless:
            step.close()
            self.skip(name, self.hopeless)
            return
        started = self.site.clock.monotonic()
        try:
            summary, evidence = yield from step
        except AssetsError as error:
            seconds = self.site.clock.monotonic() - started
            known = not isinstance(error, _NOT_KNOWN) or name == SITE
            if not essential and (not known or error.status is not None):
                self.skip(name, f"It could not be read, and is not needed: {error.what}")
                return
            state = CheckState.FAILED if known else CheckState.UNKNOWN
            self.note(name, state, self.explained(error), seconds)
        except Exception as error:  # noqa: BLE001 - a token provider of the caller's may raise anything
            # Not its text: nobody knows what a provider writes into it.
            failure = ConfigurationError(
                f"The function that gives the access token raised {type(error).__name__}.",
                field="auth",
                fix="correct the function that was passed to OAuthToken.",
            )
            self.note(name, CheckState.FAILED, failure, self.site.clock.monotonic() - started)
        else:
            self.ok(name, summary, evidence, self.site.clock.monotonic() - started)

    def explained(self, error: AssetsError) -> AssetsError:
        """The same error with the cause that the plan and the account's products point to."""
        if not isinstance(error, AssetsNotAvailableError) or not self.plan or error.status is None:
            return error
        account = self.site.account
        roles = None if account is None else account.product_roles
        if self.plan == "FREE":
            error.cause = (
                "Jira Service Management is on the free plan, which certainly does not include Assets."
            )
            error.remedies = (address_book.PLANS.asked_to("change to a plan that includes Assets"),)
        elif roles is not None and JSM not in roles:
            error.cause = (
                "The account probably has no access to Jira Service Management; the plan is a paid one."
            )
            error.remedies = (
                address_book.USERS.asked_to("give the account access to Jira Service Management"),
            )
        else:
            error.cause = (
                "The plan is a paid one and the account has access: the plan probably lacks Assets, or Assets was never "
                "opened on this site."
            )
            error.remedies = (
                address_book.PLANS.asked_to(
                    "check that the plan includes Assets (Premium or Enterprise at the time of writing)"
                ),
                address_book.ALL_SCHEMAS.asked_to("open Assets once", self.host()),
            )
        return error

    def note(
        self, name: str, state: CheckState, error: AssetsError, seconds: float, *, evidence: str = ""
    ) -> None:
        """Note a failure."""
        self.checks[name] = Check(
            name=name,
            state=state,
            summary=error.what,
            evidence=evidence or ("" if error.status is None else f"HTTP {error.status}"),
            cause=error.cause,
            remedies=error.remedies,
            seconds=seconds,
            error=error,
        )

    def ok(self, name: str, summary: str, evidence: str, seconds: float = 0.0) -> None:
        """Note that all is well."""
        self.checks[name] = Check(
            name=name, state=CheckState.OK, summary=summary, evidence=evidence, seconds=seconds
        )

    def skip(self, name: str, why: str) -> None:
        """Note that something was not looked at, and why."""
        self.checks[name] = Check(name=name, state=CheckState.SKIPPED, summary=why)

    def is_ok(self, name: str) -> bool:
        """Whether a check went well."""
        return self.checks[name].state is CheckState.OK

    def failed(self, *names: str) -> bool:
        """Whether one of the checks failed."""
        return any(self.checks[name].state is CheckState.FAILED for name in names)

    def error(self, name: str) -> AssetsError | None:
        """The error behind a check."""
        return self.checks[name].error

    def is_lost(self, name: str) -> bool:
        """Whether the failure of a check makes every further request pointless."""
        return isinstance(
            self.error(name), (*_HOPELESS, *_NOT_KNOWN, ConfigurationError, ImportTargetMismatchError)
        )

    def known_account(self) -> wire.Account | None:
        """The account, if it was found out."""
        return self.site.account

    def host(self) -> str:
        """The site's host, for links."""
        return self.site.url.partition("://")[2]

    def account_id(self) -> str:
        """The account's id, or whose credential it is."""
        account = self.site.account
        return self.site.credentials.account_label if account is None else account.id
