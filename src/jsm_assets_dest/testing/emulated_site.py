"""The emulated site as one object: its state, its accounts and tokens, seeding, faults, and rate limits."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from .faults import Faults
from .handles import SeededSchema
from .http.access import Access, RateLimit
from .http.exchange import GATEWAY_HOST, ReceivedRequest, RequestLog
from .http.service import ROUTER, Service
from .import_handles import SeededExecution, SeededImportSource
from .site_profile import SiteProfile
from .state import load, save
from .transport import EmulatorTransport
from .world import accounts, schemas
from .world.accounts import ADMIN_GROUP, ALL_SCOPES, JIRA_GROUP, JSM_GROUP, Credentials
from .world.clock import EmulatorClock
from .world.doubts import Doubts
from .world.entities import Account, Group, ImportSource
from .world.imports import generate_token
from .world.objects import missing_policy
from .world.site import Site

DEFAULT_EMAIL = "ana@acme.com"


class EmulatedSite:
    """The state of an emulated site and what a test can do to it. See `Emulator` for the arguments."""

    def __init__(
        self,
        *,
        site: str = "https://acme.atlassian.net",
        strict: bool = True,
        import_seconds: float = 0.0,
        doubts: Doubts | None = None,
        profile: SiteProfile | str | os.PathLike[str] | None = None,
        state: str | os.PathLike[str] | None = None,
        clock: EmulatorClock | None = None,
        recorded_requests: int = 20_000,
        recorded_bytes: int = 64 * 1024 * 1024,
        locale: str = "en_US",
    ) -> None:
        if import_seconds < 0:
            raise ValueError("import_seconds must not be negative")
        if profile is not None:
            if doubts is not None:
                raise ValueError("pass doubts or profile, not both: a profile sets the switches")
            doubts = (profile if isinstance(profile, SiteProfile) else SiteProfile.load(profile)).doubts
        self.clock: EmulatorClock = clock if clock is not None else EmulatorClock()
        self.strict = strict
        self.world: Site = Site(self.clock, doubts if doubts is not None else Doubts())
        self.world.import_seconds = import_seconds
        accounts.check_locale(locale)
        self.world.settings.update(site=site.rstrip("/"), locale=locale)
        self._credentials = Credentials(self.world)
        self._file = Path(state) if state is not None else None
        self.access: Access = Access(self.world, self._credentials)
        self.faults: Faults = Faults(ROUTER.names(), self.world)
        self._service = Service(
            self.world,
            self.access,
            self._credentials,
            strict=strict,
            strike=self.faults.strike,
            requests=RequestLog(recorded_requests, recorded_bytes),
        )
        self._service.site_host = urlsplit(site).netloc
        self.transport: EmulatorTransport = EmulatorTransport(self._service, self.clock)
        self._add_first_accounts()
        if self._file is not None and self._file.exists():
            load(self._file, self.world, self._credentials)

    # Identity -----------------------------------------------------------------------------------------------

    @property
    def site(self) -> str:
        """The address of the site."""
        return str(self.world.settings["site"])

    @property
    def gateway(self) -> str:
        """The address of Atlassian's API gateway."""
        return f"https://{GATEWAY_HOST}"

    @property
    def cloud_id(self) -> str:
        """The cloud id of the site."""
        return self.world.cloud_id

    @property
    def workspace_id(self) -> str:
        """The id of its Assets workspace."""
        return self.world.workspace_id

    @property
    def account(self) -> Account:
        """The default account: a Jira administrator and agent of Jira Service Management."""
        return next(iter(self.world.accounts.values()))

    @property
    def email(self) -> str:
        """The email address of the default account."""
        return self.account.email

    @property
    def api_token(self) -> str:
        """The classic API token of the default account."""
        return self.account.api_token

    @property
    def doubts(self) -> Doubts:
        """The readings of doubtful points that the emulator follows."""
        return self.world.doubts

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The received requests, oldest first. Clear the list to count from zero."""
        return self._service.requests

    @property
    def operation_names(self) -> list[str]:
        """The names of all operations, as used by faults and requests."""
        return ROUTER.names()

    # Accounts and tokens ------------------------------------------------------------------------------------

    def add_account(
        self,
        email: str,
        *,
        admin: bool = False,
        agent: bool = True,
        name: str | None = None,
        kind: str = "atlassian",
        active: bool = True,
        shows_email: bool = True,
        locale: str = "",
    ) -> Account:
        """Add an account.

        Args:
            email: its email address.
            admin: True for a Jira administrator.
            agent: True if it has product access to Jira Service Management.
            name: its display name; derived from the address if None.
            kind: "atlassian", "customer" or "app". One address may exist once per kind.
            active: False for a deactivated account.
            shows_email: False if other users do not see the address.
            locale: its language: "en_US", "de_DE" or "ko_KR". The default is that of the site.
        """
        accounts.check_locale(locale or accounts.LOCALES[0])
        if kind not in accounts.ACCOUNT_KINDS:
            raise ValueError(f"{kind!r} is not one of {', '.join(accounts.ACCOUNT_KINDS)}")
        world, is_person = self.world, kind == "atlassian"
        with self._service.lock:
            for account in world.accounts.values():
                if account.email.lower() == email.lower() and account.kind == kind:
                    raise ValueError(f"an account with the address {email} already exists")
            groups = {JIRA_GROUP: is_person, JSM_GROUP: agent and is_person, ADMIN_GROUP: admin}
            account = Account(
                account_id=world.ids.account(),
                email=email,
                display_name=name or email.partition("@")[0].replace(".", " ").title(),
                admin=admin,
                agent=agent and is_person,
                api_token=world.ids.secret("ATATT3x", "api token"),
                groups=[group for group, is_member in groups.items() if is_member],
                kind=kind,
                active=active,
                shows_email=shows_email,
                locale=locale,
            )
            world.accounts[account.account_id] = account
        return account

    @property
    def organization(self) -> tuple[str, str]:
        """The id of the organization and the API key of its administrator, for the list of managed accounts."""
        return self._credentials.organization()

    def add_group(self, name: str, *, jsm: bool = False) -> Group:
        """Add a group.

        Args:
            name: its name in Jira; an existing group is returned unchanged.
            jsm: True if it gives product access to Jira Service Management. New object schemas give it a role.
        """
        with self._service.lock:
            if name not in self.world.groups:
                group_id = self.world.ids.uuid("group")
                self.world.groups[name] = Group(name=name, group_id=group_id, gives_jsm=jsm)
            return self.world.groups[name]

    def scoped_token(self, scopes: Sequence[str] = ALL_SCOPES, account: Account | None = None) -> str:
        """Issue an API token with scopes. It works on `https://api.atlassian.com/ex/jira/{cloudId}` only."""
        return self._issue("scoped", account, scopes)

    def oauth_token(
        self,
        scopes: Sequence[str] = ALL_SCOPES,
        account: Account | None = None,
        seconds: float = accounts.OAUTH_SECONDS,
    ) -> str:
        """Issue an OAuth access token that expires on the emulator's clock."""
        return self._issue("oauth", account, scopes, seconds)

    def forge_token(self, scopes: Sequence[str] = ALL_SCOPES, account: Account | None = None) -> str:
        """Issue a token of a Forge remote, for `https://api.atlassian.com/ex/jira/{cloudId}`."""
        return self._issue("forge", account, scopes)

    def _issue(
        self, kind: str, account: Account | None, scopes: Sequence[str], seconds: float | None = None
    ) -> str:
        with self._service.lock:
            return self._credentials.issue(kind, account or self.account, scopes, seconds).secret

    def client_credentials(
        self, scopes: Sequence[str] = ALL_SCOPES, account: Account | None = None
    ) -> tuple[str, str]:
        """Create an OAuth client for the token endpoint and return its id and secret."""
        with self._service.lock:
            client = self._credentials.add_client(account or self.account, scopes)
        return client.client_id, client.client_secret

    # Seeding and reading ------------------------------------------------------------------------------------

    def add_object_schema(self, key: str, name: str | None = None, description: str = "") -> SeededSchema:
        """Create an object schema as the default account."""
        with self._service.lock:
            schema = schemas.create_schema(
                self.world,
                name=name if name is not None else key.title(),
                key=key,
                description=description,
                creator=self.account.account_id,
            )
        return SeededSchema(self.world, schema)

    def object_schema(self, key: str) -> SeededSchema:
        """Return an object schema by its key."""
        schema = self.world.schema_by_key(key)
        if schema is None:
            keys = ", ".join(schema.key for schema in self.world.schemas.values()) or "none"
            raise KeyError(f"there is no object schema {key}; the existing ones are: {keys}")
        return SeededSchema(self.world, schema)

    @property
    def object_schemas(self) -> list[SeededSchema]:
        """All object schemas."""
        return [SeededSchema(self.world, schema) for schema in self.world.schemas.values()]

    def add_import_source(
        self,
        schema: SeededSchema | str,
        name: str = "Okta",
        *,
        enabled: bool = True,
        missing_objects: str = "ignore",
        missing_update: Sequence[str] = (),
        empty_values: str = "ignore",
        unknown_values: str = "ignore",
    ) -> SeededImportSource:
        """Create an External import and its token, as an administrator does in the user interface.

        Args:
            schema: the schema or its key.
            name: name of the import source.
            enabled: True if it accepts imports.
            missing_objects: what happens to objects that the data no longer contains: "ignore", "remove" or
                "update". This is the setting after the first mapping; every later mapping resets it, see `Doubts`.
            missing_update: for "update": name of an attribute and its new value.
            empty_values: "ignore" or "remove".
            unknown_values: of select and status attributes: "ignore" or "add".
        """
        schema_id = int(self.object_schema(schema if isinstance(schema, str) else schema.key).id)
        for value, choices in ((empty_values, ("ignore", "remove")), (unknown_values, ("ignore", "add"))):
            if value not in choices:
                raise ValueError(f"{value!r} is not one of {', '.join(choices)}")
        policy = missing_policy(missing_objects, update=missing_update)
        world = self.world
        with self._service.lock:
            source = ImportSource(
                id=world.ids.uuid("import source"),
                collection_id=world.ids.uuid("collection"),
                schema_id=schema_id,
                name=name,
                created=world.now(),
                updated=world.now(),
                enabled=enabled,
                default_policy=policy,
                empty_values=empty_values,
                unknown_values=unknown_values,
            )
            world.import_sources[source.id] = source
            generate_token(world, source)
            source.token_valid_from = 0
        return SeededImportSource(world, source)

    @property
    def import_sources(self) -> list[SeededImportSource]:
        """All import sources."""
        return [SeededImportSource(self.world, source) for source in self.world.import_sources.values()]

    @property
    def executions(self) -> list[SeededExecution]:
        """All executions, oldest first."""
        return [SeededExecution(self.world, execution) for execution in self.world.executions.values()]

    def rate_limit(
        self,
        *,
        per_minute: float,
        burst: int | None = None,
        retry_after: int | None = None,
        operation: str | None = None,
        shared: bool = False,
        hints: bool = True,
    ) -> RateLimit:
        """Enforce a rate limit from now on.

        Args:
            per_minute: requests in the long run, per credential and operation.
            burst: requests at once; the same as per minute if None.
            retry_after: value of `Retry-After`; the actual wait if None.
            operation: only for this operation.
            shared: True for one budget of all credentials, as Jira has for user searches.
            hints: False for the gateway's own 429, without `Retry-After` and a reason.
        """
        if operation is not None and operation not in self.operation_names:
            raise ValueError(
                f"unknown operation {operation!r}; the operations are: {', '.join(self.operation_names)}"
            )
        limit = RateLimit(self.clock, per_minute, burst, retry_after, operation, shared=shared, hints=hints)
        self._service.limits.append(limit)
        return limit

    @contextlib.contextmanager
    def locked(self) -> Generator[None, None, None]:
        """Block all responses while the context lasts."""
        with self._service.lock:
            yield

    def _clear(self) -> None:
        """Empty the site. The default account keeps its token."""
        with self._service.lock:
            world = self.world
            self.faults.clear()
            self.requests.clear()
            self._service.limits.clear()
            self.access.restore()
            empty = Site(self.clock, world.doubts)
            empty.import_seconds = world.import_seconds
            empty.settings = world.settings
            world.__dict__.update(empty.__dict__)
            self._credentials.tokens.clear()
            self._credentials.clients.clear()
            self._add_first_accounts()

    def _add_first_accounts(self) -> None:
        self.add_group(JIRA_GROUP)
        self.add_group(JSM_GROUP, jsm=True)
        self.add_group(ADMIN_GROUP)
        self.add_account(DEFAULT_EMAIL, admin=True, name="Ana Díaz")

    # State --------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str] | None = None) -> None:
        """Write the state to a SQLite file.

        Args:
            path: the file; that of the constructor if None.
        """
        target = Path(path) if path is not None else self._file
        if target is None:
            raise ValueError("give a path here, or state= to the constructor")
        with self._service.lock:
            save(target, self.world, self._credentials)

    def settle(self) -> None:
        """Finish the mappings and executions that are due by the clock, as every request does."""
        self._service.settle()

    def __repr__(self) -> str:
        return (
            f"<Emulator {self.site}, {len(self.world.schemas)} object schemas, {len(self.requests)} requests>"
        )
