"""Result of a verification: records of an import compared with the objects in Assets."""

from collections.abc import Iterator
from typing import Literal

from attrs import field, frozen

from .._arguments.checking import checked_methods
from .._display.html import Tone, below, bullets, faint, joined, mark, strong, whole
from .._display.values import plain_data, public_value
from .counts import count_text, counts_table, counts_text, duration_text
from .problems import ImportProblem, problem_lines


@checked_methods
@frozen(kw_only=True)
@public_value
class VerifiedObjectType:
    """Records of one object type compared with the objects in Assets.

    Attributes:
        name: Name of the object type.
        selector: Selector of its records.
        compared: Number of compared records. Records with the same identifier are counted once.
        identical: Number of records whose object has all values.
        differing: Number of records whose object has other values.
        absent: Number of records without an object.
        not_removed: Number of objects without a record, although `missing_objects="remove"` is declared. None if it is not
            declared, or only a sample was compared.
    """

    name: str
    selector: str
    compared: int = 0
    identical: int = 0
    differing: int = 0
    absent: int = 0
    not_removed: int | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the counts as JSON-ready data."""
        return plain_data(self, f"name selector {' '.join(COUNTS)} not_removed")

    def __str__(self) -> str:
        return f"{self.name}: {counts_text(self, (*COUNTS, 'not_removed'), COUNTS)}"


COUNTS = ("compared", "identical", "differing", "absent")


@checked_methods
@frozen(kw_only=True)
@public_value
class ImportVerification:
    """Records compared with the objects in Assets, as the account sees them.

    Attributes:
        scope: "all" if all records were compared, or "sample".
        object_types: Results by object type.
        problems: Everything that contradicts that every compared record is in Assets with its values. An object that was not
            removed is a note, not a problem.
        waited: Seconds of the wait until objects were visible. A search finds imported objects only after a delay.
        notes: Further notes, in sentences.
    """

    scope: Literal["sample", "all"]
    object_types: tuple[VerifiedObjectType, ...] = ()
    problems: tuple[ImportProblem, ...] = ()
    waited: float = 0.0
    notes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def ok(self) -> bool:
        """True if there are no problems: each compared record is in Assets with its values, as far as the account sees them.

        It covers all records only if `scope` is "all". It says nothing about removal: objects without a record don't
        change it, also if `missing_objects="remove"` is declared; see `not_removed` and `notes`.
        """
        return not self.problems

    @property
    def compared(self) -> int:
        """Number of compared records."""
        return sum(object_type.compared for object_type in self.object_types)

    def to_dict(self) -> dict[str, object]:
        """Return the verification as JSON-ready data."""
        return plain_data(self, "ok scope compared waited problems object_types notes")

    def lines(self) -> Iterator[str]:
        """Yield the notes, and the wait if there was one."""
        if self.waited:
            yield f"Waited {duration_text(self.waited)} for the search of Assets to return imported objects."
        yield from self.notes

    def _headline(self) -> str:
        scope = "all records" if self.scope == "all" else "a sample"
        return f"{scope}: {count_text(self.compared, 'record')} compared"

    def __repr__(self) -> str:
        state = "ok" if self.ok else f"{count_text(len(self.problems), 'problem')}"
        return f"<ImportVerification of {self._headline()}, {state}>"

    def __str__(self) -> str:
        lines = [f"Verification of {self._headline()}"]
        lines += [f"  {object_type}" for object_type in self.object_types]
        lines += [f"  {line}" for problem in self.problems for line in problem_lines(problem)]
        return "\n".join([*lines, *(f"  {line}" for line in self.lines())])

    def _repr_html_(self) -> str:
        sign, tone = ("✓", Tone.GOOD) if self.ok else ("✗", Tone.BAD)
        problems = (line for problem in self.problems for line in problem_lines(problem))
        return whole(
            below(joined(strong("Verification"), " ", mark(f"{sign} {self._headline()}", tone))),
            counts_table(self.object_types, (*COUNTS, "not_removed"))
            if self.object_types
            else "Nothing was compared.",
            bullets([*problems, *self.lines()]),
            below(faint("Values that the account can't see can't be compared.")),
        )
