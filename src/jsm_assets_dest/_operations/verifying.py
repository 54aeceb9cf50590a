"""Verification: read objects back through the account, and compare them with the records of a run.

A search finds imported objects only after a delay that Atlassian does not publish. So what is not found, and what still has
other values, is read again until it is found or the time is over. The pauses grow, so that a verification is polite. After
that, an object is *not visible* if Assets counts objects that its search does not return, or if none of the objects is visible
that the import has created. Otherwise, it is *lost*.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from attrs import define, evolve, field

from .._arguments.fitting import invalid
from .._http.commands import Operation, Sleep
from .._imports.arriving_values import ignored_notes, not_compared_notes
from .._imports.counts import count_text
from .._imports.identities import MappedType, display, filter_notes
from .._imports.options import ImportOptions
from .._imports.problems import ImportProblem, ProblemCode, skipped_problems, unknown_status_problems
from .._imports.readback import DANGLING, EMPTIED, LOST, Counts, ReadBack
from .._imports.tally import Tally
from .._imports.verification import ImportVerification, VerifiedObjectType
from .._imports.whole_run import EXAMPLES
from .._model.references import quoted
from .._wire.import_requests import ImportLinks
from .._wire.json_reading import JsonObject
from ..exceptions import AssetsError, IncompleteListError, MissingMappingError, RecordError
from . import objects, starting
from .evidence import read_mapped_types
from .import_tokens import ImportTarget
from .object_selection import Selection
from .objects import ObjectReading
from .record_sources import CheckedRecords, Records
from .starting import ImportSetup

_log = logging.getLogger("jsm_assets_dest.import")

#: Seconds of the first pause, and of the longest one.
PAUSE, LONGEST_PAUSE = 5.0, 30.0
#: Objects to look for in one request. No limit of a query's length is published; clients use dozens of values.
LOOKED_UP, LONGEST_QUERY = 100, 8_000
#: Number of objects that are named as examples of values that no record fills.
UNFILLED_NAMED = 3
#: Records per object type that a sample of an import contains.
SAMPLE = 200
#: Types of identifiers whose values have the same form in a query. The objects of other ones are all read.
_QUERIED = frozenset({"text", "email", "url", "integer", "select", "ipaddress"})

_REASONS = (
    "Likely causes: the objects must be missing from more runs (threshold of the setting), Assets has not registered them with "
    "the import yet, or a change of the mapping has reset the setting to Ignore."
)


def prepare(target: ImportTarget, links: ImportLinks, sample: int | None) -> Operation[ReadBack]:
    """Read what a verification needs, and check that the account can read objects. Nothing was sent until then.

    Args:
        target: The import.
        links: Links of its token.
        sample: Number of records to compare per object type. None compares all.

    Raises:
        AssetsError: The account can't read the import or its objects.
    """
    types, unreadable = yield from read_mapped_types(target, links)
    try:
        if unreadable is not None:
            raise unreadable
        object_type_ids = tuple(itertools.chain.from_iterable(mapped.object_type_ids for mapped in types))
        if not object_type_ids:
            raise MissingMappingError(
                "The import is not mapped to an existing object type, so there is nothing to compare.",
                remedies=("You: build the model first with token.build(model).",),
                operation="read mapping",
                reason="MISSING_MAPPING",
            )
        yield from objects.count_selected(target.site, Selection.of_types(None, object_type_ids))
    except AssetsError as error:
        error.add_note("A verification needs an account that may read the objects. Nothing was sent.")
        raise
    return ReadBack(types, sample)


def verify(
    target: ImportTarget, records: object, options: ImportOptions, sample: int | None
) -> Operation[ImportVerification]:
    """Compare records with the objects in Assets, without an import."""
    if sample is not None and sample < 1:
        fix = "Pass the number of records to compare per object type, such as 200, or None to compare all."
        raise invalid("sample", f"is {sample!r}", fix)
    sources = Records(records)
    setup = yield from starting.prepare(target, options)
    sources.fit(setup.model)
    readback = yield from prepare(target, setup.links, sample)
    skipped = yield from note_records(setup, sources, readback)
    verifying = Verifying(
        target=target,
        readback=readback,
        seconds=options.visible_seconds,
        removes=options.missing_objects == "remove",
    )
    verification = yield from verifying.run()
    return evolve(verification, problems=(*skipped, *verification.problems))


def note_records(
    setup: ImportSetup, records: Records, readback: ReadBack
) -> Operation[tuple[ImportProblem, ...]]:
    """Read and check records for a verification; return the problems of skipped ones."""
    tally = Tally(names={mapped.selector: mapped.name for mapped in readback.types}, started=0.0)

    def on_skipped(error: RecordError, _: JsonObject | None) -> None:
        tally.refuse(error)

    yield from CheckedRecords(setup.model, setup.options, readback.note, on_skipped).read_all(records)
    return tuple(skipped_problems(tally.failed, tally.refused, tally.names, by_reason=False))


@define(kw_only=True)
class Verifying:
    """One verification.

    Attributes:
        target: The import.
        readback: Records of the run.
        seconds: Maximum seconds to wait until objects are visible.
        removes: True if objects without a record should have been removed.
        created: Number of objects that Assets reports to have created, by object type.
    """

    target: ImportTarget
    readback: ReadBack
    seconds: float
    removes: bool = False
    created: Mapping[str, int] = field(factory=dict)
    #: Objects that a search should return and does not, by key of the object type.
    _invisible: dict[str, int] = field(factory=dict, init=False)
    _counts: dict[str, int] = field(factory=dict, init=False)

    def run(self) -> Operation[ImportVerification]:
        """Read, wait if necessary, and compare."""
        self.readback.end_of_records()
        yield from self._read(self.readback.types)
        clock = self.target.site.clock
        started = clock.monotonic()
        waited, pause = 0.0, PAUSE
        while unsettled := self._unsettled():
            if waited >= self.seconds:
                yield from self._count(unsettled)
                break
            _log.info(
                "waiting until imported objects of %s are visible",
                ", ".join(mapped.name for mapped in unsettled),
            )
            remaining = self.seconds - waited
            yield Sleep(min(pause, remaining))
            yield from self._read_again(unsettled, is_last=pause >= remaining)
            pause = min(pause * 1.5, LONGEST_PAUSE)
            waited = clock.monotonic() - started
        return self._verification(waited)

    # --- reading

    def _read(self, types: Iterable[MappedType]) -> Operation[None]:
        chosen = [mapped for mapped in types if mapped.object_type_ids and mapped.is_identifiable]
        if self.readback.sample is None:
            yield from self._read_all(chosen)
        else:
            for mapped in chosen:
                yield from self._look_up(mapped, list(self.readback.absent(mapped.key)))
            yield from self._read_targets()
        self.readback.settle()

    def _read_all(self, types: Sequence[MappedType]) -> Operation[None]:
        self.readback.begin_reading(mapped.key for mapped in types)
        for mapped in types:
            yield from self._compare(mapped, self._selection(mapped))

    def _read_again(self, types: Iterable[MappedType], *, is_last: bool) -> Operation[None]:
        """Read what is not settled. Many objects are read again only if some of them have become visible."""
        whole: list[MappedType] = []
        self._invisible.clear()
        for mapped in types:
            before = self.readback.counts(mapped.key)
            texts = list(itertools.islice(self.readback.unsettled(mapped.key), LOOKED_UP))
            if self.readback.sample is not None:
                yield from self._look_up(mapped, list(self.readback.unsettled(mapped.key)))
            elif not _can_query(mapped) or (is_last and self._expects_removal(mapped)):
                whole.append(mapped)
            else:
                yield from self._look_up(mapped, texts)
                self.readback.settle()
                is_rest = before.absent + before.differing > LOOKED_UP
                if is_rest and self.readback.counts(mapped.key) != before:
                    whole.append(mapped)
        yield from self._read_all(whole)
        if self.readback.sample is not None:
            yield from self._read_targets()
        self.readback.settle()

    def _look_up(self, mapped: MappedType, texts: Sequence[str]) -> Operation[None]:
        """Read the objects with some identities."""
        if not (texts and mapped.object_type_ids):
            return
        values = [mapped.first_part(text) for text in texts]
        if not _can_query(mapped) or None in values:
            yield from self._compare(mapped, self._selection(mapped))
            return
        attribute = mapped.identifiers[0].name
        for portion in _portions(filter(None, values)):
            condition = f"{quoted(attribute)} IN ({', '.join(map(quoted, portion))})"
            yield from self._compare(mapped, self._selection(mapped, condition))

    def _read_targets(self) -> Operation[None]:
        """Read the objects that the objects of a sample refer to, and those that its records refer to."""
        types = {mapped.key: mapped for mapped in self.readback.types}
        for key, target_keys in self.readback.unknown_targets().items():
            for portion in _portions(sorted(target_keys)):
                condition = f"Key IN ({', '.join(map(quoted, portion))})"
                yield from self._compare(types[key], self._selection(types[key], condition))
        for key, texts in self.readback.unread_targets().items():
            yield from self._look_up(types[key], texts)

    def _compare(self, mapped: MappedType, selection: Selection) -> Operation[None]:
        reading = ObjectReading(site=self.target.site, selection=selection, grows=True)
        try:
            while page := (yield from reading.next_page()):
                self.readback.compare(mapped.key, page)
        except IncompleteListError as error:
            # Assets counts objects that its search does not return yet.
            invisible = max(0, (error.expected_count or 0) - error.read_count)
            self._invisible[mapped.key] = self._invisible.get(mapped.key, 0) + invisible

    def _selection(self, mapped: MappedType, condition: str = "") -> Selection:
        return Selection.of_types(self.target.schema, mapped.object_type_ids, condition)

    def _count(self, types: Iterable[MappedType]) -> Operation[None]:
        """Count the objects of types with absent records."""
        for mapped in types:
            if mapped.object_type_ids and self.readback.counts(mapped.key).absent:
                self._counts[mapped.key] = yield from objects.count_selected(
                    self.target.site, self._selection(mapped)
                )

    # --- results

    def _expects_removal(self, mapped: MappedType) -> bool:
        return self._not_removed(mapped)[0] > 0

    def _not_removed(self, mapped: MappedType) -> tuple[int, list[str]]:
        """Return the number and some names of objects that should have been removed."""
        if not self.removes or self.readback.sample is not None:
            return 0, []
        return self.readback.unmatched(mapped.key, duplicates=False)

    def _unsettled(self) -> list[MappedType]:
        return [
            mapped
            for mapped in self.readback.types
            if next(iter(self.readback.unsettled(mapped.key)), None) is not None
            or self._expects_removal(mapped)
        ]

    def _verification(self, waited: float) -> ImportVerification:
        verified: list[VerifiedObjectType] = []
        problems: list[ImportProblem] = []
        notes: list[str] = []
        for mapped, arriving in zip(self.readback.types, self.readback.arriving, strict=True):
            counts = self.readback.counts(mapped.key)
            number, names = self._not_removed(mapped)
            if not counts.compared and not number:
                continue
            verified.append(self._verified(mapped, counts, number))
            problems += self._problems(mapped, counts)
            problems += unknown_status_problems(mapped.name, arriving.ignored("status").values())
            if number:
                notes.append(
                    f"{mapped.name}: {count_text(number, 'object without a record was', 'objects without a record were')} "
                    f"not removed, such as {', '.join(names[:3])}. {_REASONS}"
                )
            notes += self._unfilled(mapped)
        notes += filter_notes(self.readback.types, "The others have no object.")
        notes += not_compared_notes(self.readback.types)
        notes += ignored_notes(self.readback.arriving, "select")
        return ImportVerification(
            scope="all" if self.readback.sample is None else "sample",
            object_types=tuple(verified),
            problems=tuple(problems),
            waited=waited,
            notes=tuple(notes),
        )

    def _verified(self, mapped: MappedType, counts: Counts, not_removed: int) -> VerifiedObjectType:
        return VerifiedObjectType(
            name=mapped.name,
            selector=mapped.selector,
            compared=counts.compared,
            identical=counts.compared - counts.absent - counts.differing,
            differing=counts.differing,
            absent=counts.absent,
            not_removed=not_removed if self.removes and self.readback.sample is None else None,
        )

    def _problems(self, mapped: MappedType, counts: Counts) -> Iterator[ImportProblem]:
        def problem(
            code: ProblemCode,
            count: int,
            examples: Iterable[str],
            kind: Literal["", "objects", "removing"] = "",
        ) -> Iterator[ImportProblem]:
            if count:
                shown = tuple(itertools.islice(examples, EXAMPLES))
                yield ImportProblem(
                    code=code, kind=kind, count=count, object_type=mapped.name, examples=shown
                )

        absent = (f"{display(text)}: no object" for text in self.readback.absent(mapped.key))
        invisible = self._number_invisible(mapped, counts)
        yield from problem("not_visible", invisible, list(itertools.islice(absent, invisible)))
        differing, _ = self.readback.difference_counts(mapped.key, LOST)
        lost = itertools.chain(absent, self.readback.differences(mapped.key, LOST))
        yield from problem("lost", counts.absent - invisible + differing, lost)
        _, emptied = self.readback.difference_counts(mapped.key, EMPTIED)
        kind: Literal["", "removing"] = "removing" if mapped.empty_values == "REMOVE" else ""
        yield from problem("emptied", emptied, self.readback.differences(mapped.key, EMPTIED), kind)
        _, dangling = self.readback.difference_counts(mapped.key, DANGLING)
        yield from problem("dangling", dangling, self.readback.differences(mapped.key, DANGLING))
        yield from problem("duplicate", *self.readback.unmatched(mapped.key, duplicates=True), "objects")

    def _unfilled(self, mapped: MappedType) -> Iterator[str]:
        """Yield a sentence about the objects with values of attributes that no record fills, if there are some."""
        differences = self.readback.differences(mapped.key, EMPTIED, is_filled=False)
        examples = list(itertools.islice(differences, UNFILLED_NAMED))
        if examples:
            yield (
                f"{mapped.name}: Assets has values of attributes that no record fills, such as "
                f"{'; '.join(examples)}. token.preview(records) lists all objects that keep such values."
            )

    def _number_invisible(self, mapped: MappedType, counts: Counts) -> int:
        """Return how many absent records have an object that a search does not return yet."""
        if not counts.absent:
            return 0
        # If no object that Assets reports to have created is visible, its search has not caught up.
        if 0 < self.created.get(mapped.name, 0) <= counts.absent:
            return counts.absent
        invisible = self._invisible.get(mapped.key, 0)
        if self.readback.sample is None and mapped.key in self._counts:
            extra, _ = self.readback.unmatched(mapped.key, duplicates=False)
            duplicates, _ = self.readback.unmatched(mapped.key, duplicates=True)
            listed = counts.compared - counts.absent + extra + duplicates
            invisible = max(invisible, self._counts[mapped.key] - listed)
        return max(0, min(counts.absent, invisible))


def _can_query(mapped: MappedType) -> bool:
    first = mapped.identifiers[0]
    return first.type in _QUERIED and not first.is_multiple


def _portions(values: Iterable[str]) -> Iterator[list[str]]:
    """Yield portions of values that fit into one query."""
    portion: list[str] = []
    length = 0
    for value in dict.fromkeys(values):
        if portion and (len(portion) >= LOOKED_UP or length + len(value) > LONGEST_QUERY):
            yield portion
            portion, length = [], 0
        portion.append(value)
        length += len(value) + 4
    if portion:
        yield portion
