"""An emulated sandbox site, and the probe on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from jsm_assets_dest.testing import Account, Emulator, SiteProfile
from jsm_assets_dest.testing.probe.__main__ import MOST_REQUESTS, RESERVE, run
from jsm_assets_dest.testing.probe.client import Client, Credential
from jsm_assets_dest.testing.probe.findings import Options

KEY = "SANDBOX"


class Sandbox:
    """A site with a read schema, a throw-away schema, and a throw-away import.

    Args:
        objects: the number of objects in the read schema.
        second_is_licensed: True for a second account with a license and without a role.
        options: arguments of the emulator.
    """

    def __init__(self, *, objects: int = 12, second_is_licensed: bool = False, **options: Any) -> None:
        self.emulator = Emulator(**{"import_seconds": 0.0, **options})
        schema = self.emulator.add_object_schema("ITSM", "IT")
        object_type = schema.add_object_type("Laptop")
        schema.add_object_type("Old laptop", parent=object_type)
        for number in range(objects):
            object_type.add_object(Name=f"Laptop {number}")
        self.emulator.add_object_schema(KEY, "Sandbox")
        self.source = self.emulator.add_import_source(KEY, "Probe")
        self.second: Account = self.emulator.add_account("bruno@acme.com", agent=second_is_licensed)
        if second_is_licensed:
            self.second.groups.clear()
        self.clients: list[Client] = []

    def credential(self, account: Account) -> Credential:
        return Credential.basic(account.email, account.api_token)

    def options(self, **changes: Any) -> Options:
        emulator = self.emulator
        return Options(
            **{
                "site": emulator.site,
                "gateway": emulator.gateway,
                "email": emulator.email,
                "account": self.credential(emulator.account),
                "second": self.credential(self.second),
                **changes,
            }
        )

    def writing(self, **changes: Any) -> Options:
        """Return the options of a run that writes."""
        token = Credential.bearer(self.source.token)
        return self.options(**{"write": True, "schema_key": KEY, "import_credential": token, **changes})

    def client(self, options: Options, transport: httpx.BaseTransport | None = None) -> Client:
        clock = self.emulator.clock
        client = Client(
            (options.site, options.gateway),
            limit=MOST_REQUESTS,
            reserve=RESERVE,
            interval=0.5,
            transport=transport or self.emulator.transport,
            sleep=clock.sleep,
            monotonic=clock.monotonic,
        )
        self.clients.append(client)
        return client

    def probe(
        self,
        options: Options | None = None,
        earlier: SiteProfile | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> SiteProfile:
        """Run the probe once, and return the profile of all runs."""
        options = options or self.options()
        profile, _ = run(
            options,
            self.client(options, transport),
            earlier or SiteProfile(),
            day="2026-11-28",
            report=report,
        )
        return profile

    def probe_everything(self) -> SiteProfile:
        """Run the probe until it has asked all that it can."""
        profile = self.probe()
        writing = self.writing(replace_token=True)
        for _ in range(3):
            if "token" not in profile.asked:
                profile = self.probe(writing, profile)
        return profile
