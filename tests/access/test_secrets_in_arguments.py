"""No signature and no traceback of a rejected argument shows a secret: every public callable, every argument.

The callables are found in the package, so that a new one is covered too.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import jsm_assets_dest
from jsm_assets_dest import ApiToken, Connection
from jsm_assets_dest.exceptions import AssetsError

PACKAGE = str(Path(jsm_assets_dest.__file__).parent)
#: Parameters that accept a secret, or that a secret is often mistaken for.
SECRETS = ("token", "secret", "client_secret", "auth", "environ", "credentials", "import_token")
CANARY = "c4n4ryT0k3n"

SHOW_SIGNATURES = """
import importlib, importlib.util, inspect, pydoc
names = [f"jsm_assets_dest{name}" for name in ("", ".exceptions", ".okta", ".tables", ".testing")]
for module in [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]:
    for name in getattr(module, "__all__", ()):
        value = getattr(module, name)
        if name.endswith(("Connection", "Destination")):
            print(pydoc.render_doc(value, renderer=pydoc.plaintext))
        members = [getattr(value, member, None) for member in dir(value)] if inspect.isclass(value) else []
        for entry in [value, *members]:
            try:
                print(inspect.signature(entry), getattr(entry, "__defaults__", ""), getattr(entry, "__kwdefaults__", ""))
            except (TypeError, ValueError):
                pass
"""


@pytest.mark.once
def test_no_signature_shows_the_environment() -> None:
    """`help`, `inspect.signature` and a notebook's `?` display defaults. None of them is an environment."""
    completed = subprocess.run(
        [sys.executable, "-c", SHOW_SIGNATURES],
        env={**os.environ, "JSM_ASSETS_API_TOKEN": f"ATATT3{CANARY}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "environ" in completed
    assert len(completed) > 50_000
    assert CANARY not in completed
    assert "HOME" not in completed


def callables() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public constructors, class methods, and sync methods of a connection that have such a parameter."""
    connection = Connection.external_site(
        "https://acme.atlassian.net", ApiToken("ana@acme.com", "ATATT3abcdefgh")
    )
    for name in jsm_assets_dest.__all__:
        value = getattr(jsm_assets_dest, name)
        if not inspect.isclass(value):
            entries = [(name, value)]
        else:
            owner = connection if value is Connection else value
            entries = [(name, value)] + [
                (f"{name}.{member}", getattr(owner, member))
                for member in dir(value)
                if not member.startswith("_")
                and member != "of"  # of handles, for the package itself
                and (owner is connection or inspect.ismethod(getattr(value, member)))
            ]
        for label, function in entries:
            try:
                parameters = inspect.signature(function).parameters
            except (TypeError, ValueError):
                continue
            if callable(function) and not parameters.keys().isdisjoint(SECRETS):
                yield label, function


CALLABLES = dict(callables())
VALUES: dict[str, Callable[[], object]] = {
    "line feed": lambda: f"ATATT3{CANARY}=1A2B3C4D\n",
    "string": lambda: f"ATATT3{CANARY}=1A2B3C4D",
    "address": lambda: f"https://ana:{CANARY}@acme.atlassian.net",
    "bytes": CANARY.encode,
    "mapping": lambda: {"JSM_ASSETS_API_TOKEN": CANARY, "JSM_ASSETS_EMAIL": "ana"},
    "list": lambda: [CANARY],
    "number": lambda: 7,
}


def test_callables_are_those_that_accept_secrets() -> None:
    assert {
        "ApiToken",
        "OAuthToken",
        "ClientCredentials",
        "ForgeToken",
        "Connection",
        "Connection.current_site",
        "Connection.external_site",
        "Connection.import_token",
        "AsyncConnection.current_site",
        "Destination",
        "Destination.load",
        "Destination.from_dict",
        "CredentialsReference",
    } <= CALLABLES.keys()


def arguments(function: Callable[..., Any], make: Callable[[], object]) -> Iterator[dict[str, Any]]:
    """Yield arguments: the secret in all parameters, in the required ones, in each one, and a wrong keyword."""
    parameters = {
        name: parameter
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and name != "path"  # errors name a file that can't be read
    }
    required = {name for name, parameter in parameters.items() if parameter.default is parameter.empty}
    yield {name: make() for name in parameters}
    yield {name: make() for name in required}
    yield {**{name: make() for name in required}, "unknown_keyword": make()}
    for name in parameters:
        yield {**dict.fromkeys(required, "https://acme.atlassian.net"), name: make()}
        yield {**dict.fromkeys(required, "a-good-secret-1234"), name: make()}


@pytest.mark.parametrize("label", CALLABLES)
def test_no_frame_of_a_rejected_argument_shows_it(label: str) -> None:
    """Error reporters print the locals of every frame; none of the package's frames has the argument."""
    rejected = 0
    for kind, make in VALUES.items():
        for options in arguments(CALLABLES[label], make):
            try:
                CALLABLES[label](**options)
            except (AssetsError, TypeError) as error:
                rejected += 1
                trace = traceback.TracebackException.from_exception(error, capture_locals=True)
                while trace is not None:
                    for frame in trace.stack:
                        if frame.filename.startswith(PACKAGE):
                            assert CANARY not in str(frame.locals), (kind, sorted(options), frame.name)
                    assert CANARY not in "".join(trace.format_exception_only()), (kind, sorted(options))
                    trace = trace.__cause__ or trace.__context__  # type: ignore[assignment]
    assert rejected


def test_missing_setting_shows_no_other_setting() -> None:
    """`current_site` with a setting missing: the environment of the caller is in no frame."""
    environment = {"JSM_ASSETS_API_TOKEN": CANARY, "JSM_ASSETS_EMAIL": "ana@acme.com"}
    with pytest.raises(AssetsError, match="JSM_ASSETS_SITE is not set") as caught:
        Connection.current_site(environ=environment)

    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in trace.stack if frame.filename.startswith(PACKAGE)]
    assert frames
    assert not any(CANARY in str(frame.locals) for frame in frames)
