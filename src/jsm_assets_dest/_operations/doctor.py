"""Find out whether an account can do the job on a site: twelve checks that depend on each other, in at most eleven requests.

Only read requests are sent. What can't be tried without writing is unknown, unless the account's permissions decide it. A failed check is an entry of the report; what depends on it is skipped with its reason.
The identity is checked first, because Jira responds to permission queries from anonymous users too. The plan and the
account's products are read before Assets, because Assets returns the same error for a missing plan and a missing license.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, evolve, field

from .._assets.reports import NOT_KNOWN, CheckRecorder, CheckState, ConnectionReport
from .._http.commands import Operation
from .._session.call import call
from .._session.credentials import ApiToken, ForgeToken, OAuthToken
from .._session.site import Site
from .._session.workspace import (
    accept_account,
    assets_base,
    gateway_takes,
    jira_base,
    listed_workspaces,
    only_workspace,
    site_address,
)
from .._wire import address_book
from .._wire import schema_requests as schema_wire
from .._wire import site_requests as wire
from .._wire.decision_table import no_license
from .._wire.json_reading import read_object, read_text
from .._wire.phrases import ALL_SCOPES
from ..exceptions import (
    AccessDeniedError,
    ApiError,
    AppNotInstalledError,
    AssetsError,
    AssetsNotAvailableError,
    AuthenticationError,
    BadCredentialsError,
    ConfigurationError,
    HtmlResponseError,
    ImportTargetMismatchError,
    IpAllowlistError,
    NotFoundError,
    NotJiraAdminError,
    ScopeMismatchError,
    SiteNotFoundError,
)
from ..exceptions._declared import Place

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
WRITING = "writing"
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
    WRITING,
    OBJECT_SCHEMA,
    IMPORT,
)

#: The product key of Jira Service Management in licenses and in an account's roles.
JSM = "jira-servicedesk"

#: Failures after which every further request would fail in the same way.
_FATAL = (
    AuthenticationError,
    IpAllowlistError,
    SiteNotFoundError,
    HtmlResponseError,
    AppNotInstalledError,
    ConfigurationError,
    ImportTargetMismatchError,
    *NOT_KNOWN,
)


def check(site: Site) -> Operation[ConnectionReport]:
    """Find out whether the account can do the job, and if not, why not and who must act."""
    return (yield from _Doctor(site).report())


@define
class _Doctor:
    """One run of the checks."""

    site: Site
    checks: CheckRecorder = field(init=False)
    plan: str | None = None
    schema_id: str = ""

    def __attrs_post_init__(self) -> None:
        self.checks = CheckRecorder.of(self.site)

    @property
    def host(self) -> str:
        """The site's host."""
        return self.site.url.partition("://")[2]

    @property
    def account(self) -> str:
        """The account in the middle of a sentence."""
        return self.site.credentials.account_label

    def report(self) -> Operation[ConnectionReport]:
        """Run the checks."""
        site, checks = self.site, self.checks
        yield from self.run(SITE, self.check_site)
        checks.host = self.host
        if isinstance(checks.error(SITE), _FATAL):
            checks.block(SITE)
        yield from self.run(IDENTITY, self.check_identity)
        if not checks.is_ok(IDENTITY) and not isinstance(checks.error(IDENTITY), ScopeMismatchError):
            checks.block(IDENTITY)
        yield from self.run(JIRA_ADMIN, self.check_admin)
        yield from self.run(SITE_PLAN, self.check_plan, is_essential=False)
        yield from self.run(JSM_ACCESS, self.check_service_desks)
        yield from self.run(JSM_INSTALLED, self.check_installed, is_essential=False)
        self.conclude_license()
        # A missing scope says nothing about other requests; a missing license does.
        if checks.has_failed(JSM_ACCESS) and not isinstance(checks.error(JSM_ACCESS), ScopeMismatchError):
            checks.block(JSM_ACCESS)
        yield from self.run(ASSETS, self.check_workspace)
        if not checks.is_ok(ASSETS):
            checks.block(ASSETS)
        yield from self.run(ASSETS_DATA, self.check_schemas)
        self.conclude_plan()
        if not checks.is_ok(ASSETS_DATA):
            checks.block(ASSETS_DATA)
        yield from self.run(WRITING, self.check_scopes)
        if checks.is_ok(WRITING):
            self.conclude_writing()
        checks.skip(
            OBJECT_SCHEMA, "Not checked: pass an object schema key to get_object_schema() to check it."
        )
        checks.skip(IMPORT, "Not checked: call check() of the import token.")
        account = site.account
        return ConnectionReport(
            checks=tuple(checks.checks[name] for name in NAMES),
            site=site.url,
            account=site.credentials.account_label,
            account_id=None if account is None else account.id,
            cloud_id=site.cloud_id,
            workspace_id=site.workspace_id,
            proxies=site.proxies,
        )

    def run(
        self, name: str, step: Callable[[], Operation[tuple[str, str]]], *, is_essential: bool = True
    ) -> Operation[None]:
        """Run a check, with the causes that the plan and the account's products point to."""
        # A site that can't be reached is a failed check, because nothing works without it.
        unknown = () if name == SITE else NOT_KNOWN
        yield from self.checks.run(name, self.explained(step()), is_essential=is_essential, unknown=unknown)

    # --- the twelve checks ------------------------------------------------------------------------------------------

    def check_site(self) -> Operation[tuple[str, str]]:
        """1: the host is a Jira site, with this cloud id."""
        site = self.site
        if not site.is_named:
            try:
                yield from site_address(site)
            except (AuthenticationError, AccessDeniedError):
                # The next check reports whatever prevents the login.
                return "The site is the one that the Forge token is for.", f"cloud id {site.cloud_id}"
            return f"The site is {site.url}.", f"cloud id {site.cloud_id}"
        cloud_id = wire.read_cloud_id((yield from call(site, wire.tenant_info(site.url))))
        if site.cloud_id and site.cloud_id != cloud_id:
            is_forge = isinstance(site.credentials, ForgeToken)
            raise ImportTargetMismatchError(
                f"{self.host} has the cloud id {cloud_id}, not {site.cloud_id}.",
                cause=f"The {'Forge token' if is_forge else 'cloud id'} belongs to another site.",
                remedies=(
                    "You: leave the site out; the Forge token contains its address."
                    if is_forge
                    else "You: leave cloud_id out; it is looked up.",
                ),
            )
        site.cloud_id = cloud_id
        return "The site responds.", f"cloud id {cloud_id}"

    def check_identity(self) -> Operation[tuple[str, str]]:
        """2: the login succeeds. It is always tried again."""
        site = self.site
        site.account = None
        account: wire.Account | None = None
        rejection: AssetsError | None = None
        try:
            account = yield from self.read_account()
        except BadCredentialsError as error:
            if not (yield from gateway_takes(site, error)):
                rejection = error
        except (AccessDeniedError, NotFoundError) as error:
            rejection = error
        if rejection is not None:
            if not isinstance(rejection, IpAllowlistError):
                yield from self.check_consent()
            raise rejection
        # The gateway returned the account too, unless the token lacks just this scope.
        account = account or self.found_account() or (yield from self.read_account())
        kind = ""
        if site.is_scoped is not None:
            kind = ", a token with scopes" if site.is_scoped else ", a classic token"
        elif site.prefers_gateway:
            kind = f", on the gateway only: {self.host} responded as to an anonymous user"
        return (
            f"Logged in as {account.name or account.email or account.id}.",
            f"account id {account.id}{kind}",
        )

    def found_account(self) -> wire.Account | None:
        """Return the account that was found while the gateway was tried."""
        return self.site.account

    def read_account(self) -> Operation[wire.Account]:
        """2: the owner of the credential."""
        site = self.site
        base = yield from jira_base(site)
        return accept_account(site, (yield from call(site, wire.myself(base, site.url))))

    def check_consent(self) -> Operation[None]:
        """2: after an OAuth token was rejected, find out whether it was granted for other sites only."""
        site = self.site
        if not isinstance(site.credentials, OAuthToken):
            return
        try:
            resources = wire.read_resources((yield from call(site, wire.accessible_resources(site.gateway))))
        except AssetsError:
            return  # this only explains the rejection, which is reported in any case
        if resources and site.cloud_id not in resources:
            sites = ", ".join(url or cloud_id for cloud_id, url in resources.items())
            raise AppNotInstalledError(
                f"The OAuth token was not granted for {self.host}, but for {sites}.",
                cause="Consent was given for other sites only.",
                cause_is_certain=True,
                remedies=(
                    "You: use a site that the token was granted for.",
                    address_book.APPS.remedy("install the app, or consent to it again for this site"),
                ),
                operation="list accessible resources",
            )

    def check_admin(self) -> Operation[tuple[str, str]]:
        """3: the account is a Jira administrator."""
        site = self.site
        base = yield from jira_base(site)
        response = yield from call(site, wire.permissions(base, site.url, "ADMINISTER"))
        if not wire.read_permissions(response).get("ADMINISTER", False):
            raise NotJiraAdminError(
                f"{self.account} is not a Jira administrator.",
                cause="Only Jira administrators can create object schemas.",
                remedies=(
                    address_book.GLOBAL_PERMISSIONS.remedy(
                        f"give {self.account} the Administer Jira permission", self.host
                    ),
                    "Or a Jira admin: create the object schema, and add the account as an object schema manager.",
                ),
                operation="read permissions",
                account=self.account,
            )
        return "The account is a Jira administrator.", "ADMINISTER"

    def check_plan(self) -> Operation[tuple[str, str]]:
        """5: the site has Jira Service Management, and a paid or a free plan. The tier is not visible."""
        site = self.site
        base = yield from jira_base(site)
        plans = wire.read_plans((yield from call(site, wire.licence(base, site.url))))
        self.plan = plans.get(JSM, "")
        if not self.plan:
            raise AssetsNotAvailableError(
                f"{self.host} has no Jira Service Management.",
                cause="Assets is part of Jira Service Management, which is not among the products of the site.",
                cause_is_certain=True,
                remedies=(
                    address_book.PLANS.remedy(
                        "add Jira Service Management, with a plan that includes Assets"
                    ),
                ),
                operation="read licence",
            )
        return "The site has Jira Service Management.", f"plan {self.plan}"

    def check_service_desks(self) -> Operation[tuple[str, str]]:
        """7: the account can use Jira Service Management."""
        site = self.site
        base = yield from jira_base(site)
        yield from call(site, wire.service_desks(base, site.url))
        return "The account can use Jira Service Management.", ""

    def check_installed(self) -> Operation[tuple[str, str]]:
        """6: Jira Service Management is installed. The request needs no login, so it proves nothing about the account."""
        if self.checks.is_ok(JSM_ACCESS):
            return "Jira Service Management is installed.", "it responded to the account"
        site = self.site
        base = yield from jira_base(site)
        if not wire.read_is_licensed((yield from call(site, wire.service_desk_info(base, site.url)))):
            raise AssetsNotAvailableError(
                "Jira Service Management is installed, but not licensed.",
                cause="The license of Jira Service Management has ended on this site.",
                cause_is_certain=True,
                remedies=(address_book.PLANS.remedy("renew Jira Service Management"),),
                operation="read service desk info",
            )
        return "Jira Service Management is installed.", "isLicensedForUse"

    def conclude_license(self) -> None:
        """4: the account has the product, by its roles and by whether it could use it."""
        checks = self.checks
        account = self.site.account
        roles = None if account is None else account.product_roles
        if checks.is_ok(JSM_ACCESS):
            evidence = JSM if roles and JSM in roles else "it can be used"
            checks.ok(JSM_LICENCE, "The account has access to Jira Service Management.", evidence)
        elif checks.is_blocked:
            checks.skip(JSM_LICENCE)
        elif roles is None:
            checks.skip(JSM_LICENCE, "Not checked: Jira did not list the products of the account.")
        elif JSM in roles:
            checks.ok(JSM_LICENCE, "The account has access to Jira Service Management.", JSM)
        else:
            denial = checks.error(JSM_ACCESS)
            place = Place(operation="read myself", account=self.account) if denial is None else denial.place()
            error = no_license("Could not use Jira Service Management", self.account, place, certain=True)
            checks.fail(JSM_LICENCE, error, evidence=f"products: {', '.join(roles) or 'none'}")

    def check_workspace(self) -> Operation[tuple[str, str]]:
        """8: the site has an Assets workspace."""
        site = self.site
        base = yield from jira_base(site)
        ids = yield from listed_workspaces(site, call(site, wire.workspaces(base, site.url)))
        if site.workspace_id and site.workspace_id not in ids:
            raise ImportTargetMismatchError(
                f"{self.host} has no Assets workspace {site.workspace_id}; it has {', '.join(ids)}.",
                cause="The workspace id belongs to another site.",
                remedies=("You: leave workspace_id out, or pass one of those that are named above.",),
            )
        site.workspace_id = site.workspace_id or only_workspace(site, ids)
        return "The site has an Assets workspace.", f"workspace {site.workspace_id}"

    def check_schemas(self) -> Operation[tuple[str, str]]:
        """9: the account can read Assets."""
        site = self.site
        base = yield from assets_base(site)
        response = yield from call(site, schema_wire.list_object_schemas(base, size=1, counts=False))
        page = schema_wire.read_page(response)
        if page.values:
            self.schema_id = read_text(read_object(page.values[0], "an object schema"), "id")
        return "The account can read Assets.", "" if page.values else "no object schema is visible yet"

    def check_scopes(self) -> Operation[tuple[str, str]]:
        """10: a token with scopes can read the other parts of Assets, each of which needs its own scope."""
        site = self.site
        if self.is_classic:
            return "", ""
        base = yield from assets_base(site)
        requests = [schema_wire.list_statuses(base, None)]
        if self.schema_id:
            requests.append(schema_wire.list_object_types(base, self.schema_id, counts=False))
            requests.append(schema_wire.list_attributes(base, self.schema_id))
        for request in requests:
            try:
                yield from call(site, request)
            except (ScopeMismatchError, *NOT_KNOWN):
                raise
            except ApiError:
                continue  # a missing role in one object schema says nothing about the token
        return "", ""

    @property
    def is_classic(self) -> bool:
        """True for an API token without scopes, which has all permissions of its account."""
        return isinstance(self.site.credentials, ApiToken) and self.site.is_scoped is False

    def conclude_writing(self) -> None:
        """10: writing can't be tried. Only the permissions of an administrator with an unlimited token decide it."""
        checks = self.checks
        if not self.is_classic:
            checks.checks[WRITING] = evolve(
                checks.checks[WRITING],
                state=CheckState.UNKNOWN,
                summary="The token can read. Creating and changing can't be tried without writing.",
                evidence=f"the job needs all of these scopes: {', '.join(ALL_SCOPES)}",
            )
        elif checks.is_ok(JIRA_ADMIN):
            checks.ok(
                WRITING,
                "The account may create and change object schemas.",
                "a Jira administrator, with a token without scopes",
            )
        else:
            checks.skip(WRITING, "Not checked: it depends on the roles in the object schema.")

    def conclude_plan(self) -> None:
        """5 again: a free plan matters only if Assets can't be used."""
        checks = self.checks
        if self.plan == "FREE" and checks.has_failed(ASSETS, ASSETS_DATA) and checks.is_ok(SITE_PLAN):
            checks.checks[SITE_PLAN] = evolve(
                checks.checks[SITE_PLAN],
                state=CheckState.FAILED,
                summary="The site has Jira Service Management on the free plan.",
                cause=_FREE_PLAN,
                cause_is_certain=True,
                remedies=(_CHANGE_PLAN,),
                who=address_book.PLANS.who,
            )

    # --- causes -----------------------------------------------------------------------------------------------------

    def explained(self, step: Operation[tuple[str, str]]) -> Operation[tuple[str, str]]:
        """Run a check; add to its error what is known about the plan and the account."""
        try:
            return (yield from step)
        except AssetsNotAvailableError as error:
            self.explain(error)
            raise
        except AssetsError:
            raise
        except Exception as error:  # noqa: BLE001 - a token provider or a transport of the caller may raise anything
            # Its text is not shown, because it may contain anything.
            name = type(error).__name__
            failure = (
                ConfigurationError(
                    f"The function that returns the access token raised {name}.",
                    field="auth",
                    fix="correct the function that was passed to OAuthToken.",
                )
                if error is self.site.provider_error
                else AssetsError(
                    f"The check stopped with an unexpected {name}.",
                    cause="The transport or another function that was passed to the connection raised it.",
                    remedies=(
                        "You: if you pass a transport or a clock, correct it.",
                        "Or you: report this as a bug of this library.",
                    ),
                )
            )
        raise failure

    def explain(self, error: AssetsNotAvailableError) -> None:
        """Replace the general cause by the one that the plan and the account's products point to."""
        if not self.plan or error.status is None:
            return
        account = self.site.account
        roles = None if account is None else account.product_roles
        if self.plan == "FREE":
            error.cause, error.cause_is_certain = _FREE_PLAN, True
            error.remedies = (_CHANGE_PLAN,)
        elif roles is not None and JSM not in roles:
            error.cause = "The account has no access to Jira Service Management; the plan is a paid one."
            error.remedies = (
                address_book.USERS.remedy(
                    f"give {self.account} access to Jira Service Management as an agent"
                ),
            )
        else:
            error.cause = (
                "The plan is a paid one and the account has access, so the plan lacks Assets (Premium and Enterprise "
                "include it), or Assets was never opened on this site."
            )
            error.remedies = (
                address_book.open_assets(self.host),
                address_book.PLANS.remedy("check that the plan includes Assets"),
            )


_FREE_PLAN = "Jira Service Management is on the free plan, which does not include Assets."
_CHANGE_PLAN = address_book.PLANS.remedy("change to a plan that includes Assets")
