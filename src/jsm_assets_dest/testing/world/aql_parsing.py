"""The parts of a query, and its parsing, after the public description of the Assets query language.

Keywords, attribute names and plain values are compared ignoring case. Names and values with blanks need double
quotes; a backslash escapes a quote.
"""

from __future__ import annotations

import re
from functools import lru_cache
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
    """`path operator operand`. Operators are spelled in lower case; the parser negates the others, such as `!=`."""

    path: tuple[str, ...]
    operator: str
    operand: Operand


@frozen
class Membership:
    """`path in (…)`."""

    path: tuple[str, ...]
    operands: tuple[Operand, ...]


@frozen
class Presence:
    """`path is not EMPTY`."""

    path: tuple[str, ...]


@frozen
class References:
    """Objects that are referred to by (inbound), or refer to (outbound), objects of another query."""

    inbound: bool
    query: Node | None
    reference_types: tuple[str, ...]


@frozen
class ConnectedTickets:
    """Objects with tickets. The JQL is not evaluated."""


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
    Comparison | Membership | Presence | References | ConnectedTickets | Both | Either | Negation
)


@frozen
class Query:
    """A query: its condition (None matches everything), its order, and the locators of its placeholders."""

    condition: Node | None
    order_by: tuple[tuple[str, ...], bool] | None
    placeholders: tuple[str, ...]


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<placeholder>\$\{[^${}]*(?:\$\{\d+\})?\})
      | (?P<sign><=|>=|!=|==|=|<|>|\(|\)|,)
      | (?P<word>[^\s"'(),=<>!$]+)
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")

_INBOUND = {"inboundreferences", "inr"}
_OUTBOUND = {"outboundreferences", "outr"}
_TICKETS = {"connectedtickets"}


@frozen
class _Token:
    kind: str
    text: str
    start: int
    end: int


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position = 0
    while position < len(text):
        if not text[position:].strip():
            break
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidQuery(f"unexpected character at {position}: {text[position : position + 10]!r}")
        kind = match.lastgroup or ""
        content = match.group(kind)
        start = match.start(kind)
        if kind == "quoted":
            content = _ESCAPE.sub(r"\1", content[1:-1])
        elif kind == "placeholder":
            # `${name${0}}` means all values one by one (Atlassian's page on placeholders), as bindings are anyway.
            content = content[2:-1].partition("${")[0].strip()
        tokens.append(_Token(kind, content, start, match.end()))
        position = match.end()
    tokens.append(_Token("end", "", len(text), len(text)))
    return tokens


@lru_cache(maxsize=2048)
def parse(text: str) -> Query:
    """Parse a query.

    Raises:
        InvalidQuery: it cannot be parsed; the message contains the position.
    """
    try:
        return _Parser(text).query()
    except RecursionError:
        raise InvalidQuery("too many nested parentheses") from None


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._placeholders: list[str] = []

    def _peek(self, offset: int = 0) -> _Token:
        return self._tokens[min(self._at + offset, len(self._tokens) - 1)]

    def _next(self) -> _Token:
        token = self._peek()
        self._at += 1
        return token

    def _word(self, *words: str) -> bool:
        for offset, word in enumerate(words):
            token = self._peek(offset)
            if token.kind != "word" or token.text.lower() != word:
                return False
        self._at += len(words)
        return True

    def _sign(self, sign: str) -> bool:
        token = self._peek()
        if token.kind == "sign" and token.text == sign:
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._unexpected(f"expected {sign}")

    def _unexpected(self, what: str) -> InvalidQuery:
        token = self._peek()
        display_text = "the end" if token.kind == "end" else repr(token.text)
        return InvalidQuery(f"{what} at position {token.start}, found {display_text}")

    def query(self) -> Query:
        condition: Node | None = None
        order: tuple[tuple[str, ...], bool] | None = None
        if self._peek().kind != "end" and not self._at_order():
            condition = self._either()
        if self._word("order", "by"):
            path = self._path()
            ascending = not self._word("desc")
            if ascending:
                self._word("asc")
            order = (path, ascending)
        if self._peek().kind != "end":
            raise self._unexpected("expected the end")
        return Query(condition, order, tuple(self._placeholders))

    def _at_order(self) -> bool:
        first, second = self._peek(), self._peek(1)
        return (first.text.lower(), second.text.lower()) == (
            "order",
            "by",
        ) and first.kind == second.kind == "word"

    def _either(self) -> Node:
        parts = [self._both()]
        while self._word("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Node:
        parts = [self._single()]
        while self._word("and"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _single(self) -> Node:
        if self._sign("("):
            inner = self._either()
            self._expect(")")
            return inner
        if self._opens_call() and self._peek().text.lower() in _INBOUND | _OUTBOUND | _TICKETS:
            return self._related()
        following = self._peek(1)
        if (following.kind != "sign" or following.text == "(") and self._word("not"):
            return Negation(self._single())
        return self._condition()

    def _opens_call(self) -> bool:
        following = self._peek(1)
        return self._peek().kind == "word" and following.kind == "sign" and following.text == "("

    def _path(self) -> tuple[str, ...]:
        token = self._next()
        if token.kind == "word":
            parts = [part for part in token.text.split(".") if part]
            open_end = token.text.endswith(".")
        elif token.kind == "quoted":
            parts = [token.text]
            open_end = False
        else:
            self._at -= 1
            raise self._unexpected("expected an attribute")
        # `Model."Serial number"` and `"Operating system".Name`: the dot touches its neighbours.
        while True:
            following = self._peek()
            touches = following.start == self._tokens[self._at - 1].end
            if open_end and touches and following.kind == "quoted":
                parts.append(following.text)
                open_end = False
            elif touches and following.kind == "word" and following.text.startswith("."):
                parts.extend(part for part in following.text.split(".") if part)
                open_end = following.text.endswith(".")
            else:
                break
            self._at += 1
        if not parts:
            raise self._unexpected("expected an attribute")
        return tuple(parts)

    def _condition(self) -> Node:
        path = self._path()
        if path[0].lower() == "object" and len(path) == 1:
            if self._word("not", "having"):
                return Negation(self._related())
            if self._word("having"):
                return self._related()
        token = self._peek()
        if token.kind == "sign" and token.text in ("=", "==", "<", "<=", ">", ">="):
            self._at += 1
            return Comparison(path, token.text, self._operand())
        if self._sign("!="):
            return Negation(Comparison(path, "=", self._operand()))
        if self._word("is"):
            negated = not self._word("not")
            self._empty()
            condition: Node = Presence(path)
        else:
            negated = self._word("not")
            condition = self._word_condition(path)
        return Negation(condition) if negated else condition

    def _word_condition(self, path: tuple[str, ...]) -> Node:
        for operator in ("like", "startswith", "endswith"):
            if self._word(operator):
                return Comparison(path, operator, self._operand())
        if self._word("in"):
            return Membership(path, self._members())
        raise self._unexpected("expected an operator")

    def _empty(self) -> None:
        if not self._word("empty") and not self._word("null"):
            raise self._unexpected("expected EMPTY")

    def _members(self) -> tuple[Operand, ...]:
        if self._opens_call():
            return (self._operand(),)
        self._expect("(")
        members = [self._operand()]
        while self._sign(","):
            members.append(self._operand())
        self._expect(")")
        return tuple(members)

    def _operand(self) -> Operand:
        token = self._next()
        if token.kind == "placeholder":
            self._placeholders.append(token.text)
            return Placeholder(token.text)
        if token.kind == "quoted":
            return Literal(token.text)
        if token.kind == "word":
            if self._sign("("):
                arguments = []
                while not self._sign(")"):
                    argument = self._next()
                    if argument.kind not in ("quoted", "word"):
                        self._at -= 1
                        raise self._unexpected("expected an argument")
                    arguments.append(argument.text)
                    self._sign(",")
                return Call(token.text.lower(), tuple(arguments))
            return Literal(token.text)
        self._at -= 1
        raise self._unexpected("expected a value")

    def _related(self) -> Node:
        name = self._next().text.lower()
        self._expect("(")
        if name in _TICKETS:
            depth = 1
            while depth:
                token = self._next()
                if token.kind == "end":
                    raise self._unexpected("expected )")
                depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
            return ConnectedTickets()
        if name not in _INBOUND | _OUTBOUND:
            raise InvalidQuery(f"unknown function {name} after having")
        inner: Node | None = None
        kinds: list[str] = []
        if not self._sign(")"):
            if self._peek().text != ",":
                inner = self._either()
            if self._sign(","):
                self._word("reftype", "in")
                self._word("referencetype", "in")
                bracketed = self._sign("(")
                while self._peek().kind in ("quoted", "word"):
                    kinds.append(self._next().text)
                    self._sign(",")
                if bracketed:
                    self._expect(")")
            self._expect(")")
        return References(name in _INBOUND, inner, tuple(kinds))
