"""The check of records before anything of them is encoded or sent.

A record is a mapping from locators to values, an attrs instance or a dataclass. The check knows the schema model: it
refuses what Assets would refuse or misunderstand, what JSON cannot carry, and what two JSON encoders would write in two
ways, with the record's index, the path inside it and a reason. What it accepts is sent unchanged, except that keys the
model does not know are left out (and counted), and that dates, UUIDs and enumeration members become text.

`RecordChecker` is used by one thread: the one that reads the source. Records pass in batches through functions
compiled for their shape (`_records/compiled.py`, where the measurements are); only what those cannot vouch for takes
the slow path with the reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, cast

from attrs import frozen

from .._model.schema_model import SchemaModel
from .._wire.json_reading import JsonObject
from ..exceptions import RecordError
from .object_type_checker import ObjectTypeChecker
from .values import UnfitError
from .whole_run import REMEMBERED, DanglingReference, Identifiers, References

#: Told of every record that does not fit; raises to stop the import, returns to leave the record out.
OnBadRecord: TypeAlias = Callable[[RecordError], None]


def _stop(error: RecordError) -> None:
    raise error


def record_error(selector: str, index: int, path: str, reason: str, record: object) -> RecordError:
    """The error for one record; the record goes along as an attribute and is no part of the message."""
    place = f"{selector}[{index}]" + (f", {path}," if path else "")
    return RecordError(
        f"The record {place} {reason}.",
        selector=selector,
        index=index,
        path=path,
        reason=reason,
        record=record,
    )


@frozen
class Checked:
    """What is left of a batch after the check.

    Attributes:
        records: What is sent, in the source's order.
        indexes: The position of each among the records of its selector; a range while nothing was left out.
        texts: Each of them as JSON, where the checker also writes and could; otherwise None.
    """

    records: list[JsonObject]
    indexes: Sequence[int]
    texts: list[str] | None = None


class RecordChecker:
    """Checks the records of a run against a model.

    Args:
        model: Whose selectors, locators and attribute types decide.
        unique_in_run: Refuse a record whose identifier came anywhere before in the run; within a chunk that is always
            so. Costs about 0.3 microseconds and, up to `remember`, about 70 bytes per record.
        dangling: Follow references, for `dangling_references()`. Costs about a microsecond per record.
        remember: How many identifiers, per purpose, may be remembered. What is beyond is let pass;
            `remembered_all` says so.
        write: The standard encoder for text, where the records shall be written at once: together with the check that
            takes less time than the encoder alone takes later.
    """

    def __init__(
        self,
        model: SchemaModel,
        *,
        unique_in_run: bool = False,
        dangling: bool = False,
        remember: int = REMEMBERED,
        write: Callable[[object], str] | None = None,
    ) -> None:
        self._types = {
            spec.selector: ObjectTypeChecker(spec, write) for spec in model.object_types if spec.mapped
        }
        self._identifiers = Identifiers(remember) if unique_in_run else None
        self._references = References(model, remember) if dangling else None

    @property
    def selectors(self) -> tuple[str, ...]:
        """The selectors that the model knows."""
        return tuple(self._types)

    @property
    def unknown_keys(self) -> dict[str, dict[str, int]]:
        """Keys that were left out because the model has no locator for them, with the number of records, by selector."""
        return {selector: dict(one.unknown_keys) for selector, one in self._types.items() if one.unknown_keys}

    @property
    def remembered_all(self) -> bool:
        """Whether every identifier could be compared with all earlier ones."""
        return self._identifiers is None or self._identifiers.complete

    def dangling_references(self) -> tuple[DanglingReference, ...]:
        """References whose target was not among the records so far; empty unless asked for at the start."""
        return () if self._references is None else self._references.dangling()

    def begin_chunk(self) -> None:
        """Forget the identifiers of the chunk before; called by whoever cuts chunks."""
        for one in self._types.values():
            one.seen = set()

    def check(self, selector: str, index: int, record: object) -> JsonObject:
        """What is sent of one record, checked to the last character. Earlier records play no part in it.

        Raises:
            RecordError: It does not fit.
        """
        one = self._types.get(selector)
        if one is None:
            raise self._unknown_selector(selector, index, record)
        try:
            return one.check_one(record)
        except UnfitError as error:
            raise record_error(selector, index, error.path, error.reason, record) from None

    def check_many(
        self, selector: str, first: int, records: Sequence[object], on_bad: OnBadRecord = _stop
    ) -> Checked:
        """Check consecutive records of one selector.

        Text with half of a surrogate pair is let pass here: both encoders refuse it, and looking for it in every text
        would cost more than everything else.

        Args:
            selector: Which object type they are for.
            first: The index of the first of them.
            records: The records; neither the sequence nor the records are changed.
            on_bad: Told of each record that does not fit, in order.

        Raises:
            RecordError: Whatever `on_bad` raises; by default for the first record that does not fit.
        """
        one = self._types.get(selector)
        if one is None:
            for position, record in enumerate(records):
                on_bad(self._unknown_selector(selector, first + position, record))
            return Checked([], ())
        checked = list(records)
        bad: set[int] = set()

        def refuse(position: int, path: str, reason: str) -> None:
            bad.add(position)
            on_bad(record_error(selector, first + position, path, reason, records[position]))

        texts = one.check(checked, refuse)
        if self._identifiers is not None and one.identifiers:
            self._refuse_repeated(one, checked, bad, refuse)
        sent = cast("list[JsonObject]", checked)
        indexes: Sequence[int] = range(first, first + len(records))
        if bad:
            kept = [position for position in range(len(records)) if position not in bad]
            sent = [sent[position] for position in kept]
            indexes = [first + position for position in kept]
            # A record that came earlier in the run was refused after it had been written.
            texts = texts if texts is not None and len(texts) == len(sent) else None
        if self._references is not None:
            self._references.note(selector, zip(indexes, sent, strict=True))
        return Checked(sent, indexes, texts)

    def _refuse_repeated(
        self,
        one: ObjectTypeChecker,
        checked: list[object],
        bad: set[int],
        refuse: Callable[[int, str, str], None],
    ) -> None:
        assert self._identifiers is not None
        for position, record in enumerate(checked):
            if position not in bad:
                identity = one.identity(cast("Mapping[str, object]", record))
                if not self._identifiers.is_new(one.selector, identity):
                    path = ".".join(one.identifiers[0][0])
                    refuse(position, path, "is the identifier of an earlier record of the same run too")

    def _unknown_selector(self, selector: str, index: int, record: object) -> RecordError:
        known = ", ".join(self._types) or "none"
        return record_error(
            selector, index, "", f"has a selector that the model does not have; it has: {known}", record
        )
