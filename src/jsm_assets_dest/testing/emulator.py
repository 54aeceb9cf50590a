"""The emulator: a whole site in one object."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from .faults import Faults
from .handles import SeededSchema
from .http.access import Access
from .http.addresses import GATEWAY_HOST
from .http.exchange import ReceivedRequest
from .http.service import ROUTER, Service
from .import_handles import SeededExecution, SeededImportSource
from .rates import RateLimit
from .server import serve
from .transport import EmulatorTransport
from .world import accounts, imports, schemas
from .world.accounts import ALL_SCOPES, Credentials
from .world.clock import EmulatorClock
from .world.doubts import Doubts
from .world.entities import Account, Group
from .world.site import Site

if TYPE_CHECKING:
    from jsm_assets_dest import AsyncConnection, Connection

DEFAULT_EMAIL = "ana@acme.com"


class Emulator:
    """An emulated Atlassian Cloud site with Jira, Jira Service Management and Assets.

    It holds a state, answers HTTP in process (`transport`) or over a socket (`serve`), and fails on purpose
    (`faults`, `access`, `rate_limit`). As a context manager it makes sure at a clean end that every planned fault
    happened, and keeps its state when it has a file for it. Identifiers and tokens are the same in every run.

    Args:
        site: address of the site.
        strict: refuse requests that Atlassian's OpenAPI document would refuse: unknown fields, wrong types,
            missing fields, another media type.
        import_seconds: how long an import is `PROCESSING`, on the emulator's clock.
        doubts: readings of points about which the sources disagree.
        state: path of a SQLite file. It is read when it exists, and written when the context ends or `save` is
            called.
        clock: a clock of your own, such as one that starts at another time.

    Raises:
        UnusedFaultsError: at the end of the context, when a planned fault never happened.
    """

    def __init__(
        self,
        *,
        site: str = "https://acme.atlassian.net",
        strict: bool = True,
        import_seconds: float = 0.0,
        doubts: Doubts | None = None,
        state: str | os.PathLike[str] | None = None,
        clock: EmulatorClock | None = None,
    ) -> None:
        if import_seconds < 0:
            raise ValueError("import_seconds must not be negative")
        self.clock: EmulatorClock = clock if clock is not None else EmulatorClock()
        self.strict = strict
        self.world: Site = Site(self.clock, doubts if doubts is not None else Doubts())
        self.world.import_seconds = import_seconds
        self.world.settings["site"] = site.rstrip("/")
        self._credentials = Credentials(self.world)
        self._file = Path(state) if state is not None else None
        self._add_first_accounts()
        self.access: Access = Access(self.world, self._credentials)
        self.faults: Faults = Faults(ROUTER.names(), self.world)
        self._service = Service(
            self.world, self.access, self._credentials, strict=strict, strike=self.faults.strike
        )
        self._service.site_host = urlsplit(site).netloc
        self.transport: EmulatorTransport = EmulatorTransport(self._service, self.clock)
        if self._file is not None and self._file.exists():
            from .state import load

            load(self._file, self.world, self._credentials)

    # What it is ---------------------------------------------------------------------------------------------

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
        """The address of the default account."""
        return self.account.email

    @property
    def api_token(self) -> str:
        """The classic API token of the default account."""
        return self.account.api_token

    @property
    def doubts(self) -> Doubts:
        """The readings it follows."""
        return self.world.doubts

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that came in, oldest first. Clear it to count anew."""
        return self._service.requests

    @property
    def operation_names(self) -> list[str]:
        """The names of all operations, as faults and requests use them."""
        return ROUTER.names()

    # Connecting ---------------------------------------------------------------------------------------------

    def connect(self, **options: Any) -> Connection:
        """A connection of jsm_assets_dest to this site, with the default account.

        Args:
            options: further arguments of `Connection.external_site`.
        """
        from jsm_assets_dest import ApiToken, Connection

        options.setdefault("transport", self.transport)
        options.setdefault("clock", self.clock)
        return Connection.external_site(self.site, ApiToken(self.email, self.api_token), **options)

    def connect_async(self, **options: Any) -> AsyncConnection:
        """The asynchronous twin of `connect`."""
        from jsm_assets_dest import ApiToken, AsyncConnection

        options.setdefault("transport", self.transport)
        options.setdefault("clock", self.clock)
        return AsyncConnection.external_site(self.site, ApiToken(self.email, self.api_token), **options)

    @contextlib.contextmanager
    def serve(self, port: int = 0, host: str = "127.0.0.1") -> Generator[str, None, None]:
        """Serve the site over HTTP while the context lasts.

        The one address stands for the site, the gateway and the token endpoint; paths tell them apart. There is a
        status page at `/` and a control interface below `/_emulator/`. Meanwhile the clock follows real time.

        Args:
            port: 0 takes a free one.
            host: where to listen.

        Yields:
            The address, such as `http://127.0.0.1:40123`.
        """
        from .control import Control

        self.clock.follow_real_time()
        try:
            with serve(self._service, Control(self).answer, host, port) as url:
                yield url
        finally:
            self.clock.stand_still()

    # Accounts and tokens ------------------------------------------------------------------------------------

    def add_account(
        self, email: str, *, admin: bool = False, agent: bool = True, name: str | None = None
    ) -> Account:
        """A further account.

        Args:
            email: its address.
            admin: is a Jira administrator.
            agent: has product access to Jira Service Management.
            name: as people see it; made from the address when None.
        """
        with self._service.lock:
            return accounts.add_account(self.world, email, admin=admin, agent=agent, name=name)

    def add_group(self, name: str, *, jsm: bool = False) -> Group:
        """A group.

        Args:
            name: as Jira knows it.
            jsm: it gives product access to Jira Service Management, so new object schemas hand it a role.
        """
        with self._service.lock:
            return accounts.add_group(self.world, name, gives_jsm=jsm)

    def scoped_token(self, scopes: Sequence[str] = ALL_SCOPES, account: Account | None = None) -> str:
        """An API token with scopes. It works on `https://api.atlassian.com/ex/jira/{cloudId}` only."""
        return self._issue("scoped", account, scopes, "ATATT3x", None)

    def oauth_token(
        self,
        scopes: Sequence[str] = ALL_SCOPES,
        account: Account | None = None,
        seconds: float = accounts.OAUTH_SECONDS,
    ) -> str:
        """An OAuth access token, which runs out on the emulator's clock."""
        return self._issue("oauth", account, scopes, "eyJraWQi", seconds)

    def forge_token(self, scopes: Sequence[str] = ALL_SCOPES, account: Account | None = None) -> str:
        """A token as a Forge remote gets it, used on `https://api.atlassian.com/ex/jira/{cloudId}`."""
        return self._issue("forge", account, scopes, "eyJmb3Jn", None)

    def _issue(
        self, kind: str, account: Account | None, scopes: Sequence[str], prefix: str, seconds: float | None
    ) -> str:
        with self._service.lock:
            token = self._credentials.issue(
                kind, account or self.account, scopes, prefix=prefix, seconds=seconds
            )
        return token.secret

    def client_credentials(
        self, scopes: Sequence[str] = ALL_SCOPES, account: Account | None = None
    ) -> tuple[str, str]:
        """Id and secret of an OAuth client, for the token endpoint."""
        with self._service.lock:
            client = self._credentials.add_client(account or self.account, scopes)
        return client.client_id, client.client_secret

    # Seeding and reading ------------------------------------------------------------------------------------

    def add_object_schema(self, key: str, name: str | None = None, description: str = "") -> SeededSchema:
        """A new object schema, created by the default account."""
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
        """An object schema by key."""
        schema = self.world.schema_by_key(key)
        if schema is None:
            known = ", ".join(each.key for each in self.world.schemas.values()) or "none"
            raise KeyError(f"there is no object schema {key}; there are: {known}")
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
        """What an administrator does in the user interface: create an External import and take its token.

        Args:
            schema: the schema or its key.
            name: of the import source.
            enabled: imports are accepted.
            missing_objects: what happens to objects the data no longer has: "ignore", "remove" or "update".
            missing_update: for "update": name of an attribute and the text it gets.
            empty_values: "ignore" or "remove".
            unknown_values: of select and status attributes: "ignore" or "add".
        """
        key = schema if isinstance(schema, str) else schema.key
        found = self.object_schema(key)
        with self._service.lock:
            source = imports.add_import_source(
                self.world,
                self.world.schemas[int(found.id)],
                name,
                enabled=enabled,
                missing_objects=missing_objects,
                missing_update=missing_update,
                empty_values=empty_values,
                unknown_values=unknown_values,
            )
        return SeededImportSource(self.world, source)

    @property
    def import_sources(self) -> list[SeededImportSource]:
        """All import sources."""
        return [SeededImportSource(self.world, source) for source in self.world.import_sources.values()]

    @property
    def executions(self) -> list[SeededExecution]:
        """All executions, oldest first."""
        return [SeededExecution(self.world, execution) for execution in self.world.executions.values()]

    def seed_demo(self) -> SeededSchema:
        """A believable object schema with types, references and objects."""
        from .seeds import seed_demo

        return seed_demo(self)

    def rate_limit(
        self,
        *,
        per_minute: float,
        burst: int | None = None,
        retry_after: int | None = None,
        operation: str | None = None,
    ) -> RateLimit:
        """Enforce a rate limit from now on.

        Args:
            per_minute: requests in the long run, per credential and operation.
            burst: requests at once; as many as per minute when None.
            retry_after: what `Retry-After` says; the true wait when None.
            operation: only for this operation.
        """
        if operation is not None and operation not in self.operation_names:
            raise ValueError(f"unknown operation {operation!r}; known are: {', '.join(self.operation_names)}")
        limit = RateLimit(self.clock, per_minute, burst, retry_after, operation)
        self._service.limits.append(limit)
        return limit

    @contextlib.contextmanager
    def locked(self) -> Generator[None, None, None]:
        """Nothing is answered while the context lasts."""
        with self._service.lock:
            yield

    def reset(self, seed: str = "empty") -> None:
        """Start anew with an empty site, and fill it.

        Requests, faults and rate limits are forgotten, tokens given out become void; the default account keeps its
        token.

        Args:
            seed: "empty", "demo" or "okta" (an empty schema OKT with an import source).
        """
        if seed not in ("empty", "demo", "okta"):
            raise ValueError(f"{seed!r} is not one of empty, demo, okta")
        with self._service.lock:
            before = self.world
            self.faults.clear()
            self.requests.clear()
            self._service.limits.clear()
            self.access.restore()
            fresh = Site(self.clock, before.doubts)
            fresh.import_seconds = before.import_seconds
            fresh.settings = before.settings
            before.__dict__.update(fresh.__dict__)
            self._credentials.tokens.clear()
            self._credentials.clients.clear()
            self._add_first_accounts()
        if seed == "demo":
            self.seed_demo()
        elif seed == "okta":
            self.add_object_schema("OKT", "Okta", "Auto-generated Okta data.")
            self.add_import_source("OKT", "Okta")

    def _add_first_accounts(self) -> None:
        accounts.add_group(self.world, accounts.JIRA_GROUP)
        accounts.add_group(self.world, accounts.JSM_GROUP, gives_jsm=True)
        accounts.add_group(self.world, accounts.ADMIN_GROUP)
        accounts.add_account(self.world, DEFAULT_EMAIL, admin=True, name="Ana Díaz")

    # The end ------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str] | None = None) -> None:
        """Write the state into a SQLite file.

        Args:
            path: the file; that of the constructor when None.
        """
        from .state import save

        target = Path(path) if path is not None else self._file
        if target is None:
            raise ValueError("give a path here, or state= to the constructor")
        with self._service.lock:
            save(target, self.world, self._credentials)

    def settle(self) -> None:
        """Do what is due by the clock, as every request does."""
        self._service.settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self.save()
        if kind is None:
            self.faults.assert_used()

    def settings(self, url: str | None = None) -> Mapping[str, str]:
        """The environment variables `Connection.current_site` reads.

        Args:
            url: the address it is served at; None for use in process.
        """
        found = {
            "JSM_ASSETS_SITE": url or self.site,
            "JSM_ASSETS_GATEWAY": url or self.gateway,
            "JSM_ASSETS_EMAIL": self.email,
            "JSM_ASSETS_API_TOKEN": self.api_token,
        }
        for source in self.import_sources:
            found["JSM_ASSETS_IMPORT_TOKEN"] = source.token
        return found

    def __repr__(self) -> str:
        return (
            f"<Emulator {self.site}, {len(self.world.schemas)} object schemas, {len(self.requests)} requests>"
        )
