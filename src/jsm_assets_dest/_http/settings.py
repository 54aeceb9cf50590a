"""The settings of an engine's HTTP client, the limits of one attempt, and the proxies of the environment."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import Attribute, field, frozen

from .._arguments.fitting import invalid, wrong_type
from .._display.values import public_value
from .._secret import Secret
from ..exceptions import ConfigurationError

if TYPE_CHECKING:
    import ssl


def _positive(_limits: object, attribute: "Attribute[Any]", value: object) -> None:
    # Not the validators of attrs: loading those takes longer than everything else here together.
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise invalid(
            attribute.name,
            f"is {value!r}, not a number above 0",
            "Pass a number above 0; float('inf') of seconds, or a great number of bytes, for no limit.",
        )


def _whole(limits: object, attribute: "Attribute[int]", value: object) -> None:
    _positive(limits, attribute, value)
    if not isinstance(value, int):
        raise invalid(attribute.name, f"is {value!r}, not a whole number", "Pass a whole number from 1 up.")


@frozen(kw_only=True)
@public_value
class Limits:
    """Bounds of a single attempt of a request; retries are bounded by `RetryPolicy`.

    Attributes:
        connect: Seconds to reach the service, TLS handshake included.
        attempt: Seconds for one attempt, from the first byte sent to the last byte read. This also ends a response that
            comes byte by byte. httpx alone has no such limit.
        connections: Most connections to the service, and so the most requests in flight.
        control_bytes: Most bytes of an ordinary response after decompression.
        listing_bytes: Most bytes of a listing after decompression.
    """

    connect: float = field(default=10.0, validator=_positive)
    attempt: float = field(default=60.0, validator=_positive)
    connections: int = field(default=20, validator=_whole)
    control_bytes: int = field(default=8 * 1024 * 1024, validator=_positive)
    listing_bytes: int = field(default=64 * 1024 * 1024, validator=_positive)


class HttpSettings:
    """The settings of a client.

    Attributes:
        limits: Bounds of an attempt.
        transport: A transport of the caller's to use instead of the network.
        verify: The TLS context; None for the certificates that httpx brings, shared by the whole process.
        proxies: Proxy addresses by origin ("https://acme.atlassian.net"); they may contain a password.
        trust_env: Whether `SSL_CERT_FILE` and `SSL_CERT_DIR` count.
    """

    __slots__ = ("limits", "proxies", "transport", "trust_env", "verify")

    def __init__(
        self,
        *,
        limits: Limits,
        transport: object | None = None,
        verify: "ssl.SSLContext | None" = None,
        proxies: Mapping[str, Secret] | None = None,
        trust_env: bool = True,
    ) -> None:
        methods = ("handle_request", "handle_async_request")
        if transport is not None and not any(hasattr(transport, name) for name in methods):
            fix = "Pass an httpx transport, such as httpx.MockTransport(handler) or emulator.transport()."
            raise wrong_type("transport", transport, fix)
        self.limits: Final = limits
        self.transport: Final = transport
        self.verify: Final = verify
        self.proxies: Final[Mapping[str, Secret]] = {} if proxies is None else proxies
        self.trust_env: Final = trust_env

    def prepare(self) -> None:
        """Start to load the certificates, which takes long, before a client is built."""
        if self.transport is None and self.verify is None:
            from .certificates import load

            load(trust_env=self.trust_env)


def named_proxies(proxies: Mapping[str, Secret]) -> tuple[str, ...]:
    """Return texts such as "https://acme.atlassian.net through http://proxy:8080", without user and password."""
    return tuple(f"{origin} through {_without_login(proxy)}" for origin, proxy in proxies.items())


def _without_login(proxy: Secret) -> str:
    scheme, _, rest = proxy.reveal().partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"


def environment_proxies(origins: Iterable[str]) -> dict[str, Secret]:
    """Return the proxies of the environment for these origins: HTTPS_PROXY, HTTP_PROXY, and ALL_PROXY, except NO_PROXY.

    Raises:
        ConfigurationError: The address of a proxy is not valid.
    """
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return {}
    from urllib.request import getproxies, proxy_bypass

    settings = getproxies()
    found: dict[str, Secret] = {}
    for origin in origins:
        scheme, _, host = origin.partition("://")
        proxy = settings.get(scheme) or settings.get("all")
        if not proxy or proxy_bypass(host):
            continue
        if not proxy.startswith(("http://", "https://")):
            raise ConfigurationError(
                f"The proxy that the environment names for {scheme} is not an http:// or https:// address.",
                field=f"{scheme.upper()}_PROXY",
                fix=f"Set {scheme.upper()}_PROXY to an address such as http://proxy.example:3128, or pass trust_env=False.",
            )
        found[origin] = Secret(proxy)
    return found
