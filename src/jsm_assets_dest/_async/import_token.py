"""Import token of an External import, and every operation that needs it."""

from collections.abc import Mapping
from typing import Self, Unpack

from attrs import field, frozen

from .._arguments.checking import checked_methods
from .._assets.import_sources import ImportStatus
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.reports import ImportTokenReport
from .._display.values import public_value
from .._imports.execution import Execution, RunningImport
from .._imports.options import AsyncRecords, ImportOptions, ImportSettings
from .._imports.preview import ImportPreview
from .._imports.result import ImportResult
from .._imports.verification import ImportVerification
from .._model.schema_model import SchemaModel
from .._operations import building, imports, parts, previewing, starting, verifying
from .._operations import import_tokens as tokens
from .._operations.import_tokens import ImportTarget
from .._plan.build_plan import BuildPlanRecord
from .._session.credentials import import_token_secret
from ..exceptions import ExecutionFacts
from .import_execution import AsyncImportExecution
from .session import AsyncSession, values_of


@checked_methods
@frozen(kw_only=True, repr=False)
class AsyncBuildPlan(BuildPlanRecord):
    """Plan of the changes that building a model makes to an import, one item per change.

    Creating a plan sends only read requests. `apply` sends nothing if an item is impossible.
    """

    __module__ = "jsm_assets_dest"

    _session: AsyncSession = field(repr=False, eq=False, alias="session")
    _target: ImportTarget = field(repr=False, eq=False, alias="target")

    @classmethod
    def bound(cls, session: AsyncSession, target: ImportTarget, record: BuildPlanRecord) -> Self:
        """Return a handle for the plan."""
        return cls(**values_of(record), session=session, target=target)

    async def apply(self, *, timeout: float = 600.0, accept_risky: bool = False) -> Self:
        """Apply the plan, after checking that the import has not changed since the plan was made.

        Args:
            timeout: Seconds to wait until Assets has applied the changes.
            accept_risky: Apply risky changes too, such as another identifier.

        Returns:
            The plan. Its `model` is the model for the records.

        Raises:
            ImpossibleChangeError: The plan contains impossible changes. Nothing was sent.
            RiskyChangeError: The plan contains risky changes, and they are not accepted. Nothing was sent.
            StalePlanError: The schema or the mapping has changed since the plan was made. Nothing was sent.
            MappingRejectedError: Assets rejected the mapping. There is a subclass for each reason.
            ImportTimeoutError: Assets did not finish in time. It continues.
        """
        record = await self._session.run(
            building.build(self._target, self.model, self, timeout, accept_risky=accept_risky)
        )
        return self.bound(self._session, self._target, record)


@checked_methods
@frozen(kw_only=True)
@public_value
class AsyncImportToken:
    """Import token of one External import.

    The token is never displayed. Its links are requested again for every operation, because they may change.
    """

    _session: AsyncSession = field(eq=False, alias="session")
    _target: ImportTarget = field(alias="target")

    @classmethod
    def of(cls, session: AsyncSession, secret: str, schema: ObjectSchemaRecord | None) -> Self:
        """Return a handle for a token.

        Raises:
            InvalidCredentialError: The string is not an import token.
        """
        target = ImportTarget(site=session.site, secret=import_token_secret(secret), schema=schema)
        return cls(session=session, target=target)

    @property
    def schema(self) -> ObjectSchemaRecord | None:
        """Object schema that the import is expected to belong to; None accepts any."""
        return self._target.schema

    def __repr__(self) -> str:
        return f"{type(self).__name__}(schema={self.schema!r})"

    def reveal(self) -> str:
        """Return the token as a string, for a secret store. Everywhere else it is masked."""
        return self._target.secret.reveal()

    async def check(self) -> ImportTokenReport:
        """Check that the token is accepted, belongs to this workspace and schema, and can be used now.

        Sends only read requests. A failed check is an entry of the report, not an exception.
        """
        return await self._session.run(tokens.check(self._target))

    async def status(self) -> ImportStatus:
        """Return the state of the import.

        Raises:
            ImportTokenError: Assets rejected the token.
        """
        return await self._session.run(tokens.status(self._target))

    async def get_model(self) -> SchemaModel:
        """Return the model that the import has in Assets, to change it and to build it again.

        `model.with_document(document)` applies a partial schema-and-mapping document to it. The model has all object types
        of the object schema; those that the import does not fill have `mapped=False`. Attributes of types that no import
        can write are left out.

        Raises:
            MissingMappingError: The import has no mapping yet.
            ImportTargetMismatchError: The token belongs to another object schema than the expected one.
        """
        return await self._session.run(building.read_model(self._target))

    async def plan(self, model: SchemaModel) -> AsyncBuildPlan:
        """Compare a model with what the import has, and return the changes that building it would make.

        Sends only read requests.

        Args:
            model: The wanted model.

        Returns:
            The plan. `apply` applies it.

        Raises:
            InvalidModelError: The model has errors. The message lists all of them.
            ImportTargetMismatchError: The token belongs to another object schema than the expected one.
        """
        record = await self._session.run(building.plan(self._target, model))
        return AsyncBuildPlan.bound(self._session, self._target, record)

    async def build(
        self,
        model: SchemaModel,
        *,
        plan: BuildPlanRecord | None = None,
        timeout: float = 600.0,
        accept_risky: bool = False,
    ) -> AsyncBuildPlan:
        """Build the model in Assets: object types, attributes, references, statuses, and the mapping of the import.

        The first build sends the whole model, a later one only what changed. Building an unchanged model sends nothing.

        Args:
            model: The wanted model.
            plan: A plan that was made before. It is rejected if the import or the model has changed since.
            timeout: Seconds to wait until Assets has applied the changes.
            accept_risky: Make risky changes too, such as another identifier.

        Returns:
            The applied plan. Its `model` is the model for the records; adopted object types are resolved in it.

        Raises:
            InvalidModelError: The model has errors. Nothing was sent.
            ImpossibleChangeError: The model contains a change that an import can't make. Nothing was sent.
            RiskyChangeError: The identifier of an object type changes, so all objects would be created again. Nothing was
                sent.
            StalePlanError: The import or the model has changed since the plan was made. Nothing was sent.
            MappingRejectedError: Assets rejected the mapping. There is a subclass for each reason.
            ImportTimeoutError: Assets did not finish in time. It continues.
        """
        record = await self._session.run(
            building.build(self._target, model, plan, timeout, accept_risky=accept_risky)
        )
        return AsyncBuildPlan.bound(self._session, self._target, record)

    async def start(self, **options: Unpack[ImportSettings]) -> AsyncImportExecution:
        """Start a manual execution and wait until it accepts data. `import_records` does everything in one call.

        Args:
            options: See `ImportOptions`.

        Raises:
            ImportBusyError: Another execution is running. It is not changed.
            MissingMappingError: The schema model has not been built yet.
            ImportDisabledError: The import is disabled in Assets.
            ImportModuleKeyError: The import is not of a kind that accepts data.
        """
        execution = await self._session.run(starting.start(self._target, ImportOptions(**options)))
        return AsyncImportExecution.of(self._session, self._target, execution)

    def attach(
        self, execution: ExecutionFacts | Mapping[str, object], *, lead: bool = False
    ) -> AsyncImportExecution:
        """Return a handle for an execution that another process started.

        Args:
            execution: The execution, such as an unpickled one, the one of an error, or the result of its `to_dict`.
            lead: Take the execution over, so that the handle can complete or cancel it. Without it, the handle can submit
                records and read the state.

        Raises:
            ConfigurationError: The argument is not an execution, or it belongs to another site.
        """
        data = execution if isinstance(execution, Mapping) else execution.to_dict()
        attached = parts.attached(self._target, Execution.from_dict(data), lead=lead)
        return AsyncImportExecution.of(self._session, self._target, attached)

    async def running(self) -> RunningImport | None:
        """Return what is known about the execution that is running, started by any process, or None.

        Raises:
            ImportTokenError: Assets rejected the token.
        """
        return await self._session.run(parts.running(self._target))

    async def preview(self, records: AsyncRecords, **options: Unpack[ImportSettings]) -> ImportPreview:
        """Show what an import of these records would do. Sends only read requests.

        The records are compared with the objects in Assets. If the account can't read them, they are compared with the last
        confirmed run of the journal.

        Args:
            records: Records as in `import_records`. They are read to the end.
            options: See `ImportOptions`. `journal` is not created, and `missing_objects` decides what the preview says about
                missing objects.

        Raises:
            NothingToCompareError: The account can't read the objects, and there is no journal with a confirmed run.
            JournalMismatchError: The journal belongs to another import.
            RecordError: A record is invalid. With `on_bad_record="skip"`, such records are counted.
        """
        return await self._session.run(previewing.preview(self._target, records, ImportOptions(**options)))

    async def test_import(
        self, records: AsyncRecords, count: int = 100, **options: Unpack[ImportSettings]
    ) -> ImportResult:
        """Import the first records only, as a test.

        Args:
            records: Records as in `import_records`.
            count: Number of records to import. The remaining records are not read.
            options: See `ImportOptions`.

        Raises:
            MassDeletionGuardError: Objects in Assets are missing from the test, and the import may be set to remove them. If
                it is set to ignore them, pass `missing_objects="ignore"`.
        """
        run = imports.run(self._target, records, ImportOptions(**options), first=count)
        return await self._session.run(run)

    async def import_records(self, records: AsyncRecords, **options: Unpack[ImportSettings]) -> ImportResult:
        """Import records: start an execution, send them in chunks, complete it once, and wait until Assets has finished.

        Args:
            records: Records by selector, or pairs of a selector and a record. A record is a mapping from the model's
                locators to values, an attrs instance, or a dataclass. Records are read while they are sent, so the source
                may be larger than memory. Records by selector are sent in an order in which references find their
                targets; pairs are sent in the given order.
            options: See `ImportOptions`.

        Returns:
            What was sent, and what Assets confirmed.

        Raises:
            RecordError: A record is invalid. The import was not completed. `on_bad_record="skip"` skips such records.
            ImportInterruptedError: The source raised an exception, which is the cause. The import was not completed.
            MassDeletionGuardError: Objects in Assets are missing from this run. It was not completed. The error names the
                objects and the ways to continue. With a journal, the execution stays open for `resume_import`. Without one,
                it is cancelled, because it would block every later import.
            ImportCancelledError: The execution was cancelled.
            ImportTimeoutError: Assets did not finish in time. The execution continues; `error.execution` identifies it.
            ImportTokenError: Assets rejected the token, for example because it was replaced during the import.
        """
        return await self._session.run(imports.run(self._target, records, ImportOptions(**options)))

    async def verify(
        self, records: AsyncRecords, *, sample: int | None = None, **options: Unpack[ImportSettings]
    ) -> ImportVerification:
        """Compare records with the objects in Assets, as the account sees them. Sends only read requests.

        Args:
            records: Records as in `import_records`, usually those that were imported.
            sample: Number of records to compare per object type. The same records give the same sample. None compares all.
            options: See `ImportOptions`. Options that are about sending have no effect.

        Returns:
            What differs, and what is not visible yet. If objects are not visible, they are read again for at most
            `visible_seconds`.

        Raises:
            AssetsError: The account can't read the import or its objects.
            RecordError: A record is invalid.
        """
        settings = ImportOptions(**options)
        return await self._session.run(verifying.verify(self._target, records, settings, sample))

    async def resume_import(self, records: AsyncRecords, **options: Unpack[ImportSettings]) -> ImportResult:
        """Continue an interrupted import from its journal.

        Args:
            records: The same records in the same order as before. Confirmed chunks are not sent again. If the execution
                no longer accepts data, all records are sent in a new one.
            options: See `ImportOptions`. `journal` is the journal of the interrupted import.

        Raises:
            ConfigurationError: `journal` is missing.
            JournalLockedError: Another process uses the journal.
            JournalMismatchError: The journal belongs to another import, or the records are different.
        """
        run = imports.run(self._target, records, ImportOptions(**options), resume=True)
        return await self._session.run(run)
