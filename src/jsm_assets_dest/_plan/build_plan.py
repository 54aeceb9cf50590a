"""A plan of a build as a value: one item for each object type, attribute, icon, status, and mapping, and the document to send."""

import enum
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import frozen

from .._arguments.checking import checked_methods
from .._display.html import Markup, Tone, below, folded, grid, mark, strong, whole
from .._display.values import PlainData, plain_data, public_value
from .._model.schema_model import SchemaModel
from .._wire.json_reading import JsonObject, digest_of
from ..exceptions import ExternalIdTakenError, ImpossibleChangeError, RiskyChangeError, StalePlanError

Verb: TypeAlias = Literal["PUT", "PATCH"]

#: The cause of an item about an external id that another import uses.
UNIQUE = "External ids are unique on the whole site."

#: Maximum number of impossible changes in a message.
LISTED = 4


class PlanKind(enum.StrEnum):
    """Action of a build on an item."""

    __module__ = "jsm_assets_dest"

    #: It does not exist and is created.
    CREATE = "create"
    #: It exists and is changed.
    PATCH = "patch"
    #: It is changed, but only if you accept it, because it would create objects again.
    RISKY = "risky"
    #: It exists, was created by someone else, and is mapped.
    ADOPT = "adopt"
    #: It exists as wanted.
    UNCHANGED = "unchanged"
    #: It is built as wanted, but it has an effect outside of the model, or another import uses it too.
    WARNING = "warning"
    #: It differs from the model and is not changed: a mapping call can't change it, and the build works without.
    DRIFT = "drift"
    #: It differs from the model and can never be changed. Nothing is sent until this is resolved.
    IMPOSSIBLE = "impossible"


class PlanSubject(enum.StrEnum):
    """The kind of thing that an item is about."""

    __module__ = "jsm_assets_dest"

    OBJECT_TYPE = "object type"
    ATTRIBUTE = "attribute"
    MAPPING = "mapping"
    ICON = "icon"
    STATUS = "status"
    NAMESPACE = "namespace"
    #: An attribute of the type user or group.
    LINK = "link"


@frozen(kw_only=True)
@public_value
class PlanItem(PlainData):
    """One thing that a plan changes, leaves unchanged, or cannot change.

    Attributes:
        kind: What the build does with it.
        subject: The kind of thing.
        path: The place in the model: "people", "people.manager", "icons.person", "statuses.Active", or a namespace or external id. For
            what is only in Assets, the name there.
        message: What the build does, in a sentence.
        remedy: What a person can do about warnings, drift, risky changes, and impossible changes; empty otherwise.
        was_deleted: True if it is created again, because someone deleted it in Assets, with its objects or values.
    """

    kind: PlanKind
    subject: PlanSubject
    path: str
    message: str
    remedy: str = ""
    was_deleted: bool = False

    @property
    def is_change(self) -> bool:
        """True if something is sent because of it."""
        return self.kind in (PlanKind.CREATE, PlanKind.PATCH, PlanKind.RISKY, PlanKind.ADOPT)

    def __str__(self) -> str:
        text = f"{self.kind.value:<10} {self.subject.value:<11} {self.path}: {self.message}"
        return f"{text}\n{'':<10} {self.remedy}" if self.remedy else text


ItemMaker: TypeAlias = Callable[..., PlanItem]


def item_maker(subject: PlanSubject, path: str) -> ItemMaker:
    """Return a function that makes an item of a subject at a path from its kind, message, and remedy."""

    def make(kind: PlanKind, message: str, remedy: str = "") -> PlanItem:
        return PlanItem(kind=kind, subject=subject, path=path, message=message, remedy=remedy)

    return make


@checked_methods
@frozen(kw_only=True)
@public_value
class BuildPlanRecord:
    """Changes that a build of a model makes.

    Attributes:
        items: One for each object type, attribute, icon, status, and mapping, in the order of the model.
        model: The model with the external ids of adopted things.
        verb: "PUT" for an import source without a mapping, "PATCH" for one with a mapping, None if no mapping is sent.
        document: What is sent, or None.
        current_digest: The SHA-256 of the document of what existed when the plan was made.
        model_digest: The digest of the wanted model.
        suggested_namespace: A namespace that no known import of the site uses, if another import uses the model's.
    """

    items: tuple[PlanItem, ...]
    model: SchemaModel
    verb: Verb | None
    document: JsonObject | None
    current_digest: str
    model_digest: str
    suggested_namespace: str = ""

    def of(self, kind: PlanKind | str) -> tuple[PlanItem, ...]:
        """Return the items of one kind."""
        return tuple(item for item in self.items if item.kind is kind)

    @property
    def changes(self) -> tuple[PlanItem, ...]:
        """The items that are created, patched, or adopted. Risky ones are among them."""
        return tuple(item for item in self.items if item.is_change)

    @property
    def impossible(self) -> tuple[PlanItem, ...]:
        """The items that the service can never change. While there are any, nothing is sent."""
        return self.of(PlanKind.IMPOSSIBLE)

    @property
    def risky(self) -> tuple[PlanItem, ...]:
        """The items that are sent only if you accept them."""
        return self.of(PlanKind.RISKY)

    @property
    def creates_links(self) -> bool:
        """True if attributes of the types user and group are created, with the account instead of the import token."""
        return any(item.subject is PlanSubject.LINK and item.is_change for item in self.items)

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to send and nothing impossible. Drift is allowed."""
        return self.verb is None and not self.creates_links and not self.impossible

    @property
    def digest(self) -> str:
        """The SHA-256 of what is sent and of what existed when the plan was made, 64 hexadecimal digits."""
        return digest_of([self.verb, self.document, self.current_digest])

    def raise_for_impossible(self) -> None:
        """Raise an error if the plan has impossible items.

        Raises:
            ExternalIdTakenError: Another import of the site uses the namespace.
            ImpossibleChangeError: It lists all of them, with a remedy for each.
        """
        for item in self.impossible:
            if item.subject is PlanSubject.NAMESPACE:
                message = item.message.removesuffix(UNIQUE).strip()
                is_namespace = item.path == self.model.namespace
                raise ExternalIdTakenError(
                    f"Could not build the model: {message[:1].lower()}{message[1:]} Nothing was sent.",
                    cause=UNIQUE,
                    cause_is_certain=True,
                    remedies=(item.remedy,),
                    namespace=self.model.namespace if is_namespace else "",
                    suggested_namespace=self.suggested_namespace if is_namespace else "",
                )
        if self.impossible:
            count = len(self.impossible)
            lines = [f"  {item.path}: {item.message}" for item in self.impossible[:LISTED]]
            lines += [f"  {count - LISTED:,} more"] if count > LISTED else []
            paths_by_remedy: dict[str, list[str]] = {}
            for item in self.impossible:
                paths_by_remedy.setdefault(item.remedy.rstrip("."), []).append(item.path)
            changes = "1 change is" if count == 1 else f"{count:,} changes are"
            message = f"Could not build the model: {changes} impossible in Assets. Nothing was sent."
            raise ImpossibleChangeError(
                "\n".join((message, *lines)),
                remedies=tuple(
                    f"{remedy} ({', '.join(paths)})."
                    for item_remedies, paths in paths_by_remedy.items()
                    for remedy in item_remedies.replace(". Or ", "\nOr ").split("\n")
                ),
            )

    def raise_for_risky(self) -> None:
        """Raise an error if the plan has risky items.

        Raises:
            RiskyChangeError: It lists all of them.
        """
        if self.risky:
            count = len(self.risky)
            changes = "1 change needs" if count == 1 else f"{count:,} changes need"
            lines = [f"  {item.path}: {item.message}" for item in self.risky[:LISTED]]
            lines += [f"  {count - LISTED:,} more"] if count > LISTED else []
            raise RiskyChangeError(
                "\n".join((f"Did not build the model: {changes} your consent. Nothing was sent.", *lines))
            )

    def check_current(self, document: Mapping[str, object] | None) -> None:
        """Check that the plan was made for what Assets has now.

        Args:
            document: The current response to `GET …/schema-and-mapping`, or None if nothing can be read.

        Raises:
            StalePlanError: Someone changed the schema or the mapping after the plan was made.
        """
        if digest_of(document) != self.current_digest:
            raise StalePlanError(
                "The schema or the mapping of the import has changed since the plan was made. Nothing was sent."
            )

    def check_model(self, model: SchemaModel) -> None:
        """Check that the plan was made for this model.

        Args:
            model: The wanted model, or the model of the plan.

        Raises:
            StalePlanError: It is another model.
        """
        if model.digest not in (self.model_digest, self.model.digest):
            raise StalePlanError(
                "The plan was made for another model. Nothing was sent.",
                cause="The model was changed after the plan was made.",
            )

    def to_dict(self) -> dict[str, object]:
        """Return the plan as JSON-ready data, with the document."""
        return plain_data(self, "verb digest is_empty counts items document")

    @property
    def counts(self) -> dict[str, int]:
        """The number of items of each kind, without the kinds that have none."""
        counts = Counter(item.kind for item in self.items)
        return {kind.value: counts[kind] for kind in PlanKind if counts[kind]}

    @property
    def summary(self) -> str:
        """The plan in one line."""
        counts = ", ".join(f"{count} {kind}" for kind, count in self.counts.items()) or "no items"
        if self.impossible:
            return f"Can't be built: {counts}"
        return f"{_SENT[self.verb] if self.verb else 'Nothing to map' if self.creates_links else 'Nothing to send'}: {counts}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.summary}>"

    def __str__(self) -> str:
        # What prevents the build comes first.
        hidden = (PlanKind.UNCHANGED, PlanKind.IMPOSSIBLE, PlanKind.RISKY)
        items = [*self.impossible, *self.risky, *(item for item in self.items if item.kind not in hidden)]
        return "\n".join([self.summary, *map(str, items)])

    def _repr_html_(self) -> str:
        header = ("Change", "What", "Where", "Meaning")
        unchanged = self.of(PlanKind.UNCHANGED)
        visible_items = [item for item in self.items if item.kind is not PlanKind.UNCHANGED]
        folded_items: dict[str, list[PlanItem]] = {}
        if len(visible_items) > _MAX_ROWS:
            # A first build creates a hundred items. Fold what is only created, so that the rest is visible.
            for item in visible_items:
                if item.kind is PlanKind.CREATE and item.subject is not PlanSubject.OBJECT_TYPE:
                    folded_items.setdefault(item.path.partition(".")[0], []).append(item)
            visible_items = [
                item
                for item in visible_items
                if item not in folded_items.get(item.path.partition(".")[0], ())
            ]
        return whole(
            below(strong(self.summary)),
            grid(header, map(_row, visible_items))
            if visible_items
            else ""
            if folded_items
            else "Nothing to do.",
            *(
                folded(f"{path}: {_create_text(items)}", grid(header, map(_row, items)))
                for path, items in folded_items.items()
            ),
            folded(f"{len(unchanged)} unchanged", grid(header, map(_row, unchanged))) if unchanged else "",
        )


_SENT: Mapping[Verb, str] = {"PUT": "First build", "PATCH": "Change of the mapping"}

#: If the table of a plan has more rows, created items are folded by object type.
_MAX_ROWS = 12

_TONES: Mapping[PlanKind, Tone] = {
    PlanKind.CREATE: Tone.GOOD,
    PlanKind.PATCH: Tone.CHANGE,
    PlanKind.ADOPT: Tone.SPECIAL,
    PlanKind.RISKY: Tone.DOUBTFUL,
    PlanKind.WARNING: Tone.DOUBTFUL,
    PlanKind.IMPOSSIBLE: Tone.BAD,
}

_PLURAL_ENDINGS = {PlanSubject.STATUS: "es"}


def _create_text(items: Sequence[PlanItem]) -> str:
    counts = Counter(item.subject for item in items)
    return "create " + ", ".join(
        f"{count} {subject}{_PLURAL_ENDINGS.get(subject, 's') if count > 1 else ''}"
        for subject, count in counts.items()
    )


def _row(item: PlanItem) -> tuple[Markup, str, str, str]:
    kind = mark(item.kind.value, _TONES.get(item.kind, Tone.QUIET))
    return kind, item.subject.value, item.path, f"{item.message} {item.remedy}".strip()
