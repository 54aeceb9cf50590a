"""Decorators that check arguments on entry, by the annotations of the parameters.

Each public callable that a user calls has one of the decorators, so that no check is written twice. A check covers the types
only, and it comes before anything is sent. A constructor, an operation, or the linter checks the values.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, cast, get_type_hints

from ..exceptions import AssetsError, ConfigurationError
from .fitting import fitted, plain_types

CheckedT = TypeVar("CheckedT", bound=Callable[..., object])
ClassT = TypeVar("ClassT", bound=type)
T = TypeVar("T")
P = ParamSpec("P")


def checked(target: CheckedT) -> CheckedT:
    """Check the arguments of a function, or of the constructor and the public methods of a class."""
    if isinstance(target, type):
        _replace_methods(target, "__init__")
        return cast("CheckedT", target)
    return cast("CheckedT", _checking(target))


def checked_methods(cls: ClassT) -> ClassT:
    """Check the arguments of the public methods of a class, but not of its constructor, which only the library calls."""
    _replace_methods(cls)
    return cls


def _replace_methods(cls: type, *more: str) -> None:
    for name, member in list(vars(cls).items()):
        if name.startswith("_") and name not in more:
            continue
        if isinstance(member, (classmethod, staticmethod)):
            setattr(cls, name, type(member)(_checking(cast("Callable[..., object]", member.__func__))))
        elif inspect.isfunction(member):
            setattr(cls, name, _checking(member))


def _checking(function: Callable[..., object]) -> Callable[..., object]:
    code = inspect.unwrap(function).__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if not {*names} - {"self", "cls"} and not code.co_flags & inspect.CO_VARARGS:
        return function
    parameters = _Parameters(function)

    # Logs and error reporters often show local variables, and an argument may be a secret: no frame of a traceback keeps
    # the arguments.
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def check_async(*arguments: object, **keywords: object) -> object:
            try:
                arguments, keywords = parameters.checked(arguments, keywords)
                return await cast("Any", function)(*arguments, **keywords)
            except BaseException:
                arguments, keywords = (), {}
                raise

        return check_async

    @functools.wraps(function)
    def check(*arguments: object, **keywords: object) -> object:
        try:
            arguments, keywords = parameters.checked(arguments, keywords)
            return function(*arguments, **keywords)
        except BaseException:
            arguments, keywords = (), {}
            raise

    return check


def hints_of(function: Callable[..., object]) -> Mapping[str, object]:
    """Return the annotations of a function."""
    # A constructor that attrs generated has globals of its own.
    module = sys.modules.get(function.__module__)
    names = {**(vars(module) if module is not None else {}), **function.__globals__}
    return get_type_hints(function, globalns=names)


class _Parameters:
    """The parameters of a function. Their annotations are resolved at the first call, because that may load modules."""

    def __init__(self, function: Callable[..., object]) -> None:
        code = inspect.unwrap(function).__code__
        self._function = function
        self._positional = code.co_varnames[: code.co_argcount]
        count = code.co_argcount + code.co_kwonlyargcount
        # Further positional arguments belong to `*keys`.
        self._further = code.co_varnames[count] if code.co_flags & inspect.CO_VARARGS else ""
        self._names = code.co_varnames[:count]

    @functools.cached_property
    def _hints(self) -> Mapping[str, tuple[object, frozenset[type]]]:
        # Names that are not parameters are options, which have a class with checks of its own, or a mistake that Python
        # reports.
        hints = hints_of(self._function)
        return {
            name: (hints[name], plain_types(hints[name]))
            for name in (*self._names, self._further)
            if name in hints
        }

    def checked(
        self, arguments: tuple[object, ...], keywords: dict[str, object]
    ) -> tuple[tuple[object, ...], dict[str, object]]:
        """Return the arguments, fitted to their annotations."""
        try:
            return self._fitted(arguments, keywords)
        except ConfigurationError as error:
            problem = error.with_traceback(None)
            problem.__context__ = None
        del arguments, keywords
        raise problem

    def _fitted(
        self, arguments: tuple[object, ...], keywords: dict[str, object]
    ) -> tuple[tuple[object, ...], dict[str, object]]:
        hints = self._hints
        fitted_arguments: list[object] | None = None
        for position, value in enumerate(arguments):
            name = self._positional[position] if position < len(self._positional) else self._further
            hint, plain = hints.get(name, _ANY)
            if hint is not object and type(value) not in plain:
                fitted_arguments = fitted_arguments or list(arguments)
                fitted_arguments[position] = fitted(value, hint, name)
        for name, value in keywords.items():
            hint, plain = hints.get(name, _ANY)
            if hint is not object and type(value) not in plain:
                keywords[name] = fitted(value, hint, name)
        return arguments if fitted_arguments is None else tuple(fitted_arguments), keywords


_ANY: tuple[object, frozenset[type]] = (object, frozenset())


def forgetful(function: Callable[P, T]) -> Callable[P, T]:
    """Remove the arguments of a function from the traceback of any error about them.

    Logs and error reporters often show local variables. An argument may be a secret: a rejected one, or one that was passed
    in the place of another argument.
    """

    @functools.wraps(function)
    def wrapper(*arguments: P.args, **options: P.kwargs) -> T:
        try:
            return function(*arguments, **options)
        except (AssetsError, TypeError) as error:
            clean_error = error.with_traceback(None)
            clean_error.__context__ = clean_error.__cause__ = None
        del arguments, options
        raise clean_error

    return wrapper


def forgetful_class(cls: type[T]) -> type[T]:
    """Make the constructor of a class `forgetful`."""
    cls.__init__ = forgetful(cls.__init__)  # type: ignore[method-assign]  # wrapped, not replaced: same arguments
    return cls
