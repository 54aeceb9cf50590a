"""One request as handlers see it: its operation, its caller, and its body as Atlassian's OpenAPI document declares it.

The router finds the operation by family, method, and path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar
from urllib.parse import unquote

from attrs import define, evolve, field, frozen

from ..world import schemas
from ..world.entities import Account, ImportSource, ObjectSchema, ObjectType
from ..world.json_reading import FieldProblem, Fields, JsonValue, parse_integer, parse_json, read_fields
from ..world.rejections import (
    Rejection,
    bad_request,
    by_strictness,
    errors_body,
    invalid_fields,
    not_found,
    not_permitted,
)
from ..world.site import Site
from .access import Access
from .exchange import Address, Inbound, Response
from .rendering import Renderer

_T = TypeVar("_T")


@frozen(kw_only=True)
class Body(Fields):
    """The fields of a body.

    Args:
        allowed: False for operations without a body.
        whole: any JSON is accepted, and the rules check it. It is the field `WHOLE`.
        may_be_empty: no body means an empty object.
    """

    allowed: bool = True
    whole: bool = False
    may_be_empty: bool = False


WHOLE = ""
NO_BODY = Body(allowed=False)
WHOLE_BODY = Body(whole=True)


def read_body(body: Body, data: bytes, content_type: str, *, strict: bool) -> Mapping[str, Any]:
    """Return the checked fields of a body.

    Args:
        body: what is declared.
        data: the bytes.
        content_type: header of the request.
        strict: see `read_fields`; a media type other than JSON is rejected, too.

    Raises:
        Rejection: 400 with the invalid fields; 415 for another media type in strict mode.
    """
    if not body.allowed or (body.may_be_empty and not data.strip()):
        return {}
    if strict and "json" not in content_type.lower():
        raise by_strictness(
            Rejection(415, errors_body([f"Unsupported Media Type: {content_type or 'none'}"]))
        )
    try:
        value = parse_json(data)
    except ValueError as problem:
        raise bad_request(f"The request body is not valid JSON: {problem}") from None
    if body.whole:
        return {WHOLE: value}
    if not isinstance(value, dict):
        raise bad_request("The request body must be a JSON object")
    fields, problems = read_fields(body, value, strict=strict)
    if problems:
        raise invalid_body(problems)
    return fields


def invalid_body(problems: Mapping[str, FieldProblem]) -> Rejection:
    """Reject fields, and mark the rejection if only strict mode makes it."""
    rejection = invalid_fields({name: problem.text for name, problem in problems.items()})
    only_strict = all(problem.strict_only for problem in problems.values())
    return by_strictness(rejection) if only_strict else rejection


Handler: TypeAlias = "Callable[[Call], Response | JsonValue]"
"""
Returns the document of the response, None for no body, or a whole response.
"""


@frozen(kw_only=True)
class Operation:
    """One operation of the emulated site.

    Args:
        name: as in the documentation; faults and recorded requests use it.
        family: see `addresses`.
        method: in uppercase.
        path: with `{names}` for the variable parts.
        status: of a success, unless the handler returns a whole response.
        scope: the scope that a scoped or OAuth token needs; None if no such token is accepted.
        body: the fields of the body.
        site_gateway_only: True if it exists on the site's own gateway only.
        accepts_import_token: True if it accepts the container token of an import source.
    """

    name: str
    family: str
    method: str
    path: str
    handler: Handler = field(repr=False)
    status: int = 200
    scope: str | None = None
    body: Body = NO_BODY
    site_gateway_only: bool = False
    accepts_import_token: bool = False


@define(kw_only=True)
class Caller:
    """The caller of a request.

    Args:
        account: None for anonymous callers and import tokens.
        kind: "none", "basic", "scoped", "oauth", "forge" or "import token".
        scopes: of a scoped token; None if all are granted.
        source: of an import token.
        identity: key of the rate limits.
        login_failed: reason why the credential was rejected. The call is handled as anonymous.
    """

    account: Account | None
    kind: str
    scopes: list[str] | None = None
    source: ImportSource | None = None
    identity: str = "anonymous"
    login_failed: str | None = None


@define(kw_only=True)
class Call:
    """A routed request with its caller. `language` is that of the messages in the response."""

    site: Site
    access: Access
    operation: Operation
    address: Address
    inbound: Inbound
    parameters: dict[str, str]
    query: Mapping[str, str]
    caller: Caller
    strict: bool
    language: str = "en"
    render: Renderer = field(init=False)
    _body: Mapping[str, Any] | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.render = Renderer(self.site, self.address.prefix, self.language)

    @property
    def account_id(self) -> str:
        """The account of the call; empty for an import token."""
        return self.caller.account.account_id if self.caller.account is not None else ""

    @property
    def body(self) -> Mapping[str, Any]:
        """The checked fields of the body. Read after the target of the path, so 404 and 403 take precedence over 400."""
        return self.check_body()

    def check_body(self) -> Mapping[str, Any]:
        """Return the checked fields of the body; reject an invalid one."""
        if self._body is None:
            content_type = self.inbound.headers.get("content-type", "")
            self._body = read_body(self.operation.body, self.inbound.body, content_type, strict=self.strict)
        return self._body

    def arguments(self, names: Mapping[str, str]) -> dict[str, Any]:
        """Return fields of the body by the names of the arguments that a rule has for them."""
        return {names[field]: value for field, value in self.body.items() if field in names}

    def number(self, name: str, default: int, least: int = 0) -> int:
        """Return an integer parameter of the query."""
        text = self.query.get(name)
        if text is None:
            return default
        value = parse_integer(text)
        if value is None or value < least:
            raise bad_request(f"The parameter {name} must be an integer of at least {least}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean parameter of the query."""
        text = self.query.get(name)
        if text is None:
            return default
        if text.lower() not in ("true", "false"):
            raise bad_request(f"The parameter {name} must be true or false")
        return text.lower() == "true"

    def name_filter(self) -> str:
        """Return the `query` parameter in lowercase. Its documented default is the two characters `""`: no filter."""
        text = self.query.get("query", "")
        # `false` is a default of the document, too, which generated clients always send.
        return "" if text in ('""', "false") else text.lower()

    def schema(self, right: str, parameter: str = "id") -> ObjectSchema:
        """Return the object schema of the path, if the caller has a right in it; see `require`."""
        schema = self.site.schema(self.parameters[parameter])
        self.require(schema, right)
        return schema

    def object_type(self, right: str, parameter: str = "id") -> ObjectType:
        """Return the object type of the path, if the caller has a right in its object schema; see `require`."""
        object_type = self.site.object_type(self.parameters[parameter])
        self.require(self.site.schemas[object_type.schema_id], right)
        return object_type

    def object_type_in_body(self, name: str) -> ObjectType:
        """Return the object type of an id in the body; an unknown one is a 400 unless `Doubts` says otherwise."""
        return self._in_body(name, self.site.object_type)

    def schema_in_body(self, name: str) -> ObjectSchema:
        """Return the object schema of an id in the body; see `object_type_in_body`."""
        return self._in_body(name, self.site.schema)

    def _in_body(self, name: str, find: Callable[[str], _T]) -> _T:
        identifier = self.body[name]
        try:
            return find(identifier)
        except Rejection as rejection:
            status = self.site.doubts.unknown_id_in_body_status
            if status == rejection.status:
                raise
            fields = {name: f"{name} {identifier} does not exist"}
            raise Rejection(status, errors_body(fields=fields)) from None

    def require_address(self, *, exists: bool) -> None:
        """Reject an address that this site does not have.

        Raises:
            Rejection: 404.
        """
        if not exists:
            raise Rejection(404, errors_body(["null for uri: " + self.inbound.path]))

    def require(self, schema: ObjectSchema, right: str) -> None:
        """Reject callers whose role in a schema does not allow "manage", "develop" or "view".

        Raises:
            Rejection: 403.
        """
        if self.caller.kind != "import token" and not self.may(schema, right):
            if self.site.doubts.schema_without_role_status == 404:
                raise not_found("SchemaObject", schema.id)
            doing = {"manage": "manage", "develop": "edit objects in", "view": "view"}[right]
            raise not_permitted(f"You do not have permission to {doing} the object schema {schema.name}")

    def may(self, schema: ObjectSchema, right: str) -> bool:
        """Return True if the caller's role in a schema allows "manage", "develop" or "view"."""
        account = self.caller.account
        if account is None or schema.key in self.access.closed_schemas:
            return False
        return schemas.allows(self.site, account, schema, right)


class Router:
    """Finds operations. Literal parts of a path take precedence over variable ones.

    Several operations may share a name, such as a path and its old spelling.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self._candidates: dict[tuple[str, str, int], list[tuple[re.Pattern[str], Operation]]] = {}
        # A brace sorts after all letters, so literal parts come first.
        for operation in sorted(operations, key=lambda operation: operation.path):
            path = operation.path.strip("/")
            pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))
            key = (operation.family, operation.method, path.count("/"))
            self._candidates.setdefault(key, []).append((pattern, operation))

    def names(self) -> list[str]:
        """Return all operation names, sorted."""
        return sorted({operation.name for operation in self.operations})

    def find(self, family: str, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation for a request, with the variable parts of its path."""
        path = path.strip("/")
        for pattern, operation in self._candidates.get((family, method, path.count("/")), ()):
            match = pattern.fullmatch(path)
            if match is not None:
                return operation, {name: unquote(part) for name, part in match.groupdict().items()}
        return None

    def methods(self, family: str, path: str) -> set[str]:
        """Return the methods of a path."""
        methods = {"GET", "POST", "PUT", "PATCH", "DELETE"}
        existing = {method for method in methods if self.find(family, method, path) is not None}
        return existing | ({"HEAD"} if "GET" in existing else set())


_ACTIONS = {"GET": "read", "DELETE": "delete"}


@define(eq=False)
class Routes:
    """A group of operations, filled by decorating their handlers.

    Args:
        family: see `addresses`.
        prefix: of the paths.
        scope: of the operations that declare no other one. `{action}` stands for "read", "write" or "delete", by method.
        accepts_import_token: see `Operation`.
        site_gateway_only: see `Operation`.
    """

    family: str
    prefix: str = ""
    scope: str | None = None
    accepts_import_token: bool = False
    site_gateway_only: bool = False
    operations: list[Operation] = field(factory=list)

    def group(self, **changes: Any) -> Routes:
        """Return a group with other settings, whose operations are added to this one."""
        return evolve(self, **changes)

    def operation(
        self, name: str, route: str, body: Body = NO_BODY, *, scope: str | None = None, status: int = 200
    ) -> Callable[[Handler], Handler]:
        """Declare the operation of a handler.

        Args:
            name: see `Operation`.
            route: method and path, such as "GET /object/{id}".
            body: the fields of the body.
            scope: see `Operation`; that of the group if None.
            status: see `Operation`.
        """
        method, _, path = route.partition(" ")
        scope = scope or self.scope

        def declare(handler: Handler) -> Handler:
            self.operations.append(
                Operation(
                    name=name,
                    family=self.family,
                    method=method,
                    path=self.prefix + path,
                    handler=handler,
                    status=status,
                    scope=scope and scope.format(action=_ACTIONS.get(method, "write")),
                    body=body,
                    site_gateway_only=self.site_gateway_only,
                    accepts_import_token=self.accepts_import_token,
                )
            )
            return handler

        return declare
