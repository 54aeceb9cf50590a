"""Reviews before anything is sent: the map of Okta's fields to attributes of Assets, and an import's requests as files."""

import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from attrs import frozen

from .._arguments.checking import checked
from .._display.html import table
from .._display.values import PlainData, public_value
from .._imports.chunk import Chunk
from .._imports.chunker import CHUNK_BYTES, CHUNK_RECORDS, Chunker
from .._imports.encoding import COMPLETED
from .._imports.record_checker import RecordChecker
from .._model.okta_options import PREFIX
from .._model.schema_model import SchemaModel
from .._model.specs import AttributeSpec, ObjectTypeSpec
from ..exceptions import ConfigurationError
from ._fields import TYPES
from ._page_folder import empty_folder
from ._privacy import Action, Privacy
from ._records import Records

_HEADINGS = ("Okta", "Assets", "Type", "What is sent")
_SENT = {
    Action.ALLOW: "the value",
    Action.DROP: "nothing",
    Action.MASK: "first letters only",
    Action.HASH: "a keyed hash",
}


@frozen
@public_value
class DataMapRow:
    """A row of the data map: an attribute and the field of Okta that fills it.

    Attributes:
        object_type: Name of the object type in Assets.
        attribute: Name of the attribute in Assets.
        type: Type of the attribute in Assets.
        source: Field or request of Okta's API. Empty if this package does not fill the attribute.
        action: Privacy action for the value before it is sent.
    """

    object_type: str
    attribute: str
    type: str
    source: str
    action: Action


@frozen
@public_value
class DataMap(PlainData):
    """Map of Okta's fields to attributes of Assets. `str` returns a text table.

    Attributes:
        rows: One row per mapped attribute of the model.
    """

    rows: tuple[DataMapRow, ...]

    def __repr__(self) -> str:
        return f"<DataMap of {len(self.rows)} attributes>"

    def _cells(self) -> Iterator[tuple[str, str, str, str]]:
        for row in self.rows:
            source = row.source or "(not filled from Okta)"
            yield source, f"{row.object_type}: {row.attribute}", row.type, _SENT[row.action]

    def __str__(self) -> str:
        rows = [_HEADINGS, *self._cells()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join(line.rstrip() for line in lines)

    @property
    def html(self) -> str:
        """The map as an HTML table. All text is escaped. The table is readable on light and dark pages."""
        return table(
            _HEADINGS,
            self._cells(),
            caption="Okta's fields and the attributes of Assets that they fill",
            empty="The model has no mapped attributes.",
        )

    def _repr_html_(self) -> str:
        return self.html


@checked
def data_map(model: SchemaModel, privacy: Privacy | None = None) -> DataMap:
    """Map every attribute of a model to the field of Okta that fills it.

    Args:
        model: The model of the records, usually from `schema_model`.
        privacy: The rules that you pass to `records`. Default: every value is sent unchanged.

    Returns:
        The map. Print it, show its `html`, or store its `to_dict()`.

    Raises:
        ConfigurationError: The privacy rules do not fit the model.
    """
    rules = privacy if privacy is not None else Privacy()
    rules.check(model)
    return DataMap(
        tuple(
            DataMapRow(
                spec.name,
                attribute.name,
                attribute.type.value,
                _source(spec, attribute),
                _effective(rules, model, spec, attribute),
            )
            for spec in model.object_types
            for attribute in spec.mapped_attributes
        )
    )


data_map.__module__ = "jsm_assets_dest.okta"


def _source(spec: ObjectTypeSpec, attribute: AttributeSpec) -> str:
    locator = attribute.locators[0]
    if locator.startswith(PREFIX):
        return f"profile.{locator.removeprefix(PREFIX)}"
    fields = next((fields for fields in TYPES if fields.key == spec.key), None)
    field = fields.field(attribute.key) if fields is not None else None
    if field is None:
        return ""
    if (
        field.key == "manager"
        and attribute.reference is not None
        and attribute.reference.by == "primaryEmail"
    ):
        return "profile.managerId, else profile.manager"
    return field.path


def _effective(rules: Privacy, model: SchemaModel, spec: ObjectTypeSpec, attribute: AttributeSpec) -> Action:
    """Return the action for an attribute. A reference to a hashed attribute is hashed too."""
    action = rules.action(spec.key, attribute)
    if action is Action.ALLOW and attribute.reference is not None:
        actions = [
            rules.action(key, target) for key, target in rules.governing_attributes(model, spec, attribute)
        ]
        return next((target for target in actions if target is not Action.ALLOW), action)
    return action


#: Only the owner may read the files, because they contain data about people.
_FILE_MODE = 0o600


@frozen(kw_only=True)
@public_value
class Export:
    """Result of `export`.

    Attributes:
        path: The folder.
        files: Names of the files with request bodies, in the order in which an import sends them.
        counts: Number of records by selector.
        size: Bytes of all bodies.
    """

    path: Path
    files: tuple[str, ...]
    counts: dict[str, int]
    size: int

    def to_dict(self) -> dict[str, object]:
        """Return the export as JSON-compatible data, without the path."""
        return {"files": list(self.files), "counts": dict(self.counts), "size": self.size}

    def __repr__(self) -> str:
        return f"<Export of {len(self.files):,} requests in {str(self.path)!r}>"

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {selector}" for selector, count in self.counts.items())
        return (
            f"{len(self.files):,} requests of {self.size:,} bytes in {self.path} ({counts or 'no records'})"
        )


@checked
def export(
    records: Iterable[tuple[str, object]],
    path: str | Path,
    *,
    model: SchemaModel | None = None,
    run_id: str = "export",
    limit_count: int = CHUNK_RECORDS,
    limit_bytes: int = CHUNK_BYTES,
) -> Export:
    """Write the requests of an import as files: the mapping document, every chunk, the completion, and a summary.

    The records pass the same check, chunking, and encoding as in an import. Each `chunk-….json` is byte for byte the
    body of a request, except that `clientGeneratedId` starts with `run_id`. Nothing is sent.

    Args:
        records: Pairs of a selector and a record, usually from `records()`. They are read once.
        path: The folder. It is created if it does not exist, and it must be empty.
        model: The model of the records. Default: the model of `records()`.
        run_id: Prefix of the chunks' ids.
        limit_count: Maximum number of records per chunk.
        limit_bytes: Maximum size of a chunk in bytes.

    Returns:
        The folder, the files, and the number of records.

    Raises:
        ConfigurationError: The folder is not empty, or the model is missing.
        RecordError: A record is invalid. The chunks before it have been written.
    """
    if model is None and isinstance(records, Records):
        model = records.model
    if model is None:
        raise ConfigurationError(
            "An export needs the model of the records.",
            field="model",
            fix="Pass model=, such as okta.schema_model().",
        )
    folder = empty_folder(path)
    _write(folder / "mapping.json", json.dumps(model.document(), indent=1, ensure_ascii=False).encode())
    checker = RecordChecker(model)
    chunker = Chunker(run_id, limit_count=limit_count, limit_bytes=limit_bytes, checker=checker)
    files: list[str] = []
    counts: dict[str, int] = {}
    size = 0
    source = iter(records)
    while batch := list(islice(source, chunker.batch_size)):
        size += _write_chunks(folder, chunker.feed_pairs(batch), files, counts)
    size += _write_chunks(folder, chunker.flush(), files, counts)
    _write(folder / "complete.json", COMPLETED)
    written = Export(path=folder, files=(*files, "complete.json"), counts=counts, size=size + len(COMPLETED))
    _write(folder / "summary.json", json.dumps(written.to_dict(), indent=1).encode())
    return written


export.__module__ = "jsm_assets_dest.okta"


def _write_chunks(folder: Path, chunks: list[Chunk], files: list[str], counts: dict[str, int]) -> int:
    for chunk in chunks:
        name = f"chunk-{chunk.index:06}.json"
        _write(folder / name, chunk.body)
        files.append(name)
        for selector, count in chunk.counts.items():
            counts[selector] = counts.get(selector, 0) + count
    return sum(chunk.size for chunk in chunks)


def _write(file: Path, body: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as opened_file:
        opened_file.write(body)
