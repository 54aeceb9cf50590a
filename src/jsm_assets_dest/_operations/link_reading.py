"""Read the objects that links need, and the addresses or names in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import frozen

from .._assets.directory import JiraGroup, JiraUser
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.object_types import ExistingObjectType
from .._assets.objects import AssetsObject, ObjectReference
from .._http.commands import Operation
from .._session.site import Site
from .account_finding import normal
from .link_targets import Target
from .object_selection import Selection
from .objects import ObjectReading
from .pacing import Pace


@frozen
class Row:
    """The part of an object that links need. Values are texts, account IDs, names of groups, and IDs of references."""

    id: str
    key: str
    label: str
    type_id: str
    values: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, tuple[str, ...]]


#: Objects by their ID, by the ID of the object type that was read. Objects of child types are among them if references
#: point to that object type.
Rows = Mapping[str, Mapping[str, Row]]


@frozen
class Texts:
    """Addresses in their normal form, or names, of an object.

    Attributes:
        texts: Addresses or names, each once.
        is_complete: False if the object refers to an object that could not be read.
    """

    texts: tuple[str, ...]
    is_complete: bool = True


def read_rows(
    site: Site,
    schema: ObjectSchemaRecord,
    types: Sequence[ExistingObjectType],
    targets: Sequence[Target],
    pace: Pace,
    report: Callable[[int], Operation[None]],
) -> Operation[Rows]:
    """Read the objects of all object types that links need, each object type once.

    Args:
        site: Site.
        schema: Object schema.
        types: Object types of the schema.
        targets: Links.
        pace: Pace of the requests.
        report: Is run with the number of objects that were read.
    """
    names: dict[str, set[str]] = {}
    referenced_ids: set[str] = set()
    for target in targets:
        source = target.source
        names.setdefault(target.type_id, set()).update({source.name, target.attribute_name})
        if source.target_type_id and not source.is_label:
            names.setdefault(source.target_type_id, set()).add(source.target_name)
            referenced_ids.add(source.target_type_id)
    rows: dict[str, dict[str, Row]] = {}
    count = 0
    for type_id, own_names in names.items():
        own = rows.setdefault(type_id, {})
        type_ids = _with_descendants(types, type_id) if type_id in referenced_ids else (type_id,)
        selection = Selection(schema_id=schema.id, schema_key=schema.key, object_type_ids=type_ids)
        reading = ObjectReading(site=site, selection=selection)
        while page := (yield from pace.insist(reading.next_page)):
            own |= {asset.id: _row(asset, own_names) for asset in page}
            count += len(page)
            yield from report(count)
    return rows


def _with_descendants(types: Sequence[ExistingObjectType], type_id: str) -> tuple[str, ...]:
    """Return the ID of an object type and those of all object types below it: references can point to all of them."""
    ids = [type_id]
    for parent_id in ids:  # grows while it is read
        ids += [kind.object_type.id for kind in types if kind.object_type.parent_id == parent_id]
    return tuple(ids)


def _row(asset: AssetsObject, names: Iterable[str]) -> Row:
    values: dict[str, tuple[str, ...]] = {}
    labels: dict[str, tuple[str, ...]] = {}
    for name in names:
        value = asset.values.get(name)
        if value is None:
            continue
        items = value if isinstance(value, list) else [value]
        values[name] = tuple(_text(item) for item in items)
        labels[name] = tuple(item.label for item in items if isinstance(item, ObjectReference))
    return Row(asset.id, asset.key, asset.label, asset.object_type_id, values, labels)


def _text(value: object) -> str:
    if isinstance(value, JiraUser):
        return value.account_id
    if isinstance(value, JiraGroup):
        return value.name
    return value.id if isinstance(value, ObjectReference) else str(value)


def rows_of(target: Target, rows: Rows) -> list[Row]:
    """Return the objects to link."""
    return [row for row in rows[target.type_id].values() if row.type_id == target.type_id]


def texts_of(target: Target, row: Row, rows: Rows) -> Texts:
    """Return the addresses or the names of an object."""
    source = target.source
    is_complete = True
    if not source.target_type_id:
        texts: Iterable[str] = row.values.get(source.name, ())
    elif source.is_label:
        texts = row.labels.get(source.name, ())
    else:
        others, references = rows[source.target_type_id], row.values.get(source.name, ())
        is_complete = all(reference in others for reference in references)
        texts = [
            text
            for reference in references
            if reference in others
            for text in others[reference].values.get(source.target_name, ())
        ]
    clean = (normal(text) if target.is_user else text.strip() for text in texts)
    return Texts(tuple(dict.fromkeys(text for text in clean if text)), is_complete)
