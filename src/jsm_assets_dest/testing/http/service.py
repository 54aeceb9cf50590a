"""The way of a request through the site, from the address to the headers of the answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache
from typing import Protocol
from urllib.parse import parse_qsl

from ..world.accounts import Credentials
from ..world.executions import settle_executions
from ..world.json_reading import JsonValue
from ..world.mapping import settle_mappings
from ..world.rejections import Rejection
from ..world.site import Site
from . import (
    attribute_routes,
    configuration_routes,
    import_routes,
    import_source_routes,
    jira_routes,
    object_routes,
    role_routes,
    schema_routes,
    type_routes,
)
from .access import Access, gateway_not_found
from .addresses import Address, address_of
from .bodies import Body, read_body
from .call import Call, Caller, Operation
from .exchange import (
    HTML,
    MASKED,
    WEB_PAGE,
    Answer,
    Inbound,
    ReceivedRequest,
    json_answer,
    masked_headers,
    text_answer,
)
from .identity import Identification, request_access_token
from .rates import RateLimit
from .routing import Router, Routes


class UnknownHostError(Exception):
    """The host is none of those the site consists of."""


class Striking(Protocol):
    """A fault as the service sees it."""

    @property
    def acts(self) -> bool:
        """Whether the site does what was asked for."""
        ...

    def deliver(self, answer: Answer | None) -> Answer:
        """The answer the client gets."""
        ...


ROUTER = Router()


def _unreachable(call: Call) -> Answer:
    raise AssertionError(call.operation.name)


def _fill(router: Router) -> None:
    groups: list[Routes] = [
        schema_routes.ROUTES,
        type_routes.ROUTES,
        attribute_routes.ROUTES,
        object_routes.ROUTES,
        configuration_routes.ROUTES,
        role_routes.ROUTES,
        import_routes.ROUTES,
        import_source_routes.ROUTES,
        jira_routes.ROUTES,
        jira_routes.JSM,
        jira_routes.RESOURCES,
    ]
    for routes in groups:
        for operation in routes.operations:
            router.add(operation)
    # The token endpoint needs no caller, so it is answered before one is looked for.
    router.add(
        Operation(
            name="request access token",
            family="auth",
            method="POST",
            path="/oauth/token",
            handler=_unreachable,
            body=Body(whole=True, form=True),
        )
    )


_fill(ROUTER)


class Service:
    """Answers requests. Thread-safe: one request at a time.

    Args:
        site: the state.
        access: who gets in.
        credentials: the tokens.
        strict: refuse what the OpenAPI document would refuse.
        strike: asks for the fault that strikes a request.
    """

    def __init__(
        self,
        site: Site,
        access: Access,
        credentials: Credentials,
        *,
        strict: bool,
        strike: Callable[[ReceivedRequest], Striking | None],
    ) -> None:
        self._site = site
        self._access = access
        self._credentials = credentials
        self._identification = Identification(site, credentials, access)
        self._strict = strict
        self._strike = strike
        self.site_host = "acme.atlassian.net"
        self.lock: threading.RLock = threading.RLock()
        self.requests: list[ReceivedRequest] = []
        self.limits: list[RateLimit] = []

    def answer(self, inbound: Inbound) -> Answer:
        """Answer a request and note it.

        Raises:
            UnknownHostError: the host does not belong to the site.
        """
        with self.lock:
            address = address_of(inbound, self.site_host)
            if address is None:
                raise UnknownHostError(inbound.host)
            method = inbound.method
            found = ROUTER.find(address.family, method, address.path)
            query = dict(parse_qsl(inbound.query, keep_blank_values=True)) if inbound.query else {}
            secret = found is not None and found[0].family == "auth"
            received = ReceivedRequest(
                operation=found[0].name if found is not None else "unknown",
                method=method,
                path=inbound.path,
                query=query,
                headers=masked_headers(inbound.headers),
                body=MASKED.encode() if secret else inbound.body,
                base=address.base,
                parameters=found[1] if found is not None else {},
            )
            self.requests.append(received)
            self.settle()
            fault = self._strike(received)
            answer: Answer | None = None
            if fault is None or fault.acts:
                answer = self._act(inbound, address, found, query)
            if fault is not None:
                answer = fault.deliver(answer)
                received.fault = repr(fault)
            if answer is None:
                raise AssertionError("a request without a fault is always answered")
            self._finish(answer, address)
            received.status = answer.status if answer.delivery.drop not in ("before", "after") else None
            return answer

    def settle(self) -> None:
        """Do what is due by the clock: mappings and executions that take time."""
        with self.lock:
            if self._site.mapping_progress:
                settle_mappings(self._site)
            if self._site.executions:
                settle_executions(self._site)

    def _act(
        self,
        inbound: Inbound,
        address: Address,
        found: tuple[Operation, dict[str, str]] | None,
        query: dict[str, str],
    ) -> Answer:
        stopped = self._access.stop_everybody(address)
        if stopped is not None:
            return stopped
        if address.family == "web":
            return text_answer(WEB_PAGE, 200, HTML)
        if found is None:
            return self._unknown(inbound, address)
        operation, parameters = found
        try:
            if operation.family == "auth":
                return request_access_token(self._credentials, inbound, self._site.clock.time())
            return self._dispatch(inbound, address, operation, parameters, query)
        except Rejection as rejection:
            return _refused(rejection)

    def _dispatch(
        self,
        inbound: Inbound,
        address: Address,
        operation: Operation,
        parameters: dict[str, str],
        query: dict[str, str],
    ) -> Answer:
        caller = self._identification.identify(inbound, address, operation)
        for limit in self.limits:
            refused = limit.take(caller.identity, operation.name)
            if refused is not None:
                return refused
        if address.workspace_id is not None and address.workspace_id != self._site.workspace_id:
            return gateway_not_found(self._site, address)
        if operation.site_gateway_only and address.base != "site gateway":
            return gateway_not_found(self._site, address)
        call = Call(
            site=self._site,
            access=self._access,
            operation=operation,
            address=address,
            inbound=inbound,
            parameters=parameters,
            query=query,
            caller=caller,
            strict=self._strict,
        )
        try:
            self._read_body(call)
            answer = operation.handler(call)
        except Rejection as rejection:
            answer = _refused(rejection)
        self._tell_account(answer, caller)
        return answer

    def _read_body(self, call: Call) -> None:
        """Read the body, unless an earlier rejection is due: 404 and 403 come before 400."""
        operation = call.operation
        if not operation.body.allowed:
            return
        try:
            call.body = read_body(
                operation.body,
                call.inbound.body,
                call.inbound.headers.get("content-type", ""),
                strict=self._strict,
            )
        except Rejection:
            call.body = dict.fromkeys(operation.body.required, "")
            self._check_target(call)
            raise

    def _check_target(self, call: Call) -> None:
        """The refusals about what an address names, for requests whose body is wrong anyway."""
        site = self._site
        path = call.operation.path
        identifier = next(iter(call.parameters.values()), None)
        if identifier is None:
            return
        if path.startswith(("/objectschema/", "/global/config/objectschema/")):
            call.require(site.schema(identifier), "manage")
        elif path.startswith(("/objecttype/", "/objecttypeattribute/{objectTypeId}")):
            call.require(site.schemas[site.object_type(identifier).schema_id], "manage")
        elif path.startswith("/objecttypeattribute/"):
            attribute = site.attribute(identifier)
            call.require(site.schemas[site.types[attribute.type_id].schema_id], "manage")
        elif path.startswith("/object/"):
            call.require(site.schemas[site.asset_object(identifier).schema_id], "develop")
        elif path.startswith("/importsource/"):
            call.require(site.schemas[site.import_source(identifier).schema_id], "manage")

    def _tell_account(self, answer: Answer, caller: Caller) -> None:
        if caller.account is not None:
            answer.headers["X-AAccountId"] = caller.account.account_id
        elif caller.login_failed is not None and (
            answer.status >= 400 or self._site.doubts.seraph_header_on_success
        ):
            answer.headers["X-Seraph-Loginreason"] = caller.login_failed

    def _unknown(self, inbound: Inbound, address: Address) -> Answer:
        known: list[JsonValue] = [
            f"{operation.method} {operation.path}"
            for operation in ROUTER.operations
            if not address.family or operation.family == address.family
        ]
        text = f"The emulator does not know {inbound.method} {inbound.path}"
        return json_answer({"errorMessages": [text], "errors": {}, "knownRoutes": known}, 501)

    def _finish(self, answer: Answer, address: Address) -> None:
        """The headers every answer of Atlassian's edge carries."""
        headers = answer.headers
        headers.setdefault("Date", _date(int(self._site.clock.header_time())))
        if answer.content_type is not None:
            headers.setdefault("Content-Type", answer.content_type)
        if not answer.from_edge:
            headers.setdefault("Server", "squid/6.6")
            return
        trace = self._site.ids.trace()
        headers.setdefault("Server", "AtlassianEdge")
        headers.setdefault("Atl-Traceid", trace)
        headers.setdefault(
            "Atl-Request-Id", f"{trace[:8]}-{trace[8:12]}-{trace[12:16]}-{trace[16:20]}-{trace[20:]}"
        )
        if address.base == "site":
            if answer.status not in (502, 503, 504):
                headers.setdefault("X-Arequestid", trace[:16])
        else:
            headers.setdefault("X-Trace-Id", trace)
        if 400 <= answer.status < 500:
            headers.setdefault("X-Cache", "Error from cloudfront")
            headers.setdefault("Via", "1.1 emulator.cloudfront.net (CloudFront)")


@lru_cache(maxsize=64)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def _refused(rejection: Rejection) -> Answer:
    headers = dict(rejection.headers)
    content_type = headers.pop("Content-Type", None)
    if isinstance(rejection.body, str):
        answer = text_answer(rejection.body, rejection.status, headers=headers)
    else:
        answer = json_answer(rejection.body, rejection.status, headers)
    if content_type is not None:
        answer.content_type = content_type
    return answer
