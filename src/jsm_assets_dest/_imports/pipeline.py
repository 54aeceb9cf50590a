"""The way of records into chunks, in one pure pipeline: check, note, encode, and cut. Sending calls it once for each batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, count
from typing import cast

from attrs import define, field

from .._arguments.fitting import invalid
from .._assets.import_sources import ImportSource
from .._model.names import same_name
from .._model.schema_model import SchemaModel
from .._wire.json_reading import JsonObject
from ..exceptions import RecordError
from .changed_records import ChangedRecords
from .chunk import Chunk, Run
from .chunker import Chunker
from .comparison import SentRow
from .encoding import Encoder, choose_encoder
from .execution import Execution
from .options import time_zone
from .problems import ImportProblem, ValueProblems
from .readback import ReadBack
from .record_checker import RecordChecker
from .whole_run import DanglingReference, References


def chosen_selectors(model: SchemaModel, only: Iterable[str] | None) -> tuple[str, ...]:
    """Return the selectors whose records are taken from the source, with targets of references before their referrers.

    Raises:
        ConfigurationError: `only` contains a name that the model does not have.
    """
    order = model.import_order()
    if only is None:
        return order
    chosen: set[str] = set()
    for name in only:
        selectors = [
            spec.selector
            for spec in model.object_types
            if spec.mapped and (spec.selector == name or same_name(spec.name, name))
        ]
        if not selectors:
            raise invalid(
                "only",
                f"contains {name!r}, but the model does not have this object type",
                f"Use one of {', '.join(map(repr, order))}.",
            )
        chosen.update(selectors)
    return tuple(selector for selector in order if selector in chosen)


def _targets(model: SchemaModel) -> dict[str, frozenset[str]]:
    """Return for each selector the other selectors that its records refer to."""
    targets: dict[str, set[str]] = {}
    for spec in model.object_types:
        for attribute in spec.mapped_attributes:
            reference = attribute.reference
            if spec.mapped and reference is not None and model.has_object_type(reference.target):
                target = model.object_type(reference.target)
                if target.mapped and target.selector != spec.selector:
                    targets.setdefault(spec.selector, set()).add(target.selector)
    return {selector: frozenset(names) for selector, names in targets.items()}


@define
class _Order:
    """Selectors whose chunks in flight a chunk must wait for, because its records refer to them.

    A source of pairs may contain targets after records that refer to them. Chunks do not wait for such a pair of selectors,
    because waiting would be useless.

    Attributes:
        targets: For each selector, the selectors that its records refer to.
        sent: Selectors of which a chunk was sent.
        mixed: Pairs of a selector and a target that came after it.
    """

    targets: Mapping[str, frozenset[str]]
    sent: set[str] = field(factory=set, init=False)
    mixed: set[tuple[str, str]] = field(factory=set, init=False)

    def targets_of(self, chunk: Chunk) -> frozenset[str]:
        """Return the selectors whose chunks must be confirmed before this one is sent."""
        if not self.targets:
            return frozenset()
        own: Iterable[str] = chunk.counts
        if not chunk.part:  # a half repeats the selectors of its chunk
            self.mixed.update(
                (referrer, selector)
                for referrer in self.sent
                for selector in own
                if selector in self.targets.get(referrer, ())
            )
        self.sent.update(own)
        return frozenset(
            target
            for selector in own
            for target in self.targets.get(selector, ())
            if (selector, target) not in self.mixed
        )


@define
class Pipeline:
    """Receives the records of an execution and returns chunks. What the result and the guard need of the records is noted.

    Attributes:
        execution: The execution that receives the chunks.
        prefix: First part of the chunks' ids.
        digests: True if the chunks are recorded in a journal.
        boundaries: Record counts of the chunks of an interrupted run.
        readback: Records for a verification, or None.
        changed: What the journal knows, if only changed records are sent, or None.
        encoder: JSON encoder. A resumed run uses the encoder of the interrupted run, which produces the same bytes.
        refused: Number of records that are not in a chunk.
        selectors: Selectors whose records are taken from the source.
        identities: Identities of the checked records of chunks that are not confirmed yet, by selector and position.
    """

    execution: Execution
    prefix: str
    digests: bool = False
    boundaries: tuple[int, ...] = ()
    readback: ReadBack | None = None
    changed: ChangedRecords | None = None
    encoder: Encoder = field(factory=choose_encoder)
    refused: int = field(default=0, init=False)
    selectors: tuple[str, ...] = field(init=False)
    identities: dict[str, dict[int, list[SentRow]]] = field(factory=dict, init=False, repr=False)
    _order: _Order = field(init=False)
    _checker: RecordChecker = field(init=False)
    _value_problems: ValueProblems = field(init=False, repr=False)
    _references: References | None = field(init=False, repr=False)
    _chunker: Chunker = field(init=False)

    def __attrs_post_init__(self) -> None:
        options, model = self.execution.options, self.execution.model
        self._checker = RecordChecker(
            model,
            timezone=None if options.timezone is None else time_zone(options.timezone),
            unique_in_run=options.unique_in_run,
        )
        self._value_problems = ValueProblems(model)
        self._references = References(model) if options.find_dangling else None
        self._chunker = Chunker(
            self.prefix,
            limit_count=options.chunk_records,
            limit_bytes=options.chunk_bytes,
            encoder=self.encoder,
            checker=self._checker,
            on_checked=self._note,
            on_bad=self._reject,
            digests=self.digests,
            boundaries=self.boundaries,
        )
        self._order = _Order(_targets(model))
        self.selectors = chosen_selectors(model, options.only)

    # --- records in, chunks out

    @property
    def batch_size(self) -> int:
        """Number of records to read next."""
        return self._chunker.batch_size

    def wanted(self, selector: str | None, records: list[object]) -> list[object]:
        """Return the records of a batch that are taken: those of pairs with a selector that `only` does not name are not."""
        if selector is not None or self.execution.options.only is None:
            return records
        return [pair for pair in records if not self._is_other(pair)]

    def _is_other(self, pair: object) -> bool:
        """Return True for a record of a selector that `only` does not name. An item that is not a pair is a bad record."""
        if not isinstance(pair, (tuple, list)):
            return False
        items = cast("Sequence[object]", pair)
        return len(items) == 2 and isinstance(items[0], str) and items[0] not in self.selectors

    def feed(self, selector: str | None, records: Sequence[object]) -> list[Chunk]:
        """Take records of one selector, or pairs of a selector and a record. Return the full chunks, often none.

        Raises:
            RecordError: A record is invalid, and invalid records are not skipped.
        """
        with self.execution.ledger.lock:
            self.execution.ledger.tally.read += len(records)
        if selector is None:
            return self._chunker.feed_pairs(records)
        return self._chunker.feed(selector, records)

    def flush(self, *, early: bool = False) -> list[Chunk]:
        """Return the remaining records as chunks: at the end of the source, or early because it is slow."""
        return self._chunker.flush_early() if early else self._chunker.flush()

    def halves(self, chunk: Chunk) -> tuple[Chunk, ...]:
        """Return the halves of a chunk that was too large; a single record is a bad record."""
        halves = self._chunker.split(chunk)
        if not halves:
            self._reject(self._chunker.too_large(chunk))
        return halves

    def targets_of(self, chunk: Chunk) -> frozenset[str]:
        """Return the selectors whose chunks must be confirmed before this one is sent."""
        return self._order.targets_of(chunk)

    def confirm(self, chunk: Chunk) -> None:
        """Add the records of a confirmed chunk to those that the guard compares with what exists."""
        evidence = self.execution.ledger.evidence
        if evidence is not None:
            evidence.is_accepted = False
            evidence.comparison.add(
                [
                    row
                    for selector, indexes in chunk.indexes.items()
                    for rows in map(self.identities[selector].pop, indexes)
                    for row in rows
                ]
            )

    # --- notes

    def _note(self, run: Run) -> Run:
        """Note checked records for the result and for later comparisons; return those that are sent."""
        selector, indexes, records = run.selector, run.indexes, cast("list[JsonObject]", run.records)
        self._value_problems.note(selector, indexes, records)
        if self._references is not None:
            self._references.note(selector, zip(indexes, records, strict=True))
        inner = list(self._checker.inner_records(selector, records))
        if self.readback is not None:
            self.readback.note(selector, records)
            for _, inner_selector, inner_records in inner:
                self.readback.note(inner_selector, inner_records)
        if self.changed is not None:
            selected = self.changed.select(selector, records)
            for position, inner_selector, inner_records in inner:
                selected[position] |= any(self.changed.select(inner_selector, inner_records))
            self.changed.unchanged_count += selected.count(False)
            run = run.part([*compress(count(), selected)])
        self._identify(run)
        return run

    def _identify(self, run: Run) -> None:
        """Remember the identities of checked records until their chunk is confirmed."""
        evidence = self.execution.ledger.evidence
        if evidence is not None:
            records = cast("list[JsonObject]", run.records)
            rows = evidence.comparison.rows(run.selector, records)
            for position, inner_selector, inner_records in self._checker.inner_records(run.selector, records):
                for inner_rows in evidence.comparison.rows(inner_selector, inner_records):
                    rows[position] += inner_rows
            self.identities.setdefault(run.selector, {}).update(zip(run.indexes, rows, strict=True))

    def _reject(self, error: RecordError) -> None:
        """Note a bad record, and raise its error unless such records are skipped."""
        evidence = self.execution.ledger.evidence
        if evidence is not None:
            # Also if this ends the import: the caller of a manual execution may complete it anyway.
            evidence.is_accepted = False
            evidence.comparison.skip(error.selector, self._checker.values_of(error.selector, error.record))
            self.identities.get(error.selector, {}).pop(error.index or 0, None)
        if self.changed is not None:
            self.changed.note_skipped(error.selector, self._checker.values_of(error.selector, error.record))
        if self.execution.options.on_bad_record == "fail":
            raise error
        self.refused += 1
        with self.execution.ledger.lock:
            self.execution.ledger.tally.refuse(error)

    # --- results

    @property
    def unknown_keys(self) -> dict[str, dict[str, int]]:
        """Keys of records that the model does not contain; their values were not sent."""
        return self._checker.unknown_keys

    @property
    def dangling(self) -> tuple[DanglingReference, ...]:
        """References whose target is not among the records."""
        return () if self._references is None else self._references.dangling()

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the result."""
        if self._checker.remembered_all:
            return ()
        note = (
            "The run has more records than identifiers can be remembered. Some later records were not compared with all "
            "earlier ones."
        )
        return (note,)

    def problems(self, source: ImportSource | None) -> list[ImportProblem]:
        """Return the values that Assets drops, without status names that the import adds to Assets."""
        return [
            problem
            for problem in self._value_problems.problems()
            if problem.code != "unknown_status"
            or source is None
            or source.handling("unknown values", problem.object_type) != "ADD"
        ]
