"""What building a model would do to an import source: read first, compare, show, and only then send.

`make_plan` is pure: it gets the model and what the import source has, and returns a `BuildPlanRecord` with one
item for everything and the document that would be sent. Nothing is sent while something is impossible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from attrs import field, frozen

from .._display.html import Markup, Tone, below, folded, grid, mark, strong, whole
from .._model.schema_model import SchemaModel
from .._wire.json_reading import JsonObject, digest_of
from ..exceptions import ImpossibleChangeError, StalePlanError
from .changed_document import Verb, changed_document, whole_document
from .compare import compare
from .current import read_current
from .plan_items import PlanItem, PlanKind, PlanSubject
from .takeover import take_over


@frozen(kw_only=True)
class BuildPlanRecord:
    """What building a model does.

    Attributes:
        items: One for each object type, attribute, icon, status and mapping, in the model's order.
        model: The model with the external ids of adopted things settled.
        verb: "PUT" for an import source without a mapping, "PATCH" for one with, None where nothing is to be
            sent.
        document: What is sent; None where nothing is.
        current_digest: The digest of what existed when the plan was made; see `document_digest`.
        model_digest: The digest of the model that was planned, before anything was settled.
    """

    items: tuple[PlanItem, ...] = field(repr=False)
    model: SchemaModel = field(repr=False)
    verb: Verb | None
    document: JsonObject | None = field(repr=False)
    current_digest: str = field(repr=False)
    model_digest: str = field(repr=False)

    def of(self, kind: PlanKind) -> tuple[PlanItem, ...]:
        """The items of one kind."""
        return tuple(item for item in self.items if item.kind is kind)

    @property
    def changes(self) -> tuple[PlanItem, ...]:
        """What is created, patched or adopted."""
        return tuple(item for item in self.items if item.is_change)

    @property
    def impossible(self) -> tuple[PlanItem, ...]:
        """What the service can never do, so that nothing is sent."""
        return self.of(PlanKind.IMPOSSIBLE)

    @property
    def is_empty(self) -> bool:
        """Whether everything is as wanted, drift aside: there is nothing to send, and nothing in the way."""
        return self.verb is None and not self.impossible

    @property
    def digest(self) -> str:
        """The SHA-256 of what is sent and of what it was planned for, 64 hexadecimal digits."""
        return digest_of([self.verb, self.document, self.current_digest])

    def raise_for_impossible(self) -> None:
        """Refuse a plan with impossible items.

        Raises:
            ImpossibleChangeError: Naming all of them, with what to do about each.
        """
        if self.impossible:
            what = "; ".join(f"{item.path}: {item.message.rstrip('.')}" for item in self.impossible)
            places: dict[str, list[str]] = {}
            for item in self.impossible:
                places.setdefault(item.remedy.rstrip("."), []).append(item.path)
            raise ImpossibleChangeError(
                f"The model cannot be built as it is; nothing was sent. {what}.",
                remedies=tuple(f"{remedy} ({', '.join(paths)})." for remedy, paths in places.items()),
            )

    def check_current(self, document: Mapping[str, object] | None) -> None:
        """Refuse a plan that was made for something else than what Assets has now.

        Args:
            document: What `GET …/schema-and-mapping` answers now, or None where there is nothing to read.

        Raises:
            StalePlanError: Somebody changed the schema or the mapping after the plan was made.
        """
        if document_digest(document) != self.current_digest:
            raise StalePlanError(
                "The schema or the mapping of the import source is not what the plan was made for; nothing was sent."
            )

    def check_model(self, model: SchemaModel) -> None:
        """Refuse a plan that was made for another model.

        Args:
            model: The model that shall be built: the planned one, or the plan's own with everything settled.

        Raises:
            StalePlanError: The model is another one.
        """
        if model.digest not in (self.model_digest, self.model.digest):
            raise StalePlanError(
                "The plan was made for another model than the one that shall be built; nothing was sent.",
                cause="The model was certainly changed after the plan was made.",
            )

    def to_dict(self) -> dict[str, object]:
        """The plan as JSON-ready data, with the document."""
        return {
            "verb": self.verb,
            "digest": self.digest,
            "is_empty": self.is_empty,
            "counts": self.counts,
            "items": [item.to_dict() for item in self.items],
            "document": self.document,
        }

    @property
    def counts(self) -> dict[str, int]:
        """How many items there are of each kind, for the kinds that there are."""
        counted = Counter(item.kind for item in self.items)
        return {kind.value: counted[kind] for kind in PlanKind if counted[kind]}

    @property
    def summary(self) -> str:
        """The plan in a line."""
        counts = ", ".join(f"{count} {kind}" for kind, count in self.counts.items()) or "nothing in it"
        if self.impossible:
            return f"Cannot be built as it is: {counts}"
        return f"{_SENT[self.verb] if self.verb else 'Nothing to send'}: {counts}"

    def __str__(self) -> str:
        # What is in the way comes first: nothing else matters until somebody has decided about it.
        kept = (PlanKind.UNCHANGED, PlanKind.IMPOSSIBLE)
        shown = [*self.impossible, *(item for item in self.items if item.kind not in kept)]
        return "\n".join([self.summary, *map(str, shown)])

    def _repr_html_(self) -> str:
        header = ("Change", "What", "Where", "Meaning")
        rest = self.of(PlanKind.UNCHANGED)
        shown = [one for one in self.items if one.kind is not PlanKind.UNCHANGED]
        plain: dict[str, list[PlanItem]] = {}
        if len(shown) > _SHOWN_AT_ONCE:
            # A first build makes a hundred things; what needs a look must not be lost among them.
            for one in shown:
                if one.kind is PlanKind.CREATE and one.subject is not PlanSubject.OBJECT_TYPE:
                    plain.setdefault(one.path.partition(".")[0], []).append(one)
            shown = [one for one in shown if one not in plain.get(one.path.partition(".")[0], ())]
        return whole(
            below(strong(self.summary)),
            grid(header, map(_row, shown)) if shown else "" if plain else "Nothing to do.",
            *(
                folded(f"{where}: {_counted(items)}", grid(header, map(_row, items)))
                for where, items in plain.items()
            ),
            folded(f"{len(rest)} unchanged", grid(header, map(_row, rest))) if rest else "",
        )


#: What a mapping document is, in words, by how it is sent.
_SENT = {"PUT": "First build", "PATCH": "Change of the mapping"}

#: Changes in a plan's table; of more, what is merely created is folded away, by object type.
_SHOWN_AT_ONCE = 12


_TONES: Mapping[PlanKind, Tone] = {
    PlanKind.CREATE: Tone.GOOD,
    PlanKind.PATCH: Tone.CHANGE,
    PlanKind.ADOPT: Tone.SPECIAL,
    PlanKind.IMPOSSIBLE: Tone.BAD,
}


def _counted(items: Sequence[PlanItem]) -> str:
    counts = Counter(item.subject.value for item in items)
    return "create " + ", ".join(
        f"{count} {subject}{_PLURAL.get(subject, 's') if count > 1 else ''}"
        for subject, count in counts.items()
    )


#: "mappings" and "attributes", but "statuses".
_PLURAL = {"status": "es"}


def _row(item: PlanItem) -> tuple[Markup, str, str, str]:
    kind = mark(item.kind.value, _TONES.get(item.kind, Tone.QUIET))
    return kind, item.subject.value, item.path, f"{item.message} {item.remedy}".strip()


def document_digest(document: Mapping[str, object] | None) -> str:
    """The SHA-256 of what an import source has, 64 hexadecimal digits; the order of keys does not matter."""
    return digest_of(document)


def make_plan(
    model: SchemaModel,
    current_document: Mapping[str, object] | None,
    *,
    has_mapping: bool | None = None,
    known_statuses: Collection[str] = (),
) -> BuildPlanRecord:
    """Compare a model with what an import source has.

    Args:
        model: What is wanted.
        current_document: What `GET …/schema-and-mapping` answers, or None where there is nothing to read.
        has_mapping: Whether the import source has a mapping, where its status told; by default, whether the
            document has one. The first mapping is PUT as a whole, a second PUT is refused.
        known_statuses: Names of statuses that exist in the schema, where they were read.

    Raises:
        InvalidModelError: The model has errors, such as a mapped object type without an identifier.
    """
    model.check()
    current = read_current(current_document)
    settled, matches = take_over(model, current)
    items = tuple(compare(settled, matches, current, known_statuses))
    changes = [item for item in items if item.is_change]
    mapped = current.has_mapping if has_mapping is None else has_mapping
    verb: Verb | None = None
    document: JsonObject | None = None
    if not any(item.kind is PlanKind.IMPOSSIBLE for item in items):
        if changes and mapped:
            verb, document = "PATCH", changed_document(settled, matches, current, changes)
        elif not mapped:
            verb, document = "PUT", whole_document(settled, matches, current)
    return BuildPlanRecord(
        items=items,
        model=settled,
        verb=verb,
        document=document,
        current_digest=document_digest(current_document),
        model_digest=model.digest,
    )
