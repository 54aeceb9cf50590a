"""Check a connection, and print who must do what.

    python examples/doctor.py            the report for the current site, or examples of failures on the emulator
    python examples/doctor.py --json     the same as JSON, one report a line

The current site is the one of JSM_ASSETS_SITE, JSM_ASSETS_EMAIL, and JSM_ASSETS_API_TOKEN. If JSM_ASSETS_IMPORT_TOKEN
is set, the import token is checked too. The exit status is 0 if no check failed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence

from jsm_assets_dest import ApiToken, Connection, ConnectionReport, ImportTokenReport, RetryPolicy
from jsm_assets_dest.exceptions import AssetsError
from jsm_assets_dest.testing import Emulator

#: Failures, and the function that causes each one on the emulator.
TOUR: dict[str, Callable[[Emulator], object]] = {
    "Everything is as it must be": lambda emulator: emulator.access.restore(),
    "The API token was revoked": lambda emulator: emulator.access.revoke_token(),
    "The account must pass a CAPTCHA": lambda emulator: emulator.access.require_captcha(),
    "This machine's address is not on the IP allowlist": lambda emulator: emulator.access.ip_allowlist(),
    "The account is no Jira administrator": lambda emulator: emulator.access.revoke_admin(),
    "The account has no licence for Jira Service Management": lambda emulator: (
        emulator.access.remove_license()
    ),
    "The plan does not include Assets": lambda emulator: emulator.access.disable_assets(
        "denied", free_plan=True
    ),
    "The site has no Assets workspace": lambda emulator: emulator.access.disable_assets("empty"),
    "There is no such site": lambda emulator: emulator.access.remove_site(),
    "The site is under maintenance": lambda emulator: emulator.access.maintenance(),
    "The address is that of a web page": lambda emulator: emulator.access.login_page(),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report or the examples of failures."""
    parser = argparse.ArgumentParser(description="Check a connection to Assets.")
    parser.add_argument("--json", action="store_true", help="print reports as JSON, one a line")
    options = parser.parse_args(arguments)
    try:
        return (
            current_site(as_json=options.json)
            if "JSM_ASSETS_SITE" in os.environ
            else tour(as_json=options.json)
        )
    except AssetsError as error:
        print(error, file=sys.stderr)
        return 1


def current_site(*, as_json: bool) -> int:
    """Return the report for the site in this process's settings."""
    reports: list[ConnectionReport | ImportTokenReport] = []
    with Connection.current_site() as connection:
        reports.append(connection.check())
        if secret := os.environ.get("JSM_ASSETS_IMPORT_TOKEN"):
            reports.append(connection.import_token(secret).check())
    for report in reports:
        show(report, as_json=as_json)
    return 0 if all(report.ok for report in reports) else 1


def tour(*, as_json: bool) -> int:
    """Print the report for each failure, on an emulated site."""
    for title, take_away in TOUR.items():
        emulator = Emulator()
        # Without retries, each report shows a single response.
        with Connection.external_site(
            emulator.site,
            ApiToken(emulator.email, emulator.api_token),
            transport=emulator.transport,
            clock=emulator.clock,
            retry=RetryPolicy.off(),
        ) as connection:
            take_away(emulator)
            if not as_json:
                print(f"\n=== {title}\n")
            show(connection.check(), as_json=as_json)
    return 0


def show(report: ConnectionReport | ImportTokenReport, *, as_json: bool) -> None:
    """Print a report as text or as JSON."""
    print(json.dumps(report.to_dict()) if as_json else report)


if __name__ == "__main__":
    sys.exit(main())
