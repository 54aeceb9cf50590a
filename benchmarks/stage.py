"""Shared settings of all measurements."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path

import httpx
from attrs import frozen

from jsm_assets_dest import ApiToken, AsyncConnection, Connection, ImportToken

from . import loops
from .server import WORKSPACE, Server

ACCOUNT = ApiToken("ana@example.com", "not-a-real-token-0123456789")


def site(url: str) -> Connection:
    """Return a connection of the library to a measuring server."""
    return Connection.external_site(url, ACCOUNT, workspace_id=WORKSPACE, gateway=url, trust_env=False)


@frozen(kw_only=True)
class Stage:
    """The server, and how much time there is.

    Attributes:
        server: The measuring server.
        quick: Whether everything must end within a minute.
        folder: Where files may be written.
    """

    server: Server
    quick: bool
    folder: Path

    def choose(self, full: int, quick: int) -> int:
        """Return the size for a quick or a full run."""
        return quick if self.quick else full

    @contextlib.contextmanager
    def connected(self) -> Generator[Connection]:
        """Connect to the measuring server."""
        with site(self.server.url) as connection:
            yield connection

    def connect_async(self) -> AsyncConnection:
        """Connect to the measuring server with the async API."""
        url = self.server.url
        return AsyncConnection.external_site(
            url, ACCOUNT, workspace_id=WORKSPACE, gateway=url, trust_env=False
        )

    @contextlib.contextmanager
    def token(self) -> Generator[ImportToken]:
        """Return an import token of the measuring server."""
        with self.connected() as connection:
            yield connection.import_token(loops.TOKEN)

    @contextlib.contextmanager
    def httpx_client(self) -> Iterator[httpx.Client]:
        """Plain httpx, with its settings left alone but for proxies of the environment."""
        with httpx.Client(trust_env=False) as client:
            yield client
