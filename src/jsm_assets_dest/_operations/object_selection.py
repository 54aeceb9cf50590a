"""Selection of the objects to read: AQL of the caller, limited to an object schema and object types."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Sequence

from attrs import frozen

from .._assets.object_schemas import ObjectSchemaRecord
from .._assets.object_types import ObjectType
from .._http.commands import Operation
from .._model.names import with_name
from .._session.site import Site
from .._session.workspace import required
from ..exceptions import ConfigurationError, ObjectTypeNotFoundError
from .object_schemas import object_types

#: A quoted text, the word `order by`, a parenthesis, or a quotation mark that is not closed.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\border\s+by\b|[()"]', re.IGNORECASE | re.DOTALL)

#: The natural order: unique, and without ties. Offsets in any other order can skip objects.
BY_KEY = "Key ASC"


@frozen(kw_only=True)
class Selection:
    """Objects of an object schema.

    Operations that know the ids of the object types set `object_type_ids`; callers name an object type.

    Attributes:
        schema_id: ID of the object schema.
        schema_key: Key of the object schema, for messages.
        condition: Condition in AQL. Empty for all objects.
        order: Order of the caller in AQL. Empty for the natural order.
        object_type: Name or ID of an object type of the schema.
        include_children: True to include all object types below `object_type`.
        object_type_ids: IDs of object types, which are not looked up.
    """

    schema_id: str
    schema_key: str = ""
    condition: str = ""
    order: str = ""
    object_type: str = ""
    include_children: bool = False
    object_type_ids: tuple[str, ...] = ()

    @classmethod
    def of_types(
        cls, schema: ObjectSchemaRecord | None, object_type_ids: Iterable[str], condition: str = ""
    ) -> Selection:
        """Return the selection of the objects of some object types. None is an unknown object schema."""
        return cls(
            schema_id="" if schema is None else schema.id,
            schema_key="" if schema is None else schema.key,
            condition=condition,
            object_type_ids=tuple(object_type_ids),
        )

    def aql(self, site: Site) -> Operation[str]:
        """Return the condition in AQL, without an order. An object type that is named is looked up first.

        Raises:
            ObjectTypeNotFoundError: The object schema has no such object type.
        """
        ids: Sequence[str] = self.object_type_ids
        if self.object_type:
            types = yield from object_types(site, self.schema_id)
            ids = _ids(types, self)
        parts = [f"objectSchemaId = {self.schema_id}"]
        if ids:
            parts = [f"objectTypeId = {ids[0]}" if len(ids) == 1 else f"objectTypeId IN ({', '.join(ids)})"]
        if self.condition:
            parts.append(f"({self.condition})")
        return " AND ".join(parts)


def _ids(types: Sequence[ObjectType], selection: Selection) -> list[str]:
    name = selection.object_type
    chosen = with_name(types, name) or next((kind for kind in types if kind.id == name), None)
    if chosen is None:
        raise _unknown(types, selection)
    return with_descendants(chosen.id, types) if selection.include_children else [chosen.id]


def with_descendants(
    type_id: str, types: Iterable[ObjectType], *, excluded: Collection[str] = ()
) -> list[str]:
    """Return the ID of an object type and those of all object types below it, except excluded ones; nothing without an ID."""
    types = list(types)
    ids = [type_id] if type_id else []
    for parent_id in ids:  # grows while it is read
        ids += [kind.id for kind in types if kind.parent_id == parent_id and kind.id not in excluded]
    return ids


def _unknown(types: Sequence[ObjectType], selection: Selection) -> ObjectTypeNotFoundError:
    names = [kind.name for kind in types]
    similar = difflib.get_close_matches(selection.object_type, names, 1)
    if similar:
        remedy = f'You: check the name. A similar object type is "{similar[0]}".'
    elif names:
        remedy = f"You: pass one of: {', '.join(sorted(names)[:10])}{', …' if len(names) > 10 else ''}."
    else:
        remedy = "You: build a model first. The object schema has no object types."
    return ObjectTypeNotFoundError(
        f'The object schema {selection.schema_key} has no object type "{selection.object_type}". No object was read.',
        remedies=(remedy,),
    )


def selected(
    schema: ObjectSchemaRecord, query: str | None, object_type: str | None, *, include_children: bool = False
) -> Selection:
    """Return the selection that the arguments of a caller describe.

    Raises:
        ConfigurationError: An argument is invalid. Nothing was sent.
    """
    condition, order = split_query(query)
    name = ""
    if object_type is not None:
        name = required(object_type, "object_type", "Pass the name of an object type, such as People.")
    return Selection(
        schema_id=schema.id,
        schema_key=schema.key,
        condition=condition,
        order=order,
        object_type=name,
        include_children=include_children,
    )


def split_query(query: str | None) -> tuple[str, str]:
    """Return the condition and the order of a query.

    Raises:
        ConfigurationError: A parenthesis or a quotation mark is not closed. Such a query could match objects of other
            object schemas.
    """
    if query is None:
        return "", ""
    depth = 0
    for token in _TOKEN.finditer(query):
        text = token.group()
        depth += (text == "(") - (text == ")")
        if depth < 0 or text == '"':
            raise _incomplete()
        if depth == 0 and text[0] in "oO":
            order = query[token.end() :].strip()
            if not order:
                raise _incomplete()
            return query[: token.start()].strip(), order
    if depth:
        raise _incomplete()
    return query.strip(), ""


def _incomplete() -> ConfigurationError:
    return ConfigurationError(
        "`query` is not complete AQL. Nothing was sent.",
        cause="A parenthesis or a quotation mark has no counterpart, or nothing follows ORDER BY.",
        field="query",
        fix='Close each parenthesis and each quotation mark, and write \\" for a quotation mark inside a text.',
    )
