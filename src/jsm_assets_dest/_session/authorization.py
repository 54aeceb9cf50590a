"""The credential of a request: known at once, asked of the caller's provider, or fetched from the authorization server.

A token that is asked for is shared by all threads and tasks of a connection; asking happens once at a time.

Whatever goes wrong while a token is fetched, the request that needed it was certainly not sent. Such a failure is raised
as one of a connection that could not be made, so that even a creation is tried again, and by one layer only: the request's.
"""

from __future__ import annotations

import json

from .._http.commands import Ask, Exclusive, Operation, Send
from .._secret import Secret
from .._wire.addresses import address
from .._wire.classify import classify
from .._wire.json_reading import read_number, read_object, read_text
from .._wire.request import Credential, Host, Request
from .._wire.response import Response
from ..exceptions import ConnectionFailedError, ServiceUnavailableError, TransportError
from .credentials import ClientCredentials, OAuthToken, bearer_authorization
from .site import Site

#: Seconds before its end at which a fetched token is renewed, so that no request is under way with a dead one.
EARLY = 60.0


def authorization(site: Site) -> Operation[Secret]:
    """The value of the Authorization header for the account."""
    known = site.credentials.authorization()
    if known is not None:
        return known
    if site.token is None or site.clock.monotonic() >= site.token_expires:
        yield Exclusive("token", _renew(site, site.token))
    if site.token is None:
        raise AssertionError("the token was renewed just now")
    return site.token


def renewed(site: Site, refused: Secret | None) -> Operation[bool]:
    """After a refusal: whether there is another token to try. A provider and the authorization server are asked again.

    Args:
        site: The site.
        refused: The token that was refused. When another worker has replaced it in the meantime, nobody is asked.
    """
    if refused is None or site.credentials.authorization() is not None:
        return False
    yield Exclusive("token", _renew(site, refused))
    return site.token != refused


def _renew(site: Site, old: Secret | None) -> Operation[None]:
    # Whoever waited here while another worker renewed the token finds a new one.
    if site.token is not None and site.token is not old and site.clock.monotonic() < site.token_expires:
        return
    credentials = site.credentials
    if isinstance(credentials, OAuthToken) and credentials.provider is not None:
        site.token = bearer_authorization((yield Ask(credentials.provider)))
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
        request, (yield Send(request)), account=credentials.account_label, now=site.clock.time()
    )
    # The token is sealed without ever being the value of a local variable, which a traceback might show.
    site.token = bearer_authorization(read_text(read_object(response.json(), "a token"), "access_token"))
    seconds = read_number(read_object(response.json(), "a token"), "expires_in", 3600)
    site.token_expires = site.clock.monotonic() + max(0.0, seconds - EARLY)


def _not_sent(error: TransportError | ServiceUnavailableError) -> TransportError:
    """What a failed exchange means for the request that needed the token."""
    if isinstance(error, TransportError):
        error.sent = "no"
        return error
    return ConnectionFailedError(
        error.what,
        cause="The authorization server is disturbed at the moment; without an access token nothing can be sent.",
        remedies=error.remedies,
        **error.place(),
    )


def token_request(server: str, credentials: ClientCredentials) -> Request:
    """Exchange a client id and secret for an access token."""
    body = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret.reveal(),
    }
    return Request(
        operation="request access token",
        method="POST",
        url=address(server, "oauth", "token"),
        host=Host.AUTHORIZATION,
        body=json.dumps(body).encode("ascii"),
        credential=Credential.NONE,
    )
