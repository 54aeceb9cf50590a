"""The state of the questions: what is known about the site, and how requests are sent."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from attrs import define, field

from .client import Client, Credential, ProbeError, Reply, StoppedError
from .findings import Findings

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
