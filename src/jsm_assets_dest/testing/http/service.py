"""The processing of a request, from the address to the headers of the response."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from attrs import define, field

from ..world.accounts import Credentials
from ..world.imports import settle_executions
from ..world.json_reading import JsonValue
from ..world.mapping import settle_mappings
from ..world.rejections import STRICT_HEADER, Rejection, errors_body
from ..world.site import Site
from . import (
    configuration_routes,
    directory_routes,
    import_routes,
    jira_routes,
    object_routes,
    schema_routes,
    type_routes,
)
from .access import ASSETS_DENIED, Access, RateLimit, gateway_not_found
from .call import WHOLE_BODY, Call, Caller, Operation, Router, Routes
from .exchange import (
    CONTENT_NETWORK_PAGE,
    HTML,
    MASKED,
    WEB_PAGE,
    Address,
    Inbound,
    ReceivedRequest,
    RequestLog,
    Response,
    address_of,
    json_response,
    masked_headers,
    text_response,
)
from .fault import Fault
from .identity import Identification, request_access_token
from .languages import language_of, translated


class UnknownHostError(Exception):
    """The host does not belong to the site."""


def _unreachable(call: Call) -> Response:
    raise AssertionError(call.operation.name)


# The token endpoint needs no caller, so it is handled before the caller is identified.
_TOKEN = Routes("auth")
_TOKEN.operation("request access token", "POST /oauth/token", WHOLE_BODY)(_unreachable)

ROUTER = Router(
    [
        *configuration_routes.ROUTES.operations,
        *directory_routes.ROUTES.operations,
        *import_routes.ROUTES.operations,
        *jira_routes.ROUTES.operations,
        *object_routes.ROUTES.operations,
        *schema_routes.ROUTES.operations,
        *type_routes.ROUTES.operations,
        *_TOKEN.operations,
    ]
)


@define(eq=False)
class Service:
    """Responds to requests. Thread-safe: one request at a time.

    Args:
        site: the state.
        access: the switches that take access away.
        credentials: the tokens.
        strict: reject what the OpenAPI document does not allow.
        strike: returns the fault for a request.
        requests: where requests are recorded.
    """

    _site: Site
    _access: Access
    _credentials: Credentials
    _strict: bool = field(kw_only=True, alias="strict")
    _strike: Callable[[ReceivedRequest], Fault | None] = field(kw_only=True, alias="strike")
    requests: RequestLog = field(kw_only=True)
    site_host: str = field(default="acme.atlassian.net", init=False)
    lock: threading.RLock = field(factory=threading.RLock, init=False)
    limits: list[RateLimit] = field(factory=list, init=False)
    _identification: Identification = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._identification = Identification(self._site, self._credentials, self._access)

    def respond(self, inbound: Inbound) -> Response:
        """Respond to a request, and record it.

        Raises:
            UnknownHostError: the host does not belong to the site.
        """
        with self.lock:
            address = address_of(inbound, self.site_host)
            if address is None:
                raise UnknownHostError(inbound.host)
            # HEAD is GET without the body, which the transport and the server leave out.
            method = "GET" if inbound.method == "HEAD" else inbound.method
            route = ROUTER.find(address.family, method, address.path)
            query = dict(parse_qsl(inbound.query, keep_blank_values=True)) if inbound.query else {}
            secret = route is not None and route[0].family == "auth"
            received = ReceivedRequest(
                operation=route[0].name if route is not None else "unknown",
                method=inbound.method,
                path=inbound.path,
                query=query,
                headers=masked_headers(inbound.headers),
                body=MASKED.encode() if secret else inbound.body,
                size=len(inbound.body),
                base=address.base,
                parameters=route[1] if route is not None else {},
            )
            self.requests.record(received)
            self.settle()
            if route is None or not _only_reads(route[0]):
                self._site.revision += 1
            fault = self._strike(received)
            response: Response | None = None
            if fault is None or fault.acts:
                response = self._act(inbound, address, route, query)
            if fault is not None:
                response = fault.deliver(response)
                received.fault = repr(fault)
                response.from_jira = address.family in ("jira", "jsm") and response.status not in (
                    502,
                    503,
                    504,
                )
            if response is None:
                raise AssertionError("a request without a fault is always answered")
            self._finish(response, address)
            if self._site.doubts.responses_compressed:
                _compress(response, inbound)
            received.status = response.status if response.delivery.drop not in ("before", "after") else None
            return response

    def settle(self) -> None:
        """Finish the mappings and executions that are due by the clock."""
        with self.lock:
            if self._site.mapping_progress:
                settle_mappings(self._site)
            if self._site.executions:
                settle_executions(self._site)

    def _act(
        self,
        inbound: Inbound,
        address: Address,
        route: tuple[Operation, dict[str, str]] | None,
        query: dict[str, str],
    ) -> Response:
        stopped = self._access.stop_everybody(address)
        if stopped is not None:
            return stopped
        if inbound.method in ("GET", "HEAD", "DELETE") and inbound.body:
            return _rejected_by_content_network()
        if address.family == "web":
            return text_response(WEB_PAGE, 200, HTML)
        if route is None:
            return self._unknown(inbound, address)
        operation, parameters = route
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
    ) -> Response:
        caller = self._identification.identify(inbound, address, operation)
        for limit in self.limits:
            rejection = limit.take(caller.identity, operation.name)
            if rejection is not None:
                return rejection
        if address.workspace_id is not None and address.workspace_id != self._site.workspace_id:
            if self._site.doubts.unknown_workspace_status == 403:
                return json_response(errors_body([ASSETS_DENIED]), 403)
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
            language=language_of(self._site, caller.account, inbound.headers, operation.family),
        )
        try:
            response = _success(operation, operation.handler(call))
        except Rejection as rejection:
            rejection.body = translated(rejection.body, call.language)
            response = _refused(rejection)
        response.from_jira = operation.family in ("jira", "jsm")
        self._add_account(response, caller, operation.family)
        return response

    def _add_account(self, response: Response, caller: Caller, family: str) -> None:
        response.identified = caller.account is not None
        if response.from_jira:
            suffix = "lout" if caller.account is None else "lin"
            response.headers["Set-Cookie"] = (
                f"atlassian.xsrf.token={self._site.ids.trace()}_{suffix}; Path=/; SameSite=None; Secure"
            )
        if caller.account is not None:
            # Recorded for Jira's own addresses.
            doubts = self._site.doubts
            switches = {"jsm": doubts.jsm_has_account_header, "assets": doubts.assets_has_account_header}
            if switches.get(family, True):
                response.headers["X-AAccountId"] = quote(caller.account.account_id, safe="")
        elif caller.login_failed is not None and (
            response.status >= 400 or self._site.doubts.seraph_header_on_success
        ):
            response.headers["X-Seraph-Loginreason"] = caller.login_failed

    def _unknown(self, inbound: Inbound, address: Address) -> Response:
        methods = ROUTER.methods(address.family, address.path)
        if methods:
            # OPTIONS and 405 follow JAX-RS, on which Jira's API is built; no recording exists.
            allowed = {"Allow": ", ".join(sorted({*methods, "OPTIONS"}))}
            if inbound.method == "OPTIONS":
                return Response(status=200, headers=allowed)
            return json_response(errors_body(["Method Not Allowed"]), 405, allowed)
        addresses: list[JsonValue] = [
            f"{operation.method} {operation.path}"
            for operation in ROUTER.operations
            if not address.family or operation.family == address.family
        ]
        text = f"The emulator does not have {inbound.method} {inbound.path}"
        headers = {STRICT_HEADER: "the emulator lacks this address, also with strict=False or --lenient"}
        return json_response({"errorMessages": [text], "errors": {}, "knownRoutes": addresses}, 501, headers)

    def _finish(self, response: Response, address: Address) -> None:
        """Add the headers that every response of Atlassian's edge has."""
        headers = response.headers
        headers.setdefault("Date", _date(int(self._site.clock.header_time())))
        if response.content_type is not None:
            headers.setdefault("Content-Type", response.content_type)
        if not response.from_edge:
            headers.setdefault("Server", "squid/6.6")
            return
        trace = self._site.ids.trace()
        headers.setdefault("Server", "AtlassianEdge")
        headers.setdefault("Atl-Traceid", trace)
        headers.setdefault(
            "Atl-Request-Id", f"{trace[:8]}-{trace[8:12]}-{trace[12:16]}-{trace[16:20]}-{trace[20:]}"
        )
        if response.from_jira:
            headers.setdefault("X-Arequestid", self._site.ids.trace())
            headers.setdefault("Timing-Allow-Origin", "*")
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Cache-Control", "no-cache, no-store, no-transform")
            if response.status < 300 and response.identified:
                self._add_rate_headers(headers, address)
        if address.base != "site":
            headers.setdefault("X-Trace-Id", trace)
        if 400 <= response.status < 500:
            headers.setdefault("X-Cache", "Error from cloudfront")
            headers.setdefault("Via", "1.1 emulator.cloudfront.net (CloudFront)")

    def _add_rate_headers(self, headers: dict[str, str], address: Address) -> None:
        """Add the hints that recorded successes of Jira have; through the gateway, only the second pair."""
        if address.base == "site":
            headers.setdefault("RateLimit", '"jira-burst-based";r=349;t=1')
            headers.setdefault("RateLimit-Policy", '"jira-burst-based";q=100;w=1')
        headers.setdefault("X-RateLimit-Limit", "350")
        headers.setdefault("X-RateLimit-Remaining", "349")


def _only_reads(operation: Operation) -> bool:
    return operation.method == "GET" or operation.name in ("search objects", "count objects")


def _rejected_by_content_network() -> Response:
    """Reject a body on GET or DELETE, as CloudFront does since January 2025."""
    headers = {
        "Server": "CloudFront",
        "X-Cache": "Error from cloudfront",
        "Via": "1.1 emulator.cloudfront.net (CloudFront)",
    }
    response = text_response(CONTENT_NETWORK_PAGE, 400, "text/html", headers)
    response.from_edge = False
    return response


def _compress(response: Response, inbound: Inbound) -> None:
    """Compress a JSON body if the request accepts that."""
    is_json = "json" in response.headers.get("Content-Type", "")
    accepts_gzip = "gzip" in inbound.headers.get("accept-encoding", "")
    if is_json and accepts_gzip and "Content-Encoding" not in response.headers:
        response.body = gzip.compress(response.body, mtime=0)
        response.headers["Content-Encoding"] = "gzip"


@lru_cache(maxsize=64)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def _success(operation: Operation, result: Response | JsonValue) -> Response:
    if isinstance(result, Response):
        return result
    return Response(status=operation.status) if result is None else json_response(result, operation.status)


def _refused(rejection: Rejection) -> Response:
    headers = dict(rejection.headers)
    content_type = headers.pop("Content-Type", None)
    if isinstance(rejection.body, str):
        response = text_response(rejection.body, rejection.status, headers=headers)
    else:
        response = json_response(rejection.body, rejection.status, headers)
    if content_type is not None:
        response.content_type = content_type
    return response
