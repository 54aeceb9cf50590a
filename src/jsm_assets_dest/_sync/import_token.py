# Derived from _async/import_token.py by tools/derive_sync.py: do not edit; change _async/import_token.py and derive again.
"""The import token of an External import, and everything that is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen
from typing_extensions import Unpack

from .._assets.import_sources import ImportStatus
from .._assets.object_schemas import ObjectSchemaRecord
from .._imports.execution import Execution
from .._imports.options import ImportOptions, ImportSettings, Records
from .._operations import building, imports, starting
from .._operations import import_tokens as tokens
from .._secret import Secret
from .._session.credentials import import_token_secret
from ..exceptions import ExecutionFacts
from .build_plan import BuildPlan
from .import_execution import ImportExecution

if TYPE_CHECKING:
    from typing import Self

    from .._assets.reports import ImportTokenReport
    from .._imports.result import ImportResult
    from .._model.schema_model import SchemaModel
    from .._plan.build_plan import BuildPlanRecord
    from .connection import Connection


@frozen(kw_only=True)
class ImportToken:
    """The token of one External import. It is never shown, and asked anew for every step where it leads.

    Attributes:
        schema: The object schema that the import is meant for, or None to take whichever the token leads to.
    """

    schema: ObjectSchemaRecord | None = None
    _secret: Secret = field(repr=False, alias="secret")
    _connection: Connection = field(repr=False, eq=False, alias="connection")
    _memory: tokens.Memory = field(factory=tokens.Memory, repr=False, eq=False, init=False)

    @classmethod
    def of(cls, connection: Connection, secret: str, schema: ObjectSchemaRecord | None) -> Self:
        """Bind a token to a connection.

        Raises:
            InvalidCredentialError: It cannot be an import token.
        """
        return cls(schema=schema, secret=import_token_secret(secret), connection=connection)

    def reveal(self) -> str:
        """The token's text, to be put into a secret store; everywhere else it is masked."""
        return self._secret.reveal()

    def check(self) -> ImportTokenReport:
        """Find out whether the token is accepted, belongs to this workspace and schema, and may be used now.

        Sends only reads. A failed check is an entry of the report, never an exception.
        """
        return self._connection._run(
            tokens.check(self._connection._site, self._secret, self.schema, self._memory)
        )

    def status(self) -> ImportStatus:
        """The state of the import.

        Raises:
            ImportTokenError: The token is refused.
        """
        return self._connection._run(tokens.status(self._connection._site, self._secret))

    def plan(self, model: SchemaModel) -> BuildPlan:
        """Compare a model with what the import has, and say what building it would change. Sends only reads.

        Args:
            model: The wanted model.

        Returns:
            The plan; `apply` carries it out.

        Raises:
            InvalidModelError: The model has errors; the message lists all of them.
            ImportTargetMismatchError: The token leads to another object schema than the one that is meant.
        """
        record = self._connection._run(
            building.plan(self._connection._site, self._secret, self.schema, model, self._memory)
        )
        return BuildPlan.bound(self, record)

    def build(
        self, model: SchemaModel, *, plan: BuildPlanRecord | None = None, timeout: float = 600.0
    ) -> BuildPlan:
        """Make the import's schema and mapping what a model says: object types, attributes, references, statuses, mapping.

        The first time all of it is sent, later only what changed, and nothing when nothing changed. Building the same
        model twice changes nothing.

        Args:
            model: The wanted model.
            plan: A plan made before; it is refused when the import or the model has changed since.
            timeout: Seconds to wait for Assets to be done with it.

        Returns:
            The plan that was carried out. Its `model` is the wanted one with everything settled that was adopted: the
            one that records follow.

        Raises:
            InvalidModelError: The model has errors; nothing was sent.
            ImpossibleChangeError: The model wants something changed that Assets can never change; nothing was sent.
            StalePlanError: The import or the model has changed since the plan was made; nothing was sent.
            MappingRejectedError: Assets refused it; there is a class for each of its reasons.
            ImportTimeoutError: Assets was not done in time; it goes on with it.
        """
        record = self._connection._run(
            building.build(
                self._connection._site, self._secret, self.schema, model, plan, timeout, self._memory
            )
        )
        return BuildPlan.bound(self, record)

    def start(self, **options: Unpack[ImportSettings]) -> ImportExecution:
        """Start an execution by hand; `import_records` does all of it in one call.

        Args:
            options: See `ImportOptions`.

        Raises:
            ImportBusyError: An execution is running already; it is left alone.
            MissingMappingError: The schema model has not been built yet.
            ImportDisabledError: The import is disabled in Assets.
            ImportModuleKeyError: The import is of a kind that takes no data.
        """
        settings = ImportOptions(**options)
        execution = self._connection._run(
            starting.start(self._connection._site, self._secret, self.schema, settings, self._memory)
        )
        return ImportExecution.of(self._connection, self._secret, execution)

    def attach(self, execution: ExecutionFacts) -> ImportExecution:
        """Take up an execution that was started elsewhere, such as one that came pickled from another process.

        Only whoever started it completes or cancels it; here, records can be submitted and its state read.
        """
        return ImportExecution.of(self._connection, self._secret, Execution.from_dict(execution.to_dict()))

    def test_import(
        self, records: Records, count: int = 100, **options: Unpack[ImportSettings]
    ) -> ImportResult:
        """Import the first records only, to see that everything works.

        Args:
            records: As in `import_records`.
            count: How many records to take; the rest of the source is not read.
            options: See `ImportOptions`.

        Raises:
            MassDeletionGuardError: The import is known to remove objects that a run does not bring, so that a test would
                remove nearly everything; `allow_missing=True` does it all the same.
        """
        settings = ImportOptions(**options)
        return self._connection._run(
            imports.run(
                self._connection._site,
                self._secret,
                self.schema,
                records,
                settings,
                self._memory,
                first=imports.checked_count(count),
            )
        )

    def import_records(self, records: Records, **options: Unpack[ImportSettings]) -> ImportResult:
        """Import records: start an execution, send them in chunks, complete it once, and wait until Assets is done.

        Args:
            records: Records by selector, or pairs of a selector and a record. A record is a mapping from the model's
                locators to values, an attrs instance or a dataclass. They are read as they are sent: the source may be
                larger than memory. Records by selector are sent in an order in which references find their targets;
                pairs are sent in the order in which they come.
            options: See `ImportOptions`.

        Returns:
            What was sent, and what Assets confirmed.

        Raises:
            RecordError: A record cannot be imported; nothing is completed. With `on_bad_record="skip"` it is left out.
            ImportInterruptedError: The source raised an exception; nothing is completed, and the exception is the cause.
            MassDeletionGuardError: Many objects that are in Assets are missing; nothing is completed.
            ImportCancelledError: Somebody cancelled the execution.
            ImportTimeoutError: Assets was not done in time; the execution goes on and is on the error.
            ImportTokenError: The token is refused, also when it is replaced while the import runs.
        """
        settings = ImportOptions(**options)
        return self._connection._run(
            imports.run(self._connection._site, self._secret, self.schema, records, settings, self._memory)
        )

    def resume_import(self, records: Records, **options: Unpack[ImportSettings]) -> ImportResult:
        """Go on with an import that was killed, from its journal.

        Args:
            records: The same records in the same order as before. Chunks that Assets confirmed are not sent again, unless
                its execution takes no more data; then everything is sent in a new one.
            options: See `ImportOptions`; `journal` names the journal of the killed run.

        Raises:
            ConfigurationError: No journal was named.
            JournalLockedError: Another process is using the journal.
            JournalMismatchError: The journal belongs to another import, or the records are others.
        """
        settings = ImportOptions(**options)
        return self._connection._run(
            imports.run(
                self._connection._site,
                self._secret,
                self.schema,
                records,
                settings,
                self._memory,
                resume=True,
            )
        )
