"""Fits a value to an annotation or a kind: converts enumeration values and iterators, and rejects a wrong type.

Annotations are evaluated here, because attrs copies those of a converter to the constructor of another module.
"""

import enum
import functools
import json
import types
from collections.abc import AsyncIterable, Collection, Iterable, Mapping
from os import PathLike
from typing import Any, Literal, NoReturn, TypeVar, Union, cast, get_args, get_origin

from ..exceptions import ConfigurationError


@functools.cache
def plain_types(hint: object) -> frozenset[type]:
    """Return the types of which every value fits an annotation unchanged. Most values are found here, which is fast."""
    members = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    classes = {member for member in members if isinstance(member, type) and get_origin(member) is None}
    if any(issubclass(member, enum.Enum) for member in classes):
        classes.discard(str)
    return frozenset(classes | {int} if float in classes else classes)


class _MismatchError(Exception):
    """The value doesn't fit. `problem` completes the sentence that begins with the name of the argument."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def inside(self) -> "_MismatchError":
        """Return the error of what contains the value."""
        return _MismatchError(
            self.problem.replace("is a value", "contains a value").replace("is None", "contains None")
        )


def fitted(value: object, hint: object, argument: str) -> object:
    """Return the value as the annotation describes it.

    A value of an enumeration becomes its member. An iterator becomes a tuple where a sequence is expected, so that it can
    be read more than once.

    Raises:
        ConfigurationError: The value has another type. The message names the argument, but never shows the value, which
            may be a secret.
    """
    try:
        return _fit(value, hint, argument)
    except _MismatchError as error:
        # `verify` of an import is a choice, and `verify` of a connection is not.
        advice = None if get_origin(hint) is Literal else _ADVICE.get(argument)
        raise invalid(
            argument,
            error.problem,
            _USE_ASYNC if error.problem == _ASYNCHRONOUS else advice or f"Pass {described(hint)}.",
        ) from None


_ASYNCHRONOUS = "is asynchronous, and this connection is not"
_USE_ASYNC = "Use an AsyncConnection, or pass a source that is not asynchronous."

#: What to pass for arguments whose types alone do not help.
_ADVICE: Mapping[str, str] = {
    "accounts": 'Pass {"ana@acme.com": "5b10a2844c20165700ede21g"}, pairs of both, users, or a CSV or JSON file.',
    "roles": 'Pass lists of groups and people by role, such as {"developers": ["it-ops"]}.',
    "auth": "Pass ApiToken(email, token), OAuthToken(token), ClientCredentials(id, secret) or ForgeToken(token, url).",
    "verify": "To trust your company's certificates, set SSL_CERT_FILE, or pass "
    "ssl.create_default_context(cafile='company.pem').",
    "records": "Pass records by selector, {'people': [...]}, or pairs of a selector and a record. For a table, pass "
    "{'people': jsm_assets_dest.tables.records(table)}.",
    "credentials": 'Pass CredentialsReference("env:JSM_ASSETS_API_TOKEN", email="ana@acme.com"), which names the place of '
    "the secret.",
}


def _fit(value: object, hint: object, argument: str) -> object:
    origin, members = get_origin(hint), get_args(hint)
    if hint is object or hint is Any or isinstance(hint, TypeVar):
        return value
    if origin in (Union, types.UnionType):
        return _fit_union(value, members, argument)
    if origin is Literal:
        return value if isinstance(value, str) and value in members else _reject_choice(value)
    if origin is tuple and members[-1] is not Ellipsis:
        items = _fit_items(value, object, argument)
        if len(items) != len(members):
            raise _MismatchError(f"contains {len(items)} values instead of {len(members)}")
        return tuple(_fit(item, member, argument) for item, member in zip(items, members, strict=True))
    if origin is None:
        return _fit_class(value, cast("type", hint), argument)
    if issubclass(origin, Mapping):
        return _fit_mapping(value, members, argument)
    if issubclass(origin, Collection):
        return _fit_items(value, members[0], argument)
    # A string and a dictionary, such as a single record, are never a sequence of records.
    is_single = isinstance(value, str | bytes | Mapping)
    if not isinstance(value, origin) or (issubclass(origin, Iterable) and is_single):
        _reject(value)
    # What can be read only once, or is large, is checked while it is read.
    is_short = isinstance(value, list | tuple | set | frozenset) and get_origin(members[0]) is None
    return _fit_items(value, members[0], argument) if is_short and origin is Iterable else value


def _fit_union(value: object, members: tuple[object, ...], argument: str) -> object:
    for member in members:
        if isinstance(value, str) and isinstance(member, type) and issubclass(member, enum.Enum):
            return choice(member, value, argument)
    literals = [member for member in members if get_origin(member) is Literal]
    if isinstance(value, str) and literals and str not in members:
        return _fit(
            value, Literal[tuple(choice for literal in literals for choice in get_args(literal))], argument
        )
    problems: list[str] = []
    for member in members:
        try:
            return _fit(value, member, argument)
        except _MismatchError as error:
            problems.append(error.problem)
    # What is wrong inside of a sequence is more helpful than that it is not None.
    raise _MismatchError(max(problems, key=lambda problem: (problem.startswith("contains"), len(problem))))


def _fit_class(value: object, cls: type, argument: str) -> object:
    if issubclass(cls, enum.Enum) and isinstance(value, str):
        return choice(cls, value, argument)
    if getattr(cls, "_is_protocol", False):
        return value if all(hasattr(value, name) for name in _members(cls)) else _reject(value)
    accepted = (int, float) if cls is float else cls
    if isinstance(value, accepted) and not (isinstance(value, bool) and cls in (int, float)):
        return value
    return _reject(value)


@functools.cache
def _members(protocol: type) -> frozenset[str]:
    return frozenset(
        name for base in protocol.__mro__[:-2] for name in vars(base) if not name.startswith("_")
    )


def _fit_items(value: object, hint: object, argument: str) -> tuple[object, ...]:
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
        _reject(value)
    items = tuple(cast("Iterable[object]", value))
    plain = plain_types(hint)
    if hint is object or all(type(item) in plain for item in items):
        return items
    try:
        return tuple(_fit(item, hint, argument) for item in items)
    except _MismatchError as error:
        raise error.inside() from None


def _fit_mapping(value: object, members: tuple[object, ...], argument: str) -> object:
    if not isinstance(value, Mapping):
        _reject(value)
    mapping = cast("Mapping[object, object]", value)
    if not mapping:
        return mapping
    try:
        fitted_items = {
            _fit(key, members[0], argument): _fit(item, members[1], argument) for key, item in mapping.items()
        }
    except _MismatchError as error:
        raise error.inside() from None
    is_same = all(fitted_items[key] is item for key, item in mapping.items() if key in fitted_items)
    return mapping if is_same and len(fitted_items) == len(mapping) else fitted_items


def _reject(value: object) -> NoReturn:
    if isinstance(value, AsyncIterable):
        raise _MismatchError(_ASYNCHRONOUS)
    raise _MismatchError(type_problem(value))


def _reject_choice(value: object) -> NoReturn:
    if isinstance(value, str):
        raise _MismatchError(f"is {value!r}")
    _reject(value)


_WORDS: Mapping[object, str] = {
    str: "a string",
    bytes: "bytes",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    types.NoneType: "None",
    PathLike: "a path",
    type: "a class",
}


def described(hint: object) -> str:
    """Return what an annotation accepts, as words for a message."""
    origin, members = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        has_choices = any(isinstance(member, type) and issubclass(member, enum.Enum) for member in members)
        described_members = [member for member in members if not (has_choices and member is str)]
        if len(described_members) == 1:
            return described(described_members[0])
        words = (word for member in described_members for word in _alternatives(member))
        return _listed(list(dict.fromkeys(words)))
    if origin is Literal:
        return f"one of {', '.join(_alternatives(hint))}"
    if hint in _WORDS or origin in _WORDS:
        return _WORDS.get(hint) or _WORDS[origin]
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return f"one of {', '.join(_alternatives(hint))}"
    name = str(getattr(origin or hint, "__name__", hint)).lstrip("_")
    name = _PUBLIC_NAMES.get(name, name)
    if origin is None:
        return f"{'an' if name[:1] in 'AEIO' else 'a'} {name}"
    if issubclass(origin, Mapping):
        return "a dict"
    if origin is tuple and members[-1] is not Ellipsis:
        return "a pair" if len(members) == 2 else f"a tuple of {len(members)} values"
    if issubclass(origin, Iterable | AsyncIterable):
        items = get_args(members[0]) if get_origin(members[0]) in (Union, types.UnionType) else members[:1]
        return f"a list of {' or '.join(map(_plural, items))}"
    if isinstance(members[0], list) and len(members[0]) == 1:
        return f"a function that receives {described(members[0][0])}"
    return "a function"


def _alternatives(hint: object) -> list[str]:
    """Return each value that a set of choices allows, and one description of any other annotation."""
    if get_origin(hint) is Literal:
        return [f'"{member}"' for member in get_args(hint)]
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return [f'"{member.value}"' for member in hint]
    return [described(hint)]


def _listed(words: list[str]) -> str:
    return " or ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])}, or {words[-1]}"


def _plural(hint: object) -> str:
    word = described(hint).removeprefix("a ").removeprefix("an ")
    return _PLURALS.get(hint) or ("pairs" if word == "pair" else word)


_PLURALS: Mapping[object, str] = {str: "strings", object: "values", int: "whole numbers"}
#: What a user passes for a protocol or a class that only the library names.
_PUBLIC_NAMES: Mapping[str, str] = {
    "BuildPlanRecord": "BuildPlan",
    "ConflictRecord": "ObjectTypeConflict",
    "ExecutionFacts": "Execution",
    "ObjectSchemaRecord": "ObjectSchema",
    "ObjectSchemaSpec": "SchemaModel",
    "PreviewFacts": "ImportPreview",
}


EnumT = TypeVar("EnumT", bound=enum.Enum)
ItemT = TypeVar("ItemT")


def type_problem(value: object) -> str:
    """Return the end of the sentence "`argument` …" about a value of a wrong type. It never shows the value."""
    return "is None" if value is None else f"is a value of the type {type(value).__name__}"


def invalid(argument: str, problem: str, fix: str, *, field: str = "") -> ConfigurationError:
    """Return the error about an invalid argument.

    Args:
        argument: The argument, or the place in it, such as `managers[0]`.
        problem: The end of the sentence "`argument` ...".
        fix: What to pass, as a sentence.
        field: The argument, if `argument` is a place in it.
    """
    return ConfigurationError(f"`{argument}` {problem}. Nothing was sent.", field=field or argument, fix=fix)


def wrong_type(argument: str, value: object, fix: str, *, field: str = "") -> ConfigurationError:
    """Return the error about an argument of a wrong type; see `invalid`."""
    return invalid(argument, type_problem(value), fix, field=field)


def choice(choices: type[EnumT], value: EnumT | str, argument: str) -> EnumT:
    """Accept a member of an enumeration or its value."""
    try:
        return choices(value)
    except ValueError:
        values = ", ".join(f'"{member.value}"' for member in choices)
        raise invalid(argument, f"is {value!r}", f"Pass one of: {values}.") from None


def checked_seconds(value: float, argument: str) -> float:
    """Accept a number of seconds of at least 0."""
    if not value >= 0:  # also not a number
        raise invalid(argument, f"is {value!r}", "Pass a number of seconds from 0 up.")
    return value


def instances(kind: type[ItemT], values: Iterable[ItemT], argument: str) -> tuple[ItemT, ...]:
    """Accept an iterable of instances of a class."""
    candidates: object = values
    items = tuple(cast("Iterable[object]", candidates)) if isinstance(candidates, Iterable) else (candidates,)
    for item in items:
        if not isinstance(item, kind):
            raise invalid(
                argument,
                type_problem(item).replace("is", "contains", 1),
                f"Pass a list of {kind.__name__}.",
            )
    return cast("tuple[ItemT, ...]", items)


def texts(values: str | Iterable[str], argument: str) -> tuple[str, ...]:
    """Accept strings. A single string is one item, not a sequence of characters."""
    return (values,) if isinstance(values, str) else instances(str, values, argument)


def json_object(value: Mapping[str, object]) -> Mapping[str, object]:
    """Accept and copy a JSON object, for the fields `extra` and `mapping_extra`."""
    try:
        return cast("dict[str, object]", json.loads(json.dumps(dict(value))))
    except (TypeError, ValueError):
        raise invalid("extra", "is not a JSON object", "Pass a dict of JSON values.") from None
