"""The parts of a query once it is read."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen


class InvalidQuery(ValueError):
    """A query that cannot be read or names something that does not exist."""


@frozen
class Literal:
    """A value that stands in the query as it is."""

    text: str


@frozen
class Placeholder:
    """`${locator}` in the query of a reference mapping; stands for a quoted value of the imported entry."""

    locator: str


@frozen
class Call:
    """A function in place of a value, such as `now("-2h")`."""

    name: str
    arguments: tuple[str, ...]


Operand: TypeAlias = Literal | Placeholder | Call


@frozen
class Comparison:
    """`path operator operand`. Operators are spelled in lower case; negated forms start with "not " or are `!=`."""

    path: tuple[str, ...]
    operator: str
    operand: Operand


@frozen
class Membership:
    """`path in (…)` and `path not in (…)`."""

    path: tuple[str, ...]
    operands: tuple[Operand, ...]
    negated: bool


@frozen
class Emptiness:
    """`path is EMPTY` and `path is not EMPTY`."""

    path: tuple[str, ...]
    negated: bool


@frozen
class References:
    """Objects that are referred to by (inbound), or refer to (outbound), objects of another query."""

    inbound: bool
    query: Node | None
    reference_types: tuple[str, ...]
    negated: bool


@frozen
class ConnectedTickets:
    """Objects with tickets. What the JQL says is not looked at."""

    jql: str
    negated: bool


@frozen
class Both:
    """All parts hold."""

    parts: tuple[Node, ...]


@frozen
class Either:
    """One of the parts holds."""

    parts: tuple[Node, ...]


@frozen
class Negation:
    """The part does not hold."""

    part: Node


Node: TypeAlias = (
    Comparison | Membership | Emptiness | References | ConnectedTickets | Both | Either | Negation
)


@frozen
class Query:
    """A whole query: what to find (None finds everything) and how to order it."""

    condition: Node | None
    order_by: tuple[tuple[str, ...], bool] | None
