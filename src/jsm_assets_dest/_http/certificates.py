"""The certificates that are trusted where the caller brings none, loaded while something else is done.

Loading them takes 13 ms, an eighth of the time from the start of a program to its first answer, and OpenSSL does it
without holding Python back. So a thread begins as soon as a client is wanted, and importing httpx, which takes longer,
goes on meanwhile. One context serves all clients of the process.
"""

from __future__ import annotations

import contextlib
import functools
import os
import ssl
import threading
from typing import Any, cast

import certifi

from ..exceptions import ConfigurationError


def _made(*, trust_env: bool) -> ssl.SSLContext:
    """The context that httpx would make; its own function is not there before the rest of httpx is.

    Raises:
        ConfigurationError: The environment names certificates that cannot be loaded.
    """
    name = next((one for one in ("SSL_CERT_FILE", "SSL_CERT_DIR") if trust_env and os.environ.get(one)), "")
    try:
        if name == "SSL_CERT_DIR":
            context = ssl.create_default_context(capath=os.environ[name])
        else:
            context = ssl.create_default_context(cafile=os.environ[name] if name else certifi.where())
    except OSError as error:
        if not name:
            raise
        raise ConfigurationError(
            f"The certificates that the environment variable {name} names cannot be loaded "
            f"({type(error).__name__}: {error.strerror or error}); nothing was sent.",
            field=name,
            fix=f"Let {name} name certificates in PEM format, unset it, or pass trust_env=False.",
        ) from None
    if not trust_env:
        # Python itself obeys SSLKEYLOGFILE, and writes there what opens every connection.
        cast("Any", context).keylog_filename = None
    return context


class _Loading:
    """A context on its way."""

    def __init__(self, *, trust_env: bool) -> None:
        self._trust_env = trust_env
        self._context: ssl.SSLContext | None = None
        self._thread: threading.Thread | None = None
        # Where no thread may be started, such as in some interpreters inside a server, it is loaded when it is needed.
        with contextlib.suppress(RuntimeError):
            thread = threading.Thread(target=self._load, name="jsm-assets-dest-certificates", daemon=True)
            thread.start()
            self._thread = thread

    def _load(self) -> None:
        # What goes wrong here goes wrong once more where somebody waits for the result.
        with contextlib.suppress(Exception):
            self._context = _made(trust_env=self._trust_env)

    def result(self) -> ssl.SSLContext:
        if self._thread is not None:
            self._thread.join()
        if self._context is None:  # it failed, or this process was forked meanwhile
            self._context = _made(trust_env=self._trust_env)
        return self._context


@functools.cache
def _begun(*, trust_env: bool) -> _Loading:
    return _Loading(trust_env=trust_env)


def load(*, trust_env: bool) -> None:
    """Begin to load the certificates, unless that was done before.

    Args:
        trust_env: Whether `SSL_CERT_FILE`, `SSL_CERT_DIR` and `SSLKEYLOGFILE` count.
    """
    _begun(trust_env=trust_env)


def shared_context(*, trust_env: bool) -> ssl.SSLContext:
    """The context with the certificates, as soon as they are loaded.

    Raises:
        ConfigurationError: The environment names certificates that cannot be loaded.
    """
    return _begun(trust_env=trust_env).result()
