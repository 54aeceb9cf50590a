"""`python -m jsm_assets_dest.testing`: the emulated site as a server process."""

# ruff: noqa: T201  # the command prints settings
from __future__ import annotations

import argparse
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .emulator import Emulator
from .server import LOOPBACK, wait_until_interrupted
from .world.accounts import LOCALES
from .world.clock import EmulatorClock


def parser() -> argparse.ArgumentParser:
    """Return the argument parser of the command."""
    argument_parser = argparse.ArgumentParser(
        prog="python -m jsm_assets_dest.testing",
        description="An emulated Atlassian site with Jira Service Management Assets, for tests and experiments.",
    )
    argument_parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
    argument_parser.add_argument(
        "--port", type=int, default=8080, help="0 for a free one (default: %(default)s)"
    )
    argument_parser.add_argument(
        "--seed",
        choices=("demo", "okta", "empty"),
        default="empty",
        help="first content: a schema with objects, an empty schema OKT with an import source, or nothing",
    )
    argument_parser.add_argument("--profile", type=Path, help="respond as this site does; see the probe")
    argument_parser.add_argument("--state", type=Path, help="a SQLite file for the state")
    argument_parser.add_argument("--settings", type=Path, help="write the settings into this file too")
    argument_parser.add_argument(
        "--import-seconds", type=float, default=0.0, help="how long an import is processed"
    )
    argument_parser.add_argument(
        "--lenient", action="store_true", help="accept requests that the OpenAPI document does not allow"
    )
    argument_parser.add_argument(
        "--locale",
        choices=LOCALES,
        default=LOCALES[0],
        help="the language of the site (default: %(default)s)",
    )
    return argument_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM. The state is saved in both cases."""
    options = parser().parse_args(arguments)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _serve(options)
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def _serve(options: argparse.Namespace) -> None:
    clock = EmulatorClock(start=time.time())
    with Emulator(
        state=options.state,
        strict=not options.lenient,
        import_seconds=options.import_seconds,
        clock=clock,
        locale=options.locale,
        profile=options.profile,
    ) as emulator:
        if not emulator.object_schemas and options.seed != "empty":
            emulator.reset(options.seed)
        with emulator.serve(port=options.port, host=options.host) as url:
            lines = [f"export {name}={shlex.quote(value)}" for name, value in emulator.settings(url).items()]
            if options.settings is not None:
                options.settings.write_text("\n".join(lines) + "\n", encoding="utf-8")
            print(f"An emulated Atlassian site is at {url}/ (status page). Ctrl-C ends it.")
            if options.host not in LOOPBACK:
                print("It listens beyond this computer, and anyone who can reach it can control it.")
            print("Settings for another terminal:\n")
            print("\n".join(lines), flush=True)
            wait_until_interrupted()


if __name__ == "__main__":  # pragma: no cover  # a process of its own, which test_server starts
    sys.exit(main())
