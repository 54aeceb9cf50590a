"""Throttling: which wait applies, who waits, and for how long an import may wait that a single call may not."""

from __future__ import annotations

import random

import pytest

from jsm_assets_dest import OAuthToken, RetryPolicy
from jsm_assets_dest._http.commands import Operation, Sleep
from jsm_assets_dest._session.call import call
from jsm_assets_dest._session.gate import Patience
from jsm_assets_dest._wire.request import Host, Repeat
from jsm_assets_dest._wire.response import Response
from jsm_assets_dest.exceptions import ConnectionLostError, RateLimitedError, ServiceUnavailableError
from tests.access.conversation import SITE, Service
from tests.access.test_retries import GOOD, ONCE, READ, status

CHUNK = READ.changed(operation="submit chunk", method="POST", body=b'{"data":[]}')
BURST_BESIDE_A_QUOTA = Response(
    429,
    {
        "retry-after": "1",
        "ratelimit-reason": "jira-burst-based",
        "ratelimit": '"global-app-quota";t=3200,"jira-burst-based";r=0;t=1',
        "x-ratelimit-reset": "2026-11-05T12:53Z",
        "date": "Thu, 05 Nov 2026 12:00:00 GMT",
    },
)


def test_burst_limit_next_to_a_quota_waits_one_second() -> None:
    """The quota's reset in 3,200 s means nothing for a burst limit of one second."""
    service = Service({"read licence": [BURST_BESIDE_A_QUOTA, GOOD]})

    assert service.run(call(service.site(policy=RetryPolicy()), READ)) is GOOD
    assert 1.0 <= sum(service.slept) <= 2.0


def test_jitter_survives_the_gate() -> None:
    """200 programs get a first 429 without a hint: they come back between 1 and 2 seconds later, not together."""
    chance = random.Random(1)
    waits: list[float] = []
    for _ in range(200):
        service = Service({"read licence": [status(429), GOOD]})
        service.run(call(service.site(policy=RetryPolicy(), chance=chance.random), READ))
        waits.append(sum(service.slept))

    assert min(waits) >= 1.0
    assert max(waits) <= 2.0
    tenths = [int(wait * 10) for wait in waits]
    assert max(map(tenths.count, tenths)) < 40
    assert len(set(tenths)) == 10


def test_throttled_attempt_waits_once() -> None:
    """The gate is closed for the whole random wait, and no one waits a second time after it opens."""
    service = Service({"read licence": [status(429, retry_after="10"), GOOD]})
    site = service.site(policy=RetryPolicy(), chance=lambda: 0.5)

    service.run(call(site, READ))

    assert service.slept == pytest.approx([10.5])


def test_call_does_not_wait_for_a_gate_closed_for_an_hour() -> None:
    """An import waits for an hour. Another call of the same connection fails immediately and sends nothing."""
    service = Service({"read licence": GOOD})
    site = service.site(policy=RetryPolicy())
    site.gate.close(service.clock.now + 3600, service.clock.now)

    with pytest.raises(RateLimitedError) as caught:
        service.run(call(site, READ))

    assert service.sent == []
    assert service.slept == []
    assert caught.value.retry_after == 3600
    assert caught.value.what == (
        "Atlassian's rate limit blocks this connection for 1 hour, until 13:00 UTC. Nothing was sent."
    )


def test_throttled_token_exchange_closes_the_gate() -> None:
    """A provider's or the authorization server's 429 is waited for like any other, not retried at once."""
    tokens = iter([RateLimitedError("slow down", status=429, retry_after=4.0), None])

    def provider() -> str:
        error = next(tokens)
        if error is not None:
            raise error
        return "an-access-token"

    service = Service({"read licence": GOOD})
    site = service.site(credentials=OAuthToken(provider), cloud_id="c", policy=RetryPolicy())
    request = READ.changed(url="https://api.atlassian.com/ex/jira/c/rest/api/3/x", host=Host.GATEWAY)

    assert service.run(call(site, request)) is GOOD
    assert service.slept == pytest.approx([4.4])


@pytest.mark.parametrize(
    "headers",
    [
        {"ratelimit": '"jira-burst-based";r=349;t=1', "ratelimit-policy": '"jira-burst-based";q=100;w=1'},
        {"ratelimit": '"global-app-quota";r=0;t=3600', "x-ratelimit-remaining": "0"},
        {"x-ratelimit-limit": "350", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-11-05T13:00Z"},
        {"x-ratelimit-nearlimit": "true", "retry-after": "3600"},
        {"beta-ratelimit": '"global-app-quota";r=0;t=2788', "ratelimit-reason": "jira-quota-global-based"},
    ],
)
def test_limits_on_a_good_response_stop_nothing(headers: dict[str, str]) -> None:
    """Good responses carry these headers, too. Neither this request nor the next one fails or waits for minutes."""
    good = Response(200, {"x-aaccountid": "1", **headers}, b"{}")
    service = Service({"read licence": good})
    site = service.site(policy=RetryPolicy())

    for _ in range(2):
        assert service.run(call(site, READ)) is good
    assert sum(service.slept) <= 1.0


@pytest.mark.parametrize("seconds", ["180", "2788", "3600"])
def test_import_waits_longer_than_a_call(seconds: str) -> None:
    """A wait that a single call raises is waited for, and repeated throttling uses up no attempts and no budget."""
    service = Service({"submit chunk": [*[status(429, retry_after=seconds)] * 3, GOOD]})
    site = service.site(policy=RetryPolicy(attempts=2))
    patience = Patience(14_400)

    assert service.run(call(site.patient(patience), CHUNK)) is GOOD

    assert 3 * float(seconds) <= sum(service.slept) <= 3.3 * float(seconds) + 0.1
    assert patience.waited == pytest.approx(sum(service.slept))
    assert site.budget.tokens == 500
    with pytest.raises(RateLimitedError):
        service2 = Service({"submit chunk": status(429, retry_after=seconds)})
        service2.run(call(service2.site(policy=RetryPolicy()), CHUNK))


def test_throttling_leaves_the_deadline_to_failures() -> None:
    """After a wait of 40 minutes and four throttled attempts, an outage is still retried."""
    service = Service(
        {
            "submit chunk": [
                *[status(429, retry_after="600")] * 4,
                ConnectionLostError("reset"),
                status(503),
                GOOD,
            ]
        }
    )
    site = service.site(policy=RetryPolicy(attempts=3, deadline=60))

    assert service.run(call(site.patient(Patience(14_400)), CHUNK)) is GOOD
    with pytest.raises(ServiceUnavailableError):
        service2 = Service({"submit chunk": [status(429, retry_after="9"), *[status(503)] * 3]})
        service2.run(call(service2.site(policy=RetryPolicy(attempts=3)).patient(Patience(99)), CHUNK))


def test_quota_without_a_known_end_is_waited_for() -> None:
    """Recorded: the gateway's 429 with a category and nothing else. The waits grow to the cap of the policy."""
    throttled = Response(429, {"ratelimit-reason": "jira-quota-global-based"})
    service = Service({"submit chunk": [*[throttled] * 8, GOOD]})

    assert service.run(call(service.site(policy=RetryPolicy()).patient(Patience(14_400)), CHUNK)) is GOOD
    assert service.slept == pytest.approx([2, 4, 8, 16, 30, 30, 30, 30])


def test_import_stops_when_its_time_is_used_up() -> None:
    """The total counts, not the single wait; nothing is waited for that would exceed it."""
    service = Service({"submit chunk": status(429, retry_after="100")})
    site = service.site(policy=RetryPolicy(), chance=lambda: 0.0)
    patience = Patience(250)

    with pytest.raises(RateLimitedError) as caught:
        service.run(call(site.patient(patience), CHUNK))

    assert service.slept == [100.0, 100.0]
    assert caught.value.retry_after == 100.0
    assert patience.waited == 200.0


def test_waits_of_several_workers_count_once() -> None:
    """Four workers wait for the same time: the import waited for ten seconds, and is told once."""
    reports: list[tuple[float, float]] = []
    patience = Patience(10)

    def on_wait(seconds: float, added: float) -> Operation[None]:
        reports.append((seconds, added))
        yield Sleep(0)

    patience.on_wait = on_wait

    for _ in range(4):
        assert patience.allows(100.0, 110.0)
        list(patience.wait(100.0, 110.0))

    assert patience.waited == 10.0
    assert reports == [(10.0, 10.0)]
    assert not patience.allows(105.0, 111.0)


def test_request_that_is_sent_once_does_not_wait() -> None:
    """Patience does not make a request repeatable."""
    service = Service({ONCE.operation: status(429, retry_after="1")})

    with pytest.raises(RateLimitedError):
        service.run(call(service.site(policy=RetryPolicy()).patient(Patience(14_400)), ONCE))
    assert len(service.sent) == 1
    assert ONCE.repeat is Repeat.ONCE


def test_import_waits_at_a_closed_gate() -> None:
    """Another worker was throttled: the wait counts and is announced; without enough patience, nothing is sent."""
    service = Service({"submit chunk": GOOD})
    site = service.site(policy=RetryPolicy())
    site.gate.close(service.clock.now + 600, service.clock.now)

    with pytest.raises(RateLimitedError):
        service.run(call(site.patient(Patience(500)), CHUNK))
    assert service.sent == []
    patience = Patience(700)
    assert service.run(call(site.patient(patience), CHUNK)) is GOOD

    assert patience.waited == 600


def test_patient_site_shares_everything_else() -> None:
    """Both connections share what one of them looked up."""
    site = Service({}).site()
    patient = site.patient(Patience(1))

    patient.workspace_id = "w1"
    site.url = f"{SITE}:8443"

    assert site.workspace_id == "w1"
    assert patient.url == f"{SITE}:8443"
    assert patient.gate is site.gate
    assert site.patience is None
