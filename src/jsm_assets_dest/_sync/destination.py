# Derived from _async/destination.py by tools/derive_sync.py: do not edit; change _async/destination.py and derive again.
"""A destination: everything an import needs to know about where the data goes, kept in a file."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from .._destination import checklist
from .._destination.saved_settings import SavedDestination
from .._imports.options import ImportSettings, Records
from ..exceptions import ConfigurationError
from .connection import Connection

if TYPE_CHECKING:
    import ssl

    from .._assets.roles import SchemaRoles
    from .._destination.status import DestinationStatus
    from .._http.clock import Clock
    from .._http.limits import Limits
    from .._imports.result import ImportResult
    from .._plan.build_plan import BuildPlanRecord
    from .._session.credentials import Credentials
    from .._session.retry_policy import RetryPolicy
    from .build_plan import BuildPlan
    from .import_token import ImportToken
    from .object_schema import ObjectSchema


class Destination(SavedDestination):
    """The saved configuration of a destination, and what is done with it.

    Everything but the name may be left out at first and added later with `attrs.evolve`; `status` says what comes next.
    Secrets are never part of it: where they are is. Methods that talk to the site make a connection for the one call
    and close it, unless they are given one.

    Attributes:
        name: What people call it.
        site: The site's address; None for the current site, which the environment names (`Connection.current_site`).
        credentials: Whose account it is, and where its secret is; None to take them from the environment, or from what
            is passed to `connect`.
        gateway: Where Atlassian's gateway is; None for the usual place. It takes `site`, as do the next two.
        cloud_id: The site's id on the gateway; found out when it is not given.
        workspace_id: The id of its Assets workspace; found out when it is not given.
        schema_key: The object schema's key, such as OKT.
        schema_name: The name for a new schema; None to take the key.
        schema_description: The description for a new schema.
        roles: Who shall have which role of the schema: names of groups, or account ids, by "managers", "developers" and
            "users". A role that is not named is left alone.
        import_source: The name or id of the import that the token must belong to; None where it does not matter.
        import_token: Where the import token is, as a `SecretReference` or its text.
        model: The model: an `OktaModel`, a `SchemaModel`, or the path of a JSON file with what `SchemaModel.to_dict` gives.
            None for the one that the import has in Assets.
        options: How an import shall run; what is passed to an import counts more.
        path: The file. Relative paths in `file:` references, in `model` and in the option `journal` begin at its folder;
            before the destination is saved, at the current folder.

    Args:
        environ: Where `env:` references are looked up, and the current site; None for this process's environment. It is
            neither saved nor shown, and does not travel with a pickle.

    Raises:
        ConfigurationError: A setting cannot be right; it is named.
        InvalidCredentialError: A secret was given where a reference belongs; it is not repeated.
    """

    __slots__ = ()

    def connect(
        self,
        auth: Credentials | None = None,
        *,
        transport: object | None = None,
        retry: RetryPolicy | None = None,
        limits: Limits | None = None,
        verify: ssl.SSLContext | None = None,
        trust_env: bool = True,
        clock: Clock | None = None,
    ) -> Connection:
        """A connection to the site, a context manager. Secrets are looked up now; nothing is sent yet.

        Args:
            auth: Credentials to use instead of those that the destination names.
            transport: As in `Connection.external_site`, as are the following.
            retry: How failed requests are tried again.
            limits: Bounds of an attempt.
            verify: The TLS context.
            trust_env: Whether proxies and certificates of the environment count.
            clock: The clock to live by.

        Raises:
            ConfigurationError: A secret is not where its reference says, or a setting cannot be right.
        """
        found = self._whereabouts(auth)
        return Connection.external_site(
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

    def status(self, *, connection: Connection | None = None) -> DestinationStatus:
        """The checklist: connection, schema, roles, model, token, ready; each with what to do next.

        Sends only reads. Whatever is wrong is part of the answer, never an exception.
        """
        try:
            with self._using(connection) as used:
                return used._run(checklist.status(used._site, self._wanted()))
        except ConfigurationError as error:
            return checklist.not_connected(self._wanted(), self.site or "", error)

    def get_object_schema(self, connection: Connection) -> ObjectSchema:
        """The object schema.

        Raises:
            ObjectSchemaNotFoundError: There is none with that key that the account may see.
        """
        return connection.get_object_schema(self._schema_key())

    def ensure_object_schema(self, connection: Connection) -> ObjectSchema:
        """The object schema, created with its name and description if it is not there.

        Raises:
            ObjectSchemaExistsError: There is none with that key, and the name is taken by another one.
        """
        return connection.ensure_object_schema(
            self._schema_key(), name=self.schema_name, description=self.schema_description
        )

    def set_roles(self, *, connection: Connection | None = None) -> SchemaRoles:
        """Give the roles of the schema the entries in `roles`; a role that is not named there is left alone.

        Returns:
            The roles as Assets has them now.

        Raises:
            RolesNotSettableError: The site does not let this credential set them; the error carries the steps.
        """
        with self._using(connection) as used:
            return self.get_object_schema(used).set_roles(**self.roles)

    def get_import_token(self, connection: Connection) -> ImportToken:
        """The import token, looked up now and bound to the object schema.

        Raises:
            ConfigurationError: The token is not where its reference says.
            ObjectSchemaNotFoundError: The object schema is not there.
        """
        schema = None if self.schema_key is None else self.get_object_schema(connection)
        return connection.import_token(self._token().reveal(), schema=schema)

    def plan(self, connection: Connection) -> BuildPlan:
        """What building the model would change; see `ImportToken.plan`. Its `apply` needs the connection open."""
        return self.get_import_token(connection).plan(self.schema_model())

    def build(
        self,
        *,
        plan: BuildPlanRecord | None = None,
        timeout: float = 600.0,
        connection: Connection | None = None,
    ) -> BuildPlanRecord:
        """Build the model; see `ImportToken.build`.

        Args:
            plan: A plan made before; it is refused when the import has changed since.
            timeout: Seconds to wait for Assets to be done with it.
            connection: A connection to use; None to make one.

        Returns:
            The plan that was carried out.
        """
        with self._using(connection) as used:
            return self.get_import_token(used).build(self.schema_model(), plan=plan, timeout=timeout)

    def test_import(
        self,
        records: Records,
        count: int = 100,
        *,
        connection: Connection | None = None,
        **options: Unpack[ImportSettings],
    ) -> ImportResult:
        """Import the first records only; see `ImportToken.test_import`."""
        with self._using(connection) as used:
            return self.get_import_token(used).test_import(records, count, **self._settings(options))

    def import_records(
        self,
        records: Records,
        *,
        connection: Connection | None = None,
        **options: Unpack[ImportSettings],
    ) -> ImportResult:
        """Import records; see `ImportToken.import_records`.

        Args:
            records: The records.
            connection: A connection to use; None to make one.
            options: See `ImportOptions`; they count more than the saved ones.
        """
        with self._using(connection) as used:
            return self.get_import_token(used).import_records(records, **self._settings(options))

    def resume_import(
        self,
        records: Records,
        *,
        connection: Connection | None = None,
        **options: Unpack[ImportSettings],
    ) -> ImportResult:
        """Go on with an import that was killed, from its journal; see `ImportToken.resume_import`."""
        with self._using(connection) as used:
            return self.get_import_token(used).resume_import(records, **self._settings(options))

    def _using(self, connection: Connection | None) -> nullcontext[Connection] | Connection:
        """The connection that was given, which stays open, or a new one."""
        return self.connect() if connection is None else nullcontext(connection)
