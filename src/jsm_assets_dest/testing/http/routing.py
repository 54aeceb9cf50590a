"""Routing of requests to operations by family, method and path."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from attrs import define, field

from .call import NO_BODY, Body, Handler, Operation


@define
class _Node:
    literals: dict[str, _Node] = field(factory=dict)
    variable: tuple[str, _Node] | None = None
    operations: dict[str, Operation] = field(factory=dict)


class Router:
    """Finds operations. Literal parts of a path take precedence over variable ones."""

    def __init__(self) -> None:
        self._families: dict[str, _Node] = {}
        self.operations: list[Operation] = []

    def add(self, operation: Operation) -> None:
        """Add an operation. Several operations may share a name, such as a path and its old spelling."""
        node = self._families.setdefault(operation.family, _Node())
        for part in operation.path.strip("/").split("/"):
            if part.startswith("{"):
                if node.variable is None:
                    node.variable = (part[1:-1], _Node())
                node = node.variable[1]
            else:
                node = node.literals.setdefault(part, _Node())
        node.operations[operation.method] = operation
        self.operations.append(operation)

    def names(self) -> list[str]:
        """Return all operation names, sorted."""
        return sorted({operation.name for operation in self.operations})

    def find(self, family: str, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation for a request, with the variable parts of its path."""
        root = self._families.get(family)
        if root is None:
            return None
        parts = path.strip("/").split("/")
        match = self._walk(root, parts, 0, method)
        if match is None:
            return None
        operation, values = match
        names = [part[1:-1] for part in operation.path.strip("/").split("/") if part.startswith("{")]
        return operation, dict(zip(names, values, strict=True))

    def methods(self, family: str, path: str) -> set[str]:
        """Return the methods of a path."""
        methods = {"GET", "POST", "PUT", "PATCH", "DELETE"}
        existing = {method for method in methods if self.find(family, method, path) is not None}
        return existing | ({"HEAD"} if "GET" in existing else set())

    def _walk(
        self, node: _Node, parts: list[str], at: int, method: str
    ) -> tuple[Operation, list[str]] | None:
        if at == len(parts):
            operation = node.operations.get(method)
            return (operation, []) if operation is not None else None
        literal = node.literals.get(parts[at])
        if literal is not None:
            match = self._walk(literal, parts, at + 1, method)
            if match is not None:
                return match
        if node.variable is not None and parts[at]:
            match = self._walk(node.variable[1], parts, at + 1, method)
            if match is not None:
                return match[0], [unquote(parts[at]), *match[1]]
        return None


@define(eq=False)
class Routes:
    """A group of operations, filled by decorating their handlers.

    Args:
        family: see `addresses`.
        prefix: of the paths.
        scope: of the operations that declare no other one.
        accepts_import_token: see `Operation`.
        site_gateway_only: see `Operation`.
    """

    family: str
    prefix: str = ""
    scope: str | None = None
    accepts_import_token: bool = False
    site_gateway_only: bool = False
    operations: list[Operation] = field(factory=list, init=False)

    def operation(
        self, name: str, method: str, path: str, *, scope: str | None = None, body: Body = NO_BODY
    ) -> Callable[[Handler], Handler]:
        """Declare the operation of a handler; see `Operation` for the arguments."""

        def declare(handler: Handler) -> Handler:
            self.operations.append(
                Operation(
                    name=name,
                    family=self.family,
                    method=method,
                    path=self.prefix + path,
                    handler=handler,
                    scope=scope or self.scope,
                    body=body,
                    site_gateway_only=self.site_gateway_only,
                    accepts_import_token=self.accepts_import_token,
                )
            )
            return handler

        return declare
