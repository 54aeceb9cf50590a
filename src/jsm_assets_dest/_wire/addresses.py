"""Addresses, built from quoted parts, and links of the server, which are trusted only on the expected origin."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote, urlencode, urlsplit

from ..exceptions import ConfigurationError, UnsafeLinkError

#: Addresses of Atlassian's gateway and of its authorization server.
GATEWAY = "https://api.atlassian.com"
AUTHORIZATION_SERVER = "https://auth.atlassian.com"

_DEFAULT_PORTS = {"https": 443, "http": 80}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def address(base: str, *segments: str, query: Mapping[str, object] | None = None) -> str:
    """Return an address below a base.

    Args:
        base: The base, without a slash at its end.
        segments: Path segments; each is quoted, so that none can leave the path.
        query: Query parameters; None leaves one out, and booleans are written as in JSON.

    Raises:
        ConfigurationError: A segment is empty or would leave the path.
    """
    for segment in segments:
        if segment.strip() in ("", ".", ".."):
            raise ConfigurationError(
                f"{segment!r} can't be part of an address. Nothing was sent.",
                field="id",
                fix="Pass the id or key as Assets shows it.",
            )
    path = "".join("/" + quote(segment, safe="") for segment in segments)
    parameters = {name: _parameter(value) for name, value in (query or {}).items() if value is not None}
    return f"{base}{path}" + (f"?{urlencode(parameters)}" if parameters else "")


def _parameter(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host, and port of an address.

    Raises:
        ValueError: The address is invalid.
    """
    parts = urlsplit(url)
    host = parts.hostname
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    if not host or port is None:
        raise ValueError("no origin")
    return parts.scheme, host.lower(), port


def trusted_link(link: object, base: str) -> str:
    """Return a link of the server, if it may be followed with a credential.

    It must be printable ASCII without spaces and backslashes, must not contain user information, and must have the expected
    scheme, host, and port, and a path. Any other link would send the token elsewhere. The host must be spelled as expected,
    except for uppercase and the default port: the HTTP client may interpret other spellings differently (`evil.example[api.atlassian.com]` was `api.atlassian.com` to older Pythons).

    Args:
        link: The link from the response.
        base: An address on the trusted origin.

    Raises:
        UnsafeLinkError: It must not be followed. The message contains only its host.
    """
    problem = _link_problem(link, base)
    if problem:
        raise UnsafeLinkError(f"Did not follow a link of the server: {problem}.")
    return str(link)


def _link_problem(link: object, base: str) -> str:
    if not isinstance(link, str) or not link:
        return "it is missing"
    if not (link.isascii() and link.isprintable()) or " " in link or "\\" in link:
        return "it contains invalid characters"
    try:
        parts = urlsplit(link)
        link_origin = origin(link)
    except ValueError:
        return "it is not a complete address"
    if "@" in parts.netloc:
        return "it contains a user name"
    expected = urlsplit(base)
    if link_origin != origin(base) or not _is_plain(parts.netloc, link_origin):
        return f"it points to {parts.scheme}://{parts.netloc[:100]} instead of {expected.scheme}://{expected.netloc}"
    # Check the path as servers read it: unquoted, without path parameters (`..;x`).
    path = unquote(parts.path).replace("\\", "/")
    segments = [segment.partition(";")[0] for segment in path.split("/")]
    if not parts.path or ".." in segments or "." in segments:
        return "its path is not one of the import's"
    if parts.fragment:
        return "it contains a fragment"
    return ""


def _is_plain(netloc: str, link_origin: tuple[str, str, int]) -> bool:
    """Return True if host and port have their usual spelling, with or without the default port."""
    scheme, host, port = link_origin
    name = f"[{host}]" if ":" in host else host
    return netloc.lower() == f"{name}:{port}" or (
        netloc.lower() == name and port == _DEFAULT_PORTS.get(scheme)
    )


def checked_base(url: object, what: str, example: str) -> str:
    """Return the normalized address of a site or gateway: scheme and host, without a slash at the end.

    A bare host name gets `https://`. Plain `http:` is accepted on loopback only, because no one can listen there.

    Args:
        url: The caller's value.
        what: The name of the setting.
        example: A good value.

    Raises:
        ConfigurationError: The address is invalid.
    """
    text = url.strip() if isinstance(url, str) else ""
    if text and "://" not in text:
        text = f"https://{text}"
    problem, fix = _base_problem(text, f"Give an address such as {example}.")
    if problem:
        raise ConfigurationError(f"`{what}` {problem}.", field=what, fix=fix)
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _base_problem(text: str, fix: str) -> tuple[str, str]:
    """Return what is wrong with a base address, or "", and how to fix it."""
    if not text:
        return "is empty", fix
    if any(not "!" <= character <= "~" or character == "\\" for character in text):
        return "contains invalid characters", fix
    try:
        scheme, host, _ = origin(text)
    except ValueError:
        return "is not an address", fix
    parts = urlsplit(text)
    if "@" in parts.netloc:
        return "contains a user name or a password", f"{fix} Credentials go into `auth`."
    if scheme not in _DEFAULT_PORTS:
        return f"begins with {scheme}:, which is not HTTP", fix
    if scheme == "http" and not is_loopback(host):
        fix = f"Use https:; plain http: is accepted for this computer only ({', '.join(_LOOPBACK)})."
        return "begins with http:, which would send the credentials unprotected", fix
    if "." not in host and ":" not in host and parts.port is None and not is_loopback(host):
        fix = f"Pass the whole address. For a Jira site, it is https://{host}.atlassian.net."
        return f"is {host!r}, which is a name without a domain", fix
    return "", ""


def is_loopback(host: str) -> bool:
    """Return True if a host name refers to this computer."""
    return host in _LOOPBACK or host.startswith("127.") or host.endswith(".localhost")
