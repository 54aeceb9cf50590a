"""One request through the retry layer: attempts, waits, budget, gate, deadline and idempotency, as a conversation."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
from attrs import field, frozen

from jsm_assets_dest import OAuthToken, RetryPolicy
from jsm_assets_dest._http.commands import Command, Exclusive, Operation, Send
from jsm_assets_dest._secret import Secret
from jsm_assets_dest._session import gate
from jsm_assets_dest._session.call import Effort, call
from jsm_assets_dest._session.gate import Budget
from jsm_assets_dest._wire.request import Host, Repeat, Request
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import (
    AnswerTimeoutError,
    AnswerTooLargeError,
    AssetsError,
    BadCredentialsError,
    ConnectionFailedError,
    ConnectionLostError,
    HostNotFoundError,
    MalformedAnswerError,
    ProxyAuthenticationError,
    RateLimitedError,
    ServiceUnavailableError,
    TlsError,
    ValidationError,
)
from tests.access.conversation import SITE, TOKEN, Said, Service

GOOD = Response(200, {"x-aaccountid": "1"}, b"{}")
READ = Request(
    operation="read licence", method="GET", url=f"{SITE}/rest/api/3/instance/license", host=Host.SITE
)
CREATE = READ.changed(operation="create object schema", method="POST", repeat=Repeat.WHEN_REJECTED)
ONCE = READ.changed(operation="create import token", method="POST", repeat=Repeat.ONCE)


def status(code: int, **headers: str) -> Response:
    """Return a response with that status."""
    return Response(code, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


@frozen
class Vector:
    """One of the public retry cases of the AWS SDKs' standard mode: statuses, then waits, tokens left, and the outcome."""

    name: str
    statuses: Sequence[int]
    waits: Sequence[float]
    tokens: int
    succeeds: bool
    attempts: int = 3
    cap: float = 20.0
    budget: int = 500
    runs: int = field(default=1)


VECTORS = [
    Vector("succeeds eventually", [500, 500, 200], [1, 2], 495, succeeds=True),
    Vector("fails after the last attempt", [502, 502, 502], [1, 2], 490, succeeds=False),
    Vector("budget used up after one retry", [500, 502], [1], 0, succeeds=False, budget=5),
    Vector("no budget, no retry", [500], [], 0, succeeds=False, budget=0),
    Vector("waits double", [500, 500, 500, 500, 500], [1, 2, 4, 8], 480, succeeds=False, attempts=5),
    Vector(
        "waits are capped", [500, 500, 500, 500, 500], [1, 2, 3, 3], 480, succeeds=False, attempts=5, cap=3.0
    ),
    Vector("budget stops it", [500, 502, 503], [1, 2], 0, succeeds=False, attempts=5, budget=10),
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_standard_mode_vectors(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same numbers (base 1, cost 5, the highest draw), waits, tokens and outcomes are those of the AWS SDKs."""
    service = Service({"read licence": [GOOD if code == 200 else status(code) for code in vector.statuses]})
    site = service.site(policy=RetryPolicy(attempts=vector.attempts, base=1.0, cap=vector.cap))
    monkeypatch.setattr(gate, "FAILURE_COST", 5)
    site.budget = Budget(vector.budget)

    if vector.succeeds:
        assert service.run(call(site, READ)) is GOOD
    else:
        with pytest.raises(ServiceUnavailableError) as caught:
            service.run(call(site, READ))
        assert caught.value.attempts == len(vector.statuses)
        assert caught.value.status == vector.statuses[-1]

    assert service.slept == list(vector.waits)
    assert site.budget.tokens == vector.tokens
    assert len(service.sent) == len(vector.statuses)


def test_budget_recovers_over_several_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The eighth vector: 15 tokens, two retries and a success, then one retry and a success."""
    service = Service({"read licence": [status(500), status(502), GOOD, status(500), GOOD]})
    site = service.site(policy=RetryPolicy(base=1.0))
    monkeypatch.setattr(gate, "FAILURE_COST", 5)
    site.budget = Budget(15)

    service.run(call(site, READ))
    assert site.budget.tokens == 10
    service.run(call(site, READ))

    assert site.budget.tokens == 10
    assert service.slept == [1, 2, 1]


UNKNOWN: list[Said] = [
    ConnectionLostError("reset"),
    AnswerTimeoutError("slow"),
    MalformedAnswerError("garbage"),
    status(500),
    status(502),
    status(503),
    status(504),
    status(408),
    status(425),
    Response(200, {"x-aaccountid": "1"}, b'{"half":'),
]
NOT_DONE: list[Said] = [
    status(429),
    ConnectionFailedError("refused"),
    HostNotFoundError("no such host"),
]
FINAL: list[Said] = [
    *(status(code) for code in (400, 401, 403, 404, 405, 410, 413, 415, 422, 501, 505, 302, 407, 409)),
    TlsError("self-signed"),
    ProxyAuthenticationError("407"),
    AnswerTooLargeError("a bomb"),
    Response(200, {}, b"<html>log in</html>"),
    Response(200, {"x-seraph-loginreason": "AUTHENTICATED_FAILED"}, b"{}"),
]


@pytest.mark.parametrize("failure", UNKNOWN, ids=repr)
def test_unknown_outcome_is_repeated_only_where_that_is_safe(failure: Said) -> None:
    """A read is sent again; a creation is not, since the service may have done it."""
    for request, attempts in ((READ, 2), (CREATE, 1), (ONCE, 1)):
        service = Service({request.operation: [failure, GOOD]})
        operation = call(service.site(policy=RetryPolicy()), request)
        if attempts == 2:
            assert service.run(operation) is GOOD
        else:
            with pytest.raises(AssetsError):
                service.run(operation)
        assert len(service.sent) == attempts


@pytest.mark.parametrize("failure", NOT_DONE, ids=repr)
def test_unprocessed_request_is_repeated(failure: Said) -> None:
    """Rejected for too many requests, or never connected: even a creation is sent again, but not a once-only request."""
    for request, attempts in ((READ, 2), (CREATE, 2), (ONCE, 1)):
        service = Service({request.operation: [failure, GOOD]})
        operation = call(service.site(policy=RetryPolicy()), request)
        if attempts == 2:
            assert service.run(operation) is GOOD
        else:
            with pytest.raises(AssetsError):
                service.run(operation)
        assert len(service.sent) == attempts


@pytest.mark.parametrize("failure", FINAL, ids=repr)
def test_permanent_failure_is_raised_without_retry(failure: Said) -> None:
    """One request, no wait, no token spent, the typed error."""
    service = Service({"read licence": failure})
    site = service.site(policy=RetryPolicy())

    with pytest.raises(AssetsError):
        service.run(call(site, READ))

    assert len(service.sent) == 1
    assert service.slept == []
    assert site.budget.tokens == 500


def test_same_bytes_go_out_in_every_attempt() -> None:
    """Frozen before the first attempt; the request is the same but for its credential."""
    request = READ.changed(operation="submit chunk", method="POST", body=b'{"data":[]}')
    service = Service({"submit chunk": [ConnectionLostError("reset"), status(503), GOOD]})

    service.run(call(service.site(policy=RetryPolicy()), request))

    assert len(service.sent) == 3
    assert (
        len({(request.method, request.url, request.body, request.headers) for request in service.sent}) == 1
    )
    assert service.sent[0].body is request.body


def test_hint_is_waited_for_by_all_calls() -> None:
    """429 with seconds: at least as long as asked, at most a tenth and a second longer; the gate is closed meanwhile."""
    service = Service({"read licence": [status(429, retry_after="7"), GOOD]})
    site = service.site(policy=RetryPolicy())
    started = service.clock.now

    assert service.run(call(site, READ)) is GOOD

    assert 7.0 <= sum(service.slept) <= 7.0 * 1.1 + 1.0
    assert site.gate.delay(started + 3.0) == pytest.approx(sum(service.slept) - 3.0)


def test_date_is_waited_for_by_the_clock_of_the_service() -> None:
    """The service's clock is an hour ahead of ours; only the difference between its two dates counts."""
    refusal = status(429, retry_after="Thu, 05 Nov 2026 13:00:20 GMT", date="Thu, 05 Nov 2026 13:00:00 GMT")
    service = Service({"read licence": [refusal, GOOD]})

    service.run(call(service.site(policy=RetryPolicy()), READ))

    assert 20.0 <= sum(service.slept) <= 23.0


def test_hint_longer_than_allowed_is_raised_with_the_number() -> None:
    """No one sleeps for an hour without being asked; the gate stays open for others to find out for themselves."""
    service = Service({"read licence": status(429, retry_after="3600")})
    site = service.site(policy=RetryPolicy())

    with pytest.raises(RateLimitedError) as caught:
        service.run(call(site, READ))

    assert caught.value.retry_after == 3600.0
    assert "for 1 hour, until 13:00 UTC." in str(caught.value)
    assert service.slept == []
    assert site.gate.delay(service.clock.now) == 0.0


def test_hint_of_garbage_means_our_own_wait() -> None:
    """With the highest draw, the top of the first range."""
    service = Service({"read licence": [status(429, retry_after="soon"), GOOD]})

    service.run(call(service.site(policy=RetryPolicy()), READ))

    assert sum(service.slept) == pytest.approx(2.0)


def test_wait_beyond_the_deadline_is_not_begun() -> None:
    """The last failure is raised instead, with the attempts and the seconds they took."""
    service = Service({"read licence": status(503)}, seconds=10.0)

    with pytest.raises(ServiceUnavailableError) as caught:
        service.run(call(service.site(policy=RetryPolicy(attempts=50, deadline=60.0)), READ))

    assert service.clock.now - 1000.0 <= 80.0
    assert caught.value.attempts == len(service.sent) > 2
    assert caught.value.elapsed is not None
    assert f"{caught.value.attempts} attempts" in str(caught.value)


def test_retries_can_be_switched_off() -> None:
    """One argument."""
    service = Service({"read licence": [status(503), GOOD]})

    with pytest.raises(ServiceUnavailableError):
        service.run(call(service.site(policy=RetryPolicy.off()), READ))

    assert len(service.sent) == 1


def test_one_dead_service_costs_one_connection_35_retries() -> None:
    """However many calls are made, the budget lets no more through; every call still fails with its own error."""
    service = Service({"read licence": status(503)})
    site = service.site(policy=RetryPolicy())

    for _ in range(40):
        with pytest.raises(ServiceUnavailableError):
            service.run(call(site, READ))

    assert len(service.sent) == 40 + 35


def test_healed_retry_gives_its_cost_back_and_says_nothing() -> None:
    """A success after a failure is a success."""
    service = Service({"read licence": [status(503), GOOD]})
    site = service.site(policy=RetryPolicy())

    assert service.run(call(site, READ)) is GOOD
    assert site.budget.tokens == 500


def test_provider_is_asked_again_once_after_a_rejection() -> None:
    """The second token works; both attempts carried the token of their time."""
    tokens = iter(["first-access-token", "second-access-token", "third-access-token"])
    site_of = Service({"read licence": [status(401), GOOD]})
    site = site_of.site(credentials=OAuthToken(lambda: next(tokens)), cloud_id="cloud-1")
    request = READ.changed(url="https://api.atlassian.com/ex/jira/cloud-1/rest/api/3/x", host=Host.GATEWAY)

    assert site_of.run(call(site, request)) is GOOD

    borne = [sent.authorization.reveal() for sent in site_of.sent if sent.authorization is not None]
    assert borne == ["Bearer first-access-token", "Bearer second-access-token"]


def test_provider_is_not_asked_for_ever() -> None:
    """Rejected twice is rejected."""
    attempts: list[int] = []

    def provider() -> str:
        attempts.append(1)
        return f"access-token-number-{len(attempts)}"

    service = Service({"read licence": status(401)})
    site = service.site(credentials=OAuthToken(provider), cloud_id="cloud-1", policy=RetryPolicy())
    request = READ.changed(url="https://api.atlassian.com/ex/jira/cloud-1/rest/api/3/x", host=Host.GATEWAY)

    with pytest.raises(BadCredentialsError):
        service.run(call(site, request))

    assert len(service.sent) == 2
    assert len(attempts) == 2


def test_last_error_is_the_one_raised() -> None:
    """A read that fails with an outage first and a rejection then raises the rejection."""
    service = Service({"read licence": [status(503), status(400)]})

    with pytest.raises(ValidationError) as caught:
        service.run(call(service.site(policy=RetryPolicy()), READ))

    assert caught.value.attempts == 2


def test_token_renewed_elsewhere_is_not_renewed_again() -> None:
    """Two requests are rejected with the same token; the second one finds the new token, and no one is asked a third time."""
    attempts: list[int] = []

    def provider() -> str:
        attempts.append(1)
        return f"access-token-number-{len(attempts)}"

    service = Service({"read licence": GOOD})
    site = service.site(credentials=OAuthToken(provider), cloud_id="cloud-1")
    request = READ.changed(url="https://api.atlassian.com/ex/jira/cloud-1/rest/api/3/x", host=Host.GATEWAY)
    service.run(call(site, request))
    first, second = call(site, request), call(site, request)
    for operation in (first, second):
        command = next(operation)
        assert isinstance(command, Send)
        assert command.request.authorization == Secret("Bearer access-token-number-1")

    def refused(operation: Operation[Response]) -> Command:
        command = operation.send(status(401))
        assert isinstance(command, Exclusive)
        service.run(command.operation)
        return operation.send(None)

    for operation in (first, second):
        command = refused(operation)
        assert isinstance(command, Send)
        assert command.request.authorization == Secret("Bearer access-token-number-2")
        operation.close()

    assert len(attempts) == 2


def test_call_counts_retries() -> None:
    """A throttled attempt and a failed one are both retries."""
    service = Service({"read licence": [status(429, retry_after="7"), status(503), GOOD]})
    effort = Effort()

    service.run(call(service.site(policy=RetryPolicy()), READ, effort))

    assert effort.retries == 2


def test_attempts_and_retries_are_logged_without_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Each attempt at the lowest level with its status, each retry above it with its cause and wait."""
    service = Service({"read licence": [status(503), GOOD]})
    with caplog.at_level(logging.DEBUG, "jsm_assets_dest"):
        service.run(call(service.site(policy=RetryPolicy()), READ))

    assert [record.getMessage() for record in caplog.records] == [
        "read licence: HTTP 503",
        "read licence: attempt 1 failed (service_unavailable), next in 2.00 s",
        "read licence: HTTP 200",
    ]
    assert TOKEN not in repr([vars(record) for record in caplog.records])
