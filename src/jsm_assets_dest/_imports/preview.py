"""Preview of an import: its records compared with what exists."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Literal, TypeAlias

from attrs import define, field, frozen

from .._arguments.checking import checked_methods
from .._arguments.fitting import invalid, type_problem
from .._display.html import Markup, below, bullets, faint, folded, joined, strong, whole
from .._display.values import PlainData, plain, plain_data, public_value
from .comparison import Comparison, EvidenceSource, ExistingObject
from .counts import count_text, counts_table, counts_text, find_type
from .identities import MappedType
from .temporary_database import StoredObjects

#: What the import in Assets is set to do with missing objects, as the caller declares it.
MissingObjectsSetting: TypeAlias = Literal["unknown", "ignore", "remove", "update"]

#: Number of examples of each kind.
EXAMPLES = 5


@frozen
@public_value
class MissingObject(PlainData):
    """Object in Assets for which an import has no record.

    Attributes:
        identifier: Its identifier; empty if it has none, or the one of another object.
        key: Its key, such as OKT-12; empty if it is known from a journal only.
        label: Its label; empty if it is known from a journal only.
    """

    identifier: str
    key: str = ""
    label: str = ""

    def __str__(self) -> str:
        name = self.label or self.identifier
        return f'"{name}" ({self.key})' if name and self.key else f'"{name}"' if name else self.key


@frozen
@public_value
class ChangedObject(PlainData):
    """Object in Assets that an import would change, or that would keep a value that its record no longer has.

    Attributes:
        identifier: Its identifier.
        key: Its key; empty if it is known from a journal only.
        label: Its label; empty if it is known from a journal only.
        attributes: Names of these attributes. Empty if it is known from a journal only.
    """

    identifier: str
    key: str = ""
    label: str = ""
    attributes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{MissingObject(self.identifier, self.key, self.label)}: {', '.join(self.attributes) or 'values'}"


@frozen(kw_only=True)
@public_value
class ObjectTypePreview:
    """Effect of an import on the objects of one object type.

    Attributes:
        name: Name of the object type.
        selector: Selector of its records.
        evidence: Source of the existing objects: "assets", or "journal" for the last confirmed run. "" if there is none.
        existing: Number of existing objects.
        created: Number of objects that would be created.
        changed: Number of objects that would be changed. None if values were not compared.
        unchanged: Number of objects that would stay unchanged. None if values were not compared.
        missing: Number of existing objects without a record.
        newly_missing: Number of those that were not already missing in the last confirmed or accepted run of the journal.
        unlisted: Number of objects that a count contains, and neither the list of objects nor the new records. Assets counts the
            objects of a type and of the last execution, and the journal those of the last confirmed run.
        duplicated: Number of records whose identifier occurred before.
        dangling: Number of references whose target is neither among the records nor in Assets.
        emptied: Number of objects that would keep a value that their record no longer has, because the import ignores empty values.
            They are not counted as changed because of it.
        skipped: Number of invalid records.
        changed_form: Number of newly missing objects whose identifier occurs among the records in another form, such as "7"
            and "7.0".
        changed_attributes: Number of objects that would be changed, by attribute.
        emptied_attributes: Number of objects that would keep a value that their record no longer has, by attribute.
        ignored_values: Values that the import ignores because Assets does not have them, by attribute: the number of records by value.
            The key "" counts the records of all values beyond the first ten.
        unidentified: Number of records without an identifier, which Assets does not import. Only records inside records, and those
            of several object types, can lack it.
        filter: Query that a record must match: Assets does not import the others. The preview counts all records, because only
            Assets can evaluate it. Empty if there is none.
        examples_created: Identifiers of some objects that would be created.
        examples_changed: Some objects that would be changed.
        examples_emptied: Some objects that would keep a value that their record no longer has, with the attributes.
        examples_missing: Some missing objects.
    """

    name: str
    selector: str
    evidence: EvidenceSource
    existing: int = 0
    created: int = 0
    changed: int | None = None
    unchanged: int | None = None
    missing: int = 0
    newly_missing: int = 0
    unlisted: int = 0
    duplicated: int = 0
    dangling: int = 0
    emptied: int = 0
    skipped: int = 0
    unidentified: int = 0
    changed_form: int = 0
    changed_attributes: dict[str, int] = field(factory=dict, repr=False)
    emptied_attributes: dict[str, int] = field(factory=dict, repr=False)
    ignored_values: dict[str, dict[str, int]] = field(factory=dict, repr=False)
    filter: str = field(default="", repr=False)
    examples_created: tuple[str, ...] = field(default=(), repr=False)
    examples_changed: tuple[ChangedObject, ...] = field(default=(), repr=False)
    examples_emptied: tuple[ChangedObject, ...] = field(default=(), repr=False)
    examples_missing: tuple[MissingObject, ...] = field(default=(), repr=False)
    _key: str = field(default="", repr=False, alias="key")
    #: Unlisted objects that were accepted before, and are not part of `unlisted`.
    _accepted_unlisted: int = field(default=0, repr=False, alias="accepted_unlisted")
    _missing_objects: StoredObjects[ExistingObject] | tuple[ExistingObject, ...] = field(
        default=(), repr=False, eq=False, alias="missing_objects"
    )

    _emptied_objects: StoredObjects[ChangedObject] | tuple[ChangedObject, ...] = field(
        default=(), repr=False, eq=False, alias="emptied_objects"
    )

    def iter_emptied(self) -> Iterator[ChangedObject]:
        """Yield all objects that would keep a value that their record no longer has, each with the attributes."""
        yield from self._emptied_objects

    def iter_missing(self) -> Iterator[MissingObject]:
        """Yield all existing objects without a record."""
        for absent in self._missing_objects:
            yield MissingObject(absent.identifier, absent.key, absent.label)

    def to_dict(self) -> dict[str, object]:
        """Return the counts and examples as JSON-ready data."""
        names = (
            f"name selector evidence existing {' '.join(_COUNTS)} newly_missing unlisted unidentified changed_form "
            "changed_attributes emptied_attributes ignored_values filter"
        )
        examples = {
            name: plain(getattr(self, f"examples_{name}"))
            for name in ("created", "changed", "emptied", "missing")
        }
        return {**plain_data(self, names), "examples": examples}

    def __str__(self) -> str:
        return f"{self.name}: {counts_text(self, _COUNTS, _ALWAYS_SHOWN)}"

    @property
    def _examples(self) -> list[str]:
        kinds: tuple[tuple[str, Sequence[object]], ...] = (
            ("created", [f'"{identifier}"' for identifier in self.examples_created]),
            ("changed", self.examples_changed),
            ("keeps a value that its record no longer has", self.examples_emptied),
            ("missing", self.examples_missing),
        )
        return [
            f"{self.name}, {kind}, such as {'; '.join(map(str, examples))}"
            for kind, examples in kinds
            if examples
        ]


_COUNTS = ("created", "changed", "unchanged", "missing", "duplicated", "dangling", "emptied", "skipped")
_ALWAYS_SHOWN = frozenset({"created", "changed", "unchanged", "missing"})

_EFFECTS = {
    "unknown": "If the import in Assets is set to remove missing objects, the import would delete",
    "remove": "The import would delete",
    "update": "The import would overwrite",
    "ignore": "The import would leave unchanged",
}


@checked_methods
@frozen(kw_only=True)
@public_value
class ImportPreview:
    """Effect of an import. A `MassDeletionGuardError` has one too, as `error.preview`.

    Attributes:
        object_types: One preview for each object type that the import is mapped to, also for those without records.
        evidence: What the records were compared with: "assets", the objects in Assets, or "journal", the last confirmed
            run. "journal" if this is so for at least one object type, and "" if there is nothing to compare one with.
        is_complete: True if all records were compared with all existing objects. False for a preview of a guard that
            rejected the run without reading all records or objects, if the list of objects is shorter than a count, and if Assets
            filters records.
        missing_objects: What the caller declares that the import in Assets does with missing objects.
        notes: Further notes, in sentences.
    """

    object_types: tuple[ObjectTypePreview, ...]
    evidence: EvidenceSource
    is_complete: bool
    missing_objects: MissingObjectsSetting = "unknown"
    notes: tuple[str, ...] = ()
    import_source_id: str = field(default="", eq=False)

    def object_type(self, name: str) -> ObjectTypePreview:
        """Return the preview of an object type, by its selector or name.

        Raises:
            KeyError: The import has no such object type.
        """
        return find_type(self.object_types, name)

    @property
    def created(self) -> int:
        """Number of objects that would be created."""
        return sum(preview.created for preview in self.object_types)

    @property
    def changed(self) -> int:
        """Number of objects that would be changed; 0 for object types whose values were not compared."""
        return sum(preview.changed or 0 for preview in self.object_types)

    @property
    def unchanged(self) -> int:
        """Number of objects that would stay unchanged; 0 for object types whose values were not compared."""
        return sum(preview.unchanged or 0 for preview in self.object_types)

    @property
    def missing(self) -> int:
        """Number of existing objects without a record."""
        return sum(preview.missing for preview in self.object_types)

    @property
    def effect(self) -> str:
        """Effect of the missing-objects setting, in a sentence; empty if no object is missing."""
        if not self.missing:
            return ""
        parts = [f"{preview.missing:,} of {preview.name}" for preview in self.object_types if preview.missing]
        return f"{_EFFECTS[self.missing_objects]} {count_text(self.missing, 'object')}: {', '.join(parts)}."

    def to_dict(self) -> dict[str, object]:
        """Return the preview as JSON-ready data, without the complete list of missing objects."""
        return plain_data(
            self,
            "evidence is_complete missing_objects effect created changed unchanged missing object_types notes",
        )

    @property
    def _headline(self) -> str:
        sources = {
            "assets": "compared with the objects in Assets",
            "journal": "compared with the last confirmed run of the journal",
            "": "without anything to compare it with",
        }
        return f"{sources[self.evidence]}{'' if self.is_complete else ', incomplete'}"

    def __repr__(self) -> str:
        return (
            f"<ImportPreview {self.created} created, {self.changed} changed, {self.unchanged} unchanged,"
            f" {self.missing} missing>"
        )

    def __str__(self) -> str:
        lines = [f"Preview of an import, {self._headline}"]
        for preview in self.object_types:
            lines += [f"  {preview}", *(f"    {example}" for example in preview._examples)]
        return "\n".join([*lines, *(f"  {note}" for note in (self.effect, *self.notes) if note)])

    def _repr_html_(self) -> str:
        examples = [example for preview in self.object_types for example in preview._examples]
        return whole(
            below(joined(strong("Preview of an import"), " ", faint(self._headline))),
            counts_table(self.object_types, ("existing", *_COUNTS)),
            bullets(note for note in (self.effect, *self.notes) if note),
            folded("Examples", bullets(examples)) if examples else Markup(""),
        )


def checked_acceptance(value: object) -> ImportPreview | None:
    """Return the preview whose missing objects the caller accepts.

    Raises:
        ConfigurationError: It is not a preview. `True` would accept objects that no one has seen.
    """
    if value is None or isinstance(value, ImportPreview):
        return value
    raise invalid(
        "allow_missing",
        f"{type_problem(value)}, but it accepts exactly the missing objects of a preview",
        "Pass allow_missing=error.preview of a MassDeletionGuardError, or the result of token.preview(records). If the "
        'import in Assets is set to ignore missing objects, pass missing_objects="ignore" instead.',
    )


def accepted_objects(preview: ImportPreview) -> Iterator[tuple[str, Iterator[str], int]]:
    """Yield for each object type its key, the identities of the missing objects that a preview shows, and the unlisted number."""
    for object_type in preview.object_types:
        texts = (absent.text for absent in object_type._missing_objects)
        yield object_type._key, texts, object_type.unlisted + object_type._accepted_unlisted


# --- making previews


def preview_of(
    comparison: Comparison,
    missing_objects: MissingObjectsSetting,
    *,
    dangling: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
) -> ImportPreview:
    """Return the preview of a comparison.

    Args:
        comparison: What exists, and the records.
        missing_objects: Setting of the import, as the caller declares it.
        dangling: Number of dangling references by key of the object type. None if values were not compared.
        notes: Further notes.
    """
    previews = tuple(_type_preview(comparison, mapped, dangling) for mapped in comparison.types)
    order: list[EvidenceSource] = ["", "journal", "assets"]
    sources = [preview.evidence for preview in previews]
    weakest: EvidenceSource = min(sources, key=order.index) if sources else ""
    return ImportPreview(
        object_types=previews,
        evidence=weakest,
        is_complete=bool(weakest) and not any(preview.unlisted or preview.filter for preview in previews),
        missing_objects=missing_objects,
        notes=tuple(notes),
        import_source_id=comparison.import_source_id,
    )


@define
class _Differing:
    """Objects that differ from their records."""

    count: int = 0
    attributes: Counter[str] = field(factory=Counter)
    examples: list[ChangedObject] = field(factory=list[ChangedObject])

    def note(self, existing: ExistingObject, names: tuple[str, ...]) -> None:
        self.count += 1
        self.attributes.update(names)
        if len(self.examples) < EXAMPLES:
            self.examples.append(ChangedObject(existing.identifier, existing.key, existing.label, names))


def _type_preview(
    comparison: Comparison, mapped: MappedType, dangling: Mapping[str, int] | None
) -> ObjectTypePreview:
    key = mapped.key
    counts = comparison.counts(key)
    contained = counts.existing - counts.missing
    changed, emptied = _Differing(), _Differing()
    if dangling is not None:
        for existing, changed_names, emptied_names in comparison.changed(key):
            if changed_names or not emptied_names:
                changed.note(existing, changed_names)
            if emptied_names:
                emptied.note(existing, emptied_names)
    return ObjectTypePreview(
        name=mapped.name,
        selector=mapped.selector,
        evidence=comparison.evidence.get(key, ""),
        existing=counts.existing,
        created=counts.sent - contained,
        changed=None if dangling is None else changed.count,
        unchanged=None if dangling is None else contained - changed.count,
        missing=counts.missing,
        newly_missing=counts.newly_missing,
        unlisted=counts.unlisted,
        accepted_unlisted=counts.accepted_unlisted,
        duplicated=counts.duplicates,
        dangling=0 if dangling is None else dangling.get(key, 0),
        emptied=emptied.count,
        skipped=counts.skipped,
        unidentified=counts.unidentified,
        changed_form=counts.changed_form,
        changed_attributes=dict(changed.attributes.most_common()),
        emptied_attributes=dict(emptied.attributes.most_common()),
        ignored_values=comparison.values.ignored_values(key),
        filter=mapped.filter,
        examples_created=tuple(islice(comparison.created(key), EXAMPLES)),
        examples_changed=tuple(changed.examples),
        examples_emptied=tuple(emptied.examples),
        examples_missing=tuple(
            MissingObject(absent.identifier, absent.key, absent.label)
            for absent in islice(comparison.missing(key), EXAMPLES)
        ),
        key=key,
        missing_objects=StoredObjects(partial(comparison.missing, key)),
        emptied_objects=StoredObjects(partial(_emptied, comparison, key)) if dangling is not None else (),
    )


def _emptied(comparison: Comparison, key: str) -> Iterator[ChangedObject]:
    for existing, _, names in comparison.changed(key):
        if names:
            yield ChangedObject(existing.identifier, existing.key, existing.label, names)
