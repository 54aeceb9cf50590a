"""The token endpoint of auth.atlassian.com."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from ..json_types import JsonObject
from ..world.accounts import OAUTH_SECONDS, Credentials
from ..world.refusals import Refusal
from .exchange import Answer, Inbound, json_answer


def _refuse(status: int, error: str, description: str) -> Refusal:
    return Refusal(status, {"error": error, "error_description": description})


def _fields(inbound: Inbound) -> JsonObject:
    if "json" in inbound.headers.get("content-type", ""):
        try:
            value = json.loads(inbound.body)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise _refuse(400, "invalid_request", "The request body is no JSON object")
        return value
    return dict(parse_qsl(inbound.body.decode("utf-8", "replace")))


def request_access_token(credentials: Credentials, inbound: Inbound, now: float) -> Answer:
    """The client credentials grant. Texts other than the error codes are a guess."""
    fields = _fields(inbound)
    grant = fields.get("grant_type")
    if grant != "client_credentials":
        raise _refuse(403, "unauthorized_client", f"Grant type {grant} is not allowed for the client.")
    client = credentials.clients.get(str(fields.get("client_id")))
    if client is None or client.client_secret != fields.get("client_secret"):
        raise _refuse(401, "access_denied", "Unauthorized")
    token = credentials.issue_for_client(client)
    return json_answer(
        {
            "access_token": token.secret,
            "expires_in": round((token.expires_at or now + OAUTH_SECONDS) - now),
            "token_type": "Bearer",
            "scope": " ".join(token.scopes),
        }
    )
