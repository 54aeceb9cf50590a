"""Removal of arguments from the tracebacks of errors, because an argument may be a secret."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from .declared import Declared

T = TypeVar("T")
P = ParamSpec("P")


def forgetful(function: Callable[P, T]) -> Callable[P, T]:
    """Remove the arguments of a function from the traceback of any error about them.

    Logs and error reporters often show local variables. An argument may be a secret: a rejected one, or one that was passed
    in the place of another argument.
    """

    @wraps(function)
    def wrapper(*arguments: P.args, **options: P.kwargs) -> T:
        try:
            return function(*arguments, **options)
        except (Declared, TypeError) as error:
            clean_error = error.with_traceback(None)
            clean_error.__context__ = clean_error.__cause__ = None
        del arguments, options
        raise clean_error

    return wrapper


def forgetful_class(cls: type[T]) -> type[T]:
    """Make the constructor of a class `forgetful`."""
    cls.__init__ = forgetful(cls.__init__)  # type: ignore[method-assign]  # wrapped, not replaced: same arguments
    return cls
