"""Identifiers, tokens and trace ids of the emulated site, the same in every run."""

from __future__ import annotations

import base64
import hashlib
import uuid


class Identifiers:
    """Generates identifiers that depend only on the seed and the number of earlier ones of their kind.

    This makes outputs reproducible, and state files contain only the counters.

    Args:
        seed: two emulators with the same seed generate the same identifiers.
    """

    def __init__(self, seed: str = "acme") -> None:
        self.seed = seed
        self.counters: dict[str, int] = {}

    def number(self, kind: str) -> int:
        """Return the next number of a kind; each kind counts from 1."""
        value = self.counters.get(kind, 0) + 1
        self.counters[kind] = value
        return value

    def _digest(self, kind: str, size: int) -> bytes:
        text = f"{self.seed}/{kind}/{self.number(kind)}".encode()
        return hashlib.blake2b(text, digest_size=size).digest()

    def uuid(self, kind: str) -> str:
        """Return a UUID of version 4 in lowercase."""
        return str(uuid.UUID(bytes=self._digest(kind, 16), version=4))

    def trace(self) -> str:
        """Return the 32 hexadecimal digits of a trace id."""
        return self._digest("trace", 16).hex()

    def secret(self, prefix: str, kind: str) -> str:
        """Return a token in the form of Atlassian's: prefix, long body, checksum."""
        body = base64.urlsafe_b64encode(self._digest(kind, 64) + self._digest(kind, 56)).decode().rstrip("=")
        checksum = hashlib.blake2b(body.encode(), digest_size=4).hexdigest().upper()
        return f"{prefix}FfGF0{body}={checksum}"

    def external_id(self) -> str:
        """Return an external id in the form that clients observed for types and attributes made manually."""
        return "cmdb::externalId/" + self.uuid("external id")

    def account(self) -> str:
        """Return an Atlassian account id."""
        return "712020:" + self.uuid("account")
