"""Row 46 of the fault matrix: links that the service sends are followed with a credential only to the trusted origin.

The vectors are those of browsers' and of clients' own mistakes: user information, other schemes, ports and hosts, signs
that programs read differently, names that only look alike, and paths that climb.
"""

from __future__ import annotations

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsm_assets_dest._wire.addresses import trusted_link
from jsm_assets_dest.exceptions import UnsafeLinkError
from jsm_assets_dest.testing import Emulator

BASE = "https://api.atlassian.com"
PATH = "/jsm/assets/workspace/w/v1/importsource/i/executions"

TRUSTED = [
    f"{BASE}{PATH}",
    f"{BASE}{PATH}?async=true&x=%2F..%2F",
    f"HTTPS://API.Atlassian.COM{PATH}",
    f"{BASE}:443{PATH}",
    f"{BASE}/jsm/insight/workspace/w/v1/importsource/i/executions",
]

UNTRUSTED: dict[str, object] = {
    # Missing, or no complete address.
    "nothing": None,
    "a number": 17,
    "empty": "",
    "a path": PATH,
    "without a scheme": f"//api.atlassian.com{PATH}",
    "one slash": f"https:/api.atlassian.com{PATH}",
    "no slash": "https:api.atlassian.com",
    "no host": "https:///jsm/assets",
    # User information, which takes the place of the credential.
    "a user": f"https://ana@api.atlassian.com{PATH}",
    "a user and a password": f"https://ana:secret@api.atlassian.com{PATH}",
    "the host as a user": f"https://api.atlassian.com@evil.example{PATH}",
    "the host and port as a user": f"https://api.atlassian.com:443@evil.example{PATH}",
    "an empty user": f"https://@api.atlassian.com{PATH}",
    # Another scheme or port.
    "clear text": f"http://api.atlassian.com{PATH}",
    "clear text to the port of TLS": f"http://api.atlassian.com:443{PATH}",
    "another scheme": f"ftp://api.atlassian.com{PATH}",
    "a script": "javascript:alert(1)",
    "a file": "file:///etc/passwd",
    "another port": f"https://api.atlassian.com:8443{PATH}",
    "an empty port": f"https://api.atlassian.com:{PATH}",
    "the port in an odd spelling": f"https://api.atlassian.com:0443{PATH}",
    "a port that is none": f"https://api.atlassian.com:99999{PATH}",
    "a port that is no number": f"https://api.atlassian.com:https{PATH}",
    # Another host.
    "another host": f"https://evil.example{PATH}",
    "the host as a label": f"https://api.atlassian.com.evil.example{PATH}",
    "the host with more before it": f"https://evil-api.atlassian.com{PATH}",
    "a host above": f"https://x.api.atlassian.com{PATH}",
    "a host below": f"https://atlassian.com{PATH}",
    "a dot at the end": f"https://api.atlassian.com.{PATH}",
    "an address": f"https://127.0.0.1{PATH}",
    "the host in brackets": f"https://evil.example[api.atlassian.com]{PATH}",
    "a quoted dot in the host": f"https://api%2eatlassian.com{PATH}",
    # Signs that programs read differently.
    "a backslash": "https://api.atlassian.com\\@evil.example/",
    "a backslash for a slash": f"https:\\\\api.atlassian.com{PATH}",
    "a tab": f"https://api.atlassian.com\t.evil.example{PATH}",
    "a line feed": f"{BASE}{PATH}\r\nX-Injected: yes",
    "a blank": f"{BASE} .evil.example{PATH}",
    "a blank before it": f" {BASE}{PATH}",
    "a zero byte": f"{BASE}\x00.evil.example{PATH}",
    "a full stop of another script": f"https://api\u3002atlassian.com{PATH}",
    "a letter of another script": f"https://\u0430pi.atlassian.com{PATH}",
    "a soft hyphen": f"https://api.atlas\u00adsian.com{PATH}",
    # Paths that climb out of where they were looked for.
    "a fragment": f"{BASE}{PATH}#@evil.example",
    "dots": f"{BASE}/jsm/assets/../../admin",
    "quoted dots": f"{BASE}/jsm/assets/%2e%2E/admin",
    "quoted slashes": f"{BASE}/jsm/assets/..%2fadmin",
    "a quoted backslash": f"{BASE}/jsm/assets/..%5cadmin",
    "dots with a parameter": f"{BASE}/jsm/assets/..;x/admin",
}


@pytest.mark.parametrize("link", TRUSTED)
def test_link_to_the_trusted_origin_is_followed_as_it_is(link: str) -> None:
    """Upper case, the usual port and a query do no harm; httpx reads the same origin."""
    assert trusted_link(link, BASE) == link
    read = httpx.URL(link)
    assert (read.scheme, read.host, read.port, read.userinfo) == ("https", "api.atlassian.com", None, b"")


@pytest.mark.parametrize("name", UNTRUSTED)
def test_link_to_anywhere_else_is_rejected(name: str) -> None:
    """Before anything is sent; the message names where it would have gone, and repeats no password."""
    with pytest.raises(UnsafeLinkError) as caught:
        trusted_link(UNTRUSTED[name], BASE)

    assert "secret" not in str(caught.value)
    assert "\n" not in caught.value.what


def test_link_vectors_are_at_least_as_many_as_before() -> None:
    """41 were measured; `startswith` let ten of the forbidden ones pass, a comparison of host names eleven."""
    assert len(TRUSTED) + len(UNTRUSTED) >= 41
    texts = [link for link in UNTRUSTED.values() if isinstance(link, str)]
    assert sum(link.startswith(BASE) for link in texts) >= 10


@given(
    st.text(alphabet=st.sampled_from("apitlsncom.:/@\\#?[]%2e;- \t\u3002"), max_size=12),
    st.integers(min_value=0, max_value=len(BASE)),
)
def test_httpx_reads_the_same_origin_from_a_followed_link(inserted: str, place: int) -> None:
    """A law: whatever is inserted wherever, a link that passes is one that httpx sends to the trusted host by TLS."""
    link = f"{BASE[:place]}{inserted}{BASE[place:]}{PATH}"
    try:
        followed = trusted_link(link, BASE)
    except UnsafeLinkError:
        return
    read = httpx.URL(followed)
    assert (read.scheme, read.host, read.port or 443, read.userinfo) == (
        "https",
        "api.atlassian.com",
        443,
        b"",
    )


@pytest.mark.parametrize("name", ["getStatus", "start", "mapping"])
@pytest.mark.parametrize("link", ["https://evil.example/x", "http://api.atlassian.com/x", "/x"])
def test_nothing_is_sent_where_a_forged_response_leads(name: str, link: str) -> None:
    """The whole way: `imports/info` comes back with a link to somewhere else, and no request follows."""
    emulator = Emulator()
    source = emulator.add_import_source(emulator.add_object_schema("OKT", "Okta"))
    with emulator.connect() as connection:
        token = connection.import_token(source.token)
        good = f"{emulator.gateway}/jsm/assets/workspace/{emulator.workspace_id}/v1/importsource/{source.id}"
        links = {
            "getStatus": f"{good}/configstatus",
            "start": f"{good}/executions",
            "mapping": f"{good}/mapping",
        }
        emulator.faults.next("read import info", status=200, body={"links": {**links, name: link}})

        with pytest.raises(UnsafeLinkError, match=re.escape("Did not follow")):
            token.status()

    assert [request.operation for request in emulator.requests] == ["read import info"]


@pytest.mark.parametrize("base", ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080"])
def test_local_emulator_is_an_origin(base: str) -> None:
    """Its own links are followed; those to the same host on another port are not."""
    assert trusted_link(f"{base}{PATH}", base) == f"{base}{PATH}"
    with pytest.raises(UnsafeLinkError):
        trusted_link(f"{base.removesuffix('8080')}8081{PATH}", base)
    with pytest.raises(UnsafeLinkError):
        trusted_link(f"https{base.removeprefix('http')}{PATH}", base)
