# Derived from _async/connection.py by tools/derive_sync.py: do not edit; change _async/connection.py and derive again.
"""Connection to a Jira site and its Assets workspace."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from .._arguments.checking import checked, forgetful
from .._assets.object_schemas import ObjectSchemaRecord
from .._http.clock import Clock, clock_for
from .._http.settings import HttpSettings, Limits, environment_proxies, named_proxies
from .._http.sync_engine import SyncEngine
from .._operations import object_schemas as schemas
from .._session.credentials import Credentials
from .._session.observed import RequestEvent, checked_listener
from .._session.opening import ConnectionOptions, SiteOptions, from_environment, open_site, origins
from .._session.retry_policy import RetryPolicy
from .._wire.addresses import GATEWAY
from .session import LazyModule, Session

if TYPE_CHECKING:
    from .._assets import directory as directory_values
    from .._assets import import_sources as sources
    from .._assets import reports
    from .._operations import directory, doctor, import_tokens
    from . import import_token as token_handles
    from . import object_schema as schema_handles
else:
    directory_values = LazyModule(".._assets.directory")
    sources = LazyModule(".._assets.import_sources")
    reports = LazyModule(".._assets.reports")
    directory = LazyModule(".._operations.directory")
    doctor = LazyModule(".._operations.doctor")
    import_tokens = LazyModule(".._operations.import_tokens")
    token_handles = LazyModule(".import_token")
    schema_handles = LazyModule(".object_schema")


@checked
class Connection:
    """Connection to one Jira site and its Assets workspace; a context manager.

    Create a connection with `current_site` or `external_site`. That sends nothing: the first call builds the HTTP client,
    and the cloud id and the workspace are looked up once, when they are first needed. A connection can be shared by
    all threads of a process.
    """

    __module__ = "jsm_assets_dest"

    @forgetful
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
        on_request: Callable[[RequestEvent], object] | None = None,
    ) -> None:
        proxies = (
            {} if transport is not None or not trust_env else environment_proxies(origins(site, gateway))
        )
        clock = clock_for(transport, clock)
        opened = open_site(
            site,
            auth,
            cloud_id=cloud_id,
            workspace_id=workspace_id,
            gateway=gateway,
            retry=retry,
            clock=clock,
            proxies=named_proxies(proxies),
            on_request=checked_listener(on_request, runs_coroutines=SyncEngine.runs_coroutines),
        )
        settings = HttpSettings(
            limits=limits if limits is not None else Limits(),
            transport=transport,
            verify=verify,
            proxies=proxies,
            trust_env=trust_env,
        )
        self._session = Session(opened, SyncEngine(settings, clock))

    @classmethod
    @forgetful
    def current_site(
        cls,
        auth: Credentials | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        **options: Unpack[ConnectionOptions],
    ) -> Self:
        """Connect to the site that this process is configured for.

        Args:
            auth: Credentials. None reads them from the environment: `JSM_ASSETS_EMAIL` and `JSM_ASSETS_API_TOKEN`, or
                `JSM_ASSETS_OAUTH_TOKEN`, or `JSM_ASSETS_CLIENT_ID` and `JSM_ASSETS_CLIENT_SECRET`. A `ForgeToken`
                contains its site.
            environ: Environment variables: `JSM_ASSETS_SITE`, and optionally `JSM_ASSETS_GATEWAY`,
                `JSM_ASSETS_CLOUD_ID`, and `JSM_ASSETS_WORKSPACE_ID`. Blank ones are treated as not set. None reads
                `os.environ` at the time of the call.
            options: `transport`, `retry`, `limits`, `verify`, `trust_env`, `clock`, and `on_request`; see `external_site`.

        Raises:
            MissingSettingsError: Settings are missing. The message names all of them.
            ConfigurationError: A setting is invalid. Nothing was sent.
        """
        settings = from_environment(auth, os.environ if environ is None else environ)
        return cls(**settings._asdict(), **options)

    @classmethod
    @forgetful
    def external_site(
        cls,
        site: str,
        auth: Credentials,
        **options: Unpack[SiteOptions],
    ) -> Self:
        """Connect to any site.

        Args:
            site: Address of the site, such as https://acme.atlassian.net. Plain http: is accepted for this computer only.
                Pass "" with a `ForgeToken`, which contains its site.
            auth: Credentials.
            cloud_id: Id of the site on the gateway. Default: it is looked up.
            workspace_id: Id of the Assets workspace. Default: it is looked up.
            gateway: Address of Atlassian's gateway; in tests, the address of an emulator.
            transport: httpx transport to use instead of the network.
            retry: Retry policy. `RetryPolicy.off()` disables retries.
            limits: Limits of one attempt.
            verify: TLS context. Default: the certificates of the operating system if truststore is installed, otherwise
                those that httpx uses.
            trust_env: Use `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`, and `SSL_CERT_DIR`.
                `check()` reports the proxies in use.
            clock: Time source. Default: the `clock` of the transport if it has one, as `emulator.transport` does;
                otherwise the computer's.
            on_request: Function that receives a `RequestEvent` at the start and at the end of each attempt, in the thread or
                task that sends it. Its exceptions are only logged.

        Raises:
            ConfigurationError: A setting is invalid. Nothing was sent.
        """
        return cls(site, auth, **options)

    @property
    def site(self) -> str:
        """Address of the site; "" for a Forge token without a site, until a call has looked it up."""
        return self._session.site.url

    def __repr__(self) -> str:
        site = self._session.site
        return (
            f"{type(self).__name__}({site.url or site.jira()!r}, account={site.credentials.account_label!r})"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the HTTP connections. Handles that this connection returned can send no further requests."""
        self._session.engine.close()

    def check(self) -> reports.ConnectionReport:
        """Check that this account can import, and if not, report the causes and who can fix them.

        Sends only read requests. A failed check is an entry of the report, not an exception.
        """
        return self._session.ask(doctor.check)

    def object_schemas(self) -> list[schema_handles.ObjectSchema]:
        """Return all object schemas that the account can see."""
        return [self._schema(record) for record in self._session.ask(schemas.list_all)]

    def find_object_schema(self, key: str) -> schema_handles.ObjectSchema | None:
        """Return the object schema with the given key, or None if the account can't see one.

        Args:
            key: Key of the object schema, such as OKT, in any case.
        """
        record = self._session.ask(schemas.find, key)
        return None if record is None else self._schema(record)

    def get_object_schema(self, key: str) -> schema_handles.ObjectSchema:
        """Return the object schema with the given key.

        Raises:
            ObjectSchemaNotFoundError: The account can't see an object schema with this key.
        """
        return self._schema(self._session.ask(schemas.get, key))

    def create_object_schema(self, key: str, name: str, description: str = "") -> schema_handles.ObjectSchema:
        """Create an object schema.

        Assets gives every JSM user access to a new object schema; see `roles` and `set_roles` of the object schema.

        Args:
            key: Key of the object schema: 2 to 10 letters A to Z and digits, starting with a letter, in any case. It is the
                first part of every object's key.
            name: Name, unique in the workspace.
            description: Description.

        Raises:
            ConfigurationError: The key or the name is invalid. Nothing was sent.
            ObjectSchemaExistsError: Another object schema has this key or this name.
        """
        return self._schema(self._session.ask(schemas.create, key, name, description))

    def ensure_object_schema(
        self, key: str, name: str | None = None, description: str = ""
    ) -> schema_handles.ObjectSchema:
        """Return the object schema with the given key, creating it if it does not exist.

        An existing object schema is not changed.

        Args:
            key: Key of the object schema: 2 to 10 letters A to Z and digits, starting with a letter, in any case.
            name: Name of a new object schema. Default: the key.
            description: Description of a new object schema.

        Raises:
            ConfigurationError: The key or the name is invalid. Nothing was sent.
            ObjectSchemaExistsError: No object schema has this key, but another one has this name.
        """
        return self._schema(self._session.ask(schemas.ensure, key, name, description))

    def find_users(self, query: str, *, limit: int = 50) -> list[directory_values.JiraUser]:
        """Return the active users whose display name or email address begins with the given text.

        A user who hides the email address is returned only if the text is the whole address, or begins the name.

        Args:
            query: Beginning of a display name or of an email address, in any case.
            limit: Maximum number of users: 1 to 1000.

        Returns:
            The users, in Jira's order, including customers and apps; see `JiraUser.account_type`.

        Raises:
            ConfigurationError: An argument is invalid. Nothing was sent.
            BrowseUsersPermissionError: No user was returned, and the account may not browse users and groups.
        """
        return self._session.ask(directory.find_users, query, limit)

    def find_groups(self, query: str, *, limit: int = 20) -> list[directory_values.JiraGroup]:
        """Return the groups whose name contains the given text, in any case.

        Args:
            query: Part of a group's name.
            limit: Maximum number of groups: 1 to 20, which is the most that Jira returns.

        Raises:
            ConfigurationError: An argument is invalid. Nothing was sent.
            BrowseUsersPermissionError: No group was returned, and the account may not browse users and groups.
        """
        return self._session.ask(directory.find_groups, query, limit)

    @forgetful
    def import_token(
        self, secret: str, schema: schema_handles.ObjectSchema | None = None
    ) -> token_handles.ImportToken:
        """Return a handle for the import token of an External import. Sends nothing.

        Args:
            secret: The token, generated on the import's page in Assets or with `generate_import_token`.
            schema: Object schema that the import is expected to belong to. It is checked before anything is written.

        Raises:
            InvalidCredentialError: The string is not an import token; it may be an API token.
        """
        return token_handles.ImportToken.of(self._session, secret, schema)

    def generate_import_token(
        self, import_source: sources.ImportSource, schema: schema_handles.ObjectSchema | None = None
    ) -> token_handles.ImportToken:
        """Generate a new token for an import. From now on, Assets rejects the old token.

        Args:
            import_source: The import; see `import_sources` of the object schema.
            schema: Object schema that the import is expected to belong to, for later checks.

        Raises:
            UnknownOutcomeError: The response was lost. The old token may no longer work, and the new one is unknown.
                Generate another token.
        """
        secret = self._session.ask(import_tokens.generate, import_source)
        return token_handles.ImportToken.of(self._session, secret, schema)

    def _schema(self, record: ObjectSchemaRecord) -> schema_handles.ObjectSchema:
        return schema_handles.ObjectSchema.of(self._session, record)
