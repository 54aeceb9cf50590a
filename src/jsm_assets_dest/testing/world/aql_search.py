"""Finding the objects that match a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .aql_comparing import compare, fits_pattern, moment, moment_of, plain_texts, quoted_moment
from .aql_parsing import (
    Both,
    Comparison,
    ConnectedTickets,
    Either,
    InvalidQuery,
    Literal,
    Membership,
    Negation,
    Node,
    Operand,
    Placeholder,
    Presence,
    Query,
    References,
)
from .entities import AssetObject, Attribute, AttributeType, DefaultType
from .site import Site, as_id

_SYSTEM = {"objectschema", "objectschemaid", "objecttype", "objecttypeid", "objectid", "key"}
_TIMES = {"created", "updated"}
_PATTERNS = ("like", "startswith", "endswith")
_CONVERTED = (DefaultType.INTEGER, DefaultType.DOUBLE, DefaultType.DATE, DefaultType.DATE_TIME)
_SPREAD = 2654435761


class UnknownAttribute(InvalidQuery):
    """A query names an attribute that does not exist."""


class Search:
    """Evaluates queries against the current state of a site.

    Attribute names are looked up once per instance, so make a new one after changing attributes.

    Args:
        site: where to search.
        account_id: the account of `currentUser()`.
        tie_seed: determines the order of objects with equal order keys; 0 orders them by id.
    """

    def __init__(self, site: Site, account_id: str | None = None, *, tie_seed: int = 0) -> None:
        self._tie_seed = tie_seed
        self._site = site
        self._account_id = account_id
        self._bindings: Mapping[str, Sequence[str]] = {}
        self._by_name: dict[str, list[Attribute]] = {}
        for attribute in site.attributes.values():
            self._by_name.setdefault(attribute.name.lower(), []).append(attribute)

    def ids(self, query: Query, bindings: Mapping[str, Sequence[str]] | None = None) -> list[int]:
        """Return the ids of the objects that match a query, in its order.

        Args:
            query: a parsed query.
            bindings: the values of placeholders, by locator.
        """
        object_ids = self._matching(query, bindings)
        path, ascending = query.order_by or (("label",), True)
        self._check_name(path[0])
        return sorted(
            object_ids, key=lambda object_id: self._order_key(object_id, path), reverse=not ascending
        )

    def matches(self, query: Query, bindings: Mapping[str, Sequence[str]]) -> list[int]:
        """Return the ids of the objects that match a query, by id."""
        return sorted(self._matching(query, bindings))

    def fits(self, query: Query, object_id: int) -> bool:
        """Return True if an object matches a query."""
        return query.condition is None or bool(self._find(query.condition, {object_id}))

    def _matching(self, query: Query, bindings: Mapping[str, Sequence[str]] | None) -> Iterable[int]:
        self._bindings = bindings or {}
        if query.condition is None:
            return self._site.objects
        return self._find(query.condition, None)

    def _order_key(self, identifier: int, path: tuple[str, ...]) -> tuple[bool, float, str, int]:
        """Return the sort key: missing values first, then numbers, then strings; ties by `Doubts`."""
        if path[0].lower() == "key":
            if self._site.doubts.order_by_key_as_text:
                return (True, 0.0, self._site.key_of(self._site.objects[identifier]), identifier)
            return (True, float(identifier), "", identifier)
        tie = (identifier * _SPREAD ^ self._tie_seed) & 0xFFFFFFFF if self._tie_seed else identifier
        texts = self._texts(self._site.objects[identifier], path)
        text = texts[0] if texts else ""
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        return (bool(texts), number, text.lower(), tie)

    # Sets ---------------------------------------------------------------------------------------------------

    def _everything(self, within: set[int] | None) -> set[int]:
        return set(self._site.objects) if within is None else within

    def _find(self, node: Node, within: set[int] | None) -> set[int]:
        if isinstance(node, Both):
            object_ids = within
            for part in sorted(node.parts, key=_cost):
                object_ids = self._find(part, object_ids)
            return object_ids if object_ids is not None else set()
        if isinstance(node, Either):
            return set().union(*(self._find(part, within) for part in node.parts))
        if isinstance(node, Negation):
            return self._everything(within) - self._find(node.part, within)
        if isinstance(node, References):
            return self._keep(self._related(node), within)
        if isinstance(node, ConnectedTickets):
            having = {asset.id for asset in self._site.objects.values() if asset.ticket_keys}
            return self._keep(having, within)
        self._check_name(node.path[0])
        if isinstance(node, Presence):
            return self._having(node.path, within)
        if isinstance(node, Membership):
            limit = self._site.doubts.largest_in_list
            if limit and len(node.operands) > limit:
                raise InvalidQuery(f"IN has more than {limit} values")
            return set().union(*(self._equal(node.path, operand, within) for operand in node.operands))
        return self._compare(node, within)

    def _keep(self, object_ids: set[int], within: set[int] | None) -> set[int]:
        return object_ids if within is None else object_ids & within

    def _check_name(self, name: str) -> None:
        lowered = name.lower()
        if lowered not in _SYSTEM | _TIMES | {"label"} and lowered not in self._by_name:
            raise UnknownAttribute(f"No matching attribute for AQL clause ({name})")

    def _having(self, path: tuple[str, ...], within: set[int] | None) -> set[int]:
        return {
            object_id
            for object_id in self._everything(within)
            if self._texts(self._site.objects[object_id], path)
        }

    def _compare(self, node: Comparison, within: set[int] | None) -> set[int]:
        if node.operator == "=":
            return self._equal(node.path, node.operand, within)
        texts = self._operand_texts(node.operand)
        if node.operator == "==":
            return {
                object_id
                for object_id in self._equal(node.path, node.operand, within)
                if set(texts) & set(self._texts(self._site.objects[object_id], node.path))
            }
        fits = fits_pattern if node.operator in _PATTERNS else compare
        return {
            object_id
            for object_id in self._everything(within)
            if any(
                fits(node.operator, value, text)
                for value in self._texts(self._site.objects[object_id], node.path)
                for text in texts
            )
        }

    # Equality -----------------------------------------------------------------------------------------------

    def _operand_texts(self, operand: Operand) -> list[str]:
        if isinstance(operand, Literal):
            time = quoted_moment(operand.text, self._site.clock.time())
            return [operand.text if time is None else repr(time)]
        if isinstance(operand, Placeholder):
            return list(self._bindings.get(operand.locator, ()))
        when = moment(operand.name, operand.arguments, self._site.clock.time())
        if when is not None:
            return [repr(when)]
        if operand.name in ("currentuser", "currentreporter"):
            return [self._account_id] if self._account_id else []
        if operand.name == "user":
            return list(operand.arguments)
        if operand.name == "group":
            members = [
                account.account_id
                for account in self._site.accounts.values()
                if set(account.groups) & set(operand.arguments)
            ]
            return [*operand.arguments, *members]
        if operand.name == "objecttypeandchildren":
            return self._type_names(operand.arguments)
        if operand.name == "currentproject":
            return []
        raise InvalidQuery(f"unknown function {operand.name}")

    def _type_names(self, arguments: tuple[str, ...]) -> list[str]:
        return [
            f"id:{descendant.id}"
            for text in arguments
            for object_type in self._site.types.values()
            if object_type.name.lower() == text.lower() or str(object_type.id) == text
            for descendant in self._site.with_descendants(object_type)
        ]

    def _equal(self, path: tuple[str, ...], operand: Operand, within: set[int] | None) -> set[int]:
        texts = self._operand_texts(operand)
        return set().union(*(self._equal_text(path, text, within) for text in texts))

    def _equal_text(self, path: tuple[str, ...], text: str, within: set[int] | None) -> set[int]:
        name = path[0].lower()
        site = self._site
        if name in ("key", "objectid"):
            asset = site.object_by_key(text) if name == "key" else site.objects.get(as_id(text))
            return self._keep({asset.id} if asset is not None else set(), within)
        if name in _SYSTEM:
            types = self._matching_types(name, text)
            if within is not None:
                return {object_id for object_id in within if site.objects[object_id].type_id in types}
            return {object_id for type_id in types for object_id in site.types[type_id].object_ids}
        if len(path) > 1:
            targets = self._equal_text(path[1:], text, None)
            references = [attribute for attribute in self._by_name.get(name, []) if attribute.is_reference]
            holders = (
                site.objects_with(attribute.id, str(target)) for attribute in references for target in targets
            )
            return self._keep(set().union(*holders), within)
        if name in _TIMES:
            time = moment_of(text)
            return {
                object_id
                for object_id in self._everything(within)
                if moment_of(self._texts(site.objects[object_id], path)[0]) == time
            }
        return {
            object_id
            for attribute in self._by_name.get(name) or self._label_attributes()
            for value in self._stored_forms(attribute, text)
            for object_id in site.objects_with(attribute.id, value)
            if within is None or object_id in within
        }

    def _label_attributes(self) -> list[Attribute]:
        return [attribute for attribute in self._site.attributes.values() if attribute.label]

    def _stored_forms(self, attribute: Attribute, text: str) -> list[str]:
        """Return the stored values that match a string of a query: labels and keys for references, names for statuses."""
        site = self._site
        if attribute.is_reference:
            by_key = site.object_by_key(text)
            values = [str(by_key.id)] if by_key is not None else []
            for label in self._label_attributes():
                values.extend(str(object_id) for object_id in site.objects_with(label.id, text))
            return values
        if attribute.type == AttributeType.STATUS:
            return [
                str(status.id) for status in site.statuses.values() if status.name.lower() == text.lower()
            ]
        if attribute.type == AttributeType.USER:
            return [
                account.account_id
                for account in site.accounts.values()
                if text.lower()
                in (account.account_id.lower(), account.email.lower(), account.display_name.lower())
            ]
        return plain_texts(attribute, text) if attribute.default_type in _CONVERTED else [text]

    def _matching_types(self, name: str, text: str) -> set[int]:
        """Return the ids of the object types that a condition on the type or the schema of an object selects."""
        types, lowered = self._site.types.values(), text.lower()
        if name in ("objectschema", "objectschemaid"):
            schema_ids = {
                schema.id
                for schema in self._site.schemas.values()
                if (schema.id == as_id(text) if name == "objectschemaid" else schema.name.lower() == lowered)
            }
            return {object_type.id for object_type in types if object_type.schema_id in schema_ids}
        if text.startswith("id:") or name == "objecttypeid":
            number = as_id(text.removeprefix("id:"))
            return {number} & self._site.types.keys()
        return {object_type.id for object_type in types if object_type.name.lower() == lowered}

    # Texts --------------------------------------------------------------------------------------------------

    def _texts(self, asset: AssetObject, path: tuple[str, ...]) -> list[str]:
        site = self._site
        name = path[0].lower()
        if len(path) == 1:
            if name == "key":
                return [site.key_of(asset)]
            if name == "objectid":
                return [str(asset.id)]
            if name in ("objecttypeid", "objectschemaid"):
                return [str(asset.type_id if name == "objecttypeid" else asset.schema_id)]
            if name == "objecttype":
                return [site.types[asset.type_id].name]
            if name == "objectschema":
                return [site.schemas[asset.schema_id].name]
            if name in _TIMES:
                return [repr((asset.created if name == "created" else asset.updated) / 1000)]
            if name == "label" and name not in self._by_name:
                return [site.label_of(asset)]
        texts: list[str] = []
        for attribute in self._by_name.get(name, []):
            for value in asset.values.get(attribute.id, ()):
                if attribute.is_reference:
                    target = site.objects[int(value)]
                    texts.extend(self._texts(target, path[1:]) if len(path) > 1 else [site.label_of(target)])
                elif attribute.type == AttributeType.STATUS:
                    texts.append(site.statuses[int(value)].name)
                elif attribute.type == AttributeType.USER:
                    texts.append(site.accounts[value].display_name)
                else:
                    texts.append(value)
        return texts

    # References ---------------------------------------------------------------------------------------------

    def _related(self, node: References) -> set[int]:
        others = self._everything(None) if node.query is None else self._find(node.query, None)
        kinds = {kind.lower() for kind in node.reference_types}
        object_ids: set[int] = set()
        for attribute in self._site.referring_attributes():
            kind = self._site.reference_types.get(int(attribute.additional_value or "0"))
            if kinds and (kind is None or kind.name.lower() not in kinds):
                continue
            if node.inbound:
                for other in others:
                    object_ids.update(
                        int(value) for value in self._site.objects[other].values.get(attribute.id, ())
                    )
            else:
                for other in others:
                    object_ids.update(self._site.objects_with(attribute.id, str(other)))
        return object_ids & set(self._site.objects)


def _cost(node: Node) -> int:
    """Return the rank of a part: equality of an attribute first, then filters, then parts that read everything."""
    if isinstance(node, Comparison) and node.operator in ("=", "=="):
        return 1 if node.path[0].lower() in _SYSTEM - {"key", "objectid"} else 0
    return 1 if isinstance(node, Membership) else 2
