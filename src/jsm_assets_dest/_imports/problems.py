"""Problems of an import: everything known that contradicts that every record arrived with its values."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias, cast

from attrs import evolve, field, frozen

from .._display.values import PlainData, public_value
from .._model.names import GLOBAL_STATUSES
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeType
from .._wire import address_book
from .counts import count_text
from .execution_results import ExecutionStatus, FailedRecord, ObjectTypeResult, failure_reasons
from .whole_run import EXAMPLES, DanglingReference, at_path

#: Maximum number of usual values of a status attribute that are remembered.
MOST_USUAL = 1_000

#: Maximum number of problems, examples of a problem, and messages in a text.
MOST_LISTED = 5

ProblemCode: TypeAlias = Literal[
    "skipped", "duplicate", "dangling", "unknown_status", "blank_label", "emptied", "not_visible", "lost"
]

#: By code, or by code and kind: descriptions for one and for several, and the remedy.
_TEXTS: Mapping[str, tuple[str, str, str]] = {
    "skipped": (
        "record was not imported because it is invalid",
        "records were not imported because they are invalid",
        "You: correct the records that the result names, and import them again.",
    ),
    "duplicate": (
        "record has the identifier of an earlier record",
        "records have the identifier of an earlier record",
        "You: send each identifier once. With unique_in_run=True, the import names the records.",
    ),
    "duplicate objects": (
        "object in Assets has the identifier of another object",
        "objects in Assets have the identifier of another object",
        "You: find out which of the objects with the same identifier is needed, and delete the others in Assets.",
    ),
    "dangling": (
        "reference has no target among the records",
        "references have no target among the records",
        "You: send the referenced records too, or correct the references.",
    ),
    "unknown_status": (
        "value is an unknown status name",
        "values are unknown status names",
        "You: add the status names to the model, or send names that it contains.",
    ),
    "blank_label": (
        "record has no label",
        "records have no label",
        "You: fill the label of the records, and import them again.",
    ),
    "emptied": (
        "value is gone from its record and still exists in Assets",
        "values are gone from their records and still exist in Assets",
        address_book.SCHEMA_IMPORT.remedy("set empty values to Remove"),
    ),
    "emptied removing": (
        "value is gone from its record and still exists in Assets",
        "values are gone from their records and still exist in Assets",
        "You: import the records again. The import is set to remove empty values now.",
    ),
    "not_visible": (
        "object is not visible in Assets yet",
        "objects are not visible in Assets yet",
        "You: compare again in some minutes with token.verify(records).",
    ),
    "lost": (
        "record that was sent is not in Assets, or not with its values",
        "records that were sent are not in Assets, or not with their values",
        "You: correct the records that the result names, and import them again.",
    ),
}


@frozen(kw_only=True)
@public_value
class ImportProblem(PlainData):
    """Something known that contradicts that every record arrived with its values.

    These are the codes:

    * `skipped`: The record was not imported. Either it is invalid and was not sent, or Assets dropped it because it has no
      identifier, or because a query of the import excludes it.
    * `duplicate`: Assets counted an earlier record with the same identifier, possibly in another letter case. Or, with the kind
      "objects", a verification found several objects with one identifier.
    * `dangling`: A reference has no target among the records. Only with `find_dangling=True`.
    * `unknown_status`: A status attribute has a value that is not a status name of the model.
    * `blank_label`: The record has no label. Assets drops such records.
    * `emptied`: The record has no value, but the object in Assets still has one, because the import ignores empty values. With
      the kind "removing", the import is set to remove them now.
    * `not_visible`: The object cannot be found in Assets yet.
    * `lost`: The record was sent. Assets could not import it, does not report on it, or contains other values.

    Attributes:
        code: Kind of the problem.
        count: Number of records, references, values, or objects. 0 if Assets does not return it.
        object_type: Name of the object type in Assets. Empty if the problem concerns the whole import.
        examples: Some of the records, values, or messages.
        kind: "objects" or "removing" as explained for the codes, else empty.
    """

    code: ProblemCode
    count: int
    object_type: str = ""
    examples: tuple[str, ...] = field(default=(), repr=False)
    kind: Literal["", "objects", "removing"] = ""

    @property
    def _texts(self) -> tuple[str, str, str]:
        return _TEXTS[f"{self.code} {self.kind}".strip()]

    @property
    def description(self) -> str:
        """Description in a sentence without its end."""
        of_type = f"{self.object_type}: " if self.object_type else ""
        if not self.count:
            return self.examples[0]
        return f"{of_type}{self.count:,} {self._texts[self.count != 1]}"

    @property
    def remedy(self) -> str:
        """Remedy in the form "Who: action."."""
        return self._texts[2]

    def __str__(self) -> str:
        return f"{self.code}: {self.description}"


def problem_lines(problem: ImportProblem) -> Iterator[str]:
    """Yield the lines of a problem in a text: the problem, and some examples."""
    yield str(problem)
    if problem.count:  # otherwise the description is the first message
        yield from (f"  {example}" for example in problem.examples[:MOST_LISTED])
        if len(problem.examples) > MOST_LISTED:
            yield f"  {len(problem.examples) - MOST_LISTED:,} more"


def joined_problems(problems: Iterable[ImportProblem]) -> tuple[ImportProblem, ...]:
    """Add up problems with the same code, kind, and object type; keep the order in which they first occur."""

    def total(earlier: ImportProblem, problem: ImportProblem) -> ImportProblem:
        examples = (*earlier.examples, *problem.examples)[:EXAMPLES]
        return evolve(earlier, count=earlier.count + problem.count, examples=examples)

    return _combined(problems, total)


def larger_problems(
    problems: Iterable[ImportProblem], others: Iterable[ImportProblem]
) -> tuple[ImportProblem, ...]:
    """Join problems that were counted in two ways: of those with the same code, kind, and object type, the larger count is valid."""

    def larger(problem: ImportProblem, other: ImportProblem) -> ImportProblem:
        examples = tuple(dict.fromkeys((*other.examples, *problem.examples)))[:EXAMPLES]
        return evolve(problem, count=max(problem.count, other.count), examples=examples)

    return _combined((*problems, *others), larger)


def _combined(
    problems: Iterable[ImportProblem], combine: Callable[[ImportProblem, ImportProblem], ImportProblem]
) -> tuple[ImportProblem, ...]:
    by_key: dict[tuple[str, ...], ImportProblem] = {}
    for problem in problems:
        key = (problem.code, problem.kind, problem.object_type)
        by_key[key] = combine(by_key[key], problem) if key in by_key else problem
    return tuple(by_key.values())


def skipped_problems(
    failed: Sequence[FailedRecord], refused: int, names: Mapping[str, str], *, by_reason: bool
) -> Iterator[ImportProblem]:
    """Yield the problems of records that were not sent.

    Args:
        failed: The first records that were not sent.
        refused: Number of all records that were not sent.
        names: Names of the object types in Assets, by selector.
        by_reason: Show the reasons instead of records, the most frequent first.
    """
    by_selector: dict[str, list[FailedRecord]] = {}
    for record in failed:
        by_selector.setdefault(record.selector, []).append(record)
    for selector, records in by_selector.items():
        yield ImportProblem(
            code="skipped",
            count=len(records),
            object_type=names.get(selector, selector),
            examples=tuple(failure_reasons(records) if by_reason else map(str, records[:EXAMPLES]))[
                :EXAMPLES
            ],
        )
    if refused > len(failed):
        yield ImportProblem(
            code="skipped", count=refused - len(failed), examples=tuple(failure_reasons(failed)[:EXAMPLES])
        )


def dangling_problems(
    references: Iterable[DanglingReference], names: Mapping[str, str]
) -> Iterator[ImportProblem]:
    """Yield the problems of references without a target."""
    for reference in references:
        values = (
            f'{reference.selector}[{index}]: {reference.locator} "{value}"'
            for index, value in reference.examples
        )
        yield ImportProblem(
            code="dangling",
            count=reference.count,
            object_type=names.get(reference.selector, reference.selector),
            examples=(str(reference), *values)[:EXAMPLES],
        )


def unknown_status_problems(
    object_type: str, counts_by_attribute: Iterable[Mapping[str, int]]
) -> Iterator[ImportProblem]:
    """Yield the problem of status names that are unknown, from the number of records by name."""
    counts = Counter[str]()
    for of_attribute in counts_by_attribute:
        counts.update(of_attribute)
    if counts:
        yield ImportProblem(
            code="unknown_status",
            count=counts.total(),
            object_type=object_type,
            examples=tuple(
                f'"{name}": {count_text(count, "record")}' for name, count in counts.items() if name
            )[:EXAMPLES],
        )


def reported_problems(
    status: ExecutionStatus, object_types: Sequence[ObjectTypeResult], noted: Sequence[ImportProblem]
) -> Iterator[ImportProblem]:
    """Yield the problems in the report of Assets. Records can be missing from it only after the end.

    Args:
        status: Last status of the execution.
        object_types: Results by object type.
        noted: Problems that the check of the records noted, which Assets may count too.
    """
    blank = {problem.object_type: problem.count for problem in noted if problem.code == "blank_label"}
    for object_type in object_types:
        yield from _of_type(object_type, blank.get(object_type.name, 0), is_done=status.is_done)
    if not status.is_done:
        return
    # A type that was renamed in Assets has its report under the new name.
    unmatched = [result for result in object_types if result.status is None]
    elsewhere = sum(result.reported for result in object_types if not result.selector)
    unreported = sum(result.sent for result in unmatched) - elsewhere
    if unreported > 0:
        yield ImportProblem(
            code="lost",
            count=unreported,
            object_type=unmatched[0].name if len(unmatched) == 1 else "",
            examples=(f"Assets does not report on {', '.join(result.name for result in unmatched)}",),
        )
    has_failed = any(result.failed for result in object_types)
    if not has_failed and (status.messages or status.result not in ("", "OK")):
        yield ImportProblem(
            code="lost",
            count=0,
            examples=tuple(f"Assets reports: {text}" for text in status.messages[:EXAMPLES])
            or (f"Assets ended the import with the result {status.result}",),
        )


def _of_type(result: ObjectTypeResult, noted_labels: int, *, is_done: bool) -> Iterator[ImportProblem]:
    def problem(code: ProblemCode, count: int, *examples: str) -> Iterator[ImportProblem]:
        if count:
            yield ImportProblem(code=code, count=count, object_type=result.name, examples=examples)

    filtered = result.filtered
    yield from problem("duplicate", result.duplicates)
    yield from problem("blank_label", max(0, result.empty_labels - noted_labels))
    yield from problem(
        "skipped",
        result.empty_identifiers,
        f"{count_text(result.empty_identifiers, 'record')} without an identifier",
    )
    yield from problem(
        "skipped", filtered, f"{count_text(filtered, 'record')} excluded by a query of the import"
    )
    yield from problem("lost", result.failed, *result.messages[:EXAMPLES])
    if is_done:
        yield from problem(
            "lost",
            result.unaccounted,
            f"Assets does not report on {count_text(result.unaccounted, 'record that was', 'records that were')} sent",
        )


def _comparable(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.strip().casefold() for name in names)


def _are_all_in(usual: set[object], records: Sequence[Mapping[str, object]], path: list[str]) -> bool:
    """Return True if a key of the records has only usual values, at a tenth of the time of reading each value."""
    if len(path) > 1:
        return False
    key = path[0]
    try:
        return usual.issuperset({record.get(key) for record in records})
    except TypeError:  # a list of values
        return False


def _have_text(records: Sequence[Mapping[str, object]], path: list[str]) -> bool:
    """Return True if a key of all records is a string with more than spaces."""
    if len(path) > 1:
        return False
    key = path[0]
    values = [record.get(key) for record in records]
    try:
        return all(values) and not any(map(str.isspace, cast("list[str]", values)))
    except TypeError:  # a number, for example
        return False


class ValueProblems:
    """Values of checked records that Assets drops without an error: unknown status names, and blank labels."""

    def __init__(self, model: SchemaModel) -> None:
        declared = GLOBAL_STATUSES.union(_comparable(status.name for status in model.statuses))
        self._names: dict[str, str] = {}
        #: Of each status attribute: the path, the allowed names, and usual values, which need no further check.
        self._statuses: dict[str, list[tuple[list[str], frozenset[str], set[object]]]] = {}
        self._labels: dict[str, list[list[str]]] = {}
        self._unknown: dict[str, dict[str, int]] = {}
        self._blank: dict[str, list[int]] = {}
        self._blank_counts: dict[str, int] = {}
        for spec in model.object_types:
            if not spec.mapped:
                continue
            self._names[spec.selector] = spec.name
            for attribute in spec.mapped_attributes:
                if attribute.type is AttributeType.STATUS:
                    allowed = _comparable(attribute.statuses) or declared
                    self._statuses.setdefault(spec.selector, []).extend(
                        (locator.split("."), allowed, {None}) for locator in attribute.locators
                    )
            label = spec.label
            if label is not None and label.mapped and not label.identifier:
                self._labels[spec.selector] = [locator.split(".") for locator in label.locators]

    def note(self, selector: str, indexes: Sequence[int], records: Sequence[Mapping[str, object]]) -> None:
        """Record the values of checked records, each with its index."""
        for path, allowed, usual in self._statuses.get(selector, ()):
            if not _are_all_in(usual, records, path):
                self._note_statuses(selector, path, allowed, usual, records)
        paths = self._labels.get(selector)
        if paths is not None and not (len(paths) == 1 and _have_text(records, paths[0])):
            self._note_labels(selector, paths, indexes, records)

    def _note_statuses(
        self,
        selector: str,
        path: list[str],
        allowed: frozenset[str],
        usual: set[object],
        records: Sequence[Mapping[str, object]],
    ) -> None:
        for record in records:
            for value in at_path(record, path):
                text = str(value)
                if text.strip() and text.casefold() not in allowed and not text.isdecimal():
                    self._count_status(selector, text)
                elif len(usual) < MOST_USUAL:
                    usual.add(value)

    def _note_labels(
        self,
        selector: str,
        paths: list[list[str]],
        indexes: Sequence[int],
        records: Sequence[Mapping[str, object]],
    ) -> None:
        for index, record in zip(indexes, records, strict=True):
            if not any(str(value).strip() for path in paths for value in at_path(record, path)):
                self._blank_counts[selector] = self._blank_counts.get(selector, 0) + 1
                examples = self._blank.setdefault(selector, [])
                if len(examples) < EXAMPLES:
                    examples.append(index)

    def _count_status(self, selector: str, name: str) -> None:
        counts = self._unknown.setdefault(selector, {})
        # Names beyond the examples are counted together, which limits the memory.
        name = name if name in counts or len(counts) < EXAMPLES else ""
        counts[name] = counts.get(name, 0) + 1

    def problems(self) -> tuple[ImportProblem, ...]:
        """Return the problems of the records so far."""
        unknown = (
            problem
            for selector, counts in self._unknown.items()
            for problem in unknown_status_problems(self._names[selector], [counts])
        )
        blank = (
            ImportProblem(
                code="blank_label",
                count=self._blank_counts[selector],
                object_type=self._names[selector],
                examples=tuple(f"{selector}[{index}]" for index in indexes),
            )
            for selector, indexes in self._blank.items()
        )
        return (*unknown, *blank)
