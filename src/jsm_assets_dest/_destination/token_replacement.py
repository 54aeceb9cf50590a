"""Check an import token before it is stored, and replace one without stopping a running import."""

from __future__ import annotations

from attrs import evolve, frozen

from .._assets.import_sources import ImportSource
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.reports import CheckState
from .._http.commands import Operation, Sleep
from .._imports.options import ImportOptions
from .._operations import import_tokens as tokens
from .._operations import object_schemas as schemas
from .._operations.executions import pause
from .._operations.import_tokens import ImportTarget
from .._secret import Secret
from .._session.site import Site
from ..exceptions import (
    ConfigurationError,
    ImportBusyError,
    ImportTargetMismatchError,
    ImportTimeoutError,
    ImportTokenError,
)

#: Seconds after which Assets must accept a new token. One client was observed to wait 3 seconds.
NEW_TOKEN_SECONDS = 30.0
#: Seconds after the end of an execution in which its client may still read the result with the old token. A client of this
#: library reads it at least every 15 seconds.
RESULT_SECONDS = 20.0


def check_token(target: ImportTarget, import_source: str | None) -> Operation[None]:
    """Check that a token is accepted and belongs to the object schema and the import. The state of the import is irrelevant.

    What the account can't read is not checked.

    Raises:
        ProblemsFoundError: Assets rejected the token, or it belongs to another object schema.
        ImportTargetMismatchError: It belongs to another import of the object schema.
    """
    report = yield from tokens.check(target)
    problems = tuple(
        check
        for check in report.problems
        if check.name == tokens.ACCEPTED or (check.state is CheckState.FAILED and check.name != tokens.STATE)
    )
    evolve(report, checks=problems).raise_for_problems()
    source = report.import_source
    if source is not None and not source.is_called(import_source):
        raise ImportTargetMismatchError(
            f'The import token belongs to the import "{source.name}", not to "{import_source}". Nothing was changed.'
        )


@frozen(kw_only=True)
class TokenReplacement:
    """Replacement of the token of an import.

    Attributes:
        site: The site.
        schema: The object schema of the import.
        current: The current token, or None if there is none.
        import_source: Name or id of the import. None if the object schema has only one.
        options: Reaction to a running execution, whose token would stop working, and the seconds to wait for its end.
    """

    site: Site
    schema: ObjectSchemaRecord
    current: Secret | None
    import_source: str | None
    options: ImportOptions

    def generate(self) -> Operation[Secret]:
        """Wait until no execution is running, generate a token, and return it. From now on, the old one is rejected."""
        source = yield from self._source()
        yield from self._until_idle(source)
        return Secret((yield from tokens.generate(self.site, source)))

    def _source(self) -> Operation[ImportSource]:
        listed = yield from schemas.import_sources(self.site, self.schema.id)
        candidates = [
            source for source in listed if source.is_external and source.is_called(self.import_source)
        ]
        if len(candidates) > 1 and self.current is not None:
            target = ImportTarget(site=self.site, secret=self.current, schema=self.schema)
            try:
                source_id = (yield from tokens.links(target)).import_source_id
            except ImportTokenError:
                source_id = ""
            candidates = [source for source in candidates if source.id == source_id]
        if len(candidates) == 1:
            return candidates[0]
        names = ", ".join(f'"{source.name}"' for source in listed if source.is_external) or "none"
        raise ConfigurationError(
            f"Could not determine the import of {self.schema.key} whose token to replace. Its External imports: {names}.",
            field="import_source",
            fix="Set import_source= to the name of the import.",
        )

    def _until_idle(self, source: ImportSource) -> Operation[None]:
        clock = self.site.clock
        started = clock.monotonic()
        was_running = False
        while True:
            status = yield from schemas.import_status(self.site, source)
            if status.status != "RUNNING":
                if not was_running:
                    return
                was_running = False
                yield Sleep(RESULT_SECONDS)
                continue
            was_running = True
            waited = clock.monotonic() - started
            if self.options.on_busy == "fail":
                raise ImportBusyError(
                    f'Could not replace the token of "{source.name}": an execution is running, and its token would stop '
                    "working. Nothing was changed."
                )
            if waited >= self.options.timeout:
                raise ImportTimeoutError(
                    f'Could not replace the token of "{source.name}": an execution was still running after {waited:.0f} '
                    "seconds. Nothing was changed.",
                    remedies=("You: wait for its end, or pass a larger timeout=….",),
                )
            yield Sleep(min(pause(waited, self.site.chance()), self.options.timeout - waited))


def wait_until_accepted(target: ImportTarget) -> Operation[None]:
    """Wait until Assets accepts a new token.

    Raises:
        ImportTokenError: Assets still rejects it after `NEW_TOKEN_SECONDS`.
    """
    deadline = target.site.clock.monotonic() + NEW_TOKEN_SECONDS
    while True:
        try:
            yield from tokens.links(target)
        except ImportTokenError:
            if target.site.clock.monotonic() >= deadline:
                raise
        else:
            return
        yield Sleep(1.0)
