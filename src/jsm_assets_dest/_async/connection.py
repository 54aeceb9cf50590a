"""A connection to a Jira site: where everything begins."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from .._http.async_engine import AsyncEngine
from .._http.clock import SystemClock
from .._http.limits import Limits
from .._http.settings import HttpSettings, environment_proxies, named_proxies
from .._operations import object_schemas as schemas
from .._session.opening import checked_verify, from_environment, open_site, origins
from .._session.retry_policy import RetryPolicy
from .._wire.addresses import GATEWAY

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from .._assets.import_sources import ImportSource
    from .._assets.object_schemas import ObjectSchemaRecord
    from .._assets.reports import ConnectionReport
    from .._http.clock import Clock
    from .._http.commands import Operation
    from .._session.credentials import Credentials
    from .import_token import AsyncImportToken
    from .object_schema import AsyncObjectSchema

T = TypeVar("T")

# The handles and what only some of them need are loaded when they are asked for: all modules together would make the
# way from the start of a process to its first answer twice as long as with plain httpx (measured).


class AsyncConnection:
    """A connection to one Jira site and its Assets workspace; an async context manager.

    Make one with `current_site` or `external_site`. Making it sends nothing; the first call builds the HTTP client, and
    what has to be found out (the cloud id, the workspace) is asked when it is first needed and then kept. One connection
    can be shared by everything that runs in the same event loop.
    """

    def __init__(
        self,
        site: str,
        auth: Credentials,
        *,
        cloud_id: str | None = None,
        workspace_id: str | None = None,
        gateway: str = GATEWAY,
        transport: object | None = None,
        retry: RetryPolicy | None = None,
        limits: Limits | None = None,
        verify: ssl.SSLContext | None = None,
        trust_env: bool = True,
        clock: Clock | None = None,
    ) -> None:
        proxies = (
            {} if transport is not None or not trust_env else environment_proxies(origins(site, gateway))
        )
        self._clock = clock if clock is not None else SystemClock()
        self._site = open_site(
            site,
            auth,
            cloud_id=cloud_id,
            workspace_id=workspace_id,
            gateway=gateway,
            retry=retry if retry is not None else RetryPolicy(),
            clock=self._clock,
            proxies=named_proxies(proxies),
        )
        settings = HttpSettings(
            limits=limits if limits is not None else Limits(),
            transport=transport,
            verify=checked_verify(verify),
            proxies=proxies,
            trust_env=trust_env,
        )
        self._engine = AsyncEngine(settings, self._clock)

    @classmethod
    def current_site(
        cls,
        auth: Credentials | None = None,
        *,
        environ: Mapping[str, str] = os.environ,
        transport: object | None = None,
        retry: RetryPolicy | None = None,
        limits: Limits | None = None,
        verify: ssl.SSLContext | None = None,
        trust_env: bool = True,
        clock: Clock | None = None,
    ) -> Self:
        """Connect to the site that this process is configured for.

        Args:
            auth: The credentials; None to take them from the environment: `JSM_ASSETS_EMAIL` and `JSM_ASSETS_API_TOKEN`,
                or `JSM_ASSETS_OAUTH_TOKEN`, or `JSM_ASSETS_CLIENT_ID` and `JSM_ASSETS_CLIENT_SECRET`. A `ForgeToken` says
                itself which site it is for.
            environ: Where the settings stand: `JSM_ASSETS_SITE`, and if needed `JSM_ASSETS_GATEWAY`,
                `JSM_ASSETS_CLOUD_ID` and `JSM_ASSETS_WORKSPACE_ID`. Blank ones count as not set.
            transport: As in `external_site`, as are the following.
            retry: How failed requests are tried again.
            limits: Bounds of an attempt.
            verify: The TLS context.
            trust_env: Whether proxies and certificates of the environment count.
            clock: The clock to live by.

        Raises:
            MissingSettingsError: Settings are missing; the message names all of them.
            ConfigurationError: A setting cannot be right; nothing was sent.
        """
        found = from_environment(auth, environ)
        return cls(
            found.site,
            found.credentials,
            cloud_id=found.cloud_id,
            workspace_id=found.workspace_id,
            gateway=found.gateway,
            transport=transport,
            retry=retry,
            limits=limits,
            verify=verify,
            trust_env=trust_env,
            clock=clock,
        )

    @classmethod
    def external_site(
        cls,
        site: str,
        auth: Credentials,
        *,
        cloud_id: str | None = None,
        workspace_id: str | None = None,
        gateway: str = GATEWAY,
        transport: object | None = None,
        retry: RetryPolicy | None = None,
        limits: Limits | None = None,
        verify: ssl.SSLContext | None = None,
        trust_env: bool = True,
        clock: Clock | None = None,
    ) -> Self:
        """Connect to any site.

        Args:
            site: Its address, such as https://acme.atlassian.net; plain http: is accepted on this computer only. "" with a
                `ForgeToken`, which says itself which site it is for.
            auth: The credentials.
            cloud_id: The site's id on the gateway; found out when it is needed and not given.
            workspace_id: The id of its Assets workspace; found out when it is not given.
            gateway: Where Atlassian's gateway is; an emulator's address in tests.
            transport: An httpx transport to use instead of the network.
            retry: How failed requests are tried again; `RetryPolicy.off()` for not at all.
            limits: Bounds of an attempt.
            verify: The TLS context; None for the certificates that httpx brings.
            trust_env: Whether `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE` and `SSL_CERT_DIR`
                count. `check()` reports the proxies in use.
            clock: The clock to live by; tests pass the emulator's, which never really waits.

        Raises:
            ConfigurationError: A setting cannot be right; nothing was sent.
        """
        return cls(
            site,
            auth,
            cloud_id=cloud_id,
            workspace_id=workspace_id,
            gateway=gateway,
            transport=transport,
            retry=retry,
            limits=limits,
            verify=verify,
            trust_env=trust_env,
            clock=clock,
        )

    @property
    def site(self) -> str:
        """The site's address; "" for a Forge token that was given without it, until a call has found it out."""
        return self._site.url

    def __repr__(self) -> str:
        where = self._site.url or self._site.jira()
        return f"{type(self).__name__}({where!r}, account={self._site.credentials.account_label!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the HTTP connections. Handles that came from this connection can make no further calls."""
        await self._engine.aclose()

    async def check(self) -> ConnectionReport:
        """Find out whether this account can do the job, and if not, why not and who must do what.

        Sends only reads. A failed check is an entry of the report, never an exception.
        """
        from .._operations import doctor as permissions

        return await self._run(permissions.check(self._site))

    async def object_schemas(self) -> list[AsyncObjectSchema]:
        """All object schemas that the account may see."""
        return [self._schema(record) for record in await self._run(schemas.list_all(self._site))]

    async def find_object_schema(self, key: str) -> AsyncObjectSchema | None:
        """The object schema with a key, or None where there is none that the account may see.

        Args:
            key: The schema's key, such as OKT; upper and lower case are the same.
        """
        record = await self._run(schemas.find(self._site, key))
        return None if record is None else self._schema(record)

    async def get_object_schema(self, key: str) -> AsyncObjectSchema:
        """The object schema with a key.

        Raises:
            ObjectSchemaNotFoundError: There is none that the account may see.
        """
        return self._schema(await self._run(schemas.get(self._site, key)))

    async def create_object_schema(self, key: str, name: str, description: str = "") -> AsyncObjectSchema:
        """Create an object schema. Assets opens a new one to every JSM user: see `roles` and `set_roles` of the schema.

        Args:
            key: 2 to 10 capital letters and digits, beginning with a letter; the first part of every object's key.
            name: Its name, unique in the workspace.
            description: What it is for.

        Raises:
            ConfigurationError: The key or the name cannot be right; nothing was sent.
            ObjectSchemaExistsError: The key or the name is taken.
        """
        return self._schema(await self._run(schemas.create(self._site, key, name, description)))

    async def ensure_object_schema(
        self, key: str, name: str | None = None, description: str = ""
    ) -> AsyncObjectSchema:
        """The object schema with a key, created if it is not there; an existing one is left as it is.

        Args:
            key: As in `create_object_schema`.
            name: The name for a new one; None to take the key.
            description: The description for a new one.

        Raises:
            ConfigurationError: The key or the name cannot be right; nothing was sent.
            ObjectSchemaExistsError: There is none with that key, and the name is taken by another one.
        """
        return self._schema(await self._run(schemas.ensure(self._site, key, name, description)))

    def import_token(self, secret: str, schema: AsyncObjectSchema | None = None) -> AsyncImportToken:
        """The import token of an External import. Nothing is sent yet.

        Args:
            secret: The token; made on the import's page in Assets, or with `generate_import_token`.
            schema: The object schema that the import is meant for; checked before anything is written to it.

        Raises:
            InvalidCredentialError: It cannot be an import token, for example because it is an API token.
        """
        from .import_token import AsyncImportToken

        return AsyncImportToken.of(self, secret, schema)

    async def generate_import_token(
        self, import_source: ImportSource, schema: AsyncObjectSchema | None = None
    ) -> AsyncImportToken:
        """Make a new token for an import. The import's older token is refused from this moment on.

        Args:
            import_source: The import; see `import_sources` of the object schema.
            schema: The object schema that the import belongs to, for later checks.

        Raises:
            UnknownOutcomeError: The answer got lost. The older token may be dead, and the new one is unknown: make
                another one.
        """
        from .._operations import import_tokens as tokens
        from .import_token import AsyncImportToken

        return AsyncImportToken.of(self, await self._run(tokens.generate(self._site, import_source)), schema)

    def _schema(self, record: ObjectSchemaRecord) -> AsyncObjectSchema:
        from .object_schema import AsyncObjectSchema

        return AsyncObjectSchema.of(self, record)

    async def _run(self, operation: Operation[T]) -> T:
        return await self._engine.run(operation)
