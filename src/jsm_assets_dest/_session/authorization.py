"""The credential of a request: stored, returned by the caller's provider, or fetched from the authorization server.

All threads and tasks of a connection share a fetched token, and one of them fetches it.

If a token can't be fetched, the request that needed it was not sent. That failure is raised as one of a connection that
could not be opened, so that even a creation is retried, and by one layer only: the request's.
"""

from __future__ import annotations

import json

from .._http.commands import Ask, Exclusive, Operation
from .._secret import Secret
from .._wire.addresses import address
from .._wire.classify import classify
from .._wire.json_reading import read_number, read_object, read_text
from .._wire.request import Credential, Host, Request
from .._wire.response import Response
from ..exceptions import ConnectionFailedError, ServiceUnavailableError, TransportError
from .credentials import ClientCredentials, OAuthToken, bearer_authorization
from .observed import send
from .site import Site

#: Seconds before its expiry at which a fetched token is renewed, so that no request is in flight with an expired one.
EARLY = 60.0


def authorization(site: Site) -> Operation[Secret]:
    """Return the value of the Authorization header for the account."""
    stored = site.credentials.authorization()
    if stored is not None:
        return stored
    if site.token is None or site.clock.monotonic() >= site.token_expires:
        yield Exclusive("token", _renew(site, site.token))
    if site.token is None:
        raise AssertionError("the token was renewed just now")
    return site.token


def renewed(site: Site, rejected: Secret | None) -> Operation[bool]:
    """After a rejection, fetch another token, and return True if there is one.

    Args:
        site: The site.
        rejected: The token that was rejected. If another worker has replaced it, nothing is fetched.
    """
    if rejected is None or site.credentials.authorization() is not None:
        return False
    yield Exclusive("token", _renew(site, rejected))
    return site.token != rejected


def _renew(site: Site, old: Secret | None) -> Operation[None]:
    # Another worker may have renewed the token while this one waited.
    if site.token is not None and site.token is not old and site.clock.monotonic() < site.token_expires:
        return
    credentials = site.credentials
    if isinstance(credentials, OAuthToken) and credentials.provider is not None:
        try:
            site.token = bearer_authorization((yield Ask(credentials.provider)))
        except Exception as error:
            site.provider_error = error
            raise
    elif isinstance(credentials, ClientCredentials):
        try:
            yield from _exchange(site, credentials)
        except (TransportError, ServiceUnavailableError) as error:
            failure = _not_sent(error)
        else:
            return
        raise failure


def _exchange(site: Site, credentials: ClientCredentials) -> Operation[None]:
    request = token_request(site.authorization_server, credentials)
    response: Response = classify(
        request,
        (yield from send(site, request)),
        account=credentials.account_label,
        now=site.clock.time(),
        site_url=site.url,
        kind=site.kind,
    )
    # The token is never the value of a local variable, because a traceback may show those.
    site.token = bearer_authorization(read_text(read_object(response.json(), "a token"), "access_token"))
    seconds = read_number(read_object(response.json(), "a token"), "expires_in", 3600)
    site.token_expires = site.clock.monotonic() + max(0.0, seconds - EARLY)


def _not_sent(error: TransportError | ServiceUnavailableError) -> TransportError:
    """Return the error for the request that needed the token."""
    if isinstance(error, TransportError):
        error.sent = "no"
        return error
    return ConnectionFailedError(
        error.what,
        cause="The authorization server has an outage; without an access token, nothing can be sent.",
        remedies=error.remedies,
        **error.place(),
    )


def token_request(server: str, credentials: ClientCredentials) -> Request:
    body = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret.reveal(),
    }
    return Request(
        "request access token",
        "POST",
        address(server, "oauth", "token"),
        host=Host.AUTHORIZATION,
        body=json.dumps(body).encode("ascii"),
        credential=Credential.NONE,
    )
