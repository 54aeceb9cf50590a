"""The state that a connection shares with its handles, so that a handle does not need the connection itself."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from attrs import AttrsInstance, fields, frozen

from .._http.async_engine import AsyncEngine
from .._http.commands import Operation
from .._session.site import Site

P = ParamSpec("P")
T = TypeVar("T")


@frozen(eq=False)
class AsyncSession:
    """One site, and the engine that sends its requests."""

    site: Site
    engine: AsyncEngine

    async def ask(
        self,
        operation: Callable[Concatenate[Site, P], Operation[T]],
        *arguments: P.args,
        **options: P.kwargs,
    ) -> T:
        """Run an operation on the site to its end."""
        return await self.run(operation(self.site, *arguments, **options))

    async def run(self, operation: Operation[T], *, interrupted: bool = False) -> T:
        """Run an operation to its end. After an interruption, it has a second to clean up."""
        return await self.engine.run(operation, interrupted=interrupted)


class LazyModule:
    """Module that is imported when one of its attributes is first used.

    With all handles loaded, a connection would need a third more time until its first response (goal P2). Annotations
    can name classes of such a module, because `typing.get_type_hints` reads them as attributes.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name, __package__), attribute)


def values_of(record: AttrsInstance) -> dict[str, Any]:
    """Return the public fields of a value, as arguments for a handle that extends it."""
    return {
        attribute.name: getattr(record, attribute.name)
        for attribute in fields(type(record))
        if attribute.init and not attribute.name.startswith("_")
    }
