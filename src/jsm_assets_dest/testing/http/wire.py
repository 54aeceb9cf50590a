"""Reading HTTP/1.1 requests from a socket, without trust in the sender."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from .exchange import Inbound

LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 512 * 1024 * 1024
PIECE = 64 * 1024

_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (\S{1,16000}) HTTP/1\.([01])")
_TARGET = re.compile(r"(?:https?://[^/?#\s]*)?(/[\x21-\x7e]*)")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_HOST = re.compile(r"[A-Za-z0-9.\-_]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


class InvalidRequestError(ValueError):
    """The bytes are not a valid HTTP/1.1 request. The message is sent to the client."""


class RequestReader:
    """Reads the requests of one connection.

    Args:
        reader: the incoming bytes.
        seconds: time for the head, and for each piece of the body.
        send_continue: sends `100 Continue`.
    """

    def __init__(
        self, reader: asyncio.StreamReader, seconds: float, send_continue: Callable[[], None]
    ) -> None:
        self._reader = reader
        self._seconds = seconds
        self._send_continue = send_continue

    async def read(self, default_host: str) -> tuple[Inbound, bool] | None:
        """Return the next request, and True if the connection may stay open; None at the end of the connection.

        Raises:
            InvalidRequestError: the bytes are not a valid request.
            TimeoutError: the client sends too slowly.
        """
        first = await self._reader.read(1)
        if not first:
            return None
        async with asyncio.timeout(self._seconds):
            head = first + await self._head()
        lines = head.decode("latin-1").replace("\r\n", "\n").strip("\n").split("\n")
        match = _LINE.fullmatch(lines[0])
        if match is None:
            raise InvalidRequestError("The request line is invalid")
        method, target, minor = match.groups()
        headers = _headers(lines[1:])
        host = headers.get("host", default_host if minor == "0" else "")
        if _HOST.fullmatch(host) is None:
            raise InvalidRequestError("The Host header is missing or invalid")
        path, query = _path(method, target)
        if headers.get("expect", "").lower() == "100-continue":
            self._send_continue()
        inbound = Inbound(
            method=method,
            host=host,
            path=path,
            query=query,
            headers=headers,
            body=await self._body(headers),
            root=f"http://{host}",
        )
        connection = headers.get("connection", "").lower()
        return inbound, connection != "close" and (minor == "1" or connection == "keep-alive")

    async def _head(self) -> bytes:
        lines: list[bytes] = []
        size = 0
        while True:
            line = await self._line()
            size += len(line)
            if size > LARGEST_HEAD:
                raise InvalidRequestError("The header is too large")
            lines.append(line)
            if line in (b"\r\n", b"\n") and len(lines) > 1:
                return b"".join(lines)

    async def _line(self) -> bytes:
        try:
            line = await self._reader.readline()
        except ValueError:
            raise InvalidRequestError("A line is too long") from None
        if not line.endswith(b"\n"):
            raise InvalidRequestError("The request is truncated")
        return line

    async def _body(self, headers: dict[str, str]) -> bytes:
        length, encoding = headers.get("content-length"), headers.get("transfer-encoding")
        if encoding is not None:
            if encoding.lower() != "chunked" or length is not None:
                raise InvalidRequestError("The Transfer-Encoding is invalid")
            return await self._chunks()
        if length is None:
            return b""
        if not re.fullmatch(r"[0-9]{1,15}", length):
            raise InvalidRequestError("The Content-Length is invalid")
        if int(length) > LARGEST_BODY:
            raise InvalidRequestError("The body is too large")
        return await self._exactly(int(length))

    async def _exactly(self, length: int) -> bytes:
        pieces = []
        while length:
            async with asyncio.timeout(self._seconds):
                try:
                    piece = await self._reader.readexactly(min(length, PIECE))
                except asyncio.IncompleteReadError:
                    raise InvalidRequestError("The body is truncated") from None
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    async def _chunks(self) -> bytes:
        chunks: list[bytes] = []
        total = 0
        while True:
            async with asyncio.timeout(self._seconds):
                line = await self._line()
            match = _SIZE.fullmatch(line)
            if match is None:
                raise InvalidRequestError("The size of a chunk is invalid")
            size = int(match[1], 16)
            total += size
            if total > LARGEST_BODY:
                raise InvalidRequestError("The body is too large")
            if not size:
                break
            chunks.append(await self._exactly(size))
            async with asyncio.timeout(self._seconds):
                if await self._line() not in (b"\r\n", b"\n"):
                    raise InvalidRequestError("A chunk is longer than its size")
        async with asyncio.timeout(self._seconds):
            while await self._line() not in (b"\r\n", b"\n"):
                pass
        return b"".join(chunks)


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise InvalidRequestError("A header is invalid")
        name, value = match[1].lower(), match[2].strip(" \t")
        if name in ("content-length", "host", "transfer-encoding") and headers.get(name, value) != value:
            raise InvalidRequestError(f"The header {match[1]} occurs twice")
        headers[name] = f"{headers[name]}, {value}" if name in headers and name != "host" else value
        if name == "content-length":
            headers[name] = value
    return headers


def _path(method: str, target: str) -> tuple[str, str]:
    if target == "*" and method == "OPTIONS":
        return "/", ""
    match = _TARGET.fullmatch(target)
    if match is None:
        raise InvalidRequestError("The target of the request is invalid")
    path, _, query = match[1].partition("#")[0].partition("?")
    return path, query
