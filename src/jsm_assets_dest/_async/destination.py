"""Destination of an import: a saved configuration, and the operations that it names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Self, Unpack

from attrs import evolve

from .._arguments.checking import checked_methods
from .._assets.directory import GroupLink, UserLink
from .._assets.roles import RolesPreview, SchemaRoles
from .._destination import checklist, token_replacement
from .._destination.saved_settings import SavedDestination
from .._destination.secret_references import SecretReference
from .._destination.settings_data import OktaSource, records_of
from .._destination.status import DestinationStatus
from .._destination.steps import chosen_conflict
from .._display.values import public_value
from .._imports.options import AsyncRecords, Busy, ImportOptions, ImportSettings
from .._imports.result import ImportResult
from .._operations.import_tokens import ImportTarget
from .._plan.build_plan import BuildPlanRecord
from .._plan.conflicts import ConflictRecord, Resolution
from .._secret import Secret
from .._session.credentials import Credentials, import_token_secret
from .._session.opening import ConnectionOptions
from ..exceptions import AssetsError, ConfigurationError
from .connection import AsyncConnection
from .import_execution import AsyncImportExecution
from .import_token import AsyncBuildPlan, AsyncImportToken
from .object_schema import AsyncObjectSchema
from .object_type_conflict import AsyncObjectTypeConflict
from .session import LazyModule

if TYPE_CHECKING:
    from .. import okta
else:
    okta = LazyModule("..okta")


@checked_methods
@public_value
class AsyncDestination(SavedDestination):
    """Saved configuration of a destination, and the operations on it.

    Only the name is required. The other settings can be added later with `attrs.evolve`; `status` says what comes next.
    The configuration contains references to secrets, never secrets. A method that needs a connection opens one for this
    call and closes it, unless it receives one.

    Attributes:
        name: Name of the destination.
        site: Address of the site. None means the current site, from the environment (`Connection.current_site`).
        credentials: Account and reference to its secret. None reads them from the environment, or from the argument of
            `connect`.
        gateway: Address of Atlassian's gateway. Default: the usual one. Like the next two, it requires `site`.
        cloud_id: Id of the site on the gateway. Default: it is looked up.
        workspace_id: Id of the Assets workspace. Default: it is looked up.
        schema_key: Key of the object schema, such as OKT.
        schema_name: Name of a new object schema. Default: the key.
        schema_description: Description of a new object schema.
        roles: Group names or account ids by role: "managers", "developers", and "users". Other roles are not changed.
        import_source: Name or id of the import that the token must belong to. None accepts any import.
        import_token: Reference to the import token, as a `SecretReference` or its text.
        model: An `OktaModel`, a `SchemaModel`, or the path of a JSON file with the result of `SchemaModel.to_dict`. None
            means the model that the import has in Assets.
        source: Settings of Okta's records with the privacy rules, an `OktaSource`. None for other data.
        options: Options of imports. Options passed to an import take precedence.
        path: The file. Relative paths in `file:` references, in `model`, and in the option `journal` start at its folder;
            before the destination is saved, at the current folder.

    Args:
        environ: Environment variables for `env:` references and the current site. None means this process's environment.
            It is neither saved nor displayed, and not pickled.
        transport: httpx transport of the connections that the destination opens. None means the network. It is not saved.

    Raises:
        ConfigurationError: A setting is invalid. The message names it.
        InvalidCredentialError: A secret was passed instead of a reference. The message does not repeat it.
    """

    __slots__ = ()

    def connect(
        self,
        auth: Credentials | None = None,
        **options: Unpack[ConnectionOptions],
    ) -> AsyncConnection:
        """Return a connection to the site, an async context manager. Reads the secrets now; sends nothing.

        Args:
            auth: Credentials to use instead of those of the destination.
            options: `retry`, `limits`, `verify`, `trust_env`, `clock`, and `on_request`; see `AsyncConnection.external_site`.
                The default of `transport` is that of the destination.

        Raises:
            ConfigurationError: A secret is missing where its reference points to, or a setting is invalid.
        """
        settings = self._site_settings(auth)
        if options.get("transport") is None:
            options["transport"] = self._transport
        return AsyncConnection.external_site(**settings._asdict(), **options)

    async def status(self, *, connection: AsyncConnection | None = None) -> DestinationStatus:
        """Return the checklist: connection, schema, roles, model, token, and ready, each with the next action.

        Sends only read requests. A problem is part of the checklist, not an exception.
        """
        try:
            async with self._using(connection) as used:
                return await used._session.ask(checklist.status, self._wanted())
        except ConfigurationError as error:
            return checklist.not_connected(self._wanted(), self.site or "", error)

    def okta_records(self, tenant: okta.Tenant) -> okta.Records:
        """Return the records of Okta's data, by the settings of `source` and the model. Nothing is sent.

        Args:
            tenant: The data.

        Raises:
            ConfigurationError: The destination has no model, the secret for hashed values is missing, or a setting or a
                privacy rule does not fit.
        """
        source = OktaSource() if self.source is None else self.source
        return records_of(source, tenant, self.schema_model(), self._hash_key())

    async def get_object_schema(self, connection: AsyncConnection) -> AsyncObjectSchema:
        """Return the object schema.

        Raises:
            ObjectSchemaNotFoundError: The account can't see an object schema with this key.
        """
        return await connection.get_object_schema(self._schema_key())

    async def ensure_object_schema(self, connection: AsyncConnection) -> AsyncObjectSchema:
        """Return the object schema, creating it with its name and description if it does not exist.

        Raises:
            ObjectSchemaExistsError: No object schema has this key, but another one has this name.
        """
        return await connection.ensure_object_schema(
            self._schema_key(), name=self.schema_name, description=self.schema_description
        )

    async def resolve_conflict(
        self,
        conflict: ConflictRecord | str,
        resolution: Resolution | str,
        *,
        name: str | None = None,
        delete_objects: int | None = None,
        connection: AsyncConnection | None = None,
    ) -> Self:
        """Resolve a conflict of the checklist, and return the destination with the resolved model. Save it afterwards.

        ADOPT, RENAME_INCOMING, and SKIP change the model only. RENAME_EXISTING and DELETE_EXISTING change the object type
        in Assets immediately.

        Args:
            conflict: One of the `conflicts` of the status, or its `key`. For a key, the conflicts are read again.
            resolution: The resolution, or its value such as "adopt".
            name: New name for RENAME_INCOMING and RENAME_EXISTING. Default: a free name.
            delete_objects: For DELETE_EXISTING of a type that has objects: their number, as a confirmation.
            connection: Open connection. None opens one for this call.

        Raises:
            ConfigurationError: There is no conflict with this key.
            ResolutionNotPossibleError: The resolution is not possible. The message says why.
        """
        model = self.schema_model()
        async with self._using(connection) as used:
            if isinstance(conflict, ConflictRecord):
                record = conflict
            else:
                schema = await self.get_object_schema(used)
                record = chosen_conflict(await schema.find_conflicts(model), conflict)
            handle = AsyncObjectTypeConflict.of(used._session, record)
            resolved = await handle.resolve(resolution, model, name=name, delete_objects=delete_objects)
        return evolve(self, model=resolved)

    async def preview_roles(self, *, connection: AsyncConnection | None = None) -> RolesPreview:
        """Return what `set_roles` would change, and who would lose access. Sends only read requests.

        Raises:
            RolesNotSettableError: The site does not allow this credential to read roles.
        """
        async with self._using(connection) as used:
            return await (await self.get_object_schema(used)).preview_roles(**self.roles)

    async def set_roles(self, *, connection: AsyncConnection | None = None) -> SchemaRoles:
        """Replace the entries of the roles that `roles` names. Other roles are not changed.

        Returns:
            The current roles.

        Raises:
            RoleEntryRejectedError: Assets rejected an entry, such as an unknown group.
            RolesNotSettableError: The site does not allow this credential to set roles. The error contains steps.
        """
        async with self._using(connection) as used:
            return await (await self.get_object_schema(used)).set_roles(**self.roles)

    async def get_import_token(self, connection: AsyncConnection) -> AsyncImportToken:
        """Read the import token now and return its handle for the object schema.

        Raises:
            ConfigurationError: The token is missing where its reference points to.
            ObjectSchemaNotFoundError: The account can't see the object schema.
        """
        target = await self._import_target(connection, self._token())
        target.memory.missing_objects = self.options.missing_objects
        return AsyncImportToken(session=connection._session, target=target)

    async def save_import_token(
        self,
        token: str,
        reference: SecretReference | str | None = None,
        *,
        environment_file: str | os.PathLike[str] | None = None,
        connection: AsyncConnection | None = None,
    ) -> Self:
        """Check a pasted import token with Assets, store it, and return the destination that refers to it.

        The token must be accepted and belong to the object schema and, if `import_source` is set, to that import. Otherwise
        nothing is stored. A running import is not affected. Save the destination that this method returns.

        Args:
            token: The import token.
            reference: Where to store the token: in a file that only you can read, in the keyring, or in an environment
                file. Default: the current reference.
            environment_file: File with lines `NAME=value`, for a reference to an environment variable.
            connection: Open connection. None opens one for this call.

        Raises:
            InvalidCredentialError: The string is not an import token. Nothing was sent.
            ProblemsFoundError: Assets rejected the token, or it belongs to another object schema.
            ImportTargetMismatchError: The token belongs to another import.
            ConfigurationError: There is no reference, or its place is not writable.
        """
        try:
            secret = import_token_secret(token)
            place = self._token_place(reference, environment_file)
        finally:
            # Error reporters show the local variables of a traceback, and the arguments may be swapped.
            del token, reference
        async with self._using(connection) as used:
            target = await self._import_target(used, secret)
            await used._session.run(token_replacement.check_token(target, self.import_source))
        return self._with_token(place, secret, environment_file)

    async def rotate_import_token(
        self,
        reference: SecretReference | str | None = None,
        *,
        environment_file: str | os.PathLike[str] | None = None,
        on_busy: Busy = "wait",
        timeout: float = 3_600.0,
        connection: AsyncConnection | None = None,
    ) -> Self:
        """Generate a new import token, store it, and return the destination that refers to it.

        Assets rejects the old token as soon as a new one exists. Therefore, the new one is generated when no execution of
        the import is running: a running import keeps its token until its end. Imports that start later read the new token.

        Args:
            reference: Where to store the token; see `save_import_token`. Default: the current reference.
            environment_file: File with lines `NAME=value`, for a reference to an environment variable.
            on_busy: Reaction to a running execution: "wait" for its end, or "fail".
            timeout: Seconds to wait for its end.
            connection: Open connection, whose account manages the object schema. None opens one for this call.

        Raises:
            ImportBusyError: An execution is running, and `on_busy` is "fail". Nothing was changed.
            ImportTimeoutError: It was still running after `timeout`. Nothing was changed.
            ConfigurationError: There is no reference, its place is not writable, or the object schema has several imports
                and `import_source` is not set. Nothing was changed.
            UnknownOutcomeError: The response was lost. The old token may no longer work. Call this method again.
        """
        options = ImportOptions(on_busy=on_busy, timeout=timeout)
        place = self._token_place(reference, environment_file)
        current = self._readable_token()
        if current is not None:
            # The old token dies when the new one is generated, so prove first that a token can be stored.
            self._with_token(place, current, environment_file)
        async with self._using(connection) as used:
            replacement = token_replacement.TokenReplacement(
                site=used._session.site,
                schema=await self.get_object_schema(used),
                current=current,
                import_source=self.import_source,
                options=options,
            )
            secret = await used._session.run(replacement.generate())
            destination = self._with_token(place, secret, environment_file)
            target = await self._import_target(used, secret)
            await used._session.run(token_replacement.wait_until_accepted(target))
        return destination

    async def _import_target(self, connection: AsyncConnection, secret: Secret) -> ImportTarget:
        schema = None if self.schema_key is None else await self.get_object_schema(connection)
        return ImportTarget(site=connection._session.site, secret=secret, schema=schema)

    async def plan(self, connection: AsyncConnection) -> AsyncBuildPlan:
        """Return the plan to build the model; see `AsyncImportToken.plan`. Its `apply` needs the open connection."""
        return await (await self.get_import_token(connection)).plan(self.schema_model())

    async def build(
        self,
        *,
        plan: BuildPlanRecord | None = None,
        timeout: float = 600.0,
        accept_risky: bool = False,
        connection: AsyncConnection | None = None,
    ) -> BuildPlanRecord:
        """Build the model; see `AsyncImportToken.build`.

        Args:
            plan: A plan that was made before. It is rejected if the import has changed since.
            timeout: Seconds to wait until Assets has applied the changes.
            accept_risky: Make risky changes too, such as another identifier.
            connection: Open connection. None opens one for this call.

        Returns:
            The applied plan.
        """
        async with self._using(connection) as used:
            return await (await self.get_import_token(used)).build(
                self.schema_model(), plan=plan, timeout=timeout, accept_risky=accept_risky
            )

    async def test_import(
        self,
        records: AsyncRecords,
        count: int = 100,
        *,
        connection: AsyncConnection | None = None,
        **options: Unpack[ImportSettings],
    ) -> ImportResult:
        """Import the first records only; see `AsyncImportToken.test_import`."""
        async with self._using(connection) as used:
            return await (await self.get_import_token(used)).test_import(
                records, count, **self._settings(options)
            )

    async def import_records(
        self,
        records: AsyncRecords,
        *,
        connection: AsyncConnection | None = None,
        **options: Unpack[ImportSettings],
    ) -> ImportResult:
        """Import records; see `AsyncImportToken.import_records`.

        If the model has attributes of the types user or group, they are linked after a confirmed import; see
        `AsyncObjectSchema.link_users` and the `links` of the result.

        Args:
            records: The records.
            connection: Open connection. None opens one for this call.
            options: See `ImportOptions`. They take precedence over the saved options.

        Raises:
            LinkAttributeError: The model has such attributes, and `schema_key` is not set. Nothing was imported.
        """
        links = self._links()
        async with self._using(connection) as used:
            result = await (await self.get_import_token(used)).import_records(
                records, **self._settings(options)
            )
            return await self._linked(used, result, links)

    async def _linked(
        self, connection: AsyncConnection, result: ImportResult, links: Sequence[UserLink | GroupLink]
    ) -> ImportResult:
        """Link objects to Jira after a confirmed import. An error contains the result of the import."""
        if not links or not result.confirmed:
            return result
        try:
            schema = await self.get_object_schema(connection)
            # The model declares the attributes, so the missing ones may be created.
            report = await schema.link_users(*links, create_attribute=True)
        except AssetsError as error:
            error.result = result
            raise
        return evolve(result, links=report)

    async def start(
        self, connection: AsyncConnection, **options: Unpack[ImportSettings]
    ) -> AsyncImportExecution:
        """Start a manual execution with the saved options; see `AsyncImportToken.start`.

        Args:
            connection: Open connection, which the execution uses.
            options: See `ImportOptions`. They take precedence over the saved options. A saved journal is not used.
        """
        settings = self._settings(options)
        if "journal" not in options:
            settings.pop("journal", None)
        return await (await self.get_import_token(connection)).start(**settings)

    async def resume_import(
        self,
        records: AsyncRecords,
        *,
        connection: AsyncConnection | None = None,
        **options: Unpack[ImportSettings],
    ) -> ImportResult:
        """Continue an interrupted import from its journal; see `AsyncImportToken.resume_import` and `import_records`."""
        links = self._links()
        async with self._using(connection) as used:
            result = await (await self.get_import_token(used)).resume_import(
                records, **self._settings(options)
            )
            return await self._linked(used, result, links)

    def _using(self, connection: AsyncConnection | None) -> nullcontext[AsyncConnection] | AsyncConnection:
        """Return a context manager: the given connection, which stays open, or a new one."""
        return self.connect() if connection is None else nullcontext(connection)
