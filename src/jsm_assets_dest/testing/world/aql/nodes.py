"""The parts of a parsed query."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen


class InvalidQuery(ValueError):
    """A query that cannot be parsed or names something that does not exist."""


@frozen
class Literal:
    """A literal value."""

    text: str


@frozen
class Placeholder:
    """`${locator}` in the query of a reference mapping; represents a quoted value of the imported entry."""

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
    """Objects with tickets. The JQL is not evaluated."""

    jql: str
    negated: bool


@frozen
class Both:
    """True if all parts are true."""

    parts: tuple[Node, ...]


@frozen
class Either:
    """True if one of the parts is true."""

    parts: tuple[Node, ...]


@frozen
class Negation:
    """True if the part is false."""

    part: Node


Node: TypeAlias = (
    Comparison | Membership | Emptiness | References | ConnectedTickets | Both | Either | Negation
)


@frozen
class Query:
    """A query: its condition (None matches everything) and its order."""

    condition: Node | None
    order_by: tuple[tuple[str, ...], bool] | None
