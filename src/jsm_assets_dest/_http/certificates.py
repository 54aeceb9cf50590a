"""Trusted certificates for clients without a TLS context of the caller. All clients of a process share one context.

If the library truststore is installed, the certificates are those that the operating system trusts, which include a company's
own. Otherwise they are those of certifi. `SSL_CERT_FILE` and `SSL_CERT_DIR` take precedence, and `trust_env=False` always
means certifi.

Loading them takes 13 ms, an eighth of the time from the start of a program to its first response, and OpenSSL releases the
GIL meanwhile. So a thread loads them while httpx is imported. Without the thread, goal P2 is missed (1.4 instead of 1.2).
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import ssl
import threading
from typing import Any, cast

import certifi

from ..exceptions import ConfigurationError


def _made(*, trust_env: bool) -> ssl.SSLContext:
    """Return the context that httpx would create, or that of truststore.

    The function of httpx can't be used before all of httpx is imported.

    Raises:
        ConfigurationError: The certificates that the environment names can't be loaded.
    """
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR") if trust_env else ()
    name = next((name for name in names if os.environ.get(name)), "")
    try:
        if not name and trust_env and (context := _of_the_system()) is not None:
            return context
        if name == "SSL_CERT_DIR":
            context = ssl.create_default_context(capath=os.environ[name])
        else:
            context = ssl.create_default_context(cafile=os.environ[name] if name else certifi.where())
    except OSError as error:
        if not name:
            raise
        raise ConfigurationError(
            f"Could not load the certificates that the environment variable {name} names "
            f"({type(error).__name__}: {error.strerror or error}). Nothing was sent.",
            field=name,
            fix=f"Set {name} to certificates in PEM format, unset it, or pass trust_env=False.",
        ) from None
    if not trust_env:
        # Python itself writes the keys of every connection to the file that SSLKEYLOGFILE names.
        cast("Any", context).keylog_filename = None
    return context


def _of_the_system() -> ssl.SSLContext | None:
    """Return a context with the certificates of the operating system, or None if truststore is not installed."""
    try:
        truststore = importlib.import_module("truststore")
    except ModuleNotFoundError:
        return None
    return cast("ssl.SSLContext", truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


class _Loading:
    """Context that a thread loads."""

    def __init__(self, *, trust_env: bool) -> None:
        self._trust_env = trust_env
        self._context: ssl.SSLContext | None = None
        self._thread: threading.Thread | None = None
        # Some interpreters embedded in a server do not allow threads. Then the context is loaded when it is needed.
        with contextlib.suppress(RuntimeError):
            thread = threading.Thread(target=self._load, name="jsm-assets-dest-certificates", daemon=True)
            thread.start()
            self._thread = thread

    def _load(self) -> None:
        # A failure is repeated, and raised, where the result is needed.
        with contextlib.suppress(Exception):
            self._context = _made(trust_env=self._trust_env)

    def result(self) -> ssl.SSLContext:
        if self._thread is not None:
            self._thread.join()
        if self._context is None:  # loading failed, or the process was forked meanwhile
            self._context = _made(trust_env=self._trust_env)
        return self._context


@functools.cache
def _begun(*, trust_env: bool) -> _Loading:
    return _Loading(trust_env=trust_env)


def load(*, trust_env: bool) -> None:
    """Start loading the certificates, unless that was done before.

    Args:
        trust_env: Use `SSL_CERT_FILE`, `SSL_CERT_DIR`, and `SSLKEYLOGFILE`.
    """
    _begun(trust_env=trust_env)


def shared_context(*, trust_env: bool) -> ssl.SSLContext:
    """Return the context after the certificates are loaded.

    Raises:
        ConfigurationError: The certificates that the environment names can't be loaded.
    """
    return _begun(trust_env=trust_env).result()
