"""The findings of the probe: settled switches, verdicts, reasons, and the shapes of responses.

Its context is what is known about the site, and how requests are sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeAlias

import attrs
from attrs import define, field

from ..site_profile import SiteProfile
from ..world.doubts import Doubts
from .client import Client, Credential, ProbeError, Reply, StoppedError

MOST_FIELDS = 400
DEEPEST = 8

_FORMS = (
    ("empty", re.compile(r"\s*")),
    ("number", re.compile(r"-?\d+(\.\d+)?")),
    ("32 hex digits", re.compile(r"[0-9a-fA-F]{32}")),
    ("uuid", re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d\S*")),
    ("HTTP date", re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")),
    ("percent-encoded", re.compile(r"\S*%[0-9a-fA-F]{2}\S*")),
    ("with a colon", re.compile(r"\w+:\S+")),
)
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_HEADER_NAME = re.compile(r"[a-z0-9-]{1,40}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z.+-]+(; ?charset=[A-Za-z0-9-]+)?")
_CODE = re.compile(r"[A-Z][A-Z_]{1,59}")
_SERVERS = ("AtlassianEdge", "CloudFront", "globaledge-envoy")

#: Objects whose keys are ids or names that people chose.
_KEYED_BY_CONTENT = frozenset({"errors", "objectTypeResultMap", "permissions", "reasonForInvalidity"})


def form(text: str) -> str:
    """Return the form of a string, such as "number" or "uuid"."""
    return next((name for name, pattern in _FORMS if pattern.fullmatch(text)), "text")


def code(value: object) -> str:
    """Return a code of the service, such as `IN_PROGRESS`; "other" for anything that does not look like one."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else "other"


def header_shape(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the forms of headers by name."""
    shape = {}
    for name, value in sorted(headers.items()):
        if not _HEADER_NAME.fullmatch(name.lower()):
            continue
        if name.lower() == "content-type":
            shape["content-type"] = value if _MEDIA_TYPE.fullmatch(value) else "other"
        elif name.lower() == "server":
            shape["server"] = value if value in _SERVERS else "other"
        else:
            shape[name.lower()] = form(value)
    return shape


def field_shape(document: Any, *, keys_are_names: bool = False) -> dict[str, str]:
    """Return the types of a document's fields by path, such as `values[].id`.

    Args:
        document: JSON values.
        keys_are_names: True if the keys of the document are names that people chose.
    """
    shape: dict[str, str] = {}
    _add(shape, "", document, 0, hides_keys=keys_are_names)
    return dict(sorted(shape.items()))


def _add(shape: dict[str, str], path: str, value: Any, depth: int, *, hides_keys: bool = False) -> None:
    kind = _kind(value)
    if path and kind not in shape.get(path, "").split(" or "):
        if path not in shape and len(shape) >= MOST_FIELDS:
            return
        shape[path] = f"{shape[path]} or {kind}" if path in shape else kind
    if depth >= DEEPEST:
        return
    if isinstance(value, dict):
        hides_keys = hides_keys or any(not _FIELD_NAME.fullmatch(str(key)) for key in value)
        for key, item in value.items():
            name = "*" if hides_keys else str(key)
            inner = f"{path}.{name}" if path else name
            _add(shape, inner, item, depth + 1, hides_keys=name in _KEYED_BY_CONTENT)
    elif isinstance(value, list):
        for item in value:
            _add(shape, f"{path}[]", item, depth + 1)


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        text_form = form(value)
        return "string" if text_form in ("text", "empty") else f"string ({text_form})"
    return "array" if isinstance(value, list) else "object"


#: The type of a switch of `Doubts`.
Reading: TypeAlias = bool | int | float | str

_DEFAULTS = Doubts()


class Findings:
    """Collects what the responses of a site show."""

    def __init__(self) -> None:
        self.switches: dict[str, Reading] = {}
        self.questions: dict[int, dict[str, str]] = {}
        self.group: str = ""
        self.not_asked: dict[str, str] = {}
        self.responses: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    def settle(self, switch: str, value: Reading) -> None:
        """Record the reading of a switch, if the emulator has it."""
        try:
            attrs.evolve(_DEFAULTS, **{switch: value})  # type: ignore[arg-type]  # checked by the validators
        except ValueError:
            self.skip(switch, "The site responds in a way that the emulator does not have.")
            return
        self.switches[switch] = value
        self.not_asked.pop(switch, None)

    def settle_by_status(self, switch: str, status: int, readings: dict[int, bool]) -> None:
        """Record the reading that a status shows; another status settles nothing."""
        if status in readings:
            self.settle(switch, readings[status])
        else:
            self.skip(switch, f"The site responded with HTTP {status}.")

    def settle_seconds(self, switch: str, pending_at: float | None, done_at: float) -> None:
        """Record a duration: the default if it fits the two looks, otherwise the time of the second one.

        Args:
            switch: the name.
            pending_at: the seconds at the last look before it was done; None if it was done at the first look.
            done_at: the seconds at the look after it.
        """
        default = float(getattr(_DEFAULTS, switch))
        fits = default <= done_at and (pending_at is None or default > pending_at)
        self.settle(switch, default if fits else round(done_at, 1))

    def skip(self, name: str, reason: str) -> None:
        """Record why a switch or a question was not settled."""
        if name not in self.switches:
            self.not_asked[name] = reason

    def answer(self, number: int, verdict: str) -> None:
        """Record a verdict of the current question group, or add to it."""
        verdicts = self.questions.setdefault(number, {})
        earlier = verdicts.get(self.group)
        verdicts[self.group] = f"{earlier}; {verdict}" if earlier else verdict
        self.not_asked.pop(f"question {number}", None)

    def observe(self, operation: str, reply: Reply, *, keys_are_names: bool = False) -> None:
        """Record the shape of a response."""
        fields = field_shape(reply.document, keys_are_names=keys_are_names)
        shape = {"headers": header_shape(reply.headers), "fields": fields}
        self.responses[f"{operation} {reply.status}"] = shape

    def profile(self, requests: int, day: str) -> SiteProfile:
        """Return everything as a profile."""
        return SiteProfile(
            switches=self.switches,
            questions=dict(sorted(self.questions.items())),
            not_asked=self.not_asked,
            responses=self.responses,
            asked=tuple(self.asked),
            requests=requests,
            probed=day,
        )


#: The beginning of the names of everything that the probe creates.
PREFIX = "JSM probe"


@define(kw_only=True)
class Options:
    """The permissions and means of the caller.

    Args:
        site: address of the site, without a slash at the end.
        gateway: address of Atlassian's gateway.
        email: of the account.
        account: the credential of the account.
        schema_key: key of the throw-away object schema; "" to read the first one.
        write: True to ask the questions that write.
        import_credential: the import token of a throw-away import.
        second: the credential of a second account.
        replace_token: True to replace the import token.
        hold_seconds: how long an execution is left open.
    """

    site: str
    gateway: str
    email: str
    account: Credential
    schema_key: str = ""
    write: bool = False
    import_credential: Credential | None = None
    second: Credential | None = None
    replace_token: bool = False
    hold_seconds: float = 0.0


@define(kw_only=True)
class Context:
    """The site as known so far. `identify` fills it before other questions are asked.

    Args:
        client: sends the requests.
        findings: records what the responses show.
        options: what the caller allows and has.
        report: shows a line of progress.
        asked: the question groups that earlier runs asked.
        key_may_differ: True while the key of the throw-away schema may be changed.
    """

    client: Client
    findings: Findings
    options: Options
    report: Callable[[str], None]
    asked: tuple[str, ...] = ()
    key_may_differ: bool = False
    myself: Mapping[str, Any] = field(factory=dict)
    workspace_id: str = ""
    base: str = ""
    site_gateway: str = ""
    schemas: list[Mapping[str, Any]] = field(factory=list)

    def ask(
        self,
        operation: str,
        method: str,
        url: str,
        credential: Credential | None,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        keys_are_names: bool = False,
    ) -> Reply:
        """Send a request to a whole address, and record the shape of the response."""
        reply = self.client.send(method, url, credential, body=body, headers=headers)
        self.findings.observe(operation, reply, keys_are_names=keys_are_names)
        return reply

    def assets(self, operation: str, method: str, path: str, body: object = None) -> Reply:
        """Send a request of the account to Assets."""
        return self.ask(operation, method, self.base + path, self.options.account, body=body)

    def search(self, query: str, **parameters: int | bool) -> Reply:
        """Search objects."""
        pairs = {name: str(value).lower() for name, value in parameters.items()}
        text = "&".join(f"{name}={value}" for name, value in pairs.items())
        return self.assets("search objects", "POST", f"/object/aql?{text}", {"qlQuery": query})

    @property
    def candidates(self) -> list[Mapping[str, Any]]:
        """The schema with the given key, or with the key that an interrupted run gave it; otherwise the largest first."""
        if self.options.schema_key:
            keys = (self.options.schema_key, changed_key(self.options.schema_key))
            return [schema for schema in self.schemas if schema.get("objectSchemaKey") in keys]
        return sorted(self.schemas, key=lambda schema: -int(schema.get("objectCount") or 0))

    @property
    def schema(self) -> Mapping[str, Any]:
        """The schema of all questions. The obstacles of the question groups check that there is one."""
        return self.candidates[0]

    @property
    def schema_id(self) -> str:
        """The id of `schema`."""
        return str(self.schema["id"])

    def own_types(self, schema_id: str) -> list[Mapping[str, Any]]:
        """Return the object types that the probe created.

        Raises:
            ProbeError: the schema has other object types, so it is not a throw-away one.
        """
        reply = self.assets("list object types flat", "GET", f"/objectschema/{schema_id}/objecttypes/flat")
        if reply.status != 200:
            raise ProbeError(f"The object types of the schema could not be read: HTTP {reply.status}.")
        types = reply.items()
        if any(not str(item.get("name", "")).startswith(PREFIX) for item in types):
            raise ProbeError(
                "The object schema has object types that the probe did not create. --write needs a throw-away schema."
            )
        return list(types)

    def remove_own_types(self, schema_id: str) -> None:
        """Delete the object types that the probe created, children first."""
        types = self.own_types(schema_id)
        for item in sorted(types, key=lambda item: item.get("parentObjectTypeId") is None):
            self.assets("delete object type", "DELETE", f"/objecttype/{item['id']}")


def finish(context: Context, clean_up: Callable[[], None]) -> None:
    """Clean up with the reserved requests; once more if Ctrl-C interrupts it."""
    context.client.cleaning = True
    try:
        clean_up()
    except KeyboardInterrupt:
        clean_up()
        raise
    except (ProbeError, StoppedError) as problem:
        context.report(f"Not everything could be removed; repeat the command. {problem}")
        raise
    finally:
        context.client.cleaning = False


def changed_key(key: str) -> str:
    """Return the key that a schema gets for a moment, to see whether keys can change."""
    return f"{key[:8]}ZZ"


def waits(context: Context, *seconds: float) -> Generator[float, None, None]:
    """Wait longer and longer, and yield the seconds that have passed since the beginning, first about 0."""
    begin = context.client.monotonic()
    yield 0.0
    for pause in seconds:
        context.client.sleep(pause)
        yield context.client.monotonic() - begin
