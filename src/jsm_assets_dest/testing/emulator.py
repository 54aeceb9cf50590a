"""The emulator: a whole site in one object, with its clients and its server."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping
from types import TracebackType
from typing import Any, Self

from jsm_assets_dest import (
    ApiToken,
    AsyncConnection,
    AsyncDestination,
    Connection,
    CredentialsReference,
    Destination,
)

from .control import Control
from .emulated_site import EmulatedSite
from .handles import SeededSchema
from .seeds import seed_demo, seed_directory
from .server import serve
from .status_page import summary
from .world.entities import Account


class Emulator(EmulatedSite):
    """An emulated Atlassian Cloud site with Jira, Jira Service Management and Assets.

    It has a state, responds over HTTP in process (`transport`) or over a socket (`serve`), and fails on demand
    (`faults`, `access`, `rate_limit`). As a context manager, it checks at a regular end that every planned fault
    happened, and saves its state if it has a file. Identifiers and tokens are the same in every run.

    Args:
        site: address of the site.
        strict: reject requests that Atlassian's OpenAPI document does not allow: unknown fields, wrong types,
            missing fields, other media types.
        import_seconds: how long an import is `PROCESSING`, on the emulator's clock.
        doubts: readings of points about which the sources disagree.
        profile: how a real site responds: a `SiteProfile` or the path of its file. It sets `doubts`.
        state: path of a SQLite file. It is read if it exists, and written when the context ends or `save` is
            called.
        clock: another time source, such as one that starts at another time.
        recorded_requests: the number of recorded requests; the oldest ones beyond it are dropped.
        recorded_bytes: the size of their bodies; the oldest ones beyond it are dropped.
        locale: the language of the site: "en_US", "de_DE" or "ko_KR".

    Raises:
        UnusedFaultsError: at the end of the context, if a planned fault did not happen.
    """

    __module__ = "jsm_assets_dest.testing"

    # Connecting ---------------------------------------------------------------------------------------------

    def connect(self, account: Account | None = None, **options: Any) -> Connection:
        """Open a connection of jsm_assets_dest to this site.

        Args:
            account: whose API token is used; the default account if None.
            options: further arguments of `Connection.external_site`.
        """
        return Connection.external_site(self.site, self._token(account), **self._options(options))

    def connect_async(self, account: Account | None = None, **options: Any) -> AsyncConnection:
        """Open an async connection; see `connect`."""
        return AsyncConnection.external_site(self.site, self._token(account), **self._options(options))

    def destination(self, name: str = "Emulator", **settings: Any) -> Destination:
        """Return a destination on this site. It connects in process and uses the clock of the emulator.

        Its environment is `settings()` at the time of this call. Call `add_import_source` before, so that it contains the
        import token, to which the destination then refers.

        Args:
            name: name of the destination.
            settings: further arguments of `Destination`. `environ` is added to the environment.
        """
        return Destination(**self._destination(name, settings))

    def destination_async(self, name: str = "Emulator", **settings: Any) -> AsyncDestination:
        """Return an async destination; see `destination`."""
        return AsyncDestination(**self._destination(name, settings))

    def _destination(self, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        environ = {**self.settings(), **settings.get("environ", {})}
        variable = "JSM_ASSETS_IMPORT_TOKEN"
        return {
            "name": name,
            "site": self.site,
            "credentials": CredentialsReference("env:JSM_ASSETS_API_TOKEN", email=self.email),
            "import_token": f"env:{variable}" if variable in environ else None,
            "transport": self.transport,
            **settings,
            "environ": environ,
        }

    def _token(self, account: Account | None) -> ApiToken:
        account = account or self.account
        return ApiToken(account.email, account.api_token)

    def _options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {"transport": self.transport, "clock": self.clock, **options}

    @contextlib.contextmanager
    def serve(self, port: int = 0, host: str = "127.0.0.1") -> Generator[str, None, None]:
        """Serve the site over HTTP while the context lasts.

        One address represents the site, the gateway and the token endpoint; the paths distinguish them. There is a
        status page at `/` and a control interface below `/_emulator/`. The clock follows real time meanwhile.

        Args:
            port: 0 for a free one.
            host: the address to listen on.

        Yields:
            The address, such as `http://127.0.0.1:40123`.
        """
        self.clock.follow_real_time()
        try:
            with serve(self._service, Control(self, self.reset).respond, host, port) as url:
                yield url
        finally:
            self.clock.stand_still()

    def settings(self, url: str | None = None) -> Mapping[str, str]:
        """Return the environment variables that `Connection.current_site` reads.

        Args:
            url: the address at which the site is served; None for use in process.
        """
        variables = {
            "JSM_ASSETS_SITE": url or self.site,
            "JSM_ASSETS_GATEWAY": url or self.gateway,
            "JSM_ASSETS_EMAIL": self.email,
            "JSM_ASSETS_API_TOKEN": self.api_token,
        }
        for source in self.import_sources:
            variables["JSM_ASSETS_IMPORT_TOKEN"] = source.token
        return variables

    # Content ------------------------------------------------------------------------------------------------

    def seed_demo(self) -> SeededSchema:
        """Add a realistic object schema with types, references and objects."""
        return seed_demo(self)

    def seed_directory(self) -> dict[str, Account]:
        """Add accounts and groups that show the traps of finding users; return the accounts by trap."""
        return seed_directory(self)

    def reset(self, seed: str = "empty") -> None:
        """Empty the site, then fill it.

        Requests, faults and rate limits are forgotten, and issued tokens become invalid. The default account keeps
        its token.

        Args:
            seed: "empty", "demo" or "okta" (an empty schema OKT with an import source).
        """
        if seed not in ("empty", "demo", "okta"):
            raise ValueError(f"{seed!r} is not one of empty, demo, okta")
        self._clear()
        if seed == "demo":
            self.seed_demo()
        elif seed == "okta":
            self.add_object_schema("OKT", "Okta", "Auto-generated Okta data.")
            self.add_import_source("OKT", "Okta")

    def _repr_html_(self) -> str:
        return summary(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self.save()
        if kind is None:
            self.faults.assert_used()
