"""Read the objects that links need, and write links, one attribute of one object at a time, in the form that the site accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import define, field, frozen

from .._assets.directory import JiraGroup, JiraUser
from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.object_types import ExistingObjectType
from .._assets.objects import AssetsObject, ObjectReference
from .._assets.user_links import LinkedObject
from .._http.commands import Operation
from .._session.site import Site
from .._session.workspace import ask_assets
from .._wire import object_requests as wire
from ..exceptions import LinkAttributeError, ValidationError
from .directory import normal
from .link_targets import Target
from .object_selection import Selection, with_descendants
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
        type_ids = [type_id]
        if type_id in referenced_ids:  # references can point to objects of the types below it, too
            type_ids = with_descendants(type_id, (kind.object_type for kind in types))
        reading = ObjectReading(site=site, selection=Selection.of_types(schema, type_ids))
        while page := (yield from pace.insist(reading.next_page)):
            own |= {asset.id: _row(asset, own_names) for asset in page}
            count += len(page)
            yield from report(count)
    return rows


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


@frozen
class Change:
    """A change of one attribute of one object: its new value is `entry.after`."""

    target: Target
    row: Row
    entry: LinkedObject


@define
class LinkWriter:
    """Writes changes, and remembers the forms that this site accepts.

    Attributes:
        site: Site.
        pace: Pace of the requests.
        groups: Groups by their name, for sites that accept IDs only.
    """

    site: Site
    pace: Pace
    groups: Mapping[str, JiraGroup]
    _id_as_number: bool = field(default=False, init=False)
    _group_as_id: bool = field(default=False, init=False)
    _is_group_form_settled: bool = field(default=False, init=False)
    _verified: set[bool] = field(factory=set[bool], init=False)

    def write(self, change: Change) -> Operation[None]:
        """Write a change. Read the first written object of users and of groups again, because forms of values differ.

        Raises:
            ValidationError: Assets rejects the value, or does not store it.
            NotFoundError: The object no longer exists.
            AccessDeniedError: The account may not write objects.
        """
        is_user = change.target.is_user
        is_first = is_user not in self._verified
        values = (yield from self._values_of(change)) if is_first else dict[str, set[str]]()
        filled = values.keys() - {_attribute_id(change.target)}  # the other attributes that have values
        try:
            yield from self._put(change)
        except ValidationError as error:
            if not self._may_need_ids(change, error):
                raise
            self._group_as_id = True
            try:
                yield from self._put(change)
            except ValidationError:
                self._group_as_id = False
                raise error from None
        if change.entry.after and not is_user:
            self._is_group_form_settled = True
        if not is_first:
            return
        if not (yield from self._is_stored(change, filled)) and not self._id_as_number:
            self._id_as_number = True
            yield from self._put(change)
            if not (yield from self._is_stored(change, filled)):
                self._id_as_number = False
                raise ValidationError(
                    f"Could not change the object {change.row.key}: Assets accepted the request, but stored another value.",
                    operation="update object",
                )
        self._verified.add(is_user)

    def _may_need_ids(self, change: Change, error: ValidationError) -> bool:
        """Return True if Assets may have rejected groups because it accepts IDs only.

        The message is in the language of the account, so only the fields count: their names end with the ID of an attribute.
        """
        if change.target.is_user or self._is_group_form_settled:
            return False
        attribute_id = _attribute_id(change.target)
        fields = [name.rpartition("-")[2] for name in error.field_errors]
        has_ids = any(name in self.groups for name in change.entry.after)
        return has_ids and (not fields or attribute_id in fields)

    def _values_of(self, change: Change) -> Operation[dict[str, set[str]]]:
        """Read the values of an object."""
        row = change.row
        response = yield from self.pace.insist(
            ask_assets, self.site, wire.read_object_values, row.id, subject=row.key
        )
        return wire.read_values(response)

    def _put(self, change: Change) -> Operation[None]:
        """Send a change."""
        attribute_id = _attribute_id(change.target)
        values = change.entry.after
        if self._group_as_id and not change.target.is_user:
            values = tuple(self.groups[name].id if name in self.groups else name for name in values)
        row = change.row
        yield from self.pace.insist(
            ask_assets,
            self.site,
            wire.update_object,
            row.id,
            change.target.type_id,
            attribute_id,
            values,
            as_number=self._id_as_number,
            subject=row.key,
        )

    def _is_stored(self, change: Change, filled: set[str]) -> Operation[bool]:
        """Read a written object, and return True if it has the new values and no other ones.

        Raises:
            LinkAttributeError: Another attribute was emptied. Then nothing more is written.
        """
        stored = yield from self._values_of(change)
        if not filled <= stored.keys():
            raise LinkAttributeError(
                f"Assets emptied other attributes of {change.row.key} when {change.target.attribute_name} was changed. "
                "The run was stopped after this object.",
                cause="This site replaces all attributes of an object, although Atlassian describes a partial update.",
                remedies=(
                    f"You: restore {change.row.key}. Its history in Assets has the old values.",
                    "You: report this as a bug of this library, with the details below.",
                ),
                object_type=change.target.type_name,
                attribute=change.target.attribute_name,
                operation="update object",
            )
        values = stored.get(_attribute_id(change.target), set[str]())
        return set(change.entry.after) <= values if change.entry.after else not values


def _attribute_id(target: Target) -> str:
    if target.attribute is None:
        raise AssertionError("missing attributes were created before")
    return target.attribute.id
