"""Errors whose facts are declared as annotated defaults, once, and the layout of their messages.

The shared initializer, the signature that `help` shows, pickling, and copying read them from there. Type checkers do too,
because `Declared` is marked with `dataclass_transform`. No fact contains a secret: all strings go through `scrubbed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, TypedDict, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    import inspect

T = TypeVar("T")

#: Characters that are stored of each string; a server may send a megabyte.
LONGEST_MESSAGE = 1000

# Atlassian tokens (ATATT3 API token, ATCTT3 import token, ATSTT3, and more), credentials after a scheme word (a lowercase
# word is treated as prose), signed tokens (JWT), and fields and parameters whose names mark them as secret.
_SECRETS = (
    r"AT[A-Z]{3}3[\w=.~+/-]{6,}"
    r"|(?P<scheme>(?i:basic|bearer)\s+)(?=\S*[0-9A-Z=_]|\S{24})[\w.~+/=-]{12,}"
    r"|(?<![\w-])eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?"
    r"|(?P<name>(?i:client_secret|access_token|refresh_token|password)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"
)
_MASK = "**********"


def scrubbed(text: str) -> str:
    """Mask everything in a string that looks like a credential."""
    # Compile the pattern only for the first error, because that takes as long as loading a module.
    return re.sub(_SECRETS, lambda match: f"{match['scheme'] or match['name'] or ''}{_MASK}", text)


def advice(*remedies: str) -> tuple[str, ...]:
    """Declare the remedies of a class, in order. Each has the form "Who: action."."""
    return remedies


class Place(TypedDict, total=False):
    """Place and time of a failure, and the server's messages: the facts that `AssetsError.place` copies."""

    operation: str
    status: int | None
    method: str
    path: str
    host: str
    code: str
    messages: tuple[str, ...]
    field_errors: dict[str, str]
    request_id: str
    account: str
    retry_after: float | None
    attempts: int
    elapsed: float | None
    body_excerpt: str


class _Carried:
    """Default of a fact that is declared with `carried`."""

    def __init__(self, default: object) -> None:
        self.default = default


def carried(*, default: T, kw_only: bool = True) -> T:  # noqa: ARG001 - type checkers read it
    """Declare a fact for handlers only: it is neither shown nor stored, and replaced by None if it can't be pickled."""
    return cast("T", _Carried(default))


def leading(*, kw_only: bool) -> str:  # noqa: ARG001 - type checkers read it
    """Declare the one positional argument."""
    return ""


class _Signature:
    """The signature of an error class, as `help` shows it: its own facts, and those of the root class as `**facts`."""

    def __get__(self, instance: object, owner: type[Declared]) -> inspect.Signature:
        from inspect import Parameter, Signature

        annotations: dict[str, str] = {}
        bases = [base for base in owner.__mro__ if issubclass(base, Declared)]
        for base in reversed(bases):
            annotations |= base.__annotations__
        root = bases[-2] if len(bases) > 1 else owner
        parameters = [Parameter("what", Parameter.POSITIONAL_OR_KEYWORD, annotation="str")]
        parameters += [
            Parameter(
                name, Parameter.KEYWORD_ONLY, default=getattr(owner, name), annotation=annotations[name]
            )
            for name in owner._facts
            if owner is root or name not in root._facts
        ]
        if owner is not root:
            parameters.append(Parameter("facts", Parameter.VAR_KEYWORD))
        return Signature(parameters)


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(carried, leading))
class Declared(Exception):
    """Initializer of errors: it stores the facts that a class and its bases declare as annotated defaults."""

    #: Names of all facts except `what`, and of those declared with `carried`.
    _facts: ClassVar[tuple[str, ...]] = ()
    _carried: ClassVar[frozenset[str]] = frozenset()

    __signature__: ClassVar[_Signature] = _Signature()

    if TYPE_CHECKING:  # declared by `AssetsError`
        what: str
        cause: str
        cause_is_certain: bool
        remedies: tuple[str, ...]
        details: str
        status: int | None
        method: str
        path: str
        host: str
        code: str
        messages: tuple[str, ...]
        field_errors: dict[str, str]
        request_id: str
        account: str
        attempts: int
        elapsed: float | None

    def __init_subclass__(cls, *, certain: bool | None = None) -> None:
        if certain is not None:
            cls.cause_is_certain = certain
        if not cls.__annotations__:  # most classes; this runs while the package is imported
            return
        own = [
            name
            for name, annotation in cls.__annotations__.items()
            if name[:1] != "_" and name != "what" and "ClassVar" not in str(annotation)
        ]
        cls._facts = tuple(dict.fromkeys([*own, *cls._facts]))
        for name in own:
            default = cls.__dict__[name]
            if isinstance(default, _Carried):
                setattr(cls, name, default.default)
                cls._carried |= {name}

    def __init__(self, what: str, **facts: object) -> None:
        unknown = sorted(facts.keys() - set(self._facts))
        if unknown:
            raise TypeError(f"{type(self).__name__} has no fact {', '.join(unknown)}")
        self.what = scrubbed(what)
        super().__init__(self.what)
        for name in self._facts:
            value, default = facts.get(name), getattr(type(self), name)
            if name in self._carried:
                value = default if value is None else value
            elif (value := _cleaned(name, value)) in (None, "", ()):
                # An empty string or sequence means that the caller does not know better than the class.
                value = _cleaned(name, default)
            setattr(self, name, value)
        self.code = self.code or _word(type(self).__name__)
        if not facts.get("remedies"):
            self.remedies = self._advice() or self.remedies

    def _advice(self) -> tuple[str, ...]:
        """Return remedies that follow from the facts, for an error that was raised without any."""
        return ()

    def place(self) -> Place:
        """Return where and when this error happened, as arguments for another error about the same failure."""
        facts = {name: getattr(self, name) for name in Place.__annotations__}
        if self.code == _word(type(self).__name__):
            del facts["code"]
        return cast("Place", facts)

    def to_dict(self) -> dict[str, object]:
        """Return the error as JSON-ready data without empty facts."""
        result: dict[str, object] = {"error": type(self).__name__, "what": self.what, "code": self.code}
        for name in sorted(set(self._facts) - self._carried):
            value = getattr(self, name)
            if value:
                result[name] = list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value
        return result

    def __reduce__(self) -> tuple[object, ...]:
        # An error must always be able to leave its process. A value that can't be pickled, such as a record with an open
        # file, is replaced by None.
        return _restored, (
            type(self),
            self.what,
            {name: _portable(value) for name, value in vars(self).items()},
        )

    def __copy__(self) -> Declared:
        return _restored(type(self), self.what, vars(self))


def _cleaned(name: str, value: object) -> object:
    """Return the value of a fact without secrets and of limited length."""
    if isinstance(value, str):
        # A query may contain what no one should see. The path of a record has no leading slash.
        text = value.partition("?")[0] if name == "path" and value.startswith("/") else value
        return scrubbed(text[:LONGEST_MESSAGE]) if text else text
    if isinstance(value, list | tuple):
        return tuple(_cleaned("", entry) for entry in cast("Sequence[object]", value))
    if isinstance(value, Mapping):
        return {key: _cleaned("", entry) for key, entry in cast("Mapping[str, object]", value).items()}
    return value


def _restored(kind: type[Declared], what: str, state: Mapping[str, object]) -> Declared:
    error = kind.__new__(kind)
    error.args = (what,)
    vars(error).update(state)
    return error


def _portable(value: object) -> object:
    if value is None or isinstance(value, str | int | float):
        return value
    import pickle

    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 - a caller's value may raise anything when it is pickled
        return None
    return value


def _word(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.removesuffix("Error")).lower()


# --- the layout of a message ----------------------------------------------------------------------------------------

#: Limits for what a message quotes of the server: texts, and characters of each.
_QUOTED_TEXTS = 3
QUOTED_CHARACTERS = 200

#: The beginning of a path up to the ids of a site, a workspace, or an import.
_IDS = r"^.*?/ex/jira/[^/]+(?=/rest/)|^.*/workspace/[^/]+/v1(?:/importsource/[^/]+(?=/))?"
_YOU = r"(Or )?[Yy]ou: ([\w-]*(?:_\w|\(|\.\w)|.)"


def message_of(error: Declared, quoted: str, technical: str) -> str:
    """Return the message of an error, with `quoted` after the first line, and `technical` in the last one."""
    lines = [error.what, quoted]
    if error.cause:
        lines.append(f"{cause_label(certain=error.cause_is_certain)} {error.cause}")
    if error.remedies:
        lines.append("How to fix:")
        lines += [f"  {number}. {remedy}" for number, remedy in enumerate(addressed(error.remedies), 1)]
    if technical:
        lines.append(f"Details: {technical}")
    return "\n".join(line for line in lines if line)


def cause_label(*, certain: bool) -> str:
    """Return the label of a proven or of an inferred cause."""
    return "Cause:" if certain else "Likely cause:"


def technical_line(error: Declared) -> str:
    """Return the status, the request, the trace ID, the account, and the attempts."""
    parts: list[str] = []
    if error.status is not None:
        parts.append(f"HTTP {error.status}")
    if error.host:
        parts.append(f"{error.method} {error.host}{re.sub(_IDS, '/…', error.path)}".strip())
    if error.details:
        parts.append(error.details)
    if error.request_id:
        parts.append(f"trace {error.request_id}")
    if error.account:
        parts.append(f"account {error.account}")
    if error.attempts > 1:
        # One attempt is usual, and its time does not help anyone.
        parts.append(f"{error.attempts} attempts")
        if error.elapsed is not None:
            parts.append(f"{error.elapsed:.1f} s")
    return ", ".join(parts)


def quoted_server(error: Declared) -> str:
    """Return the server's messages as a quotation, or "" if they say nothing."""
    texts = [*error.messages, *(f"{name}: {text}" for name, text in error.field_errors.items())]
    texts = [text[:QUOTED_CHARACTERS] for text in texts if text not in ("Unauthorized", "Forbidden")]
    server = "Assets" if "/jsm/" in error.path else "Jira" if error.host else "The server"
    return f'{server} says: "{"; ".join(texts[:_QUOTED_TEXTS])}"' if texts else ""


def addressed(remedies: Sequence[str]) -> list[str]:
    """Return the remedies as readers see them: without "You:" if only the reader can act."""
    if not all(re.match(_YOU, remedy) for remedy in remedies):
        return list(remedies)
    return [
        re.sub(_YOU, lambda match: f"Or {match[2]}" if match[1] else _capitalized(match[2]), remedy, count=1)
        for remedy in remedies
    ]


def _capitalized(beginning: str) -> str:
    """Return the beginning of a sentence; a name of code, such as "import_records(", is unchanged."""
    return beginning.upper() if len(beginning) == 1 else beginning
