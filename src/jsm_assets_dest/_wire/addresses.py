"""Addresses: made from parts that are quoted, and links of the service that are believed only on the trusted origin."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote, urlencode, urlsplit

from ..exceptions import ConfigurationError, UnsafeLinkError

#: Where Atlassian's gateway and its authorization server are.
GATEWAY = "https://api.atlassian.com"
AUTHORIZATION_SERVER = "https://auth.atlassian.com"

_DEFAULT_PORTS = {"https": 443, "http": 80}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def address(base: str, *segments: str, query: Mapping[str, object] | None = None) -> str:
    """An address below a base.

    Args:
        base: The base, without a slash at its end.
        segments: Path segments; each is quoted, so that none can climb out of the path.
        query: Query parameters; None leaves one out, and booleans are written as JSON writes them.

    Raises:
        ConfigurationError: A segment is empty or would climb.
    """
    for segment in segments:
        if segment.strip() in ("", ".", ".."):
            raise ConfigurationError(
                f"{segment!r} cannot be part of an address; nothing was sent.",
                field="id",
                fix="Pass the id or key as Assets shows it.",
            )
    path = "".join("/" + quote(segment, safe="") for segment in segments)
    given = {name: _parameter(value) for name, value in (query or {}).items() if value is not None}
    return f"{base}{path}" + (f"?{urlencode(given)}" if given else "")


def _parameter(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address.

    Raises:
        ValueError: It has none that can be told.
    """
    parts = urlsplit(url)
    host = parts.hostname
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    if not host or port is None:
        raise ValueError("no origin")
    return parts.scheme, host.lower(), port


def trusted_link(link: object, base: str, prefix: str = "/") -> str:
    """A link that the service sent, if it may be followed with a credential.

    It may when it is printable ASCII without blanks and backslashes, has no user information, and has the scheme,
    host, port and path prefix that are expected. Anything else would send the token somewhere else. The host's part must
    be spelled as expected, but for upper case and the usual port: whatever needs interpreting may be interpreted
    differently by the HTTP client (`evil.example[api.atlassian.com]` was `api.atlassian.com` to older Pythons).

    Args:
        link: What the service sent.
        base: An address on the trusted origin.
        prefix: What the path must begin with.

    Raises:
        UnsafeLinkError: It must not be followed; the message names its host, nothing more.
    """
    problem = _link_problem(link, base, prefix)
    if problem:
        raise UnsafeLinkError(f"A link that the service sent was not followed: {problem}.")
    return str(link)


def _link_problem(link: object, base: str, prefix: str) -> str:
    if not isinstance(link, str) or not link:
        return "it is missing"
    if not (link.isascii() and link.isprintable()) or " " in link or "\\" in link:
        return "it holds characters that no address has"
    try:
        parts = urlsplit(link)
        found = origin(link)
    except ValueError:
        return "it is no complete address"
    if "@" in parts.netloc:
        return "it holds a user name"
    expected = urlsplit(base)
    if found != origin(base) or not _is_plain(parts.netloc, found):
        return f"it leads to {parts.scheme}://{parts.netloc[:100]} instead of {expected.scheme}://{expected.netloc}"
    # As servers read it: unquoted, with path parameters (`..;x`) cut off.
    path = unquote(parts.path).replace("\\", "/")
    segments = [segment.partition(";")[0] for segment in path.split("/")]
    if not parts.path.startswith(prefix) or ".." in segments or "." in segments:
        return "its path is not one of the import's"
    if parts.fragment:
        return "it holds a fragment"
    return ""


def _is_plain(netloc: str, found: tuple[str, str, int]) -> bool:
    """Whether host and port are written in the usual way, with the port or without it."""
    scheme, host, port = found
    name = f"[{host}]" if ":" in host else host
    return netloc.lower() == f"{name}:{port}" or (
        netloc.lower() == name and port == _DEFAULT_PORTS.get(scheme)
    )


def checked_base(url: object, what: str, example: str) -> str:
    """The address of a site or gateway as the caller gave it, in one spelling: scheme and host, no slash at the end.

    A bare host name gets `https://`. Plain `http:` is accepted on loopback only, where nobody can listen in.

    Args:
        url: What the caller gave.
        what: The name of the setting.
        example: A good value.

    Raises:
        ConfigurationError: It is no such address.
    """
    text = url.strip() if isinstance(url, str) else ""
    fix = f"Give an address such as {example}."
    if not text:
        raise ConfigurationError(f"`{what}` is empty.", field=what, fix=fix)
    if "://" not in text:
        text = f"https://{text}"
    if any(not "!" <= character <= "~" or character == "\\" for character in text):
        raise ConfigurationError(f"`{what}` holds characters that no address has.", field=what, fix=fix)
    try:
        scheme, host, _ = origin(text)
    except ValueError:
        raise ConfigurationError(f"`{what}` is no address.", field=what, fix=fix) from None
    parts = urlsplit(text)
    if "@" in parts.netloc:
        raise ConfigurationError(
            f"`{what}` holds a user name or a password.", field=what, fix=f"{fix} Credentials go into `auth`."
        )
    if scheme not in _DEFAULT_PORTS:
        raise ConfigurationError(f"`{what}` begins with {scheme}:, which is not HTTP.", field=what, fix=fix)
    if scheme == "http" and not is_loopback(host):
        raise ConfigurationError(
            f"`{what}` begins with http:, which would send the credentials unprotected.",
            field=what,
            fix=f"Use https:; plain http: is accepted for this computer only ({', '.join(_LOOPBACK)}).",
        )
    return f"{scheme}://{parts.netloc.lower()}"


def is_loopback(host: str) -> bool:
    """Whether a host name means this very computer."""
    return host in _LOOPBACK or host.startswith("127.") or host.endswith(".localhost")
